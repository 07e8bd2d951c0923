package assessment

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
)

// States of an inspection.
const (
	Issued    = "issued"
	Reported  = "reported"
	Done      = "done"
	Withdrawn = "withdrawn"
)

// InspectionFlow is the lifecycle of an inspection.
var InspectionFlow = flow.Machine{
	Name: "inspection", Title: "督查事项", Initial: Issued,
	States: []flow.State{
		{ID: Issued, Title: "待报告", Stage: "办理"},
		{ID: Reported, Title: "待核实", Stage: "核实"},
		{ID: Done, Title: "已办结", Stage: "办结", Final: true},
		{ID: Withdrawn, Title: "已撤销", Final: true},
	},
	Steps: []flow.Step{
		{Action: "report", Title: "报告办理情况", Says: "由下达的机关核实", From: []string{Issued}, To: Reported, Permission: "inspection.report"},
		{Action: "accept", Title: "核实办结", Says: "督查事项办结", From: []string{Reported}, To: Done, Permission: "inspection.issue"},
		{Action: "return", Title: "退回继续落实", Says: "单位继续落实后再报告", From: []string{Reported}, To: Issued, Permission: "inspection.issue"},
		{Action: "withdraw", Title: "撤销", Says: "不再要求，不能恢复", From: []string{Issued, Reported}, To: Withdrawn, Permission: "inspection.issue", Danger: true},
	},
}

// Inspection is one thing that is asked of a department.
type Inspection struct {
	Tenant, ID       string
	Session          string
	Year             int
	Unit             string
	Title, Content   string
	IssuedOn, DueOn  calendar.Date
	State            string
	Result, Answer   string
	ReportedAt       db.Time
	DoneAt           db.Time
	Person           string
	Version          int
	UnitName, Issuer string // read with it
}

const inspectionColumns = `i.tenant, i.id, i.session, i.year, i.unit, i.title, i.content, i.issued_on, i.due_on, i.state, i.result, i.answer, i.reported_at, i.done_at, i.person, i.version`

func (x *Inspection) fields() []any {
	return []any{&x.Tenant, &x.ID, &x.Session, &x.Year, &x.Unit, &x.Title, &x.Content, &x.IssuedOn, &x.DueOn, &x.State, &x.Result, &x.Answer, &x.ReportedAt, &x.DoneAt, &x.Person, &x.Version}
}

func (x *Inspection) row() ledger.Row {
	return ledger.RowOf("inspection", "tenant", x.Tenant, "id", x.ID)
}

// Late reports whether the department's report is, or was, later than it was due.
func (x *Inspection) Late(today calendar.Date) bool {
	if x.State == Withdrawn {
		return false
	}
	if x.ReportedAt.IsZero() || x.State == Issued {
		return today > x.DueOn
	}
	return calendar.On(x.ReportedAt.Time) > x.DueOn
}

// inspects is over i: $2 says that the actor reads all, $3 is their department.
const inspects = `($2 OR $3 <> '' AND i.unit = $3)`

func inspectionReach(a actor.Actor) (all bool, unit string) {
	if a.Can("inspection.report") {
		unit = a.Body
	}
	return a.Can("inspection.read"), unit
}

// Inspect reads an inspection in the actor's reach, with its clock, if it runs,
// and the steps that they may take.
func (s *Service) Inspect(ctx context.Context, id string) (x *Inspection, clocks []*clock.Clock, steps []flow.Step, history []*ledger.Entry, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, nil, nil, nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if x, err = inspection(tx, a, id); err != nil {
			return err
		}
		if clocks, err = s.clocks.Of(tx, a.Tenant, "inspection", id); err != nil {
			return err
		}
		history, err = ledger.Acts(tx, a.Tenant, "inspection", id)
		return err
	})
	if err != nil {
		return nil, nil, nil, nil, err
	}
	for _, step := range InspectionFlow.Open(x.State) {
		if a.Can(step.Permission) {
			steps = append(steps, step)
		}
	}
	return x, clocks, steps, history, nil
}

func inspection(tx *db.Tx, a actor.Actor, id string) (*Inspection, error) {
	all, unit := inspectionReach(a)
	return db.One(tx, func(x *Inspection) []any { return append(x.fields(), &x.UnitName, &x.Issuer) },
		`SELECT `+inspectionColumns+`, COALESCE((SELECT COALESCE(NULLIF(b.short_name, ''), b.name) FROM body b WHERE b.tenant = i.tenant AND b.id = i.unit), ''),
		COALESCE((SELECT q.name FROM person q WHERE q.tenant = i.tenant AND q.id = i.person), '') FROM inspection i WHERE i.tenant = $1 AND i.id = $4 AND `+inspects, a.Tenant, all, unit, id)
}

// Inspections lists those of a year (0: of all years) in the actor's reach, the
// next due first, what is done last.
func (s *Service) Inspections(ctx context.Context, year int, state string) (out []*Inspection, today calendar.Date, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, "", err
	}
	all, unit := inspectionReach(a)
	if !all && unit == "" {
		return nil, "", actor.Denied
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		today = org.Today(tx)
		out, err = db.All(tx, func(x *Inspection) []any { return append(x.fields(), &x.UnitName) },
			`SELECT `+inspectionColumns+`, COALESCE(NULLIF(b.short_name, ''), b.name) FROM inspection i JOIN body b ON b.tenant = i.tenant AND b.id = i.unit
			WHERE i.tenant = $1 AND `+inspects+` AND ($4 = 0 OR i.year = $4) AND ($5 = '' OR i.state = $5)
			ORDER BY CASE WHEN i.state IN ('issued', 'reported') THEN 0 ELSE 1 END, i.due_on, i.id LIMIT 1000`, a.Tenant, all, unit, year, state)
		return err
	})
	return out, today, err
}

// Issue asks something of a department until a day. Wants inspection.issue.
func (s *Service) Issue(ctx context.Context, x Inspection) (id string, err error) {
	a, err := actor.Require(ctx, "inspection.issue")
	if err != nil {
		return "", err
	}
	x.Title, x.Content = han.Tidy(x.Title), han.Tidy(x.Content)
	var f errs.Fields
	f.Check(x.Title != "" && len([]rune(x.Title)) <= 200, "title", "请填写督查事项，不超过 %d 个字", 200)
	f.Check(len([]rune(x.Content)) <= 5000, "content", "不能超过 %d 个字", 5000)
	day, wrong := calendar.ParseDate(string(x.DueOn))
	f.Check(wrong == nil && day != "", "due_on", "请填写日期")
	x.DueOn = day
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		f := slices.Clone(f)
		object, done, err := ledger.Replayed(tx)
		if err != nil || done {
			id = object
			return err
		}
		today := org.Today(tx)
		f.Check(x.DueOn == "" || x.DueOn > today, "due_on", "期限须晚于今天")
		active, err := org.ActiveBodies(tx, a.Tenant, "department")
		if err != nil {
			return err
		}
		f.Check(slices.ContainsFunc(active, func(b *org.Body) bool { return b.ID == x.Unit }), "unit", "请选择承办单位")
		if err := f.Err(); err != nil {
			return err
		}
		session, err := org.CurrentSession(tx, a.Tenant)
		if err != nil {
			return err
		}
		x.Tenant, x.ID, x.Session, x.Year, x.IssuedOn, x.State, x.Person, x.Version = a.Tenant, db.NewID(), session.ID, session.Year, today, Issued, a.Person, 1
		if _, err := tx.Exec(`INSERT INTO inspection (tenant, id, session, year, unit, title, content, issued_on, due_on, state, result, answer, reported_at, done_at, person, version) VALUES (`+db.Marks(16)+`)`,
			x.Tenant, x.ID, x.Session, x.Year, x.Unit, x.Title, x.Content, x.IssuedOn, x.DueOn, x.State, "", "", db.Time{}, db.Time{}, x.Person, x.Version); err != nil {
			return err
		}
		id = x.ID
		rows, err := s.run(tx, &x)
		if err != nil {
			return err
		}
		if err := s.tellUnit(tx, a, "inspection.issue", &x, ""); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "inspection.issue", Kind: "inspection", Object: id, To: Issued, Data: map[string]any{"unit": x.Unit}, Rows: append(rows, x.row())})
	})
	return id, err
}

// run starts the clock of a report; for one that is late already, until tomorrow.
func (s *Service) run(tx *db.Tx, x *Inspection) ([]ledger.Row, error) {
	c := clock.Clock{Tenant: x.Tenant, Kind: "inspection.due", Title: "督查事项", Subject: x.Title, Object: "inspection", ObjectID: x.ID, Link: "/inspections/" + x.ID, Until: max(x.DueOn, org.Today(tx).AddDays(1))}
	for _, role := range []string{"unit_clerk", "unit_officer", "unit_leader"} {
		c.Holder = append(c.Holder, clock.Holder{Role: role, Body: x.Unit})
	}
	started, err := s.clocks.Start(tx, c)
	if err != nil {
		return nil, err
	}
	return []ledger.Row{started.Row()}, nil
}

func (s *Service) tellUnit(tx *db.Tx, a actor.Actor, kind string, x *Inspection, reason string) error {
	to, err := staff(tx, x.Tenant, x.Unit)
	if err != nil {
		return err
	}
	return s.tell(tx, a, kind, x.Tenant, "/inspections/"+x.ID, x.ID, notify.As(notify.Unit, to...), notify.Params{"title": x.Title, "due": x.DueOn, "reason": reason})
}

// DoInspection takes a step of an inspection. Said is the department's report, or
// the office's word on it, needed to send it back or to withdraw it.
func (s *Service) DoInspection(ctx context.Context, id string, version int, action, said string) error {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	said = han.Tidy(said)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		x, err := inspection(tx, a, id)
		if err != nil {
			return err
		}
		if done, err := ledger.Repeated(tx, id); err != nil || done {
			return err
		}
		step, err := InspectionFlow.Find(x.State, action)
		if err != nil {
			return err
		}
		if !a.Can(step.Permission) || action == "report" && a.Body != x.Unit {
			return actor.Denied
		}
		var f errs.Fields
		f.Check(said != "" || action == "accept", "said", "请填写")
		f.Check(len([]rune(said)) <= 5000, "said", "不能超过 %d 个字", 5000)
		if err := f.Err(); err != nil {
			return err
		}
		if version != x.Version {
			return db.Stale()
		}
		from := x.State
		x.State = step.To
		rows, err := s.inspected(tx, a, x, action, said)
		if err != nil {
			return err
		}
		if err := db.Touch(tx.Exec(`UPDATE inspection SET state = $4, result = $5, answer = $6, reported_at = $7, done_at = $8, version = version + 1 WHERE tenant = $1 AND id = $2 AND version = $3`,
			x.Tenant, x.ID, x.Version, x.State, x.Result, x.Answer, x.ReportedAt, x.DoneAt)); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "inspection." + action, Kind: "inspection", Object: id, From: from, To: x.State, Note: said, Rows: append(rows, x.row())})
	})
}

// inspected is what a step does beside changing the state.
func (s *Service) inspected(tx *db.Tx, a actor.Actor, x *Inspection, action, said string) (rows []ledger.Row, err error) {
	stop := func(met bool) error {
		stopped, err := s.clocks.StopFor(tx, x.Tenant, "inspection", x.ID, met)
		for _, c := range stopped {
			rows = append(rows, c.Row())
		}
		return err
	}
	switch action {
	case "report":
		x.Result, x.ReportedAt = said, db.At(tx.Now())
		if err := stop(true); err != nil {
			return nil, err
		}
		to, err := org.PeopleWith(tx, x.Tenant, "dispatcher", "")
		if err != nil {
			return nil, err
		}
		return rows, s.tell(tx, a, "inspection.report", x.Tenant, "/inspections/"+x.ID, x.ID, append(notify.As(notify.Dispatcher, to...), notify.Told{Person: x.Person, Why: notify.Author}), notify.Params{"title": x.Title, "unit": x.UnitName})
	case "accept":
		x.Answer, x.DoneAt = said, db.At(tx.Now())
	case "return":
		x.Answer = said
		if rows, err = s.run(tx, x); err != nil {
			return nil, err
		}
		return rows, s.tellUnit(tx, a, "inspection.return", x, said)
	case "withdraw":
		x.Answer = said
		return rows, stop(false)
	}
	return rows, nil
}
