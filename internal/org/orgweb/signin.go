package orgweb

import (
	"net/http"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

const signInPath = "/sign-in"

// signInPage is what the steps of signing in show.
type signInPage struct {
	Step  string // org.NextTOTP, org.NextPassword, or empty for the first
	Next  string
	Login string
	Err   error

	Outside string // the name of the provider outside, for its button; empty without one
}

// step is the step that a half-finished sign-in waits for, and whether the
// token is that of a whole one.
func (p *pages) step(r *http.Request) (step string, whole bool) {
	_, in, err := p.Org.Authenticate(r.Context(), Cookie(r, SessionCookie))
	return in.Next, err == nil
}

func (p *pages) showSignIn(w http.ResponseWriter, r *http.Request) error {
	step, whole := p.step(r)
	if whole {
		return web.Redirect(w, r, next(r))
	}
	p.recognise(w, r)
	return web.Render(w, stayHere(r), http.StatusOK, signInView(signInPage{Step: step, Next: next(r), Outside: p.outside(r.Context())}))
}

// stayHere makes the language switch come back to the whole address, so that it
// does not lose where to go on to.
func stayHere(r *http.Request) *http.Request {
	c := *ui.ChromeFrom(r.Context())
	c.Path = here(r)
	return r.WithContext(ui.WithChrome(r.Context(), &c))
}

// signIn takes each of the steps: the form says which, the cookie carries what
// was proved before.
func (p *pages) signIn(w http.ResponseWriter, r *http.Request) error {
	ctx, token := r.Context(), Cookie(r, SessionCookie)
	v := signInPage{Step: r.PostFormValue("step"), Next: next(r), Login: web.Clean(r.PostFormValue("login")), Outside: p.outside(r.Context())}
	if v.Step == "restart" {
		p.setCookie(w, r, SessionCookie, "", 0)
		return web.Redirect(w, r, web.SafeNext(signInURL(v.Next)))
	}
	var in org.SignedIn
	err := p.attempts.AllowRequest(r)
	if err == nil {
		switch v.Step {
		case org.NextTOTP:
			in, err = p.Org.FinishTOTP(ctx, token, r.PostFormValue("code"))
		case org.NextPassword:
			if err = repeated(r); err == nil {
				in, err = p.Org.FirstPassword(ctx, token, r.PostFormValue("password"))
			}
		default:
			v.Step = ""
			in, err = p.Org.SignIn(ctx, org.Credentials{Login: v.Login, Password: r.PostFormValue("password"),
				IP: web.ClientIP(r), Agent: r.UserAgent()})
		}
	}
	if err != nil {
		if step, _ := p.step(r); v.Step != "" && step == "" { // it took too long
			v.Step = ""
		}
		v.Err = err
		if errs.Is(err, errs.Forbidden) { // an account without any role left
			return web.Render(w, r, http.StatusForbidden, signInView(v))
		}
		return again(w, r, err, signInView(v))
	}
	p.setCookie(w, r, SessionCookie, in.Token, sessionLasts)
	p.recognise(w, r)
	if in.Next != "" {
		return web.Redirect(w, r, signInURL(v.Next))
	}
	return web.Redirect(w, r, v.Next)
}

// repeated is an Invalid error unless a new password was typed the same twice.
func repeated(r *http.Request) error {
	var f errs.Fields
	f.Check(r.PostFormValue("password") == r.PostFormValue("password_again"), "password_again", "两次输入的密码不一致")
	return f.Err()
}

func signInURL(next string) string { return ui.With(signInPath, "next", dropRoot(next)) }

func dropRoot(path string) string {
	if path == "/" {
		return ""
	}
	return path
}

func (p *pages) signOut(w http.ResponseWriter, r *http.Request) error {
	end := ""
	if _, ok := actor.From(r.Context()); ok {
		end = p.endURL(r)
		if err := p.Org.SignOut(r.Context()); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	p.setCookie(w, r, SessionCookie, "", 0)
	if end != "" {
		return web.Render(w, r, http.StatusOK, signedOutView(p.outside(r.Context()), end))
	}
	return done(w, r, lang.T(r.Context(), "您已退出登录"), signInPath)
}

// switchRole makes the person act under another of their grants.
func (p *pages) switchRole(w http.ResponseWriter, r *http.Request) error {
	if err := p.Org.Switch(r.Context(), r.PostFormValue("grant")); err != nil {
		return err
	}
	return done(w, r, lang.T(r.Context(), "已切换身份"), "/")
}

// prefer keeps what somebody likes better on this device.
func (p *pages) prefer(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	if form.Has("lang") {
		p.setCookie(w, r, LangCookie, string(lang.Parse(form.Get("lang"))), choiceLasts)
	}
	if form.Has("theme") {
		theme := form.Get("theme")
		if theme != "light" && theme != "dark" {
			theme = ""
		}
		p.setCookie(w, r, ThemeCookie, theme, choiceLasts)
	}
	if form.Has("size") {
		size := form.Get("size")
		if size != "large" {
			size = ""
		}
		p.setCookie(w, r, SizeCookie, size, choiceLasts)
	}
	return web.Redirect(w, r, next(r))
}

func (p *pages) showReauthenticate(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, reauthenticateView(next(r), nil, p.confirmable(r)))
}

func (p *pages) reauthenticate(w http.ResponseWriter, r *http.Request) error {
	to := next(r)
	if err := p.Org.Reauthenticate(r.Context(), r.PostFormValue("password"), r.PostFormValue("code")); err != nil {
		return again(w, r, err, reauthenticateView(to, err, p.confirmable(r)))
	}
	return web.Redirect(w, r, to)
}
