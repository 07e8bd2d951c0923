package db_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
)

var paper = fstest.MapFS{"2026010101_paper.sql": {Data: []byte(`-- +goose Up
CREATE TABLE paper (tenant TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, state TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (tenant, id));
CREATE INDEX paper_owner ON paper (tenant, owner);
CREATE INDEX paper_state ON paper (tenant, state, at);
CREATE INDEX paper_newest ON paper (tenant, at);
`)}}

// SQLite finds a few rows of a tenant by what they are found by, not by reading
// all of it in the order wanted; also after a later start, and on an empty table.
func TestShape(t *testing.T) {
	d := dbtest.Open(t, db.SQLite, nil)
	for range 2 {
		if err := d.Migrate(t.Context(), paper); err != nil {
			t.Fatal(err)
		}
	}
	for query, index := range map[string]string{
		`SELECT id FROM paper WHERE tenant = 'a' AND owner IN ('x', 'y') ORDER BY id`:       "paper_owner",
		`SELECT DISTINCT id FROM paper WHERE tenant = 'a' AND owner = 'x' ORDER BY id`:      "paper_owner",
		`SELECT id FROM paper WHERE tenant = 'a' AND state = 'x' ORDER BY at LIMIT 10`:      "paper_state",
		`SELECT id FROM paper WHERE tenant = 'a' ORDER BY at LIMIT 10`:                      "paper_newest",
		`SELECT id FROM paper WHERE tenant = 'a' AND id = 'x' AND owner = 'x' AND at > 'x'`: "sqlite_autoindex_paper_1",
	} {
		for name, do := range map[string]func(context.Context, func(*db.Tx) error) error{"read": d.Read, "write": d.Write} {
			if err := do(t.Context(), func(tx *db.Tx) error {
				plan, err := db.All(tx, func(p *[4]string) []any { return []any{&p[0], &p[1], &p[2], &p[3]} }, `EXPLAIN QUERY PLAN `+query)
				used := false
				var lines []string
				for _, p := range plan {
					lines = append(lines, p[3])
					used = used || strings.Contains(p[3], index+" ")
				}
				if !used {
					t.Errorf("%s does not use %s in a %s: %v", query, index, name, lines)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
