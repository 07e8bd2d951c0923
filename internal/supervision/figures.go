package supervision

import (
	_ "embed"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/figure"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

//go:embed figures.tsv
var figuresTable []byte

// Figures are what is counted of supervision: the table figures.tsv.
var Figures = figure.MustRead(figuresTable)

// The attributes of a fact that figures.tsv asks for.
const (
	factHeld figure.Flags = 1 << iota
	factMeeting
	factCollective
	factBriefing
	factConsultation
	factVisit
	factVisited
	factConsulted
	factTask
	factDone
	factLate
)

var meaningFlags = map[string]figure.Flags{Meeting: factMeeting, Collective: factCollective, Briefing: factBriefing, Consultation: factConsultation, Visit: factVisit}

// Sources load the facts of the events held in a year, and of what followed.
var Sources = []figure.Source{{
	ID: "supervision", Title: "督办活动",
	Flags: []string{"held", "meeting", "collective", "briefing", "consultation", "visit", "visited", "consulted", "task", "done", "late"},
	Dims: []figure.Dim{{ID: "type", Title: "种类"}, {ID: "leader", Title: "带队领导"}, {ID: "committee", Title: "专门委员会"},
		{ID: "unit", Title: "承办单位", Many: true}, {ID: "session", Title: "会议"}},
	Load: loadFacts, Labels: factLabels,
	Sees: func(a actor.Actor, f *figure.Fact) bool { return a.Can("supervision.read") },
}}

type tally struct {
	Event
	leaderName string
	units      proposal.List
	unitNames  string
}

// loadFacts reads the year's events, their cases and their tasks by one query
// each. An event counts from its day on, once its results are written down.
func loadFacts(tx *db.Tx, s figure.Scope) ([]figure.Fact, error) {
	cut := db.At(s.AsOf.AddDays(1).Time())
	events, err := db.All(tx, func(t *tally) []any { return append(t.fields(), &t.leaderName, &t.units, &t.unitNames) }, `SELECT `+eventColumns+`, COALESCE(l.name, ''),
		COALESCE((SELECT string_agg(u.unit, ',' ORDER BY u.unit) FROM supervision_unit u WHERE u.tenant = e.tenant AND u.event = e.id), ''),
		COALESCE((SELECT string_agg(COALESCE(NULLIF(b.short_name, ''), b.name), '、' ORDER BY b.name) FROM supervision_unit u JOIN body b ON b.tenant = u.tenant AND b.id = u.unit WHERE u.tenant = e.tenant AND u.event = e.id), '')
		FROM supervision_event e LEFT JOIN person l ON l.tenant = e.tenant AND l.id = e.leader
		WHERE e.tenant = $1 AND e.year = $2 AND e.state IN ('held', 'closed') AND e.on_date <= $3 AND e.held_at < $4 ORDER BY e.on_date, e.id`, s.Tenant, s.Year, s.AsOf, cut)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	var facts []figure.Fact
	byID := map[string]*tally{}
	seen := map[string]int{} // a visited department or consulted case → its fact
	tags := func(e *tally, units []string) []figure.Tag {
		all := []figure.Tag{{Dim: "type", Value: e.Meaning}}
		for _, t := range []figure.Tag{{Dim: "leader", Value: e.Leader}, {Dim: "committee", Value: e.Committee}, {Dim: "session", Value: e.Session}} {
			if t.Value != "" {
				all = append(all, t)
			}
		}
		for _, u := range units {
			all = append(all, figure.Tag{Dim: "unit", Value: u})
		}
		return all
	}
	for _, e := range events {
		byID[e.ID] = e
		f := figure.Fact{Record: e.ID, Amount: 1, Flags: factHeld | meaningFlags[e.Meaning], Tags: tags(e, e.units),
			Title: e.Title, Link: "/supervision/" + e.ID, Person: e.leaderName, Body: e.unitNames, Date: e.OnDate}
		facts = append(facts, f)
		if e.Meaning != Visit {
			continue
		}
		for _, u := range e.units {
			if _, again := seen["unit "+u]; !again {
				seen["unit "+u] = len(facts)
				facts = append(facts, figure.Fact{Record: "unit " + u, Amount: 1, Flags: factVisited, Tags: tags(e, []string{u}), Title: u, Link: "/supervision/" + e.ID, Person: e.leaderName, Date: e.OnDate})
			}
		}
	}
	if err := nameUnits(tx, s, facts); err != nil {
		return nil, err
	}
	type link struct{ event, proposal, title string }
	cases, err := db.All(tx, func(l *link) []any { return []any{&l.event, &l.proposal, &l.title} }, `SELECT c.event, c.proposal, p.title FROM supervision_case c
		JOIN supervision_event e ON e.tenant = c.tenant AND e.id = c.event JOIN proposal p ON p.tenant = c.tenant AND p.id = c.proposal
		WHERE c.tenant = $1 AND e.year = $2 AND e.meaning = 'consultation' ORDER BY e.on_date, e.id, p.case_no, p.id`, s.Tenant, s.Year)
	if err != nil {
		return nil, err
	}
	for _, l := range cases {
		if _, again := seen["case "+l.proposal]; again || byID[l.event] == nil {
			continue
		}
		e := byID[l.event]
		seen["case "+l.proposal] = len(facts)
		facts = append(facts, figure.Fact{Record: "case " + l.proposal, Amount: 1, Flags: factConsulted, Tags: tags(e, e.units), Title: l.title, Link: "/proposals/" + l.proposal, Person: e.leaderName, Body: e.unitNames, Date: e.OnDate})
	}
	owed, err := db.All(tx, (*Task).fields, `SELECT `+taskColumns+` FROM supervision_task t JOIN supervision_event e ON e.tenant = t.tenant AND e.id = t.event
		WHERE t.tenant = $1 AND e.year = $2 AND t.created_at < $3 ORDER BY t.due_on, t.id`, s.Tenant, s.Year, cut)
	if err != nil {
		return nil, err
	}
	for _, t := range owed {
		e := byID[t.Event]
		if e == nil {
			continue
		}
		f := figure.Fact{Record: "task " + t.ID, Amount: 1, Flags: factTask, Tags: tags(e, nil), Title: t.Text, Link: "/supervision/" + e.ID + "#task-" + t.ID, Date: t.DueOn}
		if t.Unit != "" {
			f.Tags = append(f.Tags, figure.Tag{Dim: "unit", Value: t.Unit})
		}
		switch {
		case t.State == "done" && t.DecidedAt.Before(cut.Time):
			f.Flags |= factDone
		case t.DueOn < s.AsOf:
			f.Flags |= factLate
		}
		facts = append(facts, f)
	}
	return facts, nil
}

// nameUnits puts the names of the departments in place of their ids.
func nameUnits(tx *db.Tx, s figure.Scope, facts []figure.Fact) error {
	if !s.Details {
		return nil
	}
	var ids []string
	for _, f := range facts {
		if f.Flags&factVisited != 0 {
			ids = append(ids, f.Title)
		}
	}
	names, err := org.BodyNames(tx, s.Tenant, ids)
	for i := range facts {
		if facts[i].Flags&factVisited != 0 {
			facts[i].Title = names[facts[i].Title]
		}
	}
	return err
}

func factLabels(tx *db.Tx, s figure.Scope, dim string, values []string) (map[string]string, error) {
	switch dim {
	case "leader":
		return org.PersonNames(tx, s.Tenant, values)
	case "committee", "unit":
		return org.BodyNames(tx, s.Tenant, values)
	}
	names := map[string]string{}
	if dim == "type" {
		for _, c := range Meanings {
			names[c.Key] = lang.T(tx.Context(), "%s", lang.Word(c.Label))
		}
		return names, nil
	}
	all, err := org.Sessions(tx, s.Tenant)
	for _, x := range all {
		names[x.ID] = x.Title
	}
	return names, err
}
