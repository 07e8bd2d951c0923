package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"shangliang/internal/db"
	"shangliang/internal/han"
)

// Query is a question. The words in Text, parted by blanks, must all stand in a
// document; with no words at all every document answers.
type Query struct {
	Tenant   string
	Text     string            // the first 200 characters count
	Kinds    []string          // any of them; all kinds if empty
	Audience []string          // any of them; nothing is found if empty
	Facets   map[string]string // all of them
	Limit    int               // 20 if it is 0, at most 100
	After    int64             // Next of the results before
}

// sees reports whether one of these audiences is the reader's.
func (q *Query) sees(audience []string) bool {
	return slices.ContainsFunc(q.Audience, func(a string) bool { return slices.Contains(audience, a) })
}

// Hit is a document that answers, in the script it was written in.
type Hit struct {
	Kind, ID, Number string
	Title            []han.Span
	Snippet          []han.Span // of the body
	People           []string
	Facets           map[string]string
	At               db.Time
}

// Results are the latest documents that answer, newest first.
type Results struct {
	Hits   []Hit
	More   bool
	Next   int64 // for [Query.After], if there are more
	Count  int   // of all that answer, on any page
	Capped bool  // there are more than Count
}

const (
	longestQuery = 200  // characters
	mostCounted  = 1000 // beyond that people narrow their search
	snippetWidth = 110  // characters
)

// Find answers a question, with what the transaction has put included.
func Find(tx *db.Tx, q Query) (Results, error) {
	var res Results
	if q.Limit <= 0 {
		q.Limit = 20
	}
	q.Limit = min(q.Limit, 100)
	q.Text = first(strings.TrimSpace(q.Text), longestQuery)
	after := q.After
	if after <= 0 {
		after = 1<<31 - 1
	}
	scopes, err := scopesOf(tx, q.Tenant)
	if err != nil {
		return res, err
	}
	e := engineOf(tx.Dialect())
	phrases := han.Query(q.Text)
	match := e.grammar.match(&q, phrases, scopes)
	if match == "" {
		return res, nil
	}
	args := append([]any{match, after, q.Limit + 1, mostCounted + 1}, e.args(q.Text, phrases)...)
	found, err := db.All(tx, (*answer).fields, `SELECT c.n, d.n, d.kind, d.id, d.number, d.title, d.body, d.people, d.facets, d.at
		FROM (SELECT COUNT(*) AS n FROM `+e.all+` f) c CROSS JOIN `+e.page+` m
		JOIN search_doc d ON d.n = m.n ORDER BY m.n DESC`, args...)
	if err != nil {
		return res, err
	}
	if len(found) == 0 {
		if q.After > 0 { // past the last one
			q.After = 0
			all, err := Find(tx, q)
			res.Count, res.Capped = all.Count, all.Capped
			return res, err
		}
		return res, nil
	}
	res.Count = min(found[0].count, mostCounted)
	res.Capped = found[0].count > mostCounted
	if len(found) > q.Limit {
		found = found[:q.Limit]
		res.More, res.Next = true, found[q.Limit-1].n
	}
	for _, f := range found {
		h := f.Hit
		h.Title, h.Snippet = han.Highlight(f.title, q.Text, 0), snippet(f.body, q.Text)
		h.People, h.Facets = lines(f.people), facets(f.facets)
		res.Hits = append(res.Hits, h)
	}
	return res, nil
}

// answer is a row found, and how many there are in all.
type answer struct {
	count int
	n     int64
	Hit
	title, body, people, facets string
}

func (a *answer) fields() []any {
	return []any{&a.count, &a.n, &a.Kind, &a.ID, &a.Number, &a.title, &a.body, &a.people, &a.facets, &a.At}
}

// snippet returns the part of body that answers best. To fold all of a body
// costs as much as to find it: where a single word stands there as it was typed,
// only what is around it is looked at.
func snippet(body, text string) []han.Span {
	at := -1
	if !strings.ContainsFunc(text, unicode.IsSpace) {
		at = strings.Index(body, text)
	}
	if at < 0 {
		return han.Highlight(body, text, snippetWidth)
	}
	end := at + len(first(body[at:], snippetWidth))
	from := end
	for range snippetWidth * 3 / 2 {
		_, size := utf8.DecodeLastRuneInString(body[:from])
		from -= size
	}
	part := body[from:end]
	spans := han.Highlight(part, text, snippetWidth)
	if len(spans) == 0 {
		return nil
	}
	if from > 0 && spans[0].Text != "…" {
		spans = append([]han.Span{{Text: "…"}}, spans...)
	}
	if end < len(body) && spans[len(spans)-1].Text != "…" {
		spans = append(spans, han.Span{Text: "…"})
	}
	return spans
}

// first returns the first n characters of s.
func first(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
