package org

import (
	"context"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
)

// The methods here show pages of the actor's own tenant what the functions of
// the same names read; any signed-in person may.

// here reads something of the actor's tenant.
func here[T any](ctx context.Context, s *Service, f func(tx *db.Tx, tenant string) (T, error)) (T, error) {
	var v T
	err := s.read(ctx, "", func(tx *db.Tx, a actor.Actor) (err error) {
		v, err = f(tx, a.Tenant)
		return err
	})
	return v, err
}

// Bodies lists bodies of one kind or of all: see [Bodies].
func (s *Service) Bodies(ctx context.Context, kind string) ([]*Body, error) {
	return here(ctx, s, func(tx *db.Tx, tenant string) ([]*Body, error) { return Bodies(tx, tenant, kind) })
}

// Terms lists the terms, newest first.
func (s *Service) Terms(ctx context.Context) ([]*Term, error) { return here(ctx, s, Terms) }

// Sessions lists the sessions, newest first.
func (s *Service) Sessions(ctx context.Context) ([]*Session, error) { return here(ctx, s, Sessions) }

// CurrentSession is the session for which papers count today: see [CurrentSession].
func (s *Service) CurrentSession(ctx context.Context) (*Session, error) {
	return here(ctx, s, CurrentSession)
}

// Days is the calendar: see [Days].
func (s *Service) Days(ctx context.Context) (*calendar.Days, error) { return here(ctx, s, Days) }

// OwnDays lists the days that differ from the national table.
func (s *Service) OwnDays(ctx context.Context) ([]calendar.Day, error) { return here(ctx, s, OwnDays) }

// PersonNames returns the names of people by their ids.
func (s *Service) PersonNames(ctx context.Context, ids []string) (map[string]string, error) {
	return here(ctx, s, func(tx *db.Tx, tenant string) (map[string]string, error) { return PersonNames(tx, tenant, ids) })
}

// BodyNames returns the short names of bodies by their ids.
func (s *Service) BodyNames(ctx context.Context, ids []string) (map[string]string, error) {
	return here(ctx, s, func(tx *db.Tx, tenant string) (map[string]string, error) { return BodyNames(tx, tenant, ids) })
}

// SignInRecord is a line in the record of sign-ins.
type SignInRecord struct {
	SignIn
	EndedAt db.Time
}

// SignInRecords lists who signed in to act in the actor's tenant, newest first,
// from before an id (empty: from the newest), at most a hundred. Wants org.audit.
func (s *Service) SignInRecords(ctx context.Context, before string) ([]*SignInRecord, error) {
	var all []*SignInRecord
	err := s.read(ctx, "org.audit", func(tx *db.Tx, a actor.Actor) (err error) {
		all, err = db.All(tx, func(r *SignInRecord) []any { return append(r.SignIn.fields(), &r.EndedAt) },
			`SELECT `+signInColumns+`, s.ended_at FROM sign_in s JOIN account a ON a.id = s.account
			WHERE s.tenant = $1 AND ($2 = '' OR s.id < $2) AND s.step = '' ORDER BY s.id DESC LIMIT 100`, a.Tenant, before)
		return err
	})
	return all, err
}
