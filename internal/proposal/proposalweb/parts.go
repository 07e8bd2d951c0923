package proposalweb

import (
	"context"

	"github.com/a-h/templ"

	"shangliang/internal/calendar"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
)

// parts are the three parts of a proposal's text with their names.
func parts(ctx context.Context, p *proposal.Proposal) []ui.Field {
	return []ui.Field{
		{Name: "situation", Label: lang.T(ctx, "情况"), Value: p.Situation},
		{Name: "analysis", Label: lang.T(ctx, "分析"), Value: p.Analysis},
		{Name: "suggestions", Label: lang.T(ctx, "建议"), Value: p.Suggestions},
	}
}

func dutyState(ctx context.Context, d duty) templ.Component {
	return ui.Badge(assignmentKinds[d.State], lang.Say(ctx, proposal.AssignmentFlow.State(d.State).Title))
}

// dutyFacts say when the department got its work and until when it is due.
func (v *caseView) dutyFacts(ctx context.Context, d duty) []ui.Item {
	var all []ui.Item
	if v.Round > 1 {
		all = append(all, ui.Say(lang.T(ctx, "轮次"), lang.T(ctx, "第%d轮", d.Round)))
	}
	all = append(all, ui.Item{Term: lang.T(ctx, "交办"), Value: ui.Group(ui.On(calendar.On(d.IssuedAt.Time)), ui.Str(" "+v.name(d.IssuedBy)))})
	if !d.SignedAt.IsZero() {
		all = append(all, ui.Item{Term: lang.T(ctx, "签收"), Value: ui.On(calendar.On(d.SignedAt.Time))})
	}
	switch {
	case d.Open() && d.DueOn != "":
		all = append(all, ui.Item{Term: lang.T(ctx, "期限"), Value: due(ctx, d.DueOn, v.Today)})
	case !d.EndedAt.IsZero():
		all = append(all, ui.Item{Term: lang.T(ctx, "完成"), Value: ui.On(calendar.On(d.EndedAt.Time))})
	}
	if d.Note != "" {
		all = append(all, ui.Item{Term: lang.T(ctx, "交办意见"), Value: ui.Str(d.Note)})
	}
	return all
}

// replyFacts are what stands over and under a reply.
func (v *caseView) replyFacts(ctx context.Context, r *proposal.Reply) []ui.Item {
	var all []ui.Item
	add := func(term, value string) {
		if value != "" {
			all = append(all, ui.Say(term, value))
		}
	}
	add(lang.T(ctx, "文号"), r.DocNo)
	add(lang.T(ctx, "办理结果分类"), code(ctx, v.Rules, "reply.outcomes", r.Outcome))
	add(lang.T(ctx, "公开方式"), code(ctx, v.Rules, "reply.disclosures", r.Disclosure))
	add(lang.T(ctx, "签发"), v.name(r.Signer))
	if r.ContactName != "" {
		add(lang.T(ctx, "联系人"), r.ContactName+" "+r.ContactPhone)
	}
	add(lang.T(ctx, "未能沟通的理由"), r.ContactWaiver)
	add(lang.T(ctx, "不等会办意见的理由"), r.OpinionWaiver)
	if !r.DeliveredAt.IsZero() {
		all = append(all, ui.Item{Term: lang.T(ctx, "送达"), Value: ui.On(calendar.On(r.DeliveredAt.Time))})
	}
	return all
}

// scores are one rating by its dimensions.
func (v *caseView) scores(ctx context.Context, f *proposal.Feedback) []ui.Item {
	var all []ui.Item
	for _, d := range v.Rules.Codes("feedback.dimensions") {
		if level := f.Scores[d.Key]; level != "" {
			all = append(all, ui.Say(lang.Say(ctx, d.Label), code(ctx, v.Rules, "feedback.levels", level)))
		}
	}
	if f.Contacted {
		all = append(all, ui.Say(lang.T(ctx, "承办单位"), lang.T(ctx, "与本人沟通过")))
	} else {
		all = append(all, ui.Say(lang.T(ctx, "承办单位"), lang.T(ctx, "没有与本人沟通")))
	}
	return all
}

// sums are the ratings as a department sees them.
func (v *caseView) sums(ctx context.Context) []ui.Item {
	line := func(counts map[string]int) string {
		s := ""
		for _, level := range v.Rules.Codes("feedback.levels") {
			if n := counts[level.Key]; n > 0 {
				if s != "" {
					s += lang.T(ctx, "、")
				}
				s += lang.T(ctx, "%s %d 位", lang.Say(ctx, level.Label), n)
			}
		}
		if s == "" {
			return lang.T(ctx, "没有人评价")
		}
		return s
	}
	all := []ui.Item{ui.Say(lang.T(ctx, "总体"), line(v.Ratings.Overall))}
	for _, d := range v.Rules.Codes("feedback.dimensions") {
		if counts := v.Ratings.Scores[d.Key]; counts != nil {
			all = append(all, ui.Say(lang.Say(ctx, d.Label), line(counts)))
		}
	}
	return all
}

func (v *caseView) namesOf(ids []string) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = v.name(id)
	}
	return all
}

func (v *caseView) purposeOptions(ctx context.Context, can []string) []ui.Option {
	all := make([]ui.Option, len(can))
	for i, p := range can {
		all[i] = ui.Option{Value: p, Label: lang.Say(ctx, org.Title(purposes, p))}
	}
	return all
}
