package paperworkweb

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"shangliang/internal/document"
	"shangliang/internal/paper"
	"shangliang/internal/paperwork"
	"shangliang/internal/proposal"
	"shangliang/internal/web"
)

// rest are the operations of REST; each is one call of the service.
type rest struct{ papers *paperwork.Service }

// CasePaper is a document that there is of a case.
type CasePaper struct {
	Key   string `json:"key" doc:"Names it in the address of its file"`
	Kind  string `json:"kind" enum:"form,handling,reply,feedback"`
	Title string `json:"title"`
	Of    string `json:"of,omitempty" doc:"The department or person whose it is"`
	Draft bool   `json:"draft,omitempty" doc:"A reply that is not signed yet"`
}

// PaperRun is a large document that is made in the background.
type PaperRun struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind" enum:"catalogue,collection"`
	Format  string    `json:"format" enum:"docx,pdf"`
	Title   string    `json:"title"`
	State   string    `json:"state" enum:"waiting,working,ready,failed"`
	Done    int       `json:"done" doc:"Proposals that are in it by now"`
	Total   int       `json:"total"`
	Problem string    `json:"problem,omitempty" doc:"Why it was not made"`
	Size    int64     `json:"size,omitempty"`
	AskedAt time.Time `json:"asked_at"`
	UntilAt time.Time `json:"until_at" doc:"When its file is thrown away"`
}

func runOf(r *paperwork.Run) PaperRun {
	return PaperRun{r.ID, r.Kind, string(r.Format), r.Title, r.State, r.Done, r.Total, r.Problem, r.Size, r.AskedAt.Time, r.UntilAt.Time}
}

// InPaper names a file of a case in the path.
type InPaper struct {
	ID     string `path:"id" maxLength:"64" doc:"Id of the proposal"`
	Key    string `path:"key" maxLength:"80" doc:"Of the list of its documents"`
	Format string `path:"format" enum:"docx,pdf"`
}

// InRun names a run in the path.
type InRun struct {
	Run string `path:"run" maxLength:"64"`
}

// PaperOrder asks for a large document.
type PaperOrder struct {
	Kind    string   `json:"kind" enum:"catalogue,collection"`
	Format  string   `json:"format" enum:"docx,pdf"`
	Title   string   `json:"title,omitempty" maxLength:"60" doc:"By the session if absent"`
	Replies bool     `json:"replies,omitempty" doc:"A collection holds the delivered replies too"`
	Session string   `json:"session,omitempty" maxLength:"64"`
	Year    int      `json:"year,omitempty" minimum:"0" maximum:"2199"`
	States  []string `json:"states,omitempty" maxItems:"20"`
	Subject string   `json:"subject,omitempty" maxLength:"64"`
	Unit    string   `json:"unit,omitempty" maxLength:"64" doc:"Id of a department"`
	Mine    bool     `json:"mine,omitempty" doc:"Those that one stands behind"`
}

func addAPI(api huma.API, papers *paperwork.Service) {
	r := &rest{papers}
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"documents"}}
	}
	file := func(id, path, summary string) huma.Operation {
		o := op(id, "GET", path, summary)
		o.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}}
		return o
	}
	huma.Register(api, op("list-papers", "GET", "/proposals/{id}/papers", "List the documents that there are of a case for who asks"), r.list)
	huma.Register(api, file("get-paper", "/proposals/{id}/papers/{key}/{format}", "Download a document of a case"), r.get)
	huma.Register(api, file("get-handed-list", "/handed-lists/{format}", "Download the lists of what departments got in a session"), r.handed)
	huma.Register(api, op("list-paper-runs", "GET", "/papers", "List the large documents that one asked for in this role"), r.runs)
	ask := op("ask-for-papers", "POST", "/papers", "Ask for a catalogue or a collection, to be fetched when it is ready")
	ask.DefaultStatus = http.StatusCreated
	huma.Register(api, ask, r.ask)
	huma.Register(api, op("get-paper-run", "GET", "/papers/{run}", "Read how far a large document has come"), r.run)
	huma.Register(api, file("get-paper-run-file", "/papers/{run}/file", "Download a large document"), r.file)
	huma.Register(api, op("remove-paper-run", "DELETE", "/papers/{run}", "Throw a large document away"), r.remove)
}

func (r *rest) list(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the proposal"`
}) (*web.Answer[[]CasePaper], error) {
	_, all, err := r.papers.Papers(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := []CasePaper{}
	for _, p := range all {
		out = append(out, CasePaper(p))
	}
	return &web.Answer[[]CasePaper]{Body: out}, nil
}

func (r *rest) get(ctx context.Context, in *InPaper) (*huma.StreamResponse, error) {
	d, name, err := r.papers.Draw(ctx, in.ID, in.Key)
	if err != nil {
		return nil, err
	}
	return r.send(d, name, document.Kind(in.Format))
}

func (r *rest) handed(ctx context.Context, in *struct {
	Format  string `path:"format" enum:"docx,pdf"`
	Session string `query:"session" maxLength:"64" required:"true"`
	Unit    string `query:"unit" maxLength:"64" doc:"Id of a department; all if absent"`
}) (*huma.StreamResponse, error) {
	d, name, err := r.papers.Handed(ctx, in.Session, in.Unit)
	if err != nil {
		return nil, err
	}
	return r.send(d, name, document.Kind(in.Format))
}

func (r *rest) send(d *paper.Document, name string, format document.Kind) (*huma.StreamResponse, error) {
	var b bytes.Buffer
	if err := r.papers.Write(&b, format, d); err != nil {
		return nil, err
	}
	return serve(document.FileName(name+"."+string(format)), format, "", whole{bytes.NewReader(b.Bytes())}), nil
}

func serve(name string, format document.Kind, sum string, content io.ReadSeekCloser) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		req, w := humago.Unwrap(hc)
		if err := web.ServeFile(w, req, name, document.ContentType(format), sum, func() (io.ReadSeekCloser, error) { return content, nil }); err != nil {
			web.Fail(w, req, err)
		}
	}}
}

func (r *rest) runs(ctx context.Context, _ *struct{}) (*web.Answer[[]PaperRun], error) {
	all, err := r.papers.Runs(ctx)
	if err != nil {
		return nil, err
	}
	out := []PaperRun{}
	for _, x := range all {
		out = append(out, runOf(x))
	}
	return &web.Answer[[]PaperRun]{Body: out}, nil
}

// created tells where what was asked for is found.
type created struct {
	Location string `header:"Location"`
	Body     PaperRun
}

func (r *rest) ask(ctx context.Context, in *struct{ Body PaperOrder }) (*created, error) {
	b := in.Body
	id, err := r.papers.Ask(ctx, paperwork.Order{Kind: b.Kind, Format: document.Kind(b.Format), Title: web.Clean(b.Title), Replies: b.Replies,
		Filter: proposal.Filter{Session: b.Session, Year: b.Year, States: b.States, Subject: b.Subject, Unit: b.Unit, Mine: b.Mine}})
	if err != nil {
		return nil, err
	}
	run, err := r.papers.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	return &created{"/api/v1/papers/" + id, runOf(run)}, nil
}

func (r *rest) run(ctx context.Context, in *InRun) (*web.Answer[PaperRun], error) {
	run, err := r.papers.Run(ctx, in.Run)
	if err != nil {
		return nil, err
	}
	return &web.Answer[PaperRun]{Body: runOf(run)}, nil
}

func (r *rest) file(ctx context.Context, in *InRun) (*huma.StreamResponse, error) {
	run, content, err := r.papers.OpenFile(ctx, in.Run)
	if err != nil {
		return nil, err
	}
	return serve(run.FileName(), run.Format, run.SHA256, content), nil
}

func (r *rest) remove(ctx context.Context, in *InRun) (*struct{}, error) {
	return nil, r.papers.Remove(ctx, in.Run)
}
