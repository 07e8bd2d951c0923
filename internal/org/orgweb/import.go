package orgweb

import (
	"context"
	"net/http"
	"net/url"

	"shangliang/internal/actor"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/web"
)

const (
	importPath = "/people/import"
	rosterSize = 5 << 20 // bytes of a roster file
)

// rosterLimits are what a roster file may be.
func rosterLimits() document.Limits {
	l := document.Defaults()
	l.Kinds = map[document.Kind]int64{document.XLSX: rosterSize, document.CSV: rosterSize}
	l.Rows = org.MaxRosterRows
	return l
}

// rostering is what roster files wait for on the shelf.
const rostering = "org.roster"

// importForm is how a roster is to be taken in.
type importForm struct {
	File     string `form:"file"`
	Term     string `form:"term"`
	Create   bool   `form:"create"`
	GoodOnly bool   `form:"good_only"`
	Accounts bool   `form:"accounts"`
}

func (f importForm) options() org.ImportOptions {
	return org.ImportOptions{Term: f.Term, Create: f.Create, GoodOnly: f.GoodOnly, Accounts: f.Accounts}
}

// importPage is the preview of a roster file.
type importPage struct {
	*org.RosterPreview
	Name  string
	Terms []*org.Term
	In    importForm
	Opens bool // may open accounts
	Err   error
}

func (p *pages) showImport(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, rostering); err != nil {
		return err
	}
	in, err := web.Decode[importForm](r)
	if err != nil {
		return err
	}
	if in.File == "" {
		return web.Render(w, r, http.StatusOK, importView(nil))
	}
	v, err := p.preview(ctx, in)
	if err != nil {
		return again(w, r, err, importView(err))
	}
	return web.Render(w, r, http.StatusOK, previewView(v))
}

func (p *pages) preview(ctx context.Context, in importForm) (*importPage, error) {
	a, err := actor.Require(ctx, rostering)
	if err != nil {
		return nil, err
	}
	k, err := p.Shelf.Get(ctx, rostering, in.File)
	if err != nil {
		return nil, err
	}
	t, err := k.Open(rosterLimits())
	if err != nil {
		return nil, err
	}
	v := &importPage{Name: k.Name, In: in, Opens: a.Can("org.manage")}
	if v.RosterPreview, err = p.Org.PreviewRoster(ctx, t, in.options()); err != nil {
		return nil, err
	}
	v.Terms, err = p.Org.Terms(ctx)
	return v, err
}

// uploadRoster keeps a file and leads to its preview.
func (p *pages) uploadRoster(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, rostering); err != nil {
		return err
	}
	id, err := p.shelve(r)
	if err != nil {
		return again(w, r, err, importView(err))
	}
	return web.Redirect(w, r, importPath+"?file="+url.QueryEscape(id)+"&create=yes")
}

func (p *pages) shelve(r *http.Request) (string, error) {
	up, err := web.Upload(r, "file", rosterSize)
	if err != nil {
		return "", err
	}
	defer up.Close()
	if _, err := document.Open(up.Name, up, up.Size, rosterLimits()); err != nil { // tell at once what cannot be read at all
		return "", err
	}
	return p.Shelf.Put(r.Context(), rostering, up.Name, up)
}

func (p *pages) importRoster(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, err := actor.Require(ctx, rostering)
	if err != nil {
		return err
	}
	in, err := web.Decode[importForm](r)
	if err != nil {
		return err
	}
	if in.Accounts && !a.Can("org.manage") {
		return errs.New(errs.Forbidden, "只有系统管理员可以开通账号")
	}
	k, err := p.Shelf.Get(ctx, rostering, in.File)
	if err != nil {
		return again(w, r, err, importView(err))
	}
	if k.Imported >= 0 { // the one-time passwords were shown, once
		return done(w, r, lang.T(ctx, "这个文件已经导入过，导入了%d人", k.Imported), "/people")
	}
	t, err := k.Open(rosterLimits())
	var result *org.RosterResult
	if err == nil {
		result, err = p.Org.ImportRoster(ctx, t, in.options())
	}
	if err != nil {
		v, e := p.preview(ctx, in)
		if e != nil {
			return again(w, r, e, importView(e))
		}
		v.Err = err
		return again(w, r, err, previewView(v))
	}
	if err := p.Shelf.Imported(ctx, rostering, in.File, result.People); err != nil {
		p.Log.Error("orgweb: a roster stays on the shelf", "error", err) // it was imported all the same
	}
	text := lang.T(ctx, "导入了%d人；%d人原已在册，没有改动", result.People, result.Existing)
	if result.Bad > 0 {
		text += lang.T(ctx, "；%d行有误，没有导入", result.Bad)
	}
	if len(result.Passwords) > 0 {
		return p.showSlips(w, r, result.Passwords, text)
	}
	return done(w, r, text, "/people")
}

func (p *pages) rosterTemplate(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), rostering); err != nil {
		return err
	}
	name := lang.T(r.Context(), "委员名册模板")
	return document.ServeTemplate(w, name, org.RosterColumns)
}

// problemOf is what is wrong with a cell, as a text; empty if nothing is.
func problemOf(ctx context.Context, row *org.RosterRow, column string) string {
	for _, x := range row.Problems {
		if x.Column == column {
			return lang.T(ctx, x.Msg, x.Args...)
		}
	}
	return ""
}

// loose are the problems of a row that are about none of the columns shown.
func loose(ctx context.Context, row *org.RosterRow, columns []document.Column) string {
	text := ""
	for _, x := range row.Problems {
		shown := false
		for _, c := range columns {
			shown = shown || c.ID == x.Column
		}
		if !shown {
			text += lang.T(ctx, x.Msg, x.Args...) + " "
		}
	}
	return text
}

// shownRows bounds what a preview shows, not what is imported.
const shownRows = 300

func (v *importPage) rows(bad bool) []*org.RosterRow {
	var all []*org.RosterRow
	for _, r := range v.Rows {
		if (len(r.Problems) > 0) == bad && len(all) < shownRows {
			all = append(all, r)
		}
	}
	return all
}
