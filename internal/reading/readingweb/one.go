package readingweb

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/figure/catalogue"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/reading"
	"shangliang/internal/report/claim"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// oneView is the page of a report.
type oneView struct {
	*reading.View
	show     string // waiting, confirmed, dropped, other, all
	identity reading.Identity
	err      error // of the act on the whole report
	at       int   // the figure that err is about; -1 none
	editing  *editForm
	touched  []int // figures that a decision about another may have changed
}

func (p *pages) view(ctx context.Context, id, show string) (*oneView, error) {
	v, err := p.Reading.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	x := &oneView{View: v, show: show, identity: reading.Identity{Place: v.Place, Level: v.Level, Period: v.Period}, at: -1}
	if show == "" {
		x.show = "waiting"
		if x.count("waiting") == 0 {
			x.show = "all"
		}
	}
	return x, nil
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), r.PathValue("id"), r.URL.Query().Get("show"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, onePage(v))
}

// within says which figures a tab has.
var within = map[string]func(f *reading.Figure) bool{
	"waiting":   func(f *reading.Figure) bool { return f.State == reading.Read && f.Counts() },
	"confirmed": func(f *reading.Figure) bool { return f.State == reading.Confirmed },
	"dropped":   func(f *reading.Figure) bool { return f.State == reading.Dropped },
	"other":     func(f *reading.Figure) bool { return f.State == reading.Read && !f.Counts() },
	"all":       func(*reading.Figure) bool { return true },
}

var tabTitles = []org.Code{{ID: "waiting", Title: "待确认"}, {ID: "confirmed", Title: "已确认"}, {ID: "dropped", Title: "不采用"}, {ID: "other", Title: "计划和背景"}, {ID: "all", Title: "全部"}}

func (v *oneView) count(tab string) (n int) {
	for _, f := range v.Figures {
		if within[tab](f) {
			n++
		}
	}
	return n
}

func (v *oneView) tabs(ctx context.Context) (all []ui.Tab) {
	for _, t := range tabTitles {
		all = append(all, ui.Tab{Title: say(ctx, t.Title), URL: v.url() + "?show=" + t.ID, Count: v.count(t.ID), Current: t.ID == v.show})
	}
	return all
}

func (v *oneView) shown() (all []*reading.Figure) {
	in := within[v.show]
	for _, f := range v.Figures {
		if in == nil || in(f) {
			all = append(all, f)
		}
	}
	return all
}

func (v *oneView) url() string { return "/readings/" + v.ID }

func (v *oneView) figureURL(f *reading.Figure) string { return v.url() + "/figures/" + itoa(f.N) }

// complete reports whether it is known whose report it is.
func (v *oneView) complete() bool { return v.Place != "" && v.Level != "" && v.Period != "" }

// wrong are the relations that do not hold.
func (v *oneView) wrong() (all []reading.Relation) {
	for _, r := range v.Relations {
		if !r.Holds {
			all = append(all, r)
		}
	}
	return all
}

// piece is a stretch of the text: a figure's number, a damaged place, or plain.
type piece struct {
	text   string
	figure *reading.Figure
	damage string // what was made of it
}

// pieces parts the text at its marks.
func (v *oneView) pieces(ctx context.Context) (all []piece) {
	text := []rune(v.Text)
	type mark struct {
		from, to int
		p        piece
	}
	var marks []mark
	for _, f := range v.Figures {
		marks = append(marks, mark{f.At, f.Until, piece{figure: f}})
	}
	for _, d := range v.Repairs {
		if !slices.ContainsFunc(v.Figures, func(f *reading.Figure) bool { return d.Start < f.Until && d.End > f.At }) {
			marks = append(marks, mark{d.Start, d.End, piece{damage: lang.T(ctx, "原文此处有损坏，读作“%s”", d.Became)}})
		}
	}
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(a.from, b.from) })
	at := 0
	for _, m := range marks {
		m.to = min(m.to, len(text))
		if m.from < at || m.to <= m.from {
			continue
		}
		all = append(all, piece{text: string(text[at:m.from])})
		m.p.text = string(text[m.from:m.to])
		all = append(all, m.p)
		at = m.to
	}
	return append(all, piece{text: string(text[at:])})
}

// markClass is how a figure is marked in the text.
func (v *oneView) markClass(f *reading.Figure) string {
	switch {
	case f.State == reading.Dropped, f.State == reading.Read && !f.Counts():
		return "text-mark-aside"
	case f.State == reading.Confirmed:
		return "text-mark-confirmed"
	case len(v.Wrong(f.N)) > 0, f.Damaged, v.Taken[f.N] != nil:
		return "text-mark-doubt"
	}
	return "text-mark-read"
}

// state is the badge of a figure.
func state(ctx context.Context, f *reading.Figure) (ui.Kind, string) {
	switch {
	case f.State == reading.Confirmed:
		return ui.Good, lang.T(ctx, "已确认")
	case f.State == reading.Dropped:
		return ui.Neutral, lang.T(ctx, "不采用")
	case !f.Counts():
		return ui.Neutral, say(ctx, org.Title(kindTitles, string(f.Kind)))
	}
	return ui.Info, lang.T(ctx, "待确认")
}

var kindTitles = []org.Code{{ID: string(claim.Stat), Title: "已完成的工作"}, {ID: string(claim.Plan), Title: "计划"}, {ID: string(claim.Norm), Title: "规定"}, {ID: string(claim.Context), Title: "背景"}}

var boundTitles = []org.Code{{ID: string(claim.Exact), Title: "确数"}, {ID: string(claim.Lower), Title: "以上（余、多）"}, {ID: string(claim.About), Title: "大约"}, {ID: string(claim.Upper), Title: "以下（不超过）"}}

// dims writes what a figure is a part by.
func dims(ctx context.Context, d reading.Dims) string {
	var all []string
	for _, k := range sortedKeys(d) {
		all = append(all, say(ctx, cmp.Or(reading.DimTitles[k], k))+lang.T(ctx, "：")+dimValue(ctx, k, d[k]))
	}
	return strings.Join(all, lang.T(ctx, "；"))
}

// coded are the values that are codes; all others are words of the text.
var coded = map[string][]org.Code{
	"level": levels, "organiser_level": levels,
	"form": {{ID: "cash", Title: "现金"}, {ID: "in_kind", Title: "实物"}, {ID: "cash_and_in_kind", Title: "现金和实物"}},
}

// levels are those that a report speaks of.
var levels = append([]org.Code{{ID: "all", Title: "各级合计"}, {ID: "national", Title: "国家级"}, {ID: "district", Title: "区级"}, {ID: "town", Title: "乡镇"}}, org.Levels...)

// dimValue is a value for people.
func dimValue(ctx context.Context, dim, value string) string {
	if i := slices.IndexFunc(coded[dim], func(c org.Code) bool { return c.ID == value }); i >= 0 {
		return say(ctx, coded[dim][i].Title)
	}
	return value
}

// dimOptions are the values to choose from where they are codes; one that the
// text itself gave stays.
func dimOptions(ctx context.Context, dim, value string) []ui.Option {
	all := append([]ui.Option{{Label: lang.T(ctx, "（无）")}}, options(ctx, coded[dim])...)
	if !slices.ContainsFunc(all, func(o ui.Option) bool { return o.Value == value }) {
		all = append(all, ui.Option{Value: value, Label: value})
	}
	return all
}

func sortedKeys(d reading.Dims) []string {
	var all []string
	for k := range d {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// doubts are what somebody should look at before confirming.
func (v *oneView) doubts(ctx context.Context, f *reading.Figure) (all []string) {
	if f.State != reading.Read || !f.Counts() {
		return nil
	}
	if f.Metric == "" {
		all = append(all, lang.T(ctx, "目录里没有找到相应的口径，请选定"))
	}
	if f.Damaged {
		all = append(all, lang.T(ctx, "原文此处有损坏，请核对"))
	}
	if p := v.Taken[f.N]; p != nil {
		all = append(all, lang.T(ctx, "这个口径已经确认为%s；如果这是其中一部分，请补上分类", p.Text()))
	} else if f.Part && len(f.Dims) == 0 {
		all = append(all, lang.T(ctx, "看来是前一个数的一部分，请补上分类"))
	}
	for _, r := range v.Wrong(f.N) {
		all = append(all, lang.T(ctx, "对不上：%s", r.Text(ctx)))
	}
	return all
}

func (p *pages) identify(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	i := reading.Identity{Place: web.Clean(r.PostFormValue("place")), Level: r.PostFormValue("level"), Period: web.Clean(r.PostFormValue("period"))}
	if err := p.Reading.Identify(ctx, id, int(version), i); err != nil {
		return p.refuse(w, r, err, func(v *oneView) { v.identity, v.err = i, err })
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已更正，所有指标随之更正"), "")
	return web.Redirect(w, r, "/readings/"+id)
}

// refuse shows the report again with what was wrong.
func (p *pages) refuse(w http.ResponseWriter, r *http.Request, err error, set func(v *oneView)) error {
	if !web.Mendable(err) {
		return err
	}
	v, gone := p.view(r.Context(), r.PathValue("id"), r.PostFormValue("show"))
	if gone != nil {
		return err
	}
	set(v)
	return web.Render(w, r, web.Status(errs.KindOf(err)), onePage(v))
}

func (p *pages) remove(w http.ResponseWriter, r *http.Request) error {
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	if err := p.Reading.Remove(r.Context(), r.PathValue("id"), int(version)); err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(r.Context(), "已移除，从中确认的指标一并撤回"), "")
	return web.Redirect(w, r, "/readings")
}

// confirm confirms all that were shown as safe. The fields "pick" say which, in
// the version that was seen: 12@1.
func (p *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	picks, err := picks(r)
	if err != nil {
		return err
	}
	done, left, err := p.Reading.Confirm(ctx, id, picks)
	if err != nil {
		return p.refuse(w, r, err, func(v *oneView) { v.err = err })
	}
	if len(left) > 0 {
		web.Flash(w, r, ui.Warn, lang.T(ctx, "已确认%d项；另有%d项与已确认的数不同，请逐项处理", done, len(left)), "")
	} else {
		web.Flash(w, r, ui.Good, lang.T(ctx, "已确认%d项", done), undoURL(ctx, id))
	}
	return web.Redirect(w, r, "/readings/"+id)
}

// drop drops several figures at once.
func (p *pages) drop(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	picks, err := picks(r)
	if err == nil {
		err = p.Reading.Put(ctx, id, picks, reading.Dropped)
	}
	if err != nil {
		return p.refuse(w, r, err, func(v *oneView) { v.err = err })
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "%d项不采用", len(picks)), undoURL(ctx, id))
	return web.Redirect(w, r, "/readings/"+id)
}

func undoURL(ctx context.Context, id string) string {
	return "/readings/" + id + "/undo?of=" + url.QueryEscape(actor.RequestFrom(ctx).Key)
}

func picks(r *http.Request) (all []reading.Pick, err error) {
	for _, s := range r.PostForm["pick"] {
		x, err := pick(s)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, nil
}

// rest are the figures that wait and are not safe to confirm.
func (v *oneView) rest() (all []reading.Pick) {
	for _, f := range v.Figures {
		p := reading.Pick{N: f.N, Version: f.Version}
		if within["waiting"](f) && !slices.Contains(v.Confident, p) {
			all = append(all, p)
		}
	}
	return all
}

// undo takes back what a request confirmed or dropped.
func (p *pages) undo(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	n, err := p.Reading.Undo(ctx, id, r.URL.Query().Get("of"))
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已撤回%d项", n), "")
	return web.Redirect(w, r, "/readings/"+id)
}

func pick(s string) (reading.Pick, error) {
	n, version, _ := strings.Cut(s, "@")
	a, err := strconv.Atoi(n)
	b, err2 := strconv.Atoi(version)
	if err != nil || err2 != nil {
		return reading.Pick{}, errs.New(errs.Invalid, "请求的内容有误")
	}
	return reading.Pick{N: a, Version: b}, nil
}

// editForm is what somebody corrects of a figure.
type editForm struct {
	Value  float64 `form:"value"`
	High   float64 `form:"high"`
	Unit   string  `form:"unit"`
	Bound  string  `form:"bound"`
	Period string  `form:"period"`
	Kind   string  `form:"kind"`
	Metric string  `form:"metric"`
	Dims   reading.Dims
	Err    error
}

func formOf(f *reading.Figure) *editForm {
	return &editForm{Value: f.Value, High: f.High, Unit: f.Unit, Bound: string(f.Bound), Period: f.Period, Kind: string(f.Kind), Metric: f.Metric, Dims: f.Dims}
}

func (e *editForm) edit() reading.Edit {
	return reading.Edit{Value: e.Value, High: e.High, Unit: e.Unit, Bound: claim.Bound(e.Bound), Period: e.Period, Kind: claim.Kind(e.Kind), Metric: e.Metric, Dims: e.Dims}
}

// dimNames are the dimensions to fill in: those of the metric, and what is there.
func (e *editForm) dimNames() []string {
	var all []string
	if m := catalogue.Get().Metric(e.Metric); m != nil {
		all = append(all, m.Dims...)
	} else {
		all = append(all, "submitter", "topic")
	}
	for _, k := range sortedKeys(e.Dims) {
		if !slices.Contains(all, k) {
			all = append(all, k)
		}
	}
	return slices.DeleteFunc(all, func(d string) bool { return reading.DimTitles[d] == "" })
}

// metrics are the definitions to choose from.
func metrics() []ui.Option {
	var all []ui.Option
	for _, m := range catalogue.Get().Metrics {
		all = append(all, ui.Option{Value: m.ID, Label: m.Name + "（" + strings.Join(m.Units, " ") + "）", Group: m.Group})
	}
	// Equal neighbours stand under one heading.
	slices.SortStableFunc(all, func(a, b ui.Option) int { return strings.Compare(a.Group, b.Group) })
	return all
}

func options(ctx context.Context, codes []org.Code) (all []ui.Option) {
	for _, c := range codes {
		all = append(all, ui.Option{Value: c.ID, Label: say(ctx, c.Title)})
	}
	return all
}

// isPart reports whether a script asks for a part of the page.
func isPart(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// edit is the form of one figure: within the list where scripts run, else a page.
func (p *pages) edit(w http.ResponseWriter, r *http.Request) error {
	v, f, err := p.one(r)
	if err != nil {
		return err
	}
	if !v.Confirms {
		return errs.New(errs.Forbidden, "您当前的身份不能办理这一项")
	}
	v.editing, v.at = formOf(f), f.N
	if isPart(r) {
		return web.Render(w, r, http.StatusOK, figureItem(v, f, false))
	}
	return web.Render(w, r, http.StatusOK, editPage(v, f))
}

func (p *pages) one(r *http.Request) (*oneView, *reading.Figure, error) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		return nil, nil, errs.Missing()
	}
	show := ""
	if u, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil {
		show = u.Query().Get("show") // the page that the part belongs to
	}
	v, err := p.view(r.Context(), r.PathValue("id"), show)
	if err != nil {
		return nil, nil, err
	}
	f := v.Figure(n)
	if f == nil {
		return nil, nil, errs.Missing()
	}
	return v, f, nil
}

// near are the figures of which something may be said otherwise once this one
// changes: those that it is compared with, and those of the same definition.
func (v *oneView) near(f *reading.Figure) (all []int) {
	for _, r := range v.Relations {
		if slices.Contains(r.Figures, f.N) {
			all = append(all, r.Figures...)
		}
	}
	for _, x := range v.Figures {
		if f.Metric != "" && x.Metric == f.Metric {
			all = append(all, x.N)
		}
	}
	return all
}

// decide takes one decision about a figure: field "do" says which.
func (p *pages) decide(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		return errs.Missing()
	}
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	at := reading.Pick{N: n, Version: int(version)}
	var touched []int
	if isPart(r) {
		before, f, err := p.one(r)
		if err != nil {
			return err
		}
		touched = before.near(f)
	}
	var form *editForm
	switch do := r.PostFormValue("do"); do {
	case "cancel":
	case "confirm":
		_, _, err = p.Reading.Confirm(ctx, id, []reading.Pick{at})
	case "drop":
		err = p.Reading.Put(ctx, id, []reading.Pick{at}, reading.Dropped)
	case "reopen":
		err = p.Reading.Put(ctx, id, []reading.Pick{at}, reading.Read)
	case "change", "change_confirm":
		var f editForm
		if f, err = web.Decode[editForm](r); err == nil || errs.Is(err, errs.Invalid) {
			form, f.Dims = &f, reading.Dims{}
			for d := range reading.DimTitles {
				if s := web.Clean(r.PostFormValue("dim_" + d)); s != "" {
					f.Dims[d] = s
				}
			}
		}
		if err == nil {
			e := form.edit()
			e.Confirm = do == "change_confirm"
			err = p.Reading.Change(ctx, id, at, e)
		}
	default:
		return errs.Missing()
	}
	if err != nil && !web.Mendable(err) {
		return err
	}
	if err == nil && !isPart(r) {
		return web.Redirect(w, r, "/readings/"+id+"?show=all#f"+itoa(n))
	}
	v, f, gone := p.one(r)
	if gone != nil {
		return gone
	}
	v.at, v.err = n, err
	if err != nil && form != nil {
		form.Err, v.editing, v.err = err, form, nil
	}
	switch {
	case isPart(r):
		v.touched = append(touched, v.near(f)...)
		slices.Sort(v.touched)
		v.touched = slices.Compact(v.touched)
		return web.Render(w, r, http.StatusOK, figurePart(v, f))
	case v.editing != nil:
		return web.Render(w, r, web.Status(errs.KindOf(err)), editPage(v, f))
	}
	v.show = "all"
	return web.Render(w, r, web.Status(errs.KindOf(err)), onePage(v))
}

// number writes a value in a field.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// high leaves the field of a range empty where there is none.
func high(v float64) string {
	if v == 0 {
		return ""
	}
	return number(v)
}

// rule is how a metric is counted.
func rule(metric string) string {
	if m := catalogue.Get().Metric(metric); m != nil {
		return m.Rule
	}
	return ""
}

// facts say what the report is.
func facts(ctx context.Context, v *oneView) []ui.Item {
	none := lang.T(ctx, "未定")
	all := []ui.Item{ui.Say(lang.T(ctx, "地方"), cmp.Or(v.Place, none)), ui.Say(lang.T(ctx, "层级"), levelTitle(ctx, v.Level)), ui.Say(lang.T(ctx, "年份"), cmp.Or(v.Period, none)), ui.Say(lang.T(ctx, "文件"), v.Name)}
	switch {
	case strings.HasPrefix(v.Source, "http://"), strings.HasPrefix(v.Source, "https://"):
		all = append(all, ui.Item{Term: lang.T(ctx, "来源"), Value: ui.A(ui.Link{Title: v.Source, URL: v.Source})})
	case v.Source != "":
		all = append(all, ui.Say(lang.T(ctx, "来源"), v.Source))
	}
	return append(all, ui.Item{Term: lang.T(ctx, "读入"), Value: ui.Group(ui.Str(v.Names[v.Person]+" "), ui.When(v.CreatedAt.Time))}, ui.Say("SHA-256", v.SHA256[:16]+"…"))
}

// acts say what was done to a report.
var acts = map[string]string{"reading.add": "读入报告", "reading.identify": "更正地方、层级、年份", "reading.confirm": "确认指标", "reading.change": "修改指标", "reading.drop": "不采用", "reading.reopen": "撤回", "reading.remove": "移除"}

func history(ctx context.Context, v *oneView) (all []ui.Entry) {
	for _, e := range v.History {
		x := ui.Entry{At: e.At.Time, Who: e.Name, What: say(ctx, cmp.Or(acts[e.Action], e.Action))}
		var data struct{ Figures any }
		if e.Decode(&data) == nil {
			if numbers, ok := data.Figures.([]any); ok {
				x.Note = lang.T(ctx, "%d项", len(numbers))
			}
		}
		all = append(all, x)
	}
	return all
}
