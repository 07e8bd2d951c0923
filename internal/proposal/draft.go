package proposal

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
)

const maxTitle = 60

// maxText bounds a saved draft: far above any rule's limit, so that a text that
// is too long is kept and can be shortened, but not without bounds.
const maxText = 50_000

// Text is what a proposer writes.
type Text struct {
	Kind        string   `json:"kind" form:"kind"`
	Body        string   `json:"body,omitempty" form:"body"`
	Title       string   `json:"title" form:"title"`
	Situation   string   `json:"situation" form:"situation"`
	Analysis    string   `json:"analysis" form:"analysis"`
	Suggestions string   `json:"suggestions" form:"suggestions"`
	Subject     string   `json:"subject" form:"subject"`
	Researched  bool     `json:"researched" form:"researched"`
	SelfWritten bool     `json:"self_written" form:"self_written"`
	Relayed     bool     `json:"relayed" form:"relayed"`
	OpenChoice  string   `json:"open_choice" form:"open_choice"`
	OpenReason  string   `json:"open_reason,omitempty" form:"open_reason"`
	UnitsWish   []string `json:"units_wish,omitempty" form:"units_wish"`
	ContactWish string   `json:"contact_wish,omitempty" form:"contact_wish"`
	Cosigners   []string `json:"cosigners,omitempty" form:"cosigners"`
	Proposer    string   `json:"proposer,omitempty" form:"proposer"` // the office only: who handed in the paper
	Channel     string   `json:"-"`
}

// Create begins a draft. A member's draft is their own, a body's belongs to the
// body, and the office enters a paper for the proposer named. A request that
// was made before answers with the draft it made.
func (s *Service) Create(ctx context.Context, t Text) (*Proposal, error) {
	a, err := actor.Require(ctx, "proposal.write")
	if err != nil {
		return nil, err
	}
	var p *Proposal
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		id, done, err := ledger.Replayed(tx)
		if err != nil {
			return err
		}
		if done {
			p, err = find(tx, a, id)
			return err
		}
		p, err = s.create(tx, a, t)
		return err
	})
	return p, err
}

func (s *Service) create(tx *db.Tx, a actor.Actor, t Text) (*Proposal, error) {
	session, err := org.CurrentSession(tx, a.Tenant)
	if err != nil {
		return nil, err
	}
	v, err := s.rules.Now(tx, a.Tenant)
	if err != nil {
		return nil, err
	}
	now := db.At(tx.Now())
	p := &Proposal{Tenant: a.Tenant, ID: db.NewID(), Session: session.ID, Year: session.Year, State: Draft,
		Lead: a.Person, RuleVersion: v.N, CreatedAt: now, UpdatedAt: now, Version: 1, Channel: t.Channel}
	w := &work{s: s, tx: tx, a: a, today: org.Today(tx), Case: &Case{Proposal: p, Rules: v}}
	if t.Proposer != "" {
		if !a.Can("proposal.paper") {
			return nil, actor.Denied
		}
		if p.Lead = t.Proposer; p.Channel == "" {
			p.Channel = "paper"
		}
	}
	if err := w.write(t); err != nil {
		return nil, err
	}
	if err := insert(tx, p); err != nil {
		return nil, err
	}
	w.rows = append(w.rows, p.row())
	if err := w.choose(t.Cosigners); err != nil {
		return nil, err
	}
	return p, ledger.Append(tx, ledger.Entry{Action: "proposal.create", Kind: "proposal", Object: p.ID, To: p.State, Rows: w.rows})
}

// Save keeps a draft, or a text that came back for revision. It is what the
// page calls by itself while somebody writes; the version must be the one read,
// so that two windows never overwrite each other.
func (s *Service) Save(ctx context.Context, id string, version int, t Text) (*Proposal, error) {
	a, err := actor.Require(ctx, "proposal.write")
	if err != nil {
		return nil, err
	}
	var p *Proposal
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil {
			return err
		}
		if p = w.Proposal; done {
			return nil
		}
		if err := w.mayWrite(); err != nil {
			return err
		}
		if p.Version != version {
			return db.Stale()
		}
		if err := w.write(t); err != nil {
			return err
		}
		if p.State == Draft {
			if err := w.choose(t.Cosigners); err != nil {
				return err
			}
		}
		if err := update(tx, p); err != nil {
			return err
		}
		w.rows = append(w.rows, p.row())
		if err := ledger.Append(tx, ledger.Entry{Action: "proposal.save", Kind: "proposal", Object: id, From: p.State, To: p.State, Rows: w.rows}); err != nil {
			return err
		}
		return w.index()
	})
	return p, err
}

// mayWrite: the lead writes; the officer of a body may write what their body
// drafted.
func (w *work) mayWrite() error {
	if w.State != Draft && w.State != Returned && w.State != Approval {
		return errs.New(errs.Conflict, "提案已经提交，不能再修改")
	}
	if w.State != Approval && isLead(w) == nil || w.Kind == Collective && w.a.Can("proposal.approve") && isOfficer(w) == nil {
		return nil
	}
	return actor.Denied
}

// write takes over what was typed. Only what could never be right is refused:
// an unfinished draft is kept as it is.
func (w *work) write(t Text) error {
	var f errs.Fields
	text := func(field, s string, most int) string {
		s = han.Clean(s)
		f.Check(len([]rune(s)) <= most, field, "不能超过 %d 个字", most)
		return s
	}
	p := w.Proposal
	p.Title = text("title", t.Title, 200)
	p.Situation = text("situation", t.Situation, maxText)
	p.Analysis = text("analysis", t.Analysis, maxText)
	p.Suggestions = text("suggestions", t.Suggestions, maxText)
	p.OpenReason = text("open_reason", t.OpenReason, 500)
	p.Researched, p.SelfWritten, p.Relayed = t.Researched, t.SelfWritten, t.Relayed
	code := func(field, set, key, fallback string) string {
		if key == "" {
			return fallback
		}
		_, ok := w.Rules.Code(set, key)
		f.Check(ok, field, "请从列出的选项中选择")
		return key
	}
	p.Subject = code("subject", "proposal.subjects", t.Subject, "")
	p.OpenChoice = code("open_choice", "proposal.open_choices", t.OpenChoice, "open")
	p.ContactWish = code("contact_wish", "proposal.contact_wishes", t.ContactWish, "")
	switch {
	case p.Kind != "" && p.State != Draft: // fixed once submitted
	case t.Kind == Individual || t.Kind == Joint || t.Kind == "":
		p.Kind, p.Body = t.Kind, ""
		if p.Kind == "" {
			p.Kind = Individual
		}
	case t.Kind == Collective:
		p.Kind, p.Body = Collective, t.Body
		if w.a.Role == "collective" { // an officer or drafter acts for one body only
			p.Body = w.a.Body
		}
	default:
		f.Add("kind", "请从列出的选项中选择")
	}
	if err := w.known(&f, p, t.UnitsWish); err != nil {
		return err
	}
	return f.Err()
}

// known checks that persons and bodies belong to this tenant.
func (w *work) known(f *errs.Fields, p *Proposal, units []string) error {
	slices.Sort(units)
	units = slices.DeleteFunc(slices.Compact(units), func(id string) bool { return id == "" })
	bodies := slices.Clone(units)
	if p.Body != "" {
		bodies = append(bodies, p.Body)
	}
	names, err := org.BodyNames(w.tx, w.a.Tenant, bodies)
	if err != nil {
		return err
	}
	for _, id := range units {
		f.Check(names[id] != "", "units_wish", "没有这个承办单位")
	}
	f.Check(len(units) <= 10, "units_wish", "最多选择 %d 个单位", 10)
	f.Check(p.Body == "" || names[p.Body] != "", "body", "没有这个单位")
	if p.Lead != "" {
		people, err := org.PersonNames(w.tx, w.a.Tenant, []string{p.Lead})
		if err != nil {
			return err
		}
		f.Check(people[p.Lead] != "", "proposer", "名册中没有这个人")
	} else {
		f.Add("proposer", "请选择提案人")
	}
	p.UnitsWish = units
	return nil
}

// choose sets who stands behind a draft: the lead, and the co-signers to be
// asked. Of a collective proposal the lead is its drafter.
func (w *work) choose(cosigners []string) error {
	var f errs.Fields
	if w.Kind != Joint {
		cosigners = nil
	}
	seen := map[string]bool{w.Lead: true, "": true}
	cosigners = slices.DeleteFunc(slices.Clone(cosigners), func(id string) bool {
		twice := seen[id]
		seen[id] = true
		return twice
	})
	most := w.Rules.Int("proposal.max_cosigners")
	f.Check(len(cosigners) <= most, "cosigners", "联名人最多 %d 位", most)
	names, err := org.PersonNames(w.tx, w.a.Tenant, cosigners)
	if err != nil {
		return err
	}
	for _, id := range cosigners {
		f.Check(names[id] != "", "cosigners", "名册中没有这个人")
	}
	if err := f.Err(); err != nil {
		return err
	}
	wanted := []*Party{{Person: w.Lead, Role: "lead", State: "confirmed"}}
	if w.Kind == Collective {
		wanted[0].Role = "drafter"
	}
	for _, id := range cosigners {
		wanted = append(wanted, &Party{Person: id, Role: "cosigner", State: "chosen"})
	}
	same := slices.EqualFunc(wanted, w.Parties, func(x, y *Party) bool { return x.Person == y.Person && x.Role == y.Role && x.State == y.State })
	if same {
		return nil
	}
	for _, old := range w.Parties {
		if !slices.ContainsFunc(wanted, func(x *Party) bool { return x.Person == old.Person }) {
			if _, err := w.tx.Exec(`DELETE FROM proposal_party WHERE tenant = $1 AND proposal = $2 AND person = $3`, w.Tenant, w.ID, old.Person); err != nil {
				return err
			}
			w.rows = append(w.rows, old.row())
		}
	}
	for i, x := range wanted {
		x.Tenant, x.Proposal, x.Position = w.Tenant, w.ID, i
		if err := w.putParty(x); err != nil {
			return err
		}
	}
	w.Parties = wanted
	return nil
}

func (w *work) putParty(p *Party) error {
	w.rows = append(w.rows, p.row())
	return putParty(w.tx, p)
}

// invite asks the co-signers; each answers as themself before the deadline.
func (w *work) invite() error {
	now := db.At(w.tx.Now())
	var asked []string
	for _, p := range w.Parties {
		if p.Role != "cosigner" {
			continue
		}
		p.State, p.InvitedAt, p.DecidedAt = "invited", now, db.Time{}
		if err := w.putParty(p); err != nil {
			return err
		}
		asked = append(asked, p.Person)
	}
	return w.startClock("proposal.cosign", "proposal.cosign", "", w.today, asked...)
}

// uninvite takes the invitations back.
func (w *work) uninvite() error {
	for _, p := range w.Parties {
		if p.Role == "cosigner" {
			p.State, p.InvitedAt, p.DecidedAt = "chosen", db.Time{}, db.Time{}
			if err := w.putParty(p); err != nil {
				return err
			}
		}
	}
	return w.stopClocks(false, "proposal.cosign")
}

// Cosign is a co-signer's own answer to an invitation.
func (s *Service) Cosign(ctx context.Context, id string, accept bool) (*Proposal, error) {
	a, err := actor.Require(ctx, "proposal.rate") // a member, as themself
	if err != nil {
		return nil, err
	}
	var p *Proposal
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil {
			return err
		}
		if p = w.Proposal; done {
			return nil
		}
		i := slices.IndexFunc(w.Parties, func(x *Party) bool { return x.Person == a.Person && x.Role == "cosigner" })
		if i < 0 {
			return actor.Denied
		}
		x := w.Parties[i]
		if w.State != Cosigning || x.State != "invited" {
			return errs.New(errs.Conflict, "这份联名邀请已经结束")
		}
		x.State, x.DecidedAt, x.Method = "refused", db.At(tx.Now()), "web"
		action := "proposal.refuse_cosigning"
		if accept {
			x.State, action = "confirmed", "proposal.cosign"
		}
		if err := w.putParty(x); err != nil {
			return err
		}
		if err := ledger.Append(tx, ledger.Entry{Action: action, Kind: "proposal", Object: id, From: w.State, To: w.State, Rows: w.rows}); err != nil {
			return err
		}
		w.rows = nil
		return w.announce(action)
	})
	return p, err
}

// submit hands the text in: it gets its serial number, and the text as it is
// now becomes a revision. The rules of today are those it will be judged by.
func (w *work) submit() error {
	p := w.Proposal
	now := db.At(w.tx.Now())
	for _, x := range w.Parties {
		if x.Role == "cosigner" && x.State != "confirmed" && x.State != "refused" {
			// A paper carries the signatures themselves.
			x.State, x.DecidedAt = "dropped", now
			if p.Channel != "" && w.a.Can("proposal.paper") {
				x.State, x.Method = "confirmed", "paper"
			}
			if err := w.putParty(x); err != nil {
				return err
			}
		}
	}
	if p.SerialNo == 0 {
		session, err := org.SessionOf(w.tx, p.Tenant, p.Session)
		if err != nil {
			return err
		}
		p.Interim = !session.Plenary(w.tx.Now())
		if p.SerialNo, err = next(w.tx, p.Tenant, p.Session, "serial"); err != nil {
			return err
		}
		w.rows = append(w.rows, ledger.RowOf("proposal_counter", "tenant", p.Tenant, "session", p.Session, "name", "serial"))
		p.SubmittedAt = now
	}
	p.Revision++
	p.Stage = 0
	w.note("serial_no", p.SerialNo)
	w.note("revision", p.Revision)
	if err := insertRevision(w.tx, p, w.a.Person, w.in.Reason); err != nil {
		return err
	}
	w.rows = append(w.rows, ledger.RowOf("proposal_revision", "tenant", p.Tenant, "proposal", p.ID, "n", p.Revision))
	return w.stopClocks(true, "proposal.cosign")
}
