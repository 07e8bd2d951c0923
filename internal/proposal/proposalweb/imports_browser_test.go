package proposalweb_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shangliang/internal/app"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/web/browsertest"
)

// A clerk calls for proposals and imports a table, a member reads the call, by
// clicks on both screens.
func TestCallAndImportByClicks(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	w := apptest.New(t, db.SQLite)
	site := httptest.NewServer(w.Router)
	defer site.Close()
	browser := browsertest.Start(t, site.URL)
	vague := goodRow("关于灌渠的提案")
	vague[6] = "多修路"
	for _, screen := range []browsertest.Screen{browsertest.Phone, browsertest.Desk} {
		file := filepath.Join(t.TempDir(), "提案汇总.xlsx")
		if err := os.WriteFile(file, sheet(t, header, goodRow("关于渡口公路的提案"), vague), 0o600); err != nil {
			t.Fatal(err)
		}
		clerk := browser.Open(t, "柳文书", screen)
		clerk.SetCookie(app.SessionCookie, w.Token("柳文书"))
		clerk.Visit("/rounds")
		clerk.Click("发布征集")
		clerk.Fill("名称", "征集·"+screen.Name)
		clerk.Fill("开始日期", "2026-03-01")
		clerk.Fill("截止日期", "2026-03-20")
		clerk.Fill("参考选题", "乡村道路\n农田水利")
		clerk.Shoot("round-form")
		clerk.Click("保存")
		clerk.Sees("征集·"+screen.Name, "还有8天")

		member := browser.Open(t, "余知秋", screen)
		member.SetCookie(app.SessionCookie, w.Token("余知秋"))
		member.Visit("/rounds")
		member.Sees("征集·"+screen.Name, "农田水利")
		member.Shoot("rounds")
		member.Click("写提案")
		member.Sees("案由")

		clerk.Visit("/proposals/import")
		clerk.Sees("下载模板", "必填")
		clerk.Shoot("import")
		clerk.Upload("input[type=file]", file)
		clerk.Click("查看内容")
		clerk.Sees("请填写具体建议", "关于灌渠的提案", "提案汇总.xlsx")
		clerk.Shoot("import-preview")
		clerk.Click("只导入正确的 1 行")
		clerk.Sees("导入 1 件提案")
		clerk.Shoot("import-done")
		clerk.Click("去看这些提案")
		clerk.Sees("关于渡口公路的提案")
		if !strings.HasPrefix(clerk.Path(), "/proposals") {
			t.Errorf("is at %s", clerk.Path())
		}
	}
}
