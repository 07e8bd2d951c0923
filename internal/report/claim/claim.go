// Package claim reads the figures that a text of a consultative conference
// states: "立案提案97件" is a claim that 97 proposals were filed.
//
// Main types: [Claim] and [Document]; [Extract] is the whole in one call.
// numeral.go finds numbers with their units, text.go and zone.go part the text
// into sentences, clauses and what belongs to each number, vocabulary.go and
// match.go compare what stands there with the frames of package catalogue,
// context.go tells work done from plans, rules and figures of others, dims.go
// reads what a figure is divided by.
//
// It is pure: no tables, no files, no clock. It deliberately does not judge
// whether a text is a report at all (package reader does) nor whether a claim is
// true (package report does).
package claim

import "shangliang/internal/figure/catalogue"

// Kind says what a number in a text is.
type Kind string

// The kinds. Ordinals, dates, slogans and the like are no claims at all.
const (
	Stat    Kind = "stat"    // work that was done
	Plan    Kind = "plan"    // what is intended
	Norm    Kind = "rule"    // what is prescribed: once a month, at least two each
	Context Kind = "context" // of the place or of others, and comparisons
)

// Claim is a figure that a text states. Places count code points of the text.
type Claim struct {
	Quote      string // the clause that states it
	Start, End int    // of the quote
	At, Until  int    // of the number with its unit
	Value      float64
	High       float64 // the upper end of a range, else 0
	Unit       string  // as it stands: 件, 万元, 人次, %
	Bound      Bound
	Period     string // a year or session that the clause names, else empty
	Kind       Kind
	// Metric is the definition that answers it, nil for work that the catalogue
	// does not know.
	Metric     *catalogue.Metric
	Dims       map[string]string
	Confidence float64 // 0 to 1
	Part       bool    // stands after 其中 or in brackets: part of the one before
}

// ID is the id of the claim's metric, empty if it has none.
func (c *Claim) ID() string {
	if c.Metric == nil {
		return ""
	}
	return c.Metric.ID
}

// Base is the value in the plain unit: 3.2 万元 is 32000 元.
func (c *Claim) Base() (value float64, unit string) {
	return base(c.Value, c.Unit)
}

func base(v float64, unit string) (float64, string) {
	for _, s := range [...]struct {
		prefix string
		by     float64
	}{{"万亿", 1e12}, {"亿", 1e8}, {"万", 1e4}} {
		if len(unit) > len(s.prefix) && unit[:len(s.prefix)] == s.prefix {
			return v * s.by, unit[len(s.prefix):]
		}
	}
	return v, unit
}

// Extract returns the claims of a text in their order. It never fails: where
// nothing is understood there is no claim.
func Extract(text string) []Claim { return Read(text).Claims }

// Document is a text that was read.
type Document struct {
	Claims []Claim
	// Others counts the numbers with units that are no claims.
	Others int
}
