package orgweb

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/sso"
	"shangliang/internal/web"
)

// Signing in by a provider outside (package sso). The browser goes there by a
// link and comes back by one: forms must not lead to other sites.
const (
	outsidePath  = signInPath + "/oidc"
	callbackPath = outsidePath + "/callback"
	ticketCookie = "oidc"
	ticketLasts  = 10 * time.Minute
)

// CallbackPath is where a provider sends people back to, to be registered there.
const CallbackPath = callbackPath

// site is how people reach the platform.
func (p *pages) site(r *http.Request) string {
	scheme := "http"
	if p.Secure || r.TLS != nil {
		scheme = "https"
	}
	return cmp.Or(strings.TrimRight(p.BaseURL, "/"), scheme+"://"+r.Host)
}

// outside is the name of the provider for the button; empty without one.
func (p *pages) outside(ctx context.Context) string {
	if p.SSO == nil {
		return ""
	}
	return word(ctx, p.SSO.Name())
}

// goOutside sends somebody to the provider: to sign in, or, signed in already,
// to prove anew who they are.
func (p *pages) goOutside(w http.ResponseWriter, r *http.Request) error {
	if p.SSO == nil {
		return errs.Missing()
	}
	_, whole := p.step(r)
	again := r.URL.Query().Get("again") == "1"
	if whole != again {
		return web.Redirect(w, r, next(r))
	}
	to, ticket, err := p.SSO.Begin(p.site(r)+callbackPath, next(r), again)
	if err != nil {
		return p.notOutside(w, r, err, next(r), again)
	}
	p.setCookie(w, r, ticketCookie, ticket, ticketLasts)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// fromOutside takes what the provider sent somebody back with.
func (p *pages) fromOutside(w http.ResponseWriter, r *http.Request) error {
	if p.SSO == nil {
		return errs.Missing()
	}
	ctx, ticket := r.Context(), Cookie(r, ticketCookie)
	p.setCookie(w, r, ticketCookie, "", 0) // good once
	if err := p.attempts.AllowRequest(r); err != nil {
		return p.notOutside(w, r, err, "/", false)
	}
	id, was, err := p.SSO.Finish(ctx, p.site(r)+callbackPath, ticket, r.URL.Query())
	if was == nil {
		was = &sso.Ticket{Next: "/"}
	}
	if err != nil {
		return p.notOutside(w, r, err, was.Next, was.Again)
	}
	if was.Again {
		if err := p.Org.ConfirmOutside(ctx, id); err != nil {
			return p.notOutside(w, r, err, was.Next, true)
		}
		return web.Redirect(w, r, was.Next)
	}
	in, err := p.Org.SignInOutside(ctx, id, web.ClientIP(r), r.UserAgent())
	if unlinked, ok := errors.AsType[*org.Unlinked](err); ok {
		p.Log.InfoContext(ctx, "sign-in by an identity without an account", "issuer", id.Issuer, "subject", id.Subject)
		return web.Render(w, r, http.StatusForbidden, unlinkedView(p.outside(r.Context()), id.Name, unlinked.Code))
	}
	if err != nil {
		return p.notOutside(w, r, err, was.Next, false)
	}
	p.setCookie(w, r, SessionCookie, in.Token, sessionLasts)
	p.recognise(w, r)
	if in.Next != "" {
		return web.Redirect(w, r, signInURL(was.Next))
	}
	return web.Redirect(w, r, was.Next)
}

// notOutside shows the page where somebody began with what went wrong, and logs
// the cause, which says nothing to them.
func (p *pages) notOutside(w http.ResponseWriter, r *http.Request, err error, to string, again bool) error {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Kind == errs.Internal || e.Kind == errs.NotFound {
		return err
	}
	if e.Err != nil {
		p.Log.WarnContext(r.Context(), "sign-in by the provider outside failed", "error", e.Err)
	}
	page := signInView(signInPage{Next: to, Err: err, Outside: p.outside(r.Context())})
	if _, whole := p.step(r); again && whole {
		page = reauthenticateView(to, err, p.outside(r.Context()))
	}
	return web.Render(w, r, web.Status(e.Kind), page)
}

// confirmable is the name of the provider outside for whoever can prove there who
// they are; empty for the others.
func (p *pages) confirmable(r *http.Request) string {
	if p.SSO == nil {
		return ""
	}
	if all, err := p.Org.Links(r.Context()); err != nil || len(all) == 0 {
		return ""
	}
	return p.outside(r.Context())
}

// endURL is where somebody who signed in by the provider outside signs out
// there too; empty if they did not or cannot. It is asked for before the sign-in
// here ends.
func (p *pages) endURL(r *http.Request) string {
	if p.SSO == nil {
		return ""
	}
	proof, err := p.Org.Proof(r.Context())
	if err != nil || proof == "" {
		return ""
	}
	return p.SSO.EndURL(proof, p.site(r)+signInPath)
}

// linkAccount links an account to whoever was shown the code.
func (p *pages) linkAccount(w http.ResponseWriter, r *http.Request, id string) error {
	ctx := r.Context()
	name, err := p.Org.LinkAccount(ctx, id, r.PostFormValue("code"))
	if err != nil {
		v, e := p.oneAccount(ctx, id)
		if e != nil {
			return e
		}
		v.LinkErr, v.Code = err, web.Clean(r.PostFormValue("code"))
		return again(w, r, err, oneAccountView(v))
	}
	if name == "" { // a repeated request
		return web.Redirect(w, r, "/accounts/"+id)
	}
	return done(w, r, lang.T(ctx, "已关联“%s”，本人现在可以登录", name), "/accounts/"+id)
}
