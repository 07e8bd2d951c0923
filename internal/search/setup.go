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
		var texts, starts int
		if err := tx.Get(e.exists, []any{"search_fts"}, &texts); err != nil {
			return err
		}
		if err := tx.Get(e.exists, []any{"search_start"}, &starts); err != nil {
			return err
		}
		missing = texts == 0
		for _, s := range e.setup {
			if _, err := tx.Exec(s); err != nil {
				return err
			}
		}
		if starts > 0 {
			return nil
		}
		_, err := tx.Exec(`UPDATE search_doc SET form = 0 WHERE form <> 0`) // Renew fills it
		return err
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
	_, err := again(ctx, d, `($1 = '' OR d.tenant = $1)`, tenant, func(tx *db.Tx, r *row) error {
		scope, err := index(tx, r, true)
		if err != nil {
			return err
		}
		return begin(tx, r, scope, true)
	})
	if err != nil {
		return err
	}
	return Tidy(ctx, d)
}

// Renew makes what is suggested of documents that an earlier program put. It
// runs in the background: until then they are found, but not suggested.
func Renew(ctx context.Context, d *db.DB) error {
	n, err := again(ctx, d, `d.form < $1`, form, func(tx *db.Tx, r *row) error {
		scope, err := scopeOf(tx, r.Tenant, wide(r.Audience))
		if err != nil {
			return err
		}
		return begin(tx, r, scope, true)
	})
	if err != nil || n == 0 {
		return err
	}
	return Tidy(ctx, d)
}

// again does something for the rows of a condition, whose parameter is $1, and
// says how many there were.
func again(ctx context.Context, d *db.DB, where string, param any, do func(tx *db.Tx, r *row) error) (n int, err error) {
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
				if r.form == form {
					continue
				}
				if _, err := tx.Exec(`UPDATE search_doc SET form = $2 WHERE n = $1`, r.N, form); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(rows) == 0 {
			return n, err
		}
		done, n = rows[len(rows)-1].N, n+len(rows)
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
