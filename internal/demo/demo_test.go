package demo_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/demo"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

const password = "test-demo-2345"

func open(t *testing.T, dir, url string) (*app.App, *demo.Play) {
	t.Helper()
	clock := new(demo.Time)
	a, err := app.New(context.Background(), app.Options{Data: dir, Database: url, Now: clock.Now, Log: slog.New(slog.DiscardHandler)})
	check(t, err)
	return a, &demo.Play{DB: a.DB, Org: a.Org, Proposals: a.Proposals, Dispatch: a.Dispatch, Assessments: a.Assessments, Publish: a.Publish, Awards: a.Awards, Regional: a.Regional, Reading: a.Reading, Keys: a.Keys, Events: a.Events, Digests: a.Digests, Clocks: a.Clocks, Time: clock, Messages: a.Messages, Notices: a.Notices}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// as is somebody who signed in, on the command line.
func as(t *testing.T, a *app.App, login string) context.Context {
	t.Helper()
	ctx := context.Background()
	in, err := a.Org.SignIn(ctx, org.Credentials{Login: login, Password: password})
	check(t, err)
	if in.Next != "" {
		t.Fatalf("%s is asked for more: %s", login, in.Next)
	}
	who, _, err := a.Org.Authenticate(ctx, in.Token)
	check(t, err)
	who.Channel = "cli"
	return actor.With(ctx, who)
}

func TestPlay(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			dir := t.TempDir()
			a, p := open(t, dir, dbtest.URL(t, dialect))
			defer a.Close()
			start := time.Now()
			tenants, who, err := p.Run(context.Background(), password)
			check(t, err)
			t.Logf("played in %v", time.Since(start).Round(time.Millisecond))
			if len(who) != 28 {
				t.Errorf("%d can sign in", len(who))
			}
			t.Run("figures", func(t *testing.T) { figures(t, a) })
			t.Run("tables", func(t *testing.T) { tables(t, a, tenants) })
			t.Run("desks", func(t *testing.T) { desks(t, a) })
			t.Run("together", func(t *testing.T) { together(t, a) })
			t.Run("ledger", func(t *testing.T) { sealed(t, a, dir) })
			t.Run("again", func(t *testing.T) {
				_, err := p.Ensure(context.Background(), dir)
				if !errs.Is(err, errs.Conflict) {
					t.Errorf("a database with data and without sign-ins.txt: %v", err)
				}
			})
		})
	}
}

// together: two proposals are merged, a change is asked for, messages wait.
func together(t *testing.T, a *app.App) {
	for _, place := range []string{"ql", "cx"} {
		merged, err := a.Proposals.List(as(t, a, place+"-clerk"), proposal.Filter{States: []string{proposal.Merged}})
		check(t, err)
		asked, err := a.Proposals.List(as(t, a, place+"-chair"), proposal.Filter{Queue: "changes"})
		check(t, err)
		waiting, err := a.Messages.Waiting(as(t, a, place+"-clerk"))
		check(t, err)
		if len(merged.Items) != 1 || len(asked.Items) != 1 || len(waiting) != 1 {
			t.Errorf("%s: %d merged, %d changes asked for, messages of %d cases", place, len(merged.Items), len(asked.Items), len(waiting))
		}
		for _, x := range merged.Items {
			c, err := a.Proposals.Get(as(t, a, place+"-clerk"), x.ID)
			check(t, err)
			alike, err := a.Proposals.AlikeTo(as(t, a, place+"-chair"), x.ID)
			check(t, err)
			if c.Leading == nil || len(alike) == 0 || alike[0].ID != c.Leading.ID {
				t.Errorf("%s: what was merged is like %d others, its lead not first", place, len(alike))
			}
		}
	}
}

// figures are those that were published of two places, as the platform counts
// them, with as many records behind each.
func figures(t *testing.T, a *app.App) {
	for login, want := range map[string]map[string]string{
		"ql-clerk": {"proposal.submitted": "107", "proposal.filed": "97", "proposal.declined": "10", "proposal.dispatched": "97", "proposal.replied": "97",
			"proposal.reply_rate": "97/97", "proposal.satisfaction_rate": "97/97", "proposal.unsatisfied": "0", "proposal.no_response": "0", "proposal.submitted_interim": "0",
			"key_proposal.key": "4", "key_proposal.reported": "4", "supervision.meetings": "1", "supervision.briefings": "1", "supervision.collective": "3", "supervision.visits": "0"},
		"cx-clerk": {"proposal.filed": "214", "proposal.dispatched": "214", "proposal.replied": "214", "proposal.progress": "203", "proposal.progress_rate": "203/214",
			"proposal.in_person_rate": "214/214", "assessment.units": "7", "award.won": "3", "inspection.items": "3", "dispatch.meetings": "2", "proposal.satisfaction_rate": "214/214", "proposal.unsatisfied": "0", "proposal.no_response": "0"},
	} {
		ctx := as(t, a, login)
		rep, err := a.Figures.Compute(ctx, figure.Request{Year: 2018})
		check(t, err)
		for id, number := range want {
			v, ok := rep.Value(id)
			if !ok {
				t.Errorf("%s: there is no %s", login, id)
				continue
			}
			got := strconv.FormatInt(v.Amount, 10)
			if v.Rate {
				got = fmt.Sprintf("%d/%d", v.Num, v.Den)
			}
			if got != number {
				t.Errorf("%s: %s is %s, want %s", login, id, got, number)
			}
		}
		basically, _ := rep.Value("proposal.basically")
		fully, _ := rep.Value("proposal.fully")
		if login == "ql-clerk" && (basically.Amount <= 2*fully.Amount || fully.Amount == 0) {
			t.Errorf("basically satisfied %d, satisfied %d", basically.Amount, fully.Amount)
		}
	}
}

// tables counts the same without figures, and that the years were lively.
func tables(t *testing.T, a *app.App, tenants demo.Tenants) {
	count := func(tenant, query string) (n int) {
		check(t, a.DB.Read(context.Background(), func(tx *db.Tx) error { return tx.Get(query, []any{tenant}, &n) }))
		return n
	}
	const of = `SELECT COUNT(*) FROM proposal p WHERE p.tenant = $1 AND p.year = 2018 `
	const among = ` AND EXISTS (SELECT 1 FROM assignment a WHERE a.tenant = p.tenant AND a.proposal = p.id AND `
	for _, c := range []struct {
		what, query      string
		district, county int // exact, or at least so many when negative
	}{
		{"submitted", of + `AND serial_no > 0`, 107, 223},
		{"filed", of + `AND case_no > 0`, 97, 214},
		{"archived", of + `AND state = 'archived' AND archived_at < '2018-12-31'`, 97, 214},
		{"not filed", of + `AND state = 'not_filed'`, 10, 9},
		{"reasons", `SELECT COUNT(DISTINCT reason_code) FROM proposal p WHERE tenant = $1 AND year = 2018 AND reason_code <> ''`, 10, 9},
		{"dispositions", `SELECT COUNT(DISTINCT disposition) FROM proposal p WHERE tenant = $1 AND year = 2018 AND disposition <> ''`, 4, 4},
		{"numbers", `SELECT MAX(case_no) FROM proposal p WHERE tenant = $1 AND year = 2018`, 97, 214},
		{"resolved or going on", of + `AND meaning IN ('resolved', 'in_progress')`, -60, 203},
		{"planned or reference", of + `AND meaning IN ('planned', 'reference')`, -10, 11},
		{"in the end unsatisfied", of + `AND satisfaction NOT IN ('satisfied', 'basically') AND case_no > 0`, 0, 0},
		{"individual", of + `AND kind = 'individual'`, -60, -140},
		{"joint", of + `AND kind = 'joint'`, -15, -30},
		{"collective", of + `AND kind = 'collective'`, -8, -15},
		{"sole", of + among + `a.role = 'sole')`, -60, -140},
		{"hosted", of + among + `a.role = 'co_handler' AND a.state = 'opinion_sent')`, -10, -20},
		{"split", of + among + `a.role = 'split')`, -5, -10},
		{"returned and dispatched again", of + among + `a.state = 'returned')`, -3, -8},
		{"handled twice", of + `AND round = 2`, -1, -2},
		{"revised", of + `AND revision = 2`, -4, -10},
		{"extended", of + `AND EXISTS (SELECT 1 FROM assignment_request r WHERE r.tenant = p.tenant AND r.proposal = p.id AND r.kind = 'extension' AND r.state = 'granted')`, -3, -8},
		{"co-signers who dropped off", of + `AND EXISTS (SELECT 1 FROM proposal_party y WHERE y.tenant = p.tenant AND y.proposal = p.id AND y.state = 'dropped')`, -3, -6},
		{"handed in by the deadline", `SELECT COUNT(*) FROM ledger_entry WHERE tenant = $1 AND action = 'proposal.submit_joint' AND role = 'system'`, -1, -2},
		{"promises kept", `SELECT COUNT(*) FROM commitment c JOIN proposal p ON p.tenant = c.tenant AND p.id = c.proposal WHERE c.tenant = $1 AND p.year = 2018 AND c.state = 'done'`, -15, -40},
		{"promises not kept", `SELECT COUNT(*) FROM commitment c JOIN proposal p ON p.tenant = c.tenant AND p.id = c.proposal WHERE c.tenant = $1 AND p.year = 2018 AND c.state <> 'done'`, 0, 0},
		{"acts on days off", `SELECT COUNT(*) FROM ledger_entry WHERE tenant = $1 AND role <> 'system' AND at LIKE '2018-02-17%'`, 0, 0},
		{"public", `SELECT COUNT(*) FROM open_case WHERE tenant = $1 AND year = 2018`, 36, 36},
		{"waiting to become public", `SELECT COUNT(*) FROM disclosure WHERE tenant = $1 AND state = 'proposed'`, -2, -2},
		{"public comments", `SELECT COUNT(*) FROM open_comment WHERE tenant = $1 AND state = 'approved'`, 2, 2},
		{"answers to them", `SELECT COUNT(*) FROM open_answer WHERE tenant = $1`, 1, 1},
		{"comments to be judged", `SELECT COUNT(*) FROM open_comment WHERE tenant = $1 AND state = 'waiting'`, 1, 1},
		{"published figures of places", `SELECT COUNT(*) FROM reading_published WHERE tenant = $1 AND ended_at = ''`, -25, 0},
		{"figures to be confirmed", `SELECT COUNT(*) FROM reading_figure WHERE tenant = $1 AND state = 'read' AND kind = 'stat'`, -8, 0},
		{"drafts to look at", `SELECT COUNT(*) FROM reading_draft WHERE tenant = $1`, 1, 0},
		{"released figures", `SELECT COUNT(*) FROM open_figure WHERE tenant = $1`, 6, 6},
		{"sessions", `SELECT COUNT(*) FROM session WHERE tenant = $1`, time.Now().Year() - 2017, time.Now().Year() - 2017},
	} {
		for tenant, want := range map[string]int{tenants.District: c.district, tenants.County: c.county} {
			if got := count(tenant, c.query); got != want && (want >= 0 || got < -want) {
				t.Errorf("%s: %d, want %d (negative: at least)", c.what, got, want)
			}
		}
	}
}

// idle are the queues that may be empty: of a second department, and of an
// officer, whom nobody asks to co-sign.
var idle = map[string][]string{
	"unit2-leader": {"unit_near", "unit_promises"},
	"collective":   {"to_sign", "drafts"},
}

// desks: whoever signs in finds something to do on each of their queues.
func desks(t *testing.T, a *app.App) {
	for _, tenant := range []string{"ql-", "cx-"} {
		for _, login := range []string{"member", "collective", "clerk", "reviewer", "chair", "dispatcher", "unit-clerk", "unit-officer", "unit-leader", "unit2-leader"} {
			ctx := as(t, a, tenant+login)
			all, err := a.Proposals.Counts(ctx)
			check(t, err)
			if len(all) == 0 {
				t.Errorf("%s%s has no queues", tenant, login)
			}
			for _, q := range all {
				if q.Count == 0 && !slices.Contains(idle[login], q.ID) {
					t.Errorf("%s%s: nothing in %s", tenant, login, q.ID)
				}
			}
		}
		for _, login := range []string{"leader", "auditor", "admin"} {
			as(t, a, tenant+login)
		}
	}
	as(t, a, "yt-admin")
	rounds, today, err := a.Proposals.Rounds(as(t, a, "ql-member"))
	check(t, err)
	if len(rounds) != 2 || !rounds[0].Open(today) || rounds[1].Open(today) {
		t.Errorf("calls for proposals: %+v", rounds)
	}
	session, err := a.Org.CurrentSession(as(t, a, "cx-clerk"))
	check(t, err)
	if session.Year != today.Year() {
		t.Errorf("the current session is of %d", session.Year)
	}
}

func sealed(t *testing.T, a *app.App, dir string) {
	ctx := context.Background()
	start := time.Now()
	_, err := ledger.Seal(ctx, a.DB, a.Key)
	check(t, err)
	t.Logf("sealed in %v", time.Since(start).Round(time.Millisecond))
	keys, err := ledger.Trusted(dir)
	check(t, err)
	proof := ledger.Proof{Keys: keys}
	report, err := ledger.Verify(ctx, a.DB, proof)
	check(t, err)
	if !report.OK() {
		t.Errorf("verify: %s", strings.Join(report.Lines(ctx), "\n"))
	}
}

// TestAnyDay: there is something to do on a day between holidays, after them, at
// the turn of a year and in another term, too.
func TestAnyDay(t *testing.T) {
	for _, day := range []calendar.Date{"2026-02-24", "2026-05-04", "2026-10-06", "2027-01-04", "2028-03-01"} {
		t.Run(string(day), func(t *testing.T) {
			a, p := open(t, t.TempDir(), "")
			defer a.Close()
			p.Today = day
			p.OnlyNow()
			_, _, err := p.Run(context.Background(), password)
			check(t, err)
			p.Time.Set(day, 10, 0)
			check(t, a.Clocks.Tick(context.Background()))
			desks(t, a)
		})
	}
}

// TestEnsure plays once and keeps what was played.
func TestEnsure(t *testing.T) {
	dir := t.TempDir()
	a, p := open(t, dir, "")
	p.OnlyNow()
	first, err := p.Ensure(context.Background(), dir)
	check(t, err)
	check(t, a.Close())
	info, err := os.Stat(filepath.Join(dir, "sign-ins.txt"))
	check(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("sign-ins.txt is %v", info.Mode())
	}
	a, p = open(t, dir, "")
	defer a.Close()
	start := time.Now()
	second, err := p.Ensure(context.Background(), dir)
	check(t, err)
	if first != second || time.Since(start) > time.Second {
		t.Errorf("a second start gives %q after %v", second, time.Since(start))
	}
	fields := strings.Fields(second[strings.Index(second, "password:"):])
	if _, err := a.Org.SignIn(context.Background(), org.Credentials{Login: "cx-unit-leader", Password: fields[1]}); err != nil {
		t.Error(err)
	}
}

// TestText: texts differ, and could be handed in.
func TestText(t *testing.T) {
	seen, titles := map[string]bool{}, map[string]bool{}
	for seed := range uint64(5000) {
		x := demo.Text(seed)
		whole := x.Situation + x.Analysis + x.Suggestions
		if n := han.Length(whole); n < 300 || n > 700 {
			t.Errorf("%d has %d characters", seed, n)
		}
		if n := han.Length(x.Title); n < 8 || n > 60 {
			t.Errorf("%d: title %q", seed, x.Title)
		}
		if strings.ContainsAny(whole+x.Title, "{}") || strings.Contains(whole, "。。") {
			t.Errorf("%d: %s %s", seed, x.Title, whole)
		}
		if seen[whole] {
			t.Errorf("%d is written twice", seed)
		}
		seen[whole], titles[x.Title] = true, true
		if again := demo.Text(seed); again.Situation != x.Situation || again.Title != x.Title {
			t.Errorf("%d: another text for the same seed", seed)
		}
	}
	if len(titles) < 1000 {
		t.Errorf("only %d titles", len(titles))
	}
	if x := demo.Text(1); x.Kind != proposal.Individual || x.Subject == "" {
		t.Errorf("got %+v", x)
	}
}
