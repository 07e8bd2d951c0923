package assessment

import (
	"math"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/flow"
	"shangliang/internal/ledger"
	"shangliang/internal/rule"
)

// Ways in which an evaluation comes in.
const (
	ByAccount = "account" // the evaluators sign in
	ByPaper   = "paper"   // the office enters their paper, with a scan of it
)

// States of an evaluation.
const (
	Planned    = "planned"
	Evaluating = "evaluating"
	Submitted  = "submitted"
	Accepted   = "accepted"
)

// EvaluationFlow is the lifecycle of a third-party evaluation. Once its assessment
// is published or cancelled, no step is taken any more.
var EvaluationFlow = flow.Machine{
	Name: "evaluation", Title: "第三方评估", Initial: Planned,
	States: []flow.State{
		{ID: Planned, Title: "待抽取", Stage: "抽取"},
		{ID: Evaluating, Title: "评估中", Stage: "评估"},
		{ID: Submitted, Title: "待验收", Stage: "验收"},
		{ID: Accepted, Title: "已验收", Stage: "结果"},
		{ID: Cancelled, Title: "已取消"},
	},
	Steps: []flow.Step{
		{Action: "draw", Title: "抽取提案", Says: "按种子抽取各单位已答复的提案，抽取办法、种子和全部备选提案都留下记录", From: []string{Planned}, To: Evaluating, Permission: "assessment.manage"},
		{Action: "submit", Title: "提交评估结果", Says: "由组织测评的机关验收，提交后不能再改", From: []string{Evaluating}, To: Submitted, Permission: "assessment.evaluate"},
		{Action: "accept", Title: "验收", Says: "各单位的评估结果与测评结果一并公布", From: []string{Submitted}, To: Accepted, Permission: "assessment.manage"},
		{Action: "return", Title: "退回修改", Says: "评估方修改后重新提交", From: []string{Submitted, Accepted}, To: Evaluating, Permission: "assessment.manage"},
		{Action: "redraw", Title: "作废重抽", Says: "抽取结果和已有的评分作废，理由和旧种子留在记录里", From: []string{Evaluating}, To: Planned, Permission: "assessment.manage", Danger: true},
		{Action: "cancel", Title: "取消评估", Says: "测评不带第三方评估的结果", From: []string{Planned, Evaluating, Submitted}, To: Cancelled, Permission: "assessment.manage", Danger: true},
		{Action: "restart", Title: "重新安排", Says: "从抽取重新开始，以前的抽取和评分作废", From: []string{Cancelled}, To: Planned, Permission: "assessment.manage"},
	},
}

const evaluationGroup = "第三方评估"

// EvaluationRules are the indicators with their weights, and what is drawn.
var EvaluationRules = []rule.Definition{
	{ID: "assessment.third_indicators", Title: "第三方评估指标", Group: evaluationGroup, Kind: rule.CodeSet, Weighted: true, Default: rule.Codes{
		{Key: "organisation", Label: "组织领导", Weight: 15}, {Key: "procedure", Label: "程序规范", Weight: 25},
		{Key: "proposer", Label: "办理效果：提案者对态度、时效、质量、效果的评价", Weight: 15}, {Key: "effect", Label: "办理效果：达到提案的实际效果", Weight: 10},
		{Key: "result", Label: "办理效果：其他", Weight: 25}, {Key: "innovation", Label: "工作创新", Weight: 10}}.String(),
		Help: "每件按各项权重计分，得分按满分100分折算", Source: "湖南2021年的做法：办理效果50分，其中提案者评价15分、实际效果10分；其余各项的分值来源没有写，是本平台的选择"},
	{ID: "assessment.third_cases", Title: "每个单位抽取的提案", Group: evaluationGroup, Kind: rule.Int, Default: "5", Min: 1, Max: 100, Help: "件；不足的全部评估", Source: "湖南2021年的做法"},
	{ID: "assessment.third_back", Title: "每个单位回头看的提案", Group: evaluationGroup, Kind: rule.Int, Default: "1", Min: 0, Max: 100, Help: "件；从以前年度答复为正在解决的提案中抽取，单独计分", Source: "湖南2021年对往年B类提案“回头看”的做法"},
	{ID: "assessment.third_years", Title: "回头看的年数", Group: evaluationGroup, Kind: rule.Int, Default: "3", Min: 1, Max: 20},
	{ID: "assessment.third_closed", Title: "不公开的提案也抽取", Group: evaluationGroup, Kind: rule.Bool, Default: "false", Help: "评估方会读到抽中的提案和答复"},
}

// Evaluation is what somebody outside thinks of the handling that an assessment
// is about, by a sample of what the departments answered.
type Evaluation struct {
	Tenant, Assessment string
	Body               string // who evaluates: a body of kind "expert"
	Way                string
	Cases, Back        int // to draw of each department
	DueOn              calendar.Date
	State              string
	Seed               string // of the draw
	Remark, Reason     string
	Person             string
	CreatedAt, DrawnAt,
	SubmittedAt, AcceptedAt db.Time
	Version int

	BodyName string // read with it
	Of       *Assessment
}

const evaluationColumns = `e.tenant, e.assessment, e.body, e.way, e.cases, e.back, e.due_on, e.state, e.seed, e.remark, e.reason, e.person, e.created_at, e.drawn_at, e.submitted_at, e.accepted_at, e.version`

func (e *Evaluation) fields() []any {
	return []any{&e.Tenant, &e.Assessment, &e.Body, &e.Way, &e.Cases, &e.Back, &e.DueOn, &e.State, &e.Seed, &e.Remark, &e.Reason, &e.Person, &e.CreatedAt, &e.DrawnAt, &e.SubmittedAt, &e.AcceptedAt, &e.Version}
}

func (e *Evaluation) row() ledger.Row {
	return ledger.RowOf("evaluation", "tenant", e.Tenant, "assessment", e.Assessment)
}

// writes reports whether the actor is who fills the evaluation in.
func (e *Evaluation) writes(a actor.Actor) bool {
	if e.Way == ByPaper {
		return a.Can("assessment.manage")
	}
	return a.Can("assessment.evaluate") && a.Body != "" && a.Body == e.Body
}

// may reports whether the actor may take a step, as far as the state goes.
func (e *Evaluation) may(a actor.Actor, step flow.Step) bool {
	return a.Can(step.Permission) && (step.Action != "submit" || e.writes(a))
}

// over reports whether the assessment has ended, and with it the evaluation.
func (e *Evaluation) over() bool {
	return e.Of.State == Published || e.Of.State == Cancelled
}

// Evaluated is an answer of a department that could be drawn; Drawn says that it
// is to be evaluated, Place where the draw put it.
type Evaluated struct {
	Tenant, Assessment, ID string
	Proposal, Unit         string
	Back                   bool // of an earlier year
	Place                  int
	Drawn                  bool
	Remark                 string
	Person                 string
	At                     db.Time
	Version                int

	Title, UnitName string // read with it
	Year, CaseNo    int
	Points          map[string]int // by indicator; empty until it is evaluated
}

const evaluatedColumns = `c.tenant, c.assessment, c.id, c.proposal, c.unit, c.back, c.place, c.drawn, c.remark, c.person, c.at, c.version`

func (c *Evaluated) fields() []any {
	return []any{&c.Tenant, &c.Assessment, &c.ID, &c.Proposal, &c.Unit, &c.Back, &c.Place, &c.Drawn, &c.Remark, &c.Person, &c.At, &c.Version}
}

func (c *Evaluated) row() ledger.Row {
	return ledger.RowOf("evaluation_case", "tenant", c.Tenant, "assessment", c.Assessment, "id", c.ID)
}

func (c *Evaluated) markRow(indicator string) ledger.Row {
	return ledger.RowOf("evaluation_mark", "tenant", c.Tenant, "assessment", c.Assessment, "evaluated", c.ID, "indicator", indicator)
}

// Done reports whether the case was evaluated.
func (c *Evaluated) Done() bool { return len(c.Points) > 0 }

// Total is the score of a case out of 100: its points of what the indicators weigh
// together.
func (c *Evaluated) Total(indicators rule.Codes) float64 {
	sum, whole := 0, 0
	for _, x := range indicators {
		if n, ok := c.Points[x.Key]; ok {
			sum += n
			whole += x.Weight
		}
	}
	if whole == 0 {
		return 0
	}
	return 100 * float64(sum) / float64(whole)
}

// EvaluatedUnit is what the evaluation says of one department.
type EvaluatedUnit struct {
	Unit, Name string
	Drawn      int // cases of the year
	N          int // of them evaluated
	Score      float64
	Level      string
	BackDrawn  int // cases of earlier years, which have a score of their own
	BackN      int
	BackScore  float64
	Means      map[string]float64 // of the year's cases: points by indicator
}

// byUnit adds the drawn cases up, in the order in which the departments come.
func byUnit(v *rule.Version, cases []*Evaluated) (all []*EvaluatedUnit) {
	at := map[string]*EvaluatedUnit{}
	indicators := v.Codes("assessment.third_indicators").Active()
	for _, c := range cases {
		if !c.Drawn {
			continue
		}
		u := at[c.Unit]
		if u == nil {
			u = &EvaluatedUnit{Unit: c.Unit, Name: c.UnitName, Means: map[string]float64{}}
			at[c.Unit], all = u, append(all, u)
		}
		if c.Back {
			u.BackDrawn++
		} else {
			u.Drawn++
		}
		switch {
		case !c.Done():
		case c.Back:
			u.BackN++
			u.BackScore += c.Total(indicators)
		default:
			u.N++
			u.Score += c.Total(indicators)
			for key, n := range c.Points {
				u.Means[key] += float64(n)
			}
		}
	}
	for _, u := range all {
		if u.N > 0 {
			u.Score = tenth(u.Score / float64(u.N))
			u.Level = LevelOf(v, u.Score)
			for key := range u.Means {
				u.Means[key] = tenth(u.Means[key] / float64(u.N))
			}
		}
		if u.BackN > 0 {
			u.BackScore = tenth(u.BackScore / float64(u.BackN))
		}
	}
	return all
}

func tenth(v float64) float64 { return math.Round(v*10) / 10 }
