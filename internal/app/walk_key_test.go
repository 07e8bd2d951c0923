package app_test

import (
	"testing"

	"shangliang/internal/proposal"
)

// A key proposal from the list of proposals to the signed plan: the office
// nominates, a party is asked, the chairs' meeting decides, a leader is bound and
// signs; the case tells of it.
func TestWalkKey(t *testing.T) {
	onEach(t, func(k *walk) {
		k.Play(proposal.Handling)
		k.selectKey()
		k.leadKey()
	})
}

// selectKey: from the list to the decision.
func (k *walk) selectKey() {
	office := k.as("柳文书")
	office.Visit("/key-proposals/leaders")
	office.Sees("名单上还没有领导")
	office.Click("登记领导")
	office.Pick("姓名", "高望舒")
	office.Fill("职务", "副主席")
	office.Tick("领衔方式", "政协领导督办")
	office.Tick("", "主要领导")
	office.Click("保存")
	office.Sees("还没有领衔重点提案的主要领导：高望舒（副主席）")
	office.Shoot("key-leaders")

	office.Visit("/proposals")
	office.ClickCSS("input[name=id]")
	office.Shoot("key-from-list")
	office.Click("提名为重点提案")
	office.Sees("提名的提案（1）")
	office.Tick("符合的标准", "涉及面广")
	office.Fill("提名理由", "汛期在即，沿渠群众多次反映。")
	office.Shoot("key-nominate")
	office.Click("提名")
	office.Sees("已提名1件", "现在可以办理")
	office.Shoot("key-nominated")
	office.Click("征求意见")
	office.Pick("征求意见的党派、委员会", "民盟")
	office.Click("征求意见")
	office.Sees("已办理：征求意见", "尚未答复")

	party := k.as("裴远山")
	party.Sees("等您单位办理的重点提案（1）")
	party.Shoot("key-asked-first")
	party.Click("关于疏浚")
	party.Sees("提案正文")
	party.Click("提出意见")
	party.Tick("态度", "赞成")
	party.Fill("意见", "同意列为重点提案，建议汛前督办。")
	party.Shoot("key-opinion")
	party.Click("提出意见")
	party.Sees("意见已提交")

	office.Visit("/key-proposals?state=nominated")
	office.Sees("1／1已答复")
	office.ClickCSS("input[name=id]")
	office.Click("征求意见完毕")
	office.Sees("已办1件")
	office.Visit("/key-proposals?state=consulted")
	office.ClickCSS("input[name=id]")
	office.Shoot("key-decide")
	office.Click("主席会议确定")
	office.Visit("/key-proposals")
	office.Sees("其中党派提案")
	office.Shoot("key-list")
	office.Click("关于疏浚")
	office.Click("确定领衔人")
	office.Choose("领衔领导", "高望舒")
	office.Choose("具体负责的委员会", "提案委员会")
	office.Click("确定领衔人")
	office.Sees("已办理：确定领衔人", "政协领导督办")
	office.Click("拟定督办方案")
	office.Tick("督办形式", "走访承办单位")
	office.Tick("督办形式", "座谈")
	office.Fill("方案", "一、四月中旬到现场察看；二、与主管部门座谈；三、汛前通报进展。")
	office.Shoot("key-plan")
	office.Click("拟定督办方案")
	office.Sees("等待领衔人签批")
}

// leadKey: the leader finds it on the first page, signs, and it is reported.
func (k *walk) leadKey() {
	leader := k.as("高望舒")
	leader.Sees("您领衔的重点提案（1）")
	leader.Shoot("key-leader-first")
	leader.Click("关于疏浚")
	leader.Sees("一、四月中旬到现场察看")
	leader.Shoot("key-leader")
	leader.Click("签批方案")
	leader.Sees("已办理：签批方案", "方案已签批")

	office := k.as("柳文书")
	office.Visit("/key-proposals")
	office.Click("关于疏浚")
	office.Click("记录督办活动")
	office.Tick("形式", "走访承办单位")
	office.Fill("情况", "到渠首察看，主管部门答应五月底前清完。")
	office.Click("记录督办活动")
	office.Sees("督办情况（1）")
	office.Click("报告督办结果")
	office.Tick("结果", "取得明显进展")
	office.Fill("督办报告", "清淤完成七成，管护责任已经明确。")
	office.Click("报告督办结果")
	office.Sees("已办理：报告督办结果")
	office.Shoot("key-reported")
	office.Click("打开提案")
	office.Sees("重点提案", "高望舒（副主席）", "清淤完成七成")
	office.Shoot("key-case")

	member := k.as("余知秋")
	member.Visit("/proposals/mine")
	member.Click("关于疏浚")
	member.Sees("高望舒（副主席）", "确定为重点提案")
}
