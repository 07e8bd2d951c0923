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
	"sync"
	"testing"
	"time"

	"shangliang/internal/errs"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *Store, text string) Info {
	t.Helper()
	info, err := s.Put(t.Context(), strings.NewReader(text), 0)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// temps counts the temporary files.
func temps(t *testing.T, dir string) int {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, temporary))
	if err != nil {
		t.Fatal(err)
	}
	return len(left)
}

func TestPutGet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "files")
	s := open(t, dir)
	abc := put(t, s, "abc")
	if abc.SHA256 != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" || abc.Size != 3 {
		t.Errorf("Put: %+v", abc)
	}
	if again := put(t, s, "abc"); again != abc {
		t.Errorf("the same content twice: %+v", again)
	}
	empty := put(t, s, "")
	for info, want := range map[Info]string{abc: "abc", empty: ""} {
		f, err := s.Get(info.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		f.Close()
		if err != nil || string(b) != want || !s.Has(info.SHA256) {
			t.Errorf("Get: %q, %v", b, err)
		}
	}
	n := 0
	for _, err := range s.List() {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 2 || temps(t, dir) != 0 {
		t.Errorf("%d files, %d temporary", n, temps(t, dir))
	}
}

func TestGetRefuses(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, sha := range []string{"", "secret", "../secret", strings.Repeat("a", 64), strings.Repeat("A", 64), "..%2f" + strings.Repeat("a", 59), strings.Repeat("/", 64)} {
		if f, err := s.Get(sha); !errs.Is(err, errs.NotFound) || f != nil || s.Has(sha) {
			t.Errorf("Get(%q): %v", sha, err)
		}
	}
}

func TestPutTooLarge(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := s.Put(t.Context(), strings.NewReader("1234"), 4); err != nil {
		t.Errorf("exactly the limit: %v", err)
	}
	_, err := s.Put(t.Context(), strings.NewReader("12345"), 4)
	if !errs.Is(err, errs.TooLarge) || !strings.Contains(err.Error(), "4 B") {
		t.Errorf("over the limit: %v", err)
	}
	if temps(t, dir) != 0 {
		t.Error("a temporary file is left")
	}
}

type failing struct{ after int }

func (f *failing) Read(b []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, errors.New("connection lost")
	}
	return copy(b, "part"), nil
}

func TestPutBroken(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := s.Put(t.Context(), &failing{2}, 0); err == nil {
		t.Error("half a file was kept")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Put(ctx, strings.NewReader("late"), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	for range s.List() {
		t.Error("something was kept")
	}
	if temps(t, dir) != 0 {
		t.Error("a temporary file is left")
	}
}

func TestPutConcurrently(t *testing.T) {
	s := open(t, t.TempDir())
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if _, err := s.Put(context.Background(), strings.NewReader(strings.Repeat("x", 1+i%3)), 0); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n, err := s.Verify(t.Context(), func(sha string, err error) { t.Errorf("%s: %v", sha, err) })
	if n != 3 || err != nil {
		t.Errorf("%d files, %v", n, err)
	}
}

func TestVerifyFindsDamage(t *testing.T) {
	s := open(t, t.TempDir())
	good, damaged := put(t, s, "good"), put(t, s, "to be damaged")
	if err := os.WriteFile(s.path(damaged.SHA256), []byte("to be Damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	var bad []string
	n, err := s.Verify(t.Context(), func(sha string, err error) { bad = append(bad, sha) })
	if err != nil || n != 2 || len(bad) != 1 || bad[0] != damaged.SHA256 {
		t.Errorf("%d read, bad %v (good is %s), %v", n, bad, good.SHA256, err)
	}
	put(t, s, "to be damaged") // putting it again mends it
	if _, err := s.Verify(t.Context(), func(sha string, err error) { t.Errorf("%s: %v", sha, err) }); err != nil {
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
	if !s.Has(kept.SHA256) {
		t.Error("a kept file is gone")
	}
}

// A process killed in the middle leaves nothing that looks like a file.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("BLOB_TEST_DIR"); dir != "" {
		s, err := Open(dir)
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
		if !s.Has(sha) {
			t.Errorf("%s was acknowledged and is gone", sha)
		}
	}
	if _, err := s.Verify(t.Context(), func(sha string, err error) { t.Errorf("%s: %v", sha, err) }); err != nil {
		t.Error(err)
	}
}
