package web

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"shangliang/internal/errs"
)

// inline are the kinds of file that a browser may show itself. The policy keeps
// what is in them from doing anything; PDF readers do not work in a sandbox.
var inline = map[string]string{
	"image/png":       "default-src 'none'; sandbox",
	"image/jpeg":      "default-src 'none'; sandbox",
	"image/gif":       "default-src 'none'; sandbox",
	"image/webp":      "default-src 'none'; sandbox",
	"application/pdf": "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}

// active are the kinds that could run in our name if a browser showed them.
var active = []string{"html", "xml", "svg", "javascript", "ecmascript", "multipart", "x-mixed"}

// ServeBytes sends a file that is in memory, as [ServeFile] does.
func ServeBytes(w http.ResponseWriter, r *http.Request, name, kind, sum string, b []byte) error {
	return ServeFile(w, r, name, kind, sum, func() (io.ReadSeekCloser, error) { return inMemory{bytes.NewReader(b)}, nil })
}

// inMemory needs no closing.
type inMemory struct{ *bytes.Reader }

// Close implements io.Closer.
func (inMemory) Close() error { return nil }

// ServeFile sends a stored file. name is what it is called on the person's
// disk; kind is its sniffed media type. Pictures and PDF are shown unless the
// query says download=1, everything else is saved; nothing is ever served as
// HTML. A picture leaves without what it carries, such as the place where it was
// taken; size=thumb and size=screen ask for a small copy, the right way up.
// Parts (Range) are answered. The caller has checked that the person may
// see the file; sum, if not empty, is its digest and serves as ETag.
func ServeFile(w http.ResponseWriter, r *http.Request, name, kind, sum string, open func() (io.ReadSeekCloser, error)) error {
	f, err := open()
	if err != nil {
		return err
	}
	defer f.Close()
	kind, policy := safeKind(kind)
	disposition := "attachment"
	if policy != "" && r.URL.Query().Get("download") != "1" {
		disposition = "inline"
	}
	if policy == "" {
		policy = "default-src 'none'; sandbox"
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", disposition+"; filename*=UTF-8''"+url.PathEscape(CleanName(name)))
	h["Content-Security-Policy"] = []string{policy}
	h.Set("Cache-Control", "private, no-cache")
	if strings.HasPrefix(kind, "image/") {
		return servePicture(w, r, name, sum, f)
	}
	if sum != "" {
		h.Set("ETag", `"`+sum+`"`)
	}
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}

// safeKind returns the media type to send and, if browsers may show it, the
// policy to show it under.
func safeKind(kind string) (string, string) {
	t, _, err := mime.ParseMediaType(kind)
	if err != nil || !strings.Contains(t, "/") {
		return "application/octet-stream", ""
	}
	if policy := inline[t]; policy != "" {
		return t, policy
	}
	for _, a := range active {
		// Office documents have "xml" in their names but are archives.
		if strings.Contains(t, a) && !strings.HasPrefix(t, "application/vnd.") {
			return "application/octet-stream", ""
		}
	}
	if strings.HasPrefix(t, "text/") {
		return t + "; charset=utf-8", ""
	}
	return t, ""
}

// CleanName makes a file name that is safe to keep and to send: no folders, no
// control characters, at most 120 characters with its extension kept.
func CleanName(name string) string {
	name = Clean(path.Base(strings.ReplaceAll(name, "\\", "/")))
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune("\n\t\"<>|:*?/", r) {
			return '_'
		}
		return r
	}, name)
	if name == "" || name == "." || name == ".." {
		return "file"
	}
	if n := utf8.RuneCountInString(name); n > 120 {
		ext := path.Ext(name)
		if utf8.RuneCountInString(ext) > 10 {
			ext = ""
		}
		stem := []rune(strings.TrimSuffix(name, ext))
		name = string(stem[:120-utf8.RuneCountInString(ext)]) + ext
	}
	return name
}

// Received is a file that came with a form. Close it when done; it is gone when
// the request ends.
type Received struct {
	multipart.File
	Name string // cleaned
	Size int64
}

// Uploads returns the files of a form field, none if nothing was chosen. A file
// of more than max bytes is a TooLarge error that names file and limit. The
// route must allow as much: [Router.Upload].
func Uploads(r *http.Request, field string, max int64) ([]*Received, error) {
	if r.MultipartForm == nil {
		return nil, nil
	}
	var all []*Received
	for _, h := range r.MultipartForm.File[field] {
		name := CleanName(h.Filename)
		if h.Size == 0 && h.Filename == "" {
			continue
		}
		var err error
		if h.Size > max {
			err = errs.New(errs.TooLarge, "文件“%s”太大，不能超过 %s", name, Size(max))
		}
		var f multipart.File
		if err == nil {
			f, err = h.Open()
		}
		if err != nil {
			for _, open := range all {
				open.Close()
			}
			return nil, err
		}
		all = append(all, &Received{File: f, Name: name, Size: h.Size})
	}
	return all, nil
}

// Upload returns the one file of a form field. That there is none is an Invalid
// error at the field.
func Upload(r *http.Request, field string, max int64) (*Received, error) {
	all, err := Uploads(r, field, max)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		var wrong errs.Fields
		wrong.Add(field, "请选择文件")
		return nil, wrong.Err()
	}
	for _, extra := range all[1:] {
		extra.Close()
	}
	return all[0], nil
}
