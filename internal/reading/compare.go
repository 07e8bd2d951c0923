package reading

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/figure/catalogue"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
)

// Cell is a value of a place and year.
type Cell struct {
	Value float64 // in the plain unit
	Unit  string  // likewise
	Text  string
	Link  string // where it comes from: the sentence, or the records
	Known bool   // there is a value
	// Best says that no earlier year that is known had more, if there is one.
	Best   bool
	Before float64 // the year before, if HasBefore
	// HasBefore says that there is a value of the year before in the same unit.
	HasBefore bool
	Rank      int // among the places of the year, from the largest; 0 is not ranked
}

// Row is a place over the years, or a metric over the places.
type Row struct {
	Title    string
	Own      bool // the actor's own place
	Computed bool // from records, not from a report
	Cells    []Cell
}

// Comparison is one metric, places against years.
type Comparison struct {
	Metric  *catalogue.Metric
	Level   string
	Own     string // the actor's own place
	Years   []int  // the oldest first
	Rows    []*Row // own place first
	Parts   []*Published
	Ranks   map[int]int // of the own place, by year
	Peers   map[int]int // how many are ranked, by year
	Targets map[int]*Target
	Names   map[string]string // of who set the targets
}

// Overview is one year, metrics against places.
type Overview struct {
	Level   string
	Year    int
	Years   []int // with published figures, the latest first
	Places  []string
	Metrics []*catalogue.Metric
	Own     string
	OwnRow  map[string]Cell            // by metric, from records; nil if the level is another
	Cells   map[string]map[string]Cell // metric, place
}

// Target is the rank that a conference wants to reach.
type Target struct {
	Tenant, Metric string
	Year, Rank     int
	Person         string
	At             db.Time
	Version        int
}

const targetColumns = `tenant, metric, year, rank, person, at, version`

func (t *Target) fields() []any {
	return []any{&t.Tenant, &t.Metric, &t.Year, &t.Rank, &t.Person, &t.At, &t.Version}
}

// minor are the dimensions that leave a figure the whole of its metric.
var minor = map[string]bool{"session": true, "rater": true, "denominator": true, "stage": true, "as_of": true}

func whole(d Dims) bool {
	for k, v := range d {
		if !minor[k] && v != "all" {
			return false
		}
	}
	return true
}

func sentence(p *Published) string { return fmt.Sprintf("/readings/%s?show=all#f%d", p.Report, p.N) }

func cellOf(p *Published) Cell {
	v, unit := p.Base()
	return Cell{Value: v, Unit: unit, Text: p.Text(), Link: sentence(p), Known: true}
}

// wholes picks the whole of each metric, place and year; the rest are parts.
func wholes(all []*Published) (pick map[[2]string]map[int]*Published, parts []*Published) {
	pick = map[[2]string]map[int]*Published{}
	for _, p := range all {
		year, err := strconv.Atoi(p.Period)
		if err != nil || !whole(p.Dims) {
			parts = append(parts, p)
			continue
		}
		k := [2]string{p.Metric, p.Place}
		if pick[k] == nil {
			pick[k] = map[int]*Published{}
		}
		if old := pick[k][year]; old == nil || len(p.Dims) < len(old.Dims) {
			pick[k][year] = p
		}
	}
	return pick, parts
}

// own is the tenant's place and level.
func own(tx *db.Tx, tenant string) (place, level string, err error) {
	t, err := org.TenantOf(tx, tenant)
	if err != nil {
		return "", "", err
	}
	return cmp.Or(t.Region, strings.TrimSuffix(t.ShortName, "政协")), t.Level, nil
}

// answering are the figures that answer to a metric, or to any if it is empty:
// the first of each, and its metric by the figure's id.
func (s *Service) answering(metric string) (ids []string, metricOf map[string]string) {
	metricOf = map[string]string{}
	taken := map[string]bool{}
	for _, d := range s.figures.Definitions() {
		if d.Metric != "" && (metric == "" || d.Metric == metric) && !taken[d.Metric] {
			taken[d.Metric], metricOf[d.ID] = true, d.Metric
			ids = append(ids, d.ID)
		}
	}
	return ids, metricOf
}

// computed are the values of a report by metric, without those of which nothing
// was recorded that year.
func computed(rep *figure.Report, metricOf map[string]string) map[string]Cell {
	all := map[string]Cell{}
	for i := range rep.Values {
		v := &rep.Values[i]
		if !v.Known() || v.Value() == 0 && !v.Rate {
			continue
		}
		c := Cell{Value: v.Value(), Unit: catalogue.BaseUnit(v.Def.Unit), Text: v.Text(), Known: true, Link: "/figures/" + v.Def.ID + "?year=" + strconv.Itoa(rep.Year)}
		if !v.Rate {
			c.Text += v.Def.Unit
		}
		all[metricOf[v.Def.ID]] = c
	}
	return all
}

// computedYears are the values of a metric from records, by year and metric.
func (s *Service) computedYears(ctx context.Context, metric string) (map[int]map[string]Cell, error) {
	all := map[int]map[string]Cell{}
	ids, metricOf := s.answering(metric)
	if len(ids) == 0 {
		return all, nil
	}
	reports, err := s.figures.Years(ctx, figure.Request{IDs: ids})
	if err != nil {
		return nil, err
	}
	for _, rep := range reports {
		all[rep.Year] = computed(rep, metricOf)
	}
	return all, nil
}

// Compare compares a metric between the places of a level, over the years that
// are known; the own level if it is empty. Wants reading.read.
func (s *Service) Compare(ctx context.Context, metric, level string) (c *Comparison, err error) {
	a, err := actor.Require(ctx, "reading.read")
	if err != nil {
		return nil, err
	}
	c = &Comparison{Metric: catalogue.Get().Metric(metric), Ranks: map[int]int{}, Peers: map[int]int{}, Targets: map[int]*Target{}}
	if c.Metric == nil {
		return nil, errs.Missing()
	}
	mine, err := s.computedYears(ctx, metric)
	if err != nil {
		return nil, err
	}
	var all []*Published
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var ownLevel string
		if c.Own, ownLevel, err = own(tx, a.Tenant); err != nil {
			return err
		}
		c.Level = cmp.Or(level, ownLevel)
		if c.Level != ownLevel {
			mine = nil
		}
		if all, err = published(tx, a.Tenant, Filter{Level: c.Level, Metric: metric}); err != nil {
			return err
		}
		targets, err := db.All(tx, (*Target).fields, `SELECT `+targetColumns+` FROM reading_target WHERE tenant = $1 AND metric = $2`, a.Tenant, metric)
		if err != nil {
			return err
		}
		var people []string
		for _, t := range targets {
			people = append(people, t.Person)
			if c.Level == ownLevel {
				c.Targets[t.Year] = t
			}
		}
		c.Names, err = org.PersonNames(tx, a.Tenant, people)
		return err
	})
	if err != nil {
		return nil, err
	}
	pick, parts := wholes(all)
	c.Parts = parts
	c.fill(pick, mine)
	return c, nil
}

// fill makes the rows.
func (c *Comparison) fill(pick map[[2]string]map[int]*Published, mine map[int]map[string]Cell) {
	for y, m := range mine {
		if m[c.Metric.ID].Known {
			c.Years = append(c.Years, y)
		}
	}
	for _, years := range pick {
		for y := range years {
			c.Years = append(c.Years, y)
		}
	}
	for y := range c.Targets {
		c.Years = append(c.Years, y)
	}
	slices.Sort(c.Years)
	c.Years = slices.Compact(c.Years)
	if len(c.Years) == 0 {
		return
	}
	records := &Row{Title: c.Own, Own: true, Computed: true}
	for _, y := range c.Years {
		records.Cells = append(records.Cells, mine[y][c.Metric.ID])
	}
	if mine != nil {
		c.Rows = append(c.Rows, records)
	}
	var places []string
	for k := range pick {
		places = append(places, k[1])
	}
	slices.SortFunc(places, func(a, b string) int {
		return cmp.Or(-cmp.Compare(btoi(a == c.Own), btoi(b == c.Own)), cmp.Compare(a, b))
	})
	for _, place := range places {
		r := &Row{Title: place, Own: place == c.Own}
		for _, y := range c.Years {
			if p := pick[[2]string{c.Metric.ID, place}][y]; p != nil {
				r.Cells = append(r.Cells, cellOf(p))
			} else {
				r.Cells = append(r.Cells, Cell{})
			}
		}
		c.Rows = append(c.Rows, r)
	}
	for _, r := range c.Rows {
		// A year that one of the own rows lacks the other may have: an old report,
		// this year's records.
		var also *Row
		for _, other := range c.Rows {
			if r.Own && other.Own && other != r {
				also = other
			}
		}
		r.judge(c.Years, also)
	}
	for i := range c.Years {
		c.rank(i)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// judge finds what is the best ever and how it was the year before; also, if not
// nil, says what the row does not.
func (r *Row) judge(years []int, also *Row) {
	for i := range r.Cells {
		c := &r.Cells[i]
		if !c.Known {
			continue
		}
		earlier := 0
		c.Best = true
		for k := range i {
			b := &r.Cells[k]
			if !b.Known && also != nil {
				b = &also.Cells[k]
			}
			if b.Known && b.Unit == c.Unit {
				earlier++
				c.Best = c.Best && b.Value < c.Value
				if years[k] == years[i]-1 {
					c.Before, c.HasBefore = b.Value, true
				}
			}
		}
		c.Best = c.Best && earlier > 0
	}
}

// rank ranks the places of a year, from the largest, in the unit that most of
// them use. The own place counts once: by its report if there is one, else by its
// records.
func (c *Comparison) rank(i int) {
	units := map[string]int{}
	published := false
	for _, r := range c.Rows {
		if r.Cells[i].Known {
			units[r.Cells[i].Unit]++
			published = published || r.Own && !r.Computed
		}
	}
	unit := ""
	for u, n := range units {
		if n > units[unit] || n == units[unit] && u < unit {
			unit = u
		}
	}
	var ranked []*Row
	for _, r := range c.Rows {
		if r.Cells[i].Known && r.Cells[i].Unit == unit && !(r.Computed && published) {
			ranked = append(ranked, r)
		}
	}
	if len(ranked) < 2 {
		return
	}
	for _, r := range ranked {
		n := 1
		for _, other := range ranked {
			if other.Cells[i].Value > r.Cells[i].Value {
				n++
			}
		}
		r.Cells[i].Rank = n
		if r.Own {
			c.Ranks[c.Years[i]] = n
		}
	}
	c.Peers[c.Years[i]] = len(ranked)
}

// Overview shows a year of a level; the own level and the latest year if they are
// empty. Wants reading.read.
func (s *Service) Overview(ctx context.Context, level string, year int) (o *Overview, err error) {
	a, err := actor.Require(ctx, "reading.read")
	if err != nil {
		return nil, err
	}
	o = &Overview{Year: year, Cells: map[string]map[string]Cell{}}
	var all []*Published
	same := false
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var ownLevel string
		if o.Own, ownLevel, err = own(tx, a.Tenant); err != nil {
			return err
		}
		o.Level = cmp.Or(level, ownLevel)
		same = o.Level == ownLevel
		all, err = published(tx, a.Tenant, Filter{Level: o.Level})
		return err
	})
	if err != nil {
		return nil, err
	}
	pick, _ := wholes(all)
	for _, years := range pick {
		for y := range years {
			o.Years = append(o.Years, y)
		}
	}
	slices.Sort(o.Years)
	o.Years = slices.Compact(o.Years)
	slices.Reverse(o.Years)
	if o.Year == 0 && len(o.Years) > 0 {
		o.Year = o.Years[0]
	}
	for k, years := range pick {
		p := years[o.Year]
		if p == nil {
			continue
		}
		if o.Cells[k[0]] == nil {
			o.Cells[k[0]] = map[string]Cell{}
		}
		o.Cells[k[0]][k[1]] = cellOf(p)
		if !slices.Contains(o.Places, k[1]) {
			o.Places = append(o.Places, k[1])
		}
	}
	slices.SortFunc(o.Places, func(a, b string) int {
		return cmp.Or(-cmp.Compare(btoi(a == o.Own), btoi(b == o.Own)), cmp.Compare(a, b))
	})
	if ids, metricOf := s.answering(""); same && o.Year > 0 && len(ids) > 0 {
		rep, err := s.figures.Compute(ctx, figure.Request{Year: o.Year, IDs: ids})
		if err != nil {
			return nil, err
		}
		o.OwnRow = computed(rep, metricOf)
	}
	for i := range catalogue.Get().Metrics {
		if m := &catalogue.Get().Metrics[i]; len(o.Cells[m.ID]) > 0 {
			o.Metrics = append(o.Metrics, m)
		}
	}
	return o, nil
}

// SetTarget sets the rank to reach in a metric and year, or takes it away with
// rank 0. version is that of the target that was seen, 0 if there was none. Wants
// reading.target.
func (s *Service) SetTarget(ctx context.Context, metric string, year, rank, version int) error {
	a, err := actor.Require(ctx, "reading.target")
	if err != nil {
		return err
	}
	if catalogue.Get().Metric(metric) == nil {
		return errs.Missing()
	}
	var f errs.Fields
	f.Check(year >= 1990 && year <= 2100, "year", "请填写年份")
	f.Check(rank >= 0 && rank <= 3000, "rank", "名次须是1至3000的整数")
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, done, err := ledger.Replayed(tx); err != nil || done {
			return err
		}
		old, err := db.All(tx, (*Target).fields, `SELECT `+targetColumns+` FROM reading_target WHERE tenant = $1 AND metric = $2 AND year = $3`, a.Tenant, metric, year)
		if err != nil {
			return err
		}
		switch {
		case len(old) == 0 && version != 0, len(old) > 0 && old[0].Version != version:
			return db.Stale()
		case len(old) == 0 && rank == 0:
			return nil
		case len(old) == 0:
			_, err = tx.Exec(`INSERT INTO reading_target (`+targetColumns+`) VALUES (`+db.Marks(7)+`)`, a.Tenant, metric, year, rank, a.Person, db.At(tx.Now()), 1)
		case rank == 0:
			_, err = tx.Exec(`DELETE FROM reading_target WHERE tenant = $1 AND metric = $2 AND year = $3`, a.Tenant, metric, year)
		default:
			err = db.Touch(tx.Exec(`UPDATE reading_target SET rank = $5, person = $6, at = $7, version = version + 1 WHERE tenant = $1 AND metric = $2 AND year = $3 AND version = $4`,
				a.Tenant, metric, year, version, rank, a.Person, db.At(tx.Now())))
		}
		if err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "reading.target", Kind: "reading_target", Object: metric + "@" + strconv.Itoa(year), Data: map[string]any{"rank": rank},
			Rows: []ledger.Row{ledger.RowOf("reading_target", "tenant", a.Tenant, "metric", metric, "year", year)}})
	})
}
