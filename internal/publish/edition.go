package publish

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
	"shangliang/internal/search"
)

func editionOf(tx *db.Tx, tenant, id string, n int) (*Edition, error) {
	return db.One(tx, (*Edition).fields, `SELECT `+editionColumns+` FROM disclosure_edition WHERE tenant = $1 AND proposal = $2 AND n = $3`, tenant, id, n)
}

// edition writes the copy down that the plan makes now.
func (w *work) edition() error {
	cp, _ := w.produce()
	return w.write(cp, w.d.Plan, w.d.Marks)
}

func (w *work) write(cp *Copy, plan Plan, marks []Mark) error {
	d := w.d
	body := encode(cp)
	d.Editions++
	_, err := w.tx.Exec(`INSERT INTO disclosure_edition (tenant, proposal, `+editionColumns+`) VALUES (`+db.Marks(11)+`)`,
		d.Tenant, d.Proposal, d.Editions, body, digest(body), encode(plan), encode(marks), encode(d.Source), d.PreparedBy, w.a.Person, db.At(w.tx.Now()))
	return err
}

// goPublic makes the newest edition what the public reads. What was written down
// is read back for it, with its files, and searched for everything that was left
// out; nothing becomes public otherwise.
func (w *work) goPublic() error {
	d := w.d
	e, err := editionOf(w.tx, d.Tenant, d.Proposal, d.Editions)
	if err != nil {
		return err
	}
	if digest(e.Body) != e.SHA256 {
		return fmt.Errorf("publish: edition %d of %s is not what was written", e.N, d.Proposal)
	}
	var cp Copy
	if err := json.Unmarshal([]byte(e.Body), &cp); err != nil {
		return err
	}
	files, err := w.s.readFiles(w.tx.Context(), &cp)
	if err != nil {
		return err
	}
	leaks, err := w.leaks([]byte(e.Body), files, e.Plan, e.Marks)
	if err != nil {
		return err
	}
	if len(leaks) > 0 {
		return errs.New(errs.Conflict, "公开副本里还有不应公开的内容（%d 处），第一处在“%s”", len(leaks), leaks[0].In)
	}
	now := db.At(w.tx.Now())
	if d.PublishedAt.IsZero() {
		d.PublishedAt = now
	}
	d.Live, d.Withdrawn = e.N, db.Time{}
	d.Changed = differing(e.Source, sources(w.c, w.parts))
	if _, err := w.tx.Exec(`INSERT INTO open_case (tenant, code, edition, year, case_no, title, subject, meaning, body, sha256, published_at, updated_at) VALUES (`+db.Marks(12)+`)
		ON CONFLICT (tenant, code) DO UPDATE SET edition = excluded.edition, year = excluded.year, case_no = excluded.case_no, title = excluded.title,
		subject = excluded.subject, meaning = excluded.meaning, body = excluded.body, sha256 = excluded.sha256, updated_at = excluded.updated_at`,
		d.Tenant, d.Code, e.N, cp.Year, cp.CaseNo, cp.TitleText(), cp.Subject, cp.Meaning, e.Body, e.SHA256, d.PublishedAt, now); err != nil {
		return err
	}
	w.rows = append(w.rows, d.caseRow())
	if _, err := w.tx.Exec(`DELETE FROM open_unit WHERE tenant = $1 AND code = $2`, d.Tenant, d.Code); err != nil {
		return err
	}
	facets := map[string]string{"year": fmt.Sprint(cp.Year), "subject": cp.Subject, "meaning": cp.Meaning}
	for _, r := range cp.Replies {
		if _, err := w.tx.Exec(`INSERT INTO open_unit (tenant, code, unit, name, year, meaning, on_time, replied) VALUES (`+db.Marks(8)+`)`,
			d.Tenant, d.Code, r.Unit, r.Name, cp.Year, r.Meaning, r.OnTime, len(r.Spans) > 0); err != nil {
			return err
		}
		facets["unit "+r.Unit] = "yes"
	}
	doc := search.Doc{Tenant: d.Tenant, Kind: openKind, ID: d.Code, Number: fmt.Sprintf("%d-%04d", cp.Year, cp.CaseNo), Title: cp.TitleText(),
		Body: cp.body(), Audience: []string{openAudience}, At: d.PublishedAt, Facets: facets}
	if cp.Proposer != "" {
		doc.People = strings.Split(cp.Proposer, "、")
	}
	if err := search.Put(w.tx, doc); err != nil {
		return err
	}
	return bump(w.tx, d.Tenant)
}

// The public copies in the search: a kind and an audience of their own.
const (
	openKind     = "open"
	openAudience = "public"
)

// body is all public text of a copy, for the search.
func (c *Copy) body() string {
	var b strings.Builder
	add := func(s string) {
		if s != "" {
			b.WriteString(s + "\n")
		}
	}
	for _, p := range c.Parts {
		add(Flat(p.Spans, c.Label))
	}
	for _, r := range c.Replies {
		add(r.Name)
		add(Flat(r.Spans, c.Label))
	}
	for _, p := range c.Promises {
		add(Flat(p.Spans, c.Label))
		add(Flat(p.Result, c.Label))
	}
	return b.String()
}

// goPrivate takes a case out of everything that the public reads.
func (w *work) goPrivate() error {
	d := w.d
	for _, q := range []string{`DELETE FROM open_case WHERE tenant = $1 AND code = $2`, `DELETE FROM open_unit WHERE tenant = $1 AND code = $2`} {
		if _, err := w.tx.Exec(q, d.Tenant, d.Code); err != nil {
			return err
		}
	}
	if err := search.Delete(w.tx, d.Tenant, openKind, d.Code); err != nil {
		return err
	}
	w.note("edition", d.Live)
	d.Live, d.Withdrawn, d.Changed, d.PublishOn = 0, db.At(w.tx.Now()), nil, ""
	w.rows = append(w.rows, d.caseRow())
	return bump(w.tx, d.Tenant)
}

// bump says that something public of a tenant changed: every page, feed and data
// set that a cache keeps is old from now on.
func bump(tx *db.Tx, tenant string) error {
	_, err := tx.Exec(`INSERT INTO open_site (tenant, revision, changed_at) VALUES ($1, 1, $2)
		ON CONFLICT (tenant) DO UPDATE SET revision = open_site.revision + 1, changed_at = excluded.changed_at`, tenant, db.At(tx.Now()))
	return err
}

// reduce makes an edition of the one that is public, with less in it.
func (w *work) reduce(parts []string, marks []Mark, code string) error {
	d := w.d
	if err := guards.Run([]string{"live", "reason"}, w); err != nil {
		return err
	}
	if d.State == Scheduled {
		return errs.New(errs.Conflict, "请先取消定期公开，再减少公开内容")
	}
	e, err := editionOf(w.tx, d.Tenant, d.Proposal, d.Live)
	if err != nil {
		return err
	}
	var cp Copy
	if err := json.Unmarshal([]byte(e.Body), &cp); err != nil {
		return err
	}
	var wrong errs.Fields
	_, known := w.rules.Code("publish.reasons", code)
	wrong.Check(len(parts) == 0 || known, "code", "请选择不全文公开的理由")
	before := cp.everything()
	wrong.Check(len(parts)+len(marks) > 0, "parts", "请选择要撤下的部分，或填写要隐去的文字")
	for _, key := range parts {
		wrong.Check(cp.drop(key, code), "parts", "公开的内容里没有这一部分")
	}
	for i := range marks {
		marks[i].Text, marks[i].Hand = strings.TrimSpace(marks[i].Text), true
		_, known := w.rules.Code("publish.redactions", marks[i].Code)
		wrong.Check(known, "mark_code", "请选择隐去的理由")
		wrong.Check(len([]rune(marks[i].Text)) > 1 && strings.Contains(before, marks[i].Text), "text", "公开的内容里没有这段文字，请原样复制")
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	if slices.Contains(parts, "proposer") { // who is no longer named is named nowhere
		for _, id := range w.c.Proposers() {
			if name := w.c.Names[id]; strings.Contains(cp.TitleText()+cp.body(), name) {
				marks = append(marks, Mark{Text: name, Code: "name"})
			}
		}
	}
	cp.each(func(spans []Span) []Span {
		var out []Span
		for _, s := range spans {
			if s.Gone != "" {
				out = append(out, s)
				continue
			}
			out = append(out, remove(s.Text, marks)...)
		}
		return out
	})
	if len(marks) > 0 {
		// Names of files, and files, are not cut here: what must go from a file
		// goes with the file.
		if slices.ContainsFunc(marks, func(m Mark) bool { return strings.Contains(cp.Proposer, m.Text) }) {
			cp.Proposer = ""
		}
	}
	used := map[string]bool{code: len(parts) > 0}
	for _, m := range marks {
		used[m.Code] = true
	}
	for _, l := range labels(w.rules) {
		if used[l.Code] && cp.Label(l.Code) == l.Code {
			cp.Labels = append(cp.Labels, l)
		}
	}
	close := func(plan Plan) {
		for _, key := range parts {
			if old, ok := plan[key]; ok && old.Open() {
				plan[key] = Choice{Mode: Closed, Reason: code}
			}
		}
	}
	close(e.Plan)
	close(d.Plan)
	add := func(all []Mark) []Mark {
		for _, m := range marks {
			all = append(slices.DeleteFunc(all, func(x Mark) bool { return x.Text == m.Text }), m)
		}
		return all
	}
	e.Marks, d.Marks = add(e.Marks), add(d.Marks)
	prepared, source := d.PreparedBy, d.Source
	d.PreparedBy, d.Source = w.a.Person, e.Source
	if err := w.write(&cp, e.Plan, e.Marks); err != nil {
		return err
	}
	d.PreparedBy, d.Source = prepared, source
	d.DecidedBy, d.DecidedAt, d.Reason = w.a.Person, db.At(w.tx.Now()), w.in.Reason
	if err := w.goPublic(); err != nil {
		return err
	}
	w.note("edition", d.Editions)
	w.note("parts", len(parts))
	w.note("removed", len(marks))
	if err := w.update(); err != nil {
		return err
	}
	return w.record("publish.reduce", d.State, w.in.Reason, d.row(), ledger.RowOf("disclosure_edition", "tenant", d.Tenant, "proposal", d.Proposal, "n", d.Editions))
}

// each changes every text of the copy.
func (c *Copy) each(f func([]Span) []Span) {
	c.Title = f(c.Title)
	for i := range c.Parts {
		c.Parts[i].Spans = f(c.Parts[i].Spans)
	}
	for _, r := range c.Replies {
		r.Spans = f(r.Spans)
	}
	for _, p := range c.Promises {
		p.Spans, p.Result = f(p.Spans), f(p.Result)
	}
}

// everything is all text of the copy.
func (c *Copy) everything() string { return c.TitleText() + "\n" + c.Proposer + "\n" + c.body() }

// drop takes a part out of the copy and says that it is left out; false if it is
// not in it. The title stays: without it nothing can be public.
func (c *Copy) drop(key, reason string) bool {
	found, unit := false, ""
	kind, _, _ := strings.Cut(key, ":")
	switch kind {
	case "proposer":
		found, c.Proposer = c.Proposer != "", ""
	case "outcome":
		found, c.Outcome, c.Meaning = c.Outcome != "", "", ""
		for _, r := range c.Replies {
			r.Outcome, r.Meaning = "", ""
		}
	case "reply":
		for _, r := range c.Replies {
			if r.Key == key && len(r.Spans) > 0 {
				found, unit, r.Spans, r.DocNo, r.Summary = true, r.Name, nil, "", false
			}
		}
	case "promise":
		n := len(c.Promises)
		c.Promises = slices.DeleteFunc(c.Promises, func(p *CopyPromise) bool {
			if p.Key == key {
				unit = p.Name
			}
			return p.Key == key
		})
		found = len(c.Promises) < n
	case "file":
		n := len(c.Files)
		c.Files = slices.DeleteFunc(c.Files, func(f CopyFile) bool { return f.Key == key })
		found = len(c.Files) < n
	default:
		n := len(c.Parts)
		c.Parts = slices.DeleteFunc(c.Parts, func(p CopyPart) bool { return p.Key == key })
		found = len(c.Parts) < n
	}
	if found {
		if kind != "file" {
			c.Left = slices.DeleteFunc(c.Left, func(l CopyLeft) bool { return l.Part == kind && l.Unit == unit })
		}
		c.Left = append(c.Left, CopyLeft{Part: kind, Unit: unit, Reason: reason})
	}
	return found
}
