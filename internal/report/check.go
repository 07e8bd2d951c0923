package report

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/figure/catalogue"
	"shangliang/internal/reader"
	"shangliang/internal/report/claim"
)

// Check compares the figures of a draft with what is known and with each other.
func Check(draft *reader.Report, known []Known) *Result {
	r := &Result{File: draft.File, Period: draft.Period, Draft: draft, Counts: map[Kind]int{}, Findings: []Finding{}}
	c := &checker{draft: draft, known: known, clean: []rune(draft.Text.Clean), of: map[int]int{}, by: map[int]*Known{}}
	for i := range draft.Figures {
		if draft.Figures[i].Kind == claim.Stat {
			c.of[i] = len(c.findings)
			c.findings = append(c.findings, c.judge(i))
		}
	}
	c.vague()
	c.relations()
	c.repeats()
	c.missing()
	for _, f := range c.findings {
		r.Counts[f.Kind]++
		r.Findings = append(r.Findings, f)
	}
	return r
}

// checker is the work on one draft.
type checker struct {
	draft    *reader.Report
	known    []Known
	clean    []rune
	findings []Finding
	of       map[int]int    // figure of the draft → its finding
	by       map[int]*Known // what it was compared with
}

func (f *Finding) say(kind Kind, format string, args ...any) {
	f.Kind, f.format, f.args = kind, format, args
	f.Says = fmt.Sprintf(format, args...)
}

// judge compares a figure with what is known.
func (c *checker) judge(i int) Finding {
	fig := &c.draft.Figures[i]
	f := Finding{Kind: Alone, Quote: fig.Quote, Start: fig.Start, End: fig.End, Metric: fig.Metric, Name: fig.Figure, Value: fig.Value, Unit: fig.Unit}
	f.At, f.Until = c.draft.Text.Original(fig.Claim.At, fig.Claim.Until)
	if fig.Metric == "" {
		c.misnamed(&f, i)
		return f
	}
	k := c.find(fig)
	if k == nil {
		c.misnamed(&f, i)
		return f
	}
	c.by[i] = k
	f.Right = k.right()
	value, unit := plain(fig.Value, fig.Unit)
	right, rightUnit := plain(k.Value, k.Unit)
	stated := fig.Dims["denominator"]
	switch {
	case !sameUnit(unit, rightUnit) && !equal(fig.Value, k.Value):
		f.Right = nil // something else, by a name that is shared
		delete(c.by, i)
	case !sameUnit(unit, rightUnit):
		f.say(Unit, "单位应为“%s”：%s", k.Unit, f.Right.Text)
	case k.Base != "" && stated != "" && !strings.Contains(k.Base, stated) && !strings.Contains(stated, k.Base):
		f.say(Base, "是占“%s”的比例，不是占“%s”的", k.Base, stated)
	case fair(value, right, fig):
		if value == right && fig.Bound == claim.Exact {
			f.Kind = Agrees
		} else {
			f.say(Rounded, "确数为%s", f.Right.Text)
		}
	case k.Last != nil && equal(value, scaled(*k.Last, k.Unit)) && !equal(scaled(*k.Last, k.Unit), right):
		f.say(LastYear, "这是上年的数，今年为%s", f.Right.Text)
	case decimal(value, right):
		f.say(Unit, "单位或位数不对，应为%s", f.Right.Text)
	default:
		if other := c.isOf(value, unit, k); other != nil {
			f.say(Base, "这是“%s”的数，%s为%s", other.name(), fig.Figure, f.Right.Text)
		} else {
			f.say(Differs, "应为%s", f.Right.Text)
		}
	}
	return f
}

// minor are the dimensions that do not make a figure a part of another.
var minor = map[string]bool{"rater": true, "denominator": true, "session": true, "stage": true, "channel": true, "form": true, "outlet": true, "title": true}

// whole reports whether dimensions leave a figure the whole of its metric.
func whole(dims map[string]string) bool {
	for d, v := range dims {
		if !minor[d] && v != "all" {
			return false
		}
	}
	return true
}

// find returns what is known of a figure: by the most of its dimensions, but
// first what it agrees with.
func (c *checker) find(f *reader.Figure) *Known {
	var best *Known
	value, unit := plain(f.Value, f.Unit)
	for i := range c.known {
		k := &c.known[i]
		if k.Metric != f.Metric || !covers(k.Dims, f.Dims) || whole(k.Dims) && (f.Claim.Part || !whole(f.Dims)) {
			continue // the whole says nothing about a part
		}
		if right, u := plain(k.Value, k.Unit); sameUnit(u, unit) && fair(value, right, f) {
			return k
		}
		if best == nil || len(k.Dims) > len(best.Dims) {
			best = k
		}
	}
	return best
}

// covers reports whether a figure with the dimensions of a draft is one with the
// dimensions that are known.
func covers(known, stated map[string]string) bool {
	for d, v := range known {
		if s := stated[d]; v != "" && (s == "" || s != v && !strings.Contains(s, v) && !strings.Contains(v, s)) {
			return false
		}
	}
	return true
}

// misnamed looks whether a figure that is in no catalogue is a known one in a
// wrong unit: put into its right unit, its clause says so.
func (c *checker) misnamed(f *Finding, i int) {
	fig := &c.draft.Figures[i]
	at, until := fig.Claim.At, fig.Claim.Until
	number := strings.TrimSuffix(string(c.clean[at:until]), fig.Unit)
	start, end := at, until
	for start > 0 && at-start < 60 && !strings.ContainsRune("。；;\n", c.clean[start-1]) {
		start--
	}
	for end < len(c.clean) && end-until < 30 && !strings.ContainsRune("。；;，,\n", c.clean[end]) {
		end++
	}
	tried := map[string]bool{}
	for n := range c.known {
		k := &c.known[n]
		value, _ := plain(fig.Value, k.Unit)
		right, unit := plain(k.Value, k.Unit)
		if sameUnit(unit, catalogue.BaseUnit(fig.Unit)) || tried[unit] && !equal(value, right) || !equal(value, right) && !fair(value, right, fig) {
			continue
		}
		tried[unit] = true
		text := string(c.clean[start:at]) + number + k.Unit + string(c.clean[until:end])
		for _, x := range claim.Extract(text) {
			if x.ID() == k.Metric && x.At == at-start && x.Kind == claim.Stat {
				c.by[i] = k
				f.Metric, f.Name, f.Right = k.Metric, x.Metric.Name, k.right()
				f.say(Unit, "单位应为“%s”：%s", k.Unit, f.Right.Text)
				return
			}
		}
	}
}

// isOf returns the known figure of the same unit that has a value: another one
// was put in.
func (c *checker) isOf(value float64, unit string, not *Known) *Known {
	group := ""
	if m := catalogue.Get().Metric(not.Metric); m != nil {
		group = m.Group
	}
	for i := range c.known {
		k := &c.known[i]
		v, u := plain(k.Value, k.Unit)
		m := catalogue.Get().Metric(k.Metric)
		if k != not && m != nil && m.Group == group && sameUnit(u, unit) && equal(v, value) && value > 3 {
			return k
		}
	}
	return nil
}

// totals are words that say that a figure is all of a year.
var totals = regexp.MustCompile(`共|全年|累计|总计|合计|一年来|以来`)

// vague takes back what was said of a figure that only shares its metric with
// the one that is known: another place of the draft tells that one rightly, and
// this one does not say that it is the whole.
func (c *checker) vague() {
	right := map[*Known]bool{}
	for i, k := range c.by {
		if kind := c.findings[c.of[i]].Kind; kind != Differs && kind != Base {
			right[k] = true // it is surely the one that is meant
		}
	}
	for i, k := range c.by {
		f := &c.findings[c.of[i]]
		if right[k] && (f.Kind == Differs || f.Kind == Base) && !totals.MatchString(f.Quote) {
			f.Kind, f.Says, f.format, f.args, f.Right = Alone, "", "", nil, nil
		}
	}
}

// relations says of figures that do not fit each other so, where none of them
// is known to be wrong already.
func (c *checker) relations() {
	kinds := map[string]Kind{"sum": Sum, "subset": Sum, "list": Sum, "rate": Rate, "range": Rate, "repeat": Contradicts}
	for i := range c.draft.Relations {
		x := &c.draft.Relations[i]
		kind, ok := kinds[x.Kind]
		if !ok || x.Holds {
			continue
		}
		if f := c.blame(kind, x.Figures); f != nil {
			f.Kind, f.Says, f.format, f.relation = kind, x.Says, "", x
		}
	}
}

// blame returns the finding of the figure that is least sure of several: one
// that nothing known speaks for; nil if one of them is known to be wrong.
func (c *checker) blame(kind Kind, figures []int) *Finding {
	var with []int
	for _, i := range figures {
		n, ok := c.of[i]
		if !ok || c.findings[n].Kind.Wrong() {
			return nil
		}
		with = append(with, n)
	}
	if len(with) == 0 {
		return nil
	}
	at := with[0]
	if kind == Contradicts {
		at = with[len(with)-1]
	}
	for _, n := range with {
		if c.findings[at].Kind != Alone && c.findings[n].Kind == Alone {
			at = n
		}
	}
	f := &c.findings[at]
	f.With = slices.DeleteFunc(with, func(n int) bool { return n == at })
	return f
}

// repeats finds places that say different things of one figure that is not
// known: those that say whose it is in the same words.
func (c *checker) repeats() {
	for i := range c.draft.Figures {
		a := &c.draft.Figures[i]
		n, ok := c.of[i]
		if !ok || a.Metric == "" || c.findings[n].Kind != Alone || a.Bound != claim.Exact || a.Claim.Part {
			continue
		}
		for j := i + 1; j < len(c.draft.Figures); j++ {
			b := &c.draft.Figures[j]
			m, ok := c.of[j]
			if !ok || b.Metric != a.Metric || c.findings[m].Kind != Alone || b.Bound != claim.Exact || b.Claim.Part || !maps.Equal(a.Dims, b.Dims) || b.Period != a.Period {
				continue
			}
			va, ua := plain(a.Value, a.Unit)
			vb, ub := plain(b.Value, b.Unit)
			if ua == ub && !equal(va, vb) && len(c.words(a)) > 3 && c.words(a) == c.words(b) {
				if f := c.blame(Contradicts, []int{i, j}); f != nil {
					f.say(Contradicts, "与另一处的%s不一致", text(a.Value, a.Unit))
				}
			}
		}
	}
}

// words are the characters in front of a number that say what it counts.
func (c *checker) words(f *reader.Figure) string {
	at := f.Claim.At
	start := at
	for start > 0 && at-start < 8 && !strings.ContainsRune("，,。；;、\n“”", c.clean[start-1]) {
		start--
	}
	return string(c.clean[start:at])
}

// missing finds wholes of which parts are told, but not all that are known and
// make the whole together.
func (c *checker) missing() {
	for i := range c.draft.Figures {
		n, ok := c.of[i]
		w := &c.draft.Figures[i]
		if !ok || c.findings[n].Kind.Wrong() || w.Metric == "" || !whole(w.Dims) || w.Claim.Part {
			continue
		}
		total := c.find(w)
		if total == nil {
			continue
		}
		// The parts told behind it, as far as its sentence and the next go.
		told := map[string]map[string]bool{}
		values := map[float64]bool{}
		var with []int
		for j := i + 1; j < len(c.draft.Figures) && c.near(w, &c.draft.Figures[j]); j++ {
			p := &c.draft.Figures[j]
			values[p.Value] = true
			if p.Metric != w.Metric || whole(p.Dims) {
				continue
			}
			for k := range c.known {
				if x := &c.known[k]; x.Metric == w.Metric && len(x.Dims) > 0 && covers(x.Dims, p.Dims) {
					d := axis(x.Dims)
					if told[d] == nil {
						told[d] = map[string]bool{}
					}
					told[d][key(x.Dims)] = true
				}
			}
			if m, ok := c.of[j]; ok {
				with = append(with, m)
			}
		}
		for d, parts := range told {
			sum, left := 0.0, []string{}
			for k := range c.known {
				x := &c.known[k]
				if x.Metric != w.Metric || len(x.Dims) == 0 || axis(x.Dims) != d {
					continue
				}
				sum += x.Value
				if !parts[key(x.Dims)] && !values[x.Value] {
					left = append(left, x.name()+x.right().Text)
				}
			}
			if len(left) > 0 && equal(sum, total.Value) {
				c.findings[n].say(Missing, "分项没有列全，还有%s", strings.Join(left, "、"))
				c.findings[n].With = with
			}
		}
	}
}

// near reports whether a figure stands in the sentence of another or the next.
func (c *checker) near(a, b *reader.Figure) bool {
	stops := 0
	if b.Claim.At < a.Claim.Until {
		return true
	}
	for _, r := range c.clean[a.Claim.Until:b.Claim.At] {
		if r == '\n' {
			return false
		}
		if r == '。' {
			stops++
		}
	}
	return stops <= 1
}

// axis is by what a part is one, key which.
func axis(dims map[string]string) string {
	return strings.Join(slices.Sorted(maps.Keys(dims)), " ")
}

func key(dims map[string]string) string {
	var all []string
	for _, d := range slices.Sorted(maps.Keys(dims)) {
		all = append(all, d+"="+dims[d])
	}
	return strings.Join(all, " ")
}

func (k *Known) name() string {
	if k.Name != "" {
		return k.Name
	}
	s := k.Metric
	if m := catalogue.Get().Metric(k.Metric); m != nil {
		s = m.Name
	}
	for _, d := range slices.Sorted(maps.Keys(k.Dims)) {
		s += "（" + k.Dims[d] + "）"
	}
	return s
}

func (k *Known) right() *Right {
	return &Right{Value: k.Value, Unit: k.Unit, Text: text(k.Value, k.Unit), Link: k.Link}
}

func text(value float64, unit string) string {
	return strconv.FormatFloat(value, 'f', -1, 64) + unit
}

// plain is a value in the plain unit.
func plain(value float64, unit string) (float64, string) {
	x := claim.Claim{Value: value, Unit: unit}
	v, _ := x.Base()
	return v, catalogue.BaseUnit(unit)
}

func scaled(value float64, unit string) float64 {
	v, _ := plain(value, unit)
	return v
}

func equal(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

// alike are units that count the same.
var alike = [][]string{{"次", "场", "场次"}, {"名", "人", "位"}, {"家", "个"}, {"条", "点"}, {"篇", "份"}, {"项", "个"}, {"部", "册", "本"}}

func sameUnit(a, b string) bool {
	return a == b || slices.ContainsFunc(alike, func(u []string) bool { return slices.Contains(u, a) && slices.Contains(u, b) })
}

// fair reports whether a figure may be written so: exactly, as a round number
// that says it is one, or rounded to the decimals that it has.
func fair(value, right float64, f *reader.Figure) bool {
	step := stepOf(f.Value)
	if f.Value != 0 {
		step *= value / f.Value // in the plain unit
	}
	switch f.Bound {
	case claim.Lower:
		return right >= value && right < value+step
	case claim.Upper:
		return right <= value && right > value-step
	case claim.About:
		return math.Abs(right-value) <= step/2
	}
	if f.High > 0 {
		high, _ := plain(f.High, f.Unit)
		return value <= right && right <= high
	}
	if f.Unit == "%" || strings.HasPrefix(f.Unit, "万") || strings.HasPrefix(f.Unit, "亿") {
		return math.Abs(right-value) <= decimals(f.Value)*value/f.Value/2+1e-9
	}
	return equal(value, right)
}

// stepOf is the place of the last digit that is not 0: 1000 of 3000, 10 of 120,
// 0.1 of 3.1.
func stepOf(v float64) float64 {
	if v == 0 || v != math.Trunc(v) {
		return decimals(v)
	}
	step := 1.0
	for math.Mod(v, step*10) == 0 && step < 1e12 {
		step *= 10
	}
	return step
}

// decimals is the place of the last digit as it is written, at most 1.
func decimals(v float64) float64 {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if dot := strings.IndexByte(s, '.'); dot >= 0 {
		return math.Pow10(-(len(s) - dot - 1))
	}
	return 1
}

// decimal reports whether two values have the same digits at other places.
func decimal(a, b float64) bool {
	if a <= 0 || b <= 0 || equal(a, b) {
		return false
	}
	p := math.Log10(a / b)
	return math.Abs(p-math.Round(p)) < 1e-9 && b >= 10
}
