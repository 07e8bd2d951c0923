package web

import (
	"crypto/subtle"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	page     http.Handler
}

// newMetrics registers what every platform counts. A registry that already
// counts the process, because two routers share it, is left as it is.
func newMetrics(reg *prometheus.Registry) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests answered, by route and status.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_seconds", Help: "Time to answer a request, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
		page: promhttp.HandlerFor(reg, promhttp.HandlerOpts{DisableCompression: true}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.seconds, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		_ = reg.Register(c) // the only error is that it is there already
	}
	return m
}

var known = map[string]bool{"GET": true, "HEAD": true, "POST": true, "PUT": true, "PATCH": true, "DELETE": true, "OPTIONS": true}

func (m *metrics) observe(method, route string, status int, took time.Duration) {
	if !known[method] {
		method = "other" // labels must stay few whatever clients send
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// showMetrics answers this machine, or who knows the token.
func (rt *Router) showMetrics(w http.ResponseWriter, r *http.Request) {
	ip := net.ParseIP(peer(r))
	local := ip != nil && ip.IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !local && (rt.cfg.MetricsToken == "" || subtle.ConstantTimeCompare([]byte(token), []byte(rt.cfg.MetricsToken)) != 1) {
		http.Error(w, "forbidden", http.StatusForbidden)
		return
	}
	rt.metrics.page.ServeHTTP(w, r)
}
