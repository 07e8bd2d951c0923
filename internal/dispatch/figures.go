package dispatch

import (
	_ "embed"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/figure"
	"shangliang/internal/lang"
	"shangliang/internal/org"
)

//go:embed figures.tsv
var figuresTable []byte

// Figures are what is counted of dispatch meetings: the table figures.tsv.
var Figures = figure.MustRead(figuresTable)

const (
	factHeld figure.Flags = 1 << iota
	factHanded
)

// Sources load a fact for each meeting held and for each case handed over at one.
var Sources = []figure.Source{{
	ID: "dispatch", Title: "交办会", Flags: []string{"held", "handed"},
	Dims: []figure.Dim{{ID: "unit", Title: "承办单位", Many: true}, {ID: "session", Title: "会议"}},
	Load: loadFacts, Labels: labels,
	Sees: func(a actor.Actor, f *figure.Fact) bool {
		return a.Can("dispatch.read") && (f.Flags&factHeld != 0 || a.Can("proposal.read_all") || a.Can("proposal.read_filed"))
	},
}}

func loadFacts(tx *db.Tx, s figure.Scope) (facts []figure.Fact, err error) {
	meetings, err := db.All(tx, (*Meeting).fields, `SELECT `+meetingColumns+` FROM dispatch_meeting m WHERE m.tenant = $1 AND m.year = $2 AND m.on_date <= $3 AND NOT m.cancelled ORDER BY m.on_date, m.id`,
		s.Tenant, s.Year, s.AsOf)
	if err != nil || len(meetings) == 0 {
		return nil, err
	}
	cut := db.At(s.AsOf.AddDays(1).Time())
	type handed struct {
		Item
		unit string
	}
	rows, err := db.All(tx, func(x *handed) []any {
		return []any{&x.Meeting, &x.Proposal, &x.SentAt, &x.unit, &x.CaseNo, &x.Title, &x.Lead}
	}, `SELECT c.meeting, c.proposal, c.sent_at, u.unit, p.case_no, p.title, `+leadName+` FROM dispatch_meeting m
		JOIN dispatch_case c ON c.tenant = m.tenant AND c.meeting = m.id AND c.state = 'sent' AND c.sent_at < $3
		JOIN dispatch_case_unit u ON u.tenant = c.tenant AND u.meeting = c.meeting AND u.proposal = c.proposal
		JOIN proposal p ON p.tenant = c.tenant AND p.id = c.proposal
		WHERE m.tenant = $1 AND m.year = $2 AND NOT m.cancelled ORDER BY c.meeting, c.position, c.proposal, u.position`, s.Tenant, s.Year, cut)
	if err != nil {
		return nil, err
	}
	session := map[string]string{}
	for _, m := range meetings {
		f := figure.Fact{Record: m.ID, Amount: 1, Flags: factHeld, Title: m.Title, Link: "/dispatches/" + m.ID, Date: m.OnDate, Tags: []figure.Tag{{Dim: "session", Value: m.Session}}}
		for _, u := range m.Units {
			f.Tags = append(f.Tags, figure.Tag{Dim: "unit", Value: u})
		}
		session[m.ID] = m.Session
		facts = append(facts, f)
	}
	for _, x := range rows {
		if session[x.Meeting] == "" {
			continue // of a meeting after the day that is asked for
		}
		id := x.Meeting + "/" + x.Proposal
		if last := &facts[len(facts)-1]; last.Record == id {
			last.Tags = append(last.Tags, figure.Tag{Dim: "unit", Value: x.unit})
			continue
		}
		facts = append(facts, figure.Fact{Record: id, Amount: 1, Flags: factHanded, Number: lang.T(tx.Context(), "第 %d 号", x.CaseNo), Title: x.Title, Person: x.Lead,
			Link: "/proposals/" + x.Proposal, Date: calendar.On(x.SentAt.Time), Tags: []figure.Tag{{Dim: "session", Value: session[x.Meeting]}, {Dim: "unit", Value: x.unit}}})
	}
	return facts, nil
}

func labels(tx *db.Tx, s figure.Scope, dim string, values []string) (map[string]string, error) {
	if dim == "unit" {
		return org.BodyNames(tx, s.Tenant, values)
	}
	all, err := org.Sessions(tx, s.Tenant)
	names := map[string]string{}
	for _, x := range all {
		names[x.ID] = x.Title
	}
	return names, err
}
