package proposal

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
)

// Handed is what a department got of a case in its newest round.
type Handed struct {
	Unit   string // body
	Role   string
	State  string
	Note   string
	DueOn  calendar.Date
	On     db.Time // when it was handed over
	ID     string  // of the case
	CaseNo int
	Title  string
	Lead   string   // name of the lead proposer, or of the body
	Others []string // the other departments of the case, by their names
}

func (h *Handed) fields() []any {
	return []any{&h.Unit, &h.Role, &h.State, &h.Note, &h.DueOn, &h.On, &h.ID, &h.CaseNo, &h.Title, &h.Lead}
}

// Handed lists what departments got of a session's cases within the actor's
// reach, by department and case number: all of it or, if unit is given, one
// department's. Who acts for a department is given its own.
func (s *Service) Handed(ctx context.Context, session, unit string) (all []*Handed, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	if a.Body != "" && a.Can("assignment.handle") && !a.Can("proposal.read_all") && !a.IsSystem() {
		unit = a.Body
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		cond, args := reach(a, []any{a.Tenant, session, unit})
		if all, err = db.All(tx, (*Handed).fields, `SELECT a.unit, a.role, a.state, a.note, a.due_on, a.issued_at, p.id, p.case_no, p.title,
			CASE WHEN p.body <> '' THEN COALESCE((SELECT b.name FROM body b WHERE b.tenant = p.tenant AND b.id = p.body), '')
				ELSE COALESCE((SELECT q.name FROM person q WHERE q.tenant = p.tenant AND q.id = p.lead), '') END
			FROM assignment a JOIN proposal p ON p.tenant = a.tenant AND p.id = a.proposal
			WHERE p.tenant = $1 AND p.session = $2 AND a.round = p.round AND a.state NOT IN ('returned', 'cancelled') AND ($3 = '' OR a.unit = $3) AND `+cond+`
			ORDER BY a.unit, p.case_no, a.id`, args...); err != nil {
			return err
		}
		type other struct{ proposal, unit, role, name string }
		others, err := db.All(tx, func(o *other) []any { return []any{&o.proposal, &o.unit, &o.role, &o.name} }, `SELECT a.proposal, a.unit, a.role, COALESCE(NULLIF(b.short_name, ''), b.name)
			FROM assignment a JOIN proposal p ON p.tenant = a.tenant AND p.id = a.proposal JOIN body b ON b.tenant = a.tenant AND b.id = a.unit
			WHERE p.tenant = $1 AND p.session = $2 AND a.round = p.round AND a.state NOT IN ('returned', 'cancelled') ORDER BY a.issued_at, a.id`, a.Tenant, session)
		if err != nil {
			return err
		}
		of := map[string][]*other{}
		for _, o := range others {
			of[o.proposal] = append(of[o.proposal], o)
		}
		for _, h := range all {
			for _, o := range of[h.ID] {
				if o.unit != h.Unit && !slices.Contains(h.Others, o.name) {
					h.Others = append(h.Others, o.name)
				}
			}
		}
		return nil
	})
	return all, err
}
