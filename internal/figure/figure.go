// Package figure answers how many: of the proposals filed, of the replies given
// in time, of what was promised and kept.
//
// A figure is a query for records, never for a number: its value is what its
// records add up to, so that it can always be opened to them. A capability
// brings a [Source], which loads the facts of one tenant and year once, and a
// table of [Definition]s, data that say which facts count; [Read] reads it.
// [Service] computes values with their groups ([Service.Compute]), lists the
// records behind one ([Service.Records]) and keeps values as they were reported
// ([Service.Freeze]).
//
// It owns the tables figure_freeze and figure_snapshot. It deliberately knows
// nothing of what it counts, and keeps no sums: what is asked is counted.
package figure

import (
	"embed"
	"io/fs"
	"strconv"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/org"
	"shangliang/internal/rule"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Permissions of this package.
var Permissions = []org.Permission{
	{ID: "figure.read", Title: "查看统计指标", Roles: []string{"clerk", "reviewer", "review_chair", "dispatcher", "leader", "auditor"}},
	{ID: "figure.freeze", Title: "定格统计指标", Roles: []string{"clerk"}},
}

// Flags are the attributes of a fact: bit i is the i-th of its source's Flags.
type Flags uint64

// Tag is a value that a fact has in a dimension. A fact may have several of one
// dimension, or none.
type Tag struct{ Dim, Value string }

// Fact is one record that may count.
type Fact struct {
	Record string // id, unique in its source
	Amount int64  // what it adds; 1 where records are counted
	Flags  Flags
	Tags   []Tag

	// The rest is for people to read, loaded if [Scope].Details asks for it.
	Number string // 案号 …
	Title  string
	Link   string // of the record's page
	Person string // name of whose it is
	Body   string // name of who handles it
	Date   calendar.Date
}

// Dim is a dimension by which figures are split and filtered.
type Dim struct {
	ID, Title string
	// Many says that a fact may have several values: its groups then add up to
	// more than the whole.
	Many  bool
	Needs string // the permission to split and filter by it, besides figure.read
}

// Scope says which facts a [Source] loads.
type Scope struct {
	Tenant string
	Year   int
	// AsOf is the day at whose end the facts are taken: what happened later is
	// left out, what was changed later is as it was if the records tell.
	AsOf    calendar.Date
	Rules   *rule.Version                           // in force in that year
	Version func(number int) (*rule.Version, error) // those that a record began under
	Needs   map[string]bool                         // the dimensions that are asked for; others may stay empty
	Details bool                                    // what people read is wanted too
}

// Source loads the facts of one kind.
type Source struct {
	ID, Title string
	Flags     []string // the attributes that definitions may ask for, at most 64
	Dims      []Dim
	// Load returns the facts of a scope by few queries.
	Load func(tx *db.Tx, s Scope) ([]Fact, error)
	// Labels names values of a dimension in the language of the context. A
	// value without a label is shown as it is.
	Labels func(tx *db.Tx, s Scope, dim string, values []string) (map[string]string, error)
	// Notes fill the {places} in the rules of definitions that depend on the
	// rules of the tenant, in the language of the context.
	Notes func(tx *db.Tx, s Scope) map[string]string
	// Sees says whether somebody may read the record of a fact. Who may not
	// sees that it counts, and nothing of it. Nil: whoever may read figures.
	Sees func(a actor.Actor, f *Fact) bool
}

// Definition says what is counted: a line of a table that [Read] reads. A rate
// names two others, Num and Den, instead of Source and Where.
type Definition struct {
	ID      string   // "proposal.filed"
	Group   string   // heading, in Simplified Chinese
	Name    string   // 立案, in Simplified Chinese
	Aliases []string // other names that reports use
	Unit    string   // 件, 条; % for a rate
	Source  string
	// Where is a conjunction: "filed !replied kind=joint meaning=resolved|planned".
	Where    string
	Num, Den string
	Dims     []string // by which it is split; all of its source's when empty
	Needs    string   // the permission to open its records and groups, besides figure.read
	Rule     string   // how it is counted, in words, in Simplified Chinese
	// Metric is what it answers to in the catalogue of what reports count, empty
	// if reports do not state it.
	Metric string
}

// Rate reports whether it is a quotient of two figures.
func (d *Definition) Rate() bool { return d.Num != "" }

// Count is an amount: of a rate, how many of how many.
type Count struct {
	Amount int64 // of what is counted
	Num    int64 // of a rate
	Den    int64
	Rate   bool
}

// Known reports whether there is a value: a rate of nothing has none.
func (c Count) Known() bool { return !c.Rate || c.Den != 0 }

// Value returns the value as a number: a rate in percent, 0 if there is none.
func (c Count) Value() float64 {
	switch {
	case !c.Rate:
		return float64(c.Amount)
	case c.Den == 0:
		return 0
	}
	return 100 * float64(c.Num) / float64(c.Den)
}

// Text writes the value as reports do: 97, or 94.9% with one decimal. Rounding
// never makes a whole of what is not: 1999 of 2000 is 99.9%. A rate of nothing
// is —.
func (c Count) Text() string {
	switch {
	case !c.Rate:
		return strconv.FormatInt(c.Amount, 10)
	case c.Den == 0:
		return "—"
	case c.Num == c.Den:
		return "100%"
	}
	tenths := (c.Num*2000 + c.Den) / (2 * c.Den)
	if c.Num < c.Den {
		tenths = min(tenths, 999)
	}
	return strconv.FormatInt(tenths/10, 10) + "." + strconv.FormatInt(tenths%10, 10) + "%"
}

// Group is a figure of the facts that share a value of a dimension. Key is
// empty for those that have none.
type Group struct {
	Key, Label string
	Count
}

// Value is a figure as it was computed.
type Value struct {
	Def *Definition
	Count
	Name   string  // in the language of the context
	Rule   string  // likewise, with the rules of the tenant filled in
	Closed bool    // who asks may not open its records
	Groups []Group // by Request.By, the largest first
}
