package app_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"shangliang/internal/app"
	"shangliang/internal/app/apptest"
	"shangliang/internal/blob/blobtest"
	"shangliang/internal/db"
	"shangliang/internal/proposal"
)

// A platform whose files are in a bucket takes them in and gives them out, whole,
// in parts and as small copies, and says so when the service is gone.
func TestFilesOnS3(t *testing.T) {
	s3 := blobtest.Serve(t)
	w := apptest.NewWith(t, db.SQLite, func(o *app.Options) { o.S3 = s3.S3 })
	id := w.Play("handling").ID
	attach := func(name string, b []byte) string {
		f, err := w.Proposals.Attach(w.As("柳文书"), id, proposal.Upload{Purpose: "scan", Name: name, Size: int64(len(b)), Content: bytes.NewReader(b)})
		must(t, err)
		return "/proposals/" + id + "/files/" + f.ID
	}
	b := letter("Accepted in May.", "accepted")
	pdf, jpg := attach("验收.pdf", b), attach("现场.jpg", photo(t))
	if s3.Requests.Load() == 0 {
		t.Error("the bucket was asked nothing")
	}
	c := w.Browser(t, "柳文书")
	if a := c.Get(pdf).Want(200); a.Body != string(b) {
		t.Errorf("%d bytes of %d", len(a.Body), len(b))
	}
	c.Header.Set("Range", "bytes=100-149")
	if a := c.Get(pdf).Want(206); a.Body != string(b[100:150]) {
		t.Errorf("a part: %q", a.Body)
	}
	c.Header.Del("Range")
	if a := c.Get(jpg + "?size=thumb").Want(200); strings.Contains(a.Body, "29.5N") || len(a.Body) == 0 {
		t.Errorf("a small copy of %d bytes", len(a.Body))
	}
	if n, damaged, missing, err := w.CheckFiles(t.Context()); n != 2 || len(damaged)+len(missing) > 0 || err != nil {
		t.Errorf("%d files, damaged %v, missing %v, %v", n, damaged, missing, err)
	}
	sum := sha256.Sum256(b)
	must(t, w.Files.Remove(t.Context(), hex.EncodeToString(sum[:])))
	if n, _, missing, err := w.CheckFiles(t.Context()); n != 1 || len(missing) != 1 || missing[0] != hex.EncodeToString(sum[:]) || err != nil {
		t.Errorf("%d files, missing %v, %v", n, missing, err)
	}
	c.Get(pdf).Want(404)
	s3.Close()
	c.Get("/proposals/" + id).Want(200).Contains("验收.pdf")
	c.Get(jpg).Want(503).Contains("文件存储现在连不上").Lacks(s3.S3.Key, "127.0.0.1")
}
