// Package docx reads the text of a Word file with the place of every character,
// and puts comments at places of it.
//
// [Open] gives a [File]; [File.Text] is what a reader sees of the body, a line
// for each paragraph; [File.Comment] notes a comment on a stretch of it and
// [File.Write] gives the file back with its comments, everything else as it was.
// It owns no tables and does no I/O. It deliberately makes no documents and
// leaves numbering, headers, footers and notes aside.
package docx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"

	_ "embed"

	"shangliang/internal/errs"
)

// Words is the English of the package's messages, for package lang.
//
//go:embed en.tsv
var Words []byte

// What a file may hold.
const (
	mostEntries  = 4000
	mostUnpacked = 64 << 20 // bytes of one part
	mostDepth    = 256      // elements within each other
)

var (
	errDamaged = errs.New(errs.Invalid, "Word 文件已经损坏，打不开；请用 Word 或 WPS 打开后另存为 .docx 再试")
	errTooBig  = errs.New(errs.TooLarge, "Word 文件解压后过大，不能读取")
)

// File is an opened Word file.
type File struct {
	zip      *zip.Reader
	main     string // name of the part with the body
	body     []byte // its bytes
	text     []rune
	pieces   []piece
	comments []comment
}

// piece is a stretch of the text that stands in one element of text, or what
// stands for one character: a tabulator, the end of a paragraph.
type piece struct {
	start, end int // code points of the text
	from, to   int // bytes of the body: the characters between the tags
	tag        int // byte behind the name in the opening tag of the element
	preserve   bool
	run        *run // nil for what stands for one character
}

// run is an element of characters with the same look.
type run struct {
	prefix     string // of its name: w
	properties []byte // the element of its look, as it stands
	from, to   int    // bytes of the body, with its tags
}

// Open reads a Word file. Errors are Invalid or TooLarge.
func Open(data []byte) (*File, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, errs.Because(err, errs.Invalid, errDamaged.Msg)
	}
	if len(z.File) > mostEntries {
		return nil, errTooBig
	}
	f := &File{zip: z, main: "word/document.xml"}
	if rels, err := f.part("_rels/.rels"); err == nil {
		if target := relation(rels, "/officeDocument"); target != "" {
			f.main = strings.TrimPrefix(path.Clean("/"+target), "/")
		}
	}
	if f.body, err = f.part(f.main); err != nil {
		return nil, err
	}
	if err := f.read(); err != nil {
		return nil, err
	}
	return f, nil
}

// Text returns the visible text of the body: a line for each paragraph and each
// row of a table, whose cells are separated by tabulators.
func (f *File) Text() string { return string(f.text) }

// part returns the bytes of a part.
func (f *File) part(name string) ([]byte, error) {
	for _, e := range f.zip.File {
		if !strings.EqualFold(strings.TrimPrefix(e.Name, "/"), name) {
			continue
		}
		if e.UncompressedSize64 > mostUnpacked {
			return nil, errTooBig
		}
		r, err := e.Open()
		if err != nil {
			return nil, errs.Because(err, errs.Invalid, errDamaged.Msg)
		}
		defer r.Close()
		b, err := io.ReadAll(io.LimitReader(r, mostUnpacked+1))
		switch {
		case err != nil:
			return nil, errs.Because(err, errs.Invalid, errDamaged.Msg)
		case len(b) > mostUnpacked:
			return nil, errTooBig
		}
		return b, nil
	}
	return nil, errDamaged
}

// relation returns the target of the relation whose type ends in suffix.
func relation(rels []byte, suffix string) string {
	d := xml.NewDecoder(bytes.NewReader(rels))
	for {
		t, err := d.Token()
		if err != nil {
			return ""
		}
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "Relationship" && strings.HasSuffix(attr(e, "Type"), suffix) {
			return attr(e, "Target")
		}
	}
}

func attr(e xml.StartElement, local string) string {
	for _, a := range e.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}
