package readingweb

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

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
		all = append(all, ui.Tab{Title: lang.Say(ctx, t.Title), URL: v.url() + "?show=" + t.ID, Count: v.count(t.ID), Current: t.ID == v.show})
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
		return ui.Neutral, lang.Say(ctx, org.Title(kindTitles, string(f.Kind)))
	}
	return ui.Info, lang.T(ctx, "待确认")
}

var kindTitles = []org.Code{{ID: string(claim.Stat), Title: "已完成的工作"}, {ID: string(claim.Plan), Title: "计划"}, {ID: string(claim.Norm), Title: "规定"}, {ID: string(claim.Context), Title: "背景"}}

var boundTitles = []org.Code{{ID: string(claim.Exact), Title: "确数"}, {ID: string(claim.Lower), Title: "以上（余、多）"}, {ID: string(claim.About), Title: "大约"}, {ID: string(claim.Upper), Title: "以下（不超过）"}}

// dims writes what a figure is a part by.
func dims(ctx context.Context, d reading.Dims) string {
	var all []string
	for _, k := range sortedKeys(d) {
		all = append(all, lang.Say(ctx, cmp.Or(reading.DimTitles[k], k))+lang.T(ctx, "：")+dimValue(ctx, k, d[k]))
	}
	return strings.Join(all, lang.T(ctx, "；"))
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
		x := ui.Entry{At: e.At.Time, Who: e.Name, What: lang.Say(ctx, cmp.Or(acts[e.Action], e.Action))}
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
