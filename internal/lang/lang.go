// Package lang speaks to people in their language.
//
// The source language is Simplified Chinese, written in the code where it is
// shown: lang.T(ctx, "立案"). Traditional Chinese is derived from it by the
// converter given to [Setup]; English comes from the catalogues (en.tsv, two
// columns: Simplified Chinese, English) that each package brings. It owns no
// tables.
package lang

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Lang is a language of the interface, as a BCP 47 tag.
type Lang string

// The languages. Hans is the zero choice.
const (
	Hans Lang = "zh-Hans"
	Hant Lang = "zh-Hant"
	En   Lang = "en"
)

// All lists the languages in the order of the switch, each in its own words.
var All = []struct {
	Lang Lang
	Name string
}{{Hans, "简体"}, {Hant, "繁體"}, {En, "English"}}

// Word is an argument that is itself a text of the catalogues, such as the title
// of a state in the message of an error: Text and T translate it before they
// fill it in. To everything else it is a string.
type Word string

// Words translates for one running platform. It is safe for concurrent use.
type Words struct {
	english map[string]string
	hant    func(string) string
	derived sync.Map // Simplified format → Traditional format
}

// New builds the words from catalogues in en.tsv form and a converter from
// Simplified to Traditional (nil leaves the text as it is). A line that is not
// two columns, or a text given twice differently, is an error that names it.
func New(hant func(string) string, catalogues ...[]byte) (*Words, error) {
	w := &Words{english: map[string]string{}, hant: hant}
	for n, c := range catalogues {
		for i, line := range strings.Split(string(c), "\n") {
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			zh, en, ok := strings.Cut(line, "\t")
			if !ok || zh == "" || en == "" {
				return nil, fmt.Errorf("lang: catalogue %d line %d: want two columns: %q", n, i+1, line)
			}
			if old, twice := w.english[zh]; twice && old != en {
				return nil, fmt.Errorf("lang: catalogue %d line %d: %q is both %q and %q", n, i+1, zh, old, en)
			}
			w.english[zh] = en
		}
	}
	return w, nil
}

// Has reports whether the English of a text is known.
func (w *Words) Has(zh string) bool { _, ok := w.english[zh]; return ok }

// Text translates a format and fills in args as fmt.Sprintf does. Without args
// the text is taken as it stands, percent signs and all. What has no English
// stays Chinese rather than vanish.
func (w *Words) Text(l Lang, format string, args ...any) string {
	if w != nil {
		switch l {
		case En:
			if en, ok := w.english[format]; ok {
				format = en
			}
		case Hant:
			if w.hant != nil {
				if v, ok := w.derived.Load(format); ok {
					format = v.(string)
				} else {
					hant := w.hant(format)
					w.derived.Store(format, hant)
					format = hant
				}
			}
		}
	}
	if len(args) == 0 {
		return format
	}
	args = slices.Clone(args) // the caller's, perhaps an error's, stay as they are
	for i, a := range args {
		if zh, ok := a.(Word); ok {
			args[i] = w.Text(l, string(zh))
		}
	}
	return fmt.Sprintf(format, args...)
}

type speaker struct {
	words *Words
	lang  Lang
}

type speakerKey struct{}

// With returns a context in which T speaks l.
func With(ctx context.Context, w *Words, l Lang) context.Context {
	return context.WithValue(ctx, speakerKey{}, &speaker{w, l})
}

// Of returns the context's language, Hans if none was set.
func Of(ctx context.Context) Lang {
	if s, ok := ctx.Value(speakerKey{}).(*speaker); ok && s.lang != "" {
		return s.lang
	}
	return Hans
}

// Say returns a text of the catalogues that is held in data, such as the title of
// a state, in the language of the context; empty stays empty.
func Say(ctx context.Context, zh string) string {
	if zh == "" {
		return ""
	}
	return T(ctx, "%s", Word(zh))
}

// T translates a text written in Simplified Chinese into the context's
// language. The format must be a constant known to the catalogues: a test reads
// every call in the source. Never pass what a person typed as format.
func T(ctx context.Context, format string, args ...any) string {
	if s, ok := ctx.Value(speakerKey{}).(*speaker); ok {
		return s.words.Text(s.lang, format, args...)
	}
	return (*Words)(nil).Text(Hans, format, args...)
}

// Parse returns the language for a tag, Hans for one that is not ours.
func Parse(tag string) Lang {
	for _, l := range All {
		if string(l.Lang) == tag {
			return l.Lang
		}
	}
	return Hans
}
