package figureweb

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/lang"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// reportsView is the list of what was frozen, and the form to freeze more.
type reportsView struct {
	may               bool
	err               error
	title, year, asOf string
	years             []ui.Option
	table             ui.TableInfo
}

func (p *pages) reports(w http.ResponseWriter, r *http.Request) error {
	return p.listReports(w, r, http.StatusOK, reportsView{})
}

func (p *pages) listReports(w http.ResponseWriter, r *http.Request, status int, v reportsView) error {
	ctx := r.Context()
	all, err := p.figures.Freezes(ctx)
	if err != nil {
		return err
	}
	if v.may = can(ctx, "figure.freeze"); v.may {
		rep, err := p.figures.Compute(ctx, figure.Request{IDs: []string{""}}) // only to know the year
		if err != nil {
			return err
		}
		if v.years, _, err = p.choices(ctx, rep); err != nil {
			return err
		}
		if v.year == "" {
			v.year = strconv.Itoa(rep.Year)
		}
	}
	v.table = ui.TableInfo{Caption: lang.T(ctx, "已定格的报告"), Columns: []ui.Column{{Title: lang.T(ctx, "报告名称"), Wide: true}, {Title: lang.T(ctx, "年度")}, {Title: lang.T(ctx, "截至")}, {Title: lang.T(ctx, "定格时间")}},
		Empty: ui.Empty(ui.EmptyInfo{Title: lang.T(ctx, "还没有定格过"), Text: lang.T(ctx, "报告定稿时定格一次，以后就能说清当时的数字是怎么来的。")})}
	for _, f := range all {
		v.table.Rows = append(v.table.Rows, ui.Row{Href: "/figure-freezes/" + f.ID, Name: f.Title,
			Cells: []templ.Component{ui.Str(f.Title), ui.Str(lang.T(ctx, "%d年", f.Year)), ui.On(f.AsOf), ui.When(f.At.Time)}})
	}
	return web.Render(w, r, status, reportsPage(v))
}

// freeze keeps the figures of a year as they are now.
func (p *pages) freeze(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Decode[struct {
		Title string        `form:"title"`
		Year  int           `form:"year"`
		AsOf  calendar.Date `form:"as_of"`
	}](r)
	var f *figure.Freeze
	if err == nil {
		f, err = p.figures.Freeze(r.Context(), figure.Request{Year: in.Year, AsOf: in.AsOf}, in.Title)
	}
	if errs.Is(err, errs.Invalid) {
		return p.listReports(w, r, http.StatusUnprocessableEntity, reportsView{err: err, title: in.Title, year: strconv.Itoa(in.Year), asOf: string(in.AsOf)})
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(r.Context(), "已定格"), "")
	return web.Redirect(w, r, "/figure-freezes/"+f.ID)
}

// reportView is a freeze against what is counted now.
type reportView struct {
	frozen  *figure.Frozen
	lead    string
	changed int
	table   ui.TableInfo
}

func (p *pages) report(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := p.figures.Frozen(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := reportView{frozen: f, lead: lang.T(ctx, "%s定格了截至%s的数字", f.By, f.AsOf.Long(ctx))}
	v.table = ui.TableInfo{Caption: f.Title, Columns: []ui.Column{{Title: lang.T(ctx, "指标"), Wide: true}, {Title: lang.T(ctx, "定格时"), Num: true}, {Title: lang.T(ctx, "现在"), Num: true},
		{Title: lang.T(ctx, "增加的记录"), Num: true}, {Title: lang.T(ctx, "减少的记录"), Num: true}}}
	for _, l := range f.Lines {
		row := ui.Row{Name: l.Name}
		now := text(l.Now)
		if l.Gone {
			now = lang.T(ctx, "指标已停用")
		}
		if !l.Same() {
			v.changed++
			row.Kind = ui.Warn
			now += " " + lang.T(ctx, "（不同）")
		}
		row.Cells = []templ.Component{ui.Str(l.Name), ui.Str(text(l.Then)), ui.Str(now), ui.Num(len(l.Added)), ui.Num(len(l.Lost))}
		v.table.Rows = append(v.table.Rows, row)
	}
	return web.Render(w, r, http.StatusOK, reportPage(v))
}
