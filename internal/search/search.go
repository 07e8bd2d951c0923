// Package search finds what a person may see: Chinese full text, case numbers
// and names, newest first, with the places marked.
//
// Main types: [Doc], [Query], [Results], [Hit]. Services call [Put] and
// [Delete] in the transaction of their own change, so that new text is found at
// once and nothing is found that was undone; pages call [Find], and [Suggest]
// while somebody types. [Setup] makes the full text after the migrations;
// [Renew] writes what is suggested, in the background and some seconds later.
//
// Who may find a document is decided inside the match. Every word of a document
// is kept together with the document's scope: its tenant and its wide audiences
// (those without a colon, "staff"). A word is only looked for in the scopes that
// the reader may see, and elsewhere together with one of the reader's narrow
// audiences ("p:<person>").
//
// It owns the tables search_*. It deliberately does not rank: a clerk looks for
// the latest. It cuts no words and converts no script: package han does. One of
// the few packages that may ask which database it runs on; both give the same
// results.
package search

import (
	"embed"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"shangliang/internal/db"
	"shangliang/internal/errs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations holds the schema of this package, but for what [Setup] makes.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Doc is something that can be found. Tenant, Kind and ID name it.
type Doc struct {
	Tenant string
	Kind   string // "proposal"
	ID     string
	Number string // the case number as people write it: "第0023号", "2018-0023"
	Title  string
	Body   string   // the first 100,000 characters are searched
	People []string // names by which it is found
	// Audience says who may find it; nobody if it is empty. One with a colon
	// belongs to few ("p:<person>", "b:<body>"), one without to many ("staff",
	// "filed"); a tenant has only a handful of combinations of the latter.
	Audience []string
	At       db.Time           // shown with a hit
	Facets   map[string]string // codes to narrow a search by: "state": "filed"
}

// longest is how many bytes of a document are searched; PostgreSQL keeps no
// more than a megabyte of words for one.
const longest = 300_000

// text is all that the document is found by.
func (d *Doc) text() string {
	parts := []string{d.Number}
	if short := withoutZeros(d.Number); short != d.Number {
		parts = append(parts, short)
	}
	parts = append(parts, d.Title)
	parts = append(parts, d.People...)
	s := strings.Join(append(parts, d.Body), "\n")
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "")
	}
	return s
}

// withoutZeros drops the zeros that numbers are filled up with: who looks for 23
// means 0023.
func withoutZeros(s string) string {
	var b strings.Builder
	inside := false // a number that has begun
	for i := range len(s) {
		digit := '0' <= s[i] && s[i] <= '9'
		if s[i] == '0' && !inside && i+1 < len(s) && '0' <= s[i+1] && s[i+1] <= '9' {
			continue
		}
		inside = digit
		b.WriteByte(s[i])
	}
	return b.String()
}

// row is a Doc as search_doc keeps it.
type row struct {
	N int64
	Doc
	people, audience, facets string
	form                     int // of its rows in search_start; 0 if it has none yet
}

const rowColumns = `d.n, d.tenant, d.kind, d.id, d.number, d.title, d.body, d.people, d.audience, d.facets, d.at, d.form`

func (r *row) fields() []any {
	return []any{&r.N, &r.Tenant, &r.Kind, &r.ID, &r.Number, &r.Title, &r.Body, &r.people, &r.audience, &r.facets, &r.At, &r.form}
}

// encode fills the columns from the Doc, decode the Doc from the columns.
func (r *row) encode() {
	r.Audience = slices.Compact(slices.Sorted(slices.Values(r.Audience)))
	r.people, r.audience = strings.Join(r.People, "\n"), strings.Join(r.Audience, "\n")
	var all []string
	for _, name := range slices.Sorted(maps.Keys(r.Facets)) {
		all = append(all, name+"="+r.Facets[name])
	}
	r.facets = strings.Join(all, "\n")
}

func (r *row) decode() {
	r.People, r.Audience, r.Facets = lines(r.people), lines(r.audience), facets(r.facets)
}

func facets(s string) map[string]string {
	all := map[string]string{}
	for line := range strings.SplitSeq(s, "\n") {
		if name, value, ok := strings.Cut(line, "="); ok {
			all[name] = value
		}
	}
	return all
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// Put makes d found, in place of what was put under its tenant, kind and id. It
// keeps its place in the order when it is put again.
func Put(tx *db.Tx, d Doc) error {
	r := &row{Doc: d}
	r.encode()
	old, err := db.One(tx, (*row).fields, `SELECT `+rowColumns+` FROM search_doc d
		WHERE tenant = $1 AND kind = $2 AND id = $3`, d.Tenant, d.Kind, d.ID)
	e := engineOf(tx.Dialect())
	switch {
	case errs.Is(err, errs.NotFound):
		err := tx.Get(`INSERT INTO search_doc (n, tenant, kind, id, number, title, body, people, audience, facets, at)
			VALUES (`+e.next+`, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING n`,
			[]any{r.Tenant, r.Kind, r.ID, r.Number, r.Title, r.Body, r.people, r.audience, r.facets, r.At}, &r.N)
		if err != nil {
			return err
		}
		_, err = index(tx, r, false)
		return err
	case err != nil:
		return err
	}
	r.N, r.form = old.N, old.form
	called := r.Number == old.Number && r.Title == old.Title && r.people == old.people
	if !called || wide(r.Audience) != wide(lines(old.audience)) {
		r.form = 0 // until Renew has been there, it is not suggested at all
		if _, err := tx.Exec(`DELETE FROM search_start WHERE n = $1`, r.N); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(`UPDATE search_doc SET number = $2, title = $3, body = $4, people = $5, audience = $6, facets = $7, at = $8, form = $9
		WHERE n = $1`, r.N, r.Number, r.Title, r.Body, r.people, r.audience, r.facets, r.At, r.form); err != nil {
		return err
	}
	if called && r.Body == old.Body && r.audience == old.audience && r.facets == old.facets {
		return nil
	}
	_, err = index(tx, r, true)
	return err
}

// Delete makes it no longer found; what is not there is deleted already.
func Delete(tx *db.Tx, tenant, kind, id string) error {
	var n int64
	err := tx.Get(`DELETE FROM search_doc WHERE tenant = $1 AND kind = $2 AND id = $3 RETURNING n`, []any{tenant, kind, id}, &n)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM search_start WHERE n = $1`, n); err != nil {
		return err
	}
	_, err = tx.Exec(engineOf(tx.Dialect()).delete, n)
	return err
}

// index writes the full text of a row and returns its scope; again says that it
// may be there.
func index(tx *db.Tx, r *row, again bool) (scope, error) {
	scope, err := scopeOf(tx, r.Tenant, wide(r.Audience))
	if err != nil {
		return scope, err
	}
	return scope, engineOf(tx.Dialect()).put(tx, r.N, terms(&r.Doc, scope), r.text(), again)
}
