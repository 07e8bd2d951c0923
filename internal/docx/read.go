package docx

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"unicode/utf8"

	"shangliang/internal/errs"
)

// unseen are the elements whose content nobody sees or that repeat another.
var unseen = map[string]bool{
	"del": true, "moveFrom": true, "instrText": true, "delText": true, "delInstrText": true,
	"Fallback": true, "sectPr": true, "pPr": true, "tblPr": true, "trPr": true, "tcPr": true, "rPrChange": true,
}

// reader walks through the body.
type reader struct {
	f       *File
	d       *xml.Decoder
	open    []string // local names of the open elements
	hidden  int      // depth from which on nothing is seen; 0 if all is
	run     *run
	look    int // byte at which the look of the run begins; -1 outside of it
	invis   bool
	text    int // byte behind the opening tag of the element of text; -1 outside
	tag     int
	keep    bool
	cells   int // of the row at hand
	inCells int // depth of tables
}

// read makes the text and its pieces out of the body.
func (f *File) read() error {
	r := &reader{f: f, d: xml.NewDecoder(bytes.NewReader(f.body)), look: -1, text: -1}
	r.d.Strict = false
	for {
		before := int(r.d.InputOffset())
		t, err := r.d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return errs.Because(err, errs.Invalid, errDamaged.Msg)
		}
		after := int(r.d.InputOffset())
		switch t := t.(type) {
		case xml.StartElement:
			r.start(t, before, after)
			if len(r.open) > mostDepth || r.text >= 0 && r.text != after {
				return errDamaged // too deep, or an element within text
			}
		case xml.EndElement:
			if n := len(r.open); n == 0 || r.open[n-1] != t.Name.Local {
				return errDamaged
			}
			r.end(t.Name.Local, before, after)
		case xml.CharData:
			if r.text >= 0 && r.hidden == 0 && !r.invis {
				r.chars(string(t), before, after)
			}
		}
	}
	if len(r.open) > 0 {
		return errDamaged
	}
	f.text = bytes.Runes([]byte(strings.TrimRight(string(f.text), "\n\t")))
	return nil
}

func (r *reader) start(e xml.StartElement, before, after int) {
	name := e.Name.Local
	r.open = append(r.open, name)
	if r.hidden > 0 {
		return
	}
	if unseen[name] {
		r.hidden = len(r.open)
		return
	}
	switch name {
	case "r":
		r.run, r.invis = &run{prefix: e.Name.Space, from: before}, false
	case "rPr":
		r.look = before
	case "vanish":
		if v := attr(e, "val"); r.look >= 0 && v != "0" && v != "false" {
			r.invis = true
		}
	case "t":
		if r.run == nil || r.look >= 0 {
			break
		}
		r.text, r.keep = after, attr(e, "space") == "preserve"
		r.tag = before + 1 + len(name)
		if e.Name.Space != "" {
			r.tag += len(e.Name.Space) + 1
		}
	case "tab", "ptab":
		if r.run != nil && r.look < 0 {
			r.one('\t')
		}
	case "br", "cr":
		if r.run != nil {
			r.one('\n')
		}
	case "noBreakHyphen":
		r.one('-')
	case "tbl":
		r.inCells++
	case "tr":
		r.cells = 0
	case "tc":
		if r.cells++; r.cells > 1 {
			if n := len(r.f.text); n > 0 && r.f.text[n-1] == ' ' {
				r.trim()
			}
			r.one('\t')
		}
	case "txbxContent":
		r.line()
	}
}

func (r *reader) end(name string, before, after int) {
	n := len(r.open)
	r.open = r.open[:n-1]
	if r.hidden > 0 {
		if n == r.hidden {
			r.hidden = 0
		}
		return
	}
	switch name {
	case "r":
		if r.run != nil {
			r.run.to = after
		}
		r.run, r.look, r.invis = nil, -1, false
	case "rPr":
		if r.run != nil && r.look >= 0 && r.run.properties == nil {
			r.run.properties = r.f.body[r.look:after]
		}
		r.look = -1
	case "t":
		r.text = -1
	case "p":
		if r.inCells == 0 {
			r.one('\n')
		} else if n := len(r.f.text); n > 0 && r.f.text[n-1] != '\t' && r.f.text[n-1] != '\n' {
			r.one(' ')
		}
	case "tr":
		r.line()
	case "tbl":
		r.inCells = max(r.inCells-1, 0)
	case "txbxContent":
		r.line()
	}
}

// one adds what stands for one character.
func (r *reader) one(c rune) {
	if r.invis {
		return
	}
	r.f.text = append(r.f.text, c)
}

// trim takes blanks off the end that belong to no run.
func (r *reader) trim() {
	last := 0
	if n := len(r.f.pieces); n > 0 {
		last = r.f.pieces[n-1].end
	}
	t := r.f.text
	for len(t) > last && (t[len(t)-1] == ' ' || t[len(t)-1] == '\t') {
		t = t[:len(t)-1]
	}
	r.f.text = t
}

// line ends a line that has something on it.
func (r *reader) line() {
	r.trim()
	if n := len(r.f.text); n > 0 && r.f.text[n-1] != '\n' {
		r.f.text = append(r.f.text, '\n')
	}
}

// chars adds the characters of an element of text.
func (r *reader) chars(s string, from, to int) {
	start := len(r.f.text)
	for _, c := range s {
		if c == '\n' || c == '\r' {
			c = ' '
		}
		r.f.text = append(r.f.text, c)
	}
	run := r.run
	if bytes.HasPrefix(r.f.body[from:to], []byte("<![CDATA[")) {
		run = nil // cannot be cut
	}
	r.f.pieces = append(r.f.pieces, piece{start: start, end: len(r.f.text), from: from, to: to, tag: r.tag, preserve: r.keep, run: run})
}

// offset returns the byte of the body at which code point i of the text begins,
// which must lie in the piece.
func (f *File) offset(p *piece, i int) int {
	b := f.body[p.from:p.to]
	at := 0
	for n := p.start; n < i && at < len(b); n++ {
		switch {
		case b[at] == '&':
			if end := bytes.IndexByte(b[at:], ';'); end > 0 {
				at += end + 1
			} else {
				at++
			}
		case b[at] == '\r' && at+1 < len(b) && b[at+1] == '\n': // read as one
			at += 2
		default:
			_, size := utf8.DecodeRune(b[at:])
			at += size
		}
	}
	return p.from + at
}
