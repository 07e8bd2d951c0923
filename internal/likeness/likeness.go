// Package likeness says how much two Chinese texts have in common and which
// passages agree.
//
// Main types: [Text], [Signature], [Passage]. A text is taken as the set of its
// runs of four characters (letters and digits only, lower case, Simplified); the
// likeness of two texts is the weighted Jaccard measure of their sets. A
// [Signature] estimates it from 512 bytes, and texts that are alike share one
// of the [Signature.Bands] with near certainty, so that those like a given one
// are found among a million by a few index look-ups (package lookup keeps
// them). What everybody writes (headings, salutations, stock phrases) hardly
// counts.
//
// It is pure: no tables, no I/O. It deliberately judges no meaning: two texts
// that say the same in other words are not alike to it.
package likeness

import (
	_ "embed"
	"slices"
	"strings"

	"shangliang/internal/han"
)

// size of the runs of characters that are compared.
const size = 4

// gram is a run of characters as one number: its hash.
type gram = uint64

// part is one of the strings that a text was made of.
type part struct {
	letters  []rune
	from, to []int32 // bytes in the string
	text     string
}

// Text is a text made ready to be compared. It is never changed.
type Text struct {
	parts []part
	grams map[gram]bool // true for what counts in full, false for stock phrases
	full  int           // how many count in full
}

// Read makes a text ready: its parts one by one, such as title, situation,
// analysis, suggestions.
func Read(parts ...string) *Text {
	t := &Text{parts: make([]part, len(parts)), grams: map[gram]bool{}}
	for i, s := range parts {
		p := part{text: s}
		p.letters, p.from, p.to = han.Letters(s)
		t.parts[i] = p
		stock := stockPlaces(p.letters)
		for at := 0; at+size <= len(p.letters); at++ {
			g := hash(p.letters[at : at+size])
			t.grams[g] = t.grams[g] || !stock.within(at, at+size)
		}
	}
	for _, counts := range t.grams {
		if counts {
			t.full++
		}
	}
	return t
}

// Enough reports whether there is enough of a text to compare it: a title alone
// is not.
func (t *Text) Enough() bool { return t.full >= least }

// least is how many grams a text must have to be compared at all.
const least = 24

// stockWeight is what a gram of a stock phrase counts, in parts of full.
const stockWeight, fullWeight = 1, 8

// Of is the likeness of two texts, from 0 for nothing in common to 1: the weight
// of the grams that both have by the weight of those that one of them has.
func Of(a, b *Text) float64 {
	if len(a.grams) > len(b.grams) {
		a, b = b, a
	}
	weigh := func(counts bool) int {
		if counts {
			return fullWeight
		}
		return stockWeight
	}
	both, all := 0, 0
	for g, counts := range a.grams {
		other, shared := b.grams[g]
		if w := weigh(counts || other); shared {
			both += w
			all -= weigh(other) // counted once more with b
			all += w
		} else {
			all += w
		}
	}
	for _, counts := range b.grams {
		all += weigh(counts)
	}
	if all == 0 {
		return 0
	}
	return float64(both) / float64(all)
}

// hash is a number for a gram, the same for ever: signatures are kept.
func hash(g []rune) gram {
	h := uint64(g[0]) | uint64(g[1])<<21 | uint64(g[2])<<42
	return mix(h ^ mix(uint64(g[3])+0x9E3779B97F4A7C15))
}

// mix spreads the bits of a number (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xBF58476D1CE4E5B9
	x ^= x >> 27
	x *= 0x94D049BB133111EB
	return x ^ x>>31
}

//go:embed stock.txt
var stockPhrases string

// stock are the phrases of stock.txt by their first letter. A gram within one
// says nothing about what a proposal is about.
var stock = func() map[rune][][]rune {
	all := map[rune][][]rune{}
	for phrase := range strings.Lines(stockPhrases) {
		letters, _, _ := han.Letters(phrase)
		if len(letters) == 0 || phrase[0] == '#' {
			continue
		}
		all[letters[0]] = append(all[letters[0]], letters)
	}
	for _, phrases := range all { // the longest first
		slices.SortStableFunc(phrases, func(a, b []rune) int { return len(b) - len(a) })
	}
	return all
}()

// places are stretches of letters, in order and apart.
type places [][2]int

// stockPlaces are where stock phrases stand. Neighbours are one place.
func stockPlaces(letters []rune) (all places) {
	for at := 0; at < len(letters); {
		n := 0
		for _, phrase := range stock[letters[at]] {
			if len(letters)-at >= len(phrase) && slices.Equal(letters[at:at+len(phrase)], phrase) {
				n = len(phrase)
				break
			}
		}
		switch {
		case n == 0:
			at++
			continue
		case len(all) > 0 && all[len(all)-1][1] == at:
			all[len(all)-1][1] = at + n
		default:
			all = append(all, [2]int{at, at + n})
		}
		at += n
	}
	return all
}

// within reports whether a stretch lies in one of the places.
func (p places) within(from, to int) bool {
	i, found := slices.BinarySearchFunc(p, from, func(x [2]int, at int) int { return x[0] - at })
	if !found {
		i--
	}
	return i >= 0 && to <= p[i][1]
}
