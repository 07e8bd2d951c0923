package publish

import (
	"context"
	"slices"
	"strconv"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
)

// Releasable are the figures of a year as they are now, and which of them are
// public. Wants publish.decide; figures that need a further permission, such as
// those of ratings, are among them if the actor has it.
func (s *Service) Releasable(ctx context.Context, year int) (*figure.Report, map[string]*OpenFigure, error) {
	a, err := actor.Require(ctx, Decide)
	if err != nil {
		return nil, nil, err
	}
	rep, err := s.figures.Compute(ctx, figure.Request{Year: year})
	if err != nil {
		return nil, nil, err
	}
	public := map[string]*OpenFigure{}
	all, err := s.Public().Figures(ctx, &Site{Tenant: &org.Tenant{ID: a.Tenant}})
	for _, f := range all {
		if f.Year == rep.Year {
			public[f.ID] = f
		}
	}
	return rep, public, err
}

// ReleaseFigures makes the named figures of a year public with the values that
// they have now; those of the year that are not named are public no longer.
// Wants publish.decide.
func (s *Service) ReleaseFigures(ctx context.Context, year int, ids []string) error {
	a, err := actor.Require(ctx, Decide)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, done, err := ledger.Replayed(tx); err != nil || done {
			return err
		}
		rep, err := s.figures.Compute(tx.Context(), figure.Request{Year: year})
		if err != nil {
			return err
		}
		old, err := db.Column[string](tx, `SELECT id FROM open_figure WHERE tenant = $1 AND year = $2`, a.Tenant, rep.Year)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM open_figure WHERE tenant = $1 AND year = $2`, a.Tenant, rep.Year); err != nil {
			return err
		}
		for i, id := range ids {
			v, ok := rep.Value(id)
			if !ok || v.Closed {
				return errs.New(errs.Invalid, "没有这项指标，或您不能公开它")
			}
			if slices.Index(ids, id) != i {
				continue
			}
			value := v.Text()
			if v.Rate {
				value += "（" + strconv.FormatInt(v.Num, 10) + "/" + strconv.FormatInt(v.Den, 10) + "）"
			}
			if _, err := tx.Exec(`INSERT INTO open_figure (tenant, year, id, position, name, unit, value, rule, as_of_on, released_by, released_at) VALUES (`+db.Marks(11)+`)`,
				a.Tenant, rep.Year, id, i, v.Def.Name, v.Def.Unit, value, v.Rule, rep.AsOf, a.Person, db.At(tx.Now())); err != nil {
				return err
			}
		}
		var rows []ledger.Row
		for _, id := range slices.Compact(slices.Sorted(slices.Values(append(old, ids...)))) {
			rows = append(rows, ledger.RowOf("open_figure", "tenant", a.Tenant, "year", rep.Year, "id", id))
		}
		if err := ledger.Append(tx, ledger.Entry{Action: "publish.figures", Kind: "open_figure", Object: strconv.Itoa(rep.Year),
			Data: map[string]any{"figures": ids}, Rows: rows}); err != nil {
			return err
		}
		return bump(tx, a.Tenant)
	})
}
