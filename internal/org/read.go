package org

import (
	"slices"
	"strings"

	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
)

// The functions here are for the transactions of other capabilities. They check
// no permission: who may see what is for the caller to say.

// TenantOf returns a tenant.
func TenantOf(tx *db.Tx, id string) (*Tenant, error) {
	return db.One(tx, (*Tenant).fields, `SELECT `+tenantColumns+` FROM tenant WHERE id = $1`, id)
}

// Tenants lists all tenants of the platform, for jobs that run for each.
func Tenants(tx *db.Tx) ([]*Tenant, error) {
	return db.All(tx, (*Tenant).fields, `SELECT `+tenantColumns+` FROM tenant ORDER BY id`)
}

// PersonOf returns a person.
func PersonOf(tx *db.Tx, tenant, id string) (*Person, error) {
	return db.One(tx, (*Person).fields, `SELECT `+personColumns+` FROM person WHERE tenant = $1 AND id = $2`, tenant, id)
}

// PersonName returns a person's name.
func PersonName(tx *db.Tx, tenant, id string) (name string, err error) {
	err = tx.Get(`SELECT name FROM person WHERE tenant = $1 AND id = $2`, []any{tenant, id}, &name)
	return name, err
}

// inChunks calls f for at most 500 values at a time.
func inChunks(values []string, f func([]string) error) error {
	for chunk := range slices.Chunk(values, 500) {
		if err := f(chunk); err != nil {
			return err
		}
	}
	return nil
}

type pair struct{ id, name string }

func (p *pair) fields() []any { return []any{&p.id, &p.name} }

func named(tx *db.Tx, query, tenant string, ids []string) (map[string]string, error) {
	names := make(map[string]string, len(ids))
	err := inChunks(ids, func(chunk []string) error {
		list, args := db.In([]any{tenant}, chunk)
		all, err := db.All(tx, (*pair).fields, query+list, args...)
		for _, p := range all {
			names[p.id] = p.name
		}
		return err
	})
	return names, err
}

// PersonNames returns the names of people by their ids.
func PersonNames(tx *db.Tx, tenant string, ids []string) (map[string]string, error) {
	return named(tx, `SELECT id, name FROM person WHERE tenant = $1 AND id IN `, tenant, ids)
}

// BodyNames returns the short names (or names) of bodies by their ids.
func BodyNames(tx *db.Tx, tenant string, ids []string) (map[string]string, error) {
	return named(tx, `SELECT id, CASE WHEN short_name = '' THEN name ELSE short_name END FROM body WHERE tenant = $1 AND id IN `, tenant, ids)
}

// BodyOf returns a body.
func BodyOf(tx *db.Tx, tenant, id string) (*Body, error) {
	return db.One(tx, (*Body).fields, `SELECT `+bodyColumns+` FROM body WHERE tenant = $1 AND id = $2`, tenant, id)
}

// Bodies lists a tenant's bodies of a kind (of all kinds if empty), in their
// order; inactive ones too, for old records name them.
func Bodies(tx *db.Tx, tenant, kind string) ([]*Body, error) {
	return db.All(tx, (*Body).fields, `SELECT `+bodyColumns+` FROM body WHERE tenant = $1 AND ($2 = '' OR kind = $2) ORDER BY kind, position, id`, tenant, kind)
}

// ActiveBodies is [Bodies] without the inactive ones, for choosing from.
func ActiveBodies(tx *db.Tx, tenant, kind string) ([]*Body, error) {
	all, err := Bodies(tx, tenant, kind)
	return slices.DeleteFunc(all, func(b *Body) bool { return !b.Active }), err
}

// PeopleWith lists the people who hold a role today; for one body unless body
// is empty.
func PeopleWith(tx *db.Tx, tenant, role, body string) ([]string, error) {
	return db.Column[string](tx, `SELECT DISTINCT person FROM grant_role WHERE tenant = $1 AND `+onDay2+` AND role = $3 AND ($4 = '' OR body = $4) ORDER BY person`,
		tenant, Today(tx), role, body)
}

// Officers lists the people who may sign for a body on a day.
func Officers(tx *db.Tx, tenant, body string, on calendar.Date) ([]string, error) {
	return db.Column[string](tx, `SELECT DISTINCT person FROM membership WHERE tenant = $1 AND `+onDay2+` AND body = $3 AND officer ORDER BY person`, tenant, on, body)
}

// MembersOf lists the people who belong to a body on a day.
func MembersOf(tx *db.Tx, tenant, body string, on calendar.Date) ([]string, error) {
	return db.Column[string](tx, `SELECT DISTINCT person FROM membership WHERE tenant = $1 AND `+onDay2+` AND body = $3 ORDER BY person`, tenant, on, body)
}

// MembershipsOn lists the bodies that a person belongs to on a day.
func MembershipsOn(tx *db.Tx, tenant, person string, on calendar.Date) ([]*Membership, error) {
	return db.All(tx, (*Membership).fields, `SELECT `+membershipColumns+` FROM membership WHERE tenant = $1 AND `+onDay2+` AND person = $3 ORDER BY from_on, id`, tenant, on, person)
}

// SeatOn is the kind of seat that a person holds on a day, the higher of two;
// empty for who is not a member.
func SeatOn(tx *db.Tx, tenant, person string, on calendar.Date) (string, error) {
	kinds, err := db.Column[string](tx, `SELECT kind FROM seat WHERE tenant = $1 AND `+onDay2+` AND person = $3 ORDER BY kind DESC`, tenant, on, person)
	if err != nil || len(kinds) == 0 {
		return "", err
	}
	return kinds[0], nil // "standing_member" sorts after "member"
}

// SeatedOn lists the people who are members on a day: the denominator of rates.
func SeatedOn(tx *db.Tx, tenant string, on calendar.Date) ([]string, error) {
	return db.Column[string](tx, `SELECT DISTINCT person FROM seat WHERE tenant = $1 AND `+onDay2+` ORDER BY person`, tenant, on)
}

// Dims are the bodies under which what a person does is counted.
type Dims struct {
	Seat      string // kind; empty for who is not a member
	Party     string // ids of bodies
	Sector    string
	Committee string
	Groups    []string
}

// Affiliations answers for every person of a tenant to what they belonged on
// any day. It is a few hundred bytes per person, loaded by two queries.
type Affiliations struct {
	bodies map[string][]dated
	seats  map[string][]dated
}

type dated struct {
	person, body, kind string
	from, to           calendar.Date
}

func (d *dated) fields() []any { return []any{&d.person, &d.body, &d.kind, &d.from, &d.to} }

func (d *dated) on(day calendar.Date) bool { return d.from <= day && (d.to == "" || d.to >= day) }

// AffiliationsOf loads the affiliations of a tenant's people; of all of them
// when people is nil.
func AffiliationsOf(tx *db.Tx, tenant string, people []string) (*Affiliations, error) {
	a := &Affiliations{bodies: map[string][]dated{}, seats: map[string][]dated{}}
	load := func(where string, args []any) error {
		bodies, err := db.All(tx, (*dated).fields, `SELECT m.person, m.body, b.kind, m.from_on, m.to_on FROM membership m
			JOIN body b ON b.tenant = m.tenant AND b.id = m.body WHERE m.tenant = $1`+strings.ReplaceAll(where, "person", "m.person")+` ORDER BY m.from_on, m.id`, args...)
		if err != nil {
			return err
		}
		for _, d := range bodies {
			a.bodies[d.person] = append(a.bodies[d.person], *d)
		}
		seats, err := db.All(tx, (*dated).fields, `SELECT person, term, kind, from_on, to_on FROM seat WHERE tenant = $1`+where+` ORDER BY from_on, id`, args...)
		for _, d := range seats {
			a.seats[d.person] = append(a.seats[d.person], *d)
		}
		return err
	}
	if people == nil {
		return a, load("", []any{tenant})
	}
	return a, inChunks(people, func(chunk []string) error {
		list, args := db.In([]any{tenant}, chunk)
		return load(` AND person IN `+list, args)
	})
}

// On says to what a person belonged on a day. Of several bodies of a kind the
// one joined last counts.
func (a *Affiliations) On(person string, day calendar.Date) Dims {
	var d Dims
	for _, s := range a.seats[person] {
		if s.on(day) && d.Seat != StandingMember {
			d.Seat = s.kind
		}
	}
	for _, m := range a.bodies[person] {
		if !m.on(day) {
			continue
		}
		switch m.kind {
		case "party":
			d.Party = m.body
		case "sector":
			d.Sector = m.body
		case "committee":
			d.Committee = m.body
		case "group":
			d.Groups = append(d.Groups, m.body)
		}
	}
	return d
}

// DimsOn is [Affiliations.On] for some people on one day.
func DimsOn(tx *db.Tx, tenant string, people []string, day calendar.Date) (map[string]Dims, error) {
	if people == nil {
		people = []string{}
	}
	a, err := AffiliationsOf(tx, tenant, people)
	if err != nil {
		return nil, err
	}
	dims := make(map[string]Dims, len(people))
	for _, p := range people {
		dims[p] = a.On(p, day)
	}
	return dims, nil
}

// Terms lists a tenant's terms, newest first.
func Terms(tx *db.Tx, tenant string) ([]*Term, error) {
	return db.All(tx, (*Term).fields, `SELECT `+termColumns+` FROM term WHERE tenant = $1 ORDER BY no DESC`, tenant)
}

// TermOf returns a term.
func TermOf(tx *db.Tx, tenant, id string) (*Term, error) {
	return db.One(tx, (*Term).fields, `SELECT `+termColumns+` FROM term WHERE tenant = $1 AND id = $2`, tenant, id)
}

// CurrentTerm is the term of the current session; without sessions, the newest
// term that has begun.
func CurrentTerm(tx *db.Tx, tenant string) (*Term, error) {
	s, err := CurrentSession(tx, tenant)
	if err == nil {
		return TermOf(tx, tenant, s.Term)
	}
	if !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	return db.One(tx, (*Term).fields, `SELECT `+termColumns+` FROM term WHERE tenant = $1 ORDER BY CASE WHEN from_on <= $2 THEN 0 ELSE 1 END, no DESC LIMIT 1`, tenant, Today(tx))
}

// Sessions lists a tenant's sessions, newest first.
func Sessions(tx *db.Tx, tenant string) ([]*Session, error) {
	return db.All(tx, (*Session).fields, `SELECT `+sessionColumns+` FROM session WHERE tenant = $1 ORDER BY counts_from DESC, id DESC`, tenant)
}

// SessionOf returns a session.
func SessionOf(tx *db.Tx, tenant, id string) (*Session, error) {
	return db.One(tx, (*Session).fields, `SELECT `+sessionColumns+` FROM session WHERE tenant = $1 AND id = $2`, tenant, id)
}

// CurrentSession is the session for which papers count today: the one that was
// chosen, else the last one that counts already, else the first to come. A
// tenant without sessions is a NotFound error.
func CurrentSession(tx *db.Tx, tenant string) (*Session, error) {
	t, err := TenantOf(tx, tenant)
	if err != nil {
		return nil, err
	}
	return sessionFor(tx, t.ID, t.ChosenSession, Today(tx))
}

// SessionOn is the session for which papers of a day count, whatever was chosen.
func SessionOn(tx *db.Tx, tenant string, day calendar.Date) (*Session, error) {
	return sessionFor(tx, tenant, "", day)
}

func sessionFor(tx *db.Tx, tenant, chosen string, day calendar.Date) (*Session, error) {
	all, err := Sessions(tx, tenant)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errs.New(errs.NotFound, "本级政协还没有设置会议，请管理员先添加届次和会议")
	}
	for _, s := range all {
		if s.ID == chosen {
			return s, nil
		}
	}
	for _, s := range all {
		if s.CountsFrom <= day {
			return s, nil
		}
	}
	return all[len(all)-1], nil
}

// Days is the calendar of a tenant: the national table with the tenant's own
// days in place of those of the same date.
func Days(tx *db.Tx, tenant string) (*calendar.Days, error) {
	own, err := OwnDays(tx, tenant)
	if err != nil || len(own) == 0 {
		return calendar.National(), err
	}
	return calendar.National().With(own), nil
}

// OwnDays lists the days in which a tenant differs from the national table.
func OwnDays(tx *db.Tx, tenant string) ([]calendar.Day, error) {
	all, err := db.All(tx, func(d *calendar.Day) []any { return []any{&d.Date, &d.Kind, &d.Name} },
		`SELECT day_on, kind, name FROM calendar_day WHERE tenant = $1 ORDER BY day_on`, tenant)
	days := make([]calendar.Day, len(all))
	for i, d := range all {
		days[i] = *d
	}
	return days, err
}
