package assessment

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/attachment"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

// EvaluationPlan is what the office fills in for an evaluation.
type EvaluationPlan struct {
	Body        string // id of a body of kind "expert"
	Way         string
	Cases, Back int
	DueOn       calendar.Date
	Version     int // 0 for a new one
}

func (p *EvaluationPlan) check() error {
	var f errs.Fields
	f.Check(p.Way == ByAccount || p.Way == ByPaper, "way", "请从列出的选项中选择")
	f.Check(p.Cases >= 1 && p.Cases <= 100, "cases", "应在 %d 到 %d 之间", 1, 100)
	f.Check(p.Back >= 0 && p.Back <= 100, "back", "应在 %d 到 %d 之间", 0, 100)
	day, err := calendar.ParseDate(string(p.DueOn))
	f.Check(err == nil && day != "", "due_on", "请填写日期")
	p.DueOn = day
	return f.Err()
}

// PlanEvaluation plans the evaluation that goes with an assessment, or changes the
// plan before the draw. Wants assessment.manage.
func (s *Service) PlanEvaluation(ctx context.Context, id string, p EvaluationPlan) error {
	a, err := actor.Require(ctx, "assessment.manage")
	if err != nil {
		return err
	}
	if err := p.check(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		t, err := find(tx, a, id)
		if err != nil {
			return err
		}
		if done, err := ledger.Repeated(tx, id); err != nil || done {
			return err
		}
		bodies, err := org.ActiveBodies(tx, a.Tenant, "expert")
		if err != nil {
			return err
		}
		var f errs.Fields
		f.Check(slices.ContainsFunc(bodies, func(b *org.Body) bool { return b.ID == p.Body }), "body", "请选择第三方评估机构")
		if err := f.Err(); err != nil {
			return err
		}
		e, err := evaluation(tx, a, id)
		action := "evaluation.change"
		switch {
		case errs.Is(err, errs.NotFound) && p.Version == 0:
			action = "evaluation.plan"
			e = &Evaluation{Tenant: a.Tenant, Assessment: id, State: Planned, Person: a.Person, CreatedAt: db.At(tx.Now()), Of: t}
		case errs.Is(err, errs.NotFound) || err == nil && p.Version == 0:
			return db.Stale()
		case err != nil:
			return err
		case e.State != Planned:
			return errs.New(errs.Conflict, "提案已经抽取，不能再改")
		}
		if e.over() {
			return ended()
		}
		e.Body, e.Way, e.Cases, e.Back, e.DueOn, e.Version = p.Body, p.Way, p.Cases, p.Back, p.DueOn, p.Version
		if p.Version == 0 {
			e.Version = 1
			_, err = tx.Exec(`INSERT INTO evaluation (tenant, assessment, body, way, cases, back, due_on, state, person, created_at, version) VALUES (`+db.Marks(11)+`)`,
				e.Tenant, e.Assessment, e.Body, e.Way, e.Cases, e.Back, e.DueOn, e.State, e.Person, e.CreatedAt, e.Version)
		} else {
			err = updateEvaluation(tx, e)
		}
		if err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: action, Kind: "evaluation", Object: id, Data: map[string]any{"body": e.Body, "cases": e.Cases, "back": e.Back}, Rows: []ledger.Row{e.row()}})
	})
}

func ended() error {
	return errs.New(errs.Conflict, "测评已经公布或取消，第三方评估不能再改")
}

// DoEvaluation takes a step of an evaluation. Said is the seed of a draw, which may
// be left to the platform; the evaluator's remark on all of it; or why something
// is sent back, drawn anew or cancelled.
func (s *Service) DoEvaluation(ctx context.Context, id string, version int, action, said string) error {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	said = han.Tidy(said)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		e, err := evaluation(tx, a, id)
		if err != nil {
			return err
		}
		if done, err := ledger.Repeated(tx, id); err != nil || done {
			return err
		}
		step, err := EvaluationFlow.Find(e.State, action)
		if err != nil {
			return err
		}
		if !e.may(a, step) {
			return actor.Denied
		}
		if e.over() {
			return ended()
		}
		if version != e.Version {
			return db.Stale()
		}
		entry := ledger.Entry{Action: "evaluation." + action, Kind: "evaluation", Object: id, From: e.State, To: step.To, Note: said}
		e.State = step.To
		if err := s.evaluated(tx, a, e, action, said, &entry); err != nil {
			return err
		}
		if err := updateEvaluation(tx, e); err != nil {
			return err
		}
		entry.Rows = append(entry.Rows, e.row())
		return ledger.Append(tx, entry)
	})
}

// evaluated is what a step does beside changing the state.
func (s *Service) evaluated(tx *db.Tx, a actor.Actor, e *Evaluation, action, said string, entry *ledger.Entry) error {
	var f errs.Fields
	switch action {
	case "draw":
		f.Check(len([]rune(said)) <= 100, "said", "不能超过 %d 个字", 100)
	case "return", "redraw", "cancel":
		f.Check(said != "", "said", "请填写理由")
		fallthrough
	default:
		f.Check(len([]rune(said)) <= 2000, "said", "不能超过 %d 个字", 2000)
	}
	if err := f.Err(); err != nil {
		return err
	}
	now := db.At(tx.Now())
	params := notify.Params{"title": e.Of.Title, "due": e.DueOn, "reason": said}
	evaluators := func(kind string) error {
		to := []string{e.Person}
		if e.Way == ByAccount {
			var err error
			if to, err = org.PeopleWith(tx, e.Tenant, "evaluator", e.Body); err != nil {
				return err
			}
		}
		return s.tell(tx, a, kind, e.Tenant, evaluationURL(e.Assessment), e.Assessment, notify.As(notify.Evaluator, to...), params)
	}
	rows, err := []ledger.Row(nil), error(nil)
	switch action {
	case "draw":
		rows, err = s.drawn(tx, e, said, entry)
		if err != nil {
			return err
		}
		params["n"] = entry.Data.(map[string]any)["drawn"]
		err = evaluators("evaluation.draw")
	case "submit":
		if err := ready(tx, e); err != nil {
			return err
		}
		e.Remark, e.SubmittedAt = said, now
		if rows, err = s.stopEvaluation(tx, e.Tenant, e.Assessment, true); err != nil {
			return err
		}
		var to []string
		if to, err = org.PeopleWith(tx, e.Tenant, "clerk", ""); err == nil {
			err = s.tell(tx, a, "evaluation.submit", e.Tenant, evaluationURL(e.Assessment), e.Assessment, append(notify.As(notify.Office, to...), notify.Told{Person: e.Person, Why: notify.Author}), params)
		}
	case "accept":
		e.AcceptedAt = now
	case "return":
		e.Reason, e.AcceptedAt = said, db.Time{}
		if rows, err = s.runEvaluation(tx, e); err == nil {
			err = evaluators("evaluation.return")
		}
	case "redraw", "cancel":
		e.Reason = said
		if rows, err = s.stopEvaluation(tx, e.Tenant, e.Assessment, false); err != nil || action == "cancel" {
			break
		}
		fallthrough
	case "restart":
		dropped, wrong := dropEvaluated(tx, e)
		e.Seed, e.Remark, e.DrawnAt, e.SubmittedAt = "", "", db.Time{}, db.Time{}
		rows, err = append(rows, dropped...), wrong
	}
	entry.Rows = append(entry.Rows, rows...)
	return err
}

func evaluationURL(id string) string { return "/assessments/" + id + "/evaluation" }

// drawn draws the sample and notes the seed, and from how many it was drawn.
func (s *Service) drawn(tx *db.Tx, e *Evaluation, seed string, entry *ledger.Entry) ([]ledger.Row, error) {
	var f errs.Fields
	f.Check(e.DueOn > org.Today(tx), "said", "评估截止日期已过，请先修改")
	if err := f.Err(); err != nil {
		return nil, err
	}
	v, err := s.rules.Load(tx, e.Tenant, e.Of.Rules)
	if err != nil {
		return nil, err
	}
	all, err := units(tx, e.Tenant, e.Assessment, "")
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, u := range all {
		ids = append(ids, u.Unit)
	}
	pool, err := proposal.Answers(tx, e.Tenant, ids, e.Of.Year, e.Of.Year-v.Int("assessment.third_years"), db.At(e.Of.AsOf.AddDays(1).Time()), v.Bool("assessment.third_closed"))
	if err != nil {
		return nil, err
	}
	if e.Seed = seed; seed == "" {
		e.Seed = newSeed()
	}
	var rows []ledger.Row
	drawn := 0
	for _, c := range draw(e.Seed, e.Of.Year, pool, e.Cases, e.Back) {
		c.Tenant, c.Assessment, c.ID = e.Tenant, e.Assessment, db.NewID()
		if _, err := tx.Exec(`INSERT INTO evaluation_case (tenant, assessment, id, proposal, unit, back, place, drawn) VALUES (`+db.Marks(8)+`)`, c.Tenant, c.Assessment, c.ID, c.Proposal, c.Unit, c.Back, c.Place, c.Drawn); err != nil {
			return nil, err
		}
		rows = append(rows, c.row())
		if c.Drawn {
			drawn++
		}
	}
	if drawn == 0 {
		return nil, errs.New(errs.Conflict, "没有可以抽取的提案：被测评的单位到统计截止日还没有送达答复")
	}
	e.DrawnAt = db.At(tx.Now())
	entry.Note, entry.Data = "", map[string]any{"seed": e.Seed, "pool": len(pool), "drawn": drawn}
	started, err := s.runEvaluation(tx, e)
	return append(rows, started...), err
}

// runEvaluation starts the clock of an evaluation; for one that is late already,
// until tomorrow.
func (s *Service) runEvaluation(tx *db.Tx, e *Evaluation) ([]ledger.Row, error) {
	c := clock.Clock{Tenant: e.Tenant, Kind: "evaluation.due", Title: "第三方评估", Subject: e.Of.Title, Object: "evaluation", ObjectID: e.Assessment, Link: evaluationURL(e.Assessment),
		Until: max(e.DueOn, org.Today(tx).AddDays(1)), Holder: clock.Persons(e.Person)}
	if e.Way == ByAccount {
		c.Holder = []clock.Holder{{Role: "evaluator", Body: e.Body}}
	}
	started, err := s.clocks.Start(tx, c)
	if err != nil {
		return nil, err
	}
	return []ledger.Row{started.Row()}, nil
}

func (s *Service) stopEvaluation(tx *db.Tx, tenant, id string, met bool) (rows []ledger.Row, err error) {
	stopped, err := s.clocks.StopFor(tx, tenant, "evaluation", id, met)
	for _, c := range stopped {
		rows = append(rows, c.Row())
	}
	return rows, err
}

// ready says what an evaluation lacks before it is handed in: every drawn case is
// evaluated, and a paper lies beside it as a scan.
func ready(tx *db.Tx, e *Evaluation) error {
	all, err := evaluatedCases(tx, e, true, "")
	if err != nil {
		return err
	}
	left := 0
	for _, c := range all {
		if !c.Done() {
			left++
		}
	}
	if left > 0 {
		return errs.New(errs.Conflict, "还有%d件没有评估", left)
	}
	if e.Way == ByPaper {
		files, err := attachment.Of(tx, e.Tenant, "evaluation", e.Assessment)
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return errs.New(errs.Conflict, "请先上传评估表的扫描件")
		}
	}
	return nil
}

// evaluationReady refuses to publish an assessment while its evaluation is open.
func evaluationReady(tx *db.Tx, t *Assessment) error {
	var open int
	err := tx.Get(`SELECT COUNT(*) FROM evaluation WHERE tenant = $1 AND assessment = $2 AND state IN ('planned', 'evaluating', 'submitted')`, []any{t.Tenant, t.ID}, &open)
	if err == nil && open > 0 {
		err = errs.New(errs.Conflict, "第三方评估还没有验收，请先验收或者取消")
	}
	return err
}

// Points is what an evaluator gives a case: points by indicator, at most its
// weight, and a remark.
type Points struct {
	Version int
	Of      map[string]int
	Remark  string
}

// Evaluate keeps what is thought of a case, instead of what was kept before. All
// indicators are wanted. Nobody evaluates a case that they proposed, or a
// department that they work for.
func (s *Service) Evaluate(ctx context.Context, id, evaluated string, p Points) error {
	a, err := actor.Require(ctx, "assessment.evaluate")
	if err != nil {
		return err
	}
	p.Remark = han.Tidy(p.Remark)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		e, err := evaluation(tx, a, id)
		if err != nil {
			return err
		}
		if !e.writes(a) {
			return actor.Denied
		}
		c, err := evaluatedCase(tx, a, e, evaluated)
		if err != nil {
			return err
		}
		if done, err := ledger.Repeated(tx, id); err != nil || done {
			return err
		}
		v, err := s.rules.Load(tx, e.Tenant, e.Of.Rules)
		if err != nil {
			return err
		}
		indicators := v.Codes("assessment.third_indicators").Active()
		if err := p.check(indicators); err != nil {
			return err
		}
		switch {
		case e.over():
			return ended()
		case e.State != Evaluating || !c.Drawn:
			return errs.New(errs.Conflict, "现在不能评估这一件")
		}
		if err := s.impartial(tx, a, e, c); err != nil {
			return err
		}
		rows := []ledger.Row{c.row()}
		for _, x := range indicators {
			if _, err := tx.Exec(`INSERT INTO evaluation_mark (tenant, assessment, evaluated, indicator, points) VALUES (`+db.Marks(5)+`)
				ON CONFLICT (tenant, assessment, evaluated, indicator) DO UPDATE SET points = excluded.points`, c.Tenant, c.Assessment, c.ID, x.Key, p.Of[x.Key]); err != nil {
				return err
			}
			rows = append(rows, c.markRow(x.Key))
		}
		if err := db.Touch(tx.Exec(`UPDATE evaluation_case SET remark = $5, person = $6, at = $7, version = version + 1 WHERE tenant = $1 AND assessment = $2 AND id = $3 AND version = $4`,
			c.Tenant, c.Assessment, c.ID, p.Version, p.Remark, a.Person, db.At(tx.Now()))); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "evaluation.evaluate", Kind: "evaluation", Object: id, Data: map[string]any{"case": c.ID}, Rows: rows})
	})
}

func (p *Points) check(indicators rule.Codes) error {
	var f errs.Fields
	for _, x := range indicators {
		n, ok := p.Of[x.Key]
		f.Check(ok && n >= 0 && n <= x.Weight, "p-"+x.Key, "应在 %d 到 %d 之间", 0, x.Weight)
	}
	for key := range p.Of {
		_, ok := indicators.Find(key)
		f.Check(ok, "p-"+key, "没有这个评估指标")
	}
	f.Check(p.Remark != "", "remark", "请写评语")
	f.Check(len([]rune(p.Remark)) <= 2000, "remark", "不能超过 %d 个字", 2000)
	return f.Err()
}

// impartial refuses evaluators who have a part in the case. The office, which
// enters somebody else's paper, is not asked.
func (s *Service) impartial(tx *db.Tx, a actor.Actor, e *Evaluation, c *Evaluated) error {
	if e.Way == ByPaper {
		return nil
	}
	own, err := staff(tx, e.Tenant, c.Unit)
	if err != nil {
		return err
	}
	whole, err := s.cases.Whole(tx, e.Tenant, c.Proposal)
	if err != nil {
		return err
	}
	if slices.Contains(own, a.Person) || slices.Contains(whole.Raters(), a.Person) {
		return errs.New(errs.Forbidden, "您是这件提案的提案者，或者在承办单位工作，应当回避")
	}
	return nil
}

// AttachPaper adds a scan of the evaluators' paper, or their report. Wants whoever
// fills the evaluation in, while it is open.
func (s *Service) AttachPaper(ctx context.Context, id string, up attachment.Upload) (f *attachment.File, err error) {
	a, err := actor.Require(ctx, "assessment.evaluate")
	if err != nil {
		return nil, err
	}
	open := func(tx *db.Tx) error {
		e, err := evaluation(tx, a, id)
		switch {
		case err != nil:
			return err
		case !e.writes(a):
			return actor.Denied
		case e.over() || e.State != Evaluating:
			return errs.New(errs.Conflict, "现在不能添加文件")
		}
		return nil
	}
	if err := s.db.Read(ctx, open); err != nil {
		return nil, err
	}
	up.Purpose = "scan"
	kept, err := s.files.Keep(ctx, up)
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := open(tx); err != nil {
			return err
		}
		if done, err := ledger.Repeated(tx, id); err != nil || done {
			return err
		}
		if f, err = attachment.Add(tx, a.Tenant, "evaluation", id, a.Person, kept); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "evaluation.attach", Kind: "evaluation", Object: id, Data: map[string]any{"file": f.ID, "sha256": f.SHA256}, Rows: []ledger.Row{f.Row()}})
	})
	return f, err
}
