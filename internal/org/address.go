package org

import (
	"cmp"

	"shangliang/internal/db"
	"shangliang/internal/notify"
)

// Addresses says where persons of a tenant are reached: through an account that
// may act for them today, and by the mail address of the roster or, failing
// that, of the account. Who is not in the roster is missing from the answer.
func Addresses(tx *db.Tx, tenant string, persons []string) (map[string]notify.Address, error) {
	all := make(map[string]notify.Address, len(persons))
	err := inChunks(persons, func(chunk []string) error {
		list, args := db.In([]any{tenant, Today(tx)}, chunk)
		rows, err := tx.Query(`SELECT p.id, p.name, p.email, p.phone, COALESCE(a.id, ''), COALESCE(a.email, '') FROM person p
			LEFT JOIN grant_role g ON g.tenant = p.tenant AND g.person = p.id AND g.from_on <= $2 AND (g.to_on = '' OR g.to_on >= $2)
			LEFT JOIN account a ON a.id = g.account AND a.active
			WHERE p.tenant = $1 AND p.id IN `+list, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, name, email, phone, account, accountEmail string
			if err := rows.Scan(&id, &name, &email, &phone, &account, &accountEmail); err != nil {
				return err
			}
			old := all[id]
			all[id] = notify.Address{Name: name, Account: cmp.Or(old.Account, account), Email: cmp.Or(email, old.Email, accountEmail), Phone: phone}
		}
		return rows.Err()
	})
	return all, err
}
