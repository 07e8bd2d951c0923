// Package readingweb shows package reading: reports read in, their figures
// confirmed beside the text, published figures compared, drafts checked. As
// pages, as tables to take along, and as REST.
//
// Main types: [Deps]; [Add] puts pages, menu and REST into the module. It owns no
// tables and decides nothing.
package readingweb

import (
	"context"
	_ "embed"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/module"
	"shangliang/internal/reading"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Deps are the services behind the pages.
type Deps struct {
	Reading *reading.Service
	BaseURL string // how people reach the platform, for links in Word files
}

// pages are the handlers. They are safe for concurrent use.
type pages struct{ Deps }

// mostBytes bounds what one upload brings, all files together.
const mostBytes = 100 << 20

// Add puts the pages into the module.
func Add(m *module.Module, d Deps) {
	p := &pages{d}
	m.Menu = append(m.Menu,
		module.MenuItem{Path: "/readings", Title: "报告研读", Icon: "file-search", Group: "数据", Order: 62, Permission: "reading.read", Count: p.waiting},
		module.MenuItem{Path: "/published", Title: "各地对照", Icon: "git-compare", Group: "数据", Order: 63, Permission: "reading.read"},
		module.MenuItem{Path: "/draft-checks", Title: "文稿核对", Icon: "file-check", Group: "数据", Order: 64, Permission: "reading.check"},
	)
	m.Routes = func(rt *web.Router) {
		rt.Get("/readings", p.list)
		rt.Get("/readings/new", p.form)
		rt.Upload("/readings/new", mostBytes, p.add)
		rt.Get("/readings/{id}", p.show)
		rt.Get("/readings/{id}/file", p.file)
		rt.Post("/readings/{id}/identity", p.identify)
		rt.Post("/readings/{id}/remove", p.remove)
		rt.Post("/readings/{id}/confirm", p.confirm)
		rt.Post("/readings/{id}/drop", p.drop)
		rt.Post("/readings/{id}/undo", p.undo)
		rt.Get("/readings/{id}/figures/{n}", p.edit)
		rt.Post("/readings/{id}/figures/{n}", p.decide)
		rt.Get("/published", p.overview)
		rt.Get("/published-export", p.exportAll)
		rt.Get("/published/{metric}", p.compare)
		rt.Get("/published/{metric}/export", p.exportOne)
		rt.Post("/published/{metric}/target", p.target)
		rt.Get("/draft-checks", p.drafts)
		rt.Get("/draft-checks/new", p.draftForm)
		rt.Upload("/draft-checks/new", mostBytes, p.check)
		rt.Get("/draft-checks/{id}", p.checked)
		rt.Get("/draft-checks/{id}/file", p.annotated)
		rt.Post("/draft-checks/{id}/drop", p.dropDraft)
	}
	m.API = func(api huma.API) { addAPI(api, d) }
}

// waiting counts for who may confirm; to others nothing waits.
func (p *pages) waiting(ctx context.Context) (int, error) {
	if !can(ctx, "reading.confirm") {
		return 0, nil
	}
	return p.Reading.Waiting(ctx)
}

func itoa(n int) string { return strconv.Itoa(n) }
