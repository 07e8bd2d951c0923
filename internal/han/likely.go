package han

import (
	"math"
	"math/bits"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Likely says how likely text is, so that of several readings of damaged bytes
// the true one can be told: how often a character occurs, and which stand
// together in words. Characters are compared in their Simplified form. The
// tables are read once, when first needed.
type Likely struct {
	chars        [0xA000 - 0x4E00]float32 // how often, as a part of 1
	pairs, field follows
}

// follows is which characters stand behind which in words: a table of pairs by
// their hash, since it is asked a million times for a damaged page.
type follows struct {
	pairs []uint32                // pair + 1, 0 where there is none
	next  [0xA000 - 0x4E00]uint16 // behind how many a character comes first
}

// newFollows makes an empty table for at most so many pairs, a power of 2.
func newFollows(most int) follows { return follows{pairs: make([]uint32, 2*most)} }

// slot is where a pair is, or would be.
func (f *follows) slot(a, b rune) *uint32 {
	key := (uint32(a-0x4E00)<<16 | uint32(b-0x4E00)) + 1
	mask := uint32(len(f.pairs) - 1)
	at := (key * 2654435769 >> 7) & mask
	for f.pairs[at] != 0 && f.pairs[at] != key {
		at = (at + 1) & mask
	}
	return &f.pairs[at]
}

func (f *follows) add(a, b rune) {
	if s := f.slot(a, b); *s == 0 {
		*s = (uint32(a-0x4E00)<<16 | uint32(b-0x4E00)) + 1
		f.next[a-0x4E00]++
	}
}

// word adds the pairs of a word.
func (f *follows) word(word string) {
	before := rune(0)
	for _, r := range word {
		if unified(before) && unified(r) {
			f.add(before, r)
		}
		before = r
	}
}

// chance is how likely b is behind a if it is one of the words' pairs.
func (f *follows) chance(a, b rune) float64 {
	if *f.slot(a, b) != 0 {
		return 1 / float64(f.next[a-0x4E00]+3)
	}
	return 0
}

// Without a word list of its own the package takes the pairs from the phrases of
// the conversion tables, 49,000 words and sayings, and the frequencies from what
// is ordinary here and from the two levels of the national standard, GB 2312: the
// 3,755 of the first are nearly all of a text, the 3,008 of the second are rare.
var likely = sync.OnceValue(func() *Likely {
	l := &Likely{pairs: newFollows(1 << 17), field: newFollows(1)}
	var seen [0xA000 - 0x4E00]float64
	for word := range pairs("st_phrases") {
		l.pairs.word(word)
		for _, r := range word {
			if unified(r) {
				seen[r-0x4E00]++
			}
		}
	}
	ordinary := ordinaryChars()
	for i := range l.chars {
		p := 0.001 / 14000
		often := math.Sqrt(seen[i]+0.2) / 5 // about 1 on the average of the first level
		if ordinary[rune(0x4E00+i)] {
			p = 0.8 / 950
		} else if b, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(string(rune(0x4E00 + i)))); err == nil && len(b) == 2 && b[1] >= 0xA1 {
			switch {
			case 0xB0 <= b[0] && b[0] <= 0xD7:
				p = 0.19 / 2800 * often
			case 0xD8 <= b[0] && b[0] <= 0xF7:
				p = 0.009 / 3008
			}
		}
		l.chars[i] = float32(p)
	}
	return l
})

func unified(r rune) bool { return 0x4E00 <= r && r < 0xA000 }

// plainOf is the Simplified form of r, or r itself where that is none of the
// common block.
func plainOf(r rune) rune {
	if s := simple(r); unified(s) {
		return s
	}
	return r
}

// LikelyWith returns the model with words of a field added to it, in which they
// are more likely than all others.
func LikelyWith(words []string) *Likely {
	l := *likely()
	size := 1
	for _, word := range words {
		size += len(word)
	}
	l.field = newFollows(1 << bits.Len(uint(size)))
	for _, word := range words {
		l.field.word(word)
	}
	return &l
}

// What is no character of a word: marks are as common as the commonest
// characters; what decoding makes of bytes it cannot read stands in no text.
const (
	stopChance  = 0.06
	markChance  = 0.012
	asciiChance = 0.0025
	rareChance  = 3e-7
	neverChance = 2e-9
)

// Chance returns how often a character occurs, as a part of 1.
func (l *Likely) Chance(r rune) float64 {
	switch {
	case unified(r):
		return float64(l.chars[plainOf(r)-0x4E00])
	case r == '。':
		return stopChance
	case r < 0x80, 0xFF10 <= r && r <= 0xFF19:
		return asciiChance
	case r == utf8.RuneError, unicode.Is(unicode.Co, r):
		return neverChance
	case strings.ContainsRune(ordinaryMarks, r):
		return markChance
	}
	return rareChance
}

// Pair reports whether b follows a in some word.
func (l *Likely) Pair(a, b rune) bool {
	a, b = plainOf(a), plainOf(b)
	return unified(a) && unified(b) && l.pairs.chance(a, b)+l.field.chance(a, b) > 0
}

// After returns how likely b is behind a.
func (l *Likely) After(a, b rune) float64 {
	p := 0.4 * l.Chance(b)
	if a, b = plainOf(a), plainOf(b); unified(a) && unified(b) {
		p += 0.2*l.pairs.chance(a, b) + 0.4*l.field.chance(a, b)
	}
	return p
}

// Odd reports whether a character is so rare that a page of ordinary text has
// hardly one.
func (l *Likely) Odd(r rune) bool { return l.Chance(r) < 1.5e-5 }

// SimplifiedRune returns the Simplified form of a single character, where words
// do not decide.
func SimplifiedRune(r rune) rune { return simple(r) }
