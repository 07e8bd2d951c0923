// Package notify tells people what happened: in the platform at once, soon after
// by mail and text message, and groups and other systems by the gateways that a
// tenant has set up. For every person and channel there is one record, of what
// was sent and of what was not and why.
//
// Services call [Notifier.Send] in the transaction of the act; [Notifier.Deliver]
// sends what goes outside for all tenants, any number of processes may. Main
// types: [Notifier], [Kind], [Notice], [Received], [Delivery], [Gateway],
// [Channel].
//
// It owns the tables notice, delivery, notice_preference, notice_timing and
// notice_gateway. It
// deliberately does not know who people are (a function says where they are
// reached) nor how a gateway is spoken to (package gateway does), and puts nothing
// into a message but title and link, unless the kind allows. Reading one's
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
	"shangliang/internal/gateway"
	"shangliang/internal/lang"
	"shangliang/internal/secret"
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
	Urgent     bool   // does not wait: neither for quiet hours nor for a roundup
	Must       bool   // its mail cannot be switched off
	Morning    bool   // tells of a day, which begins at midnight: goes outside from eight on
}

// Params fill in the templates. A value is a string as people typed it, a
// lang.Word that is translated, a calendar.Date or an int.
type Params map[string]any

// Notice is something to tell people. An empty To is recorded as told to nobody.
type Notice struct {
	Tenant   string
	To       []Told // each person is told once, for the first reason given
	Kind     string // id of a declared kind
	Title    string // a template in place of the kind's
	Body     string // a template in place of the kind's
	Link     string // path in the platform: "/proposals/…"
	Object   string // "proposal"
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
	Phone   string // as it was typed in; a text message goes to a mobile one only
	Lang    lang.Lang
}

// Channels to persons; to a group or a system it is the kind of its gateway.
const (
	App  = "app"
	Mail = "mail"
	SMS  = gateway.SMS
)

// States of a delivery.
const (
	Pending = "pending" // to be sent at its time
	Sending = "sending" // a worker is at it
	Sent    = "sent"
	Failed  = "failed"  // given up; the reason says why
	Skipped = "skipped" // never tried; the reason says why
)

// Reason says why a delivery was skipped or failed, or what it waits for; one that
// went out in a roundup keeps that.
type Reason struct{ ID, Text string }

// Reasons are all of them, in words.
var Reasons = []Reason{
	{"no_recipient", "没有可通知的人"},
	{"no_account", "没有账号"},
	{"quiet_hours", "免打扰时间，结束后发送"},
	{"roundup", "收入汇总邮件"},
	{"morning", "早上八点起发送"},
	{"superseded", "已有更新的提醒，这一条不再发送"},
	{"not_mailed", "这类通知不发邮件"},
	{"switched_off", "本人关闭了这个渠道的这类通知"},
	{"no_email", "没有电子邮箱"},
	{"no_smtp", "平台没有配置邮件服务器"},
	{"bad_address", "电子邮箱地址有误"},
	{"not_texted", "这类通知不发短信"},
	{"no_phone", "没有手机号"},
	{"gateway_off", "这个渠道已经停用或者删除"},
	{"no_secret", "渠道的密钥无法读取，请重新填写"},
	{"blocked", "渠道的地址在内部网络，平台没有放行"},
	{"rejected", "对方服务器拒收"},
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
	Gateways  *gateway.Client // nil: none can be set up
	Key       []byte          // seals the secrets of gateways; none can be set up without
	Log       *slog.Logger    // slog.Default() when nil
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
	gateways  *gateway.Client
	sealer    *secret.Sealer
	log       *slog.Logger
	wake      chan struct{}
}

// New checks the kinds of all modules: an id declared twice, or one without name
// and title, is an error.
func New(d *db.DB, c Config) (*Notifier, error) {
	n := &Notifier{db: d, addresses: c.Addresses, kinds: c.Kinds, byID: map[string]*Kind{}, words: c.Words,
		baseURL: strings.TrimRight(c.BaseURL, "/"), smtp: c.SMTP, gateways: c.Gateways, log: c.Log, wake: make(chan struct{}, 1)}
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
	if len(c.Key) > 0 {
		var err error
		if n.sealer, err = secret.NewSealer(c.Key, "shangliang notify gateways"); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// Kinds returns the declared kinds. The slice is shared.
func (n *Notifier) Kinds() []Kind { return n.kinds }

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
	d.Notice, d.Channel, d.State, d.Reason, d.CreatedAt, d.DoneAt = notice, App, Failed, "gave_up", now, now
	return insert(tx, deliveryInsert, [][]any{d.values(tenant)})
}

// Topic is what people choose by: all kinds of one name.
type Topic struct {
	Name  string // as Kind.Name
	Kinds []Kind
}

// ID stands for the topic in a form.
func (t Topic) ID() string { return t.Kinds[0].ID }

// Topics are the declared kinds by name, in their order.
func (n *Notifier) Topics() (all []Topic) {
	at := map[string]int{}
	for _, k := range n.kinds {
		i, ok := at[k.Name]
		if !ok {
			i = len(all)
			at[k.Name], all = i, append(all, Topic{Name: k.Name})
		}
		all[i].Kinds = append(all[i].Kinds, k)
	}
	return all
}
