package pdftext

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"shangliang/internal/errs"
	"shangliang/internal/picture"
)

// Copy is a PDF that shows what another shows and carries nothing else.
type Copy struct {
	PDF []byte
	// Text is all text in it, hidden or shown: behind something, outside of the
	// page, in forms that nothing draws, in what is said for reading aloud.
	Text     string
	Pictures int // in it; what they show is not in Text
}

// Clean makes a copy of a PDF out of its pages alone: what they draw, with fonts
// and pictures. Who made it, when and with what, comments, form fields, attached
// files, programs, layers that were hidden, earlier versions and whatever no page
// needs are not copied. A file whose text cannot be read as a whole is an Invalid
// error: nobody could say what is in it.
func Clean(data []byte) (*Copy, error) {
	f := scan(data)
	if f.encrypted {
		return nil, errs.New(errs.Invalid, "PDF 已加密，读不出文字；请去掉密码和权限限制（例如重新打印为 PDF）后再试")
	}
	pages := f.pages()
	if len(pages) == 0 {
		return nil, errs.New(errs.Invalid, "PDF 已经损坏，没有找到页面；请重新导出后再试")
	}
	c := &copier{from: f, number: map[ref]ref{}}
	c.out = append(c.out, nil, nil) // the catalogue and the tree of pages
	kids := array{}
	for _, p := range pages {
		contents := c.contents(p.dict["Contents"])
		if contents == nil { // they are not in the file
			continue
		}
		page := dict{"Type": name("Page"), "Parent": ref(2), "Resources": c.copy(p.resources, 0), "Contents": contents}
		for _, key := range []name{"MediaBox", "CropBox", "Rotate"} {
			if v := f.inherited(p.dict, key); v != nil {
				page[key] = c.copy(v, 0)
			}
		}
		kids = append(kids, c.add(page))
	}
	if len(kids) == 0 {
		return nil, errs.New(errs.Invalid, "PDF 已经损坏，没有找到页面；请重新导出后再试")
	}
	c.finish()
	c.out[0] = dict{"Type": name("Catalog"), "Pages": ref(2)}
	c.out[1] = dict{"Type": name("Pages"), "Kids": kids, "Count": float64(len(kids))}
	if c.err != nil {
		return nil, c.err
	}
	copied := &Copy{PDF: c.write(), Pictures: c.pictures}
	var err error
	copied.Text, err = whole(copied.PDF)
	return copied, err
}

// inherited is a value of a page or of what it is part of.
func (f *file) inherited(d dict, key name) object {
	for range mostDepth {
		if v := f.get(d[key]); v != nil || d == nil {
			return v
		}
		d = f.dict(d["Parent"])
	}
	return nil
}

// copier copies objects into a new file.
type copier struct {
	from     *file
	out      []object    // the new objects; the number of the first is 1
	number   map[ref]ref // of the new object by the old
	todo     []ref       // old objects that have a number and are not copied yet
	pictures int
	err      error
}

func (c *copier) add(o object) ref {
	c.out = append(c.out, o)
	return ref(len(c.out))
}

// finish copies what was referred to.
func (c *copier) finish() {
	for len(c.todo) > 0 && c.err == nil {
		o := c.todo[0]
		c.todo = c.todo[1:]
		n := c.number[o]
		c.out[n-1] = c.copy(c.from.get(o), 0)
	}
}

// carried are the keys of what an object carries beside what it draws.
var carried = map[name]bool{"Metadata": true, "PieceInfo": true, "LastModified": true, "StructParent": true, "StructParents": true, "Annots": true,
	"AA": true, "OPI": true, "Alternates": true, "Measure": true, "PtData": true, "Thumb": true, "AcroForm": true, "EmbeddedFiles": true, "JavaScript": true, "Properties": true}

// carriedByStream are those of the dictionary of a stream; some of them only mean
// so there, elsewhere a font or a picture may be called like that.
var carriedByStream = with(carried, "F", "FFilter", "FDecodeParms", "DL", "OC", "AF", "Ref", "Length")

// packing are those that say how a stream was packed as well.
var packing = with(carriedByStream, "Filter", "DecodeParms")

func with(all map[name]bool, more ...name) map[name]bool {
	all = maps.Clone(all)
	for _, key := range more {
		all[key] = true
	}
	return all
}

// copy returns an object with all that it refers to in the new file.
func (c *copier) copy(o object, depth int) object {
	if depth > mostDepth {
		return nil
	}
	switch o := o.(type) {
	case ref:
		if n, done := c.number[o]; done {
			return n
		}
		to := c.from.get(o)
		if to == nil {
			return nil
		}
		n := c.add(nil)
		c.number[o] = n
		c.todo = append(c.todo, o) // not now: a chain of them may be as long as the file
		return n
	case array:
		all := make(array, len(o))
		for i, x := range o {
			all[i] = c.copy(x, depth+1)
		}
		return all
	case dict:
		return c.dict(o, carried, depth)
	case *stream:
		return c.stream(o, depth)
	}
	return o
}

func (c *copier) dict(d dict, but map[name]bool, depth int) dict {
	all := dict{}
	for _, key := range slices.Sorted(maps.Keys(d)) { // the same file gives the same copy
		if !but[key] && d[key] != nil {
			all[key] = c.copy(d[key], depth+1)
		}
	}
	return all
}

func (c *copier) stream(s *stream, depth int) object {
	raw := s.raw
	filters := c.from.filters(s)
	if c.from.name(s.dict["Subtype"]) == "Image" {
		c.pictures++
		switch {
		case slices.Contains(filters, "JPXDecode"):
			c.fail(errs.New(errs.Invalid, "PDF 里有 JPEG 2000 图片，查不出它带着什么；请重新打印为 PDF 后再试"))
		case slices.Equal(filters, []name{"DCTDecode"}), slices.Equal(filters, []name{"DCT"}):
			clean, kind, err := picture.Strip(raw)
			if err != nil || kind != picture.JPEG {
				c.fail(errs.Because(err, errs.Invalid, "PDF 里有损坏的图片；请重新打印为 PDF 后再试"))
			}
			raw = clean
		}
		return &stream{c.dict(s.dict, carriedByStream, depth), raw}
	}
	d := c.dict(s.dict, packing, depth)
	// What is no picture is unpacked and packed again, so that nothing lies
	// behind its end.
	if b := c.from.unpack(s); b != nil || len(filters) == 0 {
		if len(filters) == 0 {
			b = raw
		}
		d["Filter"] = name("FlateDecode")
		var packed bytes.Buffer
		z := zlib.NewWriter(&packed)
		z.Write(b) // into memory
		z.Close()
		raw = packed.Bytes()
	} else if len(filters) > 0 {
		c.fail(errs.New(errs.Invalid, "PDF 里有读不出的内容；请重新打印为 PDF 后再试"))
	}
	if c.from.unpacked >= mostUnpacked {
		c.fail(errs.New(errs.TooLarge, "PDF 太大，不能核对；请分成几个文件"))
	}
	return &stream{d, raw}
}

func (c *copier) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// filters are the names of a stream's filters.
func (f *file) filters(s *stream) (all []name) {
	if n := f.name(s.dict["Filter"]); n != "" {
		return []name{n}
	}
	for _, o := range f.array(s.dict["Filter"]) {
		all = append(all, f.name(o))
	}
	return all
}

// contents copies what a page draws.
func (c *copier) contents(o object) object {
	if a := c.from.array(o); a != nil {
		all := make(array, 0, len(a))
		for _, x := range a {
			all = append(all, c.copy(x, 0))
		}
		return all
	}
	return c.copy(o, 0)
}

// write writes the new file with its table.
func (c *copier) write() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	at := make([]int, len(c.out))
	for i, o := range c.out {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n", i+1)
		if s, ok := o.(*stream); ok {
			s.dict["Length"] = float64(len(s.raw))
			writeObject(&b, s.dict)
			b.WriteString("\nstream\n")
			b.Write(s.raw)
			b.WriteString("\nendstream")
		} else {
			writeObject(&b, o)
		}
		b.WriteString("\nendobj\n")
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(c.out)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(c.out)+1, table)
	return b.Bytes()
}

func writeObject(b *bytes.Buffer, o object) {
	switch o := o.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(o))
	case float64:
		b.WriteString(strconv.FormatFloat(o, 'f', -1, 64))
	case text:
		fmt.Fprintf(b, "<%X>", string(o))
	case name:
		b.WriteByte('/')
		for _, c := range []byte(o) {
			if c <= ' ' || c > '~' || c == '#' || isDelim(c) {
				fmt.Fprintf(b, "#%02X", c)
			} else {
				b.WriteByte(c)
			}
		}
	case ref:
		fmt.Fprintf(b, "%d 0 R", int(o))
	case array:
		b.WriteByte('[')
		for i, x := range o {
			if i > 0 {
				b.WriteByte(' ')
			}
			writeObject(b, x)
		}
		b.WriteByte(']')
	case dict:
		b.WriteString("<<")
		for _, key := range slices.Sorted(maps.Keys(o)) {
			b.WriteByte(' ')
			writeObject(b, key)
			b.WriteByte(' ')
			writeObject(b, o[key])
		}
		b.WriteString(" >>")
	default:
		b.WriteString("null")
	}
}

// whole reads all text of a copy, wherever it stands.
func whole(b []byte) (string, error) {
	f := scan(b)
	d := &drawing{file: f, fonts: map[int]*font{}}
	var out strings.Builder
	say := func(s string) {
		if s != "" {
			out.WriteString(s)
			out.WriteByte('\n')
		}
	}
	for _, p := range f.pages() {
		say(d.page(p))
	}
	shown := len([]rune(out.String()))
	hidden := func(s string) {
		if s != "" && !strings.Contains(out.String(), s) {
			say(s)
		}
	}
	if d.glyphs >= mostGlyphs || f.unpacked >= mostUnpacked {
		return "", errs.New(errs.TooLarge, "PDF 太大，不能核对；请分成几个文件")
	}
	if d.unknown > 5 && d.unknown > shown/50 {
		return "", errs.New(errs.Invalid, "PDF 的字体没有带文字编码，读不出文字；请用原来的 Word 文件，或重新导出 PDF")
	}
	for _, n := range slices.Sorted(maps.Keys(f.objects)) {
		o := f.objects[n]
		stringsOf(o, hidden)
		s, ok := o.(*stream)
		if !ok || f.name(s.dict["Subtype"]) == "Image" {
			continue
		}
		// Forms and patterns draw, also where no page calls them; everything
		// else that has operators is a page's own content, read again for what
		// is said beside the text.
		content := f.unpack(s)
		if f.name(s.dict["Subtype"]) == "Form" || s.dict["PatternType"] != nil {
			hidden(d.page(page{dict{"Contents": s}, resourcesOf(f, s)}))
		}
		spoken(content, hidden)
	}
	return out.String(), nil
}

// resourcesOf are a form's own, else those of the first page, which old programs
// let forms use.
func resourcesOf(f *file, s *stream) dict {
	if r := f.dict(s.dict["Resources"]); r != nil {
		return r
	}
	if all := f.pages(); len(all) > 0 {
		return all[0].resources
	}
	return nil
}

// spoken gives the texts in the dictionaries among the operators of a page: what
// is to be read aloud in place of something.
func spoken(content []byte, say func(string)) {
	if !bytes.Contains(content, []byte("BDC")) {
		return
	}
	l := &lexer{content, 0}
	for {
		o := l.next(0)
		switch o {
		case end{}:
			return
		case keyword("BI"):
			(&drawing{}).skipPicture(l)
		}
		if d, ok := o.(dict); ok {
			stringsOf(d, say)
		}
	}
}

// stringsOf gives the texts within an object.
func stringsOf(o object, say func(string)) {
	switch o := o.(type) {
	case text:
		say(plainText(o))
	case array:
		for _, x := range o {
			stringsOf(x, say)
		}
	case dict:
		for _, key := range slices.Sorted(maps.Keys(o)) {
			if key != "Registry" && key != "Ordering" && key != "CharSet" { // of fonts
				stringsOf(o[key], say)
			}
		}
	case *stream:
		stringsOf(o.dict, say)
	}
}

// plainText decodes a text that is not drawn in a font.
func plainText(s text) string {
	b := []byte(s)
	if bytes.HasPrefix(b, []byte("\xFE\xFF")) {
		var u []uint16
		for b = b[2:]; len(b) > 1; b = b[2:] {
			u = append(u, uint16(b[0])<<8|uint16(b[1]))
		}
		return string(utf16.Decode(u))
	}
	b = bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF"))
	if utf8.Valid(b) {
		return string(b)
	}
	return ""
}
