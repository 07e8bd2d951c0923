// Package document reads and writes the files of an office: tables that come in
// as xlsx or csv and go out again, and uploads whose real kind must be known
// before they are kept.
//
// Main types: [Table] with [Column], [Record] and [Problem] for what comes in,
// [Sheet] for what goes out, [Kind] and [Limits] for uploads. It owns no tables
// of the database and keeps no files (package blob does). It deliberately
// changes nothing in an upload and never runs what is in one: formulas are read
// as the values they last had.
package document

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	_ "embed"

	"shangliang/internal/errs"
)

// Words is the English of the package's messages, for package lang.
//
//go:embed en.tsv
var Words []byte

// Kind is what a file really is.
type Kind string

// The kinds that can be allowed.
const (
	PDF  Kind = "pdf"
	OFD  Kind = "ofd" // 版式文件
	DOCX Kind = "docx"
	XLSX Kind = "xlsx"
	PPTX Kind = "pptx"
	DOC  Kind = "doc"
	XLS  Kind = "xls"
	WPS  Kind = "wps"
	ET   Kind = "et"
	JPG  Kind = "jpg"
	PNG  Kind = "png"
	WEBP Kind = "webp"
	TXT  Kind = "txt"
	CSV  Kind = "csv"
)

// kinds says of each kind the extensions it goes by, the content that proves
// it, how it is served, and whether a browser may show it in place.
var kinds = []struct {
	kind       Kind
	content    content
	mime       string
	inline     bool
	extensions []string
}{
	{PDF, isPDF, "application/pdf", true, []string{"pdf"}},
	{OFD, isOFD, "application/ofd", false, []string{"ofd"}},
	{DOCX, isDOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", false, []string{"docx"}},
	{XLSX, isXLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", false, []string{"xlsx"}},
	{PPTX, isPPTX, "application/vnd.openxmlformats-officedocument.presentationml.presentation", false, []string{"pptx"}},
	{DOC, isDOC, "application/msword", false, []string{"doc"}},
	{XLS, isXLS, "application/vnd.ms-excel", false, []string{"xls"}},
	{WPS, isDOC, "application/vnd.ms-works", false, []string{"wps"}},
	{ET, isXLS, "application/vnd.ms-excel", false, []string{"et"}},
	{JPG, isJPG, "image/jpeg", true, []string{"jpg", "jpeg"}},
	{PNG, isPNG, "image/png", true, []string{"png"}},
	{WEBP, isWebP, "image/webp", true, []string{"webp"}},
	{TXT, isText, "text/plain; charset=utf-8", false, []string{"txt"}},
	{CSV, isText, "text/csv; charset=utf-8", false, []string{"csv", "tsv"}},
}

// Limits says what is allowed. They are data: a tenant's rules may narrow them.
type Limits struct {
	Kinds    map[Kind]int64 // what may come in, and how many bytes of it
	Entries  int            // files inside a packed document
	Unpacked int64          // bytes of a packed document when unpacked
	Ratio    int64          // times that a packed document may grow when unpacked
	Rows     int            // of a table, without its header
	Columns  int            // of a table
}

const mega = 1 << 20

// Defaults returns the limits that hold where nobody set others.
func Defaults() Limits {
	return Limits{
		Kinds: map[Kind]int64{
			PDF: 50 * mega, OFD: 50 * mega,
			DOCX: 20 * mega, DOC: 20 * mega, WPS: 20 * mega,
			XLSX: 20 * mega, XLS: 20 * mega, CSV: 20 * mega,
			JPG: 20 * mega, PNG: 20 * mega, WEBP: 20 * mega, TXT: 2 * mega,
		},
		Entries:  2000,
		Unpacked: 200 * mega,
		Ratio:    100,
		Rows:     20_000,
		Columns:  200,
	}
}

// Most returns the largest size that any allowed kind may have: what a request
// body may hold.
func (l Limits) Most() int64 {
	most := int64(0)
	for _, n := range l.Kinds {
		most = max(most, n)
	}
	return most
}

// Extensions lists the allowed extensions with their dots, as the accept
// attribute of a file field wants them.
func (l Limits) Extensions() []string {
	var all []string
	for _, k := range kinds {
		if _, ok := l.Kinds[k.kind]; ok {
			for _, e := range k.extensions {
				all = append(all, "."+e)
			}
		}
	}
	return all
}

// only returns the limits with fewer kinds.
func (l Limits) only(ks ...Kind) Limits {
	l.Kinds = maps.Clone(l.Kinds)
	maps.DeleteFunc(l.Kinds, func(k Kind, _ int64) bool { return !slices.Contains(ks, k) })
	return l
}

// Bytes writes a size for a person.
func Bytes(n int64) string {
	switch {
	case n >= mega:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/mega), ".0") + " MB"
	case n >= 1024:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/1024), ".0") + " KB"
	}
	return fmt.Sprintf("%d B", n)
}

func tooLarge(limit int64) error {
	return errs.New(errs.TooLarge, "文件超过了 %s 的上限", Bytes(limit))
}

// ContentType returns how a file of this kind is served; anything unknown is
// bytes to be saved.
func ContentType(k Kind) string {
	for _, info := range kinds {
		if info.kind == k {
			return info.mime
		}
	}
	return "application/octet-stream"
}

// Inline reports whether a browser may show the kind in place: only what can
// run nothing, so never HTML or SVG.
func Inline(k Kind) bool {
	for _, info := range kinds {
		if info.kind == k {
			return info.inline
		}
	}
	return false
}

// Disposition returns the Content-Disposition of a file under the name a person
// gave it (RFC 6266 and RFC 5987): shown in place if asked and [Inline] allows
// it, saved otherwise.
func Disposition(name string, k Kind, inline bool) string {
	how := "attachment"
	if inline && Inline(k) {
		how = "inline"
	}
	name = FileName(name)
	var ascii, encoded strings.Builder
	for _, r := range name {
		if r < 0x7F && r >= ' ' && r != '"' && r != '\\' && r != '%' {
			ascii.WriteRune(r)
		} else {
			ascii.WriteByte('_')
		}
		for _, b := range []byte(string(r)) {
			if 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte("!#$&+-.^_`|~", b) >= 0 {
				encoded.WriteByte(b)
			} else {
				fmt.Fprintf(&encoded, "%%%02X", b)
			}
		}
	}
	return fmt.Sprintf("%s; filename=%q; filename*=UTF-8''%s", how, ascii.String(), encoded.String())
}

// longestName is how many bytes a file name may have on the systems it will be
// saved on.
const longestName = 180

// FileName returns the name without folders and without characters that some
// system refuses in names or shows in another order; never empty. The extension
// is kept when the name is shortened.
func FileName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, "_"), "\\", "/"))
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		case strings.ContainsRune(`/:*?"<>|`, r):
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(name, ". ")
	if len(name) > longestName {
		ext := path.Ext(name)
		if len(ext) > 10 {
			ext = ""
		}
		cut := longestName - len(ext)
		for !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = name[:cut] + ext
	}
	if name == "" || name == "_" {
		return "file"
	}
	return name
}

// extension returns the extension of a name in lower case, without its dot.
func extension(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(strings.TrimSpace(name)), "."))
}
