// Package orgweb shows package org: signing in, one's own account, the roster,
// bodies, terms, the calendar, tenants, accounts and the audit trail, as pages
// and as REST.
//
// Main types: [Deps], what the pages need; [Add] fills in the module; [Guard]
// leads everybody to the set-up page while the platform is empty. It names the
// cookies of the platform, since signing in sets them. It owns no tables and no
// rules: every act is a method of org.Service.
package orgweb

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/module"
	"shangliang/internal/org"
	"shangliang/internal/shelf"
	"shangliang/internal/sso"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Deps are what the pages work with.
type Deps struct {
	Org     *org.Service
	SSO     *sso.Provider    // nil without one
	BaseURL string           // how people reach the platform; as the request says when empty
	Secure  bool             // people reach the platform by TLS
	Now     func() time.Time // time.Now when nil
	Log     *slog.Logger     // slog.Default() when nil
	Shelf   *shelf.Shelf     // roster files between preview and import

	// Acts are the titles of other modules' acts, by the action of their ledger
	// entries; what is in neither table is shown by the title of a permission
	// of that name.
	Acts map[string]string
	// Links say where things of other modules are shown, by the kind that their
	// ledger entries name.
	Links map[string]Link
}

// Link says where things of a kind are shown and who may see all of them there.
type Link struct {
	Path       string // before the id
	Permission string // empty: everybody
}

// pages are the handlers.
type pages struct {
	Deps
	attempts *web.Limiter // to sign in, by address
}

// The groups of the menu.
const (
	peopleGroup = "人员与组织"
	systemGroup = "系统管理"
)

// Add gives the module its pages, its REST, its part of the menu and its cards.
func Add(m *module.Module, d Deps) {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	// A whole conference may sign in from one address on the morning it opens;
	// names are locked one by one by the service.
	p := &pages{Deps: d, attempts: web.NewLimiter(2*time.Second, 60)}
	m.Menu = append(m.Menu, p.menu()...)
	m.Home = append(m.Home, p.cards()...)
	m.Routes = p.routes
	m.API = p.api
}

func (p *pages) today() calendar.Date { return calendar.On(p.Now()) }

// word translates a text that comes out of a table.
func word(ctx context.Context, zh string) string {
	if zh == "" {
		return ""
	}
	return lang.Say(ctx, zh)
}

// mends are the kinds of error that a person can do something about in the form.
var mends = map[errs.Kind]bool{errs.Invalid: true, errs.Conflict: true, errs.TooMany: true, errs.TooLarge: true, errs.Unauthenticated: true}

// again shows a form again with what was wrong. What nobody can mend there is
// given back.
func again(w http.ResponseWriter, r *http.Request, err error, page templ.Component) error {
	kind := errs.KindOf(err)
	if !mends[kind] {
		return err
	}
	return web.Render(w, r, web.Status(kind), page)
}

// done says what happened and goes on to another page.
func done(w http.ResponseWriter, r *http.Request, text, path string) error {
	web.Flash(w, r, ui.Good, text, "")
	return web.Redirect(w, r, path)
}

// failed tells on the next page what went wrong with an act of one button,
// which has no form to show again.
func failed(w http.ResponseWriter, r *http.Request, err error, path string) error {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || !mends[e.Kind] && e.Kind != errs.Forbidden {
		return err
	}
	text := lang.T(r.Context(), e.Msg, e.Args...)
	if len(e.Fields) > 0 {
		text = lang.T(r.Context(), e.Fields[0].Msg, e.Fields[0].Args...)
	}
	web.Flash(w, r, ui.Bad, text, "")
	return web.Redirect(w, r, path)
}

// version is the version of the record that the form was made of.
func version(r *http.Request) (int, error) {
	n, err := web.Version(r)
	return int(n), err
}

// here is the path and query of a request, for lists whose filters are there.
func here(r *http.Request) string { return r.URL.RequestURI() }

// next is where to go on to after signing in.
func next(r *http.Request) string { return web.SafeNext(cmp.Or(r.FormValue("next"), "/")) }
