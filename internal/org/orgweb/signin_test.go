package orgweb_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"shangliang/internal/actor"
	"shangliang/internal/app"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/org"
	"shangliang/internal/org/orgweb"
	"shangliang/internal/web/webtest"
)

func world(t *testing.T) *apptest.World {
	t.Helper()
	return apptest.New(t, db.SQLite)
}

// admin acts as the platform itself in the tenant.
func admin(w *apptest.World) context.Context {
	return actor.With(context.Background(), actor.System(w.Tenant))
}

func TestSignIn(t *testing.T) {
	w := world(t)
	w.Token("管一平") // has chosen a password
	login := w.Logins["管一平"]
	c := w.Browser(t, "")

	// Nobody sees a page without signing in, and comes back to it afterwards.
	c.Get("/account").Want(303)
	page := c.Get("/sign-in?next=%2Faccount").Want(200).Contains("登录名")
	c.Submit(page, "form.form", "login", login, "password", "wrong").Want(401).Contains("登录名或密码不正确", `value="`+login+`"`)
	a := c.Submit(page, "form.form", "login", login, "password", apptest.Password).Want(303)
	if to := a.Header.Get("Location"); to != "/account" {
		t.Errorf("goes on to %q", to)
	}
	cookie := a.Header.Values("Set-Cookie")
	if s := strings.Join(cookie, "\n"); !strings.Contains(s, "session=") || !strings.Contains(s, "HttpOnly; SameSite=Lax") || strings.Contains(s, "Secure") {
		t.Errorf("cookies: %s", s)
	}
	c.Get("/").Want(200).Contains("管一平")
	c.Get("/sign-in").Want(303) // is signed in

	// Signing out ends it, for whoever kept the cookie too.
	stolen := w.Browser(t, "管一平")
	stolen.Get("/").Want(200)
	stolen.PostForm("/sign-out").Want(303)
	stolen.Get("/").Want(303)
	c.PostForm("/sign-out").Want(303)
	c.Get("/").Want(303)
	c.PostForm("/sign-out").Want(303) // twice does no harm

	// A link cannot lead elsewhere.
	for _, bad := range []string{"//evil.example", "https://evil.example", `/\evil.example`} {
		a := c.PostForm("/sign-in", "login", login, "password", apptest.Password, "next", bad).Want(303)
		if to := a.Header.Get("Location"); to != "/" {
			t.Errorf("next %q leads to %q", bad, to)
		}
		c.PostForm("/sign-out").Want(303)
	}
}

func TestSignInLocks(t *testing.T) {
	w := world(t)
	w.Token("管一平") // has chosen a password
	login := w.Logins["管一平"]
	c := w.Browser(t, "")
	for range 5 {
		c.PostForm("/sign-in", "login", login, "password", "wrong").Want(401)
	}
	c.PostForm("/sign-in", "login", login, "password", apptest.Password).Want(429).Contains("分钟后再试")
	for range 60 {
		c.PostForm("/sign-in", "step", "totp", "code", "123456")
	}
	c.PostForm("/sign-in", "step", "totp", "code", "123456").Want(429).Contains("尝试次数过多")
}

func TestFirstPassword(t *testing.T) {
	w := world(t)
	accounts, err := w.Org.Accounts(admin(w))
	if err != nil {
		t.Fatal(err)
	}
	var id string
	for _, a := range accounts {
		if a.Login == w.Logins["余知秋"] {
			id = a.ID
		}
	}
	one, err := w.Org.ResetPasswords(admin(w), []string{id})
	if err != nil {
		t.Fatal(err)
	}
	c := w.Browser(t, "")
	c.PostForm("/sign-in", "login", one[0].Login, "password", one[0].Password, "next", "/account").Want(303)
	c.Get("/account").Want(303) // not yet
	page := c.Get("/sign-in?next=/account").Want(200).Contains("设置新密码")
	c.Submit(page, "form.form", "password", "Heron-over-7-lakes", "password_again", "Heron-over-8-lakes").Want(422).Contains("两次输入的密码不一致")
	c.Submit(page, "form.form", "password", "12345678", "password_again", "12345678").Want(422)
	a := c.Submit(page, "form.form", "password", "Heron-over-7-lakes", "password_again", "Heron-over-7-lakes").Want(303)
	if to := a.Header.Get("Location"); to != "/account" {
		t.Errorf("goes on to %q", to)
	}
	c.Get("/").Want(200).Contains("余知秋")

	// Somebody who takes another account instead begins anew.
	one, err = w.Org.ResetPasswords(admin(w), []string{id})
	if err != nil {
		t.Fatal(err)
	}
	c = w.Browser(t, "")
	c.PostForm("/sign-in", "login", one[0].Login, "password", one[0].Password)
	c.PostForm("/sign-in", "step", "restart").Want(303)
	c.Get("/sign-in").Want(200).Contains("登录名").Lacks("设置新密码")
}

func TestSecondFactor(t *testing.T) {
	w := world(t)
	ctx := w.As("余知秋")
	key, err := w.Org.EnrolTOTP(ctx)
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(key.Secret, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.Token("余知秋") // has a password of its own now
	recovery, err := w.Org.ConfirmTOTP(ctx, code)
	if err != nil {
		t.Fatal(err)
	}
	c := w.Browser(t, "")
	c.PostForm("/sign-in", "login", w.Logins["余知秋"], "password", apptest.Password).Want(303)
	c.Get("/").Want(303)
	page := c.Get("/sign-in").Want(200).Contains("动态验证码")
	c.Submit(page, "form.form", "code", code).Want(401).Contains("动态验证码不正确") // it was used
	c.Submit(page, "form.form", "code", recovery[0]).Want(303)
	c.Get("/").Want(200).Contains("余知秋")
}

func TestPreferences(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "")
	page := c.Get("/sign-in?next=/account").Want(200)
	a := c.Submit(page, ".plain-foot form", "lang", "en").Want(303)
	if to := a.Header.Get("Location"); to != "/sign-in?next=/account" {
		t.Errorf("comes back to %q", to)
	}
	c.Follow(a).Contains("Sign in", `lang="en"`).Lacks("登录名")
	c.PostForm("/preferences", "lang", "zh-Hant").Want(303)
	c.Get("/sign-in").Contains(`lang="zh-Hant"`)
	c.PostForm("/preferences", "lang", "xx", "theme", "dark", "size", "large").Want(303)
	c.Get("/sign-in").Contains(`lang="zh-Hans"`, `data-bs-theme="dark"`, `data-size="large"`)
	c.PostForm("/preferences", "theme", "auto", "size", "normal").Want(303)
	c.Get("/sign-in").Contains(`data-bs-theme="auto"`, `data-size=""`)
}

func TestSwitchRole(t *testing.T) {
	w := world(t)
	acting := admin(w)
	page, err := w.Org.Person(acting, w.People["余知秋"])
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.Org.AddGrant(acting, org.Grant{Account: page.Account.ID, Person: w.People["余知秋"], Role: "reviewer"}, "")
	if err != nil {
		t.Fatal(err)
	}
	c := w.Browser(t, "余知秋")
	c.Get("/").Want(200).Contains("切换身份", second)
	c.PostForm("/role", "grant", second).Want(303)
	c.Get("/").Want(200).Contains("已切换身份", "提案审查员")
	c.PostForm("/role", "grant", "elsewhere").Want(404)
}

// setUp are the fields of the set-up form, but the code.
var setUp = []string{"tenant_name", "政协望川县委员会", "short_name", "望川县政协", "level", "county", "region", "望川县", "code", "wc",
	"term_no", "9", "term_from", "2022-01-10", "session_no", "5", "opens_on", "2026-02-24", "closes_on", "2026-02-27",
	"body", "committee/提案委员会", "departments", "县水利局\n县委宣传部，党群",
	"admin_name", "管一平", "login", "admin", "password", apptest.Password, "password_again", apptest.Password}

func empty(t *testing.T) *app.App {
	t.Helper()
	a, err := app.New(context.Background(), app.Options{Data: t.TempDir(), Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Date(2026, 3, 12, 1, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func newClient(t *testing.T, a *app.App) *webtest.Client {
	return webtest.New(t, orgweb.Guard(a.Org, a.Router))
}

func TestSetUp(t *testing.T) {
	a := empty(t)
	c := newClient(t, a)
	for _, path := range []string{"/", "/sign-in", "/proposals"} {
		if to := c.Get(path).Want(303).Header.Get("Location"); to != "/set-up" {
			t.Errorf("%s leads to %q", path, to)
		}
	}
	c.Get("/healthz").Want(200)
	page := c.Get("/set-up").Want(200).Contains("初始设置", "特邀香港人士")
	c.Submit(page, "form.form", "tenant_name", "", "password", "x").Want(422).Contains("请填写届数", "两次输入的密码不一致")
	bad := withCode(a)
	for i := range bad {
		if bad[i] == "term_no" {
			bad[i+1] = "900"
		}
	}
	// Who does not know the code sets nothing up.
	for _, code := range []string{"", "0000000000000000"} {
		c.PostForm("/set-up", append([]string{"setup_code", code}, setUp...)...).Want(422).Contains("设置码不对", "政协望川县委员会")
	}
	link, err := a.SetUpLink(t.Context(), "127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(link, "http://127.0.0.1:1")
	c.Get(path).Want(200).Contains(a.Org.SetUpCode())
	c.Get("/set-up").Want(200).Lacks(a.Org.SetUpCode())
	c.PostForm("/set-up", bad...).Want(422).Contains("届数须是1至99的整数", `id="f-term_no-err"`, "政协望川县委员会", "县委宣传部")

	to := c.PostForm("/set-up", withCode(a)...).Want(303).Header.Get("Location")
	if to != "/people/import" {
		t.Errorf("leads to %q", to)
	}
	c.Get("/").Want(200).Contains("管一平", "政协望川县委员会")
	c.Get("/set-up").Want(303)
	c.PostForm("/set-up", withCode(a)...).Want(303) // to sign in: it is done
	if link, err := a.SetUpLink(t.Context(), "x"); link != "" || err != nil {
		t.Errorf("the link is still told: %q, %v", link, err)
	}
}

// withCode are the fields of the set-up form with the platform's code.
func withCode(a *app.App) []string {
	return append([]string{"setup_code", a.Org.SetUpCode()}, setUp...)
}

// TestSetUpRace founds one platform when several people send the form at once.
func TestSetUpRace(t *testing.T) {
	a := empty(t)
	var wg sync.WaitGroup
	to := make([]string, 4)
	for i := range to {
		wg.Go(func() {
			c := newClient(t, a)
			to[i] = c.PostForm("/set-up", withCode(a)...).Header.Get("Location")
		})
	}
	wg.Wait()
	first := 0
	for _, path := range to {
		switch path {
		case "/people/import":
			first++
		case "/sign-in":
		default:
			t.Errorf("leads to %q", path)
		}
	}
	if first != 1 {
		t.Errorf("%d founded the platform: %v", first, to)
	}
}
