package han

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Phrase is what must stand together in a text: its tokens, one after the
// other, as [Tokens] makes them. With Prefix the last token, a single
// character, only has to begin the token found there.
type Phrase struct {
	Tokens []string
	Prefix bool
}

// most phrases of one query: more are a paste, not a question.
const mostPhrases = 16

// Tokens returns the tokens by which a text is found, in the order of the text:
// overlapping pairs of Chinese characters and the last character of each run
// alone, so that a prefix finds single characters; whole words of letters and
// digits otherwise.
func Tokens(s string) []string {
	f := fold(s)
	ts := make([]string, 0, len(f.runes)+1)
	for _, r := range f.runs() {
		ts = f.tokens(ts, r, true)
	}
	return ts
}

// tokens appends the tokens of a run; the single last character of two or more
// only if the run ends there.
func (f folded) tokens(ts []string, r run, ends bool) []string {
	if r.kind == word {
		return append(ts, f.text(r))
	}
	for i := r.from; i+1 < r.to; i++ {
		ts = append(ts, string(f.runes[i:i+2]))
	}
	if ends || r.to-r.from == 1 {
		ts = append(ts, string(f.runes[r.to-1]))
	}
	return ts
}

// Query returns the phrases of what a person typed, one for each stretch
// between blanks; a text answers the query if it holds all of them. A query
// without any letter, digit or Chinese character has none.
func Query(s string) []Phrase {
	var ps []Phrase
	for _, n := range needles(s) {
		p := Phrase{}
		for i, r := range n.runs {
			p.Tokens = n.f.tokens(p.Tokens, r, i < len(n.runs)-1)
		}
		last := n.runs[len(n.runs)-1]
		p.Prefix = last.kind == hanzi && last.to-last.from == 1
		ps = append(ps, p)
	}
	return ps
}

// Line returns what [Tokens] cuts up, uncut: the stretches of Chinese characters
// and the words of s between blanks. It is for a database that can only look
// for a piece of text: a text holds the phrases of a query exactly if its line
// contains all [Lines] of the query.
func Line(s string) string {
	f := fold(s)
	var b strings.Builder
	b.Grow(len(s) + 2)
	for _, r := range f.runs() {
		b.WriteByte(' ')
		b.WriteString(f.text(r))
	}
	b.WriteByte(' ')
	return b.String()
}

// Lines returns for each phrase of [Query] what the [Line] of a text that holds
// it contains.
func Lines(query string) []string {
	var all []string
	for _, n := range needles(query) {
		var b strings.Builder
		for i, r := range n.runs {
			// Chinese characters may begin and end within a stretch.
			if i > 0 || r.kind == word {
				b.WriteByte(' ')
			}
			b.WriteString(n.f.text(r))
			if i == len(n.runs)-1 && r.kind == word {
				b.WriteByte(' ')
			}
		}
		all = append(all, b.String())
	}
	return all
}

// needle is a phrase as runs.
type needle struct {
	f    folded
	runs []run
}

func needles(query string) []needle {
	f := fold(query)
	var ns []needle
	end := 0 // of the run before
	for _, r := range f.runs() {
		if len(ns) == 0 || slices.ContainsFunc(f.runes[end:r.from], unicode.IsSpace) {
			if len(ns) == mostPhrases {
				break
			}
			ns = append(ns, needle{f: f})
		}
		n := &ns[len(ns)-1]
		n.runs = append(n.runs, r)
		end = r.to
	}
	return ns
}

// Match reports whether text answers the query: it is true exactly where the
// tokens of the text hold every phrase. A query without phrases is answered by
// every text.
func Match(text, query string) bool {
	ns := needles(query)
	if len(ns) == 0 {
		return true
	}
	h := newHay(text)
	for _, n := range ns {
		found := false
		h.find(n, func(int, int) bool { found = true; return false })
		if !found {
			return false
		}
	}
	return true
}

// hay is a text to look for needles in.
type hay struct {
	folded
	rs    []run
	texts []string // of the runs
}

func newHay(text string) hay {
	f := fold(text)
	h := hay{folded: f, rs: f.runs()}
	h.texts = make([]string, len(h.rs))
	all, at, b := string(f.runes), 0, 0 // the run at rune at begins at byte b of all
	skip := func(to int) {
		for ; at < to; at++ {
			b += utf8.RuneLen(f.runes[at])
		}
	}
	for i, r := range h.rs {
		if skip(r.from); r.kind == word {
			r.to = min(r.to, r.from+longestWord)
		}
		from := b
		skip(r.to)
		h.texts[i] = all[from:b]
	}
	return h
}

// find yields each place of the needle as indices into the folded text.
func (h hay) find(n needle, yield func(from, to int) bool) {
	want := make([]string, len(n.runs))
	for i, r := range n.runs {
		want[i] = n.f.text(r)
	}
	if len(want) == 1 && n.runs[0].kind == hanzi {
		h.within(want[0], yield)
		return
	}
	// A phrase over several runs: the first must end its run, the last begin
	// its run, those between be whole.
	last := len(want) - 1
next:
	for i := 0; i+last < len(h.rs); i++ {
		for j, w := range want {
			r, got := h.rs[i+j], h.texts[i+j]
			if r.kind != n.runs[j].kind {
				continue next
			}
			ok := got == w
			if r.kind == hanzi && j == 0 {
				ok = strings.HasSuffix(got, w)
			} else if r.kind == hanzi && j == last {
				ok = strings.HasPrefix(got, w)
			}
			if !ok {
				continue next
			}
		}
		from, to := h.rs[i].from, h.rs[i+last].to
		if h.rs[i].kind == hanzi {
			from = h.rs[i].to - utf8.RuneCountInString(want[0])
		}
		if h.rs[i+last].kind == hanzi {
			to = h.rs[i+last].from + utf8.RuneCountInString(want[last])
		}
		if !yield(from, to) {
			return
		}
	}
}

// within yields each place of a stretch of Chinese characters.
func (h hay) within(want string, yield func(from, to int) bool) {
	size := utf8.RuneCountInString(want)
	for i, r := range h.rs {
		if r.kind != hanzi {
			continue
		}
		text, at := h.texts[i], r.from
		for {
			before, after, ok := strings.Cut(text, want)
			if !ok {
				break
			}
			at += utf8.RuneCountInString(before)
			if !yield(at, at+size) {
				return
			}
			at += size
			text = after
		}
	}
}
