package pdftext

import (
	"bytes"
	"compress/zlib"
	"encoding/ascii85"
	"io"
)

// file is the objects of a PDF by their numbers.
type file struct {
	objects   map[ref]object
	root      object
	encrypted bool
	unpacked  int // bytes so far
}

// scan finds the objects of a file from its beginning to its end; of several
// with one number the last counts, as files are changed by adding to them.
func scan(data []byte) *file {
	f := &file{objects: map[ref]object{}}
	for at := 0; at < len(data); {
		i := bytes.Index(data[at:], []byte("obj"))
		t := bytes.Index(data[at:min(len(data), at+max(i, 0)+1)], []byte("trailer"))
		if i < 0 {
			t = bytes.Index(data[at:], []byte("trailer"))
		}
		if t >= 0 && (i < 0 || t < i) {
			l := &lexer{data, at + t + len("trailer")}
			if d, ok := l.next(0).(dict); ok {
				f.trailer(d)
			}
			at += t + len("trailer")
			continue
		}
		if i < 0 {
			break
		}
		at += i
		num, ok := numberBefore(data, at)
		at += len("obj")
		if !ok {
			continue // endobj
		}
		l := &lexer{data, at}
		o := l.next(0)
		if d, isDict := o.(dict); isDict {
			if s := l.stream(d); s != nil {
				o = s
				if d["Type"] == name("ObjStm") {
					f.packed(s)
				}
				if d["Type"] == name("XRef") {
					f.trailer(d)
				}
			}
		}
		f.objects[num] = o
		at = max(at, min(l.at, len(data)))
	}
	if d, ok := f.get(f.root).(dict); !ok || f.get(d["Pages"]) == nil {
		f.root = nil
		for _, o := range f.objects { // a file without a usable trailer
			if d, ok := o.(dict); ok && d["Type"] == name("Catalog") && f.get(d["Pages"]) != nil {
				f.root = d
			}
		}
	}
	return f
}

func (f *file) trailer(d dict) {
	if d["Root"] != nil {
		f.root = d["Root"]
	}
	if d["Encrypt"] != nil {
		f.encrypted = true
	}
}

// numberBefore reads "12 0 " backwards from the word obj.
func numberBefore(b []byte, at int) (ref, bool) {
	back := func(is func(byte) bool) int {
		n := 0
		for at > 0 && is(b[at-1]) && n < 12 {
			at--
			n++
		}
		return n
	}
	isDigit := func(c byte) bool { return '0' <= c && c <= '9' }
	if back(isSpace) == 0 || back(isDigit) == 0 || back(isSpace) == 0 {
		return 0, false
	}
	last := at
	if back(isDigit) == 0 {
		return 0, false
	}
	n := 0
	for _, c := range b[at:last] {
		n = n*10 + int(c-'0')
	}
	return ref(n), true
}

// stream returns the stream that follows a dictionary, nil if none does.
func (l *lexer) stream(d dict) *stream {
	l.skip()
	if !bytes.HasPrefix(l.b[l.at:], []byte("stream")) {
		return nil
	}
	at := l.at + len("stream")
	if at < len(l.b) && l.b[at] == '\r' {
		at++
	}
	if at < len(l.b) && l.b[at] == '\n' {
		at++
	}
	// The length is believed if the end stands there.
	if n, ok := d["Length"].(float64); ok && n >= 0 && int(n) <= len(l.b)-at {
		rest := l.b[at+int(n):]
		if bytes.HasPrefix(bytes.TrimLeft(rest[:min(len(rest), 16)], "\r\n "), []byte("endstream")) {
			l.at = at + int(n)
			return &stream{d, l.b[at : at+int(n)]}
		}
	}
	n := bytes.Index(l.b[at:], []byte("endstream"))
	if n < 0 {
		n = len(l.b) - at
	}
	l.at = at + n
	return &stream{d, bytes.TrimRight(l.b[at:at+n], "\r\n")}
}

// get follows references.
func (f *file) get(o object) object {
	for range mostDepth {
		r, ok := o.(ref)
		if !ok {
			return o
		}
		o = f.objects[r]
	}
	return nil
}

func (f *file) dict(o object) dict {
	switch d := f.get(o).(type) {
	case dict:
		return d
	case *stream:
		return d.dict
	}
	return nil
}

func (f *file) array(o object) array {
	a, _ := f.get(o).(array)
	return a
}

func (f *file) number(o object) (float64, bool) {
	n, ok := f.get(o).(float64)
	return n, ok
}

func (f *file) name(o object) name {
	n, _ := f.get(o).(name)
	return n
}

// packed reads the objects in a stream of objects.
func (f *file) packed(s *stream) {
	b := f.unpack(s)
	n, _ := f.number(s.dict["N"])
	first, _ := f.number(s.dict["First"])
	if int(first) > len(b) || first < 0 {
		return
	}
	head := &lexer{b[:int(first)], 0}
	for range int(min(n, 1e6)) {
		num, ok1 := head.next(0).(float64)
		off, ok2 := head.next(0).(float64)
		if !ok1 || !ok2 || off < 0 || int(first)+int(off) > len(b) {
			return
		}
		l := &lexer{b, int(first) + int(off)}
		f.objects[ref(num)] = l.next(0)
	}
}

// unpack returns the bytes of a stream, as many as its filters give; nil if one
// of them is for pictures or not known, or when enough was unpacked.
func (f *file) unpack(s *stream) []byte {
	b := s.raw
	filters := f.array(s.dict["Filter"])
	if n := f.name(s.dict["Filter"]); n != "" {
		filters = array{n}
	}
	params := f.array(s.dict["DecodeParms"])
	if d := f.dict(s.dict["DecodeParms"]); d != nil {
		params = array{d}
	}
	for i, filter := range filters {
		var r io.Reader
		switch f.name(filter) {
		case "FlateDecode", "Fl":
			z, err := zlib.NewReader(bytes.NewReader(b))
			if err != nil {
				return nil
			}
			r = z
		case "ASCII85Decode", "A85":
			b, _, _ = bytes.Cut(bytes.TrimPrefix(bytes.TrimSpace(b), []byte("<~")), []byte("~>"))
			r = ascii85.NewDecoder(bytes.NewReader(b))
		case "ASCIIHexDecode", "AHx":
			l := &lexer{append([]byte("<"), b...), 0}
			r = bytes.NewReader([]byte(l.hex()))
		default:
			return nil
		}
		// A stream that is cut short gives what it has.
		left := mostUnpacked - f.unpacked
		b, _ = io.ReadAll(io.LimitReader(r, int64(left)))
		f.unpacked += len(b)
		if i < len(params) {
			b = f.predicted(b, f.dict(params[i]))
		}
	}
	return b
}

// predicted undoes the differences between the rows of a table.
func (f *file) predicted(b []byte, d dict) []byte {
	p, _ := f.number(d["Predictor"])
	if p < 10 {
		return b
	}
	number := func(key name, otherwise int) int {
		if n, ok := f.number(d[key]); ok && n >= 1 && n < 1e5 {
			return int(n)
		}
		return otherwise
	}
	size := max(1, number("Colors", 1)*number("BitsPerComponent", 8)/8)
	width := max(1, (number("Columns", 1)*number("Colors", 1)*number("BitsPerComponent", 8)+7)/8)
	var out []byte
	before := make([]byte, width)
	for len(b) > 1 {
		row := make([]byte, width)
		n := copy(row, b[1:])
		kind := b[0]
		b = b[1+n:]
		for i := range row {
			var left, corner byte
			if i >= size {
				left, corner = row[i-size], before[i-size]
			}
			switch kind {
			case 1:
				row[i] += left
			case 2:
				row[i] += before[i]
			case 3:
				row[i] += byte((int(left) + int(before[i])) / 2)
			case 4:
				row[i] += paeth(left, before[i], corner)
			}
		}
		out = append(out, row[:n]...)
		before = row
	}
	return out
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	abs := func(n int) int { return max(n, -n) }
	pa, pb, pc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

// page is a page with what it inherits.
type page struct {
	dict
	resources dict
}

// pages lists the pages in their order.
func (f *file) pages() []page {
	var all []page
	seen := map[ref]bool{}
	var walk func(o object, resources dict, depth int)
	walk = func(o object, resources dict, depth int) {
		if r, ok := o.(ref); ok {
			if seen[r] {
				return
			}
			seen[r] = true
		}
		d := f.dict(o)
		if d == nil || depth > mostDepth || len(all) >= mostPages {
			return
		}
		if r := f.dict(d["Resources"]); r != nil {
			resources = r
		}
		if kids := f.array(d["Kids"]); kids != nil {
			for _, k := range kids {
				walk(k, resources, depth+1)
			}
			return
		}
		if d["Contents"] != nil {
			all = append(all, page{d, resources})
		}
	}
	walk(f.dict(f.root)["Pages"], nil, 0)
	return all
}
