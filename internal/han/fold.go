package han

import (
	"strings"
	"unicode"
	"unicode/utf8"

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
		// Nearly all of a Chinese text needs no tables.
		if r, n := common(s[i:]); n > 0 {
			f.runes = append(f.runes, r)
			f.from = append(f.from, int32(i))
			f.to = append(f.to, int32(i+n))
			i += n
			continue
		}
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

// common returns the first character of s folded, and its length in bytes, if
// it is one of those that nearly all of a Chinese text is made of and no mark
// after it changes it; else a length of 0.
func common(s string) (rune, int) {
	if c := s[0]; c < 0x80 {
		if !apart(s[1:]) {
			return 0, 0
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		return rune(c), 1
	} else if !apart(s) {
		return 0, 0
	}
	switch r, n := utf8.DecodeRuneInString(s); {
	case 0x4E00 <= r && r < 0xA000:
		return plain()[r-0x4E00], n
	case 0x3001 <= r && r <= 0x3020: // punctuation
		return r, n
	case 0xFF01 <= r && r <= 0xFF3F && apart(s[n:]): // full width ASCII
		return unicode.ToLower(r - 0xFEE0), n
	}
	return 0, 0
}

// apart reports whether s begins with nothing that could join a letter before
// it: ASCII, a Chinese character, punctuation, full width ASCII.
func apart(s string) bool {
	return s == "" || s[0] < 0x80 || 0xE4 <= s[0] && s[0] <= 0xE9 || len(s) >= 3 &&
		(s[0] == 0xE3 && s[1] == 0x80 && s[2] <= 0xA0 || s[0] == 0xEF && s[1] == 0xBC)
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

// Letters returns the Chinese characters, letters and digits of s as search
// compares them, and of each the bytes of s it comes from: from[i] to to[i].
// Blanks, punctuation and symbols are left out.
func Letters(s string) (letters []rune, from, to []int32) {
	f := fold(s)
	n := 0
	for i, r := range f.runes {
		if kindOf(r) == gap {
			continue
		}
		f.runes[n], f.from[n], f.to[n] = r, f.from[i], f.to[i]
		n++
	}
	return f.runes[:n], f.from[:n], f.to[:n]
}
