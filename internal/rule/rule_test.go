package rule_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
	"shangliang/internal/rule"
)

var classes = rule.Codes{{Key: "a", Label: "已解决", Canonical: "resolved"}, {Key: "b", Label: "列入计划", Canonical: "planned"}}

var definitions = []rule.Definition{
	{ID: "t.reply", Title: "答复时限", Group: "时限", Kind: rule.Term, Default: "3m", Min: 1, Max: 12},
	{ID: "t.pause", Title: "暂停上限", Group: "时限", Kind: rule.Term},
	{ID: "t.most", Title: "人数", Group: "其他", Kind: rule.Int, Default: "50", Min: 1, Max: 500},
	{ID: "t.open", Title: "公开", Group: "其他", Kind: rule.Bool, Default: "true"},
	{ID: "t.note", Title: "说明", Group: "其他", Kind: rule.Text, Max: 20},
	{ID: "t.way", Title: "方式", Group: "其他", Kind: rule.Choice, Default: "one", Choices: rule.Codes{{Key: "one", Label: "一审"}, {Key: "two", Label: "两审"}}},
	{ID: "t.class", Title: "分类", Group: "其他", Kind: rule.CodeSet, Default: classes.String(),
		Canonicals: rule.Codes{{Key: "resolved", Label: "解决"}, {Key: "planned", Label: "计划"}}},
}

type day struct {
	mu sync.Mutex
	on calendar.Date
}

func (d *day) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.on.Time().Add(10 * time.Hour)
}
func (d *day) set(on calendar.Date) { d.mu.Lock(); defer d.mu.Unlock(); d.on = on }

func each(t *testing.T, f func(t *testing.T, d *db.DB, r *rule.Rules, today *day)) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			today := &day{on: "2026-03-12"}
			d := dbtest.Open(t, dialect, today.now)
			if err := d.Migrate(context.Background(), ledger.Migrations, rule.Migrations); err != nil {
				t.Fatal(err)
			}
			r, err := rule.New(d, definitions...)
			if err != nil {
				t.Fatal(err)
			}
			f(t, d, r, today)
		})
	}
}

func as(tenant string, permissions ...string) context.Context {
	may := map[string]bool{}
	for _, p := range permissions {
		may[p] = true
	}
	return actor.With(context.Background(), actor.Actor{Tenant: tenant, Account: "1", Person: "an", Name: "安山", Role: "admin"}.Allowing(may))
}

var admin = as("qingshui", rule.Manage)

func save(t *testing.T, r *rule.Rules, from calendar.Date, base int, changes ...string) *rule.Version {
	t.Helper()
	v, err := r.Save(admin, pairs(changes), from, "修订", base)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func pairs(changes []string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(changes); i += 2 {
		m[changes[i]] = changes[i+1]
	}
	return m
}

func current(t *testing.T, r *rule.Rules, tenant string) *rule.Version {
	t.Helper()
	v, err := r.Current(as(tenant))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDefaults(t *testing.T) {
	each(t, func(t *testing.T, _ *db.DB, r *rule.Rules, _ *day) {
		v := current(t, r, "qingshui")
		if v.N != 0 || v.Term("t.reply") != (calendar.Term{N: 3, Unit: calendar.Months}) || !v.Term("t.pause").IsZero() ||
			v.Int("t.most") != 50 || !v.Bool("t.open") || v.Text("t.note") != "" || v.Text("t.way") != "one" || len(v.Codes("t.class")) != 2 {
			t.Errorf("%+v", v)
		}
		if c, ok := v.Code("t.class", "b"); !ok || c.Canonical != "planned" {
			t.Errorf("%+v", c)
		}
		var got []string
		for _, def := range r.Definitions() {
			got = append(got, v.Readable(context.Background(), def.ID))
		}
		if want := "3个月|不设时限|50|是||一审|已解决、列入计划"; strings.Join(got, "|") != want {
			t.Errorf("got %q", got)
		}
		for _, f := range []func(){func() { v.Int("t.none") }, func() { v.Int("t.reply") }} {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("no panic for a mistake in the program")
					}
				}()
				f()
			}()
		}
	})
}

func TestVersionsComeIntoForceOnTheirDay(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, r *rule.Rules, today *day) {
		one := save(t, r, "", 0, "t.reply", " 2个月 ", "t.open", "false")
		if one.N != 1 || one.ValidFrom != "2026-03-12" || one.Raw("t.reply") != "2m" || one.SavedName != "安山" {
			t.Errorf("%+v", one)
		}
		two := save(t, r, "2026-04-01", 1, "t.most", "60")
		if two.Int("t.most") != 60 || two.Raw("t.reply") != "2m" || two.Base != 1 {
			t.Errorf("%+v", two)
		}
		for _, c := range []struct {
			on   calendar.Date
			want int
		}{{"2026-03-12", 1}, {"2026-03-31", 1}, {"2026-04-01", 2}, {"2027-01-01", 2}} {
			today.set(c.on)
			if v := current(t, r, "qingshui"); v.N != c.want {
				t.Errorf("%s: version %d", c.on, v.N)
			}
			if v := current(t, r, "other"); v.N != 0 {
				t.Errorf("another tenant: version %d", v.N)
			}
		}
		// A case that began under a version keeps it.
		old, err := r.Get(admin, 1)
		if err != nil || old.Int("t.most") != 50 || old.Raw("t.reply") != "2m" {
			t.Errorf("%+v %v", old, err)
		}
		if _, err := r.Get(as("other"), 1); !errs.Is(err, errs.NotFound) {
			t.Errorf("another tenant's version: %v", err)
		}
		if err := d.Read(context.Background(), func(tx *db.Tx) error {
			v, err := r.On(tx, "qingshui", "2026-03-11")
			if v.N != 0 {
				t.Errorf("before the first: version %d", v.N)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		all, err := r.List(admin)
		if err != nil || len(all) != 3 || all[0].N != 2 || all[2].N != 0 {
			t.Errorf("%v %v", all, err)
		}
		// A release with another default and one more setting changes no version.
		later := append([]rule.Definition(nil), definitions...)
		later[2].Default = "99"
		later = append(later[1:], rule.Definition{ID: "t.new", Title: "新", Group: "其他", Kind: rule.Int, Default: "7"})
		next, err := rule.New(d, later...)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := next.Get(admin, 1); err != nil || v.Int("t.most") != 50 || v.Int("t.new") != 7 {
			t.Errorf("after a release: %v %v", v, err)
		}
	})
}

func TestSaveRefuses(t *testing.T) {
	each(t, func(t *testing.T, _ *db.DB, r *rule.Rules, today *day) {
		save(t, r, "2026-04-01", 0, "t.most", "60")
		codes := func(c ...rule.Code) string { return rule.Codes(c).String() }
		for _, c := range []struct {
			name    string
			ctx     context.Context
			changes []string
			from    calendar.Date
			base    int
			kind    errs.Kind
			field   string
		}{
			{"stale", admin, []string{"t.most", "70"}, "2026-05-01", 0, errs.Conflict, ""},
			{"not allowed", as("qingshui"), []string{"t.most", "70"}, "2026-05-01", 1, errs.Forbidden, ""},
			{"nobody", context.Background(), nil, "", 1, errs.Unauthenticated, ""},
			{"nothing", admin, []string{"t.most", "60"}, "2026-05-01", 1, errs.Invalid, ""},
			{"past", admin, []string{"t.most", "70"}, "2026-03-11", 1, errs.Invalid, "valid_from"},
			{"before its base", admin, []string{"t.most", "70"}, "2026-03-31", 1, errs.Invalid, "valid_from"},
			{"unknown", admin, []string{"t.none", "70"}, "", 1, errs.Invalid, "t.none"},
			{"too many", admin, []string{"t.most", "501"}, "", 1, errs.Invalid, "t.most"},
			{"no number", admin, []string{"t.most", "many"}, "", 1, errs.Invalid, "t.most"},
			{"no term", admin, []string{"t.reply", "soon"}, "", 1, errs.Invalid, "t.reply"},
			{"empty term", admin, []string{"t.reply", ""}, "", 1, errs.Invalid, "t.reply"},
			{"long term", admin, []string{"t.reply", "13m"}, "", 1, errs.Invalid, "t.reply"},
			{"no switch", admin, []string{"t.open", "maybe"}, "", 1, errs.Invalid, "t.open"},
			{"long text", admin, []string{"t.note", strings.Repeat("长", 21)}, "", 1, errs.Invalid, "t.note"},
			{"no choice", admin, []string{"t.way", "three"}, "", 1, errs.Invalid, "t.way"},
			{"no list", admin, []string{"t.class", "a,b"}, "", 1, errs.Invalid, "t.class"},
			{"dropped code", admin, []string{"t.class", codes(classes[0])}, "", 1, errs.Invalid, "t.class"},
			{"same code", admin, []string{"t.class", codes(classes[0], classes[1], classes[0])}, "", 1, errs.Invalid, "t.class"},
			{"no meaning", admin, []string{"t.class", codes(classes[0], classes[1], rule.Code{Key: "c", Label: "丙"})}, "", 1, errs.Invalid, "t.class"},
			{"bad key", admin, []string{"t.class", codes(classes[0], classes[1], rule.Code{Key: "C 类", Label: "丙", Canonical: "planned"})}, "", 1, errs.Invalid, "t.class"},
			{"none left", admin, []string{"t.class", codes(rule.Code{Key: "a", Label: "x", Canonical: "resolved", Retired: true}, rule.Code{Key: "b", Label: "y", Canonical: "planned", Retired: true})}, "", 1, errs.Invalid, "t.class"},
		} {
			_, err := r.Save(c.ctx, pairs(c.changes), c.from, "", c.base)
			if !errs.Is(err, c.kind) {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if e, ok := errors.AsType[*errs.Error](err); ok && c.field != "" && (len(e.Fields) == 0 || e.Fields[0].Name != c.field) {
				t.Errorf("%s: fields %v", c.name, e.Fields)
			}
		}
		if all, err := r.List(admin); err != nil || len(all) != 2 {
			t.Errorf("%v %v", all, err)
		}
	})
}

func TestCodesAreRetired(t *testing.T) {
	each(t, func(t *testing.T, _ *db.DB, r *rule.Rules, _ *day) {
		changed := rule.Codes{{Key: "a", Label: "办结", Canonical: "resolved"}, {Key: "b", Label: "列入计划", Canonical: "planned", Retired: true}, {Key: "c", Label: "新", Canonical: "planned"}}
		v := save(t, r, "", 0, "t.class", changed.String(), "t.reply", "6m")
		if c, ok := v.Code("t.class", "b"); !ok || !c.Retired || len(v.Codes("t.class").Active()) != 2 {
			t.Errorf("%+v", v.Codes("t.class"))
		}
		if got, want := v.Readable(context.Background(), "t.class"), "办结、列入计划（已停用）、新"; got != want {
			t.Errorf("got %s", got)
		}
		diff := r.Compare(r.Defaults("qingshui"), v)
		if len(diff) != 2 || diff[0].Definition.ID != "t.reply" || diff[0].Before != "3m" || diff[0].After != "6m" {
			t.Fatalf("%+v", diff)
		}
		var got []string
		for _, c := range diff[1].Codes {
			got = append(got, fmt.Sprint(c.Key, " ", c.Before != nil, c.After != nil))
		}
		if fmt.Sprint(got) != "[a true true b true true c false true]" {
			t.Errorf("got %v", got)
		}
		if len(r.Compare(v, v)) != 0 {
			t.Error("a version differs from itself")
		}
	})
}

func TestWithdraw(t *testing.T) {
	each(t, func(t *testing.T, _ *db.DB, r *rule.Rules, today *day) {
		save(t, r, "", 0, "t.most", "60")
		save(t, r, "2026-05-01", 1, "t.most", "70")
		save(t, r, "2026-06-01", 2, "t.most", "80")
		for _, c := range []struct {
			n    int
			kind errs.Kind
		}{{0, errs.Conflict}, {1, errs.Conflict}, {2, errs.Conflict}, {9, errs.NotFound}} {
			if err := r.Withdraw(admin, c.n); !errs.Is(err, c.kind) {
				t.Errorf("version %d: %v", c.n, err)
			}
		}
		for _, n := range []int{3, 2} {
			if err := r.Withdraw(admin, n); err != nil {
				t.Fatal(err)
			}
		}
		if v := save(t, r, "2026-04-01", 1, "t.most", "90"); v.N != 4 || v.Base != 1 {
			t.Errorf("%+v", v)
		}
		today.set("2026-07-01")
		if v := current(t, r, "qingshui"); v.N != 4 {
			t.Errorf("version %d", v.N)
		}
		if v, err := r.Get(admin, 3); err != nil || !v.Withdrawn {
			t.Errorf("%+v %v", v, err)
		}
	})
}

// A version seen in a transaction that was undone is not remembered, though its
// number is given again.
func TestUndoneVersionIsForgotten(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, r *rule.Rules, _ *day) {
		boom := errors.New("boom")
		if err := d.Write(admin, func(tx *db.Tx) error {
			if _, err := r.Save(tx.Context(), pairs([]string{"t.most", "66"}), "", "", 0); err != nil {
				return err
			}
			v, err := r.Now(tx, "qingshui")
			if err == nil && v.Int("t.most") != 66 {
				t.Error("not seen within the transaction")
			}
			return boom
		}); !errors.Is(err, boom) {
			t.Fatal(err)
		}
		if v := save(t, r, "", 0, "t.most", "77"); v.N != 1 || v.Int("t.most") != 77 || current(t, r, "qingshui").Int("t.most") != 77 {
			t.Errorf("%+v", v)
		}
	})
}

// Two administrators save at once: one wins, the other is told.
func TestSaveAtOnce(t *testing.T) {
	each(t, func(t *testing.T, _ *db.DB, r *rule.Rules, _ *day) {
		var wg sync.WaitGroup
		results := make([]error, 8)
		for i := range results {
			wg.Go(func() { _, results[i] = r.Save(admin, map[string]string{"t.most": fmt.Sprint(100 + i)}, "", "", 0) })
		}
		wg.Wait()
		won := 0
		for _, err := range results {
			switch {
			case err == nil:
				won++
			case !errs.Is(err, errs.Conflict):
				t.Error(err)
			}
		}
		if all, err := r.List(admin); won != 1 || err != nil || len(all) != 2 {
			t.Errorf("%d won, %v %v", won, all, err)
		}
	})
}

func TestRegulations(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, r *rule.Rules, _ *day) {
		save(t, r, "", 0, "t.most", "60")
		first := rule.Regulation{Title: "清水县提案办理办法", Edition: "2020年", Issuer: "清水县人民政府", EffectiveOn: "2020-01-01", Clauses: "第三条 三个月内答复。"}
		id, err := r.SaveRegulation(admin, first)
		if err != nil {
			t.Fatal(err)
		}
		second := first
		second.Edition, second.EffectiveOn, second.RuleVersion, second.Replaces = "2026年修订", "2026-03-12", 1, id
		id2, err := r.SaveRegulation(admin, second)
		if err != nil {
			t.Fatal(err)
		}
		all, err := r.Regulations(as("qingshui"))
		if err != nil || len(all) != 2 || all[0].ID != id2 || all[0].Replaces != id || all[0].RuleVersion != 1 || all[1].Version != 1 {
			t.Fatalf("%+v %v", all, err)
		}
		fixed := *all[1]
		fixed.Clauses = "第三条 三个月内办复。"
		if _, err := r.SaveRegulation(admin, fixed); err != nil {
			t.Fatal(err)
		}
		if g, err := r.Regulation(admin, id); err != nil || g.Clauses != fixed.Clauses || g.Version != 2 {
			t.Errorf("%+v %v", g, err)
		}
		for name, c := range map[string]struct {
			ctx  context.Context
			edit func(g *rule.Regulation)
			kind errs.Kind
		}{
			"stale":        {admin, func(*rule.Regulation) {}, errs.Conflict},
			"not allowed":  {as("qingshui"), func(*rule.Regulation) {}, errs.Forbidden},
			"other tenant": {as("other", rule.Manage), func(*rule.Regulation) {}, errs.NotFound},
			"twice":        {admin, func(g *rule.Regulation) { g.Version = 0 }, errs.Invalid},
			"no version":   {admin, func(g *rule.Regulation) { g.RuleVersion = 7 }, errs.Invalid},
			"of itself":    {admin, func(g *rule.Regulation) { g.Version, g.Replaces = 2, g.ID }, errs.Invalid},
			"no title":     {admin, func(g *rule.Regulation) { g.Title = " " }, errs.Invalid},
		} {
			g := fixed
			c.edit(&g)
			if _, err := r.SaveRegulation(c.ctx, g); !errs.Is(err, c.kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := r.Regulation(as("other"), id); !errs.Is(err, errs.NotFound) {
			t.Errorf("another tenant's: %v", err)
		}
		// Every change has its entry, and what the entries wrote is still there.
		if err := d.Read(context.Background(), func(tx *db.Tx) error {
			for object, want := range map[string]int{id: 2, id2: 1} {
				entries, err := ledger.History(tx, "qingshui", "regulation", object)
				if err != nil || len(entries) != want {
					t.Errorf("%d entries, %v", len(entries), err)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// The same request again answers with the version that it made.
func TestRetry(t *testing.T) {
	each(t, func(t *testing.T, _ *db.DB, r *rule.Rules, _ *day) {
		ctx := actor.WithRequest(admin, actor.Request{Key: "k", Hash: "h"})
		for range 2 {
			v, err := r.Save(ctx, pairs([]string{"t.most", "66"}), "", "", 0)
			if err != nil || v.N != 1 {
				t.Fatal(v, err)
			}
		}
	})
}

func TestDefinitionsAreChecked(t *testing.T) {
	good := definitions[0]
	for name, defs := range map[string][]rule.Definition{
		"twice":    {good, good},
		"no title": {{ID: "x", Group: "x", Kind: rule.Int, Default: "1"}},
		"no kind":  {{ID: "x", Title: "x", Group: "x", Default: "1"}},
		"default":  {{ID: "x", Title: "x", Group: "x", Kind: rule.Int, Default: "9", Min: 1, Max: 5}},
		"codes":    {{ID: "x", Title: "x", Group: "x", Kind: rule.CodeSet, Default: "[]"}},
	} {
		if _, err := rule.New(nil, defs...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := lang.New(nil, rule.Words); err != nil {
		t.Error(err)
	}
}

// The codes of a weighted set weigh something each; those of another weigh nothing,
// whatever is sent.
func TestWeights(t *testing.T) {
	def := rule.Definition{ID: "tea.points", Title: "分值", Group: "茶", Kind: rule.CodeSet, Weighted: true, Default: rule.Codes{{Key: "taste", Label: "味", Weight: 60}, {Key: "old", Label: "旧", Retired: true}}.String()}
	for _, bad := range []rule.Codes{{{Key: "taste", Label: "味"}}, {{Key: "taste", Label: "味", Weight: 101}}, {{Key: "taste", Label: "味", Weight: -1}}} {
		d := def
		d.Default = bad.String()
		if _, err := rule.New(nil, d); err == nil {
			t.Errorf("%s is taken", d.Default)
		}
	}
	plain := def
	plain.ID, plain.Weighted = "tea.kinds", false
	r, err := rule.New(nil, def, plain)
	if err != nil {
		t.Fatal(err)
	}
	v := r.Defaults("t")
	if v.Codes("tea.points").Weight() != 60 || v.Codes("tea.kinds").Weight() != 0 {
		t.Errorf("weights %d and %d", v.Codes("tea.points").Weight(), v.Codes("tea.kinds").Weight())
	}
}
