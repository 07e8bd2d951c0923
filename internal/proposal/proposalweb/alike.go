package proposalweb

import (
	"context"
	"math"
	"net/http"
	"slices"

	"shangliang/internal/lang"
	"shangliang/internal/likeness"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// alikeWhile answers the editor, which asks while somebody writes.
func (p *pages) alikeWhile(w http.ResponseWriter, r *http.Request) error {
	text, err := web.Decode[proposal.Text](r)
	if err != nil {
		return err
	}
	all, err := p.proposals.Alike(r.Context(), r.URL.Query().Get("of"), text)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, alikeList(all, ""))
}

// alikeURL is where the editor of a draft asks.
func (v *editView) alikeURL() string { return query("/proposals/alike", "of", v.id) }

// alikeTo lists for those who judge it what a case is like.
func (p *pages) alikeTo(w http.ResponseWriter, r *http.Request) error {
	v, err := p.bare(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if v.alike, err = p.proposals.AlikeTo(r.Context(), v.ID); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, alikePage(v))
}

// sideBySide sets two cases side by side.
func (p *pages) sideBySide(w http.ResponseWriter, r *http.Request) error {
	both, err := p.proposals.Compare(r.Context(), r.PathValue("id"), r.PathValue("other"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, sideBySidePage(both))
}

// percent is a likeness for people.
func percent(x float64) string { return itoa(int(math.Round(x*100))) + "%" }

// alikeKind is how much a likeness presses.
func alikeKind(x float64) ui.Kind {
	if x >= 0.6 {
		return ui.Warn
	}
	return ui.Info
}

// alikeAbout says which proposal it is.
func alikeAbout(ctx context.Context, x *proposal.Alike) string {
	s := lang.T(ctx, "%s年", itoa(x.Year)) + " " + number(ctx, x.CaseNo, x.SerialNo)
	if x.Proposer != "" {
		s += " · " + x.Proposer
	}
	return s + " · " + lang.Say(ctx, proposal.CaseFlow.State(x.State).Title)
}

// sideURL is where two cases stand side by side.
func sideURL(id string, x *proposal.Alike) string {
	if id == "" {
		return "/proposals/" + x.ID
	}
	return "/proposals/" + id + "/alike/" + x.ID
}

// spansOf are the places of the passages in one part of the first or the second
// text.
func spansOf(all []likeness.Passage, part int, second bool) []ui.Span {
	var spans []ui.Span
	for _, p := range all {
		s := p.A
		if second {
			s = p.B
		}
		if s.Part == part {
			spans = append(spans, ui.Span{From: s.From, To: s.To})
		}
	}
	slices.SortFunc(spans, func(a, b ui.Span) int { return a.From - b.From })
	return spans
}

// sides are the two texts with what agrees.
func sides(ctx context.Context, b *proposal.SideBySide, second bool) (p *proposal.Proposal, all []sidePart) {
	if p = b.Ours; second {
		p = b.Theirs
	}
	for i, x := range append([]ui.Field{{Label: lang.T(ctx, "案由"), Value: p.Title}}, parts(ctx, p)...) {
		all = append(all, sidePart{x.Label, x.Value, spansOf(b.Passages, i, second)})
	}
	return p, all
}

// sidePart is one part of a text beside another.
type sidePart struct {
	title, text string
	spans       []ui.Span
}
