package awardweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/award"
	"shangliang/internal/calendar"
	"shangliang/internal/web"
)

type awardHead struct {
	ID            string        `json:"id"`
	Title         string        `json:"title"`
	Year          int           `json:"year"`
	Places        int           `json:"places"`
	NominateUntil calendar.Date `json:"nominate_until" format:"date"`
	State         string        `json:"state" enum:"nominating,shortlist,voting,counted,void,published,cancelled"`
	Version       int           `json:"version"`
}

func headOf(w *award.Award) awardHead {
	return awardHead{w.ID, w.Title, w.Year, w.Places, w.NominateUntil, w.State, w.Version}
}

type awardCandidate struct {
	Proposal    string `json:"proposal"`
	CaseNo      int    `json:"case_no"`
	Title       string `json:"title"`
	Lead        string `json:"lead"`
	Kind        string `json:"kind"`
	Shortlisted bool   `json:"shortlisted"`
	Votes       int    `json:"votes,omitempty" doc:"Once they are counted"`
	Won         bool   `json:"won,omitempty"`
}

type awardBody struct {
	awardHead
	Due        int              `json:"due,omitempty" doc:"Persons on the list of voters"`
	Issued     int              `json:"issued,omitempty"`
	Cast       int              `json:"cast,omitempty" doc:"Ballots that came back"`
	VoidReason string           `json:"void_reason,omitempty" enum:"quorum,surplus"`
	Candidates []awardCandidate `json:"candidates"`
	Voter      bool             `json:"voter" doc:"One is on the list of voters"`
	Voted      bool             `json:"voted"`
}

type awardMade struct {
	ID string `json:"id"`
}

// InAward names an award.
type InAward struct {
	ID string `path:"id" maxLength:"64"`
}

func addAPI(api huma.API, d Deps) {
	s := d.Awards
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"awards"}}
	}
	huma.Register(api, op("list-awards", "GET", "/awards", "List the awards, newest first"), func(ctx context.Context, _ *struct{}) (*web.Answer[[]awardHead], error) {
		all, err := s.List(ctx)
		out := make([]awardHead, len(all))
		for i, w := range all {
			out[i] = headOf(w)
		}
		return web.AnswerOf(out, err)
	})
	huma.Register(api, op("get-award", "GET", "/awards/{id}", "Read an award with what one may see of its candidates"), func(ctx context.Context, in *InAward) (*web.Answer[awardBody], error) {
		v, err := s.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out := awardBody{awardHead: headOf(v.Award), Due: v.Due, Issued: v.Issued, Cast: v.Cast, VoidReason: v.VoidReason, Candidates: []awardCandidate{}, Voter: v.Voter, Voted: v.Voted}
		for _, c := range v.Candidates {
			out.Candidates = append(out.Candidates, awardCandidate{c.Proposal, c.CaseNo, c.Title, c.Lead, c.Kind, c.Shortlisted, c.Votes, c.Won})
		}
		return &web.Answer[awardBody]{Body: out}, nil
	})
	call := op("call-award", "POST", "/awards", "Open an award for nominations")
	call.DefaultStatus = http.StatusCreated
	huma.Register(api, call, func(ctx context.Context, in *struct {
		Body struct {
			Title         string        `json:"title" maxLength:"100"`
			Year          int           `json:"year"`
			Places        int           `json:"places" minimum:"1" maximum:"200"`
			NominateUntil calendar.Date `json:"nominate_until" format:"date"`
		}
	}) (*web.Answer[awardMade], error) {
		id, err := s.Call(ctx, in.Body.Title, in.Body.Year, in.Body.Places, in.Body.NominateUntil)
		return web.AnswerOf(awardMade{id}, err)
	})
	huma.Register(api, op("nominate-for-award", "POST", "/awards/{id}/nominations", "Nominate a closed proposal"), func(ctx context.Context, in *struct {
		InAward
		Body struct {
			Proposal string `json:"proposal" maxLength:"64"`
			Reason   string `json:"reason" minLength:"1" maxLength:"500"`
		}
	}) (*struct{}, error) {
		return nil, s.Nominate(ctx, in.ID, in.Body.Proposal, in.Body.Reason)
	})
	huma.Register(api, op("shortlist-for-award", "PUT", "/awards/{id}/shortlist", "Choose the shortlist"), func(ctx context.Context, in *struct {
		InAward
		Body struct {
			Version   int      `json:"version" minimum:"1"`
			Proposals []string `json:"proposals" maxItems:"1000"`
		}
	}) (*struct{}, error) {
		return nil, s.Choose(ctx, in.ID, in.Body.Version, in.Body.Proposals)
	})
	huma.Register(api, op("act-on-award", "POST", "/awards/{id}/actions/{action}", "Take a step of an award"), func(ctx context.Context, in *struct {
		InAward
		Action string `path:"action" enum:"close,open,count,publish,cancel"`
		Body   struct {
			Version   int            `json:"version" minimum:"1"`
			Voters    string         `json:"voters,omitempty" maxLength:"64" doc:"open: members, standing, or the id of a body"`
			Issued    int            `json:"issued,omitempty" minimum:"0" doc:"count: paper ballots given out"`
			Collected int            `json:"collected,omitempty" minimum:"0" doc:"count: paper ballots that came back"`
			Votes     map[string]int `json:"votes,omitempty" doc:"count: of paper ballots, by proposal"`
			Decision  string         `json:"decision,omitempty" maxLength:"500" doc:"publish: by which it is published"`
		}
	}) (*web.Answer[awardHead], error) {
		b := in.Body
		w, err := s.Do(ctx, in.ID, b.Version, in.Action, award.Input{Voters: b.Voters, Decision: b.Decision, Paper: award.Paper{Issued: b.Issued, Collected: b.Collected, Votes: b.Votes}})
		if err != nil {
			return nil, err
		}
		return &web.Answer[awardHead]{Body: headOf(w)}, nil
	})
	huma.Register(api, op("vote-for-award", "POST", "/awards/{id}/ballots", "Cast one's ballot; it cannot be taken back. A token of the API cannot vote: it does not prove that the person is there"), func(ctx context.Context, in *struct {
		InAward
		Body struct {
			Proposals []string `json:"proposals" maxItems:"200" doc:"None is an abstention"`
		}
	}) (*struct{}, error) {
		return nil, s.Vote(ctx, in.ID, in.Body.Proposals)
	})
}
