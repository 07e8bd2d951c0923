package proposal

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/rule"
)

func itoa(n int) string { return strconv.Itoa(n) }

func atoi(s string) int { n, _ := strconv.Atoi(s); return n }

// Case is everything about one proposal that the actor may see.
type Case struct {
	*Proposal
	Parties     []*Party
	Reviews     []*Review
	Assignments []*Assignment
	Requests    []*Request
	Contacts    []*Contact
	Replies     []*Reply
	Feedback    []*Feedback
	Commitments []*Commitment
	Files       []*File
	Exemptions  []*Exemption
	Changes     []*Change     // asked for since it was handed in
	Merged      []*Member     // that follow this case
	Leading     *Leading      // that this one follows, if it was merged
	Rules       *rule.Version // those the case began under

	// The rest is filled by Get only.
	Session *org.Session
	Clocks  []*clock.Clock
	History []*ledger.Entry
	Names   map[string]string // of every person and body that appears
	Actions []Action          // what the actor may do with the case now
	Ratings Ratings           // what a department sees instead of Feedback
	Today   calendar.Date
	// Compliance is how far it is with two meetings and one disclosure; nil
	// where its rules ask for neither.
	Compliance *Compliance
	// Writable says that the actor may change the text now.
	Writable bool
}

// Action is a step that the actor may take now, or that only waits for
// something: then Blocked says what for.
type Action struct {
	flow.Step
	Assignment *Assignment // nil for steps of the case itself
	Blocked    string
	Args       []any // of Blocked
}

// Ratings is what a department sees of the ratings of a closed case.
type Ratings struct {
	Visible   bool
	Count     int
	Overall   map[string]int            // level → how many
	Scores    map[string]map[string]int // dimension → level → how many; nil when too few rated
	Aggregate bool                      // single ratings are withheld because too few rated
}

// load reads a case that was found in the actor's reach.
func load(tx *db.Tx, rules *rule.Rules, p *Proposal) (c *Case, err error) {
	c = &Case{Proposal: p}
	if c.Rules, err = rules.Load(tx, p.Tenant, p.RuleVersion); err != nil {
		return nil, err
	}
	if c.Parties, err = parties(tx, p.Tenant, p.ID); err != nil {
		return nil, err
	}
	if c.Files, err = files(tx, p.Tenant, p.ID); err != nil {
		return nil, err
	}
	if p.SerialNo == 0 { // never submitted: nobody has reviewed or handled it
		return c, nil
	}
	if c.Reviews, err = reviews(tx, p.Tenant, p.ID); err != nil {
		return nil, err
	}
	if c.Changes, err = changes(tx, p.Tenant, p.ID); err != nil {
		return nil, err
	}
	if c.Merged, err = members(tx, p.Tenant, p.ID); err != nil {
		return nil, err
	}
	if p.MergedInto != "" {
		if c.Leading, err = leading(tx, p.Tenant, p.MergedInto); err != nil {
			return nil, err
		}
	}
	if p.CaseNo == 0 {
		return c, nil
	}
	if c.Assignments, err = assignments(tx, p.Tenant, p.ID); err != nil || len(c.Assignments) == 0 {
		return c, err
	}
	if c.Exemptions, err = exemptions(tx, p.Tenant, p.ID); err != nil {
		return nil, err
	}
	if c.Requests, err = requests(tx, p.Tenant, p.ID); err != nil {
		return nil, err
	}
	if c.Contacts, err = contacts(tx, p.Tenant, p.ID); err != nil {
		return nil, err
	}
	if c.Replies, err = replies(tx, p.Tenant, p.ID); err != nil {
		return nil, err
	}
	if c.Feedback, err = feedbacks(tx, p.Tenant, p.ID); err != nil {
		return nil, err
	}
	c.Commitments, err = commitments(tx, p.Tenant, p.ID)
	return c, err
}

// Assignment returns an assignment of the case, errs.NotFound if it is not one.
func (c *Case) Assignment(id string) (*Assignment, error) {
	for _, a := range c.Assignments {
		if a.ID == id {
			return a, nil
		}
	}
	return nil, errs.Missing()
}

// Current returns the assignments of the newest round that were not returned
// or cancelled.
func (c *Case) Current() []*Assignment {
	return slices.DeleteFunc(slices.Clone(c.Assignments), func(a *Assignment) bool {
		return a.Round != c.Round || a.State == ReturnedUnit || a.State == Cancelled
	})
}

// ReplyOf returns the reply or opinion of an assignment, nil if there is none.
func (c *Case) ReplyOf(assignment string) *Reply {
	for _, r := range c.Replies {
		if r.Assignment == assignment {
			return r
		}
	}
	return nil
}

// Proposers returns the persons who stand behind the proposal.
func (c *Case) Proposers() []string {
	var ids []string
	for _, p := range c.Parties {
		if p.Standing() {
			ids = append(ids, p.Person)
		}
	}
	return ids
}

// Stands reports whether a person stands behind the proposal.
func (c *Case) Stands(person string) bool {
	return person != "" && slices.Contains(c.Proposers(), person)
}

// Rating returns a person's current rating of the newest round, nil if none.
func (c *Case) Rating(person string) *Feedback {
	for _, f := range c.Feedback {
		if f.Current && f.Round == c.Round && f.Person == person {
			return f
		}
	}
	return nil
}

// Unrated returns the raters who have not rated the newest round.
func (c *Case) Unrated() []string {
	return slices.DeleteFunc(c.Raters(), func(id string) bool { return c.Rating(id) != nil })
}

// owed reports whether a promise is still to be kept.
func (c *Case) owed() bool {
	return slices.ContainsFunc(c.Commitments, func(x *Commitment) bool { return x.State == "open" || x.State == "reported" })
}

// contacted reports whether a contact record of the newest round satisfies the
// rules of the case.
func (c *Case) contacted(assignment string) bool {
	inPerson := c.Rules.Bool("assignment.in_person")
	return slices.ContainsFunc(c.Contacts, func(x *Contact) bool {
		if x.Assignment != assignment {
			return false
		}
		code, _ := c.Rules.Code("assignment.contact_kinds", x.Kind)
		return !inPerson || code.Canonical == "in_person"
	})
}

// Get returns a case with everything that its page shows to the actor: what is
// not theirs to see is left out here, not in the page.
func (s *Service) Get(ctx context.Context, id string) (c *Case, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		p, err := find(tx, a, id)
		if err != nil {
			return err
		}
		if c, err = load(tx, s.rules, p); err != nil {
			return err
		}
		if c.Clocks, err = s.clocksOf(tx, c); err != nil {
			return err
		}
		if c.History, err = ledger.Acts(tx, a.Tenant, "proposal", id); err != nil {
			return err
		}
		if c.Session, err = org.SessionOf(tx, a.Tenant, p.Session); err != nil {
			return err
		}
		c.Today = org.Today(tx)
		w := &work{s: s, tx: tx, a: a, Case: c, today: c.Today}
		c.Actions = w.actions()
		c.Writable = a.Can("proposal.write") && w.mayWrite() == nil
		if c.Compliance, err = w.compliance(); err != nil {
			return err
		}
		c.conceal(a)
		return c.nameAll(tx)
	})
	return c, err
}

// conceal takes out what the actor may not see: drafts of replies before they
// are delivered, and ratings, which a department sees only after closing and
// added up.
func (c *Case) conceal(a actor.Actor) {
	staff := a.Can("proposal.read_ratings")
	unit := a.Body != "" && a.Can("assignment.handle")
	if unit {
		if c.Ratings = c.ratings(); !c.Ratings.Visible {
			c.Proposal.Satisfaction = ""
		}
	}
	c.Feedback = slices.DeleteFunc(c.Feedback, func(f *Feedback) bool { return !staff && (f.Person != a.Person || unit) })
	mayCheck := a.Can("proposal.check")
	hidden := func(r *Reply) bool {
		if r.State == "delivered" {
			return r.Kind == "opinion" && !mayCheck && !unit && !staff
		}
		own := unit && slices.ContainsFunc(c.Assignments, func(x *Assignment) bool { return x.ID == r.Assignment && x.Unit == a.Body })
		return !own && !(mayCheck && r.State == "signed_off")
	}
	shown := map[string]bool{}
	c.Replies = slices.DeleteFunc(c.Replies, hidden)
	for _, r := range c.Replies {
		shown[r.Assignment] = true
	}
	c.Commitments = slices.DeleteFunc(c.Commitments, func(x *Commitment) bool { return x.State == "planned" && !shown[x.Assignment] })
	c.Files = slices.DeleteFunc(c.Files, func(f *File) bool {
		as, err := c.Assignment(f.Assignment)
		own := err == nil && unit && as.Unit == a.Body
		return f.Purpose == "reply" && !shown[f.Assignment] && !own
	})
	if !staff && !mayCheck && !unit {
		c.Requests = nil
	}
	if unit && !staff {
		c.Reviews = nil
		c.Changes = slices.DeleteFunc(c.Changes, func(x *Change) bool { return x.State != "granted" })
		c.Clocks = slices.DeleteFunc(c.Clocks, func(k *clock.Clock) bool { return k.Kind == "feedback.window" })
	}
	c.History = slices.DeleteFunc(c.History, func(e *ledger.Entry) bool {
		switch e.Action {
		case "proposal.rate":
			return !staff && (unit || e.Person != a.Person)
		case "assignment.draft":
			return !unit && !staff
		case "proposal.ask_withdrawal", "proposal.ask_change", "proposal.take_back", "proposal.refuse_change":
			return unit
		case "assignment.request_return", "assignment.refuse_return", "assignment.grant_return",
			"assignment.request_extension", "assignment.grant_extension", "assignment.refuse_extension", "assignment.reject", "assignment.recall":
			return !unit && !staff && !mayCheck
		}
		return false
	})
	if !staff && !a.Can("proposal.review") {
		c.concealReviewers(a)
	}
}

// concealReviewers leaves of the review what concerns the proposers: what was
// decided and, if it was sent back or not filed, why. Who judged it and how good
// they found it stays with the office.
func (c *Case) concealReviewers(a actor.Actor) {
	told := func(verdict string) bool {
		return slices.Contains([]string{"return", "decline", "merge", "unmerge", "grant_withdrawal", "grant_change", "refuse_change"}, verdict)
	}
	for _, c := range c.Changes {
		c.DecidedBy = ""
	}
	c.Reviews = slices.DeleteFunc(c.Reviews, func(r *Review) bool { return !told(r.Verdict) && r.Verdict != "file" })
	for _, r := range c.Reviews {
		r.Reviewer, r.Score, r.Units = "", 0, nil
		if !told(r.Verdict) {
			r.Note = ""
		}
	}
	for _, e := range c.History {
		verdict, isCase := strings.CutPrefix(e.Action, "proposal.")
		if !isCase || !told(verdict) && !slices.Contains([]string{"receive", "pass", "file"}, verdict) || e.Person == a.Person {
			continue
		}
		if e.Person, e.Name = "", ""; !told(verdict) {
			e.Note = ""
		}
	}
}

// ratings adds up the newest round for a department.
func (c *Case) ratings() Ratings {
	r := Ratings{Overall: map[string]int{}}
	if c.State != Closed && c.State != FollowingUp && c.State != Archived {
		return r
	}
	r.Visible = true
	scores := map[string]map[string]int{}
	for _, f := range c.Feedback {
		if !f.Current || f.Round != c.Round {
			continue
		}
		r.Count++
		r.Overall[f.Overall]++
		for dim, level := range f.Scores {
			if scores[dim] == nil {
				scores[dim] = map[string]int{}
			}
			scores[dim][level]++
		}
	}
	if r.Aggregate = r.Count < c.Rules.Int("feedback.aggregate_below"); !r.Aggregate {
		r.Scores = scores
	}
	return r
}

// nameAll looks up the names of all persons and bodies in two queries.
func (c *Case) nameAll(tx *db.Tx) error {
	people, bodies := map[string]bool{c.Lead: true}, map[string]bool{c.Body: true}
	for _, p := range c.Parties {
		people[p.Person] = true
	}
	for _, r := range c.Reviews {
		people[r.Reviewer] = true
		for _, id := range r.Units {
			bodies[id] = true
		}
	}
	for _, a := range c.Assignments {
		people[a.IssuedBy], bodies[a.Unit] = true, true
	}
	for _, r := range c.Requests {
		people[r.AskedBy], people[r.DecidedBy], bodies[r.Unit] = true, true, true
	}
	for _, x := range c.Contacts {
		people[x.Person] = true
	}
	for _, r := range c.Replies {
		people[r.Signer], people[r.CheckedBy] = true, true
	}
	for _, f := range c.Feedback {
		people[f.Person] = true
	}
	for _, x := range c.Commitments {
		people[x.ConfirmedBy], bodies[x.Unit] = true, true
	}
	for _, f := range c.Files {
		people[f.Person] = true
	}
	for _, x := range c.Exemptions {
		people[x.Person] = true
	}
	for _, x := range c.Changes {
		people[x.AskedBy], people[x.DecidedBy] = true, true
	}
	for _, m := range c.Merged {
		people[m.Lead], bodies[m.Body] = true, true
		for _, p := range m.Parties {
			people[p.Person] = true
		}
	}
	for _, e := range c.History {
		bodies[e.Body] = true
	}
	for _, id := range c.UnitsWish {
		bodies[id] = true
	}
	names, err := org.PersonNames(tx, c.Tenant, keys(people))
	if err != nil {
		return err
	}
	bodyNames, err := org.BodyNames(tx, c.Tenant, keys(bodies))
	if err != nil {
		return err
	}
	c.Names = names
	maps.Copy(c.Names, bodyNames)
	return nil
}

func keys(set map[string]bool) []string {
	delete(set, "")
	return slices.Sorted(maps.Keys(set))
}
