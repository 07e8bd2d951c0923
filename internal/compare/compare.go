// Package compare says how one version of a text became the next: what stayed,
// what was taken out and what was put in.
//
// Main type: [Piece]. Chinese has no blanks between words, so texts are compared
// by character and the result is then widened to pieces that a person can read.
// It is pure, and the one package that knows the library that compares.
package compare

import (
	"time"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// Kind says what became of a piece.
type Kind string

// The kinds.
const (
	Same    Kind = "same"
	Added   Kind = "added"
	Removed Kind = "removed"
)

// Piece is a stretch of text of one kind.
type Piece struct {
	Kind Kind   `json:"kind" enum:"same,added,removed"`
	Text string `json:"text"`
}

// patience bounds how long two long texts are compared; then the rest is told as
// taken out and put in.
const patience = 200 * time.Millisecond

// Texts compares two versions of a text. The pieces that are not Added make the
// old version, those that are not Removed the new one.
func Texts(old, now string) []Piece {
	d := diffmatchpatch.New()
	d.DiffTimeout = patience
	diffs := d.DiffMainRunes([]rune(old), []rune(now), false)
	diffs = d.DiffCleanupSemantic(diffs)
	var all []Piece
	for _, x := range diffs {
		if x.Text == "" {
			continue
		}
		kind := Same
		switch x.Type {
		case diffmatchpatch.DiffInsert:
			kind = Added
		case diffmatchpatch.DiffDelete:
			kind = Removed
		}
		all = append(all, Piece{kind, x.Text})
	}
	return all
}

// Changed counts the characters that were taken out and put in.
func Changed(pieces []Piece) (removed, added int) {
	for _, p := range pieces {
		switch n := utf8.RuneCountInString(p.Text); p.Kind {
		case Removed:
			removed += n
		case Added:
			added += n
		}
	}
	return removed, added
}
