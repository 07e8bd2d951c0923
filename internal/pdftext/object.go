package pdftext

import (
	"bytes"
	"strconv"
)

// The objects of a PDF: nil, bool, float64, text (a string), name, ref, array,
// dict and *stream.
type (
	object any
	text   string
	name   string
	ref    int // the number of an object
	array  []object
	dict   map[name]object
)

// keyword is a word that is no object: an operator of a page, endobj.
type keyword string

// stream is a dictionary with packed bytes.
type stream struct {
	dict
	raw []byte
}

// lexer reads objects from bytes. It never fails: what it cannot read it skips.
type lexer struct {
	b  []byte
	at int
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelim(c byte) bool { return bytes.IndexByte([]byte("()<>[]{}/%"), c) >= 0 }

func (l *lexer) skip() {
	l.at = min(l.at, len(l.b))
	for l.at < len(l.b) {
		switch c := l.b[l.at]; {
		case isSpace(c):
			l.at++
		case c == '%':
			for l.at < len(l.b) && l.b[l.at] != '\n' && l.b[l.at] != '\r' {
				l.at++
			}
		default:
			return
		}
	}
}

// end is what next returns at the end.
type end struct{}

// next reads an object or a keyword. References are put together by the caller
// of arrays and dictionaries; in the pages there are none.
func (l *lexer) next(depth int) object {
	l.skip()
	if l.at >= len(l.b) {
		return end{}
	}
	switch c := l.b[l.at]; c {
	case '/':
		l.at++
		return l.name()
	case '(':
		return l.literal()
	case '<':
		if l.at+1 < len(l.b) && l.b[l.at+1] == '<' {
			l.at += 2
			return l.dict(depth)
		}
		return l.hex()
	case '[':
		l.at++
		return l.array(depth)
	case ']', '}', '{', ')':
		l.at++
		return keyword(c)
	case '>':
		l.at++
		if l.at < len(l.b) && l.b[l.at] == '>' {
			l.at++
			return keyword(">>")
		}
		return keyword(">")
	}
	start := l.at
	for l.at < len(l.b) && !isSpace(l.b[l.at]) && !isDelim(l.b[l.at]) {
		l.at++
	}
	word := string(l.b[start:l.at])
	switch word {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	if c := word[0]; c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
		if n, err := strconv.ParseFloat(word, 64); err == nil && n == n && n < 1e15 && n > -1e15 {
			return n
		}
		return 0.0
	}
	return keyword(word)
}

func (l *lexer) name() name {
	var s []byte
	for l.at < len(l.b) && !isSpace(l.b[l.at]) && !isDelim(l.b[l.at]) {
		c := l.b[l.at]
		if c == '#' && l.at+2 < len(l.b) {
			if h, lo := hexDigit(l.b[l.at+1]), hexDigit(l.b[l.at+2]); h >= 0 && lo >= 0 {
				c = byte(h<<4 | lo)
				l.at += 2
			}
		}
		s = append(s, c)
		l.at++
	}
	return name(s)
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func (l *lexer) hex() text {
	l.at++
	var s []byte
	half := -1
	for l.at < len(l.b) && l.b[l.at] != '>' {
		if d := hexDigit(l.b[l.at]); d >= 0 {
			if half < 0 {
				half = d
			} else {
				s, half = append(s, byte(half<<4|d)), -1
			}
		}
		l.at++
	}
	l.at = min(l.at+1, len(l.b))
	if half >= 0 {
		s = append(s, byte(half<<4))
	}
	return text(s)
}

func (l *lexer) literal() text {
	l.at++
	var s []byte
	for depth := 1; l.at < len(l.b); l.at++ {
		c := l.b[l.at]
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				l.at++
				return text(s)
			}
		case '\\':
			l.at++
			if l.at >= len(l.b) {
				return text(s)
			}
			switch c = l.b[l.at]; c {
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			case 'b':
				c = '\b'
			case 'f':
				c = '\f'
			case '\r':
				if l.at+1 < len(l.b) && l.b[l.at+1] == '\n' {
					l.at++
				}
				continue
			case '\n':
				continue
			default:
				if c >= '0' && c <= '7' {
					n := 0
					for k := 0; k < 3 && l.at < len(l.b) && l.b[l.at] >= '0' && l.b[l.at] <= '7'; k++ {
						n = n<<3 | int(l.b[l.at]-'0')
						l.at++
					}
					l.at--
					c = byte(n)
				}
			}
		}
		s = append(s, c)
	}
	return text(s)
}

// tooDeep reads on without keeping anything: what is nested so is no document.
func (l *lexer) array(depth int) object {
	var a array
	for {
		o := l.next(depth + 1)
		switch k := o.(type) {
		case end:
			return a
		case keyword:
			switch k {
			case "]":
				return a
			case "R":
				a = append(a, nil)
				a = a[:reference(a)]
				continue
			case ">>", "endobj", "endstream":
				return a
			}
			continue
		}
		if depth > mostDepth {
			l.at = len(l.b)
			return nil
		}
		a = append(a, o)
	}
}

// reference turns the two numbers before the last element of a into a reference
// and returns the new length.
func reference(a []object) int {
	n := len(a) - 1
	if n < 2 {
		return n
	}
	if num, ok := a[n-2].(float64); ok {
		a[n-2] = ref(num)
	}
	return n - 1
}

func (l *lexer) dict(depth int) object {
	d := dict{}
	var key name
	var values []object
	put := func() {
		if key != "" && len(values) > 0 {
			d[key] = values[0]
		}
		values = values[:0]
	}
	for {
		o := l.next(depth + 1)
		switch k := o.(type) {
		case end:
			put()
			return d
		case keyword:
			switch k {
			case ">>":
				put()
				return d
			case "R":
				values = append(values, nil)
				values = values[:reference(values)]
				continue
			case "endobj", "endstream", "stream":
				l.at -= len(k)
				put()
				return d
			}
			continue
		case name:
			if key == "" || len(values) > 0 {
				put()
				key = k
				continue
			}
		}
		if depth > mostDepth {
			l.at = len(l.b)
			return nil
		}
		values = append(values, o)
	}
}
