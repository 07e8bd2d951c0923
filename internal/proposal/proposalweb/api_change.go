package proposalweb

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/compare"
	"shangliang/internal/errs"
	"shangliang/internal/proposal"
	"shangliang/internal/web"
)

// proposalLeading is the case that a merged one follows.
type proposalLeading struct {
	ID       string    `json:"id"`
	CaseNo   int       `json:"case_no,omitempty"`
	SerialNo int       `json:"serial_no,omitempty"`
	Title    string    `json:"title"`
	State    caseState `json:"state"`
	Answered bool      `json:"answered" doc:"A reply was delivered: the merger can no longer be undone"`
}

// proposalMember is a case that was merged into another.
type proposalMember struct {
	ID        string        `json:"id"`
	CaseNo    int           `json:"case_no,omitempty"`
	SerialNo  int           `json:"serial_no,omitempty"`
	Title     string        `json:"title"`
	Proposers []proposalRef `json:"proposers" doc:"They get the reply and rate it, each for themself"`
}

// proposalAsked is what proposers asked for once their proposal was handed in.
type proposalAsked struct {
	ID        string       `json:"id"`
	Kind      string       `json:"kind" enum:"withdraw,text"`
	State     string       `json:"state" enum:"open,granted,refused,taken_back,lapsed"`
	Reason    string       `json:"reason,omitempty"`
	Changes   []textChange `json:"changes" doc:"While it is open: what the text asked for would change"`
	AskedBy   proposalRef  `json:"asked_by"`
	AskedAt   *time.Time   `json:"asked_at,omitempty"`
	DecidedBy *proposalRef `json:"decided_by,omitempty"`
	DecidedAt *time.Time   `json:"decided_at,omitempty"`
	Answer    string       `json:"answer,omitempty"`
}

// textChange is how one part of a text became another.
type textChange struct {
	Part   string      `json:"part" enum:"title,situation,analysis,suggestions"`
	Pieces []textPiece `json:"pieces" doc:"Those that are not added make the old text, those that are not removed the new one"`
}

type textPiece struct {
	Kind string `json:"kind" enum:"same,added,removed"`
	Text string `json:"text"`
}

func textChangeOf(c proposal.Comparison) textChange {
	return textChange{c.Part, each(c.Pieces, func(p compare.Piece) textPiece { return textPiece{string(p.Kind), p.Text} })}
}

// proposalRevision is a text as it was handed in or changed.
type proposalRevision struct {
	N           int        `json:"n"`
	Title       string     `json:"title"`
	Situation   string     `json:"situation"`
	Analysis    string     `json:"analysis"`
	Suggestions string     `json:"suggestions"`
	Person      string     `json:"person,omitempty" doc:"Name of who wrote it"`
	At          *time.Time `json:"at,omitempty"`
	Reason      string     `json:"reason,omitempty"`
}

// mergeCase is a case that may be merged or take others in.
type mergeCase struct {
	ID       string    `json:"id"`
	CaseNo   int       `json:"case_no,omitempty"`
	SerialNo int       `json:"serial_no,omitempty"`
	Title    string    `json:"title"`
	State    caseState `json:"state"`
	Version  int       `json:"version"`
	Lead     string    `json:"lead" doc:"Name of the lead proposer, or of the proposing body"`
}

// mergeGroup is a suggestion.
type mergeGroup struct {
	Likeness float64     `json:"likeness" doc:"Of the two that are most alike, as far as their signatures tell"`
	Cases    []mergeCase `json:"cases" doc:"The one to lead stands first"`
}

// mergeOrder merges several cases into one.
type mergeOrder struct {
	Into   string        `json:"into" minLength:"1" maxLength:"64" doc:"Id of the case that leads"`
	Cases  []mergeChosen `json:"cases" minItems:"1" maxItems:"200"`
	Reason string        `json:"reason" minLength:"1" maxLength:"1000"`
}

type mergeChosen struct {
	ID      string `json:"id" maxLength:"64"`
	Version int    `json:"version" minimum:"1"`
}

func (r *rest) addChanges(api huma.API, op func(id, method, path, summary string) huma.Operation) {
	huma.Register(api, op("suggest-mergers", "GET", "/proposals/merging", "Suggest which cases of the session to merge; for the review chair"), r.groups)
	huma.Register(api, op("merge-proposals", "POST", "/proposals/merging", "Merge several cases into one, all or none"), r.merge)
	huma.Register(api, op("list-revisions", "GET", "/proposals/{id}/revisions", "List the versions of a text, the newest last"), r.revisions)
	huma.Register(api, op("compare-revisions", "GET", "/proposals/{id}/revisions/{from}/{to}", "Compare two versions of a text"), r.compareRevisions)
}

func (r *rest) groups(ctx context.Context, _ *struct{}) (*web.Answer[[]mergeGroup], error) {
	all, err := r.proposals.MergeGroups(ctx)
	return web.AnswerOf(each(all, func(g *proposal.MergeGroup) mergeGroup {
		return mergeGroup{g.Likeness, each(g.Cases, func(m *proposal.MergeCase) mergeCase {
			return mergeCase{m.ID, m.CaseNo, m.SerialNo, m.Title, caseState(m.State), m.Version, m.Lead}
		})}
	}), err)
}

func (r *rest) merge(ctx context.Context, in *struct{ Body mergeOrder }) (*struct{}, error) {
	return nil, r.proposals.Merge(ctx, in.Body.Into, each(in.Body.Cases, func(c mergeChosen) proposal.Chosen { return proposal.Chosen(c) }), in.Body.Reason)
}

func (r *rest) revisions(ctx context.Context, in *InCase) (*web.Answer[[]proposalRevision], error) {
	_, all, err := r.proposals.Revisions(ctx, in.ID)
	return web.AnswerOf(each(all, func(x *proposal.Revision) proposalRevision {
		return proposalRevision{x.N, x.Title, x.Situation, x.Analysis, x.Suggestions, x.Person, at(x.At), x.Reason}
	}), err)
}

func (r *rest) compareRevisions(ctx context.Context, in *struct {
	InCase
	From int `path:"from" minimum:"1"`
	To   int `path:"to" minimum:"1"`
}) (*web.Answer[[]textChange], error) {
	_, all, err := r.proposals.Revisions(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var from, to *proposal.Revision
	for _, x := range all {
		if x.N == in.From {
			from = x
		}
		if x.N == in.To {
			to = x
		}
	}
	if from == nil || to == nil {
		return nil, errs.Missing()
	}
	return &web.Answer[[]textChange]{Body: each(proposal.CompareTexts(from.Parts(), to.Parts()), textChangeOf)}, nil
}
