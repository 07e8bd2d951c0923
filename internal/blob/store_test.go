package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"shangliang/internal/blob"
	"shangliang/internal/blob/blobtest"
	"shangliang/internal/errs"
)

// asService makes the test binary be a service that speaks S3.
const asService = "BLOB_TEST_AS_SERVICE"

func TestMain(m *testing.M) {
	if os.Getenv(asService) == "" {
		os.Exit(m.Run())
	}
	s, err := blobtest.Start()
	if err != nil {
		os.Exit(3)
	}
	fmt.Println(s.S3.URL)
	io.Copy(io.Discard, os.Stdin) // until whoever started us ends
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, s blob.Store, text string) blob.Info {
	t.Helper()
	info, err := s.Put(t.Context(), strings.NewReader(text), 0)
	check(t, err)
	return info
}

func count(t *testing.T, s blob.Store) (n int) {
	t.Helper()
	last := ""
	for info, err := range s.List(t.Context()) {
		check(t, err)
		if info.SHA256 <= last {
			t.Errorf("%s is listed after %s", info.SHA256, last)
		}
		last = info.SHA256
		n++
	}
	return n
}

// Both kinds of store do the same.
func TestStore(t *testing.T) {
	blobtest.Each(t, func(t *testing.T, s blob.Store) {
		abc := put(t, s, "abc")
		if abc.SHA256 != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" || abc.Size != 3 {
			t.Errorf("Put: %+v", abc)
		}
		if again := put(t, s, "abc"); again != abc {
			t.Errorf("the same content twice: %+v", again)
		}
		empty := put(t, s, "")
		for info, want := range map[blob.Info]string{abc: "abc", empty: ""} {
			b, err := blob.Read(t.Context(), s, info.SHA256)
			if err != nil || string(b) != want {
				t.Errorf("Read: %q, %v", b, err)
			}
			if there, err := s.Has(t.Context(), info.SHA256); !there || err != nil {
				t.Errorf("Has: %v", err)
			}
		}
		long := put(t, s, strings.Repeat("0123456789", 5000))
		f, err := s.Get(t.Context(), long.SHA256)
		check(t, err)
		defer f.Close()
		if end, err := f.Seek(0, io.SeekEnd); end != 50_000 || err != nil {
			t.Errorf("the end is at %d, %v", end, err)
		}
		part := make([]byte, 5)
		for _, at := range []int64{49_995, 7, 20_003} {
			_, err := f.Seek(at, io.SeekStart)
			check(t, err)
			if _, err := io.ReadFull(f, part); err != nil || part[0] != byte('0'+at%10) {
				t.Errorf("at %d: %q, %v", at, part, err)
			}
		}
		if n := count(t, s); n != 3 {
			t.Errorf("%d files", n)
		}
		check(t, s.Remove(t.Context(), abc.SHA256))
		check(t, s.Remove(t.Context(), abc.SHA256))
		if there, err := s.Has(t.Context(), abc.SHA256); there || err != nil {
			t.Errorf("removed and there: %v", err)
		}
		if n, err := blob.Verify(t.Context(), s, func(sha string, err error) { t.Errorf("%s: %v", sha, err) }); n != 2 || err != nil {
			t.Errorf("Verify: %d, %v", n, err)
		}
	})
}

func TestStoreRefuses(t *testing.T) {
	blobtest.Each(t, func(t *testing.T, s blob.Store) {
		for _, sha := range []string{"", "secret", "../secret", strings.Repeat("a", 64), strings.Repeat("A", 64), "..%2f" + strings.Repeat("a", 59), strings.Repeat("/", 64)} {
			f, err := s.Get(t.Context(), sha)
			if !errs.Is(err, errs.NotFound) || f != nil {
				t.Errorf("Get(%q): %v", sha, err)
			}
			if there, err := s.Has(t.Context(), sha); there || err != nil {
				t.Errorf("Has(%q): %v, %v", sha, there, err)
			}
		}
		if _, err := s.Put(t.Context(), strings.NewReader("1234"), 4); err != nil {
			t.Errorf("exactly the limit: %v", err)
		}
		if _, err := s.Put(t.Context(), strings.NewReader("12345"), 4); !errs.Is(err, errs.TooLarge) || !strings.Contains(err.Error(), "4 B") {
			t.Errorf("over the limit: %v", err)
		}
		if n := count(t, s); n != 1 {
			t.Errorf("%d files", n)
		}
	})
}

type failing struct{ after int }

func (f *failing) Read(b []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, errors.New("connection lost")
	}
	return copy(b, "part"), nil
}

// What is broken off by whoever sends it leaves nothing.
func TestStoreBrokenOff(t *testing.T) {
	server := blobtest.Serve(t)
	for name, open := range map[string]func(dir string) (blob.Store, error){
		"folder": func(dir string) (blob.Store, error) { return blob.OpenFolder(dir) },
		"s3":     func(dir string) (blob.Store, error) { return blob.OpenBucket(t.Context(), server.S3, "files", dir) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := open(dir)
			check(t, err)
			if _, err := s.Put(t.Context(), &failing{2}, 0); err == nil {
				t.Error("half a file was kept")
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := s.Put(ctx, strings.NewReader("late"), 0); !errors.Is(err, context.Canceled) {
				t.Errorf("after the end: %v", err)
			}
			if n := count(t, s); n != 0 {
				t.Errorf("%d files were kept", n)
			}
			if left, err := filepath.Glob(filepath.Join(dir, "*.tmp")); len(left) != 0 || err != nil {
				t.Errorf("left: %v, %v", left, err)
			}
		})
	}
}

func TestStoreConcurrently(t *testing.T) {
	blobtest.Each(t, func(t *testing.T, s blob.Store) {
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				if _, err := s.Put(context.Background(), strings.NewReader(strings.Repeat("x", 1+i%3)), 0); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n, err := blob.Verify(t.Context(), s, func(sha string, err error) { t.Errorf("%s: %v", sha, err) }); n != 3 || err != nil {
			t.Errorf("%d files, %v", n, err)
		}
	})
}

// Files move from either kind to the other, once, and never a damaged one.
func TestCopy(t *testing.T) {
	dir := t.TempDir()
	folder, err := blob.OpenFolder(dir)
	check(t, err)
	bucket := blobtest.Bucket(t)
	a, b := put(t, folder, "a"), put(t, folder, "b")
	put(t, bucket, "a")
	if n, err := blob.Copy(t.Context(), bucket, folder); n != 1 || err != nil {
		t.Errorf("%d copied, %v", n, err)
	}
	back := blobtest.Folder(t)
	if n, err := blob.Copy(t.Context(), back, bucket); n != 2 || err != nil {
		t.Errorf("%d copied back, %v", n, err)
	}
	if text, err := blob.Read(t.Context(), back, b.SHA256); string(text) != "b" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	check(t, bucket.Remove(t.Context(), a.SHA256))
	check(t, os.WriteFile(filepath.Join(dir, filepath.FromSlash(blob.Name(a.SHA256))), []byte("x"), 0o600))
	if n, err := blob.Copy(t.Context(), bucket, folder); n != 0 || err == nil || count(t, bucket) != 1 {
		t.Errorf("a damaged file: %d copied, %v", n, err)
	}
}

// bytesOf makes n bytes that do not compress.
func bytesOf(n int64) io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{1}), n) }

// A connection that breaks in the middle of a file of several parts is tried
// again; a service that is gone is an error, and nothing is half there.
func TestBucketInterrupted(t *testing.T) {
	server := blobtest.Serve(t)
	s := server.Open(t)
	broken := 0
	once := func(r *http.Request) bool {
		if r.Method == "PUT" && r.URL.Query().Get("partNumber") == "2" && broken == 0 {
			broken++
			return true
		}
		return false
	}
	server.Break.Store(&once)
	info, err := s.Put(t.Context(), bytesOf(40<<20), 0)
	if err != nil || broken != 1 {
		t.Fatalf("broken %d times: %v", broken, err)
	}
	if n, err := blob.Verify(t.Context(), s, func(sha string, err error) { t.Errorf("%s: %v", sha, err) }); n != 1 || err != nil {
		t.Errorf("%d files, %v", n, err)
	}
	check(t, s.Remove(t.Context(), info.SHA256))

	ctx, cancel := context.WithCancel(t.Context())
	ends := func(r *http.Request) bool {
		if r.Method == "PUT" && r.URL.Query().Get("partNumber") == "2" {
			cancel()
			return true
		}
		return false
	}
	server.Break.Store(&ends)
	if _, err := s.Put(ctx, bytesOf(40<<20), 0); err == nil {
		t.Error("broken off and kept")
	}
	if there, err := s.Has(t.Context(), info.SHA256); there || err != nil || count(t, s) != 0 {
		t.Errorf("half a file is there: %v", err)
	}
}

// Parts of uploads that a killed process left are removed after a day.
func TestBucketRemovesAbandoned(t *testing.T) {
	server := blobtest.Serve(t)
	start := func() {
		req, err := http.NewRequest("POST", server.S3.URL+"/files/ab/cd?uploads", nil)
		check(t, err)
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+server.S3.Key+"/")
		resp, err := http.DefaultClient.Do(req)
		check(t, err)
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Fatal(resp.Status)
		}
	}
	left := func() int {
		req, err := http.NewRequest("GET", strings.TrimSuffix(server.S3.URL, "/county")+"?uploads", nil)
		check(t, err)
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+server.S3.Key+"/")
		resp, err := http.DefaultClient.Do(req)
		check(t, err)
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		check(t, err)
		return bytes.Count(b, []byte("<UploadId>"))
	}
	server.Late.Store(int64(25 * time.Hour))
	start()
	server.Late.Store(0)
	start()
	if left() != 2 {
		t.Fatalf("%d uploads", left())
	}
	server.Open(t)
	if left() != 1 {
		t.Errorf("%d uploads are left, want the young one", left())
	}
}

// What is wrong with the settings is said, without the secret.
func TestBucketSettings(t *testing.T) {
	server := blobtest.Serve(t)
	for _, c := range []struct {
		change func(*blob.S3)
		says   string
	}{
		{func(o *blob.S3) { o.URL = "files" }, "must be https://"},
		{func(o *blob.S3) { o.URL = "ftp://h/b" }, "must be https://"},
		{func(o *blob.S3) { o.URL = "http://k:test-secret-7f3a@h/b" }, "must not hold keys"},
		{func(o *blob.S3) { o.URL = "http://127.0.0.1" }, "names no bucket"},
		{func(o *blob.S3) { o.URL = strings.Replace(o.URL, "/files", "/other", 1) }, "no such bucket"},
		{func(o *blob.S3) { o.Style = "odd" }, `no style "odd"`},
		{func(o *blob.S3) { o.Secret = "" }, "missing"},
		{func(o *blob.S3) { o.Key = "SOMEBODY" }, "does not know the access key"},
		{func(o *blob.S3) { o.CAFile, o.URL = "/nothing", "https://127.0.0.1:1/b" }, "/nothing"},
	} {
		o := server.S3
		c.change(&o)
		_, err := blob.OpenBucket(t.Context(), o, "files", t.TempDir())
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "7f3a") {
			t.Errorf("%s: %v", c.says, err)
		}
	}
}

// peak is the most memory that is in use while f runs, above what was before.
func peak(f func()) uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most := m.HeapAlloc, uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
	}()
	f()
	close(stop)
	<-done
	return max(most, before) - before
}

// A file of 100 MB goes in and out without being held in memory.
func TestLargeFile(t *testing.T) {
	const size, bound = 100 << 20, 48 << 20
	service := exec.Command(os.Args[0])
	service.Env = append(os.Environ(), asService+"=1")
	stdin, err := service.StdinPipe()
	check(t, err)
	stdout, err := service.StdoutPipe()
	check(t, err)
	check(t, service.Start())
	defer func() { stdin.Close(); service.Wait() }()
	var o blob.S3
	_, err = fmt.Fscanln(stdout, &o.URL)
	check(t, err)
	somebody := blobtest.Serve(t).S3
	o.Key, o.Secret, o.Style = somebody.Key, somebody.Secret, somebody.Style
	bucket, err := blob.OpenBucket(t.Context(), o, "files", t.TempDir())
	check(t, err)
	for name, s := range map[string]blob.Store{"folder": blobtest.Folder(t), "s3": bucket} {
		t.Run(name, func(t *testing.T) {
			var info blob.Info
			in := peak(func() { info, err = s.Put(t.Context(), bytesOf(size), 0) })
			check(t, err)
			h := sha256.New()
			out := peak(func() {
				f, err := s.Get(t.Context(), info.SHA256)
				check(t, err)
				defer f.Close()
				n, err := io.Copy(h, f)
				if n != size || err != nil {
					t.Errorf("%d bytes, %v", n, err)
				}
			})
			if hex.EncodeToString(h.Sum(nil)) != info.SHA256 || info.Size != size {
				t.Errorf("%+v came back as %x", info, h.Sum(nil))
			}
			t.Logf("memory: %d MB in, %d MB out", in>>20, out>>20)
			if in > bound || out > bound {
				t.Errorf("memory: %d MB in, %d MB out", in>>20, out>>20)
			}
		})
	}
}
