package notify

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/errs"
	"shangliang/internal/gateway"
	"shangliang/internal/gateway/gatewaytest"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
	"shangliang/internal/notify/notifytest"
)

const tenant = "qingshui"

var kinds = []Kind{
	{ID: "case.filed", Name: "立案", Title: "您的提案《{title}》已立案", Body: "案号{no}", Mail: true},
	{ID: "case.open", Name: "公告", Title: "公告：{title}", Body: "自{day}起", Mail: true, BodyInMail: true},
	{ID: "case.quiet", Name: "动态", Title: "{title}：{state}"},
}

const english = "您的提案《{title}》已立案\tYour proposal “{title}” was filed\n案号{no}\tNo. {no}\n公告：{title}\tNotice: {title}\n自{day}起\tFrom {day}\n{title}：{state}\t{title}: {state}\n已交办\tdispatched\n"

// people: a has all, b no mail address, c no account, d speaks English.
func people(tx *db.Tx, tenant string, persons []string) (map[string]Address, error) {
	all := map[string]Address{
		"a": {Name: "安𠮷", Account: "1", Email: "a@example.cn", Phone: "139 0000 0001"},
		"b": {Name: "白云", Account: "2", Phone: "0571-8888 1234"},
		"c": {Name: "陈溪", Email: "c@example.cn"},
		"d": {Name: "Ding", Account: "4", Email: "d@example.cn", Lang: lang.En},
	}
	for i := range 60 {
		all[fmt.Sprint("p", i)] = Address{Name: "某", Account: "x", Email: fmt.Sprintf("p%d@example.cn", i), Phone: fmt.Sprintf("139%08d", i)}
	}
	return all, nil
}

func words(t *testing.T) *lang.Words {
	t.Helper()
	w, err := lang.New(nil, Words, calendar.Words, []byte(english))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func begin() *clock { return &clock{now: time.Date(2026, 3, 12, 1, 0, 0, 0, time.UTC)} }

func each(t *testing.T, f func(t *testing.T, url string, c *clock, d *db.DB)) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			url, c := dbtest.URL(t, dialect), begin()
			d := open(t, url, c)
			if err := d.Migrate(context.Background(), ledger.Migrations, Migrations); err != nil {
				t.Fatal(err)
			}
			f(t, url, c, d)
		})
	}
}

func open(t *testing.T, url string, c *clock) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), db.Config{URL: url, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func notifier(t *testing.T, d *db.DB, s *notifytest.Server) *Notifier {
	t.Helper()
	c := Config{Addresses: people, Kinds: kinds, Words: words(t), BaseURL: "https://zx.example.cn/",
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Key: bytes.Repeat([]byte{7}, 32)}
	var err error
	if c.Gateways, err = gateway.New(gateway.Options{Networks: gatewaytest.Local, Timeout: 5 * time.Second}, d.Now); err != nil {
		t.Fatal(err)
	}
	if s != nil {
		c.SMTP = SMTP{Host: "127.0.0.1", Port: s.Port, From: "清水县政协 <zx@qingshui.example.cn>", TLS: "none", Timeout: 5 * time.Second}
	}
	n, err := New(d, c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func as(person string, permissions ...string) context.Context {
	may := map[string]bool{}
	for _, p := range permissions {
		may[p] = true
	}
	return actor.With(context.Background(), actor.Actor{Tenant: tenant, Account: "acc-" + person, Person: person}.Allowing(may))
}

func send(t *testing.T, d *db.DB, n *Notifier, m Notice) {
	t.Helper()
	m.Tenant = tenant
	if err := d.Write(context.Background(), func(tx *db.Tx) error { return n.Send(tx, m) }); err != nil {
		t.Fatal(err)
	}
}

func deliveries(t *testing.T, n *Notifier, f Filter) []*Delivery {
	t.Helper()
	f.N = 1000
	all, err := n.Deliveries(as("admin", Manage), f)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEveryNoticeHasItsRecord(t *testing.T) {
	each(t, func(t *testing.T, _ string, _ *clock, d *db.DB) {
		s := notifytest.Serve(t, notifytest.Options{})
		n := notifier(t, d, s)
		if err := n.Prefer(as("d"), Wanted{Mail: map[string]bool{"case.open": false}}); err != nil {
			t.Fatal(err)
		}
		title := Params{"title": "关于{no}的提案", "no": 7, "day": calendar.Date("2026-03-12"), "state": lang.Word("已交办")}
		send(t, d, n, Notice{To: As(Proposer, "a", "b", "c", "a", "nobody"), Kind: "case.filed", Params: title, Object: "proposal", ObjectID: "1", Link: "/proposals/1"})
		send(t, d, n, Notice{To: As(Proposer, "d"), Kind: "case.open", Params: title})
		send(t, d, n, Notice{To: As(Proposer, "a"), Kind: "case.quiet", Params: title})
		send(t, d, n, Notice{Kind: "case.filed"})
		send(t, d, n, Notice{To: As(Proposer, "a"), Kind: "case.filed", Superseded: true})
		var got []string
		for _, x := range deliveries(t, n, Filter{}) {
			got = append(got, strings.Join([]string{x.Kind, x.Person, x.Channel, x.State, x.Reason}, " "))
		}
		slices.Sort(got)
		want := []string{
			"case.filed  app skipped no_recipient",
			"case.filed  mail skipped no_recipient",
			"case.filed a app sent ",
			"case.filed a app skipped superseded",
			"case.filed a mail pending ",
			"case.filed a mail skipped superseded",
			"case.filed b app sent ",
			"case.filed b mail skipped no_email",
			"case.filed c app skipped no_account",
			"case.filed c mail skipped no_account",
			"case.filed nobody app skipped no_account",
			"case.filed nobody mail skipped no_account",
			"case.open d app sent ",
			"case.open d mail skipped switched_off",
			"case.quiet a app sent ",
			"case.quiet a mail skipped not_mailed",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		for _, x := range want {
			reason := x[strings.LastIndexByte(x, ' ')+1:]
			if reason != "" && ReasonText(context.Background(), reason) == reason {
				t.Errorf("%s has no words", reason)
			}
		}

		// The inbox.
		if count, err := n.Count(as("a")); err != nil || count != 2 {
			t.Errorf("a has %d unread, %v", count, err)
		}
		list, err := n.List(lang.With(as("a"), words(t), lang.En), "", 10, false)
		if err != nil || len(list) != 2 {
			t.Fatalf("%v %v", list, err)
		}
		if list[0].Title != "关于{no}的提案: dispatched" || list[1].Title != "Your proposal “关于{no}的提案” was filed" || list[1].Body != "No. 7" {
			t.Errorf("%q %q %q", list[0].Title, list[1].Title, list[1].Body)
		}
		if older, err := n.List(as("a"), list[0].ID, 10, true); err != nil || len(older) != 1 || older[0].ID != list[1].ID {
			t.Errorf("older: %v %v", older, err)
		}
		if err := n.MarkRead(as("b"), list[0].ID); err != nil { // not b's: passed over
			t.Fatal(err)
		}
		for _, step := range []struct {
			do   func() error
			left int
		}{
			{func() error { return n.MarkRead(as("b")) }, 2},
			{func() error { return n.MarkRead(as("a"), list[0].ID) }, 1},
			{func() error { return n.MarkSeen(as("a"), "proposal", "2") }, 1},
			{func() error { return n.MarkSeen(as("a"), "proposal", "1") }, 0},
		} {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			if count, _ := n.Count(as("a")); count != step.left {
				t.Errorf("a has %d unread, want %d", count, step.left)
			}
		}
		if _, err := n.Deliveries(as("a"), Filter{}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("deliveries for a: %v", err)
		}
		office := as("admin", Manage)
		if told, all, err := n.Told(office, "proposal", "1"); err != nil || told != 2 || all != 4 {
			t.Errorf("%d of %d were told, %v", told, all, err)
		}
		about := Filter{Object: "proposal", ObjectID: "1"}
		counts := func(f Filter) string {
			all, err := n.Untold(office, f)
			if err != nil {
				t.Fatal(err)
			}
			var list []string
			for _, c := range all {
				list = append(list, fmt.Sprint(c.Reason, " ", c.N))
			}
			return strings.Join(list, ", ")
		}
		if got := counts(about); got != "no_account 4, no_email 1" {
			t.Errorf("of the case: %s", got)
		}
		if got := counts(Filter{}); got != "no_account 4, no_recipient 2, no_email 1" {
			t.Errorf("of all: %s", got)
		}
		about.Untold, about.Reason = true, "no_account"
		if all := deliveries(t, n, about); len(all) != 4 || all[0].Why != Proposer {
			t.Errorf("%+v", all)
		}
		if _, _, err := n.Told(as("a"), "proposal", "1"); !errs.Is(err, errs.Forbidden) {
			t.Error(err)
		}
		if _, err := n.Untold(as("a"), Filter{}); !errs.Is(err, errs.Forbidden) {
			t.Error(err)
		}
	})
}

func TestMailSaysNothingConfidential(t *testing.T) {
	each(t, func(t *testing.T, _ string, _ *clock, d *db.DB) {
		s := notifytest.Serve(t, notifytest.Options{})
		n := notifier(t, d, s)
		p := Params{"title": "关于桥的提案\r\nBcc: x@example.cn", "no": 7, "day": calendar.Date("2026-03-12")}
		send(t, d, n, Notice{To: As(Proposer, "d"), Kind: "case.filed", Params: p, Link: "/proposals/1"})
		send(t, d, n, Notice{To: As(Proposer, "d"), Kind: "case.open", Params: p})
		if err := n.Deliver(context.Background()); err != nil {
			t.Fatal(err)
		}
		var subjects []string
		for id, m := range s.Mails() {
			subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
			if err != nil {
				t.Fatal(err)
			}
			subjects = append(subjects, subject)
			b, err := io.ReadAll(quotedprintable.NewReader(m.Body))
			if err != nil {
				t.Fatal(err)
			}
			body := string(b)
			open := strings.HasPrefix(subject, "Notice")
			if strings.Contains(body, "No. 7") || open != strings.Contains(body, "From ") || open == strings.Contains(body, "https://zx.example.cn/proposals/1") {
				t.Errorf("%s: %s", subject, body)
			}
			if m.Header.Get("Bcc") != "" || !strings.HasSuffix(id, "@qingshui.example.cn>") || !strings.HasPrefix(body, "Dear Ding,") {
				t.Errorf("%v %s", m.Header, body)
			}
		}
		slices.Sort(subjects)
		if want := []string{"Notice: 关于桥的提案 Bcc: x@example.cn", "Your proposal “关于桥的提案 Bcc: x@example.cn” was filed"}; !slices.Equal(subjects, want) {
			t.Errorf("got %q", subjects)
		}
	})
}

// Three processes deliver two hundred mails at once; each goes out once.
func TestTwoProcessesSendOnce(t *testing.T) {
	each(t, func(t *testing.T, url string, c *clock, d *db.DB) {
		s := notifytest.Serve(t, notifytest.Options{})
		n := notifier(t, d, s)
		for range 4 {
			to := []string{}
			for i := range 50 {
				to = append(to, fmt.Sprint("p", i))
			}
			send(t, d, n, Notice{To: As(Proposer, to...), Kind: "case.filed"})
		}
		var wg sync.WaitGroup
		for range 3 {
			worker := notifier(t, open(t, url, c), s)
			wg.Go(func() {
				if err := worker.Deliver(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if all, different := s.Counts(); all != 200 || different != 200 {
			t.Errorf("%d mails, %d different", all, different)
		}
		if sent := deliveries(t, n, Filter{State: Sent, Channel: Mail}); len(sent) != 200 {
			t.Errorf("%d marked as sent", len(sent))
		}
	})
}

// The process dies after the server took the mail and before that was noted.
func TestDiesBetweenSendingAndNoting(t *testing.T) {
	each(t, func(t *testing.T, url string, c *clock, d *db.DB) {
		ctx, s := context.Background(), notifytest.Serve(t, notifytest.Options{})
		n := notifier(t, d, s)
		send(t, d, n, Notice{To: As(Proposer, "a"), Kind: "case.filed"})
		batch, _, err := n.claim(ctx, "claim of the dead")
		if err != nil || len(batch) != 1 {
			t.Fatal(batch, err)
		}
		client, err := n.smtp.dial(ctx)
		if err != nil {
			t.Fatal(err)
		}
		m, err := n.message(ctx, batch[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Send(m); err != nil {
			t.Fatal(err)
		}
		client.Close()

		next := notifier(t, open(t, url, c), s)
		if err := next.Deliver(ctx); err != nil {
			t.Fatal(err)
		}
		if all, _ := s.Counts(); all != 1 {
			t.Errorf("sent again while the claim held: %d", all)
		}
		c.add(lease + time.Second)
		for range 2 {
			if err := next.Deliver(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if all, different := s.Counts(); all != 2 || different != 1 {
			t.Errorf("%d mails, %d different", all, different)
		}
		// The dead one wakes up: its claim is void.
		if err := n.finish(ctx, "claim of the dead", batch[0], Failed, "gave_up", ""); err != nil {
			t.Fatal(err)
		}
		got := deliveries(t, n, Filter{Channel: Mail})
		if got[0].State != Sent || got[0].Tries != 2 {
			t.Errorf("%+v", got[0])
		}
	})
}

func TestFailures(t *testing.T) {
	each(t, func(t *testing.T, _ string, c *clock, d *db.DB) {
		ctx, s := context.Background(), notifytest.Serve(t, notifytest.Options{})
		n := notifier(t, d, s)
		s.Refuse(func(to string) error {
			switch {
			case strings.Contains(to, "p1@"):
				return notifytest.No(550, "no such person")
			case strings.Contains(to, "p2@"):
				return notifytest.No(451, "come back later")
			}
			return nil
		})
		send(t, d, n, Notice{To: As(Proposer, "p1", "p2", "p3"), Kind: "case.filed"})
		if err := n.Deliver(ctx); err != nil {
			t.Fatal(err)
		}
		states := func() string {
			var all []string
			for _, x := range deliveries(t, n, Filter{Channel: Mail}) {
				all = append(all, fmt.Sprint(x.Person, " ", x.State, " ", x.Reason, " ", x.Tries))
			}
			slices.Sort(all)
			return strings.Join(all, "; ")
		}
		if got, want := states(), "p1 failed rejected 1; p2 pending  1; p3 sent  1"; got != want {
			t.Errorf("got %s", got)
		}
		for range len(mailBackoff) - 1 {
			c.add(25 * time.Hour)
			if err := n.Deliver(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := states(), "p1 failed rejected 1; p2 pending  8; p3 sent  1"; got != want {
			t.Errorf("got %s", got)
		}
		c.add(25 * time.Hour)
		if err := n.Deliver(ctx); err != nil {
			t.Fatal(err)
		}
		if got, want := states(), "p1 failed rejected 1; p2 failed gave_up 9; p3 sent  1"; got != want {
			t.Errorf("got %s", got)
		}

		// An administrator sends again.
		s.Refuse(nil)
		for _, x := range deliveries(t, n, Filter{Channel: Mail}) {
			err := n.Resend(as("admin", Manage), Ref{x.Notice, Mail})
			if x.State == Sent != errs.Is(err, errs.Conflict) || x.State != Sent && err != nil {
				t.Errorf("%s: %v", x.Person, err)
			}
			if err := n.Resend(as("a"), Ref{x.Notice, Mail}); !errs.Is(err, errs.Forbidden) {
				t.Errorf("a resends: %v", err)
			}
		}
		if err := n.Deliver(ctx); err != nil {
			t.Fatal(err)
		}
		if got, want := states(), "p1 sent  1; p2 sent  1; p3 sent  1"; got != want {
			t.Errorf("got %s", got)
		}

		// The server takes a mail and hangs up: it goes again under its own id.
		s.HangUp(true)
		send(t, d, n, Notice{To: As(Proposer, "p4"), Kind: "case.filed"})
		if err := n.Deliver(ctx); err != nil {
			t.Fatal(err)
		}
		s.HangUp(false)
		c.add(2 * time.Minute)
		if err := n.Deliver(ctx); err != nil {
			t.Fatal(err)
		}
		if all, different := s.Counts(); all != 5 || different != 4 {
			t.Errorf("%d mails, %d different", all, different)
		}
		if len(deliveries(t, n, Filter{State: Sent, Channel: Mail})) != 4 {
			t.Error(states())
		}
	})
}

func TestServerDown(t *testing.T) {
	each(t, func(t *testing.T, _ string, c *clock, d *db.DB) {
		s := notifytest.Serve(t, notifytest.Options{})
		n := notifier(t, d, s)
		port := n.smtp.Port
		n.smtp.Port = 1 // nobody listens there
		send(t, d, n, Notice{To: As(Proposer, "a", "d"), Kind: "case.filed"})
		if err := n.Deliver(context.Background()); err == nil {
			t.Error("no error without a server")
		}
		for _, x := range deliveries(t, n, Filter{Channel: Mail}) {
			if x.State != Pending || x.Detail == "" || !x.NextAt.After(c.Now()) {
				t.Errorf("%+v", x)
			}
		}
		n.smtp.Port = port
		c.add(2 * time.Minute)
		if err := n.Deliver(context.Background()); err != nil {
			t.Fatal(err)
		}
		if all, _ := s.Counts(); all != 2 {
			t.Errorf("%d mails", all)
		}
	})
}

func TestRunWakesForNewMail(t *testing.T) {
	d := open(t, dbtest.URL(t, db.SQLite), begin())
	if err := d.Migrate(context.Background(), ledger.Migrations, Migrations); err != nil {
		t.Fatal(err)
	}
	s := notifytest.Serve(t, notifytest.Options{})
	n := notifier(t, d, s)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { n.Run(ctx) })
	defer wg.Wait()
	defer cancel()
	send(t, d, n, Notice{To: As(Proposer, "a"), Kind: "case.filed"})
	for range 300 {
		if all, _ := s.Counts(); all == 1 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("no mail within three seconds")
}

func TestConfiguration(t *testing.T) {
	for name, c := range map[string]Config{
		"twice":    {Kinds: []Kind{kinds[0], kinds[0]}},
		"no title": {Kinds: []Kind{{ID: "x", Name: "x"}}},
		"sender":   {SMTP: SMTP{Host: "h", From: "nobody"}},
		"tls":      {SMTP: SMTP{Host: "h", From: "a@example.cn", TLS: "maybe"}},
	} {
		if _, err := New(nil, c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := (SMTP{Host: "h", From: "a@example.cn", User: "u", PasswordFile: filepath.Join(t.TempDir(), "none")}).dial(context.Background()); err == nil {
		t.Error("no password file: accepted")
	}
	w := words(t)
	for _, r := range Reasons {
		if !w.Has(r.Text) {
			t.Errorf("no English for %s", r.Text)
		}
	}
}
