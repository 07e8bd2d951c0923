package han

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Span is a piece of a text; Hit says that it is part of what was looked for.
type Span struct {
	Text string
	Hit  bool
}

// hit is a place found, in bytes of the original, and the phrase found there.
type hit struct{ from, to, phrase int }

// Highlight returns the part of text, at most width characters, that holds the
// most of what the query looks for, cut into spans; an ellipsis stands where
// text was left out. Without a hit it is the beginning. A width of 0 means all
// of the text. What is shown is the original, in the script it came in.
func Highlight(text, query string, width int) []Span {
	hits := places(text, query)
	from, to := window(text, hits, width)
	var out []Span
	add := func(s string, isHit bool) {
		if s != "" {
			out = append(out, Span{s, isHit})
		}
	}
	if from > 0 {
		add("…", false)
	}
	at := from
	for _, h := range hits {
		lo, hi := max(h.from, at), min(h.to, to)
		if lo >= hi {
			continue
		}
		add(text[at:lo], false)
		if n := len(out); n > 0 && out[n-1].Hit { // neighbours are one mark
			out[n-1].Text += text[lo:hi]
		} else {
			add(text[lo:hi], true)
		}
		at = hi
	}
	add(text[at:to], false)
	if to < len(text) {
		add("…", false)
	}
	return out
}

// places returns every hit in the order of the text.
func places(text, query string) []hit {
	var hits []hit
	if !utf8.ValidString(text) {
		return nil // nothing the platform keeps; positions would not hold
	}
	h := newHay(text)
	for p, n := range needles(query) {
		h.find(n, func(from, to int) bool {
			hits = append(hits, hit{int(h.from[from]), int(h.to[to-1]), p})
			return true
		})
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(a.from-b.from, b.to-a.to, a.phrase-b.phrase)
	})
	return hits
}

// window returns the bytes of text to show.
func window(text string, hits []hit, width int) (from, to int) {
	if width <= 0 || len(text) <= width || utf8.RuneCountInString(text) <= width {
		return 0, len(text)
	}
	if len(hits) > 0 {
		first, last := densest(text, hits, width)
		used := utf8.RuneCountInString(text[first:last])
		from = back(text, first, max(0, min(width/3, width-used)))
		// Begin with a sentence where one begins shortly before.
		if i := strings.LastIndexFunc(text[from:first], endsSentence); i >= 0 {
			_, size := utf8.DecodeRuneInString(text[from+i:])
			from += i + size
		}
	}
	to = forward(text, from, width)
	if to == len(text) {
		from = back(text, to, width)
	}
	return from, to
}

// densest returns the bytes of the hits that fit into width and show the most
// different phrases, then the most hits, then stand first.
func densest(text string, hits []hit, width int) (from, to int) {
	// Positions of the hits in characters.
	start, end := make([]int, len(hits)), make([]int, len(hits))
	at, n := 0, 0
	for i, h := range hits {
		n += utf8.RuneCountInString(text[at:h.from])
		at = h.from
		start[i], end[i] = n, n+utf8.RuneCountInString(text[h.from:h.to])
	}
	var inside [mostPhrases]int
	best, bestPhrases, phrases := [2]int{0, 0}, 0, 0
	for lo, hi := 0, 0; lo < len(hits); lo++ {
		for hi < len(hits) && (hi == lo || end[hi]-start[lo] <= width) {
			if inside[hits[hi].phrase]++; inside[hits[hi].phrase] == 1 {
				phrases++
			}
			hi++
		}
		if phrases > bestPhrases || phrases == bestPhrases && hi-lo > best[1]-best[0] {
			best, bestPhrases = [2]int{lo, hi}, phrases
		}
		if inside[hits[lo].phrase]--; inside[hits[lo].phrase] == 0 {
			phrases--
		}
	}
	from = hits[best[0]].from
	for _, h := range hits[best[0]:best[1]] {
		to = max(to, h.to)
	}
	return from, to
}

func endsSentence(r rune) bool { return strings.ContainsRune("\u3002\uff01\uff1f\uff1b!?;\n", r) }

// back returns the byte n characters before at.
func back(text string, at, n int) int {
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(text[:at])
		at -= size
	}
	return at
}

// forward returns the byte n characters after at.
func forward(text string, at, n int) int {
	for ; n > 0 && at < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}
