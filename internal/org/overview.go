package org

import (
	"context"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/ledger"
)

// Acts lists what was done in the actor's tenant, newest first, narrowed by a
// filter. Wants org.audit.
func (s *Service) Acts(ctx context.Context, f ledger.Filter) ([]*ledger.Entry, error) {
	var all []*ledger.Entry
	err := s.read(ctx, "org.audit", func(tx *db.Tx, a actor.Actor) (err error) {
		all, err = ledger.Recent(tx, a.Tenant, f)
		return err
	})
	return all, err
}

// PersonActs lists what was done about a person in the roster, oldest first.
// Wants org.people.
func (s *Service) PersonActs(ctx context.Context, id string) ([]*ledger.Entry, error) {
	var all []*ledger.Entry
	err := s.read(ctx, "org.people", func(tx *db.Tx, a actor.Actor) (err error) {
		all, err = ledger.History(tx, a.Tenant, "person", id)
		return err
	})
	return all, err
}

// Coverage is how far a tenant is set up.
type Coverage struct {
	Members int            // who hold a seat today
	Held    map[string]int // role → people who hold it today
	Bodies  map[string]int // kind → active bodies
}

// Coverage says how far the actor's tenant is set up. Wants org.manage.
func (s *Service) Coverage(ctx context.Context) (*Coverage, error) {
	c := &Coverage{Held: map[string]int{}, Bodies: map[string]int{}}
	err := s.read(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) error {
		members, err := SeatedOn(tx, a.Tenant, Today(tx))
		if err != nil {
			return err
		}
		c.Members = len(members)
		type count struct {
			of string
			n  int
		}
		fields := func(c *count) []any { return []any{&c.of, &c.n} }
		held, err := db.All(tx, fields, `SELECT role, COUNT(DISTINCT person) FROM grant_role WHERE tenant = $1 AND `+onDay2+` GROUP BY role`, a.Tenant, Today(tx))
		if err != nil {
			return err
		}
		for _, h := range held {
			c.Held[h.of] = h.n
		}
		bodies, err := db.All(tx, fields, `SELECT kind, COUNT(*) FROM body WHERE tenant = $1 AND active GROUP BY kind`, a.Tenant)
		for _, b := range bodies {
			c.Bodies[b.of] = b.n
		}
		return err
	})
	return c, err
}
