// Package award chooses the best proposals of a year (年度好提案): nominated by
// members, office and departments, shortlisted, voted on in secret, published.
//
// Main types: [Service], [Award], [Candidate]. It owns the tables award,
// award_candidate, award_nomination, award_voter and award_urn. It deliberately
// keeps no ballot with a person: who has voted is one list, what was voted another
// without order or time, and the ledger records that somebody voted, never how.
package award

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

// Permissions of this package.
var Permissions = []org.Permission{
	{ID: "award.manage", Title: "组织好提案评选", Roles: []string{"clerk"}},
	{ID: "award.publish", Title: "公布好提案", Roles: []string{"review_chair"}},
	{ID: "award.read", Title: "查看好提案评选", Roles: []string{"member", "collective", "clerk", "reviewer", "review_chair", "dispatcher", "leader", "unit_clerk", "unit_officer", "unit_leader"}},
	{ID: "award.nominate", Title: "提名好提案", Roles: []string{"member", "collective", "clerk", "reviewer", "review_chair", "dispatcher", "unit_officer", "unit_leader"}},
	{ID: "award.vote", Title: "好提案投票", Roles: []string{"member", "clerk", "reviewer", "review_chair", "leader"}},
}

// States of an award.
const (
	Nominating = "nominating"
	Shortlist  = "shortlist"
	Voting     = "voting"
	Counted    = "counted"
	Void       = "void"
	Published  = "published"
	Cancelled  = "cancelled"
)

// Flow is the lifecycle of an award.
var Flow = flow.Machine{
	Name: "award", Title: "年度好提案", Initial: Nominating,
	States: []flow.State{
		{ID: Nominating, Title: "提名中", Stage: "提名"},
		{ID: Shortlist, Title: "初评中", Stage: "初评"},
		{ID: Voting, Title: "投票中", Stage: "投票"},
		{ID: Void, Title: "投票无效", Stage: "投票"},
		{ID: Counted, Title: "已计票", Stage: "计票"},
		{ID: Published, Title: "已公布", Stage: "公布", Final: true},
		{ID: Cancelled, Title: "已取消", Final: true},
	},
	Steps: []flow.Step{
		{Action: "close", Title: "结束提名", Says: "不再接受提名，从提名的提案中初评入围", From: []string{Nominating}, To: Shortlist, Permission: "award.manage"},
		{Action: "open", Title: "开始投票", Says: "入围名单和投票人名单确定，投票人收到通知", From: []string{Shortlist, Void}, To: Voting, Permission: "award.manage"},
		{Action: "count", Title: "计票", Says: "不再接受投票；到会不过半数或收回多于发出的，投票无效", From: []string{Voting}, To: Counted, Permission: "award.manage"},
		{Action: "annul", Title: "投票无效", Says: "须重新投票", From: []string{Voting}, To: Void, System: true},
		{Action: "publish", Title: "公布结果", Says: "提案人收到通知，不能再改", From: []string{Counted}, To: Published, Permission: "award.publish"},
		{Action: "cancel", Title: "取消评选", Says: "不再进行，不能恢复", From: []string{Nominating, Shortlist, Voting, Void, Counted}, To: Cancelled, Permission: "award.manage", Danger: true},
	},
}

const ruleGroup = "年度好提案"

// Rules are the shares that are meant to hold, and what a vote needs.
var Rules = []rule.Definition{
	{ID: "award.share", Title: "好提案占立案提案的百分比", Group: ruleGroup, Kind: rule.Int, Default: "1", Min: 1, Max: 20, Help: "超过时提醒", Source: "年度好提案约为总数百分之一的做法（2019年试行办法）"},
	{ID: "award.collective", Title: "好提案中集体提案不低于百分比", Group: ruleGroup, Kind: rule.Int, Default: "20", Min: 0, Max: 100, Help: "不足时提醒", Source: "集体提案不低于百分之二十的做法（2019年试行办法）"},
	{ID: "award.majority", Title: "须得票过半数", Group: ruleGroup, Kind: rule.Bool, Default: "true", Help: "得票超过收回票数一半的才能当选"},
}

// Notices are the kinds of notice of this package.
var Notices = []notify.Kind{
	{ID: "award.call", Name: "好提案提名", Title: "请提名{title}", Body: "请在{until}前提名", Mail: true},
	{ID: "award.open", Name: "好提案投票", Title: "请投票：{title}", Body: "无记名投票，最多选{places}件", Mail: true},
	{ID: "award.publish", Name: "好提案公布", Title: "您的提案《{proposal}》被评为好提案", Mail: true},
}

// Award is one year's choice.
type Award struct {
	Tenant, ID    string
	Session       string
	Year          int
	Title         string
	NominateUntil calendar.Date
	Places        int
	State         string
	Round         int
	Rules         int
	Due           int // persons on the list of voters
	Issued, Cast  int // ballots given out and come back
	VoidReason    string
	Decision      string
	Person        string
	CreatedAt, CountedAt,
	PublishedAt db.Time
	Version int
}

const columns = `w.tenant, w.id, w.session, w.year, w.title, w.nominate_until, w.places, w.state, w.round, w.rule_version, w.due, w.issued, w.cast_, w.void_reason, w.decision, w.person, w.created_at, w.counted_at, w.published_at, w.version`

func (w *Award) fields() []any {
	return []any{&w.Tenant, &w.ID, &w.Session, &w.Year, &w.Title, &w.NominateUntil, &w.Places, &w.State, &w.Round, &w.Rules, &w.Due, &w.Issued, &w.Cast, &w.VoidReason, &w.Decision, &w.Person, &w.CreatedAt, &w.CountedAt, &w.PublishedAt, &w.Version}
}

func (w *Award) row() ledger.Row { return ledger.RowOf("award", "tenant", w.Tenant, "id", w.ID) }

// Why a vote is void.
const (
	NoQuorum = "quorum" // no more than half came
	Surplus  = "surplus"
)

// Candidate is a proposal that was nominated.
type Candidate struct {
	Tenant, Award, Proposal string
	Shortlisted             bool
	Votes                   int // once counted
	Won                     bool

	CaseNo            int
	Title, Lead, Kind string
	Nominations       int
	Reason            string // of the first nomination
}

func (c *Candidate) row() ledger.Row {
	return ledger.RowOf("award_candidate", "tenant", c.Tenant, "award", c.Award, "proposal", c.Proposal)
}

// Paper are the ballots of those who vote on paper, as the tellers count them.
type Paper struct {
	Issued, Collected int
	Votes             map[string]int // by proposal
}
