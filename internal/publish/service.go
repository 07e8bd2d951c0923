package publish

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"shangliang/internal/actor"
	"shangliang/internal/blob"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

// Service is the office's door: everything that changes what is public goes
// through it. It is safe for concurrent use.
type Service struct {
	db        *db.DB
	rules     *rule.Rules
	notices   *notify.Notifier
	files     blob.Store
	proposals *proposal.Service
	figures   *figure.Service
	sealer    sealer
	watched   watch
	kept      originals
	choices   sync.Map // tenant → *Choices of its public cases
}

// New makes the service. key is the secret of the installation, from which the
// one that seals readers' contacts is derived.
func New(d *db.DB, rules *rule.Rules, notices *notify.Notifier, files blob.Store, proposals *proposal.Service, figures *figure.Service, key []byte) (*Service, error) {
	sealer, err := newSealer(key)
	return &Service{db: d, rules: rules, notices: notices, files: files, proposals: proposals, figures: figures, sealer: sealer}, err
}

// Input is what a person says to a step.
type Input struct {
	Reason string        `json:"reason,omitempty" form:"reason"`
	On     calendar.Date `json:"on,omitempty" form:"on"` // of schedule
}

// work is one act on one disclosure, with the case as the transaction read it.
type work struct {
	s     *Service
	tx    *db.Tx
	a     actor.Actor
	rules *rule.Version
	d     *Disclosure
	c     *proposal.Case
	parts []Part
	in    Input
	rows  []ledger.Row
	data  map[string]any
}

const notAnswered = "承办单位还没有全部答复，不能准备公开"

// begin opens a case for an act; d is nil if nothing was decided about it yet.
func (s *Service) begin(tx *db.Tx, a actor.Actor, id string, files map[string]original) (w *work, done bool, err error) {
	w = &work{s: s, tx: tx, a: a}
	if w.rules, err = s.rules.Now(tx, a.Tenant); err != nil {
		return nil, false, err
	}
	if w.c, err = s.proposals.Whole(tx, a.Tenant, id); err != nil {
		return nil, false, err
	}
	if !w.c.Filed() {
		return nil, false, errs.Missing()
	}
	w.parts = partsOf(w.c, files)
	if w.d, err = find1(tx, a.Tenant, id); err != nil {
		return nil, false, err
	}
	done, err = ledger.Repeated(tx, id)
	return w, done, err
}

// find1 reads a disclosure, nil if there is none.
func find1(tx *db.Tx, tenant, id string) (*Disclosure, error) {
	d, err := db.One(tx, (*Disclosure).fields, `SELECT `+disclosureColumns+` FROM disclosure WHERE tenant = $1 AND proposal = $2`, tenant, id)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return d, err
}

// act runs f on a case in one transaction, for somebody with a permission.
// version is that of the disclosure that the person saw; 0 for the platform and
// for what needs none.
func (s *Service) act(ctx context.Context, permission, id string, version int, f func(*work) error) (d *Disclosure, err error) {
	a, err := actor.Require(ctx, permission)
	if err != nil {
		return nil, err
	}
	files, err := s.originals(ctx, a.Tenant, id)
	if err != nil {
		return nil, err
	}
	if err := s.stage(ctx, a, id, files); err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id, files)
		if err != nil || done {
			if err == nil {
				d = w.d
			}
			return err
		}
		if version != 0 && (w.d == nil || version != w.d.Version) {
			return db.Stale()
		}
		if err := f(w); err != nil {
			return err
		}
		d = w.d
		return nil
	})
	return d, err
}

// stage keeps the copies of the attachments that the plan publishes, so
// that their bytes are on disk before anything points to them.
func (s *Service) stage(ctx context.Context, a actor.Actor, id string, files map[string]original) error {
	if len(files) == 0 {
		return nil
	}
	var copies map[string]string
	cp, own := &Copy{}, []*proposal.File(nil)
	if err := s.db.Read(actor.WithRequest(ctx, actor.Request{}), func(tx *db.Tx) error {
		w, _, err := s.begin(tx, a, id, files)
		if err != nil || w.d == nil {
			return err
		}
		cp, copies = w.produce()
		own = w.c.Files
		return nil
	}); err != nil {
		return err
	}
	if err := s.keepWhole(ctx, cp, own); err != nil {
		return err
	}
	for _, f := range cp.Files {
		if f.Kind != "" {
			delete(copies, f.SHA256) // its text is only for the scan
		}
	}
	for sum, text := range copies {
		there, err := s.files.Has(ctx, sum)
		if err != nil {
			return err
		}
		if !there {
			if _, err := s.files.Put(ctx, strings.NewReader(text), 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// Start begins to prepare a case with the plan that follows from what its
// proposers wished and its departments said; if it was begun before it is
// returned as it is. Wants publish.prepare.
func (s *Service) Start(ctx context.Context, id string) (*Disclosure, error) {
	return s.act(ctx, Prepare, id, 0, (*work).start)
}

func (w *work) start() error {
	if w.d != nil {
		return nil
	}
	if !slices.Contains([]string{proposal.Replied, proposal.FeedbackOpen, proposal.Closed, proposal.FollowingUp, proposal.Archived}, w.c.State) {
		return errs.New(errs.Conflict, notAnswered)
	}
	code := fmt.Sprintf("%d-%04d", w.c.Year, w.c.CaseNo)
	for n := 2; ; n++ {
		var taken int
		if err := w.tx.Get(`SELECT COUNT(*) FROM disclosure WHERE tenant = $1 AND code = $2`, []any{w.c.Tenant, code}, &taken); err != nil {
			return err
		}
		if taken == 0 {
			break
		}
		code = fmt.Sprintf("%d-%04d-%d", w.c.Year, w.c.CaseNo, n) // two sessions in a year
	}
	w.d = &Disclosure{Tenant: w.c.Tenant, Proposal: w.c.ID, Year: w.c.Year, CaseNo: w.c.CaseNo, State: Draft, Code: code}
	w.d.Plan = planFor(w.c, w.parts, nil, w.rules.Bool("publish.names"))
	w.touched()
	if _, err := w.tx.Exec(`INSERT INTO disclosure (`+disclosureColumns+`) VALUES (`+db.Marks(21)+`)`, w.values(1)...); err != nil {
		return err
	}
	w.d.Version = 1
	return w.record("publish.start", "", "", w.d.row())
}

// touched brings marks and digests up to the plan and says who made it.
func (w *work) touched() {
	d := w.d
	d.Marks = marksFor(w.c, w.parts, d.Plan, d.Marks)
	d.Source = sources(w.c, w.parts)
	d.PreparedBy, d.PreparedAt = w.a.Person, db.At(w.tx.Now())
}

func (w *work) values(version int) []any {
	d := w.d
	changed := ""
	if len(d.Changed) > 0 {
		changed = encode(d.Changed)
	}
	return []any{d.Tenant, d.Proposal, d.Year, d.CaseNo, d.State, encode(d.Plan), encode(d.Marks), encode(d.Source), d.Reason, d.PreparedBy, d.PreparedAt,
		d.DecidedBy, d.DecidedAt, d.PublishOn, d.Editions, d.Live, d.Code, d.PublishedAt, d.Withdrawn, changed, version}
}

func (w *work) update() error {
	v := w.values(w.d.Version)
	err := db.Touch(w.tx.Exec(`UPDATE disclosure SET year = $3, case_no = $4, state = $5, plan = $6, marks = $7, source = $8, reason = $9, prepared_by = $10,
		prepared_at = $11, decided_by = $12, decided_at = $13, publish_on = $14, editions = $15, live = $16, code = $17, published_at = $18, withdrawn_at = $19,
		changed = $20, version = version + 1 WHERE tenant = $1 AND proposal = $2 AND version = $21`, v...))
	if err == nil {
		w.d.Version++
	}
	return err
}

// record writes the ledger entry of the act, with the rows that it wrote.
func (w *work) record(action, from, note string, rows ...ledger.Row) error {
	return ledger.Append(w.tx, ledger.Entry{Action: action, Kind: "proposal", Object: w.c.ID, From: from, To: w.d.State, Note: note,
		Data: w.data, Rows: append(rows, w.rows...)})
}

func (w *work) note(key string, v any) {
	if w.data == nil {
		w.data = map[string]any{}
	}
	w.data[key] = v
}

// Changes are what the office alters in a plan.
type Changes struct {
	Plan   map[string]Choice
	Add    []Mark   // found by a person: removed wherever they stand
	Drop   []string // marks of a person to be forgotten, by their text
	Keep   []string // marks that stay readable after all
	Remove []string // marks that are removed after all
}

// Save changes the plan and the marks of a case that is being prepared. Wants
// publish.prepare; Invalid names the part that is wrong.
func (s *Service) Save(ctx context.Context, id string, version int, ch Changes) (*Disclosure, error) {
	return s.act(ctx, Prepare, id, version, func(w *work) error {
		if w.d == nil || w.d.State != Draft {
			return errs.New(errs.Conflict, "只有准备中的公开方案可以修改")
		}
		return w.save(ch)
	})
}

func (w *work) save(ch Changes) error {
	d := w.d
	if err := w.change(ch); err != nil {
		return err
	}
	w.touched()
	open, removed := 0, 0
	for _, c := range d.Plan {
		if c.Open() {
			open++
		}
	}
	for _, m := range d.Marks {
		if !m.Keep {
			removed++
		}
	}
	w.note("open", open)
	w.note("removed", removed)
	if err := w.update(); err != nil {
		return err
	}
	action := "publish.save"
	if len(ch.Plan) == 0 {
		action = "publish.mark"
	}
	return w.record(action, d.State, "", d.row())
}

// change carries changes out on the plan and the marks.
func (w *work) change(ch Changes) error {
	d := w.d
	var wrong errs.Fields
	for key, c := range ch.Plan {
		i := slices.IndexFunc(w.parts, func(p Part) bool { return p.Key == key })
		c.Summary = han.Clean(c.Summary)
		_, known := w.rules.Code("publish.reasons", c.Reason)
		switch {
		case i < 0 || c.Mode != Full && c.Mode != Summary && c.Mode != Closed:
			wrong.Add(key, "没有这一部分")
			continue
		case c.Mode == Summary && !Summarised(w.parts[i].Kind):
			wrong.Add(key, "这一部分不能以摘要公开")
		case c.Mode != Full && !known:
			wrong.Add(key, "请选择不全文公开的理由")
		case len([]rune(c.Summary)) > 2000:
			wrong.Add(key, "摘要不超过 %d 个字", 2000)
		case w.parts[i].Unreadable && c.Open():
			wrong.Add(key, "平台读不出这个文件的文字，无法核对，不能公开")
		}
		if c.Mode == Full {
			c.Reason = ""
		}
		if c.Mode != Summary {
			c.Summary = ""
		}
		d.Plan[key] = c
	}
	for _, m := range ch.Add {
		m.Text = strings.TrimSpace(m.Text)
		_, known := w.rules.Code("publish.redactions", m.Code)
		wrong.Check(known, "code", "请选择隐去的理由")
		switch n := len([]rune(m.Text)); {
		case n < 2 || n > 500:
			wrong.Add("text", "要隐去的文字须为 2 至 500 个字")
			continue
		case !slices.ContainsFunc(w.parts, func(p Part) bool {
			return strings.Contains(shown(p, d.Plan[p.Key]), m.Text)
		}):
			wrong.Add("text", "要公开的内容里没有这段文字，请从原文中原样复制")
			continue
		}
		d.Marks = slices.DeleteFunc(d.Marks, func(x Mark) bool { return x.Text == m.Text })
		d.Marks = append(d.Marks, Mark{Text: m.Text, Code: m.Code, Hand: true})
	}
	d.Marks = slices.DeleteFunc(d.Marks, func(m Mark) bool { return m.Hand && slices.Contains(ch.Drop, m.Text) })
	for i, m := range d.Marks {
		if slices.Contains(ch.Keep, m.Text) {
			d.Marks[i].Keep = true
		}
		if slices.Contains(ch.Remove, m.Text) {
			d.Marks[i].Keep = false
		}
	}
	return wrong.Err()
}

// Summarised reports whether a part of a kind can be published as a summary.
func Summarised(kind string) bool {
	return slices.Contains([]string{"situation", "analysis", "suggestions", "reply", "promise"}, kind)
}

// ProposeAsPlanned prepares a case by the default plan, or brings the plan of a
// public one up to its changed originals, and asks for the decision. Wants
// publish.prepare.
func (s *Service) ProposeAsPlanned(ctx context.Context, id string) (*Disclosure, error) {
	return s.act(ctx, Prepare, id, 0, func(w *work) error {
		if err := w.start(); err != nil {
			return err
		}
		if w.d.State != Draft {
			if err := w.do("revise"); err != nil {
				return err
			}
		}
		w.rows, w.data = nil, nil
		return w.do("propose")
	})
}

// Reduce takes parts and texts out of what is public, at once and without a
// second pair of eyes: it can only make less of it. Wants publish.decide.
func (s *Service) Reduce(ctx context.Context, id string, version int, parts []string, marks []Mark, code, reason string) (*Disclosure, error) {
	return s.act(ctx, Decide, id, version, func(w *work) error {
		if w.d == nil {
			return errs.Missing()
		}
		w.in.Reason = han.Clean(strings.TrimSpace(reason))
		return w.reduce(parts, marks, code)
	})
}

// produce makes the public copy of the plan as it is.
func (w *work) produce() (*Copy, map[string]string) {
	return produce(w.c, w.parts, w.d.Plan, w.d.Marks, labels(w.rules), w.d.Code)
}

// labels are the words for the codes of a tenant.
func labels(v *rule.Version) []CopyLabel {
	var all []CopyLabel
	for _, id := range []string{"publish.redactions", "publish.reasons"} {
		for _, c := range v.Codes(id) {
			if !slices.ContainsFunc(all, func(l CopyLabel) bool { return l.Code == c.Key }) {
				all = append(all, CopyLabel{c.Key, c.Label})
			}
		}
	}
	return all
}

// scan reads a produced copy for everything that must not be in it.
func (w *work) scan(body []byte, files map[string]string) error {
	leaks, err := w.leaks(body, files, w.d.Plan, w.d.Marks)
	if err != nil || len(leaks) == 0 {
		return err
	}
	return errs.New(errs.Conflict, "公开副本里还有不应公开的内容（%d 处），第一处在“%s”", len(leaks), leaks[0].In)
}

func (w *work) leaks(body []byte, files map[string]string, plan Plan, marks []Mark) ([]Leak, error) {
	all, err := texts(body)
	if err != nil {
		return nil, err
	}
	for _, text := range files {
		all = append(all, text)
	}
	return Scan(all, marks, closedTexts(w.parts, plan)), nil
}

// readFiles reads the texts of the copies of files back from where they are kept.
func (s *Service) readFiles(ctx context.Context, cp *Copy) (map[string]string, error) {
	all := map[string]string{}
	for _, f := range cp.Files {
		b, err := blob.Read(ctx, s.files, f.SHA256)
		if err != nil {
			return nil, fmt.Errorf("publish: the copy of a file: %w", err)
		}
		text := string(b)
		if f.Kind != "" {
			if text, err = readBack(f.Kind, b); err != nil {
				return nil, err
			}
		}
		all[f.SHA256] = text
	}
	return all, nil
}

// announce tells who waits for the act or is concerned by it.
func (w *work) announce(action string) error {
	var to []notify.Told
	kind := map[string]string{"propose": "publish.to_decide", "send_back": "publish.sent_back", "publish": "publish.published", "release": "publish.published", "withdraw": "publish.withdrawn"}[action]
	switch kind {
	case "":
		return nil
	case "publish.to_decide":
		all, err := deciders(w.tx, w.c.Tenant)
		if err != nil {
			return err
		}
		to = notify.As(notify.Chair, all...)
	case "publish.sent_back":
		to = notify.As(notify.Author, w.d.PreparedBy)
	default:
		for _, id := range w.c.Proposers() {
			why := notify.Cosigner
			if id == w.c.Lead {
				why = notify.Proposer
			}
			to = append(to, notify.Told{Person: id, Why: why})
		}
	}
	if to = notify.Others(to, w.a.Person); len(to) == 0 {
		return nil
	}
	return w.s.notices.Send(w.tx, notify.Notice{Tenant: w.c.Tenant, To: to, Kind: kind, Link: "/proposals/" + w.c.ID + "#publish",
		Object: "proposal", ObjectID: w.c.ID, Params: notify.Params{"case_no": w.c.CaseNo, "reason": w.in.Reason}})
}

// deciders are all who may decide what is public, each once: whoever prepared it
// needs one of the others, and any of them may come first.
func deciders(tx *db.Tx, tenant string) (all []string, err error) {
	for _, p := range Permissions {
		if p.ID != Decide {
			continue
		}
		for _, role := range p.Roles {
			ids, err := org.PeopleWith(tx, tenant, role, "")
			if err != nil {
				return nil, err
			}
			all = append(all, ids...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
