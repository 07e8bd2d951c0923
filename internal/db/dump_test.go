package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
)

// village has references of all sorts: to itself, forwards, and values of every
// type that a table may have.
var village = fstest.MapFS{
	"2026010101_person.sql": {Data: []byte(`-- +goose Up
CREATE TABLE house (id TEXT PRIMARY KEY, near TEXT REFERENCES house (id));
CREATE TABLE a_person (id TEXT PRIMARY KEY, house TEXT NOT NULL REFERENCES house (id), age INTEGER, big BIGINT,
	height DOUBLE PRECISION, member BOOLEAN, photo BYTEA, "order" TEXT NOT NULL DEFAULT '');
INSERT INTO house (id) VALUES ('seed');
`)},
	"2026010102_search.sql": {Data: []byte(`-- +goose Up
CREATE TABLE search_fts_x (id TEXT PRIMARY KEY);
INSERT INTO search_fts_x (id) VALUES ('rebuilt');
`)},
}

var later = fstest.MapFS{"2026020101_later.sql": {Data: []byte(`-- +goose Up
ALTER TABLE house ADD COLUMN colour TEXT NOT NULL DEFAULT 'white';
`)}}

func settle(t *testing.T, d *db.DB) {
	t.Helper()
	ctx := context.Background()
	if err := d.Migrate(ctx, village); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(ctx, func(tx *db.Tx) error {
		for i := range 700 { // more than one INSERT takes
			near := any(nil)
			if i > 0 {
				near = fmt.Sprint("h", i-1)
			}
			if _, err := tx.Exec(`INSERT INTO house (id, near) VALUES ($1, $2)`, fmt.Sprint("h", i), near); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(`UPDATE house SET near = 'h699' WHERE id = 'h0'`); err != nil { // a circle
			return err
		}
		for i, values := range [][]any{
			{nil, nil, nil, nil, nil, ""},
			{0, 0, 0.0, false, []byte{}, "空"},
			{-1, int64(math.MaxInt64), 3.0, true, []byte{0, 255, '\n'}, "换\n行\"引号\\ <tag> \u2028 𠮷"},
			{7, int64(math.MinInt64), 1e300, true, bytes.Repeat([]byte("x"), 100000), "{"},
			{7, 1 << 53, 0.1, true, []byte("b"), "["},
		} {
			if _, err := tx.Exec(`INSERT INTO a_person (id, house, age, big, height, member, photo, "order") VALUES ($1,$2,$3,$4,$5,$6,$7,$8)`,
				append([]any{fmt.Sprint(i), "h5"}, values...)...); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// sorted makes dumps comparable: rows have no order.
func sorted(dump []byte) string {
	lines := strings.Split(string(dump), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestDumpAndLoad(t *testing.T) {
	ctx := context.Background()
	for _, from := range []db.Dialect{db.SQLite, db.Postgres} {
		for _, to := range []db.Dialect{db.SQLite, db.Postgres} {
			t.Run(fmt.Sprint(from, " to ", to), func(t *testing.T) {
				src, dst := dbtest.Open(t, from, nil), dbtest.Open(t, to, nil)
				settle(t, src)
				var dump, again bytes.Buffer
				counts, err := db.Dump(ctx, src, &dump)
				if err != nil {
					t.Fatal(err)
				}
				if want := map[string]int64{"house": 701, "a_person": 5}; !maps.Equal(counts, want) {
					t.Errorf("counts %v, want %v", counts, want)
				}
				// The newer program knows one more migration; it is applied afterwards.
				if err := db.Load(ctx, dst, bytes.NewReader(dump.Bytes()), village, later); err != nil {
					t.Fatal(err)
				}
				if _, err := db.Dump(ctx, dst, &again); err != nil {
					t.Fatal(err)
				}
				if sorted(dump.Bytes()) != sorted(again.Bytes()) {
					a, b := strings.Split(sorted(dump.Bytes()), "\n"), strings.Split(sorted(again.Bytes()), "\n")
					for i := range min(len(a), len(b)) {
						if a[i] != b[i] {
							t.Fatalf("differs after loading:\n%.300s\n%.300s", a[i], b[i])
						}
					}
					t.Fatal("the one is longer than the other")
				}
				if err := dst.Migrate(ctx, village, later); err != nil {
					t.Fatal(err)
				}
				err = dst.Write(ctx, func(tx *db.Tx) error {
					_, err := tx.Exec(`INSERT INTO house (id, near) VALUES ('bad', 'nowhere')`)
					return err
				})
				if err == nil {
					t.Error("references are not checked any more")
				}
				if err := db.Load(ctx, dst, bytes.NewReader(dump.Bytes()), village); err == nil || !strings.Contains(err.Error(), "not empty") {
					t.Errorf("loaded over data: %v", err)
				}
			})
		}
	}
}

func TestLoadRefusesDamage(t *testing.T) {
	ctx := context.Background()
	src := dbtest.Open(t, db.SQLite, nil)
	settle(t, src)
	var buffer bytes.Buffer
	if _, err := db.Dump(ctx, src, &buffer); err != nil {
		t.Fatal(err)
	}
	dump := buffer.String()
	cut := strings.LastIndex(strings.TrimSpace(dump), "\n")
	for name, text := range map[string]string{
		"empty":           "",
		"other format":    strings.Replace(dump, "shangliang-dump-1", "shangliang-dump-9", 1),
		"no end":          dump[:cut+1],
		"half a row":      dump[:len(dump)/2],
		"row removed":     strings.Replace(dump, "[\"h8\",\"h7\"]\n", "", 1),
		"row cut":         strings.Replace(dump, "[\"h8\",\"h7\"]\n", "[\"h8\"]\n", 1),
		"count changed":   strings.Replace(dump, `"rows":701`, `"rows":702`, 1),
		"total changed":   strings.Replace(dump, `"rows":706`, `"rows":707`, 1),
		"unknown table":   strings.Replace(dump, `"table":"house"`, `"table":"castle"`, 1),
		"unknown column":  strings.Replace(dump, `"near"]`, `"far"]`, 1),
		"lost reference":  strings.Replace(dump, "[\"h8\",\"h7\"]\n", "[\"h8\",\"h9999\"]\n", 1),
		"newer migration": strings.Replace(dump, "2026010102", "2026010103", 1),
	} {
		if text == dump {
			t.Fatalf("%s: nothing was changed", name)
		}
		for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
			t.Run(name+"/"+string(dialect), func(t *testing.T) {
				err := db.Load(ctx, dbtest.Open(t, dialect, nil), strings.NewReader(text), fs.FS(village))
				if err == nil {
					t.Fatal("loaded")
				}
				_, isDamage := errors.AsType[*db.Damage](err)
				if want := name != "lost reference" && name != "newer migration"; isDamage != want {
					t.Errorf("damage %v: %v", isDamage, err)
				}
			})
		}
	}
}
