package han

import (
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"
)

// Radicals that look like characters; programs that make PDFs take one for the
// other. Those of the Kangxi block have a normal form, these have none.
const radicals = "⺟母⺠民⻁虎⻄西⻅见⻆角⻉贝⻋车⻑長⻒長⻓长⻔门⻘青⻙韦⻚页⻛风⻜飞⻝食⻠食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻬齐⻮齿⻰龙⻳龟⺩王⺝月⺎兀⺏尣⺢水⺣火⺭示⺼肉⻊足⼾户"

var radicalTable = sync.OnceValue(func() map[rune]rune {
	m := map[rune]rune{}
	from := rune(0)
	for i, r := range []rune(radicals) {
		if i%2 == 0 {
			from = r
		} else {
			m[from] = r
		}
	}
	return m
})

// Character returns the character that a radical or a compatibility form of a
// character looks like; any other rune is returned as it is.
func Character(r rune) rune {
	if r < 0x2E80 || r > 0x2FDF && (r < 0xF900 || r > 0xFAFF) {
		return r
	}
	if c, ok := radicalTable()[r]; ok {
		return c
	}
	if s := []rune(norm.NFKC.String(string(r))); len(s) == 1 {
		return s[0]
	}
	return r
}

// Particle returns 着 for a 著 that is the particle of a verb in Traditional
// text, between the two characters around it: 看著; the table leaves 著作 and
// 顯著 alone and cannot know.
func Particle(before, r, after rune) rune {
	if r != '著' || strings.ContainsRune("名显原论专编译土巨遗新旧所合拙昭卓较彰共", before) || strings.ContainsRune("名作述书称者录文有", after) {
		return r
	}
	return '着'
}
