package org_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/org/orgtest"
	"shangliang/internal/sso"
)

const issuer = "https://sso.example.cn"

func outside(w *orgtest.World, id sso.Identity) (org.SignedIn, error) {
	id.Issuer, id.Proof = issuer, "a token"
	return w.Org.SignInOutside(context.Background(), &id, "198.51.100.7", "Phone")
}

// code is what somebody is shown whom no account knows.
func code(t *testing.T, w *orgtest.World, id sso.Identity) string {
	t.Helper()
	_, err := outside(w, id)
	u, is := errors.AsType[*org.Unlinked](err)
	if !is {
		t.Fatalf("%+v: %v", id, err)
	}
	return u.Code
}

// codeOf is what the device shows now.
func codeOf(t *testing.T, key org.TOTPKey, c *clock) string {
	t.Helper()
	v, err := totp.GenerateCode(key.Secret, c.now())
	ok(t, err)
	return v
}

// acts are those of the ledger about an account, the oldest first.
func acts(t *testing.T, w *orgtest.World, account string) (all []string) {
	t.Helper()
	ok(t, w.DB.Read(context.Background(), func(tx *db.Tx) (err error) {
		all, err = db.Column[string](tx, `SELECT action FROM ledger_entry WHERE kind = 'account' AND object = $1 ORDER BY id`, account)
		return err
	}))
	return all
}

// An administrator links an account by the code that the person was shown; from
// then on the identity signs in, with no more rights than the account has, and
// until it is unlinked.
func TestLinkByCode(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, c *clock) {
		one := account(t, w, "柳文书", "liu", org.Grant{Role: "clerk"})
		two := account(t, w, "余知秋", "yuzhiqiu", org.Grant{Role: "member"})
		id := sso.Identity{Subject: "u-1", Name: "柳文书"}
		old := code(t, w, id)
		shown := code(t, w, id)
		_, err := w.Org.LinkAccount(w.Admin, one.Account, old)
		want(t, err, errs.Invalid, "没有这个关联码")
		_, err = w.Org.LinkAccount(w.Admin, "no such account", shown)
		want(t, err, errs.NotFound, "")
		_, err = w.Org.LinkAccount(actor.With(context.Background(), actor.Actor{Tenant: w.Tenant, Account: two.Account, Person: "p", Role: "member"}), one.Account, shown)
		want(t, err, errs.Forbidden, "")
		name, err := w.Org.LinkAccount(w.Admin, one.Account, " "+shown[:4]+" "+shown[5:]+" ")
		if err != nil || name != "柳文书" {
			t.Fatalf("%q, %v", name, err)
		}
		_, err = w.Org.LinkAccount(w.Admin, two.Account, shown)
		want(t, err, errs.Invalid, "没有这个关联码") // good once

		in, err := outside(w, id)
		ok(t, err)
		if in.Next != "" { // although the account's first password was never used
			t.Errorf("%+v", in)
		}
		a, _, err := w.Org.Authenticate(context.Background(), in.Token)
		ok(t, err)
		if a.Account != one.Account || a.Role != "clerk" || a.Can("org.manage") {
			t.Errorf("%+v", a)
		}
		ctx := actor.With(context.Background(), a)
		if proof, err := w.Org.Proof(ctx); err != nil || proof != "a token" {
			t.Errorf("proof %q, %v", proof, err)
		}
		if all, err := w.Org.Links(ctx); err != nil || len(all) != 1 || all[0].Subject != "u-1" {
			t.Errorf("%v, %v", all, err)
		}
		other := code(t, w, sso.Identity{Subject: "u-2", Name: "别人"})
		_, err = w.Org.LinkAccount(w.Admin, one.Account, other)
		want(t, err, errs.Conflict, "这个账号已关联“柳文书”")

		list, err := w.Org.Accounts(w.Admin)
		ok(t, err)
		linked := 0
		for _, x := range list {
			linked += len(x.Links)
		}
		if linked != 1 {
			t.Errorf("%d links in the list", linked)
		}

		ok(t, w.Org.UnlinkAccount(w.Admin, one.Account))
		want(t, w.Org.UnlinkAccount(w.Admin, one.Account), errs.NotFound, "")
		if _, _, err := w.Org.Authenticate(context.Background(), in.Token); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("unlinked and signed in: %v", err)
		}
		again := code(t, w, id)
		c.pass(8 * 24 * time.Hour)
		_, err = w.Org.LinkAccount(w.Admin, one.Account, again)
		want(t, err, errs.Invalid, "没有这个关联码")
		ok(t, w.Org.Sweep(context.Background()))
		if got := acts(t, w, one.Account); len(got) != 4 || got[1] != "account.link" || got[2] != "account.sign_in" || got[3] != "account.unlink" {
			t.Errorf("the ledger says %v", got)
		}
		key, err := ledger.LoadKey(t.TempDir())
		ok(t, err)
		_, err = ledger.Seal(context.Background(), w.DB, key)
		ok(t, err)
		if report, err := ledger.Verify(context.Background(), w.DB, ledger.Proof{Keys: []string{key.Verifier()}}); err != nil || !report.OK() {
			t.Errorf("%v %+v", err, report)
		}
	})
}

// A claim that the provider has checked links the one account that it is that
// of, once; it makes no account and no role.
func TestLinkByClaim(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, c *clock) {
		one := account(t, w, "柳文书", "liu", org.Grant{Role: "clerk"})
		in, err := outside(w, sso.Identity{Subject: "u-1", Field: sso.Login, Value: " LIU "})
		ok(t, err)
		a, _, err := w.Org.Authenticate(context.Background(), in.Token)
		ok(t, err)
		if a.Account != one.Account {
			t.Errorf("%+v", a)
		}
		// The link counts from now on, whatever the claim says.
		account(t, w, "余知秋", "yuzhiqiu", org.Grant{Role: "member"})
		in, err = outside(w, sso.Identity{Subject: "u-1", Field: sso.Login, Value: "yuzhiqiu"})
		ok(t, err)
		if a, _, err = w.Org.Authenticate(context.Background(), in.Token); err != nil || a.Account != one.Account {
			t.Errorf("%+v, %v", a, err)
		}
		for name, id := range map[string]sso.Identity{
			"an address given to a second person": {Subject: "u-9", Field: sso.Login, Value: "liu"},
			"a name that nobody has":              {Subject: "u-8", Field: sso.Login, Value: "nobody"},
			"an empty address":                    {Subject: "u-7", Field: sso.Email, Value: ""},
			"a field that is none":                {Subject: "u-6", Field: "id", Value: one.Account},
			"no claim":                            {Subject: "u-5"},
		} {
			if code(t, w, id) == "" {
				t.Errorf("%s: no code", name)
			}
		}
		if got := acts(t, w, one.Account); len(got) != 4 || got[1] != "account.link" {
			t.Errorf("the ledger says %v", got)
		}

		// Two accounts with one address are nobody's.
		for _, login := range []string{"one", "two"} {
			p := account(t, w, "同名"+login, login, org.Grant{Role: "member"})
			ok(t, w.DB.Write(context.Background(), func(tx *db.Tx) error {
				_, err := tx.Exec(`UPDATE account SET email = 'Same@example.cn' WHERE id = $1`, p.Account)
				return err
			}))
			if login == "one" {
				continue
			}
			code(t, w, sso.Identity{Subject: "u-4", Field: sso.Email, Value: "same@example.cn"})
			ok(t, w.DB.Write(context.Background(), func(tx *db.Tx) error {
				_, err := tx.Exec(`UPDATE account SET active = FALSE WHERE id = $1`, p.Account)
				return err
			}))
			if _, err := outside(w, sso.Identity{Subject: "u-4", Field: sso.Email, Value: "SAME@example.cn"}); err != nil {
				t.Errorf("the one that is left: %v", err)
			}
		}
	})
}

// What keeps somebody out keeps them out this way too, and the second factor is
// asked for.
func TestOutsideIsNoWayAround(t *testing.T) {
	each(t, func(t *testing.T, w *orgtest.World, c *clock) {
		ctx := context.Background()
		id := sso.Identity{Subject: "u-1", Field: sso.Login, Value: "liu"}
		one := account(t, w, "柳文书", "liu", org.Grant{Role: "clerk"})
		in, err := outside(w, id)
		ok(t, err)
		a, _, err := w.Org.Authenticate(ctx, in.Token)
		ok(t, err)
		me := actor.With(ctx, a)

		// Whoever proves to be there must be the same person.
		mine := sso.Identity{Issuer: issuer, Subject: "u-1"}
		theirs := sso.Identity{Issuer: issuer, Subject: "u-2"}
		c.pass(org.FreshFor + time.Minute)
		_, err = w.Org.EnrolTOTP(me)
		want(t, err, errs.Forbidden, org.NotFresh)
		want(t, w.Org.ConfirmOutside(me, &theirs), errs.Conflict, "不是当前登录的人")
		ok(t, w.Org.ConfirmOutside(me, &mine))
		key, err := w.Org.EnrolTOTP(me)
		ok(t, err)
		_, err = w.Org.ConfirmTOTP(me, codeOf(t, key, c))
		ok(t, err)
		want(t, w.Org.ConfirmOutside(me, &mine), errs.Conflict, "两步验证")
		c.pass(time.Minute)
		in, err = outside(w, id)
		ok(t, err)
		if in.Next != org.NextTOTP {
			t.Errorf("the second factor is not asked for: %+v", in)
		}
		if _, _, err := w.Org.Authenticate(ctx, in.Token); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("half signed in: %v", err)
		}
		in, err = w.Org.FinishTOTP(ctx, in.Token, codeOf(t, key, c))
		if err != nil || in.Next != "" { // no password is asked for
			t.Errorf("%+v, %v", in, err)
		}

		list, err := w.Org.Accounts(w.Admin)
		ok(t, err)
		for _, x := range list {
			if x.ID == one.Account {
				ok(t, w.Org.SetAccountActive(w.Admin, x.ID, false, x.Version))
			}
		}
		_, err = outside(w, id)
		want(t, err, errs.Forbidden, "账号已停用")

		gone := account(t, w, "离任者", "gone", org.Grant{Role: "clerk"})
		g, err := w.Org.Accounts(w.Admin)
		ok(t, err)
		for _, x := range g {
			if x.ID == gone.Account {
				ok(t, w.Org.EndGrant(w.Admin, x.Grants[0].ID, x.Grants[0].Version, ""))
			}
		}
		_, err = outside(w, sso.Identity{Subject: "u-3", Field: sso.Login, Value: "gone"})
		want(t, err, errs.Forbidden, "没有可用的身份")
	})
}
