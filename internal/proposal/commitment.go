package proposal

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
)

// ReportCommitment is the department's word, with evidence, that a promise was
// kept.
func (s *Service) ReportCommitment(ctx context.Context, id, commitment string, version int, evidence string) error {
	return s.commit(ctx, "assignment.handle", id, commitment, version, "commitment.report", evidence, func(w *work, c *Commitment) error {
		if c.Unit != w.a.Body {
			return errs.Missing()
		}
		if c.State != "open" {
			return errs.New(errs.Conflict, "这项承诺现在不能报告落实情况")
		}
		evidence = han.Clean(evidence)
		var f errs.Fields
		f.Check(evidence != "" && len([]rune(evidence)) <= 2000, "evidence", "请写明落实情况，不超过 %d 个字", 2000)
		if err := f.Err(); err != nil {
			return err
		}
		c.State, c.Evidence, c.ReportedAt = "reported", evidence, db.At(w.tx.Now())
		return nil
	})
}

// DecideCommitment is the office's answer to such a report: kept, or not yet.
func (s *Service) DecideCommitment(ctx context.Context, id, commitment string, version int, kept bool, answer string) error {
	action := "commitment.refuse"
	if kept {
		action = "commitment.confirm"
	}
	return s.commit(ctx, "proposal.follow", id, commitment, version, action, answer, func(w *work, c *Commitment) error {
		if c.State != "reported" {
			return errs.New(errs.Conflict, "承办单位还没有报告落实情况")
		}
		c.Answer = han.Clean(answer)
		if !kept {
			var f errs.Fields
			f.Check(c.Answer != "", "answer", "请说明还差什么")
			c.State = "open"
			return f.Err()
		}
		c.State, c.ConfirmedBy, c.ConfirmedAt = "done", w.a.Person, db.At(w.tx.Now())
		return w.stopClocksOf(c.ID, true, "commitment")
	})
}

func (s *Service) commit(ctx context.Context, permission, id, commitment string, version int, action, note string, change func(*work, *Commitment) error) error {
	a, err := actor.Require(ctx, permission)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil || done {
			return err
		}
		i := slices.IndexFunc(w.Commitments, func(c *Commitment) bool { return c.ID == commitment })
		if i < 0 {
			return errs.Missing()
		}
		c := w.Commitments[i]
		if c.Version != version {
			return db.Stale()
		}
		from := c.State
		if err := change(w, c); err != nil {
			return err
		}
		if err := updateCommitment(tx, c); err != nil {
			return err
		}
		w.rows = append(w.rows, c.row())
		w.note("commitment", c.ID)
		w.note("unit", c.Unit)
		if err := ledger.Append(tx, ledger.Entry{Action: action, Kind: "proposal", Object: id, From: from, To: c.State, Note: note, Data: w.data, Rows: w.rows}); err != nil {
			return err
		}
		w.rows, w.data = nil, nil
		return w.announce(action)
	})
}
