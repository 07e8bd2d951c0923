package demo

import (
	"math/rand/v2"
	"slices"
)

// planDistrict plans the district's 2018, the year of its first session: 107
// proposals handed in, 97 filed and all of them answered, most proposers
// basically satisfied, nobody unsatisfied in the end.
func (p *Play) planDistrict(h *house) {
	r := rand.New(rand.NewPCG(h.seed, 3))
	for i := range 107 {
		pl := h.plan(i, r)
		pl.outcome = []string{"a", "b", "a", "b", "c", "a", "b", "d"}[i%8]
		pl.promise = pl.outcome == "b" && i%3 != 0 || pl.outcome == "c" && i%2 == 0
		pl.satisfied = i%6 == 0
		pl.again = i == 23 || i == 61
		pl.phone = i == 40 || i == 82
		if i%11 == 10 && i/11 < len(refusals) { // nine
			pl = plan{lead: pl.lead, refusal: refusals[i/11], seed: pl.seed}
		}
		if i == 5 {
			pl = plan{lead: pl.lead, refusal: refusals[9], seed: pl.seed}
		}
		// All of them came for the plenary session.
		on := workdays("2018-01-02", i%9)
		if len(pl.joint) > 0 {
			on = workdays("2017-12-18", i%10)
		}
		if pl.waits {
			on = workdays("2017-12-18", i%5)
		}
		p.begin(h.story(i, pl), on)
	}
}

// planCounty plans the county's 2018: 214 proposals filed, handled and answered
// after talks in person; 203 of them resolved or being resolved, 11 planned or
// kept for reference; every proposer rates, and nobody is unsatisfied in the
// end. Nine more were not filed.
func (p *Play) planCounty(h *house) {
	r := rand.New(rand.NewPCG(h.seed, 3))
	for i := range 214 + 9 {
		pl := h.plan(i, r)
		pl.outcome = []string{"a", "b", "a"}[i%3]
		switch {
		case i%20 == 7: // 11
			pl.outcome = []string{"c", "d"}[i/20%2]
		case i == 207:
			pl.outcome = "c"
		}
		pl.promise = pl.outcome == "b" && i%4 != 0
		pl.satisfied = i%5 < 3
		pl.again = i == 31 || i == 119 || i == 178
		pl.phone, pl.unrated = false, 0
		if i >= 214 {
			pl = plan{lead: pl.lead, refusal: refusals[i-214], seed: pl.seed}
		}
		on := workdays("2018-01-05", i%12)
		switch {
		case len(pl.joint) > 0:
			on = workdays("2017-12-11", i%20)
		case i%9 == 0 && pl.refusal == nil: // between the sessions
			on = workdays("2018-02-05", i%70)
		}
		p.begin(h.story(i, pl), on)
	}
}

// plan draws what no figure fixes: who proposes, with whom, and how the
// departments share the work.
func (h *house) plan(i int, r *rand.Rand) plan {
	pl := plan{seed: h.seed*1000 + uint64(i), lead: r.IntN(len(h.members))}
	switch i % 10 {
	case 2, 6:
		for many := 1 + r.IntN(4); len(pl.joint) < many; {
			if m := r.IntN(len(h.members)); m != pl.lead && !slices.Contains(pl.joint, m) {
				pl.joint = append(pl.joint, m)
			}
		}
		if n := len(pl.joint); n > 2 {
			pl.silent = i / 10 % 2
			pl.refuses = i%4 == 2
			pl.waits = pl.silent > 0 && i%10 == 2
			pl.unrated = i % 4 / 2
		}
	case 4:
		pl.body, pl.lead = true, i/10%len(h.proposer)
	}
	switch {
	case i%7 == 3:
		pl.host = true
	case i%13 == 5:
		pl.split = true
	}
	switch i % 19 {
	case 1:
		pl.wrong = []string{"vet", "justice", "forest", "industry"}[i/19%4]
	case 8:
		pl.keeps = true
	case 9:
		pl.extended, pl.slow = true, 8
	case 12:
		pl.rejected = true
	case 15:
		pl.slow = 22
	}
	pl.revised = i%17 == 4 && !pl.waits
	return pl
}
