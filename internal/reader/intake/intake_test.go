package intake

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	xunicode "golang.org/x/text/encoding/unicode"

	"shangliang/internal/errs"
)

// open opens what must open.
func open(t testing.TB, name string, data []byte) Source {
	t.Helper()
	src, err := Open(name, data)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return src
}

func encode(t testing.TB, e encoding.Encoding, s string) []byte {
	t.Helper()
	b, err := e.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOpenFindsTheEncoding(t *testing.T) {
	simplified := "全年召开主席会议12次，立案提案97件，\r\n办复率为100%。\n"
	traditional := "全年召開主席會議12次，立案提案97件，\r\n辦復率為100%。\n"
	for _, c := range []struct {
		encoding string
		data     []byte
		text     string
	}{
		{"UTF-8", []byte(simplified), simplified},
		{"UTF-8", []byte("\uFEFF" + simplified), simplified},
		{"GB18030", encode(t, simplifiedchinese.GBK, simplified), simplified},
		{"GB18030", encode(t, simplifiedchinese.GB18030, traditional), traditional},
		{"Big5", encode(t, traditionalchinese.Big5, traditional), traditional},
		{"UTF-16LE", encode(t, xunicode.UTF16(xunicode.LittleEndian, xunicode.UseBOM), simplified), simplified},
		{"UTF-16BE", encode(t, xunicode.UTF16(xunicode.BigEndian, xunicode.UseBOM), simplified), simplified},
		{"UTF-16LE", encode(t, xunicode.UTF16(xunicode.LittleEndian, xunicode.IgnoreBOM), simplified), simplified},
	} {
		src := open(t, "报告.txt", c.data)
		if src.Encoding != c.encoding || src.Text != c.text || src.Kind != TXT {
			t.Errorf("%s: got %s %q, want %q", c.encoding, src.Encoding, src.Text, c.text)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
		says string
	}{
		{"a.txt", nil, "空的"},
		{"a.txt", []byte(" \n\u3000"), "没有文字"},
		{"a.txt", make([]byte, 50<<20), "超过了"},
		{"a.txt", []byte{1, 2, 0, 3, 0xFF, 0xFE, 9}, ""},
	} {
		_, err := Open(c.name, c.data)
		if err == nil || errs.KindOf(err) == errs.Internal || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s (%d bytes): %v, want a message with %q", c.name, len(c.data), err, c.says)
		}
	}
}

// check asks what holds of every text: places inside the original, in order.
func check(t testing.TB, src Source, text Text) {
	t.Helper()
	n, end := text.Len(), utf8.RuneCountInString(src.Text)
	if n != utf8.RuneCountInString(text.Clean) {
		t.Fatalf("%d places for %d characters", n, utf8.RuneCountInString(text.Clean))
	}
	before := 0
	original, clean := []rune(src.Text), []rune(text.Clean)
	for i := range n {
		from, to := text.Original(i, i+1)
		// What was not repaired is the same character.
		if c := clean[i]; c != '\n' && c != ' ' && !slices.ContainsFunc(text.Repairs, func(r Repair) bool { return r.Start <= from && to <= r.End }) && (to != from+1 || original[from] != c) {
			t.Fatalf("%q at %d is said to come from %q, and nothing was repaired there", c, i, string(original[from:to]))
		}
		if from < before || to < from || to > end {
			t.Fatalf("character %d of the clean text comes from [%d,%d) of %d, after %d", i, from, to, end, before)
		}
		before = from
	}
	for _, r := range text.Repairs {
		if r.Start < 0 || r.End < r.Start || r.End > end {
			t.Fatalf("a repair outside of the original: %+v", r)
		}
	}
}

func TestOriginal(t *testing.T) {
	src := open(t, "a.txt", []byte("立案97件"))
	text := Mend(src)
	check(t, src, text)
	for _, c := range []struct{ start, end, from, to int }{
		{2, 5, 2, 5}, {0, 5, 0, 5}, {3, 3, 3, 3}, {4, 2, 4, 4}, {-1, 99, 0, 5}, {99, 99, 5, 5},
	} {
		if from, to := text.Original(c.start, c.end); from != c.from || to != c.to {
			t.Errorf("Original(%d, %d) = %d, %d; want %d, %d", c.start, c.end, from, to, c.from, c.to)
		}
	}
}
