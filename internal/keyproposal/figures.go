package keyproposal

import (
	_ "embed"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/figure"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

//go:embed figures.tsv
var figuresTable []byte

// Figures are what is counted of key proposals: the table figures.tsv.
var Figures = figure.MustRead(figuresTable)

// The attributes of a fact that figures.tsv asks for.
const (
	factFiled figure.Flags = 1 << iota
	factParty
	factNominated
	factKey
	factLed
	factPlanSigned
	factSupervised
	factReported
	factPrioritized
)

// Sources load one fact for each filed proposal of a year, with what became of it
// as a key proposal.
var Sources = []figure.Source{{
	ID: "key_proposal", Title: "重点提案",
	Flags: []string{"filed", "party", "nominated", "key", "led", "plan_signed", "supervised", "reported", "prioritized"},
	Dims: []figure.Dim{{ID: "leader", Title: "领衔领导"}, {ID: "kind", Title: "领衔方式"}, {ID: "committee", Title: "专门委员会"},
		{ID: "unit", Title: "承办单位", Many: true}, {ID: "subject", Title: "提案类别"}, {ID: "state", Title: "状态"}, {ID: "session", Title: "会议"}},
	Load: loadFacts, Labels: factLabels,
	Sees: func(a actor.Actor, f *figure.Fact) bool { return a.Can("key_proposal.read") },
}}

type tally struct {
	proposal.Brief
	key, state, leader, leaderKind, committee, leaderName string
	session, units                                        string
	nominated, approved, signed, acted, reported, measure string
}

// tallyColumns are read into [tally.fields].
const tallyColumns = `p.session, COALESCE(k.state, ''), COALESCE(k.leader, ''), COALESCE(k.leader_kind, ''), COALESCE(k.committee, ''),
	COALESCE(k.nominated_at, ''), COALESCE(k.approved_at, ''), COALESCE(k.plan_signed_on, ''),
	COALESCE((SELECT MIN(x.on_date) FROM key_activity x WHERE x.tenant = k.tenant AND x.key_proposal = k.id), ''),
	COALESCE(k.reported_at, ''), COALESCE((SELECT y.at FROM key_priority y WHERE y.tenant = p.tenant AND y.proposal = p.id), '')`

func (t *tally) fields() []any {
	return []any{&t.session, &t.state, &t.leader, &t.leaderKind, &t.committee, &t.nominated, &t.approved, &t.signed, &t.acted, &t.reported, &t.measure}
}

// loadFacts reads the filed proposals of a year by one query. What happened after
// the day that is asked for is left out. (case_no <> 0, not > 0: the index of case
// numbers would have it go through all the years.)
func loadFacts(tx *db.Tx, s figure.Scope) ([]figure.Fact, error) {
	v, err := db.At(s.AsOf.AddDays(1).Time()).Value()
	if err != nil {
		return nil, err
	}
	cut := v.(string)
	// What only lists and some dimensions need is not read for the totals.
	columns := `p.id, p.subject, CASE WHEN p.body = '' THEN '' ELSE COALESCE((SELECT b.kind FROM body b WHERE b.tenant = p.tenant AND b.id = p.body), '') END`
	fields := func(t *tally) []any { return append([]any{&t.ID, &t.Subject, &t.BodyKind}, t.fields()...) }
	if s.Details || s.Needs["unit"] {
		columns = `COALESCE(k.id, ''), COALESCE((SELECT l.name FROM person l WHERE l.tenant = k.tenant AND l.id = k.leader), ''),
			COALESCE((SELECT string_agg(z.unit, ',') FROM assignment z WHERE z.tenant = p.tenant AND z.proposal = p.id AND z.round = p.round AND z.role <> 'co_handler' AND z.state NOT IN ('returned', 'cancelled')), ''), ` + proposal.BriefColumns
		fields = func(t *tally) []any {
			return slices.Concat([]any{&t.key, &t.leaderName, &t.units}, t.Fields(), t.fields())
		}
	}
	all, err := db.All(tx, fields, `SELECT `+columns+`, `+tallyColumns+`
		FROM proposal p LEFT JOIN key_proposal k ON k.tenant = p.tenant AND k.proposal = p.id AND k.state <> 'declined'
		WHERE p.tenant = $1 AND p.year = $2 AND p.case_no <> 0 AND p.filed_at < $3 ORDER BY p.case_no, p.id`, s.Tenant, s.Year, cut)
	if err != nil {
		return nil, err
	}
	past := func(instant string) bool { return instant != "" && instant < cut }
	by := func(day string) bool { return day != "" && calendar.Date(day) <= s.AsOf }
	facts := make([]figure.Fact, 0, len(all))
	for _, t := range all {
		f := figure.Fact{Record: t.ID, Amount: 1, Flags: factFiled}
		tag := func(dim, value string) {
			if value != "" {
				f.Tags = append(f.Tags, figure.Tag{Dim: dim, Value: value})
			}
		}
		set := func(on bool, flag figure.Flags) bool {
			if on {
				f.Flags |= flag
			}
			return on
		}
		set(t.Party(), factParty)
		set(past(t.measure), factPrioritized)
		tag("session", t.session)
		tag("subject", t.Subject)
		var units proposal.List
		if err := units.Scan(t.units); err != nil {
			return nil, err
		}
		for _, u := range units {
			tag("unit", u)
		}
		if set(past(t.nominated), factNominated) {
			tag("state", t.state)
		}
		if set(past(t.approved), factKey) && set(t.leader != "", factLed) {
			tag("leader", t.leader)
			tag("kind", t.leaderKind)
			tag("committee", t.committee)
			if set(by(t.signed), factPlanSigned) && set(by(t.acted), factSupervised) {
				set(past(t.reported), factReported)
			}
		}
		if s.Details {
			f.Number, f.Title, f.Link, f.Person, f.Body = lang.T(tx.Context(), "第 %d 号", t.CaseNo), t.Title, "/proposals/"+t.ID, t.leaderName, t.Units
			if t.key != "" {
				f.Link = "/key-proposals/" + t.key
			}
			if len(t.nominated) >= 10 {
				f.Date = calendar.Date(t.nominated[:10])
			}
		}
		facts = append(facts, f)
	}
	return facts, nil
}

func factLabels(tx *db.Tx, s figure.Scope, dim string, values []string) (map[string]string, error) {
	names := map[string]string{}
	word := func(zh string) string { return lang.T(tx.Context(), "%s", lang.Word(zh)) }
	switch dim {
	case "leader":
		return org.PersonNames(tx, s.Tenant, values)
	case "committee", "unit":
		return org.BodyNames(tx, s.Tenant, values)
	case "kind":
		for _, c := range LeaderKinds {
			names[c.ID] = word(c.Title)
		}
	case "state":
		for _, st := range Flow.States {
			names[st.ID] = word(st.Title)
		}
	case "subject":
		for _, c := range s.Rules.Codes("proposal.subjects") {
			names[c.Key] = word(c.Label)
		}
	case "session":
		all, err := org.Sessions(tx, s.Tenant)
		for _, x := range all {
			names[x.ID] = x.Title
		}
		return names, err
	}
	return names, nil
}
