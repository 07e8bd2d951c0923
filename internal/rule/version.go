package rule

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
)

// Version is the settings of one tenant as they stood in one version. It never
// changes and may be shared. Version 0 is the defaults of the program.
//
// The getters take the id of a declared setting of that kind; any other id is a
// mistake in the program and panics, which a module's tests find.
type Version struct {
	Tenant    string
	N         int
	ValidFrom calendar.Date // "" for version 0
	Base      int           // the version that this one changed
	Note      string
	SavedBy   string // person
	SavedName string
	SavedAt   time.Time
	Withdrawn bool // taken back before it came into force

	id     string
	rules  *Rules
	values map[string]value // only what was saved; a setting declared later has its default
}

func (v *Version) get(id string, kinds ...Kind) value {
	def := v.rules.byID[id]
	if def == nil {
		panic("rule: no setting " + id + " is declared")
	}
	if len(kinds) > 0 && !slices.Contains(kinds, def.Kind) {
		panic(fmt.Sprintf("rule: %s is %s, read as %s", id, def.Kind, kinds[0]))
	}
	if val, ok := v.values[id]; ok {
		return val
	}
	return v.rules.defaults[id]
}

// Term returns a deadline's length; zero if the tenant has none.
func (v *Version) Term(id string) calendar.Term { return v.get(id, Term).term }

// Int returns a number.
func (v *Version) Int(id string) int { return v.get(id, Int).n }

// Bool returns a switch.
func (v *Version) Bool(id string) bool { return v.get(id, Bool).yes }

// Text returns a text, or the key of a choice.
func (v *Version) Text(id string) string { return v.get(id, Text, Choice).text }

// Codes returns a code set with its retired codes, which old cases still name;
// Codes.Active is what may be chosen. The slice is shared.
func (v *Version) Codes(id string) Codes { return v.get(id, CodeSet).codes }

// Code returns one code of a set, retired or not.
func (v *Version) Code(id, key string) (Code, bool) { return v.Codes(id).Find(key) }

// Raw returns the text form of any setting, as [Rules.Save] takes it.
func (v *Version) Raw(id string) string { return v.get(id).text }

// Readable writes any setting for a person.
func (v *Version) Readable(ctx context.Context, id string) string {
	val := v.get(id)
	def := v.rules.byID[id]
	switch def.Kind {
	case Term:
		if val.term.IsZero() {
			return lang.T(ctx, "不设时限")
		}
		return val.term.Text(ctx)
	case Bool:
		if val.yes {
			return lang.T(ctx, "是")
		}
		return lang.T(ctx, "否")
	case Choice:
		c, _ := def.Choices.Find(val.text)
		return c.Label
	case CodeSet:
		labels := make([]string, len(val.codes))
		for i, c := range val.codes {
			labels[i] = readableCode(ctx, c)
		}
		return strings.Join(labels, lang.T(ctx, "、"))
	}
	return val.text
}

func readableCode(ctx context.Context, c Code) string {
	if c.Retired {
		return lang.T(ctx, "%s（已停用）", c.Label)
	}
	return c.Label
}

// Difference is one setting that two versions have differently. Before and After
// are in text form; Codes says what changed within a code set.
type Difference struct {
	Definition Definition
	Before     string
	After      string
	Codes      []CodeChange
}

// CodeChange is one code that was added (no Before), changed, or is gone (no After).
type CodeChange struct {
	Key           string
	Before, After *Code
}

// Compare lists what b has differently from a, in the order of declaration.
// Versions of different tenants may be compared.
func (r *Rules) Compare(a, b *Version) []Difference {
	var all []Difference
	for _, def := range r.defs {
		x, y := a.get(def.ID), b.get(def.ID)
		if x.text == y.text {
			continue
		}
		all = append(all, Difference{Definition: def, Before: x.text, After: y.text, Codes: compareCodes(x.codes, y.codes)})
	}
	return all
}

func compareCodes(a, b Codes) []CodeChange {
	var all []CodeChange
	for _, after := range b {
		before, ok := a.Find(after.Key)
		switch {
		case !ok:
			all = append(all, CodeChange{Key: after.Key, After: &after})
		case before != after:
			all = append(all, CodeChange{Key: after.Key, Before: &before, After: &after})
		}
	}
	for _, before := range a {
		if _, ok := b.Find(before.Key); !ok {
			all = append(all, CodeChange{Key: before.Key, Before: &before})
		}
	}
	return all
}

// — reading —

const versionColumns = `tenant, n, id, valid_from, base, settings, note, saved_by, saved_name, saved_at, withdrawn`

type versionRow struct {
	Version
	settings string
	savedAt  db.Time
}

func (v *versionRow) fields() []any {
	return []any{&v.Tenant, &v.N, &v.id, &v.ValidFrom, &v.Base, &v.settings, &v.Note, &v.SavedBy, &v.SavedName, &v.savedAt, &v.Withdrawn}
}

// version makes the immutable value of a row.
func (r *Rules) version(row *versionRow) (*Version, error) {
	v := row.Version
	v.rules, v.SavedAt, v.values = r, row.savedAt.Time, map[string]value{}
	var settings map[string]string
	if err := json.Unmarshal([]byte(row.settings), &settings); err != nil {
		return nil, fmt.Errorf("rule: version %d of %s: %w", v.N, v.Tenant, err)
	}
	for id, text := range settings {
		def := r.byID[id]
		if def == nil { // a setting that the program no longer has
			continue
		}
		val, err := def.parse(text)
		if err != nil {
			return nil, fmt.Errorf("rule: version %d of %s: %s: %w", v.N, v.Tenant, id, err)
		}
		v.values[id] = val
	}
	return &v, nil
}

// Defaults returns version 0 of a tenant.
func (r *Rules) Defaults(tenant string) *Version { return &Version{Tenant: tenant, rules: r} }

// Now returns the version in force today: of those valid by now, the newest.
func (r *Rules) Now(tx *db.Tx, tenant string) (*Version, error) {
	return r.On(tx, tenant, calendar.On(tx.Now()))
}

// On returns the version in force on a day.
func (r *Rules) On(tx *db.Tx, tenant string, day calendar.Date) (*Version, error) {
	return r.one(tx, tenant, `SELECT n, id, withdrawn FROM rule_version
		WHERE tenant = $1 AND valid_from <= $2 AND NOT withdrawn ORDER BY n DESC LIMIT 1`, tenant, string(day))
}

// Load returns a version by its number; NotFound if the tenant has no such one.
func (r *Rules) Load(tx *db.Tx, tenant string, n int) (*Version, error) {
	if n == 0 {
		return r.Defaults(tenant), nil
	}
	v, err := r.one(tx, tenant, `SELECT n, id, withdrawn FROM rule_version WHERE tenant = $1 AND n = $2`, tenant, n)
	if err == nil && v.N != n {
		return nil, errs.Missing()
	}
	return v, err
}

// one finds a version's id by a query and takes its settings from memory when it
// can. The memory goes by the id, not the number: a number whose transaction was
// undone is given again.
func (r *Rules) one(tx *db.Tx, tenant, query string, args ...any) (*Version, error) {
	var n int
	var id string
	var withdrawn bool
	err := tx.Get(query, args, &n, &id, &withdrawn)
	if errs.Is(err, errs.NotFound) {
		return r.Defaults(tenant), nil
	}
	if err != nil {
		return nil, err
	}
	r.mu.RLock()
	v := r.cache[id]
	r.mu.RUnlock()
	if v != nil && v.Withdrawn == withdrawn {
		return v, nil
	}
	row, err := db.One(tx, (*versionRow).fields, `SELECT `+versionColumns+` FROM rule_version WHERE tenant = $1 AND n = $2`, tenant, n)
	if err != nil {
		return nil, err
	}
	if v, err = r.version(row); err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.cache[id] = v
	r.mu.Unlock()
	return v, nil
}

// Versions lists a tenant's versions, the newest first, without version 0.
func (r *Rules) Versions(tx *db.Tx, tenant string) ([]*Version, error) {
	rows, err := db.All(tx, (*versionRow).fields, `SELECT `+versionColumns+` FROM rule_version WHERE tenant = $1 ORDER BY n DESC`, tenant)
	if err != nil {
		return nil, err
	}
	all := make([]*Version, len(rows))
	for i, row := range rows {
		if all[i], err = r.version(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}
