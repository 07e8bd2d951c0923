package reader

import (
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkRead measures the whole chain, from bytes to figures and relations,
// on the made-up reports.
func BenchmarkRead(b *testing.B) {
	files, _ := filepath.Glob("testdata/reports/*.txt")
	var data [][]byte
	size := 0
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		data = append(data, raw)
		size += len(raw)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		for i, raw := range data {
			if _, err := Read(files[i], raw); err != nil {
				b.Fatal(err)
			}
		}
	}
}
