package assets_test

import (
	"errors"
	"io/fs"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	assets "shangliang/web"
)

func get(t *testing.T, url, encoding string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", url, nil)
	if encoding != "" {
		r.Header.Set("Accept-Encoding", encoding)
	}
	assets.Handler().ServeHTTP(w, r)
	return w
}

func built(t *testing.T) {
	t.Helper()
	if err := assets.Check(); err != nil {
		t.Skip(err) // TestNotBuilt covers what happens then
	}
}

func TestHandler(t *testing.T) {
	built(t)
	for name, kind := range map[string]string{"app.css": "text/css", "app.js": "text/javascript", "icons.svg": "image/svg+xml", "app.webmanifest": "application/manifest+json", "offline.html": "text/html"} {
		w := get(t, assets.URL(name), "")
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
		want, err := fs.ReadFile(assets.FS, name)
		if err != nil || w.Body.String() != string(want) {
			t.Errorf("%s: another content, %v", name, err)
		}
	}
}

// A page that was open during an update asks for the old hash: it gets today's
// file, which must not be kept under that address.
func TestOldHash(t *testing.T) {
	built(t)
	w := get(t, assets.Prefix+"000000000000/app.css", "")
	if w.Code != 200 || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestCompressed(t *testing.T) {
	built(t)
	for accept, want := range map[string]string{"gzip, deflate, br": "br", "gzip": "gzip", "": ""} {
		w := get(t, assets.URL("app.css"), accept)
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("%q: %q, want %q", accept, got, want)
		}
	}
	plain, packed := get(t, assets.URL("app.css"), "").Body.Len(), get(t, assets.URL("app.css"), "br").Body.Len()
	if packed*2 > plain {
		t.Errorf("%d bytes of %d", packed, plain)
	}
}

func TestMissing(t *testing.T) {
	for _, url := range []string{assets.URL("nothing.css"), assets.Prefix + "x/../../secret", assets.Prefix, assets.Prefix + "x/app.css.br"} {
		if w := get(t, url, ""); w.Code != 404 {
			t.Errorf("%s: %d", url, w.Code)
		}
	}
}

func TestNotBuilt(t *testing.T) {
	if err := assets.Check(); err == nil {
		return // built
	} else if !errors.Is(err, assets.ErrNotBuilt) {
		t.Fatal(err)
	}
	if w := get(t, assets.URL("app.css"), ""); w.Code != 404 || !strings.Contains(w.Body.String(), "make assets") {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}

// The worker and the offline page were filled with addresses by the build; a
// wrong one would break the app for good on the devices that installed it.
func TestAddressesOfBuild(t *testing.T) {
	built(t)
	w := httptest.NewRecorder()
	assets.ServiceWorker().ServeHTTP(w, httptest.NewRequest("GET", "/sw.js", nil))
	page, err := fs.ReadFile(assets.FS, "offline.html")
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := fs.ReadFile(assets.FS, "app.webmanifest")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`/assets/[0-9a-f]{12}/[\w.]+\.\w+`).FindAllString(w.Body.String()+string(page)+string(manifest), -1)
	if len(found) < 8 {
		t.Fatalf("only %v", found)
	}
	for _, url := range found {
		if w := get(t, url, ""); w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %s", url, w.Code, w.Header().Get("Cache-Control"))
		}
	}
	if strings.Contains(w.Body.String(), "{{") {
		t.Error("sw.js: an address was not filled in")
	}
}
