// Package assessmentweb shows how well departments handled proposals: the
// assessment from its plan to the published result, the forms of those who rate,
// what somebody outside thinks of it, what is inspected, and the table for the
// appraisal at the end of the year.
//
// Main types: [Deps]; [Add] puts pages, menu and REST into the module. It owns no
// tables and decides nothing.
package assessmentweb

import (
	"context"
	_ "embed"
	"errors"
	"net/url"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/assessment"
	"shangliang/internal/calendar"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/module"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Deps are the services behind the pages.
type Deps struct {
	Assessments *assessment.Service
	Org         *org.Service
}

// pages are the handlers. They are safe for concurrent use.
type pages struct {
	Deps
	limits document.Limits
}

var (
	units  = []string{"unit_clerk", "unit_officer", "unit_leader"}
	office = []string{"clerk", "review_chair", "dispatcher", "leader"}
)

// Add puts the pages into the module.
func Add(m *module.Module, d Deps) {
	p := &pages{d, document.Defaults()}
	const group = "测评与督查"
	m.Menu = append(m.Menu,
		module.MenuItem{Path: "/assessments", Title: "承办单位测评", Icon: "scale", Group: group, Order: 30, Roles: append(append([]string{"member", "reviewer"}, office...), units...)},
		module.MenuItem{Path: "/evaluations", Title: "第三方评估", Icon: "clipboard-check", Group: group, Order: 30, Roles: []string{"evaluator"}, Primary: true, Count: p.toEvaluate},
		module.MenuItem{Path: "/inspections", Title: "督查事项", Icon: "eye-check", Group: group, Order: 31, Roles: append(append([]string{}, office...), units...)},
		module.MenuItem{Path: "/appraisal", Title: "年终考核数据", Icon: "table", Group: group, Order: 32, Permission: "assessment.read"},
	)
	m.Home = append(m.Home, module.Card{Roles: []string{"evaluator"}, Order: 10, Load: p.evaluationCard})
	m.Routes = func(rt *web.Router) {
		rt.Get("/evaluations", p.evaluations)
		rt.Get("/assessments/{id}/evaluation", p.evaluation)
		rt.Post("/assessments/{id}/evaluation", p.planEvaluation)
		rt.Post("/assessments/{id}/evaluation/do/{action}", p.actEvaluation)
		rt.Get("/assessments/{id}/evaluation/export", p.exportEvaluation)
		rt.Get("/assessments/{id}/evaluation/files/{file}", p.openPaper)
		rt.Upload("/assessments/{id}/evaluation/files", p.limits.Most()+web.FormLimit, p.attachPaper)
		rt.Get("/assessments/{id}/evaluation/cases/{case}", p.sheet)
		rt.Post("/assessments/{id}/evaluation/cases/{case}", p.evaluate)
		rt.Get("/assessments", p.list)
		rt.Get("/assessments/new", p.form)
		rt.Post("/assessments/new", p.save)
		rt.Get("/assessments/{id}", p.show)
		rt.Get("/assessments/{id}/edit", p.form)
		rt.Post("/assessments/{id}/edit", p.save)
		rt.Post("/assessments/{id}/do/{action}", p.act)
		rt.Get("/assessments/{id}/rate", p.ballot)
		rt.Post("/assessments/{id}/rate", p.rate)
		rt.Get("/assessments/{id}/quality", p.paper)
		rt.Post("/assessments/{id}/quality", p.rateQuality)
		rt.Get("/assessments/{id}/units/{unit}", p.unit)
		rt.Post("/assessments/{id}/units/{unit}", p.improve)
		rt.Get("/assessments/{id}/export", p.export)
		rt.Get("/appraisal", p.appraisal)
		rt.Get("/appraisal/export", p.exportAppraisal)
		rt.Get("/inspections", p.inspections)
		rt.Get("/inspections.xlsx", p.exportInspections)
		rt.Get("/inspections/new", p.inspectionForm)
		rt.Post("/inspections/new", p.issue)
		rt.Get("/inspections/{id}", p.inspection)
		rt.Post("/inspections/{id}/do/{action}", p.actInspection)
	}
	m.API = func(api huma.API) {
		addAPI(api, d)
		addEvaluationAPI(api, d.Assessments)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// points writes a score with one decimal.
func points(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// message is what an error says to a person.
func message(ctx context.Context, err error) string {
	e, ok := errors.AsType[*errs.Error](err)
	switch {
	case ok && len(e.Fields) > 0:
		return lang.T(ctx, e.Fields[0].Msg, e.Fields[0].Args...)
	case ok && e.Msg != "":
		return lang.T(ctx, e.Msg, e.Args...)
	}
	return lang.T(ctx, "没有办成，请看过最新的内容后再操作")
}

// mendable reports whether a refusal is for the person to mend on the same page.
func mendable(err error) bool { return errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) }

// figureURL opens the records behind a department's figure as it was counted.
func figureURL(t *assessment.Assessment, figure, unit string, today calendar.Date) string {
	q := url.Values{"year": {itoa(t.Year)}, "unit": {unit}}
	if t.AsOf < today {
		q.Set("as_of", string(t.AsOf))
	}
	return "/figures/" + figure + "?" + q.Encode()
}

var stateKinds = map[string]ui.Kind{assessment.Draft: ui.Neutral, assessment.Rating: ui.Info, assessment.Scored: ui.Info, assessment.Published: ui.Good, assessment.Cancelled: ui.Neutral}

var levelKinds = map[string]ui.Kind{"excellent": ui.Good, "good": ui.Good, "fair": ui.Warn, "poor": ui.Bad}
