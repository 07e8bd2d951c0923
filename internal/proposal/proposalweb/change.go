package proposalweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"shangliang/internal/calendar"
	"shangliang/internal/compare"
	"shangliang/internal/lang"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// changeKinds and changeStates name what was asked for and what became of it.
var changeKinds = map[string]string{"withdraw": "撤案申请", "text": "修改申请"}

var changeStates = map[string]badge{"open": {"待决定", ui.Warn}, "granted": {"同意", ui.Good}, "refused": {"不同意", ui.Neutral},
	"taken_back": {"已收回", ui.Neutral}, "lapsed": {"已失效", ui.Neutral}}

// versionsView is the page that compares two versions of a text.
type versionsView struct {
	*proposal.Proposal
	all      []*proposal.Revision
	from, to *proposal.Revision
}

// versions compares two versions of a text; the last two unless others are
// named.
func (p *pages) versions(w http.ResponseWriter, r *http.Request) error {
	of, all, err := p.proposals.Revisions(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	v := &versionsView{Proposal: of, all: all}
	if n := len(all); n > 0 {
		v.to, v.from = all[n-1], all[max(0, n-2)]
		v.from = revision(all, r.FormValue("from"), v.from)
		v.to = revision(all, r.FormValue("to"), v.to)
	}
	return web.Render(w, r, http.StatusOK, versionsPage(v))
}

func revision(all []*proposal.Revision, n string, otherwise *proposal.Revision) *proposal.Revision {
	i := slices.IndexFunc(all, func(r *proposal.Revision) bool { return strconv.Itoa(r.N) == n })
	if i < 0 {
		return otherwise
	}
	return all[i]
}

func (v *versionsView) options(ctx context.Context) []ui.Option {
	all := make([]ui.Option, len(v.all))
	for i, r := range v.all {
		all[i] = ui.Option{Value: itoa(r.N), Label: revisionTitle(ctx, r)}
	}
	return all
}

func revisionTitle(ctx context.Context, r *proposal.Revision) string {
	return lang.T(ctx, "第%d版，%s", r.N, calendar.On(r.At.Time).Long(ctx))
}

// partTitles name the parts of a text.
var partTitles = map[string]string{"title": "案由", "situation": "情况", "analysis": "分析", "suggestions": "建议"}

// pieces are the pieces of a comparison as ui shows them.
func pieces(all []compare.Piece) []ui.Change {
	out := make([]ui.Change, len(all))
	for i, p := range all {
		out[i] = ui.Change{Text: p.Text, Added: p.Kind == compare.Added, Removed: p.Kind == compare.Removed}
	}
	return out
}

// changed says how much a comparison changes, in a few words.
func changed(ctx context.Context, all []compare.Piece) string {
	removed, added := compare.Changed(all)
	return lang.T(ctx, "删去%d字，新增%d字", removed, added)
}
