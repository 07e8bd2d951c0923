package figure

import (
	"cmp"
	"slices"
)

// total counts facts.
func (c *counted) total(facts []Fact) Count {
	if c.Rate() {
		return Count{Num: c.num.total(facts).Amount, Den: c.den.total(facts).Amount, Rate: true}
	}
	var n Count
	for i := range facts {
		if c.matches(&facts[i]) {
			n.Amount += facts[i].Amount
		}
	}
	return n
}

// groups counts facts by a dimension. A fact without a value of it counts under
// the empty value, so that nothing is lost; a rate has the groups of its
// denominator.
func (c *counted) groups(facts []Fact, dim string) []Group {
	if c.Rate() {
		num := map[string]int64{}
		for _, g := range c.num.groups(facts, dim) {
			num[g.Key] = g.Amount
		}
		groups := c.den.groups(facts, dim)
		for i := range groups {
			groups[i].Count = Count{Num: num[groups[i].Key], Den: groups[i].Amount, Rate: true}
		}
		return groups
	}
	var groups []Group
	at := map[string]int{}
	add := func(value string, amount int64) {
		i, ok := at[value]
		if !ok {
			i = len(groups)
			at[value] = i
			groups = append(groups, Group{Key: value})
		}
		groups[i].Amount += amount
	}
	for i := range facts {
		f := &facts[i]
		if !c.matches(f) {
			continue
		}
		none := true
		for _, t := range f.Tags {
			if t.Dim == dim && t.Value != "" {
				add(t.Value, f.Amount)
				none = false
			}
		}
		if none {
			add("", f.Amount)
		}
	}
	return groups
}

// counts reports whether a fact is one of the figure's records.
func (c *counted) counts(f *Fact) bool {
	if c.Rate() {
		return c.den.matches(f)
	}
	return c.matches(f)
}

// records lists the facts behind a figure in the order of their source, those
// that may not be read last.
func (l *loaded) records(c *counted) []Record {
	var all []Record
	for _, f := range l.facts[c.source] {
		if !c.counts(&f) {
			continue
		}
		r := Record{Fact: f, Counts: !c.Rate() || c.num.matches(&f)}
		if c.source.Sees != nil && !c.source.Sees(l.actor, &f) {
			r.Hidden, r.Fact = true, Fact{Amount: f.Amount}
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b Record) int { return cmp.Compare(number(a.Hidden), number(b.Hidden)) })
	return all
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
