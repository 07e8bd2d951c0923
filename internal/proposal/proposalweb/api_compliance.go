package proposalweb

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/calendar"
	"shangliang/internal/lang"
	"shangliang/internal/proposal"
	"shangliang/internal/web"
)

// complianceLine is how far a case is with two meetings and one disclosure.
type complianceLine struct {
	ID         string        `json:"id"`
	CaseNo     int           `json:"case_no"`
	Title      string        `json:"title"`
	State      caseState     `json:"state"`
	Units      []proposalRef `json:"units" doc:"The departments that answer"`
	Required   int           `json:"required" doc:"Meetings in person that its rules ask for before it is closed"`
	Before     int           `json:"before" doc:"Days on which they met until the reply was signed off"`
	After      int           `json:"after" doc:"Days on which they met since"`
	MustBeOpen bool          `json:"must_be_open" doc:"Its rules ask for disclosure"`
	Disclosed  bool          `json:"disclosed"`
	Missing    []string      `json:"missing" doc:"What is missing, in words; empty when it complies"`
}

// meetingBody is a talk in person after the answer.
type meetingBody struct {
	Kind    string        `json:"kind" maxLength:"64" doc:"Code of the set assignment.contact_kinds"`
	On      calendar.Date `json:"on" format:"date"`
	People  string        `json:"people" maxLength:"200"`
	Summary string        `json:"summary" maxLength:"2000"`
}

type exemptionBody struct {
	Kind   string `json:"kind" enum:"meetings,disclosure"`
	Reason string `json:"reason" minLength:"1" maxLength:"500"`
}

func (r *rest) addCompliance(api huma.API, op func(id, method, path, summary string) huma.Operation) {
	huma.Register(api, op("list-compliance", "GET", "/compliance", "List how far the dispatched cases of a year are with two meetings and one disclosure"), func(ctx context.Context, in *struct {
		Year int `query:"year" minimum:"0" maximum:"2199" doc:"That of the current session unless given"`
	}) (*web.Answer[[]complianceLine], error) {
		all, err := r.proposals.Compliances(ctx, in.Year)
		if err != nil {
			return nil, err
		}
		return &web.Answer[[]complianceLine]{Body: each(all.All, func(c *proposal.Complying) complianceLine {
			line := complianceLine{ID: c.ID, CaseNo: c.CaseNo, Title: c.Title, State: caseState(c.State), Required: c.Need, Before: c.Before, After: c.After, MustBeOpen: c.NeedsPublic,
				Disclosed: c.Public, Missing: []string{}, Units: each(c.Units, func(id string) proposalRef { return proposalRef{id, all.Names[id]} })}
			for _, f := range c.Missing() {
				line.Missing = append(line.Missing, lang.T(ctx, f.Msg, f.Args...))
			}
			return line
		})}, nil
	})
	huma.Register(api, op("record-meeting", "POST", "/proposals/{id}/assignments/{assignment}/meetings", "Write down a meeting with the proposers after the reply"), func(ctx context.Context, in *struct {
		InCase
		Assignment string `path:"assignment" maxLength:"64"`
		Body       meetingBody
	}) (*struct{}, error) {
		return nil, r.proposals.Meet(ctx, in.ID, in.Assignment, proposal.Input{Kind: in.Body.Kind, On: in.Body.On, People: in.Body.People, Summary: in.Body.Summary})
	})
	huma.Register(api, op("exempt-proposal", "POST", "/proposals/{id}/exemptions", "Let a case be closed without a requirement"), func(ctx context.Context, in *struct {
		InCase
		Body exemptionBody
	}) (*struct{}, error) {
		return nil, r.proposals.Exempt(ctx, in.ID, in.Body.Kind, in.Body.Reason)
	})
}
