package ledger

import (
	"time"

	"shangliang/internal/db"
)

// Unsealed lists the entries that are neither in the tree nor wait for it, and
// those that have waited too long, as tenant, id and action: something else than
// the platform has been at the tables, or nothing has sealed.
func Unsealed(tx *db.Tx, since time.Duration) ([][3]string, error) {
	type entry struct{ tenant, id, action string }
	all, err := db.All(tx, func(e *entry) []any { return []any{&e.tenant, &e.id, &e.action} }, `SELECT e.tenant, e.id, e.action FROM ledger_entry e
		LEFT JOIN ledger_leaf l ON l.entry = e.id LEFT JOIN ledger_pending p ON p.entry = e.id
		WHERE l.entry IS NULL AND (p.entry IS NULL OR e.at < $1) ORDER BY e.id`, db.At(tx.Now().Add(-since)))
	found := make([][3]string, len(all))
	for i, e := range all {
		found[i] = [3]string{e.tenant, e.id, e.action}
	}
	return found, err
}

// Await has an entry sealed that is not in the tree.
func Await(tx *db.Tx, entry string) error {
	_, err := tx.Exec(`INSERT INTO ledger_pending (entry) VALUES ($1) ON CONFLICT DO NOTHING`, entry)
	return err
}
