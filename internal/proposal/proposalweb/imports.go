package proposalweb

import (
	"context"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/proposal"
	"shangliang/internal/shelf"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// importPages bring a year's proposals in from a table: choose it, see what is
// wrong with which cell, import all or the good rows.
type importPages struct {
	proposals *proposal.Service
	limits    document.Limits
	shelf     *shelf.Shelf
}

// importing is what tables wait for on the shelf.
const importing = "proposal.import"

// addImports adds the pages of the import.
func addImports(rt *web.Router, d Deps) {
	p := &importPages{proposals: d.Proposals, limits: d.Proposals.FileLimits(), shelf: d.Shelf}
	rt.Get("/proposals/import", p.show)
	rt.Get("/proposals/import.xlsx", p.template)
	rt.Upload("/proposals/import", p.limits.Kinds[document.XLSX]+web.FormLimit, p.take)
}

// importView is the page in each of its three states: nothing chosen, a table
// looked at, a table imported.
type importView struct {
	columns []document.Column
	max     int64
	err     error

	token    string
	name     string // of the file
	unknown  []string
	preview  *proposal.Preview
	problems map[int][]document.Problem // by line
	imported int                        // how many; with a token and without a preview
}

// template sends an empty table to fill in.
func (p *importPages) template(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	columns, err := p.proposals.ImportTemplate(ctx)
	if err != nil {
		return err
	}
	return document.ServeTemplate(w, lang.T(ctx, "提案导入模板"), columns)
}

func (p *importPages) show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), r.URL.Query().Get("table"))
	if err != nil {
		return err
	}
	status := http.StatusOK
	if v.err != nil {
		status = web.Status(errs.KindOf(v.err))
	}
	return web.Render(w, r, status, importPage(v))
}

// view reads what the page shows. A table that cannot be read is no error of
// the page: it says what to do.
func (p *importPages) view(ctx context.Context, token string) (v importView, err error) {
	v = importView{max: p.limits.Kinds[document.XLSX], token: token}
	if v.columns, err = p.proposals.ImportTemplate(ctx); err != nil || token == "" {
		return v, err
	}
	k, err := p.shelf.Get(ctx, importing, token)
	if errs.Is(err, errs.Conflict) {
		v.token, v.err = "", err
		return v, nil
	}
	if err != nil {
		return v, err
	}
	v.name = k.Name
	if k.Imported >= 0 {
		v.imported = k.Imported
		return v, nil
	}
	t, err := k.Open(p.limits)
	if err == nil {
		v.preview, err = p.proposals.PreviewImport(ctx, t)
	}
	if errs.KindOf(err) == errs.Internal && err != nil {
		return v, err
	}
	if err != nil {
		v.token, v.err = "", err
		return v, nil
	}
	v.unknown = t.Unknown
	v.problems = map[int][]document.Problem{}
	for _, x := range v.preview.Problems {
		v.problems[x.Line] = append(v.problems[x.Line], x)
	}
	return v, nil
}

// take keeps a table that was chosen and shows it, or imports one that was
// looked at.
func (p *importPages) take(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	_, err := actor.Require(ctx, importing) // before anything is read
	if err != nil {
		return err
	}
	token := r.PostFormValue("table")
	if token != "" {
		err = p.carryOut(ctx, token, r.PostFormValue("rows") == "good")
	} else {
		var up *web.Received
		if up, err = web.Upload(r, "file", p.limits.Kinds[document.XLSX]); err == nil {
			token, err = p.shelf.Put(ctx, importing, up.Name, up)
			up.Close()
		}
	}
	switch kind := errs.KindOf(err); {
	case err == nil:
		return web.Redirect(w, r, query("/proposals/import", "table", token))
	case kind == errs.Internal || kind == errs.Forbidden:
		return err
	default:
		v, verr := p.view(ctx, token)
		if verr != nil {
			return verr
		}
		v.err = err
		return web.Render(w, r, web.Status(kind), importPage(v))
	}
}

// carryOut imports a table once, however often it is asked for.
func (p *importPages) carryOut(ctx context.Context, token string, goodOnly bool) error {
	k, err := p.shelf.Get(ctx, importing, token)
	if err != nil || k.Imported >= 0 {
		return err
	}
	t, err := k.Open(p.limits)
	if err != nil {
		return err
	}
	return p.shelf.Once(ctx, importing, token, func(ctx context.Context) (int, error) { return p.proposals.Import(ctx, t, goodOnly) })
}

// shownRows bounds the rows that the preview draws; the numbers above them are
// of all.
const shownRows = 300

// rows are the rows that the preview shows: the bad ones before the good.
func (v importView) rows() []proposal.ImportRow {
	all := slices.Clone(v.preview.Rows)
	slices.SortStableFunc(all, func(x, y proposal.ImportRow) int {
		switch {
		case x.Bad == y.Bad:
			return 0
		case x.Bad:
			return -1
		}
		return 1
	})
	return all[:min(len(all), shownRows)]
}

// bad is how many rows cannot be imported.
func (v importView) bad() int { return len(v.preview.Rows) - v.preview.Good() }

// table draws the rows; what is wrong stands in the cell where it is wrong.
func (v importView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "表格内容"), Columns: []ui.Column{{Title: lang.T(ctx, "行"), Num: true, Short: true}}}
	for _, c := range v.preview.Columns {
		t.Columns = append(t.Columns, ui.Column{Title: lang.Say(ctx, c.Title)})
	}
	for _, row := range v.rows() {
		out := ui.Row{Cells: make([]templ.Component, 0, len(t.Columns))}
		if row.Bad {
			out.Kind = ui.Bad
		}
		out.Cells = append(out.Cells, ui.Num(row.Line))
		for _, c := range v.preview.Columns {
			cell := importCell(short(asWritten(ctx, c, row.Values[c.ID])), v.problemsAt(row.Line, c.ID))
			if c.ID == "title" {
				cell = ui.Group(cell, importAlike(row))
			}
			out.Cells = append(out.Cells, cell)
		}
		t.Rows = append(t.Rows, out)
	}
	return t
}

func (v importView) problemsAt(line int, column string) (here []document.Problem) {
	for _, x := range v.problems[line] {
		if x.Column == column {
			here = append(here, x)
		}
	}
	return here
}

// asWritten is a value in the words of the table; what was not understood is
// there as it was written already.
func asWritten(ctx context.Context, c document.Column, value string) string {
	switch {
	case c.Type == document.Bool && value == "true":
		return lang.T(ctx, "是")
	case c.Type == document.Bool && value == "false":
		return lang.T(ctx, "否")
	}
	for _, o := range c.Options {
		if o.Value == value {
			return lang.Say(ctx, o.Names[0])
		}
	}
	return value
}

// short is the beginning of a long text.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
