package ledger

import (
	"slices"
	"strings"

	"shangliang/internal/db"
)

const adoptAction = "ledger.adopt"

// adoptBatch bounds the rows of one entry.
const adoptBatch = 500

// Adopt records all rows of a table as they are now, for the reason given:
// after a migration that changed them, or for a table that was filled before it
// was kept in the ledger, whose rows are then named by the key columns. Without
// key columns those are used by which entries named the rows so far. It takes
// the rows on trust, so verify before the migration.
func Adopt(tx *db.Tx, table, reason string, keyColumns ...string) error {
	type row struct{ key, without string }
	recorded, err := db.All(tx, func(r *row) []any { return []any{&r.key, &r.without} },
		`SELECT row_key, without FROM ledger_row WHERE table_name = $1 ORDER BY entry, n`, table)
	if err != nil {
		return err
	}
	last := map[string]lastRow{}
	for _, r := range recorded {
		last[r.key] = lastRow{without: r.without}
	}
	shapes := keyShapes(last)
	if len(keyColumns) > 0 {
		shapes = [][]string{keyColumns}
	}
	var rows []Row
	err = wholeTable(tx, table, func(columns []string, values []any) error {
		for _, shape := range shapes {
			r := Row{table: table, key: map[string]any{}}
			texts := map[string]string{}
			for i, c := range columns {
				if slices.Contains(shape, c) {
					r.key[c] = values[i]
					text, err := canonical(values[i])
					if err != nil {
						return err
					}
					texts[c] = text
				}
			}
			l, known := last[rowKey(slices.Sorted(slices.Values(shape)), texts)]
			if !known && len(keyColumns) == 0 {
				continue
			}
			if l.without != "" {
				r.without = strings.Split(l.without, ",")
			}
			rows = append(rows, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(rows, adoptBatch) {
		if err := Append(tx, Entry{Action: adoptAction, Kind: "ledger", Object: table, Note: reason, Rows: chunk}); err != nil {
			return err
		}
	}
	return nil
}
