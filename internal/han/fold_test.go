package han

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// awkward characters: they join, change width, or are looked up in tables.
var awkward = []rune("aAzé=<>～！Ａｚ\u0301\u0338\u302A\u3099\u309A\uFF9E\uFE20\u200D教國𠮷か。、　ﾊﾟ①가\u1100\u116112 \n")

func awkwardText(r *rand.Rand, n int) string {
	s := make([]rune, n)
	for i := range s {
		s[i] = awkward[r.IntN(len(awkward))]
		if r.IntN(20) == 0 {
			s[i] = rune(r.IntN(0x30000))
		}
	}
	return strings.ToValidUTF8(string(s), "")
}

// The short way through common characters gives what the tables give.
func TestFold(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 50_000 {
		s := awkwardText(r, 1+r.IntN(5))
		var want []rune
		for _, c := range norm.NFKC.String(s) {
			if !invisible(c) {
				want = append(want, simple(unicode.ToLower(c)))
			}
		}
		if got := Fold(s); got != string(want) {
			t.Fatalf("%+q: %+q, want %+q", s, got, string(want))
		}
	}
}

func inLine(text, query string) bool {
	line := Line(text)
	for _, l := range Lines(query) {
		if !strings.Contains(line, l) {
			return false
		}
	}
	return true
}

// A line holds the lines of a query exactly where Match says so.
func TestLine(t *testing.T) {
	if got := Line("第23号，A级 教育"); got != " 第 23 号 a 级 教育 " {
		t.Errorf("%q", got)
	}
	for _, c := range matches {
		if got := inLine(c.text, c.query); got != c.want {
			t.Errorf("the line of %q and %q: %v", c.text, c.query, got)
		}
	}
	r := rand.New(rand.NewPCG(2, 2))
	found := 0
	for range 50_000 {
		text, query := awkwardText(r, r.IntN(12)), awkwardText(r, 1+r.IntN(3))
		got, want := inLine(text, query), Match(text, query)
		if got != want {
			t.Fatalf("the line of %+q and %+q: %v, Match: %v", text, query, got, want)
		}
		if got && len(Lines(query)) == len(Query(query)) && len(Query(query)) > 0 {
			found++
		}
	}
	if found < 500 {
		t.Errorf("only %d found: the test asks nothing", found)
	}
}
