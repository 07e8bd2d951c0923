// Package digestweb shows digests to people: the list, one digest with what can be
// done now and the instructions on it, the sheet to print. As pages and as REST.
//
// Main types: [Deps]; [Add] puts pages, menu, first-page cards and the panel of a
// case into the module. It owns no tables and decides nothing.
package digestweb

import (
	"context"
	_ "embed"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/digest"
	"shangliang/internal/document"
	"shangliang/internal/module"
	"shangliang/internal/org"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Deps are the services behind the pages.
type Deps struct {
	Digests *digest.Service
	Org     *org.Service
}

type pages struct {
	digests *digest.Service
	org     *org.Service
	limits  document.Limits
	accept  string
}

// acts are the entries of this capability, in its own history and in that of a
// case.
var acts = map[string]string{
	"digest.write": "拟写摘报", "digest.save": "修改摘报", "digest.approve": "审签摘报", "digest.send_back": "退回修改摘报", "digest.send": "摘报领导参阅", "digest.discard": "摘报作废",
	"digest.instruct": "领导作出批示", "digest.report": "报告批示落实情况", "digest.accept": "批示落实", "digest.refuse": "批示落实退回",
}

// Add puts the pages into the module.
func Add(m *module.Module, d Deps) {
	p := &pages{digests: d.Digests, org: d.Org, limits: document.Defaults()}
	p.accept = strings.Join(p.limits.Extensions(), ",")
	const group = "提案"
	units := []string{"unit_clerk", "unit_officer", "unit_leader"}
	m.Menu = append(m.Menu,
		module.MenuItem{Path: "/digests", Title: "提案摘报", Icon: "news", Group: group, Order: 22, Roles: []string{"clerk", "review_chair", "leader"}},
		module.MenuItem{Path: "/digests/owed", Title: "批示落实", Icon: "news", Group: group, Order: 22, Roles: units, Count: p.count})
	m.Home = append(m.Home,
		module.Card{Roles: []string{"leader"}, Order: 17, Load: p.sentCard},
		module.Card{Roles: append([]string{"clerk", "leader"}, units...), Order: 21, Load: p.owedCard})
	m.Panels = append(m.Panels, module.Panel{On: "proposal", Order: 30, Load: p.panel})
	m.Bulks = append(m.Bulks, module.Bulk{On: "proposal", Title: "写摘报", Says: "把选中的提案摘报给领导", Path: "/digests/pick", Permission: "digest.manage"})
	m.Acts = acts
	m.Routes = p.routes
	m.API = func(api huma.API) { addAPI(api, d.Digests) }
}

func (p *pages) routes(rt *web.Router) {
	rt.Get("/digests", p.list)
	rt.Get("/digests.xlsx", p.export)
	rt.Post("/digests/pick", p.pick)
	rt.Get("/digests/new", p.newForm)
	rt.Post("/digests/new", p.save)
	rt.Get("/digests/people", p.people)
	rt.Get("/digests/cases", p.cases)
	rt.Get("/digests/owed", p.owed)
	rt.Get("/digests/{id}", p.show)
	rt.Get("/digests/{id}/print", p.sheet)
	rt.Get("/digests/{id}/edit", p.editForm)
	rt.Post("/digests/{id}/edit", p.save)
	rt.Upload("/digests/{id}/instructions", p.limits.Most()+web.FormLimit, p.instruct)
	rt.Post("/digests/{id}/instructions/{instruction}/{action}", p.follow)
	rt.Get("/digests/{id}/files/{file}", p.file)
	rt.Post("/digests/{id}/{action}", p.act)
}

func itoa(n int) string { return strconv.Itoa(n) }

// panel is where a case was digested.
func (p *pages) panel(ctx context.Context, id string) (templ.Component, error) {
	all, err := p.digests.OfCase(ctx, id)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return casePart(all), nil
}

// sentCard is what a leader was sent lately.
func (p *pages) sentCard(ctx context.Context) (templ.Component, error) {
	all, _, err := p.digests.List(ctx, digest.Filter{State: digest.Sent})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return sentPart(all[:min(len(all), 4)]), nil
}

// owedCard is what of instructions is still to be followed up.
func (p *pages) owedCard(ctx context.Context) (templ.Component, error) {
	all, today, err := p.digests.Owed(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return owedPart(all[:min(len(all), 6)], len(all), today), nil
}

func (p *pages) count(ctx context.Context) (int, error) {
	all, _, err := p.digests.Owed(ctx)
	return len(all), err
}
