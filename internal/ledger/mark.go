package ledger

import (
	"encoding/binary"
	"encoding/hex"
	"time"

	"shangliang/internal/db"
)

// Mark remembers how far the ledger of a tenant had come. Since nothing is
// written without its entry, what was read under a mark that still holds is
// still so.
type Mark struct {
	tenant, from string
	n            int
}

// slowest is the longest that a transaction may take from making its entry to
// its commit. Entries are found by their ids, which are in the order in which
// they were made, not committed: so the mark reaches back as far.
const slowest = 10 * time.Minute

// MarkOf marks the ledger as the transaction sees it.
func MarkOf(tx *db.Tx, tenant string) (Mark, error) {
	m := Mark{tenant: tenant, from: idAt(time.Now().Add(-slowest))}
	n, err := m.count(tx)
	m.n = n
	return m, err
}

// Holds reports whether nothing was written since.
func (m Mark) Holds(tx *db.Tx) (bool, error) {
	n, err := m.count(tx)
	return n == m.n, err
}

func (m Mark) count(tx *db.Tx) (n int, err error) {
	err = tx.Get(`SELECT COUNT(*) FROM ledger_entry WHERE tenant = $1 AND id > $2`, []any{m.tenant, m.from}, &n)
	return n, err
}

// idAt is how an id of a time begins.
func idAt(t time.Time) string {
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(t.UnixMilli()))
	h := hex.EncodeToString(ms[2:])
	return h[:8] + "-" + h[8:]
}

// Touched lists the objects of a kind that entries made since a time of the
// machine's own clock are about.
func Touched(tx *db.Tx, tenant, kind string, since time.Time) ([]string, error) {
	return db.Column[string](tx, `SELECT DISTINCT object FROM ledger_entry WHERE tenant = $1 AND id > $2 AND kind = $3`, tenant, idAt(since), kind)
}
