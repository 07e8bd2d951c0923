package assessment

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/flow"
	"shangliang/internal/org"
	"shangliang/internal/rule"
)

// Result is an assessment as its page shows it to the actor.
type Result struct {
	*Assessment
	Units   []*Unit // for a department only its own, without anybody's ratings
	Of      int     // how many departments there are
	Rules   *rule.Version
	Steps   []flow.Step // that the actor may take now
	Own     bool        // a department reads its own result
	Rated   map[string]int
	Quality Quality
	Today   calendar.Date
	// Third is what the third-party evaluation says, by department: to the office
	// once it is accepted, to a department with the published result. Nil without.
	Third map[string]*EvaluatedUnit
}

// Quality is what departments think of the proposals, added up.
type Quality struct {
	N      int
	Mean   float64
	Levels map[string]int // by grade
	Kinds  []QualityOf    // by who proposed
}

// QualityOf is that of one kind of proposal.
type QualityOf struct {
	Kind string
	N    int
	Mean float64
}

// Get reads an assessment. The office reads all of it but who rated what, which
// nobody reads; a department its own result, once it is published.
func (s *Service) Get(ctx context.Context, id string) (r *Result, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		t, err := find(tx, a, id)
		if err != nil {
			return err
		}
		r = &Result{Assessment: t, Own: !office(a), Today: org.Today(tx), Rated: map[string]int{}}
		if r.Rules, err = s.rules.Load(tx, a.Tenant, t.Rules); err != nil {
			return err
		}
		all, err := units(tx, a.Tenant, id, "")
		if err != nil {
			return err
		}
		r.Of = len(all)
		if r.Own {
			all = slices.DeleteFunc(all, func(u *Unit) bool { return u.Unit != a.Body })
		}
		r.Units = all
		if err := r.score(tx); err != nil {
			return err
		}
		if r.Third, err = r.third(tx, a); err != nil || r.Own {
			return err
		}
		for _, step := range Flow.Open(t.State) {
			if a.Can(step.Permission) {
				r.Steps = append(r.Steps, step)
			}
		}
		return r.people(tx)
	})
	return r, err
}

// score puts the scores to their departments.
func (r *Result) score(tx *db.Tx) error {
	all, err := scores(tx, r.Tenant, r.ID)
	for _, u := range r.Units {
		for _, x := range Indicators {
			for _, c := range all {
				if c.Unit == u.Unit && c.Indicator == x.ID {
					u.Scores = append(u.Scores, c)
				}
			}
		}
	}
	return err
}

// third reads the evaluation that goes with the assessment, as far as it is the
// actor's to see.
func (r *Result) third(tx *db.Tx, a actor.Actor) (map[string]*EvaluatedUnit, error) {
	e, err := evaluation(tx, a, r.ID)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := map[string]*EvaluatedUnit{}
	if e.State != Accepted {
		return out, nil
	}
	cases, err := evaluatedCases(tx, e, true, ownUnit(a))
	for _, u := range byUnit(r.Rules, cases) {
		out[u.Unit] = u
	}
	return out, err
}

// people counts who rated, by group, and what departments think of proposals.
func (r *Result) people(tx *db.Tx) error {
	type group struct {
		kind string
		n    int
	}
	groups, err := db.All(tx, func(g *group) []any { return []any{&g.kind, &g.n} },
		`SELECT kind, COUNT(DISTINCT person) FROM assessment_rating WHERE tenant = $1 AND assessment = $2 GROUP BY kind`, r.Tenant, r.ID)
	if err != nil {
		return err
	}
	for _, g := range groups {
		r.Rated[g.kind] = g.n
	}
	type mark struct {
		kind  string
		value int
	}
	marks, err := db.All(tx, func(m *mark) []any { return []any{&m.kind, &m.value} },
		`SELECT p.kind, q.value FROM assessment_quality q JOIN proposal p ON p.tenant = q.tenant AND p.id = q.proposal WHERE q.tenant = $1 AND q.assessment = $2`, r.Tenant, r.ID)
	if err != nil {
		return err
	}
	q := &r.Quality
	q.Levels = map[string]int{}
	sums := map[string]*QualityOf{}
	for _, m := range marks {
		q.N++
		q.Mean += float64(m.value)
		q.Levels[LevelOf(r.Rules, float64(m.value))]++
		if sums[m.kind] == nil {
			sums[m.kind] = &QualityOf{Kind: m.kind}
		}
		sums[m.kind].N++
		sums[m.kind].Mean += float64(m.value)
	}
	if q.N > 0 {
		q.Mean /= float64(q.N)
	}
	for _, kind := range []string{"individual", "joint", "collective"} {
		if x := sums[kind]; x != nil {
			x.Mean /= float64(x.N)
			q.Kinds = append(q.Kinds, *x)
		}
	}
	return nil
}

// List lists the assessments in the actor's reach, the newest first.
func (s *Service) List(ctx context.Context) (all []*Assessment, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	if !office(a) && !a.Can("assessment.own") && !a.Can("assessment.rate") {
		return nil, actor.Denied
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, (*Assessment).fields, `SELECT `+columns+` FROM assessment t WHERE t.tenant = $1 AND ($2 OR t.state = 'rating' AND ($5 OR $6 <> '' AND EXISTS
			(SELECT 1 FROM assessment_unit i WHERE i.tenant = t.tenant AND i.assessment = t.id AND i.unit = $6)) OR `+reach+`) ORDER BY t.year DESC, t.created_at DESC, t.id DESC LIMIT 100`,
			a.Tenant, office(a), office(a), department(a), a.Can("assessment.rate"), department(a))
		return err
	})
	return all, err
}

// Ballot is what somebody who rates has before them.
type Ballot struct {
	*Assessment
	Units []*Unit
	Given map[string]int // what they gave so far
	Group string         // the group in which they rate
	Open  bool           // ratings are taken today
}

// Ballot returns the departments to rate with what the actor gave each so far.
func (s *Service) Ballot(ctx context.Context, id string) (b *Ballot, err error) {
	a, err := actor.Require(ctx, "assessment.rate")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		t, err := db.One(tx, (*Assessment).fields, `SELECT `+columns+` FROM assessment t WHERE t.tenant = $1 AND t.id = $2 AND t.state IN ('rating', 'scored', 'published')`, a.Tenant, id)
		if err != nil {
			return err
		}
		b = &Ballot{Assessment: t, Given: map[string]int{}, Group: raterOf[a.Role], Open: t.State == Rating && org.Today(tx) <= t.RateUntil}
		if b.Units, err = units(tx, a.Tenant, id, ""); err != nil {
			return err
		}
		for _, u := range b.Units {
			u.Total, u.Place, u.Level, u.Improve = 0, 0, "", "" // results are not the raters' to see here
		}
		slices.SortFunc(b.Units, func(x, y *Unit) int { return slices.Compare([]string{x.Unit}, []string{y.Unit}) })
		type given struct {
			unit  string
			value int
		}
		all, err := db.All(tx, func(g *given) []any { return []any{&g.unit, &g.value} },
			`SELECT unit, value FROM assessment_rating WHERE tenant = $1 AND assessment = $2 AND person = $3`, a.Tenant, id, a.Person)
		for _, g := range all {
			b.Given[g.unit] = g.value
		}
		return err
	})
	return b, err
}

// Paper is what a department that rates proposals has before it.
type Paper struct {
	*Assessment
	Proposals []*Answered
	Open      bool
}

// Paper returns the proposals that the actor's department answered in the year,
// with what it thinks of each so far.
func (s *Service) Paper(ctx context.Context, id string) (p *Paper, err error) {
	a, err := actor.Require(ctx, "assessment.quality")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		t, err := db.One(tx, (*Assessment).fields, `SELECT `+columns+` FROM assessment t WHERE t.tenant = $1 AND t.id = $2 AND t.state IN ('rating', 'scored', 'published')
			AND EXISTS (SELECT 1 FROM assessment_unit u WHERE u.tenant = t.tenant AND u.assessment = t.id AND u.unit = $3)`, a.Tenant, id, a.Body)
		if err != nil {
			return err
		}
		p = &Paper{Assessment: t, Open: t.State == Rating && org.Today(tx) <= t.RateUntil}
		p.Proposals, err = answered(tx, t, a.Body)
		return err
	})
	return p, err
}

// AppraisalFigures are the figures that go into the appraisal at the end of the
// year, by department.
var AppraisalFigures = []string{"proposal.dispatched", "proposal.replied", "proposal.reply_rate", "proposal.on_time_rate", "proposal.in_person_rate",
	"proposal.satisfaction_rate", "proposal.progress_rate", "proposal.rehandled", "proposal.promises", "proposal.kept_rate", "inspection.items", "inspection.done"}

// AppraisalLine is one department in the appraisal of a year.
type AppraisalLine struct {
	Unit, Name string
	Values     []figure.Count // of each figure; Known is false where there is nothing
	Total      float64        // of the assessment of the year that was published last
	Place      int
	Level      string
	Third      *EvaluatedUnit // of the evaluation that was published with it; nil if there was none
}

// Appraisal is what the inspection office and the appraisal at the end of the
// year take over (提案办理情况纳入年终考核).
type Appraisal struct {
	Year  int
	IDs   []string // of the figures
	Heads []string // their names
	Lines []*AppraisalLine
}

// Appraisal returns a year's figures of every department that handled something.
// Wants assessment.read.
func (s *Service) Appraisal(ctx context.Context, year int) (out *Appraisal, err error) {
	a, err := actor.Require(ctx, "assessment.read")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rep, err := s.figures.Compute(tx.Context(), figure.Request{Year: year, By: "unit", IDs: AppraisalFigures})
		if err != nil {
			return err
		}
		out = &Appraisal{Year: rep.Year}
		at := map[string]*AppraisalLine{}
		for i, v := range rep.Values {
			out.IDs, out.Heads = append(out.IDs, v.Def.ID), append(out.Heads, v.Name)
			for _, g := range v.Groups {
				if g.Key == "" {
					continue
				}
				line := at[g.Key]
				if line == nil {
					line = &AppraisalLine{Unit: g.Key, Name: g.Label, Values: make([]figure.Count, len(rep.Values))}
					at[g.Key] = line
					out.Lines = append(out.Lines, line)
				}
				line.Values[i] = g.Count
			}
		}
		all, err := db.All(tx, (*Unit).fields, `SELECT `+unitColumns+` FROM assessment t JOIN assessment_unit u ON u.tenant = t.tenant AND u.assessment = t.id
			WHERE t.tenant = $1 AND t.year = $2 AND t.state = 'published' ORDER BY t.published_at`, a.Tenant, rep.Year)
		for _, u := range all {
			if line := at[u.Unit]; line != nil {
				line.Total, line.Place, line.Level = u.Total, u.Place, u.Level
			}
		}
		if err != nil {
			return err
		}
		thirds, err := s.thirds(tx, a.Tenant, rep.Year)
		for _, line := range out.Lines {
			line.Third = thirds[line.Unit]
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(out.Lines, func(x, y *AppraisalLine) int { return int(y.Values[0].Amount - x.Values[0].Amount) })
	return out, nil
}

// RulesNow are the settings in force today.
func (s *Service) RulesNow(ctx context.Context) (*rule.Version, error) { return s.rules.Current(ctx) }

// Step finds a step that the actor may take now; NotFound if there is none such.
func (r *Result) Step(action string) (flow.Step, error) {
	for _, x := range r.Steps {
		if x.Action == action {
			return x, nil
		}
	}
	return flow.Step{}, errs.Missing()
}
