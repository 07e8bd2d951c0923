// Package blobtest gives tests a store of files of each kind, and a real service
// that speaks S3 in the test's own process.
//
// Main types: [Server]. It deliberately checks of a signature only whose key it
// is made with: that is what the service behind it knows.
package blobtest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"shangliang/internal/blob"
)

// key and secret are who may use a [Server].
const (
	key    = "TESTKEY"
	secret = "test-secret-7f3a"
)

// Server is a service that speaks S3 with one empty bucket.
type Server struct {
	S3 blob.S3
	// Break, if set, is asked about every request; where it says so, the
	// connection breaks off in the middle.
	Break atomic.Pointer[func(*http.Request) bool]
	// Late sets the service's clock back by so many nanoseconds.
	Late atomic.Int64
	// Requests counts what it was asked.
	Requests atomic.Int64

	service http.Handler
	http    *http.Server
}

// Serve starts a service, which ends with the test.
func Serve(t testing.TB) *Server {
	t.Helper()
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start starts a service outside of a test.
func Start() (*Server, error) {
	s := &Server{}
	memory := s3mem.New(s3mem.WithTimeSource(late{s}))
	if err := memory.CreateBucket("files"); err != nil {
		return nil, err
	}
	s.service = gofakes3.New(memory, gofakes3.WithTimeSource(late{s}), gofakes3.WithTimeSkewLimit(0)).Server()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.S3 = blob.S3{URL: fmt.Sprintf("http://%s/files/county", l.Addr()), Style: "path", Key: key, Secret: secret}
	s.http = &http.Server{Handler: s}
	go s.http.Serve(l)
	return s, nil
}

// Close ends the service.
func (s *Server) Close() { s.http.Close() }

// late is the clock of a service.
type late struct{ s *Server }

func (l late) Now() time.Time { return time.Now().Add(-time.Duration(l.s.Late.Load())) }

func (l late) Since(t time.Time) time.Duration { return l.Now().Sub(t) }

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.Requests.Add(1)
	if broken := s.Break.Load(); broken != nil && (*broken)(r) {
		r.Body.Read(make([]byte, 1000))
		panic(http.ErrAbortHandler)
	}
	if !strings.Contains(r.Header.Get("Authorization"), "Credential="+key+"/") {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<?xml version="1.0"?><Error><Code>InvalidAccessKeyId</Code><Message>The key does not exist in our records.</Message></Error>`)
		return
	}
	s.service.ServeHTTP(w, r)
}

// Bucket opens a store in a new service.
func Bucket(t testing.TB) *blob.Bucket {
	t.Helper()
	return Serve(t).Open(t)
}

// Open opens a store in the service; all of a service's are the same.
func (s *Server) Open(t testing.TB) *blob.Bucket {
	t.Helper()
	b, err := blob.OpenBucket(context.Background(), s.S3, "files", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Folder opens a store in a new directory.
func Folder(t testing.TB) *blob.Folder {
	t.Helper()
	f, err := blob.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Each runs a test with an empty store of each kind.
func Each(t *testing.T, f func(t *testing.T, s blob.Store)) {
	t.Run("folder", func(t *testing.T) { f(t, Folder(t)) })
	t.Run("s3", func(t *testing.T) { f(t, Bucket(t)) })
}
