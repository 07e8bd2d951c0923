// Package assessment says how well departments handled proposals: once a year by
// figures and ratings (承办单位测评), in between by what the inspection office
// asks of them (专项督查), beside it by somebody outside who looks at a sample
// (第三方评估), and for the appraisal at the end of the year.
//
// Main types: [Service], [Assessment], [Unit], [Evaluation], [Inspection]. It owns
// the tables assessment, assessment_unit, assessment_score, assessment_rating,
// assessment_quality, evaluation, evaluation_case, evaluation_mark and inspection.
// It deliberately counts nothing by itself: package figure does, and each score
// names the figure behind it.
package assessment

import (
	"embed"
	"io/fs"

	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/flow"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/rule"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words is the English of the texts in this package.
//
//go:embed en.tsv
var Words []byte

// Permissions of this package. A department sees its own result once it is
// published, and its own inspections; an evaluator the sample of its own body.
var Permissions = []org.Permission{
	{ID: "assessment.manage", Title: "组织承办单位测评", Roles: []string{"clerk"}},
	{ID: "assessment.publish", Title: "公布测评结果", Roles: []string{"review_chair"}},
	{ID: "assessment.read", Title: "查看测评", Roles: []string{"clerk", "review_chair", "dispatcher", "leader"}},
	{ID: "assessment.rate", Title: "给承办单位评分", Roles: []string{"member", "clerk", "reviewer", "review_chair", "dispatcher", "leader"}},
	{ID: "assessment.own", Title: "查看本单位的测评结果", Roles: []string{"unit_clerk", "unit_officer", "unit_leader"}},
	{ID: "assessment.quality", Title: "评价提案质量", Roles: []string{"unit_officer", "unit_leader"}},
	{ID: "assessment.evaluate", Title: "填写第三方评估", Roles: []string{"evaluator", "clerk"}},
	{ID: "inspection.issue", Title: "下达督查事项", Roles: []string{"dispatcher", "clerk"}},
	{ID: "inspection.read", Title: "查看督查事项", Roles: []string{"dispatcher", "clerk", "review_chair", "leader"}},
	{ID: "inspection.report", Title: "报告督查事项", Roles: []string{"unit_clerk", "unit_officer", "unit_leader"}},
}

// States of an assessment.
const (
	Draft     = "draft"
	Rating    = "rating"
	Scored    = "scored"
	Published = "published"
	Cancelled = "cancelled"
)

// Flow is the lifecycle of an assessment.
var Flow = flow.Machine{
	Name: "assessment", Title: "承办单位测评", Initial: Draft,
	States: []flow.State{
		{ID: Draft, Title: "筹备中", Stage: "筹备"},
		{ID: Rating, Title: "评分中", Stage: "评分"},
		{ID: Scored, Title: "已核算", Stage: "核算"},
		{ID: Published, Title: "已公布", Stage: "公布", Final: true},
		{ID: Cancelled, Title: "已取消", Final: true},
	},
	Steps: []flow.Step{
		{Action: "open", Title: "开始评分", Says: "委员、机关和领导可以给各单位评分，单位可以评价提案质量", From: []string{Draft}, To: Rating, Permission: "assessment.manage"},
		{Action: "score", Title: "核算得分", Says: "按截止日的统计指标和评分核算，评分不再接受", From: []string{Rating}, To: Scored, Permission: "assessment.manage"},
		{Action: "reopen", Title: "重新开放评分", Says: "得分作废，评分截止后重新核算", From: []string{Scored}, To: Rating, Permission: "assessment.manage"},
		{Action: "publish", Title: "公布结果", Says: "各单位看到自己的得分、名次和改进意见，不能再改", From: []string{Scored}, To: Published, Permission: "assessment.publish"},
		{Action: "cancel", Title: "取消测评", Says: "不再进行，不能恢复", From: []string{Draft, Rating, Scored}, To: Cancelled, Permission: "assessment.manage", Danger: true},
	},
}

const ruleGroup = "承办单位测评"

// Indicator is one thing that counts, with the figure behind it; that of ratings
// has none. Where Of names a second figure, Figure counts what went wrong of it.
type Indicator struct {
	ID, Title, Figure string
	Of                string
	weight            string // the setting
	Needs             string // the permission to open the records behind it
}

// Indicators are all of them, in the order of the work. Which count, and how
// much, is said by the weights in the rules.
var Indicators = []Indicator{
	{"on_time", "按期办复", "proposal.on_time_rate", "", "assessment.weight_on_time", ""},
	{"in_person", "面商", "proposal.in_person_rate", "", "assessment.weight_in_person", ""},
	{"satisfaction", "提案人满意", "proposal.satisfaction_rate", "", "assessment.weight_satisfaction", "proposal.read_ratings"},
	{"progress", "解决和正在解决", "proposal.progress_rate", "", "assessment.weight_progress", ""},
	{"kept", "承诺不逾期", "proposal.promises_late", "proposal.promises", "assessment.weight_kept", ""},
	{"rating", "评分", "", "", "assessment.weight_rating", ""},
}

// Raters are the groups of those who rate, with the setting of their weight.
var Raters = []struct{ ID, Title, Weight string }{
	{"member", "委员", "assessment.raters_member"},
	{"office", "机关", "assessment.raters_office"},
	{"leader", "领导", "assessment.raters_leader"},
}

// raterOf is the group in which a role rates.
var raterOf = map[string]string{"member": "member", "clerk": "office", "reviewer": "office", "review_chair": "office", "dispatcher": "office", "leader": "leader"}

// Levels are the grades, best first; Least is the setting of the score from which
// one holds.
var Levels = []struct{ ID, Title, Least string }{
	{"excellent", "优秀", "assessment.excellent"}, {"good", "良好", "assessment.good"}, {"fair", "一般", "assessment.fair"}, {"poor", "较差", ""},
}

func weight(id, title, standard string) rule.Definition {
	return rule.Definition{ID: id, Title: title, Group: ruleGroup, Kind: rule.Int, Default: standard, Min: 0, Max: 100}
}

// Rules are the weights and grades with their defaults.
var Rules = func() []rule.Definition {
	all := []rule.Definition{
		weight("assessment.weight_on_time", "权重：按期办复", "20"), weight("assessment.weight_in_person", "权重：面商", "15"),
		weight("assessment.weight_satisfaction", "权重：提案人满意", "20"), weight("assessment.weight_progress", "权重：解决和正在解决", "15"),
		weight("assessment.weight_kept", "权重：承诺不逾期", "10"), weight("assessment.weight_rating", "权重：评分", "20"),
		weight("assessment.raters_member", "评分中委员所占权重", "40"), weight("assessment.raters_office", "评分中机关所占权重", "30"),
		weight("assessment.raters_leader", "评分中领导所占权重", "30"),
		weight("assessment.excellent", "优秀不低于", "90"), weight("assessment.good", "良好不低于", "75"), weight("assessment.fair", "一般不低于", "60"),
	}
	all[0].Help, all[0].Source = "0 为不计；没有可计记录的指标不计，其余权重按比例放大", "办理效果、提案者评价、实际效果分项计分的做法（湖南2021）"
	all[9].Source = "双向背靠背评议：90分以上优秀，75至89分良好，60至74分一般"
	return append(all, EvaluationRules...)
}()

// Notices are the kinds of notice of this package.
var Notices = []notify.Kind{
	{ID: "assessment.open", Name: "承办单位评分", Title: "请给承办单位评分：{title}", Body: "请在{until}前评分", Mail: true},
	{ID: "assessment.publish", Name: "测评结果", Title: "{title}：本单位的结果已公布", Mail: true},
	{ID: "evaluation.draw", Name: "第三方评估", Title: "请评估：{title}", Body: "已抽取{n}件提案，请在{due}前评估", Mail: true},
	{ID: "evaluation.submit", Name: "第三方评估", Title: "第三方评估已提交：{title}", Mail: true},
	{ID: "evaluation.return", Name: "第三方评估", Title: "第三方评估须修改：{title}", Body: "{reason}", Mail: true},
	{ID: "inspection.issue", Name: "督查事项", Title: "督查事项：{title}", Body: "请在{due}前报告", Mail: true},
	{ID: "inspection.report", Name: "督查事项", Title: "{unit}报告了督查事项：{title}"},
	{ID: "inspection.return", Name: "督查事项", Title: "督查事项须继续落实：{title}", Body: "{reason}", Mail: true},
}

// Assessment is one assessment of departments.
type Assessment struct {
	Tenant, ID string
	Session    string
	Year       int
	Title      string
	AsOf       calendar.Date // the last day of the period
	RateUntil  calendar.Date
	State      string
	Rules      int // version of the rules it works by
	Decision   string
	Person     string
	CreatedAt, ScoredAt,
	PublishedAt db.Time
	Version int
}

const columns = `t.tenant, t.id, t.session, t.year, t.title, t.as_of, t.rate_until, t.state, t.rule_version, t.decision, t.person, t.created_at, t.scored_at, t.published_at, t.version`

func (t *Assessment) fields() []any {
	return []any{&t.Tenant, &t.ID, &t.Session, &t.Year, &t.Title, &t.AsOf, &t.RateUntil, &t.State, &t.Rules, &t.Decision, &t.Person, &t.CreatedAt, &t.ScoredAt, &t.PublishedAt, &t.Version}
}

func (t *Assessment) row() ledger.Row {
	return ledger.RowOf("assessment", "tenant", t.Tenant, "id", t.ID)
}

// Score is one indicator of a department: Value is out of 100. Of ratings Num is
// how many rated, and Den is 0.
type Score struct {
	Tenant, Assessment, Unit, Indicator string
	Num, Den                            int64
	Value                               float64
	Weight                              int
}

const scoreColumns = `tenant, assessment, unit, indicator, num, den, value, weight`

func (s *Score) fields() []any {
	return []any{&s.Tenant, &s.Assessment, &s.Unit, &s.Indicator, &s.Num, &s.Den, &s.Value, &s.Weight}
}

func (s *Score) row() ledger.Row {
	return ledger.RowOf("assessment_score", "tenant", s.Tenant, "assessment", s.Assessment, "unit", s.Unit, "indicator", s.Indicator)
}

// Unit is a department that is assessed, with its result.
type Unit struct {
	Tenant, Assessment, Unit string
	Total                    float64
	Place                    int // 1 is the best; equals share a place; 0 without anything to count
	Level                    string
	Improve                  string
	Version                  int

	Name   string
	Scores []*Score // in the order of Indicators
}

const unitColumns = `u.tenant, u.assessment, u.unit, u.total, u.place, u.level, u.improve, u.version`

func (u *Unit) fields() []any {
	return []any{&u.Tenant, &u.Assessment, &u.Unit, &u.Total, &u.Place, &u.Level, &u.Improve, &u.Version}
}

func (u *Unit) row() ledger.Row {
	return ledger.RowOf("assessment_unit", "tenant", u.Tenant, "assessment", u.Assessment, "unit", u.Unit)
}

// Score is the department's score in an indicator, nil if it has none.
func (u *Unit) Score(indicator string) *Score {
	for _, s := range u.Scores {
		if s.Indicator == indicator {
			return s
		}
	}
	return nil
}

// LevelOf is the grade of a score under some rules.
func LevelOf(v *rule.Version, total float64) string {
	for _, l := range Levels {
		if l.Least == "" || total >= float64(v.Int(l.Least)) {
			return l.ID
		}
	}
	return ""
}

// LevelTitle names a grade in Simplified Chinese.
func LevelTitle(id string) string {
	for _, l := range Levels {
		if l.ID == id {
			return l.Title
		}
	}
	return ""
}
