package org

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/document"
	"shangliang/internal/errs"
)

// RosterColumns are the columns that a roster file may have, in the order of
// the template.
var RosterColumns = []document.Column{
	{ID: "name", Title: "姓名", Aliases: []string{"委员姓名", "名字"}, Required: true, Max: 40},
	{ID: "sex", Title: "性别", Type: document.Choice, Options: []document.Option{{Value: "m", Names: []string{"男"}}, {Value: "f", Names: []string{"女"}}}},
	{ID: "birth_year", Title: "出生年份", Aliases: []string{"出生年月", "出生日期", "出生年"}},
	{ID: "member_no", Title: "委员证号", Aliases: []string{"证号", "委员编号", "编号"}},
	{ID: "seat", Title: "委员类别", Aliases: []string{"类别", "政协职务", "委员身份"}, Type: document.Choice,
		Options: []document.Option{{Value: Member, Names: []string{"委员"}}, {Value: StandingMember, Names: []string{"常委", "常务委员"}}}},
	{ID: "sector", Title: "界别", Aliases: []string{"所属界别"}},
	{ID: "party", Title: "党派", Aliases: []string{"党派团体", "政治面貌", "所属党派"}},
	{ID: "committee", Title: "专门委员会", Aliases: []string{"专委会", "所属专委会"}},
	{ID: "group", Title: "委员小组", Aliases: []string{"小组", "活动组", "委员活动组"}},
	{ID: "post", Title: "单位职务", Aliases: []string{"单位及职务", "工作单位及职务", "工作单位", "单位"}},
	{ID: "phone", Title: "手机", Aliases: []string{"手机号", "手机号码", "电话", "联系电话"}},
	{ID: "email", Title: "邮箱", Aliases: []string{"电子邮箱", "电子邮件"}},
	{ID: "address", Title: "通讯地址", Aliases: []string{"地址", "联系地址"}},
	{ID: "postcode", Title: "邮编", Aliases: []string{"邮政编码"}},
}

// rosterBodies name bodies of the kind that is their id. "群众" is no party.
var rosterBodies = []string{"sector", "party", "committee", "group"}

func titleOf(column string) string {
	i := slices.IndexFunc(RosterColumns, func(c document.Column) bool { return c.ID == column })
	if i < 0 {
		return column
	}
	return RosterColumns[i].Title
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
	Line     int                // in the file
	Cells    map[string]string  // by column
	Problems []document.Problem // empty for a good row; at most one for a column
	Existing string             // id of the person who is in the roster already; the row is skipped

	person Person
	bodies [][2]string // kind and folded name
}

// RosterPreview is what importing a file would do.
type RosterPreview struct {
	Columns  []document.Column  // that the file has
	Ignored  []string           // headers that are no column of a roster
	Rows     []*RosterRow       // in the order of the file
	Problems []document.Problem // of the file as a whole
	New      int
	Existing int
	Bad      int
	Unknown  []Body // bodies that would have to be made
	Term     *Term
}

// MaxRosterRows is the most rows that a file may have.
const MaxRosterRows = 5000

// roster is a file as read, before anything is known of the tenant.
type roster struct {
	records  []document.Record
	problems map[int][]document.Problem // by line; 0: of the whole file
	ignored  []string
}

func readRoster(t *document.Table) (*roster, error) {
	records, problems, err := t.Read(RosterColumns)
	if err != nil {
		return nil, err
	}
	if len(records) > MaxRosterRows {
		return nil, errs.New(errs.TooLarge, "一次最多导入%d行", MaxRosterRows)
	}
	r := &roster{records, map[int][]document.Problem{}, t.Unknown}
	at := map[int]bool{}
	for _, rec := range records {
		at[rec.Line] = true
	}
	for _, p := range problems {
		line := p.Line
		if !at[line] { // such as a fault of the header
			line = 0
		}
		r.problems[line] = append(r.problems[line], p)
	}
	return r, nil
}

// PreviewRoster says what importing a file would do, changes nothing, and marks
// every bad row and cell. Wants org.roster.
func (s *Service) PreviewRoster(ctx context.Context, file *document.Table, o ImportOptions) (*RosterPreview, error) {
	var p *RosterPreview
	err := s.read(ctx, "org.roster", func(tx *db.Tx, a actor.Actor) error {
		r, err := readRoster(file)
		if err != nil {
			return err
		}
		p, err = r.preview(tx, a.Tenant, o)
		return err
	})
	return p, err
}

func (in *roster) preview(tx *db.Tx, tenant string, o ImportOptions) (*RosterPreview, error) {
	p := &RosterPreview{Ignored: in.ignored, Problems: in.problems[0]}
	for _, c := range RosterColumns {
		if slices.ContainsFunc(in.records, func(r document.Record) bool { _, there := r.Values[c.ID]; return there }) {
			p.Columns = append(p.Columns, c)
		}
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
	names, err := rosterIndex(tx, tenant)
	if err != nil {
		return nil, err
	}
	offered := map[[2]string]bool{}
	for _, rec := range in.records {
		r := &RosterRow{Line: rec.Line, Cells: rec.Values, Problems: in.problems[rec.Line]}
		p.Rows = append(p.Rows, r)
		var f errs.Fields
		r.read(&f)
		for _, kind := range rosterBodies {
			named := splitNames(r.Cells[kind])
			f.Check(len(named) < 2 || !slices.Contains(single, kind), kind, "只能填一个%s", Title(Kinds, kind))
			for _, name := range named {
				key := [2]string{kind, fold(name)}
				if slices.Contains(r.bodies, key) {
					continue
				}
				r.bodies = append(r.bodies, key)
				switch b := bodies[key]; {
				case b != nil:
					f.Check(b.Active, kind, "“%s”已停用", name)
				default:
					f.Check(o.Create, kind, "还没有“%s”，请先添加，或者选择自动添加", name)
					checkText(&f, kind, name, 1, 60)
					if !offered[key] {
						offered[key] = true
						p.Unknown = append(p.Unknown, Body{Kind: kind, Name: name, Active: true})
					}
				}
			}
		}
		names.match(r, &f)
		r.note(f)
		switch {
		case len(r.Problems) > 0 || rec.Bad || len(p.Problems) > 0:
			p.Bad++
		case r.Existing != "":
			p.Existing++
		default:
			p.New++
		}
	}
	return p, nil
}

// good reports whether a row can be taken in.
func (r *RosterRow) good() bool { return len(r.Problems) == 0 && r.Existing == "" }

// note adds what was found to the row's problems, the first for each column.
func (r *RosterRow) note(f errs.Fields) {
	for _, v := range f {
		if !slices.ContainsFunc(r.Problems, func(p document.Problem) bool { return p.Column == v.Name }) {
			r.Problems = append(r.Problems, document.Problem{Line: r.Line, Column: v.Name, Title: titleOf(v.Name), Value: r.Cells[v.Name], Msg: v.Msg, Args: v.Args})
		}
	}
}

// read understands the cells that are about the person.
func (r *RosterRow) read(f *errs.Fields) {
	c := r.Cells
	r.person = Person{Name: c["name"], Sex: c["sex"], Post: c["post"], Phone: strings.ReplaceAll(tidyLogin(c["phone"]), " ", ""), Email: c["email"],
		Address: c["address"], Postcode: c["postcode"], MemberNo: c["member_no"], Active: true}
	if v := tidyLogin(c["birth_year"]); v != "" { // 1970, 1970.01, 1970年1月, 19700102
		digits := v
		if i := strings.IndexFunc(v, func(r rune) bool { return !unicode.IsDigit(r) }); i >= 0 {
			digits = v[:i]
		}
		n, err := strconv.Atoi(digits[:min(len(digits), 4)])
		if r.person.BirthYear = n; err != nil || n == 0 {
			r.person.BirthYear = 1 // no year: refused by check
		}
	}
	r.person.check(f)
}

// splitNames takes a cell apart that names several bodies.
func splitNames(s string) []string {
	var names []string
	for _, n := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、,，;；/", r) }) {
		if n = tidy(n); n != "" && n != "无" && n != "群众" {
			names = append(names, n)
		}
	}
	return names
}

// fold makes names of bodies comparable: 经济界 and 经济, 提案委员会 and 提案委,
// 民盟盟员 and 民盟.
func fold(name string) string {
	s := strings.ReplaceAll(tidyLogin(name), " ", "")
	for _, long := range []struct{ tail, short string }{{"委员会", "委"}, {"人士", ""}, {"界别", ""}, {"界", ""}, {"党员", ""}, {"盟员", ""}, {"会员", ""}, {"社员", ""}} {
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
func (s *Service) ImportRoster(ctx context.Context, file *document.Table, o ImportOptions) (*RosterResult, error) {
	if _, err := actor.Require(ctx, "org.roster"); err != nil {
		return nil, err
	}
	in, err := readRoster(file)
	if err != nil {
		return nil, err
	}
	type made struct{ password, hashed string }
	fresh := make([]made, len(in.records))
	if o.Accounts { // hashed before the transaction: it takes about a millisecond each
		for i := range fresh {
			fresh[i].password, fresh[i].hashed = oneTime()
		}
	}
	var out *RosterResult
	_, err = s.do(ctx, "org.roster", func(tx *db.Tx, a actor.Actor) (string, error) {
		p, err := in.preview(tx, a.Tenant, o)
		if err != nil {
			return "", err
		}
		if len(p.Problems) > 0 || p.Bad > 0 && !o.GoodOnly {
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
			if r.good() {
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
			if !r.good() {
				continue
			}
			person := r.person
			if err := savePerson(tx, a.Tenant, a.Account, &person); err != nil {
				return "", err
			}
			from, seat := p.Term.From, Member
			if r.Cells["seat"] == StandingMember {
				seat = StandingMember
			}
			if err := addSeat(tx, a.Tenant, &Seat{Person: person.ID, Term: p.Term.ID, Kind: seat, From: from}); err != nil {
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
