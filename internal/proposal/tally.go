package proposal

import (
	"slices"

	"shangliang/internal/calendar"
	"shangliang/internal/figure"
	"shangliang/internal/org"
	"shangliang/internal/rule"
)

// fact says what had become of a case by the end of the day that is asked for.
// Everything follows from when things happened, so that an earlier day can be
// asked for as well as today. v is the version of the rules that it began under.
func (c *tally) fact(t *tallies, v *rule.Version) figure.Fact {
	f := figure.Fact{Record: c.id, Amount: 1, Flags: factSubmitted, Tags: make([]figure.Tag, 0, 12)}
	past := func(instant string) bool { return instant != "" && instant < t.cut }
	window := "plenary"
	if c.interim {
		f.Flags |= factInterim
		window = "interim"
	}
	tag := func(dim, value string) { f.Tags = append(f.Tags, figure.Tag{Dim: dim, Value: value}) }
	tag("proposer", c.proposer(t.bodies))
	tag("session", c.session)
	tag("subject", c.subject)
	tag("window", window)
	switch {
	case past(c.merged): // counted as merged and as nothing else, a number or not
		f.Flags |= factMerged
		return f
	case c.state == Withdrawn && past(c.updated):
		f.Flags |= factWithdrawn
		return f
	case past(c.filed):
		f.Flags |= factFiled
	case c.state == NotFiled && past(c.updated): // final: nothing changes it afterwards
		f.Flags |= factDeclined
		tag("disposition", c.disposition)
		tag("reason", c.reason)
	default:
		f.Flags |= factPending
	}
	if !past(c.dispatched) {
		return f
	}
	f.Flags |= factDispatched
	f.Flags |= c.met(v)
	done, late := c.handle(t, &f)
	if done == 0 {
		return f
	}
	f.Flags |= factReplied
	if !late {
		f.Flags |= factOnTime
	}
	least := -1
	var outcome string
	for _, r := range c.replies {
		if i := slices.IndexFunc(Meanings, func(m rule.Code) bool { return m.Key == r.meaning }); r.round == done && i > least {
			least, outcome = i, r.outcome
		}
	}
	if least >= 0 {
		tag("meaning", Meanings[least].Key)
		tag("outcome", outcome)
	}
	rating := c.rating(v)
	switch {
	case rating != "":
		f.Flags |= factRated
		tag("rating", rating)
		if rating == "satisfied" || rating == "basically" && t.scope.Rules.Bool("feedback.basically_counts") {
			f.Flags |= factSatisfied
		}
	case past(c.closed):
		f.Flags |= factSilent
	}
	return f
}

// met says how often they met in person, against what the rules ask for; what is
// talked over twice on one day is one meeting.
func (c *tally) met(v *rule.Version) (flags figure.Flags) {
	days := map[calendar.Date]bool{}
	for _, x := range c.contacts {
		if code, _ := v.Code("assignment.contact_kinds", x.kind); code.Canonical == "in_person" {
			days[x.on] = true
		}
	}
	if len(days) > 0 {
		flags |= factInPerson
	}
	if len(days) > 1 {
		flags |= factMetTwice
	}
	if need := v.Int("proposal.meetings"); need > 0 {
		flags |= factMustMeet
		if len(days) >= need {
			flags |= factMetEnough
		}
	}
	return flags
}

// handle goes through the work of the departments and returns the last round in
// which all of them had answered, 0 if there was none, and whether any was late.
func (c *tally) handle(t *tallies, f *figure.Fact) (done int, late bool) {
	newest := 0
	for _, a := range c.assignments {
		newest = max(newest, a.round)
	}
	open, answered := make([]bool, newest+1), make([]bool, newest+1)
	for _, a := range c.assignments {
		over := a.ended != "" && a.ended < t.cut
		if over && (a.state == ReturnedUnit || a.state == Cancelled) {
			continue
		}
		if unit := (figure.Tag{Dim: "unit", Value: a.unit}); a.round == newest && !slices.Contains(f.Tags, unit) {
			f.Tags = append(f.Tags, unit)
		}
		if over {
			answered[a.round] = true
			late = late || a.due != "" && t.after(a.ended, a.due)
			continue
		}
		open[a.round] = true
		if a.due != "" && t.scope.AsOf > a.due {
			late = true
			if a.round == newest {
				f.Flags |= factOverdue
			}
		}
	}
	for round := newest; round > 0; round-- {
		if answered[round] && !open[round] {
			done = round
			break
		}
	}
	if newest > 1 {
		f.Flags |= factRehandled
	}
	return done, late
}

// rating is the lowest overall rating of the newest round, in canonical words,
// of each proposer the last one given; empty while nobody has rated.
func (c *tally) rating(v *rule.Version) string {
	newest := 1
	for _, a := range c.assignments {
		newest = max(newest, a.round)
	}
	last := map[string]*tallyRating{}
	for _, r := range c.ratings {
		if old := last[r.person]; r.round == newest && (old == nil || old.at <= r.at) {
			last[r.person] = r
		}
	}
	rank := []string{"satisfied", "basically", "unsatisfied"}
	lowest := -1
	for _, r := range last {
		code, _ := v.Code("feedback.levels", r.overall)
		lowest = max(lowest, slices.Index(rank, code.Canonical))
	}
	if lowest < 0 {
		return ""
	}
	return rank[lowest]
}

// proposer is the kind of who stands behind the case.
func (c *tally) proposer(bodies map[string]string) string {
	if c.kind != Collective {
		return c.kind
	}
	switch kind := bodies[c.body]; kind {
	case "party", "sector", "committee", "group":
		return kind
	}
	return "other"
}

// affiliate adds under which bodies the case is counted: a body's own proposal
// under that body, a member's under what the first proposer belonged to on the
// day it was submitted. belongs is nil when nobody asks.
func (c *tally) affiliate(t *tallies, f *figure.Fact, belongs *org.Affiliations) {
	tag := func(dim, value string) {
		if value != "" {
			f.Tags = append(f.Tags, figure.Tag{Dim: dim, Value: value})
		}
	}
	if c.kind == Collective {
		if who := c.proposer(t.bodies); who != "other" {
			tag(who, c.body)
		}
		return
	}
	if belongs == nil {
		return
	}
	d := belongs.On(c.lead, t.day(c.submitted))
	tag("party", d.Party)
	tag("sector", d.Sector)
	tag("committee", d.Committee)
	for _, g := range d.Groups {
		tag("group", g)
	}
}

// fact says what had become of a promise; it is counted where its case is, and
// under the department that made it.
func (p *tallyPromise) fact(t *tallies, of *figure.Fact, names map[string]string) figure.Fact {
	f := *of
	f.Record, f.Flags = p.id, factPromise
	f.Tags = slices.DeleteFunc(slices.Clone(of.Tags), func(x figure.Tag) bool { return x.Dim == "unit" || x.Dim == "rating" })
	f.Tags = append(f.Tags, figure.Tag{Dim: "unit", Value: p.unit})
	switch {
	case p.state == "done" && p.confirmed < t.cut:
		f.Flags |= factKept
	case p.due < t.scope.AsOf:
		f.Flags |= factLate
	}
	if t.scope.Details {
		f.Title, f.Body, f.Date = p.text, names[p.unit], p.due
	}
	return f
}
