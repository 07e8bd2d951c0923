package keyproposal

import (
	"context"
	"slices"
	"strconv"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

func itoa(n int) string { return strconv.Itoa(n) }

// SaveLeader puts somebody of the roster on the list of leaders, or changes what
// stands there: the id empty makes a new one. Whoever is no longer active leads
// what they lead, and no more. Wants key_proposal.manage.
func (s *Service) SaveLeader(ctx context.Context, l Leader) (id string, err error) {
	a, err := actor.Require(ctx, "key_proposal.manage")
	if err != nil {
		return "", err
	}
	l.Tenant, l.Post = a.Tenant, han.Tidy(l.Post)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		object, done, err := ledger.Replayed(tx)
		if err != nil {
			return err
		}
		if done {
			id = object
			return nil
		}
		var f errs.Fields
		_, err = org.PersonOf(tx, a.Tenant, l.Person)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		f.Check(err == nil, "person", "请选择名册中的人员")
		f.Check(l.Post != "" && len([]rune(l.Post)) <= 60, "post", "请填写职务，不超过 %d 个字", 60)
		f.Check(slices.ContainsFunc(LeaderKinds, func(c org.Code) bool { return c.ID == l.Kind }), "kind", "请从列出的选项中选择")
		if err := f.Err(); err != nil {
			return err
		}
		action := "key_proposal.change_leader"
		if l.ID == "" {
			l.ID, l.Active, l.Version, action = db.NewID(), true, 1, "key_proposal.add_leader"
			_, err = tx.Exec(`INSERT INTO key_leader (`+leaderColumns+`) VALUES (`+db.Marks(8)+`)`, l.Tenant, l.ID, l.Person, l.Post, l.Kind, l.Principal, l.Active, l.Version)
		} else {
			err = db.Touch(tx.Exec(`UPDATE key_leader SET post = $4, kind = $5, principal = $6, active = $7, version = version + 1 WHERE tenant = $1 AND id = $2 AND version = $3 AND person = $8`,
				l.Tenant, l.ID, l.Version, l.Post, l.Kind, l.Principal, l.Active, l.Person))
		}
		if db.Duplicate(err) {
			return errs.New(errs.Conflict, "这位领导已在名单上")
		}
		if err != nil {
			return err
		}
		id = l.ID
		return ledger.Append(tx, ledger.Entry{Action: action, Kind: "key_leader", Object: l.ID, Data: map[string]any{"person": l.Person, "kind": l.Kind, "principal": l.Principal, "active": l.Active}, Rows: []ledger.Row{l.row()}})
	})
	return id, err
}

// LeaderYear is a leader with what they lead in a year.
type LeaderYear struct {
	*Leader
	Name string
	Keys []*Item
	Late int // of Keys: how many are behind a deadline
	// Lacks says that a principal leader has fewer than the rules ask for.
	Lacks bool
}

// Leaders lists the leaders with the key proposals of a year under their names,
// and who lacks one. Wants key_proposal.read.
func (s *Service) Leaders(ctx context.Context, year int) (all []*LeaderYear, err error) {
	a, err := actor.Require(ctx, "key_proposal.read")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		v, err := s.rules.Now(tx, a.Tenant)
		if err != nil {
			return err
		}
		list, err := leaders(tx, a.Tenant)
		if err != nil {
			return err
		}
		items, err := s.items(tx, a, Filter{Year: year, Key: true})
		if err != nil {
			return err
		}
		ids := make([]string, len(list))
		for i, l := range list {
			ids[i] = l.Person
		}
		names, err := org.PersonNames(tx, a.Tenant, ids)
		if err != nil {
			return err
		}
		today := org.Today(tx)
		for _, l := range list {
			y := &LeaderYear{Leader: l, Name: names[l.Person]}
			for _, x := range items {
				if x.Leader == l.Person {
					y.Keys = append(y.Keys, x)
					if x.Behind(today) {
						y.Late++
					}
				}
			}
			y.Lacks = l.Principal && len(y.Keys) < v.Int("key_proposal.per_principal")
			all = append(all, y)
		}
		return nil
	})
	return all, err
}

// Priority is a party's proposal of a year with the priority it is given.
type Priority struct {
	Case    *proposal.Brief
	Measure string // code; none when it is given no priority
	Note    string
	Version int
	Key     string // id of the key proposal that it is, if any
	State   string // of that
	Lead    string // name of who leads it
}

func (p *Priority) fields() []any {
	return append(p.Case.Fields(), &p.Measure, &p.Note, &p.Version, &p.Key, &p.State, &p.Lead)
}

// Parties lists the filed proposals of parties of a year with the priority that
// each is given. Wants key_proposal.read.
func (s *Service) Parties(ctx context.Context, year int) (all []*Priority, err error) {
	a, err := actor.Require(ctx, "key_proposal.read")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		cond, args := proposal.Reach(a, []any{a.Tenant, year})
		all, err = db.All(tx, func(p *Priority) []any { p.Case = new(proposal.Brief); return p.fields() },
			`SELECT `+proposal.BriefColumns+`, COALESCE(y.measure, ''), COALESCE(y.note, ''), COALESCE(y.version, 0), COALESCE(k.id, ''), COALESCE(k.state, ''), COALESCE(l.name, '')
			FROM proposal p JOIN body party ON party.tenant = p.tenant AND party.id = p.body AND party.kind = 'party'
			LEFT JOIN key_priority y ON y.tenant = p.tenant AND y.proposal = p.id
			LEFT JOIN key_proposal k ON k.tenant = p.tenant AND k.proposal = p.id AND k.state <> 'declined'
			LEFT JOIN person l ON l.tenant = k.tenant AND l.id = k.leader
			WHERE p.tenant = $1 AND p.year = $2 AND p.case_no <> 0 AND `+cond+` ORDER BY p.case_no, p.id LIMIT 1000`, args...)
		return err
	})
	return all, err
}

// Prioritize says how parties' proposals are given priority; measure empty takes
// the priority away. All of them or none. Wants key_proposal.manage; a proposal
// that is no party's is Invalid.
func (s *Service) Prioritize(ctx context.Context, proposals []string, measure, note string) error {
	a, err := actor.Require(ctx, "key_proposal.manage")
	if err != nil {
		return err
	}
	note = han.Tidy(note)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, done, err := ledger.Replayed(tx)
		if err != nil || done {
			return err
		}
		v, err := s.rules.Now(tx, a.Tenant)
		if err != nil {
			return err
		}
		var f errs.Fields
		f.Check(len(proposals) > 0 && len(proposals) <= mostAtOnce, "id", "请选择 1 到 %d 件提案", mostAtOnce)
		code, ok := v.Code("key_proposal.measures", measure)
		f.Check(measure == "" || ok && !code.Retired, "measure", "请从列出的选项中选择")
		f.Check(len([]rune(note)) <= 500, "note", "不能超过 %d 个字", 500)
		if err := f.Err(); err != nil {
			return err
		}
		cases, err := proposal.Briefs(tx, a, proposals)
		if err != nil {
			return err
		}
		found := 0
		for _, c := range cases {
			found++
			if !c.Party() || c.CaseNo == 0 {
				return errs.New(errs.Invalid, "《%s》不是已立案的党派提案", c.Title)
			}
			if err := s.prioritize(tx, a, c, measure, note); err != nil {
				return err
			}
		}
		slices.Sort(proposals)
		if found != len(slices.Compact(proposals)) {
			return errs.Missing()
		}
		return nil
	})
}

func (s *Service) prioritize(tx *db.Tx, a actor.Actor, c *proposal.Brief, measure, note string) error {
	row := ledger.RowOf("key_priority", "tenant", a.Tenant, "proposal", c.ID)
	if measure == "" {
		if _, err := tx.Exec(`DELETE FROM key_priority WHERE tenant = $1 AND proposal = $2`, a.Tenant, c.ID); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "key_proposal.deprioritize", Kind: "proposal", Object: c.ID, Rows: []ledger.Row{row}})
	}
	if _, err := tx.Exec(`INSERT INTO key_priority (tenant, proposal, measure, note, person, at) VALUES (`+db.Marks(6)+`)
		ON CONFLICT (tenant, proposal) DO UPDATE SET measure = excluded.measure, note = excluded.note, person = excluded.person, at = excluded.at, version = key_priority.version + 1`,
		a.Tenant, c.ID, measure, note, a.Person, db.At(tx.Now())); err != nil {
		return err
	}
	if err := ledger.Append(tx, ledger.Entry{Action: "key_proposal.prioritize", Kind: "proposal", Object: c.ID, Note: note, Data: map[string]any{"measure": measure}, Rows: []ledger.Row{row}}); err != nil {
		return err
	}
	to, err := proposal.Concerned(tx, a.Tenant, c.ID)
	if err != nil {
		return err
	}
	if to = notify.Others(to, a.Person); len(to) == 0 {
		return nil
	}
	return s.notices.Send(tx, notify.Notice{Tenant: a.Tenant, To: to, Kind: "key_proposal.prioritize", Link: "/proposals/" + c.ID, Object: "proposal", ObjectID: c.ID, Params: notify.Params{"title": c.Title}})
}

// LogEvent puts what was held about some proposals into the logs of those of them
// that are key proposals under supervision; meaning is that of package
// supervision. The caller has checked that the actor may.
func (s *Service) LogEvent(tx *db.Tx, a actor.Actor, proposals []string, on calendar.Date, meaning, summary, event string) error {
	list, args := db.In([]any{a.Tenant}, proposals)
	all, err := db.All(tx, (*Key).fields, `SELECT `+keyColumns+` FROM key_proposal k WHERE k.tenant = $1 AND k.state IN ('plan_signed', 'supervising') AND k.proposal IN `+list+` ORDER BY k.id`, args...)
	if err != nil {
		return err
	}
	for _, k := range all {
		w, err := s.open(tx, a, k)
		if err != nil {
			return err
		}
		step, err := Flow.Find(k.State, "log")
		if err != nil {
			return err
		}
		w.in = Input{On: on, Form: w.formOf(meaning), Text: summary}
		w.event = event
		if err := w.take(step); err != nil {
			return err
		}
	}
	return nil
}

// formOf is the form of the plan that a kind of event comes closest to.
func (w *work) formOf(meaning string) string {
	if _, ok := w.rules.Code("key_proposal.forms", meaning); ok {
		return meaning // visit, consultation
	}
	return "forum"
}
