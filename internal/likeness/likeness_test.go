package likeness_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"shangliang/internal/han"
	"shangliang/internal/likeness"
	"shangliang/internal/likeness/sample"
)

const (
	situation  = "城西排洪渠多年未清淤，去年汛期两次漫堤，沿渠三百余户受淹。渠道由三个单位分段管护，责任不清，经费没有着落。"
	suggestion = "明确由县水利局统一管护。汛前完成清淤。沿渠设警示水位，汛期每日巡查并公布水位。"
)

func TestOf(t *testing.T) {
	a := likeness.Read("关于疏浚城西排洪渠的提案", situation, suggestion)
	other := likeness.Read("关于增设社区养老食堂的提案", "社区老人就餐难，现有食堂不足十家。", "每个社区至少设一处食堂，按人数给予补贴，公布菜价。")
	if x := likeness.Of(a, a); x != 1 {
		t.Errorf("a text is like itself by %v", x)
	}
	if x := likeness.Of(a, other); x > 0.02 {
		t.Errorf("two matters are alike by %v", x)
	}
	// The same in Traditional characters, full width, with other punctuation.
	same := likeness.Read(han.Traditional("关于疏浚城西排洪渠的提案"), strings.ReplaceAll(situation, "，", " ; "), suggestion)
	if x := likeness.Of(a, same); han.Ready() && x < 0.999 {
		t.Errorf("the same text in another script is like it by %v", x)
	}
	// What everybody writes hardly counts.
	stock := "近年来，随着经济社会的快速发展，在县委县政府的正确领导下，高度重视，取得了显著成效，但仍存在一些问题。为此，提出如下建议：加强组织领导，加大资金投入，建立健全长效机制。"
	x := likeness.Of(likeness.Read(stock, situation), likeness.Read(stock, "社区老人就餐难，现有食堂不足十家，菜价也不公开，不少老人只好一天吃一顿。"))
	if x > 0.15 {
		t.Errorf("two texts with the same stock phrases are alike by %v", x)
	}
}

// A copy is found by its bands even after it was edited: nearly always at 30 %
// of its clauses, mostly at 50 %. What is unrelated shares none.
func TestRecall(t *testing.T) {
	const texts = 400
	for _, c := range []struct {
		percent int
		least   float64
	}{{0, 1}, {10, 1}, {30, 0.98}, {50, 0.85}} {
		found := 0
		for i := range uint64(texts) {
			text := sample.Text(i, 12)
			s, ok := likeness.Read(text).Sign()
			copied, ok2 := likeness.Read(sample.Edited(i, text, c.percent)).Sign()
			if !ok || !ok2 {
				t.Fatal("too short")
			}
			if shared(s, copied) > 0 {
				found++
			}
		}
		if got := float64(found) / texts; got < c.least {
			t.Errorf("of copies edited by %d %% a share of %.3f is found, want %.3f", c.percent, got, c.least)
		} else {
			t.Logf("recall at %d %%: %.3f", c.percent, got)
		}
	}
	wrong := 0
	for i := range uint64(texts) {
		a, _ := likeness.Read(sample.Text(i, 12)).Sign()
		b, _ := likeness.Read(sample.Text(i+texts, 12)).Sign()
		wrong += shared(a, b)
	}
	if wrong > texts/20 {
		t.Errorf("%d unrelated pairs of %d share a band", wrong, texts)
	}
}

func shared(a, b likeness.Signature) (n int) {
	other := map[int64]bool{}
	for _, k := range b.Bands() {
		other[k] = true
	}
	for _, k := range a.Bands() {
		if other[k] {
			n++
		}
	}
	return n
}

// The estimate is near the truth.
func TestEstimate(t *testing.T) {
	for i := range uint64(100) {
		text := sample.Text(i, 10)
		a, b := likeness.Read(text), likeness.Read(sample.Edited(i, text, int(i)))
		s, _ := a.Sign()
		o, ok := b.Sign()
		if !ok {
			continue
		}
		if e, x := s.Estimate(o), likeness.Of(a, b); e < x-0.2 || e > x+0.2 {
			t.Errorf("%d: estimated %.2f, is %.2f", i, e, x)
		}
	}
}

func TestParse(t *testing.T) {
	s, ok := likeness.Read(situation, suggestion).Sign()
	back, err := likeness.Parse(s.Bytes())
	if !ok || err != nil || back != s {
		t.Errorf("%v %v: kept and read it is another", ok, err)
	}
	if _, err := likeness.Parse([]byte("short")); err == nil {
		t.Error("half a signature is taken")
	}
	if _, ok := likeness.Read("关于疏浚排洪渠的提案").Sign(); ok {
		t.Error("a title alone is compared")
	}
}

// A kept signature stays right: the hash must never change.
func TestFormIsKept(t *testing.T) {
	s, _ := likeness.Read(situation, suggestion).Sign()
	if got := s.Bands()[0]; got != formBand {
		t.Errorf("the first band is %d, was %d: raise Form", got, int64(formBand))
	}
}

const formBand = -2628443106871252387

func TestPassages(t *testing.T) {
	a := []string{"关于疏浚城西排洪渠的提案", situation, suggestion}
	b := []string{"关于整治城西排洪渠的提案", "城西排洪渠多年未清淤，去年汛期两次漫堤，沿渠四百余户受淹。", "沿渠设警示水位；汛期每日巡查并公布水位。另建泵站一座，由县水利局统一调度。"}
	all := likeness.Passages(likeness.Read(a...), likeness.Read(b...))
	var got []string
	for _, p := range all {
		mark := "≈"
		if p.Same {
			mark = "="
		}
		got = append(got, p.A.Of(a...)+mark+p.B.Of(b...))
	}
	want := "城西排洪渠多年未清淤，去年汛期两次漫堤，沿渠三百余户受淹≈城西排洪渠多年未清淤，去年汛期两次漫堤，沿渠四百余户受淹"
	if len(got) < 2 || got[0] != want && got[1] != want {
		t.Errorf("got %q", got)
	}
	same := likeness.Passages(likeness.Read(a...), likeness.Read(a...))
	for _, p := range same {
		if !p.Same || p.A != p.B {
			t.Errorf("of the same text twice: %+v", p)
		}
	}
}

// Whatever the texts: spans lie in them and do not overlap, likeness is between
// nothing and one and the same both ways.
func TestProperties(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("水利渠道清淤一是二。，；\n Aa1＊Ω體育é́")), 0, 200, -1)
		a := []string{text.Draw(r, "a1"), text.Draw(r, "a2")}
		b := []string{text.Draw(r, "b1"), text.Draw(r, "b2")}
		x, y := likeness.Read(a...), likeness.Read(b...)
		of := likeness.Of(x, y)
		if of < 0 || of > 1 || of != likeness.Of(y, x) {
			r.Fatalf("likeness %v and %v", of, likeness.Of(y, x))
		}
		ends := map[int]int{}
		for _, p := range likeness.Passages(x, y) {
			if p.A.From < ends[p.A.Part] || p.A.To <= p.A.From || p.A.To > len(a[p.A.Part]) || p.B.To > len(b[p.B.Part]) || p.B.To <= p.B.From {
				r.Fatalf("passage %+v", p)
			}
			ends[p.A.Part] = p.A.To
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add(situation, suggestion)
	f.Add("\xff\xfe", "ﬁ①㍿")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := likeness.Read(a, b), likeness.Read(b)
		x.Sign()
		for _, p := range likeness.Passages(x, y) {
			_ = p.A.Of(a, b)
			_ = p.B.Of(b)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	text := sample.Text(1, 12)
	for b.Loop() {
		likeness.Read(text).Sign()
	}
}
