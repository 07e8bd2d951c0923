package publishweb

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/publish"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// listView is a queue of the office.
type listView struct {
	*publish.List
	queue, here string
	year        int
	who         actor.Actor
	site        string // code of the own public site
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	who, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	q := r.URL.Query()
	v := &listView{queue: q.Get("queue"), here: r.URL.RequestURI(), who: who}
	v.year, _ = strconv.Atoi(q.Get("year"))
	if v.queue == "" {
		v.queue = "candidates"
		if !who.Can(publish.Prepare) {
			v.queue = publish.Proposed
		}
	}
	if v.List, err = p.publish.List(ctx, v.queue, v.year, q.Get("after")); err != nil {
		return err
	}
	own, err := p.org.OwnTenant(ctx)
	if err != nil {
		return err
	}
	v.site = own.Code
	return web.Render(w, r, http.StatusOK, listPage(v))
}

// mostExported is how many cases of a queue go into one file.
const mostExported = 10_000

// export sends a queue as it is shown.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q := r.URL.Query()
	year, _ := strconv.Atoi(q.Get("year"))
	l, err := p.publish.Whole(ctx, q.Get("queue"), year, mostExported)
	if err != nil {
		return err
	}
	if l.Next != "" {
		return errs.New(errs.TooLarge, "超过%d件，请先按年度筛选，再导出", mostExported)
	}
	var rows [][]any
	for _, x := range l.Lines {
		if x.Proposal == nil {
			continue
		}
		row := []any{x.CaseNo, x.Title, x.Year, wish(ctx, x.OpenChoice), lang.T(ctx, "未准备"), ""}
		if x.D != nil {
			row[4], row[5] = lang.Say(ctx, publish.Flow.State(x.D.State).Title), l.Names[x.D.PreparedBy]
		}
		rows = append(rows, row)
	}
	name := lang.T(ctx, "公开办理结果")
	return document.Serve(w, name, document.Sheet{Name: name, Header: []string{lang.T(ctx, "案号"), lang.T(ctx, "案由"), lang.T(ctx, "年度"), lang.T(ctx, "提案人意愿"), lang.T(ctx, "状态"), lang.T(ctx, "准备人")}, Rows: document.Each(rows)})
}

// tabs are the queues with their counts.
func (v *listView) tabs(ctx context.Context) []ui.Tab {
	var tabs []ui.Tab
	for _, q := range v.Queues {
		tabs = append(tabs, ui.Tab{Title: lang.Say(ctx, q.Title), URL: ui.With(ui.With("/publish", "queue", q.ID), "year", yearText(v.year)), Count: q.Count, Current: q.ID == v.queue})
	}
	return tabs
}

func yearText(year int) string {
	if year == 0 {
		return ""
	}
	return strconv.Itoa(year)
}

// bulks are what can be done with many cases of a queue; "plan" proposes what
// the default plan says.
var bulks = map[string][]struct {
	action, permission, title string
	reason                    bool
}{
	"candidates":      {{"plan", publish.Prepare, "按默认方案提请决定", false}},
	publish.Draft:     {{"propose", publish.Prepare, "提请决定", false}},
	publish.Proposed:  {{"publish", publish.Decide, "同意公开", false}, {"refuse", publish.Decide, "决定不公开", true}, {"send_back", publish.Decide, "退回修改", true}},
	publish.Published: {{"withdraw", publish.Decide, "撤下", true}},
	"changed":         {{"plan", publish.Prepare, "按原方案更新并提请决定", false}},
}

func (v *listView) bulk(ctx context.Context) *ui.Bulk {
	b := &ui.Bulk{URL: ui.With("/publish/bulk", "queue", v.queue)}
	reason := false
	for i, x := range bulks[v.queue] {
		if !v.who.Can(x.permission) {
			continue
		}
		kind := ui.Secondary
		if i == 0 && !x.reason {
			kind = ui.Primary
		}
		b.Buttons = append(b.Buttons, ui.ButtonInfo{Label: lang.Say(ctx, x.title), Name: "action", Value: x.action, Kind: kind})
		reason = reason || x.reason
	}
	if len(b.Buttons) == 0 {
		return nil
	}
	if reason {
		b.Fields = ui.TextField(ui.Field{Name: "reason", Label: lang.T(ctx, "理由"), NoLabel: true, Placeholder: lang.T(ctx, "理由（不公开、退回或撤下时必填）")})
	}
	return b
}

// whole are the buttons that act on a whole queue, not only on what is selected.
func (v *listView) whole(ctx context.Context) *ui.ButtonInfo {
	n := v.count()
	for _, x := range bulks[v.queue] {
		if n > 1 && v.who.Can(x.permission) && !x.reason {
			return &ui.ButtonInfo{Label: lang.T(ctx, "全部%d件：%s", n, lang.Say(ctx, x.title)), Name: "action", Value: x.action, Icon: "checks",
				Confirm: lang.T(ctx, "对这个列表的全部%d件“%s”？", n, lang.Say(ctx, x.title))}
		}
	}
	return nil
}

// pager leads to the pages beside this one.
func (v *listView) pager() ui.PagerInfo {
	x := ui.PagerInfo{Count: v.count()}
	if !v.First {
		x.Prev = ui.With(v.here, "after", v.Prev)
	}
	if v.Next != "" {
		x.Next = ui.With(v.here, "after", v.Next)
	}
	return x
}

// count is how many cases the queue has.
func (v *listView) count() int {
	for _, q := range v.Queues {
		if q.ID == v.queue {
			return q.Count
		}
	}
	return 0
}

func (v *listView) rows(ctx context.Context) []ui.Row {
	var rows []ui.Row
	for _, l := range v.Lines {
		if l.Proposal == nil {
			continue
		}
		row := ui.Row{ID: l.ID, Name: l.Title, Href: caseURL(l.ID), Cells: []templComponent{
			ui.Str(lang.T(ctx, "第%d号", l.CaseNo) + " " + l.Title), ui.Str(strconv.Itoa(l.Year)), ui.Str(wish(ctx, l.OpenChoice))}}
		if l.D == nil {
			row.Cells = append(row.Cells, ui.Badge(ui.Neutral, lang.T(ctx, "未准备")), ui.Str(""))
		} else {
			row.ID += " " + strconv.Itoa(l.D.Version)
			row.Cells = append(row.Cells, standingBadge(ctx, l.D), ui.Str(v.Names[l.D.PreparedBy]))
			if len(l.D.Changed) > 0 {
				row.Kind = ui.Warn
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func caseURL(id string) string { return "/publish/cases/" + id }

func wish(ctx context.Context, choice string) string {
	switch choice {
	case "open":
		return lang.T(ctx, "同意公开全文")
	case "summary":
		return lang.T(ctx, "仅同意公开摘要")
	}
	return lang.T(ctx, "不同意公开")
}

var stateKinds = map[string]ui.Kind{publish.Draft: ui.Neutral, publish.Proposed: ui.Info, publish.Scheduled: ui.Info, publish.Published: ui.Good, publish.Refused: ui.Neutral, publish.Withdrawn: ui.Warn}

func standingBadge(ctx context.Context, d *publish.Disclosure) templComponent {
	parts := []templComponent{ui.Badge(stateKinds[d.State], lang.Say(ctx, publish.Flow.State(d.State).Title))}
	if d.Live > 0 && d.State != publish.Published {
		parts = append(parts, ui.Str(" "), ui.Badge(ui.Good, lang.T(ctx, "公众可见")))
	}
	if len(d.Changed) > 0 {
		parts = append(parts, ui.Str(" "), ui.Badge(ui.Warn, lang.T(ctx, "原文有变化")))
	}
	if d.State == publish.Scheduled {
		parts = append(parts, ui.Str(" "), ui.On(d.PublishOn))
	}
	return ui.Group(parts...)
}

// failed says of one case why it was not done.
type failed struct{ id, title, why string }

func because(ctx context.Context, err error) string {
	e, _ := errors.AsType[*errs.Error](err)
	switch {
	case e == nil || e.Kind == errs.Internal:
		return lang.T(ctx, "没有办成，请看过最新的内容后再操作")
	case len(e.Fields) > 0:
		return lang.T(ctx, e.Fields[0].Msg, e.Fields[0].Args...)
	}
	return lang.T(ctx, e.Msg, e.Args...)
}

// mostAtOnce bounds what one request does with a whole queue.
const mostAtOnce = 1000

// bulk does one thing with every selected case, or with all of the queue, each
// in its own transaction and under its own key.
func (p *pages) bulk(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := r.ParseForm(); err != nil {
		return err
	}
	queue, action := r.URL.Query().Get("queue"), r.PostFormValue("action")
	i := slices.IndexFunc(bulks[queue], func(x struct {
		action, permission, title string
		reason                    bool
	}) bool {
		return x.action == action
	})
	if i < 0 {
		return errs.New(errs.Invalid, "没有这项操作")
	}
	what := bulks[queue][i]
	if _, err := actor.Require(ctx, what.permission); err != nil {
		return err
	}
	selected := r.PostForm["id"]
	if r.PostFormValue("scope") == "all" {
		year, _ := strconv.Atoi(r.PostFormValue("year"))
		var err error
		if selected, err = p.everyOne(ctx, queue, year); err != nil {
			return err
		}
	}
	if len(selected) == 0 {
		return errs.New(errs.Invalid, "请先选中要办理的提案")
	}
	in := publish.Input{Reason: web.Clean(r.PostFormValue("reason"))}
	done := 0
	var not []failed
	for _, s := range selected {
		id, version, _ := strings.Cut(s, " ")
		var err error
		if action == "plan" {
			_, err = p.publish.ProposeAsPlanned(web.Derived(ctx, id), id)
		} else {
			n, _ := strconv.Atoi(version)
			_, err = p.publish.Do(web.Derived(ctx, id), id, n, action, in)
		}
		if err == nil {
			done++
			continue
		}
		if errs.Is(err, errs.Internal) {
			return err
		}
		f := failed{id: id, title: lang.T(ctx, "（看不到的提案）"), why: because(ctx, err)}
		if v, err := p.publish.Get(ctx, id); err == nil {
			f.title = lang.T(ctx, "第%d号", v.Case.CaseNo) + " " + v.Case.Title
		}
		not = append(not, f)
	}
	back := ui.With("/publish", "queue", queue)
	if len(not) > 0 {
		return web.Render(w, r, http.StatusOK, bulkPage(lang.Say(ctx, what.title), done, not, back))
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "“%s”已办%d件", lang.Say(ctx, what.title), done), "")
	return web.Redirect(w, r, back)
}

// everyOne lists the cases of a whole queue.
func (p *pages) everyOne(ctx context.Context, queue string, year int) (all []string, err error) {
	l, err := p.publish.Whole(ctx, queue, year, mostAtOnce)
	if err != nil {
		return nil, err
	}
	for _, x := range l.Lines {
		s := x.ID
		if x.D != nil {
			s += " " + strconv.Itoa(x.D.Version)
		}
		all = append(all, s)
	}
	return all, nil
}
