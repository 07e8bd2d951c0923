package org_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/org/orgtest"
)

// account makes somebody with an account and returns what they were given.
func account(t *testing.T, w *orgtest.World, name, login string, grants ...org.Grant) org.OneTime {
	t.Helper()
	id, err := w.Org.SavePerson(w.Admin, org.Person{Name: name})
	ok(t, err)
	one, err := w.Org.CreateAccount(w.Admin, id, login, grants)
	ok(t, err)
	return one
}

func try(w *orgtest.World, login, password string) (org.SignedIn, error) {
	return w.Org.SignIn(context.Background(), org.Credentials{Login: login, Password: password, IP: "198.51.100.7", Agent: "Phone"})
}

func TestFirstSignIn(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, c *clock) {
		ctx := context.Background()
		one := account(t, w, "𠮷田", "", org.Grant{Role: "clerk"})
		if one.Login != "qingshan0001" || one.Name != "𠮷田" {
			t.Errorf("%+v", one)
		}
		in, err := try(w, " QINGSHAN0001 ", one.Password)
		ok(t, err)
		if in.Next != org.NextPassword {
			t.Fatalf("%+v", in)
		}
		_, info, err := w.Org.Authenticate(ctx, in.Token)
		want(t, err, errs.Unauthenticated, "请先完成登录")
		if info.Next != org.NextPassword {
			t.Errorf("%+v", info)
		}
		_, err = w.Org.FirstPassword(ctx, in.Token, one.Password)
		want(t, err, errs.Invalid, "不能和原来的相同")
		_, err = w.Org.FirstPassword(ctx, in.Token, "12345678")
		want(t, err, errs.Invalid, "[password: ")
		done, err := w.Org.FirstPassword(ctx, in.Token, "kaihui-Yao-dao")
		ok(t, err)
		if _, _, err := w.Org.Authenticate(ctx, in.Token); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("the old token: %v", err)
		}
		a, info, err := w.Org.Authenticate(ctx, done.Token)
		ok(t, err)
		if a.Tenant != w.Tenant || a.Role != "clerk" || a.Name != "𠮷田" || !a.Can("case.file") || a.Can("org.manage") || a.Channel != "web" || info.IP != "198.51.100.7" {
			t.Errorf("%+v %+v", a, info)
		}
		_, err = try(w, one.Login, one.Password)
		want(t, err, errs.Unauthenticated, "登录名或密码不正确")
		again, err := try(w, one.Login, "kaihui-Yao-dao")
		if err != nil || again.Next != "" {
			t.Errorf("%+v %v", again, err)
		}
		// The step to choose a password does not wait for ever.
		late := account(t, w, "迟到", "late", org.Grant{Role: "clerk"})
		in, err = try(w, "late", late.Password)
		ok(t, err)
		c.pass(11 * time.Minute)
		_, err = w.Org.FirstPassword(ctx, in.Token, "kaihui-Yao-dao")
		want(t, err, errs.Unauthenticated, "超时")
	})
}

func TestLock(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, c *clock) {
		const admin = "qingshan-admin"
		known, unknown := "", ""
		for range 5 {
			_, err := try(w, admin, "wrong")
			known += err.Error()
			_, err = try(w, "nobody", "wrong")
			unknown += err.Error()
		}
		_, err := try(w, admin, orgtest.Password)
		want(t, err, errs.TooMany, "15分钟")
		known += err.Error()
		_, err = try(w, "nobody", "wrong")
		unknown += err.Error()
		if known != unknown {
			t.Errorf("known and unknown names differ:\n%s\n%s", known, unknown)
		}
		// The second process knows it too: the counts are in the database.
		roles, _ := org.NewRoles(org.Permissions)
		other, err := org.New(w.DB, roles, []byte("a key of thirty-two bytes or more"))
		ok(t, err)
		_, err = other.SignIn(context.Background(), org.Credentials{Login: admin, Password: orgtest.Password})
		want(t, err, errs.TooMany, "")
		c.pass(15*time.Minute + time.Second)
		_, err = try(w, admin, "wrong")
		want(t, err, errs.Unauthenticated, "")
		_, err = try(w, admin, orgtest.Password)
		ok(t, err)
		for range 4 {
			_, err = try(w, admin, "wrong")
			want(t, err, errs.Unauthenticated, "")
		}
		_, err = try(w, admin, orgtest.Password) // success forgets failures
		ok(t, err)
		w.Read(func(tx *db.Tx) error {
			all, err := ledger.Recent(tx, w.Tenant, ledger.Filter{Action: "account.lock"})
			if len(all) != 1 || all[0].Note != "198.51.100.7" {
				t.Errorf("%v", all)
			}
			return err
		})
	})
}

// Many guesses at once do not get more than five tries.
func TestLockHoldsAgainstManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, c *clock) {
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() { try(w, "qingshan-admin", "wrong") })
		}
		wg.Wait()
		_, err := try(w, "qingshan-admin", orgtest.Password)
		want(t, err, errs.TooMany, "")
	})
}

// An unknown name takes as long as a wrong password, and so does a one-time
// password, whose own hash is a cheap one.
func TestSignInTakesTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, _ *clock) {
		account(t, w, "甲", "fresh-one", org.Grant{Role: "clerk"})
		best := map[string]time.Duration{}
		for range 4 { // by turns: the machine may be busy for a while
			for _, login := range []string{"qingshan-admin", "nobody", "fresh-one"} {
				start := time.Now()
				_, err := try(w, login, "wrong")
				took := time.Since(start)
				want(t, err, errs.Unauthenticated, "")
				if old, there := best[login]; !there || took < old {
					best[login] = took
				}
			}
		}
		// Without the equalising hash the others would take a tenth.
		known := best["qingshan-admin"]
		for login, v := range best {
			if v < known/3 || v > known*3 {
				t.Errorf("%s: %v, a known one: %v", login, v, known)
			}
		}
	})
}

func TestSignInsExpireAndEnd(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, c *clock) {
		ctx := context.Background()
		in := func() string {
			v, err := try(w, "qingshan-admin", orgtest.Password)
			ok(t, err)
			return v.Token
		}
		alive := func(token string, yes bool) {
			t.Helper()
			_, _, err := w.Org.Authenticate(ctx, token)
			if yes && err != nil || !yes && !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("alive should be %v: %v", yes, err)
			}
		}
		one, two, three := in(), in(), in()
		alive(one, true)
		alive(two, true)
		a, _, err := w.Org.Authenticate(ctx, one)
		ok(t, err)
		me := actor.With(ctx, a)
		all, err := w.Org.SignIns(me)
		if err != nil || len(all) != 4 { // one more is the World's own
			t.Fatalf("%v %v", all, err)
		}
		for _, v := range all {
			if b, _, _ := w.Org.Authenticate(ctx, two); v.ID == b.Session {
				ok(t, w.Org.EndSignIn(me, v.ID))
			}
			if v.Current != (v.ID == a.Session) || v.Agent == "" {
				t.Errorf("%+v", v)
			}
		}
		alive(two, false) // at once, though it was remembered
		ok(t, w.Org.EndSignIn(me, ""))
		alive(three, false)
		alive(one, true)
		ok(t, w.Org.SignOut(me))
		alive(one, false)
		want(t, w.Org.EndSignIn(me, "nonsense"), errs.NotFound, "")

		one = in()
		for range 20 { // a request every eleven hours keeps it alive, for a week
			c.pass(11 * time.Hour)
			_, _, err = w.Org.Authenticate(ctx, one)
			if err != nil {
				break
			}
		}
		alive(one, false)
		if used := c.now().Sub(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)); used < 7*24*time.Hour {
			t.Errorf("ended after %v", used)
		}
		one = in()
		c.pass(12*time.Hour + time.Minute)
		alive(one, false)
		alive("", false)
		alive("slt_nonsense", false)
		c.pass(200 * 24 * time.Hour)
		ok(t, w.Org.Sweep(ctx))
		w.Read(func(tx *db.Tx) error {
			left, err := db.Column[string](tx, `SELECT id FROM sign_in`)
			if len(left) != 0 {
				t.Errorf("%d old sign-ins", len(left))
			}
			return err
		})
	})
}

func TestFresh(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, c *clock) {
		fresh := func() error {
			return w.DB.Read(w.Admin, func(tx *db.Tx) error { return org.RequireFresh(tx) })
		}
		ok(t, fresh())
		c.pass(11 * time.Minute)
		want(t, fresh(), errs.Forbidden, org.NotFresh)
		want(t, w.Org.Reauthenticate(w.Admin, "wrong", ""), errs.Invalid, "[password: ")
		want(t, fresh(), errs.Forbidden, org.NotFresh)
		ok(t, w.Org.Reauthenticate(w.Admin, orgtest.Password, ""))
		ok(t, fresh())
	})
}

func TestTOTP(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, c *clock) {
		ctx := context.Background()
		key, err := w.Org.EnrolTOTP(w.Admin)
		ok(t, err)
		code := func() string {
			v, err := totp.GenerateCode(key.Secret, c.now())
			ok(t, err)
			return v
		}
		_, err = w.Org.ConfirmTOTP(w.Admin, "12345")
		want(t, err, errs.Invalid, "[code: ")
		recovery, err := w.Org.ConfirmTOTP(w.Admin, code())
		if err != nil || len(recovery) != 10 || !strings.HasPrefix(key.URL, "otpauth://") {
			t.Fatalf("%v %v", recovery, err)
		}
		in, err := try(w, "qingshan-admin", orgtest.Password)
		if err != nil || in.Next != org.NextTOTP {
			t.Fatalf("%+v %v", in, err)
		}
		if _, info, err := w.Org.Authenticate(ctx, in.Token); !errs.Is(err, errs.Unauthenticated) || info.Next != org.NextTOTP {
			t.Errorf("%+v %v", info, err)
		}
		_, err = w.Org.FinishTOTP(ctx, in.Token, code())
		want(t, err, errs.Unauthenticated, "验证码") // used once already
		c.pass(time.Minute)
		in, err = w.Org.FinishTOTP(ctx, in.Token, code())
		ok(t, err)
		a, _, err := w.Org.Authenticate(ctx, in.Token)
		if err != nil || a.Role != "admin" {
			t.Errorf("%+v %v", a, err)
		}
		// A recovery code works once, in any spelling.
		spelled := strings.ToUpper(strings.ReplaceAll(recovery[3], "-", " "))
		credentials := org.Credentials{Login: "qingshan-admin", Password: orgtest.Password, Code: spelled}
		if in, err = w.Org.SignIn(ctx, credentials); err != nil || in.Next != "" {
			t.Errorf("%+v %v", in, err)
		}
		_, err = w.Org.SignIn(ctx, credentials)
		want(t, err, errs.Unauthenticated, "")
		// Wrong codes lock as wrong passwords do, though the password is right.
		for range 4 {
			in, err = try(w, "qingshan-admin", orgtest.Password)
			ok(t, err)
			_, err = w.Org.FinishTOTP(ctx, in.Token, "000000")
			want(t, err, errs.Unauthenticated, "")
		}
		_, err = try(w, "qingshan-admin", orgtest.Password)
		want(t, err, errs.TooMany, "")
		c.pass(16 * time.Minute)
		// The secret in the database is not the secret.
		w.Read(func(tx *db.Tx) error {
			kept, err := db.Column[string](tx, `SELECT totp_secret FROM account WHERE totp_on`)
			if len(kept) != 1 || strings.Contains(kept[0], key.Secret) {
				t.Errorf("%v", kept)
			}
			return err
		})
		want(t, w.Org.DisableTOTP(w.Admin), errs.Forbidden, org.NotFresh)
		c.pass(time.Minute)
		ok(t, w.Org.Reauthenticate(w.Admin, orgtest.Password, code()))
		ok(t, w.Org.DisableTOTP(w.Admin))
		if in, err = try(w, "qingshan-admin", orgtest.Password); err != nil || in.Next != "" {
			t.Errorf("%+v %v", in, err)
		}
	})
}

func TestTokens(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, c *clock) {
		ctx := context.Background()
		one := account(t, w, "委员甲", "jia", org.Grant{Role: "member"})
		me := w.SignIn("jia", one.Password)
		_, _, err := w.Org.CreateToken(me, org.NewToken{Name: "", Scopes: []string{"org.manage"}, Until: "2026-03-01"})
		want(t, err, errs.Invalid, "[scopes: ")
		text, id, err := w.Org.CreateToken(me, org.NewToken{Name: "手机", Scopes: []string{"paper"}, Until: "2026-06-30"})
		ok(t, err)
		a, info, err := w.Org.Authenticate(ctx, text)
		ok(t, err)
		if !a.Can("paper.write") || !a.Can("paper.read") || a.Can("paperback.read") || a.Channel != "api" || !info.Bearer || a.Session != id {
			t.Errorf("%+v %+v", a, info)
		}
		program := actor.With(ctx, a)
		_, _, err = w.Org.CreateToken(program, org.NewToken{Name: "再来", Scopes: []string{"paper"}, Until: "2026-06-30"})
		want(t, err, errs.Forbidden, "访问令牌")
		want(t, w.Org.Switch(program, "x"), errs.NotFound, "")
		all, err := w.Org.Tokens(me)
		if err != nil || len(all) != 1 || all[0].Scopes[0] != "paper" || all[0].LastUsedAt.IsZero() {
			t.Errorf("%+v %v", all, err)
		}
		want(t, w.Org.RevokeToken(w.Admin, id), errs.NotFound, "") // not theirs
		ok(t, w.Org.RevokeToken(me, id))
		_, _, err = w.Org.Authenticate(ctx, text)
		want(t, err, errs.Unauthenticated, "")
		text, _, err = w.Org.CreateToken(me, org.NewToken{Name: "短", Scopes: []string{"paper.read"}, Until: "2026-03-03"})
		ok(t, err)
		c.pass(40 * time.Hour) // past the end of 3 March in China
		_, _, err = w.Org.Authenticate(ctx, text)
		want(t, err, errs.Unauthenticated, "")
	})
}

func TestGrants(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, c *clock) {
		ctx := context.Background()
		unit := w.Body("department", "教育局")
		one := account(t, w, "两个角色", "both", org.Grant{Role: "member"}, org.Grant{Role: "unit_clerk", Body: unit})
		me := w.SignIn("both", one.Password)
		if a, _ := actor.From(me); a.Role != "unit_clerk" || a.Body != unit {
			t.Errorf("begins as %+v", a)
		}
		all, err := w.Org.Choices(me)
		if err != nil || len(all) != 2 || !all[0].Current || all[0].Body != "教育局" || all[1].Role != "委员" || all[1].Tenant != "青山县政协" {
			t.Fatalf("%+v %v", all, err)
		}
		in, err := try(w, "both", orgtest.Password+"both")
		ok(t, err)
		a, _, err := w.Org.Authenticate(ctx, in.Token)
		ok(t, err)
		ok(t, w.Org.Switch(actor.With(ctx, a), all[1].Grant.ID))
		if a, _, err = w.Org.Authenticate(ctx, in.Token); err != nil || a.Role != "member" || !a.Can("paper.write") {
			t.Errorf("after the switch: %+v %v", a, err)
		}
		if again, err := try(w, "both", orgtest.Password+"both"); err != nil {
			t.Error(err)
		} else if a, _, _ := w.Org.Authenticate(ctx, again.Token); a.Role != "member" {
			t.Errorf("the next sign-in begins as %s", a.Role)
		}
		// A role that ends is gone at once.
		ok(t, w.Org.EndGrant(w.Admin, all[1].Grant.ID, 1, ""))
		_, _, err = w.Org.Authenticate(ctx, in.Token)
		want(t, err, errs.Unauthenticated, "身份已经变更")
		ok(t, w.Org.EndGrant(w.Admin, all[0].Grant.ID, 1, ""))
		_, err = try(w, "both", orgtest.Password+"both")
		want(t, err, errs.Forbidden, "没有可用的身份")

		for _, g := range []org.Grant{
			{Role: "unit_clerk"}, {Role: "unit_clerk", Body: w.BodyNamed("sector", "经济界")}, {Role: "king"}, {Role: "clerk", From: "2026-03-02", To: "2026-03-01"},
		} {
			g.Account, g.Person = one.Account, orgtest.PersonOf(me)
			_, err := w.Org.AddGrant(w.Admin, g, "")
			want(t, err, errs.Invalid, "[")
		}
		id, err := w.Org.AddGrant(w.Admin, org.Grant{Account: one.Account, Person: orgtest.PersonOf(me), Role: "clerk", From: "2026-03-09"}, "")
		ok(t, err)
		if _, err := w.Org.Acting(ctx, w.Tenant, id, "cli"); !errs.Is(err, errs.NotFound) {
			t.Errorf("before it begins: %v", err)
		}
		c.pass(7 * 24 * time.Hour)
		if a, err := w.Org.Acting(ctx, w.Tenant, id, "cli"); err != nil || !a.Can("case.file") {
			t.Errorf("once it has begun: %+v %v", a, err)
		}
		// Somebody always manages.
		list, err := w.Org.Accounts(w.Admin)
		ok(t, err)
		for _, v := range list {
			for _, g := range v.Grants {
				if g.Role == "admin" {
					want(t, w.Org.EndGrant(w.Admin, g.ID, 1, ""), errs.Conflict, "至少要保留")
					want(t, w.Org.Leave(w.Admin, g.Person, 1, ""), errs.Conflict, "至少要保留")
					want(t, w.Org.SetAccountActive(w.Admin, v.ID, false, v.Version), errs.Conflict, "自己")
				}
			}
		}
	})
}

func TestAdministeringAccounts(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, _ *clock) {
		ctx := context.Background()
		one := account(t, w, "甲", "jia", org.Grant{Role: "clerk"})
		me := w.SignIn("jia", one.Password)
		_, err := w.Org.SignInRecords(me, "")
		want(t, err, errs.Forbidden, "")
		records, err := w.Org.SignInRecords(w.Admin, "")
		if err != nil || len(records) != 2 || records[0].Login != "jia" || records[0].IP != "192.0.2.1" || !records[0].EndedAt.IsZero() {
			t.Errorf("%+v %v", records, err)
		}
		_, err = w.Org.ResetPasswords(me, []string{one.Account})
		want(t, err, errs.Forbidden, "")
		want(t, w.Org.ChangePassword(me, "wrong", "kaihui-Yao-dao"), errs.Invalid, "[old: ")
		ok(t, w.Org.ChangePassword(me, orgtest.Password+"jia", "kaihui-Yao-dao"))
		for range 5 {
			try(w, "jia", "wrong")
		}
		list, err := w.Org.Accounts(w.Admin)
		ok(t, err)
		locked := 0
		for _, v := range list {
			if v.Locked {
				locked++
			}
		}
		if locked != 1 {
			t.Errorf("%d locked", locked)
		}
		ok(t, w.Org.Unlock(w.Admin, one.Account))
		in, err := try(w, "jia", "kaihui-Yao-dao")
		ok(t, err)
		again, err := w.Org.ResetPasswords(w.Admin, []string{one.Account})
		if err != nil || len(again) != 1 || again[0].Login != "jia" || again[0].Name != "甲" || again[0].Password == one.Password {
			t.Fatalf("%+v %v", again, err)
		}
		_, _, err = w.Org.Authenticate(ctx, in.Token)
		want(t, err, errs.Unauthenticated, "")
		if in, err = try(w, "jia", again[0].Password); err != nil || in.Next != org.NextPassword {
			t.Errorf("%+v %v", in, err)
		}
		ok(t, w.Org.SetAccountActive(w.Admin, one.Account, false, 4))
		_, err = try(w, "jia", again[0].Password)
		want(t, err, errs.Unauthenticated, "登录名或密码不正确")
		// A repeated request shows no second password and makes no second account.
		id, err := w.Org.SavePerson(w.Admin, org.Person{Name: "乙"})
		ok(t, err)
		keyed := actor.WithRequest(w.Admin, actor.Request{Key: "k1", Hash: "h"})
		_, err = w.Org.CreateAccount(keyed, id, "yiyi", []org.Grant{{Role: "clerk"}})
		ok(t, err)
		_, err = w.Org.CreateAccount(keyed, id, "yiyi", []org.Grant{{Role: "clerk"}})
		want(t, err, errs.Conflict, "只显示一次")
	})
}

// No secret and no password stands in the ledger, or anywhere as it is.
func TestNoSecretIsKept(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, _ *clock) {
		one := account(t, w, "甲", "jia", org.Grant{Role: "member"})
		in, err := try(w, "jia", one.Password)
		ok(t, err)
		in, err = w.Org.FirstPassword(context.Background(), in.Token, "kaihui-Yao-dao")
		ok(t, err)
		a, _, err := w.Org.Authenticate(context.Background(), in.Token)
		ok(t, err)
		me := actor.With(context.Background(), a)
		key, err := w.Org.EnrolTOTP(me)
		ok(t, err)
		text, _, err := w.Org.CreateToken(me, org.NewToken{Name: "x", Scopes: []string{"paper"}, Until: calendar.Date("2026-06-30")})
		ok(t, err)
		secrets := []string{one.Password, in.Token, "kaihui-Yao-dao", orgtest.Password, key.Secret, text}
		w.Read(func(tx *db.Tx) error {
			rows, err := db.Column[string](tx, `SELECT data || note || name || action FROM ledger_entry
				UNION ALL SELECT password || totp_secret || login FROM account
				UNION ALL SELECT token || agent FROM sign_in UNION ALL SELECT token || name || scopes FROM api_token
				UNION ALL SELECT login FROM sign_in_failure`)
			if len(rows) < 20 {
				t.Errorf("only %d rows", len(rows))
			}
			for _, r := range rows {
				for i, s := range secrets {
					if strings.Contains(r, s) {
						t.Errorf("secret %d is in %q", i, r)
					}
				}
			}
			return err
		})
	})
}

// What is asked on every request is answered from memory.
func BenchmarkAuthenticate(b *testing.B) {
	w := orgtest.New(b, dbtest.Open(b, db.SQLite, nil), nil)
	in, err := try(w, "qingshan-admin", orgtest.Password)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := w.Org.Authenticate(context.Background(), in.Token); err != nil {
			b.Fatal(err)
		}
	}
}
