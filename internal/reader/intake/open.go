package intake

import (
	"bytes"
	"path"
	"strings"
	"unicode"

	"shangliang/internal/document"
	"shangliang/internal/docx"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/pdftext"
)

// most is how many bytes of a file are read: no report comes near it.
const most = 20 << 20

// Open reads a file by what its bytes are, its name deciding only what they
// leave open. Errors are Invalid or TooLarge and say what to do.
func Open(name string, data []byte) (Source, error) {
	switch {
	case len(data) == 0:
		return Source{}, errs.New(errs.Invalid, "文件是空的")
	case len(data) > most:
		return Source{}, errs.New(errs.TooLarge, "文件有 %d MB，超过了 %d MB 的上限；请只留报告正文，另存后再试", len(data)>>20, most>>20)
	}
	src := Source{Name: name}
	var err error
	switch {
	case bytes.HasPrefix(bytes.TrimLeft(data[:min(len(data), 1024)], " \t\r\n\x00\xEF\xBB\xBF"), []byte("%PDF-")):
		src.Kind = PDF
		src.Text, err = readPDF(data)
	case isPacked(data) || extension(name) == ".docx" || extension(name) == ".pdf":
		src.Kind = DOCX
		src.Text, err = readWord(name, data)
	default:
		src.Kind = TXT
		if src.Text, src.Encoding, err = han.Decode(data); err == nil && isPage(name, src.Text) {
			src.Kind = HTML
			src.Text, src.outside, src.span = readPage(src.Text)
		}
	}
	if err != nil {
		return Source{}, err
	}
	if !strings.ContainsFunc(src.Text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return Source{}, errs.New(errs.Invalid, "文件里没有文字")
	}
	return src, nil
}

// isPacked reports whether a file is an archive, an old office file or a
// picture: none of them is text.
func isPacked(data []byte) bool {
	for _, magic := range []string{"PK\x03\x04", "PK\x05\x06", "\xD0\xCF\x11\xE0", "\x89PNG", "\xFF\xD8\xFF", "GIF8", "BM", "II*\x00", "MM\x00*", "Rar!", "7z\xBC\xAF", "\x1F\x8B", "{\\rtf"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return true
		}
	}
	return false
}

// readWord reads a Word file, after looking that it is one and no bomb.
func readWord(name string, data []byte) (string, error) {
	if ext := extension(name); (ext == "" || strings.Contains(ext, "txt") || strings.Contains(ext, "htm")) && bytes.HasPrefix(data, []byte("PK")) {
		name = strings.TrimSuffix(name, path.Ext(name)) + ".docx" // what such archives mostly are
	}
	lim := document.Defaults()
	switch kind, err := document.Inspect(name, bytes.NewReader(data), int64(len(data)), lim); {
	case err != nil:
		return "", err
	case kind == document.DOC || kind == document.WPS:
		return "", errs.New(errs.Invalid, "这是旧版 Word 文件，请用 Word 或 WPS 打开后另存为 .docx 再试")
	case kind != document.DOCX:
		return "", errs.New(errs.Invalid, "这是 .%s 文件，不能当作报告来读；请用文本、网页、.docx 或带文字的 PDF", kind)
	}
	f, err := docx.Open(data)
	if err != nil {
		return "", err
	}
	return f.Text(), nil
}

// extension returns the extension of a name in lower case, with its dot.
func extension(name string) string { return strings.ToLower(path.Ext(strings.TrimSpace(name))) }

// readPDF reads the text of a PDF.
func readPDF(data []byte) (string, error) { return pdftext.Read(data) }
