package org

import (
	"context"
	"strings"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
)

// SignIn is one time that an account signed in on one device, or an API token
// in use.
type SignIn struct {
	ID         string  `json:"id"`
	Account    string  `json:"account"`
	Login      string  `json:"login"`
	Grant      string  `json:"grant"`
	Next       string  `json:"next"` // what it still lacks; empty when complete
	CreatedAt  db.Time `json:"created_at"`
	LastSeenAt db.Time `json:"last_seen_at"`
	ExpiresAt  db.Time `json:"expires_at"`
	FreshAt    db.Time `json:"fresh_at"` // when the person last proved to be there
	IP         string  `json:"ip"`
	Agent      string  `json:"agent"`
	Bearer     bool    `json:"bearer"`  // an API token
	Current    bool    `json:"current"` // the one that asks

	tenant string
}

const signInColumns = `s.id, s.account, a.login, s.tenant, s.grant_id, s.step, s.created_at, s.last_seen_at, s.expires_at, s.fresh_at, s.ip, s.agent`

func (s *SignIn) fields() []any {
	return []any{&s.ID, &s.Account, &s.Login, &s.tenant, &s.Grant, &s.Next, &s.CreatedAt, &s.LastSeenAt, &s.ExpiresAt, &s.FreshAt, &s.IP, &s.Agent}
}

// Authenticate finds who acts with a token of a sign-in or of the API. It is
// called for every request and mostly answered from memory. A token that is
// unknown, ended or expired is an Unauthenticated error; so is one whose
// sign-in still lacks a step, and then SignIn.Next says which.
func (s *Service) Authenticate(ctx context.Context, token string) (actor.Actor, SignIn, error) {
	if token == "" {
		return actor.Actor{}, SignIn{}, notSignedIn()
	}
	hash, now := hashToken(token), s.db.Now()
	r, generation := s.cache.get(hash, now)
	if r == nil {
		var err error
		if r, err = s.remember(ctx, token, hash); err != nil {
			return actor.Actor{}, SignIn{}, err
		}
		s.cache.put(hash, r, generation)
	}
	if now.After(r.signIn.ExpiresAt.Time) {
		return actor.Actor{}, SignIn{}, notSignedIn()
	}
	if r.signIn.Next != "" {
		return actor.Actor{}, r.signIn, errs.New(errs.Unauthenticated, "请先完成登录")
	}
	if r.due(now) {
		if err := s.seen(ctx, r); err != nil {
			return actor.Actor{}, SignIn{}, err
		}
	}
	return r.actor, r.signIn, nil
}

func notSignedIn() error { return errs.New(errs.Unauthenticated, "请先登录") }

// remember loads what is known of a token.
func (s *Service) remember(ctx context.Context, token, hash string) (*remembered, error) {
	r := &remembered{until: s.db.Now().Add(cacheFor)}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		var scopes string
		var err error
		if strings.HasPrefix(token, tokenPrefix) {
			r.signIn, scopes, err = bearer(tx, hash)
		} else {
			var v *SignIn
			if v, err = db.One(tx, (*SignIn).fields, `SELECT `+signInColumns+` FROM sign_in s JOIN account a ON a.id = s.account
				WHERE s.token = $1 AND s.ended_at = '' AND s.expires_at > $2 AND s.last_seen_at > $3 AND a.active`,
				hash, db.At(tx.Now()), db.At(tx.Now().Add(-idleFor))); err == nil {
				r.signIn = *v
			}
		}
		if errs.Is(err, errs.NotFound) {
			return notSignedIn()
		}
		if err != nil {
			return err
		}
		r.seen = r.signIn.LastSeenAt.Time
		if r.signIn.Next != "" {
			return nil
		}
		g, err := liveGrant(tx, r.signIn.tenant, r.signIn.Grant)
		if errs.Is(err, errs.NotFound) {
			return errs.New(errs.Unauthenticated, "您的身份已经变更，请重新登录")
		}
		if err != nil {
			return err
		}
		if r.actor, err = s.actor(tx, g); err != nil {
			return err
		}
		r.actor.Session, r.actor.Channel = r.signIn.ID, "web"
		if r.signIn.Bearer {
			r.actor.Channel = "api"
			r.actor = r.actor.Allowing(s.roles.scoped(g.Role, strings.Fields(scopes)))
		}
		return nil
	})
	return r, err
}

// actor is who acts under a grant.
func (s *Service) actor(tx *db.Tx, g *Grant) (actor.Actor, error) {
	name, err := PersonName(tx, g.Tenant, g.Person)
	if err != nil {
		return actor.Actor{}, err
	}
	a := actor.Actor{Tenant: g.Tenant, Account: g.Account, Person: g.Person, Name: name, Role: g.Role, Body: g.Body}
	return a.Allowing(s.roles.Of(g.Role)), nil
}

// Acting is who acts under a grant when there is no browser: on the command
// line, in an import, when a demonstration is played.
func (s *Service) Acting(ctx context.Context, tenant, grant, channel string) (actor.Actor, error) {
	var a actor.Actor
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		g, err := liveGrant(tx, tenant, grant)
		if err != nil {
			return err
		}
		a, err = s.actor(tx, g)
		a.Channel = channel
		return err
	})
	return a, err
}

// Again is who acts when something is done later for somebody who asked for it:
// under the grant under which they asked, with what it allows by now. Forbidden
// if they hold it no more.
func (s *Service) Again(ctx context.Context, asked actor.Actor, channel string) (a actor.Actor, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err := liveGrants(tx, asked.Account)
		if err != nil {
			return err
		}
		for _, g := range all {
			if g.Tenant == asked.Tenant && g.Person == asked.Person && g.Role == asked.Role && g.Body == asked.Body {
				a, err = s.actor(tx, g)
				a.Channel = channel
				return err
			}
		}
		return errs.New(errs.Forbidden, "您的身份已经变更，请重新登录")
	})
	return a, err
}

// seen tells the database that a token is in use.
func (s *Service) seen(ctx context.Context, r *remembered) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		query := `UPDATE sign_in SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2`
		if r.signIn.Bearer {
			query = `UPDATE api_token SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2`
		}
		_, err := tx.Exec(query, r.signIn.ID, db.At(tx.Now()))
		return err
	})
}

// liveGrant finds a grant that holds today.
func liveGrant(tx *db.Tx, tenant, id string) (*Grant, error) {
	return db.One(tx, (*Grant).fields, `SELECT `+grantColumns+` FROM grant_role WHERE tenant = $1 AND id = $2 AND `+onDay3, tenant, id, Today(tx))
}

// liveGrants lists the grants of an account that hold today, in the order of
// the roles.
func liveGrants(tx *db.Tx, account string) ([]*Grant, error) {
	all, err := db.All(tx, (*Grant).fields, `SELECT `+grantColumns+` FROM grant_role WHERE account = $1 AND `+onDay2+` ORDER BY id`, account, Today(tx))
	sortGrants(all)
	return all, err
}

// firstGrant is the grant with which an account begins: the one it used last,
// if that still holds.
func firstGrant(tx *db.Tx, account, last string) (*Grant, error) {
	all, err := liveGrants(tx, account)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errs.New(errs.Forbidden, "您的账号目前没有可用的身份，请联系本单位管理员")
	}
	for _, g := range all {
		if g.ID == last {
			return g, nil
		}
	}
	return all[0], nil
}

// Choice is one way in which the person in ctx may act.
type Choice struct {
	Grant   Grant
	Tenant  string // short name
	Person  string // name
	Role    string // title
	Body    string // short name, if any
	Current bool
}

// Choices lists the ways in which the person in ctx may act.
func (s *Service) Choices(ctx context.Context) ([]Choice, error) {
	var all []Choice
	err := s.read(ctx, "", func(tx *db.Tx, a actor.Actor) error {
		grants, err := liveGrants(tx, a.Account)
		if err != nil {
			return err
		}
		current, err := currentGrant(tx, a)
		if err != nil {
			return err
		}
		for _, g := range grants {
			role, _ := RoleOf(g.Role)
			c := Choice{Grant: *g, Role: role.Title, Current: g.ID == current}
			if err := tx.Get(`SELECT t.short_name, p.name, COALESCE(b.short_name, ''), COALESCE(b.name, '') FROM grant_role g
				JOIN tenant t ON t.id = g.tenant
				JOIN person p ON p.tenant = g.tenant AND p.id = g.person
				LEFT JOIN body b ON b.tenant = g.tenant AND b.id = g.body
				WHERE g.tenant = $1 AND g.id = $2`, []any{g.Tenant, g.ID}, &c.Tenant, &c.Person, &c.Body, &role.Title); err != nil {
				return err
			}
			if c.Body == "" {
				c.Body = role.Title // the long name
			}
			all = append(all, c)
		}
		return nil
	})
	return all, err
}

// currentGrant is the grant under which a acts; empty for the platform.
func currentGrant(tx *db.Tx, a actor.Actor) (string, error) {
	query := `SELECT grant_id FROM sign_in WHERE id = $1`
	if a.Channel == "api" {
		query = `SELECT grant_id FROM api_token WHERE id = $1`
	}
	var id string
	err := tx.Get(query, []any{a.Session}, &id)
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	return id, err
}

// Switch makes the person's sign-in act under another of their grants.
func (s *Service) Switch(ctx context.Context, grant string) error {
	_, err := s.do(ctx, "", func(tx *db.Tx, a actor.Actor) (string, error) {
		g, err := db.One(tx, (*Grant).fields, `SELECT `+grantColumns+` FROM grant_role WHERE account = $1 AND id = $3 AND `+onDay2, a.Account, Today(tx), grant)
		if err != nil {
			return "", err
		}
		n, err := tx.Exec(`UPDATE sign_in SET tenant = $3, grant_id = $4 WHERE id = $1 AND account = $2 AND ended_at = ''`, a.Session, a.Account, g.Tenant, g.ID)
		if err != nil {
			return "", err
		}
		if n == 0 {
			return "", errs.New(errs.Forbidden, "访问令牌不能切换身份")
		}
		if _, err := tx.Exec(`UPDATE account SET last_grant = $2 WHERE id = $1`, a.Account, g.ID); err != nil {
			return "", err
		}
		tx.AfterCommit(s.cache.forget)
		return g.ID, record(tx, "account.switch", "account", a.Account, map[string]any{"grant": g.ID, "role": g.Role})
	})
	return err
}

// Reauthenticate lets the person in ctx prove to be there, by their password
// and, if they use one, a code of the second factor. See [RequireFresh].
func (s *Service) Reauthenticate(ctx context.Context, password, code string) error {
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
	ok := s.matches(who.password, password)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.locked(tx, who.login); err != nil || !ok {
			return err
		}
		if who, err = credentialedBy(tx, `id = $1`, a.Account); err != nil {
			return err
		}
		if who.totpOn {
			if ok, err = s.spend(tx, who, code); err != nil || !ok {
				return err
			}
		}
		if _, err := tx.Exec(`UPDATE sign_in SET fresh_at = $2 WHERE id = $1 AND account = $3`, a.Session, db.At(tx.Now()), a.Account); err != nil {
			return err
		}
		tx.AfterCommit(s.cache.forget)
		return record(tx, "account.confirm", "account", a.Account, nil)
	})
	if err == nil && !ok {
		if err = s.fail(ctx, who.login, a.IP); errs.Is(err, errs.Unauthenticated) {
			var f errs.Fields
			f.Add("password", "密码或动态验证码不正确")
			return f.Err()
		}
	}
	return err
}

// NotFresh is the message of the error that [RequireFresh] gives, so that pages
// can tell it from others and ask for the password.
const NotFresh = "请重新输入密码，确认是您本人"

// RequireFresh is a Forbidden error unless the person who acts proved to be
// there within the last minutes ([FreshFor]). A token of the API never did; what
// runs on the machine itself needs no proof.
func RequireFresh(tx *db.Tx) error {
	a, err := actor.Require(tx.Context(), "")
	if err != nil {
		return err
	}
	switch a.Channel {
	case "api":
		return errs.New(errs.Forbidden, "这项操作必须本人登录后进行，不能使用访问令牌")
	case "web":
		var at db.Time
		if err := tx.Get(`SELECT fresh_at FROM sign_in WHERE id = $1 AND account = $2`, []any{a.Session, a.Account}, &at); err != nil {
			return err
		}
		if tx.Now().Sub(at.Time) > FreshFor {
			return errs.New(errs.Forbidden, NotFresh)
		}
	}
	return nil
}

// SignIns lists where the person in ctx is signed in, last used first.
func (s *Service) SignIns(ctx context.Context) ([]*SignIn, error) {
	var all []*SignIn
	err := s.read(ctx, "", func(tx *db.Tx, a actor.Actor) (err error) {
		all, err = db.All(tx, (*SignIn).fields, `SELECT `+signInColumns+` FROM sign_in s JOIN account a ON a.id = s.account
			WHERE s.account = $1 AND s.step = '' AND s.ended_at = '' AND s.expires_at > $2 AND s.last_seen_at > $3 ORDER BY s.last_seen_at DESC`,
			a.Account, db.At(tx.Now()), db.At(tx.Now().Add(-idleFor)))
		for _, v := range all {
			v.Current = v.ID == a.Session
		}
		return err
	})
	return all, err
}

// EndSignIn ends one of the person's own sign-ins; an empty id means all others.
func (s *Service) EndSignIn(ctx context.Context, id string) error {
	_, err := s.do(ctx, "", func(tx *db.Tx, a actor.Actor) (string, error) {
		if id == "" {
			if err := s.endSignIns(tx, a.Account, a.Session); err != nil {
				return "", err
			}
			return a.Account, record(tx, "account.sign_out_others", "account", a.Account, nil)
		}
		n, err := tx.Exec(`UPDATE sign_in SET ended_at = $3 WHERE id = $1 AND account = $2 AND ended_at = ''`, id, a.Account, db.At(tx.Now()))
		if err != nil {
			return "", err
		}
		if n == 0 {
			return "", errs.Missing()
		}
		tx.AfterCommit(s.cache.forget)
		return a.Account, record(tx, "account.sign_out", "account", a.Account, map[string]any{"sign_in": id})
	})
	return err
}

// SignOut ends the sign-in of the person in ctx.
func (s *Service) SignOut(ctx context.Context) error {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	return s.EndSignIn(ctx, a.Session)
}

// Sweep deletes records of sign-ins that ended long ago, failures that are
// forgotten and sign-ins that were never completed. It is safe to run at any
// time; once a day will do.
func (s *Service) Sweep(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		old := db.At(tx.Now().Add(-keptFor))
		if _, err := tx.Exec(`DELETE FROM sign_in WHERE expires_at < $1 OR step <> '' AND expires_at < $2`, old, db.At(tx.Now().Add(-time.Hour))); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM account_link_waiting WHERE expires_at < $1`, db.At(tx.Now())); err != nil {
			return err
		}
		_, err := tx.Exec(`DELETE FROM sign_in_failure WHERE failed_at < $1`, db.At(tx.Now().Add(-failureAge)))
		return err
	})
}
