package figureweb

import (
	"context"
	"net/http"

	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/lang"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// picture is a group of figures that people would rather look at than read.
type picture struct {
	title string
	share bool // the figures are parts of a whole; else steps that grow smaller
	ids   []string
}

// pictures stand over the tables of a year.
var pictures = []picture{
	{title: "办理过程", ids: []string{"proposal.submitted", "proposal.filed", "proposal.dispatched", "proposal.replied", "proposal.rated"}},
	{title: "办理结果", share: true, ids: []string{"proposal.resolved", "proposal.in_progress", "proposal.planned", "proposal.reference", "proposal.infeasible"}},
	{title: "评价", share: true, ids: []string{"proposal.fully", "proposal.basically", "proposal.unsatisfied", "proposal.no_response"}},
}

// drawn is a picture with the year's values; those that are nought are left out
// of a share.
type drawn struct {
	title  string
	bars   []ui.Bar
	parts  []ui.Part
	before string // heading of the year before, if there is anything of it
}

// draw makes the pictures of which there is anything to see.
func draw(ctx context.Context, now, before *figure.Report) (all []drawn) {
	for _, p := range pictures {
		past := ""
		for _, id := range p.ids {
			if old, _ := before.Value(id); old.Amount > 0 {
				past = lang.T(ctx, "%d年", before.Year)
			}
		}
		d, some := drawn{title: lang.Say(ctx, p.title), before: past}, false
		for _, id := range p.ids {
			v, ok := now.Value(id)
			if !ok || v.Closed {
				continue
			}
			some = some || v.Amount > 0
			old, _ := before.Value(id)
			switch {
			case !p.share:
				d.bars = append(d.bars, ui.Bar{Label: v.Name, Value: float64(v.Amount), Before: float64(old.Amount), URL: link(id, now)})
			case v.Amount > 0:
				d.parts = append(d.parts, ui.Part{Label: v.Name, Value: float64(v.Amount), URL: link(id, now)})
			}
		}
		if some {
			all = append(all, d)
		}
	}
	return all
}

// years answers the page of a figure, which asks once it stands: the figure in
// all years, under the same filters.
func (p *pages) years(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	_, req, err := p.request(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	req.IDs = []string{id}
	all, err := p.figures.Years(ctx, req)
	if err != nil {
		return err
	}
	var bars []ui.Bar
	name, known := "", false
	for _, rep := range all {
		v, ok := rep.Value(id)
		known = known || ok
		if !ok || !v.Known() || len(bars) == 0 && v.Amount == 0 && !v.Rate {
			continue
		}
		b := ui.Bar{Label: lang.T(ctx, "%d年", rep.Year), Value: float64(v.Amount), Text: text(v.Count) + unit(ctx, v)}
		if !v.Closed {
			b.URL = link(id, rep)
		}
		if v.Rate {
			b.Value = float64(points(v.Count))
		}
		name, bars = v.Name, append(bars, b)
	}
	if !known {
		return errs.Missing()
	}
	return web.Render(w, r, http.StatusOK, yearsCard(name, bars))
}
