// Package ui is the kit of parts from which every page is put together: the
// page frame, forms, tables, the steps and clock of a case, badges, charts and
// empty states. A page is a composition of these, so that pages look alike and
// work alike: without JavaScript, by keyboard, on a phone, in large type.
//
// Main types: [Chrome], [PageInfo], [FormInfo], [Field], [TableInfo], [Action],
// [Step], [ClockInfo], [Entry]. A part named X with many settings takes an
// XInfo. Texts handed to a part are shown as they are: translate them with
// lang.T first. It owns no tables, reads nothing and decides nothing: who may
// see a button is for the caller to know.
package ui

import (
	"context"
	_ "embed"
	"io"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	assets "shangliang/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Kind is the tone of a badge, a message or a figure. It is never told by
// colour alone: each has its icon.
type Kind uint8

// The kinds.
const (
	Neutral Kind = iota
	Info
	Good
	Warn
	Bad
)

var kindIcons = [...]string{"circle", "info-circle", "circle-check", "alert-triangle", "alert-circle"}

// kindColours are the colour names of the style sheet.
var kindColours = [...]string{"secondary", "info", "success", "warning", "danger"}

// Link is a title and where it leads.
type Link struct{ Title, URL string }

// Str shows a text, escaped. It is the cheapest cell of a table.
func Str(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(s))
		return err
	})
}

// Num shows a whole number with separators: 12,345.
func Num(n int) templ.Component { return Str(Thousands(n)) }

// Group shows parts one after the other.
func Group(parts ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		ctx = templ.ClearChildren(ctx)
		for _, p := range parts {
			if p == nil {
				continue
			}
			if err := p.Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

// Icon shows an icon of the sprite, by its Tabler name, hidden from screen
// readers: a word must stand beside it. A name written as a literal is added to
// the sprite when the assets are built.
func Icon(name string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, `<svg class="icon" aria-hidden="true"><use href="`+assets.URL("icons.svg")+"#"+templ.EscapeString(name)+`"/></svg>`)
		return err
	})
}

// Thousands writes a whole number with separators: 12,345.
func Thousands(n int) string {
	s := strconv.Itoa(n)
	if n < 0 {
		return "-" + Thousands(-n)
	}
	if len(s) <= 3 {
		return s
	}
	var b strings.Builder
	head := len(s) % 3
	b.WriteString(s[:head])
	for i := head; i < len(s); i += 3 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(s[i : i+3])
	}
	return b.String()
}
