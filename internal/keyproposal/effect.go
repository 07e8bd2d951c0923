package keyproposal

import (
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/org"
)

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
		return actor.Denied
	},
	"led": func(w *work) error {
		if w.Leader == "" {
			return errs.New(errs.Conflict, "先确定领衔人")
		}
		return nil
	},
	"own": func(w *work) error {
		if w.Leader == "" || w.Leader != w.a.Person {
			return actor.Denied
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
