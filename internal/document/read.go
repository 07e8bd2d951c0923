package document

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"shangliang/internal/errs"
	"shangliang/internal/han"
)

// Type is what the values of a column are.
type Type uint8

// The types, and how a value of each comes out of [Table.Read].
const (
	Text   Type = iota // as written, cleaned
	Int                // 1200
	Date               // 2018-03-01
	Bool               // true or false
	Choice             // the Value of one Choice; with Many, of several joined by commas
)

// Option is one value of a column of type Choice and the words for it.
type Option struct {
	Value string
	Names []string // besides Value itself
}

// Column is a column that a reader wants.
type Column struct {
	ID       string // key in Record.Values
	Title    string // its header, as our own template writes it
	Aliases  []string
	Type     Type
	Required bool // the column must be there and its cells filled
	Many     bool // Choice: several, separated by 、 , ; or blanks
	Max      int  // characters of a Text; 0: no limit
	Options  []Option
	// Check says what else is wrong with a value that is not empty, as a
	// format and its arguments; an empty format means nothing.
	Check func(value string) (msg string, args []any)
}

// Record is a row as values by column ID. A value that has a problem stands as
// it was written; a column that the file lacks has none.
type Record struct {
	Line   int
	Values map[string]string
	Bad    bool // at least one problem is in this row
}

// Problem says what is wrong, where, and what to do. Msg is a format in
// Simplified Chinese for package lang.
type Problem struct {
	Line   int    // as the person's program numbers it
	Cell   string // such as C5; empty if it is about the whole table or row
	Column string // ID; empty if it is about no column
	Title  string // of the column
	Value  string // as written
	Msg    string
	Args   []any
}

// titleRows are how many rows may stand above the header.
const titleRows = 30

// mostProblems are listed; Record.Bad is right beyond that.
const mostProblems = 2000

// Read makes records of the table. The header is the row among the first that
// names the most wanted columns; titles may stand above it. key names the
// columns that together may occur only once. Every fault of the content is a
// problem; only a table in which no wanted column is found is an error.
func (t *Table) Read(columns []Column, key ...string) ([]Record, []Problem, error) {
	p, err := t.locate(columns)
	if err != nil {
		return nil, nil, err
	}
	if len(t.Rows) == 0 {
		return nil, nil, errs.New(errs.Invalid, "表头下面没有内容（第 %d 行是表头）", t.HeaderLine)
	}
	records := make([]Record, 0, len(t.Rows))
	first := map[string]int{} // key → line where it first stood
	for _, row := range t.Rows {
		rec := Record{Line: row.Line, Values: make(map[string]string, len(columns)), Bad: p.headerBad}
		for i := range columns {
			c, col := &columns[i], p.at[i]
			if col < 0 {
				continue
			}
			shown := ""
			if col < len(row.Cells) {
				shown = row.Cells[col]
			}
			v, msg, args := c.value(shown, row.stored(col), t.from1904)
			if msg != "" {
				rec.Bad = true
				p.add(Problem{row.Line, cellName(col, row.Line), c.ID, c.Title, shown, msg, args})
				v = shown
			}
			rec.Values[c.ID] = v
		}
		if k := keyOf(rec, key); k != "" {
			if line, twice := first[k]; twice {
				rec.Bad = true
				p.add(Problem{Line: row.Line, Column: key[0], Title: titleOf(columns, key[0]), Value: rec.Values[key[0]],
					Msg: "与第 %d 行重复，请只留一行", Args: []any{line}})
			} else {
				first[k] = row.Line
			}
		}
		records = append(records, rec)
	}
	return records, p.problems, nil
}

// placing is where the wanted columns stand, and what is wrong so far.
type placing struct {
	at        []int // index of each wanted column in a row; -1 if missing
	headerBad bool
	problems  []Problem
}

func (p *placing) add(x Problem) {
	if len(p.problems) < mostProblems {
		p.problems = append(p.problems, x)
	}
}

// locate finds sheet and header, and sets Rows to what stands below.
func (t *Table) locate(columns []Column) (*placing, error) {
	bestSheet, bestRow, bestScore := -1, -1, 0
	for si, s := range t.sheets {
		for ri, row := range s.rows[:min(len(s.rows), titleRows)] {
			score := 0
			for _, col := range match(row, columns) {
				if col >= 0 {
					score++
				}
			}
			if score > bestScore {
				bestSheet, bestRow, bestScore = si, ri, score
			}
		}
	}
	if bestScore == 0 {
		return nil, errs.New(errs.Invalid, "没有找到表头：表里应有一行写着“%s”等列名", titles(columns, true))
	}
	s := t.sheets[bestSheet]
	header := s.rows[bestRow]
	t.Sheet, t.Header, t.HeaderLine, t.Rows, t.Unknown = s.name, header.Cells, header.Line, nil, nil
	p := &placing{at: match(header, columns)}
	below := s.rows[bestRow+1:]
	// A header of several rows repeats itself where its cells are merged.
	for len(below) > 0 && slices.ContainsFunc(p.at, func(col int) bool {
		return col >= 0 && col < len(below[0].Cells) && below[0].Cells[col] == header.Cells[col]
	}) {
		below = below[1:]
	}
	for _, row := range below {
		if !slices.Equal(row.Cells, header.Cells) { // the header again, on each printed page
			t.Rows = append(t.Rows, row)
		}
	}
	for i, c := range columns {
		if p.at[i] < 0 && c.Required {
			p.headerBad = true
			p.add(Problem{Line: header.Line, Column: c.ID, Title: c.Title,
				Msg: "缺少“%s”这一列，请补上；表里现有：%s", Args: []any{c.Title, strings.Join(written(header), "、")}})
		}
	}
	for i, h := range header.Cells {
		if h == "" || slices.Contains(p.at, i) || slices.Contains(t.Unknown, h) {
			continue
		}
		named := slices.IndexFunc(columns, func(c Column) bool { return c.named(h) })
		if named < 0 {
			t.Unknown = append(t.Unknown, h)
		} else if col := p.at[named]; col >= 0 && header.Cells[col] != h {
			p.add(Problem{Line: header.Line, Cell: cellName(i, header.Line), Column: columns[named].ID, Title: columns[named].Title, Value: h,
				Msg: "“%s”和“%s”是同一列，只读了前者", Args: []any{header.Cells[col], h}})
		}
	}
	return p, nil
}

// match returns for each wanted column its index in the row: by its title, else
// by an alias; -1 if it is not there.
func match(row Row, columns []Column) []int {
	at := make([]int, len(columns))
	taken := make([]bool, len(row.Cells))
	keys := make([][2]string, len(row.Cells))
	for i, c := range row.Cells {
		keys[i] = headerKeys(c)
	}
	for i := range at {
		at[i] = -1
	}
	place := func(i int, name string) {
		want := headerKeys(name)[0]
		for form := range 2 {
			for j := range keys {
				if at[i] < 0 && !taken[j] && want != "" && keys[j][form] == want {
					at[i], taken[j] = j, true
				}
			}
		}
	}
	for i, c := range columns {
		place(i, c.Title)
	}
	for i, c := range columns {
		for _, a := range c.Aliases {
			place(i, a)
		}
	}
	return at
}

func (c *Column) named(header string) bool {
	keys := headerKeys(header)
	for _, name := range append([]string{c.Title}, c.Aliases...) {
		if want := headerKeys(name)[0]; want != "" && (keys[0] == want || keys[1] == want) {
			return true
		}
	}
	return false
}

// headerKeys returns what of a header counts when headers are compared: its
// letters, digits and characters; the same without what stands in brackets,
// which is mostly a hint.
func headerKeys(h string) [2]string {
	if h == "" || len(h) > 300 {
		return [2]string{}
	}
	depth := 0
	var all, outside strings.Builder
	for _, r := range han.Fold(h) {
		switch {
		case strings.ContainsRune("([【〔", r):
			depth++
		case strings.ContainsRune(")]】〕", r):
			depth--
		case unicode.IsLetter(r), unicode.IsNumber(r):
			all.WriteRune(r)
			if depth <= 0 {
				outside.WriteRune(r)
			}
		}
	}
	return [2]string{all.String(), outside.String()}
}

func titles(columns []Column, required bool) string {
	var ts []string
	for _, c := range columns {
		if c.Required == required && len(ts) < 6 {
			ts = append(ts, c.Title)
		}
	}
	if len(ts) == 0 && required {
		return titles(columns, false)
	}
	return strings.Join(ts, "、")
}

func titleOf(columns []Column, id string) string {
	for _, c := range columns {
		if c.ID == id {
			return c.Title
		}
	}
	return id
}

// written returns the headers that are there, each once, as far as a message
// has room.
func written(header Row) []string {
	var ts []string
	for _, h := range header.Cells {
		if utf8.RuneCountInString(h) > 20 {
			h = string([]rune(h)[:20]) + "…"
		}
		if h != "" && !slices.Contains(ts, h) && len(ts) < 30 {
			ts = append(ts, h)
		}
	}
	return ts
}

// keyOf joins the key of a record; empty if no part of it is filled.
func keyOf(r Record, key []string) string {
	var b strings.Builder
	filled := false
	for _, id := range key {
		v := han.Fold(r.Values[id])
		filled = filled || v != ""
		b.WriteString(v)
		b.WriteByte(0)
	}
	if !filled {
		return ""
	}
	return b.String()
}
