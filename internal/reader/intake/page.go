package intake

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Elements that begin a line of their own, that nobody sees, and that hold what
// is no part of the body.
var (
	blocks = atoms("address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr li main menu nav ol p pre section summary table tbody tfoot thead tr ul option select title")
	hidden = atoms("script style noscript template head textarea iframe object svg math rt rp select button datalist canvas audio video")
	void   = atoms("area base br col embed hr img input link meta param source track wbr")
	around = map[atom.Atom]OutsideKind{atom.Nav: Menu, atom.Header: Menu, atom.Menu: Menu, atom.Footer: Footer, atom.Aside: Menu, atom.Form: Menu, atom.Figcaption: Caption}
)

func atoms(names string) map[atom.Atom]bool {
	m := map[atom.Atom]bool{}
	for name := range strings.FieldsSeq(names) {
		m[atom.Lookup([]byte(name))] = true
	}
	return m
}

// deepest is how many elements may be open at once; deeper ones are read as if
// they stood beside each other.
const deepest = 2000

// pageReader makes the visible text of a web page.
type pageReader struct {
	text    []rune
	from    []int32 // of each of the text: where its character or entity begins in the page
	to      []int32 // and ends
	at      int     // code points of the page before this token
	open    []element
	hidden  int // elements that hide, among the open
	blank   bool
	newline bool // the blank had a line break in it
	line    int  // where the line begins
	linked  int  // characters of the line within links
	links   int  // links among the open elements
	outside []Outside
	starts  []int // where the open elements that are outside began
}

type element struct {
	atom  atom.Atom
	hides bool
	kind  OutsideKind
}

// readPage returns the visible text of a page, a line for each block, what its
// markup says is no part of the body, and where each character stands in it.
func readPage(page string) (string, []Outside, span) {
	p := &pageReader{}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		t := z.Next()
		raw := string(z.Raw())
		switch t {
		case html.ErrorToken:
			p.breakLine()
			for len(p.open) > 0 {
				p.pop()
			}
			slices.SortFunc(p.outside, func(a, b Outside) int { return a.Start - b.Start })
			for n := len(p.text); n > 0 && (p.text[n-1] == '\n' || p.text[n-1] == ' '); n-- {
				p.text = p.text[:n-1]
			}
			return string(p.text), p.merged(), span{p.from[:len(p.text)], p.to[:len(p.text)]}
		case html.TextToken:
			if p.hidden == 0 {
				p.add(raw)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, attrs := z.TagName()
			a := atom.Lookup(name)
			p.start(a, z, attrs, t == html.SelfClosingTagToken)
		case html.EndTagToken:
			name, _ := z.TagName()
			p.end(atom.Lookup(name))
		}
		p.at += utf8.RuneCountInString(raw)
	}
}

// put adds a character that came from n code points of the page, from place at.
func (p *pageReader) put(r rune, at, n int) {
	p.text = append(p.text, r)
	p.from = append(p.from, int32(at))
	p.to = append(p.to, int32(at+n))
}

func (p *pageReader) start(a atom.Atom, z *html.Tokenizer, attrs, closed bool) {
	e := element{atom: a, hides: hidden[a], kind: around[a]}
	for attrs {
		var k, v []byte
		k, v, attrs = z.TagAttr()
		switch string(k) {
		case "hidden":
			e.hides = true
		case "style":
			s := strings.ToLower(strings.ReplaceAll(string(v), " ", ""))
			e.hides = e.hides || strings.Contains(s, "display:none") || strings.Contains(s, "visibility:hidden")
		case "aria-hidden":
			e.hides = e.hides || string(v) == "true"
		}
	}
	switch {
	case a == atom.Br:
		p.breakLine()
		return
	case blocks[a]:
		p.breakLine()
	case a == atom.Td || a == atom.Th:
		p.blank = true
	}
	if a == 0 || void[a] || closed && !blocks[a] || len(p.open) >= deepest {
		return
	}
	// The closing tags of these are often left out.
	if n := len(p.open); n > 0 && p.open[n-1].atom == a && (a == atom.P || a == atom.Li || a == atom.Td || a == atom.Tr || a == atom.Option || a == atom.Dd || a == atom.Dt) {
		p.pop()
	}
	p.open = append(p.open, e)
	p.starts = append(p.starts, len(p.text))
	if e.hides {
		p.hidden++
	}
	if a == atom.A {
		p.links++
	}
}

func (p *pageReader) end(a atom.Atom) {
	if blocks[a] {
		p.breakLine()
	}
	// A closing tag closes what was opened by it and everything inside, unless
	// nothing was.
	for i := len(p.open) - 1; i >= 0 && len(p.open)-i <= 64; i-- {
		if p.open[i].atom == a {
			for len(p.open) > i {
				p.pop()
			}
			return
		}
	}
}

func (p *pageReader) pop() {
	n := len(p.open) - 1
	e, start := p.open[n], p.starts[n]
	p.open, p.starts = p.open[:n], p.starts[:n]
	if e.hides {
		p.hidden--
	}
	if e.atom == atom.A {
		p.links--
	}
	if e.kind != "" && len(p.text) > start {
		p.outside = append(p.outside, Outside{e.kind, start, len(p.text)})
	}
}

// longestEntity bounds how far the ; of an entity is looked for.
const longestEntity = 32

// entityAt returns what the entity that a text begins with stands for, and its
// length in bytes; n is 0 if it begins with none.
func entityAt(s string) (is string, n int) {
	for n = 1; n < len(s) && n < longestEntity; n++ {
		if s[n] == ';' {
			n++
			// Pages that were saved twice hold entities of entities.
			if is = html.UnescapeString(html.UnescapeString(s[:n])); is != s[:n] {
				return is, n
			}
			break
		} else if s[n] == '&' || s[n] <= ' ' || s[n] >= 0x80 {
			break
		}
	}
	return "", 0
}

// add takes text over with its blanks as a browser shows them.
func (p *pageReader) add(s string) {
	pre := slices.ContainsFunc(p.open[max(0, len(p.open)-8):], func(e element) bool { return e.atom == atom.Pre })
	at := p.at
	for i := 0; i < len(s); {
		if s[i] == '&' {
			if is, n := entityAt(s[i:]); n > 0 {
				for _, r := range is {
					p.addRune(r, at, n, pre)
				}
				i, at = i+n, at+n // entities are of ASCII
				continue
			}
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		p.addRune(r, at, 1, pre)
		i, at = i+n, at+1
	}
}

func (p *pageReader) addRune(r rune, at, n int, pre bool) {
	switch {
	case pre && r == '\n':
		p.breakLine()
		return
	case r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\f':
		p.blank = true
		p.newline = p.newline || r == '\n'
		return
	case r == 0:
		return
	}
	if p.blank && len(p.text) > p.line {
		last := p.text[len(p.text)-1]
		if !(p.newline && unicode.Is(unicode.Han, last) && unicode.Is(unicode.Han, r)) {
			p.put(' ', at, 0)
		}
	}
	p.blank, p.newline = false, false
	p.put(r, at, n)
	if p.links > 0 {
		p.linked++
	}
}

// breakLine ends the line; one that is mostly links is a menu.
func (p *pageReader) breakLine() {
	p.blank, p.newline = false, false
	n := len(p.text) - p.line
	if n > 0 {
		if p.linked*10 > n*6 {
			p.outside = append(p.outside, Outside{Menu, p.line, len(p.text)})
		}
		p.put('\n', p.at, 0)
	}
	p.line, p.linked = len(p.text), 0
}

// merged returns the stretches outside without overlaps. A page in which they
// leave nothing is one whose markup says nothing.
func (p *pageReader) merged() []Outside {
	var all []Outside
	left := len(p.text)
	for _, o := range p.outside {
		if n := len(all); n > 0 && o.Start < all[n-1].End {
			o.Start = all[n-1].End
		}
		if o.Start < o.End {
			all = append(all, o)
			left -= o.End - o.Start
		}
	}
	if left*10 < len(p.text) {
		return nil
	}
	return all
}

// isPage reports whether text is a web page.
func isPage(name, text string) bool {
	start := strings.ToLower(strings.TrimSpace(text[:min(len(text), 2048)]))
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<meta", "<?xml", "<!--", "<div", "<table", "<title", "<script", "<p>", "<article"} {
		if strings.HasPrefix(start, tag) {
			return true
		}
	}
	if strings.Contains(start, "<html") {
		return true
	}
	ext := extension(name)
	return (ext == ".html" || ext == ".htm" || ext == ".shtml" || ext == ".xhtml") && strings.Contains(text, "</")
}
