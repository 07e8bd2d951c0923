package reading

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"shangliang/internal/actor"
	"shangliang/internal/blob"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/reader"
	"shangliang/internal/reader/intake"
	"shangliang/internal/report"
	"shangliang/internal/rule"
)

// Service is the only door to published figures and checked drafts. It is safe
// for concurrent use.
type Service struct {
	db      *db.DB
	rules   *rule.Rules
	files   blob.Store
	figures *figure.Service
	checks  *report.Service

	mu   sync.Mutex
	read []*opened // the latest first
}

// New makes the service.
func New(d *db.DB, rules *rule.Rules, files blob.Store, figures *figure.Service) *Service {
	return &Service{db: d, rules: rules, files: files, figures: figures, checks: report.New(figures)}
}

// MaxFile bounds a file that is read.
const MaxFile = 20 << 20

// opened is a file as package reader sees it. Reading is far dearer than showing,
// and a page is drawn again after each decision, so a few are remembered.
type opened struct {
	sha  string
	read *reader.Report
}

const mostOpened = 8

// reread reads a file again, whosever report it is.
func (s *Service) reread(name, sha string, data func() ([]byte, error)) (*reader.Report, error) {
	s.mu.Lock()
	for i, o := range s.read {
		if o.sha == sha {
			copy(s.read[1:i+1], s.read[:i])
			s.read[0] = o
			s.mu.Unlock()
			return o.read, nil
		}
	}
	s.mu.Unlock()
	b, err := data()
	if err != nil {
		return nil, err
	}
	r, err := reader.ReadDraft(name, b)
	if err != nil {
		return nil, err
	}
	s.remember(sha, r)
	return r, nil
}

func (s *Service) remember(sha string, r *reader.Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read = append([]*opened{{sha, r}}, s.read[:min(len(s.read), mostOpened-1)]...)
}

func sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

// Upload is a report that somebody reads in.
type Upload struct {
	Name   string
	Data   []byte
	Source string // where it comes from: an address, or words
	Anyway bool   // read it though it does not look like a report of a conference
}

// Add reads a report in. A file that cannot be read, or that is no report, is
// Invalid; one that is there already a Conflict, with the id of the one that is.
// Wants reading.confirm.
func (s *Service) Add(ctx context.Context, up Upload) (id string, err error) {
	a, err := actor.Require(ctx, "reading.confirm")
	if err != nil {
		return "", err
	}
	var f errs.Fields
	up.Source = han.Tidy(up.Source)
	f.Check(utf8.RuneCountInString(up.Source) <= 300, "source", "不能超过 %d 个字", 300)
	f.Check(len(up.Data) <= MaxFile, "files", "文件不能超过 %d MB", MaxFile>>20)
	if err := f.Err(); err != nil {
		return "", err
	}
	sha := sum(up.Data)
	r, err := reader.ReadDraft(up.Name, up.Data)
	switch {
	case err != nil:
		return "", err
	case r.Body == "" && !up.Anyway:
		return "", errs.New(errs.Invalid, "看不出这是政协的工作报告；如果确实是，请勾选“照样读取”后再上传")
	case len(r.Figures) == 0:
		return "", errs.New(errs.Invalid, "这份文件里没有读到任何指标，请确认文件内容完整")
	}
	if _, err := s.files.Put(ctx, bytes.NewReader(up.Data), MaxFile); err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		object, done, err := ledger.Replayed(tx)
		if err != nil || done {
			id = object
			return err
		}
		same, err := db.Column[string](tx, `SELECT id FROM reading_report WHERE tenant = $1 AND sha256 = $2 AND state <> 'removed'`, a.Tenant, sha)
		if err != nil {
			return err
		}
		if len(same) > 0 {
			id = same[0]
			return errs.New(errs.Conflict, "这份文件已经读入过")
		}
		x := &Report{Tenant: a.Tenant, ID: db.NewID(), Name: up.Name, Kind: string(r.Source.Kind), Size: int64(len(up.Data)), SHA256: sha, Source: up.Source,
			Place: r.Place, Body: r.Body, Level: r.Level, Period: r.Period, State: Open, Person: a.Person, CreatedAt: db.At(tx.Now()), Version: 1}
		if x.Place == "" {
			x.Body = ""
		}
		if _, err := tx.Exec(`INSERT INTO reading_report (`+reportColumns+`, text) VALUES (`+db.Marks(16)+`)`,
			x.Tenant, x.ID, x.Name, x.Kind, x.Size, x.SHA256, x.Source, x.Place, x.Body, x.Level, x.Period, x.State, x.Person, x.CreatedAt, x.Version, kept(r.Source.Text)); err != nil {
			return err
		}
		rows := []ledger.Row{x.row()}
		for n := range r.Figures {
			f := figureOf(r, n)
			f.Tenant, f.Report = x.Tenant, x.ID
			if _, err := tx.Exec(`INSERT INTO reading_figure (`+figureColumns+`) VALUES (`+db.Marks(25)+`)`,
				f.Tenant, f.Report, f.N, f.Quote, f.Start, f.End, f.At, f.Until, f.Value, f.High, f.Unit, f.Bound, f.Period, f.Kind, f.Metric, f.Dims.text(),
				f.Confidence, f.Part, f.Damaged, f.Changed, f.State, f.Published, f.Person, f.DecidedAt, f.Version); err != nil {
				return err
			}
			rows = append(rows, f.row())
		}
		id = x.ID
		return ledger.Append(tx, ledger.Entry{Action: "reading.add", Kind: "reading", Object: id, To: Open, Data: map[string]any{"sha256": sha, "figures": len(r.Figures)}, Rows: rows})
	})
	if err == nil {
		s.remember(sha, r)
	}
	return id, err
}

// kept is a text as a database can keep it: PostgreSQL takes no NUL. Places stay.
func kept(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}

// figureOf is the n-th figure of a report as it is kept.
func figureOf(r *reader.Report, n int) *Figure {
	x := &r.Figures[n]
	f := &Figure{N: n, Quote: kept(x.Quote), Start: x.Start, End: x.End, Value: x.Value, High: x.High, Unit: x.Unit, Bound: x.Bound, Period: x.Claim.Period, Kind: x.Kind,
		Metric: x.Metric, Dims: x.Dims, Confidence: x.Confidence, Part: x.Claim.Part, State: Read, Version: 1}
	f.At, f.Until = r.Text.Original(x.Claim.At, x.Claim.Until)
	for _, d := range r.Text.Repairs {
		if doubtful(d) && d.Start < f.End && d.End > f.Start {
			f.Damaged = true
		}
	}
	return f
}

// doubtful reports whether a person should look at a repair: what was blanks or
// quotation marks changes no figure.
func doubtful(d intake.Repair) bool { return !d.Proved || d.Kind == intake.Garbled }

// act is one act on a report.
type act struct {
	tx   *db.Tx
	a    actor.Actor
	r    *Report
	rows []ledger.Row
	data map[string]any
	mine map[int]bool       // the figures that this act is about
	pub  map[key]*Published // of the report's place, when first needed
}

// do finds the report, lets f change it and writes the entry. Wants reading.confirm.
func (s *Service) do(ctx context.Context, id, action string, f func(w *act) error) error {
	a, err := actor.Require(ctx, "reading.confirm")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		r, err := find(tx, a, id)
		if err != nil {
			return err
		}
		if done, err := ledger.Repeated(tx, id); err != nil || done {
			return err
		}
		w := &act{tx: tx, a: a, r: r, data: map[string]any{}, mine: map[int]bool{}}
		from := r.State
		if err := f(w); err != nil {
			return err
		}
		if len(w.rows) == 0 {
			return nil // nothing was left to do
		}
		return ledger.Append(tx, ledger.Entry{Action: "reading." + action, Kind: "reading", Object: id, From: from, To: r.State, Data: w.data, Rows: w.rows})
	})
}

func find(tx *db.Tx, a actor.Actor, id string) (*Report, error) {
	return db.One(tx, (*Report).fields, `SELECT `+reportColumns+` FROM reading_report WHERE tenant = $1 AND id = $2 AND state <> 'removed'`, a.Tenant, id)
}

// Identity says whose report it is.
type Identity struct{ Place, Level, Period string }

var periodForm = regexp.MustCompile(`^(19|20)\d\d(-(19|20)\d\d)?$`)

func (i *Identity) check() error {
	var f errs.Fields
	i.Place, i.Level, i.Period = han.Tidy(i.Place), strings.TrimSpace(i.Level), strings.TrimSpace(i.Period)
	f.Check(i.Place != "", "place", "请填写地方")
	f.Check(utf8.RuneCountInString(i.Place) <= 30, "place", "不能超过 %d 个字", 30)
	f.Check(slices.ContainsFunc(org.Levels, func(l org.Code) bool { return l.ID == i.Level }), "level", "请选择层级")
	f.Check(periodForm.MatchString(i.Period), "period", "请写年份，例如 2018 或 2017-2021")
	return f.Err()
}

// Identify corrects whose report it is, for all its figures at once: those that
// are published move along. Wants reading.confirm.
func (s *Service) Identify(ctx context.Context, id string, version int, i Identity) error {
	if err := i.check(); err != nil {
		return err
	}
	return s.do(ctx, id, "identify", func(w *act) error {
		if version != w.r.Version {
			return db.Stale()
		}
		all, err := figures(w.tx, w.r, nil)
		if err != nil {
			return err
		}
		var again []*Figure
		for _, f := range all {
			if f.State == Confirmed {
				again = append(again, f)
				w.mine[f.N] = true
			}
		}
		for _, f := range again {
			if err := w.end(f); err != nil {
				return err
			}
		}
		w.r.Place, w.r.Body, w.r.Level, w.r.Period = i.Place, "政协"+i.Place+"委员会", i.Level, i.Period
		w.pub = nil
		if err := db.Touch(w.tx.Exec(`UPDATE reading_report SET place = $4, body = $5, level = $6, period = $7, version = version + 1 WHERE tenant = $1 AND id = $2 AND version = $3`,
			w.r.Tenant, w.r.ID, w.r.Version, w.r.Place, w.r.Body, w.r.Level, w.r.Period)); err != nil {
			return err
		}
		w.rows = append(w.rows, w.r.row())
		for _, f := range again {
			if err := w.publish(f, f.Published); err != nil {
				return err
			}
			if err := w.save(f); err != nil {
				return err
			}
		}
		return nil
	})
}

// Remove takes a report away, with what was published from it. Wants
// reading.confirm.
func (s *Service) Remove(ctx context.Context, id string, version int) error {
	return s.do(ctx, id, "remove", func(w *act) error {
		if version != w.r.Version {
			return db.Stale()
		}
		all, err := figures(w.tx, w.r, nil)
		if err != nil {
			return err
		}
		for _, f := range all {
			w.mine[f.N] = true
		}
		for _, f := range all {
			if f.State == Confirmed {
				if err := w.withdraw(f, Read); err != nil {
					return err
				}
			}
		}
		w.r.State = Removed
		w.rows = append(w.rows, w.r.row())
		return db.Touch(w.tx.Exec(`UPDATE reading_report SET state = $4, version = version + 1 WHERE tenant = $1 AND id = $2 AND version = $3`, w.r.Tenant, w.r.ID, w.r.Version, w.r.State))
	})
}

// Original opens the file that was read in; the caller closes it. Wants
// reading.read.
func (s *Service) Original(ctx context.Context, id string) (r *Report, data []byte, err error) {
	a, err := actor.Require(ctx, "reading.read")
	if err != nil {
		return nil, nil, err
	}
	if err := s.db.Read(ctx, func(tx *db.Tx) error {
		r, err = find(tx, a, id)
		return err
	}); err != nil {
		return nil, nil, err
	}
	data, err = s.bytes(ctx, r.SHA256)
	return r, data, err
}

func (s *Service) bytes(ctx context.Context, sha string) ([]byte, error) {
	f, err := s.files.Get(ctx, sha)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(f)
	return b.Bytes(), err
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }
