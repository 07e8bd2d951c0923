package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"shangliang/internal/actor"
	"shangliang/internal/app"
	"shangliang/internal/backup"
	"shangliang/internal/db"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
)

// place is a copy of the data set to be measured: a measurement changes it.
type place struct {
	name    string // "sqlite" or "postgres"
	options app.Options
	drop    func(context.Context) error
	version string // of the database
}

// copyTo makes the data set on a database.
func (set *dataset) copyTo(ctx context.Context, name string) (*place, error) {
	dir, err := os.MkdirTemp(set.dir, "run-")
	if err != nil {
		return nil, err
	}
	p := &place{name: name, options: app.Options{Data: filepath.Join(dir, "data"), Log: slog.New(slog.DiscardHandler)}}
	p.drop = func(context.Context) error { return nil }
	done := say("%s: the data", name)
	defer done()
	switch name {
	case "sqlite":
		err = os.CopyFS(p.options.Data, os.DirFS(set.template))
	case "postgres":
		err = set.toPostgres(ctx, p)
	default:
		err = fmt.Errorf("there is no database %q", name)
	}
	if err != nil {
		return nil, errors.Join(err, p.remove(ctx))
	}
	return p, nil
}

// toPostgres brings a backup of the data set back on PostgreSQL, into a database
// of its own.
func (set *dataset) toPostgres(ctx context.Context, p *place) error {
	if err := p.emptyPostgres(ctx); err != nil {
		return err
	}
	file := filepath.Join(set.dir, "set.zip")
	if err := set.backUp(ctx, file); err != nil {
		return err
	}
	_, report, err := app.Restore(ctx, p.options, file)
	if err != nil {
		return err
	}
	if !report.OK() {
		return fmt.Errorf("the restored data is not as it was recorded: %v", report.Lines(ctx)[:min(8, len(report.Lines(ctx)))])
	}
	return nil
}

// emptyPostgres makes an empty database for the place.
func (p *place) emptyPostgres(ctx context.Context) error {
	server := os.Getenv("SHANGLIANG_TEST_POSTGRES")
	if server == "" {
		return errors.New("SHANGLIANG_TEST_POSTGRES is not set: use make bench")
	}
	u, err := url.Parse(server)
	if err != nil {
		return err
	}
	const name = "shangliang_bench"
	admin := func(ctx context.Context, statements ...string) error {
		d, err := db.Open(ctx, db.Config{URL: server, Readers: 1})
		if err != nil {
			return err
		}
		defer d.Close()
		for _, s := range statements {
			if _, err := d.Pool().ExecContext(ctx, s); err != nil {
				return err
			}
		}
		return nil
	}
	if err := admin(ctx, `DROP DATABASE IF EXISTS `+name, `CREATE DATABASE `+name); err != nil {
		return err
	}
	p.drop = func(ctx context.Context) error { return admin(ctx, `DROP DATABASE `+name) }
	u.Path = "/" + name
	p.options.Database = u.String()
	return nil
}

// backUp writes a backup of the data set once.
func (set *dataset) backUp(ctx context.Context, name string) (err error) {
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	a, err := app.New(ctx, app.Options{Data: set.template, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if _, err := ledger.Seal(ctx, a.DB, a.Key); err != nil {
		return err
	}
	keys, err := ledger.Trusted(set.template)
	if err != nil {
		return err
	}
	f, err := os.Create(name + ".part")
	if err != nil {
		return err
	}
	_, err = backup.Create(ctx, backup.Source{DB: a.DB, Blobs: a.Files, Version: "bench", Keys: keys}, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(name+".part", name)
}

// remove leaves nothing behind.
func (p *place) remove(ctx context.Context) error {
	return errors.Join(p.drop(context.WithoutCancel(ctx)), os.RemoveAll(filepath.Dir(p.options.Data)))
}

// versions ask each database what it is.
var versions = map[string]string{"sqlite": `SELECT 'SQLite ' || sqlite_version()`, "postgres": `SELECT 'PostgreSQL ' || current_setting('server_version')`}

// people is whom the load is made as, and what it asks about.
type people struct {
	clerks, members []string // tokens of sign-ins
	cases           []string // ids
}

// signIn prepares the copy: what would have happened in the background since it
// was made, the sign-ins, the ids to ask for.
func (set *dataset) signIn(ctx context.Context, p *place, clients int) (who people, err error) {
	a, err := app.New(ctx, p.options)
	if err != nil {
		return who, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := settle(ctx, a); err != nil {
		return who, err
	}
	for i := range clients {
		for _, c := range []struct {
			role string
			to   *[]string
		}{{"clerk", &who.clerks}, {"member", &who.members}} {
			logins := set.Logins[c.role]
			token, err := signIn(ctx, a, set.Tenant, logins[i%len(logins)])
			if err != nil {
				return who, fmt.Errorf("sign in as %s: %w", c.role, err)
			}
			*c.to = append(*c.to, token)
		}
	}
	err = a.DB.Read(ctx, func(tx *db.Tx) error {
		if who.cases, err = db.Column[string](tx, `SELECT id FROM proposal WHERE tenant = $1 AND serial_no > 0 ORDER BY id`, set.Tenant); err != nil {
			return err
		}
		return tx.Get(versions[p.name], nil, &p.version)
	})
	return who, err
}

// signIn signs somebody in with a new one-time password and chooses their own.
func signIn(ctx context.Context, a *app.App, tenant, login string) (string, error) {
	in, err := a.Org.SignIn(ctx, org.Credentials{Login: login, Password: password, Agent: "bench"})
	if err == nil && in.Next == "" {
		return in.Token, nil
	}
	ctx = actor.With(ctx, actor.System(tenant))
	var account string
	if err := a.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.Get(`SELECT id FROM account WHERE login = $1`, []any{login}, &account)
	}); err != nil {
		return "", err
	}
	fresh, err := a.Org.ResetPasswords(ctx, []string{account})
	if err != nil {
		return "", err
	}
	if in, err = a.Org.SignIn(ctx, org.Credentials{Login: login, Password: fresh[0].Password, Agent: "bench"}); err != nil {
		return "", err
	}
	if in, err = a.Org.FirstPassword(ctx, in.Token, password); err != nil {
		return "", err
	}
	return in.Token, nil
}
