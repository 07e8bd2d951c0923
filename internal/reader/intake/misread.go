package intake

import (
	"math"
	"slices"
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
			if few, _ := decode(m.was, b, owner, l); len(few) < 2 {
				w.tried += len(b)
				continue
			}
			b, owner = w.bytes(m.taken, start, run, m.was == nil)
			w.tried += 8 * len(b)
			if len(owner) == 0 || owner[len(owner)-1]-start < 2 {
				continue
			}
			chars, used := decode(m.was, b, owner, l)
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
	waiting := -1 // a sign whose width is not known yet
	for i := start; i < len(w.r) && i < start+most; i++ {
		r := w.r[i]
		if signs && i > start && lostSign(r) {
			if waiting >= 0 {
				break
			}
			waiting = i
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
		if waiting >= 0 {
			for add(waiting, 0); (len(b)%3 == 0) != (got[0] >= 0xE0) && len(b) < 3*run; {
				if owner[len(owner)-1] == waiting && len(owner) > 1 && owner[len(owner)-2] == waiting {
					return b[:len(b)-2], owner[:len(owner)-2]
				}
				add(waiting, 0)
			}
			waiting = -1
		}
		add(i, got...)
	}
	if waiting >= 0 && len(b)%3 == 2 {
		add(waiting, 0)
	}
	return b, owner
}

func lostSign(r rune) bool { return r == '?' || r == utf8.RuneError }

// decode reads bytes as long as they are characters of an encoding, nil for
// UTF-8, and says how many it used.
func decode(was encoding.Encoding, b []byte, owner []int, l *han.Likely) (chars []readChar, used int) {
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
	for used < len(b) {
		c := readChar{from: owner[used], p: 1}
		n := 3
		if was == nil && used+3 <= len(b) && slices.Contains(b[used:used+3], 0) {
			c.r, c.p = likeliest(b[used:used+3], before, l)
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

// likeliest tries what the bytes of a character of UTF-8 that are 0 may have
// been.
func likeliest(b []byte, before rune, l *han.Likely) (best rune, p float64) {
	total, most := 0.0, 0.0
	one := []byte{b[0], b[1], b[2]}
	var try func(i int)
	try = func(i int) {
		switch {
		case i == 3:
			if r, n := utf8.DecodeRune(one); n == 3 {
				q := l.After(before, r)
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
