package keyproposal

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/attachment"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

// Filter says which key proposals a list shows; zero fields do not filter.
type Filter struct {
	Year      int    `form:"year" query:"year"`
	State     string `form:"state" query:"state"`
	Leader    string `form:"leader" query:"leader"` // person
	Committee string `form:"committee" query:"committee"`
	Title     string `form:"q" query:"title"`
	Party     bool   `form:"party" query:"party"` // parties' proposals only
	Key       bool   `form:"key" query:"key"`     // approved ones only
}

// Item is a row of a list.
type Item struct {
	*Key
	Case          *proposal.Brief
	LeaderName    string
	CommitteeName string
	DueOn         calendar.Date // of the first deadline that runs
	Due           string        // what is due then
	Asked         int           // how many bodies were asked, and how many answered
	Answered      int
	Waits         bool // for the opinion of the actor's body
}

// Behind reports whether a deadline of the supervision has passed.
func (x *Item) Behind(today calendar.Date) bool { return x.DueOn != "" && x.DueOn < today }

// mostListed bounds a list: a year has some dozens of key proposals.
const mostListed = 1000

// List returns the key proposals in the actor's reach that a filter picks, with
// the day they are compared with.
func (s *Service) List(ctx context.Context, f Filter) (all []*Item, today calendar.Date, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, "", err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		today = org.Today(tx)
		all, err = s.items(tx, a, f)
		return err
	})
	return all, today, err
}

// items is [Service.List] in a transaction: one query, whatever the rows show.
func (s *Service) items(tx *db.Tx, a actor.Actor, f Filter) ([]*Item, error) {
	cond, args := reach(a, []any{a.Tenant, f.Year, f.State, f.Leader, f.Committee, f.Party, f.Key, db.Like(f.Title), a.Body})
	return db.All(tx, func(x *Item) []any {
		x.Key, x.Case = new(Key), new(proposal.Brief)
		return slices.Concat(x.Key.fields(), x.Case.Fields(), []any{&x.LeaderName, &x.CommitteeName, &x.DueOn, &x.Due, &x.Asked, &x.Answered, &x.Waits})
	}, `SELECT `+keyColumns+`, `+proposal.BriefColumns+`, COALESCE(l.name, ''), COALESCE(NULLIF(c.short_name, ''), c.name, ''),
		COALESCE((SELECT MIN(x.due_on) FROM clock x WHERE x.tenant = k.tenant AND x.object = 'key_proposal' AND x.object_id = k.id AND x.state = 'running'), ''),
		COALESCE((SELECT MIN(x.title) FROM clock x WHERE x.tenant = k.tenant AND x.object = 'key_proposal' AND x.object_id = k.id AND x.state = 'running'), ''),
		(SELECT COUNT(*) FROM key_opinion o WHERE o.tenant = k.tenant AND o.key_proposal = k.id),
		(SELECT COUNT(*) FROM key_opinion o WHERE o.tenant = k.tenant AND o.key_proposal = k.id AND o.answered_at <> ''),
		EXISTS (SELECT 1 FROM key_opinion o WHERE o.tenant = k.tenant AND o.key_proposal = k.id AND o.answered_at = '' AND o.body = $9)
		FROM key_proposal k JOIN proposal p ON p.tenant = k.tenant AND p.id = k.proposal
		LEFT JOIN person l ON l.tenant = k.tenant AND l.id = k.leader
		LEFT JOIN body c ON c.tenant = k.tenant AND c.id = k.committee
		LEFT JOIN body party ON party.tenant = p.tenant AND party.id = p.body AND party.kind = 'party'
		WHERE k.tenant = $1 AND ($2 = 0 OR k.year = $2) AND ($3 = '' OR k.state = $3) AND ($4 = '' OR k.leader = $4) AND ($5 = '' OR k.committee = $5)
		AND (NOT $6 OR party.id IS NOT NULL) AND (NOT $7 OR k.approved_at <> '') AND p.title LIKE $8 ESCAPE '\' AND `+cond+`
		ORDER BY k.year DESC, p.case_no, k.id LIMIT `+itoa(mostListed), args...)
}

// Year sums up a year: how many key proposals there are against what the rules
// say.
type Year struct {
	Year                int
	Filed, Party        int // filed proposals, and those of parties among them
	Nominated           int // and consulted: not decided
	Key, KeyParty       int
	Share               int // percent of Filed by the rules
	Crowded             []string
	Today               calendar.Date
	Rules               *rule.Version
	Years               []int
	Leaders, Committees []org.Code // who may be chosen; ids of [Leader] and of bodies
	Bodies              []*org.Body
}

// Over reports whether there are more key proposals than the rules say.
func (y *Year) Over() bool { return y.Key*100 > y.Filed*y.Share }

// Overview sums up a year, the newest when 0, and says what there is to choose
// from. Wants key_proposal.read, or to be asked about or in charge of some.
func (s *Service) Overview(ctx context.Context, year int) (y *Year, err error) {
	a, err := actor.Require(ctx, "")
	if err == nil && !a.Can("key_proposal.read") {
		a, err = actor.Require(ctx, "key_proposal.opine")
	}
	if err != nil {
		return nil, err
	}
	y = &Year{Year: year}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		y.Today = org.Today(tx)
		if y.Rules, err = s.rules.Now(tx, a.Tenant); err != nil {
			return err
		}
		sessions, err := org.Sessions(tx, a.Tenant)
		if err != nil {
			return err
		}
		for _, x := range sessions {
			y.Years = append(y.Years, x.Year)
		}
		slices.Sort(y.Years)
		y.Years = slices.Compact(y.Years)
		slices.Reverse(y.Years)
		if y.Year == 0 {
			current, err := org.CurrentSession(tx, a.Tenant)
			if err != nil {
				return err
			}
			y.Year = current.Year
		}
		if y.Bodies, err = org.ActiveBodies(tx, a.Tenant, ""); err != nil {
			return err
		}
		for _, b := range y.Bodies {
			if b.Kind == "committee" {
				y.Committees = append(y.Committees, org.Code{ID: b.ID, Title: b.Short()})
			}
		}
		if !a.Can("key_proposal.read") {
			return nil
		}
		list, err := leaders(tx, a.Tenant)
		if err != nil {
			return err
		}
		ids := make([]string, len(list))
		for i, l := range list {
			ids[i] = l.Person
		}
		names, err := org.PersonNames(tx, a.Tenant, ids)
		if err != nil {
			return err
		}
		for _, l := range list {
			y.Leaders = append(y.Leaders, org.Code{ID: l.ID, Title: names[l.Person] + "（" + l.Post + "）"})
		}
		y.Share = y.Rules.Int("key_proposal.share")
		if err := tx.Get(`SELECT COUNT(*), COUNT(*) FILTER (WHERE b.kind = 'party') FROM proposal p LEFT JOIN body b ON b.tenant = p.tenant AND b.id = p.body
			WHERE p.tenant = $1 AND p.year = $2 AND p.case_no <> 0`, []any{a.Tenant, y.Year}, &y.Filed, &y.Party); err != nil {
			return err
		}
		if err := tx.Get(`SELECT COUNT(*) FILTER (WHERE k.state IN ('nominated', 'consulted')), COUNT(*) FILTER (WHERE k.approved_at <> ''), COUNT(*) FILTER (WHERE k.approved_at <> '' AND b.kind = 'party')
			FROM key_proposal k JOIN proposal p ON p.tenant = k.tenant AND p.id = k.proposal LEFT JOIN body b ON b.tenant = p.tenant AND b.id = p.body
			WHERE k.tenant = $1 AND k.year = $2`, []any{a.Tenant, y.Year}, &y.Nominated, &y.Key, &y.KeyParty); err != nil {
			return err
		}
		return y.crowd(tx, a.Tenant)
	})
	return y, err
}

// crowd names who has more key proposals than the rules say.
func (y *Year) crowd(tx *db.Tx, tenant string) error {
	for _, x := range []struct{ column, table, rule string }{{"leader", "person", "key_proposal.per_leader"}, {"committee", "body", "key_proposal.per_committee"}} {
		names, err := db.Column[string](tx, `SELECT n.name FROM key_proposal k JOIN `+x.table+` n ON n.tenant = k.tenant AND n.id = k.`+x.column+`
			WHERE k.tenant = $1 AND k.year = $2 AND k.approved_at <> '' GROUP BY n.id, n.name HAVING COUNT(*) > $3 ORDER BY n.name`, tenant, y.Year, y.Rules.Int(x.rule))
		if err != nil {
			return err
		}
		y.Crowded = append(y.Crowded, names...)
	}
	return nil
}

// Candidates are the cases among ids that can be nominated by the actor, for the
// form of a nomination.
func (s *Service) Candidates(ctx context.Context, ids []string) (all []*proposal.Brief, v *rule.Version, err error) {
	a, err := actor.Require(ctx, "key_proposal.manage")
	if err != nil {
		return nil, nil, err
	}
	if len(ids) > mostAtOnce {
		return nil, nil, errs.New(errs.Invalid, "请选择 1 到 %d 件提案", mostAtOnce)
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if v, err = s.rules.Now(tx, a.Tenant); err != nil {
			return err
		}
		all, err = proposal.Briefs(tx, a, ids)
		return err
	})
	return all, v, err
}

// Action is a step that the actor may take now, or that only waits for something:
// then Blocked says what for.
type Action struct {
	flow.Step
	Blocked string
	Args    []any
}

// Details is everything about one key proposal that the actor may see.
type Details struct {
	*Key
	Case       *proposal.Brief
	Readable   bool          // the actor may open the case itself
	Text       proposal.Text // what is proposed: who is asked about it reads it here
	Opinions   []*Opinion
	Activities []*Activity
	Files      []*attachment.File
	Clocks     []*clock.Clock
	History    []*ledger.Entry
	Names      map[string]string
	Actions    []Action
	Opines     []string // the bodies whose opinion the actor may write down now
	Attaches   bool     // the actor may add files
	Rules      *rule.Version
	Today      calendar.Date
}

// Get returns a key proposal with everything that its page shows.
func (s *Service) Get(ctx context.Context, id string) (d *Details, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	ctx = actor.WithRequest(ctx, actor.Request{}) // reading is no act
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		w, _, err := s.begin(tx, a, id)
		if err != nil {
			return err
		}
		d, err = s.details(tx, w)
		return err
	})
	return d, err
}

func (s *Service) details(tx *db.Tx, w *work) (*Details, error) {
	d := &Details{Key: w.Key, Opinions: w.opinions, Activities: w.activities, Text: w.text, Rules: w.rules, Today: w.today, Actions: w.actions(), Attaches: w.mayAttach()}
	seen, err := proposal.Briefs(tx, w.a, []string{w.Proposal})
	if err != nil {
		return nil, err
	}
	if d.Readable = len(seen) == 1; !d.Readable { // of a case out of reach: its number and its title
		seen, err = proposal.Briefs(tx, actor.System(w.Tenant), []string{w.Proposal})
		if err != nil {
			return nil, err
		}
	}
	d.Case = seen[0]
	if d.Files, err = attachment.Of(tx, w.Tenant, Object, w.ID); err != nil {
		return nil, err
	}
	if d.Clocks, err = s.clocks.Of(tx, w.Tenant, Object, w.ID); err != nil {
		return nil, err
	}
	if d.History, err = history(tx, w.Key); err != nil {
		return nil, err
	}
	office := w.a.Can("key_proposal.read")
	if !office { // what others were asked and said is not theirs to see
		d.Opinions = slices.DeleteFunc(slices.Clone(d.Opinions), func(o *Opinion) bool { return o.Body != w.a.Body })
		d.History = slices.DeleteFunc(d.History, func(e *ledger.Entry) bool { return e.Kind == Object && (w.a.Body == "" || e.Body != w.a.Body) })
	}
	if w.State == Nominated && w.a.Can("key_proposal.opine") {
		for _, o := range w.opinions {
			if w.a.Can("key_proposal.manage") || o.Body == w.a.Body {
				d.Opines = append(d.Opines, o.Body)
			}
		}
	}
	return d, d.nameAll(tx)
}

// history is what was done with a key proposal: what the case's history tells,
// and what is the office's own.
func history(tx *db.Tx, k *Key) ([]*ledger.Entry, error) {
	own, err := ledger.Acts(tx, k.Tenant, Object, k.ID)
	if err != nil {
		return nil, err
	}
	of, err := ledger.Acts(tx, k.Tenant, "proposal", k.Proposal)
	for _, e := range of {
		var about struct {
			Key string `json:"key_proposal"`
		}
		if strings.HasPrefix(e.Action, "key_proposal.") && e.Decode(&about) == nil && about.Key == k.ID {
			own = append(own, e)
		}
	}
	slices.SortStableFunc(own, func(a, b *ledger.Entry) int { return strings.Compare(a.ID, b.ID) })
	return own, err
}

func (d *Details) nameAll(tx *db.Tx) error {
	people, bodies := map[string]bool{d.Leader: true, d.NominatedBy: true}, map[string]bool{d.Committee: true}
	for _, o := range d.Opinions {
		people[o.Person], bodies[o.Body] = true, true
	}
	for _, x := range d.Activities {
		people[x.Person] = true
	}
	for _, f := range d.Files {
		people[f.Person] = true
	}
	for _, e := range d.History {
		bodies[e.Body] = true
	}
	delete(people, "")
	delete(bodies, "")
	names, err := org.PersonNames(tx, d.Tenant, slices.Sorted(maps.Keys(people)))
	if err != nil {
		return err
	}
	of, err := org.BodyNames(tx, d.Tenant, slices.Sorted(maps.Keys(bodies)))
	d.Names = names
	maps.Copy(d.Names, of)
	return err
}

// actions lists what the actor may do now.
func (w *work) actions() []Action {
	var all []Action
	for _, step := range Flow.Open(w.State) {
		if !w.a.Can(step.Permission) {
			continue
		}
		act := Action{Step: step}
		switch err := guards.Run(step.Guards, w); {
		case errs.Is(err, errs.Forbidden):
			continue
		case err != nil:
			act.Blocked = err.(*errs.Error).Msg
			act.Args = err.(*errs.Error).Args
		}
		all = append(all, act)
	}
	return all
}

// mayAttach: the office, the committee in charge, and the leader.
func (w *work) mayAttach() bool {
	return w.State != Closed && w.State != Declined &&
		(w.a.Can("key_proposal.manage") || w.a.Body != "" && w.a.Body == w.Committee || w.Leader != "" && w.a.Person == w.Leader)
}

// Attach adds a file: a scan of a signature, the papers of a visit.
func (s *Service) Attach(ctx context.Context, id string, up attachment.Upload) error {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	may := func(tx *db.Tx) (done bool, err error) {
		w, done, err := s.begin(tx, a, id)
		if err == nil && !done && !w.mayAttach() {
			err = actor.Denied
		}
		return done, err
	}
	if err := s.db.Read(actor.WithRequest(ctx, actor.Request{}), func(tx *db.Tx) error { _, err := may(tx); return err }); err != nil {
		return err
	}
	up.Purpose = "document"
	kept, err := s.files.Keep(ctx, up)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if done, err := may(tx); err != nil || done {
			return err
		}
		f, err := attachment.Add(tx, a.Tenant, Object, id, a.Person, kept)
		if err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "key_proposal.attach", Kind: Object, Object: id, Data: map[string]any{"file": f.ID, "sha256": f.SHA256}, Rows: []ledger.Row{f.Row()}})
	})
}

// OpenFile opens a file of a key proposal in the actor's reach.
func (s *Service) OpenFile(ctx context.Context, id, file string) (f *attachment.File, content io.ReadSeekCloser, err error) {
	d, err := s.Get(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(d.Files, func(x *attachment.File) bool { return x.ID == file })
	if i < 0 {
		return nil, nil, errs.Missing()
	}
	content, err = s.files.Open(ctx, d.Files[i])
	return d.Files[i], content, err
}

// OfCase is what the page of a case tells of it: the key proposal that it is, and
// the priority that a party's proposal is given. Who asks has read the case;
// until the chairs' meeting has decided, only the office is told.
type OfCase struct {
	*Details // nil when there is none to tell of
	Open     bool
	Measure  string // code; none without priority
	Note     string
	Rules    *rule.Version
}

// OfCase returns nil when there is nothing to tell.
func (s *Service) OfCase(ctx context.Context, proposalID string) (o *OfCase, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		o = &OfCase{}
		if o.Rules, err = s.rules.Now(tx, a.Tenant); err != nil {
			return err
		}
		type mark struct{ measure, note string }
		marks, err := db.All(tx, func(m *mark) []any { return []any{&m.measure, &m.note} }, `SELECT measure, note FROM key_priority WHERE tenant = $1 AND proposal = $2`, a.Tenant, proposalID)
		if err != nil {
			return err
		}
		for _, m := range marks {
			o.Measure, o.Note = m.measure, m.note
		}
		keys, err := db.All(tx, (*Key).fields, `SELECT `+keyColumns+` FROM key_proposal k WHERE k.tenant = $1 AND k.proposal = $2 AND k.state <> 'declined'`, a.Tenant, proposalID)
		if err != nil {
			return err
		}
		office := a.Can("key_proposal.read")
		for _, k := range keys {
			if !k.Approved() && !office {
				continue
			}
			w, err := s.open(tx, a, k)
			if err != nil {
				return err
			}
			o.Open = office || a.Body != "" && a.Body == k.Committee
			if o.Details, err = s.details(tx, w); err != nil {
				return err
			}
			o.Details.Opinions = nil
		}
		if o.Details == nil && o.Measure == "" {
			o = nil
		}
		return nil
	})
	return o, err
}
