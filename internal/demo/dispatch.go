package demo

import (
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/dispatch"
	"shangliang/internal/proposal"
)

// planMeetings plans the dispatch meetings of 2018, at which what was filed and
// not yet handed over goes out together, and one that is being prepared now.
func (p *Play) planMeetings(h *house, last calendar.Date) {
	at := func(day calendar.Date, f func(*db.Tx, calendar.Date) error) {
		p.other[day] = append(p.other[day], func(tx *db.Tx) error { return f(tx, day) })
	}
	if !p.onlyNow {
		for _, day := range []calendar.Date{"2018-02-01", "2018-02-08"} {
			at(day, func(tx *db.Tx, on calendar.Date) error { return p.meet(tx, h, on) })
		}
	}
	at(last, func(tx *db.Tx, _ calendar.Date) error { return p.prepare(tx, h, workdays(last, 3)) })
}

// meet holds a meeting: the stories whose next step is to be dispatched go out
// as they would by themselves.
func (p *Play) meet(tx *db.Tx, h *house, on calendar.Date) error {
	ctx := actor.With(tx.Context(), h.dispatcher)
	stories := map[string]*story{}
	for _, of := range p.days {
		for _, s := range of {
			if s.house == h && s.next < len(s.steps) && s.steps[s.next].name == "dispatch" {
				stories[s.id] = s
			}
		}
	}
	waiting, err := p.Dispatch.Unplaced(ctx)
	if err != nil {
		return err
	}
	var ids []string
	units := map[string]bool{}
	for _, x := range waiting {
		if s := stories[x.Proposal]; s != nil {
			ids = append(ids, x.Proposal)
			for _, u := range s.to {
				units[u.Unit] = true
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var came []string
	for id := range units {
		came = append(came, id)
	}
	slices.Sort(came)
	id, err := p.Dispatch.Save(ctx, dispatch.Meeting{Title: numbered(h, on.Year()) + "会议提案交办会", OnDate: on, Place: h.place.area + "政府第一会议室", Chair: h.leader.Name + "副主席",
		Attendees: strings.Join([]string{h.leader.Name, h.chair.Name, h.dispatcher.Name, h.clerk.Name}, "、") + "及各承办单位负责人", Units: came,
		Minutes: "一、通报本次交办提案的总体情况。\n二、明确办理要求：专人负责，先沟通后答复，三个月内办结。\n三、各承办单位当场签收；认为不属本单位职责的，五个工作日内书面提出。"})
	if err != nil {
		return err
	}
	if _, err := p.Dispatch.Put(ctx, id, ids); err != nil {
		return err
	}
	for _, one := range ids {
		if err := p.Dispatch.Choose(ctx, id, one, 1, stories[one].to, "请按职责办理，主动与提案人沟通。"); err != nil {
			return err
		}
	}
	out, err := p.Dispatch.Send(ctx, id, "")
	if err != nil {
		return err
	}
	for _, o := range out {
		if o.Err != nil {
			return o.Err
		}
	}
	return nil
}

// prepare calls a meeting for what waits now.
func (p *Play) prepare(tx *db.Tx, h *house, on calendar.Date) error {
	ctx := actor.With(tx.Context(), h.dispatcher)
	waiting, err := p.Dispatch.Unplaced(ctx)
	if err != nil || len(waiting) == 0 {
		return err
	}
	id, err := p.Dispatch.Save(ctx, dispatch.Meeting{Title: "平时提案交办会", OnDate: on, Place: h.place.area + "政府第一会议室"})
	if err != nil {
		return err
	}
	var ids []string
	for _, x := range waiting {
		ids = append(ids, x.Proposal)
	}
	_, err = p.Dispatch.Put(ctx, id, ids)
	return err
}

// dispatched is the step that hands a case over by itself; what went out at a
// meeting stays as it is.
func (s *story) dispatched(to []proposal.UnitRole) func(*scene) error {
	s.to = to
	return func(sc *scene) error {
		if now, err := sc.now(); err != nil || now.State != proposal.Filed {
			return err
		}
		return sc.do(s.house.dispatcher, "dispatch", proposal.Input{Units: to, Reason: "请按职责办理，主动与提案人沟通。"})
	}
}
