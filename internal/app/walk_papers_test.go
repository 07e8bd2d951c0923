package app_test

import (
	"context"
	"testing"

	"shangliang/internal/proposal"
)

// Documents, from the case and from the list: what there is of a case, and a
// collection that is made while one is elsewhere.
func TestWalkPapers(t *testing.T) {
	onEach(t, func(k *walk) {
		k.Play(proposal.FeedbackOpen)
		office := k.as("柳文书")
		office.Visit("/proposals")
		office.Click("关于疏浚")
		office.Sees("全部文书")
		office.Click("全部文书")
		office.Sees("提案表", "提案办理单", "提案答复 · 县水利局", "文书里只有您当前身份可以查看的内容")
		office.Axe()
		office.Shoot("papers-case")

		office.Visit("/proposals")
		office.Click("目录、汇编")
		office.Sees("还没有生成过")
		office.Axe()
		office.Shoot("papers-session")
		office.Tick("文书", "汇编")
		office.Tick("", "汇编里附上已送达的答复")
		office.Fill("标题", "水利提案汇编")
		office.Click("开始生成")
		office.Sees("可以先离开", "水利提案汇编", "正在生成")
		office.Shoot("papers-making")
		runs, err := k.Papers.Runs(k.As("柳文书"))
		if err != nil || len(runs) != 1 {
			k.t.Fatal(runs, err)
		}
		if err := k.Papers.Make(context.Background(), k.Tenant, runs[0].ID); err != nil {
			k.t.Fatal(err)
		}
		office.Sees("下载", "共1件") // by itself
		office.Axe()
		office.Shoot("papers-ready")
		office.Click("删除")
		office.Sees("已删除", "还没有生成过")

		member := k.as("余知秋")
		member.Click("关于疏浚")
		member.Click("全部文书")
		member.Sees("提案表", "办理情况征询意见表")
		member.SeesNot("提案办理单")
	})
}
