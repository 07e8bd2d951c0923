package dispatch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/blob"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

// Service is the only door to dispatch meetings. It is safe for concurrent use.
type Service struct {
	db        *db.DB
	proposals *proposal.Service
	files     blob.Store
}

// New makes the service.
func New(d *db.DB, proposals *proposal.Service, files blob.Store) *Service {
	return &Service{db: d, proposals: proposals, files: files}
}

// mostCases bounds an agenda.
const mostCases = 2000

// Save makes a meeting (the id empty) or changes its record. Wants dispatch.hold.
func (s *Service) Save(ctx context.Context, m Meeting) (id string, err error) {
	a, err := actor.Require(ctx, "dispatch.hold")
	if err != nil {
		return "", err
	}
	if err := m.check(); err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		object, done, err := ledger.Replayed(tx)
		if err != nil || done {
			id = object
			return err
		}
		if err := knownUnits(tx, a.Tenant, m.Units); err != nil {
			return err
		}
		action := "dispatch.change"
		if m.ID == "" {
			session, err := org.SessionOn(tx, a.Tenant, m.OnDate)
			if err != nil {
				return err
			}
			action = "dispatch.call"
			m.Tenant, m.ID, m.Session, m.Year, m.Person, m.CreatedAt = a.Tenant, db.NewID(), session.ID, session.Year, a.Person, db.At(tx.Now())
			err = insertMeeting(tx, &m)
			if err != nil {
				return err
			}
		} else {
			old, err := find(tx, a, m.ID)
			if err != nil {
				return err
			}
			if old.Cancelled {
				return errs.New(errs.Conflict, "这次会议已经取消")
			}
			m.Tenant = a.Tenant
			if err := updateMeeting(tx, &m); err != nil {
				return err
			}
		}
		id = m.ID
		return ledger.Append(tx, ledger.Entry{Action: action, Kind: "dispatch_meeting", Object: id, Data: map[string]any{"on": m.OnDate}, Rows: []ledger.Row{m.row()}})
	})
	return id, err
}

func (m *Meeting) check() error {
	var f errs.Fields
	text := func(name string, s *string, most int, required bool) {
		*s = han.Tidy(*s)
		n := len([]rune(*s))
		f.Check(n > 0 || !required, name, "请填写")
		f.Check(n <= most, name, "不能超过 %d 个字", most)
	}
	text("title", &m.Title, 100, true)
	text("place", &m.Place, 100, false)
	text("chair", &m.Chair, 100, false)
	text("attendees", &m.Attendees, 5000, false)
	text("minutes", &m.Minutes, 50000, false)
	day, err := calendar.ParseDate(string(m.OnDate))
	f.Check(err == nil && day != "", "on_date", "请填写日期")
	m.OnDate = day
	slices.Sort(m.Units)
	m.Units = slices.Compact(m.Units)
	return f.Err()
}

func knownUnits(tx *db.Tx, tenant string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	all, err := org.Bodies(tx, tenant, "department")
	if err != nil {
		return err
	}
	var f errs.Fields
	for _, id := range ids {
		f.Check(slices.ContainsFunc(all, func(b *org.Body) bool { return b.ID == id }), "units", "没有这个承办单位")
	}
	return f.Err()
}

// begin finds a meeting for an act on it; done says that this very request was
// done before.
func begin(tx *db.Tx, a actor.Actor, id string) (m *Meeting, done bool, err error) {
	if m, err = find(tx, a, id); err != nil {
		return nil, false, err
	}
	done, err = ledger.Repeated(tx, id)
	if err == nil && !done && m.Cancelled {
		err = errs.New(errs.Conflict, "这次会议已经取消")
	}
	return m, done, err
}

// Cancel calls a meeting off and frees what was on its agenda. One at which
// something was handed over stays. Wants dispatch.hold.
func (s *Service) Cancel(ctx context.Context, id string, version int) error {
	a, err := actor.Require(ctx, "dispatch.hold")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		m, done, err := begin(tx, a, id)
		if err != nil || done {
			return err
		}
		all, err := items(tx, a.Tenant, id, "")
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(x *Item) bool { return x.State == Sent }) {
			return errs.New(errs.Conflict, "会上已经交办过提案，不能取消")
		}
		rows := []ledger.Row{m.row()}
		for _, x := range all {
			if err := remove(tx, x); err != nil {
				return err
			}
			rows = append(rows, x.rows()...)
		}
		m.Cancelled, m.Version = true, version
		if err := updateMeeting(tx, m); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "dispatch.cancel", Kind: "dispatch_meeting", Object: id, Rows: rows})
	})
}

// Put puts filed cases that nobody handles yet before a meeting, in the order of
// their numbers; those that wait for a meeting already stay there. It returns how
// many came on the agenda. Wants dispatch.hold.
func (s *Service) Put(ctx context.Context, id string, proposals []string) (n int, err error) {
	a, err := actor.Require(ctx, "dispatch.hold")
	if err != nil {
		return 0, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n = 0
		_, done, err := begin(tx, a, id)
		if err != nil || done {
			return err
		}
		waiting, err := waiting(tx, a.Tenant)
		if err != nil {
			return err
		}
		all, err := items(tx, a.Tenant, id, "")
		if err != nil {
			return err
		}
		last := 0
		for _, x := range all {
			last = max(last, x.Position)
		}
		var rows []ledger.Row
		for _, w := range waiting {
			if !slices.Contains(proposals, w.Proposal) || slices.ContainsFunc(all, func(x *Item) bool { return x.Proposal == w.Proposal }) {
				continue
			}
			last++
			x := &Item{Tenant: a.Tenant, Meeting: id, Proposal: w.Proposal, Position: last, State: Waiting, Version: 1}
			if err := insertItem(tx, x); err != nil {
				return err
			}
			rows = append(rows, x.row())
			n++
		}
		switch {
		case n == 0:
			return errs.New(errs.Conflict, "选中的提案已经在议程上，或已有单位承办")
		case len(all)+n > mostCases:
			return errs.New(errs.Invalid, "一次会议最多 %d 件提案", mostCases)
		}
		return ledger.Append(tx, ledger.Entry{Action: "dispatch.put", Kind: "dispatch_meeting", Object: id, Data: map[string]any{"cases": n}, Rows: rows})
	})
	return n, err
}

// TakeOff takes a case that was not handed over off the agenda. Wants
// dispatch.hold.
func (s *Service) TakeOff(ctx context.Context, id, proposalID string) error {
	a, err := actor.Require(ctx, "dispatch.hold")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, done, err := begin(tx, a, id)
		if err != nil || done {
			return err
		}
		x, err := item(tx, a.Tenant, id, proposalID)
		if err != nil {
			return err
		}
		if x.State == Sent {
			return errs.New(errs.Conflict, "已经交办，不能从议程上取下")
		}
		if err := remove(tx, x); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "dispatch.take_off", Kind: "dispatch_meeting", Object: id, Data: map[string]any{"proposal": proposalID}, Rows: x.rows()})
	})
}

// Choose decides who is to handle a case of the agenda; it is handed over with
// the meeting. Version is that of the item as it was seen. Wants
// proposal.dispatch.
func (s *Service) Choose(ctx context.Context, id, proposalID string, version int, units []proposal.UnitRole, note string) error {
	a, err := actor.Require(ctx, "proposal.dispatch")
	if err != nil {
		return err
	}
	note = han.Tidy(note)
	if err := proposal.CheckUnits(units); err != nil {
		return err
	}
	var f errs.Fields
	f.Check(len([]rune(note)) <= 1000, "note", "不能超过 %d 个字", 1000)
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, done, err := begin(tx, a, id)
		if err != nil || done {
			return err
		}
		x, err := item(tx, a.Tenant, id, proposalID)
		if err != nil {
			return err
		}
		if x.State == Sent {
			return errs.New(errs.Conflict, "已经交办；改办由承办单位申请退回后进行")
		}
		ids := make([]string, len(units))
		for i, u := range units {
			ids[i] = u.Unit
		}
		if err := activeUnits(tx, a.Tenant, ids); err != nil {
			return err
		}
		x.State, x.Note, x.Version = Chosen, note, version
		if err := updateItem(tx, x); err != nil {
			return err
		}
		rows, err := putUnits(tx, x, units)
		if err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "dispatch.choose", Kind: "dispatch_meeting", Object: id,
			Data: map[string]any{"proposal": proposalID, "units": units}, Rows: append(rows, x.row())})
	})
}

func activeUnits(tx *db.Tx, tenant string, ids []string) error {
	all, err := org.ActiveBodies(tx, tenant, "department")
	if err != nil {
		return err
	}
	var f errs.Fields
	for _, id := range ids {
		f.Check(slices.ContainsFunc(all, func(b *org.Body) bool { return b.ID == id }), "units", "没有这个承办单位，或已停用")
	}
	return f.Err()
}

// Outcome is what became of one case when the meeting was handed over.
type Outcome struct {
	*Item
	Err error // why it was not handed over
}

// Send hands all cases for which departments were chosen to them, each in a
// transaction of its own, so that one that cannot go holds up no other; only is
// one case, or empty for all. It may be repeated: what went stays. Wants
// proposal.dispatch; the error is about the meeting, that of a case stands in its
// outcome.
func (s *Service) Send(ctx context.Context, id, only string) (all []Outcome, err error) {
	a, err := actor.Require(ctx, "proposal.dispatch")
	if err != nil {
		return nil, err
	}
	var list []*Item
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		m, err := find(tx, a, id)
		if err != nil {
			return err
		}
		if m.Cancelled {
			return errs.New(errs.Conflict, "这次会议已经取消")
		}
		list, err = items(tx, a.Tenant, id, "")
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		if x.State != Chosen || only != "" && x.Proposal != only {
			continue
		}
		out := Outcome{Item: x, Err: s.send(part(ctx, x.Proposal), a, x)}
		if errs.KindOf(out.Err) == errs.Internal && out.Err != nil {
			return all, out.Err
		}
		all = append(all, out)
	}
	return all, nil
}

// part is a context with a request key of its own for one case of an act on many.
func part(ctx context.Context, id string) context.Context {
	r := actor.RequestFrom(ctx)
	if r.Key == "" {
		return ctx
	}
	if len(r.Key) > 64 { // keys have at most 128 characters
		sum := sha256.Sum256([]byte(r.Key))
		r.Key = hex.EncodeToString(sum[:16])
	}
	r.Key += ":" + id
	return actor.WithRequest(ctx, r)
}

func (s *Service) send(ctx context.Context, a actor.Actor, seen *Item) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		x, err := item(tx, a.Tenant, seen.Meeting, seen.Proposal)
		if err != nil {
			return err
		}
		switch {
		case x.State == Sent:
			return nil // by this request before, or by somebody else
		case x.State != Chosen || x.Version != seen.Version:
			return db.Stale()
		}
		p, err := proposal.Of(tx, a.Tenant, x.Proposal)
		if err != nil {
			return err
		}
		if _, err := s.proposals.Do(tx.Context(), p.ID, p.Version, "dispatch", proposal.Input{Units: x.roles(), Reason: x.Note}); err != nil {
			return err
		}
		x.State, x.SentBy, x.SentAt = Sent, a.Person, db.At(tx.Now())
		if err := updateItem(tx, x); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "dispatch.send", Kind: "dispatch_meeting", Object: x.Meeting,
			Data: map[string]any{"proposal": x.Proposal}, Rows: []ledger.Row{x.row()}})
	})
}
