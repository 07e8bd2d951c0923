package pdftext

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"

	"shangliang/internal/errs"
)

// pdf makes a file of numbered objects, without a table: none is needed.
func pdf(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	for i, o := range objects {
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	b.WriteString("trailer\n<< /Root 1 0 R >>\n%%EOF\n")
	return b.Bytes()
}

// packed makes a stream of what is in it.
func packed(head, content string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write([]byte(content))
	z.Close()
	return fmt.Sprintf("<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream", head, b.Len(), b.String())
}

func plain(content string) string {
	return fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content)
}

// one makes a file with one page of content in font F, with more objects from 6 on.
func one(content, font string, more ...string) []byte {
	return pdf(append([]string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /Font << /F 4 0 R >> /XObject << /X 6 0 R >> >> >>",
		"<< /Type /Page /Parent 2 0 R /Contents 5 0 R >>",
		font, content,
	}, more...)...)
}

const latin = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"

func hex(b []byte) string { return fmt.Sprintf("<%X>", b) }

func TestRead(t *testing.T) {
	gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte("立案97件"))
	if err != nil {
		t.Fatal(err)
	}
	var utf16be []byte
	for _, u := range utf16.Encode([]rune("立案97件𠮷")) {
		utf16be = append(utf16be, byte(u>>8), byte(u))
	}
	composite := func(encoding, more string) string {
		return "<< /Type /Font /Subtype /Type0 /Encoding /" + encoding + " /DescendantFonts [<< /Subtype /CIDFontType0 /DW 1000 >>] " + more + " >>"
	}
	toUnicode := "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n1 begincodespacerange <0000> <FFFF> endcodespacerange\n" +
		"2 beginbfrange <0001> <0003> <4E00> <0010> <0011> [<7ACB> <6848>] endbfrange\n1 beginbfchar <0020> <4EF6> endbfchar\nendcmap"
	inObjStm := func() []byte {
		objects := []string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /Font << /F 4 0 R >> >> >>", "<< /Type /Page /Parent 2 0 R /Contents 6 0 R >>", latin}
		head, body := "", ""
		for i, o := range objects {
			head += fmt.Sprintf("%d %d ", i+1, len(body))
			body += o + " "
		}
		return []byte(fmt.Sprintf("%%PDF-1.5\n5 0 obj\n%s\nendobj\n6 0 obj\n%s\nendobj\n7 0 obj\n<< /Type /XRef /Root 1 0 R /Length 0 >>\nstream\n\nendstream\nendobj\nstartxref\n999999\n%%%%EOF",
			packed(fmt.Sprintf("/Type /ObjStm /N %d /First %d", len(objects), len(head)), head+body), plain("BT /F 12 Tf (Annual report) Tj ET")))
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"letters", one(plain("BT /F 12 Tf 50 700 Td (Annual \\(2025\\) r\\145port) Tj ET"), latin), "Annual (2025) report\n"},
		{"packed", one(packed("", "BT /F 12 Tf 50 700 Td (Annual) Tj ET"), latin), "Annual\n"},
		{"two lines", one(plain("BT /F 12 Tf 14 TL 50 700 Td (one) Tj T* (two) ' ET"), latin), "one\n\ntwo\n"},
		{"words apart", one(plain("BT /F 12 Tf 50 700 Td [(one) -600 (two) 20 (three)] TJ ET"), latin), "one twothree\n"},
		{"GBK", one(plain("BT /F 12 Tf 50 700 Td "+hex(gbk)+" Tj ET"), composite("GBK-EUC-H", "")), "立案97件\n"},
		{"UTF-16", one(plain("BT /F 12 Tf 50 700 Td "+hex(utf16be[:len(utf16be)-4])+" Tj ET"), composite("UniGB-UCS2-H", "")), "立案97件\n"},
		{"a map", one(plain("BT /F 12 Tf 50 700 Td <001000110020> Tj <0001> Tj ET"), composite("Identity-H", "/ToUnicode 6 0 R"), packed("", toUnicode)), "立案件一\n"},
		{"a form", one(plain("q 1 0 0 1 50 700 cm /X Do Q"), latin, strings.Replace(plain("BT /F 12 Tf (inside) Tj ET"), "<<", "<< /Type /XObject /Subtype /Form", 1)), "inside\n"},
		{"differences", one(plain("BT /F 12 Tf (ab) Tj ET"), "<< /Type /Font /Subtype /TrueType /Encoding << /Differences [97 /uni7ACB /u6848] >> >>"), "立案\n"},
		{"objects in a stream, a table that lies", inObjStm(), "Annual report\n"},
		{"a picture in the page", one(plain("BI /W 1 ID (((( EI BT /F 12 Tf (after) Tj ET"), latin), "after\n"},
	} {
		got, err := Read(c.file)
		if c.name == "two lines" {
			c.want = "one\ntwo\n"
			got = strings.ReplaceAll(got, "\n\n", "\n")
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	page := plain("BT /F 12 Tf (Annual report) Tj ET")
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"empty":     {[]byte("%PDF-1.4\n"), "没有找到页面"},
		"encrypted": {bytes.Replace(one(page, latin), []byte("/Root 1 0 R"), []byte("/Root 1 0 R /Encrypt 9 0 R"), 1), "已加密"},
		"a scan":    {one(plain("q 500 0 0 700 0 0 cm /X Do Q"), latin, "<< /Subtype /Image /Length 3 >>\nstream\nabc\nendstream"), "扫描件"},
		"no names":  {one(plain("BT /F 12 Tf <"+strings.Repeat("0102", 50)+"> Tj ET"), "<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [<< >>] >>"), "文字编码"},
	} {
		if _, err := Read(c.file); err == nil || errs.KindOf(err) != errs.Invalid || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want a message with %q", name, err, c.says)
		}
	}
}

// What is made to hurt does not: streams that grow, trees and forms that hold
// themselves, objects within each other, numbers beyond all bounds.
func TestHostile(t *testing.T) {
	bomb := packed("", strings.Repeat("BT /F 12 Tf (x) Tj ET ", 1<<20))
	many := make([]string, 40)
	for i := range many {
		many[i] = bomb
	}
	for name, file := range map[string][]byte{
		"a bomb":              one("[6 0 R 6 0 R 6 0 R 6 0 R 6 0 R 6 0 R 6 0 R 6 0 R 6 0 R]", latin, bomb),
		"forms in themselves": one(plain("/X Do /X Do"), latin, strings.Replace(plain("/X Do /X Do /X Do BT /F 12 Tf (x) Tj ET"), "<<", "<< /Subtype /Form /Resources << /XObject << /X 6 0 R >> /Font << /F 4 0 R >> >>", 1)),
		"a tree in itself":    pdf("<< /Type /Catalog /Pages 2 0 R >>", "<< /Kids [2 0 R 2 0 R 3 0 R] >>", "<< /Kids [2 0 R 3 0 R] >>"),
		"references in rings": pdf("<< /Type /Catalog /Pages 2 0 R >>", "3 0 R", "2 0 R"),
		"arrays in arrays":    one(plain(strings.Repeat("[", 1<<20)), latin),
		"dicts in dicts":      pdf(strings.Repeat("<</A ", 1<<20)),
		"numbers":             one(plain("BT /F 1e300 Tf 1e300 0 0 1e300 1e300 1e300 Tm 1e300 1e300 Td (x) Tj ET"), "<< /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [<< /W [0 999999999999 500 99999999999 [1]] >>] >>"),
	} {
		start := time.Now()
		if _, err := Read(file); err != nil && errs.KindOf(err) == errs.Internal {
			t.Errorf("%s: %v", name, err)
		}
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s took %v", name, d)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(one(plain("BT /F 12 Tf 50 700 Td [(one) -600 (two)] TJ T* (x) ' ET"), latin))
	f.Add(one(plain("BT /F 12 Tf <001000110020> Tj ET"), "<< /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [<< /W [1 [500 600] 7 9 300] >>] /ToUnicode 6 0 R >>",
		plain("1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfrange <0010> <0020> <7ACB> endbfrange 1 beginbfchar <01> <4E00> endbfchar")))
	f.Add(one(plain("BT /F 12 Tf (ab) Tj ET BI ID x EI"), "<< /Subtype /Type3 /FontMatrix [.001 0 0 .001 0 0] /Encoding << /Differences [97 /uni7ACB] >> /FirstChar 97 /Widths [500] >>"))
	f.Add([]byte("%PDF-1.5\n5 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Length 40 >>\nstream\n1 0 << /Type /Catalog /Pages 2 0 R >>\nendstream"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Read(b)
		if err != nil && errs.KindOf(err) == errs.Internal {
			t.Errorf("no message for the person: %v", err)
		}
		if strings.ContainsRune(s, 0) {
			t.Errorf("%q", s)
		}
	})
}
