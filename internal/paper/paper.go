// Package paper writes official documents (公文) as the standard GB/T 9704—2012
// wants them, from one model: as docx for those who go on writing, as PDF for
// those who print.
//
// Main types: [Document] made of [Block]s and [Table]s, [Faces] for PDF. It owns
// no tables of the database and knows nothing of what the documents say. It
// deliberately ships no typefaces: a docx names those of the standard, a PDF
// takes what the machine or the installation has and refuses characters that
// none of them has.
package paper

import (
	"fmt"
	"strings"
	"unicode"

	_ "embed"
)

// Words is the English of the package's messages, for package lang.
//
//go:embed en.tsv
var Words []byte

// Document is one official document. Everything but Title may be empty.
type Document struct {
	Head      string   // the organ on whose paper a letter (函) stands, in red over a double line
	Mark      string   // at the upper right of the first page
	DocNo     string   // 文号
	Title     string   // 标题
	Lead      string   // a line under the title, in 楷体
	To        string   // who is addressed, without the colon
	Body      []Block  // 正文
	Signature []string // who signs; one a line
	Date      string   // 成文日期
	Notes     []string // 附注: contact and telephone
	CopyTo    []string // 抄送
}

// Kind is what a block is.
type Kind int

// Kinds of blocks.
const (
	Text     Kind = iota // a paragraph, its first line two characters in
	Flush                // a paragraph that begins at the margin
	Heading1             // 一、 in 黑体
	Heading2             // （一） in 楷体
	Centred              // a line in the middle
	Title                // the title of one document among several
	Lead                 // a line under such a title
	NewPage              // what follows begins a page
	Grid                 // a table
	Entry                // a line of contents: text, and the page of Link at the right
)

// Block is a part of the text.
type Block struct {
	Kind  Kind
	Text  string // a line break within it begins a new paragraph
	Table *Table
	Mark  string // a name for this place, which an Entry can point to
	Link  string // of an Entry: the Mark it points to
}

// P is a paragraph.
func P(text string) Block { return Block{Text: text} }

// H is a heading of the first level.
func H(text string) Block { return Block{Kind: Heading1, Text: text} }

// Of is a table.
func Of(t *Table) Block { return Block{Kind: Grid, Table: t} }

// Table is ruled. The widths are shares of the width of the text.
type Table struct {
	Widths []float64
	Header []string // repeated on each page; may be empty
	Rows   [][]Cell
}

// Cell is a part of a row.
type Cell struct {
	Text   string
	Span   int     // columns that it takes; 1 when 0
	Label  bool    // says what stands beside it: centred, in 黑体
	Centre bool    // in the middle of its width
	Height float64 // of the row at least, in millimetres
}

// Row makes cells of texts.
func Row(texts ...string) []Cell {
	cells := make([]Cell, len(texts))
	for i, t := range texts {
		cells[i] = Cell{Text: t}
	}
	return cells
}

// The page of the standard, in points: a millimetre is 72/25.4 of them.
const (
	mm         = 72 / 25.4
	pageWidth  = 210 * mm
	pageHeight = 297 * mm
	marginTop  = 37 * mm // 天头
	marginLow  = 35 * mm
	marginLeft = 28 * mm // 订口
	marginEdge = 26 * mm
	textWidth  = pageWidth - marginLeft - marginEdge // 版心 156 mm
	textHeight = pageHeight - marginTop - marginLow  // 225 mm

	pitch     = 28 // of a line, exactly
	sizeBody  = 16 // 三号
	sizeTitle = 22 // 二号
	sizeSmall = 14 // 四号: page numbers, 版记
	sizeGrid  = 12 // 小四: in tables
	pitchGrid = 18
	titleLine = 34

	perLine = 28 // characters in a line of the text
	perPage = 22 // lines

	// Twenty-eight characters of this size are a little wider than the text.
	tight = textWidth/perLine - sizeBody

	headTop   = 30 * mm // 函: the organ's name from the edge of the paper
	headGap   = 4 * mm  // from the name to the red line
	headLine  = 170 * mm
	footLine  = 20 * mm // the lower red line from the edge
	footNo    = 7 * mm  // the page number below the text
	headSize  = 30
	cellInset = 4
)

// paragraphs are the paragraphs of a text, without blank ones.
func paragraphs(text string) []string {
	var all []string
	for p := range strings.Lines(text) {
		if p = strings.TrimFunc(p, unicode.IsSpace); p != "" {
			all = append(all, p)
		}
	}
	return all
}

// printable takes out what no document can hold: control characters, marks of
// direction and halves of characters.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r == '\n':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == 0xFFFE, r == 0xFFFF:
			return -1
		case unicode.Is(unicode.Variation_Selector, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// ems is about how many characters wide a text is.
func ems(s string) (n float64) {
	for _, r := range s {
		if r < 0x2E80 && !strings.ContainsRune("“”‘’…—·", r) {
			n += 0.5
		} else {
			n++
		}
	}
	return n
}

// signed is how far a signature and its date stand from the right edge, in
// characters: the shorter one in the middle of the longer.
func signed(name, date string) (nameIn, dateIn float64) {
	a, b := ems(name), ems(date)
	if a <= b {
		return 4 + (b-a)/2, 4
	}
	return 2, 2 + (a-b)/2
}

// describe names a character for a person, with its number for who looks for a
// face that has it.
func describe(r rune) string { return fmt.Sprintf("%c（U+%04X）", r, r) }
