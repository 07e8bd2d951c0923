// Package shelf keeps a table between the moment somebody looks at what is in it
// and the moment they import it, where every process of the installation finds
// it: one for each person and purpose, for half an hour.
//
// Main types: [Shelf], [Kept]. It owns the table shelf. It deliberately writes no
// ledger entries: what waits here is nobody's record yet, is full of personal
// data, and is gone soon; the import that follows is the act.
package shelf

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/document"
	"shangliang/internal/errs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words is the English of the texts in this package.
//
//go:embed en.tsv
var Words []byte

// keptFor is how long somebody may look at a table.
const keptFor = 30 * time.Minute

// Shelf keeps tables. Its purposes are the permissions of the acts that they
// wait for: who lacks one can neither put nor get.
type Shelf struct{ db *db.DB }

// New makes a shelf.
func New(d *db.DB) *Shelf { return &Shelf{d} }

// Kept is a table of the actor's own.
type Kept struct {
	ID       string
	Name     string // of the file
	Imported int    // how many rows were; -1 before that
	data     []byte // none once it was imported
}

func (k *Kept) fields() []any { return []any{&k.ID, &k.Name, &k.Imported, &k.data} }

// Open reads the table.
func (k *Kept) Open(limits document.Limits) (*document.Table, error) {
	return document.Open(k.Name, bytes.NewReader(k.data), int64(len(k.data)), limits)
}

// Put keeps a file of a table in place of the person's last one and returns its
// id. The caller has bounded its size.
func (s *Shelf) Put(ctx context.Context, purpose, name string, r io.Reader) (id string, err error) {
	a, err := actor.Require(ctx, purpose)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return "", fmt.Errorf("shelf: %w", err)
	}
	id = db.NewID()
	return id, s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO shelf (tenant, account, purpose, id, name, data, until_at, imported) VALUES ($1, $2, $3, $4, $5, $6, $7, -1)
			ON CONFLICT (tenant, account, purpose) DO UPDATE SET id = excluded.id, name = excluded.name, data = excluded.data, until_at = excluded.until_at, imported = -1`,
			a.Tenant, a.Account, purpose, id, document.FileName(name), data, db.At(tx.Now().Add(keptFor)))
		return err
	})
}

// Get returns a table of the actor's own; a Conflict if it is not there, or not
// any more.
func (s *Shelf) Get(ctx context.Context, purpose, id string) (k *Kept, err error) {
	a, err := actor.Require(ctx, purpose)
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		k, err = get(tx, a, purpose, id)
		return err
	})
	return k, err
}

func get(tx *db.Tx, a actor.Actor, purpose, id string) (*Kept, error) {
	all, err := db.All(tx, (*Kept).fields, `SELECT id, name, imported, data FROM shelf WHERE tenant = $1 AND account = $2 AND purpose = $3 AND id = $4 AND until_at > $5`,
		a.Tenant, a.Account, purpose, id, db.At(tx.Now()))
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errs.New(errs.Conflict, "上传的表格已经过期，请重新上传")
	}
	return all[0], nil
}

// Once imports a table, in one transaction with noting that it was: however
// often it is asked for, and by whichever process, do runs to its end once.
func (s *Shelf) Once(ctx context.Context, purpose, id string, do func(ctx context.Context) (imported int, err error)) error {
	a, err := actor.Require(ctx, purpose)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		k, err := get(tx, a, purpose, id)
		if err != nil || k.Imported >= 0 {
			return err
		}
		n, err := do(tx.Context())
		if err != nil {
			return err
		}
		return s.imported(tx, a, purpose, id, n)
	})
}

// Imported notes that a table was imported, where that was a transaction of its
// own.
func (s *Shelf) Imported(ctx context.Context, purpose, id string, n int) error {
	a, err := actor.Require(ctx, purpose)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.imported(tx, a, purpose, id, n) })
}

func (s *Shelf) imported(tx *db.Tx, a actor.Actor, purpose, id string, n int) error {
	_, err := tx.Exec(`UPDATE shelf SET imported = $1, data = $2 WHERE tenant = $3 AND account = $4 AND purpose = $5 AND id = $6`,
		n, []byte{}, a.Tenant, a.Account, purpose, id)
	return err
}

// Sweep throws away what has waited too long, in all tenants.
func (s *Shelf) Sweep(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM shelf WHERE until_at <= $1`, db.At(tx.Now()))
		return err
	})
}
