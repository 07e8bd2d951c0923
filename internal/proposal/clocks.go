package proposal

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/org"
)

// clockTitles are what is due, by the rule whose term runs.
var clockTitles = map[string]string{
	"proposal.cosign":     "联名确认",
	"proposal.review":     "审查",
	"proposal.dispatch":   "交办",
	"assignment.reply":    "答复",
	"assignment.rehandle": "重新答复",
	"assignment.opinion":  "会办意见",
	"assignment.contact":  "首次沟通",
	"assignment.ruling":   "裁定",
	"feedback.window":     "评价",
	"commitment":          "落实承诺",
}

// clockHolders are the roles that answer for a clock that no single person or
// department holds.
var clockHolders = map[string]string{
	"proposal.review":   "clerk",
	"proposal.dispatch": "dispatcher",
	"assignment.ruling": "dispatcher",
}

// startClock runs the rule's term: for the case, or for the assignment given.
// The holders are persons for the case, departments for an assignment.
func (w *work) startClock(kind, term, assignment string, from calendar.Date, holders ...string) error {
	c := w.clock(kind, assignment, from)
	c.Term = w.Rules.Term(term)
	switch role := clockHolders[kind]; {
	case role != "":
		c.Holder = []clock.Holder{{Role: role}}
	case assignment != "":
		c.Holder = handlers(holders...)
	default:
		c.Holder = clock.Persons(holders...)
	}
	return w.run(c)
}

func (w *work) clock(kind, assignment string, from calendar.Date) clock.Clock {
	c := clock.Clock{Tenant: w.Tenant, Kind: kind, Title: clockTitles[kind], Subject: w.Title, Object: "proposal", ObjectID: w.ID,
		Link: "/proposals/" + w.ID, RuleVersion: w.Rules.N, StartedOn: from, Roll: true}
	if assignment != "" {
		c.Object, c.ObjectID = "assignment", assignment
	}
	return c
}

func (w *work) run(c clock.Clock) error {
	started, err := w.s.clocks.Start(w.tx, c)
	if err == nil {
		w.rows = append(w.rows, started.Row())
	}
	return err
}

// handlers are everyone who handles proposals in a department.
func handlers(units ...string) (all []clock.Holder) {
	for _, unit := range units {
		for _, role := range []string{"unit_clerk", "unit_officer", "unit_leader"} {
			all = append(all, clock.Holder{Role: role, Body: unit})
		}
	}
	return all
}

// startUnitClock starts the clock of an assignment's answer and returns when it
// is due. The hard maximum counts from the round's first dispatch.
func (w *work) startUnitClock(as *Assignment, term string) (calendar.Date, error) {
	c := w.clock(term, as.ID, w.today)
	c.Term, c.Holder = w.Rules.Term(term), handlers(as.Unit)
	if as.Answers() {
		days, err := org.Days(w.tx, w.Tenant)
		if err != nil {
			return "", err
		}
		first := w.today
		for _, x := range w.Assignments {
			if x.Round == as.Round {
				first = min(first, calendar.On(x.IssuedAt.Time))
			}
		}
		hard := days.Add(first, w.Rules.Term("assignment.reply_max"))
		c.Hard = calendar.Term{N: max(1, hard.Sub(w.today)), Unit: calendar.CalendarDays}
	}
	started, err := w.s.clocks.Start(w.tx, c)
	if err != nil {
		return "", err
	}
	w.rows = append(w.rows, started.Row())
	return started.DueOn, nil
}

// extendUnitClock moves the due date of an assignment's answer.
func (w *work) extendUnitClock(as *Assignment) (calendar.Date, error) {
	all, err := w.s.clocks.Of(w.tx, w.Tenant, "assignment", as.ID)
	if err != nil {
		return "", err
	}
	for _, c := range all {
		if c.State == clock.Running && (c.Kind == "assignment.reply" || c.Kind == "assignment.rehandle") {
			_, after, err := w.s.clocks.Extend(w.tx, w.Tenant, c.ID, w.Rules.Term("assignment.extension"), w.in.Reason)
			if err != nil {
				return "", err
			}
			w.rows = append(w.rows, after.Row())
			return after.DueOn, nil
		}
	}
	return "", errs.New(errs.Conflict, "这项期限已经结束")
}

// startDated runs a clock to a day that somebody set: a promise's.
func (w *work) startDated(kind, id string, until calendar.Date, unit string) error {
	c := w.clock(kind, "", w.today)
	c.Object, c.ObjectID, c.Until, c.Roll, c.Holder = "commitment", id, until, false, handlers(unit)
	return w.run(c)
}

// stopClocks ends the running clocks of the case, of some kinds or all.
func (w *work) stopClocks(met bool, kinds ...string) error {
	return w.stop("proposal", w.ID, met, kinds...)
}

// stopClocksOf is stopClocks for an assignment or a commitment of the case.
func (w *work) stopClocksOf(id string, met bool, kinds ...string) error {
	object := "assignment"
	if slices.ContainsFunc(w.Commitments, func(c *Commitment) bool { return c.ID == id }) {
		object = "commitment"
	}
	return w.stop(object, id, met, kinds...)
}

func (w *work) stop(object, id string, met bool, kinds ...string) error {
	stopped, err := w.s.clocks.StopFor(w.tx, w.Tenant, object, id, met, kinds...)
	for _, c := range stopped {
		w.rows = append(w.rows, c.Row())
	}
	return err
}

// clocksOf reads the clocks of a case, its assignments and its promises, without
// their holders.
func (s *Service) clocksOf(tx *db.Tx, c *Case) (all []*clock.Clock, err error) {
	var assignments, commitments []string
	for _, as := range c.Assignments {
		assignments = append(assignments, as.ID)
	}
	for _, x := range c.Commitments {
		if x.State != "planned" { // only what was delivered runs
			commitments = append(commitments, x.ID)
		}
	}
	for _, of := range []struct {
		object string
		ids    []string
	}{{"proposal", []string{c.ID}}, {"assignment", assignments}, {"commitment", commitments}} {
		if len(of.ids) == 0 {
			continue
		}
		found, err := s.clocks.OfMany(tx, c.Tenant, of.object, of.ids)
		if err != nil {
			return nil, err
		}
		for _, id := range of.ids {
			all = append(all, found[id]...)
		}
	}
	return all, nil
}

// ends is the day on which a rule's term ends when it begins on a day.
func (w *work) ends(term string, from calendar.Date) (calendar.Date, error) {
	days, err := org.Days(w.tx, w.Tenant)
	if err != nil {
		return "", err
	}
	return days.OnOrAfter(days.Add(from, w.Rules.Term(term))), nil
}

// within is ends for a term that began at an instant.
func (w *work) within(term string, at db.Time) (calendar.Date, error) {
	return w.ends(term, calendar.On(at.Time))
}

// feedbackEnds is the last day for rating the newest round: that of those who
// could begin last.
func (w *work) feedbackEnds() (calendar.Date, error) {
	return w.within("feedback.window", w.ratersSince())
}

// Watch lets the deadlines of proposals act by themselves when they run out. It
// is called once, while the platform is put together.
func (s *Service) Watch() {
	s.clocks.OnDue("proposal.cosign", s.cosigningEnded)
	s.clocks.OnDue("feedback.window", s.feedbackEnded)
}

// cosigningEnded hands in a joint proposal with those who confirmed; the others
// drop off, which the ledger records. If nobody confirmed it becomes a draft
// again.
func (s *Service) cosigningEnded(tx *db.Tx, c *clock.Clock) error {
	w, err := s.asSystem(tx, c)
	if err != nil || w.State != Cosigning {
		return err
	}
	action := "submit_joint"
	if isCosigned(w) != nil || isComplete(w) != nil {
		action = "reopen"
	}
	step, err := CaseFlow.Find(w.State, action)
	if err != nil {
		return err
	}
	return w.take(step)
}

// feedbackEnded closes a case of which nobody asked for more: silence is
// recorded as no response, never as satisfied. A case with an unsatisfied
// rating waits for the office's decision.
func (s *Service) feedbackEnded(tx *db.Tx, c *clock.Clock) error {
	w, err := s.asSystem(tx, c)
	if err != nil || w.State != FeedbackOpen || w.Satisfaction == "unsatisfied" {
		return err
	}
	step, err := CaseFlow.Find(w.State, "close")
	if err != nil {
		return err
	}
	switch err := w.allowed(step); errs.KindOf(err) {
	case errs.Conflict, errs.Invalid:
		return nil // the office closes it once what is missing was done
	default:
		if err != nil {
			return err
		}
	}
	if err := w.take(step); err != nil {
		return err
	}
	return w.settle()
}

func (s *Service) asSystem(tx *db.Tx, c *clock.Clock) (*work, error) {
	a, err := actor.Require(tx.Context(), "")
	if err != nil {
		return nil, err
	}
	w, _, err := s.begin(tx, a, c.ObjectID)
	return w, err
}

// Owed lists the open promises in the actor's reach by due date, for a
// department its own.
func (s *Service) Owed(ctx context.Context) (all []*Commitment, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		cond, args := reach(a, []any{a.Tenant, a.Body, a.Can("assignment.handle")})
		all, err = db.All(tx, (*Commitment).fields, `SELECT `+prefixed("c.", commitmentColumns)+` FROM commitment c JOIN proposal p ON p.tenant = c.tenant AND p.id = c.proposal
			WHERE c.tenant = $1 AND c.state IN ('open', 'reported') AND (NOT $3 OR c.unit = $2) AND `+cond+` ORDER BY c.due_on, c.id LIMIT 200`, args...)
		return err
	})
	return all, err
}
