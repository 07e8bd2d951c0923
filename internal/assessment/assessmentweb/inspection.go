package assessmentweb

import (
	"context"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/assessment"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

type inspectionsView struct {
	who   actor.Actor
	all   []*assessment.Inspection
	today calendar.Date
	here  string
	state string
}

func (p *pages) inspections(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	v := &inspectionsView{who: a, here: r.URL.RequestURI(), state: r.FormValue("state")}
	if v.all, v.today, err = p.Assessments.Inspections(ctx, 0, v.state); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, inspectionsPage(v))
}

var inspectionKinds = map[string]ui.Kind{assessment.Issued: ui.Warn, assessment.Reported: ui.Info, assessment.Done: ui.Good, assessment.Withdrawn: ui.Neutral}

func (v *inspectionsView) filters(ctx context.Context) ui.FiltersInfo {
	states := []ui.Option{{Label: lang.T(ctx, "全部")}}
	for _, s := range assessment.InspectionFlow.States {
		states = append(states, ui.Option{Value: s.ID, Label: lang.Say(ctx, s.Title)})
	}
	return ui.FiltersInfo{Here: v.here, Export: ui.With("/inspections.xlsx", "state", v.state), Fields: []ui.Field{{Name: "state", Label: lang.T(ctx, "状态"), Options: states}}}
}

func (v *inspectionsView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "督查事项"), Columns: []ui.Column{{Title: lang.T(ctx, "督查事项"), Wide: true}, {Title: lang.T(ctx, "承办单位")}, {Title: lang.T(ctx, "下达日期"), Short: true, Desk: true},
		{Title: lang.T(ctx, "期限"), Short: true}, {Title: lang.T(ctx, "状态")}}}
	for _, x := range v.all {
		row := ui.Row{Href: "/inspections/" + x.ID, Cells: []templ.Component{ui.Str(x.Title), ui.Str(x.UnitName), ui.On(x.IssuedOn), ui.On(x.DueOn),
			ui.Badge(inspectionKinds[x.State], lang.Say(ctx, assessment.InspectionFlow.State(x.State).Title))}}
		if x.Late(v.today) && x.State != assessment.Done {
			row.Kind = ui.Bad
			row.Cells[4] = ui.Badge(ui.Bad, lang.T(ctx, "%s，已逾期", lang.Say(ctx, assessment.InspectionFlow.State(x.State).Title)))
		}
		t.Rows = append(t.Rows, row)
	}
	e := ui.EmptyInfo{Icon: "eye-check", Title: lang.T(ctx, "没有督查事项"), Text: lang.T(ctx, "下达给本单位的督查事项会列在这里，并通知本单位。")}
	if v.who.Can("inspection.issue") {
		e.Text, e.Action = lang.T(ctx, "把提案办理列入专项督查：下达事项和期限，单位报告后核实。"), issueButton()
	}
	t.Empty = ui.Empty(e)
	return t
}

// exportInspections hands out the list as it is filtered, with what was reported.
func (p *pages) exportInspections(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	all, today, err := p.Assessments.Inspections(ctx, 0, r.FormValue("state"))
	if err != nil {
		return err
	}
	var rows [][]any
	for _, x := range all {
		state := lang.Say(ctx, assessment.InspectionFlow.State(x.State).Title)
		if x.Late(today) && x.State != assessment.Done {
			state = lang.T(ctx, "%s，已逾期", state)
		}
		rows = append(rows, []any{x.Title, x.Content, x.UnitName, x.IssuedOn, x.DueOn, state, x.Result, x.Answer})
	}
	title := lang.T(ctx, "督查事项")
	return document.Serve(w, title, document.Sheet{Name: title, Rows: document.Each(rows), Header: []string{title, lang.T(ctx, "内容"), lang.T(ctx, "承办单位"), lang.T(ctx, "下达日期"), lang.T(ctx, "期限"),
		lang.T(ctx, "状态"), lang.T(ctx, "落实情况"), lang.T(ctx, "核实意见")}})
}

// inspectionForm is the form of a new one; Err is why it was not issued.
type inspectionForm struct {
	Unit    string        `form:"unit"`
	Title   string        `form:"title"`
	Content string        `form:"content"`
	DueOn   calendar.Date `form:"due_on"`
	Err     error
	bodies  []*org.Body
}

func (p *pages) inspectionForm(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), "inspection.issue"); err != nil {
		return err
	}
	return p.renderInspection(w, r, http.StatusOK, &inspectionForm{Unit: r.FormValue("unit")})
}

func (p *pages) renderInspection(w http.ResponseWriter, r *http.Request, status int, f *inspectionForm) (err error) {
	if f.bodies, err = p.Org.Bodies(r.Context(), "department"); err != nil {
		return err
	}
	return web.Render(w, r, status, inspectionFormPage(f))
}

func (p *pages) issue(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.Decode[inspectionForm](r)
	id := ""
	if err == nil {
		id, err = p.Assessments.Issue(ctx, assessment.Inspection{Unit: f.Unit, Title: f.Title, Content: f.Content, DueOn: f.DueOn})
	}
	if err != nil {
		if !mendable(err) {
			return err
		}
		f.Err = err
		return p.renderInspection(w, r, web.Status(errs.KindOf(err)), &f)
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已下达，单位收到通知"), "")
	return web.Redirect(w, r, "/inspections/"+id)
}

// inspectionView is the page of one inspection.
type inspectionView struct {
	*assessment.Inspection
	clocks  []*clock.Clock
	steps   []flow.Step
	history []*ledger.Entry
	today   calendar.Date
	tried   string
	said    string
	err     error
}

func (p *pages) inspectionOf(ctx context.Context, id string) (v *inspectionView, err error) {
	v = &inspectionView{}
	v.Inspection, v.clocks, v.steps, v.history, err = p.Assessments.Inspect(ctx, id)
	if err != nil {
		return nil, err
	}
	_, v.today, err = p.Assessments.Inspections(ctx, -1, "") // today only
	return v, err
}

func (p *pages) inspection(w http.ResponseWriter, r *http.Request) error {
	v, err := p.inspectionOf(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, inspectionPage(v))
}

func (p *pages) actInspection(w http.ResponseWriter, r *http.Request) error {
	ctx, id, action := r.Context(), r.PathValue("id"), r.PathValue("action")
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	said := r.PostFormValue("said")
	if err := p.Assessments.DoInspection(ctx, id, int(version), action, said); err != nil {
		if !mendable(err) {
			return err
		}
		v, missing := p.inspectionOf(ctx, id)
		if missing != nil {
			return missing
		}
		v.tried, v.said, v.err = action, said, err
		return web.Render(w, r, web.Status(errs.KindOf(err)), inspectionPage(v))
	}
	for _, s := range assessment.InspectionFlow.Steps {
		if s.Action == action {
			web.Flash(w, r, ui.Good, lang.T(ctx, "已办理：%s", lang.Say(ctx, s.Title)), "")
		}
	}
	return web.Redirect(w, r, "/inspections/"+id)
}

var saidLabels = map[string]string{"report": "办理情况", "accept": "核实意见", "return": "还要落实什么", "withdraw": "撤销理由"}

func (v *inspectionView) actions(ctx context.Context) (all []ui.Action) {
	for _, s := range v.steps {
		x := ui.Action{ID: "do-" + s.Action, Label: lang.Say(ctx, s.Title), Follows: lang.Say(ctx, s.Says), Icon: "arrow-right", URL: "/inspections/" + v.ID + "/do/" + s.Action, Version: int64(v.Version)}
		f := ui.Field{Name: "said", Label: lang.Say(ctx, saidLabels[s.Action]), Required: s.Action != "accept", Max: 5000, Rows: 5}
		if v.tried == s.Action {
			x.Err, x.Open, f.Value = v.err, true, v.said
		}
		x.Fields = ui.TextArea(f)
		switch {
		case s.Danger:
			x.Kind, x.Icon = ui.Danger, "x"
		case len(all) == 0:
			x.Kind = ui.Primary
		}
		all = append(all, x)
	}
	return all
}

func (v *inspectionView) facts(ctx context.Context) []ui.Item {
	state := ui.Badge(inspectionKinds[v.State], lang.Say(ctx, assessment.InspectionFlow.State(v.State).Title))
	all := []ui.Item{{Term: lang.T(ctx, "状态"), Value: state}, ui.Say(lang.T(ctx, "承办单位"), v.UnitName), {Term: lang.T(ctx, "下达日期"), Value: ui.LongDay(v.IssuedOn)},
		{Term: lang.T(ctx, "期限"), Value: ui.LongDay(v.DueOn)}, ui.Say(lang.T(ctx, "下达人"), v.Issuer)}
	if v.Late(v.today) {
		all = append(all, ui.Item{Term: lang.T(ctx, "是否逾期"), Value: ui.Badge(ui.Bad, lang.T(ctx, "已逾期"))})
	}
	return all
}

func (v *inspectionView) entries(ctx context.Context) (all []ui.Entry) {
	titles := map[string]string{"inspection.issue": "下达"}
	for _, s := range assessment.InspectionFlow.Steps {
		titles["inspection."+s.Action] = s.Title
	}
	for _, e := range slices.Backward(v.history) {
		all = append(all, ui.Entry{At: e.At.Time, Who: e.Name, What: lang.Say(ctx, titles[e.Action]), Note: e.Note})
	}
	return all
}
