package keyproposalweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/calendar"
	"shangliang/internal/keyproposal"
	"shangliang/internal/web"
)

// KeyProposal is a key proposal as REST gives it in a list.
type KeyProposal struct {
	ID           string        `json:"id"`
	Proposal     string        `json:"proposal" doc:"Id of the proposal"`
	CaseNo       int           `json:"case_no"`
	Title        string        `json:"title"`
	Party        bool          `json:"party" doc:"Proposed by a party or a people's organisation"`
	Year         int           `json:"year"`
	State        string        `json:"state" doc:"A state of the lifecycle key_proposal"`
	Criteria     []string      `json:"criteria"`
	Leader       string        `json:"leader,omitempty" doc:"Person"`
	LeaderName   string        `json:"leader_name,omitempty"`
	LeaderPost   string        `json:"leader_post,omitempty"`
	LeaderKind   string        `json:"leader_kind,omitempty" enum:"party,government,conference"`
	Committee    string        `json:"committee,omitempty"`
	DecidedOn    calendar.Date `json:"decided_on,omitempty"`
	PlanSignedOn calendar.Date `json:"plan_signed_on,omitempty"`
	Outcome      string        `json:"outcome,omitempty"`
	DueOn        calendar.Date `json:"due_on,omitempty" doc:"Of the first deadline that runs"`
	Version      int           `json:"version"`
}

func keyOf(k *keyproposal.Key, c *keyproposal.Case, leader string, due calendar.Date) KeyProposal {
	return KeyProposal{ID: k.ID, Proposal: k.Proposal, CaseNo: c.CaseNo, Title: c.Title, Party: c.Party(), Year: k.Year, State: k.State, Criteria: append([]string{}, k.Criteria...),
		Leader: k.Leader, LeaderName: leader, LeaderPost: k.LeaderPost, LeaderKind: k.LeaderKind, Committee: k.Committee, DecidedOn: k.DecidedOn,
		PlanSignedOn: k.PlanSignedOn, Outcome: k.Outcome, DueOn: due, Version: k.Version}
}

// keyProposalDetails is one with everything that one may see of it.
type keyProposalDetails struct {
	KeyProposal
	Plan       string              `json:"plan,omitempty"`
	PlanForms  []string            `json:"plan_forms"`
	Report     string              `json:"report,omitempty"`
	Opinions   []keyOpinion        `json:"opinions"`
	Activities []keyActivity       `json:"activities"`
	Actions    []keyProposalAction `json:"actions" doc:"The steps that one may take now"`
}

type keyOpinion struct {
	Body    string `json:"body"`
	Stance  string `json:"stance,omitempty" doc:"None until it is given"`
	Opinion string `json:"opinion,omitempty"`
}

type keyActivity struct {
	On      calendar.Date `json:"on"`
	Form    string        `json:"form"`
	Summary string        `json:"summary"`
}

type keyProposalAction struct {
	Action  string `json:"action"`
	Blocked bool   `json:"blocked,omitempty" doc:"Something is still missing"`
}

// InKey names a key proposal in the path.
type InKey struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the key proposal"`
}

// addAPI adds the operations; each is one call of the service.
func addAPI(api huma.API, keys *keyproposal.Service) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"key proposals"}}
	}
	huma.Register(api, op("list-key-proposals", "GET", "/key-proposals", "List key proposals and nominations within one's reach"), func(ctx context.Context, in *struct {
		Year      int    `query:"year" minimum:"0" maximum:"2199"`
		State     string `query:"state" maxLength:"64"`
		Leader    string `query:"leader" maxLength:"64" doc:"Person"`
		Committee string `query:"committee" maxLength:"64"`
		Title     string `query:"title" maxLength:"200"`
		Party     bool   `query:"party" doc:"Parties' proposals only"`
		Key       bool   `query:"key" doc:"Only what the chairs' meeting approved"`
	}) (*web.Answer[[]KeyProposal], error) {
		all, _, err := keys.List(ctx, keyproposal.Filter(*in))
		if err != nil {
			return nil, err
		}
		out := []KeyProposal{}
		for _, x := range all {
			out = append(out, keyOf(x.Key, x.Case, x.LeaderName, x.DueOn))
		}
		return &web.Answer[[]KeyProposal]{Body: out}, nil
	})
	nominate := op("nominate-key-proposals", "POST", "/key-proposals", "Nominate filed proposals, all of them or none")
	nominate.DefaultStatus = http.StatusCreated
	huma.Register(api, nominate, func(ctx context.Context, in *struct {
		Body struct {
			Proposals []string `json:"proposals" minItems:"1" maxItems:"100"`
			Criteria  []string `json:"criteria"`
			Reason    string   `json:"reason,omitempty" maxLength:"1000"`
		}
	}) (*web.Answer[keyNominated], error) {
		ids, err := keys.Nominate(ctx, in.Body.Proposals, in.Body.Criteria, in.Body.Reason)
		return &web.Answer[keyNominated]{Body: keyNominated{ids}}, err
	})
	huma.Register(api, op("get-key-proposal", "GET", "/key-proposals/{id}", "Read a key proposal"), func(ctx context.Context, in *InKey) (*web.Answer[keyProposalDetails], error) {
		d, err := keys.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &web.Answer[keyProposalDetails]{Body: detailsOf(d)}, nil
	})
	huma.Register(api, op("act-on-key-proposal", "POST", "/key-proposals/{id}/actions/{action}", "Take a step of a key proposal"), func(ctx context.Context, in *struct {
		InKey
		Action string `path:"action" enum:"ask,consult,approve,decline,bind,plan,sign,record_sign,log,report,return,close"`
		Body   struct {
			keyproposal.Input
			Version int `json:"version" minimum:"1"`
		}
	}) (*web.Answer[keyStanding], error) {
		k, err := keys.Do(ctx, in.ID, in.Body.Version, in.Action, in.Body.Input)
		if err != nil {
			return nil, err
		}
		return &web.Answer[keyStanding]{Body: keyStanding{k.ID, k.State, k.Version}}, nil
	})
	huma.Register(api, op("give-opinion-on-key-proposal", "PUT", "/key-proposals/{id}/opinions/{body}", "Say what a body thinks of a nomination"), func(ctx context.Context, in *struct {
		InKey
		OfBody string `path:"body" maxLength:"64"`
		Body   struct {
			Stance  string `json:"stance" maxLength:"64"`
			Opinion string `json:"opinion,omitempty" maxLength:"2000"`
		}
	}) (*struct{}, error) {
		return nil, keys.Opine(ctx, in.ID, in.OfBody, keyproposal.Input{Stance: in.Body.Stance, Text: in.Body.Opinion})
	})
	huma.Register(api, op("list-key-leaders", "GET", "/key-leaders", "List who may lead key proposals, with how many each leads in a year"), func(ctx context.Context, in *struct {
		Year int `query:"year" minimum:"1900" maximum:"2199" required:"true"`
	}) (*web.Answer[[]keyLeader], error) {
		all, err := keys.Leaders(ctx, in.Year)
		if err != nil {
			return nil, err
		}
		out := []keyLeader{}
		for _, l := range all {
			out = append(out, keyLeader{KeyLeaderText: KeyLeaderText{l.Person, l.Post, l.Kind, l.Principal}, ID: l.ID, Name: l.Name, Leads: len(l.Keys), Late: l.Late, Lacks: l.Lacks, Version: l.Version})
		}
		return &web.Answer[[]keyLeader]{Body: out}, nil
	})
	add := op("add-key-leader", "POST", "/key-leaders", "Put somebody on the list of leaders")
	add.DefaultStatus = http.StatusCreated
	huma.Register(api, add, func(ctx context.Context, in *struct{ Body KeyLeaderText }) (*web.Answer[keyLeaderSaved], error) {
		id, err := keys.SaveLeader(ctx, keyproposal.Leader{Person: in.Body.Person, Post: in.Body.Post, Kind: in.Body.Kind, Principal: in.Body.Principal})
		return &web.Answer[keyLeaderSaved]{Body: keyLeaderSaved{id}}, err
	})
	huma.Register(api, op("prioritize-party-proposals", "POST", "/key-proposals/priorities", "Give parties' proposals priority, or take it away"), func(ctx context.Context, in *struct {
		Body struct {
			Proposals []string `json:"proposals" minItems:"1" maxItems:"100"`
			Measure   string   `json:"measure" maxLength:"64" doc:"Code; empty takes the priority away"`
			Note      string   `json:"note,omitempty" maxLength:"500"`
		}
	}) (*struct{}, error) {
		return nil, keys.Prioritize(ctx, in.Body.Proposals, in.Body.Measure, in.Body.Note)
	})
}

type keyNominated struct {
	IDs []string `json:"ids"`
}

type keyStanding struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Version int    `json:"version"`
}

// KeyLeaderText is what is written down of a leader.
type KeyLeaderText struct {
	Person    string `json:"person" maxLength:"64"`
	Post      string `json:"post" maxLength:"60"`
	Kind      string `json:"kind" enum:"party,government,conference"`
	Principal bool   `json:"principal,omitempty" doc:"Is to lead at least one every year"`
}

type keyLeader struct {
	KeyLeaderText
	ID      string `json:"id"`
	Name    string `json:"name"`
	Leads   int    `json:"leads"`
	Late    int    `json:"late"`
	Lacks   bool   `json:"lacks" doc:"Leads fewer than the rules ask of a principal leader"`
	Version int    `json:"version"`
}

type keyLeaderSaved struct {
	ID string `json:"id"`
}

func detailsOf(d *keyproposal.Details) keyProposalDetails {
	due := calendar.Date("")
	for _, c := range d.Clocks {
		if c.State == "running" && (due == "" || c.DueOn < due) {
			due = c.DueOn
		}
	}
	out := keyProposalDetails{KeyProposal: keyOf(d.Key, d.Case, d.Names[d.Leader], due), Plan: d.Plan, PlanForms: append([]string{}, d.PlanForms...), Report: d.Report,
		Opinions: []keyOpinion{}, Activities: []keyActivity{}, Actions: []keyProposalAction{}}
	for _, o := range d.Opinions {
		out.Opinions = append(out.Opinions, keyOpinion{o.Body, o.Stance, o.Opinion})
	}
	for _, x := range d.Activities {
		out.Activities = append(out.Activities, keyActivity{x.OnDate, x.Form, x.Summary})
	}
	for _, a := range d.Actions {
		out.Actions = append(out.Actions, keyProposalAction{a.Action, a.Blocked != ""})
	}
	return out
}
