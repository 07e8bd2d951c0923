package award

import (
	_ "embed"

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

// Figures are what is counted of awards: the table figures.tsv.
var Figures = figure.MustRead(figuresTable)

const (
	factNominated figure.Flags = 1 << iota
	factShortlisted
	factWon
)

// Sources load a fact for each proposal that was nominated.
var Sources = []figure.Source{{
	ID: "award", Title: "年度好提案", Flags: []string{"nominated", "shortlisted", "won"},
	Dims: []figure.Dim{{ID: "proposer", Title: "提案者类型"}, {ID: "session", Title: "会议"}},
	Load: loadFacts, Labels: labels,
	Sees: func(a actor.Actor, f *figure.Fact) bool {
		return f.Flags&factWon != 0 && a.Can("award.read") || a.Can("award.manage") || a.Can("award.publish")
	},
}}

func loadFacts(tx *db.Tx, s figure.Scope) (facts []figure.Fact, err error) {
	type fact struct {
		Candidate
		state, session string
		first, publish db.Time
	}
	all, err := db.All(tx, func(x *fact) []any {
		return []any{&x.Award, &x.Proposal, &x.Shortlisted, &x.Won, &x.CaseNo, &x.Title, &x.Kind, &x.state, &x.session, &x.publish, &x.first}
	}, `SELECT c.award, c.proposal, c.shortlisted, c.won, p.case_no, p.title, p.kind, w.state, w.session, w.published_at,
		(SELECT MIN(n.at) FROM award_nomination n WHERE n.tenant = c.tenant AND n.award = c.award AND n.proposal = c.proposal)
		FROM award w JOIN award_candidate c ON c.tenant = w.tenant AND c.award = w.id JOIN proposal p ON p.tenant = c.tenant AND p.id = c.proposal
		WHERE w.tenant = $1 AND w.year = $2 AND w.state <> 'cancelled' ORDER BY w.created_at, p.case_no, p.id`, s.Tenant, s.Year)
	for _, x := range all {
		if calendar.On(x.first.Time) > s.AsOf {
			continue
		}
		f := figure.Fact{Record: x.Award + "/" + x.Proposal, Amount: 1, Flags: factNominated, Number: lang.T(tx.Context(), "第 %d 号", x.CaseNo), Title: x.Title, Link: "/proposals/" + x.Proposal, Date: calendar.On(x.first.Time),
			Tags: []figure.Tag{{Dim: "proposer", Value: x.Kind}, {Dim: "session", Value: x.session}}}
		if x.Shortlisted {
			f.Flags |= factShortlisted
		}
		if x.Won && x.state == Published && calendar.On(x.publish.Time) <= s.AsOf {
			f.Flags |= factWon
		}
		facts = append(facts, f)
	}
	return facts, err
}

func labels(tx *db.Tx, s figure.Scope, dim string, _ []string) (map[string]string, error) {
	names := map[string]string{}
	if dim == "proposer" {
		for kind, title := range map[string]string{proposal.Individual: "委员个人提案", proposal.Joint: "委员联名提案", proposal.Collective: "集体提案"} {
			names[kind] = lang.T(tx.Context(), "%s", lang.Word(title))
		}
		return names, nil
	}
	all, err := org.Sessions(tx, s.Tenant)
	for _, x := range all {
		names[x.ID] = x.Title
	}
	return names, err
}
