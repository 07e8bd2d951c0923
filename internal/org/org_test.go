package org_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/org/orgtest"
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// each runs a test in a founded platform on both databases, on the morning of
// 2 March 2026.
func each(t *testing.T, f func(t *testing.T, w *orgtest.World, c *clock)) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			c := &clock{at: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)}
			d := dbtest.Open(t, dialect, c.now)
			f(t, orgtest.New(t, d, []org.Permission{
				{ID: "paper.write", Roles: []string{"member", "collective"}},
				{ID: "paper.read", Roles: []string{"member"}},
				{ID: "paperback.read", Roles: []string{"member"}},
				{ID: "case.file", Roles: []string{"clerk"}},
			}), c)
		})
	}
}

func want(t *testing.T, err error, kind errs.Kind, part string) {
	t.Helper()
	if err == nil || errs.KindOf(err) != kind || !strings.Contains(err.Error(), part) {
		t.Errorf("got %v, want %v with %q", err, kind, part)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSetUpHasOneWinner(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		ok(t, d.Migrate(ctx, ledger.Migrations, org.Migrations))
		roles, err := org.NewRoles(org.Permissions)
		ok(t, err)
		errors := make([]error, 6)
		var wg sync.WaitGroup
		for i := range errors {
			s, err := org.New(d, roles, make([]byte, 32)) // each as another process would
			ok(t, err)
			if empty, err := s.NeedsSetUp(ctx); err != nil || !empty {
				t.Errorf("empty platform: %v, %v", empty, err)
			}
			wg.Go(func() {
				_, errors[i] = s.SetUp(ctx, s.SetUpCode(), orgtest.Founding("county"+string(rune('a'+i))), orgtest.Password)
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errors {
			if err == nil {
				won++
			} else {
				want(t, err, errs.Conflict, "已经完成初始设置")
			}
		}
		if won != 1 {
			t.Errorf("%d won", won)
		}
		ok(t, d.Read(ctx, func(tx *db.Tx) error {
			all, err := org.Tenants(tx)
			if len(all) != 1 {
				t.Errorf("%d tenants", len(all))
			}
			sectors, err2 := org.Bodies(tx, all[0].ID, "sector")
			committees, err3 := org.Bodies(tx, all[0].ID, "committee")
			if len(sectors) != 34 || len(committees) != 10 {
				t.Errorf("%d sectors, %d committees", len(sectors), len(committees))
			}
			return firstOf(err, err2, err3)
		}))
	})
}

func firstOf(all ...error) error { return errors.Join(all...) }

func TestSetUpRefusesBadInput(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		ok(t, d.Migrate(ctx, ledger.Migrations, org.Migrations))
		roles, _ := org.NewRoles(org.Permissions)
		s, err := org.New(d, roles, make([]byte, 32))
		ok(t, err)
		for _, code := range []string{"", "0000000000000000", s.SetUpCode()[:15]} {
			_, err := s.SetUp(ctx, code, orgtest.Founding("qingshan"), orgtest.Password)
			want(t, err, errs.Invalid, "[setup_code: ")
		}
		for _, c := range []struct {
			field, password string
			change          func(*org.Founding)
		}{
			{"password", "short", func(f *org.Founding) {}},
			{"password", "password123456", func(f *org.Founding) {}},
			{"password", "aaaaaaaaaaaa", func(f *org.Founding) {}},
			{"password", "12345678901", func(f *org.Founding) {}},
			{"password", "Qingshan-admin", func(f *org.Founding) { f.Login = "qingshan-admin" }},
			{"name", orgtest.Password, func(f *org.Founding) { f.Tenant.Name = " 　" }},
			{"level", orgtest.Password, func(f *org.Founding) { f.Tenant.Level = "village" }},
			{"code", orgtest.Password, func(f *org.Founding) { f.Tenant.Code = "青山" }},
			{"no", orgtest.Password, func(f *org.Founding) { f.Term.No = 0 }},
			{"to", orgtest.Password, func(f *org.Founding) { f.Term.To = "2020-01-01" }},
			{"opens_on", orgtest.Password, func(f *org.Founding) { f.Session.OpensOn = "" }},
			{"closes_on", orgtest.Password, func(f *org.Founding) { f.Session.ClosesOn = "2026-01-19" }},
			{"kind", orgtest.Password, func(f *org.Founding) { f.Bodies = []org.Body{{Kind: "club", Name: "x"}} }},
			{"email", orgtest.Password, func(f *org.Founding) { f.Admin.Email = "nobody" }},
		} {
			in := orgtest.Founding("qingshan")
			c.change(&in)
			_, err := s.SetUp(ctx, s.SetUpCode(), in, c.password)
			want(t, err, errs.Invalid, "["+c.field+": ")
		}
		if empty, err := s.NeedsSetUp(ctx); err != nil || !empty {
			t.Errorf("a refused set-up left something: %v %v", empty, err)
		}
	})
}

func TestTermsAndSessions(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, c *clock) {
		s := w.Org
		var current *org.Session
		now := func() string {
			w.Read(func(tx *db.Tx) (err error) { current, err = org.CurrentSession(tx, w.Tenant); return err })
			return current.Title
		}
		if got := now(); got != "九届二次" || current.CountsFrom != "2025-10-20" || current.Year != 2026 {
			t.Errorf("current %+v", current)
		}
		next, err := s.SaveSession(w.Admin, org.Session{Term: w.Term, No: 3, OpensOn: "2027-01-18", ClosesOn: "2027-01-21",
			Cutoff: db.At(time.Date(2027, 1, 20, 4, 0, 0, 0, time.UTC))})
		ok(t, err)
		if got := now(); got != "九届二次" {
			t.Errorf("in March: %s", got)
		}
		c.pass(232 * 24 * time.Hour) // 20 October 2026
		if got := now(); got != "九届三次" {
			t.Errorf("in October: %s", got)
		}
		for at, plenary := range map[string]bool{
			"2026-10-17T00:00:00+08:00": false,
			"2026-10-18T00:00:00+08:00": true,
			"2027-01-20T11:59:59+08:00": true,
			"2027-01-20T12:00:00+08:00": false,
		} {
			v, _ := time.Parse(time.RFC3339, at)
			if current.Plenary(v) != plenary {
				t.Errorf("%s: plenary %v", at, !plenary)
			}
		}
		// An administrator may choose another one.
		tenant, err := s.OwnTenant(w.Admin)
		ok(t, err)
		var old string
		w.Read(func(tx *db.Tx) error {
			v, err := org.SessionOn(tx, w.Tenant, "2026-03-02")
			old = v.ID
			return err
		})
		tenant.ChosenSession = old
		ok(t, s.SaveTenant(w.Admin, *tenant))
		if got := now(); got != "九届二次" {
			t.Errorf("chosen: %s", got)
		}
		want(t, s.SaveTenant(w.Admin, *tenant), errs.Conflict, "刚刚被其他人修改过")

		_, err = s.SaveSession(w.Admin, org.Session{Term: w.Term, No: 3, OpensOn: "2028-01-18", ClosesOn: "2028-01-21"})
		want(t, err, errs.Invalid, "[no: ")
		_, err = s.SaveTerm(w.Admin, org.Term{No: 10, From: "2029-01-10"})
		want(t, err, errs.Invalid, "与九届重叠")
		ten, err := s.SaveTerm(w.Admin, org.Term{No: 12, From: "2030-01-10"})
		ok(t, err)
		w.Read(func(tx *db.Tx) error {
			v, err := org.TermOf(tx, w.Tenant, ten)
			if v.Name != "十二届" {
				t.Errorf("name %s", v.Name)
			}
			return err
		})
		_, err = s.SaveSession(w.Admin, org.Session{ID: next, Version: 7, Term: w.Term, No: 3, OpensOn: "2027-01-18", ClosesOn: "2027-01-22"})
		want(t, err, errs.Conflict, "刚刚")
	})
}

func TestBodies(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, _ *clock) {
		s := w.Org
		above := w.Body("department", "教育局")
		below, err := s.SaveBody(w.Admin, org.Body{Kind: "department", Name: "青山一中", System: "government", Parent: above})
		ok(t, err)
		_, err = s.SaveBody(w.Admin, org.Body{Kind: "department", Name: "教育局", System: "government"})
		want(t, err, errs.Invalid, "同名")
		_, err = s.SaveBody(w.Admin, org.Body{Kind: "department", Name: "法院"})
		want(t, err, errs.Invalid, "[system: ")
		_, err = s.SaveBody(w.Admin, org.Body{ID: above, Version: 1, Name: "教育局", System: "government", Parent: below, Active: true})
		want(t, err, errs.Invalid, "[parent: ")
		_, err = s.SaveBody(w.Admin, org.Body{ID: above, Version: 1, Name: "教育和体育局", System: "government"}) // inactive
		ok(t, err)
		w.Read(func(tx *db.Tx) error {
			b, err := org.BodyOf(tx, w.Tenant, above)
			if b.Active || b.Name != "教育和体育局" || b.Version != 2 {
				t.Errorf("%+v", b)
			}
			active, err2 := org.ActiveBodies(tx, w.Tenant, "department")
			if len(active) != 1 || active[0].ID != below {
				t.Errorf("active: %v", active)
			}
			h, err3 := ledger.History(tx, w.Tenant, "body", above)
			if len(h) != 2 || h[1].Action != "body.deactivate" || h[1].Digest == "" {
				t.Errorf("history: %v", h)
			}
			return firstOf(err, err2, err3)
		})
		ok(t, s.AddBodies(w.Admin, org.Defaults()))
		w.Read(func(tx *db.Tx) error {
			all, err := org.Bodies(tx, w.Tenant, "sector")
			if len(all) != 34 {
				t.Errorf("%d sectors after adding the defaults twice", len(all))
			}
			return err
		})
		clerk := w.Person("文员", "clerk", "")
		_, err = s.SaveBody(clerk, org.Body{Kind: "group", Name: "一组"})
		want(t, err, errs.Forbidden, "")
	})
}

func TestPersonKeepsHistory(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, c *clock) {
		s := w.Org
		clerk := w.Person("文员", "clerk", "")
		id, err := s.SavePerson(clerk, org.Person{Name: "  𠮷田\u200b 🙂明 ", Sex: "f", MemberNo: "A-007", Phone: "13800000007", Post: "青山县\t一中"})
		ok(t, err)
		_, err = s.SavePerson(clerk, org.Person{Name: "别人", MemberNo: "A-007"})
		want(t, err, errs.Invalid, "[member_no: ")
		_, err = s.SavePerson(clerk, org.Person{Name: "…", Email: "x", Postcode: "1", Sex: "x", BirthYear: 12})
		want(t, err, errs.Invalid, "[email: ")
		_, err = s.SavePerson(clerk, org.Person{ID: id, Version: 1, Name: "𠮷田明", MemberNo: "A-007", Post: "青山县二中"})
		ok(t, err)
		_, err = s.SavePerson(clerk, org.Person{ID: id, Version: 1, Name: "另一个"})
		want(t, err, errs.Conflict, "刚刚")
		page, err := s.Person(clerk, id)
		ok(t, err)
		if page.Person.Name != "𠮷田明" || len(page.Past) != 1 || page.Past[0].Name != "𠮷田 🙂明" || page.Past[0].Post != "青山县 一中" {
			t.Errorf("%+v", page)
		}
		w.Read(func(tx *db.Tx) error {
			h, err := ledger.History(tx, w.Tenant, "person", id)
			if len(h) != 2 || h[0].Action != "person.create" || h[0].Role != "clerk" {
				t.Errorf("%v", h)
			}
			return err
		})
		// What is in the roster is found; contacts only by who may see them.
		list, more, err := s.People(clerk, org.PeopleFilter{Text: "𠮷"})
		if err != nil || len(list) != 1 || more {
			t.Errorf("%v %v %v", list, more, err)
		}
		member := w.Person("委员甲", org.Member, "")
		_, _, err = s.People(member, org.PeopleFilter{})
		want(t, err, errs.Forbidden, "")
		_, err = s.Person(member, id)
		want(t, err, errs.Forbidden, "")
		own, err := s.Person(member, orgtest.PersonOf(member))
		ok(t, err)
		ok(t, s.SaveContact(member, own.Person.Version, "13811112222", "", "", ""))
		found, err := s.Colleagues(member, "田")
		if err != nil || len(found) != 1 || found[0].ID != id {
			t.Errorf("%v %v", found, err)
		}
		for _, text := range []string{"tian", "TIAN"} { // as it is said
			if said, err := s.Colleagues(member, text); err != nil || len(said) != len(found) {
				t.Errorf("%s: %v, %v", text, said, err)
			}
		}
		if found, _ := s.Colleagues(member, "%"); len(found) != 0 {
			t.Errorf("a percent sign finds %v", found)
		}
	})
}

func TestMembershipSeatAndDims(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, c *clock) {
		s := w.Org
		member := w.Person("委员甲", org.Member, "")
		id := orgtest.PersonOf(member)
		economy, farming := w.BodyNamed("sector", "经济界"), w.BodyNamed("sector", "农业界")
		committee := w.BodyNamed("committee", "提案委员会")
		first, err := s.AddMembership(w.Admin, org.Membership{Person: id, Body: economy, From: "2025-01-10"})
		ok(t, err)
		_, err = s.AddMembership(w.Admin, org.Membership{Person: id, Body: farming})
		want(t, err, errs.Invalid, "已属于一个界别")
		ok(t, s.EndMembership(w.Admin, first, 1, "2026-02-28"))
		_, err = s.AddMembership(w.Admin, org.Membership{Person: id, Body: farming, From: "2026-03-01"})
		ok(t, err)
		_, err = s.AddMembership(w.Admin, org.Membership{Person: id, Body: committee, Title: "主任", Officer: true, From: "2026-03-01"})
		ok(t, err)
		_, err = s.AddSeat(w.Admin, org.Seat{Person: id, Term: w.Term, Kind: org.StandingMember, From: "2026-02-01"})
		ok(t, err)
		_, err = s.AddSeat(w.Admin, org.Seat{Person: id, Term: w.Term, Kind: org.Member})
		want(t, err, errs.Invalid, "[from: ")
		w.Read(func(tx *db.Tx) error {
			a, err := org.AffiliationsOf(tx, w.Tenant, nil)
			some, err2 := org.DimsOn(tx, w.Tenant, []string{id, "nobody"}, "2026-03-02")
			for day, dims := range map[calendar.Date]org.Dims{
				"2025-01-09": {},
				"2025-06-01": {Seat: "member", Sector: economy},
				"2026-02-28": {Seat: "standing_member", Sector: economy},
				"2026-03-02": {Seat: "standing_member", Sector: farming, Committee: committee},
				"2030-01-10": {Sector: farming, Committee: committee},
			} {
				got := a.On(id, day)
				if got.Seat != dims.Seat || got.Sector != dims.Sector || got.Committee != dims.Committee || got.Party != "" {
					t.Errorf("%s: %+v", day, got)
				}
				kind, err := org.SeatOn(tx, w.Tenant, id, day)
				if kind != dims.Seat || err != nil {
					t.Errorf("%s: seat %q %v", day, kind, err)
				}
			}
			if some[id].Sector != farming || some["nobody"].Seat != "" {
				t.Errorf("%+v", some)
			}
			officers, err3 := org.Officers(tx, w.Tenant, committee, "2026-03-02")
			if len(officers) != 1 || officers[0] != id {
				t.Errorf("officers %v", officers)
			}
			seated, err4 := org.SeatedOn(tx, w.Tenant, "2026-03-02")
			with, err5 := org.PeopleWith(tx, w.Tenant, org.Member, "")
			if len(seated) != 1 || len(with) != 1 || with[0] != id {
				t.Errorf("seated %v, with the role %v", seated, with)
			}
			return firstOf(err, err2, err3, err4, err5)
		})
		// When the last seat ends, so does acting as a member.
		page, err := s.Person(w.Admin, id)
		ok(t, err)
		for _, seat := range page.Seats {
			ok(t, s.EndSeat(w.Admin, seat.ID, seat.Version, "2026-03-01"))
		}
		w.Read(func(tx *db.Tx) error {
			with, err := org.PeopleWith(tx, w.Tenant, org.Member, "")
			if len(with) != 0 {
				t.Errorf("still %v", with)
			}
			return err
		})
	})
}

func TestCalendarDays(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, _ *clock) {
		working := func(day calendar.Date) (yes bool) {
			w.Read(func(tx *db.Tx) error {
				days, err := org.Days(tx, w.Tenant)
				yes = days.Working(day)
				return err
			})
			return yes
		}
		const monday = "2026-03-02"
		ok(t, w.Org.SaveDay(w.Admin, calendar.Day{Date: monday, Kind: calendar.Holiday, Name: "县庆"}))
		if working(monday) {
			t.Error("the tenant's holiday is worked")
		}
		ok(t, w.Org.SaveDay(w.Admin, calendar.Day{Date: monday, Kind: calendar.Workday, Name: "补班"}))
		if !working(monday) {
			t.Error("the tenant's workday is off")
		}
		ok(t, w.Org.DropDay(w.Admin, monday))
		want(t, w.Org.DropDay(w.Admin, monday), errs.NotFound, "")
		want(t, w.Org.SaveDay(w.Admin, calendar.Day{Kind: "party"}), errs.Invalid, "[kind: ")
		want(t, w.Org.SaveDay(w.Person("文员", "clerk", ""), calendar.Day{Date: monday}), errs.Forbidden, "")
	})
}

// Nothing of one tenant is reached from another.
func TestTenancy(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, _ *clock) {
		s := w.Org
		in := orgtest.Founding("baishi")
		in.Tenant.Name, in.Tenant.Level = "政协白石县委员会", org.County
		_, _, err := s.CreateTenant(w.Admin, in)
		want(t, err, errs.Invalid, "[level: ")
		// The founded tenant is a county; a tree needs a city above.
		ok(t, w.DB.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE tenant SET level = 'city' WHERE id = $1`, w.Tenant)
			return err
		}))
		other, first, err := s.CreateTenant(w.Admin, in)
		ok(t, err)
		if first.Login != "baishi-admin" || first.Password == "" {
			t.Errorf("%+v", first)
		}
		there := w.SignIn(first.Login, first.Password)
		if a, _ := actor.From(there); a.Tenant != other || a.Role != "admin" {
			t.Errorf("%+v", a)
		}
		below, err := s.TenantsBelow(w.Admin)
		if err != nil || len(below) != 1 || below[0].ID != other || below[0].Parent != w.Tenant {
			t.Errorf("%v %v", below, err)
		}

		member := w.Person("委员甲", org.Member, "")
		id := orgtest.PersonOf(member)
		page, err := s.Person(w.Admin, id)
		ok(t, err)
		sector := w.BodyNamed("sector", "经济界")
		seat, account, grant := page.Seats[0].ID, page.Account.ID, page.Grants[0].ID
		missing := func(name string, err error) {
			t.Helper()
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err = s.Person(there, id)
		missing("Person", err)
		_, err = s.SavePerson(there, org.Person{ID: id, Version: 1, Name: "改名"})
		missing("SavePerson", err)
		missing("Leave", s.Leave(there, id, 1, ""))
		missing("Return", s.Return(there, id, 1))
		_, err = s.SaveBody(there, org.Body{ID: sector, Version: 1, Name: "改名"})
		missing("SaveBody", err)
		_, err = s.AddMembership(there, org.Membership{Person: id, Body: sector})
		missing("AddMembership", err)
		_, err = s.AddSeat(there, org.Seat{Person: id, Term: w.Term, Kind: org.Member})
		missing("AddSeat", err)
		missing("EndSeat", s.EndSeat(there, seat, 1, ""))
		missing("EndGrant", s.EndGrant(there, grant, 1, ""))
		_, err = s.CreateAccount(there, id, "", []org.Grant{{Role: "clerk"}})
		missing("CreateAccount", err)
		_, err = s.ResetPasswords(there, []string{account})
		missing("ResetPasswords", err)
		missing("ResetTOTP", s.ResetTOTP(there, account))
		missing("Unlock", s.Unlock(there, account))
		missing("SetAccountActive", s.SetAccountActive(there, account, false, 1))
		_, err = s.AddGrant(there, org.Grant{Account: account, Person: id, Role: "clerk"}, "")
		missing("AddGrant", err)
		_, err = s.SaveTerm(there, org.Term{ID: w.Term, Version: 1, No: 1, From: "2000-01-01", To: "2001-01-01"})
		want(t, err, errs.Conflict, "")
		_, err = s.SaveSession(there, org.Session{Term: w.Term, No: 1, OpensOn: "2000-01-01", ClosesOn: "2000-01-02"})
		missing("SaveSession", err)
		_, err = s.PreviewRoster(there, sheet(t, "姓名\n甲"), org.ImportOptions{Term: w.Term})
		missing("PreviewRoster", err)
		missing("Switch", s.Switch(there, grant))
		if found, _ := s.Colleagues(there, "委员甲"); len(found) != 0 {
			t.Errorf("Colleagues: %v", found)
		}
		if list, _, _ := s.People(there, org.PeopleFilter{}); len(list) != 1 {
			t.Errorf("People: %v", list)
		}
		if list, _ := s.Accounts(there); len(list) != 1 {
			t.Errorf("Accounts: %v", list)
		}
		w.Read(func(tx *db.Tx) error {
			names, err := org.PersonNames(tx, other, []string{id})
			bodies, err2 := org.BodyNames(tx, other, []string{sector})
			dims, err3 := org.DimsOn(tx, other, []string{id}, "2026-03-02")
			with, err4 := org.PeopleWith(tx, other, org.Member, "")
			if len(names)+len(bodies)+len(with) != 0 || dims[id].Seat != "" {
				t.Errorf("%v %v %v %v", names, bodies, dims, with)
			}
			return firstOf(err, err2, err3, err4)
		})
	})
}
