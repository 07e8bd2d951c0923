package reading_test

import (
	"fmt"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/errs"
	"shangliang/internal/proposal"
	"shangliang/internal/reading"
)

// confirmed reads a report of a place and year in, with one figure or more, and
// confirms what is safe.
func confirmed(t testing.TB, w *apptest.World, place string, year int, says string) {
	t.Helper()
	id := add(t, w, fmt.Sprintf("%s%d.txt", place, year), fmt.Sprintf("政协%s委员会常务委员会工作报告\n%d年工作回顾\n%d年，县政协认真履职。%s\n", place, year, year, says))
	v := get(t, w, id)
	_, left, err := w.Reading.Confirm(w.As("柳文书"), id, v.Confident)
	check(t, err)
	if len(left) > 0 || len(v.Confident) == 0 {
		t.Fatalf("%s %d: %d safe, %v left", place, year, len(v.Confident), left)
	}
}

// Places of a level side by side: ranks, the best ever, the year before, the own
// records, and whether a target was reached.
func TestCompare(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Play(proposal.Filed)
		for _, r := range []struct {
			place string
			year  int
			n     int
		}{{"云山县", 2024, 110}, {"云山县", 2025, 118}, {"梅岭县", 2025, 141}, {"梅岭县", 2026, 2}, {"石桥县", 2025, 118}, {"石桥县", 2026, 1}} {
			confirmed(t, w, r.place, r.year, fmt.Sprintf("经审查立案提案%d件。", r.n))
		}
		leader := w.As("高望舒")
		c, err := w.Reading.Compare(leader, "proposals_filed", "")
		check(t, err)
		cell := func(place string, computed bool, year int) reading.Cell {
			t.Helper()
			for _, r := range c.Rows {
				for i, y := range c.Years {
					if r.Title == place && r.Computed == computed && y == year {
						return r.Cells[i]
					}
				}
			}
			t.Fatalf("no %s %d", place, year)
			return reading.Cell{}
		}
		if x := cell("云山县", false, 2025); x.Rank != 2 || !x.Best || !x.HasBefore || x.Before != 110 || x.Text != "118件" {
			t.Errorf("云山县 2025: %+v", x)
		}
		if x := cell("石桥县", false, 2025); x.Rank != 2 || x.Best || x.HasBefore {
			t.Errorf("石桥县 2025 shares the second place and has no year before: %+v", x)
		}
		if x := cell("梅岭县", false, 2025); x.Rank != 1 {
			t.Errorf("梅岭县 2025: %+v", x)
		}
		if x := cell("梅岭县", false, 2026); x.Best || x.Before != 141 {
			t.Errorf("梅岭县 2026: %+v", x)
		}
		if x := cell("临川县", true, 2026); x.Text != "1件" || x.Rank != 2 || x.Link != "/figures/proposal.filed?year=2026" {
			t.Errorf("the own records of 2026: %+v", x)
		}
		if c.Ranks[2026] != 2 || c.Peers[2026] != 3 {
			t.Errorf("ranks %v of %v", c.Ranks, c.Peers)
		}

		// The own report, where there is one, counts instead of the records.
		confirmed(t, w, "临川县", 2026, "经审查立案提案3件。")
		c, err = w.Reading.Compare(leader, "proposals_filed", "county")
		check(t, err)
		if c.Ranks[2026] != 1 || c.Peers[2026] != 3 || cell("临川县", true, 2026).Rank != 0 {
			t.Errorf("ranks %v of %v", c.Ranks, c.Peers)
		}

		// An own report of an earlier year is what this year's records are held against.
		confirmed(t, w, "临川县", 2025, "经审查立案提案5件。")
		c, err = w.Reading.Compare(leader, "proposals_filed", "")
		check(t, err)
		if x := cell("临川县", true, 2026); !x.HasBefore || x.Before != 5 || x.Best {
			t.Errorf("the own records against the own report of the year before: %+v", x)
		}

		wantKind(t, w.Reading.SetTarget(w.As("余知秋"), "proposals_filed", 2026, 1, 0), errs.Forbidden)
		check(t, w.Reading.SetTarget(leader, "proposals_filed", 2026, 1, 0))
		wantKind(t, w.Reading.SetTarget(leader, "proposals_filed", 2026, 2, 0), errs.Conflict)
		wantKind(t, w.Reading.SetTarget(leader, "proposals_filed", 2026, -1, 1), errs.Invalid)
		check(t, w.Reading.SetTarget(leader, "proposals_filed", 2026, 2, 1))
		if c, err = w.Reading.Compare(leader, "proposals_filed", ""); err != nil || c.Targets[2026] == nil || c.Targets[2026].Rank != 2 {
			t.Errorf("target %+v, %v", c.Targets[2026], err)
		}
		check(t, w.Reading.SetTarget(leader, "proposals_filed", 2026, 0, 2))

		o, err := w.Reading.Overview(leader, "", 2025)
		check(t, err)
		if len(o.Places) != 4 || len(o.Metrics) != 1 || o.Cells["proposals_filed"]["梅岭县"].Text != "141件" {
			t.Errorf("overview %+v", o)
		}
		if o, err = w.Reading.Overview(leader, "city", 0); err != nil || len(o.Places) != 0 {
			t.Errorf("cities %+v, %v", o, err)
		}
	})
}
