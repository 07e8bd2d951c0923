package calendar

import (
	"cmp"
	"maps"
	"slices"
)

// Spec says how a deadline is reckoned.
type Spec struct {
	Start      Date        `json:"start"` // the clock is started on it; counting begins the next day
	Term       Term        `json:"term"`
	Hard       Term        `json:"hard,omitzero"` // counted from Start; nothing moves it; zero is none
	Extensions []Extension `json:"extensions,omitempty"`
	Pauses     []Pause     `json:"pauses,omitempty"`
	// Roll moves a last day that is not worked to the next one that is, for the
	// term, each extension and the hard maximum.
	Roll bool `json:"roll,omitzero"`
}

// Extension adds a term to the due date as it stands when it is granted.
type Extension struct {
	Term Term   `json:"term"`
	On   Date   `json:"on"` // granted
	Why  string `json:"why,omitzero"`
}

// Pause stops the clock from the day From up to and including the day To; with
// To "" it still runs. A pause that begins after the due date moves nothing: by
// then the clock has run out.
type Pause struct {
	From Date   `json:"from"`
	To   Date   `json:"to,omitzero"`
	Why  string `json:"why,omitzero"`
}

// Result is a reckoned deadline.
type Result struct {
	// Due is the last day on which it can be done in time: never after Hard. While
	// a pause runs it is Hard, or "" where there is none, since nobody can tell.
	Due  Date `json:"due"`
	Hard Date `json:"hard,omitzero"`
	// Half and Eighty are the days on which 50 % and 80 % of the counted days have
	// passed; "" while a pause runs.
	Half   Date   `json:"half,omitzero"`
	Eighty Date   `json:"eighty,omitzero"`
	Paused bool   `json:"paused,omitzero"`
	Steps  []Step `json:"steps"` // why Due is what it is, in the order of reckoning
}

// Compute reckons a deadline. Without a start or a term there is none: the zero
// Result. Extensions and pauses take effect in the order of their days; paused
// days are made up in the unit of the term, working days or calendar days.
func Compute(days *Days, s Spec) Result {
	start, ok := s.Start.number()
	if !ok || s.Term.N <= 0 {
		return Result{}
	}
	r := &reckoning{days: days, spec: s, start: start, end: start, years: map[int]bool{}}
	r.begin()
	r.limit()
	for _, e := range events(s) {
		if e.extension != nil {
			r.extend(*e.extension)
		} else {
			r.stop(*e.pause)
		}
	}
	r.settle(true)
	r.notes()

	out := Result{Paused: r.paused, Steps: r.steps}
	if r.limited {
		out.Hard = r.hard.date()
	}
	switch {
	case !r.paused:
		out.Due = r.due.date()
		out.Half, out.Eighty = r.share(1, 2), r.share(4, 5)
	case r.limited:
		out.Due = out.Hard
	}
	return out
}

// An event is an extension or a pause.
type event struct {
	at        number
	extension *Extension
	pause     *span
}

// A span is a pause in numbers; open has no last day yet.
type span struct {
	from, to number
	open     bool
	why      string
}

// events puts extensions and pauses in order; an extension granted on the day on
// which a pause begins comes first. Pauses that overlap are cut so that no day
// is made up twice.
func events(s Spec) []event {
	start, _ := s.Start.number()
	var out []event
	var pauses []span
	for i, e := range s.Extensions {
		if at, ok := e.On.number(); ok && e.Term.N > 0 {
			out = append(out, event{at: at, extension: &s.Extensions[i]})
		}
	}
	for _, p := range s.Pauses {
		from, ok := p.From.number()
		to, closed := p.To.number()
		if ok && (p.To == "" || closed) {
			pauses = append(pauses, span{max(from, start+1), to, !closed, p.Why})
		}
	}
	slices.SortStableFunc(pauses, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	next := start
	for i := range pauses {
		p := &pauses[i]
		p.from = max(p.from, next)
		if !p.open && p.to < p.from {
			continue
		}
		out = append(out, event{at: p.from, pause: p})
		if p.open {
			break // whatever follows lies within it
		}
		next = p.to + 1
	}
	slices.SortStableFunc(out, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return out
}

// A reckoning is a deadline on its way.
type reckoning struct {
	days    *Days
	spec    Spec
	start   number
	end     number // the last day of the term, extensions and pauses added
	due     number // end after rolling and the hard maximum
	hard    number
	limited bool // there is a hard maximum
	stopped []span
	paused  bool // the last pause still runs
	granted int  // extensions so far
	steps   []Step
	years   map[int]bool // whose working days were asked for
}

func (r *reckoning) say(on number, format string, args ...Arg) int {
	r.steps = append(r.steps, Step{Date: on.date(), Format: format, Args: args})
	return len(r.steps) - 1
}

// begin counts the term itself.
func (r *reckoning) begin() {
	t := r.spec.Term
	if t.Unit == Workdays {
		r.say(r.start, startWorkdays, day(r.start), term(t))
		r.end = r.walk(r.start, t)
		r.say(r.end, endWorkdays, Arg{N: t.N}, day(r.end))
	} else {
		r.end = r.days.add(r.start, t)
		r.say(r.end, startDays, day(r.start), term(t), day(r.end))
	}
}

// limit finds the hard maximum.
func (r *reckoning) limit() {
	if r.spec.Hard.N > 0 {
		r.limited = true
		last := r.days.add(r.start, r.spec.Hard)
		r.hard = last
		r.say(last, hardLimit, term(r.spec.Hard), day(last))
		if r.spec.Roll {
			r.hard = r.days.onOrAfter(last)
			r.asked(last, r.hard)
		}
		if r.hard != last {
			r.say(r.hard, hardRolled, word(r.reason(last)), day(r.hard))
		}
		if r.spec.Hard.Unit == Workdays {
			r.asked(r.start, r.hard)
		}
	}
	r.settle(false)
}

// settle makes the due date of the end; it explains itself where the due date is
// final or an extension is about to start from it, because a pause that follows
// starts from the end as it was before rolling.
func (r *reckoning) settle(explain bool) {
	r.due = r.end
	if r.spec.Roll {
		for !r.days.working(r.due) || r.isStopped(r.due) {
			r.due++
		}
		r.asked(r.end, r.due)
	}
	over := r.limited && r.due > r.hard
	if explain && !r.paused {
		if r.due != r.end && !(over && r.end >= r.hard) {
			r.say(r.due, rolled, word(r.reason(r.end)), day(r.due))
		}
		if over {
			r.say(r.hard, capped, day(r.hard))
		}
	}
	if over {
		r.due = r.hard
	}
}

// extend adds a term to the due date as it stands.
func (r *reckoning) extend(e Extension) {
	r.granted++
	on, _ := e.On.number()
	if r.paused {
		r.say(on, extendedPaused, Arg{N: r.granted}, term(e.Term))
		return
	}
	r.settle(true)
	format, args := extended, []Arg{{N: r.granted}, term(e.Term), {}}
	if e.Why != "" {
		format, args = extendedWhy, append(args, Arg{Text: e.Why})
	}
	at := r.say(on, format, args...) // before the days that it skips
	if e.Term.Unit == Workdays {
		r.end = r.walk(r.due, e.Term)
	} else {
		r.end = r.days.add(r.due, e.Term)
	}
	r.steps[at].Args[2] = day(r.end)
	r.settle(false)
}

// stop makes up for the days of a pause.
func (r *reckoning) stop(p span) {
	if p.from > r.due {
		return // the clock has run out
	}
	if p.open {
		r.paused = true
		r.sayWhy(p, pausedOpen, pausedOpenWhy, day(p.from))
		return
	}
	r.stopped = append(r.stopped, p)
	if p.from <= r.end {
		lost := Term{int(p.to-p.from) + 1, CalendarDays}
		if r.spec.Term.Unit == Workdays {
			lost = Term{r.days.Between((p.from - 1).date(), p.to.date()), Workdays}
			r.asked(p.from, p.to)
		}
		when := Arg{From: p.from.date(), To: p.to.date()}
		if lost.N == 0 {
			r.sayWhy(p, pausedIdle, pausedIdleWhy, when)
		} else {
			at := r.sayWhy(p, paused, pausedWhy, when, term(lost), Arg{}) // before the days that it skips
			if lost.Unit == Workdays {
				r.end = r.walk(r.end, lost)
			} else {
				r.end = r.days.add(r.end, lost)
			}
			r.steps[at].Args[2] = day(r.end)
		}
		// An end that an extension in calendar days put on a day off may still lie
		// within a pause of working days.
		if r.end <= p.to {
			r.end = p.to + 1
		}
	}
	r.settle(false)
}

func (r *reckoning) sayWhy(p span, format, withWhy string, args ...Arg) int {
	if p.why != "" {
		format, args = withWhy, append(args, Arg{Text: p.why})
	}
	return r.say(p.from, format, args...)
}

// walk counts working days after from and tells which days it skips and which
// make-up days it counts, consecutive ones together.
func (r *reckoning) walk(from number, t Term) number {
	end := r.days.add(from, t)
	r.asked(from+1, end)
	for n := from + 1; n <= end; {
		first := n
		var names []string
		for ; n <= end && !r.days.working(n); n++ {
			if name := r.days.name(n); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		if n > first {
			r.say(first, skipped, Arg{Words: names}, Arg{From: first.date(), To: (n - 1).date()})
			continue
		}
		for ; n <= end && r.days.working(n) && r.days.name(n) != ""; n++ {
		}
		if n > first {
			r.say(first, madeUp, Arg{From: first.date(), To: (n - 1).date()})
			continue
		}
		n++
	}
	return end
}

// reason says why a due date cannot stay on a day.
func (r *reckoning) reason(n number) string {
	switch name := r.days.name(n); {
	case r.isStopped(n) && r.days.working(n):
		return pausedDay
	case name == weekend:
		return weekdays[n.weekday()]
	default:
		return name
	}
}

func (r *reckoning) isStopped(n number) bool {
	return slices.ContainsFunc(r.stopped, func(p span) bool { return p.from <= n && n <= p.to })
}

// share returns the day on which num/den of the counted days have passed.
func (r *reckoning) share(num, den int) Date {
	var counted []number
	for n := r.start + 1; n <= r.due; n++ {
		if !r.isStopped(n) && (r.spec.Term.Unit != Workdays || r.days.working(n)) {
			counted = append(counted, n)
		}
	}
	if len(counted) == 0 {
		return r.due.date()
	}
	return counted[(len(counted)*num+den-1)/den-1].date()
}

// asked notes that the working days between two days mattered.
func (r *reckoning) asked(from, to number) {
	for y := from.year(); y <= to.year(); y++ {
		r.years[y] = true
	}
}

// notes tells of years whose working days are not certain.
func (r *reckoning) notes() {
	for _, y := range slices.Sorted(maps.Keys(r.years)) {
		if note := r.days.note(y); note != "" {
			r.steps = append(r.steps, Step{Format: note, Args: []Arg{{N: y}}})
		}
	}
}
