package orgweb

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/org"
	"shangliang/internal/web"
)

// founding is the form for a new tenant: the first of the platform, or one
// below an existing one.
type founding struct {
	Name        string        `form:"tenant_name"`
	ShortName   string        `form:"short_name"`
	Level       string        `form:"level"`
	Region      string        `form:"region"`
	RegionCode  string        `form:"region_code"`
	Code        string        `form:"code"`
	TermNo      int           `form:"term_no"`
	TermFrom    calendar.Date `form:"term_from"`
	TermTo      calendar.Date `form:"term_to"`
	SessionNo   int           `form:"session_no"`
	OpensOn     calendar.Date `form:"opens_on"`
	ClosesOn    calendar.Date `form:"closes_on"`
	Bodies      []string      `form:"body"` // kind/name of org.Defaults
	Departments string        `form:"departments"`
	Groups      string        `form:"groups"`
	AdminName   string        `form:"admin_name"`
	Phone       string        `form:"phone"`
	Email       string        `form:"email"`
	Login       string        `form:"login"`
}

// bodyKey names one of org.Defaults in a form.
func bodyKey(b org.Body) string { return b.Kind + "/" + b.Name }

// newFounding is the form as it is shown first: with what most tenants have.
func newFounding() founding {
	f := founding{Level: org.County, Login: "admin"}
	for _, b := range org.Defaults() {
		f.Bodies = append(f.Bodies, bodyKey(b))
	}
	return f
}

// check says what is missing, at the fields of this form.
func (f *founding) check() error {
	var e errs.Fields
	e.Check(f.Name != "", "tenant_name", "请填写")
	e.Check(f.TermNo > 0, "term_no", "请填写届数")
	e.Check(f.TermFrom != "", "term_from", "请填写起始日期")
	e.Check(f.SessionNo > 0, "session_no", "请填写次数")
	e.Check(f.OpensOn != "", "opens_on", "请填写开幕日期")
	e.Check(f.ClosesOn != "", "closes_on", "请填写闭幕日期")
	e.Check(f.AdminName != "", "admin_name", "请填写")
	_, err := f.lines()
	return merge(e.Err(), err)
}

// merge is one error of the fields of several.
func merge(all ...error) error {
	var f errs.Fields
	for _, err := range all {
		if e, ok := errors.AsType[*errs.Error](err); ok {
			f = append(f, e.Fields...)
		}
	}
	return f.Err()
}

// lines reads the bodies that stand one in a line: a name, and for departments
// after a comma the system they belong to; the government's where none is named.
func (f *founding) lines() ([]org.Body, error) {
	departments, err := bodyLines("department", f.Departments, "departments")
	if err != nil {
		return nil, err
	}
	groups, err := bodyLines("group", f.Groups, "groups")
	return append(departments, groups...), err
}

// bodyLines reads lines of bodies of a kind, typed into a field.
func bodyLines(kind, text, field string) ([]org.Body, error) {
	var all []org.Body
	var f errs.Fields
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		n++
		cells := strings.FieldsFunc(web.Clean(line), func(r rune) bool { return r == ',' || r == '，' || r == '\t' })
		if len(cells) == 0 {
			continue
		}
		b := org.Body{Kind: kind, Name: web.Clean(cells[0]), Active: true}
		if kind == "department" {
			b.System = "government"
		}
		for _, c := range cells[1:] {
			c = web.Clean(c)
			i := slices.IndexFunc(org.Systems, func(s org.Code) bool { return s.Title == c || s.ID == c })
			switch {
			case kind == "department" && i >= 0:
				b.System = org.Systems[i].ID
			case b.ShortName == "":
				b.ShortName = c
			default:
				f.Add(field, "第%d行写得不对：每行一个名称，后面可以用逗号隔开写简称和系统", n)
			}
		}
		if utf8.RuneCountInString(b.Name) > 60 {
			f.Add(field, "第%d行太长，名称最多60个字", n)
		}
		all = append(all, b)
	}
	if len(f) > 1 {
		f = f[:1]
	}
	return all, f.Err()
}

// founding is what the service wants.
func (f *founding) founding() org.Founding {
	var bodies []org.Body
	for _, b := range org.Defaults() {
		if slices.Contains(f.Bodies, bodyKey(b)) {
			bodies = append(bodies, b)
		}
	}
	own, _ := f.lines() // checked before
	for _, b := range own {
		if !slices.ContainsFunc(bodies, func(o org.Body) bool { return o.Kind == b.Kind && o.Name == b.Name }) {
			bodies = append(bodies, b)
		}
	}
	return org.Founding{
		Tenant:  org.Tenant{Name: f.Name, ShortName: f.ShortName, Level: f.Level, Region: f.Region, RegionCode: f.RegionCode, Code: f.Code},
		Term:    org.Term{No: f.TermNo, From: f.TermFrom, To: f.TermTo},
		Session: org.Session{No: f.SessionNo, OpensOn: f.OpensOn, ClosesOn: f.ClosesOn},
		Bodies:  bodies,
		Admin:   org.Person{Name: f.AdminName, Phone: f.Phone, Email: f.Email},
		Login:   f.Login,
	}
}

// place gives the service's messages the names of this form's fields, where a
// tenant, a term, a session and a person use the same word.
func (f *founding) place(err error) error {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || len(e.Fields) == 0 {
		return err
	}
	placed := *e
	placed.Fields = slices.Clone(e.Fields)
	for i, x := range placed.Fields {
		switch x.Name {
		case "name":
			placed.Fields[i].Name = "admin_name"
			if n := utf8.RuneCountInString(f.Name); n == 0 || n > 60 {
				placed.Fields[i].Name = "tenant_name"
			}
		case "no":
			placed.Fields[i].Name = "session_no"
			if f.TermNo < 1 || f.TermNo > 99 {
				placed.Fields[i].Name = "term_no"
			}
		case "from", "to":
			placed.Fields[i].Name = "term_" + x.Name
		case "counts_from", "title", "year", "cutoff_at":
			placed.Fields[i].Name = "opens_on"
		}
	}
	return &placed
}

// number writes a number into a field, nothing for 0.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
