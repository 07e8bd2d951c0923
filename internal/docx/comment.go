package docx

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"shangliang/internal/errs"
)

// comment is a note on a stretch of the text.
type comment struct {
	start, end   int
	author, text string
}

// Comment notes a comment on the code points [start, end) of the text. Lines of
// the comment are paragraphs. It reports whether there is text at that place.
func (f *File) Comment(start, end int, author, text string) bool {
	if first, last := f.within(start, end); first < 0 || last < 0 {
		return false
	}
	f.comments = append(f.comments, comment{start, end, author, text})
	return true
}

// within returns the first and the last piece of runs that a stretch touches,
// -1 if there is none.
func (f *File) within(start, end int) (first, last int) {
	first, last = -1, -1
	i, _ := slices.BinarySearchFunc(f.pieces, start, func(p piece, at int) int { return cmp.Compare(p.end, at+1) })
	for ; i < len(f.pieces) && f.pieces[i].start < end; i++ {
		if f.pieces[i].run == nil {
			continue
		}
		if first < 0 {
			first = i
		}
		last = i
	}
	return first, last
}

// insertion is bytes that come into the body at a place. Where several stand at
// one place, ends come before beginnings.
type insertion struct {
	at, order int
	bytes     string
}

const (
	wordNS       = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	relationNS   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	commentsType = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
)

// Write returns the file with the comments noted so far, which are said to be
// made at a time. Parts that comments do not touch are copied byte by byte.
func (f *File) Write(at time.Time) ([]byte, error) {
	changed := map[string][]byte{}
	if len(f.comments) > 0 {
		if err := f.annotate(changed, at); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range f.zip.File {
		b, ok := changed[e.Name]
		if !ok {
			if err := w.Copy(e); err != nil {
				return nil, errs.Because(err, errs.Invalid, errDamaged.Msg)
			}
			continue
		}
		delete(changed, e.Name)
		if err := write(w, zip.FileHeader{Name: e.Name, Method: zip.Deflate, Modified: e.Modified}, b); err != nil {
			return nil, err
		}
	}
	for name, b := range changed {
		if err := write(w, zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at}, b); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func write(w *zip.Writer, h zip.FileHeader, b []byte) error {
	part, err := w.CreateHeader(&h)
	if err != nil {
		return err
	}
	_, err = io.Copy(part, bytes.NewReader(b))
	return err
}

// annotate makes the parts that the comments change.
func (f *File) annotate(changed map[string][]byte, at time.Time) error {
	dir := path.Dir(f.main)
	relsName := path.Join(dir, "_rels", path.Base(f.main)+".rels")
	rels, err := f.part(relsName)
	if err != nil {
		rels = []byte(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
			`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>`)
	}
	types, err := f.part("[Content_Types].xml")
	if err != nil {
		return err
	}
	name := path.Join(dir, "comments.xml")
	var part []byte
	if target := relation(rels, "/comments"); target != "" {
		if name = path.Join(dir, target); strings.HasPrefix(target, "/") {
			name = strings.TrimPrefix(target, "/")
		}
		if part, err = f.part(name); err != nil {
			return err
		}
	} else {
		part = []byte(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" + `<w:comments xmlns:w="` + wordNS + `"></w:comments>`)
		if rels, err = before(rels, "</", "Relationships>", fmt.Sprintf(
			`<Relationship Id="%s" Type="%s/comments" Target="comments.xml"/>`, freeID(rels), relationNS)); err != nil {
			return err
		}
		if types, err = before(types, "</", "Types>", fmt.Sprintf(`<Override PartName="/%s" ContentType="%s"/>`, name, commentsType)); err != nil {
			return err
		}
		changed[f.entry(relsName)], changed[f.entry("[Content_Types].xml")] = rels, types
	}
	id := nextComment(part)
	var notes strings.Builder
	var into []insertion
	kept := map[int]bool{} // the elements of text that were told to keep their blanks
	for _, c := range f.comments {
		fmt.Fprintf(&notes, `<w:comment xmlns:w="%s" w:id="%d" w:author="%s" w:date="%s" w:initials="%s">`,
			wordNS, id, escape(c.author), at.UTC().Format("2006-01-02T15:04:05Z"), escape(initial(c.author)))
		for line := range strings.SplitSeq(c.text, "\n") {
			fmt.Fprintf(&notes, `<w:p><w:r><w:t xml:space="preserve">%s</w:t></w:r></w:p>`, escape(line))
		}
		notes.WriteString(`</w:comment>`)
		into = append(into, f.mark(c, id, kept)...)
		id++
	}
	if part, err = before(part, "</", "comments>", notes.String()); err != nil {
		return err
	}
	changed[f.entry(name)] = part
	changed[f.entry(f.main)] = insert(f.body, into)
	return nil
}

// mark returns what a comment brings into the body: marks around its stretch,
// whose runs are cut where it begins and ends within them.
func (f *File) mark(c comment, id int, kept map[int]bool) []insertion {
	first, last := f.within(c.start, c.end)
	a, b := &f.pieces[first], &f.pieces[last]
	ap, bp := a.run.prefix, b.run.prefix
	var into []insertion
	begin := fmt.Sprintf(`<%s %s="%d"/>`, qualified(ap, "commentRangeStart"), qualified(ap, "id"), id)
	end := fmt.Sprintf(`<%s %s="%d"/><%s><%s %s="%d"/></%s>`, qualified(bp, "commentRangeEnd"), qualified(bp, "id"), id,
		qualified(bp, "r"), qualified(bp, "commentReference"), qualified(bp, "id"), id, qualified(bp, "r"))
	// A run with more than text before the place is cut there too: its pieces
	// follow each other in the file.
	if c.start <= a.start && f.opens(first) {
		into = append(into, insertion{a.run.from, 2, begin})
	} else {
		into = append(into, f.cut(a, max(c.start, a.start), 2, begin, kept)...)
	}
	if c.end >= b.end && f.closes(last) {
		into = append(into, insertion{b.run.to, 1, end})
	} else {
		into = append(into, f.cut(b, min(c.end, b.end), 1, end, kept)...)
	}
	return into
}

// opens and closes report whether a piece is the first or the last of its run.
func (f *File) opens(i int) bool { return i == 0 || f.pieces[i-1].run != f.pieces[i].run }
func (f *File) closes(i int) bool {
	return i+1 == len(f.pieces) || f.pieces[i+1].run != f.pieces[i].run
}

// cut ends the run of a piece before a code point, puts something in and begins
// another run of the same look.
func (f *File) cut(p *piece, i, order int, what string, kept map[int]bool) []insertion {
	prefix := p.run.prefix
	t, r := qualified(prefix, "t"), qualified(prefix, "r")
	s := "</" + t + "></" + r + ">" + what + "<" + r + ">" + string(p.run.properties) + "<" + t + ` xml:space="preserve">`
	into := []insertion{{f.offset(p, i), order, s}}
	if !p.preserve && !kept[p.tag] {
		into = append(into, insertion{p.tag, 0, ` xml:space="preserve"`})
		kept[p.tag] = true
	}
	return into
}

func qualified(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + ":" + name
}

// insert puts the insertions into b.
func insert(b []byte, into []insertion) []byte {
	slices.SortStableFunc(into, func(x, y insertion) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.order, y.order)) })
	var out bytes.Buffer
	last := 0
	for _, i := range into {
		out.Write(b[last:i.at])
		out.WriteString(i.bytes)
		last = i.at
	}
	out.Write(b[last:])
	return out.Bytes()
}

// before puts text in front of the last closing tag of an element, whatever its
// prefix; an element that is closed at once is opened for it.
func before(b []byte, opening, closing, text string) ([]byte, error) {
	end := bytes.LastIndex(b, []byte(closing))
	at := -1
	if end >= 0 {
		at = bytes.LastIndex(b[:end], []byte(opening))
	}
	if at >= 0 && !bytes.ContainsAny(b[at:end], " >") {
		return slices.Concat(b[:at], []byte(text), b[at:]), nil
	}
	m := regexp.MustCompile(`<((?:\w+:)?` + strings.TrimSuffix(closing, ">") + `)((?:\s[^<>]*)?)/>\s*$`).FindSubmatchIndex(b)
	if m == nil {
		return nil, errDamaged
	}
	name := string(b[m[2]:m[3]])
	return slices.Concat(b[:m[0]], []byte("<"+name), b[m[4]:m[5]], []byte(">"+text+"</"+name+">")), nil
}

// freeID returns an id that no relation has.
func freeID(rels []byte) string {
	for n := 1; ; n++ {
		id := "rIdComments" + strconv.Itoa(n)
		if !bytes.Contains(rels, []byte(`"`+id+`"`)) {
			return id
		}
	}
}

// nextComment returns a number above those of the comments in a part.
func nextComment(part []byte) int {
	next := 0
	d := xml.NewDecoder(bytes.NewReader(part))
	for {
		t, err := d.Token()
		if err != nil {
			return next
		}
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "comment" {
			if n, err := strconv.Atoi(attr(e, "id")); err == nil && n < 1<<30 {
				next = max(next, n+1)
			}
		}
	}
}

// entry returns the name under which a part is in the zip.
func (f *File) entry(name string) string {
	for _, e := range f.zip.File {
		if strings.EqualFold(strings.TrimPrefix(e.Name, "/"), name) {
			return e.Name
		}
	}
	return name
}

func initial(author string) string {
	for _, r := range author {
		return string(r)
	}
	return ""
}

func escape(s string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(strings.ToValidUTF8(s, "")))
	return b.String()
}
