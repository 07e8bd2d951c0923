package proposal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
)

// Rating is what a proposer says about the handling.
type Rating struct {
	Overall   string            `json:"overall" form:"overall"`
	Scores    map[string]string `json:"scores,omitempty"`
	Comment   string            `json:"comment,omitempty" form:"comment"`
	Contacted bool              `json:"contacted" form:"contacted"`
	Reason    string            `json:"reason,omitempty" form:"reason"` // for changing an earlier rating
	Person    string            `json:"person,omitempty" form:"person"` // the office only: whose paper it enters
}

// Rate records a proposer's own rating of the newest round. It is protected:
// only proposers rate, each for themself, never with a department's account,
// and departments see nothing before the case is closed; a changed rating needs
// a reason and keeps the old one. The office may enter a signed paper, with its
// scan. The person must have proved within the last minutes that it is them.
func (s *Service) Rate(ctx context.Context, id string, in Rating) error {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	paper := in.Person != "" && a.Can("proposal.paper")
	if !paper && !a.Can("proposal.rate") || a.Can("assignment.handle") && !a.IsSystem() {
		return actor.Denied
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil || done {
			return err
		}
		f := &Feedback{Tenant: w.Tenant, ID: db.NewID(), Proposal: id, Round: w.Round, Person: a.Person, Overall: in.Overall,
			Scores: in.Scores, Comment: han.Clean(in.Comment), Contacted: in.Contacted, Channel: "web", Account: a.Account,
			Device: a.Device, Network: hashed(a.IP), At: db.At(tx.Now()), Current: true, Reason: han.Clean(in.Reason)}
		if paper {
			f.Person, f.Channel, f.Device, f.Network = in.Person, "paper", "", ""
		} else if err := org.RequireFresh(tx); err != nil {
			return err
		}
		if !w.Rates(f.Person) {
			return actor.Denied
		}
		if w.State != FeedbackOpen {
			return errs.New(errs.Conflict, "现在不是评价的时候：答复送达后、办结前可以评价")
		}
		if err := w.checkRating(f, paper); err != nil {
			return err
		}
		old := w.Rating(f.Person)
		if old != nil {
			f.Supersedes = old.ID
			if _, err := tx.Exec(`UPDATE feedback SET current = FALSE WHERE tenant = $1 AND id = $2`, w.Tenant, old.ID); err != nil {
				return err
			}
			old.Current = false
			w.rows = append(w.rows, old.row())
		}
		if f.Alarm, err = w.alarm(f); err != nil {
			return err
		}
		if err := insertFeedback(tx, f); err != nil {
			return err
		}
		w.Feedback = append(w.Feedback, f)
		w.Satisfaction = w.lowest()
		if err := update(tx, w.Proposal); err != nil {
			return err
		}
		w.rows = append(w.rows, f.row(), w.row())
		w.note("round", f.Round)
		w.note("channel", f.Channel)
		if f.Alarm != "" {
			w.note("alarm", f.Alarm)
		}
		if err := ledger.Append(tx, ledger.Entry{Action: "proposal.rate", Kind: "proposal", Object: id, From: w.State, To: w.State, Note: f.Reason, Data: w.data, Rows: w.rows}); err != nil {
			return err
		}
		w.rows, w.data = nil, nil
		return w.announce("proposal.rate")
	})
}

func (w *work) checkRating(f *Feedback, paper bool) error {
	var wrong errs.Fields
	_, ok := w.Rules.Code("feedback.levels", f.Overall)
	wrong.Check(ok, "overall", "请选择总体满意度")
	for _, dim := range w.Rules.Codes("feedback.dimensions").Active() {
		_, ok := w.Rules.Code("feedback.levels", f.Scores[dim.Key])
		wrong.Check(ok, dim.Key, "请给“%s”评价", lang.Word(dim.Label))
	}
	for dim := range f.Scores {
		_, ok := w.Rules.Code("feedback.dimensions", dim)
		wrong.Check(ok, "scores", "没有这个评价项目")
	}
	wrong.Check(len([]rune(f.Comment)) <= 2000, "comment", "不能超过 %d 个字", 2000)
	code, _ := w.Rules.Code("feedback.levels", f.Overall)
	wrong.Check(code.Canonical != "unsatisfied" || f.Comment != "", "comment", "不满意的，请说明原因，以便重新办理")
	wrong.Check(w.Rating(f.Person) == nil || f.Reason != "", "reason", "修改已提交的评价，请说明理由")
	scanned := slices.ContainsFunc(w.Files, func(x *File) bool { return x.Purpose == "scan" })
	wrong.Check(!paper || scanned, "person", "代录纸质评价，请先上传扫描件")
	return wrong.Err()
}

// lowest is the lowest current overall rating of the newest round, "" while
// nobody has rated.
func (w *work) lowest() string {
	rank := []string{"satisfied", "basically", "unsatisfied"}
	at := -1
	for _, f := range w.Feedback {
		if !f.Current || f.Round != w.Round {
			continue
		}
		code, _ := w.Rules.Code("feedback.levels", f.Overall)
		at = max(at, slices.Index(rank, code.Canonical))
	}
	if at < 0 {
		return ""
	}
	return rank[at]
}

// alarm says why a rating deserves a look: the same device rated for somebody
// else, or it came from a network from which a department handles proposals.
func (w *work) alarm(f *Feedback) (string, error) {
	var n int
	if f.Device != "" {
		if err := w.tx.Get(`SELECT COUNT(*) FROM feedback WHERE tenant = $1 AND device = $2 AND person <> $3`, []any{w.Tenant, f.Device, f.Person}, &n); err != nil {
			return "", err
		}
		if n > 0 {
			return "same_device", nil
		}
	}
	if w.a.IP == "" || f.Channel != "web" {
		return "", nil
	}
	if err := w.tx.Get(`SELECT COUNT(*) FROM sign_in s JOIN grant_role g ON g.tenant = s.tenant AND g.id = s.grant_id
		WHERE g.tenant = $1 AND g.role IN ('unit_clerk', 'unit_officer', 'unit_leader') AND s.ip = $2`, []any{w.Tenant, w.a.IP}, &n); err != nil {
		return "", err
	}
	if n > 0 {
		return "unit_network", nil
	}
	return "", nil
}

func hashed(s string) string {
	if s == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:12])
}

// openFeedback asks every proposer for their own rating, those of merged cases
// too.
func (w *work) openFeedback() error {
	return w.startClock("feedback.window", "feedback.window", "", w.today, w.Raters()...)
}

// closeCase ends the round of ratings: silence is recorded as no response.
func (w *work) closeCase() error {
	w.ClosedAt = db.At(w.tx.Now())
	if len(w.Unrated()) == len(w.Raters()) {
		w.Satisfaction = "no_response"
	}
	w.note("unrated", len(w.Unrated()))
	return w.stopClocks(true, "feedback.window")
}
