package han

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// folded is a text as search compares it, and where each of its characters
// comes from.
type folded struct {
	runes []rune
	from  []int32 // first byte in the original
	to    []int32 // byte after the last in the original
}

// Fold returns s as search and matching compare it: compatibility forms
// resolved (NFKC), lower case, Simplified character by character, invisible
// characters dropped. It is for comparing, not for showing.
func Fold(s string) string { return string(fold(s).runes) }

func fold(s string) folded {
	n := len(s)/2 + 1
	f := folded{make([]rune, 0, n), make([]int32, 0, n), make([]int32, 0, n)}
	s = strings.ToValidUTF8(s, "\uFFFD") // changes nothing in text that was ever cleaned
	for i := 0; i < len(s); {
		// What is in normal form already maps one to one.
		if n := norm.NFKC.QuickSpanString(s[i:]); n > 0 {
			for j, r := range s[i : i+n] {
				f.add(r, i+j, i+j+len(string(r)))
			}
			i += n
			continue
		}
		n := norm.NFKC.NextBoundaryInString(s[i:], true)
		for _, r := range norm.NFKC.String(s[i : i+n]) {
			f.add(r, i, i+n)
		}
		i += n
	}
	return f
}

func (f *folded) add(r rune, from, to int) {
	if invisible(r) {
		return
	}
	f.runes = append(f.runes, simple(unicode.ToLower(r)))
	f.from = append(f.from, int32(from))
	f.to = append(f.to, int32(to))
}

// invisible characters join, shape or direct others and are never looked for.
func invisible(r rune) bool {
	return r >= 0xAD && (r == 0x034F || unicode.In(r, unicode.Cf, unicode.Variation_Selector))
}

// kind of a folded character, as far as tokens go.
type kind uint8

const (
	gap kind = iota // between tokens: blanks, punctuation, symbols
	hanzi
	word // letters and digits of any other script
)

func kindOf(r rune) kind {
	switch {
	case 0x4E00 <= r && r < 0xA000:
		return hanzi
	case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
		return word
	case r < 0x80:
		return gap
	// Rare characters in names still live in the private use area of old systems.
	case unicode.Is(unicode.Han, r), unicode.Is(unicode.Co, r):
		return hanzi
	case unicode.IsLetter(r), unicode.IsNumber(r):
		return word
	}
	return gap
}

// run is a longest stretch of one kind other than gap, as indices into the
// folded text.
type run struct {
	kind     kind
	from, to int
}

// longestWord is how many characters of a word count: a database refuses
// endless tokens, and nobody types more.
const longestWord = 64

func (f folded) runs() []run {
	var rs []run
	for i := 0; i < len(f.runes); {
		k, j := kindOf(f.runes[i]), i+1
		for j < len(f.runes) && (kindOf(f.runes[j]) == k || k == word && unicode.IsMark(f.runes[j])) {
			j++
		}
		if k != gap {
			rs = append(rs, run{k, i, j})
		}
		i = j
	}
	return rs
}

// text returns what of the run takes part in search.
func (f folded) text(r run) string {
	if r.kind == word {
		return string(f.runes[r.from:min(r.to, r.from+longestWord)])
	}
	return string(f.runes[r.from:r.to])
}
