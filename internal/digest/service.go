package digest

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/attachment"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Text is a digest as it is written.
type Text struct {
	Title      string   `json:"title" form:"title" maxLength:"60"`
	Body       string   `json:"body" form:"body" maxLength:"10000"`
	Proposals  []string `json:"proposals" form:"proposal"`
	Recipients []string `json:"recipients,omitempty" form:"recipient" doc:"Persons it is sent to; needed before it is approved"`
}

const (
	mostTitle      = 60
	mostRecipients = 30
)

// reach is the condition under which an actor may see a digest d: the first of
// args is the tenant.
func reach(a actor.Actor, args []any) (string, []any) {
	if a.IsSystem() || a.Can("digest.read") {
		return "1 = 1", args
	}
	var or []string
	add := func(cond, value string) {
		args = append(args, value)
		or = append(or, strings.ReplaceAll(cond, "?", "$"+itoa(len(args))))
	}
	if a.Person != "" && a.Can("digest.instruct") {
		add(`d.id IN (SELECT r.digest FROM digest_recipient r WHERE r.tenant = $1 AND r.person = ?)`, a.Person)
	}
	if a.Body != "" && a.Can("digest.report") {
		add(`d.id IN (SELECT i.digest FROM digest_instruction i WHERE i.tenant = $1 AND i.unit = ?)`, a.Body)
	}
	if len(or) == 0 {
		return "1 = 0", args
	}
	cond := "(" + strings.Join(or, " OR ") + ")"
	return `(d.state = 'sent' AND ` + cond + `)`, args
}

// work is one act on one digest.
type work struct {
	s  *Service
	tx *db.Tx
	a  actor.Actor
	*Digest
	today        calendar.Date
	rules        *rule.Version
	cases        []string
	recipients   []string
	instructions []*Instruction
	reason       string
	rows         []ledger.Row
	data         map[string]any
}

// begin opens a digest for an act. done is true if this very request was done
// before.
func (s *Service) begin(tx *db.Tx, a actor.Actor, id string) (w *work, done bool, err error) {
	cond, args := reach(a, []any{a.Tenant, id})
	d, err := db.One(tx, (*Digest).fields, `SELECT `+digestColumns+` FROM digest d WHERE d.tenant = $1 AND d.id = $2 AND `+cond, args...)
	if err != nil {
		return nil, false, err
	}
	w = &work{s: s, tx: tx, a: a, Digest: d, today: org.Today(tx)}
	if w.rules, err = s.rules.Load(tx, d.Tenant, d.RuleVersion); err != nil {
		return nil, false, err
	}
	if err := w.load(); err != nil {
		return nil, false, err
	}
	done, err = ledger.Repeated(tx, id)
	return w, done, err
}

func (w *work) load() (err error) {
	if w.cases, err = db.Column[string](w.tx, `SELECT proposal FROM digest_case WHERE tenant = $1 AND digest = $2 ORDER BY proposal`, w.Tenant, w.ID); err != nil {
		return err
	}
	if w.recipients, err = db.Column[string](w.tx, `SELECT person FROM digest_recipient WHERE tenant = $1 AND digest = $2 ORDER BY person`, w.Tenant, w.ID); err != nil {
		return err
	}
	w.instructions, err = instructions(w.tx, w.Tenant, w.ID)
	return err
}

// Save writes a digest, or changes a draft: the id empty makes a new one. Wants
// digest.manage.
func (s *Service) Save(ctx context.Context, id string, version int, t Text) (d *Digest, err error) {
	a, err := actor.Require(ctx, "digest.manage")
	if err != nil {
		return nil, err
	}
	t.Title, t.Body = han.Tidy(t.Title), han.Tidy(t.Body)
	for _, list := range []*[]string{&t.Proposals, &t.Recipients} {
		*list = slices.DeleteFunc(slices.Clone(*list), func(s string) bool { return s == "" })
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		w := &work{s: s, tx: tx, a: a, today: org.Today(tx)}
		action := "write"
		if id == "" {
			object, done, err := ledger.Replayed(tx)
			if err != nil {
				return err
			}
			if done {
				d, err = db.One(tx, (*Digest).fields, `SELECT `+digestColumns+` FROM digest d WHERE d.tenant = $1 AND d.id = $2`, a.Tenant, object)
				return err
			}
			if w.rules, err = s.rules.Now(tx, a.Tenant); err != nil {
				return err
			}
			w.Digest = &Digest{Tenant: a.Tenant, ID: db.NewID(), State: Flow.Initial, RuleVersion: w.rules.N, CreatedBy: a.Person, CreatedAt: db.At(tx.Now()), UpdatedAt: db.At(tx.Now()), Version: 1}
		} else {
			var done bool
			if w, done, err = s.begin(tx, a, id); err != nil {
				return err
			}
			if d = w.Digest; done {
				return nil
			}
			switch {
			case w.State != Draft:
				return errs.New(errs.Conflict, "只能修改拟稿中的摘报")
			case w.Version != version:
				return db.Stale()
			}
			action = "save"
		}
		if err := w.check(t); err != nil {
			return err
		}
		w.Title, w.Body = t.Title, t.Body
		if id == "" {
			err = insert(tx, w.Digest)
		} else {
			err = update(tx, w.Digest)
		}
		if err != nil {
			return err
		}
		w.rows = append(w.rows, w.row())
		if err := w.link("digest_case", "proposal", t.Proposals); err != nil {
			return err
		}
		if err := w.link("digest_recipient", "person", t.Recipients); err != nil {
			return err
		}
		d = w.Digest
		return w.record(action, w.State)
	})
	return d, err
}

// check checks a text against the rules.
func (w *work) check(t Text) error {
	var f errs.Fields
	f.Check(t.Title != "" && len([]rune(t.Title)) <= mostTitle, "title", "请填写标题，不超过 %d 个字", mostTitle)
	limit := w.rules.Int("digest.max_length")
	n := len([]rune(t.Body))
	f.Check(n > 0, "body", "请填写正文")
	f.Check(n <= limit, "body", "正文共 %d 个字，不能超过 %d 个字", n, limit)
	most := w.rules.Int("digest.max_cases")
	f.Check(len(t.Proposals) > 0 && len(t.Proposals) <= most, "proposal", "请选择 1 到 %d 件提案", most)
	f.Check(len(t.Recipients) <= mostRecipients, "recipient", "最多报送 %d 位", mostRecipients)
	names, err := org.PersonNames(w.tx, w.Tenant, t.Recipients)
	if err != nil {
		return err
	}
	f.Check(len(names) == len(t.Recipients), "recipient", "请选择名册中的人员")
	if err := f.Err(); err != nil {
		return err
	}
	cases, err := proposal.Briefs(w.tx, w.a, t.Proposals)
	if err != nil {
		return err
	}
	if len(cases) != len(t.Proposals) {
		return errs.Missing()
	}
	return nil
}

// link sets which proposals or people belong to the digest.
func (w *work) link(table, column string, ids []string) error {
	old, err := db.Column[string](w.tx, `SELECT `+column+` FROM `+table+` WHERE tenant = $1 AND digest = $2`, w.Tenant, w.ID)
	if err != nil {
		return err
	}
	change := func(query, id string) error {
		_, err := w.tx.Exec(query, w.Tenant, w.ID, id)
		w.rows = append(w.rows, ledger.RowOf(table, "tenant", w.Tenant, "digest", w.ID, column, id))
		return err
	}
	for _, id := range old {
		if !slices.Contains(ids, id) {
			if err := change(`DELETE FROM `+table+` WHERE tenant = $1 AND digest = $2 AND `+column+` = $3`, id); err != nil {
				return err
			}
		}
	}
	for _, id := range ids {
		if !slices.Contains(old, id) {
			if err := change(`INSERT INTO `+table+` (tenant, digest, `+column+`) VALUES ($1, $2, $3)`, id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *work) note(key string, v any) {
	if w.data == nil {
		w.data = map[string]any{}
	}
	w.data[key] = v
}

// record writes the act's entry about the digest.
func (w *work) record(action, from string) error {
	return ledger.Append(w.tx, ledger.Entry{Action: "digest." + action, Kind: Object, Object: w.ID, From: from, To: w.State, Note: w.reason, Data: w.data, Rows: w.rows})
}

// carry tells the history of each case of it that something happened, not what.
func (w *work) carry(action string) error {
	for _, id := range w.cases {
		if err := ledger.Append(w.tx, ledger.Entry{Action: "digest." + action, Kind: "proposal", Object: id, Data: map[string]any{"digest": w.ID}}); err != nil {
			return err
		}
	}
	return nil
}

// Do takes a step of [Flow]; errors as with every lifecycle.
func (s *Service) Do(ctx context.Context, id string, version int, action, reason string) (*Digest, error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	var d *Digest
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil {
			return err
		}
		if d = w.Digest; done {
			return nil
		}
		if err := Flow.Permit(a, action); err != nil {
			return err
		}
		if version != d.Version {
			return db.Stale()
		}
		step, err := Flow.Find(d.State, action)
		if err != nil {
			return err
		}
		if err := guards.Run(step.Guards, w); err != nil {
			return err
		}
		if w.reason = han.Tidy(reason); len([]rune(w.reason)) > 500 {
			var f errs.Fields
			f.Add("reason", "不能超过 %d 个字", 500)
			return f.Err()
		}
		from := d.State
		d.State = step.Next(from)
		if err := w.effect(action); err != nil {
			return err
		}
		if err := update(tx, d); err != nil {
			return err
		}
		w.rows = append(w.rows, d.row())
		if err := w.record(action, from); err != nil {
			return err
		}
		switch action {
		case "approve":
			return w.tellClerks("approve", notify.Params{"title": w.Title})
		case "send":
			if err := w.carry("send"); err != nil {
				return err
			}
			return w.send("send", notify.As(notify.Recipient, w.recipients...), notify.Params{"title": w.Title, "year": w.Year, "no": w.No})
		}
		return nil
	})
	return d, err
}

// guards are the conditions named in the lifecycle.
var guards = flow.Guards[*work]{
	"addressed": func(w *work) error {
		if len(w.recipients) == 0 {
			return errs.New(errs.Conflict, "先选择报送的领导")
		}
		return nil
	},
}

func (w *work) effect(action string) error {
	switch action {
	case "approve":
		w.ApprovedBy, w.ApprovedAt = w.a.Person, db.At(w.tx.Now())
	case "send_back":
		w.ApprovedBy, w.ApprovedAt = "", db.Time{}
	case "send":
		w.SentOn, w.SentAt, w.Year, w.WorkYear = w.today, db.At(w.tx.Now()), w.today.Year(), w.today.Year()
		session, err := org.SessionOn(w.tx, w.Tenant, w.today)
		if err == nil {
			w.Session, w.WorkYear = session.ID, session.Year
		} else if !errs.Is(err, errs.NotFound) {
			return err
		}
		w.No, err = next(w.tx, w.Tenant, w.Year)
		w.note("no", w.No)
		return err
	}
	return nil
}

// Given is what is recorded of an instruction.
type Given struct {
	Person string        `json:"person" form:"person" maxLength:"64" doc:"The leader, one of the recipients"`
	On     calendar.Date `json:"on" form:"on"`
	Text   string        `json:"text" form:"text" maxLength:"2000"`
	Unit   string        `json:"unit,omitempty" form:"unit" maxLength:"64" doc:"The department that follows it up"`
	DueOn  calendar.Date `json:"due_on,omitempty" form:"due_on"`
}

// Instruct records what a leader wrote back on a digest, with the scan if there is
// one: the leader themself, or the office for one who wrote on paper. Wants
// digest.instruct.
func (s *Service) Instruct(ctx context.Context, id string, g Given, scan *Upload) (in *Instruction, err error) {
	a, err := actor.Require(ctx, "digest.instruct")
	if err != nil {
		return nil, err
	}
	// Who may not is asked before any bytes are kept.
	if err := s.db.Read(actor.WithRequest(ctx, actor.Request{}), func(tx *db.Tx) error { _, _, err := s.begin(tx, a, id); return err }); err != nil {
		return nil, err
	}
	var kept *attachment.Kept
	if scan != nil {
		scan.Purpose = "scan"
		if kept, err = s.files.Keep(ctx, *scan); err != nil {
			return nil, err
		}
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil {
			return err
		}
		if done {
			if len(w.instructions) > 0 {
				in = w.instructions[len(w.instructions)-1]
			}
			return nil
		}
		if in, err = w.instruct(g); err != nil {
			return err
		}
		if kept != nil {
			f, err := attachment.Add(tx, a.Tenant, Object, id, a.Person, kept)
			if err != nil {
				return err
			}
			in.File = f.ID
			w.rows = append(w.rows, f.Row())
		}
		if err := w.start(in); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO digest_instruction (`+strings.ReplaceAll(instructionColumns, "i.", "")+`) VALUES (`+db.Marks(18)+`)`,
			in.Tenant, in.ID, in.Digest, in.Person, in.OnDate, in.Text, in.Method, in.File, in.RecordedBy, in.RecordedAt, in.Unit, in.DueOn, in.State, in.Report, in.ReportedAt, in.Answer, in.DoneAt, in.Version); err != nil {
			return err
		}
		w.rows = append(w.rows, in.row())
		w.note("instruction", in.ID)
		if err := w.record("instruct", w.State); err != nil {
			return err
		}
		if err := w.carry("instruct"); err != nil {
			return err
		}
		name, err := org.PersonName(tx, a.Tenant, in.Person)
		if err != nil {
			return err
		}
		if err := w.tellClerks("instruct", notify.Params{"title": w.Title, "leader": name}); err != nil || in.Unit == "" {
			return err
		}
		return w.tellUnit("follow", in)
	})
	return in, err
}

// instruct checks what was recorded and makes the instruction.
func (w *work) instruct(g Given) (*Instruction, error) {
	if w.State != Sent {
		return nil, errs.New(errs.Conflict, "报送以后才能登记批示")
	}
	values := map[string][]string{"person": {g.Person}, "on": {string(g.On)}, "text": {han.Tidy(g.Text)}, "unit": {g.Unit}, "due_on": {string(g.DueOn)}}
	if err := flow.CheckFields(InstructFields, values, nil); err != nil {
		return nil, err
	}
	office := w.a.Can("digest.manage")
	if !office && g.Person != w.a.Person {
		return nil, actor.Denied
	}
	var f errs.Fields
	f.Check(slices.Contains(w.recipients, g.Person), "person", "请选择报送过的领导")
	f.Check(g.On >= w.SentOn && g.On <= w.today, "on", "应在报送之日到今天之间")
	f.Check(g.DueOn == "" || g.DueOn > w.today, "due_on", "落实期限必须晚于今天")
	if g.Unit != "" {
		b, err := org.BodyOf(w.tx, w.Tenant, g.Unit)
		f.Check(err == nil && b.Kind == "department" && b.Active, "unit", "请从列出的选项中选择")
	}
	in := &Instruction{Tenant: w.Tenant, ID: db.NewID(), Digest: w.ID, Person: g.Person, OnDate: g.On, Text: han.Tidy(g.Text), Method: "web", RecordedBy: w.a.Person, RecordedAt: db.At(w.tx.Now()),
		Unit: g.Unit, DueOn: g.DueOn, Version: 1}
	if g.Person != w.a.Person {
		in.Method = "paper"
	}
	return in, f.Err()
}

// start lets the follow-up begin, if there is one.
func (w *work) start(in *Instruction) error {
	if in.Unit == "" {
		in.DueOn = ""
		return nil
	}
	c, err := w.s.clocks.Start(w.tx, clock.Clock{Tenant: w.Tenant, Kind: "digest.follow", Title: "落实批示", Subject: w.Title, Object: "digest_instruction", ObjectID: in.ID, Link: "/digests/" + w.ID + "#i-" + in.ID,
		Holder: []clock.Holder{{Role: "unit_clerk", Body: in.Unit}, {Role: "unit_officer", Body: in.Unit}, {Role: "unit_leader", Body: in.Unit}}, RuleVersion: w.rules.N, Term: w.rules.Term("digest.follow"), Until: in.DueOn})
	if err != nil {
		return err
	}
	in.State, in.DueOn = "open", c.DueOn
	w.rows = append(w.rows, c.Row())
	return nil
}

// Report says how an instruction was followed up; its department says so. Wants
// digest.report.
func (s *Service) Report(ctx context.Context, id, instruction string, version int, text string) error {
	if _, err := actor.Require(ctx, "digest.report"); err != nil {
		return err
	}
	return s.follow(ctx, id, instruction, version, "report", text, func(w *work, in *Instruction) error {
		if in.Unit == "" || in.Unit != w.a.Body {
			return errs.Missing()
		}
		if in.State != "open" {
			return errs.New(errs.Conflict, "已经报告过落实情况")
		}
		in.State, in.Report, in.ReportedAt, in.Answer = "reported", han.Tidy(text), db.At(w.tx.Now()), ""
		return nil
	})
}

// Accept decides that an instruction was followed up, or with accept false that it
// was not, which gives it back. Wants digest.manage.
func (s *Service) Accept(ctx context.Context, id, instruction string, version int, accept bool, answer string) error {
	if _, err := actor.Require(ctx, "digest.manage"); err != nil {
		return err
	}
	action := "accept"
	if !accept {
		action = "refuse"
	}
	return s.follow(ctx, id, instruction, version, action, answer, func(w *work, in *Instruction) error {
		if in.State != "reported" && !(accept && in.State == "open") {
			return errs.New(errs.Conflict, "现在没有要核实的")
		}
		in.State, in.Answer = "open", han.Tidy(answer)
		if !accept {
			return nil
		}
		in.State, in.DoneAt = "done", db.At(w.tx.Now())
		all, err := s.clocks.StopFor(w.tx, w.Tenant, "digest_instruction", in.ID, true)
		for _, c := range all {
			w.rows = append(w.rows, c.Row())
		}
		return err
	})
}

// follow carries out an act on the follow-up of an instruction.
func (s *Service) follow(ctx context.Context, id, instruction string, version int, action, text string, change func(w *work, in *Instruction) error) error {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil || done {
			return err
		}
		i := slices.IndexFunc(w.instructions, func(x *Instruction) bool { return x.ID == instruction })
		if i < 0 {
			return errs.Missing()
		}
		in := w.instructions[i]
		if version != in.Version {
			return db.Stale()
		}
		if err := change(w, in); err != nil {
			return err
		}
		var f errs.Fields
		n := len([]rune(han.Tidy(text)))
		f.Check(n > 0 || action == "accept", "text", "请说明情况")
		f.Check(n <= 2000, "text", "不能超过 %d 个字", 2000)
		if err := f.Err(); err != nil {
			return err
		}
		if err := db.Touch(tx.Exec(`UPDATE digest_instruction SET state = $4, report = $5, reported_at = $6, answer = $7, done_at = $8, version = version + 1 WHERE tenant = $1 AND id = $2 AND version = $3`,
			in.Tenant, in.ID, in.Version, in.State, in.Report, in.ReportedAt, in.Answer, in.DoneAt)); err != nil {
			return err
		}
		w.rows = append(w.rows, in.row())
		w.note("instruction", in.ID)
		if err := w.record(action, w.State); err != nil {
			return err
		}
		w.reason = han.Tidy(text)
		if action == "report" {
			names, err := org.BodyNames(tx, w.Tenant, []string{a.Body})
			if err != nil {
				return err
			}
			return w.tellClerks("report", notify.Params{"title": w.Title, "actor": names[a.Body]})
		}
		return w.tellUnit(action, in)
	})
}

func (w *work) tellClerks(kind string, params notify.Params) error {
	clerks, err := org.PeopleWith(w.tx, w.Tenant, "clerk", "")
	if err != nil {
		return err
	}
	return w.send(kind, notify.As(notify.Office, clerks...), params)
}

func (w *work) tellUnit(kind string, in *Instruction) error {
	staff, err := proposal.Staff(w.tx, w.Tenant, in.Unit)
	if err != nil {
		return err
	}
	return w.send(kind, notify.As(notify.Unit, staff...), notify.Params{"title": w.Title, "due": in.DueOn, "reason": w.reason})
}

func (w *work) send(kind string, to []notify.Told, params notify.Params) error {
	if to = notify.Others(to, w.a.Person); len(to) == 0 {
		return nil
	}
	return w.s.notices.Send(w.tx, notify.Notice{Tenant: w.Tenant, To: to, Kind: "digest." + kind, Link: "/digests/" + w.ID, Object: Object, ObjectID: w.ID, Params: params})
}
