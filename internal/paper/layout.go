package paper

import (
	"slices"
	"strconv"
	"strings"
)

// piece is a line of type on a page; y is its baseline from the upper edge.
type piece struct {
	x, y, size float64
	role       role
	text       []rune
	space      float64 // added after each character
	red        bool
	link       string // an Entry's: the page of this mark is set at the right edge of the text
}

// stroke is a line from (x, y) to the right or down.
type stroke struct {
	x, y, dx, dy, weight float64
	red                  bool
}

// sheet is a page.
type sheet struct {
	pieces  []piece
	strokes []stroke
	letter  bool // the first page of a letter has no number
}

// layout puts a document on pages.
type layout struct {
	*setting
	sheets []*sheet
	marks  map[string]int // page numbers by mark
	y      float64        // where the next line begins, from the upper edge
}

// lay puts a document on pages.
func lay(f *Faces, d *Document) (*layout, error) {
	l := &layout{setting: f.setting(), marks: map[string]int{}}
	l.turn()
	l.head(d)
	if d.Title != "" {
		l.title(d.Title)
		l.y += pitch / 2
	}
	if d.Lead != "" {
		l.middle(d.Lead, kai, sizeBody, pitch)
		l.y += pitch / 2
	}
	if d.To != "" {
		l.text(d.To+"：", body, 0)
	}
	for _, b := range d.Body {
		l.block(b)
	}
	l.sign(d)
	for _, n := range d.Notes {
		l.text("（"+n+"）", body, 2)
	}
	l.copies(d.CopyTo)
	l.numbers()
	return l, l.wrong()
}

func (l *layout) page() *sheet { return l.sheets[len(l.sheets)-1] }

// turn begins a page.
func (l *layout) turn() {
	l.sheets = append(l.sheets, &sheet{})
	l.y = marginTop
}

// left is how much room the page has below the last line.
func (l *layout) left() float64 { return marginTop + textHeight - l.y }

// fit begins a page if the height is not left on this one.
func (l *layout) fit(height float64) {
	if l.left() < height-0.01 && l.y > marginTop {
		l.turn()
	}
}

// line sets a line of the height given and goes on below it.
func (l *layout) line(p piece, height float64) {
	l.fit(height)
	p.y = l.y + (height-p.size)/2 + 0.86*p.size
	l.page().pieces = append(l.page().pieces, p)
	l.y += height
}

func (l *layout) measure(r role, text []rune, size, space float64) (w float64) {
	for _, c := range text {
		w += l.width(r, c, size) + space
	}
	return w
}

// text sets paragraphs of body type, their first lines indented.
func (l *layout) text(text string, r role, indent float64) {
	width := func(c rune) float64 { return l.width(r, c, sizeBody) + tight }
	for _, p := range paragraphs(printable(text)) {
		in := indent * (sizeBody + tight)
		lines := breakLines([]rune(p), textWidth-in, textWidth, width)
		for i, line := range lines {
			// Two lines at least of a paragraph stand together.
			if i == 0 && len(lines) > 2 {
				l.fit(2 * pitch)
			}
			x := piece{x: marginLeft + in, size: sizeBody, role: r, text: line, space: tight}
			if i < len(lines)-1 {
				x.space += l.slack(line, textWidth-in-l.measure(r, line, sizeBody, tight))
			}
			l.line(x, pitch)
			in = 0
		}
	}
}

// slack is what each character of a full line is moved on, so that both edges
// are straight.
func (l *layout) slack(line []rune, free float64) float64 {
	if len(line) < 2 || free > 4*sizeBody || free <= 0 {
		return 0
	}
	return free / float64(len(line)-1)
}

func (l *layout) middle(text string, r role, size, height float64) {
	for _, p := range paragraphs(printable(text)) {
		for _, line := range balance([]rune(p), textWidth, func(c rune) float64 { return l.width(r, c, size) }) {
			l.line(piece{x: marginLeft + (textWidth-l.measure(r, line, size, 0))/2, size: size, role: r, text: line}, height)
		}
	}
}

func (l *layout) title(text string) { l.middle(text, title, sizeTitle, titleLine) }

// head sets what stands on a letter before its title, and the mark.
func (l *layout) head(d *Document) {
	if d.Mark != "" {
		mark := []rune(printable(d.Mark))
		w := l.measure(heading, mark, sizeBody, 0)
		l.page().pieces = append(l.page().pieces, piece{x: pageWidth - marginEdge - w, y: 22*mm + 0.86*sizeBody - sizeBody/2, size: sizeBody, role: heading, text: mark})
	}
	if d.Head == "" {
		if d.DocNo != "" {
			l.right(d.DocNo, 0)
			l.y += pitch
		}
		return
	}
	s := l.page()
	s.letter = true
	name := []rune(printable(d.Head))
	size := float64(headSize)
	if w := l.measure(title, name, size, 0); w > textWidth {
		size *= textWidth / w
	}
	x := (pageWidth - l.measure(title, name, size, 0)) / 2
	s.pieces = append(s.pieces, piece{x: x, y: headTop + 0.86*size, size: size, role: title, text: name, red: true})
	y := headTop + size + headGap
	edge := (pageWidth - headLine) / 2
	low := pageHeight - footLine
	s.strokes = append(s.strokes,
		stroke{x: edge, y: y, dx: headLine, weight: 2, red: true}, stroke{x: edge, y: y + 3, dx: headLine, weight: 0.75, red: true},
		stroke{x: edge, y: low, dx: headLine, weight: 0.75, red: true}, stroke{x: edge, y: low + 3, dx: headLine, weight: 2, red: true})
	l.y = y + 3 + sizeBody*7/8
	if d.DocNo != "" {
		l.right(d.DocNo, 0)
	}
	l.y += 2 * pitch
}

// right sets a line at the right edge, some characters in.
func (l *layout) right(text string, in float64) {
	line := []rune(printable(text))
	w := l.measure(body, line, sizeBody, tight)
	l.line(piece{x: max(marginLeft, pageWidth-marginEdge-in*sizeBody-w), size: sizeBody, role: body, text: line, space: tight}, pitch)
}

func (l *layout) block(b Block) {
	mark := func() {
		if b.Mark != "" {
			l.marks[b.Mark] = len(l.sheets)
		}
	}
	switch b.Kind {
	case Text, Flush:
		mark()
		l.text(b.Text, body, map[Kind]float64{Text: 2}[b.Kind])
	case Heading1, Heading2:
		l.fit(2 * pitch) // with a line of what it heads
		mark()
		l.text(b.Text, map[Kind]role{Heading1: heading, Heading2: kai}[b.Kind], 2)
	case Centred:
		mark()
		l.middle(b.Text, body, sizeBody, pitch)
	case Title:
		l.fit(titleLine + 2*pitch)
		mark()
		l.title(b.Text)
		l.y += pitch / 2
	case Lead:
		l.middle(b.Text, kai, sizeBody, pitch)
		l.y += pitch / 2
	case NewPage:
		if l.y > marginTop || len(l.page().pieces) > 0 {
			l.turn()
		}
	case Grid:
		mark()
		l.table(b.Table)
	case Entry:
		l.entry(b)
	}
}

// entry sets a line of contents; a long one goes on below, and the page number
// stands with its last line.
func (l *layout) entry(b Block) {
	const room = textWidth - 3*sizeBody
	lines := breakLines([]rune(strings.Join(paragraphs(printable(b.Text)), " ")), room, room-2*sizeBody, func(c rune) float64 { return l.width(body, c, sizeBody) + tight })
	l.fit(float64(len(lines)) * pitch)
	in := 0.0
	for i, line := range lines {
		p := piece{x: marginLeft + in, size: sizeBody, role: body, text: line, space: tight}
		if i == len(lines)-1 {
			p.link = b.Link
		}
		l.line(p, pitch)
		in = 2 * sizeBody
	}
}

// sign sets who signs and the date; they are not torn from each other.
func (l *layout) sign(d *Document) {
	if len(d.Signature) == 0 && d.Date == "" {
		return
	}
	l.fit(float64(len(d.Signature)+2) * pitch)
	l.y += pitch
	in := 4.0
	for i, s := range d.Signature {
		n, dateIn := signed(s, d.Date)
		l.right(s, n)
		if i == len(d.Signature)-1 {
			in = dateIn
		}
	}
	if d.Date != "" {
		l.right(d.Date, in)
	}
}

// copies sets 版记 at the end of the last page.
func (l *layout) copies(to []string) {
	if len(to) == 0 {
		return
	}
	line := []rune("抄送：" + printable(strings.Join(to, "，")) + "。")
	lines := breakLines(line, textWidth-2*sizeSmall, textWidth-5*sizeSmall, func(c rune) float64 { return l.width(body, c, sizeSmall) })
	const height = 22
	l.fit(float64(len(lines))*height + pitch)
	l.y = marginTop + textHeight - float64(len(lines))*height
	s := l.page()
	s.strokes = append(s.strokes, stroke{x: marginLeft, y: l.y, dx: textWidth, weight: 1}, stroke{x: marginLeft, y: marginTop + textHeight, dx: textWidth, weight: 1})
	in := 1.0
	for _, x := range lines {
		l.line(piece{x: marginLeft + in*sizeSmall, size: sizeSmall, role: body, text: x}, height)
		in = 4
	}
}

// numbers sets the numbers of the pages: at the right on odd ones, at the left
// on even ones, so that they are outside when the paper is bound.
func (l *layout) numbers() {
	for i, s := range l.sheets {
		if s.letter {
			continue
		}
		text := []rune("— " + strconv.Itoa(i+1) + " —")
		x := marginLeft + float64(sizeSmall)
		if i%2 == 0 {
			x = pageWidth - marginEdge - sizeSmall - l.measure(numerals, text, sizeSmall, 0)
		}
		s.pieces = append(s.pieces, piece{x: x, y: marginTop + textHeight + footNo + sizeSmall/2, size: sizeSmall, role: numerals, text: text})
	}
}

// laid is a cell broken into lines.
type laid struct {
	x, width float64
	lines    [][]rune
	role     role
	centre   bool
}

// table sets a ruled table; rows that do not fit go on on the next page, under
// the header again.
func (l *layout) table(t *Table) {
	var head []Cell
	for _, h := range t.Header {
		head = append(head, Cell{Text: h, Label: true})
	}
	first := true
	header := func() {
		if len(head) > 0 {
			l.row(t, head, first, nil)
			first = false
		}
	}
	if len(t.Rows) == 0 && len(head) == 0 {
		return
	}
	need := 0.0 // the header and some of what stands under it
	for i, cells := range append([][]Cell{head}, t.Rows...) {
		if i > 1 || len(cells) == 0 {
			continue
		}
		all, height := l.cells(t, cells)
		for _, c := range all {
			height = max(height, float64(min(len(c.lines), 4))*pitchGrid+2*cellInset)
		}
		need += height
	}
	l.fit(need)
	header()
	for _, cells := range t.Rows {
		l.row(t, cells, first, func() { first = true; header() })
		first = false
	}
	l.y += pitchGrid / 2
}

// row sets one row. When the page is full, again is called on the next one.
func (l *layout) row(t *Table, cells []Cell, first bool, again func()) {
	all, height := l.cells(t, cells)
	n := 0
	for _, c := range all {
		n = max(n, len(c.lines))
	}
	full := max(height, float64(n)*pitchGrid+2*cellInset)
	if l.left() < full && (full <= textHeight/3 || l.left() < 4*pitchGrid) && again != nil && l.y > marginTop {
		l.turn()
		again()
		first = len(t.Header) == 0
	}
	for at := 0; ; {
		room := int((l.left() - 2*cellInset) / pitchGrid)
		take := min(n-at, max(room, 1))
		h := float64(take)*pitchGrid + 2*cellInset
		if at == 0 && take == n {
			h = max(h, min(height, l.left()))
		}
		l.rules(all, h, first || at > 0)
		for _, c := range all {
			part := c.lines[min(at, len(c.lines)):min(at+take, len(c.lines))]
			y := l.y + cellInset
			if len(c.lines) <= take || c.centre { // in the middle of its height
				y = l.y + (h-float64(len(part))*pitchGrid)/2
			}
			for _, line := range part {
				x := c.x + cellInset
				if c.centre {
					x = c.x + (c.width-l.measure(c.role, line, sizeGrid, 0))/2
				}
				l.page().pieces = append(l.page().pieces, piece{x: x, y: y + (pitchGrid-sizeGrid)/2 + 0.86*sizeGrid, size: sizeGrid, role: c.role, text: line})
				y += pitchGrid
			}
		}
		l.y += h
		if at += take; at >= n {
			return
		}
		l.turn()
		if again != nil {
			again()
		}
	}
}

// rules draws the lines of a row: below and between its cells, above the first.
func (l *layout) rules(all []laid, h float64, above bool) {
	s := l.page()
	right := marginLeft
	for _, c := range all {
		s.strokes = append(s.strokes, stroke{x: c.x, y: l.y, dy: h, weight: 0.5}, stroke{x: c.x, y: l.y + h, dx: c.width, weight: 0.5})
		if above {
			s.strokes = append(s.strokes, stroke{x: c.x, y: l.y, dx: c.width, weight: 0.5})
		}
		right = c.x + c.width
	}
	s.strokes = append(s.strokes, stroke{x: right, y: l.y, dy: h, weight: 0.5})
}

// cells breaks the cells of a row into lines; height is what they ask for.
func (l *layout) cells(t *Table, cells []Cell) (all []laid, height float64) {
	widths := t.widths()
	x, at := marginLeft, 0
	for _, c := range cells {
		w := 0.0
		for range max(c.Span, 1) {
			if at < len(widths) {
				w += widths[at]
				at++
			}
		}
		b := laid{x: x, width: w, role: body, centre: c.Centre || c.Label}
		if c.Label {
			b.role = heading
		}
		room := w - 2*cellInset
		for _, p := range paragraphs(printable(c.Text)) {
			b.lines = append(b.lines, breakLines([]rune(p), room, room, func(r rune) float64 { return l.width(b.role, r, sizeGrid) })...)
		}
		if len(b.lines) == 0 {
			b.lines = [][]rune{nil}
		}
		all = append(all, b)
		height = max(height, c.Height*mm)
		x += w
	}
	return all, height
}

// widths are the widths of the columns in points.
func (t *Table) widths() []float64 {
	total := 0.0
	for _, w := range t.Widths {
		total += w
	}
	all := slices.Clone(t.Widths)
	for i := range all {
		all[i] *= textWidth / total
	}
	return all
}
