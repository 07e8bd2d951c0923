package calendar

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
)

// Kind says in which way a [Day] differs from the plain week.
type Kind string

// The kinds.
const (
	Holiday Kind = "holiday" // off, whatever the day of the week
	Workday Kind = "workday" // a make-up day (调休): worked, though a weekend
)

// Day is one day that differs from the plain week, in which Monday to Friday are
// worked. In an override an empty Kind gives the day back to the plain week.
type Day struct {
	Date Date   `json:"date"`
	Kind Kind   `json:"kind"`
	Name string `json:"name"` // the holiday, also of its make-up days; Simplified Chinese
	// Provisional says that the year's notice was not known when the row was
	// made: the day is off by law, what is moved around it is yet to come.
	Provisional bool `json:"provisional,omitzero"`
}

// Days knows which days are worked. It never changes; it is safe for concurrent use.
type Days struct {
	table map[number]Day
}

//go:embed holidays.tsv
var holidays []byte

var national = sync.OnceValue(func() *Days {
	rows, err := ParseDays(holidays)
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	return new(Days).With(rows)
})

// National returns the country's table, 2018 to 2027.
func National() *Days { return national() }

// ParseDays reads a table of days: tab-separated date, kind, name and, where it
// applies, the word provisional. Blank lines and lines that begin with # are
// skipped. A line that is wrong is an Invalid error that names it.
func ParseDays(tsv []byte) ([]Day, error) {
	var rows []Day
	for i, line := range strings.Split(string(tsv), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := append(strings.Split(line, "\t"), "", "", "")
		d, err := ParseDate(cells[0])
		row := Day{Date: d, Kind: Kind(cells[1]), Name: cells[2], Provisional: cells[3] == "provisional"}
		if err != nil || d == "" || row.Name == "" || (row.Kind != Holiday && row.Kind != Workday) {
			return nil, errs.Because(err, errs.Invalid, "节假日表第%d行有误：%s", i+1, line)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// With returns the table with a tenant's own rows in place of those for the same
// days; d stays as it is.
func (d *Days) With(overrides []Day) *Days {
	table := maps.Clone(d.table)
	if table == nil {
		table = map[number]Day{}
	}
	for _, o := range overrides {
		n, ok := o.Date.number()
		switch {
		case !ok:
		case o.Kind == "":
			delete(table, n)
		default:
			table[n] = o
		}
	}
	return &Days{table}
}

// In returns the year's rows in order of date.
func (d *Days) In(year int) []Day {
	var rows []Day
	for n, row := range d.table {
		if n.year() == year {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b Day) int { return strings.Compare(string(a.Date), string(b.Date)) })
	return rows
}

// Working reports whether the day is worked; no day is not.
func (d *Days) Working(on Date) bool {
	n, ok := on.number()
	return ok && d.working(n)
}

func (d *Days) working(n number) bool {
	if row, ok := d.table[n]; ok {
		return row.Kind == Workday
	}
	wd := n.weekday()
	return wd != time.Saturday && wd != time.Sunday
}

// Name returns in Simplified Chinese why a day is off or, as a make-up day,
// worked: the holiday's name, or 周末; "" for a plain working day.
func (d *Days) Name(on Date) string {
	n, ok := on.number()
	if !ok {
		return ""
	}
	return d.name(n)
}

const weekend = "周末"

func (d *Days) name(n number) string {
	if row, ok := d.table[n]; ok {
		return row.Name
	}
	if !d.working(n) {
		return weekend
	}
	return ""
}

// Why explains the day to a person: 工作日, 周末, 清明节, 补班（国庆节）; where the table
// does not know the year, that too.
func (d *Days) Why(ctx context.Context, on Date) string {
	n, ok := on.number()
	if !ok {
		return ""
	}
	row, special := d.table[n]
	var why string
	switch {
	case special && row.Kind == Workday:
		why = lang.T(ctx, "补班（%s）", lang.Word(row.Name))
	case special:
		why = lang.Say(ctx, row.Name)
	case d.working(n):
		why = lang.T(ctx, "工作日")
	default:
		why = lang.T(ctx, "周末")
	}
	year := n.year()
	if note := d.note(year); note != "" {
		return lang.T(ctx, "%[1]s（%[2]s）", why, lang.T(ctx, note, year))
	}
	return why
}

// The notes on years whose working days are not certain.
const (
	unknownYear     = "%d年的节假日安排未收录，只按周末计算"
	provisionalYear = "%d年的调休安排尚未收录，只计法定节假日"
)

// note returns the format of the note on a year, "" where all is known.
func (d *Days) note(year int) string {
	switch {
	case !d.Known(year):
		return unknownYear
	case d.Provisional(year):
		return provisionalYear
	}
	return ""
}

// Known reports whether the table holds the year; where it does not, only
// weekends count. New Year's Day tells, because every year's notice names it.
func (d *Days) Known(year int) bool {
	n, _ := Date(fmt.Sprintf("%04d-01-01", year)).number()
	_, ok := d.table[n]
	return ok
}

// Provisional reports whether any row of the year is provisional. It ceases to be
// so when overrides have replaced each of those rows.
func (d *Days) Provisional(year int) bool {
	for n, row := range d.table {
		if row.Provisional && n.year() == year {
			return true
		}
	}
	return false
}

// OnOrAfter returns the day itself if it is worked, else the next one that is.
func (d *Days) OnOrAfter(on Date) Date {
	if n, ok := on.number(); ok {
		return d.onOrAfter(n).date()
	}
	return ""
}

func (d *Days) onOrAfter(n number) number {
	for !d.working(n) {
		n++
	}
	return n
}

// Next returns the first working day after the day.
func (d *Days) Next(on Date) Date { return d.OnOrAfter(on.AddDays(1)) }

// Between counts the working days after from up to and including to; negative
// when to is the earlier.
func (d *Days) Between(from, to Date) int {
	a, ok := from.number()
	b, both := to.number()
	if !ok || !both {
		return 0
	}
	if a > b {
		return -d.Between(to, from)
	}
	n := 0
	for a++; a <= b; a++ {
		if d.working(a) {
			n++
		}
	}
	return n
}

// Add returns the last day of a term that is counted from the day after from.
func (d *Days) Add(from Date, t Term) Date {
	if n, ok := from.number(); ok {
		return d.add(n, t).date()
	}
	return ""
}

func (d *Days) add(n number, t Term) number {
	switch t.Unit {
	case CalendarDays:
		return n + number(t.N)
	case Months:
		return n.addMonths(t.N)
	case Workdays:
		for left := t.N; left > 0; {
			n++
			if d.working(n) {
				left--
			}
		}
	}
	return n
}
