package web

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	assets "shangliang/web"
)

// Router sends each request through the chain to its handler. Routes are added
// before the first request; after that it is safe for concurrent use.
type Router struct {
	cfg     Config
	mux     *http.ServeMux
	cross   *http.CrossOriginProtection
	metrics *metrics
	routes  []Route
}

// Route is one entry of the list of all routes, for tests that crawl them.
type Route struct {
	Method string // empty: every method
	Path   string // as in http.ServeMux: /proposals/{id}
	Public bool   // needs no sign-in
	Raw    bool   // an http.Handler that neither knows who acts nor has a request key
	API    bool   // speaks JSON
	Max    int64  // bytes that a request may have
}

// Pattern returns the route as http.ServeMux writes it.
func (r Route) Pattern() string { return strings.TrimSpace(r.Method + " " + r.Path) }

// New returns a router with /healthz, /readyz, /metrics, the assets and the
// service worker.
func New(cfg Config) *Router {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Registry == nil {
		cfg.Registry = prometheus.NewRegistry()
	}
	if cfg.SignIn == "" {
		cfg.SignIn = "/sign-in"
	}
	if len(cfg.Key) == 0 {
		cfg.Key = []byte(rand.Text())
	}
	if cfg.Authenticate == nil {
		cfg.Authenticate = func(ctx context.Context, _ *http.Request) (context.Context, error) { return ctx, nil }
	}
	rt := &Router{cfg: cfg, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection(), metrics: newMetrics(cfg.Registry)}
	for _, o := range cfg.Origins {
		if err := rt.cross.AddTrustedOrigin(o); err != nil {
			cfg.Log.Error("web: not an origin", "origin", o, "err", err)
		}
	}
	rt.Raw("GET /healthz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) }))
	rt.Raw("GET /readyz", http.HandlerFunc(rt.ready))
	rt.Raw("GET /metrics", http.HandlerFunc(rt.showMetrics))
	rt.Raw("GET "+assets.Prefix, assets.Handler())
	rt.Raw("GET /sw.js", assets.ServiceWorker())
	return rt
}

// Get adds a page for signed-in people. Path "/" is that page alone.
func (rt *Router) Get(path string, h Handler) { rt.page(Route{Method: "GET", Path: path}, h) }

// Post adds an act of signed-in people.
func (rt *Router) Post(path string, h Handler) { rt.page(Route{Method: "POST", Path: path}, h) }

// Upload is Post for requests of up to max bytes, files included.
func (rt *Router) Upload(path string, max int64, h Handler) {
	rt.page(Route{Method: "POST", Path: path, Max: max}, h)
}

// Public adds a page or act that needs no sign-in; pattern is "GET /sign-in".
// Who acts is known to it if anybody is signed in.
func (rt *Router) Public(pattern string, h Handler) {
	r := route(pattern)
	r.Public = true
	rt.page(r, h)
}

// Raw adds a handler that needs to know nothing of people: assets, probes.
// It gets the outer chain only: log, headers, cross-origin protection, limit.
func (rt *Router) Raw(pattern string, h http.Handler) {
	r := route(pattern)
	r.Public, r.Raw = true, true
	rt.add(r, func(w http.ResponseWriter, req *http.Request) error {
		req.Body = http.MaxBytesReader(w, req.Body, FormLimit)
		h.ServeHTTP(w, req)
		return nil
	})
}

// Routes lists all routes in the order of their paths.
func (rt *Router) Routes() []Route {
	all := slices.Clone(rt.routes)
	slices.SortStableFunc(all, func(a, b Route) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	return all
}

func route(pattern string) Route {
	if method, path, ok := strings.Cut(pattern, " "); ok {
		return Route{Method: method, Path: path}
	}
	return Route{Path: pattern}
}

// page adds a route behind sign-in and request key.
func (rt *Router) page(r Route, h Handler) {
	rt.add(r, func(w http.ResponseWriter, req *http.Request) error {
		req, err := rt.enter(req, r.Public)
		if err != nil {
			return &failed{req, err}
		}
		if changes(req.Method) {
			var done func()
			if req, done, err = keyed(w, req, max(r.Max, FormLimit)); err != nil {
				return &failed{req, err}
			}
			defer done()
		} else if !r.API {
			req = rt.withFlash(w, req)
		}
		if err := h(w, req); err != nil {
			return &failed{req, err}
		}
		return nil
	})
}

// failed carries the request as the inner chain made it, with language and
// frame in its context, to where the error is answered.
type failed struct {
	r *http.Request
	error
}

func (f *failed) Unwrap() error { return f.error }

// add registers the innermost step of the chain that is the same for all.
func (rt *Router) add(r Route, h Handler) {
	if r.Path == "/" {
		r.Path = "/{$}"
	}
	r.Max = max(r.Max, FormLimit)
	rt.routes = append(rt.routes, r)
	rt.mux.HandleFunc(r.Pattern(), func(w http.ResponseWriter, req *http.Request) {
		v := visitOf(req.Context())
		v.route, v.matched = r, true
		if err := h(w, req); err != nil {
			Fail(w, req, err)
		}
	})
}

// enter finds out who acts.
func (rt *Router) enter(r *http.Request, public bool) (*http.Request, error) {
	ctx, err := rt.cfg.Authenticate(r.Context(), r)
	if ctx != nil {
		r = r.WithContext(ctx)
	}
	if err != nil {
		return r, err
	}
	a, ok := actor.From(r.Context())
	if v := visitOf(r.Context()); ok && v != nil {
		v.actor = a
	}
	if !ok && !public {
		return r, errs.New(errs.Unauthenticated, "请先登录")
	}
	return r, nil
}

func (rt *Router) ready(w http.ResponseWriter, r *http.Request) {
	if rt.cfg.Ready != nil {
		if err := rt.cfg.Ready(r.Context()); err != nil {
			rt.cfg.Log.ErrorContext(r.Context(), "not ready", "id", RequestID(r.Context()), "err", err)
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
	}
	w.Write([]byte("ready\n"))
}

// changes reports whether a method changes something.
func changes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions && method != http.MethodTrace
}
