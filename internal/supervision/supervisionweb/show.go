package supervisionweb

import (
	"context"
	"io"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/supervision"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// eventView is one event as its page shows it.
type eventView struct {
	*supervision.Details
	desk   *supervision.Desk
	who    actor.Actor
	tried  *web.Tried
	accept string
	most   int64
}

func (p *pages) view(ctx context.Context, id string) (v *eventView, err error) {
	v = &eventView{accept: p.accept, most: p.limits.Most()}
	if v.who, err = actor.Require(ctx, ""); err != nil {
		return nil, err
	}
	if v.Details, err = p.events.Get(ctx, id); err != nil {
		return nil, err
	}
	v.desk, err = p.events.Desk(ctx, nil, nil)
	return v, err
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, eventPage(v))
}

func (v *eventView) url(rest string) string { return "/supervision/" + v.ID + rest }

func (v *eventView) name(id string) string { return v.Names[id] }

func (v *eventView) manages() bool { return v.who.Can("supervision.manage") }

func (v *eventView) page(ctx context.Context) ui.PageInfo {
	info := ui.PageInfo{Title: v.Title, Lead: typeTitle(ctx, v.Rules, v.Event) + " · " + v.OnDate.Long(ctx) + " · " + lang.Say(ctx, supervision.Flow.State(v.State).Title), Crumbs: []ui.Link{{Title: lang.T(ctx, "督办活动"), URL: "/supervision"}},
		Actions: eventButtons(v)}
	if !v.who.Can("supervision.read") {
		info.Crumbs[0].URL = "/supervision/mine"
	}
	return info
}

func (v *eventView) facts(ctx context.Context) []ui.Item {
	all := []ui.Item{{Term: lang.T(ctx, "状态"), Value: stateBadge(ctx, v.State)}, {Term: lang.T(ctx, "日期"), Value: ui.LongDay(v.OnDate)}}
	add := func(term, value string) {
		if value != "" {
			all = append(all, ui.Say(term, value))
		}
	}
	add(lang.T(ctx, "地点"), v.Place)
	add(lang.T(ctx, "带队领导"), v.name(v.Leader))
	add(lang.T(ctx, "组织单位"), v.name(v.Committee))
	add(lang.T(ctx, "承办单位"), v.names(ctx, v.Units))
	add(lang.T(ctx, "参加人"), v.names(ctx, v.People))
	add(lang.T(ctx, "其他参加人"), v.Guests)
	add(lang.T(ctx, "取消理由"), v.Reason)
	return all
}

func (v *eventView) names(ctx context.Context, ids []string) string {
	s := ""
	for i, id := range ids {
		if i > 0 {
			s += lang.T(ctx, "、")
		}
		s += v.name(id)
	}
	return s
}

var icons = map[string]string{"hold": "check", "correct": "edit", "assign": "plus", "close": "check", "cancel": "x"}

// actions are what the person can do now.
func (v *eventView) actions(ctx context.Context) []ui.Action {
	var all []ui.Action
	for _, t := range v.Tasks {
		all = append(all, v.taskActions(ctx, t)...)
	}
	for _, step := range v.Actions {
		a := ui.Action{ID: "do-" + step.Action, Label: lang.Say(ctx, step.Title), Follows: lang.Say(ctx, step.Says), Icon: icons[step.Action], URL: v.url("/" + step.Action), Version: int64(v.Version)}
		switch {
		case step.Blocked != "":
			a.Not = lang.Say(ctx, step.Blocked)
		case step.Danger:
			a.Kind, a.Confirm = ui.Danger, lang.T(ctx, "确定“%s”？%s。", a.Label, a.Follows)
		}
		if a.Not == "" && len(supervision.Fields[step.Action]) > 0 {
			filled := map[string][]string{}
			if step.Action == "correct" || step.Action == "hold" {
				filled = map[string][]string{"issues": {v.Issues}, "conclusions": {v.Conclusions}, "guests": {v.Guests}}
			}
			if v.tried.Is(step.Action) {
				filled = v.tried.Form
			}
			a.Fields = ui.StepFields(ctx, supervision.Fields[step.Action], filled, func(f flow.Field, x *ui.Field) { v.complete(ctx, f, x) })
		}
		if v.tried.Is(step.Action) {
			a.Err = v.tried.Err
		}
		all = append(all, a)
	}
	if v.Changes {
		all = append(all, ui.Action{ID: "do-edit", Label: lang.T(ctx, "修改安排"), Follows: lang.T(ctx, "改变后通知参加人和承办单位"), Icon: "edit", Href: v.url("/edit")})
	}
	for i := range all {
		if all[i].Not == "" && all[i].Kind == ui.Secondary {
			all[i].Kind = ui.Primary
			break
		}
	}
	return all
}

// complete says what there is to choose from in a field, and its limits.
func (v *eventView) complete(ctx context.Context, f flow.Field, x *ui.Field) {
	none := ui.Option{Label: lang.T(ctx, "（不选）")}
	switch f.Name {
	case "unit":
		x.Options = append([]ui.Option{none}, v.departments(ctx)...)
	case "person":
		x.Pick, x.Options = "/supervision/people", []ui.Option{none}
	case "proposal":
		x.Options = []ui.Option{none}
		for _, c := range v.Cases {
			x.Options = append(x.Options, ui.Option{Value: c.ID, Label: c.Title})
		}
	case "due_on":
		x.From = v.Today.AddDays(1).String()
	}
}

// departments are options, those that took part first.
func (v *eventView) departments(ctx context.Context) []ui.Option {
	var first, others []ui.Option
	for _, b := range v.desk.Departments {
		if slices.Contains(v.Units, b.ID) {
			first = append(first, ui.Option{Value: b.ID, Label: b.Name, Group: lang.T(ctx, "参加的单位")})
		} else {
			others = append(others, ui.Option{Value: b.ID, Label: b.Name, Group: lang.T(ctx, "其他单位")})
		}
	}
	return append(first, others...)
}

// taskActions are what the person can do with a task.
func (v *eventView) taskActions(ctx context.Context, t *supervision.Task) []ui.Action {
	var all []ui.Action
	add := func(action, label, follows, icon string, f ui.Field) {
		a := ui.Action{ID: action + "-" + t.ID, Label: label, Follows: lang.T(ctx, "“%s”：%s", t.Text, follows), Icon: icon, URL: v.url("/tasks/" + t.ID + "/" + action), Version: int64(t.Version)}
		if v.tried.Is(action + "-" + t.ID) {
			a.Err, f.Value = v.tried.Err, v.tried.Form.Get(f.Name)
		}
		a.Fields = ui.TextArea(f)
		all = append(all, a)
	}
	own := t.Unit != "" && v.who.Body == t.Unit || t.Person != "" && v.who.Person == t.Person
	if own && t.State == "open" && v.who.Can("supervision.report") {
		add("report", lang.T(ctx, "报告完成情况"), lang.T(ctx, "由政协核实"), "flag", ui.Field{Name: "text", Label: lang.T(ctx, "完成情况"), Required: true, Max: 2000})
	}
	if v.manages() && t.State == "reported" {
		add("accept", lang.T(ctx, "已完成"), lang.T(ctx, "不再跟踪"), "check", ui.Field{Name: "text", Label: lang.T(ctx, "核实意见"), Max: 2000})
		add("refuse", lang.T(ctx, "还没有完成"), lang.T(ctx, "退回继续办理"), "arrow-back-up", ui.Field{Name: "text", Label: lang.T(ctx, "还差什么"), Required: true, Max: 2000})
	}
	if v.manages() && t.State == "open" && !own {
		add("accept", lang.T(ctx, "登记完成"), lang.T(ctx, "责任人口头或书面报告的"), "check", ui.Field{Name: "text", Label: lang.T(ctx, "核实意见"), Max: 2000})
	}
	return all
}

func (v *eventView) owner(t *supervision.Task) string {
	if t.Unit != "" {
		return v.name(t.Unit)
	}
	return v.name(t.Person)
}

func (v *eventView) history(ctx context.Context) []ui.Entry {
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

func (v *eventView) files(ctx context.Context) []ui.FileItem {
	var all []ui.FileItem
	for _, f := range v.Files {
		all = append(all, ui.FileItem{Name: f.Name, URL: v.url("/files/" + f.ID), Bytes: f.Size, Note: v.name(f.Person) + " · " + ui.ShortDay(ctx, calendar.On(f.At.Time))})
	}
	return all
}

// open are the frozen assignments of a visit, as a table.
func (v *eventView) open(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "走访当日未答复的提案"), Columns: []ui.Column{{Title: lang.T(ctx, "案由"), Wide: true}, {Title: lang.T(ctx, "案号"), Short: true}, {Title: lang.T(ctx, "承办单位")}, {Title: lang.T(ctx, "期限")}}}
	for _, o := range v.Open {
		row := ui.Row{Name: o.Title, Cells: []templ.Component{ui.Str(o.Title), ui.Str(number(ctx, o.CaseNo)), ui.Str(v.name(o.Unit)), due(ctx, o)}}
		if v.who.Can("proposal.read_filed") || v.who.Can("proposal.read_all") {
			row.Href = "/proposals/" + o.Proposal
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// due shows until when something was due, as it stood on the day of the visit.
func due(ctx context.Context, o *supervision.Open) templ.Component {
	switch {
	case o.DueOn == "":
		return nil
	case o.Overdue:
		return ui.Group(ui.On(o.DueOn), ui.Str(" "), ui.Badge(ui.Bad, lang.T(ctx, "当日已逾期")))
	}
	return ui.On(o.DueOn)
}

func (p *pages) act(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, action := r.PathValue("id"), r.PathValue("action")
	in, err := web.Decode[supervision.Input](r)
	var version int64
	if err == nil {
		version, err = web.Version(r)
	}
	if err == nil {
		_, err = p.events.Do(ctx, id, int(version), action, in)
	}
	if err != nil {
		return p.again(w, r, action, err)
	}
	title := ""
	for _, s := range supervision.Flow.Steps {
		if s.Action == action {
			title = s.Title
		}
	}
	return p.done(w, r, lang.T(ctx, "已办理：%s", lang.Say(ctx, title)))
}

func (p *pages) done(w http.ResponseWriter, r *http.Request, text string) error {
	web.Flash(w, r, ui.Good, text, "")
	return web.Redirect(w, r, "/supervision/"+r.PathValue("id"))
}

func (p *pages) again(w http.ResponseWriter, r *http.Request, action string, refused error) error {
	if !web.Mendable(refused) {
		return refused
	}
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	v.tried = &web.Tried{Action: action, Form: r.PostForm, Err: refused}
	return web.Render(w, r, web.Status(errs.KindOf(refused)), eventPage(v))
}

// loose is a refusal whose form is no longer on the page.
func (v *eventView) loose(ctx context.Context) string {
	if v.tried == nil || v.tried.Is("attach") && v.manages() {
		return ""
	}
	for _, a := range v.actions(ctx) {
		if a.Err != nil {
			return ""
		}
	}
	return web.Message(ctx, v.tried.Err)
}

func (v *eventView) attachErr() error {
	if v.tried.Is("attach") {
		return v.tried.Err
	}
	return nil
}

func (p *pages) onTask(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, task, action := r.PathValue("id"), r.PathValue("task"), r.PathValue("action")
	version, err := web.Version(r)
	text := web.Clean(r.PostFormValue("text"))
	if err == nil {
		switch action {
		case "report":
			err = p.events.Report(ctx, id, task, int(version), text)
		case "accept", "refuse":
			err = p.events.Accept(ctx, id, task, int(version), action == "accept", text)
		default:
			err = errs.Missing()
		}
	}
	if err != nil {
		return p.again(w, r, action+"-"+task, err)
	}
	return p.done(w, r, lang.T(ctx, "已办理：%s", lang.Say(ctx, acts["supervision."+action])))
}

func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	f, content, err := p.events.OpenFile(r.Context(), r.PathValue("id"), r.PathValue("file"))
	if err != nil {
		return err
	}
	return web.ServeFile(w, r, f.Name, document.ContentType(document.Kind(f.Kind)), f.SHA256, func() (io.ReadSeekCloser, error) { return content, nil })
}

func (p *pages) attach(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	files, err := web.Uploads(r, "files", p.limits.Most())
	if err != nil {
		return p.again(w, r, "attach", err)
	}
	for i, f := range files {
		defer f.Close()
		if err := p.events.Attach(web.Derived(ctx, "file"+itoa(i)), r.PathValue("id"), supervision.Upload{Name: f.Name, Size: f.Size, Content: f}); err != nil {
			return p.again(w, r, "attach", err)
		}
	}
	if len(files) == 0 {
		return p.again(w, r, "attach", errs.New(errs.Invalid, "请选择文件"))
	}
	return p.done(w, r, lang.T(ctx, "已上传%d个文件", len(files)))
}
