// Package doctorweb shows package doctor to the keepers of a tenant: what of
// their records contradicts itself, what mending would do, and what became of
// what they chose. As a page and as REST.
//
// Main types: [Deps]; [Add] fills in the module. It owns no tables and mends
// nothing: every act is a method of doctor.Desk.
package doctorweb

import (
	"context"
	_ "embed"
	"errors"
	"net/http"
	"strconv"

	"github.com/a-h/templ"
	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/doctor"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/module"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Deps are what the pages work with.
type Deps struct{ Desk *doctor.Desk }

type pages struct{ Deps }

// Add gives the module its page, its REST and its part of the menu.
func Add(m *module.Module, d Deps) {
	p := &pages{d}
	m.Menu = append(m.Menu, module.MenuItem{Path: "/doctor", Title: "记录检查", Icon: "stethoscope", Group: "系统管理", Order: 97, Permission: doctor.Permission})
	m.Routes = func(rt *web.Router) {
		rt.Get("/doctor", p.show)
		rt.Get("/doctor/state", p.state)
		rt.Post("/doctor/examine", p.examine)
		rt.Post("/doctor/mend", p.mend)
	}
	m.API = p.api
}

// kinds are the kinds of record as people call them.
var kinds = map[string]string{"proposal": "提案", "assignment": "承办任务", "session": "会议", "search": "搜索", "ledger": "操作记录", "clock": "期限", "notice": "通知", "file": "文件"}

func (p *pages) show(w http.ResponseWriter, r *http.Request) error { return p.render(w, r, nil) }

func (p *pages) render(w http.ResponseWriter, r *http.Request, wrong error) error {
	v, err := p.Desk.Last(r.Context())
	if err != nil {
		return err
	}
	status := http.StatusOK
	if wrong != nil {
		status = web.Status(errs.KindOf(wrong))
	}
	return web.Render(w, r, status, page(v, wrong))
}

// state is how far the work is; when it has ended, the page is loaded anew.
func (p *pages) state(w http.ResponseWriter, r *http.Request) error {
	v, err := p.Desk.Last(r.Context())
	if err != nil {
		return err
	}
	if v == nil || !v.Open() {
		w.Header().Set("HX-Refresh", "true")
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return web.Render(w, r, http.StatusOK, working(v))
}

func (p *pages) examine(w http.ResponseWriter, r *http.Request) error {
	if err := p.Desk.Examine(r.Context()); err != nil {
		return p.refused(w, r, err)
	}
	return web.Redirect(w, r, "/doctor")
}

func (p *pages) mend(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	var chosen []int
	for _, id := range r.PostForm["id"] {
		n, err := strconv.Atoi(id)
		if err != nil {
			return errs.Missing()
		}
		chosen = append(chosen, n)
	}
	if err := p.Desk.Mend(r.Context(), r.PostFormValue("visit"), chosen); err != nil {
		return p.refused(w, r, err)
	}
	return web.Redirect(w, r, "/doctor")
}

// refused shows the page with why something was not done.
func (p *pages) refused(w http.ResponseWriter, r *http.Request, err error) error {
	if !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Invalid) {
		return err
	}
	return p.render(w, r, err)
}

// message is what a refusal says.
func message(ctx context.Context, err error) string {
	e, ok := errors.AsType[*errs.Error](err)
	switch {
	case ok && len(e.Fields) > 0:
		return lang.T(ctx, e.Fields[0].Msg, e.Fields[0].Args...)
	case ok:
		return lang.T(ctx, e.Msg, e.Args...)
	}
	return ""
}

// part is what was found by one check.
type part struct {
	doctor.Check
	visit *doctor.Visit
	at    []int // places in Found
	more  int
}

// left is how many findings of the part wait.
func (p *part) left() (n int) {
	for _, i := range p.at {
		if !p.visit.Found[i].Mended {
			n++
		}
	}
	return n + p.more
}

// parts are the checks that found something, in their order.
func parts(v *doctor.Visit) (all []*part) {
	for _, c := range v.Checks {
		x := &part{Check: c, visit: v}
		for i, f := range v.Found {
			switch {
			case f.Check != c.ID:
			case f.More > 0:
				x.more = f.More
			default:
				x.at = append(x.at, i)
			}
		}
		if len(x.at) > 0 {
			all = append(all, x)
		}
	}
	return all
}

func (p *part) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.Say(ctx, p.Title), Columns: []ui.Column{{Title: lang.T(ctx, "记录"), Wide: true}, {Title: lang.T(ctx, "编号"), Desk: true}, {Title: lang.T(ctx, "状态")}}}
	open := false
	for _, i := range p.at {
		f := p.visit.Found[i]
		name := lang.T(ctx, "%s：%s", lang.Say(ctx, kinds[f.Kind]), f.Name)
		row := ui.Row{Name: name, Cells: []templ.Component{ui.Str(name), ui.Str(f.Object), p.standing(ctx, f)}}
		if p.Mend != nil && !f.Mended {
			row.ID, open = strconv.Itoa(i), true
		}
		t.Rows = append(t.Rows, row)
	}
	if open && !p.visit.Open() {
		t.Bulk = &ui.Bulk{URL: "/doctor/mend", Fields: ui.HiddenField("visit", p.visit.ID), Buttons: []ui.ButtonInfo{{Label: lang.T(ctx, "修复选中的"), Icon: "tool", Kind: ui.Primary,
			Name: "mend", Value: "yes", Confirm: lang.T(ctx, "修复选中的记录：%s。每一项都记入操作记录，不能撤销。", lang.Say(ctx, p.Cure))}}}
	}
	return t
}

func (p *part) standing(ctx context.Context, f doctor.Found) templ.Component {
	switch {
	case f.Mended:
		return ui.Badge(ui.Good, lang.T(ctx, "已修复"))
	case f.Why != "":
		return ui.Badge(ui.Bad, lang.T(ctx, "没有修复：%s", lang.Say(ctx, f.Why)))
	case p.Mend == nil:
		return ui.Badge(ui.Warn, lang.T(ctx, "须由人处理"))
	}
	return ui.Badge(ui.Warn, lang.T(ctx, "待修复"))
}

// — REST —

type found struct {
	Place  int    `json:"place" doc:"To name it when it is to be mended"`
	Check  string `json:"check"`
	Title  string `json:"title" doc:"What is wrong"`
	Cure   string `json:"cure,omitempty" doc:"What mending does; none: a person must see to it"`
	Kind   string `json:"kind"`
	Object string `json:"object"`
	Name   string `json:"name"`
	Mended bool   `json:"mended"`
	Why    string `json:"why,omitempty" doc:"Why it was not mended"`
}

type visitBody struct {
	ID    string  `json:"id"`
	State string  `json:"state" enum:"waiting,examining,mending,done,failed"`
	Done  int     `json:"done"`
	Total int     `json:"total"`
	Found []found `json:"found"`
}

func (p *pages) api(api huma.API) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"doctor"}}
	}
	huma.Register(api, op("get-examination", "GET", "/doctor", "Read the last examination of the records, and how far it is"), func(ctx context.Context, _ *struct{}) (*struct{ Body visitBody }, error) {
		v, err := p.Desk.Last(ctx)
		if err != nil {
			return nil, err
		}
		if v == nil {
			return nil, errs.Missing()
		}
		out := visitBody{v.ID, v.State, v.Done, v.Total, []found{}}
		for _, x := range parts(v) {
			for _, i := range x.at {
				f := v.Found[i]
				one := found{i, f.Check, lang.Say(ctx, x.Title), "", f.Kind, f.Object, f.Name, f.Mended, lang.Say(ctx, f.Why)}
				if x.Mend != nil {
					one.Cure = lang.Say(ctx, x.Cure)
				}
				out.Found = append(out.Found, one)
			}
		}
		return &struct{ Body visitBody }{out}, nil
	})
	huma.Register(api, op("examine-records", "POST", "/doctor/examinations", "Have the records of the tenant examined"), func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		return nil, p.Desk.Examine(ctx)
	})
	huma.Register(api, op("mend-records", "POST", "/doctor/mends", "Have some of what was found mended"), func(ctx context.Context, in *struct {
		Body struct {
			Examination string `json:"examination" maxLength:"64"`
			Places      []int  `json:"places" minItems:"1" maxItems:"10000"`
		}
	}) (*struct{}, error) {
		return nil, p.Desk.Mend(ctx, in.Body.Examination, in.Body.Places)
	})
}
