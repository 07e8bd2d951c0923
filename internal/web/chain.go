package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
)

// visit is what the chain knows about one request, for its log line and its
// errors. It is made once and filled in on the way.
type visit struct {
	rt      *Router
	id      string
	ip      string
	body    io.ReadCloser // the body as it came, to drain what was refused
	route   Route
	matched bool
	actor   actor.Actor
	cause   error // logged with the request
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// RequestID returns the id under which this request stands in the log.
func RequestID(ctx context.Context) string {
	if v := visitOf(ctx); v != nil {
		return v.id
	}
	return ""
}

// ClientIP returns the address of the person's machine, as far as it can be
// believed: what the trusted proxy says, else the other end of the connection.
func ClientIP(r *http.Request) string {
	if v := visitOf(r.Context()); v != nil {
		return v.ip
	}
	return peer(r)
}

func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// client is ClientIP for the start of the chain.
func client(r *http.Request, proxied bool) string {
	if proxied {
		// Only the last element was added by our own proxy.
		if last := r.Header.Values("X-Forwarded-For"); len(last) > 0 {
			v := last[len(last)-1]
			v = strings.TrimSpace(v[strings.LastIndexByte(v, ',')+1:])
			if net.ParseIP(v) != nil {
				return v
			}
		}
	}
	return peer(r)
}

// The values are shared by all answers; nothing may append to them.
var (
	csp         = []string{"default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"}
	nosniff     = []string{"nosniff"}
	referrer    = []string{"same-origin"}
	permissions = []string{"camera=(), microphone=(), geolocation=(), payment=(), usb=()"}
	hsts        = []string{"max-age=31536000"}
)

// ServeHTTP is the outer chain.
func (rt *Router) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	start := time.Now()
	v := &visit{rt: rt, id: requestID(r.Header.Get("X-Request-Id")), ip: client(r, rt.cfg.Proxied), body: r.Body}
	r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
	w := newResponse(rw, r)

	h := w.Header()
	h["X-Request-Id"] = []string{v.id}
	h["Content-Security-Policy"] = csp
	h["X-Content-Type-Options"] = nosniff
	h["Referrer-Policy"] = referrer
	h["Permissions-Policy"] = permissions
	if rt.secure(r) {
		h["Strict-Transport-Security"] = hsts
	}

	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			v.cause = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			if w.begun() {
				// Half an answer must not look like a whole one.
				rt.account(v, w, r, start)
				panic(http.ErrAbortHandler)
			}
			w.restart()
			Fail(w, r, v.cause)
		}
		w.finish()
		rt.account(v, w, r, start)
	}()

	// A bearer token is never sent by a browser on its own.
	if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") || !isAPI(r) {
		if err := rt.cross.Check(r); err != nil {
			v.cause = err
			Fail(w, r, errs.Because(err, errs.Forbidden, "请求不是从本站页面发出的，未予执行"))
			return
		}
	}
	rt.mux.ServeHTTP(w, r)
	if !v.matched && w.refused {
		rt.missing(w, r)
	}
}

// missing answers what no route matches, in the person's frame and language.
func (rt *Router) missing(w *response, r *http.Request) {
	status := w.status
	w.restart()
	if in, err := rt.enter(r, true); err == nil {
		r = in
	}
	if status == http.StatusMethodNotAllowed {
		failAs(w, r, status, errs.New(errs.NotFound, "这个地址不接受这样的请求"))
		return
	}
	Fail(w, r, errs.Missing())
}

func (rt *Router) secure(r *http.Request) bool { return rt.cfg.Secure || r.TLS != nil }

// account writes the access log and the metrics. Neither query strings nor
// bodies nor cookies are logged; a path with a secret in it is logged as its
// pattern.
func (rt *Router) account(v *visit, w *response, r *http.Request, start time.Time) {
	took := time.Since(start)
	pattern := v.route.Path
	if !v.matched {
		pattern = "unmatched"
	}
	rt.metrics.observe(r.Method, pattern, w.status, took)

	path := r.URL.Path
	if strings.Contains(pattern, "{token}") {
		path = pattern
	}
	level := slog.LevelInfo
	switch {
	case w.status >= 500:
		level = slog.LevelError
	case v.route.Raw && w.status < 400:
		level = slog.LevelDebug
	}
	log := rt.cfg.Log
	if !log.Enabled(r.Context(), level) {
		return
	}
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs,
		slog.String("id", v.id), slog.String("method", r.Method), slog.String("path", path),
		slog.String("route", pattern), slog.Int("status", w.status), slog.Int64("bytes", w.bytes),
		slog.Duration("took", took), slog.String("ip", v.ip))
	if v.actor.Account != "" {
		attrs = append(attrs, slog.String("account", v.actor.Account), slog.String("tenant", v.actor.Tenant), slog.String("role", v.actor.Role))
	}
	if v.cause != nil {
		attrs = append(attrs, slog.String("err", v.cause.Error()))
	}
	log.LogAttrs(r.Context(), level, "request", attrs...)
}

// requestID keeps a well-formed id of a proxy and makes one otherwise.
func requestID(given string) string {
	if n := len(given); n >= 8 && n <= 64 {
		ok := true
		for i := range n {
			c := given[i]
			ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.')
		}
		if ok {
			return given
		}
	}
	var b [12]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
