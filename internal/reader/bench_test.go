package reader

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reports are the made-up reports as files; clean ones have one dot in their
// names, and those that begin with x are no reports.
func reports(b *testing.B, clean bool) (data [][]byte) {
	files, _ := filepath.Glob("testdata/reports/*.txt")
	for _, f := range files {
		if name := filepath.Base(f); clean && (strings.Count(name, ".") > 1 || name[0] == 'x') {
			continue
		}
		raw, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		data = append(data, raw)
	}
	return data
}

// BenchmarkRead reads all reports, damage included, which takes most of the time.
func BenchmarkRead(b *testing.B) {
	data := reports(b, false)
	b.SetBytes(int64(len(bytes.Join(data, nil))))
	for b.Loop() {
		for _, raw := range data {
			if _, err := Read("report.txt", raw); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkReadClean reads a text of a megabyte without damage.
func BenchmarkReadClean(b *testing.B) {
	text := bytes.Join(reports(b, true), []byte("\n"))
	for len(text) < 1<<20 {
		text = append(text, text...)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if r, err := Read("report.txt", text); err != nil || len(r.Figures) == 0 {
			b.Fatal("nothing was read: ", err)
		}
	}
}
