package han

import (
	"embed"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed all:data
var data embed.FS

// table converts by the longest phrase that begins at a place, else by the
// character there.
type table struct {
	chars   map[rune]string
	phrases map[string]string
	longest map[rune]int // first character → bytes of its longest phrase
}

// The tables are read once, when first needed, and never change afterwards.
var (
	toTraditional = sync.OnceValue(func() *table { return load("st") })
	toSimplified  = sync.OnceValue(func() *table { return load("ts") })
)

func load(name string) *table {
	t := &table{chars: map[rune]string{}, phrases: map[string]string{}, longest: map[rune]int{}}
	for from, to := range pairs(name + "_chars") {
		r, _ := utf8.DecodeRuneInString(from)
		t.chars[r] = to
	}
	for from, to := range pairs(name + "_phrases") {
		r, _ := utf8.DecodeRuneInString(from)
		t.phrases[from] = to
		t.longest[r] = max(t.longest[r], len(from))
	}
	return t
}

// pairs yields the lines of a data file; none if the file is not there.
func pairs(name string) func(yield func(from, to string) bool) {
	return func(yield func(from, to string) bool) {
		b, err := data.ReadFile("data/" + name + ".txt")
		if err != nil {
			return
		}
		for line := range strings.Lines(string(b)) {
			from, to, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			if ok && !yield(from, to) {
				return
			}
		}
	}
}

func (t *table) convert(s string) string {
	if len(t.chars) == 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if to, n := t.phrase(s[i:], r, size); n > 0 {
			b.WriteString(to)
			i += n
			continue
		}
		if to, ok := t.chars[r]; ok {
			b.WriteString(to)
		} else {
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// phrase returns the longest phrase that s begins with, converted, and its
// length in bytes; 0 if there is none.
func (t *table) phrase(s string, first rune, size int) (string, int) {
	for n := min(t.longest[first], len(s)); n > size; n-- {
		if n < len(s) && !utf8.RuneStart(s[n]) {
			continue
		}
		if to, ok := t.phrases[s[:n]]; ok {
			return to, n
		}
	}
	return "", 0
}

// Ready reports whether the conversion tables were there when the program was
// built.
func Ready() bool { return len(toSimplified().chars) > 0 && len(toTraditional().chars) > 0 }

// Traditional turns Simplified into Traditional Chinese, for the interface.
func Traditional(s string) string { return toTraditional().convert(s) }

// Simplified turns Traditional into Simplified Chinese.
func Simplified(s string) string { return toSimplified().convert(s) }

// plain is the character-by-character part of Simplified for the common block,
// as an array because search folds every character of every text.
var plain = sync.OnceValue(func() *[0xA000 - 0x4E00]rune {
	var a [0xA000 - 0x4E00]rune
	chars := toSimplified().chars
	for i := range a {
		a[i] = rune(0x4E00 + i)
		if to, ok := chars[a[i]]; ok {
			a[i], _ = utf8.DecodeRuneInString(to)
		}
	}
	return &a
})

func simple(r rune) rune {
	switch {
	case r < 0x3400:
		return r
	case 0x4E00 <= r && r < 0xA000:
		return plain()[r-0x4E00]
	}
	if to, ok := toSimplified().chars[r]; ok {
		r, _ = utf8.DecodeRuneInString(to)
	}
	return r
}
