package web

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"shangliang/internal/errs"
	"shangliang/internal/picture"
)

// sizes are the small copies that can be asked for.
var sizes = map[string]int{"thumb": picture.Thumb, "screen": picture.Screen}

const (
	// copiesKept is the memory for small copies: thousands of thumbnails.
	copiesKept = 48 << 20
	// mostPicture bounds what is read of one picture.
	mostPicture = 64 << 20
)

// copies are the small copies of all pictures by content, which never changes.
var copies = picture.NewCache(copiesKept)

// servePicture sends a picture without what it carries. The header says already
// what it is and what it is called.
func servePicture(w http.ResponseWriter, r *http.Request, name, sum string, f io.Reader) error {
	size := r.URL.Query().Get("size")
	box := sizes[size]
	if box == 0 {
		size = "whole"
	}
	h, key := w.Header(), ""
	if sum != "" {
		key = sum + "-" + size
		h.Set("ETag", `"`+key+`"`)
		if r.Header.Get("If-None-Match") == h.Get("ETag") {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	var b []byte
	var kind string
	var err error
	read := func() ([]byte, error) { return io.ReadAll(io.LimitReader(f, mostPicture)) }
	if box == 0 {
		if b, err = read(); err == nil {
			b, kind, err = picture.Strip(b)
		}
	} else {
		b, kind, err = copies.Get(key, func() ([]byte, string, error) {
			whole, err := read()
			if err != nil {
				return nil, "", err
			}
			return picture.Scale(whole, box)
		})
	}
	if err != nil {
		h.Del("ETag")
		h.Del("Content-Disposition")
		switch {
		case errors.Is(err, picture.ErrTooLarge):
			return errs.Because(err, errs.TooLarge, "图片的尺寸过大，不能显示")
		case errors.Is(err, picture.ErrDamaged), errors.Is(err, picture.ErrMoving):
			return errs.Because(err, errs.Invalid, "图片已经损坏，打不开")
		}
		return err
	}
	h.Set("Content-Type", "image/"+kind)
	if box > 0 { // the copy may be of another kind
		h.Set("Content-Disposition", "inline; filename*=UTF-8''"+url.PathEscape(CleanName(strings.TrimSuffix(name, path.Ext(name))+"."+kind)))
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	return nil
}
