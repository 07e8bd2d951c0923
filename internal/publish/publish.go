// Package publish decides what of a handled proposal the public may read, makes
// the copy that it reads, and takes in what it has to say.
//
// The office prepares a [Plan] for each case, part by part, and marks what must
// not be read; somebody else decides ([Service.Do], lifecycle.go). What is decided
// is written down once as an edition: text without what was marked, with its
// digest. Before it becomes public it is read back and searched for everything
// that was left out ([Scan]). The public ([Public]) reads the tables open_* and
// nothing else: a case is in them or it is not. When an original changes
// afterwards the case is flagged ([Service.Watch]); the copy stays as it is.
//
// Main types: [Service], [Disclosure], [Plan], [Mark], [Copy], [Comment],
// [Public]. It owns the tables disclosure, disclosure_edition and open_*. It
// deliberately serves no original file: of an attachment a copy of its text can be
// public, of a picture or PDF a copy that shows the same and carries nothing else
// ([Whole]).
package publish

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
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

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Modes of a part.
const (
	Full    = "full"    // as it is, but for what is marked
	Summary = "summary" // a summary in its place
	Closed  = "closed"  // not at all
)

// Choice is what shall become of one part of a case.
type Choice struct {
	Mode    string `json:"mode"`
	Reason  string `json:"reason,omitempty"`  // code: why it is not published in full
	Summary string `json:"summary,omitempty"` // the text in its place
}

// Open reports whether something of the part is published.
func (c Choice) Open() bool { return c.Mode == Full || c.Mode == Summary }

// Plan says for each part what shall become of it, by the part's key.
type Plan map[string]Choice

// Mark is a text that somebody or a rule found: removed wherever it stands, or
// kept because it may be read.
type Mark struct {
	Text string `json:"text"`
	Code string `json:"code"`           // why, a code of publish.redactions
	Keep bool   `json:"keep,omitempty"` // stays readable
	Hand bool   `json:"hand,omitempty"` // found by a person, not by a rule
}

// Disclosure is the decision about one case.
type Disclosure struct {
	Tenant, Proposal       string
	Year, CaseNo           int
	State                  string
	Plan                   Plan
	Marks                  []Mark
	Source                 map[string]string // digest of each original by part
	Reason                 string
	PreparedBy             string
	PreparedAt             db.Time
	DecidedBy              string
	DecidedAt              db.Time
	PublishOn              calendar.Date
	Editions, Live         int
	Code                   string
	PublishedAt, Withdrawn db.Time
	Changed                []string // parts whose original changed since
	Version                int
}

const disclosureColumns = `tenant, proposal, year, case_no, state, plan, marks, source, reason, prepared_by, prepared_at, decided_by, decided_at,
	publish_on, editions, live, code, published_at, withdrawn_at, changed, version`

func (d *Disclosure) fields() []any {
	return []any{&d.Tenant, &d.Proposal, &d.Year, &d.CaseNo, &d.State, jsonText{&d.Plan}, jsonText{&d.Marks}, jsonText{&d.Source}, &d.Reason,
		&d.PreparedBy, &d.PreparedAt, &d.DecidedBy, &d.DecidedAt, &d.PublishOn, &d.Editions, &d.Live, &d.Code, &d.PublishedAt, &d.Withdrawn,
		jsonText{&d.Changed}, &d.Version}
}

func (d *Disclosure) row() ledger.Row {
	return ledger.RowOf("disclosure", "tenant", d.Tenant, "proposal", d.Proposal)
}

func (d *Disclosure) caseRow() ledger.Row {
	return ledger.RowOf("open_case", "tenant", d.Tenant, "code", d.Code)
}

// Edition is what was decided to be public, exactly.
type Edition struct {
	N                     int
	Body, SHA256          string
	Plan                  Plan
	Marks                 []Mark
	Source                map[string]string
	PreparedBy, DecidedBy string
	MadeAt                db.Time
}

const editionColumns = `n, body, sha256, plan, marks, source, prepared_by, decided_by, made_at`

func (e *Edition) fields() []any {
	return []any{&e.N, &e.Body, &e.SHA256, jsonText{&e.Plan}, jsonText{&e.Marks}, jsonText{&e.Source}, &e.PreparedBy, &e.DecidedBy, &e.MadeAt}
}

// jsonText scans a column of JSON into what it points to; an empty one leaves it.
type jsonText struct{ into any }

// Scan implements sql.Scanner.
func (j jsonText) Scan(v any) error {
	s, _ := v.(string)
	if b, ok := v.([]byte); ok {
		s = string(b)
	}
	if s == "" {
		return nil
	}
	return json.Unmarshal([]byte(s), j.into)
}

// encode writes plain data as JSON: maps with their keys in order.
func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // strings, numbers and lists of them always marshal
		panic(err)
	}
	return string(b)
}

func digest(parts ...string) string {
	h := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(h[:])
}
