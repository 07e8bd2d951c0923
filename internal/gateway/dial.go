package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// errBlocked is the refusal to connect somewhere.
var errBlocked = errors.New("the address is inside the network of the platform, or is not reached by TLS; its keeper has not allowed that")

// special are the networks that are not public beyond what package netip knows:
// whoever answers there is not out in the Internet.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // behind a provider's translation
	netip.MustParsePrefix("192.0.0.0/24"),    // protocols
	netip.MustParsePrefix("192.88.99.0/24"),  // relays from IPv6
	netip.MustParsePrefix("198.18.0.0/15"),   // measurements
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, broadcast
	netip.MustParsePrefix("64:ff9b::/96"),    // translated to IPv4
	netip.MustParsePrefix("64:ff9b:1::/48"),  // the same, locally
	netip.MustParsePrefix("2001::/32"),       // tunnels (Teredo)
	netip.MustParsePrefix("2002::/16"),       // tunnels (6to4)
	netip.MustParsePrefix("fec0::/10"),       // sites, of old
	netip.MustParsePrefix("::/96"),           // IPv4 of old
	netip.MustParsePrefix("100::/64"),        // nowhere
	netip.MustParsePrefix("2001:db8::/32"),   // examples
	netip.MustParsePrefix("192.0.2.0/24"),    // examples
	netip.MustParsePrefix("198.51.100.0/24"), // examples
	netip.MustParsePrefix("203.0.113.0/24"),  // examples
}

// public reports whether an address belongs to the Internet.
func public(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// Allows reports whether a client connects to an address, over TLS or without.
func (c *Client) Allows(ip netip.Addr, tls bool) bool {
	ip = ip.Unmap().WithZone("")
	return tls && public(ip) || slices.ContainsFunc(c.allow, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// Plain reports whether there is anywhere to connect to without TLS.
func (c *Client) Plain() bool { return len(c.allow) > 0 }

type tlsKey struct{}

func forTLS(ctx context.Context, yes bool) context.Context {
	return context.WithValue(ctx, tlsKey{}, yes)
}

// dialer looks at the address after the name was resolved, just before it
// connects: a name that leads inside, or one whose answer changes between two
// looks, gets nowhere.
func (c *Client) dialer() *net.Dialer {
	return &net.Dialer{Timeout: c.timeout, KeepAlive: 30 * time.Second, ControlContext: func(ctx context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		tls, _ := ctx.Value(tlsKey{}).(bool)
		if err != nil || !c.Allows(at.Addr(), tls) {
			return errBlocked
		}
		return nil
	}}
}

// prefixes reads networks that are parted by commas; an address alone is one.
func prefixes(s string) (all []netip.Prefix, err error) {
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := netip.ParsePrefix(part)
		if ip, e := netip.ParseAddr(part); e == nil {
			p, err = netip.PrefixFrom(ip, ip.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("gateway: %q is no network, such as 10.1.0.0/16", part)
		}
		all = append(all, p.Masked())
	}
	return all, nil
}
