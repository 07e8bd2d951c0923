package ledger

import (
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/db"
)

// Row names a row that an act wrote, by a key that has one row at most.
type Row struct {
	table   string
	key     map[string]any
	without []string
}

// RowOf names a row: RowOf("proposal", "tenant", t, "id", id). The same table
// is always named with the same columns.
func RowOf(table string, key ...any) Row {
	if len(key) == 0 || len(key)%2 != 0 {
		panic("ledger: RowOf wants pairs of column and value")
	}
	r := Row{table: table, key: map[string]any{}}
	for i := 0; i < len(key); i += 2 {
		r.key[key[i].(string)] = key[i+1]
	}
	return r
}

// Without leaves columns out of the digest that change without an entry, such
// as the time somebody was last seen.
func (r Row) Without(columns ...string) Row {
	r.without = append(slices.Clone(r.without), columns...)
	slices.Sort(r.without)
	return r
}

// fingerprint is a row's name and digest as table ledger_row keeps them.
type fingerprint struct{ table, key, without, digest string }

var identifier = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// fingerprints computes the digests of rows as they are in this transaction.
func fingerprints(tx *db.Tx, rows []Row) ([]fingerprint, error) {
	var all []fingerprint
	seen := map[string]bool{}
	for _, r := range rows {
		if !identifier.MatchString(r.table) {
			return nil, fmt.Errorf("ledger: %q is no table", r.table)
		}
		columns := make([]string, 0, len(r.key))
		texts := map[string]string{}
		for c, v := range r.key {
			if !identifier.MatchString(c) {
				return nil, fmt.Errorf("ledger: %q is no column", c)
			}
			columns = append(columns, c)
			text, err := canonical(v)
			if err != nil {
				return nil, fmt.Errorf("ledger: key of %s: %w", r.table, err)
			}
			texts[c] = text
		}
		slices.Sort(columns)
		f := fingerprint{table: r.table, key: rowKey(columns, texts), without: strings.Join(r.without, ",")}
		if seen[f.table+" "+f.key] {
			continue
		}
		seen[f.table+" "+f.key] = true
		where, args := "", []any{}
		for _, c := range columns {
			args = append(args, r.key[c])
			where += " AND " + c + " = $" + strconv.Itoa(len(args))
		}
		n := 0
		err := eachRow(tx, func(columns []string, values []any) (err error) {
			n++
			f.digest, err = digest(columns, values, r.without)
			return err
		}, `SELECT * FROM `+r.table+` WHERE `+where[len(" AND "):], args...)
		if err != nil {
			return nil, err
		}
		if n > 1 {
			return nil, fmt.Errorf("ledger: %d rows of %s have the key %s", n, f.table, f.key)
		}
		all = append(all, f)
	}
	return all, nil
}

// eachRow calls f with the columns and values of each row of a query.
func eachRow(tx *db.Tx, f func(columns []string, values []any) error, query string, args ...any) error {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, values, pointers, err := scanBuffer(rows)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := rows.Scan(pointers...); err != nil {
			return err
		}
		if err := f(columns, values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// wholeTable calls f with each row of a table. It names the columns: a statement
// prepared before a column was added would fail.
func wholeTable(tx *db.Tx, table string, f func(columns []string, values []any) error) error {
	columns, err := db.Columns(tx, table)
	if err != nil {
		return err
	}
	return eachRow(tx, f, `SELECT "`+strings.Join(columns, `","`)+`" FROM "`+table+`"`)
}

func scanBuffer(rows *sql.Rows) (columns []string, values, pointers []any, err error) {
	columns, err = rows.Columns()
	values, pointers = make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		pointers[i] = &values[i]
	}
	return columns, values, pointers, err
}

// digest hashes the columns of a row that are not NULL, empty, 0 or false, in
// the order of their names: a later column of such values changes nothing, and
// both databases give the same.
func digest(columns []string, values []any, without []string) (string, error) {
	order := make([]int, 0, len(columns))
	for i, c := range columns {
		if !slices.Contains(without, c) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(columns[a], columns[b]) })
	h := sha256.New()
	for _, i := range order {
		text, err := canonical(values[i])
		if err != nil {
			return "", fmt.Errorf("ledger: column %s: %w", columns[i], err)
		}
		if text != "" && values[i] != int64(0) && values[i] != float64(0) && values[i] != false {
			fmt.Fprintf(h, "%s=%d:%s\n", columns[i], len(text), text)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// canonical is the text of a value, the same on both databases.
func canonical(v any) (string, error) {
	v, err := driver.DefaultParameterConverter.ConvertValue(v)
	if err != nil {
		return "", err
	}
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case []byte:
		return hex.EncodeToString(v), nil
	case bool:
		if v {
			return "1", nil
		}
		return "0", nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	}
	return "", fmt.Errorf("a value of type %T", v)
}

// rowKey is the canonical JSON of a key; columns are sorted.
func rowKey(columns []string, texts map[string]string) string {
	var b strings.Builder
	for i, c := range columns {
		b.WriteByte("{,"[min(i, 1)])
		name, _ := json.Marshal(c)
		text, _ := json.Marshal(texts[c])
		b.Write(name)
		b.WriteByte(':')
		b.Write(text)
	}
	b.WriteByte('}')
	return b.String()
}

// rowsDigest is the digest over an entry's rows, empty if it has none.
func rowsDigest(rows []fingerprint) string {
	if len(rows) == 0 {
		return ""
	}
	h := sha256.New()
	for _, r := range rows {
		fmt.Fprintf(h, "%s\n%s\n%s\n%s\n", r.table, r.key, r.without, r.digest)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// keyShapes lists the sets of columns by which the rows of a table are named:
// one, unless callers disagree.
func keyShapes(last map[string]lastRow) (shapes [][]string) {
	for key := range last {
		var texts map[string]string
		if json.Unmarshal([]byte(key), &texts) != nil {
			continue
		}
		columns := slices.Sorted(maps.Keys(texts))
		if !slices.ContainsFunc(shapes, func(s []string) bool { return slices.Equal(s, columns) }) {
			shapes = append(shapes, columns)
		}
	}
	return shapes
}
