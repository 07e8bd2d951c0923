package proposal_test

import (
	"slices"
	"strings"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/proposal"
)

// What was received by mistake goes back, as long as nobody has judged it.
func TestPutBack(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.InReview)
		wantKind(t, do(t, w, "纪审言", p.ID, "proposal.put_back", proposal.Input{}), errs.Forbidden)
		check(t, do(t, w, "柳文书", p.ID, "proposal.put_back", proposal.Input{}))
		c := read(t, w, "柳文书", p.ID)
		if c.State != proposal.Submitted || c.SerialNo != p.SerialNo || slices.ContainsFunc(c.Clocks, func(k *clock.Clock) bool { return k.State == clock.Running }) {
			t.Errorf("is %s, %+v", c.State, c.Clocks)
		}
		check(t, do(t, w, "柳文书", p.ID, "proposal.receive", proposal.Input{}))
		check(t, do(t, w, "纪审言", p.ID, "proposal.pass", proposal.Input{}))
		wantKind(t, do(t, w, "柳文书", p.ID, "proposal.put_back", proposal.Input{}), errs.Conflict)
	})
}

// A dispatch is recalled while nobody has signed for it: those departments are
// rid of the case and told so, the time for dispatching runs from the filing as
// before, and the case can be dispatched again, to the same ones too.
func TestRecallDispatch(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.Filed)
		before := running(t, read(t, w, "岳交之", p.ID), "proposal.dispatch")
		units := []proposal.UnitRole{{Unit: w.Bodies["县水利局"], Role: proposal.Host}, {Unit: w.Bodies["县农业农村局"], Role: proposal.CoHandler}}
		wantKind(t, do(t, w, "岳交之", p.ID, "proposal.recall", proposal.Input{}), errs.Conflict)
		check(t, do(t, w, "岳交之", p.ID, "proposal.dispatch", proposal.Input{Units: units}))
		wantKind(t, do(t, w, "柳文书", p.ID, "proposal.recall", proposal.Input{}), errs.Forbidden)
		w.Go("2026-03-16")
		check(t, do(t, w, "岳交之", p.ID, "proposal.recall", proposal.Input{Reason: "单位选错"}))
		c := read(t, w, "岳交之", p.ID)
		if c.State != proposal.Filed || len(c.Current()) != 0 || !c.DispatchedAt.IsZero() || c.DueOn != "" {
			t.Errorf("is %s, %d departments, dispatched %v, due %s", c.State, len(c.Current()), c.DispatchedAt, c.DueOn)
		}
		if after := running(t, c, "proposal.dispatch"); after.DueOn != before.DueOn {
			t.Errorf("to be dispatched until %s, was %s", after.DueOn, before.DueOn)
		}
		for _, k := range c.Clocks {
			if k.Object == "assignment" && k.State == clock.Running {
				t.Errorf("%s still runs", k.Kind)
			}
		}
		_, err := w.Proposals.Get(w.As("水清源"), p.ID)
		wantKind(t, err, errs.NotFound)
		var told int
		check(t, w.DB.Read(w.As("柳文书"), func(tx *db.Tx) error {
			return tx.Get(`SELECT COUNT(DISTINCT d.person) FROM notice n JOIN delivery d ON d.tenant = n.tenant AND d.notice = n.id WHERE n.tenant = $1 AND d.kind = 'proposal.recall'`, []any{w.Tenant}, &told)
		}))
		if told != 4 { // three of one department, one of the other
			t.Errorf("%d people were told", told)
		}
		rep, err := w.Figures.Compute(w.As("柳文书"), figure.Request{Year: 2026, IDs: []string{"proposal.dispatched"}})
		check(t, err)
		if n := rep.Values[0].Count.Amount; n != 0 {
			t.Errorf("counts as dispatched: %d", n)
		}
		check(t, do(t, w, "岳交之", p.ID, "proposal.dispatch", proposal.Input{Units: units}))
		check(t, do(t, w, "水清源", p.ID, "assignment.sign", proposal.Input{}))
		wantKind(t, do(t, w, "岳交之", p.ID, "proposal.recall", proposal.Input{}), errs.Conflict) // somebody works on it
	})
}

func running(t *testing.T, c *proposal.Case, kind string) *clock.Clock {
	t.Helper()
	for _, k := range c.Clocks {
		if k.Kind == kind && k.State == clock.Running {
			return k
		}
	}
	t.Fatalf("no %s runs", kind)
	return nil
}

// A department takes its sign-off back before the reply is checked, and not
// after; the promises of the reply wait as before.
func TestRecallSignOff(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.Handling)
		check(t, do(t, w, "江承平", p.ID, "assignment.contact", proposal.Input{Kind: "visit", On: "2026-03-12", People: "余知秋", Summary: "当面听取意见"}))
		draft := proposal.Input{Body: "现答复如下", DocNo: "临水提〔2026〕2号", Outcome: "b", Disclosure: "full", ContactName: "江承平", ContactPhone: "0000-1234567",
			Promises: []proposal.Promise{{Text: "汛前完成清淤", DueOn: "2026-05-31"}}}
		check(t, do(t, w, "江承平", p.ID, "assignment.draft", draft))
		check(t, do(t, w, "汪签远", p.ID, "assignment.sign_off", proposal.Input{}))
		wantKind(t, do(t, w, "江承平", p.ID, "assignment.recall", proposal.Input{}), errs.Forbidden)
		check(t, do(t, w, "汪签远", p.ID, "assignment.recall", proposal.Input{}))
		c := read(t, w, "汪签远", p.ID)
		if as := c.Current()[0]; as.State != proposal.Drafting || c.Replies[0].State != "draft" || c.Replies[0].Signer != "" || c.Commitments[0].State != "planned" {
			t.Errorf("%s, reply %+v", as.State, c.Replies[0])
		}
		if c := read(t, w, "柳文书", p.ID); len(c.Replies) != 0 {
			t.Error("the office still reads the draft")
		}
		check(t, do(t, w, "汪签远", p.ID, "assignment.sign_off", proposal.Input{}))
		check(t, do(t, w, "柳文书", p.ID, "assignment.check", proposal.Input{}))
		c = read(t, w, "汪签远", p.ID)
		_, err := w.Proposals.DoAssignment(w.As("汪签远"), p.ID, c.Current()[0].ID, c.Current()[0].Version, "recall", proposal.Input{})
		wantKind(t, err, errs.Conflict)
		// What was promised now has a deadline that says where its day comes from.
		k := running(t, c, "commitment")
		if k.DueOn != "2026-05-31" || k.Object != "commitment" || len(k.Steps()) == 0 {
			t.Errorf("%+v", k)
		}
		if who := read(t, w, "余知秋", p.ID); running(t, who, "commitment").DueOn != k.DueOn {
			t.Error("the proposer does not see until when")
		}
	})
}

// A file that was taken off comes back, by who took it off and while they may
// still add files.
func TestReattach(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p, err := w.Proposals.Create(w.As("余知秋"), w.Text())
		check(t, err)
		content := strings.NewReader("调研记录")
		f, err := w.Proposals.Attach(w.As("余知秋"), p.ID, proposal.Upload{Purpose: "attachment", Name: "记录.txt", Size: content.Size(), Content: content})
		check(t, err)
		wantKind(t, w.Proposals.Reattach(w.As("余知秋"), p.ID, f.ID), errs.NotFound) // it is there
		check(t, w.Proposals.Detach(w.As("余知秋"), p.ID, f.ID))
		wantKind(t, w.Proposals.Detach(w.As("余知秋"), p.ID, f.ID), errs.NotFound)
		wantKind(t, w.Proposals.Reattach(w.As("凌若谷"), p.ID, f.ID), errs.NotFound)
		check(t, w.Proposals.Reattach(w.As("余知秋"), p.ID, f.ID))
		c := read(t, w, "余知秋", p.ID)
		if len(c.Files) != 1 || c.Files[0].Name != "记录.txt" || c.History[len(c.History)-1].Action != "proposal.reattach" {
			t.Errorf("%+v", c.Files)
		}
		check(t, w.Proposals.Detach(w.As("余知秋"), p.ID, f.ID))
		check(t, do(t, w, "余知秋", p.ID, "proposal.submit", proposal.Input{}))
		wantKind(t, w.Proposals.Reattach(w.As("余知秋"), p.ID, f.ID), errs.Conflict)
	})
}
