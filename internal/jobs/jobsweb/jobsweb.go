// Package jobsweb shows package jobs to an administrator: what waits, what was
// done, what failed and why, and how the repeated work goes. As pages and as REST.
//
// Main types: [Deps], what the pages need; [Add] fills in the module. It owns no
// tables and does no work: every act is a method of jobs.Queue.
package jobsweb

import (
	"context"
	_ "embed"
	"net/http"
	"slices"
	"strconv"

	"shangliang/internal/errs"
	"shangliang/internal/jobs"
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
	Jobs *jobs.Queue
	// Titles says in words what kinds of job and repeated work do; what is not
	// in it is shown by its name.
	Titles map[string]string
}

// pages are the handlers.
type pages struct{ Deps }

// Add gives the module its pages, its REST and its part of the menu.
func Add(m *module.Module, d Deps) {
	p := &pages{d}
	m.Menu = append(m.Menu, module.MenuItem{Path: "/jobs", Title: "后台任务", Icon: "activity", Group: "系统管理", Order: 98, Permission: jobs.Permission})
	m.Routes = p.routes
	m.API = p.api
}

func (p *pages) routes(rt *web.Router) {
	rt.Get("/jobs", p.list)
	rt.Post("/jobs/{id}/retry", p.act(p.Jobs.Retry, "任务将马上重做"))
	rt.Post("/jobs/{id}/discard", p.act(p.Jobs.Discard, "任务已放弃"))
}

// word translates a text that comes out of a table; none stays none.
func word(ctx context.Context, zh string) string {
	if zh == "" {
		return ""
	}
	return lang.Say(ctx, zh)
}

// title says in words what a kind of job does.
func (p *pages) title(ctx context.Context, kind string) string {
	if t := p.Titles[kind]; t != "" {
		return word(ctx, t)
	}
	return kind
}

// standing is a state of a job as people read it.
type standing struct {
	State jobs.State
	Title string
	Kind  ui.Kind
}

// standings are the states in the order in which an administrator looks at them.
var standings = []standing{
	{jobs.Discarded, "失败", ui.Bad},
	{jobs.Retryable, "等待重试", ui.Warn},
	{jobs.Running, "正在执行", ui.Info},
	{jobs.Available, "等待执行", ui.Info},
	{jobs.Scheduled, "定时", ui.Neutral},
	{jobs.Cancelled, "已放弃", ui.Neutral},
	{jobs.Completed, "已完成", ui.Good},
}

func standingOf(s jobs.State) standing {
	i := slices.IndexFunc(standings, func(x standing) bool { return x.State == s })
	if i < 0 {
		return standing{s, string(s), ui.Neutral}
	}
	return standings[i]
}

// ended reports whether nothing more will happen to a job by itself.
func ended(s jobs.State) bool {
	return s == jobs.Discarded || s == jobs.Cancelled || s == jobs.Completed
}

// many is how many jobs a page lists.
const many = 50

// listPage is a part of the list with the counts of all.
type listPage struct {
	pages  *pages
	Items  []jobs.Item
	Counts map[jobs.State]int
	Kinds  []string
	Rounds []jobs.Round
	Here   string
	State  jobs.State
	First  bool
	Next   string
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	before, _ := strconv.ParseInt(r.FormValue("after"), 10, 64) // else from the newest
	page := listPage{pages: p, Here: r.URL.RequestURI(), State: jobs.State(r.FormValue("state")), First: before == 0, Counts: map[jobs.State]int{}}
	if page.State != "" && !slices.Contains(jobs.States, page.State) {
		return errs.Missing()
	}
	counts, err := p.Jobs.Counts(ctx)
	if err != nil {
		return err
	}
	for _, c := range counts {
		page.Counts[c.State] += c.N
		if !slices.Contains(page.Kinds, c.Kind) {
			page.Kinds = append(page.Kinds, c.Kind)
		}
	}
	page.Items, err = p.Jobs.List(ctx, jobs.Filter{Kind: r.FormValue("kind"), State: page.State, Before: before, N: many + 1})
	if err != nil {
		return err
	}
	if len(page.Items) > many {
		page.Items = page.Items[:many]
		page.Next = ui.With(page.Here, "after", strconv.FormatInt(page.Items[many-1].ID, 10))
	}
	if page.Rounds, err = p.Jobs.Rounds(ctx); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, listView(page))
}

// act is a handler that does one thing to one job.
func (p *pages) act(do func(context.Context, int64) error, said string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
		if err != nil {
			return errs.Missing()
		}
		if err := do(r.Context(), id); err != nil {
			return err
		}
		web.Flash(w, r, ui.Good, word(r.Context(), said), "")
		back := web.SafeNext(r.FormValue("back"))
		if back == "/" {
			back = "/jobs"
		}
		return web.Redirect(w, r, back)
	}
}

// cause shortens an error for a cell; the whole is in its details.
func cause(text string) (short, rest string) {
	r := []rune(text)
	if len(r) <= 80 {
		return text, ""
	}
	return string(r[:80]) + "…", text
}
