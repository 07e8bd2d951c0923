// Package catalogue is the one list of what work reports count: each metric with
// its name, units, counting rule, dimensions and the ways in which reports put
// it.
//
// Main types: [Metric] and [Frame]. The list is data: metrics.tsv, traits.tsv,
// frames.tsv and words.tsv beside this file, made to be extended by somebody who
// knows the field. Package figure ties the metrics to the figures that are computed from
// records, package claim finds them in texts. It owns no tables and deliberately
// knows neither records nor texts.
package catalogue

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed metrics.tsv
var metricsTSV string

//go:embed traits.tsv
var traitsTSV string

//go:embed words.tsv
var wordsTSV string

//go:embed frames.tsv
var framesTSV string

// Words is the English of the names, groups and rules.
//
//go:embed en.tsv
var Words []byte

// Metric is something that reports count. Its texts are in Simplified Chinese.
type Metric struct {
	ID    string   // "proposals_filed"
	Group string   // heading
	Name  string   // 立案提案
	Units []string // that reports use, the usual one first
	Dims  []string // what it may be divided by
	Rule  string   // what one of them is, in words
	Order int      // its place in the group: what happens first stands first

	traits map[Trait]string
}

// Trait is what reading must know of a metric besides how reports put it.
type Trait string

// The traits, as traits.tsv explains them.
const (
	Anybody   Trait = "anybody"
	OfPlace   Trait = "place"
	Brought   Trait = "brought"
	Parted    Trait = "parted"
	Share     Trait = "share"
	Whole     Trait = "whole"
	Sort      Trait = "kind"
	Titled    Trait = "titled"
	Programme Trait = "programme"
	Awarded   Trait = "awarded"
)

// Has reports whether the metric has a trait; nil has none.
func (m *Metric) Has(t Trait) bool {
	_, ok := m.Trait(t)
	return ok
}

// Trait returns the value of a trait and whether the metric has it.
func (m *Metric) Trait(t Trait) (value string, ok bool) {
	if m == nil {
		return "", false
	}
	value, ok = m.traits[t]
	return value, ok
}

// Frame is one way of putting a metric: the words that stand with a number.
type Frame struct {
	Metric string
	Units  []string // the units of the number, without 万 and (次); never empty
	Groups []Group  // all of them must be found
	Prefer int      // added to how well it fits
}

// Place says where the words of a group must stand.
type Place byte

// The places.
const (
	With   Place = 0   // in the part of the clause that belongs to the number
	Before Place = '<' // there, before the number
	After  Place = '>' // there, behind the number
	Verb   Place = '=' // there, or in an earlier part of the sentence
	Near   Place = '~' // in the sentence, the one before, the heading
	Never  Place = '!' // nowhere in the part that belongs to the number
	Maybe  Place = '?' // as Verb, but need not be there
)

// Group is a set of words of which one must be found.
type Group struct {
	Place Place
	Words []string
}

// Catalogue is the whole list.
type Catalogue struct {
	Metrics []Metric
	Frames  []Frame
	Classes map[string][]string // words by class
}

// Metric returns a metric by its id, nil if there is none.
func (c *Catalogue) Metric(id string) *Metric {
	i := slices.IndexFunc(c.Metrics, func(m Metric) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return &c.Metrics[i]
}

// Get returns the catalogue, read once.
var Get = sync.OnceValue(func() *Catalogue {
	c, err := read(metricsTSV, traitsTSV, wordsTSV, framesTSV)
	if err != nil {
		panic(err)
	}
	return c
})

// read reads the tables and checks that they fit together.
func read(metrics, traits, words, frames string) (*Catalogue, error) {
	c := &Catalogue{Classes: map[string][]string{}}
	group := ""
	if err := rows(metrics, "metric\tgroup\tname\tunits\tdims\trule", func(f []string) error {
		if f[1] != "" {
			group = f[1]
		}
		if c.Metric(f[0]) != nil {
			return fmt.Errorf("metric %s is there twice", f[0])
		}
		if f[2] == "" || f[3] == "" || f[5] == "" {
			return fmt.Errorf("metric %s needs a name, a unit and a rule", f[0])
		}
		order := 0
		if n := len(c.Metrics); n > 0 && c.Metrics[n-1].Group == group {
			order = c.Metrics[n-1].Order + 1
		}
		c.Metrics = append(c.Metrics, Metric{f[0], group, f[2], strings.Fields(f[3]), strings.Fields(f[4]), f[5], order, map[Trait]string{}})
		return nil
	}); err != nil {
		return nil, err
	}
	if err := rows(words, "class\twords", func(f []string) error {
		if c.Classes[f[0]] != nil {
			return fmt.Errorf("class %s is there twice", f[0])
		}
		c.Classes[f[0]] = strings.Fields(f[1])
		return nil
	}); err != nil {
		return nil, err
	}
	if err := rows(traits, "of\ttrait\tvalue", func(f []string) error {
		return c.trait(f[0], Trait(f[1]), f[2])
	}); err != nil {
		return nil, err
	}
	err := rows(frames, "metric\tunits\twhen", func(f []string) error {
		m := c.Metric(f[0])
		if m == nil {
			return fmt.Errorf("a frame for metric %q, which is not in metrics.tsv", f[0])
		}
		x := Frame{Metric: m.ID}
		for _, u := range unitsOf(cmpOr(strings.Fields(f[1]), m.Units)) {
			if u = BaseUnit(u); !slices.Contains(x.Units, u) {
				x.Units = append(x.Units, u)
			}
		}
		for _, w := range strings.Fields(f[2]) {
			if n, err := strconv.Atoi(w); err == nil && (w[0] == '+' || w[0] == '-') {
				x.Prefer = n
				continue
			}
			g, err := c.group(w)
			if err != nil {
				return fmt.Errorf("%s: %w", f[2], err)
			}
			x.Groups = append(x.Groups, g)
		}
		if len(x.Groups) == 0 {
			return fmt.Errorf("a frame of %s says nothing", m.ID)
		}
		c.Frames = append(c.Frames, x)
		return nil
	})
	return c, err
}

// known are the traits with what their value names.
var known = map[Trait]string{Anybody: "", OfPlace: "", Brought: "", Parted: "word", Share: "metric", Whole: "", Sort: "class", Titled: "", Programme: "", Awarded: ""}

// trait gives a trait to a metric, or to those of a group.
func (c *Catalogue) trait(of string, t Trait, value string) error {
	names, ok := known[t]
	switch {
	case !ok:
		return fmt.Errorf("there is no trait %q", t)
	case (names == "") != (value == ""), names == "metric" && c.Metric(value) == nil, names == "class" && c.Classes[value] == nil:
		return fmt.Errorf("trait %s of %s: %q names no %s", t, of, value, names)
	}
	found := false
	for i := range c.Metrics {
		if m := &c.Metrics[i]; m.ID == of || m.Group == of {
			m.traits[t] = value
			found = true
		}
	}
	if !found {
		return fmt.Errorf("trait %s of %q, which is neither metric nor group", t, of)
	}
	return nil
}

// unitsOf adds 场 to 次 and 次 to 场: reports count meetings and events in either.
func unitsOf(units []string) []string {
	if i, k := slices.Index(units, "次"), slices.Index(units, "场"); (i < 0) != (k < 0) {
		return append(slices.Clone(units), "次", "场")
	}
	return units
}

func (c *Catalogue) group(s string) (g Group, err error) {
	if strings.ContainsRune("<>=~!?", rune(s[0])) {
		g.Place, s = Place(s[0]), s[1:]
	}
	for _, w := range strings.Split(s, "|") {
		class, ok := strings.CutPrefix(w, "$")
		switch {
		case ok && c.Classes[class] == nil:
			return g, fmt.Errorf("there is no class %q in words.tsv", class)
		case ok:
			g.Words = append(g.Words, c.Classes[class]...)
		case w != "":
			g.Words = append(g.Words, w)
		}
	}
	if len(g.Words) == 0 {
		return g, fmt.Errorf("%q has no words", s)
	}
	return g, nil
}

// BaseUnit is a unit without what does not change what is counted: 万斤 is 斤,
// 件(次) and 件次 are 件, 亿元 is 元. 人次 stays: it is not 人.
func BaseUnit(u string) string {
	for _, scale := range []string{"万亿", "万", "亿"} {
		if rest, ok := strings.CutPrefix(u, scale); ok && rest != "" {
			u = rest
			break
		}
	}
	switch u {
	case "人次", "人(次)", "人·次", "人/次":
		return "人次"
	case "户次", "户(次)":
		return "户次"
	case "公斤", "千克":
		return "公斤"
	case "%", "‰", "个百分点":
		return u
	}
	if i := strings.IndexAny(u, "(/·"); i > 0 {
		u = u[:i]
	}
	if rest := strings.TrimSuffix(u, "次"); rest != "" && rest != u {
		u = rest
	}
	return u
}

func cmpOr(a, b []string) []string {
	if len(a) > 0 {
		return a
	}
	return b
}

// rows reads a table: comments begin with #, the first other line is the header.
func rows(tsv, header string, each func(f []string) error) error {
	first := true
	for n, line := range strings.Split(tsv, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if first {
			if line != header {
				return fmt.Errorf("catalogue: the first line must be %q, not %q", header, line)
			}
			first = false
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != strings.Count(header, "\t")+1 {
			return fmt.Errorf("catalogue: line %d has %d columns: %q", n+1, len(f), line)
		}
		if err := each(f); err != nil {
			return fmt.Errorf("catalogue: line %d: %w", n+1, err)
		}
	}
	return nil
}
