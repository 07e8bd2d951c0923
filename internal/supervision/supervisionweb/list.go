package supervisionweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/rule"
	"shangliang/internal/supervision"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

var stateKinds = map[string]ui.Kind{supervision.Planned: ui.Info, supervision.Held: ui.Info, supervision.Closed: ui.Good, supervision.Cancelled: ui.Neutral}

func stateBadge(ctx context.Context, state string) templ.Component {
	return ui.Badge(stateKinds[state], lang.Say(ctx, supervision.Flow.State(state).Title))
}

// typeTitle names a type of event, by the code that the tenant gave it.
func typeTitle(ctx context.Context, v *rule.Version, e *supervision.Event) string {
	if code, ok := v.Code("supervision.types", e.Type); ok {
		return lang.Say(ctx, code.Label)
	}
	code, _ := supervision.Meanings.Find(e.Meaning)
	return lang.Say(ctx, code.Label)
}

// listView is the list of events.
type listView struct {
	*supervision.Desk
	filter supervision.Filter
	items  []*supervision.Item
	here   string
	path   string
	who    actor.Actor
}

func (p *pages) read(r *http.Request) (*listView, error) {
	ctx := r.Context()
	f, err := web.Decode[supervision.Filter](r)
	if err != nil {
		return nil, err
	}
	v := &listView{here: r.URL.RequestURI(), path: r.URL.Path}
	v.who, _ = actor.From(ctx)
	if v.Desk, err = p.events.Desk(ctx, nil, nil); err != nil {
		return nil, err
	}
	if f.Year == 0 && v.office() && !f.Coming {
		f.Year = v.Year
	}
	v.filter = f
	v.items, _, err = p.events.List(ctx, f)
	return v, err
}

func (v *listView) office() bool { return v.who.Can("supervision.read") }

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Path == "/supervision" {
		if _, err := actor.Require(r.Context(), "supervision.read"); err != nil {
			return err
		}
	}
	v, err := p.read(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, listPage(v))
}

// stats count what was held, by what it means.
func (v *listView) stats(ctx context.Context) []ui.StatInfo {
	n := map[string]int{}
	visited := map[string]bool{}
	for _, x := range v.items {
		if x.State == supervision.Held || x.State == supervision.Closed {
			n[x.Meaning]++
			if x.Meaning == supervision.Visit {
				for _, u := range strings.Split(x.Units, "、") {
					visited[u] = true
				}
			}
		}
	}
	var all []ui.StatInfo
	for _, m := range supervision.Meanings {
		s := ui.StatInfo{Label: lang.Say(ctx, m.Label), Value: itoa(n[m.Key]), Unit: lang.T(ctx, "次"), URL: ui.With(v.here, "meaning", m.Key)}
		if m.Key == supervision.Visit {
			s.Note = lang.T(ctx, "走访%d家单位", len(visited))
		}
		all = append(all, s)
	}
	return all
}

func (v *listView) filters(ctx context.Context) ui.FiltersInfo {
	types := []ui.Option{{Label: lang.T(ctx, "全部")}}
	for _, m := range supervision.Meanings {
		types = append(types, ui.Option{Value: m.Key, Label: lang.Say(ctx, m.Label)})
	}
	states := []ui.Option{{Label: lang.T(ctx, "全部")}}
	for _, s := range supervision.Flow.States {
		states = append(states, ui.Option{Value: s.ID, Label: lang.Say(ctx, s.Title)})
	}
	return ui.FiltersInfo{Here: v.here, Search: lang.T(ctx, "名称"), Fields: []ui.Field{{Name: "year", Label: lang.T(ctx, "年度"), Options: years(ctx, v.Years)},
		{Name: "meaning", Label: lang.T(ctx, "种类"), Options: types}, {Name: "state", Label: lang.T(ctx, "状态"), Options: states}}}
}

func years(ctx context.Context, all []int) []ui.Option {
	out := []ui.Option{{Label: lang.T(ctx, "本年度")}}
	for _, y := range all {
		out = append(out, ui.Option{Value: itoa(y), Label: itoa(y)})
	}
	return out
}

func (v *listView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "督办活动"), Here: v.here, Empty: v.empty(ctx), Columns: []ui.Column{{Title: lang.T(ctx, "名称"), Wide: true}, {Title: lang.T(ctx, "种类")}, {Title: lang.T(ctx, "日期"), Short: true},
		{Title: lang.T(ctx, "承办单位")}, {Title: lang.T(ctx, "提案"), Num: true}, {Title: lang.T(ctx, "状态")}, {Title: lang.T(ctx, "跟踪事项")}}}
	for _, x := range v.items {
		row := ui.Row{Name: x.Title, Href: "/supervision/" + x.ID}
		owed := templ.Component(nil)
		switch {
		case x.Late > 0:
			row.Kind, owed = ui.Bad, ui.Badge(ui.Bad, lang.T(ctx, "逾期%d项", x.Late))
		case x.Owed > 0:
			owed = ui.Str(lang.T(ctx, "待完成%d项", x.Owed))
		}
		row.Cells = []templ.Component{ui.Str(x.Title), ui.Str(typeTitle(ctx, v.Rules, x.Event)), ui.On(x.OnDate), ui.Str(x.Units), ui.Num(x.Cases), stateBadge(ctx, x.State), owed}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (v *listView) empty(ctx context.Context) templ.Component {
	e := ui.EmptyInfo{Icon: "route", Title: lang.T(ctx, "没有督办活动"), Text: lang.T(ctx, "请本单位或您参加的督办会、协商会、走访会列在这里，并发通知")}
	if v.who.Can("supervision.manage") {
		e.Text = lang.T(ctx, "可以直接安排，也可以在提案清单里勾选提案后安排")
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
		rows[i] = []any{x.Year, x.OnDate.String(), typeTitle(ctx, v.Rules, x.Event), x.Title, x.Place, x.LeaderName, x.Units, x.Cases, lang.Say(ctx, supervision.Flow.State(x.State).Title), x.Conclusions, x.Owed, x.Late}
	}
	name := lang.T(ctx, "督办活动")
	return document.Serve(w, name, document.Sheet{Name: name, Header: []string{lang.T(ctx, "年度"), lang.T(ctx, "日期"), lang.T(ctx, "种类"), lang.T(ctx, "名称"), lang.T(ctx, "地点"), lang.T(ctx, "带队领导"),
		lang.T(ctx, "承办单位"), lang.T(ctx, "提案件数"), lang.T(ctx, "状态"), lang.T(ctx, "议定事项（结果）"), lang.T(ctx, "未完成的跟踪事项"), lang.T(ctx, "逾期的跟踪事项")}, Rows: document.Each(rows)})
}

// tasksView are the tasks that are not done.
type tasksView struct {
	all    []*supervision.Owed
	today  calendar.Date
	office bool
}

func (p *pages) tasks(w http.ResponseWriter, r *http.Request) error {
	all, today, err := p.events.Tasks(r.Context())
	if err != nil {
		return err
	}
	a, _ := actor.From(r.Context())
	return web.Render(w, r, http.StatusOK, tasksPage(tasksView{all, today, a.Can("supervision.read")}))
}

var taskKinds = map[string]ui.Kind{"open": ui.Neutral, "reported": ui.Warn, "done": ui.Good}

var taskStates = []org.Code{{ID: "open", Title: "待完成"}, {ID: "reported", Title: "已报告，待核实"}, {ID: "done", Title: "已完成"}}

func (v tasksView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "跟踪事项"), Columns: []ui.Column{{Title: lang.T(ctx, "事项"), Wide: true}, {Title: lang.T(ctx, "责任单位、责任人")}, {Title: lang.T(ctx, "期限")}, {Title: lang.T(ctx, "状态")}, {Title: lang.T(ctx, "来自")}},
		Empty: ui.Empty(ui.EmptyInfo{Icon: "circle-check", Title: lang.T(ctx, "没有未完成的跟踪事项"), Text: lang.T(ctx, "督办活动上布置的事项会按期限先后列在这里")})}
	for _, x := range v.all {
		row := ui.Row{Name: x.Text, Href: "/supervision/" + x.Task.Event + "#task-" + x.ID}
		if x.DueOn < v.today {
			row.Kind = ui.Bad
		}
		row.Cells = []templ.Component{ui.Str(x.Text), ui.Str(x.Owner), ui.Until(x.DueOn, v.today), ui.Badge(taskKinds[x.State], lang.Say(ctx, org.Title(taskStates, x.State))), ui.Str(x.Event)}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// departmentsView ranks the departments.
type departmentsView struct {
	*supervision.Desk
	year    int
	all     []*supervision.Department
	here    string
	manages bool
}

func (p *pages) readDepartments(r *http.Request) (v departmentsView, err error) {
	ctx := r.Context()
	f, err := web.Decode[supervision.Filter](r)
	if err != nil {
		return v, err
	}
	v.here = r.URL.RequestURI()
	if v.Desk, err = p.events.Desk(ctx, nil, nil); err != nil {
		return v, err
	}
	if v.year = f.Year; v.year == 0 {
		v.year = v.Year
	}
	a, _ := actor.From(ctx)
	v.manages = a.Can("supervision.manage")
	v.all, err = p.events.Departments(ctx, v.year)
	return v, err
}

func (p *pages) departments(w http.ResponseWriter, r *http.Request) error {
	v, err := p.readDepartments(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, departmentsPage(v))
}

func (v departmentsView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "承办单位"), Here: v.here, Columns: []ui.Column{{Title: lang.T(ctx, "承办单位"), Wide: true}, {Title: lang.T(ctx, "承办"), Num: true}, {Title: lang.T(ctx, "未答复"), Num: true},
		{Title: lang.T(ctx, "逾期"), Num: true}, {Title: lang.T(ctx, "走访"), Num: true}, {Title: lang.T(ctx, "最近走访"), Short: true}},
		Empty: ui.Empty(ui.EmptyInfo{Icon: "building", Title: lang.T(ctx, "这一年还没有交办的提案"), Text: lang.T(ctx, "交办后按未答复和逾期的多少排在这里")})}
	link := func(n int, query string) templ.Component {
		if n == 0 {
			return ui.Num(0)
		}
		return ui.A(ui.Link{Title: itoa(n), URL: "/proposals?year=" + itoa(v.year) + query})
	}
	for _, d := range v.all {
		of := "&unit=" + d.ID
		row := ui.Row{ID: d.ID, Name: d.Name}
		if d.Overdue > 0 {
			row.Kind = ui.Bad
		}
		var last templ.Component
		if d.LastVisit != "" {
			last = ui.On(d.LastVisit)
		}
		row.Cells = []templ.Component{ui.Str(d.Name), link(d.Total, of), link(d.Open, of+"&state=dispatched&state=handling&state=rehandling"), link(d.Overdue, of+"&overdue=yes"), ui.Num(d.Visits), last}
		t.Rows = append(t.Rows, row)
	}
	if v.manages && len(v.all) > 0 {
		t.Bulk = &ui.Bulk{URL: "/supervision/pick?type=visit", Buttons: []ui.ButtonInfo{{Label: lang.T(ctx, "安排走访"), Kind: ui.Primary}}}
	}
	return t
}

func (p *pages) exportDepartments(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.readDepartments(r)
	if err != nil {
		return err
	}
	rows := make([][]any, len(v.all))
	for i, d := range v.all {
		rows[i] = []any{v.year, d.Name, d.Total, d.Open, d.Overdue, d.Visits, d.LastVisit.String()}
	}
	name := lang.T(ctx, "承办单位")
	return document.Serve(w, name, document.Sheet{Name: name, Header: []string{lang.T(ctx, "年度"), lang.T(ctx, "承办单位"), lang.T(ctx, "承办"), lang.T(ctx, "未答复"), lang.T(ctx, "逾期"), lang.T(ctx, "走访"), lang.T(ctx, "最近走访")}, Rows: document.Each(rows)})
}

// pick leads from a list of proposals, or of departments, to the form of an event.
func (p *pages) pick(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	kind := r.URL.Query().Get("type")
	field := "proposal"
	if kind == "visit" {
		field = "unit"
	}
	q := url.Values{}
	for _, text := range r.PostForm["id"] {
		id, _, _ := strings.Cut(text, "@")
		q.Add(field, id)
	}
	if len(q) == 0 {
		return errs.New(errs.Invalid, "请先在清单里选中")
	}
	if kind != "" {
		q.Set("meaning", kind)
	}
	return web.Redirect(w, r, "/supervision/new?"+q.Encode())
}

// form is the form of an event that is scheduled or changed.
type form struct {
	supervision.Plan
	ID      string
	Version int
	Err     error
	desk    *supervision.Desk
}

func (p *pages) newForm(w http.ResponseWriter, r *http.Request) error {
	plan, err := web.Decode[supervision.Plan](r)
	if err != nil {
		return err
	}
	f := form{Plan: plan}
	meaning := r.FormValue("meaning")
	if f.desk, err = p.events.Desk(r.Context(), nil, nil); err != nil {
		return err
	}
	for _, c := range f.desk.Rules.Codes("supervision.types").Active() {
		if f.Type == "" && meaning != "" && c.Canonical == meaning {
			f.Type = c.Key
		}
	}
	return p.showForm(w, r, http.StatusOK, f)
}

func (p *pages) showForm(w http.ResponseWriter, r *http.Request, status int, f form) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "supervision.manage"); err != nil {
		return err
	}
	var err error
	if f.desk, err = p.events.Desk(ctx, f.Proposals, append(slices.Clone(f.People), f.Leader)); err != nil {
		return err
	}
	return web.Render(w, r, status, formPage(f))
}

func (p *pages) editForm(w http.ResponseWriter, r *http.Request) error {
	d, err := p.events.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if !d.Changes {
		return web.Redirect(w, r, "/supervision/"+d.ID)
	}
	f := form{ID: d.ID, Version: d.Version, Plan: supervision.Plan{Type: d.Type, Title: d.Title, On: d.OnDate, Place: d.Place, Leader: d.Leader, Committee: d.Committee, Agenda: d.Agenda,
		Guests: d.Guests, Units: d.Units, People: d.People}}
	for _, c := range d.Cases {
		f.Proposals = append(f.Proposals, c.ID)
	}
	return p.showForm(w, r, http.StatusOK, f)
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	plan, err := web.Decode[supervision.Plan](r)
	version := int64(0)
	if err == nil && id != "" {
		version, err = web.Version(r)
	}
	var e *supervision.Event
	if err == nil {
		e, err = p.events.Save(ctx, id, int(version), plan)
	}
	if err != nil && web.Mendable(err) {
		f := form{Plan: plan, ID: id, Version: int(version), Err: err}
		if errs.Is(err, errs.Conflict) && id != "" {
			now, gone := p.events.Get(ctx, id)
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
	web.Flash(w, r, ui.Good, lang.T(ctx, "安排已保存"), "")
	return web.Redirect(w, r, "/supervision/"+e.ID)
}

func (p *pages) people(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "supervision.manage"); err != nil {
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

// cases answers the picker of proposals.
func (p *pages) cases(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	cases, err := p.events.FindCases(ctx, web.Clean(r.FormValue("q")))
	if err != nil {
		return err
	}
	var all []web.Found
	for _, c := range cases {
		all = append(all, web.Found{ID: c.ID, Title: c.Title, Note: number(ctx, c.CaseNo) + " " + c.Lead})
	}
	return web.WriteFound(w, all)
}

func number(ctx context.Context, n int) string {
	if n == 0 {
		return ""
	}
	return lang.T(ctx, "第%d号", n)
}
