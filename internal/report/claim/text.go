package claim

import "strings"

// line is a line of the text, or several short ones that belong together.
type line struct {
	start, end int
	heading    int // 0: none; else its level, 1 the highest
}

// fold brings a text into the form that is searched: one code point stays one.
func fold(text string) []rune {
	rs := make([]rune, 0, len(text)/3+16)
	for _, r := range text {
		if r >= 0x80 {
			switch r {
			case '，', '﹐':
				r = ','
			case '：', '︰', '∶':
				r = ':'
			case '；':
				r = ';'
			case '！':
				r = '!'
			case '？':
				r = '?'
			case '（', '﹙':
				r = '('
			case '）', '﹚':
				r = ')'
			case '％', '﹪':
				r = '%'
			case '．':
				r = '.'
			case '＋':
				r = '+'
			case '\u3000', '\u00A0':
				r = ' '
			case '『', '「':
				r = '“'
			case '』', '」':
				r = '”'
			case '〈', '＜':
				r = '《'
			case '〉', '＞':
				r = '》'
			default:
				if r >= '０' && r <= '９' {
					r = '0' + r - '０'
				}
			}
		}
		rs = append(rs, r)
	}
	return rs
}

// longSentence bounds the work on texts without punctuation.
const longSentence = 1200

// isEnd reports whether a sentence ends with r.
func isEnd(r rune) bool {
	return r == '。' || r == '!' || r == '?' || r == '…' || r == '\n' || r == '★' || r == '◎' || r == '●' || r == '◆' || r == '■' || r == '▲'
}

// sep is a mark that parts a sentence: 1 、 and brackets, 2 a comma or colon, 3 a
// semicolon.
type sep struct {
	at    int
	level int8
}

// separators lists the marks of a sentence that stand outside titles and quotes.
func separators(text []rune, start, end int, seps []sep) []sep {
	for i := start; i < end; i++ {
		switch text[i] {
		case '《':
			i = skipQuote(text, i, end, '》', 60)
		case '“':
			i = skipQuote(text, i, end, '”', 40)
		case '、', '(', ')', '/', '|':
			seps = append(seps, sep{i, 1})
		case ',', ':', '\t':
			seps = append(seps, sep{i, 2})
		case '—':
			if i+1 < end && text[i+1] == '—' {
				seps = append(seps, sep{i, 2})
				i++
			}
		case ';':
			seps = append(seps, sep{i, 3})
		}
	}
	return seps
}

// skipQuote returns where a quote that begins at i closes; i if it does not
// within most characters, so that a lost mark does no harm.
func skipQuote(text []rune, i, end int, close rune, most int) int {
	for k := i + 1; k < end && k-i <= most; k++ {
		if text[k] == close {
			return k
		}
		if text[k] == '\n' {
			break
		}
	}
	return i
}

// lines parts a text into lines and finds the headings.
func lines(text []rune) (all []line) {
	for i := 0; i < len(text); {
		k := i
		for k < len(text) && text[k] != '\n' {
			k++
		}
		s, e := i, k
		for s < e && (text[s] == ' ' || text[s] == '\r' || text[s] == '\t') {
			s++
		}
		for s < e && (text[e-1] == ' ' || text[e-1] == '\r' || text[e-1] == '\t') {
			e--
		}
		if s < e {
			all = append(all, line{s, e, headingLevel(text[s:e])})
		}
		i = k + 1
	}
	return joinShort(text, all)
}

// headingLevel says how high a heading a line is, 0 if it is none.
func headingLevel(l []rune) int {
	if len(l) > 45 {
		return 0
	}
	last := l[len(l)-1]
	if last == '。' || last == ';' || last == ',' {
		return 0
	}
	switch {
	case len(l) > 2 && chineseValue(l[0]) > 0 && (l[1] == '、' || l[2] == '、' && chineseValue(l[1]) > 0):
		return 1
	case l[0] == '表' && len(l) > 3 && (isDigit(l[1]) || chineseValue(l[1]) > 0):
		return 2
	case l[0] == '第' && len(l) > 4 && (indexRune(l[:5], '部') > 0 || indexRune(l[:5], '章') > 0):
		return 1
	case l[0] == '(' || l[0] == '◎' || l[0] == '【' || l[0] == '●' || l[0] == '■' || l[0] == '◆' || l[0] == '—':
		if last == ':' || last != '—' && hasDigit(l[min(4, len(l)):]) {
			return 0
		}
		return 2
	case len(l) > 3 && isDigit(l[0]) && (l[1] == '.' || l[1] == '、' || isDigit(l[1]) && l[2] == ' '):
		if hasDigit(l[3:]) {
			return 0
		}
		return 2
	}
	if hasDigit(l) && !strings.Contains(string(l), "年") || len(l) > 30 || indexRune(l, '。') >= 0 {
		return 0
	}
	return 3
}

func indexRune(l []rune, r rune) int {
	for i, x := range l {
		if x == r {
			return i
		}
	}
	return -1
}

func hasDigit(l []rune) bool {
	for _, r := range l {
		if isDigit(r) {
			return true
		}
	}
	return false
}

// joinShort puts a line that holds only a number together with the line that
// says what it counts: pages for phones set them one below the other, the number
// first or last throughout a run.
func joinShort(text []rune, all []line) []line {
	var out []line
	for i := 0; i < len(all); i++ {
		if !numberOnly(text, all[i]) {
			out = append(out, all[i])
			continue
		}
		// A run of number lines and others in turn: which begins?
		first := len(out) == 0 || !short(text, out[len(out)-1]) || joined(text, out[len(out)-1]) || gap(text, out[len(out)-1].end, all[i].start)
		if first && i+1 < len(all) && short(text, all[i+1]) && !numberOnly(text, all[i+1]) {
			out = append(out, line{all[i].start, all[i+1].end, 0})
			i++
			continue
		}
		if !first {
			p := &out[len(out)-1]
			p.end, p.heading = all[i].end, 0
			continue
		}
		out = append(out, all[i])
	}
	return out
}

// numberOnly reports whether a line is a number with its unit and nothing else.
func numberOnly(text []rune, l line) bool {
	if l.end-l.start > 12 {
		return false
	}
	for i := l.start; i < l.end; i++ {
		if r := text[i]; isDigit(r) || isChineseDigit(r) {
			n, _ := readNumeral(text, i, l.start, l.end)
			return n.unit != "" && n.end >= l.end && i-l.start <= 2
		}
	}
	return false
}

func short(text []rune, l line) bool {
	return l.end-l.start <= 24 && indexRune(text[l.start:l.end], '。') < 0
}

// joined reports whether a line was put together with its number already.
func joined(text []rune, l line) bool { return indexRune(text[l.start:l.end], '\n') >= 0 }

// gap reports whether an empty line stands between two places.
func gap(text []rune, from, to int) bool {
	n := 0
	for i := from; i < to; i++ {
		if text[i] == '\n' {
			n++
		}
	}
	return n > 1
}
