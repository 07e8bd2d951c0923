package rule

import (
	"context"
	"strings"
	"unicode/utf8"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
)

// Regulation is one edition of a document that sets rules (提案办理办法等制度): a
// conference's own, or one that the party committee or the government issued.
type Regulation struct {
	ID          string
	Title       string
	Edition     string // "2024年修订"; one title has each edition once
	Issuer      string
	EffectiveOn calendar.Date
	Clauses     string // the text of the clauses that set parameters
	RuleVersion int    // the rule version that it set; 0 if none
	Replaces    string // id of the edition before; "" if none
	Version     int    // 0 to make a new one
	SavedAt     db.Time
}

const regulationColumns = `id, title, edition, issuer, effective_on, clauses, rule_version, replaces, version, saved_at`

func (g *Regulation) fields() []any {
	return []any{&g.ID, &g.Title, &g.Edition, &g.Issuer, &g.EffectiveOn, &g.Clauses, &g.RuleVersion, &g.Replaces, &g.Version, &g.SavedAt}
}

// Regulations lists those of the actor's tenant, the latest in effect first.
func (r *Rules) Regulations(ctx context.Context) (all []*Regulation, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = r.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, (*Regulation).fields, `SELECT `+regulationColumns+` FROM regulation
			WHERE tenant = $1 ORDER BY effective_on DESC, title, id`, a.Tenant)
		return err
	})
	return all, err
}

// Regulation returns one of the actor's tenant.
func (r *Rules) Regulation(ctx context.Context, id string) (g *Regulation, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = r.db.Read(ctx, func(tx *db.Tx) error {
		g, err = regulation(tx, a.Tenant, id)
		return err
	})
	return g, err
}

func regulation(tx *db.Tx, tenant, id string) (*Regulation, error) {
	return db.One(tx, (*Regulation).fields, `SELECT `+regulationColumns+` FROM regulation WHERE tenant = $1 AND id = $2`, tenant, id)
}

// SaveRegulation makes a regulation (Version 0) or corrects one (Version as it
// was read; another is Conflict) and returns its id. A revision of the document
// is a new regulation that Replaces the old. It needs [Manage].
func (r *Rules) SaveRegulation(ctx context.Context, g Regulation) (id string, err error) {
	a, err := actor.Require(ctx, Manage)
	if err != nil {
		return "", err
	}
	for _, s := range []*string{&g.Title, &g.Edition, &g.Issuer, &g.Clauses} {
		*s = strings.TrimSpace(*s)
	}
	var wrong errs.Fields
	wrong.Check(g.Title != "", "title", "请填写标题")
	wrong.Check(g.Issuer != "", "issuer", "请填写发文机关")
	wrong.Check(g.EffectiveOn != "", "effective_on", "请填写施行日期")
	wrong.Check(utf8.RuneCountInString(g.Title) <= 200, "title", "最多 %d 个字", 200)
	wrong.Check(utf8.RuneCountInString(g.Edition) <= 100, "edition", "最多 %d 个字", 100)
	wrong.Check(utf8.RuneCountInString(g.Issuer) <= 200, "issuer", "最多 %d 个字", 200)
	wrong.Check(utf8.RuneCountInString(g.Clauses) <= 100_000, "clauses", "最多 %d 个字", 100_000)
	if err := wrong.Err(); err != nil {
		return "", err
	}
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		done, ok, err := ledger.Replayed(tx)
		if ok || err != nil {
			id = done
			return err
		}
		if _, err := r.Load(tx, a.Tenant, g.RuleVersion); err != nil {
			wrong.Add("rule_version", "没有第 %d 版规则", g.RuleVersion)
			return wrong.Err()
		}
		if g.Replaces != "" {
			if _, err := regulation(tx, a.Tenant, g.Replaces); err != nil || g.Replaces == g.ID {
				wrong.Add("replaces", "没有找到被替代的版本")
				return wrong.Err()
			}
		}
		action := "rule.regulation_correct"
		if g.Version == 0 {
			action, g.ID = "rule.regulation_add", db.NewID()
			_, err = tx.Exec(`INSERT INTO regulation (tenant, `+regulationColumns+`) VALUES (`+db.Marks(11)+`)`,
				a.Tenant, g.ID, g.Title, g.Edition, g.Issuer, string(g.EffectiveOn), g.Clauses, g.RuleVersion, g.Replaces, 1, db.At(tx.Now()))
		} else {
			if _, err := regulation(tx, a.Tenant, g.ID); err != nil {
				return err
			}
			err = db.Touch(tx.Exec(`UPDATE regulation SET title = $1, edition = $2, issuer = $3, effective_on = $4, clauses = $5,
				rule_version = $6, replaces = $7, version = version + 1, saved_at = $8 WHERE tenant = $9 AND id = $10 AND version = $11`,
				g.Title, g.Edition, g.Issuer, string(g.EffectiveOn), g.Clauses, g.RuleVersion, g.Replaces, db.At(tx.Now()), a.Tenant, g.ID, g.Version))
		}
		if db.Duplicate(err) {
			wrong.Add("edition", "这份制度的这一版已经登记过")
			return wrong.Err()
		}
		if err != nil {
			return err
		}
		id = g.ID
		return ledger.Append(tx, ledger.Entry{Action: action, Kind: "regulation", Object: id, Note: g.Title,
			Data: map[string]any{"rule_version": g.RuleVersion, "effective_on": g.EffectiveOn},
			Rows: []ledger.Row{ledger.RowOf("regulation", "tenant", a.Tenant, "id", id)}})
	})
	return id, err
}
