package pdftext

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"shangliang/internal/errs"
)

// carriedMark is what must be in no copy.
const carriedMark = "carried7f3a"

// everything is all bytes of a file, those of its packed streams too.
func everything(b []byte) string {
	f := scan(b)
	all := string(b)
	for _, o := range f.objects {
		if s, ok := o.(*stream); ok {
			all += string(f.unpack(s))
		}
	}
	return all
}

// photo is a JPEG that says where it was taken.
func photo(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	exif := "Exif\x00\x00" + carriedMark
	return "\xFF\xD8\xFF\xE1\x00" + string(rune(len(exif)+2)) + exif + b.String()[2:]
}

// laden is a file that carries everything that a PDF can.
func laden(t *testing.T) []byte {
	t.Helper()
	picture := photo(t)
	b := pdf(
		fmt.Sprintf("<< /Type /Catalog /Pages 2 0 R /Metadata 7 0 R /OpenAction << /S /JavaScript /JS (%s) >> /Names << /EmbeddedFiles << /Names [(a) 8 0 R] >> >> /AcroForm << /Fields [9 0 R] >> >>", carriedMark),
		"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 300 200] /Resources << /Font << /F 4 0 R /A 4 0 R >> /XObject << /X 6 0 R /P 10 0 R >> /Pattern << /T 11 0 R >> >> >>",
		"<< /Type /Page /Parent 2 0 R /Contents 5 0 R /Annots [9 0 R] /PieceInfo << /X << /LastModified (D:2026) /Private ("+carriedMark+") >> >> >>",
		latin,
		packed("", "BT /F 12 Tf 20 150 Td (shown) Tj /A 12 Tf 3 Tr 0 -900 Td (behind) Tj ET /Span << /ActualText <FEFF8BF451FA6765> >> BDC EMC q 10 0 0 10 0 0 cm /P Do Q"),
		packed("/Type /XObject /Subtype /Form /BBox [0 0 9 9]", "BT /F 9 Tf (undrawn) Tj ET"),
		plain("<xmp>"+carriedMark+"</xmp>"),
		"<< /Type /Filespec /EF << /F 7 0 R >> /Desc ("+carriedMark+") >>",
		"<< /Type /Annot /Subtype /Text /Contents ("+carriedMark+") /Rect [0 0 9 9] >>",
		fmt.Sprintf("<< /Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode /Metadata 7 0 R /Length %d >>\nstream\n%s\nendstream", len(picture), picture),
		packed("/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 9 /YStep 9 /Resources << /Font << /F 4 0 R >> >>", "BT /F 9 Tf (tiled) Tj ET"),
		"<< /Producer ("+carriedMark+") /Author ("+carriedMark+") >>",
		packed("", "BT /F 12 Tf (an earlier version "+carriedMark+") Tj ET"),
	)
	return append(bytes.Replace(b, []byte("/Root 1 0 R"), []byte("/Root 1 0 R /Info 12 0 R"), 1), "\n% "+carriedMark+"\n"...)
}

// What a file carries is not in its copy; what its pages draw is, and all its
// text is read, wherever it hides.
func TestClean(t *testing.T) {
	b := laden(t)
	if strings.Count(everything(b), carriedMark) < 9 {
		t.Fatal("the file carries too little")
	}
	c, err := Clean(b)
	if err != nil {
		t.Fatal(err)
	}
	if all := everything(c.PDF); strings.Contains(all, carriedMark) || strings.Contains(all, "Metadata") || strings.Contains(all, "JavaScript") {
		t.Errorf("it is in the copy: %q", all)
	}
	for _, words := range []string{"shown", "behind", "undrawn", "tiled", "说出来"} {
		if !strings.Contains(c.Text, words) {
			t.Errorf("%q is not read: %q", words, c.Text)
		}
	}
	if c.Pictures != 1 {
		t.Errorf("%d pictures", c.Pictures)
	}
	again, err := Clean(c.PDF)
	if err != nil || again.Text != c.Text || !bytes.Equal(again.PDF, c.PDF) {
		t.Errorf("cleaned twice it is another: %v\n%q\n%q", err, again.PDF, c.PDF)
	}
	if twice, err := Clean(b); err != nil || !bytes.Equal(twice.PDF, c.PDF) {
		t.Errorf("the same file gives another copy: %v", err)
	}
}

func TestCleanRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"no PDF":                 {[]byte("x"), "没有找到页面"},
		"encrypted":              {append(one(plain("BT /F 9 Tf (a) Tj ET"), latin), "trailer << /Root 1 0 R /Encrypt 9 0 R >>"...), "已加密"},
		"JPEG 2000":              {one(plain("/X Do"), latin, "<< /Subtype /Image /Filter /JPXDecode /Length 1 >>\nstream\nx\nendstream"), "JPEG 2000"},
		"a picture that is none": {one(plain("/X Do"), latin, "<< /Subtype /Image /Filter /DCTDecode /Length 1 >>\nstream\nx\nendstream"), "损坏的图片"},
		"an unknown filter":      {one(plain("/X Do"), latin, "<< /Subtype /Form /Filter /LZWDecode /Length 1 >>\nstream\nx\nendstream"), "读不出的内容"},
		"a font that says nothing": {one(plain("BT /F 9 Tf <"+strings.Repeat("00410042", 40)+"> Tj ET"),
			"<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [<< /Type /Font /Subtype /CIDFontType2 >>] >>"), "字体没有带文字编码"},
	} {
		if _, err := Clean(c.b); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var chain []string // each object refers to the next: as deep as the file is long
	for i := range 50_000 {
		chain = append(chain, fmt.Sprintf("<< /Next %d 0 R >>", i+7))
	}
	if _, err := Clean(one(plain("/X Do"), latin, chain...)); err != nil {
		t.Errorf("a long chain: %v", err)
	}
}

// What real programs make looks the same to the pixel as a copy, and reads the
// same.
func TestCleanLooksTheSame(t *testing.T) {
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		t.Skip("no pdftoppm")
	}
	draw := func(t *testing.T, b []byte) []byte {
		t.Helper()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.pdf"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if said, err := exec.Command("pdftoppm", "-r", "60", "-png", "-singlefile", filepath.Join(dir, "a.pdf"), filepath.Join(dir, "a")).CombinedOutput(); err != nil || len(said) > 0 {
			t.Errorf("%v: %s", err, said)
		}
		png, err := os.ReadFile(filepath.Join(dir, "a.png"))
		if err != nil {
			t.Fatal(err)
		}
		return png
	}
	for name, make := range map[string]func(t *testing.T) []byte{"Chromium": chromiumMakes, "LibreOffice": libreOfficeMakes, "laden": laden} {
		t.Run(name, func(t *testing.T) {
			b := make(t)
			c, err := Clean(b)
			if err != nil {
				t.Fatal(err)
			}
			if name != "laden" { // its note is drawn by some
				if !bytes.Equal(draw(t, b), draw(t, c.PDF)) {
					t.Error("the copy looks different")
				}
				compare(t, c.PDF)
				for _, key := range []string{"/Producer", "/Creator", "/CreationDate", "/Metadata", "Skia", "LibreOffice"} {
					if strings.Contains(everything(c.PDF), key) {
						t.Errorf("%s is in the copy", key)
					}
				}
			} else if len(draw(t, c.PDF)) == 0 {
				t.Error("nothing is drawn")
			}
			if again, err := Clean(c.PDF); err != nil || !bytes.Equal(again.PDF, c.PDF) || again.Text != c.Text {
				t.Errorf("cleaned twice it is another: %v", err)
			}
			t.Logf("%d bytes of %d", len(c.PDF), len(b))
		})
	}
}

func FuzzClean(f *testing.F) {
	f.Add(one(plain("BT /F 9 Tf (a) Tj ET"), latin))
	f.Add(one(packed("", "BT /F 9 Tf (a) Tj ET /X Do"), latin, packed("/Subtype /Form", "BT (b) Tj ET")))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Clean(b)
		if err != nil {
			return
		}
		if again, err := Clean(c.PDF); err == nil && (again.Text != c.Text || again.Pictures != c.Pictures) {
			t.Errorf("the copy of the copy is another\n%q\n%q\n%q", c.PDF, c.Text, again.Text)
		}
	})
}
