package web

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// smallest is the number of bytes from which compressing pays.
const smallest = 1024

// response keeps status and size of an answer for the log and compresses text
// for clients that take it. Up to smallest bytes are held back until it is
// known whether there will be more.
type response struct {
	http.ResponseWriter
	status  int
	bytes   int64 // before compression
	gzip    bool  // the client takes it
	bare    bool  // the mux may answer 404 or 405, which we replace
	refused bool  // it did
	visit   *visit
	sent    bool // the header has gone out
	held    []byte
	zip     *gzip.Writer
}

var vary = []string{"Accept-Encoding"}

var zips = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	return z
}}

func newResponse(w http.ResponseWriter, r *http.Request) *response {
	return &response{ResponseWriter: w, visit: visitOf(r.Context()), gzip: takesGzip(r)}
}

func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" {
			return strings.TrimLeft(strings.TrimPrefix(strings.TrimSpace(q), "q="), "0.") != "" || q == ""
		}
	}
	return false
}

// WriteHeader implements http.ResponseWriter.
func (w *response) WriteHeader(status int) {
	if w.status != 0 || status < 200 {
		if status < 200 {
			w.ResponseWriter.WriteHeader(status)
		}
		return
	}
	w.status = status
	if !w.visit.matched && !w.bare && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed) {
		w.refused = true
		return
	}
	if !w.compressible() {
		w.send()
	}
}

// Write implements io.Writer.
func (w *response) Write(b []byte) (int, error) {
	if w.status == 0 {
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", http.DetectContentType(b))
		}
		w.WriteHeader(http.StatusOK)
	}
	if w.refused {
		return len(b), nil
	}
	w.bytes += int64(len(b))
	switch {
	case w.zip != nil:
		return w.zip.Write(b)
	case w.sent:
		return w.ResponseWriter.Write(b)
	case len(w.held)+len(b) < smallest:
		w.held = append(w.held, b...)
		return len(b), nil
	}
	h := w.Header()
	h.Del("Content-Length")
	h.Set("Content-Encoding", "gzip")
	w.send()
	w.zip = zips.Get().(*gzip.Writer)
	w.zip.Reset(w.ResponseWriter)
	if len(w.held) > 0 {
		if _, err := w.zip.Write(w.held); err != nil {
			return 0, err
		}
		w.held = nil
	}
	return w.zip.Write(b)
}

// compressible also tells caches that the answer depends on what the client
// takes.
func (w *response) compressible() bool {
	h := w.Header()
	if w.status == http.StatusNoContent || w.status == http.StatusNotModified || w.status == http.StatusPartialContent ||
		h.Get("Content-Encoding") != "" || h.Get("Content-Range") != "" {
		return false
	}
	ct := h.Get("Content-Type")
	if !strings.HasPrefix(ct, "text/") && !strings.HasPrefix(ct, "application/json") &&
		!strings.HasPrefix(ct, "application/problem+json") && !strings.HasPrefix(ct, "image/svg") && !strings.HasPrefix(ct, "application/openapi+json") {
		return false
	}
	if h.Get("Vary") == "" {
		h["Vary"] = vary
	}
	return w.gzip
}

func (w *response) send() {
	w.sent = true
	w.ResponseWriter.WriteHeader(w.status)
}

// begun reports whether something has left that cannot be taken back.
func (w *response) begun() bool { return w.sent }

// restart forgets an answer of which nothing has left.
func (w *response) restart() {
	w.status, w.bytes, w.held, w.refused, w.bare = 0, 0, nil, false, true
	for _, k := range []string{"Content-Type", "Content-Length", "Content-Disposition", "Content-Encoding", "Etag", "Last-Modified", "Cache-Control", "Location"} {
		w.Header().Del(k)
	}
}

// finish sends what is held and ends the compressed stream.
func (w *response) finish() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if !w.sent {
		w.send()
	}
	if len(w.held) > 0 {
		w.ResponseWriter.Write(w.held)
		w.held = nil
	}
	if w.zip != nil {
		w.zip.Close()
		zips.Put(w.zip)
		w.zip = nil
	}
}

// Flush implements http.Flusher for answers that come in pieces.
func (w *response) Flush() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.sent {
		w.send()
	}
	if len(w.held) > 0 {
		w.ResponseWriter.Write(w.held)
		w.held = nil
	}
	if w.zip != nil {
		w.zip.Flush()
	}
	http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap serves http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Found is something that a picker offers.
type Found struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Note  string `json:"note"` // tells it from others of the same title
}

// WriteFound answers a picker (see [ui.Field]) with what was found.
func WriteFound(w http.ResponseWriter, all []Found) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(append([]Found{}, all...))
}

// Tried is an act that was refused: its form is shown again with what was typed.
type Tried struct {
	Action string
	Form   url.Values
	Err    error
}

// Is reports whether it was this act; nil is none.
func (t *Tried) Is(action string) bool { return t != nil && t.Action == action }
