// Package db runs one SQL text on two databases, SQLite and PostgreSQL.
//
// Main types: [DB], [Tx], [Time]. There are two kinds of transaction:
// [DB.Read] sees one snapshot, [DB.Write] runs as if alone. SQL is written in
// the subset that both databases understand (docs/sql.md); a query never asks
// which one it runs on.
//
// It owns the migration table only. It deliberately has no query builder and
// no object mapping, and knows nothing of tenants: every query says
// tenant = $1 itself.
package db

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the PostgreSQL driver
)

// Dialect names the database behind a [DB]. Only db, search and jobs may ask.
type Dialect string

// The two databases.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Config says which database to open.
type Config struct {
	// URL is "sqlite:PATH" or a "postgres://…" URL.
	URL string
	// Now is the clock of transactions; time.Now when nil.
	Now func() time.Time
	// Readers is the number of reading connections; a default for the machine when 0.
	Readers int
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	dialect Dialect
	url     string
	now     func() time.Time
	read    *sql.DB
	write   *sql.DB // SQLite: one connection; PostgreSQL: the same pool as read

	queue chan *writeRequest // SQLite: to the writer
	done  chan struct{}      // closed when the writer has ended
	turn  chan struct{}      // PostgreSQL: for one write that keeps meeting conflicts
	close sync.Once
}

// Open opens the database and, on SQLite, creates the file if it is missing.
// It changes no schema: see [DB.Migrate].
func Open(ctx context.Context, c Config) (*DB, error) {
	d := &DB{url: c.URL, now: c.Now, turn: make(chan struct{}, 1)}
	if d.now == nil {
		d.now = time.Now
	}
	readers := c.Readers
	if readers == 0 {
		readers = max(4, 2*runtime.GOMAXPROCS(0))
	}
	if path, ok := strings.CutPrefix(c.URL, "sqlite:"); ok {
		d.dialect = SQLite
		if err := d.openSQLite(ctx, path, readers); err != nil {
			return nil, fmt.Errorf("db: open %s: %w", path, err)
		}
		return d, nil
	}
	if strings.HasPrefix(c.URL, "postgres://") || strings.HasPrefix(c.URL, "postgresql://") {
		d.dialect = Postgres
		pool, err := sql.Open("pgx", c.URL)
		if err != nil {
			return nil, fmt.Errorf("db: open PostgreSQL: %w", err)
		}
		pool.SetMaxOpenConns(4 * readers)
		pool.SetMaxIdleConns(4 * readers)
		if err := pool.PingContext(ctx); err != nil {
			pool.Close()
			return nil, fmt.Errorf("db: reach PostgreSQL: %w", err)
		}
		d.read, d.write = pool, pool
		// No statement cache here: pgx has its own, on each connection.
		return d, nil
	}
	return nil, fmt.Errorf("db: want sqlite:PATH or postgres://…, got %q", redact(c.URL))
}

func (d *DB) openSQLite(ctx context.Context, path string, readers int) error {
	// A page in the cache takes twice its size in the driver's memory; what is
	// read by chance would not fit anyway, and the system caches the file.
	pragmas := "_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=cache_size(-10000)&_pragma=temp_store(2)"
	file := "file:" + (&url.URL{Path: path}).EscapedPath()
	var err error
	if d.write, err = openKept(file + "?" + pragmas + "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(4000)"); err != nil {
		return err
	}
	d.write.SetMaxOpenConns(1)
	d.write.SetMaxIdleConns(1)
	d.write.SetConnMaxLifetime(0)
	if err := d.write.PingContext(ctx); err != nil {
		d.write.Close()
		return err
	}
	if d.read, err = openKept(file + "?" + pragmas + "&_pragma=query_only(1)"); err != nil {
		d.write.Close()
		return err
	}
	d.read.SetMaxOpenConns(readers)
	d.read.SetMaxIdleConns(readers)
	d.queue = make(chan *writeRequest, 256)
	d.done = make(chan struct{})
	go d.writer()
	return nil
}

// Close ends the database after the writes that were already begun.
func (d *DB) Close() error {
	var err error
	d.close.Do(func() {
		if d.dialect == SQLite {
			close(d.queue)
			<-d.done
			err = d.read.Close()
		}
		if e := d.write.Close(); err == nil {
			err = e
		}
	})
	return err
}

// Dialect says which database this is; for search and jobs only.
func (d *DB) Dialect() Dialect { return d.dialect }

// Pool gives the pool that writes, for the job queue only.
func (d *DB) Pool() *sql.DB { return d.write }

// Now is the time of the clock that transactions use.
func (d *DB) Now() time.Time { return d.now() }

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.read.PingContext(ctx) }

// redact leaves the password out of a database URL.
func redact(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "a URL that does not parse"
	}
	return u.Redacted()
}
