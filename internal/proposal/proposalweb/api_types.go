package proposalweb

import (
	"time"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/calendar"
	"shangliang/internal/flow"
	"shangliang/internal/proposal"
)

// The types of REST are their own, so that what a program has learnt to read
// does not change when the service does. Their enumerations are read from the
// lifecycles.

type (
	caseState        string
	assignmentState  string
	caseAction       string
	assignmentAction string
)

// Schema implements huma.SchemaProvider.
func (caseState) Schema(huma.Registry) *huma.Schema { return enumOf(stateIDs(proposal.CaseFlow)) }

// Schema implements huma.SchemaProvider.
func (assignmentState) Schema(huma.Registry) *huma.Schema {
	return enumOf(stateIDs(proposal.AssignmentFlow))
}

// Schema implements huma.SchemaProvider.
func (caseAction) Schema(huma.Registry) *huma.Schema { return enumOf(actionIDs(proposal.CaseFlow)) }

// Schema implements huma.SchemaProvider.
func (assignmentAction) Schema(huma.Registry) *huma.Schema {
	return enumOf(actionIDs(proposal.AssignmentFlow))
}

func stateIDs(m flow.Machine) (ids []any) {
	for _, s := range m.States {
		ids = append(ids, s.ID)
	}
	return ids
}

// actions are what a person can do; steps of the platform itself are left out.
func actionIDs(m flow.Machine) (ids []any) {
	seen := map[string]bool{}
	for _, s := range m.Steps {
		if !s.System && !seen[s.Action] {
			ids = append(ids, s.Action)
			seen[s.Action] = true
		}
	}
	return ids
}

func enumOf(values []any) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Enum: values}
	s.PrecomputeMessages()
	return s
}

// proposalRef is a person or a body.
type proposalRef struct {
	ID   string `json:"id"`
	Name string `json:"name" doc:"As it is called now"`
}

// DraftText is what a proposer writes.
type DraftText struct {
	Kind        string   `json:"kind,omitempty" enum:"individual,joint,collective" doc:"By who stands behind it; individual unless given"`
	Body        string   `json:"body,omitempty" maxLength:"64" doc:"The proposing body of a collective proposal"`
	Title       string   `json:"title,omitempty" maxLength:"200" doc:"案由"`
	Situation   string   `json:"situation,omitempty" maxLength:"50000"`
	Analysis    string   `json:"analysis,omitempty" maxLength:"50000"`
	Suggestions string   `json:"suggestions,omitempty" maxLength:"50000"`
	Subject     string   `json:"subject,omitempty" maxLength:"64" doc:"Code of the set proposal.subjects"`
	Researched  bool     `json:"researched,omitempty" doc:"Declared: it rests on research of one's own"`
	SelfWritten bool     `json:"self_written,omitempty" doc:"Declared: written by the proposer"`
	Relayed     bool     `json:"relayed,omitempty" doc:"Declared: it passes on what others asked for"`
	OpenChoice  string   `json:"open_choice,omitempty" maxLength:"64" doc:"Code of the set proposal.open_choices; open unless given"`
	OpenReason  string   `json:"open_reason,omitempty" maxLength:"500" doc:"Needed unless open"`
	UnitsWish   []string `json:"units_wish,omitempty" maxItems:"10" doc:"Ids of the departments that the proposer would ask"`
	ContactWish string   `json:"contact_wish,omitempty" maxLength:"64" doc:"Code of the set proposal.contact_wishes"`
	Cosigners   []string `json:"cosigners,omitempty" maxItems:"200" doc:"Ids of the persons to be invited to co-sign a joint proposal"`
}

func (t DraftText) text() proposal.Text {
	return proposal.Text{Kind: t.Kind, Body: t.Body, Title: t.Title, Situation: t.Situation, Analysis: t.Analysis, Suggestions: t.Suggestions,
		Subject: t.Subject, Researched: t.Researched, SelfWritten: t.SelfWritten, Relayed: t.Relayed, OpenChoice: t.OpenChoice,
		OpenReason: t.OpenReason, UnitsWish: t.UnitsWish, ContactWish: t.ContactWish, Cosigners: t.Cosigners}
}

// proposalDraft begins a draft.
type proposalDraft struct {
	DraftText
	Proposer string `json:"proposer,omitempty" maxLength:"64" doc:"The office only: id of the person who handed in the paper"`
}

// proposalChange saves a text.
type proposalChange struct {
	Version int `json:"version" minimum:"1" doc:"The version that was read; an older one is answered with 409"`
	DraftText
}

type cosignature struct {
	Accept bool `json:"accept"`
}

type commitmentReport struct {
	Version  int    `json:"version" minimum:"1" doc:"Of the commitment"`
	Evidence string `json:"evidence" minLength:"1" maxLength:"2000"`
}

type commitmentDecision struct {
	Version int    `json:"version" minimum:"1" doc:"Of the commitment"`
	Kept    bool   `json:"kept"`
	Answer  string `json:"answer,omitempty" maxLength:"2000" doc:"Needed if it was not kept"`
}

// proposalUnit names a department in a dispatch.
type proposalUnit struct {
	Unit string `json:"unit" maxLength:"64" doc:"Id of the department"`
	Role string `json:"role" enum:"sole,host,co_handler,split"`
}

// proposalPromise is a commitment in the draft of a reply.
type proposalPromise struct {
	Text  string        `json:"text" maxLength:"500"`
	DueOn calendar.Date `json:"due_on" format:"date"`
}

// proposalInput is what a step may take; the description of the lifecycles says which
// step takes what.
type proposalInput struct {
	Version     int            `json:"version" minimum:"1" doc:"The version that was seen; an older one is answered with 409"`
	Reason      string         `json:"reason,omitempty" maxLength:"1000" doc:"Reason or opinion, shown in the history"`
	Code        string         `json:"code,omitempty" maxLength:"64" doc:"decline: why it is not filed; check: the corrected outcome class"`
	Disposition string         `json:"disposition,omitempty" maxLength:"64" doc:"decline: where it goes instead"`
	Score       int            `json:"score,omitempty" minimum:"0" maximum:"5" doc:"pass, file: quality from 1 to 5"`
	Units       []proposalUnit `json:"units,omitempty" maxItems:"50" doc:"dispatch: one sole; one host with co-handlers; or two or more that split the work"`
	Suggested   []string       `json:"suggested,omitempty" maxItems:"10" doc:"pass, file: the departments that the reviewer would ask"`
	Unit        string         `json:"unit,omitempty" maxLength:"64" doc:"add_unit, request_return: the department to add or suggested instead"`
	Into        string         `json:"into,omitempty" maxLength:"64" doc:"merge: id of the case that this one follows"`

	Title       string `json:"title,omitempty" maxLength:"200" doc:"ask_change: the text asked for, all of it"`
	Situation   string `json:"situation,omitempty" maxLength:"50000" doc:"ask_change"`
	Analysis    string `json:"analysis,omitempty" maxLength:"50000" doc:"ask_change"`
	Suggestions string `json:"suggestions,omitempty" maxLength:"50000" doc:"ask_change"`

	Kind    string        `json:"kind,omitempty" maxLength:"64" doc:"contact: code of the set assignment.contact_kinds"`
	On      calendar.Date `json:"on,omitempty" format:"date" doc:"contact: the day"`
	People  string        `json:"people,omitempty" maxLength:"200" doc:"contact: who took part"`
	Summary string        `json:"summary,omitempty" maxLength:"2000" doc:"contact: what was said"`

	DocNo         string            `json:"doc_no,omitempty" maxLength:"60" doc:"draft: document number"`
	Outcome       string            `json:"outcome,omitempty" maxLength:"64" doc:"draft: code of the set reply.outcomes"`
	Disclosure    string            `json:"disclosure,omitempty" maxLength:"64" doc:"draft: code of the set reply.disclosures"`
	Body          string            `json:"body,omitempty" maxLength:"20000" doc:"draft: the text"`
	ContactName   string            `json:"contact_name,omitempty" maxLength:"50" doc:"draft"`
	ContactPhone  string            `json:"contact_phone,omitempty" maxLength:"50" doc:"draft"`
	ContactWaiver string            `json:"contact_waiver,omitempty" maxLength:"500" doc:"draft: why there was no talk with the proposers"`
	OpinionWaiver string            `json:"opinion_waiver,omitempty" maxLength:"500" doc:"draft: why opinions are not waited for"`
	Promises      []proposalPromise `json:"promises,omitempty" maxItems:"50" doc:"draft: commitments, followed once the reply is delivered"`
}

func (in proposalInput) input() proposal.Input {
	out := proposal.Input{Reason: in.Reason, Code: in.Code, Disposition: in.Disposition, Score: in.Score, Unit: in.Unit, Suggested: in.Suggested,
		Kind: in.Kind, On: in.On, People: in.People, Summary: in.Summary, DocNo: in.DocNo, Outcome: in.Outcome, Disclosure: in.Disclosure,
		Into: in.Into, Title: in.Title, Situation: in.Situation, Analysis: in.Analysis, Suggestions: in.Suggestions,
		Body: in.Body, ContactName: in.ContactName, ContactPhone: in.ContactPhone, ContactWaiver: in.ContactWaiver, OpinionWaiver: in.OpinionWaiver}
	for _, u := range in.Units {
		out.Units = append(out.Units, proposal.UnitRole(u))
	}
	for _, p := range in.Promises {
		out.Promises = append(out.Promises, proposal.Promise(p))
	}
	return out
}

// ProposalStanding is where a case stands: the answer to an act.
type ProposalStanding struct {
	ID        string        `json:"id"`
	State     caseState     `json:"state"`
	Version   int           `json:"version" doc:"Send it with the next act"`
	SerialNo  int           `json:"serial_no,omitempty" doc:"Given at submission"`
	CaseNo    int           `json:"case_no,omitempty" doc:"Given once at filing, without gaps in its session"`
	Stage     int           `json:"stage,omitempty" doc:"Index of the review stage"`
	Round     int           `json:"round,omitempty" doc:"Of handling; 1 with the first dispatch"`
	DueOn     calendar.Date `json:"due_on,omitempty" format:"date"`
	UpdatedAt *time.Time    `json:"updated_at,omitempty"`
}

func standing(p *proposal.Proposal) ProposalStanding {
	return ProposalStanding{ID: p.ID, State: caseState(p.State), Version: p.Version, SerialNo: p.SerialNo, CaseNo: p.CaseNo,
		Stage: p.Stage, Round: p.Round, DueOn: p.DueOn, UpdatedAt: at(p.UpdatedAt)}
}

// proposalItem is a case in a list.
type proposalItem struct {
	ID           string                 `json:"id"`
	Year         int                    `json:"year"`
	Session      string                 `json:"session" doc:"Title of the session it belongs to"`
	SerialNo     int                    `json:"serial_no,omitempty"`
	CaseNo       int                    `json:"case_no,omitempty"`
	Kind         string                 `json:"kind" enum:"individual,joint,collective"`
	Title        string                 `json:"title"`
	Subject      string                 `json:"subject,omitempty"`
	Lead         string                 `json:"lead" doc:"Name of the lead proposer, or of the proposing body"`
	Units        string                 `json:"units,omitempty" doc:"Names of the departments that answer"`
	State        caseState              `json:"state"`
	Stage        int                    `json:"stage,omitempty"`
	Version      int                    `json:"version"`
	DueOn        calendar.Date          `json:"due_on,omitempty" format:"date" doc:"A department's own, in its lists"`
	Outcome      string                 `json:"outcome,omitempty" doc:"Code of the outcome class of the newest reply"`
	Meaning      string                 `json:"meaning,omitempty" doc:"What the outcome means everywhere" enum:"resolved,in_progress,planned,reference,infeasible"`
	Satisfaction string                 `json:"satisfaction,omitempty" enum:"satisfied,basically,unsatisfied,no_response"`
	UpdatedAt    *time.Time             `json:"updated_at,omitempty"`
	Assignment   *proposalOwnAssignment `json:"assignment,omitempty" doc:"A department's own, in its lists"`
}

// proposalOwnAssignment is a department's own assignment in a list.
type proposalOwnAssignment struct {
	ID      string          `json:"id"`
	State   assignmentState `json:"state"`
	Version int             `json:"version"`
}

func itemOf(i *proposal.Item) proposalItem {
	out := proposalItem{ID: i.ID, Year: i.Year, Session: i.Session, SerialNo: i.SerialNo, CaseNo: i.CaseNo, Kind: i.Kind, Title: i.Title,
		Subject: i.Subject, Lead: i.Lead, Units: i.Units, State: caseState(i.State), Stage: i.Stage, Version: i.Version, DueOn: i.DueOn,
		Outcome: i.Outcome, Meaning: i.Meaning, Satisfaction: i.Satisfaction, UpdatedAt: at(i.UpdatedAt)}
	if i.Assignment != "" {
		out.Assignment = &proposalOwnAssignment{ID: i.Assignment, State: assignmentState(i.AssignmentState), Version: i.AssignmentVersion}
	}
	return out
}

// proposalAssignmentStanding is where an assignment stands: the answer to an act.
type proposalAssignmentStanding struct {
	ID      string          `json:"id"`
	State   assignmentState `json:"state"`
	Version int             `json:"version" doc:"Send it with the next act"`
	DueOn   calendar.Date   `json:"due_on,omitempty" format:"date"`
}

// proposalRating is a proposer's rating of the handling.
type proposalRating struct {
	Overall   string            `json:"overall" maxLength:"64" doc:"Code of the set feedback.levels"`
	Scores    map[string]string `json:"scores,omitempty" doc:"A level for each code of the set feedback.dimensions"`
	Comment   string            `json:"comment,omitempty" maxLength:"2000" doc:"Needed when unsatisfied"`
	Contacted bool              `json:"contacted,omitempty" doc:"The proposer confirms that they were talked to"`
	Reason    string            `json:"reason,omitempty" maxLength:"1000" doc:"Needed to change an earlier rating"`
	Person    string            `json:"person,omitempty" maxLength:"64" doc:"The office only: whose paper it enters"`
}

// proposalQueue is a set of cases that wait for who asks.
type proposalQueue struct {
	ID    string `json:"id" doc:"Send it as queue to the list of proposals"`
	Title string `json:"title"`
	Next  string `json:"next" doc:"What happens next with each of them"`
	Count int    `json:"count"`
}

// collectionRound is a call for proposals.
type collectionRound struct {
	ID       string        `json:"id"`
	Title    string        `json:"title"`
	OpensOn  calendar.Date `json:"opens_on" format:"date"`
	ClosesOn calendar.Date `json:"closes_on" format:"date"`
	Topics   string        `json:"topics,omitempty" doc:"Reference topics, one a line"`
	Version  int           `json:"version"`
	Open     bool          `json:"open" doc:"Whether papers are asked for today"`
	DaysLeft int           `json:"days_left,omitempty" doc:"While it is open; 0 on the last day"`
}

func roundOf(r *proposal.Round, today calendar.Date) collectionRound {
	out := collectionRound{ID: r.ID, Title: r.Title, OpensOn: r.OpensOn, ClosesOn: r.ClosesOn, Topics: r.Topics, Version: r.Version, Open: r.Open(today)}
	if out.Open {
		out.DaysLeft = r.ClosesOn.Sub(today)
	}
	return out
}

// CollectionRoundText opens or changes a call for proposals.
type CollectionRoundText struct {
	Title    string        `json:"title" minLength:"1" maxLength:"100"`
	OpensOn  calendar.Date `json:"opens_on" format:"date"`
	ClosesOn calendar.Date `json:"closes_on" format:"date"`
	Topics   string        `json:"topics,omitempty" maxLength:"20000" doc:"Reference topics, one a line"`
}

type collectionRoundChange struct {
	Version int `json:"version" minimum:"1" doc:"The version that was read; an older one is answered with 409"`
	CollectionRoundText
}

type collectionRoundOpened struct {
	ID string `json:"id"`
}

func (in CollectionRoundText) round(id string, version int) proposal.Round {
	return proposal.Round{ID: id, Version: version, Title: in.Title, OpensOn: in.OpensOn, ClosesOn: in.ClosesOn, Topics: in.Topics}
}

// instant is a time as records have it.
type instant interface {
	IsZero() bool
	UTC() time.Time
}

// at gives an instant, absent if there is none.
func at(t instant) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}
