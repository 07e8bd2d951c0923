package proposal

import (
	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/search"
)

// Reach is the condition under which an actor may see a case p, for queries of
// other capabilities that join the table proposal: the first of args is the
// tenant. See reach.
func Reach(a actor.Actor, args []any) (string, []any) { return reach(a, args) }

// Brief is a case in a line, as other capabilities list it.
type Brief struct {
	ID, Title, State     string
	Year, CaseNo         int
	SerialNo             int
	Kind, Body, BodyKind string // of a collective one: who proposes, and a body of which kind
	Lead                 string // name of the lead proposer, or of the body
	Units                string // names of the answering departments
	Subject              string
	DueOn                calendar.Date
}

// BriefColumns are read into [Brief.Fields], from a table proposal p.
const BriefColumns = `p.id, p.title, p.state, p.year, p.case_no, p.serial_no, p.kind, p.body,
	COALESCE((SELECT b.kind FROM body b WHERE b.tenant = p.tenant AND b.id = p.body), ''),
	CASE WHEN p.body <> '' THEN COALESCE((SELECT b.name FROM body b WHERE b.tenant = p.tenant AND b.id = p.body), '')
		ELSE COALESCE((SELECT q.name FROM person q WHERE q.tenant = p.tenant AND q.id = p.lead), '') END,
	COALESCE((SELECT string_agg(COALESCE(NULLIF(b.short_name, ''), b.name), '、' ORDER BY z.role, b.name) FROM assignment z JOIN body b ON b.tenant = z.tenant AND b.id = z.unit
		WHERE z.tenant = p.tenant AND z.proposal = p.id AND z.round = p.round AND z.role <> 'co_handler' AND z.state NOT IN ('returned', 'cancelled')), ''),
	p.subject, p.due_on`

// Fields is where a row of [BriefColumns] is read to.
func (b *Brief) Fields() []any {
	return []any{&b.ID, &b.Title, &b.State, &b.Year, &b.CaseNo, &b.SerialNo, &b.Kind, &b.Body, &b.BodyKind, &b.Lead, &b.Units, &b.Subject, &b.DueOn}
}

// Party reports whether a party or a people's organisation proposes it.
func (b *Brief) Party() bool { return b.BodyKind == "party" }

// Open reports whether an answer is owed, so that a date counts.
func (b *Brief) Open() bool {
	return b.State == Dispatched || b.State == Handling || b.State == Rehandling
}

// Late reports whether an answer is overdue on a day.
func (b *Brief) Late(today calendar.Date) bool {
	return b.Open() && b.DueOn != "" && b.DueOn < today
}

// Briefs are the cases among ids that the actor may see, in the order of their
// numbers.
func Briefs(tx *db.Tx, a actor.Actor, ids []string) ([]*Brief, error) {
	list, args := db.In([]any{a.Tenant}, ids)
	cond, args := reach(a, args)
	return db.All(tx, (*Brief).Fields, `SELECT `+BriefColumns+` FROM proposal p WHERE p.tenant = $1 AND p.id IN `+list+` AND `+cond+` ORDER BY p.year, p.case_no, p.serial_no, p.id`, args...)
}

// Staff lists the people who work on proposals in a department.
func Staff(tx *db.Tx, tenant, unit string) (all []string, err error) {
	for _, role := range []string{"unit_clerk", "unit_officer", "unit_leader"} {
		ids, err := org.PeopleWith(tx, tenant, role, unit)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	return all, nil
}

// Concerned lists who has to do with a case: its proposers, and the people of the
// departments that handle it now, for telling them.
func Concerned(tx *db.Tx, tenant, id string) ([]notify.Told, error) {
	people, err := db.All(tx, func(t *notify.Told) []any { return []any{&t.Person, &t.Why} }, `SELECT person, CASE role WHEN 'lead' THEN 'proposer' ELSE 'cosigner' END
		FROM proposal_party WHERE tenant = $1 AND proposal = $2 AND (role = 'lead' OR state = 'confirmed') ORDER BY position`, tenant, id)
	if err != nil {
		return nil, err
	}
	units, err := db.Column[string](tx, `SELECT DISTINCT a.unit FROM assignment a JOIN proposal p ON p.tenant = a.tenant AND p.id = a.proposal AND p.round = a.round
		WHERE a.tenant = $1 AND a.proposal = $2 AND a.state NOT IN ('returned', 'cancelled') ORDER BY a.unit`, tenant, id)
	all := make([]notify.Told, 0, len(people))
	for _, p := range people {
		all = append(all, *p)
	}
	for _, unit := range units {
		more, err := Staff(tx, tenant, unit)
		if err != nil {
			return nil, err
		}
		all = append(all, notify.As(notify.Unit, more...)...)
	}
	return all, err
}

// FindBriefs finds filed cases that the actor may see by their number or a part
// of their title, for choosing; the newest first, at most twenty. Where no title
// has it, it is taken as [search.Suggest] takes it: in the other script, as
// pinyin or its initials.
func FindBriefs(tx *db.Tx, a actor.Actor, text string, caseNo int) ([]*Brief, error) {
	cond, args := reach(a, []any{a.Tenant, db.Like(text), caseNo})
	const order = ` ORDER BY p.year DESC, p.case_no LIMIT 20`
	found, err := db.All(tx, (*Brief).Fields, `SELECT `+BriefColumns+` FROM proposal p WHERE p.tenant = $1 AND p.case_no > 0
		AND (p.title LIKE $2 ESCAPE '\' OR p.case_no = $3) AND `+cond+order, args...)
	if err != nil || len(found) > 0 {
		return found, err
	}
	meant, err := search.Suggest(tx, search.Query{Tenant: a.Tenant, Text: text, Kinds: []string{"proposal"}, Audience: Audience(a)})
	if err != nil || len(meant.Docs) == 0 {
		return nil, err
	}
	var ids []string
	for _, m := range meant.Docs {
		ids = append(ids, m.ID)
	}
	cond, args = reach(a, []any{a.Tenant})
	marks, args := db.In(args, ids)
	return db.All(tx, (*Brief).Fields, `SELECT `+BriefColumns+` FROM proposal p WHERE p.tenant = $1 AND p.case_no > 0
		AND p.id IN `+marks+` AND `+cond+order, args...)
}
