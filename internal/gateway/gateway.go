// Package gateway carries short messages to services outside: the robots of
// groups in WeCom and DingTalk, a webhook that takes JSON, a gateway for text
// messages to telephones.
//
// Main types: [Client], [Target], [Message], [Failure]. It owns no tables, keeps
// nothing and tries once: when to try again is for package notify. An address
// that administrators type in must not lead into the network of the
// installation, so a client connects only to public addresses and to those that
// its keeper allows; it follows no redirect and uses no proxy.
package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"shangliang/internal/secret"
)

// The kinds of target.
const (
	WeCom    = "wecom"    // robot of a group in 企业微信
	DingTalk = "dingtalk" // robot of a group in 钉钉
	Webhook  = "webhook"  // takes a Message as JSON, signed
	SMS      = "sms"      // sends text messages
)

// Target is where messages go.
type Target struct {
	Kind    string
	Address string      // https://HOST/PATH, without query
	Query   secret.Text // of the address: it may hold keys
	Secret  secret.Text // signs (DingTalk, Webhook); "{secret}" in a request to an SMS gateway

	// Of an SMS gateway. "{phone}", "{text}", "{title}", "{link}", "{id}" and
	// "{secret}" in the query, the headers and the body stand for what is sent.
	Method  string // GET, POST or PUT; POST when empty
	Headers string // "Name: value", one on a line
	Format  string // of the body: JSON or Form
	Body    string
	Success string // stands in the answer when the message was taken; blanks do not count
}

// Formats of a body.
const (
	JSON = "json"
	Form = "form"
)

// Recipient is one whom a message tells.
type Recipient struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Message is what is sent. A robot says Text, an SMS gateway gets Text for
// Phone, a webhook gets all but those two.
type Message struct {
	ID       string      `json:"id"` // the same however often it is tried
	Kind     string      `json:"kind"`
	Title    string      `json:"title"`
	Body     string      `json:"body,omitempty"`
	Link     string      `json:"link,omitempty"`
	Object   string      `json:"object,omitempty"`
	ObjectID string      `json:"object_id,omitempty"`
	At       time.Time   `json:"at"`
	To       []Recipient `json:"to"`
	Text     string      `json:"-"`
	Phone    string      `json:"-"`
}

// Failure is a message that was not taken. Its text holds no secret.
type Failure struct {
	Final   bool   // trying again would change nothing
	Blocked bool   // the address is one that must not be connected to
	Detail  string // what the service said, or why it was not reached
}

// Error implements error.
func (f *Failure) Error() string { return f.Detail }

// Options say where a client may connect; all may be zero.
type Options struct {
	// Networks that are not public and may be connected to all the same, also
	// without TLS: "10.1.0.0/16, 10.2.3.4".
	Networks string
	CAFile   string        // PEM of certificates to trust as well
	Timeout  time.Duration // for one message; 10 s when 0
}

// Client sends messages. It is safe for concurrent use.
type Client struct {
	http    *http.Client
	allow   []netip.Prefix
	timeout time.Duration
	now     func() time.Time
}

// New makes a client. now is time.Now when nil.
func New(o Options, now func() time.Time) (*Client, error) {
	allow, err := prefixes(o.Networks)
	if err != nil {
		return nil, err
	}
	c := &Client{allow: allow, timeout: o.Timeout, now: now}
	if c.timeout <= 0 {
		c.timeout = 10 * time.Second
	}
	if c.now == nil {
		c.now = time.Now
	}
	transport := &http.Transport{DialContext: c.dialer().DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
		TLSHandshakeTimeout: c.timeout, MaxResponseHeaderBytes: 64 << 10}
	if o.CAFile != "" {
		trusted, err := x509.SystemCertPool()
		if err != nil {
			trusted = x509.NewCertPool() // a machine without any
		}
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("gateway: %w", err)
		}
		if !trusted.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("gateway: there is no certificate in %s", o.CAFile)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
	}
	c.http = &http.Client{Transport: transport, Timeout: c.timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c, nil
}

// Timeout is how long one message may take.
func (c *Client) Timeout() time.Duration { return c.timeout }

// answerLimit is how much of an answer is read.
const answerLimit = 64 << 10

// Send sends a message once. An error is a *[Failure].
func (c *Client) Send(ctx context.Context, t Target, m Message) error {
	r, err := t.request(m, c.now())
	if err != nil {
		return t.failure(true, err.Error())
	}
	res, err := c.http.Do(r.WithContext(forTLS(ctx, r.URL.Scheme == "https")))
	if err != nil {
		f := t.failure(false, inner(err))
		if errors.Is(err, errBlocked) {
			f.Final, f.Blocked = true, true
		}
		return f
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, answerLimit))
	if err != nil {
		return t.failure(false, inner(err))
	}
	if f := t.judge(res.StatusCode, answer); f != nil {
		return f
	}
	return nil
}

// inner is an error without the address that package net/http puts before it:
// the address has the key in it.
func inner(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		if e.Timeout() {
			return "no answer in time"
		}
		err = e.Err
	}
	return err.Error()
}

// failure hides from the detail what must not be shown, should the service have
// repeated it.
func (t Target) failure(final bool, detail string) *Failure {
	hide := []string{string(t.Secret), string(t.Query)}
	if q, err := url.ParseQuery(string(t.Query)); err == nil {
		for _, values := range q {
			hide = append(hide, values...)
		}
	}
	for _, s := range hide {
		if len(s) >= 6 {
			detail = strings.ReplaceAll(detail, s, "…")
		}
	}
	return &Failure{Final: final, Detail: cut(strings.Join(strings.Fields(strings.ToValidUTF8(detail, "?")), " "), 300)}
}

// busy are the error codes that say "later": too many messages, or too much to do.
var busy = map[int]bool{-1: true, 45009: true, 45033: true, 130101: true, 410100: true}

// judge reads an answer; nil means that the message was taken.
func (t Target) judge(status int, answer []byte) *Failure {
	if status < 200 || status > 299 {
		later := status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
		return t.failure(!later, fmt.Sprintf("%d %s %s", status, http.StatusText(status), answer))
	}
	if t.Kind == Webhook {
		return nil
	}
	if t.Kind == SMS && t.Success != "" {
		if !strings.Contains(squeeze(string(answer)), squeeze(t.Success)) {
			return t.failure(true, string(answer))
		}
		return nil
	}
	var said struct {
		Code *int   `json:"errcode"`
		Msg  string `json:"errmsg"`
	}
	err := json.Unmarshal(answer, &said)
	switch {
	case said.Code != nil && *said.Code != 0:
		return t.failure(!busy[*said.Code], fmt.Sprintf("errcode %d: %s", *said.Code, said.Msg))
	case t.Kind != SMS && (err != nil || said.Code == nil): // somebody else answered
		return t.failure(false, fmt.Sprintf("%d, not an answer of this service: %s", status, answer))
	}
	return nil
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// cut bounds a text by bytes, between characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n -= len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
