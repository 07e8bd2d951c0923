package ledger

import (
	"time"

	"shangliang/internal/db"
)

// Unsealed lists the entries that are neither in the tree nor wait for it, and
// those that have waited too long: something else than the platform has been at
// the tables, or nothing has sealed. Of each it reads tenant, id and action.
func Unsealed(tx *db.Tx, since time.Duration) ([]*Entry, error) {
	return db.All(tx, func(e *Entry) []any { return []any{&e.Tenant, &e.ID, &e.Action} }, `SELECT e.tenant, e.id, e.action FROM ledger_entry e
		LEFT JOIN ledger_leaf l ON l.entry = e.id LEFT JOIN ledger_pending p ON p.entry = e.id
		WHERE l.entry IS NULL AND (p.entry IS NULL OR e.at < $1) ORDER BY e.id`, db.At(tx.Now().Add(-since)))
}

// Await has an entry sealed that is not in the tree.
func Await(tx *db.Tx, entry string) error {
	_, err := tx.Exec(`INSERT INTO ledger_pending (entry) VALUES ($1) ON CONFLICT DO NOTHING`, entry)
	return err
}
