// Package reading keeps what people read out of published reports: a report of
// any committee is read in, a person confirms or corrects each figure at its
// place in the text, and what is confirmed is a published figure, to be compared
// with others. It checks drafts of the tenant's own reports too.
//
// Main types: [Service], [Report], [Figure], [Published]. It owns the tables
// reading_*. A published figure never changes: a correction ends it and adds
// another. It deliberately reads no text itself (package reader does) and judges
// no draft (package report does).
package reading

import (
	"embed"
	"encoding/json"
	"io/fs"
	"strconv"

	"shangliang/internal/db"
	"shangliang/internal/figure/catalogue"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/report/claim"
	"shangliang/internal/rule"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Permissions of this package.
var Permissions = []org.Permission{
	{ID: "reading.read", Title: "查看各地公开报告和指标", Roles: []string{"clerk", "leader"}},
	{ID: "reading.confirm", Title: "读入报告、确认指标", Roles: []string{"clerk"}},
	{ID: "reading.target", Title: "设定争先进位目标", Roles: []string{"clerk", "leader"}},
	{ID: "reading.check", Title: "核对报告文稿", Roles: []string{"clerk", "leader"}},
	{ID: "reading.check_all", Title: "查看他人核对的文稿", Roles: []string{"leader"}},
}

// Rules of this package.
var Rules = []rule.Definition{
	{ID: "reading.confident", Title: "可以批量确认的把握（%）", Group: "报告研读", Kind: rule.Int, Default: "75", Min: 50, Max: 100, Help: "读取的把握不低于此数、没有疑点的指标，可以一次确认"},
	{ID: "reading.keep_drafts", Title: "核对过的文稿保留天数", Group: "报告研读", Kind: rule.Int, Default: "30", Min: 1, Max: 365, Help: "到期自动删除，只留核对的记录"},
}

// States of a report and of a figure.
const (
	Open      = "open"
	Removed   = "removed"
	Read      = "read"
	Confirmed = "confirmed"
	Dropped   = "dropped"
)

// Report is a published report that was read in.
type Report struct {
	Tenant, ID, Name, Kind string
	Size                   int64
	SHA256, Source         string
	Place, Body            string
	Level, Period          string
	State, Person          string
	CreatedAt              db.Time
	Version                int
}

const reportColumns = `tenant, id, name, kind, size, sha256, source, place, body, level, period, state, person, created_at, version`

func (r *Report) fields() []any {
	return []any{&r.Tenant, &r.ID, &r.Name, &r.Kind, &r.Size, &r.SHA256, &r.Source, &r.Place, &r.Body, &r.Level, &r.Period, &r.State, &r.Person, &r.CreatedAt, &r.Version}
}

func (r *Report) row() ledger.Row {
	return ledger.RowOf("reading_report", "tenant", r.Tenant, "id", r.ID)
}

// Figure is a figure that was read in a report. Places count code points of the
// report's text.
type Figure struct {
	Tenant, Report   string
	N                int
	Quote            string
	Start, End       int
	At, Until        int // of the number with its unit
	Value, High      float64
	Unit             string
	Bound            claim.Bound
	Period           string // empty: that of the report
	Kind             claim.Kind
	Metric           string
	Dims             Dims
	Confidence       float64
	Part, Damaged    bool
	Changed          bool // by a person
	State, Published string
	Person           string
	DecidedAt        db.Time
	Version          int
}

const figureColumns = `tenant, report, n, quote, start_pos, end_pos, at_pos, until_pos, value, high, unit, bound, period, kind, metric, dims, confidence, part, damaged, changed, state, published, person, decided_at, version`

func (f *Figure) fields() []any {
	return []any{&f.Tenant, &f.Report, &f.N, &f.Quote, &f.Start, &f.End, &f.At, &f.Until, &f.Value, &f.High, &f.Unit, &f.Bound, &f.Period, &f.Kind, &f.Metric, &f.Dims,
		&f.Confidence, &f.Part, &f.Damaged, &f.Changed, &f.State, &f.Published, &f.Person, &f.DecidedAt, &f.Version}
}

func (f *Figure) row() ledger.Row {
	return ledger.RowOf("reading_figure", "tenant", f.Tenant, "report", f.Report, "n", f.N)
}

// Definition is the figure's metric in the catalogue, nil if it has none.
func (f *Figure) Definition() *catalogue.Metric { return catalogue.Get().Metric(f.Metric) }

// Counts reports whether the figure says what was done, and so may be published.
func (f *Figure) Counts() bool { return f.Kind == claim.Stat }

// Text is the value as reports write it.
func (f *Figure) Text() string { return valueText(f.Value, f.High, f.Bound, f.Unit) }

// In is the period that the figure is of.
func (f *Figure) In(r *Report) string {
	if f.Period != "" {
		return f.Period
	}
	return r.Period
}

// Published is a confirmed figure of a place and period.
type Published struct {
	Tenant, ID, Report string
	N                  int
	Place, Body, Level string
	Period, Metric     string
	Dims               Dims
	Value, High        float64
	Unit               string
	Bound              claim.Bound
	Quote              string
	Start, End         int
	Person             string
	At                 db.Time
	Replaces           string
	EndedAt            db.Time
}

const publishedColumns = `tenant, id, report, n, place, body, level, period, metric, dims, value, high, unit, bound, quote, start_pos, end_pos, person, at, replaces, ended_at`

func (p *Published) fields() []any {
	return []any{&p.Tenant, &p.ID, &p.Report, &p.N, &p.Place, &p.Body, &p.Level, &p.Period, &p.Metric, &p.Dims, &p.Value, &p.High, &p.Unit, &p.Bound, &p.Quote, &p.Start, &p.End, &p.Person, &p.At, &p.Replaces, &p.EndedAt}
}

func (p *Published) row() ledger.Row {
	return ledger.RowOf("reading_published", "tenant", p.Tenant, "id", p.ID)
}

// Text is the value as reports write it.
func (p *Published) Text() string { return valueText(p.Value, p.High, p.Bound, p.Unit) }

// Definition is its metric in the catalogue.
func (p *Published) Definition() *catalogue.Metric { return catalogue.Get().Metric(p.Metric) }

// Base is the value in the plain unit, which values of several places are
// compared in.
func (p *Published) Base() (float64, string) { return base(p.Value, p.Unit) }

func base(value float64, unit string) (float64, string) {
	v, _ := (&claim.Claim{Value: value, Unit: unit}).Base()
	return v, catalogue.BaseUnit(unit)
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func valueText(v, high float64, bound claim.Bound, unit string) string {
	n := number(v)
	if high > 0 {
		n += "—" + number(high)
	}
	switch bound {
	case claim.Lower:
		return n + "余" + unit
	case claim.About:
		return "约" + n + unit
	case claim.Upper:
		return "不超过" + n + unit
	}
	return n + unit
}

// Dims are what a figure is a part by: recipient=省政协. They are kept as JSON,
// whose keys are in order, so that equal ones are equal texts.
type Dims map[string]string

func (d Dims) text() string {
	if len(d) == 0 {
		return ""
	}
	b, err := json.Marshal(d)
	if err != nil { // strings always marshal
		panic(err)
	}
	return string(b)
}

// Scan implements sql.Scanner.
func (d *Dims) Scan(v any) error {
	*d = Dims{}
	var b []byte
	switch v := v.(type) {
	case string:
		b = []byte(v)
	case []byte:
		b = v
	}
	if len(b) == 0 {
		return nil
	}
	return json.Unmarshal(b, d)
}

// DimTitles are what dimensions are called, in Simplified Chinese.
var DimTitles = map[string]string{
	"as_of": "截至", "activity": "活动", "by": "主办者", "category": "类别", "channel": "渠道", "denominator": "分母", "disposition": "处理方式", "event": "事项", "facility": "平台",
	"form": "形式", "grade": "等次", "group": "群体", "groups": "群体", "kind": "种类", "led_by": "带队领导", "level": "级别", "medium": "媒介", "organiser_level": "主办者级别",
	"outcome": "结果", "outlet": "刊发媒体", "participants": "参加者", "plan": "计划", "product": "成果", "programme": "活动名称", "project": "项目", "purpose": "用途",
	"rater": "评价者", "recipient": "报送对象", "regions": "地区", "session": "会次", "source": "来源", "stage": "阶段", "submitter": "提交者", "supervised_by": "督办领导",
	"title": "名称", "topic": "主题", "type": "类型", "types": "类型",
}
