package supervision

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

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
	p.Title, p.Place, p.Agenda, p.Guests = han.Tidy(p.Title), han.Tidy(p.Place), han.Tidy(p.Agenda), han.Tidy(p.Guests)
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
