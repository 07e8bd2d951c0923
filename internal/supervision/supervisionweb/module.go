// Package supervisionweb shows supervision to people: the events of a year, one
// event with what can be done now, the tasks that follow, the departments by what
// they have left to answer. As pages and as REST.
//
// Main types: [Deps]; [Add] puts pages, menu, first-page cards and the panels of
// cases and key proposals into the module. It owns no tables and decides nothing.
package supervisionweb

import (
	"context"
	_ "embed"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/document"
	"shangliang/internal/module"
	"shangliang/internal/org"
	"shangliang/internal/supervision"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Deps are the services behind the pages.
type Deps struct {
	Supervision *supervision.Service
	Org         *org.Service
}

type pages struct {
	events *supervision.Service
	org    *org.Service
	limits document.Limits
	accept string
}

// acts are the entries of this capability, in its own history and in that of a
// case.
var acts = map[string]string{
	"supervision.schedule": "安排督办活动", "supervision.change": "修改安排", "supervision.hold": "督办活动结果", "supervision.correct": "更正督办活动结果",
	"supervision.assign": "布置跟踪事项", "supervision.close": "督办活动办结", "supervision.cancel": "督办活动取消", "supervision.attach": "添加文件",
	"supervision.report": "报告跟踪事项", "supervision.accept": "跟踪事项完成", "supervision.refuse": "跟踪事项退回",
}

// Add puts the pages into the module.
func Add(m *module.Module, d Deps) {
	p := &pages{events: d.Supervision, org: d.Org, limits: document.Defaults()}
	p.accept = strings.Join(p.limits.Extensions(), ",")
	const group = "提案"
	units := []string{"unit_clerk", "unit_officer", "unit_leader"}
	m.Menu = append(m.Menu,
		module.MenuItem{Path: "/supervision", Title: "督办活动", Icon: "route", Group: group, Order: 21, Permission: "supervision.read"},
		module.MenuItem{Path: "/supervision/mine", Title: "督办活动", Icon: "route", Group: group, Order: 21, Roles: append([]string{"collective"}, units...), Count: p.owed})
	m.Home = append(m.Home,
		module.Card{Order: 18, Load: p.comingCard},
		module.Card{Roles: append([]string{"clerk", "leader", "collective", "member"}, units...), Order: 19, Load: p.tasksCard})
	m.Panels = append(m.Panels,
		module.Panel{On: "proposal", Order: 20, Load: p.panel},
		module.Panel{On: "key_proposal", Order: 20, Load: p.panel})
	m.Bulks = append(m.Bulks,
		module.Bulk{On: "proposal", Title: "安排督办活动", Says: "就选中的提案开督办会、集体督办、通报会", Path: "/supervision/pick", Permission: "supervision.manage"},
		module.Bulk{On: "proposal", Title: "发起提案协商", Says: "就选中的提案开协商会，结果带回每件提案", Path: "/supervision/pick?type=consultation", Permission: "supervision.manage"})
	m.Acts = acts
	m.Routes = p.routes
	m.API = func(api huma.API) { addAPI(api, d.Supervision) }
}

func (p *pages) routes(rt *web.Router) {
	upload := p.limits.Most() + web.FormLimit
	rt.Get("/supervision", p.list)
	rt.Get("/supervision/mine", p.list)
	rt.Get("/supervision.xlsx", p.export)
	rt.Post("/supervision/pick", p.pick)
	rt.Get("/supervision/new", p.newForm)
	rt.Post("/supervision/new", p.save)
	rt.Get("/supervision/people", p.people)
	rt.Get("/supervision/cases", p.cases)
	rt.Get("/supervision/tasks", p.tasks)
	rt.Get("/supervision/departments", p.departments)
	rt.Get("/supervision/departments.xlsx", p.exportDepartments)
	rt.Get("/supervision/{id}", p.show)
	rt.Get("/supervision/{id}/edit", p.editForm)
	rt.Post("/supervision/{id}/edit", p.save)
	rt.Get("/supervision/{id}/files/{file}", p.file)
	rt.Upload("/supervision/{id}/files", upload, p.attach)
	rt.Post("/supervision/{id}/tasks/{task}/{action}", p.onTask)
	rt.Post("/supervision/{id}/{action}", p.act)
}

func itoa(n int) string { return strconv.Itoa(n) }

// panel is what was held about a case.
func (p *pages) panel(ctx context.Context, id string) (templ.Component, error) {
	all, v, names, err := p.events.OfCase(ctx, id)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return casePart(all, v, names), nil
}

// comingCard is what somebody is to take part in.
func (p *pages) comingCard(ctx context.Context) (templ.Component, error) {
	all, _, err := p.events.List(ctx, supervision.Filter{Coming: true})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	first := max(0, len(all)-6) // the nearest come last
	return comingPart(all[first:]), nil
}

// tasksCard is what follows from events and is to be done.
func (p *pages) tasksCard(ctx context.Context) (templ.Component, error) {
	all, today, err := p.events.Tasks(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return tasksPart(all[:min(len(all), 6)], len(all), today), nil
}

func (p *pages) owed(ctx context.Context) (int, error) {
	all, _, err := p.events.Tasks(ctx)
	return len(all), err
}
