package readingweb

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"shangliang/internal/reading"
	"shangliang/internal/report"
	"shangliang/internal/report/claim"
	"shangliang/internal/web"
)

type readingHead struct {
	ID        string    `json:"id"`
	Name      string    `json:"name" doc:"Of the file"`
	SHA256    string    `json:"sha256"`
	Source    string    `json:"source,omitempty" doc:"Where it comes from"`
	Place     string    `json:"place"`
	Body      string    `json:"body"`
	Level     string    `json:"level" doc:"nation, province, city or county; empty if not known"`
	Period    string    `json:"period" doc:"2018 or 2017-2021"`
	CreatedAt time.Time `json:"created_at" format:"date-time"`
	Version   int       `json:"version"`
}

func headOf(r *reading.Report) readingHead {
	return readingHead{r.ID, r.Name, r.SHA256, r.Source, r.Place, r.Body, r.Level, r.Period, r.CreatedAt.Time, r.Version}
}

type readingListed struct {
	readingHead
	Waiting   int `json:"waiting" doc:"Figures that nobody has decided about"`
	Confirmed int `json:"confirmed"`
}

type readingFigure struct {
	N          int               `json:"n"`
	Quote      string            `json:"quote"`
	Start      int               `json:"start" doc:"Of the quote, in code points of the text"`
	End        int               `json:"end"`
	At         int               `json:"at" doc:"Of the number with its unit"`
	Until      int               `json:"until"`
	Value      float64           `json:"value"`
	High       float64           `json:"high,omitempty" doc:"Upper end of a range"`
	Unit       string            `json:"unit"`
	Bound      claim.Bound       `json:"bound,omitempty"`
	Period     string            `json:"period,omitempty" doc:"Empty: that of the report"`
	Kind       claim.Kind        `json:"kind"`
	Metric     string            `json:"metric,omitempty" doc:"Its definition in the catalogue"`
	Dims       map[string]string `json:"dims,omitempty" doc:"What it is a part by"`
	Confidence float64           `json:"confidence"`
	Damaged    bool              `json:"damaged,omitempty" doc:"Stands where the original is damaged"`
	State      string            `json:"state" enum:"read,confirmed,dropped"`
	Version    int               `json:"version"`
}

type readingRelation struct {
	Kind    string `json:"kind"`
	Figures []int  `json:"figures"`
	Holds   bool   `json:"holds"`
	Says    string `json:"says"`
}

type readingBody struct {
	readingHead
	Text      string            `json:"text"`
	Figures   []readingFigure   `json:"figures"`
	Relations []readingRelation `json:"relations"`
	Safe      []reading.Pick    `json:"safe" doc:"Figures that can be confirmed at once"`
}

type readingMade struct {
	ID string `json:"id"`
}

type readingConfirmed struct {
	Confirmed int   `json:"confirmed"`
	Left      []int `json:"left" doc:"Figures that could not be confirmed"`
}

type publishedFigure struct {
	ID     string            `json:"id"`
	Place  string            `json:"place"`
	Body   string            `json:"body"`
	Level  string            `json:"level"`
	Period string            `json:"period"`
	Metric string            `json:"metric"`
	Dims   map[string]string `json:"dims,omitempty"`
	Value  float64           `json:"value"`
	High   float64           `json:"high,omitempty"`
	Unit   string            `json:"unit"`
	Bound  claim.Bound       `json:"bound,omitempty"`
	Quote  string            `json:"quote"`
	Report string            `json:"report"`
	N      int               `json:"n" doc:"Its number in the report"`
}

type comparedCell struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Text  string  `json:"text"`
	Link  string  `json:"link"`
	Best  bool    `json:"best,omitempty" doc:"More than in any earlier year that is known"`
	Rank  int     `json:"rank,omitempty"`
}

type comparedRow struct {
	Place   string                  `json:"place"`
	Own     bool                    `json:"own,omitempty"`
	Records bool                    `json:"records,omitempty" doc:"Counted from records, not published"`
	Years   map[string]comparedCell `json:"years"`
}

type comparedTarget struct {
	Year    int `json:"year"`
	Rank    int `json:"rank"`
	Version int `json:"version"`
}

type comparison struct {
	Metric  string           `json:"metric"`
	Level   string           `json:"level"`
	Rows    []comparedRow    `json:"rows"`
	Targets []comparedTarget `json:"targets"`
}

type draftHead struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Year    int       `json:"year"`
	UntilAt time.Time `json:"until_at" format:"date-time" doc:"When it is deleted"`
}

type draftChecked struct {
	draftHead
	Wrong    int              `json:"wrong"`
	Findings []report.Finding `json:"findings"`
}

// InReading names a report that was read in.
type InReading struct {
	ID string `path:"id" maxLength:"64"`
}

// InReadingFigure names one of its figures.
type InReadingFigure struct {
	InReading
	N int `path:"n" minimum:"0"`
}

// InDraft names a draft.
type InDraft struct {
	ID string `path:"id" maxLength:"64"`
}

func op(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"reading"}}
}

// upload is an operation that takes a file.
func uploadOp(id, path, summary string) huma.Operation {
	o := op(id, "POST", path, summary)
	o.DefaultStatus, o.MaxBodyBytes = http.StatusCreated, reading.MaxFile+web.FormLimit
	return o
}

func content(f huma.FormFile) (name string, data []byte, err error) {
	defer f.Close()
	if data, err = io.ReadAll(f); err != nil {
		err = fmt.Errorf("readingweb: %w", err)
	}
	return web.CleanName(f.Filename), data, err
}

func addAPI(api huma.API, d Deps) {
	addReports(api, d.Reading)
	addFigures(api, d.Reading)
	addDrafts(api, d)
}

func addReports(api huma.API, s *reading.Service) {
	huma.Register(api, op("list-published-reports", "GET", "/published-reports", "List the published reports that were read in"), func(ctx context.Context, _ *struct{}) (*web.Answer[[]readingListed], error) {
		all, err := s.List(ctx)
		out := make([]readingListed, len(all))
		for i, r := range all {
			out[i] = readingListed{headOf(r.Report), r.Waiting, r.Confirmed}
		}
		return web.AnswerOf(out, err)
	})
	huma.Register(api, uploadOp("read-published-report", "/published-reports", "Read a published report in: txt, html, docx or pdf"), func(ctx context.Context, in *struct {
		RawBody huma.MultipartFormFiles[struct {
			File   huma.FormFile `form:"file" required:"true"`
			Source string        `form:"source" required:"false" maxLength:"300"`
			Anyway bool          `form:"anyway" required:"false" doc:"Though it does not look like a report"`
		}]
	}) (*web.Answer[readingMade], error) {
		form := in.RawBody.Data()
		name, data, err := content(form.File)
		if err != nil {
			return nil, err
		}
		id, err := s.Add(ctx, reading.Upload{Name: name, Data: data, Source: form.Source, Anyway: form.Anyway})
		return web.AnswerOf(readingMade{id}, err)
	})
	huma.Register(api, op("get-published-report", "GET", "/published-reports/{id}", "Read a report with its figures and what does not add up"), func(ctx context.Context, in *InReading) (*web.Answer[readingBody], error) {
		v, err := s.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out := readingBody{readingHead: headOf(v.Report), Text: v.Text, Figures: []readingFigure{}, Relations: []readingRelation{}, Safe: append([]reading.Pick{}, v.Confident...)}
		for _, f := range v.Figures {
			out.Figures = append(out.Figures, readingFigure{f.N, f.Quote, f.Start, f.End, f.At, f.Until, f.Value, f.High, f.Unit, f.Bound, f.Period, f.Kind, f.Metric, f.Dims, f.Confidence, f.Damaged, f.State, f.Version})
		}
		for _, r := range v.Relations {
			out.Relations = append(out.Relations, readingRelation{r.Kind, r.Figures, r.Holds, r.Text(ctx)})
		}
		return &web.Answer[readingBody]{Body: out}, nil
	})
	huma.Register(api, op("identify-published-report", "POST", "/published-reports/{id}/identity", "Correct whose report it is; its published figures move along"), func(ctx context.Context, in *struct {
		InReading
		Body struct {
			Version int    `json:"version" minimum:"1"`
			Place   string `json:"place" maxLength:"30"`
			Level   string `json:"level" enum:"nation,province,city,county"`
			Period  string `json:"period" maxLength:"9"`
		}
	}) (*struct{}, error) {
		b := in.Body
		return nil, s.Identify(ctx, in.ID, b.Version, reading.Identity{Place: b.Place, Level: b.Level, Period: b.Period})
	})
	huma.Register(api, op("remove-published-report", "POST", "/published-reports/{id}/removal", "Take a report away with what was published from it"), func(ctx context.Context, in *struct {
		InReading
		Body struct {
			Version int `json:"version" minimum:"1"`
		}
	}) (*struct{}, error) {
		return nil, s.Remove(ctx, in.ID, in.Body.Version)
	})
	huma.Register(api, op("confirm-figures", "POST", "/published-reports/{id}/confirmations", "Confirm figures in the versions that were seen"), func(ctx context.Context, in *struct {
		InReading
		Body struct {
			Figures []reading.Pick `json:"figures" minItems:"1" maxItems:"2000"`
		}
	}) (*web.Answer[readingConfirmed], error) {
		done, left, err := s.Confirm(ctx, in.ID, in.Body.Figures)
		return web.AnswerOf(readingConfirmed{done, append([]int{}, left...)}, err)
	})
	huma.Register(api, op("set-figures-aside", "POST", "/published-reports/{id}/states", "Drop figures, or take confirmations and drops back"), func(ctx context.Context, in *struct {
		InReading
		Body struct {
			Figures []reading.Pick `json:"figures" minItems:"1" maxItems:"2000"`
			State   string         `json:"state" enum:"read,dropped"`
		}
	}) (*struct{}, error) {
		return nil, s.Put(ctx, in.ID, in.Body.Figures, in.Body.State)
	})
	huma.Register(api, op("correct-figure", "POST", "/published-reports/{id}/figures/{n}", "Correct a figure; one that is published is published anew"), func(ctx context.Context, in *struct {
		InReadingFigure
		Body struct {
			Version int               `json:"version" minimum:"1"`
			Value   float64           `json:"value" minimum:"0"`
			High    float64           `json:"high,omitempty"`
			Unit    string            `json:"unit" maxLength:"10"`
			Bound   string            `json:"bound,omitempty" enum:",lower,upper,about"`
			Period  string            `json:"period,omitempty" maxLength:"20"`
			Kind    string            `json:"kind" enum:"stat,plan,rule,context"`
			Metric  string            `json:"metric,omitempty"`
			Dims    map[string]string `json:"dims,omitempty"`
			Confirm bool              `json:"confirm,omitempty"`
		}
	}) (*struct{}, error) {
		b := in.Body
		return nil, s.Change(ctx, in.ID, reading.Pick{N: in.N, Version: b.Version}, reading.Edit{Value: b.Value, High: b.High, Unit: b.Unit, Bound: claim.Bound(b.Bound), Period: b.Period,
			Kind: claim.Kind(b.Kind), Metric: b.Metric, Dims: b.Dims, Confirm: b.Confirm})
	})
}

func addFigures(api huma.API, s *reading.Service) {
	huma.Register(api, op("list-published-figures", "GET", "/published-figures", "List the published figures that stand"), func(ctx context.Context, in *struct {
		Level  string `query:"level" enum:"nation,province,city,county"`
		Place  string `query:"place" maxLength:"30"`
		Metric string `query:"metric" maxLength:"64"`
		Period string `query:"period" maxLength:"20"`
	}) (*web.Answer[[]publishedFigure], error) {
		all, err := s.Published(ctx, reading.Filter{Level: in.Level, Place: in.Place, Metric: in.Metric, Period: in.Period})
		out := make([]publishedFigure, len(all))
		for i, p := range all {
			out[i] = publishedFigure{p.ID, p.Place, p.Body, p.Level, p.Period, p.Metric, p.Dims, p.Value, p.High, p.Unit, p.Bound, p.Quote, p.Report, p.N}
		}
		return web.AnswerOf(out, err)
	})
	huma.Register(api, op("compare-places", "GET", "/comparisons/{metric}", "Compare a definition between places of a level over the years"), func(ctx context.Context, in *struct {
		Metric string `path:"metric" maxLength:"64"`
		Level  string `query:"level" enum:"nation,province,city,county"`
	}) (*web.Answer[comparison], error) {
		c, err := s.Compare(ctx, in.Metric, in.Level)
		if err != nil {
			return nil, err
		}
		out := comparison{Metric: c.Metric.ID, Level: c.Level, Rows: []comparedRow{}, Targets: []comparedTarget{}}
		for _, r := range c.Rows {
			row := comparedRow{r.Title, r.Own, r.Computed, map[string]comparedCell{}}
			for i, x := range r.Cells {
				if x.Known {
					row.Years[itoa(c.Years[i])] = comparedCell{x.Value, x.Unit, x.Text, x.Link, x.Best, x.Rank}
				}
			}
			out.Rows = append(out.Rows, row)
		}
		for _, y := range c.Years {
			if t := c.Targets[y]; t != nil {
				out.Targets = append(out.Targets, comparedTarget{t.Year, t.Rank, t.Version})
			}
		}
		return &web.Answer[comparison]{Body: out}, nil
	})
	huma.Register(api, op("set-rank-target", "POST", "/comparisons/{metric}/targets", "Set the rank to reach in a year, or take it away with rank 0"), func(ctx context.Context, in *struct {
		Metric string `path:"metric" maxLength:"64"`
		Body   struct {
			Year    int `json:"year"`
			Rank    int `json:"rank" minimum:"0"`
			Version int `json:"version,omitempty" doc:"Of the target that is there; 0 if none is"`
		}
	}) (*struct{}, error) {
		return nil, s.SetTarget(ctx, in.Metric, in.Body.Year, in.Body.Rank, in.Body.Version)
	})
}

func addDrafts(api huma.API, d Deps) {
	s := d.Reading
	huma.Register(api, op("list-draft-checks", "GET", "/draft-checks", "List the drafts that one may read"), func(ctx context.Context, _ *struct{}) (*web.Answer[[]draftHead], error) {
		all, err := s.Drafts(ctx)
		out := make([]draftHead, len(all))
		for i, x := range all {
			out[i] = draftHead{x.ID, x.Name, x.Year, x.UntilAt.Time}
		}
		return web.AnswerOf(out, err)
	})
	huma.Register(api, uploadOp("check-draft", "/draft-checks", "Check a draft of a year's report against the records"), func(ctx context.Context, in *struct {
		RawBody huma.MultipartFormFiles[struct {
			File huma.FormFile `form:"file" required:"true"`
			Year int           `form:"year" required:"true"`
		}]
	}) (*web.Answer[readingMade], error) {
		form := in.RawBody.Data()
		name, data, err := content(form.File)
		if err != nil {
			return nil, err
		}
		id, err := s.Check(ctx, name, data, form.Year)
		return web.AnswerOf(readingMade{id}, err)
	})
	huma.Register(api, op("get-draft-check", "GET", "/draft-checks/{id}", "Read what is said of each figure of a draft, as the records are now"), func(ctx context.Context, in *InDraft) (*web.Answer[draftChecked], error) {
		c, err := s.Checked(ctx, in.ID, "")
		if err != nil {
			return nil, err
		}
		return &web.Answer[draftChecked]{Body: draftChecked{draftHead{c.ID, c.Name, c.Year, c.UntilAt.Time}, c.Wrong(), c.Findings}}, nil
	})
	file := op("get-annotated-draft", "GET", "/draft-checks/{id}/file", "Download the Word file of a draft with its comments")
	file.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{docxType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}}
	huma.Register(api, file, func(ctx context.Context, in *InDraft) (*huma.StreamResponse, error) {
		name, data, err := s.Annotated(ctx, in.ID, strings.TrimRight(d.BaseURL, "/"))
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			r, w := humago.Unwrap(hc)
			if err := web.ServeBytes(w, r, name, docxType, "", data); err != nil {
				web.Fail(w, r, err)
			}
		}}, nil
	})
	drop := op("delete-draft", "DELETE", "/draft-checks/{id}", "Delete a draft of one's own")
	huma.Register(api, drop, func(ctx context.Context, in *InDraft) (*struct{}, error) {
		return nil, s.DropDraft(ctx, in.ID)
	})
}
