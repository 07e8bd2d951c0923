// Package org knows the places and the people: conferences in a tree of four
// levels with their terms and sessions, the roster, the bodies people belong
// to, the accounts they sign in with, and which role an account acts in.
//
// Main types: [Service], whose methods are all that changes these things;
// [Tenant], [Term], [Session], [Person], [Body], [Membership], [Seat],
// [Account], [Grant]; [Roles], which says what each role may do. Reads that
// other capabilities need inside their transactions are functions that take a
// *db.Tx and a tenant: [PersonNames], [Bodies], [PeopleWith],
// [CurrentSession], [DimsOn], [Days].
//
// It owns the tables tenant, term, session, calendar_day, person, person_past,
// body, membership, seat, account, account_recovery, account_link,
// account_link_waiting, sign_in_failure, grant_role, sign_in and api_token. It
// deliberately knows nothing of cookies,
// of pages, or of what the permissions of other packages mean. No password,
// token or secret ever reaches the ledger or the log; the tables that hold them
// change with every sign-in and are left out of the ledger's row digests.
package org

import (
	"embed"
	"io/fs"
	"time"

	"shangliang/internal/calendar"
	"shangliang/internal/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Today is the day in China at the time of the transaction.
func Today(tx *db.Tx) calendar.Date { return calendar.On(tx.Now()) }

// The four levels of a tenant, highest first.
const (
	Nation   = "nation"
	Province = "province"
	City     = "city"
	County   = "county"
)

// Levels are the levels in order, with their titles.
var Levels = []Code{{Nation, "全国"}, {Province, "省级"}, {City, "市级"}, {County, "县级"}}

// Code is an identifier with its title for people, in Simplified Chinese.
type Code struct{ ID, Title string }

// Tenant is the conference (政协) of one place.
type Tenant struct {
	ID            string  `json:"id"`
	Code          string  `json:"code"` // short, of letters and digits; begins the sign-in names made here
	Name          string  `json:"name"`
	ShortName     string  `json:"short_name"`
	Level         string  `json:"level"`
	RegionCode    string  `json:"region_code"`
	Region        string  `json:"region"`
	Parent        string  `json:"parent"`         // id of the tenant one level up; may be empty
	ChosenSession string  `json:"chosen_session"` // overrides the session that the date gives; may be empty
	CreatedAt     db.Time `json:"created_at"`
	Version       int     `json:"version"`
}

const tenantColumns = `id, code, name, short_name, level, region_code, region, COALESCE(parent, ''), chosen_session, created_at, version`

func (t *Tenant) fields() []any {
	return []any{&t.ID, &t.Code, &t.Name, &t.ShortName, &t.Level, &t.RegionCode, &t.Region, &t.Parent, &t.ChosenSession, &t.CreatedAt, &t.Version}
}

// Term is a term of office (届).
type Term struct {
	ID      string        `json:"id"`
	No      int           `json:"no"`
	Name    string        `json:"name"` // 九届
	From    calendar.Date `json:"from"`
	To      calendar.Date `json:"to"` // the last day; empty while it is not known
	Version int           `json:"version"`
}

const termColumns = `id, no, name, from_on, to_on, version`

func (t *Term) fields() []any {
	return []any{&t.ID, &t.No, &t.Name, &t.From, &t.To, &t.Version}
}

// Session is a plenary session (次会议) of a term. Papers count for it from
// CountsFrom until the next session's CountsFrom; those received before Cutoff
// are plenary papers (大会提案), the others interim ones (平时提案).
type Session struct {
	ID         string        `json:"id"`
	Term       string        `json:"term"`
	No         int           `json:"no"`
	Title      string        `json:"title"` // 九届二次
	Year       int           `json:"year"`
	OpensOn    calendar.Date `json:"opens_on"`
	ClosesOn   calendar.Date `json:"closes_on"`
	Cutoff     db.Time       `json:"cutoff_at"` // as announced; zero means the end of ClosesOn
	CountsFrom calendar.Date `json:"counts_from"`
	Version    int           `json:"version"`
}

const sessionColumns = `id, term, no, title, year, opens_on, closes_on, cutoff_at, counts_from, version`

func (s *Session) fields() []any {
	return []any{&s.ID, &s.Term, &s.No, &s.Title, &s.Year, &s.OpensOn, &s.ClosesOn, &s.Cutoff, &s.CountsFrom, &s.Version}
}

// Plenary reports whether a paper received at a time is one for the plenary
// session rather than an interim one.
func (s *Session) Plenary(at time.Time) bool {
	day := calendar.On(at)
	if day < s.CountsFrom {
		return false
	}
	if !s.Cutoff.IsZero() {
		return at.Before(s.Cutoff.Time)
	}
	return day <= s.ClosesOn
}

// Person is someone in the roster of one tenant, member or not.
type Person struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Sex       string  `json:"sex"`        // f, m or empty
	BirthYear int     `json:"birth_year"` // 0 when not known
	Post      string  `json:"post"`       // employer and post (单位职务)
	Phone     string  `json:"phone"`
	Email     string  `json:"email"`
	Address   string  `json:"address"`
	Postcode  string  `json:"postcode"`
	MemberNo  string  `json:"member_no"` // 委员证号, unique in the tenant; may be empty
	Active    bool    `json:"active"`
	CreatedAt db.Time `json:"created_at"`
	ChangedAt db.Time `json:"changed_at"`
	ChangedBy string  `json:"changed_by"` // account; empty for the platform
	Version   int     `json:"version"`
}

const personColumns = `id, name, sex, birth_year, post, phone, email, address, postcode, member_no, active, created_at, changed_at, changed_by, version`

func (p *Person) fields() []any {
	return []any{&p.ID, &p.Name, &p.Sex, &p.BirthYear, &p.Post, &p.Phone, &p.Email, &p.Address, &p.Postcode, &p.MemberNo, &p.Active, &p.CreatedAt, &p.ChangedAt, &p.ChangedBy, &p.Version}
}

// Body is what people belong to or what handles things: a party, a sector, a
// committee, a group, a department. Kinds are listed by [Kinds].
type Body struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	ShortName string `json:"short_name"`
	Parent    string `json:"parent"`
	System    string `json:"system"` // of departments: see [Systems]
	Phone     string `json:"phone"`
	Contact   string `json:"contact"`
	Position  int    `json:"position"`
	Active    bool   `json:"active"`
	Version   int    `json:"version"`
}

const bodyColumns = `id, kind, name, short_name, parent, system, phone, contact, position, active, version`

func (b *Body) fields() []any {
	return []any{&b.ID, &b.Kind, &b.Name, &b.ShortName, &b.Parent, &b.System, &b.Phone, &b.Contact, &b.Position, &b.Active, &b.Version}
}

// Short is the short name, or the name when there is none.
func (b *Body) Short() string {
	if b.ShortName != "" {
		return b.ShortName
	}
	return b.Name
}

// Membership is a person's place in a body, for a time.
type Membership struct {
	ID      string        `json:"id"`
	Person  string        `json:"person"`
	Body    string        `json:"body"`
	Term    string        `json:"term"`    // may be empty: not bound to a term
	Title   string        `json:"title"`   // 主任, 召集人 …
	Officer bool          `json:"officer"` // may sign for the body
	From    calendar.Date `json:"from"`
	To      calendar.Date `json:"to"` // the last day; empty: until further notice
	Version int           `json:"version"`
}

const membershipColumns = `id, person, body, term, title, officer, from_on, to_on, version`

func (m *Membership) fields() []any {
	return []any{&m.ID, &m.Person, &m.Body, &m.Term, &m.Title, &m.Officer, &m.From, &m.To, &m.Version}
}

// The kinds of seat. A standing member (常委) is a member (委员) too.
const (
	Member         = "member"
	StandingMember = "standing_member"
)

// Seat makes a person a member or standing member of a term, for a time.
type Seat struct {
	ID      string        `json:"id"`
	Person  string        `json:"person"`
	Term    string        `json:"term"`
	Kind    string        `json:"kind"`
	From    calendar.Date `json:"from"`
	To      calendar.Date `json:"to"` // the last day; empty: until the term ends
	Version int           `json:"version"`
}

const seatColumns = `id, person, term, kind, from_on, to_on, version`

func (s *Seat) fields() []any {
	return []any{&s.ID, &s.Person, &s.Term, &s.Kind, &s.From, &s.To, &s.Version}
}

// Account signs in. It belongs to no tenant, but its home tenant's
// administrator may reset and disable it.
type Account struct {
	ID           string  `json:"id"`
	Home         string  `json:"home"`
	Login        string  `json:"login"`
	Email        string  `json:"email"`
	MustChange   bool    `json:"must_change"`
	TOTP         bool    `json:"totp"`
	Active       bool    `json:"active"`
	LastSignInAt db.Time `json:"last_sign_in_at"`
	CreatedAt    db.Time `json:"created_at"`
	Version      int     `json:"version"`
}

const accountColumns = `id, home, login, email, must_change, totp_on, active, last_sign_in_at, created_at, version`

func (a *Account) fields() []any {
	return []any{&a.ID, &a.Home, &a.Login, &a.Email, &a.MustChange, &a.TOTP, &a.Active, &a.LastSignInAt, &a.CreatedAt, &a.Version}
}

// Grant lets an account act in a tenant as a person in a role, for a body where
// the role wants one, for a time.
type Grant struct {
	Tenant  string        `json:"tenant"`
	ID      string        `json:"id"`
	Account string        `json:"account"`
	Person  string        `json:"person"`
	Role    string        `json:"role"`
	Body    string        `json:"body"`
	From    calendar.Date `json:"from"`
	To      calendar.Date `json:"to"` // the last day; empty: until further notice
	Version int           `json:"version"`
}

const grantColumns = `tenant, id, account, person, role, body, from_on, to_on, version`

func (g *Grant) fields() []any {
	return []any{&g.Tenant, &g.ID, &g.Account, &g.Person, &g.Role, &g.Body, &g.From, &g.To, &g.Version}
}

// The condition that a dated row holds on the day that is parameter 2 or 3.
// Dates are texts that sort as they run; an open end is empty.
const (
	onDay2 = ` from_on <= $2 AND (to_on = '' OR to_on >= $2) `
	onDay3 = ` from_on <= $3 AND (to_on = '' OR to_on >= $3) `
)
