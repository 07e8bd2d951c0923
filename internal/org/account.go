package org

import (
	"context"
	"fmt"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
)

// accountOf is the account of a person in a tenant, nil without one.
func accountOf(tx *db.Tx, tenant, person string) (*Account, error) {
	all, err := db.All(tx, (*Account).fields, `SELECT `+accountColumns+` FROM account
		WHERE id IN (SELECT account FROM grant_role WHERE tenant = $1 AND person = $2) ORDER BY id LIMIT 1`, tenant, person)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// makeAccount writes an account for a person. The sign-in name is the one
// wanted, else the member number, else one made from the tenant's code.
func makeAccount(tx *db.Tx, tenant string, p *Person, login, hashed string, mustChange bool) (id, taken string, err error) {
	free := func(login string) (bool, error) {
		ids, err := db.Column[string](tx, `SELECT id FROM account WHERE login = $1`, login)
		return len(ids) == 0 && loginForm.MatchString(login), err
	}
	wanted := login != ""
	if login = tidyLogin(login); login == "" && len(p.MemberNo) >= 4 {
		login = tidyLogin(p.MemberNo)
	}
	ok, err := free(login)
	if err != nil {
		return "", "", err
	}
	if !ok && wanted {
		var f errs.Fields
		f.Add("login", "登录名已被使用，或者不是3至40个小写字母、数字")
		return "", "", f.Err()
	}
	for !ok {
		var code string
		var n int
		if err := tx.Get(`UPDATE tenant SET logins = logins + 1 WHERE id = $1 RETURNING code, logins`, []any{tenant}, &code, &n); err != nil {
			return "", "", err
		}
		login = fmt.Sprintf("%s%04d", code, n)
		if ok, err = free(login); err != nil {
			return "", "", err
		}
	}
	id = db.NewID()
	if _, err := tx.Exec(`INSERT INTO account (id, home, login, email, password, must_change, created_at) VALUES ($1,$2,$3,$4,$5,$6,$7)`,
		id, tenant, login, p.Email, hashed, mustChange, db.At(tx.Now())); err != nil {
		return "", "", err
	}
	return id, login, record(tx, "account.create", "account", id, map[string]any{"person": p.ID})
}

// addGrant checks and writes a grant.
func addGrant(tx *db.Tx, g *Grant) (string, error) {
	if g.From == "" {
		g.From = Today(tx)
	}
	role, ok := RoleOf(g.Role)
	var f errs.Fields
	f.Check(ok, "role", "请选择角色")
	f.Check(g.From.Year() > 0, "from", "请填写起始日期")
	f.Check(g.To == "" || g.To >= g.From, "to", "结束日期不能早于起始日期")
	if _, err := PersonOf(tx, g.Tenant, g.Person); err != nil {
		return "", err
	}
	switch {
	case len(role.Kinds) == 0:
		g.Body = ""
	case g.Body == "":
		f.Add("body", "“%s”需要选择所属单位", role.Title)
	default:
		b, err := BodyOf(tx, g.Tenant, g.Body)
		if err != nil {
			return "", err
		}
		right := false
		for _, k := range role.Kinds {
			right = right || k == b.Kind
		}
		f.Check(right && b.Active, "body", "“%s”不能设在“%s”", role.Title, b.Name)
	}
	if err := f.Err(); err != nil {
		return "", err
	}
	same, err := db.All(tx, (*Grant).fields, `SELECT `+grantColumns+` FROM grant_role WHERE tenant = $1 AND account = $2 AND person = $3 AND role = $4 AND body = $5`,
		g.Tenant, g.Account, g.Person, g.Role, g.Body)
	if err != nil {
		return "", err
	}
	for _, o := range same {
		f.Check(apart(g.From, g.To, o.From, o.To), "role", "已经有这个角色")
	}
	if err := f.Err(); err != nil {
		return "", err
	}
	g.ID = db.NewID()
	if _, err := tx.Exec(`INSERT INTO grant_role (tenant, id, account, person, role, body, from_on, to_on) VALUES (`+db.Marks(8)+`)`,
		g.Tenant, g.ID, g.Account, g.Person, g.Role, g.Body, g.From, g.To); err != nil {
		return "", err
	}
	return g.ID, record(tx, "grant_role.add", "person", g.Person,
		map[string]any{"id": g.ID, "account": g.Account, "role": g.Role, "body": g.Body, "from": g.From, "to": g.To}, row("grant_role", g.Tenant, g.ID))
}

// alreadyShown is the answer to a repeated request whose secret was shown once.
func alreadyShown() error {
	return errs.New(errs.Conflict, "这项操作刚才已经完成，密码或密钥只显示一次；没有记下的话请重新生成")
}

// CreateAccount gives a person of the actor's tenant an account with roles, of
// which Role, Body, From and To count, and returns the one-time password. Wants
// org.manage.
func (s *Service) CreateAccount(ctx context.Context, person, login string, grants []Grant) (OneTime, error) {
	var out OneTime
	password, hashed := oneTime()
	_, err := s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		p, err := PersonOf(tx, a.Tenant, person)
		if err != nil {
			return "", err
		}
		have, err := accountOf(tx, a.Tenant, person)
		if err != nil {
			return "", err
		}
		if have != nil {
			return "", errs.New(errs.Conflict, "这个人已有账号“%s”", have.Login)
		}
		if len(grants) == 0 {
			var f errs.Fields
			f.Add("role", "请选择角色")
			return "", f.Err()
		}
		out = OneTime{Name: p.Name, Password: password}
		if out.Account, out.Login, err = makeAccount(tx, a.Tenant, p, login, hashed, true); err != nil {
			return "", err
		}
		for _, g := range grants {
			g.Tenant, g.Account, g.Person = a.Tenant, out.Account, person
			if _, err := addGrant(tx, &g); err != nil {
				return "", err
			}
		}
		return out.Account, nil
	})
	if err == nil && out.Account == "" {
		err = alreadyShown()
	}
	if err != nil {
		return OneTime{}, err
	}
	return out, nil
}

// AddGrant gives an account one more role in the actor's tenant: the account
// named by Account, or by its sign-in name where that is of another tenant.
// Wants org.manage.
func (s *Service) AddGrant(ctx context.Context, g Grant, login string) (string, error) {
	return s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		g.Tenant = a.Tenant
		who, err := credentialedBy(tx, `id = $1`, g.Account)
		if login != "" {
			who, err = credentialedBy(tx, `login = $1`, tidyLogin(login))
		} else if err == nil && who.home != a.Tenant { // an id alone reaches no other tenant's account
			err = errs.Missing()
		}
		if err != nil {
			return "", err
		}
		g.Account = who.id
		tx.AfterCommit(s.cache.forget)
		return addGrant(tx, &g)
	})
}

// EndGrant sets the last day of a role. A tenant keeps an administrator. Wants
// org.manage.
func (s *Service) EndGrant(ctx context.Context, id string, version int, on calendar.Date) error {
	_, err := s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		if on == "" {
			on = Today(tx).AddDays(-1) // at once
		}
		if err := othersManage(tx, a.Tenant, id); err != nil {
			return "", err
		}
		tx.AfterCommit(s.cache.forget)
		return id, endOne(tx, a.Tenant, "grant_role", id, version, on)
	})
	return err
}

// othersManage is a Conflict error if a tenant would be without an active
// administrator when a grant ended.
func othersManage(tx *db.Tx, tenant, but string) error {
	var role string
	if err := tx.Get(`SELECT role FROM grant_role WHERE tenant = $1 AND id = $2`, []any{tenant, but}, &role); err != nil || role != "admin" {
		return err
	}
	others, err := db.Column[string](tx, `SELECT g.id FROM grant_role g JOIN account a ON a.id = g.account
		WHERE g.tenant = $1 AND g.role = 'admin' AND g.to_on = '' AND g.from_on <= $2 AND g.id <> $3 AND a.active LIMIT 1`, tenant, Today(tx), but)
	if err == nil && len(others) == 0 {
		err = errs.New(errs.Conflict, "至少要保留一名系统管理员")
	}
	return err
}

// home finds an account that the actor's tenant administers.
func home(tx *db.Tx, tenant, account string) (*credentialed, error) {
	who, err := credentialedBy(tx, `id = $1`, account)
	if err == nil && who.home != tenant {
		err = errs.Missing()
	}
	return who, err
}

// ResetPasswords gives accounts of the actor's tenant new one-time passwords,
// ends where they are signed in and lifts locks. Wants org.manage.
func (s *Service) ResetPasswords(ctx context.Context, accounts []string) ([]OneTime, error) {
	type made struct{ password, hashed string }
	fresh := make([]made, len(accounts))
	for i := range fresh {
		fresh[i].password, fresh[i].hashed = oneTime()
	}
	var out []OneTime
	_, err := s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		out = nil
		for i, id := range accounts {
			who, err := home(tx, a.Tenant, id)
			if err != nil {
				return "", err
			}
			if _, err := tx.Exec(`UPDATE account SET password = $2, must_change = TRUE, version = version + 1 WHERE id = $1`, id, fresh[i].hashed); err != nil {
				return "", err
			}
			if err := s.endSignIns(tx, id, ""); err != nil {
				return "", err
			}
			if err := s.unlock(tx, who.login); err != nil {
				return "", err
			}
			if err := record(tx, "account.reset", "account", id, nil); err != nil {
				return "", err
			}
			names, err := db.Column[string](tx, `SELECT p.name FROM grant_role g JOIN person p ON p.tenant = g.tenant AND p.id = g.person
				WHERE g.tenant = $1 AND g.account = $2 ORDER BY g.id LIMIT 1`, a.Tenant, id)
			if err != nil {
				return "", err
			}
			one := OneTime{Account: id, Login: who.login, Password: fresh[i].password}
			if len(names) > 0 {
				one.Name = names[0]
			}
			out = append(out, one)
		}
		return a.Tenant, nil
	})
	if err == nil && len(out) < len(accounts) {
		err = alreadyShown()
	}
	return out, err
}

func (s *Service) unlock(tx *db.Tx, login string) error {
	_, err := tx.Exec(`DELETE FROM sign_in_failure WHERE login = $1`, s.recognise("login", login))
	return err
}

// Unlock lets an account of the actor's tenant sign in again at once after too
// many failures. Wants org.manage.
func (s *Service) Unlock(ctx context.Context, account string) error {
	_, err := s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		who, err := home(tx, a.Tenant, account)
		if err != nil {
			return "", err
		}
		if err := s.unlock(tx, who.login); err != nil {
			return "", err
		}
		return account, record(tx, "account.unlock", "account", account, nil)
	})
	return err
}

// ResetTOTP turns the second factor of somebody who lost their device off.
// Wants org.manage.
func (s *Service) ResetTOTP(ctx context.Context, account string) error {
	_, err := s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		if _, err := home(tx, a.Tenant, account); err != nil {
			return "", err
		}
		if err := dropTOTP(tx, account); err != nil {
			return "", err
		}
		return account, record(tx, "account.totp_reset", "account", account, nil)
	})
	return err
}

// SetAccountActive disables an account of the actor's tenant, which ends where
// it is signed in, or enables it. Wants org.manage.
func (s *Service) SetAccountActive(ctx context.Context, account string, active bool, version int) error {
	_, err := s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		if _, err := home(tx, a.Tenant, account); err != nil {
			return "", err
		}
		if account == a.Account && !active {
			return "", errs.New(errs.Conflict, "不能停用自己的账号")
		}
		if err := db.Touch(tx.Exec(`UPDATE account SET active = $3, version = version + 1 WHERE id = $1 AND version = $2`, account, version, active)); err != nil {
			return "", err
		}
		action := "account.enable"
		if !active {
			action = "account.disable"
			if err := s.endSignIns(tx, account, ""); err != nil {
				return "", err
			}
		}
		return account, record(tx, action, "account", account, nil)
	})
	return err
}

// ChangePassword changes the password of the person in ctx and ends their other
// sign-ins. A wrong old password counts as a failure to sign in.
func (s *Service) ChangePassword(ctx context.Context, old, password string) error {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	var who *credentialed
	if err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		if who, err = credentialedBy(tx, `id = $1`, a.Account); err != nil {
			return err
		}
		return s.locked(tx, who.login)
	}); err != nil {
		return err
	}
	if !s.matches(who.password, old) {
		if err := s.fail(ctx, who.login, a.IP); !errs.Is(err, errs.Unauthenticated) {
			return err
		}
		var f errs.Fields
		f.Add("old", "原密码不正确")
		return f.Err()
	}
	hashed, err := s.newPassword(who, password)
	if err != nil {
		return err
	}
	_, err = s.do(ctx, "", func(tx *db.Tx, a actor.Actor) (string, error) {
		now, err := credentialedBy(tx, `id = $1`, a.Account)
		if err != nil {
			return "", err
		}
		if now.password != who.password {
			return "", db.Stale()
		}
		return a.Account, s.setPassword(tx, a.Account, a.Session, hashed)
	})
	return err
}

// Accounted is a line in the list of accounts.
type Accounted struct {
	Account
	Locked bool
	Grants []*Grant // in the actor's tenant
	Links  []*Link  // by which providers outside it can be signed in to
}

// Accounts lists the accounts that have or had a role in the actor's tenant,
// by sign-in name. Wants org.manage.
func (s *Service) Accounts(ctx context.Context) ([]Accounted, error) {
	var list []Accounted
	err := s.read(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) error {
		all, err := db.All(tx, (*Account).fields, `SELECT `+accountColumns+` FROM account
			WHERE id IN (SELECT account FROM grant_role WHERE tenant = $1) ORDER BY login`, a.Tenant)
		if err != nil {
			return err
		}
		grants, err := db.All(tx, (*Grant).fields, `SELECT `+grantColumns+` FROM grant_role WHERE tenant = $1 ORDER BY id`, a.Tenant)
		if err != nil {
			return err
		}
		of := map[string][]*Grant{}
		for _, g := range grants {
			of[g.Account] = append(of[g.Account], g)
		}
		locked, err := db.Column[string](tx, `SELECT login FROM sign_in_failure WHERE locked_until > $1`, db.At(tx.Now()))
		if err != nil {
			return err
		}
		isLocked := map[string]bool{}
		for _, l := range locked {
			isLocked[l] = true
		}
		links, err := db.All(tx, (*Link).fields, `SELECT `+linkColumns+` FROM account_link
			WHERE account IN (SELECT account FROM grant_role WHERE tenant = $1) ORDER BY linked_at, issuer`, a.Tenant)
		if err != nil {
			return err
		}
		linked := map[string][]*Link{}
		for _, l := range links {
			linked[l.Account] = append(linked[l.Account], l)
		}
		for _, v := range all {
			list = append(list, Accounted{*v, isLocked[s.recognise("login", v.Login)], of[v.ID], linked[v.ID]})
		}
		return nil
	})
	return list, err
}
