package claim

import (
	"fmt"
	"strings"

	"shangliang/internal/figure/catalogue"
)

// dims reads what a figure is divided by, as far as its metric has it and the
// text says it in so many words.
func (r *reading) dims(c *Claim, z *zone, s line) {
	if c.Metric == nil {
		return
	}
	own := r.text[max(z.left, z.n.start-40):z.n.start]
	sentence := r.text[max(s.start, z.n.start-90):min(s.end, z.n.end+20)]
	set := func(dim, value string) {
		if value == "" {
			return
		}
		if c.Dims == nil {
			c.Dims = map[string]string{}
		}
		c.Dims[dim] = value
	}
	set("as_of", r.asOf(s, z.n.start))
	for _, dim := range c.Metric.Dims {
		switch dim {
		case "session":
			if at := session(sentence); at != "" {
				r.session = at
			}
			set(dim, r.session)
		case "by":
			by := actor(own, "采用", "采纳", "录用", "批示", "签批", "作出批示")
			if by == "" && z.names {
				by = actor(r.text[z.n.end:z.right], "采用", "采纳", "录用", "批示", "签批") // 8篇被省政协采用
			}
			if by == "" && z.nextFrom > 0 {
				by = actor(r.text[z.nextFrom:z.nextTill], "采用", "采纳", "批示") // 25篇,被省政协采用
			}
			if by == "" && levelOf(string(own)) != "" && len(own) <= 6 {
				by = string(own) // 采用情况:省政协67期
			}
			if i := strings.Index(by, "级以上"); i > 0 {
				set("level", by[:i]+"级以上") // of no one in particular
				continue
			}
			set(dim, by)
			if by != "" {
				set("level", levelOf(by))
			}
		case "recipient":
			to := recipient(own)
			set(dim, to)
			if to != "" {
				set("level", levelOf(to))
			}
		case "rater":
			for _, w := range raters {
				if lastIndex(own, w) >= 0 {
					set(dim, w)
					break
				}
			}
		case "title":
			set(dim, quoted(own, '《', '》'))
		case "outlet":
			set(dim, quoted(own, '《', '》'))
		case "programme":
			name := quoted(own, '“', '”')
			if name == "" && c.Metric.Has(catalogue.Titled) {
				name = quoted(own, '《', '》')
			}
			if name == "" && c.Metric.Has(catalogue.Programme) {
				name = r.programme
			}
			set(dim, name)
		case "purpose":
			set(dim, purpose(own))
		case "form":
			set(dim, form(own))
		case "submitter":
			set(dim, submitter(own))
		case "supervised_by":
			set(dim, actor(own, "领衔", "督办", "领办", "包案", "牵头"))
		case "led_by":
			set(dim, actor(own, "牵头", "领题", "领衔"))
		case "stage":
			for _, w := range stages {
				if lastIndex(own, w) >= 0 {
					set(dim, w)
					break
				}
			}
		case "grade":
			for _, w := range grades {
				if lastIndex(own, w) >= 0 {
					set(dim, w)
					break
				}
			}
		case "denominator":
			if i := lastIndex(own, "占"); i >= 0 {
				d := strings.TrimSuffix(string(own[i+1:]), "的")
				if d == "总数" {
					d = "提案总数"
				}
				set(dim, strings.Trim(d, "约达近 "))
			}
		case "level":
			if c.Dims["level"] == "" {
				set(dim, outletLevel(own))
			}
			if c.Dims["level"] == "" && c.Metric.Has(catalogue.Awarded) {
				set(dim, awardLevel(r.text[s.start:z.n.start])) // 获省政协一等奖1篇、二等奖2篇
			}
		case "project":
			set(dim, r.project(z))
		case "category":
			set(dim, category(own))
		case "facility", "product":
			set(dim, r.object(z))
		case "type":
			set(dim, r.kindOf(z, c.Metric))
		}
	}
}

var (
	raters = strings.Fields(`委员 提案者 提案人`)
	stages = strings.Fields(`征集 形成 撰写 洽谈、建设 洽谈 签约`)
	grades = strings.Fields(`特等奖 一等奖 二等奖 三等奖 优秀奖`)
)

// session reads 九届三次 of 九届三次会议, with 以来 if it says so.
func session(s []rune) string {
	for i := len(s) - 1; i > 0; i-- {
		if s[i] != '届' || chineseValue(s[i-1]) < 0 {
			continue
		}
		from := i
		for from > 0 && chineseValue(s[from-1]) >= 0 {
			from--
		}
		k := i + 1
		for k < len(s) && chineseValue(s[k]) >= 0 {
			k++
		}
		if k == i+1 || k >= len(s) || s[k] != '次' || k+1 < len(s) && s[k+1] == '全' && k+2 < len(s) && s[k+2] == '会' && hasRunes(s, max(0, from-3), len(s), "中共") {
			continue
		}
		name := string(s[from : k+1])
		rest := s[k+1 : min(len(s), k+9)]
		if lastIndex(rest, "以来") >= 0 {
			name += "以来"
		}
		return name
	}
	return ""
}

// actor is who stands before one of the verbs: 省政协 in 被省政协采用.
func actor(own []rune, verbs ...string) string {
	for _, v := range verbs {
		i := lastIndex(own, v)
		if i < 0 {
			continue
		}
		from := i
		for from > 0 && i-from < 16 && !isBreak(own[from-1]) {
			from--
		}
		for _, w := range []string{"获得", "获", "被", "得到"} {
			if k := lastIndex(own[from:i], w); k >= 0 {
				from += k + runeLen(w)
				break
			}
		}
		name := string(own[from:i])
		for _, cut := range []string{"其中", "先后", "共有", "被", "获得", "获", "得到", "由", "今年", "全年", "一年来", "分别", "经", "有", "还", "共", "中"} {
			name = strings.TrimPrefix(name, cut)
		}
		for _, cut := range []string{"对政协成果作出", "作出", "肯定性", "重要", "分别", "单篇", "综合", "共"} {
			name = strings.TrimSuffix(name, cut)
		}
		if n := runeLen(name); n >= 2 && n <= 14 && levelOf(name) != "" || strings.HasSuffix(name, "主席会议成员") {
			return name
		}
	}
	return ""
}

func isBreak(r rune) bool {
	return r == ',' || r == ';' || r == ':' || r == '(' || r == ')' || r == '。' || r == '》' || r == '”' || r == ' ' || isDigit(r)
}

// recipient is X in 向X报送 and 报X.
func recipient(own []rune) string {
	from, to := lastIndex(own, "向")+1, -1
	for _, v := range []string{"报送", "提交", "报告", "推荐", "上报", "呈报", "反映", "提出", "选送"} {
		if i := lastIndex(own, v); i > from && (to < 0 || i < to) {
			to = i
		}
	}
	if from <= 0 || to < 0 {
		from = -1
		for _, v := range []string{"报送", "上报", "呈报", "报", "送"} {
			if i := lastIndex(own, v); i >= 0 && i <= 4 {
				from, to = i+runeLen(v), len(own)
				break
			}
		}
	}
	if from < 0 || to <= from || to-from > 14 {
		return ""
	}
	name := string(own[from:to])
	if levelOf(name) == "" {
		return ""
	}
	return name
}

// levelOf is the level of a body by its name, empty if it is none.
func levelOf(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "常务"), "副")
	for _, w := range [...][2]string{{"全国", "national"}, {"中央", "national"}, {"中共中央", "national"}, {"国家", "national"}, {"省", "province"}, {"自治区", "province"},
		{"市", "city"}, {"州", "city"}, {"县", "county"}, {"旗", "county"}, {"区", "district"}} {
		if strings.HasPrefix(name, w[0]) {
			if w[1] != "city" && strings.Contains(name, "、市") && !strings.HasPrefix(name, "市") {
				return "all"
			}
			return w[1]
		}
	}
	return ""
}

// awardLevel is the level of the body that is named last before an award.
func awardLevel(before []rune) string {
	for i := len(before) - 1; i >= 0; i-- {
		for _, w := range [...][2]string{{"全国", "national"}, {"全省", "province"}, {"省", "province"}, {"自治区", "province"}, {"全市", "city"}, {"市", "city"}} {
			if hasRunes(before, i, len(before), w[0]) {
				return w[1]
			}
		}
	}
	return ""
}

// purposes are what is given for, by the words that say so.
var purposes = []struct {
	name string
	says *marks
}{
	{"抗疫", words(`抗疫 疫情 防疫 抗击`)},
	{"救灾", words(`救灾 灾区 受灾 抗洪 抗震 地震 洪灾 赈灾`)},
	{"助学", words(`助学 学子 贫困学生 困难学生 奖学金 助学金`)},
	{"脱贫攻坚", words(`脱贫攻坚 扶贫 脱贫`)},
	{"乡村振兴", words(`乡村振兴`)},
}

// purpose is what is given for, if the text says it.
func purpose(s []rune) string {
	for _, p := range purposes {
		if p.says.in(s) {
			return p.name
		}
	}
	return ""
}

// asOf is the day until which a sentence counts, 2018-11-20 of 截至2018年11月20日.
// Where the year is not said it is that of the text.
func (r *reading) asOf(s line, end int) string {
	for i := s.start; i+4 < end; i++ {
		if r.text[i] != '截' || r.text[i+1] != '至' && r.text[i+1] != '止' {
			continue
		}
		k := i + 2
		if k < end && r.text[k] == '到' {
			k++
		}
		year := r.year
		if y := yearAt(r.text, k); y > 0 && k+4 < end && r.text[k+4] == '年' {
			year, k = y, k+5
		}
		month, k, ok := small(r.text, k, end, '月')
		if !ok || month > 12 || year == 0 {
			return ""
		}
		day, _, ok := small(r.text, k, end, '日')
		if !ok || day > 31 {
			return ""
		}
		return fmt.Sprintf("%04d-%02d-%02d", year, month, day)
	}
	return ""
}

// small reads one or two digits that a character follows.
func small(text []rune, i, end int, then rune) (n, next int, ok bool) {
	k := i
	for k < end && k-i < 2 && isDigit(text[k]) {
		n = n*10 + int(text[k]-'0')
		k++
	}
	return n, k + 1, k > i && k < end && text[k] == then
}

// programmes are what a quoted name is the name of.
var programmes = words(`活动 行动 主题活动 工程 帮扶 扶贫 主题 专项 计划 助力 系列 实践`)

// begun stands before the name of one.
var begun = words(`通过 开展 实施 推进 深化 启动`)

// named notes the programme that a sentence is about, for those that follow in
// the paragraph: “三送三帮”活动.
func (r *reading) named(s line) {
	for i := s.start; i < s.end; i++ {
		if r.text[i] != '“' {
			continue
		}
		k := skipQuote(r.text, i, s.end, '”', 12)
		if k > i+2 && (programmes.at(r.text[:s.end], k+1) > 0 || begun.in(r.text[max(s.start, i-2):i])) {
			r.programme = string(r.text[i+1 : k])
		}
		i = max(i, k)
	}
}

// quoted is the last title or quotation of a text.
func quoted(own []rune, open, close rune) string {
	to := -1
	for i := len(own) - 1; i >= 0; i-- {
		switch own[i] {
		case close:
			if to < 0 {
				to = i
			}
		case open:
			if to > i && to-i <= 20 {
				return string(own[i+1 : to])
			}
		}
	}
	return ""
}

// form says whether money or goods were given.
func form(own []rune) string {
	cash, kind := gifted.in(own), goods.in(own)
	switch {
	case lastIndex(own, "捐款捐物") >= 0 || lastIndex(own, "捐资捐物") >= 0 || cash && kind && lastIndex(own, "款物") >= 0:
		return "cash_and_in_kind"
	case kind:
		return "in_kind"
	case cash:
		return "cash"
	}
	return ""
}

var (
	gifted = words(`捐款 捐资 出资 认捐 善款 捐出 捐给`)
	goods  = words(`价值 折款 折价 折合 折币 物资 折资`)
)

// submitter is who submitted proposals.
func submitter(own []rune) string {
	for _, w := range [...][2]string{{"集体提案", "集体"}, {"各党派团体", "各党派团体"}, {"党派团体", "党派团体"}, {"各民主党派", "各民主党派"}, {"委员提案", "委员"}, {"委员个人", "委员"}} {
		if lastIndex(own, w[0]) >= 0 {
			return w[1]
		}
	}
	return ""
}

// outletLevel is the level of the media that a clause names.
func outletLevel(own []rune) string {
	for _, w := range [...][2]string{{"省级以上", "省级以上"}, {"省以上", "省级以上"}, {"市级以上", "市级以上"}, {"州级以上", "州级以上"}, {"县级以上", "县级以上"},
		{"中央、省级", "中央、省级"}, {"中央级", "national"}, {"国家级", "national"}, {"中央媒体", "national"}} {
		if lastIndex(own, w[0]) >= 0 {
			return w[1]
		}
	}
	return ""
}

// category is 经济发展 in 经济发展类71件.
func category(own []rune) string {
	n := len(own)
	for _, w := range []string{"方面的", "方面", "类的", "类"} {
		if i := lastIndex(own, w); i > 0 && i+runeLen(w) == n {
			from := i
			for from > 0 && !isBreak(own[from-1]) && i-from < 16 {
				from--
			}
			name := string(own[from:i])
			for _, cut := range []string{"其中", "涉及", "关于", "属于"} {
				name = strings.TrimPrefix(name, cut)
			}
			return name
		}
	}
	return ""
}

// object is what is counted, as the text names it: what stands between the verb
// and the number, or behind it.
func (r *reading) object(z *zone) string {
	from, to := z.left, z.n.start
	if z.names {
		from, to = z.n.end, min(z.right, z.n.end+14)
		for i := range r.hits {
			if h := r.hits[i]; int(h.start) > from+1 && int(h.start) < to && r.isWork(h) {
				to = int(h.start)
			}
		}
	} else {
		for i := range r.hits {
			if h := r.hits[i]; int(h.start) >= z.left && int(h.end) < to && r.isWork(h) {
				from = int(h.end)
			}
		}
	}
	name := strings.Trim(string(r.text[from:to]), "了、,:约近共达的 余")
	if n := runeLen(name); n < 1 || n > 14 {
		return ""
	}
	return name
}

// project is what follows 投资2.5亿元的.
func (r *reading) project(z *zone) string {
	t := r.text[z.n.end:min(z.right, z.n.end+26)]
	if len(t) < 3 || t[0] != '的' {
		return ""
	}
	if i := lastIndex(t, "项目"); i > 0 {
		return string(t[1 : i+2])
	}
	return ""
}

// kindOf names the kind of meeting or activity as the text does: the word that
// says what it is, with what stands directly before it.
func (r *reading) kindOf(z *zone, m *catalogue.Metric) string {
	var best *hit
	for i := range r.hits {
		h := &r.hits[i]
		if int(h.start) < z.left && !z.names || int(h.start) < z.left || int(h.end) > z.right {
			continue
		}
		if !r.v.kinds[m][h.term] {
			continue // 组织, 委员: not what kind of meeting it was
		}
		if int(h.end) <= z.n.start && (best == nil || h.start >= best.start) || z.names && int(h.start) >= z.n.end && (best == nil || int(best.end) <= z.n.start || h.end-h.start > best.end-best.start) {
			best = h
		}
	}
	if best == nil {
		return ""
	}
	from := int(best.start)
	for from > z.left && from > z.n.end*b2i(int(best.start) >= z.n.end) && int(best.start)-from < 14 && !isBreak(r.text[from-1]) && !r.verbEnds(from, z) {
		from--
	}
	if name := quoted(r.text[z.left:z.right], '“', '”'); name != "" && runeLen(name) <= 8 && int(best.start) > 0 && lastIndex([]rune(name), string(r.text[best.start:best.end])) >= 0 {
		return name // “文史大讲堂”开讲10讲
	}
	for i := from; i < int(best.start); i++ {
		if n := loose.at(r.text[:best.start], i); n > 0 {
			from = i + n // 组织委员视察: what kind it was begins behind it
		}
	}
	name := strings.Trim(string(r.text[from:best.end]), "“”、和 ")
	if n := runeLen(name); n < 2 || n > 16 {
		return string(r.text[best.start:best.end])
	}
	return name
}

var loose = words(`赴 到 作 等 及 即 委员 了 的 与 为 就 在 对 共 次 线上 带头 专家 全年 开展 组织 先后 务实 政协`)

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// verbEnds reports whether a word that says what somebody does ends at a place.
func (r *reading) verbEnds(at int, z *zone) bool {
	for _, h := range r.hits {
		if int(h.end) == at && r.isWork(h) {
			return true
		}
	}
	return at == z.n.end
}

func (r *reading) isWork(h hit) bool {
	for _, g := range r.v.groups[h.term] {
		if g == r.v.work {
			return true
		}
	}
	return false
}
