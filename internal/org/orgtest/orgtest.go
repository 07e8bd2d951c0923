// Package orgtest gives tests of other packages a founded platform with people
// in it, made by the ordinary service methods.
//
// Main type: [World]. It owns no tables and mocks nothing.
package orgtest

import (
	"context"
	"io/fs"
	"strconv"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
)

// Password is that of the administrator of a World.
const Password = "Qingshan-2026-xian"

// World is a platform with one county tenant, 青山县, whose second session of
// the ninth term opens on 2026-01-20.
type World struct {
	T      testing.TB
	DB     *db.DB
	Org    *org.Service
	Tenant string
	Term   string
	Admin  context.Context // the administrator acts in it

	people int
}

// Founding is what a World begins with.
func Founding(code string) org.Founding {
	return org.Founding{
		Tenant:  org.Tenant{Code: code, Name: "政协青山县委员会", ShortName: "青山县政协", Level: org.County, RegionCode: "990101", Region: "青山县"},
		Term:    org.Term{No: 9, From: "2025-01-10", To: "2030-01-09"},
		Session: org.Session{No: 2, OpensOn: "2026-01-20", ClosesOn: "2026-01-23"},
		Bodies:  org.Defaults(),
		Admin:   org.Person{Name: "管理员"},
		Login:   code + "-admin",
	}
}

// New migrates the database (ledger, org and what else is given) and founds the
// platform. The permissions of org are there; others are given.
func New(t testing.TB, d *db.DB, permissions []org.Permission, migrations ...fs.FS) *World {
	t.Helper()
	ctx := context.Background()
	if err := d.Migrate(ctx, append([]fs.FS{ledger.Migrations, org.Migrations}, migrations...)...); err != nil {
		t.Fatal(err)
	}
	roles, err := org.NewRoles(append(append([]org.Permission{}, org.Permissions...), permissions...))
	if err != nil {
		t.Fatal(err)
	}
	s, err := org.New(d, roles, []byte("a key of thirty-two bytes or more"))
	if err != nil {
		t.Fatal(err)
	}
	w := &World{T: t, DB: d, Org: s}
	if w.Tenant, err = s.SetUp(ctx, s.SetUpCode(), Founding("qingshan"), Password); err != nil {
		t.Fatal(err)
	}
	w.Admin = w.SignIn("qingshan-admin", Password)
	w.Read(func(tx *db.Tx) error {
		term, err := org.CurrentTerm(tx, w.Tenant)
		w.Term = term.ID
		return err
	})
	return w
}

// SignIn returns a context in which somebody acts who signed in.
func (w *World) SignIn(login, password string) context.Context {
	w.T.Helper()
	ctx := context.Background()
	in, err := w.Org.SignIn(ctx, org.Credentials{Login: login, Password: password, IP: "192.0.2.1", Agent: "test"})
	if err != nil {
		w.T.Fatal(err)
	}
	if in.Next == org.NextPassword {
		if in, err = w.Org.FirstPassword(ctx, in.Token, Password+login); err != nil {
			w.T.Fatal(err)
		}
	}
	a, _, err := w.Org.Authenticate(ctx, in.Token)
	if err != nil {
		w.T.Fatal(err)
	}
	return actor.With(ctx, a)
}

// Read runs f in a snapshot and fails the test on an error.
func (w *World) Read(f func(tx *db.Tx) error) {
	w.T.Helper()
	if err := w.DB.Read(context.Background(), f); err != nil {
		w.T.Fatal(err)
	}
}

// Body makes a body and returns its id.
func (w *World) Body(kind, name string) string {
	w.T.Helper()
	b := org.Body{Kind: kind, Name: name}
	if kind == "department" {
		b.System = "government"
	}
	id, err := w.Org.SaveBody(w.Admin, b)
	if err != nil {
		w.T.Fatal(err)
	}
	return id
}

// BodyNamed finds a body by its name.
func (w *World) BodyNamed(kind, name string) (id string) {
	w.T.Helper()
	w.Read(func(tx *db.Tx) error {
		all, err := org.Bodies(tx, w.Tenant, kind)
		for _, b := range all {
			if b.Name == name {
				id = b.ID
			}
		}
		return err
	})
	if id == "" {
		w.T.Fatalf("there is no %s %s", kind, name)
	}
	return id
}

// Person puts somebody into the roster with an account in a role, for a body
// where the role wants one, and returns a context in which they act on the
// command line ("cli"). A member has a seat from the first day of the term.
func (w *World) Person(name, role, body string) context.Context {
	w.T.Helper()
	w.people++
	id, err := w.Org.SavePerson(w.Admin, org.Person{Name: name, Phone: "1390000" + strconv.Itoa(1000+w.people)})
	if err != nil {
		w.T.Fatal(err)
	}
	from := calendar.Date("2025-01-10")
	if role == org.Member {
		if _, err := w.Org.AddSeat(w.Admin, org.Seat{Person: id, Term: w.Term, Kind: org.Member, From: from}); err != nil {
			w.T.Fatal(err)
		}
	}
	if _, err := w.Org.CreateAccount(w.Admin, id, "", []org.Grant{{Role: role, Body: body, From: from}}); err != nil {
		w.T.Fatal(err)
	}
	page, err := w.Org.Person(w.Admin, id)
	if err != nil {
		w.T.Fatal(err)
	}
	return w.Acting(page.Grants[0].ID)
}

// Acting returns a context in which somebody acts under a grant.
func (w *World) Acting(grant string) context.Context {
	w.T.Helper()
	a, err := w.Org.Acting(context.Background(), w.Tenant, grant, "cli")
	if err != nil {
		w.T.Fatal(err)
	}
	return actor.With(context.Background(), a)
}

// PersonOf is the id of the person who acts in a context.
func PersonOf(ctx context.Context) string {
	a, _ := actor.From(ctx)
	return a.Person
}
