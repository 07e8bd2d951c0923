package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/proposal"
)

// plan says how a proposal fares; the zero value is an individual one that one
// department answers and that satisfies.
type plan struct {
	lead      int    // number of the member; of a collective one, of the body
	joint     []int  // numbers of the co-signers
	silent    int    // so many co-signers do not answer
	refuses   bool   // the first co-signer declines
	waits     bool   // the lead waits for the deadline, which hands it in
	body      bool   // collective
	own       bool   // … and its officer drafts it
	withdrawn bool   // taken back once handed in
	first     string // key of the department that hosts, if not the topic's
	revised   bool   // comes back for revision once
	refusal   *refusal
	split     bool
	host      bool   // with co-handlers
	wrong     string // key of a department that sends it back
	keeps     bool   // … but has to keep it
	extended  bool
	rejected  bool // the checker sends the reply back once
	phone     bool // no talk in person, with a reason
	outcome   string
	promise   bool
	again     bool // unsatisfied at first
	satisfied bool // rather than basically
	unrated   int  // so many co-signers stay silent
	slow      int  // further working days until the reply
	late      int  // working days between filing and dispatch
	topic     *topic
	seed      uint64
}

// steps writes the story of a plan.
func (h *house) story(order int, pl plan) *story {
	s := &story{house: h, order: order}
	r := rand.New(rand.NewPCG(pl.seed, 71))
	switch {
	case pl.refusal != nil:
		s.topic, s.text = &pl.refusal.topic, h.place.refused(pl.refusal, pl.seed)
	case pl.topic != nil:
		s.topic, s.text = pl.topic, h.place.about(pl.topic, pl.seed)
	default:
		s.text, s.topic = h.place.text(pl.seed)
	}
	s.w = h.place.writer(s.topic, rand.New(rand.NewPCG(pl.seed, 61))) // the places of the text
	for line := range strings.Lines(s.text.Suggestions) {
		_, line, _ = strings.Cut(line, "、")
		advice, _, _ := strings.Cut(line, "。")
		s.advice = append(s.advice, strings.TrimSpace(advice))
	}
	units := h.unitsOf(s.topic)
	for _, u := range units {
		if r.IntN(2) == 0 {
			s.text.UnitsWish = append(s.text.UnitsWish, u.id)
		}
	}
	if u := h.units[pl.first]; u != nil {
		units = append([]*unit{u}, slices.DeleteFunc(units, func(x *unit) bool { return x == u })...)
	}
	s.write(pl, r)
	if pl.withdrawn {
		s.add("withdraw", 1, func(sc *scene) error {
			return sc.do(h.members[pl.lead], "withdraw", proposal.Input{Reason: "有关部门已经着手解决，不再提出。"})
		})
		return s
	}
	s.review(pl, r)
	if pl.refusal != nil {
		return s
	}
	s.dispatch(pl, units, r)
	s.handle(pl, r, 3+r.IntN(4), pl.extended)
	s.rate(pl, r, pl.again)
	if pl.again {
		s.add("rehandle", 2, func(sc *scene) error {
			return sc.do(h.clerk, "rehandle", proposal.Input{Reason: "提案人认为答复没有回应主要建议，请与提案人当面沟通后重新办理。"})
		})
		second := pl
		second.seed, second.phone, second.rejected, second.slow = pl.seed+7, false, false, 0
		s.handle(second, r, 3, false)
		s.rate(pl, r, false)
	}
	s.finish(pl, r)
	return s
}

// drafters are who drafts and who approves for the body of a plan.
func (h *house) drafters(pl plan) []actor.Actor {
	who := h.body[h.proposer[pl.lead]]
	if pl.own {
		return []actor.Actor{who[1], who[1]}
	}
	return who
}

func (s *story) add(name string, wait int, do func(*scene) error) {
	s.steps = append(s.steps, step{name, wait, do})
}

// write: from the draft until it is handed in.
func (s *story) write(pl plan, r *rand.Rand) {
	h := s.house
	create := func(a actor.Actor, t proposal.Text) func(*scene) error {
		return func(sc *scene) error {
			p, err := sc.Proposals.Create(sc.as(a), t)
			if err == nil {
				s.id = p.ID
			}
			return err
		}
	}
	t := s.text
	switch {
	case pl.body:
		who := h.drafters(pl)
		t.Kind, t.Body = proposal.Collective, h.proposer[pl.lead]
		s.add("create", 0, create(who[0], t))
		if !pl.own {
			s.add("propose", 1, by(who[0], "propose"))
		}
		s.add("submit", 1+r.IntN(2), by(who[1], "approve"))
	case len(pl.joint) > 0:
		lead := h.members[pl.lead]
		t.Kind = proposal.Joint
		for _, m := range pl.joint {
			t.Cosigners = append(t.Cosigners, h.members[m].Person)
		}
		s.add("create", 0, create(lead, t))
		s.add("invite", 0, by(lead, "invite"))
		for i, m := range pl.joint[:len(pl.joint)-pl.silent] {
			s.add("cosign", 1-i%2, func(sc *scene) error {
				_, err := sc.Proposals.Cosign(sc.as(h.members[m]), s.id, !(pl.refuses && i == 0))
				return err
			})
		}
		if pl.waits { // the deadline hands it in
			s.add("submit", 12, func(sc *scene) error {
				if now, err := sc.now(); err != nil || now.State != proposal.Cosigning {
					return err
				}
				return sc.do(lead, "submit_joint", proposal.Input{})
			})
		} else {
			s.add("submit", 1, by(lead, "submit_joint"))
		}
	default:
		lead := h.members[pl.lead]
		s.add("create", 0, create(lead, t))
		s.add("submit", r.IntN(2), by(lead, "submit"))
	}
}

// by is a step without input.
func by(a actor.Actor, action string) func(*scene) error {
	return func(sc *scene) error { return sc.do(a, action, proposal.Input{}) }
}

var opinions = []string{"情况属实，建议具体，同意提交下一级审查。", "一事一案，符合要求。", "选题贴近群众，建议可操作。", "数据翔实，同意。", "建议部分较为具体，同意立案。"}

// review: received, three stages, and filed or not.
func (s *story) review(pl plan, r *rand.Rand) {
	h := s.house
	s.add("receive", 1+r.IntN(3), by(h.clerk, "receive"))
	if pl.revised {
		s.add("return", 1, func(sc *scene) error {
			return sc.do(h.reviewer, "return", proposal.Input{Reason: "请把建议写得更具体，并核对文中的数据。"})
		})
		who, action := h.members[pl.lead], "submit"
		if pl.body {
			who, action = h.body[h.proposer[pl.lead]][1], "approve"
		}
		s.add("submit", 2, func(sc *scene) error {
			now, err := sc.now()
			if err != nil {
				return err
			}
			t := s.text
			t.Suggestions += "\n以上建议请承办单位在三个月内答复，并邀请提案人实地察看。"
			if _, err := sc.Proposals.Save(sc.as(who), s.id, now.Version, t); err != nil {
				return err
			}
			return sc.do(who, action, proposal.Input{})
		})
		s.add("receive", 1, by(h.clerk, "receive"))
	}
	pass := func(a actor.Actor, score int) func(*scene) error {
		return func(sc *scene) error {
			return sc.do(a, "pass", proposal.Input{Score: score, Reason: opinions[pl.seed%uint64(len(opinions))]})
		}
	}
	score := 3 + r.IntN(3)
	if pl.refusal != nil {
		score = 1
	}
	s.add("pass", 1+r.IntN(2), pass(h.reviewer, score))
	s.add("pass2", 1, pass(h.second, 0))
	if x := pl.refusal; x != nil {
		s.add("decline", 1+r.IntN(2), func(sc *scene) error {
			return sc.do(h.chair, "decline", proposal.Input{Code: x.code, Disposition: x.disposition, Reason: x.note})
		})
		return
	}
	s.add("file", 1+r.IntN(2), func(sc *scene) error { return sc.do(h.chair, "file", proposal.Input{Score: score}) })
}

// dispatch: to one department, a host with others, or several that share it; a
// wrong one sends it back first.
func (s *story) dispatch(pl plan, units []*unit, r *rand.Rand) {
	h := s.house
	var to []proposal.UnitRole
	switch {
	case pl.split:
		for _, u := range units[:2] {
			to = append(to, proposal.UnitRole{Unit: u.id, Role: proposal.Split})
		}
	case pl.host:
		for i, u := range units[:min(3, len(units))] {
			to = append(to, proposal.UnitRole{Unit: u.id, Role: []string{proposal.Host, proposal.CoHandler, proposal.CoHandler}[i]})
		}
	default:
		to = []proposal.UnitRole{{Unit: units[0].id, Role: proposal.Sole}}
	}
	send := func(to ...proposal.UnitRole) func(*scene) error {
		return func(sc *scene) error {
			return sc.do(h.dispatcher, "dispatch", proposal.Input{Units: to, Reason: "请按职责办理，主动与提案人沟通。"})
		}
	}
	wait := 2 + r.IntN(4) + pl.late
	if pl.wrong != "" {
		wrong := h.units[pl.wrong]
		s.add("dispatch", wait, s.dispatched([]proposal.UnitRole{{Unit: wrong.id, Role: proposal.Sole}}))
		s.add("request_return", 2, func(sc *scene) error {
			return sc.each(func(u *unit) actor.Actor { return u.clerk }, "request_return", nil, func(*unit) proposal.Input {
				return proposal.Input{Unit: units[0].id, Reason: "提案所提事项不在本单位职责范围内，建议交由" + units[0].name + "承办。"}
			})
		})
		s.add("grant_return", 2, func(sc *scene) error {
			return sc.each(func(*unit) actor.Actor { return h.dispatcher }, "grant_return", nil, func(*unit) proposal.Input {
				return proposal.Input{Reason: "同意，改交" + units[0].name + "。"}
			})
		})
		s.add("dispatch again", 1, send(to...))
	} else {
		s.add("dispatch", wait, s.dispatched(to))
	}
	if pl.keeps {
		s.add("request_return", 1, func(sc *scene) error {
			return sc.each(func(u *unit) actor.Actor { return u.clerk }, "request_return", answers, func(*unit) proposal.Input {
				return proposal.Input{Reason: "该事项涉及多个部门，建议由其他单位牵头。"}
			})
		})
		s.add("refuse_return", 2, func(sc *scene) error {
			return sc.each(func(*unit) actor.Actor { return h.dispatcher }, "refuse_return", answers, func(*unit) proposal.Input {
				return proposal.Input{Reason: "按职责分工由你单位牵头，请抓紧办理。"}
			})
		})
	}
}

var (
	contactKinds = []string{"consult_in_person", "consult_in_person", "visit", "forum"}
	places       = []string{"现场", "社区会议室", "单位会议室", "提案人工作单位"}
	talks        = []string{
		"介绍了目前的工作进度和下一步打算，提案人对思路表示认可，希望加快进度。",
		"共同察看了现场，就实施顺序和资金来源交换意见，商定每月通报一次进展。",
		"逐条讨论了建议，能办的明确时间，暂时不能办的说明了原因，提案人表示理解。",
		"听取提案人补充意见{n}条，其中涉及管护责任的一条当场采纳。",
	}
)

// handle: a round of the departments' work until its replies are delivered.
func (s *story) handle(pl plan, r *rand.Rand, talk int, extended bool) {
	h := s.house
	officer := func(u *unit) actor.Actor { return u.officer }
	leader := func(u *unit) actor.Actor { return u.leader }
	s.add("sign", 1+r.IntN(2), func(sc *scene) error {
		return sc.each(func(u *unit) actor.Actor { return u.clerk }, "sign", func(a *proposal.Assignment) bool { return a.State == proposal.Issued }, nil)
	})
	kind := pick(r, contactKinds)
	if pl.phone {
		kind = "phone"
	}
	place, summary := pick(r, places), s.w.fill(pick(r, talks))
	s.add("contact", talk, func(sc *scene) error {
		return sc.each(officer, "contact", answers, func(u *unit) proposal.Input {
			return proposal.Input{Kind: kind, On: sc.today, People: "提案人、" + u.officer.Name + "、" + u.leader.Name, Summary: "在" + place + "与提案人沟通：" + summary}
		})
	})
	if extended {
		s.add("request_extension", 18, func(sc *scene) error {
			return sc.each(leader, "request_extension", answers, func(*unit) proposal.Input {
				return proposal.Input{Reason: "涉及的方案正在征求意见，需等论证会后才能给出明确答复，申请延期。"}
			})
		})
		s.add("grant_extension", 2, func(sc *scene) error {
			return sc.each(func(*unit) actor.Actor { return h.dispatcher }, "grant_extension", answers, func(*unit) proposal.Input {
				return proposal.Input{Reason: "同意延期一次，请提前告知提案人。"}
			})
		})
	}
	if pl.host {
		s.add("opinion", 4, func(sc *scene) error {
			err := sc.each(officer, "draft", coHandles, func(u *unit) proposal.Input {
				return proposal.Input{Body: u.name + "会办意见：同意主办单位的思路，涉及我单位职责的部分将予以配合，所需资料随时提供。"}
			})
			if err != nil {
				return err
			}
			return sc.each(leader, "send_opinion", coHandles, nil)
		})
	}
	write := func(sc *scene) error {
		return sc.each(officer, "draft", answers, func(u *unit) proposal.Input { return s.reply(sc, pl, u) })
	}
	s.add("draft", 6+r.IntN(12)+pl.slow, write)
	s.add("sign_off", 1+r.IntN(3), func(sc *scene) error { return sc.each(leader, "sign_off", answers, nil) })
	if pl.rejected {
		s.add("reject", 1, func(sc *scene) error {
			return sc.each(func(*unit) actor.Actor { return h.clerk }, "reject", answers, func(*unit) proposal.Input {
				return proposal.Input{Reason: "答复未逐条回应建议，请补充后重新报送。"}
			})
		})
		s.add("draft", 2, write)
		s.add("sign_off", 1, func(sc *scene) error { return sc.each(leader, "sign_off", answers, nil) })
	}
	s.add("check", 1+r.IntN(2), func(sc *scene) error {
		return sc.each(func(*unit) actor.Actor { return h.clerk }, "check", answers, nil)
	})
}

// Of each outcome class, what a reply says to a suggestion, and its end.
var (
	answered = map[string][]string{
		"a": {"这条建议已经采纳并落实，{P}的有关工作于上月完成。", "已列入今年任务并如期完成，现场已组织验收。", "我们已按建议调整做法，运行情况良好。", "相关制度已经修订印发，下月起执行。", "已与有关单位商定分工，首批{n}处已投入使用。"},
		"b": {"这项工作正在推进，目前完成约{p}%，年内可以全部完成。", "已制定实施方案，{P}先行启动，正在招标。", "经费已经落实，正按计划分批实施。", "已完成摸底，共{m}处，正逐处整改。", "我们已会同有关单位开展试点，取得经验后推开。"},
		"c": {"因资金和用地条件尚未具备，已列入下一年度计划。", "拟在编制专项规划时一并考虑，条件成熟后实施。", "前期论证已经开始，预计两年内启动。", "已纳入项目储备库，争取上级资金支持。"},
		"d": {"受现行政策限制目前难以实施，您的建议将作为今后工作的参考。", "这一问题涉及上级权限，我们已向上级部门反映。", "经测算投入与效果暂不匹配，我们将继续研究其他办法。", "现阶段以维持和改善现有设施为主，您的意见已记录在案。"},
	}
	endings = map[string]string{
		"a": "感谢您对我们工作的关心和支持，欢迎继续监督。", "b": "下一步我们将抓紧推进，并及时向您通报进展。",
		"c": "感谢您的理解，我们会跟踪条件变化，尽早启动。", "d": "感谢您的宝贵意见，今后有条件时将优先研究。",
	}
)

// reply fills in a department's reply to the story's suggestions.
func (s *story) reply(sc *scene, pl plan, u *unit) proposal.Input {
	r := rand.New(rand.NewPCG(pl.seed, uint64(len(u.id)+len(u.name)+int(u.phone[6]))))
	var b strings.Builder
	fmt.Fprintf(&b, "您提出的《%s》收悉。我单位高度重视，专题研究并与您进行了沟通，现答复如下：\n", s.text.Title)
	says := r.Perm(len(answered[pl.outcome]))
	for i, advice := range s.advice[:3] {
		fmt.Fprintf(&b, "%s关于“%s”。%s\n", strings.Split("一、 二、 三、", " ")[i], advice, s.w.fill(answered[pl.outcome][says[i]]))
	}
	b.WriteString(endings[pl.outcome])
	s.house.docNo++
	in := proposal.Input{Body: b.String(), DocNo: fmt.Sprintf("%s提复〔%d〕%d号", s.house.documentNos, sc.today.Year(), s.house.docNo), Outcome: pl.outcome,
		Disclosure: "full", ContactName: u.officer.Name, ContactPhone: u.phone}
	if s.text.OpenChoice != "open" {
		in.Disclosure = "closed"
	}
	if pl.phone {
		in.ContactWaiver = "提案人长期在外地出差，经本人同意以电话方式沟通。"
	}
	if pl.promise {
		until := sc.today.AddDays(40 + r.IntN(50))
		in.Promises = []proposal.Promise{{Text: s.advice[0], DueOn: until}}
	}
	return in
}

var comments = map[string][]string{
	"satisfied":   {"办理认真，答复具体，问题得到解决。", "承办单位上门沟通，态度诚恳。", "落实很快，群众反映好。", ""},
	"basically":   {"思路清楚，还需抓紧落实。", "答复比较具体，希望按时完成。", "基本回应了建议，后续关注。", ""},
	"unsatisfied": {"答复原则性内容多，没有说明什么时候办、由谁办。"},
}

// rate: every proposer for themself.
func (s *story) rate(pl plan, r *rand.Rand, unsatisfied bool) {
	h := s.house
	var who []actor.Actor
	if pl.body {
		who = h.drafters(pl)[:1]
	} else {
		who = []actor.Actor{h.members[pl.lead]}
		for i, m := range pl.joint {
			if i < len(pl.joint)-pl.silent && !(pl.refuses && i == 0) {
				who = append(who, h.members[m])
			}
		}
	}
	who = who[:max(1, len(who)-pl.unrated)]
	for i, a := range who {
		level := "basically"
		if pl.satisfied || i > 0 && r.IntN(2) == 0 {
			level = "satisfied"
		}
		if unsatisfied && i == 0 {
			level = "unsatisfied"
		}
		wait := r.IntN(2)
		if i == 0 {
			wait = 2 + r.IntN(5)
		}
		in := proposal.Rating{Overall: level, Contacted: true, Comment: pick(r, comments[level]), Scores: map[string]string{
			"attitude": "satisfied", "contact": pick(r, []string{"satisfied", "basically"}), "pertinence": pick(r, []string{"satisfied", "basically"}), "result": level}}
		s.add("rate", wait, func(sc *scene) error { return sc.Proposals.Rate(sc.as(a), s.id, in) })
	}
}

var evidence = []string{"已按承诺完成，附现场照片{n}张，{P}居民代表参加了验收。", "有关措施已全部到位，运行一个月情况正常。", "工程于本月通过验收，已交付使用。"}

// finish: closed, promises kept, archived.
func (s *story) finish(pl plan, r *rand.Rand) {
	h := s.house
	wait := 1 + r.IntN(3)
	if pl.unrated > 0 {
		wait = 18
	}
	s.add("close", wait, func(sc *scene) error {
		if now, err := sc.now(); err != nil || now.State != proposal.FeedbackOpen {
			return err // the deadline closed it
		}
		return sc.do(h.clerk, "close", proposal.Input{})
	})
	if pl.promise {
		told := s.w.fill(pick(r, evidence))
		s.add("report", 20+r.IntN(15), func(sc *scene) error {
			return sc.promises("open", func(c *proposal.Commitment, u *unit) error {
				return sc.Proposals.ReportCommitment(sc.as(u.officer), s.id, c.ID, c.Version, told)
			})
		})
		s.add("confirm", 3, func(sc *scene) error {
			return sc.promises("reported", func(c *proposal.Commitment, _ *unit) error {
				return sc.Proposals.DecideCommitment(sc.as(h.clerk), s.id, c.ID, c.Version, true, "")
			})
		})
	}
	s.add("archive", 5+r.IntN(5), by(h.clerk, "archive"))
}

// promises does something with each promise of the case that is in a state.
func (s *scene) promises(state string, f func(c *proposal.Commitment, u *unit) error) error {
	all, err := proposal.CommitmentsOf(s.tx, s.house.id, s.id)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.State != state {
			continue
		}
		if err := f(c, s.house.unitOf[c.Unit]); err != nil {
			return err
		}
	}
	return nil
}
