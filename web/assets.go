// Package assets holds the built styles, scripts and icons of the pages and
// serves them under addresses that carry their content's hash, so that browsers
// may keep them for ever.
//
// Main functions: [URL], [Handler], [ServiceWorker]. The files are built by
// `npm run build` in this folder and are not kept in version control; without
// them the program still runs and says what to do. It owns no tables.
package assets

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// FS holds the built files at its root: app.css, app.js, icons.svg, sw.js and
// so on, each text also compressed beside it as .br and .gz.
var FS, _ = fs.Sub(dist, "dist") // the name is valid, so there is no error

// Prefix is the path under which [Handler] must be mounted.
const Prefix = "/assets/"

// ErrNotBuilt says that the program was compiled before the assets were built.
var ErrNotBuilt = errors.New("assets: the styles and scripts are not built: run make assets and compile again")

// manifest maps a file's name to the address that carries its hash.
var manifest = sync.OnceValue(func() map[string]string {
	urls := map[string]string{}
	_ = fs.WalkDir(FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(name, ".") || encodingOf[path.Ext(name)] != "" {
			return nil
		}
		b, err := fs.ReadFile(FS, name)
		if err != nil {
			return nil // cannot happen on an embedded file
		}
		sum := sha256.Sum256(b)
		urls[name] = Prefix + hex.EncodeToString(sum[:6]) + "/" + name
		return nil
	})
	return urls
})

// Check returns [ErrNotBuilt] when the assets are missing.
func Check() error {
	for _, name := range []string{"app.css", "app.js", "icons.svg", "sw.js"} {
		if manifest()[name] == "" {
			return ErrNotBuilt
		}
	}
	return nil
}

// URL returns the address of a built file such as "app.css". The address of a
// file that was not built answers 404 with the reason.
func URL(name string) string {
	if u := manifest()[name]; u != "" {
		return u
	}
	return Prefix + "missing/" + name
}

// Handler serves what [URL] points to. An address with an old hash, from a page
// that was open while the platform was updated, gets today's file and is not
// kept by the browser.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
		want, ok := manifest()[name]
		switch {
		case !ok && Check() != nil:
			http.Error(w, ErrNotBuilt.Error(), http.StatusNotFound)
		case !ok:
			http.NotFound(w, r)
		default:
			cache := "no-cache"
			if r.URL.Path == want {
				cache = "public, max-age=31536000, immutable"
			}
			serve(w, r, name, cache)
		}
	})
}

// ServiceWorker serves the script that keeps an offline page; it must be mounted
// at the root ("/sw.js") because its reach is the folder it lies in.
func ServiceWorker() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := Check(); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		serve(w, r, "sw.js", "no-cache")
	})
}

var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".svg":         "image/svg+xml",
	".html":        "text/html; charset=utf-8",
	".json":        "application/json",
	".webmanifest": "application/manifest+json",
}

var encodingOf = map[string]string{".br": "br", ".gz": "gzip"}

func serve(w http.ResponseWriter, r *http.Request, name, cache string) {
	h := w.Header()
	h.Set("Cache-Control", cache)
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	if t := contentTypes[path.Ext(name)]; t != "" {
		h.Set("Content-Type", t)
	}
	etag := `"` + path.Base(path.Dir(manifest()[name])) + `"`
	h.Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	accept := r.Header.Get("Accept-Encoding")
	file := name
	for _, ext := range []string{".br", ".gz"} {
		if strings.Contains(accept, encodingOf[ext]) {
			if _, err := fs.Stat(FS, name+ext); err == nil {
				file = name + ext
				h.Set("Content-Encoding", encodingOf[ext])
				break
			}
		}
	}
	b, err := fs.ReadFile(FS, file)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(b) // the client went away: nothing to do
	}
}
