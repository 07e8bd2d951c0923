package search

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
)

// A term is one word of the full text. Those of a document's text begin with
// its scope ("7_教育"), those for its kind, facets and narrow audiences are
// marks ("_" and a hash). No text and no query yields a term with "_" in it, so
// that nobody writes himself into a document or a match.

// scope is a row of search_scope.
type scope struct {
	id       int64
	audience string // wide ones, as [wide] joins them
}

func (s *scope) fields() []any { return []any{&s.id, &s.audience} }

// term is a token of the text in this scope.
func (s scope) term(token string) string { return strconv.FormatInt(s.id, 36) + "_" + token }

// wide returns the wide audiences of a sorted list, as search_scope keeps them.
func wide(audience []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(audience), narrow), "\n")
}

func narrow(audience string) bool { return strings.Contains(audience, ":") }

// scopesOf returns all scopes of a tenant.
func scopesOf(tx *db.Tx, tenant string) ([]*scope, error) {
	return db.All(tx, (*scope).fields, `SELECT id, audience FROM search_scope WHERE tenant = $1 ORDER BY id`, tenant)
}

// scopeOf returns the scope of a tenant's documents with these wide audiences.
func scopeOf(tx *db.Tx, tenant, audience string) (scope, error) {
	s := scope{audience: audience}
	err := tx.Get(`SELECT id FROM search_scope WHERE tenant = $1 AND audience = $2`, []any{tenant, audience}, &s.id)
	if errs.Is(err, errs.NotFound) {
		err = tx.Get(`INSERT INTO search_scope (id, tenant, audience)
			SELECT COALESCE(MAX(id), 0) + 1, $1, $2 FROM search_scope RETURNING id`, []any{tenant, audience}, &s.id)
	}
	return s, err
}

// The kinds of marks.
const (
	audienceMark = "audience"
	kindMark     = "kind"
	facetMark    = "facet"
)

func mark(what, tenant string, value ...string) string {
	h := sha256.Sum256([]byte(what + "\x00" + tenant + "\x00" + strings.Join(value, "\x00")))
	return "_" + hex.EncodeToString(h[:12])
}

// terms returns the terms of a document, those of its text first.
func terms(d *Doc, s scope) []string {
	all := han.Tokens(d.text())
	for i, token := range all {
		all[i] = s.term(token)
	}
	all = append(all, s.term(""), mark(kindMark, d.Tenant, d.Kind))
	for _, a := range d.Audience {
		if narrow(a) {
			all = append(all, mark(audienceMark, d.Tenant, a))
		}
	}
	for name, value := range d.Facets {
		all = append(all, mark(facetMark, d.Tenant, name, value))
	}
	return all
}

// grammar is how a database writes a match.
type grammar struct {
	and, or string
	phrase  func(terms []string, prefix bool) string
}

func (g grammar) one(term string) string { return g.phrase([]string{term}, false) }

func (g grammar) join(parts []string, by string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, by) + ")"
}

// match writes what q looks for, given the scopes of its tenant; empty if there
// is nothing that q may see.
func (g grammar) match(q *Query, phrases []han.Phrase, scopes []*scope) string {
	var open, rest []string // the text in scopes seen wholly, and in the others
	for _, s := range scopes {
		if q.sees(lines(s.audience)) {
			open = append(open, g.text(*s, phrases))
		} else {
			rest = append(rest, g.text(*s, phrases))
		}
	}
	if own := g.own(q); own != "" && len(rest) > 0 {
		open = append(open, g.join([]string{g.join(rest, g.or), own}, g.and))
	}
	if len(open) == 0 {
		return ""
	}
	parts := []string{g.join(open, g.or)}
	if len(q.Kinds) > 0 {
		var kinds []string
		for _, k := range q.Kinds {
			kinds = append(kinds, g.one(mark(kindMark, q.Tenant, k)))
		}
		parts = append(parts, g.join(kinds, g.or))
	}
	for name, value := range q.Facets {
		parts = append(parts, g.one(mark(facetMark, q.Tenant, name, value)))
	}
	slices.SortFunc(parts[1:], cmp.Compare[string]) // the same text for the same question
	return g.join(parts, g.and)
}

// own writes what answers to one of q's narrow audiences; empty without any.
func (g grammar) own(q *Query) string {
	var own []string
	for _, a := range q.Audience {
		if narrow(a) {
			own = append(own, g.one(mark(audienceMark, q.Tenant, a)))
		}
	}
	if len(own) == 0 {
		return ""
	}
	return g.join(own, g.or)
}

// text writes all phrases in one scope; without phrases, anything in it.
func (g grammar) text(s scope, phrases []han.Phrase) string {
	if len(phrases) == 0 {
		return g.one(s.term(""))
	}
	var parts []string
	for _, p := range phrases {
		ts := make([]string, len(p.Tokens))
		for i, token := range p.Tokens {
			ts[i] = s.term(token)
		}
		parts = append(parts, g.phrase(ts, p.Prefix))
	}
	return g.join(parts, g.and)
}
