package proposal

import (
	"cmp"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/han"
	"shangliang/internal/lang"
)

// guards are the conditions named in the lifecycles. NotFound and Forbidden
// mean that the step is not this person's; any other error says what is missing.
var guards = flow.Guards[*work]{
	"lead":             isLead,
	"drafter":          isLead,
	"officer":          isOfficer,
	"joint":            isJoint,
	"alone":            isAlone,
	"collective":       isCollective,
	"complete":         isComplete,
	"cosigned":         isCosigned,
	"not_own":          isNotOwn,
	"leads_none":       leadsNone,
	"lead_unanswered":  isLeadUnanswered,
	"unanswered":       isUnanswered,
	"nothing_asked":    isNothingAsked,
	"something_asked":  isAsked(""),
	"withdrawal_asked": isAsked("withdraw"),
	"change_asked":     isAsked("text"),
	"more_stages":      hasMoreStages,
	"last_stage":       isLastStage,
	"not_judged":       isNotJudged,
	"nobody_signed":    nobodySigned,
	"nobody_handles":   nobodyHandles,
	"unsatisfied":      isUnsatisfied,
	"rated":            isRated,
	"complies":         isCompliant,
	"kept":             isKept,
	"own_unit":         isOwnUnit,
	"return_window":    inReturnWindow,
	"before_due":       isBeforeDue,
	"extensions_left":  hasExtensionsLeft,
	"answers":          answersProposers,
	"co_handler":       isCoHandler,
	"reply_complete":   isReplyComplete,
	"opinion_complete": isOpinionComplete,
	"contacted":        isContacted,
	"opinions_in":      areOpinionsIn,
	"not_last":         isNotLast,
}

// isLead: only the first proposer, or the office for what it entered on paper.
func isLead(w *work) error {
	if w.Lead == w.a.Person && w.a.Person != "" || w.Channel != "" && w.a.Can("proposal.paper") || w.a.IsSystem() {
		return nil
	}
	return actor.Denied
}

// isOfficer: the officer of the proposing body; for a paper the seal on the
// scan stands for the officer.
func isOfficer(w *work) error {
	if w.Body != "" && w.a.Body == w.Body || w.a.IsSystem() {
		return nil
	}
	return actor.Denied
}

func isJoint(w *work) error {
	if w.Kind != Joint {
		return actor.Denied
	}
	if !slices.ContainsFunc(w.Parties, func(p *Party) bool { return p.Role == "cosigner" }) {
		return errs.New(errs.Invalid, "联名提案还没有选择联名人")
	}
	return nil
}

// isAlone: an individual proposal goes straight to review; so do a joint one
// that comes back from revision, its co-signers having confirmed, and a paper,
// which carries the signatures or the seal.
func isAlone(w *work) error {
	if w.Kind == Individual || w.Kind == Joint && w.State == Returned {
		return nil
	}
	if w.Channel != "" && w.a.Can("proposal.paper") {
		return nil
	}
	return actor.Denied
}

func isCollective(w *work) error {
	if w.Kind != Collective {
		return actor.Denied
	}
	return nil
}

// isComplete: one matter, a title, all three parts, within the length, with its
// declarations and its choice of openness.
func isComplete(w *work) error {
	var f errs.Fields
	most := w.Rules.Int("proposal.max_length")
	least := w.Rules.Int("proposal.min_suggestions")
	title := han.Length(w.Title)
	f.Check(title > 0, "title", "请填写案由")
	f.Check(title <= maxTitle, "title", "案由不超过 %d 个字", maxTitle)
	f.Check(strings.TrimSpace(w.Situation) != "", "situation", "请填写情况部分：问题是什么，事实要准确")
	f.Check(strings.TrimSpace(w.Analysis) != "", "analysis", "请填写分析部分：原因何在")
	f.Check(han.Length(w.Suggestions) >= least, "suggestions", "请填写具体建议，不少于 %d 个字", least)
	n := han.Length(w.Situation) + han.Length(w.Analysis) + han.Length(w.Suggestions)
	f.Check(n <= most, "suggestions", "正文共 %d 个字，不能超过 %d 个字", n, most)
	_, known := w.Rules.Code("proposal.subjects", w.Subject)
	f.Check(known, "subject", "请选择提案类别")
	f.Check(w.OpenChoice == "open" || strings.TrimSpace(w.OpenReason) != "", "open_reason", "不同意公开全文的，请说明理由")
	f.Check(w.Kind != Collective || w.Body != "", "body", "请选择提出提案的单位")
	return f.Err()
}

// isCosigned: every co-signer has answered, or the deadline has passed; those
// who have not confirmed then drop off.
func isCosigned(w *work) error {
	confirmed, waiting := 0, 0
	for _, p := range w.Parties {
		switch {
		case p.Role != "cosigner":
		case p.State == "confirmed":
			confirmed++
		case p.State == "invited":
			waiting++
		}
	}
	if confirmed == 0 {
		return errs.New(errs.Conflict, "还没有联名人确认；可撤回邀请，改为个人提案")
	}
	return nil
}

// isNotOwn: nobody reviews a proposal that they stand behind.
func isNotOwn(w *work) error {
	for _, p := range w.Parties {
		if p.Person == w.a.Person && p.State != "dropped" && p.State != "refused" {
			return errs.New(errs.Conflict, "您是这件提案的提案人，不能审查自己的提案")
		}
	}
	return nil
}

// leadsNone: a merged case always follows one that is not merged itself.
func leadsNone(w *work) error {
	if len(w.Merged) > 0 {
		return errs.New(errs.Conflict, "有 %d 件提案并入了这一件，请先撤销这些并案", len(w.Merged))
	}
	return nil
}

// isLeadUnanswered: once the reply is delivered, it is the reply to both.
func isLeadUnanswered(w *work) error {
	if w.Leading != nil && w.Leading.Answered {
		return errs.New(errs.Conflict, "主案的答复已经送达，不能再撤销并案")
	}
	return nil
}

func isUnanswered(w *work) error {
	if w.answered() || w.Leading != nil && w.Leading.Answered {
		return errs.New(errs.Conflict, "答复已经送达，不能再撤案或修改")
	}
	return nil
}

func isNothingAsked(w *work) error {
	if w.Asked() != nil {
		return errs.New(errs.Conflict, "已有申请等待决定；要改变，请先收回")
	}
	return nil
}

// isAsked: a request of a kind, or any, waits for the decision.
func isAsked(kind string) func(w *work) error {
	return func(w *work) error {
		if c := w.Asked(); c == nil || kind != "" && c.Kind != kind {
			return actor.Denied
		}
		return nil
	}
}

func hasMoreStages(w *work) error {
	if w.Stage+1 >= len(w.Rules.Codes("proposal.stages").Active()) {
		return actor.Denied
	}
	return nil
}

func isLastStage(w *work) error {
	stages := w.Rules.Codes("proposal.stages").Active()
	if w.Stage+1 < len(stages) {
		return errs.New(errs.Conflict, "还要经过“%s”", lang.Word(stages[w.Stage+1].Label))
	}
	return nil
}

// isNotJudged: nobody has given a verdict since it was received.
func isNotJudged(w *work) error {
	if w.Stage > 0 {
		return errs.New(errs.Conflict, "已经有人审查，不能撤销受理")
	}
	return nil
}

// nobodySigned: every department that got the case has yet to sign for it.
func nobodySigned(w *work) error {
	current := w.Current()
	if len(current) == 0 {
		return errs.New(errs.Conflict, "现在没有承办单位")
	}
	if slices.ContainsFunc(current, func(a *Assignment) bool { return a.State != Issued }) {
		return errs.New(errs.Conflict, "已有单位签收或申请退回，不能撤回交办")
	}
	return nil
}

func nobodyHandles(w *work) error {
	if len(w.Current()) > 0 && w.Round > 0 {
		return errs.New(errs.Conflict, "已有单位承办；如需增加单位请用“增办单位”")
	}
	return nil
}

// isUnsatisfied: handling again needs a rating that asks for it.
func isUnsatisfied(w *work) error {
	for _, f := range w.Feedback {
		if f.Current && f.Round == w.Round && f.Overall == "unsatisfied" {
			return nil
		}
	}
	return errs.New(errs.Conflict, "没有“不满意”的评价，不需要重新办理")
}

// isRated: every proposer has rated, or the window has passed: those who have
// not are recorded as no response, never as satisfied.
func isRated(w *work) error {
	if len(w.Unrated()) == 0 {
		return nil
	}
	end, err := w.feedbackEnds()
	if err != nil {
		return err
	}
	if w.today > end {
		return nil
	}
	return errs.New(errs.Conflict, "还有 %d 位提案人未评价，评价期到 %s 为止", len(w.Unrated()), string(end))
}

func isKept(w *work) error {
	if w.owed() {
		return errs.New(errs.Conflict, "还有承诺事项没有落实，落实后才能归档")
	}
	return nil
}

func isOwnUnit(w *work) error {
	if w.as != nil && w.a.Body == w.as.Unit || w.a.IsSystem() {
		return nil
	}
	return errs.Missing()
}

func inReturnWindow(w *work) error {
	end, err := w.within("assignment.return", w.as.IssuedAt)
	if err != nil {
		return err
	}
	if w.today > end {
		return errs.New(errs.Conflict, "申请退回的期限到 %s 为止，已经过了", string(end))
	}
	return nil
}

func isBeforeDue(w *work) error {
	if w.as.DueOn != "" && w.today > w.as.DueOn {
		return errs.New(errs.Conflict, "已过答复期限 %s，不能再申请延期", string(w.as.DueOn))
	}
	return nil
}

func hasExtensionsLeft(w *work) error {
	granted := 0
	for _, r := range w.Requests {
		if r.Assignment == w.as.ID && r.Kind == "extension" && r.State == "granted" {
			granted++
		}
	}
	if most := w.Rules.Int("assignment.extensions"); granted >= most {
		return errs.New(errs.Conflict, "最多延期 %d 次，已经用完", most)
	}
	return nil
}

func answersProposers(w *work) error {
	if !w.as.Answers() {
		return actor.Denied
	}
	return nil
}

func isCoHandler(w *work) error {
	if w.as.Answers() {
		return actor.Denied
	}
	return nil
}

// isReplyComplete: what GB/T 9704 and the forms of replies ask for.
func isReplyComplete(w *work) error {
	var f errs.Fields
	r := cmp.Or(w.ReplyOf(w.as.ID), &Reply{})
	f.Check(strings.TrimSpace(r.Body) != "", "body", "请填写答复正文")
	f.Check(r.DocNo != "", "doc_no", "请填写文号")
	_, known := w.Rules.Code("reply.outcomes", r.Outcome)
	f.Check(known, "outcome", "请选择办理结果分类")
	_, known = w.Rules.Code("reply.disclosures", r.Disclosure)
	f.Check(known, "disclosure", "请选择公开方式")
	f.Check(r.ContactName != "", "contact_name", "请填写联系人")
	f.Check(r.ContactPhone != "", "contact_phone", "请填写联系电话")
	return f.Err()
}

func isOpinionComplete(w *work) error {
	if r := w.ReplyOf(w.as.ID); r == nil || strings.TrimSpace(r.Body) == "" {
		return errs.New(errs.Conflict, "请先填写会办意见")
	}
	return nil
}

// isContacted: no reply without a talk, unless the reason is written down.
func isContacted(w *work) error {
	if !w.Rules.Bool("assignment.contact_required") || w.contacted(w.as.ID) {
		return nil
	}
	if r := w.ReplyOf(w.as.ID); r != nil && r.ContactWaiver != "" {
		return nil
	}
	if w.Rules.Bool("assignment.in_person") {
		return errs.New(errs.Conflict, "答复前须与提案人当面沟通并登记；确实不能的，在答复中写明理由")
	}
	return errs.New(errs.Conflict, "答复前须与提案人沟通并登记；确实不能的，在答复中写明理由")
}

// areOpinionsIn: the host waits for every co-handler or says why not.
func areOpinionsIn(w *work) error {
	if r := w.ReplyOf(w.as.ID); w.as.Role != Host || r != nil && r.OpinionWaiver != "" {
		return nil
	}
	for _, x := range w.Current() {
		if x.Role == CoHandler && x.State != OpinionSent {
			return errs.New(errs.Conflict, "会办单位的意见还没有收齐；不再等待的，在答复中写明理由")
		}
	}
	return nil
}

// isNotLast: a case in handling keeps somebody who answers.
func isNotLast(w *work) error {
	if w.as.Role == CoHandler || w.as.Role == Split && slices.ContainsFunc(w.Current(), func(x *Assignment) bool { return x.ID != w.as.ID && x.Answers() }) {
		return nil
	}
	return errs.New(errs.Conflict, "取消后就没有单位答复提案人了；请由该单位申请退回后重新交办")
}
