package likeness

import (
	"cmp"
	"slices"
	"strings"
)

// Span is a piece of one part of a text, in bytes.
type Span struct{ Part, From, To int }

// Passage is a sentence that two texts have in common: where it stands in each,
// and whether it is the same word for word (blanks and punctuation aside).
type Passage struct {
	A, B Span
	Same bool
}

// Of returns the piece of a text that a span names.
func (s Span) Of(parts ...string) string { return parts[s.Part][s.From:s.To] }

// A sentence counts as common when it has at least so many letters, and two
// different ones as much alike when they share at least half of their grams.
const (
	shortest = 8
	alike    = 0.5
)

// sentence is a stretch of letters of one part.
type sentence struct {
	part     int
	from, to int // letters
	span     Span
	grams    map[gram]bool
}

// Passages returns the sentences that both texts have, word for word or nearly,
// in the order of the first; each sentence is paired with one other at most, the
// closest. Stock phrases do not make a passage.
func Passages(a, b *Text) []Passage {
	as, bs := a.sentences(), b.sentences()
	holds := map[gram][]int{} // gram → sentences of b
	for i, s := range bs {
		for g := range s.grams {
			holds[g] = append(holds[g], i)
		}
	}
	type pair struct {
		a, b int
		like float64
	}
	var pairs []pair
	for i, s := range as {
		shared := map[int]int{}
		for g := range s.grams {
			for _, j := range holds[g] {
				shared[j]++
			}
		}
		for j, n := range shared {
			if like := float64(n) / float64(len(s.grams)+len(bs[j].grams)-n); like >= alike {
				pairs = append(pairs, pair{i, j, like})
			}
		}
	}
	slices.SortFunc(pairs, func(x, y pair) int { return cmp.Or(cmp.Compare(y.like, x.like), x.a-y.a, x.b-y.b) })
	usedA, usedB := make([]bool, len(as)), make([]bool, len(bs))
	var all []Passage
	for _, p := range pairs {
		if usedA[p.a] || usedB[p.b] {
			continue
		}
		usedA[p.a], usedB[p.b] = true, true
		x, y := as[p.a], bs[p.b]
		same := slices.Equal(a.parts[x.part].letters[x.from:x.to], b.parts[y.part].letters[y.from:y.to])
		all = append(all, Passage{x.span, y.span, same})
	}
	slices.SortFunc(all, func(x, y Passage) int { return cmp.Or(x.A.Part-y.A.Part, x.A.From-y.A.From) })
	return all
}

// ends are the marks after which a sentence is over.
const ends = "。！？；!?;\n"

// sentences cuts a text up; what is too short or says nothing of its own is left
// out.
func (t *Text) sentences() (all []sentence) {
	for i, p := range t.parts {
		stock := stockPlaces(p.letters)
		at := 0 // letter
		for at < len(p.letters) {
			end := at + 1
			for end < len(p.letters) && !p.parted(end) {
				end++
			}
			s := sentence{part: i, from: at, to: end, grams: map[gram]bool{}}
			s.span = Span{i, int(p.from[at]), int(p.to[end-1])}
			for g := at; g+size <= end; g++ {
				if !stock.within(g, g+size) {
					s.grams[hash(p.letters[g:g+size])] = true
				}
			}
			if end-at >= shortest && len(s.grams) > 0 {
				all = append(all, s)
			}
			at = end
		}
	}
	return all
}

// parted reports whether a sentence is over before a letter. Two letters that
// one character stands for have nothing between them.
func (p *part) parted(at int) bool {
	return p.from[at] > p.to[at-1] && strings.ContainsAny(p.text[p.to[at-1]:p.from[at]], ends)
}
