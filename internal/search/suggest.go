package search

import (
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/db"
	"shangliang/internal/han"
)

// form is that of the rows that this program writes to search_start. Who changes
// what [begins] yields raises it: [Renew] then writes those of before anew.
const form = 1

// Suggestions are what somebody may mean who has begun to type.
type Suggestions struct {
	Names []Suggestion // people and bodies, to search for
	Docs  []Suggestion // to open; newest first
}

// Suggestion is one of them, with what was typed marked.
type Suggestion struct {
	Kind, ID string // of a document
	Number   string
	Title    []han.Span // or the name
}

// Text is the title or the name without marks.
func (s *Suggestion) Text() string {
	var b strings.Builder
	for _, t := range s.Title {
		b.WriteString(t.Text)
	}
	return b.String()
}

const (
	mostNames  = 4
	mostDocs   = 6
	mostStarts = 400 // of one document
	walked     = 20  // documents looked at for one way to read what was typed
	namesSeen  = 200 // places of names looked at for it
)

// Suggest completes q.Text: with characters in either script, pinyin or its
// initials, from any character of a name, a title or a number on. Like [Find] it
// looks only at what q may see; only q.Kinds also counts.
func Suggest(tx *db.Tx, q Query) (out Suggestions, err error) {
	text := first(strings.TrimSpace(q.Text), longestQuery)
	scopes, err := scopesOf(tx, q.Tenant)
	if err != nil || len(q.Audience) == 0 {
		return out, err
	}
	if out.Names, err = names(tx, &q, scopes, text); err != nil {
		return out, err
	}
	out.Docs, err = titles(tx, &q, scopes, text)
	return out, err
}

// named is a name that stands in search_start.
type named struct {
	name string
	n    int64
}

func (c *named) fields() []any { return []any{&c.name, &c.n} }

func names(tx *db.Tx, q *Query, scopes []*scope, text string) (out []Suggestion, err error) {
	s := seek{q: q, e: engineOf(tx.Dialect())}
	from := s.from(scopes, [][]han.Start{han.Sought(text)}, true, `b.name, b.n`, namesSeen)
	if from == "" {
		return nil, nil
	}
	found, err := db.All(tx, (*named).fields, `SELECT u.name, MAX(u.n) FROM (`+from+`) u GROUP BY u.name ORDER BY 2 DESC LIMIT `+s.arg(4*mostNames), s.args...)
	for _, c := range found {
		if _, _, ok := han.Said(c.name, text); ok && len(out) < mostNames {
			out = append(out, Suggestion{Title: han.Point(c.name, strings.Join(strings.Fields(text), ""))})
		}
	}
	return out, err
}

// titled is a document found by its title.
type titled struct {
	Suggestion
	title, audience string
}

func (c *titled) fields() []any { return []any{&c.Kind, &c.ID, &c.Number, &c.title, &c.audience} }

func titles(tx *db.Tx, q *Query, scopes []*scope, text string) (out []Suggestion, err error) {
	words := strings.Fields(text)
	var sought, little [][]han.Start
	for _, word := range words {
		starts := han.Sought(word)
		switch {
		case starts == nil && han.Typed(word) != "":
			return nil, nil // a single letter
		case slices.ContainsFunc(starts, func(s han.Start) bool { return s.Head[1] == 0 }):
			little = append(little, starts) // a single character: not a start of its own
		case starts != nil && len(sought) < 3:
			sought = append(sought, starts)
		}
	}
	if sought == nil && len(little) == 1 {
		sought = little
	}
	s := seek{q: q, e: engineOf(tx.Dialect())}
	from := s.from(scopes, sought, false, `b.n`, walked)
	if from == "" {
		return nil, nil
	}
	kinds := ""
	if len(q.Kinds) > 0 {
		var marks []string
		for _, k := range q.Kinds {
			marks = append(marks, s.arg(k))
		}
		kinds = ` WHERE d.kind IN (` + strings.Join(marks, ", ") + `)`
	}
	found, err := db.All(tx, (*titled).fields, `SELECT d.kind, d.id, d.number, d.title, d.audience
		FROM (SELECT DISTINCT u.n FROM (`+from+`) u) m JOIN search_doc d ON d.n = m.n`+kinds+` ORDER BY d.n DESC LIMIT `+s.arg(walked), s.args...)
	for _, c := range found {
		// A start holds six letters; what was typed may go on.
		if len(out) < mostDocs && c.means(words) && q.sees(lines(c.audience)) {
			c.Title = han.Point(c.title, text)
			out = append(out, c.Suggestion)
		}
	}
	return out, err
}

// means reports whether every word begins somewhere in the title or the number.
func (c *titled) means(words []string) bool {
	for _, word := range words {
		_, _, ok := han.Said(c.title, word)
		if !ok {
			_, _, ok = han.Said(c.Number, word)
		}
		if !ok {
			_, _, ok = han.Said(withoutZeros(c.Number), word)
		}
		if !ok && han.Typed(word) != "" {
			return false
		}
	}
	return true
}

// seek writes a query of search_start.
type seek struct {
	q    *Query
	e    *engine
	args []any
}

// arg is the parameter that stands for a value.
func (s *seek) arg(v any) string {
	s.args = append(s.args, v)
	return "$" + strconv.Itoa(len(s.args))
}

// from selects, as b, the latest places where the first of the words begins, in
// documents in which the others do and that q may see: each scope, and each way
// to read the word, is one walk along the index that ends after most. Empty if
// there is nothing to look for.
func (s *seek) from(scopes []*scope, words [][]han.Start, name bool, columns string, most int) string {
	if len(words) == 0 {
		return ""
	}
	// The longest word has the fewest places.
	words = slices.Clone(words)
	slices.SortStableFunc(words, func(a, b []han.Start) int { return reach(b) - reach(a) })
	own, mine := s.e.grammar.own(s.q), ""
	limit := s.arg(most)
	var walks []string
	for _, scope := range scopes {
		all := s.q.sees(lines(scope.audience))
		if !all && own == "" {
			continue
		}
		if !all && mine == "" { // PostgreSQL refuses a parameter that stands nowhere
			mine = ` AND b.n IN (` + s.e.every(s.arg(own)) + `)`
		}
		id := s.arg(scope.id)
		for _, way := range heads(words[0]) {
			cond := s.begins("b", id, way, name)
			for _, word := range words[1:] {
				var ways []string
				for _, other := range heads(word) {
					ways = append(ways, `(`+s.begins("w", id, other, name)+`)`)
				}
				cond += ` AND EXISTS (SELECT 1 FROM search_start w WHERE w.n = b.n AND (` + strings.Join(ways, " OR ") + `))`
			}
			if !all {
				cond += mine
			}
			walks = append(walks, `SELECT * FROM (SELECT `+columns+` FROM search_start b WHERE `+cond+` ORDER BY b.n DESC LIMIT `+limit+`) x`)
		}
	}
	return strings.Join(walks, " UNION ALL ")
}

// begins is the condition that a row is one of these starts, which have the same
// head.
func (s *seek) begins(table, scope string, ways []han.Start, name bool) string {
	var any []string
	for _, w := range ways {
		var all []string
		for _, part := range w.Parts {
			all = append(all, s.e.contains+`(`+table+`.said, `+s.arg(part)+`) > 0`)
		}
		any = append(any, strings.Join(all, " AND "))
	}
	return table + `.scope = ` + scope + ` AND ` + table + `.head = ` + s.arg(head(ways[0], name)) + ` AND (` + strings.Join(any, " OR ") + `)`
}

// heads groups starts by their head.
func heads(starts []han.Start) [][]han.Start {
	var all [][]han.Start
	for _, s := range starts {
		i := slices.IndexFunc(all, func(g []han.Start) bool { return g[0].Head == s.Head })
		if i < 0 {
			i, all = len(all), append(all, nil)
		}
		all[i] = append(all[i], s)
	}
	return all
}

// reach is how many letters of a word count.
func reach(starts []han.Start) int {
	n := 0
	for _, s := range starts {
		n = max(n, len(s.Parts))
	}
	return n
}

// head is a start's head as search_start keeps it; those of names lie apart.
func head(s han.Start, name bool) int64 {
	h := int64(s.Head[0])<<21 | int64(s.Head[1])
	if name {
		h |= 1 << 42
	}
	return h
}

// start is a row of search_start: where in it the document's name or title
// begins.
type start struct {
	head       int64
	said, name string
}

// begins are the places where somebody may begin to type what a document is
// called by.
func begins(d *Doc) []start {
	var all []start
	seen := map[start]bool{}
	add := func(text, name string) {
		for _, s := range han.Starts(text, name != "") {
			row := start{head(s, name != ""), s.Said, name}
			if !seen[row] && len(all) < mostStarts {
				seen[row] = true
				all = append(all, row)
			}
		}
	}
	add(d.Number, "")
	add(withoutZeros(d.Number), "")
	add(plainTitle(d.Title), "")
	for _, name := range d.People {
		if name != "" {
			add(name, name)
		}
	}
	return all
}

// plainTitle leaves out what nearly every title begins and ends with: nobody
// looks for it, and it would be a third of the starts.
func plainTitle(title string) string {
	for _, s := range []string{"的提案", "的建议", "的建議"} {
		title = strings.TrimSuffix(title, s)
	}
	for _, s := range []string{"关于", "關於"} {
		title = strings.TrimPrefix(title, s)
	}
	return title
}

// rows that one statement writes.
const startBatch = 25

// begin writes the starts of a row anew.
func begin(tx *db.Tx, r *row, s scope) error {
	if _, err := tx.Exec(`DELETE FROM search_start WHERE n = $1`, r.N); err != nil {
		return err
	}
	if r.form != form {
		if _, err := tx.Exec(`UPDATE search_doc SET form = $2 WHERE n = $1`, r.N, form); err != nil {
			return err
		}
	}
	for rows := range slices.Chunk(begins(&r.Doc), startBatch) {
		var values []string
		args := []any{s.id, r.N}
		for _, row := range rows {
			n := len(args)
			args = append(args, row.head, row.said, row.name)
			values = append(values, `($1, $`+strconv.Itoa(n+1)+`, $2, $`+strconv.Itoa(n+2)+`, $`+strconv.Itoa(n+3)+`)`)
		}
		if _, err := tx.Exec(`INSERT INTO search_start (scope, head, n, said, name) VALUES `+strings.Join(values, ", "), args...); err != nil {
			return err
		}
	}
	return nil
}
