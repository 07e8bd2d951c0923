package keyproposal

import (
	"shangliang/internal/flow"
	"shangliang/internal/org"
)

// States of a key proposal.
const (
	Nominated   = "nominated"
	Consulted   = "consulted"
	Approved    = "approved"
	PlanSigned  = "plan_signed"
	Supervising = "supervising"
	Reported    = "reported"
	Closed      = "closed"
	Declined    = "declined"
)

// Flow is the lifecycle of a key proposal.
var Flow = flow.Machine{
	Name: "key_proposal", Title: "重点提案", Initial: Nominated,
	States: []flow.State{
		{ID: Nominated, Title: "已提名", Stage: "提名"},
		{ID: Consulted, Title: "已征求意见", Stage: "征求意见"},
		{ID: Approved, Title: "已确定", Stage: "主席会议确定"},
		{ID: PlanSigned, Title: "方案已签批", Stage: "签批方案"},
		{ID: Supervising, Title: "督办中", Stage: "督办"},
		{ID: Reported, Title: "已报告结果", Stage: "报告结果"},
		{ID: Closed, Title: "督办结束", Stage: "结束", Final: true},
		{ID: Declined, Title: "未列入", Final: true},
	},
	Steps: []flow.Step{
		{Action: "ask", Title: "征求意见", Says: "发给所选的党派、委员会，答复期限开始计算", From: []string{Nominated}, To: Nominated, Permission: "key_proposal.manage"},
		{Action: "consult", Title: "征求意见完毕", Says: "提交主席会议", From: []string{Nominated}, To: Consulted, Permission: "key_proposal.manage", Guards: []string{"heard"}},
		{Action: "approve", Title: "主席会议确定", Says: "成为重点提案，提案人和承办单位会收到通知", From: []string{Consulted}, To: Approved, Permission: "key_proposal.decide"},
		{Action: "decline", Title: "不列入", Says: "仍按一般提案办理，可以重新提名", From: []string{Nominated, Consulted}, To: Declined, Permission: "key_proposal.decide", Danger: true},
		{Action: "bind", Title: "确定领衔人", Says: "领衔人和负责的委员会会收到通知", From: []string{Approved}, To: Approved, Permission: "key_proposal.manage"},
		{Action: "bind", Title: "确定领衔人", Says: "方案须由新的领衔人重新签批", From: []string{PlanSigned}, To: Approved, Permission: "key_proposal.manage"},
		{Action: "bind", Title: "确定领衔人", Says: "由新的领衔人接着督办", From: []string{Supervising}, To: Supervising, Permission: "key_proposal.manage"},
		{Action: "plan", Title: "拟定督办方案", Says: "保存后送领衔人签批，签批前可以修改", From: []string{Approved}, To: Approved, Permission: "key_proposal.serve", Guards: []string{"in_charge", "led"}},
		{Action: "sign", Title: "签批方案", Says: "按方案开始督办", From: []string{Approved}, To: PlanSigned, Permission: "key_proposal.lead", Guards: []string{"own", "planned"}},
		{Action: "record_sign", Title: "代录签批", Says: "领衔人在纸上签批的，录入日期并上传扫描件", From: []string{Approved}, To: PlanSigned, Permission: "key_proposal.manage", Guards: []string{"led", "planned"}},
		{Action: "log", Title: "记录督办活动", Says: "记入督办情况，开始督办", From: []string{PlanSigned, Supervising}, To: Supervising, Permission: "key_proposal.serve", Guards: []string{"in_charge"}},
		{Action: "report", Title: "报告督办结果", Says: "送领衔人和主席会议", From: []string{Supervising}, To: Reported, Permission: "key_proposal.serve", Guards: []string{"in_charge", "acted"}},
		{Action: "return", Title: "退回补充", Says: "补充督办情况后重新报告", From: []string{Reported}, To: Supervising, Permission: "key_proposal.decide"},
		{Action: "close", Title: "督办结束", Says: "提案人和承办单位会收到通知", From: []string{Reported}, To: Closed, Permission: "key_proposal.decide"},
	},
}

// Fields are what each step takes; a step that is not here takes nothing.
var Fields = map[string][]flow.Field{
	"ask": {
		{Name: "bodies", Label: "征求意见的党派、委员会", Kind: "choices", Required: true},
		{Name: "due_on", Label: "答复期限", Kind: "date", Help: "不填的按规则计算"}},
	"consult": {reason("情况说明", false, "还有单位没有答复的，须说明理由")},
	"approve": {
		{Name: "on", Label: "主席会议日期", Kind: "date", Required: true},
		reason("会议决定（可写文号）", false, "")},
	"decline": {
		{Name: "on", Label: "主席会议日期", Kind: "date"},
		reason("理由", true, "")},
	"bind": {
		{Name: "leader", Label: "领衔领导", Kind: "choice", Required: true, Help: "名单在“领衔领导”里维护"},
		{Name: "committee", Label: "具体负责的委员会", Kind: "choice", Required: true}},
	"plan": {
		{Name: "forms", Label: "督办形式", Kind: "codes", Codes: "key_proposal.forms", Required: true},
		{Name: "text", Label: "方案", Kind: "area", Required: true, Max: 5000, Help: "督办的重点、步骤、参加人员和分工"},
		{Name: "until", Label: "完成日期", Kind: "date", Help: "不填的按规则计算"}},
	"record_sign": {{Name: "on", Label: "签批日期", Kind: "date", Required: true}},
	"log": {
		{Name: "on", Label: "日期", Kind: "date", Required: true},
		{Name: "form", Label: "形式", Kind: "code", Codes: "key_proposal.forms", Required: true},
		{Name: "text", Label: "情况", Kind: "area", Required: true, Max: 5000}},
	"report": {
		{Name: "outcome", Label: "结果", Kind: "code", Codes: "key_proposal.outcomes", Required: true},
		{Name: "text", Label: "督办报告", Kind: "area", Required: true, Max: 10000}},
	"return": {reason("须补充什么", true, "")},
	"close":  {reason("意见", false, "")},
	"opine": {
		{Name: "stance", Label: "态度", Kind: "code", Codes: "key_proposal.stances", Required: true},
		{Name: "text", Label: "意见", Kind: "area", Max: 2000}},
}

func reason(label string, required bool, help string) flow.Field {
	return flow.Field{Name: "reason", Label: label, Kind: "area", Required: required, Max: 1000, Help: help}
}

// Permissions of this package. A committee or party reaches only what it has in
// charge or was asked about.
var Permissions = []org.Permission{
	{ID: "key_proposal.read", Title: "查看重点提案", Roles: []string{"clerk", "reviewer", "review_chair", "dispatcher", "leader"}},
	{ID: "key_proposal.manage", Title: "组织重点提案遴选督办", Roles: []string{"clerk"}},
	{ID: "key_proposal.decide", Title: "录入主席会议决定", Roles: []string{"clerk", "review_chair"}},
	{ID: "key_proposal.lead", Title: "签批督办方案", Roles: []string{"leader"}},
	{ID: "key_proposal.serve", Title: "承担重点提案督办", Roles: []string{"clerk", "collective"}},
	{ID: "key_proposal.opine", Title: "对重点提案提意见", Roles: []string{"clerk", "collective"}},
}
