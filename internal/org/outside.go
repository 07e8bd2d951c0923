package org

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
	"shangliang/internal/secret"
	"shangliang/internal/sso"
)

// linkFor is how long an administrator may take to link somebody.
const linkFor = 7 * 24 * time.Hour

// Unlinked is the error for somebody who is known to the provider outside and
// to no account here. They tell their administrator the code.
type Unlinked struct{ Code string }

func (*Unlinked) Error() string { return "org: the identity is linked to no account" }

// Link says that an account is signed in to by a provider outside.
type Link struct {
	Issuer   string  `json:"issuer"`
	Subject  string  `json:"subject"`
	Account  string  `json:"account"`
	Name     string  `json:"name"` // as the provider calls them
	LinkedAt db.Time `json:"linked_at"`
}

const linkColumns = `issuer, subject, account, name, linked_at`

func (l *Link) fields() []any {
	return []any{&l.Issuer, &l.Subject, &l.Account, &l.Name, &l.LinkedAt}
}

func (l *Link) row() ledger.Row {
	return ledger.RowOf("account_link", "issuer", l.Issuer, "subject", l.Subject)
}

// SignInOutside signs in whoever a provider outside says it is: with the account
// that is linked to the identity, else the one that its claim matches, which is
// then linked. It makes no account and gives no role; without an account the
// error is [*Unlinked]. The second factor of an account is asked for as ever.
func (s *Service) SignInOutside(ctx context.Context, id *sso.Identity, ip, agent string) (SignedIn, error) {
	token, hash := newToken("")
	out := SignedIn{Token: token}
	code := ""
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		out.Next, code = "", ""
		who, err := s.linked(tx, id)
		if err == nil && who == nil {
			if who, err = s.match(tx, id, ip); err == nil && who == nil {
				code, err = s.wait(tx, id)
				return err
			}
		}
		if err != nil {
			return err
		}
		if !who.active {
			return errs.New(errs.Forbidden, "您的账号已停用，请联系本单位管理员")
		}
		g, err := firstGrant(tx, who.id, who.lastGrant)
		if err != nil {
			return err
		}
		if who.totpOn {
			out.Next = NextTOTP
		}
		return s.begin(tx, who, g, hash, out.Next, origin{ip: ip, agent: agent, way: id.Issuer, proof: s.sealer.Seal(who.id, secret.Text(id.Proof))})
	})
	if err == nil && code != "" {
		err = &Unlinked{code}
	}
	if err != nil {
		return SignedIn{}, err
	}
	return out, nil
}

// linked is the account that an identity is linked to, nil without one.
func (s *Service) linked(tx *db.Tx, id *sso.Identity) (*credentialed, error) {
	who, err := credentialedBy(tx, `id = (SELECT account FROM account_link WHERE issuer = $1 AND subject = $2)`, id.Issuer, id.Subject)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return who, err
}

// match finds the one account that the identity's claim is that of and links it.
// An account that is linked to another identity of the same provider is nobody
// else's: an address that was given to a second person opens nothing.
func (s *Service) match(tx *db.Tx, id *sso.Identity, ip string) (*credentialed, error) {
	columns := map[string]string{sso.Login: "login", sso.Email: "email"}
	column, value := columns[id.Field], tidyLogin(id.Value)
	if column == "" || value == "" {
		return nil, nil
	}
	all, err := db.Column[string](tx, `SELECT id FROM account a WHERE active AND LOWER(`+column+`) = $1
		AND NOT EXISTS (SELECT 1 FROM account_link l WHERE l.account = a.id AND l.issuer = $2) LIMIT 2`, value, id.Issuer)
	if err != nil || len(all) != 1 {
		return nil, err
	}
	who, err := credentialedBy(tx, `id = $1`, all[0])
	if err != nil {
		return nil, err
	}
	system := actor.System(who.home)
	system.IP = ip
	return who, s.db.Write(actor.With(tx.Context(), system), func(tx *db.Tx) error {
		return s.link(tx, &Link{Issuer: id.Issuer, Subject: id.Subject, Account: who.id, Name: clip(id.Name, 100)}, column)
	})
}

// link writes a link and records how it came about.
func (s *Service) link(tx *db.Tx, l *Link, by string) error {
	l.LinkedAt = db.At(tx.Now())
	if _, err := tx.Exec(`INSERT INTO account_link (`+linkColumns+`) VALUES (`+db.Marks(5)+`)`, l.Issuer, l.Subject, l.Account, l.Name, l.LinkedAt); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM account_link_waiting WHERE issuer = $1 AND subject = $2`, l.Issuer, l.Subject); err != nil {
		return err
	}
	return record(tx, "account.link", "account", l.Account, map[string]any{"issuer": l.Issuer, "by": by}, l.row())
}

// wait notes that somebody without an account came, and returns the code for
// their administrator.
func (s *Service) wait(tx *db.Tx, id *sso.Identity) (string, error) {
	code := rand.Text()[:8]
	_, err := tx.Exec(`INSERT INTO account_link_waiting (issuer, subject, name, code, expires_at) VALUES ($1,$2,$3,$4,$5)
		ON CONFLICT (issuer, subject) DO UPDATE SET name = excluded.name, code = excluded.code, expires_at = excluded.expires_at`,
		id.Issuer, id.Subject, clip(id.Name, 100), s.recognise("link", code), db.At(tx.Now().Add(linkFor)))
	return code[:4] + "-" + code[4:], err
}

// LinkAccount links an account of the actor's tenant to whoever was shown the
// code, and returns what the provider calls them. Wants org.manage.
func (s *Service) LinkAccount(ctx context.Context, account, code string) (name string, err error) {
	code = strings.ToUpper(strings.NewReplacer("-", "", " ", "", "－", "", "—", "").Replace(tidy(code)))
	_, err = s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		if _, err := home(tx, a.Tenant, account); err != nil {
			return "", err
		}
		l, err := db.One(tx, func(l *Link) []any { return []any{&l.Issuer, &l.Subject, &l.Name} },
			`SELECT issuer, subject, name FROM account_link_waiting WHERE code = $1 AND expires_at > $2`, s.recognise("link", code), db.At(tx.Now()))
		if errs.Is(err, errs.NotFound) {
			var f errs.Fields
			f.Add("code", "没有这个关联码，或者已经过期；请本人再登录一次，看新的关联码")
			return "", f.Err()
		}
		if err != nil {
			return "", err
		}
		have, err := links(tx, account)
		if err != nil {
			return "", err
		}
		for _, o := range have {
			if o.Issuer == l.Issuer {
				return "", errs.New(errs.Conflict, "这个账号已关联“%s”，请先解除", o.Called())
			}
		}
		l.Account, name = account, l.Called()
		return account, s.link(tx, l, "code")
	})
	return name, err
}

// Called is what people call somebody at the provider.
func (l *Link) Called() string {
	if l.Name != "" {
		return l.Name
	}
	return l.Subject
}

// UnlinkAccount ends what links an account of the actor's tenant to providers
// outside, and where it is signed in. Wants org.manage.
func (s *Service) UnlinkAccount(ctx context.Context, account string) error {
	_, err := s.do(ctx, "org.manage", func(tx *db.Tx, a actor.Actor) (string, error) {
		if _, err := home(tx, a.Tenant, account); err != nil {
			return "", err
		}
		all, err := links(tx, account)
		if err != nil {
			return "", err
		}
		if len(all) == 0 {
			return "", errs.Missing()
		}
		if _, err := tx.Exec(`DELETE FROM account_link WHERE account = $1`, account); err != nil {
			return "", err
		}
		if err := s.endSignIns(tx, account, ""); err != nil {
			return "", err
		}
		var rows []ledger.Row
		for _, l := range all {
			rows = append(rows, l.row())
		}
		return account, record(tx, "account.unlink", "account", account, nil, rows...)
	})
	return err
}

func links(tx *db.Tx, account string) ([]*Link, error) {
	return db.All(tx, (*Link).fields, `SELECT `+linkColumns+` FROM account_link WHERE account = $1 ORDER BY linked_at, issuer`, account)
}

// Links lists the providers outside by which the person in ctx can sign in.
func (s *Service) Links(ctx context.Context) (all []*Link, err error) {
	err = s.read(ctx, "", func(tx *db.Tx, a actor.Actor) error {
		all, err = links(tx, a.Account)
		return err
	})
	return all, err
}

// ConfirmOutside lets the person in ctx prove to be there by the provider that
// their account is linked to, which asked them just now. See [RequireFresh].
func (s *Service) ConfirmOutside(ctx context.Context, id *sso.Identity) error {
	_, err := s.do(ctx, "", func(tx *db.Tx, a actor.Actor) (string, error) {
		who, err := s.linked(tx, id)
		if err != nil {
			return "", err
		}
		if who == nil || who.id != a.Account {
			return "", errs.New(errs.Conflict, "刚才确认的不是当前登录的人，请用自己的身份再试")
		}
		if who.totpOn {
			return "", errs.New(errs.Conflict, "您启用了两步验证，请用密码和动态验证码确认")
		}
		if _, err := tx.Exec(`UPDATE sign_in SET fresh_at = $2 WHERE id = $1 AND account = $3`, a.Session, db.At(tx.Now()), a.Account); err != nil {
			return "", err
		}
		tx.AfterCommit(s.cache.forget)
		return a.Account, record(tx, "account.confirm", "account", a.Account, map[string]any{"way": id.Issuer})
	})
	return err
}

// Proof is what the provider outside proved the sign-in of the person in ctx
// with, for signing out there; empty if they signed in by password.
func (s *Service) Proof(ctx context.Context) (proof string, err error) {
	err = s.read(ctx, "", func(tx *db.Tx, a actor.Actor) error {
		var sealed string
		if err := tx.Get(`SELECT proof FROM sign_in WHERE id = $1 AND account = $2`, []any{a.Session, a.Account}, &sealed); err != nil || sealed == "" {
			return err
		}
		proof, err = s.openSecret(a.Account, sealed)
		return err
	})
	if errs.Is(err, errs.NotFound) { // a token of the API
		return "", nil
	}
	return proof, err
}
