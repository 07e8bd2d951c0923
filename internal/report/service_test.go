package report

import (
	"strings"
	"testing"

	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/figure/figuretest"
	"shangliang/internal/rule"
)

// The figures that a draft is compared with are those of the records, with links
// to them; who may not read figures may not check.
func TestService(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := figuretest.New(t, d)
		rules, err := rule.New(d)
		if err != nil {
			t.Fatal(err)
		}
		var table strings.Builder
		for i, line := range strings.Split(strings.TrimSpace(figuretest.Table), "\n") {
			answers := map[string]string{"tea.poured": "proposals_submitted", "tea.drunk": "proposals_filed", "tea.rate": "proposal_filing_rate"}
			id, _, _ := strings.Cut(line, "\t")
			if i == 0 {
				line += "\tmetric"
			} else {
				line += "\t" + answers[id]
			}
			table.WriteString(strings.ReplaceAll(line, "\t杯\t", "\t件\t") + "\n")
		}
		figures, err := figure.New(d, rules, figuretest.Sources, figure.MustRead([]byte(table.String())))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			w.Pour("一杯", "green", "", i < 4)
		}
		s := New(figures)
		r, err := s.Check(w.Clerk, "a.txt", []byte("县政协九届三次会议以来共收到提案5件，经审查立案3件，立案率80%。\n"), 2026)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Findings) != 3 || r.Counts[Agrees] != 2 || r.Counts[Differs] != 1 {
			t.Fatalf("%+v", r.Findings)
		}
		if f := r.Findings[1]; f.Right == nil || f.Right.Value != 4 || f.Right.Link != "/figures/tea.drunk?year=2026" {
			t.Errorf("%+v", f.Right)
		}
		if _, err := s.Check(w.Person("委员", "member", ""), "a.txt", []byte(draft), 2026); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a member checked: %v", err)
		}
		if _, err := s.Check(w.Clerk, "a.txt", []byte(draft), 2020); !errs.Is(err, errs.Invalid) {
			t.Errorf("a year without records: %v", err)
		}
		if _, err := s.Check(w.Clerk, "a.txt", nil, 2026); !errs.Is(err, errs.Invalid) {
			t.Errorf("an empty draft: %v", err)
		}
	})
}
