package notify

import (
	"context"
	"fmt"
	"io"
	"maps"
	"mime/quotedprintable"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/gateway"
	"shangliang/internal/notify/notifytest"
)

// china is a moment as people there read it.
func china(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04 -0700", text+" +0800")
	if err != nil {
		panic(err)
	}
	return t
}

func TestWait(t *testing.T) {
	night := Timing{Quiet: QuietOwn, QuietFrom: "22:00", QuietUntil: "07:30"}
	noon := Timing{Quiet: QuietOwn, QuietFrom: "12:00", QuietUntil: "14:00"}
	tenants := Timing{TenantQuiet: [2]string{"21:00", "06:00"}}
	none := Timing{Quiet: QuietNone, TenantQuiet: [2]string{"21:00", "06:00"}}
	daily := Timing{Roundup: Daily, RoundupTime: "08:00"}
	weekly := Timing{Roundup: Weekly, RoundupTime: "08:00", Weekday: 1} // 2026-03-12 is a Thursday
	sunday := Timing{Roundup: Weekly, RoundupTime: "00:00", Weekday: 7}
	for _, x := range []struct {
		name            string
		t               Timing
		now             string
		urgent, morning bool
		at              string // "" at once
		why             string
	}{
		{"day", night, "2026-03-12 21:59", false, false, "", ""},
		{"evening", night, "2026-03-12 22:00", false, false, "2026-03-13 07:30", "quiet_hours"},
		{"midnight", night, "2026-03-13 00:00", false, false, "2026-03-13 07:30", "quiet_hours"},
		{"morning", night, "2026-03-13 07:29", false, false, "2026-03-13 07:30", "quiet_hours"},
		{"awake", night, "2026-03-13 07:30", false, false, "", ""},
		{"urgent", night, "2026-03-12 23:00", true, false, "", ""},
		{"lunch", noon, "2026-03-12 12:00", false, false, "2026-03-12 14:00", "quiet_hours"},
		{"after lunch", noon, "2026-03-12 14:00", false, false, "", ""},
		{"tenant's", tenants, "2026-03-12 21:30", false, false, "2026-03-13 06:00", "quiet_hours"},
		{"none", none, "2026-03-12 21:30", false, false, "", ""},
		{"nothing chosen", Timing{}, "2026-03-12 03:00", false, false, "", ""},
		{"end of the year", night, "2026-12-31 23:30", false, false, "2027-01-01 07:30", "quiet_hours"},
		{"daily before", daily, "2026-03-12 07:59", false, false, "2026-03-12 08:00", "roundup"},
		{"daily after", daily, "2026-03-12 08:00", false, false, "2026-03-13 08:00", "roundup"},
		{"daily urgent", daily, "2026-03-12 09:00", true, false, "", ""},
		{"weekly", weekly, "2026-03-12 09:00", false, false, "2026-03-16 08:00", "roundup"},
		{"weekly on the day", weekly, "2026-03-16 08:00", false, false, "2026-03-23 08:00", "roundup"},
		{"weekly just before", weekly, "2026-03-16 07:00", false, false, "2026-03-16 08:00", "roundup"},
		{"sunday", sunday, "2026-03-14 23:59", false, false, "2026-03-15 00:00", "roundup"},
		{"a day at midnight", Timing{}, "2026-03-12 00:01", true, true, "2026-03-12 08:00", "morning"},
		{"a day in the quiet", night, "2026-03-12 00:01", true, true, "2026-03-12 08:00", "morning"},
		{"a day to an early riser", Timing{Quiet: QuietOwn, QuietFrom: "22:00", QuietUntil: "06:00"}, "2026-03-12 23:00", false, true, "2026-03-13 08:00", "morning"},
		{"a day at noon", night, "2026-03-12 12:00", true, true, "", ""},
		{"a day to a late riser", Timing{Quiet: QuietOwn, QuietFrom: "22:00", QuietUntil: "09:00"}, "2026-03-12 00:01", false, true, "2026-03-12 09:00", "quiet_hours"},
		{"a day in a roundup", daily, "2026-03-12 00:01", false, true, "2026-03-12 08:00", "roundup"},
	} {
		at, why := x.t.wait(china(x.now), Mail, &Kind{Urgent: x.urgent, Morning: x.morning})
		want := x.at
		if want == "" {
			want = x.now
		}
		if !at.Equal(china(want)) || why != x.why {
			t.Errorf("%s: %v %q", x.name, at, why)
		}
	}
	if at, why := daily.wait(china("2026-03-12 09:00"), SMS, &Kind{}); why != "" || !at.Equal(china("2026-03-12 09:00")) {
		t.Errorf("a text message waits for the roundup of mails: %v %s", at, why)
	}
}

// at sets the clock.
func (c *clock) at(text string) { c.mu.Lock(); defer c.mu.Unlock(); c.now = china(text) }

// urgently are the test's kinds with one that does not wait and must be read.
func urgently(n *Notifier) {
	n.byID["case.filed"] = &Kind{ID: "case.filed", Name: "立案", Title: kinds[0].Title, Mail: true}
	n.byID["case.open"] = &Kind{ID: "case.open", Name: "公告", Title: kinds[1].Title, Mail: true, Urgent: true, Must: true}
}

func TestQuietHours(t *testing.T) {
	each(t, func(t *testing.T, _ string, c *clock, d *db.DB) {
		ctx, n := context.Background(), notifier(t, d, nil)
		urgently(n)
		c.at("2026-03-12 20:00")
		all := ways(t, n, c)
		if err := n.SetTenantTiming(as("admin", SetUp), "22:00", "07:00", 0); err != nil {
			t.Fatal(err)
		}
		if err := n.SetTiming(as("p1"), Timing{Quiet: QuietNone}); err != nil {
			t.Fatal(err)
		}
		if err := n.SetTiming(as("p2"), Timing{Quiet: QuietOwn, QuietFrom: "19:00", QuietUntil: "23:30"}); err != nil {
			t.Fatal(err)
		}
		c.at("2026-03-12 23:00")
		to := []string{"a", "p1", "p2"}
		send(t, d, n, Notice{To: As(Proposer, to...), Kind: "case.filed", Params: Params{"title": "疏浚"}})
		send(t, d, n, Notice{To: As(Proposer, to...), Kind: "case.open", Params: Params{"title": "防汛"}})
		states := func() string {
			t.Helper()
			if err := n.Deliver(ctx); err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, x := range deliveries(t, n, Filter{}) {
				if x.Kind == "case.filed" && x.Channel != App {
					all = append(all, strings.TrimSpace(fmt.Sprint(x.Channel, " ", x.Person, " ", x.State, " ", x.Reason)))
				}
			}
			slices.Sort(all)
			return strings.Join(all, "; ")
		}
		held := "dingtalk  pending quiet_hours; mail a pending quiet_hours; mail p1 sent; mail p2 %[1]s; sms a pending quiet_hours; sms p1 sent; sms p2 %[1]s; webhook  pending quiet_hours; wecom  pending quiet_hours"
		if got, want := states(), fmt.Sprintf(held, "pending quiet_hours"); got != want {
			t.Errorf("got %s", got)
		}
		if came := len(all[Mail].got()); came != 4 { // the urgent one to all three, and p1 who wants no quiet
			t.Errorf("%d mails", came)
		}
		c.at("2026-03-12 23:30")
		if got, want := states(), fmt.Sprintf(held, "sent"); got != want {
			t.Errorf("got %s", got)
		}
		c.at("2026-03-13 06:59")
		if got, want := states(), fmt.Sprintf(held, "sent"); got != want {
			t.Errorf("got %s", got)
		}
		c.at("2026-03-13 07:00")
		if got := states(); strings.Contains(got, "pending") || strings.Contains(got, "quiet") {
			t.Errorf("got %s", got)
		}
		// A try that failed in the evening is not made again at night.
		c.at("2026-03-13 21:59")
		all[Mail].later()
		send(t, d, n, Notice{To: As(Proposer, "a"), Kind: "case.filed"})
		n.Deliver(ctx)
		if x := deliveries(t, n, Filter{Channel: Mail})[0]; x.State != Pending || x.Reason != "quiet_hours" || !x.NextAt.Time.Equal(china("2026-03-14 07:00")) {
			t.Errorf("%+v", x)
		}
	})
}

// roundups are the mails that came, by Message-ID, as text.
func roundups(t *testing.T, s *notifytest.Server) map[string]string {
	t.Helper()
	all := map[string]string{}
	for id, m := range s.Mails() {
		b, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		if err != nil {
			t.Fatal(err)
		}
		all[id] = string(b)
	}
	return all
}

// A day's notices are one mail: whoever of several processes sends it, and also
// when one dies over it; none is in two mails, and none in no mail.
func TestRoundup(t *testing.T) {
	each(t, func(t *testing.T, url string, c *clock, d *db.DB) {
		ctx, s := context.Background(), notifytest.Serve(t, notifytest.Options{})
		n := notifier(t, d, s)
		urgently(n)
		c.at("2026-03-12 09:00")
		for _, p := range []string{"d", "p1"} {
			if err := n.SetTiming(as(p), Timing{Roundup: Daily, RoundupTime: "08:00"}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 45 { // more than a worker claims at once
			send(t, d, n, Notice{To: As(Proposer, "d", "p1"), Kind: "case.filed", Params: Params{"title": fmt.Sprintf("T%02d.", i)}, Link: "/proposals/1"})
			c.add(time.Minute)
		}
		send(t, d, n, Notice{To: As(Proposer, "d"), Kind: "case.open", Params: Params{"title": "Now"}})
		if err := n.Deliver(ctx); err != nil {
			t.Fatal(err)
		}
		if all, _ := s.Counts(); all != 1 {
			t.Fatalf("%d mails came at once", all)
		}
		if waiting := deliveries(t, n, Filter{Channel: Mail, State: Pending}); len(waiting) != 90 || waiting[0].Reason != "roundup" || !waiting[0].NextAt.Time.Equal(china("2026-03-13 08:00")) {
			t.Fatalf("%d wait: %+v", len(waiting), waiting[0])
		}
		c.at("2026-03-13 08:00")
		var wg sync.WaitGroup
		for range 3 {
			worker := notifier(t, open(t, url, c), s)
			wg.Go(func() {
				if err := worker.Deliver(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		mails := slices.Collect(maps.Values(roundups(t, s)))
		whole := 0
		for _, text := range mails {
			if strings.Contains(text, "45. ") && !strings.Contains(text, "46. ") && strings.Count(text, "https://zx.example.cn/proposals/1") == 45 && strings.Count(text, "T07.") == 1 && strings.Count(text, "T44.") == 1 {
				whole++
			}
		}
		if len(mails) != 3 || whole != 2 {
			t.Fatalf("%d mails, %d whole roundups: %s", len(mails), whole, mails)
		}
		for _, x := range deliveries(t, n, Filter{Channel: Mail}) {
			if x.State != Sent || x.Kind == "case.filed" && x.Reason != "roundup" {
				t.Fatalf("%+v", x)
			}
		}

		// One is a mail of its own.
		send(t, d, n, Notice{To: As(Proposer, "p1"), Kind: "case.filed", Params: Params{"title": "alone"}})
		c.at("2026-03-14 08:00")
		if err := n.Deliver(ctx); err != nil {
			t.Fatal(err)
		}
		if x := deliveries(t, n, Filter{Channel: Mail})[0]; x.State != Sent || x.Reason != "" {
			t.Errorf("%+v", x)
		}
	})
}

func TestRoundupOutlivesItsWorker(t *testing.T) {
	each(t, func(t *testing.T, url string, c *clock, d *db.DB) {
		ctx, s := context.Background(), notifytest.Serve(t, notifytest.Options{})
		n := notifier(t, d, s)
		c.at("2026-03-12 07:00")
		if err := n.SetTiming(as("d"), Timing{Roundup: Daily, RoundupTime: "08:00"}); err != nil {
			t.Fatal(err)
		}
		tell := func(title string) {
			send(t, d, n, Notice{To: As(Proposer, "d"), Kind: "case.filed", Params: Params{"title": title}})
		}
		for i := range 3 {
			tell(fmt.Sprint("old", i))
		}
		c.at("2026-03-12 08:00")
		batch, _, err := n.claim(ctx, "claim of the dead")
		if err != nil || len(batch) != 1 || len(batch[0].more) != 2 {
			t.Fatal(batch, err)
		}
		carrier, err := mailChannel{n}.Open(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := carrier.Carry(ctx, batch[0]); err != nil {
			t.Fatal(err)
		}
		carrier.Close()
		tell("new")
		c.add(lease + time.Second)
		next := notifier(t, open(t, url, c), s)
		for range 2 {
			if err := next.Deliver(ctx); err != nil {
				t.Fatal(err)
			}
		}
		// Sent again as the very same mail, without what came later.
		if all, different := s.Counts(); all != 2 || different != 1 {
			t.Fatalf("%d mails, %d different", all, different)
		}
		// The server is busy the next day: all wait for it together.
		s.Refuse(func(string) error { return notifytest.No(451, "later") })
		tell("newer")
		c.at("2026-03-13 08:00")
		if err := next.Deliver(ctx); err != nil {
			t.Fatal(err)
		}
		if waiting := deliveries(t, n, Filter{Channel: Mail, State: Pending}); len(waiting) != 2 || waiting[0].Reason != "roundup" || waiting[0].Detail == "" {
			t.Fatalf("%+v", waiting)
		}
		s.Refuse(nil)
		c.add(2 * time.Minute)
		if err := next.Deliver(ctx); err != nil {
			t.Fatal(err)
		}
		if all, different := s.Counts(); all != 3 || different != 2 {
			t.Errorf("%d mails, %d different", all, different)
		}
		if left := deliveries(t, n, Filter{Channel: Mail, State: Pending}); len(left) > 0 {
			t.Errorf("%d are left", len(left))
		}
	})
}

// Who chooses otherwise gets what waits by the new choice.
func TestChoosingOtherwise(t *testing.T) {
	each(t, func(t *testing.T, _ string, c *clock, d *db.DB) {
		ctx, s := context.Background(), notifytest.Serve(t, notifytest.Options{})
		n := notifier(t, d, s)
		c.at("2026-03-12 09:00")
		if err := n.SetTiming(as("d"), Timing{Roundup: Weekly, RoundupTime: "08:00", Weekday: 1}); err != nil {
			t.Fatal(err)
		}
		send(t, d, n, Notice{To: As(Proposer, "d"), Kind: "case.filed"})
		got, err := n.Timing(as("d"))
		if err != nil || got.Version != 1 || got.Roundup != Weekly || got.Weekday != 1 {
			t.Fatalf("%+v %v", got, err)
		}
		if err := n.SetTiming(as("d"), Timing{}); !errs.Is(err, errs.Conflict) {
			t.Errorf("an old version: %v", err)
		}
		if err := n.SetTiming(as("d"), Timing{Version: 1}); err != nil {
			t.Fatal(err)
		}
		if err := n.Deliver(ctx); err != nil {
			t.Fatal(err)
		}
		if x := deliveries(t, n, Filter{Channel: Mail})[0]; x.State != Sent || x.Reason != "" {
			t.Errorf("%+v", x)
		}
		for name, x := range map[string]struct {
			t    Timing
			want string
		}{
			"quiet":   {Timing{Quiet: "often"}, "quiet"},
			"times":   {Timing{Quiet: QuietOwn, QuietFrom: "25:00", QuietUntil: ""}, "quiet_from quiet_until"},
			"nothing": {Timing{Quiet: QuietOwn, QuietFrom: "22:00", QuietUntil: "22:00"}, "quiet_until"},
			"roundup": {Timing{Roundup: "hourly"}, "roundup roundup_time"},
			"weekday": {Timing{Roundup: Weekly, RoundupTime: "08:00"}, "weekday"},
		} {
			if err := n.SetTiming(as("a"), x.t); wrong(err) != x.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := n.SetTenantTiming(as("clerk", Manage), "22:00", "07:00", 0); !errs.Is(err, errs.Forbidden) {
			t.Error(err)
		}
		if err := n.SetTiming(as(""), Timing{}); !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
	})
}

// Mail and text messages are chosen apart; what must be read stays.
func TestWanted(t *testing.T) {
	each(t, func(t *testing.T, _ string, c *clock, d *db.DB) {
		n := notifier(t, d, nil)
		urgently(n)
		n.kinds = []Kind{*n.byID["case.filed"], *n.byID["case.open"], kinds[2]}
		if all, err := n.Preferences(as("a")); err != nil || len(all) != 2 || all[0].Texts || !all[0].Mail {
			t.Errorf("%+v %v", all, err)
		}
		ways(t, n, c)
		if err := n.Prefer(as("a"), Wanted{SMS: map[string]bool{"case.filed": false}}); err != nil {
			t.Fatal(err)
		}
		if err := n.Prefer(as("p1"), Wanted{Mail: map[string]bool{"case.filed": false}}); err != nil {
			t.Fatal(err)
		}
		if err := n.Prefer(as("a"), Wanted{Mail: map[string]bool{"case.open": false}}); !errs.Is(err, errs.Invalid) {
			t.Errorf("what must be read was switched off: %v", err)
		}
		all, err := n.Preferences(as("a"))
		if err != nil || !all[0].Texts || all[0].SMS || !all[0].Mail || all[1].Texts {
			t.Errorf("%+v %v", all, err)
		}
		send(t, d, n, Notice{To: As(Proposer, "a", "p1"), Kind: "case.filed"})
		var got []string
		for _, x := range deliveries(t, n, Filter{}) {
			if x.Channel == Mail || x.Channel == gateway.SMS {
				got = append(got, strings.TrimSpace(x.Person+" "+x.Channel+" "+x.State+" "+x.Reason))
			}
		}
		slices.Sort(got)
		if want := []string{"a mail pending", "a sms skipped switched_off", "p1 mail skipped switched_off", "p1 sms pending"}; !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	})
}
