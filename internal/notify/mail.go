package notify

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net/mail"
	"os"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"shangliang/internal/lang"
)

// SMTP is the mail server. With no Host no mail is sent.
type SMTP struct {
	Host         string
	Port         int    // 587, or 465 with TLS "implicit", when 0
	User         string // empty: without authentication
	PasswordFile string // read at each connection, so that it can be changed
	From         string // "县政协 <zx@example.cn>"
	// TLS: "starttls" (the default; required), "implicit", or "none" for a server
	// on the same machine.
	TLS     string
	CAFile  string        // PEM of certificates to trust as well, of a server that has its own
	Timeout time.Duration // for one mail; 30 s when 0
}

func (c SMTP) configured() bool { return c.Host != "" }

func (c SMTP) check() error {
	if !c.configured() {
		return nil
	}
	if _, err := mail.ParseAddress(c.From); err != nil {
		return fmt.Errorf("notify: sender %q of mails: %w", c.From, err)
	}
	switch c.TLS {
	case "", "starttls", "implicit", "none":
		return nil
	}
	return fmt.Errorf("notify: TLS is starttls, implicit or none, not %q", c.TLS)
}

func (c SMTP) timeout() time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return 30 * time.Second
}

// domain is the sender's, for Message-IDs.
func (c SMTP) domain() string {
	a, err := mail.ParseAddress(c.From)
	if err != nil {
		return "localhost"
	}
	return a.Address[strings.LastIndexByte(a.Address, '@')+1:]
}

// dial connects and signs in.
func (c SMTP) dial(ctx context.Context) (*gomail.Client, error) {
	options := []gomail.Option{gomail.WithTimeout(c.timeout()), gomail.WithHELO(c.domain())}
	switch c.TLS {
	case "implicit":
		options = append(options, gomail.WithSSLPort(false))
	case "none":
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPortPolicy(gomail.TLSMandatory))
	}
	if c.CAFile != "" {
		trusted, err := c.trusted()
		if err != nil {
			return nil, err
		}
		options = append(options, gomail.WithTLSConfig(&tls.Config{ServerName: c.Host, RootCAs: trusted, MinVersion: tls.VersionTLS12}))
	}
	if c.Port > 0 {
		options = append(options, gomail.WithPort(c.Port))
	}
	if c.User != "" {
		password, err := os.ReadFile(c.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("notify: password for mails: %w", err)
		}
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(c.User), gomail.WithPassword(strings.TrimSpace(string(password))))
	}
	client, err := gomail.NewClient(c.Host, options...)
	if err != nil {
		return nil, err
	}
	return client, client.DialWithContext(ctx)
}

// trusted are the machine's certificates and those of the file.
func (c SMTP) trusted() (*x509.CertPool, error) {
	all, err := x509.SystemCertPool()
	if err != nil {
		all = x509.NewCertPool() // a machine without any
	}
	b, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("notify: certificates for mails: %w", err)
	}
	if !all.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("notify: no certificate in %s", c.CAFile)
	}
	return all, nil
}

// MessageID is the same however often a notice is mailed, so that a mail that
// had to be sent twice can be recognised as one.
func (n *Notifier) MessageID(notice string) string { return notice + "@" + n.smtp.domain() }

// id stands for all that a message tells: the notice's own, or that of a roundup.
func (q *queued) id() string {
	if len(q.more) == 0 {
		return q.notice
	}
	h := sha256.New()
	for _, x := range q.all() {
		h.Write([]byte(x.notice))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// message writes a claimed delivery as a mail, or a roundup of several.
func (n *Notifier) message(ctx context.Context, q *queued) (*gomail.Msg, error) {
	ctx = lang.With(ctx, n.words, lang.Parse(q.lang))
	title := render(ctx, q.title, q.params)
	var b strings.Builder
	b.WriteString(lang.T(ctx, "%s，您好：", q.name) + "\n")
	if len(q.more) > 0 {
		title = lang.T(ctx, "通知汇总：%d条", len(q.more)+1)
		b.WriteString("\n" + lang.T(ctx, "上次以来您有%d条通知：", len(q.more)+1) + "\n")
	}
	for i, x := range q.all() {
		b.WriteString("\n")
		if len(q.more) > 0 {
			b.WriteString(strconv.Itoa(i+1) + ". ")
		}
		b.WriteString(oneLine(render(ctx, x.title, x.params)) + "\n")
		if k := n.byID[x.kind]; k != nil && k.BodyInMail && x.body != "" {
			b.WriteString(render(ctx, x.body, x.params) + "\n")
		}
		if x.link != "" && n.baseURL != "" {
			if len(q.more) == 0 {
				b.WriteString("\n" + lang.T(ctx, "请登录平台查看：") + "\n")
			}
			b.WriteString(n.baseURL + x.link + "\n")
		}
		if why := WhyText(ctx, x.why); why != "" && len(q.more) == 0 {
			b.WriteString("\n" + lang.T(ctx, "收到这条通知，是因为%s。", why) + "\n")
		}
	}
	b.WriteString("\n" + lang.T(ctx, "本邮件由平台自动发出，请勿回复。不想再收到这类邮件，可在平台的通知设置中关闭。") + "\n")

	m := gomail.NewMsg()
	if err := m.From(n.smtp.From); err != nil {
		return nil, err
	}
	last := q.all()[len(q.more)] // where they are reached by now
	if err := m.AddToFormat(last.name, last.address); err != nil {
		return nil, err
	}
	m.Subject(oneLine(title))
	m.SetMessageIDWithValue(n.MessageID(q.id()))
	m.SetDateWithValue(q.all()[len(q.more)].created.Time)
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetBodyString(gomail.TypeTextPlain, b.String())
	return m, nil
}
