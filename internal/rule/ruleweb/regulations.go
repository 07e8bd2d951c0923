package ruleweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/rule"
	"shangliang/internal/web"
)

func regulationURL(id string) string { return "/regulations/" + id }

func (p *pages) regulations(w http.ResponseWriter, r *http.Request) error {
	all, err := p.Rules.Regulations(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, regulationsView(all, manages(r.Context())))
}

// regulationPage is one edition with its neighbours.
type regulationPage struct {
	*rule.Regulation
	Before  *rule.Regulation   // the edition that it replaces
	After   []*rule.Regulation // those that replace it
	Manages bool
}

func (p *pages) regulation(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	g, err := p.Rules.Regulation(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	all, err := p.Rules.Regulations(ctx)
	if err != nil {
		return err
	}
	page := regulationPage{Regulation: g, Manages: manages(ctx)}
	for _, o := range all {
		if o.ID == g.Replaces {
			page.Before = o
		}
		if o.Replaces == g.ID {
			page.After = append(page.After, o)
		}
	}
	return web.Render(w, r, http.StatusOK, regulationView(page))
}

// regulationInput is the form of a regulation.
type regulationInput struct {
	Title       string        `form:"title"`
	Edition     string        `form:"edition"`
	Issuer      string        `form:"issuer"`
	EffectiveOn calendar.Date `form:"effective_on"`
	Clauses     string        `form:"clauses"`
	RuleVersion int           `form:"rule_version"`
	Replaces    string        `form:"replaces"`
}

func (in regulationInput) regulation(id string, version int) rule.Regulation {
	return rule.Regulation{ID: id, Title: in.Title, Edition: in.Edition, Issuer: in.Issuer, EffectiveOn: in.EffectiveOn,
		Clauses: in.Clauses, RuleVersion: in.RuleVersion, Replaces: in.Replaces, Version: version}
}

func inputOf(g *rule.Regulation) regulationInput {
	return regulationInput{g.Title, g.Edition, g.Issuer, g.EffectiveOn, g.Clauses, g.RuleVersion, g.Replaces}
}

// regulationForm is the page around that form.
type regulationForm struct {
	regulationInput
	ID       string // of the one that is corrected; "" for a new one
	Version  int
	Versions []*rule.Version
	Others   []*rule.Regulation // that it may replace
	Err      error
}

// form fills in what one can choose from.
func (p *pages) form(ctx context.Context, f regulationForm) (_ regulationForm, err error) {
	if f.Versions, err = p.Rules.List(ctx); err != nil {
		return f, err
	}
	f.Others, err = p.Rules.Regulations(ctx)
	f.Others = slices.DeleteFunc(f.Others, func(g *rule.Regulation) bool { return g.ID == f.ID })
	return f, err
}

func (p *pages) showForm(w http.ResponseWriter, r *http.Request, status int, f regulationForm) error {
	if _, err := actor.Require(r.Context(), rule.Manage); err != nil {
		return err
	}
	f, err := p.form(r.Context(), f)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, regulationFormView(f))
}

// newRegulation is an empty form, or one for the next edition of a regulation.
func (p *pages) newRegulation(w http.ResponseWriter, r *http.Request) error {
	var f regulationForm
	if id := r.FormValue("replaces"); id != "" {
		old, err := p.Rules.Regulation(r.Context(), id)
		if err != nil {
			return err
		}
		f.Title, f.Issuer, f.Clauses, f.Replaces = old.Title, old.Issuer, old.Clauses, old.ID
	}
	return p.showForm(w, r, http.StatusOK, f)
}

func (p *pages) addRegulation(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Decode[regulationInput](r)
	id := ""
	if err == nil {
		id, err = p.Rules.SaveRegulation(r.Context(), in.regulation("", 0))
	}
	if err != nil && !mendable(err) {
		return err
	}
	if err != nil {
		return p.showForm(w, r, web.Status(errs.KindOf(err)), regulationForm{regulationInput: in, Err: err})
	}
	return done(w, r, lang.T(r.Context(), "制度已登记"), regulationURL(id))
}

func (p *pages) editRegulation(w http.ResponseWriter, r *http.Request) error {
	g, err := p.Rules.Regulation(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return p.showForm(w, r, http.StatusOK, regulationForm{regulationInput: inputOf(g), ID: g.ID, Version: g.Version})
}

func (p *pages) saveRegulation(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	in, err := web.Decode[regulationInput](r)
	if err == nil {
		err = p.correct(ctx, in.regulation(id, int(version)))
	}
	if err != nil && !mendable(err) {
		return err
	}
	if err != nil {
		f := regulationForm{regulationInput: in, ID: id, Version: int(version), Err: err}
		if errs.Is(err, errs.Conflict) { // the next try is over what is there now, shown beside it
			now, nerr := p.Rules.Regulation(ctx, id)
			if nerr != nil {
				return nerr
			}
			f.Version = now.Version
		}
		return p.showForm(w, r, web.Status(errs.KindOf(err)), f)
	}
	return done(w, r, lang.T(ctx, "制度已更正"), regulationURL(id))
}

// correct changes a regulation that is there. To the service a version of 0 would
// mean a new one.
func (p *pages) correct(ctx context.Context, g rule.Regulation) error {
	if g.Version < 1 {
		return errs.New(errs.Invalid, "缺少版本号，请重新载入页面后再操作")
	}
	_, err := p.Rules.SaveRegulation(ctx, g)
	return err
}

// ruleNumber writes the number of a rule version into a field.
func ruleNumber(n int) string { return strconv.Itoa(n) }
