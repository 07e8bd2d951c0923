package paper

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
)

// letter is a reply with everything that a document can have.
func letter() *Document {
	return &Document{Head: "临川县水利局", Mark: "A", DocNo: "临水提〔2026〕12号", Title: "关于县政协十届五次会议第36号提案的答复", To: "𠮷野川、㙓若谷委员",
		Body: []Block{P("您提出的《关于加强农村饮水安全工程运行维护的提案》收悉，现答复如下："), H("一、已经做的工作"), {Kind: Heading2, Text: "（一）建立台账"},
			P(strings.Repeat("2025年以来，全县投入资金3,200.5万元，改造老旧管网46.8公里，“千吨万人”水厂全部实现自动化监测；", 30)),
			Of(&Table{Widths: []float64{1, 3, 2}, Header: []string{"序号", "承诺事项", "期限"}, Rows: [][]Cell{Row("1", strings.Repeat("完成管网改造", 20), "2026年6月"), Row("2", "水质<公示> & 抽检", "2026年9月")}})},
		Signature: []string{"临川县水利局"}, Date: "2026年3月12日", Notes: []string{"联系人：水清源，联系电话：0000-1234567"}, CopyTo: []string{"县政协提案委员会", "县政府督查室"}}
}

// many is a collection: a page of contents, then documents.
func many(n int) *Document {
	d := &Document{Title: "临川县政协十届五次会议提案汇编"}
	for i := range n {
		d.Body = append(d.Body, Block{Kind: Entry, Text: fmt.Sprintf("第%d号　关于第%d件事的提案", i+1, i+1), Link: fmt.Sprint("p", i)})
	}
	for i := range n {
		d.Body = append(d.Body, Block{Kind: NewPage}, Block{Kind: Title, Text: fmt.Sprintf("关于第%d件事的提案", i+1), Mark: fmt.Sprint("p", i)}, P(strings.Repeat("情况说明。", 150)))
	}
	return d
}

func machine(t testing.TB) *Faces {
	t.Helper()
	f := NewFaces("", SystemFolders...)
	if err := f.Ready(); err != nil {
		t.Skipf("%v (scripts/setup.sh fonts)", err)
	}
	return f
}

// parts unpacks a docx and checks that every part is well-formed.
func parts(t *testing.T, b []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(bytes.NewReader(text)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
		all[f.Name] = string(text)
	}
	return all
}

func TestDOCX(t *testing.T) {
	var b bytes.Buffer
	if err := DOCX(&b, letter()); err != nil {
		t.Fatal(err)
	}
	all := parts(t, b.Bytes())
	// The numbers of GB/T 9704—2012 in twentieths of a point: A4, margins of 37,
	// 35, 28 and 26 mm, lines of exactly 28 pt, 三号 and 二号.
	for part, wants := range map[string][]string{
		"word/document.xml": {`<w:pgSz w:w="11906" w:h="16838"/>`, `w:top="2098" w:right="1474" w:bottom="1984" w:left="1587"`, `<w:titlePg/>`, "𠮷野川、㙓若谷委员：", "水质&lt;公示&gt; &amp; 抽检", `<w:tblHeader/>`},
		"word/styles.xml":   {`w:eastAsia="仿宋_GB2312"`, `w:eastAsia="方正小标宋简体"`, `w:eastAsia="黑体"`, `w:eastAsia="楷体_GB2312"`, `w:line="560" w:lineRule="exact"`, `<w:sz w:val="32"/>`, `<w:sz w:val="44"/>`, `<w:kinsoku/>`, `<w:autoSpaceDN w:val="0"/>`},
		"word/header1.xml":  {"临川县水利局", `w:color="DC0000"`},
		"word/footer1.xml":  {`<w:jc w:val="right"/>`, " PAGE ", "— "},
		"word/footer2.xml":  {`<w:jc w:val="left"/>`},
		"word/settings.xml": {"<w:evenAndOddHeaders/>"},
	} {
		for _, want := range wants {
			if !strings.Contains(all[part], want) {
				t.Errorf("%s lacks %s", part, want)
			}
		}
	}
	// Twenty-eight characters of 三号 fit between the margins, not twenty-nine.
	size := 16 + math.Floor(tight*20)/20
	if w := 28 * size; w > textWidth+0.01 || w+size < textWidth {
		t.Errorf("28 characters take %.2f of %.2f points", w, textWidth)
	}
	if got := broken("关于临川县政协九届五次会议第1号提案的答复意见书"); got != "关于临川县政协九届五次会\n议第1号提案的答复意见书" {
		t.Errorf("a title is broken as %q", got)
	}
	b.Reset()
	if err := DOCX(&b, many(3)); err != nil {
		t.Fatal(err)
	}
	if doc := parts(t, b.Bytes())["word/document.xml"]; strings.Count(doc, "PAGEREF") != 3 || strings.Count(doc, "bookmarkStart") != 3 || strings.Count(doc, "<w:pageBreakBefore/>") != 3 || strings.Contains(doc, "titlePg") {
		t.Error("a collection has no contents, marks or pages")
	}
}

// Where everything stands, as the standard says; checked before it is drawn.
func TestLayout(t *testing.T) {
	l, err := lay(machine(t), letter())
	if err != nil {
		t.Fatal(err)
	}
	full := 0
	for n, s := range l.sheets {
		baselines := map[float64]bool{}
		for _, p := range s.pieces {
			end := p.x + l.measure(p.role, p.text, p.size, p.space) - p.space
			if p.x < marginLeft-0.01 || end > pageWidth-marginEdge+p.size*0.05 {
				t.Errorf("page %d: %q from %.1f to %.1f, beside the text", n+1, string(p.text), p.x, end)
			}
			if p.size == sizeBody && p.role == body && len(p.text) > 0 && strings.ContainsRune(notFirst, p.text[0]) {
				t.Errorf("a line begins with %q", string(p.text))
			}
			if p.role == body && p.size == sizeBody {
				baselines[p.y] = true
				if p.y > marginTop+textHeight {
					t.Errorf("page %d: %q below the text", n+1, string(p.text))
				}
			}
		}
		full = max(full, len(baselines))
	}
	if full != perPage {
		t.Errorf("a full page has %d lines", full)
	}
	first := l.sheets[0]
	if !first.letter || len(l.sheets) < 3 {
		t.Fatalf("%d pages", len(l.sheets))
	}
	name, mark := first.pieces[1], first.pieces[0]
	if top := name.y - 0.86*name.size; math.Abs(top-30*mm) > 1 || !name.red || string(name.text) != "临川县水利局" {
		t.Errorf("the organ's name is at %.1f mm: %q", top/mm, string(name.text))
	}
	if string(mark.text) != "A" || mark.y > marginTop {
		t.Errorf("the mark %q at %.1f mm", string(mark.text), mark.y/mm)
	}
	for _, r := range first.strokes[:4] {
		if math.Abs(r.dx-170*mm) > 0.1 || !r.red {
			t.Errorf("a red line of %.1f mm", r.dx/mm)
		}
	}
	for i, want := range map[int]string{1: "— 2 —", 2: "— 3 —"} {
		no := l.sheets[i].pieces[len(l.sheets[i].pieces)-1]
		if outside := no.x < pageWidth/2; string(no.text) != want || outside != (i%2 == 1) {
			t.Errorf("page number %q at %.0f", string(no.text), no.x)
		}
	}
}

func TestPDF(t *testing.T) {
	f := machine(t)
	text := func(d *Document) string {
		t.Helper()
		name := filepath.Join(t.TempDir(), "x.pdf")
		out, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.PDF(out, d); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := exec.LookPath("pdftotext"); err != nil {
			t.Skip("no pdftotext (scripts/setup.sh test)")
		}
		b, err := exec.Command("pdftotext", "-layout", name, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	got := text(letter())
	for _, want := range []string{"𠮷野川、㙓若谷委员：", "临水提〔2026〕12号", "一、已经做的工作", "水质<公示> & 抽检", "联系人：水清源", "抄送：县政协提案委员会，县政府督查室。", "— 2 —"} {
		if !strings.Contains(got, want) {
			t.Errorf("the PDF does not say %q", want)
		}
	}
	// Contents point to the pages where the documents are.
	pages := strings.Split(text(many(30)), "\f")
	listed := strip(pages[0] + pages[1])
	for i := range 30 {
		at := 0
		for n, p := range pages {
			if first, _, _ := strings.Cut(strings.TrimSpace(p), "\n"); strip(first) == fmt.Sprintf("关于第%d件事的提案", i+1) {
				at = n + 1
			}
		}
		entry := fmt.Sprintf("第%d号关于第%[1]d件事的提案", i+1)
		_, rest, found := strings.Cut(listed, entry)
		if rest = strings.TrimLeft(rest, "…"); at < 3 || !found || !strings.HasPrefix(rest, fmt.Sprint(at)) {
			t.Fatalf("%s is on page %d; the contents say %.20q", entry, at, rest)
		}
	}
}

// A character that no face has is an error that names it, never an empty box.
func TestMissing(t *testing.T) {
	f := machine(t)
	d := letter()
	d.To = "\U000F1234委员"
	var b bytes.Buffer
	err := f.PDF(&b, d)
	if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "U+F1234") || b.Len() > 0 {
		t.Errorf("%v, %d bytes", err, b.Len())
	}
	if err := NewFaces(t.TempDir()).PDF(&b, letter()); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "fonts") {
		t.Errorf("without a face: %v", err)
	}
	if err := DOCX(&b, d); err != nil {
		t.Errorf("docx: %v", err)
	}
}

// What an installation supplies comes first.
func TestOwnFaces(t *testing.T) {
	f := machine(t)
	from := f.chain[heading][0]
	b, err := os.ReadFile(from.file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "own"+filepath.Ext(from.file)), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "broken.ttf"), b[:100], 0o600); err != nil {
		t.Fatal(err)
	}
	own := NewFaces(dir, SystemFolders...)
	own.find()
	if got := own.chain[heading][0].file; !strings.HasPrefix(got, dir) {
		t.Errorf("headings are set in %s", got)
	}
	if err := NewFaces(dir).PDF(io.Discard, &Document{Title: "关于修路的提案", Body: []Block{P("正文。")}}); err != nil {
		t.Errorf("with nothing but its own: %v", err)
	}
}

// Whatever is written, nothing is lost, no line is too long unless it cannot be
// broken, and none begins or ends as it must not.
func TestBreakLines(t *testing.T) {
	width := func(r rune) float64 {
		if r < 0x2E80 {
			return 0.5
		}
		return 1
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("的了在是我有和人这中大为上个国，。、；：“”（）《》…—·ab1 ,.-")), 1, 200, -1).Draw(t, "text")
		room := rapid.Float64Range(8, 30).Draw(t, "room")
		lines := breakLines([]rune(text), room-2, room, width)
		joined := ""
		for i, line := range lines {
			w := 0.0
			for _, r := range line {
				w += width(r)
			}
			if w > room+0.02 {
				t.Fatalf("line %q is %.1f of %.1f wide", string(line), w, room)
			}
			joined += string(line)
			if i == 0 || len(line) == 0 {
				continue
			}
			before := lines[i-1]
			if len(before) > 0 && !mayBreak(before[len(before)-1], line[0]) {
				// Only where the line before holds no place to break at all.
				for j := 1; j < len(before); j++ {
					if mayBreak(before[j-1], before[j]) {
						t.Fatalf("%q | %q", string(before), string(line))
					}
				}
			}
		}
		if strip(joined) != strip(text) {
			t.Fatalf("lost: %q of %q", joined, text)
		}
	})
	for _, c := range []struct{ in, want string }{
		{"一二三四五六七，八", "一二三四五六|七，八"},
		{"一二三四五六“七八", "一二三四五六|“七八"},
		{"一二三四五abc123", "一二三四五|abc123"},
	} {
		var got []string
		for _, l := range breakLines([]rune(c.in), 7, 7, width) {
			got = append(got, string(l))
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%s: %s, want %s", c.in, s, c.want)
		}
	}
}

func strip(s string) string { return strings.Join(strings.Fields(s), "") }

// LibreOffice opens what we write, on as many pages as it should have.
func TestLibreOffice(t *testing.T) {
	if testing.Short() {
		t.Skip("starts LibreOffice")
	}
	for _, need := range []string{"soffice", "pdftotext"} {
		if _, err := exec.LookPath(need); err != nil {
			t.Skipf("no %s (scripts/setup.sh test)", need)
		}
	}
	dir := t.TempDir()
	for name, d := range map[string]*Document{"letter": letter(), "many": many(4)} {
		var b bytes.Buffer
		if err := DOCX(&b, d); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".docx"), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("soffice", "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to", "pdf", "--outdir", dir, filepath.Join(dir, "letter.docx"), filepath.Join(dir, "many.docx")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, wants := range map[string][]string{
		"letter": {"临川县水利局", "临水提〔2026〕12号", "𠮷野川、㙓若谷委员：", "— 2 —", "抄送：县政协提案委员会"},
		"many":   {"第4号　关于第4件事的提案", "— 5 —"},
	} {
		b, err := exec.Command("pdftotext", "-layout", filepath.Join(dir, name+".pdf"), "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(strip(string(b)), strip(want)) {
				t.Errorf("LibreOffice does not show %q of %s", want, name)
			}
		}
	}
}

// FuzzDOCX: whatever people write, the parts stay well-formed XML.
func FuzzDOCX(f *testing.F) {
	f.Add("关于<修路>&\x00的提案", "正文\n\u202e\xff第二段")
	f.Fuzz(func(t *testing.T, head, text string) {
		var b bytes.Buffer
		d := &Document{Head: head, Mark: text, DocNo: head, Title: head, To: text, Lead: text, Body: []Block{P(text), Of(&Table{Widths: []float64{1, 1}, Rows: [][]Cell{Row(head, text)}}), {Kind: Entry, Text: text, Link: head}}, Signature: []string{text}, Date: head, CopyTo: []string{text}}
		if err := DOCX(&b, d); err != nil {
			t.Fatal(err)
		}
		parts(t, b.Bytes())
	})
}

// FuzzFaces: a file that only looks like a typeface is no reason to fall over.
func FuzzFaces(f *testing.F) {
	f.Add([]byte("\x00\x01\x00\x00\x00\x01"))
	f.Add(pack(map[string][]byte{"head": make([]byte, 54), "hhea": make([]byte, 36), "hmtx": make([]byte, 4), "maxp": make([]byte, 6), "loca": make([]byte, 8), "glyf": make([]byte, 12), "cmap": cmapOf(map[uint16]uint16{0x4E00: 1}), "post": make([]byte, 32), "name": {0, 0, 0, 1, 0, 6}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := sfnts(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for _, x := range all {
			x.names()
			if g, err := x.glyphs(); err == nil && len(g) > 0 {
				if w, err := x.advances(); err == nil {
					for _, id := range g {
						w(id)
					}
				}
				_, _ = x.recoded(map[uint16]uint16{'a': 1})
			}
		}
	})
}

func TestWords(t *testing.T) {
	if _, err := lang.New(nil, Words); err != nil {
		t.Error(err)
	}
}

func BenchmarkPDF(b *testing.B) {
	f := machine(b)
	for b.Loop() {
		if err := f.PDF(io.Discard, letter()); err != nil {
			b.Fatal(err)
		}
	}
}
