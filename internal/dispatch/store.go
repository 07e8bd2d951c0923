package dispatch

import (
	"strconv"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
	"shangliang/internal/proposal"
)

func itoa(n int) string { return strconv.Itoa(n) }

// reach is the condition under which an actor may see a meeting m: those who
// read meetings all of them, a department those at which something was handed to
// it. The first of args is the tenant.
func reach(a actor.Actor, args []any) (string, []any) {
	switch {
	case a.Can("dispatch.read"):
		return "1 = 1", args
	case a.Can("dispatch.own") && a.Body != "":
		args = append(args, a.Body)
		return `EXISTS (SELECT 1 FROM dispatch_case_unit u JOIN dispatch_case c ON c.tenant = u.tenant AND c.meeting = u.meeting AND c.proposal = u.proposal
			WHERE u.tenant = $1 AND u.unit = $` + itoa(len(args)) + ` AND u.meeting = m.id AND c.state = 'sent')`, args
	}
	return "1 = 0", args
}

func find(tx *db.Tx, a actor.Actor, id string) (*Meeting, error) {
	cond, args := reach(a, []any{a.Tenant, id})
	return db.One(tx, (*Meeting).fields, `SELECT `+meetingColumns+` FROM dispatch_meeting m WHERE m.tenant = $1 AND m.id = $2 AND `+cond, args...)
}

func insertMeeting(tx *db.Tx, m *Meeting) error {
	m.Version = 1
	_, err := tx.Exec(`INSERT INTO dispatch_meeting (tenant, id, session, year, title, on_date, place, chair, attendees, units, minutes, cancelled, person, created_at, version) VALUES (`+db.Marks(15)+`)`,
		m.Tenant, m.ID, m.Session, m.Year, m.Title, m.OnDate, m.Place, m.Chair, m.Attendees, m.Units.String(), m.Minutes, m.Cancelled, m.Person, m.CreatedAt, m.Version)
	return err
}

func updateMeeting(tx *db.Tx, m *Meeting) error {
	return db.Touch(tx.Exec(`UPDATE dispatch_meeting SET title = $4, on_date = $5, place = $6, chair = $7, attendees = $8, units = $9, minutes = $10, cancelled = $11, version = version + 1
		WHERE tenant = $1 AND id = $2 AND version = $3`, m.Tenant, m.ID, m.Version, m.Title, m.OnDate, m.Place, m.Chair, m.Attendees, m.Units.String(), m.Minutes, m.Cancelled))
}

// waiting are the filed cases that nobody handles and that stand on no open
// agenda, by case number.
func waiting(tx *db.Tx, tenant string) ([]*Item, error) {
	return db.All(tx, func(x *Item) []any { return []any{&x.Proposal, &x.CaseNo, &x.Title, &x.Lead, &x.Class} }, `SELECT p.id, p.case_no, p.title, `+leadName+`, p.subject FROM proposal p
		WHERE p.tenant = $1 AND (p.state = 'filed' OR p.state = 'dispatched' AND p.due_on = '')
		AND NOT EXISTS (SELECT 1 FROM dispatch_case c WHERE c.tenant = p.tenant AND c.proposal = p.id AND c.state <> 'sent') ORDER BY p.year, p.case_no, p.id`, tenant)
}

// leadName is who a proposal p is by.
const leadName = `CASE WHEN p.body <> '' THEN COALESCE((SELECT b.name FROM body b WHERE b.tenant = p.tenant AND b.id = p.body), '')
	ELSE COALESCE((SELECT q.name FROM person q WHERE q.tenant = p.tenant AND q.id = p.lead), '') END`

// items are the agenda of a meeting, with the departments and the cases; of one
// department only what was handed to it, unless unit is empty.
func items(tx *db.Tx, tenant, meeting, unit string) ([]*Item, error) {
	all, err := db.All(tx, func(x *Item) []any {
		return append(x.fields(), &x.CaseNo, &x.Title, &x.Lead, &x.Class, &x.CaseState)
	}, `SELECT `+itemColumns+`, p.case_no, p.title, `+leadName+`, p.subject, p.state FROM dispatch_case c JOIN proposal p ON p.tenant = c.tenant AND p.id = c.proposal
		WHERE c.tenant = $1 AND c.meeting = $2 AND ($3 = '' OR c.state = 'sent' AND EXISTS (SELECT 1 FROM dispatch_case_unit u WHERE u.tenant = c.tenant AND u.meeting = c.meeting AND u.proposal = c.proposal AND u.unit = $3))
		ORDER BY c.position, c.proposal`, tenant, meeting, unit)
	if err != nil {
		return nil, err
	}
	at := map[string]*Item{}
	for _, x := range all {
		at[x.Proposal] = x
	}
	type chosen struct {
		proposal string
		Part
	}
	parts, err := db.All(tx, func(u *chosen) []any { return []any{&u.proposal, &u.Unit, &u.Role, &u.DueOn, &u.State} },
		`SELECT u.proposal, u.unit, u.role, COALESCE(s.due_on, ''), COALESCE(s.state, '') FROM dispatch_case_unit u
		JOIN dispatch_case c ON c.tenant = u.tenant AND c.meeting = u.meeting AND c.proposal = u.proposal
		LEFT JOIN assignment s ON s.tenant = u.tenant AND s.proposal = u.proposal AND s.unit = u.unit AND s.round = 1 AND c.state = 'sent' AND s.issued_at = c.sent_at
		WHERE u.tenant = $1 AND u.meeting = $2 ORDER BY u.position, u.unit`, tenant, meeting)
	for _, u := range parts {
		if x := at[u.proposal]; x != nil {
			x.Units = append(x.Units, u.Part)
		}
	}
	return all, err
}

func item(tx *db.Tx, tenant, meeting, id string) (*Item, error) {
	x, err := db.One(tx, (*Item).fields, `SELECT `+itemColumns+` FROM dispatch_case c WHERE c.tenant = $1 AND c.meeting = $2 AND c.proposal = $3`, tenant, meeting, id)
	if err != nil {
		return nil, err
	}
	parts, err := db.All(tx, func(u *Part) []any { return []any{&u.Unit, &u.Role} },
		`SELECT unit, role FROM dispatch_case_unit WHERE tenant = $1 AND meeting = $2 AND proposal = $3 ORDER BY position, unit`, tenant, meeting, id)
	for _, u := range parts {
		x.Units = append(x.Units, *u)
	}
	return x, err
}

func insertItem(tx *db.Tx, x *Item) error {
	_, err := tx.Exec(`INSERT INTO dispatch_case (tenant, meeting, proposal, position, state, note, sent_by, sent_at, version) VALUES (`+db.Marks(9)+`)`,
		x.Tenant, x.Meeting, x.Proposal, x.Position, x.State, x.Note, x.SentBy, x.SentAt, x.Version)
	if db.Duplicate(err) {
		return errs.New(errs.Conflict, "这件提案已在另一次会议的议程上")
	}
	return err
}

func updateItem(tx *db.Tx, x *Item) error {
	return db.Touch(tx.Exec(`UPDATE dispatch_case SET state = $5, note = $6, sent_by = $7, sent_at = $8, version = version + 1 WHERE tenant = $1 AND meeting = $2 AND proposal = $3 AND version = $4`,
		x.Tenant, x.Meeting, x.Proposal, x.Version, x.State, x.Note, x.SentBy, x.SentAt))
}

// remove takes an item with its departments away.
func remove(tx *db.Tx, x *Item) error {
	if _, err := tx.Exec(`DELETE FROM dispatch_case_unit WHERE tenant = $1 AND meeting = $2 AND proposal = $3`, x.Tenant, x.Meeting, x.Proposal); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM dispatch_case WHERE tenant = $1 AND meeting = $2 AND proposal = $3`, x.Tenant, x.Meeting, x.Proposal)
	return err
}

// putUnits replaces the departments of an item and names the rows it wrote.
func putUnits(tx *db.Tx, x *Item, units []proposal.UnitRole) (rows []ledger.Row, err error) {
	if _, err := tx.Exec(`DELETE FROM dispatch_case_unit WHERE tenant = $1 AND meeting = $2 AND proposal = $3`, x.Tenant, x.Meeting, x.Proposal); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i, u := range units {
		if _, err := tx.Exec(`INSERT INTO dispatch_case_unit (tenant, meeting, proposal, unit, role, position) VALUES (`+db.Marks(6)+`)`,
			x.Tenant, x.Meeting, x.Proposal, u.Unit, u.Role, i); err != nil {
			return nil, err
		}
		seen[u.Unit] = true
		rows = append(rows, x.unitRow(u.Unit))
	}
	for _, old := range x.Units {
		if !seen[old.Unit] {
			rows = append(rows, x.unitRow(old.Unit))
		}
	}
	return rows, nil
}

func files(tx *db.Tx, tenant, meeting string) ([]*File, error) {
	return db.All(tx, (*File).fields, `SELECT `+fileColumns+` FROM dispatch_file WHERE tenant = $1 AND meeting = $2 AND NOT removed ORDER BY at, id`, tenant, meeting)
}
