package proposal

import (
	_ "embed"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/figure"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/rule"
)

//go:embed figures.tsv
var figuresTable []byte

// Figures are what is counted of proposals: the table figures.tsv.
var Figures = figure.MustRead(figuresTable)

// The attributes of a fact that figures.tsv asks for.
const (
	factSubmitted figure.Flags = 1 << iota
	factFiled
	factDeclined
	factPending
	factWithdrawn
	factInterim
	factDispatched
	factReplied
	factOnTime
	factOverdue
	factRehandled
	factInPerson
	factMetTwice
	factMustMeet
	factMetEnough
	factRated
	factSatisfied
	factSilent
	factPromise
	factKept
	factLate
	factMerged
)

// Sources load the facts that figures of proposals count: one for each case
// that was submitted, and one for each commitment of a delivered reply.
var Sources = []figure.Source{{
	ID: "proposal", Title: "提案",
	Flags: []string{"submitted", "filed", "declined", "pending", "withdrawn", "interim", "dispatched", "replied", "on_time", "overdue",
		"rehandled", "in_person", "met_twice", "must_meet", "met_enough", "rated", "satisfied", "no_response", "promise", "kept", "late", "merged"},
	Dims: []figure.Dim{
		{ID: "proposer", Title: "提案者类型"}, {ID: "party", Title: "党派"}, {ID: "sector", Title: "界别"},
		{ID: "committee", Title: "专门委员会"}, {ID: "group", Title: "委员小组", Many: true}, {ID: "unit", Title: "承办单位", Many: true},
		{ID: "outcome", Title: "办理结果分类"}, {ID: "meaning", Title: "办理结果"}, {ID: "subject", Title: "提案类别"},
		{ID: "window", Title: "大会或平时"}, {ID: "session", Title: "会议"}, {ID: "disposition", Title: "未立案的去向"},
		{ID: "reason", Title: "不予立案理由"}, {ID: "rating", Title: "总体评价", Needs: "proposal.read_ratings"},
	},
	Load: loadFacts, Labels: factLabels, Notes: factNotes, Sees: seesFact,
}}

// proposerTitles are the kinds of proposer; a body's kind is its own.
var proposerTitles = map[string]string{
	Individual: "委员个人提案", Joint: "委员联名提案", "party": "党派团体提案", "sector": "界别提案",
	"committee": "专门委员会提案", "group": "委员小组提案", "other": "其他集体提案",
}

// seesFact follows reach: who may open the case may read its line.
func seesFact(a actor.Actor, f *figure.Fact) bool {
	return a.Can("proposal.read_all") || a.Can("proposal.read_filed") && f.Flags&(factFiled|factPromise) != 0
}

// factNotes say which ratings the tenant counts as satisfied.
func factNotes(tx *db.Tx, s figure.Scope) map[string]string {
	if s.Rules.Bool("feedback.basically_counts") {
		return map[string]string{"basically": lang.T(tx.Context(), "按本级规则，“基本满意”计入满意")}
	}
	return map[string]string{"basically": lang.T(tx.Context(), "按本级规则，“基本满意”不计入满意")}
}

func factLabels(tx *db.Tx, s figure.Scope, dim string, values []string) (map[string]string, error) {
	names := map[string]string{}
	codes := func(set rule.Codes) (map[string]string, error) {
		for _, c := range set {
			names[c.Key] = lang.T(tx.Context(), "%s", lang.Word(c.Label))
		}
		return names, nil
	}
	switch dim {
	case "proposer":
		for key, title := range proposerTitles {
			names[key] = lang.T(tx.Context(), "%s", lang.Word(title))
		}
	case "window":
		names["plenary"], names["interim"] = lang.T(tx.Context(), "大会提案"), lang.T(tx.Context(), "平时提案")
	case "party", "sector", "committee", "group", "unit":
		return org.BodyNames(tx, s.Tenant, values)
	case "session":
		all, err := org.Sessions(tx, s.Tenant)
		for _, x := range all {
			names[x.ID] = x.Title
		}
		return names, err
	case "meaning":
		return codes(Meanings)
	case "outcome":
		return codes(s.Rules.Codes("reply.outcomes"))
	case "subject":
		return codes(s.Rules.Codes("proposal.subjects"))
	case "disposition":
		return codes(s.Rules.Codes("proposal.dispositions"))
	case "reason":
		return codes(s.Rules.Codes("proposal.decline_reasons"))
	case "rating":
		return codes(s.Rules.Codes("feedback.levels"))
	}
	return names, nil
}

// tally is a case with what belongs to it, as the tables have it. Instants are
// texts of fixed width, compared as such.
type tally struct {
	id, kind, body, session, subject, lead, state, disposition, reason string
	interim                                                            bool
	serialNo, caseNo, rules                                            int
	submitted, filed, dispatched, closed, updated, merged              string
	title                                                              string

	assignments []*tallyAssignment
	replies     []*tallyReply
	contacts    []*tallyContact
	ratings     []*tallyRating
}

// tallyAssignment is the work of a department that answers the proposers.
type tallyAssignment struct {
	id, proposal, unit, state, ended string
	round                            int
	due                              calendar.Date
}

type tallyReply struct {
	proposal, outcome, meaning string
	round                      int
}

type tallyContact struct {
	proposal, kind string
	on             calendar.Date
}

type tallyRating struct {
	proposal, person, overall, at string
	round                         int
}

type tallyPromise struct {
	id, proposal, assignment, unit, text, state, confirmed string
	due                                                    calendar.Date
}

// tallies are the cases of a scope, by id and in their order.
type tallies struct {
	scope  figure.Scope
	cut    string // the first instant that is too late
	before string // the same for what is stored as a day
	all    []*tally
	byID   map[string]*tally
	bodies map[string]string // id → kind
	ended  map[string]string // assignment → when it was delivered

	days map[string]calendar.Date // hour of an instant → its day in China
	ends map[calendar.Date]string // day → the first instant after it
}

// loadFacts reads the cases and, in one pass over each, the tables that belong
// to them. Ids are made in the order of time, so that the cases of a year lie
// close together: the other tables are read by the range of ids, which is many
// times faster than case by case, and what the range has of other years is left.
func loadFacts(tx *db.Tx, s figure.Scope) ([]figure.Fact, error) {
	cut, err := db.At(s.AsOf.AddDays(1).Time()).Value()
	if err != nil {
		return nil, err
	}
	t := &tallies{scope: s, cut: cut.(string), before: string(s.AsOf.AddDays(1)), byID: map[string]*tally{}, bodies: map[string]string{}, ended: map[string]string{},
		days: map[string]calendar.Date{}, ends: map[calendar.Date]string{}}
	// What only lists and some dimensions need is not read for the totals.
	more := `'', '', '', '', 0, 0, ''`
	switch {
	case s.Details:
		more = `p.subject, p.lead, p.reason_code, p.submitted_at, p.serial_no, p.case_no, p.title`
	case slices.ContainsFunc([]string{"subject", "reason", "party", "sector", "committee", "group"}, func(dim string) bool { return s.Needs[dim] }):
		more = `p.subject, p.lead, p.reason_code, p.submitted_at, 0, 0, ''`
	}
	const of = ` FROM proposal p WHERE p.tenant = $1 AND p.year = $2 AND p.submitted_at <> '' AND p.submitted_at < $3`
	t.all, err = db.All(tx, func(c *tally) []any {
		return []any{&c.id, &c.kind, &c.body, &c.session, &c.state, &c.disposition, &c.interim, &c.rules,
			&c.filed, &c.dispatched, &c.closed, &c.updated, &c.merged, &c.subject, &c.lead, &c.reason, &c.submitted, &c.serialNo, &c.caseNo, &c.title}
	}, `SELECT p.id, p.kind, p.body, p.session, p.state, p.disposition, p.interim, p.rule_version,
		p.filed_at, p.dispatched_at, p.closed_at, p.updated_at, p.merged_at, `+more+of, s.Tenant, s.Year, t.cut)
	if err != nil || len(t.all) == 0 {
		return nil, err
	}
	var first, last string
	if err := tx.Get(`SELECT MIN(p.id), MAX(p.id)`+of, []any{s.Tenant, s.Year, t.cut}, &first, &last); err != nil {
		return nil, err
	}
	for _, c := range t.all {
		t.byID[c.id] = c
	}
	bodies, err := org.Bodies(tx, s.Tenant, "")
	if err != nil {
		return nil, err
	}
	for _, b := range bodies {
		t.bodies[b.ID] = b.Kind
	}
	promises, err := t.loadParts(tx, first, last)
	if err != nil {
		return nil, err
	}
	return t.facts(tx, promises)
}

// loadParts reads what belongs to the cases whose ids lie between two.
func (t *tallies) loadParts(tx *db.Tx, first, last string) ([]*tallyPromise, error) {
	const among = ` WHERE tenant = $1 AND proposal >= $2 AND proposal <= $3 AND `
	args := []any{t.scope.Tenant, first, last, t.cut}
	assignments, err := db.All(tx, func(a *tallyAssignment) []any {
		return []any{&a.id, &a.proposal, &a.round, &a.unit, &a.state, &a.due, &a.ended}
	}, `SELECT id, proposal, round, unit, state, due_on, ended_at FROM assignment`+among+`issued_at < $4 AND role <> 'co_handler'`, args...)
	if err != nil {
		return nil, err
	}
	for _, a := range assignments {
		if c := t.byID[a.proposal]; c != nil {
			c.assignments = append(c.assignments, a)
			if a.state == Delivered {
				t.ended[a.id] = a.ended
			}
		}
	}
	replies, err := db.All(tx, func(r *tallyReply) []any { return []any{&r.proposal, &r.round, &r.outcome, &r.meaning} },
		`SELECT proposal, round, outcome, meaning FROM reply`+among+`kind = 'reply' AND state = 'delivered' AND delivered_at < $4`, args...)
	if err != nil {
		return nil, err
	}
	for _, r := range replies {
		if c := t.byID[r.proposal]; c != nil {
			c.replies = append(c.replies, r)
		}
	}
	ratings, err := db.All(tx, func(r *tallyRating) []any { return []any{&r.proposal, &r.round, &r.person, &r.overall, &r.at} },
		`SELECT proposal, round, person, overall, at FROM feedback`+among+`at < $4`, args...)
	if err != nil {
		return nil, err
	}
	for _, r := range ratings {
		if c := t.byID[r.proposal]; c != nil {
			c.ratings = append(c.ratings, r)
		}
	}
	promises, err := db.All(tx, func(p *tallyPromise) []any {
		return []any{&p.id, &p.proposal, &p.assignment, &p.unit, &p.text, &p.due, &p.state, &p.confirmed}
	}, `SELECT id, proposal, assignment, unit, text, due_on, state, confirmed_at FROM commitment`+among+`state <> 'planned' AND $4 <> ''`, args...)
	if err != nil {
		return nil, err
	}
	args[3] = t.before
	contacts, err := db.All(tx, func(x *tallyContact) []any { return []any{&x.proposal, &x.kind, &x.on} },
		`SELECT proposal, kind, on_date FROM contact_record`+among+`on_date < $4`, args...)
	for _, x := range contacts {
		if c := t.byID[x.proposal]; c != nil {
			c.contacts = append(c.contacts, x)
		}
	}
	return promises, err
}

// facts makes the facts of the cases and of what was promised in them.
func (t *tallies) facts(tx *db.Tx, promises []*tallyPromise) ([]figure.Fact, error) {
	s := &t.scope
	if s.Details {
		slices.SortFunc(t.all, byNumber)
	}
	names, err := t.names(tx)
	if err != nil {
		return nil, err
	}
	var belongs *org.Affiliations
	if s.Needs["party"] || s.Needs["sector"] || s.Needs["committee"] || s.Needs["group"] {
		if belongs, err = org.AffiliationsOf(tx, s.Tenant, nil); err != nil {
			return nil, err
		}
	}
	facts := make([]figure.Fact, 0, len(t.all)+len(promises))
	at := make(map[string]int, len(t.all))
	for _, c := range t.all {
		v, err := s.Version(c.rules)
		if err != nil {
			return nil, err
		}
		f := c.fact(t, v)
		c.affiliate(t, &f, belongs)
		if s.Details {
			f.Number, f.Title, f.Link, f.Date = c.number(tx), c.title, "/proposals/"+c.id, t.day(c.submitted)
			if f.Person = names[c.lead]; c.body != "" {
				f.Person = names[c.body]
			}
			f.Body = c.units(names)
		}
		at[c.id] = len(facts)
		facts = append(facts, f)
	}
	for _, p := range promises {
		i, ok := at[p.proposal]
		if ended := t.ended[p.assignment]; !ok || ended == "" || ended >= t.cut {
			continue
		}
		facts = append(facts, p.fact(t, &facts[i], names))
	}
	return facts, nil
}

func byNumber(a, b *tally) int {
	if (a.caseNo > 0) != (b.caseNo > 0) {
		return b.caseNo - a.caseNo
	}
	return slices.Compare([]int{a.caseNo, a.serialNo}, []int{b.caseNo, b.serialNo})
}

// names are those of the people and bodies that appear, when they are wanted.
func (t *tallies) names(tx *db.Tx) (map[string]string, error) {
	if !t.scope.Details {
		return nil, nil
	}
	var people, bodies []string
	for _, c := range t.all {
		people = append(people, c.lead)
	}
	for id := range t.bodies {
		bodies = append(bodies, id)
	}
	slices.Sort(people)
	names, err := org.PersonNames(tx, t.scope.Tenant, slices.Compact(people))
	if err != nil {
		return nil, err
	}
	of, err := org.BodyNames(tx, t.scope.Tenant, bodies)
	for id, name := range of {
		names[id] = name
	}
	return names, err
}

func (c *tally) number(tx *db.Tx) string {
	if c.caseNo > 0 {
		return lang.T(tx.Context(), "第 %d 号", c.caseNo)
	}
	return lang.T(tx.Context(), "收件 %d", c.serialNo)
}

// day is the day in China of an instant as the tables have it. Days begin on the
// hour, and there are few hours among many instants.
func (t *tallies) day(instant string) calendar.Date {
	hour := instant[:min(len(instant), len("2006-01-02T15"))]
	day, ok := t.days[hour]
	if !ok {
		var at db.Time
		if at.Scan(instant) == nil {
			day = calendar.On(at.Time)
		}
		t.days[hour] = day
	}
	return day
}

// after reports whether an instant lies after a day in China.
func (t *tallies) after(instant string, day calendar.Date) bool {
	end, ok := t.ends[day]
	if !ok {
		v, _ := db.At(day.AddDays(1).Time()).Value() // never fails
		end = v.(string)
		t.ends[day] = end
	}
	return instant >= end
}

func (c *tally) units(names map[string]string) string {
	var all []string
	for _, a := range c.assignments {
		if name := names[a.unit]; a.state != ReturnedUnit && a.state != Cancelled && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return strings.Join(all, "、")
}
