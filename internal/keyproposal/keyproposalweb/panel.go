package keyproposalweb

import (
	"context"

	"github.com/a-h/templ"

	"shangliang/internal/keyproposal"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/ui"
)

// panel is what the page of a case tells of it as a key proposal.
func (p *pages) panel(ctx context.Context, id string) (templ.Component, error) {
	o, err := p.keys.OfCase(ctx, id)
	if err != nil || o == nil {
		return nil, err
	}
	return casePart(o), nil
}

func caseFacts(ctx context.Context, o *keyproposal.OfCase) []ui.Item {
	all := []ui.Item{{Term: lang.T(ctx, "状态"), Value: stateBadge(ctx, o.State)}}
	if o.Measure != "" {
		all = append(all, ui.Say(lang.T(ctx, "优先办理的党派提案"), codes(ctx, o.Rules, "key_proposal.measures", []string{o.Measure})))
	}
	if o.DecidedOn != "" {
		all = append(all, ui.Item{Term: lang.T(ctx, "主席会议"), Value: ui.On(o.DecidedOn)})
	}
	if o.Leader != "" {
		all = append(all, ui.Say(lang.T(ctx, "领衔领导"), o.Names[o.Leader]+"（"+o.LeaderPost+"）"), ui.Say(lang.T(ctx, "领衔方式"), lang.Say(ctx, org.Title(keyproposal.LeaderKinds, o.LeaderKind))),
			ui.Say(lang.T(ctx, "具体负责"), o.Names[o.Committee]))
	}
	if o.PlanSignedOn != "" {
		all = append(all, ui.Say(lang.T(ctx, "督办形式"), codes(ctx, o.Details.Rules, "key_proposal.forms", o.PlanForms)))
	}
	if o.Outcome != "" && !o.ReportedAt.IsZero() {
		all = append(all, ui.Say(lang.T(ctx, "督办结果"), codes(ctx, o.Details.Rules, "key_proposal.outcomes", []string{o.Outcome})))
	}
	return all
}
