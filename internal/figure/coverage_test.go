package figure

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestCover(t *testing.T) {
	defs := []Definition{{ID: "a.filed", Metric: "proposals_filed"}, {ID: "a.rate", Metric: "proposal_reply_rate"}}
	got, err := Cover(strings.NewReader(`{"metric": "proposals_filed", "kind": "stat"}

{"metric": "cadence_interval", "kind": "rule"}
{"metric": "proposals_filed"}
{"metric": "no_such", "kind": "stat"}
{"metric": "jobs_provided", "kind": "stat"}
`), defs)
	if err != nil || len(got) != 3 {
		t.Fatal(got, err)
	}
	if a := got[0]; a.Count != 2 || a.Known == nil || !slices.Equal(a.By, []string{"a.filed"}) {
		t.Errorf("%+v", a)
	}
	if got[1].Known != nil || got[2].Known == nil || got[2].By != nil {
		t.Errorf("%+v", got[1:])
	}
	if _, err := Cover(strings.NewReader("{}\nx"), nil); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Error(err)
	}
}

// TestCoverGold asks that every metric of work done in the gold figures of five
// real reports is in the catalogue.
func TestCoverGold(t *testing.T) {
	f, err := os.Open("../../../shared/mission/figures.jsonl")
	if err != nil {
		t.Skip("the gold figures are not here:", err)
	}
	defer f.Close()
	all, err := Cover(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.Known == nil {
			t.Errorf("no definition answers %s", a.Metric)
		}
	}
	if len(all) < 90 {
		t.Errorf("only %d metrics", len(all))
	}
}

func TestMetricColumn(t *testing.T) {
	table := header + "\tmetric\np.filed\t立案\t立案提案\t\t件\tp\tfiled\t\t\t\t\t立案的\tproposals_filed\n"
	defs, err := Read([]byte(table))
	if err != nil || defs[0].Metric != "proposals_filed" {
		t.Fatal(defs, err)
	}
	if _, err := compile(nil, []Definition{{ID: "x", Name: "x", Group: "x", Unit: "件", Rule: "x", Metric: "no_such"}}); err == nil || !strings.Contains(err.Error(), "no_such") {
		t.Error("a metric that is not in the catalogue:", err)
	}
}
