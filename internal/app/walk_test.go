package app_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/web/browsertest"
)

// walk is a world that people use in a browser, each at a screen of their own.
type walk struct {
	*apptest.World
	t      *testing.T
	screen browsertest.Screen
	chrome *browsertest.Browser
	tabs   map[string]*browsertest.Tab
}

// onEach runs a test on a fresh world at each size of screen.
func onEach(t *testing.T, f func(k *walk)) {
	for _, s := range []browsertest.Screen{browsertest.Phone, browsertest.Desk} {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			w := apptest.New(t, db.SQLite)
			site := httptest.NewServer(w.Router)
			t.Cleanup(site.Close)
			f(&walk{World: w, t: t, screen: s, chrome: browsertest.Start(t, site.URL), tabs: map[string]*browsertest.Tab{}})
		})
	}
}

// as is somebody at their first page. Who is not signed in signs in through the
// form; the first time with the one-time password that they were given.
func (k *walk) as(name string) *browsertest.Tab {
	k.t.Helper()
	tab := k.tabs[name]
	if tab == nil {
		tab = k.chrome.Open(k.t, name, k.screen)
		k.tabs[name] = tab
	}
	tab.Visit("/")
	if tab.Path() == "/sign-in" {
		tab.Fill("登录名", k.Logins[name])
		tab.Fill("密码", k.Password(name))
		tab.Click("登录")
		if k.Password(name) != apptest.Password {
			tab.Sees("设置新密码")
			tab.Fill("新密码", apptest.Password)
			tab.Fill("再输入一次", apptest.Password)
			tab.Click("保存并继续")
			k.Chose(name)
		}
	}
	tab.Sees(name + "，您好")
	return tab
}

// menu goes to a place of the main menu, on a phone through its bottom bar.
func (k *walk) menu(tab *browsertest.Tab, item string) {
	k.t.Helper()
	if !tab.Offers(item) {
		tab.Click("更多")
	}
	tab.Click(item)
}

// open goes from the first page through a queue to a proposal.
func (k *walk) open(name, queue, title string) *browsertest.Tab {
	k.t.Helper()
	tab := k.as(name)
	tab.Click(queue)
	tab.Click(title)
	tab.Sees("办理进程")
	return tab
}

// take takes a step that asks something: unfolds it, fills it in, sends it.
func take(tab *browsertest.Tab, step string, fields ...string) {
	tab.T.Helper()
	tab.Click(step)
	for i := 0; i+1 < len(fields); i += 2 {
		tab.Fill(fields[i], fields[i+1])
	}
	tab.Click(step)
	step, _, _ = strings.Cut(step, " · ")
	tab.Sees("已办理：" + step)
}

const (
	dredging = "关于疏浚城西排洪渠的提案"
	host     = "县水利局"
	helper   = "县农业农村局"
)

// A proposal from the first word to the promise that was kept, by everybody who
// has a part in it, as they do it.
func TestWalk(t *testing.T) {
	onEach(t, func(k *walk) {
		k.write()
		k.review()
		k.dispatch()
		k.handle()
		k.rate()
		k.follow()
		k.look()
	})
}

// write: the first proposer writes and invites, the co-signer confirms, the
// first proposer hands in.
func (k *walk) write() {
	lead := k.as("余知秋")
	lead.Shoot("member-first")
	lead.Click("写提案")
	lead.Tick("提案形式", "联名提案")
	lead.Fill("案由", dredging)
	lead.Sees("已保存")
	lead.Visit("/") // nothing is lost by leaving
	lead.Click(dredging)
	lead.Click("继续撰写")
	lead.Pick("联名人", "𠮷野川")
	lead.Choose("类别", "社会建设")
	lead.Fill("情况", "城西排洪渠多年未清淤，去年汛期两次漫堤，沿渠三百余户受淹。")
	lead.Fill("分析", "渠道由三个单位分段管护，责任不清，经费没有着落。")
	lead.Fill("建议", "一、明确由县水利局统一管护；二、汛前完成清淤；三、沿渠设警示水位。")
	lead.Pick("希望由谁办理", host)
	lead.Tick("", "经过调研")
	lead.Tick("公开意愿", "同意公开全文")
	lead.Shoot("member-write")
	lead.Click("邀请联名")
	lead.Sees("已发出联名邀请", "待确认")
	lead.Shoot("member-invited")

	signer := k.open("𠮷野川", "待我确认联名", dredging)
	signer.Shoot("cosigner-case")
	signer.Click("确认联名")
	signer.Sees("您已确认联名")

	lead = k.as("余知秋")
	lead.Click(dredging)
	lead.Sees("已确认")
	lead.Click("提交联名提案")
	lead.Sees("已办理：提交联名提案", "已提交")
	lead.Shoot("member-submitted")
}

// review: the office receives, a reviewer passes it twice, the chair files it.
func (k *walk) review() {
	clerk := k.as("柳文书")
	clerk.Shoot("clerk-first")
	clerk.Click("新收到")
	clerk.Shoot("clerk-queue")
	clerk.Press("j")
	clerk.Press("k")
	clerk.Press(kb.Enter)
	clerk.Sees("办理进程", dredging)
	clerk.Shoot("clerk-case")
	clerk.Click("受理")
	clerk.Sees("已办理：受理", "都办完了")
	clerk.Shoot("clerk-queue-done")

	for _, score := range []string{"4", "5"} {
		reviewer := k.open("纪审言", "审查中", dredging)
		reviewer.Shoot("reviewer-case")
		take(reviewer, "通过本级审查", "质量评分", score, "审查意见", "选题准，建议可行")
	}

	chair := k.open("莫定安", "审查中", dredging)
	take(chair, "立案", "审查意见", "同意立案")
	chair.Shoot("chair-queue")
}

// dispatch: to a host and a co-handler.
func (k *walk) dispatch() {
	office := k.as("岳交之")
	office.Shoot("dispatcher-first")
	office = k.open("岳交之", "待交办", dredging)
	office.Sees("第1号")
	office.Click("交办")
	office.Sees("提案人希望由县水利局办理")
	office.Tick("办理方式", "主办和会办")
	office.Pick("独办或主办单位", host)
	office.Pick("会办单位", helper)
	office.Fill("交办意见", "请县水利局牵头，汛前见效")
	office.Shoot("dispatcher-dispatch")
	office.Click("交办")
	office.Sees("已办理：交办")
}

// handle: both departments sign for it; the co-handler sends its opinion, the
// host talks to the proposers, drafts, signs off; the office checks.
func (k *walk) handle() {
	clerk := k.as("水清源")
	clerk.Shoot("unit-first")
	clerk = k.open("水清源", "待签收", dredging)
	clerk.Shoot("unit-case")
	clerk.Click("签收")
	clerk.Sees("已办理：签收")

	other := k.open("田会办", "待签收", dredging)
	other.Click("签收")
	other.Sees("已办理：签收")
	other = k.open("田会办", "办理中", dredging)
	other.Click("拟写答复")
	other.Fill("正文", "渠道沿线农田排水口由我局核查，五月底前清理完毕。")
	other.Click("保存")
	other.Sees("已办理：拟写答复")
	other = k.open("田会办", "拟稿与签发", dredging)
	other.Click("送会办意见")
	other.Sees("已办理：送会办意见")

	officer := k.open("江承平", "办理中", dredging)
	officer.Click("登记沟通")
	officer.Tick("沟通方式", "面商")
	officer.Fill("日期", "2026-03-12")
	officer.Fill("参加人", "余知秋、江承平")
	officer.Fill("沟通情况", "一同看了渠段，委员要求汛前清完")
	officer.Shoot("unit-contact")
	officer.Click("登记沟通")
	officer.Sees("已办理：登记沟通")
	k.draft("江承平", "办理中", "临水提〔2026〕1号", "汛前完成清淤")

	leader := k.open("汪签远", "拟稿与签发", dredging)
	leader.Shoot("unit-sign-off")
	leader.Click("签发答复")
	leader.Sees("已办理：签发答复")
	leader.Click("撤销") // one look more, before it is checked
	leader.Sees("“撤回签发”已办1件")
	leader = k.open("汪签远", "拟稿与签发", dredging)
	leader.Click("签发答复")
	leader.Sees("已办理：签发答复")

	office := k.open("柳文书", "答复待审核", dredging)
	office.Shoot("clerk-check")
	take(office, "审核通过 · "+host)
}

// draft writes a reply with one promise; the page saves itself meanwhile.
func (k *walk) draft(name, queue, number, promise string) {
	k.t.Helper()
	officer := k.open(name, queue, dredging)
	officer.Click("拟写答复")
	officer.Fill("正文", "余知秋、𠮷野川委员：\n您们提出的提案收悉，现答复如下。\n一、城西排洪渠自今年起由我局统一管护。\n二、汛前完成全线清淤。")
	officer.Sees("已保存")
	officer.Fill("文号", number)
	officer.Choose("办理结果分类", "B 类")
	officer.Choose("公开方式", "全文公开")
	officer.Fill("联系人", "江承平")
	officer.Fill("联系电话", "0000-1234567")
	officer.Fill("第1项", promise)
	officer.Fill("第1项的完成日期", "2026-05-31")
	officer.Shoot("unit-draft")
	officer.Click("保存")
	officer.Sees("已办理：拟写答复")
}

// rate: each proposer in their own name, once they have shown that it is them;
// the office closes.
func (k *walk) rate() {
	for _, name := range []string{"余知秋", "𠮷野川"} {
		tab := k.as(name)
		if name == "余知秋" {
			tab.Shoot("member-to-rate")
		}
		k.Wait(time.Hour) // signed in, but not shown to be there
		tab = k.open(name, "待我评价", dredging)
		tab.Sees("B 类：正在解决", "汛前完成清淤")
		tab.Click("评价办理结果")
		fillRating(tab, "满意")
		tab.Tick("", "承办单位与我沟通过")
		tab.Fill("意见", "盼早日完工")
		tab.Shoot("member-rate")
		tab.Click("提交评价")
		tab.Sees("确认是您本人")
		tab.Fill("密码", apptest.Password)
		tab.Shoot("member-rate-password")
		tab.Click("提交评价")
		tab.Sees("已记下评价，谢谢")
	}
	// The department learns nothing before the case is closed.
	unit := k.as("汪签远")
	k.menu(unit, "承办提案")
	unit.Click(dredging)
	unit.SeesNot("盼早日完工", "评价结果")

	office := k.open("柳文书", "待办结", dredging)
	office.Sees("盼早日完工", "与本人沟通过")
	office.Shoot("clerk-close")
	office.Click("办结")
	office.Sees("已办理：办结")

	k.as("汪签远")
	k.menu(unit, "承办提案")
	unit.Click(dredging)
	unit.Sees("评价结果")
	unit.SeesNot("盼早日完工") // two who rated can be told apart
	unit.Shoot("unit-closed")
}

// fillRating ticks the same level for everything.
func fillRating(tab *browsertest.Tab, level string) {
	tab.T.Helper()
	for _, of := range []string{"总体满意度", "办理态度", "沟通联系", "答复针对性", "办理结果"} {
		tab.Tick(of, level)
	}
}

// follow: the department reports its promise as kept, the office confirms it
// and archives the case.
func (k *walk) follow() {
	unit := k.open("江承平", "承诺待落实", dredging)
	unit.Sees("落实承诺 · 汛前完成清淤", "2026年5月31日") // a deadline like any other
	unit.Click("这个日期是怎么算出来的")
	unit.Shoot("unit-promise-clock")
	unit.Click("报告落实情况")
	unit.Fill("落实情况", "五月二十日全线清淤完毕，附验收单")
	unit.Shoot("unit-promise")
	unit.Click("报告落实情况")
	unit.Sees("已报告落实情况")

	office := k.open("柳文书", "承诺待落实", dredging)
	office.Click("已落实")
	office.Fill("核实意见", "现场看过，属实")
	office.Click("已落实")
	office.Sees("已记下核实结果")
	office = k.open("柳文书", "待归档", dredging)
	office.Click("归档")
	office.Sees("已办理：归档")

	lead := k.as("余知秋")
	lead.Click(dredging)
	lead.Sees("已归档", "已落实")
	lead.Shoot("member-archived")
}

// look: the leader comes from a figure to the record behind it; the
// administrator changes a rule.
func (k *walk) look() {
	leader := k.as("高望舒")
	leader.Shoot("leader-first")
	leader.Click("全部指标")
	leader.Sees("办复率")
	leader.Shoot("leader-figures")
	leader.Click("满意率")
	leader.Sees("组成这个数字的记录", dredging)
	leader.Shoot("leader-figure")
	leader.Click(dredging)
	leader.Sees("办理进程", "已归档")

	admin := k.as("管一平")
	admin.Shoot("admin-first")
	k.menu(admin, "规则")
	admin.Shoot("admin-rules")
	admin.Click("修改")
	admin.Fill("正文字数上限", "1800")
	admin.Fill("修改说明", "主席会议决定控制篇幅")
	admin.Shoot("admin-rule-edit")
	admin.Click("保存为新的一版")
	admin.Click("历次版本")
	admin.Sees("主席会议决定控制篇幅")
	admin.Shoot("admin-rule-versions")
}

// Who is not satisfied is answered again, by a new round with its own deadline.
func TestWalkAgain(t *testing.T) {
	onEach(t, func(k *walk) {
		p := k.Play("feedback_open")
		tab := k.open("余知秋", "待我评价", p.Title)
		tab.Click("评价办理结果")
		fillRating(tab, "不满意")
		tab.Click("提交评价")
		tab.Sees("请说明原因") // what is wrong stands at the field, and nothing is lost
		tab.Shoot("member-rate-refused")
		tab.Fill("意见", "只说研究，没有时间表")
		tab.Click("提交评价")
		tab.Sees("已记下评价，谢谢")

		office := k.open("柳文书", "待办结", p.Title)
		take(office, "重新办理", "重新办理要求", "请写明时间表")

		unit := k.open("水清源", "待签收", p.Title)
		unit.Sees("第2轮", "请写明时间表")
		unit.Shoot("unit-second-round")
		unit.Click("签收")
		unit.Sees("已办理：签收")
		unit = k.open("江承平", "办理中", p.Title)
		unit.Click("登记沟通")
		unit.Tick("沟通方式", "走访")
		unit.Fill("日期", "2026-03-12")
		unit.Fill("参加人", "余知秋")
		unit.Fill("沟通情况", "当面说明了时间表")
		unit.Click("登记沟通")
		unit.Sees("已办理：登记沟通")
		unit.Click("拟写答复")
		unit.Fill("正文", "补充答复：四月十日进场，五月二十日完工。")
		unit.Fill("文号", "临水提〔2026〕1号补")
		unit.Choose("办理结果分类", "A 类")
		unit.Choose("公开方式", "全文公开")
		unit.Fill("联系人", "江承平")
		unit.Fill("联系电话", "0000-1234567")
		unit.Click("保存")
		unit.Sees("已办理：拟写答复")
		leader := k.open("汪签远", "拟稿与签发", p.Title)
		leader.Click("签发答复")
		leader.Sees("已办理：签发答复")
		office = k.open("柳文书", "答复待审核", p.Title)
		take(office, "审核通过")

		k.tabs["余知秋"].Visit("/")
		tab = k.open("余知秋", "待我评价", p.Title)
		tab.Sees("补充答复")
		tab.Click("评价办理结果")
		fillRating(tab, "满意")
		tab.Click("提交评价")
		tab.Sees("已记下评价，谢谢")
		tab.Shoot("member-second-rating")
	})
}

// The interface speaks three languages, all of it.
func TestWalkLanguages(t *testing.T) {
	onEach(t, func(k *walk) {
		p := k.Play("handling")
		for _, place := range []struct{ name, path string }{{"余知秋", "/"}, {"柳文书", "/proposals"}, {"江承平", "/proposals/" + p.ID}} {
			tab := k.as(place.name)
			tab.Visit(place.path)
			tab.ClickCSS("details[data-drop] > summary")
			tab.Shoot("menu-person" + strings.ReplaceAll(place.path, p.ID, "case"))
			tab.Click("繁體")
			tab.Is("document.documentElement.lang === 'zh-Hant'")
			tab.Sees("首頁")
			tab.ClickCSS("details[data-drop] > summary")
			tab.Click("English")
			tab.Is("document.documentElement.lang === 'en'")
			if left := tab.Han(); len(left) > 0 {
				t.Errorf("%s at %s reads in the English interface: %s", place.name, place.path, strings.Join(left, " | "))
			}
			tab.Shoot("english" + strings.ReplaceAll(place.path, p.ID, "case"))
		}
	})
}
