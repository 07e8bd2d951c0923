package demo_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"shangliang/internal/app"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/demo"
)

func TestPlay(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			clock := new(demo.Time)
			a, err := app.New(context.Background(), app.Options{Data: t.TempDir(), Database: dbtest.URL(t, dialect), Now: clock.Now, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			start := time.Now()
			p := &demo.Play{DB: a.DB, Org: a.Org, Proposals: a.Proposals, Clocks: a.Clocks, Time: clock, Progress: t.Output()}
			if _, _, err := p.Run(context.Background(), "abcd-efgh-2345"); err != nil {
				t.Fatal(err)
			}
			t.Logf("played in %v", time.Since(start).Round(time.Millisecond))
		})
	}
}
