package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app"
	"shangliang/internal/db"
	"shangliang/internal/demo"
	"shangliang/internal/ledger"
	"shangliang/internal/proposal"
	"shangliang/internal/search"
)

// copied says how the rows of a table that belong to a case are copied. Columns
// not named keep their value, but for dates in them.
type copied struct {
	table  string
	by     string // the column with the id of what the row belongs to
	ids    string // columns with ids that are made anew
	people string // columns with members, who change
	key    string // by which the ledger names its rows; none: it does not
	skip   string // columns that the ledger leaves out
}

var copies = []copied{
	{table: "proposal", by: "id", ids: "id", people: "lead", key: "tenant id"},
	{table: "proposal_revision", by: "proposal", ids: "proposal", people: "person", key: "tenant proposal n"},
	{table: "proposal_party", by: "proposal", ids: "proposal", people: "person", key: "tenant proposal person"},
	{table: "proposal_review", by: "proposal", ids: "id proposal", key: "tenant id"},
	{table: "assignment", by: "proposal", ids: "id proposal", key: "tenant id"},
	{table: "contact_record", by: "proposal", ids: "id proposal assignment", key: "tenant id"},
	{table: "reply", by: "proposal", ids: "id proposal assignment", key: "tenant id"},
	{table: "feedback", by: "proposal", ids: "id proposal supersedes", people: "person account", key: "tenant id"},
	{table: "commitment", by: "proposal", ids: "id proposal assignment", key: "tenant id"},
	{table: "clock", by: "object_id", ids: "id object_id", key: "tenant id", skip: "next_mark next_on ran_out_on version"},
	{table: "clock_holder", by: "clock", ids: "clock", people: "person"},
	{table: "ledger_entry", by: "object", ids: "id object"}, // who did it stays: it is under the entry's hash
}

// batch is one copy of a group of seeds into a year.
type batch struct {
	whole  bool
	year   int
	shift  int    // of the people
	add    int    // to the numbers of the cases
	prefix string // of the new ids, so that they sort by year
	seed   int    // of the texts
}

// multiply copies the seeds until there are ten full years, oldest first: those
// that went the whole way into every year but the last, which they are in
// already, and the others three times more into the last.
func (w *world) multiply(ctx context.Context) error {
	ctx = actor.With(ctx, actor.System(w.set.Tenant))
	if err := w.DB.Write(ctx, w.beginCopies); err != nil {
		return err
	}
	n := 0
	next := func(b batch) error {
		n++
		b.shift, b.seed = n*37, n*10*seeds
		// Ids are made in the order of time (UUIDv7): the first six digits are
		// its upper half, in units of 4.7 hours.
		at := time.Date(b.year, 5, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
		b.prefix = fmt.Sprintf("%06x", at>>24+int64(n))
		return w.DB.Write(ctx, func(tx *db.Tx) error { return w.copy(tx, b) })
	}
	for year := w.year - years + 1; year < w.year; year++ {
		for k := range perYear / seeds {
			if err := next(batch{whole: true, year: year, add: k * seeds}); err != nil {
				return err
			}
		}
	}
	for k := range perYear/seeds - 2 {
		if err := next(batch{year: w.year, add: (k + 1) * 2 * seeds}); err != nil {
			return err
		}
	}
	return w.DB.Write(ctx, w.endCopies)
}

// beginCopies notes what belongs to the seeds, and lets go of their full text:
// search answers in the order of putting, and theirs is the last year.
func (w *world) beginCopies(tx *db.Tx) error {
	for _, s := range []string{
		`CREATE TEMP TABLE object (id TEXT PRIMARY KEY, whole BOOLEAN NOT NULL)`,
		`INSERT INTO object SELECT id, whole FROM seed`,
		`INSERT INTO object SELECT a.id, o.whole FROM assignment a JOIN seed o ON o.id = a.proposal`,
		`INSERT INTO object SELECT c.id, o.whole FROM commitment c JOIN seed o ON o.id = c.proposal`,
		`INSERT INTO object SELECT c.id, o.whole FROM clock c JOIN object o ON o.id = c.object_id`,
		`CREATE TEMP TABLE turn (old TEXT PRIMARY KEY, new TEXT NOT NULL)`,
		`CREATE TEMP TABLE words (id TEXT PRIMARY KEY, title TEXT, situation TEXT, analysis TEXT, suggestions TEXT, subject TEXT)`,
		`CREATE TEMP TABLE found AS SELECT d.id, d.number, d.people, d.audience, d.facets, d.at, s.n, s.whole, p.case_no, p.kind FROM search_doc d
			JOIN seed s ON s.id = d.id JOIN proposal p ON p.id = d.id WHERE d.kind = 'proposal'`,
	} {
		if _, err := tx.Exec(s); err != nil {
			return err
		}
	}
	ids, err := db.Column[string](tx, `SELECT id FROM found`)
	for _, id := range ids {
		if err := search.Delete(tx, w.set.Tenant, "proposal", id); err != nil {
			return err
		}
	}
	return err
}

// endCopies finds the seeds again and lets numbers go on where they stand.
func (w *world) endCopies(tx *db.Tx) error {
	for _, whole := range []bool{true, false} {
		if err := w.texts(tx, 0, whole); err != nil {
			return err
		}
		if err := w.find(tx, batch{whole: whole, year: w.year}); err != nil {
			return err
		}
	}
	for _, name := range []string{"serial", "case"} {
		if _, err := tx.Exec(`INSERT INTO proposal_counter (tenant, session, name, n)
			SELECT tenant, session, $1, MAX(`+name+`_no) FROM proposal WHERE `+name+`_no > 0 GROUP BY tenant, session
			ON CONFLICT (tenant, session, name) DO UPDATE SET n = excluded.n`, name); err != nil {
			return err
		}
	}
	return nil
}

// texts makes the texts of one batch.
func (w *world) texts(tx *db.Tx, from int, whole bool) error {
	if _, err := tx.Exec(`DELETE FROM words`); err != nil {
		return err
	}
	type one struct {
		id string
		n  int
	}
	all, err := db.All(tx, func(o *one) []any { return []any{&o.id, &o.n} }, `SELECT id, n FROM seed WHERE whole = $1`, whole)
	for _, o := range all {
		t := demo.Text(uint64(from + o.n))
		if _, err := tx.Exec(`INSERT INTO words VALUES ($1, $2, $3, $4, $5, $6)`, o.id, t.Title, t.Situation, t.Analysis, t.Suggestions, t.Subject); err != nil {
			return err
		}
	}
	return err
}

func (w *world) copy(tx *db.Tx, b batch) error {
	if err := w.texts(tx, b.seed, b.whole); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM turn`); err != nil {
		return err
	}
	for i, m := range w.members {
		to := w.members[(i+b.shift)%members]
		if _, err := tx.Exec(`INSERT INTO turn VALUES ($1, $2), ($3, $4)`, m.person, to.person, m.account, to.account); err != nil {
			return err
		}
	}
	for _, c := range copies {
		if err := w.copyTable(tx, c, b); err != nil {
			return fmt.Errorf("%s: %w", c.table, err)
		}
	}
	if _, err := tx.Exec(`INSERT INTO ledger_pending SELECT ` + renamed("id", b) + ` FROM ledger_entry WHERE object IN (SELECT id FROM object WHERE whole = ` + strconv.FormatBool(b.whole) + `)`); err != nil {
		return err
	}
	return w.find(tx, b)
}

// renamed is an expression for the new id in place of the old one in a column.
func renamed(column string, b batch) string {
	return `CASE WHEN ` + column + ` = '' THEN '' ELSE '` + b.prefix + `' || substr(` + column + `, 7) END`
}

func (w *world) copyTable(tx *db.Tx, c copied, b batch) error {
	columns, err := db.Columns(tx, c.table)
	if err != nil {
		return err
	}
	words := strings.Fields("title situation analysis suggestions subject")
	values := make([]string, len(columns))
	for i, name := range columns {
		q := "t." + name
		switch {
		case slices.Contains(strings.Fields(c.ids), name):
			q = renamed(q, b)
		case slices.Contains(strings.Fields(c.people), name):
			q = `COALESCE((SELECT new FROM turn WHERE old = ` + q + `), ` + q + `)`
		case slices.Contains(words, name) && c.table == "proposal" || slices.Contains(words[:4], name) && c.table == "proposal_revision":
			q = `(SELECT ` + name + ` FROM words WHERE id = t.` + c.by + `)`
		case name == "subject" && c.table == "clock":
			q = `COALESCE((SELECT title FROM words WHERE id = substr(t.link, 12)), t.subject)`
		case name == "link":
			q = `substr(t.link, 1, 11) || '` + b.prefix + `' || substr(t.link, 18)` // after "/proposals/"
		case name == "session":
			q = `'` + w.sessions[b.year] + `'`
		case name == "year":
			q = strconv.Itoa(b.year)
		case name == "serial_no" || name == "case_no":
			q = `CASE WHEN ` + q + ` > 0 THEN ` + q + ` + ` + strconv.Itoa(b.add) + ` ELSE 0 END`
		case name == "digest" && c.table == "ledger_entry":
			q = `''`
		case dated(name):
			// The year after first: what becomes this year must not be moved twice.
			for _, y := range []int{w.year - 1, w.year, w.year + 1} {
				for _, form := range []string{"%d-", "〔%d〕"} {
					q = fmt.Sprintf(`replace(%s, '`+form+`', '`+form+`')`, q, y, y-w.year+b.year)
				}
			}
			if b.year == w.year {
				q = "t." + name
			}
		}
		values[i] = q
	}
	_, err = tx.Exec(`INSERT INTO ` + c.table + ` (` + strings.Join(columns, ", ") + `) SELECT ` + strings.Join(values, ", ") + ` FROM ` + c.table +
		` t WHERE t.` + c.by + ` IN (SELECT id FROM object WHERE whole = ` + strconv.FormatBool(b.whole) + `)`)
	return err
}

// dated reports whether a column holds dates or text with dates.
func dated(name string) bool {
	return name == "at" || name == "spec" || name == "steps" || name == "doc_no" || strings.HasSuffix(name, "_at") || strings.HasSuffix(name, "_on") || name == "on_date"
}

// find puts the copies into the full text, as the seeds were there.
func (w *world) find(tx *db.Tx, b batch) error {
	type doc struct {
		id, number, people, audience, facets, kind string
		caseNo, n                                  int
		at                                         db.Time
		words                                      proposal.Text
	}
	all, err := db.All(tx, func(d *doc) []any {
		return []any{&d.id, &d.number, &d.people, &d.audience, &d.facets, &d.at, &d.n, &d.caseNo, &d.kind,
			&d.words.Title, &d.words.Situation, &d.words.Analysis, &d.words.Suggestions, &d.words.Subject}
	}, `SELECT f.id, f.number, f.people, f.audience, f.facets, f.at, f.n, f.case_no, f.kind, w.title, w.situation, w.analysis, w.suggestions, w.subject
		FROM found f JOIN words w ON w.id = f.id WHERE f.whole = $1 ORDER BY f.at, f.id`, b.whole)
	if err != nil {
		return err
	}
	at := map[string]int{}
	for i, m := range w.members {
		at[m.person] = i
	}
	for _, d := range all {
		out := search.Doc{Tenant: w.set.Tenant, Kind: "proposal", ID: d.id, Title: d.words.Title, Number: d.number,
			Body:   strings.Join([]string{d.words.Situation, d.words.Analysis, d.words.Suggestions}, "\n"),
			People: strings.Split(d.people, "\n"), Audience: strings.Split(d.audience, "\n"), Facets: map[string]string{}, At: d.at}
		if b.prefix != "" {
			out.ID = b.prefix + d.id[6:]
			out.At.Time = d.at.AddDate(b.year-w.year, 0, 0)
		}
		if d.caseNo > 0 {
			out.Number = fmt.Sprintf("%d-%04d", b.year, d.caseNo+b.add)
		}
		for line := range strings.SplitSeq(d.facets, "\n") {
			name, value, _ := strings.Cut(line, "=")
			out.Facets[name] = value
		}
		out.Facets["year"], out.Facets["subject"] = strconv.Itoa(b.year), d.words.Subject
		var names []string
		for i, token := range out.Audience {
			if j, ok := at[strings.TrimPrefix(token, "p:")]; ok {
				m := w.members[(j+b.shift)%members]
				out.Audience[i], names = "p:"+m.person, append(names, m.name)
			}
		}
		if d.kind != proposal.Collective {
			out.People = names
		}
		if err := search.Put(tx, out); err != nil {
			return err
		}
	}
	return nil
}

// recorded is how many rows one entry of the ledger vouches for.
const recorded = 500

// record lets the ledger vouch for the copies as they are now.
func (w *world) record(ctx context.Context) error {
	now := w.last.Time().Add(10 * time.Hour)
	w.now.Store(&now)
	ctx = actor.With(ctx, actor.System(w.set.Tenant))
	all := append(slices.Clone(copies), copied{table: "proposal_counter", key: "tenant session name"})
	for _, c := range all {
		keys := strings.Fields(c.key)
		if len(keys) == 0 {
			continue
		}
		if err := w.recordTable(ctx, c, keys); err != nil {
			return fmt.Errorf("%s: %w", c.table, err)
		}
	}
	return nil
}

func (w *world) recordTable(ctx context.Context, c copied, keys []string) error {
	type key struct{ a, b, c any }
	columns := append(slices.Clone(keys), `0`, `0`)[:3]
	var rows []*key
	if err := w.DB.Read(ctx, func(tx *db.Tx) (err error) {
		rows, err = db.All(tx, func(k *key) []any { return []any{&k.a, &k.b, &k.c} }, `SELECT `+strings.Join(columns, ", ")+` FROM `+c.table)
		return err
	}); err != nil {
		return err
	}
	for part := range slices.Chunk(rows, 20*recorded) {
		if err := w.DB.Write(ctx, func(tx *db.Tx) error {
			for few := range slices.Chunk(part, recorded) {
				e := ledger.Entry{Action: "bench.multiply", Kind: "ledger", Object: c.table}
				for _, k := range few {
					pairs := make([]any, 0, 6)
					for i, v := range []any{k.a, k.b, k.c}[:len(keys)] {
						pairs = append(pairs, keys[i], v)
					}
					e.Rows = append(e.Rows, ledger.RowOf(c.table, pairs...).Without(strings.Fields(c.skip)...))
				}
				if err := ledger.Append(tx, e); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// settle does what the platform would otherwise do in the background meanwhile.
func settle(ctx context.Context, a *app.App) error {
	for _, e := range a.Background() {
		if err := e.Work(ctx); err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	return nil
}
