package proposal

import (
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/db"
)

// unsubmitted are the states in which a case is its authors' own business.
const unsubmitted = `('draft', 'cosigning', 'approval')`

// reach is the condition under which an actor may see a case p at all. It is
// the only place that decides it: pages, lists, search, files and REST all go
// through it. The first of args is the tenant. What belongs to a person or a
// department is found from there, not by looking through all cases.
func reach(a actor.Actor, args []any) (string, []any) {
	if a.IsSystem() {
		return "1 = 1", args
	}
	var or []string
	add := func(cond string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			cond = strings.Replace(cond, "?", "$"+itoa(len(args)), 1)
		}
		or = append(or, cond)
	}
	if a.Can("proposal.read_all") {
		add(`p.state NOT IN ` + unsubmitted)
	} else if a.Can("proposal.read_filed") {
		add(`p.case_no > 0`)
	}
	if a.Can("proposal.paper") {
		add(`p.channel <> ''`)
	}
	if a.Person != "" && (a.Can("proposal.rate") || a.Can("proposal.write")) {
		add(`p.lead = ?`, a.Person)
		add(`p.id IN (SELECT x.proposal FROM proposal_party x WHERE x.tenant = $1 AND x.person = ? AND x.state IN ('invited', 'confirmed'))`, a.Person)
		// Whose proposal was merged into another gets that one's reply and rates it.
		add(`p.id IN (SELECT m.merged_into FROM proposal m JOIN proposal_party x ON x.tenant = m.tenant AND x.proposal = m.id
			WHERE m.tenant = $1 AND m.merged_into <> '' AND x.person = ? AND (x.role = 'lead' OR x.state = 'confirmed'))`, a.Person)
	}
	if a.Body != "" && a.Can("proposal.approve") {
		add(`p.body = ?`, a.Body)
		add(`p.id IN (SELECT m.merged_into FROM proposal m WHERE m.tenant = $1 AND m.merged_into <> '' AND m.body = ?)`, a.Body)
	}
	if a.Body != "" && a.Can("assignment.handle") {
		add(`p.id IN (SELECT y.proposal FROM assignment y WHERE y.tenant = $1 AND y.unit = ? AND y.state NOT IN ('returned', 'cancelled'))`, a.Body)
		// The department answers what was merged into its case as well.
		add(`p.merged_into <> '' AND p.merged_into IN (SELECT y.proposal FROM assignment y WHERE y.tenant = $1 AND y.unit = ? AND y.state NOT IN ('returned', 'cancelled'))`, a.Body)
	}
	if len(or) == 0 {
		return "1 = 0", args
	}
	return "(" + strings.Join(or, " OR ") + ")", args
}

// find returns a case in the actor's reach, else an errs.NotFound error.
func find(tx *db.Tx, a actor.Actor, id string) (*Proposal, error) {
	cond, args := reach(a, []any{a.Tenant, id})
	return db.One(tx, (*Proposal).fields, `SELECT `+proposalColumns+` FROM proposal p WHERE p.tenant = $1 AND p.id = $2 AND `+cond, args...)
}

func insert(tx *db.Tx, p *Proposal) error {
	_, err := tx.Exec(`INSERT INTO proposal (tenant, id, session, year, kind, body, interim, channel, title, situation, analysis, suggestions, subject,
		researched, self_written, relayed, open_choice, open_reason, units_wish, contact_wish, lead, state, rule_version, created_at, updated_at, version)
		VALUES (`+db.Marks(26)+`)`,
		p.Tenant, p.ID, p.Session, p.Year, p.Kind, p.Body, p.Interim, p.Channel, p.Title, p.Situation, p.Analysis, p.Suggestions, p.Subject,
		p.Researched, p.SelfWritten, p.Relayed, p.OpenChoice, p.OpenReason, p.UnitsWish.String(), p.ContactWish, p.Lead, p.State, p.RuleVersion, p.CreatedAt, p.UpdatedAt, p.Version)
	return err
}

// update writes everything about a case that may change and raises its version.
func update(tx *db.Tx, p *Proposal) error {
	p.UpdatedAt = db.At(tx.Now())
	err := db.Touch(tx.Exec(`UPDATE proposal SET session = $4, year = $5, serial_no = $6, case_no = $7, kind = $8, body = $9, interim = $10, title = $11,
		situation = $12, analysis = $13, suggestions = $14, subject = $15, researched = $16, self_written = $17, relayed = $18, open_choice = $19,
		open_reason = $20, units_wish = $21, contact_wish = $22, state = $23, stage = $24, round = $25, rule_version = $26, revision = $27,
		reason_code = $28, disposition = $29, outcome = $30, meaning = $31, satisfaction = $32, due_on = $33, submitted_at = $34, filed_at = $35,
		dispatched_at = $36, replied_at = $37, closed_at = $38, archived_at = $39, updated_at = $40, lead = $41, merged_into = $42, merged_at = $43, version = version + 1
		WHERE tenant = $1 AND id = $2 AND version = $3`,
		p.Tenant, p.ID, p.Version, p.Session, p.Year, p.SerialNo, p.CaseNo, p.Kind, p.Body, p.Interim, p.Title,
		p.Situation, p.Analysis, p.Suggestions, p.Subject, p.Researched, p.SelfWritten, p.Relayed, p.OpenChoice,
		p.OpenReason, p.UnitsWish.String(), p.ContactWish, p.State, p.Stage, p.Round, p.RuleVersion, p.Revision,
		p.ReasonCode, p.Disposition, p.Outcome, p.Meaning, p.Satisfaction, p.DueOn, p.SubmittedAt, p.FiledAt,
		p.DispatchedAt, p.RepliedAt, p.ClosedAt, p.ArchivedAt, p.UpdatedAt, p.Lead, p.MergedInto, p.MergedAt))
	if err == nil {
		p.Version++
	}
	return err
}

// next takes the next number of a session: gapless, since it is undone with the
// transaction, and never given twice.
func next(tx *db.Tx, tenant, session, name string) (n int, err error) {
	err = tx.Get(`INSERT INTO proposal_counter (tenant, session, name, n) VALUES ($1, $2, $3, 1)
		ON CONFLICT (tenant, session, name) DO UPDATE SET n = proposal_counter.n + 1 RETURNING n`, []any{tenant, session, name}, &n)
	return n, err
}

func insertRevision(tx *db.Tx, p *Proposal, person, reason string) error {
	_, err := tx.Exec(`INSERT INTO proposal_revision (tenant, proposal, n, title, situation, analysis, suggestions, person, at, reason) VALUES (`+db.Marks(10)+`)`,
		p.Tenant, p.ID, p.Revision, p.Title, p.Situation, p.Analysis, p.Suggestions, person, db.At(tx.Now()), reason)
	return err
}

func parties(tx *db.Tx, tenant, id string) ([]*Party, error) {
	return db.All(tx, (*Party).fields, `SELECT `+partyColumns+` FROM proposal_party WHERE tenant = $1 AND proposal = $2 ORDER BY position`, tenant, id)
}

func putParty(tx *db.Tx, p *Party) error {
	_, err := tx.Exec(`INSERT INTO proposal_party (`+partyColumns+`) VALUES (`+db.Marks(9)+`)
		ON CONFLICT (tenant, proposal, person) DO UPDATE SET role = excluded.role, state = excluded.state, position = excluded.position,
		invited_at = excluded.invited_at, decided_at = excluded.decided_at, method = excluded.method`,
		p.Tenant, p.Proposal, p.Person, p.Role, p.State, p.Position, p.InvitedAt, p.DecidedAt, p.Method)
	return err
}

func insertReview(tx *db.Tx, r *Review) error {
	_, err := tx.Exec(`INSERT INTO proposal_review (`+reviewColumns+`) VALUES (`+db.Marks(12)+`)`,
		r.Tenant, r.ID, r.Proposal, r.Stage, r.Reviewer, r.Verdict, r.ReasonCode, r.Disposition, r.Score, r.Note, r.Units.String(), r.At)
	return err
}

func reviews(tx *db.Tx, tenant, id string) ([]*Review, error) {
	return db.All(tx, (*Review).fields, `SELECT `+reviewColumns+` FROM proposal_review WHERE tenant = $1 AND proposal = $2 ORDER BY at, id`, tenant, id)
}

func assignments(tx *db.Tx, tenant, id string) ([]*Assignment, error) {
	return db.All(tx, (*Assignment).fields, `SELECT `+assignmentColumns+` FROM assignment a WHERE a.tenant = $1 AND a.proposal = $2 ORDER BY a.round, a.issued_at, a.id`, tenant, id)
}

func insertAssignment(tx *db.Tx, a *Assignment) error {
	_, err := tx.Exec(`INSERT INTO assignment (tenant, id, proposal, round, unit, role, state, note, rule_version, due_on, issued_by, issued_at, signed_at, ended_at, version) VALUES (`+db.Marks(15)+`)`,
		a.Tenant, a.ID, a.Proposal, a.Round, a.Unit, a.Role, a.State, a.Note, a.RuleVersion, a.DueOn, a.IssuedBy, a.IssuedAt, a.SignedAt, a.EndedAt, a.Version)
	return err
}

func updateAssignment(tx *db.Tx, a *Assignment) error {
	err := db.Touch(tx.Exec(`UPDATE assignment SET role = $4, state = $5, due_on = $6, signed_at = $7, ended_at = $8, version = version + 1 WHERE tenant = $1 AND id = $2 AND version = $3`,
		a.Tenant, a.ID, a.Version, a.Role, a.State, a.DueOn, a.SignedAt, a.EndedAt))
	if err == nil {
		a.Version++
	}
	return err
}

func requests(tx *db.Tx, tenant, id string) ([]*Request, error) {
	return db.All(tx, (*Request).fields, `SELECT `+requestColumns+` FROM assignment_request WHERE tenant = $1 AND proposal = $2 ORDER BY asked_at, id`, tenant, id)
}

func putRequest(tx *db.Tx, r *Request) error {
	_, err := tx.Exec(`INSERT INTO assignment_request (`+requestColumns+`) VALUES (`+db.Marks(13)+`)
		ON CONFLICT (tenant, id) DO UPDATE SET state = excluded.state, decided_by = excluded.decided_by, decided_at = excluded.decided_at, answer = excluded.answer`,
		r.Tenant, r.ID, r.Proposal, r.Assignment, r.Kind, r.State, r.Reason, r.Unit, r.AskedBy, r.AskedAt, r.DecidedBy, r.DecidedAt, r.Answer)
	return err
}

func contacts(tx *db.Tx, tenant, id string) ([]*Contact, error) {
	return db.All(tx, (*Contact).fields, `SELECT `+contactColumns+` FROM contact_record WHERE tenant = $1 AND proposal = $2 ORDER BY on_date, id`, tenant, id)
}

func insertContact(tx *db.Tx, c *Contact) error {
	_, err := tx.Exec(`INSERT INTO contact_record (`+contactColumns+`) VALUES (`+db.Marks(10)+`)`,
		c.Tenant, c.ID, c.Proposal, c.Assignment, c.Kind, c.OnDate, c.People, c.Summary, c.Person, c.At)
	return err
}

func replies(tx *db.Tx, tenant, id string) ([]*Reply, error) {
	return db.All(tx, (*Reply).fields, `SELECT `+replyColumns+` FROM reply WHERE tenant = $1 AND proposal = $2 ORDER BY round, updated_at, id`, tenant, id)
}

func insertReply(tx *db.Tx, r *Reply) error {
	_, err := tx.Exec(`INSERT INTO reply (`+replyColumns+`) VALUES (`+db.Marks(22)+`)`,
		r.Tenant, r.ID, r.Proposal, r.Assignment, r.Round, r.Kind, r.State, r.DocNo, r.Outcome, r.Meaning, r.Disclosure, r.Body, r.ContactName, r.ContactPhone, r.ContactWaiver, r.OpinionWaiver, r.Signer, r.SignedAt, r.CheckedBy, r.DeliveredAt, r.UpdatedAt, r.Version)
	return err
}

// updateReply writes a reply; one that was delivered is never written again.
func updateReply(tx *db.Tx, r *Reply) error {
	r.UpdatedAt = db.At(tx.Now())
	err := db.Touch(tx.Exec(`UPDATE reply SET state = $4, doc_no = $5, outcome = $6, meaning = $7, disclosure = $8, body = $9, contact_name = $10, contact_phone = $11,
		contact_waiver = $12, opinion_waiver = $13, signer = $14, signed_at = $15, checked_by = $16, delivered_at = $17, updated_at = $18, version = version + 1
		WHERE tenant = $1 AND id = $2 AND version = $3 AND state <> 'delivered'`,
		r.Tenant, r.ID, r.Version, r.State, r.DocNo, r.Outcome, r.Meaning, r.Disclosure, r.Body, r.ContactName, r.ContactPhone,
		r.ContactWaiver, r.OpinionWaiver, r.Signer, r.SignedAt, r.CheckedBy, r.DeliveredAt, r.UpdatedAt))
	if err == nil {
		r.Version++
	}
	return err
}

func feedbacks(tx *db.Tx, tenant, id string) ([]*Feedback, error) {
	return db.All(tx, (*Feedback).fields, `SELECT `+feedbackColumns+` FROM feedback WHERE tenant = $1 AND proposal = $2 ORDER BY round, at, id`, tenant, id)
}

func insertFeedback(tx *db.Tx, f *Feedback) error {
	_, err := tx.Exec(`INSERT INTO feedback (`+feedbackColumns+`) VALUES (`+db.Marks(18)+`)`,
		f.Tenant, f.ID, f.Proposal, f.Round, f.Person, f.Overall, f.Scores.String(), f.Comment, f.Contacted, f.Channel, f.Account, f.Device, f.Network, f.Alarm, f.At, f.Current, f.Supersedes, f.Reason)
	return err
}

func commitments(tx *db.Tx, tenant, id string) ([]*Commitment, error) {
	return db.All(tx, (*Commitment).fields, `SELECT `+commitmentColumns+` FROM commitment WHERE tenant = $1 AND proposal = $2 ORDER BY due_on, id`, tenant, id)
}

func insertCommitment(tx *db.Tx, c *Commitment) error {
	_, err := tx.Exec(`INSERT INTO commitment (`+commitmentColumns+`) VALUES (`+db.Marks(14)+`)`,
		c.Tenant, c.ID, c.Proposal, c.Assignment, c.Unit, c.Text, c.DueOn, c.State, c.Evidence, c.ReportedAt, c.Answer, c.ConfirmedBy, c.ConfirmedAt, c.Version)
	return err
}

func updateCommitment(tx *db.Tx, c *Commitment) error {
	err := db.Touch(tx.Exec(`UPDATE commitment SET state = $4, evidence = $5, reported_at = $6, answer = $7, confirmed_by = $8, confirmed_at = $9, version = version + 1 WHERE tenant = $1 AND id = $2 AND version = $3`,
		c.Tenant, c.ID, c.Version, c.State, c.Evidence, c.ReportedAt, c.Answer, c.ConfirmedBy, c.ConfirmedAt))
	if err == nil {
		c.Version++
	}
	return err
}

func files(tx *db.Tx, tenant, id string) ([]*File, error) {
	return db.All(tx, (*File).fields, `SELECT `+fileColumns+` FROM proposal_file WHERE tenant = $1 AND proposal = $2 AND NOT removed ORDER BY at, id`, tenant, id)
}

// fileOf reads one file of a case, removed or not.
func fileOf(tx *db.Tx, tenant, id, file string) (*File, error) {
	return db.One(tx, (*File).fields, `SELECT `+fileColumns+` FROM proposal_file WHERE tenant = $1 AND proposal = $2 AND id = $3`, tenant, id, file)
}

func insertFile(tx *db.Tx, f *File) error {
	_, err := tx.Exec(`INSERT INTO proposal_file (`+fileColumns+`) VALUES (`+db.Marks(12)+`)`,
		f.Tenant, f.ID, f.Proposal, f.Assignment, f.Purpose, f.Name, f.Kind, f.Size, f.SHA256, f.Person, f.At, f.Removed)
	return err
}

// prefixed puts an alias before each column of a list.
func prefixed(alias, columns string) string {
	return alias + strings.ReplaceAll(columns, ", ", ", "+alias)
}
