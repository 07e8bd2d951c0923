package supervisionweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/calendar"
	"shangliang/internal/supervision"
	"shangliang/internal/web"
)

// SupervisionEvent is an event as REST gives it in a list.
type SupervisionEvent struct {
	ID          string        `json:"id"`
	Type        string        `json:"type"`
	Meaning     string        `json:"meaning" enum:"meeting,collective,briefing,consultation,visit" doc:"What the type means everywhere"`
	Title       string        `json:"title"`
	On          calendar.Date `json:"on"`
	Year        int           `json:"year" doc:"Of the session in which the day falls"`
	Place       string        `json:"place,omitempty"`
	State       string        `json:"state"`
	Leader      string        `json:"leader,omitempty"`
	Committee   string        `json:"committee,omitempty"`
	Issues      string        `json:"issues,omitempty"`
	Conclusions string        `json:"conclusions,omitempty"`
	Version     int           `json:"version"`
}

func eventOf(e *supervision.Event) SupervisionEvent {
	return SupervisionEvent{e.ID, e.Type, e.Meaning, e.Title, e.OnDate, e.Year, e.Place, e.State, e.Leader, e.Committee, e.Issues, e.Conclusions, e.Version}
}

type supervisionEventDetails struct {
	SupervisionEvent
	Agenda    string            `json:"agenda,omitempty"`
	Guests    string            `json:"guests,omitempty"`
	Proposals []string          `json:"proposals"`
	Units     []string          `json:"units"`
	People    []string          `json:"people"`
	Open      []supervisionOpen `json:"open" doc:"What visited departments had to answer on the day of the visit"`
	Tasks     []supervisionTask `json:"tasks"`
}

type supervisionOpen struct {
	Unit     string        `json:"unit"`
	Proposal string        `json:"proposal"`
	CaseNo   int           `json:"case_no"`
	DueOn    calendar.Date `json:"due_on,omitempty"`
	Overdue  bool          `json:"overdue"`
}

type supervisionTask struct {
	ID       string        `json:"id"`
	Event    string        `json:"event"`
	Proposal string        `json:"proposal,omitempty"`
	Unit     string        `json:"unit,omitempty"`
	Person   string        `json:"person,omitempty"`
	Text     string        `json:"text"`
	DueOn    calendar.Date `json:"due_on"`
	State    string        `json:"state" enum:"open,reported,done"`
	Report   string        `json:"report,omitempty"`
	Version  int           `json:"version"`
}

func taskOf(t *supervision.Task) supervisionTask {
	return supervisionTask{t.ID, t.Event, t.Proposal, t.Unit, t.Person, t.Text, t.DueOn, t.State, t.Report, t.Version}
}

type supervisionDepartment struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	Total     int           `json:"total"`
	Open      int           `json:"open"`
	Overdue   int           `json:"overdue"`
	Visits    int           `json:"visits"`
	LastVisit calendar.Date `json:"last_visit,omitempty"`
}

// InEvent names an event in the path.
type InEvent struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the event"`
}

// addAPI adds the operations; each is one call of the service.
func addAPI(api huma.API, events *supervision.Service) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"supervision"}}
	}
	one := func(e *supervision.Event, err error) (*web.Answer[SupervisionEvent], error) {
		if err != nil {
			return nil, err
		}
		return &web.Answer[SupervisionEvent]{Body: eventOf(e)}, nil
	}
	huma.Register(api, op("list-supervision-events", "GET", "/supervision-events", "List the events within one's reach, the latest first"), func(ctx context.Context, in *struct {
		Year    int    `query:"year" minimum:"0" maximum:"2199"`
		Meaning string `query:"meaning" enum:"meeting,collective,briefing,consultation,visit"`
		State   string `query:"state" enum:"planned,held,closed,cancelled"`
		Unit    string `query:"unit" maxLength:"64"`
		Title   string `query:"title" maxLength:"100"`
		Coming  bool   `query:"coming"`
	}) (*web.Answer[[]SupervisionEvent], error) {
		all, _, err := events.List(ctx, supervision.Filter(*in))
		if err != nil {
			return nil, err
		}
		out := []SupervisionEvent{}
		for _, x := range all {
			out = append(out, eventOf(x.Event))
		}
		return &web.Answer[[]SupervisionEvent]{Body: out}, nil
	})
	schedule := op("schedule-supervision-event", "POST", "/supervision-events", "Schedule an event")
	schedule.DefaultStatus = http.StatusCreated
	huma.Register(api, schedule, func(ctx context.Context, in *struct{ Body supervision.Plan }) (*web.Answer[SupervisionEvent], error) {
		return one(events.Save(ctx, "", 0, in.Body))
	})
	huma.Register(api, op("change-supervision-event", "PUT", "/supervision-events/{id}", "Change an event that is not held yet"), func(ctx context.Context, in *struct {
		InEvent
		Body struct {
			supervision.Plan
			Version int `json:"version" minimum:"1"`
		}
	}) (*web.Answer[SupervisionEvent], error) {
		return one(events.Save(ctx, in.ID, in.Body.Version, in.Body.Plan))
	})
	huma.Register(api, op("get-supervision-event", "GET", "/supervision-events/{id}", "Read an event"), func(ctx context.Context, in *InEvent) (*web.Answer[supervisionEventDetails], error) {
		d, err := events.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out := supervisionEventDetails{SupervisionEvent: eventOf(d.Event), Agenda: d.Agenda, Guests: d.Guests, Proposals: []string{}, Units: append([]string{}, d.Units...), People: append([]string{}, d.People...),
			Open: []supervisionOpen{}, Tasks: []supervisionTask{}}
		for _, c := range d.Cases {
			out.Proposals = append(out.Proposals, c.ID)
		}
		for _, o := range d.Open {
			out.Open = append(out.Open, supervisionOpen{o.Unit, o.Proposal, o.CaseNo, o.DueOn, o.Overdue})
		}
		for _, t := range d.Tasks {
			out.Tasks = append(out.Tasks, taskOf(t))
		}
		return &web.Answer[supervisionEventDetails]{Body: out}, nil
	})
	huma.Register(api, op("act-on-supervision-event", "POST", "/supervision-events/{id}/actions/{action}", "Take a step of an event"), func(ctx context.Context, in *struct {
		InEvent
		Action string `path:"action" enum:"hold,correct,assign,close,cancel"`
		Body   struct {
			supervision.Input
			Version int `json:"version" minimum:"1"`
		}
	}) (*web.Answer[SupervisionEvent], error) {
		return one(events.Do(ctx, in.ID, in.Body.Version, in.Action, in.Body.Input))
	})
	huma.Register(api, op("act-on-supervision-task", "POST", "/supervision-events/{id}/tasks/{task}/{action}", "Report on a task, accept it or give it back"), func(ctx context.Context, in *struct {
		InEvent
		Task   string `path:"task" maxLength:"64"`
		Action string `path:"action" enum:"report,accept,refuse"`
		Body   struct {
			Text    string `json:"text,omitempty" maxLength:"2000"`
			Version int    `json:"version" minimum:"1"`
		}
	}) (*struct{}, error) {
		if in.Action == "report" {
			return nil, events.Report(ctx, in.ID, in.Task, in.Body.Version, in.Body.Text)
		}
		return nil, events.Accept(ctx, in.ID, in.Task, in.Body.Version, in.Action == "accept", in.Body.Text)
	})
	huma.Register(api, op("list-supervision-tasks", "GET", "/supervision-tasks", "List the tasks that are not done and concern oneself; all of them to the office"), func(ctx context.Context, _ *struct{}) (*web.Answer[[]supervisionTask], error) {
		all, _, err := events.Tasks(ctx)
		if err != nil {
			return nil, err
		}
		out := []supervisionTask{}
		for _, t := range all {
			out = append(out, taskOf(t.Task))
		}
		return &web.Answer[[]supervisionTask]{Body: out}, nil
	})
	huma.Register(api, op("list-departments-to-visit", "GET", "/supervision-departments", "Rank the departments of a year's proposals by what is overdue and left to answer"), func(ctx context.Context, in *struct {
		Year int `query:"year" minimum:"1900" maximum:"2199" required:"true"`
	}) (*web.Answer[[]supervisionDepartment], error) {
		all, err := events.Departments(ctx, in.Year)
		if err != nil {
			return nil, err
		}
		out := []supervisionDepartment{}
		for _, d := range all {
			out = append(out, supervisionDepartment(*d))
		}
		return &web.Answer[[]supervisionDepartment]{Body: out}, nil
	})
}
