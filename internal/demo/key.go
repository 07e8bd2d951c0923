package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/digest"
	"shangliang/internal/keyproposal"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/supervision"
)

// on puts an act on a day.
func (p *Play) on(day calendar.Date, act func(*db.Tx) error) {
	p.other[day] = append(p.other[day], act)
}

// keys is the work on key proposals, supervision and digests of one tenant and
// year.
type keys struct {
	*Play
	*house
	year    int
	leaders map[string]string // kind → id on the list
	cases   []string          // the proposals
	ids     []string          // what was nominated
}

// planKeys plans the district's 2018: four key proposals led by members of the
// chairs' meeting and by leaders of the district, one supervision meeting, one
// briefing and three collective supervisions.
func (p *Play) planKeys(h *house) {
	k := &keys{Play: p, house: h, year: 2018, leaders: map[string]string{}}
	p.on("2018-03-05", func(tx *db.Tx) error {
		if err := k.listLeaders(tx); err != nil {
			return err
		}
		return k.nominate(tx, 5)
	})
	p.on("2018-03-08", k.opine)
	p.on("2018-03-13", func(tx *db.Tx) error { return k.decide(tx, 4) })
	p.on("2018-03-20", func(tx *db.Tx) error {
		for i := range 4 {
			if err := k.bindAndPlan(tx, i); err != nil {
				return err
			}
		}
		return nil
	})
	p.on("2018-03-23", func(tx *db.Tx) error {
		for i := range 4 {
			if err := k.sign(tx, i); err != nil {
				return err
			}
		}
		return nil
	})
	for i, e := range []struct {
		day         calendar.Date
		kind, title string
		cases       []int
	}{
		{"2018-04-11", "collective", "重点提案集体督办（第一次）", []int{0, 1}},
		{"2018-05-16", "collective", "重点提案集体督办（第二次）", []int{2}},
		{"2018-05-30", "meeting", "提案督办会", []int{0, 1, 2, 3}},
		{"2018-06-13", "collective", "重点提案集体督办（第三次）", []int{3}},
		{"2018-07-11", "briefing", "提案办理情况通报会", []int{0, 1, 2, 3}},
	} {
		p.on(e.day, func(tx *db.Tx) error { return k.hold(tx, i, e.day, e.kind, e.title, e.cases) })
	}
	p.on("2018-07-18", func(tx *db.Tx) error {
		for i := range 4 {
			if err := k.act(tx, k.clerk, i, "report", keyproposal.Input{Outcome: []string{"resolved", "progress", "resolved", "progress"}[i],
				Text: "经座谈和实地督办，承办单位逐条落实建议，主要问题已经解决，其余事项列入年度计划并明确了完成时间。"}); err != nil {
				return err
			}
			if err := k.act(tx, k.chair, i, "close", keyproposal.Input{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// planKeysNow leaves something of this year on every desk: a plan that waits to be
// signed, a nomination that waits for an opinion, a task to be reported, a
// consultation to come and an instruction to be followed up.
func (p *Play) planKeysNow(h *house, today, last calendar.Date) {
	k := &keys{Play: p, house: h, year: today.Year(), leaders: map[string]string{}}
	p.on(last, func(tx *db.Tx) error {
		if err := k.listLeaders(tx); err != nil {
			return err
		}
		if err := k.nominate(tx, 3); err != nil {
			return err
		}
		if len(k.ids) < 3 {
			return nil // a young year has few filed proposals
		}
		if err := k.opine(tx); err != nil {
			return err
		}
		if err := k.decide(tx, 2); err != nil {
			return err
		}
		for i := range 2 {
			if err := k.bindAndPlan(tx, i); err != nil {
				return err
			}
		}
		if err := k.sign(tx, 1); err != nil {
			return err
		}
		if err := k.hold(tx, 2, last, "collective", "重点提案集体督办", []int{1}); err != nil {
			return err
		}
		_, err := k.Events.Save(k.as(tx, k.clerk), "", 0, supervision.Plan{Type: "consultation", Title: "提案协商会", On: workdays(today, 5), Place: "政协会议室",
			Proposals: k.cases[:1], People: []string{k.members[0].Person, k.leader.Person}, Leader: k.leader.Person, Agenda: "一、承办单位通报办理情况；二、提案人发言；三、协商讨论。"})
		if err != nil {
			return err
		}
		return k.digest(tx, last)
	})
}

func (k *keys) as(tx *db.Tx, a actor.Actor) context.Context { return actor.With(tx.Context(), a) }

// listLeaders puts those who lead on the list; the leaders of the place are in the
// roster without an account.
func (k *keys) listLeaders(tx *db.Tx) error {
	who := &names{r: rand.New(rand.NewPCG(k.seed, uint64(k.year))), used: map[string]bool{}}
	for _, l := range []struct {
		kind, post string
		principal  bool
		person     string
	}{
		{"party", k.noun + "委书记", true, ""}, {"government", k.noun + "长", true, ""}, {"conference", "副主席", false, k.leader.Person},
	} {
		all, err := k.Keys.Leaders(k.as(tx, k.clerk), k.year)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(all, func(x *keyproposal.LeaderYear) bool { return x.Kind == l.kind }); i >= 0 {
			k.leaders[l.kind] = all[i].ID
			continue
		}
		if l.person == "" {
			if l.person, err = k.Org.SavePerson(actor.With(tx.Context(), actor.System(k.id)), org.Person{Name: who.next(), Post: l.post}); err != nil {
				return err
			}
		}
		if k.leaders[l.kind], err = k.Keys.SaveLeader(k.as(tx, k.clerk), keyproposal.Leader{Person: l.person, Post: l.post, Kind: l.kind, Principal: l.principal}); err != nil {
			return err
		}
	}
	return nil
}

// nominate nominates filed proposals, spread over the year's, and asks a party and
// a committee about each.
func (k *keys) nominate(tx *db.Tx, n int) error {
	l, err := k.Proposals.List(k.as(tx, k.clerk), proposal.Filter{Year: k.year, Sort: "case_no", Limit: 500,
		States: []string{proposal.Filed, proposal.Dispatched, proposal.Handling, proposal.Replied, proposal.FeedbackOpen}})
	if err != nil || len(l.Items) < n {
		return err
	}
	for i := range n {
		k.cases = append(k.cases, l.Items[i*len(l.Items)/n].ID)
	}
	for i, id := range k.cases {
		ids, err := k.Keys.Nominate(k.as(tx, k.clerk), []string{id}, [][]string{{"central_task", "resolvable"}, {"broad"}, {"broad", "resolvable"}}[i%3], "事关民生，群众关注，具备解决条件。")
		if err != nil {
			return err
		}
		k.ids = append(k.ids, ids...)
		if err := k.act(tx, k.clerk, i, "ask", keyproposal.Input{Bodies: []string{k.proposer[1], k.proposer[7]}}); err != nil {
			return err
		}
	}
	return nil
}

// opine: what was asked is answered, but for the last in the current year.
func (k *keys) opine(tx *db.Tx) error {
	for i, id := range k.ids {
		for _, body := range []string{k.proposer[1], k.proposer[7]} {
			if k.year != 2018 && i == len(k.ids)-1 && body == k.proposer[1] {
				continue
			}
			if err := k.Keys.Opine(k.as(tx, k.body[body][1]), id, body, keyproposal.Input{Stance: "agree", Text: "同意列为重点提案。"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// decide: the first n become key proposals; of 2018 the others are not taken.
func (k *keys) decide(tx *db.Tx, n int) error {
	today := org.Today(tx)
	for i := range k.ids {
		if i >= n {
			if k.year != 2018 {
				continue
			}
			if err := k.act(tx, k.clerk, i, "decline", keyproposal.Input{On: today, Reason: "已列入年度工作安排，按一般提案办理。"}); err != nil {
				return err
			}
			continue
		}
		if err := k.act(tx, k.clerk, i, "consult", keyproposal.Input{}); err != nil {
			return err
		}
		if err := k.act(tx, k.chair, i, "approve", keyproposal.Input{On: today, Reason: fmt.Sprintf("第%d次主席会议", 12+i)}); err != nil {
			return err
		}
	}
	return nil
}

// bindAndPlan: the leaders take turns; in the current year the first is the
// vice-chair's, who finds a plan to sign.
func (k *keys) bindAndPlan(tx *db.Tx, i int) error {
	kinds := []string{"conference", "party", "government", "conference"}
	committee := k.bodies["提案委员会"]
	if err := k.act(tx, k.clerk, i, "bind", keyproposal.Input{Leader: k.leaders[kinds[i]], Committee: committee}); err != nil {
		return err
	}
	return k.act(tx, k.clerk, i, "plan", keyproposal.Input{Forms: []string{"forum", "visit"},
		Text: "一、听取承办单位办理情况；二、实地察看，与提案人、群众代表座谈；三、督促承办单位逐条答复，明确完成时间。"})
}

// sign: the vice-chair signs for themself, the leaders of the place on paper.
func (k *keys) sign(tx *db.Tx, i int) error {
	if i == 0 || i == 3 {
		return k.act(tx, k.leader, i, "sign", keyproposal.Input{})
	}
	return k.act(tx, k.clerk, i, "record_sign", keyproposal.Input{On: org.Today(tx)})
}

// act takes a step of a key proposal.
func (k *keys) act(tx *db.Tx, who actor.Actor, i int, action string, in keyproposal.Input) error {
	d, err := k.Keys.Get(k.as(tx, k.clerk), k.ids[i])
	if err != nil {
		return err
	}
	_, err = k.Keys.Do(k.as(tx, who), k.ids[i], d.Version, action, in)
	return err
}

// hold schedules an event and writes down its result; of a supervision meeting,
// and this year, a task follows.
func (k *keys) hold(tx *db.Tx, n int, day calendar.Date, kind, title string, cases []int) error {
	plan := supervision.Plan{Type: kind, Title: title, On: day, Place: "政协会议室", Leader: k.leader.Person, Committee: k.bodies["提案委员会"], People: []string{k.members[n].Person}}
	for _, i := range cases {
		plan.Proposals = append(plan.Proposals, k.cases[i])
	}
	ctx := k.as(tx, k.clerk)
	e, err := k.Events.Save(ctx, "", 0, plan)
	if err != nil {
		return err
	}
	if e, err = k.Events.Do(ctx, e.ID, e.Version, "hold", supervision.Input{Issues: "个别事项进度偏慢，部门之间衔接不够。",
		Conclusions: "承办单位要倒排时间、责任到人，按月通报进展；需要协调的事项由提案委员会牵头对接。"}); err != nil {
		return err
	}
	if kind != "meeting" && k.year == 2018 {
		_, err = k.Events.Do(ctx, e.ID, e.Version, "close", supervision.Input{})
		return err
	}
	d, err := k.Events.Get(ctx, e.ID)
	if err != nil || len(d.Units) == 0 {
		return err
	}
	unit := k.unitOf[d.Units[0]]
	if _, err = k.Events.Do(ctx, e.ID, e.Version, "assign", supervision.Input{Text: "报送重点提案办理进度表", Unit: unit.id}); err != nil || k.year != 2018 {
		return err
	}
	k.on(workdays(day, 8), func(tx *db.Tx) error {
		d, err := k.Events.Get(k.as(tx, k.clerk), e.ID)
		if err != nil {
			return err
		}
		t := d.Tasks[0]
		if err := k.Events.Report(k.as(tx, unit.officer), e.ID, t.ID, t.Version, "进度表已报送，各项工作按计划推进。"); err != nil {
			return err
		}
		if err := k.Events.Accept(k.as(tx, k.clerk), e.ID, t.ID, t.Version+1, true, "已核对。"); err != nil {
			return err
		}
		_, err = k.Events.Do(k.as(tx, k.clerk), e.ID, d.Version, "close", supervision.Input{})
		return err
	})
	return nil
}

// digest sends a digest of a proposal, with an instruction to be followed up.
func (k *keys) digest(tx *db.Tx, day calendar.Date) error {
	ctx := k.as(tx, k.clerk)
	t, err := k.Digests.Draft(ctx, k.cases[1:2])
	if err != nil {
		return err
	}
	t.Recipients = []string{k.leader.Person}
	d, err := k.Digests.Save(ctx, "", 0, t)
	if err != nil {
		return err
	}
	if d, err = k.Digests.Do(k.as(tx, k.chair), d.ID, d.Version, "approve", ""); err != nil {
		return err
	}
	if d, err = k.Digests.Do(ctx, d.ID, d.Version, "send", ""); err != nil {
		return err
	}
	_, err = k.Digests.Instruct(ctx, d.ID, digest.Given{Person: k.leader.Person, On: day, Text: "请有关部门认真研究，抓紧落实，并及时答复提案人。", Unit: k.units[departments[0].key].id}, nil)
	return err
}
