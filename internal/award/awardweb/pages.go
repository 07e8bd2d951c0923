package awardweb

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/award"
	"shangliang/internal/calendar"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

type listView struct {
	all     []*award.Award
	manages bool
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	all, err := p.Awards.List(ctx)
	if err != nil {
		return err
	}
	a, _ := actor.From(ctx)
	return web.Render(w, r, http.StatusOK, listPage(&listView{all, a.Can("award.manage")}))
}

func (v *listView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "年度好提案"), Columns: []ui.Column{{Title: lang.T(ctx, "名称"), Wide: true}, {Title: lang.T(ctx, "年度"), Short: true}, {Title: lang.T(ctx, "名额"), Num: true},
		{Title: lang.T(ctx, "提名截止"), Short: true}, {Title: lang.T(ctx, "状态")}}}
	for _, x := range v.all {
		t.Rows = append(t.Rows, ui.Row{Href: "/awards/" + x.ID, Cells: []templ.Component{ui.Str(x.Title), ui.Str(itoa(x.Year)), ui.Num(x.Places), ui.On(x.NominateUntil), ui.Badge(stateKinds[x.State], lang.Say(ctx, award.Flow.State(x.State).Title))}})
	}
	e := ui.EmptyInfo{Icon: "award", Title: lang.T(ctx, "还没有好提案评选"), Text: lang.T(ctx, "开始提名、投票时会通知您，并出现在这里。")}
	if v.manages {
		e.Text, e.Action = lang.T(ctx, "各方提名，初评入围，无记名投票，审议后公布。"), newButton()
	}
	t.Empty = ui.Empty(e)
	return t
}

// callForm is the form of a new award; Err is why it was not kept.
type callForm struct {
	Title         string        `form:"title"`
	Year          int           `form:"year"`
	Places        int           `form:"places"`
	NominateUntil calendar.Date `form:"nominate_until"`
	Err           error
	sessions      []*org.Session
}

func (f *callForm) years() (all []ui.Option) {
	seen := map[int]bool{}
	for _, s := range f.sessions {
		if !seen[s.Year] {
			seen[s.Year] = true
			all = append(all, ui.Option{Value: itoa(s.Year), Label: itoa(s.Year)})
		}
	}
	return all
}

func (p *pages) form(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), "award.manage"); err != nil {
		return err
	}
	return p.render(w, r, http.StatusOK, &callForm{})
}

func (p *pages) render(w http.ResponseWriter, r *http.Request, status int, f *callForm) (err error) {
	if f.sessions, err = p.Org.Sessions(r.Context()); err != nil {
		return err
	}
	return web.Render(w, r, status, formPage(f))
}

func (p *pages) call(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.Decode[callForm](r)
	id := ""
	if err == nil {
		id, err = p.Awards.Call(ctx, f.Title, f.Year, f.Places, f.NominateUntil)
	}
	if err != nil {
		if !mendable(err) {
			return err
		}
		f.Err = err
		return p.render(w, r, web.Status(errs.KindOf(err)), &f)
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "提名已开始，各方收到通知"), "")
	return web.Redirect(w, r, "/awards/"+id)
}

// awardView is the page of an award.
type awardView struct {
	*award.View
	who   actor.Actor
	tried string
	form  url.Values
	err   error
}

func (p *pages) view(ctx context.Context, id string) (*awardView, error) {
	v, err := p.Awards.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	a, _ := actor.From(ctx)
	return &awardView{View: v, who: a, form: url.Values{}}, nil
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, awardPage(v))
}

// refused shows the award with what was wrong and what was typed.
func (p *pages) refused(w http.ResponseWriter, r *http.Request, tried string, err error) error {
	if !mendable(err) {
		return err
	}
	v, missing := p.view(r.Context(), r.PathValue("id"))
	if missing != nil {
		return missing
	}
	v.tried, v.form, v.err = tried, r.PostForm, err
	return web.Render(w, r, web.Status(errs.KindOf(err)), awardPage(v))
}

func (p *pages) nominate(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	if err := p.Awards.Nominate(ctx, id, r.PostFormValue("proposal"), r.PostFormValue("reason")); err != nil {
		return p.refused(w, r, "nominate", err)
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已提名"), "")
	return web.Redirect(w, r, "/awards/"+id)
}

func (p *pages) choose(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	version, err := strconv.Atoi(r.PostFormValue("seen"))
	if err != nil {
		return errs.New(errs.Invalid, "请重新打开这一页再操作")
	}
	ids := r.PostForm["id"]
	if err := p.Awards.Choose(ctx, id, version, ids); err != nil {
		return p.refused(w, r, "choose", err)
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "入围%d件", len(ids)), "")
	return web.Redirect(w, r, "/awards/"+id)
}

func (p *pages) act(w http.ResponseWriter, r *http.Request) error {
	ctx, id, action := r.Context(), r.PathValue("id"), r.PathValue("action")
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	in := award.Input{Voters: r.PostFormValue("voters"), Decision: r.PostFormValue("decision"), Paper: award.Paper{Votes: map[string]int{}}}
	number := func(name string) (n int) {
		text := strings.TrimSpace(r.PostFormValue(name))
		if text == "" {
			return 0
		}
		n, wrong := strconv.Atoi(text)
		if wrong != nil && err == nil {
			var f errs.Fields
			f.Add(name, "请填写整数")
			err = f.Err()
		}
		return n
	}
	if action == "count" {
		in.Paper.Issued, in.Paper.Collected = number("issued"), number("collected")
		for name := range r.PostForm {
			if of, ok := strings.CutPrefix(name, "votes-"); ok {
				in.Paper.Votes[of] = number(name)
			}
		}
	}
	if err == nil {
		_, err = p.Awards.Do(ctx, id, int(version), action, in)
	}
	if err != nil {
		return p.refused(w, r, action, err)
	}
	for _, s := range award.Flow.Steps {
		if s.Action == action {
			web.Flash(w, r, ui.Good, lang.T(ctx, "已办理：%s", lang.Say(ctx, s.Title)), "")
		}
	}
	return web.Redirect(w, r, "/awards/"+id)
}

var stepIcons = map[string]string{"close": "check", "open": "send", "count": "check", "publish": "send", "cancel": "x"}

func (v *awardView) actions(ctx context.Context) (all []ui.Action) {
	for _, s := range v.Steps {
		x := ui.Action{ID: "do-" + s.Action, Label: lang.Say(ctx, s.Title), Follows: lang.Say(ctx, s.Says), Icon: stepIcons[s.Action], URL: "/awards/" + v.ID + "/do/" + s.Action, Version: int64(v.Version)}
		switch {
		case s.Danger:
			x.Kind, x.Confirm = ui.Danger, lang.T(ctx, "确定“%s”？%s。", x.Label, x.Follows)
		case s.Action == "open":
			x.Fields = ui.SelectField(ui.Field{Name: "voters", Label: lang.T(ctx, "投票人"), Required: true, Value: v.form.Get("voters"), Options: v.electorates(ctx)})
		case s.Action == "count":
			x.Fields = v.paper(ctx)
		case s.Action == "publish":
			x.Fields = ui.TextField(ui.Field{Name: "decision", Label: lang.T(ctx, "公布的依据"), Required: true, Max: 500, Value: v.form.Get("decision"), Help: lang.T(ctx, "例如“主席会议第3次会议审议通过”")})
		}
		if len(all) == 0 && !s.Danger {
			x.Kind = ui.Primary
		}
		if v.tried == s.Action {
			x.Err, x.Open = v.err, true
		}
		all = append(all, x)
	}
	return all
}

func (v *awardView) electorates(ctx context.Context) []ui.Option {
	all := []ui.Option{{Value: award.StandingMembers, Label: lang.T(ctx, "常务委员")}, {Value: award.AllMembers, Label: lang.T(ctx, "全体委员")}}
	for _, b := range v.Bodies {
		all = append(all, ui.Option{Value: b.ID, Label: b.Name})
	}
	return all
}

// paper asks for what the tellers counted of paper ballots, if there were any.
func (v *awardView) paper(ctx context.Context) templ.Component {
	parts := []templ.Component{
		ui.NumberField(ui.Field{Name: "issued", Label: lang.T(ctx, "纸质票发出"), Value: v.form.Get("issued"), From: "0", Help: lang.T(ctx, "没有纸质投票的不填")}),
		ui.NumberField(ui.Field{Name: "collected", Label: lang.T(ctx, "纸质票收回"), Value: v.form.Get("collected"), From: "0"}),
	}
	for _, c := range v.Candidates {
		if c.Shortlisted {
			name := "votes-" + c.Proposal
			parts = append(parts, ui.NumberField(ui.Field{Name: name, Label: lang.T(ctx, "纸质票得票：第%d号", c.CaseNo), Value: v.form.Get(name), From: "0"}))
		}
	}
	return ui.Group(parts...)
}

func (v *awardView) facts(ctx context.Context) []ui.Item {
	all := []ui.Item{{Term: lang.T(ctx, "状态"), Value: ui.Badge(stateKinds[v.State], lang.Say(ctx, award.Flow.State(v.State).Title))}, ui.Say(lang.T(ctx, "年度"), itoa(v.Year)),
		ui.Say(lang.T(ctx, "名额"), lang.T(ctx, "%d件", v.Places)), {Term: lang.T(ctx, "提名截止"), Value: ui.LongDay(v.NominateUntil)}}
	if v.Round > 0 {
		all = append(all, ui.Say(lang.T(ctx, "应投票"), lang.T(ctx, "%d人", v.Due)))
	}
	if v.State == award.Voting {
		all = append(all, ui.Say(lang.T(ctx, "已在线投票"), lang.T(ctx, "%d人", v.Ballots)))
	}
	if v.counted() || v.State == award.Void {
		all = append(all, ui.Say(lang.T(ctx, "发出和收回"), lang.T(ctx, "发出%d票，收回%d票", v.Issued, v.Cast)))
	}
	if v.Decision != "" {
		all = append(all, ui.Say(lang.T(ctx, "公布的依据"), v.Decision), ui.Item{Term: lang.T(ctx, "公布于"), Value: ui.When(v.PublishedAt.Time)})
	}
	return all
}

func (v *awardView) counted() bool { return v.State == award.Counted || v.State == award.Published }

// warnings tell which of the shares are not kept.
func (v *awardView) warnings(ctx context.Context) (all []string) {
	s := v.Shares
	if !v.Office || s.Chosen == 0 {
		return nil
	}
	if v.counted() && s.TooMany() {
		all = append(all, lang.T(ctx, "评出%d件，超过立案%d件的%d%%（%d件）", s.Chosen, s.Filed, v.Rules.Int("award.share"), s.Most))
	}
	if s.TooFewCollective() {
		all = append(all, lang.T(ctx, "集体提案%d件，不足%d件的%d%%", s.Collective, s.Chosen, s.Least))
	}
	if v.State == award.Nominating || v.State == award.Shortlist {
		if v.Places > s.Most {
			all = append(all, lang.T(ctx, "名额%d件，超过立案%d件的%d%%（%d件）", v.Places, s.Filed, v.Rules.Int("award.share"), s.Most))
		}
	}
	return all
}

var kindTitles = map[string]string{"individual": "委员个人提案", "joint": "委员联名提案", "collective": "集体提案"}

func (v *awardView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "提案"), Columns: []ui.Column{{Title: lang.T(ctx, "案由"), Wide: true}, {Title: lang.T(ctx, "案号"), Short: true}, {Title: lang.T(ctx, "提案人")}, {Title: lang.T(ctx, "提案形式"), Desk: true}}}
	if v.Office {
		t.Columns = append(t.Columns, ui.Column{Title: lang.T(ctx, "提名"), Num: true}, ui.Column{Title: lang.T(ctx, "提名理由"), Desk: true})
	}
	votes := v.counted()
	if votes {
		t.Columns = append(t.Columns, ui.Column{Title: lang.T(ctx, "得票"), Num: true})
	}
	t.Columns = append(t.Columns, ui.Column{Title: lang.T(ctx, "结果")})
	for _, c := range v.Candidates {
		row := ui.Row{Name: c.Title, Cells: []templ.Component{ui.Str(c.Title), ui.Str(lang.T(ctx, "第%d号", c.CaseNo)), ui.Str(c.Lead), ui.Str(lang.Say(ctx, kindTitles[c.Kind]))}}
		if v.Office || v.Mine[c.Proposal] {
			row.Href = "/proposals/" + c.Proposal
		}
		if v.Office {
			row.Cells = append(row.Cells, ui.Num(c.Nominations), ui.Str(c.Reason))
		}
		if votes {
			row.Cells = append(row.Cells, ui.Num(c.Votes))
		}
		row.Cells = append(row.Cells, v.standing(ctx, c))
		if v.State == award.Shortlist && v.who.Can("award.manage") {
			row.ID = c.Proposal
		}
		t.Rows = append(t.Rows, row)
	}
	if v.State == award.Shortlist && v.who.Can("award.manage") && len(t.Rows) > 0 {
		t.Bulk = &ui.Bulk{URL: "/awards/" + v.ID + "/choose", Fields: ui.HiddenField("seen", itoa(v.Version)), Buttons: []ui.ButtonInfo{{Label: lang.T(ctx, "选中的入围，其余不入围"), Kind: ui.Primary, Name: "choose", Value: "yes"}}}
	}
	t.Empty = ui.Empty(ui.EmptyInfo{Icon: "award", Title: lang.T(ctx, "还没有可以看的提案"), Text: lang.T(ctx, "自己提名的、入围待投票的和公布的好提案会列在这里。")})
	return t
}

func (v *awardView) standing(ctx context.Context, c *award.Candidate) templ.Component {
	switch {
	case c.Won:
		return ui.Badge(ui.Good, lang.T(ctx, "好提案"))
	case c.Shortlisted && v.counted():
		return ui.Badge(ui.Neutral, lang.T(ctx, "入围"))
	case c.Shortlisted:
		return ui.Badge(ui.Info, lang.T(ctx, "入围"))
	}
	return ui.Str(lang.T(ctx, "提名"))
}

func (v *awardView) nominees(ctx context.Context) (all []ui.Option) {
	for _, x := range v.Eligible {
		all = append(all, ui.Option{Value: x.ID, Label: lang.T(ctx, "%s（第%d号）", x.Title, x.CaseNo)})
	}
	return all
}

// ballotView is the ballot; err is why it was not taken.
type ballotView struct {
	*awardView
	password bool
	chosen   []string
}

func (p *pages) ballot(w http.ResponseWriter, r *http.Request) error {
	return p.showBallot(w, r, http.StatusOK, nil, nil, false)
}

func (p *pages) showBallot(w http.ResponseWriter, r *http.Request, status int, chosen []string, wrong error, password bool) error {
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if !v.Voter || v.State != award.Voting {
		return errs.Missing()
	}
	v.err = wrong
	return web.Render(w, r, status, ballotPage(&ballotView{v, password, chosen}))
}

func (v *ballotView) options(ctx context.Context) (all []ui.Option) {
	for _, c := range v.Candidates {
		if c.Shortlisted {
			all = append(all, ui.Option{Value: c.Proposal, Label: lang.T(ctx, "第%d号 %s（%s）", c.CaseNo, c.Title, c.Lead)})
		}
	}
	return all
}

// vote casts the ballot, once the person has shown that it is them.
func (p *pages) vote(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	if err := r.ParseForm(); err != nil {
		return err
	}
	chosen := r.PostForm["proposal"]
	if password := r.PostFormValue("password"); password != "" {
		// The proof is no part of the act: its key would keep a hash of the password.
		if err := p.Org.Reauthenticate(actor.WithRequest(ctx, actor.Request{}), password, r.PostFormValue("totp")); err != nil {
			return p.showBallot(w, r, web.Status(errs.KindOf(err)), chosen, err, true)
		}
	}
	err := p.Awards.Vote(ctx, id, chosen)
	switch {
	case err == nil:
		web.Flash(w, r, ui.Good, lang.T(ctx, "票已投入票箱，谢谢"), "")
		return web.Redirect(w, r, "/awards/"+id)
	case notFresh(err):
		return p.showBallot(w, r, http.StatusOK, chosen, nil, true)
	case mendable(err):
		return p.showBallot(w, r, web.Status(errs.KindOf(err)), chosen, err, r.PostFormValue("password") != "")
	}
	return err
}

// notFresh reports whether the person must first prove to be there.
func notFresh(err error) bool {
	e, ok := errors.AsType[*errs.Error](err)
	return ok && e.Msg == org.NotFresh
}

// export writes the result as a table.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.view(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	var rows [][]any
	for _, c := range v.Candidates {
		row := []any{c.CaseNo, c.Title, c.Lead, lang.Say(ctx, kindTitles[c.Kind]), nil, c.Won}
		if v.counted() {
			row[4] = c.Votes
		}
		rows = append(rows, row)
	}
	return document.Serve(w, v.Title, document.Sheet{Name: lang.T(ctx, "年度好提案"), Title: v.Title, Header: []string{lang.T(ctx, "案号"), lang.T(ctx, "案由"), lang.T(ctx, "提案人"), lang.T(ctx, "提案形式"), lang.T(ctx, "得票"), lang.T(ctx, "好提案")}, Rows: document.Each(rows)})
}
