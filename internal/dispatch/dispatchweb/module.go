// Package dispatchweb shows dispatch meetings: the agenda, the desk at which
// departments are chosen case by case, the lists to print and sign, the record.
//
// Main types: [Deps]; [Add] puts pages, menu and REST into the module. It owns no
// tables and decides nothing.
package dispatchweb

import (
	_ "embed"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/dispatch"
	"shangliang/internal/document"
	"shangliang/internal/module"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Deps are the services behind the pages.
type Deps struct {
	Dispatch  *dispatch.Service
	Proposals *proposal.Service
	Org       *org.Service
}

// pages are the handlers. They are safe for concurrent use.
type pages struct {
	Deps
	limits document.Limits
	accept string
}

// Add puts the pages into the module.
func Add(m *module.Module, d Deps) {
	p := &pages{Deps: d, limits: d.Dispatch.FileLimits()}
	p.accept = strings.Join(p.limits.Extensions(), ",")
	m.Menu = append(m.Menu, module.MenuItem{Path: "/dispatches", Title: "交办会", Icon: "send", Group: "提案", Order: 16,
		Roles: []string{"dispatcher", "clerk", "reviewer", "review_chair", "leader", "unit_clerk", "unit_officer", "unit_leader"}})
	m.Routes = func(rt *web.Router) {
		rt.Get("/dispatches", p.list)
		rt.Get("/dispatches/new", p.form)
		rt.Post("/dispatches/new", p.save)
		rt.Get("/dispatches/{id}", p.show)
		rt.Get("/dispatches/{id}/edit", p.form)
		rt.Post("/dispatches/{id}/edit", p.save)
		rt.Post("/dispatches/{id}/cancel", p.cancel)
		rt.Get("/dispatches/{id}/put", p.putForm)
		rt.Post("/dispatches/{id}/put", p.put)
		rt.Post("/dispatches/{id}/accept", p.acceptAll)
		rt.Post("/dispatches/{id}/send", p.send)
		rt.Get("/dispatches/{id}/sheets", p.sheets)
		rt.Get("/dispatches/{id}/export", p.export)
		rt.Get("/dispatches/{id}/cases/{proposal}", p.desk)
		rt.Post("/dispatches/{id}/cases/{proposal}", p.choose)
		rt.Post("/dispatches/{id}/cases/{proposal}/remove", p.remove)
		rt.Upload("/dispatches/{id}/files", p.limits.Most()+web.FormLimit, p.attach)
		rt.Get("/dispatches/{id}/files/{file}", p.file)
		rt.Post("/dispatches/{id}/files/{file}/remove", p.detach)
	}
	m.API = func(api huma.API) { addAPI(api, d) }
}

func pathOf(id, rest string) string { return "/dispatches/" + id + rest }

// roles are what a department has of a case, in words.
var roles = map[string]string{proposal.Sole: "独办", proposal.Host: "主办", proposal.CoHandler: "会办", proposal.Split: "分办"}

var states = map[string]struct {
	title string
	kind  ui.Kind
}{
	dispatch.Waiting: {"待确定单位", ui.Warn},
	dispatch.Chosen:  {"已确定，待交办", ui.Info},
	dispatch.Sent:    {"已交办", ui.Good},
}
