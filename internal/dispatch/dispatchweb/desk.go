package dispatchweb

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/dispatch"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// putForm lists what could come on the agenda.
func (p *pages) putForm(w http.ResponseWriter, r *http.Request) error {
	return p.unplaced(w, r, http.StatusOK, nil)
}

func (p *pages) unplaced(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	ctx := r.Context()
	all, err := p.Dispatch.Unplaced(ctx)
	if err != nil {
		return err
	}
	g, err := p.Dispatch.Get(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, status, putPage(&putView{g, all, wrong}))
}

type putView struct {
	*dispatch.Agenda
	all []*dispatch.Item
	err error
}

func (v *putView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "待上会的提案"), Columns: []ui.Column{{Title: lang.T(ctx, "案由"), Wide: true}, {Title: lang.T(ctx, "案号"), Short: true}, {Title: lang.T(ctx, "提案人")}},
		Empty: ui.Empty(ui.EmptyInfo{Icon: "circle-check", Title: lang.T(ctx, "没有待上会的提案"), Text: lang.T(ctx, "立案后还没有交办、也不在别的议程上的提案会列在这里。"), Action: ui.Button(ui.ButtonInfo{Label: lang.T(ctx, "回到会议"), Href: pathOf(v.ID, "")})}),
		Bulk:  &ui.Bulk{URL: pathOf(v.ID, "/put"), Buttons: []ui.ButtonInfo{{Label: lang.T(ctx, "放上议程"), Kind: ui.Primary, Name: "put", Value: "yes"}}}}
	for _, x := range v.all {
		t.Rows = append(t.Rows, ui.Row{ID: x.Proposal, Href: "/proposals/" + x.Proposal, Name: x.Title, Cells: []templ.Component{ui.Str(x.Title), ui.Str(lang.T(ctx, "第%d号", x.CaseNo)), ui.Str(x.Lead)}})
	}
	return t
}

// put puts the selected cases on the agenda, or all that wait.
func (p *pages) put(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	if err := r.ParseForm(); err != nil {
		return err
	}
	ids := r.PostForm["id"]
	if r.PostFormValue("all") != "" {
		all, err := p.Dispatch.Unplaced(ctx)
		if err != nil {
			return err
		}
		for _, x := range all {
			ids = append(ids, x.Proposal)
		}
	}
	n, err := p.Dispatch.Put(ctx, id, ids)
	switch kind := errs.KindOf(err); {
	case err == nil:
		web.Flash(w, r, ui.Good, lang.T(ctx, "已把%d件提案放上议程", n), "")
		return web.Redirect(w, r, pathOf(id, ""))
	case kind == errs.Conflict || kind == errs.Invalid:
		return p.unplaced(w, r, web.Status(kind), err)
	}
	return err
}

// deskView is one case of the agenda, with what there is to choose from.
type deskView struct {
	*agendaView
	item   *dispatch.Item
	text   *proposal.Case
	bodies []*org.Body
	form   url.Values // as it was typed before a refusal
	err    error
}

func (p *pages) deskOf(r *http.Request) (*deskView, error) {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "proposal.dispatch"); err != nil {
		return nil, err
	}
	g, err := p.view(ctx, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	v := &deskView{agendaView: g}
	if v.item, err = g.Item(r.PathValue("proposal")); err != nil {
		return nil, err
	}
	if v.text, err = p.Proposals.Get(ctx, v.item.Proposal); err != nil {
		return nil, err
	}
	v.bodies, err = p.Org.Bodies(ctx, "department")
	return v, err
}

func (p *pages) desk(w http.ResponseWriter, r *http.Request) error {
	v, err := p.deskOf(r)
	if err != nil {
		return err
	}
	if v.item.State == dispatch.Sent {
		return web.Redirect(w, r, "/proposals/"+v.item.Proposal)
	}
	return web.Render(w, r, http.StatusOK, deskPage(v))
}

// other is the choice of a department that is no candidate.
const other = "other"

// picked is what the form shows: what was typed, else what was chosen before,
// else what is most likely.
type picked struct {
	host, other string
	co          []string
	split       bool
	note        string
}

func (v *deskView) picked() (x picked) {
	if v.form != nil {
		return picked{v.form.Get("host"), v.form.Get("other"), append(slices.Clone(v.form["co"]), v.form["more"]...), v.form.Get("split") != "", v.form.Get("note")}
	}
	units := guess(v.offered())
	if len(v.item.Units) > 0 {
		units = nil
		for _, u := range v.item.Units {
			units = append(units, u.UnitRole)
		}
	}
	x.note = v.item.Note
	for i, u := range units {
		if i == 0 {
			x.host, x.split = u.Unit, u.Role == proposal.Split
			continue
		}
		x.co = append(x.co, u.Unit)
	}
	if x.host == "" && len(v.offered()) > 0 {
		x.host = v.offered()[0].Unit
	}
	if !v.offers(x.host) {
		x.host, x.other = other, x.host
	}
	return x
}

func (v *deskView) offered() []proposal.Candidate { return v.candidates[v.item.Proposal] }

func (v *deskView) offers(unit string) bool {
	return slices.ContainsFunc(v.offered(), func(c proposal.Candidate) bool { return c.Unit == unit })
}

func (v *deskView) hosts(ctx context.Context) (all []ui.Option) {
	for _, c := range v.offered() {
		all = append(all, ui.Option{Value: c.Unit, Label: v.name(c.Unit), Help: reasons(ctx, c)})
	}
	return append(all, ui.Option{Value: other, Label: lang.T(ctx, "其他单位")})
}

// helpers are the candidates as co-handlers, and the chosen ones of the others.
func (v *deskView) helpers() (all []ui.Option) {
	for _, c := range v.offered() {
		all = append(all, ui.Option{Value: c.Unit, Label: v.name(c.Unit)})
	}
	return all
}

// departments are all active ones to choose from, grouped by system.
func (v *deskView) departments(ctx context.Context) []ui.Option {
	var all []ui.Option
	for _, b := range v.bodies {
		if b.Active {
			all = append(all, ui.Option{Value: b.ID, Label: b.Name, Group: lang.Say(ctx, org.Title(org.Systems, b.System))})
		}
	}
	slices.SortStableFunc(all, func(a, b ui.Option) int { return strings.Compare(a.Group, b.Group) })
	return all
}

// unitsOf reads who shall handle the case from the form.
func unitsOf(form url.Values) (units []proposal.UnitRole) {
	host := form.Get("host")
	if host == other || host == "" {
		host = form.Get("other")
	}
	var rest []string
	for _, id := range append(slices.Clone(form["co"]), form["more"]...) {
		if id != "" && id != host && !slices.Contains(rest, id) {
			rest = append(rest, id)
		}
	}
	role, others := proposal.Sole, proposal.CoHandler
	switch {
	case form.Get("split") != "":
		role, others = proposal.Split, proposal.Split
	case len(rest) > 0:
		role = proposal.Host
	}
	if host != "" {
		units = append(units, proposal.UnitRole{Unit: host, Role: role})
	}
	for _, id := range rest {
		units = append(units, proposal.UnitRole{Unit: id, Role: others})
	}
	return units
}

// choose keeps who shall handle the case and goes on to the next.
func (p *pages) choose(w http.ResponseWriter, r *http.Request) error {
	ctx, id, of := r.Context(), r.PathValue("id"), r.PathValue("proposal")
	if err := r.ParseForm(); err != nil {
		return err
	}
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	err = p.Dispatch.Choose(ctx, id, of, int(version), unitsOf(r.PostForm), r.PostFormValue("note"))
	switch kind := errs.KindOf(err); {
	case err == nil:
	case kind == errs.Invalid || kind == errs.Conflict:
		v, missing := p.deskOf(r)
		if missing != nil {
			return missing
		}
		v.form, v.err = r.PostForm, atHost(err)
		return web.Render(w, r, web.Status(kind), deskPage(v))
	default:
		return err
	}
	g, err := p.Dispatch.Get(ctx, id)
	if err != nil {
		return err
	}
	next := g.Next(of)
	if next == "" {
		_, ready := g.Left()
		web.Flash(w, r, ui.Good, lang.T(ctx, "承办单位都确定了，可以交办%d件", ready), "")
		return web.Redirect(w, r, pathOf(id, ""))
	}
	left, _ := g.Left()
	web.Flash(w, r, ui.Good, lang.T(ctx, "已确定；还有%d件", left), "")
	return web.Redirect(w, r, pathOf(id, "/cases/"+next))
}

// atHost tells what is wrong with the departments at the field that leads them.
func atHost(err error) error {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || len(e.Fields) == 0 {
		return err
	}
	out := *e
	out.Fields = slices.Clone(e.Fields)
	for i := range out.Fields {
		if out.Fields[i].Name == "units" {
			out.Fields[i].Name = "host"
		}
	}
	return &out
}

func (p *pages) remove(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	if err := p.Dispatch.TakeOff(ctx, id, r.PathValue("proposal")); err != nil {
		return p.refused(w, r, err)
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已从议程取下"), "")
	return web.Redirect(w, r, pathOf(id, ""))
}

// acceptAll fills in the best guess wherever there is a good one; a person still
// looks it over and hands it over.
func (p *pages) acceptAll(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	v, err := p.view(ctx, id)
	if err != nil {
		return err
	}
	n := 0
	for _, x := range v.Items {
		units := guess(v.candidates[x.Proposal])
		if x.State != dispatch.Waiting || len(units) == 0 {
			continue
		}
		if err := p.Dispatch.Choose(keyed(ctx, x.Proposal), id, x.Proposal, x.Version, units, ""); err != nil {
			if kind := errs.KindOf(err); kind == errs.Conflict || kind == errs.Invalid {
				continue // changed meanwhile: it stays to be chosen
			}
			return err
		}
		n++
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已按建议填写%d件，请核对后交办", n), "")
	return web.Redirect(w, r, pathOf(id, ""))
}

// keyed is a context with a request key of its own for one of many.
func keyed(ctx context.Context, id string) context.Context {
	k := actor.RequestFrom(ctx)
	if k.Key == "" || len(k.Key) > 80 {
		return actor.WithRequest(ctx, actor.Request{})
	}
	k.Key += ":" + id
	return actor.WithRequest(ctx, k)
}

// send hands over what is ready and says what went and what did not.
func (p *pages) send(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	all, err := p.Dispatch.Send(ctx, id, "")
	if err != nil {
		return p.refused(w, r, err)
	}
	failed := slices.DeleteFunc(slices.Clone(all), func(o dispatch.Outcome) bool { return o.Err == nil })
	if len(failed) == 0 {
		web.Flash(w, r, ui.Good, lang.T(ctx, "已交办%d件，承办单位已收到通知", len(all)), "")
		return web.Redirect(w, r, pathOf(id, ""))
	}
	return web.Render(w, r, http.StatusOK, sentPage(id, len(all)-len(failed), failed))
}
