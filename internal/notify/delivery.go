package notify

import (
	"context"
	"strconv"

	"shangliang/internal/actor"
	"shangliang/internal/db"
)

// Delivery is the record of one notice on one channel to one person.
type Delivery struct {
	Notice    string
	Channel   string
	Person    string // "" of one to a group or a system
	Name      string // of the person as it was then, or of the gateway
	Kind      string
	Why       Why    // for what the person was told
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

const deliveryColumns = `d.notice, d.channel, d.person, d.name, d.kind, n.why, n.title, n.link, n.params, d.state, d.reason, d.detail, d.address, d.tries, d.next_at, d.created_at, d.done_at`

const deliveryFrom = ` FROM delivery d JOIN notice n ON n.tenant = d.tenant AND n.id = d.notice `

// deliveryAbout are those about one record. Its notices are few and must be read
// first: CROSS JOIN keeps SQLite to that; to PostgreSQL it is a join like others.
const deliveryAbout = ` FROM notice n CROSS JOIN delivery d WHERE d.tenant = n.tenant AND d.notice = n.id AND n.tenant = $1 AND n.object = $2 AND n.object_id = $3 AND `

func (d *Delivery) fields() []any {
	return []any{&d.Notice, &d.Channel, &d.Person, &d.Name, &d.Kind, &d.Why, &d.Title, &d.Link, &d.params, &d.State, &d.Reason, &d.Detail, &d.Address, &d.Tries, &d.NextAt, &d.CreatedAt, &d.DoneAt}
}

// Filter narrows [Notifier.Deliveries]; empty fields do not narrow.
type Filter struct {
	State    string
	Channel  string
	Reason   string
	Person   string
	Object   string // with ObjectID: about one record
	ObjectID string
	Untold   bool   // only what was not sent and should have been
	Before   string // id of a notice: only older ones, for paging
	N        int    // at most so many; 50 when 0
}

// untold is the condition for what was not sent and should have been: nobody
// chose that, nothing took its place, the kind does not go elsewhere, and there is
// a way at all. The index delivery_untold has the same condition.
const untold = `d.state IN ('failed', 'skipped') AND d.reason NOT IN ('superseded', 'not_mailed', 'not_texted', 'switched_off', 'no_smtp')`

// from is where the deliveries of a filter come from, for a WHERE that goes on.
func (f *Filter) from(tenant string) (string, []any) {
	from, args := deliveryFrom+`WHERE d.tenant = $1 AND `, []any{tenant}
	if f.Object != "" {
		from, args = deliveryAbout, []any{tenant, f.Object, f.ObjectID}
	}
	for _, eq := range []struct{ column, value string }{{"state", f.State}, {"channel", f.Channel}, {"person", f.Person}, {"reason", f.Reason}} {
		if eq.value != "" {
			args = append(args, eq.value)
			from += `d.` + eq.column + ` = $` + strconv.Itoa(len(args)) + ` AND `
		}
	}
	if f.Untold {
		from += untold + ` AND `
	}
	return from, args
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
	from, args := f.from(a.Tenant)
	before, limit := strconv.Itoa(len(args)+1), strconv.Itoa(len(args)+2)
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, (*Delivery).fields, `SELECT `+deliveryColumns+from+`($`+before+` = '' OR d.notice < $`+before+`)
			ORDER BY d.notice DESC, d.channel LIMIT $`+limit, append(args, f.Before, f.N)...)
		return err
	})
	for _, d := range all {
		d.Title = render(ctx, d.Title, d.params)
	}
	return all, err
}

// Count is how many deliveries there are of a reason.
type Count struct {
	Reason string
	N      int
}

// Untold counts what was not sent and should have been, by reason, the most first;
// of the filter only the record that it is about counts. It needs [Manage].
func (n *Notifier) Untold(ctx context.Context, f Filter) (all []*Count, err error) {
	a, err := actor.Require(ctx, Manage)
	if err != nil {
		return nil, err
	}
	from, args := ` FROM delivery d WHERE d.tenant = $1 AND `, []any{a.Tenant}
	if f.Object != "" {
		from, args = deliveryAbout, []any{a.Tenant, f.Object, f.ObjectID}
	}
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, func(c *Count) []any { return []any{&c.Reason, &c.N} },
			`SELECT d.reason, COUNT(*)`+from+untold+` GROUP BY d.reason ORDER BY COUNT(*) DESC, d.reason`, args...)
		return err
	})
	return all, err
}

// Mails reports whether the platform has a mail server.
func (n *Notifier) Mails() bool { return n.smtp.configured() }

// Told is how many persons were told of an object, in the platform at least, and
// how many were to be. It needs [Manage].
func (n *Notifier) Told(ctx context.Context, object, objectID string) (told, all int, err error) {
	a, err := actor.Require(ctx, Manage)
	if err != nil {
		return 0, 0, err
	}
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Get(`SELECT COUNT(DISTINCT CASE WHEN shown THEN person END), COUNT(DISTINCT person) FROM notice
			WHERE tenant = $1 AND object = $2 AND object_id = $3 AND person <> ''`, []any{a.Tenant, object, objectID}, &told, &all)
	})
	return told, all, err
}
