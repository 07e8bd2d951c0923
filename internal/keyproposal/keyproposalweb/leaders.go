package keyproposalweb

import (
	"context"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/keyproposal"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// leadersView are the leaders with what each leads in a year.
type leadersView struct {
	*keyproposal.Year
	all     []*keyproposal.LeaderYear
	manages bool
	here    string
}

func (p *pages) leaders(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.Decode[keyproposal.Filter](r)
	if err != nil {
		return err
	}
	v := leadersView{here: r.URL.RequestURI()}
	if _, err := actor.Require(ctx, "key_proposal.read"); err != nil {
		return err
	}
	if v.Year, err = p.keys.Overview(ctx, f.Year); err != nil {
		return err
	}
	if v.all, err = p.keys.Leaders(ctx, v.Year.Year); err != nil {
		return err
	}
	a, _ := actor.From(ctx)
	v.manages = a.Can("key_proposal.manage")
	return web.Render(w, r, http.StatusOK, leadersPage(v))
}

// lacking are the principal leaders who lead too few.
func (v leadersView) lacking() (names []string) {
	for _, l := range v.all {
		if l.Lacks {
			names = append(names, l.Name+"（"+l.Post+"）")
		}
	}
	return names
}

func (v leadersView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "领衔领导"), Columns: []ui.Column{{Title: lang.T(ctx, "领导"), Wide: true}, {Title: lang.T(ctx, "领衔方式")},
		{Title: lang.T(ctx, "重点提案"), Num: true}, {Title: lang.T(ctx, "逾期"), Num: true}, {Title: lang.T(ctx, "每年至少%d件", v.Rules.Int("key_proposal.per_principal"))}, {Title: lang.T(ctx, "修改")}},
		Empty: ui.Empty(ui.EmptyInfo{Icon: "star", Title: lang.T(ctx, "名单上还没有领导"), Text: lang.T(ctx, "先把领衔督办重点提案的领导和职务登记在这里，再到重点提案里确定领衔人"), Action: addLeader(v.manages)})}
	for _, l := range v.all {
		row := ui.Row{Name: l.Name, Href: "/key-proposals?key=yes&leader=" + l.Person + "&year=" + itoa(v.Year.Year)}
		var check, edit templ.Component
		switch {
		case l.Lacks:
			row.Kind = ui.Warn
			check = ui.Badge(ui.Warn, lang.T(ctx, "还没有"))
		case l.Principal:
			check = ui.Badge(ui.Good, lang.T(ctx, "已有"))
		default:
			check = ui.Str("—")
		}
		if v.manages {
			edit = ui.A(ui.Link{Title: lang.T(ctx, "修改"), URL: "/key-proposals/leaders/edit?id=" + l.ID})
		}
		late := ui.Num(l.Late)
		if l.Late > 0 {
			late = ui.Badge(ui.Bad, itoa(l.Late))
		}
		row.Cells = []templ.Component{ui.Str(l.Name + "（" + l.Post + "）"), ui.Str(lang.Say(ctx, org.Title(keyproposal.LeaderKinds, l.Kind))), ui.Num(len(l.Keys)), late, check, edit}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// leaderForm is the form of one leader on the list.
type leaderForm struct {
	ID        string `form:"id"`
	Person    string `form:"person"`
	Post      string `form:"post"`
	Kind      string `form:"kind"`
	Principal bool   `form:"principal"`
	Off       bool   `form:"off"`
	Version   int64
	Name      string
	Err       error
}

func (p *pages) leaderForm(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "key_proposal.manage"); err != nil {
		return err
	}
	f, err := web.Decode[leaderForm](r)
	if err != nil {
		return err
	}
	if f.ID != "" {
		l, err := p.leader(ctx, f.ID)
		if err != nil {
			return err
		}
		f = leaderForm{ID: l.ID, Person: l.Person, Post: l.Post, Kind: l.Kind, Principal: l.Principal, Version: int64(l.Version), Name: l.Name}
	}
	return web.Render(w, r, http.StatusOK, leaderPage(f))
}

func (p *pages) leader(ctx context.Context, id string) (*keyproposal.LeaderYear, error) {
	all, err := p.keys.Leaders(ctx, 0)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(l *keyproposal.LeaderYear) bool { return l.ID == id })
	if i < 0 {
		return nil, errs.Missing()
	}
	return all[i], nil
}

func (p *pages) saveLeader(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.Decode[leaderForm](r)
	if err == nil && f.ID != "" {
		f.Version, err = web.Version(r)
	}
	if err == nil {
		_, err = p.keys.SaveLeader(ctx, keyproposal.Leader{ID: f.ID, Person: f.Person, Post: f.Post, Kind: f.Kind, Principal: f.Principal, Active: !f.Off, Version: int(f.Version)})
	}
	if err != nil && web.Mendable(err) {
		f.Err = err
		if f.ID != "" {
			l, gone := p.leader(ctx, f.ID)
			if gone != nil {
				return gone
			}
			f.Name, f.Version = l.Name, int64(l.Version)
		} else if f.Person != "" {
			names, err := p.org.PersonNames(ctx, []string{f.Person})
			if err != nil {
				return err
			}
			f.Name = names[f.Person]
		}
		return web.Render(w, r, web.Status(errs.KindOf(err)), leaderPage(f))
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "名单已保存"), "")
	return web.Redirect(w, r, "/key-proposals/leaders")
}

// people answers the picker of persons.
func (p *pages) people(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "key_proposal.manage"); err != nil {
		return err
	}
	found, err := p.org.Colleagues(ctx, web.Clean(r.FormValue("q")))
	if err != nil {
		return err
	}
	var all []web.Found
	for _, c := range found {
		all = append(all, web.Found{ID: c.ID, Title: c.Name, Note: c.Post})
	}
	return web.WriteFound(w, all)
}

func kindOptions(ctx context.Context) []ui.Option {
	var all []ui.Option
	for _, c := range keyproposal.LeaderKinds {
		all = append(all, ui.Option{Value: c.ID, Label: lang.Say(ctx, c.Title)})
	}
	return all
}

// partiesView are the parties' proposals of a year with their priority.
type partiesView struct {
	*keyproposal.Year
	all     []*keyproposal.Priority
	here    string
	manages bool
}

func (p *pages) parties(w http.ResponseWriter, r *http.Request) error {
	v, err := p.readParties(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, partiesPage(v))
}

func (p *pages) readParties(r *http.Request) (v partiesView, err error) {
	ctx := r.Context()
	f, err := web.Decode[keyproposal.Filter](r)
	if err != nil {
		return v, err
	}
	a, err := actor.Require(ctx, "key_proposal.read")
	if err != nil {
		return v, err
	}
	v.here, v.manages = r.URL.RequestURI(), a.Can("key_proposal.manage")
	if v.Year, err = p.keys.Overview(ctx, f.Year); err != nil {
		return v, err
	}
	v.all, err = p.keys.Parties(ctx, v.Year.Year)
	return v, err
}

func (v partiesView) stats(ctx context.Context) []ui.StatInfo {
	first := 0
	for _, x := range v.all {
		if x.Measure != "" {
			first++
		}
	}
	return []ui.StatInfo{
		{Label: lang.T(ctx, "党派提案"), Value: itoa(v.Party), Unit: lang.T(ctx, "件"), Note: lang.T(ctx, "占立案%d件的%s", v.Filed, percent(v.Party, v.Filed))},
		{Label: lang.T(ctx, "列为重点提案"), Value: itoa(v.KeyParty), Unit: lang.T(ctx, "件"), Note: lang.T(ctx, "占重点提案%d件的%s", v.Key, percent(v.KeyParty, v.Key)), URL: "/key-proposals?key=yes&party=yes&year=" + itoa(v.Year.Year)},
		{Label: lang.T(ctx, "优先办理"), Value: itoa(first), Unit: lang.T(ctx, "件")},
	}
}

func (v partiesView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "党派提案"), Here: v.here, Columns: []ui.Column{{Title: lang.T(ctx, "案由"), Wide: true}, {Title: lang.T(ctx, "案号"), Short: true}, {Title: lang.T(ctx, "提案单位")},
		{Title: lang.T(ctx, "承办单位")}, {Title: lang.T(ctx, "期限")}, {Title: lang.T(ctx, "优先办理")}, {Title: lang.T(ctx, "重点提案")}},
		Empty: ui.Empty(ui.EmptyInfo{Icon: "flag", Title: lang.T(ctx, "这一年还没有立案的党派提案"), Text: lang.T(ctx, "以党派、人民团体名义提出的提案立案后会列在这里")})}
	for _, x := range v.all {
		row := ui.Row{ID: x.Case.ID, Name: x.Case.Title, Href: "/proposals/" + x.Case.ID}
		var first, key, due templ.Component
		if x.Measure != "" {
			first = ui.Badge(ui.Info, codes(ctx, v.Rules, "key_proposal.measures", []string{x.Measure}))
		}
		if x.Key != "" {
			key = ui.Group(ui.A(ui.Link{Title: lang.Say(ctx, keyproposal.Flow.State(x.State).Title), URL: "/key-proposals/" + x.Key}), ui.Str(" "+x.Lead))
		}
		if x.Case.Late(v.Today) {
			row.Kind = ui.Bad
		}
		if x.Case.Open() {
			due = ui.Until(x.Case.DueOn, v.Today)
		}
		row.Cells = []templ.Component{ui.Str(x.Case.Title), ui.Str(number(ctx, x.Case.CaseNo)), ui.Str(x.Case.Lead), ui.Str(x.Case.Units), due, first, key}
		t.Rows = append(t.Rows, row)
	}
	if v.manages && len(v.all) > 0 {
		t.Bulk = &ui.Bulk{URL: "/key-proposals/parties?year=" + itoa(v.Year.Year), Fields: ui.SelectField(ui.Field{Name: "measure", Label: lang.T(ctx, "优先办理的方式"), NoLabel: true, Options: v.measures(ctx)}),
			Buttons: []ui.ButtonInfo{{Label: lang.T(ctx, "列为优先办理"), Kind: ui.Primary}, {Label: lang.T(ctx, "取消优先"), Name: "clear", Value: "yes"},
				{Label: lang.T(ctx, "提名为重点提案"), FormAction: "/key-proposals/pick"}}}
	}
	return t
}

func (v partiesView) measures(ctx context.Context) []ui.Option {
	var all []ui.Option
	for _, c := range v.Rules.Codes("key_proposal.measures").Active() {
		all = append(all, ui.Option{Value: c.Key, Label: lang.Say(ctx, c.Label)})
	}
	return all
}

func (p *pages) prioritize(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.Decode[struct {
		IDs     []string `form:"id"`
		Measure string   `form:"measure"`
		Clear   bool     `form:"clear"`
	}](r)
	if err != nil {
		return err
	}
	if in.Clear {
		in.Measure = ""
	}
	if err := p.keys.Prioritize(ctx, in.IDs, in.Measure, ""); err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已办%d件", len(in.IDs)), "")
	return web.Redirect(w, r, "/key-proposals/parties?year="+itoa(yearOf(r)))
}

// yearOf is the year in the query of a form's address.
func yearOf(r *http.Request) int {
	var n int
	for _, c := range r.URL.Query().Get("year") {
		if c < '0' || c > '9' || n > 9999 {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}

func (p *pages) exportParties(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.readParties(r)
	if err != nil {
		return err
	}
	rows := make([][]any, len(v.all))
	for i, x := range v.all {
		key := ""
		if x.Key != "" {
			key = lang.Say(ctx, keyproposal.Flow.State(x.State).Title)
		}
		rows[i] = []any{x.Case.Year, x.Case.CaseNo, x.Case.Title, x.Case.Lead, x.Case.Units, codes(ctx, v.Rules, "key_proposal.measures", []string{x.Measure}), key, x.Lead}
	}
	name := lang.T(ctx, "党派提案")
	return document.Serve(w, name, document.Sheet{Name: name, Header: []string{lang.T(ctx, "年度"), lang.T(ctx, "案号"), lang.T(ctx, "案由"), lang.T(ctx, "提案单位"), lang.T(ctx, "承办单位"),
		lang.T(ctx, "优先办理"), lang.T(ctx, "重点提案"), lang.T(ctx, "领衔领导")}, Rows: document.Each(rows)})
}

// leaderCard is what a leader leads, and what of it is late.
func (p *pages) leaderCard(ctx context.Context) (templ.Component, error) {
	a, err := actor.Require(ctx, "key_proposal.lead")
	if err != nil || a.Person == "" {
		return nil, err
	}
	all, today, err := p.keys.List(ctx, keyproposal.Filter{Leader: a.Person})
	all = slices.DeleteFunc(all, func(x *keyproposal.Item) bool {
		return x.State == keyproposal.Closed || x.State == keyproposal.Declined
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return keysCard(lang.T(ctx, "您领衔的重点提案（%d）", len(all)), all, today, "/key-proposals?key=yes&leader="+a.Person), nil
}

// clerkCard is what of the key proposals presses the office.
func (p *pages) clerkCard(ctx context.Context) (templ.Component, error) {
	all, today, err := p.keys.List(ctx, keyproposal.Filter{})
	all = slices.DeleteFunc(all, func(x *keyproposal.Item) bool { return x.DueOn == "" || x.DueOn > today.AddDays(10) })
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return keysCard(lang.T(ctx, "临期和逾期的重点提案（%d）", len(all)), all[:min(len(all), 8)], today, "/key-proposals"), nil
}

// askedCard is what a party or committee is asked about or has to do.
func (p *pages) askedCard(ctx context.Context) (templ.Component, error) {
	all, today, err := p.waiting(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return keysCard(lang.T(ctx, "等您单位办理的重点提案（%d）", len(all)), all[:min(len(all), 8)], today, "/key-proposals/mine"), nil
}

// waiting are those that wait for an opinion or for work of the actor's body.
func (p *pages) waiting(ctx context.Context) ([]*keyproposal.Item, calendar.Date, error) {
	a, err := actor.Require(ctx, "key_proposal.opine")
	if err != nil {
		return nil, "", err
	}
	all, today, err := p.keys.List(ctx, keyproposal.Filter{})
	return slices.DeleteFunc(all, func(x *keyproposal.Item) bool {
		mine := x.Committee == a.Body && (x.State == keyproposal.Approved || x.State == keyproposal.PlanSigned || x.State == keyproposal.Supervising)
		return !mine && !(x.State == keyproposal.Nominated && x.Waits)
	}), today, err
}

func (p *pages) asked(ctx context.Context) (int, error) {
	all, _, err := p.waiting(ctx)
	return len(all), err
}
