package dispatchweb

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/dispatch"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// listView is the list of meetings.
type listView struct {
	all   []*dispatch.Meeting
	today calendar.Date
	holds bool // may call a meeting
	after string
	next  string
}

const perPage = 50

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	v := &listView{holds: a.Can("dispatch.hold"), after: r.FormValue("after")}
	if v.all, v.today, err = p.Dispatch.List(ctx, v.after); err != nil {
		return err
	}
	if len(v.all) == perPage {
		v.next = "/dispatches?after=" + v.all[perPage-1].ID
	}
	return web.Render(w, r, http.StatusOK, listPage(v))
}

func (v *listView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "交办会"), Columns: []ui.Column{{Title: lang.T(ctx, "会议名称"), Wide: true}, {Title: lang.T(ctx, "日期"), Short: true}, {Title: lang.T(ctx, "地点"), Desk: true},
		{Title: lang.T(ctx, "上会提案"), Num: true}, {Title: lang.T(ctx, "已交办"), Num: true}, {Title: lang.T(ctx, "状态")}}}
	for _, m := range v.all {
		state := ui.Badge(ui.Good, lang.T(ctx, "已召开"))
		switch {
		case m.Cancelled:
			state = ui.Badge(ui.Neutral, lang.T(ctx, "已取消"))
		case m.OnDate > v.today:
			state = ui.Badge(ui.Info, lang.T(ctx, "筹备中"))
		case m.Sent < m.Cases:
			state = ui.Badge(ui.Warn, lang.T(ctx, "还有%d件没有交办", m.Cases-m.Sent))
		}
		t.Rows = append(t.Rows, ui.Row{Href: pathOf(m.ID, ""), Cells: []templ.Component{ui.Str(m.Title), ui.On(m.OnDate), ui.Str(m.Place), ui.Num(m.Cases), ui.Num(m.Sent), state}})
	}
	t.Empty = v.empty(ctx)
	return t
}

func (v *listView) empty(ctx context.Context) templ.Component {
	if v.holds {
		return ui.Empty(ui.EmptyInfo{Icon: "send", Title: lang.T(ctx, "还没有交办会"), Text: lang.T(ctx, "立案后，把提案放上议程，逐件确定承办单位，会上一次交办。"), Action: newButton()})
	}
	return ui.Empty(ui.EmptyInfo{Icon: "send", Title: lang.T(ctx, "还没有交办会"), Text: lang.T(ctx, "在交办会上交给本单位的提案会列在这里。")})
}

// meetingForm is the form of a meeting; Err is why it was not kept.
type meetingForm struct {
	ID        string
	Title     string        `form:"title"`
	OnDate    calendar.Date `form:"on_date"`
	Place     string        `form:"place"`
	Chair     string        `form:"chair"`
	Attendees string        `form:"attendees"`
	Units     []string      `form:"units"`
	Minutes   string        `form:"minutes"`
	Version   int64
	Err       error
	bodies    []*org.Body
	theirs    bool // somebody else saved meanwhile
}

func (f *meetingForm) action() string {
	if f.ID == "" {
		return "/dispatches/new"
	}
	return pathOf(f.ID, "/edit")
}

func (p *pages) form(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "dispatch.hold"); err != nil {
		return err
	}
	f := &meetingForm{ID: r.PathValue("id"), OnDate: calendar.Date(r.FormValue("on_date"))}
	if f.ID != "" {
		g, err := p.Dispatch.Get(ctx, f.ID)
		if err != nil {
			return err
		}
		m := g.Meeting
		f.Title, f.OnDate, f.Place, f.Chair, f.Attendees, f.Units, f.Minutes, f.Version = m.Title, m.OnDate, m.Place, m.Chair, m.Attendees, m.Units, m.Minutes, int64(m.Version)
	}
	return p.render(w, r, http.StatusOK, f)
}

func (p *pages) render(w http.ResponseWriter, r *http.Request, status int, f *meetingForm) (err error) {
	if f.bodies, err = p.Org.Bodies(r.Context(), "department"); err != nil {
		return err
	}
	return web.Render(w, r, status, formPage(f))
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	decoded, err := web.Decode[meetingForm](r)
	f := &decoded
	f.ID = r.PathValue("id")
	if err == nil && f.ID != "" {
		f.Version, err = web.Version(r)
	}
	id := f.ID
	if err == nil {
		id, err = p.Dispatch.Save(ctx, dispatch.Meeting{ID: f.ID, Version: int(f.Version), Title: f.Title, OnDate: f.OnDate, Place: f.Place, Chair: f.Chair,
			Attendees: f.Attendees, Units: f.Units, Minutes: f.Minutes})
	}
	switch kind := errs.KindOf(err); {
	case err == nil:
		web.Flash(w, r, ui.Good, lang.T(ctx, "会议已保存"), "")
		return web.Redirect(w, r, pathOf(id, ""))
	case kind == errs.Invalid || kind == errs.Conflict:
		f.Err = err
		if kind == errs.Conflict && f.ID != "" {
			g, err := p.Dispatch.Get(ctx, f.ID)
			if err != nil {
				return err
			}
			f.Version, f.theirs = int64(g.Version), true
		}
		return p.render(w, r, web.Status(kind), f)
	}
	return err
}

func (p *pages) cancel(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	if err := p.Dispatch.Cancel(ctx, r.PathValue("id"), int(version)); err != nil {
		return p.refused(w, r, err)
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "会议已取消，议程上的提案可以放到别的会议"), "")
	return web.Redirect(w, r, "/dispatches")
}

// agendaView is the page of a meeting.
type agendaView struct {
	*dispatch.Agenda
	who        actor.Actor
	candidates map[string][]proposal.Candidate // of what waits
	names      map[string]string               // of candidates
	accept     string
	most       int64
	err        error // of what was just tried
}

func (p *pages) view(ctx context.Context, id string) (v *agendaView, err error) {
	v = &agendaView{accept: p.accept, most: p.limits.Most(), names: map[string]string{}}
	if v.who, err = actor.Require(ctx, ""); err != nil {
		return nil, err
	}
	if v.Agenda, err = p.Dispatch.Get(ctx, id); err != nil {
		return nil, err
	}
	if v.Own != "" || !v.who.Can("proposal.dispatch") && !v.who.Can("proposal.check") {
		return v, nil
	}
	var ids []string
	for _, x := range v.Items {
		if x.State != dispatch.Sent {
			ids = append(ids, x.Proposal)
		}
	}
	if len(ids) == 0 {
		return v, nil
	}
	if v.candidates, err = p.Proposals.Candidates(ctx, ids); err != nil {
		return nil, err
	}
	bodies, err := p.Org.Bodies(ctx, "department")
	for _, b := range bodies {
		v.names[b.ID] = b.Short()
	}
	return v, err
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, agendaPage(v))
}

// refused shows the meeting with what was wrong; other errors go as they are.
func (p *pages) refused(w http.ResponseWriter, r *http.Request, err error) error {
	kind := errs.KindOf(err)
	if kind != errs.Invalid && kind != errs.Conflict && kind != errs.TooLarge {
		return err
	}
	v, missing := p.view(r.Context(), r.PathValue("id"))
	if missing != nil {
		return missing
	}
	v.err = err
	return web.Render(w, r, web.Status(kind), agendaPage(v))
}

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

func (v *agendaView) name(id string) string {
	if n := v.Names[id]; n != "" {
		return n
	}
	return v.names[id]
}

func (v *agendaView) facts(ctx context.Context) []ui.Item {
	all := []ui.Item{{Term: lang.T(ctx, "日期"), Value: ui.LongDay(v.OnDate)}, ui.Say(lang.T(ctx, "届次"), v.Session.Title)}
	add := func(term, value string) {
		if value != "" {
			all = append(all, ui.Say(term, value))
		}
	}
	add(lang.T(ctx, "地点"), v.Place)
	add(lang.T(ctx, "主持人"), v.Chair)
	add(lang.T(ctx, "参会人员"), v.Attendees)
	names := make([]string, len(v.Meeting.Units))
	for i, id := range v.Meeting.Units {
		names[i] = v.name(id)
	}
	add(lang.T(ctx, "参会单位"), strings.Join(names, lang.T(ctx, "、")))
	add(lang.T(ctx, "记录人"), v.name(v.Person))
	return all
}

// chosen says who handles a case, as "主办县水利局；会办县农业农村局".
func (v *agendaView) chosen(ctx context.Context, x *dispatch.Item) string {
	var all []string
	for _, role := range []string{proposal.Sole, proposal.Host, proposal.Split, proposal.CoHandler} {
		var names []string
		for _, u := range x.Units {
			if u.Role == role {
				names = append(names, v.name(u.Unit))
			}
		}
		if len(names) > 0 {
			all = append(all, lang.T(ctx, "%s：%s", lang.Say(ctx, roles[role]), strings.Join(names, lang.T(ctx, "、"))))
		}
	}
	return strings.Join(all, lang.T(ctx, "；"))
}

// reason says why a department might be asked.
func reason(ctx context.Context, r proposal.CandidateReason) string {
	switch r.Kind {
	case proposal.ReviewOf:
		return lang.T(ctx, "审查时%d人建议", r.N)
	case proposal.WishOf:
		return lang.T(ctx, "提案人希望由它办理")
	case proposal.LikenessOf:
		return lang.T(ctx, "办过相近的第%d号《%s》", r.CaseNo, r.Title)
	}
	return lang.T(ctx, "办过这一类%d件，全部%d件", r.N, r.Of)
}

func reasons(ctx context.Context, c proposal.Candidate) string {
	all := make([]string, len(c.Reasons))
	for i, r := range c.Reasons {
		all[i] = reason(ctx, r)
	}
	return strings.Join(all, lang.T(ctx, "；"))
}

func (v *agendaView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "议程"), Columns: []ui.Column{{Title: lang.T(ctx, "案由"), Wide: true}, {Title: lang.T(ctx, "案号"), Short: true}, {Title: lang.T(ctx, "提案人"), Desk: true},
		{Title: lang.T(ctx, "承办单位")}, {Title: lang.T(ctx, "状态")}}}
	for _, x := range v.Items {
		s := states[x.State]
		row := ui.Row{Href: pathOf(v.ID, "/cases/"+x.Proposal), Name: x.Title, Cells: []templ.Component{ui.Str(x.Title), ui.Str(lang.T(ctx, "第%d号", x.CaseNo)), ui.Str(x.Lead),
			ui.Str(v.chosen(ctx, x)), ui.Badge(s.kind, lang.Say(ctx, s.title))}}
		if x.State == dispatch.Sent || v.Own != "" || !v.who.Can("proposal.dispatch") {
			row.Href = "/proposals/" + x.Proposal
		}
		if all := v.candidates[x.Proposal]; x.State == dispatch.Waiting && len(all) > 0 {
			row.Cells[3] = suggestion(v.name(all[0].Unit), reasons(ctx, all[0]))
		}
		t.Rows = append(t.Rows, row)
	}
	t.Empty = ui.Empty(ui.EmptyInfo{Icon: "files", Title: lang.T(ctx, "议程上还没有提案"), Text: lang.T(ctx, "把立案待交办的提案放上议程，再逐件确定承办单位。"), Action: putButton(v)})
	return t
}

// ready are those of a guess good enough to be filled in for all at once.
func (v *agendaView) ready() (n int) {
	for _, x := range v.Items {
		if x.State == dispatch.Waiting && len(guess(v.candidates[x.Proposal])) > 0 {
			n++
		}
	}
	return n
}

// surely is the score from which a candidate is a person's word or a near
// likeness rather than habit.
const surely = 15

// guess is how departments would share a case by its candidates: those whom
// reviewers named together as host and co-handlers, else the first alone.
func guess(all []proposal.Candidate) (units []proposal.UnitRole) {
	for _, c := range all {
		named := slices.ContainsFunc(c.Reasons, func(r proposal.CandidateReason) bool { return r.Kind == proposal.ReviewOf })
		if len(units) == 0 && c.Score >= surely || len(units) > 0 && named {
			units = append(units, proposal.UnitRole{Unit: c.Unit, Role: proposal.CoHandler})
		}
	}
	switch len(units) {
	case 0:
	case 1:
		units[0].Role = proposal.Sole
	default:
		units[0].Role = proposal.Host
	}
	return units
}

func (v *agendaView) fileItems(ctx context.Context) (all []ui.FileItem) {
	for _, f := range v.Files {
		x := ui.FileItem{Name: f.Name, URL: pathOf(v.ID, "/files/"+f.ID), Bytes: f.Size, Note: v.name(f.Person) + " · " + ui.ShortDay(ctx, calendar.On(f.At.Time))}
		if v.who.Can("dispatch.hold") {
			x.Remove = x.URL + "/remove"
		}
		all = append(all, x)
	}
	return all
}

func (p *pages) attach(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	f, err := web.Upload(r, "file", p.limits.Most())
	if err != nil {
		return p.refused(w, r, err)
	}
	defer f.Close()
	if err := p.Dispatch.Attach(ctx, id, dispatch.Upload{Name: f.Name, Size: f.Size, Content: f}); err != nil {
		return p.refused(w, r, err)
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已上传"), "")
	return web.Redirect(w, r, pathOf(id, "#files"))
}

func (p *pages) detach(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	if err := p.Dispatch.Detach(ctx, id, r.PathValue("file")); err != nil {
		return p.refused(w, r, err)
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已移除文件"), "")
	return web.Redirect(w, r, pathOf(id, "#files"))
}

func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	f, content, err := p.Dispatch.OpenFile(r.Context(), r.PathValue("id"), r.PathValue("file"))
	if err != nil {
		return err
	}
	return web.ServeFile(w, r, f.Name, document.ContentType(document.Kind(f.Kind)), f.SHA256, func() (io.ReadSeekCloser, error) { return content, nil })
}

// sheets are the lists to print and sign.
func (p *pages) sheets(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, sheetsPage(v))
}

func (v *agendaView) sheetTable(ctx context.Context, s *dispatch.Sheet) ui.TableInfo {
	t := ui.TableInfo{Caption: v.name(s.Unit), Columns: []ui.Column{{Title: lang.T(ctx, "案由"), Wide: true}, {Title: lang.T(ctx, "案号"), Short: true}, {Title: lang.T(ctx, "提案人")},
		{Title: lang.T(ctx, "办理方式")}, {Title: lang.T(ctx, "其他承办单位")}, {Title: lang.T(ctx, "期限"), Short: true}}}
	for _, x := range s.Items {
		part := s.Part(x)
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Str(x.Title), ui.Str(lang.T(ctx, "第%d号", x.CaseNo)), ui.Str(x.Lead), ui.Str(lang.Say(ctx, roles[part.Role])), ui.Str(v.others(ctx, s, x)), ui.On(part.DueOn)}})
	}
	return t
}

func (v *agendaView) others(ctx context.Context, s *dispatch.Sheet, x *dispatch.Item) string {
	var all []string
	for _, id := range s.Others(x) {
		i := slices.IndexFunc(x.Units, func(u dispatch.Part) bool { return u.Unit == id })
		all = append(all, lang.T(ctx, "%s：%s", lang.Say(ctx, roles[x.Units[i].Role]), v.name(id)))
	}
	return strings.Join(all, lang.T(ctx, "；"))
}

// export writes the agenda, and each department's list, as a table.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.view(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	var lines, units [][]any
	for _, x := range v.Items {
		lines = append(lines, []any{x.CaseNo, x.Title, x.Lead, v.chosen(ctx, x), lang.Say(ctx, states[x.State].title), x.Note})
	}
	for _, s := range v.Sheets() {
		for _, x := range s.Items {
			part := s.Part(x)
			units = append(units, []any{v.name(s.Unit), x.CaseNo, x.Title, x.Lead, lang.Say(ctx, roles[part.Role]), v.others(ctx, s, x), part.DueOn.String()})
		}
	}
	return document.Serve(w, lang.T(ctx, "交办表"),
		document.Sheet{Name: lang.T(ctx, "议程"), Title: v.Title, Header: []string{lang.T(ctx, "案号"), lang.T(ctx, "案由"), lang.T(ctx, "提案人"), lang.T(ctx, "承办单位"), lang.T(ctx, "状态"), lang.T(ctx, "交办意见")}, Rows: document.Each(lines)},
		document.Sheet{Name: lang.T(ctx, "交办表"), Title: v.Title, Header: []string{lang.T(ctx, "承办单位"), lang.T(ctx, "案号"), lang.T(ctx, "案由"), lang.T(ctx, "提案人"), lang.T(ctx, "办理方式"), lang.T(ctx, "其他承办单位"), lang.T(ctx, "期限")}, Rows: document.Each(units)})
}
