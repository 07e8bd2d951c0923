package proposal

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/org"
)

// Reasons for asking a department.
const (
	WishOf     = "wish"     // the proposer asked for it
	ReviewOf   = "review"   // an examiner would ask it
	LikenessOf = "likeness" // it handled a case with like words
	SubjectOf  = "subject"  // it handled cases of the same class
)

// Candidate is a department that might handle a case. Its score is the sum of
// what its reasons weigh, so that each can be explained.
type Candidate struct {
	Unit    string
	Score   int
	Reasons []CandidateReason
}

// CandidateReason is one reason, counted from records.
type CandidateReason struct {
	Kind   string
	Weight int
	N      int    // reviewers who named it; cases of the class that it handled
	Of     int    // all cases of the class
	Case   string // id of the like case
	CaseNo int
	Title  string
}

// What reasons weigh, out of a hundred together: a person's word counts more
// than what was done before.
const (
	weighReview   = 40
	weighWish     = 25
	weighLikeness = 20
	weighSubject  = 15
)

// mostCandidates is how many are offered for one case, and mostPast how many
// past cases are looked through, the newest.
const (
	mostCandidates = 5
	mostPast       = 5000
	likeAtLeast    = 0.18
)

// past is a case that was handled, as far as likeness asks.
type past struct {
	id, title, subject, unit string
	caseNo                   int
	grams                    map[string]bool
}

// Candidates ranks for each case, by its id, the departments that might handle
// it: by the proposer's wish, the examiners' view, and who handled cases of the
// same class or with like titles before. Cases out of the actor's reach are left
// out; wants proposal.dispatch or proposal.check.
func (s *Service) Candidates(ctx context.Context, ids []string) (all map[string][]Candidate, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	if !a.Can("proposal.dispatch") && !a.Can("proposal.check") {
		return nil, actor.Denied
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = candidates(tx, a, ids)
		return err
	})
	return all, err
}

func candidates(tx *db.Tx, a actor.Actor, ids []string) (map[string][]Candidate, error) {
	marks, args := db.In([]any{a.Tenant}, ids)
	cond, args := reach(a, args)
	cases, err := db.All(tx, (*Proposal).fields, `SELECT `+proposalColumns+` FROM proposal p WHERE p.tenant = $1 AND p.id IN `+marks+` AND `+cond, args...)
	if err != nil || len(cases) == 0 {
		return nil, err
	}
	marks, args = db.In([]any{a.Tenant}, ids)
	verdicts, err := db.All(tx, (*Review).fields, `SELECT `+reviewColumns+` FROM proposal_review WHERE tenant = $1 AND proposal IN `+marks+` AND units <> '' ORDER BY at, id`, args...)
	if err != nil {
		return nil, err
	}
	handled, err := db.All(tx, func(x *past) []any { return []any{&x.id, &x.title, &x.subject, &x.unit, &x.caseNo} },
		`SELECT p.id, p.title, p.subject, y.unit, p.case_no FROM assignment y JOIN proposal p ON p.tenant = y.tenant AND p.id = y.proposal
		WHERE y.tenant = $1 AND y.round = 1 AND y.role <> 'co_handler' AND y.state NOT IN ('returned', 'cancelled') ORDER BY y.id DESC LIMIT `+itoa(mostPast), a.Tenant)
	if err != nil {
		return nil, err
	}
	active, err := org.ActiveBodies(tx, a.Tenant, "department")
	if err != nil {
		return nil, err
	}
	usable := map[string]bool{}
	for _, b := range active {
		usable[b.ID] = true
	}
	handled = slices.DeleteFunc(handled, func(x *past) bool { return !usable[x.unit] })
	m := newMemory(handled)
	out := map[string][]Candidate{}
	for _, p := range cases {
		var suggested []string
		for _, r := range verdicts {
			if r.Proposal == p.ID {
				suggested = append(suggested, r.Units...)
			}
		}
		out[p.ID] = m.rank(p, suggested, usable)
	}
	return out, nil
}

// memory is what past cases tell: how often each pair of characters stands in a
// title, so that rare pairs weigh more, and who handled how many of each class.
type memory struct {
	cases   []*past
	count   map[string]int            // pair → titles with it
	holders map[string][]*past        // pair → the cases with it
	subject map[string]map[string]int // class → department → cases
	total   map[string]int            // class → cases
}

func newMemory(cases []*past) *memory {
	m := &memory{cases: cases, count: map[string]int{}, holders: map[string][]*past{}, subject: map[string]map[string]int{}, total: map[string]int{}}
	for _, x := range cases {
		x.grams = pairs(x.title)
		for g := range x.grams {
			m.count[g]++
			m.holders[g] = append(m.holders[g], x)
		}
		if m.subject[x.subject] == nil {
			m.subject[x.subject] = map[string]int{}
		}
		m.subject[x.subject][x.unit]++
		m.total[x.subject]++
	}
	return m
}

// pairs are the overlapping pairs of Han characters of a title.
func pairs(title string) map[string]bool {
	all := map[string]bool{}
	var before rune
	for _, r := range title {
		if r < 0x3400 { // punctuation, digits, letters part words
			before = 0
			continue
		}
		if before != 0 {
			all[string([]rune{before, r})] = true
		}
		before = r
	}
	return all
}

// weight is high for a pair that few titles have, and near nothing for one that
// almost all have.
func (m *memory) weight(gram string) float64 {
	return math.Log((float64(len(m.cases)) + 2) / (float64(m.count[gram]) + 0.5))
}

// alike returns for each department the case most like a title, with how much of
// the title's weight it shares.
func (m *memory) alike(p *Proposal) map[string]like {
	grams := pairs(p.Title)
	whole := 0.0
	shared := map[*past]float64{}
	for _, g := range slices.Sorted(maps.Keys(grams)) {
		weight := m.weight(g)
		whole += weight
		for _, x := range m.holders[g] {
			shared[x] += weight
		}
	}
	best := map[string]like{}
	if whole == 0 {
		return best
	}
	for _, x := range m.cases { // in their order, so that equals come out the same
		share := shared[x] / whole
		if share >= likeAtLeast && x.id != p.ID && share > best[x.unit].share {
			best[x.unit] = like{x, share}
		}
	}
	return best
}

type like struct {
	*past
	share float64
}

func (m *memory) rank(p *Proposal, suggested []string, usable map[string]bool) []Candidate {
	of := map[string]*Candidate{}
	add := func(unit string, r CandidateReason) {
		if !usable[unit] || r.Weight <= 0 {
			return
		}
		if of[unit] == nil {
			of[unit] = &Candidate{Unit: unit}
		}
		of[unit].Score += r.Weight
		of[unit].Reasons = append(of[unit].Reasons, r)
	}
	times := map[string]int{}
	for _, unit := range suggested {
		times[unit]++
	}
	for i, unit := range suggested {
		if slices.Index(suggested, unit) == i {
			add(unit, CandidateReason{Kind: ReviewOf, N: times[unit], Weight: max(weighReview-5*i, weighReview/2)})
		}
	}
	for i, unit := range p.UnitsWish {
		add(unit, CandidateReason{Kind: WishOf, Weight: max(weighWish-5*i, weighWish/2)})
	}
	for unit, x := range m.alike(p) {
		add(unit, CandidateReason{Kind: LikenessOf, Weight: int(math.Round(weighLikeness * min(1, x.share))), Case: x.id, CaseNo: x.caseNo, Title: x.title})
	}
	for unit, n := range m.subject[p.Subject] {
		share := float64(n) / float64(m.total[p.Subject])
		add(unit, CandidateReason{Kind: SubjectOf, Weight: int(math.Round(weighSubject * share)), N: n, Of: m.total[p.Subject]})
	}
	var all []Candidate
	for _, c := range of {
		order := []string{ReviewOf, WishOf, LikenessOf, SubjectOf}
		slices.SortFunc(c.Reasons, func(a, b CandidateReason) int { return slices.Index(order, a.Kind) - slices.Index(order, b.Kind) })
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b Candidate) int { return cmp.Or(b.Score-a.Score, cmp.Compare(a.Unit, b.Unit)) })
	return all[:min(len(all), mostCandidates)]
}
