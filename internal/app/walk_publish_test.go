package app_test

import (
	"testing"

	"shangliang/internal/proposal"
	"shangliang/internal/web/browsertest"
)

// A handled proposal becomes public with something removed, the public finds and
// reads it, writes a comment, the office approves it, the department answers.
func TestWalkPublish(t *testing.T) {
	onEach(t, func(k *walk) {
		text := k.Text()
		text.Situation = "城西排洪渠多年未清淤，沿渠住户反映两次漫堤，联系电话13900001111。"
		k.PlayText(proposal.FollowingUp, text)
		title := text.Title

		clerk := k.as("柳文书")
		k.menu(clerk, "公开办理结果")
		clerk.Sees("待准备", title)
		clerk.Shoot("publish-queue")
		clerk.Click("第1号 " + title)
		clerk.Click("开始准备")
		clerk.Sees("逐项决定", "13900001111", "公开副本已读过一遍")
		clerk.Fill("要隐去的文字", "两次漫堤")
		clerk.Choose("隐去的理由", "不宜公开的内容")
		clerk.Click("隐去")
		clerk.Sees("已隐去，公开副本里不再有这段文字")
		clerk.Shoot("publish-editor")
		clerk.Click("预览公众看到的页面")
		clerk.Sees("这是预览", "不宜公开的内容")
		clerk.SeesNot("13900001111", "两次漫堤")
		clerk.Visit("/publish")
		clerk.Click("准备中")
		clerk.Click("第1号 " + title)
		clerk.Click("提请决定")
		clerk.Sees("已办理：提请决定", "须由另一位同事复核后决定")

		chair := k.as("莫定安")
		k.menu(chair, "公开办理结果")
		chair.Sees(title)
		chair.Shoot("publish-to-decide")
		chair.Click("第1号 " + title)
		chair.Click("同意公开")
		chair.Sees("已办理：同意公开", "公众现在看到的")
		chair.Shoot("publish-decided")

		public := k.chrome.Open(k.t, "公众", k.screen)
		public.Visit("/open/lc")
		public.Sees("提案办理，请您来看", title)
		public.Shoot("open-start")
		public.Fill("搜索公开的提案", "排洪渠")
		public.Click("搜索")
		public.Sees("公开的提案中有1件")
		public.Shoot("open-list")
		public.Click(title)
		public.Sees("提了什么", "怎么答复", "县水利局", "承诺了什么", "电话号码")
		public.SeesNot("13900001111", "两次漫堤", "江承平")
		public.Shoot("open-case")
		public.Click("English")
		public.Sees("What was proposed", "Phone number")
		public.Click("繁體")
		public.Sees("怎麼答覆")
		public.Click("简体")
		public.Click("我要留言")
		public.Fill("您的意见", "希望渠边装上护栏。")
		public.Fill("称呼", "渠边住户")
		public.Fill("联系方式", "微信 qubian")
		public.Shoot("open-comment")
		public.Click("提交留言")
		public.Sees("谢谢，已收到")
		public.Visit("/open/lc/units")
		public.Sees("县水利局")
		public.Shoot("open-units")
		public.Visit("/open/lc/data")
		public.Shoot("open-data")

		clerk.Visit("/publish/comments")
		clerk.Sees("希望渠边装上护栏", "微信 qubian")
		clerk.Shoot("publish-comments")
		k.approve(clerk)
		clerk.Sees("已办1条")

		unit := k.as("江承平")
		unit.Visit("/notices")
		unit.Click("第1号提案有一条公众留言，可以公开回应")
		unit.Sees("公众留言（1）")
		unit.Click("公开回应这条留言")
		unit.Fill("回应", "护栏已列入汛前工程，五月底完工。")
		unit.Shoot("publish-answer")
		unit.Click("公开回应")
		unit.Sees("护栏已列入汛前工程")

		public.Visit("/open/lc/cases/2026-0001")
		public.Sees("公众留言（1）", "希望渠边装上护栏", "县水利局回应", "护栏已列入汛前工程")
		public.SeesNot("qubian")
		public.Shoot("open-answered")

		chair.Visit("/publish/figures")
		chair.Tick("", "立案提案")
		chair.Click("公布选中的数据")
		chair.Sees("已公布1项数据")
		chair.Shoot("publish-figures")
		public.Visit("/open/lc/figures")
		public.Sees("立案提案")
		public.Shoot("open-figures")
	})
}

// approve selects the first comment of the queue and approves it.
func (k *walk) approve(tab *browsertest.Tab) {
	k.t.Helper()
	tab.ClickCSS("td.pickbox input")
	tab.Click("通过并公开")
}
