package figureweb

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"shangliang/internal/document"
	"shangliang/internal/figure"
	"shangliang/internal/lang"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// all is the page of all figures of a year against the year before.
func (p *pages) all(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	_, req, err := p.request(r)
	if err != nil {
		return err
	}
	req.By = ""
	now, before, err := p.figures.Compare(ctx, req)
	if err != nil {
		return err
	}
	years, sessions, err := p.choices(ctx, now)
	if err != nil {
		return err
	}
	v := allView{
		period:   period(ctx, now),
		pictures: draw(ctx, now, before),
		filters: ui.FiltersInfo{Here: "/figures?" + query(now), Fields: []ui.Field{
			{Name: "year", Label: lang.T(ctx, "年度"), Options: years},
			{Name: "session", Label: lang.T(ctx, "会议"), Options: sessions},
			{Name: "as_of", Label: lang.T(ctx, "截至"), Kind: "date"}},
			Export: "/figures/export?" + query(now)},
	}
	for _, group := range groupsOf(now) {
		v.groups = append(v.groups, tableGroup{title: lang.Say(ctx, group[0].Def.Group), table: ui.TableInfo{
			Caption: lang.Say(ctx, group[0].Def.Group),
			Columns: []ui.Column{{Title: lang.T(ctx, "指标")}, {Title: lang.T(ctx, "%d年", now.Year), Num: true}, {Title: lang.T(ctx, "分子 / 分母"), Num: true, Desk: true},
				{Title: lang.T(ctx, "%d年", now.Year-1), Num: true}, {Title: lang.T(ctx, "增减"), Num: true, Desk: true}, {Title: lang.T(ctx, "统计口径"), Wide: true, Desk: true}},
			Rows:  rows(ctx, group, now, before),
			Dense: true,
		}})
	}
	return web.Render(w, r, http.StatusOK, allPage(v))
}

type allView struct {
	period   string
	pictures []drawn
	filters  ui.FiltersInfo
	groups   []tableGroup
}

type tableGroup struct {
	title string
	table ui.TableInfo
}

// groupsOf parts the values of a report by their headings, in their order.
func groupsOf(rep *figure.Report) (all [][]figure.Value) {
	for i, v := range rep.Values {
		if i == 0 || v.Def.Group != rep.Values[i-1].Def.Group {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], v)
	}
	return all
}

func rows(ctx context.Context, values []figure.Value, now, before *figure.Report) (all []ui.Row) {
	for _, v := range values {
		old, _ := before.Value(v.Def.ID)
		value := ui.Str(text(v.Count) + unit(ctx, v))
		was := ui.Str(text(old.Count) + unit(ctx, old))
		if old.Def == nil {
			was = ui.Str("—")
		}
		row := ui.Row{Name: v.Name}
		if !v.Closed {
			row.Href = link(v.Def.ID, now)
			value = ui.A(ui.Link{Title: text(v.Count) + unit(ctx, v), URL: row.Href})
			if old.Def != nil {
				was = ui.A(ui.Link{Title: text(old.Count) + unit(ctx, old), URL: link(v.Def.ID, before)})
			}
		}
		difference := "—"
		if old.Def != nil {
			difference = change(ctx, v.Count, old.Count)
		}
		row.Cells = []templ.Component{ui.Str(v.Name), value, ui.Str(bases(v.Count)), was, ui.Str(difference), ui.Str(v.Rule)}
		all = append(all, row)
	}
	return all
}

// exportAll is the same as a table to take along.
func (p *pages) exportAll(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	_, req, err := p.request(r)
	if err != nil {
		return err
	}
	req.By = ""
	now, before, err := p.figures.Compare(ctx, req)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, v := range now.Values {
		row := []any{lang.Say(ctx, v.Def.Group), v.Name, number(v.Count), lang.Say(ctx, v.Def.Unit), nil, nil, nil, nil, v.Rule}
		if v.Rate {
			row[4], row[5] = v.Num, v.Den
		}
		if old, ok := before.Value(v.Def.ID); ok {
			row[6], row[7] = number(old.Count), change(ctx, v.Count, old.Count)
		}
		rows = append(rows, row)
	}
	title := lang.T(ctx, "统计指标") + " " + period(ctx, now)
	return document.Serve(w, title, document.Sheet{Name: strconv.Itoa(now.Year), Title: title, Header: []string{lang.T(ctx, "类别"), lang.T(ctx, "指标"), lang.T(ctx, "数值"),
		lang.T(ctx, "单位"), lang.T(ctx, "分子"), lang.T(ctx, "分母"), lang.T(ctx, "上年"), lang.T(ctx, "增减"), lang.T(ctx, "统计口径")}, Rows: document.Each(rows)})
}
