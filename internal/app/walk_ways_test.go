package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shangliang/internal/proposal"
)

// The ways that lead off the main path, each from where it begins.

// aside leaves a walk to the longer run: the main path is walked in both.
func aside(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("one of the longer walks")
	}
}

// A proposal of a party: a member drafts it, the officer sends it back once and
// then stands for it.
func TestWalkCollective(t *testing.T) {
	aside(t)
	onEach(t, func(k *walk) {
		const title = "关于建设城北充电站的提案"
		drafter := k.as("余知秋")
		drafter.Click("写提案")
		drafter.Tick("提案形式", "集体提案")
		drafter.Choose("提出提案的单位", "民盟临川县支部")
		drafter.Fill("案由", title)
		drafter.Choose("类别", "社会建设")
		drafter.Fill("情况", "城北三个小区一千二百户，公共充电桩只有四个。")
		drafter.Fill("分析", "停车场产权分散，没有单位牵头。")
		drafter.Fill("建议", "一、由县交通运输局牵头选址；二、年内建成两处。")
		drafter.Tick("公开意愿", "同意公开全文")
		drafter.Shoot("collective-write")
		drafter.Click("送负责人审定")
		drafter.Sees("已送负责人审定", "待负责人审定")

		officer := k.as("裴远山")
		officer.Shoot("officer-first")
		officer.Click("待审定")
		officer.Click(title)
		officer.Sees("民盟 · 集体提案", "一千二百户")
		officer.Shoot("officer-case")
		take(officer, "退给起草人", "修改意见", "请写明由谁出资")

		drafter = k.open("余知秋", "我的草稿", title)
		drafter.Sees("请写明由谁出资")
		drafter.Click("继续撰写")
		drafter.Fill("建议", "一、由县交通运输局牵头选址；二、年内建成两处，费用列入县级预算。")
		drafter.Click("送负责人审定")
		drafter.Sees("已送负责人审定")

		officer = k.as("裴远山")
		k.menu(officer, "我的提案")
		officer.Click(title)
		officer.Sees("列入县级预算")
		officer.Click("审定并提交")
		officer.Sees("已办理：审定并提交")

		clerk := k.open("柳文书", "新收到", title)
		clerk.Sees("民盟 · 集体提案", "执笔人", "已提交")
		clerk.Shoot("clerk-collective")
	})
}

// pdf is a small scan.
const pdf = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

// What came on paper: the office enters it with its scan, the proposer finds it
// among their own.
func TestWalkPaper(t *testing.T) {
	aside(t)
	onEach(t, func(k *walk) {
		scan := filepath.Join(k.t.TempDir(), "签名件.pdf")
		if err := os.WriteFile(scan, []byte(pdf), 0o600); err != nil {
			k.t.Fatal(err)
		}
		const title = "关于修缮南门渡口的提案"
		clerk := k.as("柳文书")
		k.menu(clerk, "代录纸质提案")
		clerk.Sees("按纸质件录入")
		clerk.Pick("第一提案人", "凌若谷")
		clerk.Fill("案由", title)
		clerk.Choose("类别", "社会建设")
		clerk.Fill("情况", "南门渡口的台阶塌了三级，雨天有人滑倒。")
		clerk.Fill("分析", "渡口移交以后没有养护经费。")
		clerk.Fill("建议", "由县交通运输局在汛前修好台阶并设护栏。")
		clerk.Tick("公开意愿", "同意公开全文")
		clerk.Upload("input[type=file]", scan)
		clerk.Shoot("paper-write")
		clerk.Click("提交")
		clerk.Sees("纸质件，由工作人员代录", "签名件.pdf", "已提交")
		clerk.Shoot("paper-submitted")

		proposer := k.as("凌若谷")
		proposer.Click(title)
		proposer.Sees("纸质件，由工作人员代录", "签名件.pdf", "已提交")
	})
}

// A text that comes back is revised and handed in again; the chair then does not
// file it, and the proposer reads why and where it went.
func TestWalkDeclined(t *testing.T) {
	aside(t)
	onEach(t, func(k *walk) {
		p := k.Play(proposal.Submitted)
		clerk := k.open("柳文书", "新收到", p.Title)
		take(clerk, "退回修改", "退回理由", "请补充去年漫堤的时间和范围")
		clerk.Shoot("clerk-returned")

		lead := k.as("余知秋")
		lead.Shoot("member-to-revise")
		lead = k.open("余知秋", "退回待修改", p.Title)
		lead.Sees("请补充去年漫堤的时间和范围")
		lead.Shoot("member-returned")
		lead.Click("修改文稿")
		lead.Fill("情况", "城西排洪渠多年未清淤，去年六月、八月两次漫堤，淹及三百户。")
		lead.Click("提交")
		lead.Sees("已提交")

		clerk = k.open("柳文书", "新收到", p.Title)
		clerk.Sees("去年六月、八月")
		clerk.Click("受理")
		clerk.Sees("已办理：受理")
		clerk.Shoot("clerk-undo")
		clerk.Click("撤销") // a slip
		clerk.Sees("“撤销受理”已办1件")
		clerk = k.as("柳文书")
		clerk.Visit("/proposals/" + p.ID)
		clerk.Click("受理")
		clerk.Sees("已办理：受理")
		for range 2 {
			c := k.ok(k.Proposals.Get(k.As("纪审言"), p.ID))
			if _, err := k.Proposals.Do(k.As("纪审言"), p.ID, c.Version, "pass", proposal.Input{}); err != nil {
				k.t.Fatal(err)
			}
		}

		chair := k.open("莫定安", "审查中", p.Title)
		chair.Click("不予立案")
		chair.Choose("不予立案理由", "已进入诉讼、仲裁等程序")
		chair.Tick("去向", "转为意见和建议")
		chair.Fill("给提案人的说明", "所提事项正在诉讼，转县水利局参考")
		chair.Shoot("chair-decline")
		chair.Click("不予立案")
		chair.Sees("确定“不予立案”？") // it cannot be undone
		chair.Click("不予立案")
		chair.Sees("已办理：不予立案")

		lead = k.as("余知秋")
		lead.Click(p.Title)
		lead.Sees("未立案", "正在诉讼", "不予立案理由", "去向")
		lead.Shoot("member-declined")
	})
}

// ok is a case that must be there.
func (k *walk) ok(c *proposal.Case, err error) *proposal.Case {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
	return c
}

// A department that is not the right one asks to return the case, the dispatch
// office lets it go and hands the case to two others, each for its part; one of
// them needs more time and gets it.
func TestWalkReturn(t *testing.T) {
	aside(t)
	onEach(t, func(k *walk) {
		p := k.Play(proposal.Dispatched)
		unit := k.open("水清源", "待签收", p.Title)
		unit.Click("申请退回")
		unit.Pick("建议的承办单位", helper)
		unit.Fill("退回理由", "该渠段不在我局管护范围")
		unit.Shoot("unit-return")
		unit.Click("申请退回")
		unit.Sees("已办理：申请退回")

		office := k.open("岳交之", "待裁定", p.Title)
		office.Sees("该渠段不在我局管护范围", helper)
		office.Shoot("dispatcher-ruling")
		take(office, "同意退回", "裁定意见", "情况属实")
		k.menu(k.as("水清源"), "承办提案")
		k.tabs["水清源"].SeesNot(p.Title)

		office = k.open("岳交之", "待交办", p.Title)
		office.Click("交办")
		office.Tick("办理方式", "分办")
		office.Pick("分办单位", helper)
		office.Pick("分办单位", "县交通运输局")
		office.Fill("交办意见", "田间渠段和公路涵洞分别办理")
		office.Shoot("dispatcher-split")
		office.Click("交办")
		office.Sees("已办理：交办")

		other := k.open("田会办", "待签收", p.Title)
		other.Sees("分办")
		other.Click("签收")
		other.Sees("已办理：签收")
		other = k.open("田会办", "办理中", p.Title)
		before := k.ok(k.Proposals.Get(k.As("田会办"), p.ID)).DueOn
		take(other, "申请延期", "延期理由", "要等汛期水文资料")
		other.Shoot("unit-extension")

		office = k.open("岳交之", "待裁定", p.Title)
		office.Sees("要等汛期水文资料")
		take(office, "同意延期 · "+helper, "审批意见", "同意")
		other = k.open("田会办", "办理中", p.Title)
		other.Sees("申请延期", "同意")
		other.Shoot("unit-extended")
		for _, as := range k.ok(k.Proposals.Get(k.As("田会办"), p.ID)).Current() {
			if as.Unit == k.Bodies[helper] && as.DueOn <= before {
				k.t.Errorf("due on %s before the extension and on %s after it", before, as.DueOn)
			}
		}
	})
}

// All that people look at most, in the dark and in large type.
func TestWalkLooks(t *testing.T) {
	aside(t)
	for _, look := range []struct{ button, is string }{{"深色", "dataset.bsTheme === 'dark'"}, {"大字号", "dataset.size === 'large'"}} {
		t.Run(look.button, func(t *testing.T) {
			onEach(t, func(k *walk) {
				p := k.Play(proposal.FeedbackOpen)
				for _, place := range []struct {
					name  string
					paths []string
				}{
					{"余知秋", []string{"/", "/proposals/new", "/proposals/ID", "/proposals/ID/rate"}},
					{"柳文书", []string{"/", "/proposals", "/proposals/ID"}},
					{"江承平", []string{"/inbox"}},
					{"高望舒", []string{"/", "/figures"}},
					{"管一平", []string{"/rules", "/people", "/jobs"}},
				} {
					tab := k.as(place.name)
					tab.ClickCSS("details[data-drop] > summary")
					tab.Click(look.button)
					tab.Is("document.documentElement." + look.is)
					for _, path := range place.paths {
						tab.Visit(strings.Replace(path, "ID", p.ID, 1))
						tab.Is("document.documentElement." + look.is) // it was kept
						tab.Shoot(look.button + "-" + place.name + strings.Replace(path, "ID", "case", 1))
					}
				}
			})
		})
	}
}
