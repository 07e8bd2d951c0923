package proposalweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/module"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// How many rows a page has: few where one looks around, more where one works a
// queue off.
const (
	lookRows  = 20
	queueRows = 50
	mostRows  = 200
)

// listView is a list as its page shows it.
type listView struct {
	*proposal.Listing
	filter proposal.Filter
	title  string
	path   string
	here   string // path and query, without the place in the list
	after  place
	queue  proposal.Queue
	counts []proposal.Counted
	known  known
	who    actor.Actor
	unit   bool
	bulks  []module.Bulk // of other modules
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	return p.listing(w, r, lang.T(r.Context(), "提案"), proposal.Filter{})
}

// mine are the proposals that the actor stands behind.
func (p *pages) mine(w http.ResponseWriter, r *http.Request) error {
	return p.listing(w, r, lang.T(r.Context(), "我的提案"), own(r.Context()))
}

// own are the actor's own proposals: a person's, or a body's whoever wrote them.
func own(ctx context.Context) proposal.Filter {
	if a, _ := actor.From(ctx); a.Role == "collective" {
		return proposal.Filter{Body: a.Body}
	}
	return proposal.Filter{Mine: true}
}

// inbox is what a department has to do, the most urgent first.
func (p *pages) inbox(w http.ResponseWriter, r *http.Request) error {
	return p.listing(w, r, lang.T(r.Context(), "承办提案"), proposal.Filter{Sort: "due"})
}

// read makes the filter of a request on top of what the page always filters by.
func read(r *http.Request, base proposal.Filter) (proposal.Filter, place, error) {
	f, err := web.Decode[proposal.Filter](r)
	if err != nil {
		return f, place{}, err
	}
	if f.Title == "" {
		f.Title = web.Clean(r.FormValue("q"))
	}
	if base.Mine {
		f.Mine = f.Queue == "" // a queue knows whose it is, and may wait for who stands behind nothing yet
	}
	if base.Body != "" {
		f.Body = base.Body
	}
	if f.Sort == "" {
		f.Sort = base.Sort
	}
	f.Limit = min(f.Limit, mostRows)
	if f.Limit <= 0 {
		f.Limit = lookRows
		if f.Queue != "" {
			f.Limit = queueRows
		}
	}
	at := parsePlace(f.After)
	f.After = at.cursor()
	return f, at, nil
}

func (p *pages) listing(w http.ResponseWriter, r *http.Request, title string, base proposal.Filter) error {
	ctx := r.Context()
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	f, at, err := read(r, base)
	if err != nil {
		return err
	}
	v := &listView{filter: f, title: title, path: r.URL.Path, after: at, who: a, unit: a.Body != "" && a.Can("assignment.handle")}
	v.queue, _ = proposal.QueueOf(f.Queue)
	if v.path == "/proposals" {
		v.bulks = module.BulksOn(p.modules(), "proposal", a.Can)
	}
	v.here = ui.With(r.URL.RequestURI(), "after", "")
	if v.Listing, err = p.proposals.List(ctx, f); err != nil {
		return err
	}
	if v.counts, err = p.counts(ctx); err != nil {
		return err
	}
	if v.known, err = p.known(ctx); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, listPage(v))
}

// place is where in a list a page begins: how many rows are before it, and the
// cursors of the pages before, so that one can go back. As text it is
// "20.cursor.cursor".
type place struct {
	before  int
	cursors []string
}

// mostCursors bounds the address of a page far down a list; further back than
// that leads to the beginning.
const mostCursors = 20

func parsePlace(s string) place {
	n, rest, _ := strings.Cut(s, ".")
	before, err := strconv.Atoi(n)
	if err != nil || before < 0 || rest == "" {
		return place{}
	}
	return place{before, strings.Split(rest, ".")}
}

func (p place) cursor() string {
	if len(p.cursors) == 0 {
		return ""
	}
	return p.cursors[len(p.cursors)-1]
}

func (p place) String() string {
	if len(p.cursors) == 0 {
		return ""
	}
	return itoa(p.before) + "." + strings.Join(p.cursors, ".")
}

// next is the place after n more rows.
func (p place) next(n int, cursor string) place {
	all := append(slices.Clone(p.cursors), cursor)
	return place{p.before + n, all[max(0, len(all)-mostCursors):]}
}

// previous is the place a page of n rows before.
func (p place) previous(n int) place {
	if len(p.cursors) < 2 || p.before <= n {
		return place{}
	}
	return place{p.before - n, p.cursors[:len(p.cursors)-1]}
}

// at is the list's address at a place.
func (v *listView) at(p place) string {
	if len(p.cursors) == 0 {
		return v.here
	}
	sep := "?"
	if strings.Contains(v.here, "?") {
		sep = "&"
	}
	return v.here + sep + "after=" + url.QueryEscape(p.String())
}

func (v *listView) pager() ui.PagerInfo {
	info := ui.PagerInfo{Count: v.after.before + len(v.Items), Capped: v.Next != "", Export: v.export()}
	if v.Next != "" {
		info.Next = v.at(v.after.next(len(v.Items), v.Next))
	}
	if len(v.after.cursors) > 0 {
		info.Prev = v.at(v.after.previous(v.filter.Limit))
	}
	return info
}

// export is the address of the same list as a file.
func (v *listView) export() string {
	_, q, _ := strings.Cut(v.here, "?")
	if v.path == "/proposals/mine" {
		q += "&mine=yes"
	}
	return "/proposals.xlsx?" + strings.TrimPrefix(q, "&")
}

// papers is where the list is made into a document.
func (v *listView) papers() string {
	return "/papers" + strings.TrimSuffix(strings.TrimPrefix(v.export(), "/proposals.xlsx"), "?")
}

// tabs are the actor's queues.
func (v *listView) tabs(ctx context.Context) []ui.Tab {
	if len(v.counts) == 0 {
		return nil
	}
	all := []ui.Tab{{Title: lang.T(ctx, "全部"), URL: v.path, Count: -1, Current: v.filter.Queue == ""}}
	for _, q := range v.counts {
		all = append(all, ui.Tab{Title: lang.Say(ctx, q.Title), URL: query(v.path, "queue", q.ID), Count: q.Count, Current: v.filter.Queue == q.ID})
	}
	return all
}

// filters are the few that are wanted most; the others have a page.
func (v *listView) filters(ctx context.Context) ui.FiltersInfo {
	f := ui.FiltersInfo{Here: v.here, Search: lang.T(ctx, "案由"), Fields: []ui.Field{
		{Name: "year", Label: lang.T(ctx, "年度"), Options: v.years(ctx)},
	}}
	if v.filter.Queue == "" {
		f.Fields = append(f.Fields, ui.Field{Name: "state", Label: lang.T(ctx, "状态"), Options: states(ctx)})
	}
	f.Fields = append(f.Fields, ui.Field{Name: "subject", Label: lang.T(ctx, "类别"), Options: withAll(ctx, options(ctx, v.known.rules, "proposal.subjects"))})
	// Those of the other page are shown once they are in force, to be taken away.
	for _, x := range []struct{ name, label, value, title string }{
		{"session", lang.T(ctx, "届次"), v.filter.Session, v.sessionTitle()},
		{"kind", lang.T(ctx, "提案形式"), v.filter.Kind, lang.Say(ctx, org.Title(kinds, v.filter.Kind))},
		{"unit", lang.T(ctx, "承办单位"), v.filter.Unit, v.known.names[v.filter.Unit]},
		{"body", lang.T(ctx, "提出提案的单位"), v.filter.Body, v.known.names[v.filter.Body]},
		{"outcome", lang.T(ctx, "办理结果"), v.filter.Outcome, meaning(ctx, v.filter.Outcome)},
		{"overdue", lang.T(ctx, "只看逾期的"), yes(v.filter.Overdue), lang.T(ctx, "是")},
	} {
		if x.value != "" && (x.name != "body" || v.path != "/proposals/mine") {
			f.Fields = append(f.Fields, ui.Field{Name: x.name, Label: x.label, Options: withAll(ctx, []ui.Option{{Value: x.value, Label: x.title}})})
		}
	}
	return f
}

func (v *listView) sessionTitle() string {
	for _, s := range v.known.sessions {
		if s.ID == v.filter.Session {
			return s.Title
		}
	}
	return ""
}

func meaning(ctx context.Context, key string) string {
	c, _ := proposal.Meanings.Find(key)
	return lang.Say(ctx, c.Label)
}

func withAll(ctx context.Context, options []ui.Option) []ui.Option {
	return append([]ui.Option{{Label: lang.T(ctx, "全部")}}, options...)
}

func (v *listView) years(ctx context.Context) []ui.Option {
	all := []ui.Option{{Label: lang.T(ctx, "全部")}}
	for _, s := range v.known.sessions {
		y := itoa(s.Year)
		if all[len(all)-1].Value != y {
			all = append(all, ui.Option{Value: y, Label: y})
		}
	}
	return all
}

func states(ctx context.Context) []ui.Option {
	all := []ui.Option{{Label: lang.T(ctx, "全部")}}
	for _, s := range proposal.CaseFlow.States {
		all = append(all, ui.Option{Value: s.ID, Label: lang.Say(ctx, s.Title)})
	}
	return all
}

// filter is the page of all filters, for a list too long for the few over it.
func (p *pages) filter(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	k, err := p.known(ctx)
	if err != nil {
		return err
	}
	f, _, err := read(r, proposal.Filter{})
	if err != nil {
		return err
	}
	path := "/proposals"
	switch {
	case slices.Contains(proposers, a.Role):
		path = "/proposals/mine"
	case a.Body != "" && a.Can("assignment.handle"):
		path = "/inbox"
	}
	return web.Render(w, r, http.StatusOK, filterPage(&listView{filter: f, path: path, known: k, who: a}))
}

// sessions are options of all sessions.
func sessions(ctx context.Context, all []*org.Session) []ui.Option {
	out := []ui.Option{{Label: lang.T(ctx, "全部")}}
	for _, s := range all {
		out = append(out, ui.Option{Value: s.ID, Label: s.Title})
	}
	return out
}

func meanings(ctx context.Context) []ui.Option {
	out := []ui.Option{{Label: lang.T(ctx, "全部")}}
	for _, c := range proposal.Meanings {
		out = append(out, ui.Option{Value: c.Key, Label: lang.Say(ctx, c.Label)})
	}
	return out
}

func (v *listView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: v.title, Here: v.here, Sort: v.filter.Sort, Empty: v.empty(ctx), Columns: []ui.Column{
		{Title: lang.T(ctx, "案由"), Wide: true}, {Title: lang.T(ctx, "案号"), Key: "case_no"}, {Title: lang.T(ctx, "提案人")}, {Title: lang.T(ctx, "状态")},
		{Title: lang.T(ctx, "下一步")}, {Title: lang.T(ctx, "期限"), Key: "due"}, {Title: lang.T(ctx, "承办单位"), Desk: v.unit}}}
	t.Rows = make([]ui.Row, len(v.Items))
	for i, x := range v.Items {
		t.Rows[i] = v.row(ctx, x)
	}
	if actions := v.bulkActions(); len(actions)+len(v.bulks) > 0 && len(v.Items) > 0 {
		t.Bulk = v.bulk(ctx, actions)
	}
	return t
}

func (v *listView) row(ctx context.Context, x *proposal.Item) ui.Row {
	row := ui.Row{ID: selected{x.ID, x.Version, x.Assignment, x.AssignmentVersion}.String(), Href: query("/proposals/"+x.ID, "queue", v.filter.Queue), Name: x.Title}
	state, kind := lang.Say(ctx, proposal.CaseFlow.State(x.State).Title), stateKinds[x.State]
	if v.unit {
		state, kind = lang.Say(ctx, proposal.AssignmentFlow.State(x.AssignmentState).Title), assignmentKinds[x.AssignmentState]
	}
	var until templ.Component
	if open(x) {
		until = due(ctx, x.DueOn, v.Today)
		switch left := x.DueOn.Sub(v.Today); {
		case x.DueOn == "":
		case left < 0:
			row.Kind = ui.Bad
		case left <= 10:
			row.Kind = ui.Warn
		}
	}
	row.Cells = []templ.Component{ui.Str(titleOf(ctx, x.Title)), ui.Str(number(ctx, x.CaseNo, x.SerialNo)), ui.Str(x.Lead), ui.Badge(kind, state),
		ui.Str(v.nextOf(ctx, x)), until, ui.Str(x.Units)}
	return row
}

// open reports whether a department owes an answer, so that a date counts.
func open(x *proposal.Item) bool {
	if x.AssignmentState != "" {
		return !proposal.AssignmentFlow.State(x.AssignmentState).Final
	}
	return x.State == proposal.Dispatched || x.State == proposal.Handling || x.State == proposal.Rehandling
}

// nextOf tells what happens next with a case; once it is rated, how.
func (v *listView) nextOf(ctx context.Context, x *proposal.Item) string {
	switch {
	case v.unit && unitNexts[x.AssignmentState] != "" && x.State != proposal.Closed && x.State != proposal.Archived && x.State != proposal.FollowingUp:
		return lang.Say(ctx, unitNexts[x.AssignmentState])
	case x.State == proposal.InReview:
		if all := v.known.rules.Codes("proposal.stages").Active(); x.Stage < len(all) {
			return lang.Say(ctx, all[x.Stage].Label)
		}
	case x.State == proposal.FeedbackOpen && x.Satisfaction != "" && !v.unit:
		return lang.T(ctx, "已评价：%s，待办结", lang.Word(org.Title(satisfactions, x.Satisfaction)))
	case x.State == proposal.Archived && x.Satisfaction != "" && !v.unit:
		return lang.Say(ctx, org.Title(satisfactions, x.Satisfaction))
	}
	return lang.Say(ctx, nexts[x.State])
}

// empty says what would stand here and how to begin.
func (v *listView) empty(ctx context.Context) templ.Component {
	e := ui.EmptyInfo{Title: lang.T(ctx, "没有符合条件的提案"), Text: lang.T(ctx, "可以放宽筛选条件再看"), Action: ui.Button(ui.ButtonInfo{Label: lang.T(ctx, "查看全部"), Href: v.path})}
	narrowed := v.filter.Title != "" || v.filter.Year != 0 || len(v.filter.States) > 0 || v.filter.Subject != "" || v.filter.Session != "" || v.filter.Kind != "" ||
		v.filter.Unit != "" || v.filter.Outcome != "" || v.filter.Overdue
	switch {
	case narrowed:
	case v.queue.ID != "":
		e = ui.EmptyInfo{Icon: "circle-check", Title: lang.T(ctx, "“%s”都办完了", lang.Say(ctx, v.queue.Title)), Text: lang.T(ctx, "有新的会出现在这里，并发通知"), Action: ui.Button(ui.ButtonInfo{Label: lang.T(ctx, "查看全部"), Href: v.path})}
	case slices.Contains(proposers, v.who.Role):
		e = ui.EmptyInfo{Title: lang.T(ctx, "您还没有提案"), Text: lang.T(ctx, "写的内容随时自动保存，写好再提交"), Action: ui.Button(ui.ButtonInfo{Label: lang.T(ctx, "写提案"), Icon: "edit", Kind: ui.Primary, Href: "/proposals/new"})}
	case v.unit:
		e = ui.EmptyInfo{Title: lang.T(ctx, "还没有交给本单位的提案"), Text: lang.T(ctx, "交办后会出现在这里，并通知本单位的联络员")}
	default:
		e = ui.EmptyInfo{Title: lang.T(ctx, "还没有提案"), Text: lang.T(ctx, "委员提交后会出现在这里；也可以代录纸质提案")}
	}
	return ui.Empty(e)
}

// export writes the list that a filter shows, all of its pages, as a table.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	base := proposal.Filter{}
	if r.FormValue("mine") != "" {
		base = own(ctx)
	}
	f, _, err := read(r, base)
	if err != nil {
		return err
	}
	f.Mine = base.Mine && f.Queue == ""
	k, err := p.known(ctx)
	if err != nil {
		return err
	}
	f.After, f.Limit = "", 500
	first, err := p.proposals.List(ctx, f)
	if err != nil {
		return err
	}
	rows := func(yield func([]any, error) bool) {
		for l := first; ; {
			for _, x := range l.Items {
				if !yield(exported(ctx, k, x), nil) {
					return
				}
			}
			if l.Next == "" {
				return
			}
			f.After = l.Next
			next, err := p.proposals.List(ctx, f)
			if err != nil {
				yield(nil, err)
				return
			}
			l = next
		}
	}
	return document.Serve(w, lang.T(ctx, "提案"), document.Sheet{Name: lang.T(ctx, "提案"), Header: []string{lang.T(ctx, "届次"), lang.T(ctx, "年度"), lang.T(ctx, "流水号"), lang.T(ctx, "案号"), lang.T(ctx, "案由"),
		lang.T(ctx, "提案形式"), lang.T(ctx, "提案人"), lang.T(ctx, "类别"), lang.T(ctx, "状态"), lang.T(ctx, "承办单位"), lang.T(ctx, "期限"), lang.T(ctx, "办理结果"), lang.T(ctx, "满意度")}, Rows: rows})
}

func exported(ctx context.Context, k known, x *proposal.Item) []any {
	number := func(n int) any {
		if n == 0 {
			return nil
		}
		return n
	}
	until := ""
	if open(x) {
		until = x.DueOn.String()
	}
	return []any{x.Session, x.Year, number(x.SerialNo), number(x.CaseNo), x.Title, lang.Say(ctx, org.Title(kinds, x.Kind)), x.Lead, code(ctx, k.rules, "proposal.subjects", x.Subject),
		lang.Say(ctx, proposal.CaseFlow.State(x.State).Title), x.Units, until, meaning(ctx, x.Meaning), lang.Say(ctx, org.Title(satisfactions, x.Satisfaction))}
}

// selected names a row of a list that was selected, with the versions seen.
type selected struct {
	id         string
	version    int
	assignment string
	asVersion  int
}

func (s selected) String() string {
	text := s.id + "@" + itoa(s.version)
	if s.assignment != "" {
		text += "@" + s.assignment + "@" + itoa(s.asVersion)
	}
	return text
}

func parseSelected(text string) (s selected, err error) {
	part := strings.Split(text, "@")
	wrong := errs.New(errs.Invalid, "选中的内容有误，请重新选择")
	if len(part) != 2 && len(part) != 4 {
		return s, wrong
	}
	s.id = part[0]
	if s.version, err = strconv.Atoi(part[1]); err != nil {
		return s, wrong
	}
	if len(part) == 4 {
		s.assignment = part[2]
		if s.asVersion, err = strconv.Atoi(part[3]); err != nil {
			return s, wrong
		}
	}
	return s, nil
}

// filterURL is the page of all filters, with those in force filled in.
func (v *listView) filterURL() string {
	_, q, _ := strings.Cut(v.here, "?")
	if q == "" {
		return "/proposals/filter"
	}
	return "/proposals/filter?" + q
}
