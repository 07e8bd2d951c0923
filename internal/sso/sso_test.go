package sso_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/sso"
	"shangliang/internal/sso/ssotest"
)

const (
	site     = "http://127.0.0.1:1"
	callback = "/sign-in/oidc/callback"
	back     = site + callback
)

var key = []byte("a key of thirty-two bytes or more")

func serve(t *testing.T, change func(*sso.Config)) (*ssotest.Server, *sso.Provider) {
	t.Helper()
	s := ssotest.Serve(t, site, callback,
		&ssotest.User{ID: "u-1", Username: "wen", FirstName: "文", LastName: "书柳", Email: "Liu@example.cn", EmailVerified: true},
		&ssotest.User{ID: "u-2", Username: "unchecked", Email: "liu@example.cn"})
	c := s.Config
	if change != nil {
		change(&c)
	}
	p, err := sso.New(c, key)
	if err != nil {
		t.Fatal(err)
	}
	return s, p
}

// begin begins a sign-in and has somebody finish it at the provider.
func begin(t *testing.T, s *ssotest.Server, p *sso.Provider, again bool, who string) (ticket string, answer url.Values) {
	t.Helper()
	to, ticket, err := p.Begin(back, "/proposals", again)
	if err != nil {
		t.Fatal(err)
	}
	answer, err = s.SignIn(to, who)
	if err != nil {
		t.Fatal(err)
	}
	return ticket, answer
}

func TestSignIn(t *testing.T) {
	s, p := serve(t, nil)
	to, _, err := p.Begin(back, "/", false)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("nonce") == "" || q.Get("state") == "" || q.Get("response_type") != "code" || q.Get("redirect_uri") != back {
		t.Errorf("the address is %s", to)
	}
	ticket, answer := begin(t, s, p, false, "wen")
	id, was, err := p.Finish(t.Context(), back, ticket, answer)
	if err != nil {
		t.Fatal(err)
	}
	if id.Subject != "u-1" || id.Issuer != s.Config.Issuer || id.Name != "文 书柳" || id.Field != "" || id.Proof == "" || time.Since(id.At) > time.Minute || was.Next != "/proposals" || was.Again {
		t.Errorf("%+v %+v", id, was)
	}
	if _, _, err := p.Finish(t.Context(), back, ticket, answer); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("the same code again: %v", err)
	}
	end := p.EndURL(id.Proof, site+"/sign-in")
	if !strings.HasPrefix(end, s.Config.Issuer+"/") || !strings.Contains(end, "id_token_hint="+id.Proof) {
		t.Errorf("end at %s", end)
	}
	c := &http.Client{CheckRedirect: func(req *http.Request, _ []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Get(end)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if to := resp.Header.Get("Location"); to != site+"/sign-in" {
		t.Errorf("after signing out: %s to %q", resp.Status, to)
	}
}

// A claim matches only where the provider has checked it.
func TestMatch(t *testing.T) {
	for _, c := range []struct{ match, who, field, value string }{
		{"email=email", "wen", sso.Email, "Liu@example.cn"},
		{"email=email", "unchecked", "", ""},
		{"preferred_username=login", "unchecked", sso.Login, "unchecked"},
		{"member_number=login", "wen", "", ""},
	} {
		s, p := serve(t, func(o *sso.Config) { o.Match = c.match })
		ticket, answer := begin(t, s, p, false, c.who)
		id, _, err := p.Finish(t.Context(), back, ticket, answer)
		if err != nil || id.Field != c.field || id.Value != c.value {
			t.Errorf("%+v: %+v, %v", c, id, err)
		}
	}
}

// Whoever is asked to prove anew who they are must have done so just now.
func TestAgain(t *testing.T) {
	s, p := serve(t, nil)
	to, _, err := p.Begin(back, "/account", true)
	if err != nil || !strings.Contains(to, "max_age=0") || !strings.Contains(to, "prompt=login") {
		t.Errorf("%s, %v", to, err)
	}
	ticket, answer := begin(t, s, p, true, "wen")
	if id, was, err := p.Finish(t.Context(), back, ticket, answer); err != nil || !was.Again || time.Since(id.At) > time.Minute {
		t.Errorf("%+v %+v %v", id, was, err)
	}
}

// What is not the answer to what was asked is refused, in words for people.
func TestRefused(t *testing.T) {
	s, p := serve(t, nil)
	other, err := sso.New(s.Config, []byte("another key of thirty-two bytes or so"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(ticket *string, answer url.Values)
		by     *sso.Provider
		says   string
	}{
		"no ticket":       {func(k *string, _ url.Values) { *k = "" }, p, "登录已超时"},
		"a broken ticket": {func(k *string, _ url.Values) { *k = (*k)[:20] + "AAAA" + (*k)[24:] }, p, "登录已超时"},
		"another key":     {func(*string, url.Values) {}, other, "登录已超时"},
		"no state":        {func(_ *string, a url.Values) { a.Del("state") }, p, "登录已超时"},
		"another state":   {func(_ *string, a url.Values) { a.Set("state", "x") }, p, "登录已超时"},
		"another issuer":  {func(_ *string, a url.Values) { a.Set("iss", "https://evil.example") }, p, "没有通过检查"},
		"another code":    {func(_ *string, a url.Values) { a.Set("code", "x") }, p, "没有通过检查"},
		"given up":        {func(_ *string, a url.Values) { a.Set("error", "access_denied") }, p, "取消了“统一身份认证”的登录"},
		"their fault":     {func(_ *string, a url.Values) { a.Set("error", "server_error") }, p, "没有完成登录（server_error）"},
		"another's ticket": {func(k *string, a url.Values) {
			ticket, theirs := begin(t, s, p, false, "unchecked")
			*k = ticket
			a.Set("state", theirs.Get("state")) // and the code of this one: PKCE refuses it
		}, p, "没有通过检查"},
	} {
		t.Run(name, func(t *testing.T) {
			ticket, answer := begin(t, s, p, false, "wen")
			c.change(&ticket, answer)
			id, _, err := c.by.Finish(t.Context(), back, ticket, answer)
			if id != nil || !errs.Is(err, errs.Unauthenticated) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%+v, %v", id, err)
			}
		})
	}
}

// A token made for somebody else's request, or for another client, is refused
// by its nonce and audience even where the code was good.
func TestTokenOfAnother(t *testing.T) {
	s, p := serve(t, nil)
	c := s.Config
	c.Client = "another"
	other, err := sso.New(c, key)
	if err != nil {
		t.Fatal(err)
	}
	ticket, answer := begin(t, s, p, false, "wen")
	if id, _, err := other.Finish(t.Context(), back, ticket, answer); id != nil || !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("another client: %+v, %v", id, err)
	}
	to, ticket, err := p.Begin(back, "/", false)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("nonce", "of somebody else")
	u.RawQuery = q.Encode()
	if answer, err = s.SignIn(u.String(), "wen"); err != nil {
		t.Fatal(err)
	}
	_, _, err = p.Finish(t.Context(), back, ticket, answer)
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Err == nil || !strings.Contains(e.Err.Error(), "nonce") {
		t.Errorf("another nonce: %v", err)
	}
}

// A provider that is away is an error that says what else to do, and is found
// once it is back.
func TestAway(t *testing.T) {
	s, p := serve(t, func(o *sso.Config) { o.Name = "政务一网通" })
	s.Away.Store(true)
	if _, _, err := p.Begin(back, "/", false); !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "现在连不上“政务一网通”") {
		t.Errorf("away: %v", err)
	}
	if end := p.EndURL("x", site); end != "" {
		t.Errorf("away: %s", end)
	}
	s.Away.Store(false)
	if _, _, err := p.Begin(back, "/", false); err != nil {
		t.Errorf("back again: %v", err)
	}
}

func TestSettings(t *testing.T) {
	good := sso.Config{Issuer: "https://sso.example.cn/gov", Client: "shangliang"}
	if p, err := sso.New(good, key); err != nil || p.Name() != sso.DefaultName {
		t.Errorf("%v", err)
	}
	for says, change := range map[string]func(*sso.Config){
		"issuer":       func(c *sso.Config) { c.Issuer = "sso.example.cn" },
		"client id":    func(c *sso.Config) { c.Client = "" },
		"CLAIM=login":  func(c *sso.Config) { c.Match = "email=phone" },
		"CLAIM=email":  func(c *sso.Config) { c.Match = "email" },
		"openid":       func(c *sso.Config) { c.Scopes = "profile" },
		"/nothing.pem": func(c *sso.Config) { c.CAFile = "/nothing.pem" },
	} {
		c := good
		change(&c)
		if _, err := sso.New(c, key); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	if _, err := lang.New(nil, sso.Words); err != nil {
		t.Error(err)
	}
}
