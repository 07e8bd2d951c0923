package publishweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/publish"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

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
	return web.ServeBytes(w, r, name, whole.Type(), whole.SHA256, b)
}

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
