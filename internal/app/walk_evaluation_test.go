package app_test

import (
	"testing"

	"shangliang/internal/assessment"
	"shangliang/internal/proposal"
)

// Somebody outside evaluates what was drawn, from the office's plan to what the
// department reads with the published result.
func TestWalkEvaluation(t *testing.T) {
	onEach(t, func(k *walk) {
		k.Hire("评一川", "evaluator", "expert", "云汀社会评价中心")
		k.Play(proposal.FeedbackOpen)
		id, err := k.Assessments.Save(k.As("柳文书"), assessment.Plan{Title: "2026年提案办理工作测评", Year: 2026, AsOf: "2026-03-12", RateUntil: "2026-03-20", Units: []string{k.Bodies[host], k.Bodies[helper]}})
		if err != nil {
			t.Fatal(err)
		}

		clerk := k.as("柳文书")
		k.menu(clerk, "承办单位测评")
		clerk.Click("2026年提案办理工作测评")
		clerk.Click("第三方评估")
		clerk.Sees("还没有安排第三方评估")
		clerk.Choose("评估机构", "云汀社会评价中心")
		clerk.Fill("评估截止", "2026-03-25")
		clerk.Shoot("evaluation-plan")
		clerk.Click("保存")
		clerk.Sees("第三方评估已安排", "待抽取")
		take(clerk, "抽取提案", "种子", "摇号 0312")
		clerk.Sees("评估中", "抽取记录", "摇号 0312")
		clerk.Shoot("evaluation-drawn")

		outside := k.as("评一川")
		outside.Shoot("evaluation-first")
		outside.Click("2026年提案办理工作测评")
		outside.Sees("还有1件没有评估")
		outside.Click("第1号")
		outside.Sees("现答复如下", "与提案者的沟通")
		for _, x := range []string{"组织领导", "程序规范", "办理效果：提案者", "办理效果：达到", "办理效果：其他", "工作创新"} {
			outside.Fill(x, "9")
		}
		outside.Fill("评语", "建议逐条回应，汛前清淤已有安排。")
		outside.Shoot("evaluation-sheet")
		outside.Click("保存，看下一件")
		outside.Sees("可以提交", "54.0")
		take(outside, "提交评估结果", "总体评价", "办理扎实。")
		outside.Shoot("evaluation-submitted")

		clerk = k.as("柳文书")
		clerk.Visit("/assessments/" + id + "/evaluation")
		clerk.Click("验收")
		clerk.Sees("已验收", "办理扎实。")
		clerk.Shoot("evaluation-accepted")
		for _, action := range []string{"open", "score", "publish"} {
			who, r := "柳文书", 0
			if action == "publish" {
				who = "莫定安"
			}
			x, err := k.Assessments.Get(k.As("柳文书"), id)
			if err != nil {
				t.Fatal(err)
			}
			r = x.Version
			if _, err := k.Assessments.Do(k.As(who), id, r, action, "主席会议第3次会议审议通过"); err != nil {
				t.Fatal(err)
			}
		}
		clerk.Visit("/assessments/" + id)
		clerk.Sees("第三方评估", "54.0")
		clerk.Shoot("evaluation-beside")

		unit := k.as("江承平")
		k.menu(unit, "承办单位测评")
		unit.Click("2026年提案办理工作测评")
		unit.Click("第三方评估")
		unit.Sees("抽中的提案")
		unit.Click("第1号")
		unit.Sees("建议逐条回应，汛前清淤已有安排。")
		unit.Shoot("evaluation-own")
	})
}
