package db_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"shangliang/internal/db"
)

// Statements are kept on their connections: the same text within its own rows,
// after a change of the schema, after a failure, and more texts than are kept.
func TestKeptStatements(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		if err := d.Write(ctx, func(tx *db.Tx) error {
			for range 3 {
				if _, err := take(tx); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		const query = `SELECT n FROM taken WHERE n >= $1 ORDER BY n`
		run := func(name string, f func(tx *db.Tx) error) {
			t.Helper()
			for kind, do := range map[string]func(context.Context, func(*db.Tx) error) error{"read": d.Read, "write": d.Write} {
				if err := do(ctx, f); err != nil {
					t.Errorf("%s in a %s: %v", name, kind, err)
				}
			}
		}
		if d.Dialect() == db.SQLite { // on PostgreSQL one query at a time runs on a connection
			run("the same text within its own rows", func(tx *db.Tx) error {
				outer, err := tx.Query(query, 1)
				if err != nil {
					return err
				}
				defer outer.Close()
				for outer.Next() {
					var n int
					if err := outer.Scan(&n); err != nil {
						return err
					}
					inner, err := db.Column[int](tx, query, n)
					if err != nil {
						return err
					}
					if len(inner) != 4-n {
						return fmt.Errorf("from %d on there are %v", n, inner)
					}
				}
				return outer.Err()
			})
		}
		for i := range 900 { // of both kinds: some are used once, some again and again
			run("many texts", func(tx *db.Tx) error {
				ns, err := db.Column[int](tx, fmt.Sprintf(`SELECT n + %d FROM taken WHERE n = $1`, i%450), 2)
				if err == nil && (len(ns) != 1 || ns[0] != 2+i%450) {
					err = fmt.Errorf("%v for %d", ns, i)
				}
				return err
			})
		}
		columns := func() (n int) {
			t.Helper()
			if err := d.Write(ctx, func(tx *db.Tx) error {
				rows, err := tx.Query(`SELECT * FROM taken`)
				if err != nil {
					return err
				}
				defer rows.Close()
				names, err := rows.Columns()
				n = len(names)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := columns()
		if err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`ALTER TABLE taken ADD COLUMN note TEXT NOT NULL DEFAULT ''`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if after := columns(); after != before+1 {
			t.Errorf("%d columns, %d after one was added", before, after)
		}
		for range 3 {
			err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(`INSERT INTO taken (n, at) VALUES ($1, $2)`, 1, "")
				return err
			})
			if !db.Duplicate(err) {
				t.Errorf("the same row twice: %v", err)
			}
		}
		if ns := numbers(t, ctx, d); len(ns) != 3 {
			t.Errorf("there are %v", ns)
		}
	})
}

// Who gave up waiting gets no answer, and leaves the connection as it was.
func TestReadGivesUp(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		for range 20 {
			gone, cancel := context.WithTimeout(ctx, time.Millisecond)
			err := d.Read(gone, func(tx *db.Tx) error {
				<-gone.Done()
				_, err := db.Column[int](tx, `SELECT n FROM taken`)
				return err
			})
			cancel()
			if err == nil { // which error depends on where it was: waiting, connecting, asking
				t.Fatal("did not give up")
			}
		}
		func() {
			defer func() { recover() }()
			d.Read(ctx, func(*db.Tx) error { panic("in the middle") })
		}()
		if err := d.Write(ctx, func(tx *db.Tx) error { _, err := take(tx); return err }); err != nil {
			t.Fatal(err)
		}
		if ns := numbers(t, ctx, d); len(ns) != 1 { // not an older snapshot
			t.Errorf("there are %v", ns)
		}
	})
}
