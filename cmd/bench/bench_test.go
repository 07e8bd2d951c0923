package main

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"shangliang/internal/app"
)

// The load counts what it is told, asks with the sign-in and the key, takes
// answers in pieces, and says which answers were wrong.
func TestLoad(t *testing.T) {
	var asked, odd atomic.Int64
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		if c, err := r.Cookie(app.SessionCookie); err != nil || c.Value != "token" || r.Method != "POST" || r.Header.Get("Idempotency-Key") != "key-12345" {
			odd.Add(1)
		}
		if n%50 == 0 {
			http.Error(w, "no", http.StatusTeapot)
			return
		}
		w.WriteHeader(http.StatusCreated)
		w.Write([]byte(`{"id":`))
		w.(http.Flusher).Flush()
		w.Write([]byte(`"1"}`))
	}))
	defer web.Close()
	m := measurement{name: "create", status: http.StatusCreated, whole: `"id"`,
		ask: func(*rand.Rand, int) request {
			return request{method: "POST", path: "/", cookie: "token", key: "key-12345", body: []byte("{}")}
		}}
	all, err := m.run(t.Context(), &server{addr: web.Listener.Addr().String()}, settings{}, 3, 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	n, failed := 0, 0
	for _, c := range all {
		n += len(c.times)
		failed += c.failed
		if c.failed > 0 && !strings.Contains(c.failure, "418") {
			t.Errorf("failure: %q", c.failure)
		}
	}
	if int64(n) != asked.Load() || n < 100 {
		t.Errorf("%d times for %d requests", n, asked.Load())
	}
	if want := int(asked.Load() / 50); failed != want {
		t.Errorf("%d failed, want %d", failed, want)
	}
	if odd.Load() > 0 {
		t.Errorf("%d requests lacked something", odd.Load())
	}
}

func TestBudget(t *testing.T) {
	b := budget{rate: 100, p99: 40 * time.Millisecond}
	for _, c := range []struct {
		r   result
		met bool
	}{
		{result{n: 10, rate: 100, p99: 40 * time.Millisecond}, true},
		{result{n: 10, rate: 99, p99: 40 * time.Millisecond}, false},
		{result{n: 10, rate: 100, p99: 41 * time.Millisecond}, false},
		{result{n: 10, rate: 100, p99: time.Millisecond, failed: 1}, false},
		{result{}, false},
	} {
		if c.r.budget = b; c.r.met() != c.met {
			t.Errorf("%+v: met should be %v", c.r, c.met)
		}
	}
	if s := b.String(); s != "≥ 100/s, p99 ≤ 40 ms" {
		t.Errorf("written %q", s)
	}
}

func TestRewrite(t *testing.T) {
	name := filepath.Join(t.TempDir(), "b.md")
	if err := os.WriteFile(name, []byte("before\n"+beginMark+"\nold\n"+endMark+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := rewrite(name, "new\n"); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(name)
	if want := "before\n" + beginMark + "\nnew\n" + endMark + "\nafter\n"; err != nil || string(b) != want {
		t.Errorf("%v: %q", err, b)
	}
	if err := rewrite("bench_test.go", "x"); err == nil {
		t.Error("a document without markers was rewritten")
	}
}
