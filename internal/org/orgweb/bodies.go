package orgweb

import (
	"cmp"
	"net/http"

	"shangliang/internal/actor"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// bodiesPage lists the bodies of one kind.
type bodiesPage struct {
	Kind   org.Code
	Tabs   []ui.Tab
	Bodies []*org.Body
	Edits  bool
	Lines  string
	Err    error
}

func bodiesPath(kind string) string { return "/bodies?kind=" + kind }

func (p *pages) bodiesPage(r *http.Request, kind string) (*bodiesPage, error) {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "org.people"); err != nil {
		return nil, err
	}
	_, all, err := p.bodies(ctx)
	if err != nil {
		return nil, err
	}
	v := &bodiesPage{Kind: org.Kinds[0], Edits: can(ctx, "org.manage")}
	count := map[string]int{}
	for _, b := range all {
		if b.Active {
			count[b.Kind]++
		}
	}
	for _, k := range org.Kinds {
		if k.ID == kind {
			v.Kind = k
		}
	}
	for _, k := range org.Kinds {
		v.Tabs = append(v.Tabs, ui.Tab{Title: word(ctx, k.Title), URL: bodiesPath(k.ID), Count: count[k.ID], Current: k == v.Kind})
	}
	for _, b := range all {
		if b.Kind == v.Kind.ID {
			v.Bodies = append(v.Bodies, b)
		}
	}
	return v, nil
}

func (p *pages) showBodies(w http.ResponseWriter, r *http.Request) error {
	v, err := p.bodiesPage(r, r.URL.Query().Get("kind"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, bodiesView(v))
}

// exportBodies sends the list as it is shown.
func (p *pages) exportBodies(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.bodiesPage(r, r.URL.Query().Get("kind"))
	if err != nil {
		return err
	}
	var rows [][]any
	for _, b := range v.Bodies {
		row := []any{b.Name, b.ShortName}
		if v.Kind.ID == "department" {
			row = append(row, word(ctx, org.Title(org.Systems, b.System)))
		}
		rows = append(rows, append(row, b.Contact, b.Phone, bodyState(ctx, b)))
	}
	name := word(ctx, v.Kind.Title)
	return document.Serve(w, name, document.Sheet{Name: name, Header: bodyTable(ctx, v).Titles(), Rows: document.Each(rows)})
}

// addBodies makes a body of each line.
func (p *pages) addBodies(w http.ResponseWriter, r *http.Request) error {
	ctx, kind, text := r.Context(), r.PostFormValue("kind"), r.PostFormValue("lines")
	list, err := bodyLines(kind, text, "lines")
	if err == nil && len(list) == 0 {
		var f errs.Fields
		f.Add("lines", "请填写")
		err = f.Err()
	}
	if err == nil {
		err = p.Org.AddBodies(ctx, list)
	}
	if err != nil {
		v, e := p.bodiesPage(r, kind)
		if e != nil {
			return e
		}
		v.Lines, v.Err = text, err
		return again(w, r, err, bodiesView(v))
	}
	return done(w, r, lang.T(ctx, "已添加，原来就有的没有改动"), bodiesPath(kind))
}

// bodyForm is a body as typed.
type bodyForm struct {
	Name      string `form:"name"`
	ShortName string `form:"short_name"`
	Parent    string `form:"parent"`
	System    string `form:"system"`
	Phone     string `form:"phone"`
	Contact   string `form:"contact"`
	Position  int    `form:"position"`
	Active    bool   `form:"active"`
}

// one is a body with those that it could belong to.
func (p *pages) oneBody(r *http.Request) (*org.Body, []*org.Body, error) {
	if _, err := actor.Require(r.Context(), "org.manage"); err != nil {
		return nil, nil, err
	}
	byID, all, err := p.bodies(r.Context())
	if err != nil {
		return nil, nil, err
	}
	b := byID[r.PathValue("id")]
	if b == nil {
		return nil, nil, errs.Missing()
	}
	return b, all, nil
}

func (p *pages) editBody(w http.ResponseWriter, r *http.Request) error {
	b, all, err := p.oneBody(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, bodyView(b, b.Version, bodyForm{b.Name, b.ShortName, b.Parent, b.System, b.Phone, b.Contact, b.Position, b.Active}, all, nil))
}

func (p *pages) saveBody(w http.ResponseWriter, r *http.Request) error {
	b, all, err := p.oneBody(r)
	if err != nil {
		return err
	}
	in, err := web.Decode[bodyForm](r)
	n, e := version(r)
	if err = cmp.Or(err, e); err == nil {
		_, err = p.Org.SaveBody(r.Context(), org.Body{ID: b.ID, Kind: b.Kind, Name: in.Name, ShortName: in.ShortName, Parent: in.Parent, System: in.System,
			Phone: in.Phone, Contact: in.Contact, Position: in.Position, Active: in.Active, Version: n})
	}
	if err != nil {
		return again(w, r, err, bodyView(b, n, in, all, err))
	}
	return done(w, r, lang.T(r.Context(), "已保存"), bodiesPath(b.Kind))
}
