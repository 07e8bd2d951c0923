// Package apptest puts up a whole platform for tests, with a small fictional
// tenant in which every role is held by somebody.
//
// Main types: [World], [Cast]. It owns no tables; everything it makes goes
// through the services, as a person would do it.
package apptest

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/org"
	"shangliang/internal/web/webtest"
)

// World is a platform with one tenant and a clock that the test moves.
type World struct {
	*app.App
	T      testing.TB
	Tenant string
	Region string            // stands in every text of this tenant: 临川县
	Bodies map[string]string // name → id
	People map[string]string // name → person id
	Logins map[string]string // name → sign-in name
	grants map[string]string // name → grant id
	first  map[string]string // name → one-time password, then ""
	tokens map[string]string // name → token of a sign-in

	upper string // the tenant above
	*clock
}

// clock is the platform's, moved by the test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

// Password is everybody's password.
const Password = "Chang-Hong-2026"

// Cast are the people of the tenant: name, role, body.
var Cast = []struct{ Name, Role, Body string }{
	{"余知秋", "member", ""}, {"𠮷野川", "member", ""}, {"凌若谷", "member", ""},
	{"裴远山", "collective", "民盟临川县支部"},
	{"柳文书", "clerk", ""}, {"纪审言", "reviewer", ""}, {"莫定安", "review_chair", ""},
	{"岳交之", "dispatcher", "县政府办督查室"},
	{"水清源", "unit_clerk", "县水利局"}, {"江承平", "unit_officer", "县水利局"}, {"汪签远", "unit_leader", "县水利局"},
	{"田会办", "unit_leader", "县农业农村局"},
	{"高望舒", "leader", ""}, {"严察微", "auditor", ""},
}

// Hire adds somebody to the cast of this world: a person with a role in a body,
// which is made if there is none of that name.
func (w *World) Hire(name, role, kind, body string) {
	w.T.Helper()
	ctx := actor.With(context.Background(), actor.System(w.Tenant))
	if body != "" && w.Bodies[body] == "" {
		id, err := w.Org.SaveBody(ctx, org.Body{Kind: kind, Name: body, Active: true})
		w.must(err)
		w.Bodies[body] = id
	}
	w.join(ctx, name, role, body)
	w.must(w.DB.Read(ctx, func(tx *db.Tx) error { return w.grantOf(tx, name) }))
}

// join gives somebody an account with a role.
func (w *World) join(ctx context.Context, name, role, body string) {
	id, err := w.Org.SavePerson(ctx, org.Person{Name: name, Active: true})
	w.must(err)
	w.People[name] = id
	one, err := w.Org.CreateAccount(ctx, id, "", []org.Grant{{Role: role, Body: w.Bodies[body]}})
	w.must(err)
	w.Logins[name], w.first[name] = one.Login, one.Password
}

func (w *World) grantOf(tx *db.Tx, name string) error {
	var id string
	err := tx.Get(`SELECT id FROM grant_role WHERE tenant = $1 AND person = $2`, []any{w.Tenant, w.People[name]}, &id)
	w.grants[name] = id
	return err
}

// Each runs a test on a fresh world on each database.
func Each(t *testing.T, f func(t *testing.T, w *World)) {
	t.Helper()
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) { f(t, New(t, dialect)) })
	}
}

// New makes a world. It is 12 March 2026, a Thursday, nine in the morning.
func New(t testing.TB, dialect db.Dialect) *World {
	t.Helper()
	return NewWith(t, dialect, func(*app.Options) {})
}

// NewWith makes a world with other options.
func NewWith(t testing.TB, dialect db.Dialect, change func(*app.Options)) *World {
	t.Helper()
	w := &World{T: t, clock: &clock{now: time.Date(2026, 3, 12, 1, 0, 0, 0, time.UTC)}}
	o := app.Options{Data: t.TempDir(), Database: dbtest.URL(t, dialect), Now: w.Now, Log: slog.New(slog.DiscardHandler)}
	change(&o)
	a, err := app.New(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	w.App = a
	upper, err := a.Org.SetUp(context.Background(), a.Org.SetUpCode(), founding("yt", "云汀市", org.City), Password)
	w.must(err)
	w.upper = upper
	w.found("lc", "临川县")
	return w
}

// Neighbour is another tenant of the same platform, with the same cast.
func (w *World) Neighbour() *World {
	w.T.Helper()
	other := &World{App: w.App, T: w.T, clock: w.clock, upper: w.upper}
	other.found("wx", "望溪县")
	return other
}

// Now is the world's time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Go moves the world's clock to a day, one o'clock at night.
func (c *clock) Go(day calendar.Date) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = day.Time().Add(time.Hour)
}

// Wait lets time pass.
func (c *clock) Wait(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// As is a context in which somebody of the cast, or the administrator, acts, on
// the command line.
func (w *World) As(name string) context.Context {
	w.T.Helper()
	a, err := w.Org.Acting(context.Background(), w.Tenant, w.grants[name], "cli")
	if err != nil {
		w.T.Fatalf("as %s: %v", name, err)
	}
	return actor.With(context.Background(), a)
}

// Token signs somebody of the cast in, as a browser would, and returns the
// token for the session cookie. The administrator's name is "管一平".
func (w *World) Token(name string) string {
	w.T.Helper()
	if w.tokens[name] != "" {
		return w.tokens[name]
	}
	ctx := context.Background()
	c := org.Credentials{Login: w.Logins[name], Password: w.first[name]}
	if c.Password == "" {
		c.Password = Password
	}
	in, err := w.Org.SignIn(ctx, c)
	w.must(err)
	if in.Next != "" {
		in, err = w.Org.FirstPassword(ctx, in.Token, Password)
		w.must(err)
		w.first[name] = ""
	}
	w.tokens[name] = in.Token
	return in.Token
}

// Password is what somebody must type to sign in: the one-time password until
// they have a password of their own.
func (w *World) Password(name string) string { return cmp.Or(w.first[name], Password) }

// Chose says that somebody chose [Password] as their own on the page of the
// first sign-in.
func (w *World) Chose(name string) { w.first[name] = "" }

// Account is the id of somebody's account.
func (w *World) Account(name string) string {
	w.T.Helper()
	a, err := w.Org.Acting(context.Background(), w.Tenant, w.grants[name], "cli")
	w.must(err)
	return a.Account
}

// Browser is a client of the platform's pages with somebody signed in; nobody
// if the name is empty.
func (w *World) Browser(t testing.TB, name string) *webtest.Client {
	c := webtest.New(t, w.Router)
	if name != "" {
		c.SetCookie(&http.Cookie{Name: app.SessionCookie, Value: w.Token(name), Path: "/"})
	}
	return c
}

// Keeper is a client with the administrator of the tenant above all others
// signed in, who keeps the installation too.
func (w *World) Keeper(t testing.TB) *webtest.Client {
	in, err := w.Org.SignIn(context.Background(), org.Credentials{Login: "yt-admin", Password: Password})
	w.must(err)
	c := webtest.New(t, w.Router)
	c.SetCookie(&http.Cookie{Name: app.SessionCookie, Value: in.Token, Path: "/"})
	return c
}

func (w *World) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

func founding(code, region, level string) org.Founding {
	return org.Founding{
		Tenant:  org.Tenant{Code: code, Name: "政协" + region + "委员会", ShortName: region + "政协", Level: level, Region: region},
		Term:    org.Term{No: 9, From: "2022-01-10"},
		Session: org.Session{No: 5, OpensOn: "2026-02-24", ClosesOn: "2026-02-27"},
		Admin:   org.Person{Name: "管一平"}, Login: code + "-admin",
		Bodies: []org.Body{
			{Kind: "party", Name: "民盟临川县支部", ShortName: "民盟", Active: true},
			{Kind: "sector", Name: "经济界", Active: true}, {Kind: "sector", Name: "教育界", Active: true},
			{Kind: "committee", Name: "提案委员会", Active: true},
			{Kind: "department", Name: "县水利局", System: "government", Active: true},
			{Kind: "department", Name: "县农业农村局", System: "government", Active: true},
			{Kind: "department", Name: "县交通运输局", System: "government", Active: true},
			{Kind: "dispatch_office", Name: "县政府办督查室", System: "government", Active: true},
		},
	}
}

// found sets the tenant up.
func (w *World) found(code, region string) {
	w.Region = region
	w.Bodies, w.People, w.Logins = map[string]string{}, map[string]string{}, map[string]string{}
	w.grants, w.first, w.tokens = map[string]string{}, map[string]string{}, map[string]string{}
	ctx := actor.With(context.Background(), actor.System(w.upper))
	tenant, admin, err := w.Org.CreateTenant(ctx, founding(code, region, org.County))
	w.must(err)
	w.Tenant, w.Logins["管一平"], w.first["管一平"] = tenant, admin.Login, admin.Password
	ctx = actor.With(ctx, actor.System(tenant))
	w.must(w.DB.Read(ctx, func(tx *db.Tx) error {
		all, err := org.Bodies(tx, tenant, "")
		for _, b := range all {
			w.Bodies[b.Name] = b.ID
		}
		return err
	}))
	for _, c := range Cast {
		w.join(ctx, c.Name, c.Role, c.Body)
	}
	w.must(w.DB.Read(ctx, func(tx *db.Tx) error {
		for name := range w.People {
			if err := w.grantOf(tx, name); err != nil {
				return err
			}
		}
		var admin string
		err := tx.Get(`SELECT id FROM grant_role WHERE tenant = $1 AND role = 'admin'`, []any{tenant}, &admin)
		w.grants["管一平"] = admin
		return err
	}))
}
