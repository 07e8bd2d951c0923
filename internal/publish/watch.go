package publish

import (
	"context"
	"slices"
	"sync"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/jobs"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
)

// Every is the work that this package repeats.
func (s *Service) Every() []jobs.Every {
	return []jobs.Every{
		{Name: "publish.release", Interval: time.Minute, Work: s.Release},
		{Name: "publish.watch", Interval: time.Minute, Work: s.Watch},
	}
}

// Release makes public what was scheduled for today or earlier, in all tenants.
// One that cannot be released any more goes back to its preparation.
func (s *Service) Release(ctx context.Context) error {
	due, err := s.some(ctx, `SELECT `+disclosureColumns+` FROM disclosure WHERE state = 'scheduled' AND publish_on <= $1 ORDER BY tenant, proposal`,
		calendar.On(s.db.Now()))
	if err != nil {
		return err
	}
	for _, d := range due {
		_, err := s.act(actor.With(ctx, actor.System(d.Tenant)), "", d.Proposal, d.Version, func(w *work) error { return w.do("release") })
		if errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Internal) {
			_, err = s.act(actor.With(ctx, actor.System(d.Tenant)), "", d.Proposal, d.Version, func(w *work) error { return w.do("unschedule") })
		}
		if err != nil && !errs.Is(err, errs.Conflict) {
			return err
		}
	}
	return nil
}

func (s *Service) some(ctx context.Context, query string, args ...any) (all []*Disclosure, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, (*Disclosure).fields, query, args...)
		return err
	})
	return all, err
}

// watch remembers how far the originals were watched; it begins at the start of
// the process, with all of them.
type watch struct {
	mu   sync.Mutex
	seen time.Time
}

// overlap is how far each round looks back: an entry may be committed that much
// later than it was made.
const overlap = 10 * time.Minute

// Watch compares the originals of public cases that were worked on since the
// last round with what the public copies were made of, and flags those that
// differ. The copies stay as they are.
func (s *Service) Watch(ctx context.Context) error {
	s.watched.mu.Lock()
	defer s.watched.mu.Unlock()
	now, since := time.Now(), s.watched.seen
	if !since.IsZero() {
		since = since.Add(-overlap)
	}
	var tenants []*org.Tenant
	if err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		tenants, err = org.Tenants(tx)
		return err
	}); err != nil {
		return err
	}
	for _, t := range tenants {
		if err := s.watchTenant(ctx, t.ID, since); err != nil {
			return err
		}
	}
	s.watched.seen = now
	return nil
}

func (s *Service) watchTenant(ctx context.Context, tenant string, since time.Time) error {
	live, err := s.some(ctx, `SELECT `+disclosureColumns+` FROM disclosure WHERE tenant = $1 AND live > 0 ORDER BY proposal`, tenant)
	if err != nil || len(live) == 0 {
		return err
	}
	if !since.IsZero() {
		var touched []string
		if err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
			touched, err = ledger.Touched(tx, tenant, "proposal", since)
			return err
		}); err != nil {
			return err
		}
		live = slices.DeleteFunc(live, func(d *Disclosure) bool { return !slices.Contains(touched, d.Proposal) })
	}
	for _, d := range live {
		changed, err := s.compare(ctx, d)
		if err != nil {
			return err
		}
		if slices.Equal(changed, d.Changed) {
			continue
		}
		if _, err := s.act(actor.With(ctx, actor.System(tenant)), "", d.Proposal, 0, func(w *work) error { return w.flag() }); err != nil {
			return err
		}
	}
	return nil
}

// compare says which originals of a public case are not what its copy was made of.
func (s *Service) compare(ctx context.Context, d *Disclosure) (changed []string, err error) {
	ctx = actor.With(ctx, actor.System(d.Tenant))
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		c, err := s.proposals.Whole(tx, d.Tenant, d.Proposal)
		if err != nil {
			return err
		}
		e, err := editionOf(tx, d.Tenant, d.Proposal, d.Live)
		if err != nil {
			return err
		}
		changed = differing(e.Source, sources(c, partsOf(c, nil)))
		return nil
	})
	return changed, err
}

// flag notes which originals differ from the public copy.
func (w *work) flag() error {
	if w.d == nil || w.d.Live == 0 {
		return nil
	}
	e, err := editionOf(w.tx, w.d.Tenant, w.d.Proposal, w.d.Live)
	if err != nil {
		return err
	}
	changed := differing(e.Source, sources(w.c, w.parts))
	if slices.Equal(changed, w.d.Changed) {
		return nil
	}
	w.d.Changed = changed
	if err := w.update(); err != nil {
		return err
	}
	w.note("parts", changed)
	return w.record("publish.changed", w.d.State, "", w.d.row())
}
