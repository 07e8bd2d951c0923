// Package doctor finds records that contradict each other, which no act of the
// platform leaves behind but a damaged disk, a hand in the database or a mistake
// of ours may, and mends them with consent.
//
// Main types: [Doctor], [Check], [Finding], [Desk]. The capabilities bring their checks;
// each mend has its entry in the ledger, by the platform itself. A [Desk] lets the
// keepers of a tenant see to their own records. It owns the table doctor_visit and
// knows nothing of what the records mean.
package doctor

import (
	"context"
	_ "embed" // for Words
	"errors"
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

// notWrong refuses to mend what is right by now.
var notWrong = errs.New(errs.Conflict, "已经不是问题了")

// atOnce is how many findings are set right in one transaction: to find them
// anew costs as much for one as for many.
const atOnce = 200

// Mend sets findings of one check right and says of each why it is not, nil if
// it is: one that is not wrong any more is a Conflict, and what a person must
// see to is Invalid. Each is mended or left by itself; an error besides stopped
// the work.
func (d *Doctor) Mend(ctx context.Context, found ...Finding) (refused []error, err error) {
	for some := range slices.Chunk(found, atOnce) {
		why := make([]error, len(some))
		if err := d.db.Write(ctx, func(tx *db.Tx) error { return d.mend(tx, some, why) }); err != nil {
			return refused, err
		}
		refused = append(refused, why...)
	}
	return refused, nil
}

func (d *Doctor) mend(tx *db.Tx, found []Finding, refused []error) error {
	still, err := found[0].Check.Find(tx)
	if err != nil {
		return err
	}
	wrong := map[Finding]bool{}
	for _, f := range still {
		f.Check = found[0].Check
		wrong[f] = true
	}
	for i, f := range found {
		switch {
		case f.Check.Mend == nil:
			refused[i] = errs.New(errs.Invalid, "这一项须由人处理")
		case !wrong[f]:
			refused[i] = notWrong
		default:
			refused[i] = d.db.Write(actor.With(tx.Context(), actor.System(f.Tenant)), func(tx *db.Tx) error {
				rows, err := f.Check.Mend(tx, f)
				if err != nil {
					return err
				}
				return ledger.Append(tx, ledger.Entry{Action: "doctor.mend", Kind: f.Kind, Object: f.Object, Data: map[string]string{"check": f.Check.ID}, Rows: rows})
			})
			if _, ok := errors.AsType[*errs.Error](refused[i]); refused[i] != nil && !ok {
				return refused[i] // such as a conflict, after which the transaction is tried again
			}
		}
	}
	return nil
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
