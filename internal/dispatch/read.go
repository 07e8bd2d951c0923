package dispatch

import (
	"context"
	"io"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
)

// Agenda is a meeting with everything that its pages show.
type Agenda struct {
	*Meeting
	Items   []*Item // for a department, what was handed to it
	Files   []*File
	Names   map[string]string // of the people and bodies that appear
	Session *org.Session
	Today   calendar.Date
	Own     string // the department that reads; empty for the office
	Waiting int    // cases that could still be put on an agenda
}

// Left counts the cases that wait for departments, and those that are ready.
func (g *Agenda) Left() (waiting, chosen int) {
	for _, x := range g.Items {
		switch x.State {
		case Waiting:
			waiting++
		case Chosen:
			chosen++
		}
	}
	return waiting, chosen
}

// Item is a case of the agenda; NotFound if it is not on it.
func (g *Agenda) Item(id string) (*Item, error) {
	i := slices.IndexFunc(g.Items, func(x *Item) bool { return x.Proposal == id })
	if i < 0 {
		return nil, errs.Missing()
	}
	return g.Items[i], nil
}

// Next is the first case after one that still waits for departments, from the
// top again; "" if none does.
func (g *Agenda) Next(id string) string {
	at := slices.IndexFunc(g.Items, func(x *Item) bool { return x.Proposal == id })
	for i := range g.Items {
		if x := g.Items[(at+1+i)%len(g.Items)]; x.State == Waiting && x.Proposal != id {
			return x.Proposal
		}
	}
	return ""
}

// ReadsOwn reports whether an actor sees of meetings what was handed to their
// department only.
func ReadsOwn(a actor.Actor) bool { return !a.Can("dispatch.read") }

// Get reads a meeting; a department finds those at which it was given something.
func (s *Service) Get(ctx context.Context, id string) (g *Agenda, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		m, err := find(tx, a, id)
		if err != nil {
			return err
		}
		g = &Agenda{Meeting: m, Today: org.Today(tx)}
		if ReadsOwn(a) {
			g.Own = a.Body
		}
		if g.Items, err = items(tx, a.Tenant, id, g.Own); err != nil {
			return err
		}
		if g.Files, err = files(tx, a.Tenant, id); err != nil {
			return err
		}
		if g.Session, err = org.SessionOf(tx, a.Tenant, m.Session); err != nil {
			return err
		}
		if a.Can("dispatch.hold") {
			all, err := waiting(tx, a.Tenant)
			if err != nil {
				return err
			}
			g.Waiting = len(all)
		}
		return g.name(tx)
	})
	return g, err
}

func (g *Agenda) name(tx *db.Tx) error {
	people, bodies := []string{g.Person}, slices.Clone([]string(g.Units))
	for _, x := range g.Items {
		people = append(people, x.SentBy)
		for _, u := range x.Units {
			bodies = append(bodies, u.Unit)
		}
	}
	for _, f := range g.Files {
		people = append(people, f.Person)
	}
	names, err := org.BodyNames(tx, g.Tenant, compact(bodies))
	if err != nil {
		return err
	}
	g.Names = names
	of, err := org.PersonNames(tx, g.Tenant, compact(people))
	for id, name := range of {
		g.Names[id] = name
	}
	return err
}

func compact(ids []string) []string {
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
}

// List lists the meetings in the actor's reach with how much was on them, newest
// first: those before the one with an id ("" from the newest), 50 at a time.
func (s *Service) List(ctx context.Context, before string) (all []*Meeting, today calendar.Date, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, "", err
	}
	if !a.Can("dispatch.read") && !a.Can("dispatch.own") {
		return nil, "", actor.Denied
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		today = org.Today(tx)
		args := []any{a.Tenant, before}
		cond, args := reach(a, args)
		args = append(args, ReadsOwn(a), a.Body)
		own := `($` + itoa(len(args)-1) + ` = FALSE OR EXISTS (SELECT 1 FROM dispatch_case_unit v WHERE v.tenant = c.tenant AND v.meeting = c.meeting AND v.proposal = c.proposal AND v.unit = $` + itoa(len(args)) + `))`
		count := func(state string) string {
			return `(SELECT COUNT(*) FROM dispatch_case c WHERE c.tenant = m.tenant AND c.meeting = m.id AND ` + state + ` AND ` + own + `)`
		}
		all, err = db.All(tx, func(m *Meeting) []any { return append(m.fields(), &m.Cases, &m.Chosen, &m.Sent) },
			`SELECT `+meetingColumns+`, `+count(`1 = 1`)+`, `+count(`c.state = 'chosen'`)+`, `+count(`c.state = 'sent'`)+` FROM dispatch_meeting m
			WHERE m.tenant = $1 AND ($2 = '' OR (m.on_date, m.id) < (SELECT o.on_date, o.id FROM dispatch_meeting o WHERE o.tenant = $1 AND o.id = $2)) AND `+cond+`
			ORDER BY m.on_date DESC, m.id DESC LIMIT 50`, args...)
		return err
	})
	return all, today, err
}

// Unplaced lists the filed cases that wait for a meeting. Wants dispatch.hold.
func (s *Service) Unplaced(ctx context.Context) (all []*Item, err error) {
	a, err := actor.Require(ctx, "dispatch.hold")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = waiting(tx, a.Tenant)
		return err
	})
	return all, err
}

// maxFiles bounds the files of one meeting.
const maxFiles = 50

// FileLimits say what may be added to a meeting.
func (s *Service) FileLimits() document.Limits { return document.Defaults() }

// Upload is a file that somebody adds.
type Upload struct {
	Name    string
	Size    int64
	Content interface {
		io.Reader
		io.ReaderAt
	}
}

// Attach adds a file to the record of a meeting. Wants dispatch.hold.
func (s *Service) Attach(ctx context.Context, id string, up Upload) error {
	a, err := actor.Require(ctx, "dispatch.hold")
	if err != nil {
		return err
	}
	// What is not theirs must not fill the disk: asked before the bytes are kept.
	if err := s.db.Read(ctx, func(tx *db.Tx) error { _, err := find(tx, a, id); return err }); err != nil {
		return err
	}
	kind, err := document.Inspect(up.Name, up.Content, up.Size, s.FileLimits())
	if err != nil {
		return err
	}
	info, err := s.files.Put(ctx, up.Content, s.FileLimits().Kinds[kind])
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, done, err := begin(tx, a, id)
		if err != nil || done {
			return err
		}
		all, err := files(tx, a.Tenant, id)
		if err != nil {
			return err
		}
		if len(all) >= maxFiles {
			return errs.New(errs.Conflict, "一次会议最多 %d 个文件", maxFiles)
		}
		f := &File{Tenant: a.Tenant, ID: db.NewID(), Meeting: id, Name: document.FileName(up.Name), Kind: string(kind), Size: info.Size, SHA256: info.SHA256, Person: a.Person, At: db.At(tx.Now())}
		if _, err := tx.Exec(`INSERT INTO dispatch_file (`+fileColumns+`) VALUES (`+db.Marks(10)+`)`,
			f.Tenant, f.ID, f.Meeting, f.Name, f.Kind, f.Size, f.SHA256, f.Person, f.At, f.Removed); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "dispatch.attach", Kind: "dispatch_meeting", Object: id, Data: map[string]any{"file": f.ID, "sha256": f.SHA256}, Rows: []ledger.Row{f.row()}})
	})
}

// Detach takes a file off the record. Wants dispatch.hold.
func (s *Service) Detach(ctx context.Context, id, file string) error {
	a, err := actor.Require(ctx, "dispatch.hold")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, done, err := begin(tx, a, id)
		if err != nil || done {
			return err
		}
		f := &File{Tenant: a.Tenant, ID: file}
		n, err := tx.Exec(`UPDATE dispatch_file SET removed = TRUE WHERE tenant = $1 AND id = $2 AND meeting = $3 AND NOT removed`, a.Tenant, file, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Missing()
		}
		return ledger.Append(tx, ledger.Entry{Action: "dispatch.detach", Kind: "dispatch_meeting", Object: id, Data: map[string]any{"file": file}, Rows: []ledger.Row{f.row()}})
	})
}

// OpenFile opens a file of a meeting that the actor may read; the caller closes it.
func (s *Service) OpenFile(ctx context.Context, id, file string) (f *File, content io.ReadSeekCloser, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := find(tx, a, id); err != nil {
			return err
		}
		f, err = db.One(tx, (*File).fields, `SELECT `+fileColumns+` FROM dispatch_file WHERE tenant = $1 AND meeting = $2 AND id = $3 AND NOT removed`, a.Tenant, id, file)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	content, err = s.files.Get(ctx, f.SHA256)
	return f, content, err
}

// Sheet is what one department is handed at a meeting (交办表).
type Sheet struct {
	Unit  string
	Items []*Item
}

// Part is what the department has of a case.
func (s *Sheet) Part(x *Item) Part {
	i := slices.IndexFunc(x.Units, func(u Part) bool { return u.Unit == s.Unit })
	if i < 0 {
		return Part{}
	}
	return x.Units[i]
}

// Others names, by id, the departments that have the other parts of a case in a
// role; all roles if empty.
func (s *Sheet) Others(x *Item, roles ...string) (ids []string) {
	for _, u := range x.Units {
		if u.Unit != s.Unit && (len(roles) == 0 || slices.Contains(roles, u.Role)) {
			ids = append(ids, u.Unit)
		}
	}
	return ids
}

// Sheets are the lists to print and sign, one for each department: what was
// handed to it or is about to be. A department gets its own.
func (g *Agenda) Sheets() (all []*Sheet) {
	at := map[string]*Sheet{}
	for _, x := range g.Items {
		for _, u := range x.Units {
			if g.Own != "" && u.Unit != g.Own {
				continue
			}
			if at[u.Unit] == nil {
				at[u.Unit] = &Sheet{Unit: u.Unit}
				all = append(all, at[u.Unit])
			}
			at[u.Unit].Items = append(at[u.Unit].Items, x)
		}
	}
	slices.SortStableFunc(all, func(a, b *Sheet) int { return len(b.Items) - len(a.Items) })
	return all
}
