package clock

import (
	"encoding/json"

	"shangliang/internal/calendar"
	"shangliang/internal/db"
)

const columns = `tenant, id, kind, title, subject, object, object_id, link, rule_version, spec, steps,
	started_on, due_on, hard_on, half_on, eighty_on, paused, state, stopped_on, ran_out_on, next_mark, next_on, version`

type row struct {
	Clock
	text string // of the spec
}

func (c *row) fields() []any {
	return []any{&c.Tenant, &c.ID, &c.Kind, &c.Title, &c.Subject, &c.Object, &c.ObjectID, &c.Link, &c.RuleVersion, &c.text, &c.steps,
		&c.StartedOn, &c.DueOn, &c.HardOn, &c.HalfOn, &c.EightyOn, &c.Paused, &c.State, &c.StoppedOn, &c.RanOutOn, &c.nextMark, &c.nextOn, &c.Version}
}

func list(tx *db.Tx, where string, args ...any) ([]*Clock, error) {
	rows, err := db.All(tx, (*row).fields, `SELECT `+columns+` FROM clock `+where, args...)
	if err != nil {
		return nil, err
	}
	all := make([]*Clock, len(rows))
	for i, r := range rows {
		c := &r.Clock
		if err := json.Unmarshal([]byte(r.text), &c.spec); err != nil {
			return nil, err
		}
		c.Term, c.Hard, c.Roll = c.spec.Term, c.spec.Hard, c.spec.Roll
		all[i] = c
	}
	return all, nil
}

func insert(tx *db.Tx, c *Clock) error {
	spec, err := json.Marshal(c.spec)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO clock (`+columns+`) VALUES (`+db.Marks(23)+`)`,
		c.Tenant, c.ID, c.Kind, c.Title, c.Subject, c.Object, c.ObjectID, c.Link, c.RuleVersion, string(spec), c.steps,
		string(c.StartedOn), string(c.DueOn), string(c.HardOn), string(c.HalfOn), string(c.EightyOn), c.Paused, c.State,
		string(c.StoppedOn), string(c.RanOutOn), c.nextMark, string(c.nextOn), c.Version); err != nil {
		return err
	}
	return insertHolders(tx, c)
}

func insertHolders(tx *db.Tx, c *Clock) error {
	for n, h := range c.Holder {
		if _, err := tx.Exec(`INSERT INTO clock_holder (tenant, clock, n, person, role, body) VALUES ($1,$2,$3,$4,$5,$6)`,
			c.Tenant, c.ID, n, h.Person, h.Role, h.Body); err != nil {
			return err
		}
	}
	return nil
}

// update writes what may change, unless the clock has changed since it was read.
func update(tx *db.Tx, c *Clock) error {
	spec, err := json.Marshal(c.spec)
	if err != nil {
		return err
	}
	c.Version++
	return db.Touch(tx.Exec(`UPDATE clock SET spec = $1, steps = $2, due_on = $3, hard_on = $4, half_on = $5, eighty_on = $6, paused = $7,
		state = $8, stopped_on = $9, ran_out_on = $10, next_mark = $11, next_on = $12, version = $13
		WHERE tenant = $14 AND id = $15 AND version = $16`,
		string(spec), c.steps, string(c.DueOn), string(c.HardOn), string(c.HalfOn), string(c.EightyOn), c.Paused,
		c.State, string(c.StoppedOn), string(c.RanOutOn), c.nextMark, string(c.nextOn), c.Version,
		c.Tenant, c.ID, c.Version-1))
}

// Get returns one clock with its holders; NotFound if the tenant has none such.
func (s *Clocks) Get(tx *db.Tx, tenant, id string) (*Clock, error) {
	c, err := db.One(tx, (*row).fields, `SELECT `+columns+` FROM clock WHERE tenant = $1 AND id = $2`, tenant, id)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(c.text), &c.spec); err != nil {
		return nil, err
	}
	c.Term, c.Hard, c.Roll = c.spec.Term, c.spec.Hard, c.spec.Roll
	return &c.Clock, holders(tx, tenant, []*Clock{&c.Clock})
}

// Of returns the clocks of an object in the order in which they were started,
// with their holders.
func (s *Clocks) Of(tx *db.Tx, tenant, object, objectID string) ([]*Clock, error) {
	all, err := list(tx, `WHERE tenant = $1 AND object = $2 AND object_id = $3 ORDER BY id`, tenant, object, objectID)
	if err != nil {
		return nil, err
	}
	return all, holders(tx, tenant, all)
}

// OfMany returns the clocks of many objects of one kind by the objects' ids,
// without holders.
func (s *Clocks) OfMany(tx *db.Tx, tenant, object string, ids []string) (map[string][]*Clock, error) {
	in, args := db.In([]any{tenant, object}, ids)
	all, err := list(tx, `WHERE tenant = $1 AND object = $2 AND object_id IN `+in+` ORDER BY object_id, id`, args...) // by id alone SQLite would read all clocks
	byObject := map[string][]*Clock{}
	for _, c := range all {
		byObject[c.ObjectID] = append(byObject[c.ObjectID], c)
	}
	return byObject, err
}

func holders(tx *db.Tx, tenant string, clocks []*Clock) error {
	byID := map[string]*Clock{}
	var ids []string
	for _, c := range clocks {
		byID[c.ID] = c
		ids = append(ids, c.ID)
	}
	if len(ids) == 0 {
		return nil
	}
	type held struct {
		clock string
		Holder
	}
	in, args := db.In([]any{tenant}, ids)
	all, err := db.All(tx, func(h *held) []any { return []any{&h.clock, &h.Person, &h.Role, &h.Body} },
		`SELECT clock, person, role, body FROM clock_holder WHERE tenant = $1 AND clock IN `+in+` ORDER BY clock, n`, args...)
	for _, h := range all {
		byID[h.clock].Holder = append(byID[h.clock].Holder, h.Holder)
	}
	return err
}

// Overdue lists the tenant's running clocks that were due before today, the
// longest overdue first, without holders.
func (s *Clocks) Overdue(tx *db.Tx, tenant string) ([]*Clock, error) {
	return list(tx, `WHERE tenant = $1 AND state = 'running' AND due_on <> '' AND due_on < $2 ORDER BY due_on, id`,
		tenant, string(calendar.On(tx.Now())))
}

// Due lists the tenant's running clocks that are due from one day to another,
// both included, without holders.
func (s *Clocks) Due(tx *db.Tx, tenant string, from, to calendar.Date) ([]*Clock, error) {
	return list(tx, `WHERE tenant = $1 AND state = 'running' AND due_on >= $2 AND due_on <= $3 AND due_on <> '' ORDER BY due_on, id`,
		tenant, string(from), string(to))
}

// Held lists the running clocks that a person holds, by name or by the role and
// body acted in, the next due first, at most limit, without holders.
func (s *Clocks) Held(tx *db.Tx, tenant, person, role, body string, limit int) ([]*Clock, error) {
	return list(tx, `WHERE tenant = $1 AND state = 'running' AND id IN (
		SELECT clock FROM clock_holder WHERE tenant = $1 AND person = $2 AND person <> ''
		UNION SELECT clock FROM clock_holder WHERE tenant = $1 AND role = $3 AND role <> '' AND (body = '' OR body = $4))
		ORDER BY due_on = '', due_on, id LIMIT $5`, tenant, person, role, body, limit)
}
