package regionalweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/calendar"
	"shangliang/internal/regional"
	"shangliang/internal/web"
)

type jointHead struct {
	ID          string        `json:"id"`
	Topic       string        `json:"topic"`
	Year        int           `json:"year"`
	State       string        `json:"state" enum:"drafting,agreed,submitted,cancelled"`
	TextNo      int           `json:"text_no" doc:"Of the newest text"`
	SubmittedTo string        `json:"submitted_to,omitempty"`
	SubmittedOn calendar.Date `json:"submitted_on,omitempty" format:"date"`
	Standing    string        `json:"standing,omitempty" enum:"received,filed,key,not_filed" doc:"At the higher level"`
	Version     int           `json:"version"`
}

func headOf(j *regional.Joint) jointHead {
	return jointHead{j.ID, j.Topic, j.Year, j.State, j.TextNo, j.SubmittedTo, j.SubmittedOn, j.Standing, j.Version}
}

type jointPartner struct {
	Name     string `json:"name"`
	Outside  bool   `json:"outside,omitempty" doc:"Not on this platform"`
	Approved int    `json:"approved" doc:"The text that it approved; 0 none"`
	Officer  string `json:"officer,omitempty"`
}

type jointAdoption struct {
	Body     string        `json:"body"`
	What     string        `json:"what"`
	Evidence string        `json:"evidence"`
	On       calendar.Date `json:"on" format:"date"`
}

type jointBody struct {
	jointHead
	Partners  []jointPartner  `json:"partners"`
	Title     string          `json:"title,omitempty" doc:"Of the newest text"`
	Text      string          `json:"text,omitempty"`
	Adoptions []jointAdoption `json:"adoptions"`
}

type jointMade struct {
	ID string `json:"id"`
}

// InJoint names a joint proposal.
type InJoint struct {
	ID string `path:"id" maxLength:"64"`
}

func addAPI(api huma.API, d Deps) {
	s := d.Regional
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"regional"}}
	}
	huma.Register(api, op("list-joint-proposals", "GET", "/joint-proposals", "List the joint proposals that one's conference takes part in"), func(ctx context.Context, _ *struct{}) (*web.Answer[[]jointHead], error) {
		all, err := s.List(ctx)
		out := make([]jointHead, len(all))
		for i, j := range all {
			out[i] = headOf(j)
		}
		return web.AnswerOf(out, err)
	})
	huma.Register(api, op("get-joint-proposal", "GET", "/joint-proposals/{id}", "Read a joint proposal"), func(ctx context.Context, in *InJoint) (*web.Answer[jointBody], error) {
		v, err := s.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out := jointBody{jointHead: headOf(v.Joint), Partners: []jointPartner{}, Adoptions: []jointAdoption{}}
		for _, p := range v.Partners {
			out.Partners = append(out.Partners, jointPartner{p.Name, p.Partner == "", p.TextNo, p.Officer})
		}
		if len(v.Texts) > 0 {
			out.Title, out.Text = v.Texts[0].Title, v.Texts[0].Body
		}
		for _, x := range v.Adoptions {
			out.Adoptions = append(out.Adoptions, jointAdoption{x.Body, x.What, x.Evidence, x.OnDate})
		}
		return &web.Answer[jointBody]{Body: out}, nil
	})
	begin := op("begin-joint-proposal", "POST", "/joint-proposals", "Begin a joint proposal")
	begin.DefaultStatus = http.StatusCreated
	huma.Register(api, begin, func(ctx context.Context, in *struct {
		Body struct {
			Topic    string   `json:"topic" maxLength:"200"`
			Partners []string `json:"partners" minItems:"1" maxItems:"30" doc:"Full or short names"`
		}
	}) (*web.Answer[jointMade], error) {
		id, err := s.Begin(ctx, in.Body.Topic, in.Body.Partners)
		return web.AnswerOf(jointMade{id}, err)
	})
	huma.Register(api, op("revise-joint-proposal", "POST", "/joint-proposals/{id}/texts", "Write the next version of the text"), func(ctx context.Context, in *struct {
		InJoint
		Body struct {
			Version int    `json:"version" minimum:"1"`
			Title   string `json:"title" maxLength:"100"`
			Text    string `json:"text" maxLength:"20000"`
			Note    string `json:"note,omitempty" maxLength:"500"`
		}
	}) (*struct{}, error) {
		return nil, s.Revise(ctx, in.ID, in.Body.Version, in.Body.Title, in.Body.Text, in.Body.Note)
	})
	huma.Register(api, op("approve-joint-proposal", "POST", "/joint-proposals/{id}/approvals", "Approve the newest text for one's own conference"), func(ctx context.Context, in *struct {
		InJoint
		Body struct {
			Version int `json:"version" minimum:"1"`
			TextNo  int `json:"text_no" minimum:"1" doc:"The text that was read"`
		}
	}) (*struct{}, error) {
		return nil, s.Approve(ctx, in.ID, in.Body.Version, in.Body.TextNo)
	})
	huma.Register(api, op("approve-joint-proposal-by-letter", "POST", "/joint-proposals/{id}/letters", "Record the approval of a partner outside the platform"), func(ctx context.Context, in *struct {
		InJoint
		Body struct {
			Version  int    `json:"version" minimum:"1"`
			Position int    `json:"position" minimum:"1" doc:"Of the partner in the list"`
			TextNo   int    `json:"text_no" minimum:"1"`
			Officer  string `json:"officer" maxLength:"50"`
			Letter   string `json:"letter" maxLength:"200"`
		}
	}) (*struct{}, error) {
		return nil, s.ApproveFor(ctx, in.ID, in.Body.Version, in.Body.Position, in.Body.TextNo, in.Body.Officer, in.Body.Letter)
	})
	huma.Register(api, op("submit-joint-proposal", "POST", "/joint-proposals/{id}/submission", "Record to whom it was submitted"), func(ctx context.Context, in *struct {
		InJoint
		Body struct {
			Version int           `json:"version" minimum:"1"`
			To      string        `json:"to" maxLength:"100"`
			Level   string        `json:"level" enum:"nation,province,city"`
			DocNo   string        `json:"doc_no,omitempty" maxLength:"60"`
			On      calendar.Date `json:"on" format:"date"`
		}
	}) (*struct{}, error) {
		b := in.Body
		return nil, s.Submit(ctx, in.ID, b.Version, b.To, b.Level, b.DocNo, b.On)
	})
	huma.Register(api, op("record-joint-standing", "POST", "/joint-proposals/{id}/standing", "Record what became of it at the higher level"), func(ctx context.Context, in *struct {
		InJoint
		Body struct {
			Version  int           `json:"version" minimum:"1"`
			Standing string        `json:"standing" enum:"received,filed,key,not_filed"`
			Note     string        `json:"note,omitempty" maxLength:"500"`
			On       calendar.Date `json:"on" format:"date"`
		}
	}) (*struct{}, error) {
		return nil, s.Stand(ctx, in.ID, in.Body.Version, in.Body.Standing, in.Body.Note, in.Body.On)
	})
	huma.Register(api, op("record-joint-adoption", "POST", "/joint-proposals/{id}/adoptions", "Record that a ministry or department took something up"), func(ctx context.Context, in *struct {
		InJoint
		Body struct {
			Version  int           `json:"version" minimum:"1"`
			Body     string        `json:"body" maxLength:"100"`
			What     string        `json:"what" maxLength:"1000"`
			Evidence string        `json:"evidence" maxLength:"1000"`
			On       calendar.Date `json:"on" format:"date"`
		}
	}) (*struct{}, error) {
		b := in.Body
		return nil, s.Adopt(ctx, in.ID, b.Version, b.Body, b.What, b.Evidence, b.On)
	})
	huma.Register(api, op("cancel-joint-proposal", "POST", "/joint-proposals/{id}/cancel", "End a joint proposal before it is submitted"), func(ctx context.Context, in *struct {
		InJoint
		Body struct {
			Version int `json:"version" minimum:"1"`
		}
	}) (*struct{}, error) {
		return nil, s.Cancel(ctx, in.ID, in.Body.Version)
	})
}
