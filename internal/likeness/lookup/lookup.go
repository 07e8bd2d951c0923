// Package lookup keeps the signatures of texts in the database and finds those
// that are like a given one.
//
// Main types: [Query], [Found]. A capability calls [Put] and [Drop] in the
// transaction in which its text changes, and [Find] with the condition under
// which the reader may see a record, which is part of the query: what somebody
// may not see is neither found nor counted.
//
// It owns the tables likeness_doc and likeness_band, which follow from the texts
// and are left out of backups. It deliberately keeps no text: the capability
// compares the few that were found exactly (package likeness) and shows them.
package lookup

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/likeness"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations holds the schema of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// number is the doc of a record.
func number(kind, id string) int64 {
	sum := sha256.Sum256([]byte(kind + "\x00" + id))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// keys are the bands of a signature; those of different kinds are apart.
func keys(kind string, s likeness.Signature) []int64 {
	apart := number(kind, "")
	all := s.Bands()
	for i := range all {
		all[i] ^= apart
	}
	return all
}

// row is what is kept of a text.
type row struct {
	Form int
	Sig  []byte
}

// Put makes a text findable as it is now. A text that did not change costs one
// look-up by its key; one that is too short is kept as such and not found.
func Put(tx *db.Tx, tenant, kind, id string, t *likeness.Text) error {
	old, err := kept(tx, tenant, kind, id)
	if err != nil {
		return err
	}
	var sig []byte
	if s, ok := t.Sign(); ok {
		sig = s.Bytes()
	}
	if old != nil && old.Form == likeness.Form && bytes.Equal(old.Sig, sig) {
		return nil
	}
	if old != nil {
		if err := drop(tx, tenant, kind, id, old.Sig); err != nil {
			return err
		}
	}
	return PutNew(tx, tenant, kind, []Text{{id, t}})
}

// Text is a text with the id of its record.
type Text struct {
	ID   string
	Text *likeness.Text
}

// rowsAtOnce is how many rows are written by one statement.
const rowsAtOnce = 3000

// PutNew is [Put] for texts of which nothing is kept yet, many at once.
func PutNew(tx *db.Tx, tenant, kind string, texts []Text) error {
	var docs [][]any
	var bands [][]any
	for _, t := range texts {
		doc := number(kind, t.ID)
		s, ok := t.Text.Sign()
		if !ok {
			docs = append(docs, []any{t.ID, doc, nil})
			continue
		}
		docs = append(docs, []any{t.ID, doc, s.Bytes()})
		for _, k := range keys(kind, s) {
			bands = append(bands, []any{k, doc})
		}
	}
	slices.SortFunc(bands, func(a, b []any) int { return cmp.Compare(a[0].(int64), b[0].(int64)) }) // as the index lies
	if err := insert(tx, `INSERT INTO likeness_doc (tenant, kind, form, id, doc, sig)`, []any{tenant, kind, likeness.Form}, docs); err != nil {
		return err
	}
	return insert(tx, `INSERT INTO likeness_band (tenant, key, doc)`, []any{tenant}, bands)
}

// insert writes rows, each of which begins with the same values.
func insert(tx *db.Tx, into string, same []any, rows [][]any) error {
	begin := ""
	for i := range same {
		begin += "$" + strconv.Itoa(i+1) + ", "
	}
	for part := range slices.Chunk(rows, rowsAtOnce) {
		args := slices.Clone(same)
		var b strings.Builder
		b.WriteString(into + " VALUES ")
		for i, row := range part {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString("(" + begin)
			for j, v := range row {
				if j > 0 {
					b.WriteString(", ")
				}
				args = append(args, v)
				b.WriteString("$" + strconv.Itoa(len(args)))
			}
			b.WriteString(")")
		}
		b.WriteString(" ON CONFLICT DO NOTHING")
		if _, err := tx.Exec(b.String(), args...); err != nil {
			return err
		}
	}
	return nil
}

// kept reads what is kept of a text, nil if nothing is.
func kept(tx *db.Tx, tenant, kind, id string) (*row, error) {
	r, err := db.One(tx, func(r *row) []any { return []any{&r.Form, &r.Sig} }, `SELECT form, sig FROM likeness_doc WHERE tenant = $1 AND kind = $2 AND id = $3`, tenant, kind, id)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return r, err
}

// Drop makes a text findable no longer.
func Drop(tx *db.Tx, tenant, kind, id string) error {
	old, err := kept(tx, tenant, kind, id)
	if err != nil || old == nil {
		return err
	}
	return drop(tx, tenant, kind, id, old.Sig)
}

func drop(tx *db.Tx, tenant, kind, id string, sig []byte) error {
	if _, err := tx.Exec(`DELETE FROM likeness_doc WHERE tenant = $1 AND kind = $2 AND id = $3`, tenant, kind, id); err != nil || len(sig) == 0 {
		return err
	}
	s, err := likeness.Parse(sig)
	if err != nil {
		return err
	}
	in, args := db.In([]any{tenant, number(kind, id)}, keys(kind, s))
	_, err = tx.Exec(`DELETE FROM likeness_band WHERE tenant = $1 AND doc = $2 AND key IN `+in, args...)
	return err
}

// Query says what is looked for and where. The records join the signatures in
// the SQL of their owner: Join is " JOIN proposal p ON p.tenant = l.tenant AND
// p.id = l.id", Where the condition under which they may be seen, over the Args,
// of which the first is the tenant.
type Query struct {
	Kind  string
	Text  *likeness.Text
	Not   string // id that is not meant: the text's own
	Join  string
	Where string
	Args  []any
	Most  int // how many at most
}

// Found is a record whose text is like the one looked for, as far as the
// signatures tell.
type Found struct {
	ID       string
	Estimate float64
}

// crowd bounds how many texts are taken from one band. Only what a great many
// have copied fills one; the texts that share more bands are found all the same.
const crowd = 300

// picked bounds how many signatures are compared.
const picked = 200

// Find returns the records like a text, the most alike first; nothing for a text
// too short to be compared.
func Find(tx *db.Tx, q Query) ([]Found, error) {
	s, ok := q.Text.Sign()
	if !ok {
		return nil, nil
	}
	args := slices.Clone(q.Args)
	mark := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	var from []string
	for i, k := range keys(q.Kind, s) {
		from = append(from, `SELECT doc FROM (SELECT doc FROM likeness_band WHERE tenant = $1 AND key = `+mark(k)+` LIMIT `+strconv.Itoa(crowd)+`) b`+strconv.Itoa(i))
	}
	query := `SELECT l.id, l.sig FROM (SELECT doc, COUNT(*) AS shared FROM (` + strings.Join(from, ` UNION ALL `) + `) every GROUP BY doc) c
		JOIN likeness_doc l ON l.tenant = $1 AND l.doc = c.doc AND l.kind = ` + mark(q.Kind) + ` AND l.id <> ` + mark(q.Not) + q.Join + `
		WHERE ` + q.Where + ` ORDER BY c.shared DESC, l.id DESC LIMIT ` + strconv.Itoa(picked)
	type candidate struct {
		id  string
		sig []byte
	}
	all, err := db.All(tx, func(c *candidate) []any { return []any{&c.id, &c.sig} }, query, args...)
	if err != nil {
		return nil, err
	}
	found := make([]Found, 0, len(all))
	for _, c := range all {
		other, err := likeness.Parse(c.sig)
		if err != nil {
			return nil, err
		}
		found = append(found, Found{c.id, s.Estimate(other)})
	}
	slices.SortStableFunc(found, func(a, b Found) int { return cmp.Compare(b.Estimate, a.Estimate) })
	return found[:min(len(found), q.Most)], nil
}

// Pair are two records with texts alike.
type Pair struct {
	A, B     string
	Estimate float64
}

// Pairs returns the pairs of records of a kind whose texts are alike by at least
// an estimate, among those that a condition over p picks: [Query] says how
// records join. Both of a pair fulfil it.
func Pairs(tx *db.Tx, q Query, least float64) ([]Pair, error) {
	args := append(slices.Clone(q.Args), q.Kind)
	type text struct {
		id  string
		sig []byte
	}
	all, err := db.All(tx, func(x *text) []any { return []any{&x.id, &x.sig} },
		`SELECT l.id, l.sig FROM likeness_doc l`+q.Join+` WHERE l.tenant = $1 AND l.kind = $`+strconv.Itoa(len(args))+` AND l.sig IS NOT NULL AND `+q.Where+` ORDER BY l.id`, args...)
	if err != nil {
		return nil, err
	}
	sigs := make([]likeness.Signature, len(all))
	at := map[int64][]int{} // band → texts
	type two struct{ a, b int }
	seen := map[two]bool{}
	var pairs []Pair
	for i, x := range all {
		if sigs[i], err = likeness.Parse(x.sig); err != nil {
			return nil, err
		}
		for _, k := range sigs[i].Bands() {
			for _, j := range at[k] {
				p := two{j, i}
				if seen[p] {
					continue
				}
				seen[p] = true
				if e := sigs[j].Estimate(sigs[i]); e >= least {
					pairs = append(pairs, Pair{all[j].id, x.id, e})
				}
			}
			if len(at[k]) < crowd {
				at[k] = append(at[k], i)
			}
		}
	}
	slices.SortStableFunc(pairs, func(x, y Pair) int { return cmp.Compare(y.Estimate, x.Estimate) })
	return pairs[:min(len(pairs), q.Most)], nil
}
