// Package figuretest gives tests of figures and of their pages something small
// to count: cups of tea, poured and drunk.
//
// Main type: [World]. It owns no tables of the platform.
package figuretest

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/figure"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/org/orgtest"
	"shangliang/internal/rule"
)

// Table is the definitions.
const Table = "id\tgroup\tname\taliases\tunit\tsource\twhere\tnum\tden\tdims\tneeds\trule\n" +
	"tea.poured\t茶\t倒茶\t斟茶\t杯\ttea\tpoured\t\t\t\t\t倒出的茶\n" +
	"tea.drunk\t\t喝茶\t\t杯\ttea\tpoured drunk\t\t\t\t\t喝掉的茶\n" +
	"tea.green\t\t绿茶\t\t杯\ttea\tpoured leaf=green\t\t\t\t\t倒出的绿茶\n" +
	"tea.secret\t\t私藏\t\t杯\ttea\tpoured drunk leaf=black\t\t\t\ttea.secret\t只有主人能看明细\n" +
	"tea.rate\t\t饮用率\t\t%\t\t\ttea.drunk\ttea.poured\t\t\t喝掉的占倒出的比例，{cold}\n"

// Sources count the cups in table tea.
var Sources = []figure.Source{{
	ID: "tea", Title: "茶", Flags: []string{"poured", "drunk"},
	Dims: []figure.Dim{{ID: "leaf", Title: "茶叶"}, {ID: "pot", Title: "茶壶", Many: true}, {ID: "session", Title: "会议"}},
	Load: load, Labels: labels, Notes: func(*db.Tx, figure.Scope) map[string]string { return map[string]string{"cold": "凉茶不计"} },
	Sees: func(a actor.Actor, f *figure.Fact) bool { return a.Role != "auditor" },
}}

var loads atomic.Int64

func load(tx *db.Tx, s figure.Scope) ([]figure.Fact, error) {
	loads.Add(1)
	type cup struct {
		id, name, leaf, pots string
		drunk                bool
	}
	cups, err := db.All(tx, func(c *cup) []any { return []any{&c.id, &c.name, &c.leaf, &c.pots, &c.drunk} },
		`SELECT id, name, leaf, pots, drunk FROM tea WHERE tenant = $1 AND year = $2 ORDER BY id`, s.Tenant, s.Year)
	var facts []figure.Fact
	for _, c := range cups {
		f := figure.Fact{Record: c.id, Amount: 1, Flags: 1, Tags: []figure.Tag{{Dim: "leaf", Value: c.leaf}}, Number: c.id, Title: c.name, Link: "/tea/" + c.id, Person: "陆羽", Date: calendar.Date("2026-02-03")}
		if c.drunk {
			f.Flags |= 2
		}
		for _, pot := range strings.Split(c.pots, ",") {
			if pot != "" {
				f.Tags = append(f.Tags, figure.Tag{Dim: "pot", Value: pot})
			}
		}
		facts = append(facts, f)
	}
	return facts, err
}

func labels(_ *db.Tx, _ figure.Scope, dim string, _ []string) (map[string]string, error) {
	if dim == "leaf" {
		return map[string]string{"green": "绿", "black": "红"}, nil
	}
	return nil, nil
}

// World is a tenant with a service that counts its tea.
type World struct {
	*orgtest.World
	Figures *figure.Service
	Clerk   context.Context
}

// New makes a world on an empty database.
func New(t testing.TB, d *db.DB) *World {
	t.Helper()
	permissions := append([]org.Permission{{ID: "tea.secret", Title: "茶", Roles: []string{"leader"}}}, figure.Permissions...)
	w := &World{World: orgtest.New(t, d, permissions, rule.Migrations, figure.Migrations, fstest.MapFS{
		"2099010101_tea.sql": {Data: []byte("-- +goose Up\nCREATE TABLE tea (tenant TEXT NOT NULL, id TEXT NOT NULL, year INTEGER NOT NULL, name TEXT NOT NULL, leaf TEXT NOT NULL, pots TEXT NOT NULL, drunk BOOLEAN NOT NULL, PRIMARY KEY (tenant, id));\n")},
	})}
	rules, err := rule.New(d)
	if err != nil {
		t.Fatal(err)
	}
	if w.Figures, err = figure.New(d, rules, Sources, figure.MustRead([]byte(Table))); err != nil {
		t.Fatal(err)
	}
	w.Clerk = w.Person("茶博士", "clerk", "")
	return w
}

// Pour adds a cup of 2026 from pots, parted by commas.
func (w *World) Pour(name, leaf, pots string, drunk bool) { w.PourIn(2026, name, leaf, pots, drunk) }

// PourIn is [World.Pour] in another year.
func (w *World) PourIn(year int, name, leaf, pots string, drunk bool) {
	w.T.Helper()
	if err := w.DB.Write(w.Clerk, func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO tea (tenant, id, year, name, leaf, pots, drunk) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			w.Tenant, db.NewID(), year, name, leaf, pots, drunk); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "tea.pour", Kind: "tea"})
	}); err != nil {
		w.T.Fatal(err)
	}
}

// Loads says how often facts were loaded while f ran. Tests that ask do not run
// in parallel.
func (w *World) Loads(f func()) int64 {
	before := loads.Load()
	f()
	return loads.Load() - before
}
