package gateway

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
)

// The dialer learns whether it connects for TLS: without that, nothing public
// would be reached.
func TestDialerKnowsTLS(t *testing.T) {
	for address, want := range map[string]bool{"https://example.cn/hook": true, "http://example.cn/hook": false} {
		c, err := New(Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		asked := false
		c.http.Transport.(*http.Transport).DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			asked = true
			if got, _ := ctx.Value(tlsKey{}).(bool); got != want {
				t.Errorf("%s: %v", address, got)
			}
			return nil, errors.New("no further")
		}
		if err := c.Send(context.Background(), Target{Kind: Webhook, Address: address}, Message{}); err == nil || !asked {
			t.Errorf("%s: %v", address, err)
		}
	}
	// It is the context of the dialer's hook too.
	c, err := New(Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	control := c.dialer().ControlContext
	if err := control(forTLS(context.Background(), true), "tcp", "8.8.8.8:443", nil); err != nil {
		t.Error(err)
	}
	for _, ctx := range []context.Context{context.Background(), forTLS(context.Background(), false)} {
		if err := control(ctx, "tcp", "8.8.8.8:80", nil); !errors.Is(err, errBlocked) {
			t.Error(err)
		}
	}
}
