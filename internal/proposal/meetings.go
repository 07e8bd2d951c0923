package proposal

import (
	"context"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/rule"
)

// Requirements that a case may be exempted from.
const (
	Meetings   = "meetings"   // 两见面
	Disclosure = "disclosure" // 一公开
)

// Exemption says that a case may be closed without meeting a requirement.
type Exemption struct {
	Tenant, Proposal, Kind, Reason, Person string
	At                                     db.Time
}

const exemptionColumns = `tenant, proposal, kind, reason, person, at`

func (x *Exemption) fields() []any {
	return []any{&x.Tenant, &x.Proposal, &x.Kind, &x.Reason, &x.Person, &x.At}
}

func (x *Exemption) row() ledger.Row {
	return ledger.RowOf("proposal_exemption", "tenant", x.Tenant, "proposal", x.Proposal, "kind", x.Kind)
}

func exemptions(tx *db.Tx, tenant, id string) ([]*Exemption, error) {
	return db.All(tx, (*Exemption).fields, `SELECT `+exemptionColumns+` FROM proposal_exemption WHERE tenant = $1 AND proposal = $2 ORDER BY kind`, tenant, id)
}

// Compliance is how far a case is with two meetings and one disclosure
// (两见面一公开), against the rules that it began under.
type Compliance struct {
	Need        int  // meetings in person that are asked for
	Around      bool // one of them before the reply is signed off and one since
	NeedsPublic bool
	Before      int // days on which a department met the proposers, until the reply was signed off
	After       int // … and since
	Public      bool
	Exempt      map[string]bool // by requirement
}

// requires reports what a version of the rules asks for; public says whether
// somebody can tell what is disclosed.
func requires(v *rule.Version, public bool) Compliance {
	c := Compliance{Need: v.Int("proposal.meetings"), Exempt: map[string]bool{}}
	c.Around = c.Need > 0 && v.Bool("proposal.meeting_after")
	c.NeedsPublic = public && v.Bool(DisclosureRule.ID)
	return c
}

// Asks reports whether anything is asked for.
func (c *Compliance) Asks() bool { return c.Need > 0 || c.NeedsPublic }

// Met is on how many days they met.
func (c *Compliance) Met() int { return c.Before + c.After }

// LacksMeetings reports whether they still have to meet.
func (c *Compliance) LacksMeetings() bool {
	return !c.Exempt[Meetings] && (c.Met() < c.Need || c.Around && (c.Before == 0 || c.After == 0))
}

// LacksDisclosure reports whether it still has to be disclosed.
func (c *Compliance) LacksDisclosure() bool {
	return !c.Exempt[Disclosure] && c.NeedsPublic && !c.Public
}

// Missing says what is missing, as formats with their arguments in the order of
// the work; nothing when it complies.
func (c *Compliance) Missing() (all []errs.Field) {
	add := func(name, msg string, args ...any) { all = append(all, errs.Field{Name: name, Msg: msg, Args: args}) }
	if c.LacksMeetings() {
		n := c.Need - c.Met()
		if c.Around && c.Before == 0 {
			add(Meetings, "签发答复之前没有见面")
			n--
		}
		if c.Around && c.After == 0 {
			add(Meetings, "签发答复之后还没有见面")
			n--
		}
		if n > 0 {
			add(Meetings, "还差 %d 次见面", n)
		}
	}
	if c.LacksDisclosure() {
		add(Disclosure, "还没有公开")
	}
	return all
}

// count counts talks: those in person of departments that answer, one for each
// day. signed is when the reply of the newest round was first signed off.
func (c *Compliance) count(v *rule.Version, talks []talk, signed db.Time) {
	days := map[calendar.Date]bool{}
	for _, t := range talks {
		if code, _ := v.Code("assignment.contact_kinds", t.kind); code.Canonical != "in_person" || days[t.on] {
			continue
		}
		days[t.on] = true
		if !signed.IsZero() && t.at.After(signed.Time) {
			c.After++
		} else {
			c.Before++
		}
	}
}

// talk is what is counted of a contact record.
type talk struct {
	proposal, kind string
	on             calendar.Date
	at             db.Time
}

// keepsShut reports that the case is not to be disclosed, whatever the rule.
func keepsShut(openChoice string, replies []string) bool {
	return openChoice == "closed" || len(replies) > 0 && !slices.ContainsFunc(replies, func(d string) bool { return d != "closed" })
}

// compliance counts for one case; nil where its rules ask for nothing.
func (w *work) compliance() (*Compliance, error) {
	c := requires(w.Rules, w.s.Disclosed != nil)
	if !c.Asks() || w.CaseNo == 0 {
		return nil, nil
	}
	var signed db.Time
	var disclosures []string
	answers := map[string]bool{}
	for _, as := range w.Current() {
		answers[as.ID] = as.Answers()
	}
	for _, r := range w.Replies {
		if !answers[r.Assignment] {
			continue
		}
		if !r.SignedAt.IsZero() && (signed.IsZero() || r.SignedAt.Before(signed.Time)) {
			signed = r.SignedAt
		}
		disclosures = append(disclosures, r.Disclosure)
	}
	var talks []talk
	for _, x := range w.Contacts {
		if answers[x.Assignment] {
			talks = append(talks, talk{w.ID, x.Kind, x.OnDate, x.At})
		}
	}
	c.count(w.Rules, talks, signed)
	for _, x := range w.Exemptions {
		c.Exempt[x.Kind] = true
	}
	if c.NeedsPublic {
		open, err := w.s.Disclosed(w.tx, w.Tenant, []string{w.ID})
		if err != nil {
			return nil, err
		}
		c.Public = open[w.ID]
		c.Exempt[Disclosure] = c.Exempt[Disclosure] || keepsShut(w.OpenChoice, disclosures)
	}
	return &c, nil
}

// isCompliant: two meetings and one disclosure, where the rules ask for them.
func isCompliant(w *work) error {
	c, err := w.compliance()
	if err != nil || c == nil {
		return err
	}
	switch missing := c.Missing(); len(missing) {
	case 0:
		return nil
	case 1:
		return errs.New(errs.Conflict, missing[0].Msg, missing[0].Args...)
	}
	if c.LacksMeetings() && c.LacksDisclosure() {
		return errs.New(errs.Conflict, "还不能办结：见面 %d 次，要求 %d 次，也还没有公开", c.Met(), c.Need)
	}
	return errs.New(errs.Conflict, "还不能办结：见面 %d 次，要求 %d 次，签发答复前后都要有", c.Met(), c.Need)
}

// Meet writes down a talk of a department with the proposers after its reply was
// delivered and before the case is closed: the second of two meetings. Errors as
// of [Service.DoAssignment].
func (s *Service) Meet(ctx context.Context, id, assignment string, in Input) error {
	a, err := actor.Require(ctx, "assignment.handle")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil || done {
			return err
		}
		if w.as, err = w.Case.Assignment(assignment); err != nil {
			return err
		}
		if err := isOwnUnit(w); err != nil {
			return err
		}
		if !w.MeetsAgain(w.as) {
			return errs.New(errs.Conflict, "答复送达后、办结前可以登记见面")
		}
		w.in = in.clean()
		if err := checkInput(AssignmentFlow.Name, "contact", w); err != nil {
			return err
		}
		if err := w.contact(); err != nil {
			return err
		}
		w.note("assignment", w.as.ID)
		w.note("unit", w.as.Unit)
		return ledger.Append(tx, ledger.Entry{Action: "assignment.meet", Kind: "proposal", Object: w.ID, Data: w.data, Rows: w.rows})
	})
}

// MeetsAgain reports whether a department may still write down a meeting after
// its answer.
func (c *Case) MeetsAgain(as *Assignment) bool {
	return c.State == FeedbackOpen && as.State == Delivered && as.Round == c.Round
}

// Exempt lets a case be closed without a requirement, for the reason given.
// Wants proposal.close.
func (s *Service) Exempt(ctx context.Context, id, kind, reason string) error {
	a, err := actor.Require(ctx, "proposal.close")
	if err != nil {
		return err
	}
	reason = han.Tidy(reason)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil || done {
			return err
		}
		c, err := w.compliance()
		if err != nil {
			return err
		}
		var f errs.Fields
		f.Check(kind == Meetings || kind == Disclosure, "kind", "请从列出的选项中选择")
		f.Check(reason != "" && len([]rune(reason)) <= 500, "reason", "请写明理由，不超过 %d 个字", 500)
		if err := f.Err(); err != nil {
			return err
		}
		if c == nil || kind == Meetings && !c.LacksMeetings() || kind == Disclosure && !c.LacksDisclosure() {
			return errs.New(errs.Conflict, "这件提案不需要免除这项要求")
		}
		x := &Exemption{Tenant: w.Tenant, Proposal: w.ID, Kind: kind, Reason: reason, Person: a.Person, At: db.At(tx.Now())}
		if _, err := tx.Exec(`INSERT INTO proposal_exemption (`+exemptionColumns+`) VALUES (`+db.Marks(6)+`)`,
			x.Tenant, x.Proposal, x.Kind, x.Reason, x.Person, x.At); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "proposal.exempt", Kind: "proposal", Object: w.ID, Note: reason,
			Data: map[string]string{"kind": kind}, Rows: []ledger.Row{x.row()}})
	})
}

// Complying is a line of the list of who lacks what.
type Complying struct {
	ID      string
	CaseNo  int
	Title   string
	State   string
	Lead    string   // name of the first proposer or of the body
	Units   []string // ids of the departments that answer
	Version *rule.Version
	Compliance
}

// Complies is that list for a year, with the names of its departments.
type Complies struct {
	Year  int
	Off   bool // no case of the year is under rules that ask for anything
	All   []*Complying
	Names map[string]string
}

// Compliances lists the dispatched cases of a year (that of the current session
// if 0) whose rules ask for meetings or disclosure, in the actor's reach and by
// case number; for a department its own. It takes a handful of queries, however
// many cases there are.
func (s *Service) Compliances(ctx context.Context, year int) (out *Complies, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	if !a.Can("proposal.check") && !a.Can("proposal.read_all") && !a.Can("assignment.handle") {
		return nil, actor.Denied
	}
	out = &Complies{Year: year, Names: map[string]string{}}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if out.Year == 0 {
			session, err := org.CurrentSession(tx, a.Tenant)
			if err != nil {
				return err
			}
			out.Year = session.Year
		}
		return s.complies(tx, a, out)
	})
	return out, err
}

func (s *Service) complies(tx *db.Tx, a actor.Actor, out *Complies) error {
	versions, err := s.rules.Versions(tx, a.Tenant)
	if err != nil {
		return err
	}
	asking := map[int]*rule.Version{}
	var numbers []int
	for _, v := range append(versions, s.rules.Defaults(a.Tenant)) {
		if c := requires(v, s.Disclosed != nil); c.Asks() {
			asking[v.N] = v
			numbers = append(numbers, v.N)
		}
	}
	out.Off = len(numbers) == 0
	marks, args := db.In([]any{a.Tenant, out.Year}, numbers)
	cond, args := reach(a, args)
	where := ` WHERE p.tenant = $1 AND p.year = $2 AND p.dispatched_at <> '' AND p.rule_version IN ` + marks + ` AND ` + cond
	choices := map[string]string{}
	byID := map[string]*Complying{}
	rows, err := db.All(tx, func(c *struct {
		Complying
		version int
		choice  string
	}) []any {
		return []any{&c.ID, &c.CaseNo, &c.Title, &c.State, &c.Lead, &c.version, &c.choice}
	}, `SELECT p.id, p.case_no, p.title, p.state,
		CASE WHEN p.body <> '' THEN COALESCE((SELECT b.name FROM body b WHERE b.tenant = p.tenant AND b.id = p.body), '')
			ELSE COALESCE((SELECT q.name FROM person q WHERE q.tenant = p.tenant AND q.id = p.lead), '') END,
		p.rule_version, p.open_choice FROM proposal p`+where+` ORDER BY p.case_no, p.id`, args...)
	if err != nil {
		return err
	}
	var ids []string
	for _, r := range rows {
		c := &r.Complying
		c.Version = asking[r.version]
		c.Compliance = requires(c.Version, s.Disclosed != nil)
		choices[c.ID] = r.choice
		byID[c.ID] = c
		ids = append(ids, c.ID)
		out.All = append(out.All, c)
	}
	if len(ids) == 0 {
		return nil
	}
	return s.countAll(tx, a.Tenant, out, byID, choices, ids, where, args)
}

// countAll fills in the counts of all cases, each table read once.
func (s *Service) countAll(tx *db.Tx, tenant string, out *Complies, byID map[string]*Complying, choices map[string]string, ids []string, where string, args []any) error {
	type answer struct {
		proposal, unit, disclosure string
		signed                     db.Time
	}
	answersOf, err := db.All(tx, func(x *answer) []any { return []any{&x.proposal, &x.unit, &x.disclosure, &x.signed} },
		`SELECT y.proposal, y.unit, COALESCE(r.disclosure, ''), COALESCE(r.signed_at, '') FROM proposal p JOIN assignment y ON y.tenant = p.tenant AND y.proposal = p.id AND y.round = p.round
			AND y.role <> 'co_handler' AND y.state NOT IN ('returned', 'cancelled') LEFT JOIN reply r ON r.tenant = y.tenant AND r.assignment = y.id`+where+` ORDER BY y.issued_at, y.id`, args...)
	if err != nil {
		return err
	}
	signed, disclosures := map[string]db.Time{}, map[string][]string{}
	units := map[string]bool{}
	for _, x := range answersOf {
		c := byID[x.proposal]
		c.Units = append(c.Units, x.unit)
		units[x.unit] = true
		if x.signed.IsZero() {
			continue
		}
		if first := signed[x.proposal]; first.IsZero() || x.signed.Before(first.Time) {
			signed[x.proposal] = x.signed
		}
		disclosures[x.proposal] = append(disclosures[x.proposal], x.disclosure)
	}
	talks, err := db.All(tx, func(t *talk) []any { return []any{&t.proposal, &t.kind, &t.on, &t.at} },
		`SELECT t.proposal, t.kind, t.on_date, t.at FROM proposal p JOIN assignment y ON y.tenant = p.tenant AND y.proposal = p.id AND y.round = p.round AND y.role <> 'co_handler'
			AND y.state NOT IN ('returned', 'cancelled') JOIN contact_record t ON t.tenant = y.tenant AND t.assignment = y.id`+where+` ORDER BY t.at, t.id`, args...)
	if err != nil {
		return err
	}
	of := map[string][]talk{}
	for _, t := range talks {
		of[t.proposal] = append(of[t.proposal], *t)
	}
	exempt, err := db.All(tx, (*Exemption).fields, `SELECT `+prefixed("e.", exemptionColumns)+` FROM proposal p JOIN proposal_exemption e ON e.tenant = p.tenant AND e.proposal = p.id`+where, args...)
	if err != nil {
		return err
	}
	for _, e := range exempt {
		byID[e.Proposal].Exempt[e.Kind] = true
	}
	open := map[string]bool{}
	if s.Disclosed != nil {
		if open, err = s.Disclosed(tx, tenant, ids); err != nil {
			return err
		}
	}
	for _, c := range out.All {
		c.count(c.Version, of[c.ID], signed[c.ID])
		c.Public = open[c.ID]
		c.Exempt[Disclosure] = c.Exempt[Disclosure] || keepsShut(choices[c.ID], disclosures[c.ID])
	}
	out.Names, err = org.BodyNames(tx, tenant, keys(units))
	return err
}
