package figure

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
)

// Freeze is a set of figures as they were reported.
type Freeze struct {
	Tenant, ID string
	Title      string // of the report, as its author wrote it
	Year       int
	Session    string
	AsOf       calendar.Date
	Person     string
	At         db.Time
}

const freezeColumns = `tenant, id, title, year, session, as_of, person, at`

func (f *Freeze) fields() []any {
	return []any{&f.Tenant, &f.ID, &f.Title, &f.Year, &f.Session, &f.AsOf, &f.Person, &f.At}
}

// snapshot is one figure of a freeze.
type snapshot struct {
	figure  string
	n       int
	count   Count
	records []string // sorted
	hash    string
}

const snapshotColumns = `figure, n, amount, num, den, records, hash`

func (s *snapshot) fields() []any {
	return []any{&s.figure, &s.n, &s.count.Amount, &s.count.Num, &s.count.Den, (*lines)(&s.records), &s.hash}
}

// lines scans a text of one value a line.
type lines []string

// Scan implements sql.Scanner.
func (l *lines) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("figure: %T is not text", v)
	}
	*l = nil
	if s != "" {
		*l = strings.Split(s, "\n")
	}
	return nil
}

func (s *snapshot) sum() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%d %d %d\n%s", s.figure, s.count.Amount, s.count.Num, s.count.Den, strings.Join(s.records, "\n"))
	return hex.EncodeToString(h.Sum(nil))
}

// Freeze keeps all figures of a request as they are now, under the title of the
// report that they go into. It wants figure.freeze; the request may name a
// session and a day, but no filter.
func (s *Service) Freeze(ctx context.Context, r Request, title string) (f *Freeze, err error) {
	a, err := actor.Require(ctx, "figure.freeze")
	if err != nil {
		return nil, err
	}
	var wrong errs.Fields
	title = han.Clean(title)
	wrong.Check(title != "" && len([]rune(title)) <= 100, "title", "请填写报告名称，不超过 %d 个字", 100)
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	r.By, r.Filter, r.IDs = "", nil, nil
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		id, done, err := ledger.Replayed(tx)
		if err != nil {
			return err
		}
		if done {
			f, err = freezeOf(tx, a.Tenant, id)
			return err
		}
		l, err := s.load(tx, a, r, false)
		if err != nil {
			return err
		}
		f = &Freeze{Tenant: a.Tenant, ID: db.NewID(), Title: title, Year: l.request.Year, Session: l.request.Session, AsOf: l.request.AsOf, Person: a.Person, At: db.At(tx.Now())}
		if _, err := tx.Exec(`INSERT INTO figure_freeze (`+freezeColumns+`) VALUES (`+db.Marks(8)+`)`, f.Tenant, f.ID, f.Title, f.Year, f.Session, f.AsOf, f.Person, f.At); err != nil {
			return err
		}
		rows := []ledger.Row{ledger.RowOf("figure_freeze", "tenant", f.Tenant, "id", f.ID)}
		for i, c := range l.figures {
			x := l.snapshot(c)
			if _, err := tx.Exec(`INSERT INTO figure_snapshot (tenant, frozen, `+snapshotColumns+`) VALUES (`+db.Marks(9)+`)`,
				f.Tenant, f.ID, x.figure, i, x.count.Amount, x.count.Num, x.count.Den, strings.Join(x.records, "\n"), x.hash); err != nil {
				return err
			}
			rows = append(rows, ledger.RowOf("figure_snapshot", "tenant", f.Tenant, "frozen", f.ID, "figure", x.figure))
		}
		return ledger.Append(tx, ledger.Entry{Action: "figure.freeze", Kind: "figure", Object: f.ID, Data: map[string]any{"year": f.Year, "as_of": f.AsOf}, Rows: rows})
	})
	return f, err
}

// snapshot is a figure with the ids of what counts now.
func (l *loaded) snapshot(c *counted) *snapshot {
	x := &snapshot{figure: c.ID, count: c.total(l.facts[c.source])}
	if !c.Rate() {
		for i := range l.facts[c.source] {
			if f := &l.facts[c.source][i]; c.matches(f) {
				x.records = append(x.records, f.Record)
			}
		}
		slices.Sort(x.records)
	}
	x.hash = x.sum()
	return x
}

func freezeOf(tx *db.Tx, tenant, id string) (*Freeze, error) {
	return db.One(tx, (*Freeze).fields, `SELECT `+freezeColumns+` FROM figure_freeze WHERE tenant = $1 AND id = $2`, tenant, id)
}

// Freezes lists what was frozen, the newest first. It wants figure.read.
func (s *Service) Freezes(ctx context.Context) (all []*Freeze, err error) {
	a, err := actor.Require(ctx, "figure.read")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, (*Freeze).fields, `SELECT `+freezeColumns+` FROM figure_freeze WHERE tenant = $1 ORDER BY id DESC`, a.Tenant)
		return err
	})
	return all, err
}

// Frozen is a freeze against what is counted now for the same year, session and
// day.
type Frozen struct {
	*Freeze
	By     string // name of who froze it
	Lines  []Difference
	Broken []string // figures whose rows do not match their hash
}

// Difference is one figure then and now.
type Difference struct {
	Name   string // in the language of the context
	Figure string
	Then   Count
	Now    Count
	Gone   bool     // the figure no longer exists
	Added  []string // ids of records that count now and did not then, for who may open them
	Lost   []string // the other way round
}

// Same reports whether value and records are what they were.
func (d *Difference) Same() bool {
	return !d.Gone && d.Then == d.Now && len(d.Added) == 0 && len(d.Lost) == 0
}

// Frozen returns a freeze with its differences. It wants figure.read.
func (s *Service) Frozen(ctx context.Context, id string) (out *Frozen, err error) {
	a, err := actor.Require(ctx, "figure.read")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		f, err := freezeOf(tx, a.Tenant, id)
		if err != nil {
			return err
		}
		out = &Frozen{Freeze: f}
		then, err := db.All(tx, (*snapshot).fields, `SELECT `+snapshotColumns+` FROM figure_snapshot WHERE tenant = $1 AND frozen = $2 ORDER BY n`, a.Tenant, id)
		if err != nil {
			return err
		}
		l, err := s.load(tx, a, Request{Year: f.Year, Session: f.Session, AsOf: f.AsOf}, false)
		if err != nil {
			return err
		}
		names, err := org.PersonNames(tx, a.Tenant, []string{f.Person})
		if err != nil {
			return err
		}
		out.By = names[f.Person]
		for _, x := range then {
			if x.hash != x.sum() {
				out.Broken = append(out.Broken, x.figure)
			}
			out.Lines = append(out.Lines, l.difference(x, s.byID[x.figure]))
		}
		return nil
	})
	return out, err
}

// difference compares a snapshot with now; c is nil for a figure that is gone.
func (l *loaded) difference(then *snapshot, c *counted) Difference {
	d := Difference{Figure: then.figure, Name: then.figure, Then: then.count, Gone: c == nil}
	if c == nil {
		return d
	}
	d.Then.Rate = c.Rate()
	now := l.snapshot(c)
	d.Name, d.Now = lang.T(l.tx.Context(), "%s", lang.Word(c.Name)), now.count
	if c.open(l.actor) {
		d.Added, d.Lost = without(now.records, then.records), without(then.records, now.records)
	}
	return d
}

// without returns what is in a but not in b; both are sorted.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(id string) bool { _, in := slices.BinarySearch(b, id); return in })
}
