package db

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// A dump is a stream of JSON lines: a header, then for each table its columns,
// one array for each row and a count, and at last the total. It is the same
// from both databases and loads into both.
const dumpFormat = "shangliang-dump-1"

type dumpLine struct {
	Format     string   `json:"format,omitempty"`
	Migrations []int64  `json:"migrations,omitempty"`
	Table      string   `json:"table,omitempty"`
	Columns    []string `json:"columns,omitempty"`
	Rows       *int64   `json:"rows,omitempty"` // closes a table; with Total, the dump
	Total      bool     `json:"total,omitempty"`
}

// Damage is the error of a dump that is not as it was written.
type Damage struct{ Reason string }

// Error implements error.
func (e *Damage) Error() string { return "db: damaged dump: " + e.Reason }

func damaged(format string, args ...any) error { return &Damage{fmt.Sprintf(format, args...)} }

// ErrNotEmpty is the error of loading into a database that has tables.
var ErrNotEmpty = errors.New("db: load: the database is not empty")

// Tables lists the tables that hold the platform's data, by name. It leaves out
// what is rebuilt from them or is about this database only: the migrations, the
// job queue, the full text index and the signatures of texts.
func Tables(tx *Tx) ([]string, error) {
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if tx.Dialect() == Postgres {
		query = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`
	}
	all, err := Column[string](tx, query)
	all = slices.DeleteFunc(all, func(name string) bool {
		return name == migrationTable || strings.HasPrefix(name, "river_") || strings.HasPrefix(name, "search_fts") || name == "search_start" || strings.HasPrefix(name, "likeness_")
	})
	slices.Sort(all)
	return all, err
}

// Columns lists the columns of a table that a dump holds, by name: all but the
// text vectors that PostgreSQL computes for its search.
func Columns(tx *Tx, table string) ([]string, error) {
	query := `SELECT name FROM pragma_table_info($1) ORDER BY name`
	if tx.Dialect() == Postgres {
		query = `SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema()
			AND table_name = $1 AND udt_name <> 'tsvector' ORDER BY column_name`
	}
	all, err := Column[string](tx, query, table)
	slices.Sort(all) // whatever order the database's locale has
	return all, err
}

// Migrations lists the numbers of the migrations that this database has.
func Migrations(tx *Tx) ([]int64, error) {
	return Column[int64](tx, `SELECT version_id FROM `+migrationTable+` WHERE version_id > 0 ORDER BY version_id`)
}

// Dump writes everything that [Tables] names, as it was at one moment, and
// returns the number of rows of each table.
func Dump(ctx context.Context, d *DB, w io.Writer) (counts map[string]int64, err error) {
	err = d.Read(ctx, func(tx *Tx) error {
		counts, err = tx.Dump(w)
		return err
	})
	return counts, err
}

// Dump is [Dump] within a transaction.
func (t *Tx) Dump(w io.Writer) (map[string]int64, error) {
	migrations, err := Migrations(t)
	if err != nil {
		return nil, err
	}
	tables, err := Tables(t)
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	line := json.NewEncoder(out)
	line.SetEscapeHTML(false)
	if err := line.Encode(dumpLine{Format: dumpFormat, Migrations: migrations}); err != nil {
		return nil, err
	}
	counts, total := map[string]int64{}, int64(0)
	for _, table := range tables {
		names, err := Columns(t, table)
		if err != nil {
			return nil, err
		}
		if err := line.Encode(dumpLine{Table: table, Columns: names}); err != nil {
			return nil, err
		}
		n, err := t.dumpRows(line, table, names)
		if err != nil {
			return nil, err
		}
		if err := line.Encode(dumpLine{Table: table, Rows: &n}); err != nil {
			return nil, err
		}
		counts[table] = n
		total += n
	}
	if err := line.Encode(dumpLine{Total: true, Rows: &total}); err != nil {
		return nil, err
	}
	return counts, out.Flush()
}

func (t *Tx) dumpRows(line *json.Encoder, table string, names []string) (n int64, err error) {
	rows, err := t.Query(`SELECT ` + quoted(names) + ` FROM ` + quoted([]string{table}))
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return 0, err
	}
	values, pointers := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		pointers[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(pointers...); err != nil {
			return n, err
		}
		for i, v := range values {
			switch v := v.(type) {
			case []byte:
				values[i] = dumpBytes{base64.StdEncoding.EncodeToString(v)}
			case float64: // always with a point, so that it stays a float
				s := strconv.FormatFloat(v, 'g', -1, 64)
				if !strings.ContainsAny(s, ".e") {
					s += ".0"
				}
				values[i] = json.Number(s)
			case int64:
				if types[i].DatabaseTypeName() == "BOOLEAN" { // SQLite keeps them as numbers
					values[i] = v != 0
				}
			case nil, string, bool:
			default:
				return n, fmt.Errorf("db: dump %s.%s: a value of type %T", table, names[i], v)
			}
		}
		if err := line.Encode(values); err != nil {
			return n, fmt.Errorf("db: dump %s: %w", table, err)
		}
		n++
	}
	return n, rows.Err()
}

type dumpBytes struct {
	B string `json:"b"`
}

func quoted(names []string) string { return `"` + strings.Join(names, `","`) + `"` }

// Load fills an empty database from a dump: it makes the schema as it was when
// the dump was written, from the migrations in sources, and loads the rows; the
// caller then calls [DB.Migrate]. A database that has tables is refused, and a
// dump that is damaged is a [Damage] error.
func Load(ctx context.Context, d *DB, r io.Reader, sources ...fs.FS) error {
	in := &dumpReader{r: bufio.NewReaderSize(r, 1<<16)}
	var header dumpLine
	if err := in.object(&header); err != nil {
		return err
	}
	if header.Format != dumpFormat {
		return damaged("line 1: not a dump of this platform")
	}
	var present []string
	if err := d.Read(ctx, func(tx *Tx) (err error) {
		present, err = Tables(tx)
		return err
	}); err != nil {
		return err
	}
	if len(present) > 0 {
		return fmt.Errorf("%w: it has %d tables, such as %s", ErrNotEmpty, len(present), present[0])
	}
	if err := d.migrateExactly(ctx, header.Migrations, sources); err != nil {
		return err
	}
	begun := false
	return d.Write(ctx, func(tx *Tx) error {
		if begun { // the reader cannot be read twice
			return errors.New("db: load: something else changes this database")
		}
		begun = true
		restore, err := tx.suspendReferences()
		if err != nil {
			return err
		}
		tables, err := Tables(tx)
		if err != nil {
			return err
		}
		for _, table := range tables { // what the migrations put there is in the dump too
			if _, err := tx.Exec(`DELETE FROM ` + quoted([]string{table})); err != nil {
				return err
			}
		}
		if err := in.tables(tx, tables); err != nil {
			return err
		}
		if err := restore(); err != nil || d.dialect == SQLite {
			return err
		}
		for _, table := range tables { // or the planner guesses until the server gets round to it
			if _, err := tx.Exec(`ANALYZE ` + quoted([]string{table})); err != nil {
				return err
			}
		}
		return nil
	})
}

// migrateExactly applies the migrations with these numbers and no others.
func (d *DB) migrateExactly(ctx context.Context, versions []int64, sources []fs.FS) error {
	p, err := d.provider(sources)
	if err != nil {
		return err
	}
	known := map[int64]bool{}
	for _, s := range p.ListSources() {
		known[s.Version] = true
	}
	for _, v := range versions {
		if !known[v] {
			return fmt.Errorf("db: load: the dump has migration %d, which this version of the program does not know: use a newer one", v)
		}
	}
	for _, v := range versions {
		if _, err := p.ApplyVersion(ctx, v, true); err != nil && !errors.Is(err, goose.ErrAlreadyApplied) {
			return fmt.Errorf("db: load: migration %d: %w", v, err)
		}
	}
	return nil
}

// suspendReferences lets rows come before those that they refer to, until the
// function it returns is called.
func (t *Tx) suspendReferences() (restore func() error, err error) {
	if t.Dialect() == SQLite {
		_, err := t.Exec(`PRAGMA defer_foreign_keys = ON`)
		return func() error { return nil }, err // checked at commit
	}
	type constraint struct{ table, name, definition string }
	all, err := All(t, func(c *constraint) []any { return []any{&c.table, &c.name, &c.definition} },
		`SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
		WHERE contype = 'f' AND connamespace = current_schema()::regnamespace`)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if _, err := t.Exec(`ALTER TABLE ` + c.table + ` DROP CONSTRAINT ` + quoted([]string{c.name})); err != nil {
			return nil, err
		}
	}
	return func() error {
		for _, c := range all {
			if _, err := t.Exec(`ALTER TABLE ` + c.table + ` ADD CONSTRAINT ` + quoted([]string{c.name}) + ` ` + c.definition); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// dumpReader reads the lines of a dump.
type dumpReader struct {
	r    *bufio.Reader
	line int
}

func (in *dumpReader) next() ([]byte, error) {
	in.line++
	b, err := in.r.ReadBytes('\n')
	if err == io.EOF {
		return nil, damaged("line %d: it ends too early", in.line)
	}
	return b, err
}

func (in *dumpReader) object(v *dumpLine) error {
	b, err := in.next()
	if err != nil {
		return err
	}
	*v = dumpLine{}
	if err := json.Unmarshal(b, v); err != nil {
		return damaged("line %d: %v", in.line, err)
	}
	return nil
}

// tables loads all tables up to the end of the dump.
func (in *dumpReader) tables(tx *Tx, present []string) error {
	total := int64(0)
	for {
		var l dumpLine
		if err := in.object(&l); err != nil {
			return err
		}
		if l.Total {
			if l.Rows == nil || *l.Rows != total {
				return damaged("line %d: the total differs from the %d rows before it", in.line, total)
			}
			return nil
		}
		if l.Table == "" || len(l.Columns) == 0 {
			return damaged("line %d: a table was expected", in.line)
		}
		if !slices.Contains(present, l.Table) {
			return damaged("line %d: table %q is in none of its migrations", in.line, l.Table)
		}
		here, err := Columns(tx, l.Table)
		if err != nil {
			return err
		}
		for _, c := range l.Columns {
			if !slices.Contains(here, c) {
				return damaged("line %d: column %q of table %q is in none of its migrations", in.line, c, l.Table)
			}
		}
		n, err := in.rows(tx, l.Table, l.Columns)
		if err != nil {
			return err
		}
		total += n
	}
}

// loadParams bounds the parameters of one INSERT.
const loadParams = 2000

func (in *dumpReader) rows(tx *Tx, table string, names []string) (n int64, err error) {
	insert := `INSERT INTO ` + quoted([]string{table}) + ` (` + quoted(names) + `) VALUES `
	var values []any
	flush := func() error {
		if len(values) == 0 {
			return nil
		}
		groups := make([]string, len(values)/len(names))
		for i := range groups {
			marks := make([]string, len(names))
			for j := range marks {
				marks[j] = "$" + strconv.Itoa(i*len(names)+j+1)
			}
			groups[i] = "(" + strings.Join(marks, ",") + ")"
		}
		_, err := tx.Exec(insert+strings.Join(groups, ","), values...)
		values = values[:0]
		if err != nil {
			return fmt.Errorf("db: load %s: %w", table, err)
		}
		return nil
	}
	for {
		b, err := in.next()
		if err != nil {
			return n, err
		}
		if b[0] != '[' {
			var l dumpLine
			if err := json.Unmarshal(b, &l); err != nil || l.Table != table || l.Rows == nil {
				return n, damaged("line %d: the end of table %q was expected", in.line, table)
			}
			if *l.Rows != n {
				return n, damaged("line %d: table %q had %d rows, now %d", in.line, table, *l.Rows, n)
			}
			return n, flush()
		}
		row, err := loadRow(b)
		if err != nil || len(row) != len(names) {
			return n, damaged("line %d: a row of table %q: %v", in.line, table, err)
		}
		if values = append(values, row...); len(values)+len(names) > loadParams {
			if err := flush(); err != nil {
				return n, err
			}
		}
		n++
	}
}

func loadRow(line []byte) ([]any, error) {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	var row []any
	if err := dec.Decode(&row); err != nil {
		return nil, err
	}
	for i, v := range row {
		switch v := v.(type) {
		case json.Number:
			var err error
			if strings.ContainsAny(v.String(), ".e") {
				row[i], err = v.Float64()
			} else {
				row[i], err = v.Int64()
			}
			if err != nil {
				return nil, err
			}
		case map[string]any:
			s, ok := v["b"].(string)
			b, err := base64.StdEncoding.DecodeString(s)
			if !ok || err != nil {
				return nil, errors.New("bad bytes")
			}
			row[i] = b
		}
	}
	return row, nil
}
