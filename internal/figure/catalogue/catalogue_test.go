package catalogue

import (
	"strings"
	"testing"
)

func TestTables(t *testing.T) {
	c := Get()
	said := map[string]bool{}
	for _, f := range c.Frames {
		said[f.Metric] = true
	}
	for _, m := range c.Metrics {
		if !said[m.ID] {
			t.Errorf("no frame says %s: it is never found in a text", m.ID)
		}
	}
}

func TestBaseUnit(t *testing.T) {
	for unit, want := range map[string]string{"万斤": "斤", "亿元": "元", "件(次)": "件", "篇次": "篇", "人次": "人次", "万人次": "人次", "场次": "场", "次": "次", "%": "%"} {
		if got := BaseUnit(unit); got != want {
			t.Errorf("%s: got %s, want %s", unit, got, want)
		}
	}
}

func TestTraits(t *testing.T) {
	read := func(traits string) error {
		_, err := read("metric\tgroup\tname\tunits\tdims\trule\ncups\t茶\t倒茶\t杯\t\t一杯\npots\t\t泡茶\t壶\t\t一壶", "of\ttrait\tvalue\n"+traits, "class\twords\n茶类\t红茶", "metric\tunits\twhen")
		return err
	}
	for _, good := range []string{"cups\tanybody\t", "茶\tplace\t", "cups\tkind\t茶类", "cups\tshare\tpots"} {
		if err := read(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for bad, why := range map[string]string{
		"cups\tnonsense\t": "no trait", "cake\tplace\t": "neither metric nor group", "cups\tkind\t酒类": "no class",
		"cups\tshare\tcake": "no metric", "cups\tplace\tyes": "names no", "cups\tkind\t": "no class",
	} {
		if err := read(bad); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: got %v, want %q", bad, err, why)
		}
	}
	if m := Get().Metric("proposals_filed"); m.Has(Anybody) || !m.Has(Parted) {
		t.Error("the proposals filed have the wrong traits")
	}
	if (*Metric)(nil).Has(OfPlace) {
		t.Error("nothing has a trait")
	}
}
