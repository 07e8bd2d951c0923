package reader

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"

	"shangliang/internal/figure/catalogue"
	"shangliang/internal/lang"
	"shangliang/internal/report/claim"
)

// Relation is what was found in comparing figures of one report.
type Relation struct {
	Kind    string `json:"kind"`    // sum, subset, rate, repeat, list, range
	Figures []int  `json:"figures"` // places in Report.Figures
	Holds   bool   `json:"holds"`
	Says    string `json:"says"` // what was compared, in Simplified Chinese

	format string
	args   []any
}

// Text is what was compared, in the language of the context.
func (r *Relation) Text(ctx context.Context) string { return lang.T(ctx, r.format, r.args...) }

//go:embed relations.tsv
var relationsTSV string

// rule is a line of that table.
type rule struct{ kind, left, right, base string }

var rules = sync.OnceValue(func() (all []rule) {
	for line := range strings.Lines(relationsTSV) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) == 4 && !strings.HasPrefix(line, "#") && f[0] != "kind" {
			all = append(all, rule{f[0], f[1], f[2], f[3]})
		}
	}
	return all
})

// most bounds how many figures of a metric are compared with each other, near
// how far apart parts may stand from their whole: a report has few, a file made
// to keep us busy must not.
const most, near = 50, 60

// relate compares the figures of work done with each other.
func (r *Report) relate() {
	whole := map[string][]int{} // by metric, those that are no part of another
	for i := range r.Figures {
		f := &r.Figures[i]
		if f.Kind == claim.Stat && f.Metric != "" && !f.Claim.Part && len(whole[f.Metric]) < most {
			whole[f.Metric] = append(whole[f.Metric], i)
		}
	}
	r.ranges()
	r.parts()
	r.lists()
	for _, x := range rules() {
		switch x.kind {
		case "subset":
			r.subset(whole[x.left], whole[x.right])
		case "once":
			r.repeats(whole[x.left])
		}
	}
	r.rates(whole)
}

func (r *Report) found(kind string, holds bool, figures []int, format string, args ...any) {
	r.Relations = append(r.Relations, Relation{kind, figures, holds, fmt.Sprintf(format, args...), format, args})
}

// ranges finds rates beyond what a rate can be.
func (r *Report) ranges() {
	for i := range r.Figures {
		f := &r.Figures[i]
		if f.Unit == "%" && f.Kind == claim.Stat && (f.Value < 0 || f.Value > 100) {
			r.found("range", false, []int{i}, "%s为%s，超出了0到100%%", f.name(), f.text())
		}
	}
}

// parts adds up what is listed as parts of a figure before it, after 其中, in
// brackets or behind a colon.
func (r *Report) parts() {
	for i := 0; i < len(r.Figures); i++ {
		w := &r.Figures[i]
		if w.Kind != claim.Stat || w.Claim.Part || w.Unit == "%" {
			continue
		}
		var parts []int
		sum := 0.0
		for k := i + 1; k < len(r.Figures); k++ {
			p := &r.Figures[k]
			if p.Unit == "%" {
				continue // a share stands behind its part
			}
			if !p.Claim.Part || unit(p) != unit(w) || p.Metric != w.Metric {
				break
			}
			parts = append(parts, k)
			sum += amount(p)
		}
		if len(parts) == 0 {
			if parts, sum = r.directed(i); len(parts) < 2 {
				if parts, sum = r.behindColon(i); len(parts) < 2 || sum != amount(w) {
					continue
				}
			}
		}
		figures := append([]int{i}, parts...)
		switch {
		case len(parts) == 1:
			r.found("subset", sum <= amount(w) || w.Bound != claim.Exact, figures, "其中的%s不超过%s", r.Figures[parts[0]].text(), w.text())
		case sum == amount(w):
			r.found("sum", true, figures, "%s＝%s", r.join(parts, "＋"), w.text())
		case sum > amount(w) && w.Bound == claim.Exact:
			r.found("sum", false, figures, "各部分%s共%s，多于总数%s", r.join(parts, "＋"), number(sum), w.text())
		default:
			r.found("subset", true, figures, "列出的%s不超过%s", r.join(parts, "＋"), w.text())
		}
	}
}

// directed finds the parts of a whole that are told by whom they went to: 报送
// 145篇 … 向省政协报送72篇, 向市委报送73篇.
func (r *Report) directed(i int) (parts []int, sum float64) {
	w := &r.Figures[i]
	if w.Metric == "" || w.Dims["recipient"] != "" {
		return nil, 0
	}
	seen := map[string]bool{}
	for k := i + 1; k < min(len(r.Figures), i+near); k++ {
		p := &r.Figures[k]
		to := p.Dims["recipient"]
		if p.Metric != w.Metric || unit(p) != unit(w) || to == "" || seen[to] || p.Kind != claim.Stat {
			continue
		}
		if len(parts) > 0 && p.Start-r.Figures[parts[len(parts)-1]].End > 40 {
			break
		}
		seen[to] = true
		parts = append(parts, k)
		sum += amount(p)
	}
	if len(parts) < 2 || sum > amount(w) {
		return nil, 0
	}
	return parts, sum
}

// behindColon finds the figures of the sentence behind a colon.
func (r *Report) behindColon(i int) (parts []int, sum float64) {
	w := &r.Figures[i].Claim
	text := r.runes()
	end := w.Until
	for end < len(text) && end < w.Until+12 && text[end] != ':' && text[end] != '：' {
		if text[end] == '。' || text[end] == ',' || text[end] == '，' {
			return nil, 0
		}
		end++
	}
	if end >= len(text) || end >= w.Until+12 {
		return nil, 0
	}
	for k := i + 1; k < min(len(r.Figures), i+near); k++ {
		p := &r.Figures[k]
		for j := end; j < p.Claim.At; j++ {
			if text[j] == '。' || text[j] == '\n' {
				return parts, sum
			}
		}
		if u := unit(p); u != "次" && u != "场" && u != unit(&r.Figures[i]) {
			continue
		}
		if sum+amount(p) > amount(&r.Figures[i]) {
			continue
		}
		parts = append(parts, k)
		sum += amount(p)
	}
	return parts, sum
}

// lists counts what is named before 等: 徐州、玉门、东莞等6家.
func (r *Report) lists() {
	text := r.runes()
	for i := range r.Figures {
		c := &r.Figures[i].Claim
		if c.Kind != claim.Stat || c.At < 1 || text[c.At-1] != '等' || c.Unit == "%" {
			continue
		}
		items, depth := 1, 0
		for k := c.At - 2; k >= c.Start && k >= 0; k-- {
			switch text[k] {
			case '》', '”', ')', '）':
				depth++
			case '《', '“', '(', '（':
				depth--
			case '、':
				if depth == 0 {
					items++
				}
			}
		}
		if items < 2 {
			continue
		}
		f := &r.Figures[i]
		r.found("list", float64(items) <= f.Value || f.Bound != claim.Exact, []int{i}, "点名列出%d个，总数是%s", items, f.text())
	}
}

// subset compares a part with its whole, both as wholes of their metric.
func (r *Report) subset(parts, wholes []int) {
	if len(parts) == 0 || len(wholes) == 0 {
		return
	}
	w := wholes[0]
	for _, i := range wholes {
		if r.Figures[i].Dims["submitter"] != "" || r.Figures[i].Dims["topic"] != "" {
			return // of some only
		}
		if amount(&r.Figures[i]) > amount(&r.Figures[w]) {
			w = i
		}
	}
	whole := &r.Figures[w]
	for _, i := range parts {
		p := &r.Figures[i]
		if unit(p) != unit(whole) {
			continue
		}
		r.found("subset", amount(p) <= amount(whole) || whole.Bound != claim.Exact, []int{i, w}, "%s%s不超过%s%s", p.name(), p.text(), whole.name(), whole.text())
	}
}

// repeats compares what is said of the same thing in two places.
func (r *Report) repeats(all []int) {
	for a, i := range all {
		for _, k := range all[a+1:] {
			x, y := &r.Figures[i], &r.Figures[k]
			if unit(x) != unit(y) || !compatible(x.Dims, y.Dims) || x.Claim.Period != y.Claim.Period {
				continue
			}
			same := amount(x) == amount(y)
			if !same && (x.Bound != claim.Exact || y.Bound != claim.Exact || !total(x) || !total(y) || y.Claim.At-x.Claim.Until < 12) {
				continue // 200余件 and 213件; a total and one of a topic; 由94%提高到99%
			}
			r.found("repeat", same, []int{i, k}, "%s两处分别为%s和%s", x.name(), x.text(), y.text())
			break
		}
	}
}

// rates compares rates with their bases. A rate that no pair of bases explains
// does not hold only if its bases are all there.
func (r *Report) rates(whole map[string][]int) {
	done := map[int]bool{}
	var wrong []Relation
	for _, x := range rules() {
		if x.kind != "rate" {
			continue
		}
		for _, i := range whole[x.left] {
			if done[i] {
				continue
			}
			for _, n := range whole[x.right] {
				for _, d := range whole[x.base] {
					rate, num, den := &r.Figures[i], &r.Figures[n], &r.Figures[d]
					if unit(num) != unit(den) || amount(den) == 0 || amount(num) > amount(den) || num.Bound != claim.Exact || den.Bound != claim.Exact || done[i] {
						continue
					}
					computed := 100 * amount(num) / amount(den)
					holds := rounds(computed, rate)
					say := func() {
						r.found("rate", holds, []int{i, n, d}, "%s%s：%s÷%s＝%s%%", rate.name(), rate.text(), num.text(), den.text(), number(math.Round(computed*100)/100))
					}
					if holds {
						done[i] = true
						say()
						continue
					}
					// Only a rate near its bases is surely meant as theirs.
					if math.Abs(computed-rate.Value) < 15 && rate.Claim.At > num.Claim.At && rate.Claim.At-num.Claim.Until < 60 {
						keep := r.Relations
						say()
						wrong = append(wrong, r.Relations[len(r.Relations)-1])
						r.Relations = keep
					}
				}
			}
		}
	}
	for _, w := range wrong {
		if i := w.Figures[0]; !done[i] {
			done[i] = true
			r.Relations = append(r.Relations, w)
		}
	}
}

// rounds reports whether a computed rate may be printed as the figure.
func rounds(computed float64, f *Figure) bool {
	s := strconv.FormatFloat(f.Value, 'f', -1, 64)
	decimals := 0
	if dot := strings.IndexByte(s, '.'); dot >= 0 {
		decimals = len(s) - dot - 1
	}
	step := math.Pow10(-decimals)
	if f.Bound == claim.Lower {
		return computed >= f.Value-step
	}
	return math.Abs(computed-f.Value) <= step/2+1e-9 || math.Abs(computed-f.Value) < step && decimals > 0
}

// compatible reports whether two figures may be of the same: they say nothing
// different, though one may say more.
func compatible(x, y map[string]string) bool {
	for dim, v := range x {
		if w, ok := y[dim]; ok && w != v {
			return false
		}
	}
	return true
}

// total reports whether a figure is surely meant as the whole of a year: a rate,
// or a count that says so.
func total(f *Figure) bool {
	if f.Unit == "%" {
		return true
	}
	for _, w := range []string{"共", "全年", "累计", "以来"} {
		if strings.Contains(f.Claim.Quote, w) {
			return f.Dims["submitter"] == "" && f.Dims["topic"] == ""
		}
	}
	return false
}

func (r *Report) runes() []rune {
	if r.clean == nil {
		r.clean = []rune(r.Text.Clean)
	}
	return r.clean
}

func (r *Report) join(figures []int, with string) string {
	var all []string
	for _, i := range figures {
		all = append(all, number(r.Figures[i].Value))
	}
	return strings.Join(all, with)
}

func (f *Figure) name() string {
	if f.Figure != "" {
		return f.Figure
	}
	return f.Quote
}

// text is the value as reports write it: 3000余件.
func (f *Figure) text() string {
	n := number(f.Value)
	if f.High > 0 {
		n += "—" + number(f.High)
	}
	switch f.Bound {
	case claim.Lower:
		return n + "余" + f.Unit
	case claim.About:
		return "约" + n + f.Unit
	}
	return n + f.Unit
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// amount is the value in the plain unit.
func amount(f *Figure) float64 {
	v, _ := f.Claim.Base()
	return v
}

func unit(f *Figure) string { return catalogue.BaseUnit(f.Unit) }
