package app_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shangliang/internal/app"
	"shangliang/internal/app/apptest"
	"shangliang/internal/web/browsertest"
)

// roster is a list as offices keep them: a line that cannot be right among
// others that are.
const roster = `姓名,性别,委员证号,类别,界别,党派,单位及职务,手机
沈砚秋,女,C-001,委员,教育界,民盟,县第一中学教师,
贺兰亭,男,C-002,常委,经济界,,县商会会长,
𠮷田青,男,C-003,委员,教育界,,县实验小学校长,
无证人,男,C-002,委员,没有的界,,,12
`

// An empty platform is set up in the browser: tenant, term, session, bodies and
// the first administrator, then the roster with accounts for its people, one of
// whom signs in with what is printed on their slip.
func TestWalkSetUp(t *testing.T) {
	for _, s := range []browsertest.Screen{browsertest.Phone, browsertest.Desk} {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			a, err := app.New(context.Background(), app.Options{Data: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			chrome := browsertest.Start(t, serve(t, a))

			admin := chrome.Open(t, "管理员", s)
			admin.Visit("/") // whatever one opens, an empty platform leads to its set-up
			admin.Sees("初始设置", "设置码")
			link, err := a.SetUpLink(context.Background(), "")
			if err != nil {
				t.Fatal(err)
			}
			admin.Visit(strings.TrimPrefix(link, "http://")) // as the command line prints it
			admin.Shoot("set-up")
			admin.Fill("全称", "政协青禾县委员会")
			admin.Fill("简称", "青禾县政协")
			admin.Choose("层级", "县")
			admin.Fill("行政区", "青禾县")
			admin.Fill("登录名前缀", "qh")
			admin.Fill("第几届", "9")
			admin.Fill("本届开始", "2022-01-10")
			admin.Fill("第几次会议", "5")
			admin.Fill("会议开幕", "2026-02-24")
			admin.Fill("会议闭幕", "2026-02-27")
			admin.Fill("承办单位", "县水利局\n县委宣传部，党群")
			admin.Fill("姓名", "管一平")
			admin.Fill("登录名", "qh-admin")
			admin.Fill("新密码", apptest.Password)
			admin.Fill("再输入一次", apptest.Password+"?")
			admin.Click("完成设置")
			admin.Sees("两次输入的密码不一致") // and what was filled in is still there
			admin.Shoot("set-up-refused")
			admin.Fill("新密码", apptest.Password)
			admin.Fill("再输入一次", apptest.Password)
			admin.Click("完成设置")
			admin.Sees("设置完成", "导入名册")
			admin.Shoot("set-up-done")

			file := filepath.Join(t.TempDir(), "名册.csv")
			if err := os.WriteFile(file, []byte(roster), 0o600); err != nil {
				t.Fatal(err)
			}
			admin.Upload("input[type=file]", file)
			admin.Click("上传并检查")
			admin.Sees("检查名册", "没有的界")
			admin.Shoot("roster-preview")
			admin.Tick("", "同时给新增的人开通委员账号")
			admin.Click("导入3人")
			admin.Sees("一次性密码（3人）", "沈砚秋", "𠮷田青")
			admin.SeesNot("无证人")
			admin.Shoot("roster-slips")
			slip := admin.Slip("沈砚秋")
			admin.Visit("/people")
			admin.Sees("沈砚秋", "贺兰亭")
			admin.Shoot("people")

			member := chrome.Open(t, "沈砚秋", s)
			member.Visit("/")
			member.Fill("登录名", slip[0])
			member.Fill("密码", slip[1])
			member.Shoot("sign-in")
			member.Click("登录")
			member.Fill("新密码", "Zheng-Qi-2026")
			member.Fill("再输入一次", "Zheng-Qi-2026")
			member.Shoot("first-password")
			member.Click("保存并继续")
			member.Sees("沈砚秋，您好")
		})
	}
}

// serve serves a platform as the command does, until the test ends, and returns
// where.
func serve(t *testing.T, a *app.App) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, a.Close()); err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}
