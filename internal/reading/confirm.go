package reading

import (
	"context"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/figure/catalogue"
	"shangliang/internal/han"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
	"shangliang/internal/report/claim"
)

// Pick names a figure and the version of it that somebody saw.
type Pick struct {
	N       int `json:"n"`
	Version int `json:"version"`
}

// key is what has one published value.
type key struct{ period, metric, dims string }

func (f *Figure) key(r *Report) key { return key{f.In(r), f.Metric, f.Dims.text()} }

func figures(tx *db.Tx, r *Report, numbers []int) ([]*Figure, error) {
	args := []any{r.Tenant, r.ID}
	where := ""
	if numbers != nil {
		var marks string
		marks, args = db.In(args, numbers)
		where = ` AND n IN ` + marks
	}
	return db.All(tx, (*Figure).fields, `SELECT `+figureColumns+` FROM reading_figure WHERE tenant = $1 AND report = $2`+where+` ORDER BY n`, args...)
}

// picked loads the figures of picks as somebody saw them.
func (w *act) picked(picks []Pick) ([]*Figure, error) {
	var numbers []int
	versions := map[int]int{}
	for _, p := range picks {
		if _, twice := versions[p.N]; !twice {
			numbers = append(numbers, p.N)
		}
		versions[p.N] = p.Version
	}
	if len(numbers) == 0 {
		return nil, errs.New(errs.Invalid, "请先选择指标")
	}
	all, err := figures(w.tx, w.r, numbers)
	if err != nil {
		return nil, err
	}
	if len(all) < len(numbers) {
		return nil, errs.Missing()
	}
	for _, f := range all {
		if f.Version != versions[f.N] {
			return nil, db.Stale()
		}
		w.mine[f.N] = true
	}
	return all, nil
}

// save writes what was decided about a figure.
func (w *act) save(f *Figure) error {
	f.Person, f.DecidedAt = w.a.Person, db.At(w.tx.Now())
	if err := db.Touch(w.tx.Exec(`UPDATE reading_figure SET value = $5, high = $6, unit = $7, bound = $8, period = $9, kind = $10, metric = $11, dims = $12, changed = $13, state = $14, published = $15,
		person = $16, decided_at = $17, version = version + 1 WHERE tenant = $1 AND report = $2 AND n = $3 AND version = $4`,
		f.Tenant, f.Report, f.N, f.Version, f.Value, f.High, f.Unit, f.Bound, f.Period, f.Kind, f.Metric, f.Dims.text(), f.Changed, f.State, f.Published, f.Person, f.DecidedAt)); err != nil {
		return err
	}
	f.Version++
	w.rows = append(w.rows, f.row())
	numbers, _ := w.data["figures"].([]int)
	w.data["figures"] = append(numbers, f.N)
	return nil
}

// published are the current ones of the report's place.
func (w *act) published() (map[key]*Published, error) {
	if w.pub != nil {
		return w.pub, nil
	}
	all, err := db.All(w.tx, (*Published).fields, `SELECT `+publishedColumns+` FROM reading_published WHERE tenant = $1 AND place = $2 AND ended_at = ''`, w.r.Tenant, w.r.Place)
	if err != nil {
		return nil, err
	}
	w.pub = map[key]*Published{}
	for _, p := range all {
		w.pub[key{p.Period, p.Metric, p.Dims.text()}] = p
	}
	return w.pub, nil
}

// taken is the refusal of a second value of the same thing.
func taken(r *Report, p *Published) error {
	name := lang.Word(p.Metric)
	if m := p.Definition(); m != nil {
		name = lang.Word(m.Name)
	}
	return errs.New(errs.Conflict, "%s %s的“%s”已经确认为%s；如果这是其中一部分，请补上分类，如果那个不对，请先更正那个", r.Place, p.Period, name, p.Text())
}

// publish makes a figure a published one: a new one, or the one that says the
// same already. Another value of the same thing is a Conflict.
func (w *act) publish(f *Figure, replaces string) error {
	if err := (&Identity{w.r.Place, w.r.Level, w.r.Period}).check(); err != nil {
		return errs.New(errs.Conflict, "请先在上方确认这是哪个地方、哪一级、哪一年的报告")
	}
	switch {
	case f.Definition() == nil:
		return errs.New(errs.Invalid, "“%s”还没有选定口径，请先修改", clip(f.Quote))
	case !f.Counts():
		return errs.New(errs.Invalid, "“%s”不是完成的工作，不能作为指标确认；如果读错了，请先修改", clip(f.Quote))
	}
	all, err := w.published()
	if err != nil {
		return err
	}
	k := f.key(w.r)
	if p := all[k]; p != nil {
		v, unit := p.Base()
		x, same := base(f.Value, f.Unit)
		if v != x || unit != same || p.High != f.High || p.Bound != f.Bound {
			return taken(w.r, p)
		}
		f.State, f.Published = Confirmed, p.ID
		return nil
	}
	p := &Published{Tenant: w.r.Tenant, ID: db.NewID(), Report: w.r.ID, N: f.N, Place: w.r.Place, Body: w.r.Body, Level: w.r.Level, Period: k.period, Metric: f.Metric, Dims: f.Dims,
		Value: f.Value, High: f.High, Unit: f.Unit, Bound: f.Bound, Quote: f.Quote, Start: f.Start, End: f.End, Person: w.a.Person, At: db.At(w.tx.Now()), Replaces: replaces}
	if _, err := w.tx.Exec(`INSERT INTO reading_published (`+publishedColumns+`) VALUES (`+db.Marks(21)+`)`,
		p.Tenant, p.ID, p.Report, p.N, p.Place, p.Body, p.Level, p.Period, p.Metric, p.Dims.text(), p.Value, p.High, p.Unit, p.Bound, p.Quote, p.Start, p.End, p.Person, p.At, p.Replaces, p.EndedAt); err != nil {
		return err
	}
	all[k] = p
	w.rows = append(w.rows, p.row())
	f.State, f.Published = Confirmed, p.ID
	return nil
}

// end ends what was published of a figure. Other figures that said the same are
// to be confirmed anew; whoever corrects one must not correct the others unseen.
func (w *act) end(f *Figure) error {
	if f.Published == "" {
		return nil
	}
	n, err := w.tx.Exec(`UPDATE reading_published SET ended_at = $3 WHERE tenant = $1 AND id = $2 AND ended_at = ''`, w.r.Tenant, f.Published, db.At(w.tx.Now()))
	if err != nil || n == 0 {
		return err
	}
	w.pub = nil
	w.rows = append(w.rows, (&Published{Tenant: w.r.Tenant, ID: f.Published}).row())
	others, err := db.All(w.tx, (*Figure).fields, `SELECT `+figureColumns+` FROM reading_figure WHERE tenant = $1 AND published = $2`, w.r.Tenant, f.Published)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.Report == w.r.ID && w.mine[o.N] {
			continue
		}
		if _, err := w.tx.Exec(`UPDATE reading_figure SET state = $4, published = '', version = version + 1 WHERE tenant = $1 AND report = $2 AND n = $3`, o.Tenant, o.Report, o.N, Read); err != nil {
			return err
		}
		w.rows = append(w.rows, o.row())
	}
	return nil
}

// withdraw takes back the confirmation of a figure, and leaves it in a state.
func (w *act) withdraw(f *Figure, to string) error {
	if err := w.end(f); err != nil {
		return err
	}
	f.State, f.Published = to, ""
	return w.save(f)
}

// Confirm confirms figures as they stand. One that cannot be is an error if it is
// alone; of several, those that can be are confirmed and left names the others.
// What is confirmed already stays. Wants reading.confirm.
func (s *Service) Confirm(ctx context.Context, id string, picks []Pick) (done int, left []int, err error) {
	err = s.do(ctx, id, "confirm", func(w *act) error {
		done, left = 0, nil
		all, err := w.picked(picks)
		if err != nil {
			return err
		}
		for _, f := range all {
			if f.State == Confirmed {
				continue
			}
			if err := w.publish(f, ""); err != nil {
				if kind := errs.KindOf(err); len(all) == 1 || kind != errs.Conflict && kind != errs.Invalid {
					return err
				}
				left = append(left, f.N)
				continue
			}
			if err := w.save(f); err != nil {
				return err
			}
			done++
		}
		return nil
	})
	return done, left, err
}

// Undo takes back what the actor confirmed or dropped by a request, known by its
// key; what somebody decided about since stays. Wants reading.confirm.
func (s *Service) Undo(ctx context.Context, id, key string) (n int, err error) {
	if key == "" {
		return 0, errs.Missing()
	}
	err = s.do(ctx, id, "reopen", func(w *act) error {
		n = 0
		entries, err := ledger.History(w.tx, w.a.Tenant, "reading", id)
		if err != nil {
			return err
		}
		var data struct{ Figures []int }
		state := ""
		for _, e := range entries {
			to := map[string]string{"reading.confirm": Confirmed, "reading.drop": Dropped}[e.Action]
			if e.RequestKey == key && e.Account == w.a.Account && to != "" {
				state = to
				if err := e.Decode(&data); err != nil {
					return err
				}
			}
		}
		if len(data.Figures) == 0 {
			return errs.Missing()
		}
		all, err := figures(w.tx, w.r, data.Figures)
		if err != nil {
			return err
		}
		for _, f := range all {
			w.mine[f.N] = f.State == state && f.Person == w.a.Person && !(state == Confirmed && f.Changed)
		}
		for _, f := range all {
			if !w.mine[f.N] {
				continue
			}
			if err := w.withdraw(f, Read); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// Put leaves figures in state [Read] or [Dropped]; what was published of them
// ends. Wants reading.confirm.
func (s *Service) Put(ctx context.Context, id string, picks []Pick, to string) error {
	action := map[string]string{Read: "reopen", Dropped: "drop"}[to]
	if action == "" {
		return errs.Missing()
	}
	return s.do(ctx, id, action, func(w *act) error {
		all, err := w.picked(picks)
		if err != nil {
			return err
		}
		for _, f := range all {
			if f.State == to {
				continue
			}
			if err := w.withdraw(f, to); err != nil {
				return err
			}
		}
		return nil
	})
}

// Edit is what a person says of a figure.
type Edit struct {
	Value, High float64
	Unit        string
	Bound       claim.Bound
	Period      string
	Kind        claim.Kind
	Metric      string
	Dims        Dims
	Confirm     bool // confirm it too
}

var (
	bounds = []claim.Bound{claim.Exact, claim.Lower, claim.Upper, claim.About}
	kinds  = []claim.Kind{claim.Stat, claim.Plan, claim.Norm, claim.Context}
)

func (e *Edit) check() error {
	var f errs.Fields
	e.Unit, e.Period = han.Tidy(e.Unit), han.Tidy(e.Period)
	f.Check(!math.IsNaN(e.Value) && math.Abs(e.Value) < 1e15 && e.Value >= 0, "value", "请填写数字")
	f.Check(e.High == 0 || e.High > e.Value && e.High < 1e15, "high", "区间的上限须大于下限")
	f.Check(e.Unit != "" && utf8.RuneCountInString(e.Unit) <= 10, "unit", "请填写单位，例如 件")
	f.Check(!strings.HasSuffix(e.Unit, "%") || e.Value <= 100, "value", "比率不能超过100%%")
	f.Check(slices.Contains(bounds, e.Bound), "bound", "请选择")
	f.Check(slices.Contains(kinds, e.Kind), "kind", "请选择")
	f.Check(utf8.RuneCountInString(e.Period) <= 20, "period", "不能超过 %d 个字", 20)
	m := catalogue.Get().Metric(e.Metric)
	f.Check(e.Metric == "" || m != nil, "metric", "目录里没有这个口径")
	f.Check(e.Metric != "" || !e.Confirm, "metric", "请选定口径")
	if m != nil && e.Unit != "" {
		rate := slices.Contains(m.Units, "%")
		f.Check(rate == (e.Unit == "%"), "unit", "这个口径的单位是%s", strings.Join(m.Units, "、"))
	}
	dims := Dims{}
	for d, v := range e.Dims {
		if v = han.Tidy(v); v != "" {
			f.Check(DimTitles[d] != "" && utf8.RuneCountInString(v) <= 60, "dim_"+d, "不能超过 %d 个字", 60)
			dims[d] = v
		}
	}
	e.Dims = dims
	return f.Err()
}

// Change corrects a figure. One that is confirmed is published anew, in place of
// what was published of it. Wants reading.confirm.
func (s *Service) Change(ctx context.Context, id string, p Pick, e Edit) error {
	if err := e.check(); err != nil {
		return err
	}
	return s.do(ctx, id, "change", func(w *act) error {
		all, err := w.picked([]Pick{p})
		if err != nil {
			return err
		}
		f := all[0]
		replaces := f.Published
		if err := w.end(f); err != nil {
			return err
		}
		confirm := e.Confirm || f.State == Confirmed
		f.Value, f.High, f.Unit, f.Bound, f.Period, f.Kind, f.Metric, f.Dims = e.Value, e.High, e.Unit, e.Bound, e.Period, e.Kind, e.Metric, e.Dims
		f.Changed, f.State, f.Published = true, Read, ""
		if f.Period == w.r.Period {
			f.Period = ""
		}
		if confirm {
			if err := w.publish(f, replaces); err != nil {
				return err
			}
		}
		return w.save(f)
	})
}

// clip is the beginning of a quote.
func clip(s string) string {
	if r := []rune(s); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return s
}
