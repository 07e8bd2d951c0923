package digest

import (
	"context"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/attachment"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

// Filter says which digests a list shows; zero fields do not filter.
type Filter struct {
	Year  int    `form:"year" query:"year"` // of the number
	State string `form:"state" query:"state"`
	Title string `form:"q" query:"title"`
}

// Item is a row of a list.
type Item struct {
	*Digest
	Cases        int
	Recipients   string // names
	Instructions int
	Owed         int // instructions that are not followed up
	Late         int // of them: overdue
}

// mostListed bounds a list.
const mostListed = 1000

// List returns the digests in the actor's reach that a filter picks, drafts and
// the latest first, with the day they are compared with.
func (s *Service) List(ctx context.Context, f Filter) (all []*Item, today calendar.Date, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, "", err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		today = org.Today(tx)
		cond, args := reach(a, []any{a.Tenant, f.Year, f.State, db.Like(f.Title), today})
		all, err = db.All(tx, func(x *Item) []any {
			x.Digest = new(Digest)
			return append(x.Digest.fields(), &x.Cases, &x.Recipients, &x.Instructions, &x.Owed, &x.Late)
		}, `SELECT `+digestColumns+`,
			(SELECT COUNT(*) FROM digest_case c WHERE c.tenant = d.tenant AND c.digest = d.id),
			COALESCE((SELECT string_agg(q.name, '、' ORDER BY q.name) FROM digest_recipient r JOIN person q ON q.tenant = r.tenant AND q.id = r.person WHERE r.tenant = d.tenant AND r.digest = d.id), ''),
			(SELECT COUNT(*) FROM digest_instruction i WHERE i.tenant = d.tenant AND i.digest = d.id),
			(SELECT COUNT(*) FROM digest_instruction i WHERE i.tenant = d.tenant AND i.digest = d.id AND i.state IN ('open', 'reported')),
			(SELECT COUNT(*) FROM digest_instruction i WHERE i.tenant = d.tenant AND i.digest = d.id AND i.state IN ('open', 'reported') AND i.due_on < $5)
			FROM digest d WHERE d.tenant = $1 AND ($2 = 0 OR d.year = $2) AND ($3 = '' OR d.state = $3) AND d.title LIKE $4 ESCAPE '\' AND `+cond+`
			ORDER BY CASE WHEN d.no = 0 THEN 0 ELSE 1 END, d.year DESC, d.no DESC, d.id DESC LIMIT `+itoa(mostListed), args...)
		return err
	})
	return all, today, err
}

// Desk is what the form of a digest has before it.
type Desk struct {
	Rules       *rule.Version
	Cases       []*Case           // those asked for that the actor may see
	Names       map[string]string // of the people asked for
	Departments []*org.Body
	Today       calendar.Date
}

// Desk returns what there is to choose from.
func (s *Service) Desk(ctx context.Context, cases, people []string) (d *Desk, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	d = &Desk{}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		d.Today = org.Today(tx)
		if d.Rules, err = s.rules.Now(tx, a.Tenant); err != nil {
			return err
		}
		if d.Departments, err = org.ActiveBodies(tx, a.Tenant, "department"); err != nil {
			return err
		}
		if d.Cases, err = proposal.Briefs(tx, a, cases[:min(len(cases), 100)]); err != nil {
			return err
		}
		d.Names, err = org.PersonNames(tx, a.Tenant, people)
		return err
	})
	return d, err
}

// Draft makes a first text of some cases: what each proposes, shortened. Wants
// digest.manage.
func (s *Service) Draft(ctx context.Context, cases []string) (t Text, err error) {
	a, err := actor.Require(ctx, "digest.manage")
	if err != nil {
		return t, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		found, err := proposal.Briefs(tx, a, cases[:min(len(cases), 100)])
		if err != nil {
			return err
		}
		t = Text{}
		var b strings.Builder
		for i, c := range found {
			p, err := proposal.Of(tx, a.Tenant, c.ID)
			if err != nil {
				return err
			}
			t.Proposals = append(t.Proposals, c.ID)
			if len(found) == 1 {
				t.Title = first(c.Title, mostTitle)
			}
			if i > 0 {
				b.WriteString("\n\n")
			}
			b.WriteString(lang.T(ctx, "%s在《%s》中反映：%s", c.Lead, c.Title, first(p.Situation, 300)) + "\n\n" + lang.T(ctx, "建议如下：%s", first(p.Suggestions, 400)))
		}
		t.Body = b.String()
		return nil
	})
	return t, err
}

// first is the beginning of a text, up to the end of a sentence if there is one.
func first(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	cut := string(r[:n])
	if i := strings.LastIndex(cut, "。"); i > 0 {
		return cut[:i+len("。")]
	}
	return cut
}

// Action is a step that the actor may take now, or that only waits for something:
// then Blocked says what for.
type Action struct {
	flow.Step
	Blocked string
}

// Details is everything about one digest that the actor may see.
type Details struct {
	*Digest
	Cases        []*Case
	Reads        map[string]bool // the cases that the actor may open
	Recipients   []string
	Instructions []*Instruction
	Files        []*attachment.File
	History      []*ledger.Entry
	Names        map[string]string
	Actions      []Action
	Changes      bool   // the actor may change the text
	Instructs    bool   // the actor may record an instruction
	Office       string // name of the conference
	Today        calendar.Date
}

// Get returns a digest with everything that its page shows: to a department only
// the instruction that it has to follow up, to a leader only their own.
func (s *Service) Get(ctx context.Context, id string) (d *Details, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	ctx = actor.WithRequest(ctx, actor.Request{}) // reading is no act
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		w, _, err := s.begin(tx, a, id)
		if err != nil {
			return err
		}
		office := a.Can("digest.read")
		d = &Details{Digest: w.Digest, Recipients: w.recipients, Instructions: w.instructions, Reads: map[string]bool{}, Today: w.today,
			Changes: w.State == Draft && a.Can("digest.manage"), Instructs: w.State == Sent && a.Can("digest.instruct") && (a.Can("digest.manage") || slices.Contains(w.recipients, a.Person))}
		mine, err := proposal.Briefs(tx, a, w.cases)
		if err != nil {
			return err
		}
		for _, c := range mine {
			d.Reads[c.ID] = true
		}
		if d.Cases, err = proposal.Briefs(tx, actor.System(w.Tenant), w.cases); err != nil {
			return err
		}
		if d.Files, err = attachment.Of(tx, w.Tenant, Object, w.ID); err != nil {
			return err
		}
		if d.History, err = ledger.Acts(tx, w.Tenant, Object, w.ID); err != nil {
			return err
		}
		if !office {
			own := func(i *Instruction) bool { return i.Person == a.Person || i.Unit != "" && i.Unit == a.Body }
			d.Instructions = slices.DeleteFunc(d.Instructions, func(i *Instruction) bool { return !own(i) })
			d.Files = slices.DeleteFunc(d.Files, func(f *attachment.File) bool {
				return !slices.ContainsFunc(d.Instructions, func(i *Instruction) bool { return i.File == f.ID })
			})
			d.Recipients = slices.DeleteFunc(slices.Clone(d.Recipients), func(id string) bool { return id != a.Person })
			d.History = nil
		}
		for _, step := range Flow.Open(w.State) {
			if a.Can(step.Permission) {
				act := Action{Step: step}
				if err := guards.Run(step.Guards, w); err != nil {
					act.Blocked = err.(*errs.Error).Msg
				}
				d.Actions = append(d.Actions, act)
			}
		}
		tenant, err := org.TenantOf(tx, w.Tenant)
		if err != nil {
			return err
		}
		d.Office = tenant.Name
		return d.nameAll(tx)
	})
	return d, err
}

func (d *Details) nameAll(tx *db.Tx) error {
	people, bodies := map[string]bool{d.CreatedBy: true, d.ApprovedBy: true}, map[string]bool{}
	for _, id := range d.Recipients {
		people[id] = true
	}
	for _, i := range d.Instructions {
		people[i.Person], people[i.RecordedBy], bodies[i.Unit] = true, true, true
	}
	for _, e := range d.History {
		bodies[e.Body] = true
	}
	delete(people, "")
	delete(bodies, "")
	names, err := org.PersonNames(tx, d.Digest.Tenant, slices.Sorted(maps.Keys(people)))
	if err != nil {
		return err
	}
	of, err := org.BodyNames(tx, d.Digest.Tenant, slices.Sorted(maps.Keys(bodies)))
	d.Names = names
	maps.Copy(d.Names, of)
	return err
}

// OpenFile opens a file of a digest that the actor may see.
func (s *Service) OpenFile(ctx context.Context, id, file string) (*attachment.File, io.ReadSeekCloser, error) {
	d, err := s.Get(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range d.Files {
		if f.ID == file {
			content, err := s.files.Open(ctx, f)
			return f, content, err
		}
	}
	return nil, nil, errs.Missing()
}

// OfCase is a digest that was sent, as the page of a case tells of it.
type OfCase struct {
	*Digest
	Instructions int
	Opens        bool // the actor may open the digest
}

// OfCase lists the digests of a case that were sent, the latest first. Who asks
// has read the case.
func (s *Service) OfCase(ctx context.Context, id string) (all []*OfCase, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, func(o *OfCase) []any { o.Digest = new(Digest); return append(o.Digest.fields(), &o.Instructions) },
			`SELECT `+digestColumns+`, (SELECT COUNT(*) FROM digest_instruction i WHERE i.tenant = d.tenant AND i.digest = d.id)
			FROM digest d JOIN digest_case c ON c.tenant = d.tenant AND c.digest = d.id WHERE d.tenant = $1 AND c.proposal = $2 AND d.state = 'sent' ORDER BY d.year DESC, d.no DESC`, a.Tenant, id)
		if err != nil || len(all) == 0 {
			return err
		}
		cond, args := reach(a, []any{a.Tenant, id})
		opens, err := db.Column[string](tx, `SELECT d.id FROM digest d JOIN digest_case c ON c.tenant = d.tenant AND c.digest = d.id WHERE d.tenant = $1 AND c.proposal = $2 AND `+cond, args...)
		for _, o := range all {
			if o.Opens = slices.Contains(opens, o.ID); !o.Opens {
				o.Title, o.Body, o.Instructions = "", "", 0
			}
		}
		return err
	})
	return all, err
}

// Owed is an instruction that is to be followed up, in a list.
type Owed struct {
	*Instruction
	Title  string // of the digest
	Leader string // name
	Owner  string // name of the department
}

// Owed lists the instructions that are not followed up and concern the actor: a
// department's own, a leader's own, all of them to the office. The first due
// comes first.
func (s *Service) Owed(ctx context.Context) (all []*Owed, today calendar.Date, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, "", err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		today = org.Today(tx)
		leader := ""
		if a.Can("digest.instruct") {
			leader = a.Person
		}
		unit := ""
		if a.Can("digest.report") {
			unit = a.Body
		}
		all, err = db.All(tx, func(o *Owed) []any {
			o.Instruction = new(Instruction)
			return append(o.Instruction.fields(), &o.Title, &o.Leader, &o.Owner)
		}, `SELECT `+instructionColumns+`, d.title, COALESCE(q.name, ''), COALESCE(NULLIF(b.short_name, ''), b.name, '')
			FROM digest_instruction i JOIN digest d ON d.tenant = i.tenant AND d.id = i.digest LEFT JOIN person q ON q.tenant = i.tenant AND q.id = i.person LEFT JOIN body b ON b.tenant = i.tenant AND b.id = i.unit
			WHERE i.tenant = $1 AND i.state IN ('open', 'reported') AND ($2 OR $3 <> '' AND i.unit = $3 OR $4 <> '' AND i.person = $4) ORDER BY i.due_on, i.id LIMIT `+itoa(mostListed),
			a.Tenant, a.Can("digest.read"), unit, leader)
		return err
	})
	return all, today, err
}

// FindCases finds filed cases by their number or a part of their title, for
// choosing; the newest first, at most twenty. Wants digest.manage.
func (s *Service) FindCases(ctx context.Context, text string) (all []*Case, err error) {
	a, err := actor.Require(ctx, "digest.manage")
	if err != nil || text == "" {
		return nil, err
	}
	no, _ := strconv.Atoi(text)
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		all, err = proposal.FindBriefs(tx, a, text, no)
		return err
	})
	return all, err
}
