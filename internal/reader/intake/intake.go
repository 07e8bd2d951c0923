// Package intake turns a published report, however it was saved and damaged,
// into text that can be read by a program, with the place of every character in
// what was published.
//
// [Open] decodes a file into a [Source]; [Mend] takes the body out of it,
// repairs the damage that can be proved and marks the rest, and gives a [Text].
// [Text.Original] leads from any stretch of the clean text back to the original.
// Places are code points throughout. It owns no tables and does no I/O. It
// deliberately understands nothing of what a report says.
package intake

import (
	_ "embed"
)

// Words is the English of the package's messages, for package lang.
//
//go:embed en.tsv
var Words []byte

// Kind is what a source was saved as.
type Kind string

// The kinds that can be opened.
const (
	TXT  Kind = "txt"
	HTML Kind = "html"
	DOCX Kind = "docx"
	PDF  Kind = "pdf"
)

// Source is a report as it was published.
type Source struct {
	Name     string
	Kind     Kind
	Encoding string // of txt and html: UTF-8, GB18030, Big5, UTF-16LE, UTF-16BE
	// Text is the original that places count in: of a txt exactly its decoded
	// bytes without a byte order mark, of the others the visible text in reading
	// order, one line for each paragraph.
	Text string

	// span is where each character of Text stands in a page with its markup.
	span span

	// outside are the stretches that the markup itself says are not the body.
	outside []Outside
}

// span holds where each code point of a text begins and ends in another.
type span struct{ from, to []int32 }

// Decoded leads from places of Text to those of the decoded file: the same but
// for a page, whose markup counts there. Of docx and pdf, which are no text, Text
// is all there is.
func (s *Source) Decoded(start, end int) (int, int) {
	if s.Kind != HTML || start < 0 || end > len(s.span.from) || start >= end {
		return start, end
	}
	return int(s.span.from[start]), int(s.span.to[end-1])
}

// Text is a report fit to be read.
type Text struct {
	// Clean is the body: one line for each paragraph, Simplified, digits and
	// letters of ordinary width, damage repaired.
	Clean   string
	Repairs []Repair  // in the order of the original
	Outside []Outside // what was left out as no part of the body, in order

	from, to []int32 // of each code point of Clean: its place in the original
	end      int     // code points of the original
}

// Repair is one change of the original. Start and End count code points there.
type Repair struct {
	Kind   RepairKind `json:"kind"`
	Start  int        `json:"start"`
	End    int        `json:"end"`
	Was    string     `json:"was"`
	Became string     `json:"became"`
	Proved bool       `json:"proved"` // false: a mark for a person to look at
}

// RepairKind says what was wrong.
type RepairKind string

// The kinds of repairs.
const (
	Garbled    RepairKind = "garbled"    // characters of another encoding or out of step
	Pinyin     RepairKind = "pinyin"     // pronunciation put behind a character
	Doubled    RepairKind = "doubled"    // punctuation twice
	Joined     RepairKind = "joined"     // a line broken within a sentence
	Width      RepairKind = "width"      // digits and letters of full width
	Invisible  RepairKind = "invisible"  // characters that nobody sees
	Entity     RepairKind = "entity"     // markup that was left in the text
	Quotes     RepairKind = "quotes"     // straight quotation marks
	Spacing    RepairKind = "spacing"    // blanks where Chinese has none
	Simplified RepairKind = "simplified" // Traditional characters
)

// Outside is a stretch of the original that is no part of the report's body.
type Outside struct {
	Kind       OutsideKind `json:"kind"`
	Start, End int
}

// OutsideKind says what a stretch is.
type OutsideKind string

// What stands around the body of a report.
const (
	Menu    OutsideKind = "menu"    // navigation, addresses, buttons, dates of the page
	Caption OutsideKind = "caption" // what stands under a photograph
	Footer  OutsideKind = "footer"  // copyright, responsible editor, related pages
	Repeat  OutsideKind = "repeat"  // the title once more
)

// Len returns the number of code points of Clean.
func (t *Text) Len() int { return len(t.from) }

// Original returns the stretch of the original that the code points
// [start, end) of Clean came from. Damage inside belongs to it; what was left
// out at its ends does not. An empty stretch stays empty. Places beyond the
// text are taken as its ends.
func (t *Text) Original(start, end int) (int, int) {
	n := len(t.from)
	start, end = min(max(start, 0), n), min(max(end, 0), n)
	if start >= end {
		at := t.end
		if start < n {
			at = int(t.from[start])
		}
		return at, at
	}
	from, to := t.from[start], t.to[start]
	// The characters of a garbled stretch overlap in the original.
	to = max(to, t.to[end-1])
	return int(from), int(to)
}
