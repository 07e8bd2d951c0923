package proposal

import (
	"context"
	"slices"
	"sync/atomic"

	"shangliang/internal/actor"
	"shangliang/internal/blob"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/rule"
)

// Service is the only door to proposals. Each method checks permission, opens
// its transaction and writes the ledger; it is safe for concurrent use.
type Service struct {
	db      *db.DB
	rules   *rule.Rules
	clocks  *clock.Clocks
	notices *notify.Notifier
	files   blob.Store
	before  map[string][]Check

	allSigned atomic.Bool

	// Disclosed says which of some cases are disclosed to the public. The
	// capability that publishes sets it while the platform is put together, and
	// declares [DisclosureRule] with it: without anybody who can tell, the rule
	// cannot be switched on.
	Disclosed func(tx *db.Tx, tenant string, ids []string) (map[string]bool, error)
}

// Check is what another capability asks of a case before a step of it, or of one
// of its assignments, is taken: an error says to the person why not.
type Check func(tx *db.Tx, c *Case) error

// Before lets another capability object to a step, "proposal.close" or
// "assignment.sign_off", after the step's own guards. Call it while the platform
// is put together.
func (s *Service) Before(action string, check Check) {
	if s.before == nil {
		s.before = map[string][]Check{}
	}
	s.before[action] = append(s.before[action], check)
}

// New makes the service.
func New(d *db.DB, rules *rule.Rules, clocks *clock.Clocks, notices *notify.Notifier, files blob.Store) *Service {
	return &Service{db: d, rules: rules, clocks: clocks, notices: notices, files: files}
}

// UnitRole names a department and its role in a round.
type UnitRole struct {
	Unit string `json:"unit"`
	Role string `json:"role"`
}

// Promise is a commitment as a department drafts it.
type Promise struct {
	Text  string        `json:"text"`
	DueOn calendar.Date `json:"due_on"`
}

// Input is what a person fills in for a step; Fields says which parts each step
// takes.
type Input struct {
	Reason      string     `json:"reason,omitempty" form:"reason"`
	Code        string     `json:"code,omitempty" form:"code"`               // reason for not filing; outcome class corrected by the checker
	Disposition string     `json:"disposition,omitempty" form:"disposition"` // of a case that is not filed
	Score       int        `json:"score,omitempty" form:"score"`             // quality, 1–5
	Units       []UnitRole `json:"units,omitempty"`
	Unit        string     `json:"unit,omitempty" form:"unit"`           // suggested or added department
	Suggested   []string   `json:"suggested,omitempty" form:"suggested"` // departments that a reviewer would ask
	Into        string     `json:"into,omitempty" form:"into"`           // the case that a merged one follows

	Title       string `json:"title,omitempty" form:"title"` // the text that a change asks for
	Situation   string `json:"situation,omitempty" form:"situation"`
	Analysis    string `json:"analysis,omitempty" form:"analysis"`
	Suggestions string `json:"suggestions,omitempty" form:"suggestions"`

	Kind    string        `json:"kind,omitempty" form:"kind"` // of a contact
	On      calendar.Date `json:"on,omitempty" form:"on"`
	People  string        `json:"people,omitempty" form:"people"`
	Summary string        `json:"summary,omitempty" form:"summary"`

	DocNo         string    `json:"doc_no,omitempty" form:"doc_no"`
	Outcome       string    `json:"outcome,omitempty" form:"outcome"`
	Disclosure    string    `json:"disclosure,omitempty" form:"disclosure"`
	Body          string    `json:"body,omitempty" form:"body"`
	ContactName   string    `json:"contact_name,omitempty" form:"contact_name"`
	ContactPhone  string    `json:"contact_phone,omitempty" form:"contact_phone"`
	ContactWaiver string    `json:"contact_waiver,omitempty" form:"contact_waiver"`
	OpinionWaiver string    `json:"opinion_waiver,omitempty" form:"opinion_waiver"`
	Promises      []Promise `json:"promises,omitempty"`
}

// work is one act on one case: the case as it was read in the act's
// transaction, and what the act has written so far.
type work struct {
	s     *Service
	tx    *db.Tx
	a     actor.Actor
	today calendar.Date
	*Case
	as   *Assignment // the assignment acted on, if any
	in   Input
	rows []ledger.Row
	data map[string]any

	touched []string // other cases that are found by other people after the step
	left    []string // departments whose work the step ended
	freed   []*Member
	late    []string // proposers who have just come in with a case merged into this one
}

// note adds to the act's ledger data: ids, numbers and codes only.
func (w *work) note(key string, v any) {
	if w.data == nil {
		w.data = map[string]any{}
	}
	w.data[key] = v
}

// begin opens a case for an act. done is true if this very request was done
// before: then the case is as the first time left it.
func (s *Service) begin(tx *db.Tx, a actor.Actor, id string) (w *work, done bool, err error) {
	p, err := find(tx, a, id)
	if err != nil {
		return nil, false, err
	}
	c, err := load(tx, s.rules, p)
	if err != nil {
		return nil, false, err
	}
	w = &work{s: s, tx: tx, a: a, Case: c, today: org.Today(tx)}
	done, err = ledger.Repeated(tx, id)
	return w, done, err
}

// AtOnce lets f read several things with the context that it is given, also of
// other services, as they are at one moment. It writes nothing.
func (s *Service) AtOnce(ctx context.Context, f func(ctx context.Context) error) error {
	return s.db.Read(ctx, func(tx *db.Tx) error { return f(tx.Context()) })
}

// Do takes a step of the case: the version must be the one that the actor saw.
// Errors: NotFound if the case is out of reach, Forbidden without permission,
// Conflict if the state or a newer version forbids it, Invalid if the input
// lacks something.
func (s *Service) Do(ctx context.Context, id string, version int, action string, in Input) (*Proposal, error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	var p *Proposal
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil {
			return err
		}
		p = w.Proposal
		if done {
			return nil
		}
		if err := CaseFlow.Permit(a, action); err != nil {
			return err
		}
		if version != p.Version {
			return db.Stale()
		}
		step, err := CaseFlow.Find(p.State, action)
		if err != nil {
			return err
		}
		w.in = in.clean()
		if err := checkInput(CaseFlow.Name, step.Action, w); err != nil {
			return err
		}
		if err := w.allowed(step); err != nil {
			return err
		}
		if err := w.take(step); err != nil {
			return err
		}
		return w.settle()
	})
	return p, err
}

// DoneUnder lists the cases on which the actor acted under a request key, or
// under keys derived from it: what one press of a button has done.
func (s *Service) DoneUnder(ctx context.Context, key string) (ids []string, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		ids, err = ledger.Under(tx, key)
		return err
	})
	return ids, err
}

// allowed runs the guards of a step of the case or of w.as, then what other
// capabilities ask before it.
func (w *work) allowed(step flow.Step) error {
	if err := guards.Run(step.Guards, w); err != nil {
		return err
	}
	action := CaseFlow.Name + "." + step.Action
	if w.as != nil {
		action = AssignmentFlow.Name + "." + step.Action
	}
	for _, check := range w.s.before[action] {
		if err := check(w.tx, w.Case); err != nil {
			return err
		}
	}
	return nil
}

// take carries out a step of the case: effect, row, ledger, search, notices.
func (w *work) take(step flow.Step) error {
	from := w.State
	w.State = step.Next(from)
	if effect := caseEffects[step.Action]; effect != nil {
		if err := effect(w); err != nil {
			return err
		}
	}
	if err := update(w.tx, w.Proposal); err != nil {
		return err
	}
	w.rows = append(w.rows, w.row())
	if err := ledger.Append(w.tx, ledger.Entry{Action: "proposal." + step.Action, Kind: "proposal", Object: w.ID,
		From: from, To: w.State, Note: w.in.Reason, Data: w.data, Rows: w.rows}); err != nil {
		return err
	}
	w.rows, w.data = nil, nil
	if err := w.index(); err != nil {
		return err
	}
	for _, m := range w.freed {
		o, err := w.other(m.ID)
		if err != nil {
			return err
		}
		if err := o.follow("release"); err != nil {
			return err
		}
	}
	for _, id := range w.touched {
		o, err := w.other(id)
		if err != nil {
			return err
		}
		if err := o.index(); err != nil {
			return err
		}
	}
	return w.announce("proposal." + step.Action)
}

// follow takes a step that the platform itself takes as a consequence.
func (w *work) follow(action string) error {
	step, err := CaseFlow.Find(w.State, action)
	if err != nil {
		return err
	}
	in := w.in
	w.in = Input{}
	defer func() { w.in = in }()
	return w.take(step)
}

// DoAssignment takes a step of an assignment, with the same errors as Do.
func (s *Service) DoAssignment(ctx context.Context, id, assignment string, version int, action string, in Input) (*Assignment, error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	var as *Assignment
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil {
			return err
		}
		if w.as, err = w.Case.Assignment(assignment); err != nil {
			return err
		}
		if as = w.as; done {
			return nil
		}
		if err := AssignmentFlow.Permit(a, action); err != nil {
			return err
		}
		if version != as.Version {
			return db.Stale()
		}
		step, err := AssignmentFlow.Find(as.State, action)
		if err != nil {
			return err
		}
		w.in = in.clean()
		if err := checkInput(AssignmentFlow.Name, step.Action, w); err != nil {
			return err
		}
		if err := w.allowed(step); err != nil {
			return err
		}
		return w.takeAssignment(step)
	})
	return as, err
}

// takeAssignment carries out a step of the assignment w.as.
func (w *work) takeAssignment(step flow.Step) error {
	from := w.as.State
	w.as.State = step.To
	if AssignmentFlow.State(step.To).Final {
		w.as.EndedAt = db.At(w.tx.Now())
	}
	if effect := assignmentEffects[step.Action]; effect != nil {
		if err := effect(w); err != nil {
			return err
		}
	}
	if err := updateAssignment(w.tx, w.as); err != nil {
		return err
	}
	w.rows = append(w.rows, w.as.row())
	w.note("assignment", w.as.ID)
	w.note("unit", w.as.Unit)
	if err := ledger.Append(w.tx, ledger.Entry{Action: "assignment." + step.Action, Kind: "proposal", Object: w.ID,
		From: from, To: w.as.State, Note: w.in.Reason, Data: w.data, Rows: w.rows}); err != nil {
		return err
	}
	w.rows, w.data = nil, nil
	if err := w.announce("assignment." + step.Action); err != nil {
		return err
	}
	return w.settle()
}

// settle moves the case on when its assignments or its promises call for it.
func (w *work) settle() error {
	if w.State == Closed && w.owed() {
		return w.follow("follow_up")
	}
	current := w.Current()
	if w.State == Dispatched && slices.ContainsFunc(current, func(a *Assignment) bool { return a.State != Issued && a.State != ReturnRequested }) {
		if err := w.follow("begin"); err != nil {
			return err
		}
	}
	if w.State == Handling && len(current) == 0 {
		return w.follow("return_units")
	}
	answering := slices.DeleteFunc(slices.Clone(current), func(a *Assignment) bool { return !a.Answers() })
	delivered := func(a *Assignment) bool { return a.State == Delivered }
	open := w.State == Dispatched || w.State == Handling || w.State == Rehandling
	if open && len(answering) > 0 && !slices.ContainsFunc(answering, func(a *Assignment) bool { return !delivered(a) }) {
		if err := w.follow("complete"); err != nil {
			return err
		}
		return w.follow("open_feedback")
	}
	return nil
}

// actions lists what the actor may do now, for the case page.
func (w *work) actions() []Action {
	var all []Action
	add := func(m flow.Machine, state string, as *Assignment) {
		w.as = as
		for _, step := range m.Open(state) {
			if step.System || !w.a.Can(step.Permission) {
				continue
			}
			act := Action{Step: step, Assignment: as}
			if err := w.allowed(step); err != nil {
				if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Forbidden) {
					continue // not for this person at all
				}
				act.Blocked, act.Args = message(err)
			}
			all = append(all, act)
		}
	}
	add(CaseFlow, w.State, nil)
	for _, as := range w.Current() {
		add(AssignmentFlow, as.State, as)
	}
	w.as = nil
	return all
}
