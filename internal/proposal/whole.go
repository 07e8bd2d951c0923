package proposal

import (
	"shangliang/internal/db"
	"shangliang/internal/org"
)

// Whole returns a case with all that belongs to it and the names of everybody in
// it, nothing concealed. Like the functions of read.go it checks no permission;
// NotFound if the tenant has no such case.
func (s *Service) Whole(tx *db.Tx, tenant, id string) (*Case, error) {
	p, err := Of(tx, tenant, id)
	if err != nil {
		return nil, err
	}
	c, err := load(tx, s.rules, p)
	if err != nil {
		return nil, err
	}
	if c.Session, err = org.SessionOf(tx, tenant, p.Session); err != nil {
		return nil, err
	}
	c.Today = org.Today(tx)
	return c, c.nameAll(tx)
}

// Answered lists the cases of a year, of all years if it is 0, whose departments
// have all answered, the latest first.
func Answered(tx *db.Tx, tenant string, year int) ([]string, error) {
	return db.Column[string](tx, `SELECT p.id FROM proposal p WHERE p.tenant = $1 AND p.case_no > 0 AND ($2 = 0 OR p.year = $2)
		AND p.state IN ('replied', 'feedback_open', 'closed', 'following_up', 'archived') ORDER BY p.id DESC`, tenant, year)
}

// Answer is a department's delivered reply to a case in its newest round.
type Answer struct {
	Proposal, Unit string
	Year           int
}

func (a *Answer) fields() []any { return []any{&a.Proposal, &a.Unit, &a.Year} }

// Answers lists what departments answered before a moment: of the cases of a year,
// and of those since an earlier one what they were still resolving then. What is
// not to be published is left out unless closed.
func Answers(tx *db.Tx, tenant string, units []string, year, since int, before db.Time, closed bool) ([]Answer, error) {
	list, args := db.In([]any{tenant, before, year, since, closed}, units)
	all, err := db.All(tx, (*Answer).fields, `SELECT p.id, y.unit, p.year FROM assignment y JOIN proposal p ON p.tenant = y.tenant AND p.id = y.proposal AND p.round = y.round
		JOIN reply r ON r.tenant = y.tenant AND r.assignment = y.id
		WHERE y.tenant = $1 AND y.role <> 'co_handler' AND y.state = 'delivered' AND r.state = 'delivered' AND r.delivered_at < $2
		AND (p.year = $3 OR p.year >= $4 AND p.year < $3 AND r.meaning = 'in_progress')
		AND ($5 OR p.open_choice <> 'closed' AND r.disclosure <> 'closed') AND y.unit IN `+list+` ORDER BY p.id, y.unit`, args...)
	out := make([]Answer, len(all))
	for i, x := range all {
		out[i] = *x
	}
	return out, err
}

// Some returns the cases with these ids, by id; who is not there is left out.
func Some(tx *db.Tx, tenant string, ids []string) (map[string]*Proposal, error) {
	list, args := db.In([]any{tenant}, ids)
	all, err := db.All(tx, (*Proposal).fields, `SELECT `+proposalColumns+` FROM proposal p WHERE p.tenant = $1 AND p.id IN `+list, args...)
	byID := make(map[string]*Proposal, len(all))
	for _, p := range all {
		byID[p.ID] = p
	}
	return byID, err
}

// FilesOf lists the files of a case that were not removed.
func FilesOf(tx *db.Tx, tenant, id string) ([]*File, error) { return files(tx, tenant, id) }
