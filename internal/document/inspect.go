package document

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/picture"
)

// content is what the bytes of a file say that it is, whatever its name.
type content string

const (
	isPDF     content = "pdf"
	isOFD     content = "ofd"
	isDOCX    content = "docx"
	isXLSX    content = "xlsx"
	isPPTX    content = "pptx"
	isDOC     content = "doc"
	isXLS     content = "xls"
	isJPG     content = "jpg"
	isPNG     content = "png"
	isWebP    content = "webp"
	isText    content = "txt"
	isHTML    content = "html"
	isArchive content = "zip"
	isProgram content = "exe"
	isOther   content = ""
)

// magic tells contents by their first bytes.
var magic = []struct {
	at     int
	prefix string
	is     content
}{
	{0, "%PDF-", isPDF},
	{0, "PK\x03\x04", isArchive}, // looked into further
	{0, "PK\x05\x06", isArchive},
	{0, compoundMagic, isOther}, // looked into further
	{0, "\xFF\xD8\xFF", isJPG},
	{0, "\x89PNG\r\n\x1a\n", isPNG},
	{8, "WEBP", isWebP}, // behind RIFF and a length
	{0, "Rar!\x1a\x07", isArchive},
	{0, "7z\xBC\xAF\x27\x1C", isArchive},
	{0, "\x1F\x8B", isArchive},
	{0, "BZh", isArchive},
	{0, "\xFD7zXZ\x00", isArchive},
	{257, "ustar", isArchive},
	{0, "MZ", isProgram},
	{0, "\x7FELF", isProgram},
	{0, "\xFE\xED\xFA\xCE", isProgram},
	{0, "\xFE\xED\xFA\xCF", isProgram},
	{0, "\xCE\xFA\xED\xFE", isProgram},
	{0, "\xCF\xFA\xED\xFE", isProgram},
	{0, "\xCA\xFE\xBA\xBE", isProgram},
	{0, "\x4C\x00\x00\x00\x01\x14\x02\x00", isProgram}, // a Windows shortcut
	{0, "#!", isProgram},
}

// macros are extensions of office files that may carry programs.
var macros = map[string]bool{
	"docm": true, "dotm": true, "xlsm": true, "xltm": true, "xlam": true, "xlsb": true,
	"pptm": true, "potm": true, "ppsm": true, "ppam": true,
}

// Messages about files, by what is wrong with them.
var (
	errEmpty     = errs.New(errs.Invalid, "文件是空的")
	errDamaged   = errs.New(errs.Invalid, "文件已经损坏，打不开；请重新保存后再上传")
	errEncrypted = errs.New(errs.Invalid, "文件设有密码或加密，请去掉密码后再上传")
	errMacros    = errs.New(errs.Invalid, "文件带有宏，请另存为不带宏的格式后再上传")
	errBomb      = errs.New(errs.TooLarge, "文件解压后过大，不能上传")
	errProgram   = errs.New(errs.Invalid, "不能上传程序文件")
	errHTML      = errs.New(errs.Invalid, "不能上传网页文件，请另存为 Word、PDF 或 Excel 文件后再上传")
	errArchive   = errs.New(errs.Invalid, "不能上传压缩包，请解压后逐个上传")
	errMoving    = errs.New(errs.Invalid, "不支持动态的 WebP 图片，请另存为 JPG 或 PNG 后再上传")
	errPixels    = errs.New(errs.TooLarge, "图片的尺寸过大，请缩小后再上传")
)

// Inspect returns what an uploaded file really is, by its content, if it may be
// kept: an allowed kind under an extension that says the same, not too large,
// whole, without password or macros, and harmless to unpack. Anything else is
// an Invalid or TooLarge error whose message tells the person what to do.
func Inspect(name string, r io.ReaderAt, size int64, lim Limits) (Kind, error) {
	ext := extension(name)
	if size <= 0 {
		return "", errEmpty
	}
	if size > lim.Most() {
		return "", tooLarge(lim.Most())
	}
	is, err := sniff(r, size, lim)
	switch {
	case err != nil:
		return "", err
	case is == isProgram:
		return "", errProgram
	case is == isHTML:
		return "", errHTML
	case is == isArchive:
		return "", errArchive
	case macros[ext]:
		return "", errMacros
	case ext == "":
		return "", errs.New(errs.Invalid, "文件名没有扩展名，看不出是什么文件")
	}
	known := false
	for _, k := range kinds {
		limit, allowed := lim.Kinds[k.kind]
		for _, e := range k.extensions {
			if e != ext || !allowed {
				continue
			}
			known = true
			if k.content != is {
				continue
			}
			if size > limit {
				return "", tooLarge(limit)
			}
			return k.kind, nil
		}
	}
	switch {
	case !known:
		return "", errs.New(errs.Invalid, "不支持 .%s 文件，可以上传：%s", ext, strings.Join(lim.Extensions(), " "))
	case is == isOther:
		return "", errs.New(errs.Invalid, "文件的扩展名是 .%s，内容却不是这种文件", ext)
	}
	return "", errs.New(errs.Invalid, "文件的扩展名是 .%s，内容却是 .%s 文件；请用正确的扩展名保存后再上传", ext, string(is))
}

// sniff tells what the bytes are, and refuses what is damaged, encrypted,
// carries macros or does not unpack within the limits.
func sniff(r io.ReaderAt, size int64, lim Limits) (content, error) {
	head := make([]byte, min(size, 1024))
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return "", errs.Because(err, errs.Invalid, errDamaged.Msg)
	}
	is, known := isOther, false
	for _, m := range magic {
		if m.at < len(head) && bytes.HasPrefix(head[m.at:], []byte(m.prefix)) {
			is, known = m.is, true
			break
		}
	}
	if is == isWebP && !bytes.HasPrefix(head, []byte("RIFF")) {
		is, known = isOther, false
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return sniffZip(r, size, lim)
	case bytes.HasPrefix(head, []byte(compoundMagic)):
		return sniffCompound(r, size)
	case is == isPDF:
		return is, checkPDF(r, size)
	case is == isJPG, is == isPNG, is == isWebP:
		switch _, err := picture.Check(io.NewSectionReader(r, 0, size)); {
		case errors.Is(err, picture.ErrTooLarge):
			return "", errPixels
		case errors.Is(err, picture.ErrMoving):
			return "", errMoving
		case err != nil:
			return "", errs.Because(err, errs.Invalid, errDamaged.Msg)
		}
		return is, nil
	case known:
		return is, nil
	}
	return sniffText(r, size)
}

// sniffText tells plain text from a web page and from bytes of no known kind.
func sniffText(r io.ReaderAt, size int64) (content, error) {
	b := make([]byte, size)
	if n, err := r.ReadAt(b, 0); n < len(b) {
		return "", errs.Because(err, errs.Invalid, errDamaged.Msg)
	}
	text, _, err := han.Decode(b)
	if err != nil {
		return isOther, nil
	}
	start := strings.ToLower(strings.TrimSpace(text[:min(len(text), 2048)]))
	for _, tag := range []string{"<!doctype", "<html", "<head", "<body", "<script", "<svg", "<iframe", "<?xml", "<meta", "<style", "<table", "<!--"} {
		if strings.HasPrefix(start, tag) {
			return isHTML, nil
		}
	}
	if strings.Contains(start, "<html") || strings.HasPrefix(start, "mime-version:") {
		return isHTML, nil
	}
	if strings.HasPrefix(start, `{\rtf`) {
		return isOther, nil
	}
	return isText, nil
}

// A PDF that needs a password says so in its trailer, which is never packed.
var pdfEncrypt = regexp.MustCompile(`/Encrypt[\x00\t\n\f\r ]*(<<|\d+[\x00\t\n\f\r ]+\d+[\x00\t\n\f\r ]+R)`)

func checkPDF(r io.ReaderAt, size int64) error {
	tail := make([]byte, min(size, 4096))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !bytes.Contains(tail, []byte("%%EOF")) {
		return errDamaged
	}
	// Blocks overlap so that a match across their border is seen.
	const block, overlap = 1 << 20, 256
	buf := make([]byte, min(size, block+overlap))
	for at := int64(0); at < size; at += block {
		n, err := r.ReadAt(buf, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if pdfEncrypt.Match(buf[:n]) {
			return errEncrypted
		}
	}
	return nil
}
