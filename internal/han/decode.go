package han

import (
	"bytes"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	xunicode "golang.org/x/text/encoding/unicode"

	"shangliang/internal/errs"
)

// The encodings that old files come in, in the order in which a draw is decided.
var encodings = []struct {
	name string
	bom  string
	enc  encoding.Encoding
}{
	{"UTF-8", "\xEF\xBB\xBF", xunicode.UTF8},
	{"GB18030", "\x84\x31\x95\x33", simplifiedchinese.GB18030},
	{"Big5", "", traditionalchinese.Big5},
	{"UTF-16LE", "\xFF\xFE", xunicode.UTF16(xunicode.LittleEndian, xunicode.IgnoreBOM)},
	{"UTF-16BE", "\xFE\xFF", xunicode.UTF16(xunicode.BigEndian, xunicode.IgnoreBOM)},
}

// sample is how many bytes decide about the encoding.
const sample = 64 << 10

// Decode returns the text of a file in any encoding that Chinese text comes in
// and the name of that encoding: by its byte order mark, else UTF-8 if it is
// valid, else whichever of GB18030, Big5 and UTF-16 yields the more ordinary
// Chinese. A file that is no text, or in none of them, is an Invalid error.
func Decode(b []byte) (text, name string, err error) {
	for _, e := range encodings {
		if e.bom != "" && bytes.HasPrefix(b, []byte(e.bom)) {
			return decodeAs(b[len(e.bom):], e.name, e.enc)
		}
	}
	if utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 {
		return decodeAs(b, "UTF-8", xunicode.UTF8)
	}
	best, bestScore := -1, 0.0
	for i, e := range encodings {
		if e.name == "UTF-8" || strings.HasPrefix(e.name, "UTF-16") != likeUTF16(b) {
			continue
		}
		cut := b[:min(len(b), sample)]
		out, err := e.enc.NewDecoder().Bytes(cut)
		if err != nil {
			continue
		}
		if s := ordinary(string(out)); best < 0 || s > bestScore {
			best, bestScore = i, s
		}
	}
	if best < 0 || bestScore <= 0 {
		return "", "", errs.New(errs.Invalid, "看不出文件的文字编码，请另存为 UTF-8 编码后再上传")
	}
	return decodeAs(b, encodings[best].name, encodings[best].enc)
}

// likeUTF16 reports whether b may be UTF-16 without a mark: it has bytes of 0,
// which no other text has, or falls into pairs whose high bytes look like those
// of Chinese text in UTF-16 and not like two-byte characters.
func likeUTF16(b []byte) bool {
	if len(b)%2 != 0 || len(b) == 0 {
		return false
	}
	if bytes.IndexByte(b, 0) >= 0 {
		return true
	}
	for _, e := range encodings {
		if strings.HasPrefix(e.name, "UTF-16") {
			continue
		}
		if out, err := e.enc.NewDecoder().Bytes(b[:min(len(b), sample)]); err == nil && ordinary(string(out)) > 0 {
			return false
		}
	}
	return true
}

func decodeAs(b []byte, name string, enc encoding.Encoding) (string, string, error) {
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return "", "", errs.Because(err, errs.Invalid, "文件不是 %s 编码的文字，可能已经损坏", name)
	}
	text := string(out)
	control, broken := 0, 0
	for _, r := range text {
		switch {
		case r == 0:
			return "", "", errs.New(errs.Invalid, "这不是文字文件")
		case r == utf8.RuneError:
			broken++
		case unicode.IsControl(r) && !strings.ContainsRune("\t\n\v\f\r\x1a\x1b", r):
			control++
		}
	}
	if control*50 > len(text) {
		return "", "", errs.New(errs.Invalid, "这不是文字文件")
	}
	// A character or two may be damaged in a long file; many mean another encoding,
	// unless the file itself has the signs for them: a page that was saved damaged.
	if broken*100 > utf8.RuneCountInString(text) && name != "UTF-8" {
		return "", "", errs.New(errs.Invalid, "看不出文件的文字编码，请另存为 UTF-8 编码后再上传")
	}
	return text, name, nil
}

// ordinary says how much s looks like ordinary Chinese text: the average over
// its characters outside ASCII.
func ordinary(s string) float64 {
	score, n, odd := 0.0, 0, 0
	for _, r := range s {
		if r < 0x80 {
			if unicode.IsControl(r) && !strings.ContainsRune("\t\n\r", r) {
				odd++
			}
			continue
		}
		n++
		switch {
		case r == utf8.RuneError, r < 0xA0, unicode.Is(unicode.Co, r):
			score -= 6
		case ordinaryChars()[r]:
			score += 4
		case strings.ContainsRune(ordinaryMarks, r):
			score += 2
		case 0x4E00 <= r && r < 0xA000:
			score += 0.2
		case unicode.Is(unicode.Han, r):
			score -= 1
		default: // kana, Greek, Cyrillic, boxes: what wrong decoding yields
			score -= 2
		}
	}
	score -= float64(6 * odd)
	if n == 0 {
		if odd > 0 {
			return -1
		}
		return 0.1
	}
	return score / float64(n)
}

// Punctuation and digits in full width, as Chinese text has them.
const ordinaryMarks = "\u3001\u3002\u201c\u201d\u2018\u2019\u300a\u300b\u3008\u3009\u3010\u3011\u3014\u3015\u300c\u300d\u2014\u2026\u00b7\u3000" +
	"\uff0c\uff1b\uff1a\uff1f\uff01\uff08\uff09\uff05\uff0f\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19"

var ordinaryChars = sync.OnceValue(func() map[rune]bool {
	m := map[rune]bool{}
	for _, r := range ordinarySimplified + ordinaryTraditional {
		m[r] = true
	}
	return m
})
