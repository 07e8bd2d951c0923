package proposal

import "shangliang/internal/db"

// The functions here are for the transactions of others. They check no
// permission: who may see what is for the caller to say.

// Of returns a case as it is now; NotFound if the tenant has none such.
func Of(tx *db.Tx, tenant, id string) (*Proposal, error) {
	return db.One(tx, (*Proposal).fields, `SELECT `+proposalColumns+` FROM proposal p WHERE p.tenant = $1 AND p.id = $2`, tenant, id)
}

// AssignmentsOf lists the assignments of a case, the newest round last.
func AssignmentsOf(tx *db.Tx, tenant, id string) ([]*Assignment, error) {
	return assignments(tx, tenant, id)
}

// CommitmentsOf lists what was promised in a case, by due date.
func CommitmentsOf(tx *db.Tx, tenant, id string) ([]*Commitment, error) {
	return commitments(tx, tenant, id)
}
