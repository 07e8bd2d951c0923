package keyproposalweb

import (
	"context"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/keyproposal"
	"shangliang/internal/lang"
	"shangliang/internal/module"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// keyView is one key proposal as its page shows it.
type keyView struct {
	*keyproposal.Details
	year   *keyproposal.Year // what there is to choose from
	who    actor.Actor
	tried  *web.Tried
	panels []templ.Component // of other modules
	accept string
	most   int64
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, keyPage(v))
}

func (p *pages) view(ctx context.Context, id string) (v *keyView, err error) {
	v = &keyView{accept: p.accept, most: p.limits.Most()}
	if v.who, err = actor.Require(ctx, ""); err != nil {
		return nil, err
	}
	if v.Details, err = p.keys.Get(ctx, id); err != nil {
		return nil, err
	}
	if v.year, err = p.keys.Overview(ctx, v.Details.Year); err != nil {
		return nil, err
	}
	for _, x := range module.PanelsOn(p.modules(), "key_proposal") {
		part, err := x.Load(ctx, v.Proposal)
		if err != nil {
			return nil, err
		}
		if part != nil {
			v.panels = append(v.panels, part)
		}
	}
	return v, nil
}

func (v *keyView) url(rest string) string { return "/key-proposals/" + v.ID + rest }

func (v *keyView) name(id string) string { return v.Names[id] }

func (v *keyView) page(ctx context.Context) ui.PageInfo {
	info := ui.PageInfo{Title: v.Case.Title, Lead: number(ctx, v.Case.CaseNo) + " · " + v.Case.Lead + " · " + lang.Say(ctx, keyproposal.Flow.State(v.State).Title),
		Crumbs:  []ui.Link{{Title: lang.T(ctx, "重点提案"), URL: "/key-proposals"}},
		Actions: ui.Button(ui.ButtonInfo{Label: lang.T(ctx, "打印"), Icon: "printer", Kind: ui.Quiet, Print: true})}
	if !v.who.Can("key_proposal.read") {
		info.Crumbs[0].URL = "/key-proposals/mine"
	}
	return info
}

// steps draw where it stands.
func (v *keyView) steps(ctx context.Context) []ui.Step {
	reached := map[string]calendar.Date{"主席会议确定": v.DecidedOn, "签批方案": v.PlanSignedOn}
	for stage, at := range map[string]time.Time{"提名": v.NominatedAt.Time, "征求意见": v.ConsultedAt.Time, "报告结果": v.ReportedAt.Time, "结束": v.ClosedAt.Time} {
		if !at.IsZero() {
			reached[stage] = calendar.On(at)
		}
	}
	stages := keyproposal.Flow.Stages()
	at := slices.Index(stages, keyproposal.Flow.State(v.State).Stage)
	if v.State == keyproposal.Declined {
		at = 1
	}
	var all []ui.Step
	for i, title := range stages {
		s := ui.Step{Title: lang.Say(ctx, title), On: reached[title]}
		switch {
		case v.State == keyproposal.Declined && i == at:
			s.State, s.Note = ui.StepFailed, lang.T(ctx, "未列入")
		case i < at || v.State == keyproposal.Closed:
			s.State = ui.StepDone
		case i == at:
			s.State, s.Note = ui.StepCurrent, lang.Say(ctx, keyproposal.Flow.State(v.State).Title)
		}
		if v.State == keyproposal.Declined && i > at {
			break
		}
		all = append(all, s)
	}
	return all
}

// facts say what it is and who has to do with it.
func (v *keyView) facts(ctx context.Context) []ui.Item {
	var all []ui.Item
	add := func(term, value string) {
		if value != "" {
			all = append(all, ui.Say(term, value))
		}
	}
	if v.Readable {
		all = append(all, ui.Item{Term: lang.T(ctx, "提案"), Value: ui.A(ui.Link{Title: lang.T(ctx, "打开提案"), URL: "/proposals/" + v.Proposal})})
	}
	if v.Case.Party() {
		all = append(all, ui.Item{Term: lang.T(ctx, "提案类型"), Value: ui.Badge(ui.Info, lang.T(ctx, "党派提案"))})
	}
	add(lang.T(ctx, "承办单位"), v.Case.Units)
	if v.Case.Late(v.Today) {
		all = append(all, ui.Item{Term: lang.T(ctx, "办理期限"), Value: ui.Until(v.Case.DueOn, v.Today)})
	}
	if v.who.Can("key_proposal.read") {
		add(lang.T(ctx, "遴选标准"), codes(ctx, v.Rules, "key_proposal.criteria", v.Criteria))
		add(lang.T(ctx, "提名理由"), v.Reason)
		add(lang.T(ctx, "提名"), v.name(v.NominatedBy))
	}
	if v.DecidedOn != "" {
		all = append(all, ui.Item{Term: lang.T(ctx, "主席会议"), Value: ui.On(v.DecidedOn)})
		add(lang.T(ctx, "会议决定"), v.Decision)
	}
	if v.Leader != "" {
		add(lang.T(ctx, "领衔领导"), v.name(v.Leader)+"（"+v.LeaderPost+"）")
		add(lang.T(ctx, "领衔方式"), lang.Say(ctx, org.Title(keyproposal.LeaderKinds, v.LeaderKind)))
		add(lang.T(ctx, "具体负责"), v.name(v.Committee))
	}
	return all
}

// planFacts are what stands over the text of the plan.
func (v *keyView) planFacts(ctx context.Context) []ui.Item {
	all := []ui.Item{ui.Say(lang.T(ctx, "督办形式"), codes(ctx, v.Rules, "key_proposal.forms", v.PlanForms))}
	if v.PlanUntil != "" {
		all = append(all, ui.Item{Term: lang.T(ctx, "完成日期"), Value: ui.On(v.PlanUntil)})
	}
	if v.PlanSignedOn == "" {
		return append(all, ui.Item{Term: lang.T(ctx, "签批"), Value: ui.Badge(ui.Warn, lang.T(ctx, "等待领衔人签批"))})
	}
	signed := []templ.Component{ui.On(v.PlanSignedOn), ui.Str(" " + v.name(v.Leader))}
	if v.PlanMethod == "paper" {
		signed = append(signed, ui.Str(" "+lang.T(ctx, "纸质签批，代录")))
	}
	return append(all, ui.Item{Term: lang.T(ctx, "签批"), Value: ui.Group(signed...)})
}

// running are the deadlines that run, explained.
func (v *keyView) running(ctx context.Context) []ui.ClockInfo {
	var all []ui.ClockInfo
	for _, k := range v.Clocks {
		if k.State != clock.Running {
			continue
		}
		info := ui.ClockInfo{Title: lang.Say(ctx, k.Title), Started: k.StartedOn, Due: k.DueOn, Hard: k.HardOn, Half: k.HalfOn, Eighty: k.EightyOn, Today: v.Today}
		for _, s := range k.Steps() {
			info.Why = append(info.Why, s.Text(ctx))
		}
		all = append(all, info)
	}
	return all
}

// icons of the steps.
var icons = map[string]string{"ask": "send", "consult": "check", "approve": "check", "decline": "x", "bind": "star", "plan": "edit", "sign": "check",
	"record_sign": "check", "log": "plus", "report": "send", "return": "arrow-back-up", "close": "check"}

// aside are the steps that lead off the main path or only help it on.
var aside = map[string]bool{"decline": true, "return": true, "record_sign": true, "ask": true}

// actions are what the person can do now; what carries it on comes first.
func (v *keyView) actions(ctx context.Context) []ui.Action {
	var all, later []ui.Action
	for _, body := range v.Opines {
		o := v.opinion(body)
		a := ui.Action{ID: "do-opine-" + body, Label: lang.T(ctx, "提出意见"), Follows: lang.T(ctx, "由政协汇总后提交主席会议"), Icon: "message-circle", URL: v.url("/opinions/" + body), Kind: ui.Primary}
		if body != v.who.Body {
			a.Label, a.Follows, a.Kind = lang.T(ctx, "代录%s的意见", v.name(body)), lang.T(ctx, "按书面答复录入"), ui.Secondary
			if !o.AnsweredAt.IsZero() {
				continue // it answered; the office does not write over that by the way
			}
		}
		a.Fields = v.fields(ctx, "opine", "opine-"+body, map[string][]string{"stance": {o.Stance}, "text": {o.Opinion}})
		if v.tried.Is("opine-" + body) {
			a.Err = v.tried.Err
		}
		if body == v.who.Body {
			all = append(all, a)
		} else {
			later = append(later, a)
		}
	}
	for _, step := range v.Actions {
		a := ui.Action{ID: "do-" + step.Action, Label: lang.Say(ctx, step.Title), Follows: lang.Say(ctx, step.Says), Icon: icons[step.Action], URL: v.url("/" + step.Action), Version: int64(v.Version)}
		if step.Blocked != "" {
			a.Not = lang.T(ctx, step.Blocked, step.Args...)
			later = append(later, a)
			continue
		}
		if step.Danger {
			a.Kind, a.Confirm = ui.Danger, lang.T(ctx, "确定“%s”？%s。", a.Label, a.Follows)
		}
		if len(keyproposal.Fields[step.Action]) > 0 {
			a.Fields = v.fields(ctx, step.Action, step.Action, v.drafted(step.Action))
		}
		if v.tried.Is(step.Action) {
			a.Err = v.tried.Err
		}
		if aside[step.Action] || step.Action == "bind" && v.Leader != "" || step.Action == "plan" && v.Plan != "" {
			later = append(later, a)
			continue
		}
		all = append(all, a)
	}
	if len(all) > 0 {
		all[0].Kind = ui.Primary
	}
	return append(all, later...)
}

func (v *keyView) opinion(body string) *keyproposal.Opinion {
	for _, o := range v.Opinions {
		if o.Body == body {
			return o
		}
	}
	return &keyproposal.Opinion{}
}

// drafted is what stands in the fields of a step before anything is typed.
func (v *keyView) drafted(action string) map[string][]string {
	today := []string{v.Today.String()}
	switch action {
	case "plan":
		return map[string][]string{"forms": v.PlanForms, "text": {v.Plan}, "until": {v.PlanUntil.String()}}
	case "bind":
		return map[string][]string{"committee": {v.Committee}}
	case "approve", "decline", "record_sign", "log":
		return map[string][]string{"on": today}
	case "report":
		return map[string][]string{"outcome": {v.Outcome}, "text": {v.Report}}
	}
	return nil
}

// fields draw the inputs of an action; key names what was tried.
func (v *keyView) fields(ctx context.Context, action, key string, filled map[string][]string) templ.Component {
	if v.tried.Is(key) {
		filled = v.tried.Form
	}
	return ui.StepFields(ctx, keyproposal.Fields[action], filled, func(f flow.Field, x *ui.Field) { v.complete(ctx, f, x) })
}

// complete says what there is to choose from in a field, and its limits.
func (v *keyView) complete(ctx context.Context, f flow.Field, x *ui.Field) {
	switch {
	case f.Kind == "date" && f.Name == "on":
		x.To = v.Today.String()
	case f.Kind == "date":
		x.From = v.Today.AddDays(1).String()
	case f.Codes != "":
		for _, c := range v.Rules.Codes(f.Codes).Active() {
			x.Options = append(x.Options, ui.Option{Value: c.Key, Label: lang.Say(ctx, c.Label)})
		}
	case f.Name == "bodies":
		for _, b := range v.year.Bodies {
			if b.Kind == "party" || b.Kind == "committee" || b.Kind == "sector" || b.Kind == "group" {
				x.Options = append(x.Options, ui.Option{Value: b.ID, Label: b.Name, Group: lang.Say(ctx, org.Title(org.Kinds, b.Kind))})
			}
		}
	case f.Kind == "choice":
		list := v.year.Leaders
		if f.Name == "committee" {
			list = v.year.Committees
		}
		x.Options = append(x.Options, ui.Option{Label: lang.T(ctx, "请选择")})
		for _, c := range list {
			x.Options = append(x.Options, ui.Option{Value: c.ID, Label: c.Title})
		}
	}
}

// history tells what happened, newest first.
func (v *keyView) history(ctx context.Context) []ui.Entry {
	var all []ui.Entry
	for _, e := range slices.Backward(v.History) {
		who := v.name(e.Body)
		if who == "" {
			role, _ := org.RoleOf(e.Role)
			who = lang.Say(ctx, role.Title)
		}
		all = append(all, ui.Entry{At: e.At.Time, What: lang.Say(ctx, acts[e.Action]), Who: who + " " + e.Name, Note: e.Note})
	}
	return all
}

func (v *keyView) files(ctx context.Context) []ui.FileItem {
	var all []ui.FileItem
	for _, f := range v.Files {
		all = append(all, ui.FileItem{Name: f.Name, URL: v.url("/files/" + f.ID), Bytes: f.Size, Note: v.name(f.Person) + " · " + ui.ShortDay(ctx, calendar.On(f.At.Time))})
	}
	return all
}

// act takes a step.
func (p *pages) act(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, action := r.PathValue("id"), r.PathValue("action")
	in, err := web.Decode[keyproposal.Input](r)
	var version int64
	if err == nil {
		version, err = web.Version(r)
	}
	if err == nil {
		_, err = p.keys.Do(ctx, id, int(version), action, in)
	}
	if err != nil {
		return p.again(w, r, action, err)
	}
	return p.done(w, r, lang.T(ctx, "已办理：%s", lang.Say(ctx, stepTitle(action))))
}

func stepTitle(action string) string {
	for _, s := range keyproposal.Flow.Steps {
		if s.Action == action {
			return s.Title
		}
	}
	return ""
}

func (p *pages) done(w http.ResponseWriter, r *http.Request, text string) error {
	web.Flash(w, r, ui.Good, text, "")
	return web.Redirect(w, r, "/key-proposals/"+r.PathValue("id"))
}

// again shows the page as it is now, with the refusal and what was typed.
func (p *pages) again(w http.ResponseWriter, r *http.Request, action string, refused error) error {
	if !web.Mendable(refused) {
		return refused
	}
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	v.tried = &web.Tried{Action: action, Form: r.PostForm, Err: refused}
	return web.Render(w, r, web.Status(errs.KindOf(refused)), keyPage(v))
}

// opine records what a body says.
func (p *pages) opine(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	body := r.PathValue("body")
	in, err := web.Decode[keyproposal.Input](r)
	if err == nil {
		err = p.keys.Opine(ctx, r.PathValue("id"), body, in)
	}
	if err != nil {
		return p.again(w, r, "opine-"+body, err)
	}
	return p.done(w, r, lang.T(ctx, "意见已提交"))
}

func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	f, content, err := p.keys.OpenFile(r.Context(), r.PathValue("id"), r.PathValue("file"))
	if err != nil {
		return err
	}
	return web.ServeFile(w, r, f.Name, document.ContentType(document.Kind(f.Kind)), f.SHA256, func() (io.ReadSeekCloser, error) { return content, nil })
}

// attach adds files.
func (p *pages) attach(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	files, err := web.Uploads(r, "files", p.limits.Most())
	if err != nil {
		return p.again(w, r, "attach", err)
	}
	for i, f := range files {
		defer f.Close()
		if err := p.keys.Attach(web.Derived(ctx, "file"+itoa(i)), r.PathValue("id"), keyproposal.Upload{Name: f.Name, Size: f.Size, Content: f}); err != nil {
			return p.again(w, r, "attach", err)
		}
	}
	if len(files) == 0 {
		return p.again(w, r, "attach", errs.New(errs.Invalid, "请选择文件"))
	}
	return p.done(w, r, lang.T(ctx, "已上传%d个文件", len(files)))
}

// attachErr is why a file was not taken.
func (v *keyView) attachErr() error {
	if v.tried.Is("attach") {
		return v.tried.Err
	}
	return nil
}

// loose is a refusal whose form is no longer on the page.
func (v *keyView) loose(ctx context.Context) string {
	if v.tried == nil || v.tried.Is("attach") && v.Attaches {
		return ""
	}
	for _, a := range v.actions(ctx) {
		if a.Err != nil {
			return ""
		}
	}
	return web.Message(ctx, v.tried.Err)
}
