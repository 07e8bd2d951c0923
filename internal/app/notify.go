package app

import (
	"shangliang/internal/module"
	"shangliang/internal/notify"
)

// notifyModule is package notify's table of contents; notifyweb adds its pages.
var notifyModule = module.Module{Name: "notify", Title: "通知", Migrations: notify.Migrations, Words: notify.Words,
	Permissions: []module.Permission{
		{ID: notify.Manage, Title: "查看通知发送记录", Roles: []string{"admin", "clerk"}},
		{ID: notify.SetUp, Title: "设置通知渠道", Roles: []string{"admin"}}},
	Acts: map[string]string{"notify.gateway_added": "添加通知渠道", "notify.gateway_changed": "修改通知渠道", "notify.gateway_switched": "停用或启用通知渠道",
		"notify.gateway_removed": "删除通知渠道", "notify.gateway_tested": "测试通知渠道", "notify.timing": "设置通知的时间"},
}
