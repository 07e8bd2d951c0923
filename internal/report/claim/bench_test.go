package claim

import (
	"strings"
	"testing"
)

// BenchmarkExtract measures dense text: every line of the phrases states
// figures.
func BenchmarkExtract(b *testing.B) {
	text := strings.Repeat(strings.ReplaceAll(phrases, "\t", "。"), 40)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Extract(text)
	}
}

// FuzzExtract asks what holds of any text: claims in order, inside the text,
// each with its number inside its quote.
func FuzzExtract(f *testing.F) {
	for line := range strings.Lines(phrases) {
		f.Add(line)
	}
	f.Add("立案、办复分别为1、2、百分之九十八(其中:《三》“四”5件六项七十余人次")
	f.Fuzz(func(t *testing.T, text string) {
		n := len([]rune(text))
		last := 0
		for _, c := range Extract(text) {
			if c.Start < 0 || c.Start > c.At || c.At >= c.Until || c.Until > c.End || c.End > n || c.At < last {
				t.Fatalf("places of %+v in %d characters", c, n)
			}
			if c.Unit == "" || c.Quote == "" || c.Confidence <= 0 || c.Confidence > 1 {
				t.Fatalf("%+v", c)
			}
			last = c.At
		}
	})
}
