package clock_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
)

// world is one database seen by two processes, and the day it is there.
type world struct {
	t         *testing.T
	mu        sync.Mutex
	now       time.Time
	dbs       []*db.DB
	clocks    []*clock.Clocks
	notifiers []*notify.Notifier
	ranOut    map[string]int // calls of OnDue by clock
	onDue     func(c *clock.Clocks, tx *db.Tx, k *clock.Clock) error
}

func each(t *testing.T, f func(t *testing.T, w *world)) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			w := &world{t: t, ranOut: map[string]int{}}
			w.on("2026-03-02")
			url := dbtest.URL(t, dialect)
			for range 2 {
				d, err := db.Open(context.Background(), db.Config{URL: url, Now: w.time, Readers: 4})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { d.Close() })
				if err := d.Migrate(context.Background(), ledger.Migrations, notify.Migrations, clock.Migrations); err != nil {
					t.Fatal(err)
				}
				n, err := notify.New(d, notify.Config{Kinds: clock.Kinds, Addresses: addresses})
				if err != nil {
					t.Fatal(err)
				}
				c := clock.New(d, clock.Config{Notices: n, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
					Days:       func(*db.Tx, string) (*calendar.Days, error) { return calendar.National(), nil },
					PeopleWith: func(_ *db.Tx, _, role, body string) ([]string, error) { return []string{role + "@" + body}, nil },
				})
				c.OnDue("test.act", func(tx *db.Tx, k *clock.Clock) error {
					if a, _ := actor.From(tx.Context()); !a.IsSystem() || a.Tenant != k.Tenant {
						t.Errorf("OnDue runs as %+v", a)
					}
					tx.AfterCommit(func() { w.mu.Lock(); w.ranOut[k.ID]++; w.mu.Unlock() })
					if w.onDue != nil {
						return w.onDue(c, tx, k)
					}
					return nil
				})
				w.dbs, w.clocks, w.notifiers = append(w.dbs, d), append(w.clocks, c), append(w.notifiers, n)
			}
			f(t, w)
		})
	}
}

func addresses(_ *db.Tx, _ string, persons []string) (map[string]notify.Address, error) {
	all := map[string]notify.Address{}
	for _, p := range persons {
		all[p] = notify.Address{Account: p, Name: p}
	}
	return all, nil
}

func (w *world) time() time.Time      { w.mu.Lock(); defer w.mu.Unlock(); return w.now }
func (w *world) today() calendar.Date { return calendar.On(w.time()) }
func (w *world) on(day calendar.Date) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = day.Time().Add(9 * time.Hour)
}

func (w *world) write(f func(tx *db.Tx) error) error {
	return w.dbs[0].Write(context.Background(), f)
}

func (w *world) start(c clock.Clock) *clock.Clock {
	w.t.Helper()
	if c.Tenant == "" {
		c.Tenant = "qingshui"
	}
	c.Title, c.Object, c.ObjectID, c.Link, c.Subject = "答复", "assignment", "1", "/proposals/1", "关于桥的提案"
	var out *clock.Clock
	if err := w.write(func(tx *db.Tx) (err error) { out, err = w.clocks[0].Start(tx, c); return err }); err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) tick() {
	w.t.Helper()
	for _, c := range w.clocks {
		if err := c.Tick(context.Background()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// reminders lists what was recorded for a tenant: "half sent", "due superseded".
func (w *world) reminders(tenant string) []string {
	w.t.Helper()
	ctx := actor.With(context.Background(), actor.System(tenant))
	all, err := w.notifiers[0].Deliveries(ctx, notify.Filter{Channel: notify.App, N: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, d := range all {
		what := d.State
		if d.Reason != "" {
			what = d.Reason
		}
		out = append(out, strings.TrimPrefix(d.Kind, "clock.")+" "+what)
	}
	slices.Reverse(out)
	return out
}

func TestRemindersFromStartToEnd(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.start(clock.Clock{Kind: "test.act", Term: calendar.Term{N: 10, Unit: calendar.CalendarDays},
			Holder: []clock.Holder{{Person: "an"}, {Role: "unit_clerk", Body: "water"}}})
		if c.DueOn != "2026-03-12" || c.HalfOn != "2026-03-07" || c.EightyOn != "2026-03-10" || len(c.Steps()) == 0 {
			t.Fatalf("%+v", c)
		}
		var got []string
		for day := range 25 {
			w.on(calendar.Date("2026-03-02").AddDays(day))
			before := len(w.reminders("qingshui"))
			w.tick()
			w.tick()
			for _, r := range w.reminders("qingshui")[before:] {
				got = append(got, string(w.today())+" "+r)
			}
		}
		want := []string{}
		for _, r := range []string{"2026-03-07 half", "2026-03-10 eighty", "2026-03-12 due", "2026-03-13 over1", "2026-03-19 over7"} {
			want = append(want, r+" sent", r+" sent") // two holders
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if w.ranOut[c.ID] != 1 {
			t.Errorf("ran out %d times", w.ranOut[c.ID])
		}
		for _, holder := range []string{"an", "unit_clerk@water"} {
			ctx := actor.With(context.Background(), actor.Actor{Tenant: "qingshui", Person: holder})
			inbox, err := w.notifiers[0].List(ctx, "", 10, true)
			if err != nil || len(inbox) != 5 {
				t.Fatalf("%s: %v %v", holder, inbox, err)
			}
			if want := "关于桥的提案：答复逾期已满一周，应于2026年3月12日（周四）前完成"; inbox[0].Title != want || inbox[0].Link != "/proposals/1" {
				t.Errorf("got %s", inbox[0].Title)
			}
		}
	})
}

func TestAfterStandstillTheLatestIsSent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.start(clock.Clock{Kind: "test.act", Term: calendar.Term{N: 10, Unit: calendar.CalendarDays}, Holder: clock.Persons("an")})
		w.on("2026-03-15")
		w.tick()
		want := []string{"half superseded", "eighty superseded", "due superseded", "over1 sent"}
		if got := w.reminders("qingshui"); !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
		if w.ranOut[c.ID] != 1 {
			t.Errorf("ran out %d times", w.ranOut[c.ID])
		}
	})
}

func TestWhatHappensWhenItRunsOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		// A function that fails undoes the reminder, is tried again and holds up no other.
		bad := w.start(clock.Clock{Kind: "test.act", Term: calendar.Term{N: 5, Unit: calendar.CalendarDays}, Holder: clock.Persons("an")})
		w.start(clock.Clock{Tenant: "other", Kind: "test.act", Term: calendar.Term{N: 5, Unit: calendar.CalendarDays}, Holder: clock.Persons("bai")})
		boom := errors.New("boom")
		w.onDue = func(_ *clock.Clocks, _ *db.Tx, k *clock.Clock) error {
			if k.ID == bad.ID {
				return boom
			}
			return nil
		}
		w.on("2026-03-08")
		if err := w.clocks[0].Tick(context.Background()); !errors.Is(err, boom) {
			t.Errorf("got %v", err)
		}
		if got := w.reminders("qingshui"); len(got) != 0 || w.ranOut[bad.ID] != 0 {
			t.Errorf("after a failure: %q", got)
		}
		if got := w.reminders("other"); got[len(got)-1] != "over1 sent" {
			t.Errorf("the other: %q", got)
		}
		// One that stops its clock: nobody is told of being late.
		w.onDue = func(c *clock.Clocks, tx *db.Tx, k *clock.Clock) error {
			_, err := c.Stop(tx, k.Tenant, k.ID, false)
			return err
		}
		w.tick()
		if got := w.reminders("qingshui"); len(got) != 0 || w.ranOut[bad.ID] != 1 {
			t.Errorf("after stopping: %q, ran out %d times", got, w.ranOut[bad.ID])
		}
		if err := w.write(func(tx *db.Tx) error {
			c, err := w.clocks[0].Get(tx, "qingshui", bad.ID)
			if err == nil && c.State != clock.Cancelled {
				t.Errorf("state %s", c.State)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestMoving(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		cs := w.clocks[0]
		days := func(n int) calendar.Term { return calendar.Term{N: n, Unit: calendar.CalendarDays} }
		c := w.start(clock.Clock{Kind: "test.act", Term: days(10), Hard: days(30), Holder: clock.Persons("an")})
		do := func(on calendar.Date, want errs.Kind, f func(tx *db.Tx) (*clock.Clock, *clock.Clock, error)) *clock.Clock {
			t.Helper()
			w.on(on)
			var after *clock.Clock
			err := w.write(func(tx *db.Tx) error {
				before, a, err := f(tx)
				after = a
				if err == nil && before.Version+1 != a.Version {
					t.Errorf("versions %d, %d", before.Version, a.Version)
				}
				return err
			})
			if want == 0 && err != nil || want != 0 && !errs.Is(err, want) {
				t.Fatalf("on %s: %v", on, err)
			}
			return after
		}
		type both = func(tx *db.Tx) (*clock.Clock, *clock.Clock, error)
		extend := func(n int) both {
			return func(tx *db.Tx) (*clock.Clock, *clock.Clock, error) {
				return cs.Extend(tx, "qingshui", c.ID, days(n), "路断")
			}
		}
		until := func(d calendar.Date) both {
			return func(tx *db.Tx) (*clock.Clock, *clock.Clock, error) { return cs.ExtendTo(tx, "qingshui", c.ID, d, "") }
		}
		pause := func(tx *db.Tx) (*clock.Clock, *clock.Clock, error) {
			return cs.Pause(tx, "qingshui", c.ID, "等会议")
		}
		resume := func(tx *db.Tx) (*clock.Clock, *clock.Clock, error) { return cs.Resume(tx, "qingshui", c.ID) }

		if a := do("2026-03-04", 0, extend(5)); a.DueOn != "2026-03-17" || len(a.Extensions()) != 1 {
			t.Errorf("due %s", a.DueOn)
		}
		do("2026-03-05", errs.Conflict, resume)
		if a := do("2026-03-05", 0, pause); !a.Paused || a.DueOn != a.HardOn {
			t.Errorf("%+v", a)
		}
		do("2026-03-06", errs.Conflict, pause)
		w.on("2026-03-08")
		w.tick()
		if got := w.reminders("qingshui"); len(got) != 0 {
			t.Errorf("reminded while paused: %q", got)
		}
		if a := do("2026-03-09", 0, resume); a.Paused || a.DueOn != "2026-03-21" { // 5 to 8 March: four days
			t.Errorf("%+v", a)
		}
		do("2026-03-10", 0, pause)
		if a := do("2026-03-10", 0, resume); a.DueOn != "2026-03-21" || len(a.Pauses()) != 1 {
			t.Errorf("paused and resumed on one day: %+v", a)
		}
		do("2026-03-11", errs.Invalid, until("2026-03-21"))
		do("2026-03-11", errs.Conflict, until("2026-04-20"))
		if a := do("2026-03-11", 0, until("2026-03-25")); a.DueOn != "2026-03-25" {
			t.Errorf("due %s", a.DueOn)
		}
		if a := do("2026-03-11", 0, extend(60)); a.DueOn != "2026-04-01" || a.DueOn != a.HardOn {
			t.Errorf("due %s", a.DueOn)
		}
		do("2026-03-11", errs.Conflict, extend(1))
		do("2026-04-02", errs.Conflict, pause)

		// Stopping: late, once, and not for others.
		if err := w.write(func(tx *db.Tx) error {
			if over, err := cs.Overdue(tx, "qingshui"); err != nil || len(over) != 1 {
				t.Errorf("overdue: %v %v", over, err)
			}
			if due, err := cs.Due(tx, "qingshui", "2026-04-01", "2026-04-01"); err != nil || len(due) != 1 {
				t.Errorf("due: %v %v", due, err)
			}
			if err := cs.Hand(tx, "qingshui", c.ID, clock.Holder{Role: "unit_clerk", Body: "water"}); err != nil {
				return err
			}
			for _, who := range []struct {
				person, role, body string
				n                  int
			}{{"an", "member", "", 0}, {"x", "unit_clerk", "water", 1}, {"x", "unit_clerk", "roads", 0}} {
				if held, err := cs.Held(tx, "qingshui", who.person, who.role, who.body, 10); err != nil || len(held) != who.n {
					t.Errorf("%v holds %v %v", who, held, err)
				}
			}
			if _, err := cs.Stop(tx, "other", c.ID, true); !errs.Is(err, errs.NotFound) {
				t.Errorf("stopped by another tenant: %v", err)
			}
			got, err := cs.Stop(tx, "qingshui", c.ID, true)
			if err == nil && got.State != clock.Late {
				t.Errorf("state %s", got.State)
			}
			if _, err := cs.Stop(tx, "qingshui", c.ID, true); !errs.Is(err, errs.Conflict) {
				t.Errorf("stopped twice: %v", err)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w.tick()
		if got := w.reminders("qingshui"); len(got) != 0 {
			t.Errorf("reminded after the end: %q", got)
		}
	})
}

func TestRunsOutAgainAfterAnExtension(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.start(clock.Clock{Kind: "test.act", Term: calendar.Term{N: 5, Unit: calendar.CalendarDays}, Holder: clock.Persons("an")})
		for i, day := range []calendar.Date{"2026-03-08", "2026-03-20"} {
			w.on(day)
			w.tick()
			w.tick()
			if w.ranOut[c.ID] != i+1 {
				t.Errorf("%s: ran out %d times", day, w.ranOut[c.ID])
			}
			if err := w.write(func(tx *db.Tx) error {
				_, _, err := w.clocks[0].Extend(tx, "qingshui", c.ID, calendar.Term{N: 5, Unit: calendar.CalendarDays}, "")
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestStopForAndUntil(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.start(clock.Clock{Kind: "a", Until: "2026-03-20"})
		b := w.start(clock.Clock{Kind: "b", Term: calendar.Term{N: 5, Unit: calendar.Workdays}})
		if a.DueOn != "2026-03-20" || b.DueOn != "2026-03-09" {
			t.Errorf("due %s, %s", a.DueOn, b.DueOn)
		}
		if err := w.write(func(tx *db.Tx) error {
			stopped, err := w.clocks[0].StopFor(tx, "qingshui", "assignment", "1", true, "b")
			if err != nil {
				return err
			}
			if len(stopped) != 1 || stopped[0].State != clock.Met {
				t.Errorf("%v", stopped)
			}
			all, err := w.clocks[0].OfMany(tx, "qingshui", "assignment", []string{"1", "2"})
			if err != nil {
				return err
			}
			if len(all) != 1 || len(all["1"]) != 2 || all["1"][0].State != clock.Running {
				t.Errorf("%v", all)
			}
			_, err = w.clocks[0].Start(tx, clock.Clock{Tenant: "qingshui", Kind: "a", Title: "答复", Object: "o", ObjectID: "1", Until: w.today()})
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("due at once: %v", err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		w.on("2026-04-30") // a reminder of nobody is recorded as such
		w.tick()
		if got := w.reminders("qingshui"); !slices.Equal(got, []string{"half superseded", "eighty superseded", "due superseded", "over1 superseded", "over7 no_recipient"}) {
			t.Errorf("got %q", got)
		}
	})
}

// Two processes tick at the same moment, again and again.
func TestTwoProcessesRemindOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ids := map[string]bool{}
		for range 30 {
			ids[w.start(clock.Clock{Kind: "test.act", Term: calendar.Term{N: 10, Unit: calendar.CalendarDays}, Holder: clock.Persons("an")}).ID] = true
		}
		for _, day := range []calendar.Date{"2026-03-07", "2026-03-11", "2026-03-12", "2026-03-19"} {
			w.on(day)
			var wg sync.WaitGroup
			for i := range 4 {
				wg.Go(func() {
					if err := w.clocks[i%2].Tick(context.Background()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		count := map[string]int{}
		for _, r := range w.reminders("qingshui") {
			count[r]++
		}
		want := map[string]int{"half sent": 30, "eighty sent": 30, "due sent": 30, "over1 superseded": 30, "over7 sent": 30}
		if fmt.Sprint(count) != fmt.Sprint(want) {
			t.Errorf("got %v", count)
		}
		for id := range ids {
			if w.ranOut[id] != 1 {
				t.Errorf("%s ran out %d times", id, w.ranOut[id])
			}
		}
	})
}

// Over random lives of a clock every mark is recorded at most once for each
// deadline, the latest as sent and those before it as superseded, and what runs
// when it is over runs once.
func TestMarksProperty(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		serial := 0
		rapid.Check(t, func(rt *rapid.T) {
			serial++
			tenant := fmt.Sprint("t", serial)
			start := calendar.Date("2026-01-05").AddDays(rapid.IntRange(0, 300).Draw(rt, "start"))
			w.on(start)
			unit := rapid.SampledFrom([]calendar.Unit{calendar.Workdays, calendar.CalendarDays, calendar.Months}).Draw(rt, "unit")
			term := calendar.Term{N: rapid.IntRange(1, 6).Draw(rt, "n"), Unit: unit}
			hard := calendar.Term{}
			if rapid.Bool().Draw(rt, "hard") {
				hard = calendar.Term{N: 7, Unit: unit}
			}
			c := w.start(clock.Clock{Tenant: tenant, Kind: "test.act", Term: term, Hard: hard, Holder: clock.Persons("an")})

			type day struct {
				id string
				on calendar.Date
			}
			var pending []day
			var want []string
			ran, due := 0, c.DueOn
			plan := func(after calendar.Date) { // what is still to come for the dates as they are
				pending = nil
				if c.DueOn == "" {
					return
				}
				for _, d := range []day{{"half", c.HalfOn}, {"eighty", c.EightyOn}, {"due", c.DueOn}, {"over1", c.DueOn.AddDays(1)}, {"over7", c.DueOn.AddDays(7)}} {
					if d.on > after {
						pending = append(pending, d)
					}
				}
			}
			plan(start)
			over := false
			for range rapid.IntRange(1, 20).Draw(rt, "steps") {
				w.on(w.today().AddDays(rapid.SampledFrom([]int{0, 0, 1, 1, 2, 5, 7, 20, 60}).Draw(rt, "days")))
				today := w.today()
				process := w.clocks[rapid.IntRange(0, 1).Draw(rt, "process")]
				switch op := rapid.SampledFrom([]string{"tick", "tick", "tick", "extend", "pause", "resume", "stop"}).Draw(rt, "op"); op {
				case "tick":
					if err := process.Tick(context.Background()); err != nil {
						rt.Fatal(err)
					}
					if over {
						break
					}
					if due != "" && due < today {
						ran, due = ran+1, ""
					}
					for i, d := range pending {
						if d.on > today {
							break
						}
						if i+1 < len(pending) && pending[i+1].on <= today {
							want = append(want, d.id+" superseded")
						} else {
							want = append(want, d.id+" sent")
						}
					}
					pending = slices.DeleteFunc(pending, func(d day) bool { return d.on <= today })
				default:
					err := w.write(func(tx *db.Tx) error {
						var after *clock.Clock
						var err error
						switch op {
						case "extend":
							_, after, err = process.Extend(tx, tenant, c.ID, calendar.Term{N: rapid.IntRange(1, 9).Draw(rt, "more"), Unit: unit}, "")
						case "pause":
							_, after, err = process.Pause(tx, tenant, c.ID, "")
						case "resume":
							_, after, err = process.Resume(tx, tenant, c.ID)
						case "stop":
							after, err = process.Stop(tx, tenant, c.ID, true)
						}
						if err == nil {
							c = after
						}
						return err
					})
					switch {
					case errs.Is(err, errs.Conflict): // nothing has changed
					case err != nil:
						rt.Fatal(err)
					case op == "stop":
						over = true
					default:
						plan(today)
						if c.DueOn == "" || c.DueOn >= today {
							due = c.DueOn
						} else if due != "" { // still over, and nobody has noticed yet
							due = c.DueOn
							plan(c.DueOn)
						}
					}
				}
			}
			if got := w.reminders(tenant); !slices.Equal(got, want) {
				rt.Fatalf("recorded %q, want %q", got, want)
			}
			if w.ranOut[c.ID] != ran {
				rt.Fatalf("ran out %d times, want %d", w.ranOut[c.ID], ran)
			}
		})
	})
}

func TestRecompute(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		days := calendar.National()
		c := clock.New(w.dbs[0], clock.Config{Notices: w.notifiers[0],
			Days:       func(*db.Tx, string) (*calendar.Days, error) { return days, nil },
			PeopleWith: func(*db.Tx, string, string, string) ([]string, error) { return nil, nil }})
		a := w.start(clock.Clock{Kind: "a", Term: calendar.Term{N: 5, Unit: calendar.Workdays}})
		w.start(clock.Clock{Kind: "b", Term: calendar.Term{N: 5, Unit: calendar.CalendarDays}})
		days = days.With([]calendar.Day{{Date: "2026-03-04", Kind: calendar.Holiday, Name: "停工"}})
		if err := w.write(func(tx *db.Tx) error {
			before, after, err := c.Recompute(tx, "qingshui")
			if len(before) != 1 || len(after) != 1 || before[0].ID != a.ID || before[0].DueOn != "2026-03-09" || after[0].DueOn != "2026-03-10" {
				t.Errorf("%v %v", before, after)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWords(t *testing.T) {
	words, err := lang.New(nil, clock.Words)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range clock.Kinds {
		for _, text := range []string{k.Name, k.Title} {
			if !words.Has(text) {
				t.Errorf("no English for %s", text)
			}
		}
	}
}
