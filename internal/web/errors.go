package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/a-h/templ"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/ui"
)

// outcome is how one kind of error is answered.
type outcome struct {
	status int
	title  string // what happened
	next   string // what the person can do
	again  bool   // sending the same once more can help
}

// outcomes is the one map from kinds to answers.
var outcomes = [...]outcome{
	errs.Internal:        {500, "系统出了差错", "请稍后再试。仍然不行的话，请把下面的请求编号告诉管理员。", true},
	errs.Invalid:         {422, "填写的内容需要改正", "请返回上一页改正后再提交，已填写的内容还在。", false},
	errs.Unauthenticated: {401, "请先登录", "登录后可以继续刚才的操作。", true},
	errs.Forbidden:       {403, "没有权限", "如果您还有别的身份，请切换后再试，或者联系管理员。", false},
	errs.NotFound:        {404, "没有找到", "地址可能有误，或者内容不在您的范围内。请从菜单或搜索进入。", false},
	errs.Conflict:        {409, "内容已有变化", "请重新载入，看过最新的内容后再操作。", false},
	errs.TooLarge:        {413, "内容太大", "请压缩或拆分后再提交。", false},
	errs.TooMany:         {429, "操作太频繁", "请过几分钟再试。", true},
	errs.Unavailable:     {503, "暂时不能办理", "请稍后再试。", true},
}

// Status returns the HTTP status of a kind of error.
func Status(k errs.Kind) int { return outcomes[k].status }

// Problem is an error as REST clients and scripts get it: RFC 9457 with the
// fields that are wrong and the id under which the request is logged.
type Problem struct {
	Type      string         `json:"type" doc:"Which kind of error, a stable name" example:"/api/docs#conflict"`
	Title     string         `json:"title" doc:"The kind of error in words"`
	Status    int            `json:"status" example:"409"`
	Detail    string         `json:"detail,omitempty" doc:"What happened this time, for the person"`
	Errors    []ProblemField `json:"errors,omitempty" doc:"What is wrong with which field"`
	RequestID string         `json:"request_id,omitempty" doc:"Finds the request in the log"`
}

// ProblemField is a message about one field of the request.
type ProblemField struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// problem describes an error in the context's language and notes its cause for
// the log. Nothing of an internal error is shown.
func problem(ctx context.Context, err error) *Problem {
	e := classified(err)
	if v := visitOf(ctx); v != nil && (e.Kind == errs.Internal || e.Err != nil) {
		v.cause = err
	}
	o := outcomes[e.Kind]
	p := &Problem{Type: "/api/docs#" + e.Kind.String(), Title: lang.T(ctx, o.title), Status: o.status, RequestID: RequestID(ctx)}
	if e.Kind != errs.Internal && e.Msg != "" {
		p.Detail = lang.T(ctx, e.Msg, e.Args...)
	}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, ProblemField{f.Name, lang.T(ctx, f.Msg, f.Args...)})
	}
	return p
}

// classified returns the error's own words; those that come from the size limit
// or a client that went away get theirs here.
func classified(err error) *errs.Error {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e
	}
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errs.Because(err, errs.TooLarge, "提交的内容太大，不能超过 %s", Size(big.Limit))
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return errs.Because(err, errs.Unavailable, "办理超时或已中断，请再试一次")
	}
	return errs.Because(err, errs.Internal, "")
}

// Fail answers an error: a page for people, problem+json for REST and scripts.
// A visitor who asked for a page is sent to sign in and back.
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	if f, ok := errors.AsType[*failed](err); ok {
		r, err = f.r, f.error
	}
	failAs(w, r, 0, err)
}

// failAs is Fail with a status of its own, if not 0.
func failAs(w http.ResponseWriter, r *http.Request, status int, err error) {
	ctx := r.Context()
	p := problem(ctx, err)
	if status != 0 {
		p.Status = status
	}
	kind := classified(err).Kind
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if kind == errs.TooMany || kind == errs.Unavailable {
		h.Set("Retry-After", "60")
	}
	switch {
	case wantsProblem(r):
		writeProblem(w, p)
	case kind == errs.Unauthenticated && !changes(r.Method):
		http.Redirect(w, r, signInURL(ctx, r.URL.RequestURI()), http.StatusSeeOther)
	default:
		f := failure{Problem: p, kind: kind, method: r.Method, action: r.URL.RequestURI(), back: backTo(r), signIn: signInURL(ctx, backTo(r))}
		if changes(r.Method) {
			f.keep(w, r)
		}
		if rerr := Render(w, r, p.Status, errorPage(f)); rerr != nil && visitOf(ctx) != nil {
			visitOf(ctx).cause = errors.Join(err, rerr)
		}
	}
	if changes(r.Method) && (kind == errs.TooLarge || kind == errs.Unauthenticated || kind == errs.Forbidden) {
		if res, ok := w.(*response); ok {
			res.Flush()
		}
		drain(ctx, w)
	}
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	b, err := json.Marshal(p)
	if err != nil {
		b = []byte(`{"title":"error"}`) // strings and numbers: cannot happen
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	w.Write(b)
}

func signInURL(ctx context.Context, next string) string {
	path := "/sign-in"
	if v := visitOf(ctx); v != nil {
		path = v.rt.cfg.SignIn
	}
	if next = SafeNext(next); next == "/" {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}

// backTo returns the page that the request came from, if it was one of ours.
func backTo(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host || u.Path == "" {
		return "/"
	}
	return SafeNext(u.RequestURI())
}

func isAPI(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") && r.URL.Path != docsPath
}

// isFragment reports whether a script asks for a part of a page.
func isFragment(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

func wantsProblem(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return isAPI(r) || isFragment(r) || strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") ||
		strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}

// failure is what the error page shows.
type failure struct {
	*Problem
	kind   errs.Kind
	method string
	action string // where the form was sent
	back   string // the page it came from
	signIn string
	kept   []pair // what was sent, to be sent again
	lost   bool   // files were among it, which the browser must choose again
}

type pair struct{ name, value string }

// texts are the sent values that took some typing, longest first.
func (f failure) texts() []string {
	var all []string
	for _, p := range f.kept {
		if p.name != ui.KeyField && utf8.RuneCountInString(p.value) >= 10 {
			all = append(all, p.value)
		}
	}
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// again reports whether to offer sending the same once more.
func (f failure) again() bool {
	return f.method == http.MethodPost && outcomes[f.kind].again && len(f.kept) > 0
}

// keep collects what was typed, so that an error does not lose it. Files are
// not kept, nor is anything that looks like a password.
func (f *failure) keep(w http.ResponseWriter, r *http.Request) {
	form := r.PostForm
	if form == nil {
		form, f.lost = unparsed(w, r)
	}
	if r.MultipartForm != nil && len(r.MultipartForm.File) > 0 {
		f.lost = true
	}
	for name, values := range form {
		if strings.Contains(name, "password") || name == "totp" {
			continue
		}
		for _, v := range values {
			f.kept = append(f.kept, pair{name, v})
		}
	}
	slices.SortStableFunc(f.kept, func(a, b pair) int { return strings.Compare(a.name, b.name) })
}

// unparsed reads the fields of a form that the chain refused before reading it,
// passing over files without keeping them.
func unparsed(w http.ResponseWriter, r *http.Request) (form url.Values, files bool) {
	v := visitOf(r.Context())
	if v == nil || r.Body == nil || r.ContentLength > v.route.Max {
		return nil, true
	}
	ct := r.Header.Get("Content-Type")
	r.Body = http.MaxBytesReader(w, r.Body, max(v.route.Max, FormLimit))
	if !strings.HasPrefix(ct, "multipart/form-data") {
		if r.ContentLength > FormLimit || r.ParseForm() != nil {
			return nil, false
		}
		return r.PostForm, false
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, true
	}
	form = url.Values{}
	left := int64(FormLimit)
	for {
		p, err := parts.NextPart()
		if err != nil {
			return form, files
		}
		if p.FileName() != "" {
			files = true
			continue
		}
		var b bytes.Buffer
		n, err := b.ReadFrom(http.MaxBytesReader(w, p, left))
		if err != nil {
			return form, files
		}
		left -= n
		form.Add(p.FormName(), b.String())
	}
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render answers with a page. Nothing is sent if it cannot be rendered.
func Render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := page.Render(r.Context(), b); err != nil {
		return err
	}
	h := w.Header()
	h["Content-Type"] = []string{"text/html; charset=utf-8"}
	if h.Get("Cache-Control") == "" {
		h["Cache-Control"] = []string{"private, no-cache"}
	}
	w.WriteHeader(status)
	w.Write(b.Bytes())
	return nil
}
