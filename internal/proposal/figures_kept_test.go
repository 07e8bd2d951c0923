package proposal_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/proposal"
)

// TestSatisfaction follows the rule of the year: whether "basically" counts.
func TestSatisfaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCounting(t, d)
		c.fill(2018, 60)
		rate := func() figure.Value {
			rep, err := c.figures.Compute(c.clerk, figure.Request{Year: 2018, IDs: []string{"proposal.satisfaction_rate", "proposal.fully", "proposal.basically", "proposal.unsatisfied"}})
			check(t, err)
			fully, _ := rep.Value("proposal.fully")
			basically, _ := rep.Value("proposal.basically")
			unsatisfied, _ := rep.Value("proposal.unsatisfied")
			v, _ := rep.Value("proposal.satisfaction_rate")
			if v.Den != fully.Amount+basically.Amount+unsatisfied.Amount || basically.Amount == 0 {
				t.Errorf("the base of %+v is not what was rated", v.Count)
			}
			want := fully.Amount
			if strings.Contains(v.Rule, "“基本满意”计入满意") {
				want += basically.Amount
			}
			if v.Num != want || strings.Contains(v.Rule, "{") {
				t.Errorf("%+v counts by the rule %s", v.Count, v.Rule)
			}
			return v
		}
		first := rate()
		c.write(func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO rule_version (tenant, n, id, valid_from, base, settings, note, saved_by, saved_name, saved_at, withdrawn) VALUES ($1, 1, $2, '2018-06-01', 0, $3, '', '', '', $4, FALSE)`,
				c.Tenant, db.NewID(), `{"feedback.basically_counts":"false"}`, db.At(time.Now()))
			return err
		})
		if second := rate(); second.Num >= first.Num || second.Den != first.Den {
			t.Errorf("%+v, then %+v", first.Count, second.Count)
		}
	})
}

// TestFiguresReach: who may not open a case sees that it counts, and no more;
// ratings are open to those who may read them only.
func TestFiguresReach(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCounting(t, d)
		c.fill(2018, 60)
		auditor, dispatcher, member := c.Person("严察微", "auditor", ""), c.Person("岳交之", "dispatcher", c.Body("dispatch_office", "县政府办督查室二科")), c.Person("余知秋", "member", "")
		_, err := c.figures.Compute(member, figure.Request{Year: 2018})
		wantKind(t, err, errs.Forbidden)
		_, err = c.figures.Compute(context.Background(), figure.Request{})
		wantKind(t, err, errs.Unauthenticated)
		full, err := c.figures.Records(c.clerk, "proposal.submitted", figure.Request{Year: 2018})
		check(t, err)
		filed, err := c.figures.Compute(c.clerk, figure.Request{Year: 2018, IDs: []string{"proposal.filed"}})
		check(t, err)
		for who, ctx := range map[string]context.Context{"auditor": auditor, "dispatcher": dispatcher} {
			recs, err := c.figures.Records(ctx, "proposal.submitted", figure.Request{Year: 2018})
			check(t, err)
			if got := add(false, recs.Records); got != full.Value.Count {
				t.Errorf("%s: %+v, want %+v", who, got, full.Value.Count)
			}
			seen := int64(0)
			for _, r := range recs.Records {
				if !r.Hidden {
					seen++
				} else if r.Title+r.Number+r.Link+r.Person+r.Body+r.Record != "" || len(r.Tags) > 0 {
					t.Errorf("%s sees %+v", who, r)
				}
			}
			want := int64(0)
			if who == "dispatcher" {
				want = filed.Values[0].Amount
			}
			if seen != want {
				t.Errorf("%s sees %d cases, want %d", who, seen, want)
			}
			rep, err := c.figures.Compute(ctx, figure.Request{Year: 2018})
			check(t, err)
			if v, ok := rep.Value("proposal.satisfaction_rate"); !ok || !v.Closed || v.Den == 0 {
				t.Errorf("%s: %+v", who, v)
			}
			_, err = c.figures.Records(ctx, "proposal.satisfaction_rate", figure.Request{Year: 2018})
			wantKind(t, err, errs.Forbidden)
			rep, err = c.figures.Compute(ctx, figure.Request{Year: 2018, By: "unit"})
			check(t, err)
			if _, ok := rep.Value("proposal.satisfied"); ok || len(rep.Values) == 0 {
				t.Errorf("%s may split what they may not open", who)
			}
			rep, err = c.figures.Compute(ctx, figure.Request{Year: 2018, By: "rating"})
			check(t, err)
			if len(rep.Values) != 0 || slices.ContainsFunc(c.figures.Dims(ctx), func(d figure.Dim) bool { return d.ID == "rating" }) {
				t.Errorf("%s may split by rating", who)
			}
		}
		// Another tenant counts its own.
		other, err := c.figures.Compute(actor.With(context.Background(), actor.System("elsewhere")), figure.Request{Year: 2018})
		check(t, err)
		for _, v := range other.Values {
			if v.Amount != 0 || v.Num != 0 || v.Den != 0 || v.Rate && v.Text() != "—" {
				t.Errorf("elsewhere %s is %s", v.Def.ID, v.Text())
			}
		}
	})
}

// TestFreeze keeps what was reported and tells what changed since.
func TestFreeze(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCounting(t, d)
		all := c.fill(2018, 30)
		_, err := c.figures.Freeze(c.clerk, figure.Request{Year: 2018}, " ")
		wantKind(t, err, errs.Invalid)
		f, err := c.figures.Freeze(c.clerk, figure.Request{Year: 2018}, "2018年常委会工作报告")
		check(t, err)
		frozen, err := c.figures.Frozen(c.clerk, f.ID)
		check(t, err)
		if len(frozen.Lines) != len(proposal.Figures) || len(frozen.Broken) != 0 || frozen.By != "方立案" {
			t.Fatalf("got %+v", frozen)
		}
		for _, l := range frozen.Lines {
			if !l.Same() {
				t.Errorf("nothing changed, but %+v", l)
			}
		}
		i := slices.IndexFunc(all, func(p *plain) bool { return !p.filed.IsZero() })
		c.write(func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE proposal SET filed_at = '', dispatched_at = '' WHERE tenant = $1 AND id = $2`, c.Tenant, all[i].id)
			return err
		})
		frozen, err = c.figures.Frozen(c.clerk, f.ID)
		check(t, err)
		j := slices.IndexFunc(frozen.Lines, func(l figure.Difference) bool { return l.Figure == "proposal.filed" })
		if l := frozen.Lines[j]; l.Same() || l.Now.Amount != l.Then.Amount-1 || len(l.Lost) != 1 || l.Lost[0] != all[i].id || len(l.Added) != 0 {
			t.Errorf("got %+v", l)
		}
		c.write(func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE figure_snapshot SET amount = amount + 1 WHERE tenant = $1 AND figure = 'proposal.filed'`, c.Tenant)
			return err
		})
		frozen, err = c.figures.Frozen(c.clerk, f.ID)
		check(t, err)
		if !slices.Equal(frozen.Broken, []string{"proposal.filed"}) {
			t.Errorf("broken: %v", frozen.Broken)
		}
		list, err := c.figures.Freezes(c.clerk)
		check(t, err)
		if len(list) != 1 || list[0].Title != "2018年常委会工作报告" {
			t.Errorf("got %+v", list)
		}
		_, err = c.figures.Freeze(c.Person("严察微", "auditor", ""), figure.Request{Year: 2018}, "不该有")
		wantKind(t, err, errs.Forbidden)
	})
}
