package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"shangliang/internal/gateway"
	"shangliang/internal/gateway/gatewaytest"
	"shangliang/internal/secret"
)

func client(t *testing.T, o gateway.Options) *gateway.Client {
	t.Helper()
	c, err := gateway.New(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var message = gateway.Message{ID: "01", Kind: "proposal.file", Title: "提案《“桥”》已立案", Link: "https://zx.example.cn/proposals/1",
	To: []gateway.Recipient{{ID: "p1", Name: "余知秋"}}, Text: "《“桥”》\n\"已立案\" & 更多", Phone: "13900000001"}

// target is one of each kind at the test's service.
func target(url, kind string) gateway.Target {
	t := gateway.Target{Kind: kind, Address: url + "/" + kind, Secret: gatewaytest.Secret}
	switch kind {
	case gateway.WeCom:
		t.Query = "key=" + gatewaytest.Key
	case gateway.DingTalk:
		t.Query = "access_token=" + gatewaytest.Token
	case gateway.SMS:
		t.Headers, t.Format, t.Body = "Authorization: Bearer {secret}\n", gateway.JSON, `{"Mobile": "{phone}", "Content": "{text}"}`
	}
	return t
}

var kinds = []string{gateway.WeCom, gateway.DingTalk, gateway.Webhook, gateway.SMS}

func TestEachKind(t *testing.T) {
	s := gatewaytest.Serve(t, time.Now)
	c := client(t, gateway.Options{Networks: gatewaytest.Local})
	for i, kind := range kinds {
		if err := c.Send(context.Background(), target(s.URL, kind), message); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		got := s.Got()[i]
		if kind == gateway.Webhook {
			if got.JSON["title"] != message.Title || got.JSON["id"] != "01" || strings.Contains(strings.ToLower(got.Text), "phone") || got.JSON["to"].([]any)[0].(map[string]any)["name"] != "余知秋" {
				t.Errorf("%v", got.JSON)
			}
		} else if got.Text != message.Text {
			t.Errorf("%s: %q", kind, got.Text)
		}
	}
	if got := s.Got()[3]; got.Phone != message.Phone {
		t.Errorf("sent to %s", got.Phone)
	}
	long := message
	long.Text = strings.Repeat("长", 3000)
	if err := c.Send(context.Background(), target(s.URL, gateway.WeCom), long); err != nil {
		t.Errorf("a long text: %v", err)
	}
}

// What a service says, and whether trying again makes sense.
func TestAnswers(t *testing.T) {
	s := gatewaytest.Serve(t, time.Now)
	c := client(t, gateway.Options{Networks: gatewaytest.Local, Timeout: 300 * time.Millisecond})
	say := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(status)
			w.Write([]byte(body))
			return true
		}
	}
	for _, x := range []struct {
		name, kind string
		answer     func(http.ResponseWriter, *http.Request) bool
		change     func(*gateway.Target)
		ok, final  bool
	}{
		{"errcode", "wecom", say(200, `{"errcode":93000,"errmsg":"invalid webhook url"}`), nil, false, true},
		{"too many", "wecom", say(200, `{"errcode":45009,"errmsg":"api freq out of limit"}`), nil, false, false},
		{"too fast", "dingtalk", say(200, `{"errcode":130101,"errmsg":"send too fast"}`), nil, false, false},
		{"somebody else", "wecom", say(200, `<html>sign in to the network</html>`), nil, false, false},
		{"wrong key", "wecom", nil, func(t *gateway.Target) { t.Query = "key=another-key" }, false, true},
		{"wrong secret", "dingtalk", nil, func(t *gateway.Target) { t.Secret = "another-secret" }, false, true},
		{"5xx", "webhook", say(502, "bad gateway"), nil, false, false},
		{"429", "sms", say(429, "slow down"), nil, false, false},
		{"4xx", "webhook", say(410, "gone"), nil, false, true},
		{"redirect", "webhook", func(w http.ResponseWriter, r *http.Request) bool { http.Redirect(w, r, "/sms", 307); return true }, nil, false, true},
		{"no content", "webhook", say(204, ""), nil, true, false},
		{"sms without errcode", "sms", say(200, "OK"), nil, true, false},
		{"sms with its own sign", "sms", say(200, `{"code": 0}`), func(t *gateway.Target) { t.Success = `"code":0` }, true, false},
		{"sms refused", "sms", say(200, `{"code": 12, "why": "no money"}`), func(t *gateway.Target) { t.Success = `"code":0` }, false, true},
		{"no answer", "webhook", func(http.ResponseWriter, *http.Request) bool { time.Sleep(time.Second); return true }, nil, false, false},
		{"no JSON", "sms", nil, func(t *gateway.Target) { t.Body = `{"x": {phone}{text}` }, false, true},
	} {
		t.Run(x.name, func(t *testing.T) {
			s.Answer(x.answer)
			to := target(s.URL, x.kind)
			if x.change != nil {
				x.change(&to)
			}
			err := c.Send(context.Background(), to, message)
			f, _ := errors.AsType[*gateway.Failure](err)
			if x.ok != (err == nil) || !x.ok && (f == nil || f.Final != x.final || f.Detail == "" || f.Blocked) {
				t.Errorf("%v %+v", err, f)
			}
		})
	}
}

// Whatever goes wrong, what comes back holds no key: it is logged and shown.
func TestFailuresHoldNoSecret(t *testing.T) {
	s := gatewaytest.Serve(t, time.Now)
	s.Answer(func(w http.ResponseWriter, r *http.Request) bool {
		http.Error(w, r.URL.String()+" "+gatewaytest.Secret, 400)
		return true
	})
	c := client(t, gateway.Options{Networks: gatewaytest.Local})
	for _, kind := range kinds {
		for _, address := range []string{s.URL + "/x", "http://127.0.0.1:1/x", "http://no-such-host.invalid/x", "http://[::1", "http://169.254.169.254/x"} {
			to := target(s.URL, kind)
			to.Address, to.Query = address, secret.Text("key="+gatewaytest.Key+"&a=%zz")
			err := c.Send(context.Background(), to, message)
			if err == nil || strings.Contains(err.Error(), "7a81") || strings.Contains(err.Error(), "90d1") {
				t.Errorf("%s %s: %v", kind, address, err)
			}
		}
	}
}

// Nothing connects into the network of the platform, by number, by name or by
// a redirect, unless its keeper allows that.
func TestStaysOutside(t *testing.T) {
	s := gatewaytest.Serve(t, time.Now)
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	closed := client(t, gateway.Options{})
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1.2.3"} {
		for _, scheme := range []string{"http://", "https://"} {
			err := closed.Send(context.Background(), gateway.Target{Kind: gateway.Webhook, Address: scheme + host + port + "/webhook"}, message)
			if f, ok := errors.AsType[*gateway.Failure](err); !ok || !f.Blocked || !f.Final {
				t.Errorf("%s%s: %v", scheme, host, err)
			}
		}
	}
	if len(s.Got()) > 0 {
		t.Error("something arrived")
	}
	inside := client(t, gateway.Options{Networks: "10.1.0.0/16, 10.3.0.1"})
	for address, want := range map[string][2]bool{ // over TLS, without
		"8.8.8.8": {true, false}, "2400:3200::1": {true, false}, "10.1.2.3": {true, true}, "::ffff:10.1.2.3": {true, true}, "10.2.0.1": {false, false}, "10.3.0.1": {true, true}, "10.3.0.2": {false, false},
		"172.16.0.1": {false, false}, "192.168.1.1": {false, false}, "169.254.169.254": {false, false}, "100.64.0.1": {false, false}, "0.1.2.3": {false, false},
		"224.0.0.1": {false, false}, "255.255.255.255": {false, false}, "fe80::1%eth0": {false, false}, "fd00::1": {false, false}, "::": {false, false},
		"64:ff9b::a00:1": {false, false}, "2002:a00:1::": {false, false}, "::ffff:192.168.1.1": {false, false}, "::7f00:1": {false, false},
	} {
		ip := netip.MustParseAddr(address)
		if got := [2]bool{inside.Allows(ip, true), inside.Allows(ip, false)}; got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	for name, x := range map[string]struct {
		change func(*gateway.Target)
		want   string
	}{
		"right":        {func(*gateway.Target) {}, ""},
		"form":         {func(t *gateway.Target) { t.Format, t.Body = gateway.Form, "to={phone}&text={text}" }, ""},
		"not JSON":     {func(t *gateway.Target) { t.Body = `{"to": {phone},}` }, "body"},
		"no colon":     {func(t *gateway.Target) { t.Headers = "Authorization" }, "headers"},
		"host":         {func(t *gateway.Target) { t.Headers = "Host: elsewhere" }, "headers"},
		"two in one":   {func(t *gateway.Target) { t.Headers = "A b: c" }, "headers"},
		"length":       {func(t *gateway.Target) { t.Headers = "content-length: 3" }, "headers"},
		"strange verb": {func(t *gateway.Target) { t.Method = "A B" }, "body"},
	} {
		to := target("https://sms.example.cn", gateway.SMS)
		x.change(&to)
		if got := to.Check(); got != x.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if gateway.Unknown(`{"a":"{phone}"} {mobile}`) != "{mobile}" || gateway.Unknown(`{"a": "{text}"}`) != "" {
		t.Error("placeholders")
	}
}

func TestBadOptions(t *testing.T) {
	if _, err := gateway.New(gateway.Options{CAFile: t.TempDir() + "/none"}, nil); err == nil {
		t.Error("a file that is not there")
	}
	if _, err := gateway.New(gateway.Options{Networks: "10.1.0.0/16,inside"}, nil); err == nil {
		t.Error("a network that is none")
	}
}
