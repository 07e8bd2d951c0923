package app_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"shangliang/internal/app"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/gateway/gatewaytest"
	"shangliang/internal/proposal"
	"shangliang/internal/web/browsertest"
)

// The administrator sets up the robot of a group and tests it, a member chooses
// when they want to be told, and the office sees who was not.
func TestWalkNotices(t *testing.T) {
	for _, s := range []browsertest.Screen{browsertest.Phone, browsertest.Desk} {
		t.Run(s.Name, func(t *testing.T) {
			w := apptest.NewWith(t, db.SQLite, func(o *app.Options) { o.Gateways.Networks = gatewaytest.Local })
			site := httptest.NewServer(w.Router)
			t.Cleanup(site.Close)
			k := &walk{World: w, t: t, screen: s, chrome: browsertest.Start(t, site.URL), tabs: map[string]*browsertest.Tab{}}
			group := gatewaytest.Serve(t, w.Now)
			k.robot(group)
			k.quiet()
			k.untold(group)
		})
	}
}

func (k *walk) robot(group *gatewaytest.Server) {
	admin := k.as("管一平")
	admin.Visit("/gateways")
	admin.Sees("还没有别的渠道", "本级的免打扰时间")
	admin.Shoot("gateways-empty")
	admin.Axe()
	admin.Click("添加渠道")
	admin.Sees("企业微信群机器人", "短信网关")
	admin.Shoot("gateways-kinds")
	admin.Axe()
	admin.Click("企业微信群机器人")
	admin.Fill("名称", "提案委工作群")
	admin.Fill("地址", group.URL+"/wecom?key="+gatewaytest.Key)
	admin.Pick("哪些通知", "提案立案")
	admin.Shoot("gateways-form")
	admin.Axe()
	admin.Click("保存")
	admin.Sees("渠道已添加", "还没有测试")
	admin.Click("发一条测试")
	admin.Sees("对方已接收", "成功")
	admin.SeesNot(gatewaytest.Key)
	admin.Shoot("gateways-one")
	admin.Axe()
	if got := group.Got(); len(got) != 1 {
		k.t.Fatalf("%d messages came to the group", len(got))
	}
	admin.Visit("/gateways")
	admin.Fill("免打扰从", "22:00")
	admin.Fill("免打扰到", "07:00")
	admin.Click("保存")
	admin.Sees("通知设置已保存", "提案委工作群")
	admin.Shoot("gateways-list")
	admin.Axe()
}

func (k *walk) quiet() {
	member := k.as("余知秋")
	member.Visit("/notices")
	member.Click("通知设置")
	member.Sees("现在：22:00至07:00", "不能关闭")
	member.Tick("免打扰", "自己定")
	member.Fill("免打扰从", "21:30")
	member.Fill("免打扰到", "08:00")
	member.Tick("邮件怎么发", "每天汇总成一封")
	member.Fill("汇总的时间", "09:00")
	member.Shoot("notices-settings")
	member.Axe()
	member.Click("保存")
	member.Sees("通知设置已保存")
	if mine, err := k.Notices.Timing(k.As("余知秋")); err != nil || mine.QuietFrom != "21:30" || mine.RoundupTime != "09:00" || mine.Roundup != "daily" {
		k.t.Fatalf("%+v %v", mine, err)
	}
}

func (k *walk) untold(group *gatewaytest.Server) {
	p := k.Play(proposal.Filed)
	if err := k.Notices.Deliver(context.Background()); err != nil {
		k.t.Fatal(err)
	}
	if got := group.Got(); len(got) != 2 || !strings.Contains(got[1].Text, p.Title) || !strings.Contains(got[1].Text, "余知秋") {
		k.t.Fatalf("the group was told %+v", got)
	}
	member := k.as("余知秋")
	member.Visit("/notices")
	member.Sees("因为您是提案人")
	member.Shoot("notices-why")
	member.Axe()
	office := k.as("柳文书")
	office.Visit("/proposals/" + p.ID)
	office.Sees("通知了谁", "没有发出的，按原因")
	office.Shoot("told-panel")
	office.Click("没有电子邮箱")
	office.Sees("没有通知到的", "余知秋", "提案人")
	office.Shoot("untold")
	office.Axe()
	office.Visit("/deliveries")
	office.Sees("提案委工作群", "企业微信群")
	office.Shoot("deliveries")
	office.Axe()
}
