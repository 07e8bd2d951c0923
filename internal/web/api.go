package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
)

const (
	apiPrefix = "/api/v1"
	docsPath  = "/api/docs"
	specPath  = "/api/openapi.json"
)

// NewAPI adds REST under /api/v1 to the router, with its description as OpenAPI
// 3.1 at /api/openapi.json and as a page at /api/docs.
//
// Operations need somebody signed in, by bearer token or by session cookie,
// unless their Security is empty but not nil ([PublicOperation]). A handler
// returns the errors of the service as they are: they are answered as
// problem+json by their kind. Idempotency-Key is taken by all that change
// something.
func NewAPI(rt *Router, title, version string) huma.API {
	translateHuma()
	cfg := huma.DefaultConfig(title, version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath, cfg.CreateHooks = "", "", "", nil
	cfg.Servers = []*huma.Server{{URL: apiPrefix}}
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "An API token, made on the account's page"},
		"session": {Type: "apiKey", In: "cookie", Name: "session", Description: "The session of somebody signed in with a browser"},
	}
	cfg.Security = []map[string][]string{{"token": {}}, {"session": {}}}
	cfg.OnAddOperation = append(cfg.OnAddOperation, describeKey)
	api := huma.NewAPI(cfg, &apiAdapter{rt})

	spec := sync.OnceValues(func() ([]byte, error) { return json.Marshal(api.OpenAPI()) })
	rt.Raw("GET "+specPath, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := spec()
		if err != nil {
			Fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Write(b)
	}))
	docs := sync.OnceValue(func() apiDocs { return describe(api.OpenAPI()) })
	rt.Public("GET "+docsPath, func(w http.ResponseWriter, r *http.Request) error {
		return Render(w, r, http.StatusOK, docsPage(docs()))
	})
	return api
}

// PublicOperation is the Security of an operation that needs no sign-in.
var PublicOperation = []map[string][]string{}

// apiAdapter puts operations onto the router, so that they go through the same
// chain as pages and stand in the same list of routes.
type apiAdapter struct{ rt *Router }

// Handle implements huma.Adapter.
func (a *apiAdapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	public := op.Security != nil && len(op.Security) == 0
	a.rt.page(Route{Method: op.Method, Path: apiPrefix + op.Path, API: true, Public: public, Max: op.MaxBodyBytes},
		func(w http.ResponseWriter, r *http.Request) error {
			w.Header()["Cache-Control"] = []string{"private, no-cache"}
			handler(humago.NewContext(op, r, w))
			return nil
		})
}

// ServeHTTP implements huma.Adapter.
func (a *apiAdapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.rt.ServeHTTP(w, r) }

// describeKey adds the Idempotency-Key to the description of what takes it.
func describeKey(_ *huma.OpenAPI, op *huma.Operation) {
	if !changes(op.Method) {
		return
	}
	lo, hi := 8, 128
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: "Idempotency-Key", In: "header",
		Description: "Names this act, so that sending it again does not do it again: 8 to 128 printable characters",
		Schema:      &huma.Schema{Type: huma.TypeString, MinLength: &lo, MaxLength: &hi},
	})
}

// translateHuma makes huma's errors ours. They are variables of huma's, set once
// for the whole program.
var translateHuma = sync.OnceFunc(func() {
	huma.NewError = func(status int, msg string, list ...error) huma.StatusError {
		return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: msg}
	}
	huma.NewErrorWithContext = func(hc huma.Context, status int, msg string, list ...error) huma.StatusError {
		ctx := hc.Context()
		for _, err := range list {
			if e, ok := errors.AsType[*errs.Error](err); ok {
				return problem(ctx, e)
			}
		}
		if status >= 500 {
			return problem(ctx, fmt.Errorf("%s: %w", msg, errors.Join(list...)))
		}
		e := errs.New(errs.Invalid, "请求的内容有误")
		switch status {
		case http.StatusRequestEntityTooLarge:
			e = errs.New(errs.TooLarge, "提交的内容太大")
		case http.StatusNotFound:
			e = errs.Missing()
		case http.StatusRequestTimeout:
			e = errs.New(errs.Unavailable, "办理超时或已中断，请再试一次")
		}
		p := problem(ctx, e)
		p.Status = status
		for _, err := range list {
			field, text := "", err.Error()
			if d, ok := err.(huma.ErrorDetailer); ok {
				detail := d.ErrorDetail()
				field, text = strings.TrimPrefix(detail.Location, "body."), detail.Message
			}
			p.Errors = append(p.Errors, ProblemField{field, humaText(text, func(zh string, args ...any) string { return lang.T(ctx, zh, args...) })})
		}
		if len(list) == 0 {
			p.Errors = []ProblemField{{"", humaText(msg, func(zh string, args ...any) string { return lang.T(ctx, zh, args...) })}}
		}
		return p
	}
})

// humaTexts are huma's messages in our words. What is not in the table is
// shown as huma says it, which is English for programmers.
var humaTexts = []struct {
	re *regexp.Regexp
	zh string
}{
	{regexp.MustCompile(`^expected required property (\S+) to be present$`), "缺少 %s"},
	{regexp.MustCompile(`^required (?:query|path|header|cookie|form) parameter is missing$`), "缺少这个参数"},
	{regexp.MustCompile(`^request body is required$`), "缺少请求的内容"},
	{regexp.MustCompile(`^unexpected property$`), "没有这个字段"},
	{regexp.MustCompile(`^expected boolean$`), "应为 true 或 false"},
	{regexp.MustCompile(`^expected number$`), "应为数字"},
	{regexp.MustCompile(`^expected integer$`), "应为整数"},
	{regexp.MustCompile(`^invalid integer$`), "应为整数"},
	{regexp.MustCompile(`^expected string$`), "应为文字"},
	{regexp.MustCompile(`^expected array$`), "应为数组"},
	{regexp.MustCompile(`^expected object$`), "应为对象"},
	{regexp.MustCompile(`^expected string to be RFC 3339 date$`), "应为日期，例如 2026-03-12"},
	{regexp.MustCompile(`^expected value to be one of "(.*)"$`), "应为其中之一：%s"},
	{regexp.MustCompile(`^expected number >= (\S+)$`), "不能小于 %s"},
	{regexp.MustCompile(`^expected number <= (\S+)$`), "不能大于 %s"},
	{regexp.MustCompile(`^expected length >= (\d+)$`), "不能少于 %s 个字"},
	{regexp.MustCompile(`^expected length <= (\d+)$`), "不能超过 %s 个字"},
	{regexp.MustCompile(`^expected array length >= (\d+)$`), "不能少于 %s 项"},
	{regexp.MustCompile(`^expected array length <= (\d+)$`), "不能超过 %s 项"},
}

// HumaTexts lists the texts of the table for the test of the catalogues, which
// cannot see them as literals of lang.T.
func HumaTexts() []string {
	all := make([]string, len(humaTexts))
	for i, t := range humaTexts {
		all[i] = t.zh
	}
	return all
}

func humaText(text string, t func(string, ...any) string) string {
	for _, h := range humaTexts {
		if m := h.re.FindStringSubmatch(text); m != nil {
			args := make([]any, len(m)-1)
			for i := range args {
				args[i] = m[i+1]
			}
			return t(h.zh, args...)
		}
	}
	return text
}

// Answer is what a REST operation answers: its body, as JSON.
type Answer[T any] struct{ Body T }

// AnswerOf answers with what a service returned.
func AnswerOf[T any](body T, err error) (*Answer[T], error) {
	if err != nil {
		return nil, err
	}
	return &Answer[T]{body}, nil
}
