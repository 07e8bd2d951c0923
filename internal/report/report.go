// Package report checks a draft figure by figure before a leader reads it out.
//
// [Check] compares the figures that package reader finds in a draft with what is
// [Known], from records ([Service]) or from a file ([ReadKnown]), and with each
// other, and gives a [Finding] for each: it agrees, is a fair rounding, differs,
// is last year's, and so on. [Result.Print] marks them in the text,
// [Result.Annotate] puts them into the Word file as comments. Checking is pure;
// the package owns no tables and deliberately changes no figure.
package report

import (
	"context"
	_ "embed"

	"shangliang/internal/lang"
	"shangliang/internal/reader"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Kind is what a finding says of a figure.
type Kind string

// The kinds, from what is right to what is wrong.
const (
	Agrees      Kind = "agrees"
	Rounded     Kind = "rounded"     // a fair way of writing it: 3000余 for 3127
	Alone       Kind = "alone"       // nothing to compare it with
	Differs     Kind = "differs"     // the value is another
	Unit        Kind = "unit"        // counted in another unit, or a decimal place off
	Base        Kind = "base"        // a share of something else, or the figure of something else
	LastYear    Kind = "last_year"   // the value of the year before
	Contradicts Kind = "contradicts" // another place of the draft says something else
	Sum         Kind = "sum"         // parts and whole do not fit
	Rate        Kind = "rate"        // a rate does not follow from its figures
	Missing     Kind = "missing"     // a part of a whole is not told
)

// Wrong reports whether somebody must look at it.
func (k Kind) Wrong() bool { return k != Agrees && k != Rounded && k != Alone }

// titles are the kinds for people.
var titles = map[Kind]string{
	Agrees: "相符", Rounded: "概数合理", Alone: "无从核对", Differs: "不符", Unit: "单位不符", Base: "口径不符",
	LastYear: "上年数", Contradicts: "前后不一", Sum: "合计不符", Rate: "比率不符", Missing: "缺一部分",
}

// Title is what a kind is called, in the language of the context.
func (k Kind) Title(ctx context.Context) string { return lang.Say(ctx, titles[k]) }

// Known is a figure whose value is known.
type Known struct {
	Metric string            `json:"metric"` // id in the catalogue
	Dims   map[string]string `json:"dims"`   // what it is a part by; none for the whole
	Value  float64           `json:"value"`
	Unit   string            `json:"unit"`
	Last   *float64          `json:"last,omitempty"` // the value of the year before
	Base   string            `json:"base,omitempty"` // of a rate: what it is a share of
	Name   string            `json:"name,omitempty"` // as it is called where it is known
	Link   string            `json:"link,omitempty"` // of its records
}

// Right is the value that a figure is compared with.
type Right struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Text  string  `json:"text"` // 128件
	Link  string  `json:"link,omitempty"`
}

// Finding is what is said of one figure. Places count code points of the draft
// as it was opened.
type Finding struct {
	Kind   Kind    `json:"kind"`
	Quote  string  `json:"quote"`
	Start  int     `json:"start"`
	End    int     `json:"end"`
	At     int     `json:"at"` // of the number with its unit
	Until  int     `json:"until"`
	Metric string  `json:"metric"`
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Right  *Right  `json:"right,omitempty"`
	// With are the places of other findings that it was compared with.
	With []int  `json:"with,omitempty"`
	Says string `json:"says,omitempty"` // in Simplified Chinese

	format   string
	args     []any
	relation *reader.Relation // what does not hold, if that is what is said
}

// Text is what is said, in the language of the context.
func (f *Finding) Text(ctx context.Context) string {
	switch {
	case f.relation != nil:
		return f.relation.Text(ctx)
	case f.format == "":
		return ""
	}
	return lang.T(ctx, f.format, f.args...)
}

// Result is a checked draft. Its findings are in the order of the text, one for
// each figure of work done.
type Result struct {
	File     string       `json:"file"`
	Period   string       `json:"period"`
	Counts   map[Kind]int `json:"counts"`
	Findings []Finding    `json:"findings"`

	Draft *reader.Report `json:"-"`
}

// Wrong counts the findings that somebody must look at.
func (r *Result) Wrong() (n int) {
	for k, c := range r.Counts {
		if k.Wrong() {
			n += c
		}
	}
	return n
}
