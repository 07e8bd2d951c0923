// Package supervision is what is held to press or to talk over the handling of
// proposals: supervision meetings (督办会), collective supervision (集体督办),
// briefings (通报会), consultations (协商会) and visits to departments (走访督导).
//
// An event is scheduled with its proposals, departments and people, held, and its
// results are carried back into the history of each case; tasks that follow from
// it have an owner, a day and a clock. A visit freezes what the department had
// open on its day. Main types: [Service], [Event], [Task]; the lifecycle is
// [Flow]; which types there are, and which figure each feeds, is a rule.
//
// It owns the tables supervision_*, and reads proposal, assignment and body. It
// deliberately changes nothing of a case or a key proposal but their histories.
package supervision

import (
	"embed"
	"io/fs"

	"shangliang/internal/attachment"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/flow"
	"shangliang/internal/keyproposal"
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

// Object is what files, notices and entries of an event belong to.
const Object = "supervision_event"

// Service is the only door to events. Each method checks permission, opens its
// transaction and writes the ledger; it is safe for concurrent use.
type Service struct {
	db      *db.DB
	rules   *rule.Rules
	clocks  *clock.Clocks
	notices *notify.Notifier
	files   *attachment.Store
	keys    *keyproposal.Service
}

// New makes the service; what is held about a key proposal goes into its log.
func New(d *db.DB, rules *rule.Rules, clocks *clock.Clocks, notices *notify.Notifier, files *attachment.Store, keys *keyproposal.Service) *Service {
	return &Service{db: d, rules: rules, clocks: clocks, notices: notices, files: files, keys: keys}
}

// Case is a proposal in a line; Upload a file that somebody adds.
type (
	Case   = proposal.Brief
	Upload = attachment.Upload
)

// What types of event mean everywhere.
const (
	Meeting      = "meeting"
	Collective   = "collective"
	Briefing     = "briefing"
	Consultation = "consultation"
	Visit        = "visit"
)

// Meanings are all of them: the figures that types feed.
var Meanings = rule.Codes{{Key: Meeting, Label: "督办会"}, {Key: Collective, Label: "集体督办"}, {Key: Briefing, Label: "通报会"}, {Key: Consultation, Label: "协商会"}, {Key: Visit, Label: "走访督导"}}

// Rules are the settings of this package with their defaults.
var Rules = []rule.Definition{
	{ID: "supervision.types", Title: "督办活动的种类", Group: "督办活动", Kind: rule.CodeSet, Default: rule.Codes{
		{Key: "meeting", Label: "提案督办会", Canonical: Meeting}, {Key: "collective", Label: "集体督办", Canonical: Collective}, {Key: "briefing", Label: "提案办理情况通报会", Canonical: Briefing},
		{Key: "consultation", Label: "提案协商会", Canonical: Consultation}, {Key: "visit", Label: "走访督导承办单位", Canonical: Visit}}.String(),
		Canonicals: Meanings, Help: "每种对应一个统一含义，按它计入统计指标", Source: "各地年度报告中的督办会、集体督办、通报会、协商会、走访督导"},
	{ID: "supervision.task", Title: "跟踪事项时限", Group: "督办活动", Kind: rule.Term, Default: "30d", Min: 1, Max: 365, Help: "没有另定日期时，自布置之日起"},
}

// Notices are the kinds of notice about events.
var Notices = []notify.Kind{
	{ID: "supervision.schedule", Name: "督办活动安排", Title: "{on}举行：{title}", Body: "{place}", Mail: true},
	{ID: "supervision.cancel", Name: "督办活动取消", Title: "取消：{title}", Body: "{reason}", Mail: true},
	{ID: "supervision.hold", Name: "督办活动结果", Title: "《{case}》：{title}有了结果"},
	{ID: "supervision.task", Name: "督办跟踪事项", Title: "{title}布置了跟踪事项，请在{due}前完成", Body: "{text}", Mail: true},
	{ID: "supervision.report", Name: "督办跟踪事项", Title: "{actor}报告了跟踪事项的完成情况"},
	{ID: "supervision.refuse", Name: "督办跟踪事项", Title: "跟踪事项还没有完成", Body: "{reason}", Mail: true},
	{ID: "supervision.accept", Name: "督办跟踪事项", Title: "跟踪事项已核实完成"},
}

// Permissions of this package. A department reaches the events that it takes part
// in, a person those that they were invited to.
var Permissions = []org.Permission{
	{ID: "supervision.read", Title: "查看督办活动", Roles: []string{"clerk", "reviewer", "review_chair", "dispatcher", "leader"}},
	{ID: "supervision.manage", Title: "组织督办活动", Roles: []string{"clerk"}},
	{ID: "supervision.report", Title: "报告跟踪事项", Roles: []string{"clerk", "unit_clerk", "unit_officer", "unit_leader", "leader", "collective", "member"}},
}

// States of an event.
const (
	Planned   = "planned"
	Held      = "held"
	Closed    = "closed"
	Cancelled = "cancelled"
)

// Flow is the lifecycle of an event.
var Flow = flow.Machine{
	Name: "supervision", Title: "督办活动", Initial: Planned,
	States: []flow.State{
		{ID: Planned, Title: "已安排", Stage: "安排"},
		{ID: Held, Title: "已举行", Stage: "举行"},
		{ID: Closed, Title: "已办结", Stage: "办结", Final: true},
		{ID: Cancelled, Title: "已取消", Final: true},
	},
	Steps: []flow.Step{
		{Action: "hold", Title: "登记结果", Says: "写入每件提案的经过，并通知提案人和承办单位", From: []string{Planned}, To: Held, Permission: "supervision.manage", Guards: []string{"day_came"}},
		{Action: "correct", Title: "更正结果", Says: "更正登记时的错误，更正后的结果写入每件提案的经过", From: []string{Held}, To: Held, Permission: "supervision.manage"},
		{Action: "assign", Title: "布置跟踪事项", Says: "通知责任单位或责任人，期限开始计算", From: []string{Held}, To: Held, Permission: "supervision.manage"},
		{Action: "close", Title: "办结", Says: "跟踪事项都已完成", From: []string{Held}, To: Closed, Permission: "supervision.manage", Guards: []string{"followed"}},
		{Action: "cancel", Title: "取消", Says: "通知参加人和承办单位", From: []string{Planned}, To: Cancelled, Permission: "supervision.manage", Danger: true},
	},
}

var results = []flow.Field{
	{Name: "issues", Label: "反映的问题", Kind: "area", Max: 5000},
	{Name: "conclusions", Label: "议定事项（结果）", Kind: "area", Required: true, Max: 5000, Help: "会写入每件提案的经过，提案人和承办单位看得到"},
	{Name: "guests", Label: "实际参加人", Kind: "text", Max: 500},
}

// Fields are what each step takes; a step that is not here takes nothing.
var Fields = map[string][]flow.Field{
	"hold":    results,
	"correct": results,
	"assign": {
		{Name: "text", Label: "事项", Kind: "area", Required: true, Max: 1000},
		{Name: "unit", Label: "责任单位", Kind: "choice"},
		{Name: "person", Label: "或责任人", Kind: "choice", Help: "单位和个人选一个"},
		{Name: "proposal", Label: "有关提案", Kind: "choice", Help: "不选的，与本次活动的各件提案都有关"},
		{Name: "due_on", Label: "完成日期", Kind: "date", Help: "不填的按规则计算"}},
	"cancel": {{Name: "reason", Label: "取消理由", Kind: "area", Required: true, Max: 1000}},
}

// Event is one of them.
type Event struct {
	Tenant, ID, Type, Meaning   string
	Year                        int
	Session, Title, State       string
	OnDate                      calendar.Date
	Place, Leader, Committee    string
	Agenda, Guests              string
	Issues, Conclusions, Reason string
	RuleVersion                 int
	CreatedBy                   string
	CreatedAt, HeldAt           db.Time
	UpdatedAt                   db.Time
	Version                     int
}

const eventColumns = `e.tenant, e.id, e.type, e.meaning, e.year, e.session, e.title, e.state, e.on_date, e.place, e.leader, e.committee, e.agenda, e.guests,
	e.issues, e.conclusions, e.reason, e.rule_version, e.created_by, e.created_at, e.held_at, e.updated_at, e.version`

func (e *Event) fields() []any {
	return []any{&e.Tenant, &e.ID, &e.Type, &e.Meaning, &e.Year, &e.Session, &e.Title, &e.State, &e.OnDate, &e.Place, &e.Leader, &e.Committee, &e.Agenda, &e.Guests,
		&e.Issues, &e.Conclusions, &e.Reason, &e.RuleVersion, &e.CreatedBy, &e.CreatedAt, &e.HeldAt, &e.UpdatedAt, &e.Version}
}

func (e *Event) row() ledger.Row {
	return ledger.RowOf("supervision_event", "tenant", e.Tenant, "id", e.ID)
}

func insert(tx *db.Tx, e *Event) error {
	_, err := tx.Exec(`INSERT INTO supervision_event (tenant, id, type, meaning, year, session, title, state, on_date, place, leader, committee, agenda, guests,
		rule_version, created_by, created_at, updated_at, version) VALUES (`+db.Marks(19)+`)`,
		e.Tenant, e.ID, e.Type, e.Meaning, e.Year, e.Session, e.Title, e.State, e.OnDate, e.Place, e.Leader, e.Committee, e.Agenda, e.Guests,
		e.RuleVersion, e.CreatedBy, e.CreatedAt, e.UpdatedAt, e.Version)
	return err
}

func update(tx *db.Tx, e *Event) error {
	e.UpdatedAt = db.At(tx.Now())
	err := db.Touch(tx.Exec(`UPDATE supervision_event SET type = $4, meaning = $5, year = $6, session = $7, title = $8, state = $9, on_date = $10, place = $11, leader = $12,
		committee = $13, agenda = $14, guests = $15, issues = $16, conclusions = $17, reason = $18, held_at = $19, updated_at = $20, version = version + 1
		WHERE tenant = $1 AND id = $2 AND version = $3`,
		e.Tenant, e.ID, e.Version, e.Type, e.Meaning, e.Year, e.Session, e.Title, e.State, e.OnDate, e.Place, e.Leader,
		e.Committee, e.Agenda, e.Guests, e.Issues, e.Conclusions, e.Reason, e.HeldAt, e.UpdatedAt))
	if err == nil {
		e.Version++
	}
	return err
}

// Open is what a visited department still had to answer on the day of the visit.
type Open struct {
	Tenant, Event, Unit, Proposal string
	CaseNo                        int
	Title, Role                   string
	DueOn                         calendar.Date
	Overdue                       bool
}

const openColumns = `tenant, event, unit, proposal, case_no, title, role, due_on, overdue`

func (o *Open) fields() []any {
	return []any{&o.Tenant, &o.Event, &o.Unit, &o.Proposal, &o.CaseNo, &o.Title, &o.Role, &o.DueOn, &o.Overdue}
}

// Task is what somebody has to do after an event.
type Task struct {
	Tenant, ID, Event, Proposal, Unit, Person, Text string
	DueOn                                           calendar.Date
	CreatedAt                                       db.Time
	State                                           string // "open", "reported", "done"
	Report                                          string
	ReportedAt                                      db.Time
	Answer, DecidedBy                               string
	DecidedAt                                       db.Time
	Version                                         int
}

const taskColumns = `t.tenant, t.id, t.event, t.proposal, t.unit, t.person, t.text, t.due_on, t.created_at, t.state, t.report, t.reported_at, t.answer, t.decided_by, t.decided_at, t.version`

func (t *Task) fields() []any {
	return []any{&t.Tenant, &t.ID, &t.Event, &t.Proposal, &t.Unit, &t.Person, &t.Text, &t.DueOn, &t.CreatedAt, &t.State, &t.Report, &t.ReportedAt, &t.Answer, &t.DecidedBy, &t.DecidedAt, &t.Version}
}

func (t *Task) row() ledger.Row {
	return ledger.RowOf("supervision_task", "tenant", t.Tenant, "id", t.ID)
}

func tasks(tx *db.Tx, tenant, event string) ([]*Task, error) {
	return db.All(tx, (*Task).fields, `SELECT `+taskColumns+` FROM supervision_task t WHERE t.tenant = $1 AND t.event = $2 ORDER BY t.due_on, t.id`, tenant, event)
}
