// Package ruleweb shows package rule: the settings that a tenant works by, with
// where each comes from; the form that changes them; the versions and what each
// changed; and the regulations behind them. As pages and as REST.
//
// Main types: [Deps], what the pages need; [Add] fills in the module. It owns no
// tables and no rules: every act is a method of rule.Rules.
package ruleweb

import (
	"context"
	_ "embed"
	"net/http"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/module"
	"shangliang/internal/rule"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Deps are what the pages work with.
type Deps struct {
	Rules *rule.Rules
	Now   func() time.Time // time.Now when nil
}

// pages are the handlers.
type pages struct{ Deps }

// Add gives the module its pages, its REST and its part of the menu.
func Add(m *module.Module, d Deps) {
	if d.Now == nil {
		d.Now = time.Now
	}
	p := &pages{d}
	m.Menu = append(m.Menu,
		module.MenuItem{Path: "/rules", Title: "规则", Icon: "adjustments", Group: "系统管理", Order: 91, Permission: rule.Manage},
		module.MenuItem{Path: "/regulations", Title: "制度", Icon: "book", Group: "系统管理", Order: 92, Permission: rule.Manage})
	m.Routes = p.routes
	m.API = p.api
}

func (p *pages) routes(rt *web.Router) {
	rt.Get("/rules", p.current)
	rt.Get("/rules/edit", p.edit)
	rt.Post("/rules/edit", p.save)
	rt.Get("/rules/versions", p.versions)
	rt.Get("/rules/versions/{n}", p.version)
	rt.Post("/rules/versions/{n}/withdraw", p.withdraw)
	rt.Get("/rules/compare", p.compare)
	rt.Get("/regulations", p.regulations)
	rt.Get("/regulations/new", p.newRegulation)
	rt.Post("/regulations", p.addRegulation)
	rt.Get("/regulations/{id}", p.regulation)
	rt.Get("/regulations/{id}/edit", p.editRegulation)
	rt.Post("/regulations/{id}", p.saveRegulation)
}

func (p *pages) today() calendar.Date { return calendar.On(p.Now()) }

// manages reports whether who asks may change rules.
func manages(ctx context.Context) bool {
	a, _ := actor.From(ctx)
	return a.Can(rule.Manage)
}

// word translates a text that comes out of a table; none stays none.
func word(ctx context.Context, zh string) string {
	if zh == "" {
		return ""
	}
	return lang.Say(ctx, zh)
}

// done says what happened and goes on to another page.
func done(w http.ResponseWriter, r *http.Request, text, path string) error {
	web.Flash(w, r, ui.Good, text, "")
	return web.Redirect(w, r, path)
}

// mendable reports whether a person can mend an error in the form it came from.
func mendable(err error) bool { return errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) }
