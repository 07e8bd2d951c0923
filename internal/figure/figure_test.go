package figure_test

import (
	"context"
	"strings"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/figure/figuretest"
	"shangliang/internal/ledger"
)

func TestText(t *testing.T) {
	for _, c := range []struct {
		figure.Count
		text string
	}{
		{figure.Count{Amount: 97}, "97"},
		{figure.Count{Num: 203, Den: 214, Rate: true}, "94.9%"}, // as published
		{figure.Count{Num: 97, Den: 107, Rate: true}, "90.7%"},
		{figure.Count{Num: 214, Den: 214, Rate: true}, "100%"},
		{figure.Count{Num: 0, Den: 3, Rate: true}, "0.0%"},
		{figure.Count{Num: 1999, Den: 2000, Rate: true}, "99.9%"},
		{figure.Count{Num: 19999, Den: 20000, Rate: true}, "99.9%"}, // not all of them
		{figure.Count{Num: 1, Den: 3, Rate: true}, "33.3%"},
		{figure.Count{Num: 2, Den: 3, Rate: true}, "66.7%"},
		{figure.Count{Num: 1, Den: 2000, Rate: true}, "0.1%"}, // half up
		{figure.Count{Rate: true}, "—"},                       // of nothing, never 100 %
	} {
		if got := c.Count.Text(); got != c.text {
			t.Errorf("%+v is %q, want %q", c.Count, got, c.text)
		}
	}
}

// TestDefinitions finds what is wrong with a table.
func TestDefinitions(t *testing.T) {
	good := figuretest.Table
	if _, err := figure.New(nil, nil, figuretest.Sources, figure.MustRead([]byte(good))); err != nil {
		t.Fatal(err)
	}
	for want, edit := range map[string][2]string{
		`no attribute "drunkk"`:       {"\tpoured drunk\t", "\tpoured drunkk\t"},
		`no dimension "leave"`:        {"\tpoured leaf=green\t", "\tpoured leave=green\t"},
		`there is no source "coffee"`: {"\ttea\tpoured\t", "\tcoffee\tpoured\t"},
		"is not in tea.poured":        {"\tpoured drunk\t", "\tdrunk\t"},
		"needs two counts":            {"\ttea.drunk\ttea.poured\t", "\ttea.drunk\ttea.brewed\t"},
		"has 11 columns":              {"\t倒出的茶", "倒出的茶"},
		"needs a name":                {"tea.green\t\t绿茶", "tea.green\t\t"},
		"is declared twice":           {"tea.green\t", "tea.drunk\t"},
		"the first line of the table": {"id\tgroup", "id\tgrope"},
		"at least one attribute":      {"\tpoured leaf=green\t", "\tleaf=green\t"},
		"are dimensions of tea":       {"\tpoured leaf=green\t\t\t\t", "\tpoured leaf=green\t\t\tcup\t"},
	} {
		table := strings.Replace(good, edit[0], edit[1], 1)
		if table == good {
			t.Fatalf("%q is not in the table", edit[0])
		}
		defs, err := figure.Read([]byte(table))
		if err == nil {
			_, err = figure.New(nil, nil, figuretest.Sources, defs)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestCompute(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := figuretest.New(t, d)
		w.Pour("龙井", "green", "壶一", true)
		w.Pour("碧螺春", "green", "壶一,壶二", false)
		w.Pour("祁门", "black", "", true)
		value := func(r figure.Request, id string) figure.Value {
			t.Helper()
			r.Year = 2026
			rep, err := w.Figures.Compute(w.Clerk, r)
			if err != nil {
				t.Fatal(err)
			}
			v, ok := rep.Value(id)
			if !ok {
				t.Fatalf("no %s", id)
			}
			return v
		}
		if v := value(figure.Request{}, "tea.rate"); v.Text() != "66.7%" || v.Num != 2 || v.Den != 3 || v.Rule != "喝掉的占倒出的比例，凉茶不计" {
			t.Errorf("got %+v", v)
		}
		if g := value(figure.Request{By: "leaf"}, "tea.poured").Groups; len(g) != 2 || g[0].Key != "green" || g[0].Label != "绿" || g[0].Amount != 2 || g[1].Amount != 1 {
			t.Errorf("got %+v", g)
		}
		if g := value(figure.Request{By: "pot"}, "tea.rate").Groups; len(g) != 3 || g[0].Key != "壶一" || g[0].Text() != "50.0%" || g[2].Key != "" || g[2].Label != "（无）" || g[2].Text() != "100%" {
			t.Errorf("got %+v", g)
		}
		for filter, want := range map[figure.Tag]int64{{Dim: "pot", Value: "壶二"}: 1, {Dim: "pot", Value: ""}: 1, {Dim: "leaf", Value: "black"}: 1, {Dim: "leaf", Value: "red"}: 0} {
			if v := value(figure.Request{Filter: []figure.Tag{filter}}, "tea.poured"); v.Amount != want {
				t.Errorf("%v: %d, want %d", filter, v.Amount, want)
			}
		}
		// What was counted is kept until something is written.
		if n := w.Loads(func() { value(figure.Request{}, "tea.poured") }); n != 0 {
			t.Errorf("loaded %d times though nothing changed", n)
		}
		w.Pour("普洱", "black", "", false)
		if v := value(figure.Request{}, "tea.poured"); v.Amount != 4 {
			t.Errorf("got %d after another one", v.Amount)
		}
		now, before, err := w.Figures.Compare(w.Clerk, figure.Request{Year: 2026})
		if err != nil || now.Values[0].Amount != 4 || before.Year != 2025 || before.Values[0].Amount != 0 {
			t.Errorf("got %+v, %+v, %v", now, before, err)
		}
		for want, r := range map[errs.Kind]figure.Request{errs.Invalid: {Year: 1066}, errs.NotFound: {Session: "nowhere"}} {
			if _, err := w.Figures.Compute(w.Clerk, r); !errs.Is(err, want) {
				t.Errorf("%+v: %v, want %s", r, err, want)
			}
		}
		if _, err := w.Figures.Records(w.Clerk, "tea.spilt", figure.Request{}); !errs.Is(err, errs.NotFound) {
			t.Errorf("got %v", err)
		}
		if _, err := w.Figures.Records(w.Clerk, "tea.poured", figure.Request{Year: 2026, By: "cup"}); !errs.Is(err, errs.Invalid) {
			t.Errorf("got %v", err)
		}
	})
}

func TestPrint(t *testing.T) {
	w := figuretest.New(t, dbtest.Open(t, db.SQLite, nil))
	w.Pour("龙井", "green", "", true)
	rep, err := w.Figures.Compute(w.Clerk, figure.Request{Year: 2026})
	if err != nil {
		t.Fatal(err)
	}
	var text, json strings.Builder
	if err := figure.Print(w.Clerk, &text, rep, false); err != nil {
		t.Fatal(err)
	}
	if err := figure.Print(w.Clerk, &json, rep, true); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "tea.rate\t饮用率\t100%\t1/1\n") {
		t.Error(text.String())
	}
	for _, want := range []string{`"year": 2026`, `"id": "tea.rate"`, `"value": 100`, `"numerator": 1`, `"denominator": 1`, `"records": "/api/v1/figures/tea.rate/records"`} {
		if !strings.Contains(json.String(), want) {
			t.Errorf("no %s in %s", want, json.String())
		}
	}
}

// TestFreezeAgain: a retry freezes nothing again.
func TestFreezeAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := figuretest.New(t, d)
		w.Pour("龙井", "green", "", true)
		ctx := actor.WithRequest(w.Clerk, actor.Request{Key: "a-request-key", Hash: "h"})
		one, err := w.Figures.Freeze(ctx, figure.Request{Year: 2026}, "年终报告")
		if err != nil {
			t.Fatal(err)
		}
		two, err := w.Figures.Freeze(ctx, figure.Request{Year: 2026}, "年终报告")
		if err != nil || two.ID != one.ID {
			t.Errorf("got %+v, %v", two, err)
		}
		entries := 0
		if err := d.Read(context.Background(), func(tx *db.Tx) error {
			all, err := ledger.History(tx, w.Tenant, "figure", one.ID)
			entries = len(all)
			return err
		}); err != nil || entries != 1 {
			t.Errorf("%d entries, %v", entries, err)
		}
	})
}
