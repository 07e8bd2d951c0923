package keyproposal_test

import (
	"slices"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/flow"
	"shangliang/internal/flow/flowtest"
	"shangliang/internal/keyproposal"
	"shangliang/internal/ledger"
	"shangliang/internal/proposal"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// want fails unless err is of a kind.
func want(t testing.TB, err error, kind errs.Kind) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Helper()
		t.Errorf("got %v, want %v", err, kind)
	}
}

// world is a tenant with a leader on the list.
type world struct {
	*apptest.World
	t      testing.TB
	leader string // id on the list
}

func newWorld(t testing.TB, w *apptest.World) *world {
	t.Helper()
	id, err := w.Keys.SaveLeader(w.As("柳文书"), keyproposal.Leader{Person: w.People["高望舒"], Post: "副主席", Kind: "conference", Principal: true})
	check(t, err)
	return &world{w, t, id}
}

func (w *world) input() keyproposal.Input {
	return keyproposal.Input{Reason: "按程序办理", Bodies: []string{w.Bodies["民盟临川县支部"]}, On: "2026-03-12", Leader: w.leader, Committee: w.Bodies["提案委员会"],
		Forms: []string{"visit", "forum"}, Form: "visit", Text: "到现场察看渠段，与主管部门座谈。", Outcome: "progress", Stance: "agree"}
}

func (w *world) nominate(p *proposal.Proposal) string {
	w.t.Helper()
	ids, err := w.Keys.Nominate(w.As("柳文书"), []string{p.ID}, []string{"broad"}, "群众反映强烈")
	check(w.t, err)
	return ids[0]
}

func (w *world) do(who, id, action string) *keyproposal.Key {
	w.t.Helper()
	d, err := w.Keys.Get(w.As(who), id)
	check(w.t, err)
	k, err := w.Keys.Do(w.As(who), id, d.Version, action, w.input())
	check(w.t, err)
	return k
}

// steps lead along the main path: who, what, and the state after it.
var steps = []struct{ who, action, state string }{
	{"柳文书", "ask", keyproposal.Nominated}, {"柳文书", "consult", keyproposal.Consulted}, {"莫定安", "approve", keyproposal.Approved},
	{"柳文书", "bind", keyproposal.Approved}, {"柳文书", "plan", keyproposal.Approved}, {"高望舒", "sign", keyproposal.PlanSigned},
	{"柳文书", "log", keyproposal.Supervising}, {"柳文书", "report", keyproposal.Reported}, {"莫定安", "close", keyproposal.Closed},
}

// play carries a new key proposal as far along the main path as a state allows.
func (w *world) play(state string) string {
	w.t.Helper()
	id := w.nominate(w.Play(proposal.Filed))
	if state == keyproposal.Declined {
		w.do("柳文书", id, "decline")
		return id
	}
	last := -1
	for i, s := range steps {
		if s.state == state {
			last = i
		}
	}
	for _, s := range steps[:last+1] {
		if k := w.do(s.who, id, s.action); k.State != s.state {
			w.t.Fatalf("%s leads to %s, want %s", s.action, k.State, s.state)
		}
	}
	return id
}

func TestTables(t *testing.T) {
	if err := keyproposal.Flow.Check(); err != nil {
		t.Error(err)
	}
	if err := keyproposal.CheckGuards(); err != nil {
		t.Error(err)
	}
	actions := append(keyproposal.Flow.Actions(), "opine")
	for action := range keyproposal.Fields {
		if !slices.Contains(actions, action) {
			t.Errorf("there are fields of %s, which is no step", action)
		}
	}
}

func TestMainPath(t *testing.T) {
	apptest.Each(t, func(t *testing.T, a *apptest.World) {
		w := newWorld(t, a)
		clerk := w.As("柳文书")
		p := w.Play(proposal.Handling)
		id := w.nominate(p)

		// The party is asked, sees what is proposed, and answers; nobody else of
		// its kind sees anything.
		w.do("柳文书", id, "ask")
		party := w.As("裴远山")
		d, err := w.Keys.Get(party, id)
		check(t, err)
		if d.Text.Suggestions == "" || d.Readable || len(d.Opinions) != 1 || len(d.Opines) != 1 || d.OpinionsDue != "2026-03-26" {
			t.Errorf("the party sees %+v", d)
		}
		check(t, w.Keys.Opine(party, id, w.Bodies["民盟临川县支部"], keyproposal.Input{Stance: "agree", Text: "同意"}))
		want(t, w.Keys.Opine(party, id, w.Bodies["提案委员会"], keyproposal.Input{Stance: "agree"}), errs.NotFound)
		want(t, w.Keys.Opine(party, id, w.Bodies["民盟临川县支部"], keyproposal.Input{Stance: "perhaps"}), errs.Invalid)
		w.do("柳文书", id, "consult")
		want(t, w.Keys.Opine(party, id, w.Bodies["民盟临川县支部"], keyproposal.Input{Stance: "against"}), errs.Conflict)
		w.do("莫定安", id, "approve")

		// Bound, planned, signed by the leader alone.
		d, err = w.Keys.Get(clerk, id)
		check(t, err)
		_, err = w.Keys.Do(clerk, id, d.Version, "plan", w.input())
		want(t, err, errs.Conflict) // nobody leads it yet
		w.do("柳文书", id, "bind")
		w.do("柳文书", id, "plan")
		d, err = w.Keys.Get(clerk, id)
		check(t, err)
		_, err = w.Keys.Do(clerk, id, d.Version, "sign", keyproposal.Input{})
		want(t, err, errs.Forbidden)
		w.do("高望舒", id, "sign")
		w.do("柳文书", id, "log")
		w.do("柳文书", id, "report")
		w.do("莫定安", id, "return")
		w.do("柳文书", id, "report")
		k := w.do("莫定安", id, "close")
		if k.State != keyproposal.Closed || k.PlanMethod != "web" || k.LeaderPost != "副主席" || k.Outcome != "progress" {
			t.Errorf("%+v", k)
		}

		// No deadline runs any more; the case tells what happened, not how it was
		// chosen.
		d, err = w.Keys.Get(clerk, id)
		check(t, err)
		for _, c := range d.Clocks {
			if c.State == "running" {
				t.Errorf("%s still runs", c.Kind)
			}
		}
		c, err := w.Proposals.Get(w.As("余知秋"), p.ID)
		check(t, err)
		var acts []string
		for _, e := range c.History {
			if e.Action[:3] == "key" {
				acts = append(acts, e.Action)
			}
		}
		if !slices.Equal(acts, []string{"key_proposal.approve", "key_proposal.bind", "key_proposal.sign", "key_proposal.log", "key_proposal.report", "key_proposal.report", "key_proposal.close"}) {
			t.Errorf("the case tells %v", acts)
		}
		if len(d.History) != 13 {
			t.Errorf("%d entries", len(d.History))
		}
		if told := notices(t, w, "key_proposal.approve"); !slices.Contains(told, w.People["余知秋"]) || !slices.Contains(told, w.People["汪签远"]) {
			t.Errorf("told of the decision: %v", told)
		}
		if told := notices(t, w, "key_proposal.plan"); !slices.Equal(told, []string{w.People["高望舒"]}) {
			t.Errorf("told of the plan: %v", told)
		}
	})
}

func notices(t testing.TB, w *world, kind string) (people []string) {
	t.Helper()
	check(t, w.DB.Read(w.As("柳文书"), func(tx *db.Tx) (err error) {
		people, err = db.Column[string](tx, `SELECT DISTINCT person FROM notice WHERE tenant = $1 AND kind = $2 ORDER BY person`, w.Tenant, kind)
		return err
	}))
	return people
}

// Whatever is tried by whoever in whatever state, the table and the guards say
// whether it is done; what is refused changes nothing.
func TestEveryStateActionAndRole(t *testing.T) {
	w := newWorld(t, apptest.New(t, db.SQLite))
	flowtest.Walk(t, keyproposal.Flow, func(t *testing.T, p flowtest.Pair) {
		id := w.play(p.State.ID)
		for _, c := range apptest.Cast {
			a, _ := actor.From(w.As(c.Name))
			d, err := w.Keys.Get(w.As("柳文书"), id)
			check(t, err)
			can := slices.ContainsFunc(keyproposal.Flow.Steps, func(s flow.Step) bool { return s.Action == p.Action && a.Can(s.Permission) })
			_, err = w.Keys.Do(w.As(c.Name), id, d.Version, p.Action, w.input())
			after, gone := w.Keys.Get(w.As("柳文书"), id)
			check(t, gone)
			switch {
			case err == nil:
				if !can || !p.Allowed || after.State != p.Step.Next(p.State.ID) {
					t.Errorf("%s as %s: done, now %s", p.Action, c.Role, after.State)
				}
				id = w.play(p.State.ID) // again for the next
				continue
			case !can && !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.NotFound):
				t.Errorf("%s as %s: %v", p.Action, c.Role, err)
			case can && !p.Allowed && !errs.Is(err, errs.NotFound):
				flowtest.Refused(t, p, err)
			case can && p.Allowed && c.Role == "clerk" && p.Action != "sign" && !errs.Is(err, errs.Conflict):
				t.Errorf("%s by the office: %v", p.Action, err)
			}
			if after.Version != d.Version || len(after.History) != len(d.History) {
				t.Errorf("%s as %s was refused and changed something", p.Action, c.Role)
			}
		}
	})
}

func TestNominate(t *testing.T) {
	apptest.Each(t, func(t *testing.T, a *apptest.World) {
		w := newWorld(t, a)
		clerk := w.As("柳文书")
		other := a.Neighbour()
		theirs := other.Play(proposal.Filed)
		one, two, unfiled, merged := w.Play(proposal.Filed), w.Play(proposal.Filed), w.Play(proposal.InReview), w.Play(proposal.Filed)
		check(t, w.Proposals.Merge(w.As("莫定安"), two.ID, []proposal.Chosen{{ID: merged.ID, Version: merged.Version}}, "内容相近"))
		for _, c := range []struct {
			ids, criteria []string
			kind          errs.Kind
		}{
			{nil, []string{"broad"}, errs.Invalid}, {[]string{one.ID}, nil, errs.Invalid}, {[]string{one.ID}, []string{"famous"}, errs.Invalid},
			{[]string{one.ID, unfiled.ID}, []string{"broad"}, errs.Conflict}, {[]string{one.ID, merged.ID}, []string{"broad"}, errs.Conflict}, {[]string{one.ID, theirs.ID}, []string{"broad"}, errs.NotFound},
		} {
			_, err := w.Keys.Nominate(clerk, c.ids, c.criteria, "")
			want(t, err, c.kind)
		}
		if all, _, err := w.Keys.List(clerk, keyproposal.Filter{}); err != nil || len(all) != 0 {
			t.Fatalf("a refused nomination left %d, %v", len(all), err)
		}
		for _, name := range []string{"余知秋", "高望舒", "岳交之", "裴远山", "水清源"} {
			_, err := w.Keys.Nominate(w.As(name), []string{one.ID}, []string{"broad"}, "")
			want(t, err, errs.Forbidden)
		}
		// The same request again nominates nothing and gives the same answer.
		keyed := actor.WithRequest(clerk, actor.Request{Key: "nominate-1", Hash: "x"})
		ids, err := w.Keys.Nominate(keyed, []string{two.ID, one.ID, one.ID}, []string{"broad", "resolvable"}, "")
		check(t, err)
		again, err := w.Keys.Nominate(keyed, []string{two.ID, one.ID, one.ID}, []string{"broad", "resolvable"}, "")
		check(t, err)
		if slices.Sort(ids); len(ids) != 2 || !slices.Equal(ids, again) {
			t.Errorf("%v, again %v", ids, again)
		}
		_, err = w.Keys.Nominate(clerk, []string{one.ID}, []string{"broad"}, "")
		want(t, err, errs.Conflict)
		// Not taken, it may be nominated once more.
		w.do("柳文书", ids[0], "decline")
		d, err := w.Keys.Get(clerk, ids[0])
		check(t, err)
		_, err = w.Keys.Nominate(clerk, []string{d.Proposal}, []string{"broad"}, "")
		check(t, err)
		// Nothing of it for the neighbour.
		_, err = w.Keys.Get(other.As("柳文书"), ids[1])
		want(t, err, errs.NotFound)
		if all, _, err := w.Keys.List(other.As("柳文书"), keyproposal.Filter{}); err != nil || len(all) != 0 {
			t.Errorf("the neighbour lists %d, %v", len(all), err)
		}
	})
}

// A case that is, or may become, a key proposal is not merged into another; it
// takes others in, and once it is not taken it is merged like any other.
func TestKeyProposalIsNotMerged(t *testing.T) {
	apptest.Each(t, func(t *testing.T, a *apptest.World) {
		w := newWorld(t, a)
		merge := func(id, into string) error {
			c, err := w.Proposals.Get(w.As("莫定安"), id)
			check(t, err)
			return w.Proposals.Merge(w.As("莫定安"), into, []proposal.Chosen{{ID: id, Version: c.Version}}, "同一渠段")
		}
		lead := w.Play(proposal.Filed)
		for _, state := range []string{keyproposal.Nominated, keyproposal.Consulted, keyproposal.Approved, keyproposal.Supervising, keyproposal.Closed} {
			d, err := w.Keys.Get(w.As("柳文书"), w.play(state))
			check(t, err)
			want(t, merge(d.Proposal, lead.ID), errs.Conflict)
			c, err := w.Proposals.Get(w.As("莫定安"), d.Proposal)
			check(t, err)
			if i := slices.IndexFunc(c.Actions, func(a proposal.Action) bool { return a.Action == "merge" }); i < 0 || c.Actions[i].Blocked == "" {
				t.Errorf("%s: the page does not say why it is not merged", state)
			}
			other := w.Play(proposal.Filed)
			check(t, merge(other.ID, d.Proposal))
		}
		d, err := w.Keys.Get(w.As("柳文书"), w.play(keyproposal.Declined))
		check(t, err)
		check(t, merge(d.Proposal, lead.ID))
	})
}

func TestInput(t *testing.T) {
	w := newWorld(t, apptest.New(t, db.SQLite))
	clerk := w.As("柳文书")
	try := func(state, action string, change func(in *keyproposal.Input), kind errs.Kind) {
		t.Helper()
		id := w.play(state)
		if state == keyproposal.Approved {
			w.do("柳文书", id, "bind")
		}
		d, err := w.Keys.Get(clerk, id)
		check(t, err)
		in := w.input()
		change(&in)
		_, err = w.Keys.Do(clerk, id, d.Version, action, in)
		want(t, err, kind)
	}
	for _, c := range []struct {
		state, action string
		change        func(in *keyproposal.Input)
	}{
		{keyproposal.Nominated, "ask", func(in *keyproposal.Input) { in.Bodies = nil }},
		{keyproposal.Nominated, "ask", func(in *keyproposal.Input) { in.Bodies = []string{w.Bodies["县水利局"]} }},
		{keyproposal.Nominated, "consult", func(in *keyproposal.Input) { in.Reason = "" }}, // the party has not answered
		{keyproposal.Consulted, "approve", func(in *keyproposal.Input) { in.On = "" }},
		{keyproposal.Consulted, "approve", func(in *keyproposal.Input) { in.On = "2026-03-13" }},
		{keyproposal.Consulted, "approve", func(in *keyproposal.Input) { in.On = "2026-02-30" }},
		{keyproposal.Consulted, "decline", func(in *keyproposal.Input) { in.Reason = " " }},
		{keyproposal.Approved, "bind", func(in *keyproposal.Input) { in.Leader = "nobody" }},
		{keyproposal.Approved, "bind", func(in *keyproposal.Input) { in.Committee = w.Bodies["经济界"] }},
		{keyproposal.Approved, "plan", func(in *keyproposal.Input) { in.Forms = []string{"dance"} }},
		{keyproposal.Approved, "plan", func(in *keyproposal.Input) { in.Text = "" }},
		{keyproposal.Approved, "plan", func(in *keyproposal.Input) { in.Until = "2026-03-12" }},
		{keyproposal.PlanSigned, "log", func(in *keyproposal.Input) { in.Form = "" }},
		{keyproposal.Supervising, "report", func(in *keyproposal.Input) { in.Outcome = "wonderful" }},
	} {
		try(c.state, c.action, c.change, errs.Invalid)
	}
	id := w.play(keyproposal.Supervising)
	_, err := w.Keys.Do(clerk, id, 1, "report", w.input())
	want(t, err, errs.Conflict)
}

// Another leader signs anew; on paper the office records it.
func TestAnotherLeader(t *testing.T) {
	w := newWorld(t, apptest.New(t, db.SQLite))
	id := w.play(keyproposal.PlanSigned)
	other, err := w.Keys.SaveLeader(w.As("柳文书"), keyproposal.Leader{Person: w.People["莫定安"], Post: "县长", Kind: "government", Principal: true})
	check(t, err)
	w.leader = other
	if k := w.do("柳文书", id, "bind"); k.State != keyproposal.Approved || k.PlanSignedOn != "" || k.LeaderKind != "government" {
		t.Errorf("%+v", k)
	}
	d, err := w.Keys.Get(w.As("高望舒"), id)
	check(t, err)
	if slices.ContainsFunc(d.Actions, func(a keyproposal.Action) bool { return a.Action == "sign" }) {
		t.Error("who no longer leads may sign")
	}
	if k := w.do("柳文书", id, "record_sign"); k.PlanMethod != "paper" || k.PlanSignedOn != "2026-03-12" {
		t.Errorf("%+v", k)
	}
}

func TestLeaders(t *testing.T) {
	apptest.Each(t, func(t *testing.T, a *apptest.World) {
		w := newWorld(t, a)
		clerk := w.As("柳文书")
		_, err := w.Keys.SaveLeader(clerk, keyproposal.Leader{Person: w.People["高望舒"], Post: "主席", Kind: "conference"})
		want(t, err, errs.Conflict) // is on the list
		_, err = w.Keys.SaveLeader(clerk, keyproposal.Leader{Person: "nobody", Post: "", Kind: "king"})
		want(t, err, errs.Invalid)
		_, err = w.Keys.SaveLeader(w.As("高望舒"), keyproposal.Leader{Person: w.People["莫定安"], Post: "县长", Kind: "government"})
		want(t, err, errs.Forbidden)
		mayor, err := w.Keys.SaveLeader(clerk, keyproposal.Leader{Person: w.People["莫定安"], Post: "县长", Kind: "government", Principal: true})
		check(t, err)
		w.play(keyproposal.PlanSigned)
		w.Go("2026-10-20") // the report is overdue
		all, err := w.Keys.Leaders(clerk, 2026)
		check(t, err)
		if len(all) != 2 || !all[0].Lacks || all[0].ID != mayor || all[1].Lacks || len(all[1].Keys) != 1 || all[1].Late != 1 {
			t.Errorf("%+v %+v", all[0], all[1])
		}
		l := *all[0].Leader
		l.Active = false
		_, err = w.Keys.SaveLeader(clerk, l)
		check(t, err)
		if all, err = w.Keys.Leaders(clerk, 2025); err != nil || len(all) != 1 || !all[0].Lacks {
			t.Errorf("%v %v", all, err)
		}
	})
}

func TestParties(t *testing.T) {
	apptest.Each(t, func(t *testing.T, a *apptest.World) {
		w := newWorld(t, a)
		clerk := w.As("柳文书")
		plain := w.Play(proposal.Filed)
		party := partyProposal(t, w)
		check(t, w.Keys.Prioritize(clerk, []string{party.ID}, "supervised", "主席会议议定"))
		want(t, w.Keys.Prioritize(clerk, []string{plain.ID}, "supervised", ""), errs.Invalid)
		want(t, w.Keys.Prioritize(clerk, []string{party.ID, "nothing"}, "supervised", ""), errs.NotFound)
		want(t, w.Keys.Prioritize(clerk, []string{party.ID}, "hurry", ""), errs.Invalid)
		want(t, w.Keys.Prioritize(w.As("高望舒"), []string{party.ID}, "supervised", ""), errs.Forbidden)
		all, err := w.Keys.Parties(clerk, 2026)
		check(t, err)
		if len(all) != 1 || all[0].Case.ID != party.ID || all[0].Measure != "supervised" || !all[0].Case.Party() {
			t.Errorf("%+v", all)
		}
		o, err := w.Keys.OfCase(w.As("裴远山"), party.ID)
		check(t, err)
		if o == nil || o.Measure != "supervised" || o.Details != nil {
			t.Errorf("the case tells %+v", o)
		}
		check(t, w.Keys.Prioritize(clerk, []string{party.ID}, "", ""))
		if o, err = w.Keys.OfCase(w.As("裴远山"), party.ID); err != nil || o != nil {
			t.Errorf("%+v %v", o, err)
		}
	})
}

// partyProposal is a filed proposal of a party.
func partyProposal(t testing.TB, w *world) *proposal.Proposal {
	t.Helper()
	text := w.Text()
	text.Kind, text.Body = proposal.Collective, w.Bodies["民盟临川县支部"]
	p, err := w.Proposals.Create(w.As("裴远山"), text)
	check(t, err)
	for _, s := range []struct{ who, action string }{{"裴远山", "approve"}, {"柳文书", "receive"}, {"纪审言", "pass"}, {"纪审言", "pass"}, {"莫定安", "file"}} {
		p, err = w.Proposals.Do(w.As(s.who), p.ID, p.Version, s.action, proposal.Input{})
		check(t, err)
	}
	return p
}

// Until the chairs' meeting has decided, only the office knows of a nomination.
func TestWhatACaseTells(t *testing.T) {
	w := newWorld(t, apptest.New(t, db.SQLite))
	p := w.Play(proposal.Handling)
	id := w.nominate(p)
	for _, name := range []string{"余知秋", "汪签远"} {
		if o, err := w.Keys.OfCase(w.As(name), p.ID); err != nil || o != nil {
			t.Errorf("%s is told %+v, %v", name, o, err)
		}
		if _, err := w.Keys.Get(w.As(name), id); !errs.Is(err, errs.NotFound) {
			t.Errorf("%s opens it: %v", name, err)
		}
	}
	if o, err := w.Keys.OfCase(w.As("柳文书"), p.ID); err != nil || o == nil || !o.Open {
		t.Errorf("the office is told %+v, %v", o, err)
	}
	w.do("柳文书", id, "ask")
	w.do("柳文书", id, "consult")
	w.do("柳文书", id, "approve")
	for _, name := range []string{"余知秋", "汪签远"} {
		o, err := w.Keys.OfCase(w.As(name), p.ID)
		check(t, err)
		if o == nil || o.Open || len(o.Details.Opinions) > 0 {
			t.Errorf("%s is told %+v", name, o)
		}
		for _, e := range o.Details.History {
			if e.Kind == keyproposal.Object {
				t.Errorf("%s is told of %s", name, e.Action)
			}
		}
	}
}

func TestFigures(t *testing.T) {
	apptest.Each(t, func(t *testing.T, a *apptest.World) {
		w := newWorld(t, a)
		w.play(keyproposal.Nominated)
		w.play(keyproposal.Approved)
		w.play(keyproposal.Supervising)
		w.play(keyproposal.Closed)
		w.play(keyproposal.Declined)
		party := partyProposal(t, w)
		id := w.nominate(party)
		for _, s := range steps[:4] {
			w.do(s.who, id, s.action)
		}
		check(t, w.Keys.Prioritize(w.As("柳文书"), []string{party.ID}, "first", ""))
		rep, err := w.Figures.Compute(w.As("柳文书"), figure.Request{Year: 2026, By: "leader"})
		check(t, err)
		for figureID, number := range map[string][2]int64{"filed": {6}, "nominated": {5}, "key": {4}, "share": {4, 6}, "led": {4}, "conference": {4}, "party_government": {0},
			"plan_signed": {2}, "supervised": {2}, "reported": {1}, "report_rate": {1, 4}, "key_party": {1}, "key_party_share": {1, 4}, "party": {1}, "party_share": {1, 6}, "prioritized": {1}} {
			v, ok := rep.Value("key_proposal." + figureID)
			if got := [2]int64{v.Amount}; !ok || !v.Rate && got != number || v.Rate && [2]int64{v.Num, v.Den} != number {
				t.Errorf("%s is %v %v, want %v", figureID, v.Count, ok, number)
			}
		}
		key, _ := rep.Value("key_proposal.key")
		if len(key.Groups) != 1 || key.Groups[0].Label != "高望舒" || key.Groups[0].Amount != 4 {
			t.Errorf("by leader: %+v", key.Groups)
		}
		// The day before nothing had happened.
		rep, err = w.Figures.Compute(w.As("柳文书"), figure.Request{Year: 2026, AsOf: "2026-03-11"})
		check(t, err)
		if v, _ := rep.Value("key_proposal.key"); v.Amount != 0 {
			t.Errorf("the day before: %d", v.Amount)
		}
	})
}

// The ledger covers what was written, and the clock reminds who has to act.
func TestLedgerAndClock(t *testing.T) {
	w := newWorld(t, apptest.New(t, db.SQLite))
	w.play(keyproposal.Closed)
	late := w.play(keyproposal.PlanSigned)
	w.Go("2026-10-20")
	check(t, w.Clocks.Tick(t.Context()))
	if told := notices(t, w, "clock.over7"); !slices.Contains(told, w.People["高望舒"]) {
		t.Errorf("the leader is not reminded: %v", told)
	}
	_, err := ledger.Seal(t.Context(), w.DB, w.Key)
	check(t, err)
	report, err := ledger.Verify(t.Context(), w.DB, ledger.Proof{Keys: []string{w.Key.Verifier()}})
	check(t, err)
	if !report.OK() {
		t.Errorf("verify: %v", report.Lines(t.Context()))
	}
	check(t, w.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE key_proposal SET leader_post = 'x' WHERE tenant = $1 AND id = $2`, w.Tenant, late)
		return err
	}))
	if report, err = ledger.Verify(t.Context(), w.DB, ledger.Proof{Keys: []string{w.Key.Verifier()}}); err != nil || report.OK() {
		t.Errorf("a row changed behind the platform's back is not found: %v", err)
	}
}
