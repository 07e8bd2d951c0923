package proposal_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/org/orgtest"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

// counting is a tenant whose cases are written directly as rows.
type counting struct {
	*orgtest.World
	figures  *figure.Service
	rules    *rule.Rules
	members  []string
	bodies   map[string][]string // kind → ids
	sessions map[int]string
	clerk    context.Context
	chance   *rand.Rand
}

func newCounting(t testing.TB, d *db.DB) *counting {
	permissions := slices.Concat(proposal.Permissions, figure.Permissions, []org.Permission{{ID: rule.Manage, Title: "规则", Roles: []string{"admin", "clerk"}}})
	w := orgtest.New(t, d, permissions, rule.Migrations, proposal.Migrations, figure.Migrations)
	rules, err := rule.New(d, proposal.Rules...)
	if err != nil {
		t.Fatal(err)
	}
	s, err := figure.New(d, rules, proposal.Sources, proposal.Figures)
	if err != nil {
		t.Fatal(err)
	}
	c := &counting{World: w, figures: s, rules: rules, bodies: map[string][]string{}, sessions: map[int]string{}, chance: rand.New(rand.NewPCG(2018, 7))}
	for _, kind := range []string{"party", "sector", "committee"} {
		w.Read(func(tx *db.Tx) error {
			all, err := org.Bodies(tx, w.Tenant, kind)
			for _, b := range all[:3] {
				c.bodies[kind] = append(c.bodies[kind], b.ID)
			}
			return err
		})
	}
	for _, name := range []string{"城关小组", "河东小组"} {
		c.bodies["group"] = append(c.bodies["group"], w.Body("group", name))
	}
	for _, name := range []string{"县水利局", "县交通运输局", "县教育局"} {
		c.bodies["department"] = append(c.bodies["department"], w.Body("department", name))
	}
	for i, name := range []string{"安一鸣", "白若川", "常乐天", "丁向晚"} {
		p, err := w.Org.SavePerson(w.Admin, org.Person{Name: name})
		check(t, err)
		c.members = append(c.members, p)
		join := func(kind string, n int, from, to calendar.Date) {
			_, err := w.Org.AddMembership(w.Admin, org.Membership{Person: p, Body: c.bodies[kind][n], From: from, To: to})
			check(t, err)
		}
		join("sector", i%3, "2010-01-01", "2017-12-31")
		join("sector", (i+1)%3, "2018-01-01", "")
		join("committee", i%2, "2010-01-01", "")
		join("group", 0, "2010-01-01", "")
		if i > 0 {
			join("group", 1, "2010-01-01", "")
			join("party", i%3, "2010-01-01", "")
		}
	}
	c.clerk = w.Person("方立案", "clerk", "")
	return c
}

func (c *counting) session(year int) string {
	if c.sessions[year] == "" {
		id, err := c.Org.SaveSession(c.Admin, org.Session{Term: c.Term, No: year - 2000, Title: fmt.Sprint(year), Year: year,
			OpensOn: calendar.Date(fmt.Sprintf("%d-02-20", year)), ClosesOn: calendar.Date(fmt.Sprintf("%d-02-24", year)), CountsFrom: calendar.Date(fmt.Sprintf("%d-01-01", year))})
		check(c.T, err)
		c.sessions[year] = id
	}
	return c.sessions[year]
}

// write changes rows as an act would: with its entry in the ledger.
func (c *counting) write(f func(tx *db.Tx) error) {
	c.T.Helper()
	check(c.T, c.DB.Write(c.clerk, func(tx *db.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "test.write", Kind: "test"})
	}))
}

// plain is a case as the test knows it: what should be counted of it is read off
// it in the plainest way.
type plain struct {
	id, kind, body, lead                        string
	submitted, filed, dispatched, ended, closed time.Time
	state                                       string
	units                                       []string
	rounds                                      int
	allDone                                     bool
	late, inPerson                              bool
	meanings                                    []int // of the last complete round
	ratings                                     []string
	promises, kept                              int
}

func pick[T any](c *counting, all []T) T { return all[c.chance.IntN(len(all))] }

func (c *counting) often(percent int) bool { return c.chance.IntN(100) < percent }

// random makes up a case of a year and writes its rows.
func (c *counting) random(tx *db.Tx, year, serial, caseNo int) (*plain, error) {
	day := func(from time.Time, most int) time.Time {
		return from.Add(time.Duration(1+c.chance.IntN(most*24)) * time.Hour)
	}
	start := time.Date(year, 1, 5, 3, 0, 0, 0, time.UTC)
	p := &plain{id: db.NewID(), kind: pick(c, []string{"individual", "joint", "collective"}), lead: pick(c, c.members), state: "submitted", submitted: day(start, 90)}
	if p.kind == "collective" {
		p.body = pick(c, c.bodies[pick(c, []string{"party", "sector", "committee", "group", "department"})])
	}
	reason, disposition := "", ""
	last := p.submitted
	switch n := c.chance.IntN(10); {
	case n == 0:
		p.state, last = "not_filed", day(p.submitted, 20)
		reason, disposition = "academic", pick(c, []string{"convert_to_advice", "letter"})
	case n == 1:
		p.state, last = "withdrawn", day(p.submitted, 3)
	case n == 2:
	default:
		p.filed = day(p.submitted, 20)
		last = p.filed
		p.state = "filed"
		if c.often(90) {
			p.dispatched = day(p.filed, 20)
			p.state = "handling"
		}
	}
	at := func(t time.Time) db.Time {
		if t.IsZero() {
			return db.Time{}
		}
		return db.At(t)
	}
	exec := func(query string, args ...any) error { _, err := tx.Exec(query, args...); return err }
	if !p.dispatched.IsZero() {
		if err := c.handle(p, exec, day); err != nil {
			return nil, err
		}
	}
	number := 0
	if !p.filed.IsZero() {
		number = caseNo
	}
	_, err := tx.Exec(`INSERT INTO proposal (tenant, id, session, year, serial_no, case_no, kind, body, interim, title, subject, lead, state, round, reason_code, disposition,
		created_at, submitted_at, filed_at, dispatched_at, replied_at, closed_at, updated_at) VALUES (`+db.Marks(23)+`)`,
		c.Tenant, p.id, c.sessions[year], year, serial, number, p.kind, p.body, c.often(20), "关于疏浚排洪渠的提案", pick(c, []string{"economy", "society", ""}), p.lead, p.state, p.rounds,
		reason, disposition, at(p.submitted), at(p.submitted), at(p.filed), at(p.dispatched), at(p.ended), at(p.closed), at(last))
	return p, err
}

// handle makes up what departments did with a case.
func (c *counting) handle(p *plain, exec func(string, ...any) error, day func(time.Time, int) time.Time) error {
	p.rounds = 1
	if c.often(15) {
		p.rounds = 2
	}
	begin := p.dispatched
	for round := 1; round <= p.rounds; round++ {
		roles := pick(c, [][]string{{"sole"}, {"host", "co_handler"}, {"split", "split"}, {"split", "split", "split"}})
		units := slices.Clone(c.bodies["department"])
		c.chance.Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
		done := round < p.rounds || c.often(85)
		p.allDone = p.allDone || done
		var meanings []int
		p.units = nil
		end := begin
		if c.often(20) { // somebody who gave it back
			if err := exec(`INSERT INTO assignment (tenant, id, proposal, round, unit, role, state, due_on, issued_at, ended_at) VALUES ($1, $2, $3, $4, $5, 'split', 'returned', '2000-01-01', $6, $6)`,
				c.Tenant, db.NewID(), p.id, round, units[0], db.At(begin)); err != nil {
				return err
			}
		}
		for i, role := range roles {
			id := db.NewID()
			due := calendar.On(begin).AddDays(90)
			state, ended := "in_progress", time.Time{}
			replied := day(begin, 100)
			switch {
			case role == "co_handler":
				state, ended = pick(c, []string{"opinion_sent", "cancelled"}), replied
			case done || i > 0:
				state, ended = "delivered", replied
				meaning := c.chance.IntN(len(proposal.Meanings))
				meanings = append(meanings, meaning)
				if err := exec(`INSERT INTO reply (tenant, id, proposal, assignment, round, kind, state, outcome, meaning, delivered_at, updated_at) VALUES ($1, $2, $3, $4, $5, 'reply', 'delivered', $6, $7, $8, $8)`,
					c.Tenant, db.NewID(), p.id, id, round, string("abcde"[meaning]), proposal.Meanings[meaning].Key, db.At(ended)); err != nil {
					return err
				}
				if err := c.promise(p, exec, id, units[i]); err != nil {
					return err
				}
			}
			if role != "co_handler" {
				p.units = append(p.units, units[i])
				p.late = p.late || ended.IsZero() || calendar.On(ended) > due // today is long after
				if ended.After(end) {
					end = ended
				}
			}
			endedAt := db.Time{}
			if !ended.IsZero() {
				endedAt = db.At(ended)
			}
			if err := exec(`INSERT INTO assignment (tenant, id, proposal, round, unit, role, state, due_on, issued_at, ended_at) VALUES (`+db.Marks(10)+`)`,
				c.Tenant, id, p.id, round, units[i], role, state, due, db.At(begin), endedAt); err != nil {
				return err
			}
		}
		if kind := pick(c, []string{"consult_in_person", "visit", "forum", "phone", ""}); kind != "" {
			p.inPerson = p.inPerson || kind != "phone"
			if err := exec(`INSERT INTO contact_record (tenant, id, proposal, assignment, kind, on_date, people, summary, person, at) VALUES ($1, $2, $3, '', $4, $5, '', '', '', $6)`,
				c.Tenant, db.NewID(), p.id, kind, calendar.On(begin), db.At(begin)); err != nil {
				return err
			}
		}
		if done {
			p.meanings, p.ended = meanings, end
		}
		p.ratings = nil
		if done {
			if err := c.rate(p, exec, round, end); err != nil {
				return err
			}
		}
		begin = end.Add(48 * time.Hour)
		if done && round == p.rounds && c.often(60) {
			p.closed, p.state = end.Add(24*time.Hour), "closed"
		}
	}
	return nil
}

func (c *counting) rate(p *plain, exec func(string, ...any) error, round int, end time.Time) error {
	for _, person := range c.members[:c.chance.IntN(3)] {
		rating := pick(c, []string{"satisfied", "satisfied", "basically", "unsatisfied"})
		p.ratings = append(p.ratings, rating)
		if c.often(20) { // an earlier rating, replaced
			if err := exec(`INSERT INTO feedback (tenant, id, proposal, round, person, overall, channel, at, current) VALUES ($1, $2, $3, $4, $5, 'unsatisfied', 'web', $6, FALSE)`,
				c.Tenant, db.NewID(), p.id, round, person, db.At(end.Add(time.Hour))); err != nil {
				return err
			}
		}
		if err := exec(`INSERT INTO feedback (tenant, id, proposal, round, person, overall, channel, at) VALUES ($1, $2, $3, $4, $5, $6, 'web', $7)`,
			c.Tenant, db.NewID(), p.id, round, person, rating, db.At(end.Add(2*time.Hour))); err != nil {
			return err
		}
	}
	return nil
}

func (c *counting) promise(p *plain, exec func(string, ...any) error, assignment, unit string) error {
	for range c.chance.IntN(2) {
		state, confirmed := pick(c, []string{"open", "reported", "done"}), db.Time{}
		p.promises++
		if state == "done" {
			p.kept++
			confirmed = db.At(p.dispatched.AddDate(0, 5, 0))
		}
		if err := exec(`INSERT INTO commitment (tenant, id, proposal, assignment, unit, text, due_on, state, confirmed_at) VALUES ($1, $2, $3, $4, $5, '汛前完成清淤', $6, $7, $8)`,
			c.Tenant, db.NewID(), p.id, assignment, unit, calendar.On(p.dispatched).AddDays(200), state, confirmed); err != nil {
			return err
		}
	}
	return nil
}

// fill writes n random cases of a year, and drafts that count nowhere.
func (c *counting) fill(year, n int) (all []*plain) {
	c.T.Helper()
	session := c.session(year)
	c.write(func(tx *db.Tx) error {
		for i := range n {
			p, err := c.random(tx, year, i+1, i+1)
			if err != nil {
				return err
			}
			all = append(all, p)
			if _, err := tx.Exec(`INSERT INTO proposal (tenant, id, session, year, kind, lead, state, created_at, updated_at) VALUES ($1, $2, $3, $4, 'individual', $5, $6, $7, $7)`,
				c.Tenant, db.NewID(), session, year, p.lead, pick(c, []string{"draft", "cosigning", "withdrawn"}), db.At(p.submitted)); err != nil {
				return err
			}
		}
		return nil
	})
	return all
}

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
		p := w.Play(proposal.FeedbackOpen)
		for id, want := range map[string]int64{"submitted": 1, "submitted_individual": 1, "filed": 1, "dispatched": 1, "replied": 1, "on_time": 1,
			"in_person": 1, "in_progress": 1, "progress": 1, "promises": 1, "kept": 0, "overdue": 0, "rated": 0, "no_response": 0, "rehandled": 0} {
			if got := count(id).Amount; got != want {
				t.Errorf("%s is %d, want %d", id, got, want)
			}
		}
		p = w.Play(proposal.FollowingUp)
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
