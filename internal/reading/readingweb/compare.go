package readingweb

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/figure/catalogue"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/reading"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// asked is what the query of a comparison says.
type asked struct {
	Level string `form:"level"`
	Year  int    `form:"year"`
}

// overviewView is a year, metrics against places.
type overviewView struct {
	*reading.Overview
	q asked
}

func (p *pages) overview(w http.ResponseWriter, r *http.Request) error {
	a, err := web.Decode[asked](r)
	if err != nil {
		return err
	}
	o, err := p.Reading.Overview(r.Context(), a.Level, a.Year)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, overviewPage(&overviewView{o, a}))
}

func here(path string, a asked) string {
	if a.Level != "" {
		path = ui.With(path, "level", a.Level)
	}
	if a.Year != 0 {
		path = ui.With(path, "year", itoa(a.Year))
	}
	return path
}

func filters(ctx context.Context, path string, a asked, year int, years []int, export string) ui.FiltersInfo {
	choices := append([]ui.Option{{Value: "", Label: lang.T(ctx, "本级")}}, options(ctx, org.Levels)...)
	all := []ui.Option{{Value: "", Label: lang.T(ctx, "最近一年")}}
	if a.Year == 0 && year != 0 {
		all[0].Label = lang.T(ctx, "最近（%d年）", year)
	}
	for _, y := range years {
		all = append(all, ui.Option{Value: itoa(y), Label: lang.T(ctx, "%d年", y)})
	}
	return ui.FiltersInfo{Here: here(path, a), Export: here(export, a), Fields: []ui.Field{
		{Name: "level", Label: lang.T(ctx, "层级"), Options: choices}, {Name: "year", Label: lang.T(ctx, "年份"), Options: all}}}
}

func metricURL(metric string, a asked) string { return here("/published/"+metric, a) }

// table is the year: a line for each metric, a column for each place.
func (v *overviewView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "各地对照"), Dense: true, Columns: []ui.Column{{Title: lang.T(ctx, "口径")}}}
	if len(v.OwnRow) > 0 {
		t.Columns = append(t.Columns, ui.Column{Title: lang.T(ctx, "本地记录"), Num: true})
	}
	for _, p := range v.Places {
		t.Columns = append(t.Columns, ui.Column{Title: p, Num: true})
	}
	for _, m := range v.Metrics {
		row := ui.Row{Href: metricURL(m.ID, v.q), Name: lang.Say(ctx, m.Name), Cells: []templ.Component{ui.Str(lang.Say(ctx, m.Name))}}
		if len(v.OwnRow) > 0 {
			row.Cells = append(row.Cells, valueLink(v.OwnRow[m.ID]))
		}
		for _, p := range v.Places {
			row.Cells = append(row.Cells, valueLink(v.Cells[m.ID][p]))
		}
		t.Rows = append(t.Rows, row)
	}
	e := ui.EmptyInfo{Icon: "git-compare", Title: lang.T(ctx, "这里还没有可以对照的指标"), Text: lang.T(ctx, "读入各地的报告并确认指标后，就能在这里对照。")}
	if can(ctx, "reading.confirm") {
		e.Action = newButton()
	}
	t.Empty = ui.Empty(e)
	return t
}

func valueLink(c reading.Cell) templ.Component {
	if !c.Known {
		return ui.Str("—")
	}
	return ui.A(ui.Link{Title: c.Text, URL: c.Link})
}

// compareView is a metric, places against years.
type compareView struct {
	*reading.Comparison
	q    asked
	year int // that is looked at
	err  error
	rank string
}

func (p *pages) compareView(ctx context.Context, metric string, a asked) (*compareView, error) {
	c, err := p.Reading.Compare(ctx, metric, a.Level)
	if err != nil {
		return nil, err
	}
	v := &compareView{Comparison: c, q: a, year: a.Year}
	for i := range c.Years { // the latest year of which most is known
		if a.Year == 0 && (v.year == 0 || v.known(i) >= v.known(slices.Index(c.Years, v.year))) {
			v.year = c.Years[i]
		}
	}
	if t := c.Targets[v.year]; t != nil {
		v.rank = itoa(t.Rank)
	}
	return v, nil
}

func (v *compareView) known(i int) (n int) {
	for _, r := range v.Rows {
		if r.Cells[i].Known {
			n++
		}
	}
	return n
}

func (p *pages) compare(w http.ResponseWriter, r *http.Request) error {
	a, err := web.Decode[asked](r)
	if err != nil {
		return err
	}
	v, err := p.compareView(r.Context(), r.PathValue("metric"), a)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, comparePage(v))
}

func rowTitle(ctx context.Context, r *reading.Row) string {
	if r.Computed {
		return lang.T(ctx, "%s（记录）", r.Title)
	}
	return r.Title
}

// bars are the places in the year that is looked at, the largest first.
func (v *compareView) bars(ctx context.Context) (all []ui.Bar) {
	i := slices.Index(v.Years, v.year)
	if i < 0 {
		return nil
	}
	for _, r := range v.Rows {
		if c := r.Cells[i]; c.Known {
			all = append(all, ui.Bar{Label: rowTitle(ctx, r), Value: c.Value, Before: c.Before, Text: c.Text, URL: c.Link})
		}
	}
	slices.SortStableFunc(all, func(a, b ui.Bar) int {
		switch {
		case a.Value > b.Value:
			return -1
		case a.Value < b.Value:
			return 1
		}
		return 0
	})
	return all
}

// trend draws the years of the place of which most are known, with the places of
// which the same years are known: at most three.
func (v *compareView) trend(ctx context.Context) (t ui.TrendInfo, ok bool) {
	t.Title = lang.T(ctx, "历年%s", lang.Word(v.Metric.Name))
	var years []int // as places in v.Years
	for _, r := range v.Rows {
		var known []int
		for i, c := range r.Cells {
			if c.Known {
				known = append(known, i)
			}
		}
		if len(known) > len(years) {
			years = known
		}
	}
	for _, i := range years {
		t.Labels = append(t.Labels, lang.T(ctx, "%d年", v.Years[i]))
	}
	unit := ""
	for _, r := range v.Rows {
		line := ui.Line{Name: rowTitle(ctx, r)}
		for _, i := range years {
			if c := r.Cells[i]; c.Known && (unit == "" || c.Unit == unit) {
				line.Values = append(line.Values, c.Value)
			}
		}
		if len(line.Values) == len(years) && len(t.Lines) < 3 && len(years) > 0 {
			unit = r.Cells[years[0]].Unit
			t.Lines = append(t.Lines, line)
		}
	}
	return t, len(years) > 1 && len(t.Lines) > 0
}

func (v *compareView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.Say(ctx, v.Metric.Name), Dense: true, Columns: []ui.Column{{Title: lang.T(ctx, "地方")}}}
	for _, y := range v.Years {
		t.Columns = append(t.Columns, ui.Column{Title: lang.T(ctx, "%d年", y), Num: true})
	}
	for _, r := range v.Rows {
		row := ui.Row{Name: r.Title, Cells: []templ.Component{ui.Str(rowTitle(ctx, r))}}
		for _, c := range r.Cells {
			row.Cells = append(row.Cells, cell(c))
		}
		t.Rows = append(t.Rows, row)
	}
	e := ui.EmptyInfo{Icon: "git-compare", Title: lang.T(ctx, "这一层级还没有这个口径的数"), Text: lang.T(ctx, "换一个层级，或者读入报告并确认。")}
	t.Empty = ui.Empty(e)
	return t
}

// change is a value against the year before.
func change(ctx context.Context, c reading.Cell) string {
	if !c.HasBefore {
		return ""
	}
	d := math.Round((c.Value-c.Before)*10) / 10
	sign := ""
	if d > 0 {
		sign = "+"
	}
	s := sign + number(d)
	switch {
	case c.Unit == "%":
		return lang.T(ctx, "比上年 %s 个百分点", s)
	case c.Before > 0:
		return lang.T(ctx, "比上年 %s（%s%%）", s, sign+strconv.FormatFloat(100*(c.Value-c.Before)/c.Before, 'f', 1, 64))
	}
	return lang.T(ctx, "比上年 %s", s)
}

// differs are the years in which the own report says something else than the
// records.
func (v *compareView) differs(ctx context.Context) (all []string) {
	for _, r := range v.Rows {
		if !r.Own || r.Computed {
			continue
		}
		for i, c := range r.Cells {
			if b := v.Rows[0].Cells[i]; v.Rows[0].Computed && c.Known && b.Known && math.Round(c.Value*10) != math.Round(b.Value*10) {
				all = append(all, lang.T(ctx, "%d年公开的是%s，平台记录是%s", v.Years[i], c.Text, b.Text))
			}
		}
	}
	return all
}

// standing says the own rank of a year against the target.
func (v *compareView) standing(ctx context.Context, year int) (ui.Kind, string) {
	rank, t := v.Ranks[year], v.Targets[year]
	switch {
	case rank == 0 && t == nil:
		return ui.Neutral, lang.T(ctx, "没有可比的同级数据")
	case rank == 0:
		return ui.Neutral, lang.T(ctx, "目标前%d名，尚无数据", t.Rank)
	case t == nil:
		return ui.Info, lang.T(ctx, "%d地中列第%d", v.Peers[year], rank)
	case rank <= t.Rank:
		return ui.Good, lang.T(ctx, "%d地中列第%d，目标前%d名，已达到", v.Peers[year], rank, t.Rank)
	}
	return ui.Warn, lang.T(ctx, "%d地中列第%d，目标前%d名，未达到", v.Peers[year], rank, t.Rank)
}

func (v *compareView) version() int64 {
	if t := v.Targets[v.year]; t != nil {
		return int64(t.Version)
	}
	return 0
}

// target sets the rank to reach.
func (p *pages) target(w http.ResponseWriter, r *http.Request) error {
	ctx, metric := r.Context(), r.PathValue("metric")
	f, err := web.Decode[struct {
		Level   string `form:"level"`
		Year    int    `form:"year"`
		Rank    int    `form:"rank"`
		Version int    `form:"version"`
	}](r)
	if err == nil {
		err = p.Reading.SetTarget(ctx, metric, f.Year, f.Rank, f.Version)
	}
	a := asked{f.Level, f.Year}
	if err != nil {
		if !web.Mendable(err) {
			return err
		}
		v, gone := p.compareView(ctx, metric, a)
		if gone != nil {
			return err
		}
		v.err, v.rank = err, r.PostFormValue("rank")
		return web.Render(w, r, web.Status(errs.KindOf(err)), comparePage(v))
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "目标已保存"), "")
	return web.Redirect(w, r, metricURL(metric, a))
}

// exportAll hands out every published figure of the level, with its sentence.
func (p *pages) exportAll(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, err := web.Decode[asked](r)
	if err != nil {
		return err
	}
	f := reading.Filter{Level: a.Level}
	if a.Year != 0 {
		f.Period = itoa(a.Year)
	}
	all, err := p.Reading.Published(ctx, f)
	if err != nil {
		return err
	}
	sheet, err := p.publishedSheet(ctx, all)
	if err != nil {
		return err
	}
	return document.Serve(w, lang.T(ctx, "公开指标"), sheet)
}

// publishedSheet is a line for each figure, with its sentence and where that is from.
func (p *pages) publishedSheet(ctx context.Context, all []*reading.Published) (document.Sheet, error) {
	reports, err := p.Reading.List(ctx)
	if err != nil {
		return document.Sheet{}, err
	}
	from := map[string]*reading.Listed{}
	for _, r := range reports {
		from[r.ID] = r
	}
	var rows [][]any
	for _, p := range all {
		name, group := p.Metric, ""
		if m := p.Definition(); m != nil {
			name, group = lang.Say(ctx, m.Name), lang.Say(ctx, m.Group)
		}
		file, source := "", ""
		if r := from[p.Report]; r != nil {
			file, source = r.Name, r.Source
		}
		rows = append(rows, []any{p.Place, levelTitle(ctx, p.Level), p.Period, group, name, dims(ctx, p.Dims), p.Value, p.Unit, p.Text(), p.Quote, file, source, p.Metric})
	}
	return document.Sheet{Name: lang.T(ctx, "公开指标"), Rows: document.Each(rows), Header: []string{lang.T(ctx, "地方"), lang.T(ctx, "层级"), lang.T(ctx, "时间"), lang.T(ctx, "类别"), lang.T(ctx, "口径"), lang.T(ctx, "分类"),
		lang.T(ctx, "数值"), lang.T(ctx, "单位"), lang.T(ctx, "写法"), lang.T(ctx, "原句"), lang.T(ctx, "报告"), lang.T(ctx, "来源"), lang.T(ctx, "编号")}}, nil
}

// exportOne hands out a comparison as it is shown, and the figures behind it.
func (p *pages) exportOne(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, err := web.Decode[asked](r)
	if err != nil {
		return err
	}
	v, err := p.compareView(ctx, r.PathValue("metric"), a)
	if err != nil {
		return err
	}
	s := document.Sheet{Name: lang.Say(ctx, v.Metric.Name), Title: lang.Say(ctx, v.Metric.Name) + lang.T(ctx, "：") + lang.Say(ctx, v.Metric.Rule), Header: []string{lang.T(ctx, "地方")}}
	for _, y := range v.Years {
		s.Header = append(s.Header, lang.T(ctx, "%d年", y), lang.T(ctx, "位次"))
	}
	var rows [][]any
	for _, x := range v.Rows {
		row := []any{rowTitle(ctx, x)}
		for _, c := range x.Cells {
			switch {
			case !c.Known:
				row = append(row, nil, nil)
			case c.Rank == 0:
				row = append(row, c.Value, nil)
			default:
				row = append(row, c.Value, c.Rank)
			}
		}
		rows = append(rows, row)
	}
	s.Rows = document.Each(rows)
	all, err := p.Reading.Published(ctx, reading.Filter{Level: v.Level, Metric: v.Metric.ID})
	if err != nil {
		return err
	}
	behind, err := p.publishedSheet(ctx, all)
	if err != nil {
		return err
	}
	return document.Serve(w, lang.T(ctx, "各地对照_%s", lang.Word(v.Metric.Name)), s, behind)
}

// parts are the figures of parts of the metric.
func (v *compareView) parts(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "其中"), Columns: []ui.Column{{Title: lang.T(ctx, "地方")}, {Title: lang.T(ctx, "时间"), Short: true}, {Title: lang.T(ctx, "分类"), Wide: true}, {Title: lang.T(ctx, "数值"), Num: true}}}
	for _, p := range v.Parts {
		t.Rows = append(t.Rows, ui.Row{Href: "/readings/" + p.Report + "?show=all#f" + itoa(p.N), Cells: []templ.Component{ui.Str(p.Place), ui.Str(p.Period), ui.Str(dims(ctx, p.Dims)), ui.Str(p.Text())}})
	}
	return t
}

// unitsOf names the units of a metric.
func unitsOf(m *catalogue.Metric) string { return strings.Join(m.Units, "、") }
