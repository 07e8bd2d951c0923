package claim

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"shangliang/internal/figure/catalogue"
)

// trapped says what a number is instead of a figure of work.
type trapped uint8

const (
	free      trapped = iota
	dropped           // no count: a session, a duration, a name
	normed            // prescribed
	foreign           // of the place, of others, a comparison
	delegated         // done by a department, unless only a conference does that
)

// marks are words that are looked for as they are, around a number.
type marks struct {
	words [][]rune
	first [1024]uint64 // the first characters, one bit each
	by    map[rune][][]rune
}

func words(s string) *marks {
	m := &marks{by: map[rune][][]rune{}}
	for _, w := range strings.Fields(s) {
		r := []rune(w)
		m.words = append(m.words, r)
		m.by[r[0]] = append(m.by[r[0]], r)
		m.first[r[0]>>6&1023] |= 1 << (r[0] & 63)
	}
	return m
}

// in reports whether one of the words is in s.
func (m *marks) in(s []rune) bool { return m.last(s) >= 0 }

// ends reports whether s ends with one of the words.
func (m *marks) ends(s []rune) bool {
	for n := 1; n <= min(4, len(s)); n++ {
		if m.at(s, len(s)-n) == n {
			return true
		}
	}
	return false
}

// held stands before 一期委员培训班, which is a count.
var held = words(`举办 召开 举行 举办了 召开了 承办 开办`)

// last returns where the last of the words in s begins, -1 if none is there.
func (m *marks) last(s []rune) int {
	for i := len(s) - 1; i >= 0; i-- {
		if m.at(s, i) > 0 {
			return i
		}
	}
	return -1
}

// at returns the length of the longest of the words that begins at i, 0 if none.
func (m *marks) at(s []rune, i int) int {
	if i < 0 || i >= len(s) || m.first[s[i]>>6&1023]&(1<<(s[i]&63)) == 0 {
		return 0
	}
	n := 0
	for _, w := range m.by[s[i]] {
		if len(w) > n && len(w) <= len(s)-i && slices.Equal(w, s[i:i+len(w)]) {
			n = len(w)
		}
	}
	return n
}

// lastIndex returns where w begins last in s, -1 if it is not there.
func lastIndex(s []rune, w string) int {
	first, _ := utf8.DecodeRuneInString(w)
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == first && hasRunes(s, i, len(s), w) {
			return i
		}
	}
	return -1
}

var (
	planHeadings = words(`工作部署 初步安排 年度安排 半年安排 下半年 工作重点 重点工作 主要安排 主要工作安排 任务部署 工作目标 奋斗目标 工作意见 下阶段 下一阶段 谋划 约好 承诺 工作谋划 工作的建议 要点】 年度要点 工作安排 工作打算 下一步 今后 明年 工作思路 工作任务 工作建议 主要任务 指导思想 工作要点 打算 总体要求 来年 新的一年 工作展望 展望 目标任务 工作计划 工作设想 安排意见 初步考虑 约定 设想 新一年 未来五年 今后五年`)
	notPlans     = words(`回顾 以来 完成情况 工作情况 落实情况 完成 总结 成效 年度计划执行 开展情况 进展 亮点 盘点 数说`)
	intentions   = words(`我们要 我们将 拟遴选 拟组织 拟开展 拟召开 拟安排 拟举办 拟对 拟围绕 拟确定 拟新 拟于 拟选 拟就 拟出版 拟编 拟重点 拟建 拟完成 拟定于 计划开展 计划组织 计划召开 计划举办 计划安排 计划完成 计划新建 计划建设 将围绕 将组织 将开展 将召开 将举办 将继续 将重点 将进一步 将以 将紧扣 将紧紧 将聚焦 将推动 将牵头 力争 打算 争取达到 争取完成 要围绕 要组织 要开展 要继续 预计 目标是 我们约定 明年 来年 下一年 下一步 下步 将在 将安排 将对 将选 将新 将建 计划到 计划用 计划再 计划在 计划新 计划选 计划遴选 计划对 计划赴 计划于 拟于 下半年将 准备开展 准备组织 确保完成 有望`)
	norms        = words(`每年 每月 每季 每周 每半年 每名 每位 每人 每个 每两 每次 每项 每件 每届 各督办 各包 各联系 应当 必须 应至少 不得 原则上 要求委员 规定 须 每三 每委 每村 每户 每逢 每公里 每亩 每季度 每场 每组 每期 每年度 每双月 每`)
	compares     = words(`同比 比上年 较上年 比去年 较去年 比上届 较上届 比前年 环比 增长 增幅 提高了 上升 下降 减少 增加了 多了 少了 翻了 高出 提升了 比上一年 较上一年 降至 降低 高于上年 同期 增长了 较往年 比往年 增加到 多出 去年的 上年的 提升至 提高`)
	places       = words(`生产总值 GDP 财政收入 总人口 人口 固定资产投资 增加值 产值 总产量 产量 亩产 发生率 可支配收入 纯收入 总投资 占地 建筑面积 总面积 面积 辖 森林覆盖率 城镇化率 常住 户籍 海拔 营业收入 销售收入 主营 税收 进出口 社会消费品 存款 贷款余额 游客 接待游客 旅游收入 规上工业 总里程 造价 容积 年产 市场主体 贫困人口 耕地 茶园 产业规模 转贷 规模为 补助标准 年销售额 年收入 净利润 利润 总资产 固定资产 总长 总长度 全长 距今 距离 历史 工期 气温 里程 最高气温 公共预算 计划投资 完成投资 投资额 招标 中标 票房 订单 负债 门票 均价 单价 年利率 利率 定价 售价 得分 总分 满分 低于 名次 排名 位居 列全省 列全市 名列 位列 第一名 居全省 全村 距县城 八项规定 财政资金 新增就业 共印 现存 该村有 本文已 建成后 投产后 达产后 该村共有 全镇`)
	rosters      = words(`共有委员 现有委员 委员名额 应到 实到 应出席 实出席 委员总数 编制 在编 现有 下设 下辖 设有 共设 由 组成 共分 名额 核定`)
	alls         = words(`均 都 全部`) // of the papers, not of what became of them
	goings       = words(`被 获 得到 受到 全部 均 已 荣获 得 入选 并被 先后被 分别被 有的被 先后获 参加 参与`)
)

// isPlanHeading reports whether what follows a heading is not yet done.
func isPlanHeading(l []rune) bool { return planHeadings.in(l) && !notPlans.in(l) }

// isInlineHeading reports whether a line begins with its heading: (三)抓创新….
func isInlineHeading(s []rune) bool {
	if len(s) < 3 || len(s) > 40 {
		return false
	}
	return chineseValue(s[0]) > 0 && (s[1] == '、' || s[2] == '、') || s[0] == '(' && (s[2] == ')' || s[3%len(s)] == ')')
}

// turnsToPlans reports whether a sentence begins to speak of the next year, and
// so what follows it in the paragraph.
func (r *reading) turnsToPlans(s []rune) bool {
	if len(s) < 6 {
		return false
	}
	head := s[:min(len(s), 30)]
	if k := indexRune(head, '年'); k >= 4 && isDigit(head[k-1]) && isDigit(head[k-4]) {
		if r.year > 0 && yearAt(head, k-4) <= r.year {
			return false
		}
		rest := s[k+1 : min(len(s), k+60)]
		return futures.in(rest) && !pasts.in(s[:min(len(s), k+30)])
	}
	if hasRunes(s, 0, len(s), "建议:") {
		return true
	}
	if s[1] == '要' && chineseValue(s[0]) > 0 {
		return true // 一要…,二要…
	}
	return nextYears.in(head)
}

var (
	futures   = words(`安排: 初步安排 工作安排 部署 建议: 目标: 目标任务 总目标 开局之年 第一年 攻坚之年 起步之年 收官之年 决胜之年 将 拟 计划开展 计划组织 计划召开 力争 打算 要以 要坚持 要围绕 要紧 要继续 设想 重点抓好 初步考虑 总体要求 总体思路 预期 我们约定 工作思路`)
	pasts     = words(`以来 截至 截止 底, 期间 度计划 年协商计划`)
	nextYears = words(`目标已定 新目标 小目标 新年计划 新年打算 来年的 明年的 明年我们 明年, 新的一年, 来年, 下一步, 下步, 今后一个时期 下一阶段 接下来 下半年, 未来五年 今后五年 今后工作 我们约定 明年, 今后一年 新一年 未来一年`)
	backs     = words(`一年来 过去一年 回顾 全年共 截至`)
)

// yearAt reads four digits, 0 if there are none.
func yearAt(s []rune, i int) int {
	y := 0
	for k := i; k < i+4; k++ {
		if k < 0 || k >= len(s) || !isDigit(s[k]) {
			return 0
		}
		y = y*10 + int(s[k]-'0')
	}
	return y
}

// mainYear is the year that a text names most often in its first part, 0 if it
// names none.
func mainYear(text []rune) int {
	var votes [200]int
	best := 0
	for i := 4; i < len(text) && i < 30000; i++ {
		if text[i] != '年' || !isDigit(text[i-1]) {
			continue
		}
		if y := yearAt(text, i-4); y >= 1950 && y < 2150 {
			votes[y-1950]++
			if best == 0 || votes[y-1950] > votes[best-1950] {
				best = y
			}
		}
	}
	return best
}

func turnsBack(s []rune) bool { return backs.in(s[:min(len(s), 20)]) }

// intended reports whether the number's sentence says that it is still to come.
func (r *reading) intended(z *zone, s line) bool {
	from := max(s.start, z.n.start-80)
	at := intentions.last(r.text[from:z.n.start])
	if at < 0 {
		return false
	}
	if at > 0 && strings.ContainsRune("商作度年划", r.text[from+at-1]) {
		return false // 协商计划安排
	}
	return !done.in(r.text[from+at : z.n.start])
}

var done = words(`已 完成了 共完成 累计`)

// goesOn reports whether a part of a clause goes on about the number before it.
func goesOn(s []rune) bool {
	return goings.at(s, 0) > 0 && !alls.in(s[:min(len(s), 2)])
}

// trap says whether a number is no figure of work.
func (r *reading) trap(z *zone, s line) trapped {
	t, n := r.text, z.n
	before := t[s.start:n.start]
	own := t[z.left:n.start]
	clause := t[z.clause:n.start]
	tail := t[n.end:z.right]
	last := rune(0)
	if len(before) > 0 {
		last = before[len(before)-1]
	}
	unit := catalogue.BaseUnit(n.unit)
	switch {
	case last == '、' && r.afterOrdinal(n.start):
		return dropped // 第三十二、三十三辑
	case last == '届' || last == '第' || last == '前' && n.unit != "%":
		return dropped
	case last == '之' || last == '两' || last == '半':
		return dropped
	case n.unit == "村" || n.unit == "起" && n.chinese || n.unit == "倍" || n.unit == "例" && n.chinese:
		return dropped
	case (unit == "点" || unit == "日" || unit == "天") && !n.chinese && len(tail) > 0 && isDigit(tail[0]):
		return dropped
	case n.chinese && last == '的' && len(own) > 1 && len(tail) > 0 && !named.in(own[max(0, len(own)-5):]):
		return dropped // 关于…的二十条措施
	case n.chinese && n.value < 10 && (unit == "名" || unit == "家" || unit == "位") && n.one:
		return dropped
	}
	if len(own) > 14 {
		own = own[len(own)-14:]
	}
	if i := norms.last(own); i >= 0 && !counted.in(own[i:]) {
		return normed
	}
	if len(clause) > 40 {
		clause = clause[len(clause)-40:]
	}
	if strict.in(clause) {
		return normed
	}
	if lowered(tail) {
		return foreign // 由94.2%提高到99.6%: the first is of the past
	}
	if n.value != math.Trunc(n.value) && counts(unit) && n.unit == unit && !averages.in(own) {
		return dropped // 按0.5篇计
	}
	if lacking.at(t, n.start-2) == 2 {
		return foreign // 不足3次, 未满5件
	}
	if n.unit == "万" || n.unit == "亿" {
		return dropped
	}
	if unit == "元" && len(tail) > 0 && tail[0] == '的' && !gifts.in(own) {
		return foreign // 投入4800万元的市场改造
	}
	if n.unit == "%" && !r.risesTo(n) && (compares.in(clause) || hasRunes(tail, 0, len(tail), "的增")) || n.unit == "个百分点" || compares.in(own) && !r.risesTo(n) {
		return foreign
	}
	if i := places.last(clause); i >= 0 && !counts(unit) {
		return foreign
	}
	if places.in(own) || places.in(tail[:min(len(tail), 8)]) {
		return foreign
	}
	if i := rosters.last(own); i >= 0 && (unit == "名" || unit == "人" || unit == "位" || unit == "个") {
		if !(own[i] == '由' && n.start-z.left > 20) {
			return foreign
		}
	}
	if r.department(z, s) {
		return delegated
	}
	return free
}

// afterOrdinal reports whether the numbers listed before a place begin with 第.
func (r *reading) afterOrdinal(at int) bool {
	for i := at - 1; i >= 0 && at-i < 14; i-- {
		switch x := r.text[i]; {
		case x == '第':
			return true
		case x != '、' && !isDigit(x) && chineseValue(x) < 0:
			return false
		}
	}
	return false
}

var (
	lacking  = words(`不足 不到 未满 不满 仅有`)
	averages = words(`人均 平均 年均 场均 户均 委均`)
	gifts    = words(`捐 价值 物资`)
	strict   = words(`应当 必须 不得少于 每年至少 每月至少 每人至少`)
	named    = words(`提 形成 征集 建议 出 确定`)
	counted  = words(`共 累计 全年 年均`)
)

// counts reports whether a unit counts papers and acts, which places do not have.
func counts(unit string) bool {
	switch unit {
	case "件", "篇", "期", "次", "场", "条", "人次", "份", "项":
		return true
	}
	return false
}

// happens reports whether a unit counts events, which slogans do not.
func happens(unit string) bool {
	return unit == "次" || unit == "场" || unit == "期" || unit == "篇"
}

// department reports whether a department, a company or the whole place is who
// did it: 市住建局…完成改造小区28个.
func (r *reading) department(z *zone, s line) bool {
	t := r.text
	at := s.start
	for k := 0; k <= len(r.seps); k++ {
		from := at
		if k < len(r.seps) {
			if r.seps[k].level < 2 {
				continue
			}
			at = r.seps[k].at + 1
		}
		if from >= z.n.start {
			return false
		}
		end := z.n.start
		if k < len(r.seps) {
			end = min(end, r.seps[k].at)
		}
		if isDepartment(t[from:min(end, from+16)]) {
			return true
		}
		if k == len(r.seps) {
			break
		}
	}
	return false
}

// isDepartment reports whether a clause begins with the name of a department.
func isDepartment(c []rune) bool {
	for len(c) > 0 && c[0] == ' ' {
		c = c[1:]
	}
	if n := wholes.at(c, 0); n > 0 && wholeDid.at(c, n) > 0 {
		return !conference.in(c)
	}
	if len(c) < 4 || !strings.ContainsRune("市县区省州全各", c[0]) {
		return false
	}
	for i := 1; i < len(c) && i < 12; i++ {
		switch c[i] {
		case '局', '厅':
			return true
		case '院':
			if c[i-1] == '法' || c[i-1] == '察' {
				return true
			}
		case '财':
			if hasRunes(c, i-1, len(c), "财政") || hasRunes(c, i, len(c), "财政") {
				return true
			}
		case '委':
			if i >= 3 && i+1 < len(c) && c[i+1] != '员' && c[i+1] != '会' && c[i-1] != '专' && c[i-1] != '党' {
				return true
			}
		case '政':
			if hasRunes(c, i, len(c), "政协") {
				return false
			}
		}
	}
	return false
}

var (
	conference = words(`政协 委员 协商 议事 提案 社情民意 界别`)
	wholes     = words(`全市 全县 全区 全省 全州 城区 农村 全年全市 全年全县 我市 我县 我区`)
	wholeDid   = words(`新增 新建 实现 完成 建成 改造 共有 引进 实施 落实 投入 累计完成 累计投入 新改建`)
	links      = words(`、 , 和 及 共 计 约 近 超 逾 合计 共计 提高到 提升到 提高至 提升至 上升到 增加到 达到 达 累计 余 上升至`)
	rises      = words(`提高到 提升到 提高至 提升至 上升到 上升至 达到 达 增加到 扩充到 增至 扩大到`)
	closings   = words(`参加 参与 列席 到会 受益 的 次参`)
)

// lowered reports whether what follows a number says what became of it.
func lowered(tail []rune) bool {
	for _, w := range []string{"提高到", "提高至", "上升至", "上升到", "提升到", "提升至", "增加到", "增至"} {
		if hasRunes(tail, 0, len(tail), w) {
			return true
		}
	}
	return false
}

// risesTo reports whether a number is what something has risen to.
func (r *reading) risesTo(n *numeral) bool {
	s := r.text[max(0, n.start-12):n.start]
	for i := range s {
		// 提高到99.6%, 上升至2016年的99.4%
		k := rises.at(s, i)
		if k == 0 {
			continue
		}
		for k += i; k < len(s) && (isDigit(s[k]) || s[k] == '年' || s[k] == '的'); {
			k++
		}
		if k == len(s) {
			return true
		}
	}
	return false
}

// respective finds the name that belongs to a number in A、B分别为1、2; from is -1
// if the clause is not of that form.
func (r *reading) respective(z *zone) (from, till int) {
	t := r.text
	// The clause may go on over several numbers and commas.
	k := -1
	for i := z.n.start - 2; i >= 0 && z.n.start-i < 80; i-- {
		if isEnd(t[i]) || t[i] == ';' {
			break
		}
		if t[i] == '分' && t[i+1] == '别' && i+2 < len(t) && strings.ContainsRune("为达是占", t[i+2]) {
			k = i
			break
		}
	}
	if k < 0 {
		return -1, 0
	}
	begin := k
	for begin > 0 && k-begin < 70 && !isEnd(t[begin-1]) && t[begin-1] != ';' && t[begin-1] != ',' && t[begin-1] != ':' {
		begin--
	}
	index := 0
	for i := range r.nums {
		if r.nums[i].start > k && r.nums[i].start < z.n.start {
			index++
		}
	}
	from = begin
	for i := begin; i <= k; i++ {
		if i == k || t[i] == '、' || (t[i] == '和' || t[i] == '与' || t[i] == '及') && i > begin+1 && i < k-1 {
			if index == 0 {
				return from, i
			}
			index--
			from = i + 1
		}
	}
	return -1, 0
}

// respectiveRate is the hit that names the rate of a percentage in A率、B率分别为
// 1%、2%, -1 if the clause is not of that form. Names of rates may contain 和.
func (r *reading) respectiveRate(z *zone, unit string) int {
	if unit != "%" {
		return -1
	}
	from, till := r.respective(z)
	if from < 0 {
		return -1
	}
	index := 0
	for i := range r.nums {
		if r.nums[i].start > till && r.nums[i].start < z.n.start && r.nums[i].unit == "%" {
			index++
		}
	}
	k := lastIndex(r.text[:z.n.start], "分别")
	begin := k
	for begin > 0 && k-begin < 70 && !isEnd(r.text[begin-1]) && r.text[begin-1] != ';' && r.text[begin-1] != ',' && r.text[begin-1] != ':' {
		begin--
	}
	for i, h := range r.hits {
		if int(h.start) < begin || int(h.end) > k || !r.isRate(h) {
			continue
		}
		if index == 0 {
			return i
		}
		index--
	}
	return -1
}

// worked reports whether a number that no frame knows is still work done: it
// stands behind what was done, or right after the verb.
func (r *reading) worked(z *zone, unit string) bool {
	n := z.n
	if n.chinese && n.value < 20 || n.high > 0 {
		return false
	}
	switch unit {
	case "%":
		return n.start > z.left && hasNear(r.text[z.left:n.start], '率', 4)
	case "天", "日", "小时", "分钟", "点", "亩", "米", "公里", "平方米", "元", "吨", "斤", "学时", "倍", "级", "层", "类", "种", "字", "年", "头", "只", "岁", "代", "句", "版", "章", "页", "站", "成", "起", "例", "辆", "文", "地", "方面", "村", "卷", "节", "门":
		return false
	}
	ends := r.endsPart(z)
	if ends && n.start-z.left >= 3 && !r.placed && !r.ofWhole(z) {
		return true // 改造危房112栋: what, and then how many, is how reports count
	}
	if !r.m.acts() {
		return false
	}
	if ends {
		return true
	}
	// 促成7家企业…: the verb stands right before the number.
	for _, h := range r.hits {
		if int(h.end) <= n.start && n.start-int(h.end) <= 2 && int(h.start) >= z.left {
			for _, g := range r.v.groups[h.term] {
				if g == r.v.work {
					return true
				}
			}
		}
	}
	return false
}

// ofWhole reports whether the clause speaks of the whole place: 全市企业达到312家.
func (r *reading) ofWhole(z *zone) bool {
	c := r.text[z.clause:z.n.start]
	return wholes.at(c, 0) > 0 && !conference.in(c)
}

func hasNear(s []rune, r rune, most int) bool {
	for i := len(s) - 1; i >= 0 && i >= len(s)-most; i-- {
		if s[i] == r {
			return true
		}
	}
	return false
}
