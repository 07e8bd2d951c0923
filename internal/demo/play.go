package demo

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/assessment"
	"shangliang/internal/award"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/digest"
	"shangliang/internal/dispatch"
	"shangliang/internal/keyproposal"
	"shangliang/internal/message"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/publish"
	"shangliang/internal/reading"
	"shangliang/internal/regional"
	"shangliang/internal/supervision"
)

// Play is what the demonstration acts on: the services of a platform, and the
// clock that they read (Time.Now is its Options.Now).
type Play struct {
	DB          *db.DB
	Org         *org.Service
	Proposals   *proposal.Service
	Dispatch    *dispatch.Service
	Assessments *assessment.Service
	Awards      *award.Service
	Regional    *regional.Service
	Reading     *reading.Service
	Publish     *publish.Service
	Keys        *keyproposal.Service
	Events      *supervision.Service
	Digests     *digest.Service
	Clocks      *clock.Clocks
	Time        *Time
	Progress    io.Writer // says how far it is; nothing when nil
	Messages    *message.Service
	Notices     *notify.Notifier
	Today       calendar.Date // what it leads up to; the real day when empty

	onlyNow bool // leaves 2018 out
	houses  []*house
	days    map[calendar.Date][]*story
	other   map[calendar.Date][]func(*db.Tx) error
}

// Tenants are the ids of what was played.
type Tenants struct{ City, District, County string }

// Run makes the city with its district and county and plays them, day by day,
// from December 2017 to yesterday. The database must be empty. Each day is one
// transaction. It returns who can sign in, with the password given; the clock
// then shows the real time.
func (p *Play) Run(ctx context.Context, password string) (t Tenants, who []SignIn, err error) {
	defer p.Time.release()
	p.days, p.other = map[calendar.Date][]*story{}, map[calendar.Date][]func(*db.Tx) error{}
	today := p.Today
	if today == "" {
		today = calendar.On(p.DB.Now())
	}
	start := calendar.Date("2017-12-04")
	p.Time.set(start, 8, 30)
	if t.City, err = p.Org.SetUp(ctx, p.Org.SetUpCode(), org.Founding{Tenant: city, Term: org.Term{No: 8, From: "2017-12-01"},
		Session: org.Session{No: 1, OpensOn: "2018-02-05", ClosesOn: "2018-02-08"}, Bodies: org.Defaults(), Admin: org.Person{Name: "温怀谦"}, Login: "yt-admin"}, password); err != nil {
		return t, nil, err
	}
	if err := p.DB.Write(ctx, func(tx *db.Tx) error {
		tx.Whole()
		p.houses = nil
		for _, s := range []*setting{&district, &county} {
			h, err := p.found(tx, actor.System(t.City), s)
			if err != nil {
				return err
			}
			p.houses = append(p.houses, h)
		}
		return nil
	}); err != nil {
		return t, nil, err
	}
	t.District, t.County = p.houses[0].id, p.houses[1].id
	p.say("tenants")

	if !p.onlyNow {
		p.planDistrict(p.houses[0])
		p.planKeys(p.houses[0])
		p.planCounty(p.houses[1])
	}
	last := workdays(today, -1)
	for _, h := range p.houses {
		for year := 2019; year <= today.Year(); year++ {
			on := workdays(calendar.Date(fmt.Sprintf("%d-11-20", year-1)), 1)
			p.other[on] = append(p.other[on], func(tx *db.Tx) error { return p.convene(tx, h, year) })
		}
		p.planNow(h, today, last)
		p.planTogether(h, last)
		p.planKeysNow(h, today, last)
		p.planMeetings(h, last)
		p.planAssessments(h, last)
		p.planAwards(h)
		p.planPublication(h, last)
		p.planReading(h, last)
		p.planNotices(h, last)
	}
	p.planRegional(last)
	if err := p.run(ctx, last); err != nil {
		return t, nil, err
	}
	p.Time.release()
	who, err = p.signIns(ctx, password)
	return t, who, err
}

func (p *Play) say(format string, args ...any) {
	if p.Progress != nil {
		fmt.Fprintf(p.Progress, "demo: "+format+"\n", args...)
	}
}

// run plays the planned days in their order.
func (p *Play) run(ctx context.Context, last calendar.Date) error {
	var ticked calendar.Date
	year := 0
	for {
		day := p.nextDay()
		if day == "" || day > last {
			p.Time.set(last, 17, 30)
			return p.Clocks.Tick(ctx)
		}
		if year != day.Year() {
			year = day.Year()
			p.say("%d", year)
		}
		// Deadlines act by themselves, as they would on a platform that runs:
		// twice a week, while something is going on.
		tick := ticked == "" || day.Sub(ticked) >= 3
		if tick {
			ticked = day
		}
		if err := p.play(ctx, day, tick); err != nil {
			return fmt.Errorf("demo: on %s: %w", day, err)
		}
	}
}

func (p *Play) nextDay() (first calendar.Date) {
	for day := range maps.Keys(p.days) {
		if first == "" || day < first {
			first = day
		}
	}
	for day := range maps.Keys(p.other) {
		if first == "" || day < first {
			first = day
		}
	}
	return first
}

// play does what was planned for one day, in one transaction.
func (p *Play) play(ctx context.Context, day calendar.Date, tick bool) error {
	p.Time.set(day, 9+int(day[9])%8, int(day[8]+day[9])%60)
	stories := p.days[day]
	slices.SortStableFunc(stories, func(a, b *story) int { return a.order - b.order })
	var after []int // how far each story got
	err := p.DB.Write(ctx, func(tx *db.Tx) error {
		tx.Whole()
		after = make([]int, len(stories))
		if tick {
			if err := p.Clocks.Tick(tx.Context()); err != nil {
				return err
			}
		}
		for _, f := range p.other[day] {
			if err := f(tx); err != nil {
				return err
			}
		}
		for i, s := range stories {
			sc := &scene{Play: p, tx: tx, story: s, today: day}
			n := s.next
			for more := true; more; more = n < len(s.steps) && s.steps[n].wait == 0 {
				if err := s.steps[n].do(sc); err != nil {
					return fmt.Errorf("story %d of %s, %s: %w", s.order, s.house.prefix, s.steps[n].name, err)
				}
				n++
			}
			after[i] = n
		}
		return nil
	})
	if err != nil {
		return err
	}
	delete(p.days, day)
	delete(p.other, day)
	for i, s := range stories {
		if s.next = after[i]; s.next < len(s.steps) {
			on := workdays(day, s.steps[s.next].wait)
			p.days[on] = append(p.days[on], s)
		}
	}
	return nil
}

// step is one act of a story: so many working days after the one before.
type step struct {
	name string
	wait int
	do   func(*scene) error
}

// story is what happens to one proposal.
type story struct {
	house *house
	order int
	steps []step
	next  int
	id    string // of the proposal, once there is one
	text  proposal.Text
	to    []proposal.UnitRole // the departments that it goes to first
	topic *topic
	w     *writer
	// advice are the suggestions as the text has them, each its first sentence.
	advice []string
}

// begin puts a story on the day of its first step.
func (p *Play) begin(s *story, on calendar.Date) {
	if len(s.steps) > 0 {
		p.days[on] = append(p.days[on], s)
	}
}

// scene is one story on one day.
type scene struct {
	*Play
	*story
	tx    *db.Tx
	today calendar.Date
}

func (s *scene) as(a actor.Actor) context.Context { return actor.With(s.tx.Context(), a) }

// now is the case as it is in this transaction.
func (s *scene) now() (*proposal.Proposal, error) {
	return proposal.Of(s.tx, s.house.id, s.id)
}

// do takes a step of the case.
func (s *scene) do(a actor.Actor, action string, in proposal.Input) error {
	now, err := s.now()
	if err != nil {
		return err
	}
	_, err = s.Proposals.Do(s.as(a), s.id, now.Version, action, in)
	return err
}

// each takes a step with every open assignment that want accepts (all if nil),
// as somebody of its department.
func (s *scene) each(who func(*unit) actor.Actor, action string, want func(*proposal.Assignment) bool, in func(*unit) proposal.Input) error {
	all, err := proposal.AssignmentsOf(s.tx, s.house.id, s.id)
	if err != nil {
		return err
	}
	for _, a := range all {
		if !a.Open() || want != nil && !want(a) {
			continue
		}
		u := s.house.unitOf[a.Unit]
		var fill proposal.Input
		if in != nil {
			fill = in(u)
		}
		if _, err := s.Proposals.DoAssignment(s.as(who(u)), s.id, a.ID, a.Version, action, fill); err != nil {
			return err
		}
	}
	return nil
}

func answers(a *proposal.Assignment) bool   { return a.Answers() }
func coHandles(a *proposal.Assignment) bool { return !a.Answers() }
