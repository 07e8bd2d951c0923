package notify

import (
	"context"

	"shangliang/internal/actor"
	"shangliang/internal/db"
)

// Received is a notice in somebody's inbox, in their language.
type Received struct {
	ID       string
	Kind     string
	Title    string
	Body     string
	Why      Why // for what they were told; "" of old ones
	Link     string
	Object   string
	ObjectID string
	At       db.Time
	ReadAt   db.Time

	params string
}

const receivedColumns = `id, kind, title, body, why, params, link, object, object_id, created_at, read_at`

func (r *Received) fields() []any {
	return []any{&r.ID, &r.Kind, &r.Title, &r.Body, &r.Why, &r.params, &r.Link, &r.Object, &r.ObjectID, &r.At, &r.ReadAt}
}

// most is where counting the unread ends: the badge says 99+.
const most = 100

// Unread returns how many notices a person has not read, at most 100.
func (n *Notifier) Unread(tx *db.Tx, tenant, person string) (int, error) {
	if person == "" {
		return 0, nil
	}
	var count int
	err := tx.Get(`SELECT COUNT(*) FROM (SELECT 1 FROM notice
		WHERE tenant = $1 AND person = $2 AND shown AND read_at = '' LIMIT $3) AS unread`, []any{tenant, person, most}, &count)
	return count, err
}

// Count is [Notifier.Unread] for the actor.
func (n *Notifier) Count(ctx context.Context) (count int, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return 0, err
	}
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		count, err = n.Unread(tx, a.Tenant, a.Person)
		return err
	})
	return count, err
}

// List returns the actor's notices, the newest first: those older than the one
// with the id before ("" from the newest), at most limit, on request only unread.
func (n *Notifier) List(ctx context.Context, before string, limit int, unread bool) (all []*Received, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	where := ""
	if unread {
		where = ` AND read_at = ''`
	}
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, (*Received).fields, `SELECT `+receivedColumns+` FROM notice
			WHERE tenant = $1 AND person = $2 AND shown`+where+` AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4`,
			a.Tenant, a.Person, before, limit)
		return err
	})
	for _, r := range all {
		r.Title, r.Body = render(ctx, r.Title, r.params), render(ctx, r.Body, r.params)
	}
	return all, err
}

// Get returns one of the actor's notices; NotFound if it is not theirs.
func (n *Notifier) Get(ctx context.Context, id string) (r *Received, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		r, err = db.One(tx, (*Received).fields, `SELECT `+receivedColumns+` FROM notice
			WHERE tenant = $1 AND person = $2 AND person <> '' AND shown AND id = $3`, a.Tenant, a.Person, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.Title, r.Body = render(ctx, r.Title, r.params), render(ctx, r.Body, r.params)
	return r, nil
}

// MarkRead marks notices of the actor as read, all of them without ids. Ids that
// are not the actor's are passed over.
func (n *Notifier) MarkRead(ctx context.Context, ids ...string) error {
	a, err := actor.Require(ctx, "")
	if err != nil || a.Person == "" {
		return err
	}
	return n.db.Write(ctx, func(tx *db.Tx) error {
		args := []any{db.At(tx.Now()), a.Tenant, a.Person}
		where := ""
		if len(ids) > 0 {
			where, args = db.In(args, ids)
			where = ` AND id IN ` + where
		}
		_, err := tx.Exec(`UPDATE notice SET read_at = $1 WHERE tenant = $2 AND person = $3 AND shown AND read_at = ''`+where, args...)
		return err
	})
}

// MarkSeen marks the actor's notices about an object as read: whoever opens the
// case has read what was said of it.
func (n *Notifier) MarkSeen(ctx context.Context, object, objectID string) error {
	a, err := actor.Require(ctx, "")
	if err != nil || a.Person == "" {
		return err
	}
	return n.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE notice SET read_at = $1 WHERE tenant = $2 AND person = $3 AND shown AND read_at = '' AND object = $4 AND object_id = $5`,
			db.At(tx.Now()), a.Tenant, a.Person, object, objectID)
		return err
	})
}
