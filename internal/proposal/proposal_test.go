package proposal_test

import (
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/errs"
	"shangliang/internal/proposal"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, err error, k errs.Kind) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Errorf("got %v, want %s", err, k)
	}
}

func TestMainPath(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.FollowingUp)
		if p.SerialNo != 1 || p.CaseNo != 1 || p.Meaning != "in_progress" || p.Satisfaction != "satisfied" {
			t.Errorf("got %+v", p)
		}
		c, err := w.Proposals.Get(w.As("柳文书"), p.ID)
		check(t, err)
		if len(c.Commitments) != 1 || c.Commitments[0].State != "open" {
			t.Fatalf("commitments: %+v", c.Commitments)
		}
		x := c.Commitments[0]
		_, err = w.Proposals.Do(w.As("柳文书"), p.ID, p.Version, "archive", proposal.Input{})
		wantKind(t, err, errs.Conflict) // the promise is not kept yet
		check(t, w.Proposals.ReportCommitment(w.As("江承平"), p.ID, x.ID, x.Version, "5月20日完成清淤3.2公里"))
		check(t, w.Proposals.DecideCommitment(w.As("柳文书"), p.ID, x.ID, x.Version+1, true, ""))
		p, err = w.Proposals.Do(w.As("柳文书"), p.ID, p.Version, "archive", proposal.Input{})
		check(t, err)
		if p.State != proposal.Archived {
			t.Errorf("is %s", p.State)
		}
	})
}
