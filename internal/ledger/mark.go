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
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(time.Now().Add(-slowest).UnixMilli()))
	h := hex.EncodeToString(ms[2:]) // as an id of that time begins
	m := Mark{tenant: tenant, from: h[:8] + "-" + h[8:]}
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
