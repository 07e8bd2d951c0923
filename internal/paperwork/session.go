package paperwork

import (
	"context"
	"strconv"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/org"
	"shangliang/internal/paper"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Handed draws the lists of what departments got (交办表), one page or more for
// each: all of a session or one department's. There must be some, else it is a
// NotFound error.
func (s *Service) Handed(ctx context.Context, session, unit string) (d *paper.Document, name string, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, "", err
	}
	all, err := s.proposals.Handed(ctx, session, unit)
	if err != nil {
		return nil, "", err
	}
	if len(all) == 0 {
		return nil, "", errs.New(errs.NotFound, "还没有交办的提案")
	}
	var tenant *org.Tenant
	var meeting *org.Session
	var departments []*org.Body
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		if tenant, err = org.TenantOf(tx, a.Tenant); err != nil {
			return err
		}
		if meeting, err = org.SessionOf(tx, a.Tenant, session); err != nil {
			return err
		}
		departments, err = org.Bodies(tx, a.Tenant, "department")
		return err
	})
	if err != nil {
		return nil, "", err
	}
	d, name = handed(tenant, meeting, departments, all)
	return d, name, nil
}
