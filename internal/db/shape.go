package db

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Without statistics SQLite takes the first column of any index for choosy. Ours
// is the tenant, which chooses nothing: it would rather read all of a tenant in
// the order wanted than find a few rows and sort them. Statistics of the data as
// it happens to be would help, but are missing as long as there is little data
// and change with it. So SQLite is told what we know beforehand, for every index
// that begins with the tenant, the same in every installation.

// Rows that the table of an index is taken to have, and that are left when a
// value of a further column is given.
const (
	shapeRows    = 1_000_000
	shapePartial = 20_000 // in an index of few rows
	shapeCoarse  = 20     // parts into which a column such as the state cuts the rows
)

// shapeLeft are the rows left after each further column of other kinds.
var shapeLeft = []int{100, 10, 5, 2}

// coarse are the columns with few values.
var coarse = strings.Fields("kind object role session state system year")

// shape writes the statistics where they are not so already.
func (d *DB) shape(ctx context.Context) error {
	return d.Write(ctx, func(tx *Tx) error {
		wanted, err := shapes(tx)
		if err != nil {
			return err
		}
		// Makes the table if it is not there; what it is told is replaced.
		if _, err := tx.Exec(`ANALYZE sqlite_schema`); err != nil {
			return err
		}
		have, err := Column[string](tx, `SELECT tbl || ' ' || idx || ' ' || stat FROM sqlite_stat1 ORDER BY 1`)
		if err != nil || slices.Equal(have, wanted) {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM sqlite_stat1`); err != nil {
			return err
		}
		for _, line := range wanted {
			c := strings.SplitN(line, " ", 3)
			if _, err := tx.Exec(`INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ($1, $2, $3)`, c[0], c[1], c[2]); err != nil {
				return err
			}
		}
		_, err = tx.Exec(`ANALYZE sqlite_schema`) // reads them; other connections do when they are opened
		return err
	})
}

// shapes are the lines of statistics: table, index, and the rows that are left
// after none, one, two … of its columns.
func shapes(tx *Tx) ([]string, error) {
	type index struct {
		table, name, columns string
		unique, partial      bool
	}
	all, err := All(tx, func(x *index) []any { return []any{&x.table, &x.name, &x.unique, &x.partial, &x.columns} },
		`SELECT m.name, l.name, l."unique", l.partial, (SELECT group_concat(COALESCE(c.name, '')) FROM pragma_index_info(l.name) c)
			FROM sqlite_schema m, pragma_index_list(m.name) l WHERE m.type = 'table' ORDER BY m.name, l.name`)
	var lines []string
	for _, x := range all {
		columns := strings.Split(x.columns, ",")
		if columns[0] != "tenant" {
			continue
		}
		rows := shapeRows
		if x.partial {
			rows = shapePartial
		}
		stat := fmt.Sprintf("%s %s %d %d", x.table, x.name, rows, rows)
		left := shapeLeft
		for i, c := range columns[1:] {
			switch {
			case x.unique && i == len(columns)-2:
				rows = 1
			case slices.Contains(coarse, c):
				rows = max(1, rows/shapeCoarse)
			default:
				rows = min(rows, left[0])
				left = left[min(1, len(left)-1):]
			}
			stat += fmt.Sprintf(" %d", rows)
		}
		lines = append(lines, stat)
	}
	slices.Sort(lines)
	return lines, err
}
