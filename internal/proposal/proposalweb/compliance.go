package proposalweb

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/document"
	"shangliang/internal/flow"
	"shangliang/internal/lang"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// The acts of two meetings and one disclosure that are no steps of a lifecycle.
const (
	meeting   = "meet"
	exempting = "exempt"
)

// meetAction lets a department write down a meeting after its answer.
func (v *caseView) meetAction(ctx context.Context) (ui.Action, bool) {
	as := v.own()
	if as == nil || !as.Answers() || !v.MeetsAgain(as) {
		return ui.Action{}, false
	}
	a := proposal.Action{Step: flow.Step{Action: meeting}, Assignment: as}
	out := ui.Action{ID: "do-meet", Label: lang.T(ctx, "登记办理后的见面"), Follows: lang.T(ctx, "记入沟通记录；办结前可以登记"), Icon: icons["contact"], URL: v.actionURL(a),
		Fields: v.fields(ctx, a, proposal.Fields["assignment.contact"])}
	if v.tried.is(a) {
		out.Err = v.tried.err
	}
	return out, true
}

// exemptActions let the office do without what is missing.
func (v *caseView) exemptActions(ctx context.Context) (all []ui.Action) {
	c := v.Compliance
	if c == nil || v.State != proposal.FeedbackOpen || !v.who.Can("proposal.close") {
		return nil
	}
	add := func(kind, label string) {
		a := ui.Action{ID: "do-exempt-" + kind, Label: label, Follows: lang.T(ctx, "理由记入经过，办结时不再要求"), Icon: "x", URL: v.url("/" + exempting), Hidden: []ui.Link{{Title: "kind", URL: kind}}}
		f := ui.Field{Name: "reason", Label: lang.T(ctx, "免除的理由"), Required: true, Max: 500}
		if t := v.tried; t != nil && t.action == exempting && t.object == kind {
			a.Err, f.Value = t.err, t.form.Get("reason")
		}
		a.Fields = ui.TextArea(f)
		all = append(all, a)
	}
	if c.LacksMeetings() {
		add(proposal.Meetings, lang.T(ctx, "免除见面要求"))
	}
	if c.LacksDisclosure() {
		add(proposal.Disclosure, lang.T(ctx, "免除公开要求"))
	}
	return all
}

// complianceFacts say how far the case is with two meetings and one disclosure.
func (v *caseView) complianceFacts(ctx context.Context) (all []ui.Item) {
	c := v.Compliance
	if c == nil {
		return nil
	}
	if c.Need > 0 {
		all = append(all, ui.Item{Term: lang.T(ctx, "见面"), Value: ui.Badge(fulfils(!c.LacksMeetings()), meetings(ctx, c))})
	}
	if c.NeedsPublic {
		all = append(all, ui.Item{Term: lang.T(ctx, "公开"), Value: ui.Badge(fulfils(!c.LacksDisclosure()), disclosed(ctx, c))})
	}
	for _, x := range v.Exemptions {
		all = append(all, ui.Say(lang.Say(ctx, exemptTitles[x.Kind]), x.Reason+" · "+v.name(x.Person)))
	}
	return all
}

var exemptTitles = map[string]string{proposal.Meetings: "免除见面要求", proposal.Disclosure: "免除公开要求"}

func fulfils(ok bool) ui.Kind {
	if ok {
		return ui.Good
	}
	return ui.Warn
}

func meetings(ctx context.Context, c *proposal.Compliance) string {
	switch text := lang.T(ctx, "%d次，要求%d次", c.Met(), c.Need); {
	case c.Exempt[proposal.Meetings]:
		return lang.T(ctx, "%s（已免除）", text)
	case c.Around:
		return lang.T(ctx, "%s（答复前%d，答复后%d）", text, c.Before, c.After)
	default:
		return text
	}
}

func disclosed(ctx context.Context, c *proposal.Compliance) string {
	switch {
	case c.Public:
		return lang.T(ctx, "已公开")
	case c.Exempt[proposal.Disclosure]:
		return lang.T(ctx, "不要求公开")
	case c.NeedsPublic:
		return lang.T(ctx, "还没有公开")
	}
	return ""
}

// meet writes a meeting after the answer down.
func (p *pages) meet(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, as := r.PathValue("id"), r.PathValue("as")
	in, err := input(r)
	if err == nil {
		err = p.proposals.Meet(ctx, id, as, in)
	}
	if err != nil {
		return p.again(w, r, &tried{action: meeting, object: as, form: r.PostForm, err: err})
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已登记见面"), "")
	return web.Redirect(w, r, "/proposals/"+id)
}

// exempt does without a requirement.
func (p *pages) exempt(w http.ResponseWriter, r *http.Request) error {
	ctx, id, kind := r.Context(), r.PathValue("id"), r.PostFormValue("kind")
	if err := p.proposals.Exempt(ctx, id, kind, r.PostFormValue("reason")); err != nil {
		return p.again(w, r, &tried{action: exempting, object: kind, form: r.PostForm, err: err})
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已记下理由，可以办结"), "")
	return web.Redirect(w, r, "/proposals/"+id)
}

// complianceQuery is what the list of who lacks what can be narrowed by.
type complianceQuery struct {
	Year  int    `form:"year"`
	Unit  string `form:"unit"`
	Lacks string `form:"lacks"` // "meetings", "disclosure", "any", "none"
	After string `form:"after"` // id of the last line of the page before
}

// complianceView is that list.
type complianceView struct {
	complianceQuery
	*proposal.Complies
	here  string
	known known
	lines []*proposal.Complying // those that the query picks
	units []complianceUnit
}

// complianceUnit adds up what a department lacks.
type complianceUnit struct {
	id, name                       string
	cases, done, meetings, publics int
}

const complianceRows = 100

func (p *pages) complianceOf(r *http.Request) (*complianceView, error) {
	ctx := r.Context()
	q, err := web.Decode[complianceQuery](r)
	if err != nil {
		return nil, err
	}
	v := &complianceView{complianceQuery: q, here: ui.With(r.URL.RequestURI(), "after", "")}
	if v.Complies, err = p.proposals.Compliances(ctx, q.Year); err != nil {
		return nil, err
	}
	v.complianceQuery.Year = v.Complies.Year
	if v.known, err = p.known(ctx); err != nil {
		return nil, err
	}
	sums := map[string]*complianceUnit{}
	for _, c := range v.All {
		if v.picks(c) {
			v.lines = append(v.lines, c)
		}
		for _, id := range slices.Compact(slices.Sorted(slices.Values(c.Units))) {
			u := sums[id]
			if u == nil {
				u = &complianceUnit{id: id, name: v.Names[id]}
				sums[id] = u
			}
			u.add(c)
		}
	}
	for _, u := range sums {
		v.units = append(v.units, *u)
	}
	slices.SortFunc(v.units, func(a, b complianceUnit) int {
		return cmp.Or((b.cases-b.done)-(a.cases-a.done), b.cases-a.cases, strings.Compare(a.id, b.id))
	})
	return v, nil
}

func (u *complianceUnit) add(c *proposal.Complying) {
	u.cases++
	if !c.LacksMeetings() && !c.LacksDisclosure() {
		u.done++
	}
	if c.LacksMeetings() {
		u.meetings++
	}
	if c.LacksDisclosure() {
		u.publics++
	}
}

func (v *complianceView) picks(c *proposal.Complying) bool {
	m, d := c.LacksMeetings(), c.LacksDisclosure()
	if v.Unit != "" && !slices.Contains(c.Units, v.Unit) {
		return false
	}
	switch v.Lacks {
	case proposal.Meetings:
		return m
	case proposal.Disclosure:
		return d
	case "any":
		return m || d
	case "none":
		return !m && !d
	}
	return true
}

func (p *pages) compliance(w http.ResponseWriter, r *http.Request) error {
	v, err := p.complianceOf(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, compliancePage(v))
}

// page are the lines of this page, and the address of the next.
func (v *complianceView) page() (lines []*proposal.Complying, next string) {
	from := 1 + slices.IndexFunc(v.lines, func(c *proposal.Complying) bool { return c.ID == v.After })
	lines = v.lines[from:]
	if len(lines) > complianceRows {
		lines = lines[:complianceRows]
		next = ui.With(v.here, "after", "") // begins from a clean address
		sep := "?"
		if strings.Contains(next, "?") {
			sep = "&"
		}
		next += sep + "after=" + lines[len(lines)-1].ID
	}
	return lines, next
}

func (v *complianceView) filters(ctx context.Context) ui.FiltersInfo {
	years := (&listView{known: v.known}).years(ctx)[1:]
	units := []ui.Option{{Label: lang.T(ctx, "全部")}}
	for _, u := range v.units {
		units = append(units, ui.Option{Value: u.id, Label: u.name})
	}
	return ui.FiltersInfo{Here: ui.With(v.here, "year", itoa(v.Complies.Year)), Export: "/compliance.xlsx" + strings.TrimPrefix(v.here, "/compliance"), Fields: []ui.Field{
		{Name: "year", Label: lang.T(ctx, "年度"), Options: years},
		{Name: "unit", Label: lang.T(ctx, "承办单位"), Options: units},
		{Name: "lacks", Label: lang.T(ctx, "情况"), Options: []ui.Option{{Label: lang.T(ctx, "全部")}, {Value: "any", Label: lang.T(ctx, "还有欠缺的")},
			{Value: proposal.Meetings, Label: lang.T(ctx, "缺见面")}, {Value: proposal.Disclosure, Label: lang.T(ctx, "缺公开")}, {Value: "none", Label: lang.T(ctx, "都齐了")}}},
	}}
}

func (v *complianceView) unitTable(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "按承办单位"), Columns: []ui.Column{{Title: lang.T(ctx, "承办单位"), Wide: true}, {Title: lang.T(ctx, "件数"), Num: true},
		{Title: lang.T(ctx, "都齐了"), Num: true}, {Title: lang.T(ctx, "缺见面"), Num: true}, {Title: lang.T(ctx, "缺公开"), Num: true}}}
	for _, u := range v.units {
		row := ui.Row{Href: query(query("/compliance", "year", itoa(v.Complies.Year)), "unit", u.id), Cells: []templ.Component{ui.Str(u.name), ui.Num(u.cases), ui.Num(u.done), ui.Num(u.meetings), ui.Num(u.publics)}}
		if u.done < u.cases {
			row.Kind = ui.Warn
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (v *complianceView) table(ctx context.Context, lines []*proposal.Complying) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "两见面一公开"), Columns: []ui.Column{{Title: lang.T(ctx, "案由"), Wide: true}, {Title: lang.T(ctx, "案号"), Short: true}, {Title: lang.T(ctx, "提案人"), Desk: true},
		{Title: lang.T(ctx, "承办单位")}, {Title: lang.T(ctx, "状态")}, {Title: lang.T(ctx, "见面")}, {Title: lang.T(ctx, "公开")}, {Title: lang.T(ctx, "还缺什么")}},
		Empty: ui.Empty(ui.EmptyInfo{Icon: "circle-check", Title: lang.T(ctx, "没有符合条件的提案"), Text: lang.T(ctx, "可以放宽筛选条件再看")})}
	for _, c := range lines {
		row := ui.Row{Href: "/proposals/" + c.ID, Name: c.Title, Cells: []templ.Component{ui.Str(titleOf(ctx, c.Title)), ui.Str(number(ctx, c.CaseNo, 0)), ui.Str(c.Lead), ui.Str(v.unitNames(ctx, c)),
			ui.Badge(stateKinds[c.State], lang.Say(ctx, proposal.CaseFlow.State(c.State).Title)), ui.Str(v.met(ctx, c)), ui.Str(disclosed(ctx, &c.Compliance)), nil}}
		if lacks := lacking(ctx, c); lacks != "" {
			row.Kind, row.Cells[7] = ui.Warn, ui.Str(lacks)
		} else {
			row.Cells[7] = ui.Badge(ui.Good, lang.T(ctx, "都齐了"))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (v *complianceView) met(ctx context.Context, c *proposal.Complying) string {
	if c.Need == 0 {
		return ""
	}
	return meetings(ctx, &c.Compliance)
}

func (v *complianceView) unitNames(ctx context.Context, c *proposal.Complying) string {
	names := make([]string, len(c.Units))
	for i, id := range c.Units {
		names[i] = v.Names[id]
	}
	return strings.Join(names, lang.T(ctx, "、"))
}

// lacking says in a few words what a case lacks.
func lacking(ctx context.Context, c *proposal.Complying) string {
	var all []string
	for _, f := range c.Missing() {
		all = append(all, lang.T(ctx, f.Msg, f.Args...))
	}
	return strings.Join(all, lang.T(ctx, "、"))
}

// exportCompliance writes the list as a table, with the departments' sums.
func (p *pages) exportCompliance(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.complianceOf(r)
	if err != nil {
		return err
	}
	var lines, units [][]any
	for _, c := range v.lines {
		lines = append(lines, []any{c.CaseNo, c.Title, c.Lead, v.unitNames(ctx, c), lang.Say(ctx, proposal.CaseFlow.State(c.State).Title), c.Need, c.Before, c.After, disclosed(ctx, &c.Compliance), lacking(ctx, c)})
	}
	for _, u := range v.units {
		units = append(units, []any{u.name, u.cases, u.done, u.meetings, u.publics})
	}
	title := lang.T(ctx, "%d年两见面一公开情况", v.Complies.Year)
	return document.Serve(w, title,
		document.Sheet{Name: lang.T(ctx, "逐件"), Title: title, Header: []string{lang.T(ctx, "案号"), lang.T(ctx, "案由"), lang.T(ctx, "提案人"), lang.T(ctx, "承办单位"), lang.T(ctx, "状态"),
			lang.T(ctx, "要求见面次数"), lang.T(ctx, "答复前见面"), lang.T(ctx, "答复后见面"), lang.T(ctx, "公开"), lang.T(ctx, "还缺什么")}, Rows: document.Each(lines)},
		document.Sheet{Name: lang.T(ctx, "按承办单位"), Title: title, Header: []string{lang.T(ctx, "承办单位"), lang.T(ctx, "件数"), lang.T(ctx, "都齐了"), lang.T(ctx, "缺见面"), lang.T(ctx, "缺公开")}, Rows: document.Each(units)})
}
