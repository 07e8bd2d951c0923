package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T, dir string) *Folder {
	t.Helper()
	s, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s Store, text string) Info {
	t.Helper()
	info, err := s.Put(t.Context(), strings.NewReader(text), 0)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestVerifyFindsDamage(t *testing.T) {
	s := open(t, t.TempDir())
	good, damaged := put(t, s, "good"), put(t, s, "to be damaged")
	if err := os.WriteFile(s.path(damaged.SHA256), []byte("to be Damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	var bad []string
	n, err := Verify(t.Context(), s, func(sha string, err error) { bad = append(bad, sha) })
	if err != nil || n != 2 || len(bad) != 1 || bad[0] != damaged.SHA256 {
		t.Errorf("%d read, bad %v (good is %s), %v", n, bad, good.SHA256, err)
	}
	put(t, s, "to be damaged") // putting it again mends it
	if _, err := Verify(t.Context(), s, func(sha string, err error) { t.Errorf("%s: %v", sha, err) }); err != nil {
		t.Error(err)
	}
}

func TestOpenRemovesAbandoned(t *testing.T) {
	dir := t.TempDir()
	kept := put(t, open(t, dir), "kept")
	young, old := filepath.Join(dir, "put-1.tmp"), filepath.Join(dir, "put-2.tmp")
	for _, name := range []string{young, old} {
		if err := os.WriteFile(name, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	then := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(old, then, then); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Error("the abandoned file is still there")
	}
	if _, err := os.Stat(young); err != nil {
		t.Error("a file that is being written was removed")
	}
	if there, err := s.Has(t.Context(), kept.SHA256); !there || err != nil {
		t.Error("a kept file is gone")
	}
}

// A process killed in the middle leaves nothing that looks like a file.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("BLOB_TEST_DIR"); dir != "" {
		s, err := OpenFolder(dir)
		if err != nil {
			os.Exit(3)
		}
		for {
			info, err := s.Put(context.Background(), io.LimitReader(rand.Reader, 300_000), 0)
			if err != nil {
				os.Exit(3)
			}
			os.Stdout.WriteString(info.SHA256 + "\n")
		}
	}
	dir := t.TempDir()
	acknowledged := map[string]bool{}
	for i := range 5 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), "BLOB_TEST_DIR="+dir)
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(150+23*i) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		for line := range strings.Lines(out.String()) {
			if sha, whole := strings.CutSuffix(line, "\n"); whole {
				acknowledged[sha] = true
			}
		}
	}
	if len(acknowledged) == 0 {
		t.Fatal("the killed processes kept nothing")
	}
	s := open(t, dir)
	for sha := range acknowledged {
		if there, err := s.Has(t.Context(), sha); !there || err != nil {
			t.Errorf("%s was acknowledged and is gone", sha)
		}
	}
	if _, err := Verify(t.Context(), s, func(sha string, err error) { t.Errorf("%s: %v", sha, err) }); err != nil {
		t.Error(err)
	}
}
