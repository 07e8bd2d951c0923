package proposalweb

import (
	"context"
	"net/http"

	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/lang"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// bulkAction is a step that can be taken on many cases at once.
type bulkAction struct {
	machine flow.Machine
	action  string
}

// bulks are the steps that make sense for many cases of a queue: those that
// need nothing to be said about each.
var bulks = map[string][]bulkAction{
	"new":         {{proposal.CaseFlow, "receive"}},
	"in_review":   {{proposal.CaseFlow, "pass"}, {proposal.CaseFlow, "file"}},
	"to_dispatch": {{proposal.CaseFlow, "dispatch"}},
	"to_check":    {{proposal.AssignmentFlow, "check"}},
	"feedback":    {{proposal.CaseFlow, "close"}},
	"to_close":    {{proposal.CaseFlow, "close"}},
	"to_archive":  {{proposal.CaseFlow, "archive"}},
	"unit_new":    {{proposal.AssignmentFlow, "sign"}},
}

// bulkActions are those of the list's queue that the actor may take.
func (v *listView) bulkActions() (all []flow.Step) {
	for _, b := range bulks[v.filter.Queue] {
		for _, s := range b.machine.Steps {
			if s.Action == b.action && v.who.Can(s.Permission) {
				all = append(all, s)
				break
			}
		}
	}
	return all
}

// bulk is the bar under a list.
func (v *listView) bulk(ctx context.Context, steps []flow.Step) *ui.Bulk {
	b := &ui.Bulk{URL: query("/proposals/bulk", "queue", v.filter.Queue)}
	for i, s := range steps {
		button := ui.ButtonInfo{Label: lang.Say(ctx, s.Title), Name: "action", Value: s.Action, Title: lang.Say(ctx, s.Says)}
		if s.Undo == "" {
			button.Confirm = lang.T(ctx, "对选中的提案办理“%s”？%s。这一步不能撤销。", lang.Say(ctx, s.Title), lang.Say(ctx, s.Says))
		}
		if i == 0 {
			button.Kind = ui.Primary
		}
		b.Buttons = append(b.Buttons, button)
		if s.Action == "dispatch" {
			b.Fields = ui.SelectField(ui.Field{Name: "unit", Label: lang.T(ctx, "独办单位"), NoLabel: true, Options: departments(ctx, v.known.departments), Pick: "list"})
		}
	}
	for _, x := range v.bulks {
		b.Buttons = append(b.Buttons, ui.ButtonInfo{Label: lang.Say(ctx, x.Title), Title: lang.Say(ctx, x.Says), FormAction: x.Path})
	}
	if v.filter.Queue == "in_review" && v.who.Can("proposal.merge") {
		b.Buttons = append(b.Buttons, ui.ButtonInfo{Label: lang.T(ctx, "并案…"), FormAction: "/proposals/merge", Title: lang.T(ctx, "选一件为主案，其余并入")})
	}
	return b
}

// bulkResult tells what became of each case that was selected.
type bulkResult struct {
	title  string // of the step
	done   int
	failed []bulkFailure
	back   string
}

type bulkFailure struct{ id, title, why string }

// bulk takes one step on every selected case, each in its own transaction and
// under its own key: one that cannot be done holds up no other, and sending the
// same again repeats none.
func (p *pages) bulk(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := r.ParseForm(); err != nil {
		return err
	}
	queue, action := queueOf(r), r.PostFormValue("action")
	var step bulkAction
	for _, b := range bulks[queue] {
		if b.action == action {
			step = b
		}
	}
	if step.action == "" {
		return errs.New(errs.Invalid, "没有这项操作")
	}
	ids := r.PostForm["id"]
	switch {
	case len(ids) == 0:
		return errs.New(errs.Invalid, "请先选中要办理的提案")
	case len(ids) > mostRows:
		return errs.New(errs.Invalid, "一次最多办理%d件", mostRows)
	}
	in := proposal.Input{}
	if action == "dispatch" {
		if unit := r.PostFormValue("unit"); unit != "" {
			in.Units = []proposal.UnitRole{{Unit: unit, Role: proposal.Sole}}
		}
	}
	result := bulkResult{title: lang.Say(ctx, stepTitle(step.machine, action)), back: query("/proposals", "queue", queue)}
	if q, _ := proposal.QueueOf(queue); q.Unit {
		result.back = query("/inbox", "queue", queue)
	}
	for _, text := range ids {
		s, err := parseSelected(text)
		if err != nil {
			return err
		}
		if err := p.take(web.Derived(ctx, s.id), step, s, in); err != nil {
			if errs.Is(err, errs.Internal) {
				return err
			}
			result.failed = append(result.failed, p.failure(ctx, s.id, err))
			continue
		}
		result.done++
	}
	p.forget(ctx)
	if len(result.failed) > 0 {
		return web.Render(w, r, http.StatusOK, bulkPage(result))
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "“%s”已办%d件", result.title, result.done), undoURL(ctx, step.machine, action, queue))
	return web.Redirect(w, r, result.back)
}

// take takes the step on one case.
func (p *pages) take(ctx context.Context, b bulkAction, s selected, in proposal.Input) error {
	if b.machine.Name == proposal.CaseFlow.Name {
		_, err := p.proposals.Do(ctx, s.id, s.version, b.action, in)
		return err
	}
	if s.assignment != "" {
		_, err := p.proposals.DoAssignment(ctx, s.id, s.assignment, s.asVersion, b.action, in)
		return err
	}
	// The office selects cases: the step is for each assignment that waits for it.
	c, err := p.proposals.Get(ctx, s.id)
	if err != nil {
		return err
	}
	if c.Version != s.version {
		return errs.New(errs.Conflict, "刚刚有人办过这一件，请看过再办")
	}
	n := 0
	for _, a := range c.Actions {
		if a.Assignment == nil || a.Action != b.action {
			continue
		}
		if a.Blocked != "" {
			return errs.New(errs.Conflict, a.Blocked, a.Args...)
		}
		if _, err := p.proposals.DoAssignment(web.Derived(ctx, itoa(n)), s.id, a.Assignment.ID, a.Assignment.Version, b.action, in); err != nil {
			return err
		}
		n++
	}
	if n == 0 {
		return errs.New(errs.Conflict, "现在没有要办的")
	}
	return nil
}

// failure says of one case why it was not done.
func (p *pages) failure(ctx context.Context, id string, err error) bulkFailure {
	f := bulkFailure{id: id, title: lang.T(ctx, "（看不到的提案）")}
	if c, gone := p.proposals.Get(ctx, id); gone == nil {
		f.title = titleOf(ctx, c.Title)
	}
	f.why = web.Message(ctx, err)
	return f
}
