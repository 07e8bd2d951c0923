package proposal

import (
	"cmp"
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/likeness"
	"shangliang/internal/likeness/lookup"
	"shangliang/internal/org"
)

// Alike is a proposal whose text is like another: how much, and which passages
// agree. What the reader may not open shows its passages and nothing else of its
// text.
type Alike struct {
	ID       string
	Year     int
	CaseNo   int
	SerialNo int
	Title    string
	State    string
	Proposer string // the lead, or the proposing body; empty if it may not be opened
	Likeness float64
	Passages []Agreement
	Opens    bool // the reader may open the case
}

// Agreement is a passage that two proposals have in common, in the words of
// each, and where it stands in them.
type Agreement struct {
	likeness.Passage
	Ours, Theirs string
}

// AlikeParts are the parts of a text as spans count them.
var AlikeParts = []string{"title", "situation", "analysis", "suggestions"}

func (p *Proposal) parts() []string {
	return []string{p.Title, p.Situation, p.Analysis, p.Suggestions}
}

func (t *Text) parts() []string {
	return []string{t.Title, t.Situation, t.Analysis, t.Suggestions}
}

// How many are shown at most, and how many of those that the signatures name are
// compared exactly.
const (
	mostAlike    = 10
	comparedMost = 40
)

// Alike finds the proposals of all years that a text being written is like, the
// most alike first; id is the text's own case, if it has one. A writer is told
// of cases in their reach and, if the rules say so, of filed ones whose proposers
// agreed to publication.
func (s *Service) Alike(ctx context.Context, id string, t Text) (all []*Alike, err error) {
	a, err := actor.Require(ctx, "proposal.write")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = s.alike(tx, a, id, t.parts())
		return err
	})
	return all, err
}

// AlikeTo finds the proposals that a case in the actor's reach is like. It is for
// those who judge cases; others learn nothing from it.
func (s *Service) AlikeTo(ctx context.Context, id string) (all []*Alike, err error) {
	a, err := actor.Require(ctx, "proposal.review")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		p, err := find(tx, a, id)
		if err != nil {
			return err
		}
		all, err = s.alike(tx, a, id, p.parts())
		return err
	})
	return all, err
}

// SideBySide are two cases in the actor's reach with what they have in common.
type SideBySide struct {
	Ours, Theirs *Proposal
	Likeness     float64
	Passages     []likeness.Passage
}

// Compare sets two cases side by side. Both must be in the actor's reach.
func (s *Service) Compare(ctx context.Context, id, other string) (both *SideBySide, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		both = &SideBySide{}
		if both.Ours, err = find(tx, a, id); err != nil {
			return err
		}
		if both.Theirs, err = find(tx, a, other); err != nil {
			return err
		}
		x, y := likeness.Read(both.Ours.parts()...), likeness.Read(both.Theirs.parts()...)
		both.Likeness, both.Passages = likeness.Of(x, y), likeness.Passages(x, y)
		return nil
	})
	return both, err
}

const joinAlike = ` JOIN proposal p ON p.tenant = l.tenant AND p.id = l.id`

// alike looks up, compares exactly and describes, all in the actor's reach.
func (s *Service) alike(tx *db.Tx, a actor.Actor, own string, parts []string) ([]*Alike, error) {
	text := likeness.Read(parts...)
	if !text.Enough() {
		return nil, nil
	}
	rules, err := s.rules.Now(tx, a.Tenant)
	if err != nil {
		return nil, err
	}
	cond, args := reach(a, []any{a.Tenant})
	may := cond
	if a.Can("proposal.write") && rules.Bool("proposal.alike_filed") {
		may = `(` + cond + ` OR p.case_no > 0 AND p.open_choice = 'open')`
	}
	found, err := lookup.Find(tx, lookup.Query{Kind: "proposal", Text: text, Not: own, Join: joinAlike, Where: may, Args: args, Most: comparedMost})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.ID
	}
	in, args := db.In(args, ids)
	type row struct {
		Proposal
		opens bool
	}
	// The texts of those named, with whether each may be opened: all of them one
	// query, and whoever is no longer in reach is left out.
	rows, err := db.All(tx, func(r *row) []any { return append(r.fields(), &r.opens) },
		`SELECT `+proposalColumns+`, CASE WHEN `+cond+` THEN 1 ELSE 0 END FROM proposal p WHERE p.tenant = $1 AND `+may+` AND p.id IN `+in, args...)
	if err != nil {
		return nil, err
	}
	least := float64(rules.Int("proposal.alike_least")) / 100
	var all []*Alike
	leads, bodies := []string{}, []string{}
	for _, r := range rows {
		theirs := likeness.Read(r.parts()...)
		x := &Alike{ID: r.ID, Year: r.Year, CaseNo: r.CaseNo, SerialNo: r.SerialNo, Title: r.Title, State: r.State, Opens: r.opens}
		if x.Likeness = likeness.Of(text, theirs); x.Likeness < least {
			continue
		}
		for _, p := range likeness.Passages(text, theirs) {
			x.Passages = append(x.Passages, Agreement{p, p.A.Of(parts...), p.B.Of(r.parts()...)})
		}
		if x.Opens {
			if x.Proposer = r.Lead; r.Body != "" {
				x.Proposer = r.Body
			}
			leads, bodies = append(leads, r.Lead), append(bodies, r.Body)
		}
		all = append(all, x)
	}
	slices.SortFunc(all, func(x, y *Alike) int { return cmp.Or(cmp.Compare(y.Likeness, x.Likeness), cmp.Compare(y.ID, x.ID)) })
	names, err := org.PersonNames(tx, a.Tenant, leads)
	if err != nil {
		return nil, err
	}
	of, err := org.BodyNames(tx, a.Tenant, bodies)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		x.Proposer = cmp.Or(names[x.Proposer], of[x.Proposer])
	}
	return all[:min(len(all), mostAlike)], nil
}

// signed keeps what the text is found by as it is now. A draft is nobody's
// business and is not found.
func signed(tx *db.Tx, p *Proposal) error {
	if p.SerialNo == 0 {
		return nil
	}
	return lookup.Put(tx, p.Tenant, "proposal", p.ID, likeness.Read(p.parts()...))
}

// signBatch is how many texts are signed in one transaction.
const signBatch = 100

// SignAll signs the texts that were there before, or whose signatures were made
// in another way. It goes through the cases by their ids, so that it can be
// stopped at any time, and does nothing twice; what others change meanwhile they
// sign themselves. (serial_no <> 0, not > 0: the index of serial numbers would
// have each batch sort all the cases.)
func (s *Service) SignAll(ctx context.Context) error {
	var last [2]string // tenant and id
	for more := true; more; {
		next := last
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			all, err := db.All(tx, (*Proposal).fields, `SELECT `+proposalColumns+` FROM proposal p
				LEFT JOIN likeness_doc l ON l.tenant = p.tenant AND l.kind = 'proposal' AND l.id = p.id
				WHERE (p.tenant, p.id) > ($1, $2) AND p.serial_no <> 0 AND (l.form IS NULL OR l.form <> $3)
				ORDER BY p.tenant, p.id LIMIT $4`, last[0], last[1], likeness.Form, signBatch)
			if err != nil {
				return err
			}
			for _, p := range all {
				if err := signed(tx, p); err != nil {
					return err
				}
			}
			if more = len(all) == signBatch; more {
				next = [2]string{all[len(all)-1].Tenant, all[len(all)-1].ID}
			}
			return nil
		})
		if err != nil {
			return err
		}
		last = next
	}
	return nil
}

// SignOnce is [Service.SignAll] until it went through, then nothing: it is for
// work that is done again and again.
func (s *Service) SignOnce(ctx context.Context) error {
	if s.allSigned.Load() {
		return nil
	}
	err := s.SignAll(ctx)
	if err == nil {
		s.allSigned.Store(true)
	}
	return err
}

// alikeRows says of each good row of an import what it is like: proposals that
// are there, and earlier rows of the same table.
func (s *Service) alikeRows(tx *db.Tx, a actor.Actor, rows []ImportRow) error {
	var texts []likeness.Signature
	at := map[int64][]int{}
	var lines []int
	for i := range rows {
		r := &rows[i]
		if r.Bad || i >= alikeRowsMost {
			continue
		}
		all, err := s.alike(tx, a, "", r.text.parts())
		if err != nil {
			return err
		}
		r.Alike = all[:min(len(all), 3)]
		sig, ok := likeness.Read(r.text.parts()...).Sign()
		if !ok {
			continue
		}
		for _, k := range sig.Bands() {
			for _, j := range at[k] {
				if r.AlikeLine == 0 && sig.Estimate(texts[j]) >= sameTable {
					r.AlikeLine = lines[j]
				}
			}
			at[k] = append(at[k], len(texts))
		}
		texts, lines = append(texts, sig), append(lines, r.Line)
	}
	return nil
}

const (
	alikeRowsMost = 2000 // rows of an import that are compared
	sameTable     = 0.5  // from how alike on two rows of a table are told of
)
