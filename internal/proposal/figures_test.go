package proposal_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/figure"
	"shangliang/internal/proposal"
)

// expect counts the plain cases, figure by figure, without the code under test.
func expect(all []*plain) map[string]int64 {
	n := map[string]int64{}
	add := func(id string, ok bool) bool {
		if ok {
			n["proposal."+id]++
		}
		return ok
	}
	for _, p := range all {
		add("submitted", true)
		add("submitted_"+p.kind, p.kind != "collective")
		add("submitted_collective", p.kind == "collective")
		add("declined", p.state == "not_filed")
		add("withdrawn", p.state == "withdrawn")
		add("pending", p.state == "submitted")
		n["proposal.promises"] += int64(p.promises)
		n["proposal.kept"] += int64(p.kept)
		if !add("filed", !p.filed.IsZero()) || !add("dispatched", !p.dispatched.IsZero()) {
			continue
		}
		add("in_person", p.inPerson)
		add("rehandled", p.rounds > 1)
		if !add("replied", p.allDone) {
			continue
		}
		add("on_time", !p.late)
		switch slices.Max(p.meanings) {
		case 0:
			add("resolved", true)
			add("progress", true)
		case 1:
			add("in_progress", true)
			add("progress", true)
		}
		worst := "satisfied"
		for _, r := range p.ratings {
			if r == "unsatisfied" || r == "basically" && worst == "satisfied" {
				worst = r
			}
		}
		switch {
		case len(p.ratings) > 0:
			add("rated", true)
			add("satisfied", worst != "unsatisfied")
			add("unsatisfied", worst == "unsatisfied")
			add("basically", worst == "basically")
		default:
			add("no_response", !p.closed.IsZero())
		}
	}
	return n
}

func TestFigures(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCounting(t, d)
		c.fill(2017, 40)
		all := c.fill(2018, 160)
		c.fill(2019, 20)
		rep, err := c.figures.Compute(c.clerk, figure.Request{Year: 2018})
		check(t, err)
		if len(rep.Values) != len(proposal.Figures) {
			t.Fatalf("%d values of %d figures", len(rep.Values), len(proposal.Figures))
		}
		want := expect(all)
		for _, id := range []string{"submitted", "submitted_individual", "submitted_joint", "submitted_collective", "filed", "declined", "withdrawn", "pending",
			"dispatched", "replied", "on_time", "in_person", "rehandled", "resolved", "in_progress", "progress", "rated", "satisfied", "basically",
			"unsatisfied", "no_response", "promises", "kept"} {
			if v, _ := rep.Value("proposal." + id); v.Amount != want["proposal."+id] {
				t.Errorf("%s is %d, want %d", id, v.Amount, want["proposal."+id])
			} else if v.Amount == 0 {
				t.Errorf("%s: no random case has it", id)
			}
		}
		c.checkAll(t, figure.Request{Year: 2018}, rep)
		// What comes in is decided one way or is still open; what is replied to
		// has one result.
		sum := func(ids ...string) (n int64) {
			for _, id := range ids {
				v, _ := rep.Value("proposal." + id)
				n += v.Amount
			}
			return n
		}
		if sum("submitted") != sum("filed", "declined", "withdrawn", "pending") || sum("filed") != sum("dispatched", "to_dispatch") ||
			sum("dispatched") != sum("replied", "to_reply") || sum("replied") != sum("resolved", "in_progress", "planned", "reference", "infeasible") ||
			sum("rated") != sum("fully", "basically", "unsatisfied") {
			t.Error("the parts do not make up the whole")
		}
	})
}

// checkAll holds for every figure, whatever is counted: its value is what its
// records add up to, in the whole and in each group of each dimension.
func (c *counting) checkAll(t *testing.T, r figure.Request, whole *figure.Report) {
	t.Helper()
	for _, v := range whole.Values {
		recs, err := c.figures.Records(c.clerk, v.Def.ID, r)
		check(t, err)
		if recs.Value.Count != v.Count {
			t.Errorf("%s: the list says %+v, the table %+v", v.Def.ID, recs.Value.Count, v.Count)
		}
		if got := add(v.Rate, recs.Records); got != v.Count {
			t.Errorf("%s is %+v, its records add up to %+v", v.Def.ID, v.Count, got)
		}
		for _, rec := range recs.Records {
			if rec.Hidden || rec.Title == "" || rec.Number == "" || rec.Link == "" || rec.Person == "" {
				t.Errorf("%s: record %+v", v.Def.ID, rec)
			}
		}
	}
	for _, dim := range c.figures.Dims(c.clerk) {
		r.By = dim.ID
		by, err := c.figures.Compute(c.clerk, r)
		check(t, err)
		if len(by.Values) != len(whole.Values) {
			t.Errorf("by %s there are %d figures", dim.ID, len(by.Values))
		}
		for i, v := range by.Values {
			var n figure.Count
			for _, g := range v.Groups {
				n.Amount, n.Num, n.Den, n.Rate = n.Amount+g.Amount, n.Num+g.Num, n.Den+g.Den, g.Rate
				if g.Label == "" || g.Label == g.Key && dim.ID != "outcome" { // class e is not in the rules
					t.Errorf("%s by %s: %q has no label", v.Def.ID, dim.ID, g.Key)
				}
			}
			n.Rate = v.Rate
			if whole := whole.Values[i].Count; v.Count != whole {
				t.Errorf("%s by %s is %+v, as a whole %+v", v.Def.ID, dim.ID, v.Count, whole)
			}
			if n != v.Count && (!dim.Many || n.Amount < v.Amount || n.Den < v.Den) {
				t.Errorf("%s by %s: groups add up to %+v of %+v", v.Def.ID, dim.ID, n, v.Count)
			}
		}
		// One figure's groups, opened one by one.
		v, _ := by.Value(pick(c, []string{"proposal.replied", "proposal.progress_rate", "proposal.satisfaction_rate", "proposal.kept_rate"}))
		for _, g := range v.Groups {
			recs, err := c.figures.Records(c.clerk, v.Def.ID, figure.Request{Year: r.Year, AsOf: r.AsOf, Filter: []figure.Tag{{Dim: dim.ID, Value: g.Key}}})
			check(t, err)
			if got := add(g.Rate, recs.Records); got != g.Count || recs.Value.Count != g.Count {
				t.Errorf("%s of %s %q: %+v, records %+v, value %+v", v.Def.ID, dim.ID, g.Label, g.Count, got, recs.Value.Count)
			}
		}
	}
}

// add is what the records of a figure add up to.
func add(rate bool, records []figure.Record) (n figure.Count) {
	n.Rate = rate
	for _, r := range records {
		switch {
		case !rate:
			n.Amount += r.Amount
		case r.Counts:
			n.Num += r.Amount
			fallthrough
		default:
			n.Den += r.Amount
		}
	}
	return n
}

// TestFiguresAsOf asks for every earlier day: nothing that happened later
// counts, today is the same as no day, and what is final only ever grows.
func TestFiguresAsOf(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCounting(t, d)
		all := c.fill(2018, 80)
		today, err := c.figures.Compute(c.clerk, figure.Request{Year: 2018})
		check(t, err)
		before := map[string]int64{}
		for day := calendar.Date("2018-01-01"); day < "2019-09-01"; day = day.AddDays(23) {
			rep, err := c.figures.Compute(c.clerk, figure.Request{Year: 2018, AsOf: day})
			check(t, err)
			c.checkTotals(t, rep)
			filed, submitted := int64(0), int64(0)
			for _, p := range all {
				if calendar.On(p.submitted) <= day {
					submitted++
				}
				if !p.filed.IsZero() && calendar.On(p.filed) <= day {
					filed++
				}
			}
			if v, _ := rep.Value("proposal.filed"); v.Amount != filed {
				t.Errorf("%s: filed %d, want %d", day, v.Amount, filed)
			}
			if v, _ := rep.Value("proposal.submitted"); v.Amount != submitted {
				t.Errorf("%s: submitted %d, want %d", day, v.Amount, submitted)
			}
			for _, id := range []string{"submitted", "filed", "declined", "withdrawn", "dispatched", "replied", "in_person", "rehandled", "promises", "kept"} {
				v, _ := rep.Value("proposal." + id)
				if v.Amount < before[id] {
					t.Errorf("%s: %s fell from %d to %d", day, id, before[id], v.Amount)
				}
				before[id] = v.Amount
			}
		}
		for _, v := range today.Values {
			if late := today.AsOf; before[strings.TrimPrefix(v.Def.ID, "proposal.")] > v.Amount {
				t.Errorf("%s as of %s is less than before", v.Def.ID, late)
			}
		}
		same, err := c.figures.Compute(c.clerk, figure.Request{Year: 2018, AsOf: today.AsOf})
		check(t, err)
		for i := range same.Values {
			if same.Values[i].Count != today.Values[i].Count {
				t.Errorf("%s: %+v as of today, else %+v", same.Values[i].Def.ID, same.Values[i].Count, today.Values[i].Count)
			}
		}
	})
}

func (c *counting) checkTotals(t *testing.T, rep *figure.Report) {
	t.Helper()
	for _, v := range rep.Values {
		if v.Rate && v.Num > v.Den {
			t.Errorf("%s: %d of %d", v.Def.ID, v.Num, v.Den)
		}
	}
}

// TestFiguresDims counts a member's proposal where they belonged when they
// handed it in, and a body's under that body.
func TestFiguresDims(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newCounting(t, d)
		write := func(year int, id, kind, body, at string) {
			session := c.session(year)
			c.write(func(tx *db.Tx) error {
				_, err := tx.Exec(`INSERT INTO proposal (tenant, id, session, year, serial_no, kind, body, lead, title, state, created_at, submitted_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '题', 'submitted', $9, $9, $9)`,
					c.Tenant, id, session, year, len(id), kind, body, c.members[0], at)
				return err
			})
		}
		write(2018, "a", "individual", "", "2017-12-31T15:59:59.000000Z") // 23:59 on the last day in the first sector
		write(2018, "bb", "joint", "", "2017-12-31T16:00:00.000000Z")     // midnight: in the next
		write(2018, "ccc", "collective", c.bodies["party"][1], "2018-02-01T00:00:00.000000Z")
		groups := func(dim string) map[string]int64 {
			rep, err := c.figures.Compute(c.clerk, figure.Request{Year: 2018, By: dim, IDs: []string{"proposal.submitted"}})
			check(t, err)
			n := map[string]int64{}
			for _, g := range rep.Values[0].Groups {
				n[g.Key] = g.Amount
			}
			return n
		}
		for dim, want := range map[string]map[string]int64{
			"sector":    {c.bodies["sector"][0]: 1, c.bodies["sector"][1]: 1, "": 1},
			"party":     {c.bodies["party"][1]: 1, "": 2},
			"committee": {c.bodies["committee"][0]: 2, "": 1},
			"proposer":  {"individual": 1, "joint": 1, "party": 1},
		} {
			if got := groups(dim); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("by %s: %v, want %v", dim, got, want)
			}
		}
		rep, err := c.figures.Compute(c.clerk, figure.Request{Session: c.sessions[2018], IDs: []string{"proposal.submitted"}})
		check(t, err)
		if rep.Year != 2018 || rep.SessionTitle != "2018" || rep.Values[0].Amount != 3 {
			t.Errorf("the session: %+v", rep)
		}
	})
}

// BenchmarkFigures computes all figures of a year with 5,000 cases among 50,000.
func BenchmarkFigures(b *testing.B) {
	c := newCounting(b, dbtest.Open(b, db.SQLite, nil))
	for year := 2015; year < 2025; year++ {
		c.fill(year, 5000)
	}
	for _, run := range []struct {
		name string
		figure.Request
		cold bool
	}{{"all", figure.Request{Year: 2018}, true}, {"all by sector", figure.Request{Year: 2018, By: "sector"}, true}, {"all again", figure.Request{Year: 2018}, false}} {
		b.Run(run.name, func(b *testing.B) {
			for b.Loop() {
				s := c.figures
				if run.cold {
					var err error
					if s, err = figure.New(c.DB, c.rules, proposal.Sources, proposal.Figures); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := s.Compute(c.clerk, run.Request); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestFiguresPlayed counts a case that was played through the services, and
// finds what the case itself says.
func TestFiguresPlayed(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		count := func(id string) figure.Count {
			t.Helper()
			rep, err := w.Figures.Compute(w.As("柳文书"), figure.Request{Year: 2026, IDs: []string{"proposal." + id}})
			check(t, err)
			return rep.Values[0].Count
		}
		if count("submitted").Amount != 0 || count("reply_rate").Known() {
			t.Error("nothing happened yet")
		}
		w.Play(proposal.FeedbackOpen)
		for id, want := range map[string]int64{"submitted": 1, "submitted_individual": 1, "filed": 1, "dispatched": 1, "replied": 1, "on_time": 1,
			"in_person": 1, "in_progress": 1, "progress": 1, "promises": 1, "kept": 0, "overdue": 0, "rated": 0, "no_response": 0, "rehandled": 0} {
			if got := count(id).Amount; got != want {
				t.Errorf("%s is %d, want %d", id, got, want)
			}
		}
		p := w.Play(proposal.FollowingUp)
		if p.Meaning != "in_progress" || p.Satisfaction != "satisfied" {
			t.Fatalf("the case is %+v", p)
		}
		if got := count("satisfaction_rate"); got.Num != 1 || got.Den != 1 {
			t.Errorf("satisfaction: %+v of two cases, one rated", got)
		}
		if got := count("progress_rate"); got.Num != 2 || got.Den != 2 || got.Text() != "100%" {
			t.Errorf("got %+v", got)
		}
		recs, err := w.Figures.Records(w.As("柳文书"), "proposal.satisfied", figure.Request{Year: 2026, By: "unit"})
		check(t, err)
		if len(recs.Records) != 1 || recs.Records[0].Link != "/proposals/"+p.ID || recs.Records[0].Person != "余知秋" || recs.Records[0].Body != "县水利局" || recs.Value.Groups[0].Label != "县水利局" {
			t.Errorf("got %+v", recs)
		}
		// The days go by: the promise is late, then kept.
		w.Go("2026-06-02")
		if count("promises_late").Amount != 2 {
			t.Error("the promises were due on 31 May")
		}
		c, err := w.Proposals.Get(w.As("柳文书"), p.ID)
		check(t, err)
		x := c.Commitments[0]
		check(t, w.Proposals.ReportCommitment(w.As("江承平"), p.ID, x.ID, x.Version, "5月20日完成清淤3.2公里"))
		check(t, w.Proposals.DecideCommitment(w.As("柳文书"), p.ID, x.ID, x.Version+1, true, ""))
		if got := count("kept_rate"); got.Num != 1 || got.Den != 2 {
			t.Errorf("got %+v", got)
		}
		rep, err := w.Figures.Compute(w.As("柳文书"), figure.Request{Year: 2026, AsOf: "2026-06-01", IDs: []string{"proposal.kept"}})
		check(t, err)
		if rep.Values[0].Amount != 0 {
			t.Error("on 1 June nothing was kept")
		}
	})
}
