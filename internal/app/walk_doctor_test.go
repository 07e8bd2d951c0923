package app_test

import (
	"context"
	"testing"

	"shangliang/internal/proposal"
)

// The keeper of a tenant examines its records and mends what contradicts itself.
func TestWalkDoctor(t *testing.T) {
	onEach(t, func(k *walk) {
		lame(t, k.World, k.Play(proposal.Handling))
		must(t, k.Jobs.Start(context.Background()))
		defer k.Jobs.Stop(context.Background())
		keeper := k.as("管一平")
		k.menu(keeper, "记录检查")
		keeper.Sees("还没有检查过")
		keeper.Shoot("doctor-none")
		keeper.Click("开始检查")
		keeper.Sees("办理中的承办任务没有期限", "1项待修复") // the page comes anew by itself
		keeper.ClickCSS("input[name=id][value='0']")
		keeper.Shoot("doctor-found")
		keeper.Click("修复选中的")
		keeper.Sees("不能撤销")
		keeper.Shoot("doctor-ask")
		keeper.Click("修复选中的") // in the question
		keeper.Sees("已修复", "0项待修复")
		keeper.Shoot("doctor-mended")
		keeper.Click("重新检查")
		keeper.Sees("没有互相矛盾的记录")
	})
}
