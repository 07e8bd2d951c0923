package web_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/web"
	"shangliang/internal/web/webtest"
)

type apiThing struct {
	ID    string `json:"id"`
	Title string `json:"title" minLength:"2" doc:"What it is called"`
}

func withAPI(t testing.TB) *site {
	s := newSite(t)
	api := web.NewAPI(s.Router, "Test", "1")
	huma.Register(api, huma.Operation{OperationID: "list-things", Method: "GET", Path: "/things", Summary: "List things", Tags: []string{"things"}},
		func(ctx context.Context, in *struct{ web.PageQuery }) (*struct{ Body web.Page[apiThing] }, error) {
			keys, err := web.ReadCursor(in.Cursor, 1)
			if err != nil {
				return nil, err
			}
			all := []apiThing{{"1", "一一"}, {"2", "二二"}, {"3", "三三"}}
			if keys != nil {
				for len(all) > 0 && all[0].ID <= keys[0] {
					all = all[1:]
				}
			}
			out := &struct{ Body web.Page[apiThing] }{web.MakePage(all, in.Limit, func(a apiThing) []string { return []string{a.ID} })}
			return out, nil
		})
	huma.Register(api, huma.Operation{OperationID: "create-thing", Method: "POST", Path: "/things", Summary: "Create a thing", DefaultStatus: 201, Tags: []string{"things"}},
		func(ctx context.Context, in *struct {
			Body struct {
				Title string `json:"title" minLength:"2" maxLength:"10"`
			}
		}) (*struct{ Body apiThing }, error) {
			s.acts = append(s.acts, actor.RequestFrom(ctx))
			switch in.Body.Title {
			case "冲突":
				return nil, fmt.Errorf("wrapped: %w", errs.New(errs.Conflict, "内容已有变化"))
			case "出错":
				return nil, errors.New("the secret is 4711")
			}
			return &struct{ Body apiThing }{apiThing{"1", in.Body.Title}}, nil
		})
	huma.Register(api, huma.Operation{OperationID: "ping", Method: "GET", Path: "/ping", Security: web.PublicOperation},
		func(ctx context.Context, _ *struct{}) (*struct {
			Body struct {
				OK bool `json:"ok"`
			}
		}, error) {
			return &struct {
				Body struct {
					OK bool `json:"ok"`
				}
			}{}, nil
		})
	return s
}

func TestAPI(t *testing.T) {
	s := withAPI(t)
	nobody := s.as(t, "")
	nobody.Get("/api/v1/ping").Want(200)
	var p web.Problem
	nobody.Get("/api/v1/things").Want(401).Decode(&p)
	if p.Type != "/api/docs#unauthenticated" {
		t.Errorf("%+v", p)
	}
	c := webtest.New(t, s)
	c.Header.Set("Authorization", "Bearer wang")
	var page web.Page[apiThing]
	c.Get("/api/v1/things?limit=2").Want(200).Decode(&page)
	if len(page.Items) != 2 || page.Next == "" {
		t.Fatalf("%+v", page)
	}
	next := page.Next
	page = web.Page[apiThing]{}
	c.Get("/api/v1/things?limit=2&cursor=" + next).Want(200).Decode(&page)
	if len(page.Items) != 1 || page.Next != "" || page.Items[0].ID != "3" {
		t.Errorf("%+v", page)
	}
	c.Get("/api/v1/things?cursor=nonsense").Want(422)
	c.Get("/api/v1/things?limit=0").Want(422).Contains("不能小于 1")

	c.Header.Set("Idempotency-Key", "a-key-of-rest")
	c.Header.Set("Sec-Fetch-Site", "cross-site") // a token is its own proof
	c.JSON("POST", "/api/v1/things", map[string]any{"title": "标题"}).Want(201)
	c.JSON("POST", "/api/v1/things", map[string]any{"title": "冲突"}).Want(409).Decode(&p)
	if p.Type != "/api/docs#conflict" || p.Detail != "内容已有变化" {
		t.Errorf("%+v", p)
	}
	if len(s.acts) != 2 || s.acts[0].Key != "a-key-of-rest" || s.acts[0].Hash == s.acts[1].Hash {
		t.Errorf("%v", s.acts)
	}
	a := c.JSON("POST", "/api/v1/things", map[string]any{"title": "出错"}).Want(500).Lacks("4711").Decode(&p)
	if p.RequestID == "" || !strings.Contains(s.log.String(), "4711") || a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%+v\n%s", p, s.log.String())
	}
	p = web.Problem{}
	c.JSON("POST", "/api/v1/things", map[string]any{"title": "x"}).Want(422).Decode(&p)
	if len(p.Errors) != 1 || p.Errors[0] != (web.ProblemField{Field: "title", Message: "不能少于 2 个字"}) {
		t.Errorf("%+v", p)
	}
	c.JSON("POST", "/api/v1/things", map[string]any{}).Want(422).Contains("缺少 title")
	c.Do("POST", "/api/v1/things", "application/json", strings.NewReader("{")).Want(400).Contains("/api/docs#invalid")
	c.Do("POST", "/api/v1/things", "application/json", strings.NewReader(`{"title":"`+strings.Repeat("x", 2<<20)+`"}`)).Want(413)
	c.Header.Set("Idempotency-Key", "short")
	c.JSON("POST", "/api/v1/things", map[string]any{"title": "标题"}).Want(422)
	c.Header.Set("Authorization", "Bearer revoked")
	c.Get("/api/v1/things").Want(401)

	// Without a token the browser's protection holds.
	b := s.as(t, "wang")
	b.Header.Set("Sec-Fetch-Site", "cross-site")
	b.JSON("POST", "/api/v1/things", map[string]any{"title": "标题"}).Want(403)
}

func TestDocs(t *testing.T) {
	s := withAPI(t)
	var spec struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			Parameters []struct{ Name string } `json:"parameters"`
		} `json:"paths"`
	}
	a := s.as(t, "").Get("/api/openapi.json").Want(200).Decode(&spec)
	if spec.OpenAPI != "3.1.0" || len(spec.Paths) != 2 || spec.Paths["/things"]["post"].Parameters[0].Name != "Idempotency-Key" {
		t.Errorf("%s", a.Body)
	}
	page := s.as(t, "").Get("/api/docs").Want(200).Contains("POST /api/v1/things", "List things", "What it is called", "Idempotency-Key", "conflict")
	if n := len(page.Select("section.card")); n != 3 {
		t.Errorf("%d operations", n)
	}
	page.Lacks("<style", "style=", "onclick", "http://", "https://")
}
