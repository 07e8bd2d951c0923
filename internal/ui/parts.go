package ui

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/lang"
	assets "shangliang/web"
)

// Badge is a status: a word with the icon and colour of its kind.
func Badge(kind Kind, text string) templ.Component { return badge(kind, kindIcons[kind], text) }

// badge is written by hand because a long list has many.
func badge(kind Kind, icon, text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, `<span class="badge badge-`+kindColours[kind]+`"><svg class="icon" aria-hidden="true"><use href="`+
			assets.URL("icons.svg")+"#"+icon+`"/></svg>`+templ.EscapeString(text)+`</span>`)
		return err
	})
}

// StatInfo is one figure with what it counts; URL opens its records.
type StatInfo struct {
	Label string
	Value string
	Unit  string
	Note  string // against last year, both bases of a rate
	URL   string
	Kind  Kind
}

// CardInfo is the head of a card.
type CardInfo struct {
	ID      string
	Title   string
	Actions templ.Component
	Flush   bool // the children fill the card to its edges: a table, a list
}

// Item is a term and what is said of it.
type Item struct {
	Term  string
	Value templ.Component
}

// Say is an Item of plain text.
func Say(term, value string) Item { return Item{term, Str(value)} }

// EmptyInfo says what would be here and how to begin.
type EmptyInfo struct {
	Icon   string
	Title  string
	Text   string
	Action templ.Component
}

func (e EmptyInfo) icon() string {
	if e.Icon == "" {
		return "inbox"
	}
	return e.Icon
}

// FileItem is a file that can be opened.
type FileItem struct {
	Name   string
	URL    string
	Bytes  int64
	Note   string // who added it and when
	Remove string // URL posted to remove it, if that is allowed; it offers to undo that
}

func (f FileItem) icon() string {
	switch _, ext, _ := cutLast(f.Name, "."); strings.ToLower(ext) {
	case "pdf":
		return "file-type-pdf"
	case "doc", "docx", "wps":
		return "file-text"
	case "xls", "xlsx", "csv", "et":
		return "file-spreadsheet"
	case "jpg", "jpeg", "png", "webp":
		return "photo"
	}
	return "file"
}

// isPicture reports whether a small copy of the file can be shown.
func (f FileItem) isPicture() bool { return f.icon() == "photo" }

// sized is the address of a small copy: see web.ServeFile.
func (f FileItem) sized(size string) string { return With(f.URL, "size", size) }

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// PersonInfo is a person as shown in a line.
type PersonInfo struct {
	Name string
	Note string // sector, department, role
	URL  string
	Kind Kind // with Word: where this person stands, e.g. confirmed
	Word string
}

// Span marks a part of a text, by byte offsets.
type Span struct{ From, To int }

// Highlight shows a text with parts marked. Spans must be in order; what does
// not fit the text is left out.
func Highlight(text string, spans []Span) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		at := 0
		for _, s := range spans {
			if s.From < at || s.To <= s.From || s.To > len(text) {
				continue
			}
			b.WriteString(templ.EscapeString(text[at:s.From]))
			b.WriteString("<mark>")
			b.WriteString(templ.EscapeString(text[s.From:s.To]))
			b.WriteString("</mark>")
			at = s.To
		}
		b.WriteString(templ.EscapeString(text[at:]))
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// Prose shows a text as typed: blank lines part paragraphs, single line ends
// are kept.
func Prose(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		b.WriteString(`<div class="prose">`)
		for _, p := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
			if p = strings.TrimSpace(p); p == "" {
				continue
			}
			b.WriteString("<p>")
			b.WriteString(strings.ReplaceAll(templ.EscapeString(p), "\n", "<br/>"))
			b.WriteString("</p>")
		}
		b.WriteString("</div>")
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// Change is a piece of a text and what became of it: nothing, unless one of the
// two is set.
type Change struct {
	Text           string
	Added, Removed bool
}

// Changes shows how a text became another: what was put in is underlined, what
// was taken out struck through, and both are said to screen readers.
func Changes(pieces []Change) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var b strings.Builder
		b.WriteString(`<div class="as-typed">`)
		mark := func(tag, says, text string) {
			b.WriteString("<" + tag + `><span class="visually-hidden">` + templ.EscapeString(says) + "</span>" + templ.EscapeString(text) + "</" + tag + ">")
		}
		for _, p := range pieces {
			switch {
			case p.Added:
				mark("ins", lang.T(ctx, "新增："), p.Text)
			case p.Removed:
				mark("del", lang.T(ctx, "删去："), p.Text)
			default:
				b.WriteString(templ.EscapeString(p.Text))
			}
		}
		b.WriteString("</div>")
		_, err := io.WriteString(w, b.String())
		return err
	})
}
