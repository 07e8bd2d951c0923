package figure

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/rule"
)

// Service computes the figures of all capabilities. It is safe for concurrent
// use. Its methods want figure.read; errors are Invalid for a request that
// cannot be, NotFound for a figure or session that is not there.
type Service struct {
	db      *db.DB
	rules   *rule.Rules
	sources []Source
	figures []*counted
	byID    map[string]*counted
	cache   cache
}

// New makes the service of the sources and definitions of all modules. What is
// wrong with a definition is an error: an attribute or dimension that its source
// does not have, a rate whose numerator is not within its denominator.
func New(d *db.DB, rules *rule.Rules, sources []Source, defs []Definition) (*Service, error) {
	figures, err := compile(sources, defs)
	if err != nil {
		return nil, err
	}
	s := &Service{db: d, rules: rules, sources: sources, figures: figures, byID: map[string]*counted{}}
	for _, c := range figures {
		s.byID[c.ID] = c
	}
	return s, nil
}

// Definitions lists all figures in the order of their tables.
func (s *Service) Definitions() []*Definition {
	all := make([]*Definition, len(s.figures))
	for i, c := range s.figures {
		all[i] = c.Definition
	}
	return all
}

// Definition returns a figure's definition, NotFound if there is none.
func (s *Service) Definition(id string) (*Definition, error) {
	c := s.byID[id]
	if c == nil {
		return nil, errs.Missing()
	}
	return c.Definition, nil
}

// Dims lists the dimensions that the actor may split and filter all figures by.
func (s *Service) Dims(ctx context.Context) []Dim {
	a, _ := actor.From(ctx)
	var all []Dim
	for _, src := range s.sources {
		for _, d := range src.Dims {
			if d.allows(a) && !slices.ContainsFunc(all, func(x Dim) bool { return x.ID == d.ID }) {
				all = append(all, d)
			}
		}
	}
	return all
}

func (d Dim) allows(a actor.Actor) bool { return d.Needs == "" || a.Can(d.Needs) }

// Request says what is asked. The zero Request is all figures of the year of
// the current session, as of today.
type Request struct {
	Year    int
	Session string        // id; then Year is that of the session
	AsOf    calendar.Date // what had happened by the end of this day; today when empty or later
	By      string        // the dimension that values are split by
	Filter  []Tag         // values that facts must have; several of one dimension: any of them
	IDs     []string      // the figures asked for; all when empty
}

// Report is the answer to a request.
type Report struct {
	Request      // as it was understood: with year and day
	SessionTitle string
	Past         bool // the figures are of an earlier day than today
	Values       []Value
	// Labels names the values of Filter, as "dim=value".
	Labels map[string]string
}

// Value returns a figure of the report; ok is false if it is not in it.
func (r *Report) Value(id string) (v Value, ok bool) {
	i := slices.IndexFunc(r.Values, func(v Value) bool { return v.Def.ID == id })
	if i < 0 {
		return Value{}, false
	}
	return r.Values[i], true
}

// Compute returns the values of figures. Figures whose source lacks a dimension
// that is asked for are left out, and so are those that need a further
// permission when the request splits or filters: a small group would tell what
// the records must not.
func (s *Service) Compute(ctx context.Context, r Request) (rep *Report, err error) {
	a, err := actor.Require(ctx, "figure.read")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var l *loaded
		if l, err = s.load(tx, a, r, false); err != nil {
			return err
		}
		rep, err = s.report(l)
		return err
	})
	return rep, err
}

// Compare is [Service.Compute] for a year and the one before it, in one
// snapshot. The year before is taken as of the same day, a year earlier, only
// if the request names a day.
func (s *Service) Compare(ctx context.Context, r Request) (now, before *Report, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if now, err = s.Compute(tx.Context(), r); err != nil {
			return err
		}
		r.Year, r.Session = now.Year-1, ""
		r.Filter = slices.DeleteFunc(slices.Clone(r.Filter), func(t Tag) bool { return t.Dim == sessionDim })
		if r.AsOf != "" {
			r.AsOf = r.AsOf.AddMonths(-12)
		}
		before, err = s.Compute(tx.Context(), r)
		return err
	})
	return now, before, err
}

// mostYears is how many years [Service.Years] goes back.
const mostYears = 10

// Years is [Service.Compute] for each year that has a session, the oldest first,
// at most the last ten, in one snapshot. What the request says of year, session
// and day is left aside.
func (s *Service) Years(ctx context.Context, r Request) (all []*Report, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		sessions, err := s.Sessions(tx.Context())
		if err != nil {
			return err
		}
		var years []int
		for _, x := range sessions {
			years = append(years, x.Year)
		}
		slices.Sort(years)
		years = slices.Compact(years)
		r := Request{IDs: r.IDs, Filter: slices.DeleteFunc(slices.Clone(r.Filter), func(t Tag) bool { return t.Dim == sessionDim })}
		for _, r.Year = range years[max(0, len(years)-mostYears):] {
			rep, err := s.Compute(tx.Context(), r)
			if err != nil {
				return err
			}
			all = append(all, rep)
		}
		return nil
	})
	return all, err
}

// Record is a fact behind a figure. Of a rate, the records are those of its
// denominator, and Counts says which are in the numerator.
type Record struct {
	Fact
	Counts bool
	Hidden bool // who asks may not read it: it has no title, no names and no link
}

// Records is a figure with what is behind it.
type Records struct {
	Report  *Report
	Value   Value
	Records []Record // in the order of their source
	Dims    []Dim    // by which it can be split and filtered
}

// Records returns the records behind a figure: what [Service.Compute] says with
// the same request is what they add up to. Forbidden if the figure needs a
// permission that the actor does not have.
func (s *Service) Records(ctx context.Context, id string, r Request) (out *Records, err error) {
	a, err := actor.Require(ctx, "figure.read")
	if err != nil {
		return nil, err
	}
	c := s.byID[id]
	if c == nil {
		return nil, errs.Missing()
	}
	if !c.open(a) {
		return nil, errs.New(errs.Forbidden, "这项指标的明细只向有评价查看权限的人员开放")
	}
	r.IDs = []string{id}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		l, err := s.load(tx, a, r, true)
		if err != nil {
			return err
		}
		rep, err := s.report(l)
		if err != nil {
			return err
		}
		if len(rep.Values) == 0 {
			return errs.New(errs.Invalid, "这项指标不能这样分类或筛选")
		}
		out = &Records{Report: rep, Value: rep.Values[0], Records: l.records(c),
			Dims: slices.DeleteFunc(slices.Clone(c.dims), func(d Dim) bool { return !d.allows(a) || !l.splits(c, d) })}
		return nil
	})
	return out, err
}

// open reports whether somebody may open a figure's records.
func (c *counted) open(a actor.Actor) bool {
	for _, d := range []*counted{c, c.num, c.den} {
		if d != nil && d.Needs != "" && !a.Can(d.Needs) {
			return false
		}
	}
	return true
}

// splits reports whether a dimension says anything about what was loaded.
func (l *loaded) splits(c *counted, d Dim) bool {
	return slices.ContainsFunc(l.facts[c.source], func(f Fact) bool {
		return slices.ContainsFunc(f.Tags, func(t Tag) bool { return t.Dim == d.ID && t.Value != "" }) && c.counts(&f)
	})
}

const sessionDim = "session"

// loaded is a request with the facts that it is about.
type loaded struct {
	tx      *db.Tx
	actor   actor.Actor
	request Request
	session string // its title
	scope   Scope
	figures []*counted
	facts   map[*Source][]Fact
}

// load understands a request and loads the facts of the sources it needs.
func (s *Service) load(tx *db.Tx, a actor.Actor, r Request, details bool) (*loaded, error) {
	l := &loaded{tx: tx, actor: a, facts: map[*Source][]Fact{}}
	if err := l.place(&r); err != nil {
		return nil, err
	}
	l.request = r
	v, err := s.rules.On(tx, a.Tenant, min(r.AsOf, calendar.Date(strconv.Itoa(r.Year)+"-12-31")))
	if err != nil {
		return nil, err
	}
	versions := map[int]*rule.Version{v.N: v}
	l.scope = Scope{Tenant: a.Tenant, Year: r.Year, AsOf: r.AsOf, Rules: v, Details: details, Needs: map[string]bool{},
		Version: func(n int) (*rule.Version, error) {
			if versions[n] == nil {
				v, err := s.rules.Load(tx, a.Tenant, n)
				if err != nil {
					return nil, err
				}
				versions[n] = v
			}
			return versions[n], nil
		}}
	asked := r.dims()
	for _, dim := range asked {
		l.scope.Needs[dim] = true
	}
	for _, c := range s.figures {
		if len(r.IDs) > 0 && !slices.Contains(r.IDs, c.ID) || !c.splits(asked, a) || len(asked) > 0 && !c.open(a) {
			continue
		}
		l.figures = append(l.figures, c)
		for _, d := range []*counted{c, c.num, c.den} {
			if d == nil {
				continue
			}
			for _, w := range d.tags {
				l.scope.Needs[w.dim] = true
			}
		}
	}
	if details {
		for _, c := range l.figures {
			for _, d := range c.source.Dims {
				l.scope.Needs[d.ID] = true
			}
		}
	}
	for _, c := range l.figures {
		if _, ok := l.facts[c.source]; ok {
			continue
		}
		facts, err := s.cache.load(tx, c.source, l.scope)
		if err != nil {
			return nil, err
		}
		l.facts[c.source] = filter(facts, r.Filter)
	}
	return l, nil
}

// dims are the dimensions that a request splits or filters by.
func (r *Request) dims() []string {
	var all []string
	if r.By != "" {
		all = append(all, r.By)
	}
	for _, t := range r.Filter {
		all = append(all, t.Dim)
	}
	return all
}

// splits reports whether a figure has all dimensions asked for, and the actor
// may use them.
func (c *counted) splits(asked []string, a actor.Actor) bool {
	return !slices.ContainsFunc(asked, func(id string) bool {
		return !slices.ContainsFunc(c.dims, func(d Dim) bool { return d.ID == id && d.allows(a) })
	})
}

// place finds year, session and day of a request.
func (l *loaded) place(r *Request) error {
	today := org.Today(l.tx)
	if r.AsOf == "" || r.AsOf > today {
		r.AsOf = today
	}
	tenant := l.actor.Tenant
	if r.Session != "" {
		session, err := org.SessionOf(l.tx, tenant, r.Session)
		if err != nil {
			return err
		}
		r.Year, l.session = session.Year, session.Title
		r.Filter = append(slices.Clone(r.Filter), Tag{sessionDim, r.Session})
	}
	if r.Year == 0 {
		session, err := org.CurrentSession(l.tx, tenant)
		if err != nil {
			return err
		}
		r.Year = session.Year
	}
	if r.Year < 1949 || r.Year > 2199 {
		return errs.New(errs.Invalid, "没有 %d 年的数据", r.Year)
	}
	return nil
}

// filter keeps the facts that have the values asked for.
func filter(facts []Fact, tags []Tag) []Fact {
	byDim := map[string][]string{}
	for _, t := range tags {
		byDim[t.Dim] = append(byDim[t.Dim], t.Value)
	}
	for dim, values := range byDim {
		var kept []Fact
		for i := range facts {
			if facts[i].has(dim, values) {
				kept = append(kept, facts[i])
			}
		}
		facts = kept
	}
	return facts
}

// report counts what was loaded and names it in the language of the context.
func (s *Service) report(l *loaded) (*Report, error) {
	ctx := l.tx.Context()
	rep := &Report{Request: l.request, SessionTitle: l.session, Past: l.request.AsOf < org.Today(l.tx), Labels: map[string]string{}}
	notes := map[*Source]*strings.Replacer{}
	labels := map[*Source]map[string]string{}
	for _, c := range l.figures {
		src := c.source
		if notes[src] == nil {
			var pairs []string
			if src.Notes != nil {
				for place, text := range src.Notes(l.tx, l.scope) {
					pairs = append(pairs, "{"+place+"}", text)
				}
			}
			notes[src] = strings.NewReplacer(pairs...)
			var err error
			if labels[src], err = l.labels(src, rep.Labels); err != nil {
				return nil, err
			}
		}
		v := Value{Def: c.Definition, Count: c.total(l.facts[src]), Closed: !c.open(l.actor),
			Name: lang.Say(ctx, c.Name), Rule: notes[src].Replace(lang.Say(ctx, c.Definition.Rule))}
		if l.request.By != "" {
			v.Groups = c.groups(l.facts[src], l.request.By)
			for i := range v.Groups {
				g := &v.Groups[i]
				if g.Label = cmp.Or(labels[src][g.Key], g.Key); g.Key == "" {
					g.Label = lang.T(ctx, "（无）")
				}
			}
			order(v.Groups)
		}
		rep.Values = append(rep.Values, v)
	}
	return rep, nil
}

// labels names the values of the dimension that is split by, and puts those of
// the filter into named.
func (l *loaded) labels(src *Source, named map[string]string) (map[string]string, error) {
	values := func(dim string) []string {
		var all []string
		seen := map[string]bool{"": true}
		for i := range l.facts[src] {
			for _, t := range l.facts[src][i].Tags {
				if t.Dim == dim && !seen[t.Value] {
					seen[t.Value] = true
					all = append(all, t.Value)
				}
			}
		}
		return all
	}
	for _, t := range l.request.Filter {
		names, err := src.Labels(l.tx, l.scope, t.Dim, []string{t.Value})
		if err != nil {
			return nil, err
		}
		named[t.Dim+"="+t.Value] = cmp.Or(names[t.Value], t.Value, lang.T(l.tx.Context(), "（无）"))
	}
	if l.request.By == "" {
		return nil, nil
	}
	return src.Labels(l.tx, l.scope, l.request.By, values(l.request.By))
}

// order puts the largest first, those without a value last.
func order(groups []Group) {
	slices.SortStableFunc(groups, func(a, b Group) int {
		if (a.Key == "") != (b.Key == "") {
			return cmp.Compare(b.Key, a.Key)
		}
		return cmp.Or(cmp.Compare(b.Amount+b.Den, a.Amount+a.Den), cmp.Compare(a.Label, b.Label))
	})
}

// Sessions lists the sessions of the actor's tenant, newest first: the years and
// sessions that can be asked for.
func (s *Service) Sessions(ctx context.Context) (all []*org.Session, err error) {
	a, err := actor.Require(ctx, "figure.read")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = org.Sessions(tx, a.Tenant)
		return err
	})
	return all, err
}
