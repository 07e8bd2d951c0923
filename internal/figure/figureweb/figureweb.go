// Package figureweb shows package figure: all figures of a year against the year
// before, each leading to its records, and what was reported before. As pages,
// as tables to take along, and as REST.
//
// Main types: [Deps]; [Add] fills in the module. It owns no tables and counts
// nothing: what a page shows, the service has counted.
package figureweb

import (
	"context"
	_ "embed"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/lang"
	"shangliang/internal/module"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Deps are what the pages work with.
type Deps struct {
	Figures *figure.Service
}

type pages struct{ figures *figure.Service }

// cardFigures are those on a leader's and a clerk's first page.
var cardFigures = []string{"proposal.submitted", "proposal.filed", "proposal.reply_rate", "proposal.overdue",
	"proposal.in_person_rate", "proposal.progress_rate", "proposal.satisfaction_rate"}

// Add gives the module its pages, its REST, its place in the menu and the card
// of the year's figures.
func Add(m *module.Module, d Deps) {
	p := &pages{d.Figures}
	m.Menu = append(m.Menu, module.MenuItem{Path: "/figures", Title: "统计指标", Icon: "chart-bar", Group: "数据", Order: 60, Permission: "figure.read"})
	m.Home = append(m.Home, module.Card{Roles: []string{"leader", "clerk"}, Order: 50, Load: p.card})
	m.Routes = func(rt *web.Router) {
		rt.Get("/figures", p.all)
		rt.Get("/figures/export", p.exportAll)
		rt.Get("/figures/{id}", p.one)
		rt.Get("/figures/{id}/export", p.exportOne)
		rt.Get("/figures/{id}/years", p.years)
		rt.Get("/figure-freezes", p.reports)
		rt.Post("/figure-freezes", p.freeze)
		rt.Get("/figure-freezes/{id}", p.report)
	}
	m.API = p.api
}

// asked is what the query of a page says.
type asked struct {
	Year    int           `form:"year"`
	Session string        `form:"session"`
	AsOf    calendar.Date `form:"as_of"`
	By      string        `form:"by"`
	Show    string        `form:"show"`  // of a rate's records: "in", "out" or all
	After   int           `form:"after"` // how many records stand before
}

// request reads the query: its own fields, and every dimension as a filter.
func (p *pages) request(r *http.Request) (a asked, req figure.Request, err error) {
	if a, err = web.Decode[asked](r); err != nil {
		return a, req, err
	}
	req = figure.Request{Year: a.Year, Session: a.Session, AsOf: a.AsOf, By: a.By}
	for _, d := range p.figures.Dims(r.Context()) {
		if d.ID == "session" {
			continue
		}
		for _, v := range r.Form[d.ID] {
			if v = web.Clean(v); v == none {
				v = ""
			} else if v == "" {
				continue
			}
			req.Filter = append(req.Filter, figure.Tag{Dim: d.ID, Value: v})
		}
	}
	return a, req, nil
}

// none stands in URLs for having no value of a dimension.
const none = "-"

// link is the page of a figure's records, keeping year, session, day and filter.
func link(id string, rep *figure.Report, more ...figure.Tag) string {
	return "/figures/" + id + "?" + query(rep, more...)
}

func query(rep *figure.Report, more ...figure.Tag) string {
	q := url.Values{}
	if rep.Session != "" {
		q.Set("session", rep.Session)
	} else {
		q.Set("year", strconv.Itoa(rep.Year))
	}
	if rep.Past {
		q.Set("as_of", string(rep.AsOf))
	}
	for _, t := range append(slices.Clone(rep.Filter), more...) {
		switch {
		case t.Dim == "session" && t.Value == rep.Session:
		case t.Value == "":
			q.Add(t.Dim, none)
		default:
			q.Add(t.Dim, t.Value)
		}
	}
	return q.Encode()
}

// period says which figures these are: 2018年（九届二次），截至12月31日.
func period(ctx context.Context, rep *figure.Report) string {
	s := lang.T(ctx, "%d年", rep.Year)
	if rep.SessionTitle != "" {
		s += " · " + rep.SessionTitle
	}
	if rep.Past {
		s += " · " + lang.T(ctx, "截至%s", rep.AsOf.Long(ctx))
	}
	return s
}

// bases are the two counts of a rate.
func bases(c figure.Count) string {
	if !c.Rate {
		return ""
	}
	return ui.Thousands(int(c.Num)) + " / " + ui.Thousands(int(c.Den))
}

// text writes a value for a page.
func text(c figure.Count) string {
	if c.Rate {
		return c.Text()
	}
	return ui.Thousands(int(c.Amount))
}

// change tells a value against the year before: +12, -3.1 points.
func change(ctx context.Context, now, before figure.Count) string {
	switch {
	case !now.Known() || !before.Known():
		return "—"
	case now.Rate:
		tenths := points(now) - points(before)
		sign := ""
		if tenths > 0 {
			sign = "+"
		}
		return lang.T(ctx, "%s 个百分点", sign+strconv.FormatFloat(float64(tenths)/10, 'f', 1, 64))
	case now.Amount > before.Amount:
		return "+" + ui.Thousands(int(now.Amount-before.Amount))
	}
	return ui.Thousands(int(now.Amount - before.Amount))
}

// points are the tenths of a percent that are shown, so that the change agrees
// with what one sees.
func points(c figure.Count) int {
	n, err := strconv.ParseFloat(c.Text()[:len(c.Text())-1], 64)
	if err != nil {
		return 0
	}
	return int(n*10 + 0.5)
}

func unit(ctx context.Context, v figure.Value) string {
	if v.Rate {
		return ""
	}
	return lang.Say(ctx, v.Def.Unit)
}

func dimTitle(ctx context.Context, dims []figure.Dim, id string) string {
	for _, d := range dims {
		if d.ID == id {
			return lang.Say(ctx, d.Title)
		}
	}
	return id
}

func can(ctx context.Context, permission string) bool {
	a, _ := actor.From(ctx)
	return a.Can(permission)
}

// choices are the years and sessions to choose from.
func (p *pages) choices(ctx context.Context, rep *figure.Report) (years, sessions []ui.Option, err error) {
	all, err := p.figures.Sessions(ctx)
	if err != nil {
		return nil, nil, err
	}
	years = []ui.Option{{Value: "", Label: lang.T(ctx, "本年度")}}
	sessions = []ui.Option{{Value: "", Label: lang.T(ctx, "全年")}}
	seen := map[int]bool{}
	for _, s := range all {
		if !seen[s.Year] {
			seen[s.Year] = true
			years = append(years, ui.Option{Value: strconv.Itoa(s.Year), Label: lang.T(ctx, "%d年", s.Year)})
		}
		if s.Year == rep.Year {
			sessions = append(sessions, ui.Option{Value: s.ID, Label: s.Title})
		}
	}
	if !seen[rep.Year] {
		years = append(years, ui.Option{Value: strconv.Itoa(rep.Year), Label: lang.T(ctx, "%d年", rep.Year)})
	}
	return years, sessions, nil
}

// card is the year's figures on a first page.
func (p *pages) card(ctx context.Context) (templ.Component, error) {
	now, before, err := p.figures.Compare(ctx, figure.Request{IDs: cardFigures})
	if errs.Is(err, errs.NotFound) {
		return nil, nil // no session yet: nothing to count
	}
	if err != nil {
		return nil, err
	}
	var stats []ui.StatInfo
	for _, v := range now.Values {
		if v.Rate && !v.Known() {
			continue
		}
		stats = append(stats, stat(ctx, v, before, link(v.Def.ID, now)))
	}
	return figuresCard(period(ctx, now), stats), nil
}

// stat is one figure in large type, with its bases and the year before.
func stat(ctx context.Context, v figure.Value, before *figure.Report, url string) ui.StatInfo {
	s := ui.StatInfo{Label: v.Name, Value: text(v.Count), Unit: unit(ctx, v), Note: bases(v.Count)}
	if !v.Closed {
		s.URL = url
	}
	if old, ok := before.Value(v.Def.ID); ok && old.Known() && (old.Rate || old.Amount > 0) {
		if s.Note != "" {
			s.Note += " · "
		}
		s.Note += lang.T(ctx, "上年 %s", text(old.Count))
	}
	if v.Def.ID == "proposal.overdue" && v.Amount > 0 {
		s.Kind = ui.Bad
	}
	return s
}

// number is a value as a cell: rates as they are written.
func number(c figure.Count) any {
	if c.Rate {
		return c.Text()
	}
	return c.Amount
}
