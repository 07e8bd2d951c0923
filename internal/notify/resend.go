package notify

import (
	"context"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/gateway"
	"shangliang/internal/ledger"
)

// Ref names a delivery.
type Ref struct{ Notice, Channel string }

// ParseRef reads a Ref from its text.
func ParseRef(s string) Ref {
	notice, channel, _ := strings.Cut(s, "@")
	return Ref{notice, channel}
}

// String is the text of a Ref.
func (r Ref) String() string { return r.Notice + "@" + r.Channel }

// Resend queues again what failed or was skipped, to where the person is reached
// by now. What was sent or is on its way, or cannot be sent, is a Conflict. It
// needs [Manage].
func (n *Notifier) Resend(ctx context.Context, r Ref) error {
	queued, err := n.ResendAll(ctx, []Ref{r})
	if err == nil && len(queued.Not) > 0 {
		return queued.Not[0]
	}
	return err
}

// Resent is what became of sending several again.
type Resent struct {
	Queued int
	Not    []error // why not, for each of the others
}

// ResendAll is [Notifier.Resend] for several, in one act; what cannot be sent is
// left as it is.
func (n *Notifier) ResendAll(ctx context.Context, refs []Ref) (out Resent, err error) {
	a, err := actor.Require(ctx, Manage)
	if err != nil {
		return out, err
	}
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		out = Resent{}
		if _, ok, err := ledger.Replayed(tx); ok || err != nil {
			out.Queued = len(refs)
			return err
		}
		all, err := found(tx, a.Tenant, refs)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return errs.Missing()
		}
		gateways, err := gatewaysOf(tx, a.Tenant)
		if err != nil {
			return err
		}
		var persons, done []string
		for _, d := range all {
			persons = append(persons, d.Person)
		}
		known, err := n.addresses(tx, a.Tenant, slices.DeleteFunc(persons, func(p string) bool { return p == "" }))
		if err != nil {
			return err
		}
		for _, d := range all {
			was, to := d.State, known[d.Person]
			if why := n.again(d, to, gateways); why != nil {
				out.Not = append(out.Not, why)
				continue
			}
			if err := db.Touch(tx.Exec(`UPDATE delivery SET state = $1, reason = '', detail = '', address = $2, name = $3, lang = $4, gateway = $5, tries = 0, next_at = $6, done_at = ''
				WHERE tenant = $7 AND notice = $8 AND channel = $9 AND state = $10`,
				Pending, d.Address, d.Name, string(to.Lang), d.gateway, db.At(tx.Now()), a.Tenant, d.Notice, d.Channel, was)); err != nil {
				return err
			}
			done = append(done, Ref{d.Notice, d.Channel}.String())
		}
		if out.Queued = len(done); out.Queued == 0 {
			return nil
		}
		tx.AfterCommit(n.nudge)
		first := ParseRef(done[0])
		return ledger.Append(tx, ledger.Entry{Action: "notify.resend", Kind: "notice", Object: first.Notice, To: Pending, Data: map[string]any{"deliveries": done}})
	})
	return out, err
}

// found are the deliveries that refs name, of those that there are.
func found(tx *db.Tx, tenant string, refs []Ref) (all []*Delivery, err error) {
	var ids []string
	for _, r := range refs {
		ids = append(ids, r.Notice)
	}
	slices.Sort(ids)
	list, args := db.In([]any{tenant}, slices.Compact(ids))
	all, err = db.All(tx, func(d *Delivery) []any { return append(d.fields(), &d.gateway) },
		`SELECT `+deliveryColumns+`, d.gateway`+deliveryFrom+`WHERE d.tenant = $1 AND d.notice IN `+list+` ORDER BY d.notice, d.channel`, args...)
	return slices.DeleteFunc(all, func(d *Delivery) bool { return !slices.Contains(refs, Ref{d.Notice, d.Channel}) }), err
}

// again makes a delivery ready to be sent again, or says why it cannot be.
func (n *Notifier) again(d *Delivery, to Address, gateways []*Gateway) error {
	k := n.byID[d.Kind]
	switch {
	case d.State != Failed && d.State != Skipped:
		return errs.New(errs.Conflict, "这条通知已经发送或正在发送")
	case d.Channel == App || k == nil || d.Reason == "superseded" || d.Reason == "no_recipient":
		return errs.New(errs.Conflict, "这条通知不能再发")
	case d.Channel == Mail:
		d.Name, d.Address = to.Name, to.Email
		switch {
		case !k.Mail:
			return errs.New(errs.Conflict, "这条通知不能再发")
		case !n.smtp.configured():
			return errs.New(errs.Conflict, "平台没有配置邮件服务器")
		case to.Email == "":
			return errs.New(errs.Conflict, "此人没有电子邮箱，请先在名册中补上")
		}
		return nil
	case d.Channel == SMS:
		d.Name, d.Address = to.Name, mobile(to.Phone)
		if d.Address == "" {
			return errs.New(errs.Conflict, "此人没有手机号，请先在名册中补上")
		}
		i := slices.IndexFunc(gateways, func(g *Gateway) bool { return g.Kind == gateway.SMS && g.carries(d.Kind) })
		if i < 0 {
			return errs.New(errs.Conflict, "这个渠道已经停用或者删除")
		}
		d.gateway = gateways[i].ID
		return nil
	}
	if !slices.ContainsFunc(gateways, func(g *Gateway) bool { return g.ID == d.gateway && g.Active }) {
		return errs.New(errs.Conflict, "这个渠道已经停用或者删除")
	}
	return nil
}
