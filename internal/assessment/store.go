package assessment

import (
	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/ledger"
)

// find returns an assessment in the actor's reach: for the office all, for a
// department those published that it was part of.
func find(tx *db.Tx, a actor.Actor, id string) (*Assessment, error) {
	return db.One(tx, (*Assessment).fields, `SELECT `+columns+` FROM assessment t WHERE t.tenant = $1 AND t.id = $2 AND `+reach, a.Tenant, id, office(a), department(a))
}

// reach is over t: $3 says that the actor reads all, $4 is their department.
const reach = `($3 OR t.state = 'published' AND EXISTS (SELECT 1 FROM assessment_unit o WHERE o.tenant = t.tenant AND o.assessment = t.id AND o.unit = $4))`

func office(a actor.Actor) bool { return a.Can("assessment.read") || a.Can("assessment.manage") }

func department(a actor.Actor) string {
	if a.Can("assessment.own") {
		return a.Body
	}
	return ""
}

func insert(tx *db.Tx, t *Assessment) error {
	_, err := tx.Exec(`INSERT INTO assessment (tenant, id, session, year, title, as_of, rate_until, state, rule_version, decision, person, created_at, scored_at, published_at, version) VALUES (`+db.Marks(15)+`)`,
		t.Tenant, t.ID, t.Session, t.Year, t.Title, t.AsOf, t.RateUntil, t.State, t.Rules, t.Decision, t.Person, t.CreatedAt, t.ScoredAt, t.PublishedAt, t.Version)
	return err
}

func update(tx *db.Tx, t *Assessment) error {
	return db.Touch(tx.Exec(`UPDATE assessment SET session = $4, year = $5, title = $6, as_of = $7, rate_until = $8, state = $9, rule_version = $10, decision = $11, scored_at = $12, published_at = $13, version = version + 1
		WHERE tenant = $1 AND id = $2 AND version = $3`, t.Tenant, t.ID, t.Version, t.Session, t.Year, t.Title, t.AsOf, t.RateUntil, t.State, t.Rules, t.Decision, t.ScoredAt, t.PublishedAt))
}

// units are the departments of an assessment, or the one given, by place and name.
func units(tx *db.Tx, tenant, id, unit string) ([]*Unit, error) {
	return db.All(tx, func(u *Unit) []any { return append(u.fields(), &u.Name) },
		`SELECT `+unitColumns+`, COALESCE(NULLIF(b.short_name, ''), b.name) FROM assessment_unit u JOIN body b ON b.tenant = u.tenant AND b.id = u.unit
		WHERE u.tenant = $1 AND u.assessment = $2 AND ($3 = '' OR u.unit = $3) ORDER BY CASE WHEN u.place = 0 THEN 1 ELSE 0 END, u.place, b.position, u.unit`, tenant, id, unit)
}

func updateUnit(tx *db.Tx, u *Unit) error {
	return db.Touch(tx.Exec(`UPDATE assessment_unit SET total = $5, place = $6, level = $7, improve = $8, version = version + 1 WHERE tenant = $1 AND assessment = $2 AND unit = $3 AND version = $4`,
		u.Tenant, u.Assessment, u.Unit, u.Version, u.Total, u.Place, u.Level, u.Improve))
}

// putUnits replaces the departments of an assessment and names the rows it wrote.
func putUnits(tx *db.Tx, t *Assessment, ids []string) (rows []ledger.Row, err error) {
	old, err := units(tx, t.Tenant, t.ID, "")
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(`DELETE FROM assessment_unit WHERE tenant = $1 AND assessment = $2`, t.Tenant, t.ID); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, id := range ids {
		u := &Unit{Tenant: t.Tenant, Assessment: t.ID, Unit: id}
		if _, err := tx.Exec(`INSERT INTO assessment_unit (tenant, assessment, unit) VALUES ($1, $2, $3)`, u.Tenant, u.Assessment, u.Unit); err != nil {
			return nil, err
		}
		seen[id] = true
		rows = append(rows, u.row())
	}
	for _, u := range old {
		if !seen[u.Unit] {
			rows = append(rows, u.row())
		}
	}
	return rows, nil
}

func scores(tx *db.Tx, tenant, id string) ([]*Score, error) {
	return db.All(tx, (*Score).fields, `SELECT `+scoreColumns+` FROM assessment_score WHERE tenant = $1 AND assessment = $2`, tenant, id)
}

// dropScores takes the scores of an earlier counting away and names their rows.
func dropScores(tx *db.Tx, t *Assessment) (rows []ledger.Row, err error) {
	old, err := scores(tx, t.Tenant, t.ID)
	if err != nil {
		return nil, err
	}
	for _, s := range old {
		rows = append(rows, s.row())
	}
	_, err = tx.Exec(`DELETE FROM assessment_score WHERE tenant = $1 AND assessment = $2`, t.Tenant, t.ID)
	return rows, err
}

func insertScore(tx *db.Tx, s *Score) error {
	_, err := tx.Exec(`INSERT INTO assessment_score (`+scoreColumns+`) VALUES (`+db.Marks(8)+`)`, s.Tenant, s.Assessment, s.Unit, s.Indicator, s.Num, s.Den, s.Value, s.Weight)
	return err
}

// Answered is a proposal that a department answered, with what it thinks of it.
type Answered struct {
	Proposal, Title string
	CaseNo          int
	Value           int
	Rated           bool
}

// answered are the proposals of the year that a department answered.
func answered(tx *db.Tx, t *Assessment, unit string) ([]*Answered, error) {
	return db.All(tx, func(x *Answered) []any { return []any{&x.Proposal, &x.CaseNo, &x.Title, &x.Value, &x.Rated} },
		`SELECT p.id, p.case_no, p.title, COALESCE(q.value, 0), q.value IS NOT NULL FROM proposal p
		LEFT JOIN assessment_quality q ON q.tenant = p.tenant AND q.assessment = $3 AND q.unit = $4 AND q.proposal = p.id
		WHERE p.tenant = $1 AND p.year = $2 AND p.id IN (SELECT y.proposal FROM assignment y WHERE y.tenant = $1 AND y.unit = $4 AND y.role <> 'co_handler' AND y.state = 'delivered')
		ORDER BY p.case_no, p.id`, t.Tenant, t.Year, t.ID, unit)
}
