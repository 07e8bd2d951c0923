package proposal_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow/flowtest"
	"shangliang/internal/ledger"
	"shangliang/internal/proposal"
)

// input has something for every field of every step.
func input(w *apptest.World) proposal.Input {
	return proposal.Input{Reason: "按规定办理", Code: "vague", Disposition: "letter", Score: 3, Unit: w.Bodies["县交通运输局"],
		Units: []proposal.UnitRole{{Unit: w.Bodies["县水利局"], Role: proposal.Host}, {Unit: w.Bodies["县农业农村局"], Role: proposal.CoHandler}},
		Kind:  "visit", On: "2026-03-12", People: "余知秋", Summary: "当面听取意见", Body: "现答复如下", DocNo: "临水提1号", Outcome: "a",
		Disclosure: "full", ContactName: "江承平", ContactPhone: "12345", OpinionWaiver: "会办单位逾期未复",
		Title: "关于疏浚和管护城西排洪渠的提案", Situation: "城西排洪渠多年未清淤。", Analysis: "管护责任不清。", Suggestions: "一、明确管护单位；二、汛前完成清淤。"}
}

// snapshot is everything about a case that an act could have changed.
func snapshot(t testing.TB, w *apptest.World, id string) string {
	t.Helper()
	var all []string
	err := w.DB.Read(w.As("柳文书"), func(tx *db.Tx) error {
		for _, q := range []string{
			`SELECT state || ' ' || version || ' ' || case_no || ' ' || round || merged_into FROM proposal WHERE tenant = $1 AND (id = $2 OR merged_into = $2)`,
			`SELECT id || state FROM change_request WHERE tenant = $1 AND proposal = $2 ORDER BY id`,
			`SELECT id || state || version || role FROM assignment WHERE tenant = $1 AND proposal = $2 ORDER BY id`,
			`SELECT id || state || version FROM reply WHERE tenant = $1 AND proposal = $2 ORDER BY id`,
			`SELECT id || state FROM assignment_request WHERE tenant = $1 AND proposal = $2 ORDER BY id`,
			`SELECT id FROM ledger_entry WHERE tenant = $1 AND object = $2 ORDER BY id`,
			`SELECT notice.id FROM notice WHERE tenant = $1 AND object_id = $2 ORDER BY id`,
		} {
			rows, err := db.Column[string](tx, q, w.Tenant, id)
			if err != nil {
				return err
			}
			all = append(all, rows...)
		}
		return nil
	})
	check(t, err)
	return fmt.Sprint(all)
}

// consequence is where the platform moves a case on at once after an action.
var consequence = map[string]string{
	"close":    proposal.FollowingUp, // the reply promised something
	"add_unit": proposal.Handling,    // another department has signed for it
}

// moves are how the case of the test is moved on whatever the action was: its
// department has signed, or nobody handles it.
var moves = map[string]bool{proposal.Dispatched + "/" + proposal.Handling: true, proposal.Handling + "/" + proposal.Dispatched: true}

// In every state, every action is tried by every role. What the table does not
// allow is refused and changes nothing; what it allows ends where it says.
func TestEveryStateActionAndRole(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.Handling)
	lead := w.Play(proposal.InReview) // to be merged into
	force := func(state, action string) {
		check(t, w.DB.Write(w.As("柳文书"), func(tx *db.Tx) error {
			into := ""
			if state == proposal.Merged {
				into = lead.ID
			}
			if _, err := tx.Exec(`UPDATE proposal SET state = $3, merged_into = $4 WHERE tenant = $1 AND id = $2`, w.Tenant, p.ID, state, into); err != nil {
				return err
			}
			if _, err := tx.Exec(`DELETE FROM change_request WHERE tenant = $1 AND proposal = $2`, w.Tenant, p.ID); err != nil {
				return err
			}
			kind := map[string]string{"take_back": "text", "grant_change": "text", "refuse_change": "withdraw", "grant_withdrawal": "withdraw"}[action]
			if kind == "" {
				return nil
			}
			_, err := tx.Exec(`INSERT INTO change_request (tenant, id, proposal, kind, state, reason, title, situation, analysis, suggestions, revision, asked_by, asked_at)
				SELECT p.tenant, $3, p.id, $4, 'open', '情况有变', p.title, p.situation, p.analysis, '一、明确管护单位；二、汛前完成清淤。', p.revision, p.lead, p.updated_at FROM proposal p WHERE p.tenant = $1 AND p.id = $2`,
				w.Tenant, p.ID, db.NewID(), kind)
			return err
		}))
	}
	// Somebody must be able to take these wherever the table allows them.
	works := []string{"merge", "unmerge", "ask_withdrawal", "ask_change", "take_back", "grant_withdrawal", "grant_change", "refuse_change"}
	names := []string{}
	for _, c := range apptest.Cast {
		names = append(names, c.Name)
	}
	flowtest.Walk(t, proposal.CaseFlow, func(t *testing.T, pair flowtest.Pair) {
		done := false
		for _, name := range names {
			force(pair.State.ID, pair.Action)
			before := snapshot(t, w, p.ID)
			var version int
			check(t, w.DB.Read(w.As(name), func(tx *db.Tx) error {
				return tx.Get(`SELECT version FROM proposal WHERE tenant = $1 AND id = $2`, []any{w.Tenant, p.ID}, &version)
			}))
			in := input(w)
			in.Into = lead.ID
			got, err := w.Proposals.Do(w.As(name), p.ID, version, pair.Action, in)
			done = done || err == nil
			switch {
			case err != nil:
				if k := errs.KindOf(err); k == errs.Internal {
					t.Errorf("%s: %v", name, err)
				}
				if after := snapshot(t, w, p.ID); after != before {
					t.Errorf("%s was refused (%v), but something changed:\n%s\n%s", name, err, before, after)
				}
			case !pair.Allowed || pair.Step.System:
				t.Errorf("%s could %s in the state %s", name, pair.Action, pair.State.ID)
			case got.State != pair.Step.Next(pair.State.ID) && consequence[pair.Action] != got.State && !moves[pair.State.ID+"/"+got.State]:
				t.Errorf("%s: %s led to %s, want %s", name, pair.Action, got.State, pair.Step.Next(pair.State.ID))
			}
		}
		if pair.Allowed && !done && slices.Contains(works, pair.Action) {
			t.Errorf("nobody could %s in the state %s", pair.Action, pair.State.ID)
		}
	})
}

// The same for assignments.
func TestEveryAssignmentStateActionAndRole(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.Handling)
	c, err := w.Proposals.Get(w.As("岳交之"), p.ID)
	check(t, err)
	as := c.Current()[0]
	flowtest.Walk(t, proposal.AssignmentFlow, func(t *testing.T, pair flowtest.Pair) {
		for _, cast := range apptest.Cast {
			check(t, w.DB.Write(w.As("柳文书"), func(tx *db.Tx) error {
				if _, err := tx.Exec(`UPDATE proposal SET state = 'handling' WHERE tenant = $1 AND id = $2`, w.Tenant, p.ID); err != nil {
					return err
				}
				if _, err := tx.Exec(`UPDATE assignment SET state = 'cancelled' WHERE tenant = $1 AND proposal = $2 AND id <> $3`, w.Tenant, p.ID, as.ID); err != nil {
					return err
				}
				return tx.Get(`UPDATE assignment SET state = $3 WHERE tenant = $1 AND id = $2 RETURNING version`, []any{w.Tenant, as.ID, pair.State.ID}, &as.Version)
			}))
			before := snapshot(t, w, p.ID)
			in := input(w)
			in.Code = ""
			got, err := w.Proposals.DoAssignment(w.As(cast.Name), p.ID, as.ID, as.Version, pair.Action, in)
			switch {
			case err != nil:
				if k := errs.KindOf(err); k == errs.Internal {
					t.Errorf("%s: %v", cast.Name, err)
				}
				if after := snapshot(t, w, p.ID); after != before {
					t.Errorf("%s was refused (%v), but something changed", cast.Name, err)
				}
			case !pair.Allowed || pair.Step.System:
				t.Errorf("%s could %s in the state %s", cast.Name, pair.Action, pair.State.ID)
			case got.State != pair.Step.Next(pair.State.ID):
				t.Errorf("%s: %s led to %s, want %s", cast.Name, pair.Action, got.State, pair.Step.To)
			case cast.Body == "县农业农村局":
				t.Errorf("%s acted for another department", cast.Name)
			}
		}
	})
}

// Whatever people try, in whatever order, what must always hold holds.
func TestInvariantsOfRandomActs(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		people := []string{}
		for _, c := range apptest.Cast {
			people = append(people, c.Name)
		}
		people = append(people, "莫定安", "莫定安", "莫定安") // who merges
		rapid.Check(t, func(r *rapid.T) {
			ids := make([]string, 3) // merged into each other
			for i := range ids {
				author := rapid.SampledFrom([]string{"余知秋", "凌若谷"}).Draw(r, "author")
				switch rapid.IntRange(0, 2).Draw(r, "begins") {
				case 0: // answered, so that others come in late
					ids[i] = w.Play(proposal.FeedbackOpen).ID
				case 1:
					ids[i] = by(t, w, author, w.Text()).ID
				default:
					p, err := w.Proposals.Create(w.As(author), w.Text())
					check(t, err)
					ids[i] = p.ID
				}
			}
			for range rapid.IntRange(5, 60).Draw(r, "acts") {
				who, id := rapid.SampledFrom(people).Draw(r, "who"), rapid.SampledFrom(ids).Draw(r, "case")
				ctx := w.As(who)
				c, err := w.Proposals.Get(ctx, id)
				if errs.Is(err, errs.NotFound) {
					continue
				}
				check(t, err)
				final := rapid.IntRange(0, 9).Draw(r, "final") == 0 // now and then what cannot be taken back
				open := slices.DeleteFunc(slices.Clone(c.Actions), func(a proposal.Action) bool { return a.Blocked != "" || a.Danger && !final })
				if c.State == proposal.FeedbackOpen && c.Rates(w.People[who]) {
					level := rapid.SampledFrom([]string{"satisfied", "basically", "unsatisfied"}).Draw(r, "level")
					again := apptest.Rating(level)
					again.Reason = "再次考虑"
					check(t, w.Proposals.Rate(ctx, id, again))
					continue
				}
				if len(open) == 0 {
					continue
				}
				act := rapid.SampledFrom(open).Draw(r, "act")
				in := input(w)
				if act.Assignment == nil {
					in.Into = rapid.SampledFrom(ids).Draw(r, "into")
					in.Suggestions += fmt.Sprint(c.Revision) // another text each time
					_, err = w.Proposals.Do(ctx, id, c.Version, act.Action, in)
				} else {
					in.Code = ""
					_, err = w.Proposals.DoAssignment(ctx, id, act.Assignment.ID, act.Assignment.Version, act.Action, in)
				}
				if err != nil && !(act.Action == "merge" && errs.Is(err, errs.Invalid)) {
					r.Fatalf("%s was offered %s in the state %s, but: %v", who, act.Action, c.State, err)
				}
				for _, id := range ids {
					invariants(t, w, id)
				}
			}
		})
		sealed(t, w)
	})
}

// sealed verifies that the ledger holds.
func sealed(t *testing.T, w *apptest.World) {
	t.Helper()
	_, err := ledger.Seal(t.Context(), w.DB, w.Key)
	check(t, err)
	report, err := ledger.Verify(t.Context(), w.DB, ledger.Proof{Keys: []string{w.Key.Verifier()}, Now: w.Now()})
	check(t, err)
	if !report.OK() {
		t.Errorf("the ledger does not hold: %v", report.Lines(t.Context()))
	}
}

func invariants(t *testing.T, w *apptest.World, id string) {
	t.Helper()
	c, err := w.Proposals.Get(w.As("柳文书"), id)
	if errs.Is(err, errs.NotFound) {
		return // not handed in yet
	}
	check(t, err)
	hosts := map[int]int{}
	for _, a := range c.Assignments {
		if (a.Role == proposal.Host || a.Role == proposal.Sole) && a.State != proposal.ReturnedUnit && a.State != proposal.Cancelled {
			hosts[a.Round]++
		}
	}
	for _, round := range slices.Collect(maps.Keys(hosts)) {
		if hosts[round] > 1 {
			t.Errorf("round %d has %d hosts", round, hosts[round])
		}
	}
	if c.CaseNo == 0 && len(c.Assignments) > 0 {
		t.Error("handled without a case number")
	}
	current := map[string]int{}
	for _, f := range c.Feedback {
		if !c.Rates(f.Person) {
			t.Errorf("%s rated without standing behind the proposal", f.Person)
		}
		if f.Current {
			current[fmt.Sprint(f.Round, f.Person)]++
		}
	}
	for k, n := range current {
		if n > 1 {
			t.Errorf("%d current ratings of %s", n, k)
		}
	}
	// A merged case always follows one that is not merged, is alive and of the
	// same session.
	switch lead := c.Leading; {
	case (c.State == proposal.Merged) != (c.MergedInto != ""):
		t.Errorf("is %s and follows %q", c.State, c.MergedInto)
	case lead != nil && slices.Contains([]string{proposal.Merged, proposal.NotFiled, proposal.Withdrawn, proposal.Draft}, lead.State):
		t.Errorf("follows a case that is %s", lead.State)
	}
	if c.MergedInto != "" && len(c.Merged) > 0 {
		t.Error("follows and leads")
	}
	// While a case is rated, whoever has not rated has a window that runs, and no
	// two; when it is not, none runs.
	windows := map[string]int{}
	check(t, w.DB.Read(w.As("柳文书"), func(tx *db.Tx) error {
		holders, err := db.Column[string](tx, `SELECT h.person FROM clock k JOIN clock_holder h ON h.tenant = k.tenant AND h.clock = k.id
			WHERE k.tenant = $1 AND k.kind = 'feedback.window' AND k.object_id = $2 AND k.state = 'running'`, w.Tenant, id)
		for _, person := range holders {
			windows[person]++
		}
		return err
	}))
	for _, person := range c.Raters() {
		if want := c.State == proposal.FeedbackOpen; want != (windows[person] == 1) {
			t.Errorf("%d windows of a rater run while it is %s", windows[person], c.State)
		}
		delete(windows, person)
	}
	if len(windows) > 0 {
		t.Errorf("windows of others run: %v", windows)
	}
	asked := 0
	for _, x := range c.Changes {
		if x.State == "open" {
			asked++
		}
	}
	if over := c.State == proposal.FeedbackOpen || c.State == proposal.NotFiled || c.State == proposal.Withdrawn; asked > 1 || over && asked > 0 {
		t.Errorf("%d changes are asked for while it is %s", asked, c.State)
	}
	check(t, w.DB.Read(w.As("柳文书"), func(tx *db.Tx) error {
		var revisions int
		if err := tx.Get(`SELECT COUNT(*) FROM proposal_revision WHERE tenant = $1 AND proposal = $2`, []any{w.Tenant, id}, &revisions); err != nil {
			return err
		}
		if revisions != c.Revision {
			t.Errorf("%d texts are kept, but it is revision %d", revisions, c.Revision)
		}
		ns, err := db.Column[int](tx, `SELECT case_no FROM proposal WHERE tenant = $1 AND case_no > 0 ORDER BY case_no`, w.Tenant)
		for i, n := range ns {
			if n != i+1 {
				t.Errorf("case numbers are not gapless: %v", ns)
				break
			}
		}
		return err
	}))
}
