package attachment_test

import (
	"bytes"
	"io"
	"testing"

	"shangliang/internal/attachment"
	"shangliang/internal/blob/blobtest"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/errs"
)

var pdf = []byte("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A file belongs to one record of one tenant, is what it says it is, and comes back
// as it was.
func TestAttachment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		check(t, d.Migrate(t.Context(), attachment.Migrations))
		var err error
		blobs := blobtest.Folder(t)
		s := attachment.New(blobs)
		if _, err := s.Keep(t.Context(), attachment.Upload{Name: "假.pdf", Size: 4, Content: bytes.NewReader([]byte("MZ\x00\x00"))}); !errs.Is(err, errs.Invalid) {
			t.Errorf("a program that says it is a PDF: %v", err)
		}
		kept, err := s.Keep(t.Context(), attachment.Upload{Purpose: "scan", Name: "签批.pdf", Size: int64(len(pdf)), Content: bytes.NewReader(pdf)})
		check(t, err)
		var f *attachment.File
		check(t, d.Write(t.Context(), func(tx *db.Tx) error {
			f, err = attachment.Add(tx, "t1", "digest", "d1", "p1", kept)
			return err
		}))
		check(t, d.Read(t.Context(), func(tx *db.Tx) error {
			for _, c := range []struct {
				tenant, object, id string
				n                  int
			}{{"t1", "digest", "d1", 1}, {"t2", "digest", "d1", 0}, {"t1", "key_proposal", "d1", 0}, {"t1", "digest", "d2", 0}} {
				all, err := attachment.Of(tx, c.tenant, c.object, c.id)
				if err != nil || len(all) != c.n {
					t.Errorf("%+v: %d files, %v", c, len(all), err)
				}
				if _, err := attachment.Find(tx, c.tenant, c.object, c.id, f.ID); (err == nil) != (c.n == 1) {
					t.Errorf("%+v: found %v", c, err)
				}
			}
			return nil
		}))
		content, err := s.Open(t.Context(), f)
		check(t, err)
		defer content.Close()
		if b, err := io.ReadAll(content); err != nil || !bytes.Equal(b, pdf) || f.Name != "签批.pdf" || f.Kind != "pdf" || f.Purpose != "scan" {
			t.Errorf("%+v, %d bytes, %v", f, len(b), err)
		}
		err = d.Write(t.Context(), func(tx *db.Tx) error {
			for range attachment.Most {
				if _, err := attachment.Add(tx, "t1", "digest", "d1", "p1", kept); err != nil {
					return err
				}
			}
			return nil
		})
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("one more than there may be: %v", err)
		}
	})
}
