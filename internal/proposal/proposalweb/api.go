package proposalweb

import (
	"cmp"
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/lang"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
	"shangliang/internal/web"
)

// rest are the operations of REST. Each is one call of the service, so that a
// program meets the same guards as a person.
type rest struct {
	proposals *proposal.Service
}

// InCase names a case in the path.
type InCase struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the proposal"`
}

// addAPI adds the operations about proposals and calls for them.
func addAPI(api huma.API, d Deps) {
	r := &rest{d.Proposals}
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"proposals"}}
	}
	huma.Register(api, op("list-proposals", "GET", "/proposals", "List the proposals within one's reach"), r.list)
	create := op("create-proposal", "POST", "/proposals", "Begin a draft")
	create.DefaultStatus = http.StatusCreated
	huma.Register(api, create, r.create)
	huma.Register(api, op("get-proposal", "GET", "/proposals/{id}", "Read a case with everything that one may see of it"), r.get)
	huma.Register(api, op("save-proposal", "PUT", "/proposals/{id}", "Save the text of a draft, or of a proposal that came back for revision"), r.save)
	act := op("act-on-proposal", "POST", "/proposals/{id}/actions/{action}", "Take a step of the case")
	act.Description = "The steps with what they need, and the states in which they can be taken, are in the list of lifecycles; those that one may take now stand in the case as actions."
	huma.Register(api, act, r.act)
	r.addAlike(api, op)
	r.addChanges(api, op)
	huma.Register(api, op("act-on-assignment", "POST", "/proposals/{id}/assignments/{assignment}/actions/{action}", "Take a step of a department's assignment"), r.actAssignment)
	huma.Register(api, op("answer-cosigning", "POST", "/proposals/{id}/cosignature", "Confirm or decline to co-sign, as oneself"), r.cosign)
	huma.Register(api, op("rate-proposal", "POST", "/proposals/{id}/ratings", "Rate the handling, as oneself"), r.rate)
	huma.Register(api, op("report-commitment", "POST", "/proposals/{id}/commitments/{commitment}/report", "Report that a commitment was kept"), r.report)
	huma.Register(api, op("decide-commitment", "POST", "/proposals/{id}/commitments/{commitment}/decision", "Decide whether a commitment was kept"), r.decide)

	r.addCompliance(api, op)

	upload := op("attach-file", "POST", "/proposals/{id}/files", "Add a file to a case")
	upload.DefaultStatus, upload.MaxBodyBytes = http.StatusCreated, d.Proposals.FileLimits().Most()+web.FormLimit
	huma.Register(api, upload, r.attach)
	download := op("get-file", "GET", "/proposals/{id}/files/{file}", "Download a file of a case")
	download.Responses = map[string]*huma.Response{"200": {Description: "The file; parts of it when asked by Range",
		Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}}
	huma.Register(api, download, r.download)
	huma.Register(api, op("remove-file", "DELETE", "/proposals/{id}/files/{file}", "Take a file off a case that is still being written"), r.detach)
	huma.Register(api, op("restore-file", "POST", "/proposals/{id}/files/{file}/restore", "Put a file back that one has taken off"), r.reattach)

	huma.Register(api, op("list-queues", "GET", "/queues", "Count what waits for who asks"), r.queues)
	huma.Register(api, op("list-lifecycles", "GET", "/lifecycles", "Describe the lifecycles: states, steps, what each step takes, code sets"), r.lifecycles)

	huma.Register(api, op("list-collection-rounds", "GET", "/collection-rounds", "List the calls for proposals, newest first"), r.rounds)
	open := op("open-collection-round", "POST", "/collection-rounds", "Call for proposals")
	open.DefaultStatus = http.StatusCreated
	huma.Register(api, open, r.openRound)
	huma.Register(api, op("change-collection-round", "PUT", "/collection-rounds/{id}", "Change a call for proposals"), r.changeRound)
}

func (r *rest) list(ctx context.Context, in *struct {
	web.PageQuery
	Queue   string      `query:"queue" maxLength:"64" doc:"Id of a queue of one's own"`
	State   []caseState `query:"state,explode" doc:"May be given several times"`
	Session string      `query:"session" maxLength:"64" doc:"Id of the session"`
	Year    int         `query:"year" minimum:"0" maximum:"2199"`
	Kind    string      `query:"kind" enum:"individual,joint,collective"`
	Subject string      `query:"subject" maxLength:"64"`
	Unit    string      `query:"unit" maxLength:"64" doc:"Id of a department that handles it"`
	ByBody  string      `query:"body" maxLength:"64" doc:"Id of the proposing body"`
	Meaning string      `query:"meaning" enum:"resolved,in_progress,planned,reference,infeasible" doc:"Of the newest reply's outcome"`
	Title   string      `query:"title" maxLength:"200" doc:"Part of the title"`
	Mine    bool        `query:"mine" doc:"Those that one stands behind"`
	Overdue bool        `query:"overdue"`
	Sort    string      `query:"sort" enum:"updated,due,-due,case_no,-case_no" default:"updated" doc:"updated: the newest first"`
}) (*web.Answer[web.Page[proposalItem]], error) {
	f := proposal.Filter{Queue: in.Queue, Session: in.Session, Year: in.Year, Kind: in.Kind, Subject: in.Subject, Unit: in.Unit, Body: in.ByBody,
		Outcome: in.Meaning, Title: in.Title, Mine: in.Mine, Overdue: in.Overdue, Sort: in.Sort, After: in.Cursor, Limit: in.Limit}
	for _, s := range in.State {
		f.States = append(f.States, string(s))
	}
	if f.Sort == "updated" {
		f.Sort = ""
	}
	l, err := r.proposals.List(ctx, f)
	if err != nil {
		return nil, err
	}
	return &web.Answer[web.Page[proposalItem]]{Body: web.Page[proposalItem]{Items: each(l.Items, itemOf), Next: l.Next}}, nil
}

func (r *rest) create(ctx context.Context, in *struct{ Body proposalDraft }) (*created, error) {
	t := in.Body.text()
	t.Proposer = in.Body.Proposer
	p, err := r.proposals.Create(ctx, t)
	if err != nil {
		return nil, err
	}
	return &created{"/api/v1/proposals/" + p.ID, standing(p)}, nil
}

// created tells where what was made is found.
type created struct {
	Location string `header:"Location"`
	Body     ProposalStanding
}

func (r *rest) get(ctx context.Context, in *InCase) (*web.Answer[proposalCase], error) {
	c, err := r.proposals.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &web.Answer[proposalCase]{Body: caseOf(ctx, c)}, nil
}

func (r *rest) save(ctx context.Context, in *struct {
	InCase
	Body proposalChange
}) (*web.Answer[ProposalStanding], error) {
	return stands(r.proposals.Save(ctx, in.ID, in.Body.Version, in.Body.text()))
}

func (r *rest) act(ctx context.Context, in *struct {
	InCase
	Action caseAction `path:"action"`
	Body   proposalInput
}) (*web.Answer[ProposalStanding], error) {
	return stands(r.proposals.Do(ctx, in.ID, in.Body.Version, string(in.Action), in.Body.input()))
}

func stands(p *proposal.Proposal, err error) (*web.Answer[ProposalStanding], error) {
	if err != nil {
		return nil, err
	}
	return &web.Answer[ProposalStanding]{Body: standing(p)}, nil
}

func (r *rest) actAssignment(ctx context.Context, in *struct {
	InCase
	Assignment string           `path:"assignment" maxLength:"64"`
	Action     assignmentAction `path:"action"`
	Body       proposalInput
}) (*web.Answer[proposalAssignmentStanding], error) {
	as, err := r.proposals.DoAssignment(ctx, in.ID, in.Assignment, in.Body.Version, string(in.Action), in.Body.input())
	if err != nil {
		return nil, err
	}
	return &web.Answer[proposalAssignmentStanding]{Body: proposalAssignmentStanding{as.ID, assignmentState(as.State), as.Version, as.DueOn}}, nil
}

func (r *rest) cosign(ctx context.Context, in *struct {
	InCase
	Body cosignature
}) (*web.Answer[ProposalStanding], error) {
	return stands(r.proposals.Cosign(ctx, in.ID, in.Body.Accept))
}

func (r *rest) rate(ctx context.Context, in *struct {
	InCase
	Body proposalRating
}) (*struct{}, error) {
	return nil, r.proposals.Rate(ctx, in.ID, proposal.Rating(in.Body))
}

// InCommitment names a commitment of a case.
type InCommitment struct {
	InCase
	Commitment string `path:"commitment" maxLength:"64"`
}

func (r *rest) report(ctx context.Context, in *struct {
	InCommitment
	Body commitmentReport
}) (*struct{}, error) {
	return nil, r.proposals.ReportCommitment(ctx, in.ID, in.Commitment, in.Body.Version, in.Body.Evidence)
}

func (r *rest) decide(ctx context.Context, in *struct {
	InCommitment
	Body commitmentDecision
}) (*struct{}, error) {
	return nil, r.proposals.DecideCommitment(ctx, in.ID, in.Commitment, in.Body.Version, in.Body.Kept, in.Body.Answer)
}

// uploadForm is a file with what it is for.
type uploadForm struct {
	File       huma.FormFile `form:"file" required:"true"`
	Purpose    string        `form:"purpose" required:"false" enum:"attachment,scan,reply,evidence" doc:"attachment unless given"`
	Assignment string        `form:"assignment" required:"false" maxLength:"64" doc:"Of a department's reply or evidence"`
}

func (r *rest) attach(ctx context.Context, in *struct {
	InCase
	RawBody huma.MultipartFormFiles[uploadForm]
}) (*web.Answer[proposalFile], error) {
	form := in.RawBody.Data()
	defer form.File.Close()
	f, err := r.proposals.Attach(ctx, in.ID, proposal.Upload{Purpose: cmp.Or(form.Purpose, "attachment"), Assignment: form.Assignment,
		Name: web.CleanName(form.File.Filename), Size: form.File.Size, Content: form.File})
	if err != nil {
		return nil, err
	}
	if f == nil { // the same request again, after the file was taken off
		return nil, errs.Missing()
	}
	return &web.Answer[proposalFile]{Body: fileOf(f, "")}, nil
}

// stored names a file of a case.
type stored struct {
	InCase
	File string `path:"file" maxLength:"64"`
}

func (r *rest) download(ctx context.Context, in *stored) (*huma.StreamResponse, error) {
	f, content, err := r.proposals.OpenFile(ctx, in.ID, in.File)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		req, w := humago.Unwrap(hc)
		err := web.ServeFile(w, req, f.Name, document.ContentType(document.Kind(f.Kind)), f.SHA256, func() (io.ReadSeekCloser, error) { return content, nil })
		if err != nil {
			web.Fail(w, req, err)
		}
	}}, nil
}

func (r *rest) detach(ctx context.Context, in *stored) (*struct{}, error) {
	return nil, r.proposals.Detach(ctx, in.ID, in.File)
}

func (r *rest) reattach(ctx context.Context, in *stored) (*struct{}, error) {
	return nil, r.proposals.Reattach(ctx, in.ID, in.File)
}

func (r *rest) queues(ctx context.Context, _ *struct{}) (*web.Answer[[]proposalQueue], error) {
	all, err := r.proposals.Counts(ctx)
	return web.AnswerOf(each(all, func(q proposal.Counted) proposalQueue {
		return proposalQueue{q.ID, lang.Say(ctx, q.Title), lang.Say(ctx, q.Next), q.Count}
	}), err)
}

func (r *rest) rounds(ctx context.Context, _ *struct{}) (*web.Answer[[]collectionRound], error) {
	all, today, err := r.proposals.Rounds(ctx)
	return web.AnswerOf(each(all, func(x *proposal.Round) collectionRound { return roundOf(x, today) }), err)
}

func (r *rest) openRound(ctx context.Context, in *struct{ Body CollectionRoundText }) (*web.Answer[collectionRoundOpened], error) {
	id, err := r.proposals.SaveRound(ctx, in.Body.round("", 0))
	return web.AnswerOf(collectionRoundOpened{id}, err)
}

func (r *rest) changeRound(ctx context.Context, in *struct {
	ID   string `path:"id" maxLength:"64"`
	Body collectionRoundChange
}) (*struct{}, error) {
	_, err := r.proposals.SaveRound(ctx, in.Body.round(in.ID, in.Body.Version))
	return nil, err
}

// proposalLifecycle is a lifecycle as data.
type proposalLifecycle struct {
	Name    string          `json:"name"`
	Title   string          `json:"title"`
	Initial string          `json:"initial" doc:"The state in which it begins"`
	States  []proposalState `json:"states"`
	Steps   []proposalStep  `json:"steps"`
}

type proposalState struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Stage string `json:"stage,omitempty" doc:"The part of the way that the state belongs to"`
	Final bool   `json:"final,omitempty" doc:"Nothing follows"`
}

type proposalStep struct {
	Action     string          `json:"action"`
	Title      string          `json:"title"`
	Says       string          `json:"says" doc:"What follows"`
	From       []string        `json:"from"`
	To         string          `json:"to"`
	Permission string          `json:"permission,omitempty"`
	Guards     []string        `json:"guards"`
	Danger     bool            `json:"danger,omitempty" doc:"Cannot be taken back"`
	System     bool            `json:"system,omitempty" doc:"Taken by the platform itself"`
	Fields     []proposalField `json:"fields" doc:"What is filled in"`
}

type proposalField struct {
	Name     string `json:"name"`
	Label    string `json:"label"`
	Kind     string `json:"kind" enum:"text,area,code,date,unit,units,case,suggest,int,promises"`
	Codes    string `json:"codes,omitempty" doc:"The code set of a code"`
	Required bool   `json:"required,omitempty"`
	Max      int    `json:"max,omitempty" doc:"Characters, or the largest number"`
}

type proposalCode struct {
	Key     string `json:"key"`
	Label   string `json:"label"`
	Meaning string `json:"meaning,omitempty" doc:"What it means everywhere"`
}

type proposalLifecycles struct {
	Lifecycles []proposalLifecycle       `json:"lifecycles"`
	Codes      map[string][]proposalCode `json:"codes" doc:"What can be chosen today, by code set"`
}

// codeSets are those that a program needs to fill in what a page lets choose.
var codeSets = []string{"proposal.subjects", "proposal.open_choices", "proposal.contact_wishes", "proposal.stages", "proposal.decline_reasons",
	"proposal.dispositions", "assignment.contact_kinds", "reply.outcomes", "reply.disclosures", "feedback.levels", "feedback.dimensions"}

func (r *rest) lifecycles(ctx context.Context, _ *struct{}) (*web.Answer[proposalLifecycles], error) {
	v, err := r.proposals.RulesNow(ctx)
	if err != nil {
		return nil, err
	}
	out := proposalLifecycles{Codes: map[string][]proposalCode{}}
	for _, m := range []flow.Machine{proposal.CaseFlow, proposal.AssignmentFlow} {
		out.Lifecycles = append(out.Lifecycles, lifecycleOf(ctx, m))
	}
	for _, set := range codeSets {
		out.Codes[set] = each(v.Codes(set).Active(), func(c rule.Code) proposalCode {
			return proposalCode{c.Key, lang.Say(ctx, c.Label), c.Canonical}
		})
	}
	return &web.Answer[proposalLifecycles]{Body: out}, nil
}

func lifecycleOf(ctx context.Context, m flow.Machine) proposalLifecycle {
	return proposalLifecycle{Name: m.Name, Title: lang.Say(ctx, m.Title), Initial: m.Initial,
		States: each(m.States, func(s flow.State) proposalState {
			return proposalState{s.ID, lang.Say(ctx, s.Title), lang.Say(ctx, s.Stage), s.Final}
		}),
		Steps: each(m.Steps, func(s flow.Step) proposalStep {
			step := proposalStep{Action: s.Action, Title: lang.Say(ctx, s.Title), Says: lang.Say(ctx, s.Says), From: s.From, To: s.To, Permission: s.Permission,
				Guards: each(s.Guards, func(g string) string { return g }), Danger: s.Danger, System: s.System}
			step.Fields = each(proposal.Fields[m.Name+"."+s.Action], func(f proposal.Field) proposalField {
				return proposalField{f.Name, lang.Say(ctx, f.Label), f.Kind, f.Codes, f.Required, f.Max}
			})
			return step
		})}
}
