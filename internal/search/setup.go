package search

import (
	"context"

	"shangliang/internal/db"
)

// Setup makes the full text where it is missing, and fills it from what was put
// before. It runs at every start, after the migrations.
func Setup(ctx context.Context, d *db.DB) error {
	e := engineOf(d.Dialect())
	missing := false
	err := d.Write(ctx, func(tx *db.Tx) error {
		var tables int
		if err := tx.Get(e.exists, nil, &tables); err != nil {
			return err
		}
		missing = tables == 0
		for _, s := range e.setup {
			if _, err := tx.Exec(s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || !missing {
		return err
	}
	return Rebuild(ctx, d, "")
}

// at a time in one transaction: others write in between.
const rebuildBatch = 200

// Rebuild makes the full text of a tenant again, of all tenants if it is empty,
// and what is suggested, from what was put. Meanwhile everything goes on.
func Rebuild(ctx context.Context, d *db.DB, tenant string) error {
	err := again(ctx, d, `($1 = '' OR d.tenant = $1)`, tenant, func(tx *db.Tx, r *row) error {
		scope, err := index(tx, r, true)
		if err != nil {
			return err
		}
		return begin(tx, r, scope)
	})
	if err != nil {
		return err
	}
	return Tidy(ctx, d)
}

// Renew writes what is suggested of the documents that are new, are called
// otherwise than before, or came from an earlier program. It runs every few
// seconds: to write it with the document would make each Put cost twice as much,
// since every row lies in another part of the index.
func Renew(ctx context.Context, d *db.DB) error {
	var waiting int
	if err := d.Read(ctx, func(tx *db.Tx) error {
		return tx.Get(`SELECT COUNT(*) FROM (SELECT 1 FROM search_doc WHERE form < $1 LIMIT 1) w`, []any{form}, &waiting)
	}); err != nil || waiting == 0 {
		return err
	}
	return again(ctx, d, `d.form < $1`, form, func(tx *db.Tx, r *row) error {
		scope, err := scopeOf(tx, r.Tenant, wide(r.Audience))
		if err != nil {
			return err
		}
		return begin(tx, r, scope)
	})
}

// again does something for the rows of a condition, whose parameter is $1.
func again(ctx context.Context, d *db.DB, where string, param any, do func(tx *db.Tx, r *row) error) error {
	for done := int64(0); ; {
		var rows []*row
		err := d.Write(ctx, func(tx *db.Tx) (err error) {
			rows, err = db.All(tx, (*row).fields, `SELECT `+rowColumns+` FROM search_doc d
				WHERE `+where+` AND d.n > $2 ORDER BY d.n LIMIT $3`, param, done, rebuildBatch)
			if err != nil {
				return err
			}
			for _, r := range rows {
				r.decode()
				if err := do(tx, r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		done = rows[len(rows)-1].N
	}
}

// Tidy puts together what many changes have scattered: after thousands of them
// a search takes half the time. It runs every night, and after a large import;
// meanwhile everything goes on.
func Tidy(ctx context.Context, d *db.DB) error {
	e := engineOf(d.Dialect())
	for step := 0; ; step++ {
		more := false
		err := d.Write(ctx, func(tx *db.Tx) (err error) {
			more, err = e.tidy(tx, step)
			return err
		})
		if err != nil || !more {
			return err
		}
	}
}
