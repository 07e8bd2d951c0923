package search

import (
	"strings"

	"shangliang/internal/db"
	"shangliang/internal/han"
)

// engine is the full text of one database: the table search_fts, whose rows are
// those of search_doc.
type engine struct {
	setup  []string // statements that make the structure where it is missing
	exists string   // the query for how many tables search_fts there are
	next   string   // an expression for the n of a new document
	delete string   // the statement that deletes $1
	// tidy does one short step of [Tidy]; more says that there is more to do.
	tidy    func(tx *db.Tx, step int) (more bool, err error)
	put     func(tx *db.Tx, n int64, terms []string, text string, again bool) error
	grammar grammar
	// all and page are tables of documents that answer the match $1: any $4 of
	// them, and the n of the latest $3 before $2. More parameters come from args.
	all, page string
	args      func(text string, phrases []han.Phrase) []any
	// every is a query for the n of all documents that answer a match.
	every    func(match string) string
	contains string // the function that says where in a text another stands; 0 for nowhere
}

func engineOf(d db.Dialect) *engine {
	if d == db.Postgres {
		return &postgres
	}
	return &sqlite
}

const deleteSQLite = `DELETE FROM search_fts WHERE rowid = $1`

// SQLite keeps where each term stands, and so finds phrases itself. Our terms
// are cut at blanks and nowhere else: for FTS5's "ascii" every other character
// belongs to a word, once "_" does.
var sqlite = engine{
	setup: []string{
		`CREATE VIRTUAL TABLE IF NOT EXISTS search_fts USING fts5(
			terms, content='', contentless_delete=1, tokenize="ascii tokenchars '_'")`,
		// What changes have left behind goes with Tidy; to look for it at every
		// change makes each cost twice as much.
		`INSERT INTO search_fts (search_fts, rank) VALUES ('deletemerge', 0)`,
	},
	exists: `SELECT COUNT(*) FROM sqlite_master WHERE name = 'search_fts'`,
	next:   `(SELECT COALESCE(MAX(n), 0) + 1 FROM search_doc)`,
	delete: deleteSQLite,
	tidy: func(tx *db.Tx, step int) (bool, error) {
		pages := 250 // of 4 kB, to merge in this step
		if step == 0 {
			pages = -pages // begin to merge all into one
		}
		var before, after int64
		if err := tx.Get(`SELECT total_changes()`, nil, &before); err != nil {
			return false, err
		}
		if _, err := tx.Exec(`INSERT INTO search_fts (search_fts, rank) VALUES ('merge', $1)`, pages); err != nil {
			return false, err
		}
		err := tx.Get(`SELECT total_changes()`, nil, &after)
		return after-before >= 2, err // the insert itself is one
	},
	put: func(tx *db.Tx, n int64, terms []string, _ string, again bool) error {
		if again {
			if _, err := tx.Exec(deleteSQLite, n); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`INSERT INTO search_fts (rowid, terms) VALUES ($1, $2)`, n, strings.Join(terms, " "))
		return err
	},
	grammar: grammar{and: " AND ", or: " OR ", phrase: func(terms []string, prefix bool) string {
		s := `"` + strings.Join(terms, " ") + `"`
		if prefix {
			s += "*"
		}
		return s
	}},
	all:      `(SELECT 1 FROM search_fts WHERE search_fts MATCH $1 LIMIT $4)`,
	page:     `(SELECT rowid AS n FROM search_fts WHERE search_fts MATCH $1 AND rowid < $2 ORDER BY rowid DESC LIMIT $3)`,
	args:     func(string, []han.Phrase) []any { return nil },
	contains: "instr",
	every: func(match string) string {
		return `SELECT rowid AS n FROM search_fts WHERE search_fts MATCH ` + match
	},
}

// PostgreSQL keeps which terms a document has but not where: positions end at
// 16,383 there. Phrases of several terms are looked for in the text itself,
// among the few documents that have all the terms.
var postgres = engine{
	setup: []string{
		`SELECT pg_advisory_xact_lock(2026112030)`, // two processes may start at once
		// The texts lie beside the table, so that a search reads little of it.
		`CREATE TABLE IF NOT EXISTS search_fts (n INTEGER PRIMARY KEY, terms TSVECTOR NOT NULL, line TEXT NOT NULL)
			WITH (toast_tuple_target = 128)`,
		// What a change adds is first kept aside, where every search reads it.
		`CREATE INDEX IF NOT EXISTS search_fts_terms ON search_fts USING GIN (terms) WITH (gin_pending_list_limit = 512)`,
		// The planner takes a comparison of terms for cheap, and would rather make
		// it for every document than ask the index: here it may not.
		`CREATE OR REPLACE FUNCTION search_match(match TEXT, phrases TEXT, before INTEGER, most INTEGER) RETURNS SETOF INTEGER
			LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_indexscan = off AS $$
			DECLARE q TSQUERY := match; patterns TEXT[] := string_to_array(phrases, E'\n');
			BEGIN
				RETURN QUERY SELECT f.n FROM (
					SELECT s.n, s.line FROM search_fts s WHERE s.terms @@ q AND s.n + 0 < before ORDER BY s.n DESC OFFSET 0) f
				WHERE f.line LIKE ALL (patterns) LIMIT most;
			END $$`,
		`CREATE SEQUENCE IF NOT EXISTS search_n AS INTEGER`,
		// Behind only where the documents came out of a backup without it.
		`SELECT setval('search_n', d.n) FROM (SELECT MAX(n) AS n FROM search_doc) d, search_n s
			WHERE d.n > s.last_value OR d.n IS NOT NULL AND NOT s.is_called`,
	},
	exists: `SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'search_fts'`,
	next:   `nextval('search_n')`,
	delete: `DELETE FROM search_fts WHERE n = $1`,
	tidy: func(tx *db.Tx, _ int) (bool, error) {
		_, err := tx.Exec(`SELECT gin_clean_pending_list('search_fts_terms')`)
		if err == nil {
			_, err = tx.Exec(`ANALYZE search_fts, search_start`)
		}
		return false, err
	},
	put: func(tx *db.Tx, n int64, terms []string, text string, _ bool) error {
		_, err := tx.Exec(`INSERT INTO search_fts (n, terms, line) VALUES ($1, array_to_tsvector(string_to_array($2, ' ')), $3)
			ON CONFLICT (n) DO UPDATE SET terms = excluded.terms, line = excluded.line`, n, strings.Join(terms, " "), han.Line(text))
		return err
	},
	grammar: grammar{and: " & ", or: " | ", phrase: func(terms []string, prefix bool) string {
		s := `'` + strings.Join(terms, `' & '`) + `'`
		if prefix {
			s += ":*"
		}
		if len(terms) > 1 {
			s = "(" + s + ")"
		}
		return s
	}},
	all:  `(SELECT n FROM search_match($1, $5, 2147483647, $4) n)`,
	page: `(SELECT n FROM search_match($1, $5, $2, $3) n)`,
	args: func(text string, phrases []han.Phrase) []any {
		var patterns []string
		for i, line := range han.Lines(text) {
			if len(phrases[i].Tokens) > 1 {
				patterns = append(patterns, "%"+line+"%") // holds none of LIKE's marks
			}
		}
		return []any{strings.Join(patterns, "\n")}
	},
	contains: "strpos",
	every: func(match string) string {
		return `SELECT n FROM search_match(` + match + `, '', 2147483647, 2147483647) n`
	},
}
