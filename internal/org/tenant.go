package org

import (
	"context"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
)

// tenantRow names a tenant's row; how many sign-in names were made says nothing.
func tenantRow(id string) ledger.Row { return ledger.RowOf("tenant", "id", id).Without("logins") }

func (t *Tenant) check(f *errs.Fields) {
	t.Name, t.ShortName, t.Region, t.RegionCode = tidy(t.Name), tidy(t.ShortName), tidy(t.Region), tidy(t.RegionCode)
	if t.ShortName == "" {
		t.ShortName = t.Name
	}
	checkText(f, "name", t.Name, 1, 60)
	checkText(f, "short_name", t.ShortName, 1, 30)
	checkText(f, "region", t.Region, 0, 60)
	checkText(f, "region_code", t.RegionCode, 0, 12)
	f.Check(known(Levels, t.Level), "level", "请选择层级")
}

// OwnTenant returns the tenant acted in.
func (s *Service) OwnTenant(ctx context.Context) (*Tenant, error) {
	var t *Tenant
	err := s.read(ctx, "", func(tx *db.Tx, a actor.Actor) (err error) {
		t, err = TenantOf(tx, a.Tenant)
		return err
	})
	return t, err
}

// TenantsBelow lists the tenants one level below the actor's own. Wants org.manage.
func (s *Service) TenantsBelow(ctx context.Context) ([]*Tenant, error) {
	var all []*Tenant
	err := s.read(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (err error) {
		all, err = db.All(tx, (*Tenant).fields, `SELECT `+tenantColumns+` FROM tenant WHERE parent = $1 ORDER BY region_code, id`, a.Tenant)
		return err
	})
	return all, err
}

// SaveTenant changes the names, the region and the chosen session of the
// actor's own tenant. Wants org.manage.
func (s *Service) SaveTenant(ctx context.Context, t Tenant) error {
	_, err := s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		var f errs.Fields
		old, err := TenantOf(tx, a.Tenant)
		if err != nil {
			return "", err
		}
		t.Level = old.Level
		t.check(&f)
		if err := f.Err(); err != nil {
			return "", err
		}
		if t.ChosenSession != "" {
			if _, err := SessionOf(tx, a.Tenant, t.ChosenSession); err != nil {
				return "", err
			}
		}
		if err := db.Touch(tx.Exec(`UPDATE tenant SET name = $3, short_name = $4, region_code = $5, region = $6, chosen_session = $7, version = version + 1
			WHERE id = $1 AND version = $2`, a.Tenant, t.Version, t.Name, t.ShortName, t.RegionCode, t.Region, t.ChosenSession)); err != nil {
			return "", err
		}
		return a.Tenant, record(tx, "tenant.change", "tenant", a.Tenant, map[string]any{"chosen_session": t.ChosenSession}, tenantRow(a.Tenant))
	})
	return err
}

// SaveTerm makes a term (without an id) or changes one. Wants org.manage.
func (s *Service) SaveTerm(ctx context.Context, t Term) (string, error) {
	return s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		err := saveTerm(tx, a.Tenant, &t)
		return t.ID, err
	})
}

func saveTerm(tx *db.Tx, tenant string, t *Term) error {
	if t.Name = tidy(t.Name); t.Name == "" {
		t.Name = numeral(t.No) + "届"
	}
	var f errs.Fields
	f.Check(t.No > 0 && t.No < 100, "no", "届数须是1至99的整数")
	checkText(&f, "name", t.Name, 1, 20)
	f.Check(t.From.Year() > 0, "from", "请填写起始日期")
	f.Check(t.To == "" || t.To > t.From, "to", "结束日期须晚于起始日期")
	if err := f.Err(); err != nil {
		return err
	}
	others, err := db.All(tx, (*Term).fields, `SELECT `+termColumns+` FROM term WHERE tenant = $1 AND id <> $2`, tenant, t.ID)
	if err != nil {
		return err
	}
	for _, o := range others {
		f.Check(o.No != t.No, "no", "这一届已经存在")
		f.Check(apart(t.From, t.To, o.From, o.To), "from", "任期与%s重叠", o.Name)
	}
	if err := f.Err(); err != nil {
		return err
	}
	action := "term.change"
	if t.ID == "" {
		action, t.ID = "term.create", db.NewID()
		_, err = tx.Exec(`INSERT INTO term (tenant, id, no, name, from_on, to_on) VALUES ($1,$2,$3,$4,$5,$6)`, tenant, t.ID, t.No, t.Name, t.From, t.To)
	} else {
		err = db.Touch(tx.Exec(`UPDATE term SET no = $4, name = $5, from_on = $6, to_on = $7, version = version + 1 WHERE tenant = $1 AND id = $2 AND version = $3`,
			tenant, t.ID, t.Version, t.No, t.Name, t.From, t.To))
	}
	if err != nil {
		return err
	}
	return record(tx, action, "term", t.ID, map[string]any{"no": t.No, "from": t.From, "to": t.To}, row("term", tenant, t.ID))
}

// apart reports whether two spans share no day; an empty end is open.
func apart(from1, to1, from2, to2 calendar.Date) bool {
	return to1 != "" && to1 < from2 || to2 != "" && to2 < from1
}

// SaveSession makes a session (without an id) or changes one. An empty
// CountsFrom is three months before it opens, an empty title is made from the
// numbers. Wants org.manage.
func (s *Service) SaveSession(ctx context.Context, v Session) (string, error) {
	return s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		err := saveSession(tx, a.Tenant, &v)
		return v.ID, err
	})
}

func saveSession(tx *db.Tx, tenant string, s *Session) error {
	term, err := TermOf(tx, tenant, s.Term)
	if err != nil {
		return err
	}
	if s.Title = tidy(s.Title); s.Title == "" {
		s.Title = term.Name + numeral(s.No) + "次"
	}
	if s.Year == 0 {
		s.Year = s.OpensOn.Year()
	}
	if s.CountsFrom == "" {
		s.CountsFrom = defaultCountsFrom(s.OpensOn)
	}
	var f errs.Fields
	f.Check(s.No > 0 && s.No < 100, "no", "次数须是1至99的整数")
	checkText(&f, "title", s.Title, 1, 20)
	f.Check(s.OpensOn.Year() > 0, "opens_on", "请填写开幕日期")
	f.Check(s.ClosesOn >= s.OpensOn, "closes_on", "闭幕日期不能早于开幕日期")
	f.Check(s.CountsFrom <= s.OpensOn, "counts_from", "起算日期不能晚于开幕日期")
	f.Check(s.Year >= s.OpensOn.Year()-1 && s.Year <= s.OpensOn.Year()+1, "year", "年度与开幕日期不符")
	cutoff := calendar.On(s.Cutoff.Time)
	f.Check(cutoff == "" || cutoff >= s.CountsFrom && cutoff <= s.ClosesOn.AddMonths(3), "cutoff_at", "截止时间须在起算日期之后、闭幕后三个月之内")
	if err := f.Err(); err != nil {
		return err
	}
	others, err := Sessions(tx, tenant)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.ID == s.ID {
			continue
		}
		f.Check(o.Term != s.Term || o.No != s.No, "no", "这次会议已经存在")
		f.Check(o.CountsFrom != s.CountsFrom, "counts_from", "起算日期与%s相同", o.Title)
	}
	if err := f.Err(); err != nil {
		return err
	}
	action := "session.change"
	if s.ID == "" {
		action, s.ID = "session.create", db.NewID()
		_, err = tx.Exec(`INSERT INTO session (tenant, id, term, no, title, year, opens_on, closes_on, cutoff_at, counts_from) VALUES (`+db.Marks(10)+`)`,
			tenant, s.ID, s.Term, s.No, s.Title, s.Year, s.OpensOn, s.ClosesOn, s.Cutoff, s.CountsFrom)
	} else {
		err = db.Touch(tx.Exec(`UPDATE session SET term = $4, no = $5, title = $6, year = $7, opens_on = $8, closes_on = $9, cutoff_at = $10, counts_from = $11, version = version + 1
			WHERE tenant = $1 AND id = $2 AND version = $3`,
			tenant, s.ID, s.Version, s.Term, s.No, s.Title, s.Year, s.OpensOn, s.ClosesOn, s.Cutoff, s.CountsFrom))
	}
	if err != nil {
		return err
	}
	return record(tx, action, "session", s.ID,
		map[string]any{"term": s.Term, "no": s.No, "opens_on": s.OpensOn, "closes_on": s.ClosesOn, "cutoff_at": s.Cutoff, "counts_from": s.CountsFrom},
		row("session", tenant, s.ID))
}

// SaveDay sets a day of the tenant's calendar: a holiday, a make-up workday, or
// with an empty kind an ordinary day of the week, whatever the national table
// says. Wants org.manage.
func (s *Service) SaveDay(ctx context.Context, d calendar.Day) error {
	_, err := s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		d.Name = tidy(d.Name)
		var f errs.Fields
		f.Check(d.Date.Year() > 0, "date", "请填写日期")
		f.Check(d.Kind == "" || d.Kind == calendar.Holiday || d.Kind == calendar.Workday, "kind", "请选择这一天放假还是上班")
		checkText(&f, "name", d.Name, 0, 20)
		f.Check(d.Kind == "" || d.Name != "", "name", "请填写")
		if err := f.Err(); err != nil {
			return "", err
		}
		if _, err := tx.Exec(`INSERT INTO calendar_day (tenant, day_on, kind, name) VALUES ($1,$2,$3,$4)
			ON CONFLICT (tenant, day_on) DO UPDATE SET kind = excluded.kind, name = excluded.name`, a.Tenant, d.Date, string(d.Kind), d.Name); err != nil {
			return "", err
		}
		return string(d.Date), record(tx, "calendar_day.change", "calendar_day", string(d.Date), map[string]any{"kind": d.Kind}, dayRow(a.Tenant, d.Date))
	})
	return err
}

// DropDay gives a day back to the national table. Wants org.manage.
func (s *Service) DropDay(ctx context.Context, day calendar.Date) error {
	_, err := s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		n, err := tx.Exec(`DELETE FROM calendar_day WHERE tenant = $1 AND day_on = $2`, a.Tenant, day)
		if err != nil {
			return "", err
		}
		if n == 0 {
			return "", errs.Missing()
		}
		return string(day), record(tx, "calendar_day.drop", "calendar_day", string(day), nil, dayRow(a.Tenant, day))
	})
	return err
}

func dayRow(tenant string, day calendar.Date) ledger.Row {
	return ledger.RowOf("calendar_day", "tenant", tenant, "day_on", string(day))
}

// Keeps reports whether a tenant's administrators keep the installation too:
// those of the tenant above which there is none.
func (s *Service) Keeps(ctx context.Context, tenant string) (bool, error) {
	var ids []string
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		ids, err = db.Column[string](tx, `SELECT id FROM tenant WHERE id = $1 AND parent IS NULL`, tenant)
		return err
	})
	return len(ids) == 1, err
}
