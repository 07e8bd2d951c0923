package publish

import (
	"shangliang/internal/flow"
	"shangliang/internal/org"
)

// States of a decision.
const (
	Draft     = "draft"
	Proposed  = "proposed"
	Scheduled = "scheduled"
	Published = "published"
	Refused   = "refused"
	Withdrawn = "withdrawn"
)

// Permissions of this package.
const (
	Prepare  = "publish.prepare"
	Decide   = "publish.decide"
	Moderate = "publish.moderate"
	Answer   = "publish.answer"
)

// Permissions with the roles that have them.
var Permissions = []org.Permission{
	{ID: Prepare, Title: "准备公开内容", Roles: []string{"clerk"}},
	{ID: Decide, Title: "决定公开和撤下", Roles: []string{"clerk", "review_chair"}},
	{ID: Moderate, Title: "审核公众留言", Roles: []string{"clerk"}},
	{ID: Answer, Title: "公开回应留言", Roles: []string{"unit_clerk", "unit_officer", "unit_leader"}},
}

// Flow is the lifecycle of a decision. What the public reads meanwhile is said by
// Disclosure.Live: a published case stays public while a new edition is prepared.
var Flow = flow.Machine{
	Name: "publish", Title: "公开", Initial: Draft,
	States: []flow.State{
		{ID: Draft, Title: "准备中", Stage: "准备"},
		{ID: Proposed, Title: "待决定", Stage: "决定"},
		{ID: Scheduled, Title: "已定期公开", Stage: "决定"},
		{ID: Published, Title: "已公开", Stage: "公开"},
		{ID: Refused, Title: "不公开", Stage: "公开"},
		{ID: Withdrawn, Title: "已撤下", Stage: "公开"},
	},
	Steps: []flow.Step{
		{Action: "propose", Title: "提请决定", Says: "由另一位同事复核后决定是否公开", From: []string{Draft}, To: Proposed, Permission: Prepare, Guards: []string{"complete", "clean"}},
		{Action: "take_back", Title: "收回修改", Says: "回到准备中，公众看到的不变", From: []string{Proposed}, To: Draft, Permission: Prepare},
		{Action: "publish", Title: "同意公开", Says: "公众立即可以看到公开副本", From: []string{Proposed}, To: Published, Permission: Decide, Guards: []string{"other_eyes", "current", "complete", "clean"}},
		{Action: "schedule", Title: "定期公开", Says: "到选定的那一天自动公开", From: []string{Proposed}, To: Scheduled, Permission: Decide, Guards: []string{"other_eyes", "current", "complete", "clean", "later"}},
		{Action: "refuse", Title: "决定不公开", Says: "理由记入台账；以后可以重新准备", From: []string{Proposed}, To: Refused, Permission: Decide, Guards: []string{"other_eyes", "not_live", "reason"}},
		{Action: "send_back", Title: "退回修改", Says: "准备的同事会看到理由", From: []string{Proposed}, To: Draft, Permission: Decide, Guards: []string{"reason"}},
		{Action: "unschedule", Title: "取消定期公开", Says: "回到准备中", From: []string{Scheduled}, To: Draft, Permission: Decide},
		{Action: "release", Title: "到期公开", Says: "到了选定的日子", From: []string{Scheduled}, To: Published, System: true},
		{Action: "revise", Title: "修订公开内容", Says: "准备新的一版；在决定之前公众看到的不变", From: []string{Published, Refused, Withdrawn}, To: Draft, Permission: Prepare},
		{Action: "drop", Title: "放弃修订", Says: "公众看到的保持不变", From: []string{Draft}, To: Published, Permission: Prepare, Guards: []string{"live"}},
		{Action: "withdraw", Title: "撤下", Says: "公众立即不能再看到，理由记入台账", From: []string{Draft, Proposed, Scheduled, Published}, To: Withdrawn, Permission: Decide, Guards: []string{"live", "reason"}, Danger: true},
	},
}
