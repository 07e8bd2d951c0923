package app_test

import "testing"

// A joint proposal with another place, from its beginning to what a ministry took
// up.
func TestWalkRegional(t *testing.T) {
	onEach(t, func(k *walk) {
		clerk := k.as("柳文书")
		clerk.Visit("/regional")
		clerk.Click("发起联名")
		clerk.Fill("主题", "关于共治流域的联名提案")
		clerk.Fill("联名的政协", "远山市政协")
		clerk.Click("发起")
		clerk.Fill("案由", "关于共治云溪流域的提案")
		clerk.Fill("正文", "情况：上下游标准不一。\n\n建议：共编规划，统一标准。")
		clerk.Shoot("regional-text")
		clerk.Click("保存")
		clerk.Sees("已保存为新的一稿", "远山市政协（平台外）")
		clerk.Click("登记远山市政协的审定")
		clerk.Fill("审定人", "邱望远")
		clerk.Fill("来函和文号", "远政函〔2026〕3号")
		clerk.Click("登记远山市政协的审定")
		clerk.Sees("已登记审定")

		chair := k.as("莫定安")
		chair.Visit("/regional")
		chair.Click("关于共治流域的联名提案")
		chair.Click("代表本政协审定第1稿")
		chair.Sees("各方已审定")

		clerk.Visit("/regional")
		clerk.Click("关于共治流域的联名提案")
		clerk.Click("登记提交")
		clerk.Fill("提交给", "全国政协")
		clerk.Choose("层级", "全国")
		clerk.Fill("提交日期", "2026-03-12")
		clerk.Click("登记提交")
		clerk.Sees("已登记提交")
		clerk.Click("登记上级情况")
		clerk.Choose("情况", "列为重点督办提案")
		clerk.Fill("日期", "2026-03-12")
		clerk.Click("登记上级情况")
		clerk.Sees("列为重点督办提案")
		clerk.Shoot("regional")
	})
}
