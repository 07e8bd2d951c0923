package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/ui"
	"shangliang/internal/web"
	"shangliang/internal/web/webtest"
)

// site is a small platform: whoever has the cookie "who" is signed in as that.
type site struct {
	*web.Router
	log  bytes.Buffer
	acts []actor.Request // requests that reached the handler of POST /things
}

func newSite(t testing.TB, change ...func(*web.Config)) *site {
	s := &site{}
	words, err := lang.New(nil, web.Words, ui.Words)
	if err != nil {
		t.Fatal(err)
	}
	cfg := web.Config{
		Log: slog.New(slog.NewJSONHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Key: []byte("a key for tests"),
		Authenticate: func(ctx context.Context, r *http.Request) (context.Context, error) {
			ctx = lang.With(ctx, words, lang.Parse(r.Header.Get("Accept-Language")))
			who := ""
			if auth := r.Header.Get("Authorization"); auth != "" {
				who = strings.TrimPrefix(auth, "Bearer ")
				if who == "revoked" {
					return ctx, errs.New(errs.Unauthenticated, "请先登录")
				}
			} else if c, err := r.Cookie("who"); err == nil {
				who = c.Value
			}
			if who == "" {
				return ctx, nil
			}
			ctx = ui.WithChrome(ctx, &ui.Chrome{SignedIn: true, PersonName: who})
			return actor.With(ctx, actor.Actor{Tenant: "t1", Account: who, Role: "clerk"}), nil
		},
	}
	for _, f := range change {
		f(&cfg)
	}
	s.Router = web.New(cfg)
	s.Public("GET /sign-in", func(w http.ResponseWriter, r *http.Request) error {
		http.SetCookie(w, &http.Cookie{Name: "who", Value: r.URL.Query().Get("user")})
		return web.Redirect(w, r, r.URL.Query().Get("next"))
	})
	s.Get("/", func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r, 200, ui.Page(ui.PageInfo{Title: "首页"}))
	})
	s.Get("/things/new", func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r, 200, ui.Page(ui.PageInfo{Title: "新增"}))
	})
	s.Post("/things", func(w http.ResponseWriter, r *http.Request) error {
		s.acts = append(s.acts, actor.RequestFrom(r.Context()))
		f, err := web.Decode[thing](r)
		if err != nil {
			return err
		}
		web.Flash(w, r, ui.Good, "已保存："+f.Title, "/things/undo")
		return web.Redirect(w, r, "/")
	})
	s.Get("/fails/{kind}", func(w http.ResponseWriter, r *http.Request) error { return failure(r.PathValue("kind")) })
	s.Post("/fails/{kind}", func(w http.ResponseWriter, r *http.Request) error { return failure(r.PathValue("kind")) })
	return s
}

type thing struct {
	Title string        `form:"title"`
	Text  string        `form:"text"`
	Count int           `form:"count"`
	Share float64       `form:"share"`
	Open  bool          `form:"open"`
	Tags  []string      `form:"tags"`
	On    calendar.Date `form:"on"`
	Other string
}

func failure(kind string) error {
	switch kind {
	case "panic":
		panic("the secret is 4711")
	case "plain":
		return errors.New("the secret is 4711")
	}
	for k := errs.Internal; k <= errs.Unavailable; k++ {
		if k.String() == kind {
			return &errs.Error{Kind: k, Msg: "原因是%s", Args: []any{"这样"}, Fields: []errs.Field{{Name: "title", Msg: "请填写整数"}}}
		}
	}
	return nil
}

func (s *site) as(t testing.TB, user string) *webtest.Client {
	c := webtest.New(t, s)
	if user != "" {
		c.Get("/sign-in?user=" + user).Want(303)
	}
	return c
}

func TestScripts(t *testing.T) {
	webtest.Run(t, "testdata", func(t *testing.T) webtest.Server {
		return webtest.Server{Handler: newSite(t), SignIn: func(c *webtest.Client, user string) {
			c.Get("/sign-in?user=" + user).Want(303)
		}}
	})
}

func TestErrorsByKind(t *testing.T) {
	for k := errs.Internal; k <= errs.Unavailable; k++ {
		t.Run(k.String(), func(t *testing.T) {
			s := newSite(t)
			c := s.as(t, "wang")
			path := "/fails/" + k.String()

			c.Header.Set("Accept", "application/json")
			var p web.Problem
			a := c.Get(path).Want(web.Status(k)).Decode(&p)
			if a.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("content type %q", a.Header.Get("Content-Type"))
			}
			if p.Status != web.Status(k) || p.Type != "/api/docs#"+k.String() || p.RequestID != a.Header.Get("X-Request-Id") || p.Title == "" {
				t.Errorf("problem %+v", p)
			}
			if shown := p.Detail == "原因是这样"; shown == (k == errs.Internal) {
				t.Errorf("detail %q", p.Detail)
			}
			c.Header.Set("Accept-Language", "en")
			c.Get(path).Decode(&p)
			if len(p.Errors) != 1 || p.Errors[0] != (web.ProblemField{Field: "title", Message: "Please enter a whole number"}) {
				t.Errorf("fields %+v", p.Errors)
			}

			c.Header.Set("Accept", "text/html")
			c.Header.Del("Accept-Language")
			page := c.PostForm(path, "text", "一段已经写了很久的文字，不能丢", "password", "a-secret-password").Want(web.Status(k))
			page.Contains("一段已经写了很久的文字，不能丢").Lacks("a-secret-password")
			if page.Header.Get("Cache-Control") != "no-store" {
				t.Error("an error may be cached")
			}
			if k == errs.Conflict {
				page.Contains("重新载入")
			}
		})
	}
}

func TestInternalErrorsAreNotShown(t *testing.T) {
	for _, kind := range []string{"plain", "panic"} {
		s := newSite(t)
		a := s.as(t, "wang").Get("/fails/" + kind).Want(500).Lacks("4711")
		a.Contains(a.Header.Get("X-Request-Id"))
		if !strings.Contains(s.log.String(), "the secret is 4711") || !strings.Contains(s.log.String(), a.Header.Get("X-Request-Id")) {
			t.Errorf("%s is not in the log under its id:\n%s", kind, s.log.String())
		}
	}
}

func TestHeadersAndLog(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.Secure = true })
	c := s.as(t, "wang")
	c.Header.Set("X-Request-Id", "proxy-id.0001")
	a := c.Get("/?token=hidden").Want(200)
	for k, want := range map[string]string{
		"X-Request-Id":              "proxy-id.0001",
		"X-Content-Type-Options":    "nosniff",
		"Referrer-Policy":           "same-origin",
		"Strict-Transport-Security": "max-age=31536000",
		"Content-Security-Policy":   "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	} {
		if got := a.Header.Get(k); got != want {
			t.Errorf("%s: %q, want %q", k, got, want)
		}
	}
	c.Header.Set("X-Request-Id", "no good\nid")
	if id := c.Get("/").Header.Get("X-Request-Id"); strings.Contains(id, "good") || len(id) != 24 {
		t.Errorf("id %q", id)
	}
	if log := s.log.String(); strings.Contains(log, "hidden") || !strings.Contains(log, `"account":"wang"`) || !strings.Contains(log, `"route":"/{$}"`) {
		t.Errorf("log:\n%s", log)
	}
}

func TestCrossOrigin(t *testing.T) {
	s := newSite(t)
	c := s.as(t, "wang")
	c.Header.Set("Origin", "https://evil.example")
	c.Header.Set("Sec-Fetch-Site", "cross-site")
	c.PostForm("/things", "title", "x").Want(403)
	if len(s.acts) != 0 {
		t.Error("a foreign page's form reached the handler")
	}
	c.Header.Set("Sec-Fetch-Site", "same-origin")
	c.PostForm("/things", "title", "x").Want(303)
	// A token exempts on the API only.
	c.Header.Set("Sec-Fetch-Site", "cross-site")
	c.Header.Set("Authorization", "Bearer wang")
	c.PostForm("/things", "title", "x").Want(403)
}

func TestUnmatched(t *testing.T) {
	s := newSite(t)
	s.as(t, "").Get("/nowhere").Want(404).Contains("没有找到")
	s.as(t, "wang").Get("/nowhere").Want(404).Contains("wang")
	a := s.as(t, "wang").PostForm("/things/new").Want(405)
	if a.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("Allow: %q", a.Header.Get("Allow"))
	}
	var p web.Problem
	s.as(t, "").Get("/api/v1/nowhere").Want(404).Decode(&p)
	if p.Type != "/api/docs#not_found" {
		t.Errorf("%+v", p)
	}
}

func TestGzip(t *testing.T) {
	s := newSite(t)
	long := strings.Repeat("提案", 2000)
	s.Get("/long", func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r, 200, templ.Raw(long))
	})
	s.Get("/binary", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "application/pdf")
		w.Write([]byte(long))
		return nil
	})
	s.Get("/late", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte(long))
		panic("half way")
	})
	c := s.as(t, "wang")
	for _, accept := range []string{"gzip, br", "deflate, gzip;q=0.5", "gzip;q=0", ""} {
		c.Header.Set("Accept-Encoding", accept)
		a := c.Get("/long").Want(200)
		body := a.Body
		if want := accept != "" && accept != "gzip;q=0"; want != (a.Header.Get("Content-Encoding") == "gzip") {
			t.Errorf("%q: encoding %q", accept, a.Header.Get("Content-Encoding"))
		} else if want {
			z, err := gzip.NewReader(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(z)
			if err != nil {
				t.Fatal(err)
			}
			body = string(b)
			if len(a.Body) > len(long)/10 {
				t.Error("not compressed")
			}
		}
		if body != long || a.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %d bytes, Vary %q", accept, len(body), a.Header.Get("Vary"))
		}
	}
	c.Header.Set("Accept-Encoding", "gzip")
	if a := c.Get("/binary"); a.Header.Get("Content-Encoding") != "" || a.Body != long {
		t.Error("a PDF was compressed")
	}
	if a := c.Get("/nowhere").Want(404); a.Header.Get("Content-Encoding") != "gzip" && !strings.Contains(a.Body, "没有找到") {
		t.Error("the error page is broken")
	}
	func() {
		defer func() {
			if recover() != http.ErrAbortHandler {
				t.Error("half a page was ended like a whole one")
			}
		}()
		c.Get("/late")
	}()
}

func TestDecode(t *testing.T) {
	r := httptest.NewRequest("POST", "/", strings.NewReader("title=+%E6%A0%87%E9%A2%98%00%E2%80%AE+&text=a%0D%0Ab%ff&count=12&share=0.5&open=0&open=on&tags=x&tags=&tags=y&on=2026-03-12&Other=no"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got, err := web.Decode[thing](r)
	want := thing{Title: "标题", Text: "a\nb\uFFFD", Count: 12, Share: .5, Open: true, Tags: []string{"x", "y"}, On: "2026-03-12"}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v %v", got, err)
	}

	r = httptest.NewRequest("GET", "/?title=t&count=zw%C3%B6lf&share=NaN&on=yesterday", nil)
	got, err = web.Decode[thing](r)
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Kind != errs.Invalid || len(e.Fields) != 3 || got.Title != "t" {
		t.Fatalf("%+v %v", got, err)
	}
	for i, name := range []string{"count", "share", "on"} {
		if e.Fields[i].Name != name {
			t.Errorf("field %d is %q", i, e.Fields[i].Name)
		}
	}
}

func TestRequestKey(t *testing.T) {
	s := newSite(t)
	c := s.as(t, "wang")
	c.PostForm("/things", "title", "一", "tags", "a", ui.KeyField, "key-00000001")
	c.PostForm("/things", ui.KeyField, "key-00000001", "tags", "a", "title", "一")
	c.PostForm("/things", "title", "二", "tags", "a", ui.KeyField, "key-00000001")
	c.PostForm("/things", "title", "一")
	c.Header.Set("Idempotency-Key", "from-header")
	c.PostForm("/things", "title", "一")
	files := []webtest.File{{Field: "scan", Name: "a.pdf", Body: []byte("%PDF-1.7")}}
	c.PostFiles("/things", files, "title", "一")
	c.Header.Del("Idempotency-Key")
	c.PostFiles("/things", files, ui.KeyField, "key-00000001", "title", "一")
	if len(s.acts) != 7 {
		t.Fatalf("%d acts", len(s.acts))
	}
	a := s.acts
	if a[0] != a[1] || a[0].Key != "key-00000001" || len(a[0].Hash) != 64 {
		t.Errorf("the same act is not the same: %v %v", a[0], a[1])
	}
	if a[0].Hash == a[2].Hash {
		t.Error("another text has the same hash")
	}
	if a[3] != (actor.Request{}) {
		t.Errorf("a key from nowhere: %v", a[3])
	}
	if a[4].Key != "from-header" || a[5].Key != "from-header" || a[5].Hash == a[4].Hash || a[6].Key != "key-00000001" {
		t.Errorf("%v", a[4:])
	}
	for _, bad := range []string{"short", strings.Repeat("x", 129), "with space", "schlüssel-1"} {
		c.PostForm("/things", ui.KeyField, bad).Want(422)
	}
	if len(s.acts) != 7 {
		t.Error("a malformed key reached the handler")
	}
}

func TestFlash(t *testing.T) {
	s := newSite(t)
	c := s.as(t, "wang")
	c.PostForm("/things", "title", "<i>标题</i>").Want(303)
	c.Get("/").Want(200).Contains("已保存：&lt;i&gt;标题&lt;/i&gt;", `action="/things/undo"`)
	c.Get("/").Want(200).Lacks("已保存：")
	// What we did not sign is not shown.
	c.PostForm("/things", "title", "标题").Want(303)
	c2 := s.as(t, "wang")
	c2.Header.Set("Cookie", "who=wang; flash=eyJrIjoyLCJ0IjoiaGFja2VkIn0.AAAAAAAAAAAAAAAAAAAAAA")
	c2.Get("/").Want(200).Lacks("hacked")
	// A long text is cut between characters and still fits a cookie.
	long := c.PostForm("/things", "title", strings.Repeat("长𠮷", 2000)).Want(303)
	if n := len(long.Header.Get("Set-Cookie")); n > 3000 {
		t.Errorf("cookie of %d bytes", n)
	}
	c.Get("/").Contains("𠮷…<").Lacks("\uFFFD")
}

func TestSafeNext(t *testing.T) {
	for in, want := range map[string]string{
		"/proposals?a=b": "/proposals?a=b", "": "/", "//evil.example": "/", "https://evil.example": "/",
		`/\evil.example`: "/", "/a\nb": "/", "javascript:alert(1)": "/", "/\tx": "/",
	} {
		if got := web.SafeNext(in); got != want {
			t.Errorf("SafeNext(%q) = %q", in, got)
		}
	}
}

func TestLimiter(t *testing.T) {
	l := web.NewLimiter(time.Minute, 3)
	now := time.Date(2026, 3, 12, 8, 0, 0, 0, time.UTC)
	for range 3 {
		if err := l.Allow("a", now); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Allow("a", now); !errs.Is(err, errs.TooMany) {
		t.Errorf("the fourth: %v", err)
	}
	if l.Allow("b", now) != nil || l.Allow("a", now.Add(time.Minute)) != nil {
		t.Error("another, or later, is refused")
	}
	for i := range 200_000 { // memory stays bounded
		_ = l.Allow(fmt.Sprint(i), now)
	}
}

func TestProbesAndMetrics(t *testing.T) {
	broken := errors.New("no database at 10.0.0.7")
	s := newSite(t, func(c *web.Config) {
		c.Ready = func(context.Context) error { return broken }
		c.MetricsToken = "scrape"
	})
	c := s.as(t, "")
	c.Get("/healthz").Want(200)
	c.Get("/readyz").Want(503).Lacks("10.0.0.7")
	broken = nil
	c.Get("/readyz").Want(200)
	c.Get("/fails/conflict")
	s.as(t, "wang").Get("/fails/conflict").Want(409)
	c.Get("/metrics").Want(403) // httptest's address is not this machine
	c.Header.Set("Authorization", "Bearer scrape")
	c.Get("/metrics").Want(200).Contains(
		`http_requests_total{method="GET",route="/fails/{kind}",status="409"} 1`,
		`http_request_seconds_count{route="/fails/{kind}"} 2`)
}

func TestClientIP(t *testing.T) {
	for _, proxied := range []bool{false, true} {
		s := newSite(t, func(c *web.Config) { c.Proxied = proxied })
		var ip string
		s.Get("/ip", func(w http.ResponseWriter, r *http.Request) error { ip = web.ClientIP(r); return nil })
		c := s.as(t, "wang")
		c.Header.Set("X-Forwarded-For", "1.2.3.4, 203.0.113.9")
		c.Get("/ip")
		if want := map[bool]string{false: "192.0.2.1", true: "203.0.113.9"}[proxied]; ip != want {
			t.Errorf("proxied %v: %s", proxied, ip)
		}
	}
}

func TestRoutes(t *testing.T) {
	s := withAPI(t)
	got := map[string]web.Route{}
	for _, r := range s.Routes() {
		got[r.Pattern()] = r
	}
	for pattern, want := range map[string]web.Route{
		"GET /{$}":           {Method: "GET", Path: "/{$}", Max: web.FormLimit},
		"POST /things":       {Method: "POST", Path: "/things", Max: web.FormLimit},
		"GET /sign-in":       {Method: "GET", Path: "/sign-in", Public: true, Max: web.FormLimit},
		"GET /api/v1/things": {Method: "GET", Path: "/api/v1/things", API: true, Max: web.FormLimit},
		"GET /api/v1/ping":   {Method: "GET", Path: "/api/v1/ping", API: true, Public: true, Max: web.FormLimit},
		"GET /healthz":       {Method: "GET", Path: "/healthz", Public: true, Raw: true, Max: web.FormLimit},
		"POST /fails/{kind}": {Method: "POST", Path: "/fails/{kind}", Max: web.FormLimit},
	} {
		r := got[pattern]
		if api := r.API; api {
			want.Max = r.Max
		}
		if r != want {
			t.Errorf("%s: %+v", pattern, r)
		}
	}
}

func TestVersion(t *testing.T) {
	req := func(body, match string) *http.Request {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("If-Match", match)
		return r
	}
	if n, err := web.Version(req("version=3", "")); n != 3 || err != nil {
		t.Error(n, err)
	}
	if n, err := web.Version(req("", `"7"`)); n != 7 || err != nil {
		t.Error(n, err)
	}
	for _, bad := range []string{"", "version=x", "version=-1"} {
		if _, err := web.Version(req(bad, "")); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Every Chinese text of this package must have its English.
func TestWords(t *testing.T) {
	w, err := lang.New(nil, web.Words)
	if err != nil {
		t.Fatal(err)
	}
	literal := regexp.MustCompile(`"([^"\\\n]*\p{Han}[^"\\\n]*)"`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range literal.FindAllStringSubmatch(string(b), -1) {
			n++
			if !w.Has(m[1]) {
				t.Errorf("%s: no English for %q", file, m[1])
			}
		}
	}
	for _, zh := range web.HumaTexts() {
		if !w.Has(zh) {
			t.Errorf("no English for %q", zh)
		}
	}
	if n < 40 {
		t.Errorf("found only %d texts", n)
	}
}

func BenchmarkPage(b *testing.B) {
	s := newSite(b)
	body := templ.Raw(strings.Repeat("<tr><td>关于加强农村道路养护的提案</td><td>已立案</td></tr>\n", 300))
	s.Get("/list", func(w http.ResponseWriter, r *http.Request) error { return web.Render(w, r, 200, body) })
	for _, accept := range []string{"", "gzip"} {
		b.Run("encoding="+accept, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest("GET", "/list", nil)
				r.Header.Set("Accept-Encoding", accept)
				r.AddCookie(&http.Cookie{Name: "who", Value: "wang"})
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r)
				if w.Code != 200 {
					b.Fatal(w.Code)
				}
			}
			s.log.Reset()
		})
	}
}
