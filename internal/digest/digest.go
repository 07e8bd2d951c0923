// Package digest makes digests (摘报) of proposals for those who decide: written
// from one or several proposals, approved, numbered without gaps, sent to leaders,
// whose instructions (批示) are recorded with their date and scan and followed up.
//
// Main types: [Service], [Digest], [Instruction]; the lifecycle is [Flow]. What
// was sent is never changed.
//
// It owns the tables digest and digest_*, and reads proposal. It deliberately
// tells the history of a case that it was digested and that an instruction came,
// not what the instruction says: that is for the leader, the office and the
// department that has to follow it up.
package digest

import (
	"embed"
	"io/fs"

	"shangliang/internal/attachment"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/flow"
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

// Object is what files, notices and entries of a digest belong to.
const Object = "digest"

// Service is the only door to digests. Each method checks permission, opens its
// transaction and writes the ledger; it is safe for concurrent use.
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

// Case is a proposal in a line; Upload a file that somebody adds.
type (
	Case   = proposal.Brief
	Upload = attachment.Upload
)

// Rules are the settings of this package with their defaults.
var Rules = []rule.Definition{
	{ID: "digest.max_length", Title: "摘报正文字数上限", Group: "提案摘报", Kind: rule.Int, Default: "1500", Min: 200, Max: 10000, Help: "供领导参阅，宜短"},
	{ID: "digest.max_cases", Title: "一期摘报最多几件提案", Group: "提案摘报", Kind: rule.Int, Default: "10", Min: 1, Max: 100},
	{ID: "digest.follow", Title: "批示落实时限", Group: "提案摘报", Kind: rule.Term, Default: "1m", Min: 1, Max: 365, Help: "没有另定日期时，自登记之日起"},
}

// Notices are the kinds of notice about digests.
var Notices = []notify.Kind{
	{ID: "digest.approve", Name: "摘报待报送", Title: "摘报《{title}》已审签，等待报送"},
	{ID: "digest.send", Name: "提案摘报", Title: "报送您：提案摘报{year}年第{no}期《{title}》", Mail: true},
	{ID: "digest.instruct", Name: "领导批示", Title: "{leader}对提案摘报《{title}》作出批示"},
	{ID: "digest.follow", Name: "批示落实", Title: "请在{due}前落实对《{title}》的批示", Mail: true},
	{ID: "digest.report", Name: "批示落实", Title: "{actor}报告了批示的落实情况"},
	{ID: "digest.refuse", Name: "批示落实", Title: "对《{title}》的批示还没有落实", Body: "{reason}", Mail: true},
	{ID: "digest.accept", Name: "批示落实", Title: "对《{title}》的批示已核实落实"},
}

// Permissions of this package. A leader reaches the digests that they were sent, a
// department those whose instructions it has to follow up.
var Permissions = []org.Permission{
	{ID: "digest.read", Title: "查看提案摘报", Roles: []string{"clerk", "review_chair"}},
	{ID: "digest.manage", Title: "编写报送提案摘报", Roles: []string{"clerk"}},
	{ID: "digest.approve", Title: "审签提案摘报", Roles: []string{"review_chair"}},
	{ID: "digest.instruct", Title: "登记批示", Roles: []string{"clerk", "leader"}},
	{ID: "digest.report", Title: "报告批示落实情况", Roles: []string{"unit_clerk", "unit_officer", "unit_leader"}},
}

// States of a digest.
const (
	Draft     = "draft"
	Approved  = "approved"
	Sent      = "sent"
	Discarded = "discarded"
)

// Flow is the lifecycle of a digest.
var Flow = flow.Machine{
	Name: "digest", Title: "提案摘报", Initial: Draft,
	States: []flow.State{
		{ID: Draft, Title: "拟稿", Stage: "拟稿"},
		{ID: Approved, Title: "已审签", Stage: "审签"},
		{ID: Sent, Title: "已报送", Stage: "报送", Final: true},
		{ID: Discarded, Title: "已作废", Final: true},
	},
	Steps: []flow.Step{
		{Action: "approve", Title: "审签", Says: "不再修改，等待报送", From: []string{Draft}, To: Approved, Permission: "digest.approve", Guards: []string{"addressed"}},
		{Action: "send_back", Title: "退回修改", Says: "回到拟稿", From: []string{Approved}, To: Draft, Permission: "digest.approve"},
		{Action: "send", Title: "报送", Says: "编定期号，送达每位领导，不能再改", From: []string{Approved}, To: Sent, Permission: "digest.manage"},
		{Action: "discard", Title: "作废", Says: "不再报送，不占期号", From: []string{Draft, Approved}, To: Discarded, Permission: "digest.manage", Danger: true},
	},
}

// InstructFields are what is recorded of an instruction.
var InstructFields = []flow.Field{
	{Name: "person", Label: "批示的领导", Kind: "choice", Required: true},
	{Name: "on", Label: "批示日期", Kind: "date", Required: true},
	{Name: "text", Label: "批示内容", Kind: "area", Required: true, Max: 2000},
	{Name: "unit", Label: "落实单位", Kind: "choice", Help: "需要落实的，选择单位；平台会计时和提醒"},
	{Name: "due_on", Label: "落实期限", Kind: "date", Help: "不填的按规则计算"},
}

// Digest is one issue.
type Digest struct {
	Tenant, ID           string
	Year, No, WorkYear   int
	Session, Title, Body string
	State                string
	RuleVersion          int
	CreatedBy            string
	CreatedAt            db.Time
	ApprovedBy           string
	ApprovedAt           db.Time
	SentOn               calendar.Date
	SentAt, UpdatedAt    db.Time
	Version              int
}

const digestColumns = `d.tenant, d.id, d.year, d.no, d.work_year, d.session, d.title, d.body, d.state, d.rule_version, d.created_by, d.created_at, d.approved_by, d.approved_at, d.sent_on, d.sent_at, d.updated_at, d.version`

func (d *Digest) fields() []any {
	return []any{&d.Tenant, &d.ID, &d.Year, &d.No, &d.WorkYear, &d.Session, &d.Title, &d.Body, &d.State, &d.RuleVersion, &d.CreatedBy, &d.CreatedAt, &d.ApprovedBy, &d.ApprovedAt, &d.SentOn, &d.SentAt, &d.UpdatedAt, &d.Version}
}

func (d *Digest) row() ledger.Row { return ledger.RowOf("digest", "tenant", d.Tenant, "id", d.ID) }

func insert(tx *db.Tx, d *Digest) error {
	_, err := tx.Exec(`INSERT INTO digest (tenant, id, title, body, state, rule_version, created_by, created_at, updated_at, version) VALUES (`+db.Marks(10)+`)`,
		d.Tenant, d.ID, d.Title, d.Body, d.State, d.RuleVersion, d.CreatedBy, d.CreatedAt, d.UpdatedAt, d.Version)
	return err
}

// update writes a digest; one that was sent is never written again.
func update(tx *db.Tx, d *Digest) error {
	d.UpdatedAt = db.At(tx.Now())
	err := db.Touch(tx.Exec(`UPDATE digest SET year = $4, no = $5, work_year = $6, session = $7, title = $8, body = $9, state = $10, approved_by = $11, approved_at = $12,
		sent_on = $13, sent_at = $14, updated_at = $15, version = version + 1 WHERE tenant = $1 AND id = $2 AND version = $3 AND state <> 'sent'`,
		d.Tenant, d.ID, d.Version, d.Year, d.No, d.WorkYear, d.Session, d.Title, d.Body, d.State, d.ApprovedBy, d.ApprovedAt, d.SentOn, d.SentAt, d.UpdatedAt))
	if err == nil {
		d.Version++
	}
	return err
}

// next takes the next number of a year.
func next(tx *db.Tx, tenant string, year int) (n int, err error) {
	err = tx.Get(`INSERT INTO digest_counter (tenant, year, n) VALUES ($1, $2, 1) ON CONFLICT (tenant, year) DO UPDATE SET n = digest_counter.n + 1 RETURNING n`, []any{tenant, year}, &n)
	return n, err
}

// Instruction is what a leader wrote back, and what follows from it.
type Instruction struct {
	Tenant, ID, Digest, Person string
	OnDate                     calendar.Date
	Text, Method, File         string
	RecordedBy                 string
	RecordedAt                 db.Time
	Unit                       string
	DueOn                      calendar.Date
	State                      string // "" when nothing is to be followed up, "open", "reported", "done"
	Report                     string
	ReportedAt                 db.Time
	Answer                     string
	DoneAt                     db.Time
	Version                    int
}

const instructionColumns = `i.tenant, i.id, i.digest, i.person, i.on_date, i.text, i.method, i.file, i.recorded_by, i.recorded_at, i.unit, i.due_on, i.state, i.report, i.reported_at, i.answer, i.done_at, i.version`

func (i *Instruction) fields() []any {
	return []any{&i.Tenant, &i.ID, &i.Digest, &i.Person, &i.OnDate, &i.Text, &i.Method, &i.File, &i.RecordedBy, &i.RecordedAt, &i.Unit, &i.DueOn, &i.State, &i.Report, &i.ReportedAt, &i.Answer, &i.DoneAt, &i.Version}
}

func (i *Instruction) row() ledger.Row {
	return ledger.RowOf("digest_instruction", "tenant", i.Tenant, "id", i.ID)
}

func instructions(tx *db.Tx, tenant, digest string) ([]*Instruction, error) {
	return db.All(tx, (*Instruction).fields, `SELECT `+instructionColumns+` FROM digest_instruction i WHERE i.tenant = $1 AND i.digest = $2 ORDER BY i.on_date, i.id`, tenant, digest)
}
