package assessment

import (
	_ "embed"
	"strconv"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/figure"
	"shangliang/internal/lang"
	"shangliang/internal/org"
)

//go:embed figures.tsv
var figuresTable []byte

// Figures are what is counted of assessments and inspections: the table
// figures.tsv.
var Figures = figure.MustRead(figuresTable)

const factPublished figure.Flags = 1

const (
	factItem figure.Flags = 1 << iota
	factDone
	factLate
)

const (
	factEvaluated figure.Flags = 1 << iota
	factBack
)

// Sources load a fact for each department with a published result, for each case
// that somebody outside evaluated, and for each inspection.
var Sources = []figure.Source{
	{ID: "assessment", Title: "承办单位测评", Flags: []string{"published"},
		Dims: []figure.Dim{{ID: "unit", Title: "承办单位"}, {ID: "level", Title: "测评等次"}, {ID: "session", Title: "会议"}},
		Load: loadResults, Labels: labels, Sees: func(a actor.Actor, _ *figure.Fact) bool { return a.Can("assessment.read") }},
	{ID: "evaluation", Title: "第三方评估", Flags: []string{"evaluated", "back"},
		Dims: []figure.Dim{{ID: "unit", Title: "承办单位"}, {ID: "session", Title: "会议"}},
		Load: loadEvaluated, Labels: labels, Sees: func(a actor.Actor, _ *figure.Fact) bool { return a.Can("assessment.read") }},
	{ID: "inspection", Title: "督查事项", Flags: []string{"item", "done", "late"},
		Dims: []figure.Dim{{ID: "unit", Title: "承办单位"}, {ID: "session", Title: "会议"}},
		Load: loadInspections, Labels: labels, Sees: func(a actor.Actor, _ *figure.Fact) bool { return a.Can("inspection.read") }},
}

func loadResults(tx *db.Tx, s figure.Scope) (facts []figure.Fact, err error) {
	type result struct {
		Unit
		title, session string
		at             db.Time
	}
	all, err := db.All(tx, func(r *result) []any { return append(r.fields(), &r.title, &r.session, &r.at, &r.Name) },
		`SELECT `+unitColumns+`, t.title, t.session, t.published_at, COALESCE(NULLIF(b.short_name, ''), b.name) FROM assessment t
		JOIN assessment_unit u ON u.tenant = t.tenant AND u.assessment = t.id JOIN body b ON b.tenant = u.tenant AND b.id = u.unit
		WHERE t.tenant = $1 AND t.year = $2 AND t.state = 'published' AND t.published_at < $3 ORDER BY t.published_at, t.id, u.place, u.unit`, s.Tenant, s.Year, db.At(s.AsOf.AddDays(1).Time()))
	for _, r := range all {
		facts = append(facts, figure.Fact{Record: r.Assessment + "/" + r.Unit.Unit, Amount: 1, Flags: factPublished, Title: r.Name + " " + strconv.FormatFloat(r.Total, 'f', 1, 64), Body: r.Name,
			Number: r.title, Link: "/assessments/" + r.Assessment, Date: calendar.On(r.at.Time),
			Tags: []figure.Tag{{Dim: "unit", Value: r.Unit.Unit}, {Dim: "level", Value: r.Level}, {Dim: "session", Value: r.session}}})
	}
	return facts, err
}

func loadEvaluated(tx *db.Tx, s figure.Scope) (facts []figure.Fact, err error) {
	type one struct {
		Evaluated
		session string
		at      db.Time
	}
	all, err := db.All(tx, func(x *one) []any {
		return append(x.fields(), &x.Title, &x.CaseNo, &x.UnitName, &x.session, &x.at)
	}, `SELECT `+evaluatedColumns+`, p.title, p.case_no, COALESCE(NULLIF(b.short_name, ''), b.name), t.session, t.published_at FROM assessment t
		JOIN evaluation e ON e.tenant = t.tenant AND e.assessment = t.id JOIN evaluation_case c ON c.tenant = e.tenant AND c.assessment = e.assessment
		JOIN proposal p ON p.tenant = c.tenant AND p.id = c.proposal JOIN body b ON b.tenant = c.tenant AND b.id = c.unit
		WHERE t.tenant = $1 AND t.year = $2 AND t.state = 'published' AND t.published_at < $3 AND e.state = 'accepted' AND c.drawn ORDER BY t.published_at, b.position, c.unit, c.back, c.place`,
		s.Tenant, s.Year, db.At(s.AsOf.AddDays(1).Time()))
	for _, x := range all {
		f := figure.Fact{Record: x.ID, Amount: 1, Flags: factEvaluated, Title: x.Title, Body: x.UnitName, Number: strconv.Itoa(x.CaseNo),
			Link: evaluationURL(x.Assessment) + "/cases/" + x.ID, Date: calendar.On(x.at.Time),
			Tags: []figure.Tag{{Dim: "unit", Value: x.Unit}, {Dim: "session", Value: x.session}}}
		if x.Back {
			f.Flags |= factBack
		}
		facts = append(facts, f)
	}
	return facts, err
}

func loadInspections(tx *db.Tx, s figure.Scope) (facts []figure.Fact, err error) {
	all, err := db.All(tx, func(x *Inspection) []any { return append(x.fields(), &x.UnitName) },
		`SELECT `+inspectionColumns+`, COALESCE(NULLIF(b.short_name, ''), b.name) FROM inspection i JOIN body b ON b.tenant = i.tenant AND b.id = i.unit
		WHERE i.tenant = $1 AND i.year = $2 AND i.issued_on <= $3 AND i.state <> 'withdrawn' ORDER BY i.issued_on, i.id`, s.Tenant, s.Year, s.AsOf)
	for _, x := range all {
		f := figure.Fact{Record: x.ID, Amount: 1, Flags: factItem, Title: x.Title, Body: x.UnitName, Link: "/inspections/" + x.ID, Date: x.IssuedOn,
			Tags: []figure.Tag{{Dim: "unit", Value: x.Unit}, {Dim: "session", Value: x.Session}}}
		reported := x.State != Issued && !x.ReportedAt.IsZero() && calendar.On(x.ReportedAt.Time) <= s.AsOf
		if !x.DoneAt.IsZero() && calendar.On(x.DoneAt.Time) <= s.AsOf {
			f.Flags |= factDone
		}
		if !reported && s.AsOf > x.DueOn || reported && calendar.On(x.ReportedAt.Time) > x.DueOn {
			f.Flags |= factLate
		}
		facts = append(facts, f)
	}
	return facts, err
}

func labels(tx *db.Tx, s figure.Scope, dim string, values []string) (map[string]string, error) {
	names := map[string]string{}
	switch dim {
	case "unit":
		return org.BodyNames(tx, s.Tenant, values)
	case "level":
		for _, l := range Levels {
			names[l.ID] = lang.T(tx.Context(), "%s", lang.Word(l.Title))
		}
		return names, nil
	}
	all, err := org.Sessions(tx, s.Tenant)
	for _, x := range all {
		names[x.ID] = x.Title
	}
	return names, err
}
