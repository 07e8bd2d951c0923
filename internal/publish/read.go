package publish

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

// Queue is a list of the office.
type Queue struct {
	ID, Title, Empty string
	Count            int
}

// Queues are the lists of the office in the order of the work. "candidates" are
// the answered cases of which nothing was decided yet; "changed" the public ones
// whose originals changed.
var queues = []Queue{
	{ID: "candidates", Title: "待准备", Empty: "已答复的提案都准备过了"},
	{ID: Draft, Title: "准备中", Empty: "没有正在准备的"},
	{ID: Proposed, Title: "待决定", Empty: "没有等待决定的"},
	{ID: Scheduled, Title: "已定期公开", Empty: "没有定期公开的"},
	{ID: Published, Title: "已公开", Empty: "还没有公开过提案"},
	{ID: "changed", Title: "原文有变化", Empty: "公开的内容都与原文一致"},
	{ID: Refused, Title: "不公开", Empty: "没有决定不公开的"},
	{ID: Withdrawn, Title: "已撤下", Empty: "没有撤下的"},
}

// Line is a case in a list of the office.
type Line struct {
	*proposal.Proposal
	D *Disclosure // nil for a candidate
}

// List is a page of a queue with the counts of all of them.
type List struct {
	Queues []Queue
	Lines  []Line
	Names  map[string]string // of the people who prepared
	First  bool              // nothing comes before this page
	Prev   string            // id after which the page before begins; empty: it is the first
	Next   string            // id to continue after, if there are more
	Years  []int
}

// mostLines is how many cases a page of a queue has: on a phone each is a card.
const mostLines = 25

func office(ctx context.Context) (actor.Actor, error) {
	a, err := actor.Require(ctx, "")
	if err == nil && !a.Can(Prepare) && !a.Can(Decide) {
		_, err = actor.Require(ctx, Prepare)
	}
	return a, err
}

// List returns a page of a queue: what comes after a case, from the beginning if
// after is empty. Year 0 is all years. Wants publish.prepare or publish.decide.
func (s *Service) List(ctx context.Context, queue string, year int, after string) (*List, error) {
	return s.list(ctx, queue, year, after, mostLines)
}

// Whole returns a queue with as many of its cases as are wanted at most.
func (s *Service) Whole(ctx context.Context, queue string, year, most int) (*List, error) {
	return s.list(ctx, queue, year, "", most)
}

func (s *Service) list(ctx context.Context, queue string, year int, after string, most int) (*List, error) {
	a, err := office(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(queues, func(q Queue) bool { return q.ID == queue }) {
		return nil, errs.Missing()
	}
	l := &List{}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		ids, err := l.count(tx, a.Tenant, queue, year)
		if err != nil {
			return err
		}
		ids = l.page(ids, after, most)
		cases, err := proposal.Some(tx, a.Tenant, ids)
		if err != nil {
			return err
		}
		list, args := db.In([]any{a.Tenant}, ids)
		found, err := db.All(tx, (*Disclosure).fields, `SELECT `+disclosureColumns+` FROM disclosure WHERE tenant = $1 AND proposal IN `+list, args...)
		if err != nil {
			return err
		}
		decided := map[string]*Disclosure{}
		var people []string
		for _, d := range found {
			decided[d.Proposal] = d
			people = append(people, d.PreparedBy)
		}
		for _, id := range ids {
			l.Lines = append(l.Lines, Line{Proposal: cases[id], D: decided[id]})
		}
		l.Names, err = org.PersonNames(tx, a.Tenant, people)
		return err
	})
	return l, err
}

// page cuts a page out of a queue, the latest first, and says where the pages
// beside it begin.
func (l *List) page(ids []string, after string, most int) []string {
	from := 0
	for from < len(ids) && after != "" && ids[from] >= after {
		from++
	}
	to := min(from+most, len(ids))
	if l.First = from == 0; from > most {
		l.Prev = ids[from-most-1]
	}
	if to < len(ids) {
		l.Next = ids[to-1]
	}
	return ids[from:to]
}

// count fills in the counts of all queues and returns the cases of one, the latest
// first.
func (l *List) count(tx *db.Tx, tenant, queue string, year int) (ids []string, err error) {
	type row struct {
		id, state, changed string
		live               int
	}
	rows, err := db.All(tx, func(r *row) []any { return []any{&r.id, &r.state, &r.changed, &r.live} },
		`SELECT proposal, state, changed, live FROM disclosure WHERE tenant = $1 AND ($2 = 0 OR year = $2) ORDER BY proposal DESC`, tenant, year)
	if err != nil {
		return nil, err
	}
	answered, err := proposal.Answered(tx, tenant, year)
	if err != nil {
		return nil, err
	}
	sessions, err := org.Sessions(tx, tenant)
	if err != nil {
		return nil, err
	}
	for _, x := range sessions {
		if !slices.Contains(l.Years, x.Year) {
			l.Years = append(l.Years, x.Year)
		}
	}
	counts, known := map[string]int{}, map[string]bool{}
	add := func(of, id string) {
		if counts[of]++; of == queue {
			ids = append(ids, id)
		}
	}
	for _, r := range rows {
		known[r.id] = true
		add(r.state, r.id)
		if r.live > 0 && r.changed != "" {
			add("changed", r.id)
		}
	}
	for _, id := range answered {
		if !known[id] {
			add("candidates", id)
		}
	}
	for _, q := range queues {
		q.Count = counts[q.ID]
		l.Queues = append(l.Queues, q)
	}
	return ids, nil
}

// Waiting is how much waits for the actor: to be decided, changed after it became
// public, and comments to be judged.
func (s *Service) Waiting(ctx context.Context) (n int, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return 0, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if a.Can(Decide) {
			return tx.Get(`SELECT COUNT(*) FROM disclosure WHERE tenant = $1 AND (state = 'proposed' AND prepared_by <> $2 OR live > 0 AND changed <> '')`,
				[]any{a.Tenant, a.Person}, &n)
		}
		return nil
	})
	return n, err
}

// WaitingComments is how many comments wait to be judged.
func (s *Service) WaitingComments(ctx context.Context) (n int, err error) {
	a, err := actor.Require(ctx, Moderate)
	if err != nil {
		return 0, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Get(`SELECT COUNT(*) FROM open_comment WHERE tenant = $1 AND state = 'waiting'`, []any{a.Tenant}, &n)
	})
	return n, err
}

// View is everything that the office sees of one decision.
type View struct {
	*Disclosure // nil before it was begun
	Case        *proposal.Case
	Parts       []Part
	Copy        *Copy             // what the plan would make public
	Texts       map[string]string // of its files, by digest
	Live        *Copy             // what the public reads now; nil if nothing
	Leaks       []Leak            // what the scan finds in Copy
	Changed     []string          // parts whose original is not what the plan was made of
	Lacks       error             // what the plan still needs
	Editions    []*Edition
	Names       map[string]string
	Reasons     []CopyLabel // to choose from
	Redactions  []CopyLabel
	SecondPair  bool
	Startable   bool
}

// Get returns one decision with the originals beside it. Wants publish.prepare
// or publish.decide.
func (s *Service) Get(ctx context.Context, id string) (*View, error) {
	a, err := office(ctx)
	if err != nil {
		return nil, err
	}
	files, err := s.originals(ctx, a.Tenant, id)
	if err != nil {
		return nil, err
	}
	v := &View{}
	err = s.db.Read(actor.WithRequest(ctx, actor.Request{}), func(tx *db.Tx) error {
		w, _, err := s.begin(tx, a, id, files)
		if err != nil {
			return err
		}
		v.Disclosure, v.Case, v.Parts, v.SecondPair = w.d, w.c, w.parts, w.rules.Bool("publish.second_pair")
		for _, c := range w.rules.Codes("publish.reasons").Active() {
			v.Reasons = append(v.Reasons, CopyLabel{c.Key, c.Label})
		}
		for _, c := range w.rules.Codes("publish.redactions").Active() {
			v.Redactions = append(v.Redactions, CopyLabel{c.Key, c.Label})
		}
		if w.d == nil {
			v.Startable = slices.Contains([]string{proposal.Replied, proposal.FeedbackOpen, proposal.Closed, proposal.FollowingUp, proposal.Archived}, w.c.State)
			return nil
		}
		v.Copy, v.Texts = w.produce()
		if v.Leaks, err = w.leaks([]byte(encode(v.Copy)), v.Texts, w.d.Plan, w.d.Marks); err != nil {
			return err
		}
		v.Lacks = complete(w.parts, w.d.Plan)
		v.Changed = differing(w.d.Source, sources(w.c, w.parts))
		if v.Editions, err = db.All(tx, (*Edition).fields, `SELECT `+editionColumns+` FROM disclosure_edition WHERE tenant = $1 AND proposal = $2 ORDER BY n DESC`, a.Tenant, id); err != nil {
			return err
		}
		people := []string{w.d.PreparedBy, w.d.DecidedBy}
		for _, e := range v.Editions {
			people = append(people, e.PreparedBy, e.DecidedBy)
			if e.N == w.d.Live {
				v.Live = &Copy{}
				if err := json.Unmarshal([]byte(e.Body), v.Live); err != nil {
					return err
				}
			}
		}
		v.Names, err = org.PersonNames(tx, a.Tenant, people)
		return err
	})
	return v, err
}

// Standing is what the page of a case says about its publication to whoever may
// open the case.
type Standing struct {
	*Disclosure
	Site      string // code of the tenant, for the public address
	Public    *Copy  // nil if nothing is public
	Comments  []*Comment
	CanAnswer bool // the actor's department may answer comments
	Startable bool
	Office    bool
}

// Of returns the standing of a case; nil if there is nothing to say to the actor.
// The caller has made sure that they may open the case.
func (s *Service) Of(ctx context.Context, id string) (*Standing, error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	st := &Standing{Office: a.Can(Prepare) || a.Can(Decide)}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if st.Disclosure, err = find1(tx, a.Tenant, id); err != nil {
			return err
		}
		p, err := proposal.Of(tx, a.Tenant, id)
		if err != nil {
			return err
		}
		st.Startable = slices.Contains([]string{proposal.Replied, proposal.FeedbackOpen, proposal.Closed, proposal.FollowingUp, proposal.Archived}, p.State)
		t, err := org.TenantOf(tx, a.Tenant)
		if err != nil {
			return err
		}
		st.Site = t.Code
		if st.Disclosure == nil || st.Live == 0 {
			return nil
		}
		e, err := editionOf(tx, a.Tenant, id, st.Live)
		if err != nil {
			return err
		}
		st.Public = &Copy{}
		if err := json.Unmarshal([]byte(e.Body), st.Public); err != nil {
			return err
		}
		if st.Comments, err = approved(tx, a.Tenant, st.Code); err != nil {
			return err
		}
		if a.Body != "" && a.Can(Answer) {
			units, err := unitsOf(tx, a.Tenant, id)
			st.CanAnswer = slices.Contains(units, a.Body)
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if st.Disclosure == nil && !(st.Office && st.Startable) || !st.Office && st.Disclosure != nil && st.Disclosure.Live == 0 && !slices.Contains([]string{Refused, Withdrawn}, st.State) {
		return nil, nil
	}
	return st, nil
}

// Disclosed says which of some cases the public can read now: what the rule "two
// meetings and one disclosure" of package proposal asks for.
func Disclosed(tx *db.Tx, tenant string, cases []string) (map[string]bool, error) {
	list, args := db.In([]any{tenant}, cases)
	live, err := db.Column[string](tx, `SELECT proposal FROM disclosure WHERE tenant = $1 AND live > 0 AND proposal IN `+list, args...)
	disclosed := map[string]bool{}
	for _, id := range live {
		disclosed[id] = true
	}
	return disclosed, err
}

func byName[T any](all []T, name func(T) string) {
	slices.SortStableFunc(all, func(a, b T) int { return cmp.Compare(name(a), name(b)) })
}
