package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/gateway"
	"shangliang/internal/gateway/gatewaytest"
)

// wrong are the fields that an error names.
func wrong(err error) string {
	var names []string
	if e, ok := errors.AsType[*errs.Error](err); ok {
		for _, f := range e.Fields {
			names = append(names, f.Name)
		}
	}
	return strings.Join(slices.Compact(names), " ")
}

func TestSettingsAreChecked(t *testing.T) {
	each(t, func(t *testing.T, _ string, c *clock, d *db.DB) {
		n, admin := notifier(t, d, nil), as("admin", SetUp)
		for _, x := range []struct {
			name   string
			kind   string
			change func(*Setting)
			want   string
		}{
			{"no name", gateway.WeCom, func(s *Setting) { s.Name = " " }, "name"},
			{"no kind", "carrier pigeon", func(s *Setting) {}, "kind"},
			{"no kinds", gateway.WeCom, func(s *Setting) { s.Kinds = nil }, "kinds"},
			{"unknown kinds", gateway.WeCom, func(s *Setting) { s.Kinds = []string{"case.lost"} }, "kinds"},
			{"no address", gateway.Webhook, func(s *Setting) { s.Address = "" }, "address"},
			{"no scheme", gateway.Webhook, func(s *Setting) { s.Address = "example.cn/hook" }, "address"},
			{"file", gateway.Webhook, func(s *Setting) { s.Address = "file:///etc/passwd" }, "address"},
			{"user", gateway.Webhook, func(s *Setting) { s.Address = "https://a:b@example.cn" }, "address"},
			{"inside", gateway.Webhook, func(s *Setting) { s.Address = "https://10.0.0.1/hook" }, "address"},
			{"metadata", gateway.Webhook, func(s *Setting) { s.Address = "https://169.254.169.254/" }, "address"},
			{"half an address", gateway.WeCom, func(s *Setting) { s.Address = "https://qyapi.example.cn/cgi-bin/webhook/send" }, "address"},
			{"no token", gateway.DingTalk, func(s *Setting) { s.Address = "https://oapi.example.cn/robot/send?key=1" }, "address"},
			{"SMS without number", gateway.SMS, func(s *Setting) { s.Body = `{"text":"{text}"}` }, "body"},
			{"SMS without text", gateway.SMS, func(s *Setting) { s.Body = `{"to":"{phone}"}` }, "body"},
			{"unknown placeholder", gateway.SMS, func(s *Setting) { s.Body = `{"to":"{phone}{text}{mobile}"}` }, "body"},
			{"no JSON", gateway.SMS, func(s *Setting) { s.Body = `{"to":{phone},"text":{text}` }, "body"},
			{"headers", gateway.SMS, func(s *Setting) { s.Headers = "Authorization" }, "headers"},
			{"method", gateway.SMS, func(s *Setting) { s.Method = "DELETE" }, "method"},
		} {
			s := setting("https://example.cn", x.kind, "case.filed")
			x.change(&s)
			if _, err := n.AddGateway(admin, s); wrong(err) != x.want {
				t.Errorf("%s: %v", x.name, err)
			}
		}
		all, err := n.Gateways(admin)
		if err != nil || len(all) != 0 {
			t.Errorf("%d were made, %v", len(all), err)
		}
		get := setting("https://sms.example.cn", gateway.SMS, "case.filed")
		get.Address, get.Request = "https://sms.example.cn/send?to={phone}&say={text}&pw={secret}", Request{Method: "GET", Format: gateway.Form}
		if _, err := n.AddGateway(admin, get); err != nil {
			t.Errorf("by GET: %v", err)
		}
		if _, err := n.AddGateway(admin, get); !errs.Is(err, errs.Conflict) {
			t.Errorf("a second SMS gateway: %v", err)
		}
	})
}

// What was typed in as a secret is sealed, never comes back, and does not follow
// the address to another place.
func TestSecretsStay(t *testing.T) {
	each(t, func(t *testing.T, _ string, c *clock, d *db.DB) {
		n, admin := notifier(t, d, nil), as("admin", SetUp)
		s := gatewaytest.Serve(t, c.Now)
		id, err := n.AddGateway(admin, setting(s.URL, gateway.DingTalk, "case.filed"))
		if err != nil {
			t.Fatal(err)
		}
		g, err := n.Gateway(admin, id)
		if err != nil {
			t.Fatal(err)
		}
		if shown := fmt.Sprintf("%+v", g); strings.Contains(shown, gatewaytest.Token) || strings.Contains(shown, gatewaytest.Secret) || g.Address != s.URL+"/dingtalk" || !g.HasQuery || !g.HasSecret {
			t.Errorf("%s", shown)
		}
		var texts []string
		if err := d.Read(context.Background(), func(tx *db.Tx) error {
			all, err := db.Column[string](tx, `SELECT address || sealed_query || sealed_secret || request || kinds FROM notice_gateway`)
			texts = all
			return err
		}); err != nil || len(texts) != 1 || strings.Contains(texts[0], gatewaytest.Token) || strings.Contains(texts[0], gatewaytest.Secret) {
			t.Errorf("%q %v", texts, err)
		}
		// Changing anything else keeps both, so it goes on working.
		keep := Setting{Name: "改名", Kinds: []string{"case.filed", "case.open"}}
		if err := n.SetGateway(admin, id, 1, keep); err != nil {
			t.Fatal(err)
		}
		if tested, err := n.TestGateway(admin, id, 2, ""); err != nil || !tested.OK {
			t.Fatalf("%+v %v", tested, err)
		}
		// Another address needs the secret again.
		thief := keep
		thief.Address = "https://elsewhere.example.cn/robot?access_token=x"
		if err := n.SetGateway(admin, id, 3, thief); wrong(err) != "secret" {
			t.Errorf("the secret went along: %v", err)
		}
		thief.Secret = "another"
		if err := n.SetGateway(admin, id, 3, thief); err != nil {
			t.Fatal(err)
		}
		if g, err = n.Gateway(admin, id); err != nil || !g.Tested.At.IsZero() || g.Address != "https://elsewhere.example.cn/robot" {
			t.Errorf("%+v %v", g, err)
		}
		if err := n.SetGateway(admin, id, 3, keep); !errs.Is(err, errs.Conflict) {
			t.Errorf("an old version: %v", err)
		}
		// A sealed text in another gateway's place opens nothing.
		if _, err := n.open(tenant, &Gateway{ID: "other", sealedSecret: g.sealedSecret}); err == nil {
			t.Error("opened in another place")
		}
	})
}

func TestTestingAGateway(t *testing.T) {
	each(t, func(t *testing.T, _ string, c *clock, d *db.DB) {
		n, admin := notifier(t, d, nil), as("admin", SetUp)
		s := gatewaytest.Serve(t, c.Now)
		for i, kind := range []string{gateway.WeCom, gateway.DingTalk, gateway.Webhook, gateway.SMS} {
			id, err := n.AddGateway(admin, setting(s.URL, kind, "case.filed"))
			if err != nil {
				t.Fatal(err)
			}
			if kind == gateway.SMS {
				if _, err := n.TestGateway(admin, id, 1, "0571-88881234"); wrong(err) != "phone" {
					t.Errorf("to an office: %v", err)
				}
			}
			key := actor.WithRequest(admin, actor.Request{Key: "k" + kind, Hash: "h"})
			for range 2 { // sent twice by a nervous finger, done once
				tested, err := n.TestGateway(key, id, 1, "139 0000 0009")
				if err != nil || !tested.OK || tested.At.IsZero() {
					t.Fatalf("%s: %+v %v", kind, tested, err)
				}
			}
			if got := s.Got(); len(got) != i+1 || got[i].Kind != kind {
				t.Fatalf("%+v", got)
			}
			s.Answer(gatewaytest.Never)
			tested, err := n.TestGateway(admin, id, 2, "13900000009")
			if err != nil || tested.OK || tested.Detail == "" {
				t.Errorf("%s: %+v %v", kind, tested, err)
			}
			s.Answer(nil)
			g, err := n.Gateway(admin, id)
			if err != nil || g.Tested != *tested || g.Version != 3 {
				t.Errorf("%+v %v", g, err)
			}
		}
		if err := d.Read(context.Background(), func(tx *db.Tx) error {
			n, err := db.Column[int](tx, `SELECT COUNT(*) FROM ledger_entry WHERE action = 'notify.gateway_tested'`)
			if err == nil && n[0] != 8 {
				t.Errorf("%d tests are in the ledger", n[0])
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// What waits for a gateway that is switched off or removed is not sent, and says
// why; what its key cannot open as well.
func TestGatewaysEnd(t *testing.T) {
	each(t, func(t *testing.T, _ string, c *clock, d *db.DB) {
		n, admin := notifier(t, d, nil), as("admin", SetUp)
		s := gatewaytest.Serve(t, c.Now)
		id, err := n.AddGateway(admin, setting(s.URL, gateway.Webhook, "case.filed"))
		if err != nil {
			t.Fatal(err)
		}
		last := func() string {
			if err := n.Deliver(context.Background()); err != nil {
				t.Fatal(err)
			}
			x := deliveries(t, n, Filter{Channel: gateway.Webhook})[0]
			return x.State + " " + x.Reason
		}
		tell := func() { send(t, d, n, Notice{To: As(Proposer, "a"), Kind: "case.filed"}) }
		tell()
		if err := n.SwitchGateway(admin, id, 1, false); err != nil {
			t.Fatal(err)
		}
		if got := last(); got != "skipped gateway_off" {
			t.Error(got)
		}
		tell()
		if all := deliveries(t, n, Filter{Channel: gateway.Webhook}); len(all) != 1 {
			t.Errorf("%d for one that is off", len(all))
		}
		if err := n.SwitchGateway(admin, id, 2, true); err != nil {
			t.Fatal(err)
		}
		tell()
		other := notifier(t, d, nil)
		n.sealer, other.sealer = nil, n.sealer
		if err := n.Deliver(context.Background()); err != nil { // leaves it to one that has the key
			t.Fatal(err)
		}
		n = other
		if err := d.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE notice_gateway SET sealed_secret = 'AAAA'`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got := last(); got != "skipped no_secret" {
			t.Error(got)
		}
		tell()
		if err := n.RemoveGateway(admin, id, 3); err != nil {
			t.Fatal(err)
		}
		if got := last(); got != "skipped gateway_off" {
			t.Error(got)
		}
		if len(s.Got()) != 0 {
			t.Error("something was sent")
		}
		if _, err := n.Gateway(admin, id); !errs.Is(err, errs.NotFound) {
			t.Errorf("still there: %v", err)
		}
	})
}

func TestGatewaysAreTheAdministrators(t *testing.T) {
	each(t, func(t *testing.T, _ string, c *clock, d *db.DB) {
		n, admin := notifier(t, d, nil), as("admin", SetUp)
		id, err := n.AddGateway(admin, setting("https://example.cn", gateway.WeCom, "case.filed"))
		if err != nil {
			t.Fatal(err)
		}
		neighbour := actor.With(context.Background(), actor.Actor{Tenant: "wangxi", Account: "x"}.Allowing(map[string]bool{SetUp: true}))
		for name, who := range map[string]struct {
			ctx  context.Context
			want errs.Kind
		}{"clerk": {as("clerk", Manage), errs.Forbidden}, "neighbour": {neighbour, errs.NotFound}} {
			_, test := n.TestGateway(who.ctx, id, 1, "")
			_, get := n.Gateway(who.ctx, id)
			for act, err := range map[string]error{"get": get, "test": test, "set": n.SetGateway(who.ctx, id, 1, Setting{}), "switch": n.SwitchGateway(who.ctx, id, 1, false), "remove": n.RemoveGateway(who.ctx, id, 1)} {
				if !errs.Is(err, who.want) {
					t.Errorf("%s: %s: %v", name, act, err)
				}
			}
		}
		if _, err := n.AddGateway(as("clerk", Manage), Setting{}); !errs.Is(err, errs.Forbidden) {
			t.Error(err)
		}
		if all, err := n.Gateways(neighbour); err != nil || len(all) != 0 {
			t.Errorf("the neighbour sees %d, %v", len(all), err)
		}
	})
}
