package orgweb_test

import (
	"log/slog"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"shangliang/internal/app"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/org/orgweb"
	"shangliang/internal/sso"
	"shangliang/internal/sso/ssotest"
	"shangliang/internal/web/browsertest"
	"shangliang/internal/web/webtest"
)

// provided is a world whose people can sign in by a provider outside, which
// knows the clerk.
func provided(t *testing.T, site string, match string) (*apptest.World, *ssotest.Server) {
	t.Helper()
	provider := ssotest.Serve(t, site, orgweb.CallbackPath,
		&ssotest.User{ID: "u-1", Username: "liu", FirstName: "文书", LastName: "柳"},
		&ssotest.User{ID: "u-2", Username: "stranger", FirstName: "路", LastName: "人"})
	c := provider.Config
	c.Match = match
	w := apptest.NewWith(t, db.SQLite, func(o *app.Options) { o.SSO, o.BaseURL = c, site })
	return w, provider
}

const home = "http://platform.example"

// toProvider follows the button and returns where it leads.
func toProvider(t *testing.T, c *webtest.Client, path string) string {
	t.Helper()
	a := c.Get(path).Want(303)
	to := a.Header.Get("Location")
	if s := strings.Join(a.Header.Values("Set-Cookie"), "\n"); !strings.Contains(s, "oidc=") || !strings.Contains(s, "HttpOnly; SameSite=Lax") {
		t.Errorf("cookies: %s", s)
	}
	return to
}

// comes has somebody sign in at the provider and come back.
func comes(t *testing.T, c *webtest.Client, s *ssotest.Server, path, who string) *webtest.Answer {
	t.Helper()
	back, err := s.SignIn(toProvider(t, c, path), who)
	if err != nil {
		t.Fatal(err)
	}
	return c.Get(orgweb.CallbackPath + "?" + back.Encode())
}

var linkingCode = regexp.MustCompile(`<code>([A-Z0-9]{4}-[A-Z0-9]{4})</code>`)

func TestSignInByProvider(t *testing.T) {
	w, s := provided(t, home, "")
	c := w.Browser(t, "")
	c.Get("/sign-in?next=%2Faccount").Want(200).Contains("用统一身份认证登录", "/sign-in/oidc?next=%2Faccount")

	// Who has no account is shown a code for the administrator, and no more.
	a := comes(t, c, s, "/sign-in/oidc?next=%2Faccount", "liu").Want(403).Contains("文书 柳，您已通过统一身份认证", "还没有关联账号")
	code := linkingCode.FindStringSubmatch(string(a.Body))
	if code == nil {
		t.Fatal("no code")
	}
	c.Get("/").Want(303)
	admin := w.Browser(t, "管一平")
	account := w.Account("柳文书")
	page := admin.Get("/accounts/" + account).Want(200).Contains("关联统一身份认证")
	admin.Submit(page, "form[action=/accounts/"+account+"/link]", "code", "AAAA-AAAA").Want(422).Contains("没有这个关联码")
	admin.Submit(page, "form[action=/accounts/"+account+"/link]", "code", code[1]).Want(303)
	admin.Get("/accounts/"+account).Want(200).Contains("已关联“文书 柳”", "解除关联")

	a = comes(t, c, s, "/sign-in/oidc?next=%2Faccount", "liu").Want(303)
	if to := a.Header.Get("Location"); to != "/account" {
		t.Errorf("goes on to %q", to)
	}
	c.Get("/account").Want(200).Contains("柳文书", "文书 柳")
	if to := c.Get("/sign-in/oidc").Want(303).Header.Get("Location"); to != "/" {
		t.Errorf("signed in already, and sent to %q", to)
	}

	// They confirm by the provider who they are, but not as somebody else.
	c.Get("/reauthenticate?next=%2Faccount").Want(200).Contains("用统一身份认证确认")
	comes(t, c, s, "/sign-in/oidc?again=1&next=%2Faccount", "stranger").Want(409).Contains("不是当前登录的人")
	if to := comes(t, c, s, "/sign-in/oidc?again=1&next=%2Faccount", "liu").Want(303).Header.Get("Location"); to != "/account" {
		t.Errorf("goes on to %q", to)
	}

	// Signing out offers to sign out there too.
	out := c.PostForm("/sign-out").Want(200).Contains("您已退出登录")
	end, err := url.Parse(out.Attr("a.btn-primary", "href"))
	if err != nil || end.Query().Get("post_logout_redirect_uri") != home+"/sign-in" || end.Query().Get("id_token_hint") == "" {
		t.Errorf("signs out at %s, %v", end, err)
	}
	c.Get("/").Want(303)
	admin.Get("/audit").Want(200).Contains("关联统一身份认证", "登录")

	// A password still does, and signs out as ever.
	c = w.Browser(t, "柳文书")
	c.PostForm("/sign-out").Want(303)

	// Unlinked, they are signed out and strangers again.
	comes(t, c, s, "/sign-in/oidc", "liu").Want(303)
	admin.PostForm("/accounts/" + account + "/unlink").Want(303)
	c.Get("/").Want(303)
	comes(t, c, s, "/sign-in/oidc", "liu").Want(403)
}

// A claim that matches signs in at once, and never with more rights.
func TestSignInByClaim(t *testing.T) {
	w, s := provided(t, home, "preferred_username=login")
	s.Users["liu"].Username = w.Logins["柳文书"]
	s.Users[w.Logins["柳文书"]] = s.Users["liu"]
	c := w.Browser(t, "")
	comes(t, c, s, "/sign-in/oidc", w.Logins["柳文书"]).Want(303)
	c.Get("/").Want(200).Contains("柳文书")
	c.Get("/accounts").Want(403)
	comes(t, w.Browser(t, ""), s, "/sign-in/oidc", "stranger").Want(403).Contains("还没有关联账号")
}

// What went wrong is said in words, with the other way to sign in below it.
func TestProviderRefuses(t *testing.T) {
	w, s := provided(t, home, "")
	c := w.Browser(t, "")
	c.Get(orgweb.CallbackPath+"?code=x&state=y").Want(401).Contains("登录已超时，请重新登录", "登录名")
	c.Get("/sign-in/oidc").Want(303)
	state := func() string {
		u, err := url.Parse(toProvider(t, c, "/sign-in/oidc"))
		if err != nil {
			t.Fatal(err)
		}
		return u.Query().Get("state")
	}
	c.Get(orgweb.CallbackPath + "?error=access_denied&state=" + state()).Want(401).Contains("您取消了“统一身份认证”的登录")
	c.Get(orgweb.CallbackPath + "?code=x&state=" + state()).Want(401).Contains("没有通过检查，请联系系统管理员")
	c.Get(orgweb.CallbackPath + "?code=x&state=" + state()[1:] + "A").Want(401).Contains("登录已超时")
	back, err := s.SignIn(toProvider(t, c, "/sign-in/oidc"), "liu")
	if err != nil {
		t.Fatal(err)
	}
	thief := w.Browser(t, "")
	thief.Get(orgweb.CallbackPath + "?" + back.Encode()).Want(401) // without the ticket of the browser that asked

	away, s2 := provided(t, home, "")
	s2.Away.Store(true)
	away.Browser(t, "").Get("/sign-in/oidc").Want(503).Contains("现在连不上“统一身份认证”", "登录名")
	none := world(t).Browser(t, "")
	none.Get("/sign-in").Want(200).Lacks("统一身份认证")
	none.Get("/sign-in/oidc").Want(404)
	none.Get(orgweb.CallbackPath).Want(404)
}

func TestProviderSettings(t *testing.T) {
	_, err := app.New(t.Context(), app.Options{Data: t.TempDir(), Log: slog.New(slog.DiscardHandler), SSO: sso.Config{Issuer: "https://sso.example.cn"}})
	if err == nil || !strings.Contains(err.Error(), "client id") {
		t.Errorf("%v", err)
	}
}

// Somebody signs in at the provider for the first time, is linked by the
// administrator, signs in and out again, in a browser.
func TestProviderInBrowser(t *testing.T) {
	for _, screen := range []browsertest.Screen{browsertest.Phone, browsertest.Desk} {
		t.Run(screen.Name, func(t *testing.T) {
			site := httptest.NewUnstartedServer(nil)
			w, _ := provided(t, "http://"+site.Listener.Addr().String(), "")
			site.Config.Handler = w.Router
			site.Start()
			t.Cleanup(site.Close)
			chrome := browsertest.Start(t, site.URL)
			tab := chrome.Open(t, "柳文书", screen)
			enter := func() {
				tab.Click("用统一身份认证登录")
				tab.Sees("Username")
				tab.Fill("Username:", "liu")
				tab.Fill("Password:", ssotest.Password)
				tab.Click("Login")
			}
			tab.Visit("/proposals")
			tab.Sees("用统一身份认证登录")
			tab.Shoot("oidc-sign-in")
			enter()
			tab.Sees("还没有关联账号", "关联码")
			tab.Axe()
			tab.Shoot("oidc-unlinked")
			code := tab.Text("main code")
			admin := chrome.Open(t, "管一平", screen)
			admin.Visit("/sign-in")
			admin.SetCookie("session", w.Token("管一平"))
			admin.Visit("/accounts/" + w.Account("柳文书"))
			admin.Click("关联统一身份认证")
			admin.Fill("关联码", code)
			admin.Shoot("oidc-link")
			admin.ClickCSS("form[action$='/link'] button:not([type=button])")
			admin.Sees("已关联“文书 柳”")
			admin.Axe()
			admin.Shoot("oidc-linked")

			tab.Click("返回登录页")
			enter()
			tab.Sees("柳文书，您好")
			tab.Visit("/account")
			tab.Sees("文书 柳")
			tab.Visit("/reauthenticate?next=/account")
			tab.Shoot("oidc-confirm")
			tab.ClickCSS("details:has(form[action='/sign-out']) > summary")
			tab.Click("退出登录")
			tab.Sees("同时退出统一身份认证")
			tab.Axe()
			tab.Shoot("oidc-out")
			tab.Click("同时退出统一身份认证")
			tab.Sees("登录名")
			if tab.Path() != "/sign-in" {
				t.Errorf("comes back to %s", tab.Path())
			}
		})
	}
}
