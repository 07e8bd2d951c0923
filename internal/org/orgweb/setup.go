package orgweb

import (
	"net/http"
	"net/url"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

const (
	setUpPath = "/set-up"
	setUpCode = "setup_code" // the field, and the parameter of the link that the program prints
)

// SetUpLink is where an empty platform at an address is set up by whoever has
// its code.
func SetUpLink(base, code string) string {
	return base + setUpPath + "?" + setUpCode + "=" + url.QueryEscape(code)
}

// showSetUp is the form with which an empty platform begins.
func (p *pages) showSetUp(w http.ResponseWriter, r *http.Request) error {
	empty, err := p.Org.NeedsSetUp(r.Context())
	if err != nil {
		return err
	}
	if !empty {
		return web.Redirect(w, r, signInPath)
	}
	f := newFounding()
	return web.Render(w, r, http.StatusOK, setUpView(&f, r.FormValue(setUpCode), nil))
}

// setUp founds the platform and signs its first administrator in.
func (p *pages) setUp(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.Decode[founding](r)
	if err == nil {
		err = merge(f.check(), repeated(r))
	}
	password, code := r.PostFormValue("password"), web.Clean(r.PostFormValue(setUpCode))
	if err == nil {
		if err = p.attempts.AllowRequest(r); err == nil {
			_, err = p.Org.SetUp(ctx, code, f.founding(), password)
		}
	}
	if errs.Is(err, errs.Conflict) { // somebody was faster
		web.Flash(w, r, ui.Warn, lang.T(ctx, "平台已经完成初始设置，请直接登录"), "")
		return web.Redirect(w, r, signInPath)
	}
	if err != nil {
		return again(w, r, err, setUpView(&f, code, f.place(err)))
	}
	in, err := p.Org.SignIn(ctx, org.Credentials{Login: f.Login, Password: password, IP: web.ClientIP(r), Agent: r.UserAgent()})
	if err != nil {
		return err
	}
	p.setCookie(w, r, SessionCookie, in.Token, sessionLasts)
	p.recognise(w, r)
	return done(w, r, lang.T(ctx, "设置完成。接下来请导入委员名册，也可以以后再导入"), "/people/import")
}
