package publishweb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
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
			_, err = p.publish.ProposeAsPlanned(derived(ctx, id), id)
		} else {
			n, _ := strconv.Atoi(version)
			_, err = p.publish.Do(derived(ctx, id), id, n, action, in)
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

// derived gives one of several acts of a request a key of its own.
func derived(ctx context.Context, part string) context.Context {
	r := actor.RequestFrom(ctx)
	if r.Key == "" {
		return ctx
	}
	sum := sha256.Sum256([]byte(r.Key + "\n" + part))
	r.Key = hex.EncodeToString(sum[:])
	return actor.WithRequest(ctx, r)
}

// editView is the editor of one public copy.
type editView struct {
	*publish.View
	who  actor.Actor
	site string
	err  error             // of the last try
	form string            // the form that it belongs to
	kept map[string]string // what was typed into it
}

func (p *pages) edit(w http.ResponseWriter, r *http.Request) error {
	return p.showEdit(w, r, http.StatusOK, nil, "")
}

func (p *pages) showEdit(w http.ResponseWriter, r *http.Request, status int, failure error, form string) error {
	ctx := r.Context()
	v := &editView{err: failure, form: form, kept: map[string]string{}}
	var err error
	if v.who, err = actor.Require(ctx, ""); err != nil {
		return err
	}
	if v.View, err = p.publish.Get(ctx, r.PathValue("id")); err != nil {
		return err
	}
	own, err := p.org.OwnTenant(ctx)
	if err != nil {
		return err
	}
	v.site = own.Code
	if failure != nil {
		for name := range r.PostForm {
			v.kept[name] = r.PostForm.Get(name)
		}
	}
	return web.Render(w, r, status, editPage(v))
}

// act takes every step on one case: those of the lifecycle and of the editor.
func (p *pages) act(w http.ResponseWriter, r *http.Request) error {
	ctx, id, action := r.Context(), r.PathValue("id"), r.PathValue("action")
	if err := r.ParseForm(); err != nil {
		return err
	}
	if action == "start" {
		if _, err := p.publish.Start(ctx, id); err != nil {
			return err
		}
		return web.Redirect(w, r, caseURL(id))
	}
	n, err := web.Version(r)
	if err != nil {
		return err
	}
	version, text := int(n), lang.T(ctx, "已保存")
	switch action {
	case "plan":
		_, err = p.publish.Save(ctx, id, version, publish.Changes{Plan: planOf(r.PostForm)})
	case "marks":
		ch := publish.Changes{Drop: r.PostForm["drop"]}
		for _, m := range r.PostForm["mark"] {
			if slices.Contains(r.PostForm["keep"], m) {
				ch.Keep = append(ch.Keep, m)
			} else {
				ch.Remove = append(ch.Remove, m)
			}
		}
		_, err = p.publish.Save(ctx, id, version, ch)
	case "mark":
		_, err = p.publish.Save(ctx, id, version, publish.Changes{Add: []publish.Mark{{Text: r.PostFormValue("text"), Code: r.PostFormValue("code")}}})
		text = lang.T(ctx, "已隐去，公开副本里不再有这段文字")
	case "reduce":
		var marks []publish.Mark
		if s := strings.TrimSpace(r.PostFormValue("text")); s != "" {
			marks = []publish.Mark{{Text: s, Code: r.PostFormValue("mark_code")}}
		}
		_, err = p.publish.Reduce(ctx, id, version, r.PostForm["parts"], marks, r.PostFormValue("code"), web.Clean(r.PostFormValue("reason")))
		text = lang.T(ctx, "公众立即看不到撤下的内容")
	default:
		in := publish.Input{Reason: web.Clean(r.PostFormValue("reason")), On: calendar.Date(r.PostFormValue("on"))}
		_, err = p.publish.Do(ctx, id, version, action, in)
		for _, s := range publish.Flow.Steps {
			if s.Action == action {
				text = lang.T(ctx, "已办理：%s", lang.Say(ctx, s.Title))
			}
		}
	}
	if err != nil {
		if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) {
			return p.showEdit(w, r, web.Status(errs.KindOf(err)), err, action)
		}
		return err
	}
	web.Flash(w, r, ui.Good, text, "")
	return web.Redirect(w, r, caseURL(id))
}

// planOf reads the choices of the editor's form: mode.KEY, reason.KEY, summary.KEY.
func planOf(form url.Values) map[string]publish.Choice {
	plan := map[string]publish.Choice{}
	for name := range form {
		if key, ok := strings.CutPrefix(name, "mode."); ok {
			plan[key] = publish.Choice{Mode: form.Get(name), Reason: form.Get("reason." + key), Summary: web.Clean(form.Get("summary." + key))}
		}
	}
	return plan
}

// actions are the steps that the actor may take now.
func (v *editView) actions(ctx context.Context) []ui.Action {
	var all []ui.Action
	for _, s := range publish.Flow.Open(v.State) {
		if s.System || !v.who.Can(s.Permission) || slices.Contains(s.Guards, "live") && v.Disclosure.Live == 0 || slices.Contains(s.Guards, "not_live") && v.Disclosure.Live > 0 {
			continue
		}
		a := ui.Action{ID: s.Action, Label: lang.Say(ctx, s.Title), Follows: lang.Say(ctx, s.Says), URL: caseURL(v.Proposal) + "/" + s.Action, Version: int64(v.Version), Submit: lang.Say(ctx, s.Title)}
		if s.Danger {
			a.Kind = ui.Danger
		} else if len(all) == 0 {
			a.Kind = ui.Primary
		}
		if v.form == s.Action {
			a.Err = v.err
		}
		if slices.Contains(s.Guards, "other_eyes") && v.SecondPair && v.who.Person == v.PreparedBy {
			a.Not = lang.T(ctx, "须由另一位同事复核后决定")
		}
		if slices.Contains(s.Guards, "clean") && len(v.Leaks) > 0 {
			a.Not = lang.T(ctx, "公开副本里还有不应公开的内容")
		}
		var fields []templComponent
		if s.Action == "schedule" {
			fields = append(fields, ui.DateField(ui.Field{Name: "on", Label: lang.T(ctx, "公开日期"), Required: true, Value: v.kept["on"], From: string(v.Case.Today.AddDays(1))}))
		}
		if slices.Contains(s.Guards, "reason") {
			fields = append(fields, ui.TextArea(ui.Field{Name: "reason", Label: lang.T(ctx, "理由"), Required: true, Value: v.kept["reason"], Max: 500, Rows: 2}))
		}
		if len(fields) > 0 {
			a.Fields = ui.Group(fields...)
		}
		all = append(all, a)
	}
	return all
}

func (v *editView) facts(ctx context.Context) []ui.Item {
	items := []ui.Item{{Term: lang.T(ctx, "状态"), Value: standingBadge(ctx, v.Disclosure)}, ui.Say(lang.T(ctx, "提案人意愿"), wish(ctx, v.Case.OpenChoice))}
	if v.Case.OpenReason != "" {
		items = append(items, ui.Say(lang.T(ctx, "提案人的理由"), v.Case.OpenReason))
	}
	if v.PreparedBy != "" {
		items = append(items, ui.Item{Term: lang.T(ctx, "准备"), Value: ui.Group(ui.Str(v.Names[v.PreparedBy]+" "), ui.On(day(v.PreparedAt.Time)))})
	}
	if !v.DecidedAt.IsZero() {
		items = append(items, ui.Item{Term: lang.T(ctx, "决定"), Value: ui.Group(ui.Str(v.Names[v.DecidedBy]+" "), ui.On(day(v.DecidedAt.Time)))})
	}
	if v.Reason != "" {
		items = append(items, ui.Say(lang.T(ctx, "理由"), v.Reason))
	}
	if v.Disclosure.Live > 0 {
		items = append(items, ui.Item{Term: lang.T(ctx, "公众网页"), Value: ui.A(ui.Link{Title: lang.T(ctx, "打开公众看到的页面"), URL: "/open/" + v.site + "/cases/" + v.Code})})
	}
	return items
}

// partName is what a part is called, with the department or file it is of.
func partName(ctx context.Context, kind, of string) string {
	s := lang.Say(ctx, publish.PartTitle(kind))
	if of != "" {
		s += " · " + of
	}
	return s
}

// spansOf marks in an original what is removed from it.
func spansOf(text string, marks []publish.Mark) []ui.Span {
	var spans []ui.Span
	for _, m := range marks {
		if m.Keep || m.Text == "" {
			continue
		}
		for from := 0; ; {
			i := strings.Index(text[from:], m.Text)
			if i < 0 {
				break
			}
			spans = append(spans, ui.Span{From: from + i, To: from + i + len(m.Text)})
			from += i + len(m.Text)
		}
	}
	slices.SortFunc(spans, func(a, b ui.Span) int { return a.From - b.From })
	return spans
}

// produced is what the copy has of a part, nil if nothing.
func (v *editView) produced(key string) []publish.Span {
	c := v.Copy
	switch {
	case key == "title":
		return c.Title
	case key == "proposer" && c.Proposer != "":
		return []publish.Span{{Text: c.Proposer}}
	case key == "outcome" && c.Outcome != "":
		return []publish.Span{{Text: c.Outcome}}
	}
	for _, p := range c.Parts {
		if p.Key == key {
			return p.Spans
		}
	}
	for _, r := range c.Replies {
		if r.Key == key {
			return r.Spans
		}
	}
	for _, p := range c.Promises {
		if p.Key == key {
			spans := slices.Clone(p.Spans)
			if len(p.Result) > 0 {
				spans = append(append(spans, publish.Span{Text: "\n"}), p.Result...)
			}
			return spans
		}
	}
	for _, f := range c.Files {
		if f.Key == key {
			return []publish.Span{{Text: v.Texts[f.SHA256]}}
		}
	}
	return nil
}

func (v *editView) label(ctx context.Context, code string) string {
	for _, l := range append(slices.Clone(v.Redactions), v.Reasons...) {
		if l.Code == code {
			return lang.Say(ctx, l.Label)
		}
	}
	return code
}

func options(ctx context.Context, labels []publish.CopyLabel) []ui.Option {
	var all []ui.Option
	for _, l := range labels {
		all = append(all, ui.Option{Value: l.Code, Label: lang.Say(ctx, l.Label)})
	}
	return all
}

// modes are what can become of a part.
func modes(ctx context.Context, p publish.Part) []ui.Option {
	all := []ui.Option{{Value: publish.Full, Label: lang.T(ctx, "全文公开"), Disabled: p.Unreadable}}
	if publish.Summarised(p.Kind) {
		all = append(all, ui.Option{Value: publish.Summary, Label: lang.T(ctx, "公开摘要")})
	}
	if p.Kind != "title" {
		all = append(all, ui.Option{Value: publish.Closed, Label: lang.T(ctx, "不公开")})
	}
	return all
}

// liveParts are the parts of what is public, to choose those to be taken down.
func (v *editView) liveParts(ctx context.Context) []ui.Option {
	var all []ui.Option
	for _, p := range v.Live.Open() {
		if p.Kind != "title" {
			all = append(all, ui.Option{Value: p.Key, Label: partName(ctx, p.Kind, p.Name)})
		}
	}
	return all
}

// previewFile shows the copy of a picture or PDF that would be public.
func (p *pages) previewFile(w http.ResponseWriter, r *http.Request) error {
	name, whole, b, err := p.publish.Preview(r.Context(), r.PathValue("id"), r.PathValue("file"))
	if err != nil {
		return err
	}
	return web.ServeFile(w, r, name, whole.Type(), whole.SHA256, func() (io.ReadSeekCloser, error) { return inMemory{bytes.NewReader(b)}, nil })
}

// inMemory is a file that needs no closing.
type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// wholeURL is where the copy of a part is shown that would be public.
func (v *editView) wholeURL(p publish.Part) string {
	return caseURL(v.Proposal) + "/files/" + strings.TrimPrefix(p.Key, "file:")
}

func (p *pages) preview(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.publish.Get(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	if v.Disclosure == nil {
		return errs.Missing()
	}
	own, err := p.org.OwnTenant(ctx)
	if err != nil {
		return err
	}
	view := &openView{Site: &publish.Site{Tenant: own}, path: "/open/" + own.Code, noindex: true, preview: true, proposal: v.Proposal}
	return web.Render(w, r, http.StatusOK, openCasePage(view, &publish.OpenCase{Code: v.Code, Copy: v.Copy}, nil))
}
