package proposal

import (
	"shangliang/internal/flow"
	"shangliang/internal/org"
)

// States of a case.
const (
	Draft        = "draft"
	Cosigning    = "cosigning"
	Approval     = "approval"
	Submitted    = "submitted"
	Returned     = "returned_for_revision"
	InReview     = "in_review"
	Filed        = "filed"
	NotFiled     = "not_filed"
	Merged       = "merged"
	Dispatched   = "dispatched"
	Handling     = "handling"
	Replied      = "replied"
	FeedbackOpen = "feedback_open"
	Rehandling   = "rehandling"
	Closed       = "closed"
	FollowingUp  = "following_up"
	Archived     = "archived"
	Withdrawn    = "withdrawn"
)

// asking are the states in which proposers may ask for a change of what they
// handed in: until a reply is delivered.
var asking = []string{InReview, Filed, Merged, Dispatched, Handling}

// CaseFlow is the lifecycle of a case, after the 全国政协提案工作条例 (2018) and
// the practice of many committees.
var CaseFlow = flow.Machine{
	Name: "proposal", Title: "提案", Initial: Draft,
	States: []flow.State{
		{ID: Draft, Title: "草稿", Stage: "撰写"},
		{ID: Cosigning, Title: "联名确认中", Stage: "撰写"},
		{ID: Approval, Title: "待负责人审定", Stage: "撰写"},
		{ID: Submitted, Title: "已提交", Stage: "审查"},
		{ID: Returned, Title: "退回修改", Stage: "审查"},
		{ID: InReview, Title: "审查中", Stage: "审查"},
		{ID: Filed, Title: "已立案", Stage: "立案"},
		{ID: NotFiled, Title: "未立案", Stage: "立案", Final: true},
		{ID: Merged, Title: "已并案", Stage: "立案"},
		{ID: Dispatched, Title: "已交办", Stage: "交办"},
		{ID: Handling, Title: "办理中", Stage: "办理"},
		{ID: Rehandling, Title: "重新办理中", Stage: "办理"},
		{ID: Replied, Title: "已答复", Stage: "答复"},
		{ID: FeedbackOpen, Title: "待评价", Stage: "评价"},
		{ID: Closed, Title: "已办结", Stage: "办结"},
		{ID: FollowingUp, Title: "跟踪落实中", Stage: "办结"},
		{ID: Archived, Title: "已归档", Stage: "归档", Final: true},
		{ID: Withdrawn, Title: "已撤回", Stage: "撰写", Final: true},
	},
	Steps: []flow.Step{
		{Action: "invite", Title: "邀请联名", Says: "联名人会收到邀请，须由本人确认；到期未确认的自动退出", From: []string{Draft}, To: Cosigning, Permission: "proposal.write", Guards: []string{"lead", "joint", "complete"}, Undo: "reopen"},
		{Action: "propose", Title: "送负责人审定", Says: "由本单位负责人审定后提交", From: []string{Draft}, To: Approval, Permission: "proposal.write", Guards: []string{"drafter", "collective", "complete"}},
		{Action: "submit", Title: "提交", Says: "提交后进入审查，不能再自行修改", From: []string{Draft, Returned}, To: Submitted, Permission: "proposal.write", Guards: []string{"lead", "alone", "complete"}},
		{Action: "submit_joint", Title: "提交联名提案", Says: "以已确认的联名人提交，尚未确认的自动退出", From: []string{Cosigning}, To: Submitted, Permission: "proposal.write", Guards: []string{"lead", "cosigned", "complete"}},
		{Action: "approve", Title: "审定并提交", Says: "以本单位名义提交，进入审查", From: []string{Draft, Approval, Returned}, To: Submitted, Permission: "proposal.approve", Guards: []string{"officer", "collective", "complete"}},
		{Action: "send_back", Title: "退给起草人", Says: "起草人修改后重新送审", From: []string{Approval}, To: Draft, Permission: "proposal.approve", Guards: []string{"officer"}},
		{Action: "reopen", Title: "撤回邀请，继续修改", Says: "回到草稿；联名人须重新确认", From: []string{Cosigning}, To: Draft, Permission: "proposal.write", Guards: []string{"lead"}},
		{Action: "withdraw", Title: "撤回提案", Says: "提案不再进入审查，不能恢复", From: []string{Draft, Cosigning, Submitted, Returned}, To: Withdrawn, Permission: "proposal.write", Guards: []string{"lead"}, Danger: true},
		{Action: "receive", Title: "受理", Says: "进入审查第一步", From: []string{Submitted}, To: InReview, Permission: "proposal.receive", Guards: []string{"not_own"}, Undo: "put_back"},
		{Action: "put_back", Title: "撤销受理", Says: "还没有人审查；回到新收到", From: []string{InReview}, To: Submitted, Permission: "proposal.receive", Guards: []string{"not_judged"}},
		{Action: "return", Title: "退回修改", Says: "提案人会看到理由，修改后可再次提交", From: []string{Submitted, InReview}, To: Returned, Permission: "proposal.review", Guards: []string{"not_own"}},
		{Action: "pass", Title: "通过本级审查", Says: "进入下一级审查", From: []string{InReview}, To: InReview, Permission: "proposal.review", Guards: []string{"not_own", "more_stages"}},
		{Action: "file", Title: "立案", Says: "分配案号，案号一经分配不再变动", From: []string{InReview}, To: Filed, Permission: "proposal.file", Guards: []string{"not_own", "last_stage"}},
		{Action: "decline", Title: "不予立案", Says: "提案人会收到理由和转送去向", From: []string{InReview}, To: NotFiled, Permission: "proposal.file", Guards: []string{"not_own", "last_stage"}, Danger: true},
		{Action: "merge", Title: "并案", Says: "并入另一件提案一并办理；原件保留，答复送达每位提案人，由其本人评价；主案已经答复的，并入后不能撤销", From: []string{InReview, Filed}, To: Merged, Permission: "proposal.merge", Guards: []string{"not_own", "leads_none"}},
		{Action: "unmerge", Title: "撤销并案", Says: "回到审查中，单独审查", From: []string{Merged}, To: InReview, Permission: "proposal.merge", Guards: []string{"not_own", "lead_unanswered"}},
		{Action: "release", Title: "主案退出，恢复审查", Says: "主案不再办理，回到审查中", From: []string{Merged}, To: InReview, System: true},
		{Action: "ask_withdrawal", Title: "申请撤案", Says: "由提案审查负责人决定；联名人会收到通知", From: asking, Permission: "proposal.write", Guards: []string{"lead", "nothing_asked", "unanswered"}},
		{Action: "ask_change", Title: "申请修改", Says: "由提案审查负责人决定；同意后成为新的版本，并告知承办单位", From: []string{Filed, Dispatched, Handling}, Permission: "proposal.write", Guards: []string{"lead", "nothing_asked", "unanswered"}},
		{Action: "take_back", Title: "收回申请", Says: "不再申请，一切照旧", From: asking, Permission: "proposal.write", Guards: []string{"lead", "something_asked"}},
		{Action: "grant_withdrawal", Title: "同意撤案", Says: "提案不再办理，承办单位的任务取消，不能恢复", From: asking, To: Withdrawn, Permission: "proposal.decide_change", Guards: []string{"not_own", "withdrawal_asked", "unanswered"}, Danger: true},
		{Action: "grant_change", Title: "同意修改", Says: "成为新的版本，承办单位会收到通知", From: asking, Permission: "proposal.decide_change", Guards: []string{"not_own", "change_asked", "unanswered"}},
		{Action: "refuse_change", Title: "不同意申请", Says: "一切照旧，提案人会看到理由", From: asking, Permission: "proposal.decide_change", Guards: []string{"not_own", "something_asked"}},
		{Action: "dispatch", Title: "交办", Says: "承办单位收到任务，答复期限开始计算", From: []string{Filed, Dispatched, Handling}, To: Dispatched, Permission: "proposal.dispatch", Guards: []string{"nobody_handles"}, Undo: "recall"},
		{Action: "recall", Title: "撤回交办", Says: "还没有单位签收；已交办的单位不再承办，等待重新交办", From: []string{Dispatched}, To: Filed, Permission: "proposal.dispatch", Guards: []string{"nobody_signed"}},
		{Action: "add_unit", Title: "增办单位", Says: "增加一个会办单位", From: []string{Dispatched}, To: Dispatched, Permission: "proposal.dispatch"},
		{Action: "add_unit", Title: "增办单位", Says: "增加一个会办单位", From: []string{Handling}, To: Handling, Permission: "proposal.dispatch"},
		{Action: "begin", Title: "开始办理", Says: "第一个单位已签收", From: []string{Dispatched}, To: Handling, System: true},
		{Action: "return_units", Title: "退回重新交办", Says: "承办单位全部退回，等待重新交办", From: []string{Handling}, To: Dispatched, System: true},
		{Action: "complete", Title: "答复完毕", Says: "各承办单位均已答复", From: []string{Dispatched, Handling, Rehandling}, To: Replied, System: true},
		{Action: "open_feedback", Title: "开始评价", Says: "请每位提案人以本人名义评价", From: []string{Replied}, To: FeedbackOpen, System: true},
		{Action: "rehandle", Title: "重新办理", Says: "原承办单位开始新一轮办理，期限重新计算", From: []string{FeedbackOpen}, To: Rehandling, Permission: "proposal.rehandle", Guards: []string{"unsatisfied"}},
		{Action: "close", Title: "办结", Says: "评价结果对承办单位公开；有未完成的承诺则继续跟踪", From: []string{FeedbackOpen}, To: Closed, Permission: "proposal.close", Guards: []string{"rated", "complies"}},
		{Action: "follow_up", Title: "跟踪落实", Says: "承诺事项逐项跟踪到落实", From: []string{Closed}, To: FollowingUp, System: true},
		{Action: "archive", Title: "归档", Says: "案卷封存，不再改动", From: []string{Closed, FollowingUp}, To: Archived, Permission: "proposal.archive", Guards: []string{"kept"}},
	},
}

// States of an assignment.
const (
	Issued             = "issued"
	Signed             = "signed"
	ReturnRequested    = "return_requested"
	ReturnedUnit       = "returned"
	InProgress         = "in_progress"
	ExtensionRequested = "extension_requested"
	Drafting           = "drafting"
	SignedOff          = "signed_off"
	Delivered          = "delivered"
	OpinionSent        = "opinion_sent"
	Cancelled          = "cancelled"
)

// AssignmentFlow is the lifecycle of one department's work in one round.
var AssignmentFlow = flow.Machine{
	Name: "assignment", Title: "承办", Initial: Issued,
	States: []flow.State{
		{ID: Issued, Title: "待签收", Stage: "签收"},
		{ID: ReturnRequested, Title: "申请退回", Stage: "签收"},
		{ID: ReturnedUnit, Title: "已退回", Stage: "签收", Final: true},
		{ID: Signed, Title: "已签收", Stage: "办理"},
		{ID: InProgress, Title: "办理中", Stage: "办理"},
		{ID: ExtensionRequested, Title: "申请延期", Stage: "办理"},
		{ID: Drafting, Title: "拟写中", Stage: "拟稿"},
		{ID: SignedOff, Title: "已签发，待审核", Stage: "审核"},
		{ID: Delivered, Title: "已答复", Stage: "送达", Final: true},
		{ID: OpinionSent, Title: "已送会办意见", Stage: "送达", Final: true},
		{ID: Cancelled, Title: "已取消", Stage: "送达", Final: true},
	},
	Steps: []flow.Step{
		{Action: "sign", Title: "签收", Says: "确认由本单位承办", From: []string{Issued}, To: Signed, Permission: "assignment.sign", Guards: []string{"own_unit"}},
		{Action: "request_return", Title: "申请退回", Says: "由交办机关裁定，不得自行转办", From: []string{Issued, Signed}, To: ReturnRequested, Permission: "assignment.sign", Guards: []string{"own_unit", "return_window"}},
		{Action: "grant_return", Title: "同意退回", Says: "该单位不再承办；没有其他单位时须重新交办", From: []string{ReturnRequested}, To: ReturnedUnit, Permission: "proposal.dispatch"},
		{Action: "refuse_return", Title: "不同意退回", Says: "由该单位继续承办，原期限不变", From: []string{ReturnRequested}, To: Signed, Permission: "proposal.dispatch"},
		{Action: "contact", Title: "登记沟通", Says: "记入沟通记录，答复前必须有", From: []string{Signed, InProgress}, To: InProgress, Permission: "assignment.handle", Guards: []string{"own_unit"}},
		{Action: "contact", Title: "登记沟通", Says: "记入沟通记录，答复前必须有", From: []string{Drafting}, To: Drafting, Permission: "assignment.handle", Guards: []string{"own_unit"}},
		{Action: "request_extension", Title: "申请延期", Says: "由交办机关审批，最长不超过总期限", From: []string{Signed, InProgress, Drafting}, To: ExtensionRequested, Permission: "assignment.extend", Guards: []string{"own_unit", "before_due", "answers", "extensions_left"}},
		{Action: "grant_extension", Title: "同意延期", Says: "期限按规则顺延", From: []string{ExtensionRequested}, To: InProgress, Permission: "proposal.dispatch"},
		{Action: "refuse_extension", Title: "不同意延期", Says: "原期限不变", From: []string{ExtensionRequested}, To: InProgress, Permission: "proposal.dispatch"},
		{Action: "draft", Title: "拟写答复", Says: "保存草稿，可反复修改", From: []string{Signed, InProgress, Drafting}, To: Drafting, Permission: "assignment.handle", Guards: []string{"own_unit"}},
		{Action: "sign_off", Title: "签发答复", Says: "送政协审核，审核通过即送达提案人", From: []string{Drafting}, To: SignedOff, Permission: "assignment.sign_off", Guards: []string{"own_unit", "answers", "reply_complete", "contacted", "opinions_in"}, Undo: "recall"},
		{Action: "recall", Title: "撤回签发", Says: "政协还没有审核；回到拟写，改好后重新签发", From: []string{SignedOff}, To: Drafting, Permission: "assignment.sign_off", Guards: []string{"own_unit"}},
		{Action: "send_opinion", Title: "送会办意见", Says: "送主办单位，由主办单位统一答复", From: []string{Drafting}, To: OpinionSent, Permission: "assignment.sign_off", Guards: []string{"own_unit", "co_handler", "opinion_complete"}},
		{Action: "reject", Title: "退回重拟", Says: "承办单位按意见修改后重新签发", From: []string{SignedOff}, To: Drafting, Permission: "proposal.check"},
		{Action: "check", Title: "审核通过", Says: "答复立即送达每位提案人，不能再改", From: []string{SignedOff}, To: Delivered, Permission: "proposal.check"},
		{Action: "cancel", Title: "取消承办", Says: "该单位不再承办", From: []string{Issued, Signed, InProgress, Drafting}, To: Cancelled, Permission: "proposal.dispatch", Guards: []string{"not_last"}, Danger: true},
	},
}

// Permissions of this package. A department's permissions reach its own
// assignments only; members' their own proposals only.
var Permissions = []org.Permission{
	{ID: "proposal.write", Title: "撰写和提交提案", Roles: []string{"member", "collective", "clerk"}},
	{ID: "proposal.approve", Title: "审定集体提案", Roles: []string{"collective"}},
	{ID: "proposal.paper", Title: "代录纸质件", Roles: []string{"clerk"}},
	{ID: "proposal.import", Title: "导入提案", Roles: []string{"clerk"}},
	{ID: "proposal.round", Title: "开展征集", Roles: []string{"clerk"}},
	{ID: "proposal.receive", Title: "受理提案", Roles: []string{"clerk"}},
	{ID: "proposal.review", Title: "审查提案", Roles: []string{"clerk", "reviewer", "review_chair"}},
	{ID: "proposal.file", Title: "决定立案", Roles: []string{"review_chair"}},
	{ID: "proposal.merge", Title: "并案", Roles: []string{"review_chair"}},
	{ID: "proposal.decide_change", Title: "决定撤案和修改", Roles: []string{"review_chair"}},
	{ID: "proposal.dispatch", Title: "交办提案", Roles: []string{"dispatcher"}},
	{ID: "proposal.check", Title: "审核答复", Roles: []string{"clerk", "dispatcher"}},
	{ID: "proposal.rate", Title: "评价办理结果", Roles: []string{"member", "collective"}},
	{ID: "proposal.rehandle", Title: "决定重新办理", Roles: []string{"clerk"}},
	{ID: "proposal.close", Title: "办结提案", Roles: []string{"clerk"}},
	{ID: "proposal.follow", Title: "跟踪承诺", Roles: []string{"clerk"}},
	{ID: "proposal.archive", Title: "归档提案", Roles: []string{"clerk"}},
	{ID: "proposal.read_all", Title: "查看全部提案", Roles: []string{"clerk", "reviewer", "review_chair", "leader"}},
	{ID: "proposal.read_filed", Title: "查看立案提案", Roles: []string{"dispatcher"}},
	{ID: "proposal.read_ratings", Title: "查看评价", Roles: []string{"clerk", "review_chair", "leader"}},
	{ID: "assignment.sign", Title: "签收和退回", Roles: []string{"unit_clerk", "unit_officer", "unit_leader"}},
	{ID: "assignment.handle", Title: "办理提案", Roles: []string{"unit_clerk", "unit_officer", "unit_leader"}},
	{ID: "assignment.extend", Title: "申请延期", Roles: []string{"unit_leader"}},
	{ID: "assignment.sign_off", Title: "签发答复", Roles: []string{"unit_leader"}},
}
