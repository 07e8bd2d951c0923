package notify

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"time"

	gomail "github.com/wneessen/go-mail"

	"shangliang/internal/db"
)

// A claim on a delivery holds for lease; whoever finds it older takes it over.
// A worker starts no mail so late that it might still be at it when the lease
// ends.
const (
	lease     = 10 * time.Minute
	batchSize = 20
)

// backoff is the pause before each further try; after the last the delivery has
// failed. Together about two days: a mail server is mended in that time.
var backoff = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour}

// queued is a claimed delivery with what its mail says.
type queued struct {
	tenant, notice, kind      string
	address, name, lang       string
	title, body, params, link string
	state                     string
	tries                     int
	next, created             db.Time
}

const queuedColumns = `d.tenant, d.notice, d.kind, d.address, d.name, d.lang, n.title, n.body, n.params, n.link, d.state, d.tries, d.next_at, d.created_at`

func (q *queued) fields() []any {
	return []any{&q.tenant, &q.notice, &q.kind, &q.address, &q.name, &q.lang, &q.title, &q.body, &q.params, &q.link, &q.state, &q.tries, &q.next, &q.created}
}

// Run delivers until ctx ends: as soon as this process queues a mail, and every
// few seconds for those of other processes and for retries.
func (n *Notifier) Run(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		if err := n.Deliver(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("notify: deliver", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-n.wake:
		}
	}
}

// Deliver sends the mails that are due now, of all tenants. It may run in any
// number of processes at once: each delivery is claimed before it is sent. If a
// process dies between sending and noting that it sent, the mail is sent again
// after the lease under the same Message-ID; that is as far as SMTP goes.
func (n *Notifier) Deliver(ctx context.Context) error {
	if !n.smtp.configured() {
		return nil
	}
	for ctx.Err() == nil {
		claim := db.NewID()
		batch, until, err := n.claim(ctx, claim)
		if err != nil || len(batch) == 0 {
			return err
		}
		if err := n.sendBatch(ctx, claim, until, batch); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// claim takes the next deliveries for this worker.
func (n *Notifier) claim(ctx context.Context, claim string) (batch []*queued, until time.Time, err error) {
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		batch, until = nil, tx.Now().Add(lease)
		due, err := db.All(tx, (*queued).fields, `SELECT `+queuedColumns+` FROM delivery d JOIN notice n ON n.tenant = d.tenant AND n.id = d.notice
			WHERE d.next_at <> '' AND d.next_at <= $1 ORDER BY d.next_at LIMIT $2`, db.At(tx.Now()), batchSize)
		if err != nil {
			return err
		}
		for _, q := range due {
			// The guard is what keeps two workers apart, should the database not.
			touched, err := tx.Exec(`UPDATE delivery SET state = $1, claim = $2, next_at = $3, tries = tries + 1
				WHERE tenant = $4 AND notice = $5 AND channel = $6 AND state = $7 AND next_at = $8`,
				Sending, claim, db.At(until), q.tenant, q.notice, Mail, q.state, q.next)
			if err != nil {
				return err
			}
			if touched == 1 {
				q.tries++ // counted before it is tried: a mail that kills its worker has an end too
				batch = append(batch, q)
			}
		}
		return nil
	})
	return batch, until, err
}

// sendBatch sends what was claimed over one connection.
func (n *Notifier) sendBatch(ctx context.Context, claim string, until time.Time, batch []*queued) error {
	client, err := n.smtp.dial(ctx)
	if err != nil {
		for _, q := range batch {
			if e := n.retry(ctx, claim, q, err); e != nil {
				return errors.Join(err, e)
			}
		}
		return err
	}
	defer client.Close() // an error of saying goodbye takes nothing back
	for i, q := range batch {
		if ctx.Err() != nil || n.db.Now().After(until.Add(-2*n.smtp.timeout())) {
			return n.release(ctx, claim, batch[i:])
		}
		m, err := n.message(ctx, q)
		if q.tries > len(backoff)+1 {
			err = n.finish(ctx, claim, q, Failed, "gave_up", "")
		} else if err != nil {
			err = n.finish(ctx, claim, q, Failed, "bad_address", err.Error())
		} else if err = client.Send(m); err == nil || m.IsDelivered() {
			err = n.finish(ctx, claim, q, Sent, "", "")
		} else if refused(err) {
			err = n.finish(ctx, claim, q, Failed, "rejected", err.Error())
		} else if err = n.retry(ctx, claim, q, err); err == nil {
			// The connection may be gone: what is left goes over a new one.
			return n.release(ctx, claim, batch[i+1:])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// refused reports whether the server said no to this mail for good. A no to the
// sender is about us, "sign in first" for one, and the keeper can mend it.
func refused(err error) bool {
	if e, ok := errors.AsType[*gomail.SendError](err); ok && e.ErrorCode() != 0 {
		return !e.IsTemp() && e.Reason != gomail.ErrSMTPMailFrom
	}
	e, ok := errors.AsType[*textproto.Error](err)
	return ok && e.Code >= 500
}

// finish ends a delivery that this worker still holds.
func (n *Notifier) finish(ctx context.Context, claim string, q *queued, state, reason, detail string) error {
	return n.mark(ctx, claim, q, func(tx *db.Tx) (int64, error) {
		return tx.Exec(`UPDATE delivery SET state = $1, reason = $2, detail = $3, next_at = '', claim = '', done_at = $4
			WHERE tenant = $5 AND notice = $6 AND channel = $7 AND claim = $8`,
			state, reason, short(detail), db.At(tx.Now()), q.tenant, q.notice, Mail, claim)
	})
}

// retry puts a delivery back for later, or gives it up.
func (n *Notifier) retry(ctx context.Context, claim string, q *queued, cause error) error {
	n.log.Warn("notify: a mail was not sent", "notice", q.notice, "try", q.tries, "err", cause)
	if q.tries > len(backoff) {
		return n.finish(ctx, claim, q, Failed, "gave_up", cause.Error())
	}
	return n.mark(ctx, claim, q, func(tx *db.Tx) (int64, error) {
		return tx.Exec(`UPDATE delivery SET state = $1, detail = $2, next_at = $3, claim = ''
			WHERE tenant = $4 AND notice = $5 AND channel = $6 AND claim = $7`,
			Pending, short(cause.Error()), db.At(tx.Now().Add(backoff[q.tries-1])), q.tenant, q.notice, Mail, claim)
	})
}

// release gives back what was claimed and not tried.
func (n *Notifier) release(ctx context.Context, claim string, batch []*queued) error {
	for _, q := range batch {
		if err := n.mark(ctx, claim, q, func(tx *db.Tx) (int64, error) {
			return tx.Exec(`UPDATE delivery SET state = $1, next_at = $2, claim = '', tries = tries - 1 WHERE tenant = $3 AND notice = $4 AND channel = $5 AND claim = $6`,
				Pending, db.At(tx.Now()), q.tenant, q.notice, Mail, claim)
		}); err != nil {
			return err
		}
	}
	return nil
}

// mark notes the outcome of a claimed delivery, also when the process is about
// to end: what was sent must not look unsent.
func (n *Notifier) mark(ctx context.Context, claim string, q *queued, update func(tx *db.Tx) (int64, error)) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return n.db.Write(ctx, func(tx *db.Tx) error {
		touched, err := update(tx)
		if err == nil && touched == 0 {
			n.log.Warn("notify: another worker took over a mail", "notice", q.notice, "claim", claim)
		}
		return err
	})
}

// short bounds what a server's answer may fill.
func short(s string) string {
	if r := []rune(s); len(r) > 500 {
		return fmt.Sprintf("%s…", string(r[:500]))
	}
	return s
}
