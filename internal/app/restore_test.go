package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app"
	"shangliang/internal/app/apptest"
	"shangliang/internal/backup"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/jobs"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/notify/notifytest"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

// What was promised before a backup is kept after the restore, on either
// database: a mail that waited is sent, once, and a job that waited is done.
func TestRestoreKeepsPromises(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		ctx := context.Background()
		system := actor.With(ctx, actor.System(w.Tenant))
		p, err := w.Org.SavePerson(system, org.Person{ID: w.People["余知秋"], Name: "余知秋", Email: "yu@example.cn", Active: true, Version: 1})
		if err != nil || p != w.People["余知秋"] {
			t.Fatal(err)
		}
		w.App.Notices, err = waitingMail(w.App)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.DB.Write(system, func(tx *db.Tx) error {
			return w.Notices.Send(tx, notify.Notice{Tenant: w.Tenant, To: notify.As(notify.Proposer, p), Kind: "proposal.file", Params: notify.Params{"title": "疏浚", "case_no": 1}})
		}); err != nil {
			t.Fatal(err)
		}
		w.Jobs.Register(jobs.Job{Kind: "test.promise", Work: func(context.Context, json.RawMessage) error { return nil }})
		if err := w.DB.Write(system, func(tx *db.Tx) error { return w.Jobs.Add(tx, "test.promise", "one") }); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "backup.zip")
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := ledger.Trusted(w.Options.Data)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := backup.Create(ctx, backup.Source{DB: w.DB, Blobs: w.Files, Keys: keys}, f); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}

		for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
			t.Run(fmt.Sprint("to ", dialect), func(t *testing.T) {
				server := notifytest.Serve(t, notifytest.Options{})
				o := app.Options{Data: t.TempDir(), Database: dbtest.URL(t, dialect), Now: w.Now, Log: slog.New(slog.DiscardHandler),
					SMTP: notify.SMTP{Host: "127.0.0.1", Port: server.Port, From: "zx@example.cn", TLS: "none"}}
				if _, report, err := app.Restore(ctx, o, file); err != nil || !report.OK() {
					t.Fatal(err)
				}
				a, err := app.New(ctx, o)
				if err != nil {
					t.Fatal(err)
				}
				defer a.Close()
				var mu sync.Mutex
				var done []string
				a.Jobs.Register(jobs.Job{Kind: "test.promise", Work: func(_ context.Context, args json.RawMessage) error {
					mu.Lock()
					defer mu.Unlock()
					done = append(done, string(args))
					return nil
				}})
				if err := a.Start(ctx); err != nil {
					t.Fatal(err)
				}
				kept := func() bool {
					mu.Lock()
					defer mu.Unlock()
					all, _ := server.Counts()
					return all == 1 && slices.Equal(done, []string{`"one"`})
				}
				for end := time.Now().Add(20 * time.Second); !kept(); time.Sleep(50 * time.Millisecond) {
					if time.Now().After(end) {
						all, _ := server.Counts()
						t.Fatalf("%d mails, done %v", all, done)
					}
				}
			})
		}
	})
}

// waitingMail is a notifier of a platform whose mail server is never reached.
func waitingMail(a *app.App) (*notify.Notifier, error) {
	return notify.New(a.DB, notify.Config{Addresses: org.Addresses, Kinds: proposal.Notices, Words: a.Words, Log: slog.New(slog.DiscardHandler),
		SMTP: notify.SMTP{Host: "127.0.0.1", Port: 1, From: "zx@example.cn", TLS: "none"}})
}
