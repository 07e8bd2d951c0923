package keyproposal

import (
	"shangliang/internal/notify"
	"shangliang/internal/rule"
)

const group = "重点提案"

// Rules are the settings of work on key proposals with their defaults. Sources
// name where a default was seen; the others are our judgement.
var Rules = []rule.Definition{
	{ID: "key_proposal.criteria", Title: "遴选标准", Group: group, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "central_task", Label: "围绕中心任务"}, {Key: "broad", Label: "涉及面广、群众普遍关心"}, {Key: "resolvable", Label: "具备解决条件"}}.String(),
		Source: "重点提案遴选与督办的通行办法"},
	{ID: "key_proposal.criteria_met", Title: "至少符合几条标准", Group: group, Kind: rule.Int, Default: "1", Min: 1, Max: 10},
	{ID: "key_proposal.share", Title: "占立案提案的比例（%）", Group: group, Kind: rule.Int, Default: "10", Min: 1, Max: 100, Help: "超过时提醒，不阻止", Source: "陕西省政协约占立案提案的一成"},
	{ID: "key_proposal.per_leader", Title: "每位领导最多", Group: group, Kind: rule.Int, Default: "6", Min: 1, Max: 100, Help: "超过时提醒，不阻止", Source: "陕西省政协每位副主席 2—6 件"},
	{ID: "key_proposal.per_committee", Title: "每个专门委员会最多", Group: group, Kind: rule.Int, Default: "11", Min: 1, Max: 100, Help: "超过时提醒，不阻止", Source: "陕西省政协各专门委员会 3 件、提案委员会 11 件"},
	{ID: "key_proposal.per_principal", Title: "主要领导每年至少", Group: group, Kind: rule.Int, Default: "1", Min: 0, Max: 20, Help: "名单上缺的人列在“领衔领导”里", Source: "明确党委、政府主要领导每年督办 1 件重点提案的做法"},
	{ID: "key_proposal.consult", Title: "征求意见时限", Group: group, Kind: rule.Term, Default: "10wd", Min: 1, Max: 60},
	{ID: "key_proposal.plan", Title: "督办方案签批时限", Group: group, Kind: rule.Term, Default: "1m", Min: 1, Max: 180, Help: "自主席会议确定之日起"},
	{ID: "key_proposal.report", Title: "督办结果报告时限", Group: group, Kind: rule.Term, Default: "6m", Min: 1, Max: 365, Help: "自方案签批之日起；方案写明完成日期的以方案为准"},
	{ID: "key_proposal.forms", Title: "督办形式", Group: group, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "forum", Label: "座谈"}, {Key: "survey", Label: "调查"}, {Key: "inspection", Label: "视察"}, {Key: "visit", Label: "走访承办单位"}, {Key: "consultation", Label: "协商会"}}.String(),
		Source: "重点提案遴选与督办的通行办法"},
	{ID: "key_proposal.stances", Title: "征求意见的态度", Group: group, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "agree", Label: "赞成"}, {Key: "other", Label: "建议改列其他提案"}, {Key: "against", Label: "不赞成"}}.String()},
	{ID: "key_proposal.outcomes", Title: "督办结果", Group: group, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "resolved", Label: "已解决"}, {Key: "progress", Label: "取得明显进展"}, {Key: "planned", Label: "列入计划"}, {Key: "little", Label: "进展不大，继续督办"}}.String()},
	{ID: "key_proposal.measures", Title: "党派提案优先办理的方式", Group: group, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "supervised", Label: "重点督办"}, {Key: "consulted", Label: "提案协商"}, {Key: "first", Label: "优先交办、优先答复"}, {Key: "digest", Label: "摘报领导"}}.String(),
		Source: "党派团体提案重点督办、大会发言重点安排的做法"},
}

// Notices are the kinds of notice about key proposals.
var Notices = []notify.Kind{
	{ID: "key_proposal.ask", Name: "重点提案征求意见", Title: "请对《{title}》列为重点提案提出意见", Body: "请在{due}前答复", Mail: true},
	{ID: "key_proposal.opine", Name: "重点提案征求意见", Title: "{actor}对《{title}》列为重点提案提出了意见"},
	{ID: "key_proposal.approve", Name: "确定重点提案", Title: "《{title}》被确定为重点提案", Mail: true},
	{ID: "key_proposal.bind", Name: "领衔重点提案", Title: "请您领衔重点提案《{title}》", Body: "方案拟好后请您签批", Mail: true},
	{ID: "key_proposal.charge", Name: "重点提案督办", Title: "重点提案《{title}》由本委员会具体负责", Mail: true},
	{ID: "key_proposal.plan", Name: "督办方案待签批", Title: "重点提案《{title}》的督办方案等待您签批", Mail: true},
	{ID: "key_proposal.sign", Name: "督办方案已签批", Title: "重点提案《{title}》的督办方案已签批"},
	{ID: "key_proposal.report", Name: "督办结果", Title: "重点提案《{title}》报告了督办结果", Mail: true},
	{ID: "key_proposal.return", Name: "督办结果退回", Title: "重点提案《{title}》的督办报告须补充", Body: "{reason}", Mail: true},
	{ID: "key_proposal.close", Name: "重点提案督办", Title: "重点提案《{title}》督办结束"},
	{ID: "key_proposal.prioritize", Name: "党派提案优先办理", Title: "《{title}》列为优先办理的党派提案"},
}
