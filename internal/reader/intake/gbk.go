package intake

import (
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// gbk is the national two-byte encoding as tables, for reading bytes out of step
// many times over.
type gbk struct {
	char  [256][256]rune   // 0 where two bytes are no character
	bytes [1 << 16][2]byte // of a character of the basic plane; 0 where it has none
}

var gbkTable = sync.OnceValue(func() *gbk {
	t := &gbk{}
	dec := simplifiedchinese.GBK.NewDecoder()
	for hi := 0x81; hi <= 0xFE; hi++ {
		for lo := 0x40; lo <= 0xFE; lo++ {
			b, err := dec.Bytes([]byte{byte(hi), byte(lo)})
			if err != nil {
				continue
			}
			if r, n := utf8.DecodeRune(b); n == len(b) && r != utf8.RuneError && !private(r) {
				t.char[hi][lo] = r
				t.bytes[r] = [2]byte{byte(hi), byte(lo)}
			}
		}
	}
	return t
})

func private(r rune) bool { return 0xE000 <= r && r <= 0xF8FF }

// userFirst are the first bytes of the areas that the standard leaves to its
// users: pages lose such characters, or show all of them as one sign.
var userFirst = []byte("\xA1\xA2\xA3\xA4\xA5\xA6\xA7\xAA\xAB\xAC\xAD\xAE\xAF\xF8\xF9\xFA\xFB\xFC\xFD\xFE")

// of returns the bytes of a character that is written with two.
func (t *gbk) of(r rune) (hi, lo byte, ok bool) {
	if r < 0x80 || r >= 1<<16 {
		return 0, 0, false
	}
	if hi, lo, ok := privateBytes(r); ok {
		return hi, lo, true
	}
	b := t.bytes[r]
	return b[0], b[1], b[0] != 0
}

// privateBytes returns the bytes of the areas of users that decoders show as a
// private character.
func privateBytes(r rune) (hi, lo byte, ok bool) {
	switch {
	case 0xE000 <= r && r < 0xE234:
		return byte(0xAA + (r-0xE000)/94), byte(0xA1 + (r-0xE000)%94), true
	case 0xE234 <= r && r < 0xE4C6:
		return byte(0xF8 + (r-0xE234)/94), byte(0xA1 + (r-0xE234)%94), true
	case 0xE4C6 <= r && r < 0xE766:
		lo := (r - 0xE4C6) % 96
		if lo >= 0x3F {
			lo++ // 0x7F is no second byte
		}
		return byte(0xA1 + (r-0xE4C6)/96), byte(0x40 + lo), true
	}
	return 0, 0, false
}
