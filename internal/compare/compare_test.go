package compare_test

import (
	"testing"

	"pgregory.net/rapid"

	"shangliang/internal/compare"
)

func TestTexts(t *testing.T) {
	got := ""
	for _, p := range compare.Texts("汛前完成清淤，沿渠设警示水位。", "汛前完成全线清淤，沿渠设警示牌。") {
		got += map[compare.Kind]string{compare.Same: "", compare.Added: "+", compare.Removed: "-"}[p.Kind] + "[" + p.Text + "]"
	}
	if want := "[汛前完成]+[全线][清淤，沿渠设警示]-[水位]+[牌][。]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if pieces := compare.Texts("一样", "一样"); len(pieces) != 1 || pieces[0].Kind != compare.Same {
		t.Errorf("of the same: %v", pieces)
	}
}

// Both versions can be put together from the pieces again.
func TestWhole(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("水利渠道清淤。，\n𠮷a")), 0, 80, -1)
		old, now := text.Draw(r, "old"), text.Draw(r, "now")
		before, after := "", ""
		for _, p := range compare.Texts(old, now) {
			if p.Kind != compare.Added {
				before += p.Text
			}
			if p.Kind != compare.Removed {
				after += p.Text
			}
		}
		if before != old || after != now {
			r.Fatalf("%q and %q became %q and %q", old, now, before, after)
		}
	})
}
