package org

import (
	"context"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/secret"
)

const totpPeriod = 30 // seconds that a code lasts; one earlier and one later are taken too

// TOTPKey is what a person scans or types into their device.
type TOTPKey struct {
	Secret string // in base32
	URL    string // otpauth://…, to be drawn as a QR code
}

// EnrolTOTP begins to use a second factor: it makes a secret that counts from
// [Service.ConfirmTOTP] on. Wants a fresh sign-in.
func (s *Service) EnrolTOTP(ctx context.Context) (TOTPKey, error) {
	var key TOTPKey
	_, err := s.do(ctx, "", func(tx *db.Tx, a actor.Actor) (string, error) {
		if err := RequireFresh(tx); err != nil {
			return "", err
		}
		who, err := credentialedBy(tx, `id = $1`, a.Account)
		if err != nil {
			return "", err
		}
		if who.totpOn {
			return "", errs.New(errs.Conflict, "两步验证已经启用")
		}
		k, err := totp.Generate(totp.GenerateOpts{Issuer: "Shangliang", AccountName: who.login, Period: totpPeriod})
		if err != nil {
			return "", err
		}
		if _, err := tx.Exec(`UPDATE account SET totp_secret = $2, totp_step = 0 WHERE id = $1`, who.id, s.sealer.Seal(who.id, secret.Text(k.Secret()))); err != nil {
			return "", err
		}
		key = TOTPKey{Secret: k.Secret(), URL: k.URL()}
		return who.id, record(tx, "account.totp_enrol", "account", who.id, nil)
	})
	if err == nil && key.Secret == "" {
		err = alreadyShown()
	}
	return key, err
}

// ConfirmTOTP turns the second factor on, given a code that proves that the
// device has the secret. It returns recovery codes, which are shown this once.
func (s *Service) ConfirmTOTP(ctx context.Context, code string) ([]string, error) {
	var codes []string
	_, err := s.do(ctx, "", func(tx *db.Tx, a actor.Actor) (string, error) {
		who, err := credentialedBy(tx, `id = $1`, a.Account)
		if err != nil {
			return "", err
		}
		if who.totpOn || who.totpSecret == "" {
			return "", errs.New(errs.Conflict, "请先开始设置两步验证")
		}
		ok, err := s.spendTOTP(tx, who, code)
		if err != nil {
			return "", err
		}
		if !ok {
			var f errs.Fields
			f.Add("code", "动态验证码不正确")
			return "", f.Err()
		}
		if _, err := tx.Exec(`UPDATE account SET totp_on = TRUE, version = version + 1 WHERE id = $1`, who.id); err != nil {
			return "", err
		}
		codes = nil
		for range 10 {
			c := random(readable, 5) + "-" + random(readable, 5)
			if _, err := tx.Exec(`INSERT INTO account_recovery (account, code) VALUES ($1, $2)`, who.id, s.recognise("recovery "+who.id, tidyCode(c))); err != nil {
				return "", err
			}
			codes = append(codes, c)
		}
		return who.id, record(tx, "account.totp_on", "account", who.id, nil)
	})
	if err == nil && codes == nil {
		err = alreadyShown()
	}
	return codes, err
}

// DisableTOTP turns the second factor of the person's own account off. Wants a
// fresh sign-in.
func (s *Service) DisableTOTP(ctx context.Context) error {
	_, err := s.do(ctx, "", func(tx *db.Tx, a actor.Actor) (string, error) {
		if err := RequireFresh(tx); err != nil {
			return "", err
		}
		if err := dropTOTP(tx, a.Account); err != nil {
			return "", err
		}
		return a.Account, record(tx, "account.totp_off", "account", a.Account, nil)
	})
	return err
}

func dropTOTP(tx *db.Tx, account string) error {
	if _, err := tx.Exec(`UPDATE account SET totp_on = FALSE, totp_secret = '', totp_step = 0, version = version + 1 WHERE id = $1`, account); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM account_recovery WHERE account = $1`, account)
	return err
}

// spend takes a code of the device or a recovery code; each counts once.
func (s *Service) spend(tx *db.Tx, who *credentialed, code string) (bool, error) {
	code = tidyCode(code)
	if len(code) == 6 {
		return s.spendTOTP(tx, who, code)
	}
	n, err := tx.Exec(`DELETE FROM account_recovery WHERE account = $1 AND code = $2`, who.id, s.recognise("recovery "+who.id, code))
	return n == 1, err
}

func (s *Service) spendTOTP(tx *db.Tx, who *credentialed, code string) (bool, error) {
	secret, err := s.openSecret(who.id, who.totpSecret)
	if err != nil {
		return false, err
	}
	now := tx.Now().Unix() / totpPeriod
	for step := now - 1; step <= now+1; step++ {
		ok, err := totp.ValidateCustom(tidyCode(code), secret, time.Unix(step*totpPeriod, 0), totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix})
		if err != nil { // not six digits
			return false, nil
		}
		if ok && step > who.totpStep {
			_, err := tx.Exec(`UPDATE account SET totp_step = $2 WHERE id = $1`, who.id, step)
			return err == nil, err
		}
	}
	return false, nil
}

func tidyCode(s string) string {
	return strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(tidyLogin(s)))
}

// openSecret decrypts what the sealer sealed for this account.
func (s *Service) openSecret(account, sealed string) (string, error) {
	text, err := s.sealer.Open(account, sealed)
	if err != nil || text == "" {
		return "", errs.Because(err, errs.Unavailable, "两步验证的密钥无法读取，请联系管理员重置")
	}
	return string(text), nil
}
