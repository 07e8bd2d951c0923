package proposal

import "shangliang/internal/rule"

const (
	textGroup     = "提案撰写与审查"
	dispatchGroup = "交办与承办"
	feedbackGroup = "评价与跟踪"
)

// Meanings are what the outcome classes of all tenants and years mean, so that
// A here and A there can be compared.
var Meanings = rule.Codes{
	{Key: "resolved", Label: "已解决或采纳"},
	{Key: "in_progress", Label: "正在解决"},
	{Key: "planned", Label: "列入计划"},
	{Key: "reference", Label: "留作参考"},
	{Key: "infeasible", Label: "暂不可行"},
}

// DisclosureRule is the other half of 两见面一公开. It is declared by whoever puts
// the platform together with something that can tell what is disclosed
// ([Service.Disclosed]).
var DisclosureRule = rule.Definition{ID: "proposal.disclosure_required", Title: "办结前须公开", Group: dispatchGroup, Kind: rule.Bool, Default: "false",
	Help: "提案人不同意公开或答复不公开的除外", Source: "“两见面一公开”的做法"}

// Rules are the settings of proposal work with their defaults; a tenant edits
// them. Sources name where a default was seen; the others are our judgement.
var Rules = []rule.Definition{
	{ID: "proposal.max_length", Title: "正文字数上限", Group: textGroup, Kind: rule.Int, Default: "2000", Min: 500, Max: 10000, Help: "情况、分析、建议三部分合计", Source: "各地 1500—2500 字不等"},
	{ID: "proposal.min_suggestions", Title: "建议部分字数下限", Group: textGroup, Kind: rule.Int, Default: "10", Min: 1, Max: 500, Help: "避免空泛无具体建议的提案"},
	{ID: "proposal.max_cosigners", Title: "联名人数上限", Group: textGroup, Kind: rule.Int, Default: "50", Min: 1, Max: 500, Help: "避免挂名"},
	{ID: "proposal.cosign", Title: "联名确认时限", Group: textGroup, Kind: rule.Term, Default: "10d", Min: 1, Max: 60, Help: "到期未确认的联名人自动退出并记录", Source: "以网上签名为准的做法"},
	{ID: "proposal.stages", Title: "审查层级", Group: textGroup, Kind: rule.CodeSet, Default: rule.Codes{{Key: "initial", Label: "初审"}, {Key: "second", Label: "复审"}, {Key: "final", Label: "终审"}}.String(), Help: "依次经过；最后一级决定是否立案"},
	{ID: "proposal.review", Title: "审查时限", Group: textGroup, Kind: rule.Term, Default: "15wd", Min: 1, Max: 60, Help: "自受理之日起"},
	{ID: "proposal.subjects", Title: "提案类别", Group: textGroup, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "economy", Label: "经济建设"}, {Key: "politics", Label: "政治建设"}, {Key: "culture", Label: "文化建设"},
		{Key: "society", Label: "社会建设"}, {Key: "ecology", Label: "生态文明建设"}, {Key: "other", Label: "其他"}}.String(), Source: "五位一体分类"},
	{ID: "proposal.open_choices", Title: "公开意愿", Group: textGroup, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "open", Label: "同意公开全文"}, {Key: "summary", Label: "仅同意公开摘要"}, {Key: "closed", Label: "不同意公开"}}.String(), Help: "不同意全文公开的须说明理由"},
	{ID: "proposal.contact_wishes", Title: "希望的协商方式", Group: textGroup, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "any", Label: "均可"}, {Key: "consult_in_person", Label: "面商"}, {Key: "visit", Label: "走访"}, {Key: "forum", Label: "座谈"}, {Key: "phone", Label: "电话"}}.String()},
	{ID: "proposal.decline_reasons", Title: "不予立案理由", Group: textGroup, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "secret", Label: "涉及国家秘密"},
		{Key: "prohibited", Label: "国家明令禁止的事项"},
		{Key: "party_personnel", Label: "中共党员对党内有关组织人事安排的意见"},
		{Key: "party_internal", Label: "民主党派成员反映本组织内部问题"},
		{Key: "litigation", Label: "已进入诉讼、仲裁等程序"},
		{Key: "academic", Label: "属于学术研讨"},
		{Key: "personal", Label: "为本人或亲属解决个人问题"},
		{Key: "promotion", Label: "宣传推介具体作品、产品"},
		{Key: "accusation", Label: "指名举报"},
		{Key: "vague", Label: "内容空泛，无具体建议"},
		{Key: "out_of_scope", Label: "不属于本地区工作范围"}}.String(), Source: "《中国人民政治协商会议全国委员会提案工作条例》（2018）"},
	{ID: "proposal.dispositions", Title: "未立案的去向", Group: textGroup, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "return", Label: "退回提案人"}, {Key: "convert_to_advice", Label: "转为意见和建议"},
		{Key: "convert_to_opinion", Label: "转为社情民意信息"}, {Key: "letter", Label: "转为委员来信"}}.String()},
	{ID: "proposal.alike_least", Title: "提示相似提案的相似度下限", Group: textGroup, Kind: rule.Int, Default: "25", Min: 5, Max: 95, Help: "百分比；撰写、审查和导入时列出相似度不低于此数的提案"},
	{ID: "proposal.alike_filed", Title: "撰写时提示他人的相似提案", Group: textGroup, Kind: rule.Bool, Default: "true", Help: "只提示已立案且提案人同意公开全文的，只显示案由、案号和相同的语句"},
	{ID: "proposal.merge_least", Title: "建议并案的相似度下限", Group: textGroup, Kind: rule.Int, Default: "40", Min: 10, Max: 95, Help: "百分比；同一次会议中相似度不低于此数的提案，建议审查负责人并案"},
	{ID: "proposal.dispatch", Title: "交办时限", Group: dispatchGroup, Kind: rule.Term, Default: "30d", Min: 1, Max: 120, Help: "自立案之日起", Source: "全会闭幕后 30 日内交办的做法"},
	{ID: "assignment.return", Title: "申请退回时限", Group: dispatchGroup, Kind: rule.Term, Default: "5wd", Min: 1, Max: 30, Help: "自交办之日起；逾期不再受理退回", Source: "各地 3—10 天不等"},
	{ID: "assignment.ruling", Title: "退回裁定时限", Group: dispatchGroup, Kind: rule.Term, Default: "5wd", Min: 1, Max: 30},
	{ID: "assignment.contact", Title: "首次沟通时限", Group: dispatchGroup, Kind: rule.Term, Default: "15wd", Min: 1, Max: 90, Help: "自签收之日起与提案人联系"},
	{ID: "assignment.opinion", Title: "会办意见时限", Group: dispatchGroup, Kind: rule.Term, Default: "1m", Min: 1, Max: 120},
	{ID: "assignment.reply", Title: "答复时限", Group: dispatchGroup, Kind: rule.Term, Default: "3m", Min: 1, Max: 365, Source: "三个月内答复、最长不超过六个月的规定"},
	{ID: "assignment.reply_max", Title: "答复最长期限", Group: dispatchGroup, Kind: rule.Term, Default: "6m", Min: 1, Max: 730, Help: "延期、改办都不能超过"},
	{ID: "assignment.extension", Title: "每次延期", Group: dispatchGroup, Kind: rule.Term, Default: "30d", Min: 1, Max: 180},
	{ID: "assignment.extensions", Title: "延期次数", Group: dispatchGroup, Kind: rule.Int, Default: "1", Min: 0, Max: 5},
	{ID: "assignment.contact_required", Title: "答复前必须沟通", Group: dispatchGroup, Kind: rule.Bool, Default: "true", Help: "没有沟通记录不能签发，除非写明理由"},
	{ID: "assignment.in_person", Title: "沟通须当面进行", Group: dispatchGroup, Kind: rule.Bool, Default: "true", Help: "电话沟通不算，除非写明理由"},
	{ID: "assignment.contact_kinds", Title: "沟通方式", Group: dispatchGroup, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "consult_in_person", Label: "面商", Canonical: "in_person"}, {Key: "visit", Label: "走访", Canonical: "in_person"},
		{Key: "forum", Label: "座谈", Canonical: "in_person"}, {Key: "phone", Label: "电话沟通", Canonical: "remote"}}.String(),
		Canonicals: rule.Codes{{Key: "in_person", Label: "当面"}, {Key: "remote", Label: "非当面"}}},
	{ID: "proposal.meetings", Title: "办结前须见面次数", Group: dispatchGroup, Kind: rule.Int, Default: "0", Min: 0, Max: 6, Help: "0 为不要求；“两见面”填 2。电话沟通不算，同一天只算一次", Source: "“两见面一公开”的做法"},
	{ID: "proposal.meeting_after", Title: "办理前后都要见面", Group: dispatchGroup, Kind: rule.Bool, Default: "false", Help: "要求见面的，签发答复之前、之后至少各有一次", Source: "“两见面一公开”的做法"},
	{ID: "reply.outcomes", Title: "办理结果分类", Group: dispatchGroup, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "a", Label: "A 类：已解决或采纳", Canonical: "resolved"}, {Key: "b", Label: "B 类：正在解决", Canonical: "in_progress"},
		{Key: "c", Label: "C 类：列入计划", Canonical: "planned"}, {Key: "d", Label: "D 类：留作参考", Canonical: "reference"}}.String(),
		Canonicals: Meanings, Help: "每类对应一个统一含义，以便跨年、跨地比较"},
	{ID: "reply.disclosures", Title: "答复公开方式", Group: dispatchGroup, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "full", Label: "全文公开"}, {Key: "summary", Label: "摘要公开"}, {Key: "closed", Label: "不公开"}}.String()},
	{ID: "feedback.window", Title: "评价时限", Group: feedbackGroup, Kind: rule.Term, Default: "15wd", Min: 1, Max: 90, Help: "自答复送达之日起；到期未评价的记为“未反馈”，不算满意"},
	{ID: "feedback.levels", Title: "满意度", Group: feedbackGroup, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "satisfied", Label: "满意", Canonical: "satisfied"}, {Key: "basically", Label: "基本满意", Canonical: "basically"}, {Key: "unsatisfied", Label: "不满意", Canonical: "unsatisfied"}}.String(),
		Canonicals: rule.Codes{{Key: "satisfied", Label: "满意"}, {Key: "basically", Label: "基本满意"}, {Key: "unsatisfied", Label: "不满意"}}},
	{ID: "feedback.dimensions", Title: "评价项目", Group: feedbackGroup, Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "attitude", Label: "办理态度"}, {Key: "contact", Label: "沟通联系"}, {Key: "pertinence", Label: "答复针对性"}, {Key: "result", Label: "办理结果"}}.String()},
	{ID: "feedback.basically_counts", Title: "基本满意计入满意率", Group: feedbackGroup, Kind: rule.Bool, Default: "true", Help: "满意率的口径随数字一并公布"},
	{ID: "feedback.aggregate_below", Title: "评价人少于此数时只给汇总", Group: feedbackGroup, Kind: rule.Int, Default: "3", Min: 1, Max: 20, Help: "办结后承办单位只看到汇总，避免对号入座"},
	{ID: "assignment.rehandle", Title: "重新办理时限", Group: feedbackGroup, Kind: rule.Term, Default: "1m", Min: 1, Max: 180},
}
