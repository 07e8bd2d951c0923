package publish

import (
	_ "embed"
	"encoding/json"
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

// Figures are what is counted of publication: the table figures.tsv.
var Figures = figure.MustRead(figuresTable)

// The attributes of a fact that figures.tsv asks for.
const (
	factCase figure.Flags = 1 << iota
	factLive
	factReply
	factPart
	factComment
	factApproved
	factAnswered
)

// Sources load the facts of publication: one for each public case, each public
// reply, each part that can be read, and each comment.
var Sources = []figure.Source{{
	ID: "publish", Title: "公开",
	Flags: []string{"case", "live", "reply", "part", "comment", "approved", "answered"},
	Dims: []figure.Dim{{ID: "unit", Title: "承办单位", Many: true}, {ID: "subject", Title: "提案类别"}, {ID: "meaning", Title: "办理结果"},
		{ID: "part", Title: "公开的部分"}},
	Load: loadFacts, Labels: factLabels,
	Sees: func(a actor.Actor, _ *figure.Fact) bool {
		return a.Can("proposal.read_all") || a.Can("proposal.read_filed")
	},
}}

// published is a case as its facts need it.
type published struct {
	proposal, body string
	at             db.Time
}

func loadFacts(tx *db.Tx, s figure.Scope) ([]figure.Fact, error) {
	until := db.At(s.AsOf.AddDays(1).Time())
	all, err := db.All(tx, func(p *published) []any { return []any{&p.proposal, &p.body, &p.at} },
		`SELECT d.proposal, o.body, o.published_at FROM open_case o JOIN disclosure d ON d.tenant = o.tenant AND d.code = o.code
		WHERE o.tenant = $1 AND o.year = $2 AND o.published_at < $3 ORDER BY o.code`, s.Tenant, s.Year, until)
	if err != nil {
		return nil, err
	}
	comments, err := db.All(tx, func(c *Comment) []any { return []any{&c.ID, &c.Proposal, &c.State, &c.Text, &c.At} },
		`SELECT c.id, c.proposal, c.state, c.text, c.at FROM open_comment c JOIN disclosure d ON d.tenant = c.tenant AND d.proposal = c.proposal
		WHERE c.tenant = $1 AND d.year = $2 AND c.at < $3 ORDER BY c.id`, s.Tenant, s.Year, until)
	if err != nil {
		return nil, err
	}
	answered, err := db.Column[string](tx, `SELECT DISTINCT x.comment FROM open_answer x WHERE x.tenant = $1 AND NOT x.removed AND x.at < $2`, s.Tenant, until)
	if err != nil {
		return nil, err
	}
	var facts []figure.Fact
	tags := map[string][]figure.Tag{}
	for _, p := range all {
		var c Copy
		if err := json.Unmarshal([]byte(p.body), &c); err != nil {
			return nil, err
		}
		var names string
		own := []figure.Tag{{Dim: "subject", Value: c.Subject}}
		if c.Meaning != "" {
			own = append(own, figure.Tag{Dim: "meaning", Value: c.Meaning})
		}
		units := own
		for i, r := range c.Replies {
			units = append(slices.Clone(units), figure.Tag{Dim: "unit", Value: r.Unit})
			if i > 0 {
				names += "、"
			}
			names += r.Name
		}
		tags[p.proposal] = units
		base := figure.Fact{Amount: 1, Number: lang.T(tx.Context(), "第 %d 号", c.CaseNo), Title: c.TitleText(), Link: "/proposals/" + p.proposal,
			Person: c.Proposer, Body: names, Date: calendar.On(p.at.Time)}
		add := func(id string, flags figure.Flags, tags []figure.Tag) {
			f := base
			f.Record, f.Flags, f.Tags = p.proposal+id, flags|factLive, tags
			facts = append(facts, f)
		}
		add("", factCase, units)
		for _, r := range c.Replies {
			if len(r.Spans) > 0 {
				add("/"+r.Key, factReply, append(slices.Clone(own), figure.Tag{Dim: "unit", Value: r.Unit}))
			}
		}
		for _, part := range c.Open() {
			tags := append(slices.Clone(own), figure.Tag{Dim: "part", Value: part.Kind})
			if part.Unit != "" {
				tags = append(tags, figure.Tag{Dim: "unit", Value: part.Unit})
			}
			add("/part/"+part.Key, factPart, tags)
		}
	}
	for _, c := range comments {
		f := figure.Fact{Record: c.Proposal + "/comment/" + c.ID, Amount: 1, Flags: factComment, Tags: tags[c.Proposal], Title: extract(c.Text), Link: "/proposals/" + c.Proposal,
			Date: calendar.On(c.At.Time)}
		if c.State == Approved {
			f.Flags |= factApproved
			if slices.Contains(answered, c.ID) {
				f.Flags |= factAnswered
			}
		}
		facts = append(facts, f)
	}
	return facts, nil
}

// OpenPart is a part of a copy that can be read.
type OpenPart struct{ Kind, Key, Unit, Name string }

// Open lists what can be read of a copy.
func (c *Copy) Open() (all []OpenPart) {
	add := func(yes bool, kind, key, unit, name string) {
		if yes {
			all = append(all, OpenPart{kind, key, unit, name})
		}
	}
	add(true, "title", "title", "", "")
	add(c.Proposer != "", "proposer", "proposer", "", "")
	add(c.Outcome != "", "outcome", "outcome", "", "")
	for _, p := range c.Parts {
		add(true, p.Key, p.Key, "", "")
	}
	for _, r := range c.Replies {
		add(len(r.Spans) > 0, "reply", r.Key, r.Unit, r.Name)
	}
	for _, p := range c.Promises {
		add(true, "promise", p.Key, "", p.Name)
	}
	for _, f := range c.Files {
		add(true, "file", f.Key, "", f.Name)
	}
	return all
}

func factLabels(tx *db.Tx, s figure.Scope, dim string, values []string) (map[string]string, error) {
	names := map[string]string{}
	switch dim {
	case "unit":
		return org.BodyNames(tx, s.Tenant, values)
	case "subject":
		for _, c := range s.Rules.Codes("proposal.subjects") {
			names[c.Key] = lang.T(tx.Context(), "%s", lang.Word(c.Label))
		}
	case "meaning":
		for _, c := range proposal.Meanings {
			names[c.Key] = lang.T(tx.Context(), "%s", lang.Word(c.Label))
		}
	case "part":
		for _, t := range partTitles {
			names[t[0]] = lang.T(tx.Context(), "%s", lang.Word(t[1]))
		}
	}
	return names, nil
}
