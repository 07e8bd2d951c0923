package org

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"

	"unicode"

	"golang.org/x/text/unicode/norm"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
	"shangliang/internal/secret"
)

// Service changes places, people and accounts, and finds out who is acting. It
// is safe for concurrent use.
type Service struct {
	db      *db.DB
	roles   *Roles
	sealer  *secret.Sealer // for secrets that must be read again
	mac     []byte         // for what must only be recognised
	hashing chan struct{}  // bounds the memory that password hashing takes
	cache   cache
	isSetUp atomic.Bool // never false again
}

// New makes the service. The key has at least 32 bytes and must stay the same
// for a database: see [LoadKey].
func New(d *db.DB, roles *Roles, key []byte) (*Service, error) {
	sealer, err := secret.NewSealer(key, "shangliang org secrets")
	if err != nil {
		return nil, err
	}
	mac, err := hkdf.Key(sha256.New, key, nil, "shangliang org recognition", 32)
	if err != nil {
		return nil, err
	}
	return &Service{
		db: d, roles: roles, sealer: sealer, mac: mac,
		hashing: make(chan struct{}, max(2, runtime.GOMAXPROCS(0))),
	}, nil
}

// LoadKey reads the key file of a data folder and makes it if there is none. A
// backup without this file cannot read second factors.
func LoadKey(dir string) ([]byte, error) {
	path := filepath.Join(dir, "account.key")
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		fresh := make([]byte, 32)
		rand.Read(fresh)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) { // another process was faster
			return LoadKey(dir)
		}
		if err != nil {
			return nil, err
		}
		_, err = f.Write(fresh)
		return fresh, errors.Join(err, f.Sync(), f.Close())
	}
	if err == nil && len(key) < 32 {
		err = fmt.Errorf("org: %s is damaged", path)
	}
	return key, err
}

// Roles returns what each role may do.
func (s *Service) Roles() *Roles { return s.roles }

// recognise is the keyed hash of a text that is looked up but never read again.
func (s *Service) recognise(purpose, text string) string {
	h := hmac.New(sha256.New, s.mac)
	h.Write([]byte(purpose))
	h.Write([]byte{0})
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// do runs an act of the person in ctx, who needs the permission: once, in a
// transaction, and not at all when the same request did it before. f returns
// the id of what it made or changed, which is also what a repeated request is
// answered with.
func (s *Service) do(ctx context.Context, permission string, f func(tx *db.Tx, a actor.Actor) (string, error)) (id string, err error) {
	a, err := actor.Require(ctx, permission)
	if err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		var done bool
		if id, done, err = ledger.Replayed(tx); err != nil || done {
			return err
		}
		id, err = f(tx, a)
		return err
	})
	return id, err
}

// read runs f in a snapshot for someone who has the permission.
func (s *Service) read(ctx context.Context, permission string, f func(tx *db.Tx, a actor.Actor) error) error {
	a, err := actor.Require(ctx, permission)
	if err != nil {
		return err
	}
	return s.db.Read(ctx, func(tx *db.Tx) error { return f(tx, a) })
}

// row names a row of a table whose key is tenant and id.
func row(table, tenant, id string) ledger.Row {
	return ledger.RowOf(table, "tenant", tenant, "id", id)
}

// record writes the ledger entry of an act. data holds ids, codes, dates and
// numbers, and nothing about a person.
func record(tx *db.Tx, action, kind, id string, data any, rows ...ledger.Row) error {
	return ledger.Append(tx, ledger.Entry{Action: action, Kind: kind, Object: id, Data: data, Rows: rows})
}

// tidy is a one-line text as people mean it: composed, without control
// characters, blanks at the ends or several in a row. Rare characters stay.
func tidy(s string) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, ""))
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || r == '\ufeff' || r == '\u200b':
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// tidyLogin is a sign-in name as it is kept and compared.
func tidyLogin(s string) string { return strings.ToLower(norm.NFKC.String(tidy(s))) }

// checkText checks the length of a required (least 1) or optional (least 0) field.
func checkText(f *errs.Fields, field, value string, least, most int) {
	n := len([]rune(value))
	switch {
	case n == 0 && least > 0:
		f.Add(field, "请填写")
	case n > most:
		f.Add(field, "太长，最多%d个字", most)
	}
}
