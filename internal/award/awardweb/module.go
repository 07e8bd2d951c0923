// Package awardweb shows awards to people: nominating, the shortlist, the ballot,
// the count, the winners.
//
// Main types: [Deps]; [Add] puts pages, menu, REST and what a proposal's page says
// of its award into the module. It owns no tables and decides nothing.
package awardweb

import (
	"context"
	_ "embed"
	"errors"
	"strconv"

	"github.com/a-h/templ"
	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/award"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/module"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Deps are the services behind the pages.
type Deps struct {
	Awards *award.Service
	Org    *org.Service
}

// pages are the handlers. They are safe for concurrent use.
type pages struct{ Deps }

// Add puts the pages into the module.
func Add(m *module.Module, d Deps) {
	p := &pages{d}
	m.Menu = append(m.Menu, module.MenuItem{Path: "/awards", Title: "年度好提案", Icon: "award", Group: "提案", Order: 17, Permission: "award.read"})
	m.Panels = append(m.Panels, module.Panel{On: "proposal", Order: 40, Aside: true, Load: p.panel})
	m.Routes = func(rt *web.Router) {
		rt.Get("/awards", p.list)
		rt.Get("/awards/new", p.form)
		rt.Post("/awards/new", p.call)
		rt.Get("/awards/{id}", p.show)
		rt.Post("/awards/{id}/nominate", p.nominate)
		rt.Post("/awards/{id}/choose", p.choose)
		rt.Get("/awards/{id}/vote", p.ballot)
		rt.Post("/awards/{id}/vote", p.vote)
		rt.Post("/awards/{id}/do/{action}", p.act)
		rt.Get("/awards/{id}/export", p.export)
	}
	m.API = func(api huma.API) { addAPI(api, d) }
}

// panel says on a proposal's page that it won.
func (p *pages) panel(ctx context.Context, id string) (templ.Component, error) {
	w, err := p.Awards.Won(ctx, id)
	if err != nil || w == nil {
		return nil, err
	}
	return wonPanel(w), nil
}

func itoa(n int) string { return strconv.Itoa(n) }

// message is what an error says to a person.
func message(ctx context.Context, err error) string {
	e, ok := errors.AsType[*errs.Error](err)
	switch {
	case ok && len(e.Fields) > 0:
		return lang.T(ctx, e.Fields[0].Msg, e.Fields[0].Args...)
	case ok && e.Msg != "":
		return lang.T(ctx, e.Msg, e.Args...)
	}
	return lang.T(ctx, "没有办成，请看过最新的内容后再操作")
}

// mendable reports whether a refusal is for the person to mend on the same page.
func mendable(err error) bool { return errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) }

var stateKinds = map[string]ui.Kind{award.Nominating: ui.Info, award.Shortlist: ui.Info, award.Voting: ui.Warn, award.Void: ui.Bad, award.Counted: ui.Info, award.Published: ui.Good, award.Cancelled: ui.Neutral}

var voidReasons = map[string]string{award.NoQuorum: "投票人数没有超过应投票人数的一半", award.Surplus: "收回的票多于发出的票"}
