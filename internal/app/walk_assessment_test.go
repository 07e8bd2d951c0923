package app_test

import (
	"testing"

	"shangliang/internal/proposal"
)

// An assessment of departments from the plan over the ratings to what a
// department reads, and an inspection.
func TestWalkAssessment(t *testing.T) {
	onEach(t, func(k *walk) {
		k.Play(proposal.FeedbackOpen)
		clerk := k.as("柳文书")
		k.menu(clerk, "承办单位测评")
		clerk.Sees("还没有测评")
		clerk.Click("新的测评")
		clerk.Fill("名称", "2026年提案办理工作测评")
		clerk.Choose("年度", "2026")
		clerk.Fill("统计截至", "2026-03-12")
		clerk.Fill("评分截止", "2026-03-20")
		clerk.Tick("", "全部承办单位")
		clerk.Shoot("assessment-form")
		clerk.Click("保存")
		clerk.Sees("筹备中", "指标权重")
		clerk.Click("开始评分")
		clerk.Sees("评分中")

		member := k.as("余知秋")
		k.menu(member, "承办单位测评")
		member.Click("2026年提案办理工作测评")
		member.Fill("县水利局", "88")
		member.Fill("县农业农村局", "95")
		member.Shoot("assessment-rate")
		member.Click("提交评分")
		member.Sees("已记下评分")

		unit := k.as("江承平")
		k.menu(unit, "承办单位测评")
		unit.Click("2026年提案办理工作测评")
		unit.Fill("第1号", "90")
		unit.Shoot("assessment-quality")
		unit.Click("提交评分")
		unit.Sees("已记下评分")

		clerk = k.as("柳文书")
		k.menu(clerk, "承办单位测评")
		clerk.Click("2026年提案办理工作测评")
		clerk.Click("核算得分")
		clerk.Sees("已核算", "承办单位对提案质量的评价")
		clerk.Shoot("assessment-scored")
		clerk.Click("县水利局")
		clerk.Fill("需要改进的方面", "承诺事项应当按期落实。")
		clerk.Shoot("assessment-unit")
		clerk.Click("保存")
		clerk.Sees("改进意见已保存")

		chair := k.as("莫定安")
		k.menu(chair, "承办单位测评")
		chair.Click("2026年提案办理工作测评")
		chair.Click("公布结果")
		chair.Fill("公布的依据", "主席会议第3次会议审议通过")
		chair.Click("公布结果")
		chair.Sees("已公布", "主席会议第3次会议审议通过")

		unit = k.as("江承平")
		k.menu(unit, "承办单位测评")
		unit.Click("2026年提案办理工作测评")
		unit.Sees("承诺事项应当按期落实。", "名次")
		unit.Shoot("assessment-own")

		office := k.as("岳交之")
		k.menu(office, "年终考核数据")
		office.Sees("县水利局", "按期办复率")
		office.Shoot("appraisal")
		k.as("岳交之")
		k.menu(office, "督查事项")
		office.Click("下达督查事项")
		office.Pick("承办单位", host)
		office.Fill("督查事项", "承诺事项落实情况")
		office.Fill("要求", "请说明清淤进度和完成日期。")
		office.Fill("报告期限", "2026-03-20")
		office.Click("下达")
		office.Sees("已下达", "待报告")

		unit = k.as("水清源")
		unit.Click("督查事项：承诺事项落实情况") // the notice on the first page
		unit.Click("报告办理情况")
		unit.Fill("办理情况", "已完成六成，五月底前全部完成。")
		unit.Shoot("inspection")
		unit.Click("报告办理情况")
		unit.Sees("待核实")
	})
}
