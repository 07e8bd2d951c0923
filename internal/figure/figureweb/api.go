package figureweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/web"
)

// PeriodQuery is how REST asks for a time and a part of the records.
type PeriodQuery struct {
	Year    int      `query:"year" minimum:"0" maximum:"2199" doc:"The year of the session; that of the current session unless given"`
	Session string   `query:"session" maxLength:"64" doc:"Id of a session; then its year counts"`
	AsOf    string   `query:"as_of" maxLength:"20" doc:"What had happened by the end of this day; today unless given" example:"2018-12-31"`
	By      string   `query:"by" maxLength:"40" doc:"Split by this dimension: proposer, party, sector, committee, group, unit, outcome, meaning, subject, window, session and others"`
	Filter  []string `query:"filter" maxItems:"20" doc:"Only records with this value of a dimension, as dimension=key; several of one dimension: any of them" example:"meaning=resolved"`
}

func (q *PeriodQuery) request() (figure.Request, error) {
	day, err := calendar.ParseDate(q.AsOf)
	if err != nil {
		return figure.Request{}, err
	}
	r := figure.Request{Year: q.Year, Session: q.Session, AsOf: day, By: q.By}
	for _, f := range q.Filter {
		dim, value, ok := strings.Cut(f, "=")
		if !ok {
			return r, errs.New(errs.Invalid, "筛选条件应写成“维度=值”")
		}
		r.Filter = append(r.Filter, figure.Tag{Dim: dim, Value: value})
	}
	return r, nil
}

// reportBody are the figures of a year.
type reportBody struct {
	Year    int           `json:"year"`
	Session string        `json:"session,omitempty" doc:"Title of the session, if one was asked for"`
	AsOf    string        `json:"as_of" format:"date"`
	By      string        `json:"by,omitempty"`
	Figures []figure.Line `json:"figures"`
}

func bodyOf(ctx context.Context, rep *figure.Report) reportBody {
	return reportBody{rep.Year, rep.SessionTitle, string(rep.AsOf), rep.By, rep.Lines(ctx)}
}

// recordBody is one record behind a figure.
type recordBody struct {
	ID     string `json:"id,omitempty" doc:"Absent for a record that one may not read"`
	Number string `json:"number,omitempty"`
	Title  string `json:"title,omitempty"`
	Link   string `json:"link,omitempty"`
	Person string `json:"person,omitempty" doc:"Who proposed it"`
	Body   string `json:"body,omitempty" doc:"Who handles it"`
	Date   string `json:"date,omitempty"`
	Amount int64  `json:"amount" doc:"What it adds"`
	Counts bool   `json:"counts" doc:"Of a rate: whether it is in the numerator too"`
	Hidden bool   `json:"hidden,omitempty" doc:"It counts, but one may not read it"`

	Values map[string][]string `json:"values,omitempty" doc:"By dimension"`
}

// definitionBody says what a figure is.
type definitionBody struct {
	ID          string   `json:"id"`
	Group       string   `json:"group"`
	Name        string   `json:"name" doc:"In Simplified Chinese, as reports write it"`
	Aliases     []string `json:"aliases"`
	Unit        string   `json:"unit"`
	Where       string   `json:"where,omitempty" doc:"The condition that its records fulfil"`
	Numerator   string   `json:"numerator,omitempty"`
	Denominator string   `json:"denominator,omitempty"`
	Rule        string   `json:"rule"`
}

// freezeBody is a set of figures as they were reported.
type freezeBody struct {
	ID    string    `json:"id"`
	Title string    `json:"title"`
	Year  int       `json:"year"`
	AsOf  string    `json:"as_of" format:"date"`
	At    time.Time `json:"at"`
}

func freezeOf(f *figure.Freeze) freezeBody {
	return freezeBody{f.ID, f.Title, f.Year, string(f.AsOf), f.At.Time}
}

// differenceBody is a figure as it was reported and as it is counted now.
type differenceBody struct {
	Figure string   `json:"figure"`
	Name   string   `json:"name"`
	Then   string   `json:"then"`
	Now    string   `json:"now"`
	Same   bool     `json:"same"`
	Added  []string `json:"added,omitempty" doc:"Ids of records that count now and did not then"`
	Lost   []string `json:"lost,omitempty" doc:"Ids of records that counted then"`
}

// comparisonBody is a freeze against what is counted now.
type comparisonBody struct {
	Report  freezeBody       `json:"report"`
	Figures []differenceBody `json:"figures"`
	Broken  []string         `json:"broken,omitempty" doc:"Figures whose rows do not match their hash"`
}

func (p *pages) api(api huma.API) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"figures"}}
	}
	huma.Register(api, op("list-figures", "GET", "/figures", "Count all figures of a year"), func(ctx context.Context, in *struct {
		PeriodQuery
		ID []string `query:"id" maxItems:"100" doc:"Only these figures"`
	}) (*web.Answer[reportBody], error) {
		r, err := in.request()
		if err != nil {
			return nil, err
		}
		r.IDs = in.ID
		rep, err := p.figures.Compute(ctx, r)
		if err != nil {
			return nil, err
		}
		return &web.Answer[reportBody]{Body: bodyOf(ctx, rep)}, nil
	})
	huma.Register(api, op("list-figure-records", "GET", "/figures/{id}/records", "List the records behind a figure: what they add up to is its value"), p.apiRecords)
	huma.Register(api, op("list-figure-definitions", "GET", "/figure-definitions", "List what can be counted, and how"), func(ctx context.Context, _ *struct{}) (*web.Answer[web.Page[definitionBody]], error) {
		out := web.Page[definitionBody]{Items: []definitionBody{}}
		if _, err := p.figures.Sessions(ctx); err != nil { // who may read figures
			return nil, err
		}
		for _, d := range p.figures.Definitions() {
			out.Items = append(out.Items, definitionBody{d.ID, d.Group, d.Name, append([]string{}, d.Aliases...), d.Unit, d.Where, d.Num, d.Den, d.Rule})
		}
		return &web.Answer[web.Page[definitionBody]]{Body: out}, nil
	})
	huma.Register(api, op("list-figure-freezes", "GET", "/figure-freezes", "List what was frozen for reports, the newest first"), func(ctx context.Context, _ *struct{}) (*web.Answer[web.Page[freezeBody]], error) {
		all, err := p.figures.Freezes(ctx)
		if err != nil {
			return nil, err
		}
		out := web.Page[freezeBody]{Items: []freezeBody{}}
		for _, f := range all {
			out.Items = append(out.Items, freezeOf(f))
		}
		return &web.Answer[web.Page[freezeBody]]{Body: out}, nil
	})
	freeze := op("freeze-figures", "POST", "/figure-freezes", "Keep the figures of a year as they are now")
	freeze.DefaultStatus = http.StatusCreated
	huma.Register(api, freeze, func(ctx context.Context, in *struct {
		Body struct {
			Title string `json:"title" minLength:"1" maxLength:"100" doc:"Of the report that they go into"`
			Year  int    `json:"year" minimum:"1949" maximum:"2199"`
			AsOf  string `json:"as_of,omitempty" maxLength:"20"`
		}
	}) (*web.Answer[freezeBody], error) {
		day, err := calendar.ParseDate(in.Body.AsOf)
		if err != nil {
			return nil, err
		}
		f, err := p.figures.Freeze(ctx, figure.Request{Year: in.Body.Year, AsOf: day}, in.Body.Title)
		if err != nil {
			return nil, err
		}
		return &web.Answer[freezeBody]{Body: freezeOf(f)}, nil
	})
	huma.Register(api, op("compare-figure-freeze", "GET", "/figure-freezes/{id}", "Compare what was reported with what is counted now"), func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"64"`
	}) (*web.Answer[comparisonBody], error) {
		f, err := p.figures.Frozen(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out := &web.Answer[comparisonBody]{Body: comparisonBody{Report: freezeOf(f.Freeze), Figures: []differenceBody{}, Broken: f.Broken}}
		for _, l := range f.Lines {
			out.Body.Figures = append(out.Body.Figures, differenceBody{l.Figure, l.Name, l.Then.Text(), l.Now.Text(), l.Same(), l.Added, l.Lost})
		}
		return out, nil
	})
}

// recordsBody is a figure and a page of its records.
type recordsBody struct {
	Figure figure.Line  `json:"figure"`
	Year   int          `json:"year"`
	AsOf   string       `json:"as_of" format:"date"`
	Total  int          `json:"total" doc:"How many records there are in all"`
	Items  []recordBody `json:"items"`
	Next   string       `json:"next,omitempty" doc:"Send as cursor to read on; absent at the end"`
}

func (p *pages) apiRecords(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"80"`
	PeriodQuery
	web.PageQuery
}) (*web.Answer[recordsBody], error) {
	r, err := in.request()
	if err != nil {
		return nil, err
	}
	keys, err := web.ReadCursor(in.Cursor, 1)
	if err != nil {
		return nil, err
	}
	from := 0
	if keys != nil {
		if from, err = strconv.Atoi(keys[0]); err != nil || from < 0 {
			return nil, errs.New(errs.Invalid, "翻页位置有误，请从第一页重新开始")
		}
	}
	recs, err := p.figures.Records(ctx, in.ID, r)
	if err != nil {
		return nil, err
	}
	body := recordsBody{Figure: recs.Report.Lines(ctx)[0], Year: recs.Report.Year, AsOf: string(recs.Report.AsOf), Total: len(recs.Records), Items: []recordBody{}}
	from = min(from, len(recs.Records))
	to := min(from+in.Limit, len(recs.Records))
	for _, x := range recs.Records[from:to] {
		b := recordBody{ID: x.Record, Number: x.Number, Title: x.Title, Link: x.Link, Person: x.Person, Body: x.Body, Date: string(x.Date), Amount: x.Amount, Counts: x.Counts, Hidden: x.Hidden}
		for _, t := range x.Tags {
			if t.Value != "" && p.shows(recs, t.Dim) {
				if b.Values == nil {
					b.Values = map[string][]string{}
				}
				b.Values[t.Dim] = append(b.Values[t.Dim], t.Value)
			}
		}
		body.Items = append(body.Items, b)
	}
	if to < len(recs.Records) {
		body.Next = web.Cursor(strconv.Itoa(to))
	}
	return &web.Answer[recordsBody]{Body: body}, nil
}

// shows reports whether who asks may know the values of a dimension.
func (p *pages) shows(recs *figure.Records, dim string) bool {
	for _, d := range recs.Dims {
		if d.ID == dim {
			return true
		}
	}
	return false
}
