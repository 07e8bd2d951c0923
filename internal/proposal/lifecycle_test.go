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
		Disclosure: "full", ContactName: "江承平", ContactPhone: "12345", OpinionWaiver: "会办单位逾期未复"}
}

// snapshot is everything about a case that an act could have changed.
func snapshot(t testing.TB, w *apptest.World, id string) string {
	t.Helper()
	var all []string
	err := w.DB.Read(w.As("柳文书"), func(tx *db.Tx) error {
		for _, q := range []string{
			`SELECT state || ' ' || version || ' ' || case_no || ' ' || round FROM proposal WHERE tenant = $1 AND id = $2`,
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

// In every state, every action is tried by every role. What the table does not
// allow is refused and changes nothing; what it allows ends where it says.
func TestEveryStateActionAndRole(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.Handling)
	force := func(state string) {
		check(t, w.DB.Write(w.As("柳文书"), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE proposal SET state = $3 WHERE tenant = $1 AND id = $2`, w.Tenant, p.ID, state)
			return err
		}))
	}
	names := []string{}
	for _, c := range apptest.Cast {
		names = append(names, c.Name)
	}
	flowtest.Walk(t, proposal.CaseFlow, func(t *testing.T, pair flowtest.Pair) {
		for _, name := range names {
			force(pair.State.ID)
			before := snapshot(t, w, p.ID)
			var version int
			check(t, w.DB.Read(w.As(name), func(tx *db.Tx) error {
				return tx.Get(`SELECT version FROM proposal WHERE tenant = $1 AND id = $2`, []any{w.Tenant, p.ID}, &version)
			}))
			got, err := w.Proposals.Do(w.As(name), p.ID, version, pair.Action, input(w))
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
			case got.State != pair.Step.Next(pair.State.ID) && consequence[pair.Action] != got.State:
				t.Errorf("%s: %s led to %s, want %s", name, pair.Action, got.State, pair.Step.To)
			}
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
		rapid.Check(t, func(r *rapid.T) {
			p, err := w.Proposals.Create(w.As("余知秋"), w.Text())
			check(t, err)
			for range rapid.IntRange(5, 40).Draw(r, "acts") {
				who := rapid.SampledFrom(people).Draw(r, "who")
				ctx := w.As(who)
				c, err := w.Proposals.Get(ctx, p.ID)
				if errs.Is(err, errs.NotFound) {
					continue
				}
				check(t, err)
				open := slices.DeleteFunc(slices.Clone(c.Actions), func(a proposal.Action) bool { return a.Blocked != "" || a.Danger })
				if c.State == proposal.FeedbackOpen && c.Stands(w.People[who]) {
					level := rapid.SampledFrom([]string{"satisfied", "basically", "unsatisfied"}).Draw(r, "level")
					again := apptest.Rating(level)
					again.Reason = "再次考虑"
					check(t, w.Proposals.Rate(ctx, p.ID, again))
					continue
				}
				if len(open) == 0 {
					continue
				}
				act := rapid.SampledFrom(open).Draw(r, "act")
				in := input(w)
				if act.Assignment == nil {
					_, err = w.Proposals.Do(ctx, p.ID, c.Version, act.Action, in)
				} else {
					in.Code = ""
					_, err = w.Proposals.DoAssignment(ctx, p.ID, act.Assignment.ID, act.Assignment.Version, act.Action, in)
				}
				if err != nil {
					r.Fatalf("%s was offered %s in the state %s, but: %v", who, act.Action, c.State, err)
				}
				invariants(t, w, p.ID)
			}
		})
		_, err := ledger.Seal(t.Context(), w.DB, w.Key)
		check(t, err)
		report, err := ledger.Verify(t.Context(), w.DB, ledger.Proof{Keys: []string{w.Key.Verifier()}, Now: w.Now()})
		check(t, err)
		if !report.OK() {
			t.Errorf("the ledger does not hold: %v", report.Lines(t.Context()))
		}
	})
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
		if !c.Stands(f.Person) {
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
	check(t, w.DB.Read(w.As("柳文书"), func(tx *db.Tx) error {
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
