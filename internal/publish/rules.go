package publish

import (
	"shangliang/internal/notify"
	"shangliang/internal/rule"
)

const group = "提案公开"

// Rules are the settings of publication with their defaults.
var Rules = []rule.Definition{
	{ID: "publish.site", Title: "开放公众网页", Group: group, Kind: rule.Bool, Default: "true", Help: "关闭后公众什么都看不到，已有的决定保留"},
	{ID: "publish.second_pair", Title: "决定公开须另一人复核", Group: group, Kind: rule.Bool, Default: "true", Help: "准备的人不能自己决定公开；撤下和遮盖不受此限"},
	{ID: "publish.names", Title: "默认公开提案人姓名", Group: group, Kind: rule.Bool, Default: "true", Help: "只影响默认方案，逐件可以改"},
	{ID: "publish.comments", Title: "公众可以留言", Group: group, Kind: rule.Bool, Default: "true", Help: "留言经审核才公开"},
	{ID: "publish.comment_length", Title: "留言字数上限", Group: group, Kind: rule.Int, Default: "500", Min: 50, Max: 2000},
	{ID: "publish.comments_a_day", Title: "同一设备每天留言上限", Group: group, Kind: rule.Int, Default: "5", Min: 1, Max: 50},
	{ID: "publish.reasons", Title: "不全文公开的理由", Group: group, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "wish", Label: "提案人不同意全文公开"}, {Key: "class", Label: "承办单位确定的公开方式"}, {Key: "privacy", Label: "涉及个人信息"},
		{Key: "secret", Label: "涉及国家秘密或工作秘密"}, {Key: "business", Label: "涉及商业秘密"}, {Key: "process", Label: "尚在讨论的过程性信息"},
		{Key: "attachment", Label: "附件一般不公开"}, {Key: "unreadable", Label: "平台无法核对这类文件"}, {Key: "other", Label: "其他理由"}}.String(),
		Source: "国务院办公厅关于建议和提案办理结果公开的通知（2014）；政府信息公开条例（2019）"},
	{ID: "publish.redactions", Title: "隐去的内容", Group: group, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "name", Label: "姓名"}, {Key: "phone", Label: "电话号码"}, {Key: "id_no", Label: "证件号码"}, {Key: "email", Label: "电子邮箱"},
		{Key: "address", Label: "住址"}, {Key: "bank", Label: "银行账号"}, {Key: "plate", Label: "车牌号"}, {Key: "business", Label: "商业秘密"}, {Key: "other", Label: "不宜公开的内容"}}.String(),
		Source: "个人信息保护法（2021）"},
}

// Notices are what this package tells people.
var Notices = []notify.Kind{
	{ID: "publish.to_decide", Name: "公开待决定", Title: "第{case_no}号提案的公开内容等待决定"},
	{ID: "publish.sent_back", Name: "公开内容退回", Title: "第{case_no}号提案的公开内容被退回", Body: "{reason}"},
	{ID: "publish.published", Name: "提案公开", Title: "第{case_no}号提案已向公众公开"},
	{ID: "publish.withdrawn", Name: "提案撤下", Title: "第{case_no}号提案已从公众网页撤下", Body: "{reason}"},
	{ID: "publish.comment", Name: "公众留言", Title: "第{case_no}号提案收到公众留言，等待审核"},
	{ID: "publish.comment_approved", Name: "公众留言", Title: "第{case_no}号提案有一条公众留言，可以公开回应"},
}

// Acts say what entries of this package are in the history of a proposal.
var Acts = map[string]string{
	"publish.start": "开始准备公开内容", "publish.save": "调整公开方案", "publish.mark": "标记隐去的内容", "publish.propose": "提请决定公开", "publish.take_back": "收回公开方案",
	"publish.publish": "决定公开", "publish.schedule": "决定定期公开", "publish.refuse": "决定不公开", "publish.send_back": "退回公开方案",
	"publish.unschedule": "取消定期公开", "publish.release": "到期公开", "publish.revise": "修订公开内容", "publish.drop": "放弃修订公开内容",
	"publish.withdraw": "从公众网页撤下", "publish.reduce": "减少公开内容", "publish.changed": "原文在公开后有变化",
	"publish.comment": "收到公众留言", "publish.comment_approve": "公众留言通过审核", "publish.comment_refuse": "公众留言未通过审核",
	"publish.comment_answer": "公开回应公众留言", "publish.answer_remove": "撤下对留言的回应",
}
