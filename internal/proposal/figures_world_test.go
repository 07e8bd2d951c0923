package proposal_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"shangliang/internal/calendar"
	"shangliang/internal/db"
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
