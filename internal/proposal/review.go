package proposal

import (
	"shangliang/internal/db"
	"shangliang/internal/ledger"
)

// receive takes a proposal into review; the clock of review begins.
func (w *work) receive() error {
	w.Stage = 0
	return w.startClock("proposal.review", "proposal.review", "", w.today)
}

// judge records the verdict of this stage.
func (w *work) judge(verdict string) error {
	stage := ""
	if stages := w.Rules.Codes("proposal.stages").Active(); w.Stage < len(stages) {
		stage = stages[w.Stage].Key
	}
	r := &Review{Tenant: w.Tenant, ID: db.NewID(), Proposal: w.ID, Stage: stage, Reviewer: w.a.Person, Verdict: verdict,
		ReasonCode: w.in.Code, Disposition: w.in.Disposition, Score: w.in.Score, Note: w.in.Reason, At: db.At(w.tx.Now())}
	if verdict == "pass" || verdict == "file" {
		if err := w.knownUnits("suggested", w.in.Suggested); err != nil {
			return err
		}
		r.Units = w.in.Suggested
	}
	w.rows = append(w.rows, r.row())
	w.Reviews = append(w.Reviews, r)
	w.note("stage", stage)
	return insertReview(w.tx, r)
}

func (w *work) pass() error {
	if err := w.judge("pass"); err != nil {
		return err
	}
	w.Stage++
	return nil
}

func (w *work) giveBack() error {
	if err := w.judge("return"); err != nil {
		return err
	}
	if err := w.lapseChange(); err != nil {
		return err
	}
	return w.stopClocks(false, "proposal.review")
}

// file gives the case its number: gapless in its session, never given twice.
func (w *work) file() (err error) {
	if err := w.judge("file"); err != nil {
		return err
	}
	p := w.Proposal
	if p.CaseNo == 0 {
		if p.CaseNo, err = next(w.tx, p.Tenant, p.Session, "case"); err != nil {
			return err
		}
		w.rows = append(w.rows, ledger.RowOf("proposal_counter", "tenant", p.Tenant, "session", p.Session, "name", "case"))
	}
	p.FiledAt = db.At(w.tx.Now())
	w.note("case_no", p.CaseNo)
	if err := w.stopClocks(true, "proposal.review"); err != nil {
		return err
	}
	return w.startClock("proposal.dispatch", "proposal.dispatch", "", w.today)
}

// decline does not file the case, with a coded reason and where it goes instead.
func (w *work) decline() error {
	if err := w.judge("decline"); err != nil {
		return err
	}
	w.ReasonCode, w.Disposition = w.in.Code, w.in.Disposition
	w.note("reason_code", w.in.Code)
	w.note("disposition", w.in.Disposition)
	if err := w.lapseChange(); err != nil {
		return err
	}
	w.freeMembers()
	return w.stopClocks(true, "proposal.review")
}
