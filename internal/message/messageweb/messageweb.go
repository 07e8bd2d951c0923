// Package messageweb shows the messages about a case: on the case's page, on a
// page of their own, on the first page what has not been seen. It turns forms into
// calls of message.Service.
//
// Main types: [Deps]; [Add] puts panel, pages, card and REST into the module. It
// owns no tables and decides nothing: who reads what, the service has said.
package messageweb

import (
	"context"
	_ "embed"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/actor"
	"shangliang/internal/attachment"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/message"
	"shangliang/internal/module"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Deps are the services behind the pages.
type Deps struct{ Messages *message.Service }

type pages struct {
	messages *message.Service
	limits   document.Limits
	accept   string
}

// Add puts the pages into the module.
func Add(m *module.Module, d Deps) {
	p := &pages{messages: d.Messages, limits: document.Defaults()}
	p.accept = strings.Join(p.limits.Extensions(), ",")
	m.Home = append(m.Home, module.Card{Roles: []string{"member", "collective", "clerk", "unit_clerk", "unit_officer", "unit_leader"}, Order: 12, Load: p.card})
	m.Panels = append(m.Panels, module.Panel{On: "proposal", Order: 50, Load: p.panel})
	m.Routes = func(rt *web.Router) {
		rt.Get("/proposals/{id}/messages", p.show)
		rt.Upload("/proposals/{id}/messages", p.limits.Most()+web.FormLimit, p.send)
		rt.Post("/proposals/{id}/messages/seen", p.see)
		rt.Get("/proposals/{id}/messages/{message}/files/{file}", p.file)
	}
	m.API = func(api huma.API) { addAPI(api, d) }
}

// panelTitle is the title of the panel, with how much of it is new.
func panelTitle(ctx context.Context, v *view) string {
	if v.Unread > 0 {
		return lang.T(ctx, "消息（%d条未读）", v.Unread)
	}
	return lang.T(ctx, "消息")
}

// view is a thread as its page shows it.
type view struct {
	*message.Thread
	to     []string // as chosen
	body   string   // as typed
	err    error
	accept string
	most   int64
}

func (p *pages) view(ctx context.Context, id string) (*view, error) {
	t, err := p.messages.Of(ctx, id)
	if err != nil {
		return nil, err
	}
	return &view{Thread: t, to: []string{t.Answers()}, accept: p.accept, most: p.limits.Most()}, nil
}

// panel stands on the page of a case for those who are on one of its sides.
func (p *pages) panel(ctx context.Context, id string) (templ.Component, error) {
	v, err := p.view(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil || len(v.Messages) == 0 && len(v.To) == 0 {
		return nil, err
	}
	return panel(v), nil
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, threadPage(v))
}

// send sends what was typed; what cannot be sent stays in the form.
func (p *pages) send(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	to, body := r.PostForm["to"], r.PostFormValue("body")
	files, err := web.Uploads(r, "files", p.limits.Most())
	if err != nil {
		return err
	}
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	m, err := p.messages.Send(ctx, id, to, body)
	for i, f := range files {
		if err != nil {
			break
		}
		_, err = p.messages.Attach(part(ctx, i), id, m.ID, attachment.Upload{Name: f.Name, Size: f.Size, Content: f})
	}
	if kind := errs.KindOf(err); err != nil {
		if kind != errs.Invalid && kind != errs.Conflict && kind != errs.TooLarge {
			return err
		}
		v, gone := p.view(ctx, id)
		if gone != nil {
			return err
		}
		v.err = err
		if m == nil { // nothing was sent: what was typed is kept
			v.to, v.body = to, body
		}
		return web.Render(w, r, web.Status(kind), threadPage(v))
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "消息已发出"), "")
	return web.Redirect(w, r, "/proposals/"+id+"#messages")
}

// part is a context for one of several files, with a request key of its own.
func part(ctx context.Context, i int) context.Context {
	r := actor.RequestFrom(ctx)
	if r.Key == "" {
		return ctx
	}
	r.Key = r.Key[:min(len(r.Key), 100)] + ":file" + string(rune('a'+i%26))
	return actor.WithRequest(ctx, r)
}

// see notes that the messages were seen.
func (p *pages) see(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := p.messages.See(r.Context(), id); err != nil {
		return err
	}
	if r.Header.Get("HX-Request") != "" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return web.Redirect(w, r, "/proposals/"+id+"#messages")
}

func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	f, content, err := p.messages.Open(r.Context(), r.PathValue("id"), r.PathValue("message"), r.PathValue("file"))
	if err != nil {
		return err
	}
	return web.ServeFile(w, r, f.Name, document.ContentType(document.Kind(f.Kind)), f.SHA256, func() (io.ReadSeekCloser, error) { return content, nil })
}

// card is what has not been seen, on the first page.
func (p *pages) card(ctx context.Context) (templ.Component, error) {
	all, err := p.messages.Waiting(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return waitingCard(all), nil
}

// sideName names a side for people.
func (v *view) sideName(ctx context.Context, side string) string {
	switch side {
	case message.Office:
		return lang.T(ctx, "提案委")
	case message.Proposer:
		return lang.T(ctx, "提案人")
	}
	return v.Names[side]
}

// heading says from whom a message is and to whom it goes.
func (v *view) heading(ctx context.Context, m *message.Message) string {
	to := make([]string, len(m.To))
	for i, side := range m.To {
		to[i] = v.sideName(ctx, side)
	}
	return lang.T(ctx, "%s（%s）发给%s", v.Names[m.Person], v.sideName(ctx, m.Side), strings.Join(to, lang.T(ctx, "、")))
}

func (v *view) options(ctx context.Context) []ui.Option {
	all := make([]ui.Option, len(v.To))
	for i, side := range v.To {
		all[i] = ui.Option{Value: side, Label: v.sideName(ctx, side)}
	}
	return all
}

func (v *view) files(m *message.Message) []ui.FileItem {
	all := make([]ui.FileItem, len(m.Files))
	for i, f := range m.Files {
		all[i] = ui.FileItem{Name: f.Name, Bytes: f.Size, URL: "/proposals/" + v.Proposal + "/messages/" + m.ID + "/files/" + f.ID}
	}
	return all
}

// open reports whether the form is in sight from the start.
func (v *view) open() bool {
	_, told := errors.AsType[*errs.Error](v.err)
	return told || v.Unread > 0
}
