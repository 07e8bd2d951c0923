package digest

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

// Figures are what is counted of digests: the table figures.tsv.
var Figures = figure.MustRead(figuresTable)

// The attributes of a fact that figures.tsv asks for.
const (
	factSent figure.Flags = 1 << iota
	factCased
	factInstruction
	factFollow
	factDone
	factLate
)

// Sources load the facts of the digests that were sent in a year, and of what
// leaders wrote back.
var Sources = []figure.Source{{
	ID: "digest", Title: "提案摘报", Flags: []string{"sent", "cased", "instruction", "follow", "done", "late"},
	Dims: []figure.Dim{{ID: "recipient", Title: "领导", Many: true}, {ID: "unit", Title: "承办单位"}, {ID: "session", Title: "会议"}},
	Load: loadFacts, Labels: factLabels,
	Sees: func(a actor.Actor, f *figure.Fact) bool { return a.Can("digest.read") },
}}

type tally struct {
	Digest
	recipients proposal.List
}

// loadFacts reads the year's digests, their cases and the instructions by one
// query each.
func loadFacts(tx *db.Tx, s figure.Scope) ([]figure.Fact, error) {
	cut := db.At(s.AsOf.AddDays(1).Time())
	digests, err := db.All(tx, func(t *tally) []any { return append(t.fields(), &t.recipients) }, `SELECT `+digestColumns+`,
		COALESCE((SELECT string_agg(r.person, ',' ORDER BY r.person) FROM digest_recipient r WHERE r.tenant = d.tenant AND r.digest = d.id), '')
		FROM digest d WHERE d.tenant = $1 AND d.work_year = $2 AND d.state = 'sent' AND d.sent_at < $3 ORDER BY d.year, d.no`, s.Tenant, s.Year, cut)
	if err != nil || len(digests) == 0 {
		return nil, err
	}
	var facts []figure.Fact
	byID := map[string]*tally{}
	tags := func(d *tally, people ...string) []figure.Tag {
		var all []figure.Tag
		if d.Session != "" {
			all = append(all, figure.Tag{Dim: "session", Value: d.Session})
		}
		for _, p := range people {
			all = append(all, figure.Tag{Dim: "recipient", Value: p})
		}
		return all
	}
	number := func(d *tally) string { return lang.T(tx.Context(), "%d年第%d期", d.Year, d.No) }
	for _, d := range digests {
		byID[d.ID] = d
		facts = append(facts, figure.Fact{Record: d.ID, Amount: 1, Flags: factSent, Tags: tags(d, d.recipients...), Number: number(d), Title: d.Title, Link: "/digests/" + d.ID, Date: d.SentOn})
	}
	type link struct{ digest, proposal, title string }
	cases, err := db.All(tx, func(l *link) []any { return []any{&l.digest, &l.proposal, &l.title} }, `SELECT c.digest, c.proposal, p.title FROM digest_case c
		JOIN digest d ON d.tenant = c.tenant AND d.id = c.digest JOIN proposal p ON p.tenant = c.tenant AND p.id = c.proposal
		WHERE c.tenant = $1 AND d.work_year = $2 AND d.state = 'sent' ORDER BY d.year, d.no, c.proposal`, s.Tenant, s.Year)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, l := range cases {
		d := byID[l.digest]
		if d == nil || seen[l.proposal] {
			continue
		}
		seen[l.proposal] = true
		facts = append(facts, figure.Fact{Record: "case " + l.proposal, Amount: 1, Flags: factCased, Tags: tags(d, d.recipients...), Number: number(d), Title: l.title, Link: "/proposals/" + l.proposal, Date: d.SentOn})
	}
	given, err := db.All(tx, (*Instruction).fields, `SELECT `+instructionColumns+` FROM digest_instruction i JOIN digest d ON d.tenant = i.tenant AND d.id = i.digest
		WHERE i.tenant = $1 AND d.work_year = $2 AND i.recorded_at < $3 ORDER BY i.on_date, i.id`, s.Tenant, s.Year, cut)
	if err != nil {
		return nil, err
	}
	for _, i := range given {
		d := byID[i.Digest]
		if d == nil {
			continue
		}
		f := figure.Fact{Record: i.ID, Amount: 1, Flags: factInstruction, Tags: tags(d, i.Person), Number: number(d), Title: d.Title, Link: "/digests/" + d.ID + "#i-" + i.ID, Date: i.OnDate}
		if i.Unit != "" {
			f.Flags |= factFollow
			f.Tags = append(f.Tags, figure.Tag{Dim: "unit", Value: i.Unit})
			switch {
			case i.State == "done" && i.DoneAt.Before(cut.Time):
				f.Flags |= factDone
			case i.DueOn < s.AsOf:
				f.Flags |= factLate
			}
		}
		facts = append(facts, f)
	}
	return facts, nil
}

func factLabels(tx *db.Tx, s figure.Scope, dim string, values []string) (map[string]string, error) {
	switch dim {
	case "recipient":
		return org.PersonNames(tx, s.Tenant, values)
	case "unit":
		return org.BodyNames(tx, s.Tenant, values)
	}
	names := map[string]string{}
	all, err := org.Sessions(tx, s.Tenant)
	for _, x := range all {
		names[x.ID] = x.Title
	}
	return names, err
}
