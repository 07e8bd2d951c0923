package pdftext

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"shangliang/internal/han"
)

// matrix is a transformation: x' = a·x + c·y + e, y' = b·x + d·y + f.
type matrix [6]float64

func (m matrix) times(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

var identity = matrix{1, 0, 0, 1, 0, 0}

// state is what q keeps and Q brings back.
type state struct {
	ctm                       matrix
	font                      *font
	size, char, word, stretch float64
	leading, rise             float64
}

// drawing follows the operators of pages and gathers what they show.
type drawing struct {
	file    *file
	fonts   map[int]*font // by the number of their object
	glyphs  int
	unknown int // characters whose code nothing explains

	state
	stack    []state
	tm, line matrix // of text and of its line
	rows     []row
}

// row is a line of characters on the page.
type row struct {
	x, y   float64 // where it begins
	end    float64 // where it ends
	size   float64
	across bool // drawn from left to right
	text   strings.Builder
}

// page returns the text of a page.
func (d *drawing) page(p page) string {
	d.rows, d.stack = nil, nil
	d.state = state{ctm: identity, stretch: 1}
	var content []byte
	for _, o := range append(array{}, d.contents(p.dict["Contents"])...) {
		if s, ok := d.file.get(o).(*stream); ok {
			content = append(append(content, d.file.unpack(s)...), '\n')
		}
	}
	d.run(content, p.resources, 0)
	return d.lines()
}

func (d *drawing) contents(o object) array {
	if a := d.file.array(o); a != nil {
		return a
	}
	return array{o}
}

// run follows the operators of a page or a form.
func (d *drawing) run(content []byte, resources dict, depth int) {
	l := &lexer{content, 0}
	var args []object
	for d.glyphs < mostGlyphs {
		o := l.next(0)
		if o == (end{}) {
			return
		}
		op, ok := o.(keyword)
		if !ok {
			if args = append(args, o); len(args) > 64 {
				args = args[:0]
			}
			continue
		}
		if op == "BI" { // a picture within the page
			d.skipPicture(l)
		} else {
			d.do(op, args, resources, depth)
		}
		args = args[:0]
	}
}

func (d *drawing) skipPicture(l *lexer) {
	for l.at+2 < len(l.b) {
		if l.b[l.at] == 'E' && l.b[l.at+1] == 'I' && isSpace(l.b[l.at+2]) && l.at > 0 && isSpace(l.b[l.at-1]) {
			l.at += 2
			return
		}
		l.at++
	}
	l.at = len(l.b)
}

// do follows one operator.
func (d *drawing) do(op keyword, args []object, resources dict, depth int) {
	n := func(i int) float64 {
		if i < len(args) {
			if x, ok := args[i].(float64); ok {
				return x
			}
		}
		return 0
	}
	last := func() text {
		if len(args) == 0 {
			return ""
		}
		s, _ := args[len(args)-1].(text)
		return s
	}
	switch op {
	case "q":
		if len(d.stack) < 512 {
			d.stack = append(d.stack, d.state)
		}
	case "Q":
		if k := len(d.stack) - 1; k >= 0 {
			d.state, d.stack = d.stack[k], d.stack[:k]
		}
	case "cm":
		d.ctm = matrix{n(0), n(1), n(2), n(3), n(4), n(5)}.times(d.ctm)
	case "BT":
		d.tm, d.line = identity, identity
	case "Tf":
		if len(args) >= 2 {
			name, _ := args[0].(name)
			d.font, d.size = d.load(d.file.dict(resources["Font"])[name]), n(1)
		}
	case "Tc":
		d.char = n(0)
	case "Tw":
		d.word = n(0)
	case "Tz":
		d.stretch = n(0) / 100
	case "TL":
		d.leading = n(0)
	case "Ts":
		d.rise = n(0)
	case "Td":
		d.move(n(0), n(1))
	case "TD":
		d.leading = -n(1)
		d.move(n(0), n(1))
	case "Tm":
		d.line = matrix{n(0), n(1), n(2), n(3), n(4), n(5)}
		d.tm = d.line
	case "T*":
		d.move(0, -d.leading)
	case "Tj":
		d.show(last())
	case "'":
		d.move(0, -d.leading)
		d.show(last())
	case "\"":
		d.word, d.char = n(0), n(1)
		d.move(0, -d.leading)
		d.show(last())
	case "TJ":
		if len(args) == 0 {
			return
		}
		a, _ := args[len(args)-1].(array)
		for _, o := range a {
			switch o := o.(type) {
			case text:
				d.show(o)
			case float64:
				d.tm = matrix{1, 0, 0, 1, -o / 1000 * d.size * d.stretch, 0}.times(d.tm)
			}
		}
	case "Do":
		if len(args) > 0 {
			name, _ := args[0].(name)
			d.form(d.file.dict(resources["XObject"])[name], resources, depth)
		}
	}
}

func (d *drawing) move(x, y float64) {
	d.line = matrix{1, 0, 0, 1, x, y}.times(d.line)
	d.tm = d.line
}

// load returns a font, each read once.
func (d *drawing) load(o object) *font {
	r, isRef := o.(ref)
	if f := d.fonts[int(r)]; isRef && f != nil {
		return f
	}
	fd := d.file.dict(o)
	if fd == nil {
		return nil
	}
	f := d.file.font(fd)
	if isRef {
		d.fonts[int(r)] = f
	}
	return f
}

// form draws a form, which is a page within a page.
func (d *drawing) form(o object, resources dict, depth int) {
	s, ok := d.file.get(o).(*stream)
	if !ok || depth >= 12 || d.file.name(s.dict["Subtype"]) != "Form" {
		return
	}
	d.glyphs += 100 // forms that draw forms end somewhere
	keep, stack, tm, line := d.state, d.stack, d.tm, d.line
	d.stack = nil
	if m := d.file.array(s.dict["Matrix"]); len(m) == 6 {
		var x matrix
		for i := range x {
			x[i], _ = d.file.number(m[i])
		}
		d.ctm = x.times(d.ctm)
	}
	if r := d.file.dict(s.dict["Resources"]); r != nil {
		resources = r
	}
	d.run(d.file.unpack(s), resources, depth+1)
	d.state, d.stack, d.tm, d.line = keep, stack, tm, line
}

// show draws a text: each character goes to the row that it continues.
func (d *drawing) show(s text) {
	if d.font == nil {
		return
	}
	for _, g := range d.font.glyphs(s) {
		d.glyphs++
		at := matrix{d.size * d.stretch, 0, 0, d.size, 0, d.rise}.times(d.tm).times(d.ctm)
		size := math.Hypot(at[2], at[3])
		x, y := at[4], at[5]
		across := math.Abs(at[1]) <= math.Abs(at[0])
		advance := g.width/1000*d.size + d.char
		if g.space {
			advance += d.word
		}
		d.tm = matrix{1, 0, 0, 1, advance * d.stretch, 0}.times(d.tm)
		if !g.known {
			d.unknown++
		}
		wide := g.width / 1000 * math.Hypot(at[0], at[1])
		if g.text != "" && !math.IsNaN(x) && !math.IsNaN(y) && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
			d.place(strings.Map(legible, g.text), x, y, wide, size, across)
		}
	}
}

// legible is a character as people type it: programs give radicals for the
// characters that look like them.
func legible(r rune) rune {
	if unicode.IsControl(r) || r == utf8.RuneError {
		return -1
	}
	return han.Character(r)
}

// place puts a character at the end of the row at hand, or of a new one if it
// stands elsewhere.
func (d *drawing) place(s string, x, y, width, size float64, across bool) {
	n := len(d.rows)
	if n > 0 && across {
		r := &d.rows[n-1]
		same := r.across && math.Abs(r.y-y) < 0.45*max(size, r.size)
		gap := x - r.end
		if same && gap > -0.9*max(size, r.size) {
			if gap > 0.22*size && needsBlank(r.text.String(), s, gap/size) {
				r.text.WriteByte(' ')
			}
			r.text.WriteString(s)
			r.end = max(r.end, x+width)
			r.size = max(r.size, size)
			return
		}
	}
	d.rows = append(d.rows, row{x: x, y: y, end: x + width, size: size, across: across})
	r := &d.rows[len(d.rows)-1]
	r.text.WriteString(s)
}

// needsBlank reports whether a gap between two characters is one between words:
// Chinese characters are spread to fill a line.
func needsBlank(before, s string, gap float64) bool {
	a, _ := utf8.DecodeLastRuneInString(before)
	b, _ := utf8.DecodeRuneInString(s)
	if a == ' ' || b == ' ' {
		return false
	}
	if unicode.Is(unicode.Han, a) || unicode.Is(unicode.Han, b) || a > 0x3000 || b > 0x3000 {
		return gap > 0.9
	}
	return true
}

// lines joins the rows of a page: one a line, indented where it begins to the
// right of the others.
func (d *drawing) lines() string {
	left := math.Inf(1)
	for i := range d.rows {
		if r := &d.rows[i]; utf8.RuneCountInString(r.text.String()) > 8 {
			left = min(left, r.x)
		}
	}
	var out strings.Builder
	for i := range d.rows {
		r := &d.rows[i]
		s := strings.TrimRightFunc(r.text.String(), unicode.IsSpace)
		if strings.TrimSpace(s) == "" {
			continue
		}
		if indent := (r.x - left) / r.size; indent > 1.4 && indent < 3 && !strings.HasPrefix(s, "\u3000") {
			out.WriteString("\u3000\u3000")
		}
		out.WriteString(s)
		out.WriteByte('\n')
	}
	return out.String()
}
