package demo

import (
	"context"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/message"
	"shangliang/internal/proposal"
)

// planTogether shows on the last day what happens beside the main path: a second
// proposal on the same matter, merged into the first; a change that a proposer
// asks for; what proposers, the office and a department write to each other.
func (p *Play) planTogether(h *house, last calendar.Date) {
	p.other[last] = append(p.other[last], func(tx *db.Tx) error {
		if err := p.merge(tx, h); err != nil {
			return err
		}
		return p.change(tx, h)
	})
}

// merge lets a member hand in nearly what somebody else did, and the chair merge
// the two.
func (p *Play) merge(tx *db.Tx, h *house) error {
	as := func(a actor.Actor) *acting { return &acting{p, tx, a} }
	list, err := p.Proposals.List(as(h.chair).ctx(), proposal.Filter{Queue: "in_review", Limit: 1})
	if err != nil || len(list.Items) == 0 {
		return err
	}
	first, err := p.Proposals.Get(as(h.chair).ctx(), list.Items[0].ID)
	if err != nil {
		return err
	}
	lead := h.members[len(h.members)-3]
	second, err := p.Proposals.Create(as(lead).ctx(), proposal.Text{Kind: proposal.Individual, Title: strings.Replace(first.Title, "关于", "关于再次呼吁", 1),
		Situation: first.Situation, Analysis: first.Analysis, Suggestions: first.Suggestions + "\n另建议公布进度，接受群众监督。", Subject: first.Subject, OpenChoice: "open", Researched: true, SelfWritten: true})
	if err != nil {
		return err
	}
	if err := as(lead).do(second.ID, "submit", proposal.Input{}); err != nil {
		return err
	}
	if err := as(h.clerk).do(second.ID, "receive", proposal.Input{}); err != nil {
		return err
	}
	return as(h.chair).do(second.ID, "merge", proposal.Input{Into: first.ID, Reason: "两件提案反映同一问题，并案办理，分别答复。"})
}

// change: the first member asks to change what a department handles, and writes
// to it; the department and the office write back.
func (p *Play) change(tx *db.Tx, h *house) error {
	as := func(a actor.Actor) *acting { return &acting{p, tx, a} }
	list, err := p.Proposals.List(as(h.members[me]).ctx(), proposal.Filter{Mine: true, States: []string{proposal.Handling}})
	if err != nil {
		return err
	}
	for _, x := range list.Items {
		c, err := p.Proposals.Get(as(h.members[me]).ctx(), x.ID)
		if err != nil {
			return err
		}
		if c.Lead != h.members[me].Person || len(c.Current()) != 1 || h.units[dept] == nil || c.Current()[0].Unit != h.units[dept].id {
			continue
		}
		in := proposal.Input{Title: c.Title, Situation: c.Situation, Analysis: c.Analysis, Suggestions: c.Suggestions + "\n办理进度请每月公布一次。", Reason: "走访中群众普遍要求公开进度，补充一条建议。"}
		if err := as(h.members[me]).do(c.ID, "ask_change", in); err != nil {
			return err
		}
		for _, m := range []struct {
			from actor.Actor
			to   string
			body string
		}{
			{h.members[me], h.units[dept].id, "想在下周一起到现场看一看，哪天方便，请告知。"},
			{h.units[dept].officer, message.Proposer, "周三上午可以，我局两位同志陪同，九点在现场会合。"},
			{h.members[me], message.Office, "补充了一条建议，已经申请修改，请审查负责人看一看。"},
			{h.clerk, message.Proposer, "收到，已转审查负责人。"},
		} {
			if _, err := p.Messages.Send(as(m.from).ctx(), c.ID, []string{m.to}, m.body); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

// acting is somebody who acts within the day's transaction.
type acting struct {
	*Play
	tx *db.Tx
	a  actor.Actor
}

func (x *acting) ctx() context.Context { return actor.With(x.tx.Context(), x.a) }

// do takes a step of a case as it stands now.
func (x *acting) do(id, action string, in proposal.Input) error {
	c, err := x.Proposals.Get(x.ctx(), id)
	if err != nil {
		return err
	}
	_, err = x.Proposals.Do(x.ctx(), id, c.Version, action, in)
	return err
}
