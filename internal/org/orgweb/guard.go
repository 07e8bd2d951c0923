package orgweb

import (
	"net/http"
	"slices"
	"strings"

	"shangliang/internal/org"
	"shangliang/internal/web"
)

// unguarded are what works while the platform is empty.
var unguarded = []string{setUpPath, "/preferences", "/healthz", "/readyz", "/metrics", "/sw.js"}

// Guard leads everybody who asks for a page to the set-up page while nobody
// could sign in. Afterwards it costs nothing.
func Guard(s *org.Service, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(unguarded, r.URL.Path) && !strings.HasPrefix(r.URL.Path, "/assets/") && !strings.HasPrefix(r.URL.Path, "/api/") {
			// A fault of the database is for the page itself to tell.
			if empty, err := s.NeedsSetUp(r.Context()); err == nil && empty {
				_ = web.Redirect(w, r, setUpPath) // never fails
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
