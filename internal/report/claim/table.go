package claim

// Tables come as lines whose cells are parted by a bar. The first row says what
// the numbers below it count.

// row looks whether a line is the first row of a table, or none of one.
func (r *reading) row(l line) {
	all := cells(r.text, l)
	switch {
	case len(all) < 3:
		r.columns = nil
	case !hasDigit(r.text[l.start:l.end]):
		r.columns = all
	case len(all) != len(r.columns):
		r.columns = nil
	}
	r.cells = all
}

// column returns the words over a number that stands in a table.
func (r *reading) column(at int) []hit {
	if r.columns == nil {
		return nil
	}
	for i, c := range r.cells {
		if c.start <= at && at < c.end {
			return r.v.scan(r.text, r.columns[i].start, r.columns[i].end, nil)
		}
	}
	return nil
}

// cells parts a line at its bars.
func cells(text []rune, l line) (all []line) {
	from := l.start
	for i := l.start; i < l.end; i++ {
		if text[i] == '|' || text[i] == '\t' || text[i] == '│' {
			all = append(all, line{start: from, end: i})
			from = i + 1
		}
	}
	return append(all, line{start: from, end: l.end})
}
