package paperwork

import (
	"context"
	"strconv"
	"strings"

	"shangliang/internal/paper"
	"shangliang/internal/proposal"
)

// The forms: what stands in them, after the forms that conferences publish.

var kinds = map[string]string{proposal.Individual: "个人提案", proposal.Joint: "联名提案", proposal.Collective: "集体提案"}

var unitRoles = map[string]string{proposal.Sole: "独办", proposal.Host: "主办", proposal.CoHandler: "会办", proposal.Split: "分办"}

var verdicts = map[string]string{"pass": "通过", "file": "立案", "decline": "不予立案", "return": "退回修改"}

// grid is a table of labels and values, six columns wide.
type grid struct{ *paper.Table }

func newGrid() grid {
	return grid{&paper.Table{Widths: []float64{13, 20, 13, 20, 13, 21}}}
}

// row adds labels and values by turns; the last value takes what is left.
func (g grid) row(pairs ...string) {
	var cells []paper.Cell
	for i := 0; i < len(pairs); i += 2 {
		value := paper.Cell{Text: pairs[i+1]}
		if i+2 == len(pairs) {
			value.Span = 6 - len(pairs) + 1
		}
		cells = append(cells, paper.Cell{Text: pairs[i], Label: true}, value)
	}
	g.Rows = append(g.Rows, cells)
}

// some adds a row unless its value is empty.
func (g grid) some(label, value string) {
	if value != "" {
		g.row(label, value)
	}
}

// space adds a row to be filled in by hand.
func (g grid) space(label string, millimetres float64) {
	g.Rows = append(g.Rows, []paper.Cell{{Text: label, Label: true, Height: millimetres}, {Span: 5}})
}

// form is 提案表: what was proposed, by whom, and what was decided about it.
func (v *view) form() *paper.Document {
	d := &paper.Document{Title: v.tenant.Name + "提案", Lead: "（" + strings.Trim(v.meeting()+"　"+v.period(), "　") + "）"}
	g := newGrid()
	serial := ""
	if v.SerialNo > 0 {
		serial = strconv.Itoa(v.SerialNo)
	}
	caseNo := ""
	if v.CaseNo > 0 {
		caseNo = v.number()
	}
	g.row("案号", caseNo, "流水号", serial, "类别", v.code("proposal.subjects", v.Subject))
	g.row("案由", v.Title)
	g.row("提案形式", kinds[v.Kind], "提交时间", at(v.SubmittedAt), "立案时间", at(v.FiledAt))
	v.proposerRows(g)
	g.some("建议承办单位", strings.Join(v.wished(), "、"))
	g.row("公开意愿", v.code("proposal.open_choices", v.OpenChoice), "协商方式", v.code("proposal.contact_wishes", v.ContactWish), "声明", strings.Join(v.declared(), "、"))
	if v.OpenChoice != "open" {
		g.some("不公开理由", v.OpenReason)
	}
	var files []string
	for _, f := range v.Files {
		if f.Purpose == "attachment" {
			files = append(files, f.Name)
		}
	}
	g.some("附件", strings.Join(files, "\n"))
	d.Body = append(d.Body, paper.Of(g.Table))
	for _, part := range []struct{ title, text string }{{"一、情况", v.Situation}, {"二、分析", v.Analysis}, {"三、建议", v.Suggestions}} {
		if part.text != "" {
			d.Body = append(d.Body, paper.H(part.title), paper.P(part.text))
		}
	}
	after := newGrid()
	v.reviewRows(after)
	after.some("承办单位", v.units())
	if v.DueOn != "" {
		after.some("答复期限", day(v.DueOn))
	}
	if len(after.Rows) > 0 {
		d.Body = append(d.Body, paper.Of(after.Table))
	}
	return d
}

// period says whether the proposal belongs to the meeting.
func (v *view) period() string {
	switch {
	case v.SerialNo == 0:
		return ""
	case v.Interim:
		return "平时提案"
	}
	return "大会提案"
}

// proposerRows say who proposes. How to reach them stands there only for
// themselves and for those who may look up contacts.
func (v *view) proposerRows(g grid) {
	if v.Kind == proposal.Collective {
		g.row("提案单位", v.bodyName(v.Body))
		g.some("执笔人", v.Names[v.Lead])
	} else if v.lead != nil {
		g.row("提案人", v.lead.Name, "委员证号", v.lead.MemberNo, "界别", v.leadOf["sector"])
		if places := v.leadOf["committee"]; places != "" {
			g.row("专委会", places)
		}
		g.some("单位职务", v.lead.Post)
	}
	if v.lead != nil && (v.a.Can("org.people") || v.a.Person != "" && v.a.Person == v.Lead) {
		if v.lead.Phone+v.lead.Email != "" {
			g.row("联系电话", v.lead.Phone, "电子邮箱", v.lead.Email)
		}
		if v.lead.Address != "" {
			g.row("通讯地址", v.lead.Address, "邮政编码", v.lead.Postcode)
		}
	}
	if names := v.cosigners(); len(names) > 0 {
		g.row("联名人", strings.Join(names, "、")+"（"+strconv.Itoa(len(names))+"人）")
	}
}

func (v *view) wished() (names []string) {
	for _, id := range v.UnitsWish {
		names = append(names, v.bodyName(id))
	}
	return names
}

func (v *view) declared() (all []string) {
	for _, d := range []struct {
		yes   bool
		title string
	}{{v.Researched, "经过调研"}, {v.SelfWritten, "本人撰写"}, {v.Relayed, "反映他人意见"}} {
		if d.yes {
			all = append(all, d.title)
		}
	}
	return all
}

// reviewRows say what was decided, as far as the actor sees it.
func (v *view) reviewRows(g grid) {
	for _, r := range v.Reviews {
		text := verdicts[r.Verdict]
		if r.ReasonCode != "" {
			text += "：" + v.code("proposal.decline_reasons", r.ReasonCode)
		}
		if r.Disposition != "" {
			text += "，" + v.code("proposal.dispositions", r.Disposition)
		}
		if r.Note != "" {
			text += "\n" + r.Note
		}
		who := at(r.At)
		if name := v.Names[r.Reviewer]; name != "" {
			who = name + "　" + who
		}
		label := v.code("proposal.stages", r.Stage)
		if label == "" {
			label = "审查"
		}
		g.row(label+"意见", text+"\n"+who)
	}
}

// handling is 提案办理单, which goes with the case through a department.
func (v *view) handling() *paper.Document {
	d := &paper.Document{Title: v.tenant.Name + "提案办理单", Lead: "（" + v.meeting() + "）"}
	g := newGrid()
	g.row("案号", v.number(), "提案形式", kinds[v.Kind], "类别", v.code("proposal.subjects", v.Subject))
	g.row("案由", v.Title)
	g.row("提案人", v.proposers())
	g.row("承办单位", v.units())
	for _, as := range v.Current() {
		if v.unit() && as.Unit != v.a.Body {
			continue
		}
		if !v.unit() {
			g.row("单位", v.bodyName(as.Unit), "办理方式", unitRoles[as.Role], "状态", proposal.AssignmentFlow.State(as.State).Title)
		}
		g.row("交办日期", at(as.IssuedAt), "签收日期", at(as.SignedAt), "办理期限", day(as.DueOn))
		g.some("交办意见", as.Note)
		for _, c := range v.visibleContacts() {
			if c.Assignment == as.ID {
				g.row(v.code("assignment.contact_kinds", c.Kind), day(c.OnDate)+"　"+c.People+"\n"+c.Summary)
			}
		}
		if r := v.ReplyOf(as.ID); r != nil && r.State != "draft" {
			g.row("文号", r.DocNo, "结果分类", v.code("reply.outcomes", r.Outcome), "签发日期", at(r.SignedAt))
		}
	}
	if v.unit() {
		g.space("拟办意见", 28)
		g.space("承办意见", 28)
		g.space("领导签批", 28)
	}
	g.space("备注", 16)
	d.Body = append(d.Body, paper.Of(g.Table))
	return d
}

// feedback is 征询意见表: to be filled in by hand if f is nil, else as it was
// rated.
func (v *view) feedback(f *proposal.Feedback) *paper.Document {
	d := &paper.Document{Title: v.tenant.Name + "提案办理情况征询意见表", Lead: "（" + v.meeting() + "）"}
	g := newGrid()
	g.row("案号", v.number(), "提案人", v.rater(f))
	g.row("案由", v.Title)
	for _, as := range v.Current() {
		if r := v.ReplyOf(as.ID); r != nil && r.State == "delivered" && r.Kind == "reply" {
			g.row("答复单位", v.bodyName(as.Unit), "文号", r.DocNo, "答复日期", at(r.DeliveredAt))
		}
	}
	contacted, silent := "□", "□"
	if f != nil {
		contacted, silent = ticked(f.Contacted), ticked(!f.Contacted)
	}
	g.row("办理沟通", contacted+"承办单位与本人沟通过　　"+silent+"没有沟通")
	overall, scores := "", proposal.Scores{}
	if f != nil {
		overall, scores = f.Overall, f.Scores
	}
	for _, dim := range v.Rules.Codes("feedback.dimensions") {
		if !dim.Retired || scores[dim.Key] != "" {
			g.row(dim.Label, v.levels(scores[dim.Key]))
		}
	}
	g.row("总体评价", v.levels(overall))
	if f == nil {
		g.space("意见建议", 40)
		g.row("签　　名", "", "日　　期", "")
		d.Notes = []string{"请在收到答复后" + v.Rules.Term("feedback.window").Text(context.Background()) + "内评价；也可以登录平台由本人评价。评价由政协收集，不经承办单位"}
	} else {
		g.row("意见建议", f.Comment)
		g.row("评价日期", at(f.At), "方式", map[bool]string{true: "纸质评价，代录", false: "本人在平台评价"}[f.Channel == "paper"])
	}
	d.Body = append(d.Body, paper.Of(g.Table))
	return d
}

// rater is whose form it is: a proposer gets their own.
func (v *view) rater(f *proposal.Feedback) string {
	switch {
	case f != nil:
		return v.Names[f.Person]
	case v.Stands(v.a.Person):
		return v.Names[v.a.Person]
	}
	return v.proposers()
}

func ticked(yes bool) string {
	if yes {
		return "■"
	}
	return "□"
}

// levels are the levels of satisfaction with one of them chosen.
func (v *view) levels(chosen string) string {
	var all []string
	for _, l := range v.Rules.Codes("feedback.levels") {
		if !l.Retired || l.Key == chosen {
			all = append(all, ticked(l.Key == chosen)+l.Label)
		}
	}
	return strings.Join(all, "　　")
}
