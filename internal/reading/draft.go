package reading

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/report"
)

// Draft is a draft that somebody checks. Its text is read by who brought it and
// by those with reading.check_all, and is gone after a while.
type Draft struct {
	Tenant, ID, Name   string
	Year               int
	Person             string
	CreatedAt, UntilAt db.Time
	By                 string // the person's name
}

const draftColumns = `tenant, id, name, year, person, created_at, until_at`

func (d *Draft) fields() []any {
	return []any{&d.Tenant, &d.ID, &d.Name, &d.Year, &d.Person, &d.CreatedAt, &d.UntilAt}
}

// seen is the condition under which a draft is read: $2 is the person, $3 whether
// they may read those of others.
const seen = `tenant = $1 AND (person = $2 OR $3) AND until_at > $4`

func (s *Service) drafts(tx *db.Tx, a actor.Actor, id string) ([]*Draft, error) {
	all, err := db.All(tx, (*Draft).fields, `SELECT `+draftColumns+` FROM reading_draft WHERE `+seen+` AND ($5 = '' OR id = $5) ORDER BY created_at DESC, id DESC`,
		a.Tenant, a.Person, a.Can("reading.check_all"), db.At(tx.Now()), id)
	if err != nil {
		return nil, err
	}
	var people []string
	for _, d := range all {
		people = append(people, d.Person)
	}
	names, err := org.PersonNames(tx, a.Tenant, people)
	for _, d := range all {
		d.By = names[d.Person]
	}
	return all, err
}

// Years are those that a draft can be checked against, the latest first. Wants
// reading.check.
func (s *Service) Years(ctx context.Context) (all []int, err error) {
	if _, err := actor.Require(ctx, "reading.check"); err != nil {
		return nil, err
	}
	sessions, err := s.figures.Sessions(ctx)
	for _, x := range sessions {
		all = append(all, x.Year)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	slices.Reverse(all)
	return all, err
}

// Check keeps a draft of a year's report to be checked. A file that cannot be
// read, or that has no figure of work done, is Invalid, and so is a year without
// records. Wants reading.check.
func (s *Service) Check(ctx context.Context, name string, data []byte, year int) (id string, err error) {
	a, err := actor.Require(ctx, "reading.check")
	if err != nil {
		return "", err
	}
	if len(data) > MaxFile {
		return "", errs.New(errs.TooLarge, "文件不能超过 %d MB", MaxFile>>20)
	}
	draft, err := s.reread(name, sum(data), func() ([]byte, error) { return data, nil })
	if err != nil {
		return "", err
	}
	known, err := s.checks.Known(ctx, year)
	if err != nil {
		return "", err
	}
	if len(report.Check(draft, known).Findings) == 0 {
		return "", errs.New(errs.Invalid, "这份文稿里没有读到可以核对的数")
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		object, done, err := ledger.Replayed(tx)
		if err != nil || done {
			id = object
			return err
		}
		rules, err := s.rules.Now(tx, a.Tenant)
		if err != nil {
			return err
		}
		id = db.NewID()
		until := db.At(tx.Now().Add(days(rules.Int("reading.keep_drafts"))))
		if _, err := tx.Exec(`INSERT INTO reading_draft (`+draftColumns+`, data) VALUES (`+db.Marks(8)+`)`, a.Tenant, id, name, year, a.Person, db.At(tx.Now()), until, data); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "reading.check", Kind: "reading_draft", Object: id, Data: map[string]any{"year": year}})
	})
	return id, err
}

// Drafts lists those that the actor may read, the latest first. Wants
// reading.check.
func (s *Service) Drafts(ctx context.Context) (all []*Draft, err error) {
	a, err := actor.Require(ctx, "reading.check")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = s.drafts(tx, a, "")
		return err
	})
	return all, err
}

// Checked is a draft with what is said of its figures as the records are now.
type Checked struct {
	*Draft
	*report.Result
	Last map[string]report.Known // by metric: what is known of the whole, with the year before
	Own  bool                    // the actor brought it
}

// Checked checks a draft. Links to records begin with the address base. Wants
// reading.check.
func (s *Service) Checked(ctx context.Context, id, base string) (*Checked, error) {
	c, _, err := s.checked(ctx, id, base)
	return c, err
}

func (s *Service) checked(ctx context.Context, id, base string) (c *Checked, data []byte, err error) {
	a, err := actor.Require(ctx, "reading.check")
	if err != nil {
		return nil, nil, err
	}
	c = &Checked{Last: map[string]report.Known{}}
	if err := s.db.Read(ctx, func(tx *db.Tx) error {
		all, err := s.drafts(tx, a, id)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return errs.Missing()
		}
		c.Draft = all[0]
		return tx.Get(`SELECT data FROM reading_draft WHERE tenant = $1 AND id = $2`, []any{a.Tenant, id}, &data)
	}); err != nil {
		return nil, nil, err
	}
	c.Own = c.Person == a.Person
	draft, err := s.reread(c.Name, sum(data), func() ([]byte, error) { return data, nil })
	if err != nil {
		return nil, nil, err
	}
	known, err := s.checks.Known(ctx, c.Year)
	if err != nil {
		return nil, nil, err
	}
	for i := range known {
		if known[i].Link != "" {
			known[i].Link = base + known[i].Link
		}
		if len(known[i].Dims) == 0 {
			c.Last[known[i].Metric] = known[i]
		}
	}
	c.Result = report.Check(draft, known)
	return c, data, nil
}

// Annotated is the Word file of a draft with a comment on each figure that
// somebody must look at. Invalid if the draft is no Word file. Wants reading.check.
func (s *Service) Annotated(ctx context.Context, id, base string) (name string, data []byte, err error) {
	c, data, err := s.checked(ctx, id, base)
	if err != nil {
		return "", nil, err
	}
	data, err = c.Annotate(ctx, data, s.db.Now())
	return c.Name, data, err
}

// DropDraft deletes a draft of the actor's own. Wants reading.check.
func (s *Service) DropDraft(ctx context.Context, id string) error {
	a, err := actor.Require(ctx, "reading.check")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, done, err := ledger.Replayed(tx); err != nil || done {
			return err
		}
		n, err := tx.Exec(`DELETE FROM reading_draft WHERE tenant = $1 AND id = $2 AND person = $3`, a.Tenant, id, a.Person)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Missing()
		}
		return ledger.Append(tx, ledger.Entry{Action: "reading.draft_drop", Kind: "reading_draft", Object: id})
	})
}

// Sweep deletes the drafts of all tenants whose time is over.
func (s *Service) Sweep(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM reading_draft WHERE until_at <= $1`, db.At(tx.Now()))
		return err
	})
}
