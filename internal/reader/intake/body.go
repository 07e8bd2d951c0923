package intake

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"shangliang/internal/han"
)

//go:embed data/page.tsv
var pageWords string

// pageWord is a line of that table.
type pageWord struct {
	kind        OutsideKind
	where, word string
}

// pageTable is the table by the first character of words that begin a line or
// are all of it; under 0, the rest.
var pageTable = sync.OnceValue(func() map[rune][]pageWord {
	t := map[rune][]pageWord{}
	for row := range strings.Lines(pageWords) {
		f := strings.Split(strings.TrimSpace(row), "\t")
		if len(f) != 3 || strings.HasPrefix(row, "#") {
			continue
		}
		first := rune(0)
		if f[1] == "begin" || f[1] == "whole" {
			first, _ = utf8.DecodeRuneInString(f[2])
		}
		t[first] = append(t[first], pageWord{OutsideKind(f[0]), f[1], f[2]})
	}
	return t
})

// line is a line of the text, without the blanks around it.
type line struct {
	start, end int
	indent     int
	outside    OutsideKind // why it is no part of the body; "" if it is
	prose      bool
	row        bool // of a table or a list: it counts something
	marked     bool // begins with the number or the mark of a heading
	heading    bool // is one
	hanzi      int
	key        string // of a short one: what it says, to find repetitions
}

// short lines may be furniture of the page.
const short = 90

// A heading is numbered or marked.
var headingMark = regexp.MustCompile(`^(第?[一二三四五六七八九十]{1,3}[、.．章节部]|表[一二三四五六七八九十\d]|[（(][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[、.．]\D|[◎●■◆★○□※])`)

// pageNumber is what a page of paper has at its foot.
var pageNumber = regexp.MustCompile(`^([-—–·|]*\d{1,4}[-—–·|]*|第\d{1,4}页(,?共\d{1,4}页)?|\d{1,4}/\d{1,4})$`)

// counted is what a row of a table or a list says: a number and what it counts.
var counted = regexp.MustCompile(`[\d０-９]([余多]|万|亿)*(件|篇|次|场|期|项|条|人次|名|个|家|户|份|元|万元|%|％|幅|册|辑|对|所|处|批)`)

// captionLike is how photographs are described: who does what, without a stop.
var captionLike = regexp.MustCompile(`^[\p{Han}]{0,8}?(政协)(党组|机关)?(主席|副主席|领导|委员|常委|机关干部|召开|举行|举办|开展|组织|视察|调研)[^，,。;；:：]{4,40}$`)

// titleLike is what titles of reports speak of.
var titleLike = regexp.MustCompile(`政协|政治协商|委员|常委会|报告|综述|总结|回顾|履职|工作|协商`)

func (w *work) lines() []line {
	var all []line
	for at := 0; at <= len(w.r); {
		end := at
		for end < len(w.r) && w.r[end] != '\n' {
			end++
		}
		l := line{start: at, end: end}
		for l.start < l.end && w.r[l.start] == ' ' {
			l.start++
		}
		for l.end > l.start && w.r[l.end-1] == ' ' {
			l.end--
		}
		l.indent = l.start - at
		all = append(all, l)
		at = end + 1
	}
	return all
}

// know looks what a line is.
func (l *line) know(r []rune) {
	clauses, stops, digits := 0, 0, false
	for _, c := range r {
		switch {
		case c >= 0x4E00 && c < 0xA000: // nearly all
			l.hanzi++
		case digit(c):
			digits = true
		case strings.ContainsRune("，,；;", c):
			clauses++
		case strings.ContainsRune("。！？!?", c):
			stops++
		}
	}
	if len(r) == 0 {
		return
	}
	l.marked = headingMark.MatchString(string(r[:min(len(r), 8)]))
	if len(r) <= short {
		l.key = strings.ToLower(han.Simplified(strings.Map(func(c rune) rune {
			switch c {
			case ' ':
				return -1
			case '：':
				return ':'
			case '（':
				return '('
			case '）':
				return ')'
			}
			return c
		}, string(r))))
		l.heading = l.marked && l.hanzi <= 40 && stops == 0 && clauses < 2
		l.outside = furniture(l.key)
		if l.outside == Caption && strings.ContainsRune("；;。", r[len(r)-1]) {
			l.outside = "" // ▲ before a point of a list, which ends as a clause does
		}
		if l.outside == Caption && l.hanzi > 30 || l.outside == Menu && l.hanzi > 30 && stops > 0 {
			l.outside = "" // it says too much: the mark or the word begins a paragraph
		}
	}
	l.prose = l.outside == "" && !l.heading && (l.hanzi >= 8 && stops+clauses > 0 || l.hanzi >= 40)
	l.row = l.outside == "" && !l.prose && !l.heading && l.hanzi >= 2 && len(r) <= short && digits && counted.MatchString(string(r))
}

// phone reports whether a page is set in short lines for a phone, numbers among
// them: nearly nothing of it is prose, and all of it is the body.
func phone(r []rune, lines []line) bool {
	prose, numbers := 0, 0
	for _, l := range lines {
		if l.prose {
			prose += l.hanzi
		} else if l.outside == "" && l.end-l.start <= 24 && slices.ContainsFunc(r[l.start:l.end], unicode.IsDigit) {
			numbers++
		}
	}
	return numbers >= 8 && prose < 200
}

// furniture says what a short line is if its words or its form say that it is no
// part of a body.
func furniture(key string) OutsideKind {
	t := pageTable()
	first, _ := utf8.DecodeRuneInString(key)
	for _, p := range t[first] {
		if key == p.word || p.where == "begin" && strings.HasPrefix(key, p.word) {
			return p.kind
		}
	}
	for _, p := range t[0] {
		if p.where == "any" && strings.Contains(key, p.word) || p.where == "end" && strings.HasSuffix(key, p.word) {
			return p.kind
		}
	}
	switch {
	case pageNumber.MatchString(key):
		return Footer
	case !strings.ContainsFunc(key, func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(stops+closers, r)
	}):
		return Menu // rules, arrows, bars
	}
	return ""
}

// body takes the report out of what stands around it: the stretch of lines with
// the most prose in it, with the title above. marked are the stretches that the
// markup says are outside.
func (w *work) body(marked []Outside) {
	lines := w.lines()
	m := 0
	for i := range lines {
		l := &lines[i]
		l.know(w.r[l.start:l.end])
		if l.start < l.end {
			at := int(w.from[l.start])
			for m < len(marked) && marked[m].End <= at {
				m++
			}
			if m < len(marked) && marked[m].Start <= at {
				l.outside, l.prose = marked[m].Kind, false
			}
		}
	}
	first, last := densest(lines)
	if first < 0 || phone(w.r, lines) {
		first, last = 0, len(lines)-1 // no prose: nothing to go by but the words
	}
	titles := title(lines, first)
	first -= above(w.r, lines[:first])
	last += below(w.r, lines[last:])
	seen := map[string]int{}
	for _, l := range lines[first : last+1] {
		if l.key != "" && !l.heading {
			seen[l.key]++
		}
	}
	captions := captioned(lines[first : last+1])
	e := w.edit()
	for i := range lines {
		l := &lines[i]
		if l.start == l.end {
			continue
		}
		switch {
		case slices.Contains(titles, i):
			l.outside = ""
		case i < first:
			l.outside = orElse(l.outside, Menu)
		case i > last:
			l.outside = orElse(l.outside, Footer)
		case l.prose || l.heading || l.row:
		case slices.ContainsFunc(titles, func(t int) bool { return lines[t].key == l.key }),
			l.hanzi >= 4 && seen[l.key] >= 3:
			l.outside = Repeat
		case captions && captionLike.MatchString(l.key):
			l.outside = Caption
		}
		if l.outside == "" {
			continue
		}
		w.leave(l.outside, int(w.from[l.start]), int(w.to[l.end-1]))
		e.put(l.start, l.end)
	}
	e.done()
}

func orElse(k, other OutsideKind) OutsideKind {
	if k != "" {
		return k
	}
	return other
}

// leave notes what is outside; lines of a kind that follow each other are one.
func (w *work) leave(kind OutsideKind, start, end int) {
	if n := len(w.outside); n > 0 && w.outside[n-1].Kind == kind && start-w.outside[n-1].End <= 8 {
		w.outside[n-1].End = end
		return
	}
	w.outside = append(w.outside, Outside{kind, start, end})
}

// densest returns the stretch of lines in which prose outweighs the rest most.
func densest(lines []line) (first, last int) {
	first, last = -1, -1
	best, sum, from := 0, 0, 0
	for i, l := range lines {
		switch {
		case l.prose:
			sum += l.hanzi
		case l.row:
			sum += l.hanzi
		case l.start == l.end, l.heading:
		case l.outside != "":
			sum -= 20
		default:
			sum -= 10
		}
		if sum <= 0 {
			sum, from = 0, i+1
		} else if sum > best {
			best, first, last = sum, from, i
		}
	}
	return first, last
}

// title returns the lines above the body that are its title, each only where it
// stands last.
func title(lines []line, first int) []int {
	var found []int
	for i, n := first-1, 0; i >= 0 && n < 14; i-- {
		l := &lines[i]
		if l.start == l.end {
			continue
		}
		n++
		beside := len(found) > 0 && blankBetween(lines, i, found[len(found)-1]) // the other half of a title
		if l.outside != "" || l.heading || l.hanzi < 6 || !titleLike.MatchString(l.key) && !beside || strings.ContainsAny(l.key, ">|") ||
			slices.ContainsFunc(found, func(f int) bool { return lines[f].key == l.key }) {
			continue
		}
		found = append(found, i)
	}
	return found
}

// blankBetween reports whether nothing stands between two lines.
func blankBetween(lines []line, a, b int) bool {
	return !slices.ContainsFunc(lines[a+1:b], func(l line) bool { return l.start < l.end })
}

// above counts the lines right above the densest stretch that belong to it:
// headings, greetings, short sentences.
func above(r []rune, lines []line) int {
	n := 0
	for i := len(lines) - 1; i >= 0; i-- {
		l := &lines[i]
		switch {
		case l.start == l.end:
		case l.outside == "" && (l.heading || l.hanzi > 0 && strings.ContainsRune(stops+":：，,、；;", r[l.end-1])):
			n = len(lines) - i
		default:
			return n
		}
	}
	return n
}

// below counts the lines right below the densest stretch, the first, that go on
// with its last sentence.
func below(r []rune, lines []line) int {
	n := 0
	for n+1 < len(lines) {
		l := &lines[n+1]
		if e := lines[n].end; e > 0 && strings.ContainsRune(stops, r[e-1]) || l.start == l.end || l.outside != "" || l.heading {
			break
		}
		n++
	}
	if n > 0 && !strings.ContainsRune(stops+closers, r[lines[n].end-1]) {
		return 0 // it ends nowhere, so it is something else
	}
	return n
}

// captioned reports whether lines without a stop may be captions: in a report
// whose headings are marked as such they are no headings.
func captioned(lines []line) bool {
	headings := 0
	for _, l := range lines {
		if l.heading {
			headings++
		}
	}
	return headings >= 2
}
