// Package paperworkweb shows package paperwork: the documents of a case, those
// of a session, and what is being made. As pages, as files and as REST.
//
// Main types: [Deps]; [Add] puts pages, menu and the panel of a case into the
// module. It owns no tables and decides nothing: which documents there are for
// somebody, and what stands in them, the service says.
package paperworkweb

import (
	"bytes"
	"context"
	_ "embed"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/actor"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/jobs"
	"shangliang/internal/lang"
	"shangliang/internal/module"
	"shangliang/internal/org"
	"shangliang/internal/paper"
	"shangliang/internal/paperwork"
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
	Papers *paperwork.Service
	Org    *org.Service
}

type pages struct {
	papers *paperwork.Service
	org    *org.Service
}

// SweepEvery is how often old files are thrown away.
const SweepEvery = time.Hour

// Add puts the pages into the module.
func Add(m *module.Module, d Deps) {
	p := &pages{d.Papers, d.Org}
	m.Menu = append(m.Menu, module.MenuItem{Path: "/papers", Title: "文书", Icon: "printer", Group: "提案", Order: 40, Permission: paperwork.Collect})
	m.Panels = append(m.Panels, module.Panel{On: "proposal", Order: 30, Aside: true, Load: p.panel})
	m.Acts = map[string]string{"paperwork.ask": "生成文书", "paperwork.remove": "删除文书", "paperwork.sweep": "清理过期的文书"}
	m.Jobs = append(m.Jobs, d.Papers.Jobs()...)
	m.Every = append(m.Every, jobs.Every{Name: "paperwork.sweep", Interval: SweepEvery, Work: d.Papers.Sweep})
	m.Routes = func(rt *web.Router) {
		rt.Get("/proposals/{id}/papers", p.ofCase)
		rt.Get("/proposals/{id}/papers/{file}", p.file)
		rt.Get("/papers", p.all)
		rt.Post("/papers", p.ask)
		for _, format := range paperwork.Formats {
			rt.Get("/papers/handed."+string(format), p.handed(format))
		}
		rt.Get("/papers/{id}/state", p.state)
		rt.Get("/papers/{id}/file", p.made)
		rt.Post("/papers/{id}/remove", p.remove)
	}
	m.API = func(api huma.API) { addAPI(api, d.Papers) }
}

// panel leads from a case to its documents. It asks nothing: there is always the
// form, and a page of what else there is.
func (p *pages) panel(_ context.Context, id string) (templ.Component, error) {
	return casePanel(id), nil
}

// split takes the name of a file apart: "form.pdf".
func split(file string) (key string, format document.Kind, err error) {
	key, ext, ok := strings.Cut(file, ".")
	format = document.Kind(ext)
	if !ok || !slices.Contains(paperwork.Formats, format) {
		return "", "", errs.Missing()
	}
	return key, format, nil
}

// send sends a document that is drawn at once. PDF is shown, the rest is saved.
func (p *pages) send(w http.ResponseWriter, r *http.Request, d *paper.Document, name string, format document.Kind) error {
	var b bytes.Buffer // whole, so that a document that cannot be written is an error and no half file
	if err := p.papers.Write(&b, format, d); err != nil {
		return err
	}
	return web.ServeFile(w, r, document.FileName(name+"."+string(format)), document.ContentType(format), "", func() (io.ReadSeekCloser, error) { return whole{bytes.NewReader(b.Bytes())}, nil })
}

// whole is a file in memory.
type whole struct{ *bytes.Reader }

func (whole) Close() error { return nil }

// caseView are the documents of one case.
type caseView struct {
	*proposal.Case
	papers []paperwork.Paper
	ready  error // why there is no PDF
}

func (p *pages) ofCase(w http.ResponseWriter, r *http.Request) error {
	c, all, err := p.papers.Papers(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, casePapers(&caseView{c, all, p.papers.Ready()}))
}

func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	key, format, err := split(r.PathValue("file"))
	if err != nil {
		return err
	}
	d, name, err := p.papers.Draw(r.Context(), r.PathValue("id"), key)
	if err != nil {
		return err
	}
	return p.send(w, r, d, name, format)
}

func (p *pages) handed(format document.Kind) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		d, name, err := p.papers.Handed(r.Context(), r.FormValue("session"), r.FormValue("unit"))
		if err != nil {
			return err
		}
		return p.send(w, r, d, name, format)
	}
}

// asked is the form of a document to be made.
type asked struct {
	What    string `form:"what"`
	Format  string `form:"format"`
	Replies bool   `form:"replies"`
	Heading string `form:"heading"`
}

// sessionView is the page of a session's documents.
type sessionView struct {
	runs        []*paperwork.Run
	sessions    []*org.Session
	departments []*org.Body
	session     string
	unit        bool // the actor acts for a department
	hands       bool // there may be lists of what departments got
	kept        url.Values
	in          asked
	err         error
	ready       error
}

// carried are the filters of a list that go along to the document.
var carried = []string{"queue", "state", "year", "kind", "subject", "unit", "body", "outcome", "title", "q", "overdue", "mine"}

func (p *pages) all(w http.ResponseWriter, r *http.Request) error {
	return p.page(w, r, http.StatusOK, asked{What: paperwork.Catalogue, Format: "docx"}, nil)
}

func (p *pages) page(w http.ResponseWriter, r *http.Request, status int, in asked, wrong error) error {
	ctx := r.Context()
	a, err := actor.Require(ctx, paperwork.Collect)
	if err != nil {
		return err
	}
	v := &sessionView{in: in, err: wrong, ready: p.papers.Ready(), unit: a.Body != "" && a.Can("assignment.handle"), kept: url.Values{}}
	v.hands = v.unit || a.Can("proposal.read_all") || a.Can("proposal.read_filed")
	if v.runs, err = p.papers.Runs(ctx); err != nil {
		return err
	}
	if v.sessions, err = p.org.Sessions(ctx); err != nil {
		return err
	}
	if v.hands && !v.unit {
		if v.departments, err = p.org.Bodies(ctx, "department"); err != nil {
			return err
		}
	}
	if err := r.ParseForm(); err != nil {
		return errs.Because(err, errs.Invalid, "表单有误，请重新填写")
	}
	for _, name := range carried {
		for _, value := range r.Form[name] {
			if value != "" {
				v.kept.Add(name, value)
			}
		}
	}
	if v.session = r.FormValue("session"); v.session == "" && len(v.kept) == 0 && wrong == nil {
		if s, err := p.org.CurrentSession(ctx); err == nil {
			v.session = s.ID
		} else if !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return web.Render(w, r, status, sessionPage(v))
}

// filter is the list that a form or a query asks about.
func filter(r *http.Request) (proposal.Filter, error) {
	f, err := web.Decode[proposal.Filter](r)
	if err != nil {
		return f, err
	}
	if f.Title == "" {
		f.Title = web.Clean(r.FormValue("q"))
	}
	if f.Mine {
		if a, _ := actor.From(r.Context()); a.Role == "collective" {
			f.Mine, f.Body = false, a.Body
		}
	}
	f.Sort = ""
	return f, nil
}

func (p *pages) ask(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.Decode[asked](r)
	if err != nil {
		return err
	}
	f, err := filter(r)
	if err != nil {
		return err
	}
	_, err = p.papers.Ask(ctx, paperwork.Order{Kind: in.What, Format: document.Kind(in.Format), Replies: in.Replies, Title: web.Clean(in.Heading), Filter: f})
	switch {
	case errs.Is(err, errs.Invalid):
		return p.page(w, r, http.StatusUnprocessableEntity, in, err)
	case errs.Is(err, errs.Conflict):
		return p.page(w, r, http.StatusConflict, in, err)
	case err != nil:
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "开始生成，可以先离开，好了会通知您"), "")
	return web.Redirect(w, r, "/papers#runs")
}

func (p *pages) state(w http.ResponseWriter, r *http.Request) error {
	run, err := p.papers.Run(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, runRow(run))
}

func (p *pages) made(w http.ResponseWriter, r *http.Request) error {
	run, content, err := p.papers.OpenFile(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.ServeFile(w, r, run.FileName(), document.ContentType(run.Format), run.SHA256, func() (io.ReadSeekCloser, error) { return content, nil })
}

func (p *pages) remove(w http.ResponseWriter, r *http.Request) error {
	if err := p.papers.Remove(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(r.Context(), "已删除"), "")
	return web.Redirect(w, r, "/papers#runs")
}

// formats are the names of the formats as people know them.
var formats = map[document.Kind]string{document.DOCX: "Word", document.PDF: "PDF"}
