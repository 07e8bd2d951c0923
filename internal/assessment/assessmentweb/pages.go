package assessmentweb

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/assessment"
	"shangliang/internal/calendar"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

type listView struct {
	who actor.Actor
	all []*assessment.Assessment
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	all, err := p.Assessments.List(ctx)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, listPage(&listView{a, all}))
}

// reads reports whether the actor reads whole assessments.
func reads(a actor.Actor) bool { return a.Can("assessment.read") || a.Can("assessment.manage") }

// href is where an assessment leads the actor: to its page, or to what they rate.
func (v *listView) href(t *assessment.Assessment) string {
	switch {
	case reads(v.who), t.State == assessment.Published && v.who.Can("assessment.own"):
		return "/assessments/" + t.ID
	case v.who.Can("assessment.rate"):
		return "/assessments/" + t.ID + "/rate"
	case v.who.Can("assessment.quality"):
		return "/assessments/" + t.ID + "/quality"
	}
	return ""
}

func (v *listView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "承办单位测评"), Columns: []ui.Column{{Title: lang.T(ctx, "名称"), Wide: true}, {Title: lang.T(ctx, "年度"), Short: true},
		{Title: lang.T(ctx, "截止日"), Short: true}, {Title: lang.T(ctx, "评分截止"), Short: true}, {Title: lang.T(ctx, "状态")}}}
	for _, x := range v.all {
		t.Rows = append(t.Rows, ui.Row{Href: v.href(x), Cells: []templ.Component{ui.Str(x.Title), ui.Str(itoa(x.Year)), ui.On(x.AsOf), ui.On(x.RateUntil),
			ui.Badge(stateKinds[x.State], lang.Say(ctx, assessment.Flow.State(x.State).Title))}})
	}
	e := ui.EmptyInfo{Icon: "scale", Title: lang.T(ctx, "现在没有要看的测评"), Text: lang.T(ctx, "开始评分或公布结果后会通知您，并出现在这里。")}
	if v.who.Can("assessment.manage") {
		e = ui.EmptyInfo{Icon: "scale", Title: lang.T(ctx, "还没有测评"), Text: lang.T(ctx, "选年度、截止日和被测评的单位，按统计指标和各方评分核算得分、名次。"), Action: newButton()}
	}
	t.Empty = ui.Empty(e)
	return t
}

// planForm is the form of a plan; Err is why it was not kept.
type planForm struct {
	ID        string
	Title     string        `form:"title"`
	Year      int           `form:"year"`
	AsOf      calendar.Date `form:"as_of"`
	RateUntil calendar.Date `form:"rate_until"`
	Units     []string      `form:"units"`
	Version   int64
	Err       error
	bodies    []*org.Body
	sessions  []*org.Session
}

func (f *planForm) action() string {
	if f.ID == "" {
		return "/assessments/new"
	}
	return "/assessments/" + f.ID + "/edit"
}

func (f *planForm) years() (all []ui.Option) {
	seen := map[int]bool{}
	for _, s := range f.sessions {
		if !seen[s.Year] {
			seen[s.Year] = true
			all = append(all, ui.Option{Value: itoa(s.Year), Label: itoa(s.Year)})
		}
	}
	return all
}

func bodyOptions(all []*org.Body) (out []ui.Option) {
	for _, b := range all {
		if b.Active {
			out = append(out, ui.Option{Value: b.ID, Label: b.Name})
		}
	}
	return out
}

func (p *pages) form(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "assessment.manage"); err != nil {
		return err
	}
	f := &planForm{ID: r.PathValue("id")}
	if f.ID != "" {
		x, err := p.Assessments.Get(ctx, f.ID)
		if err != nil {
			return err
		}
		f.Title, f.Year, f.AsOf, f.RateUntil, f.Version = x.Title, x.Year, x.AsOf, x.RateUntil, int64(x.Version)
		for _, u := range x.Units {
			f.Units = append(f.Units, u.Unit)
		}
	}
	return p.render(w, r, http.StatusOK, f)
}

func (p *pages) render(w http.ResponseWriter, r *http.Request, status int, f *planForm) (err error) {
	if f.bodies, err = p.Org.Bodies(r.Context(), "department"); err != nil {
		return err
	}
	if f.sessions, err = p.Org.Sessions(r.Context()); err != nil {
		return err
	}
	return web.Render(w, r, status, formPage(f))
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	decoded, err := web.Decode[planForm](r)
	f := &decoded
	f.ID = r.PathValue("id")
	if err == nil && f.ID != "" {
		f.Version, err = web.Version(r)
	}
	id := f.ID
	if err == nil {
		if r.PostFormValue("all") != "" {
			f.Units = nil
			bodies, err := p.Org.Bodies(ctx, "department")
			if err != nil {
				return err
			}
			for _, o := range bodyOptions(bodies) {
				f.Units = append(f.Units, o.Value)
			}
		}
		id, err = p.Assessments.Save(ctx, assessment.Plan{ID: f.ID, Version: int(f.Version), Title: f.Title, Year: f.Year, AsOf: f.AsOf, RateUntil: f.RateUntil, Units: f.Units})
	}
	if err == nil {
		web.Flash(w, r, ui.Good, lang.T(ctx, "测评已保存"), "")
		return web.Redirect(w, r, "/assessments/"+id)
	}
	if !mendable(err) {
		return err
	}
	f.Err = err
	return p.render(w, r, web.Status(errs.KindOf(err)), f)
}

// resultView is the page of an assessment.
type resultView struct {
	*assessment.Result
	who      actor.Actor
	tried    string // the step that was refused
	decision string
	err      error
}

func (p *pages) view(ctx context.Context, id string) (*resultView, error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	x, err := p.Assessments.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return &resultView{Result: x, who: a}, nil
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, resultPage(v))
}

func (p *pages) act(w http.ResponseWriter, r *http.Request) error {
	ctx, id, action := r.Context(), r.PathValue("id"), r.PathValue("action")
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	decision := r.PostFormValue("decision")
	if _, err := p.Assessments.Do(ctx, id, int(version), action, decision); err != nil {
		if !mendable(err) {
			return err
		}
		v, missing := p.view(ctx, id)
		if missing != nil {
			return missing
		}
		v.tried, v.decision, v.err = action, decision, err
		return web.Render(w, r, web.Status(errs.KindOf(err)), resultPage(v))
	}
	for _, s := range assessment.Flow.Steps {
		if s.Action == action {
			web.Flash(w, r, ui.Good, lang.T(ctx, "已办理：%s", lang.Say(ctx, s.Title)), "")
		}
	}
	return web.Redirect(w, r, "/assessments/"+id)
}

var stepIcons = map[string]string{"open": "arrow-right", "score": "check", "reopen": "arrow-back-up", "publish": "send", "cancel": "x"}

func (v *resultView) actions(ctx context.Context) (all []ui.Action) {
	for i, s := range v.Steps {
		x := ui.Action{ID: "do-" + s.Action, Label: lang.Say(ctx, s.Title), Follows: lang.Say(ctx, s.Says), Icon: stepIcons[s.Action], URL: "/assessments/" + v.ID + "/do/" + s.Action, Version: int64(v.Version)}
		switch {
		case s.Danger:
			x.Kind, x.Confirm = ui.Danger, lang.T(ctx, "确定“%s”？%s。", x.Label, x.Follows)
		case s.Action == "publish":
			x.Fields = ui.TextField(ui.Field{Name: "decision", Label: lang.T(ctx, "公布的依据"), Value: v.decision, Required: true, Max: 500, Help: lang.T(ctx, "例如“主席会议第3次会议审议通过”")})
		}
		if i == 0 && !s.Danger {
			x.Kind = ui.Primary
		}
		if v.tried == s.Action {
			x.Err, x.Open = v.err, true
		}
		all = append(all, x)
	}
	return all
}

func (v *resultView) facts(ctx context.Context) []ui.Item {
	all := []ui.Item{{Term: lang.T(ctx, "状态"), Value: ui.Badge(stateKinds[v.State], lang.Say(ctx, assessment.Flow.State(v.State).Title))}, ui.Say(lang.T(ctx, "年度"), itoa(v.Year)),
		{Term: lang.T(ctx, "统计截至"), Value: ui.LongDay(v.AsOf)}, {Term: lang.T(ctx, "评分截止"), Value: ui.LongDay(v.RateUntil)}, ui.Say(lang.T(ctx, "被测评单位"), lang.T(ctx, "%d个", v.Of))}
	if v.Decision != "" {
		all = append(all, ui.Say(lang.T(ctx, "公布的依据"), v.Decision), ui.Item{Term: lang.T(ctx, "公布于"), Value: ui.LongDay(calendar.On(v.PublishedAt.Time))})
	}
	return all
}

// weights say what counts how much, as the rules of the assessment have it.
func (v *resultView) weights(ctx context.Context) []ui.Item {
	var all []ui.Item
	for _, x := range assessment.Indicators {
		if n := v.Rules.Int("assessment.weight_" + x.ID); n > 0 {
			all = append(all, ui.Say(lang.Say(ctx, x.Title), itoa(n)))
		}
	}
	return all
}

// counted reports whether there are results to show.
func (v *resultView) counted() bool {
	return v.State == assessment.Scored || v.State == assessment.Published
}

func (v *resultView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "得分和名次"), Columns: []ui.Column{{Title: lang.T(ctx, "承办单位"), Wide: true}}}
	if v.counted() {
		t.Columns = append(t.Columns, ui.Column{Title: lang.T(ctx, "名次"), Num: true}, ui.Column{Title: lang.T(ctx, "得分"), Num: true}, ui.Column{Title: lang.T(ctx, "等次")})
		for _, x := range assessment.Indicators {
			t.Columns = append(t.Columns, ui.Column{Title: lang.Say(ctx, x.Title), Num: true})
		}
		if v.Third != nil {
			t.Columns = append(t.Columns, ui.Column{Title: lang.T(ctx, "第三方评估"), Num: true})
		}
	}
	for _, u := range v.Units {
		row := ui.Row{Cells: []templ.Component{ui.Str(u.Name)}}
		if v.counted() {
			row.Href = "/assessments/" + v.ID + "/units/" + u.Unit
			if u.Place > 0 {
				row.Cells = append(row.Cells, ui.Num(u.Place), ui.Str(points(u.Total)), ui.Badge(levelKinds[u.Level], lang.Say(ctx, assessment.LevelTitle(u.Level))))
			} else {
				row.Cells = append(row.Cells, ui.Str("—"), ui.Str("—"), ui.Str(lang.T(ctx, "没有可计的记录")))
			}
			for _, x := range assessment.Indicators {
				row.Cells = append(row.Cells, v.score(u, x))
			}
			if v.Third != nil {
				row.Cells = append(row.Cells, v.third(u))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// score is a score that opens to its records, for who may open them.
func (v *resultView) score(u *assessment.Unit, x assessment.Indicator) templ.Component {
	s := u.Score(x.ID)
	switch {
	case s == nil:
		return ui.Str("—")
	case x.Figure != "" && v.who.Can("figure.read") && (x.Needs == "" || v.who.Can(x.Needs)):
		return ui.A(ui.Link{Title: points(s.Value), URL: figureURL(v.Assessment, x.Figure, u.Unit, v.Today)})
	}
	return ui.Str(points(s.Value))
}

// thirdParty reports whether there is a third-party evaluation to open, or to plan.
func (v *resultView) thirdParty() bool {
	return v.Third != nil || v.who.Can("assessment.manage") && v.State != assessment.Published && v.State != assessment.Cancelled
}

// third is a department's score by somebody outside, with its page.
func (v *resultView) third(u *assessment.Unit) templ.Component {
	x := v.Third[u.Unit]
	if x == nil || x.N == 0 {
		return ui.Str("—")
	}
	return ui.A(ui.Link{Title: points(x.Score), URL: evaluationURL(v.ID) + "#u-" + u.Unit})
}

func (v *resultView) rated(ctx context.Context) (all []ui.StatInfo) {
	for _, g := range assessment.Raters {
		all = append(all, ui.StatInfo{Label: lang.T(ctx, "已评分：%s", lang.Say(ctx, g.Title)), Value: itoa(v.Rated[g.ID]), Unit: lang.T(ctx, "人")})
	}
	return append(all, ui.StatInfo{Label: lang.T(ctx, "提案质量评价"), Value: itoa(v.Quality.N), Unit: lang.T(ctx, "件")})
}

var kindTitles = map[string]string{"individual": "委员个人提案", "joint": "委员联名提案", "collective": "集体提案"}

func (v *resultView) quality(ctx context.Context) (all []ui.Item) {
	q := v.Quality
	all = append(all, ui.Say(lang.T(ctx, "平均分"), points(q.Mean)))
	for _, l := range assessment.Levels {
		if n := q.Levels[l.ID]; n > 0 {
			all = append(all, ui.Say(lang.Say(ctx, l.Title), lang.T(ctx, "%d件", n)))
		}
	}
	for _, k := range q.Kinds {
		all = append(all, ui.Say(lang.Say(ctx, kindTitles[k.Kind]), lang.T(ctx, "%s分（%d件）", points(k.Mean), k.N)))
	}
	return all
}

// unitView is the result of one department.
type unitView struct {
	*resultView
	u    *assessment.Unit
	text string
}

func (p *pages) unitOf(r *http.Request) (*unitView, error) {
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	for _, u := range v.Units {
		if u.Unit == r.PathValue("unit") && v.counted() {
			return &unitView{v, u, u.Improve}, nil
		}
	}
	return nil, errs.Missing()
}

func (p *pages) unit(w http.ResponseWriter, r *http.Request) error {
	v, err := p.unitOf(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, unitPage(v))
}

func (p *pages) improve(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	text := r.PostFormValue("improve")
	if err := p.Assessments.Improve(ctx, id, r.PathValue("unit"), int(version), text); err != nil {
		if !mendable(err) {
			return err
		}
		v, missing := p.unitOf(r)
		if missing != nil {
			return missing
		}
		v.text, v.err = text, err
		return web.Render(w, r, web.Status(errs.KindOf(err)), unitPage(v))
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "改进意见已保存，公布时送该单位"), "")
	return web.Redirect(w, r, "/assessments/"+id)
}

func (v *unitView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "各项得分"), Columns: []ui.Column{{Title: lang.T(ctx, "指标"), Wide: true}, {Title: lang.T(ctx, "得分"), Num: true}, {Title: lang.T(ctx, "依据"), Num: true}, {Title: lang.T(ctx, "权重"), Num: true}}}
	for _, x := range assessment.Indicators {
		s := v.u.Score(x.ID)
		row := ui.Row{Cells: []templ.Component{ui.Str(lang.Say(ctx, x.Title)), ui.Str("—"), ui.Str(lang.T(ctx, "没有可计的记录")), ui.Str("")}}
		if s != nil {
			base := lang.T(ctx, "%d / %d件", s.Num, s.Den)
			if x.Figure == "" {
				base = lang.T(ctx, "%d人次评分", s.Num)
			}
			row.Cells = []templ.Component{ui.Str(lang.Say(ctx, x.Title)), v.score(v.u, x), ui.Str(base), ui.Num(s.Weight)}
		}
		t.Rows = append(t.Rows, row)
	}
	if x := v.Third[v.u.Unit]; x != nil {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Str(lang.T(ctx, "第三方评估")), v.third(v.u), ui.Str(lang.T(ctx, "%d / %d件", x.N, x.Drawn)), ui.Str(lang.T(ctx, "另计"))}})
	}
	return t
}

// export writes the result as a table.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.view(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	head := []string{lang.T(ctx, "名次"), lang.T(ctx, "承办单位"), lang.T(ctx, "得分"), lang.T(ctx, "等次")}
	for _, x := range assessment.Indicators {
		head = append(head, lang.Say(ctx, x.Title))
	}
	head = append(head, lang.T(ctx, "第三方评估"), lang.T(ctx, "改进意见"))
	var rows [][]any
	for _, u := range v.Units {
		row := []any{u.Place, u.Name, u.Total, lang.Say(ctx, assessment.LevelTitle(u.Level))}
		for _, x := range assessment.Indicators {
			if s := u.Score(x.ID); s != nil {
				row = append(row, s.Value)
			} else {
				row = append(row, nil)
			}
		}
		third := any(nil)
		if x := v.Third[u.Unit]; x != nil && x.N > 0 {
			third = x.Score
		}
		rows = append(rows, append(row, third, u.Improve))
	}
	return document.Serve(w, v.Title, document.Sheet{Name: lang.T(ctx, "测评结果"), Title: v.Title, Header: head, Rows: document.Each(rows)})
}

// appraisalView is the table for the appraisal at the end of the year.
type appraisalView struct {
	*assessment.Appraisal
	years []ui.Option
}

func (p *pages) appraisalOf(r *http.Request) (*appraisalView, error) {
	ctx := r.Context()
	q, err := web.Decode[struct {
		Year int `form:"year"`
	}](r)
	if err != nil {
		return nil, err
	}
	x, err := p.Assessments.Appraisal(ctx, q.Year)
	if err != nil {
		return nil, err
	}
	v := &appraisalView{Appraisal: x}
	sessions, err := p.Org.Sessions(ctx)
	v.years = (&planForm{sessions: sessions}).years()
	return v, err
}

func (p *pages) appraisal(w http.ResponseWriter, r *http.Request) error {
	v, err := p.appraisalOf(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, appraisalPage(v))
}

func (v *appraisalView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "年终考核数据"), Columns: []ui.Column{{Title: lang.T(ctx, "承办单位"), Wide: true}},
		Empty: ui.Empty(ui.EmptyInfo{Icon: "table", Title: lang.T(ctx, "这一年还没有交办的提案"), Text: lang.T(ctx, "提案交办后，各单位的办理数据会列在这里。")})}
	for _, h := range v.Heads {
		t.Columns = append(t.Columns, ui.Column{Title: h, Num: true})
	}
	t.Columns = append(t.Columns, ui.Column{Title: lang.T(ctx, "测评得分"), Num: true}, ui.Column{Title: lang.T(ctx, "测评等次")}, ui.Column{Title: lang.T(ctx, "第三方评估"), Num: true})
	for _, l := range v.Lines {
		row := ui.Row{Href: "/proposals?year=" + itoa(v.Year) + "&unit=" + l.Unit, Cells: []templ.Component{ui.Str(l.Name)}}
		for _, c := range l.Values {
			row.Cells = append(row.Cells, ui.Str(c.Text()))
		}
		total, level := "", templ.Component(nil)
		if l.Place > 0 {
			total, level = points(l.Total), ui.Badge(levelKinds[l.Level], lang.Say(ctx, assessment.LevelTitle(l.Level)))
		}
		third := ""
		if l.Third != nil && l.Third.N > 0 {
			third = points(l.Third.Score)
		}
		row.Cells = append(row.Cells, ui.Str(total), level, ui.Str(third))
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (p *pages) exportAppraisal(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.appraisalOf(r)
	if err != nil {
		return err
	}
	var rows, items [][]any
	for _, l := range v.Lines {
		row := []any{l.Name}
		for _, c := range l.Values {
			if c.Rate {
				row = append(row, c.Text())
			} else {
				row = append(row, c.Amount)
			}
		}
		total, level, third := any(nil), any(nil), any(nil)
		if l.Place > 0 {
			total, level = l.Total, lang.Say(ctx, assessment.LevelTitle(l.Level))
		}
		if l.Third != nil && l.Third.N > 0 {
			third = l.Third.Score
		}
		row = append(row, total, level, third)
		rows = append(rows, row)
	}
	all, today, err := p.Assessments.Inspections(ctx, v.Year, "")
	if err != nil {
		return err
	}
	for _, x := range all {
		items = append(items, []any{x.UnitName, x.Title, x.IssuedOn.String(), x.DueOn.String(), lang.Say(ctx, assessment.InspectionFlow.State(x.State).Title), x.Late(today), x.Result, x.Answer})
	}
	head := append([]string{lang.T(ctx, "承办单位")}, v.Heads...)
	title := lang.T(ctx, "%d年提案办理情况", v.Year)
	return document.Serve(w, title,
		document.Sheet{Name: lang.T(ctx, "办理情况"), Title: title, Header: append(head, lang.T(ctx, "测评得分"), lang.T(ctx, "测评等次"), lang.T(ctx, "第三方评估")), Rows: document.Each(rows)},
		document.Sheet{Name: lang.T(ctx, "督查事项"), Title: title, Header: []string{lang.T(ctx, "承办单位"), lang.T(ctx, "督查事项"), lang.T(ctx, "下达日期"), lang.T(ctx, "期限"), lang.T(ctx, "状态"), lang.T(ctx, "是否逾期"), lang.T(ctx, "办理情况"), lang.T(ctx, "核实意见")}, Rows: document.Each(items)})
}
