package org

import (
	"context"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
)

// tokenPrefix begins every API token, so that one is recognised where it leaks.
const tokenPrefix = "slt_"

// Token lets a program act as an account under one grant, within scopes.
type Token struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Grant      string   `json:"grant"`
	Scopes     []string `json:"scopes"` // permissions, or packages: "proposal"
	CreatedAt  db.Time  `json:"created_at"`
	ExpiresAt  db.Time  `json:"expires_at"`
	LastUsedAt db.Time  `json:"last_used_at"`
}

// words scans a text of words with blanks between them.
type words []string

func (w *words) Scan(v any) error {
	var s string
	switch v := v.(type) {
	case string:
		s = v
	case []byte:
		s = string(v)
	}
	*w = strings.Fields(s)
	return nil
}

func (t *Token) fields() []any {
	return []any{&t.ID, &t.Name, &t.Grant, (*words)(&t.Scopes), &t.CreatedAt, &t.ExpiresAt, &t.LastUsedAt}
}

// NewToken is what a person says of a token that they want.
type NewToken struct {
	Name   string
	Scopes []string
	Until  calendar.Date // the last day, at most a year ahead
}

// CreateToken makes an API token for the role that the person acts in and
// returns its text, which is shown this once. Wants a fresh sign-in.
func (s *Service) CreateToken(ctx context.Context, in NewToken) (text, id string, err error) {
	text, hash := newToken(tokenPrefix)
	made := false
	id, err = s.do(ctx, "", func(tx *db.Tx, a actor.Actor) (string, error) {
		if err := RequireFresh(tx); err != nil {
			return "", err
		}
		grant, err := currentGrant(tx, a)
		if err != nil {
			return "", err
		}
		if grant == "" {
			return "", notSignedIn()
		}
		name, today := tidy(in.Name), Today(tx)
		scopes := slices.Clone(in.Scopes)
		slices.Sort(scopes)
		scopes = slices.Compact(scopes)
		var f errs.Fields
		checkText(&f, "name", name, 1, 60)
		f.Check(in.Until >= today && in.Until <= today.AddMonths(12), "until", "有效期须在今天起一年以内")
		f.Check(len(scopes) > 0, "scopes", "请至少选择一项权限")
		for _, scope := range scopes {
			if len(s.roles.scoped(a.Role, []string{scope})) == 0 {
				f.Add("scopes", "您当前的身份没有“%s”这项权限", scope)
			}
		}
		if err := f.Err(); err != nil {
			return "", err
		}
		made = true
		id := db.NewID()
		if _, err := tx.Exec(`INSERT INTO api_token (id, token, account, tenant, grant_id, name, scopes, created_at, expires_at) VALUES (`+db.Marks(9)+`)`,
			id, hash, a.Account, a.Tenant, grant, name, strings.Join(scopes, " "), db.At(tx.Now()), db.At(in.Until.AddDays(1).Time())); err != nil {
			return "", err
		}
		return id, record(tx, "api_token.create", "api_token", id, map[string]any{"scopes": scopes, "until": in.Until, "grant": grant})
	})
	if err == nil && !made {
		err = alreadyShown()
	}
	if err != nil {
		return "", "", err
	}
	return text, id, nil
}

// Tokens lists the person's own tokens that are not revoked.
func (s *Service) Tokens(ctx context.Context) ([]*Token, error) {
	var all []*Token
	err := s.read(ctx, "", func(tx *db.Tx, a actor.Actor) (err error) {
		all, err = db.All(tx, (*Token).fields, `SELECT id, name, grant_id, scopes, created_at, expires_at, last_used_at FROM api_token
			WHERE account = $1 AND revoked_at = '' ORDER BY id DESC`, a.Account)
		return err
	})
	return all, err
}

// RevokeToken ends one of the person's own tokens at once.
func (s *Service) RevokeToken(ctx context.Context, id string) error {
	_, err := s.do(ctx, "", func(tx *db.Tx, a actor.Actor) (string, error) {
		n, err := tx.Exec(`UPDATE api_token SET revoked_at = $3 WHERE id = $1 AND account = $2 AND revoked_at = ''`, id, a.Account, db.At(tx.Now()))
		if err != nil {
			return "", err
		}
		if n == 0 {
			return "", errs.Missing()
		}
		tx.AfterCommit(s.cache.forget)
		return id, record(tx, "api_token.revoke", "api_token", id, nil)
	})
	return err
}

// bearer finds a token that is in force.
func bearer(tx *db.Tx, hash string) (v SignIn, scopes string, err error) {
	err = tx.Get(`SELECT t.id, t.account, a.login, t.tenant, t.grant_id, t.scopes, t.created_at, t.last_used_at, t.expires_at
		FROM api_token t JOIN account a ON a.id = t.account
		WHERE t.token = $1 AND t.revoked_at = '' AND t.expires_at > $2 AND a.active AND NOT a.must_change`, []any{hash, db.At(tx.Now())},
		&v.ID, &v.Account, &v.Login, &v.tenant, &v.Grant, &scopes, &v.CreatedAt, &v.LastSeenAt, &v.ExpiresAt)
	v.Bearer = true
	return v, scopes, err
}
