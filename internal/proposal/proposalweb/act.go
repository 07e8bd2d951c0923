package proposalweb

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/lang"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// tried is an act that was refused: its form is shown again with what was typed.
type tried struct {
	action string
	object string // the assignment or commitment that it was about
	form   url.Values
	err    error
}

// shown reports whether the page still has the form of the act, which then
// tells itself what was wrong.
func (t *tried) shown(v *caseView) bool {
	switch t.action {
	case attaching:
		return len(v.purposes()) > 0
	case meeting:
		_, ok := v.meetAction(context.Background())
		return ok
	case exempting:
		return slices.ContainsFunc(v.exemptActions(context.Background()), func(a ui.Action) bool { return a.ID == "do-exempt-"+t.object })
	}
	for _, a := range v.Actions {
		if a.Blocked == "" && a.Action == t.action && (a.Assignment == nil || a.Assignment.ID == t.object) && !room(v.fieldsOf(a)) {
			return true
		}
	}
	return slices.ContainsFunc(v.Commitments, func(c *proposal.Commitment) bool {
		return c.ID == t.object && v.commitmentStep(c, t.action)
	})
}

func (t *tried) message(ctx context.Context) string {
	e, ok := errors.AsType[*errs.Error](t.err)
	switch {
	case ok && len(e.Fields) > 0:
		return lang.T(ctx, e.Fields[0].Msg, e.Fields[0].Args...)
	case ok && e.Msg != "":
		return lang.T(ctx, e.Msg, e.Args...)
	}
	return lang.T(ctx, "没有办成，请看过最新的内容后再操作")
}

// attaching is the act of adding a file.
const attaching = "attach"

// attachErr is why a file was not taken, if that is what was tried.
func (t *tried) attachErr() error {
	if t == nil || t.action != attaching {
		return nil
	}
	return t.err
}

// texts are what took some typing.
func (t *tried) texts() (all []string) {
	for name, values := range t.form {
		if name == ui.KeyField {
			continue
		}
		for _, s := range values {
			if utf8.RuneCountInString(s) >= 6 {
				all = append(all, web.Clean(s))
			}
		}
	}
	slices.Sort(all)
	return all
}

// ranked is an action with its place in the panel.
type ranked struct {
	ui.Action
	rank int
}

// The places of actions: what carries the case on, what is done without that,
// what leads aside, what cannot be undone, what waits for something.
const (
	onward = iota
	staying
	aside
	final
	waiting
)

// asides are the steps that lead off the main path.
var asides = map[string]bool{"return": true, "send_back": true, "reopen": true, "request_return": true, "request_extension": true, "add_unit": true, "reject": true, "put_back": true, "recall": true,
	"merge": true, "unmerge": true, "ask_withdrawal": true, "ask_change": true, "take_back": true}

// actions are what the person can do now, in the order of their places. The
// first is the page's main button if it carries the case on.
func (v *caseView) actions(ctx context.Context) []ui.Action {
	all := v.personal(ctx)
	for _, a := range v.Actions {
		x := ranked{v.action(ctx, a), onward}
		state := v.State
		if a.Assignment != nil {
			state = a.Assignment.State
		}
		switch {
		case a.Blocked != "":
			x.rank = waiting
		case a.Danger:
			x.rank = final
		case asides[a.Action]:
			x.rank = aside
		case a.Next(state) == state:
			x.rank = staying
		}
		all = append(all, x)
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return a.rank - b.rank })
	out := make([]ui.Action, len(all))
	for i, x := range all {
		if i == 0 && x.rank <= staying {
			x.Kind = ui.Primary
		}
		out[i] = x.Action
	}
	return out
}

// personal are the actions that are no steps of a lifecycle: to answer an
// invitation, to rate, to write, to report on a promise.
func (v *caseView) personal(ctx context.Context) (all []ranked) {
	add := func(rank int, a ui.Action) { all = append(all, ranked{a, rank}) }
	if i := slices.IndexFunc(v.Parties, func(x *proposal.Party) bool {
		return x.Person == v.who.Person && x.Role == "cosigner" && x.State == "invited"
	}); i >= 0 && v.State == proposal.Cosigning && v.who.Can("proposal.rate") {
		add(onward, ui.Action{ID: "do-cosign", Label: lang.T(ctx, "确认联名"), Follows: lang.T(ctx, "您成为这件提案的联名人，并对内容负责"), Icon: "check", URL: v.url("/cosign"), Hidden: []ui.Link{{Title: "answer", URL: "accept"}}})
		add(staying, ui.Action{ID: "do-refuse", Label: lang.T(ctx, "谢绝"), Follows: lang.T(ctx, "不联名；第一提案人会看到"), Icon: "x", URL: v.url("/cosign"), Hidden: []ui.Link{{Title: "answer", URL: "refuse"}}})
	}
	if l := v.Leading; l != nil && l.State == proposal.FeedbackOpen && v.who.Can("proposal.rate") && v.Stands(v.who.Person) {
		add(onward, ui.Action{ID: "do-rate", Label: lang.T(ctx, "评价办理结果"), Follows: lang.T(ctx, "由您本人评价；办结前承办单位看不到"), Icon: "edit", Href: "/proposals/" + l.ID + "/rate"})
	}
	if v.State == proposal.FeedbackOpen && !v.unit() {
		switch {
		case v.who.Can("proposal.rate") && v.Rates(v.who.Person) && v.Rating(v.who.Person) == nil:
			add(onward, ui.Action{ID: "do-rate", Label: lang.T(ctx, "评价办理结果"), Follows: lang.T(ctx, "由您本人评价；办结前承办单位看不到"), Icon: "edit", Href: v.url("/rate")})
		case v.who.Can("proposal.rate") && v.Rates(v.who.Person):
			add(aside, ui.Action{ID: "do-rate", Label: lang.T(ctx, "修改评价"), Follows: lang.T(ctx, "须说明理由；修改前的评价会保留"), Icon: "edit", Href: v.url("/rate")})
		}
		if v.who.Can("proposal.paper") && len(v.Unrated()) > 0 {
			add(aside, ui.Action{ID: "do-paper", Label: lang.T(ctx, "代录纸质评价"), Follows: lang.T(ctx, "按提案人签名的评价表录入，并上传扫描件"), Icon: "edit", Href: v.url("/rate?paper=yes")})
		}
	}
	if v.Writable {
		label := lang.T(ctx, "继续撰写")
		if v.State != proposal.Draft {
			label = lang.T(ctx, "修改文稿")
		}
		add(onward, ui.Action{ID: "do-edit", Label: label, Follows: lang.T(ctx, "写的内容随时自动保存"), Icon: "edit", Href: v.url("/edit")})
	}
	if a, ok := v.meetAction(ctx); ok {
		add(staying, a)
	}
	for _, a := range v.exemptActions(ctx) {
		add(aside, a)
	}
	for _, c := range v.Commitments {
		for _, a := range v.commitmentActions(ctx, c) {
			add(onward, a)
		}
	}
	return all
}

// icons of steps, where the usual arrow would mislead.
var icons = map[string]string{
	"return": "arrow-back-up", "send_back": "arrow-back-up", "reopen": "arrow-back-up", "request_return": "arrow-back-up", "reject": "arrow-back-up", "put_back": "arrow-back-up", "recall": "arrow-back-up",
	"refuse_return": "x", "refuse_extension": "x", "request_extension": "clock-plus", "add_unit": "plus", "contact": "message-circle", "draft": "edit",
	"sign": "check", "receive": "check", "pass": "check", "file": "check", "check": "check", "approve": "check", "close": "check", "dispatch": "send", "sign_off": "send", "submit": "send",
	"merge": "git-merge", "unmerge": "arrow-back-up", "ask_withdrawal": "arrow-back-up", "ask_change": "edit", "take_back": "x", "grant_withdrawal": "check", "grant_change": "check", "refuse_change": "x",
	"report": "flag", "confirm": "check", "refuse": "arrow-back-up",
}

// actionURL is where a step is posted to.
func (v *caseView) actionURL(a proposal.Action) string {
	if a.Assignment != nil {
		return v.url("/assignments/" + a.Assignment.ID + "/" + a.Action)
	}
	return v.url("/" + a.Action)
}

// action draws a step of a lifecycle.
func (v *caseView) action(ctx context.Context, a proposal.Action) ui.Action {
	out := ui.Action{ID: "do-" + a.Action, Label: lang.Say(ctx, a.Title), Follows: lang.Say(ctx, a.Says), URL: v.actionURL(a), Icon: icons[a.Action], Version: int64(v.Version)}
	if a.Assignment != nil {
		out.ID += "-" + a.Assignment.ID
		out.Version = int64(a.Assignment.Version)
		if len(v.Current()) > 1 && !v.unit() {
			out.Label += " · " + v.name(a.Assignment.Unit)
		}
	}
	if a.Blocked != "" {
		out.Not = lang.T(ctx, a.Blocked, a.Args...)
		return out
	}
	if a.Danger {
		out.Kind = ui.Danger
		out.Confirm = lang.T(ctx, "确定“%s”？%s。", lang.Say(ctx, a.Title), lang.Say(ctx, a.Says))
	}
	if v.queue != "" {
		out.Hidden = append(out.Hidden, ui.Link{Title: "queue", URL: v.queue})
	}
	fields := v.fieldsOf(a)
	switch {
	case room(fields):
		out.Href = query(out.URL, "queue", v.queue)
	case len(fields) > 0:
		out.Fields = v.fields(ctx, a, fields)
	}
	if v.tried.is(a) {
		out.Err = v.tried.err
	}
	return out
}

// is reports whether the act refused is this step.
func (t *tried) is(a proposal.Action) bool {
	return t != nil && t.action == a.Action && (a.Assignment == nil && t.object == "" || a.Assignment != nil && a.Assignment.ID == t.object)
}

// actionPage is the page of a step that needs room: drafting a reply, choosing
// departments. Every other step has its form on the case page.
func (p *pages) actionPage(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	v.queue = queueOf(r)
	a, ok := v.find(r.PathValue("action"), r.PathValue("as"))
	if !ok || !room(v.fieldsOf(a)) {
		return web.Redirect(w, r, query(v.url(""), "queue", v.queue))
	}
	if err := p.prepare(r.Context(), v, a); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, stepPage(v, a))
}

// prepare reads what the page of a step shows beside the case.
func (p *pages) prepare(ctx context.Context, v *caseView, a proposal.Action) (err error) {
	if a.Action != "merge" {
		return nil
	}
	if v.leads, err = p.proposals.Leads(ctx, v.ID, ""); err != nil {
		return err
	}
	v.alike, err = p.proposals.AlikeTo(ctx, v.ID)
	return err
}

// find returns a step that the person can take now.
func (v *caseView) find(action, assignment string) (proposal.Action, bool) {
	for _, a := range v.Actions {
		if a.Action == action && a.Blocked == "" && (a.Assignment == nil && assignment == "" || a.Assignment != nil && a.Assignment.ID == assignment) {
			return a, true
		}
	}
	return proposal.Action{}, false
}

// act takes a step of the case or of an assignment.
func (p *pages) act(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, action, object := r.PathValue("id"), r.PathValue("action"), r.PathValue("as")
	machine := proposal.CaseFlow
	if object != "" {
		machine = proposal.AssignmentFlow
	}
	in, err := input(r)
	version, missing := web.Version(r)
	after := int64(0)
	switch {
	case err != nil:
	case missing != nil:
		err = missing
	case object == "":
		var done *proposal.Proposal
		if done, err = p.proposals.Do(ctx, id, int(version), action, in); err == nil {
			after = int64(done.Version)
		}
	default:
		var done *proposal.Assignment
		if done, err = p.proposals.DoAssignment(ctx, id, object, int(version), action, in); err == nil {
			after = int64(done.Version)
		}
	}
	if r.Header.Get("X-Autosave") != "" {
		return p.keptDraft(w, r, after, err)
	}
	if err != nil {
		return p.again(w, r, &tried{action: action, object: object, form: r.PostForm, err: err})
	}
	p.forget(ctx)
	web.Flash(w, r, ui.Good, lang.T(ctx, "已办理：%s", lang.Say(ctx, stepTitle(machine, action))), undoURL(ctx, machine, action, queueOf(r)))
	return web.Redirect(w, r, p.next(ctx, id, queueOf(r)))
}

func stepTitle(m flow.Machine, action string) string {
	for _, s := range m.Steps {
		if s.Action == action {
			return s.Title
		}
	}
	return ""
}

// next is the page after an act: the next case of the queue that the person is
// working off, else the case itself. A department that goes on working on the
// same case stays with it.
func (p *pages) next(ctx context.Context, id, queue string) string {
	if queue == "" {
		return "/proposals/" + id
	}
	q, _ := proposal.QueueOf(queue)
	if l, err := p.proposals.List(ctx, proposal.Filter{Queue: queue, Limit: queueRows}); err == nil {
		if q.Unit && slices.ContainsFunc(l.Items, func(x *proposal.Item) bool { return x.ID == id }) {
			return query("/proposals/"+id, "queue", queue)
		}
		for _, item := range l.Items {
			if item.ID != id {
				return query("/proposals/"+item.ID, "queue", queue)
			}
		}
	}
	a, _ := actor.From(ctx)
	return query(queuePath(a), "queue", queue)
}

// again shows the case as it is now, with the refusal and what was typed. What
// is not for the person to mend is answered as every error is.
func (p *pages) again(w http.ResponseWriter, r *http.Request, t *tried) error {
	kind := errs.KindOf(t.err)
	if kind != errs.Invalid && kind != errs.Conflict && kind != errs.TooLarge {
		return t.err
	}
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err // what is not theirs to see has nothing to mend
	}
	v.tried, v.queue = t, queueOf(r)
	if a, ok := v.find(t.action, t.object); ok && room(v.fieldsOf(a)) {
		if err := p.prepare(r.Context(), v, a); err != nil {
			return err
		}
		return web.Render(w, r, web.Status(kind), stepPage(v, a))
	}
	return web.Render(w, r, web.Status(kind), casePage(v))
}

// keptDraft answers a page that saves itself: with the new version, or with
// what somebody else wrote meanwhile.
func (p *pages) keptDraft(w http.ResponseWriter, r *http.Request, version int64, err error) error {
	if err == nil {
		return writeJSON(w, http.StatusOK, map[string]any{"version": version})
	}
	if !errs.Is(err, errs.Conflict) {
		return err
	}
	v, missing := p.view(r.Context(), r.PathValue("id"))
	if missing != nil {
		return err
	}
	a, ok := v.find(r.PathValue("action"), r.PathValue("as"))
	if !ok {
		return err
	}
	theirs := map[string]string{}
	for _, f := range v.fieldsOf(a) {
		theirs[f.Name] = v.value(a, f.Name)
	}
	return writeJSON(w, http.StatusConflict, map[string]any{"version": a.Assignment.Version, "fields": theirs})
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, err = w.Write(b)
	return err
}

// input reads the form of a step.
func input(r *http.Request) (proposal.Input, error) {
	in, err := web.Decode[proposal.Input](r)
	form := r.PostForm
	switch form.Get("units") {
	case "":
	case proposal.Split:
		for _, id := range form["split"] {
			in.Units = append(in.Units, proposal.UnitRole{Unit: id, Role: proposal.Split})
		}
	default:
		if id := form.Get("host"); id != "" {
			in.Units = append(in.Units, proposal.UnitRole{Unit: id, Role: form.Get("units")})
		}
		if form.Get("units") == proposal.Host {
			for _, id := range form["co"] {
				in.Units = append(in.Units, proposal.UnitRole{Unit: id, Role: proposal.CoHandler})
			}
		}
	}
	for i := range promiseRows {
		x := proposal.Promise{Text: web.Clean(form.Get("promise_text_" + itoa(i))), DueOn: calendar.Date(strings.TrimSpace(form.Get("promise_due_" + itoa(i))))}
		if x.Text == "" && x.DueOn == "" {
			continue
		}
		day, wrong := calendar.ParseDate(string(x.DueOn))
		if wrong != nil && err == nil {
			var f errs.Fields
			f.Add("promises", "没有“%s”这一天", string(x.DueOn))
			err = f.Err()
		}
		x.DueOn = day
		in.Promises = append(in.Promises, x)
	}
	return in, err
}

// cosign is a co-signer's answer.
func (p *pages) cosign(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id := r.PathValue("id")
	var accept bool
	switch r.PostFormValue("answer") {
	case "accept":
		accept = true
	case "refuse":
	default:
		return errs.New(errs.Invalid, "请选择确认或谢绝")
	}
	if _, err := p.proposals.Cosign(ctx, id, accept); err != nil {
		return p.again(w, r, &tried{action: "cosign", err: err})
	}
	p.forget(ctx)
	if accept {
		web.Flash(w, r, ui.Good, lang.T(ctx, "您已确认联名"), "")
		return web.Redirect(w, r, "/proposals/"+id)
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "您已谢绝联名"), "")
	return web.Redirect(w, r, "/proposals/mine")
}

// commitment reports a promise as kept, or answers such a report.
func (p *pages) commitment(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, c, action := r.PathValue("id"), r.PathValue("commitment"), r.PathValue("action")
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	said := ""
	switch action {
	case "report":
		err, said = p.proposals.ReportCommitment(ctx, id, c, int(version), r.PostFormValue("evidence")), lang.T(ctx, "已报告落实情况，等待核实")
	case "confirm", "refuse":
		err, said = p.proposals.DecideCommitment(ctx, id, c, int(version), action == "confirm", r.PostFormValue("answer")), lang.T(ctx, "已记下核实结果")
	default:
		return errs.Missing()
	}
	if err != nil {
		return p.again(w, r, &tried{action: action, object: c, form: r.PostForm, err: err})
	}
	p.forget(ctx)
	web.Flash(w, r, ui.Good, said, "")
	return web.Redirect(w, r, "/proposals/"+id+"#c-"+c)
}
