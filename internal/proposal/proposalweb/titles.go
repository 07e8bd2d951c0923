package proposalweb

import (
	"context"
	"strconv"

	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
	"shangliang/internal/ui"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Titles of what the service names by codes, in Simplified Chinese.
var (
	kinds = []org.Code{{ID: proposal.Individual, Title: "个人提案"}, {ID: proposal.Joint, Title: "联名提案"}, {ID: proposal.Collective, Title: "集体提案"}}

	unitRoles = []org.Code{{ID: proposal.Sole, Title: "独办"}, {ID: proposal.Host, Title: "主办"}, {ID: proposal.CoHandler, Title: "会办"}, {ID: proposal.Split, Title: "分办"}}

	partyRoles = []org.Code{{ID: "lead", Title: "第一提案人"}, {ID: "drafter", Title: "执笔人"}, {ID: "cosigner", Title: "联名人"}}

	verdicts = []org.Code{{ID: "pass", Title: "通过"}, {ID: "file", Title: "立案"}, {ID: "decline", Title: "不予立案"}, {ID: "return", Title: "退回修改"}}

	requestKinds = []org.Code{{ID: "return", Title: "申请退回"}, {ID: "extension", Title: "申请延期"}, {ID: "add_unit", Title: "建议增办"}}

	satisfactions = []org.Code{{ID: "satisfied", Title: "满意"}, {ID: "basically", Title: "基本满意"}, {ID: "unsatisfied", Title: "不满意"}, {ID: "no_response", Title: "未反馈"}}

	alarms = []org.Code{{ID: "same_device", Title: "同一设备曾为他人评价"}, {ID: "unit_network", Title: "来自承办单位的网络"}}

	purposes = []org.Code{{ID: "attachment", Title: "附件"}, {ID: "scan", Title: "扫描件"}, {ID: "reply", Title: "答复材料"}, {ID: "evidence", Title: "落实证明"}}
)

// badge is a word with the tone in which it is shown.
type badge struct {
	title string
	kind  ui.Kind
}

var partyStates = map[string]badge{"chosen": {"待邀请", ui.Neutral}, "invited": {"待确认", ui.Warn}, "confirmed": {"已确认", ui.Good}, "refused": {"已谢绝", ui.Neutral}, "dropped": {"已退出", ui.Neutral}}

var requestStates = map[string]badge{"open": {"待裁定", ui.Warn}, "granted": {"同意", ui.Good}, "refused": {"不同意", ui.Neutral}}

var commitmentStates = map[string]badge{"planned": {"答复送达后开始", ui.Neutral}, "open": {"待落实", ui.Info}, "reported": {"已报告，待核实", ui.Warn}, "done": {"已落实", ui.Good}}

var replyStates = map[string]badge{"draft": {"草稿", ui.Neutral}, "signed_off": {"已签发，待审核", ui.Warn}, "delivered": {"已送达", ui.Good}}

var levelKinds = map[string]ui.Kind{"satisfied": ui.Good, "basically": ui.Info, "unsatisfied": ui.Bad}

var stateKinds = map[string]ui.Kind{
	proposal.Cosigning: ui.Info, proposal.Approval: ui.Info, proposal.Submitted: ui.Info, proposal.Returned: ui.Warn, proposal.InReview: ui.Info,
	proposal.Filed: ui.Info, proposal.Merged: ui.Info, proposal.Dispatched: ui.Info, proposal.Handling: ui.Info, proposal.Rehandling: ui.Warn, proposal.Replied: ui.Good,
	proposal.FeedbackOpen: ui.Info, proposal.Closed: ui.Good, proposal.FollowingUp: ui.Info, proposal.Archived: ui.Good,
}

var assignmentKinds = map[string]ui.Kind{
	proposal.Issued: ui.Warn, proposal.ReturnRequested: ui.Warn, proposal.ExtensionRequested: ui.Warn, proposal.Signed: ui.Info,
	proposal.InProgress: ui.Info, proposal.Drafting: ui.Info, proposal.SignedOff: ui.Info, proposal.Delivered: ui.Good, proposal.OpinionSent: ui.Good,
}

// nexts say of a case in a list what happens next.
var nexts = map[string]string{
	proposal.Draft: "写完后提交", proposal.Cosigning: "等待联名人确认", proposal.Approval: "等待负责人审定", proposal.Submitted: "等待受理",
	proposal.Returned: "提案人修改后再次提交", proposal.InReview: "审查", proposal.Filed: "交办给承办单位", proposal.Dispatched: "承办单位签收",
	proposal.Handling: "办理并答复", proposal.Rehandling: "重新办理并答复", proposal.Replied: "请提案人评价", proposal.FeedbackOpen: "提案人评价后办结",
	proposal.Merged: "随主案办理", proposal.Closed: "归档", proposal.FollowingUp: "跟踪承诺到落实",
}

// unitNexts are nexts for a department and its own assignment.
var unitNexts = map[string]string{
	proposal.Issued: "签收或申请退回", proposal.ReturnRequested: "等待裁定", proposal.Signed: "与提案人沟通", proposal.InProgress: "沟通、拟写答复",
	proposal.ExtensionRequested: "等待审批", proposal.Drafting: "签发", proposal.SignedOff: "等待审核", proposal.Delivered: "等待评价", proposal.OpinionSent: "等待主办单位答复",
}

// acts are the acts in a history that are no steps of the lifecycles.
var acts = map[string]string{
	"proposal.create": "开始撰写", "proposal.save": "修改文稿", "proposal.cosign": "确认联名", "proposal.refuse_cosigning": "谢绝联名",
	"proposal.attach": "上传文件", "proposal.detach": "移除文件", "proposal.reattach": "放回文件", "proposal.rate": "评价办理结果", "proposal.import": "导入", "assignment.meet": "登记办理后的见面", "proposal.exempt": "免除办结要求",
	"commitment.report": "报告承诺落实情况", "commitment.confirm": "核实：已落实", "commitment.refuse": "核实：还没有落实",
}

// code is the label of a code in the rules that a case began under.
func code(ctx context.Context, v *rule.Version, set, key string) string {
	if key == "" {
		return ""
	}
	c, ok := v.Code(set, key)
	if !ok {
		return key
	}
	return lang.Say(ctx, c.Label)
}

// options are the codes of a set that may be chosen.
func options(ctx context.Context, v *rule.Version, set string) []ui.Option {
	active := v.Codes(set).Active()
	all := make([]ui.Option, len(active))
	for i, c := range active {
		all[i] = ui.Option{Value: c.Key, Label: lang.Say(ctx, c.Label)}
	}
	return all
}

// optionsOf are the codes of one of the tables above.
func optionsOf(ctx context.Context, codes []org.Code) []ui.Option {
	all := make([]ui.Option, len(codes))
	for i, c := range codes {
		all[i] = ui.Option{Value: c.ID, Label: lang.Say(ctx, c.Title)}
	}
	return all
}

// number is how people call a case: by its case number, before filing by its
// serial number.
func number(ctx context.Context, caseNo, serialNo int) string {
	switch {
	case caseNo > 0:
		return lang.T(ctx, "第%d号", caseNo)
	case serialNo > 0:
		return lang.T(ctx, "收件%d", serialNo)
	}
	return ""
}

// titleOf is the title of a proposal, which a draft may not have yet.
func titleOf(ctx context.Context, title string) string {
	if title == "" {
		return lang.T(ctx, "（还没有案由）")
	}
	return title
}
