// Package regional keeps proposals that conferences of several places hand in
// together to a higher level (跨区域联名提案): partners, versions of the text, each
// partner's approval, the submission, its standing there, what was taken up.
//
// Main types: [Service], [Joint], [Partner]. It owns the tables regional_joint,
// regional_partner, regional_text and regional_adoption. It is the one place where
// a record is shared between tenants: a joint proposal is read by the tenants that
// its partners name, and nothing else of a tenant is read by another. People of
// other places appear by name only.
package regional

import (
	"embed"
	"io/fs"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words is the English of the texts in this package.
//
//go:embed en.tsv
var Words []byte

// Permissions of this package.
var Permissions = []org.Permission{
	{ID: "regional.draft", Title: "起草跨区域联名提案", Roles: []string{"clerk"}},
	{ID: "regional.approve", Title: "审定跨区域联名提案", Roles: []string{"review_chair", "leader"}},
	{ID: "regional.read", Title: "查看跨区域联名提案", Roles: []string{"clerk", "review_chair", "leader"}},
}

// Notices are the kinds of notice of this package.
var Notices = []notify.Kind{
	{ID: "regional.invite", Name: "跨区域联名提案", Title: "{place}邀请联名：{topic}", Mail: true},
	{ID: "regional.revise", Name: "跨区域联名提案", Title: "联名提案有新的文稿：{topic}", Body: "请审定第{n}稿", Mail: true},
	{ID: "regional.approve", Name: "跨区域联名提案", Title: "{place}已审定联名提案：{topic}"},
	{ID: "regional.submit", Name: "跨区域联名提案", Title: "联名提案已提交{to}：{topic}", Mail: true},
	{ID: "regional.standing", Name: "跨区域联名提案", Title: "联名提案有新的情况：{topic}"},
}

// States of a joint proposal.
const (
	Drafting  = "drafting"
	Agreed    = "agreed"
	Submitted = "submitted"
	Cancelled = "cancelled"
)

// States name them, in their order.
var States = []org.Code{{ID: Drafting, Title: "起草会签中"}, {ID: Agreed, Title: "各方已审定"}, {ID: Submitted, Title: "已提交"}, {ID: Cancelled, Title: "已取消"}}

// Standings are what it may be at the higher level.
var Standings = []org.Code{{ID: "received", Title: "已收到"}, {ID: "filed", Title: "已立案"}, {ID: "key", Title: "列为重点督办提案"}, {ID: "not_filed", Title: "未立案"}}

// Joint is one joint proposal.
type Joint struct {
	Tenant, ID         string // the tenant that began it
	Year               int
	Topic              string
	State              string
	TextNo             int
	SubmittedTo, Level string
	DocNo              string
	SubmittedOn        calendar.Date
	Standing           string
	StandingOn         calendar.Date
	StandingNote       string
	Person             string
	CreatedAt          db.Time
	Version            int
}

const columns = `j.tenant, j.id, j.year, j.topic, j.state, j.text_no, j.submitted_to, j.level, j.doc_no, j.submitted_on, j.standing, j.standing_on, j.standing_note, j.person, j.created_at, j.version`

func (j *Joint) fields() []any {
	return []any{&j.Tenant, &j.ID, &j.Year, &j.Topic, &j.State, &j.TextNo, &j.SubmittedTo, &j.Level, &j.DocNo, &j.SubmittedOn, &j.Standing, &j.StandingOn, &j.StandingNote, &j.Person, &j.CreatedAt, &j.Version}
}

func (j *Joint) row() ledger.Row {
	return ledger.RowOf("regional_joint", "tenant", j.Tenant, "id", j.ID)
}

// Partner is a conference that takes part.
type Partner struct {
	Tenant, Joint string
	Position      int
	Partner       string // id of its tenant; empty for one outside the platform
	Name          string
	TextNo        int    // the text that it approved; 0 none
	Officer       string // who approved, by name
	Note          string
	ApprovedAt    db.Time
}

const partnerColumns = `tenant, joint, position, partner, name, text_no, officer, note, approved_at`

func (p *Partner) fields() []any {
	return []any{&p.Tenant, &p.Joint, &p.Position, &p.Partner, &p.Name, &p.TextNo, &p.Officer, &p.Note, &p.ApprovedAt}
}

func (p *Partner) row() ledger.Row {
	return ledger.RowOf("regional_partner", "tenant", p.Tenant, "joint", p.Joint, "position", p.Position)
}

// Text is one version of the text.
type Text struct {
	Tenant, Joint string
	N             int
	Title, Body   string
	Note          string // what was changed
	Author, Place string // by name
	At            db.Time
}

const textColumns = `tenant, joint, n, title, body, note, author, place, at`

func (t *Text) fields() []any {
	return []any{&t.Tenant, &t.Joint, &t.N, &t.Title, &t.Body, &t.Note, &t.Author, &t.Place, &t.At}
}

func (t *Text) row() ledger.Row {
	return ledger.RowOf("regional_text", "tenant", t.Tenant, "joint", t.Joint, "n", t.N)
}

// Adoption is something that a ministry or department took up.
type Adoption struct {
	Tenant, Joint, ID string
	Body              string // the ministry or department
	What, Evidence    string
	OnDate            calendar.Date
	Place             string // who recorded it
	At                db.Time
}

const adoptionColumns = `tenant, joint, id, body, what, evidence, on_date, place, at`

func (x *Adoption) fields() []any {
	return []any{&x.Tenant, &x.Joint, &x.ID, &x.Body, &x.What, &x.Evidence, &x.OnDate, &x.Place, &x.At}
}

func (x *Adoption) row() ledger.Row {
	return ledger.RowOf("regional_adoption", "tenant", x.Tenant, "joint", x.Joint, "id", x.ID)
}

// shared is the one condition under which a tenant, $1, reads a joint proposal j:
// it is its own, or one of the partners.
const shared = `(j.tenant = $1 OR EXISTS (SELECT 1 FROM regional_partner p WHERE p.partner = $1 AND p.tenant = j.tenant AND p.joint = j.id))`

func find(tx *db.Tx, a actor.Actor, id string) (*Joint, error) {
	return db.One(tx, (*Joint).fields, `SELECT `+columns+` FROM regional_joint j WHERE j.id = $2 AND `+shared, a.Tenant, id)
}

func partners(tx *db.Tx, j *Joint) ([]*Partner, error) {
	return db.All(tx, (*Partner).fields, `SELECT `+partnerColumns+` FROM regional_partner WHERE tenant = $1 AND joint = $2 ORDER BY position`, j.Tenant, j.ID)
}

func update(tx *db.Tx, j *Joint) error {
	return db.Touch(tx.Exec(`UPDATE regional_joint SET state = $4, text_no = $5, submitted_to = $6, level = $7, doc_no = $8, submitted_on = $9, standing = $10, standing_on = $11, standing_note = $12, version = version + 1
		WHERE tenant = $1 AND id = $2 AND version = $3`, j.Tenant, j.ID, j.Version, j.State, j.TextNo, j.SubmittedTo, j.Level, j.DocNo, j.SubmittedOn, j.Standing, j.StandingOn, j.StandingNote))
}

func updatePartner(tx *db.Tx, p *Partner) error {
	_, err := tx.Exec(`UPDATE regional_partner SET text_no = $4, officer = $5, note = $6, approved_at = $7 WHERE tenant = $1 AND joint = $2 AND position = $3`,
		p.Tenant, p.Joint, p.Position, p.TextNo, p.Officer, p.Note, p.ApprovedAt)
	return err
}
