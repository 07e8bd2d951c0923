package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/proposal"
)

// going is a story of the current year: it is played so that the step at falls
// so many working days before the last day, and stops after the step until. Of a
// negative number the story is dispatched so that its reply is due so many days
// from today, a thousand added.
type going struct {
	at, until string
	ago       int
	plan
}

// due is the ago of a story whose reply is due in n days, or was if negative.
func due(n int) int { return n - 1000 }

// me, ours and dept are those whose sign-ins the demonstration gives away: the
// first member, the second proposing body, the first department.
const (
	me   = 0
	ours = 1
	dept = "water"
	next = "edu" // the other department with a sign-in
)

// now is the current year: something for every desk.
var now = []going{
	// On the desk of a member.
	{"create", "create", 2, plan{lead: me}},
	{"create", "create", 6, plan{lead: 9}},
	{"invite", "invite", 2, plan{lead: me, joint: []int{5, 12, 17}}},
	{"invite", "cosign", 4, plan{lead: 7, joint: []int{14, me, 21}, silent: 2}},
	{"invite", "invite", 1, plan{lead: 16, joint: []int{me, 8}}},
	{"return", "return", 1, plan{lead: me, revised: true}},
	{"check", "check", 2, plan{lead: me, outcome: "a", first: dept}},
	{"check", "check", 4, plan{lead: 11, joint: []int{me, 25}, outcome: "b", promise: true}},
	// On that of a body.
	{"propose", "propose", 1, plan{body: true, lead: ours}},
	{"propose", "propose", 3, plan{body: true, lead: ours}},
	{"check", "check", 3, plan{body: true, lead: ours, own: true, outcome: "a"}},
	{"return", "return", 2, plan{body: true, lead: ours, own: true, revised: true}},
	{"dispatch", "contact", 22, plan{body: true, lead: ours, own: true, host: true, outcome: "b"}},
	// On those of the review office.
	{"submit", "submit", 0, plan{lead: 3}},
	{"submit", "submit", 1, plan{lead: 18}},
	{"submit", "submit", 1, plan{body: true, lead: 8}},
	{"receive", "receive", 1, plan{lead: 22}},
	{"receive", "receive", 2, plan{body: true, lead: 4}},
	{"pass", "pass", 2, plan{lead: 27}},
	{"pass2", "pass2", 1, plan{lead: 30}},
	{"pass2", "pass2", 3, plan{lead: 33, joint: []int{13}}},
	{"decline", "decline", 20, plan{lead: 35, refusal: refusals[9]}},
	{"decline", "decline", 50, plan{lead: 36, refusal: refusals[7]}},
	{"withdraw", "withdraw", 40, plan{lead: 38, withdrawn: true}},
	// On that of the dispatch office.
	{"file", "file", 1, plan{lead: 41}},
	{"file", "file", 3, plan{lead: 44, joint: []int{45, 46}}},
	{"file", "file", 6, plan{body: true, lead: 10}},
	{"request_return", "request_return", 1, plan{lead: 20, wrong: "vet"}},
	{"request_extension", "request_extension", 2, plan{lead: 24, extended: true, first: next}},
	// On those of the departments.
	{"dispatch", "dispatch", 1, plan{lead: me, first: dept}},
	{"dispatch", "dispatch", 2, plan{lead: 15, host: true, first: dept}},
	{"dispatch", "dispatch", 1, plan{lead: 26, first: next}},
	{"dispatch", "sign", 5, plan{lead: 28, first: dept}},
	{"dispatch", "contact", 14, plan{lead: me, first: dept}},
	{"dispatch", "contact", 20, plan{lead: 29, split: true, first: next}},
	{"dispatch", "contact", due(2), plan{lead: 31, first: dept}}, // nearly due
	{"dispatch", "contact", due(1), plan{lead: 32}},
	{"dispatch", "contact", due(-13), plan{lead: 34, first: dept}}, // overdue
	{"dispatch", "draft", due(-16), plan{lead: 37, first: next, outcome: "b"}},
	{"draft", "draft", 1, plan{lead: 39, first: dept, outcome: "a"}},
	{"sign_off", "sign_off", 1, plan{lead: 40, first: dept, outcome: "b", promise: true}},
	{"sign_off", "sign_off", 2, plan{lead: 42, first: next, outcome: "c"}},
	// Rated, handled again, promised, done.
	{"rate", "rate", 2, plan{lead: 43, first: next, outcome: "c", again: true}},
	{"rehandle", "sign", 7, plan{lead: 47, first: dept, outcome: "b", again: true}},
	{"rate", "rate", 1, plan{lead: 48, outcome: "a", satisfied: true}},
	{"close", "close", 8, plan{lead: 49, first: dept, outcome: "b", promise: true}},
	{"close", "close", 12, plan{lead: me, outcome: "b", promise: true}},
	{"report", "report", 2, plan{lead: 50, first: dept, outcome: "b", promise: true}},
	{"confirm", "confirm", 3, plan{lead: 51, first: next, outcome: "b", promise: true}},
	{"close", "close", 3, plan{lead: 52, outcome: "a", satisfied: true}},
	{"archive", "archive", 15, plan{lead: me, outcome: "a", satisfied: true, first: dept}},
	{"archive", "archive", 25, plan{lead: 53, joint: []int{54, 55}, outcome: "b", promise: true}},
	{"archive", "archive", 30, plan{body: true, lead: 6, outcome: "a", host: true}},
}

// planNow plans what goes on now, and the calls for proposals.
func (p *Play) planNow(h *house, today, last calendar.Date) {
	r := rand.New(rand.NewPCG(h.seed, 5))
	used := map[*topic]int{}
	for i, g := range now {
		pl := g.plan
		pl.seed = h.seed*1000 + 500 + uint64(i)
		if pl.first != "" {
			pl.topic = h.topicOf(pl.first, r, used)
		}
		if pl.outcome == "" {
			pl.outcome = "a"
		}
		s := h.story(1000+i, pl)
		at := slices.IndexFunc(s.steps, func(x step) bool { return x.name == g.at })
		s.steps = s.steps[:at+1+slices.IndexFunc(s.steps[at:], func(x step) bool { return x.name == g.until })]
		day := workdays(last, -max(0, g.ago))
		if g.ago < 0 {
			n := g.ago - due(0)
			day = today.AddDays(n).AddMonths(-3)
			if n < 0 {
				day = workdays(day.AddDays(1), -1)
			} else {
				day = workdays(day.AddDays(-1), 1)
			}
		}
		for _, x := range s.steps[1 : at+1] {
			day = workdays(day, -x.wait)
		}
		p.begin(s, day)
	}
	p.call(h, "2017-12-05", "2018-01-18", "关于征集"+numbered(h, 2018)+"会议提案的通知")
	p.call(h, workdays(last, -15), last.AddDays(30), "关于征集平时提案的通知")
}

// topicOf draws a topic that a department has part in, each once before any
// comes again.
func (h *house) topicOf(key string, r *rand.Rand, used map[*topic]int) *topic {
	var best *topic
	for _, i := range r.Perm(len(topics)) {
		t := topics[i]
		fits := slices.Contains(t.units, key) && (t.town || !h.place.townsOnly)
		if fits && (best == nil || used[t] < used[best]) {
			best = t
		}
	}
	used[best]++
	return best
}

func numbered(h *house, year int) string {
	digits := []rune("零一二三四五六七八九")
	n, term := h.session(year).No, h.term(year).No
	s := string(digits[term%10]) + "届" + string(digits[n]) + "次"
	if term >= 10 {
		s = "十" + s
	}
	return s
}

// call opens a call for proposals with hints of what is hoped for.
func (p *Play) call(h *house, opens, closes calendar.Date, title string) {
	r := rand.New(rand.NewPCG(h.seed, uint64(opens[3])))
	var hints []string
	for range 8 {
		if t := topics[r.IntN(len(topics))]; t.town || !h.place.townsOnly {
			hints = append(hints, fmt.Sprintf("%d. %s", len(hints)+1, t.title))
		}
	}
	p.other[opens] = append(p.other[opens], func(tx *db.Tx) error {
		_, err := p.Proposals.SaveRound(actor.With(tx.Context(), h.clerk), proposal.Round{Title: title, OpensOn: opens, ClosesOn: closes,
			Topics: "请围绕以下方面选题，一事一案，情况准确、分析深入、建议具体：\n" + strings.Join(hints, "\n")})
		return err
	})
}
