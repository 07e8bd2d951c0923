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
// from what was put. Meanwhile everything goes on.
func Rebuild(ctx context.Context, d *db.DB, tenant string) error {
	for done, more := int64(0), true; more; {
		last := done
		err := d.Write(ctx, func(tx *db.Tx) error {
			rows, err := db.All(tx, (*row).fields, `SELECT `+rowColumns+` FROM search_doc d
				WHERE ($1 = '' OR tenant = $1) AND n > $2 ORDER BY n LIMIT $3`, tenant, done, rebuildBatch)
			if err != nil {
				return err
			}
			if more = len(rows) > 0; !more {
				return nil
			}
			for _, r := range rows {
				r.decode()
				if err := index(tx, r, true); err != nil {
					return err
				}
			}
			last = rows[len(rows)-1].N
			return nil
		})
		if err != nil {
			return err
		}
		done = last
	}
	return Tidy(ctx, d)
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
