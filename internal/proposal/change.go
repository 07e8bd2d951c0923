package proposal

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/compare"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
)

// Change is what proposers ask once their proposal was handed in: to withdraw
// it, or to change its text. The review chair decides.
type Change struct {
	Tenant, ID, Proposal string
	Kind                 string // "withdraw", "text"
	State                string // "open", "granted", "refused", "taken_back", "lapsed"
	Reason               string
	Title                string // the text asked for
	Situation            string
	Analysis             string
	Suggestions          string
	Revision             int // the one it was written from
	AskedBy              string
	AskedAt              db.Time
	DecidedBy            string
	DecidedAt            db.Time
	Answer               string
}

const changeColumns = `tenant, id, proposal, kind, state, reason, title, situation, analysis, suggestions, revision, asked_by, asked_at, decided_by, decided_at, answer`

func (c *Change) fields() []any {
	return []any{&c.Tenant, &c.ID, &c.Proposal, &c.Kind, &c.State, &c.Reason, &c.Title, &c.Situation, &c.Analysis, &c.Suggestions, &c.Revision,
		&c.AskedBy, &c.AskedAt, &c.DecidedBy, &c.DecidedAt, &c.Answer}
}

func (c *Change) row() ledger.Row {
	return ledger.RowOf("change_request", "tenant", c.Tenant, "id", c.ID)
}

func changes(tx *db.Tx, tenant, id string) ([]*Change, error) {
	return db.All(tx, (*Change).fields, `SELECT `+changeColumns+` FROM change_request WHERE tenant = $1 AND proposal = $2 ORDER BY asked_at, id`, tenant, id)
}

func (w *work) putChange(c *Change) error {
	w.rows = append(w.rows, c.row())
	_, err := w.tx.Exec(`INSERT INTO change_request (`+changeColumns+`) VALUES (`+db.Marks(16)+`)
		ON CONFLICT (tenant, id) DO UPDATE SET state = excluded.state, decided_by = excluded.decided_by, decided_at = excluded.decided_at, answer = excluded.answer`,
		c.Tenant, c.ID, c.Proposal, c.Kind, c.State, c.Reason, c.Title, c.Situation, c.Analysis, c.Suggestions, c.Revision,
		c.AskedBy, c.AskedAt, c.DecidedBy, c.DecidedAt, c.Answer)
	return err
}

// Asked returns the change that waits for a decision, nil if there is none.
func (c *Case) Asked() *Change {
	for _, x := range c.Changes {
		if x.State == "open" {
			return x
		}
	}
	return nil
}

// askChange keeps a request of the proposers. A text must be complete and
// another than the one that stands.
func (w *work) askChange(kind string) error {
	c := &Change{Tenant: w.Tenant, ID: db.NewID(), Proposal: w.ID, Kind: kind, State: "open", Reason: w.in.Reason, Revision: w.Revision, AskedBy: w.a.Person, AskedAt: db.At(w.tx.Now())}
	if kind == "text" {
		c.Title, c.Situation, c.Analysis, c.Suggestions = w.in.Title, w.in.Situation, w.in.Analysis, w.in.Suggestions
		trial := *w.Proposal
		c.apply(&trial)
		if err := isComplete(&work{Case: &Case{Proposal: &trial, Rules: w.Rules}}); err != nil {
			return err
		}
		if slices.Equal(trial.parts(), w.parts()) {
			return errs.New(errs.Invalid, "文字没有改动")
		}
	}
	w.Changes = append(w.Changes, c)
	w.note("kind", kind)
	return w.putChange(c)
}

// apply puts the text asked for in place of the one that stands.
func (c *Change) apply(p *Proposal) {
	p.Title, p.Situation, p.Analysis, p.Suggestions = c.Title, c.Situation, c.Analysis, c.Suggestions
}

// answerChange decides the open request.
func (w *work) answerChange(state string) (*Change, error) {
	c := w.Asked()
	if c == nil {
		return nil, errs.New(errs.Conflict, "没有待处理的申请")
	}
	c.State, c.DecidedBy, c.DecidedAt, c.Answer = state, w.a.Person, db.At(w.tx.Now()), w.in.Reason
	w.note("kind", c.Kind)
	return c, w.putChange(c)
}

// lapseChange ends an open request that the course of things has overtaken.
func (w *work) lapseChange() error {
	c := w.Asked()
	if c == nil {
		return nil
	}
	c.State, c.DecidedAt = "lapsed", db.At(w.tx.Now())
	return w.putChange(c)
}

// grantChange makes the text asked for the next revision.
func (w *work) grantChange() error {
	c, err := w.answerChange("granted")
	if err != nil {
		return err
	}
	if c.Revision != w.Revision {
		return errs.New(errs.Conflict, "提出申请以后文稿又有了新版本，请提案人重新申请")
	}
	c.apply(w.Proposal)
	w.Revision++
	w.note("revision", w.Revision)
	w.rows = append(w.rows, ledger.RowOf("proposal_revision", "tenant", w.Tenant, "proposal", w.ID, "n", w.Revision))
	return insertRevision(w.tx, w.Proposal, c.AskedBy, c.Reason)
}

// grantWithdrawal takes the case out of everything: departments need not answer,
// deadlines end, what was merged into it is judged by itself again.
func (w *work) grantWithdrawal() error {
	if _, err := w.answerChange("granted"); err != nil {
		return err
	}
	for _, as := range w.Current() {
		if !as.Open() {
			continue
		}
		as.State, as.EndedAt = Cancelled, db.At(w.tx.Now())
		if err := updateAssignment(w.tx, as); err != nil {
			return err
		}
		w.rows = append(w.rows, as.row())
		w.left = append(w.left, as.Unit)
		if err := w.stopClocksOf(as.ID, false); err != nil {
			return err
		}
	}
	w.dueOn()
	if w.MergedInto != "" {
		w.touched = append(w.touched, w.MergedInto)
		w.MergedInto, w.MergedAt, w.Leading = "", db.Time{}, nil
	}
	return w.takeOut()
}

// takeOut is what every withdrawal does.
func (w *work) takeOut() error {
	w.freeMembers()
	return w.stopClocks(false)
}

// Revision is a text as it was handed in, or as a change that was approved left
// it.
type Revision struct {
	N                                       int
	Title, Situation, Analysis, Suggestions string
	Person                                  string // name
	At                                      db.Time
	Reason                                  string
}

const revisionColumns = `n, title, situation, analysis, suggestions, person, at, reason`

func (r *Revision) fields() []any {
	return []any{&r.N, &r.Title, &r.Situation, &r.Analysis, &r.Suggestions, &r.Person, &r.At, &r.Reason}
}

// Parts is the text in its parts, named as in [AlikeParts].
func (r *Revision) Parts() []string {
	return []string{r.Title, r.Situation, r.Analysis, r.Suggestions}
}

// Revisions lists the versions of a case's text, the newest last. A department
// is shown those from filing on.
func (s *Service) Revisions(ctx context.Context, id string) (p *Proposal, all []*Revision, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if p, err = find(tx, a, id); err != nil {
			return err
		}
		if all, err = db.All(tx, (*Revision).fields, `SELECT `+revisionColumns+` FROM proposal_revision WHERE tenant = $1 AND proposal = $2 ORDER BY n`, a.Tenant, id); err != nil {
			return err
		}
		if a.Body != "" && a.Can("assignment.handle") {
			// Since it was filed only changes that were granted have made versions.
			var since int
			if err := tx.Get(`SELECT COUNT(*) FROM change_request WHERE tenant = $1 AND proposal = $2 AND kind = 'text' AND state = 'granted' AND decided_at >= $3`, []any{a.Tenant, id, p.FiledAt}, &since); err != nil {
				return err
			}
			all = all[max(0, len(all)-1-since):]
		}
		var people []string
		for _, r := range all {
			people = append(people, r.Person)
		}
		names, err := org.PersonNames(tx, a.Tenant, people)
		for _, r := range all {
			r.Person = names[r.Person]
		}
		return err
	})
	return p, all, err
}

// Comparison is how one version of a part of a text became another.
type Comparison struct {
	Part   string // as in AlikeParts
	Pieces []compare.Piece
}

// CompareTexts compares two versions part by part; parts that did not change are
// left out.
func CompareTexts(old, now []string) (all []Comparison) {
	for i, part := range AlikeParts {
		if old[i] != now[i] {
			all = append(all, Comparison{part, compare.Texts(old[i], now[i])})
		}
	}
	return all
}

// Against compares the text asked for with the one that stands.
func (c *Change) Against(p *Proposal) []Comparison {
	return CompareTexts(p.parts(), []string{c.Title, c.Situation, c.Analysis, c.Suggestions})
}

// putBack takes the reception back: until it is received again proposers withdraw
// by themselves.
func (w *work) putBack() error {
	if err := w.lapseChange(); err != nil {
		return err
	}
	return w.stopClocks(false, "proposal.review")
}
