package reading_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/figure/catalogue"
	"shangliang/internal/ledger"
	"shangliang/internal/reader"
	"shangliang/internal/reading"
	"shangliang/internal/report/claim"
)

const yunshan = `政协云山县委员会常务委员会工作报告
2025年工作回顾
2025年，县政协常委会在中共云山县委的领导下，认真履行政治协商、民主监督、参政议政职能。
全年共收到提案132件，经审查立案118件，提案办复率100%。确定重点提案8件，由主席、副主席领衔督办。
报送社情民意信息86篇，其中向省政协报送31篇、向市政协报送55篇。
召开常委会会议4次、主席会议11次。组织委员视察6次，开展专题调研9项，形成调研报告9篇。
2026年工作安排
力争征集提案150件以上。
`

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t testing.TB, err error, k errs.Kind) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Fatalf("got %v, want kind %v", err, k)
	}
}

func add(t testing.TB, w *apptest.World, name, text string) string {
	t.Helper()
	id, err := w.Reading.Add(w.As("柳文书"), reading.Upload{Name: name, Data: []byte(text), Source: "https://zx.yunshan.example/1.html"})
	check(t, err)
	return id
}

func get(t testing.TB, w *apptest.World, id string) *reading.View {
	t.Helper()
	v, err := w.Reading.Get(w.As("柳文书"), id)
	check(t, err)
	return v
}

// figure finds the figure of a metric with a value.
func figure(t testing.TB, v *reading.View, metric string, value float64) *reading.Figure {
	t.Helper()
	for _, f := range v.Figures {
		if f.Metric == metric && f.Value == value {
			return f
		}
	}
	for _, f := range v.Figures {
		t.Logf("%d %s %s %s %v %s", f.N, f.Metric, f.Text(), f.Quote, f.Confidence, f.Kind)
	}
	t.Fatalf("no %s of %v", metric, value)
	return nil
}

func picks(all ...*reading.Figure) (p []reading.Pick) {
	for _, f := range all {
		p = append(p, reading.Pick{N: f.N, Version: f.Version})
	}
	return p
}

// current are the published figures that stand, as text.
func current(t testing.TB, w *apptest.World) map[string]string {
	t.Helper()
	all, err := w.Reading.Published(w.As("高望舒"), reading.Filter{})
	check(t, err)
	m := map[string]string{}
	for _, p := range all {
		k := p.Place + " " + p.Period + " " + p.Metric
		if len(p.Dims) > 0 {
			k += fmt.Sprint(" ", p.Dims)
		}
		if m[k] != "" {
			t.Errorf("%s is there twice: %s and %s", k, m[k], p.Text())
		}
		m[k] = p.Text()
	}
	return m
}

// A report is read in with the exact places of its figures, confirmed, corrected,
// and taken away again.
func TestReadAndConfirm(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		clerk := w.As("柳文书")
		_, err := w.Reading.Add(w.As("高望舒"), reading.Upload{Name: "a.txt", Data: []byte(yunshan)})
		wantKind(t, err, errs.Forbidden)
		_, err = w.Reading.Add(clerk, reading.Upload{Name: "a.txt", Data: []byte("今天天气很好，气温25度。")})
		wantKind(t, err, errs.Invalid)
		id := add(t, w, "云山.txt", yunshan)
		again, err := w.Reading.Add(clerk, reading.Upload{Name: "另一个名字.txt", Data: []byte(yunshan)})
		wantKind(t, err, errs.Conflict)
		if again != id {
			t.Errorf("the file that is there is %q, not %q", again, id)
		}

		v := get(t, w, id)
		if v.Place != "云山县" || v.Level != "county" || v.Period != "2025" {
			t.Fatalf("identified as %s %s %s", v.Place, v.Level, v.Period)
		}
		text := []rune(v.Text)
		for _, f := range v.Figures {
			if got := string(text[f.Start:f.End]); got != f.Quote {
				t.Errorf("at %d stands %q, not %q", f.Start, got, f.Quote)
			}
			if got := string(text[f.At:f.Until]); !strings.ContainsAny(got, "0123456789一二三四五六七八九十") {
				t.Errorf("the number of %q is %q", f.Quote, got)
			}
		}
		filed := figure(t, v, "proposals_filed", 118)
		_, _, err = w.Reading.Confirm(w.As("高望舒"), id, picks(filed))
		wantKind(t, err, errs.Forbidden)
		for _, f := range v.Figures {
			if f.Kind == claim.Plan {
				_, _, err = w.Reading.Confirm(clerk, id, picks(f))
				wantKind(t, err, errs.Invalid) // what is intended was not done
			}
		}
		if len(v.Confident) < 5 {
			t.Errorf("only %d are safe to confirm", len(v.Confident))
		}
		done, left, err := w.Reading.Confirm(clerk, id, v.Confident)
		check(t, err)
		if done != len(v.Confident) || len(left) > 0 {
			t.Errorf("%d confirmed, %v left, of %d", done, left, len(v.Confident))
		}
		if got := current(t, w)["云山县 2025 proposals_filed"]; got != "118件" {
			t.Errorf("filed is %q", got)
		}

		// A correction ends the old one and names it.
		v = get(t, w, id)
		filed = figure(t, v, "proposals_filed", 118)
		e := reading.Edit{Value: 119, Unit: "件", Kind: claim.Stat, Metric: "proposals_filed"}
		check(t, w.Reading.Change(clerk, id, picks(filed)[0], e))
		wantKind(t, w.Reading.Change(clerk, id, picks(filed)[0], e), errs.Conflict) // seen before the change
		if got := current(t, w)["云山县 2025 proposals_filed"]; got != "119件" {
			t.Errorf("filed is %q after the correction", got)
		}
		past, err := w.Reading.Past(clerk, id, filed.N)
		check(t, err)
		if len(past) != 2 || past[0].Replaces != past[1].ID || past[1].EndedAt.IsZero() || past[1].Text() != "118件" {
			t.Errorf("past %+v", past)
		}

		// The whole report moves to another year.
		check(t, w.Reading.Identify(clerk, id, v.Version, reading.Identity{Place: "云山县", Level: "county", Period: "2024"}))
		if m := current(t, w); m["云山县 2025 proposals_filed"] != "" || m["云山县 2024 proposals_filed"] != "119件" {
			t.Errorf("after the move: %v", m)
		}
		wantKind(t, w.Reading.Identify(clerk, id, v.Version, reading.Identity{Place: "云山县", Level: "county", Period: "2023"}), errs.Conflict)
		wantKind(t, w.Reading.Identify(clerk, id, v.Version+1, reading.Identity{Place: "", Level: "county", Period: "2023"}), errs.Invalid)
		wantKind(t, w.Reading.Identify(clerk, id, v.Version+1, reading.Identity{Place: "云山县", Level: "village", Period: "2023"}), errs.Invalid)
		wantKind(t, w.Reading.Identify(clerk, id, v.Version+1, reading.Identity{Place: "云山县", Level: "county", Period: "去年"}), errs.Invalid)

		check(t, w.Reading.Remove(clerk, id, v.Version+1))
		if m := current(t, w); len(m) != 0 {
			t.Errorf("left after the removal: %v", m)
		}
		_, err = w.Reading.Get(clerk, id)
		wantKind(t, err, errs.NotFound)
		add(t, w, "云山.txt", yunshan) // it may come back
		verify(t, w)
	})
}

// verify asks the ledger whether any row that acts wrote was changed past them.
func verify(t testing.TB, w *apptest.World) {
	t.Helper()
	_, err := ledger.Seal(context.Background(), w.DB, w.Key)
	check(t, err)
	r, err := ledger.Verify(context.Background(), w.DB, ledger.Proof{Keys: []string{w.Key.Verifier()}, Now: w.Now()})
	check(t, err)
	if !r.OK() {
		t.Errorf("the ledger finds %+v", r)
	}
}

// What was confirmed at once can be taken back at once, but for what somebody has
// corrected since.
func TestUndo(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		clerk := w.As("柳文书")
		id := add(t, w, "云山.txt", yunshan)
		v := get(t, w, id)
		with := actor.WithRequest(clerk, actor.Request{Key: "confirm-all-1", Hash: "x"})
		done, _, err := w.Reading.Confirm(with, id, v.Confident)
		check(t, err)
		_, _, err = w.Reading.Confirm(with, id, v.Confident) // sent again: answered, not done
		check(t, err)
		filed := figure(t, get(t, w, id), "proposals_filed", 118)
		check(t, w.Reading.Change(clerk, id, picks(filed)[0], reading.Edit{Value: 119, Unit: "件", Kind: claim.Stat, Metric: "proposals_filed"}))
		_, err = w.Reading.Undo(clerk, id, "another")
		wantKind(t, err, errs.NotFound)
		n, err := w.Reading.Undo(clerk, id, "confirm-all-1")
		check(t, err)
		if m := current(t, w); n != done-1 || len(m) != 1 || m["云山县 2025 proposals_filed"] != "119件" {
			t.Errorf("%d of %d taken back, left %v", n, done, m)
		}
		verify(t, w)
	})
}

// Two people, two reports: a thing has one value, and nobody overwrites another.
func TestOneValue(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		clerk := w.As("柳文书")
		id := add(t, w, "云山.txt", yunshan)
		v := get(t, w, id)
		filed := figure(t, v, "proposals_filed", 118)

		var wg sync.WaitGroup
		results := make([]error, 6)
		for i := range results {
			wg.Go(func() { _, _, results[i] = w.Reading.Confirm(clerk, id, picks(filed)) })
		}
		wg.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
			} else {
				wantKind(t, err, errs.Conflict)
			}
		}
		if won != 1 {
			t.Errorf("%d of %d confirmed", won, len(results))
		}
		check(t, w.DB.Read(clerk, func(tx *db.Tx) error {
			n, err := db.Column[int](tx, `SELECT COUNT(*) FROM reading_published WHERE tenant = $1`, w.Tenant)
			if err == nil && n[0] != 1 {
				t.Errorf("%d are published", n[0])
			}
			return err
		}))

		// Another report says the same, and something else.
		other := add(t, w, "云山二.txt", strings.ReplaceAll(yunshan, "132件", "135件")+"\n")
		u := get(t, w, other)
		_, _, err := w.Reading.Confirm(clerk, other, picks(figure(t, u, "proposals_filed", 118)))
		check(t, err)
		_, _, err = w.Reading.Confirm(clerk, id, picks(figure(t, v, "proposals_submitted", 132)))
		check(t, err)
		_, _, err = w.Reading.Confirm(clerk, other, picks(figure(t, u, "proposals_submitted", 135)))
		wantKind(t, err, errs.Conflict)
		if u = get(t, w, other); u.Taken[figure(t, u, "proposals_submitted", 135).N] == nil {
			t.Error("the page does not say that there is another value")
		}
		if m := current(t, w); m["云山县 2025 proposals_submitted"] != "132件" || len(m) != 2 {
			t.Errorf("published %v", m)
		}

		// Whoever withdraws the one asks for the other to be confirmed anew.
		v = get(t, w, id)
		check(t, w.Reading.Put(clerk, id, picks(figure(t, v, "proposals_filed", 118)), reading.Dropped))
		if f := figure(t, get(t, w, other), "proposals_filed", 118); f.State != reading.Read {
			t.Errorf("the other is %s", f.State)
		}

		verify(t, w)

		// Another tenant sees none of it.
		o := w.Neighbour()
		_, err = o.Reading.Get(o.As("柳文书"), id)
		wantKind(t, err, errs.NotFound)
		if m := current(t, o); len(m) != 0 {
			t.Errorf("another tenant sees %v", m)
		}
	})
}

// What does not add up is found, and no longer once somebody corrects it.
func TestRelationsFollowCorrections(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	id := add(t, w, "云山.txt", strings.ReplaceAll(yunshan, "55篇", "56篇"))
	v := get(t, w, id)
	city := figure(t, v, "social_opinion_reported", 56)
	if len(v.Wrong(city.N)) == 0 {
		t.Fatalf("31+56 = 86 was not found: %+v", v.Relations)
	}
	check(t, w.Reading.Change(w.As("柳文书"), id, picks(city)[0], reading.Edit{Value: 55, Unit: "篇", Kind: claim.Stat, Metric: city.Metric, Dims: city.Dims}))
	if v = get(t, w, id); len(v.Wrong(city.N)) > 0 {
		t.Errorf("still wrong after the correction: %v", v.Wrong(city.N)[0].Says)
	}
}

// Whatever a figure may be divided by has a name for people; without one it would
// be lost when somebody corrects the figure.
func TestDimTitles(t *testing.T) {
	for _, m := range catalogue.Get().Metrics {
		for _, d := range m.Dims {
			if reading.DimTitles[d] == "" {
				t.Errorf("%s: the dimension %q has no title", m.ID, d)
			}
		}
	}
	files, err := filepath.Glob("../reader/testdata/reports/*.txt")
	check(t, err)
	if len(files) == 0 {
		t.Fatal("no reports")
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		check(t, err)
		r, err := reader.ReadDraft(file, data)
		check(t, err)
		for _, f := range r.Figures {
			for d := range f.Dims {
				if reading.DimTitles[d] == "" {
					t.Errorf("%s: the dimension %q of %q has no title", file, d, f.Quote)
				}
			}
		}
	}
}
