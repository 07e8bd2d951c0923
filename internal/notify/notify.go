// Package notify tells people what happened: in the platform at once, by mail
// soon after. For every person and channel there is one record, of what was sent
// and of what was not and why.
//
// Services call [Notifier.Send] in the transaction of the act; [Notifier.Deliver]
// sends the mail of all tenants, any number of processes may. Main types:
// [Notifier], [Kind], [Notice], [Received], [Delivery].
//
// It owns the tables notice, delivery and notice_preference. It deliberately
// does not know who people are (a function says where they are reached) and puts
// nothing into a mail but title and link, unless the kind allows. Reading one's
// own notices leaves its trace in notice.read_at and is no entry of the ledger.
package notify

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"

	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/lang"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations holds the schema of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words is this package's English.
//
//go:embed en.tsv
var Words []byte

// Manage is the permission to see a tenant's deliveries and to send one again.
const Manage = "notify.manage"

// Kind is a kind of notice with its wording. Title and Body are templates in
// Simplified Chinese with an English line in the declaring package's en.tsv;
// "{name}" stands for a parameter.
type Kind struct {
	ID         string // "proposal.filed"
	Name       string // as in a person's settings: "提案立案"
	Title      string // "您的提案《{title}》已立案"
	Body       string // may be empty
	Mail       bool   // is mailed, unless the person switches it off
	BodyInMail bool   // Body holds nothing confidential
}

// Params fill in the templates. A value is a string as people typed it, a
// lang.Word that is translated, a calendar.Date or an int.
type Params map[string]any

// Notice is something to tell people. An empty To is recorded as told to nobody.
type Notice struct {
	Tenant   string
	To       []string // persons; each is told once
	Kind     string   // id of a declared kind
	Title    string   // a template in place of the kind's
	Body     string   // a template in place of the kind's
	Link     string   // path in the platform: "/proposals/…"
	Object   string   // "proposal"
	ObjectID string
	Params   Params
	// Superseded records the notice as not sent, since a later one takes its place.
	Superseded bool
}

// Address is where a person is reached.
type Address struct {
	Name    string
	Account string // empty: cannot sign in, so sees nothing here
	Email   string
	Lang    lang.Lang
}

// Channels.
const (
	App  = "app"
	Mail = "mail"
)

// States of a delivery.
const (
	Pending = "pending" // to be sent at its time
	Sending = "sending" // a worker is at it
	Sent    = "sent"
	Failed  = "failed"  // given up; the reason says why
	Skipped = "skipped" // never tried; the reason says why
)

// Reason says why a delivery was skipped or failed.
type Reason struct{ ID, Text string }

// Reasons are all of them, in words.
var Reasons = []Reason{
	{"no_recipient", "没有可通知的人"},
	{"no_account", "没有账号"},
	{"superseded", "已有更新的提醒，这一条不再发送"},
	{"not_mailed", "这类通知不发邮件"},
	{"switched_off", "本人关闭了这类邮件"},
	{"no_email", "没有电子邮箱"},
	{"no_smtp", "平台没有配置邮件服务器"},
	{"bad_address", "电子邮箱地址有误"},
	{"rejected", "邮件服务器拒收"},
	{"gave_up", "多次发送不成功"},
}

// ReasonText returns a reason in the context's language; "" for none.
func ReasonText(ctx context.Context, id string) string {
	for _, r := range Reasons {
		if r.ID == id {
			return lang.T(ctx, r.Text)
		}
	}
	return id
}

// Config is what the platform gives.
type Config struct {
	// Addresses says where persons of a tenant are reached; who is missing from
	// its answer is unknown.
	Addresses func(tx *db.Tx, tenant string, persons []string) (map[string]Address, error)
	Kinds     []Kind
	Words     *lang.Words // for mails
	BaseURL   string      // "https://zx.example.cn", before links in mails
	SMTP      SMTP
	Log       *slog.Logger // slog.Default() when nil
}

// Notifier tells people. It is safe for concurrent use.
type Notifier struct {
	db        *db.DB
	addresses func(tx *db.Tx, tenant string, persons []string) (map[string]Address, error)
	kinds     []Kind
	byID      map[string]*Kind
	words     *lang.Words
	baseURL   string
	smtp      SMTP
	log       *slog.Logger
	wake      chan struct{}
}

// New checks the kinds of all modules: an id declared twice, or one without name
// and title, is an error.
func New(d *db.DB, c Config) (*Notifier, error) {
	n := &Notifier{db: d, addresses: c.Addresses, kinds: c.Kinds, byID: map[string]*Kind{}, words: c.Words,
		baseURL: strings.TrimRight(c.BaseURL, "/"), smtp: c.SMTP, log: c.Log, wake: make(chan struct{}, 1)}
	if n.log == nil {
		n.log = slog.Default()
	}
	for i := range n.kinds {
		k := &n.kinds[i]
		if k.ID == "" || k.Name == "" || k.Title == "" {
			return nil, fmt.Errorf("notify: kind %d (%q) needs ID, Name and Title", i, k.ID)
		}
		if n.byID[k.ID] != nil {
			return nil, fmt.Errorf("notify: kind %s is declared twice", k.ID)
		}
		n.byID[k.ID] = k
	}
	if err := c.SMTP.check(); err != nil {
		return nil, err
	}
	return n, nil
}

// Kinds returns the declared kinds. The slice is shared.
func (n *Notifier) Kinds() []Kind { return n.kinds }

// Send records a notice for each person, shows it to those with an account at
// once and queues the mails; all of it with tx or not at all.
func (n *Notifier) Send(tx *db.Tx, m Notice) error {
	kind := n.byID[m.Kind]
	if kind == nil || m.Tenant == "" {
		return fmt.Errorf("notify: no kind %q, or no tenant", m.Kind)
	}
	if m.Title == "" {
		m.Title = kind.Title
	}
	if m.Body == "" {
		m.Body = kind.Body
	}
	params, err := m.Params.encode()
	if err != nil {
		return err
	}
	to := slices.DeleteFunc(slices.Clone(m.To), func(p string) bool { return p == "" })
	slices.Sort(to)
	to = slices.Compact(to)
	known, err := n.addresses(tx, m.Tenant, to)
	if err != nil {
		return err
	}
	off, err := switchedOff(tx, m.Tenant, kind.ID, to)
	if err != nil {
		return err
	}
	if len(to) == 0 {
		to = []string{""}
	}
	now := db.At(tx.Now())
	var notices, deliveries [][]any
	queued := false
	for _, person := range to {
		a := known[person]
		id := db.NewID()
		reason := "" // of not being told at all
		switch {
		case m.Superseded:
			reason = "superseded"
		case person == "":
			reason = "no_recipient"
		case a.Account == "":
			reason = "no_account"
		}
		notices = append(notices, []any{m.Tenant, id, person, kind.ID, m.Title, m.Body, params, m.Link, m.Object, m.ObjectID, now, reason == "", db.Time{}})
		app := Delivery{Channel: App, State: Sent, DoneAt: now}
		if reason != "" {
			app.State, app.Reason = Skipped, reason
		}
		mail := Delivery{Channel: Mail, State: Pending, next: now}
		if why := n.unmailed(kind, a, reason, off[person]); why != "" {
			mail = Delivery{Channel: Mail, State: Skipped, Reason: why, DoneAt: now}
		}
		queued = queued || mail.State == Pending
		for _, d := range []Delivery{app, mail} {
			deliveries = append(deliveries, []any{m.Tenant, id, d.Channel, person, kind.ID, d.State, d.Reason, "", a.Email, a.Name, string(a.Lang), 0, d.next, "", now, d.DoneAt})
		}
	}
	if err := insert(tx, `notice (tenant, id, person, kind, title, body, params, link, object, object_id, created_at, shown, read_at)`, notices); err != nil {
		return err
	}
	if err := insert(tx, `delivery (tenant, notice, channel, person, kind, state, reason, detail, address, name, lang, tries, next_at, claim, created_at, done_at)`, deliveries); err != nil {
		return err
	}
	if queued {
		tx.AfterCommit(n.nudge)
	}
	return nil
}

// unmailed says why a notice is not mailed; "" if it is.
func (n *Notifier) unmailed(kind *Kind, a Address, untold string, off bool) string {
	switch {
	case untold != "":
		return untold
	case !kind.Mail:
		return "not_mailed"
	case off:
		return "switched_off"
	case a.Email == "":
		return "no_email"
	case !n.smtp.configured():
		return "no_smtp"
	}
	return ""
}

// nudge wakes the worker of this process, which otherwise looks now and then.
func (n *Notifier) nudge() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// insert writes rows many at a time: a notice to a whole conference is two
// thousand of them.
func insert(tx *db.Tx, into string, rows [][]any) error {
	for part := range slices.Chunk(rows, 50) {
		var b strings.Builder
		var args []any
		b.WriteString(`INSERT INTO ` + into + ` VALUES `)
		for i, row := range part {
			if i > 0 {
				b.WriteByte(',')
			}
			var list string
			list, args = db.In(args, row)
			b.WriteString(list)
		}
		if _, err := tx.Exec(b.String(), args...); err != nil {
			return err
		}
	}
	return nil
}

// stored is a parameter in the database: exactly one field is set, or none for
// the empty text.
type stored struct {
	Text string        `json:"t,omitempty"`
	Word string        `json:"w,omitempty"`
	Day  calendar.Date `json:"d,omitempty"`
	N    *int          `json:"n,omitempty"`
}

func (p Params) encode() (string, error) {
	all := map[string]stored{}
	for name, v := range p {
		switch v := v.(type) {
		case string:
			all[name] = stored{Text: v}
		case lang.Word:
			all[name] = stored{Word: string(v)}
		case calendar.Date:
			all[name] = stored{Day: v}
		case int:
			all[name] = stored{N: &v}
		default:
			return "", fmt.Errorf("notify: parameter %s is a %T", name, v)
		}
	}
	b, err := json.Marshal(all)
	return string(b), err
}

// render fills in a template in the context's language.
func render(ctx context.Context, template, params string) string {
	if template == "" {
		return ""
	}
	text := lang.T(ctx, template)
	var all map[string]stored
	if err := json.Unmarshal([]byte(params), &all); err != nil {
		return text
	}
	var pairs []string
	for name, v := range all {
		s := v.Text
		switch {
		case v.Word != "":
			s = lang.T(ctx, v.Word)
		case v.Day != "":
			s = v.Day.Long(ctx)
		case v.N != nil:
			s = fmt.Sprint(*v.N)
		}
		pairs = append(pairs, "{"+name+"}", s)
	}
	return strings.NewReplacer(pairs...).Replace(text) // one pass: a value is not searched for names
}

// Undelivered records of a notice that nobody knows how it was delivered: it has
// no delivery, so nothing says that it was sent.
func (n *Notifier) Undelivered(tx *db.Tx, tenant, notice string) error {
	var d Delivery
	if err := tx.Get(`SELECT person, kind FROM notice WHERE tenant = $1 AND id = $2`, []any{tenant, notice}, &d.Person, &d.Kind); err != nil {
		return err
	}
	now := db.At(tx.Now())
	return insert(tx, `delivery (tenant, notice, channel, person, kind, state, reason, detail, address, name, lang, tries, next_at, claim, created_at, done_at)`,
		[][]any{{tenant, notice, App, d.Person, d.Kind, Failed, "gave_up", "", "", "", "", 0, db.Time{}, "", now, now}})
}
