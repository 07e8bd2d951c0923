// Package doctor finds records that contradict each other, which no act of the
// platform leaves behind but a damaged disk, a hand in the database or a mistake
// of ours may, and mends them with consent.
//
// Main types: [Doctor], [Check], [Finding]. The capabilities bring their checks;
// each mend is one transaction with its entry in the ledger, by the platform
// itself. It owns no tables and knows nothing of what the records mean.
package doctor

import (
	"context"
	_ "embed" // for Words
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
)

// Words is the English of the package's texts.
//
//go:embed en.tsv
var Words []byte

// Check is one way in which records may contradict each other.
type Check struct {
	ID    string // "proposal.without_clock"
	Title string // what is wrong, in Simplified Chinese
	Cure  string // what mending does; empty: a person must see to it
	// Find lists what is wrong, of all tenants. Check is filled in by the doctor.
	Find func(tx *db.Tx) ([]Finding, error)
	// Mend sets one right and returns the rows that it wrote. An entry of its
	// own, if it takes a step of a lifecycle, comes besides the doctor's.
	Mend func(tx *db.Tx, f Finding) ([]ledger.Row, error)
}

// Finding is one record that is wrong.
type Finding struct {
	Check        *Check
	Tenant       string
	Kind, Object string // of the record
	Name         string // what people know it by
}

// Doctor examines the records of a platform.
type Doctor struct {
	db     *db.DB
	checks []Check
}

// New makes a doctor of checks.
func New(d *db.DB, checks ...Check) *Doctor { return &Doctor{d, checks} }

// Examine lists what is wrong, in the order of the checks, as of one moment.
func (d *Doctor) Examine(ctx context.Context) (all []Finding, err error) {
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		for i := range d.checks {
			c := &d.checks[i]
			found, err := c.Find(tx)
			if err != nil {
				return err
			}
			for _, f := range found {
				f.Check = c
				all = append(all, f)
			}
		}
		return nil
	})
	return all, err
}

// Mend sets one finding right, if it is still wrong: one that is not any more is
// a Conflict. What a person must see to is Invalid.
func (d *Doctor) Mend(ctx context.Context, f Finding) error {
	if f.Check.Mend == nil {
		return errs.New(errs.Invalid, "这一项须由人处理")
	}
	ctx = actor.With(ctx, actor.System(f.Tenant))
	return d.db.Write(ctx, func(tx *db.Tx) error {
		still, err := f.Check.Find(tx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(still, func(x Finding) bool { return x.Tenant == f.Tenant && x.Kind == f.Kind && x.Object == f.Object }) {
			return errs.New(errs.Conflict, "已经不是问题了")
		}
		rows, err := f.Check.Mend(tx, f)
		if err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "doctor.mend", Kind: f.Kind, Object: f.Object, Data: map[string]string{"check": f.Check.ID}, Rows: rows})
	})
}

// Query is a Find that is one query: its columns are tenant, id and name.
func Query(kind, query string, args ...any) func(tx *db.Tx) ([]Finding, error) {
	return func(tx *db.Tx) ([]Finding, error) {
		return rows(tx, kind, query, args...)
	}
}

func rows(tx *db.Tx, kind, query string, args ...any) ([]Finding, error) {
	all, err := db.All(tx, func(f *Finding) []any { return []any{&f.Tenant, &f.Object, &f.Name} }, query, args...)
	found := make([]Finding, len(all))
	for i, f := range all {
		found[i] = *f
		found[i].Kind = kind
	}
	return found, err
}
