package ledger_test

import (
	"context"
	"testing"
	"testing/fstest"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
)

// paper stands for a capability's table.
var paper = fstest.MapFS{"2026010101_paper.sql": {Data: []byte(`-- +goose Up
CREATE TABLE paper (tenant TEXT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL, version INTEGER NOT NULL,
	score DOUBLE PRECISION NOT NULL DEFAULT 0, open BOOLEAN NOT NULL DEFAULT FALSE, scan BYTEA, seen_at TEXT,
	PRIMARY KEY (tenant, id));
`)}}

const here = "t-qinghe" // the tenant of these tests

func each(t *testing.T, f func(t *testing.T, ctx context.Context, d *db.DB)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f(t, start(t, d), d)
	})
}

// start makes the tables and returns the context of a clerk.
func start(t *testing.T, d *db.DB) context.Context {
	t.Helper()
	if err := d.Migrate(context.Background(), paper, ledger.Migrations); err != nil {
		t.Fatal(err)
	}
	return actor.With(context.Background(), actor.Actor{
		Tenant: here, Account: "a-1", Person: "p-1", Name: "林知远", Role: "clerk", Body: "b-1", Channel: "web"})
}

func write(t *testing.T, ctx context.Context, d *db.DB, f func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(ctx, f); err != nil {
		t.Fatal(err)
	}
}

// create makes a paper and records that.
func create(tx *db.Tx, id, title string) error {
	if _, err := tx.Exec(`INSERT INTO paper (tenant, id, title, version, score, open, scan, seen_at) VALUES ($1,$2,$3,1,2.5,$4,$5,'x')`,
		here, id, title, true, []byte{0, 1, 255}); err != nil {
		return err
	}
	return ledger.Append(tx, ledger.Entry{Action: "paper.create", Kind: "paper", Object: id, To: "draft",
		Note: "起草", Data: map[string]any{"version": 1}, Rows: []ledger.Row{row(id)}})
}

func rename(tx *db.Tx, id, title string) error {
	if _, err := tx.Exec(`UPDATE paper SET title = $3, version = version + 1 WHERE tenant = $1 AND id = $2`, here, id, title); err != nil {
		return err
	}
	return ledger.Append(tx, ledger.Entry{Action: "paper.rename", Kind: "paper", Object: id, From: "draft", To: "draft",
		Rows: []ledger.Row{row(id)}})
}

func row(id string) ledger.Row {
	return ledger.RowOf("paper", "tenant", here, "id", id).Without("seen_at")
}

func TestHistory(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		write(t, ctx, d, func(tx *db.Tx) error { return create(tx, "1", "关于乡村道路的建议") })
		write(t, ctx, d, func(tx *db.Tx) error { return rename(tx, "1", "关于改善乡村道路的建议") })
		write(t, ctx, d, func(tx *db.Tx) error { return create(tx, "2", "关于社区食堂的建议") })
		err := d.Read(ctx, func(tx *db.Tx) error {
			h, err := ledger.History(tx, here, "paper", "1")
			if err != nil {
				return err
			}
			if len(h) != 2 || h[0].Action != "paper.create" || h[1].Action != "paper.rename" {
				t.Fatalf("got %v", h)
			}
			e := h[0]
			var data struct{ Version int }
			if err := e.Decode(&data); err != nil || data.Version != 1 {
				t.Errorf("data %v %v", data, err)
			}
			if e.Name != "林知远" || e.Role != "clerk" || e.Body != "b-1" || e.Person != "p-1" || e.Account != "a-1" ||
				e.Channel != "web" || e.Note != "起草" || e.To != "draft" || e.At.IsZero() || e.Digest == "" || e.Leaf != -1 {
				t.Errorf("got %+v", e)
			}
			for _, c := range []struct {
				f    ledger.Filter
				want int
			}{
				{ledger.Filter{}, 3}, {ledger.Filter{N: 2}, 2}, {ledger.Filter{Action: "paper."}, 3}, {ledger.Filter{Action: "paper.rename"}, 1},
				{ledger.Filter{Action: "pape."}, 0}, {ledger.Filter{Before: h[1].ID}, 1}, {ledger.Filter{Object: "2", Kind: "paper"}, 1},
				{ledger.Filter{Person: "p-1", Account: "a-1"}, 3}, {ledger.Filter{Person: "p-2"}, 0}, {ledger.Filter{Since: h[0].At}, 3},
				{ledger.Filter{Until: h[0].At}, 0},
			} {
				r, err := ledger.Recent(tx, here, c.f)
				if err != nil || len(r) != c.want {
					t.Errorf("%+v: %d entries, want %d (%v)", c.f, len(r), c.want, err)
				}
				for i := 1; i < len(r); i++ {
					if r[i].ID >= r[i-1].ID {
						t.Errorf("%+v: not newest first", c.f)
					}
				}
			}
			if r, err := ledger.Recent(tx, "t-other", ledger.Filter{}); err != nil || len(r) != 0 {
				t.Errorf("another tenant sees %d entries (%v)", len(r), err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Write(context.Background(), func(tx *db.Tx) error { return create(tx, "3", "无人") }); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("without an actor: %v", err)
		}
	})
}

func TestReplayed(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		act := func(ctx context.Context, id string) (object string, err error) {
			err = d.Write(ctx, func(tx *db.Tx) error {
				done := false
				if object, done, err = ledger.Replayed(tx); err != nil || done {
					return err
				}
				object = id
				if err := create(tx, id, "题"); err != nil {
					return err
				}
				// A second service in the same act is no replay.
				if _, done, err := ledger.Replayed(tx); err != nil || done {
					t.Errorf("inner: %v %v", done, err)
				}
				return rename(tx, id, "新题")
			})
			return object, err
		}
		k1 := actor.WithRequest(ctx, actor.Request{Key: "k1", Hash: "h1"})
		for i, want := range []string{"1", "1"} {
			if got, err := act(k1, []string{"1", "2"}[i]); err != nil || got != want {
				t.Errorf("try %d: %q %v", i, got, err)
			}
		}
		if _, err := act(actor.WithRequest(ctx, actor.Request{Key: "k1", Hash: "h2"}), "3"); !errs.Is(err, errs.Conflict) {
			t.Errorf("same key, other act: %v", err)
		}
		other := actor.With(k1, actor.Actor{Tenant: here, Account: "a-2"})
		if got, err := act(other, "4"); err != nil || got != "4" {
			t.Errorf("another account's key: %q %v", got, err)
		}
		if got, err := act(ctx, "5"); err != nil || got != "5" {
			t.Errorf("no key: %q %v", got, err)
		}
		// What failed was not done, and may be tried again.
		k2 := actor.WithRequest(ctx, actor.Request{Key: "k2", Hash: "h"})
		if _, err := act(k2, "5"); !db.Duplicate(err) {
			t.Errorf("want a duplicate, got %v", err)
		}
		if got, err := act(k2, "6"); err != nil || got != "6" {
			t.Errorf("after a failure: %q %v", got, err)
		}
	})
}
