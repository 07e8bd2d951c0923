package org

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
)

// Sheet is a table as read from a file. Line numbers count as in the file; when
// Lines is nil the head is line 1.
type Sheet struct {
	Head  []string
	Rows  [][]string
	Lines []int
}

// RosterColumn is a column that a roster file may have.
type RosterColumn struct {
	ID    string
	Title string   // in Simplified Chinese, as in the template
	Also  []string // what else it is called
	Kind  string   // of the bodies named in it
}

// RosterColumns are the columns in the order of the template.
var RosterColumns = []RosterColumn{
	{"name", "姓名", []string{"委员姓名", "名字"}, ""},
	{"sex", "性别", nil, ""},
	{"birth_year", "出生年份", []string{"出生年月", "出生日期", "出生年"}, ""},
	{"member_no", "委员证号", []string{"证号", "委员编号", "编号"}, ""},
	{"seat", "委员类别", []string{"类别", "政协职务", "委员身份"}, ""},
	{"sector", "界别", []string{"所属界别"}, "sector"},
	{"party", "党派", []string{"党派团体", "政治面貌", "所属党派"}, "party"},
	{"committee", "专门委员会", []string{"专委会", "所属专委会"}, "committee"},
	{"group", "委员小组", []string{"小组", "活动组", "委员活动组"}, "group"},
	{"post", "单位职务", []string{"单位及职务", "工作单位及职务", "工作单位", "单位"}, ""},
	{"phone", "手机", []string{"手机号", "手机号码", "电话", "联系电话"}, ""},
	{"email", "邮箱", []string{"电子邮箱", "电子邮件"}, ""},
	{"address", "通讯地址", []string{"地址", "联系地址"}, ""},
	{"postcode", "邮编", []string{"邮政编码"}, ""},
}

// ImportOptions say how a roster is taken in.
type ImportOptions struct {
	Term     string // id; empty: the current one
	Create   bool   // make the bodies that the file names and the tenant does not have
	GoodOnly bool   // leave out the bad rows; else one bad row stops all
	Accounts bool   // give everybody an account with the role of member
}

// RosterRow is a row of a roster file as it was understood.
type RosterRow struct {
	Line     int
	Cells    map[string]string // by column
	Problems []errs.Field      // at most one for a column; empty for a good row
	Existing string            // id of the person who is in the roster already; the row is skipped

	person Person
	seat   string
	bodies [][2]string // kind and folded name
}

// RosterPreview is what importing a file would do.
type RosterPreview struct {
	Columns  []RosterColumn // that the file has
	Ignored  []string       // heads that are no column of a roster
	Rows     []*RosterRow
	New      int
	Existing int
	Bad      int
	Unknown  []Body // bodies that would have to be made
	Term     *Term
}

// MaxRosterRows is the most rows that a file may have.
const MaxRosterRows = 5000

// PreviewRoster reads a roster file without changing anything and marks every
// bad row and cell. Wants org.roster.
func (s *Service) PreviewRoster(ctx context.Context, sheet Sheet, o ImportOptions) (*RosterPreview, error) {
	var p *RosterPreview
	err := s.read(ctx, "org.roster", func(tx *db.Tx, a actor.Actor) (err error) {
		p, err = preview(tx, a.Tenant, sheet, o)
		return err
	})
	return p, err
}

// columnsOf finds the roster's columns in the head of a sheet.
func columnsOf(head []string) (columns []*RosterColumn, ignored []string) {
	columns = make([]*RosterColumn, len(head))
	taken := map[string]bool{}
	for i, h := range head {
		h = strings.Trim(strings.ReplaceAll(tidy(h), " ", ""), "*＊（必填）()")
		k := slices.IndexFunc(RosterColumns, func(c RosterColumn) bool { return c.Title == h || slices.Contains(c.Also, h) })
		if k >= 0 && !taken[RosterColumns[k].ID] {
			columns[i] = &RosterColumns[k]
			taken[RosterColumns[k].ID] = true
		} else if h != "" {
			ignored = append(ignored, tidy(head[i]))
		}
	}
	return columns, ignored
}

func preview(tx *db.Tx, tenant string, sheet Sheet, o ImportOptions) (*RosterPreview, error) {
	columns, ignored := columnsOf(sheet.Head)
	p := &RosterPreview{Ignored: ignored}
	for _, c := range columns {
		if c != nil {
			p.Columns = append(p.Columns, *c)
		}
	}
	if !slices.ContainsFunc(p.Columns, func(c RosterColumn) bool { return c.ID == "name" }) {
		return nil, errs.New(errs.Invalid, "文件中没有“姓名”这一列，请对照模板检查表头")
	}
	if len(sheet.Rows) > MaxRosterRows {
		return nil, errs.New(errs.TooLarge, "一次最多导入%d行", MaxRosterRows)
	}
	var err error
	if o.Term == "" {
		p.Term, err = CurrentTerm(tx, tenant)
	} else {
		p.Term, err = TermOf(tx, tenant, o.Term)
	}
	if err != nil {
		return nil, err
	}
	bodies, err := bodyIndex(tx, tenant)
	if err != nil {
		return nil, err
	}
	seen, err := rosterIndex(tx, tenant)
	if err != nil {
		return nil, err
	}
	offered := map[[2]string]bool{}
	for i, cells := range sheet.Rows {
		r := &RosterRow{Line: i + 2, Cells: map[string]string{}}
		if i < len(sheet.Lines) {
			r.Line = sheet.Lines[i]
		}
		for k, c := range columns {
			if c != nil && k < len(cells) {
				r.Cells[c.ID] = tidy(cells[k])
			}
		}
		if strings.Join(cells, "") == "" {
			continue
		}
		p.Rows = append(p.Rows, r)
		var f errs.Fields
		r.read(&f)
		for _, c := range RosterColumns {
			if c.Kind == "" {
				continue
			}
			names := splitNames(r.Cells[c.ID])
			f.Check(len(names) < 2 || !slices.Contains(single, c.Kind), c.ID, "只能填一个%s", c.Title)
			for _, name := range names {
				key := [2]string{c.Kind, fold(name)}
				r.bodies = append(r.bodies, key)
				switch {
				case bodies[key] != nil && !bodies[key].Active:
					f.Add(c.ID, "“%s”已停用", name)
				case bodies[key] == nil:
					f.Check(o.Create, c.ID, "还没有“%s”，请先添加，或者选择自动添加", name)
					if !offered[key] {
						offered[key] = true
						p.Unknown = append(p.Unknown, Body{Kind: c.Kind, Name: name, Active: true})
					}
				}
			}
		}
		seen.match(r, &f)
		r.Problems = perColumn(f)
		switch {
		case len(r.Problems) > 0:
			p.Bad++
		case r.Existing != "":
			p.Existing++
		default:
			p.New++
		}
	}
	return p, nil
}

// read understands the cells that are about the person.
func (r *RosterRow) read(f *errs.Fields) {
	c := r.Cells
	r.person = Person{Name: c["name"], Post: c["post"], Phone: strings.ReplaceAll(tidyLogin(c["phone"]), " ", ""), Email: c["email"],
		Address: c["address"], Postcode: c["postcode"], MemberNo: c["member_no"], Active: true}
	switch c["sex"] {
	case "", "男", "女":
		r.person.Sex = map[string]string{"男": "m", "女": "f"}[c["sex"]]
	default:
		r.person.Sex = "?"
	}
	if v := c["birth_year"]; v != "" {
		digits := v
		if i := strings.IndexFunc(v, func(r rune) bool { return !unicode.IsDigit(r) }); i >= 0 {
			digits = v[:i]
		}
		if len(digits) > 4 { // 19700102
			digits = digits[:4]
		}
		n, err := strconv.Atoi(digits)
		if r.person.BirthYear = n; err != nil || n == 0 {
			r.person.BirthYear = 1 // no year: refused below
		}
	}
	switch v := c["seat"]; v {
	case "", "委员":
		r.seat = Member
	case "常委", "常务委员":
		r.seat = StandingMember
	default:
		f.Add("seat", "委员类别只能是委员或常委")
	}
	r.person.check(f)
}

// splitNames takes a cell apart that names several bodies.
func splitNames(s string) []string {
	return slices.DeleteFunc(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、,，;；/", r) }), func(s string) bool {
		return strings.TrimSpace(s) == ""
	})
}

// fold makes names of bodies comparable: 经济界 and 经济, 提案委员会 and 提案委.
func fold(name string) string {
	s := strings.ReplaceAll(tidyLogin(name), " ", "")
	for _, long := range []struct{ tail, short string }{{"委员会", "委"}, {"人士", ""}, {"界别", ""}, {"界", ""}} {
		if t := strings.TrimSuffix(s, long.tail); t != s && t != "" {
			return t + long.short
		}
	}
	return s
}

func bodyIndex(tx *db.Tx, tenant string) (map[[2]string]*Body, error) {
	all, err := Bodies(tx, tenant, "")
	index := map[[2]string]*Body{}
	for _, b := range all {
		index[[2]string{b.Kind, fold(b.Name)}] = b
	}
	for _, b := range all {
		if key := [2]string{b.Kind, fold(b.ShortName)}; b.ShortName != "" && index[key] == nil {
			index[key] = b
		}
	}
	return index, err
}

// rosterNames knows who is in the roster, and in the rows read so far.
type rosterNames struct {
	byNo, byPhone, byName map[string]someone
}

type someone struct {
	id, name string // id is empty for a row of the file
	line     int
}

func rosterIndex(tx *db.Tx, tenant string) (*rosterNames, error) {
	n := &rosterNames{map[string]someone{}, map[string]someone{}, map[string]someone{}}
	type brief struct{ id, name, phone, no string }
	all, err := db.All(tx, func(b *brief) []any { return []any{&b.id, &b.name, &b.phone, &b.no} },
		`SELECT id, name, phone, member_no FROM person WHERE tenant = $1`, tenant)
	for _, b := range all {
		n.add(b.name, b.phone, b.no, someone{id: b.id, name: b.name})
	}
	return n, err
}

func (n *rosterNames) add(name, phone, no string, k someone) {
	n.byName[name] = k
	if phone != "" {
		n.byPhone[name+"\x00"+phone] = k
	}
	if no != "" {
		n.byNo[no] = k
	}
}

// match finds out whether the row's person is known already, in the roster or
// further up in the file.
func (n *rosterNames) match(r *RosterRow, f *errs.Fields) {
	p := r.person
	column := "member_no"
	k, found := n.byNo[p.MemberNo]
	switch {
	case found && k.name != p.Name:
		f.Add(column, "这个委员证号已属于“%s”", k.name)
		return
	case !found && p.Phone != "":
		column = "phone"
		k, found = n.byPhone[p.Name+"\x00"+p.Phone]
	case !found && p.MemberNo == "" && p.Name != "":
		_, same := n.byName[p.Name]
		f.Check(!same, "name", "已有同名的人，请补充手机号或委员证号以便区分")
	}
	switch {
	case found && k.id == "":
		f.Add(column, "与第%d行重复", k.line)
	case found:
		r.Existing = k.id
	}
	n.add(p.Name, p.Phone, p.MemberNo, someone{name: p.Name, line: r.Line})
	if found && k.id != "" { // what the roster knows outranks the file
		n.add(p.Name, p.Phone, p.MemberNo, k)
	}
}

// perColumn keeps the first problem of each column.
func perColumn(f errs.Fields) []errs.Field {
	var out []errs.Field
	for _, p := range f {
		if !slices.ContainsFunc(out, func(o errs.Field) bool { return o.Name == p.Name }) {
			out = append(out, p)
		}
	}
	return out
}

// RosterResult is what an import did.
type RosterResult struct {
	People    int       // new in the roster
	Existing  int       // left as they were
	Bad       int       // left out
	Bodies    int       // made
	Passwords []OneTime // to be printed: they are shown this once
}

// ImportRoster takes a roster file in, in one transaction: all of it or, with
// GoodOnly, its good rows. Who is in the roster already is left as they are.
// Wants org.roster.
func (s *Service) ImportRoster(ctx context.Context, sheet Sheet, o ImportOptions) (*RosterResult, error) {
	if len(sheet.Rows) > MaxRosterRows {
		return nil, errs.New(errs.TooLarge, "一次最多导入%d行", MaxRosterRows)
	}
	if _, err := actor.Require(ctx, "org.roster"); err != nil {
		return nil, err
	}
	type made struct{ password, hashed string }
	var fresh []made
	if o.Accounts { // hashed before the transaction: it takes about a millisecond each
		fresh = make([]made, len(sheet.Rows))
		for i := range fresh {
			fresh[i].password, fresh[i].hashed = oneTime()
		}
	}
	var out *RosterResult
	_, err := s.do(ctx, "org.roster", func(tx *db.Tx, a actor.Actor) (string, error) {
		p, err := preview(tx, a.Tenant, sheet, o)
		if err != nil {
			return "", err
		}
		if p.Bad > 0 && !o.GoodOnly {
			return "", errs.New(errs.Invalid, "有%d行需要改正，没有导入任何内容", p.Bad)
		}
		out = &RosterResult{Existing: p.Existing, Bad: p.Bad, People: p.New}
		if err := record(tx, "roster.import", "term", p.Term.ID, map[string]any{"new": p.New, "existing": p.Existing, "bad": p.Bad}); err != nil {
			return "", err
		}
		bodies, err := bodyIndex(tx, a.Tenant)
		if err != nil {
			return "", err
		}
		wanted := map[[2]string]bool{}
		for _, r := range p.Rows {
			if len(r.Problems) == 0 && r.Existing == "" {
				for _, key := range r.bodies {
					wanted[key] = true
				}
			}
		}
		for i, b := range p.Unknown {
			key := [2]string{b.Kind, fold(b.Name)}
			if !wanted[key] {
				continue
			}
			b.Position = len(bodies) + i
			if err := saveBody(tx, a.Tenant, &b); err != nil {
				return "", err
			}
			bodies[key] = &b
			out.Bodies++
		}
		for i, r := range p.Rows {
			if len(r.Problems) > 0 || r.Existing != "" {
				continue
			}
			person := r.person
			if err := savePerson(tx, a.Tenant, a.Account, &person); err != nil {
				return "", err
			}
			from := p.Term.From
			if err := addSeat(tx, a.Tenant, &Seat{Person: person.ID, Term: p.Term.ID, Kind: r.seat, From: from}); err != nil {
				return "", err
			}
			for _, key := range r.bodies {
				if err := addMembership(tx, a.Tenant, &Membership{Person: person.ID, Body: bodies[key].ID, Term: p.Term.ID, From: from, To: p.Term.To}); err != nil {
					return "", err
				}
			}
			if !o.Accounts {
				continue
			}
			one := OneTime{Name: person.Name, Password: fresh[i].password}
			if one.Account, one.Login, err = makeAccount(tx, a.Tenant, &person, "", fresh[i].hashed, true); err != nil {
				return "", err
			}
			if _, err := addGrant(tx, &Grant{Tenant: a.Tenant, Account: one.Account, Person: person.ID, Role: Member, From: Today(tx), To: p.Term.To}); err != nil {
				return "", err
			}
			out.Passwords = append(out.Passwords, one)
		}
		return p.Term.ID, nil
	})
	if err == nil && out == nil {
		err = alreadyShown()
	}
	return out, err
}
