package figureweb_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"shangliang/internal/app"
	"shangliang/internal/app/apptest"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/web/browsertest"
)

// TestInBrowser walks from the year's figures to a case, as a leader would.
func TestInBrowser(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	admin := w.As("柳文书")
	for i, name := range []string{"余知秋", "𠮷野川", "凌若谷"} {
		must(t, join(admin, w, name, []string{"经济界", "教育界"}[i%2]))
	}
	w.Play(proposal.FollowingUp)
	for _, until := range []string{proposal.FeedbackOpen, proposal.Filed, proposal.InReview} {
		text := w.Text()
		text.Title = "关于在县城东区增设公交线路的提案"
		w.PlayText(until, text)
	}
	ts := httptest.NewServer(w.Router)
	defer ts.Close()
	b := browsertest.Start(t, ts.URL)
	for _, screen := range []browsertest.Screen{browsertest.Phone, browsertest.Desk} {
		t.Run(screen.Name, func(t *testing.T) {
			tab := b.Open(t, "高望舒", screen)
			tab.SetCookie(app.SessionCookie, w.Token("高望舒"))
			tab.Visit("/")
			tab.Sees("统计指标", "全部指标")
			tab.Shoot("figures-home")
			tab.Click("全部指标")
			tab.Sees("办理过程", "办理结果", "办复率", "100%", "收到提案", "满意率")
			tab.Shoot("figures-all")
			tab.Click("立案提案")
			tab.Sees("关于疏浚临川县城西排洪渠的提案", "共 3 条")
			tab.Shoot("figures-one")
			tab.Choose("分类", "界别")
			tab.Sees("按界别", "经济界")
			tab.Shoot("figures-split")
			tab.Visit("/figures/proposal.satisfaction_rate?year=2026")
			tab.Sees("按本级规则，“基本满意”计入满意", "1 / 1")
			tab.Shoot("figures-rate")
			tab.Visit("/figures/proposal.progress_rate?year=2026&by=unit")
			tab.Shoot("figures-unit")
			tab.Click("关于疏浚临川县城西排洪渠的提案")
			tab.Sees("您的提案收悉")
			clerk := b.Open(t, "柳文书", screen)
			clerk.SetCookie(app.SessionCookie, w.Token("柳文书"))
			clerk.Visit("/figure-freezes")
			clerk.Fill("报告名称", "九届五次会议以来提案工作报告")
			clerk.Click("定格")
			clerk.Sees("与定格时完全一致")
			clerk.Shoot("figures-frozen")
		})
	}
}

func join(ctx context.Context, w *apptest.World, name, sector string) error {
	_, err := w.Org.AddMembership(ctx, org.Membership{Person: w.People[name], Body: w.Bodies[sector], From: calendar.Date("2022-01-10")})
	return err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
