package keyproposal

import (
	"context"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

// Input is what a person fills in for a step; [Fields] says which parts each
// step takes.
type Input struct {
	Reason    string        `json:"reason,omitempty" form:"reason" maxLength:"1000"`
	Bodies    []string      `json:"bodies,omitempty" form:"bodies" doc:"Ids of the parties and committees to be asked"`
	DueOn     calendar.Date `json:"due_on,omitempty" form:"due_on"`
	On        calendar.Date `json:"on,omitempty" form:"on" doc:"Of the chairs' meeting, of the signature, of the activity"`
	Leader    string        `json:"leader,omitempty" form:"leader" maxLength:"64" doc:"Id in the list of leaders"`
	Committee string        `json:"committee,omitempty" form:"committee" maxLength:"64"`
	Forms     []string      `json:"forms,omitempty" form:"forms"`
	Form      string        `json:"form,omitempty" form:"form" maxLength:"64"`
	Text      string        `json:"text,omitempty" form:"text" maxLength:"10000"`
	Until     calendar.Date `json:"until,omitempty" form:"until"`
	Outcome   string        `json:"outcome,omitempty" form:"outcome" maxLength:"64"`
	Stance    string        `json:"stance,omitempty" form:"stance" maxLength:"64"`
}

// values are what was filled in, by field.
func (in *Input) values() map[string][]string {
	return map[string][]string{"reason": {in.Reason}, "bodies": in.Bodies, "due_on": {string(in.DueOn)}, "on": {string(in.On)}, "leader": {in.Leader},
		"committee": {in.Committee}, "forms": in.Forms, "form": {in.Form}, "text": {in.Text}, "until": {string(in.Until)}, "outcome": {in.Outcome}, "stance": {in.Stance}}
}

func tidy(s string) string { return strings.TrimSpace(han.Clean(s)) }

func (in Input) clean() Input {
	in.Reason, in.Text = tidy(in.Reason), tidy(in.Text)
	return in
}

// check checks the input of an action against its fields.
func (in *Input) check(v *rule.Version, action string, today calendar.Date) error {
	known := func(set, key string) bool {
		code, ok := v.Code(set, key)
		return ok && !code.Retired
	}
	if err := flow.CheckFields(Fields[action], in.values(), known); err != nil {
		return err
	}
	var f errs.Fields
	f.Check(in.On <= today, "on", "日期不能晚于今天")
	return f.Err()
}

// work is one act on one key proposal.
type work struct {
	s     *Service
	tx    *db.Tx
	a     actor.Actor
	today calendar.Date
	*Key
	rules      *rule.Version // those it began under
	title      string        // of the proposal
	text       proposal.Text // likewise
	opinions   []*Opinion
	activities []*Activity
	in         Input
	event      string // the supervision event that an activity comes from
	rows       []ledger.Row
	data       map[string]any
}

// reach is the condition under which an actor may see a key proposal k: the first
// of args is the tenant.
func reach(a actor.Actor, args []any) (string, []any) {
	if a.IsSystem() || a.Can("key_proposal.read") {
		return "1 = 1", args
	}
	if a.Body != "" && a.Can("key_proposal.opine") {
		args = append(args, a.Body)
		b := "$" + itoa(len(args))
		return `(k.committee = ` + b + ` OR k.id IN (SELECT o.key_proposal FROM key_opinion o WHERE o.tenant = $1 AND o.body = ` + b + `))`, args
	}
	return "1 = 0", args
}

// begin opens a key proposal for an act. done is true if this very request was
// done before.
func (s *Service) begin(tx *db.Tx, a actor.Actor, id string) (w *work, done bool, err error) {
	cond, args := reach(a, []any{a.Tenant, id})
	k, err := db.One(tx, (*Key).fields, `SELECT `+keyColumns+` FROM key_proposal k WHERE k.tenant = $1 AND k.id = $2 AND `+cond, args...)
	if err != nil {
		return nil, false, err
	}
	if w, err = s.open(tx, a, k); err != nil {
		return nil, false, err
	}
	object, done, err := ledger.Replayed(tx)
	if err == nil && done && object != id && object != k.Proposal {
		err = errs.New(errs.Conflict, "这个请求标识已用于另一项操作")
	}
	return w, done, err
}

// open reads what belongs to a key proposal.
func (s *Service) open(tx *db.Tx, a actor.Actor, k *Key) (*work, error) {
	w := &work{s: s, tx: tx, a: a, Key: k, today: org.Today(tx)}
	c, err := proposal.Of(tx, k.Tenant, k.Proposal)
	if err != nil {
		return nil, err
	}
	w.title, w.text = c.Title, proposal.Text{Situation: c.Situation, Analysis: c.Analysis, Suggestions: c.Suggestions}
	if w.rules, err = s.rules.Load(tx, k.Tenant, k.RuleVersion); err != nil {
		return nil, err
	}
	if w.opinions, err = opinions(tx, k.Tenant, k.ID); err != nil {
		return nil, err
	}
	w.activities, err = activities(tx, k.Tenant, k.ID)
	return w, err
}

// Nominate nominates filed proposals, all of them or none, and returns the ids of
// what it made, in their order. Wants key_proposal.manage; a case that is not
// filed, is over, or is nominated already is a Conflict that names it.
func (s *Service) Nominate(ctx context.Context, proposals, criteria []string, why string) (ids []string, err error) {
	a, err := actor.Require(ctx, "key_proposal.manage")
	if err != nil {
		return nil, err
	}
	why = tidy(why)
	slices.Sort(proposals)
	proposals = slices.Compact(proposals)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		ids = nil
		first, done, err := ledger.Replayed(tx)
		if err != nil {
			return err
		}
		if done {
			ids, err = db.Column[string](tx, `SELECT k.id FROM key_proposal k JOIN key_proposal f ON f.tenant = k.tenant AND f.nominated_at = k.nominated_at AND f.nominated_by = k.nominated_by
				WHERE k.tenant = $1 AND f.id = $2 ORDER BY k.id`, a.Tenant, first)
			return err
		}
		v, err := s.rules.Now(tx, a.Tenant)
		if err != nil {
			return err
		}
		var f errs.Fields
		f.Check(len(proposals) > 0 && len(proposals) <= mostAtOnce, "proposal", "请选择 1 到 %d 件提案", mostAtOnce)
		met := v.Int("key_proposal.criteria_met")
		f.Check(len(criteria) >= met, "criteria", "至少符合 %d 条标准", met)
		f.Check(len([]rune(why)) <= 1000, "reason", "不能超过 %d 个字", 1000)
		for _, c := range criteria {
			code, ok := v.Code("key_proposal.criteria", c)
			f.Check(ok && !code.Retired, "criteria", "请从列出的选项中选择")
		}
		if err := f.Err(); err != nil {
			return err
		}
		cases, err := proposal.Briefs(tx, a, proposals)
		if err != nil {
			return err
		}
		if len(cases) != len(proposals) {
			return errs.Missing()
		}
		list, args := db.In([]any{a.Tenant}, proposals)
		taken, err := db.Column[string](tx, `SELECT proposal FROM key_proposal WHERE tenant = $1 AND state <> 'declined' AND proposal IN `+list, args...)
		if err != nil {
			return err
		}
		for _, c := range cases {
			switch {
			case c.CaseNo == 0:
				return errs.New(errs.Conflict, "《%s》还没有立案，不能提名", c.Title)
			case slices.Contains(taken, c.ID):
				return errs.New(errs.Conflict, "《%s》已经提名", c.Title)
			}
			k := &Key{Tenant: a.Tenant, ID: db.NewID(), Proposal: c.ID, Year: c.Year, State: Flow.Initial, Criteria: criteria, Reason: why, RuleVersion: v.N,
				NominatedBy: a.Person, NominatedAt: db.At(tx.Now()), UpdatedAt: db.At(tx.Now()), Version: 1}
			if err := insert(tx, k); err != nil {
				return err
			}
			if err := ledger.Append(tx, ledger.Entry{Action: "key_proposal.nominate", Kind: Object, Object: k.ID, To: k.State, Note: why,
				Data: map[string]any{"proposal": c.ID, "criteria": criteria}, Rows: []ledger.Row{k.row()}}); err != nil {
				return err
			}
			ids = append(ids, k.ID)
		}
		return nil
	})
	return ids, err
}

// mostAtOnce bounds what is nominated or prioritized by one act.
const mostAtOnce = 100

// Do takes a step of [Flow]: the version must be the one that the actor saw.
// Errors: NotFound if it is out of reach, Forbidden without permission, Conflict
// if the state or a newer version forbids it, Invalid if the input lacks
// something.
func (s *Service) Do(ctx context.Context, id string, version int, action string, in Input) (*Key, error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	var k *Key
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil {
			return err
		}
		if k = w.Key; done {
			return nil
		}
		if err := permitted(a, action); err != nil {
			return err
		}
		if version != k.Version {
			return db.Stale()
		}
		step, err := Flow.Find(k.State, action)
		if err != nil {
			return err
		}
		w.in = in.clean()
		if err := guards.Run(step.Guards, w); err != nil {
			return err
		}
		if err := w.in.check(w.rules, action, w.today); err != nil {
			return err
		}
		return w.take(step)
	})
	return k, err
}

// permitted checks the permission before anything is said about the state.
func permitted(a actor.Actor, action string) error {
	for _, s := range Flow.Steps {
		if s.Action == action {
			if !a.Can(s.Permission) {
				return notYours
			}
			return nil
		}
	}
	return errs.New(errs.Invalid, "没有这项操作")
}

var notYours = errs.New(errs.Forbidden, "您当前的身份不能进行这项操作")

// told are the steps that belong to the history of the case, for everybody who
// reads it; the others are the office's own.
var told = map[string]bool{"approve": true, "bind": true, "sign": true, "record_sign": true, "log": true, "report": true, "close": true}

// take carries out a step: effect, row, ledger, notices.
func (w *work) take(step flow.Step) error {
	from := w.State
	w.State = step.Next(from)
	if effect := effects[step.Action]; effect != nil {
		if err := effect(w); err != nil {
			return err
		}
	}
	if err := update(w.tx, w.Key); err != nil {
		return err
	}
	w.rows = append(w.rows, w.row())
	w.note("key_proposal", w.ID)
	e := ledger.Entry{Action: "key_proposal." + step.Action, Kind: Object, Object: w.ID, From: from, To: w.State, Note: w.in.Reason, Data: w.data, Rows: w.rows}
	if told[step.Action] {
		e.Kind, e.Object, e.From, e.To = "proposal", w.Proposal, "", ""
	}
	if err := ledger.Append(w.tx, e); err != nil {
		return err
	}
	return w.announce(step.Action)
}

func (w *work) note(key string, v any) {
	if w.data == nil {
		w.data = map[string]any{}
	}
	w.data[key] = v
}

// guards are the conditions named in the lifecycle. Forbidden means that the step
// is not this person's; any other error says what is missing.
var guards = flow.Guards[*work]{
	"heard": func(w *work) error {
		if len(w.opinions) == 0 {
			return errs.New(errs.Conflict, "还没有征求意见")
		}
		return nil
	},
	"in_charge": func(w *work) error {
		if w.a.Can("key_proposal.manage") || w.Committee != "" && w.a.Body == w.Committee {
			return nil
		}
		return notYours
	},
	"led": func(w *work) error {
		if w.Leader == "" {
			return errs.New(errs.Conflict, "先确定领衔人")
		}
		return nil
	},
	"own": func(w *work) error {
		if w.Leader == "" || w.Leader != w.a.Person {
			return notYours
		}
		return nil
	},
	"planned": func(w *work) error {
		if w.Plan == "" {
			return errs.New(errs.Conflict, "先拟定督办方案")
		}
		return nil
	},
	"acted": func(w *work) error {
		if len(w.activities) == 0 {
			return errs.New(errs.Conflict, "先记录督办活动")
		}
		return nil
	},
}

// effects are what the steps change.
var effects = map[string]func(w *work) error{
	"ask":     ask,
	"consult": consult,
	"approve": func(w *work) error {
		w.DecidedOn, w.Decision, w.ApprovedAt = w.in.On, w.in.Reason, db.At(w.tx.Now())
		return w.start("key_proposal.plan", "签批督办方案", "", clock.Holder{Role: "clerk"})
	},
	"decline": func(w *work) error {
		w.DecidedOn, w.Decision, w.DeclinedAt = w.in.On, w.in.Reason, db.At(w.tx.Now())
		return w.stop(false)
	},
	"bind": bind,
	"plan": func(w *work) error {
		if w.in.Until != "" && w.in.Until <= w.today {
			var f errs.Fields
			f.Add("until", "完成日期必须晚于今天")
			return f.Err()
		}
		w.Plan, w.PlanForms, w.PlanUntil = w.in.Text, w.in.Forms, w.in.Until
		return nil
	},
	"sign":        func(w *work) error { return w.signed("web", w.today) },
	"record_sign": func(w *work) error { return w.signed("paper", w.in.On) },
	"log": func(w *work) error {
		return w.log(Activity{OnDate: w.in.On, Form: w.in.Form, Summary: w.in.Text, Event: w.event})
	},
	"report": func(w *work) error {
		w.Outcome, w.Report, w.ReportedAt = w.in.Outcome, w.in.Text, db.At(w.tx.Now())
		w.note("outcome", w.Outcome)
		return w.stop(true, "key_proposal.report")
	},
	"return": func(w *work) error {
		w.ReportedAt = db.Time{}
		return w.start("key_proposal.report", "报告督办结果", "", w.supervisors()...)
	},
	"close": func(w *work) error {
		w.ClosedAt = db.At(w.tx.Now())
		return nil
	},
}

// ask asks parties and committees; who was asked before is not asked again.
func ask(w *work) error {
	bodies, err := org.ActiveBodies(w.tx, w.Tenant, "")
	if err != nil {
		return err
	}
	asked := 0
	var holders []clock.Holder
	for _, id := range w.in.Bodies {
		i := slices.IndexFunc(bodies, func(b *org.Body) bool { return b.ID == id })
		if i < 0 || !askable[bodies[i].Kind] {
			var f errs.Fields
			f.Add("bodies", "请从列出的选项中选择")
			return f.Err()
		}
		holders = append(holders, clock.Holder{Role: "collective", Body: id})
		if slices.ContainsFunc(w.opinions, func(o *Opinion) bool { return o.Body == id }) {
			continue
		}
		o := &Opinion{Tenant: w.Tenant, ID: db.NewID(), Key: w.ID, Body: id, AskedAt: db.At(w.tx.Now())}
		if _, err := w.tx.Exec(`INSERT INTO key_opinion (`+opinionColumns+`) VALUES (`+db.Marks(10)+`)`,
			o.Tenant, o.ID, o.Key, o.Body, o.AskedAt, o.Stance, o.Opinion, o.Person, o.Method, o.AnsweredAt); err != nil {
			return err
		}
		w.rows, w.opinions = append(w.rows, o.row()), append(w.opinions, o)
		asked++
	}
	if asked == 0 {
		return errs.New(errs.Conflict, "所选的单位都已经征求过")
	}
	w.note("bodies", w.in.Bodies)
	if err := w.stop(false, "key_proposal.consult"); err != nil {
		return err
	}
	return w.start("key_proposal.consult", "答复征求意见", w.in.DueOn, holders...)
}

// askable are the kinds of body that are asked about nominations.
var askable = map[string]bool{"party": true, "committee": true, "sector": true, "group": true}

func consult(w *work) error {
	silent := slices.ContainsFunc(w.opinions, func(o *Opinion) bool { return o.AnsweredAt.IsZero() })
	if silent && w.in.Reason == "" {
		var f errs.Fields
		f.Add("reason", "还有单位没有答复，请说明理由")
		return f.Err()
	}
	w.ConsultedAt = db.At(w.tx.Now())
	return w.stop(!silent, "key_proposal.consult")
}

// bind binds a leader and a committee. Another leader signs anew.
func bind(w *work) error {
	all, err := leaders(w.tx, w.Tenant)
	if err != nil {
		return err
	}
	var f errs.Fields
	i := slices.IndexFunc(all, func(l *Leader) bool { return l.ID == w.in.Leader })
	f.Check(i >= 0, "leader", "请从列出的选项中选择")
	b, err := org.BodyOf(w.tx, w.Tenant, w.in.Committee)
	f.Check(err == nil && b.Kind == "committee" && b.Active, "committee", "请从列出的选项中选择")
	if err := f.Err(); err != nil {
		return err
	}
	w.Leader, w.LeaderPost, w.LeaderKind, w.Committee = all[i].Person, all[i].Post, all[i].Kind, b.ID
	w.note("leader", w.Leader)
	w.note("committee", w.Committee)
	if w.State != Approved {
		return w.hand("key_proposal.report", w.supervisors()...)
	}
	if w.PlanSignedOn != "" {
		w.PlanSignedOn, w.PlanMethod = "", ""
		if err := w.stop(false, "key_proposal.report"); err != nil {
			return err
		}
		return w.start("key_proposal.plan", "签批督办方案", "", w.supervisors()...)
	}
	return w.hand("key_proposal.plan", w.supervisors()...)
}

// supervisors are who has to do with the plan and the report.
func (w *work) supervisors() []clock.Holder {
	return []clock.Holder{{Person: w.Leader}, {Role: "collective", Body: w.Committee}, {Role: "clerk"}}
}

func (w *work) signed(method string, on calendar.Date) error {
	w.PlanSignedOn, w.PlanMethod = on, method
	if err := w.stop(true, "key_proposal.plan"); err != nil {
		return err
	}
	until := w.PlanUntil
	if until <= w.today {
		until = ""
	}
	return w.start("key_proposal.report", "报告督办结果", until, w.supervisors()...)
}

// log adds an activity.
func (w *work) log(x Activity) error {
	x.Tenant, x.ID, x.Key, x.Person, x.At = w.Tenant, db.NewID(), w.ID, w.a.Person, db.At(w.tx.Now())
	if err := insertActivity(w.tx, &x); err != nil {
		return err
	}
	w.activities = append(w.activities, &x)
	w.rows = append(w.rows, x.row())
	w.note("form", x.Form)
	return nil
}

// start starts a clock by the rule of its kind, or up to a day.
func (w *work) start(kind, title string, until calendar.Date, holders ...clock.Holder) error {
	c, err := w.s.clocks.Start(w.tx, clock.Clock{Tenant: w.Tenant, Kind: kind, Title: title, Subject: w.title, Object: Object, ObjectID: w.ID,
		Link: "/key-proposals/" + w.ID, Holder: holders, RuleVersion: w.rules.N, Term: w.rules.Term(kind), Until: until})
	if err != nil {
		return err
	}
	if kind == "key_proposal.consult" {
		w.OpinionsDue = c.DueOn
	}
	w.rows = append(w.rows, c.Row())
	return nil
}

func (w *work) stop(met bool, kinds ...string) error {
	all, err := w.s.clocks.StopFor(w.tx, w.Tenant, Object, w.ID, met, kinds...)
	for _, c := range all {
		w.rows = append(w.rows, c.Row())
	}
	return err
}

// hand gives the running clock of a kind to others.
func (w *work) hand(kind string, to ...clock.Holder) error {
	all, err := w.s.clocks.Of(w.tx, w.Tenant, Object, w.ID)
	for _, c := range all {
		if err == nil && c.Kind == kind && c.State == clock.Running {
			err = w.s.clocks.Hand(w.tx, w.Tenant, c.ID, to...)
		}
	}
	return err
}

// Opine records what a body says about a nomination: its officer for it, or the
// office for one that answered on paper. It may be changed until the consultation
// is over.
func (s *Service) Opine(ctx context.Context, id, body string, in Input) error {
	a, err := actor.Require(ctx, "key_proposal.opine")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil || done {
			return err
		}
		i := slices.IndexFunc(w.opinions, func(o *Opinion) bool { return o.Body == body })
		if i < 0 || !a.Can("key_proposal.manage") && a.Body != body {
			return errs.Missing()
		}
		if w.State != Nominated {
			return errs.New(errs.Conflict, "征求意见已经结束")
		}
		w.in = in.clean()
		if err := w.in.check(w.rules, "opine", w.today); err != nil {
			return err
		}
		o := w.opinions[i]
		o.Stance, o.Opinion, o.Person, o.Method, o.AnsweredAt = w.in.Stance, w.in.Text, a.Person, "web", db.At(tx.Now())
		if a.Body != body {
			o.Method = "paper"
		}
		if _, err := tx.Exec(`UPDATE key_opinion SET stance = $3, opinion = $4, person = $5, method = $6, answered_at = $7 WHERE tenant = $1 AND id = $2`,
			o.Tenant, o.ID, o.Stance, o.Opinion, o.Person, o.Method, o.AnsweredAt); err != nil {
			return err
		}
		if err := ledger.Append(tx, ledger.Entry{Action: "key_proposal.opine", Kind: Object, Object: id, From: w.State, To: w.State,
			Data: map[string]any{"body": body, "stance": o.Stance}, Rows: []ledger.Row{o.row()}}); err != nil {
			return err
		}
		return w.announce("opine")
	})
}

// audiences name who is told of what after each act.
var audiences = map[string][]struct {
	kind string
	to   func(w *work) ([]string, error)
}{
	"ask":         {{"ask", askedNow}},
	"opine":       {{"opine", clerks}},
	"approve":     {{"approve", concerned}},
	"bind":        {{"bind", leads}, {"charge", inCharge}},
	"plan":        {{"plan", leads}},
	"sign":        {{"sign", inChargeAndClerks}},
	"record_sign": {{"sign", inChargeAndClerks}},
	"report":      {{"report", leads}, {"report", clerks}},
	"return":      {{"return", inChargeAndClerks}},
	"close":       {{"close", concerned}},
}

func leads(w *work) ([]string, error)  { return []string{w.Leader}, nil }
func clerks(w *work) ([]string, error) { return org.PeopleWith(w.tx, w.Tenant, "clerk", "") }
func inCharge(w *work) ([]string, error) {
	return org.PeopleWith(w.tx, w.Tenant, "collective", w.Committee)
}
func concerned(w *work) ([]string, error) { return proposal.Concerned(w.tx, w.Tenant, w.Proposal) }

func inChargeAndClerks(w *work) ([]string, error) {
	all, err := inCharge(w)
	if err != nil {
		return nil, err
	}
	more, err := clerks(w)
	return append(all, more...), err
}

func askedNow(w *work) (all []string, err error) {
	for _, id := range w.in.Bodies {
		more, err := org.PeopleWith(w.tx, w.Tenant, "collective", id)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// announce tells those concerned; nobody is told of what they did themselves.
func (w *work) announce(act string) error {
	for _, n := range audiences[act] {
		to, err := n.to(w)
		if err != nil {
			return err
		}
		to = slices.DeleteFunc(to, func(id string) bool { return id == w.a.Person || id == "" })
		if len(to) == 0 {
			continue
		}
		link := "/key-proposals/" + w.ID
		if n.kind == "approve" || n.kind == "close" {
			link = "/proposals/" + w.Proposal
		}
		name := w.a.Name
		if w.a.Body != "" {
			names, err := org.BodyNames(w.tx, w.Tenant, []string{w.a.Body})
			if err != nil {
				return err
			}
			name = names[w.a.Body]
		}
		if err := w.s.notices.Send(w.tx, notify.Notice{Tenant: w.Tenant, To: to, Kind: "key_proposal." + n.kind, Link: link, Object: Object, ObjectID: w.ID,
			Params: notify.Params{"title": w.title, "due": w.OpinionsDue, "actor": name, "reason": w.in.Reason}}); err != nil {
			return err
		}
	}
	return nil
}
