package claim

import "strings"

// units are the words that follow a number and say what it counts, by their
// first character. Dates, times of day, ages and codes are not here, so that
// their numbers are no figures.
var units = byFirst(`
	件 件(次) 件次 件套 件(套) 件(条) 件(篇) 篇 篇次 篇(条) 篇(件) 期 条 条次 条(件) 条(篇) 项 项次 项(次) 次 次(场) 场 场次 场(次) 场/次
	轮 轮次 批 批次 批(次) 人 人次 人(次) 人·次 人/次 名 位 个 个(次) 家 家次 户 户次 户(次) 对 处 处(次) 所 座 间 站 片
	幅 幅(件) 辑 本 册 部 份 点 集 档 版 版次 章 卷 页 首 句 封 张 枚 块 字
	天 日 学时 课时 课次 小时 分钟 节 课 讲 堂 门 组 支 台 台(套) 套 辆 车次 箱 盒 袋 瓶 桌 床 双 副 顶 棚 只 头 棵 株 眼 盏 口 款 地
	亩 公里 米 平方米 吨 斤 公斤 千克 元 美元 港元 % ‰ 个百分点 倍 成 例 宗 起 类 种 笔 票 道 村 则 段 帧 遍 趟 队 公顷 立方米 羽 尾 匹 栋 幢 艘 架 粒 罐 桶 筐 孔 峰 升`)

// noUnit are the words that begin with a unit and are none: 3人大代表, 5个月, 一次性.
var noUnit = byFirst(`
	人大 人民 人员 人才 人口 人物 人生 人均 人格 人事 人选 人体 人类 人群 人力 人心 人文 人社 人居
	名录 名城 名胜 名单 名称 名义 名牌 名优 名片 个月 个小时 个工作日 个年头 个别 个性 个体 个人 次性 次生 次级 次年 次月 次序 次日
	期间 期待 期望 期限 期满 期末 项目 点半 点钟 点击 点多 点赞 点位 点亮 条例 条件 家庭 家乡 家长 家园 家属 家人 户籍 户外 户口
	部门 部队 部委 部分 部长 部署 天津 天下 天空 日常 日前 日起 日至 日益 日上午 日下午 日晚 日报 日凌晨 级别 处理 处置 处于 处长
	所以 所有 所在 所属 成立 成员 成为 成功 成效 成果 成绩 成就 成熟 成长 成本 支持 支部 支付 支出 本级 本市 本县 本区 本届 本年 本着
	位一体 位于 对接 对口 对于 对标 对照 对外 版权 组织 组长 组成 台湾 台商 台胞 节约 节能 节日 节水 村民 村委 村级
	地方 地区 地点 地域 地处 地位 地级 地址 地段 地质 地标 地块
	道路 道德 类似 种植 种子 种业 课题 课程 课堂 讲话 讲述 讲解 站位 站点 站在 张家 门户 门口 份额 场所 场馆 场地 批示 批准 批评 批复
	起来 起到 起草 起步 车辆 车站 片区 套餐 首次 首个 首府 首届 首先 页面 卷入 封面 封闭 篇章 册子 头版 头条 副主席 副书记 副县 副市
	床位 眼镜 双向 双月 双周 宗教 例会 例如 集中 集体 集团 集聚 元旦 元宵 元素 字样 字号 条龙 把手 倍增 句话 日游 版本 版面 章程 间接 间隔 座谈 站式 票否决 笔者 则是 则为 段落 段时间 段时期 队伍 队员 队长 架构 架桥 匹配 尾矿 遍布 遍及 遍访 升至 升级 升到 升为 孔子 峰会 桶装 粒粒 架设`)

func byFirst(words string) map[rune][]string {
	all := map[rune][]string{}
	for _, w := range strings.Fields(words) {
		r := []rune(w)[0]
		all[r] = append(all[r], w)
	}
	return all
}

// unitAt returns the longest unit at i and where it ends.
func unitAt(text []rune, i, end int) (unit string, next int) {
	if i >= end {
		return "", i
	}
	n := 0
	for _, u := range units[text[i]] {
		if l := runeLen(u); l > n && hasRunes(text, i, end, u) {
			unit, n = u, l
		}
	}
	// 篇(次), 件(套): a second unit in brackets belongs to the first.
	if n == 1 && i+3 < end && text[i+1] == '(' {
		for k := i + 3; k < end && k <= i+4; k++ {
			if text[k] == ')' && len(units[text[i+2]]) > 0 {
				return unit + string(text[i+1:k+1]), k + 1
			}
		}
	}
	for _, w := range noUnit[text[i]] {
		if runeLen(w) > n && hasRunes(text, i, end, w) {
			return "", i
		}
	}
	return unit, i + n
}

func runeLen(s string) int {
	n := 0
	for range s {
		n++
	}
	return n
}
