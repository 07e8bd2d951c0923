package proposal

import (
	"errors"

	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/han"
	"shangliang/internal/lang"
)

// Field is one thing that a person fills in for a step. Pages draw their forms
// from it, and the service checks by it. Its kinds are those of package flow and
// "unit", "units", "case", "suggest", "promises".
type Field = flow.Field

func reason(label string, required bool) Field {
	return Field{Name: "reason", Label: label, Kind: "area", Required: required, Max: 1000}
}

func suggested() Field {
	return Field{Name: "suggested", Label: "建议的承办单位（可不选）", Kind: "suggest", Help: "交办时作为参考"}
}

// Fields are the inputs of each step, by machine and action; a step that is not
// here takes none.
var Fields = map[string][]Field{
	"proposal.send_back": {reason("修改意见", true)},
	"proposal.withdraw":  {reason("撤回理由", true)},
	"proposal.return":    {reason("退回理由", true)},
	"proposal.pass": {
		{Name: "score", Label: "质量评分（1—5，可不填）", Kind: "int", Max: 5},
		suggested(),
		reason("审查意见", false)},
	"proposal.file": {
		{Name: "score", Label: "质量评分（1—5，可不填）", Kind: "int", Max: 5},
		suggested(),
		reason("审查意见", false)},
	"proposal.decline": {
		{Name: "code", Label: "不予立案理由", Kind: "code", Codes: "proposal.decline_reasons", Required: true},
		{Name: "disposition", Label: "去向", Kind: "code", Codes: "proposal.dispositions", Required: true},
		reason("给提案人的说明", true)},
	"proposal.merge": {
		{Name: "into", Label: "主案", Kind: "case", Required: true, Help: "同一次会议、答复尚未送达的提案；相似的排在前面"},
		reason("并案理由", true)},
	"proposal.unmerge":        {reason("撤销并案的理由", true)},
	"proposal.ask_withdrawal": {reason("撤案理由", true)},
	"proposal.ask_change": {
		{Name: "title", Label: "案由", Kind: "text", Required: true, Max: maxTitle},
		{Name: "situation", Label: "情况", Kind: "area", Required: true, Max: maxText},
		{Name: "analysis", Label: "分析", Kind: "area", Required: true, Max: maxText},
		{Name: "suggestions", Label: "建议", Kind: "area", Required: true, Max: maxText},
		reason("修改理由", true)},
	"proposal.grant_withdrawal": {reason("审批意见", false)},
	"proposal.grant_change":     {reason("审批意见", false)},
	"proposal.refuse_change":    {reason("不同意的理由", true)},
	"proposal.dispatch": {
		{Name: "units", Label: "承办单位", Kind: "units", Required: true, Help: "一个单位为独办；一个主办加若干会办；或两个以上分办"},
		reason("交办意见", false)},
	"proposal.recall": {reason("撤回理由", false)},
	"proposal.add_unit": {
		{Name: "unit", Label: "增加的单位", Kind: "unit", Required: true},
		reason("增办理由", true)},
	"proposal.rehandle": {reason("重新办理要求", true)},
	"assignment.request_return": {
		{Name: "unit", Label: "建议的承办单位", Kind: "unit"},
		reason("退回理由", true)},
	"assignment.grant_return":      {reason("裁定意见", false)},
	"assignment.refuse_return":     {reason("裁定意见", true)},
	"assignment.request_extension": {reason("延期理由", true)},
	"assignment.grant_extension":   {reason("审批意见", false)},
	"assignment.refuse_extension":  {reason("审批意见", true)},
	"assignment.contact": {
		{Name: "kind", Label: "沟通方式", Kind: "code", Codes: "assignment.contact_kinds", Required: true},
		{Name: "on", Label: "日期", Kind: "date", Required: true},
		{Name: "people", Label: "参加人", Kind: "text", Required: true, Max: 200},
		{Name: "summary", Label: "沟通情况", Kind: "area", Required: true, Max: 2000}},
	"assignment.draft": {
		{Name: "body", Label: "正文", Kind: "area", Max: 20000},
		{Name: "doc_no", Label: "文号", Kind: "text", Max: 60},
		{Name: "outcome", Label: "办理结果分类", Kind: "code", Codes: "reply.outcomes"},
		{Name: "disclosure", Label: "公开方式", Kind: "code", Codes: "reply.disclosures"},
		{Name: "contact_name", Label: "联系人", Kind: "text", Max: 50},
		{Name: "contact_phone", Label: "联系电话", Kind: "text", Max: 50},
		{Name: "contact_waiver", Label: "未能沟通的理由", Kind: "text", Max: 500, Help: "已登记沟通的不必填写"},
		{Name: "opinion_waiver", Label: "不等会办意见的理由", Kind: "text", Max: 500, Help: "会办意见已收齐的不必填写"},
		{Name: "promises", Label: "承诺事项", Kind: "promises", Help: "答复中答应以后完成的事，逐项写明完成日期，平台会跟踪到落实"}},
	"assignment.reject": {reason("退回意见", true)},
	"assignment.check": {
		{Name: "code", Label: "更正办理结果分类（可不选）", Kind: "code", Codes: "reply.outcomes"},
		reason("审核意见", false)},
	"assignment.cancel": {reason("取消理由", true)},
}

// clean takes control characters and stray blanks out of what was typed.
func (in Input) clean() Input {
	for _, s := range in.texts() {
		*s = han.Tidy(*s)
	}
	return in
}

func (in *Input) texts() map[string]*string {
	return map[string]*string{
		"reason": &in.Reason, "code": &in.Code, "disposition": &in.Disposition, "unit": &in.Unit, "kind": &in.Kind,
		"on": (*string)(&in.On), "people": &in.People, "summary": &in.Summary, "doc_no": &in.DocNo, "outcome": &in.Outcome,
		"disclosure": &in.Disclosure, "body": &in.Body, "contact_name": &in.ContactName, "contact_phone": &in.ContactPhone,
		"contact_waiver": &in.ContactWaiver, "opinion_waiver": &in.OpinionWaiver, "into": &in.Into,
		"title": &in.Title, "situation": &in.Situation, "analysis": &in.Analysis, "suggestions": &in.Suggestions,
	}
}

// checkInput checks what was filled in against the step's fields.
func checkInput(machine, action string, w *work) error {
	var f errs.Fields
	texts := w.in.texts()
	for _, field := range Fields[machine+"."+action] {
		switch field.Kind {
		case "int":
			f.Check(w.in.Score >= 0 && w.in.Score <= field.Max, field.Name, "应在 %d 到 %d 之间", 0, field.Max)
			continue
		case "units", "suggest", "promises":
			continue // checked by the step
		}
		s := *texts[field.Name]
		n := len([]rune(s))
		f.Check(n > 0 || !field.Required, field.Name, "请填写“%s”", lang.Word(field.Label))
		f.Check(field.Max == 0 || n <= field.Max, field.Name, "不能超过 %d 个字", field.Max)
		if field.Kind == "code" && s != "" {
			code, ok := w.Rules.Code(field.Codes, s)
			f.Check(ok && !code.Retired, field.Name, "请从列出的选项中选择")
		}
		if field.Kind == "date" && s != "" {
			day, err := calendar.ParseDate(s)
			f.Check(err == nil, field.Name, "日历上没有“%s”这一天", s)
			w.in.On = day
		}
	}
	return f.Err()
}

// message takes an error's words for a person apart.
func message(err error) (string, []any) {
	e, ok := errors.AsType[*errs.Error](err)
	switch {
	case !ok:
		return "暂时不能进行", nil
	case len(e.Fields) > 0:
		return e.Fields[0].Msg, e.Fields[0].Args
	}
	return e.Msg, e.Args
}
