package keyproposal

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
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

func (in Input) clean() Input {
	in.Reason, in.Text = han.Tidy(in.Reason), han.Tidy(in.Text)
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
	done, err = ledger.Repeated(tx, id, k.Proposal)
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
	why = han.Tidy(why)
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
			case c.State == proposal.Merged:
				return errs.New(errs.Conflict, "《%s》已并入别的提案，请提名它的主案", c.Title)
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

// MayMerge refuses to merge a case that is a key proposal, or may become one: what
// was decided about it by the chairpersons' meeting would follow a case that is no
// longer handled by itself. Others are merged into it instead.
func (s *Service) MayMerge(tx *db.Tx, c *proposal.Case) error {
	state, err := db.Column[string](tx, `SELECT state FROM key_proposal WHERE tenant = $1 AND proposal = $2 AND state <> 'declined'`, c.Tenant, c.ID)
	switch {
	case err != nil || len(state) == 0:
		return err
	case state[0] == Nominated || state[0] == Consulted:
		return errs.New(errs.Conflict, "这件提案正在遴选重点提案，请先决定是否列入，再并案")
	}
	return errs.New(errs.Conflict, "重点提案不能并入别的提案，请把别的提案并入它")
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
		if err := Flow.Permit(a, action); err != nil {
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
