// Package publishweb shows publication: to the office its lists, the editor of a
// public copy and the queue of comments; to everybody the public pages, feeds
// and data sets under /open.
//
// Main types: [Deps]; [Add] puts pages, menu, panel and REST into the module. It
// owns no tables. The public pages depend on their address alone, never on who
// reads: they take the language from the query and set no cookie, so that one
// answer serves everybody and a cache may keep it until anything public changes.
package publishweb

import (
	_ "embed"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/lang"
	"shangliang/internal/module"
	"shangliang/internal/org"
	"shangliang/internal/publish"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Deps are the services behind the pages.
type Deps struct {
	Publish *publish.Service
	Org     *org.Service
	Words   *lang.Words
	BaseURL string // how people reach the platform, for addresses that must be whole
}

// pages are the handlers. They are safe for concurrent use.
type pages struct {
	publish *publish.Service
	public  *publish.Public
	org     *org.Service
	words   *lang.Words
	base    string
	limiter *web.Limiter
	started string // of this process: what it draws may differ from the one before
}

// Add puts the pages into the module.
func Add(m *module.Module, d Deps) {
	p := &pages{publish: d.Publish, public: d.Publish.Public(), org: d.Org, words: d.Words, base: d.BaseURL,
		limiter: web.NewLimiter(2*time.Minute, 4), started: time.Now().Format("20060102150405.000000")}
	const group = "提案公开"
	m.Menu = append(m.Menu,
		module.MenuItem{Path: "/publish", Title: "公开办理结果", Icon: "eye", Group: group, Order: 60, Roles: []string{"clerk", "review_chair"}, Count: d.Publish.Waiting},
		module.MenuItem{Path: "/publish/comments", Title: "公众留言", Icon: "message", Group: group, Order: 61, Permission: publish.Moderate, Count: d.Publish.WaitingComments},
		module.MenuItem{Path: "/publish/figures", Title: "公布数据", Icon: "chart-bar", Group: group, Order: 62, Permission: publish.Decide},
	)
	m.Every = append(m.Every, d.Publish.Every()...)
	m.Panels = append(m.Panels, module.Panel{On: "proposal", Order: 60, Load: p.panel})
	m.Routes = p.routes
	m.API = func(api huma.API) { p.api(api) }
}

func (p *pages) routes(rt *web.Router) {
	rt.Get("/publish", p.list)
	rt.Get("/publish.xlsx", p.export)
	rt.Post("/publish/bulk", p.bulk)
	rt.Get("/publish/comments", p.comments)
	rt.Post("/publish/comments/bulk", p.judgeMany)
	rt.Post("/publish/comments/{id}/{action}", p.judge)
	rt.Post("/publish/answers/{id}/remove", p.removeAnswer)
	rt.Get("/publish/figures", p.figures)
	rt.Post("/publish/figures", p.releaseFigures)
	rt.Get("/publish/cases/{id}", p.edit)
	rt.Get("/publish/cases/{id}/preview", p.preview)
	rt.Get("/publish/cases/{id}/files/{file}", p.previewFile)
	rt.Post("/publish/cases/{id}/{action}", p.act)

	rt.Public("GET /open", p.openSites)
	rt.Public("GET /open/{tenant}", p.openStart)
	rt.Public("GET /open/{tenant}/cases", p.openList)
	rt.Public("GET /open/{tenant}/cases/{code}", p.openCase)
	rt.Public("GET /open/{tenant}/cases/{code}/files/{file}", p.openFile)
	rt.Public("GET /open/{tenant}/cases/{code}/comment", p.commentForm)
	rt.Public("POST /open/{tenant}/cases/{code}/comment", p.comment)
	rt.Public("GET /open/{tenant}/units", p.openUnits)
	rt.Public("GET /open/{tenant}/figures", p.openFigures)
	rt.Public("GET /open/{tenant}/data", p.openData)
	rt.Public("GET /open/{tenant}/data/{file}", p.openSet)
	rt.Public("GET /open/{tenant}/feed.atom", p.feed)
	rt.Public("GET /open/{tenant}/units/{unit}/feed.atom", p.feed)
	rt.Public("GET /open/{tenant}/sitemap.xml", p.sitemap)
	rt.Public("GET /robots.txt", p.robots)
}
