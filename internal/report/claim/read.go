package claim

import (
	"slices"

	"shangliang/internal/figure/catalogue"
)

// How well a frame must fit. A frame of one word right beside the number scores
// some 10, each further word adds to it.
const (
	enough        = 7.5
	enoughIfVague = 9 // for 三项 and 一次, which are mostly no counts
)

// reading is the work on one text.
type reading struct {
	text  []rune
	v     *vocabulary
	m     matcher
	doc   *Document
	nums  []numeral
	seps  []sep
	hits  []hit
	far   []hit // of the sentence before, the paragraph's first and the heading
	heads []line
	title []hit // of the first lines

	year   int // that the text is mostly about, 0 if it names none
	before int // the first claim of the last sentence that had numbers

	session   string // that the paragraph speaks of: 九届三次以来
	programme string // that the paragraph speaks of: 三送三帮
	lead      line   // what stands before the colon that opens a sentence
	columns   []line // the cells of a table's first row
	cells     []line // of the line that is read
	placed    bool   // the sentence has turned to the place's own figures

	plans int // level of the heading that begins the plans, 0: not in them
}

// Read reads a text.
func Read(text string) *Document {
	v := theVocabulary()
	r := &reading{text: fold(text), v: v, doc: &Document{}}
	r.m = matcher{v: v, found: make([]found, v.nGroup)}
	r.year = mainYear(r.text)
	all := lines(r.text)
	for i := 0; i < len(all) && i < 3; i++ {
		if l := all[i]; l.end-l.start <= 60 {
			r.title = r.v.scan(r.text, l.start, l.end, r.title)
		}
	}
	for i := range all {
		l := all[i]
		if l.heading > 0 {
			r.heading(l)
		}
		var prev line // the short lines before, up to four
		for k := i - 1; k >= 0 && k >= i-4 && all[k].end-all[k].start <= 40; k-- {
			if prev.end == 0 {
				prev.end = all[k].end
			}
			prev.start = all[k].start
		}
		r.line(l, prev)
	}
	return r.doc
}

// heading notes a heading: it closes those below it.
func (r *reading) heading(l line) {
	r.heads = slices.DeleteFunc(r.heads, func(h line) bool { return h.heading >= l.heading })
	r.heads = append(r.heads, l)
	t := r.text[l.start:l.end]
	switch plan := isPlanHeading(t) || r.laterYear(t); {
	case plan && l.heading == 3 && l.start < len(r.text)/4:
		// too early, without a number: a link to another page
	case plan && (r.plans == 0 || l.heading <= r.plans):
		r.plans = l.heading
	case !plan && r.plans > 0 && (l.heading == 1 && r.plans == 1 || notPlans.in(t)):
		r.plans = 0
	}
}

// laterYear reports whether a heading names the year after the one that the text
// is mostly about.
func (r *reading) laterYear(t []rune) bool {
	k := indexRune(t, '年')
	return r.year > 0 && k >= 4 && yearAt(t, k-4) == r.year+1 && !notPlans.in(t) && k < 12
}

// line reads the sentences of a line. prev is the line before if it is short
// enough to be about it.
func (r *reading) line(l, prev line) {
	r.row(l)
	r.session, r.programme = "", ""
	first := line{}
	last := prev
	planned := r.bracketed(l)
	for i := l.start; i < l.end; {
		k := i
		short := indexRune(r.text[l.start:l.end], '\n') >= 0 // lines that were put together
		for k < l.end && k-i < longSentence && (!isEnd(r.text[k]) || short && r.text[k] == '\n' || r.text[k] == '!' && k+1 < l.end && r.text[k+1] == '”') {
			if r.text[k] == '《' {
				k = skipQuote(r.text, k, l.end, '》', 60)
			}
			k++
		}
		k = min(k, l.end)
		s := line{i, k, 0}
		if k > i {
			if i == l.start && l.heading == 0 && isInlineHeading(r.text[i:k]) {
				if level := headingLevel(r.text[i:k]); level > 0 {
					r.heading(line{i, k, level})
				}
			}
			planned = r.sentence(s, first, last, planned)
			if first.end == 0 {
				first = s
			}
			last = s
		}
		i = k + 1
	}
}

// bracketed reports whether a line begins with a heading in brackets that speaks
// of plans: 【2015年要点】….
func (r *reading) bracketed(l line) bool {
	if r.text[l.start] != '【' {
		return false
	}
	end := skipQuote(r.text, l.start, l.end, '】', 20)
	return isPlanHeading(r.text[l.start:min(end+1, l.end)])
}

// sentence reads one sentence. planned says that the paragraph has turned to
// plans; it returns whether it has now.
func (r *reading) sentence(s, first, last line, planned bool) bool {
	if !planned {
		planned = r.turnsToPlans(r.text[s.start:s.end])
	} else if turnsBack(r.text[s.start:s.end]) {
		planned = false
	}
	r.named(s)
	r.nums = r.nums[:0]
	numerals(r.text, s.start, s.end, func(n numeral) {
		if !r.quoted(&n, s) {
			r.nums = append(r.nums, n)
		}
	})
	if len(r.nums) == 0 {
		return planned
	}
	r.seps = separators(r.text, s.start, s.end, r.seps[:0])
	r.lead = line{}
	for _, p := range r.seps {
		if r.text[p.at] == ':' && p.at-s.start <= longestLead && p.at < r.nums[0].start {
			r.lead = line{start: s.start, end: p.at}
		}
		if p.level >= 2 {
			break
		}
	}
	r.hits = r.v.scan(r.text, s.start, s.end, r.hits[:0])
	r.far = r.far[:0]
	for _, x := range []line{first, last} {
		if x.end > x.start && (x.start < s.start) {
			r.far = r.v.scan(r.text, max(x.start, x.end-200), x.end, r.far)
		}
		if first == last {
			break
		}
	}
	for _, x := range r.heads {
		if x.start < s.start {
			r.far = r.v.scan(r.text, x.start, x.end, r.far)
		}
	}
	r.placed = false
	begin := len(r.doc.Claims)
	defer func() { r.before = begin }()
	for i := range r.nums {
		r.number(i, s, begin, planned)
	}
	return planned
}

// quoted reports whether a number stands in a title or a short quotation: a name
// such as “四个一”, not a count.
func (r *reading) quoted(n *numeral, s line) bool {
	depth := 0
	for i := n.start - 1; i >= s.start && n.start-i < 60; i-- {
		switch r.text[i] {
		case '》', '”':
			return false
		case '《':
			return true
		case '“':
			for k := n.end; k < s.end && k-i < 16; k++ {
				if r.text[k] == '”' {
					return true
				}
			}
			return false
		case '"', '\'', '‘', '’':
			depth++
			if depth == 1 {
				for k := n.end; k < s.end && k-i < 14; k++ {
					if r.text[k] == r.text[i] || r.text[k] == '’' {
						return true
					}
				}
			}
		}
	}
	return false
}

// longestLead bounds what stands before the colon that opens a list.
const longestLead = 14

// window bounds how far words are looked for around a number.
const window = 220

// number makes a claim of the i-th number of the sentence, or two of one that is
// said of two rates, or none.
func (r *reading) number(i int, s line, begin int, planned bool) {
	z := r.zoneOf(i, s)
	n := z.n
	t := r.trap(&z, s)
	if t == dropped {
		r.doc.Others++
		return
	}
	unit := catalogue.BaseUnit(n.unit)
	if unit == "港元" || unit == "美元" {
		unit = "元"
	}
	if unit == "个" && hasRunes(r.text, n.end, s.end, "方面") {
		unit = "方面"
	}
	kind := Stat
	switch {
	case t == normed:
		kind = Norm
	case t == foreign:
		kind = Context
		r.placed = true
		if m, _ := r.match(&z, unit, -1); m.Has(catalogue.Brought) && !r.department(&z, s) {
			kind = Stat // a project that the committee brought, with what it will be
		}
	case t == delegated && !r.conferenceWork(&z, unit):
		kind = Context
		r.placed = true
	case r.placed && r.ofThePlace(&z, unit):
		kind = Context
	case r.plans > 0 || planned || r.intended(&z, s):
		kind = Plan
	}
	rates := r.rates(&z, unit)
	if one := r.respectiveRate(&z, unit); one >= 0 {
		rates = []int{one, one}
	}
	if len(rates) < 2 {
		rates = []int{-1}
	}
	made := false
	for _, only := range rates {
		metric, score := r.match(&z, unit, only)
		if unit == "%" && !made {
			metric, score = r.share(&z, begin, metric, score)
		}
		if made && (metric == nil || score < enough || r.doc.Claims[len(r.doc.Claims)-1].Metric == metric) {
			continue
		}
		if c, ok := r.claim(&z, s, begin, unit, metric, score, kind); ok {
			made = true
			r.doc.Claims = append(r.doc.Claims, c)
		}
	}
	if !made {
		r.doc.Others++
	}
}

// conferenceWork reports whether only a conference does what a number counts: a
// department that is named before it files no proposals and holds no
// consultations.
func (r *reading) conferenceWork(z *zone, unit string) bool {
	m, score := r.match(z, unit, -1)
	return m != nil && score >= enough && !m.Has(catalogue.Anybody)
}

// ofThePlace reports whether a number that follows the place's own figures in a
// sentence goes on with them: roads and jobs, which both places and committees
// count.
func (r *reading) ofThePlace(z *zone, unit string) bool {
	m, _ := r.match(z, unit, -1)
	return m.Has(catalogue.OfPlace) && !r.m.acts()
}

// match scores the frames for a number. only is a hit that alone may speak among
// the rates, -1 if all may.
func (r *reading) match(z *zone, unit string, only int) (*catalogue.Metric, float32) {
	r.m.reset()
	item, till := r.respective(z)
	if only >= 0 {
		item = -1 // the name is known already
	}
	back, k := 0, len(r.seps)-1
	for k >= 0 && r.seps[k].at >= z.n.start {
		k--
	}
	for h := len(r.hits) - 1; h >= 0; h-- {
		x := r.hits[h]
		if int(x.start)-z.n.end > window || z.n.start-int(x.end) > window {
			continue
		}
		if only >= 0 && h != only && (r.isRate(x) || unit != "%" && x.end-x.start > 2) && int(x.end) <= z.n.start && int(x.start) >= z.left {
			continue
		}
		for k >= 0 && int(x.start) < r.seps[k].at {
			if r.seps[k].level >= 2 {
				back++
			}
			k--
		}
		if item >= 0 && int(x.end) <= z.n.start && int(x.start) >= z.clause {
			// A、B分别为1和2: only its own name speaks for a number.
			if int(x.start) >= item && int(x.end) <= till {
				r.seeAs(x, z, 2)
			}
			continue
		}
		r.m.see(x, z, back, 1)
	}
	for _, x := range r.far {
		r.m.see(x, z, 9, 0.5)
	}
	for _, x := range r.column(z.n.start) {
		r.seeAs(x, z, 2)
	}
	for _, x := range r.hits {
		if int(x.end) <= r.lead.end && int(x.start) >= r.lead.start && int(x.end) <= z.left {
			r.seeAs(x, z, 12) // 报送:全国政协41篇,省政协187篇
		}
	}
	for _, x := range r.title {
		r.m.see(x, z, 9, 0.3)
	}
	return r.m.best(unit)
}

// seeAs notes a word for a number as if it stood so far before it.
func (r *reading) seeAs(x hit, z *zone, back int) {
	y := *z
	end := z.n.start - back
	y.left = end - int(x.end-x.start)
	r.m.see(hit{x.term, int32(y.left), int32(end)}, &y, 0, 1)
}

// claim decides whether a number is a claim, and makes it.
func (r *reading) claim(z *zone, s line, begin int, unit string, metric *catalogue.Metric, score float32, kind Kind) (c Claim, ok bool) {
	n := z.n
	part := r.isPart(z, s)
	confidence := min(0.5+float64(score)/40, 0.98)
	vague := n.chinese && n.value <= 10 && unit != "%" && n.bound == Exact
	switch {
	case n.one && !r.endsPart(z) && !held.ends(r.text[z.left:n.start]):
		return c, false
	case n.one && (metric == nil || score < enoughIfVague):
		return c, false
	case vague && (metric == nil || score < enoughIfVague || !r.endsPart(z) && !r.m.acts() && (score < 13 || !counts(unit)) && (score < 10 || !happens(unit))):
		return c, false
	case n.bare && (n.bound == Exact || n.value >= 1e8): // 亿元以上项目
		return c, false
	case metric != nil && score >= enough:
	default:
		if metric = r.inherited(z, s, begin, unit, part); metric != nil {
			confidence = 0.6
		} else if kind == Context || !r.worked(z, unit) {
			return c, false
		} else {
			confidence = 0.4
		}
	}
	if part {
		metric = r.forward(metric, s, begin, unit, n.value)
	}
	from, to := r.quote(z)
	c = Claim{Quote: string(r.text[from:to]), Start: from, End: to, At: n.start, Until: n.end, Value: n.value, High: n.high, Unit: n.unit,
		Bound: n.bound, Kind: kind, Metric: metric, Confidence: confidence, Part: part && unit != "%"}
	c.Value, c.Unit = asCounted(c.Value, c.Unit)
	r.dims(&c, z, s)
	return c, true
}

// asCounted turns 三地 into 3 个.
func asCounted(v float64, unit string) (float64, string) {
	switch unit {
	case "地":
		return v, "个"
	}
	return v, unit
}

// quote is the number's part of the clause with what names it.
func (r *reading) quote(z *zone) (from, to int) {
	from, to = min(z.left, z.n.start), max(z.right, z.n.end)
	for from < z.n.start && (r.text[from] == ' ' || r.text[from] == '\n' || r.text[from] == ',' || r.text[from] == '、' || r.text[from] == ':') {
		from++
	}
	if z.n.start-from > 60 {
		from = z.n.start - 60
	}
	to = min(to, z.n.end+40)
	for to > z.n.end && (r.text[to-1] == ' ' || r.text[to-1] == '\n') {
		to--
	}
	return from, to
}

// isPart reports whether the number is part of the one before: after 其中 or in
// brackets.
func (r *reading) isPart(z *zone, s line) bool {
	open := false
	for i := z.n.start - 1; i >= s.start && z.n.start-i < 120; i-- {
		switch r.text[i] {
		case ')':
			open = true
		case '(':
			return !open
		case '其':
			if hasRunes(r.text, i, s.end, "其中") {
				return true
			}
		}
	}
	return r.opensPart(s)
}

// opensPart reports whether a sentence lists parts of what was said before:
// 其中,… or 在立案提案中,….
func (r *reading) opensPart(s line) bool {
	t := r.text[s.start:min(s.end, s.start+14)]
	if hasRunes(t, 0, len(t), "其中") {
		return true
	}
	return lastIndex(t, "提案中") > 0
}

// inherited is the metric of the claim before for a number that goes on listing:
// 立案提案97件,其中经济类40件、文教类57件.
func (r *reading) inherited(z *zone, s line, begin int, unit string, part bool) *catalogue.Metric {
	var whole *catalogue.Metric
	if part && r.opensPart(s) {
		begin = r.before // 立案97件。其中,…
		whole = r.parted(s)
	}
	for k := len(r.doc.Claims) - 1; k >= begin; k-- {
		c := &r.doc.Claims[k]
		if c.Metric == nil || catalogue.BaseUnit(c.Unit) != unit || whole != nil && c.Metric != whole {
			continue
		}
		if part || r.empty(z.left, z.n.start) && r.emptyBehind(z.n.end, z.right) && z.n.start-c.Until < 30 {
			return c.Metric
		}
		return nil
	}
	return nil
}

// parted is what a sentence begins to part, if it says so: 在立案提案中,…. Else
// nil.
func (r *reading) parted(s line) *catalogue.Metric {
	for word, metric := range r.v.parted {
		if lastIndex(r.text[s.start:min(s.end, s.start+14)], word) >= 0 {
			return metric
		}
	}
	return nil
}

// forward lets a part not fall behind its whole: what is listed of the proposals
// filed are proposals filed, though it says who submitted them. Metrics of a
// group stand in the order in which things happen.
func (r *reading) forward(metric *catalogue.Metric, s line, begin int, unit string, value float64) *catalogue.Metric {
	if r.opensPart(s) {
		begin = r.before
	}
	if metric == nil || metric.Order > 1 {
		return metric
	}
	whole := r.parted(s)
	for k := len(r.doc.Claims) - 1; k >= begin; k-- {
		c := &r.doc.Claims[k]
		if c.Part || c.Metric == nil || catalogue.BaseUnit(c.Unit) != unit || c.Value < value || c.Metric.Group != metric.Group {
			continue
		}
		if whole != nil && c.Metric != whole {
			continue
		}
		if c.Metric.Order > metric.Order {
			return c.Metric
		}
		break
	}
	return metric
}

// share finds what a percentage that only says 占 is a share of: the count before
// it in the sentence says what was counted.
func (r *reading) share(z *zone, begin int, metric *catalogue.Metric, score float32) (*catalogue.Metric, float32) {
	at := lastIndex(r.text[z.left:z.n.start], "占")
	if at < 0 || len(r.doc.Claims) == begin {
		return metric, score
	}
	c := &r.doc.Claims[len(r.doc.Claims)-1]
	if c.Unit == "%" && c.Metric == r.v.whole && r.joins(c.Until, z.n.start) {
		return c.Metric, enough
	}
	if c.Unit == "%" || z.n.start-c.Until > 24 {
		return metric, score
	}
	if rate, ok := c.Metric.Trait(catalogue.Share); ok {
		return catalogue.Get().Metric(rate), 2 * enough
	}
	if metric != nil && !r.v.rates[metric] {
		return metric, score
	}
	return r.v.whole, enough
}

// rates lists the hits that name a rate in the part before a percentage.
func (r *reading) rates(z *zone, unit string) (all []int) {
	each := z.n.start > z.left && r.text[z.n.start-1] == '各' // 交办会、督办会各1次
	if unit != "%" && !each {
		return nil
	}
	for i, h := range r.hits {
		if int(h.start) >= z.left && int(h.end) <= z.n.start && (r.isRate(h) || each && h.end-h.start > 2) {
			all = append(all, i)
		}
	}
	return all
}

func (r *reading) isRate(h hit) bool {
	w := r.text[h.end-1]
	return w == '率' || w == '度' && h.end-h.start > 2
}
