package dispatchweb

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/calendar"
	"shangliang/internal/dispatch"
	"shangliang/internal/lang"
	"shangliang/internal/proposal"
	"shangliang/internal/web"
)

// dispatchMeeting is a meeting in a list.
type dispatchMeeting struct {
	ID        string        `json:"id"`
	Title     string        `json:"title"`
	Year      int           `json:"year"`
	On        calendar.Date `json:"on" format:"date"`
	Place     string        `json:"place,omitempty"`
	Cancelled bool          `json:"cancelled,omitempty"`
	Cases     int           `json:"cases" doc:"On the agenda"`
	Sent      int           `json:"sent" doc:"Handed over"`
	Version   int           `json:"version"`
}

// DispatchMeetingText is what people write of a meeting.
type DispatchMeetingText struct {
	Title     string        `json:"title" maxLength:"100"`
	On        calendar.Date `json:"on" format:"date"`
	Place     string        `json:"place,omitempty" maxLength:"100"`
	Chair     string        `json:"chair,omitempty" maxLength:"100"`
	Attendees string        `json:"attendees,omitempty" maxLength:"5000"`
	Units     []string      `json:"units,omitempty" maxItems:"500" doc:"Ids of the departments that came"`
	Minutes   string        `json:"minutes,omitempty" maxLength:"50000"`
}

func (t *DispatchMeetingText) meeting(id string, version int) dispatch.Meeting {
	return dispatch.Meeting{ID: id, Version: version, Title: t.Title, OnDate: t.On, Place: t.Place, Chair: t.Chair, Attendees: t.Attendees, Units: t.Units, Minutes: t.Minutes}
}

type dispatchMeetingChange struct {
	DispatchMeetingText
	Version int `json:"version" minimum:"1"`
}

type dispatchUnit struct {
	Unit  string        `json:"unit"`
	Name  string        `json:"name,omitempty"`
	Role  string        `json:"role" enum:"sole,host,co_handler,split"`
	DueOn calendar.Date `json:"due_on,omitempty" format:"date"`
}

// dispatchItem is a case on the agenda.
type dispatchItem struct {
	Proposal string         `json:"proposal"`
	CaseNo   int            `json:"case_no"`
	Title    string         `json:"title"`
	State    string         `json:"state" enum:"waiting,chosen,sent"`
	Units    []dispatchUnit `json:"units"`
	Note     string         `json:"note,omitempty"`
	SentAt   *time.Time     `json:"sent_at,omitempty"`
	Version  int            `json:"version"`
}

type dispatchAgenda struct {
	dispatchMeeting
	Chair     string         `json:"chair,omitempty"`
	Attendees string         `json:"attendees,omitempty"`
	Minutes   string         `json:"minutes,omitempty"`
	Items     []dispatchItem `json:"items"`
}

type dispatchMade struct {
	ID string `json:"id"`
}

type dispatchChoice struct {
	Version int            `json:"version" minimum:"1" doc:"Of the item, as it was seen"`
	Units   []dispatchUnit `json:"units" minItems:"1" maxItems:"50"`
	Note    string         `json:"note,omitempty" maxLength:"1000"`
}

type dispatchOutcome struct {
	Proposal string `json:"proposal"`
	CaseNo   int    `json:"case_no"`
	Sent     bool   `json:"sent"`
	Why      string `json:"why,omitempty" doc:"Why it was not handed over"`
}

func meetingOf(m *dispatch.Meeting) dispatchMeeting {
	return dispatchMeeting{m.ID, m.Title, m.Year, m.OnDate, m.Place, m.Cancelled, m.Cases, m.Sent, m.Version}
}

type inMeeting struct {
	ID string `path:"id" maxLength:"64"`
}

// InAgenda names a case on an agenda.
type InAgenda struct {
	ID       string `path:"id" maxLength:"64"`
	Proposal string `path:"proposal" maxLength:"64"`
}

func addAPI(api huma.API, d Deps) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"dispatch"}}
	}
	huma.Register(api, op("list-dispatch-meetings", "GET", "/dispatch-meetings", "List dispatch meetings, newest first"), func(ctx context.Context, in *struct {
		Before string `query:"before" maxLength:"64" doc:"Id of a meeting: only older ones"`
	}) (*web.Answer[[]dispatchMeeting], error) {
		all, _, err := d.Dispatch.List(ctx, in.Before)
		if err != nil {
			return nil, err
		}
		out := make([]dispatchMeeting, len(all))
		for i, m := range all {
			out[i] = meetingOf(m)
		}
		return &web.Answer[[]dispatchMeeting]{Body: out}, nil
	})
	huma.Register(api, op("get-dispatch-meeting", "GET", "/dispatch-meetings/{id}", "Read a meeting with its agenda"), func(ctx context.Context, in *inMeeting) (*web.Answer[dispatchAgenda], error) {
		g, err := d.Dispatch.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &web.Answer[dispatchAgenda]{Body: agendaOf(g)}, nil
	})
	call := op("call-dispatch-meeting", "POST", "/dispatch-meetings", "Call a dispatch meeting")
	call.DefaultStatus = http.StatusCreated
	huma.Register(api, call, func(ctx context.Context, in *struct{ Body DispatchMeetingText }) (*web.Answer[dispatchMade], error) {
		id, err := d.Dispatch.Save(ctx, in.Body.meeting("", 0))
		if err != nil {
			return nil, err
		}
		return &web.Answer[dispatchMade]{Body: dispatchMade{id}}, nil
	})
	huma.Register(api, op("change-dispatch-meeting", "PUT", "/dispatch-meetings/{id}", "Change the record of a meeting"), func(ctx context.Context, in *struct {
		ID   string `path:"id" maxLength:"64"`
		Body dispatchMeetingChange
	}) (*struct{}, error) {
		_, err := d.Dispatch.Save(ctx, in.Body.meeting(in.ID, in.Body.Version))
		return nil, err
	})
	huma.Register(api, op("put-on-dispatch-agenda", "POST", "/dispatch-meetings/{id}/cases", "Put filed cases on the agenda"), func(ctx context.Context, in *struct {
		ID   string `path:"id" maxLength:"64"`
		Body struct {
			Proposals []string `json:"proposals" minItems:"1" maxItems:"2000"`
		}
	}) (*struct{}, error) {
		_, err := d.Dispatch.Put(ctx, in.ID, in.Body.Proposals)
		return nil, err
	})
	huma.Register(api, op("take-off-dispatch-agenda", "DELETE", "/dispatch-meetings/{id}/cases/{proposal}", "Take a case off the agenda"), func(ctx context.Context, in *InAgenda) (*struct{}, error) {
		return nil, d.Dispatch.TakeOff(ctx, in.ID, in.Proposal)
	})
	huma.Register(api, op("choose-dispatch-units", "PUT", "/dispatch-meetings/{id}/cases/{proposal}", "Choose the departments for a case of the agenda"), func(ctx context.Context, in *struct {
		InAgenda
		Body dispatchChoice
	}) (*struct{}, error) {
		units := make([]proposal.UnitRole, len(in.Body.Units))
		for i, u := range in.Body.Units {
			units[i] = proposal.UnitRole{Unit: u.Unit, Role: u.Role}
		}
		return nil, d.Dispatch.Choose(ctx, in.ID, in.Proposal, in.Body.Version, units, in.Body.Note)
	})
	huma.Register(api, op("send-dispatch-meeting", "POST", "/dispatch-meetings/{id}/send", "Hand over all cases that are ready; repeating it hands none over twice"), func(ctx context.Context, in *inMeeting) (*web.Answer[[]dispatchOutcome], error) {
		all, err := d.Dispatch.Send(ctx, in.ID, "")
		if err != nil {
			return nil, err
		}
		out := make([]dispatchOutcome, len(all))
		for i, x := range all {
			out[i] = dispatchOutcome{x.Proposal, x.CaseNo, x.Err == nil, ""}
			if x.Err != nil {
				out[i].Why = message(ctx, x.Err)
			}
		}
		return &web.Answer[[]dispatchOutcome]{Body: out}, nil
	})
	huma.Register(api, op("list-dispatch-candidates", "GET", "/dispatch-meetings/{id}/candidates", "Rank the departments that might handle what is on the agenda"), func(ctx context.Context, in *inMeeting) (*web.Answer[map[string][]dispatchCandidate], error) {
		g, err := d.Dispatch.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		var ids []string
		for _, x := range g.Items {
			ids = append(ids, x.Proposal)
		}
		all, err := d.Proposals.Candidates(ctx, ids)
		if err != nil {
			return nil, err
		}
		out := map[string][]dispatchCandidate{}
		for id, list := range all {
			for _, c := range list {
				x := dispatchCandidate{Unit: c.Unit, Score: c.Score}
				for _, r := range c.Reasons {
					x.Reasons = append(x.Reasons, lang.T(ctx, "%s", reason(ctx, r)))
				}
				out[id] = append(out[id], x)
			}
		}
		return &web.Answer[map[string][]dispatchCandidate]{Body: out}, nil
	})
}

type dispatchCandidate struct {
	Unit    string   `json:"unit"`
	Score   int      `json:"score" doc:"What its reasons weigh together, out of 100"`
	Reasons []string `json:"reasons"`
}

func agendaOf(g *dispatch.Agenda) dispatchAgenda {
	out := dispatchAgenda{dispatchMeeting: meetingOf(g.Meeting), Chair: g.Chair, Attendees: g.Attendees, Minutes: g.Minutes, Items: []dispatchItem{}}
	waiting, chosen := g.Left()
	out.Cases, out.Sent = len(g.Items), len(g.Items)-waiting-chosen
	for _, x := range g.Items {
		item := dispatchItem{Proposal: x.Proposal, CaseNo: x.CaseNo, Title: x.Title, State: x.State, Note: x.Note, Version: x.Version, Units: []dispatchUnit{}}
		if !x.SentAt.IsZero() {
			item.SentAt = &x.SentAt.Time
		}
		for _, u := range x.Units {
			item.Units = append(item.Units, dispatchUnit{u.Unit, g.Names[u.Unit], u.Role, u.DueOn})
		}
		out.Items = append(out.Items, item)
	}
	return out
}
