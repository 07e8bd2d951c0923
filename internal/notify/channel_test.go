package notify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shangliang/internal/db"
	"shangliang/internal/gateway"
	"shangliang/internal/gateway/gatewaytest"
	"shangliang/internal/notify/notifytest"
)

// setting is a gateway of a kind at the test's service.
func setting(url, kind string, kinds ...string) Setting {
	s := Setting{Kind: kind, Name: "渠道 " + kind, Address: url + "/" + kind, Secret: gatewaytest.Secret, Kinds: kinds}
	switch kind {
	case gateway.WeCom:
		s.Address, s.Secret = s.Address+"?key="+gatewaytest.Key, ""
	case gateway.DingTalk:
		s.Address += "?access_token=" + gatewaytest.Token
	case gateway.SMS:
		s.Request = Request{Method: "POST", Headers: "Authorization: Bearer {secret}", Format: gateway.JSON, Body: `{"Mobile": "{phone}", "Content": "{text}"}`}
	}
	return s
}

// way is a channel with what a test can do at its other end.
type way struct {
	channel string
	got     func() []string // what came there, one text for each message
	never   func()          // refuses for good
	later   func()          // refuses for now
	again   func()          // takes everything again
}

// ways sets up every channel there is.
func ways(t *testing.T, n *Notifier, c *clock) map[string]*way {
	t.Helper()
	s := gatewaytest.Serve(t, c.Now)
	all := map[string]*way{}
	mails := notifytest.Serve(t, notifytest.Options{})
	n.smtp = SMTP{Host: "127.0.0.1", Port: mails.Port, From: "清水县政协 <zx@qingshui.example.cn>", TLS: "none", Timeout: 5 * time.Second}
	all[Mail] = &way{Mail, func() (texts []string) {
		for _, m := range mails.Mails() {
			texts = append(texts, m.Header.Get("Subject"))
		}
		return texts
	}, func() { mails.Refuse(func(string) error { return notifytest.No(550, "no such person") }) },
		func() { mails.Refuse(func(string) error { return notifytest.No(451, "later") }) }, func() { mails.Refuse(nil) }}
	for _, kind := range []string{gateway.WeCom, gateway.DingTalk, gateway.Webhook, gateway.SMS} {
		if _, err := n.AddGateway(as("admin", SetUp), setting(s.URL, kind, "case.filed")); err != nil {
			t.Fatal(err)
		}
		all[kind] = &way{kind, func() (texts []string) {
			for _, g := range s.Got() {
				if g.Kind == kind {
					texts = append(texts, fmt.Sprint(g.Text, g.Phone, g.JSON))
				}
			}
			return texts
		}, func() { s.Answer(gatewaytest.Never) }, func() { s.Answer(gatewaytest.Later) }, func() { s.Answer(nil) }}
	}
	return all
}

// Every channel keeps the same promises: once each; tried again with patience
// and an end when the other side is busy; given up at once when it says no; by
// one of several processes; and again after one of them died.
func TestEveryChannel(t *testing.T) {
	each(t, func(t *testing.T, url string, c *clock, d *db.DB) {
		ctx, n := context.Background(), notifier(t, d, nil)
		all := ways(t, n, c)
		deliver := func() { n.Deliver(ctx) } // what is closed comes back as an error
		for _, name := range slices.Sorted(maps.Keys(all)) {
			w := all[name]
			t.Run(name, func(t *testing.T) {
				last := func() *Delivery { t.Helper(); return deliveries(t, n, Filter{Channel: name})[0] }
				tell := func() {
					send(t, d, n, Notice{To: As(Proposer, "a"), Kind: "case.filed", Params: Params{"title": "疏浚", "no": 77}, Link: "/proposals/1"})
				}
				before := len(w.got())
				tell()
				deliver()
				deliver()
				if x := last(); x.State != Sent || x.Tries != 1 || x.DoneAt.IsZero() || len(w.got()) != before+1 {
					t.Fatalf("%+v, %d came", x, len(w.got())-before)
				}
				if said := w.got()[len(w.got())-1]; strings.Contains(said, "案号") {
					t.Errorf("the body went out: %s", said)
				}

				w.later()
				tell()
				deliver()
				if x := last(); x.State != Pending || x.Detail == "" || !x.NextAt.After(c.Now()) {
					t.Fatalf("%+v", x)
				}
				w.again()
				c.add(2 * time.Minute)
				deliver()
				if x := last(); x.State != Sent || x.Tries != 2 || len(w.got()) != before+2 {
					t.Fatalf("%+v, %d came", x, len(w.got())-before)
				}

				w.never()
				tell()
				deliver()
				if x := last(); x.State != Failed || x.Reason != "rejected" || x.Tries != 1 || x.Detail == "" {
					t.Fatalf("%+v", x)
				}
				w.later()
				tell()
				for range len(backoffOf(name)) + 1 {
					deliver()
					c.add(25 * time.Hour)
				}
				if x := last(); x.State != Failed || x.Reason != "gave_up" || x.Tries != len(backoffOf(name))+1 {
					t.Fatalf("%+v", x)
				}

				w.again()
				deliver()
				before = len(w.got())
				for range 30 {
					tell()
				}
				var wg sync.WaitGroup
				for range 3 {
					worker := notifier(t, open(t, url, c), nil)
					worker.smtp = n.smtp
					wg.Go(func() { worker.Deliver(ctx) })
				}
				wg.Wait()
				if came := len(w.got()) - before; came != 30 {
					t.Errorf("%d of 30 came", came)
				}

				tell()
				if batch, _, err := n.claim(ctx, "claim of the dead"); err != nil || len(batch) == 0 {
					t.Fatal(batch, err)
				}
				deliver()
				if x := last(); x.State != Sending {
					t.Fatalf("%+v", x)
				}
				c.add(lease + time.Second)
				deliver()
				if x := last(); x.State != Sent || x.Tries != 2 || len(w.got())-before != 31 {
					t.Fatalf("%+v", x)
				}
			})
		}
	})
}

// One notice to many is one message to a group and to a system, and one text
// message to each who has a mobile phone.
func TestWhoGetsWhat(t *testing.T) {
	each(t, func(t *testing.T, _ string, c *clock, d *db.DB) {
		n := notifier(t, d, nil)
		all := ways(t, n, c)
		send(t, d, n, Notice{To: As(Proposer, "a", "b", "c", "p1", "p2"), Kind: "case.filed", Params: Params{"title": "疏浚@所有人"}, Link: "/proposals/1", Object: "proposal", ObjectID: "1"})
		send(t, d, n, Notice{To: As(Proposer, "a"), Kind: "case.open", Params: Params{"title": "开会"}}) // no gateway carries it
		send(t, d, n, Notice{Kind: "case.filed"})                                                      // tells nobody
		send(t, d, n, Notice{To: As(Proposer, "a"), Kind: "case.filed", Superseded: true})
		if err := n.Deliver(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, robot := range []string{gateway.WeCom, gateway.DingTalk} {
			got := all[robot].got()
			if len(got) != 1 || !strings.Contains(got[0], "《疏浚@所有人》已立案\n通知对象：安𠮷、白云、陈溪等5人\nhttps://zx.example.cn/proposals/1") {
				t.Errorf("%s: %q", robot, got)
			}
		}
		if got := all[gateway.Webhook].got(); len(got) != 1 || strings.Contains(got[0], "0001") || strings.Count(got[0], "map[id:") != 5 || !strings.Contains(got[0], "object_id:1") {
			t.Errorf("webhook: %q", got)
		}
		texts := all[gateway.SMS].got()
		slices.Sort(texts)
		if want := "您的提案《疏浚@所有人》已立案 https://zx.example.cn/proposals/113900000001map[]"; len(texts) != 3 || !slices.Contains(texts, want) {
			t.Errorf("SMS: %q", texts)
		}
		why := map[string]int{}
		for _, x := range deliveries(t, n, Filter{Channel: SMS}) {
			why[x.State+" "+x.Reason]++
		}
		if want := map[string]int{"sent ": 3, "skipped no_phone": 1, "skipped no_account": 1, "skipped not_texted": 1, "skipped no_recipient": 1, "skipped superseded": 1}; !maps.Equal(why, want) {
			t.Errorf("SMS: %v", why)
		}
		for _, x := range deliveries(t, n, Filter{Channel: gateway.WeCom}) {
			if x.Person != "" || x.Name != "渠道 wecom" || x.State != Sent {
				t.Errorf("%+v", x)
			}
		}
		if list, err := n.List(as("a"), "", 10, false); err != nil || len(list) != 2 {
			t.Errorf("the inbox has %d, %v", len(list), err)
		}
	})
}

// A gateway that is down does not hold up the others.
func TestOneGatewayDown(t *testing.T) {
	each(t, func(t *testing.T, _ string, c *clock, d *db.DB) {
		n := notifier(t, d, nil)
		all := ways(t, n, c)
		bad := setting("http://127.0.0.1:1", gateway.Webhook, "case.filed")
		if _, err := n.AddGateway(as("admin", SetUp), bad); err != nil {
			t.Fatal(err)
		}
		for range 30 {
			send(t, d, n, Notice{To: As(Proposer, "a"), Kind: "case.filed"})
		}
		if err := n.Deliver(context.Background()); err != nil {
			t.Fatal(err)
		}
		for name, w := range all {
			if came := len(w.got()); came != 30 {
				t.Errorf("%s: %d", name, came)
			}
		}
		tried := 0
		for _, x := range deliveries(t, n, Filter{Channel: gateway.Webhook, State: Pending}) {
			tried += x.Tries
			if strings.Contains(x.Detail, "SEC-") {
				t.Errorf("the detail tells: %s", x.Detail)
			}
		}
		if tried > 10 {
			t.Errorf("tried %d times though it was down", tried)
		}
	})
}

func TestMobile(t *testing.T) {
	for in, want := range map[string]string{"139 0000-0001": "13900000001", "+86 139 0000 0001": "13900000001", "+852 9123 4567": "+85291234567",
		"0571-88881234": "", "": "", "12345": "", "+86 0571 8888 1234": "", "139000000011": "", "+8613900000": ""} {
		if got := mobile(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
