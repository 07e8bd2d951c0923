// Package keyproposalweb shows key proposals to people: the list of a year, the
// nomination, one key proposal with what can be done now, the leaders and who
// lacks one, the parties' proposals with their priority. As pages and as REST.
//
// Main types: [Deps]; [Add] puts pages, menu, first-page cards and the panel of a
// case into the module. It owns no tables and decides nothing.
package keyproposalweb

import (
	_ "embed"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/document"
	"shangliang/internal/keyproposal"
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
	Keys *keyproposal.Service
	Org  *org.Service
	// Modules are all there are, once they are complete: their panels stand on the
	// page of a key proposal.
	Modules func() []module.Module
}

type pages struct {
	keys    *keyproposal.Service
	org     *org.Service
	limits  document.Limits
	accept  string
	modules func() []module.Module
}

// acts are the entries of this capability, in its own history and in that of a
// case.
var acts = map[string]string{
	"key_proposal.nominate": "提名为重点提案", "key_proposal.opine": "提出意见", "key_proposal.attach": "添加文件",
	"key_proposal.ask": "征求意见", "key_proposal.consult": "征求意见完毕", "key_proposal.decline": "不列为重点提案",
	"key_proposal.approve": "确定为重点提案", "key_proposal.bind": "确定领衔人", "key_proposal.plan": "拟定督办方案",
	"key_proposal.sign": "签批督办方案", "key_proposal.record_sign": "代录签批督办方案", "key_proposal.log": "督办活动",
	"key_proposal.report": "报告督办结果", "key_proposal.return": "督办报告退回补充", "key_proposal.close": "督办结束",
	"key_proposal.prioritize": "列为优先办理的党派提案", "key_proposal.deprioritize": "取消优先办理",
}

// Add puts the pages into the module.
func Add(m *module.Module, d Deps) {
	p := &pages{keys: d.Keys, org: d.Org, limits: document.Defaults(), modules: d.Modules}
	p.accept = strings.Join(p.limits.Extensions(), ",")
	const group = "提案"
	m.Menu = append(m.Menu,
		module.MenuItem{Path: "/key-proposals", Title: "重点提案", Icon: "star", Group: group, Order: 20, Permission: "key_proposal.read"},
		module.MenuItem{Path: "/key-proposals/mine", Title: "重点提案", Icon: "star", Group: group, Order: 20, Roles: []string{"collective"}, Count: p.asked})
	m.Home = append(m.Home,
		module.Card{Roles: []string{"leader"}, Order: 15, Load: p.leaderCard},
		module.Card{Roles: []string{"collective"}, Order: 15, Load: p.askedCard},
		module.Card{Roles: []string{"clerk"}, Order: 35, Load: p.clerkCard})
	m.Panels = append(m.Panels, module.Panel{On: "proposal", Order: 10, Load: p.panel})
	m.Bulks = append(m.Bulks, module.Bulk{On: "proposal", Title: "提名为重点提案", Says: "下一步填写符合的标准和理由", Path: "/key-proposals/pick", Permission: "key_proposal.manage"})
	m.Acts = acts
	m.Routes = p.routes
	m.API = func(api huma.API) { addAPI(api, d.Keys) }
}

func (p *pages) routes(rt *web.Router) {
	upload := p.limits.Most() + web.FormLimit
	rt.Get("/key-proposals", p.list)
	rt.Get("/key-proposals/mine", p.mine)
	rt.Get("/key-proposals.xlsx", p.export)
	rt.Post("/key-proposals/pick", p.pick)
	rt.Get("/key-proposals/new", p.newForm)
	rt.Post("/key-proposals/new", p.nominate)
	rt.Post("/key-proposals/bulk", p.bulk)
	rt.Get("/key-proposals/leaders", p.leaders)
	rt.Get("/key-proposals/leaders/edit", p.leaderForm)
	rt.Post("/key-proposals/leaders/edit", p.saveLeader)
	rt.Get("/key-proposals/people", p.people)
	rt.Get("/key-proposals/parties", p.parties)
	rt.Get("/key-proposals/parties.xlsx", p.exportParties)
	rt.Post("/key-proposals/parties", p.prioritize)
	rt.Get("/key-proposals/{id}", p.show)
	rt.Post("/key-proposals/{id}/opinions/{body}", p.opine)
	rt.Get("/key-proposals/{id}/files/{file}", p.file)
	rt.Upload("/key-proposals/{id}/files", upload, p.attach)
	rt.Post("/key-proposals/{id}/{action}", p.act)
}
