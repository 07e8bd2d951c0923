package notify

import (
	"context"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
)

// Delivery is the record of one notice on one channel to one person.
type Delivery struct {
	Notice    string
	Channel   string
	Person    string // "" of one to a group or a system
	Name      string // of the person as it was then, or of the gateway
	Kind      string
	Title     string // in the reader's language
	Link      string
	State     string
	Reason    string // id of a [Reason]; "" while all is well
	Detail    string // what the service said
	Address   string // mail address, or telephone of a text message
	Tries     int
	NextAt    db.Time // of a pending one: when it is tried next
	CreatedAt db.Time
	DoneAt    db.Time

	params, lang, gateway string
}

const deliveryColumns = `d.notice, d.channel, d.person, d.name, d.kind, n.title, n.link, n.params, d.state, d.reason, d.detail, d.address, d.tries, d.next_at, d.created_at, d.done_at`

const deliveryFrom = ` FROM delivery d JOIN notice n ON n.tenant = d.tenant AND n.id = d.notice `

func (d *Delivery) fields() []any {
	return []any{&d.Notice, &d.Channel, &d.Person, &d.Name, &d.Kind, &d.Title, &d.Link, &d.params, &d.State, &d.Reason, &d.Detail, &d.Address, &d.Tries, &d.NextAt, &d.CreatedAt, &d.DoneAt}
}

// Filter narrows [Notifier.Deliveries]; empty fields do not narrow.
type Filter struct {
	State   string
	Channel string
	Person  string
	Before  string // id of a notice: only older ones, for paging
	N       int    // at most so many; 50 when 0
}

// Deliveries lists the tenant's, the newest first. It needs [Manage].
func (n *Notifier) Deliveries(ctx context.Context, f Filter) (all []*Delivery, err error) {
	a, err := actor.Require(ctx, Manage)
	if err != nil {
		return nil, err
	}
	if f.N <= 0 {
		f.N = 50
	}
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, (*Delivery).fields, `SELECT `+deliveryColumns+deliveryFrom+`
			WHERE d.tenant = $1 AND ($2 = '' OR d.state = $2) AND ($3 = '' OR d.channel = $3) AND ($4 = '' OR d.person = $4)
			AND ($5 = '' OR d.notice < $5) ORDER BY d.notice DESC, d.channel LIMIT $6`,
			a.Tenant, f.State, f.Channel, f.Person, f.Before, f.N)
		return err
	})
	for _, d := range all {
		d.Title = render(ctx, d.Title, d.params)
	}
	return all, err
}

// Told lists who was told what about an object, and who was not, oldest first.
// Whether the actor may know is for the caller, who shows the object.
func (n *Notifier) Told(tx *db.Tx, tenant, object, objectID string) ([]*Delivery, error) {
	all, err := db.All(tx, (*Delivery).fields, `SELECT `+deliveryColumns+deliveryFrom+`
		WHERE n.tenant = $1 AND n.object = $2 AND n.object_id = $3 ORDER BY d.notice, d.channel`, tenant, object, objectID)
	for _, d := range all {
		d.Title = render(tx.Context(), d.Title, d.params)
	}
	return all, err
}

// Resend queues again a mail that failed or was skipped, to the address that the
// person has by now. What was sent or is on its way is a Conflict. It needs
// [Manage].
func (n *Notifier) Resend(ctx context.Context, notice string) error {
	a, err := actor.Require(ctx, Manage)
	if err != nil {
		return err
	}
	return n.db.Write(ctx, func(tx *db.Tx) error {
		if _, ok, err := ledger.Replayed(tx); ok || err != nil {
			return err
		}
		var person, kind, state, reason string
		if err := tx.Get(`SELECT person, kind, state, reason FROM delivery WHERE tenant = $1 AND notice = $2 AND channel = $3`,
			[]any{a.Tenant, notice, Mail}, &person, &kind, &state, &reason); err != nil {
			return err
		}
		k := n.byID[kind]
		switch {
		case state != Failed && state != Skipped:
			return errs.New(errs.Conflict, "这封邮件已经发送或正在发送")
		case person == "" || reason == "superseded" || k == nil || !k.Mail:
			return errs.New(errs.Conflict, "这条通知不能再发邮件")
		case !n.smtp.configured():
			return errs.New(errs.Conflict, "平台没有配置邮件服务器")
		}
		known, err := n.addresses(tx, a.Tenant, []string{person})
		if err != nil {
			return err
		}
		to := known[person]
		if to.Email == "" {
			return errs.New(errs.Conflict, "此人没有电子邮箱，请先在名册中补上")
		}
		if err := db.Touch(tx.Exec(`UPDATE delivery SET state = $1, reason = '', detail = '', address = $2, name = $3, lang = $4, tries = 0, next_at = $5, done_at = ''
			WHERE tenant = $6 AND notice = $7 AND channel = $8 AND state = $9`,
			Pending, to.Email, to.Name, string(to.Lang), db.At(tx.Now()), a.Tenant, notice, Mail, state)); err != nil {
			return err
		}
		tx.AfterCommit(n.nudge)
		return ledger.Append(tx, ledger.Entry{Action: "notify.resend", Kind: "notice", Object: notice, From: state, To: Pending})
	})
}
