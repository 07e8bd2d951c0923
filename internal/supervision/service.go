package supervision

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/attachment"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

func itoa(n int) string { return strconv.Itoa(n) }

func tidy(s string) string { return strings.TrimSpace(han.Clean(s)) }

// Plan is an event as it is scheduled or changed.
type Plan struct {
	Type      string        `json:"type" form:"type" maxLength:"64" doc:"Code of supervision.types"`
	Title     string        `json:"title" form:"title" maxLength:"100"`
	On        calendar.Date `json:"on" form:"on"`
	Place     string        `json:"place,omitempty" form:"place" maxLength:"100"`
	Leader    string        `json:"leader,omitempty" form:"leader" maxLength:"64" doc:"Person who leads it"`
	Committee string        `json:"committee,omitempty" form:"committee" maxLength:"64" doc:"Committee that organises it"`
	Agenda    string        `json:"agenda,omitempty" form:"agenda" maxLength:"5000"`
	Guests    string        `json:"guests,omitempty" form:"guests" maxLength:"500" doc:"Who attends and is in no roster"`
	Proposals []string      `json:"proposals,omitempty" form:"proposal"`
	Units     []string      `json:"units,omitempty" form:"unit" doc:"Departments; those that handle the proposals when none is given"`
	People    []string      `json:"people,omitempty" form:"person" doc:"Persons who are invited"`
}

// most bounds the proposals, departments and people of one event.
const most = 100

// check checks a plan and says what its type means.
func (p *Plan) check(tx *db.Tx, tenant string, v *rule.Version) (meaning string, err error) {
	p.Title, p.Place, p.Agenda, p.Guests = tidy(p.Title), tidy(p.Place), tidy(p.Agenda), tidy(p.Guests)
	for _, list := range []*[]string{&p.Proposals, &p.Units, &p.People} {
		*list = slices.DeleteFunc(slices.Clone(*list), func(s string) bool { return s == "" })
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	var f errs.Fields
	code, ok := v.Code("supervision.types", p.Type)
	f.Check(ok && !code.Retired, "type", "请从列出的选项中选择")
	f.Check(p.Title != "" && len([]rune(p.Title)) <= 100, "title", "请填写名称，不超过 %d 个字", 100)
	day, err := calendar.ParseDate(string(p.On))
	f.Check(err == nil && day != "", "on", "请填写日期")
	p.On = day
	f.Check(len([]rune(p.Place)) <= 100, "place", "不能超过 %d 个字", 100)
	f.Check(len([]rune(p.Agenda)) <= 5000, "agenda", "不能超过 %d 个字", 5000)
	f.Check(len([]rune(p.Guests)) <= 500, "guests", "不能超过 %d 个字", 500)
	f.Check(len(p.Proposals) <= most, "proposal", "最多 %d 件提案", most)
	f.Check(len(p.Units) <= most, "unit", "最多 %d 个单位", most)
	f.Check(len(p.People) <= most, "person", "最多 %d 位", most)
	f.Check(code.Canonical != Visit || len(p.Units) > 0, "unit", "请选择走访的单位")
	f.Check(code.Canonical != Consultation || len(p.Proposals) > 0, "proposal", "请选择协商的提案")
	bodies, err := org.Bodies(tx, tenant, "")
	if err != nil {
		return "", err
	}
	kind := map[string]string{}
	for _, b := range bodies {
		if b.Active {
			kind[b.ID] = b.Kind
		}
	}
	f.Check(!slices.ContainsFunc(p.Units, func(id string) bool { return kind[id] != "department" }), "unit", "请从列出的选项中选择")
	f.Check(p.Committee == "" || kind[p.Committee] == "committee", "committee", "请从列出的选项中选择")
	people := slices.Clone(p.People)
	if p.Leader != "" {
		people = append(people, p.Leader)
	}
	names, err := org.PersonNames(tx, tenant, people)
	if err != nil {
		return "", err
	}
	f.Check(p.Leader == "" || names[p.Leader] != "", "leader", "请选择名册中的人员")
	f.Check(!slices.ContainsFunc(p.People, func(id string) bool { return names[id] == "" }), "person", "请选择名册中的人员")
	return code.Canonical, f.Err()
}

// Save schedules an event, or changes one that is not held yet: the id empty makes
// a new one. Wants supervision.manage.
func (s *Service) Save(ctx context.Context, id string, version int, p Plan) (e *Event, err error) {
	a, err := actor.Require(ctx, "supervision.manage")
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		object, done, err := ledger.Replayed(tx)
		if err != nil {
			return err
		}
		if done {
			e, err = find(tx, a, object)
			return err
		}
		v, err := s.rules.Now(tx, a.Tenant)
		if err != nil {
			return err
		}
		p := p
		meaning, err := p.check(tx, a.Tenant, v)
		if err != nil {
			return err
		}
		cases, err := proposal.Briefs(tx, a, p.Proposals)
		if err != nil {
			return err
		}
		if len(cases) != len(p.Proposals) {
			return errs.Missing()
		}
		if len(p.Units) == 0 && len(p.Proposals) > 0 {
			if p.Units, err = handling(tx, a.Tenant, p.Proposals); err != nil {
				return err
			}
		}
		e = &Event{Tenant: a.Tenant, ID: db.NewID(), State: Flow.Initial, RuleVersion: v.N, CreatedBy: a.Person, CreatedAt: db.At(tx.Now()), UpdatedAt: db.At(tx.Now()), Version: 1}
		action := "schedule"
		if id != "" {
			action = "change"
			if e, err = find(tx, a, id); err != nil {
				return err
			}
			switch {
			case e.State != Planned:
				return errs.New(errs.Conflict, "已经举行或取消，不能再改安排")
			case e.Version != version:
				return db.Stale()
			}
		}
		e.Type, e.Meaning, e.Title, e.OnDate, e.Place, e.Leader, e.Committee, e.Agenda, e.Guests = p.Type, meaning, p.Title, p.On, p.Place, p.Leader, p.Committee, p.Agenda, p.Guests
		if err := e.place(tx); err != nil {
			return err
		}
		if id == "" {
			err = insert(tx, e)
		} else {
			err = update(tx, e)
		}
		if err != nil {
			return err
		}
		w := &work{s: s, tx: tx, a: a, Event: e, rules: v, rows: []ledger.Row{e.row()}}
		for _, l := range []struct {
			table, column string
			ids           []string
		}{{"supervision_case", "proposal", p.Proposals}, {"supervision_unit", "unit", p.Units}, {"supervision_person", "person", p.People}} {
			if err := w.link(l.table, l.column, l.ids); err != nil {
				return err
			}
		}
		if err := w.load(); err != nil {
			return err
		}
		if err := w.record(action, ""); err != nil {
			return err
		}
		if id == "" {
			if err := w.carry("schedule", ""); err != nil {
				return err
			}
		}
		return w.tell("schedule", w.everybody)
	})
	return e, err
}

// place finds the session in which the day of an event falls, by which it is
// counted.
func (e *Event) place(tx *db.Tx) error {
	session, err := org.SessionOn(tx, e.Tenant, e.OnDate)
	switch {
	case err == nil:
		e.Session, e.Year = session.ID, session.Year
	case errs.Is(err, errs.NotFound):
		e.Session, e.Year = "", e.OnDate.Year()
	default:
		return err
	}
	return nil
}

// handling are the departments that answer some cases now.
func handling(tx *db.Tx, tenant string, proposals []string) ([]string, error) {
	list, args := db.In([]any{tenant}, proposals)
	return db.Column[string](tx, `SELECT DISTINCT a.unit FROM assignment a JOIN proposal p ON p.tenant = a.tenant AND p.id = a.proposal AND p.round = a.round
		WHERE a.tenant = $1 AND a.role <> 'co_handler' AND a.state NOT IN ('returned', 'cancelled') AND a.proposal IN `+list+` ORDER BY a.unit`, args...)
}

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
		*s = tidy(*s)
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
	object, done, err := ledger.Replayed(tx)
	if err == nil && done && object != id {
		err = errs.New(errs.Conflict, "这个请求标识已用于另一项操作")
	}
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
		i := slices.IndexFunc(Flow.Steps, func(s flow.Step) bool { return s.Action == action })
		switch {
		case i < 0:
			return errs.New(errs.Invalid, "没有这项操作")
		case !a.Can(Flow.Steps[i].Permission):
			return notYours
		case version != e.Version:
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

var notYours = errs.New(errs.Forbidden, "您当前的身份不能进行这项操作")

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

// assign makes a task with its clock.
func assign(w *work) error {
	t := &Task{Tenant: w.Tenant, ID: db.NewID(), Event: w.ID, Proposal: w.in.Proposal, Unit: w.in.Unit, Person: w.in.Person, Text: w.in.Text, CreatedAt: db.At(w.tx.Now()), State: "open", Version: 1}
	var f errs.Fields
	f.Check((t.Unit == "") != (t.Person == ""), "unit", "请选择责任单位或者责任人")
	if t.Unit != "" {
		b, err := org.BodyOf(w.tx, w.Tenant, t.Unit)
		f.Check(err == nil && b.Kind == "department" && b.Active, "unit", "请从列出的选项中选择")
	}
	if t.Person != "" {
		_, err := org.PersonOf(w.tx, w.Tenant, t.Person)
		f.Check(err == nil, "person", "请选择名册中的人员")
	}
	f.Check(t.Proposal == "" || slices.Contains(w.cases, t.Proposal), "proposal", "请从列出的选项中选择")
	f.Check(w.in.DueOn == "" || w.in.DueOn > w.today, "due_on", "完成日期必须晚于今天")
	if err := f.Err(); err != nil {
		return err
	}
	c, err := w.s.clocks.Start(w.tx, clock.Clock{Tenant: w.Tenant, Kind: "supervision.task", Title: "跟踪事项", Subject: w.Title, Object: "supervision_task", ObjectID: t.ID,
		Link: "/supervision/" + w.ID + "#task-" + t.ID, Holder: t.holders(), RuleVersion: w.rules.N, Term: w.rules.Term("supervision.task"), Until: w.in.DueOn})
	if err != nil {
		return err
	}
	t.DueOn = c.DueOn
	if _, err := w.tx.Exec(`INSERT INTO supervision_task (`+strings.ReplaceAll(taskColumns, "t.", "")+`) VALUES (`+db.Marks(16)+`)`,
		t.Tenant, t.ID, t.Event, t.Proposal, t.Unit, t.Person, t.Text, t.DueOn, t.CreatedAt, t.State, t.Report, t.ReportedAt, t.Answer, t.DecidedBy, t.DecidedAt, t.Version); err != nil {
		return err
	}
	w.tasks = append(w.tasks, t)
	w.rows = append(w.rows, t.row(), c.Row())
	w.note("task", t.ID)
	return nil
}

// holders are who has to do a task.
func (t *Task) holders() []clock.Holder {
	if t.Person != "" {
		return clock.Persons(t.Person)
	}
	return []clock.Holder{{Role: "unit_clerk", Body: t.Unit}, {Role: "unit_officer", Body: t.Unit}, {Role: "unit_leader", Body: t.Unit}}
}

// Report says of a task that it is done; its owner says so. Wants
// supervision.report.
func (s *Service) Report(ctx context.Context, event, task string, version int, text string) error {
	return s.onTask(ctx, event, task, version, "report", text, func(w *work, t *Task) error {
		if !(t.Unit != "" && w.a.Body == t.Unit || t.Person != "" && w.a.Person == t.Person) {
			return notYours
		}
		if t.State != "open" {
			return errs.New(errs.Conflict, "这项事项已经报告过")
		}
		t.State, t.Report, t.ReportedAt, t.Answer = "reported", tidy(text), db.At(w.tx.Now()), ""
		return nil
	})
}

// Accept decides that a task is done, or with accept false that it is not, which
// gives it back to its owner. Wants supervision.manage.
func (s *Service) Accept(ctx context.Context, event, task string, version int, accept bool, answer string) error {
	action := "accept"
	if !accept {
		action = "refuse"
	}
	return s.onTask(ctx, event, task, version, action, answer, func(w *work, t *Task) error {
		if !w.a.Can("supervision.manage") {
			return notYours
		}
		if t.State == "done" || t.State == "open" && !accept {
			return errs.New(errs.Conflict, "现在没有要核实的")
		}
		t.State, t.Answer, t.DecidedBy, t.DecidedAt = "open", tidy(answer), w.a.Person, db.At(w.tx.Now())
		if accept {
			t.State = "done"
			all, err := s.clocks.StopFor(w.tx, w.Tenant, "supervision_task", t.ID, true)
			for _, c := range all {
				w.rows = append(w.rows, c.Row())
			}
			return err
		}
		return nil
	})
}

// onTask carries out an act on a task. Reports and refusals say something.
func (s *Service) onTask(ctx context.Context, event, task string, version int, action, text string, change func(w *work, t *Task) error) error {
	a, err := actor.Require(ctx, "supervision.report")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, event)
		if err != nil || done {
			return err
		}
		i := slices.IndexFunc(w.tasks, func(t *Task) bool { return t.ID == task })
		if i < 0 {
			return errs.Missing()
		}
		t := w.tasks[i]
		if version != t.Version {
			return db.Stale()
		}
		if err := change(w, t); err != nil {
			return err
		}
		var f errs.Fields
		n := len([]rune(tidy(text)))
		f.Check(n > 0 || action == "accept", "text", "请说明情况")
		f.Check(n <= 2000, "text", "不能超过 %d 个字", 2000)
		if err := f.Err(); err != nil {
			return err
		}
		if err := db.Touch(tx.Exec(`UPDATE supervision_task SET state = $4, report = $5, reported_at = $6, answer = $7, decided_by = $8, decided_at = $9, version = version + 1 WHERE tenant = $1 AND id = $2 AND version = $3`,
			t.Tenant, t.ID, t.Version, t.State, t.Report, t.ReportedAt, t.Answer, t.DecidedBy, t.DecidedAt)); err != nil {
			return err
		}
		w.rows = append(w.rows, t.row())
		w.note("task", t.ID)
		if err := w.record(action, w.State); err != nil {
			return err
		}
		w.in.Reason = tidy(text)
		if action == "report" {
			clerks, err := org.PeopleWith(tx, w.Tenant, "clerk", "")
			if err != nil {
				return err
			}
			return w.send("report", clerks, notify.Params{"title": w.Title, "actor": w.actorName()}, "#task-"+t.ID)
		}
		return w.tellOwner(t, action)
	})
}

// actorName is the name under which the actor appears: the department's.
func (w *work) actorName() string {
	if w.a.Body != "" {
		if names, err := org.BodyNames(w.tx, w.Tenant, []string{w.a.Body}); err == nil && names[w.a.Body] != "" {
			return names[w.a.Body]
		}
	}
	return w.a.Name
}

// everybody are who takes part: those invited, the leader and the departments'
// people.
func (w *work) everybody() (all []string, err error) {
	all = append(slices.Clone(w.people), w.Leader)
	for _, unit := range w.units {
		staff, err := proposal.Staff(w.tx, w.Tenant, unit)
		if err != nil {
			return nil, err
		}
		all = append(all, staff...)
	}
	return all, nil
}

func (w *work) tell(kind string, to func() ([]string, error)) error {
	people, err := to()
	if err != nil {
		return err
	}
	return w.send(kind, people, notify.Params{"title": w.Title, "on": w.OnDate, "place": w.Place, "reason": w.Reason}, "")
}

// tellCases tells who has to do with each case that there is a result.
func (w *work) tellCases() error {
	cases, err := proposal.Briefs(w.tx, actor.System(w.Tenant), w.cases)
	if err != nil {
		return err
	}
	for _, c := range cases {
		to, err := proposal.Concerned(w.tx, w.Tenant, c.ID)
		if err != nil {
			return err
		}
		if to = slices.DeleteFunc(to, func(id string) bool { return id == w.a.Person }); len(to) == 0 {
			continue
		}
		if err := w.s.notices.Send(w.tx, notify.Notice{Tenant: w.Tenant, To: to, Kind: "supervision.hold", Link: "/proposals/" + c.ID + "#supervision", Object: "proposal", ObjectID: c.ID,
			Params: notify.Params{"case": c.Title, "title": w.Title}}); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) tellOwner(t *Task, kind string) error {
	to := []string{t.Person}
	if t.Unit != "" {
		var err error
		if to, err = proposal.Staff(w.tx, w.Tenant, t.Unit); err != nil {
			return err
		}
	}
	return w.send(kind, to, notify.Params{"title": w.Title, "text": t.Text, "due": t.DueOn, "reason": w.in.Reason}, "#task-"+t.ID)
}

func (w *work) send(kind string, to []string, params notify.Params, anchor string) error {
	to = slices.DeleteFunc(to, func(id string) bool { return id == "" || id == w.a.Person })
	if len(to) == 0 {
		return nil
	}
	return w.s.notices.Send(w.tx, notify.Notice{Tenant: w.Tenant, To: to, Kind: "supervision." + kind, Link: "/supervision/" + w.ID + anchor, Object: Object, ObjectID: w.ID, Params: params})
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
