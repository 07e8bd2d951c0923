package docx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shangliang/internal/errs"
)

// pack makes a zip of names and contents.
func pack(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, parts[i+1])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	contentTypes = `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`
	packageRels  = `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`
	bold         = `<w:rPr><w:b/></w:rPr>`
)

// word makes a Word file of the inside of a body.
func word(t testing.TB, body string, more ...string) []byte {
	t.Helper()
	return pack(t, append([]string{"[Content_Types].xml", contentTypes, "_rels/.rels", packageRels, "word/document.xml",
		`<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="` + wordNS + `"><w:body>` + body + `<w:sectPr/></w:body></w:document>`}, more...)...)
}

func open(t testing.TB, b []byte) *File {
	t.Helper()
	f, err := Open(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const draft = `<w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r>` + bold + `<w:t>工作报告</w:t></w:r></w:p>` +
	`<w:p><w:r><w:t>全年召开会议1</w:t></w:r><w:r>` + bold + `<w:t xml:space="preserve">2次， 立案提案97件&amp;</w:t><w:tab/><w:t>并案</w:t></w:r>` +
	`<w:del><w:r><w:delText>9件</w:delText></w:r></w:del><w:ins><w:r><w:t>8件。</w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t>看不见</w:t></w:r></w:p>` +
	`<w:tbl><w:tr><w:tc><w:p><w:r><w:t>指标</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>数量</w:t></w:r></w:p></w:tc></w:tr>` +
	`<w:tr><w:tc><w:p><w:r><w:t>提案</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>107件</w:t></w:r></w:p></w:tc></w:tr></w:tbl>`

const draftText = "工作报告\n全年召开会议12次， 立案提案97件&\t并案8件。\n指标\t数量\n提案\t107件"

func TestText(t *testing.T) {
	if got := open(t, word(t, draft)).Text(); got != draftText {
		t.Errorf("got %q, want %q", got, draftText)
	}
}

// place finds a stretch of the text.
func place(t testing.TB, text, part string) (int, int) {
	t.Helper()
	before, _, ok := strings.Cut(text, part)
	if !ok {
		t.Fatalf("no %q", part)
	}
	start := len([]rune(before))
	return start, start + len([]rune(part))
}

// ranges reads what each comment of a file stands at, and what it says.
func ranges(t testing.TB, f *File) (at, says map[string]string) {
	t.Helper()
	at, says = map[string]string{}, map[string]string{}
	open := map[string]bool{}
	inText := false
	d := xml.NewDecoder(bytes.NewReader(f.body))
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("the body is no longer well formed: %v", err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "commentRangeStart":
				open[attr(e, "id")] = true
			case "commentRangeEnd":
				delete(open, attr(e, "id"))
			}
			inText = e.Name.Local == "t"
		case xml.EndElement:
			inText = false
		case xml.CharData:
			for id := range open {
				if inText {
					at[id] += string(e)
				}
			}
		}
	}
	part, err := f.part("word/comments.xml")
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Comments []struct {
			ID     string   `xml:"id,attr"`
			Author string   `xml:"author,attr"`
			Text   []string `xml:"p>r>t"`
		} `xml:"comment"`
	}
	if err := xml.Unmarshal(part, &c); err != nil {
		t.Fatal(err)
	}
	for _, c := range c.Comments {
		says[c.ID] = c.Author + ": " + strings.Join(c.Text, "/")
	}
	return at, says
}

func TestComment(t *testing.T) {
	old := `<w:comments xmlns:w="` + wordNS + `"><w:comment w:id="4" w:author="甲"><w:p><w:r><w:t>原有</w:t></w:r></w:p></w:comment></w:comments>`
	rels := `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId7" Type="` + relationNS + `/comments" Target="comments.xml"/></Relationships>`
	image := "not to be touched"
	for name, data := range map[string][]byte{
		"without comments":            word(t, draft, "word/media/image1.png", image),
		"with comments":               word(t, draft, "word/media/image1.png", image, "word/comments.xml", old, "word/_rels/document.xml.rels", rels),
		"with closed empty relations": word(t, draft, "word/media/image1.png", image, "word/_rels/document.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>`),
	} {
		f := open(t, data)
		stretches := []string{"12次", "97件&", "件&", "8件", "107件", "工作报告", "2次， 立", "会议12次， 立案提案97件&"}
		for _, s := range stretches {
			start, end := place(t, f.Text(), s)
			if !f.Comment(start, end, "核对", "应为 <13>\n见记录 "+s) {
				t.Fatalf("no place for %q", s)
			}
		}
		if f.Comment(4, 5, "核对", "between lines") {
			t.Error("a comment on the end of a paragraph")
		}
		for range 2 { // writing twice gives the same
			out, err := f.Write(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
			if err != nil {
				t.Fatal(err)
			}
			g := open(t, out)
			if g.Text() != draftText {
				t.Errorf("%s: the text became %q", name, g.Text())
			}
			at, says := ranges(t, g)
			for _, s := range stretches {
				found := false
				for id, words := range says {
					found = found || words == "核对: 应为 <13>/见记录 "+s && at[id] == s
				}
				if !found {
					t.Errorf("%s: no comment at %q: %v %v", name, s, at, says)
				}
			}
			if name == "with comments" && says["4"] != "甲: 原有" {
				t.Errorf("the comment that was there is gone: %v", says)
			}
			if b, err := g.part("word/media/image1.png"); err != nil || string(b) != image {
				t.Errorf("%s: another part changed: %v", name, err)
			}
		}
	}
}

// LibreOffice, where it is installed, opens what was written and finds the
// comments.
func TestLibreOfficeOpensIt(t *testing.T) {
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("no soffice")
	}
	f := open(t, word(t, draft))
	for _, s := range []string{"12次", "97件", "107件"} {
		start, end := place(t, f.Text(), s)
		f.Comment(start, end, "核对", "与记录不符："+s)
	}
	out, err := f.Write(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "a.docx")
	if err := os.WriteFile(file, out, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(soffice, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to", "fodt", "--outdir", dir, file)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	odt, err := os.ReadFile(filepath.Join(dir, "a.fodt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"与记录不符：12次", "与记录不符：97件", "与记录不符：107件", "立案提案", "工作报告"} {
		if !bytes.Contains(odt, []byte(want)) {
			t.Errorf("LibreOffice does not find %q", want)
		}
	}
	if n := bytes.Count(odt, []byte("<office:annotation ")); n != 3 {
		t.Errorf("LibreOffice finds %d comments, want 3", n)
	}
}

func TestRefused(t *testing.T) {
	for name, data := range map[string][]byte{
		"nothing":          nil,
		"no zip":           []byte("PK\x03\x04 and then nothing"),
		"no body":          pack(t, "a.txt", "x"),
		"no XML":           pack(t, "word/document.xml", "<w:document><w:body"),
		"a bomb":           pack(t, "word/document.xml", strings.Repeat(" ", mostUnpacked+10)),
		"elements across":  pack(t, "word/document.xml", "<d><p><r><t>a</r></t></p></d>"),
		"elements in text": pack(t, "word/document.xml", "<d><p><r><t>a<b/></t></r></p></d>"),
		"elements without": pack(t, "word/document.xml", strings.Repeat("<a>", 100_000)),
	} {
		if _, err := Open(data); err == nil || errs.KindOf(err) == errs.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(`<w:p><w:r><w:rPr/><w:t>全年12次</w:t><w:tab/><w:t>97件</w:t></w:r></w:p>`), 2, 4)
	f.Add([]byte(`<p><r><t>全&#24180;12次</t></r></p><tbl><tr><tc><p/></tc><tc><r><t>x</t></r></tc></tr></tbl>`), 0, 3)
	f.Add([]byte(draft), 5, 40)
	f.Fuzz(func(t *testing.T, body []byte, start, end int) {
		data := word(t, string(body))
		d, err := Open(data)
		if err != nil {
			if errs.KindOf(err) == errs.Internal {
				t.Errorf("no message for the person: %v", err)
			}
			return
		}
		last := 0
		n := len([]rune(d.Text()))
		for _, p := range d.pieces {
			if p.start < last || p.end < p.start || p.from > p.to {
				t.Fatalf("piece %+v after %d", p, last)
			}
			last = p.end
		}
		if start < 0 || end > n || start >= end || !d.Comment(start, end, "a", "b") {
			return
		}
		out, err := d.Write(time.Time{})
		if err != nil {
			return // parts that cannot be added to
		}
		e, err := Open(out)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if e.Text() != d.Text() {
			t.Fatalf("the text %q became %q", d.Text(), e.Text())
		}
	})
}
