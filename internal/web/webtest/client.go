// Package webtest tests pages and REST against the whole handler, in process.
//
// Main types: [Client] is a person with a browser that keeps cookies, for tests
// in Go; [Run] runs script files (see its comment for their words); [Answer] is
// what came back, searchable by a small part of CSS's selectors. It owns no
// tables. It runs no scripts of pages: tests that click are in a real browser.
package webtest

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Client sends requests as one person's browser does: it keeps cookies, but
// follows no redirect by itself.
type Client struct {
	T       testing.TB
	Handler http.Handler
	Header  http.Header // sent with every request
	cookies map[string]*http.Cookie
	page    string // path of the last page, sent as Referer
}

// New returns a client without cookies.
func New(t testing.TB, h http.Handler) *Client {
	return &Client{T: t, Handler: h, Header: http.Header{}, cookies: map[string]*http.Cookie{}}
}

// SetCookie gives the client a cookie, such as that of a session.
func (c *Client) SetCookie(k *http.Cookie) { c.cookies[k.Name] = k }

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	t      testing.TB
	what   string
	doc    *html.Node
}

// Do sends a request.
func (c *Client) Do(method, path, contentType string, body io.Reader) *Answer {
	c.T.Helper()
	r := httptest.NewRequest(method, "http://"+"example.com"+path, body)
	for k, v := range c.Header {
		r.Header[k] = v
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if r.Header.Get("Accept") == "" && !strings.HasPrefix(path, "/api/") {
		r.Header.Set("Accept", "text/html")
	}
	if c.page != "" {
		r.Header.Set("Referer", "http://example.com"+c.page)
	}
	for _, k := range c.cookies {
		r.AddCookie(k)
	}
	w := httptest.NewRecorder()
	c.Handler.ServeHTTP(w, r)
	res := w.Result()
	for _, k := range res.Cookies() {
		if k.MaxAge < 0 || k.Value == "" {
			delete(c.cookies, k.Name)
		} else {
			c.cookies[k.Name] = k
		}
	}
	if method == http.MethodGet && res.StatusCode == http.StatusOK && strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		c.page = path
	}
	return &Answer{Status: res.StatusCode, Header: res.Header, Body: w.Body.String(), t: c.T, what: method + " " + path}
}

// Get asks for a page.
func (c *Client) Get(path string) *Answer {
	c.T.Helper()
	return c.Do(http.MethodGet, path, "", nil)
}

// PostForm sends a form; fields are name, value, name, value.
func (c *Client) PostForm(path string, fields ...string) *Answer {
	c.T.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	return c.Do(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(v.Encode()))
}

// File is a file of a multipart form.
type File struct {
	Field, Name string
	Body        []byte
}

// PostFiles sends a form with files.
func (c *Client) PostFiles(path string, files []File, fields ...string) *Answer {
	c.T.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := m.WriteField(fields[i], fields[i+1]); err != nil {
			c.T.Fatal(err)
		}
	}
	for _, f := range files {
		w, err := m.CreateFormFile(f.Field, f.Name)
		if err != nil {
			c.T.Fatal(err)
		}
		if _, err := w.Write(f.Body); err != nil {
			c.T.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		c.T.Fatal(err)
	}
	return c.Do(http.MethodPost, path, m.FormDataContentType(), &b)
}

// JSON sends body as JSON, none if it is nil.
func (c *Client) JSON(method, path string, body any) *Answer {
	c.T.Helper()
	if body == nil {
		return c.Do(method, path, "", nil)
	}
	b, err := json.Marshal(body)
	if err != nil {
		c.T.Fatal(err)
	}
	return c.Do(method, path, "application/json", bytes.NewReader(b))
}

// Submit sends the form that sel finds in an answer, with its hidden and
// prefilled fields; fields add to them or replace them.
func (c *Client) Submit(a *Answer, sel string, fields ...string) *Answer {
	c.T.Helper()
	forms := a.Select(sel)
	if len(forms) != 1 || forms[0].Data != "form" {
		c.T.Fatalf("%s: %q finds %d elements, want one form", a.what, sel, len(forms))
	}
	v := formValues(forms[0])
	for i := 0; i+1 < len(fields); i += 2 {
		v.Del(fields[i])
	}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	action := attr(forms[0], "action")
	if strings.EqualFold(attr(forms[0], "method"), "post") {
		return c.Do(http.MethodPost, action, "application/x-www-form-urlencoded", strings.NewReader(v.Encode()))
	}
	return c.Get(action + "?" + v.Encode())
}

// Follow gets the page that a redirect leads to.
func (c *Client) Follow(a *Answer) *Answer {
	c.T.Helper()
	to := a.Header.Get("Location")
	if to == "" {
		c.T.Fatalf("%s: status %d without Location\n%s", a.what, a.Status, a.shown())
	}
	return c.Get(to)
}

// Want ends the test unless the status is as given.
func (a *Answer) Want(status int) *Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("%s: status %d, want %d\n%s", a.what, a.Status, status, a.shown())
	}
	return a
}

// Contains ends the test unless the body contains all texts.
func (a *Answer) Contains(texts ...string) *Answer {
	a.t.Helper()
	for _, s := range texts {
		if !strings.Contains(a.Body, s) {
			a.t.Fatalf("%s: no %q in\n%s", a.what, s, a.shown())
		}
	}
	return a
}

// Lacks ends the test if the body contains one of the texts.
func (a *Answer) Lacks(texts ...string) *Answer {
	a.t.Helper()
	for _, s := range texts {
		if strings.Contains(a.Body, s) {
			a.t.Fatalf("%s: must not contain %q:\n%s", a.what, s, a.shown())
		}
	}
	return a
}

// Decode reads a JSON body.
func (a *Answer) Decode(into any) *Answer {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.Body), into); err != nil {
		a.t.Fatalf("%s: %v\n%s", a.what, err, a.shown())
	}
	return a
}

func (a *Answer) shown() string {
	if len(a.Body) > 6000 {
		return a.Body[:6000] + " …"
	}
	return a.Body
}
