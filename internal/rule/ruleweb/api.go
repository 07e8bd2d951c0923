package ruleweb

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/calendar"
	"shangliang/internal/rule"
	"shangliang/internal/web"
)

// apiVersion is a rule version as REST gives it.
type apiVersion struct {
	N         int          `json:"n" doc:"Its number; 0 are the defaults"`
	ValidFrom string       `json:"valid_from,omitempty" doc:"The day from which it holds" example:"2026-03-12"`
	Base      int          `json:"base" doc:"The version that it changed"`
	Note      string       `json:"note,omitempty"`
	SavedBy   string       `json:"saved_by,omitempty" doc:"Who saved it"`
	SavedAt   *time.Time   `json:"saved_at,omitempty"`
	Withdrawn bool         `json:"withdrawn,omitempty" doc:"Taken back before it came into force"`
	Settings  []apiSetting `json:"settings,omitempty"`
}

// apiSetting is one setting of a version.
type apiSetting struct {
	ID      string `json:"id" example:"assignment.reply"`
	Title   string `json:"title"`
	Group   string `json:"group"`
	Kind    string `json:"kind" enum:"term,int,bool,codes,text,choice"`
	Value   any    `json:"value" doc:"A term as 5wd, 30d or 3m; a number; true or false; a list of codes; a text"`
	Default any    `json:"default"`
	Source  string `json:"source,omitempty" doc:"Where the default comes from"`
}

func (p *pages) apiVersion(ctx context.Context, v *rule.Version, full bool) apiVersion {
	out := apiVersion{N: v.N, ValidFrom: string(v.ValidFrom), Base: v.Base, Note: v.Note, SavedBy: v.SavedName, Withdrawn: v.Withdrawn}
	if !v.SavedAt.IsZero() {
		out.SavedAt = &v.SavedAt
	}
	if !full {
		return out
	}
	defaults := p.Rules.Defaults(v.Tenant)
	for _, d := range p.Rules.Definitions() {
		out.Settings = append(out.Settings, apiSetting{ID: d.ID, Title: word(ctx, d.Title), Group: word(ctx, d.Group), Kind: string(d.Kind),
			Value: valueOf(v, d), Default: valueOf(defaults, d), Source: word(ctx, d.Source)})
	}
	return out
}

// apiRegulation is a regulation as REST gives and takes it.
type apiRegulation struct {
	ID          string `json:"id" readOnly:"true" required:"false"`
	Title       string `json:"title" maxLength:"200"`
	Edition     string `json:"edition,omitempty" maxLength:"100"`
	Issuer      string `json:"issuer" maxLength:"200"`
	EffectiveOn string `json:"effective_on" format:"date"`
	Clauses     string `json:"clauses,omitempty" maxLength:"100000"`
	RuleVersion int    `json:"rule_version,omitempty" doc:"The rule version that it set; 0 if none"`
	Replaces    string `json:"replaces,omitempty" doc:"The edition before"`
	Version     int    `json:"version,omitempty" doc:"As it was read; needed to correct it"`
}

func apiOf(g *rule.Regulation) apiRegulation {
	return apiRegulation{g.ID, g.Title, g.Edition, g.Issuer, string(g.EffectiveOn), g.Clauses, g.RuleVersion, g.Replaces, g.Version}
}

func (g apiRegulation) regulation(id string, version int) rule.Regulation {
	return rule.Regulation{ID: id, Title: g.Title, Edition: g.Edition, Issuer: g.Issuer, EffectiveOn: calendar.Date(g.EffectiveOn),
		Clauses: g.Clauses, RuleVersion: g.RuleVersion, Replaces: g.Replaces, Version: version}
}

type none struct{}

type versionPath struct {
	N int `path:"n" minimum:"0" doc:"Number of the version"`
}

type regulationPath struct {
	ID string `path:"id"`
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"rules"}}
}

func (p *pages) api(api huma.API) {
	huma.Register(api, operation("get-rules", "GET", "/rules", "The rules in force"),
		func(ctx context.Context, _ *none) (*web.Answer[apiVersion], error) {
			v, err := p.Rules.Current(ctx)
			if err != nil {
				return nil, err
			}
			return &web.Answer[apiVersion]{Body: p.apiVersion(ctx, v, true)}, nil
		})
	huma.Register(api, operation("list-rule-versions", "GET", "/rules/versions", "All versions of the rules, newest first"),
		func(ctx context.Context, _ *none) (*web.Answer[[]apiVersion], error) {
			all, err := p.Rules.List(ctx)
			if err != nil {
				return nil, err
			}
			out := make([]apiVersion, len(all))
			for i, v := range all {
				out[i] = p.apiVersion(ctx, v, false)
			}
			return &web.Answer[[]apiVersion]{Body: out}, nil
		})
	huma.Register(api, operation("get-rule-version", "GET", "/rules/versions/{n}", "One version of the rules"),
		func(ctx context.Context, in *versionPath) (*web.Answer[apiVersion], error) {
			v, err := p.Rules.Get(ctx, in.N)
			if err != nil {
				return nil, err
			}
			return &web.Answer[apiVersion]{Body: p.apiVersion(ctx, v, true)}, nil
		})
	huma.Register(api, operation("save-rules", "PUT", "/rules", "Save a new version of the rules"),
		func(ctx context.Context, in *web.Answer[struct {
			Base      int            `json:"base" doc:"The newest version, as it was read; another is a conflict"`
			Changes   map[string]any `json:"changes" doc:"New values by the id of the setting, as they are read"`
			ValidFrom string         `json:"valid_from,omitempty" format:"date" doc:"Today if absent"`
			Note      string         `json:"note,omitempty" maxLength:"1000"`
		}]) (*web.Answer[apiVersion], error) {
			changes := map[string]string{}
			for id, value := range in.Body.Changes {
				changes[id] = textOf(value)
			}
			v, err := p.Rules.Save(ctx, changes, calendar.Date(in.Body.ValidFrom), in.Body.Note, in.Body.Base)
			if err != nil {
				return nil, err
			}
			return &web.Answer[apiVersion]{Body: p.apiVersion(ctx, v, true)}, nil
		})
	huma.Register(api, operation("withdraw-rule-version", "POST", "/rules/versions/{n}/withdraw", "Take back the newest version before it comes into force"),
		func(ctx context.Context, in *versionPath) (*none, error) { return nil, p.Rules.Withdraw(ctx, in.N) })
	p.regulationAPI(api)
}

func (p *pages) regulationAPI(api huma.API) {
	get := func(ctx context.Context, id string) (*web.Answer[apiRegulation], error) {
		g, err := p.Rules.Regulation(ctx, id)
		if err != nil {
			return nil, err
		}
		return &web.Answer[apiRegulation]{Body: apiOf(g)}, nil
	}
	huma.Register(api, operation("list-regulations", "GET", "/regulations", "The regulations behind the rules"),
		func(ctx context.Context, _ *none) (*web.Answer[[]apiRegulation], error) {
			all, err := p.Rules.Regulations(ctx)
			if err != nil {
				return nil, err
			}
			out := make([]apiRegulation, len(all))
			for i, g := range all {
				out[i] = apiOf(g)
			}
			return &web.Answer[[]apiRegulation]{Body: out}, nil
		})
	huma.Register(api, operation("get-regulation", "GET", "/regulations/{id}", "One regulation"),
		func(ctx context.Context, in *regulationPath) (*web.Answer[apiRegulation], error) {
			return get(ctx, in.ID)
		})
	add := operation("add-regulation", "POST", "/regulations", "Register a regulation, or a new edition of one")
	add.DefaultStatus = 201
	huma.Register(api, add, func(ctx context.Context, in *web.Answer[apiRegulation]) (*web.Answer[apiRegulation], error) {
		id, err := p.Rules.SaveRegulation(ctx, in.Body.regulation("", 0))
		if err != nil {
			return nil, err
		}
		return get(ctx, id)
	})
	huma.Register(api, operation("correct-regulation", "PUT", "/regulations/{id}", "Correct what was registered"),
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body apiRegulation
		}) (*web.Answer[apiRegulation], error) {
			if err := p.correct(ctx, in.Body.regulation(in.ID, in.Body.Version)); err != nil {
				return nil, err
			}
			return get(ctx, in.ID)
		})
}
