package reading

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/reader"
	"shangliang/internal/reader/intake"
	"shangliang/internal/report/claim"
)

// Listed is a report in the list, with how far people are.
type Listed struct {
	*Report
	Waiting, Confirmed int
	By                 string // who read it in
}

type tally struct {
	report, state, kind string
	n                   int
}

func (t *tally) fields() []any { return []any{&t.report, &t.state, &t.kind, &t.n} }

// List lists the reports, the latest first. Wants reading.read.
func (s *Service) List(ctx context.Context) (all []*Listed, err error) {
	a, err := actor.Require(ctx, "reading.read")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all = nil
		reports, err := db.All(tx, (*Report).fields, `SELECT `+reportColumns+` FROM reading_report WHERE tenant = $1 AND state = 'open' ORDER BY created_at DESC, id DESC`, a.Tenant)
		if err != nil {
			return err
		}
		counts, err := db.All(tx, (*tally).fields, `SELECT report, state, kind, COUNT(*) FROM reading_figure WHERE tenant = $1 GROUP BY report, state, kind`, a.Tenant)
		if err != nil {
			return err
		}
		var people []string
		for _, r := range reports {
			people = append(people, r.Person)
		}
		names, err := org.PersonNames(tx, a.Tenant, people)
		if err != nil {
			return err
		}
		byID := map[string]*Listed{}
		for _, r := range reports {
			x := &Listed{Report: r, By: names[r.Person]}
			byID[r.ID], all = x, append(all, x)
		}
		for _, c := range counts {
			x := byID[c.report]
			switch {
			case x == nil:
			case c.state == Confirmed:
				x.Confirmed += c.n
			case c.state == Read && c.kind == string(claim.Stat):
				x.Waiting += c.n
			}
		}
		return nil
	})
	return all, err
}

// Waiting counts the reports with figures that nobody has decided about. Wants
// reading.confirm.
func (s *Service) Waiting(ctx context.Context) (n int, err error) {
	a, err := actor.Require(ctx, "reading.confirm")
	if err != nil {
		return 0, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Get(`SELECT COUNT(*) FROM reading_report r WHERE r.tenant = $1 AND r.state = 'open'
			AND EXISTS (SELECT 1 FROM reading_figure f WHERE f.tenant = r.tenant AND f.report = r.id AND f.state = 'read' AND f.kind = 'stat')`, []any{a.Tenant}, &n)
	})
	return n, err
}

// Relation is what was found in comparing figures of a report.
type Relation struct {
	*reader.Relation
	Figures []int // by their numbers
}

// View is a report with its text, its figures and what was found about them.
type View struct {
	*Report
	Text      string
	Figures   []*Figure
	Repairs   []intake.Repair // those that somebody should look at
	Relations []Relation
	Names     map[string]string // of people
	History   []*ledger.Entry
	// Confident are the figures that may be confirmed at once, Taken those whose
	// thing has another value already.
	Confident []Pick
	Taken     map[int]*Published
	Confirms  bool // the actor may
}

// Wrong are the relations of a figure that do not hold.
func (v *View) Wrong(n int) (all []Relation) {
	for _, r := range v.Relations {
		if !r.Holds && slices.Contains(r.Figures, n) {
			all = append(all, r)
		}
	}
	return all
}

// Get reads a report. Wants reading.read.
func (s *Service) Get(ctx context.Context, id string) (v *View, err error) {
	a, err := actor.Require(ctx, "reading.read")
	if err != nil {
		return nil, err
	}
	v = &View{Confirms: a.Can("reading.confirm")}
	confident := 0
	var known map[key]*Published
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if v.Report, err = find(tx, a, id); err != nil {
			return err
		}
		if err := tx.Get(`SELECT text FROM reading_report WHERE tenant = $1 AND id = $2`, []any{a.Tenant, id}, &v.Text); err != nil {
			return err
		}
		if v.Figures, err = figures(tx, v.Report, nil); err != nil {
			return err
		}
		people := []string{v.Person}
		for _, f := range v.Figures {
			if f.Person != "" && !slices.Contains(people, f.Person) {
				people = append(people, f.Person)
			}
		}
		if v.Names, err = org.PersonNames(tx, a.Tenant, people); err != nil {
			return err
		}
		if v.History, err = ledger.History(tx, a.Tenant, "reading", id); err != nil {
			return err
		}
		w := &act{tx: tx, r: v.Report}
		if known, err = w.published(); err != nil {
			return err
		}
		rules, err := s.rules.Now(tx, a.Tenant)
		if err != nil {
			return err
		}
		confident = rules.Int("reading.confident")
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.relate(ctx, v); err != nil {
		return nil, err
	}
	v.weigh(confident, known)
	return v, nil
}

// relate compares the figures as they stand now, corrections and all. The file is
// read again for it; a figure of today's reading that does not stand where the
// one of then did takes no part.
func (s *Service) relate(ctx context.Context, v *View) error {
	r, err := s.reread(v.Name, v.SHA256, func() ([]byte, error) { return s.bytes(ctx, v.SHA256) })
	if err != nil {
		return err
	}
	if kept(r.Source.Text) != v.Text {
		return nil
	}
	for _, d := range r.Text.Repairs {
		if doubtful(d) {
			v.Repairs = append(v.Repairs, d)
		}
	}
	type span struct{ at, until int }
	byPlace := map[span]*Figure{}
	for _, f := range v.Figures {
		byPlace[span{f.At, f.Until}] = f
	}
	all := slices.Clone(r.Figures)
	numbers := make([]int, len(all))
	for i := range all {
		at, until := r.Text.Original(all[i].Claim.At, all[i].Claim.Until)
		f := byPlace[span{at, until}]
		if f == nil {
			numbers[i], all[i].Kind = -1, claim.Context
			continue
		}
		numbers[i] = f.N
		x := &all[i]
		x.Value, x.High, x.Unit, x.Bound, x.Kind, x.Metric, x.Dims = f.Value, f.High, f.Unit, f.Bound, f.Kind, f.Metric, f.Dims
		if f.State == Dropped {
			x.Kind = claim.Context
		}
	}
	c := r.Corrected(all)
	for i := range c.Relations {
		x := Relation{Relation: &c.Relations[i]}
		for _, k := range x.Relation.Figures {
			x.Figures = append(x.Figures, numbers[k])
		}
		if !slices.Contains(x.Figures, -1) {
			v.Relations = append(v.Relations, x)
		}
	}
	return nil
}

// weigh finds what may be confirmed at once and what cannot be.
func (v *View) weigh(confident int, known map[key]*Published) {
	v.Taken = map[int]*Published{}
	once := map[key]*Figure{}
	for _, f := range v.Figures {
		if f.State != Read || !f.Counts() || f.Metric == "" {
			continue
		}
		k := f.key(v.Report)
		if p := known[k]; p != nil {
			x, unit := base(f.Value, f.Unit)
			if y, same := p.Base(); x != y || unit != same || p.Bound != f.Bound || p.High != f.High {
				v.Taken[f.N] = p
				continue
			}
		}
		sure := f.Changed || f.Confidence*100 >= float64(confident) && !f.Damaged && !(f.Part && len(f.Dims) == 0)
		if first := once[k]; first != nil && (first.Value != f.Value || first.Unit != f.Unit || first.Bound != f.Bound) {
			sure = false // two values of one thing: a person says which
		} else if first == nil {
			once[k] = f
		}
		if sure && len(v.Wrong(f.N)) == 0 {
			v.Confident = append(v.Confident, Pick{f.N, f.Version})
		}
	}
}

// Figure returns one of the view's figures, nil if there is none.
func (v *View) Figure(n int) *Figure {
	i := slices.IndexFunc(v.Figures, func(f *Figure) bool { return f.N == n })
	if i < 0 {
		return nil
	}
	return v.Figures[i]
}
