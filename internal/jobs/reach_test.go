package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/errs"
)

// The administrators of a tenant manage its jobs and no others; those of the
// installation belong to the tenant that keeps it.
func TestReach(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		q, err := New(d, Config{Keeps: func(_ context.Context, tenant string) (bool, error) { return tenant == "top", nil }})
		if err != nil {
			t.Fatal(err)
		}
		work := func(context.Context, json.RawMessage) error { return nil }
		q.Register(Job{Kind: "test.a", Work: work}, Job{Kind: "test.b", Work: work})
		q.Repeat(Every{Name: "test.every", Interval: time.Hour, Work: func(context.Context) error { return nil }})
		for _, tenant := range []string{"top", "east", "west", ""} {
			in := ctx
			if tenant != "" {
				in = actor.With(ctx, actor.System(tenant))
			}
			if err := d.Write(in, func(tx *db.Tx) error {
				// The same key of two tenants is not the same job.
				for _, key := range []string{"k", "k"} {
					if err := q.Add(tx, "test.a", tenant, Unique(key)); err != nil {
						return err
					}
				}
				return q.Add(tx, "test.b", tenant, At(d.Now().Add(time.Hour)))
			}); err != nil {
				t.Fatal(err)
			}
		}
		all := map[string][]int64{}
		for _, c := range []struct {
			tenant string
			sees   []string // arguments
			rounds int
		}{{"top", []string{"", "", "top", "top"}, 1}, {"east", []string{"east", "east"}, 0}, {"west", []string{"west", "west"}, 0}, {"north", nil, 0}, {"", nil, 0}} {
			in := actor.With(ctx, actor.Actor{Tenant: c.tenant}.Allowing(map[string]bool{Permission: true}))
			items, err := q.List(in, Filter{})
			if err != nil {
				t.Fatal(err)
			}
			var sees []string
			for _, it := range items {
				var of string
				if err := json.Unmarshal(it.Args, &of); err != nil {
					t.Fatal(err)
				}
				sees = append(sees, of)
				all[of] = append(all[of], it.ID)
			}
			slices.Sort(sees)
			if !slices.Equal(sees, c.sees) {
				t.Errorf("%q sees the jobs of %q, want %q", c.tenant, sees, c.sees)
			}
			counts, err := q.Counts(in)
			n := 0
			for _, x := range counts {
				n += x.N
			}
			if err != nil || n != len(c.sees) {
				t.Errorf("%q counts %d, %v", c.tenant, n, err)
			}
			if rounds, err := q.Rounds(in); err != nil || len(rounds) != c.rounds {
				t.Errorf("%q sees %d rounds, %v", c.tenant, len(rounds), err)
			}
		}
		for _, of := range []string{"top", "east", "west", ""} {
			for _, tenant := range []string{"top", "east", ""} {
				in := actor.With(ctx, actor.Actor{Tenant: tenant}.Allowing(map[string]bool{Permission: true}))
				mine := of != "" && of == tenant || of == "" && tenant == "top"
				for _, do := range []func(context.Context, int64) error{q.Discard, q.Retry} {
					if err := do(in, all[of][0]); mine != (err == nil) || !mine && !errs.Is(err, errs.NotFound) {
						t.Errorf("%q acts on a job of %q: %v", tenant, of, err)
					}
				}
			}
		}
	})
}

// What is still to be done moves from one database to another, to both kinds:
// nothing twice, nothing that has ended, nothing before its time.
func TestCarry(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, from *db.DB) {
		q, err := New(from, Config{poll: 20 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		var ended done
		q.Register(Job{Kind: "test.count", Work: ended.work}, Job{Kind: "test.waits", MaxAttempts: 3, Work: ended.work})
		add := func(tenant, kind string, args any, o ...Option) {
			t.Helper()
			in := ctx
			if tenant != "" {
				in = actor.With(ctx, actor.System(tenant))
			}
			if err := from.Write(in, func(tx *db.Tx) error { return q.Add(tx, kind, args, o...) }); err != nil {
				t.Fatal(err)
			}
		}
		add("east", "test.count", 1)
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		until(t, "the first is done", func() bool { return ended.count() == 1 })
		if err := q.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		later := from.Now().Add(48 * time.Hour).Truncate(time.Second)
		add("east", "test.waits", 2)
		add("", "test.waits", 3, Unique("once"))
		add("west", "test.waits", 4, At(later))
		var b bytes.Buffer
		if err := from.Read(ctx, func(tx *db.Tx) error { return Waiting(tx, &b) }); err != nil {
			t.Fatal(err)
		}
		for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
			t.Run("to "+string(dialect), func(t *testing.T) {
				to := dbtest.Open(t, dialect, nil)
				if err := Migrate(ctx, to); err != nil {
					t.Fatal(err)
				}
				if err := Carry(ctx, to, bytes.NewReader(b.Bytes())); err != nil {
					t.Fatal(err)
				}
				next, err := New(to, Config{poll: 20 * time.Millisecond, Keeps: func(context.Context, string) (bool, error) { return true, nil }})
				if err != nil {
					t.Fatal(err)
				}
				var got done
				next.Register(Job{Kind: "test.waits", MaxAttempts: 3, Work: got.work})
				if err := to.Write(ctx, func(tx *db.Tx) error { return next.Add(tx, "test.waits", 3, Unique("once")) }); err != nil {
					t.Fatal(err)
				}
				var seen []string
				for _, tenant := range []string{"east", "west"} {
					items, err := next.List(actor.With(ctx, actor.System(tenant)), Filter{})
					if err != nil {
						t.Fatal(err)
					}
					for _, it := range items {
						due := ""
						if it.DueAt.After(to.Now()) {
							due = it.DueAt.UTC().Format(time.DateOnly)
						}
						seen = append(seen, fmt.Sprint(tenant, it.Kind, string(it.Args), it.MaxAttempts, due))
					}
				}
				slices.Sort(seen)
				if want := []string{"easttest.waits23", "easttest.waits33", "westtest.waits33", "westtest.waits43" + later.UTC().Format(time.DateOnly)}; !slices.Equal(seen, want) {
					t.Errorf("got %q, want %q", seen, want)
				}
				if err := next.Start(ctx); err != nil {
					t.Fatal(err)
				}
				until(t, "those that are due are done", func() bool { return got.count() == 2 })
				if err := next.Stop(ctx); err != nil {
					t.Fatal(err)
				}
				if got.n[2] != 1 || got.n[3] != 1 {
					t.Errorf("done: %v", got.n)
				}
			})
		}
		if err := Carry(ctx, from, strings.NewReader("{")); err == nil {
			t.Error("half a line was taken")
		}
	})
}
