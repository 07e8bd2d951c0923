package proposal

import (
	"context"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/org"
	"shangliang/internal/rule"
)

// Desk is what somebody who begins to write has before them.
type Desk struct {
	Rules   *rule.Version // those in force today
	Session *org.Session  // for which the proposal will count
	Rounds  []*Round      // the calls that are open today
	Today   calendar.Date
}

// Desk returns what a page for a new proposal shows. Without a session there is
// nothing to write for: NotFound, with what to do about it.
func (s *Service) Desk(ctx context.Context) (d *Desk, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	d = &Desk{}
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		d.Today = org.Today(tx)
		if d.Rules, err = s.rules.Now(tx, a.Tenant); err != nil {
			return err
		}
		if d.Rounds, err = openRounds(tx, a.Tenant, d.Today); err != nil {
			return err
		}
		d.Session, err = org.CurrentSession(tx, a.Tenant)
		return err
	})
	return d, err
}

// OpenRounds lists the calls for proposals that are open today, the one that
// ends first before the others.
func (s *Service) OpenRounds(ctx context.Context) (all []*Round, today calendar.Date, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, "", err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		today = org.Today(tx)
		all, err = openRounds(tx, a.Tenant, today)
		return err
	})
	return all, today, err
}

func openRounds(tx *db.Tx, tenant string, today calendar.Date) ([]*Round, error) {
	return db.All(tx, (*Round).fields, `SELECT `+roundColumns+` FROM collection_round WHERE tenant = $1 AND opens_on <= $2 AND closes_on >= $2 ORDER BY closes_on, id`, tenant, today)
}

// RulesNow are the settings in force today, for what a page lets one choose.
func (s *Service) RulesNow(ctx context.Context) (*rule.Version, error) { return s.rules.Current(ctx) }
