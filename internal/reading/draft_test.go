package reading_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
	"time"

	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/docx"
	"shangliang/internal/errs"
	"shangliang/internal/proposal"
	"shangliang/internal/report"
)

// word makes a Word file of paragraphs.
func word(t testing.TB, paragraphs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	var body strings.Builder
	for _, p := range paragraphs {
		body.WriteString(`<w:p><w:r><w:t>` + p + `</w:t></w:r></w:p>`)
	}
	for name, text := range map[string]string{
		"[Content_Types].xml":          `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
		"_rels/.rels":                  `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/_rels/document.xml.rels": `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>`,
		"word/document.xml":            `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + body.String() + `</w:body></w:document>`,
	} {
		f, err := z.Create(name)
		check(t, err)
		_, err = f.Write([]byte(text))
		check(t, err)
	}
	check(t, z.Close())
	return b.Bytes()
}

// A draft is checked against the records as they are, read by its drafter and the
// leaders alone, given back with comments, and gone after its time.
func TestDraft(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Play(proposal.Filed)
		clerk := w.As("柳文书")
		text := "2026年，县政协共收到提案3件，经审查立案1件。"
		_, err := w.Reading.Check(w.As("余知秋"), "稿.txt", []byte(text), 2026)
		wantKind(t, err, errs.Forbidden)
		_, err = w.Reading.Check(clerk, "稿.txt", []byte(text), 2001)
		wantKind(t, err, errs.Invalid)
		_, err = w.Reading.Check(clerk, "稿.txt", []byte("没有数的文稿。"), 2026)
		wantKind(t, err, errs.Invalid)
		data := word(t, text, "会议圆满完成各项任务。")
		id, err := w.Reading.Check(clerk, "稿.docx", data, 2026)
		check(t, err)

		c, err := w.Reading.Checked(clerk, id, "https://zx.example")
		check(t, err)
		if len(c.Findings) != 2 || c.Findings[0].Kind != report.Differs || c.Findings[1].Kind != report.Agrees {
			t.Fatalf("findings %+v", c.Findings)
		}
		if r := c.Findings[0].Right; r == nil || r.Value != 1 || !strings.HasPrefix(r.Link, "https://zx.example/figures/") {
			t.Errorf("right is %+v", r)
		}
		_, noted, err := w.Reading.Annotated(clerk, id, "https://zx.example")
		check(t, err)
		if _, err := docx.Open(noted); err != nil || bytes.Equal(noted, data) {
			t.Errorf("the Word file came back unchanged or broken: %v", err)
		}
		z, err := zip.NewReader(bytes.NewReader(noted), int64(len(noted)))
		check(t, err)
		comments, err := z.Open("word/comments.xml")
		check(t, err)
		var b bytes.Buffer
		_, err = b.ReadFrom(comments)
		check(t, err)
		if !strings.Contains(b.String(), "应为1件") {
			t.Errorf("comments are %s", b.String())
		}

		if _, err := w.Reading.Checked(w.As("高望舒"), id, ""); err != nil {
			t.Errorf("the leader: %v", err)
		}
		own, err := w.Reading.Check(w.As("高望舒"), "主席的稿.txt", []byte(text), 2026)
		check(t, err)
		_, err = w.Reading.Checked(clerk, own, "") // not the clerk's
		wantKind(t, err, errs.NotFound)
		wantKind(t, w.Reading.DropDraft(w.As("高望舒"), id), errs.NotFound) // read, but not theirs to delete
		o := w.Neighbour()
		_, err = o.Reading.Checked(o.As("高望舒"), id, "")
		wantKind(t, err, errs.NotFound)
		check(t, w.Reading.DropDraft(clerk, id))
		_, err = w.Reading.Checked(clerk, id, "")
		wantKind(t, err, errs.NotFound)

		w.Wait(31 * 24 * time.Hour)
		_, err = w.Reading.Checked(w.As("高望舒"), own, "")
		wantKind(t, err, errs.NotFound)
		check(t, w.Reading.Sweep(clerk))
		check(t, w.DB.Read(clerk, func(tx *db.Tx) error {
			n, err := db.Column[int](tx, `SELECT COUNT(*) FROM reading_draft WHERE tenant = $1`, w.Tenant)
			if err == nil && n[0] != 0 {
				t.Errorf("%d drafts are left", n[0])
			}
			return err
		}))
	})
}
