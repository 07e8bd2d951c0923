// Package regionalweb shows joint proposals of several places: to each partner the
// same record, with what their own people may do.
//
// Main types: [Deps]; [Add] puts pages, menu and REST into the module. It owns no
// tables and decides nothing.
package regionalweb

import (
	_ "embed"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/errs"
	"shangliang/internal/module"
	"shangliang/internal/regional"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Deps are the services behind the pages.
type Deps struct{ Regional *regional.Service }

// pages are the handlers. They are safe for concurrent use.
type pages struct{ Deps }

// Add puts the pages into the module.
func Add(m *module.Module, d Deps) {
	p := &pages{d}
	m.Menu = append(m.Menu, module.MenuItem{Path: "/regional", Title: "跨区域联名", Icon: "map", Group: "提案", Order: 18, Permission: "regional.read"})
	m.Routes = func(rt *web.Router) {
		rt.Get("/regional", p.list)
		rt.Get("/regional/new", p.form)
		rt.Post("/regional/new", p.begin)
		rt.Get("/regional/{id}", p.show)
		rt.Get("/regional/{id}/text", p.textForm)
		rt.Post("/regional/{id}/text", p.revise)
		rt.Get("/regional/{id}/text/{n}", p.text)
		rt.Post("/regional/{id}/{action}", p.act)
	}
	m.API = func(api huma.API) { addAPI(api, d) }
}

func itoa(n int) string { return strconv.Itoa(n) }

// mendable reports whether a refusal is for the person to mend on the same page.
func mendable(err error) bool { return errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) }

var stateKinds = map[string]ui.Kind{regional.Drafting: ui.Info, regional.Agreed: ui.Good, regional.Submitted: ui.Good, regional.Cancelled: ui.Neutral}

var standingKinds = map[string]ui.Kind{"received": ui.Info, "filed": ui.Good, "key": ui.Good, "not_filed": ui.Warn}
