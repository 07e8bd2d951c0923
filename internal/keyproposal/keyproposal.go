// Package keyproposal is the work on key proposals (重点提案): which of the filed
// proposals they are, who leads the supervision of each, and what comes of it.
//
// A proposal is nominated, parties and committees are asked, the chairs' meeting
// decides; a leader and a committee are bound to it, the leader signs the plan,
// what was done is logged, the result reported. The lifecycle is [Flow]; main
// types: [Service], [Key], [Leader]. A party's proposal may be given priority
// ([Service.Prioritize]).
//
// It owns the tables key_proposal, key_opinion, key_activity, key_leader and
// key_priority, and reads proposal. It deliberately changes nothing of a case:
// its departments, its deadlines and its answer are as of any other.
package keyproposal

import (
	"embed"
	"io/fs"

	"shangliang/internal/attachment"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words is the English of the texts in this package.
//
//go:embed en.tsv
var Words []byte

// Object is what files and deadlines of a key proposal belong to.
const Object = "key_proposal"

// Service is the only door to key proposals. Each method checks permission, opens
// its transaction and writes the ledger; it is safe for concurrent use.
type Service struct {
	db      *db.DB
	rules   *rule.Rules
	clocks  *clock.Clocks
	notices *notify.Notifier
	files   *attachment.Store
}

// New makes the service.
func New(d *db.DB, rules *rule.Rules, clocks *clock.Clocks, notices *notify.Notifier, files *attachment.Store) *Service {
	return &Service{db: d, rules: rules, clocks: clocks, notices: notices, files: files}
}

// Case is a proposal in a line.
type Case = proposal.Brief

// Upload is a file that somebody adds.
type Upload = attachment.Upload

// LeaderKinds are what a leader leads as. Leaders of the party committee and of
// the government lead the handling (领办), those of the conference supervise it
// (督办).
var LeaderKinds = []org.Code{{ID: "party", Title: "党委领导领办"}, {ID: "government", Title: "政府领导领办"}, {ID: "conference", Title: "政协领导督办"}}

// Key is a proposal that is or may become a key proposal.
type Key struct {
	Tenant, ID, Proposal           string
	Year                           int // that of the proposal
	State                          string
	Criteria                       proposal.List // codes that it meets
	Reason                         string
	RuleVersion                    int
	NominatedBy                    string
	NominatedAt                    db.Time
	OpinionsDue                    calendar.Date
	ConsultedAt                    db.Time
	DecidedOn                      calendar.Date // day of the chairs' meeting
	Decision                       string
	ApprovedAt, DeclinedAt         db.Time
	Leader, LeaderPost, LeaderKind string // person; post and kind as they were then
	Committee                      string
	Plan                           string
	PlanForms                      proposal.List
	PlanUntil, PlanSignedOn        calendar.Date
	PlanMethod                     string // "web", or "paper"
	Outcome, Report                string
	ReportedAt, ClosedAt           db.Time
	UpdatedAt                      db.Time
	Version                        int
}

const keyColumns = `k.tenant, k.id, k.proposal, k.year, k.state, k.criteria, k.reason, k.rule_version, k.nominated_by, k.nominated_at, k.opinions_due,
	k.consulted_at, k.decided_on, k.decision, k.approved_at, k.declined_at, k.leader, k.leader_post, k.leader_kind, k.committee, k.plan, k.plan_forms,
	k.plan_until, k.plan_signed_on, k.plan_method, k.outcome, k.report, k.reported_at, k.closed_at, k.updated_at, k.version`

func (k *Key) fields() []any {
	return []any{&k.Tenant, &k.ID, &k.Proposal, &k.Year, &k.State, &k.Criteria, &k.Reason, &k.RuleVersion, &k.NominatedBy, &k.NominatedAt, &k.OpinionsDue,
		&k.ConsultedAt, &k.DecidedOn, &k.Decision, &k.ApprovedAt, &k.DeclinedAt, &k.Leader, &k.LeaderPost, &k.LeaderKind, &k.Committee, &k.Plan, &k.PlanForms,
		&k.PlanUntil, &k.PlanSignedOn, &k.PlanMethod, &k.Outcome, &k.Report, &k.ReportedAt, &k.ClosedAt, &k.UpdatedAt, &k.Version}
}

func (k *Key) row() ledger.Row { return ledger.RowOf("key_proposal", "tenant", k.Tenant, "id", k.ID) }

// Approved reports whether the chairs' meeting made it a key proposal.
func (k *Key) Approved() bool { return !k.ApprovedAt.IsZero() }

func insert(tx *db.Tx, k *Key) error {
	_, err := tx.Exec(`INSERT INTO key_proposal (tenant, id, proposal, year, state, criteria, reason, rule_version, nominated_by, nominated_at, updated_at, version)
		VALUES (`+db.Marks(12)+`)`, k.Tenant, k.ID, k.Proposal, k.Year, k.State, k.Criteria.String(), k.Reason, k.RuleVersion, k.NominatedBy, k.NominatedAt, k.UpdatedAt, k.Version)
	return err
}

// update writes everything that may change and raises the version.
func update(tx *db.Tx, k *Key) error {
	k.UpdatedAt = db.At(tx.Now())
	err := db.Touch(tx.Exec(`UPDATE key_proposal SET state = $4, opinions_due = $5, consulted_at = $6, decided_on = $7, decision = $8, approved_at = $9,
		declined_at = $10, leader = $11, leader_post = $12, leader_kind = $13, committee = $14, plan = $15, plan_forms = $16, plan_until = $17,
		plan_signed_on = $18, plan_method = $19, outcome = $20, report = $21, reported_at = $22, closed_at = $23, updated_at = $24, version = version + 1
		WHERE tenant = $1 AND id = $2 AND version = $3`,
		k.Tenant, k.ID, k.Version, k.State, k.OpinionsDue, k.ConsultedAt, k.DecidedOn, k.Decision, k.ApprovedAt,
		k.DeclinedAt, k.Leader, k.LeaderPost, k.LeaderKind, k.Committee, k.Plan, k.PlanForms.String(), k.PlanUntil,
		k.PlanSignedOn, k.PlanMethod, k.Outcome, k.Report, k.ReportedAt, k.ClosedAt, k.UpdatedAt))
	if err == nil {
		k.Version++
	}
	return err
}

// Opinion is what a party or a committee was asked and said about a nomination.
type Opinion struct {
	Tenant, ID, Key, Body           string
	AskedAt                         db.Time
	Stance, Opinion, Person, Method string
	AnsweredAt                      db.Time
}

const opinionColumns = `tenant, id, key_proposal, body, asked_at, stance, opinion, person, method, answered_at`

func (o *Opinion) fields() []any {
	return []any{&o.Tenant, &o.ID, &o.Key, &o.Body, &o.AskedAt, &o.Stance, &o.Opinion, &o.Person, &o.Method, &o.AnsweredAt}
}

func (o *Opinion) row() ledger.Row {
	return ledger.RowOf("key_opinion", "tenant", o.Tenant, "id", o.ID)
}

func opinions(tx *db.Tx, tenant, key string) ([]*Opinion, error) {
	return db.All(tx, (*Opinion).fields, `SELECT `+opinionColumns+` FROM key_opinion WHERE tenant = $1 AND key_proposal = $2 ORDER BY asked_at, id`, tenant, key)
}

// Activity is one thing that was done under the plan.
type Activity struct {
	Tenant, ID, Key              string
	OnDate                       calendar.Date
	Form, Summary, Event, Person string
	At                           db.Time
}

const activityColumns = `tenant, id, key_proposal, on_date, form, summary, event, person, at`

func (x *Activity) fields() []any {
	return []any{&x.Tenant, &x.ID, &x.Key, &x.OnDate, &x.Form, &x.Summary, &x.Event, &x.Person, &x.At}
}

func (x *Activity) row() ledger.Row {
	return ledger.RowOf("key_activity", "tenant", x.Tenant, "id", x.ID)
}

func insertActivity(tx *db.Tx, x *Activity) error {
	_, err := tx.Exec(`INSERT INTO key_activity (`+activityColumns+`) VALUES (`+db.Marks(9)+`)`, x.Tenant, x.ID, x.Key, x.OnDate, x.Form, x.Summary, x.Event, x.Person, x.At)
	return err
}

func activities(tx *db.Tx, tenant, key string) ([]*Activity, error) {
	return db.All(tx, (*Activity).fields, `SELECT `+activityColumns+` FROM key_activity WHERE tenant = $1 AND key_proposal = $2 ORDER BY on_date, id`, tenant, key)
}

// Leader is somebody who may lead key proposals.
type Leader struct {
	Tenant, ID, Person, Post, Kind string
	Principal, Active              bool
	Version                        int
}

const leaderColumns = `tenant, id, person, post, kind, principal, active, version`

func (l *Leader) fields() []any {
	return []any{&l.Tenant, &l.ID, &l.Person, &l.Post, &l.Kind, &l.Principal, &l.Active, &l.Version}
}

func (l *Leader) row() ledger.Row {
	return ledger.RowOf("key_leader", "tenant", l.Tenant, "id", l.ID)
}

func leaders(tx *db.Tx, tenant string) ([]*Leader, error) {
	return db.All(tx, (*Leader).fields, `SELECT `+leaderColumns+` FROM key_leader WHERE tenant = $1 AND active ORDER BY CASE kind WHEN 'party' THEN 1 WHEN 'government' THEN 2 ELSE 3 END, id`, tenant)
}
