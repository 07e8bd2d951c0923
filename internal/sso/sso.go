// Package sso signs people in by a provider of identities outside (统一身份认证)
// that speaks OpenID Connect.
//
// Main types: [Config], [Provider], [Identity]. A sign-in is two steps:
// [Provider.Begin] gives the address to send the browser to and a ticket that
// the browser keeps in a cookie; [Provider.Finish] takes the ticket and what the
// provider sent back, and says who it is. Code flow with PKCE, state and nonce.
// It owns no tables. It deliberately says only who somebody is: which account
// that is, and what it may do, is the business of package org.
package sso

import (
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	_ "embed" // for Words
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/secret"
)

// Words is the English of the package's messages, for package lang.
//
//go:embed en.tsv
var Words []byte

// Config says who the provider is and what we are to it.
type Config struct {
	Issuer string // https://sso.example.cn/realms/gov; empty: no provider
	Client string // our id there
	Secret secret.Text
	Name   string // as people know it, for the button; 统一身份认证 if empty
	Scopes string // with blanks between; "openid profile email" if empty
	// Match says which claim is an account's: "email=email",
	// "preferred_username=login". Empty: only accounts that an administrator
	// has linked.
	Match  string
	CAFile string // certificates to trust as well
}

// Fields of an account that a claim can match.
const (
	Login = "login"
	Email = "email"
)

// Identity is who the provider says somebody is.
type Identity struct {
	Issuer, Subject string
	Name            string // as the provider calls them; may be empty
	// Field of an account that Value must be equal to, if a claim may match
	// one; both empty if not.
	Field, Value string
	Proof        string    // the token that proves it, for signing out
	At           time.Time // when they last proved it to the provider; zero if it does not say
}

// Ticket is what we remember of a sign-in while the person is at the provider.
type Ticket struct {
	State, Nonce, Verifier string
	Next                   string // where to go on to
	Again                  bool   // somebody who is signed in proves to be there
	Until                  time.Time
}

const (
	ticketFor = 10 * time.Minute
	answerIn  = 15 * time.Second // the provider, or it counts as away
	// DefaultName is the provider's name for people where none is set.
	DefaultName = "统一身份认证"
)

// Provider is one provider. It is safe for concurrent use.
type Provider struct {
	config       Config
	claim, field string
	client       *http.Client
	seal         cipher.AEAD

	mu    sync.Mutex
	found *found
}

// found is what the provider says of itself.
type found struct {
	*oidc.Provider
	end string // where people sign out
}

// New checks the settings; it asks the provider nothing, which may be away when
// we start. The key seals tickets.
func New(c Config, key []byte) (*Provider, error) {
	u, err := url.Parse(c.Issuer)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" {
		return nil, errors.New("oidc: the issuer must be an address, https://HOST/PATH")
	}
	if c.Client == "" {
		return nil, errors.New("oidc: the client id is missing")
	}
	c.Name = cmp.Or(c.Name, DefaultName)
	c.Scopes = cmp.Or(c.Scopes, "openid profile email")
	if !slices.Contains(strings.Fields(c.Scopes), oidc.ScopeOpenID) {
		return nil, errors.New("oidc: the scopes must have openid among them")
	}
	p := &Provider{config: c}
	if c.Match != "" {
		var ok bool
		if p.claim, p.field, ok = strings.Cut(c.Match, "="); !ok || p.claim == "" || p.field != Login && p.field != Email {
			return nil, fmt.Errorf("oidc: what matches must be CLAIM=login or CLAIM=email, not %q", c.Match)
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("oidc: %w", err)
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("oidc: there is no certificate in %s", c.CAFile)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	p.client = &http.Client{Transport: transport, Timeout: answerIn}
	sealing, err := hkdf.Key(sha256.New, key, nil, "shangliang sso tickets", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return nil, err
	}
	p.seal, err = cipher.NewGCM(block)
	return p, err
}

// Name is what people call the provider.
func (p *Provider) Name() string { return p.config.Name }

// find asks the provider about itself, once it answers.
func (p *Provider) find() (*found, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// Its keys are fetched later in this context, so it must not end with a request.
	ctx := oidc.ClientContext(context.Background(), p.client)
	at, err := oidc.NewProvider(ctx, p.config.Issuer)
	if err != nil {
		return nil, errs.Because(err, errs.Unavailable, "现在连不上“%s”，请稍后再试，或者用登录名和密码登录", lang.Word(p.config.Name))
	}
	var more struct {
		End string `json:"end_session_endpoint"`
	}
	if err := at.Claims(&more); err != nil {
		return nil, err
	}
	p.found = &found{at, more.End}
	return p.found, nil
}

func (p *Provider) oauth(at *found, back string) *oauth2.Config {
	return &oauth2.Config{ClientID: p.config.Client, ClientSecret: string(p.config.Secret), Endpoint: at.Endpoint(), RedirectURL: back, Scopes: strings.Fields(p.config.Scopes)}
}

// Begin returns the address of the provider's sign-in and the sealed ticket to
// keep in the browser. back is our address that the provider sends them to, next
// where they go on to. again has them prove anew who they are.
func (p *Provider) Begin(back, next string, again bool) (to, ticket string, err error) {
	at, err := p.find()
	if err != nil {
		return "", "", err
	}
	t := Ticket{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next, Again: again, Until: time.Now().Add(ticketFor)}
	options := []oauth2.AuthCodeOption{oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)}
	if again {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	ticket, err = p.wrap(&t)
	return p.oauth(at, back).AuthCodeURL(t.State, options...), ticket, err
}

func (p *Provider) wrap(t *Ticket) (string, error) {
	b, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, p.seal.NonceSize())
	rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(p.seal.Seal(nonce, nonce, b, nil)), nil
}

func (p *Provider) unwrap(s string) (*Ticket, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if n := p.seal.NonceSize(); err == nil && len(b) >= n {
		b, err = p.seal.Open(nil, b[:n], b[n:], nil)
	}
	t := &Ticket{}
	if err == nil {
		err = json.Unmarshal(b, t)
	}
	if err != nil || !time.Now().Before(t.Until) {
		return nil, tooLate(err)
	}
	return t, nil
}

func tooLate(cause error) error {
	return errs.Because(cause, errs.Unauthenticated, "登录已超时，请重新登录")
}

func (p *Provider) refused(cause error) error {
	return errs.Because(cause, errs.Unauthenticated, "“%s”返回的信息没有通过检查，请联系系统管理员", lang.Word(p.config.Name))
}

// Finish takes what the provider sent back with the browser and the ticket from
// [Provider.Begin], which is good once: the caller removes it. Every error is
// one for the person, with the cause for the log. The ticket is returned once it
// is known to be ours, also with an error.
func (p *Provider) Finish(ctx context.Context, back, ticket string, answer url.Values) (*Identity, *Ticket, error) {
	t, err := p.unwrap(ticket)
	if err != nil {
		return nil, nil, err
	}
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(t.State)) != 1 {
		return nil, nil, tooLate(errors.New("sso: the state is another one's"))
	}
	if iss := answer.Get("iss"); iss != "" && iss != p.config.Issuer {
		return nil, t, p.refused(fmt.Errorf("sso: answered by %s", iss))
	}
	if code := answer.Get("error"); code != "" {
		cause := fmt.Errorf("sso: %s: %s", code, answer.Get("error_description"))
		if code == "access_denied" {
			return nil, t, errs.Because(cause, errs.Unauthenticated, "您取消了“%s”的登录，或者没有获准", lang.Word(p.config.Name))
		}
		return nil, t, errs.Because(cause, errs.Unauthenticated, "“%s”没有完成登录（%s），请再试一次", lang.Word(p.config.Name), code)
	}
	at, err := p.find()
	if err != nil {
		return nil, t, err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), answerIn)
	defer cancel()
	token, err := p.oauth(at, back).Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(t.Verifier))
	if err != nil {
		return nil, t, p.refused(fmt.Errorf("sso: the code: %w", err))
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, t, p.refused(errors.New("sso: there is no id token"))
	}
	id, err := p.identity(ctx, at, token, raw, t)
	if err != nil {
		return nil, t, p.refused(err)
	}
	return id, t, nil
}

// claims are what we read of what a provider says of somebody.
type claims struct {
	Name          string          `json:"name"`
	AuthTime      *json.Number    `json:"auth_time"`
	EmailVerified json.RawMessage `json:"email_verified"` // some write it as a text
	PhoneVerified json.RawMessage `json:"phone_number_verified"`
	all           map[string]any
}

func (p *Provider) identity(ctx context.Context, at *found, token *oauth2.Token, raw string, t *Ticket) (*Identity, error) {
	proof, err := at.Verifier(&oidc.Config{ClientID: p.config.Client}).Verify(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("sso: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(proof.Nonce), []byte(t.Nonce)) != 1 {
		return nil, errors.New("sso: the nonce is another one's")
	}
	if proof.Subject == "" {
		return nil, errors.New("sso: there is no subject")
	}
	var c claims
	if err := errors.Join(proof.Claims(&c), proof.Claims(&c.all)); err != nil {
		return nil, fmt.Errorf("sso: claims: %w", err)
	}
	id := &Identity{Issuer: p.config.Issuer, Subject: proof.Subject, Proof: raw}
	if c.AuthTime != nil {
		if at, err := c.AuthTime.Int64(); err == nil {
			id.At = time.Unix(at, 0)
		}
	}
	if t.Again && time.Since(id.At) > ticketFor {
		return nil, fmt.Errorf("sso: they were asked to prove who they are and last did so at %s", id.At)
	}
	// Many providers keep names and addresses out of the token.
	if _, has := c.all[p.claim]; at.UserInfoEndpoint() != "" && (c.Name == "" || p.claim != "" && !has) {
		info, err := at.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return nil, fmt.Errorf("sso: user info: %w", err)
		}
		if info.Subject != proof.Subject {
			return nil, errors.New("sso: the user info is of somebody else")
		}
		if err := errors.Join(info.Claims(&c), info.Claims(&c.all)); err != nil {
			return nil, fmt.Errorf("sso: user info: %w", err)
		}
	}
	id.Name = c.Name
	if value, ok := c.all[p.claim].(string); ok && value != "" && c.verified(p.claim) {
		id.Field, id.Value = p.field, value
	}
	return id, nil
}

// verified reports whether a claim may be believed: of an address or a number
// the provider must say that it has checked it.
func (c *claims) verified(claim string) bool {
	says := func(b json.RawMessage) bool { return strings.Trim(string(b), `"`) == "true" }
	switch claim {
	case "email":
		return says(c.EmailVerified)
	case "phone_number":
		return says(c.PhoneVerified)
	}
	return true
}

// EndURL is where people sign out of the provider as well, and come back to our
// address; empty if it has no such place.
func (p *Provider) EndURL(proof, back string) string {
	at, err := p.find()
	if err != nil || at.end == "" {
		return ""
	}
	u, err := url.Parse(at.end)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("id_token_hint", proof)
	q.Set("client_id", p.config.Client)
	q.Set("post_logout_redirect_uri", back)
	u.RawQuery = q.Encode()
	return u.String()
}
