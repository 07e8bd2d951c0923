package notify

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"sync"
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

// queued is a claimed delivery with what it says.
type queued struct {
	tenant, notice, kind      string
	channel, gateway          string
	address, name, lang       string
	title, body, params, link string
	object, objectID          string
	recipients                string
	why                       Why
	person, reason, held      string    // held: the claim under which it was found
	more                      []*queued // of a roundup: what goes in the same mail
	state                     string
	tries                     int
	next, created             db.Time
}

const queuedColumns = `d.tenant, d.notice, d.kind, d.channel, d.gateway, d.address, d.name, d.lang, n.title, n.body, n.params, n.link, n.object, n.object_id, n.recipients, n.why, d.person, d.reason, d.claim, d.state, d.tries, d.next_at, d.created_at`

func (q *queued) fields() []any {
	return []any{&q.tenant, &q.notice, &q.kind, &q.channel, &q.gateway, &q.address, &q.name, &q.lang, &q.title, &q.body, &q.params, &q.link, &q.object, &q.objectID, &q.recipients, &q.why, &q.person, &q.reason, &q.held,
		&q.state, &q.tries, &q.next, &q.created}
}

// Run delivers until ctx ends: as soon as this process queues a message, and every
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

// Deliver sends what is due now, of all tenants. It may run in any number of
// processes at once: each delivery is claimed before it is sent. If a process
// dies between sending and noting that it sent, the message is sent again after
// the lease under the same id; that is as far as mail and robots go. The ways are
// taken side by side, and one that is closed holds up no other.
func (n *Notifier) Deliver(ctx context.Context) error {
	var closed []error
	for ctx.Err() == nil {
		claim := db.NewID()
		batch, until, err := n.claim(ctx, claim)
		if err != nil || len(batch) == 0 {
			return errors.Join(append(closed, err)...)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		for _, part := range byChannel(batch) {
			wg.Go(func() {
				if err := n.sendBatch(ctx, claim, until, part); err != nil {
					mu.Lock()
					defer mu.Unlock()
					closed = append(closed, err)
				}
			})
		}
		wg.Wait()
	}
	return errors.Join(append(closed, ctx.Err())...)
}

// byChannel parts a batch by the way that each delivery takes.
func byChannel(batch []*queued) (parts [][]*queued) {
	type way struct{ channel, tenant, gateway string }
	at := map[way]int{}
	for _, q := range batch {
		w := way{channel: q.channel}
		if q.channel != Mail {
			w.tenant, w.gateway = q.tenant, q.gateway
		}
		i, ok := at[w]
		if !ok {
			i = len(parts)
			at[w], parts = i, append(parts, nil)
		}
		parts[i] = append(parts[i], q)
	}
	return parts
}

// claim takes the next deliveries for this worker.
func (n *Notifier) claim(ctx context.Context, claim string) (batch []*queued, until time.Time, err error) {
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		batch, until = nil, tx.Now().Add(lease)
		due, err := db.All(tx, (*queued).fields, `SELECT `+queuedColumns+` FROM delivery d JOIN notice n ON n.tenant = d.tenant AND n.id = d.notice
			WHERE d.next_at <> '' AND d.next_at <= $1 AND (d.channel <> $2 OR $3) AND (d.channel = $2 OR $4) ORDER BY d.next_at LIMIT $5`,
			db.At(tx.Now()), Mail, n.smtp.configured(), n.gateways != nil && n.sealer != nil, batchSize)
		if err != nil {
			return err
		}
		gathered := map[[3]string]bool{}
		for _, q := range due {
			all := []*queued{q}
			if q.reason == "roundup" {
				key := [3]string{q.tenant, q.person, q.held}
				if gathered[key] {
					continue
				}
				gathered[key] = true
				if all, err = gather(tx, q); err != nil {
					return err
				}
			}
			var lead *queued
			for _, q := range all {
				switch ok, err := q.take(tx, claim, until); {
				case err != nil:
					return err
				case !ok:
				case lead == nil:
					lead = q
				default:
					lead.more = append(lead.more, q)
				}
			}
			if lead != nil {
				batch = append(batch, lead)
			}
		}
		return nil
	})
	return batch, until, err
}

// take claims a delivery unless somebody else just did: the guard is what keeps
// two workers apart, should the database not.
func (q *queued) take(tx *db.Tx, claim string, until time.Time) (bool, error) {
	touched, err := tx.Exec(`UPDATE delivery SET state = $1, claim = $2, next_at = $3, tries = tries + 1
		WHERE tenant = $4 AND notice = $5 AND channel = $6 AND state = $7 AND next_at = $8`,
		Sending, claim, db.At(until), q.tenant, q.notice, q.channel, q.state, q.next)
	q.tries++ // counted before it is tried: a message that kills its worker has an end too
	return touched == 1, err
}

// roundupLimit is how many notices one roundup has; the rest goes in another.
const roundupLimit = 300

// gather finds what goes into one mail with a delivery that waited for a roundup:
// all that is due for this person, or, if a worker died while it sent one, exactly
// what it was about to send, so that the mail is the same.
func gather(tx *db.Tx, q *queued) ([]*queued, error) {
	return db.All(tx, (*queued).fields, `SELECT `+queuedColumns+` FROM delivery d JOIN notice n ON n.tenant = d.tenant AND n.id = d.notice
		WHERE d.tenant = $1 AND d.person = $2 AND d.channel = $3 AND d.next_at <> '' AND d.next_at <= $4 AND d.reason = 'roundup' AND d.claim = $5
		ORDER BY d.notice LIMIT $6`, q.tenant, q.person, q.channel, db.At(tx.Now()), q.held, roundupLimit)
}

// all are the deliveries that go out in one message.
func (q *queued) all() []*queued { return append([]*queued{q}, q.more...) }

// sendBatch sends what was claimed on one way. It returns an error when the way
// is closed or the outcome could not be noted.
func (n *Notifier) sendBatch(ctx context.Context, claim string, until time.Time, batch []*queued) error {
	channel, err := n.channelOf(ctx, batch[0])
	if r, ok := errors.AsType[*Refusal](err); ok {
		for _, q := range batch {
			if err := n.finish(ctx, claim, q, Skipped, r.Reason, r.Detail); err != nil {
				return err
			}
		}
		return nil
	}
	var carrier Carrier
	if err == nil {
		carrier, err = channel.Open(ctx)
	}
	if err != nil {
		for _, q := range batch {
			if e := n.retry(ctx, claim, q, err); e != nil {
				return errors.Join(err, e)
			}
		}
		return err
	}
	defer carrier.Close()
	for i, q := range batch {
		if ctx.Err() != nil || n.db.Now().After(until.Add(-2*channel.Timeout())) {
			return n.release(ctx, claim, batch[i:], 0)
		}
		if q.tries > len(backoffOf(q.channel))+1 {
			if err := n.finish(ctx, claim, q, Failed, "gave_up", ""); err != nil {
				return err
			}
			continue
		}
		err := carrier.Carry(ctx, q)
		if r, ok := errors.AsType[*Refusal](err); ok {
			err = n.finish(ctx, claim, q, Failed, r.Reason, r.Detail)
		} else if err == nil {
			err = n.finish(ctx, claim, q, Sent, "", "")
		} else if err = n.retry(ctx, claim, q, err); err == nil {
			// The connection may be gone: what is left goes over a new one. A gateway
			// that is down or has enough for now is left alone for a while.
			var wait time.Duration
			if q.channel != Mail {
				wait = gatewayBackoff[0]
			}
			return n.release(ctx, claim, batch[i+1:], wait)
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
	if reason == "" && len(q.more) > 0 {
		reason = "roundup"
	}
	return n.mark(ctx, claim, q, func(tx *db.Tx, q *queued) (int64, error) { return q.end(tx, claim, state, reason, detail) })
}

// end writes how a claimed delivery ended.
func (q *queued) end(tx *db.Tx, claim, state, reason, detail string) (int64, error) {
	return tx.Exec(`UPDATE delivery SET state = $1, reason = $2, detail = $3, next_at = '', claim = '', done_at = $4
		WHERE tenant = $5 AND notice = $6 AND channel = $7 AND claim = $8`,
		state, reason, short(detail), db.At(tx.Now()), q.tenant, q.notice, q.channel, claim)
}

// retry puts a delivery back for later, or gives it up.
func (n *Notifier) retry(ctx context.Context, claim string, q *queued, cause error) error {
	n.log.Warn("notify: a message was not sent", "notice", q.notice, "channel", q.channel, "try", q.tries, "err", cause)
	backoff := backoffOf(q.channel)
	return n.mark(ctx, claim, q, func(tx *db.Tx, q *queued) (int64, error) {
		if q.tries > len(backoff) {
			return q.end(tx, claim, Failed, "gave_up", cause.Error())
		}
		at, why := tx.Now().Add(backoff[q.tries-1]), q.reason
		if why != "roundup" {
			of, err := timings(tx, q.tenant, []string{q.person})
			if err != nil {
				return 0, err
			}
			kind := n.byID[q.kind]
			if kind == nil { // of a module that is gone
				kind = &Kind{}
			}
			at, why = of(q.person).wait(at, "", kind)
		}
		return tx.Exec(`UPDATE delivery SET state = $1, detail = $2, next_at = $3, reason = $4, claim = ''
			WHERE tenant = $5 AND notice = $6 AND channel = $7 AND claim = $8`,
			Pending, short(cause.Error()), db.At(at), why, q.tenant, q.notice, q.channel, claim)
	})
}

// release gives back what was claimed and not tried, to be tried after a while.
func (n *Notifier) release(ctx context.Context, claim string, batch []*queued, wait time.Duration) error {
	for _, q := range batch {
		if err := n.mark(ctx, claim, q, func(tx *db.Tx, q *queued) (int64, error) {
			return tx.Exec(`UPDATE delivery SET state = $1, next_at = $2, claim = '', tries = tries - 1 WHERE tenant = $3 AND notice = $4 AND channel = $5 AND claim = $6`,
				Pending, db.At(tx.Now().Add(wait)), q.tenant, q.notice, q.channel, claim)
		}); err != nil {
			return err
		}
	}
	return nil
}

// mark notes the outcome of a claimed delivery, and of those that went with it,
// also when the process is about to end: what was sent must not look unsent.
func (n *Notifier) mark(ctx context.Context, claim string, q *queued, update func(tx *db.Tx, q *queued) (int64, error)) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return n.db.Write(ctx, func(tx *db.Tx) error {
		for _, q := range q.all() {
			touched, err := update(tx, q)
			if err != nil {
				return err
			}
			if touched == 0 {
				n.log.Warn("notify: another worker took over a message", "notice", q.notice, "claim", claim)
			}
		}
		return nil
	})
}

// short bounds what a server's answer may fill.
func short(s string) string {
	if r := []rune(s); len(r) > 500 {
		return fmt.Sprintf("%s…", string(r[:500]))
	}
	return s
}
