package shelf_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/shelf"
)

var imports = fstest.MapFS{"2026010101_imported.sql": {Data: []byte("-- +goose Up\nCREATE TABLE imported (n INTEGER NOT NULL);\n")}}

const table = "姓名,手机\n沈砚秋,13900000001\n"

// as is somebody who may import rosters.
func as(tenant, account string) context.Context {
	return actor.With(context.Background(), actor.Actor{Tenant: tenant, Account: account}.Allowing(map[string]bool{"org.roster": true}))
}

// each runs a test on both databases, with a clock that it moves.
func each(t *testing.T, f func(t *testing.T, wait func(time.Duration), open func() (*shelf.Shelf, *db.DB))) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			var mu sync.Mutex
			at := time.Date(2026, 3, 12, 1, 0, 0, 0, time.UTC)
			url := dbtest.URL(t, dialect)
			open := func() (*shelf.Shelf, *db.DB) { // as another process would
				d, err := db.Open(context.Background(), db.Config{URL: url, Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return at }})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { d.Close() })
				if err := d.Migrate(context.Background(), shelf.Migrations, imports); err != nil {
					t.Fatal(err)
				}
				return shelf.New(d), d
			}
			f(t, func(d time.Duration) { mu.Lock(); defer mu.Unlock(); at = at.Add(d) }, open)
		})
	}
}

func TestShelf(t *testing.T) {
	each(t, func(t *testing.T, wait func(time.Duration), open func() (*shelf.Shelf, *db.DB)) {
		s, _ := open()
		other, _ := open()
		me := as("east", "a")
		id, err := s.Put(me, "org.roster", "../名册.csv", strings.NewReader(table))
		if err != nil {
			t.Fatal(err)
		}
		k, err := other.Get(me, "org.roster", id) // in another process
		if err != nil {
			t.Fatal(err)
		}
		sheet, err := k.Open(document.Defaults())
		if err != nil || strings.Contains(k.Name, "/") || k.Imported != -1 {
			t.Fatalf("%+v, %v", k, err)
		}
		rows, problems, err := sheet.Read([]document.Column{{ID: "name", Title: "姓名"}}, "name")
		if err != nil || len(problems) != 0 || len(rows) != 1 || rows[0].Values["name"] != "沈砚秋" {
			t.Errorf("read back: %+v %v %v", rows, problems, err)
		}
		for name, ctx := range map[string]context.Context{"another person": as("east", "b"), "the same elsewhere": as("west", "a")} {
			if _, err := other.Get(ctx, "org.roster", id); !errs.Is(err, errs.Conflict) {
				t.Errorf("%s: %v", name, err)
			}
			if err := other.Once(ctx, "org.roster", id, func(context.Context) (int, error) { t.Errorf("%s imports it", name); return 1, nil }); !errs.Is(err, errs.Conflict) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, purpose := range []string{"proposal.import", "org.manage"} {
			if _, err := s.Get(me, purpose, id); !errs.Is(err, errs.Forbidden) {
				t.Errorf("for %s: %v", purpose, err)
			}
		}
		if _, err := s.Put(context.Background(), "org.roster", "x.csv", strings.NewReader(table)); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("anybody puts: %v", err)
		}

		// The next one takes its place; each has its own time.
		wait(20 * time.Minute)
		next, err := s.Put(me, "org.roster", "名册.csv", strings.NewReader(table))
		if err != nil || next == id {
			t.Fatal(next, err)
		}
		if _, err := s.Get(me, "org.roster", id); !errs.Is(err, errs.Conflict) {
			t.Errorf("the one before: %v", err)
		}
		wait(29 * time.Minute)
		if err := s.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(me, "org.roster", next); err != nil {
			t.Errorf("before its time: %v", err)
		}
		wait(2 * time.Minute)
		if _, err := s.Get(me, "org.roster", next); !errs.Is(err, errs.Conflict) {
			t.Errorf("after its time: %v", err)
		}
		if err := s.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}

// However many press the button, in however many processes, it is imported once;
// what fails is not.
func TestOnce(t *testing.T) {
	each(t, func(t *testing.T, _ func(time.Duration), open func() (*shelf.Shelf, *db.DB)) {
		s, own := open()
		me := as("east", "a")
		id, err := s.Put(me, "org.roster", "名册.csv", strings.NewReader(table))
		if err != nil {
			t.Fatal(err)
		}
		boom := errors.New("boom")
		if err := s.Once(me, "org.roster", id, func(context.Context) (int, error) { return 0, boom }); !errors.Is(err, boom) {
			t.Errorf("%v", err)
		}
		if k, err := s.Get(me, "org.roster", id); err != nil || k.Imported != -1 {
			t.Errorf("after a failure: %+v %v", k, err)
		}
		var wg sync.WaitGroup
		for n := range 6 {
			x, d := open()
			wg.Go(func() {
				if err := x.Once(me, "org.roster", id, func(ctx context.Context) (int, error) {
					return 10 + n, d.Write(ctx, func(tx *db.Tx) error {
						_, err := tx.Exec(`INSERT INTO imported (n) VALUES ($1)`, n)
						return err
					})
				}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		k, err := s.Get(me, "org.roster", id)
		if err != nil {
			t.Fatal(err)
		}
		if err := own.Read(me, func(tx *db.Tx) error {
			all, err := db.Column[int](tx, `SELECT n FROM imported`)
			if len(all) != 1 || k.Imported != 10+all[0] {
				t.Errorf("imported by %v, noted %d", all, k.Imported)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.Once(me, "org.roster", id, func(context.Context) (int, error) { t.Error("imported twice"); return 99, nil }); err != nil {
			t.Error(err)
		}
		if _, err := k.Open(document.Defaults()); err == nil {
			t.Error("the table is still there after its import")
		}
	})
}

func TestWords(t *testing.T) {
	if _, err := lang.New(nil, shelf.Words); err != nil {
		t.Error(err)
	}
}
