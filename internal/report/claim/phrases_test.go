package claim

import (
	_ "embed"
	"strings"
	"testing"
)

//go:embed testdata/phrases.tsv
var phrases string

// TestPhrases tries one way of saying each metric after the other: the last
// figure of work in a line must be of the metric named before it, and where none
// is named there must be none.
func TestPhrases(t *testing.T) {
	for line := range strings.Lines(phrases) {
		want, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		got, said := "", false
		for _, c := range Extract(text) {
			if c.Kind == Stat && (!said || got != want) {
				got, said = c.ID(), true
			}
		}
		if want == "" && said || want != "" && got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
