// Package notifyweb shows package notify: a person's inbox, which mails they
// want, for the office what was sent to whom, what was not and why, and for
// administrators the gateways to groups, telephones and other systems. As pages
// and as REST.
//
// Main types: [Deps], what the pages need; [Add] fills in the module, with the
// part of a case's page that says who was told of it. It owns no tables and sends
// nothing: every act is a method of notify.Notifier.
package notifyweb

import (
	"context"
	_ "embed"
	"net/http"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/module"
	"shangliang/internal/notify"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Deps are what the pages work with.
type Deps struct {
	Notices *notify.Notifier
}

// pages are the handlers.
type pages struct{ Deps }

// Add gives the module its pages, its REST, its part of the menu and the card
// of the unread on everybody's first page.
func Add(m *module.Module, d Deps) {
	p := &pages{d}
	m.Menu = append(m.Menu, module.MenuItem{Path: "/deliveries", Title: "通知发送记录", Icon: "send", Group: "系统管理", Order: 94, Permission: notify.Manage},
		module.MenuItem{Path: "/gateways", Title: "通知渠道", Icon: "plug", Group: "系统管理", Order: 95, Permission: notify.SetUp})
	m.Home = append(m.Home, module.Card{Order: 90, Load: p.card})
	m.Panels = append(m.Panels, module.Panel{On: "proposal", Order: 90, Load: p.panel})
	m.Routes = p.routes
	m.API = p.api
}

func (p *pages) routes(rt *web.Router) {
	rt.Get("/notices", p.inbox)
	rt.Get("/notices/{id}", p.open)
	rt.Post("/notices/read", p.markRead)
	rt.Get("/notices/preferences", p.preferences)
	rt.Post("/notices/preferences", p.prefer)
	rt.Post("/notices/timing", p.setTiming)
	rt.Get("/deliveries", p.deliveries)
	rt.Get("/deliveries.xlsx", p.exportDeliveries)
	rt.Post("/deliveries/resend", p.resend)
	rt.Get("/gateways", p.listGateways)
	rt.Get("/gateways/new", p.newGateway)
	rt.Post("/gateways", p.addGateway)
	rt.Post("/gateways/quiet", p.setTenantQuiet)
	rt.Get("/gateways/{id}", p.showGateway)
	rt.Post("/gateways/{id}", p.saveGateway)
	rt.Post("/gateways/{id}/test", p.testGateway)
	rt.Post("/gateways/{id}/switch", p.switchGateway)
	rt.Post("/gateways/{id}/remove", p.removeGateway)
}

// word translates a text that comes out of a table; none stays none.
func word(ctx context.Context, zh string) string {
	if zh == "" {
		return ""
	}
	return lang.Say(ctx, zh)
}

// many is how many notices a page lists.
const many = 50

// inboxPage is a part of the inbox.
type inboxPage struct {
	Unread     []*notify.Received
	Read       []*notify.Received
	Count      int // unread in all, at most 100
	OnlyUnread bool
	First      bool // not paged on
	Next       string
}

func (p *pages) inbox(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	page := inboxPage{OnlyUnread: r.FormValue("show") == "unread", First: r.FormValue("after") == ""}
	var err error
	if page.Count, err = p.Notices.Count(ctx); err != nil {
		return err
	}
	all, err := p.Notices.List(ctx, r.FormValue("after"), many+1, page.OnlyUnread)
	if err != nil {
		return err
	}
	if len(all) > many {
		all = all[:many]
		page.Next = ui.With(r.URL.RequestURI(), "after", all[many-1].ID)
	}
	for _, n := range all {
		if n.ReadAt.IsZero() {
			page.Unread = append(page.Unread, n)
		} else {
			page.Read = append(page.Read, n)
		}
	}
	// What is unread comes first, however old it is.
	if page.First && !page.OnlyUnread && len(page.Unread) < min(page.Count, many) {
		if page.Unread, err = p.Notices.List(ctx, "", many, true); err != nil {
			return err
		}
	}
	return web.Render(w, r, http.StatusOK, inboxView(page))
}

// card is the part of a first page that shows the latest unread notices.
func (p *pages) card(ctx context.Context) (templ.Component, error) {
	if a, _ := actor.From(ctx); a.Person == "" {
		return nil, nil
	}
	latest, err := p.Notices.List(ctx, "", 5, true)
	if err != nil || len(latest) == 0 {
		return nil, err
	}
	return unreadCard(latest), nil
}

// open marks a notice as read and goes to what it is about; one that leads
// nowhere is shown.
func (p *pages) open(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	n, err := p.Notices.Get(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	if n.ReadAt.IsZero() {
		if err := p.Notices.MarkRead(ctx, n.ID); err != nil {
			return err
		}
	}
	if n.Link != "" {
		return web.Redirect(w, r, n.Link)
	}
	return web.Render(w, r, http.StatusOK, noticeView(n))
}

// readInput names what is read: some, or all.
type readInput struct {
	IDs []string `form:"id"`
	All bool     `form:"all"`
}

func (p *pages) markRead(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.Decode[readInput](r)
	if err != nil {
		return err
	}
	if len(in.IDs) == 0 && !in.All {
		return errs.New(errs.Invalid, "请先选择通知")
	}
	if err := p.Notices.MarkRead(ctx, in.IDs...); err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已标为已读"), "")
	return web.Redirect(w, r, "/notices")
}
