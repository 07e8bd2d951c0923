package assessment

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/attachment"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

// Service is the only door to assessments and inspections. It is safe for
// concurrent use.
type Service struct {
	db      *db.DB
	rules   *rule.Rules
	figures *figure.Service
	clocks  *clock.Clocks
	notices *notify.Notifier
	cases   *proposal.Service
	files   *attachment.Store
}

// New makes the service.
func New(d *db.DB, rules *rule.Rules, figures *figure.Service, clocks *clock.Clocks, notices *notify.Notifier, cases *proposal.Service, files *attachment.Store) *Service {
	return &Service{db: d, rules: rules, figures: figures, clocks: clocks, notices: notices, cases: cases, files: files}
}

// Plan is what the office fills in for an assessment.
type Plan struct {
	ID        string // empty for a new one
	Version   int
	Title     string
	Year      int // of the proposals that are counted
	AsOf      calendar.Date
	RateUntil calendar.Date
	Units     []string // ids of the departments
}

func (p *Plan) check() error {
	var f errs.Fields
	p.Title = han.Tidy(p.Title)
	f.Check(p.Title != "" && len([]rune(p.Title)) <= 100, "title", "请填写名称，不超过 %d 个字", 100)
	f.Check(p.Year >= 1949 && p.Year <= 2199, "year", "请填写年度")
	for _, x := range []struct {
		name string
		day  *calendar.Date
	}{{"as_of", &p.AsOf}, {"rate_until", &p.RateUntil}} {
		day, err := calendar.ParseDate(string(*x.day))
		f.Check(err == nil && day != "", x.name, "请填写日期")
		*x.day = day
	}
	slices.Sort(p.Units)
	p.Units = slices.Compact(p.Units)
	f.Check(len(p.Units) > 0, "units", "请选择被测评的单位")
	return f.Err()
}

// Save plans an assessment, or changes the plan before ratings begin. Wants
// assessment.manage.
func (s *Service) Save(ctx context.Context, p Plan) (id string, err error) {
	a, err := actor.Require(ctx, "assessment.manage")
	if err != nil {
		return "", err
	}
	if err := p.check(); err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		object, done, err := ledger.Replayed(tx)
		if err != nil || done {
			id = object
			return err
		}
		if err := knownUnits(tx, a.Tenant, p.Units); err != nil {
			return err
		}
		v, err := s.rules.Now(tx, a.Tenant)
		if err != nil {
			return err
		}
		t := &Assessment{Tenant: a.Tenant, ID: p.ID, Version: p.Version}
		action := "assessment.change"
		if p.ID == "" {
			session, err := sessionOf(tx, a.Tenant, p.Year)
			if err != nil {
				return err
			}
			action = "assessment.plan"
			t.ID, t.Session, t.State, t.Person, t.CreatedAt, t.Version = db.NewID(), session, Draft, a.Person, db.At(tx.Now()), 1
		} else if t, err = find(tx, a, p.ID); err != nil {
			return err
		} else if t.State != Draft {
			return errs.New(errs.Conflict, "评分已经开始，不能再改")
		} else {
			t.Version = p.Version
			if t.Session, err = sessionOf(tx, a.Tenant, p.Year); err != nil {
				return err
			}
		}
		t.Title, t.Year, t.AsOf, t.RateUntil, t.Rules = p.Title, p.Year, p.AsOf, p.RateUntil, v.N
		if p.ID == "" {
			err = insert(tx, t)
		} else {
			err = update(tx, t)
		}
		if err != nil {
			return err
		}
		rows, err := putUnits(tx, t, p.Units)
		if err != nil {
			return err
		}
		id = t.ID
		return ledger.Append(tx, ledger.Entry{Action: action, Kind: "assessment", Object: id, Data: map[string]any{"year": t.Year, "units": len(p.Units)}, Rows: append(rows, t.row())})
	})
	return id, err
}

func knownUnits(tx *db.Tx, tenant string, ids []string) error {
	all, err := org.Bodies(tx, tenant, "department")
	if err != nil {
		return err
	}
	var f errs.Fields
	for _, id := range ids {
		f.Check(slices.ContainsFunc(all, func(b *org.Body) bool { return b.ID == id }), "units", "没有这个承办单位")
	}
	return f.Err()
}

// sessionOf is the session of a year, by which the figures of the year count.
func sessionOf(tx *db.Tx, tenant string, year int) (string, error) {
	all, err := org.Sessions(tx, tenant)
	if err != nil {
		return "", err
	}
	for _, x := range all {
		if x.Year == year {
			return x.ID, nil
		}
	}
	var f errs.Fields
	f.Add("year", "%d年没有会议", year)
	return "", f.Err()
}

// Do takes a step of an assessment; decision is by what it is published. Errors:
// Conflict if the state or a newer version forbids it, Invalid if publishing
// lacks the decision.
func (s *Service) Do(ctx context.Context, id string, version int, action, decision string) (*Assessment, error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	decision = han.Tidy(decision)
	var t *Assessment
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if t, err = find(tx, a, id); err != nil {
			return err
		}
		if done, err := ledger.Repeated(tx, id); err != nil || done {
			return err
		}
		step, err := Flow.Find(t.State, action)
		if err != nil {
			return err
		}
		if !a.Can(step.Permission) {
			return actor.Denied
		}
		if version != t.Version {
			return db.Stale()
		}
		from := t.State
		t.State = step.To
		rows, err := s.effect(tx, a, t, action, decision)
		if err != nil {
			return err
		}
		if err := update(tx, t); err != nil {
			return err
		}
		t.Version++
		return ledger.Append(tx, ledger.Entry{Action: "assessment." + action, Kind: "assessment", Object: id, From: from, To: t.State, Note: decision, Rows: append(rows, t.row())})
	})
	return t, err
}

// effect is what a step does beside changing the state.
func (s *Service) effect(tx *db.Tx, a actor.Actor, t *Assessment, action, decision string) ([]ledger.Row, error) {
	switch action {
	case "open":
		var f errs.Fields
		f.Check(t.RateUntil >= org.Today(tx), "rate_until", "评分截止日期已过，请先修改")
		if err := f.Err(); err != nil {
			return nil, err
		}
		var to []string
		for _, role := range []string{"member", "clerk", "reviewer", "review_chair", "dispatcher", "leader"} {
			ids, err := org.PeopleWith(tx, t.Tenant, role, "")
			if err != nil {
				return nil, err
			}
			to = append(to, ids...)
		}
		return nil, s.tell(tx, a, "assessment.open", t.Tenant, "/assessments/"+t.ID+"/rate", t.ID, notify.As(notify.Rater, to...), notify.Params{"title": t.Title, "until": t.RateUntil})
	case "score":
		return s.score(tx, t)
	case "publish":
		var f errs.Fields
		f.Check(decision != "" && len([]rune(decision)) <= 500, "decision", "请写明公布的依据，例如“主席会议第3次会议审议通过”")
		if err := f.Err(); err != nil {
			return nil, err
		}
		if err := evaluationReady(tx, t); err != nil {
			return nil, err
		}
		t.Decision, t.PublishedAt = decision, db.At(tx.Now())
		all, err := units(tx, t.Tenant, t.ID, "")
		if err != nil {
			return nil, err
		}
		var to []string
		for _, u := range all {
			ids, err := staff(tx, t.Tenant, u.Unit)
			if err != nil {
				return nil, err
			}
			to = append(to, ids...)
		}
		return nil, s.tell(tx, a, "assessment.publish", t.Tenant, "/assessments/"+t.ID, t.ID, notify.As(notify.Unit, to...), notify.Params{"title": t.Title})
	case "cancel":
		return s.stopEvaluation(tx, t.Tenant, t.ID, false)
	}
	return nil, nil
}

func (s *Service) tell(tx *db.Tx, a actor.Actor, kind, tenant, link, object string, to []notify.Told, params notify.Params) error {
	if to = notify.Others(to, a.Person); len(to) == 0 {
		return nil
	}
	word, _, _ := strings.Cut(kind, ".")
	return s.notices.Send(tx, notify.Notice{Tenant: tenant, To: to, Kind: kind, Link: link, Object: word, ObjectID: object, Params: params})
}

// staff are those who handle proposals in a department.
func staff(tx *db.Tx, tenant, unit string) (all []string, err error) {
	for _, role := range []string{"unit_clerk", "unit_officer", "unit_leader"} {
		ids, err := org.PeopleWith(tx, tenant, role, unit)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	return all, nil
}

// score counts: the figures of the year as of the last day of the period, by
// department, and the ratings. What a department has no base for does not count
// against it: its other weights grow in proportion.
func (s *Service) score(tx *db.Tx, t *Assessment) ([]ledger.Row, error) {
	v, err := s.rules.Load(tx, t.Tenant, t.Rules)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, x := range Indicators {
		if x.Figure != "" && v.Int(x.weight) > 0 {
			ids = append(ids, x.Figure)
			if x.Of != "" {
				ids = append(ids, x.Of)
			}
		}
	}
	counted := map[string]map[string]figure.Count{} // figure → department
	if len(ids) > 0 {
		rep, err := s.figures.Compute(tx.Context(), figure.Request{Year: t.Year, AsOf: t.AsOf, By: "unit", IDs: ids})
		if err != nil {
			return nil, err
		}
		for _, value := range rep.Values {
			counted[value.Def.ID] = map[string]figure.Count{}
			for _, g := range value.Groups {
				counted[value.Def.ID][g.Key] = g.Count
			}
		}
	}
	ratings, err := averages(tx, t, v)
	if err != nil {
		return nil, err
	}
	all, err := units(tx, t.Tenant, t.ID, "")
	if err != nil {
		return nil, err
	}
	rows, err := dropScores(tx, t)
	if err != nil {
		return nil, err
	}
	for _, u := range all {
		whole, sum := 0, 0.0
		for _, x := range Indicators {
			c := &Score{Tenant: t.Tenant, Assessment: t.ID, Unit: u.Unit, Indicator: x.ID, Weight: v.Int(x.weight)}
			if of := counted[x.Of][u.Unit].Amount; of > 0 {
				c.Num, c.Den = of-counted[x.Figure][u.Unit].Amount, of
				c.Value = 100 * float64(c.Num) / float64(c.Den)
			} else if n, ok := counted[x.Figure][u.Unit]; ok && n.Den > 0 {
				c.Num, c.Den, c.Value = n.Num, n.Den, n.Value()
			} else if r := ratings[u.Unit]; x.Figure == "" && r.n > 0 {
				c.Num, c.Value = int64(r.n), r.value
			} else {
				continue
			}
			if c.Weight == 0 {
				continue
			}
			whole += c.Weight
			sum += float64(c.Weight) * c.Value
			if err := insertScore(tx, c); err != nil {
				return nil, err
			}
			rows = append(rows, c.row())
		}
		u.Total = 0
		if whole > 0 {
			u.Total = math.Round(sum/float64(whole)*10) / 10
		}
		u.Level = ""
		if whole > 0 {
			u.Level = LevelOf(v, u.Total)
		}
	}
	slices.SortStableFunc(all, func(a, b *Unit) int { return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(b.Level, a.Level)) })
	for i, u := range all {
		switch {
		case u.Level == "":
			u.Place = 0 // nothing to count
		case i > 0 && all[i-1].Total == u.Total && all[i-1].Place > 0:
			u.Place = all[i-1].Place
		default:
			u.Place = i + 1
		}
		if err := updateUnit(tx, u); err != nil {
			return nil, err
		}
		rows = append(rows, u.row())
	}
	t.ScoredAt = db.At(tx.Now())
	return rows, nil
}

type average struct {
	n     int
	value float64
}

// averages are the ratings of each department: those of each group of raters have
// one mean, and the means are weighed by the rules.
func averages(tx *db.Tx, t *Assessment, v *rule.Version) (map[string]average, error) {
	type mean struct {
		unit, kind string
		n, sum     int
	}
	all, err := db.All(tx, func(m *mean) []any { return []any{&m.unit, &m.kind, &m.n, &m.sum} },
		`SELECT unit, kind, COUNT(*), SUM(value) FROM assessment_rating WHERE tenant = $1 AND assessment = $2 GROUP BY unit, kind ORDER BY unit, kind`, t.Tenant, t.ID)
	if err != nil {
		return nil, err
	}
	out, whole := map[string]average{}, map[string]int{}
	for _, m := range all {
		for _, r := range Raters {
			if w := v.Int(r.Weight); r.ID == m.kind && w > 0 {
				x := out[m.unit]
				x.n += m.n
				x.value += float64(w) * float64(m.sum) / float64(m.n)
				out[m.unit] = x
				whole[m.unit] += w
			}
		}
	}
	for unit, x := range out {
		x.value /= float64(whole[unit])
		out[unit] = x
	}
	return out, nil
}

// Mark is one value that somebody gives: to a department or to a proposal.
type Mark struct {
	Of    string `json:"of"`
	Value int    `json:"value"`
}

func checkMarks(marks []Mark) error {
	var f errs.Fields
	f.Check(len(marks) > 0, "marks", "请至少评一项")
	for _, m := range marks {
		f.Check(m.Value >= 0 && m.Value <= 100, "v-"+m.Of, "应在 %d 到 %d 之间", 0, 100)
	}
	return f.Err()
}

// Rate keeps what the actor thinks of departments, instead of what they thought
// before; those not named stay as they were. Nobody is told whose rating is
// whose. Wants assessment.rate.
func (s *Service) Rate(ctx context.Context, id string, marks []Mark) error {
	a, err := actor.Require(ctx, "assessment.rate")
	if err != nil {
		return err
	}
	kind := raterOf[a.Role]
	if kind == "" || a.Person == "" || a.Can("assessment.own") {
		return actor.Denied
	}
	if err := checkMarks(marks); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		t, done, err := rated(tx, a, id)
		if err != nil || done {
			return err
		}
		all, err := units(tx, a.Tenant, id, "")
		if err != nil {
			return err
		}
		var rows []ledger.Row
		for _, m := range marks {
			if !slices.ContainsFunc(all, func(u *Unit) bool { return u.Unit == m.Of }) {
				return errs.New(errs.Invalid, "这次测评没有这个单位")
			}
			if _, err := tx.Exec(`INSERT INTO assessment_rating (tenant, assessment, unit, person, kind, value, at) VALUES (`+db.Marks(7)+`)
				ON CONFLICT (tenant, assessment, unit, person) DO UPDATE SET kind = excluded.kind, value = excluded.value, at = excluded.at`,
				t.Tenant, id, m.Of, a.Person, kind, m.Value, db.At(tx.Now())); err != nil {
				return err
			}
			rows = append(rows, ledger.RowOf("assessment_rating", "tenant", t.Tenant, "assessment", id, "unit", m.Of, "person", a.Person))
		}
		return ledger.Append(tx, ledger.Entry{Action: "assessment.rate", Kind: "assessment", Object: id, Data: map[string]any{"units": len(marks)}, Rows: rows})
	})
}

// rated finds an assessment that takes ratings today.
func rated(tx *db.Tx, a actor.Actor, id string) (t *Assessment, done bool, err error) {
	t, err = db.One(tx, (*Assessment).fields, `SELECT `+columns+` FROM assessment t WHERE t.tenant = $1 AND t.id = $2 AND t.state <> 'draft'`, a.Tenant, id)
	if err != nil {
		return nil, false, err
	}
	done, err = ledger.Repeated(tx, id)
	switch {
	case err != nil || done:
		return t, done, err
	case t.State != Rating:
		return nil, false, errs.New(errs.Conflict, "现在不接受评分")
	case org.Today(tx) > t.RateUntil:
		return nil, false, errs.New(errs.Conflict, "评分到 %s 为止，已经过了", string(t.RateUntil))
	}
	return t, false, nil
}

// RateQuality keeps what a department thinks of proposals that it answered in the
// year. Wants assessment.quality.
func (s *Service) RateQuality(ctx context.Context, id string, marks []Mark) error {
	a, err := actor.Require(ctx, "assessment.quality")
	if err != nil {
		return err
	}
	if a.Body == "" {
		return actor.Denied
	}
	if err := checkMarks(marks); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		t, done, err := rated(tx, a, id)
		if err != nil || done {
			return err
		}
		all, err := answered(tx, t, a.Body)
		if err != nil {
			return err
		}
		var rows []ledger.Row
		for _, m := range marks {
			if !slices.ContainsFunc(all, func(x *Answered) bool { return x.Proposal == m.Of }) {
				return errs.Missing()
			}
			if _, err := tx.Exec(`INSERT INTO assessment_quality (tenant, assessment, unit, proposal, value, person, at) VALUES (`+db.Marks(7)+`)
				ON CONFLICT (tenant, assessment, unit, proposal) DO UPDATE SET value = excluded.value, person = excluded.person, at = excluded.at`,
				t.Tenant, id, a.Body, m.Of, m.Value, a.Person, db.At(tx.Now())); err != nil {
				return err
			}
			rows = append(rows, ledger.RowOf("assessment_quality", "tenant", t.Tenant, "assessment", id, "unit", a.Body, "proposal", m.Of))
		}
		return ledger.Append(tx, ledger.Entry{Action: "assessment.rate_quality", Kind: "assessment", Object: id, Data: map[string]any{"proposals": len(marks)}, Rows: rows})
	})
}

// Improve writes what a department is to do better, which it reads with its
// result. Wants assessment.manage, before publishing.
func (s *Service) Improve(ctx context.Context, id, unit string, version int, text string) error {
	a, err := actor.Require(ctx, "assessment.manage")
	if err != nil {
		return err
	}
	text = han.Tidy(text)
	var f errs.Fields
	f.Check(len([]rune(text)) <= 2000, "improve", "不能超过 %d 个字", 2000)
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		t, err := find(tx, a, id)
		if err != nil {
			return err
		}
		if _, done, err := ledger.Replayed(tx); err != nil || done {
			return err
		}
		if t.State != Scored {
			return errs.New(errs.Conflict, "核算之后、公布之前可以写改进意见")
		}
		all, err := units(tx, a.Tenant, id, unit)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return errs.Missing()
		}
		u := all[0]
		u.Improve, u.Version = text, version
		if err := updateUnit(tx, u); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "assessment.improve", Kind: "assessment", Object: id, Data: map[string]any{"unit": unit}, Rows: []ledger.Row{u.row()}})
	})
}
