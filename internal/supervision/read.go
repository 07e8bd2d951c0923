package supervision

import (
	"context"
	"io"
	"maps"
	"slices"
	"strconv"

	"shangliang/internal/actor"
	"shangliang/internal/attachment"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

// Filter says which events a list shows; zero fields do not filter.
type Filter struct {
	Year    int    `form:"year" query:"year"`
	Meaning string `form:"meaning" query:"meaning"`
	State   string `form:"state" query:"state"`
	Unit    string `form:"unit" query:"unit"`
	Title   string `form:"q" query:"title"`
	Coming  bool   `form:"coming" query:"coming"` // planned, from today on
}

// Item is a row of a list.
type Item struct {
	*Event
	LeaderName string
	Units      string // names
	Cases      int
	Owed       int // tasks that are not done
	Late       int // of them: overdue
}

// mostListed bounds a list.
const mostListed = 1000

// List returns the events in the actor's reach that a filter picks, the latest
// first, with the day they are compared with.
func (s *Service) List(ctx context.Context, f Filter) (all []*Item, today calendar.Date, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, "", err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		today = org.Today(tx)
		cond, args := reach(a, []any{a.Tenant, f.Year, f.Meaning, f.State, f.Unit, db.Like(f.Title), f.Coming, today})
		all, err = db.All(tx, func(x *Item) []any {
			x.Event = new(Event)
			return append(x.Event.fields(), &x.LeaderName, &x.Units, &x.Cases, &x.Owed, &x.Late)
		}, `SELECT `+eventColumns+`, COALESCE(l.name, ''),
			COALESCE((SELECT string_agg(COALESCE(NULLIF(b.short_name, ''), b.name), '、' ORDER BY b.name) FROM supervision_unit u JOIN body b ON b.tenant = u.tenant AND b.id = u.unit WHERE u.tenant = e.tenant AND u.event = e.id), ''),
			(SELECT COUNT(*) FROM supervision_case c WHERE c.tenant = e.tenant AND c.event = e.id),
			(SELECT COUNT(*) FROM supervision_task t WHERE t.tenant = e.tenant AND t.event = e.id AND t.state <> 'done'),
			(SELECT COUNT(*) FROM supervision_task t WHERE t.tenant = e.tenant AND t.event = e.id AND t.state <> 'done' AND t.due_on < $8)
			FROM supervision_event e LEFT JOIN person l ON l.tenant = e.tenant AND l.id = e.leader
			WHERE e.tenant = $1 AND ($2 = 0 OR e.year = $2) AND ($3 = '' OR e.meaning = $3) AND ($4 = '' OR e.state = $4)
			AND ($5 = '' OR e.id IN (SELECT u.event FROM supervision_unit u WHERE u.tenant = $1 AND u.unit = $5)) AND e.title LIKE $6 ESCAPE '\'
			AND (NOT $7 OR e.state = 'planned' AND e.on_date >= $8) AND `+cond+` ORDER BY e.on_date DESC, e.id DESC LIMIT `+itoa(mostListed), args...)
		return err
	})
	return all, today, err
}

// Desk is what a page that schedules has to choose from.
type Desk struct {
	Rules       *rule.Version
	Departments []*org.Body
	Committees  []*org.Body
	Years       []int
	Year        int // the current one
	Today       calendar.Date
	Cases       []*Case           // those asked for that the actor may see
	Names       map[string]string // of the people asked for
}

// Desk returns what there is to choose from: bodies, types and years are known to
// everybody in the tenant, cases only as far as the actor may see them.
func (s *Service) Desk(ctx context.Context, cases, people []string) (d *Desk, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	d = &Desk{}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		d.Today = org.Today(tx)
		if d.Rules, err = s.rules.Now(tx, a.Tenant); err != nil {
			return err
		}
		bodies, err := org.ActiveBodies(tx, a.Tenant, "")
		if err != nil {
			return err
		}
		for _, b := range bodies {
			switch b.Kind {
			case "department":
				d.Departments = append(d.Departments, b)
			case "committee":
				d.Committees = append(d.Committees, b)
			}
		}
		sessions, err := org.Sessions(tx, a.Tenant)
		if err != nil {
			return err
		}
		for _, x := range sessions {
			d.Years = append(d.Years, x.Year)
		}
		slices.Sort(d.Years)
		d.Years = slices.Compact(d.Years)
		slices.Reverse(d.Years)
		d.Year = d.Today.Year()
		if current, err := org.CurrentSession(tx, a.Tenant); err == nil {
			d.Year = current.Year
		} else if !errs.Is(err, errs.NotFound) {
			return err
		}
		if d.Cases, err = proposal.Briefs(tx, a, cases[:min(len(cases), most)]); err != nil {
			return err
		}
		d.Names, err = org.PersonNames(tx, a.Tenant, people)
		return err
	})
	return d, err
}

// Action is a step that the actor may take now, or that only waits for something:
// then Blocked says what for.
type Action struct {
	flow.Step
	Blocked string
}

// Details is everything about one event that the actor may see.
type Details struct {
	*Event
	Cases   []*Case
	Reads   map[string]bool // the cases that the actor may open
	Units   []string
	People  []string
	Tasks   []*Task
	Open    []*Open
	Files   []*attachment.File
	Clocks  map[string][]*clock.Clock // of the tasks
	History []*ledger.Entry
	Names   map[string]string
	Actions []Action
	Changes bool // the actor may change what is scheduled
	Rules   *rule.Version
	Today   calendar.Date
}

// Get returns an event with everything that its page shows.
func (s *Service) Get(ctx context.Context, id string) (d *Details, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	ctx = actor.WithRequest(ctx, actor.Request{}) // reading is no act
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		w, _, err := s.begin(tx, a, id)
		if err != nil {
			return err
		}
		d = &Details{Event: w.Event, Units: w.units, People: w.people, Tasks: w.tasks, Rules: w.rules, Today: w.today, Reads: map[string]bool{},
			Changes: w.State == Planned && a.Can("supervision.manage")}
		mine, err := proposal.Briefs(tx, a, w.cases)
		if err != nil {
			return err
		}
		for _, c := range mine {
			d.Reads[c.ID] = true
		}
		if d.Cases, err = proposal.Briefs(tx, actor.System(w.Tenant), w.cases); err != nil {
			return err
		}
		if d.Open, err = db.All(tx, (*Open).fields, `SELECT `+openColumns+` FROM supervision_open WHERE tenant = $1 AND event = $2 ORDER BY unit, due_on, case_no`, w.Tenant, w.ID); err != nil {
			return err
		}
		ids := make([]string, len(d.Tasks))
		for i, t := range d.Tasks {
			ids[i] = t.ID
		}
		if d.Clocks, err = s.clocks.OfMany(tx, w.Tenant, "supervision_task", ids); err != nil {
			return err
		}
		if d.Files, err = attachment.Of(tx, w.Tenant, Object, w.ID); err != nil {
			return err
		}
		if d.History, err = ledger.Acts(tx, w.Tenant, Object, w.ID); err != nil {
			return err
		}
		d.Actions = w.actions()
		return d.nameAll(tx)
	})
	return d, err
}

func (w *work) actions() []Action {
	var all []Action
	for _, step := range Flow.Open(w.State) {
		if !w.a.Can(step.Permission) {
			continue
		}
		act := Action{Step: step}
		if err := guards.Run(step.Guards, w); err != nil {
			act.Blocked = err.(*errs.Error).Msg
		}
		all = append(all, act)
	}
	return all
}

func (d *Details) nameAll(tx *db.Tx) error {
	people, bodies := map[string]bool{d.Leader: true, d.CreatedBy: true}, map[string]bool{d.Committee: true}
	for _, id := range d.People {
		people[id] = true
	}
	for _, id := range d.Units {
		bodies[id] = true
	}
	for _, t := range d.Tasks {
		people[t.Person], people[t.DecidedBy], bodies[t.Unit] = true, true, true
	}
	for _, f := range d.Files {
		people[f.Person] = true
	}
	for _, e := range d.History {
		bodies[e.Body] = true
	}
	delete(people, "")
	delete(bodies, "")
	names, err := org.PersonNames(tx, d.Tenant, slices.Sorted(maps.Keys(people)))
	if err != nil {
		return err
	}
	of, err := org.BodyNames(tx, d.Tenant, slices.Sorted(maps.Keys(bodies)))
	d.Names = names
	maps.Copy(d.Names, of)
	return err
}

// OpenFile opens a file of an event in the actor's reach.
func (s *Service) OpenFile(ctx context.Context, id, file string) (f *attachment.File, content io.ReadSeekCloser, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := find(tx, a, id); err != nil {
			return err
		}
		f, err = attachment.Find(tx, a.Tenant, Object, id, file)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	content, err = s.files.Open(ctx, f)
	return f, content, err
}

// Department is how much a department has to answer, for choosing whom to visit.
type Department struct {
	ID, Name  string
	Total     int // assignments of the year's proposals
	Open      int
	Overdue   int
	Visits    int // of the year
	LastVisit calendar.Date
}

func (d *Department) fields() []any {
	return []any{&d.ID, &d.Name, &d.Total, &d.Open, &d.Overdue, &d.Visits, &d.LastVisit}
}

// Departments ranks the departments of a year's proposals: who is most overdue and
// has most left to answer comes first. Wants supervision.read.
func (s *Service) Departments(ctx context.Context, year int) (all []*Department, err error) {
	a, err := actor.Require(ctx, "supervision.read")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		all, err = db.All(tx, (*Department).fields, `WITH load AS (
				SELECT a.unit, COUNT(*) AS total, COUNT(*) FILTER (WHERE a.ended_at = '') AS open, COUNT(*) FILTER (WHERE a.ended_at = '' AND a.due_on <> '' AND a.due_on < $3) AS overdue
				FROM assignment a JOIN proposal p ON p.tenant = a.tenant AND p.id = a.proposal AND p.round = a.round
				WHERE a.tenant = $1 AND p.year = $2 AND a.state NOT IN ('returned', 'cancelled') GROUP BY a.unit),
			been AS (
				SELECT u.unit, COUNT(*) AS visits, MAX(e.on_date) AS last FROM supervision_unit u JOIN supervision_event e ON e.tenant = u.tenant AND e.id = u.event
				WHERE u.tenant = $1 AND e.year = $2 AND e.meaning = 'visit' AND e.state IN ('held', 'closed') GROUP BY u.unit)
			SELECT b.id, COALESCE(NULLIF(b.short_name, ''), b.name), load.total, load.open, load.overdue, COALESCE(been.visits, 0), COALESCE(been.last, '')
			FROM load JOIN body b ON b.tenant = $1 AND b.id = load.unit LEFT JOIN been ON been.unit = load.unit
			ORDER BY load.overdue DESC, load.open DESC, load.total DESC, b.id`, a.Tenant, year, org.Today(tx))
		return err
	})
	return all, err
}

// Owed is a task in a list, with the event it comes from.
type Owed struct {
	*Task
	Event string // its title
	Owner string // name
}

// Tasks lists the tasks that are not done and concern the actor: a department's or
// a person's own, all of them to who reads events. The first due comes first.
func (s *Service) Tasks(ctx context.Context) (all []*Owed, today calendar.Date, err error) {
	a, err := actor.Require(ctx, "supervision.report")
	if err != nil && !errs.Is(err, errs.Forbidden) {
		return nil, "", err
	}
	if err != nil {
		if a, err = actor.Require(ctx, "supervision.read"); err != nil {
			return nil, "", err
		}
	}
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		today = org.Today(tx)
		office := a.Can("supervision.read") && a.Role != "leader"
		all, err = db.All(tx, func(o *Owed) []any { o.Task = new(Task); return append(o.Task.fields(), &o.Event, &o.Owner) },
			`SELECT `+taskColumns+`, e.title, COALESCE(NULLIF(b.short_name, ''), b.name, q.name, '')
			FROM supervision_task t JOIN supervision_event e ON e.tenant = t.tenant AND e.id = t.event
			LEFT JOIN body b ON b.tenant = t.tenant AND b.id = t.unit LEFT JOIN person q ON q.tenant = t.tenant AND q.id = t.person
			WHERE t.tenant = $1 AND t.state <> 'done' AND ($2 OR t.unit <> '' AND t.unit = $3 OR t.person <> '' AND t.person = $4) ORDER BY t.due_on, t.id LIMIT `+itoa(mostListed),
			a.Tenant, office, a.Body, a.Person)
		return err
	})
	return all, today, err
}

// OfCase is an event as the page of a case tells of it.
type OfCase struct {
	*Event
	Tasks []*Task
	Opens bool // the actor may open the event
}

// OfCase lists what was held about a case, the latest first. Who asks has read
// the case. Tasks of other cases are left out.
func (s *Service) OfCase(ctx context.Context, id string) (all []*OfCase, v *rule.Version, names map[string]string, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, nil, nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if v, err = s.rules.Now(tx, a.Tenant); err != nil {
			return err
		}
		events, err := db.All(tx, (*Event).fields, `SELECT `+eventColumns+` FROM supervision_event e JOIN supervision_case c ON c.tenant = e.tenant AND c.event = e.id
			WHERE e.tenant = $1 AND c.proposal = $2 AND e.state <> 'cancelled' ORDER BY e.on_date DESC, e.id DESC`, a.Tenant, id)
		if err != nil || len(events) == 0 {
			return err
		}
		cond, args := reach(a, []any{a.Tenant, id})
		opens, err := db.Column[string](tx, `SELECT e.id FROM supervision_event e JOIN supervision_case c ON c.tenant = e.tenant AND c.event = e.id WHERE e.tenant = $1 AND c.proposal = $2 AND `+cond, args...)
		if err != nil {
			return err
		}
		owed, err := db.All(tx, (*Task).fields, `SELECT `+taskColumns+` FROM supervision_task t JOIN supervision_case c ON c.tenant = t.tenant AND c.event = t.event
			WHERE t.tenant = $1 AND c.proposal = $2 AND t.proposal IN ('', $2) ORDER BY t.due_on, t.id`, a.Tenant, id)
		if err != nil {
			return err
		}
		var units []string
		for _, e := range events {
			o := &OfCase{Event: e, Opens: slices.Contains(opens, e.ID)}
			for _, t := range owed {
				if t.Event == e.ID {
					o.Tasks = append(o.Tasks, t)
					units = append(units, t.Unit)
				}
			}
			all = append(all, o)
		}
		names, err = org.BodyNames(tx, a.Tenant, units)
		return err
	})
	return all, v, names, err
}

// FindCases finds filed cases in the actor's reach by their number or a part of
// their title, for choosing; the newest first, at most twenty. Wants
// supervision.manage.
func (s *Service) FindCases(ctx context.Context, text string) (all []*Case, err error) {
	a, err := actor.Require(ctx, "supervision.manage")
	if err != nil || text == "" {
		return nil, err
	}
	no, _ := strconv.Atoi(text)
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		all, err = proposal.FindBriefs(tx, a, text, no)
		return err
	})
	return all, err
}
