// Package han is what the platform knows about Chinese text: tokens for full
// text search, exact matching and highlighting, Traditional and Simplified,
// encodings of old files, counting and cleaning what people type.
//
// Main types: [Phrase] and [Span]. It owns no tables and does no I/O. It
// deliberately cuts no words: overlapping pairs of characters find everything
// that stands in a text, a word list loses what it does not know.
//
// The conversion tables come from web/tools/handata.mjs and are embedded when
// present; without them ([Ready] is false) text keeps the script it came in.
package han

import (
	"strings"
	"unicode"
	"unicode/utf8"

	_ "embed"

	"golang.org/x/text/unicode/norm"
)

// Words is the English of the package's messages, for package lang.
//
//go:embed en.tsv
var Words []byte

// Length counts the characters of s as a person does: blanks, line breaks,
// marks that sit on another character and invisible format characters do not
// count, and an emoji joined of several counts once.
func Length(s string) int {
	n, joined := 0, false
	for _, r := range norm.NFC.String(s) {
		switch {
		case r == 0x200D: // zero width joiner
			joined = true
			continue
		case unicode.IsSpace(r), unicode.IsMark(r), unicode.In(r, unicode.Cf, unicode.Cc), 0x1F3FB <= r && r <= 0x1F3FF:
			continue
		case !joined:
			n++
		}
		joined = false
	}
	return n
}

// Tidy is [Clean] without blanks around: for what stands in a field.
func Tidy(s string) string { return strings.TrimSpace(Clean(s)) }

// Clean makes typed or pasted text fit to be kept: valid UTF-8 in normal form
// C, lines ended by \n, no control characters or characters that turn the
// direction of writing, no blanks at the ends of lines nor empty lines at the
// end. Indentation stays. Clean(Clean(s)) == Clean(s).
func Clean(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\r', r == '\u2028', r == '\u2029':
			return '\n'
		case r == '\n', r == '\t':
			return r
		case unicode.IsControl(r), r == '\uFEFF', '\u202A' <= r && r <= '\u202E', '\u2066' <= r && r <= '\u2069':
			return -1
		}
		return r
	}, s)
	lines := strings.Split(norm.NFC.String(s), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRightFunc(line, unicode.IsSpace)
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
