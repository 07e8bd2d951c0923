package org

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
)

// How long things last.
const (
	lockAfter  = 5                    // failures
	lockFor    = 15 * time.Minute     // then nobody signs in under this name
	failureAge = 24 * time.Hour       // a failure older than this is forgotten
	stepFor    = 10 * time.Minute     // to type a code or choose a password
	idleFor    = 12 * time.Hour       // without a request
	signInFor  = 7 * 24 * time.Hour   // in all
	seenEvery  = time.Minute          // last_seen_at is as exact as this
	FreshFor   = 10 * time.Minute     // how long after a password someone counts as present
	keptFor    = 180 * 24 * time.Hour // records of past sign-ins
)

// What a sign-in still lacks.
const (
	NextTOTP     = "totp"     // a code of the second factor: [Service.FinishTOTP]
	NextPassword = "password" // a password of one's own: [Service.FirstPassword]
)

// Credentials are what a person signs in with, and from where.
type Credentials struct {
	Login    string
	Password string
	Code     string // of the second factor; may be left empty and given to FinishTOTP
	IP       string
	Agent    string // the user agent
}

// SignedIn is what signing in leads to. Until Next is empty the token opens
// nothing but that next step, which gives a new token.
type SignedIn struct {
	Token string
	Next  string
}

// SignIn signs a person in. An unknown name, a wrong password and a disabled
// account are one Unauthenticated error, take the same time and lock the name
// alike: TooMany after five failures, for fifteen minutes.
func (s *Service) SignIn(ctx context.Context, c Credentials) (SignedIn, error) {
	login := tidyLogin(c.Login)
	var who *credentialed
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		if err := s.locked(tx, login); err != nil {
			return err
		}
		var err error
		who, err = credentialedBy(tx, `login = $1`, login)
		return err
	})
	if err != nil && !errs.Is(err, errs.NotFound) {
		return SignedIn{}, err
	}
	hashed := nobody
	if who != nil {
		hashed = who.password
	}
	if ok := s.matches(hashed, c.Password); !ok || who == nil || !who.active {
		return SignedIn{}, s.fail(ctx, login, c.IP)
	}
	token, hash := newToken("")
	out := SignedIn{Token: token}
	wrongCode := false
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		out.Next = ""
		if err := s.locked(tx, login); err != nil { // another guess was counted meanwhile
			return err
		}
		now, err := credentialedBy(tx, `login = $1`, login)
		if err != nil {
			return err
		}
		if !now.active || now.password != hashed {
			return wrongCredentials()
		}
		g, err := firstGrant(tx, now.id, now.lastGrant)
		if err != nil {
			return err
		}
		switch {
		case now.totpOn && c.Code == "":
			out.Next = NextTOTP
		case now.totpOn:
			ok, err := s.spend(tx, now, c.Code)
			if wrongCode = !ok; err != nil || wrongCode {
				return err
			}
			fallthrough
		default:
			if now.mustChange {
				out.Next = NextPassword
			}
		}
		return s.begin(tx, now, g, hash, out.Next, origin{ip: c.IP, agent: c.Agent})
	})
	if wrongCode {
		return SignedIn{}, s.fail(ctx, login, c.IP)
	}
	if err != nil {
		return SignedIn{}, err
	}
	return out, nil
}

// credentialed is what signing in needs to know of an account.
type credentialed struct {
	id, home, login, password string
	mustChange, totpOn        bool
	totpSecret                string
	totpStep                  int64
	active                    bool
	lastGrant                 string
}

func credentialedBy(tx *db.Tx, where string, args ...any) (*credentialed, error) {
	return db.One(tx, func(c *credentialed) []any {
		return []any{&c.id, &c.home, &c.login, &c.password, &c.mustChange, &c.totpOn, &c.totpSecret, &c.totpStep, &c.active, &c.lastGrant}
	}, `SELECT id, home, login, password, must_change, totp_on, totp_secret, totp_step, active, last_grant FROM account WHERE `+where, args...)
}

func wrongCredentials() error {
	return errs.New(errs.Unauthenticated, "登录名或密码不正确")
}

// locked is a TooMany error while a name is locked.
func (s *Service) locked(tx *db.Tx, login string) error {
	var until db.Time
	err := tx.Get(`SELECT locked_until FROM sign_in_failure WHERE login = $1`, []any{s.recognise("login", login)}, &until)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if left := until.Sub(tx.Now()); err == nil && left > 0 {
		return errs.New(errs.TooMany, "登录失败次数过多，请在%d分钟后再试", int((left+time.Minute-1)/time.Minute))
	}
	return err
}

// fail counts a failure under a name and returns the error for the person. A
// lock of a name that exists is recorded.
func (s *Service) fail(ctx context.Context, login, ip string) error {
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		now := db.At(tx.Now())
		var failed int
		if err := tx.Get(`INSERT INTO sign_in_failure (login, failed, failed_at) VALUES ($1, 1, $2)
			ON CONFLICT (login) DO UPDATE SET
			  failed = CASE WHEN sign_in_failure.failed_at < $3 OR sign_in_failure.failed >= $4 THEN 1 ELSE sign_in_failure.failed + 1 END,
			  failed_at = excluded.failed_at
			RETURNING failed`,
			[]any{s.recognise("login", login), now, db.At(tx.Now().Add(-failureAge)), lockAfter}, &failed); err != nil {
			return err
		}
		if failed < lockAfter {
			return nil
		}
		if _, err := tx.Exec(`UPDATE sign_in_failure SET locked_until = $2 WHERE login = $1`,
			s.recognise("login", login), db.At(tx.Now().Add(lockFor))); err != nil {
			return err
		}
		who, err := credentialedBy(tx, `login = $1`, login)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		system := actor.System(who.home)
		system.IP = ip
		return s.db.Write(actor.With(tx.Context(), system), func(tx *db.Tx) error {
			return ledger.Append(tx, ledger.Entry{Action: "account.lock", Kind: "account", Object: who.id, Note: ip})
		})
	})
	if err != nil {
		return err
	}
	return wrongCredentials()
}

// origin is where a sign-in comes from.
type origin struct {
	ip, agent string
	way       string // "" by password, else the issuer of the identity
	proof     string // of that provider, sealed
}

// data is what the ledger keeps of a sign-in.
func (o origin) data(g *Grant, id string) map[string]any {
	m := map[string]any{"grant": g.ID, "sign_in": id}
	if o.way != "" {
		m["way"] = o.way
	}
	return m
}

// begin writes a new sign-in and records it once it is complete.
func (s *Service) begin(tx *db.Tx, who *credentialed, g *Grant, hash, step string, from origin) error {
	now := tx.Now()
	lasts := signInFor
	if step != "" {
		lasts = stepFor
	}
	id := db.NewID()
	if _, err := tx.Exec(`INSERT INTO sign_in (id, token, account, tenant, grant_id, step, created_at, last_seen_at, expires_at, fresh_at, ip, agent, way, proof)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$7,$8,$7,$9,$10,$11,$12)`,
		id, hash, who.id, g.Tenant, g.ID, step, db.At(now), db.At(now.Add(lasts)), from.ip, clip(from.agent, 300), from.way, from.proof); err != nil {
		return err
	}
	if step != "" {
		return nil
	}
	return s.complete(tx, who, g, id, from)
}

// complete notes that a sign-in has passed its last step.
func (s *Service) complete(tx *db.Tx, who *credentialed, g *Grant, id string, from origin) error {
	if _, err := tx.Exec(`UPDATE account SET last_sign_in_at = $2, last_grant = $3 WHERE id = $1`, who.id, db.At(tx.Now()), g.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM sign_in_failure WHERE login = $1`, s.recognise("login", who.login)); err != nil {
		return err
	}
	return s.as(tx, g, id, from.ip, func(tx *db.Tx) error {
		return ledger.Append(tx, ledger.Entry{Action: "account.sign_in", Kind: "account", Object: who.id, Note: from.ip, Data: from.data(g, id)})
	})
}

// as runs f as the person who is just signing in.
func (s *Service) as(tx *db.Tx, g *Grant, signIn, ip string, f func(tx *db.Tx) error) error {
	name, err := PersonName(tx, g.Tenant, g.Person)
	if err != nil {
		return err
	}
	a := actor.Actor{Tenant: g.Tenant, Account: g.Account, Person: g.Person, Name: name, Role: g.Role, Body: g.Body, Session: signIn, Channel: "web", IP: ip}
	return s.db.Write(actor.With(tx.Context(), a), f)
}

// pending finds a sign-in that waits for a step.
func (s *Service) pending(tx *db.Tx, token, step string) (id string, who *credentialed, g *Grant, err error) {
	var account, grant string
	err = tx.Get(`SELECT id, account, grant_id FROM sign_in WHERE token = $1 AND step = $2 AND ended_at = '' AND expires_at > $3`,
		[]any{hashToken(token), step, db.At(tx.Now())}, &id, &account, &grant)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.Unauthenticated, "登录已超时，请重新登录")
	}
	if err != nil {
		return "", nil, nil, err
	}
	if who, err = credentialedBy(tx, `id = $1`, account); err == nil && !who.active {
		err = wrongCredentials()
	}
	if err == nil {
		g, err = firstGrant(tx, account, grant)
	}
	return id, who, g, err
}

// FinishTOTP is the second step of a sign-in with a second factor: a code of
// the device or a recovery code. A wrong one counts as a failure to sign in.
func (s *Service) FinishTOTP(ctx context.Context, token, code string) (SignedIn, error) {
	fresh, hash := newToken("")
	out := SignedIn{Token: fresh}
	var wrong *credentialed
	var from origin
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		wrong = nil
		id, who, g, err := s.pending(tx, token, NextTOTP)
		if err != nil {
			return err
		}
		if err := tx.Get(`SELECT ip, way FROM sign_in WHERE id = $1`, []any{id}, &from.ip, &from.way); err != nil {
			return err
		}
		if err := s.locked(tx, who.login); err != nil {
			return err
		}
		ok, err := s.spend(tx, who, code)
		if err != nil {
			return err
		}
		if !ok {
			wrong = who
			return nil
		}
		if out.Next = ""; who.mustChange && from.way == "" { // who comes from outside needs no password
			out.Next = NextPassword
		}
		lasts := signInFor
		if out.Next != "" {
			lasts = stepFor
		}
		if _, err := tx.Exec(`UPDATE sign_in SET token = $2, step = $3, last_seen_at = $4, fresh_at = $4, expires_at = $5 WHERE id = $1`,
			id, hash, out.Next, db.At(tx.Now()), db.At(tx.Now().Add(lasts))); err != nil || out.Next != "" {
			return err
		}
		return s.complete(tx, who, g, id, from)
	})
	if err == nil && wrong != nil {
		if err = s.fail(ctx, wrong.login, from.ip); errs.Is(err, errs.Unauthenticated) {
			err = errs.New(errs.Unauthenticated, "动态验证码不正确")
		}
	}
	if err != nil {
		return SignedIn{}, err
	}
	return out, nil
}

// FirstPassword is the last step of a first sign-in, or of one after a reset:
// the person chooses a password.
func (s *Service) FirstPassword(ctx context.Context, token, password string) (SignedIn, error) {
	var old *credentialed
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		_, old, _, err = s.pending(tx, token, NextPassword)
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	hashed, err := s.newPassword(old, password)
	if err != nil {
		return SignedIn{}, err
	}
	fresh, hash := newToken("")
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		id, who, g, err := s.pending(tx, token, NextPassword)
		if err != nil {
			return err
		}
		if who.password != old.password {
			return db.Stale()
		}
		var ip string
		if err := tx.Get(`UPDATE sign_in SET token = $2, step = '', last_seen_at = $3, fresh_at = $3, expires_at = $4 WHERE id = $1 RETURNING ip`,
			[]any{id, hash, db.At(tx.Now()), db.At(tx.Now().Add(signInFor))}, &ip); err != nil {
			return err
		}
		if err := s.as(tx, g, id, ip, func(tx *db.Tx) error { return s.setPassword(tx, who.id, id, hashed) }); err != nil {
			return err
		}
		return s.complete(tx, who, g, id, origin{ip: ip})
	})
	if err != nil {
		return SignedIn{}, err
	}
	return SignedIn{Token: fresh}, nil
}

// newPassword checks a password that an account wants and hashes it.
func (s *Service) newPassword(who *credentialed, password string) (string, error) {
	var f errs.Fields
	checkPassword(&f, "password", password, who.login)
	if err := f.Err(); err != nil {
		return "", err
	}
	if s.matches(who.password, password) {
		f.Add("password", "新密码不能和原来的相同")
		return "", f.Err()
	}
	return s.hash(password), nil
}

// setPassword changes a password and ends all other sign-ins of the account.
func (s *Service) setPassword(tx *db.Tx, account, signIn, hashed string) error {
	if _, err := tx.Exec(`UPDATE account SET password = $2, must_change = FALSE, version = version + 1 WHERE id = $1`, account, hashed); err != nil {
		return err
	}
	if err := s.endSignIns(tx, account, signIn); err != nil {
		return err
	}
	return record(tx, "account.password", "account", account, nil)
}

// endSignIns ends the sign-ins of an account but one.
func (s *Service) endSignIns(tx *db.Tx, account, but string) error {
	tx.AfterCommit(s.cache.forget)
	_, err := tx.Exec(`UPDATE sign_in SET ended_at = $3 WHERE account = $1 AND id <> $2 AND ended_at = ''`, account, but, db.At(tx.Now()))
	return err
}

// newToken makes a token with 256 random bits, and the hash by which it is kept.
func newToken(prefix string) (token, hash string) {
	b := make([]byte, 32)
	rand.Read(b)
	token = prefix + base64.RawURLEncoding.EncodeToString(b)
	return token, hashToken(token)
}

func hashToken(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// clip cuts a text to n characters.
func clip(s string, n int) string {
	s = tidy(s)
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
