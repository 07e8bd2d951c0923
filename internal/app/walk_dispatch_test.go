package app_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"shangliang/internal/proposal"
)

// A dispatch meeting from its calling to the signed lists; the departments are
// chosen by keyboard alone. Then two meetings and one disclosure: what is missing
// is listed, done, and the case is closed.
func TestWalkDispatch(t *testing.T) {
	onEach(t, func(k *walk) {
		k.Play(proposal.Dispatched) // from which 县水利局 is known for such cases
		for i := range 4 {
			text := k.Text()
			text.Title = fmt.Sprintf("关于疏浚城西排洪渠第%d段的提案", i+1)
			k.PlayText(proposal.Filed, text)
		}
		office := k.as("岳交之")
		k.menu(office, "交办会")
		office.Sees("还没有交办会")
		office.Shoot("dispatch-none")
		office.Click("筹备交办会")
		office.Fill("会议名称", "九届五次会议提案交办会")
		office.Fill("日期", "2026-03-12")
		office.Fill("地点", "县政府会议室")
		office.Pick("参会单位", host)
		office.Shoot("dispatch-form")
		office.Click("保存")
		office.Sees("议程上还没有提案")
		office.Click("选择上会的提案")
		office.Shoot("dispatch-put")
		office.Click("全部放上议程（4）")
		office.Sees("已把4件提案放上议程", "建议：县水利局")
		office.Shoot("dispatch-agenda")
		office.Click("逐件确定单位（4）")
		for i := range 4 {
			office.Sees(fmt.Sprintf("还有%d件待确定", 4-i), "办过相近的")
			if i == 0 {
				office.Shoot("dispatch-desk")
			}
			office.Press(kb.Enter)
		}
		office.Sees("承办单位都确定了，可以交办4件")
		office.Shoot("dispatch-chosen")
		office.Click("全部交办（4）")
		office.Click("全部交办（4）") // asked once more
		office.Sees("已交办4件")
		office.Shoot("dispatch-sent")
		office.Click("交办表")
		office.Sees("县水利局提案交办表", "签收人：")
		office.Shoot("dispatch-sheets")

		unit := k.as("水清源")
		k.menu(unit, "交办会")
		unit.Click("九届五次会议提案交办会")
		unit.Sees("第1段")
		unit.Shoot("dispatch-unit")
	})
}

func TestWalkCompliance(t *testing.T) {
	onEach(t, func(k *walk) {
		now, err := k.Rules.Current(k.As("柳文书"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Rules.Save(k.As("柳文书"), map[string]string{"proposal.meetings": "2", "proposal.meeting_after": "true"}, "", "两见面一公开", now.N); err != nil {
			t.Fatal(err)
		}
		text := k.Text()
		text.Title = dredging
		k.PlayText(proposal.FeedbackOpen, text)
		k.Play(proposal.Handling)
		clerk := k.as("柳文书")
		k.menu(clerk, "两见面一公开")
		clerk.Sees("签发答复之后还没有见面")
		clerk.Shoot("compliance")
		clerk.Click(dredging)
		clerk.Sees("1次，要求2次")
		clerk.Shoot("compliance-case")

		unit := k.as("江承平")
		k.menu(unit, "两见面一公开")
		unit.Click(dredging)
		take2(unit, "登记办理后的见面", func() {
			unit.Tick("沟通方式", "走访")
			unit.Fill("日期", "2026-03-12")
			unit.Fill("参加人", "余知秋、江承平")
			unit.Fill("沟通情况", "登门通报办理结果")
			unit.Shoot("compliance-meet")
		})
		unit.Sees("已登记见面")
	})
}

// take2 unfolds a step, fills it in and sends it.
func take2(tab interface{ Click(string) }, step string, fill func()) {
	tab.Click(step)
	fill()
	tab.Click(step)
}
