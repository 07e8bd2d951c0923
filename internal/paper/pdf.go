package paper

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"

	"codeberg.org/go-pdf/fpdf"
)

// PDF writes a document. A Conflict error names the characters that no face of
// the machine has, or says that there is no Chinese face at all; nothing is
// written then.
func (f *Faces) PDF(w io.Writer, d *Document) error {
	if err := f.Ready(); err != nil {
		return err
	}
	l, err := lay(f, d)
	if err != nil {
		return err
	}
	p := &printer{pdf: fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", SizeStr: "A4", OrientationStr: "P"}), layout: l, fonts: map[*face]*coded{}}
	p.pdf.SetMargins(0, 0, 0)
	p.pdf.SetAutoPageBreak(false, 0)
	p.pdf.SetTitle(printable(d.Title), true)
	p.pdf.SetCreator("Shangliang", false)
	if err := p.encode(); err != nil {
		return err
	}
	for _, s := range l.sheets {
		p.sheet(s)
	}
	var b bytes.Buffer // whole, so that a failure writes nothing
	if err := p.pdf.Output(&b); err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	_, err = b.WriteTo(w)
	return err
}

// printer draws pages.
type printer struct {
	pdf *fpdf.Fpdf
	*layout
	fonts map[*face]*coded
	red   bool
	space float64
}

// coded is a face with the codes under which its characters go in this document:
// their own, or for those beyond 0xFFFF one of the private ones.
type coded struct {
	family string
	codes  map[rune]rune
	glyphs map[uint16]uint16
}

const firstPrivate = 0xE000

// encode gives every face that is used to the writer, with the characters that
// this document needs.
func (p *printer) encode() error {
	for _, s := range p.sheets {
		for _, x := range s.pieces {
			for _, r := range x.text {
				p.use(x.role, r)
			}
			for _, r := range "…0123456789" {
				if x.link != "" {
					p.use(body, r)
				}
			}
		}
	}
	if err := p.wrong(); err != nil {
		return err
	}
	for x, c := range p.fonts {
		s, file, err := x.open()
		if err != nil {
			return err
		}
		b, err := s.recoded(c.glyphs)
		file.Close()
		if err != nil {
			return err
		}
		p.pdf.AddUTF8FontFromBytes(c.family, "", b)
	}
	return p.pdf.Error()
}

func (p *printer) use(ro role, r rune) {
	x := p.of(ro, r)
	if x == nil {
		return
	}
	c := p.fonts[x]
	if c == nil {
		c = &coded{"f" + strconv.Itoa(len(p.fonts)), map[rune]rune{}, map[uint16]uint16{}}
		p.fonts[x] = c
	}
	if _, ok := c.codes[r]; ok {
		return
	}
	code := r
	if r > 0xFFFF || r >= firstPrivate && r < 0xF900 {
		for code = firstPrivate; c.glyphs[uint16(code)] != 0; code++ {
		}
	}
	c.codes[r], c.glyphs[uint16(code)] = code, x.glyphs[r]
}

func (p *printer) sheet(s *sheet) {
	p.pdf.AddPage()
	p.red, p.space = false, 0
	p.pdf.SetTextColor(0, 0, 0)
	for _, k := range s.strokes {
		if k.red {
			p.pdf.SetDrawColor(220, 0, 0)
		} else {
			p.pdf.SetDrawColor(0, 0, 0)
		}
		p.pdf.SetLineWidth(k.weight)
		p.pdf.Line(k.x, k.y, k.x+k.dx, k.y+k.dy)
	}
	for _, x := range s.pieces {
		if x.red != p.red {
			if p.red = x.red; x.red {
				p.pdf.SetTextColor(220, 0, 0)
			} else {
				p.pdf.SetTextColor(0, 0, 0)
			}
		}
		end := p.piece(x)
		if x.link != "" {
			p.leader(x, end)
		}
	}
}

// piece draws a line of type, in as many runs as it has faces, and returns where
// it ends.
func (p *printer) piece(x piece) float64 {
	at := x.x
	for rest := x.text; len(rest) > 0; {
		f := p.of(x.role, rest[0])
		rare := rest[0] != p.fonts[f].codes[rest[0]]
		n, w := 0, 0.0
		for n < len(rest) && p.of(x.role, rest[n]) == f && (rest[n] != p.fonts[f].codes[rest[n]]) == rare {
			w += f.width(rest[n])*x.size/1000 + x.space
			n++
		}
		p.run(f, x, at, rest[:n], rare)
		at, rest = at+w, rest[n:]
	}
	return at
}

func (p *printer) run(f *face, x piece, at float64, text []rune, rare bool) {
	c := p.fonts[f]
	var b strings.Builder
	for _, r := range text {
		b.WriteRune(c.codes[r])
	}
	p.pdf.SetFont(c.family, "", x.size)
	if x.space != p.space {
		p.space = x.space
		p.pdf.RawWriteStr(fmt.Sprintf("%.3f Tc", x.space))
	}
	if rare { // what it says, for who copies and searches
		p.pdf.RawWriteStr("/Span <</ActualText <FEFF" + hex16(text) + ">>> BDC")
	}
	p.pdf.Text(at, x.y, b.String())
	if rare {
		p.pdf.RawWriteStr("EMC")
	}
}

func hex16(text []rune) string {
	var b strings.Builder
	for _, u := range utf16.Encode(text) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String()
}

// leader draws dots up to the number of the page that an entry points to.
func (p *printer) leader(x piece, from float64) {
	no := []rune(strconv.Itoa(p.marks[x.link]))
	w := p.measure(x.role, no, x.size, 0)
	right := pageWidth - marginEdge
	p.piece(piece{x: right - w, y: x.y, size: x.size, role: x.role, text: no})
	dot := p.width(x.role, '…', x.size)
	if n := int((right - w - from - x.size) / dot); n > 0 {
		p.piece(piece{x: right - w - x.size/2 - float64(n)*dot, y: x.y, size: x.size, role: x.role, text: []rune(strings.Repeat("…", n))})
	}
}
