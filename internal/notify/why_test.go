package notify

import (
	"context"
	"slices"
	"strings"
	"testing"

	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/gateway"
	"shangliang/internal/gateway/gatewaytest"
	"shangliang/internal/lang"
	"shangliang/internal/notify/notifytest"
)

// Each is told once, for the first reason given, and reads it; who gives none
// tells nobody.
func TestWhy(t *testing.T) {
	each(t, func(t *testing.T, _ string, c *clock, d *db.DB) {
		s := notifytest.Serve(t, notifytest.Options{})
		n := notifier(t, d, s)
		to := slices.Concat(As(Proposer, "a"), As(Cosigner, "d", "a"), As(Unit, "a"))
		send(t, d, n, Notice{To: to, Kind: "case.filed"})
		for person, want := range map[string]Why{"a": Proposer, "d": Cosigner} {
			if list, err := n.List(as(person), "", 10, false); err != nil || len(list) != 1 || list[0].Why != want {
				t.Errorf("%s: %+v %v", person, list, err)
			}
		}
		if err := n.Deliver(context.Background()); err != nil {
			t.Fatal(err)
		}
		said := 0
		for _, text := range roundups(t, s) {
			if strings.Contains(text, "是因为您是提案人") || strings.Contains(text, "because you co-signed it") {
				said++
			}
		}
		if said != 2 {
			t.Errorf("%d mails say why", said)
		}
		for _, bad := range [][]Told{{{Person: "a"}}, {{Person: "a", Why: "curious"}}} {
			if err := d.Write(context.Background(), func(tx *db.Tx) error { return n.Send(tx, Notice{Tenant: tenant, To: bad, Kind: "case.filed"}) }); err == nil {
				t.Errorf("%v was told", bad)
			}
		}
		if got := Others(As(Owner, "a", "", "b", "a"), "a"); len(got) != 1 || got[0] != (Told{"b", Owner}) {
			t.Errorf("%v", got)
		}
	})
}

func TestWhysHaveWords(t *testing.T) {
	english := lang.With(context.Background(), words(t), lang.En)
	for why, zh := range whys {
		if you, they := WhyText(english, why), WhyOf(english, why); you == "" || you == zh.you || they == "" || they == zh.they {
			t.Errorf("%s: %q, %q", why, you, they)
		}
	}
}

// The office sends again what went wrong, on any channel and many at once.
func TestResendAll(t *testing.T) {
	each(t, func(t *testing.T, _ string, c *clock, d *db.DB) {
		ctx, n, office := context.Background(), notifier(t, d, nil), as("office", Manage)
		s := gatewaytest.Serve(t, c.Now)
		for _, kind := range []string{gateway.WeCom, gateway.SMS} {
			if _, err := n.AddGateway(as("admin", SetUp), setting(s.URL, kind, "case.filed")); err != nil {
				t.Fatal(err)
			}
		}
		s.Answer(gatewaytest.Never)
		send(t, d, n, Notice{To: As(Proposer, "a", "b", "p1"), Kind: "case.filed"})
		if err := n.Deliver(ctx); err != nil {
			t.Fatal(err)
		}
		s.Answer(nil)
		var refs []Ref
		for _, x := range deliveries(t, n, Filter{}) {
			refs = append(refs, ParseRef(Ref{x.Notice, x.Channel}.String()))
		}
		out, err := n.ResendAll(office, refs)
		if err != nil || out.Queued != 3 || len(out.Not) != len(refs)-3 { // WeCom, and two of three telephones
			t.Fatalf("%+v %v", out, err)
		}
		if err := n.Deliver(ctx); err != nil {
			t.Fatal(err)
		}
		if got := s.Got(); len(got) != 3 {
			t.Errorf("%+v", got)
		}
		if again, err := n.ResendAll(office, refs); err != nil || again.Queued != 0 {
			t.Errorf("%+v %v", again, err)
		}
		if _, err := n.ResendAll(as("a"), refs); !errs.Is(err, errs.Forbidden) {
			t.Error(err)
		}
		if _, err := n.ResendAll(office, []Ref{{"none", Mail}}); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	})
}
