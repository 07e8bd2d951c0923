// Package proposal is the work on proposals (提案): from a member's draft over
// review, filing, dispatch, handling, reply and rating to the promise kept.
//
// Two lifecycles are linked: the case (one for each proposal, [Proposal]) and
// the assignment (one for each department and round, [Assignment]); their
// tables are in lifecycle.go. Every act goes through a method of [Service].
//
// It owns the tables collection_round, proposal and proposal_*, change_request,
// assignment and assignment_request, contact_record, reply, feedback, commitment.
// It deliberately does not select key proposals or publish anything.
package proposal

import (
	"embed"
	"encoding/json"
	"io/fs"
	"strings"

	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/ledger"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words is the English of the texts in this package.
//
//go:embed en.tsv
var Words []byte

// Kinds of proposal, by who stands behind it.
const (
	Individual = "individual" // 个人提案
	Joint      = "joint"      // 联名提案
	Collective = "collective" // 集体提案: a party, committee, sector or group
)

// Proposal is one case.
type Proposal struct {
	Tenant, ID  string
	Session     string // id of the session it belongs to
	Year        int    // the session's year, which figures count by
	SerialNo    int    // 流水号, given at submission; 0 before
	CaseNo      int    // 案号, given once at filing, gapless in its session; 0 before
	Kind        string
	Body        string // the proposing body of a collective proposal
	Interim     bool   // 平时提案 rather than 大会提案
	Channel     string // "paper" when entered on behalf, "import" when imported
	Title       string // 案由
	Situation   string
	Analysis    string
	Suggestions string
	Subject     string // code of the subject class
	Researched, SelfWritten,
	Relayed bool // declarations
	OpenChoice   string // "open", "summary" or "closed"
	OpenReason   string // required unless open
	UnitsWish    List   // departments that the proposer would ask
	ContactWish  string // code: how the proposer wants to be talked to
	Lead         string // person: the first proposer, or the drafter of a body
	State        string
	Stage        int // index of the review stage it is in
	Round        int // of handling; 0 before dispatch, 2 and more when handled again
	RuleVersion  int // of the rules that it began under
	Revision     int // how often it was submitted
	ReasonCode   string
	Disposition  string
	Outcome      string // code of the newest reply of its host
	Meaning      string // the canonical meaning of Outcome
	Satisfaction string // of the newest round: the lowest overall rating, or "no_response"
	DueOn        calendar.Date
	MergedInto   string // id of the case that it follows (并案)
	MergedAt     db.Time
	CreatedAt, SubmittedAt, FiledAt, DispatchedAt,
	RepliedAt, ClosedAt, ArchivedAt, UpdatedAt db.Time
	Version int
}

const proposalColumns = `p.tenant, p.id, p.session, p.year, p.serial_no, p.case_no, p.kind, p.body, p.interim, p.channel,
	p.title, p.situation, p.analysis, p.suggestions, p.subject, p.researched, p.self_written, p.relayed,
	p.open_choice, p.open_reason, p.units_wish, p.contact_wish, p.lead, p.state, p.stage, p.round, p.rule_version,
	p.revision, p.reason_code, p.disposition, p.outcome, p.meaning, p.satisfaction, p.due_on, p.created_at,
	p.submitted_at, p.filed_at, p.dispatched_at, p.replied_at, p.closed_at, p.archived_at, p.merged_into, p.merged_at, p.updated_at, p.version`

func (p *Proposal) fields() []any {
	return []any{&p.Tenant, &p.ID, &p.Session, &p.Year, &p.SerialNo, &p.CaseNo, &p.Kind, &p.Body, &p.Interim, &p.Channel,
		&p.Title, &p.Situation, &p.Analysis, &p.Suggestions, &p.Subject, &p.Researched, &p.SelfWritten, &p.Relayed,
		&p.OpenChoice, &p.OpenReason, &p.UnitsWish, &p.ContactWish, &p.Lead, &p.State, &p.Stage, &p.Round, &p.RuleVersion,
		&p.Revision, &p.ReasonCode, &p.Disposition, &p.Outcome, &p.Meaning, &p.Satisfaction, &p.DueOn, &p.CreatedAt,
		&p.SubmittedAt, &p.FiledAt, &p.DispatchedAt, &p.RepliedAt, &p.ClosedAt, &p.ArchivedAt, &p.MergedInto, &p.MergedAt, &p.UpdatedAt, &p.Version}
}

func (p *Proposal) row() ledger.Row {
	return ledger.RowOf("proposal", "tenant", p.Tenant, "id", p.ID)
}

// Filed reports whether the case was ever filed: only filed cases have a number.
func (p *Proposal) Filed() bool { return p.CaseNo > 0 }

// List is a list of ids kept in one text column.
type List []string

// Scan implements sql.Scanner.
func (l *List) Scan(v any) error {
	s, _ := v.(string)
	*l = nil
	if s != "" {
		*l = strings.Split(s, ",")
	}
	return nil
}

func (l List) String() string { return strings.Join(l, ",") }

// Party is one person behind a proposal.
type Party struct {
	Tenant, Proposal, Person string
	Role                     string // "lead", "cosigner", "drafter"
	State                    string // "chosen" (not yet asked), "invited", "confirmed", "refused", "dropped"
	Position                 int
	InvitedAt, DecidedAt     db.Time
	Method                   string // "web", or "paper" when confirmed on a signed sheet
}

const partyColumns = `tenant, proposal, person, role, state, position, invited_at, decided_at, method`

func (p *Party) fields() []any {
	return []any{&p.Tenant, &p.Proposal, &p.Person, &p.Role, &p.State, &p.Position, &p.InvitedAt, &p.DecidedAt, &p.Method}
}

func (p *Party) row() ledger.Row {
	return ledger.RowOf("proposal_party", "tenant", p.Tenant, "proposal", p.Proposal, "person", p.Person)
}

// Standing reports whether the person stands behind the proposal now.
func (p *Party) Standing() bool { return p.Role == "lead" || p.State == "confirmed" }

// Review is one verdict of one reviewer in one stage.
type Review struct {
	Tenant, ID, Proposal, Stage, Reviewer string
	Verdict                               string // the action: pass, file, decline, return
	ReasonCode, Disposition               string
	Score                                 int // of quality, 1–5; 0 when none was given
	Note                                  string
	Units                                 List // departments that the reviewer would ask
	At                                    db.Time
}

const reviewColumns = `tenant, id, proposal, stage, reviewer, verdict, reason_code, disposition, score, note, units, at`

func (r *Review) fields() []any {
	return []any{&r.Tenant, &r.ID, &r.Proposal, &r.Stage, &r.Reviewer, &r.Verdict, &r.ReasonCode, &r.Disposition, &r.Score, &r.Note, &r.Units, &r.At}
}

func (r *Review) row() ledger.Row {
	return ledger.RowOf("proposal_review", "tenant", r.Tenant, "id", r.ID)
}

// Roles of a department in a round.
const (
	Sole      = "sole"       // 独办
	Host      = "host"       // 主办
	CoHandler = "co_handler" // 会办
	Split     = "split"      // 分办
)

// Assignment is the work of one department in one round.
type Assignment struct {
	Tenant, ID, Proposal        string
	Round                       int
	Unit                        string // body id of the department
	Role                        string
	State                       string
	Note                        string // the dispatcher's words
	RuleVersion                 int
	DueOn                       calendar.Date
	IssuedBy                    string
	IssuedAt, SignedAt, EndedAt db.Time
	Version                     int
}

const assignmentColumns = `a.tenant, a.id, a.proposal, a.round, a.unit, a.role, a.state, a.note, a.rule_version, a.due_on, a.issued_by, a.issued_at, a.signed_at, a.ended_at, a.version`

func (a *Assignment) fields() []any {
	return []any{&a.Tenant, &a.ID, &a.Proposal, &a.Round, &a.Unit, &a.Role, &a.State, &a.Note, &a.RuleVersion, &a.DueOn, &a.IssuedBy, &a.IssuedAt, &a.SignedAt, &a.EndedAt, &a.Version}
}

func (a *Assignment) row() ledger.Row {
	return ledger.RowOf("assignment", "tenant", a.Tenant, "id", a.ID)
}

// Answers reports whether this department answers the proposers itself; a
// co-handler answers the host only.
func (a *Assignment) Answers() bool { return a.Role != CoHandler }

// Open reports whether the department still has something to do.
func (a *Assignment) Open() bool {
	return !AssignmentFlow.State(a.State).Final
}

// Request is what a department asks of the dispatch office.
type Request struct {
	Tenant, ID, Proposal, Assignment string
	Kind                             string // "return", "extension", "add_unit"
	State                            string // "open", "granted", "refused"
	Reason                           string
	Unit                             string // the department suggested instead or in addition
	AskedBy                          string
	AskedAt                          db.Time
	DecidedBy                        string
	DecidedAt                        db.Time
	Answer                           string
}

const requestColumns = `tenant, id, proposal, assignment, kind, state, reason, unit, asked_by, asked_at, decided_by, decided_at, answer`

func (r *Request) fields() []any {
	return []any{&r.Tenant, &r.ID, &r.Proposal, &r.Assignment, &r.Kind, &r.State, &r.Reason, &r.Unit, &r.AskedBy, &r.AskedAt, &r.DecidedBy, &r.DecidedAt, &r.Answer}
}

func (r *Request) row() ledger.Row {
	return ledger.RowOf("assignment_request", "tenant", r.Tenant, "id", r.ID)
}

// Contact is one talk of a department with the proposers (沟通记录).
type Contact struct {
	Tenant, ID, Proposal, Assignment string
	Kind                             string // code: consult_in_person, visit, forum, phone
	OnDate                           calendar.Date
	People, Summary                  string
	Person                           string // who wrote it down
	At                               db.Time
}

const contactColumns = `tenant, id, proposal, assignment, kind, on_date, people, summary, person, at`

func (c *Contact) fields() []any {
	return []any{&c.Tenant, &c.ID, &c.Proposal, &c.Assignment, &c.Kind, &c.OnDate, &c.People, &c.Summary, &c.Person, &c.At}
}

func (c *Contact) row() ledger.Row {
	return ledger.RowOf("contact_record", "tenant", c.Tenant, "id", c.ID)
}

// Reply is a department's answer: the reply (复文) to the proposers, or a
// co-handler's opinion (会办意见) to the host.
type Reply struct {
	Tenant, ID, Proposal, Assignment string
	Round                            int
	Kind                             string // "reply" or "opinion"
	State                            string // "draft", "signed_off", "delivered"
	DocNo                            string // 文号
	Outcome                          string // code of the outcome class
	Meaning                          string // its canonical meaning
	Disclosure                       string // code
	Body                             string
	ContactName, ContactPhone        string
	ContactWaiver                    string // why there was no talk
	OpinionWaiver                    string // why a co-handler's opinion was not waited for
	Signer                           string
	SignedAt                         db.Time
	CheckedBy                        string
	DeliveredAt, UpdatedAt           db.Time
	Version                          int
}

const replyColumns = `tenant, id, proposal, assignment, round, kind, state, doc_no, outcome, meaning, disclosure, body, contact_name, contact_phone, contact_waiver, opinion_waiver, signer, signed_at, checked_by, delivered_at, updated_at, version`

func (r *Reply) fields() []any {
	return []any{&r.Tenant, &r.ID, &r.Proposal, &r.Assignment, &r.Round, &r.Kind, &r.State, &r.DocNo, &r.Outcome, &r.Meaning, &r.Disclosure, &r.Body, &r.ContactName, &r.ContactPhone, &r.ContactWaiver, &r.OpinionWaiver, &r.Signer, &r.SignedAt, &r.CheckedBy, &r.DeliveredAt, &r.UpdatedAt, &r.Version}
}

func (r *Reply) row() ledger.Row {
	return ledger.RowOf("reply", "tenant", r.Tenant, "id", r.ID)
}

// Feedback is one proposer's rating of one round.
type Feedback struct {
	Tenant, ID, Proposal string
	Round                int
	Person               string
	Overall              string // "satisfied", "basically", "unsatisfied"
	Scores               Scores // by dimension, in the same words
	Comment              string
	Contacted            bool   // the proposer confirms that they were talked to
	Channel              string // "web", or "paper" entered by the office with a scan
	Account, Device      string
	Network              string
	Alarm                string // why this rating deserves a look; empty if it does not
	At                   db.Time
	Current              bool
	Supersedes, Reason   string // the rating that this one replaces, and why
}

// Scores are ratings by dimension.
type Scores map[string]string

// Scan implements sql.Scanner.
func (s *Scores) Scan(v any) error {
	text, _ := v.(string)
	*s = nil
	return json.Unmarshal([]byte(text), s)
}

func (s Scores) String() string {
	if len(s) == 0 {
		return "{}"
	}
	b, _ := json.Marshal(s) // a map of strings always marshals, keys sorted
	return string(b)
}

const feedbackColumns = `tenant, id, proposal, round, person, overall, scores, comment, contacted, channel, account, device, network, alarm, at, current, supersedes, reason`

func (f *Feedback) fields() []any {
	return []any{&f.Tenant, &f.ID, &f.Proposal, &f.Round, &f.Person, &f.Overall, &f.Scores, &f.Comment, &f.Contacted, &f.Channel, &f.Account, &f.Device, &f.Network, &f.Alarm, &f.At, &f.Current, &f.Supersedes, &f.Reason}
}

func (f *Feedback) row() ledger.Row {
	return ledger.RowOf("feedback", "tenant", f.Tenant, "id", f.ID)
}

// Commitment is something that a reply promises, followed until it is done.
type Commitment struct {
	Tenant, ID, Proposal, Assignment, Unit string
	Text                                   string
	DueOn                                  calendar.Date
	State                                  string // "planned" until the reply is delivered, "open", "reported", "done"
	Evidence                               string
	ReportedAt                             db.Time
	Answer                                 string
	ConfirmedBy                            string
	ConfirmedAt                            db.Time
	Version                                int
}

const commitmentColumns = `tenant, id, proposal, assignment, unit, text, due_on, state, evidence, reported_at, answer, confirmed_by, confirmed_at, version`

func (c *Commitment) fields() []any {
	return []any{&c.Tenant, &c.ID, &c.Proposal, &c.Assignment, &c.Unit, &c.Text, &c.DueOn, &c.State, &c.Evidence, &c.ReportedAt, &c.Answer, &c.ConfirmedBy, &c.ConfirmedAt, &c.Version}
}

func (c *Commitment) row() ledger.Row {
	return ledger.RowOf("commitment", "tenant", c.Tenant, "id", c.ID)
}

// File is a document that belongs to a case, readable by who may read the case.
type File struct {
	Tenant, ID, Proposal, Assignment string
	Purpose                          string // "attachment", "scan", "reply", "evidence"
	Name, Kind                       string
	Size                             int64
	SHA256                           string
	Person                           string
	At                               db.Time
	Removed                          bool
}

const fileColumns = `tenant, id, proposal, assignment, purpose, name, kind, size, sha256, person, at, removed`

func (f *File) fields() []any {
	return []any{&f.Tenant, &f.ID, &f.Proposal, &f.Assignment, &f.Purpose, &f.Name, &f.Kind, &f.Size, &f.SHA256, &f.Person, &f.At, &f.Removed}
}

func (f *File) row() ledger.Row {
	return ledger.RowOf("proposal_file", "tenant", f.Tenant, "id", f.ID)
}

// Round is a call for proposals (征集).
type Round struct {
	Tenant, ID, Session string
	Title               string
	OpensOn, ClosesOn   calendar.Date
	Topics              string // reference topics, one a line
	Version             int
}

const roundColumns = `tenant, id, session, title, opens_on, closes_on, topics, version`

func (r *Round) fields() []any {
	return []any{&r.Tenant, &r.ID, &r.Session, &r.Title, &r.OpensOn, &r.ClosesOn, &r.Topics, &r.Version}
}

func (r *Round) row() ledger.Row {
	return ledger.RowOf("collection_round", "tenant", r.Tenant, "id", r.ID)
}
