package web_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"shangliang/internal/errs"
	"shangliang/internal/web"
	"shangliang/internal/web/webtest"
)

func TestUpload(t *testing.T) {
	s := newSite(t)
	s.Upload("/files", 3<<20, func(w http.ResponseWriter, r *http.Request) error {
		f, err := web.Upload(r, "scan", 2<<20)
		if err != nil {
			return err
		}
		defer f.Close()
		b, err := io.ReadAll(f)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s %d %d %s", f.Name, f.Size, len(b), r.PostFormValue("title"))
		return nil
	})
	c := s.as(t, "wang")
	big := bytes.Repeat([]byte("x"), 2<<20)
	c.PostFiles("/files", []webtest.File{{Field: "scan", Name: `..\..\扫描 件.pdf`, Body: big}}, "title", "附件").Want(200).Contains("扫描 件.pdf 2097152 2097152 附件")
	c.PostFiles("/files", []webtest.File{{Field: "scan", Name: "b.pdf", Body: append(big, 'x')}}).Want(413).Contains("b.pdf", "2 MB")
	c.PostFiles("/files", []webtest.File{{Field: "scan", Name: "c.pdf", Body: append(big, big...)}}).Want(413).Contains("3 MB")
	c.PostFiles("/files", nil, "title", "x").Want(422).Contains("请选择文件")
	c.PostForm("/things", "text", strings.Repeat("长", web.FormLimit)).Want(413).Contains("1 MB")
	// Nobody's upload is not kept, but its text is.
	s.as(t, "").PostFiles("/files", []webtest.File{{Field: "scan", Name: "a.pdf", Body: big}}, "title", "一个写了很久的标题<b>").Want(401).
		Contains("一个写了很久的标题&lt;b&gt;", "重新上传").Lacks("标题<b>")
}

// A browser that is still sending must get to see that it sends too much.
func TestTooLargeIsAnsweredWhileSending(t *testing.T) {
	s := newSite(t)
	srv := httptest.NewServer(s)
	defer srv.Close()
	const size = 100 << 20
	req, err := http.NewRequest("POST", srv.URL+"/things", io.LimitReader(zeros{}, size))
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = size
	req.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	req.AddCookie(&http.Cookie{Name: "who", Value: "wang"})
	start := time.Now()
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 413 || !strings.Contains(string(b), "1 MB") {
		t.Errorf("status %d, %v, %s", res.StatusCode, err, b)
	}
	if took := time.Since(start); took > 9*time.Second {
		t.Errorf("took %v", took)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestServeFile(t *testing.T) {
	s := newSite(t)
	body := "<script>alert(1)</script>"
	s.Get("/file", func(w http.ResponseWriter, r *http.Request) error {
		return web.ServeFile(w, r, "调研 报告\".pdf", r.URL.Query().Get("kind"), "abc", func() (io.ReadSeekCloser, error) {
			if r.URL.Query().Get("gone") != "" {
				return nil, errs.Missing()
			}
			return struct {
				io.ReadSeeker
				io.Closer
			}{strings.NewReader(body), io.NopCloser(nil)}, nil
		})
	})
	c := s.as(t, "wang")
	for _, test := range []struct{ kind, sent, disposition string }{
		{"application/pdf", "application/pdf", "inline"},
		{"application/pdf&download=1", "application/pdf", "attachment"},
		{"image/svg%2bxml", "application/octet-stream", "attachment"},
		{"text/html", "application/octet-stream", "attachment"},
		{"application/xhtml%2bxml", "application/octet-stream", "attachment"},
		{"text/plain", "text/plain; charset=utf-8", "attachment"},
		{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "attachment"},
		{"", "application/octet-stream", "attachment"},
		{"nonsense", "application/octet-stream", "attachment"},
	} {
		a := c.Get("/file?kind=" + test.kind).Want(200)
		d := a.Header.Get("Content-Disposition")
		if got := a.Header.Get("Content-Type"); got != test.sent || !strings.HasPrefix(d, test.disposition+";") || a.Body != body {
			t.Errorf("%s: %s, %s", test.kind, got, d)
		}
		if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%s: policy %s", test.kind, csp)
		}
		if !strings.HasSuffix(d, "filename*=UTF-8''%E8%B0%83%E7%A0%94%20%E6%8A%A5%E5%91%8A_.pdf") {
			t.Errorf("name: %s", d)
		}
	}
	c.Header.Set("Range", "bytes=1-6")
	if a := c.Get("/file?kind=application/pdf").Want(206); a.Body != "script" {
		t.Errorf("part %q", a.Body)
	}
	c.Header.Del("Range")
	c.Header.Set("If-None-Match", `"abc"`)
	c.Get("/file?kind=application/pdf").Want(304)
	c.Get("/file?gone=1").Want(404)
}

// photo is a picture that says where it was taken, lying on its side.
func photo(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 600, 300)), nil); err != nil {
		t.Fatal(err)
	}
	exif := "Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00 taken at 29.5N"
	return "\xFF\xD8\xFF\xE1\x00" + string(byte(len(exif)+2)) + exif + b.String()[2:]
}

// A picture leaves without the place where it was taken, in the size asked for.
func TestServePicture(t *testing.T) {
	s := newSite(t)
	body, opened := photo(t), 0
	s.Get("/photo", func(w http.ResponseWriter, r *http.Request) error {
		return web.ServeFile(w, r, "现场.jpg", "image/jpeg", "picture-"+r.URL.Query().Get("n"), func() (io.ReadSeekCloser, error) {
			opened++
			return struct {
				io.ReadSeeker
				io.Closer
			}{strings.NewReader(body), io.NopCloser(nil)}, nil
		})
	})
	c := s.as(t, "wang")
	for query, want := range map[string]image.Point{"n=1": {600, 300}, "n=1&download=1": {600, 300}, "n=1&size=odd": {600, 300}, "n=1&size=thumb": {120, 240}, "n=1&size=screen": {300, 600}} {
		a := c.Get("/photo?" + query).Want(200)
		m, kind, err := image.DecodeConfig(strings.NewReader(a.Body))
		if err != nil || kind != "jpeg" || m.Width != want.X || m.Height != want.Y || strings.Contains(a.Body, "29.5N") {
			t.Errorf("%s: %s %dx%d, %v", query, kind, m.Width, m.Height, err)
		}
		if a.Header.Get("Content-Type") != "image/jpeg" || !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %v", query, a.Header)
		}
		c.Header.Set("If-None-Match", a.Header.Get("ETag"))
		c.Get("/photo?" + query).Want(304)
		c.Header.Del("If-None-Match")
	}
	c.Header.Set("If-None-Match", `"picture-1-thumb"`)
	c.Get("/photo?n=1&size=screen").Want(200) // another copy of the same
	c.Header.Del("If-None-Match")
	body = "\xFF\xD8\xFF no picture"
	c.Get("/photo?n=2").Want(422).Contains("图片已经损坏").Lacks("no picture")
	c.Get("/photo?n=2&size=thumb").Want(422)
}
