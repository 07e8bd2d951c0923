package regional

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
)

// Service is the only door to joint proposals of several places. It is safe for
// concurrent use.
type Service struct {
	db      *db.DB
	notices *notify.Notifier
}

// New makes the service.
func New(d *db.DB, notices *notify.Notifier) *Service { return &Service{d, notices} }

func clean(f *errs.Fields, name string, s *string, most int, required bool) {
	*s = han.Tidy(*s)
	n := len([]rune(*s))
	f.Check(n > 0 || !required, name, "请填写")
	f.Check(n <= most, name, "不能超过 %d 个字", most)
}

// Begin begins a joint proposal with the partners named, by their full or short
// names as people write them: one that is a tenant of the platform takes part in
// it itself, any other is recorded by its name. Wants regional.draft.
func (s *Service) Begin(ctx context.Context, topic string, names []string) (id string, err error) {
	a, err := actor.Require(ctx, "regional.draft")
	if err != nil {
		return "", err
	}
	var f errs.Fields
	clean(&f, "topic", &topic, 200, true)
	var list []string
	for _, n := range names {
		if n = han.Tidy(n); n != "" && !slices.Contains(list, n) {
			list = append(list, n)
			f.Check(len([]rune(n)) <= 100, "partners", "不能超过 %d 个字", 100)
		}
	}
	f.Check(len(list) > 0, "partners", "请至少写一个联名的政协")
	f.Check(len(list) <= 30, "partners", "最多 %d 个", 30)
	if err := f.Err(); err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		object, done, err := ledger.Replayed(tx)
		if err != nil || done {
			id = object
			return err
		}
		session, err := org.CurrentSession(tx, a.Tenant)
		if err != nil {
			return err
		}
		all, err := org.Tenants(tx)
		if err != nil {
			return err
		}
		j := &Joint{Tenant: a.Tenant, ID: db.NewID(), Year: session.Year, Topic: topic, State: Drafting, Person: a.Person, CreatedAt: db.At(tx.Now()), Version: 1}
		if _, err := tx.Exec(`INSERT INTO regional_joint (tenant, id, year, topic, state, person, created_at, version) VALUES (`+db.Marks(8)+`)`,
			j.Tenant, j.ID, j.Year, j.Topic, j.State, j.Person, j.CreatedAt, j.Version); err != nil {
			return err
		}
		rows := []ledger.Row{j.row()}
		join := []*Partner{{Partner: a.Tenant}}
		for _, n := range list {
			p := &Partner{Name: n}
			if i := slices.IndexFunc(all, func(t *org.Tenant) bool { return t.Name == n || t.ShortName == n }); i >= 0 {
				p.Partner = all[i].ID
			}
			if p.Partner == "" || !slices.ContainsFunc(join, func(x *Partner) bool { return x.Partner == p.Partner }) {
				join = append(join, p)
			}
		}
		if len(join) < 2 {
			var f errs.Fields
			f.Add("partners", "请写本级以外的政协")
			return f.Err()
		}
		for i, p := range join {
			p.Tenant, p.Joint, p.Position = j.Tenant, j.ID, i
			if k := slices.IndexFunc(all, func(t *org.Tenant) bool { return p.Partner != "" && t.ID == p.Partner }); k >= 0 {
				p.Name = all[k].ShortName
			}
			if _, err := tx.Exec(`INSERT INTO regional_partner (tenant, joint, position, partner, name) VALUES ($1, $2, $3, $4, $5)`, p.Tenant, p.Joint, p.Position, p.Partner, p.Name); err != nil {
				return err
			}
			rows = append(rows, p.row())
		}
		id = j.ID
		if err := s.tell(tx, a, j, join, "regional.invite", []string{"clerk"}, notify.Params{"place": join[0].Name}); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "regional.begin", Kind: "regional", Object: id, To: Drafting, Data: map[string]any{"partners": len(join)}, Rows: rows})
	})
	return id, err
}

// tell tells people of roles at the partners of the platform, but not who acts.
func (s *Service) tell(tx *db.Tx, a actor.Actor, j *Joint, all []*Partner, kind string, roles []string, params notify.Params) error {
	params["topic"] = j.Topic
	for _, p := range all {
		if p.Partner == "" {
			continue
		}
		var to []string
		for _, role := range roles {
			ids, err := org.PeopleWith(tx, p.Partner, role, "")
			if err != nil {
				return err
			}
			to = append(to, ids...)
		}
		told := notify.Others(notify.As(notify.Partner, to...), a.Person)
		if len(told) == 0 {
			continue
		}
		if err := s.notices.Send(tx, notify.Notice{Tenant: p.Partner, To: told, Kind: kind, Link: "/regional/" + j.ID, Object: "regional", ObjectID: j.ID, Params: params}); err != nil {
			return err
		}
	}
	return nil
}

// act is one act on a joint proposal by somebody of a partner.
type act struct {
	s    *Service
	tx   *db.Tx
	a    actor.Actor
	j    *Joint
	all  []*Partner
	own  *Partner // of who acts
	rows []ledger.Row
}

// do finds the proposal, checks the version, lets f change it and writes the
// entry, in the tenant of who acts.
func (s *Service) do(ctx context.Context, permission, id string, version int, action, note string, f func(w *act) error) error {
	a, err := actor.Require(ctx, permission)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		j, err := find(tx, a, id)
		if err != nil {
			return err
		}
		done, err := ledger.Repeated(tx, id)
		switch {
		case err != nil || done:
			return err
		case version != j.Version:
			return db.Stale()
		}
		w := &act{s: s, tx: tx, a: a, j: j}
		if w.all, err = partners(tx, j); err != nil {
			return err
		}
		for _, p := range w.all {
			if p.Partner == a.Tenant {
				w.own = p
			}
		}
		from := j.State
		if err := f(w); err != nil {
			return err
		}
		if err := update(tx, j); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "regional." + action, Kind: "regional", Object: id, From: from, To: j.State, Note: note, Rows: append(w.rows, j.row())})
	})
}

// first refuses an act that belongs to the one that began it.
func (w *act) first() error {
	if w.j.Tenant != w.a.Tenant {
		return errs.New(errs.Forbidden, "由发起的政协办理")
	}
	return nil
}

// open refuses an act after the submission.
func (w *act) open() error {
	if w.j.State == Drafting || w.j.State == Agreed {
		return nil
	}
	return errs.New(errs.Conflict, "已经提交或取消，不能再改")
}

// Revise writes the next version of the text; what was approved of the one before
// no longer counts. Any partner may. Wants regional.draft.
func (s *Service) Revise(ctx context.Context, id string, version int, title, body, note string) error {
	var f errs.Fields
	clean(&f, "title", &title, 100, true)
	clean(&f, "body", &body, 20000, true)
	clean(&f, "note", &note, 500, false)
	if err := f.Err(); err != nil {
		return err
	}
	return s.do(ctx, "regional.draft", id, version, "revise", note, func(w *act) error {
		if err := w.open(); err != nil {
			return err
		}
		w.j.TextNo++
		w.j.State = Drafting
		t := &Text{Tenant: w.j.Tenant, Joint: id, N: w.j.TextNo, Title: title, Body: body, Note: note, Author: w.a.Name, Place: w.own.Name, At: db.At(w.tx.Now())}
		if _, err := w.tx.Exec(`INSERT INTO regional_text (`+textColumns+`) VALUES (`+db.Marks(9)+`)`, t.Tenant, t.Joint, t.N, t.Title, t.Body, t.Note, t.Author, t.Place, t.At); err != nil {
			return err
		}
		w.rows = append(w.rows, t.row())
		return s.tell(w.tx, w.a, w.j, w.all, "regional.revise", []string{"clerk", "review_chair"}, notify.Params{"n": t.N})
	})
}

// Approve approves the newest text for the actor's own conference. Wants
// regional.approve; n is the version of the text that was read.
func (s *Service) Approve(ctx context.Context, id string, version, n int) error {
	return s.do(ctx, "regional.approve", id, version, "approve", "", func(w *act) error {
		return w.approve(w.own, n, w.a.Name, "")
	})
}

// ApproveFor records the approval of a partner outside the platform, by its letter.
// The one that began it does. Wants regional.draft.
func (s *Service) ApproveFor(ctx context.Context, id string, version, position, n int, officer, letter string) error {
	var f errs.Fields
	clean(&f, "officer", &officer, 50, true)
	clean(&f, "letter", &letter, 200, true)
	if err := f.Err(); err != nil {
		return err
	}
	return s.do(ctx, "regional.draft", id, version, "approve_for", letter, func(w *act) error {
		if err := w.first(); err != nil {
			return err
		}
		if position < 0 || position >= len(w.all) || w.all[position].Partner != "" {
			return errs.New(errs.Invalid, "平台上的政协由自己的负责人审定")
		}
		return w.approve(w.all[position], n, officer, letter)
	})
}

func (w *act) approve(p *Partner, n int, officer, note string) error {
	if err := w.open(); err != nil {
		return err
	}
	switch {
	case w.j.TextNo == 0:
		return errs.New(errs.Conflict, "还没有文稿")
	case n != w.j.TextNo:
		return errs.New(errs.Conflict, "文稿已有新的一稿，请看过再审定")
	case p.TextNo == n:
		return errs.New(errs.Conflict, "已经审定过这一稿")
	}
	p.TextNo, p.Officer, p.Note, p.ApprovedAt = n, officer, note, db.At(w.tx.Now())
	if err := updatePartner(w.tx, p); err != nil {
		return err
	}
	w.rows = append(w.rows, p.row())
	if !slices.ContainsFunc(w.all, func(x *Partner) bool { return x.TextNo != n }) {
		w.j.State = Agreed
	}
	return w.s.tell(w.tx, w.a, w.j, w.all, "regional.approve", []string{"clerk"}, notify.Params{"place": p.Name})
}

// Submit records to whom it was submitted, and when. The one that began it does,
// once all have approved. Wants regional.draft.
func (s *Service) Submit(ctx context.Context, id string, version int, to, level, docNo string, on calendar.Date) error {
	var f errs.Fields
	clean(&f, "to", &to, 100, true)
	clean(&f, "doc_no", &docNo, 60, false)
	f.Check(level == org.Nation || level == org.Province || level == org.City, "level", "请选择层级")
	day, err := calendar.ParseDate(string(on))
	f.Check(err == nil && day != "", "on", "请填写日期")
	return s.do(ctx, "regional.draft", id, version, "submit", docNo, func(w *act) error {
		f := slices.Clone(f)
		f.Check(day == "" || day <= org.Today(w.tx), "on", "日期不能晚于今天")
		if err := f.Err(); err != nil {
			return err
		}
		if err := w.first(); err != nil {
			return err
		}
		if w.j.State != Agreed {
			return errs.New(errs.Conflict, "各方都审定同一稿后才能提交")
		}
		w.j.State, w.j.SubmittedTo, w.j.Level, w.j.DocNo, w.j.SubmittedOn = Submitted, to, level, docNo, day
		return s.tell(w.tx, w.a, w.j, w.all, "regional.submit", []string{"clerk", "review_chair", "leader"}, notify.Params{"to": to})
	})
}

// Stand records what became of it at the higher level. Wants regional.draft of the
// one that began it.
func (s *Service) Stand(ctx context.Context, id string, version int, standing, note string, on calendar.Date) error {
	var f errs.Fields
	clean(&f, "note", &note, 500, false)
	f.Check(slices.ContainsFunc(Standings, func(c org.Code) bool { return c.ID == standing }), "standing", "请从列出的选项中选择")
	day, err := calendar.ParseDate(string(on))
	f.Check(err == nil && day != "", "on", "请填写日期")
	return s.do(ctx, "regional.draft", id, version, "stand", note, func(w *act) error {
		f := slices.Clone(f)
		f.Check(day == "" || day <= org.Today(w.tx) && day >= w.j.SubmittedOn, "on", "日期应在提交之后、不晚于今天")
		if err := f.Err(); err != nil {
			return err
		}
		if err := w.first(); err != nil {
			return err
		}
		if w.j.State != Submitted {
			return errs.New(errs.Conflict, "还没有提交")
		}
		w.j.Standing, w.j.StandingNote, w.j.StandingOn = standing, note, day
		return s.tell(w.tx, w.a, w.j, w.all, "regional.standing", []string{"clerk"}, notify.Params{})
	})
}

// Adopt records that a ministry or department took something up, with the evidence
// for it. Any partner may. Wants regional.draft.
func (s *Service) Adopt(ctx context.Context, id string, version int, body, what, evidence string, on calendar.Date) error {
	var f errs.Fields
	clean(&f, "body", &body, 100, true)
	clean(&f, "what", &what, 1000, true)
	clean(&f, "evidence", &evidence, 1000, true)
	day, err := calendar.ParseDate(string(on))
	f.Check(err == nil && day != "", "on", "请填写日期")
	return s.do(ctx, "regional.draft", id, version, "adopt", body, func(w *act) error {
		f := slices.Clone(f)
		f.Check(day == "" || day <= org.Today(w.tx) && day >= w.j.SubmittedOn, "on", "日期应在提交之后、不晚于今天")
		if err := f.Err(); err != nil {
			return err
		}
		if w.j.State != Submitted {
			return errs.New(errs.Conflict, "还没有提交")
		}
		x := &Adoption{Tenant: w.j.Tenant, Joint: id, ID: db.NewID(), Body: body, What: what, Evidence: evidence, OnDate: day, Place: w.own.Name, At: db.At(w.tx.Now())}
		if _, err := w.tx.Exec(`INSERT INTO regional_adoption (`+adoptionColumns+`) VALUES (`+db.Marks(9)+`)`, x.Tenant, x.Joint, x.ID, x.Body, x.What, x.Evidence, x.OnDate, x.Place, x.At); err != nil {
			return err
		}
		w.rows = append(w.rows, x.row())
		return s.tell(w.tx, w.a, w.j, w.all, "regional.standing", []string{"clerk"}, notify.Params{})
	})
}

// Cancel ends a joint proposal before it is submitted. Wants regional.draft of the
// one that began it.
func (s *Service) Cancel(ctx context.Context, id string, version int) error {
	return s.do(ctx, "regional.draft", id, version, "cancel", "", func(w *act) error {
		if err := w.first(); err != nil {
			return err
		}
		if err := w.open(); err != nil {
			return err
		}
		w.j.State = Cancelled
		return nil
	})
}

// View is a joint proposal with everything that its partners share.
type View struct {
	*Joint
	Partners  []*Partner
	Texts     []*Text // the newest first
	Adoptions []*Adoption
	Own       *Partner // the reader's
	First     bool     // the reader's conference began it
	Drafts    bool     // the reader writes
	Approves  bool     // the reader approves for their conference
}

// Get reads a joint proposal of the actor's conference or of one it is a partner
// of. Wants regional.read.
func (s *Service) Get(ctx context.Context, id string) (v *View, err error) {
	a, err := actor.Require(ctx, "regional.read")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		j, err := find(tx, a, id)
		if err != nil {
			return err
		}
		v = &View{Joint: j, First: j.Tenant == a.Tenant, Drafts: a.Can("regional.draft"), Approves: a.Can("regional.approve")}
		if v.Partners, err = partners(tx, j); err != nil {
			return err
		}
		for _, p := range v.Partners {
			if p.Partner == a.Tenant {
				v.Own = p
			}
		}
		if v.Texts, err = db.All(tx, (*Text).fields, `SELECT `+textColumns+` FROM regional_text WHERE tenant = $1 AND joint = $2 ORDER BY n DESC`, j.Tenant, id); err != nil {
			return err
		}
		v.Adoptions, err = db.All(tx, (*Adoption).fields, `SELECT `+adoptionColumns+` FROM regional_adoption WHERE tenant = $1 AND joint = $2 ORDER BY on_date, id`, j.Tenant, id)
		return err
	})
	return v, err
}

// List lists the joint proposals of the actor's conference, the newest first. Wants
// regional.read.
func (s *Service) List(ctx context.Context) (all []*Joint, err error) {
	a, err := actor.Require(ctx, "regional.read")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, (*Joint).fields, `SELECT `+columns+` FROM regional_joint j WHERE `+shared+` ORDER BY j.created_at DESC, j.id DESC LIMIT 200`, a.Tenant)
		return err
	})
	return all, err
}
