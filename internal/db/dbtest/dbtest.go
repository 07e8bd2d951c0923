// Package dbtest gives tests real, empty databases: every store test runs on
// SQLite and on PostgreSQL.
//
// PostgreSQL is reached by the URL in SHANGLIANG_TEST_POSTGRES, which
// "make test" sets. The package owns no tables and mocks nothing.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"shangliang/internal/db"
)

// Env names the variable with the URL of a PostgreSQL server.
const Env = "SHANGLIANG_TEST_POSTGRES"

// Each runs f once on each database, as parallel subtests.
func Each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) { f(t, Open(t, dialect, nil)) })
	}
}

// Open opens an empty database of a dialect, gone when the test ends. A nil now
// is the real clock.
func Open(t testing.TB, dialect db.Dialect, now func() time.Time) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), db.Config{URL: URL(t, dialect), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// URL makes an empty database, gone when the test ends, and returns its URL.
func URL(t testing.TB, dialect db.Dialect) string {
	t.Helper()
	if dialect == db.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
	}
	server := os.Getenv(Env)
	if server == "" {
		t.Skipf("no PostgreSQL: %s is not set; \"make test\" starts one", Env)
	}
	pool, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	random := make([]byte, 6)
	rand.Read(random)
	schema := "t_" + hex.EncodeToString(random)
	if _, err := pool.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		pool, err := sql.Open("pgx", server)
		if err != nil {
			t.Error(err)
			return
		}
		defer pool.Close()
		if _, err := pool.Exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}
