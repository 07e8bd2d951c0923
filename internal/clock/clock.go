// Package clock runs deadlines: it keeps when something is due and why, who has
// to do it, reminds them, and lets a module act when the time is over.
//
// A service starts and stops a clock in the transaction of its own act and notes
// it there; [Clocks.Tick], called now and then by any number of processes, sends
// each reminder exactly once. Main types: [Clocks], [Clock], [Holder].
//
// It owns the tables clock and clock_holder. It deliberately reckons no dates
// (calendar does), sets no lengths (rule does), and writes no ledger entries:
// starting, moving and stopping a clock is part of somebody's act. Being overdue
// is no state but a comparison with today.
package clock

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"

	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations holds the schema of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words is this package's English.
//
//go:embed en.tsv
var Words []byte

// States of a clock.
const (
	Running   = "running"
	Met       = "met"       // done by the due date
	Late      = "late"      // done after it
	Cancelled = "cancelled" // no longer asked for
)

// Holder is who has to do it: a person, or all who hold a role in a body (in any
// body or none, if Body is empty).
type Holder struct {
	Person string
	Role   string
	Body   string
}

// Persons makes holders of persons.
func Persons(ids ...string) []Holder {
	all := make([]Holder, len(ids))
	for i, id := range ids {
		all[i].Person = id
	}
	return all
}

// Clock is a deadline that runs, or ran, for something. [Clocks.Start] takes the
// first group and reckons the second.
type Clock struct {
	Tenant      string
	Kind        string // the setting that it comes from: "assignment.reply"
	Title       string // what is due, in Simplified Chinese, known to a catalogue: "答复"
	Subject     string // what it is about, as people typed it: the proposal's title
	Object      string // "assignment"
	ObjectID    string
	Link        string
	Holder      []Holder // filled in when read one by one or by object, not in lists
	RuleVersion int
	StartedOn   calendar.Date // today when empty; counting begins the next day
	Term        calendar.Term
	Hard        calendar.Term // counted from the start; no extension goes past it; zero is none
	Until       calendar.Date // a day that somebody set, in place of Term
	Roll        bool          // a last day that is not worked moves to the next that is

	ID        string
	State     string
	DueOn     calendar.Date // the last day in time; "" while a pause without hard maximum runs
	HardOn    calendar.Date
	HalfOn    calendar.Date
	EightyOn  calendar.Date
	Paused    bool
	StoppedOn calendar.Date
	RanOutOn  calendar.Date // when it was noticed that the due date had passed
	Version   int

	spec     calendar.Spec
	steps    string
	nextMark string
	nextOn   calendar.Date
}

// Overdue reports whether the clock still runs on a day after it was due.
func (c *Clock) Overdue(today calendar.Date) bool {
	return c.State == Running && c.DueOn != "" && c.DueOn < today
}

// Left returns the calendar days from today to the due date; negative when over.
func (c *Clock) Left(today calendar.Date) int { return c.DueOn.Sub(today) }

// Extensions returns what was granted, in order.
func (c *Clock) Extensions() []calendar.Extension { return c.spec.Extensions }

// Pauses returns when it stood still; the last may still run.
func (c *Clock) Pauses() []calendar.Pause { return c.spec.Pauses }

// Steps explain the due date line by line.
func (c *Clock) Steps() []calendar.Step {
	var steps []calendar.Step
	if json.Unmarshal([]byte(c.steps), &steps) != nil {
		return nil
	}
	return steps
}

// Row names the clock's row for a ledger entry about starting, moving or
// stopping it. Reminders change columns without an entry; those are left out.
func (c *Clock) Row() ledger.Row {
	return ledger.RowOf("clock", "tenant", c.Tenant, "id", c.ID).Without("next_mark", "next_on", "ran_out_on", "version")
}

// Config is what the platform gives.
type Config struct {
	Days       func(tx *db.Tx, tenant string) (*calendar.Days, error)
	PeopleWith func(tx *db.Tx, tenant, role, body string) ([]string, error) // persons
	Notices    *notify.Notifier
	Log        *slog.Logger // slog.Default() when nil
}

// Clocks keeps the clocks of all tenants. It is safe for concurrent use.
type Clocks struct {
	db     *db.DB
	config Config
	onDue  map[string]func(*db.Tx, *Clock) error
}

// New makes the clocks.
func New(d *db.DB, c Config) *Clocks {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Clocks{db: d, config: c, onDue: map[string]func(*db.Tx, *Clock) error{}}
}

// OnDue sets what happens once when a clock of a kind has run out, on the day
// after it was due: f runs as the system in the transaction of the reminder, and
// if it fails it is tried again at the next tick. It may stop or extend the
// clock. OnDue is called while the platform is put together, once for a kind.
func (s *Clocks) OnDue(kind string, f func(tx *db.Tx, c *Clock) error) {
	if s.onDue[kind] != nil {
		panic("clock: two functions for " + kind)
	}
	s.onDue[kind] = f
}

// Start starts a clock and returns it with its dates.
func (s *Clocks) Start(tx *db.Tx, c Clock) (*Clock, error) {
	if c.Tenant == "" || c.Kind == "" || c.Title == "" || c.Object == "" || c.ObjectID == "" {
		return nil, fmt.Errorf("clock: needs Tenant, Kind, Title, Object and ObjectID: %+v", c)
	}
	if c.StartedOn == "" {
		c.StartedOn = calendar.On(tx.Now())
	}
	if c.Until != "" {
		if c.Until <= c.StartedOn {
			return nil, errs.New(errs.Invalid, "截止日期必须晚于开始日期")
		}
		c.Term, c.Roll = between(c.StartedOn, c.Until), false
	}
	if c.Term.N <= 0 {
		return nil, fmt.Errorf("clock: %s has no term", c.Kind)
	}
	c.ID, c.State, c.Version = db.NewID(), Running, 1
	c.spec = calendar.Spec{Start: c.StartedOn, Term: c.Term, Hard: c.Hard, Roll: c.Roll}
	if err := s.reckon(tx, &c); err != nil {
		return nil, err
	}
	c.schedule(c.StartedOn)
	if err := insert(tx, &c); err != nil {
		return nil, err
	}
	return &c, nil
}

func between(from, to calendar.Date) calendar.Term {
	return calendar.Term{N: to.Sub(from), Unit: calendar.CalendarDays}
}

// reckon makes the dates out of the spec.
func (s *Clocks) reckon(tx *db.Tx, c *Clock) error {
	days, err := s.config.Days(tx, c.Tenant)
	if err != nil {
		return err
	}
	r := calendar.Compute(days, c.spec)
	c.DueOn, c.HardOn, c.HalfOn, c.EightyOn, c.Paused = r.Due, r.Hard, r.Half, r.Eighty, r.Paused
	b, err := json.Marshal(r.Steps)
	c.steps = string(b)
	return err
}

// Stop ends a running clock: met says that what it asked for was done, in time
// or late; otherwise it is cancelled. A clock that has ended is a Conflict.
func (s *Clocks) Stop(tx *db.Tx, tenant, id string, met bool) (*Clock, error) {
	c, err := s.running(tx, tenant, id)
	if err != nil {
		return nil, err
	}
	return c, s.stop(tx, c, met)
}

func (s *Clocks) stop(tx *db.Tx, c *Clock, met bool) error {
	today := calendar.On(tx.Now())
	c.State = Cancelled
	if met {
		c.State = Met
		if c.DueOn != "" && c.DueOn < today {
			c.State = Late
		}
	}
	c.StoppedOn, c.nextMark, c.nextOn = today, "", ""
	return update(tx, c)
}

// StopFor ends the running clocks of an object, only those of the kinds given if
// any are, and returns them. That none runs is no error.
func (s *Clocks) StopFor(tx *db.Tx, tenant, object, objectID string, met bool, kinds ...string) ([]*Clock, error) {
	all, err := s.Of(tx, tenant, object, objectID)
	if err != nil {
		return nil, err
	}
	var stopped []*Clock
	for _, c := range all {
		if c.State != Running || len(kinds) > 0 && !slices.Contains(kinds, c.Kind) {
			continue
		}
		if err := s.stop(tx, c, met); err != nil {
			return nil, err
		}
		stopped = append(stopped, c)
	}
	return stopped, nil
}

// Extend adds a term to the due date, up to the hard maximum, and returns the
// clock as it was and as it is. An extension that moves nothing is a Conflict.
func (s *Clocks) Extend(tx *db.Tx, tenant, id string, term calendar.Term, why string) (before, after *Clock, err error) {
	return s.change(tx, tenant, id, func(c *Clock, today calendar.Date) error {
		if term.N <= 0 {
			return errs.New(errs.Invalid, "请填写延长的时间")
		}
		c.spec.Extensions = append(c.spec.Extensions, calendar.Extension{Term: term, On: today, Why: why})
		return nil
	}, func(before, after *Clock) error {
		if !after.Paused && after.DueOn <= before.DueOn {
			return errs.New(errs.Conflict, "已到最长期限，不能再延期")
		}
		return nil
	})
}

// ExtendTo moves the due date to a later day, which must not lie after the hard
// maximum.
func (s *Clocks) ExtendTo(tx *db.Tx, tenant, id string, until calendar.Date, why string) (before, after *Clock, err error) {
	return s.change(tx, tenant, id, func(c *Clock, today calendar.Date) error {
		if c.Paused || until <= c.DueOn {
			return errs.New(errs.Invalid, "新的期限必须晚于原来的期限")
		}
		c.spec.Extensions = append(c.spec.Extensions, calendar.Extension{Term: between(c.DueOn, until), On: today, Why: why})
		return nil
	}, func(_, after *Clock) error {
		if after.HardOn != "" && until > after.HardOn {
			return errs.New(errs.Conflict, "不能超过最长期限 %s", after.HardOn.String())
		}
		return nil
	})
}

// Pause lets the clock stand still from today on.
func (s *Clocks) Pause(tx *db.Tx, tenant, id, why string) (before, after *Clock, err error) {
	return s.change(tx, tenant, id, func(c *Clock, today calendar.Date) error {
		if c.Paused {
			return errs.New(errs.Conflict, "计时已经暂停")
		}
		if c.Overdue(today) {
			return errs.New(errs.Conflict, "已经逾期，不能暂停计时")
		}
		c.spec.Pauses = append(c.spec.Pauses, calendar.Pause{From: today, Why: why})
		return nil
	}, nil)
}

// Resume lets a paused clock run again from today on.
func (s *Clocks) Resume(tx *db.Tx, tenant, id string) (before, after *Clock, err error) {
	return s.change(tx, tenant, id, func(c *Clock, today calendar.Date) error {
		if !c.Paused {
			return errs.New(errs.Conflict, "计时没有暂停")
		}
		last := len(c.spec.Pauses) - 1
		if c.spec.Pauses[last].From >= today { // the same day: it never stood still
			c.spec.Pauses = c.spec.Pauses[:last]
		} else {
			c.spec.Pauses[last].To = today.AddDays(-1)
		}
		return nil
	}, nil)
}

// change edits the spec of a running clock and reckons it anew. Reminders begin
// again for the new dates, with those after today: who moved the date knows it.
func (s *Clocks) change(tx *db.Tx, tenant, id string, edit func(*Clock, calendar.Date) error, check func(before, after *Clock) error) (before, after *Clock, err error) {
	if before, err = s.running(tx, tenant, id); err != nil {
		return nil, nil, err
	}
	today := calendar.On(tx.Now())
	c := *before
	c.spec.Extensions = append([]calendar.Extension(nil), c.spec.Extensions...)
	c.spec.Pauses = append([]calendar.Pause(nil), c.spec.Pauses...)
	if err := edit(&c, today); err != nil {
		return nil, nil, err
	}
	if err := s.reckon(tx, &c); err != nil {
		return nil, nil, err
	}
	if check != nil {
		if err := check(before, &c); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case !c.Overdue(today):
		c.RanOutOn = "" // it may run out again
		c.schedule(today)
	case c.RanOutOn == "": // moved into the past by an edited calendar
		c.schedule(c.DueOn)
	default:
		c.schedule(today)
	}
	return before, &c, update(tx, &c)
}

// Hand gives a running clock to other holders, whom the next reminders reach.
func (s *Clocks) Hand(tx *db.Tx, tenant, id string, to ...Holder) error {
	c, err := s.running(tx, tenant, id)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM clock_holder WHERE tenant = $1 AND clock = $2`, tenant, id); err != nil {
		return err
	}
	c.Holder = to
	return insertHolders(tx, c)
}

// Recompute reckons the tenant's running clocks anew, after its calendar was
// edited, and returns those whose due date moved, as they were and as they are.
func (s *Clocks) Recompute(tx *db.Tx, tenant string) (before, after []*Clock, err error) {
	all, err := list(tx, `WHERE tenant = $1 AND state = 'running' ORDER BY id`, tenant)
	if err != nil {
		return nil, nil, err
	}
	days, err := s.config.Days(tx, tenant)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range all {
		if calendar.Compute(days, c.spec).Due == c.DueOn {
			continue
		}
		old, moved, err := s.change(tx, tenant, c.ID, func(*Clock, calendar.Date) error { return nil }, nil)
		if err != nil {
			return nil, nil, err
		}
		before, after = append(before, old), append(after, moved)
	}
	return before, after, nil
}

func (s *Clocks) running(tx *db.Tx, tenant, id string) (*Clock, error) {
	c, err := s.Get(tx, tenant, id)
	if err == nil && c.State != Running {
		return nil, errs.New(errs.Conflict, "这项期限已经结束")
	}
	return c, err
}

// people returns the persons behind a clock's holders.
func (s *Clocks) people(tx *db.Tx, c *Clock) ([]string, error) {
	var all []string
	for _, h := range c.Holder {
		if h.Person != "" {
			all = append(all, h.Person)
			continue
		}
		persons, err := s.config.PeopleWith(tx, c.Tenant, h.Role, h.Body)
		if err != nil {
			return nil, err
		}
		all = append(all, persons...)
	}
	return all, nil
}
