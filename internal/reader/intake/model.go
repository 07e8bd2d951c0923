package intake

import (
	_ "embed"
	"math"
	"strings"
	"sync"
	"unicode"

	"shangliang/internal/han"
)

// words.txt holds words that reports are full of, separated by blanks.
//
//go:embed data/words.txt
var words string

// language is the model of Chinese with the words of the field.
var language = sync.OnceValue(func() *han.Likely { return han.LikelyWith(strings.Fields(words)) })

// model is the language together with the report at hand, which says its words
// more than once.
type model struct {
	*han.Likely
	chars map[rune]float32
	pairs map[[2]rune]float32
	total float32
	known [1 << 13]answer // what after was asked before
}

type answer struct {
	a, b   rune
	chance float64
}

// heard is how much of a report the model listens to.
const heard = 60_000

func listen(l *han.Likely, text []rune) *model {
	m := &model{Likely: l, chars: map[rune]float32{}, pairs: map[[2]rune]float32{}}
	before := rune(0)
	for _, r := range text[:min(len(text), heard)] {
		if l.Odd(r) || r < 0x80 {
			before = 0 // may be damage
			continue
		}
		r = han.SimplifiedRune(r)
		m.chars[r]++
		m.total++
		if before != 0 {
			m.pairs[[2]rune{before, r}]++
		}
		before = r
	}
	return m
}

// knows reports whether two characters stand together in words or in this
// report.
func (m *model) knows(a, b rune) bool {
	return m.Pair(a, b) || m.pairs[[2]rune{han.SimplifiedRune(a), han.SimplifiedRune(b)}] > 0
}

// asIs is the log of how likely b is behind a in a text as it stands, by the
// language alone: the report is full of it and must not vouch for it. Marks
// and letters that stand where they have no business are a sign of damage.
func (m *model) asIs(a, b rune) float64 {
	p := m.After(a, b)
	if b < 0x80 && (a == '?' || a >= 0x4E00 && a < 0xA000 && unicode.IsLower(b)) {
		p /= 20
	}
	return math.Log(p)
}

// after is the log of how likely b is behind a in this report.
func (m *model) after(a, b rune) float64 {
	k := &m.known[(uint32(a)*31+uint32(b)*17)%uint32(len(m.known))]
	if k.a != a || k.b != b || k.chance == 0 {
		*k = answer{a, b, m.ask(a, b)}
	}
	return k.chance
}

func (m *model) ask(a, b rune) float64 {
	p := 0.5 * m.After(a, b)
	if m.total > 0 {
		a, b = han.SimplifiedRune(a), han.SimplifiedRune(b)
		p += float64(0.2 * m.chars[b] / (m.total + 500))
		if n := m.chars[a]; n > 0 {
			p += float64(0.3 * m.pairs[[2]rune{a, b}] / (n + 1))
		}
	}
	if strings.ContainsRune(openers, a) && strings.ContainsRune(marks, b) {
		p /= 1000 // nothing begins with a stop
	}
	return math.Log(p)
}

const openers = "“‘《〈（【"
