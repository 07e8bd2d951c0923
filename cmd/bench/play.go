package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/demo"
	"shangliang/internal/proposal"
)

// life is one case on its way, and where it stops.
type life struct {
	id       string
	author   *who
	signers  []*who // co-signers
	units    []proposal.UnitRole
	n        int
	until    int // the last step taken: an index into steps
	declined bool
}

// step is what happens to a case on a day after its beginning.
type step struct {
	name  string
	after int // days
	do    func(w *world, ctx context.Context, tx *db.Tx, l *life) error
}

var steps = []step{
	{"draft", 0, (*world).draft},
	{"invite", 0, (*world).invite},
	{"submit", 3, (*world).submit},
	{"receive", 5, func(w *world, ctx context.Context, tx *db.Tx, l *life) error {
		return w.act(ctx, tx, l, w.one("clerk", l), "receive", proposal.Input{})
	}},
	{"first review", 8, (*world).pass},
	{"second review", 10, (*world).pass},
	{"file", 14, (*world).file},
	{"dispatch", 25, func(w *world, ctx context.Context, tx *db.Tx, l *life) error {
		return w.act(ctx, tx, l, w.one("dispatcher", l), "dispatch", proposal.Input{Units: l.units, Reason: "请按规定时限办理"})
	}},
	{"sign", 28, func(w *world, ctx context.Context, tx *db.Tx, l *life) error {
		return w.each(ctx, tx, l, "unit_clerk", "sign", nil)
	}},
	{"contact", 40, (*world).contact},
	{"write", 60, (*world).write},
	{"sign off", 62, func(w *world, ctx context.Context, tx *db.Tx, l *life) error {
		return w.each(ctx, tx, l, "unit_leader", "sign_off", func(a *assignment, _ *proposal.Input) bool { return a.role != proposal.CoHandler })
	}},
	{"check", 66, (*world).check},
	{"rate", 74, (*world).rate},
	{"close", 99, func(w *world, ctx context.Context, tx *db.Tx, l *life) error {
		return w.act(ctx, tx, l, w.one("clerk", l), "close", proposal.Input{})
	}},
	{"keep", 140, (*world).keep},
	{"archive", 150, func(w *world, ctx context.Context, tx *db.Tx, l *life) error {
		return w.act(ctx, tx, l, w.one("clerk", l), "archive", proposal.Input{})
	}},
}

// cohort begins on one day and stops after one step.
type cohort struct {
	from  calendar.Date
	until int
	n     int
}

// cohorts are those that go the whole way in the course of a year, and those
// that have come as far as each step by the last day.
func (w *world) cohorts() (whole, open []cohort) {
	for _, d := range []calendar.Date{day(w.year, 1, 22), day(w.year, 2, 8), day(w.year, 2, 18), day(w.year, 3, 20), day(w.year, 4, 12)} {
		whole = append(whole, cohort{d, len(steps) - 1, seeds / 5})
	}
	share := map[string]int{"draft": 40, "invite": 30, "submit": 80, "receive": 60, "first review": 50, "second review": 40, "file": 90,
		"dispatch": 120, "sign": 130, "contact": 110, "write": 60, "sign off": 50, "check": 50, "rate": 40, "close": 50}
	for i, s := range steps {
		if n := share[s.name] * seeds / 1000; n > 0 {
			open = append(open, cohort{w.last.AddDays(-s.after - 2), i, n})
		}
	}
	return whole, open
}

// play lets two groups of cases live through the year by the ordinary services,
// a step of a whole cohort in one transaction.
func (w *world) play(ctx context.Context) error {
	ctx = actor.With(ctx, actor.System(w.set.Tenant))
	if err := w.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`CREATE TEMP TABLE seed (id TEXT PRIMARY KEY, whole BOOLEAN NOT NULL, n INTEGER NOT NULL)`)
		return err
	}); err != nil {
		return err
	}
	whole, open := w.cohorts()
	n := 0
	for i, c := range append(whole, open...) {
		lives := make([]*life, c.n)
		for j := range lives {
			lives[j] = w.begin(n, c.until)
			n++
		}
		for _, s := range steps[:c.until+1] {
			w.at(c.from.AddDays(s.after), 1+n%9)
			if err := w.DB.Write(ctx, func(tx *db.Tx) error {
				for _, l := range lives {
					if l.declined {
						continue
					}
					if err := s.do(w, tx.Context(), tx, l); err != nil {
						return fmt.Errorf("%s of case %d: %w", s.name, l.n, err)
					}
				}
				return nil
			}); err != nil {
				return err
			}
		}
		if err := w.DB.Write(ctx, func(tx *db.Tx) error {
			for _, l := range lives {
				if _, err := tx.Exec(`INSERT INTO seed (id, whole, n) VALUES ($1, $2, $3)`, l.id, i < len(whole), l.n); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// begin decides what a case is about to become.
func (w *world) begin(n, until int) *life {
	r := rand.New(rand.NewPCG(uint64(n), 3))
	l := &life{n: n, until: until, author: w.members[n%members]}
	switch k := r.IntN(100); {
	case k < 10:
		l.author = w.bodies[r.IntN(len(w.bodies))]
	case k < 24 || steps[until].name == "invite":
		for i := range 1 + r.IntN(3) {
			l.signers = append(l.signers, w.members[(n+31*(i+1))%members])
		}
	}
	unit := func() string { return w.units[r.IntN(len(w.units))] }
	l.units = []proposal.UnitRole{{Unit: unit(), Role: proposal.Sole}}
	if r.IntN(4) == 0 {
		l.units[0].Role = proposal.Host
		for len(l.units) < 2 {
			if u := unit(); u != l.units[0].Unit {
				l.units = append(l.units, proposal.UnitRole{Unit: u, Role: proposal.CoHandler})
			}
		}
	}
	return l
}

// one is who of several in a role looks after a case.
func (w *world) one(role string, l *life) *who {
	all := w.staff[role]
	return all[l.n%len(all)]
}

func (m *who) in(ctx context.Context) context.Context { return actor.With(ctx, m.actor) }

// act takes a step of the case.
func (w *world) act(ctx context.Context, tx *db.Tx, l *life, m *who, action string, in proposal.Input) error {
	var version int
	if err := tx.Get(`SELECT version FROM proposal WHERE tenant = $1 AND id = $2`, []any{w.set.Tenant, l.id}, &version); err != nil {
		return err
	}
	_, err := w.Proposals.Do(m.in(ctx), l.id, version, action, in)
	return err
}

type assignment struct {
	id, unit, role string
	version        int
}

// each takes a step of every assignment of the case that pick lets through.
func (w *world) each(ctx context.Context, tx *db.Tx, l *life, role, action string, pick func(*assignment, *proposal.Input) bool) error {
	all, err := db.All(tx, func(a *assignment) []any { return []any{&a.id, &a.unit, &a.role, &a.version} },
		`SELECT id, unit, role, version FROM assignment WHERE tenant = $1 AND proposal = $2 ORDER BY role, id`, w.set.Tenant, l.id) // co-handlers first
	if err != nil {
		return err
	}
	for _, a := range all {
		m := w.of[a.unit][role]
		if role == "clerk" {
			m = w.one(role, l)
		}
		var in proposal.Input
		if pick != nil && !pick(a, &in) {
			continue
		}
		if _, err := w.Proposals.DoAssignment(m.in(ctx), l.id, a.id, a.version, action, in); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) draft(ctx context.Context, _ *db.Tx, l *life) error {
	text := demo.Text(uint64(l.n))
	switch {
	case l.author.actor.Role == "collective":
		text.Kind = proposal.Collective
	case len(l.signers) > 0:
		text.Kind = proposal.Joint
		for _, m := range l.signers {
			text.Cosigners = append(text.Cosigners, m.person)
		}
	}
	p, err := w.Proposals.Create(l.author.in(ctx), text)
	if err == nil {
		l.id = p.ID
	}
	return err
}

func (w *world) invite(ctx context.Context, tx *db.Tx, l *life) error {
	if len(l.signers) == 0 {
		return nil
	}
	return w.act(ctx, tx, l, l.author, "invite", proposal.Input{})
}

func (w *world) submit(ctx context.Context, tx *db.Tx, l *life) error {
	action := "submit"
	if l.author.actor.Role == "collective" {
		action = "approve"
	}
	for _, m := range l.signers {
		action = "submit_joint"
		if _, err := w.Proposals.Cosign(m.in(ctx), l.id, true); err != nil {
			return err
		}
	}
	return w.act(ctx, tx, l, l.author, action, proposal.Input{})
}

func (w *world) pass(ctx context.Context, tx *db.Tx, l *life) error {
	return w.act(ctx, tx, l, w.one("reviewer", l), "pass", proposal.Input{Score: 1 + l.n%5, Reason: "问题明确，建议具体，同意立案"})
}

// file declines a few, as it happens.
func (w *world) file(ctx context.Context, tx *db.Tx, l *life) error {
	if l.declined = l.n%14 == 5; l.declined {
		return w.act(ctx, tx, l, w.one("review_chair", l), "decline", proposal.Input{Code: "vague", Disposition: "convert_to_advice", Reason: "建议尚不具体，转有关部门参考"})
	}
	return w.act(ctx, tx, l, w.one("review_chair", l), "file", proposal.Input{})
}

func (w *world) contact(ctx context.Context, tx *db.Tx, l *life) error {
	return w.each(ctx, tx, l, "unit_officer", "contact", func(a *assignment, in *proposal.Input) bool {
		*in = proposal.Input{Kind: "consult_in_person", On: calendar.On(tx.Now()), People: l.author.name + "、承办人员", Summary: "与提案人一同察看现场，听取意见，商定办理思路和时间安排。"}
		if l.n%3 == 0 {
			in.Kind = "visit"
		}
		return true
	})
}

// write drafts what each department answers; one in three promises something.
func (w *world) write(ctx context.Context, tx *db.Tx, l *life) error {
	if err := w.each(ctx, tx, l, "unit_officer", "draft", func(a *assignment, in *proposal.Input) bool {
		text := demo.Text(uint64(l.n) + 1<<32)
		*in = proposal.Input{Body: "您提出的提案收悉。经研究，现答复如下。\n" + text.Analysis + "\n下一步，我们将做好以下工作。\n" + text.Suggestions,
			DocNo: fmt.Sprintf("沧提复〔%d〕%d号", w.year, l.n+1), Outcome: []string{"a", "a", "b", "b", "c", "d"}[l.n%6], Disclosure: "full",
			ContactName: w.of[a.unit]["unit_officer"].name, ContactPhone: "0000-1234567"}
		if l.n%3 == 0 && a.role != proposal.CoHandler {
			in.Promises = []proposal.Promise{{Text: "在约定期限内完成整改并向提案人通报", DueOn: calendar.On(tx.Now()).AddDays(60)}}
		}
		return true
	}); err != nil {
		return err
	}
	return w.each(ctx, tx, l, "unit_leader", "send_opinion", func(a *assignment, _ *proposal.Input) bool { return a.role == proposal.CoHandler })
}

func (w *world) check(ctx context.Context, tx *db.Tx, l *life) error {
	return w.each(ctx, tx, l, "clerk", "check", func(a *assignment, _ *proposal.Input) bool { return a.role != proposal.CoHandler })
}

// rate: one in twelve says nothing.
func (w *world) rate(ctx context.Context, _ *db.Tx, l *life) error {
	if l.n%12 == 7 {
		return nil
	}
	for i, m := range append([]*who{l.author}, l.signers...) {
		level := []string{"satisfied", "satisfied", "satisfied", "basically"}[(l.n+i)%4]
		if err := w.Proposals.Rate(m.in(ctx), l.id, proposal.Rating{Overall: level, Contacted: true, Comment: "办理认真，希望持续推进",
			Scores: map[string]string{"attitude": "satisfied", "contact": "satisfied", "pertinence": level, "result": level}}); err != nil {
			return err
		}
	}
	return nil
}

// keep lets the departments report what they promised, and the office confirm.
func (w *world) keep(ctx context.Context, tx *db.Tx, l *life) error {
	type promise struct {
		id, unit string
		version  int
	}
	all, err := db.All(tx, func(p *promise) []any { return []any{&p.id, &p.unit, &p.version} },
		`SELECT id, unit, version FROM commitment WHERE tenant = $1 AND proposal = $2 AND state = 'open'`, w.set.Tenant, l.id)
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := w.Proposals.ReportCommitment(w.of[p.unit]["unit_officer"].in(ctx), l.id, p.id, p.version, "已按答复完成整改，并请提案人到现场查看。"); err != nil {
			return err
		}
		if err := w.Proposals.DecideCommitment(w.one("clerk", l).in(ctx), l.id, p.id, p.version+1, true, "情况属实"); err != nil {
			return err
		}
	}
	return nil
}
