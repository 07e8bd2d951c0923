package digestweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/calendar"
	"shangliang/internal/digest"
	"shangliang/internal/web"
)

// ProposalDigest is a digest as REST gives it in a list.
type ProposalDigest struct {
	ID      string        `json:"id"`
	Year    int           `json:"year,omitempty"`
	No      int           `json:"no,omitempty" doc:"None until it is sent"`
	Title   string        `json:"title"`
	State   string        `json:"state" enum:"draft,approved,sent,discarded"`
	SentOn  calendar.Date `json:"sent_on,omitempty"`
	Version int           `json:"version"`
}

func digestOf(d *digest.Digest) ProposalDigest {
	return ProposalDigest{d.ID, d.Year, d.No, d.Title, d.State, d.SentOn, d.Version}
}

type proposalDigestDetails struct {
	ProposalDigest
	Text         string              `json:"text"`
	Proposals    []string            `json:"proposals"`
	Recipients   []string            `json:"recipients"`
	Instructions []digestInstruction `json:"instructions" doc:"Those that one may see"`
}

type digestInstruction struct {
	ID      string        `json:"id"`
	Person  string        `json:"person"`
	On      calendar.Date `json:"on"`
	Text    string        `json:"text"`
	Unit    string        `json:"unit,omitempty"`
	DueOn   calendar.Date `json:"due_on,omitempty"`
	State   string        `json:"state,omitempty" enum:"open,reported,done" doc:"None when nothing is to be followed up"`
	Report  string        `json:"report,omitempty"`
	Version int           `json:"version"`
}

func instructionOf(i *digest.Instruction) digestInstruction {
	return digestInstruction{i.ID, i.Person, i.OnDate, i.Text, i.Unit, i.DueOn, i.State, i.Report, i.Version}
}

// InDigest names a digest in the path.
type InDigest struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the digest"`
}

// addAPI adds the operations; each is one call of the service.
func addAPI(api huma.API, digests *digest.Service) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"digests"}}
	}
	one := func(d *digest.Digest, err error) (*web.Answer[ProposalDigest], error) {
		if err != nil {
			return nil, err
		}
		return &web.Answer[ProposalDigest]{Body: digestOf(d)}, nil
	}
	huma.Register(api, op("list-digests", "GET", "/digests", "List the digests within one's reach, the latest first"), func(ctx context.Context, in *struct {
		Year  int    `query:"year" minimum:"0" maximum:"2199"`
		State string `query:"state" enum:"draft,approved,sent,discarded"`
		Title string `query:"title" maxLength:"60"`
	}) (*web.Answer[[]ProposalDigest], error) {
		all, _, err := digests.List(ctx, digest.Filter(*in))
		if err != nil {
			return nil, err
		}
		out := []ProposalDigest{}
		for _, x := range all {
			out = append(out, digestOf(x.Digest))
		}
		return &web.Answer[[]ProposalDigest]{Body: out}, nil
	})
	write := op("write-digest", "POST", "/digests", "Write a digest")
	write.DefaultStatus = http.StatusCreated
	huma.Register(api, write, func(ctx context.Context, in *struct{ Body digest.Text }) (*web.Answer[ProposalDigest], error) {
		return one(digests.Save(ctx, "", 0, in.Body))
	})
	huma.Register(api, op("save-digest", "PUT", "/digests/{id}", "Change a draft"), func(ctx context.Context, in *struct {
		InDigest
		Body struct {
			digest.Text
			Version int `json:"version" minimum:"1"`
		}
	}) (*web.Answer[ProposalDigest], error) {
		return one(digests.Save(ctx, in.ID, in.Body.Version, in.Body.Text))
	})
	huma.Register(api, op("get-digest", "GET", "/digests/{id}", "Read a digest"), func(ctx context.Context, in *InDigest) (*web.Answer[proposalDigestDetails], error) {
		d, err := digests.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out := proposalDigestDetails{ProposalDigest: digestOf(d.Digest), Text: d.Body, Proposals: []string{}, Recipients: append([]string{}, d.Recipients...), Instructions: []digestInstruction{}}
		for _, c := range d.Cases {
			out.Proposals = append(out.Proposals, c.ID)
		}
		for _, i := range d.Instructions {
			out.Instructions = append(out.Instructions, instructionOf(i))
		}
		return &web.Answer[proposalDigestDetails]{Body: out}, nil
	})
	huma.Register(api, op("act-on-digest", "POST", "/digests/{id}/actions/{action}", "Take a step of a digest"), func(ctx context.Context, in *struct {
		InDigest
		Action string `path:"action" enum:"approve,send_back,send,discard"`
		Body   struct {
			Reason  string `json:"reason,omitempty" maxLength:"500"`
			Version int    `json:"version" minimum:"1"`
		}
	}) (*web.Answer[ProposalDigest], error) {
		return one(digests.Do(ctx, in.ID, in.Body.Version, in.Action, in.Body.Reason))
	})
	record := op("record-instruction", "POST", "/digests/{id}/instructions", "Record what a leader wrote back")
	record.DefaultStatus = http.StatusCreated
	huma.Register(api, record, func(ctx context.Context, in *struct {
		InDigest
		Body digest.Given
	}) (*web.Answer[digestInstruction], error) {
		i, err := digests.Instruct(ctx, in.ID, in.Body, nil)
		if err != nil {
			return nil, err
		}
		return &web.Answer[digestInstruction]{Body: instructionOf(i)}, nil
	})
	huma.Register(api, op("act-on-instruction", "POST", "/digests/{id}/instructions/{instruction}/{action}", "Report how an instruction was followed up, accept it or give it back"), func(ctx context.Context, in *struct {
		InDigest
		Instruction string `path:"instruction" maxLength:"64"`
		Action      string `path:"action" enum:"report,accept,refuse"`
		Body        struct {
			Text    string `json:"text,omitempty" maxLength:"2000"`
			Version int    `json:"version" minimum:"1"`
		}
	}) (*struct{}, error) {
		if in.Action == "report" {
			return nil, digests.Report(ctx, in.ID, in.Instruction, in.Body.Version, in.Body.Text)
		}
		return nil, digests.Accept(ctx, in.ID, in.Instruction, in.Body.Version, in.Action == "accept", in.Body.Text)
	})
}
