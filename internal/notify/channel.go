package notify

import (
	"context"
	"errors"
	"time"

	gomail "github.com/wneessen/go-mail"

	"shangliang/internal/gateway"
)

// Channel is a way out of the platform. Mail is one for everybody; each gateway
// of a tenant is one.
type Channel interface {
	// Open gets ready to carry some messages; its error holds for all of them.
	Open(ctx context.Context) (Carrier, error)
	// Timeout is how long one message may take at most.
	Timeout() time.Duration
}

// Carrier carries messages one after the other.
type Carrier interface {
	// Carry sends one message. A *[Refusal] is for good; after any other error the
	// message is tried again later, and so are those behind it.
	Carry(ctx context.Context, q *queued) error
	Close()
}

// Refusal is a message that can never be sent.
type Refusal struct{ Reason, Detail string }

// Error implements error.
func (r *Refusal) Error() string { return "notify: " + r.Reason + ": " + r.Detail }

// backoff is the pause before each further try, by channel; after the last the
// delivery has failed. A mail server is mended in two days; what goes to a
// telephone or a group is stale by then.
var (
	mailBackoff    = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour}
	gatewayBackoff = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour}
)

func backoffOf(channel string) []time.Duration {
	if channel == Mail {
		return mailBackoff
	}
	return gatewayBackoff
}

// mailChannel is the mail server.
type mailChannel struct{ n *Notifier }

func (c mailChannel) Timeout() time.Duration { return c.n.smtp.timeout() }

func (c mailChannel) Open(ctx context.Context) (Carrier, error) {
	client, err := c.n.smtp.dial(ctx)
	if err != nil {
		return nil, err
	}
	return &mailCarrier{c.n, client}, nil
}

type mailCarrier struct {
	n      *Notifier
	client *gomail.Client
}

func (c *mailCarrier) Close() { c.client.Close() } // an error of saying goodbye takes nothing back

func (c *mailCarrier) Carry(ctx context.Context, q *queued) error {
	m, err := c.n.message(ctx, q)
	if err != nil {
		return &Refusal{"bad_address", err.Error()}
	}
	switch err := c.client.Send(m); {
	case err == nil || m.IsDelivered():
		return nil
	case refused(err):
		return &Refusal{"rejected", err.Error()}
	default:
		return err
	}
}

// gatewayChannel is one gateway of a tenant.
type gatewayChannel struct {
	n      *Notifier
	target gateway.Target
}

func (c *gatewayChannel) Timeout() time.Duration                { return c.n.gateways.Timeout() }
func (c *gatewayChannel) Open(context.Context) (Carrier, error) { return c, nil }
func (c *gatewayChannel) Close()                                {}

func (c *gatewayChannel) Carry(ctx context.Context, q *queued) error {
	m, err := c.n.outgoing(ctx, q)
	if err != nil {
		return err
	}
	err = c.n.gateways.Send(ctx, c.target, m)
	if f, ok := errors.AsType[*gateway.Failure](err); ok && f.Final {
		reason := "rejected"
		if f.Blocked {
			reason = "blocked"
		}
		return &Refusal{reason, f.Detail}
	}
	return err
}

// channelOf is the way on which a claimed delivery goes; a Refusal if there is
// none any more.
func (n *Notifier) channelOf(ctx context.Context, q *queued) (Channel, error) {
	if q.channel == Mail {
		return mailChannel{n}, nil
	}
	t, err := n.target(ctx, q.tenant, q.gateway)
	if err != nil {
		return nil, err
	}
	return &gatewayChannel{n, t}, nil
}
