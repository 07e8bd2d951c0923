package intake

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"shangliang/internal/han"
)

// plain repairs single characters: what nobody sees goes, markup that was left
// becomes what it stands for, digits and letters get their ordinary width, and
// blanks become one kind.
func (w *work) plain() {
	e := w.edit()
	for i := 0; i < len(w.r); i++ {
		r := w.r[i]
		switch {
		case 0x4E00 <= r && r < 0xA000, r == '\n', 0x3001 <= r && r <= 0x3020, ' ' < r && r < 0x7F && r != '&':
		case r == '&':
			if n, text := entity(w.r[i:]); n > 0 {
				e.repair(Entity, i, i+n, text...)
				i += n - 1
			}
		case r == '\r', r == '\v', r == '\f', r == 0x85, r == 0x2028, r == 0x2029:
			if r == '\r' && i+1 < len(w.r) && w.r[i+1] == '\n' {
				e.put(i, i+1)
			} else {
				e.put(i, i+1, '\n')
			}
		case r == '\t', r == 0xA0, r == 0x3000, 0x2000 <= r && r <= 0x200A, r == 0x202F, r == 0x205F:
			e.put(i, i+1, ' ') // noted when it is known whether the blank stays
		case 0xFF10 <= r && r <= 0xFF19, 0xFF21 <= r && r <= 0xFF3A, 0xFF41 <= r && r <= 0xFF5A, r == '％', r == '＋':
			e.repair(Width, i, i+1, r-0xFEE0)
		case r == '．' && i > 0 && i+1 < len(w.r) && digit(w.r[i-1]) && digit(w.r[i+1]):
			e.repair(Width, i, i+1, '.')
		case 0x2E80 <= r && r <= 0x2FDF, 0xF900 <= r && r <= 0xFAFF:
			// Radicals and doubles that programs put in the place of characters.
			if c := han.Character(r); c != r {
				e.repair(Width, i, i+1, c)
			}
		case r == 0x7F, r < ' ', 0x80 < r && r < 0xA0 && unicode.IsControl(r), r == 0xAD, r == 0x034F,
			r >= 0x0600 && r != utf8.RuneError && unicode.In(r, unicode.Cf, unicode.Variation_Selector):
			e.repair(Invisible, i, i+1)
		}
	}
	e.done()
}

func digit(r rune) bool { return '0' <= r && r <= '9' || 0xFF10 <= r && r <= 0xFF19 }

// entity reads an entity of HTML at the beginning of a text: n characters of it
// stand for text.
func entity(r []rune) (n int, text []rune) {
	for n = 1; n < len(r) && n < 12; n++ {
		if r[n] == ';' {
			s := string(r[:n+1])
			if is := html.UnescapeString(s); is != s && utf8.RuneCountInString(is) == 1 {
				is = strings.Map(func(r rune) rune {
					if r == 0xA0 || unicode.IsSpace(r) {
						return ' '
					}
					return r
				}, is)
				return n + 1, []rune(is)
			}
			return 0, nil
		}
		if c := r[n]; c > 0x7F || c != '#' && !unicode.IsLetter(c) && !digit(c) {
			return 0, nil
		}
	}
	return 0, nil
}

// vowels with the marks of tones, as they stand in pinyin.
const tones = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹ"

// syllable returns the length of a syllable of pinyin and the bracket behind it
// at the beginning of a text, 0 if there is none.
func syllable(r []rune) int {
	toned := false
	for n, c := range r[:min(len(r), 9)] {
		switch {
		case 'a' <= c && c <= 'z' || c == 'ü' || c == 'ê' || c == 'ɡ':
		case strings.ContainsRune(tones, c):
			toned = true
		case (c == ')' || c == '）') && n > 0 && toned:
			return n + 1
		default:
			return 0
		}
	}
	return 0
}

// pinyin takes pronunciations in brackets out that were put behind characters,
// 協(xié), and returns which characters stand before each.
func (w *work) pinyin() map[string][]rune {
	said := map[string][]rune{}
	e := w.edit()
	for i, r := range w.r {
		if r != '(' && r != '（' || i == 0 || !unicode.Is(unicode.Han, w.r[i-1]) {
			continue
		}
		n := syllable(w.r[i+1:])
		if n == 0 {
			continue
		}
		s := string(w.r[i+1 : i+n])
		if c := w.r[i-1]; !strings.ContainsRune(string(said[s]), c) {
			said[s] = append(said[s], c)
		}
		e.repair(Pinyin, i, i+1+n)
	}
	e.done()
	return said
}

// marks of punctuation that never stand twice.
const marks = ",，、。；;：:"

// doubled leaves one of two marks that stand together: the comma goes, since
// that is what pages put in.
func (w *work) doubled() {
	e := w.edit()
	for i := 0; i+1 < len(w.r); i++ {
		a, b := w.r[i], w.r[i+1]
		if a >= 0x4E00 && a < 0xA000 || b >= 0x4E00 && b < 0xA000 || !strings.ContainsRune(marks, a) || !strings.ContainsRune(marks, b) {
			continue
		}
		switch {
		case a == ',' || a == '，' || a == b && (i+2 >= len(w.r) || w.r[i+2] != a || a != '。'):
			e.repair(Doubled, i, i+1)
		case b == ',' || b == '，':
			e.repair(Doubled, i+1, i+2)
			i++
		}
	}
	e.done()
}
