package ui_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/ui"
	assets "shangliang/web"
)

// go test ./internal/ui -run TestGallery -gallery /tmp/g writes the pages below
// with their assets; serve that folder to look at them.
var galleryDir = flag.String("gallery", "", "folder to write the gallery of parts to")

// gallery is every part once, put together as real pages are.
var gallery = map[string]struct {
	chrome *ui.Chrome
	page   func() templ.Component
}{
	"list": {clerk, listPage},
	"case": {clerk, casePage},
	"form": {clerk, formPage},
	"home": {member, homePage},
	"sign": {&ui.Chrome{TenantName: "政协临溪县委员会", Flash: &ui.Flash{Kind: ui.Info, Text: "您已退出登录"}}, signPage},
	"fail": {&ui.Chrome{SignedIn: true, PersonName: "许文澜", RoleTitle: "提案委办", RequestID: "req-7f3a"}, failPage},
}

var clerk = &ui.Chrome{
	TenantName: "政协临溪县委员会", PersonName: "许文澜", RoleTitle: "提案委办", SignedIn: true, Unread: 12, Path: "/proposals",
	Grants: []ui.Choice{{"g1", "提案委办 · 临溪县", true}, {"g2", "委员 · 临溪县", false}},
	Flash:  &ui.Flash{Kind: ui.Good, Text: "已立案3件", UndoURL: "/proposals/undo"},
	Menu: []ui.MenuGroup{
		{"", []ui.MenuItem{{Path: "/", Title: "首页", Icon: "home", Primary: true}}},
		{"提案", []ui.MenuItem{
			{Path: "/proposals", Title: "全部提案", Icon: "files", Primary: true},
			{Path: "/proposals/review", Title: "待审查", Icon: "gavel", Count: 23, Primary: true},
			{Path: "/assignments", Title: "办理中", Icon: "send", Count: 1204, Primary: true},
			{Path: "/feedback", Title: "反馈", Icon: "message-circle"},
		}},
		{"管理", []ui.MenuItem{{Path: "/people", Title: "委员名册", Icon: "users"}, {Path: "/rules", Title: "规则", Icon: "settings"}}},
	},
}

var member = &ui.Chrome{
	TenantName: "政协临溪县委员会", PersonName: "沈岚", RoleTitle: "委员", SignedIn: true, Path: "/",
	Menu: []ui.MenuGroup{{"", []ui.MenuItem{
		{Path: "/", Title: "首页", Icon: "home", Primary: true},
		{Path: "/mine", Title: "我的提案", Icon: "files", Primary: true, Count: 2},
		{Path: "/proposals/new", Title: "提交", Icon: "edit", Primary: true},
		{Path: "/notices", Title: "通知", Icon: "bell", Primary: true},
	}}},
}

const today = calendar.Date("2026-03-12")

func running(due calendar.Date) ui.ClockInfo {
	return ui.ClockInfo{
		Title: "答复期限", Started: "2025-12-12", Due: due, Hard: "2026-06-12", Half: "2026-01-27", Eighty: "2026-02-22", Today: today,
		Why: []string{"2025年12月12日交办", "三个月：到2026年3月12日", "延期一次30天，经同意：到2026年4月13日（4月11日是周六，顺延）"},
	}
}

func listPage() templ.Component {
	here := "/proposals?state=filed&sort=-due&q=养老"
	rows := make([]ui.Row, 0, 12)
	dues := []calendar.Date{"2026-03-01", "2026-03-12", "2026-03-20", "2026-08-01"}
	for i := range 12 {
		c := running(dues[i%4])
		kind, word := c.State(context.Background())
		rows = append(rows, ui.Row{
			ID: fmt.Sprintf("p%d@3", i), Href: fmt.Sprintf("/proposals/p%d", i), Name: fmt.Sprintf("第%d号", i+1), Kind: kind,
			Cells: []templ.Component{
				ui.Highlight([]string{"关于加快建设社区养老服务中心的提案", "关于在老城区增设公共停车位的提案", "关于支持山区中小学配备专职心理健康教师、完善转介机制并纳入督导评价的提案"}[i%3], []ui.Span{{0, 6}}),
				ui.Str(fmt.Sprintf("第%03d号", i+1)), ui.Str([]string{"沈岚", "民建临溪县支部", "周𠮷安等5人"}[i%3]),
				ui.Badge(kind, word), ui.DueBadge(c), ui.On("2025-12-12"), ui.Num(1200 + i),
			},
		})
	}
	return page(ui.PageInfo{
		Title: "全部提案", Lead: "本次会议收到的提案，按办理期限排列。", Crumbs: []ui.Link{{"首页", "/"}},
		Actions: ui.Group(ui.Button(ui.ButtonInfo{Label: "打印", Icon: "printer", Print: true}), ui.Button(ui.ButtonInfo{Label: "代录纸质提案", Icon: "plus", Kind: ui.Primary, Href: "/proposals/paper"})),
	},
		ui.Tabs("按状态", []ui.Tab{{"全部", "/proposals", 214, true}, {"待审查", "/proposals?tab=review", 23, false}, {"已逾期", "/proposals?tab=late", 3, false}, {"草稿", "/proposals?tab=draft", -1, false}}),
		ui.Filters(ui.FiltersInfo{
			Here: here, Search: "题目或案号", Export: "/proposals.xlsx?state=filed",
			Fields: []ui.Field{
				{Name: "state", Label: "状态", Options: ui.Options("", "全部", "filed", "已立案", "review", "审查中")},
				{Name: "unit", Label: "承办单位", Options: ui.Options("", "全部", "u1", "县民政局", "u2", "县交通运输局")},
				{Name: "from", Label: "提交日期自", Kind: "date"},
			},
		}),
		with(ui.List("list"), ui.Table(ui.TableInfo{
			Caption: "提案", Here: here, Sort: "-due", Rows: rows,
			Columns: []ui.Column{{Title: "题目", Wide: true}, {Title: "案号", Key: "no"}, {Title: "提案者"}, {Title: "状态"}, {Title: "期限", Key: "due"}, {Title: "交办日期", Desk: true}, {Title: "字数", Num: true, Desk: true}},
			Bulk: &ui.Bulk{URL: "/proposals/bulk", Buttons: []ui.ButtonInfo{
				{Label: "签收", Icon: "check", Name: "action", Value: "sign", Kind: ui.Primary},
				{Label: "催办", Icon: "bell", Name: "action", Value: "remind"},
				{Label: "不予立案", Name: "action", Value: "decline", Kind: ui.Danger, Confirm: "对选中的提案不予立案？"},
			}},
		}), ui.Pager(ui.PagerInfo{Count: 1000, Capped: true, Prev: "/proposals?before=x", Next: "/proposals?after=y", Export: "/proposals.xlsx"})),
	)
}

func casePage() templ.Component {
	invalid := errs.Fields{}
	invalid.Add("reason", "请写明申退的理由")
	head := with(ui.Card(ui.CardInfo{Title: "办理进程"}), ui.Steps("提案的进程", []ui.Step{
		{Title: "提交", State: ui.StepDone, On: "2025-11-20", Note: "沈岚"},
		{Title: "审查", State: ui.StepDone, On: "2025-12-01"},
		{Title: "立案", State: ui.StepDone, On: "2025-12-05", Note: "第012号"},
		{Title: "交办", State: ui.StepDone, On: "2025-12-12"},
		{Title: "办理", State: ui.StepCurrent, Note: "县民政局主办"},
		{Title: "答复"}, {Title: "评价"}, {Title: "办结"},
	}))
	rest := ui.Group(
		with(ui.Card(ui.CardInfo{Title: "提案正文", Actions: ui.Button(ui.ButtonInfo{Label: "复制", Icon: "copy", Copy: "正文"})}),
			ui.Prose("目前全县60岁以上老人4.2万人，占户籍人口的23.1%，而社区养老床位不足800张。\n\n建议：一、每个街道至少建一个综合养老服务中心；二、把助餐点纳入民生实事。")),
		with(ui.Card(ui.CardInfo{Title: "基本情况"}), ui.DescriptionList([]ui.Item{
			ui.Say("案号", "第012号"), {Term: "提案者", Value: ui.People([]ui.PersonInfo{{Name: "沈岚", Note: "经济界", URL: "/people/1"}, {Name: "周𠮷安", Note: "农业界", Kind: ui.Good, Word: "已确认"}, {Name: "何以宁", Kind: ui.Warn, Word: "待确认"}})},
			ui.Say("公开", "同意公开"),
		})),
		with(ui.Card(ui.CardInfo{Title: "附件"}), ui.FileList([]ui.FileItem{{Name: "调研报告.pdf", URL: "/files/1", Bytes: 1 << 21, Note: "沈岚上传", Remove: "/files/1/remove"}, {Name: "统计表.xlsx", URL: "/files/2", Bytes: 30000}})),
		with(ui.Card(ui.CardInfo{Title: "经过"}), ui.Timeline([]ui.Entry{
			{At: time.Date(2025, 12, 15, 9, 12, 0, 0, time.UTC), Who: "县民政局 方晓", What: "签收", Icon: "check", Kind: ui.Good},
			{At: time.Date(2025, 12, 12, 1, 0, 0, 0, time.UTC), Who: "县政府督查室 罗清", What: "交办", Note: "主办：县民政局\n会办：县财政局", Icon: "send", Details: ui.Str("规则第3版")},
			{At: time.Date(2025, 11, 20, 6, 30, 0, 0, time.UTC), Who: "委员 沈岚", What: "提交"},
		})),
	)
	aside := ui.Group(
		ui.ActionPanel("现在可以办理", []ui.Action{
			{ID: "reply", Label: "起草答复", Follows: "写好后送单位负责人签发，期限到4月13日。", Icon: "edit", URL: "/a/1/reply", Kind: ui.Primary, Version: 3},
			{ID: "extend", Label: "申请延期", Follows: "督查室同意后，期限最多延长30天。", Icon: "clock-plus", URL: "/a/1/extend", Fields: ui.Group(ui.DateField(ui.Field{Name: "due", Label: "延至", Required: true, From: "2026-03-13", To: "2026-06-12"}), ui.TextArea(ui.Field{Name: "reason", Label: "理由", Required: true, Max: 200}))},
			{ID: "return", Label: "申请退回", Follows: "退回后由督查室改办。", Icon: "arrow-back-up", URL: "/a/1/return", Kind: ui.Danger, Confirm: "确定申请退回？", Hidden: []ui.Link{{"unit", "u1"}}, Err: invalid.Err(), Fields: ui.TextArea(ui.Field{Name: "reason", Label: "理由", Required: true})},
			{ID: "sign", Label: "签发", Not: "先要有至少一次与提案者的沟通记录。"},
		}),
		ui.Clock(running("2026-04-13")),
		ui.Clock(ui.ClockInfo{Title: "首次沟通", Started: "2025-12-12", Due: "2026-01-05", Met: "2025-12-30", Today: today}),
		ui.Clock(ui.ClockInfo{Title: "会办意见", Started: "2025-12-12", Due: "2026-01-12", Today: today}),
	)
	return page(ui.PageInfo{Title: "关于加快建设社区养老服务中心的提案", Crumbs: []ui.Link{{"首页", "/"}, {"全部提案", "/proposals"}}}, ui.CaseColumns(head, aside, rest))
}

func formPage() templ.Component {
	wrong := errs.Fields{}
	wrong.Add("title", "题目不能少于%d个字", 5)
	wrong.Add("openness", "请选择是否公开")
	return page(ui.PageInfo{Title: "提交提案", Narrow: true, Crumbs: []ui.Link{{"我的提案", "/mine"}}},
		ui.Alert(ui.Warn, "征集将在3月15日截止。"),
		with(ui.Form(ui.FormInfo{Action: "/proposals", Autosave: "/proposals/drafts/d1", Version: 2, Upload: true, Err: wrong.Err()}),
			with(ui.FormSection("内容", "一事一案，情况、分析和建议分开写。"),
				ui.TextField(ui.Field{Name: "title", Label: "题目", Value: "养老", Required: true, Max: 50, Help: "写成“关于……的提案”"}),
				ui.TextArea(ui.Field{Name: "situation", Label: "情况", Required: true, Rows: 5, Max: 1500, Value: "<script>alert('x')</script>"}),
				ui.RadioField(ui.Field{Name: "kind", Label: "类别", Required: true, Value: "joint", Options: []ui.Option{{Value: "individual", Label: "个人提案"}, {Value: "joint", Label: "联名提案", Help: "联名人须在期限前本人确认"}}}),
				ui.SelectField(ui.Field{Name: "cosigners", Label: "联名人", Multiple: true, Pick: "/people.json", ShowWhen: "kind=joint", Values: []string{"p1"}, Options: ui.Options("p1", "周𠮷安", "p2", "何以宁")}),
				ui.SelectField(ui.Field{Name: "unit", Label: "希望由谁办理", Pick: "list", Options: []ui.Option{{Value: "u1", Label: "县民政局", Group: "政府"}, {Value: "u2", Label: "县财政局", Group: "政府"}, {Value: "u3", Label: "县委宣传部", Group: "党群"}}}),
				ui.RadioField(ui.Field{Name: "openness", Label: "是否公开", Required: true, Options: ui.Options("yes", "同意公开", "no", "不同意公开")}),
				ui.TextField(ui.Field{Name: "why", Label: "不公开的理由", ShowWhen: "openness=no"}),
				ui.ChecksField(ui.Field{Name: "declare", Label: "声明", Values: []string{"own"}, Options: ui.Options("own", "本人撰写", "researched", "经过调研")}),
				ui.CheckField(ui.Field{Name: "agree", Label: "我已阅读提案须知", Required: true}),
				ui.DateField(ui.Field{Name: "on", Label: "调研日期", Value: "2026-02-01"}),
				ui.NumberField(ui.Field{Name: "n", Label: "参加人数", From: "1", To: "200"}),
				ui.PasswordField(ui.Field{Name: "pin", Label: "签名口令", Auto: "current-password"}),
				ui.FileField(ui.Field{Name: "scan", Label: "纸质件扫描", Accept: ".pdf,.jpg", MaxBytes: 20 << 20}),
				ui.HiddenField("from", "paper"),
			),
			ui.More("更多选项", false),
			with(ui.FormEnd(), ui.Submit("提交提案"), ui.Button(ui.ButtonInfo{Label: "存为草稿", Anyway: true, Name: "draft", Value: "1"}), ui.Button(ui.ButtonInfo{Label: "不能删除", Disabled: true, Title: "已有联名人确认"})),
		),
		ui.PostButton("/proposals/d1/delete", 2, ui.ButtonInfo{Label: "删除草稿", Kind: ui.Quiet, Icon: "trash"}),
	)
}

func homePage() templ.Component {
	return page(ui.PageInfo{Title: "沈岚，您好", Lead: "今年已提交2件提案。"},
		with(ui.Stack(),
			ui.Stats([]ui.StatInfo{{Label: "等我确认", Value: "1", Unit: "件", URL: "/mine?tab=confirm", Kind: ui.Warn}, {Label: "已答复", Value: "2", Unit: "件", URL: "/mine"}, {Label: "满意率", Value: "94.9%", Note: "203 / 214", Kind: ui.Good}, {Label: "逾期", Value: "3", Kind: ui.Bad, URL: "/late"}}),
			with(ui.Card(ui.CardInfo{ID: "units", Title: "承办单位", Flush: true}), ui.Bars("各单位办理数", "单位", "今年", "去年", []ui.Bar{{Label: "县民政局", Value: 38, Before: 30, URL: "/f?u=1"}, {Label: "县交通运输局", Value: 21, Before: 25}, {Label: "县教育局", Value: 9, Before: 0}})),
			with(ui.Card(ui.CardInfo{Title: "办理结果"}), ui.Share("办理结果", "类别", "件数", []ui.Part{{"A 已解决", 120, "/f?c=A"}, {"B 正在解决", 70, ""}, {"C 留作参考", 24, ""}})),
			with(ui.Card(ui.CardInfo{Title: "历年提案"}), ui.Trend(ui.TrendInfo{Title: "历年提案数", Labels: []string{"2021年", "2022年", "2023年", "2024年", "2025年"}, URLs: []string{"/f?y=2021"}, Lines: []ui.Line{{"立案", []float64{180, 195, 188, 203, 214}}, {"提交", []float64{230, 241, 236, 250, 262}}}})),
			ui.Progress("导入名册", 120, 200, "/jobs/7"),
			ui.Empty(ui.EmptyInfo{Icon: "inbox", Title: "还没有联名邀请", Text: "别的委员请您联名时，会出现在这里。", Action: ui.Button(ui.ButtonInfo{Label: "提交提案", Kind: ui.Primary, Href: "/proposals/new"})}),
			ui.Table(ui.TableInfo{Caption: "空", Columns: []ui.Column{{Title: "题目"}}, Empty: ui.Empty(ui.EmptyInfo{Title: "没有相符的提案"})}),
			ui.A(ui.Link{Title: "全部指标", URL: "/figures"}), ui.LongDay(today), ui.When(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)),
		),
	)
}

func signPage() templ.Component {
	return with(ui.Plain("登录"), with(ui.Form(ui.FormInfo{Action: "/sign-in", Err: errs.New(errs.Unauthenticated, "账号或密码不对")}),
		ui.TextField(ui.Field{Name: "account", Label: "账号", Required: true, Auto: "username"}),
		ui.PasswordField(ui.Field{Name: "password", Label: "密码", Required: true, Auto: "current-password"}),
		ui.Submit("登录")))
}

func failPage() templ.Component {
	return page(ui.PageInfo{Title: "出了点问题", Failed: true, Narrow: true}, ui.Alert(ui.Bad, "请稍后再试。"))
}

// page and with put children into a part, as a template does.
func page(p ui.PageInfo, children ...templ.Component) templ.Component {
	return with(ui.Page(p), children...)
}

func with(c templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, ui.Group(children...)), w)
	})
}

func render(t testing.TB, ctx context.Context, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGallery(t *testing.T) {
	for name, g := range gallery {
		t.Run(name, func(t *testing.T) {
			text := render(t, ui.WithChrome(t.Context(), g.chrome), g.page())
			doc, err := html.Parse(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			checkPage(t, doc)
			if *galleryDir == "" {
				return
			}
			for _, theme := range []string{"light", "dark"} {
				c := *g.chrome
				c.Theme = theme
				writeFile(t, filepath.Join(*galleryDir, name+"-"+theme+".html"), []byte(render(t, ui.WithChrome(t.Context(), &c), g.page())))
			}
			c := *g.chrome
			c.Size = "large"
			words, err := lang.New(nil, ui.Words, calendar.Words)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, filepath.Join(*galleryDir, name+"-large.html"), []byte(render(t, lang.With(ui.WithChrome(t.Context(), &c), words, lang.En), g.page())))
		})
	}
	if *galleryDir != "" {
		_ = fs.WalkDir(assets.FS, ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !strings.HasPrefix(name, ".") {
				b, _ := fs.ReadFile(assets.FS, name)
				writeFile(t, filepath.Join(*galleryDir, assets.URL(name)), b)
			}
			return nil
		})
	}
}

func writeFile(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
}
