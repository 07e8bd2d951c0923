package catalogue

import "testing"

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
