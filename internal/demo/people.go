package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/org"
)

// The names are put together at random from these.
const (
	surnames = "余 凌 裴 柳 纪 莫 岳 江 汪 田 高 严 管 温 陆 沈 顾 秦 尤 施 孔 曹 戚 谢 邹 喻 水 窦 章 云 苏 潘 葛 范 彭 鲁 韦 俞 任 袁 鲍 史 唐 费 廉 岑 雷 贺 倪 汤 滕 殷 罗 毕 郝 安 常 乐 于 傅 皮 卞 齐 康 伍 卜 元 孟 平 和 穆 萧 尹 欧阳 司徒"
	firsts   = "知 若 景 承 书 思 沐 清 怀 嘉 敬 雨 映 博 恒 望 秋 砚 宜 晓 守 维 兰 凤 国 建 秀 玉 桂 志"
	seconds  = "舟 谦 岚 禾 川 宁 澜 桐 彦 筠 原 翰 蓉 棠 洲 锦 霖 峰 颐 衡 柏 苇 晴 泽 言 芳 军 英 梅 生"
)

// names gives each person of a tenant a name of their own.
type names struct {
	r    *rand.Rand
	used map[string]bool
}

func (n *names) next() string {
	for {
		name := pick(n.r, strings.Fields(surnames)) + pick(n.r, strings.Fields(firsts)) + pick(n.r, strings.Fields(seconds))
		if !n.used[name] {
			n.used[name] = true
			return name
		}
	}
}

// house is a tenant with the people who act in it.
type house struct {
	*setting
	id       string
	admin    org.OneTime
	bodies   map[string]string // name → id
	members  []actor.Actor
	body     map[string][]actor.Actor // id of a proposing body → its drafter and its officer
	proposer []string                 // ids of the bodies that propose, in order
	units    map[string]*unit         // key of a department
	unitOf   map[string]*unit         // its id
	clerk, reviewer, second, chair, dispatcher,
	leader, auditor actor.Actor
	accounts []account
	r        *rand.Rand
	docNo    int
}

// unit is a department and who works on proposals there.
type unit struct {
	id, name               string
	clerk, officer, leader actor.Actor
	phone                  string
}

// account is somebody who will be able to sign in.
type account struct {
	title string // of the role
	org.OneTime
}

// found makes a tenant with its roster, in one transaction; parent acts as the
// administrator of the tenant above.
func (p *Play) found(tx *db.Tx, parent actor.Actor, s *setting) (*house, error) {
	h := &house{setting: s, body: map[string][]actor.Actor{}, bodies: map[string]string{}, units: map[string]*unit{}, unitOf: map[string]*unit{},
		r: rand.New(rand.NewPCG(s.seed, 1))}
	who := &names{r: rand.New(rand.NewPCG(s.seed, 2)), used: map[string]bool{}}
	session := s.session(2018)
	term := s.term(2018)
	var err error
	h.id, h.admin, err = p.Org.CreateTenant(actor.With(tx.Context(), parent), org.Founding{Tenant: s.tenant, Term: term, Session: session, Bodies: s.bodies(),
		Admin: org.Person{Name: who.next(), Post: "办公室"}, Login: s.prefix + "-admin"})
	if err != nil {
		return nil, err
	}
	ctx := actor.With(tx.Context(), actor.System(h.id))
	all, err := org.Bodies(tx, h.id, "")
	if err != nil {
		return nil, err
	}
	of := map[string][]*org.Body{}
	for _, b := range all {
		h.bodies[b.ShortName] = b.ID
		of[b.Kind] = append(of[b.Kind], b)
	}
	newest, err := org.CurrentTerm(tx, h.id)
	if err != nil {
		return nil, err
	}
	person := func(name, post, no string) (string, error) {
		sex := "m"
		if h.r.IntN(3) == 0 {
			sex = "f"
		}
		return p.Org.SavePerson(ctx, org.Person{Name: name, Post: post, Sex: sex, BirthYear: 1956 + h.r.IntN(36), MemberNo: no})
	}
	staff := func(role, post string, body *org.Body) (actor.Actor, error) {
		a := actor.Actor{Tenant: h.id, Name: who.next(), Role: role, Channel: "cli"}
		if body != nil {
			a.Body = body.ID
			post = body.ShortName + post
		}
		a.Person, err = person(a.Name, post, "")
		return a.Allowing(p.Org.Roles().Of(role)), err
	}
	grant := func(a actor.Actor, login string) error {
		if login != "" {
			login = s.prefix + "-" + login
		}
		one, err := p.Org.CreateAccount(ctx, a.Person, login, []org.Grant{{Role: a.Role, Body: a.Body}})
		if err != nil || login == "" {
			return err
		}
		role, _ := org.RoleOf(a.Role)
		title := role.Title
		if a.Body != "" {
			for _, b := range all {
				if b.ID == a.Body {
					title += "（" + b.ShortName + "）"
				}
			}
		}
		h.accounts = append(h.accounts, account{title, one})
		return nil
	}

	for i := range s.members {
		sector := of["sector"][i%len(of["sector"])]
		m := actor.Actor{Tenant: h.id, Name: who.next(), Role: "member", Channel: "cli"}
		if m.Person, err = person(m.Name, fmt.Sprintf("%s代表人士", strings.TrimSuffix(sector.ShortName, "界")), fmt.Sprintf("%s%03d", s.tenant.Code, i+1)); err != nil {
			return nil, err
		}
		h.members = append(h.members, m.Allowing(p.Org.Roles().Of("member")))
		kind := org.Member
		if i%6 == 0 {
			kind = org.StandingMember
		}
		if _, err := p.Org.AddSeat(ctx, org.Seat{Person: m.Person, Term: newest.ID, Kind: kind}); err != nil {
			return nil, err
		}
		join := []*org.Body{sector}
		if i%3 != 0 {
			join = append(join, of["committee"][i%len(of["committee"])])
		}
		if i%4 == 1 {
			join = append(join, of["party"][i/4%len(of["party"])])
		}
		for _, b := range join {
			if _, err := p.Org.AddMembership(ctx, org.Membership{Person: m.Person, Body: b.ID}); err != nil {
				return nil, err
			}
		}
	}

	for _, b := range append(append(of["party"][:len(of["party"]):len(of["party"])], of["committee"]...), of["sector"][:4]...) {
		for _, post := range []string{"联络员", "负责人"} {
			a, err := staff("collective", post, b)
			if err != nil {
				return nil, err
			}
			h.body[b.ID] = append(h.body[b.ID], a)
			if _, err := p.Org.AddMembership(ctx, org.Membership{Person: a.Person, Body: b.ID, Title: post, Officer: post == "负责人"}); err != nil {
				return nil, err
			}
		}
		h.proposer = append(h.proposer, b.ID)
	}
	for i, b := range of["department"] {
		d := departments[i]
		u := &unit{id: b.ID, name: b.ShortName, phone: fmt.Sprintf("0000-60%05d", 10000+h.r.IntN(89999))}
		for _, x := range []struct {
			to         *actor.Actor
			role, post string
		}{{&u.clerk, "unit_clerk", "联络员"}, {&u.officer, "unit_officer", "承办人"}, {&u.leader, "unit_leader", "负责人"}} {
			if *x.to, err = staff(x.role, x.post, b); err != nil {
				return nil, err
			}
		}
		h.units[d.key], h.unitOf[b.ID] = u, u
	}
	for _, x := range []struct {
		to         *actor.Actor
		role, post string
		body       *org.Body
	}{
		{&h.clerk, "clerk", "提案委员会办公室", nil}, {&h.reviewer, "reviewer", "提案委员会办公室", nil}, {&h.second, "reviewer", "提案委员会办公室", nil},
		{&h.chair, "review_chair", "提案审查委员会主任", nil}, {&h.dispatcher, "dispatcher", "", of["dispatch_office"][0]},
		{&h.leader, "leader", "副主席", nil}, {&h.auditor, "auditor", "机关纪委", nil},
	} {
		if *x.to, err = staff(x.role, x.post, x.body); err != nil {
			return nil, err
		}
	}
	first, other := h.units[departments[0].key], h.units[departments[1].key]
	body := h.body[h.proposer[1]]
	for _, x := range []struct {
		a     actor.Actor
		login string
	}{
		{h.members[0], "member"}, {body[1], "collective"}, {h.clerk, "clerk"}, {h.reviewer, "reviewer"}, {h.chair, "chair"},
		{h.dispatcher, "dispatcher"}, {first.clerk, "unit-clerk"}, {first.officer, "unit-officer"}, {first.leader, "unit-leader"},
		{other.leader, "unit2-leader"}, {h.leader, "leader"}, {h.auditor, "auditor"},
	} {
		if err := grant(x.a, x.login); err != nil {
			return nil, err
		}
	}
	h.accounts = append(h.accounts, account{"系统管理员", h.admin})
	return h, nil
}

// term is the term in which a year's session falls.
func (s *setting) term(year int) org.Term {
	n := (year - s.first) / 5
	begins := s.first + 5*n
	return org.Term{No: s.firstNo + n, From: calendar.Date(fmt.Sprintf("%d-12-01", begins-1)), To: calendar.Date(fmt.Sprintf("%d-11-30", begins+4))}
}

// session is the plenary session of a year. Papers count for it from December.
func (s *setting) session(year int) org.Session {
	opens := workdays(calendar.Date(fmt.Sprintf("%d-01-%02d", year, s.moves)).AddDays(-1), 1)
	closes := opens.AddDays(3)
	return org.Session{No: (year-s.first)%5 + 1, Year: year, OpensOn: opens, ClosesOn: closes, CountsFrom: calendar.Date(fmt.Sprintf("%d-12-01", year-1))}
}

// convene makes the term, if it is new, and the session of a year, with the
// members' seats in it.
func (p *Play) convene(tx *db.Tx, h *house, year int) error {
	ctx := actor.With(tx.Context(), actor.System(h.id))
	want := h.term(year)
	terms, err := org.Terms(tx, h.id)
	if err != nil {
		return err
	}
	term := ""
	for _, t := range terms {
		if t.No == want.No {
			term = t.ID
		}
	}
	if term == "" {
		if term, err = p.Org.SaveTerm(ctx, want); err != nil {
			return err
		}
		for i, m := range h.members {
			kind := org.Member
			if i%6 == 0 {
				kind = org.StandingMember
			}
			if _, err := p.Org.AddSeat(ctx, org.Seat{Person: m.Person, Term: term, Kind: kind, From: want.From}); err != nil {
				return err
			}
		}
	}
	session := h.session(year)
	session.Term = term
	_, err = p.Org.SaveSession(ctx, session)
	return err
}

// unitsOf are the departments that would handle a topic.
func (h *house) unitsOf(t *topic) (all []*unit) {
	for _, key := range t.units {
		all = append(all, h.units[key])
	}
	return all
}
