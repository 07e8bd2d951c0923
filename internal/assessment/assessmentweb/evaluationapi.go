package assessmentweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/assessment"
	"shangliang/internal/attachment"
	"shangliang/internal/calendar"
	"shangliang/internal/document"
	"shangliang/internal/web"
)

type evaluationHead struct {
	Assessment string        `json:"assessment"`
	Title      string        `json:"title"`
	Year       int           `json:"year"`
	Body       string        `json:"body" doc:"Who evaluates"`
	Way        string        `json:"way" enum:"account,paper"`
	Cases      int           `json:"cases" doc:"To draw of each department"`
	Back       int           `json:"back" doc:"To draw of what was promised in years before"`
	DueOn      calendar.Date `json:"due_on" format:"date"`
	State      string        `json:"state" enum:"planned,evaluating,submitted,accepted,cancelled"`
	Seed       string        `json:"seed,omitempty" doc:"Of the draw: the first are those with the smallest SHA-256 of seed/department/proposal"`
	Remark     string        `json:"remark,omitempty"`
	Version    int           `json:"version"`
}

func evaluationHeadOf(e *assessment.Evaluation) evaluationHead {
	return evaluationHead{e.Assessment, e.Of.Title, e.Of.Year, e.BodyName, e.Way, e.Cases, e.Back, e.DueOn, e.State, e.Seed, e.Remark, e.Version}
}

type evaluationUnit struct {
	Unit      string             `json:"unit"`
	Name      string             `json:"name"`
	Evaluated int                `json:"evaluated"`
	Score     float64            `json:"score,omitempty" doc:"Out of 100: the mean of the year's cases"`
	Level     string             `json:"level,omitempty" enum:"excellent,good,fair,poor"`
	Back      int                `json:"back" doc:"Evaluated cases of years before"`
	BackScore float64            `json:"back_score,omitempty"`
	Means     map[string]float64 `json:"means,omitempty" doc:"Points by indicator"`
}

type evaluationCase struct {
	ID       string         `json:"id"`
	Proposal string         `json:"proposal"`
	Title    string         `json:"title"`
	Year     int            `json:"year"`
	CaseNo   int            `json:"case_no"`
	Unit     string         `json:"unit"`
	Back     bool           `json:"back" doc:"Of a year before"`
	Points   map[string]int `json:"points,omitempty" doc:"By indicator; none until it is evaluated"`
	Total    float64        `json:"total,omitempty" doc:"Out of 100"`
	Remark   string         `json:"remark,omitempty"`
	Version  int            `json:"version"`
}

type evaluationIndicator struct {
	Key    string `json:"key"`
	Label  string `json:"label"`
	Weight int    `json:"weight"`
}

type evaluationBody struct {
	evaluationHead
	Indicators []evaluationIndicator `json:"indicators"`
	Units      []evaluationUnit      `json:"units"`
	Drawn      []evaluationCase      `json:"drawn" doc:"For a department its own only"`
}

type evaluationSheet struct {
	evaluationCase
	Situation   string   `json:"situation"`
	Analysis    string   `json:"analysis,omitempty"`
	Suggestions string   `json:"suggestions"`
	Proposers   []string `json:"proposers"`
	Reply       string   `json:"reply"`
	Outcome     string   `json:"outcome"`
	Contacts    []string `json:"contacts" doc:"What was talked about"`
}

// InEvaluated names a drawn case.
type InEvaluated struct {
	InAssessment
	Case string `path:"case" maxLength:"64"`
}

func evaluationCaseOf(x *assessment.Evaluated, o *assessment.Opinion) evaluationCase {
	return evaluationCase{x.ID, x.Proposal, x.Title, x.Year, x.CaseNo, x.Unit, x.Back, x.Points, x.Total(o.Indicators()), x.Remark, x.Version}
}

func evaluationOf(o *assessment.Opinion) evaluationBody {
	out := evaluationBody{evaluationHead: evaluationHeadOf(o.Evaluation), Units: []evaluationUnit{}, Drawn: []evaluationCase{}}
	for _, x := range o.Indicators() {
		out.Indicators = append(out.Indicators, evaluationIndicator{x.Key, x.Label, x.Weight})
	}
	for _, u := range o.Units {
		out.Units = append(out.Units, evaluationUnit{u.Unit, u.Name, u.N, u.Score, u.Level, u.BackN, u.BackScore, u.Means})
	}
	for _, c := range o.Cases {
		out.Drawn = append(out.Drawn, evaluationCaseOf(c, o))
	}
	return out
}

func addEvaluationAPI(api huma.API, s *assessment.Service) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"assessment"}}
	}
	huma.Register(api, op("list-evaluations", "GET", "/evaluations", "List the third-party evaluations"), func(ctx context.Context, _ *struct{}) (*web.Answer[[]evaluationHead], error) {
		all, err := s.Evaluations(ctx)
		out := make([]evaluationHead, len(all))
		for i, e := range all {
			out[i] = evaluationHeadOf(e)
		}
		return web.AnswerOf(out, err)
	})
	huma.Register(api, op("get-evaluation", "GET", "/assessments/{id}/evaluation", "Read the third-party evaluation of an assessment"), func(ctx context.Context, in *InAssessment) (*web.Answer[evaluationBody], error) {
		o, err := s.Opinion(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &web.Answer[evaluationBody]{Body: evaluationOf(o)}, nil
	})
	huma.Register(api, op("plan-evaluation", "PUT", "/assessments/{id}/evaluation", "Plan the third-party evaluation, or change the plan before the draw"), func(ctx context.Context, in *struct {
		InAssessment
		Body struct {
			Version int           `json:"version" minimum:"0" doc:"0 for a new one"`
			Body    string        `json:"body" maxLength:"64" doc:"Id of the body that evaluates"`
			Way     string        `json:"way" enum:"account,paper"`
			Cases   int           `json:"cases" minimum:"1" maximum:"100"`
			Back    int           `json:"back" minimum:"0" maximum:"100"`
			DueOn   calendar.Date `json:"due_on" format:"date"`
		}
	}) (*struct{}, error) {
		b := in.Body
		return nil, s.PlanEvaluation(ctx, in.ID, assessment.EvaluationPlan{Body: b.Body, Way: b.Way, Cases: b.Cases, Back: b.Back, DueOn: b.DueOn, Version: b.Version})
	})
	huma.Register(api, op("act-on-evaluation", "POST", "/assessments/{id}/evaluation/actions/{action}", "Take a step of a third-party evaluation"), func(ctx context.Context, in *struct {
		InAssessment
		Action string `path:"action" enum:"draw,submit,accept,return,redraw,cancel,restart"`
		Body   struct {
			Version int    `json:"version" minimum:"1"`
			Said    string `json:"said,omitempty" maxLength:"2000" doc:"draw: the seed, if not by chance; submit: the remark on all; else the reason"`
		}
	}) (*struct{}, error) {
		return nil, s.DoEvaluation(ctx, in.ID, in.Body.Version, in.Action, in.Body.Said)
	})
	huma.Register(api, op("get-evaluated-case", "GET", "/assessments/{id}/evaluation/cases/{case}", "Read a drawn case with the reply to it, without anybody's ratings"), func(ctx context.Context, in *InEvaluated) (*web.Answer[evaluationSheet], error) {
		x, err := s.Sheet(ctx, in.ID, in.Case)
		if err != nil {
			return nil, err
		}
		out := evaluationSheet{evaluationCaseOf(x.Evaluated, x.Of), x.Case.Situation, x.Case.Analysis, x.Case.Suggestions, x.Proposers, "", x.Outcome, []string{}}
		if x.Reply != nil {
			out.Reply = x.Reply.Body
		}
		for _, c := range x.Contacts {
			out.Contacts = append(out.Contacts, c.Summary)
		}
		return &web.Answer[evaluationSheet]{Body: out}, nil
	})
	huma.Register(api, op("evaluate-case", "PUT", "/assessments/{id}/evaluation/cases/{case}", "Evaluate a drawn case"), func(ctx context.Context, in *struct {
		InEvaluated
		Body struct {
			Version int            `json:"version" minimum:"1"`
			Points  map[string]int `json:"points" doc:"By indicator, at most its weight"`
			Remark  string         `json:"remark" maxLength:"2000"`
		}
	}) (*struct{}, error) {
		return nil, s.Evaluate(ctx, in.ID, in.Case, assessment.Points{Version: in.Body.Version, Of: in.Body.Points, Remark: in.Body.Remark})
	})
	attach := op("attach-evaluation-paper", "POST", "/assessments/{id}/evaluation/files", "Add a scan of the evaluators' paper, or their report")
	attach.DefaultStatus, attach.MaxBodyBytes = http.StatusCreated, document.Defaults().Most()+web.FormLimit
	huma.Register(api, attach, func(ctx context.Context, in *struct {
		InAssessment
		RawBody huma.MultipartFormFiles[struct {
			File huma.FormFile `form:"file" required:"true"`
		}]
	}) (*web.Answer[made], error) {
		form := in.RawBody.Data()
		defer form.File.Close()
		f, err := s.AttachPaper(ctx, in.ID, attachment.Upload{Name: web.CleanName(form.File.Filename), Size: form.File.Size, Content: form.File})
		if err != nil {
			return nil, err
		}
		return &web.Answer[made]{Body: made{f.ID}}, nil
	})
}
