package digestweb

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/digest"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

var stateKinds = map[string]ui.Kind{digest.Draft: ui.Neutral, digest.Approved: ui.Info, digest.Sent: ui.Good, digest.Discarded: ui.Neutral}

func stateBadge(ctx context.Context, state string) templ.Component {
	return ui.Badge(stateKinds[state], lang.Say(ctx, digest.Flow.State(state).Title))
}

var followKinds = map[string]ui.Kind{"open": ui.Neutral, "reported": ui.Warn, "done": ui.Good}

var followStates = []org.Code{{ID: "open", Title: "待落实"}, {ID: "reported", Title: "已报告，待核实"}, {ID: "done", Title: "已落实"}}

// number is how a digest is called; none before it is sent.
func number(ctx context.Context, d *digest.Digest) string {
	if d.No == 0 {
		return ""
	}
	return lang.T(ctx, "%d年第%d期", d.Year, d.No)
}

// listView is the list of digests.
type listView struct {
	items   []*digest.Item
	today   calendar.Date
	here    string
	manages bool
}

func (p *pages) read(r *http.Request) (v listView, err error) {
	f, err := web.Decode[digest.Filter](r)
	if err != nil {
		return v, err
	}
	a, err := actor.Require(r.Context(), "")
	if err != nil {
		return v, err
	}
	if !a.Can("digest.read") {
		if _, err := actor.Require(r.Context(), "digest.instruct"); err != nil {
			return v, err
		}
	}
	v.here, v.manages = r.URL.RequestURI(), a.Can("digest.manage")
	v.items, v.today, err = p.digests.List(r.Context(), f)
	return v, err
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, err := p.read(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, listPage(v))
}

func (v listView) filters(ctx context.Context) ui.FiltersInfo {
	states := []ui.Option{{Label: lang.T(ctx, "全部")}}
	for _, s := range digest.Flow.States {
		states = append(states, ui.Option{Value: s.ID, Label: lang.Say(ctx, s.Title)})
	}
	years := []ui.Option{{Label: lang.T(ctx, "全部")}}
	for y := v.today.Year(); y > v.today.Year()-10; y-- {
		years = append(years, ui.Option{Value: itoa(y), Label: itoa(y)})
	}
	return ui.FiltersInfo{Here: v.here, Search: lang.T(ctx, "标题"), Fields: []ui.Field{{Name: "year", Label: lang.T(ctx, "年份"), Options: years}, {Name: "state", Label: lang.T(ctx, "状态"), Options: states}}}
}

func (v listView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "提案摘报"), Here: v.here, Empty: v.empty(ctx), Columns: []ui.Column{{Title: lang.T(ctx, "标题"), Wide: true}, {Title: lang.T(ctx, "期号"), Short: true}, {Title: lang.T(ctx, "报送")},
		{Title: lang.T(ctx, "报送日期"), Short: true}, {Title: lang.T(ctx, "状态")}, {Title: lang.T(ctx, "批示")}}}
	for _, x := range v.items {
		row := ui.Row{Name: x.Title, Href: "/digests/" + x.ID}
		var given, sent templ.Component
		if x.SentOn != "" {
			sent = ui.On(x.SentOn)
		}
		switch {
		case x.Late > 0:
			row.Kind = ui.Bad
			given = ui.Badge(ui.Bad, lang.T(ctx, "%d件，逾期未落实%d件", x.Instructions, x.Late))
		case x.Instructions > 0:
			given = ui.Str(lang.T(ctx, "%d件，待落实%d件", x.Instructions, x.Owed))
		}
		row.Cells = []templ.Component{ui.Str(x.Title), ui.Str(number(ctx, x.Digest)), ui.Str(x.Recipients), sent, stateBadge(ctx, x.State), given}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (v listView) empty(ctx context.Context) templ.Component {
	e := ui.EmptyInfo{Icon: "news", Title: lang.T(ctx, "没有提案摘报"), Text: lang.T(ctx, "报送您的摘报会列在这里，并发通知")}
	if v.manages {
		e.Text = lang.T(ctx, "在提案清单里勾选提案，点“写摘报”；也可以直接写")
		e.Action = newButton()
	}
	return ui.Empty(e)
}

func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.read(r)
	if err != nil {
		return err
	}
	rows := make([][]any, len(v.items))
	for i, x := range v.items {
		rows[i] = []any{number(ctx, x.Digest), x.Title, x.Cases, x.Recipients, x.SentOn.String(), lang.Say(ctx, digest.Flow.State(x.State).Title), x.Instructions, x.Owed, x.Late}
	}
	name := lang.T(ctx, "提案摘报")
	return document.Serve(w, name, document.Sheet{Name: name, Header: []string{lang.T(ctx, "期号"), lang.T(ctx, "标题"), lang.T(ctx, "提案件数"), lang.T(ctx, "报送"), lang.T(ctx, "报送日期"), lang.T(ctx, "状态"),
		lang.T(ctx, "批示"), lang.T(ctx, "待落实"), lang.T(ctx, "逾期未落实")}, Rows: document.Each(rows)})
}

// owed lists the instructions that are to be followed up.
func (p *pages) owed(w http.ResponseWriter, r *http.Request) error {
	all, today, err := p.digests.Owed(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, owedPage(all, today))
}

func owedTable(ctx context.Context, all []*digest.Owed, today calendar.Date) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "批示落实"), Columns: []ui.Column{{Title: lang.T(ctx, "批示"), Wide: true}, {Title: lang.T(ctx, "领导")}, {Title: lang.T(ctx, "落实单位")}, {Title: lang.T(ctx, "期限")}, {Title: lang.T(ctx, "状态")}},
		Empty: ui.Empty(ui.EmptyInfo{Icon: "circle-check", Title: lang.T(ctx, "没有待落实的批示"), Text: lang.T(ctx, "需要落实的批示会按期限先后列在这里")})}
	for _, x := range all {
		row := ui.Row{Name: x.Title, Href: "/digests/" + x.Digest + "#i-" + x.ID}
		if x.DueOn < today {
			row.Kind = ui.Bad
		}
		row.Cells = []templ.Component{ui.Str(x.Text), ui.Str(x.Leader), ui.Str(x.Owner), ui.Until(x.DueOn, today), ui.Badge(followKinds[x.State], lang.Say(ctx, org.Title(followStates, x.State)))}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// pick leads from a list of proposals to the form of a digest.
func (p *pages) pick(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	q := url.Values{}
	for _, text := range r.PostForm["id"] {
		id, _, _ := strings.Cut(text, "@")
		q.Add("proposal", id)
	}
	if len(q) == 0 {
		return errs.New(errs.Invalid, "请先在清单里选中")
	}
	return web.Redirect(w, r, "/digests/new?"+q.Encode())
}

// form is the form of a digest.
type form struct {
	digest.Text
	ID      string
	Version int
	Err     error
	desk    *digest.Desk
}

// newForm begins with what the chosen proposals say, shortened.
func (p *pages) newForm(w http.ResponseWriter, r *http.Request) error {
	t, err := web.Decode[digest.Text](r)
	if err != nil {
		return err
	}
	if len(t.Proposals) > 0 {
		recipients := t.Recipients
		if t, err = p.digests.Draft(r.Context(), t.Proposals); err != nil {
			return err
		}
		t.Recipients = recipients
	}
	return p.showForm(w, r, http.StatusOK, form{Text: t})
}

func (p *pages) showForm(w http.ResponseWriter, r *http.Request, status int, f form) error {
	if _, err := actor.Require(r.Context(), "digest.manage"); err != nil {
		return err
	}
	var err error
	if f.desk, err = p.digests.Desk(r.Context(), f.Proposals, f.Recipients); err != nil {
		return err
	}
	return web.Render(w, r, status, formPage(f))
}

func (p *pages) editForm(w http.ResponseWriter, r *http.Request) error {
	d, err := p.digests.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if !d.Changes {
		return web.Redirect(w, r, "/digests/"+d.ID)
	}
	f := form{ID: d.ID, Version: d.Version, Text: digest.Text{Title: d.Title, Body: d.Body, Recipients: d.Recipients}}
	for _, c := range d.Cases {
		f.Proposals = append(f.Proposals, c.ID)
	}
	return p.showForm(w, r, http.StatusOK, f)
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	t, err := web.Decode[digest.Text](r)
	version := int64(0)
	if err == nil && id != "" {
		version, err = web.Version(r)
	}
	var d *digest.Digest
	if err == nil {
		d, err = p.digests.Save(ctx, id, int(version), t)
	}
	if err != nil && web.Mendable(err) {
		f := form{Text: t, ID: id, Version: int(version), Err: err}
		if errs.Is(err, errs.Conflict) && id != "" {
			now, gone := p.digests.Get(ctx, id)
			if gone != nil {
				return gone
			}
			f.Version = now.Version
		}
		return p.showForm(w, r, web.Status(errs.KindOf(err)), f)
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "摘报已保存"), "")
	return web.Redirect(w, r, "/digests/"+d.ID)
}

func (p *pages) people(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "digest.manage"); err != nil {
		return err
	}
	colleagues, err := p.org.Colleagues(ctx, web.Clean(r.FormValue("q")))
	if err != nil {
		return err
	}
	var all []web.Found
	for _, c := range colleagues {
		all = append(all, web.Found{ID: c.ID, Title: c.Name, Note: c.Post})
	}
	return web.WriteFound(w, all)
}

func (p *pages) cases(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	cases, err := p.digests.FindCases(ctx, web.Clean(r.FormValue("q")))
	if err != nil {
		return err
	}
	var all []web.Found
	for _, c := range cases {
		all = append(all, web.Found{ID: c.ID, Title: c.Title, Note: lang.T(ctx, "第%d号", c.CaseNo) + " " + c.Lead})
	}
	return web.WriteFound(w, all)
}

// digestView is one digest as its page shows it.
type digestView struct {
	*digest.Details
	desk   *digest.Desk
	who    actor.Actor
	tried  *web.Tried
	accept string
	most   int64
}

func (p *pages) view(ctx context.Context, id string) (v *digestView, err error) {
	v = &digestView{accept: p.accept, most: p.limits.Most()}
	if v.who, err = actor.Require(ctx, ""); err != nil {
		return nil, err
	}
	if v.Details, err = p.digests.Get(ctx, id); err != nil {
		return nil, err
	}
	v.desk, err = p.digests.Desk(ctx, nil, nil)
	return v, err
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, digestPage(v))
}

// sheet is the digest as it is printed.
func (p *pages) sheet(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, sheetPage(v))
}

func (v *digestView) url(rest string) string { return "/digests/" + v.ID + rest }

func (v *digestView) name(id string) string { return v.Names[id] }

func (v *digestView) names(ctx context.Context, ids []string) string {
	var all []string
	for _, id := range ids {
		all = append(all, v.name(id))
	}
	return strings.Join(all, lang.T(ctx, "、"))
}

func (v *digestView) page(ctx context.Context) ui.PageInfo {
	lead := []string{number(ctx, v.Digest), lang.Say(ctx, digest.Flow.State(v.State).Title)}
	info := ui.PageInfo{Title: v.Title, Lead: strings.Join(slices.DeleteFunc(lead, func(s string) bool { return s == "" }), " · "), Crumbs: []ui.Link{{Title: lang.T(ctx, "提案摘报"), URL: "/digests"}}, Actions: digestButtons(v)}
	if v.who.Can("digest.report") {
		info.Crumbs[0] = ui.Link{Title: lang.T(ctx, "批示落实"), URL: "/digests/owed"}
	}
	return info
}

func (v *digestView) facts(ctx context.Context) []ui.Item {
	all := []ui.Item{{Term: lang.T(ctx, "状态"), Value: stateBadge(ctx, v.State)}}
	add := func(term, value string) {
		if value != "" {
			all = append(all, ui.Say(term, value))
		}
	}
	add(lang.T(ctx, "期号"), number(ctx, v.Digest))
	add(lang.T(ctx, "报送"), v.names(ctx, v.Recipients))
	add(lang.T(ctx, "拟稿"), v.name(v.CreatedBy))
	add(lang.T(ctx, "审签"), v.name(v.ApprovedBy))
	if v.SentOn != "" {
		all = append(all, ui.Item{Term: lang.T(ctx, "报送日期"), Value: ui.On(v.SentOn)})
	}
	return all
}

var icons = map[string]string{"approve": "check", "send_back": "arrow-back-up", "send": "send", "discard": "x"}

// actions are what the person can do now.
func (v *digestView) actions(ctx context.Context) []ui.Action {
	var all []ui.Action
	for _, i := range v.Instructions {
		all = append(all, v.followActions(ctx, i)...)
	}
	if v.Instructs {
		a := ui.Action{ID: "do-instruct", Label: lang.T(ctx, "登记批示"), Follows: lang.T(ctx, "记下批示和日期；需要落实的，指定单位并计时"), Icon: "edit", URL: v.url("/instructions"), Upload: true}
		if !v.who.Can("digest.manage") {
			a.Label = lang.T(ctx, "作出批示")
		}
		filled := map[string][]string{"on": {v.Today.String()}, "person": {v.who.Person}}
		if len(v.Recipients) == 1 {
			filled["person"] = v.Recipients
		}
		if v.tried.Is("instruct") {
			a.Err, filled = v.tried.Err, v.tried.Form
		}
		a.Fields = ui.Group(ui.StepFields(ctx, digest.InstructFields, filled, func(f flow.Field, x *ui.Field) { v.complete(ctx, f, x) }),
			ui.FileField(ui.Field{Name: "scan", Label: lang.T(ctx, "批示件扫描"), Accept: v.accept, MaxBytes: v.most}))
		all = append(all, a)
	}
	for _, step := range v.Actions {
		a := ui.Action{ID: "do-" + step.Action, Label: lang.Say(ctx, step.Title), Follows: lang.Say(ctx, step.Says), Icon: icons[step.Action], URL: v.url("/" + step.Action), Version: int64(v.Version)}
		switch {
		case step.Blocked != "":
			a.Not = lang.Say(ctx, step.Blocked)
		case step.Danger:
			a.Kind, a.Confirm = ui.Danger, lang.T(ctx, "确定“%s”？%s。", a.Label, a.Follows)
		}
		if v.tried.Is(step.Action) {
			a.Err = v.tried.Err
		}
		all = append(all, a)
	}
	if v.Changes {
		all = append(all, ui.Action{ID: "do-edit", Label: lang.T(ctx, "修改摘报"), Follows: lang.T(ctx, "审签前可以修改"), Icon: "edit", Href: v.url("/edit")})
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
func (v *digestView) complete(ctx context.Context, f flow.Field, x *ui.Field) {
	switch f.Name {
	case "person":
		for _, id := range v.Recipients {
			x.Options = append(x.Options, ui.Option{Value: id, Label: v.name(id)})
		}
	case "on":
		x.From, x.To = v.SentOn.String(), v.Today.String()
	case "unit":
		x.Options = []ui.Option{{Label: lang.T(ctx, "（不选）")}}
		for _, b := range v.desk.Departments {
			x.Options = append(x.Options, ui.Option{Value: b.ID, Label: b.Name})
		}
	case "due_on":
		x.From = v.Today.AddDays(1).String()
	}
}

// followActions are what the person can do with the follow-up of an instruction.
func (v *digestView) followActions(ctx context.Context, i *digest.Instruction) []ui.Action {
	var all []ui.Action
	add := func(action, label, follows, icon string, f ui.Field) {
		a := ui.Action{ID: action + "-" + i.ID, Label: label, Follows: follows, Icon: icon, URL: v.url("/instructions/" + i.ID + "/" + action), Version: int64(i.Version)}
		if v.tried.Is(action + "-" + i.ID) {
			a.Err, f.Value = v.tried.Err, v.tried.Form.Get(f.Name)
		}
		a.Fields = ui.TextArea(f)
		all = append(all, a)
	}
	if i.State == "open" && i.Unit == v.who.Body && v.who.Can("digest.report") {
		add("report", lang.T(ctx, "报告落实情况"), lang.T(ctx, "由政协核实"), "flag", ui.Field{Name: "text", Label: lang.T(ctx, "落实情况"), Required: true, Max: 2000})
	}
	if v.who.Can("digest.manage") && i.State == "reported" {
		add("accept", lang.T(ctx, "已落实"), lang.T(ctx, "不再跟踪"), "check", ui.Field{Name: "text", Label: lang.T(ctx, "核实意见"), Max: 2000})
		add("refuse", lang.T(ctx, "还没有落实"), lang.T(ctx, "退回继续落实"), "arrow-back-up", ui.Field{Name: "text", Label: lang.T(ctx, "还差什么"), Required: true, Max: 2000})
	}
	return all
}

func (v *digestView) history(ctx context.Context) []ui.Entry {
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

// scan is the file of an instruction, as a list of one.
func (v *digestView) scan(i *digest.Instruction) []ui.FileItem {
	for _, f := range v.Files {
		if f.ID == i.File {
			return []ui.FileItem{{Name: f.Name, URL: v.url("/files/" + f.ID), Bytes: f.Size}}
		}
	}
	return nil
}

func (p *pages) act(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	action := r.PathValue("action")
	version, err := web.Version(r)
	if err == nil {
		_, err = p.digests.Do(ctx, r.PathValue("id"), int(version), action, web.Clean(r.PostFormValue("reason")))
	}
	if err != nil {
		return p.again(w, r, action, err)
	}
	title := ""
	for _, s := range digest.Flow.Steps {
		if s.Action == action {
			title = s.Title
		}
	}
	return p.done(w, r, lang.T(ctx, "已办理：%s", lang.Say(ctx, title)))
}

func (p *pages) done(w http.ResponseWriter, r *http.Request, text string) error {
	web.Flash(w, r, ui.Good, text, "")
	return web.Redirect(w, r, "/digests/"+r.PathValue("id"))
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
	return web.Render(w, r, web.Status(errs.KindOf(refused)), digestPage(v))
}

// loose is a refusal whose form is no longer on the page.
func (v *digestView) loose(ctx context.Context) string {
	if v.tried == nil {
		return ""
	}
	for _, a := range v.actions(ctx) {
		if a.Err != nil {
			return ""
		}
	}
	return web.Message(ctx, v.tried.Err)
}

func (p *pages) instruct(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	files, err := web.Uploads(r, "scan", p.limits.Most())
	var given digest.Given
	if err == nil {
		given, err = web.Decode[digest.Given](r)
	}
	var scan *digest.Upload
	for _, f := range files {
		defer f.Close()
		scan = &digest.Upload{Name: f.Name, Size: f.Size, Content: f}
	}
	if err == nil {
		_, err = p.digests.Instruct(ctx, r.PathValue("id"), given, scan)
	}
	if err != nil {
		return p.again(w, r, "instruct", err)
	}
	return p.done(w, r, lang.T(ctx, "批示已登记"))
}

func (p *pages) follow(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, instruction, action := r.PathValue("id"), r.PathValue("instruction"), r.PathValue("action")
	version, err := web.Version(r)
	text := web.Clean(r.PostFormValue("text"))
	if err == nil {
		switch action {
		case "report":
			err = p.digests.Report(ctx, id, instruction, int(version), text)
		case "accept", "refuse":
			err = p.digests.Accept(ctx, id, instruction, int(version), action == "accept", text)
		default:
			err = errs.Missing()
		}
	}
	if err != nil {
		return p.again(w, r, action+"-"+instruction, err)
	}
	return p.done(w, r, lang.T(ctx, "已办理：%s", lang.Say(ctx, acts["digest."+action])))
}

func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	f, content, err := p.digests.OpenFile(r.Context(), r.PathValue("id"), r.PathValue("file"))
	if err != nil {
		return err
	}
	return web.ServeFile(w, r, f.Name, document.ContentType(document.Kind(f.Kind)), f.SHA256, func() (io.ReadSeekCloser, error) { return content, nil })
}
