package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/ui"
)

// keyed reads the body of a request that changes something, at most max bytes
// of it, and puts the request key, if there is one, into the context. Forms are
// parsed afterwards, and every other body can be read again. done frees the
// temporary files of an upload.
//
// The hash that ties the key to the act covers method, path and body; of files
// in a form it covers names and sizes, not their bytes.
func keyed(w http.ResponseWriter, r *http.Request, max int64) (_ *http.Request, done func(), err error) {
	done = func() {}
	if r.ContentLength > max {
		return r, done, tooLarge(max)
	}
	r.Body = http.MaxBytesReader(w, r.Body, max)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", r.Method, r.URL.RequestURI())

	switch kind {
	case "multipart/form-data":
		// Files beyond 1 MB go to temporary files, not to memory.
		if err := r.ParseMultipartForm(FormLimit); err != nil {
			return r, done, unreadable(err, max)
		}
		form := r.MultipartForm
		done = func() { _ = form.RemoveAll() } // left-overs are the system's to sweep
		fields := r.PostForm.Encode()
		io.WriteString(h, fields)
		names := make([]string, 0, len(form.File))
		for name := range form.File {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			for _, f := range form.File[name] {
				fmt.Fprintf(h, "\n%s %q %d", name, f.Filename, f.Size)
			}
		}
	default:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return r, done, unreadable(err, max)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if kind == "application/x-www-form-urlencoded" {
			if err := r.ParseForm(); err != nil {
				return r, done, unreadable(err, max)
			}
			io.WriteString(h, r.PostForm.Encode()) // sorted by name
			r.Body = io.NopCloser(bytes.NewReader(body))
		} else {
			h.Write(body)
		}
	}

	key := r.Header.Get("Idempotency-Key")
	if key == "" && r.PostForm != nil {
		key = r.PostForm.Get(ui.KeyField)
	}
	if key == "" {
		return r, done, nil
	}
	if !wellFormedKey(key) {
		return r, done, errs.New(errs.Invalid, "请求标识应为 8 至 128 个可打印字符")
	}
	ctx := actor.WithRequest(r.Context(), actor.Request{Key: key, Hash: hex.EncodeToString(h.Sum(nil))})
	return r.WithContext(ctx), done, nil
}

func wellFormedKey(key string) bool {
	if len(key) < 8 || len(key) > 128 {
		return false
	}
	for i := range len(key) {
		if key[i] < '!' || key[i] > '~' {
			return false
		}
	}
	return true
}

// unreadable says why a body could not be read.
func unreadable(err error, max int64) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(max)
	}
	return errs.Because(err, errs.Invalid, "提交的内容不完整或格式有误，请重新提交")
}

func tooLarge(max int64) error {
	return errs.New(errs.TooLarge, "提交的内容太大，不能超过 %s", Size(max))
}

// Size writes a number of bytes for people: 20 MB.
func Size(n int64) string {
	switch {
	case n >= 1<<20:
		return strconv.FormatFloat(float64(n*10/(1<<20))/10, 'f', -1, 64) + " MB"
	case n >= 1<<10:
		return strconv.FormatInt((n+512)>>10, 10) + " KB"
	}
	return strconv.FormatInt(n, 10) + " B"
}

// drain reads on for a while what a browser is still sending, because a browser
// whose connection is cut while it sends never shows the answer.
func drain(ctx context.Context, w http.ResponseWriter) {
	v := visitOf(ctx)
	if v == nil || v.body == nil {
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(10 * time.Second)) // not every connection has one
	_, _ = io.CopyN(io.Discard, v.body, 256<<20)                                        // its end is no error here
}
