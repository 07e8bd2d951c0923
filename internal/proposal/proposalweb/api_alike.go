package proposalweb

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/proposal"
	"shangliang/internal/web"
)

// proposalAlike is a proposal whose text is like another.
type proposalAlike struct {
	ID       string            `json:"id"`
	Year     int               `json:"year"`
	CaseNo   int               `json:"case_no,omitempty"`
	SerialNo int               `json:"serial_no,omitempty"`
	Title    string            `json:"title"`
	State    caseState         `json:"state"`
	Proposer string            `json:"proposer,omitempty" doc:"Absent if the case is not for who asks to open"`
	Likeness float64           `json:"likeness" minimum:"0" maximum:"1" doc:"Of the two texts as sets of runs of four characters"`
	Opens    bool              `json:"opens" doc:"Whether who asks may read the case"`
	Passages []proposalPassage `json:"passages" doc:"What agrees, sentence by sentence"`
}

type proposalPassage struct {
	Ours   string       `json:"ours"`
	Theirs string       `json:"theirs"`
	Same   bool         `json:"same" doc:"Word for word, but for blanks and punctuation"`
	Here   proposalSpan `json:"here" doc:"Where it stands in the text that was asked about"`
	There  proposalSpan `json:"there"`
}

type proposalSpan struct {
	Part string `json:"part" enum:"title,situation,analysis,suggestions"`
	From int    `json:"from" doc:"First byte in UTF-8"`
	To   int    `json:"to"`
}

func alikeOf(x *proposal.Alike) proposalAlike {
	return proposalAlike{x.ID, x.Year, x.CaseNo, x.SerialNo, x.Title, caseState(x.State), x.Proposer, x.Likeness, x.Opens,
		each(x.Passages, func(p proposal.Agreement) proposalPassage {
			return proposalPassage{p.Ours, p.Theirs, p.Same,
				proposalSpan{proposal.AlikeParts[p.A.Part], p.A.From, p.A.To}, proposalSpan{proposal.AlikeParts[p.B.Part], p.B.From, p.B.To}}
		})}
}

// alikeText is a text to be compared.
type alikeText struct {
	Of          string `json:"of,omitempty" maxLength:"64" doc:"Id of the text's own case, which is not meant"`
	Title       string `json:"title,omitempty" maxLength:"200"`
	Situation   string `json:"situation,omitempty" maxLength:"50000"`
	Analysis    string `json:"analysis,omitempty" maxLength:"50000"`
	Suggestions string `json:"suggestions,omitempty" maxLength:"50000"`
}

func (r *rest) addAlike(api huma.API, op func(id, method, path, summary string) huma.Operation) {
	huma.Register(api, op("find-alike", "POST", "/proposals/alike", "Find the proposals of all years that a text is like, the most alike first"), r.alike)
	huma.Register(api, op("list-alike", "GET", "/proposals/{id}/alike", "Find the proposals that a case is like; for those who review"), r.alikeTo)
}

func (r *rest) alike(ctx context.Context, in *struct{ Body alikeText }) (*web.Answer[[]proposalAlike], error) {
	all, err := r.proposals.Alike(ctx, in.Body.Of, proposal.Text{Title: in.Body.Title, Situation: in.Body.Situation, Analysis: in.Body.Analysis, Suggestions: in.Body.Suggestions})
	return web.AnswerOf(each(all, alikeOf), err)
}

func (r *rest) alikeTo(ctx context.Context, in *InCase) (*web.Answer[[]proposalAlike], error) {
	all, err := r.proposals.AlikeTo(ctx, in.ID)
	return web.AnswerOf(each(all, alikeOf), err)
}
