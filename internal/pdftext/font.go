package pdftext

import (
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// font says what the bytes of a text show and how wide that is.
type font struct {
	wide    bool // codes of two bytes, unless the map says otherwise
	unicode *charMap
	dec     *encoding.Decoder // of fonts whose codes are those of an encoding
	mixed   bool              // and whose ASCII has one byte
	simple  [256]string
	widths  map[int]float64
	width   float64 // of codes without one, in thousandths
	scale   float64
}

// glyph is what one code shows.
type glyph struct {
	text  string
	known bool
	width float64 // in thousandths of the size
	space bool    // a blank of one byte
}

// encodings are those by whose names composite fonts call their codes.
var encodings = []struct {
	prefix string
	enc    encoding.Encoding
	mixed  bool
}{
	{"GBK2K", simplifiedchinese.GB18030, true},
	{"GBK", simplifiedchinese.GBK, true},
	{"GB-EUC", simplifiedchinese.GBK, true},
	{"GBpc-EUC", simplifiedchinese.GBK, true},
	{"UniGB-UTF8", unicode.UTF8, true},
	{"ETen-B5", traditionalchinese.Big5, true},
	{"ETenms-B5", traditionalchinese.Big5, true},
	{"B5pc", traditionalchinese.Big5, true},
	{"HKscs-B5", traditionalchinese.Big5, true},
	{"Uni", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), false}, // UniGB-UCS2-H, UniCNS-UTF16-H
}

func (f *file) font(d dict) *font {
	out := &font{widths: map[int]float64{}, width: 500, scale: 1}
	if s, ok := f.get(d["ToUnicode"]).(*stream); ok {
		out.unicode = readMap(f.unpack(s))
	}
	if f.name(d["Subtype"]) == "Type0" {
		f.composite(out, d)
		return out
	}
	if m := f.array(d["FontMatrix"]); f.name(d["Subtype"]) == "Type3" && len(m) == 6 {
		if a, ok := f.number(m[0]); ok && a > 0 {
			out.scale = a * 1000
		}
	}
	first, _ := f.number(d["FirstChar"])
	for i, w := range f.array(d["Widths"]) {
		if n, ok := f.number(w); ok && i < 256 {
			out.widths[int(first)+i] = n * out.scale
		}
	}
	base := f.name(d["Encoding"])
	e := f.dict(d["Encoding"])
	if e != nil {
		base = f.name(e["BaseEncoding"])
	}
	cm := charmap.Windows1252
	if base == "MacRomanEncoding" {
		cm = charmap.Macintosh
	}
	for i := 32; i < 256; i++ {
		if r := cm.DecodeByte(byte(i)); r != utf8.RuneError {
			out.simple[i] = string(r)
		}
	}
	code := 0
	for _, o := range f.array(e["Differences"]) {
		switch o := f.get(o).(type) {
		case float64:
			code = int(o)
		case name:
			if code >= 0 && code < 256 {
				out.simple[code] = named(string(o))
			}
			code++
		}
	}
	return out
}

// named returns the character of a name of glyphs: those of letters and marks,
// and uni4E2D.
func named(s string) string {
	if len(s) == 1 {
		return s
	}
	if t, ok := glyphNames[s]; ok {
		return t
	}
	for _, prefix := range []string{"uni", "u"} {
		if rest, ok := strings.CutPrefix(s, prefix); ok && len(rest) >= 4 && len(rest) <= 6 {
			if n, err := strconv.ParseUint(rest, 16, 32); err == nil {
				return string(rune(n))
			}
		}
	}
	return ""
}

var glyphNames = map[string]string{
	"space": " ", "exclam": "!", "quotedbl": `"`, "numbersign": "#", "dollar": "$", "percent": "%", "ampersand": "&",
	"quotesingle": "'", "parenleft": "(", "parenright": ")", "asterisk": "*", "plus": "+", "comma": ",", "hyphen": "-",
	"period": ".", "slash": "/", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
	"seven": "7", "eight": "8", "nine": "9", "colon": ":", "semicolon": ";", "less": "<", "equal": "=", "greater": ">",
	"question": "?", "at": "@", "bracketleft": "[", "bracketright": "]", "underscore": "_", "quoteleft": "‘", "quoteright": "’",
	"quotedblleft": "“", "quotedblright": "”", "endash": "–", "emdash": "—", "bullet": "•", "ellipsis": "…", "periodcentered": "·",
	"fi": "fi", "fl": "fl", "ff": "ff", "ffi": "ffi", "minus": "−",
}

func (f *file) composite(out *font, d dict) {
	out.wide, out.width = true, 1000
	enc := string(f.name(d["Encoding"]))
	for _, e := range encodings {
		if strings.HasPrefix(enc, e.prefix) {
			out.dec, out.mixed = e.enc.NewDecoder(), e.mixed
			break
		}
	}
	kids := f.array(d["DescendantFonts"])
	if len(kids) == 0 {
		return
	}
	kid := f.dict(kids[0])
	if n, ok := f.number(kid["DW"]); ok {
		out.width = n
	}
	// Widths: first [w w w] or first last w.
	w := f.array(kid["W"])
	for i := 0; i+1 < len(w) && len(out.widths) < 1<<16; {
		first, _ := f.number(w[i])
		if list := f.array(w[i+1]); list != nil {
			for j, o := range list {
				if n, ok := f.number(o); ok && j < 1<<16 {
					out.widths[int(first)+j] = n
				}
			}
			i += 2
			continue
		}
		if i+2 >= len(w) {
			break
		}
		last, _ := f.number(w[i+1])
		n, _ := f.number(w[i+2])
		for c := int(first); c <= int(last) && c < int(first)+1<<16 && len(out.widths) < 1<<16; c++ {
			out.widths[c] = n
		}
		i += 3
	}
}

// glyphs reads the bytes of a text.
func (f *font) glyphs(s text) []glyph {
	all := make([]glyph, 0, len(s)/2+1)
	for len(s) > 0 {
		n := 1
		switch {
		case f.unicode != nil && len(f.unicode.spaces) > 0:
			if n = f.unicode.size(s); n == 0 {
				n = 1
				if f.wide {
					n = 2
				}
			}
		case f.wide && !(f.mixed && s[0] < 0x80):
			n = 2
		}
		n = min(n, len(s))
		code := 0
		for _, c := range []byte(s[:n]) {
			code = code<<8 | int(c)
		}
		g := glyph{space: n == 1 && s[0] == ' '}
		g.text, g.known = f.show(code, s[:n])
		var ok bool
		if g.width, ok = f.widths[code]; !ok {
			g.width = f.width
			if f.mixed && n == 1 {
				g.width = 500
			}
		}
		all = append(all, g)
		s = s[n:]
	}
	return all
}

func (f *font) show(code int, s text) (string, bool) {
	if f.unicode != nil {
		if t, ok := f.unicode.get(code, len(s)); ok {
			return t, true
		}
	}
	switch {
	case f.dec != nil:
		t, err := f.dec.String(string(s))
		return t, err == nil && !strings.ContainsRune(t, utf8.RuneError)
	case f.wide:
		return "", false
	}
	t := f.simple[code&0xFF]
	return t, t != ""
}

// charMap is a map from codes to text.
type charMap struct {
	spaces []codeSpace
	chars  map[codeKey]string
	ranges []codeRange // sorted by first
}

type codeKey struct{ code, size int }

type codeSpace struct{ first, last text }

type codeRange struct {
	codeKey
	last int
	text []uint16
}

// mostMapped is how many codes a map may list.
const mostMapped = 1 << 17

// readMap reads the program that makes a map.
func readMap(b []byte) *charMap {
	m := &charMap{chars: map[codeKey]string{}}
	l := &lexer{b, 0}
	var args []object
	for {
		o := l.next(0)
		k, isWord := o.(keyword)
		switch {
		case o == end{}:
			sort.SliceStable(m.ranges, func(i, j int) bool { return m.ranges[i].code < m.ranges[j].code })
			return m
		case !isWord:
			if args = append(args, o); len(args) > 4096 {
				args = args[:0]
			}
			continue
		}
		switch k {
		case "begincodespacerange", "beginbfchar", "beginbfrange":
			args = args[:0]
			continue
		case "endcodespacerange":
			for i := 0; i+1 < len(args); i += 2 {
				a, ok1 := args[i].(text)
				z, ok2 := args[i+1].(text)
				if ok1 && ok2 && len(a) == len(z) && len(a) > 0 && len(a) <= 4 && len(m.spaces) < 64 {
					m.spaces = append(m.spaces, codeSpace{a, z})
				}
			}
		case "endbfchar":
			for i := 0; i+1 < len(args) && len(m.chars) < mostMapped; i += 2 {
				if c, ok := args[i].(text); ok && len(c) <= 4 {
					if t, ok := args[i+1].(text); ok {
						m.chars[key(c)] = decode(units(t))
					}
				}
			}
		case "endbfrange":
			for i := 0; i+2 < len(args) && len(m.ranges)+len(m.chars) < mostMapped; i += 3 {
				m.add(args[i], args[i+1], args[i+2])
			}
		}
		args = args[:0]
	}
}

func (m *charMap) add(first, last, to object) {
	a, ok1 := first.(text)
	z, ok2 := last.(text)
	if !ok1 || !ok2 || len(a) > 4 || len(a) != len(z) {
		return
	}
	from := key(a)
	switch t := to.(type) {
	case text:
		m.ranges = append(m.ranges, codeRange{from, key(z).code, units(t)})
	case array:
		for i, o := range t {
			if s, ok := o.(text); ok && len(m.chars) < mostMapped {
				m.chars[codeKey{from.code + i, from.size}] = decode(units(s))
			}
		}
	}
}

func key(s text) codeKey {
	n := 0
	for _, c := range []byte(s) {
		n = n<<8 | int(c)
	}
	return codeKey{n, len(s)}
}

func units(s text) []uint16 {
	if len(s) == 1 {
		return []uint16{uint16(s[0])}
	}
	u := make([]uint16, 0, len(s)/2)
	for i := 0; i+1 < len(s); i += 2 {
		u = append(u, uint16(s[i])<<8|uint16(s[i+1]))
	}
	return u
}

func decode(u []uint16) string { return string(utf16.Decode(u)) }

// size returns how many bytes the code at the beginning of s has, 0 if it is in
// no range of codes.
func (m *charMap) size(s text) int {
	for _, c := range m.spaces {
		n := len(c.first)
		if len(s) < n {
			continue
		}
		in := true
		for i := range n {
			in = in && c.first[i] <= s[i] && s[i] <= c.last[i]
		}
		if in {
			return n
		}
	}
	return 0
}

// get returns what a code stands for.
func (m *charMap) get(code, size int) (string, bool) {
	if t, ok := m.chars[codeKey{code, size}]; ok {
		return t, true
	}
	for i := sort.Search(len(m.ranges), func(i int) bool { return m.ranges[i].code > code }) - 1; i >= 0 && i > len(m.ranges)-mostMapped; i-- {
		r := m.ranges[i]
		if r.last >= code && r.size == size && len(r.text) > 0 {
			u := append([]uint16(nil), r.text...)
			u[len(u)-1] += uint16(code - r.code)
			return decode(u), true
		}
		if code-r.code > 256 { // ranges share all but the last byte
			break
		}
	}
	return "", false
}
