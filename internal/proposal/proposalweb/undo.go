package proposalweb

import (
	"context"
	"net/http"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/lang"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// undoOf is the action that takes an action back, "" if none does.
func undoOf(m flow.Machine, action string) string {
	for _, s := range m.Steps {
		if s.Action == action {
			return s.Undo
		}
	}
	return ""
}

// undoURL is where all that the request just did is taken back, on one case or on
// many; "" for a step that cannot be.
func undoURL(ctx context.Context, m flow.Machine, action, queue string) string {
	key := actor.RequestFrom(ctx).Key
	if undoOf(m, action) == "" || key == "" || len(key) > web.LongestKey {
		return ""
	}
	return query("/proposals/undo", "of", key, "step", m.Name+"."+action, "queue", queue)
}

// undo takes back what the person did with one press of a button, each case by
// itself: where somebody has gone on meanwhile, it stays and says why.
func (p *pages) undo(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q := r.URL.Query()
	var step bulkAction
	for _, m := range []flow.Machine{proposal.CaseFlow, proposal.AssignmentFlow} {
		for _, s := range m.Steps {
			if s.Undo != "" && q.Get("step") == m.Name+"."+s.Action {
				step = bulkAction{m, s.Undo}
			}
		}
	}
	if step.action == "" {
		return errs.New(errs.Invalid, "这一步不能撤销")
	}
	ids, err := p.proposals.DoneUnder(ctx, q.Get("of"))
	if err != nil {
		return err
	}
	if len(ids) == 0 || len(ids) > mostRows {
		return errs.Missing()
	}
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	result := bulkResult{title: lang.Say(ctx, stepTitle(step.machine, step.action)), back: "/proposals/" + ids[0]}
	if queue := queueOf(r); queue != "" {
		result.back = query(queuePath(a), "queue", queue)
	}
	for _, id := range ids {
		c, err := p.proposals.Get(ctx, id)
		if err == nil {
			err = p.take(web.Derived(ctx, id), step, selected{id: id, version: c.Version}, proposal.Input{})
		}
		if err != nil {
			if errs.Is(err, errs.Internal) {
				return err
			}
			result.failed = append(result.failed, p.failure(ctx, id, err))
			continue
		}
		result.done++
	}
	p.forget(ctx)
	if len(result.failed) > 0 {
		return web.Render(w, r, http.StatusOK, bulkPage(result))
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "“%s”已办%d件", result.title, result.done), "")
	return web.Redirect(w, r, result.back)
}
