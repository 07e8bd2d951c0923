package reader

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"shangliang/internal/report/claim"
)

var (
	update = flag.Bool("update", false, "write docs/benchmarks.md and the golden files anew")
)

// What precision and recall must not fall below: on the real reports, and on
// the made-up ones, whose damage is heavier.
const least, leastMadeUp = 0.95, 0.93

// gold is a figure as a person read it.
type gold struct {
	Seed, Quote, Unit, Metric, Kind string
	Value                           float64
	Start, End, Line                int
	Dims                            map[string]any
}

// score counts what agrees with the gold: values are span, value and unit;
// metrics the same and the metric, without figures that no metric was given to;
// dims the same and every dimension.
type score struct {
	Gold, Read                          int
	Values, Metrics, Named, Right, Dims int
	misses                              []string
}

func (s *score) add(x score) {
	s.Gold += x.Gold
	s.Read += x.Read
	s.Values += x.Values
	s.Metrics += x.Metrics
	s.Named += x.Named
	s.Right += x.Right
	s.Dims += x.Dims
}

func percent(a, b int) float64 {
	if b == 0 {
		return 100
	}
	return 100 * float64(a) / float64(b)
}

// compare matches the figures of work done one to one with the gold: the same
// value and unit at overlapping places. What a person read as a rule or as the
// figure of somebody else counts neither way.
func compare(figures []Figure, all []gold) (s score) {
	used := map[int]bool{}
	match := func(g gold, figures []Figure) int {
		best, most := -1, 0.0
		for i := range figures {
			f := &figures[i]
			over := min(f.End, g.End) - max(f.Start, g.Start)
			v, u := f.Claim.Base()
			gv, gu := (&claim.Claim{Value: g.Value, Unit: g.Unit}).Base()
			if used[i] || over <= 0 || f.Kind != claim.Stat || math.Abs(v-gv) > 1e-6*max(1, gv) || u != gu {
				continue
			}
			fit := float64(over) / float64(max(f.End, g.End)-min(f.Start, g.Start))
			if f.Metric == g.Metric {
				fit++
			}
			if fit > most {
				best, most = i, fit
			}
		}
		return best
	}
	neutral := 0
	for _, kinds := range []string{"stat", "rule ordinal context"} {
		for _, g := range all {
			if !strings.Contains(kinds, g.Kind) {
				continue
			}
			i := match(g, figures)
			if kinds != "stat" {
				if i >= 0 {
					used[i] = true
					neutral++
				}
				continue
			}
			s.Gold++
			if g.Metric != "other" {
				s.Named++
			}
			if i < 0 {
				s.misses = append(s.misses, "missed "+g.Quote+" "+g.Metric)
				continue
			}
			used[i] = true
			s.Values++
			switch f := &figures[i]; {
			case g.Metric == "other":
			case f.Metric == g.Metric:
				s.Metrics++
				if sameDims(f.Dims, g.Dims) {
					s.Dims++
				}
			default:
				s.misses = append(s.misses, fmt.Sprintf("%s: read as %q, is %s", g.Quote, f.Metric, g.Metric))
			}
		}
	}
	for i := range figures {
		if figures[i].Kind == claim.Stat {
			s.Read++
			if !used[i] {
				s.misses = append(s.misses, "no figure: "+figures[i].Quote+" "+figures[i].Metric)
			}
		}
	}
	s.Read -= neutral
	s.Right = s.Read - (s.Values - min(s.Values, s.Values-countOther(all, figures)))
	return s
}

// countOther is how many gold figures without a metric were read.
func countOther(all []gold, figures []Figure) int {
	n := 0
	for _, g := range all {
		if g.Kind != "stat" || g.Metric != "other" {
			continue
		}
		for i := range figures {
			f := &figures[i]
			if f.Kind == claim.Stat && f.Value == g.Value && min(f.End, g.End) > max(f.Start, g.Start) {
				n++
				break
			}
		}
	}
	return n
}

func sameDims(got map[string]string, want map[string]any) bool {
	is := map[string]string{}
	for k, v := range want {
		is[k] = fmt.Sprint(v)
	}
	return maps.Equal(got, is)
}

func readGold(t testing.TB, data []byte) (all []gold) {
	t.Helper()
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var g gold
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		all = append(all, g)
	}
	return all
}

// TestSeeds reads five real reports as the web left them and compares every
// figure with what a person read. It prints the table of docs/benchmarks.md.
func TestSeeds(t *testing.T) {
	const shared = "../../../shared"
	data, err := os.ReadFile(shared + "/mission/figures.jsonl")
	if err != nil {
		t.Skip("the five real reports are not here:", err)
	}
	bySeed := map[string][]gold{}
	for _, g := range readGold(t, data) {
		bySeed[g.Seed] = append(bySeed[g.Seed], g)
	}
	var table strings.Builder
	table.WriteString("| Report | Figures | Read | Value and unit: precision | recall | With metric: precision | recall | Dimensions |\n|---|---:|---:|---:|---:|---:|---:|---:|\n")
	row := func(name string, s score) {
		fmt.Fprintf(&table, "| %s | %d | %d | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.1f %% |\n", name, s.Gold, s.Read,
			percent(s.Values, s.Read), percent(s.Values, s.Gold), percent(s.Metrics, s.Right), percent(s.Metrics, s.Named), percent(s.Dims, s.Named))
	}
	var sum score
	for n, seed := range slices.Sorted(maps.Keys(bySeed)) {
		raw, err := os.ReadFile(filepath.Join(shared, "seeds", seed))
		if err != nil {
			t.Skip(err)
		}
		r, err := Read(seed, raw)
		if err != nil {
			t.Fatal(err)
		}
		text := r.Source.Text
		starts := []int{0}
		for i, c := range text {
			if c == '\n' {
				starts = append(starts, i+1)
			}
		}
		all := bySeed[seed]
		for i := range all {
			g := &all[i]
			from := starts[min(max(g.Line-1, 0), len(starts)-1)]
			at := strings.Index(text[from:], g.Quote)
			if at < 0 {
				t.Fatalf("%s: the quote is not in the text: %s", seed, g.Quote)
			}
			g.Start = utf8.RuneCountInString(text[:from+at])
			g.End = g.Start + utf8.RuneCountInString(g.Quote)
		}
		s := compare(r.Figures, all)
		sum.add(s)
		row(fmt.Sprint(n), s)
		for _, m := range s.misses {
			t.Logf("%d: %s", n, m)
		}
	}
	row("all", sum)
	fmt.Print(table.String())
	for _, p := range []float64{percent(sum.Values, sum.Read), percent(sum.Values, sum.Gold), percent(sum.Metrics, sum.Right), percent(sum.Metrics, sum.Named)} {
		if p < 100*least {
			t.Errorf("precision or recall is only %.1f %%", p)
		}
	}
	if *update {
		writeBenchmarks(t, table.String())
	}
}

// writeBenchmarks puts the table between its marks.
func writeBenchmarks(t *testing.T, table string) {
	const file, begin, end = "../../docs/benchmarks.md", "<!-- reading: begin -->\n", "<!-- reading: end -->"
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(doc), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no marks for the table", file)
	}
	if err := os.WriteFile(file, []byte(before+begin+table+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestReports reads made-up reports of many kinds, clean and damaged, and texts
// that are none, and compares them with what a person read.
func TestReports(t *testing.T) {
	files, _ := filepath.Glob("testdata/reports/*.txt")
	if len(files) == 0 {
		t.Fatal("no reports")
	}
	var sum score
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Read(name, raw)
		if err != nil {
			t.Fatal(err)
		}
		answers, err := os.ReadFile(strings.TrimSuffix(name, ".txt") + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		all := readGold(t, answers)
		s := compare(r.Figures, all)
		if len(all) == 0 && s.Read > 0 {
			t.Errorf("%s is no report, but %d figures were read: %v", name, s.Read, s.misses)
		}
		sum.add(s)
		for _, m := range s.misses {
			t.Logf("%s: %s", filepath.Base(name), m)
		}
	}
	t.Logf("%d figures, %d read: value and unit %.1f %% / %.1f %%, with metric %.1f %% / %.1f %%", sum.Gold, sum.Read,
		percent(sum.Values, sum.Read), percent(sum.Values, sum.Gold), percent(sum.Metrics, sum.Right), percent(sum.Metrics, sum.Named))
	for _, p := range []float64{percent(sum.Values, sum.Read), percent(sum.Values, sum.Gold), percent(sum.Metrics, sum.Right), percent(sum.Metrics, sum.Named)} {
		if p < 100*leastMadeUp {
			t.Errorf("precision or recall is only %.1f %%", p)
		}
	}
}
