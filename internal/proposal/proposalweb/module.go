// Package proposalweb shows proposals to people: first pages, queues, the case,
// writing, acting, rating. It turns forms into calls of proposal.Service and
// what that returns into parts of package ui.
//
// Main types: [Deps]; [Add] puts pages, menu and first-page cards into the
// module of proposals. It owns no tables and decides nothing: which steps
// somebody may take, and what of a case they may see, the service has said
// before a page is drawn. Forms for steps are drawn from proposal.Fields, so
// that a new step needs no new page.
package proposalweb

import (
	"context"
	_ "embed"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/document"
	"shangliang/internal/module"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/shelf"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Deps are the services behind the pages.
type Deps struct {
	Proposals *proposal.Service
	Org       *org.Service
	Shelf     *shelf.Shelf // tables between preview and import
	// Modules are all there are, once they are complete: their panels stand on
	// the page of a case, their acts in its history.
	Modules func() []module.Module
}

// pages are the handlers. They are safe for concurrent use.
type pages struct {
	proposals *proposal.Service
	org       *org.Service
	limits    document.Limits
	accept    string // the extensions of files that are taken
	memory    memory
	modules   func() []module.Module
}

// Roles as groups, for menus and cards.
var (
	proposers = []string{"member", "collective"}
	office    = []string{"clerk", "reviewer", "review_chair", "dispatcher"}
	units     = []string{"unit_clerk", "unit_officer", "unit_leader"}
)

// Add puts the pages into the module.
func Add(m *module.Module, d Deps) {
	p := &pages{proposals: d.Proposals, org: d.Org, limits: d.Proposals.FileLimits(), modules: d.Modules}
	p.accept = strings.Join(p.limits.Extensions(), ",")
	const group = "提案"
	m.Menu = append(m.Menu,
		module.MenuItem{Path: "/", Title: "首页", Icon: "home", Order: 0, Primary: true},
		module.MenuItem{Path: "/proposals/mine", Title: "我的提案", Icon: "files", Group: group, Order: 10, Roles: proposers, Primary: true, Count: p.waiting},
		module.MenuItem{Path: "/proposals/new", Title: "写提案", Icon: "edit", Group: group, Order: 11, Roles: proposers, Primary: true},
		module.MenuItem{Path: "/proposals", Title: "提案办理", Icon: "files", Group: group, Order: 10, Roles: append([]string{"leader"}, office...), Primary: true, Count: p.waiting},
		module.MenuItem{Path: "/inbox", Title: "承办提案", Icon: "inbox", Group: group, Order: 10, Roles: units, Primary: true, Count: p.waiting},
		module.MenuItem{Path: "/proposals/paper", Title: "代录纸质提案", Icon: "edit", Group: group, Order: 12, Permission: "proposal.paper"},
		module.MenuItem{Path: "/proposals/import", Title: "导入提案", Icon: "table", Group: group, Order: 13, Permission: "proposal.import"},
		module.MenuItem{Path: "/rounds", Title: "提案征集", Icon: "flag", Group: group, Order: 14, Roles: append(append([]string{}, proposers...), office...)},
		module.MenuItem{Path: "/compliance", Title: "两见面一公开", Icon: "checklist", Group: group, Order: 15, Roles: append([]string{"clerk", "dispatcher", "leader"}, units...)},
	)
	m.Home = append(m.Home, p.cards()...)
	before := m.Routes
	m.Routes = func(rt *web.Router) {
		if before != nil {
			before(rt)
		}
		p.routes(rt)
		addRounds(rt, d)
		addImports(rt, d)
	}
	m.API = func(api huma.API) { addAPI(api, d) }
}

func (p *pages) routes(rt *web.Router) {
	rt.Get("/proposals", p.list)
	rt.Get("/proposals/mine", p.mine)
	rt.Get("/inbox", p.inbox)
	rt.Get("/proposals/filter", p.filter)
	rt.Get("/proposals.xlsx", p.export)
	rt.Post("/proposals/bulk", p.bulk)
	rt.Post("/proposals/undo", p.undo)

	upload := p.limits.Most() + web.FormLimit
	rt.Get("/proposals/new", p.newForm)
	rt.Get("/proposals/paper", p.paperForm)
	rt.Upload("/proposals/new", upload, p.create)
	rt.Post("/proposals/new/save", p.saveNew)
	rt.Get("/proposals/{id}/edit", p.editForm)
	rt.Upload("/proposals/{id}/edit", upload, p.edit)
	rt.Post("/proposals/{id}/save", p.save)
	rt.Get("/people/pick", p.pickPeople)
	rt.Post("/proposals/alike", p.alikeWhile)
	rt.Get("/proposals/{id}/alike", p.alikeTo)
	rt.Get("/proposals/{id}/alike/{other}", p.sideBySide)
	rt.Get("/proposals/merging", p.groups)
	rt.Get("/proposals/merge", p.mergeForm)
	rt.Post("/proposals/merge", p.merge)
	rt.Get("/proposals/{id}/leads", p.pickLead)
	rt.Get("/proposals/{id}/versions", p.versions)

	rt.Get("/proposals/{id}", p.show)
	rt.Get("/proposals/{id}/{action}", p.actionPage)
	rt.Post("/proposals/{id}/{action}", p.act)
	rt.Get("/proposals/{id}/assignments/{as}/{action}", p.actionPage)
	rt.Post("/proposals/{id}/assignments/{as}/{action}", p.act)
	rt.Post("/proposals/{id}/cosign", p.cosign)
	rt.Post("/proposals/{id}/commitments/{commitment}/{action}", p.commitment)
	rt.Get("/proposals/{id}/rate", p.rateForm)
	rt.Upload("/proposals/{id}/rate", upload, p.rate)

	rt.Get("/compliance", p.compliance)
	rt.Get("/compliance.xlsx", p.exportCompliance)
	rt.Post("/proposals/{id}/assignments/{as}/meet", p.meet)
	rt.Post("/proposals/{id}/exempt", p.exempt)

	rt.Get("/proposals/{id}/files/{file}", p.file)
	rt.Upload("/proposals/{id}/files", upload, p.attach)
	rt.Post("/proposals/{id}/files/{file}/remove", p.detach)
	rt.Post("/proposals/{id}/files/{file}/restore", p.reattach)
}

// waiting is how much waits for the actor: the sum of their queues.
func (p *pages) waiting(ctx context.Context) (int, error) {
	all, err := p.counts(ctx)
	n := 0
	for _, q := range all {
		if !overlaps[q.ID] {
			n += q.Count
		}
	}
	return n, err
}

// overlaps are the queues whose cases are in another queue as well, or that
// wait for somebody else.
var overlaps = map[string]bool{"near_due": true, "overdue": true, "to_sign_for": true, "feedback": true, "drafts": true,
	"unit_near": true, "unit_overdue": true, "unit_checking": true}
