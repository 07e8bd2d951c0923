package keyproposalweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/keyproposal"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/rule"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

func itoa(n int) string { return strconv.Itoa(n) }

// stateKinds are the tones of the states.
var stateKinds = map[string]ui.Kind{keyproposal.Nominated: ui.Neutral, keyproposal.Consulted: ui.Neutral, keyproposal.Approved: ui.Info,
	keyproposal.PlanSigned: ui.Info, keyproposal.Supervising: ui.Info, keyproposal.Reported: ui.Good, keyproposal.Closed: ui.Good, keyproposal.Declined: ui.Warn}

func stateBadge(ctx context.Context, state string) templ.Component {
	return ui.Badge(stateKinds[state], lang.Say(ctx, keyproposal.Flow.State(state).Title))
}

// listView is the list of a year.
type listView struct {
	*keyproposal.Year
	filter keyproposal.Filter
	items  []*keyproposal.Item
	today  calendar.Date
	here   string
	path   string
	who    actor.Actor
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, err := p.read(r, "key_proposal.read")
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, listPage(v))
}

// mine is what a party or a committee was asked about or has in charge.
func (p *pages) mine(w http.ResponseWriter, r *http.Request) error {
	v, err := p.read(r, "key_proposal.opine")
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, listPage(v))
}

func (p *pages) read(r *http.Request, permission string) (*listView, error) {
	ctx := r.Context()
	a, err := actor.Require(ctx, permission)
	if err != nil {
		return nil, err
	}
	f, err := web.Decode[keyproposal.Filter](r)
	if err != nil {
		return nil, err
	}
	v := &listView{filter: f, here: r.URL.RequestURI(), path: r.URL.Path, who: a}
	if v.Year, err = p.keys.Overview(ctx, f.Year); err != nil {
		return nil, err
	}
	if f.Year == 0 && v.office() {
		f.Year = v.Year.Year
	}
	v.items, v.today, err = p.keys.List(ctx, f)
	return v, err
}

func (v *listView) office() bool { return v.who.Can("key_proposal.read") }

// stats sum the year up against the rules.
func (v *listView) stats(ctx context.Context) []ui.StatInfo {
	year := itoa(v.Year.Year)
	key := ui.StatInfo{Label: lang.T(ctx, "重点提案"), Value: itoa(v.Key), Unit: lang.T(ctx, "件"), URL: "/key-proposals?key=yes&year=" + year,
		Note: lang.T(ctx, "立案%d件的%s；按规则约%d%%", v.Filed, percent(v.Key, v.Filed), v.Share)}
	if v.Over() {
		key.Kind = ui.Warn
	}
	return []ui.StatInfo{key,
		{Label: lang.T(ctx, "待确定"), Value: itoa(v.Nominated), Unit: lang.T(ctx, "件"), URL: "/key-proposals?state=nominated&year=" + year, Note: lang.T(ctx, "提名和征求意见中的")},
		{Label: lang.T(ctx, "其中党派提案"), Value: itoa(v.KeyParty), Unit: lang.T(ctx, "件"), URL: "/key-proposals?key=yes&party=yes&year=" + year,
			Note: lang.T(ctx, "占重点提案%s；党派提案占立案%s", percent(v.KeyParty, v.Key), percent(v.Party, v.Filed))},
	}
}

// percent writes a share with one decimal.
func percent(n, of int) string {
	if of == 0 {
		return "—"
	}
	return strconv.FormatFloat(float64(n)*100/float64(of), 'f', 1, 64) + "%"
}

func (v *listView) filters(ctx context.Context) ui.FiltersInfo {
	f := ui.FiltersInfo{Here: v.here, Search: lang.T(ctx, "案由"), Fields: []ui.Field{
		{Name: "year", Label: lang.T(ctx, "年度"), Options: years(ctx, v.Years)},
		{Name: "state", Label: lang.T(ctx, "状态"), Options: states(ctx)},
	}}
	if v.office() {
		all := []ui.Option{{Label: lang.T(ctx, "全部")}}
		for _, c := range v.Committees {
			all = append(all, ui.Option{Value: c.ID, Label: c.Title})
		}
		f.Fields = append(f.Fields, ui.Field{Name: "committee", Label: lang.T(ctx, "委员会"), Options: all})
	}
	return f
}

func years(ctx context.Context, all []int) []ui.Option {
	out := []ui.Option{{Label: lang.T(ctx, "本年度")}}
	for _, y := range all {
		out = append(out, ui.Option{Value: itoa(y), Label: itoa(y)})
	}
	return out
}

func states(ctx context.Context) []ui.Option {
	all := []ui.Option{{Label: lang.T(ctx, "全部")}}
	for _, s := range keyproposal.Flow.States {
		all = append(all, ui.Option{Value: s.ID, Label: lang.Say(ctx, s.Title)})
	}
	return all
}

func (v *listView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "重点提案"), Here: v.here, Empty: v.empty(ctx), Columns: []ui.Column{
		{Title: lang.T(ctx, "案由"), Wide: true}, {Title: lang.T(ctx, "案号"), Short: true}, {Title: lang.T(ctx, "提案人")}, {Title: lang.T(ctx, "状态")},
		{Title: lang.T(ctx, "领衔领导")}, {Title: lang.T(ctx, "委员会")}, {Title: lang.T(ctx, "期限")}}}
	for _, x := range v.items {
		row := ui.Row{ID: x.ID + "@" + itoa(x.Version), Name: x.Case.Title, Href: "/key-proposals/" + x.ID}
		leader := x.LeaderName
		if x.LeaderPost != "" {
			leader += "（" + x.LeaderPost + "）"
		}
		state := stateBadge(ctx, x.State)
		if x.State == keyproposal.Nominated && x.Asked > 0 {
			state = ui.Group(state, ui.Str(" "+lang.T(ctx, "%d／%d已答复", x.Answered, x.Asked)))
		}
		var due templ.Component
		if x.DueOn != "" {
			due = ui.Group(ui.Until(x.DueOn, v.today), ui.Str(" "+lang.Say(ctx, x.Due)))
		}
		if x.Behind(v.today) {
			row.Kind = ui.Bad
		}
		title := ui.Str(x.Case.Title)
		if x.Case.Party() {
			title = ui.Group(title, ui.Str(" "), ui.Badge(ui.Info, lang.T(ctx, "党派提案")))
		}
		row.Cells = []templ.Component{title, ui.Str(number(ctx, x.Case.CaseNo)), ui.Str(x.Case.Lead), state, ui.Str(leader), ui.Str(x.CommitteeName), due}
		t.Rows = append(t.Rows, row)
	}
	if len(v.items) > 0 && v.who.Can("key_proposal.decide") && (v.filter.State == keyproposal.Nominated || v.filter.State == keyproposal.Consulted) {
		t.Bulk = v.bulk(ctx)
	}
	return t
}

// bulk is what the office does with many nominations at once: end the
// consultation, or write down what the chairs' meeting decided.
func (v *listView) bulk(ctx context.Context) *ui.Bulk {
	b := &ui.Bulk{URL: "/key-proposals/bulk"}
	if v.filter.State == keyproposal.Nominated {
		b.Buttons = []ui.ButtonInfo{{Label: lang.T(ctx, "征求意见完毕"), Kind: ui.Primary, Name: "action", Value: "consult"}}
		b.Fields = ui.TextField(ui.Field{Name: "reason", Label: lang.T(ctx, "情况说明"), Placeholder: lang.T(ctx, "情况说明"), NoLabel: true})
		return b
	}
	b.Buttons = []ui.ButtonInfo{{Label: lang.T(ctx, "主席会议确定"), Kind: ui.Primary, Name: "action", Value: "approve"}}
	b.Fields = ui.DateField(ui.Field{Name: "on", Label: lang.T(ctx, "主席会议日期"), Value: v.today.String(), NoLabel: true})
	return b
}

func (v *listView) empty(ctx context.Context) templ.Component {
	switch {
	case !v.office():
		return ui.Empty(ui.EmptyInfo{Icon: "star", Title: lang.T(ctx, "没有请您单位提意见或负责的重点提案"), Text: lang.T(ctx, "政协征求意见或交由本委员会负责时，会出现在这里并发通知")})
	case v.filter.State != "" || v.filter.Title != "" || v.filter.Committee != "" || v.filter.Party || v.filter.Key:
		return ui.Empty(ui.EmptyInfo{Title: lang.T(ctx, "没有符合条件的重点提案"), Text: lang.T(ctx, "可以放宽筛选条件再看"), Action: ui.Button(ui.ButtonInfo{Label: lang.T(ctx, "查看全部"), Href: v.path})})
	}
	return ui.Empty(ui.EmptyInfo{Icon: "star", Title: lang.T(ctx, "这一年还没有提名重点提案"), Text: lang.T(ctx, "在“提案办理”的清单里勾选已立案的提案，点“提名为重点提案”"),
		Action: ui.Button(ui.ButtonInfo{Label: lang.T(ctx, "去提案清单"), Href: "/proposals?year=" + itoa(v.Year.Year)})})
}

func number(ctx context.Context, n int) string {
	if n == 0 {
		return ""
	}
	return lang.T(ctx, "第%d号", n)
}

// export writes the list as a table.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.read(r, "")
	if err != nil {
		return err
	}
	rows := make([][]any, len(v.items))
	for i, x := range v.items {
		party := ""
		if x.Case.Party() {
			party = lang.T(ctx, "党派提案")
		}
		rows[i] = []any{x.Year, x.Case.CaseNo, x.Case.Title, x.Case.Lead, party, x.Case.Units, lang.Say(ctx, keyproposal.Flow.State(x.State).Title), codes(ctx, v.Rules, "key_proposal.criteria", x.Criteria),
			x.LeaderName, x.LeaderPost, lang.Say(ctx, org.Title(keyproposal.LeaderKinds, x.LeaderKind)), x.CommitteeName, x.DecidedOn.String(), x.PlanSignedOn.String(), codes(ctx, v.Rules, "key_proposal.outcomes", []string{x.Outcome})}
	}
	name := lang.T(ctx, "重点提案")
	return document.Serve(w, name, document.Sheet{Name: name, Header: []string{lang.T(ctx, "年度"), lang.T(ctx, "案号"), lang.T(ctx, "案由"), lang.T(ctx, "提案人"), lang.T(ctx, "党派提案"), lang.T(ctx, "承办单位"), lang.T(ctx, "状态"),
		lang.T(ctx, "遴选标准"), lang.T(ctx, "领衔领导"), lang.T(ctx, "职务"), lang.T(ctx, "领衔方式"), lang.T(ctx, "委员会"), lang.T(ctx, "主席会议日期"), lang.T(ctx, "签批日期"), lang.T(ctx, "督办结果")}, Rows: document.Each(rows)})
}

// codes are the labels of codes, one after the other.
func codes(ctx context.Context, v *rule.Version, set string, keys []string) string {
	var all []string
	for _, key := range keys {
		if code, ok := v.Code(set, key); ok {
			all = append(all, lang.Say(ctx, code.Label))
		} else if key != "" {
			all = append(all, key)
		}
	}
	return strings.Join(all, lang.T(ctx, "、"))
}

// failure is one record with which something was not done.
type failure struct{ title, url, why string }

// bulk takes one step with every selected nomination, each in its own
// transaction: one that cannot be done holds up no other.
func (p *pages) bulk(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.Decode[keyproposal.Input](r)
	if err != nil {
		return err
	}
	action := r.PostFormValue("action")
	if action != "consult" && action != "approve" {
		return errs.New(errs.Invalid, "没有这项操作")
	}
	ids := r.PostForm["id"]
	if len(ids) == 0 || len(ids) > 200 {
		return errs.New(errs.Invalid, "请先选中要办理的提案")
	}
	back := "/key-proposals?state=nominated"
	if action == "approve" {
		back = "/key-proposals?state=consulted"
	}
	var failed []failure
	done := 0
	for _, text := range ids {
		id, n, _ := strings.Cut(text, "@")
		version, _ := strconv.Atoi(n)
		if _, err := p.keys.Do(web.Derived(ctx, id), id, version, action, in); err != nil {
			if errs.Is(err, errs.Internal) {
				return err
			}
			f := failure{url: "/key-proposals/" + id, title: lang.T(ctx, "（看不到的提案）"), why: web.Message(ctx, err)}
			if d, gone := p.keys.Get(ctx, id); gone == nil {
				f.title = d.Case.Title
			}
			failed = append(failed, f)
			continue
		}
		done++
	}
	if len(failed) > 0 {
		return web.Render(w, r, http.StatusOK, bulkPage(done, failed, back))
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已办%d件", done), "")
	return web.Redirect(w, r, back)
}

// pick leads from a list of proposals to the form of their nomination.
func (p *pages) pick(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	q := url.Values{}
	for _, text := range r.PostForm["id"] {
		id, _, _ := strings.Cut(text, "@")
		q.Add("id", id)
	}
	if len(q) == 0 {
		return errs.New(errs.Invalid, "请先选中要提名的提案")
	}
	return web.Redirect(w, r, "/key-proposals/new?"+q.Encode())
}

// nomination is the form of a nomination.
type nomination struct {
	IDs      []string `form:"id"`
	Criteria []string `form:"criteria"`
	Reason   string   `form:"reason"`
	err      error
	rules    *rule.Version
	cases    []*keyproposal.Case
}

func (p *pages) newForm(w http.ResponseWriter, r *http.Request) error {
	n, err := web.Decode[nomination](r)
	if err != nil {
		return err
	}
	return p.showNomination(w, r, http.StatusOK, n)
}

func (p *pages) showNomination(w http.ResponseWriter, r *http.Request, status int, n nomination) error {
	all, v, err := p.keys.Candidates(r.Context(), n.IDs)
	if err != nil {
		return err
	}
	n.cases, n.rules = all, v
	return web.Render(w, r, status, nominationPage(n))
}

func (p *pages) nominate(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	n, err := web.Decode[nomination](r)
	if err != nil {
		return err
	}
	ids, err := p.keys.Nominate(ctx, slices.Clone(n.IDs), n.Criteria, n.Reason)
	if err != nil && web.Mendable(err) {
		n.err = err
		return p.showNomination(w, r, web.Status(errs.KindOf(err)), n)
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已提名%d件", len(ids)), "")
	if len(ids) == 1 {
		return web.Redirect(w, r, "/key-proposals/"+ids[0])
	}
	return web.Redirect(w, r, "/key-proposals?state=nominated")
}
