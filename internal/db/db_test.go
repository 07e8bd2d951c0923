package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/errs"
)

var schema = fstest.MapFS{"2026010101_counter.sql": {Data: []byte(`-- +goose Up
CREATE TABLE counter (name TEXT PRIMARY KEY, n INTEGER NOT NULL);
CREATE TABLE taken (n INTEGER PRIMARY KEY, at TEXT NOT NULL);
INSERT INTO counter (name, n) VALUES ('case', 0);
`)}}

func each(t *testing.T, f func(t *testing.T, ctx context.Context, d *db.DB)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		for range 2 { // a second start finds nothing to do
			if err := d.Migrate(ctx, schema); err != nil {
				t.Fatal(err)
			}
		}
		f(t, ctx, d)
	})
}

func take(tx *db.Tx) (int, error) {
	var n int
	if err := tx.Get(`UPDATE counter SET n = n + 1 WHERE name = $1 RETURNING n`, []any{"case"}, &n); err != nil {
		return 0, err
	}
	_, err := tx.Exec(`INSERT INTO taken (n, at) VALUES ($1, $2)`, n, db.At(tx.Now()))
	return n, err
}

func numbers(t *testing.T, ctx context.Context, d *db.DB) []int {
	t.Helper()
	var ns []int
	if err := d.Read(ctx, func(tx *db.Tx) (err error) {
		ns, err = db.Column[int](tx, `SELECT n FROM taken ORDER BY n`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return ns
}

// Forty people take the next number at once, some of them fail or panic after
// taking it: the numbers are gapless all the same.
func TestWriteIsAsIfAlone(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		boom := errors.New("boom")
		var wg sync.WaitGroup
		var after sync.Map
		for i := range 40 {
			wg.Go(func() {
				defer func() {
					if p := recover(); p != nil && i%10 != 7 {
						t.Errorf("%d: unexpected panic %v", i, p)
					}
				}()
				err := d.Write(ctx, func(tx *db.Tx) error {
					tx.AfterCommit(func() { after.Store(i, true) })
					if _, err := take(tx); err != nil {
						return err
					}
					switch i % 10 {
					case 3:
						return boom
					case 7:
						panic("in the middle")
					}
					return nil
				})
				if i%10 == 3 != errors.Is(err, boom) {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		wg.Wait()
		got := numbers(t, ctx, d)
		if want := 32; len(got) != want || got[want-1] != want {
			t.Fatalf("got %v, want 1 to %d", got, want)
		}
		n := 0
		after.Range(func(k, _ any) bool {
			n++
			if r := k.(int) % 10; r == 3 || r == 7 {
				t.Errorf("AfterCommit ran for %v, which failed", k)
			}
			return true
		})
		if n != 32 {
			t.Errorf("AfterCommit ran %d times", n)
		}
	})
}

func TestNestedWriteJoins(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		err := d.Write(ctx, func(tx *db.Tx) error {
			if _, err := take(tx); err != nil {
				return err
			}
			inner := d.Write(tx.Context(), func(tx *db.Tx) error {
				if _, err := take(tx); err != nil {
					return err
				}
				return errs.New(errs.Conflict, "不行")
			})
			if !errs.Is(inner, errs.Conflict) {
				t.Errorf("inner: %v", inner)
			}
			return d.Read(tx.Context(), func(tx *db.Tx) error { // reads what was written here
				ns, err := db.Column[int](tx, `SELECT n FROM taken`)
				if fmt.Sprint(ns) != "[1]" {
					t.Errorf("inside: %v", ns)
				}
				return err
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(numbers(t, ctx, d)); got != "[1]" {
			t.Errorf("after: %s", got)
		}
	})
}

func TestReadSeesOneSnapshot(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		err := d.Read(ctx, func(tx *db.Tx) error {
			var before, later int
			if err := tx.Get(`SELECT n FROM counter WHERE name = $1`, []any{"case"}, &before); err != nil {
				return err
			}
			if err := d.Write(ctx, func(tx *db.Tx) error { _, err := take(tx); return err }); err != nil {
				return err
			}
			if err := tx.Get(`SELECT n FROM counter WHERE name = $1`, []any{"case"}, &later); err != nil {
				return err
			}
			if before != later {
				t.Errorf("saw %d, then %d", before, later)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Read(ctx, func(tx *db.Tx) error { _, err := tx.Exec(`DELETE FROM taken`); return err }); err == nil {
			t.Error("Read could write")
		}
	})
}

func TestErrors(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		err := d.Read(ctx, func(tx *db.Tx) error {
			var n int
			return tx.Get(`SELECT n FROM counter WHERE name = $1`, []any{"none"}, &n)
		})
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("no row: %v", err)
		}
		err = d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO counter (name, n) VALUES ('case', 1)`)
			return err
		})
		if !db.Duplicate(err) {
			t.Errorf("duplicate: %v", err)
		}
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		if err := d.Write(cancelled, func(*db.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

func TestTime(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		want := db.At(time.Date(2026, 3, 12, 8, 30, 0, 123456789, time.FixedZone("", 8*3600)))
		err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO taken (n, at) VALUES (1, $1), (2, $2)`, want, db.Time{})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Read(ctx, func(tx *db.Tx) error {
			got, err := db.Column[db.Time](tx, `SELECT at FROM taken ORDER BY n`)
			if err == nil && (!got[0].Equal(want.Time) || !got[1].IsZero()) {
				t.Errorf("got %v", got)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// Who joins a transaction brings their own context, for as long as they stay.
// What joins a transaction that is whole cannot fail by itself, and does not
// need to be undone by itself.
func TestWhole(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		wrong := errors.New("wrong")
		try := func(fails bool) (n int, err error) {
			err = d.Write(ctx, func(tx *db.Tx) error {
				tx.Whole()
				if err := d.Write(tx.Context(), func(tx *db.Tx) error { _, err := take(tx); return err }); err != nil {
					return err
				}
				d.Write(tx.Context(), func(tx *db.Tx) error { // its error is not looked at
					if _, err := take(tx); err != nil || !fails {
						return err
					}
					return wrong
				})
				n, err = take(tx)
				return err
			})
			return n, err
		}
		if _, err := try(true); !errors.Is(err, wrong) {
			t.Errorf("a part failed: %v", err)
		}
		if n, err := try(false); n != 3 || err != nil {
			t.Errorf("nothing should be left of the first try: %d, %v", n, err)
		}
	})
}

func TestJoinWithAnotherContext(t *testing.T) {
	type key struct{}
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		err := d.Write(context.WithValue(ctx, key{}, "outer"), func(tx *db.Tx) error {
			inner := context.WithValue(tx.Context(), key{}, "inner")
			if err := d.Write(inner, func(tx *db.Tx) error {
				if got := tx.Context().Value(key{}); got != "inner" {
					t.Errorf("joined: %v", got)
				}
				return d.Read(tx.Context(), func(tx *db.Tx) error {
					if got := tx.Context().Value(key{}); got != "inner" {
						t.Errorf("joined twice: %v", got)
					}
					_, err := take(tx)
					return err
				})
			}); err != nil {
				return err
			}
			if got := tx.Context().Value(key{}); got != "outer" {
				t.Errorf("afterwards: %v", got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// When every reader meets a statement that is new at the same moment, each must
// still get it prepared.
func TestManyNewStatements(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		const many = 60
		const fewest = 4 // readers, on any machine
		var inside atomic.Int32
		var ready, ended sync.WaitGroup
		ready.Add(fewest)
		done := make(chan struct{})
		for i := range many {
			ended.Go(func() {
				err := d.Read(ctx, func(tx *db.Tx) error {
					if inside.Add(1) <= fewest {
						ready.Done()
					}
					ready.Wait()
					_, err := db.Column[int](tx, fmt.Sprintf("SELECT n + %d FROM taken", i))
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		go func() { ended.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatal("the readers wait for each other")
		}
	})
}
