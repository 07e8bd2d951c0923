package orgweb

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// accountPage is somebody's own account.
type accountPage struct {
	Me         *org.PersonPage
	Login      string
	Bodies     map[string]string
	SignIns    []*org.SignIn
	Tokens     []*org.Token
	ContactErr error
	Contact    contact
	Links      []*org.Link
	Outside    string
}

// contact is how somebody can be reached, as they change it themself.
type contact struct {
	Phone    string `form:"phone"`
	Email    string `form:"email"`
	Address  string `form:"address"`
	Postcode string `form:"postcode"`
}

func (p *pages) account(ctx context.Context) (*accountPage, error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	v := &accountPage{}
	if v.Me, err = p.Org.Person(ctx, a.Person); err != nil {
		return nil, err
	}
	var ids []string
	for _, m := range v.Me.Memberships {
		ids = append(ids, m.Body)
	}
	if v.Bodies, err = p.Org.BodyNames(ctx, ids); err != nil {
		return nil, err
	}
	if v.SignIns, err = p.Org.SignIns(ctx); err != nil {
		return nil, err
	}
	if v.Tokens, err = p.Org.Tokens(ctx); err != nil {
		return nil, err
	}
	if v.Links, err = p.Org.Links(ctx); err != nil {
		return nil, err
	}
	v.Outside = p.outside(ctx)
	for _, s := range v.SignIns {
		v.Login = s.Login
	}
	v.Contact = contact{v.Me.Person.Phone, v.Me.Person.Email, v.Me.Person.Address, v.Me.Person.Postcode}
	return v, nil
}

func (p *pages) showAccount(w http.ResponseWriter, r *http.Request) error {
	v, err := p.account(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, accountView(v))
}

func (p *pages) saveContact(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.Decode[contact](r)
	if err != nil {
		return err
	}
	n, err := version(r)
	if err == nil {
		err = p.Org.SaveContact(ctx, n, in.Phone, in.Email, in.Address, in.Postcode)
	}
	if err != nil {
		v, e := p.account(ctx)
		if e != nil {
			return e
		}
		v.ContactErr, v.Contact = err, in
		return again(w, r, err, accountView(v))
	}
	return done(w, r, lang.T(ctx, "联系方式已保存"), "/account")
}

func (p *pages) showPassword(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, passwordView(nil))
}

func (p *pages) changePassword(w http.ResponseWriter, r *http.Request) error {
	err := repeated(r)
	if err == nil {
		err = p.Org.ChangePassword(r.Context(), r.PostFormValue("old"), r.PostFormValue("password"))
	}
	if err != nil {
		return again(w, r, err, passwordView(err))
	}
	return done(w, r, lang.T(r.Context(), "密码已修改，其他设备上的登录已退出"), "/account")
}

func (p *pages) endSignIn(w http.ResponseWriter, r *http.Request) error {
	if err := p.Org.EndSignIn(r.Context(), r.PostFormValue("sign_in")); err != nil {
		return failed(w, r, err, "/account")
	}
	return done(w, r, lang.T(r.Context(), "已退出所选的登录"), "/account#sign-ins")
}

// fresh reports whether the person proved to be there lately enough to fill in
// a form that asks for it.
func (p *pages) fresh(ctx context.Context) (bool, error) {
	all, err := p.Org.SignIns(ctx)
	for _, s := range all {
		if s.Current {
			return p.Now().Sub(s.FreshAt.Time) < org.FreshFor-2*time.Minute, err
		}
	}
	return false, err
}

// confirmFirst sends the person to enter their password and back to a page.
func confirmFirst(w http.ResponseWriter, r *http.Request, back string) error {
	return web.Redirect(w, r, "/reauthenticate?next="+url.QueryEscape(back))
}

// notFresh reports whether an act was refused only because the person has to
// enter their password first.
func notFresh(err error) bool {
	e, ok := errors.AsType[*errs.Error](err)
	return ok && e.Kind == errs.Forbidden && e.Msg == org.NotFresh
}

const twoStepPath = "/account/two-step"

func (p *pages) showTwoStep(w http.ResponseWriter, r *http.Request) error {
	fresh, err := p.fresh(r.Context())
	if err != nil {
		return err
	}
	if !fresh {
		return confirmFirst(w, r, twoStepPath)
	}
	v, err := p.account(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, twoStepView(v.Me.Account != nil && v.Me.Account.TOTP))
}

// beginTwoStep shows the secret. It is not kept anywhere it could be read again,
// so the form carries it on for the case that the code was mistyped.
func (p *pages) beginTwoStep(w http.ResponseWriter, r *http.Request) error {
	key, err := p.Org.EnrolTOTP(r.Context())
	if notFresh(err) {
		return confirmFirst(w, r, twoStepPath)
	}
	if err != nil {
		return failed(w, r, err, twoStepPath)
	}
	w.Header().Set("Cache-Control", "no-store")
	return web.Render(w, r, http.StatusOK, enrolView(key, nil))
}

func (p *pages) confirmTwoStep(w http.ResponseWriter, r *http.Request) error {
	codes, err := p.Org.ConfirmTOTP(r.Context(), r.PostFormValue("code"))
	w.Header().Set("Cache-Control", "no-store")
	if errs.Is(err, errs.Invalid) {
		key := org.TOTPKey{Secret: web.Clean(r.PostFormValue("secret")), URL: web.Clean(r.PostFormValue("url"))}
		return again(w, r, err, enrolView(key, err))
	}
	if err != nil {
		return failed(w, r, err, "/account")
	}
	return web.Render(w, r, http.StatusOK, codesView(codes))
}

func (p *pages) endTwoStep(w http.ResponseWriter, r *http.Request) error {
	err := p.Org.DisableTOTP(r.Context())
	if notFresh(err) {
		return confirmFirst(w, r, twoStepPath)
	}
	if err != nil {
		return failed(w, r, err, "/account")
	}
	return done(w, r, lang.T(r.Context(), "两步验证已停用"), "/account")
}

// tokenForm is what somebody wants of an API token.
type tokenForm struct {
	Name   string        `form:"name"`
	Scopes []string      `form:"scopes"`
	Until  calendar.Date `form:"until"`
}

const newTokenPath = "/account/tokens/new"

// scopes are the permissions that somebody has now, which a token may have too.
func (p *pages) scopes(ctx context.Context) []ui.Option {
	a, _ := actor.From(ctx)
	var all []ui.Option
	for _, x := range p.Org.Roles().All() {
		if a.Can(x.ID) {
			all = append(all, ui.Option{Value: x.ID, Label: word(ctx, x.Title)})
		}
	}
	return all
}

func (p *pages) showNewToken(w http.ResponseWriter, r *http.Request) error {
	fresh, err := p.fresh(r.Context())
	if err != nil {
		return err
	}
	if !fresh {
		return confirmFirst(w, r, newTokenPath)
	}
	return web.Render(w, r, http.StatusOK, newTokenView(tokenForm{Until: p.today().AddMonths(3)}, p.scopes(r.Context()), p.today(), nil))
}

func (p *pages) createToken(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.Decode[tokenForm](r)
	var text string
	if err == nil {
		text, _, err = p.Org.CreateToken(ctx, org.NewToken{Name: in.Name, Scopes: in.Scopes, Until: in.Until})
	}
	if notFresh(err) {
		return confirmFirst(w, r, newTokenPath)
	}
	if err != nil {
		return again(w, r, err, newTokenView(in, p.scopes(ctx), p.today(), err))
	}
	w.Header().Set("Cache-Control", "no-store")
	return web.Render(w, r, http.StatusOK, tokenView(in.Name, text))
}

func (p *pages) revokeToken(w http.ResponseWriter, r *http.Request) error {
	if err := p.Org.RevokeToken(r.Context(), r.PathValue("id")); err != nil {
		return failed(w, r, err, "/account")
	}
	return done(w, r, lang.T(r.Context(), "访问令牌已作废"), "/account#tokens")
}

// agents are the programs and systems that people know by name, as user agents
// spell them; the first that is found counts.
var (
	agents = [][2]string{{"MicroMessenger", "微信"}, {"DingTalk", "钉钉"}, {"Edg", "Edge"}, {"Firefox", "Firefox"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}}
	// Android comes before Linux, which it says it is too.
	systems = [][2]string{{"HarmonyOS", "HarmonyOS"}, {"OpenHarmony", "HarmonyOS"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"Linux", "Linux"}}
)

// device names the program and the system of a user agent.
func device(ctx context.Context, agent string) string {
	var parts []string
	for _, table := range [][][2]string{agents, systems} {
		for _, k := range table {
			if strings.Contains(agent, k[0]) {
				parts = append(parts, word(ctx, k[1]))
				break
			}
		}
	}
	if len(parts) == 0 {
		return lang.T(ctx, "未知设备")
	}
	return strings.Join(parts, " · ")
}
