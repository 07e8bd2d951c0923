package proposalweb

import (
	"context"
	"slices"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/lang"
	"shangliang/internal/module"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
)

// cards are the parts of first pages, in the order of what presses most.
func (p *pages) cards() []module.Card {
	return []module.Card{
		{Roles: slices.Concat(proposers, office, units), Order: 10, Load: p.queuesCard},
		{Roles: proposers, Order: 20, Load: p.roundsCard},
		{Roles: proposers, Order: 30, Load: p.mineCard},
		{Roles: slices.Concat(units, []string{"clerk", "dispatcher", "leader"}), Order: 20, Load: p.urgentCard},
		{Roles: slices.Concat(units, []string{"clerk", "leader"}), Order: 40, Load: p.promisesCard},
	}
}

// queuePath is where a role's queues are listed.
func queuePath(a actor.Actor) string {
	if slices.Contains(proposers, a.Role) {
		return "/proposals/mine"
	}
	if a.Body != "" && a.Can("assignment.handle") {
		return "/inbox"
	}
	return "/proposals"
}

// queuesCard is what waits for the person, each with its count.
func (p *pages) queuesCard(ctx context.Context) (templ.Component, error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	all, err := p.counts(ctx)
	if err != nil {
		return nil, err
	}
	writes := slices.Contains(proposers, a.Role)
	var stats []ui.StatInfo
	for _, q := range all {
		if writes && q.Count == 0 {
			continue // a member is shown what there is, not what there could be
		}
		s := ui.StatInfo{Label: lang.Say(ctx, q.Title), Value: itoa(q.Count), Note: lang.Say(ctx, q.Next), URL: query(queuePath(a), "queue", q.ID)}
		if q.Count > 0 {
			s.Kind = queueKinds[q.ID]
		}
		stats = append(stats, s)
	}
	return queuesPart(stats, writes), nil
}

// queueKinds mark the queues that press.
var queueKinds = map[string]ui.Kind{"overdue": ui.Bad, "unit_overdue": ui.Bad, "near_due": ui.Warn, "unit_near": ui.Warn, "to_rate": ui.Warn, "to_sign": ui.Warn, "to_revise": ui.Warn}

// roundsCard is what is asked for at present.
func (p *pages) roundsCard(ctx context.Context) (templ.Component, error) {
	rounds, today, err := p.proposals.OpenRounds(ctx)
	if err != nil || len(rounds) == 0 {
		return nil, err
	}
	return roundsPart(rounds, today), nil
}

// mineCard is what moved lately in the person's proposals.
func (p *pages) mineCard(ctx context.Context) (templ.Component, error) {
	f := own(ctx)
	f.Limit = 5
	v, err := p.short(ctx, f)
	if err != nil {
		return nil, err
	}
	return minePart(v), nil
}

// short is a short list for a card.
func (p *pages) short(ctx context.Context, f proposal.Filter) (*listView, error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	v := &listView{filter: f, who: a, unit: a.Body != "" && a.Can("assignment.handle")}
	if v.Listing, err = p.proposals.List(ctx, f); err != nil {
		return nil, err
	}
	v.known, err = p.known(ctx)
	return v, err
}

// urgentCard is what is late, or what will be late first.
func (p *pages) urgentCard(ctx context.Context) (templ.Component, error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	f := proposal.Filter{States: []string{proposal.Dispatched, proposal.Handling, proposal.Rehandling}, Sort: "due", Limit: 8}
	title, more := lang.T(ctx, "最急的"), query(queuePath(a), "sort", "due")
	if a.Role == "leader" {
		f.Overdue = true
		title, more = lang.T(ctx, "已经逾期的"), query("/proposals", "overdue", "yes", "sort", "due")
	}
	v, err := p.short(ctx, f)
	if err != nil {
		return nil, err
	}
	v.Items = slices.DeleteFunc(v.Items, func(x *proposal.Item) bool { return x.DueOn == "" || !open(x) })
	return urgentPart(v, title, more, a.Role == "leader"), nil
}

// owedShown is how many promises a first page shows.
const owedShown = 8

// promisesCard is what was promised and is still to be kept, by its day.
func (p *pages) promisesCard(ctx context.Context) (templ.Component, error) {
	owed, err := p.proposals.Owed(ctx)
	if err != nil || len(owed) == 0 {
		return nil, err
	}
	k, err := p.known(ctx)
	if err != nil {
		return nil, err
	}
	_, today, err := p.proposals.OpenRounds(ctx)
	if err != nil {
		return nil, err
	}
	return promisesPart(owed[:min(len(owed), owedShown)], len(owed), k, today), nil
}

// daysLeft tells how long a call is still open.
func daysLeft(ctx context.Context, closes, today calendar.Date) string {
	if n := closes.Sub(today); n > 0 {
		return lang.T(ctx, "还有%d天", n)
	}
	return lang.T(ctx, "今天截止")
}
