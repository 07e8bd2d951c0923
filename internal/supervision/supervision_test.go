package supervision_test

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
	"shangliang/internal/supervision"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t testing.TB, err error, kind errs.Kind) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
	}
}

func plan(w *apptest.World, kind string, cases ...string) supervision.Plan {
	return supervision.Plan{Type: kind, Title: "排洪渠提案督办", On: "2026-03-12", Place: "县政协会议室", Leader: w.People["高望舒"], Committee: w.Bodies["提案委员会"],
		Proposals: cases, Units: []string{w.Bodies["县水利局"]}, People: []string{w.People["余知秋"]}}
}

func input(w *apptest.World) supervision.Input {
	return supervision.Input{Issues: "进度偏慢", Conclusions: "五月底前完成清淤，每半月通报一次。", Text: "报送清淤进度表", Unit: w.Bodies["县水利局"], Reason: "改期"}
}

func schedule(t testing.TB, w *apptest.World, p supervision.Plan) *supervision.Event {
	t.Helper()
	e, err := w.Events.Save(w.As("柳文书"), "", 0, p)
	check(t, err)
	return e
}

func do(t testing.TB, w *apptest.World, id, action string) *supervision.Event {
	t.Helper()
	d, err := w.Events.Get(w.As("柳文书"), id)
	check(t, err)
	e, err := w.Events.Do(w.As("柳文书"), id, d.Version, action, input(w))
	check(t, err)
	return e
}

// A consultation on a case: its result goes back into the history of the case and
// into the log of the key proposal; what follows has an owner and a day.
func TestConsultation(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.Handling)
		key := supervised(t, w, p.ID)
		e := schedule(t, w, plan(w, "consultation", p.ID))
		if e.Meaning != supervision.Consultation || e.Year != 2026 || e.State != supervision.Planned {
			t.Errorf("%+v", e)
		}
		// Who takes part is told and may open it; others not.
		for name, sees := range map[string]bool{"高望舒": true, "余知秋": true, "水清源": true, "岳交之": true, "田会办": false, "凌若谷": false, "裴远山": false} {
			_, err := w.Events.Get(w.As(name), e.ID)
			if sees != (err == nil) || !sees && !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		do(t, w, e.ID, "hold")
		c, err := w.Proposals.Get(w.As("余知秋"), p.ID)
		check(t, err)
		var notes []string
		for _, x := range c.History {
			if x.Action == "supervision.hold" {
				notes = append(notes, x.Note)
			}
		}
		if !slices.Equal(notes, []string{"五月底前完成清淤，每半月通报一次。"}) {
			t.Errorf("the case tells %v", notes)
		}
		d, err := w.Keys.Get(w.As("柳文书"), key)
		check(t, err)
		if d.State != keyproposal.Supervising || len(d.Activities) != 1 || d.Activities[0].Event != e.ID || d.Activities[0].Form != "consultation" {
			t.Errorf("the key proposal's log: %s %+v", d.State, d.Activities)
		}
		of, _, _, err := w.Events.OfCase(w.As("汪签远"), p.ID)
		check(t, err)
		if len(of) != 1 || of[0].Conclusions == "" || !of[0].Opens {
			t.Errorf("the case's page: %+v", of)
		}

		// The task: reported by the department, given back, reported, accepted.
		do(t, w, e.ID, "assign")
		office, unit := w.As("柳文书"), w.As("水清源")
		task := func() *supervision.Task {
			x, err := w.Events.Get(office, e.ID)
			check(t, err)
			return x.Tasks[0]
		}
		if x := task(); x.DueOn != "2026-04-11" || x.State != "open" {
			t.Errorf("%+v", x)
		}
		d2, err := w.Events.Get(office, e.ID)
		check(t, err)
		_, err = w.Events.Do(office, e.ID, d2.Version, "close", supervision.Input{})
		want(t, err, errs.Conflict) // a task is open
		id := task().ID
		want(t, w.Events.Report(w.As("余知秋"), e.ID, id, 1, "不是我的"), errs.Forbidden)
		want(t, w.Events.Report(w.As("田会办"), e.ID, id, 1, "看不到"), errs.NotFound)
		want(t, w.Events.Report(unit, e.ID, id, 1, " "), errs.Invalid)
		want(t, w.Events.Accept(unit, e.ID, id, 1, true, ""), errs.Forbidden)
		check(t, w.Events.Report(unit, e.ID, id, 1, "已报送三期"))
		want(t, w.Events.Report(unit, e.ID, id, 1, "又报"), errs.Conflict)
		check(t, w.Events.Accept(office, e.ID, id, 2, false, "缺第四期"))
		check(t, w.Events.Report(unit, e.ID, id, 3, "补齐"))
		mine, _, err := w.Events.Tasks(unit)
		check(t, err)
		others, _, err := w.Events.Tasks(w.As("田会办"))
		check(t, err)
		if len(mine) != 1 || len(others) != 0 {
			t.Errorf("tasks of the department %d, of another %d", len(mine), len(others))
		}
		check(t, w.Events.Accept(office, e.ID, id, 4, true, ""))
		if x := task(); x.State != "done" {
			t.Errorf("%+v", x)
		}
		if e = do(t, w, e.ID, "close"); e.State != supervision.Closed {
			t.Errorf("%+v", e)
		}
		verify(t, w)
	})
}

// supervised makes a proposal a key proposal whose plan is signed.
func supervised(t testing.TB, w *apptest.World, id string) string {
	t.Helper()
	leader, err := w.Keys.SaveLeader(w.As("柳文书"), keyproposal.Leader{Person: w.People["高望舒"], Post: "副主席", Kind: "conference"})
	check(t, err)
	ids, err := w.Keys.Nominate(w.As("柳文书"), []string{id}, []string{"broad"}, "")
	check(t, err)
	in := keyproposal.Input{Reason: "按程序办理", Bodies: []string{w.Bodies["民盟临川县支部"]}, On: "2026-03-12", Leader: leader, Committee: w.Bodies["提案委员会"], Forms: []string{"visit"}, Text: "方案"}
	for _, s := range []struct{ who, action string }{{"柳文书", "ask"}, {"柳文书", "consult"}, {"柳文书", "approve"}, {"柳文书", "bind"}, {"柳文书", "plan"}, {"高望舒", "sign"}} {
		d, err := w.Keys.Get(w.As(s.who), ids[0])
		check(t, err)
		_, err = w.Keys.Do(w.As(s.who), ids[0], d.Version, s.action, in)
		check(t, err)
	}
	return ids[0]
}

func verify(t testing.TB, w *apptest.World) {
	t.Helper()
	_, err := ledger.Seal(t.Context(), w.DB, w.Key)
	check(t, err)
	report, err := ledger.Verify(t.Context(), w.DB, ledger.Proof{Keys: []string{w.Key.Verifier()}})
	check(t, err)
	if !report.OK() {
		t.Errorf("verify: %v", report.Lines(t.Context()))
	}
}

// A visit keeps what the department had open on its day, whatever is answered
// later.
func TestVisit(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Play(proposal.FeedbackOpen) // answered on the 12th
		late := w.Play(proposal.Handling)
		w.Go("2026-06-20")
		p := plan(w, "visit")
		p.On = "2026-06-20"
		e := schedule(t, w, p)
		want(t, func() error {
			q := plan(w, "visit")
			q.Units = nil
			_, err := w.Events.Save(w.As("柳文书"), "", 0, q)
			return err
		}(), errs.Invalid)
		do(t, w, e.ID, "hold")
		d, err := w.Events.Get(w.As("水清源"), e.ID)
		check(t, err)
		if len(d.Open) != 1 || d.Open[0].Proposal != late.ID || !d.Open[0].Overdue || d.Open[0].DueOn != "2026-06-12" {
			t.Errorf("frozen: %+v", d.Open)
		}
		// The ranking has both cases, one left and overdue, and the visit.
		all, err := w.Events.Departments(w.As("高望舒"), 2026)
		check(t, err)
		if len(all) != 1 || *all[0] != (supervision.Department{ID: w.Bodies["县水利局"], Name: "县水利局", Total: 2, Open: 1, Overdue: 1, Visits: 1, LastVisit: "2026-06-20"}) {
			t.Errorf("%+v", all)
		}
		_, err = w.Events.Departments(w.As("水清源"), 2026)
		want(t, err, errs.Forbidden)
		verify(t, w)
	})
}

func TestTables(t *testing.T) {
	if err := supervision.Flow.Check(); err != nil {
		t.Error(err)
	}
	if err := supervision.CheckGuards(); err != nil {
		t.Error(err)
	}
	for action := range supervision.Fields {
		if !slices.Contains(supervision.Flow.Actions(), action) {
			t.Errorf("there are fields of %s, which is no step", action)
		}
	}
}

// Whatever is tried by whoever in whatever state, the table says whether it is
// done; what is refused changes nothing.
func TestEveryStateActionAndRole(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.Handling)
	paths := map[string][]string{supervision.Planned: nil, supervision.Held: {"hold"}, supervision.Closed: {"hold", "close"}, supervision.Cancelled: {"cancel"}}
	flowtest.Walk(t, supervision.Flow, func(t *testing.T, pair flowtest.Pair) {
		play := func() string {
			e := schedule(t, w, plan(w, "meeting", p.ID))
			for _, action := range paths[pair.State.ID] {
				do(t, w, e.ID, action)
			}
			return e.ID
		}
		id := play()
		for _, c := range apptest.Cast {
			a, _ := actor.From(w.As(c.Name))
			can := slices.ContainsFunc(supervision.Flow.Steps, func(s flow.Step) bool { return s.Action == pair.Action && a.Can(s.Permission) })
			before, err := w.Events.Get(w.As("柳文书"), id)
			check(t, err)
			_, err = w.Events.Do(w.As(c.Name), id, before.Version, pair.Action, input(w))
			after, gone := w.Events.Get(w.As("柳文书"), id)
			check(t, gone)
			switch {
			case err == nil:
				if !can || !pair.Allowed || after.State != pair.Step.Next(pair.State.ID) {
					t.Errorf("%s as %s: done, now %s", pair.Action, c.Role, after.State)
				}
				id = play()
				continue
			case !can:
				if !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.NotFound) {
					t.Errorf("%s as %s: %v", pair.Action, c.Role, err)
				}
			case pair.Allowed:
				t.Errorf("%s as %s: %v", pair.Action, c.Role, err)
			default:
				flowtest.Refused(t, pair, err)
			}
			if after.Version != before.Version || len(after.History) != len(before.History) {
				t.Errorf("%s as %s was refused and changed something", pair.Action, c.Role)
			}
		}
	})
}

func TestPlanIsChecked(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.Handling)
		theirs := w.Neighbour().Play(proposal.Filed)
		office := w.As("柳文书")
		for _, c := range []struct {
			change func(p *supervision.Plan)
			kind   errs.Kind
		}{
			{func(p *supervision.Plan) { p.Type = "party" }, errs.Invalid}, {func(p *supervision.Plan) { p.Title = " " }, errs.Invalid},
			{func(p *supervision.Plan) { p.On = "" }, errs.Invalid}, {func(p *supervision.Plan) { p.On = "2026-02-30" }, errs.Invalid},
			{func(p *supervision.Plan) { p.Units = []string{w.Bodies["经济界"]} }, errs.Invalid}, {func(p *supervision.Plan) { p.Committee = w.Bodies["县水利局"] }, errs.Invalid},
			{func(p *supervision.Plan) { p.Leader = "nobody" }, errs.Invalid}, {func(p *supervision.Plan) { p.People = []string{"nobody"} }, errs.Invalid},
			{func(p *supervision.Plan) { p.Type, p.Proposals = "consultation", nil }, errs.Invalid}, {func(p *supervision.Plan) { p.Proposals = []string{theirs.ID} }, errs.NotFound},
		} {
			q := plan(w, "meeting", p.ID)
			c.change(&q)
			_, err := w.Events.Save(office, "", 0, q)
			want(t, err, c.kind)
		}
		_, err := w.Events.Save(w.As("高望舒"), "", 0, plan(w, "meeting", p.ID))
		want(t, err, errs.Forbidden)
		// Without departments it is those that handle the cases. The same request
		// again makes no second one; a stale change is refused.
		q := plan(w, "meeting", p.ID)
		q.Units = nil
		keyed := actor.WithRequest(office, actor.Request{Key: "event-1", Hash: "x"})
		e, err := w.Events.Save(keyed, "", 0, q)
		check(t, err)
		again, err := w.Events.Save(keyed, "", 0, q)
		check(t, err)
		all, _, err := w.Events.List(office, supervision.Filter{})
		check(t, err)
		if again.ID != e.ID || len(all) != 1 || all[0].Units != "县水利局" {
			t.Errorf("%v %+v", again, all)
		}
		_, err = w.Events.Save(office, e.ID, e.Version, q)
		check(t, err)
		_, err = w.Events.Save(office, e.ID, e.Version, q)
		want(t, err, errs.Conflict)
		q.On = "2026-03-20"
		e, err = w.Events.Save(office, e.ID, e.Version+1, q)
		check(t, err)
		_, err = w.Events.Do(office, e.ID, e.Version, "hold", input(w))
		want(t, err, errs.Conflict) // its day has not come
	})
}

func TestFigures(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.Handling)
		for _, kind := range []string{"meeting", "collective", "collective", "briefing", "consultation", "consultation", "visit", "visit"} {
			e := schedule(t, w, plan(w, kind, p.ID))
			do(t, w, e.ID, "hold")
			if kind == "meeting" {
				do(t, w, e.ID, "assign")
			}
		}
		schedule(t, w, plan(w, "meeting", p.ID)) // planned only
		gone := schedule(t, w, plan(w, "meeting", p.ID))
		do(t, w, gone.ID, "cancel")
		rep, err := w.Figures.Compute(w.As("柳文书"), figure.Request{Year: 2026, By: "unit"})
		check(t, err)
		for id, n := range map[string]int64{"meetings": 1, "collective": 2, "briefings": 1, "consultations": 2, "consulted": 1, "visits": 2, "visited": 1, "tasks": 1, "done": 0, "late": 0} {
			if v, ok := rep.Value("supervision." + id); !ok || v.Amount != n {
				t.Errorf("%s is %d, want %d", id, v.Amount, n)
			}
		}
		w.Go("2026-05-01")
		rep, err = w.Figures.Compute(w.As("柳文书"), figure.Request{Year: 2026})
		check(t, err)
		if v, _ := rep.Value("supervision.late"); v.Amount != 1 {
			t.Errorf("%d late", v.Amount)
		}
		records, err := w.Figures.Compute(w.As("柳文书"), figure.Request{Year: 2026, AsOf: "2026-03-11"})
		check(t, err)
		if v, _ := records.Value("supervision.visits"); v.Amount != 0 {
			t.Errorf("the day before: %d", v.Amount)
		}
	})
}
