// Package gatewaytest is a service for tests that takes messages as the robots
// of WeCom and DingTalk, a webhook and an SMS gateway do, and keeps them.
//
// Main types: [Server], [Got]. It owns no tables.
package gatewaytest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Local is the network in which the server is; a client must be allowed to
// connect there.
const Local = "127.0.0.0/8"

// The keys that the server wants; who brings others is refused as the real
// services do.
const (
	Key    = "wecom-key-7a81"
	Token  = "ding-token-52c0"
	Secret = "SEC-hush-90d1"
)

// Got is a message that came.
type Got struct {
	Kind  string // the path without its slash: "wecom"
	Text  string
	Phone string         // of a text message
	JSON  map[string]any // of a webhook
}

// Server takes messages at /wecom, /dingtalk, /webhook and /sms.
type Server struct {
	URL string

	mu     sync.Mutex
	answer func(w http.ResponseWriter, r *http.Request) bool
	now    func() time.Time
	got    []Got
}

// Serve starts a server that ends with the test. now is the time by which it
// judges signatures.
func Serve(t testing.TB, now func() time.Time) *Server {
	t.Helper()
	s := &Server{now: now}
	site := httptest.NewServer(s)
	t.Cleanup(site.Close)
	s.URL = site.URL
	return s
}

// Answer lets the server answer by f, which says whether it did; nil takes
// everything.
func (s *Server) Answer(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

// Got are the messages that were taken, in their order.
func (s *Server) Got() []Got {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Got(nil), s.got...)
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	answer := s.answer
	s.mu.Unlock()
	if answer != nil && answer(w, r) {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "cut off", http.StatusBadRequest)
		return
	}
	g := Got{Kind: strings.Trim(r.URL.Path, "/")}
	var said struct {
		Type string `json:"msgtype"`
		Text struct{ Content string }
	}
	w.Header().Set("Content-Type", "application/json")
	switch g.Kind {
	case "wecom", "dingtalk":
		if json.Unmarshal(body, &said) != nil || said.Type != "text" || said.Text.Content == "" || len(said.Text.Content) > 2048 {
			no(w, 40008, "invalid message type")
			return
		}
		g.Text = said.Text.Content
		if why := s.guard(g.Kind, r); why != 0 {
			no(w, why, "the key or the sign does not match "+r.URL.Query().Get("key"))
			return
		}
	case "webhook":
		if json.Unmarshal(body, &g.JSON) != nil || r.Header.Get("X-Shangliang-Signature") != "sha256="+hex.EncodeToString(mac(r.Header.Get("X-Shangliang-Timestamp")+"."+string(body))) {
			http.Error(w, "not signed", http.StatusForbidden)
			return
		}
	case "sms":
		if err := r.ParseForm(); err != nil || r.Header.Get("Authorization") != "Bearer "+Secret {
			http.Error(w, "who are you", http.StatusUnauthorized)
			return
		}
		if err := json.Unmarshal(body, &struct{ Mobile, Content *string }{&g.Phone, &g.Text}); err != nil || g.Phone == "" || g.Text == "" {
			no(w, 4, "no number")
			return
		}
	default:
		http.NotFound(w, r)
		return
	}
	s.mu.Lock()
	s.got = append(s.got, g)
	s.mu.Unlock()
	fmt.Fprint(w, `{"errcode": 0, "errmsg": "ok"}`)
}

// guard checks the key of a robot; 0 if it is right.
func (s *Server) guard(kind string, r *http.Request) int {
	q := r.URL.Query()
	if kind == "wecom" {
		if q.Get("key") != Key {
			return 93000
		}
		return 0
	}
	at, _ := strconv.ParseInt(q.Get("timestamp"), 10, 64)
	late := s.now().Sub(time.UnixMilli(at)).Abs() > time.Hour
	if q.Get("access_token") != Token || late || q.Get("sign") != base64.StdEncoding.EncodeToString(mac(q.Get("timestamp")+"\n"+Secret)) {
		return 310000
	}
	return 0
}

func mac(text string) []byte {
	h := hmac.New(sha256.New, []byte(Secret))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// no is a refusal as these services write it: with status 200.
func no(w http.ResponseWriter, code int, why string) {
	fmt.Fprintf(w, `{"errcode":%d,"errmsg":%q}`, code, why)
}

// Later answers that there is too much to do.
func Later(w http.ResponseWriter, _ *http.Request) bool {
	http.Error(w, "come back later", http.StatusServiceUnavailable)
	return true
}

// Never refuses for good, in the manner of each service.
func Never(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path == "/webhook" {
		http.Error(w, "gone", http.StatusGone)
	} else {
		no(w, 93000, "invalid webhook url")
	}
	return true
}
