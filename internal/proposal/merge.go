package proposal

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
	"shangliang/internal/likeness/lookup"
	"shangliang/internal/org"
)

// Member is a case that was merged into another (并案): what the lead's page
// tells of it.
type Member struct {
	ID               string
	SerialNo, CaseNo int
	Title            string
	Lead, Body       string
	MergedAt         db.Time
	Parties          []*Party
}

func (m *Member) fields() []any {
	return []any{&m.ID, &m.SerialNo, &m.CaseNo, &m.Title, &m.Lead, &m.Body, &m.MergedAt}
}

// Leading is the case into which another was merged.
type Leading struct {
	ID               string
	SerialNo, CaseNo int
	Title, State     string
	Proposers        []string
	Units            []string // departments that handle it now
	Answered         bool     // a reply was delivered
}

// canLead are the states in which a case takes others in: until it is closed.
var canLead = []string{InReview, Filed, Dispatched, Handling, Rehandling, Replied, FeedbackOpen}

// members reads what was merged into a case, with who stands behind it.
func members(tx *db.Tx, tenant, id string) ([]*Member, error) {
	all, err := db.All(tx, (*Member).fields, `SELECT p.id, p.serial_no, p.case_no, p.title, p.lead, p.body, p.merged_at FROM proposal p WHERE p.tenant = $1 AND p.merged_into = $2 AND p.merged_into <> '' ORDER BY p.serial_no, p.id`, tenant, id)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	ids := make([]string, len(all))
	for i, m := range all {
		ids[i] = m.ID
	}
	in, args := db.In([]any{tenant}, ids)
	behind, err := db.All(tx, (*Party).fields, `SELECT `+partyColumns+` FROM proposal_party WHERE tenant = $1 AND proposal IN `+in+` ORDER BY proposal, position`, args...)
	for _, x := range behind {
		i := slices.Index(ids, x.Proposal)
		all[i].Parties = append(all[i].Parties, x)
	}
	return all, err
}

// leading reads the case that a merged one follows.
func leading(tx *db.Tx, tenant, id string) (*Leading, error) {
	l := &Leading{ID: id}
	if err := tx.Get(`SELECT p.serial_no, p.case_no, p.title, p.state, EXISTS (SELECT 1 FROM reply r WHERE r.tenant = p.tenant AND r.proposal = p.id AND r.kind = 'reply' AND r.state = 'delivered')
		FROM proposal p WHERE p.tenant = $1 AND p.id = $2`, []any{tenant, id}, &l.SerialNo, &l.CaseNo, &l.Title, &l.State, &l.Answered); err != nil {
		return nil, err
	}
	behind, err := parties(tx, tenant, id)
	if err != nil {
		return nil, err
	}
	for _, x := range behind {
		if x.Standing() {
			l.Proposers = append(l.Proposers, x.Person)
		}
	}
	l.Units, err = db.Column[string](tx, `SELECT DISTINCT unit FROM assignment WHERE tenant = $1 AND proposal = $2 AND state NOT IN ('returned', 'cancelled') ORDER BY unit`, tenant, id)
	return l, err
}

// Proposers are the persons who stand behind the merged case.
func (m *Member) Proposers() (ids []string) {
	for _, p := range m.Parties {
		if p.Standing() {
			ids = append(ids, p.Person)
		}
	}
	return ids
}

// Raters are those who get the reply and rate the handling: the proposers of the
// case and of all that were merged into it, each once.
func (c *Case) Raters() []string {
	ids := c.Proposers()
	for _, m := range c.Merged {
		for _, id := range m.Proposers() {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// Rates reports whether a person is one of the raters.
func (c *Case) Rates(person string) bool {
	return person != "" && slices.Contains(c.Raters(), person)
}

// other opens another case of the tenant for the same act.
func (w *work) other(id string) (*work, error) {
	p, err := Of(w.tx, w.Tenant, id)
	if err != nil {
		return nil, err
	}
	c, err := load(w.tx, w.s.rules, p)
	return &work{s: w.s, tx: w.tx, a: w.a, today: w.today, Case: c, in: Input{Reason: w.in.Reason}}, err
}

// merge lets the case follow another of the same session.
func (w *work) merge() error {
	var f errs.Fields
	if _, err := find(w.tx, w.a, w.in.Into); err != nil {
		f.Add("into", "没有这件提案")
		return f.Err()
	}
	lead, err := w.other(w.in.Into)
	if err != nil {
		return err
	}
	f.Check(lead.ID != w.ID, "into", "不能并入自己")
	f.Check(lead.Proposal.Session == w.Proposal.Session, "into", "只能并入同一次会议的提案")
	f.Check(lead.MergedInto == "", "into", "这件提案自己已经并入别的提案，请选它的主案")
	f.Check(lead.MergedInto != "" || slices.Contains(canLead, lead.State), "into", "主案须在审查中、已立案、办理中或待评价，办结以后不能再并入")
	if err := f.Err(); err != nil {
		return err
	}
	w.MergedInto, w.MergedAt = lead.ID, db.At(w.tx.Now())
	if w.Leading, err = leading(w.tx, w.Tenant, lead.ID); err != nil {
		return err
	}
	w.note("into", lead.ID)
	w.touched = append(w.touched, lead.ID)
	if err := w.stopClocks(true, "proposal.review", "proposal.dispatch"); err != nil {
		return err
	}
	return w.catchUp(lead)
}

// catchUp gives the proposers of a case what was delivered to its new lead before:
// the reply, and while that is rated a period of their own to rate it. Who is a
// rater of the lead already has both.
func (w *work) catchUp(lead *work) error {
	lead.late = slices.DeleteFunc(w.Proposers(), lead.Rates)
	lead.Merged = append(lead.Merged, &Member{ID: w.ID, Title: w.Title, Lead: w.Lead, Body: w.Proposal.Body, MergedAt: w.MergedAt, Parties: w.Parties})
	if !lead.answered() || len(lead.late) == 0 {
		return nil
	}
	if err := lead.announce("proposal.late"); err != nil || lead.State != FeedbackOpen {
		return err
	}
	if err := lead.startClock("feedback.window", "feedback.window", "", w.today, lead.late...); err != nil {
		return err
	}
	w.rows = append(w.rows, lead.rows...)
	return lead.announce("proposal.late_rating")
}

// ratersSince is since when the last of the raters could rate the newest reply:
// since it was delivered, or since a case came in later whose proposers were no
// raters yet.
func (c *Case) ratersSince() db.Time {
	since, known := c.RepliedAt, c.Proposers()
	merged := slices.SortedStableFunc(slices.Values(c.Merged), func(a, b *Member) int { return a.MergedAt.Compare(b.MergedAt.Time) })
	for _, m := range merged {
		for _, id := range m.Proposers() {
			if !slices.Contains(known, id) {
				known = append(known, id)
				if m.MergedAt.After(since.Time) {
					since = m.MergedAt
				}
			}
		}
	}
	return since
}

// part ends a merger: the case is judged by itself again. A number that it had
// stays its own.
func (w *work) part() error {
	if w.MergedInto != "" { // else the doctor ends what followed nothing
		w.note("from", w.MergedInto)
		w.touched = append(w.touched, w.MergedInto)
	}
	w.MergedInto, w.MergedAt, w.FiledAt = "", db.Time{}, db.Time{}
	w.Leading = nil
	return w.startClock("proposal.review", "proposal.review", "", w.today)
}

// freeMembers lets what was merged into the case go once the step is taken: the
// case will not be handled.
func (w *work) freeMembers() { w.freed, w.Merged = w.Merged, nil }

// answered reports whether a reply was delivered to the proposers.
func (c *Case) answered() bool {
	return slices.ContainsFunc(c.Replies, func(r *Reply) bool { return r.Kind == "reply" && r.State == "delivered" })
}

// Chosen names a case with the version that was seen.
type Chosen struct {
	ID      string
	Version int
}

// Merge merges several cases into one, all or none of them. The lead may be
// among those chosen and is then left out.
func (s *Service) Merge(ctx context.Context, into string, all []Chosen, reason string) error {
	a, err := actor.Require(ctx, "proposal.merge")
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(c Chosen) bool { return c.ID == into })
	if len(all) == 0 {
		var f errs.Fields
		f.Add("id", "请选择要并入主案的提案")
		return f.Err()
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, done, err := ledger.Replayed(tx); err != nil || done {
			return err
		}
		for _, c := range all {
			p, err := find(tx, a, c.ID)
			if err != nil {
				return err
			}
			if p.Version != c.Version {
				return db.Stale()
			}
			in := Input{Reason: reason, Into: into}
			if err := s.step(tx, a, p, "merge", in); err != nil {
				return err
			}
		}
		return nil
	})
}

// step takes a step of a case within the transaction of another act.
func (s *Service) step(tx *db.Tx, a actor.Actor, p *Proposal, action string, in Input) error {
	c, err := load(tx, s.rules, p)
	if err != nil {
		return err
	}
	w := &work{s: s, tx: tx, a: a, Case: c, today: org.Today(tx), in: in.clean()}
	step, err := CaseFlow.Find(p.State, action)
	if err != nil {
		return err
	}
	if err := checkInput(CaseFlow.Name, action, w); err != nil {
		return err
	}
	if err := w.allowed(step); err != nil {
		return err
	}
	return w.take(step)
}

// MergeCase is a case that may be merged or take others in.
type MergeCase struct {
	ID               string
	SerialNo, CaseNo int
	Title, State     string
	Version          int
	Lead             string // name of the lead proposer, or of the body
}

// Merges reports whether the case can be merged into another now.
func (m *MergeCase) Merges() bool { return m.State == InReview || m.State == Filed }

const mergeColumns = `p.id, p.serial_no, p.case_no, p.title, p.state, p.version,
	CASE WHEN p.body <> '' THEN COALESCE((SELECT b.name FROM body b WHERE b.tenant = p.tenant AND b.id = p.body), '')
		ELSE COALESCE((SELECT q.name FROM person q WHERE q.tenant = p.tenant AND q.id = p.lead), '') END`

func (m *MergeCase) fields() []any {
	return []any{&m.ID, &m.SerialNo, &m.CaseNo, &m.Title, &m.State, &m.Version, &m.Lead}
}

// inMergeStates are the states of cases that take part in mergers.
var inMergeStates = `p.merged_into = '' AND p.state IN ('` + strings.Join(canLead, "', '") + `')`

// Leads finds cases that one could be merged into: those of its session whose
// title holds a text or whose number it is; without a text those that it is like
// first.
func (s *Service) Leads(ctx context.Context, id, text string) (all []*MergeCase, err error) {
	a, err := actor.Require(ctx, "proposal.merge")
	if err != nil {
		return nil, err
	}
	const most = 20
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		p, err := find(tx, a, id)
		if err != nil {
			return err
		}
		cond, args := reach(a, []any{a.Tenant, p.Session, id, db.Like(text), atoi(text)})
		all, err = db.All(tx, (*MergeCase).fields, `SELECT `+mergeColumns+` FROM proposal p WHERE p.tenant = $1 AND p.session = $2 AND p.id <> $3 AND `+inMergeStates+`
			AND (p.title LIKE $4 ESCAPE '\' OR p.case_no > 0 AND p.case_no = $5 OR p.case_no = 0 AND p.serial_no = $5) AND `+cond+` ORDER BY p.case_no DESC, p.serial_no LIMIT 500`, args...)
		if err != nil {
			return err
		}
		alike, err := s.alike(tx, a, id, p.parts())
		if err != nil {
			return err
		}
		rank := func(m *MergeCase) int {
			if i := slices.IndexFunc(alike, func(x *Alike) bool { return x.ID == m.ID }); i >= 0 {
				return i
			}
			return len(alike)
		}
		slices.SortStableFunc(all, func(x, y *MergeCase) int { return rank(x) - rank(y) })
		all = all[:min(len(all), most)]
		return nil
	})
	return all, err
}

// MergeGroup are cases of one session that seem to be about the same matter. The
// first is the one to lead: the one that has come furthest.
type MergeGroup struct {
	Cases    []*MergeCase
	Likeness float64 // of the two that are most alike
}

// MergeGroups suggests what could be merged, in the session of today: the most
// alike first. Nothing is merged by itself.
func (s *Service) MergeGroups(ctx context.Context) (all []*MergeGroup, err error) {
	a, err := actor.Require(ctx, "proposal.merge")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rules, err := s.rules.Now(tx, a.Tenant)
		if err != nil {
			return err
		}
		session, err := org.CurrentSession(tx, a.Tenant)
		if err != nil {
			return err
		}
		cond, args := reach(a, []any{a.Tenant, session.ID})
		where := `p.session = $2 AND ` + inMergeStates + ` AND ` + cond
		least := float64(rules.Int("proposal.merge_least")) / 100
		pairs, err := lookup.Pairs(tx, lookup.Query{Kind: "proposal", Join: joinAlike, Where: where, Args: args, Most: 1000}, least)
		if err != nil || len(pairs) == 0 {
			return err
		}
		all, err = s.groups(tx, pairs, where, args)
		return err
	})
	return all, err
}

// groups puts pairs that hang together into groups and reads their cases.
func (s *Service) groups(tx *db.Tx, pairs []lookup.Pair, where string, args []any) ([]*MergeGroup, error) {
	root := map[string]string{}
	var find func(id string) string
	find = func(id string) string {
		if up := root[id]; up != "" && up != id {
			root[id] = find(up)
			return root[id]
		}
		return id
	}
	var ids []string
	for _, p := range pairs {
		for _, id := range []string{p.A, p.B} {
			if root[id] == "" {
				root[id] = id
				ids = append(ids, id)
			}
		}
		root[find(p.B)] = find(p.A)
	}
	in, args := db.In(args, ids)
	cases, err := db.All(tx, (*MergeCase).fields, `SELECT `+mergeColumns+` FROM proposal p WHERE p.tenant = $1 AND `+where+` AND p.id IN `+in+` ORDER BY p.serial_no, p.id`, args...)
	if err != nil {
		return nil, err
	}
	of := map[string]*MergeGroup{}
	var all []*MergeGroup
	for _, c := range cases {
		g := of[find(c.ID)]
		if g == nil {
			g = &MergeGroup{}
			of[find(c.ID)], all = g, append(all, g)
		}
		g.Cases = append(g.Cases, c)
	}
	for _, p := range pairs {
		if g := of[find(p.A)]; g != nil {
			g.Likeness = max(g.Likeness, p.Estimate)
		}
	}
	for _, g := range all {
		slices.SortStableFunc(g.Cases, func(x, y *MergeCase) int {
			return slices.Index(canLead, y.State) - slices.Index(canLead, x.State)
		})
	}
	all = slices.DeleteFunc(all, func(g *MergeGroup) bool {
		return len(g.Cases) < 2 || !slices.ContainsFunc(g.Cases[1:], (*MergeCase).Merges)
	})
	slices.SortStableFunc(all, func(x, y *MergeGroup) int { return cmp.Compare(y.Likeness, x.Likeness) })
	return all, nil
}
