// Package dispatch is the meeting at which filed proposals are handed to the
// departments that are to handle them (交办会): what is on its agenda, who is
// chosen for each, what went out, and the record of the meeting.
//
// Main types: [Service], [Meeting], [Item]. It owns the tables dispatch_meeting,
// dispatch_case, dispatch_case_unit and dispatch_file. It deliberately hands over
// nothing by itself: package proposal does, case by case, and ranks the
// departments that might be asked.
package dispatch

import (
	"embed"
	"io/fs"

	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words is the English of the texts in this package.
//
//go:embed en.tsv
var Words []byte

// Permissions of this package. To choose departments and to hand over needs
// proposal.dispatch; a department reads of a meeting what was handed to it.
var Permissions = []org.Permission{
	{ID: "dispatch.hold", Title: "筹备和记录交办会", Roles: []string{"dispatcher", "clerk"}},
	{ID: "dispatch.read", Title: "查看交办会", Roles: []string{"dispatcher", "clerk", "reviewer", "review_chair", "leader"}},
	{ID: "dispatch.own", Title: "查看本单位的交办表", Roles: []string{"unit_clerk", "unit_officer", "unit_leader"}},
}

// Meeting is one meeting with its record.
type Meeting struct {
	Tenant, ID string
	Session    string
	Year       int // of the session, by which figures count
	Title      string
	OnDate     calendar.Date
	Place      string
	Chair      string // who was in the chair
	Attendees  string // who came, as people write it
	Units      proposal.List
	Minutes    string
	Cancelled  bool
	Person     string
	CreatedAt  db.Time
	Version    int

	// Read with lists only.
	Cases, Chosen, Sent int
}

const meetingColumns = `m.tenant, m.id, m.session, m.year, m.title, m.on_date, m.place, m.chair, m.attendees, m.units, m.minutes, m.cancelled, m.person, m.created_at, m.version`

func (m *Meeting) fields() []any {
	return []any{&m.Tenant, &m.ID, &m.Session, &m.Year, &m.Title, &m.OnDate, &m.Place, &m.Chair, &m.Attendees, &m.Units, &m.Minutes, &m.Cancelled, &m.Person, &m.CreatedAt, &m.Version}
}

func (m *Meeting) row() ledger.Row {
	return ledger.RowOf("dispatch_meeting", "tenant", m.Tenant, "id", m.ID)
}

// Where a case on the agenda stands.
const (
	Waiting = "waiting" // for departments to be chosen
	Chosen  = "chosen"
	Sent    = "sent" // handed to them
)

// Item is a case on the agenda.
type Item struct {
	Tenant, Meeting, Proposal string
	Position                  int
	State                     string
	Note                      string // to the departments
	SentBy                    string
	SentAt                    db.Time
	Version                   int

	Units []Part // in their order
	// Of the case, as it is now.
	CaseNo             int
	Title, Lead, Class string // the lead's or the body's name; the subject class
	CaseState          string
}

// Part is what one department has of a case.
type Part struct {
	proposal.UnitRole
	DueOn calendar.Date // once it was handed over
	State string        // of the assignment, once there is one
}

const itemColumns = `c.tenant, c.meeting, c.proposal, c.position, c.state, c.note, c.sent_by, c.sent_at, c.version`

func (x *Item) fields() []any {
	return []any{&x.Tenant, &x.Meeting, &x.Proposal, &x.Position, &x.State, &x.Note, &x.SentBy, &x.SentAt, &x.Version}
}

func (x *Item) row() ledger.Row {
	return ledger.RowOf("dispatch_case", "tenant", x.Tenant, "meeting", x.Meeting, "proposal", x.Proposal)
}

// rows are its row and those of its departments.
func (x *Item) rows() []ledger.Row {
	all := []ledger.Row{x.row()}
	for _, u := range x.Units {
		all = append(all, x.unitRow(u.Unit))
	}
	return all
}

func (x *Item) unitRow(unit string) ledger.Row {
	return ledger.RowOf("dispatch_case_unit", "tenant", x.Tenant, "meeting", x.Meeting, "proposal", x.Proposal, "unit", unit)
}

// roles are the departments chosen, as a dispatch wants them.
func (x *Item) roles() []proposal.UnitRole {
	all := make([]proposal.UnitRole, len(x.Units))
	for i, u := range x.Units {
		all[i] = u.UnitRole
	}
	return all
}

// File is a document of a meeting.
type File struct {
	Tenant, ID, Meeting, Name, Kind string
	Size                            int64
	SHA256, Person                  string
	At                              db.Time
	Removed                         bool
}

const fileColumns = `tenant, id, meeting, name, kind, size, sha256, person, at, removed`

func (f *File) fields() []any {
	return []any{&f.Tenant, &f.ID, &f.Meeting, &f.Name, &f.Kind, &f.Size, &f.SHA256, &f.Person, &f.At, &f.Removed}
}

func (f *File) row() ledger.Row {
	return ledger.RowOf("dispatch_file", "tenant", f.Tenant, "id", f.ID)
}
