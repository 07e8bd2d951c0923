// Package reader reads published work reports into figures with their exact
// place in what was published.
//
// Main types: [Report] and [Figure]; [Read] reads one file of any kind and
// encoding that package intake opens. It finds whose report it is and of which
// year, has package claim read the figures, and compares them with each other
// ([Relation]). A text that is no report of a consultative conference has no
// figures. It owns no tables and writes nothing.
package reader

import (
	_ "embed"
	"unicode/utf8"

	"shangliang/internal/figure/catalogue"
	"shangliang/internal/reader/intake"
	"shangliang/internal/report/claim"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Report is what a file says.
type Report struct {
	File      string     `json:"file"`
	Place     string     `json:"-"`      // 定州市; empty if it does not say
	Body      string     `json:"body"`   // 政协定州市委员会; empty if it is no report
	Level     string     `json:"level"`  // nation, province, city, county; empty if unknown
	Period    string     `json:"period"` // 2018, 2017-2021; empty if it does not say
	Figures   []Figure   `json:"figures"`
	Relations []Relation `json:"relations"`

	// Source is the file as it was opened, Text what was read of it.
	Source intake.Source `json:"-"`
	Text   intake.Text   `json:"-"`

	clean []rune // of Text.Clean, when first needed
}

// Figure is a figure of a report. Start and End count code points of the
// decoded original; Quote is what stands there, damage included.
type Figure struct {
	Quote      string            `json:"quote"`
	Start      int               `json:"start"`
	End        int               `json:"end"`
	Value      float64           `json:"value"`
	High       float64           `json:"-"` // the upper end of a range
	Unit       string            `json:"unit"`
	Bound      claim.Bound       `json:"bound"`
	Period     string            `json:"period"`
	Kind       claim.Kind        `json:"kind"`
	Figure     string            `json:"figure"` // its name: 立案提案
	Metric     string            `json:"metric"` // its id in the catalogue
	Dims       map[string]string `json:"dims"`
	Confidence float64           `json:"confidence"`

	// Claim is what it was made of; its places count code points of Text.Clean.
	Claim claim.Claim `json:"-"`
}

// Read reads a file. What cannot be opened is an Invalid or TooLarge error that
// says what to do.
func Read(name string, data []byte) (*Report, error) { return read(name, data, false) }

// ReadDraft is [Read] for a draft or a part of one, which is a report whatever
// it says of itself.
func ReadDraft(name string, data []byte) (*Report, error) { return read(name, data, true) }

func read(name string, data []byte, draft bool) (*Report, error) {
	src, err := intake.Open(name, data)
	if err != nil {
		return nil, err
	}
	r := &Report{File: name, Source: src, Text: intake.Mend(src), Figures: []Figure{}, Relations: []Relation{}}
	r.identify()
	if r.Body == "" && !draft {
		return r, nil
	}
	original := offsets(src.Text)
	for _, c := range claim.Extract(r.Text.Clean) {
		f := Figure{Value: c.Value, High: c.High, Unit: c.Unit, Bound: c.Bound, Period: c.Period, Kind: c.Kind, Metric: c.ID(),
			Dims: c.Dims, Confidence: c.Confidence, Claim: c}
		if f.Dims == nil {
			f.Dims = map[string]string{}
		}
		if c.Metric != nil {
			f.Figure = c.Metric.Name
		}
		if f.Period == "" {
			f.Period = r.Period
		}
		f.Start, f.End = r.Text.Original(c.Start, c.End)
		f.Quote = src.Text[original.at(f.Start):original.at(f.End)]
		r.Figures = append(r.Figures, f)
	}
	r.relate()
	return r, nil
}

// Corrected returns the report with its figures as somebody corrected them, and
// what is found in comparing those. The figures keep their order and places; the
// report itself stays as it is.
func (r *Report) Corrected(figures []Figure) *Report {
	c := *r
	c.Figures, c.Relations = figures, []Relation{}
	for i := range c.Figures {
		f := &c.Figures[i]
		m := catalogue.Get().Metric(f.Metric)
		if f.Figure = ""; m != nil {
			f.Figure = m.Name
		}
		x := &f.Claim
		x.Value, x.High, x.Unit, x.Bound, x.Kind, x.Metric, x.Dims = f.Value, f.High, f.Unit, f.Bound, f.Kind, m, f.Dims
	}
	c.relate()
	return &c
}

// places finds the byte of a code point, remembering every 256th.
type places struct {
	text  string
	marks []int
}

func offsets(text string) *places {
	p := &places{text: text}
	n := 0
	for i := range text {
		if n%256 == 0 {
			p.marks = append(p.marks, i)
		}
		n++
	}
	return p
}

// at is the byte at which the n-th code point begins; the end if there are fewer.
func (p *places) at(n int) int {
	if n/256 >= len(p.marks) {
		return len(p.text)
	}
	i := p.marks[n/256]
	for k := n % 256; k > 0 && i < len(p.text); k-- {
		_, size := utf8.DecodeRuneInString(p.text[i:])
		i += size
	}
	return i
}
