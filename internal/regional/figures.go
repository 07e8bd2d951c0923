package regional

import (
	_ "embed"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/figure"
	"shangliang/internal/lang"
	"shangliang/internal/org"
)

//go:embed figures.tsv
var figuresTable []byte

// Figures are what is counted of joint proposals: the table figures.tsv.
var Figures = figure.MustRead(figuresTable)

const (
	factSubmitted figure.Flags = 1 << iota
	factKey
	factAdopted
)

// Sources load a fact for each joint proposal that a tenant takes part in and was
// submitted, and for each taking up.
var Sources = []figure.Source{{
	ID: "regional", Title: "跨区域联名提案", Flags: []string{"submitted", "key", "adopted"},
	Dims: []figure.Dim{{ID: "level", Title: "提交的层级"}, {ID: "standing", Title: "上级情况"}},
	Load: loadFacts,
	Labels: func(tx *db.Tx, _ figure.Scope, dim string, _ []string) (map[string]string, error) {
		names := map[string]string{}
		codes := org.Levels
		if dim == "standing" {
			codes = Standings
		}
		for _, c := range codes {
			names[c.ID] = lang.T(tx.Context(), "%s", lang.Word(c.Title))
		}
		return names, nil
	},
	Sees: func(a actor.Actor, _ *figure.Fact) bool { return a.Can("regional.read") },
}}

func loadFacts(tx *db.Tx, s figure.Scope) (facts []figure.Fact, err error) {
	all, err := db.All(tx, (*Joint).fields, `SELECT `+columns+` FROM regional_joint j WHERE `+shared+` AND j.year = $2 AND j.state = 'submitted' AND j.submitted_on <= $3 ORDER BY j.submitted_on, j.id`, s.Tenant, s.Year, s.AsOf)
	if err != nil {
		return nil, err
	}
	tags := map[string][]figure.Tag{}
	for _, j := range all {
		f := figure.Fact{Record: j.ID, Amount: 1, Flags: factSubmitted, Title: j.Topic, Body: j.SubmittedTo, Link: "/regional/" + j.ID, Date: j.SubmittedOn, Tags: []figure.Tag{{Dim: "level", Value: j.Level}}}
		if j.StandingOn != "" && j.StandingOn <= s.AsOf {
			f.Tags = append(f.Tags, figure.Tag{Dim: "standing", Value: j.Standing})
			if j.Standing == "key" {
				f.Flags |= factKey
			}
		}
		tags[j.ID] = f.Tags
		facts = append(facts, f)
	}
	taken, err := db.All(tx, (*Adoption).fields, `SELECT x.tenant, x.joint, x.id, x.body, x.what, x.evidence, x.on_date, x.place, x.at FROM regional_joint j JOIN regional_adoption x ON x.tenant = j.tenant AND x.joint = j.id
		WHERE `+shared+` AND j.year = $2 AND x.on_date <= $3 ORDER BY x.on_date, x.id`, s.Tenant, s.Year, s.AsOf)
	for _, x := range taken {
		facts = append(facts, figure.Fact{Record: x.ID, Amount: 1, Flags: factAdopted, Title: x.What, Body: x.Body, Link: "/regional/" + x.Joint, Date: x.OnDate, Tags: tags[x.Joint]})
	}
	return facts, err
}
