// Package web is the way from an HTTP request to a service method and back.
//
// Main types: [Router] wraps http.ServeMux with the chain that every request
// goes through (request id, log, security headers, size limit, cross-origin
// protection, sign-in, request key, compression, metrics) and keeps a list of
// all routes; [Handler] is what a page is; [Fail] answers an error by its kind;
// [Decode] reads forms; [NewAPI] adds REST with OpenAPI. It owns no tables.
//
// It deliberately knows neither accounts nor sessions: the platform gives
// [Config].Authenticate, which says who acts. It draws no pages but those for
// errors and the description of the API; components are in package ui.
package web

import (
	"context"
	_ "embed"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// FormLimit is how many bytes a request may have unless its route allows more.
const FormLimit = 1 << 20

// Config is what the platform tells the router.
type Config struct {
	// Authenticate puts the actor, if anybody is signed in, the language and
	// the page frame into the context. It runs for every page and API route,
	// public ones too. An error means a fault or a credential that must be
	// answered as such (a revoked token), not that nobody is signed in. A
	// request with an Authorization header must be judged by that header
	// alone, never by its cookies: it is exempt from cross-origin protection.
	Authenticate func(ctx context.Context, r *http.Request) (context.Context, error)

	// Ready says whether the platform can answer: the database is reachable
	// and migrated. Nil means always.
	Ready func(ctx context.Context) error

	Log      *slog.Logger         // nil: slog.Default()
	Now      func() time.Time     // nil: time.Now
	Registry *prometheus.Registry // nil: a new one

	// Key signs the flash cookie. Empty: a random one for this process.
	Key []byte

	// Secure says that people reach the platform by TLS, through a proxy if
	// not directly: cookies are Secure and browsers are told to keep to TLS.
	Secure bool

	// Proxied says that a trusted proxy adds X-Forwarded-For.
	Proxied bool

	// Origins are further origins, such as "https://zx.example.cn", from which
	// forms may be posted; needed only if a proxy changes the Host header.
	Origins []string

	// MetricsToken allows /metrics with this bearer token from anywhere; without
	// it the page answers this machine only.
	MetricsToken string

	// SignIn is the path of the sign-in page. Empty: /sign-in.
	SignIn string
}

// Handler answers a request. What it returns as error is answered by [Fail],
// so it must not have written anything by then.
type Handler func(w http.ResponseWriter, r *http.Request) error
