package proposal

import (
	"cmp"
	"slices"

	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/org"
	"shangliang/internal/rule"
)

// dispatch hands the case to departments: one alone, one host with
// co-handlers, or several that each answer for their part.
func (w *work) dispatch() error {
	if err := w.checkUnits(); err != nil {
		return err
	}
	if w.Round == 0 {
		w.Round = 1
	}
	if w.DispatchedAt.IsZero() {
		w.DispatchedAt = db.At(w.tx.Now())
	}
	for _, u := range w.in.Units {
		if err := w.issue(u, "assignment.reply"); err != nil {
			return err
		}
	}
	return w.stopClocks(true, "proposal.dispatch")
}

// recall takes the dispatch back: the departments are rid of it, and the time for
// dispatching runs on from the filing.
func (w *work) recall() error {
	returned := slices.ContainsFunc(w.Assignments, func(a *Assignment) bool { return a.State == ReturnedUnit })
	for _, as := range w.Current() {
		as.State, as.EndedAt = Cancelled, db.At(w.tx.Now())
		if err := updateAssignment(w.tx, as); err != nil {
			return err
		}
		w.rows = append(w.rows, as.row())
		w.note("unit:"+as.Unit, as.Role)
		if err := w.stopClocksOf(as.ID, false); err != nil {
			return err
		}
	}
	if !returned { // else it had been dispatched before
		w.DispatchedAt = db.Time{}
	}
	w.dueOn()
	return w.startClock("proposal.dispatch", "proposal.dispatch", "", calendar.On(w.FiledAt.Time))
}

// checkUnits: they share the work as [CheckUnits] wants, and are active.
func (w *work) checkUnits() error {
	if err := CheckUnits(w.in.Units); err != nil {
		return err
	}
	return w.activeUnits()
}

// CheckUnits checks how departments share a case: one alone, exactly one host
// with co-handlers, or at least two that split it; each department once. What is
// wrong is an Invalid error at "units".
func CheckUnits(units []UnitRole) error {
	var f errs.Fields
	count := map[string]int{}
	seen := map[string]bool{}
	for _, u := range units {
		f.Check(!seen[u.Unit], "units", "同一单位不能重复")
		seen[u.Unit] = true
		count[u.Role]++
	}
	switch {
	case len(units) == 0:
		f.Add("units", "请选择承办单位")
	case count[Split] > 0:
		f.Check(count[Split] == len(units) && count[Split] > 1, "units", "分办须有两个以上单位，且不能同时有主办、会办或独办")
	case count[Sole] > 0:
		f.Check(len(units) == 1, "units", "独办只能有一个单位")
	default:
		f.Check(count[Host] == 1 && count[CoHandler] > 0 && count[Host]+count[CoHandler] == len(units), "units", "主办单位须有且只有一个，并至少有一个会办单位")
	}
	return f.Err()
}

func (w *work) activeUnits() error {
	ids := make([]string, len(w.in.Units))
	for i, u := range w.in.Units {
		ids[i] = u.Unit
	}
	return w.knownUnits("units", ids)
}

// knownUnits checks that departments named in a field are there and active.
func (w *work) knownUnits(field string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	departments, err := org.Bodies(w.tx, w.a.Tenant, "department")
	if err != nil {
		return err
	}
	var f errs.Fields
	for _, id := range ids {
		ok := slices.ContainsFunc(departments, func(b *org.Body) bool { return b.ID == id && b.Active })
		f.Check(ok, field, "没有这个承办单位，或已停用")
	}
	return f.Err()
}

// issue gives one department its work and starts its clock. The hard maximum
// runs from the first dispatch of the case: returning and dispatching again
// does not move it.
func (w *work) issue(u UnitRole, term string) error {
	as := &Assignment{Tenant: w.Tenant, ID: db.NewID(), Proposal: w.ID, Round: w.Round, Unit: u.Unit, Role: u.Role, State: Issued,
		Note: w.in.Reason, RuleVersion: w.Rules.N, IssuedBy: w.a.Person, IssuedAt: db.At(w.tx.Now()), Version: 1}
	w.as = as
	if as.Role == CoHandler {
		term = "assignment.opinion"
	}
	due, err := w.startUnitClock(as, term)
	if err != nil {
		return err
	}
	as.DueOn = due
	if err := insertAssignment(w.tx, as); err != nil {
		if db.Duplicate(err) {
			return errs.New(errs.Conflict, "该单位已在承办这件提案")
		}
		return err
	}
	w.rows = append(w.rows, as.row())
	w.Assignments = append(w.Assignments, as)
	w.note("unit:"+as.Unit, as.Role)
	w.dueOn()
	w.as = nil
	return nil
}

// dueOn keeps the earliest open due date with the case, for lists.
func (w *work) dueOn() {
	w.DueOn = ""
	for _, as := range w.Current() {
		if as.Open() && as.Answers() && (w.DueOn == "" || as.DueOn < w.DueOn) {
			w.DueOn = as.DueOn
		}
	}
}

// addUnit adds a co-handler; a sole handler thereby becomes host.
func (w *work) addUnit() error {
	w.in.Units = []UnitRole{{w.in.Unit, CoHandler}}
	current := w.Current()
	if len(current) == 0 {
		return errs.New(errs.Conflict, "还没有承办单位，请先交办")
	}
	for _, as := range current {
		if as.Role == Split {
			w.in.Units[0].Role = Split
		}
		if as.Role == Sole {
			as.Role = Host
			if err := updateAssignment(w.tx, as); err != nil {
				return err
			}
			w.rows = append(w.rows, as.row())
		}
	}
	if err := w.activeUnits(); err != nil {
		return err
	}
	return w.issue(w.in.Units[0], "assignment.reply")
}

// sign: the department takes it; from now on it should talk to the proposers.
func (w *work) sign() error {
	w.as.SignedAt = db.At(w.tx.Now())
	if !w.as.Answers() {
		return nil
	}
	return w.startClock("assignment.contact", "assignment.contact", w.as.ID, w.today, w.as.Unit)
}

// ask records a request to the dispatch office.
func (w *work) ask(kind string) error {
	r := &Request{Tenant: w.Tenant, ID: db.NewID(), Proposal: w.ID, Assignment: w.as.ID, Kind: kind, State: "open",
		Reason: w.in.Reason, Unit: w.in.Unit, AskedBy: w.a.Person, AskedAt: db.At(w.tx.Now())}
	if r.Unit != "" {
		names, err := org.BodyNames(w.tx, w.Tenant, []string{r.Unit})
		if err != nil {
			return err
		}
		if names[r.Unit] == "" {
			var f errs.Fields
			f.Add("unit", "没有这个承办单位")
			return f.Err()
		}
	}
	w.Requests = append(w.Requests, r)
	w.rows = append(w.rows, r.row())
	if err := putRequest(w.tx, r); err != nil {
		return err
	}
	return w.startClock("assignment.ruling", "assignment.ruling", w.as.ID, w.today)
}

// rule answers the open request of the assignment.
func (w *work) rule(kind, state string) error {
	i := slices.IndexFunc(w.Requests, func(r *Request) bool {
		return r.Assignment == w.as.ID && r.Kind == kind && r.State == "open"
	})
	if i < 0 {
		return errs.New(errs.Conflict, "没有待处理的申请")
	}
	r := w.Requests[i]
	r.State, r.DecidedBy, r.DecidedAt, r.Answer = state, w.a.Person, db.At(w.tx.Now()), w.in.Reason
	w.rows = append(w.rows, r.row())
	if err := putRequest(w.tx, r); err != nil {
		return err
	}
	return w.stopClocksOf(w.as.ID, true, "assignment.ruling")
}

// leave ends the department's part without an answer: its clocks stop.
func (w *work) leave() error {
	if err := w.stopClocksOf(w.as.ID, false); err != nil {
		return err
	}
	return w.refreshDue()
}

// refreshDue brings the case's due date up to date after an assignment changed.
func (w *work) refreshDue() error {
	before := w.DueOn
	w.dueOn()
	if w.DueOn == before {
		return nil
	}
	w.rows = append(w.rows, w.row())
	return update(w.tx, w.Proposal)
}

// extend moves the due date by the rule's extension, never past the hard
// maximum.
func (w *work) extend() error {
	if err := w.rule("extension", "granted"); err != nil {
		return err
	}
	due, err := w.extendUnitClock(w.as)
	if err != nil {
		return err
	}
	w.note("due_on", string(due))
	w.as.DueOn = due
	return w.refreshDue()
}

// complete ends what is left of the round when every answer is delivered.
func (w *work) complete() error {
	w.RepliedAt = db.At(w.tx.Now())
	if err := w.lapseChange(); err != nil {
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
		if err := w.stopClocksOf(as.ID, false); err != nil {
			return err
		}
	}
	w.dueOn()
	// Of several answers the case counts by the least that was done.
	least := -1
	for _, as := range w.Current() {
		r := w.ReplyOf(as.ID)
		if r == nil || !as.Answers() {
			continue
		}
		i := slices.IndexFunc(Meanings, func(c rule.Code) bool { return c.Key == r.Meaning })
		if i > least {
			least, w.Outcome, w.Meaning = i, r.Outcome, r.Meaning
		}
	}
	w.note("outcome", cmp.Or(w.Outcome, "-"))
	return nil
}

// again issues the work of the last round's departments for a new round.
func (w *work) again() error {
	last := w.Current()
	w.Round++
	w.Satisfaction = ""
	w.note("round", w.Round)
	for _, as := range last {
		if err := w.issue(UnitRole{as.Unit, as.Role}, "assignment.rehandle"); err != nil {
			return err
		}
	}
	return w.stopClocks(true, "feedback.window")
}

// grantReturn lets the department go.
func (w *work) grantReturn() error {
	if err := w.rule("return", "granted"); err != nil {
		return err
	}
	return w.leave()
}
