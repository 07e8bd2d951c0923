package supervision

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/attachment"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/rule"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Input is what a person fills in for a step; [Fields] says which parts each step
// takes.
type Input struct {
	Issues      string        `json:"issues,omitempty" form:"issues" maxLength:"5000"`
	Conclusions string        `json:"conclusions,omitempty" form:"conclusions" maxLength:"5000"`
	Guests      string        `json:"guests,omitempty" form:"guests" maxLength:"500"`
	Text        string        `json:"text,omitempty" form:"text" maxLength:"1000"`
	Unit        string        `json:"unit,omitempty" form:"unit" maxLength:"64"`
	Person      string        `json:"person,omitempty" form:"person" maxLength:"64"`
	Proposal    string        `json:"proposal,omitempty" form:"proposal" maxLength:"64"`
	DueOn       calendar.Date `json:"due_on,omitempty" form:"due_on"`
	Reason      string        `json:"reason,omitempty" form:"reason" maxLength:"1000"`
}

func (in *Input) values() map[string][]string {
	for _, s := range []*string{&in.Issues, &in.Conclusions, &in.Guests, &in.Text, &in.Reason} {
		*s = han.Tidy(*s)
	}
	return map[string][]string{"issues": {in.Issues}, "conclusions": {in.Conclusions}, "guests": {in.Guests}, "text": {in.Text}, "unit": {in.Unit}, "person": {in.Person},
		"proposal": {in.Proposal}, "due_on": {string(in.DueOn)}, "reason": {in.Reason}}
}

// work is one act on one event.
type work struct {
	s     *Service
	tx    *db.Tx
	a     actor.Actor
	today calendar.Date
	*Event
	rules  *rule.Version
	cases  []string
	units  []string
	people []string
	tasks  []*Task
	in     Input
	rows   []ledger.Row
	data   map[string]any
}

// reach is the condition under which an actor may see an event e: the first of
// args is the tenant.
func reach(a actor.Actor, args []any) (string, []any) {
	if a.IsSystem() || a.Can("supervision.read") {
		return "1 = 1", args
	}
	var or []string
	add := func(cond, value string) {
		args = append(args, value)
		or = append(or, strings.ReplaceAll(cond, "?", "$"+itoa(len(args))))
	}
	if a.Body != "" {
		add(`e.committee = ?`, a.Body)
		add(`e.id IN (SELECT u.event FROM supervision_unit u WHERE u.tenant = $1 AND u.unit = ?)`, a.Body)
		add(`e.id IN (SELECT t.event FROM supervision_task t WHERE t.tenant = $1 AND t.unit = ?)`, a.Body)
	}
	if a.Person != "" {
		add(`e.id IN (SELECT x.event FROM supervision_person x WHERE x.tenant = $1 AND x.person = ?)`, a.Person)
		add(`e.leader = ?`, a.Person)
		add(`e.id IN (SELECT t.event FROM supervision_task t WHERE t.tenant = $1 AND t.person = ?)`, a.Person)
	}
	if len(or) == 0 {
		return "1 = 0", args
	}
	return "(" + strings.Join(or, " OR ") + ")", args
}

func find(tx *db.Tx, a actor.Actor, id string) (*Event, error) {
	cond, args := reach(a, []any{a.Tenant, id})
	return db.One(tx, (*Event).fields, `SELECT `+eventColumns+` FROM supervision_event e WHERE e.tenant = $1 AND e.id = $2 AND `+cond, args...)
}

// begin opens an event for an act. done is true if this very request was done
// before.
func (s *Service) begin(tx *db.Tx, a actor.Actor, id string) (w *work, done bool, err error) {
	e, err := find(tx, a, id)
	if err != nil {
		return nil, false, err
	}
	w = &work{s: s, tx: tx, a: a, Event: e}
	if w.rules, err = s.rules.Load(tx, e.Tenant, e.RuleVersion); err != nil {
		return nil, false, err
	}
	if err := w.load(); err != nil {
		return nil, false, err
	}
	done, err = ledger.Repeated(tx, id)
	return w, done, err
}

// load reads what belongs to the event.
func (w *work) load() (err error) {
	w.today = org.Today(w.tx)
	of := func(table, column string) (ids []string) {
		if err == nil {
			ids, err = db.Column[string](w.tx, `SELECT `+column+` FROM `+table+` WHERE tenant = $1 AND event = $2 ORDER BY `+column, w.Tenant, w.ID)
		}
		return ids
	}
	w.cases, w.units, w.people = of("supervision_case", "proposal"), of("supervision_unit", "unit"), of("supervision_person", "person")
	if err == nil {
		w.tasks, err = tasks(w.tx, w.Tenant, w.ID)
	}
	return err
}

// link sets which proposals, departments or people belong to the event.
func (w *work) link(table, column string, ids []string) error {
	old, err := db.Column[string](w.tx, `SELECT `+column+` FROM `+table+` WHERE tenant = $1 AND event = $2`, w.Tenant, w.ID)
	if err != nil {
		return err
	}
	for _, id := range old {
		if !slices.Contains(ids, id) {
			if _, err := w.tx.Exec(`DELETE FROM `+table+` WHERE tenant = $1 AND event = $2 AND `+column+` = $3`, w.Tenant, w.ID, id); err != nil {
				return err
			}
			w.rows = append(w.rows, ledger.RowOf(table, "tenant", w.Tenant, "event", w.ID, column, id))
		}
	}
	for _, id := range ids {
		if !slices.Contains(old, id) {
			if _, err := w.tx.Exec(`INSERT INTO `+table+` (tenant, event, `+column+`) VALUES ($1, $2, $3)`, w.Tenant, w.ID, id); err != nil {
				return err
			}
			w.rows = append(w.rows, ledger.RowOf(table, "tenant", w.Tenant, "event", w.ID, column, id))
		}
	}
	return nil
}

// record writes the act's entry about the event.
func (w *work) record(action, from string) error {
	w.note("meaning", w.Meaning)
	return ledger.Append(w.tx, ledger.Entry{Action: "supervision." + action, Kind: Object, Object: w.ID, From: from, To: w.State, Note: w.in.Reason, Data: w.data, Rows: w.rows})
}

func (w *work) note(key string, v any) {
	if w.data == nil {
		w.data = map[string]any{}
	}
	w.data[key] = v
}

// carry tells the history of each case of it.
func (w *work) carry(action, note string) error {
	for _, id := range w.cases {
		if err := ledger.Append(w.tx, ledger.Entry{Action: "supervision." + action, Kind: "proposal", Object: id, Note: note,
			Data: map[string]any{"event": w.ID, "meaning": w.Meaning}}); err != nil {
			return err
		}
	}
	return nil
}

// Do takes a step of [Flow]: the version must be the one that the actor saw.
// Errors as with every lifecycle: NotFound out of reach, Forbidden without
// permission, Conflict by state or version, Invalid if the input lacks something.
func (s *Service) Do(ctx context.Context, id string, version int, action string, in Input) (*Event, error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	var e *Event
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil {
			return err
		}
		if e = w.Event; done {
			return nil
		}
		if err := Flow.Permit(a, action); err != nil {
			return err
		}
		if version != e.Version {
			return db.Stale()
		}
		step, err := Flow.Find(e.State, action)
		if err != nil {
			return err
		}
		w.in = in
		if err := guards.Run(step.Guards, w); err != nil {
			return err
		}
		if err := flow.CheckFields(Fields[action], w.in.values(), nil); err != nil {
			return err
		}
		from := e.State
		e.State = step.Next(from)
		if err := effects[action](w); err != nil {
			return err
		}
		if err := update(tx, e); err != nil {
			return err
		}
		w.rows = append(w.rows, e.row())
		if err := w.record(action, from); err != nil {
			return err
		}
		return w.after(action)
	})
	return e, err
}

// guards are the conditions named in the lifecycle.
var guards = flow.Guards[*work]{
	"day_came": func(w *work) error {
		if w.OnDate > w.today {
			return errs.New(errs.Conflict, "还没有到举行的日期")
		}
		return nil
	},
	"followed": func(w *work) error {
		if slices.ContainsFunc(w.tasks, func(t *Task) bool { return t.State != "done" }) {
			return errs.New(errs.Conflict, "还有跟踪事项没有完成")
		}
		return nil
	},
}

// effects are what the steps change.
var effects = map[string]func(w *work) error{
	"hold": func(w *work) error {
		w.HeldAt = db.At(w.tx.Now())
		w.write()
		if w.Meaning == Visit {
			return w.freeze()
		}
		return nil
	},
	"correct": func(w *work) error {
		w.write()
		return nil
	},
	"assign": assign,
	"close":  func(w *work) error { return nil },
	"cancel": func(w *work) error {
		w.Reason = w.in.Reason
		return nil
	},
}

// write takes over the results; who really came replaces who was expected.
func (w *work) write() {
	w.Issues, w.Conclusions = w.in.Issues, w.in.Conclusions
	if w.in.Guests != "" {
		w.Guests = w.in.Guests
	}
}

// after carries results back and tells those concerned.
func (w *work) after(action string) error {
	switch action {
	case "hold", "correct":
		if err := w.carry(action, w.Conclusions); err != nil {
			return err
		}
		if action == "hold" {
			if err := w.s.keys.LogEvent(w.tx, w.a, w.cases, w.OnDate, w.Meaning, w.Conclusions, w.ID); err != nil {
				return err
			}
			return w.tellCases()
		}
	case "cancel":
		if err := w.carry(action, w.Reason); err != nil {
			return err
		}
		return w.tell("cancel", w.everybody)
	case "assign":
		return w.tellOwner(w.tasks[len(w.tasks)-1], "task")
	}
	return nil
}

// freeze keeps what the visited departments had open at the end of the day.
func (w *work) freeze() error {
	end := db.At(w.OnDate.AddDays(1).Time())
	for _, unit := range w.units {
		open, err := db.All(w.tx, (*Open).fields, `SELECT a.tenant, '', a.unit, p.id, p.case_no, p.title, a.role, a.due_on, a.due_on <> '' AND a.due_on < $4
			FROM assignment a JOIN proposal p ON p.tenant = a.tenant AND p.id = a.proposal
			WHERE a.tenant = $1 AND a.unit = $2 AND a.issued_at < $3 AND (a.ended_at = '' OR a.ended_at >= $3)
			AND a.id = (SELECT MAX(z.id) FROM assignment z WHERE z.tenant = a.tenant AND z.unit = a.unit AND z.proposal = a.proposal AND z.issued_at < $3 AND (z.ended_at = '' OR z.ended_at >= $3))
			ORDER BY a.due_on, p.case_no`, w.Tenant, unit, end, w.OnDate)
		if err != nil {
			return err
		}
		for _, o := range open {
			if _, err := w.tx.Exec(`INSERT INTO supervision_open (`+openColumns+`) VALUES (`+db.Marks(9)+`)`,
				w.Tenant, w.ID, o.Unit, o.Proposal, o.CaseNo, o.Title, o.Role, o.DueOn, o.Overdue); err != nil {
				return err
			}
			w.rows = append(w.rows, ledger.RowOf("supervision_open", "tenant", w.Tenant, "event", w.ID, "unit", o.Unit, "proposal", o.Proposal))
		}
	}
	return nil
}

// Attach adds a file: minutes, photos, the signed summary.
func (s *Service) Attach(ctx context.Context, id string, up Upload) error {
	a, err := actor.Require(ctx, "supervision.manage")
	if err != nil {
		return err
	}
	if err := s.db.Read(ctx, func(tx *db.Tx) error { _, err := find(tx, a, id); return err }); err != nil {
		return err
	}
	up.Purpose = "document"
	kept, err := s.files.Keep(ctx, up)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil || done {
			return err
		}
		f, err := attachment.Add(tx, a.Tenant, Object, id, a.Person, kept)
		if err != nil {
			return err
		}
		w.rows = append(w.rows, f.Row())
		w.note("file", f.ID)
		w.note("sha256", f.SHA256)
		return w.record("attach", w.State)
	})
}
