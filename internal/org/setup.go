package org

import (
	"cmp"
	"context"
	"crypto/subtle"
	_ "embed"
	"regexp"
	"strconv"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
)

//go:embed defaults.tsv
var defaults string

// Defaults are bodies that a new tenant may choose from and then edits as its
// own: the 34 sectors of the fourteenth national committee, the ten committees
// of the national committee, the parties and some offices.
func Defaults() []Body {
	var all []Body
	for line := range strings.Lines(defaults) {
		c := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if len(c) == 4 && !strings.HasPrefix(line, "#") {
			all = append(all, Body{Kind: c[0], Name: c[1], ShortName: c[2], System: c[3], Active: true})
		}
	}
	return all
}

// Founding is what a new tenant begins with.
type Founding struct {
	Tenant  Tenant  // Code, Name, ShortName, Level, RegionCode, Region
	Term    Term    // No, From, To
	Session Session // No, OpensOn, ClosesOn; Cutoff and CountsFrom may be empty
	Bodies  []Body  // Kind, Name, ShortName, System
	Admin   Person  // Name, Phone, Email
	Login   string  // of the administrator; made from Code when empty
}

// NeedsSetUp reports whether the platform is empty: nobody could sign in.
func (s *Service) NeedsSetUp(ctx context.Context) (bool, error) {
	if s.isSetUp.Load() {
		return false, nil
	}
	empty := false
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		empty, err = isEmpty(tx)
		return err
	})
	if err == nil && !empty {
		s.isSetUp.Store(true)
	}
	return empty, err
}

func isEmpty(tx *db.Tx) (bool, error) {
	ids, err := db.Column[string](tx, `SELECT id FROM account LIMIT 1`)
	return len(ids) == 0, err
}

// SetUpCode is what somebody must know to set the empty platform up: the program
// tells it to who started it. It comes from the installation's key, so that it is
// the same in all processes and after a restart, and is good for nothing once
// the platform is set up.
func (s *Service) SetUpCode() string { return s.recognise("set-up code", "")[:16] }

// SetUp makes the first tenant of an empty platform and its administrator, who
// signs in with the password given. Whoever knows [Service.SetUpCode] may call it
// while there is no account; afterwards, and for all but one of several at once,
// it is a Conflict.
func (s *Service) SetUp(ctx context.Context, code string, in Founding, password string) (tenant string, err error) {
	var f errs.Fields
	if subtle.ConstantTimeCompare([]byte(tidyLogin(code)), []byte(s.SetUpCode())) != 1 {
		if empty, err := s.NeedsSetUp(ctx); err != nil || empty {
			f.Add("setup_code", "设置码不对。启动平台时，它显示在命令行窗口和日志里")
			return "", cmp.Or(err, f.Err())
		}
	}
	login := tidyLogin(in.Login)
	checkPassword(&f, "password", password, login)
	if err := f.Err(); err != nil {
		return "", err
	}
	done := errs.New(errs.Conflict, "平台已经完成初始设置，请直接登录")
	if empty, err := s.NeedsSetUp(ctx); err != nil || !empty { // before the costly hash
		if err == nil {
			err = done
		}
		return "", err
	}
	hashed := s.hash(password)
	tenant = db.NewID()
	ctx = actor.With(ctx, actor.System(tenant))
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if empty, err := isEmpty(tx); err != nil || !empty {
			if err == nil {
				err = done
			}
			return err
		}
		return s.found(tx, tenant, "", in, hashed, false)
	})
	if err != nil {
		return "", err
	}
	return tenant, nil
}

// OneTime is a password to be handed over on paper and changed at first sign-in.
type OneTime struct {
	Account  string `json:"account"`
	Name     string `json:"name"`
	Login    string `json:"login"`
	Password string `json:"password"`
}

// CreateTenant makes a tenant below the actor's own, with an administrator whose
// one-time password is returned this once. Wants org.manage.
func (s *Service) CreateTenant(ctx context.Context, in Founding) (tenant string, first OneTime, err error) {
	password, hashed := oneTime()
	made := false
	tenant, err = s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		parent, err := TenantOf(tx, a.Tenant)
		if err != nil {
			return "", err
		}
		if level(in.Tenant.Level) <= level(parent.Level) {
			var f errs.Fields
			f.Add("level", "下级政协的层级必须低于本级")
			return "", f.Err()
		}
		made = true
		id := db.NewID()
		if err := record(tx, "tenant.create_below", "tenant", id, nil); err != nil {
			return "", err
		}
		system := actor.System(id)
		system.Account = a.Account // the new tenant's ledger says who founded it
		err = s.db.Write(actor.With(tx.Context(), system), func(tx *db.Tx) error {
			return s.found(tx, id, parent.ID, in, hashed, true)
		})
		return id, err
	})
	if err == nil && !made {
		err = alreadyShown()
	}
	if err != nil {
		return "", OneTime{}, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Get(`SELECT id, login FROM account WHERE home = $1 ORDER BY id LIMIT 1`, []any{tenant}, &first.Account, &first.Login)
	})
	first.Name, first.Password = tidy(in.Admin.Name), password
	return tenant, first, err
}

func level(id string) int {
	for i, l := range Levels {
		if l.ID == id {
			return i
		}
	}
	return -1
}

var (
	codeForm  = regexp.MustCompile(`^[a-z0-9]{2,12}$`)
	loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{2,39}$`)
)

// found writes a tenant with all it begins with.
func (s *Service) found(tx *db.Tx, id, parent string, in Founding, hashed string, mustChange bool) error {
	t := in.Tenant
	t.ID, t.Parent, t.CreatedAt, t.Version = id, parent, db.At(tx.Now()), 1
	t.Code = tidyLogin(t.Code)
	if t.Code == "" {
		t.Code = tidyLogin(t.RegionCode)
	}
	var f errs.Fields
	t.check(&f)
	f.Check(codeForm.MatchString(t.Code), "code", "代码由2至12个小写字母或数字组成")
	if err := f.Err(); err != nil {
		return err
	}
	taken, err := db.Column[string](tx, `SELECT id FROM tenant WHERE code = $1`, t.Code)
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		f.Add("code", "这个代码已被使用，请换一个")
		return f.Err()
	}
	var above any // NULL at the top
	if parent != "" {
		above = parent
	}
	if _, err := tx.Exec(`INSERT INTO tenant (id, code, name, short_name, level, region_code, region, parent, created_at) VALUES (`+db.Marks(9)+`)`,
		id, t.Code, t.Name, t.ShortName, t.Level, t.RegionCode, t.Region, above, t.CreatedAt); err != nil {
		return err
	}
	if err := record(tx, "tenant.create", "tenant", id, map[string]any{"level": t.Level, "code": t.Code}, tenantRow(id)); err != nil {
		return err
	}
	term := in.Term
	term.ID = ""
	if err := saveTerm(tx, id, &term); err != nil {
		return err
	}
	session := in.Session
	session.ID, session.Term = "", term.ID
	if err := saveSession(tx, id, &session); err != nil {
		return err
	}
	for i, b := range in.Bodies {
		b.ID, b.Parent, b.Position, b.Active = "", "", i+1, true
		if err := saveBody(tx, id, &b); err != nil {
			return err
		}
	}
	p := in.Admin
	p.ID, p.Active = "", true
	if err := savePerson(tx, id, "", &p); err != nil {
		return err
	}
	account, _, err := makeAccount(tx, id, &p, in.Login, hashed, mustChange)
	if err != nil {
		return err
	}
	_, err = addGrant(tx, &Grant{Tenant: id, Account: account, Person: p.ID, Role: "admin", From: Today(tx)})
	return err
}

// numeral writes a number up to 99 in Chinese.
func numeral(n int) string {
	const digits = "零一二三四五六七八九"
	d := []rune(digits)
	if n < 0 || n > 99 {
		return strconv.Itoa(n)
	}
	s := ""
	if n >= 20 {
		s = string(d[n/10])
	}
	if n >= 10 {
		s += "十"
	}
	if n%10 != 0 || n == 0 {
		s += string(d[n%10])
	}
	return s
}

// defaultCountsFrom is when papers begin to count for a session: three months
// before it opens.
func defaultCountsFrom(opens calendar.Date) calendar.Date { return opens.AddMonths(-3) }
