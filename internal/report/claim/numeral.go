package claim

import (
	"slices"
	"strconv"
	"strings"
)

// Bound says what a numeral tells of the value: exactly it, at least it ("余",
// "超过"), at most it, or about it.
type Bound string

// The bounds.
const (
	Exact Bound = ""
	Lower Bound = "lower"
	Upper Bound = "upper"
	About Bound = "about"
)

// numeral is a number with its unit, as it stands in the text.
type numeral struct {
	start, end int // code points, from the first digit to the end of the unit
	digits     int // where the digits end
	value      float64
	high       float64 // of a range "10至12", else 0
	unit       string  // 件, 万元, 人次, %; without 余
	bound      Bound
	chinese    bool // written 十二, not 12
	bare       bool // a single 百, 千 or 万: seldom a count
	one        bool // 一 with a unit: seldom a count
}

// numerals finds the numbers that have a unit, from at to end, and hands them
// to each. What is a date, a time, an ordinal or a code is passed over.
func numerals(text []rune, from, end int, each func(numeral)) {
	for i := from; i < end; {
		r := text[i]
		if r < 0x80 && !isDigit(r) || r >= 0x80 && !isChineseDigit(r) {
			i++
			continue
		}
		n, next := readNumeral(text, i, from, end)
		if n.unit != "" {
			each(n)
		}
		i = max(next, i+1)
	}
}

// readNumeral reads the number that begins at i. A number that is none, or has
// no unit, comes back without a unit; next is where to go on.
func readNumeral(text []rune, i, from, end int) (n numeral, next int) {
	n.start = i
	at := func(k int) rune {
		if k < end {
			return text[k]
		}
		return 0
	}
	if hasRunes(text, i, end, "百分之") {
		v, k, ok := chineseNumber(text, i+3, end)
		if !ok {
			if v, k, ok = arabic(text, i+3, end); !ok {
				return n, i + 3
			}
		}
		n.value, n.digits, n.end, n.unit, n.chinese = v, k, k, "%", true
		n.bound = boundBefore(text, i, from)
		return n, k
	}
	k, ok := i, false
	if isDigit(text[i]) {
		n.value, k, ok = arabic(text, i, end)
		if !ok || i > from && isCode(text[i-1]) {
			return n, k
		}
	} else {
		n.value, k, ok = chineseNumber(text, i, end)
		n.chinese = true
		if !ok {
			return n, k
		}
		n.bare = k == i+1 && n.value >= 100
		n.one = k == i+1 && n.value == 1
	}
	// A range: 10至12件, 10—12件, 三到五次.
	if d := dash(text, k, end); d > 0 {
		var high float64
		h := 0
		if n.chinese {
			high, h, ok = chineseNumber(text, k+d, end)
		} else {
			high, h, ok = arabic(text, k+d, end)
		}
		if ok && high > n.value {
			n.high, k = high, h
		} else if text[k] == '-' || text[k] == '/' {
			return n, h // 2023-05-01, 0793-123
		}
	} else if at(k) == ':' && isDigit(at(k+1)) || at(k) == '/' && isDigit(at(k+1)) {
		_, h, _ := arabic(text, k+1, end)
		return n, h // a time, a fraction
	}
	if i > from && text[i-1] == '第' {
		return n, k
	}
	n.bound = boundBefore(text, i, from)
	// 3000余件, 1.2万多人次, 三十几场, 300万余元
	scale := ""
	for {
		switch r := at(k); {
		case r == '余' || r == '馀' || r == '多' || r == '几' && n.chinese:
			n.bound = Lower
			n.bare = false
			k++
			continue
		case r == '+' && !n.chinese:
			n.bound = Lower
			k++
			continue
		case r == '来' && n.chinese && n.value >= 10:
			n.bound = About
			k++
			continue
		case scale == "" && (r == '万' || r == '亿'):
			scale = string(r)
			if k++; r == '万' && at(k) == '亿' {
				scale, k = "万亿", k+1
			}
			continue
		case scale == "" && (r == '千' || r == '百') && !n.chinese:
			if r == '千' && (at(k+1) == '克' || at(k+1) == '米' || at(k+1) == '瓦') {
				break
			}
			if r == '千' {
				n.value *= 1000
			} else {
				n.value *= 100
			}
			k++
			continue
		}
		break
	}
	n.digits = k
	if n.chinese && scale == "" {
		// 三万元 is 3 万元, as 3万元 is; 一万二千元 is not.
		if p := text[k-1]; (p == '万' || p == '亿') && k-i > 1 && !n.bare {
			scale = string(p)
			n.value /= map[rune]float64{'万': 1e4, '亿': 1e8}[p]
		} else if k >= 2 && (p == '余' || p == '多') && (text[k-2] == '万' || text[k-2] == '亿') && k-i > 2 {
			scale = string(text[k-2])
			n.value /= map[rune]float64{'万': 1e4, '亿': 1e8}[text[k-2]]
		}
	}
	if at(k) == ' ' {
		k++ // 213 件
	}
	unit, u := unitAt(text, k, end)
	if n.one && i > from && text[i-1] == '》' && k < end && text[k] == '文' {
		unit, u = "篇", k+1 // 《…》一文
	}
	if unit == "" && scale == "" {
		return n, k
	}
	n.unit, n.end = scale+unit, u
	if n.unit == "" {
		return n, k
	}
	if unit == "成" {
		n.value, n.unit = n.value*10, "%" // 九成以上, 四成多, 九成五
		if v := chineseValue(at(u)); v > 0 && v < 10 && chineseValue(at(u+1)) < 0 && n.high == 0 {
			n.value += v
			u++
			n.end = u
		}
		if u < end && text[u] == '多' {
			n.bound = Lower
			u++
			n.end = u
		}
	}
	if u < end && text[u] == '半' && (unit == "天" || unit == "年") {
		n.value += 0.5
		u++
		n.end = u
	}
	if n.bound == Exact || n.bound == Lower {
		switch {
		case hasRunes(text, u, end, "以上"), hasRunes(text, u, end, "之多"):
			n.bound = Lower
			n.end = u + 2
		case hasRunes(text, u, end, "左右"), hasRunes(text, u, end, "上下"):
			n.bound = About
			n.end = u + 2
		case hasRunes(text, u, end, "以内"), hasRunes(text, u, end, "以下"):
			n.bound = Upper
			n.end = u + 2
		}
	}
	return n, n.end
}

// isCode reports whether a digit after r belongs to a code, not to a number.
func isCode(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '/' || r == '.' || r == '_' || r == '+' || r == '№'
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isChineseDigit(r rune) bool { return chineseValue(r) >= 0 }

// chineseValue is the value of a Chinese digit or power, -1 for others.
func chineseValue(r rune) float64 {
	switch r {
	case '零', '〇':
		return 0
	case '一':
		return 1
	case '二', '两':
		return 2
	case '三':
		return 3
	case '四':
		return 4
	case '五':
		return 5
	case '六':
		return 6
	case '七':
		return 7
	case '八':
		return 8
	case '九':
		return 9
	case '十':
		return 10
	case '百':
		return 100
	case '千':
		return 1000
	case '万':
		return 1e4
	case '亿':
		return 1e8
	}
	return -1
}

// arabic reads 1200, 1,200, 29.33.
func arabic(text []rune, i, end int) (v float64, next int, ok bool) {
	var buf [24]byte
	b := buf[:0]
	k := i
	for k < end && len(b) < 16 {
		switch r := text[k]; {
		case isDigit(r):
			b = append(b, byte(r))
			k++
			continue
		case (r == ',' || r == '，') && len(b) <= 3 || (r == ',' && len(b) > 3):
			// thousands: exactly three digits follow, and no fourth
			if k-i >= 1 && k+3 < end+1 && digitsAt(text, k+1, end) == 3 && b[0] != '0' {
				b = append(b, byte(text[k+1]), byte(text[k+2]), byte(text[k+3]))
				k += 4
				continue
			}
		case r == '.' && k+1 < end && isDigit(text[k+1]):
			b = append(b, '.')
			k++
			for k < end && len(b) < 22 && isDigit(text[k]) {
				b = append(b, byte(text[k]))
				k++
			}
			if k+1 < end && text[k] == '.' && isDigit(text[k+1]) {
				return 0, skipDigits(text, k, end), false // 2023.05.01, an address
			}
		}
		break
	}
	if len(b) == 0 {
		return 0, i, false
	}
	if k < end && isDigit(text[k]) {
		return 0, skipDigits(text, k, end), false
	}
	v, err := strconv.ParseFloat(string(b), 64)
	return v, k, err == nil
}

// digitsAt counts the digits at i, up to four.
func digitsAt(text []rune, i, end int) int {
	n := 0
	for n < 4 && i+n < end && isDigit(text[i+n]) {
		n++
	}
	return n
}

func skipDigits(text []rune, i, end int) int {
	for i < end && (isDigit(text[i]) || text[i] == '.') {
		i++
	}
	return i
}

// chineseNumber reads 十二, 三千二百, 两万, 百, 九十八点五.
func chineseNumber(text []rune, i, end int) (v float64, next int, ok bool) {
	var total, section, digit float64
	k, plain := i, 0
	for ; k < end && k-i < 14; k++ {
		c := chineseValue(text[k])
		switch {
		case c < 0:
		case c < 10:
			if digit > 0 && c > 0 {
				// 一二三 is a list, 二〇一八 a year; 三五次 is vague
				plain++
			}
			digit = digit*10*b2f(plain > 0) + c
			continue
		case c < 1e4:
			if digit == 0 {
				digit = 1
				if k > i && (section > 0 || total > 0) && text[k-1] != '零' && text[k-1] != '〇' {
					digit = 0
				}
			}
			section += digit * c
			digit = 0
			continue
		default:
			section += digit
			if section == 0 && k == i {
				section = 1
			}
			if total > 0 && c > 1e4 {
				total = (total + section) * c
			} else {
				total += section * c
			}
			section, digit = 0, 0
			continue
		}
		break
	}
	if plain > 0 || k == i {
		return 0, k, false
	}
	v = total + section + digit
	if k+1 < end && text[k] == '点' && chineseValue(text[k+1]) >= 0 && chineseValue(text[k+1]) < 10 {
		scale := 0.1
		for k++; k < end; k++ {
			c := chineseValue(text[k])
			if c < 0 || c >= 10 {
				break
			}
			v += c * scale
			scale /= 10
		}
	}
	return v, k, true
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// dash returns the length of what joins a range at k, 0 if nothing does.
func dash(text []rune, k, end int) int {
	if k+1 >= end {
		return 0
	}
	switch text[k] {
	case '至', '到', '-', '—', '–', '~', '～', '－':
		if text[k+1] == '—' {
			return 2
		}
		return 1
	}
	return 0
}

// boundBefore reads 近, 约, 超过 … before a number.
func boundBefore(text []rune, i, from int) Bound {
	for _, w := range boundWords {
		n := len(w.word)
		if i-n < from || !slices.Equal(text[i-n:i], w.word) {
			continue
		}
		if n == 1 && i-2 >= from && strings.ContainsRune(w.notAfter, text[i-2]) {
			return Exact // 签约12个, 大会上3人, 最近2次
		}
		if w.notAfter == "" && n == 1 && (i >= len(text) || chineseValue(text[i]) < 100) {
			return Exact // 上 and 过 only of 百, 千, 万
		}
		return w.bound
	}
	return Exact
}

type boundWord struct {
	word     []rune
	bound    Bound
	notAfter string // the characters before it that make another word of it
}

var boundWords = func() (all []boundWord) {
	for _, w := range []struct {
		says  string
		bound Bound
	}{
		{"不少于", Lower}, {"不低于", Lower}, {"不超过", Upper}, {"不多于", Upper}, {"将近", About}, {"接近", About}, {"大约", About},
		{"超过", Lower}, {"多于", Lower}, {"高于", Lower}, {"突破", Lower}, {"至少", Lower}, {"最多", Upper},
		{"近", About}, {"约", About}, {"超", Lower}, {"逾", Lower}, {"上", Lower}, {"过", Lower},
	} {
		b := boundWord{word: []rune(w.says), bound: w.bound}
		switch w.says {
		case "近":
			b.notAfter = "最附靠邻"
		case "约":
			b.notAfter = "签节契预条公合邀集特履"
		case "超", "逾":
			b.notAfter = "赶"
		}
		all = append(all, b)
	}
	return all
}()

func hasRunes(text []rune, i, end int, s string) bool {
	for _, r := range s {
		if i >= end || text[i] != r {
			return false
		}
		i++
	}
	return true
}
