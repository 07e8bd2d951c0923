// Package likenesstest makes up texts and edited copies of them, for tests and
// measurements of what is alike. It is imported by tests and cmd/bench only.
package likenesstest

import (
	"math/rand/v2"
	"strings"
)

// words are what texts are made of: fictional, and none of them rare.
var words = strings.Fields(`排洪 渠道 清淤 漫堤 汛期 管护 责任 经费 水利 沿渠 警示 水位 社区 养老 食堂 老人 补贴 床位 护理 医院 就诊 挂号 药品 村医 学校 学位 教师 课后 校车 操场
	道路 路灯 停车 斑马线 公交 班次 站台 拥堵 桥梁 护栏 垃圾 分类 清运 河道 污水 管网 树木 公园 步道 噪声 商圈 夜市 摊位 小微 企业 贷款 担保 税费 招工 技能 培训 乡村 民宿 果园
	冷库 电商 快递 网点 农机 灌溉 耕地 种子 古镇 老街 祠堂 非遗 剧团 图书 阅览 门禁 物业 电梯 加装 消防 通道 充电 光伏 供热 燃气 停电 网格 调解 信访 窗口 证照 跨省 公积金 租房
	建议 明确 牵头 落实 增加 减少 调整 完善 公布 统计 走访 反映 问题 群众 居民 委员 部门 单位 去年 今年 目前 每年 不足 缺口 超过 比例 人口 面积 投入 标准 时限 名单 台账 试点 推广`)

// Text makes up a text of about so many sentences, always the same for a seed.
func Text(seed uint64, sentences int) string {
	r := rand.New(rand.NewPCG(seed, 20))
	var b strings.Builder
	for range sentences {
		b.WriteString(sentence(r))
	}
	return b.String()
}

func sentence(r *rand.Rand) string {
	var b strings.Builder
	clauses := 2 + r.IntN(3)
	for c := range clauses {
		for range 4 + r.IntN(5) {
			b.WriteString(words[r.IntN(len(words))])
		}
		if c < clauses-1 {
			b.WriteString("，")
		}
	}
	b.WriteString("。")
	return b.String()
}

// Edited is a copy of a text in which a share of the clauses, in percent, was
// changed: written anew, left out or added to, and two sentences changed places.
func Edited(seed uint64, text string, percent int) string {
	r := rand.New(rand.NewPCG(seed, 21))
	var sentences []string
	for s := range strings.SplitAfterSeq(text, "。") {
		if s == "" {
			continue
		}
		var clauses []string
		for c := range strings.SplitAfterSeq(s, "，") {
			if r.IntN(100) < percent {
				fresh := strings.TrimSuffix(sentence(r), "。")
				first, _, _ := strings.Cut(fresh, "，")
				switch end := c[len(c)-len("。"):]; r.IntN(3) {
				case 0: // written anew
					c = first + end
				case 1: // left out
					c = ""
				case 2: // added to
					c = strings.TrimSuffix(c, end) + first + end
				}
			}
			clauses = append(clauses, c)
		}
		sentences = append(sentences, strings.Join(clauses, ""))
	}
	if n := len(sentences); n > 3 {
		i, j := r.IntN(n), r.IntN(n)
		sentences[i], sentences[j] = sentences[j], sentences[i]
	}
	return strings.Join(sentences, "")
}
