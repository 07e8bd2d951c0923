package orgweb_test

import (
	"net/http/httptest"
	"testing"

	"shangliang/internal/web/browsertest"
)

// TestInBrowser goes through every page as an administrator does, on a phone and
// on a desk. What it comes to is checked for accessibility and width.
func TestInBrowser(t *testing.T) {
	for _, screen := range []browsertest.Screen{browsertest.Phone, browsertest.Desk} {
		t.Run(screen.Name, func(t *testing.T) {
			w := world(t)
			site := httptest.NewServer(w.Router)
			t.Cleanup(site.Close)
			tab := browsertest.Start(t, site.URL).Open(t, "管一平", screen)
			tab.Visit("/sign-in")
			tab.SetCookie("session", w.Token("管一平"))
			for _, path := range []string{"/people", "/people/new", "/people/import", "/bodies", "/bodies/" + w.Bodies["县水利局"], "/terms", "/terms/new", "/sessions/new",
				"/calendar", "/tenants", "/accounts", "/accounts/new", "/audit", "/audit/sign-ins",
				"/account", "/account/password", "/account/tokens/new", "/reauthenticate"} {
				tab.Visit(path)
			}
			tab.Visit("/people")
			tab.Click("余知秋")
			tab.Sees("基本资料", "现在可以办理")
			tab.Click("加入党派、界别、委员会")
			tab.Pick("加入", "经济界")
			tab.ClickCSS("form[action$='/membership'] button:not([type=button])")
			tab.Sees("已加入“经济界”")
			tab.Click("修改资料")
			tab.Fill("单位职务", "县第一中学教师")
			tab.Click("保存")
			tab.Sees("已保存", "单位职务：空 → 县第一中学教师")
			tab.Click("管理账号")
			tab.Click("重置密码")
			tab.ClickCSS("dialog .btn-primary")
			tab.Sees("一次性密码（1人）", "余知秋")

			tab.Visit("/calendar")
			tab.ClickCSS("button[value='2026-03-13']")
			tab.Sees("2026年3月13日（周五）：工作日")
			tab.Fill("名称", "建县纪念日")
			tab.Click("保存")
			tab.Sees("建县纪念日", "本级设置的日子")

			tab.Visit("/account/two-step")
			tab.Click("开始设置")
			tab.Sees("用手机上的验证器扫描二维码")
		})
	}
}
