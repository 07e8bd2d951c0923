package reading

import (
	"context"

	"shangliang/internal/actor"
	"shangliang/internal/db"
)

// Filter says which published figures are asked for; empty fields ask for all.
type Filter struct{ Level, Place, Metric, Period string }

// Published lists the published figures that stand, by place, period and metric.
// Wants reading.read.
func (s *Service) Published(ctx context.Context, f Filter) (all []*Published, err error) {
	a, err := actor.Require(ctx, "reading.read")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = published(tx, a.Tenant, f)
		return err
	})
	return all, err
}

func published(tx *db.Tx, tenant string, f Filter) ([]*Published, error) {
	return db.All(tx, (*Published).fields, `SELECT `+publishedColumns+` FROM reading_published WHERE tenant = $1 AND ended_at = ''
		AND ($2 = '' OR level = $2) AND ($3 = '' OR place = $3) AND ($4 = '' OR metric = $4) AND ($5 = '' OR period = $5) ORDER BY place, period, metric, dims, id`,
		tenant, f.Level, f.Place, f.Metric, f.Period)
}

// Past lists what was published of a figure, the latest first, with what a
// correction replaced. Wants reading.read.
func (s *Service) Past(ctx context.Context, id string, n int) (all []*Published, err error) {
	a, err := actor.Require(ctx, "reading.read")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := find(tx, a, id); err != nil {
			return err
		}
		all, err = db.All(tx, (*Published).fields, `SELECT `+publishedColumns+` FROM reading_published WHERE tenant = $1 AND report = $2 AND n = $3 ORDER BY at DESC, id DESC`, a.Tenant, id, n)
		return err
	})
	return all, err
}
