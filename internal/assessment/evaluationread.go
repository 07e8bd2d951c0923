package assessment

import (
	"context"
	"io"

	"shangliang/internal/actor"
	"shangliang/internal/attachment"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

// evaluates is over e and its assessment t: $2 says that the actor reads all, $3
// is the department they act for, $4 the body for which they evaluate.
const evaluates = `($2 OR $3 <> '' AND t.state = 'published' AND e.state = 'accepted' AND EXISTS (SELECT 1 FROM assessment_unit o WHERE o.tenant = t.tenant AND o.assessment = t.id AND o.unit = $3)
	OR $4 <> '' AND e.body = $4 AND e.way = 'account' AND e.state IN ('evaluating', 'submitted', 'accepted') AND t.state <> 'cancelled')`

func evaluator(a actor.Actor) string {
	if a.Can("assessment.evaluate") {
		return a.Body
	}
	return ""
}

const evaluationQuery = `SELECT ` + evaluationColumns + `, COALESCE(b.name, ''), ` + columns + ` FROM evaluation e JOIN assessment t ON t.tenant = e.tenant AND t.id = e.assessment
	LEFT JOIN body b ON b.tenant = e.tenant AND b.id = e.body WHERE e.tenant = $1 AND ` + evaluates

func (e *Evaluation) read() []any {
	e.Of = &Assessment{}
	return append(append(e.fields(), &e.BodyName), e.Of.fields()...)
}

// evaluation returns the evaluation of an assessment in the actor's reach.
func evaluation(tx *db.Tx, a actor.Actor, id string) (*Evaluation, error) {
	return db.One(tx, (*Evaluation).read, evaluationQuery+` AND e.assessment = $5`, a.Tenant, office(a), department(a), evaluator(a), id)
}

func updateEvaluation(tx *db.Tx, e *Evaluation) error {
	return db.Touch(tx.Exec(`UPDATE evaluation SET body = $4, way = $5, cases = $6, back = $7, due_on = $8, state = $9, seed = $10, remark = $11, reason = $12, drawn_at = $13, submitted_at = $14, accepted_at = $15, version = version + 1
		WHERE tenant = $1 AND assessment = $2 AND version = $3`, e.Tenant, e.Assessment, e.Version, e.Body, e.Way, e.Cases, e.Back, e.DueOn, e.State, e.Seed, e.Remark, e.Reason, e.DrawnAt, e.SubmittedAt, e.AcceptedAt))
}

// evaluatedCases are the cases of an evaluation with their points, by department
// and in the order of the draw: all, or those drawn; of all departments, or of one.
func evaluatedCases(tx *db.Tx, e *Evaluation, drawn bool, unit string) ([]*Evaluated, error) {
	all, err := db.All(tx, func(c *Evaluated) []any { return append(c.fields(), &c.Title, &c.Year, &c.CaseNo, &c.UnitName) },
		`SELECT `+evaluatedColumns+`, p.title, p.year, p.case_no, COALESCE(NULLIF(b.short_name, ''), b.name) FROM evaluation_case c
		JOIN proposal p ON p.tenant = c.tenant AND p.id = c.proposal JOIN body b ON b.tenant = c.tenant AND b.id = c.unit
		WHERE c.tenant = $1 AND c.assessment = $2 AND (c.drawn OR NOT $3) AND ($4 = '' OR c.unit = $4) ORDER BY b.position, c.unit, c.back, c.place`, e.Tenant, e.Assessment, drawn, unit)
	if err != nil {
		return nil, err
	}
	at := map[string]*Evaluated{}
	for _, c := range all {
		at[c.ID] = c
	}
	type mark struct {
		of, indicator string
		points        int
	}
	marks, err := db.All(tx, func(m *mark) []any { return []any{&m.of, &m.indicator, &m.points} },
		`SELECT evaluated, indicator, points FROM evaluation_mark WHERE tenant = $1 AND assessment = $2`, e.Tenant, e.Assessment)
	for _, m := range marks {
		if c := at[m.of]; c != nil {
			if c.Points == nil {
				c.Points = map[string]int{}
			}
			c.Points[m.indicator] = m.points
		}
	}
	return all, err
}

// evaluatedCase returns a case of an evaluation that the actor may read.
func evaluatedCase(tx *db.Tx, a actor.Actor, e *Evaluation, id string) (*Evaluated, error) {
	all, err := evaluatedCases(tx, e, true, ownUnit(a))
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.ID == id {
			return c, nil
		}
	}
	return nil, errs.Missing()
}

// ownUnit is the department whose part of an evaluation the actor reads; "" if
// they read all of it.
func ownUnit(a actor.Actor) string {
	if office(a) {
		return ""
	}
	return department(a)
}

// dropEvaluated takes the sample away with all points, and names the rows.
func dropEvaluated(tx *db.Tx, e *Evaluation) (rows []ledger.Row, err error) {
	all, err := evaluatedCases(tx, e, false, "")
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		rows = append(rows, c.row())
		for key := range c.Points {
			rows = append(rows, c.markRow(key))
		}
	}
	for _, table := range []string{"evaluation_mark", "evaluation_case"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE tenant = $1 AND assessment = $2`, e.Tenant, e.Assessment); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// Opinion is an evaluation as its page shows it to the actor: to a department its
// own part of it, to the evaluators what was drawn.
type Opinion struct {
	*Evaluation
	Units   []*EvaluatedUnit
	Cases   []*Evaluated // drawn
	Pool    []*Evaluated // for the office: all that could be drawn, in the order of the draw
	Files   []*attachment.File
	Rules   *rule.Version
	Clocks  []*clock.Clock
	Steps   []flow.Step
	History []*ledger.Entry
	Names   map[string]string // of those who evaluated, for the office
	Writes  bool              // the actor fills it in
	Own     bool              // a department reads what was said of it
	Today   calendar.Date
}

// Indicators are what a case is scored by.
func (o *Opinion) Indicators() rule.Codes {
	return o.Rules.Codes("assessment.third_indicators").Active()
}

// Open reports whether cases can be evaluated now.
func (o *Opinion) Open() bool { return o.State == Evaluating && !o.over() }

// Opinion reads the evaluation that goes with an assessment; NotFound if there is
// none in the actor's reach.
func (s *Service) Opinion(ctx context.Context, id string) (o *Opinion, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		e, err := evaluation(tx, a, id)
		if err != nil {
			return err
		}
		o, err = s.opinion(tx, a, e)
		return err
	})
	return o, err
}

func (s *Service) opinion(tx *db.Tx, a actor.Actor, e *Evaluation) (o *Opinion, err error) {
	o = &Opinion{Evaluation: e, Today: org.Today(tx), Writes: e.writes(a), Own: !office(a) && department(a) != ""}
	if o.Rules, err = s.rules.Load(tx, e.Tenant, e.Of.Rules); err != nil {
		return nil, err
	}
	all, err := evaluatedCases(tx, e, !office(a), ownUnit(a))
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Drawn {
			o.Cases = append(o.Cases, c)
		}
	}
	o.Units = byUnit(o.Rules, o.Cases)
	if o.Own { // the paper and its remark speak of other departments too
		e.Remark, e.Reason, e.Seed = "", "", ""
		for _, c := range o.Cases {
			c.Person = ""
		}
		return o, nil
	}
	if o.Files, err = attachment.Of(tx, e.Tenant, "evaluation", e.Assessment); err != nil {
		return nil, err
	}
	if o.Clocks, err = s.clocks.Of(tx, e.Tenant, "evaluation", e.Assessment); err != nil {
		return nil, err
	}
	if !e.over() {
		for _, step := range EvaluationFlow.Open(e.State) {
			if e.may(a, step) {
				o.Steps = append(o.Steps, step)
			}
		}
	}
	if !office(a) {
		return o, nil
	}
	o.Pool = all
	if o.History, err = ledger.Acts(tx, e.Tenant, "evaluation", e.Assessment); err != nil {
		return nil, err
	}
	var people []string
	for _, c := range o.Cases {
		people = append(people, c.Person)
	}
	o.Names, err = org.PersonNames(tx, e.Tenant, people)
	return o, err
}

// Sheet is one drawn case with what its evaluator may read of it: the text, what
// the department did and answered, never who rated it or how.
type Sheet struct {
	*Evaluated
	Of          *Opinion
	Case        *proposal.Proposal
	Proposers   []string // names
	Reply       *proposal.Reply
	Outcome     string // the label of the reply's class
	Assignment  *proposal.Assignment
	Contacts    []*proposal.Contact
	Ways        map[string]string // of contacts: code → label
	Commitments []*proposal.Commitment
	Next        string // the next drawn case that is not evaluated yet
}

// Sheet reads a drawn case of an evaluation in the actor's reach.
func (s *Service) Sheet(ctx context.Context, id, evaluated string) (x *Sheet, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		e, err := evaluation(tx, a, id)
		if err != nil {
			return err
		}
		o, err := s.opinion(tx, a, e)
		if err != nil {
			return err
		}
		x = &Sheet{Of: o, Ways: map[string]string{}}
		for _, c := range o.Cases {
			if c.ID == evaluated {
				x.Evaluated = c
			} else if !c.Done() && (x.Next == "" || x.Evaluated != nil && !after(o.Cases, x.Next, evaluated)) {
				x.Next = c.ID
			}
		}
		if x.Evaluated == nil {
			return errs.Missing()
		}
		whole, err := s.cases.Whole(tx, e.Tenant, x.Proposal)
		if err != nil {
			return err
		}
		x.fill(whole)
		return nil
	})
	return x, err
}

// after reports whether a case stands after another.
func after(all []*Evaluated, id, other string) bool {
	seen := false
	for _, c := range all {
		if c.ID == other {
			seen = true
		} else if c.ID == id {
			return seen
		}
	}
	return false
}

func (x *Sheet) fill(whole *proposal.Case) {
	x.Case = whole.Proposal
	x.Case.Satisfaction = "" // follows from the ratings
	for _, id := range whole.Raters() {
		x.Proposers = append(x.Proposers, whole.Names[id])
	}
	for _, y := range whole.Assignments {
		if r := whole.ReplyOf(y.ID); y.Unit == x.Unit && r != nil && r.State == "delivered" {
			x.Assignment, x.Reply = y, r // the newest round stands last
			code, _ := whole.Rules.Code("reply.outcomes", r.Outcome)
			x.Outcome = code.Label
		}
	}
	for _, c := range whole.Contacts {
		if x.Assignment != nil && c.Assignment == x.Assignment.ID {
			x.Contacts = append(x.Contacts, c)
			code, _ := whole.Rules.Code("assignment.contact_kinds", c.Kind)
			x.Ways[c.Kind] = code.Label
		}
	}
	for _, c := range whole.Commitments {
		if c.Unit == x.Unit {
			x.Commitments = append(x.Commitments, c)
		}
	}
}

// Evaluations lists the evaluations in the actor's reach, the newest first.
func (s *Service) Evaluations(ctx context.Context) (all []*Evaluation, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	if !office(a) && department(a) == "" && evaluator(a) == "" {
		return nil, actor.Denied
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, (*Evaluation).read, evaluationQuery+` ORDER BY e.created_at DESC, e.assessment DESC LIMIT 100`, a.Tenant, office(a), department(a), evaluator(a))
		return err
	})
	return all, err
}

// OpenPaper opens a file of an evaluation; a department reads none, since they
// speak of others.
func (s *Service) OpenPaper(ctx context.Context, id, file string) (f *attachment.File, content io.ReadSeekCloser, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		e, err := evaluation(tx, a, id)
		if err != nil {
			return err
		}
		if !office(a) && !e.writes(a) {
			return errs.Missing()
		}
		f, err = attachment.Find(tx, a.Tenant, "evaluation", id, file)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	content, err = s.files.Open(ctx, f)
	return f, content, err
}

// thirds are the results of the accepted evaluations of a year's published
// assessments, by department; the one published last counts.
func (s *Service) thirds(tx *db.Tx, tenant string, year int) (map[string]*EvaluatedUnit, error) {
	all, err := db.All(tx, (*Evaluation).read, evaluationQuery+` AND t.year = $5 AND t.state = 'published' AND e.state = 'accepted' ORDER BY t.published_at`, tenant, true, "", "", year)
	if err != nil {
		return nil, err
	}
	out := map[string]*EvaluatedUnit{}
	for _, e := range all {
		v, err := s.rules.Load(tx, tenant, e.Of.Rules)
		if err != nil {
			return nil, err
		}
		cases, err := evaluatedCases(tx, e, true, "")
		if err != nil {
			return nil, err
		}
		for _, u := range byUnit(v, cases) {
			out[u.Unit] = u
		}
	}
	return out, nil
}
