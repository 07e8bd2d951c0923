package document

import (
	"bytes"
	"strings"
	"testing"

	"shangliang/internal/errs"
)

func TestInspect(t *testing.T) {
	word := "\xEC\xA5" + strings.Repeat("\x00", 30)
	lockedWord := "\xEC\xA5" + strings.Repeat("\x00", 9) + "\x01" + strings.Repeat("\x00", 20)
	excel := "\x09\x08\x02\x00\x00\x06\x0A\x00\x00\x00"
	lockedExcel := "\x09\x08\x02\x00\x00\x06\x2F\x00\x04\x00\x00\x00\x00\x00"
	lim := Defaults()
	lim.Kinds[ET] = mega
	xlsx := grid(t, [][]any{{"姓名"}, {"甲"}})
	for _, c := range []struct {
		name string
		body []byte
		want Kind
		err  error // by message; nil with an empty want means: some message holding says
		says string
	}{
		{"a.pdf", pdf(""), PDF, nil, ""},
		{"扫描件.PDF", pdf(""), PDF, nil, ""},
		{"a.docx", docx(), DOCX, nil, ""},
		{"a.xlsx", xlsx, XLSX, nil, ""},
		{"a.ofd", packed(part{"OFD.xml", "<ofd/>"}), OFD, nil, ""},
		{"a.doc", compoundFile(0, word, "Root Entry", "WordDocument"), DOC, nil, ""},
		{"a.wps", compoundFile(0, word, "Root Entry", "WordDocument"), WPS, nil, ""},
		{"big.doc", compoundFile(15000, word, "Root Entry", "WordDocument"), DOC, nil, ""},
		{"big.doc", compoundFile(15000, lockedWord, "Root Entry", "WordDocument"), "", errEncrypted, ""},
		{"a.xls", compoundFile(0, excel, "Root Entry", "Workbook"), XLS, nil, ""},
		{"a.et", compoundFile(0, excel, "Root Entry", "Workbook"), ET, nil, ""},
		{"a.jpg", photo(t, 8, 8), JPG, nil, ""},
		{"a.jpeg", photo(t, 8, 8), JPG, nil, ""},
		{"a.png", scan(t, 8, 8), PNG, nil, ""},
		{"a.txt", []byte("关于停车的建议\n"), TXT, nil, ""},
		{"a.txt", gbk("关于停车的建议\r\n"), TXT, nil, ""},
		{"a.csv", []byte("姓名,性别\n"), CSV, nil, ""},
		{"a.txt", []byte("1 < 2, <b>not a page</b>"), TXT, nil, ""},

		{"a.txt", nil, "", errEmpty, ""},
		{"a.txt", bytes.Repeat([]byte("a"), 2*mega+1), "", nil, "2 MB"},
		{"a.pdf", []byte("%PDF-1.7 cut off"), "", errDamaged, ""},
		{"a.pdf", pdf("/Encrypt 5 0 R"), "", errEncrypted, ""},
		{"a.pdf", append(bytes.Replace(pdf("/Encrypt 5 0 R"), []byte("%%EOF"), bytes.Repeat([]byte(" "), 3*mega), 1), "%%EOF"...), "", errEncrypted, ""},
		{"a.pdf", photo(t, 8, 8), "", nil, ".jpg"},
		{"a.xlsx", scan(t, 8, 8), "", nil, ".png"},
		{"a.docx", xlsx, "", nil, ".xlsx"},
		{"a.jpg", []byte("not a photograph"), "", nil, ".txt"},
		{"a.jpg", []byte("\xFF\xD8\xFFnot a photograph"), "", errDamaged, ""},
		{"a.png", hugePNG(t), "", errPixels, ""},
		{"a.webp", webp(0), WEBP, nil, ""},
		{"a.jpg", webp(0), "", nil, ".webp"},
		{"a.webp", webp(2), "", errMoving, ""},
		{"a.webp", webp(0)[:25], "", errDamaged, ""},
		{"a.txt", []byte("it says WEBP here"), TXT, nil, ""},
		{"a.zip", packed(part{"a.txt", "x"}), "", errArchive, ""},
		{"a.docx", packed(part{"a.txt", "x"}), "", errArchive, ""},
		{"a.docx", packed(part{"word/document.xml", "x"}), "", errDamaged, ""},
		{"a.docx", docx()[:60], "", errDamaged, ""},
		{"a.rar", []byte("Rar!\x1a\x07\x01\x00"), "", errArchive, ""},
		{"a.docx", docx(part{"word/vbaProject.bin", "x"}), "", errMacros, ""},
		{"a.docx", packed(part{"[Content_Types].xml", `<Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>`}, part{"word/document.xml", "x"}), "", errMacros, ""},
		{"a.docm", docx(), "", errMacros, ""},
		{"a.doc", compoundFile(0, word, "Root Entry", "WordDocument", "Macros"), "", errMacros, ""},
		{"a.xls", compoundFile(0, excel, "Root Entry", "Workbook", "_VBA_PROJECT_CUR"), "", errMacros, ""},
		{"a.docx", compoundFile(0, "", "Root Entry", "EncryptedPackage"), "", errEncrypted, ""},
		{"a.doc", compoundFile(0, lockedWord, "Root Entry", "WordDocument"), "", errEncrypted, ""},
		{"a.xls", compoundFile(0, lockedExcel, "Root Entry", "Workbook"), "", errEncrypted, ""},
		{"a.docx", docx(part{"word/media/zeros", strings.Repeat("\x00", 250*mega)}), "", errBomb, ""},
		{"a.docx", docx(part{"word/media/zeros", strings.Repeat("\x00", 30*mega)}), "", errBomb, ""},
		{"a.docx", lyingZip(300_000), "", errDamaged, ""},
		{"a.docx", docx(part{"../../etc/cron.d/x", "x"}), "", errDamaged, ""},
		{"a.docx", docx(part{"word/document.xml", "again"}), "", errDamaged, ""},
		{"a.html", []byte("<!DOCTYPE html><script>alert(1)</script>"), "", errHTML, ""},
		{"a.txt", []byte("\xEF\xBB\xBF \n<HTML><body>"), "", errHTML, ""},
		{"a.xls", []byte("<table><tr><td>姓名</td></tr></table>"), "", errHTML, ""},
		{"a.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "", errHTML, ""},
		{"a.pdf", []byte("MZ\x90\x00\x03"), "", errProgram, ""},
		{"a.txt", []byte("#!/bin/sh\nrm -rf /\n"), "", errProgram, ""},
		{"a.exe", []byte("\x7FELF\x02"), "", errProgram, ""},
		{"a", []byte("text"), "", nil, "没有扩展名"},
		{"a.md", []byte("text"), "", nil, ".docx"},
		{"a.pptx", packed(types, part{"ppt/presentation.xml", "x"}), "", nil, "不支持"},
		{"a.doc", []byte(`{\rtf1 text}`), "", nil, "不是这种文件"},
	} {
		got, err := Inspect(c.name, bytes.NewReader(c.body), int64(len(c.body)), lim)
		switch {
		case c.want != "":
			if got != c.want || err != nil {
				t.Errorf("%s (%.20q): %q, %v; want %q", c.name, c.body, got, err, c.want)
			}
		case c.err != nil:
			if err == nil || !strings.Contains(err.Error(), c.err.Error()) {
				t.Errorf("%s (%.20q): %q, %v; want %v", c.name, c.body, got, err, c.err)
			}
		default:
			if err == nil || !strings.Contains(err.Error(), c.says) || errs.KindOf(err) == errs.Internal {
				t.Errorf("%s (%.20q): %q, %v; want a message with %q", c.name, c.body, got, err, c.says)
			}
		}
	}
}

// Whatever is uploaded is either of an allowed kind or refused with a message.
func FuzzInspect(f *testing.F) {
	for _, b := range [][]byte{pdf(""), docx(), packed(part{"OFD.xml", "x"}), photo(f, 4, 4), scan(f, 4, 4),
		compoundFile(0, "x", "Root Entry", "WordDocument"), gbk("姓名,性别\n"), []byte("<html>")} {
		for _, name := range []string{"a.pdf", "a.docx", "a.doc", "a.txt"} {
			f.Add(name, b)
		}
	}
	lim := Defaults()
	lim.Unpacked = mega
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		k, err := Inspect(name, bytes.NewReader(b), int64(len(b)), lim)
		if err != nil {
			if errs.KindOf(err) == errs.Internal {
				t.Errorf("no message for the person: %v", err)
			}
			return
		}
		if _, ok := lim.Kinds[k]; !ok {
			t.Errorf("%q is not allowed", k)
		}
	})
}

func TestDisposition(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   Kind
		inline bool
		want   string
	}{
		{"a.pdf", PDF, true, `inline; filename="a.pdf"; filename*=UTF-8''a.pdf`},
		{"a.pdf", PDF, false, `attachment; filename="a.pdf"; filename*=UTF-8''a.pdf`},
		{"a.docx", DOCX, true, `attachment; filename="a.docx"; filename*=UTF-8''a.docx`},
		{"a.html", "html", true, `attachment; filename="a.html"; filename*=UTF-8''a.html`},
		{"a.svg", "svg", true, `attachment; filename="a.svg"; filename*=UTF-8''a.svg`},
		{"答复 1.pdf", PDF, true, `inline; filename="__ 1.pdf"; filename*=UTF-8''%E7%AD%94%E5%A4%8D%201.pdf`},
		{"a\"b\r\nX-Evil: 1.pdf", PDF, true, `inline; filename="a_bX-Evil_ 1.pdf"; filename*=UTF-8''a_bX-Evil_%201.pdf`},
		{`C:\docs\..\a%41.pdf`, PDF, true, `inline; filename="a_41.pdf"; filename*=UTF-8''a%2541.pdf`},
		{"", PDF, false, `attachment; filename="file"; filename*=UTF-8''file`},
	} {
		if got := Disposition(c.name, c.kind, c.inline); got != c.want {
			t.Errorf("Disposition(%q)\n got %s\nwant %s", c.name, got, c.want)
		}
	}
	if ContentType(PDF) != "application/pdf" || ContentType("html") != "application/octet-stream" {
		t.Error("content types")
	}
}

func TestFileName(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"../../etc/passwd", "passwd"},
		{"a\u202Efdp.exe", "afdp.exe"},
		{"...", "file"},
		{strings.Repeat("长", 100) + ".docx", strings.Repeat("长", 58) + ".docx"},
	} {
		if got := FileName(c.name); got != c.want {
			t.Errorf("FileName(%q) = %q, want %q", c.name, got, c.want)
		}
	}
}
