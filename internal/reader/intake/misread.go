package intake

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"shangliang/internal/han"
)

// misreadings are the encodings that text was taken for, with the one that it
// was in: 鏀垮崗 is 政协 in UTF-8 taken for GBK.
var misreadings = []struct{ taken, was encoding.Encoding }{
	{simplifiedchinese.GB18030, nil},
	{charmap.Windows1252, nil},
	{charmap.ISO8859_1, nil},
	{charmap.Windows1252, simplifiedchinese.GBK},
	{charmap.ISO8859_1, simplifiedchinese.GBK},
	{simplifiedchinese.GBK, traditionalchinese.Big5},
	{traditionalchinese.Big5, simplifiedchinese.GBK},
}

// run is the most characters that are looked at as one misreading, peek how many
// at first.
const (
	run  = 4000
	peek = 6
)

// misread looks whether a stretch that begins at a place, or up to four
// characters before it, is text in another encoding than it was taken for: then
// its bytes fall into common characters from the first to the last.
func (w *work) misread(l *han.Likely, at, floor int) (found, bool) {
	var best found
	gain := float64(least)
	for _, m := range misreadings {
		for start := at; start >= max(floor, at-4) && w.r[start] != '\n'; start-- {
			// A few characters show whether more are worth looking at.
			b, owner := w.bytes(m.taken, start, peek, m.was == nil)
			if few, _ := decode(m.was, b, owner, start, w, l); len(few) < 2 {
				w.tried += len(b)
				continue
			}
			b, owner = w.bytes(m.taken, start, run, m.was == nil)
			w.tried += 8 * len(b)
			if len(owner) == 0 || owner[len(owner)-1]-start < 2 {
				continue
			}
			chars, used := decode(m.was, b, owner, start, w, l)
			if len(chars) < 2 {
				continue
			}
			is, was, odd := 0.0, 0.0, 0
			for _, c := range chars {
				is += math.Log(l.Chance(c.r))
				if l.Odd(c.r) {
					odd++
				}
			}
			end := owner[used-1] + 1
			for _, r := range w.r[start:end] {
				was += math.Log(l.Chance(r))
			}
			// A short stretch is proved by words, a long one by being ordinary.
			if odd*8 <= len(chars) && is-was > gain && is/float64(len(chars)) > -10 && (len(chars) >= 8 || words2(l, chars) > 0) {
				gain = is - was
				best = found{start, end, chars}
			}
		}
	}
	return best, len(best.chars) > 0
}

// words2 counts pairs of characters that stand together in words.
func words2(l *han.Likely, chars []readChar) (n int) {
	for i := 1; i < len(chars); i++ {
		if l.Pair(chars[i-1].r, chars[i].r) {
			n++
		}
	}
	return n
}

// bytes returns the bytes that the text from a place on was decoded from, as
// long as it cannot be ordinary ASCII, and which character each came from. With
// signs, what could not be decoded gives zeros, one or two: as many as the
// characters of UTF-8, of three bytes each, leave room for.
func (w *work) bytes(taken encoding.Encoding, start, most int, signs bool) (b []byte, owner []int) {
	enc := taken.NewEncoder()
	add := func(i int, bytes ...byte) {
		b = append(b, bytes...)
		for range bytes {
			owner = append(owner, i)
		}
	}
	one := make([]byte, 0, 8)
	var waiting []int // signs whose width is not known yet
	for i := start; i < len(w.r) && i < start+most; i++ {
		r := w.r[i]
		if signs && i > start && lostSign(r) {
			waiting = append(waiting, i)
			continue
		}
		if r < 0x80 || lostSign(r) {
			break
		}
		var got []byte
		if hi, lo, ok := privateBytes(r); ok && taken == simplifiedchinese.GB18030 {
			got = []byte{hi, lo}
		} else {
			var err error
			one = utf8.AppendRune(one[:0], r)
			if got, err = enc.Bytes(one); err != nil {
				break
			}
		}
		if len(waiting) > 0 {
			zeros := room(len(b), waiting, got)
			if zeros < 0 {
				break
			}
			fillSigns(waiting, zeros, add)
			waiting = waiting[:0]
		}
		add(i, got...)
	}
	if zeros := (3 - len(b)%3) % 3; len(waiting) > 0 && zeros > 0 {
		// What is left of the last character; signs beyond it are of something else.
		fillSigns(waiting[:min(len(waiting), zeros)], zeros, add)
	}
	return b, owner
}

// room returns how many bytes the signs stand for, one or two each, so that the
// bytes behind them fall into characters of three; -1 if they do not. n is how
// many bytes there are before.
func room(n int, signs []int, behind []byte) int {
next:
	for zeros := len(signs); zeros <= 2*len(signs); zeros++ {
		for j, c := range behind {
			if ((n+zeros+j)%3 == 0) != (c >= 0xE0) {
				continue next
			}
		}
		return zeros
	}
	return -1
}

// fillSigns adds so many unknown bytes, parted evenly among signs.
func fillSigns(signs []int, zeros int, add func(int, ...byte)) {
	for k, i := range signs {
		n := zeros / len(signs)
		if k < zeros%len(signs) {
			n++
		}
		add(i, make([]byte, n)...)
	}
}

// allMisread reports whether most of a text is UTF-8 taken for GBK, by its first
// stretches between figures and marks.
func (w *work) allMisread(l *han.Likely) bool {
	all, right := 0, 0
	for i := 0; i < len(w.r) && all < 400; i++ {
		if w.r[i] < 0x80 || lostSign(w.r[i]) {
			continue
		}
		start := i
		for i < len(w.r) && w.r[i] >= 0x80 && i-start < 60 {
			i++
		}
		all += i - start
		if b, owner := w.bytes(simplifiedchinese.GB18030, start, 60, true); len(b) >= 6 {
			if chars, used := decode(nil, b, owner, start, w, l); len(chars) > 1 {
				right += owner[used-1] + 1 - start
			}
		}
	}
	return all >= 20 && right*2 > all
}

// whole repairs such a text: its short stretches too, which nothing else would
// prove.
func (w *work) whole(l *han.Likely) {
	e := w.edit()
	for i := 0; i < len(w.r); {
		if w.r[i] < 0x80 || lostSign(w.r[i]) {
			i++
			continue
		}
		b, owner := w.bytes(simplifiedchinese.GB18030, i, run, true)
		chars, used := decode(nil, b, owner, i, w, l)
		if len(chars) == 0 {
			i++
			continue
		}
		end := owner[used-1] + 1
		e.copyTo(i)
		e.readAs(found{i, end, chars})
		i = end
	}
	e.done()
}

func lostSign(r rune) bool { return r == '?' || r == utf8.RuneError }

// decode reads bytes as long as they are characters of an encoding, nil for
// UTF-8, and says how many it used.
func decode(was encoding.Encoding, b []byte, owner []int, start int, w *work, l *han.Likely) (chars []readChar, used int) {
	next := func(b []byte) (rune, int) {
		r, n := utf8.DecodeRune(b)
		if n == 1 { // UTF-8 that was taken for something else has no ASCII in between
			return utf8.RuneError, 0
		}
		return r, n
	}
	if was != nil {
		dec := was.NewDecoder()
		next = func(b []byte) (rune, int) {
			n := 1
			if b[0] >= 0x80 {
				n = 2
			}
			if len(b) < n {
				return utf8.RuneError, 0
			}
			out, err := dec.Bytes(b[:n])
			r, _ := utf8.DecodeRune(out)
			if err != nil || private(r) {
				return utf8.RuneError, 0
			}
			return r, n
		}
	}
	before := rune('\n')
	if start > 0 {
		before = w.r[start-1]
	}
	for used < len(b) {
		c := readChar{from: owner[used], p: 1}
		n := 3
		if was == nil && used+3 <= len(b) && slices.Contains(b[used:used+3], 0) {
			c.r, c.p = likeliest(b[used:used+3], before, follows(b[used+3:], owner[used+2]+1, w), l)
			c.guess = true
		} else if c.r, n = next(b[used:]); n == 0 {
			break
		}
		if c.r == utf8.RuneError {
			break
		}
		used += n
		c.to = owner[used-1] + 1
		chars = append(chars, c)
		before = c.r
	}
	return chars, used
}

// follows is the character behind one of UTF-8 if it can be told: the next three
// bytes, or what stands in the text behind the last; 0 if it cannot.
func follows(b []byte, at int, w *work) rune {
	switch {
	case len(b) >= 3 && !slices.Contains(b[:3], 0):
		if r, n := utf8.DecodeRune(b); n == 3 {
			return r
		}
	case len(b) == 0 && at < len(w.r) && w.r[at] < 0x80 && w.r[at] > ' ':
		return w.r[at]
	}
	return 0
}

// measures are the characters that mostly follow a figure.
const measures = `年月日件次名条篇个人家户场项期万亿元份位届多余所处只台套分批类级`

// likeliest tries what the bytes of a character of UTF-8 that are 0 may have
// been.
func likeliest(b []byte, before, after rune, l *han.Likely) (best rune, p float64) {
	total, most := 0.0, 0.0
	one := []byte{b[0], b[1], b[2]}
	var try func(i int)
	try = func(i int) {
		switch {
		case i == 3:
			if r, n := utf8.DecodeRune(one); n == 3 {
				q := l.After(before, r)
				if after != 0 {
					q *= l.After(r, after)
				}
				if digit(before) && strings.ContainsRune(measures, r) {
					q *= 100 // what follows a figure is mostly what it counts
				}
				total += q
				if q > most {
					best, most = r, q
				}
			}
		case b[i] != 0:
			try(i + 1)
		default:
			from, to := 0x80, 0xBF
			if i == 0 {
				from, to = 0xE2, 0xEF
			}
			for x := from; x <= to; x++ {
				one[i] = byte(x)
				try(i + 1)
			}
		}
	}
	try(0)
	if total == 0 {
		return utf8.RuneError, 0
	}
	return best, most / total
}
