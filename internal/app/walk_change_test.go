package app_test

import (
	"strings"
	"testing"

	"shangliang/internal/likeness/sample"
	"shangliang/internal/proposal"
)

// texts are three parts with enough words to be compared.
func texts() (situation, analysis, suggestions string) {
	all := strings.SplitAfter(sample.Text(3, 9), "。")
	return strings.Join(all[:4], ""), strings.Join(all[4:6], ""), strings.Join(all[6:], "")
}

// A writer sees what was proposed before; the chair merges two; the proposers of
// both rate the one reply.
func TestWalkAlikeAndMerged(t *testing.T) {
	onEach(t, func(k *walk) {
		first := k.Text()
		first.Title = "关于整治城西渠道的提案"
		first.Situation, first.Analysis, first.Suggestions = texts()
		lead := k.PlayText(proposal.InReview, first)
		k.review2(lead.ID)

		// The clerk enters on paper, and so sees those in review; a member sees what
		// was filed.
		filed := k.PlayText(proposal.Filed, first)
		writer := k.as("凌若谷")
		writer.Click("写提案")
		writer.Fill("案由", "关于整治渠道的提案")
		writer.Choose("类别", "社会建设")
		writer.Fill("情况", first.Situation)
		writer.Fill("分析", first.Analysis)
		writer.Fill("建议", first.Suggestions)
		writer.Sees("与您写的相近", filed.Title)
		writer.Shoot("alike-writing")
		writer.Tick("公开意愿", "同意公开全文")
		writer.Click("提交")
		writer.Sees("已提交")

		clerk := k.open("柳文书", "新收到", "关于整治渠道的提案")
		clerk.Sees("按相似度排列")
		clerk.Shoot("alike-case")
		clerk.Click("受理")
		clerk.Sees("已办理：受理")

		chair := k.as("莫定安")
		chair.Click("审查中")
		chair.Click("并案建议")
		chair.Sees("最高相似度")
		chair.Shoot("merge-suggested")
		chair.Click("与第一件并排比较")
		chair.Sees("两件提案并排比较")
		chair.Shoot("alike-side-by-side")
		chair.Visit("/proposals/merging")
		chair.Click("并案…")
		chair.Fill("并案理由", "反映同一渠道，一并办理")
		chair.Shoot("merge-form")
		chair.Click("并案")
		chair.Sees("已并案", "并案办理")
		chair.Shoot("merge-lead")

		second := k.as("凌若谷")
		second.Click("关于整治渠道的提案")
		second.Sees("已并入", "打开主案")
		second.Shoot("merge-member")
	})
}

// review2 passes a case twice, so that the chair may file it.
func (k *walk) review2(id string) {
	for range 2 {
		c, err := k.Proposals.Get(k.As("纪审言"), id)
		if err != nil {
			k.t.Fatal(err)
		}
		if _, err := k.Proposals.Do(k.As("纪审言"), id, c.Version, "pass", proposal.Input{}); err != nil {
			k.t.Fatal(err)
		}
	}
}

// The proposers of both merged cases rate the one reply.
func TestWalkMergedRating(t *testing.T) {
	onEach(t, func(k *walk) {
		p := k.Play(proposal.Handling)
		text := k.Text()
		text.Title = "关于并入的提案"
		other, err := k.Proposals.Create(k.As("凌若谷"), text)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range [][2]string{{"凌若谷", "submit"}, {"柳文书", "receive"}} {
			c, err := k.Proposals.Get(k.As(x[0]), other.ID)
			if err != nil {
				t.Fatal(err)
			}
			if other, err = k.Proposals.Do(k.As(x[0]), other.ID, c.Version, x[1], proposal.Input{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := k.Proposals.Merge(k.As("莫定安"), p.ID, []proposal.Chosen{{ID: other.ID, Version: other.Version}}, "同一渠道"); err != nil {
			t.Fatal(err)
		}
		k.finish(p.ID)
		for _, name := range []string{"余知秋", "凌若谷"} {
			tab := k.open(name, "待我评价", p.Title)
			if name == "凌若谷" {
				tab.Sees("并案办理")
			}
			tab.Click("评价办理结果")
			fillRating(tab, "满意")
			tab.Click("提交评价")
			tab.Sees("已记下评价，谢谢")
		}
		office := k.open("柳文书", "待办结", p.Title)
		office.Sees("余知秋", "凌若谷")
		office.Shoot("merge-rated")
		office.Click("办结")
		office.Sees("已办理：办结")
	})
}

// finish lets the department answer the case.
func (k *walk) finish(id string) {
	step := func(who, action string, in proposal.Input) {
		c, err := k.Proposals.Get(k.As(who), id)
		if err != nil {
			k.t.Fatal(err)
		}
		as := c.Current()[0]
		if _, err := k.Proposals.DoAssignment(k.As(who), id, as.ID, as.Version, action, in); err != nil {
			k.t.Fatal(err)
		}
	}
	step("江承平", "contact", proposal.Input{Kind: "visit", On: "2026-03-12", People: "余知秋、凌若谷", Summary: "一同看了渠段"})
	step("江承平", "draft", proposal.Input{Body: "现答复如下", DocNo: "临水提1号", Outcome: "a", Disclosure: "full", ContactName: "江承平", ContactPhone: "12345"})
	step("汪签远", "sign_off", proposal.Input{})
	step("柳文书", "check", proposal.Input{})
}

// A change is asked for, compared and granted; messages go to whom they are sent;
// the proposal is withdrawn with the chair's consent.
func TestWalkChange(t *testing.T) {
	onEach(t, func(k *walk) {
		p := k.Play(proposal.Handling)
		at := "/proposals/" + p.ID
		lead := k.as("余知秋")
		lead.Visit(at)
		lead.Click("申请修改")
		lead.Fill("建议", "一、明确由县水利局统一管护；二、五月底前完成清淤；三、沿渠设警示水位，公布进度。")
		lead.Fill("修改理由", "补充期限和公开要求")
		lead.Shoot("change-ask")
		lead.Click("申请修改")
		lead.Sees("已办理：申请修改", "待决定")

		chair := k.open("莫定安", "撤案、修改待决定", p.Title)
		chair.Sees("修改申请", "公布进度")
		chair.Shoot("change-decide")
		take(chair, "同意修改", "审批意见", "同意")

		unit := k.as("江承平")
		unit.Visit(at)
		unit.Click("对照各版")
		unit.Sees("第1版", "删去")
		unit.Shoot("change-versions")

		lead.Visit(at)
		lead.Click("写消息")
		lead.Shoot("message-write")
		lead.Tick("发给", "县水利局")
		lead.Fill("内容", "修改后的建议请一并研究，何时进场请告知。")
		lead.Click("发送")
		lead.Sees("消息已发出")
		unit.Visit("/")
		unit.Sees("未读消息")
		unit.Visit(at)
		unit.Sees("何时进场请告知")
		unit.Shoot("message-thread")
		office := k.as("柳文书")
		office.Visit(at)
		office.SeesNot("何时进场请告知")

		lead.Visit(at)
		take(lead, "申请撤案", "撤案理由", "部门已经着手解决")
		chair = k.open("莫定安", "撤案、修改待决定", p.Title)
		chair.Click("同意撤案")
		chair.Shoot("withdraw-decide")
		chair.Click("同意撤案")
		chair.Sees("确定“同意撤案”？") // it cannot be undone
		chair.Click("同意撤案")
		chair.Sees("已办理：同意撤案")
		lead.Visit(at)
		lead.Sees("已撤回")
	})
}
