package shangliang

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var release = flag.Bool("release", false, "note today's migrations as released")

// released lists the migrations that installations have run, with the hash of
// each: go test . -run TestReleasedMigrations -release notes those of a release.
const released = "testdata/migrations.tsv"

// TestReleasedMigrations keeps the data of a release fit for the next one: what
// was released is never edited, and what is new has a higher number than all of
// it, since a database refuses to go back.
func TestReleasedMigrations(t *testing.T) {
	files, err := filepath.Glob("internal/*/migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	deeper, err := filepath.Glob("internal/*/*/migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, deeper...)
	slices.SortFunc(files, func(a, b string) int { return cmp.Compare(path.Base(a), path.Base(b)) })
	hashes := map[string]string{}
	var lines strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		hashes[path.Base(f)] = hex.EncodeToString(sum[:])
		fmt.Fprintf(&lines, "%s\t%s\n", path.Base(f), hashes[path.Base(f)])
	}
	if *release {
		if err := os.WriteFile(released, []byte(lines.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(released)
	if err != nil {
		t.Fatal(err)
	}
	last := ""
	for line := range strings.Lines(string(b)) {
		name, hash, _ := strings.Cut(strings.TrimSpace(line), "\t")
		switch hashes[name] {
		case hash:
		case "":
			t.Errorf("%s was released and is gone", name)
		default:
			t.Errorf("%s was released and is edited: write a new one instead", name)
		}
		delete(hashes, name)
		last = max(last, name)
	}
	for name := range hashes {
		if name < last {
			t.Errorf("%s is new and has a lower number than %s, which was released: databases refuse it", name, last)
		}
	}
}
