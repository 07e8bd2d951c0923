package proposal

import (
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/lang"
	"shangliang/internal/notify"
	"shangliang/internal/org"
)

// Notices are the kinds of notice about proposals.
var Notices = []notify.Kind{
	{ID: "proposal.invite", Name: "联名邀请", Title: "{lead}邀请您联名《{title}》", Body: "请在{due}前由本人确认，到期未确认的自动退出", Mail: true},
	{ID: "proposal.cosign", Name: "联名答复", Title: "{actor}确认联名《{title}》"},
	{ID: "proposal.refuse_cosigning", Name: "联名答复", Title: "{actor}谢绝联名《{title}》"},
	{ID: "proposal.propose", Name: "集体提案审定", Title: "《{title}》等待您审定", Mail: true},
	{ID: "proposal.send_back", Name: "集体提案审定", Title: "《{title}》被退回修改", Body: "{reason}"},
	{ID: "proposal.submit", Name: "收到提案", Title: "收到提案《{title}》"},
	{ID: "proposal.return", Name: "提案退回修改", Title: "您的提案《{title}》需要修改", Body: "{reason}", Mail: true},
	{ID: "proposal.file", Name: "提案立案", Title: "您的提案《{title}》已立案，案号第{case_no}号", Mail: true},
	{ID: "proposal.merge", Name: "并案", Title: "您的提案《{title}》并入《{into}》一并办理", Body: "{reason}", Mail: true},
	{ID: "proposal.merge_lead", Name: "并案", Title: "《{title}》并入提案《{into}》一并办理"},
	{ID: "proposal.unmerge", Name: "并案", Title: "您的提案《{title}》不再并案，恢复单独审查", Body: "{reason}", Mail: true},
	{ID: "proposal.merged_dispatch", Name: "并案进展", Title: "您的提案所并入的《{title}》已交办"},
	{ID: "proposal.merged_reply", Name: "并案进展", Title: "您的提案所并入的《{title}》收到答复", Mail: true},
	{ID: "proposal.merged_feedback", Name: "请您评价", Title: "请评价《{title}》的办理结果，您的提案并入其中", Body: "请在{due}前由本人评价", Mail: true},
	{ID: "proposal.merged_close", Name: "并案进展", Title: "您的提案所并入的《{title}》已办结"},
	{ID: "proposal.ask_withdrawal", Name: "撤案和修改", Title: "《{title}》的提案人申请撤案", Body: "{reason}", Mail: true},
	{ID: "proposal.ask_change", Name: "撤案和修改", Title: "《{title}》的提案人申请修改", Body: "{reason}", Mail: true},
	{ID: "proposal.told_withdrawal", Name: "撤案和修改", Title: "{lead}申请撤回您联名的《{title}》", Body: "{reason}", Mail: true},
	{ID: "proposal.grant_withdrawal", Name: "撤案和修改", Title: "《{title}》已经同意撤案", Body: "{reason}", Mail: true},
	{ID: "proposal.withdrawn_unit", Name: "撤案和修改", Title: "第{case_no}号提案《{title}》已撤案，不必再办理", Mail: true, Must: true},
	{ID: "proposal.grant_change", Name: "撤案和修改", Title: "《{title}》的修改已经同意，成为新的版本", Mail: true},
	{ID: "proposal.changed_unit", Name: "撤案和修改", Title: "第{case_no}号提案《{title}》的文字有修改", Body: "请按新的版本办理；提案页可以对照", Mail: true},
	{ID: "proposal.refuse_change", Name: "撤案和修改", Title: "《{title}》的申请没有同意", Body: "{reason}", Mail: true},
	{ID: "proposal.decline", Name: "提案未立案", Title: "您的提案《{title}》未予立案", Body: "{reason}", Mail: true},
	{ID: "proposal.to_dispatch", Name: "待交办", Title: "第{case_no}号提案《{title}》等待交办"},
	{ID: "proposal.recall", Name: "撤回交办", Title: "第{case_no}号提案的交办已撤回，不再由贵单位承办", Body: "{reason}", Mail: true, Must: true},
	{ID: "proposal.dispatch", Name: "提案交办", Title: "第{case_no}号提案《{title}》交由您单位承办", Body: "请在{due}前完成", Mail: true, Must: true},
	{ID: "proposal.dispatched", Name: "提案交办", Title: "您的提案《{title}》已交办"},
	{ID: "assignment.request", Name: "承办单位申请", Title: "{actor}就第{case_no}号提案提出申请", Body: "{reason}"},
	{ID: "assignment.ruling", Name: "申请裁定", Title: "第{case_no}号提案的申请已有裁定", Body: "{reason}", Mail: true},
	{ID: "assignment.sign_off", Name: "答复待审核", Title: "第{case_no}号提案的答复等待审核"},
	{ID: "assignment.recall", Name: "答复待审核", Title: "第{case_no}号提案的答复由承办单位撤回"},
	{ID: "assignment.reject", Name: "答复退回", Title: "第{case_no}号提案的答复被退回重拟", Body: "{reason}", Mail: true},
	{ID: "assignment.send_opinion", Name: "会办意见", Title: "第{case_no}号提案收到会办意见"},
	{ID: "proposal.reply", Name: "收到答复", Title: "您的提案《{title}》收到答复", Mail: true},
	{ID: "proposal.open_feedback", Name: "请您评价", Title: "请评价《{title}》的办理结果", Body: "请在{due}前由本人评价", Mail: true},
	{ID: "proposal.unsatisfied", Name: "不满意评价", Title: "第{case_no}号提案收到“不满意”评价"},
	{ID: "proposal.rehandle", Name: "重新办理", Title: "第{case_no}号提案须重新办理", Body: "{reason}", Mail: true, Must: true},
	{ID: "proposal.close", Name: "提案办结", Title: "第{case_no}号提案《{title}》已办结"},
	{ID: "commitment.report", Name: "承诺落实", Title: "第{case_no}号提案的承诺事项报告了落实情况"},
	{ID: "commitment.refuse", Name: "承诺落实", Title: "第{case_no}号提案的承诺事项还没有落实", Body: "{reason}", Mail: true},
	{ID: "commitment.confirm", Name: "承诺落实", Title: "您的提案《{title}》有一项承诺已落实"},
}

// audience names who is told: a function of the act.
type audience func(w *work) ([]string, error)

// announcements say who is told of what after each act, and why they. Lines of
// one kind that follow each other are one notice.
var announcements = map[string][]struct {
	kind string
	to   audience
	why  notify.Why
}{
	"proposal.invite":              {{"proposal.invite", invited, notify.Invited}},
	"proposal.cosign":              {{"proposal.cosign", lead, notify.Proposer}},
	"proposal.refuse_cosigning":    {{"proposal.refuse_cosigning", lead, notify.Proposer}},
	"proposal.propose":             {{"proposal.propose", ownBody, notify.Collective}},
	"proposal.send_back":           {{"proposal.send_back", lead, notify.Proposer}},
	"proposal.submit":              {{"proposal.submit", holding("clerk"), notify.Office}},
	"proposal.submit_joint":        {{"proposal.submit", holding("clerk"), notify.Office}},
	"proposal.approve":             {{"proposal.submit", holding("clerk"), notify.Office}},
	"proposal.return":              {{"proposal.return", lead, notify.Proposer}},
	"proposal.file":                {{"proposal.file", proposers, notify.Proposer}, {"proposal.to_dispatch", holding("dispatcher"), notify.Dispatcher}},
	"proposal.decline":             {{"proposal.decline", proposers, notify.Proposer}},
	"proposal.dispatch":            {{"proposal.dispatch", units, notify.Unit}, {"proposal.dispatched", proposers, notify.Proposer}, {"proposal.merged_dispatch", mergedProposers, notify.Merged}},
	"proposal.merge":               {{"proposal.merge", proposers, notify.Proposer}, {"proposal.merge_lead", leadingProposers, notify.Proposer}, {"proposal.merge_lead", leadingUnits, notify.Unit}},
	"proposal.late":                {{"proposal.merged_reply", late, notify.Merged}},
	"proposal.late_rating":         {{"proposal.merged_feedback", late, notify.Merged}},
	"proposal.unmerge":             {{"proposal.unmerge", proposers, notify.Proposer}},
	"proposal.release":             {{"proposal.unmerge", proposers, notify.Proposer}},
	"proposal.ask_withdrawal":      {{"proposal.ask_withdrawal", holding("review_chair"), notify.Chair}, {"proposal.told_withdrawal", cosigners, notify.Cosigner}},
	"proposal.ask_change":          {{"proposal.ask_change", holding("review_chair"), notify.Chair}},
	"proposal.grant_withdrawal":    {{"proposal.grant_withdrawal", proposers, notify.Proposer}, {"proposal.withdrawn_unit", leftUnits, notify.Unit}},
	"proposal.grant_change":        {{"proposal.grant_change", proposers, notify.Proposer}, {"proposal.changed_unit", units, notify.Unit}},
	"proposal.refuse_change":       {{"proposal.refuse_change", lead, notify.Proposer}},
	"proposal.recall":              {{"proposal.recall", recalledUnits, notify.Unit}},
	"proposal.add_unit":            {{"proposal.dispatch", addedUnit, notify.Unit}},
	"proposal.return_units":        {{"proposal.to_dispatch", holding("dispatcher"), notify.Dispatcher}},
	"assignment.request_return":    {{"assignment.request", holding("dispatcher"), notify.Dispatcher}},
	"assignment.request_extension": {{"assignment.request", holding("dispatcher"), notify.Dispatcher}},
	"assignment.grant_return":      {{"assignment.ruling", unit, notify.Unit}},
	"assignment.refuse_return":     {{"assignment.ruling", unit, notify.Unit}},
	"assignment.grant_extension":   {{"assignment.ruling", unit, notify.Unit}},
	"assignment.refuse_extension":  {{"assignment.ruling", unit, notify.Unit}},
	"assignment.sign_off":          {{"assignment.sign_off", holding("clerk"), notify.Office}},
	"assignment.recall":            {{"assignment.recall", holding("clerk"), notify.Office}},
	"assignment.reject":            {{"assignment.reject", unit, notify.Unit}},
	"assignment.send_opinion":      {{"assignment.send_opinion", host, notify.Unit}},
	"assignment.check":             {{"proposal.reply", proposers, notify.Proposer}, {"proposal.merged_reply", mergedProposers, notify.Merged}},
	"proposal.open_feedback":       {{"proposal.open_feedback", proposers, notify.Proposer}, {"proposal.merged_feedback", mergedProposers, notify.Merged}},
	"proposal.rehandle":            {{"proposal.rehandle", units, notify.Unit}},
	"proposal.close":               {{"proposal.close", units, notify.Unit}, {"proposal.close", proposers, notify.Proposer}, {"proposal.merged_close", mergedProposers, notify.Merged}},
	"commitment.report":            {{"commitment.report", holding("clerk"), notify.Office}},
	"commitment.refuse":            {{"commitment.refuse", commitmentUnit, notify.Unit}},
	"commitment.confirm":           {{"commitment.confirm", proposers, notify.Proposer}},
	"proposal.rate":                {{"proposal.unsatisfied", whenUnsatisfied, notify.Office}},
}

// announce tells those concerned; nobody is told of what they did themselves.
func (w *work) announce(act string) error {
	var others []notify.Told
	for i, n := range announcements[act] {
		ids, err := n.to(w)
		if err != nil {
			return err
		}
		for _, t := range notify.Others(notify.As(n.why, ids...), w.a.Person) {
			if t.Why == notify.Proposer && slices.Contains(w.Proposers(), t.Person) && t.Person != w.Lead {
				t.Why = notify.Cosigner
			}
			others = append(others, t)
		}
		if next := i + 1; len(others) == 0 || next < len(announcements[act]) && announcements[act][next].kind == n.kind {
			continue
		}
		to := others
		others = nil
		due := w.DueOn
		switch {
		case n.kind == "proposal.open_feedback", n.kind == "proposal.merged_feedback":
			if due, err = w.feedbackEnds(); err != nil {
				return err
			}
		case n.kind == "proposal.invite":
			if due, err = w.ends("proposal.cosign", w.today); err != nil {
				return err
			}
		}
		names, err := org.PersonNames(w.tx, w.Tenant, []string{w.Lead})
		if err != nil {
			return err
		}
		params := notify.Params{"title": w.Title, "case_no": w.CaseNo, "lead": names[w.Lead], "actor": w.a.Name, "due": due, "reason": w.in.Reason, "into": ""}
		if w.Leading != nil {
			params["into"] = w.Leading.Title
		}
		if w.a.Body != "" && w.a.Can("assignment.handle") {
			bodies, err := org.BodyNames(w.tx, w.Tenant, []string{w.a.Body})
			if err != nil {
				return err
			}
			params["actor"] = bodies[w.a.Body]
		}
		if err := w.s.notices.Send(w.tx, notify.Notice{Tenant: w.Tenant, To: to, Kind: n.kind, Link: "/proposals/" + w.ID,
			Object: "proposal", ObjectID: w.ID, Params: params}); err != nil {
			return err
		}
	}
	return nil
}

func lead(w *work) ([]string, error)      { return []string{w.Lead}, nil }
func proposers(w *work) ([]string, error) { return w.Proposers(), nil }

func cosigners(w *work) (ids []string, err error) {
	for _, id := range w.Proposers() {
		if id != w.Lead {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// mergedProposers stand behind cases that were merged into this one and not
// behind this one.
func mergedProposers(w *work) (ids []string, err error) {
	own := w.Proposers()
	return slices.DeleteFunc(w.Raters(), func(id string) bool { return slices.Contains(own, id) }), nil
}

// late stand behind a case that has just been merged into this one, after its reply.
func late(w *work) ([]string, error) { return w.late, nil }

// leadingProposers stand behind the case that this one was merged into.
func leadingProposers(w *work) ([]string, error) { return w.Leading.Proposers, nil }

// leadingUnits handle the case that this one was merged into.
func leadingUnits(w *work) (ids []string, err error) {
	for _, unit := range w.Leading.Units {
		more, err := staff(w, unit)
		if err != nil {
			return nil, err
		}
		ids = append(ids, more...)
	}
	return ids, nil
}

// leftUnits are the departments whose work the step ended.
func leftUnits(w *work) (all []string, err error) {
	for _, unit := range w.left {
		ids, err := staff(w, unit)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	return all, nil
}

func invited(w *work) (ids []string, err error) {
	for _, p := range w.Parties {
		if p.State == "invited" {
			ids = append(ids, p.Person)
		}
	}
	return ids, nil
}

// holding are those who have a role in the tenant.
func holding(role string) audience {
	return func(w *work) ([]string, error) { return org.PeopleWith(w.tx, w.Tenant, role, "") }
}

func ownBody(w *work) ([]string, error) { return org.PeopleWith(w.tx, w.Tenant, "collective", w.Body) }

func staff(w *work, body string) ([]string, error) { return Staff(w.tx, w.Tenant, body) }

func unit(w *work) ([]string, error) { return staff(w, w.as.Unit) }

func addedUnit(w *work) ([]string, error) { return staff(w, w.in.Unit) }

func units(w *work) (all []string, err error) {
	for _, as := range w.Current() {
		ids, err := staff(w, as.Unit)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	return all, nil
}

// recalledUnits are those whom this act has just rid of the case.
func recalledUnits(w *work) (all []string, err error) {
	for _, as := range w.Assignments {
		if as.State != Cancelled || !as.EndedAt.Equal(w.tx.Now()) {
			continue
		}
		ids, err := staff(w, as.Unit)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	return all, nil
}

func host(w *work) ([]string, error) {
	for _, as := range w.Current() {
		if as.Role == Host {
			return staff(w, as.Unit)
		}
	}
	return nil, nil
}

func commitmentUnit(w *work) ([]string, error) {
	for _, c := range w.Commitments {
		if c.State == "open" && c.Answer != "" {
			return staff(w, c.Unit)
		}
	}
	return nil, nil
}

func whenUnsatisfied(w *work) ([]string, error) {
	if w.Satisfaction != "unsatisfied" {
		return nil, nil
	}
	return org.PeopleWith(w.tx, w.Tenant, "clerk", "")
}

// audienceTokens say who may find the case by searching; they follow reach.
func (w *work) audienceTokens() []string {
	var tokens []string
	switch w.State {
	case Draft, Cosigning, Approval:
	default:
		tokens = append(tokens, "staff")
	}
	if w.CaseNo > 0 {
		tokens = append(tokens, "filed")
	}
	if w.Channel != "" {
		tokens = append(tokens, "paper")
	}
	tokens = append(tokens, "p:"+w.Lead)
	for _, p := range w.Parties {
		if p.State == "invited" || p.State == "confirmed" {
			tokens = append(tokens, "p:"+p.Person)
		}
	}
	if w.Body != "" {
		tokens = append(tokens, "b:"+w.Body)
	}
	for _, m := range w.Merged {
		for _, id := range m.Proposers() {
			tokens = append(tokens, "p:"+id)
		}
		if m.Body != "" {
			tokens = append(tokens, "b:"+m.Body)
		}
	}
	if w.Leading != nil {
		for _, unit := range w.Leading.Units {
			tokens = append(tokens, "u:"+unit)
		}
	}
	for _, as := range w.Assignments {
		if as.State != ReturnedUnit && as.State != Cancelled {
			tokens = append(tokens, "u:"+as.Unit)
		}
	}
	return tokens
}

// Audience are the tokens under which an actor finds cases; it mirrors reach.
func Audience(a actor.Actor) []string {
	var tokens []string
	if a.Can("proposal.read_all") {
		tokens = append(tokens, "staff")
	} else if a.Can("proposal.read_filed") {
		tokens = append(tokens, "filed")
	}
	if a.Can("proposal.paper") {
		tokens = append(tokens, "paper")
	}
	if a.Person != "" && (a.Can("proposal.rate") || a.Can("proposal.write")) {
		tokens = append(tokens, "p:"+a.Person)
	}
	if a.Body != "" && a.Can("proposal.approve") {
		tokens = append(tokens, "b:"+a.Body)
	}
	if a.Body != "" && a.Can("assignment.handle") {
		tokens = append(tokens, "u:"+a.Body)
	}
	return tokens
}

// text is what a search looks through.
func (p *Proposal) text() string {
	return strings.Join([]string{p.Situation, p.Analysis, p.Suggestions}, "\n")
}

// StateTitle names a state of a case for people.
func StateTitle(state string) lang.Word { return lang.Word(CaseFlow.State(state).Title) }
