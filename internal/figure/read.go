package figure

import (
	"fmt"
	"slices"
	"strings"

	"shangliang/internal/figure/catalogue"
)

// header is the first line of a table of definitions.
// A last column may name the metric that a figure answers (package catalogue).
const header = "id\tgroup\tname\taliases\tunit\tsource\twhere\tnum\tden\tdims\tneeds\trule"

// Read reads a table of definitions: tab-separated columns in the order of its
// first line, lists parted by commas. Lines that begin with # are comments. An
// empty group is that of the line before.
func Read(tsv []byte) ([]Definition, error) {
	var all []Definition
	lines := strings.Split(strings.TrimRight(string(tsv), "\n"), "\n")
	lines = slices.DeleteFunc(lines, func(s string) bool { return s == "" || s[0] == '#' })
	if len(lines) == 0 || lines[0] != header && lines[0] != header+"\tmetric" {
		return nil, fmt.Errorf("figure: the first line of the table must be %q, with or without a last column metric", header)
	}
	columns := strings.Count(lines[0], "\t") + 1
	group := ""
	for _, line := range lines[1:] {
		c := strings.Split(line, "\t")
		if len(c) != columns {
			return nil, fmt.Errorf("figure: %s has %d columns, not %d", c[0], len(c), columns)
		}
		c = append(c, "") // for a table without the last column
		if c[1] != "" {
			group = c[1]
		}
		all = append(all, Definition{ID: c[0], Group: group, Name: c[2], Aliases: list(c[3]), Unit: c[4], Source: c[5], Where: c[6],
			Num: c[7], Den: c[8], Dims: list(c[9]), Needs: c[10], Rule: c[11], Metric: c[12]})
	}
	return all, nil
}

// MustRead is [Read] for a table that is part of the program.
func MustRead(tsv []byte) []Definition {
	all, err := Read(tsv)
	if err != nil {
		panic(err)
	}
	return all
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// counted is a definition made ready to count.
type counted struct {
	*Definition
	source   *Source
	want     Flags
	not      Flags
	tags     []wanted
	num, den *counted
	dims     []Dim
}

// wanted is a condition on a dimension: one of the values.
type wanted struct {
	dim    string
	values []string
}

// matches reports whether a fact counts.
func (c *counted) matches(f *Fact) bool {
	if f.Flags&c.want != c.want || f.Flags&c.not != 0 {
		return false
	}
	for _, w := range c.tags {
		if !f.has(w.dim, w.values) {
			return false
		}
	}
	return true
}

func (f *Fact) has(dim string, values []string) bool {
	any := false
	for i := range f.Tags {
		if f.Tags[i].Dim == dim {
			if slices.Contains(values, f.Tags[i].Value) {
				return true
			}
			any = true
		}
	}
	return !any && slices.Contains(values, "")
}

// compile makes definitions ready and returns what is wrong with them.
func compile(sources []Source, defs []Definition) ([]*counted, error) {
	bySource := map[string]*Source{}
	for i := range sources {
		s := &sources[i]
		if bySource[s.ID] != nil || s.Load == nil || len(s.Flags) > 64 {
			return nil, fmt.Errorf("figure: source %q is declared twice, loads nothing or has too many flags", s.ID)
		}
		bySource[s.ID] = s
	}
	var all []*counted
	byID := map[string]*counted{}
	for i := range defs {
		c := &counted{Definition: &defs[i]}
		if byID[c.ID] != nil {
			return nil, fmt.Errorf("figure: %s is declared twice", c.ID)
		}
		if c.ID == "" || c.Name == "" || c.Group == "" || c.Unit == "" || c.Definition.Rule == "" {
			return nil, fmt.Errorf("figure: %q needs a name, a group, a unit and a rule", c.ID)
		}
		if c.Metric != "" && catalogue.Get().Metric(c.Metric) == nil {
			return nil, fmt.Errorf("figure: %s answers metric %q, which is not in the catalogue", c.ID, c.Metric)
		}
		byID[c.ID] = c
		all = append(all, c)
	}
	for _, c := range all {
		if c.Rate() {
			continue
		}
		if c.source = bySource[c.Source]; c.source == nil {
			return nil, fmt.Errorf("figure: %s: there is no source %q", c.ID, c.Source)
		}
		if err := c.condition(); err != nil {
			return nil, err
		}
	}
	for _, c := range all {
		if !c.Rate() {
			continue
		}
		c.num, c.den = byID[c.Num], byID[c.Den]
		if c.Source != "" || c.Where != "" || c.num == nil || c.den == nil || c.num.Rate() || c.den.Rate() || c.num.source != c.den.source {
			return nil, fmt.Errorf("figure: %s: a rate needs two counts of one source, and nothing else", c.ID)
		}
		if !c.num.within(c.den) {
			return nil, fmt.Errorf("figure: %s counts something in %s that is not in %s: repeat all its conditions", c.ID, c.Num, c.Den)
		}
		c.source = c.num.source
	}
	for _, c := range all {
		for _, d := range c.source.Dims {
			if len(c.Dims) == 0 || slices.Contains(c.Dims, d.ID) {
				c.dims = append(c.dims, d)
			}
		}
		if len(c.Dims) > 0 && len(c.dims) != len(c.Dims) {
			return nil, fmt.Errorf("figure: %s: not all of %v are dimensions of %s", c.ID, c.Dims, c.source.ID)
		}
	}
	return all, nil
}

// condition reads Where.
func (c *counted) condition() error {
	for _, word := range strings.Fields(c.Where) {
		if dim, values, ok := strings.Cut(word, "="); ok {
			if _, known := c.source.dim(dim); !known {
				return fmt.Errorf("figure: %s: %s has no dimension %q", c.ID, c.source.ID, dim)
			}
			c.tags = append(c.tags, wanted{dim, strings.Split(values, "|")})
			continue
		}
		name, not := strings.CutPrefix(word, "!")
		i := slices.Index(c.source.Flags, name)
		if i < 0 {
			return fmt.Errorf("figure: %s: %s has no attribute %q", c.ID, c.source.ID, name)
		}
		if not {
			c.not |= 1 << i
		} else {
			c.want |= 1 << i
		}
	}
	if c.want == 0 {
		return fmt.Errorf("figure: %s: where must ask for at least one attribute", c.ID)
	}
	return nil
}

// within reports whether all that c counts is surely counted by d too.
func (c *counted) within(d *counted) bool {
	if d.want&^c.want != 0 || d.not&^c.not != 0 {
		return false
	}
	for _, outer := range d.tags {
		if !slices.ContainsFunc(c.tags, func(inner wanted) bool {
			return inner.dim == outer.dim && !slices.ContainsFunc(inner.values, func(v string) bool { return !slices.Contains(outer.values, v) })
		}) {
			return false
		}
	}
	return true
}

func (s *Source) dim(id string) (Dim, bool) {
	for _, d := range s.Dims {
		if d.ID == id {
			return d, true
		}
	}
	return Dim{}, false
}
