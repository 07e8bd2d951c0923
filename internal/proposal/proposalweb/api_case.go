package proposalweb

import (
	"context"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
	"shangliang/internal/proposal"
)

// proposalCase is everything about one case that who asks may see.
type proposalCase struct {
	ProposalStanding
	Year         int           `json:"year"`
	Session      proposalRef   `json:"session"`
	Kind         string        `json:"kind" enum:"individual,joint,collective"`
	Body         *proposalRef  `json:"body,omitempty" doc:"The proposing body of a collective proposal"`
	Interim      bool          `json:"interim" doc:"Came in after the cut-off of the plenary meeting"`
	Channel      string        `json:"channel,omitempty" enum:"paper,import" doc:"Absent when written on the platform"`
	Title        string        `json:"title"`
	Situation    string        `json:"situation"`
	Analysis     string        `json:"analysis"`
	Suggestions  string        `json:"suggestions"`
	Subject      string        `json:"subject,omitempty"`
	Researched   bool          `json:"researched"`
	SelfWritten  bool          `json:"self_written"`
	Relayed      bool          `json:"relayed"`
	OpenChoice   string        `json:"open_choice"`
	OpenReason   string        `json:"open_reason,omitempty"`
	UnitsWish    []proposalRef `json:"units_wish"`
	ContactWish  string        `json:"contact_wish,omitempty"`
	Lead         proposalRef   `json:"lead"`
	RuleVersion  int           `json:"rule_version" doc:"Version of the rules that it began under"`
	Revision     int           `json:"revision" doc:"How often it was submitted"`
	ReasonCode   string        `json:"reason_code,omitempty" doc:"Why it was not filed"`
	Disposition  string        `json:"disposition,omitempty" doc:"Where it went instead"`
	Outcome      string        `json:"outcome,omitempty"`
	Meaning      string        `json:"meaning,omitempty" enum:"resolved,in_progress,planned,reference,infeasible"`
	Satisfaction string        `json:"satisfaction,omitempty" enum:"satisfied,basically,unsatisfied,no_response"`

	CreatedAt    *time.Time `json:"created_at,omitempty"`
	SubmittedAt  *time.Time `json:"submitted_at,omitempty"`
	FiledAt      *time.Time `json:"filed_at,omitempty"`
	DispatchedAt *time.Time `json:"dispatched_at,omitempty"`
	RepliedAt    *time.Time `json:"replied_at,omitempty"`
	ClosedAt     *time.Time `json:"closed_at,omitempty"`
	ArchivedAt   *time.Time `json:"archived_at,omitempty"`

	MergedInto *proposalLeading `json:"merged_into,omitempty" doc:"The case that it follows, if it was merged"`
	Merged     []proposalMember `json:"merged" doc:"Cases that were merged into this one"`
	Changes    []proposalAsked  `json:"changes" doc:"What its proposers asked for since it was handed in"`

	Parties     []proposalParty      `json:"parties"`
	Reviews     []proposalReview     `json:"reviews"`
	Assignments []proposalAssignment `json:"assignments"`
	Feedback    []proposalFeedback   `json:"feedback" doc:"For staff all ratings, for a proposer their own"`
	Ratings     *proposalRatings     `json:"ratings,omitempty" doc:"What a department sees after closing, instead of feedback"`
	Commitments []proposalCommitment `json:"commitments"`
	Files       []proposalFile       `json:"files"`
	Clocks      []proposalClock      `json:"clocks"`
	History     []proposalEntry      `json:"history"`
	Actions     []proposalAction     `json:"actions" doc:"What who asks may do now"`
	Writable    bool                 `json:"writable" doc:"Whether who asks may change the text now"`
}

type proposalParty struct {
	Person    proposalRef `json:"person"`
	Role      string      `json:"role" enum:"lead,cosigner,drafter"`
	State     string      `json:"state" enum:"chosen,invited,confirmed,refused,dropped"`
	Method    string      `json:"method,omitempty" enum:"web,paper"`
	InvitedAt *time.Time  `json:"invited_at,omitempty"`
	DecidedAt *time.Time  `json:"decided_at,omitempty"`
}

type proposalReview struct {
	Stage       string      `json:"stage" doc:"Code of the set proposal.stages"`
	Reviewer    proposalRef `json:"reviewer"`
	Verdict     string      `json:"verdict" enum:"pass,file,decline,return"`
	ReasonCode  string      `json:"reason_code,omitempty"`
	Disposition string      `json:"disposition,omitempty"`
	Score       int         `json:"score,omitempty"`
	Note        string      `json:"note,omitempty"`
	At          *time.Time  `json:"at,omitempty"`

	Suggested []proposalRef `json:"suggested,omitempty" doc:"The departments that the reviewer would ask"`
}

type proposalAssignment struct {
	ID       string            `json:"id"`
	Round    int               `json:"round"`
	Unit     proposalRef       `json:"unit"`
	Role     string            `json:"role" enum:"sole,host,co_handler,split"`
	State    assignmentState   `json:"state"`
	Version  int               `json:"version" doc:"Send it with the next act on this assignment"`
	Note     string            `json:"note,omitempty" doc:"The dispatcher's words"`
	DueOn    calendar.Date     `json:"due_on,omitempty" format:"date"`
	IssuedBy proposalRef       `json:"issued_by"`
	IssuedAt *time.Time        `json:"issued_at,omitempty"`
	SignedAt *time.Time        `json:"signed_at,omitempty"`
	EndedAt  *time.Time        `json:"ended_at,omitempty"`
	Requests []proposalRequest `json:"requests"`
	Contacts []proposalContact `json:"contacts"`
	Reply    *proposalReply    `json:"reply,omitempty" doc:"The reply to the proposers, or a co-handler's opinion"`
}

type proposalRequest struct {
	ID        string       `json:"id"`
	Kind      string       `json:"kind" enum:"return,extension,add_unit"`
	State     string       `json:"state" enum:"open,granted,refused"`
	Reason    string       `json:"reason,omitempty"`
	Unit      *proposalRef `json:"unit,omitempty" doc:"The department suggested"`
	AskedBy   proposalRef  `json:"asked_by"`
	AskedAt   *time.Time   `json:"asked_at,omitempty"`
	DecidedBy *proposalRef `json:"decided_by,omitempty"`
	DecidedAt *time.Time   `json:"decided_at,omitempty"`
	Answer    string       `json:"answer,omitempty"`
}

type proposalContact struct {
	ID      string        `json:"id"`
	Kind    string        `json:"kind"`
	On      calendar.Date `json:"on" format:"date"`
	People  string        `json:"people"`
	Summary string        `json:"summary"`
	Person  proposalRef   `json:"person" doc:"Who wrote it down"`
	At      *time.Time    `json:"at,omitempty"`
}

type proposalReply struct {
	ID            string       `json:"id"`
	Kind          string       `json:"kind" enum:"reply,opinion"`
	State         string       `json:"state" enum:"draft,signed_off,delivered"`
	DocNo         string       `json:"doc_no,omitempty"`
	Outcome       string       `json:"outcome,omitempty"`
	Meaning       string       `json:"meaning,omitempty"`
	Disclosure    string       `json:"disclosure,omitempty"`
	Body          string       `json:"body"`
	ContactName   string       `json:"contact_name,omitempty"`
	ContactPhone  string       `json:"contact_phone,omitempty"`
	ContactWaiver string       `json:"contact_waiver,omitempty"`
	OpinionWaiver string       `json:"opinion_waiver,omitempty"`
	Signer        *proposalRef `json:"signer,omitempty"`
	SignedAt      *time.Time   `json:"signed_at,omitempty"`
	CheckedBy     *proposalRef `json:"checked_by,omitempty"`
	DeliveredAt   *time.Time   `json:"delivered_at,omitempty"`
}

type proposalFeedback struct {
	ID        string            `json:"id"`
	Round     int               `json:"round"`
	Person    proposalRef       `json:"person"`
	Overall   string            `json:"overall"`
	Scores    map[string]string `json:"scores"`
	Comment   string            `json:"comment,omitempty"`
	Contacted bool              `json:"contacted"`
	Channel   string            `json:"channel" enum:"web,paper"`
	Current   bool              `json:"current" doc:"False once a later rating took its place"`
	Reason    string            `json:"reason,omitempty" doc:"Why it replaced an earlier one"`
	Alarm     string            `json:"alarm,omitempty" enum:"same_device,unit_network" doc:"For staff: why it deserves a look"`
	At        *time.Time        `json:"at,omitempty"`
}

type proposalRatings struct {
	Count     int                       `json:"count"`
	Overall   map[string]int            `json:"overall" doc:"How many, by level"`
	Scores    map[string]map[string]int `json:"scores,omitempty" doc:"How many, by dimension and level; absent when too few rated"`
	Aggregate bool                      `json:"aggregate" doc:"Too few rated to show more"`
}

type proposalCommitment struct {
	ID          string        `json:"id"`
	Assignment  string        `json:"assignment"`
	Unit        proposalRef   `json:"unit"`
	Text        string        `json:"text"`
	DueOn       calendar.Date `json:"due_on" format:"date"`
	State       string        `json:"state" enum:"planned,open,reported,done"`
	Version     int           `json:"version" doc:"Send it with a report or a decision"`
	Evidence    string        `json:"evidence,omitempty"`
	Answer      string        `json:"answer,omitempty"`
	ReportedAt  *time.Time    `json:"reported_at,omitempty"`
	ConfirmedBy *proposalRef  `json:"confirmed_by,omitempty"`
	ConfirmedAt *time.Time    `json:"confirmed_at,omitempty"`
}

type proposalFile struct {
	ID         string      `json:"id"`
	Purpose    string      `json:"purpose" enum:"attachment,scan,reply,evidence"`
	Assignment string      `json:"assignment,omitempty"`
	Name       string      `json:"name"`
	Kind       string      `json:"kind" doc:"What it really is: pdf, docx, …"`
	Size       int64       `json:"size"`
	SHA256     string      `json:"sha256"`
	Person     proposalRef `json:"person"`
	At         *time.Time  `json:"at,omitempty"`
}

type proposalClock struct {
	Kind        string        `json:"kind" doc:"The setting that it comes from"`
	Title       string        `json:"title"`
	Assignment  string        `json:"assignment,omitempty"`
	Commitment  string        `json:"commitment,omitempty"`
	State       string        `json:"state" enum:"running,met,late,cancelled"`
	Paused      bool          `json:"paused"`
	StartedOn   calendar.Date `json:"started_on" format:"date"`
	DueOn       calendar.Date `json:"due_on,omitempty" format:"date"`
	HardOn      calendar.Date `json:"hard_on,omitempty" format:"date" doc:"No extension goes past it"`
	StoppedOn   calendar.Date `json:"stopped_on,omitempty" format:"date"`
	Overdue     bool          `json:"overdue"`
	Explanation []string      `json:"explanation" doc:"How the date came about, step by step"`
}

type proposalEntry struct {
	Action     string       `json:"action" doc:"Such as proposal.file"`
	At         *time.Time   `json:"at,omitempty"`
	From       string       `json:"from,omitempty"`
	To         string       `json:"to,omitempty"`
	Person     *proposalRef `json:"person,omitempty" doc:"Named as they were then; absent for the platform itself"`
	Role       string       `json:"role"`
	Body       *proposalRef `json:"body,omitempty"`
	Note       string       `json:"note,omitempty"`
	Assignment string       `json:"assignment,omitempty"`
}

type proposalAction struct {
	Action     string `json:"action"`
	Assignment string `json:"assignment,omitempty" doc:"Absent for steps of the case itself"`
	Title      string `json:"title"`
	Says       string `json:"says" doc:"What follows"`
	Danger     bool   `json:"danger,omitempty" doc:"Cannot be taken back"`
	Blocked    string `json:"blocked,omitempty" doc:"What is still missing; absent when it can be done"`
}

// caseOf turns a case into what REST shows of it.
func caseOf(ctx context.Context, c *proposal.Case) proposalCase {
	a, _ := actor.From(ctx)
	p := c.Proposal
	ref := func(id string) proposalRef { return proposalRef{id, c.Names[id]} }
	may := func(id string) *proposalRef {
		if id == "" {
			return nil
		}
		r := ref(id)
		return &r
	}
	out := proposalCase{ProposalStanding: standing(p), Year: p.Year, Session: proposalRef{p.Session, ""}, Kind: p.Kind, Body: may(p.Body), Interim: p.Interim, Channel: p.Channel,
		Title: p.Title, Situation: p.Situation, Analysis: p.Analysis, Suggestions: p.Suggestions, Subject: p.Subject,
		Researched: p.Researched, SelfWritten: p.SelfWritten, Relayed: p.Relayed, OpenChoice: p.OpenChoice, OpenReason: p.OpenReason,
		UnitsWish: each([]string(p.UnitsWish), ref), ContactWish: p.ContactWish, Lead: ref(p.Lead), RuleVersion: p.RuleVersion,
		Revision: p.Revision, ReasonCode: p.ReasonCode, Disposition: p.Disposition, Outcome: p.Outcome, Meaning: p.Meaning, Satisfaction: p.Satisfaction,
		CreatedAt: at(p.CreatedAt), SubmittedAt: at(p.SubmittedAt), FiledAt: at(p.FiledAt),
		DispatchedAt: at(p.DispatchedAt), RepliedAt: at(p.RepliedAt), ClosedAt: at(p.ClosedAt), ArchivedAt: at(p.ArchivedAt), Writable: c.Writable}
	if c.Session != nil {
		out.Session = proposalRef{c.Session.ID, c.Session.Title}
	}
	if l := c.Leading; l != nil {
		out.MergedInto = &proposalLeading{l.ID, l.CaseNo, l.SerialNo, l.Title, caseState(l.State), l.Answered}
	}
	out.Merged = each(c.Merged, func(m *proposal.Member) proposalMember {
		return proposalMember{m.ID, m.CaseNo, m.SerialNo, m.Title, each(m.Proposers(), ref)}
	})
	out.Changes = each(c.Changes, func(x *proposal.Change) proposalAsked {
		asked := proposalAsked{ID: x.ID, Kind: x.Kind, State: x.State, Reason: x.Reason, AskedBy: ref(x.AskedBy), AskedAt: at(x.AskedAt), DecidedBy: may(x.DecidedBy), DecidedAt: at(x.DecidedAt), Answer: x.Answer, Changes: []textChange{}}
		if x.Kind == "text" && x.State == "open" {
			asked.Changes = each(x.Against(p), textChangeOf)
		}
		return asked
	})
	out.Parties = each(c.Parties, func(x *proposal.Party) proposalParty {
		return proposalParty{ref(x.Person), x.Role, x.State, x.Method, at(x.InvitedAt), at(x.DecidedAt)}
	})
	out.Reviews = each(c.Reviews, func(x *proposal.Review) proposalReview {
		return proposalReview{x.Stage, ref(x.Reviewer), x.Verdict, x.ReasonCode, x.Disposition, x.Score, x.Note, at(x.At), each([]string(x.Units), ref)}
	})
	out.Assignments = each(c.Assignments, func(x *proposal.Assignment) proposalAssignment {
		as := proposalAssignment{ID: x.ID, Round: x.Round, Unit: ref(x.Unit), Role: x.Role, State: assignmentState(x.State), Version: x.Version, Note: x.Note,
			DueOn: x.DueOn, IssuedBy: ref(x.IssuedBy), IssuedAt: at(x.IssuedAt), SignedAt: at(x.SignedAt), EndedAt: at(x.EndedAt),
			Requests: []proposalRequest{}, Contacts: []proposalContact{}}
		for _, r := range c.Requests {
			if r.Assignment == x.ID {
				as.Requests = append(as.Requests, proposalRequest{r.ID, r.Kind, r.State, r.Reason, may(r.Unit), ref(r.AskedBy), at(r.AskedAt), may(r.DecidedBy), at(r.DecidedAt), r.Answer})
			}
		}
		for _, k := range c.Contacts {
			if k.Assignment == x.ID {
				as.Contacts = append(as.Contacts, proposalContact{k.ID, k.Kind, k.OnDate, k.People, k.Summary, ref(k.Person), at(k.At)})
			}
		}
		if r := c.ReplyOf(x.ID); r != nil {
			as.Reply = &proposalReply{ID: r.ID, Kind: r.Kind, State: r.State, DocNo: r.DocNo, Outcome: r.Outcome, Meaning: r.Meaning, Disclosure: r.Disclosure,
				Body: r.Body, ContactName: r.ContactName, ContactPhone: r.ContactPhone, ContactWaiver: r.ContactWaiver, OpinionWaiver: r.OpinionWaiver,
				Signer: may(r.Signer), SignedAt: at(r.SignedAt), CheckedBy: may(r.CheckedBy), DeliveredAt: at(r.DeliveredAt)}
		}
		return as
	})
	out.Feedback = each(c.Feedback, func(x *proposal.Feedback) proposalFeedback {
		f := proposalFeedback{ID: x.ID, Round: x.Round, Person: ref(x.Person), Overall: x.Overall, Scores: x.Scores, Comment: x.Comment,
			Contacted: x.Contacted, Channel: x.Channel, Current: x.Current, Reason: x.Reason, At: at(x.At)}
		if a.Can("proposal.read_ratings") {
			f.Alarm = x.Alarm
		}
		return f
	})
	if r := c.Ratings; r.Visible {
		out.Ratings = &proposalRatings{r.Count, r.Overall, r.Scores, r.Aggregate}
	}
	out.Commitments = each(c.Commitments, func(x *proposal.Commitment) proposalCommitment {
		return proposalCommitment{ID: x.ID, Assignment: x.Assignment, Unit: ref(x.Unit), Text: x.Text, DueOn: x.DueOn, State: x.State, Version: x.Version,
			Evidence: x.Evidence, Answer: x.Answer, ReportedAt: at(x.ReportedAt), ConfirmedBy: may(x.ConfirmedBy), ConfirmedAt: at(x.ConfirmedAt)}
	})
	out.Files = each(c.Files, func(x *proposal.File) proposalFile { return fileOf(x, c.Names[x.Person]) })
	out.Clocks = each(c.Clocks, func(x *clock.Clock) proposalClock {
		k := proposalClock{Kind: x.Kind, Title: lang.Say(ctx, x.Title), State: x.State, Paused: x.Paused, StartedOn: x.StartedOn, DueOn: x.DueOn,
			HardOn: x.HardOn, StoppedOn: x.StoppedOn, Overdue: x.Overdue(c.Today), Explanation: []string{}}
		switch x.Object {
		case "assignment":
			k.Assignment = x.ObjectID
		case "commitment":
			k.Commitment = x.ObjectID
		}
		for _, s := range x.Steps() {
			k.Explanation = append(k.Explanation, s.Text(ctx))
		}
		return k
	})
	out.History = each(c.History, func(x *ledger.Entry) proposalEntry {
		e := proposalEntry{Action: x.Action, At: at(x.At), From: x.From, To: x.To, Role: x.Role, Body: may(x.Body), Note: x.Note}
		if x.Person != "" {
			e.Person = &proposalRef{x.Person, x.Name}
		}
		var data struct{ Assignment string }
		if x.Decode(&data) == nil { // an act without data has no assignment
			e.Assignment = data.Assignment
		}
		return e
	})
	out.Actions = each(c.Actions, func(x proposal.Action) proposalAction {
		act := proposalAction{Action: x.Action, Title: lang.Say(ctx, x.Title), Says: lang.Say(ctx, x.Says), Danger: x.Danger}
		if x.Assignment != nil {
			act.Assignment = x.Assignment.ID
		}
		if x.Blocked != "" {
			act.Blocked = lang.T(ctx, x.Blocked, x.Args...)
		}
		return act
	})
	return out
}

func fileOf(f *proposal.File, person string) proposalFile {
	return proposalFile{ID: f.ID, Purpose: f.Purpose, Assignment: f.Assignment, Name: f.Name, Kind: f.Kind, Size: f.Size, SHA256: f.SHA256,
		Person: proposalRef{f.Person, person}, At: at(f.At)}
}

// each is a list of what f makes of each; empty, never null.
func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, x := range in {
		out[i] = f(x)
	}
	return out
}
