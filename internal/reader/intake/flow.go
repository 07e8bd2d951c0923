package intake

import (
	"slices"
	"strings"
	"unicode"

	"shangliang/internal/han"
)

// flow makes paragraphs of lines: one line for each, without blank lines,
// indentation and blanks where Chinese has none; a line broken within a sentence
// is joined to the next.
func (w *work) flow() {
	lines := w.lines()
	for i := range lines {
		lines[i].know(w.r[lines[i].start:lines[i].end])
	}
	f := filled(w.r, lines)
	f.broken = w.broken(lines)
	e := w.edit()
	before := -1 // the line that the next may continue
	at := 0      // up to where the text is dealt with
	open := 0    // brackets and quotes that the paragraph has opened and not closed
	for i := range lines {
		l := &lines[i]
		if l.start == l.end {
			continue
		}
		switch {
		case before < 0:
			e.cut(at, l.start)
		case w.joins(lines, before, i, f, open):
			w.note(Joined, int(w.to[lines[before].end-1]), int(w.from[l.start]), "", true)
			e.cut(at, l.start)
		default:
			open = 0
			e.cut(at, l.start, '\n')
		}
		w.inline(e, l.start, l.end)
		open += opened(w.r[l.start:l.end])
		before, at = i, l.end
	}
	e.cut(at, len(w.r))
	e.done()
}

// cut replaces the characters [i, end) without a note; nothing if nothing
// changes.
func (e *editor) cut(i, end int, text ...rune) {
	if slices.Equal(e.w.r[i:end], text) {
		return
	}
	if i == end { // a place between two, of no width
		return
	}
	e.put(i, end, text...)
}

func opened(r []rune) (n int) {
	for _, c := range r {
		switch {
		case c >= 0x4E00 && c < 0xA000: // nearly all
		case strings.ContainsRune("“《（(【‘〈「『", c):
			n++
		case strings.ContainsRune(closers, c):
			n--
		}
	}
	return n
}

// fill is how lines are filled.
type fill struct {
	width    int  // in characters; 0 if lines end where their paragraphs do
	indented bool // paragraphs begin with an indentation
	broken   bool // lines end anywhere
}

// broken reports whether lines are broken so often at places where no paragraph
// ends that any line may be.
func (w *work) broken(lines []line) bool {
	n, all := 0, 0
	for i := 1; i < len(lines); i++ {
		if a, b := &lines[i-1], &lines[i]; a.start < a.end && b.start < b.end {
			all++
			if a.hanzi > 3 && w.goesOn(a, b) {
				n++
			}
		}
	}
	return n >= 3 && n*8 >= all
}

// goesOn reports whether the mark at the end of a line or at the beginning of
// the next shows that the sentence goes on.
func (w *work) goesOn(a, b *line) bool {
	last, first := w.r[a.end-1], w.r[b.start]
	return strings.ContainsRune("，、；。,;%％"+closers, first) || strings.ContainsRune("，、；,;“《（(【‘", last)
}

func filled(r []rune, lines []line) (f fill) {
	var widths []int
	indents := 0
	for _, l := range lines {
		if n := l.end - l.start; n >= 10 && n <= 120 {
			widths = append(widths, l.indent+n)
		}
		if l.indent > 0 && l.start < l.end {
			indents++
		}
	}
	if len(widths) < 5 {
		return f
	}
	f.indented = indents >= 1 && indents < len(widths)
	slices.Sort(widths)
	f.width = widths[len(widths)*9/10]
	full, all := 0, 0
	for _, l := range lines {
		if l.end-l.start >= 10 {
			all++
			if f.full(&l) && !ends(r[l.end-1]) {
				full++
			}
		}
	}
	if full*10 < all*4 {
		f.width = 0
	}
	return f
}

// full reports whether a line has the width to which lines are filled.
func (f fill) full(l *line) bool {
	n := l.indent + l.end - l.start
	return f.width > 0 && n >= f.width-4 && n <= f.width+4
}

// stops end sentences, closers what was opened.
const (
	stops   = "。！？!?"
	closers = "”》）)】’〉」』"
)

// ends reports whether a paragraph may end with a mark.
func ends(c rune) bool { return strings.ContainsRune(stops+closers+":：;；…—", c) }

// joins reports whether line b goes on with the sentence of line a, or with its
// paragraph.
func (w *work) joins(lines []line, ai, bi int, f fill, open int) bool {
	a, b := &lines[ai], &lines[bi]
	last, first := w.r[a.end-1], w.r[b.start]
	switch {
	case strings.ContainsRune("，、；。,;%％"+closers, first):
		return true
	case b.marked, a.outside != "", b.outside != "":
		return false
	case strings.ContainsRune("，、；,;", last) && a.hanzi > 3, strings.ContainsRune("“《（(【‘", last):
		return true
	case bi > ai+1: // a blank line
		return false
	case strings.ContainsRune(stops, last):
		return f.full(a) && f.indented && b.indent == 0
	case digit(last) && a.prose && (digit(first) || first >= 0x4E00 && first < 0xA000), open > 0 && a.prose:
		return true
	case a.heading && !a.prose && !f.full(a):
		return false
	case f.full(a):
		return b.indent == 0 && (f.indented || !strings.ContainsRune(":：", last))
	case ends(last):
		return f.broken && last == '》' && a.prose && b.prose
	}
	if f.broken && a.prose && a.hanzi >= 8 && b.indent == 0 {
		return true
	}
	// A word that is parted by the end of the line.
	if a.prose && !a.heading && b.indent == 0 && language().Pair(last, first) {
		return true
	}
	// A line that has a stop inside is a paragraph, and paragraphs end with one.
	inside := slices.ContainsFunc(w.r[a.start:a.end], func(c rune) bool { return c == '。' })
	return inside && b.prose && a.hanzi >= 12 && unicode.Is(unicode.Han, last) && b.indent == 0
}

// inline repairs blanks and quotation marks within a line.
func (w *work) inline(e *editor, start, end int) {
	r := w.r
	quotes := 0
	for _, c := range r[start:end] {
		if c == '"' {
			quotes++
		}
	}
	curly, opens := quotes > 0 && quotes%2 == 0, true
	for i := start; i < end; i++ {
		switch c := r[i]; {
		case c == '"' && curly:
			q := '”'
			if opens {
				q = '“'
			}
			opens = !opens
			w.note(Quotes, int(w.from[i]), int(w.to[i]), string(q), true)
			e.put(i, i+1, q)
		case c == ' ':
			to := i + 1
			for to < end && r[to] == ' ' {
				to++
			}
			if w.needless(i, to, start, end, curly) {
				e.repair(Spacing, i, to)
			} else if to > i+1 {
				e.put(i, to, ' ')
			}
			i = to - 1
		}
	}
}

// needless reports whether the blanks [i, to) of a line stand where Chinese has
// none: beside marks, between figures and what they count, within a word that
// was spaced out.
func (w *work) needless(i, to, start, end int, curly bool) bool {
	a, b := w.r[i-1], w.r[to]
	isHan := func(c rune) bool { return c >= 0x4E00 && c < 0xA000 }
	mark := func(c rune) bool {
		return strings.ContainsRune("，。、；：！？“”‘’《》（）【】〔〕［］,;:%", c) || curly && c == '"'
	}
	switch {
	case strings.ContainsRune(",;:", a) && i-2 >= start && isHan(w.r[i-2]), mark(a) && !(a < 0x80 && a != '"' && b < 0x80), mark(b):
		return true
	case digit(a) && isHan(b):
		first := i - 1 // the number of a heading keeps its distance
		for first >= start && (digit(w.r[first]) || w.r[first] == '.') {
			first--
		}
		return first >= start || i-start > 2 && !slices.Contains(w.r[start:i], '.')
	case isHan(a) && digit(b), digit(a) && b == '.', a == '.' && digit(b) && i-2 >= start && digit(w.r[i-2]):
		return true
	case isHan(a) && isHan(b) && to == i+1 && w.original[w.from[i]] == 0xA0 && end-start > 60:
		return true // pages put such blanks anywhere; a person types others
	case isHan(a) && isHan(b):
		spaced := func(j int) bool { return j > start && j < end-1 && w.r[j] == ' ' && isHan(w.r[j-1]) && isHan(w.r[j+1]) }
		return spaced(i-2) && spaced(i-4) || spaced(to+1) && spaced(to+3) || spaced(i-2) && spaced(to+1)
	}
	return false
}

// simplify turns Traditional lines into Simplified: by words, and only where a
// line or the whole report is Traditional, since some characters are both.
func (w *work) simplify() {
	start, changed, all := 0, 0, 0
	type stretch struct{ start, end, changed, hanzi int }
	var lines []stretch
	for i := 0; i <= len(w.r); i++ {
		if i < len(w.r) && w.r[i] != '\n' {
			continue
		}
		l := stretch{start: start, end: i}
		for _, c := range w.r[start:i] {
			if c >= 0x4E00 && c < 0xA000 {
				l.hanzi++
				if han.SimplifiedRune(c) != c {
					l.changed++
				}
			}
		}
		changed, all = changed+l.changed, all+l.hanzi
		lines = append(lines, l)
		start = i + 1
	}
	traditional := changed*25 >= all
	e := w.edit()
	for _, l := range lines {
		if l.changed == 0 || !traditional && (l.changed < 3 || l.changed*10 < l.hanzi) {
			continue
		}
		was := w.r[l.start:l.end]
		is := []rune(han.Simplified(string(was)))
		if len(is) != len(was) {
			continue // the tables turn each character into one
		}
		for i := 1; i+1 < len(is); i++ {
			is[i] = han.Particle(is[i-1], is[i], is[i+1])
		}
		e.put(l.start, l.end, is...)
		w.note(Simplified, int(w.from[l.start]), int(w.to[l.end-1]), string(is), true)
	}
	e.done()
}
