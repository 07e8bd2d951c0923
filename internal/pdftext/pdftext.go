// Package pdftext reads the text of a PDF, line by line in the order of its
// pages, whatever program made it.
//
// [Read] reads it; [Clean] makes a copy that carries nothing but what its pages
// draw, with all text that is in it, hidden or shown. The package finds the objects of a file by going through it,
// not by its table, so a damaged or hostile table matters nothing; what is
// unpacked, how deep it goes and how much it draws is bounded. Characters come
// from the maps to Unicode that fonts bring, else from the names of encodings.
// It owns no tables and does no I/O. It deliberately draws nothing, opens no
// encrypted file and recognises no letters in pictures.
package pdftext

import (
	"strings"
	"unicode"

	_ "embed"

	"shangliang/internal/errs"
)

// Words is the English of the package's messages, for package lang.
//
//go:embed en.tsv
var Words []byte

// What a file may hold.
const (
	mostUnpacked = 48 << 20  // bytes of all streams that are read
	mostPages    = 3000      //
	mostGlyphs   = 1_500_000 // characters drawn
	mostDepth    = 48        // of objects within each other, of forms, of the page tree
)

// Read returns the text of a PDF: a line for each line on its pages, with two
// wide blanks where a line is indented, and an empty line between pages. Errors
// are Invalid and say what to do.
func Read(data []byte) (string, error) {
	f := scan(data)
	if f.encrypted {
		return "", errs.New(errs.Invalid, "PDF 已加密，读不出文字；请去掉密码和权限限制（例如重新打印为 PDF）后再试")
	}
	pages := f.pages()
	if len(pages) == 0 {
		return "", errs.New(errs.Invalid, "PDF 已经损坏，没有找到页面；请重新导出后再试")
	}
	d := &drawing{file: f, fonts: map[int]*font{}}
	var out strings.Builder
	for _, p := range pages {
		if text := d.page(p); text != "" {
			if out.Len() > 0 {
				out.WriteByte('\n')
			}
			out.WriteString(text)
		}
	}
	text := out.String()
	switch known := len([]rune(text)); {
	case d.unknown > 20 && d.unknown > known/2:
		return "", errs.New(errs.Invalid, "PDF 的字体没有带文字编码，读不出文字；请用原来的 Word 文件，或重新导出 PDF")
	case !strings.ContainsFunc(text, unicode.IsLetter):
		return "", errs.New(errs.Invalid, "PDF 里没有文字，多半是扫描件；请先用识别软件转成文字，或用原来的 Word 文件")
	}
	return text, nil
}
