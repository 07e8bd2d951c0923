package org

import (
	"context"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
)

var (
	phoneForm    = regexp.MustCompile(`^\+?[0-9][0-9 -]{4,24}$`)
	memberNoForm = regexp.MustCompile(`^[0-9A-Za-z\p{Han}-]{1,20}$`)
	postcodeForm = regexp.MustCompile(`^[0-9]{6}$`)
)

func (p *Person) check(f *errs.Fields) {
	for _, v := range []*string{&p.Name, &p.Post, &p.Phone, &p.Email, &p.Address, &p.Postcode, &p.MemberNo} {
		*v = tidy(*v)
	}
	p.Email = strings.ToLower(p.Email)
	checkText(f, "name", p.Name, 1, 40)
	f.Check(p.Name == "" || strings.ContainsFunc(p.Name, unicode.IsLetter), "name", "姓名中没有文字")
	f.Check(p.Sex == "" || p.Sex == "f" || p.Sex == "m", "sex", "性别只能是男或女")
	f.Check(p.BirthYear == 0 || p.BirthYear >= 1900 && p.BirthYear <= 2020, "birth_year", "出生年份不对")
	checkText(f, "post", p.Post, 0, 120)
	f.Check(p.Phone == "" || phoneForm.MatchString(p.Phone), "phone", "电话号码应为5至25位数字，中间可以有空格和短横")
	f.Check(p.Email == "" || isEmail(p.Email), "email", "邮箱地址不对")
	checkText(f, "address", p.Address, 0, 120)
	f.Check(p.Postcode == "" || postcodeForm.MatchString(p.Postcode), "postcode", "邮政编码是6位数字")
	f.Check(p.MemberNo == "" || memberNoForm.MatchString(p.MemberNo), "member_no", "委员证号由数字、字母、汉字或短横组成，最多20个字")
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 120 && strings.Contains(s[strings.LastIndex(s, "@"):], ".")
}

// SavePerson puts a person into the roster (without an id) or changes one; what
// was there before stays in the history. Wants org.roster.
func (s *Service) SavePerson(ctx context.Context, p Person) (string, error) {
	return s.do(ctx, "org.roster", func(tx *db.Tx, a actor.Actor) (string, error) {
		if p.ID == "" {
			p.Active = true
		} else {
			old, err := PersonOf(tx, a.Tenant, p.ID)
			if err != nil {
				return "", err
			}
			p.Active = old.Active // see Leave and Return
		}
		err := savePerson(tx, a.Tenant, a.Account, &p)
		return p.ID, err
	})
}

// SaveContact lets the person in ctx change how they can be reached.
func (s *Service) SaveContact(ctx context.Context, version int, phone, email, address, postcode string) error {
	_, err := s.do(ctx, "", func(tx *db.Tx, a actor.Actor) (string, error) {
		p, err := PersonOf(tx, a.Tenant, a.Person)
		if err != nil {
			return "", err
		}
		p.Version, p.Phone, p.Email, p.Address, p.Postcode = version, phone, email, address, postcode
		return p.ID, savePerson(tx, a.Tenant, a.Account, p)
	})
	return err
}

const pastColumns = `name, sex, birth_year, post, phone, email, address, postcode, member_no, active, created_at, changed_at, changed_by`

func savePerson(tx *db.Tx, tenant, account string, p *Person) error {
	var f errs.Fields
	p.check(&f)
	if err := f.Err(); err != nil {
		return err
	}
	if p.MemberNo != "" {
		same, err := db.Column[string](tx, `SELECT id FROM person WHERE tenant = $1 AND member_no = $2 AND id <> $3`, tenant, p.MemberNo, p.ID)
		if err != nil {
			return err
		}
		if len(same) > 0 {
			f.Add("member_no", "这个委员证号已属于另一个人")
			return f.Err()
		}
	}
	now := db.At(tx.Now())
	if p.ID == "" {
		p.ID, p.Version, p.CreatedAt, p.ChangedAt, p.ChangedBy = db.NewID(), 1, now, now, account
		if _, err := tx.Exec(`INSERT INTO person (tenant, id, `+pastColumns+`) VALUES (`+db.Marks(15)+`)`,
			tenant, p.ID, p.Name, p.Sex, p.BirthYear, p.Post, p.Phone, p.Email, p.Address, p.Postcode, p.MemberNo, p.Active, now, now, account); err != nil {
			return err
		}
		return record(tx, "person.create", "person", p.ID, nil, row("person", tenant, p.ID))
	}
	if _, err := tx.Exec(`INSERT INTO person_past (tenant, id, version, `+pastColumns+`)
		SELECT tenant, id, version, `+pastColumns+` FROM person WHERE tenant = $1 AND id = $2 AND version = $3`, tenant, p.ID, p.Version); err != nil {
		if db.Duplicate(err) {
			return db.Stale()
		}
		return err
	}
	if err := db.Touch(tx.Exec(`UPDATE person SET name = $4, sex = $5, birth_year = $6, post = $7, phone = $8, email = $9, address = $10, postcode = $11,
		member_no = $12, active = $13, changed_at = $14, changed_by = $15, version = version + 1 WHERE tenant = $1 AND id = $2 AND version = $3`,
		tenant, p.ID, p.Version, p.Name, p.Sex, p.BirthYear, p.Post, p.Phone, p.Email, p.Address, p.Postcode, p.MemberNo, p.Active, now, account)); err != nil {
		return err
	}
	return record(tx, "person.change", "person", p.ID, map[string]any{"version": p.Version + 1}, row("person", tenant, p.ID),
		ledger.RowOf("person_past", "tenant", tenant, "id", p.ID, "version", p.Version))
}

// PersonPage is all that the roster knows of a person.
type PersonPage struct {
	Person      *Person
	Past        []*Person // newest first
	Seats       []*Seat
	Memberships []*Membership
	Grants      []*Grant
	Account     *Account // nil without one
}

// Person returns all that the roster knows of a person: to who has org.people,
// and to each of themself.
func (s *Service) Person(ctx context.Context, id string) (*PersonPage, error) {
	permission := "org.people"
	if a, ok := actor.From(ctx); ok && id != "" && a.Person == id {
		permission = ""
	}
	var page PersonPage
	err := s.read(ctx, permission, func(tx *db.Tx, a actor.Actor) (err error) {
		if page.Person, err = PersonOf(tx, a.Tenant, id); err != nil {
			return err
		}
		if page.Past, err = db.All(tx, (*Person).fields, `SELECT `+personColumns+` FROM person_past WHERE tenant = $1 AND id = $2 ORDER BY version DESC`, a.Tenant, id); err != nil {
			return err
		}
		if page.Seats, err = db.All(tx, (*Seat).fields, `SELECT `+seatColumns+` FROM seat WHERE tenant = $1 AND person = $2 ORDER BY from_on DESC, id`, a.Tenant, id); err != nil {
			return err
		}
		if page.Memberships, err = db.All(tx, (*Membership).fields, `SELECT `+membershipColumns+` FROM membership WHERE tenant = $1 AND person = $2 ORDER BY from_on DESC, id`, a.Tenant, id); err != nil {
			return err
		}
		if page.Grants, err = db.All(tx, (*Grant).fields, `SELECT `+grantColumns+` FROM grant_role WHERE tenant = $1 AND person = $2 ORDER BY from_on DESC, id`, a.Tenant, id); err != nil {
			return err
		}
		page.Account, err = accountOf(tx, a.Tenant, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &page, nil
}

// PeopleFilter narrows a list of people; empty fields do not narrow.
type PeopleFilter struct {
	Text   string // part of the name, the post, or the whole member number or phone
	Seat   string // Member (any seat) or StandingMember, held today
	Body   string // belongs to it today
	Gone   bool   // only those who left; else only those who are there
	After  string // id of the last person of the page before
	Number int    // at most so many; 50 when 0
}

// Listed is a line in a list of people.
type Listed struct {
	Person
	Dims Dims
}

// People lists the roster of the actor's tenant in the order in which people
// were entered. Wants org.people.
func (s *Service) People(ctx context.Context, q PeopleFilter) (list []Listed, more bool, err error) {
	err = s.read(ctx, "org.people", func(tx *db.Tx, a actor.Actor) (err error) {
		list, more, err = people(tx, a.Tenant, q)
		return err
	})
	return list, more, err
}

// peopleWhere is the condition of a filter; its parameters are those of
// [PeopleFilter.args].
const peopleWhere = ` FROM person WHERE tenant = $1 AND id > $3 AND active = $4
		AND ($5 = '' OR name LIKE $6 ESCAPE '\' OR post LIKE $6 ESCAPE '\' OR member_no = $5 OR phone = $5)
		AND ($7 = '' OR id IN (SELECT person FROM seat WHERE tenant = $1 AND ` + onDay2 + ` AND ($7 = 'member' OR kind = $7)))
		AND ($8 = '' OR id IN (SELECT person FROM membership WHERE tenant = $1 AND ` + onDay2 + ` AND body = $8))`

func (q *PeopleFilter) args(tx *db.Tx, tenant string) []any {
	text := tidy(q.Text)
	return []any{tenant, Today(tx), q.After, !q.Gone, text, db.Like(text), q.Seat, q.Body}
}

// CountPeople says how many people [Service.People] would list in all. Wants
// org.people.
func (s *Service) CountPeople(ctx context.Context, q PeopleFilter) (n int, err error) {
	q.After = ""
	err = s.read(ctx, "org.people", func(tx *db.Tx, a actor.Actor) error {
		return tx.Get(`SELECT COUNT(*)`+peopleWhere, q.args(tx, a.Tenant), &n)
	})
	return n, err
}

func people(tx *db.Tx, tenant string, q PeopleFilter) ([]Listed, bool, error) {
	if q.Number <= 0 {
		q.Number = 50
	}
	all, err := db.All(tx, (*Person).fields, `SELECT `+personColumns+peopleWhere+` ORDER BY id LIMIT $9`, append(q.args(tx, tenant), q.Number+1)...)
	if err != nil {
		return nil, false, err
	}
	more := len(all) > q.Number
	all = all[:min(len(all), q.Number)]
	ids := make([]string, len(all))
	for i, p := range all {
		ids[i] = p.ID
	}
	dims, err := DimsOn(tx, tenant, ids, Today(tx))
	list := make([]Listed, len(all))
	for i, p := range all {
		list[i] = Listed{*p, dims[p.ID]}
	}
	return list, more, err
}

// Colleague is what everybody in a tenant may know of a person in its roster.
type Colleague struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Post   string `json:"post"`
	Sector string `json:"sector"` // id of the body
	Seat   string `json:"seat"`
}

// Colleagues finds people of the actor's tenant by a part of their name, for
// choosing a co-signer; members first, at most twenty.
func (s *Service) Colleagues(ctx context.Context, text string) ([]Colleague, error) {
	var found []Colleague
	err := s.read(ctx, "", func(tx *db.Tx, a actor.Actor) error {
		if text = tidy(text); text == "" {
			return nil
		}
		type hit struct{ id, name, post string }
		all, err := db.All(tx, func(h *hit) []any { return []any{&h.id, &h.name, &h.post} },
			`SELECT id, name, post FROM person WHERE tenant = $1 AND active AND name LIKE $2 ESCAPE '\' ORDER BY name, id LIMIT 200`, a.Tenant, db.Like(text))
		if err != nil {
			return err
		}
		if len(all) == 0 { // perhaps the other script, or how a name is said
			if all, err = db.All(tx, func(h *hit) []any { return []any{&h.id, &h.name, &h.post} },
				`SELECT id, name, post FROM person WHERE tenant = $1 AND active ORDER BY name, id`, a.Tenant); err != nil {
				return err
			}
			all = slices.DeleteFunc(all, func(h *hit) bool { _, _, said := han.Said(h.name, text); return !said })
			all = all[:min(len(all), 200)]
		}
		ids := make([]string, len(all))
		for i, h := range all {
			ids[i] = h.id
		}
		dims, err := DimsOn(tx, a.Tenant, ids, Today(tx))
		for _, h := range all {
			found = append(found, Colleague{h.id, h.name, h.post, dims[h.id].Sector, dims[h.id].Seat})
		}
		slices.SortStableFunc(found, func(a, b Colleague) int {
			return strings.Compare(strconv.FormatBool(a.Seat == ""), strconv.FormatBool(b.Seat == ""))
		})
		found = found[:min(len(found), 20)]
		return err
	})
	return found, err
}

// Leave takes a person out of the active roster: their last day in every seat,
// body and role is on. Wants org.roster.
func (s *Service) Leave(ctx context.Context, id string, version int, on calendar.Date) error {
	_, err := s.do(ctx, "org.roster", func(tx *db.Tx, a actor.Actor) (string, error) {
		p, err := PersonOf(tx, a.Tenant, id)
		if err != nil {
			return "", err
		}
		if on == "" {
			on = Today(tx)
		}
		admins, err := db.Column[string](tx, `SELECT id FROM grant_role WHERE tenant = $1 AND `+onDay2+` AND person = $3 AND role = 'admin'`, a.Tenant, Today(tx), id)
		if err != nil {
			return "", err
		}
		for _, g := range admins {
			if err := othersManage(tx, a.Tenant, g); err != nil {
				return "", err
			}
		}
		p.Active, p.Version = false, version
		if err := savePerson(tx, a.Tenant, a.Account, p); err != nil {
			return "", err
		}
		for _, table := range []string{"seat", "membership", "grant_role"} {
			if err := endAll(tx, a.Tenant, table, `person = $3`, id, on); err != nil {
				return "", err
			}
		}
		tx.AfterCommit(s.cache.forget)
		return id, nil
	})
	return err
}

// Return takes a person who left back into the active roster, without the seats
// and roles of before. Wants org.roster.
func (s *Service) Return(ctx context.Context, id string, version int) error {
	_, err := s.do(ctx, "org.roster", func(tx *db.Tx, a actor.Actor) (string, error) {
		p, err := PersonOf(tx, a.Tenant, id)
		if err != nil {
			return "", err
		}
		p.Active, p.Version = true, version
		return id, savePerson(tx, a.Tenant, a.Account, p)
	})
	return err
}

// endAll ends the dated rows of a table that reach beyond a day, where a
// condition on parameter 3 holds.
func endAll(tx *db.Tx, tenant, table, where, arg string, on calendar.Date) error {
	ids, err := db.Column[string](tx, `SELECT id FROM `+table+` WHERE tenant = $1 AND (to_on = '' OR to_on > $2) AND `+where+` ORDER BY id`, tenant, on, arg)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := endOne(tx, tenant, table, id, 0, on); err != nil {
			return err
		}
	}
	return nil
}

// endOne sets the last day of a dated row; version 0 is any.
func endOne(tx *db.Tx, tenant, table, id string, version int, on calendar.Date) error {
	var from, person string
	if err := tx.Get(`SELECT from_on, person FROM `+table+` WHERE tenant = $1 AND id = $2`, []any{tenant, id}, &from, &person); err != nil {
		return err
	}
	if string(on) < from { // it never began
		on = calendar.Date(from).AddDays(-1)
	}
	if err := db.Touch(tx.Exec(`UPDATE `+table+` SET to_on = $4, version = version + 1 WHERE tenant = $1 AND id = $2 AND ($3 = 0 OR version = $3)`, tenant, id, version, on)); err != nil {
		return err
	}
	return record(tx, table+".end", "person", person, map[string]any{"id": id, "to": on}, row(table, tenant, id))
}
