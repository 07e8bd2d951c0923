package app_test

import (
	"testing"

	"shangliang/internal/proposal"
)

// A consultation from the list of proposals to the task that was done, and a visit
// to the department that is most behind.
func TestWalkSupervision(t *testing.T) {
	onEach(t, func(k *walk) {
		k.Play(proposal.Handling)
		office := k.as("柳文书")
		office.Visit("/proposals")
		office.ClickCSS("input[name=id]")
		office.Click("发起提案协商")
		office.Sees("安排督办活动", "关于疏浚")
		office.Fill("名称", "排洪渠提案协商会")
		office.Fill("日期", "2026-03-12")
		office.Fill("地点", "县政协会议室")
		office.Pick("带队领导", "高望舒")
		office.Pick("参加人", "余知秋")
		office.Shoot("supervision-form")
		office.Click("保存安排")
		office.Sees("安排已保存", "县水利局", "现在可以办理")
		office.Click("登记结果")
		office.Fill("议定事项（结果）", "五月底前完成清淤，每半月通报一次。")
		office.Click("登记结果")
		office.Sees("已办理：登记结果")
		office.Click("布置跟踪事项")
		office.Fill("事项", "报送清淤进度表")
		office.Choose("责任单位", "县水利局")
		office.Fill("完成日期", "2026-04-15")
		office.Click("布置跟踪事项")
		office.Sees("跟踪事项（1）", "报送清淤进度表")
		office.Shoot("supervision-held")

		unit := k.as("水清源")
		unit.Sees("督办跟踪事项（1）")
		unit.Shoot("supervision-unit-first")
		unit.Click("报送清淤进度表")
		unit.Click("报告完成情况")
		unit.Fill("完成情况", "已报送三期。")
		unit.Click("报告完成情况")
		unit.Sees("已报告，待核实")

		member := k.as("余知秋")
		member.Visit("/proposals/mine")
		member.Click("关于疏浚")
		member.Sees("督办活动（1）", "每半月通报一次", "督办活动结果")

		office.Visit("/supervision/departments")
		office.Sees("县水利局", "未答复")
		office.Shoot("supervision-departments")
		office.ClickCSS("input[name=id]")
		office.Click("安排走访")
		office.Fill("名称", "走访县水利局")
		office.Fill("日期", "2026-03-12")
		office.Click("保存安排")
		office.Click("登记结果")
		office.Fill("反映的问题", "机械不足")
		office.Fill("议定事项（结果）", "增调两台挖掘机。")
		office.Click("登记结果")
		office.Sees("走访当日未答复的提案（1）")
		office.Shoot("supervision-visit")
		office.Visit("/supervision")
		office.Sees("走访1家单位", "排洪渠提案协商会")
		office.Shoot("supervision-list")
	})
}

// A digest from the list of proposals to the instruction and its follow-up.
func TestWalkDigest(t *testing.T) {
	onEach(t, func(k *walk) {
		k.Play(proposal.Handling)
		office := k.as("柳文书")
		office.Visit("/proposals")
		office.ClickCSS("input[name=id]")
		office.Click("写摘报")
		office.Sees("已按提案摘出情况和建议")
		office.Pick("报送", "高望舒")
		office.Shoot("digest-form")
		office.Click("保存摘报")
		office.Sees("摘报已保存", "拟稿")

		chair := k.as("莫定安")
		chair.Visit("/digests")
		chair.Click("关于疏浚")
		chair.Click("审签")
		chair.Sees("已办理：审签")

		office.Visit("/digests")
		office.Shoot("digest-list")
		office.Click("关于疏浚")
		office.Click("报送")
		office.Sees("已办理：报送", "2026年第1期")
		office.Click("打印版")
		office.Sees("所据提案", "报送：高望舒")
		office.Shoot("digest-sheet")

		leader := k.as("高望舒")
		leader.Sees("报送您的提案摘报")
		leader.Click("关于疏浚")
		leader.Sees("2026年第1期")

		office.Visit("/digests")
		office.Click("关于疏浚")
		office.Click("登记批示")
		office.Fill("批示内容", "请水利局抓紧落实，五月底前报结果。")
		office.Choose("落实单位", "县水利局")
		office.Shoot("digest-instruct")
		office.Click("登记批示")
		office.Sees("批示已登记", "由县水利局落实")

		unit := k.as("水清源")
		unit.Sees("待落实的批示（1）")
		unit.Click("请水利局抓紧落实")
		unit.Sees("报告落实情况")
		unit.Click("报告落实情况")
		unit.Fill("落实情况", "已完成七成。")
		unit.Shoot("digest-unit")
		unit.Click("报告落实情况")
		unit.Sees("已报告，待核实")

		office.Visit("/digests/owed")
		office.Click("请水利局抓紧落实")
		office.Click("已落实")
		office.Click("已落实")
		office.Sees("已办理：批示落实")
		office.Shoot("digest-done")
	})
}
