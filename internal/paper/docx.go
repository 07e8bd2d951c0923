package paper

import (
	"archive/zip"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
)

// DOCX writes a document for word processors. It names the faces of the
// standard; a machine that lacks them shows others, and nothing is lost.
func DOCX(w io.Writer, d *Document) error {
	b := &builder{marks: map[string]int{}}
	b.document(d)
	letter := d.Head != ""
	z := zip.NewWriter(w)
	for _, part := range []struct{ name, text string }{
		{"[Content_Types].xml", contentTypes},
		{"_rels/.rels", packageRels},
		{"word/_rels/document.xml.rels", documentRels},
		{"docProps/core.xml", xmlHead + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>` + escape(d.Title) + `</dc:title><dc:language>zh-CN</dc:language></cp:coreProperties>`},
		{"word/styles.xml", stylesXML()},
		{"word/settings.xml", xmlHead + `<w:settings ` + nsW + `><w:evenAndOddHeaders/><w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:spaceForUL/><w:balanceSingleByteDoubleByteWidth/><w:doNotLeaveBackslashAlone/><w:ulTrailSpace/><w:adjustLineHeightInTable/><w:useFELayout/></w:compat></w:settings>`},
		{"word/footer1.xml", footerXML("right")},
		{"word/footer2.xml", footerXML("left")},
		{"word/footer3.xml", xmlHead + `<w:ftr ` + nsW + `>` + redRule("top", "thinThickSmallGap", letter) + `</w:ftr>`},
		{"word/header1.xml", headerXML(d.Head)},
		{"word/header2.xml", xmlHead + `<w:hdr ` + nsW + `><w:p/></w:hdr>`},
		{"word/document.xml", xmlHead + `<w:document ` + nsW + ` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:body>` + b.text.String() + section(letter) + `</w:body></w:document>`},
	} {
		f, err := z.Create(part.name)
		if err == nil {
			_, err = io.WriteString(f, part.text)
		}
		if err != nil {
			return fmt.Errorf("paper: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	return nil
}

const (
	xmlHead      = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`
	nsW          = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	officeRel    = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	officeType   = `application/vnd.openxmlformats-officedocument.wordprocessingml.`
	contentTypes = xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="` + officeType + `document.main+xml"/><Override PartName="/word/styles.xml" ContentType="` + officeType + `styles+xml"/>` +
		`<Override PartName="/word/settings.xml" ContentType="` + officeType + `settings+xml"/>` +
		`<Override PartName="/word/footer1.xml" ContentType="` + officeType + `footer+xml"/><Override PartName="/word/footer2.xml" ContentType="` + officeType + `footer+xml"/><Override PartName="/word/footer3.xml" ContentType="` + officeType + `footer+xml"/>` +
		`<Override PartName="/word/header1.xml" ContentType="` + officeType + `header+xml"/><Override PartName="/word/header2.xml" ContentType="` + officeType + `header+xml"/>` +
		`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`
	packageRels = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + officeRel + `officeDocument" Target="word/document.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`
	documentRels = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + officeRel + `styles" Target="styles.xml"/>` +
		`<Relationship Id="rId2" Type="` + officeRel + `settings" Target="settings.xml"/><Relationship Id="rId3" Type="` + officeRel + `footer" Target="footer1.xml"/><Relationship Id="rId4" Type="` + officeRel + `footer" Target="footer2.xml"/>` +
		`<Relationship Id="rId5" Type="` + officeRel + `footer" Target="footer3.xml"/><Relationship Id="rId6" Type="` + officeRel + `header" Target="header1.xml"/><Relationship Id="rId7" Type="` + officeRel + `header" Target="header2.xml"/></Relationships>`
)

// escape makes text safe within XML.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(printable(s))) // a Builder takes everything
	return b.String()
}

// twips are twentieths of a point.
func twips(points float64) int { return int(math.Round(points * 20)) }

// half are half points, in which sizes of type are given.
func half(points float64) int { return int(math.Round(points * 2)) }

func fonts(r role) string {
	name := named[r][0]
	return fmt.Sprintf(`<w:rFonts w:ascii="%[1]s" w:hAnsi="%[1]s" w:eastAsia="%[1]s" w:cs="%[1]s" w:hint="eastAsia"/>`, name)
}

// styleIDs are the paragraph styles by kind of block.
var styleIDs = map[Kind]string{Text: "a", Flush: "Flush", Heading1: "Heading1", Heading2: "Heading2", Centred: "Centred", Title: "Title", Lead: "Subtitle"}

func stylesXML() string {
	var b strings.Builder
	b.WriteString(xmlHead + `<w:styles ` + nsW + `><w:docDefaults><w:rPrDefault><w:rPr>` + fonts(body) + fmt.Sprintf(`<w:spacing w:val="%d"/><w:sz w:val="%d"/><w:szCs w:val="%[2]d"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/>`, int(math.Floor(tight*20)), half(sizeBody)) +
		`</w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>`)
	line := func(points float64) string {
		return fmt.Sprintf(`<w:spacing w:before="0" w:after="0" w:line="%d" w:lineRule="exact"/>`, twips(points))
	}
	const indent = `<w:ind w:firstLineChars="200" w:firstLine="640"/>`
	for _, s := range []struct{ id, name, base, pPr, rPr string }{
		{"a", "Normal", "", `<w:widowControl/><w:kinsoku/><w:overflowPunct w:val="0"/><w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/><w:snapToGrid w:val="0"/>` + line(pitch) + indent + `<w:jc w:val="both"/>`, ""},
		{"Flush", "Flush", "a", `<w:ind w:firstLineChars="0" w:firstLine="0"/>`, ""},
		{"Heading1", "heading 1", "a", `<w:keepNext/><w:outlineLvl w:val="1"/>`, fonts(heading)},
		{"Heading2", "heading 2", "a", `<w:keepNext/><w:outlineLvl w:val="2"/>`, fonts(kai)},
		{"Centred", "Centred", "Flush", `<w:jc w:val="center"/>`, ""},
		{"Title", "Title", "Flush", `<w:keepNext/>` + fmt.Sprintf(`<w:spacing w:before="0" w:after="%d" w:line="%d" w:lineRule="exact"/>`, twips(pitch/2), twips(titleLine)) + `<w:jc w:val="center"/><w:outlineLvl w:val="0"/>`, fonts(title) + fmt.Sprintf(`<w:spacing w:val="0"/><w:sz w:val="%d"/><w:szCs w:val="%[1]d"/>`, half(sizeTitle))},
		{"Subtitle", "Subtitle", "Centred", fmt.Sprintf(`<w:spacing w:before="0" w:after="%d" w:line="%d" w:lineRule="exact"/>`, twips(pitch/2), twips(pitch)), fonts(kai)},
		{"Cell", "Cell", "Flush", line(pitchGrid) + `<w:jc w:val="left"/>`, fmt.Sprintf(`<w:spacing w:val="0"/><w:sz w:val="%d"/><w:szCs w:val="%[1]d"/>`, half(sizeGrid))},
		{"Copies", "Copies", "Flush", fmt.Sprintf(`<w:pBdr><w:top w:val="single" w:sz="8" w:space="1" w:color="auto"/><w:bottom w:val="single" w:sz="8" w:space="1" w:color="auto"/></w:pBdr><w:spacing w:before="%d" w:after="0" w:line="%d" w:lineRule="exact"/><w:ind w:left="%d" w:right="%d" w:hanging="%d" w:firstLineChars="0"/>`, twips(pitch), twips(22), twips(4*sizeSmall), twips(sizeSmall), twips(3*sizeSmall)), fmt.Sprintf(`<w:spacing w:val="0"/><w:sz w:val="%d"/>`, half(sizeSmall))},
	} {
		fmt.Fprintf(&b, `<w:style w:type="paragraph" w:styleId="%s"`, s.id)
		if s.base == "" {
			b.WriteString(` w:default="1"`)
		}
		fmt.Fprintf(&b, `><w:name w:val="%s"/>`, s.name)
		if s.base != "" {
			fmt.Fprintf(&b, `<w:basedOn w:val="%s"/>`, s.base)
		}
		fmt.Fprintf(&b, `<w:qFormat/><w:pPr>%s</w:pPr><w:rPr>%s</w:rPr></w:style>`, s.pPr, s.rPr)
	}
	b.WriteString(`</w:styles>`)
	return b.String()
}

// footerXML is a page number: "— 1 —", a character in from the outer edge.
func footerXML(side string) string {
	rPr := `<w:rPr>` + fonts(numerals) + fmt.Sprintf(`<w:spacing w:val="0"/><w:sz w:val="%d"/></w:rPr>`, half(sizeSmall))
	run := func(inner string) string { return `<w:r>` + rPr + inner + `</w:r>` }
	return xmlHead + `<w:ftr ` + nsW + `><w:p><w:pPr><w:pStyle w:val="Flush"/>` + fmt.Sprintf(`<w:ind w:%s="%d" w:firstLine="0"/><w:jc w:val="%[1]s"/></w:pPr>`, side, twips(sizeSmall)) +
		run(`<w:t xml:space="preserve">— </w:t>`) + run(`<w:fldChar w:fldCharType="begin"/>`) + run(`<w:instrText xml:space="preserve"> PAGE </w:instrText>`) +
		run(`<w:fldChar w:fldCharType="separate"/>`) + run(`<w:t>1</w:t>`) + run(`<w:fldChar w:fldCharType="end"/>`) + run(`<w:t xml:space="preserve"> —</w:t>`) + `</w:p></w:ftr>`
}

// redRule is an empty paragraph with the double line of a letter, 170 mm wide.
func redRule(edge, kind string, letter bool) string {
	if !letter {
		return `<w:p/>`
	}
	out := twips((headLine - textWidth) / 2)
	return fmt.Sprintf(`<w:p><w:pPr><w:pStyle w:val="Flush"/><w:pBdr><w:%s w:val="%s" w:sz="24" w:space="0" w:color="DC0000"/></w:pBdr><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/><w:ind w:left="-%d" w:right="-%[3]d" w:firstLine="0"/></w:pPr></w:p>`, edge, kind, out)
}

// headerXML is the head of a letter's first page: the organ in red over a
// double line.
func headerXML(name string) string {
	if name == "" {
		return xmlHead + `<w:hdr ` + nsW + `><w:p/></w:hdr>`
	}
	size := min(float64(headSize), textWidth/ems(name))
	return xmlHead + `<w:hdr ` + nsW + `><w:p><w:pPr><w:pStyle w:val="Flush"/>` + fmt.Sprintf(`<w:spacing w:before="0" w:after="%d" w:line="%d" w:lineRule="exact"/><w:jc w:val="center"/></w:pPr>`, twips(headGap), twips(size*1.1)) +
		`<w:r><w:rPr>` + fonts(title) + fmt.Sprintf(`<w:color w:val="DC0000"/><w:spacing w:val="0"/><w:sz w:val="%d"/></w:rPr><w:t>`, half(size)) + escape(name) + `</w:t></w:r></w:p>` + redRule("bottom", "thickThinSmallGap", true) + `</w:hdr>`
}

// section is the page: its size, margins, and what stands above and below.
func section(letter bool) string {
	top := "" // the heads and feet of the first page of a letter
	if letter {
		top = `<w:titlePg/>`
	}
	head, foot := marginTop/2, marginLow-footNo-sizeSmall
	refs := `<w:headerReference w:type="default" r:id="rId7"/><w:headerReference w:type="even" r:id="rId7"/><w:footerReference w:type="default" r:id="rId3"/><w:footerReference w:type="even" r:id="rId4"/>`
	if letter {
		head, foot = headTop, footLine
		refs += `<w:headerReference w:type="first" r:id="rId6"/><w:footerReference w:type="first" r:id="rId5"/>`
	}
	return `<w:sectPr>` + refs + fmt.Sprintf(`<w:pgSz w:w="%d" w:h="%d"/><w:pgMar w:top="%d" w:right="%d" w:bottom="%d" w:left="%d" w:header="%d" w:footer="%d" w:gutter="0"/>`,
		twips(pageWidth), twips(pageHeight), twips(marginTop), twips(marginEdge), twips(marginLow), twips(marginLeft), twips(head), twips(foot)) + top + `</w:sectPr>`
}

// builder writes the body.
type builder struct {
	text  strings.Builder
	marks map[string]int
	brk   bool // the next paragraph begins a page
}

// mark is a bookmark's name: a letter and a number, whatever the mark is.
func (b *builder) mark(name string) int {
	if b.marks[name] == 0 {
		b.marks[name] = len(b.marks) + 1
	}
	return b.marks[name]
}

// para writes a paragraph; pPr and rPr change its style.
func (b *builder) para(style, pPr, rPr, text, mark string) {
	w := &b.text
	w.WriteString(`<w:p><w:pPr><w:pStyle w:val="` + style + `"/>`)
	if b.brk {
		w.WriteString(`<w:pageBreakBefore/>`)
		b.brk = false
	}
	w.WriteString(pPr + `</w:pPr>`)
	if mark != "" {
		fmt.Fprintf(w, `<w:bookmarkStart w:id="%d" w:name="m%[1]d"/><w:bookmarkEnd w:id="%[1]d"/>`, b.mark(mark))
	}
	if text != "" {
		w.WriteString(`<w:r>`)
		if rPr != "" {
			w.WriteString(`<w:rPr>` + rPr + `</w:rPr>`)
		}
		w.WriteString(`<w:t xml:space="preserve">` + strings.ReplaceAll(escape(text), lineBreak, `</w:t><w:br/><w:t xml:space="preserve">`) + `</w:t></w:r>`)
	}
	w.WriteString(`</w:p>`)
}

func (b *builder) document(d *Document) {
	if d.Mark != "" { // in a frame of its own, wherever the text begins
		b.para("Flush", fmt.Sprintf(`<w:framePr w:w="%d" w:hSpace="0" w:wrap="around" w:vAnchor="page" w:hAnchor="page" w:x="%d" w:y="%d"/><w:jc w:val="right"/>`,
			twips(60*mm), twips(pageWidth-marginEdge-60*mm), twips(18*mm)), fonts(heading), d.Mark, "")
	}
	if d.DocNo != "" {
		before, after := 0.0, float64(pitch)
		if d.Head != "" {
			before, after = sizeBody*7.0/8, 2*pitch
		}
		b.para("Flush", fmt.Sprintf(`<w:spacing w:before="%d" w:after="%d" w:line="%d" w:lineRule="exact"/><w:jc w:val="right"/>`, twips(before), twips(after), twips(pitch)), "", d.DocNo, "")
	}
	b.block(Block{Kind: Title, Text: d.Title})
	b.block(Block{Kind: Lead, Text: d.Lead})
	if d.To != "" {
		b.block(Block{Kind: Flush, Text: d.To + "："})
	}
	for _, x := range d.Body {
		b.block(x)
	}
	at := func(text string, in float64, keep string) {
		b.para("Flush", keep+fmt.Sprintf(`<w:ind w:rightChars="%d" w:right="%d" w:firstLineChars="0" w:firstLine="0"/><w:jc w:val="right"/>`, int(in*100), twips(in*sizeBody)), "", text, "")
	}
	in := 4.0
	if len(d.Signature)+len(d.Date) > 0 {
		b.para("Flush", `<w:keepNext/>`, "", "", "")
	}
	for _, s := range d.Signature {
		var n float64
		n, in = signed(s, d.Date)
		at(s, n, `<w:keepNext/>`)
	}
	if d.Date != "" {
		at(d.Date, in, "")
	}
	for _, n := range d.Notes {
		b.block(P("（" + n + "）"))
	}
	if len(d.CopyTo) > 0 {
		b.para("Copies", "", "", "抄送："+strings.Join(d.CopyTo, "，")+"。", "")
	}
}

func (b *builder) block(x Block) {
	switch x.Kind {
	case NewPage:
		b.brk = true
	case Grid:
		b.table(x)
	case Entry:
		b.entry(x)
	default:
		mark := x.Mark
		for _, p := range paragraphs(printable(x.Text)) {
			if x.Kind == Title {
				p = broken(p)
			}
			b.para(styleIDs[x.Kind], "", "", p, mark)
			mark = ""
		}
	}
}

// lineBreak is a line break as XML has it.
const lineBreak = "&#xA;"

// broken breaks a title into lines of about the same length. Faces differ little
// in how wide they are.
func broken(title string) string {
	var lines []string
	for _, l := range balance([]rune(title), textWidth, func(r rune) float64 { return sizeTitle * ems(string(r)) }) {
		lines = append(lines, string(l))
	}
	return strings.Join(lines, "\n")
}

// entry is a line of contents; the word processor fills in the page.
func (b *builder) entry(x Block) {
	w := &b.text
	w.WriteString(`<w:p><w:pPr><w:pStyle w:val="Flush"/>`)
	if b.brk {
		w.WriteString(`<w:pageBreakBefore/>`)
		b.brk = false
	}
	fmt.Fprintf(w, `<w:tabs><w:tab w:val="right" w:leader="middleDot" w:pos="%d"/></w:tabs><w:ind w:left="%d" w:right="%[2]d" w:hanging="%[2]d" w:firstLineChars="0"/><w:jc w:val="left"/></w:pPr>`, twips(textWidth), twips(2*sizeBody))
	fmt.Fprintf(w, `<w:r><w:t xml:space="preserve">%s</w:t></w:r><w:r><w:tab/></w:r>`, escape(strings.Join(paragraphs(x.Text), " ")))
	fmt.Fprintf(w, `<w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r><w:r><w:instrText xml:space="preserve"> PAGEREF m%d \h </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>…</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`, b.mark(x.Link))
}

func (b *builder) table(x Block) {
	t := x.Table
	if len(t.Rows) == 0 && len(t.Header) == 0 {
		return
	}
	if b.brk || x.Mark != "" {
		b.para("Flush", `<w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>`, "", "", x.Mark)
	}
	w := &b.text
	widths := t.widths()
	fmt.Fprintf(w, `<w:tbl><w:tblPr><w:tblW w:w="%d" w:type="dxa"/><w:tblInd w:w="%d" w:type="dxa"/><w:tblBorders>`, twips(textWidth), twips(cellInset))
	for _, edge := range []string{"top", "left", "bottom", "right", "insideH", "insideV"} {
		fmt.Fprintf(w, `<w:%s w:val="single" w:sz="4" w:space="0" w:color="auto"/>`, edge)
	}
	fmt.Fprintf(w, `</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar><w:top w:w="%d" w:type="dxa"/><w:left w:w="%[1]d" w:type="dxa"/><w:bottom w:w="%[1]d" w:type="dxa"/><w:right w:w="%[1]d" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>`, twips(cellInset))
	for _, n := range widths {
		fmt.Fprintf(w, `<w:gridCol w:w="%d"/>`, twips(n))
	}
	w.WriteString(`</w:tblGrid>`)
	if len(t.Header) > 0 {
		cells := make([]Cell, len(t.Header))
		for i, h := range t.Header {
			cells[i] = Cell{Text: h, Label: true}
		}
		b.row(widths, cells, `<w:cantSplit/><w:tblHeader/>`)
	}
	for _, cells := range t.Rows {
		b.row(widths, cells, "")
	}
	w.WriteString(`</w:tbl>`)
	b.para("Flush", fmt.Sprintf(`<w:spacing w:before="0" w:after="0" w:line="%d" w:lineRule="exact"/>`, twips(pitchGrid/2)), "", "", "")
}

func (b *builder) row(widths []float64, cells []Cell, trPr string) {
	w := &b.text
	height := 0.0
	for _, c := range cells {
		height = max(height, c.Height*mm)
	}
	if height > 0 {
		trPr += fmt.Sprintf(`<w:trHeight w:val="%d" w:hRule="atLeast"/>`, twips(height))
	}
	w.WriteString(`<w:tr>`)
	if trPr != "" {
		w.WriteString(`<w:trPr>` + trPr + `</w:trPr>`)
	}
	at := 0
	for _, c := range cells {
		span, width := max(c.Span, 1), 0.0
		for range span {
			if at < len(widths) {
				width += widths[at]
				at++
			}
		}
		fmt.Fprintf(w, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>`, twips(width))
		if span > 1 {
			fmt.Fprintf(w, `<w:gridSpan w:val="%d"/>`, span)
		}
		w.WriteString(`<w:vAlign w:val="center"/></w:tcPr>`)
		pPr, rPr := "", ""
		if c.Label || c.Centre {
			pPr = `<w:jc w:val="center"/>`
		}
		if c.Label {
			rPr = fonts(heading)
		}
		texts := paragraphs(printable(c.Text))
		if len(texts) == 0 {
			texts = []string{""}
		}
		for _, p := range texts {
			b.para("Cell", pPr, rPr, p, "")
		}
		w.WriteString(`</w:tc>`)
	}
	w.WriteString(`</w:tr>`)
}
