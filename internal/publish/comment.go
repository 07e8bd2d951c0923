package publish

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

// States of a comment.
const (
	Waiting  = "waiting"
	Approved = "approved"
	Declined = "declined"
)

// Comment is what a reader wrote about a public case.
type Comment struct {
	Tenant, ID, Proposal, Code string
	State                      string
	Name                       string // as the reader wants to be called; may be empty
	Text                       string
	Contact                    string // sealed; readable only through Service.Comments
	Device                     string
	At                         db.Time
	DecidedBy                  string
	DecidedAt                  db.Time
	Reason                     string
	Version                    int

	Answers []*AnswerTo
	Title   string // of the case, for lists
	CaseNo  int
}

const commentColumns = `tenant, id, proposal, code, state, name, text, contact, device, at, decided_by, decided_at, reason, version`

func (c *Comment) fields() []any {
	return []any{&c.Tenant, &c.ID, &c.Proposal, &c.Code, &c.State, &c.Name, &c.Text, &c.Contact, &c.Device, &c.At, &c.DecidedBy, &c.DecidedAt, &c.Reason, &c.Version}
}

func (c *Comment) row() ledger.Row {
	return ledger.RowOf("open_comment", "tenant", c.Tenant, "id", c.ID)
}

// AnswerTo is a department's public answer to a comment.
type AnswerTo struct {
	ID, Comment, Unit, UnitName, Text, Person string
	At                                        db.Time
	Removed                                   bool
}

const answerColumns = `id, comment, unit, unit_name, text, person, at, removed`

func (a *AnswerTo) fields() []any {
	return []any{&a.ID, &a.Comment, &a.Unit, &a.UnitName, &a.Text, &a.Person, &a.At, &a.Removed}
}

// sealer keeps readers' contacts and recognises devices without knowing them.
type sealer struct {
	aead cipher.AEAD
	mac  []byte
}

func newSealer(key []byte) (s sealer, err error) {
	secret, err := hkdf.Key(sha256.New, key, nil, "shangliang publish contact", 32)
	if err != nil {
		return s, err
	}
	if s.mac, err = hkdf.Key(sha256.New, key, nil, "shangliang publish device", 32); err != nil {
		return s, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return s, err
	}
	s.aead, err = cipher.NewGCM(block)
	return s, err
}

func (s sealer) seal(id, text string) string {
	if text == "" {
		return ""
	}
	nonce := make([]byte, s.aead.NonceSize())
	rand.Read(nonce)
	return base64.RawStdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, []byte(text), []byte(id)))
}

// open reads a sealed contact; one sealed under another key is unreadable.
func (s sealer) open(id, sealed string) string {
	b, err := base64.RawStdEncoding.DecodeString(sealed)
	if n := s.aead.NonceSize(); err == nil && len(b) > n {
		if text, err := s.aead.Open(nil, b[:n], b[n:], []byte(id)); err == nil {
			return string(text)
		}
	}
	return ""
}

func (s sealer) device(text string) string {
	m := hmac.New(sha256.New, s.mac)
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil)[:12])
}

// Reader is what a visitor writes.
type Reader struct {
	Name    string `form:"name"`
	Text    string `form:"text"`
	Contact string `form:"contact"`
	Trap    string `form:"website"` // people do not see it: who fills it in is a program
	Device  string // where it comes from, as far as it can be told
}

// Comment takes in what a visitor of the public pages wrote about a case; it
// waits for the office. Nobody needs to be signed in. Errors: NotFound for what
// is not public, Invalid with its fields, TooMany for a device's limit of a day.
func (s *Service) Comment(ctx context.Context, site *Site, code string, in Reader) error {
	request := actor.RequestFrom(ctx)
	ctx = actor.With(ctx, actor.Actor{Tenant: site.Tenant.ID, Role: "public", Channel: "web"})
	in.Name, in.Text, in.Contact = han.Tidy(in.Name), han.Tidy(in.Text), han.Tidy(in.Contact)
	if in.Trap != "" {
		return nil // told nothing, so that it does not try again
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rules, err := s.rules.Now(tx, site.Tenant.ID)
		if err != nil {
			return err
		}
		var proposalID string
		if err := tx.Get(`SELECT d.proposal FROM disclosure d JOIN open_case o ON o.tenant = d.tenant AND o.code = d.code WHERE d.tenant = $1 AND d.code = $2`,
			[]any{site.Tenant.ID, code}, &proposalID); err != nil {
			return err
		}
		if !rules.Bool("publish.comments") {
			return errs.New(errs.Conflict, "目前不接受留言")
		}
		if request.Key != "" {
			if _, done, err := ledger.Replayed(tx); err != nil || done {
				return err
			}
		}
		most := rules.Int("publish.comment_length")
		var wrong errs.Fields
		wrong.Check(len([]rune(in.Text)) >= 4, "text", "请写下您的意见，不少于 %d 个字", 4)
		wrong.Check(len([]rune(in.Text)) <= most, "text", "最多 %d 个字", most)
		wrong.Check(len([]rune(in.Name)) <= 20, "name", "最多 %d 个字", 20)
		wrong.Check(len([]rune(in.Contact)) <= 100, "contact", "最多 %d 个字", 100)
		if err := wrong.Err(); err != nil {
			return err
		}
		c := &Comment{Tenant: site.Tenant.ID, ID: db.NewID(), Proposal: proposalID, Code: code, State: Waiting, Name: in.Name, Text: in.Text, At: db.At(tx.Now()), Version: 1}
		c.Contact, c.Device = s.sealer.seal(c.ID, in.Contact), s.sealer.device(in.Device)
		var today int
		if err := tx.Get(`SELECT COUNT(*) FROM open_comment WHERE tenant = $1 AND device = $2 AND at > $3`,
			[]any{c.Tenant, c.Device, db.At(tx.Now().Add(-24 * time.Hour))}, &today); err != nil {
			return err
		}
		if today >= rules.Int("publish.comments_a_day") {
			return errs.New(errs.TooMany, "今天的留言已达上限，请明天再来")
		}
		if _, err := tx.Exec(`INSERT INTO open_comment (`+commentColumns+`) VALUES (`+db.Marks(14)+`)`, c.Tenant, c.ID, c.Proposal, c.Code, c.State, c.Name, c.Text,
			c.Contact, c.Device, c.At, c.DecidedBy, c.DecidedAt, c.Reason, c.Version); err != nil {
			return err
		}
		if err := ledger.Append(tx, ledger.Entry{Action: "publish.comment", Kind: "proposal", Object: proposalID, To: Waiting,
			Data: map[string]any{"comment": c.ID}, Rows: []ledger.Row{c.row()}}); err != nil {
			return err
		}
		p, err := proposal.Of(tx, c.Tenant, proposalID)
		if err != nil {
			return err
		}
		to, err := org.PeopleWith(tx, c.Tenant, "clerk", "")
		if err != nil {
			return err
		}
		return s.notices.Send(tx, notify.Notice{Tenant: c.Tenant, To: notify.As(notify.Office, to...), Kind: "publish.comment", Link: "/publish/comments", Object: "proposal", ObjectID: proposalID,
			Params: notify.Params{"case_no": p.CaseNo}})
	})
}

// Judge approves or declines a comment; declining wants a reason. An approved
// one can still be taken down. Wants publish.moderate.
func (s *Service) Judge(ctx context.Context, id string, version int, approve bool, reason string) error {
	a, err := actor.Require(ctx, Moderate)
	if err != nil {
		return err
	}
	reason = han.Clean(strings.TrimSpace(reason))
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := db.One(tx, (*Comment).fields, `SELECT `+commentColumns+` FROM open_comment WHERE tenant = $1 AND id = $2`, a.Tenant, id)
		if err != nil {
			return err
		}
		if _, done, err := ledger.Replayed(tx); err != nil || done {
			return err
		}
		if version != 0 && version != c.Version {
			return db.Stale()
		}
		from, action := c.State, "publish.comment_approve"
		if c.State = Approved; !approve {
			c.State, action = Declined, "publish.comment_refuse"
			var f errs.Fields
			f.Check(reason != "" && len([]rune(reason)) <= 500, "reason", "请写明理由，不超过 %d 个字", 500)
			if err := f.Err(); err != nil {
				return err
			}
		}
		if from == c.State {
			return errs.New(errs.Conflict, "这条留言已经处理过")
		}
		if approve {
			if found := find(c.Text + "\n" + c.Name); len(found) > 0 {
				return errs.New(errs.Conflict, "留言里有个人信息（%s），不能公开", found[0].Text)
			}
		}
		c.DecidedBy, c.DecidedAt, c.Reason = a.Person, db.At(tx.Now()), reason
		if err := db.Touch(tx.Exec(`UPDATE open_comment SET state = $4, decided_by = $5, decided_at = $6, reason = $7, version = version + 1
			WHERE tenant = $1 AND id = $2 AND version = $3`, a.Tenant, id, c.Version, c.State, c.DecidedBy, c.DecidedAt, c.Reason)); err != nil {
			return err
		}
		if err := ledger.Append(tx, ledger.Entry{Action: action, Kind: "proposal", Object: c.Proposal, From: from, To: c.State, Note: reason,
			Data: map[string]any{"comment": c.ID}, Rows: []ledger.Row{c.row()}}); err != nil {
			return err
		}
		if approve {
			if err := s.tellUnits(tx, c); err != nil {
				return err
			}
		}
		return bump(tx, a.Tenant)
	})
}

// tellUnits tells the departments that a comment on their case is public.
func (s *Service) tellUnits(tx *db.Tx, c *Comment) error {
	p, err := proposal.Of(tx, c.Tenant, c.Proposal)
	if err != nil {
		return err
	}
	units, err := unitsOf(tx, c.Tenant, c.Proposal)
	if err != nil {
		return err
	}
	var to []string
	for _, u := range units {
		for _, role := range []string{"unit_leader", "unit_officer", "unit_clerk"} {
			people, err := org.PeopleWith(tx, c.Tenant, role, u)
			if err != nil {
				return err
			}
			to = append(to, people...)
		}
	}
	return s.notices.Send(tx, notify.Notice{Tenant: c.Tenant, To: notify.As(notify.Unit, to...), Kind: "publish.comment_approved", Link: "/proposals/" + c.Proposal + "#publish",
		Object: "proposal", ObjectID: c.Proposal, Params: notify.Params{"case_no": p.CaseNo}})
}

// unitsOf are the departments that answered a case.
func unitsOf(tx *db.Tx, tenant, id string) ([]string, error) {
	all, err := proposal.AssignmentsOf(tx, tenant, id)
	var units []string
	for _, as := range all {
		if as.Answers() && as.State == proposal.Delivered && !slices.Contains(units, as.Unit) {
			units = append(units, as.Unit)
		}
	}
	return units, err
}

// AnswerComment lets a department that answered the case answer a public comment
// in public. Wants publish.answer; what is not the department's is NotFound.
func (s *Service) AnswerComment(ctx context.Context, id, text string) error {
	a, err := actor.Require(ctx, Answer)
	if err != nil {
		return err
	}
	text = han.Tidy(text)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := db.One(tx, (*Comment).fields, `SELECT `+commentColumns+` FROM open_comment WHERE tenant = $1 AND id = $2 AND state = 'approved'`, a.Tenant, id)
		if err != nil {
			return err
		}
		units, err := unitsOf(tx, a.Tenant, c.Proposal)
		if err != nil {
			return err
		}
		if a.Body == "" || !slices.Contains(units, a.Body) {
			return errs.Missing()
		}
		if _, done, err := ledger.Replayed(tx); err != nil || done {
			return err
		}
		var wrong errs.Fields
		n := len([]rune(text))
		wrong.Check(n >= 4 && n <= 1000, "text", "回应须为 %d 至 %d 个字", 4, 1000)
		if found := find(text); len(found) > 0 {
			wrong.Add("text", "回应里有个人信息（%s），请去掉后再公开", found[0].Text)
		}
		if err := wrong.Err(); err != nil {
			return err
		}
		names, err := org.BodyNames(tx, a.Tenant, []string{a.Body})
		if err != nil {
			return err
		}
		x := AnswerTo{ID: db.NewID(), Comment: c.ID, Unit: a.Body, UnitName: names[a.Body], Text: text, Person: a.Person, At: db.At(tx.Now())}
		if _, err := tx.Exec(`INSERT INTO open_answer (tenant, `+answerColumns+`) VALUES (`+db.Marks(9)+`)`,
			a.Tenant, x.ID, x.Comment, x.Unit, x.UnitName, x.Text, x.Person, x.At, false); err != nil {
			return err
		}
		if err := ledger.Append(tx, ledger.Entry{Action: "publish.comment_answer", Kind: "proposal", Object: c.Proposal,
			Data: map[string]any{"comment": c.ID, "answer": x.ID, "unit": x.Unit}, Rows: []ledger.Row{ledger.RowOf("open_answer", "tenant", a.Tenant, "id", x.ID)}}); err != nil {
			return err
		}
		return bump(tx, a.Tenant)
	})
}

// RemoveAnswer takes a department's answer down. Wants publish.moderate.
func (s *Service) RemoveAnswer(ctx context.Context, id, reason string) error {
	a, err := actor.Require(ctx, Moderate)
	if err != nil {
		return err
	}
	reason = han.Clean(strings.TrimSpace(reason))
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var proposalID string
		if err := tx.Get(`SELECT c.proposal FROM open_answer x JOIN open_comment c ON c.tenant = x.tenant AND c.id = x.comment
			WHERE x.tenant = $1 AND x.id = $2 AND NOT x.removed`, []any{a.Tenant, id}, &proposalID); err != nil {
			return err
		}
		if _, done, err := ledger.Replayed(tx); err != nil || done {
			return err
		}
		var f errs.Fields
		f.Check(reason != "" && len([]rune(reason)) <= 500, "reason", "请写明理由，不超过 %d 个字", 500)
		if err := f.Err(); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE open_answer SET removed = TRUE WHERE tenant = $1 AND id = $2`, a.Tenant, id); err != nil {
			return err
		}
		if err := ledger.Append(tx, ledger.Entry{Action: "publish.answer_remove", Kind: "proposal", Object: proposalID, Note: reason,
			Data: map[string]any{"answer": id}, Rows: []ledger.Row{ledger.RowOf("open_answer", "tenant", a.Tenant, "id", id)}}); err != nil {
			return err
		}
		return bump(tx, a.Tenant)
	})
}

// Comments lists comments of a state, the oldest that wait first, the others
// newest first, after the id of the last one seen. Their contacts are readable.
// Wants publish.moderate.
func (s *Service) Comments(ctx context.Context, state, after string) (all []*Comment, more bool, err error) {
	a, err := actor.Require(ctx, Moderate)
	if err != nil {
		return nil, false, err
	}
	order := ` AND ($3 = '' OR id < $3) ORDER BY id DESC`
	if state == Waiting {
		order = ` AND ($3 = '' OR id > $3) ORDER BY id`
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, (*Comment).fields, `SELECT `+commentColumns+` FROM open_comment WHERE tenant = $1 AND state = $2`+order+` LIMIT 101`, a.Tenant, state, after)
		if err != nil {
			return err
		}
		if more = len(all) > 100; more {
			all = all[:100]
		}
		var ids []string
		for _, c := range all {
			c.Contact = s.sealer.open(c.ID, c.Contact)
			ids = append(ids, c.Proposal)
		}
		cases, err := proposal.Some(tx, a.Tenant, ids)
		if err != nil {
			return err
		}
		for _, c := range all {
			if p := cases[c.Proposal]; p != nil {
				c.Title, c.CaseNo = p.Title, p.CaseNo
			}
		}
		return answersTo(tx, a.Tenant, all)
	})
	return all, more, err
}

// answersTo fills in the answers to comments.
func answersTo(tx *db.Tx, tenant string, comments []*Comment) error {
	byID := map[string]*Comment{}
	var ids []string
	for _, c := range comments {
		byID[c.ID] = c
		ids = append(ids, c.ID)
	}
	list, args := db.In([]any{tenant}, ids)
	all, err := db.All(tx, (*AnswerTo).fields, `SELECT `+answerColumns+` FROM open_answer WHERE tenant = $1 AND NOT removed AND comment IN `+list+` ORDER BY id`, args...)
	for _, x := range all {
		byID[x.Comment].Answers = append(byID[x.Comment].Answers, x)
	}
	return err
}
