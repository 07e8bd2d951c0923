package app_test

import (
	"archive/zip"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/figure"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/web/webtest"
)

// then is what a release said of its own data.
type then struct {
	Cases       map[string]string   `json:"cases"`   // state → id
	Logins      map[string]string   `json:"logins"`  // name → sign-in name
	Figures     map[string][3]int64 `json:"figures"` // amount, numerator, denominator
	Checkpoints []string            `json:"checkpoints"`
	Now         time.Time           `json:"now"`
}

// backupOf makes a backup of the parts in a folder.
func backupOf(t *testing.T, dir string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "backup.zip")
	out, err := os.Create(name)
	must(t, err)
	z := zip.NewWriter(out)
	for _, part := range []string{"tables.jsonl", "manifest.json"} {
		b, err := os.ReadFile(filepath.Join(dir, part))
		must(t, err)
		w, err := z.Create(part)
		must(t, err)
		_, err = w.Write(b)
		must(t, err)
	}
	must(t, z.Close())
	must(t, out.Close())
	return name
}

// The data of the first release comes to today's schema on either database: the
// ledger holds with the checkpoints of then, every figure says what it said, and
// everybody opens their pages.
func TestUpgrade(t *testing.T) {
	const dir = "testdata/first-release"
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			var was then
			b, err := os.ReadFile(filepath.Join(dir, "then.json"))
			must(t, err)
			must(t, json.Unmarshal(b, &was))
			o := app.Options{Data: t.TempDir(), Database: dbtest.URL(t, dialect), Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return was.Now }}
			_, report, err := app.Restore(t.Context(), o, backupOf(t, dir))
			must(t, err)
			if !report.OK() {
				t.Fatalf("as restored: %v", report.Lines(t.Context()))
			}
			a, err := app.New(t.Context(), o)
			must(t, err)
			defer a.Close()
			keys, err := ledger.Trusted(o.Data)
			must(t, err)
			if report, err = ledger.Verify(t.Context(), a.DB, ledger.Proof{Keys: keys, Checkpoints: was.Checkpoints}); err != nil || !report.OK() {
				t.Errorf("the ledger of then: %v %v", err, report.Lines(t.Context()))
			}
			for _, e := range a.Background() {
				if err := e.Work(t.Context()); err != nil {
					t.Errorf("%s: %v", e.Name, err)
				}
			}
			var tenant string
			must(t, a.DB.Read(t.Context(), func(tx *db.Tx) error {
				return tx.Get(`SELECT tenant FROM proposal WHERE id = $1`, []any{was.Cases["filed"]}, &tenant)
			}))
			upgradedFigures(t, a, tenant, was)
			for name, login := range was.Logins {
				upgradedPages(t, a, name, login, was)
			}
		})
	}
}

// upgradedFigures compares all figures that the release had.
func upgradedFigures(t *testing.T, a *app.App, tenant string, was then) {
	ctx := actor.With(context.Background(), actor.System(tenant).Allowing(a.Org.Roles().Of("clerk")))
	rep, err := a.Figures.Compute(ctx, figure.Request{Year: 2026})
	must(t, err)
	for id, want := range was.Figures {
		v, ok := rep.Value(id)
		if is := [3]int64{int64(v.Amount), int64(v.Num), int64(v.Den)}; !ok || is != want {
			t.Errorf("%s is %v, was %v", id, is, want)
		}
	}
}

// upgradedPages signs somebody in with a new password and opens their first page,
// the cases that they see and where their lists lead.
func upgradedPages(t *testing.T, a *app.App, name, login string, was then) {
	ctx := context.Background()
	var account, home string
	must(t, a.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.Get(`SELECT id, home FROM account WHERE login = $1`, []any{login}, &account, &home)
	}))
	once, err := a.Org.ResetPasswords(actor.With(ctx, actor.System(home)), []string{account})
	must(t, err)
	in, err := a.Org.SignIn(ctx, org.Credentials{Login: login, Password: once[0].Password})
	must(t, err)
	in, err = a.Org.FirstPassword(ctx, in.Token, apptest.Password)
	must(t, err)
	c := webtest.New(t, a.Router)
	c.SetCookie(&http.Cookie{Name: app.SessionCookie, Value: in.Token, Path: "/"})
	for _, path := range []string{"/", "/notices", "/account"} {
		c.Get(path).Want(200)
	}
	seen := 0
	for state, id := range was.Cases {
		switch page := c.Get("/proposals/" + id); page.Status {
		case 200:
			seen++
			if !strings.Contains(page.Body, "排洪渠") {
				t.Errorf("%s does not see the title of the case that is %s", name, state)
			}
		case 403, 404:
		default:
			t.Errorf("%s asks for the case that is %s: %d", name, state, page.Status)
		}
	}
	if (name == "柳文书" || name == "余知秋") && seen < len(was.Cases)-1 {
		t.Errorf("%s sees %d of %d cases", name, seen, len(was.Cases))
	}
}
