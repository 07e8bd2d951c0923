package db

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migrate brings the schema up to date. Each source is a folder of files
// YYYYMMDDNN_name.sql, owned by the package that owns the tables; they are
// merged into one order by their numbers, which must differ. Migrations only go
// forward.
func (d *DB) Migrate(ctx context.Context, sources ...fs.FS) error {
	p, err := d.provider(sources)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("db: migrate: %w", err)
	}
	if d.dialect == SQLite {
		if err := d.shape(ctx); err != nil {
			return fmt.Errorf("db: shape: %w", err)
		}
	}
	return nil
}

const migrationTable = "migration"

// provider merges the sources into what applies them.
func (d *DB) provider(sources []fs.FS) (*goose.Provider, error) {
	merged := fstest.MapFS{}
	for _, src := range sources {
		err := fs.WalkDir(src, ".", func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			if _, twice := merged[e.Name()]; twice {
				return fmt.Errorf("db: two migrations are named %s", e.Name())
			}
			b, err := fs.ReadFile(src, path)
			merged[e.Name()] = &fstest.MapFile{Data: b}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	dialect, options := goose.DialectSQLite3, []goose.ProviderOption{
		goose.WithSlog(slog.New(slog.NewTextHandler(io.Discard, nil))),
		goose.WithTableName(migrationTable),
	}
	if d.dialect == Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, d.write, merged, options...)
	if err != nil {
		return nil, fmt.Errorf("db: migrations: %w", err)
	}
	return p, nil
}
