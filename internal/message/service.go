package message

import (
	"context"
	"io"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/attachment"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

// Service is the only door to messages; it is safe for concurrent use.
type Service struct {
	db      *db.DB
	notices *notify.Notifier
	files   *attachment.Store
}

// New makes the service.
func New(d *db.DB, notices *notify.Notifier, files *attachment.Store) *Service {
	return &Service{d, notices, files}
}

// place is a case with the side on which the actor stands in it.
type place struct {
	id, title, state, body, mergedInto string
	side                               string
}

// standing is the condition under which a person stands behind a case p, over
// the person as $2 and the body that they act for as $3.
const standing = `(p.lead = $2 AND $2 <> '' OR p.body = $3 AND $3 <> '' OR EXISTS (SELECT 1 FROM proposal_party x WHERE x.tenant = p.tenant AND x.proposal = p.id AND x.person = $2 AND $2 <> '' AND (x.role = 'lead' OR x.state = 'confirmed')))`

// find opens a case in the actor's reach; NotFound if it is out of reach or they
// are on none of its sides.
func find(tx *db.Tx, a actor.Actor, id string) (*place, error) {
	cond, args := proposal.Reach(a, []any{a.Tenant, a.Person, officerOf(a), id})
	var stands bool
	p := &place{id: id}
	if err := tx.Get(`SELECT p.title, p.state, p.body, p.merged_into, CASE WHEN `+standing+` THEN 1 ELSE 0 END FROM proposal p WHERE p.tenant = $1 AND p.id = $4 AND p.serial_no > 0 AND `+cond,
		args, &p.title, &p.state, &p.body, &p.mergedInto, &stands); err != nil {
		return nil, err
	}
	switch {
	case a.Body != "" && a.Can("assignment.handle") && !a.IsSystem():
		p.side = a.Body
	case a.Can("message.office"):
		p.side = Office
	case stands:
		p.side = Proposer
	default:
		return nil, errs.Missing()
	}
	return p, nil
}

// officerOf is the body for which somebody acts as a proposer.
func officerOf(a actor.Actor) string {
	if a.Can("proposal.approve") {
		return a.Body
	}
	return ""
}

// sides are those that the actor can write to: the office and the proposers each
// other and the departments that handle the case, a department the office and the
// proposers. Departments speak with each other by their own means.
func (p *place) sides(tx *db.Tx, tenant string) ([]string, error) {
	if p.state == proposal.Archived {
		return nil, nil
	}
	var all []string
	for _, side := range []string{Office, Proposer} {
		if side != p.side {
			all = append(all, side)
		}
	}
	if p.side != Office && p.side != Proposer {
		return all, nil
	}
	handled := p.id
	if p.mergedInto != "" {
		handled = p.mergedInto
	}
	as, err := proposal.AssignmentsOf(tx, tenant, handled)
	if err != nil {
		return nil, err
	}
	newest := 0
	for _, x := range as {
		newest = max(newest, x.Round)
	}
	for _, x := range as {
		if x.Round == newest && x.State != proposal.ReturnedUnit && x.State != proposal.Cancelled && !slices.Contains(all, x.Unit) {
			all = append(all, x.Unit)
		}
	}
	return all, nil
}

// Of reads what the actor may read of a case's messages.
func (s *Service) Of(ctx context.Context, id string) (t *Thread, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		p, err := find(tx, a, id)
		if err != nil {
			return err
		}
		t = &Thread{Proposal: id, Title: p.title, Side: p.side}
		if t.Messages, err = read(tx, a, p); err != nil {
			return err
		}
		if t.To, err = p.sides(tx, a.Tenant); err != nil {
			return err
		}
		for _, m := range t.Messages {
			if m.Unread {
				t.Unread++
			}
			if m.Files, err = attachment.Of(tx, a.Tenant, "message", m.ID); err != nil {
				return err
			}
		}
		return t.names(tx, a.Tenant)
	})
	return t, err
}

// visible is the condition under which a side reads a message m.
const visible = `(m.side = $3 OR EXISTS (SELECT 1 FROM message_to t WHERE t.tenant = m.tenant AND t.message = m.id AND t.side = $3))`

// most is how many messages of a case are read at most.
const most = 500

// read lists the messages of a case that a side may read, the oldest first.
func read(tx *db.Tx, a actor.Actor, p *place) ([]*Message, error) {
	var seen string
	err := tx.Get(`SELECT message FROM message_seen WHERE tenant = $1 AND proposal = $2 AND person = $3 AND side = $4`, []any{a.Tenant, p.id, a.Person, p.side}, &seen)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	type row struct {
		Message
		to string
	}
	rows, err := db.All(tx, func(r *row) []any { return append(r.fields(), &r.to) }, `SELECT `+messageColumns+`,
		COALESCE((SELECT string_agg(t.side, ',' ORDER BY t.side) FROM message_to t WHERE t.tenant = m.tenant AND t.message = m.id), '')
		FROM message m WHERE m.tenant = $1 AND m.proposal = $2 AND `+visible+` ORDER BY m.id LIMIT $4`, a.Tenant, p.id, p.side, most)
	if err != nil {
		return nil, err
	}
	all := make([]*Message, len(rows))
	for i, r := range rows {
		r.To = strings.Split(r.to, ",")
		r.Unread = r.ID > seen && r.Person != a.Person
		all[i] = &r.Message
	}
	return all, nil
}

func (t *Thread) names(tx *db.Tx, tenant string) error {
	people, bodies := []string{}, slices.Clone(t.To)
	for _, m := range t.Messages {
		people = append(people, m.Person)
		bodies = append(append(bodies, m.Side), m.To...)
	}
	bodies = slices.DeleteFunc(bodies, func(id string) bool { return id == Office || id == Proposer })
	slices.Sort(people)
	slices.Sort(bodies)
	names, err := org.PersonNames(tx, tenant, slices.Compact(people))
	if err != nil {
		return err
	}
	of, err := org.BodyNames(tx, tenant, slices.Compact(bodies))
	for id, name := range of {
		names[id] = name
	}
	t.Names = names
	return err
}

// longest is how long a message may be.
const longest = 2000

// Send sends a message to the sides named, and tells the people there. A request
// that was made before answers with the message that it sent.
func (s *Service) Send(ctx context.Context, id string, to []string, body string) (m *Message, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	body = han.Tidy(body)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		p, err := find(tx, a, id)
		if err != nil {
			return err
		}
		old, done, err := ledger.Replayed(tx)
		if err != nil {
			return err
		}
		if done {
			m, err = db.One(tx, (*Message).fields, `SELECT `+messageColumns+` FROM message m WHERE m.tenant = $1 AND m.id = $2 AND m.proposal = $3`, a.Tenant, old, id)
			return err
		}
		open, err := p.sides(tx, a.Tenant)
		if err != nil {
			return err
		}
		if len(open) == 0 {
			return errs.New(errs.Conflict, "案卷已经归档，不能再发消息")
		}
		var f errs.Fields
		f.Check(body != "" && len([]rune(body)) <= longest, "body", "请写明内容，不超过 %d 个字", longest)
		to = slices.Compact(slices.Sorted(slices.Values(to)))
		f.Check(len(to) > 0, "to", "请选择发给谁")
		for _, side := range to {
			f.Check(slices.Contains(open, side), "to", "不能发给所选的一方，请重新选择")
		}
		if err := f.Err(); err != nil {
			return err
		}
		m = &Message{Tenant: a.Tenant, ID: db.NewID(), Proposal: id, Side: p.side, Person: a.Person, Body: body, At: db.At(tx.Now()), To: to}
		if _, err := tx.Exec(`INSERT INTO message (tenant, id, proposal, side, person, body, at) VALUES (`+db.Marks(7)+`)`, m.Tenant, m.ID, m.Proposal, m.Side, m.Person, m.Body, m.At); err != nil {
			return err
		}
		rows := []ledger.Row{m.row()}
		for _, side := range to {
			if _, err := tx.Exec(`INSERT INTO message_to (tenant, message, side) VALUES ($1, $2, $3)`, m.Tenant, m.ID, side); err != nil {
				return err
			}
			rows = append(rows, ledger.RowOf("message_to", "tenant", m.Tenant, "message", m.ID, "side", side))
		}
		// Of kind message, not proposal: the history of a case tells nobody that two
		// others spoke.
		if err := ledger.Append(tx, ledger.Entry{Action: "message.send", Kind: "message", Object: m.ID, Data: map[string]any{"proposal": id, "to": to}, Rows: rows}); err != nil {
			return err
		}
		return s.tell(tx, a, p, m)
	})
	return m, err
}

// tell tells the people of the sides that a message goes to.
func (s *Service) tell(tx *db.Tx, a actor.Actor, p *place, m *Message) error {
	var people []notify.Told
	for _, side := range m.To {
		ids, err := p.people(tx, a.Tenant, side)
		if err != nil {
			return err
		}
		why := notify.Unit
		switch side {
		case Office:
			why = notify.Office
		case Proposer:
			why = notify.Proposer
		}
		people = append(people, notify.As(why, ids...)...)
	}
	if people = notify.Others(people, a.Person); len(people) == 0 {
		return nil
	}
	from := a.Name
	if m.Side != Office && m.Side != Proposer {
		names, err := org.BodyNames(tx, a.Tenant, []string{m.Side})
		if err != nil {
			return err
		}
		from = names[m.Side]
	}
	return s.notices.Send(tx, notify.Notice{Tenant: a.Tenant, To: people, Kind: "message.new", Link: "/proposals/" + p.id + "#messages",
		Object: "proposal", ObjectID: p.id, Params: notify.Params{"from": from, "title": p.title}})
}

// people are those on a side.
func (p *place) people(tx *db.Tx, tenant, side string) (all []string, err error) {
	switch side {
	case Office:
		return org.PeopleWith(tx, tenant, "clerk", "")
	case Proposer:
		if all, err = db.Column[string](tx, `SELECT person FROM proposal_party WHERE tenant = $1 AND proposal = $2 AND (role = 'lead' OR state = 'confirmed') ORDER BY position`, tenant, p.id); err != nil || p.body == "" {
			return all, err
		}
		officers, err := org.PeopleWith(tx, tenant, "collective", p.body)
		return append(all, officers...), err
	}
	for _, role := range []string{"unit_clerk", "unit_officer", "unit_leader"} {
		ids, err := org.PeopleWith(tx, tenant, role, side)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	return all, nil
}

// Attach adds a file to a message of the actor's own; who reads the message reads
// the file.
func (s *Service) Attach(ctx context.Context, id, message string, up attachment.Upload) (f *attachment.File, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	own := func(tx *db.Tx) error {
		m, err := one(tx, a, id, message)
		if err == nil && m.Person != a.Person {
			err = errs.New(errs.Forbidden, "只能给自己发的消息加文件")
		}
		return err
	}
	// Asked before the bytes are kept, and again with them.
	if err := s.db.Read(ctx, own); err != nil {
		return nil, err
	}
	up.Purpose = "message"
	kept, err := s.files.Keep(ctx, up)
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := own(tx); err != nil {
			return err
		}
		old, done, err := ledger.Replayed(tx)
		if err != nil {
			return err
		}
		if done {
			all, err := attachment.Of(tx, a.Tenant, "message", old)
			if err == nil && len(all) > 0 {
				f = all[len(all)-1]
			}
			return err
		}
		if f, err = attachment.Add(tx, a.Tenant, "message", message, a.Person, kept); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "message.attach", Kind: "message", Object: message, Data: map[string]any{"file": f.ID, "sha256": f.SHA256}, Rows: []ledger.Row{f.Row()}})
	})
	return f, err
}

// one returns a message of a case that the actor's side may read.
func one(tx *db.Tx, a actor.Actor, id, message string) (*Message, error) {
	p, err := find(tx, a, id)
	if err != nil {
		return nil, err
	}
	return db.One(tx, (*Message).fields, `SELECT `+messageColumns+` FROM message m WHERE m.tenant = $1 AND m.proposal = $2 AND m.id = $4 AND `+visible, a.Tenant, id, p.side, message)
}

// Open opens a file of a message that the actor may read.
func (s *Service) Open(ctx context.Context, id, message, file string) (f *attachment.File, content io.ReadSeekCloser, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := one(tx, a, id, message); err != nil {
			return err
		}
		f, err = attachment.Find(tx, a.Tenant, "message", message, file)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	content, err = s.files.Open(ctx, f)
	return f, content, err
}

// See notes that the actor has seen the messages of a case. It is no act: the
// ledger is not told what people read.
func (s *Service) See(ctx context.Context, id string) error {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		p, err := find(tx, a, id)
		if err != nil {
			return err
		}
		var last string
		if err := tx.Get(`SELECT COALESCE(MAX(m.id), '') FROM message m WHERE m.tenant = $1 AND m.proposal = $2 AND `+visible, []any{a.Tenant, id, p.side}, &last); err != nil || last == "" {
			return err
		}
		_, err = tx.Exec(`INSERT INTO message_seen (tenant, proposal, person, side, message) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (tenant, proposal, person, side) DO UPDATE SET message = excluded.message`, a.Tenant, id, a.Person, p.side, last)
		return err
	})
}

// Waiting is a case with messages that the actor has not seen.
type Waiting struct {
	Proposal, Title string
	Count           int
}

// Waiting lists the cases with messages that the actor has not seen, the newest
// first.
func (s *Service) Waiting(ctx context.Context) (all []*Waiting, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	side, stands := Proposer, standing
	switch {
	case a.Body != "" && a.Can("assignment.handle") && !a.IsSystem():
		side, stands = a.Body, "$3 <> '-'"
	case a.Can("message.office"):
		side, stands = Office, "$3 <> '-'"
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		cond, args := proposal.Reach(a, []any{a.Tenant, a.Person, officerOf(a), side})
		all, err = db.All(tx, func(w *Waiting) []any { return []any{&w.Proposal, &w.Title, &w.Count} }, `SELECT p.id, p.title, COUNT(*) FROM message_to t
			JOIN message m ON m.tenant = t.tenant AND m.id = t.message
			JOIN proposal p ON p.tenant = m.tenant AND p.id = m.proposal
			LEFT JOIN message_seen s ON s.tenant = m.tenant AND s.proposal = m.proposal AND s.person = $2 AND s.side = $4
			WHERE t.tenant = $1 AND t.side = $4 AND m.person <> $2 AND m.id > COALESCE(s.message, '') AND `+stands+` AND `+cond+`
			GROUP BY p.id, p.title ORDER BY MAX(m.id) DESC LIMIT 50`, args...)
		return err
	})
	return all, err
}
