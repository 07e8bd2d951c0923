package org

import (
	"context"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
)

// SaveBody makes a body (without an id) or changes one; its kind stays. One that
// is made inactive can no longer be chosen but keeps its records and people.
// Wants org.manage.
func (s *Service) SaveBody(ctx context.Context, b Body) (string, error) {
	return s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		if b.ID == "" {
			b.Active = true
		}
		err := saveBody(tx, a.Tenant, &b)
		return b.ID, err
	})
}

// AddBodies makes several bodies at once, such as chosen [Defaults]; those whose
// kind and name exist are left as they are. Wants org.manage.
func (s *Service) AddBodies(ctx context.Context, bodies []Body) error {
	_, err := s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		have, err := Bodies(tx, a.Tenant, "")
		if err != nil {
			return "", err
		}
		there := map[[2]string]bool{}
		for _, b := range have {
			there[[2]string{b.Kind, b.Name}] = true
		}
		for _, b := range bodies {
			key := [2]string{b.Kind, tidy(b.Name)}
			if there[key] {
				continue
			}
			there[key] = true
			b.ID, b.Active, b.Position = "", true, len(there)
			if err := saveBody(tx, a.Tenant, &b); err != nil {
				return "", err
			}
		}
		return a.Tenant, nil
	})
	return err
}

func saveBody(tx *db.Tx, tenant string, b *Body) error {
	b.Name, b.ShortName, b.Phone, b.Contact = tidy(b.Name), tidy(b.ShortName), tidy(b.Phone), tidy(b.Contact)
	var old *Body
	if b.ID != "" {
		var err error
		if old, err = BodyOf(tx, tenant, b.ID); err != nil {
			return err
		}
		b.Kind = old.Kind
	}
	var f errs.Fields
	f.Check(known(Kinds, b.Kind), "kind", "请选择类别")
	checkText(&f, "name", b.Name, 1, 60)
	checkText(&f, "short_name", b.ShortName, 0, 30)
	checkText(&f, "phone", b.Phone, 0, 40)
	checkText(&f, "contact", b.Contact, 0, 40)
	f.Check(b.System == "" || known(Systems, b.System), "system", "请选择系统")
	if b.Kind == "department" && b.System == "" {
		f.Add("system", "请选择系统")
	}
	if err := f.Err(); err != nil {
		return err
	}
	same, err := db.Column[string](tx, `SELECT id FROM body WHERE tenant = $1 AND kind = $2 AND name = $3 AND id <> $4`, tenant, b.Kind, b.Name, b.ID)
	if err != nil {
		return err
	}
	f.Check(len(same) == 0, "name", "已有同名的%s", Title(Kinds, b.Kind))
	for at, steps := b.Parent, 0; at != ""; steps++ {
		p, err := BodyOf(tx, tenant, at)
		if errs.Is(err, errs.NotFound) || at == b.ID || steps > 20 {
			f.Add("parent", "上级单位不对")
			break
		}
		if err != nil {
			return err
		}
		at = p.Parent
	}
	if err := f.Err(); err != nil {
		return err
	}
	action := "body.change"
	switch {
	case old == nil:
		action, b.ID = "body.create", db.NewID()
		_, err = tx.Exec(`INSERT INTO body (tenant, id, kind, name, short_name, parent, system, phone, contact, position, active) VALUES (`+db.Marks(11)+`)`,
			tenant, b.ID, b.Kind, b.Name, b.ShortName, b.Parent, b.System, b.Phone, b.Contact, b.Position, b.Active)
	case old.Active != b.Active && !b.Active:
		action = "body.deactivate"
		fallthrough
	default:
		err = db.Touch(tx.Exec(`UPDATE body SET name = $4, short_name = $5, parent = $6, system = $7, phone = $8, contact = $9, position = $10, active = $11, version = version + 1
			WHERE tenant = $1 AND id = $2 AND version = $3`,
			tenant, b.ID, b.Version, b.Name, b.ShortName, b.Parent, b.System, b.Phone, b.Contact, b.Position, b.Active))
	}
	if err != nil {
		return err
	}
	return record(tx, action, "body", b.ID, map[string]any{"kind": b.Kind, "system": b.System, "parent": b.Parent, "active": b.Active}, row("body", tenant, b.ID))
}
