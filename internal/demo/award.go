package demo

import (
	"math/rand/v2"

	"shangliang/internal/actor"
	"shangliang/internal/award"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/proposal"
)

// planAwards plans how the county chose the best proposals of 2018.
func (p *Play) planAwards(h *house) {
	if p.onlyNow || h.setting != &county {
		return
	}
	on := calendar.Date("2018-12-18")
	p.other[on] = append(p.other[on], func(tx *db.Tx) error { return p.award(tx, h, 2018, 3, on) })
}

// award plays the choice of the best from the nominations to the result. The
// standing members vote, most of them.
func (p *Play) award(tx *db.Tx, h *house, year, places int, on calendar.Date) error {
	clerk := actor.With(tx.Context(), h.clerk)
	id, err := p.Awards.Call(clerk, numbered(h, year)+"会议好提案", year, places, on)
	if err != nil {
		return err
	}
	view, err := p.Awards.Get(clerk, id)
	if err != nil {
		return err
	}
	var named []string
	collective := 0
	for i, x := range view.Eligible {
		c, err := proposal.Of(tx, h.id, x.ID)
		if err != nil {
			return err
		}
		if c.Kind == proposal.Collective && collective < 2 {
			collective++
		} else if i%40 != 7 {
			continue
		}
		named = append(named, x.ID)
		if err := p.Awards.Nominate(clerk, id, x.ID, "选题贴近群众，建议具体，办理见实效。"); err != nil {
			return err
		}
	}
	do := func(a actor.Actor, version int, action string, in award.Input) error {
		_, err := p.Awards.Do(actor.With(tx.Context(), a), id, version, action, in)
		return err
	}
	if err := do(h.clerk, 1, "close", award.Input{}); err != nil {
		return err
	}
	if err := p.Awards.Choose(clerk, id, 2, named); err != nil {
		return err
	}
	if err := do(h.clerk, 3, "open", award.Input{Voters: award.StandingMembers}); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(h.seed, 13))
	for i, m := range h.members {
		if i%6 != 0 || i == 48 {
			continue // not on the list, or absent
		}
		ballot := []string{named[0], named[1]}
		if r.IntN(3) > 0 {
			ballot = append(ballot, named[2])
		}
		if err := p.Awards.Vote(actor.With(tx.Context(), m), id, ballot); err != nil {
			return err
		}
	}
	if err := do(h.clerk, 4, "count", award.Input{}); err != nil {
		return err
	}
	return do(h.chair, 5, "publish", award.Input{Decision: "主席会议第12次会议审议通过"})
}
