package han

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
)

// asName are readings that characters have in surnames; the usual ones are
// found as well.
var asName = func() map[rune]string {
	all := map[rune]string{}
	for _, pair := range strings.Fields("单shan 曾zeng 解xie 仇qiu 查zha 区ou 尉yu 万mo 俟qi 盖ge 员yun 缪miao 朴piao 冼xian 乐yue 种chong 繁po 翟zhai " +
		"折she 黑he 秘bi 召shao 洗xian 长zhang 澹tan 祭zhai 能nai 句gou 覃qin 谌chen 费bi 郗xi 隗wei 宓mi 乜nie 佴nai 莘shen 尹yin 訾zi 阚kan 令ling") {
		r, size := utf8.DecodeRuneInString(pair)
		all[r] = pair[size:]
	}
	return all
}()

// spoken remembers the readings of characters once they were looked up.
var spoken sync.Map // rune → []string

// readings returns how a folded character is read, in pinyin without tones, the
// usual reading first; ü is typed v, or yu as in a passport. What is no Chinese
// character has none.
func readings(r rune) []string {
	if r < 0x3400 {
		return nil
	}
	if all, ok := spoken.Load(r); ok {
		return all.([]string)
	}
	var all []string
	add := func(s string) {
		if s != "" && !slices.Contains(all, s) && !strings.ContainsFunc(s, func(c rune) bool { return c < 'a' || c > 'z' }) {
			all = append(all, s)
		}
	}
	for i, s := range pinyin.SinglePinyin(r, pinyin.Args{Style: pinyin.Normal, Heteronym: true, Fallback: pinyin.Fallback}) {
		s = strings.ReplaceAll(s, "ü", "v")
		add(s)
		add(strings.Replace(s, "v", "yu", 1))
		if i == 0 {
			add(asName[r])
		}
	}
	spoken.Store(r, all)
	return all
}

// syllables are all readings and what they begin with; true for a whole one.
var syllables = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for r := rune(0x4E00); r < 0x9FA6; r++ {
		for _, s := range readings(r) {
			if strings.ContainsAny(s, "aeiouv") {
				for i := 1; i < len(s); i++ {
					all[s[:i]] = all[s[:i]]
				}
				all[s] = true
			}
		}
	}
	return all
})

// Start is a place of a text where one may begin to type it. Head is what its
// first two letters begin with when they are typed, initials for Chinese
// characters; the second is 0 where only one is looked for. Said tells how up
// to six letters from there on may be typed; of a Start of [Sought], Parts are
// the pieces that must stand in that.
type Start struct {
	Head  [2]rune
	Said  string
	Parts []string
}

// marks stand before the ways to type a letter, each for its place. None of
// them is ever part of a text that is compared.
const marks = "!#$&*+"

// Starts returns where somebody may begin to type s: at each Chinese character
// and each word. A text shows up where one of its starts has the head and
// holds the parts of what was typed ([Sought]). Its first letter alone is a
// start only if alone says so, as for names, or there is no more.
func Starts(s string, alone bool) []Start {
	t := say(s)
	var all []Start
	for i, from := range t.starts {
		var b strings.Builder
		for k := 0; k < len(marks) && from+k < len(t.at); k++ {
			for _, way := range t.ways[from+k] {
				b.WriteByte(marks[k])
				b.WriteString(way)
				b.WriteByte(' ')
			}
		}
		first := heads(t.ways[from])
		if from+1 == len(t.at) && (kindOf(t.runes[t.at[from]]) == word || i == 0) || alone && i == 0 {
			for _, a := range first {
				all = append(all, Start{Head: [2]rune{a, 0}, Said: b.String()})
			}
		}
		if from+1 < len(t.at) {
			for _, a := range first {
				for _, c := range heads(t.ways[from+1]) {
					all = append(all, Start{Head: [2]rune{a, c}, Said: b.String()})
				}
			}
		}
	}
	return all
}

// heads are what the ways to type a letter begin with, the usual ones: of a
// character its readings, of anything else itself.
func heads(ways []string) []rune {
	if len(ways) > 1 {
		ways = ways[1:]
	}
	var all []rune
	for _, w := range ways {
		if r, _ := utf8.DecodeRuneInString(w); !slices.Contains(all, r) && len(all) < 3 {
			all = append(all, r)
		}
	}
	return all
}

// most ways in which pinyin without blanks is taken apart.
const mostWays = 4

// Sought returns the starts that one word of what somebody typed may mean, to
// compare with those of texts. A single letter of the alphabet means nothing.
func Sought(typed string) []Start {
	letters := []rune(Typed(typed))
	if len(letters) == 0 || len(letters) == 1 && 'a' <= letters[0] && letters[0] <= 'z' {
		return nil
	}
	var all []Start
	var parts []string // each a letter or what is typed for one
	mixed := false     // initials stand among whole readings
	var apart func(rest []rune)
	end := func() {
		s := Start{}
		for k, p := range parts[:min(len(parts), len(marks))] {
			if k < 2 {
				r, _ := utf8.DecodeRuneInString(p)
				if all := readings(r); len(all) > 0 {
					r = rune(all[0][0])
				}
				s.Head[k] = r
			}
			if k+1 < len(parts) && (len(p) > 1 && syllables()[p] || !latin(p)) {
				p += " " // it is whole
			}
			s.Parts = append(s.Parts, marks[k:k+1]+p)
		}
		if !slices.ContainsFunc(all, func(o Start) bool { return slices.Equal(o.Parts, s.Parts) }) {
			all = append(all, s)
		}
	}
	apart = func(rest []rune) {
		if len(all) == mostWays {
			return
		}
		if len(rest) == 0 || len(parts) == len(marks) {
			end()
			return
		}
		one := func(n int) {
			parts = append(parts, string(rest[:n]))
			apart(rest[n:])
			parts = parts[:len(parts)-1]
		}
		run := 0
		for run < len(rest) && 'a' <= rest[run] && rest[run] <= 'z' {
			run++
		}
		known := syllables()
		for n := min(run, 6); n > 1; n-- {
			whole, begun := known[string(rest[:n])]
			if whole || begun && (n == len(rest) || n == 2 && rest[1] == 'h') {
				one(n)
			}
		}
		if c := string(rest[0]); !latin(c) || len(rest) == 1 || known[c] || mixed && (len(parts) == 0 || !strings.Contains("iuv", c)) {
			one(1)
		}
	}
	apart(letters)
	if !slices.ContainsFunc(all, func(s Start) bool { return s.Head[1] != 0 }) {
		mixed = true
		apart(letters)
	}
	return all
}

// latin reports whether something is nothing but letters of the alphabet.
func latin(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < 'a' || r > 'z' })
}

// Typed returns what somebody typed as it is compared: without blanks and signs.
func Typed(s string) string {
	letters, _, _ := Letters(s)
	return string(letters)
}

// said is a text as its letters and how each may be typed.
type said struct {
	folded
	at     []int      // the letters of the text, as indices into runes
	ways   [][]string // of each: itself, and its readings
	starts []int      // where one may begin to type, as indices into at
}

func say(s string) said {
	t := said{folded: fold(s)}
	for _, r := range t.runs() {
		for i := r.from; i < r.to; i++ {
			if r.kind == hanzi || i == r.from {
				t.starts = append(t.starts, len(t.at))
			}
			t.at = append(t.at, i)
			t.ways = append(t.ways, append([]string{string(t.runes[i])}, readings(t.runes[i])...))
		}
	}
	return t
}

// Spoken writes how s is said, for a list that is looked through where there are
// no tables: its initials and its pinyin, after the usual readings and those in
// which its first character differs.
func Spoken(s string) string {
	t := say(s)
	if len(t.at) == 0 {
		return ""
	}
	var rest, initials strings.Builder
	for _, ways := range t.ways[1:] {
		way := ways[min(1, len(ways)-1)]
		rest.WriteString(way)
		_, size := utf8.DecodeRuneInString(way)
		initials.WriteString(way[:size])
	}
	var all []string
	add := func(s string) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	ways := t.ways[0]
	for _, way := range ways[min(1, len(ways)-1):] {
		_, size := utf8.DecodeRuneInString(way)
		add(way[:size] + initials.String())
		add(way + rest.String())
	}
	return strings.Join(all, " ")
}

// Said finds where s is meant by one word of what somebody typed, and returns
// those bytes of it: characters, pinyin and initials may be mixed, the last
// reading may be unfinished. ok is false if s is not meant.
func Said(s, typed string) (from, to int, ok bool) {
	typed = Typed(typed)
	if typed == "" {
		return 0, 0, false
	}
	t := say(s)
	for _, start := range t.starts {
		if n := t.meant(start, typed); n > 0 {
			return int(t.from[t.at[start]]), int(t.to[t.at[start+n-1]]), true
		}
	}
	return 0, 0, false
}

// meant returns how many letters of the text, from one on, typed says; 0 if it
// says something else.
func (t *said) meant(from int, typed string) int {
	reached := make([]bool, len(typed)) // bytes of typed that the letters so far may have used
	reached[0] = true
	for i := from; i < len(t.at); i++ {
		next, any := make([]bool, len(typed)), false
		use := func(used int, part string) bool {
			rest := typed[used:]
			if strings.HasPrefix(part, rest) {
				return true
			}
			if strings.HasPrefix(rest, part) {
				next[used+len(part)], any = true, true
			}
			return false
		}
		for used, yes := range reached {
			if !yes {
				continue
			}
			for k, way := range t.ways[i] {
				if use(used, way) || k > 0 && (use(used, way[:1]) || len(way) > 2 && way[1] == 'h' && use(used, way[:2])) {
					return i - from + 1
				}
			}
		}
		if !any {
			return 0
		}
		reached = next
	}
	return 0
}

// Point returns s with the parts marked that the words of what somebody typed
// mean.
func Point(s, typed string) []Span {
	hit := make([]bool, len(s)) // its bytes
	for word := range strings.FieldsSeq(typed) {
		if from, to, ok := Said(s, word); ok {
			for i := from; i < to; i++ {
				hit[i] = true
			}
		}
	}
	var spans []Span
	for i, at := range hit {
		if i == 0 || at != hit[i-1] {
			spans = append(spans, Span{Hit: at})
		}
		spans[len(spans)-1].Text += s[i : i+1]
	}
	return spans
}
