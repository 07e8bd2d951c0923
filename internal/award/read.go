package award

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/flow"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

// candidates are the nominated proposals with how often, by votes and number.
func candidates(tx *db.Tx, w *Award) ([]*Candidate, error) {
	return db.All(tx, func(c *Candidate) []any {
		return []any{&c.Tenant, &c.Award, &c.Proposal, &c.Shortlisted, &c.Votes, &c.Won, &c.CaseNo, &c.Title, &c.Kind, &c.Lead, &c.Nominations, &c.Reason}
	}, `SELECT c.tenant, c.award, c.proposal, c.shortlisted, c.votes, c.won, p.case_no, p.title, p.kind,
		CASE WHEN p.body <> '' THEN COALESCE((SELECT b.name FROM body b WHERE b.tenant = p.tenant AND b.id = p.body), '')
			ELSE COALESCE((SELECT q.name FROM person q WHERE q.tenant = p.tenant AND q.id = p.lead), '') END,
		(SELECT COUNT(*) FROM award_nomination n WHERE n.tenant = c.tenant AND n.award = c.award AND n.proposal = c.proposal),
		COALESCE((SELECT n.reason FROM award_nomination n WHERE n.tenant = c.tenant AND n.award = c.award AND n.proposal = c.proposal ORDER BY n.at, n.person LIMIT 1), '')
		FROM award_candidate c JOIN proposal p ON p.tenant = c.tenant AND p.id = c.proposal WHERE c.tenant = $1 AND c.award = $2 ORDER BY c.votes DESC, p.case_no, p.id`, w.Tenant, w.ID)
}

// View is an award as its page shows it to the actor.
type View struct {
	*Award
	Candidates []*Candidate // for others than the office: one's own nominations, then the shortlist, then the winners
	Shares     Shares
	Rules      *rule.Version
	Steps      []flow.Step
	Today      calendar.Date
	Office     bool // sees all nominations and who has voted
	Voter      bool // is on the list of this round
	Voted      bool
	Ballots    int             // cast online so far
	Missing    []string        // names of those who have not voted, for the office
	Eligible   []*Nominee      // what the actor may nominate
	Bodies     []*org.Body     // that may be the electorate
	Mine       map[string]bool // proposals that the actor nominated
}

// Nominee is a proposal that may be nominated.
type Nominee struct {
	ID, Title string
	CaseNo    int
}

// Get reads an award. Votes are shown once they are counted; nominations to the
// office and to who made them; everybody in the tenant reads the winners once they
// are published.
func (s *Service) Get(ctx context.Context, id string) (v *View, err error) {
	a, err := actor.Require(ctx, "award.read")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		w, err := find(tx, a, id)
		if err != nil {
			return err
		}
		v = &View{Award: w, Today: org.Today(tx), Office: a.Can("award.manage") || a.Can("award.publish"), Mine: map[string]bool{}}
		if v.Rules, err = s.rules.Load(tx, a.Tenant, w.Rules); err != nil {
			return err
		}
		if v.Candidates, err = candidates(tx, w); err != nil {
			return err
		}
		if v.Shares, err = shares(tx, w, v.Rules, v.Candidates); err != nil {
			return err
		}
		mine, err := db.Column[string](tx, `SELECT proposal FROM award_nomination WHERE tenant = $1 AND award = $2 AND person = $3`, a.Tenant, id, a.Person)
		if err != nil {
			return err
		}
		for _, p := range mine {
			v.Mine[p] = true
		}
		if err := v.voters(tx, a); err != nil {
			return err
		}
		v.conceal(a)
		for _, step := range Flow.Open(w.State) {
			if a.Can(step.Permission) {
				v.Steps = append(v.Steps, step)
			}
		}
		return v.choices(tx, a)
	})
	if err != nil || v.State != Nominating || !a.Can("award.nominate") || v.Today > v.NominateUntil {
		return v, err
	}
	v.Eligible, err = s.nominees(ctx, v)
	return v, err
}

// voters says who is on the list of the round.
func (v *View) voters(tx *db.Tx, a actor.Actor) error {
	if v.Round == 0 {
		return nil
	}
	type voter struct {
		person string
		voted  bool
	}
	all, err := db.All(tx, func(x *voter) []any { return []any{&x.person, &x.voted} },
		`SELECT person, voted FROM award_voter WHERE tenant = $1 AND award = $2 AND round = $3`, v.Tenant, v.ID, v.Round)
	if err != nil {
		return err
	}
	var missing []string
	for _, x := range all {
		if x.voted {
			v.Ballots++
		} else {
			missing = append(missing, x.person)
		}
		if x.person == a.Person {
			v.Voter, v.Voted = true, x.voted
		}
	}
	if !v.Office || v.State != Voting {
		return nil
	}
	names, err := org.PersonNames(tx, v.Tenant, missing)
	for _, name := range names {
		v.Missing = append(v.Missing, name)
	}
	slices.Sort(v.Missing)
	return err
}

// conceal takes out what the actor may not see yet.
func (v *View) conceal(a actor.Actor) {
	counted := v.State == Counted || v.State == Published
	for _, c := range v.Candidates {
		if !counted || !v.Office && v.State != Published {
			c.Votes, c.Won = 0, false
		}
		if !v.Office && !v.Mine[c.Proposal] {
			c.Nominations = 0
		}
	}
	if v.Office {
		return
	}
	v.Candidates = slices.DeleteFunc(v.Candidates, func(c *Candidate) bool {
		switch v.State {
		case Published:
			return !c.Won
		case Voting:
			return !(c.Shortlisted && v.Voter) && !v.Mine[c.Proposal]
		}
		return !v.Mine[c.Proposal]
	})
	v.Missing, v.Shares = nil, Shares{}
}

// choices are the bodies whose people may vote.
func (v *View) choices(tx *db.Tx, a actor.Actor) error {
	if !a.Can("award.manage") || v.State != Shortlist && v.State != Void {
		return nil
	}
	for _, kind := range []string{"leadership", "committee"} {
		all, err := org.ActiveBodies(tx, v.Tenant, kind)
		if err != nil {
			return err
		}
		v.Bodies = append(v.Bodies, all...)
	}
	return nil
}

// nominees are the closed proposals of the year in the actor's reach.
func (s *Service) nominees(ctx context.Context, v *View) (all []*Nominee, err error) {
	f := proposal.Filter{Year: v.Year, States: []string{proposal.Closed, proposal.FollowingUp, proposal.Archived}, Limit: 500}
	for {
		l, err := s.proposals.List(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, x := range l.Items {
			if !v.Mine[x.ID] {
				all = append(all, &Nominee{x.ID, x.Title, x.CaseNo})
			}
		}
		if l.Next == "" || len(all) >= 5000 {
			slices.SortFunc(all, func(a, b *Nominee) int { return a.CaseNo - b.CaseNo })
			return all, nil
		}
		f.After = l.Next
	}
}

// List lists the awards of the tenant, the newest first.
func (s *Service) List(ctx context.Context) (all []*Award, err error) {
	a, err := actor.Require(ctx, "award.read")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, (*Award).fields, `SELECT `+columns+` FROM award w WHERE w.tenant = $1 ORDER BY w.year DESC, w.created_at DESC, w.id DESC LIMIT 100`, a.Tenant)
		return err
	})
	return all, err
}

// Won returns the published award that a proposal won, nil if it won none. It is
// for the page of a proposal, which the actor has read already.
func (s *Service) Won(ctx context.Context, id string) (w *Award, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err := db.All(tx, (*Award).fields, `SELECT `+columns+` FROM award_candidate c JOIN award w ON w.tenant = c.tenant AND w.id = c.award
			WHERE c.tenant = $1 AND c.proposal = $2 AND c.won AND w.state = 'published' ORDER BY w.year DESC LIMIT 1`, a.Tenant, id)
		if len(all) > 0 {
			w = all[0]
		}
		return err
	})
	return w, err
}
