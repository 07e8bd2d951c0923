package figureweb

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/document"
	"shangliang/internal/figure"
	"shangliang/internal/lang"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// perPage is how many records a page shows.
const perPage = 50

// oneView is a figure with its groups and a page of its records.
type oneView struct {
	value   figure.Value
	report  *figure.Report
	period  string
	years   string // where the figure in all years is
	stat    ui.StatInfo
	filters ui.FiltersInfo
	chips   []ui.Link // filters by what is no field of the form
	by      string    // title of the dimension it is split by
	many    bool
	groups  []figure.Group
	tabs    []ui.Tab
	table   ui.TableInfo
	pager   ui.PagerInfo
}

// one is the page of the records behind a figure.
func (p *pages) one(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, req, err := p.request(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	recs, err := p.figures.Records(ctx, id, req)
	if err != nil {
		return err
	}
	_, before, err := p.figures.Compare(ctx, figure.Request{Year: recs.Report.Year, AsOf: req.AsOf, IDs: []string{id}, Filter: req.Filter})
	if err != nil {
		return err
	}
	years, sessions, err := p.choices(ctx, recs.Report)
	if err != nil {
		return err
	}
	here := link(id, recs.Report)
	if a.By != "" {
		here = ui.With(here, "by", a.By)
	}
	if a.Show != "" {
		here = ui.With(here, "show", a.Show)
	}
	v := oneView{value: recs.Value, report: recs.Report, period: period(ctx, recs.Report), groups: recs.Value.Groups,
		stat: stat(ctx, recs.Value, before, "")}
	v.split(ctx, recs, a.By)
	dims := []ui.Option{{Value: "", Label: lang.T(ctx, "不分类")}}
	for _, d := range recs.Dims {
		dims = append(dims, ui.Option{Value: d.ID, Label: lang.Say(ctx, d.Title)})
	}
	_, asked, _ := strings.Cut(here, "?")
	below := func(page string) string { return "/figures/" + id + page + "?" + asked }
	v.years = below("/years")
	v.filters = ui.FiltersInfo{Here: here, Export: below("/export"), Fields: []ui.Field{
		{Name: "year", Label: lang.T(ctx, "年度"), Options: years}, {Name: "session", Label: lang.T(ctx, "会议"), Options: sessions},
		{Name: "as_of", Label: lang.T(ctx, "截至"), Kind: "date"}, {Name: "by", Label: lang.T(ctx, "分类"), Options: dims}}}
	for _, t := range req.Filter {
		v.chips = append(v.chips, ui.Link{Title: dimTitle(ctx, p.figures.Dims(ctx), t.Dim) + lang.T(ctx, "：") + recs.Report.Labels[t.Dim+"="+t.Value], URL: ui.With(here, t.Dim, "")})
	}
	shown := v.choose(ctx, recs, a.Show, here)
	from := min(max(a.After, 0), len(shown))
	to := min(from+perPage, len(shown))
	v.pager = ui.PagerInfo{Count: len(shown)}
	if from > 0 {
		v.pager.Prev = at(here, from-perPage)
	}
	if to < len(shown) {
		v.pager.Next = at(here, to)
	}
	v.table = v.records(ctx, shown[from:to], a.By)
	return web.Render(w, r, http.StatusOK, onePage(v))
}

// at is the page that begins after n records.
func at(here string, n int) string {
	here = ui.With(here, "after", "")
	if n <= 0 {
		return here
	}
	return here + "&after=" + strconv.Itoa(n)
}

// split prepares the groups.
func (v *oneView) split(ctx context.Context, recs *figure.Records, by string) {
	if by == "" {
		return
	}
	v.by = dimTitle(ctx, recs.Dims, by)
	for _, d := range recs.Dims {
		v.many = v.many || d.ID == by && d.Many
	}
}

// choose keeps those of a rate's records that count, or those that do not.
func (v *oneView) choose(ctx context.Context, recs *figure.Records, show, here string) []figure.Record {
	if !recs.Value.Rate {
		return recs.Records
	}
	in := slices.DeleteFunc(slices.Clone(recs.Records), func(r figure.Record) bool { return !r.Counts })
	out := slices.DeleteFunc(slices.Clone(recs.Records), func(r figure.Record) bool { return r.Counts })
	v.tabs = []ui.Tab{
		{Title: lang.T(ctx, "全部（分母）"), URL: ui.With(here, "show", ""), Count: len(recs.Records), Current: show == ""},
		{Title: lang.T(ctx, "计入（分子）"), URL: ui.With(here, "show", "in"), Count: len(in), Current: show == "in"},
		{Title: lang.T(ctx, "未计入"), URL: ui.With(here, "show", "out"), Count: len(out), Current: show == "out"},
	}
	switch show {
	case "in":
		return in
	case "out":
		return out
	}
	return recs.Records
}

// shares are the groups of a count as parts of a whole.
func (v *oneView) shares() (all []ui.Part) {
	for _, g := range v.groups {
		all = append(all, ui.Part{Label: g.Label, Value: float64(g.Amount), URL: v.groupURL(g)})
	}
	return all
}

// bars are the groups where they are no parts of a whole.
func (v *oneView) bars() (all []ui.Bar) {
	for _, g := range v.groups {
		b := ui.Bar{Label: g.Label, Value: g.Value(), Text: text(g.Count), URL: v.groupURL(g)}
		if g.Rate {
			b.Text += "（" + bases(g.Count) + "）"
		}
		all = append(all, b)
	}
	return all
}

func (v *oneView) groupURL(g figure.Group) string {
	return link(v.value.Def.ID, v.report, figure.Tag{Dim: v.report.By, Value: g.Key})
}

// records is the table of a page of records.
func (v *oneView) records(ctx context.Context, records []figure.Record, by string) ui.TableInfo {
	t := ui.TableInfo{Caption: v.value.Name, Columns: []ui.Column{{Title: lang.T(ctx, "标题"), Wide: true}, {Title: lang.T(ctx, "编号")},
		{Title: lang.T(ctx, "提案者")}, {Title: lang.T(ctx, "承办单位")}, {Title: lang.T(ctx, "日期")}},
		Empty: ui.Empty(ui.EmptyInfo{Title: lang.T(ctx, "没有这样的记录"), Text: lang.T(ctx, "换一个年度或去掉筛选条件再看。")})}
	if v.by != "" {
		t.Columns = append(t.Columns, ui.Column{Title: v.by})
	}
	if v.value.Rate {
		t.Columns = append(t.Columns, ui.Column{Title: lang.T(ctx, "是否计入")})
	}
	labels := labelsOf(v.groups)
	for _, r := range records {
		title := r.Title
		if r.Hidden {
			title = lang.T(ctx, "（您当前的身份不能查看这一件）")
		}
		row := ui.Row{Href: r.Link, Name: title, Cells: []templ.Component{ui.Str(title), ui.Str(r.Number), ui.Str(r.Person), ui.Str(r.Body), ui.On(r.Date)}}
		if v.by != "" {
			row.Cells = append(row.Cells, ui.Str(valuesOf(ctx, r, by, labels)))
		}
		if v.value.Rate {
			row.Cells = append(row.Cells, counts(ctx, r))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func counts(ctx context.Context, r figure.Record) templ.Component {
	if r.Counts {
		return ui.Badge(ui.Good, lang.T(ctx, "计入"))
	}
	return ui.Badge(ui.Neutral, lang.T(ctx, "未计入"))
}

func labelsOf(groups []figure.Group) map[string]string {
	labels := map[string]string{}
	for _, g := range groups {
		labels[g.Key] = g.Label
	}
	return labels
}

// valuesOf are the values that a record has in a dimension, as people know them.
func valuesOf(ctx context.Context, r figure.Record, dim string, labels map[string]string) string {
	var all []string
	for _, t := range r.Tags {
		if t.Dim == dim && t.Value != "" {
			all = append(all, cmp.Or(labels[t.Value], t.Value))
		}
	}
	return strings.Join(all, lang.T(ctx, "、"))
}

// exportOne is the records as a table to take along, with the groups on a sheet
// of their own.
func (p *pages) exportOne(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, req, err := p.request(r)
	if err != nil {
		return err
	}
	recs, err := p.figures.Records(ctx, r.PathValue("id"), req)
	if err != nil {
		return err
	}
	v := oneView{value: recs.Value, groups: recs.Value.Groups}
	v.split(ctx, recs, a.By)
	title := recs.Value.Name + " " + period(ctx, recs.Report) + " " + text(recs.Value.Count)
	header := []string{lang.T(ctx, "编号"), lang.T(ctx, "标题"), lang.T(ctx, "提案者"), lang.T(ctx, "承办单位"), lang.T(ctx, "日期")}
	if v.by != "" {
		header = append(header, v.by)
	}
	if v.value.Rate {
		header = append(header, lang.T(ctx, "是否计入"))
		title += "（" + bases(recs.Value.Count) + "）"
	}
	labels := labelsOf(v.groups)
	var rows [][]any
	for _, rec := range v.choose(ctx, recs, a.Show, "") {
		row := []any{rec.Number, rec.Title, rec.Person, rec.Body, string(rec.Date)}
		if rec.Hidden {
			row[1] = lang.T(ctx, "（您当前的身份不能查看这一件）")
		}
		if v.by != "" {
			row = append(row, valuesOf(ctx, rec, a.By, labels))
		}
		if v.value.Rate {
			row = append(row, rec.Counts)
		}
		rows = append(rows, row)
	}
	sheets := []document.Sheet{{Name: lang.T(ctx, "明细"), Title: title, Header: header, Rows: document.Each(rows)}}
	if v.by != "" {
		groups := [][]any{}
		for _, g := range v.groups {
			row := []any{g.Label, number(g.Count)}
			if g.Rate {
				row = append(row, g.Num, g.Den)
			}
			groups = append(groups, row)
		}
		header := []string{v.by, v.value.Name}
		if v.value.Rate {
			header = append(header, lang.T(ctx, "分子"), lang.T(ctx, "分母"))
		}
		sheets = append(sheets, document.Sheet{Name: v.by, Title: title, Header: header, Rows: document.Each(groups)})
	}
	return document.Serve(w, recs.Value.Name+" "+strconv.Itoa(recs.Report.Year), sheets...)
}
