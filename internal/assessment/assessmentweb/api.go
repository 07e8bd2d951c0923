package assessmentweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/assessment"
	"shangliang/internal/calendar"
	"shangliang/internal/figure"
	"shangliang/internal/web"
)

// assessmentHead is an assessment in a list.
type assessmentHead struct {
	ID        string        `json:"id"`
	Title     string        `json:"title"`
	Year      int           `json:"year"`
	AsOf      calendar.Date `json:"as_of" format:"date" doc:"The last day of the period"`
	RateUntil calendar.Date `json:"rate_until" format:"date"`
	State     string        `json:"state" enum:"draft,rating,scored,published,cancelled"`
	Decision  string        `json:"decision,omitempty" doc:"By which it was published"`
	Version   int           `json:"version"`
}

func headOf(t *assessment.Assessment) assessmentHead {
	return assessmentHead{t.ID, t.Title, t.Year, t.AsOf, t.RateUntil, t.State, t.Decision, t.Version}
}

type assessmentScore struct {
	Indicator string  `json:"indicator"`
	Value     float64 `json:"value" doc:"Out of 100"`
	Num       int64   `json:"num" doc:"Of a rate; of ratings, how many there were"`
	Den       int64   `json:"den"`
	Weight    int     `json:"weight"`
	Figure    string  `json:"figure,omitempty" doc:"The figure behind it"`
}

type assessmentUnit struct {
	Unit    string            `json:"unit"`
	Name    string            `json:"name"`
	Total   float64           `json:"total"`
	Place   int               `json:"place,omitempty"`
	Level   string            `json:"level,omitempty" enum:"excellent,good,fair,poor"`
	Improve string            `json:"improve,omitempty" doc:"What it is asked to do better"`
	Scores  []assessmentScore `json:"scores"`
}

type assessmentBody struct {
	assessmentHead
	Of    int              `json:"of" doc:"How many departments are assessed"`
	Units []assessmentUnit `json:"units" doc:"For a department its own only"`
}

// AssessmentPlan is what is filled in for an assessment.
type AssessmentPlan struct {
	Title     string        `json:"title" maxLength:"100"`
	Year      int           `json:"year" minimum:"1949" maximum:"2199"`
	AsOf      calendar.Date `json:"as_of" format:"date"`
	RateUntil calendar.Date `json:"rate_until" format:"date"`
	Units     []string      `json:"units" minItems:"1" maxItems:"500"`
}

type made struct {
	ID string `json:"id"`
}

// AssessmentMark is one value out of 100.
type AssessmentMark struct {
	Of    string `json:"of" maxLength:"64" doc:"Id of the department or proposal"`
	Value int    `json:"value" minimum:"0" maximum:"100"`
}

type markBody struct {
	Marks []AssessmentMark `json:"marks" minItems:"1" maxItems:"2000"`
}

func (b markBody) marks() (all []assessment.Mark) {
	for _, m := range b.Marks {
		all = append(all, assessment.Mark(m))
	}
	return all
}

type inspectionBody struct {
	ID       string        `json:"id"`
	Unit     string        `json:"unit"`
	UnitName string        `json:"unit_name"`
	Title    string        `json:"title"`
	Content  string        `json:"content,omitempty"`
	IssuedOn calendar.Date `json:"issued_on" format:"date"`
	DueOn    calendar.Date `json:"due_on" format:"date"`
	State    string        `json:"state" enum:"issued,reported,done,withdrawn"`
	Late     bool          `json:"late"`
	Result   string        `json:"result,omitempty"`
	Answer   string        `json:"answer,omitempty"`
	Version  int           `json:"version"`
}

type appraisalLine struct {
	Unit    string             `json:"unit"`
	Name    string             `json:"name"`
	Figures map[string]*string `json:"figures" doc:"As reports write them, by id"`
	Total   float64            `json:"total,omitempty"`
	Level   string             `json:"level,omitempty"`
	Third   *float64           `json:"third,omitempty" doc:"Of the third-party evaluation"`
}

// InAssessment names an assessment.
type InAssessment struct {
	ID string `path:"id" maxLength:"64"`
}

func addAPI(api huma.API, d Deps) {
	s := d.Assessments
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"assessment"}}
	}
	huma.Register(api, op("list-assessments", "GET", "/assessments", "List the assessments of departments"), func(ctx context.Context, _ *struct{}) (*web.Answer[[]assessmentHead], error) {
		all, err := s.List(ctx)
		out := make([]assessmentHead, len(all))
		for i, t := range all {
			out[i] = headOf(t)
		}
		return web.AnswerOf(out, err)
	})
	huma.Register(api, op("get-assessment", "GET", "/assessments/{id}", "Read an assessment with its results"), func(ctx context.Context, in *InAssessment) (*web.Answer[assessmentBody], error) {
		r, err := s.Get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &web.Answer[assessmentBody]{Body: resultOf(r)}, nil
	})
	plan := op("plan-assessment", "POST", "/assessments", "Plan an assessment")
	plan.DefaultStatus = http.StatusCreated
	huma.Register(api, plan, func(ctx context.Context, in *struct{ Body AssessmentPlan }) (*web.Answer[made], error) {
		id, err := s.Save(ctx, assessment.Plan{Title: in.Body.Title, Year: in.Body.Year, AsOf: in.Body.AsOf, RateUntil: in.Body.RateUntil, Units: in.Body.Units})
		return web.AnswerOf(made{id}, err)
	})
	huma.Register(api, op("act-on-assessment", "POST", "/assessments/{id}/actions/{action}", "Take a step of an assessment"), func(ctx context.Context, in *struct {
		InAssessment
		Action string `path:"action" enum:"open,score,reopen,publish,cancel"`
		Body   struct {
			Version  int    `json:"version" minimum:"1"`
			Decision string `json:"decision,omitempty" maxLength:"500" doc:"publish: by which it is published"`
		}
	}) (*web.Answer[assessmentHead], error) {
		t, err := s.Do(ctx, in.ID, in.Body.Version, in.Action, in.Body.Decision)
		if err != nil {
			return nil, err
		}
		return &web.Answer[assessmentHead]{Body: headOf(t)}, nil
	})
	huma.Register(api, op("rate-departments", "POST", "/assessments/{id}/ratings", "Rate departments, as oneself; nobody is told whose ratings are whose"), func(ctx context.Context, in *struct {
		InAssessment
		Body markBody
	}) (*struct{}, error) {
		return nil, s.Rate(ctx, in.ID, in.Body.marks())
	})
	huma.Register(api, op("rate-proposal-quality", "POST", "/assessments/{id}/quality", "Rate the proposals that one's department answered"), func(ctx context.Context, in *struct {
		InAssessment
		Body markBody
	}) (*struct{}, error) {
		return nil, s.RateQuality(ctx, in.ID, in.Body.marks())
	})
	huma.Register(api, op("write-improvement", "PUT", "/assessments/{id}/units/{unit}/improvement", "Write what a department is asked to do better"), func(ctx context.Context, in *struct {
		InAssessment
		Unit string `path:"unit" maxLength:"64"`
		Body struct {
			Version int    `json:"version" minimum:"1"`
			Text    string `json:"text" maxLength:"2000"`
		}
	}) (*struct{}, error) {
		return nil, s.Improve(ctx, in.ID, in.Unit, in.Body.Version, in.Body.Text)
	})
	huma.Register(api, op("get-appraisal", "GET", "/appraisal", "Read a year's figures of every department for the appraisal at its end"), func(ctx context.Context, in *struct {
		Year int `query:"year" minimum:"0" maximum:"2199"`
	}) (*web.Answer[[]appraisalLine], error) {
		a, err := s.Appraisal(ctx, in.Year)
		if err != nil {
			return nil, err
		}
		out := make([]appraisalLine, len(a.Lines))
		for i, l := range a.Lines {
			out[i] = appraisalLine{l.Unit, l.Name, figuresOf(a.IDs, l.Values), l.Total, l.Level, nil}
			if l.Third != nil && l.Third.N > 0 {
				out[i].Third = &l.Third.Score
			}
		}
		return &web.Answer[[]appraisalLine]{Body: out}, nil
	})
	huma.Register(api, op("list-inspections", "GET", "/inspections", "List what is asked of departments"), func(ctx context.Context, in *struct {
		Year  int    `query:"year" minimum:"0" maximum:"2199"`
		State string `query:"state" enum:"issued,reported,done,withdrawn"`
	}) (*web.Answer[[]inspectionBody], error) {
		all, today, err := s.Inspections(ctx, in.Year, in.State)
		out := make([]inspectionBody, len(all))
		for i, x := range all {
			out[i] = inspectionBody{x.ID, x.Unit, x.UnitName, x.Title, x.Content, x.IssuedOn, x.DueOn, x.State, x.Late(today), x.Result, x.Answer, x.Version}
		}
		return web.AnswerOf(out, err)
	})
	issue := op("issue-inspection", "POST", "/inspections", "Ask something of a department")
	issue.DefaultStatus = http.StatusCreated
	huma.Register(api, issue, func(ctx context.Context, in *struct {
		Body struct {
			Unit    string        `json:"unit" maxLength:"64"`
			Title   string        `json:"title" maxLength:"200"`
			Content string        `json:"content,omitempty" maxLength:"5000"`
			DueOn   calendar.Date `json:"due_on" format:"date"`
		}
	}) (*web.Answer[made], error) {
		id, err := s.Issue(ctx, assessment.Inspection{Unit: in.Body.Unit, Title: in.Body.Title, Content: in.Body.Content, DueOn: in.Body.DueOn})
		return web.AnswerOf(made{id}, err)
	})
	huma.Register(api, op("act-on-inspection", "POST", "/inspections/{id}/actions/{action}", "Take a step of an inspection"), func(ctx context.Context, in *struct {
		ID     string `path:"id" maxLength:"64"`
		Action string `path:"action" enum:"report,accept,return,withdraw"`
		Body   struct {
			Version int    `json:"version" minimum:"1"`
			Said    string `json:"said,omitempty" maxLength:"5000" doc:"The report, or the office's word on it"`
		}
	}) (*struct{}, error) {
		return nil, s.DoInspection(ctx, in.ID, in.Body.Version, in.Action, in.Body.Said)
	})
}

func figuresOf(ids []string, values []figure.Count) map[string]*string {
	out := map[string]*string{}
	for i, c := range values {
		if c.Known() {
			text := c.Text()
			out[ids[i]] = &text
		}
	}
	return out
}

func resultOf(r *assessment.Result) assessmentBody {
	out := assessmentBody{assessmentHead: headOf(r.Assessment), Of: r.Of, Units: []assessmentUnit{}}
	for _, u := range r.Units {
		x := assessmentUnit{Unit: u.Unit, Name: u.Name, Total: u.Total, Place: u.Place, Level: u.Level, Improve: u.Improve, Scores: []assessmentScore{}}
		for _, i := range assessment.Indicators {
			if s := u.Score(i.ID); s != nil {
				x.Scores = append(x.Scores, assessmentScore{s.Indicator, s.Value, s.Num, s.Den, s.Weight, i.Figure})
			}
		}
		out.Units = append(out.Units, x)
	}
	return out
}
