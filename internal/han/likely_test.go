package han

import (
	"strings"
	"testing"
)

func TestLikely(t *testing.T) {
	l := LikelyWith([]string{"政协", "提案办理"})
	if !l.Pair('政', '协') || !l.Pair('案', '办') || !l.Pair('政', '協') || l.Pair('协', '政') || l.Pair('政', '。') {
		t.Error("pairs of the field")
	}
	if LikelyWith(nil).Pair('案', '办') {
		t.Error("words of one field are in another")
	}
	if Ready() && !l.Pair('一', '丝') {
		t.Error("pairs of the language")
	}
	if l.After('政', '协') < 20*l.After('政', '狈') || l.After('政', '协') <= l.After('的', '协') {
		t.Error("a word must be likelier than chance")
	}
	for _, r := range "的提案委员会會議" {
		if l.Odd(r) {
			t.Errorf("%c is called odd", r)
		}
	}
	for _, r := range "袇鲐毿犇" {
		if !l.Odd(r) {
			t.Errorf("%c is called ordinary", r)
		}
	}
	total := 0.0
	for _, p := range l.chars {
		total += float64(p)
	}
	if total < 0.9 || total > 1.1 {
		t.Errorf("the chances of all characters add up to %v", total)
	}
}

func TestCharacter(t *testing.T) {
	if got := strings.Map(Character, "⼯作意⻅部⻔563⼾，Ⅳ〇一"); got != "工作意见部门563户，Ⅳ〇一" {
		t.Errorf("%q", got)
	}
}

func TestParticle(t *testing.T) {
	for text, want := range map[string]string{"围绕著中心": "着", "显著成效": "著", "著作出版": "著", "抓著重点": "着"} {
		r := []rune(" " + text)
		for i, c := range r {
			if c == '著' {
				if got := string(Particle(r[i-1], c, r[i+1])); got != want {
					t.Errorf("%s: %s", text, got)
				}
			}
		}
	}
}
