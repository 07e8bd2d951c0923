package publish

import (
	"context"
	"slices"
	"strings"

	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
)

// guards say why a step cannot be taken.
var guards = flow.Guards[*work]{
	"complete": func(w *work) error { return complete(w.parts, w.d.Plan) },
	"clean": func(w *work) error {
		cp, files := w.produce()
		return w.scan([]byte(encode(cp)), files)
	},
	"other_eyes": func(w *work) error {
		if w.rules.Bool("publish.second_pair") && w.a.Person == w.d.PreparedBy {
			return errs.New(errs.Conflict, "公开须由另一位同事复核：准备公开内容的人不能自己决定")
		}
		return nil
	},
	"current": func(w *work) error {
		if len(differing(w.d.Source, sources(w.c, w.parts))) > 0 {
			return errs.New(errs.Conflict, "原文在提请决定之后有变化，请退回重新准备")
		}
		return nil
	},
	"later": func(w *work) error {
		var f errs.Fields
		f.Check(w.in.On > w.c.Today && w.in.On <= w.c.Today.AddMonths(24), "on", "请选择今天以后、两年以内的日期")
		return f.Err()
	},
	"live": func(w *work) error {
		if w.d.Live == 0 {
			return errs.New(errs.Conflict, "这件提案现在没有公开")
		}
		return nil
	},
	"not_live": func(w *work) error {
		if w.d.Live > 0 {
			return errs.New(errs.Conflict, "这件提案已经公开，不再公开请用“撤下”")
		}
		return nil
	},
	"reason": func(w *work) error {
		var f errs.Fields
		f.Check(w.in.Reason != "" && len([]rune(w.in.Reason)) <= 500, "reason", "请写明理由，不超过 %d 个字", 500)
		return f.Err()
	},
}

// Do takes a step of the decision about a case. Errors are Forbidden without the
// step's permission, Conflict if the state, the originals or a newer version
// forbid it, Invalid if the plan or the input lacks something.
func (s *Service) Do(ctx context.Context, id string, version int, action string, in Input) (*Disclosure, error) {
	permission := ""
	for _, st := range Flow.Steps {
		if st.Action == action && !st.System {
			permission = st.Permission
		}
	}
	if permission == "" {
		return nil, errs.New(errs.Invalid, "没有这项操作")
	}
	return s.act(ctx, permission, id, version, func(w *work) error {
		if w.d == nil {
			return errs.Missing()
		}
		w.in = Input{Reason: han.Clean(strings.TrimSpace(in.Reason)), On: in.On}
		return w.do(action)
	})
}

func (w *work) do(action string) error {
	step, err := Flow.Find(w.d.State, action)
	if err != nil {
		return err
	}
	if err := guards.Run(step.Guards, w); err != nil {
		return err
	}
	d, from, before := w.d, w.d.State, w.d.Editions
	d.State = step.Next(from)
	if step.Permission == Decide {
		d.DecidedBy, d.DecidedAt, d.Reason = w.a.Person, db.At(w.tx.Now()), w.in.Reason
	}
	if effect := effects[action]; effect != nil {
		if err := effect(w); err != nil {
			return err
		}
	}
	if err := w.update(); err != nil {
		return err
	}
	rows := []ledger.Row{d.row()}
	if d.Editions > before {
		rows = append(rows, ledger.RowOf("disclosure_edition", "tenant", d.Tenant, "proposal", d.Proposal, "n", d.Editions))
		w.note("edition", d.Editions)
	}
	if err := w.record("publish."+action, from, w.in.Reason, rows...); err != nil {
		return err
	}
	return w.announce(action)
}

// effects are what steps do beside changing the state.
var effects = map[string]func(*work) error{
	"propose": func(w *work) error { w.touched(); return nil },
	"publish": func(w *work) error {
		if err := w.edition(); err != nil {
			return err
		}
		return w.goPublic()
	},
	"schedule":   func(w *work) error { w.d.PublishOn = w.in.On; return w.edition() },
	"unschedule": func(w *work) error { w.d.PublishOn = ""; return nil },
	"release":    func(w *work) error { w.d.PublishOn = ""; return w.goPublic() },
	"revise": func(w *work) error {
		w.d.Plan = planFor(w.c, w.parts, w.d.Plan, w.rules.Bool("publish.names"))
		for key := range w.d.Plan {
			if !slices.ContainsFunc(w.parts, func(p Part) bool { return p.Key == key }) {
				delete(w.d.Plan, key)
			}
		}
		w.touched()
		return nil
	},
	"drop": func(w *work) error {
		e, err := editionOf(w.tx, w.d.Tenant, w.d.Proposal, w.d.Live)
		if err == nil {
			w.d.Plan, w.d.Marks, w.d.Source = e.Plan, e.Marks, e.Source
		}
		return err
	},
	"withdraw": (*work).goPrivate,
}

// CheckGuards reports guards that the lifecycle names and that do not exist, and
// the other way round.
func CheckGuards() error { return guards.Check(Flow) }
