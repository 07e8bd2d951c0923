package messageweb

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"shangliang/internal/attachment"
	"shangliang/internal/document"
	"shangliang/internal/web"
)

// caseMessage is a message as who asks may read it.
type caseMessage struct {
	ID     string        `json:"id"`
	Side   string        `json:"side" doc:"proposer, office, or the id of a department"`
	Person string        `json:"person" doc:"Name of who wrote it"`
	To     []string      `json:"to" doc:"The sides that read it, besides its own"`
	Body   string        `json:"body"`
	At     time.Time     `json:"at"`
	Unread bool          `json:"unread,omitempty"`
	Files  []messageFile `json:"files"`
}

type messageFile struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// messageThread is what who asks reads of a case's messages.
type messageThread struct {
	Side     string            `json:"side" doc:"On which who asks stands"`
	To       []string          `json:"to" doc:"The sides that they can write to"`
	Names    map[string]string `json:"names" doc:"Of the departments"`
	Messages []caseMessage     `json:"messages"`
}

type messageText struct {
	To   []string `json:"to" minItems:"1" maxItems:"50" doc:"Sides: proposer, office, ids of departments"`
	Body string   `json:"body" minLength:"1" maxLength:"2000"`
}

// InCase names a case in the path.
type InCase struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the proposal"`
}

// InMessage names a message of a case.
type InMessage struct {
	InCase
	Message string `path:"message" maxLength:"64"`
}

func fileOf(f *attachment.File) messageFile {
	return messageFile{f.ID, f.Name, f.Kind, f.Size, f.SHA256}
}

// addAPI adds the operations about messages, with the same guards as the pages.
func addAPI(api huma.API, d Deps) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"messages"}}
	}
	huma.Register(api, op("list-messages", "GET", "/proposals/{id}/messages", "Read the messages about a case that one's side may read"), func(ctx context.Context, in *InCase) (*web.Answer[messageThread], error) {
		t, err := d.Messages.Of(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out := messageThread{Side: t.Side, To: append([]string{}, t.To...), Names: map[string]string{}, Messages: []caseMessage{}}
		for _, side := range t.To {
			if name := t.Names[side]; name != "" {
				out.Names[side] = name
			}
		}
		for _, m := range t.Messages {
			x := caseMessage{ID: m.ID, Side: m.Side, Person: t.Names[m.Person], To: m.To, Body: m.Body, At: m.At.UTC(), Unread: m.Unread, Files: []messageFile{}}
			for _, f := range m.Files {
				x.Files = append(x.Files, fileOf(f))
			}
			out.Messages = append(out.Messages, x)
		}
		return &web.Answer[messageThread]{Body: out}, nil
	})
	send := op("send-message", "POST", "/proposals/{id}/messages", "Send a message about a case to the sides named")
	send.DefaultStatus = http.StatusCreated
	huma.Register(api, send, func(ctx context.Context, in *struct {
		InCase
		Body messageText
	}) (*web.Answer[messageSent], error) {
		m, err := d.Messages.Send(ctx, in.ID, in.Body.To, in.Body.Body)
		if err != nil {
			return nil, err
		}
		return &web.Answer[messageSent]{Body: messageSent{m.ID}}, nil
	})
	huma.Register(api, op("see-messages", "POST", "/proposals/{id}/messages/seen", "Note that one has seen the messages about a case"), func(ctx context.Context, in *InCase) (*struct{}, error) {
		return nil, d.Messages.See(ctx, in.ID)
	})
	attach := op("attach-to-message", "POST", "/proposals/{id}/messages/{message}/files", "Add a file to a message of one's own")
	attach.DefaultStatus, attach.MaxBodyBytes = http.StatusCreated, document.Defaults().Most()+web.FormLimit
	huma.Register(api, attach, func(ctx context.Context, in *struct {
		InMessage
		RawBody huma.MultipartFormFiles[struct {
			File huma.FormFile `form:"file" required:"true"`
		}]
	}) (*web.Answer[messageFile], error) {
		form := in.RawBody.Data()
		defer form.File.Close()
		f, err := d.Messages.Attach(ctx, in.ID, in.Message, attachment.Upload{Name: web.CleanName(form.File.Filename), Size: form.File.Size, Content: form.File})
		if err != nil {
			return nil, err
		}
		return &web.Answer[messageFile]{Body: fileOf(f)}, nil
	})
	get := op("get-message-file", "GET", "/proposals/{id}/messages/{message}/files/{file}", "Download a file of a message")
	get.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}}
	huma.Register(api, get, func(ctx context.Context, in *struct {
		InMessage
		File string `path:"file" maxLength:"64"`
	}) (*huma.StreamResponse, error) {
		f, content, err := d.Messages.Open(ctx, in.ID, in.Message, in.File)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			req, w := humago.Unwrap(hc)
			if err := web.ServeFile(w, req, f.Name, document.ContentType(document.Kind(f.Kind)), f.SHA256, func() (io.ReadSeekCloser, error) { return content, nil }); err != nil {
				web.Fail(w, req, err)
			}
		}}, nil
	})
}

type messageSent struct {
	ID string `json:"id"`
}
