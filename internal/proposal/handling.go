package proposal

import (
	"slices"

	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
)

// contact writes down a talk with the proposers.
func (w *work) contact() error {
	var f errs.Fields
	in := &w.in
	f.Check(in.On != "" && in.On <= w.today, "on", "沟通日期不能晚于今天")
	f.Check(in.On == "" || in.On >= calendar.On(w.as.IssuedAt.Time), "on", "沟通日期不能早于交办日期")
	if err := f.Err(); err != nil {
		return err
	}
	x := &Contact{Tenant: w.Tenant, ID: db.NewID(), Proposal: w.ID, Assignment: w.as.ID, Kind: in.Kind, OnDate: in.On,
		People: in.People, Summary: in.Summary, Person: w.a.Person, At: db.At(w.tx.Now())}
	w.Contacts = append(w.Contacts, x)
	w.rows = append(w.rows, x.row())
	w.note("kind", in.Kind)
	if err := insertContact(w.tx, x); err != nil {
		return err
	}
	return w.stopClocksOf(w.as.ID, true, "assignment.contact")
}

// compose keeps the draft of a reply or opinion, with what it promises.
func (w *work) compose() error {
	in := &w.in
	r := w.ReplyOf(w.as.ID)
	fresh := r == nil
	if fresh {
		r = &Reply{Tenant: w.Tenant, ID: db.NewID(), Proposal: w.ID, Assignment: w.as.ID, Round: w.as.Round, Kind: "reply", State: "draft", Version: 1}
		if !w.as.Answers() {
			r.Kind = "opinion"
		}
	}
	r.DocNo, r.Outcome, r.Disclosure, r.Body = in.DocNo, in.Outcome, in.Disclosure, in.Body
	r.ContactName, r.ContactPhone, r.ContactWaiver, r.OpinionWaiver = in.ContactName, in.ContactPhone, in.ContactWaiver, in.OpinionWaiver
	code, _ := w.Rules.Code("reply.outcomes", in.Outcome)
	r.Meaning = code.Canonical
	w.rows = append(w.rows, r.row())
	if fresh {
		r.UpdatedAt = db.At(w.tx.Now())
		if err := insertReply(w.tx, r); err != nil {
			return err
		}
		w.Replies = append(w.Replies, r)
	} else if err := updateReply(w.tx, r); err != nil {
		return err
	}
	return w.promise()
}

// promise replaces the planned commitments of the assignment by those drafted.
func (w *work) promise() error {
	var f errs.Fields
	var wanted []Promise
	for _, p := range w.in.Promises {
		p.Text = han.Tidy(p.Text)
		if p.Text == "" && p.DueOn == "" {
			continue
		}
		f.Check(p.Text != "" && len([]rune(p.Text)) <= 500, "promises", "请写明承诺事项，不超过 %d 个字", 500)
		f.Check(p.DueOn > w.today, "promises", "承诺事项的完成日期须晚于今天")
		wanted = append(wanted, p)
	}
	f.Check(len(wanted) <= 20, "promises", "承诺事项最多 %d 项", 20)
	if err := f.Err(); err != nil {
		return err
	}
	var planned []*Commitment
	for _, c := range w.Commitments {
		if c.Assignment == w.as.ID && c.State == "planned" {
			planned = append(planned, c)
		}
	}
	if slices.EqualFunc(planned, wanted, func(c *Commitment, p Promise) bool { return c.Text == p.Text && c.DueOn == p.DueOn }) {
		return nil
	}
	for _, c := range planned {
		if _, err := w.tx.Exec(`DELETE FROM commitment WHERE tenant = $1 AND id = $2 AND state = 'planned'`, c.Tenant, c.ID); err != nil {
			return err
		}
		w.rows = append(w.rows, c.row())
	}
	w.Commitments = slices.DeleteFunc(w.Commitments, func(c *Commitment) bool { return slices.Contains(planned, c) })
	for _, p := range wanted {
		c := &Commitment{Tenant: w.Tenant, ID: db.NewID(), Proposal: w.ID, Assignment: w.as.ID, Unit: w.as.Unit, Text: p.Text, DueOn: p.DueOn, State: "planned", Version: 1}
		if err := insertCommitment(w.tx, c); err != nil {
			return err
		}
		w.rows = append(w.rows, c.row())
		w.Commitments = append(w.Commitments, c)
	}
	return nil
}

// signOff: the department's leader stands for the reply.
func (w *work) signOff() error {
	r := w.ReplyOf(w.as.ID)
	r.State, r.Signer, r.SignedAt = "signed_off", w.a.Person, db.At(w.tx.Now())
	w.rows = append(w.rows, r.row())
	w.note("outcome", r.Outcome)
	return updateReply(w.tx, r)
}

// sendOpinion gives a co-handler's opinion to the host; the proposers do not
// get it.
func (w *work) sendOpinion() error {
	r := w.ReplyOf(w.as.ID)
	r.State, r.Signer, r.SignedAt, r.DeliveredAt = "delivered", w.a.Person, db.At(w.tx.Now()), db.At(w.tx.Now())
	w.rows = append(w.rows, r.row())
	if err := updateReply(w.tx, r); err != nil {
		return err
	}
	return w.stopClocksOf(w.as.ID, true)
}

// reject sends a reply back to be written again, at the checker's word or the
// department's own.
func (w *work) reject() error {
	r := w.ReplyOf(w.as.ID)
	r.State, r.Signer, r.SignedAt = "draft", "", db.Time{}
	w.rows = append(w.rows, r.row())
	return updateReply(w.tx, r)
}

// check delivers the reply. The checker may correct the outcome class; the
// ledger keeps both.
func (w *work) check() error {
	r := w.ReplyOf(w.as.ID)
	if w.in.Code != "" && w.in.Code != r.Outcome {
		code, ok := w.Rules.Code("reply.outcomes", w.in.Code)
		if !ok {
			var f errs.Fields
			f.Add("code", "请从列出的选项中选择")
			return f.Err()
		}
		w.note("outcome_was", r.Outcome)
		r.Outcome, r.Meaning = code.Key, code.Canonical
	}
	r.State, r.CheckedBy, r.DeliveredAt = "delivered", w.a.Person, db.At(w.tx.Now())
	w.note("outcome", r.Outcome)
	w.rows = append(w.rows, r.row())
	if err := updateReply(w.tx, r); err != nil {
		return err
	}
	for _, c := range w.Commitments {
		if c.Assignment != w.as.ID || c.State != "planned" {
			continue
		}
		c.State = "open"
		if err := updateCommitment(w.tx, c); err != nil {
			return err
		}
		w.rows = append(w.rows, c.row())
		if err := w.startDated("commitment", c.ID, c.DueOn, c.Unit); err != nil {
			return err
		}
	}
	return w.stopClocksOf(w.as.ID, true)
}
