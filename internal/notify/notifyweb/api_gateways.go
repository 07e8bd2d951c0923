package notifyweb

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/notify"
	"shangliang/internal/secret"
	"shangliang/internal/web"
)

// apiGateway is a gateway as REST gives it: without what may hold keys.
type apiGateway struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind" enum:"wecom,dingtalk,webhook,sms"`
	Name      string     `json:"name"`
	Address   string     `json:"address" doc:"Without its query"`
	HasQuery  bool       `json:"has_query"`
	HasSecret bool       `json:"has_secret"`
	Kinds     []string   `json:"kinds" doc:"The kinds of notice that it carries"`
	Method    string     `json:"method,omitempty"`
	Headers   string     `json:"headers,omitempty"`
	Format    string     `json:"format,omitempty"`
	Body      string     `json:"body,omitempty"`
	Success   string     `json:"success,omitempty"`
	Active    bool       `json:"active"`
	TestedAt  *time.Time `json:"tested_at,omitempty"`
	TestedOK  bool       `json:"tested_ok,omitempty"`
	Said      string     `json:"said,omitempty" doc:"What the service said in the last test"`
	Version   int        `json:"version"`
}

func gatewayOf(g *notify.Gateway) apiGateway {
	return apiGateway{g.ID, g.Kind, g.Name, g.Address, g.HasQuery, g.HasSecret, g.Kinds, g.Method, g.Headers, g.Format, g.Body, g.Success,
		g.Active, instant(g.Tested.At.Time), g.Tested.OK, g.Tested.Detail, g.Version}
}

// apiGatewaySetting is what sets a gateway up or changes it.
type apiGatewaySetting struct {
	Kind    string   `json:"kind,omitempty" enum:"wecom,dingtalk,webhook,sms" doc:"Of a new one; it never changes"`
	Name    string   `json:"name"`
	Address string   `json:"address,omitempty" doc:"With its query; left out, it stays as it is"`
	Secret  string   `json:"secret,omitempty" doc:"Left out, it stays as it is; needed with a new address"`
	Kinds   []string `json:"kinds"`
	Method  string   `json:"method,omitempty" enum:"GET,POST,PUT" doc:"This and what follows: of an SMS gateway"`
	Headers string   `json:"headers,omitempty"`
	Format  string   `json:"format,omitempty" enum:"json,form"`
	Body    string   `json:"body,omitempty"`
	Success string   `json:"success,omitempty"`
	Version int      `json:"version,omitempty" doc:"As it was read; needed to change it"`
}

func (s apiGatewaySetting) setting() notify.Setting {
	return notify.Setting{Kind: s.Kind, Name: s.Name, Address: s.Address, Secret: secret.Text(s.Secret), Kinds: s.Kinds,
		Request: notify.Request{Method: s.Method, Headers: s.Headers, Format: s.Format, Body: s.Body, Success: s.Success}}
}

func (p *pages) gatewayAPI(api huma.API) {
	get := func(ctx context.Context, id string) (*web.Answer[apiGateway], error) {
		g, err := p.Notices.Gateway(ctx, id)
		if err != nil {
			return nil, err
		}
		return &web.Answer[apiGateway]{Body: gatewayOf(g)}, nil
	}
	huma.Register(api, operation("list-gateways", "GET", "/gateways", "The ways out for notices"),
		func(ctx context.Context, _ *none) (*web.Answer[[]apiGateway], error) {
			all, err := p.Notices.Gateways(ctx)
			if err != nil {
				return nil, err
			}
			out := make([]apiGateway, len(all))
			for i, g := range all {
				out[i] = gatewayOf(g)
			}
			return &web.Answer[[]apiGateway]{Body: out}, nil
		})
	add := operation("add-gateway", "POST", "/gateways", "Set up a way out for notices")
	add.DefaultStatus = 201
	huma.Register(api, add, func(ctx context.Context, in *web.Answer[apiGatewaySetting]) (*web.Answer[apiGateway], error) {
		id, err := p.Notices.AddGateway(ctx, in.Body.setting())
		if err != nil {
			return nil, err
		}
		return get(ctx, id)
	})
	huma.Register(api, operation("change-gateway", "PUT", "/gateways/{id}", "Change a way out for notices"),
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body apiGatewaySetting
		}) (*web.Answer[apiGateway], error) {
			if err := p.Notices.SetGateway(ctx, in.ID, in.Body.Version, in.Body.setting()); err != nil {
				return nil, err
			}
			return get(ctx, in.ID)
		})
	huma.Register(api, operation("test-gateway", "POST", "/gateways/{id}/test", "Send a test message; what the service said is in the answer"),
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body struct {
				Version int    `json:"version"`
				Phone   string `json:"phone,omitempty" doc:"To which an SMS gateway sends it"`
			}
		}) (*web.Answer[apiGateway], error) {
			if _, err := p.Notices.TestGateway(ctx, in.ID, in.Body.Version, in.Body.Phone); err != nil {
				return nil, err
			}
			return get(ctx, in.ID)
		})
	huma.Register(api, operation("switch-gateway", "POST", "/gateways/{id}/switch", "Take a way out of service or back"),
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body struct {
				Version int  `json:"version"`
				Active  bool `json:"active"`
			}
		}) (*web.Answer[apiGateway], error) {
			if err := p.Notices.SwitchGateway(ctx, in.ID, in.Body.Version, in.Body.Active); err != nil {
				return nil, err
			}
			return get(ctx, in.ID)
		})
	huma.Register(api, operation("remove-gateway", "DELETE", "/gateways/{id}", "Forget a way out with its secrets"),
		func(ctx context.Context, in *struct {
			ID      string `path:"id"`
			Version int    `query:"version" required:"true"`
		}) (*none, error) {
			return nil, p.Notices.RemoveGateway(ctx, in.ID, in.Version)
		})
}
