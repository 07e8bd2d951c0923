package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/proposal"
	"shangliang/internal/publish"
	"shangliang/internal/web/browsertest"
)

// letter is a PDF of one line by somebody, with something to be read aloud.
func letter(line, spoken string) []byte {
	content := fmt.Sprintf("BT /F 14 Tf 40 700 Td (%s) Tj ET /Span << /ActualText (%s) >> BDC EMC", line, spoken)
	return []byte("%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj\n" +
		"3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> /Annots [6 0 R] >> endobj\n" +
		fmt.Sprintf("4 0 obj << /Length %d >>\nstream\n%s\nendstream endobj\n", len(content), content) +
		"5 0 obj << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> endobj\n" +
		"6 0 obj << /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (note 7f3a) >> endobj\n7 0 obj << /Author (author 7f3a) >> endobj\n" +
		"trailer << /Root 1 0 R /Info 7 0 R >>\n%%EOF\n")
}

// withFiles is a case that can be published, with a photograph, a letter that may
// be read and one that hides a telephone number.
func withFiles(t *testing.T, w *apptest.World) (id, picture, good, bad string) {
	t.Helper()
	p := w.Play(proposal.FollowingUp)
	c, err := w.Proposals.Get(w.As("柳文书"), p.ID)
	must(t, err)
	attach := func(name string, b []byte) string {
		f, err := w.Proposals.Attach(w.As("江承平"), p.ID, proposal.Upload{Purpose: "evidence", Assignment: c.Assignments[0].ID, Name: name, Size: int64(len(b)), Content: bytes.NewReader(b)})
		must(t, err)
		return "file:" + f.ID
	}
	return p.ID, attach("清淤后.jpg", photo(t)), attach("验收.pdf", letter("Accepted in May.", "accepted")), attach("台账.pdf", letter("Ledger of the works.", "call 13700002222"))
}

// A picture and a PDF become public by decision, as copies that carry nothing;
// one with a word in it that must not be read does not, however it hides.
func TestPublicFiles(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id, picture, good, bad := withFiles(t, w)
		d, err := w.Publish.Start(w.As("柳文书"), id)
		must(t, err)
		for _, key := range []string{picture, good, bad} {
			if d.Plan[key].Mode != publish.Closed { // unless a person decides
				t.Errorf("%s is %q from the beginning", key, d.Plan[key].Mode)
			}
		}
		full := publish.Choice{Mode: publish.Full}
		save := func(plan map[string]publish.Choice) {
			t.Helper()
			d, err = w.Publish.Save(w.As("柳文书"), id, d.Version, publish.Changes{Plan: plan})
			must(t, err)
		}
		save(map[string]publish.Choice{picture: full, good: full, bad: full})
		v, err := w.Publish.Get(w.As("柳文书"), id)
		must(t, err)
		if len(v.Leaks) == 0 || slices.ContainsFunc(v.Leaks, func(l publish.Leak) bool { return !strings.Contains(l.In, "Ledger") }) {
			t.Errorf("found: %+v", v.Leaks)
		}
		if _, err := w.Publish.Do(w.As("柳文书"), id, d.Version, "propose", publish.Input{}); !errs.Is(err, errs.Conflict) {
			t.Errorf("proposed with a hidden number: %v", err)
		}
		save(map[string]publish.Choice{bad: {Mode: publish.Closed, Reason: "privacy"}})

		clerk, member := w.Browser(t, "柳文书"), w.Browser(t, "余知秋")
		office := "/publish/cases/" + id + "/files/"
		preview := clerk.Get(office + strings.TrimPrefix(good, "file:")).Want(200)
		if strings.Contains(preview.Body, "7f3a") || preview.Header.Get("Content-Type") != "application/pdf" {
			t.Errorf("the preview: %v", preview.Header)
		}
		clerk.Get(office + strings.TrimPrefix(picture, "file:") + "?size=screen").Want(200)
		clerk.Get(office + "nothing").Want(404)
		member.Get(office + strings.TrimPrefix(good, "file:")).Want(403)
		page := "/publish/cases/" + id
		clerk.Get(page).Want(200).Contains("打开公开用的 PDF", "拍摄地点、时间和设备已去掉")
		clerk.Get(page+"/preview").Want(200).Contains("清淤后.jpg", "验收.pdf").Lacks("台账")

		reader := w.Browser(t, "")
		public := "/open/lc/cases/" + d.Code
		reader.Get(public + "/files/1").Want(404)
		for _, step := range []struct{ who, action string }{{"柳文书", "propose"}, {"莫定安", "publish"}} {
			d, err = w.Publish.Do(w.As(step.who), id, d.Version, step.action, publish.Input{})
			must(t, err)
		}
		reader.Get(public).Want(200).Contains("清淤后.jpg", "验收.pdf").Lacks("台账", "文字副本")
		var rest struct {
			Files []struct{ Name, URL, SHA256, Type string }
		}
		reader.Get("/api/v1/open/lc/cases/" + d.Code).Want(200).Decode(&rest)
		want := map[string]string{"清淤后.jpg": "image/jpeg", "验收.pdf": "application/pdf"}
		if len(rest.Files) != len(want) {
			t.Errorf("%+v", rest.Files)
		}
		for _, f := range rest.Files {
			a := reader.Get(f.URL).Want(200)
			sum := sha256.Sum256([]byte(a.Body))
			if hex.EncodeToString(sum[:]) != f.SHA256 || a.Header.Get("Content-Type") != f.Type || want[f.Name] != f.Type {
				t.Errorf("%+v: %v", f, a.Header)
			}
			if strings.Contains(a.Body, "7f3a") || strings.Contains(a.Body, "29.5N") {
				t.Errorf("%s carries something", f.Name)
			}
			if strings.HasSuffix(f.Name, ".jpg") {
				m, _, err := image.DecodeConfig(strings.NewReader(reader.Get(f.URL + "?size=thumb").Want(200).Body))
				if err != nil || m.Width != 180 || m.Height != 240 {
					t.Errorf("%dx%d, %v", m.Width, m.Height, err)
				}
			}
		}

		// The originals changed neither; the copies go when they are taken down.
		must(t, w.Publish.Watch(context.Background()))
		if v, err = w.Publish.Get(w.As("柳文书"), id); err != nil || len(v.Disclosure.Changed) > 0 {
			t.Errorf("changed: %v, %v", v.Disclosure.Changed, err)
		}
		d, err = w.Publish.Reduce(w.As("莫定安"), id, v.Disclosure.Version, []string{picture}, nil, "privacy", "照片里有人像")
		must(t, err)
		reader.Get(public).Want(200).Contains("验收.pdf").Lacks("清淤后")
		for _, f := range rest.Files {
			if strings.HasSuffix(f.Name, ".jpg") {
				reader.Get(f.URL + "?again").Want(404)
			}
		}
	})
}

// The page where it is decided shows the picture that would be public; the public
// sees it, on both screens.
func TestWalkPublicFiles(t *testing.T) {
	for _, s := range []browsertest.Screen{browsertest.Phone, browsertest.Desk} {
		t.Run(s.Name, func(t *testing.T) {
			w := apptest.New(t, db.SQLite)
			site := httptest.NewServer(w.Router)
			t.Cleanup(site.Close)
			chrome := browsertest.Start(t, site.URL)
			id, picture, good, _ := withFiles(t, w)
			d, err := w.Publish.Start(w.As("柳文书"), id)
			must(t, err)
			d, err = w.Publish.Save(w.As("柳文书"), id, d.Version, publish.Changes{Plan: map[string]publish.Choice{picture: {Mode: publish.Full}, good: {Mode: publish.Full}}})
			must(t, err)
			clerk := chrome.Open(t, "柳文书", s)
			clerk.Visit("/sign-in")
			clerk.SetCookie("session", w.Token("柳文书"))
			clerk.Visit("/publish/cases/" + id)
			clerk.Is("(e => { e.scrollIntoView(); return e.complete && e.naturalWidth === 600 })(document.querySelector('.whole-copy'))")
			clerk.Axe()
			clerk.Shoot("public-files-office")
			for _, step := range []struct{ who, action string }{{"柳文书", "propose"}, {"莫定安", "publish"}} {
				d, err = w.Publish.Do(w.As(step.who), id, d.Version, step.action, publish.Input{})
				must(t, err)
			}
			reader := chrome.Open(t, "公众", s)
			reader.Visit("/open/lc/cases/" + d.Code)
			reader.Sees("清淤后.jpg", "验收.pdf")
			reader.Is("(e => { e.scrollIntoView(); return e.complete && e.naturalHeight === 240 })(document.querySelector('.files .thumb img'))")
			reader.Axe()
			reader.Shoot("public-files")
		})
	}
}
