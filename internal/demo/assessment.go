package demo

import (
	"math/rand/v2"

	"shangliang/internal/actor"
	"shangliang/internal/assessment"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/org"
)

// assessed are the departments whose handling the county assessed in 2018.
var assessed = []string{"water", "edu", "build", "health", "traffic", "farm", "civil"}

// planAssessments plans how departments were assessed: in the county at the end
// of 2018, and what is inspected there and now.
func (p *Play) planAssessments(h *house, last calendar.Date) {
	at := func(day calendar.Date, f func(*db.Tx) error) { p.other[day] = append(p.other[day], f) }
	if !p.onlyNow && h.setting == &county {
		at("2018-05-14", func(tx *db.Tx) error {
			for _, key := range []string{"water", "traffic", "build"} {
				if err := p.inspect(tx, h, key, "2018-05-28", "提案办理进度和当面沟通情况", true); err != nil {
					return err
				}
			}
			return nil
		})
		at("2018-12-05", func(tx *db.Tx) error { return p.assess(tx, h, 2018, "2018-11-30", "2018-12-14", true) })
	}
	at(workdays(last, -6), func(tx *db.Tx) error {
		return p.inspect(tx, h, "water", workdays(last, -1), "承诺事项按期落实情况", false)
	})
	at(workdays(last, -2), func(tx *db.Tx) error {
		return p.inspect(tx, h, "edu", workdays(last, 5), "逾期未答复提案的办理情况", false)
	})
}

// inspect asks something of a department, and lets it answer if done.
func (p *Play) inspect(tx *db.Tx, h *house, key string, due calendar.Date, title string, done bool) error {
	u := h.units[key]
	id, err := p.Assessments.Issue(actor.With(tx.Context(), h.dispatcher), assessment.Inspection{Unit: u.id, Title: u.name + title, DueOn: due,
		Content: "请逐件说明：是否已与提案人当面沟通，办理到哪一步，何时答复；有困难的写明原因。"})
	if err != nil || !done {
		return err
	}
	if err := p.Assessments.DoInspection(actor.With(tx.Context(), u.officer), id, 1, "report", "本单位承办的提案均已明确专人，沟通工作全部完成，正在拟写答复，将按期办结。"); err != nil {
		return err
	}
	return p.Assessments.DoInspection(actor.With(tx.Context(), h.dispatcher), id, 2, "accept", "情况属实。")
}

// assess plays an assessment from the plan to the published result.
func (p *Play) assess(tx *db.Tx, h *house, year int, asOf, until calendar.Date, publish bool) error {
	clerk := actor.With(tx.Context(), h.clerk)
	plan := assessment.Plan{Title: numbered(h, year) + "会议提案办理工作测评", Year: year, AsOf: asOf, RateUntil: until}
	for _, key := range assessed {
		plan.Units = append(plan.Units, h.units[key].id)
	}
	id, err := p.Assessments.Save(clerk, plan)
	if err != nil {
		return err
	}
	if _, err := p.Assessments.Do(clerk, id, 1, "open", ""); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(h.seed, 11))
	for i, a := range append([]actor.Actor{h.leader, h.clerk, h.chair, h.dispatcher}, h.members[:24]...) {
		var marks []assessment.Mark
		for j, unit := range plan.Units {
			if i < 4 || r.IntN(3) > 0 { // members rate those they know
				marks = append(marks, assessment.Mark{Of: unit, Value: min(100, 78+r.IntN(14)+j)})
			}
		}
		if len(marks) == 0 {
			continue
		}
		if err := p.Assessments.Rate(actor.With(tx.Context(), a), id, marks); err != nil {
			return err
		}
	}
	for _, key := range assessed {
		ctx := actor.With(tx.Context(), h.units[key].officer)
		paper, err := p.Assessments.Paper(ctx, id)
		if err != nil {
			return err
		}
		var marks []assessment.Mark
		for _, x := range paper.Proposals {
			marks = append(marks, assessment.Mark{Of: x.Proposal, Value: 72 + r.IntN(27)})
		}
		if len(marks) == 0 {
			continue
		}
		if err := p.Assessments.RateQuality(ctx, id, marks); err != nil {
			return err
		}
	}
	if !publish {
		return nil
	}
	if _, err := p.Assessments.Do(clerk, id, 2, "score", ""); err != nil {
		return err
	}
	result, err := p.Assessments.Get(clerk, id)
	if err != nil {
		return err
	}
	for _, u := range result.Units[len(result.Units)-2:] {
		if err := p.Assessments.Improve(clerk, id, u.Unit, u.Version, "答复的针对性还要加强，列入计划的事项请写明完成时间；办理前后都要与提案人见面。"); err != nil {
			return err
		}
	}
	if err := p.evaluate(tx, h, id, until); err != nil {
		return err
	}
	_, err = p.Assessments.Do(actor.With(tx.Context(), h.chair), id, 3, "publish", "主席会议第11次会议审议通过")
	return err
}

// evaluate lets somebody outside look at a sample of what the departments answered.
func (p *Play) evaluate(tx *db.Tx, h *house, id string, due calendar.Date) error {
	ctx, clerk := actor.With(tx.Context(), actor.System(h.id)), actor.With(tx.Context(), h.clerk)
	body, err := p.Org.SaveBody(ctx, org.Body{Kind: "expert", Name: h.place.area + "社会评价中心", ShortName: "社会评价中心"})
	if err != nil {
		return err
	}
	a := actor.Actor{Tenant: h.id, Name: "钟衡石", Role: "evaluator", Body: body, Channel: "cli"}.Allowing(p.Org.Roles().Of("evaluator"))
	if a.Person, err = p.Org.SavePerson(ctx, org.Person{Name: a.Name, Post: "社会评价中心研究员", Active: true}); err != nil {
		return err
	}
	one, err := p.Org.CreateAccount(ctx, a.Person, h.prefix+"-evaluator", []org.Grant{{Role: a.Role, Body: a.Body}})
	if err != nil {
		return err
	}
	h.accounts = append(h.accounts, account{"第三方评估人员", one})
	if err := p.Assessments.PlanEvaluation(clerk, id, assessment.EvaluationPlan{Body: body, Way: assessment.ByAccount, Cases: 3, Back: 1, DueOn: due}); err != nil {
		return err
	}
	if err := p.Assessments.DoEvaluation(clerk, id, 1, "draw", h.tenant.Code+"-2018"); err != nil {
		return err
	}
	outside := actor.With(tx.Context(), a)
	o, err := p.Assessments.Opinion(outside, id)
	if err != nil {
		return err
	}
	remarks := []string{"答复逐条回应了建议，时间和责任单位写得清楚。", "与提案者沟通充分，已办的事项现场看得到。", "办理程序规范，落实的进度还要跟上。", "答复偏原则，列入计划的事项没有写完成时间。"}
	r := rand.New(rand.NewPCG(h.seed, 12))
	for i, c := range o.Cases {
		in := assessment.Points{Version: c.Version, Of: map[string]int{}, Remark: remarks[i%len(remarks)]}
		for _, x := range o.Indicators() {
			in.Of[x.Key] = x.Weight * (70 + r.IntN(31)) / 100
		}
		if err := p.Assessments.Evaluate(outside, id, c.ID, in); err != nil {
			return err
		}
	}
	if err := p.Assessments.DoEvaluation(outside, id, 2, "submit", "抽查的单位办理认真，与提案者见面普遍；实际效果好于往年，少数答复还欠具体。"); err != nil {
		return err
	}
	return p.Assessments.DoEvaluation(clerk, id, 3, "accept", "")
}
