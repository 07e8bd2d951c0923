package intake

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"shangliang/internal/han"
)

// Bounds of the work on damage: how many characters are tried in a text of any
// length, and for each of its own.
const (
	tries    = 4_000_000
	triesPer = 4
)

// least is how much more likely a reading must be than what stands there, in
// natural logarithms: one wrong reading in ten thousand attempts would be many.
const least = 9

// ungarble repairs characters that come from bytes read out of step or in the
// wrong encoding. readings knows, from pronunciations put into this text, which
// characters a syllable stands for.
func (w *work) ungarble(readings map[string][]rune) {
	l := language()
	suspects := w.suspects(l)
	if len(suspects) == 0 {
		return
	}
	if len(suspects)*40 > len(w.r) && w.allMisread(l) {
		w.whole(l)
		suspects = w.suspects(l)
	}
	s := &stepper{gbk: gbkTable(), model: listen(l, w.r)}
	e := w.edit()
	for _, at := range suspects {
		if at < e.read {
			continue // inside of what was repaired
		}
		if s.tried+w.tried > tries+triesPer*len(w.r) {
			break
		}
		if !w.strange(l, at) {
			continue
		}
		f, ok := w.misread(l, at, e.read)
		if !ok {
			f, ok = w.outOfStep(s, at, e.read, readings)
		}
		if ok {
			e.copyTo(f.start)
			e.readAs(f)
		}
	}
	e.done()
}

// suspects lists places where damage may be: signs for what could not be decoded
// in front of a character, and characters too rare to stand so close together.
func (w *work) suspects(l *han.Likely) []int {
	var all []int
	suspect := func(i int) {
		if len(all) == 0 || all[len(all)-1] < i {
			all = append(all, i)
		}
	}
	odd := -10 // the last rare character
	for i, r := range w.r {
		switch {
		case r >= 0x4E00 && r < 0xA000 && !l.Odd(r): // nearly all
		case r == utf8.RuneError, r == '?' && !w.asks(i):
			if i > 0 && i+1 < len(w.r) {
				suspect(i)
			}
		case r < 0x80, 0x3000 <= r && r <= 0x3020, 0xFF01 <= r && r <= 0xFF5E, strings.ContainsRune("“”‘’—…·"+tones, r):
		default:
			// A single rare character may be a name; two close together are suspect.
			if i-odd <= 4 {
				suspect(odd)
			}
			odd = i
		}
	}
	return all
}

// strange reports whether enough around a suspect is rare to be worth the work: a
// sign for a lost byte, or three rare characters of twelve.
func (w *work) strange(l *han.Likely, at int) bool {
	rare := 0
	for i := at; i < len(w.r) && i < at+12 && w.r[i] != '\n'; i++ {
		switch r := w.r[i]; {
		case lostSign(r):
			return true
		case r >= 0x80 && !(r >= 0x4E00 && r < 0xA000 && !l.Odd(r)) && !(0x3000 <= r && r <= 0x3020 || 0xFF01 <= r && r <= 0xFF5E || strings.ContainsRune("“”‘’—…·"+tones, r)):
			rare++
		}
	}
	return rare >= 4
}

// asks reports whether a question mark may well be one: a blank, a bracket or a
// number follows.
func (w *work) asks(i int) bool {
	if i+1 == len(w.r) {
		return true
	}
	next := w.r[i+1]
	return next <= ' ' || strings.ContainsRune("\"”』」)）'’", next) || digit(next) && w.original[w.from[i+1]] == next
}

// found is a stretch with its true characters.
type found struct {
	start, end int // places in the text
	chars      []readChar
}

// How probable a character must be to count as proved: more where one of its
// bytes was lost, since only the language speaks for it. What is less than
// probable is not put in at all.
const (
	sure      = 0.8
	sureGuess = 0.95
	probable  = 0.5
	gapMark   = '□' // stands for a character that cannot be told
)

// proved reports whether a character is beyond doubt.
func (c *readChar) proved() bool { return !c.alone && (c.p >= sureGuess || c.p >= sure && !c.guess) }

// lonely marks the characters that form no word with the one before or behind:
// something may be lost beside them.
func (m *model) lonely(before, follow rune, chars []readChar) {
	for i := range chars {
		a, b := before, follow
		if i > 0 {
			a = chars[i-1].r
		}
		if i+1 < len(chars) {
			b = chars[i+1].r
		}
		c := chars[i].r
		chars[i].alone = unicode.Is(unicode.Han, c) && !m.knows(a, c) && !m.knows(c, b)
	}
}

// readAs puts the true characters of a stretch in and notes those that are
// proved apart from the rest. Where one in the middle cannot be told, something
// else may have been there, and none is proved.
func (e *editor) readAs(f found) {
	w := e.w
	doubt := len(f.chars) > 2 && slices.ContainsFunc(f.chars[1:], func(c readChar) bool { return c.p < probable })
	for i := 0; i < len(f.chars); {
		first, proved, from := len(e.r), f.chars[i].proved(), f.chars[i].from
		to := from
		for ; i < len(f.chars) && f.chars[i].proved() == proved; i++ {
			c := f.chars[i]
			if c.p < probable {
				c.r = gapMark
			}
			to = c.to
			e.r = append(e.r, c.r)
			e.from = append(e.from, w.from[c.from])
			e.to = append(e.to, w.to[c.to-1])
		}
		w.note(Garbled, int(w.from[from]), int(w.to[to-1]), string(e.r[first:]), proved && !doubt)
	}
	e.read = f.end
}

// back is how far before the first rare character a stretch may have begun: half
// of what is read out of step is common by chance.
const back = 8

// outOfStep looks for the reading of a stretch around at that is the most likely.
func (w *work) outOfStep(s *stepper, at, floor int, readings map[string][]rune) (found, bool) {
	start := at
	if w.r[at] != '?' && w.r[at] != utf8.RuneError {
		for start > max(floor, at-back) && w.r[start-1] != '\n' {
			start--
		}
	}
	syms := w.symbols(s.gbk, start, readings)
	w.tried += 4 * len(syms)
	entry := slices.IndexFunc(syms, func(x symbol) bool { return x.end > at })
	if len(syms) < 2 || entry < 0 {
		return found{}, false
	}
	before := rune('\n')
	if start > 0 {
		before = w.r[start-1]
	}
	gaps := 0
	if slices.ContainsFunc(syms[:min(len(syms), entry+8)], func(x symbol) bool { return len(x.readings) > 0 || s.model.Odd(x.r) }) {
		gaps = 2
	}
	got, ok := s.read(before, syms, entry, gaps)
	if !ok || got.gain < least {
		return found{}, false
	}
	follow := rune('\n')
	if end := syms[got.end-1].end; end < len(w.r) {
		follow = w.r[end]
	}
	if at := syms[got.start].at; at > 0 {
		before = w.r[at-1]
	}
	s.model.lonely(before, follow, got.chars)
	f := found{syms[got.start].at, syms[got.end-1].end, got.chars}
	for i, c := range got.chars { // symbols to places
		f.chars[i].from, f.chars[i].to = syms[c.from].at, syms[c.to-1].end
	}
	return f, true
}

// symbols reads the characters from a place on as the bytes they may stand for.
func (w *work) symbols(t *gbk, at int, readings map[string][]rune) []symbol {
	var all []symbol
	for i := at; i < len(w.r) && len(all) < longest; {
		r := w.r[i]
		sym := symbol{r: r, at: i, end: i + 1}
		hi, lo, ok := t.of(r)
		switch {
		case r == '\n':
			return all
		case r == '?' || r == utf8.RuneError:
			sym.lost = true
			if n := syllable(w.r[i+1:]); n > 0 {
				sym.end += n
				sym.odd = 8
				sym.readings = readings[string(w.r[i+1:i+n])]
			}
			if r == '?' {
				sym.wide = wide(r)
			}
		case r < 0x80:
			sym.b1, sym.wide = byte(r), wide(r)
			if was := w.original[w.from[i]]; was == r+0xFEE0 { // made narrow just now
				sym.two, sym.b1, sym.b2, sym.wide = true, 0xA3, sym.wide, 0
			}
		case ok:
			sym.two, sym.b1, sym.b2 = true, hi, lo
		default:
			return all
		}
		all = append(all, sym)
		i = sym.end
	}
	return all
}

// wide returns the second byte of the full width form of a mark, letter or
// digit, which pages have often made narrow; 0 for others.
func wide(r rune) byte {
	if ' ' < r && r < 0x7F {
		return byte(r) + 0x80
	}
	return 0
}
