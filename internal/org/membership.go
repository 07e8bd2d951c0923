package org

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
)

// single lists the kinds of body of which a person belongs to one at a time.
var single = []string{"sector", "party"}

// AddMembership puts a person into a body. An empty From is today; an empty
// Term stays empty. Wants org.roster.
func (s *Service) AddMembership(ctx context.Context, m Membership) (string, error) {
	return s.do(ctx, "org.roster", func(tx *db.Tx, a actor.Actor) (string, error) {
		err := addMembership(tx, a.Tenant, &m)
		return m.ID, err
	})
}

func addMembership(tx *db.Tx, tenant string, m *Membership) error {
	if m.From == "" {
		m.From = Today(tx)
	}
	m.Title = tidy(m.Title)
	var f errs.Fields
	checkText(&f, "title", m.Title, 0, 20)
	f.Check(m.From.Year() > 0, "from", "请填写起始日期")
	f.Check(m.To == "" || m.To >= m.From, "to", "结束日期不能早于起始日期")
	if _, err := PersonOf(tx, tenant, m.Person); err != nil {
		return err
	}
	b, err := BodyOf(tx, tenant, m.Body)
	if err != nil {
		return err
	}
	f.Check(b.Active, "body", "“%s”已停用", b.Name)
	if m.Term != "" {
		if _, err := TermOf(tx, tenant, m.Term); err != nil {
			return err
		}
	}
	type other struct {
		body, kind string
		from, to   calendar.Date
	}
	others, err := db.All(tx, func(o *other) []any { return []any{&o.body, &o.kind, &o.from, &o.to} },
		`SELECT m.body, b.kind, m.from_on, m.to_on FROM membership m JOIN body b ON b.tenant = m.tenant AND b.id = m.body WHERE m.tenant = $1 AND m.person = $2`, tenant, m.Person)
	if err != nil {
		return err
	}
	for _, o := range others {
		clash := o.body == m.Body || o.kind == b.Kind && slices.Contains(single, b.Kind)
		if clash && !apart(m.From, m.To, o.from, o.to) {
			f.Add("body", "这段时间已属于一个%s", Title(Kinds, b.Kind))
			break
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	m.ID = db.NewID()
	if _, err := tx.Exec(`INSERT INTO membership (tenant, id, person, body, term, title, officer, from_on, to_on) VALUES (`+db.Marks(9)+`)`,
		tenant, m.ID, m.Person, m.Body, m.Term, m.Title, m.Officer, m.From, m.To); err != nil {
		return err
	}
	return record(tx, "membership.add", "person", m.Person, map[string]any{"id": m.ID, "body": m.Body, "officer": m.Officer, "from": m.From, "to": m.To}, row("membership", tenant, m.ID))
}

// EndMembership sets the last day of a person in a body. Wants org.roster.
func (s *Service) EndMembership(ctx context.Context, id string, version int, on calendar.Date) error {
	return s.end(ctx, "membership", id, version, on)
}

func (s *Service) end(ctx context.Context, table, id string, version int, on calendar.Date) error {
	_, err := s.do(ctx, "org.roster", func(tx *db.Tx, a actor.Actor) (string, error) {
		if on == "" {
			on = Today(tx)
		}
		return id, endOne(tx, a.Tenant, table, id, version, on)
	})
	return err
}

// AddSeat makes a person a member or standing member of a term. An empty From
// is the first day of the term, or today once it has begun. Wants org.roster.
func (s *Service) AddSeat(ctx context.Context, v Seat) (string, error) {
	return s.do(ctx, "org.roster", func(tx *db.Tx, a actor.Actor) (string, error) {
		err := addSeat(tx, a.Tenant, &v)
		return v.ID, err
	})
}

func addSeat(tx *db.Tx, tenant string, v *Seat) error {
	term, err := TermOf(tx, tenant, v.Term)
	if err != nil {
		return err
	}
	if _, err := PersonOf(tx, tenant, v.Person); err != nil {
		return err
	}
	if v.From == "" {
		v.From = max(term.From, Today(tx))
	}
	if v.To == "" {
		v.To = term.To
	}
	var f errs.Fields
	f.Check(v.Kind == Member || v.Kind == StandingMember, "kind", "请选择委员或常委")
	f.Check(v.From >= term.From && (term.To == "" || v.From <= term.To), "from", "起始日期不在这一届任期内")
	f.Check(v.To == "" || v.To >= v.From && (term.To == "" || v.To <= term.To), "to", "结束日期不在这一届任期内")
	others, err := db.All(tx, (*Seat).fields, `SELECT `+seatColumns+` FROM seat WHERE tenant = $1 AND person = $2 AND kind = $3`, tenant, v.Person, v.Kind)
	if err != nil {
		return err
	}
	for _, o := range others {
		f.Check(apart(v.From, v.To, o.From, o.To), "from", "这段时间已是委员")
	}
	if err := f.Err(); err != nil {
		return err
	}
	v.ID = db.NewID()
	if _, err := tx.Exec(`INSERT INTO seat (tenant, id, person, term, kind, from_on, to_on) VALUES (`+db.Marks(7)+`)`,
		tenant, v.ID, v.Person, v.Term, v.Kind, v.From, v.To); err != nil {
		return err
	}
	return record(tx, "seat.add", "person", v.Person, map[string]any{"id": v.ID, "term": v.Term, "kind": v.Kind, "from": v.From, "to": v.To}, row("seat", tenant, v.ID))
}

// EndSeat sets the last day of a seat. Who then holds no other seat no longer
// acts as a member after that day. Wants org.roster.
func (s *Service) EndSeat(ctx context.Context, id string, version int, on calendar.Date) error {
	_, err := s.do(ctx, "org.roster", func(tx *db.Tx, a actor.Actor) (string, error) {
		if on == "" {
			on = Today(tx)
		}
		if err := endOne(tx, a.Tenant, "seat", id, version, on); err != nil {
			return "", err
		}
		var person string
		if err := tx.Get(`SELECT person FROM seat WHERE tenant = $1 AND id = $2`, []any{a.Tenant, id}, &person); err != nil {
			return "", err
		}
		kind, err := SeatOn(tx, a.Tenant, person, on.AddDays(1))
		if err != nil || kind != "" {
			return id, err
		}
		tx.AfterCommit(s.cache.forget)
		return id, endAll(tx, a.Tenant, "grant_role", `role = 'member' AND person = $3`, person, on)
	})
	return err
}
