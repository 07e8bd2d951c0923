// Package searchweb shows package search: one page, and one REST operation, that
// find what a person may see.
//
// Main types: [Deps], what the pages need; [Kind], what can be found, and
// [Facet], what it can be narrowed by; [Add] fills in the module. It owns no
// tables and knows of no capability: the platform says what kinds there are,
// where they are shown and what of them somebody may find.
package searchweb

import (
	"context"
	_ "embed"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"shangliang/internal/actor"
	"shangliang/internal/lang"
	"shangliang/internal/module"
	"shangliang/internal/search"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Kind is a kind of thing that can be found.
type Kind struct {
	ID    string // search.Doc.Kind
	Title string // in Simplified Chinese
	Path  string // of its page, before the id: "/proposals/"
	Badge string // the facet that is shown with a hit as its state
}

// Facet is something that a search can be narrowed by; its name is also the
// parameter of the address.
type Facet struct {
	Name  string // search.Doc.Facets
	Title string // in Simplified Chinese
	// Options are the values to choose from.
	Options func(ctx context.Context) ([]ui.Option, error)
}

// Deps are what the pages work with.
type Deps struct {
	// Find is search.Find in a transaction of its own.
	Find func(ctx context.Context, q search.Query) (search.Results, error)
	// Suggest is search.Suggest in a transaction of its own.
	Suggest  func(ctx context.Context, q search.Query) (search.Suggestions, error)
	Audience func(a actor.Actor) []string // what somebody may find
	Kinds    []Kind
	Facets   []Facet
}

// pages are the handlers.
type pages struct{ Deps }

// Add gives the module its page and its REST. Nothing stands in the menu: the
// field is on every page.
func Add(m *module.Module, d Deps) {
	p := &pages{d}
	m.Routes = p.routes
	m.API = p.api
}

func (p *pages) routes(rt *web.Router) {
	rt.Get("/search", p.search)
	rt.Get("/search/suggest", p.suggest)
}

// word translates a text that comes out of a table; none stays none.
func word(ctx context.Context, zh string) string {
	if zh == "" {
		return ""
	}
	return lang.Say(ctx, zh)
}

func (p *pages) kind(id string) (Kind, bool) {
	i := slices.IndexFunc(p.Kinds, func(k Kind) bool { return k.ID == id })
	if i < 0 {
		return Kind{}, false
	}
	return p.Kinds[i], true
}

// many is how many hits a page lists.
const many = 20

// question is what somebody looks for, as the address says it.
type question struct {
	search.Query
	Narrowed bool // by a kind or a facet
}

// query is the question of an actor: values of parameters by their names.
func (p *pages) query(a actor.Actor, value func(name string) string) question {
	q := question{Query: search.Query{Tenant: a.Tenant, Text: web.Clean(value("q")), Audience: p.Audience(a), Limit: many}}
	if k, known := p.kind(value("kind")); known {
		q.Kinds, q.Narrowed = []string{k.ID}, true
	}
	for _, f := range p.Facets {
		if v := web.Clean(value(f.Name)); v != "" {
			if q.Facets == nil {
				q.Facets = map[string]string{}
			}
			q.Facets[f.Name], q.Narrowed = v, true
		}
	}
	return q
}

// resultsPage is what a search found.
type resultsPage struct {
	pages   *pages
	Query   question
	Asked   bool // there is something to look for
	Here    string
	Fields  []ui.Field
	Results search.Results
	Meant   search.Suggestions // where nothing was found
	First   bool
	Next    string
}

func (p *pages) search(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	page := resultsPage{pages: p, Query: p.query(a, r.FormValue), Here: r.URL.RequestURI()}
	page.Query.After, _ = strconv.ParseInt(r.FormValue("after"), 10, 64) // else from the newest
	page.First = page.Query.After <= 0
	page.Asked = page.Query.Text != "" || page.Query.Narrowed
	if page.Fields, err = p.fields(ctx); err != nil {
		return err
	}
	if page.Asked {
		if page.Results, err = p.Find(ctx, page.Query.Query); err != nil {
			return err
		}
		if len(page.Results.Hits) == 0 && page.First && page.Query.Text != "" {
			if page.Meant, err = p.meant(ctx, a, page.Query.Text); err != nil {
				return err
			}
		}
		if page.Results.More {
			page.Next = ui.With(page.Here, "after", strconv.FormatInt(page.Results.Next, 10))
		}
	}
	return web.Render(w, r, http.StatusOK, resultsView(page))
}

// meant is what somebody may mean by a text: a part of what is shown here.
func (p *pages) meant(ctx context.Context, a actor.Actor, text string) (search.Suggestions, error) {
	q := search.Query{Tenant: a.Tenant, Text: text, Audience: p.Audience(a)}
	for _, k := range p.Kinds {
		q.Kinds = append(q.Kinds, k.ID)
	}
	return p.Suggest(ctx, q)
}

// suggest answers while somebody types: options of a list, for the script of the
// field.
func (p *pages) suggest(w http.ResponseWriter, r *http.Request) error {
	a, err := actor.Require(r.Context(), "")
	if err != nil {
		return err
	}
	text := web.Clean(r.FormValue("q"))
	meant, err := p.meant(r.Context(), a, text)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, suggestView(p, text, meant))
}

// path is where a suggested document is.
func (p *pages) path(s search.Suggestion) string {
	k, _ := p.kind(s.Kind)
	return k.Path + s.ID
}

// fields are what a search can be narrowed by. A single kind is no choice.
func (p *pages) fields(ctx context.Context) ([]ui.Field, error) {
	var fields []ui.Field
	if len(p.Kinds) > 1 {
		f := ui.Field{Name: "kind", Label: lang.T(ctx, "种类"), Options: ui.Options("", lang.T(ctx, "全部"))}
		for _, k := range p.Kinds {
			f.Options = append(f.Options, ui.Option{Value: k.ID, Label: word(ctx, k.Title)})
		}
		fields = append(fields, f)
	}
	for _, x := range p.Facets {
		options, err := x.Options(ctx)
		if err != nil {
			return nil, err
		}
		fields = append(fields, ui.Field{Name: x.Name, Label: word(ctx, x.Title), Options: append(ui.Options("", lang.T(ctx, "全部")), options...)})
	}
	return fields, nil
}

// label is how a facet's value is shown.
func (p resultsPage) label(name, value string) string {
	for _, f := range p.Fields {
		if f.Name == name {
			for _, o := range f.Options {
				if o.Value == value {
					return o.Label
				}
			}
		}
	}
	return value
}

// names writes the people of a hit, the first three of many.
func names(ctx context.Context, people []string) string {
	const most = 3
	joined := strings.Join(people[:min(len(people), most)], lang.T(ctx, "、"))
	if len(people) > most {
		return lang.T(ctx, "%s等%d人", joined, len(people))
	}
	return joined
}

// shown is what of a question is repeated on the page.
func shown(text string) string {
	if utf8.RuneCountInString(text) > 40 {
		return string([]rune(text)[:40]) + "…"
	}
	return text
}
