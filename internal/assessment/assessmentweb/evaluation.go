package assessmentweb

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/assessment"
	"shangliang/internal/attachment"
	"shangliang/internal/calendar"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

func evaluationURL(id string) string { return "/assessments/" + id + "/evaluation" }

var evaluationKinds = map[string]ui.Kind{assessment.Planned: ui.Neutral, assessment.Evaluating: ui.Warn, assessment.Submitted: ui.Info, assessment.Accepted: ui.Good, assessment.Cancelled: ui.Neutral}

func evaluationState(ctx context.Context, e *assessment.Evaluation) templ.Component {
	return ui.Badge(evaluationKinds[e.State], lang.Say(ctx, assessment.EvaluationFlow.State(e.State).Title))
}

func (p *pages) evaluations(w http.ResponseWriter, r *http.Request) error {
	all, err := p.Assessments.Evaluations(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, evaluationsPage(all))
}

// toEvaluate counts what waits for an evaluator.
func (p *pages) toEvaluate(ctx context.Context) (n int, err error) {
	all, err := p.Assessments.Evaluations(ctx)
	for _, e := range all {
		if e.State == assessment.Evaluating {
			n++
		}
	}
	return n, err
}

// evaluationCard is what an evaluator finds on the first page.
func (p *pages) evaluationCard(ctx context.Context) (templ.Component, error) {
	all, err := p.Assessments.Evaluations(ctx)
	if err != nil {
		return nil, err
	}
	return evaluationsPart(all), nil
}

func evaluationsTable(ctx context.Context, all []*assessment.Evaluation) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "第三方评估"), Columns: []ui.Column{{Title: lang.T(ctx, "名称"), Wide: true}, {Title: lang.T(ctx, "年度"), Short: true}, {Title: lang.T(ctx, "评估截止"), Short: true}, {Title: lang.T(ctx, "状态")}},
		Empty: ui.Empty(ui.EmptyInfo{Icon: "clipboard-check", Title: lang.T(ctx, "现在没有要评估的提案"), Text: lang.T(ctx, "抽取提案后会通知您，并出现在这里。")})}
	for _, e := range all {
		t.Rows = append(t.Rows, ui.Row{Href: evaluationURL(e.Assessment), Cells: []templ.Component{ui.Str(e.Of.Title), ui.Str(itoa(e.Of.Year)), ui.On(e.DueOn), evaluationState(ctx, e)}})
	}
	return t
}

// evaluationForm is the form of a plan; Err is why it was not kept.
type evaluationForm struct {
	Body    string        `form:"body"`
	Way     string        `form:"way"`
	Cases   int           `form:"cases"`
	Back    int           `form:"back"`
	DueOn   calendar.Date `form:"due_on"`
	Version int64
	Err     error
	bodies  []*org.Body
}

// evaluationView is the page of an evaluation, or of an assessment without one:
// then Opinion is nil.
type evaluationView struct {
	*assessment.Opinion
	whole  *assessment.Assessment
	who    actor.Actor
	form   *evaluationForm // for who may plan
	accept string
	most   int64
	tried  string // the step that was refused
	said   string
	err    error
}

func (p *pages) evaluationOf(ctx context.Context, id string) (*evaluationView, error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	v := &evaluationView{who: a, accept: strings.Join(p.limits.Extensions(), ","), most: p.limits.Most()}
	v.Opinion, err = p.Assessments.Opinion(ctx, id)
	switch {
	case err == nil:
		v.whole = v.Of
	case errs.Is(err, errs.NotFound) && a.Can("assessment.manage"):
		whole, err := p.Assessments.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		v.whole = whole.Assessment
		v.form = &evaluationForm{Way: assessment.ByAccount, Cases: whole.Rules.Int("assessment.third_cases"), Back: whole.Rules.Int("assessment.third_back")}
	default:
		return nil, err
	}
	if v.whole.State == assessment.Published || v.whole.State == assessment.Cancelled {
		if v.Opinion == nil {
			return nil, errs.Missing()
		}
		return v, nil
	}
	if v.Opinion != nil && v.State == assessment.Planned && a.Can("assessment.manage") {
		v.form = &evaluationForm{v.Body, v.Way, v.Evaluation.Cases, v.Back, v.DueOn, int64(v.Version), nil, nil}
	}
	if v.form != nil {
		v.form.bodies, err = p.Org.Bodies(ctx, "expert")
	}
	return v, err
}

func (p *pages) evaluation(w http.ResponseWriter, r *http.Request) error {
	v, err := p.evaluationOf(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, evaluationPage(v))
}

// againEvaluation shows the page with what was refused.
func (p *pages) againEvaluation(w http.ResponseWriter, r *http.Request, tried string, wrong error) error {
	if !mendable(wrong) && !errs.Is(wrong, errs.TooLarge) {
		return wrong
	}
	v, err := p.evaluationOf(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	v.tried, v.said, v.err = tried, r.PostFormValue("said"), wrong
	return web.Render(w, r, web.Status(errs.KindOf(wrong)), evaluationPage(v))
}

func (p *pages) planEvaluation(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	f, err := web.Decode[evaluationForm](r)
	if err == nil {
		f.Version, err = web.Version(r)
	}
	if err == nil {
		err = p.Assessments.PlanEvaluation(ctx, id, assessment.EvaluationPlan{Body: f.Body, Way: f.Way, Cases: f.Cases, Back: f.Back, DueOn: f.DueOn, Version: int(f.Version)})
	}
	if err != nil {
		if !mendable(err) {
			return err
		}
		v, missing := p.evaluationOf(ctx, id)
		if missing != nil {
			return missing
		}
		if v.form == nil { // somebody drew meanwhile
			v.err = err
		} else {
			f.Err, f.bodies, v.form = err, v.form.bodies, &f
		}
		return web.Render(w, r, web.Status(errs.KindOf(err)), evaluationPage(v))
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "第三方评估已安排"), "")
	return web.Redirect(w, r, evaluationURL(id))
}

func (p *pages) actEvaluation(w http.ResponseWriter, r *http.Request) error {
	ctx, id, action := r.Context(), r.PathValue("id"), r.PathValue("action")
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	if err := p.Assessments.DoEvaluation(ctx, id, int(version), action, r.PostFormValue("said")); err != nil {
		return p.againEvaluation(w, r, action, err)
	}
	for _, s := range assessment.EvaluationFlow.Steps {
		if s.Action == action {
			web.Flash(w, r, ui.Good, lang.T(ctx, "已办理：%s", lang.Say(ctx, s.Title)), "")
		}
	}
	return web.Redirect(w, r, evaluationURL(id))
}

func (p *pages) attachPaper(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	files, err := web.Uploads(r, "files", p.limits.Most())
	if err == nil && len(files) == 0 {
		err = errs.New(errs.Invalid, "请选择文件")
	}
	for i, f := range files {
		defer f.Close()
		if err == nil {
			_, err = p.Assessments.AttachPaper(web.Derived(ctx, "file"+itoa(i)), id, attachment.Upload{Name: f.Name, Size: f.Size, Content: f})
		}
	}
	if err != nil {
		return p.againEvaluation(w, r, "attach", err)
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已上传%d个文件", len(files)), "")
	return web.Redirect(w, r, evaluationURL(id))
}

func (p *pages) openPaper(w http.ResponseWriter, r *http.Request) error {
	f, content, err := p.Assessments.OpenPaper(r.Context(), r.PathValue("id"), r.PathValue("file"))
	if err != nil {
		return err
	}
	return web.ServeFile(w, r, f.Name, document.ContentType(document.Kind(f.Kind)), f.SHA256, func() (io.ReadSeekCloser, error) { return content, nil })
}

// saidFields are what a step asks for.
var saidFields = map[string]ui.Field{
	"draw":   {Label: "种子", Max: 100, Help: "可以填现场摇号的结果；空着由平台随机产生。同样的种子总是抽到同样的提案，谁都可以核对"},
	"submit": {Label: "总体评价", Max: 2000, Rows: 5},
	"return": {Label: "要修改什么", Max: 2000, Rows: 3, Required: true},
	"redraw": {Label: "作废理由", Max: 2000, Rows: 3, Required: true},
	"cancel": {Label: "取消理由", Max: 2000, Rows: 3, Required: true},
}

func (v *evaluationView) actions(ctx context.Context) (all []ui.Action) {
	icons := map[string]string{"draw": "arrows-shuffle", "submit": "send", "accept": "check", "return": "arrow-back-up", "redraw": "arrow-back-up", "cancel": "x", "restart": "arrow-back-up"}
	for i, s := range v.Steps {
		x := ui.Action{ID: "do-" + s.Action, Label: lang.Say(ctx, s.Title), Follows: lang.Say(ctx, s.Says), Icon: icons[s.Action], URL: evaluationURL(v.Assessment) + "/do/" + s.Action, Version: int64(v.Version)}
		if f, ok := saidFields[s.Action]; ok {
			f.Name, f.Label, f.Help = "said", lang.Say(ctx, f.Label), lang.Say(ctx, f.Help)
			if v.tried == s.Action {
				f.Value = v.said
			}
			if x.Fields = ui.TextArea(f); f.Rows == 0 {
				x.Fields = ui.TextField(f)
			}
		}
		switch {
		case s.Danger:
			x.Kind = ui.Danger
		case i == 0 && s.Action != "return":
			x.Kind = ui.Primary
		}
		if left := v.left(); s.Action == "submit" && left > 0 {
			x.Not = lang.T(ctx, "还有%d件没有评估", left)
		}
		if v.tried == s.Action {
			x.Err, x.Open = v.err, true
		}
		all = append(all, x)
	}
	return all
}

// left is how many drawn cases wait to be evaluated.
func (v *evaluationView) left() (n int) {
	for _, c := range v.Cases {
		if !c.Done() {
			n++
		}
	}
	return n
}

var ways = map[string]string{assessment.ByAccount: "评估人员登录填写", assessment.ByPaper: "机关录入书面评估表，附扫描件"}

func (v *evaluationView) facts(ctx context.Context) []ui.Item {
	all := []ui.Item{{Term: lang.T(ctx, "状态"), Value: evaluationState(ctx, v.Evaluation)}, ui.Say(lang.T(ctx, "评估机构"), v.BodyName), ui.Say(lang.T(ctx, "填写方式"), lang.Say(ctx, ways[v.Way])),
		{Term: lang.T(ctx, "评估截止"), Value: ui.LongDay(v.DueOn)},
		ui.Say(lang.T(ctx, "每个单位抽取"), lang.T(ctx, "当年%d件，回头看%d件", v.Evaluation.Cases, v.Back))}
	if v.Seed != "" {
		all = append(all, ui.Say(lang.T(ctx, "种子"), v.Seed), ui.Item{Term: lang.T(ctx, "抽取于"), Value: ui.LongDay(calendar.On(v.DrawnAt.Time))})
	}
	if v.Reason != "" {
		all = append(all, ui.Say(lang.T(ctx, "退回、重抽或取消的理由"), v.Reason))
	}
	return all
}

func (v *evaluationView) indicators(ctx context.Context) (all []ui.Item) {
	for _, x := range v.Indicators() {
		all = append(all, ui.Say(lang.Say(ctx, x.Label), lang.T(ctx, "%d分", x.Weight)))
	}
	return all
}

// score is a mean over some cases, "—" over none.
func score(v float64, n int) string {
	if n == 0 {
		return "—"
	}
	return points(v)
}

// units is the result of each department, beside that of the assessment.
func (v *evaluationView) units(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "各单位的评估结果"), Columns: []ui.Column{{Title: lang.T(ctx, "承办单位"), Wide: true}, {Title: lang.T(ctx, "已评估"), Num: true}, {Title: lang.T(ctx, "评估得分"), Num: true}, {Title: lang.T(ctx, "等次")}, {Title: lang.T(ctx, "回头看得分"), Num: true}}}
	for _, u := range v.Units {
		level := templ.Component(ui.Str("—"))
		if u.N > 0 {
			level = ui.Badge(levelKinds[u.Level], lang.Say(ctx, assessment.LevelTitle(u.Level)))
		}
		row := ui.Row{Href: "#u-" + u.Unit, Cells: []templ.Component{ui.Str(u.Name), ui.Str(lang.T(ctx, "%d / %d件", u.N+u.BackN, u.Drawn+u.BackDrawn)), ui.Str(score(u.Score, u.N)), level, ui.Str(score(u.BackScore, u.BackN))}}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// means are the points of a department by indicator.
func (v *evaluationView) means(ctx context.Context, u *assessment.EvaluatedUnit) (all []ui.Item) {
	for _, x := range v.Indicators() {
		all = append(all, ui.Say(lang.Say(ctx, x.Label), lang.T(ctx, "%s / %d分", points(u.Means[x.Key]), x.Weight)))
	}
	return all
}

// cases are the drawn cases of a department, each with its score and the record
// behind it.
func (v *evaluationView) cases(ctx context.Context, unit string) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "抽中的提案"), Columns: []ui.Column{{Title: lang.T(ctx, "提案"), Wide: true}, {Title: lang.T(ctx, "年度"), Short: true}, {Title: lang.T(ctx, "得分"), Num: true}}}
	for _, c := range v.Cases {
		if c.Unit != unit {
			continue
		}
		total := templ.Component(ui.Badge(ui.Warn, lang.T(ctx, "待评估")))
		if c.Done() {
			total = ui.Str(points(c.Total(v.Indicators())))
		}
		year := ui.Str(itoa(c.Year))
		if c.Back {
			year = ui.Group(ui.Str(itoa(c.Year)+" "), ui.Badge(ui.Info, lang.T(ctx, "回头看")))
		}
		t.Rows = append(t.Rows, ui.Row{Href: evaluationURL(c.Assessment) + "/cases/" + c.ID, Cells: []templ.Component{ui.Str(lang.T(ctx, "第%d号 %s", c.CaseNo, c.Title)), year, total}})
	}
	return t
}

// pool is how the draw went, for who wants to check it.
func (v *evaluationView) pool(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "抽取记录"), Columns: []ui.Column{{Title: lang.T(ctx, "备选提案"), Wide: true}, {Title: lang.T(ctx, "承办单位")}, {Title: lang.T(ctx, "年度"), Short: true}, {Title: lang.T(ctx, "次序"), Num: true}, {Title: lang.T(ctx, "是否抽中")}}}
	for _, c := range v.Pool {
		got := templ.Component(ui.Str("—"))
		if c.Drawn {
			got = ui.Badge(ui.Good, lang.T(ctx, "抽中"))
		}
		t.Rows = append(t.Rows, ui.Row{Href: "/proposals/" + c.Proposal, Cells: []templ.Component{ui.Str(lang.T(ctx, "第%d号 %s", c.CaseNo, c.Title)), ui.Str(c.UnitName), ui.Str(itoa(c.Year)), ui.Num(c.Place), got}})
	}
	return t
}

func (v *evaluationView) paperFiles(ctx context.Context) (all []ui.FileItem) {
	for _, f := range v.Files {
		all = append(all, ui.FileItem{Name: f.Name, URL: evaluationURL(v.Assessment) + "/files/" + f.ID, Bytes: f.Size, Note: ui.ShortDay(ctx, calendar.On(f.At.Time))})
	}
	return all
}

var evaluationActs = map[string]string{"evaluation.plan": "安排第三方评估", "evaluation.change": "修改安排", "evaluation.evaluate": "评估了一件提案", "evaluation.attach": "添加文件"}

func (v *evaluationView) entries(ctx context.Context) (all []ui.Entry) {
	titles := maps.Clone(evaluationActs)
	for _, s := range assessment.EvaluationFlow.Steps {
		titles["evaluation."+s.Action] = s.Title
	}
	for _, e := range slices.Backward(v.History) {
		all = append(all, ui.Entry{At: e.At.Time, Who: e.Name, What: lang.Say(ctx, titles[e.Action]), Note: e.Note})
	}
	return all
}

// sheetView is one case before its evaluator, or as it was evaluated.
type sheetView struct {
	*assessment.Sheet
	form url.Values // what was typed and refused
	err  error
}

func (v *sheetView) value(key string) string {
	if v.form != nil {
		return v.form.Get("p-" + key)
	}
	if n, ok := v.Points[key]; ok {
		return itoa(n)
	}
	return ""
}

func (v *sheetView) remark() string {
	if v.form != nil {
		return v.form.Get("remark")
	}
	return v.Evaluated.Remark
}

// writable reports whether the actor evaluates the case now.
func (v *sheetView) writable() bool { return v.Of.Writes && v.Of.Open() }

func (p *pages) sheet(w http.ResponseWriter, r *http.Request) error {
	x, err := p.Assessments.Sheet(r.Context(), r.PathValue("id"), r.PathValue("case"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, sheetPage(&sheetView{Sheet: x}))
}

func (p *pages) evaluate(w http.ResponseWriter, r *http.Request) error {
	ctx, id, one := r.Context(), r.PathValue("id"), r.PathValue("case")
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	in := assessment.Points{Version: int(version), Of: map[string]int{}, Remark: r.PostFormValue("remark")}
	for name, values := range r.PostForm {
		if key, ok := strings.CutPrefix(name, "p-"); ok {
			if n, err := strconv.Atoi(strings.TrimSpace(values[0])); err == nil { // what is no number is missing, which the service says
				in.Of[key] = n
			}
		}
	}
	if err := p.Assessments.Evaluate(ctx, id, one, in); err != nil {
		if !mendable(err) {
			return err
		}
		x, missing := p.Assessments.Sheet(ctx, id, one)
		if missing != nil {
			return missing
		}
		return web.Render(w, r, web.Status(errs.KindOf(err)), sheetPage(&sheetView{x, r.PostForm, err}))
	}
	x, err := p.Assessments.Sheet(ctx, id, one)
	if err != nil {
		return err
	}
	if x.Next == "" {
		web.Flash(w, r, ui.Good, lang.T(ctx, "已保存，抽中的提案都评估完了，可以提交"), "")
		return web.Redirect(w, r, evaluationURL(id))
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已保存，这是下一件"), "")
	return web.Redirect(w, r, evaluationURL(id)+"/cases/"+x.Next)
}

func (v *sheetView) facts(ctx context.Context) []ui.Item {
	all := []ui.Item{ui.Say(lang.T(ctx, "案号"), lang.T(ctx, "%d年第%d号", v.Year, v.CaseNo)), ui.Say(lang.T(ctx, "提案者"), strings.Join(v.Proposers, "、")), ui.Say(lang.T(ctx, "承办单位"), v.UnitName)}
	if y := v.Assignment; y != nil {
		all = append(all, ui.Item{Term: lang.T(ctx, "交办"), Value: ui.LongDay(calendar.On(y.IssuedAt.Time))}, ui.Item{Term: lang.T(ctx, "答复期限"), Value: ui.LongDay(y.DueOn)})
	}
	if r := v.Reply; r != nil {
		all = append(all, ui.Item{Term: lang.T(ctx, "答复送达"), Value: ui.LongDay(calendar.On(r.DeliveredAt.Time))}, ui.Say(lang.T(ctx, "办理结果分类"), lang.Say(ctx, v.Outcome)), ui.Say(lang.T(ctx, "文号"), r.DocNo))
	}
	return all
}

func (v *sheetView) contacts(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "与提案者的沟通"), Columns: []ui.Column{{Title: lang.T(ctx, "内容"), Wide: true}, {Title: lang.T(ctx, "方式")}, {Title: lang.T(ctx, "日期"), Short: true}}}
	for _, c := range v.Contacts {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Str(c.Summary), ui.Str(lang.Say(ctx, v.Ways[c.Kind])), ui.On(c.OnDate)}})
	}
	return t
}

var promiseStates = map[string]string{"planned": "待送达", "open": "落实中", "reported": "已报告，待核实", "done": "已兑现"}

func (v *sheetView) promises(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "承诺事项"), Columns: []ui.Column{{Title: lang.T(ctx, "承诺事项"), Wide: true}, {Title: lang.T(ctx, "期限"), Short: true}, {Title: lang.T(ctx, "状态")}}}
	for _, c := range v.Commitments {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Str(c.Text), ui.On(c.DueOn), ui.Str(lang.Say(ctx, promiseStates[c.State]))}})
	}
	return t
}

// exportEvaluation writes the results, the cases and how they were drawn.
func (p *pages) exportEvaluation(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.evaluationOf(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	if v.Opinion == nil {
		return errs.Missing()
	}
	indicators := v.Indicators()
	head := []string{lang.T(ctx, "承办单位"), lang.T(ctx, "已评估"), lang.T(ctx, "评估得分"), lang.T(ctx, "等次"), lang.T(ctx, "回头看件数"), lang.T(ctx, "回头看得分")}
	cases := []string{lang.T(ctx, "承办单位"), lang.T(ctx, "年度"), lang.T(ctx, "案号"), lang.T(ctx, "提案"), lang.T(ctx, "回头看"), lang.T(ctx, "得分")}
	for _, x := range indicators {
		label := lang.T(ctx, "%s（%d分）", lang.Say(ctx, x.Label), x.Weight)
		head, cases = append(head, label), append(cases, label)
	}
	var units, lines, pool [][]any
	for _, u := range v.Units {
		row := []any{u.Name, u.N, nil, nil, u.BackN, nil}
		if u.N > 0 {
			row[2], row[3] = u.Score, lang.Say(ctx, assessment.LevelTitle(u.Level))
		}
		if u.BackN > 0 {
			row[5] = u.BackScore
		}
		for _, x := range indicators {
			if u.N > 0 {
				row = append(row, u.Means[x.Key])
			} else {
				row = append(row, nil)
			}
		}
		units = append(units, row)
	}
	for _, c := range v.Cases {
		row := []any{c.UnitName, c.Year, c.CaseNo, c.Title, c.Back, nil}
		for _, x := range indicators {
			if n, ok := c.Points[x.Key]; ok {
				row = append(row, n)
			} else {
				row = append(row, nil)
			}
		}
		if c.Done() {
			row[5] = c.Total(indicators)
		}
		lines = append(lines, append(row, c.Remark))
	}
	for _, c := range v.Pool {
		pool = append(pool, []any{c.UnitName, c.Unit, c.Year, c.CaseNo, c.Proposal, c.Back, c.Place, c.Drawn})
	}
	title := lang.T(ctx, "%s：第三方评估", v.whole.Title)
	sheets := []document.Sheet{{Name: lang.T(ctx, "评估结果"), Title: title, Header: head, Rows: document.Each(units)},
		{Name: lang.T(ctx, "抽中的提案"), Title: title, Header: append(cases, lang.T(ctx, "评语")), Rows: document.Each(lines)}}
	if len(v.Pool) > 0 {
		sheets = append(sheets, document.Sheet{Name: lang.T(ctx, "抽取记录"), Title: lang.T(ctx, "种子：%s", v.Seed),
			Header: []string{lang.T(ctx, "承办单位"), lang.T(ctx, "承办单位编号"), lang.T(ctx, "年度"), lang.T(ctx, "案号"), lang.T(ctx, "提案编号"), lang.T(ctx, "回头看"), lang.T(ctx, "次序"), lang.T(ctx, "是否抽中")}, Rows: document.Each(pool)})
	}
	return document.Serve(w, title, sheets...)
}

// given are the points of a case, with their sum.
func (v *sheetView) given(ctx context.Context) (all []ui.Item) {
	for _, x := range v.Of.Indicators() {
		if n, ok := v.Points[x.Key]; ok {
			all = append(all, ui.Say(lang.Say(ctx, x.Label), lang.T(ctx, "%d / %d分", n, x.Weight)))
		}
	}
	all = append(all, ui.Say(lang.T(ctx, "得分"), points(v.Total(v.Of.Indicators()))))
	if name := v.Of.Names[v.Person]; name != "" {
		all = append(all, ui.Say(lang.T(ctx, "填写人"), name))
	}
	return all
}

func (v *evaluationView) attachErr() error {
	if v.tried == "attach" {
		return v.err
	}
	return nil
}

func evaluationCrumbs(ctx context.Context, v *evaluationView) []ui.Link {
	if v.who.Role == "evaluator" {
		return []ui.Link{{Title: lang.T(ctx, "第三方评估"), URL: "/evaluations"}}
	}
	return []ui.Link{{Title: lang.T(ctx, "承办单位测评"), URL: "/assessments"}, {Title: v.whole.Title, URL: "/assessments/" + v.whole.ID}}
}

func sheetCrumbs(ctx context.Context, v *sheetView) []ui.Link {
	return []ui.Link{{Title: lang.T(ctx, "%s：第三方评估", v.Of.Of.Title), URL: evaluationURL(v.Assessment)}}
}
