// Package demo plays the demonstration: a city with a district and a county,
// all fictional, whose year 2018 comes out with figures that were once
// published, and whose current year has something on every desk.
//
// Everything happens through the services that people use, with a clock that
// the play moves from day to day. Main types: [Play], [Time]; [Text] writes
// proposals for other purposes. It owns no tables and no rules, and deliberately
// writes nothing past a service.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"shangliang/internal/errs"
)

// Ensure plays the demonstration if the database is empty, and returns the list
// of sign-ins, with their password, as it is to be printed. The list is kept in
// the data folder, readable to its owner only; without it the database holds
// something else, or a play that was broken off, and is left alone.
func (p *Play) Ensure(ctx context.Context, dir string) (list string, err error) {
	path := filepath.Join(dir, "sign-ins.txt")
	b, err := os.ReadFile(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return string(b), err
	}
	empty, err := p.Org.NeedsSetUp(ctx)
	if err != nil {
		return "", err
	}
	if !empty {
		return "", errs.New(errs.Conflict, "the database holds data, but there is no "+path+": it is not the demonstration, or making it was broken off; choose another folder, or delete this one (make demo-reset)")
	}
	password := readable(4) + "-" + readable(4) + "-" + readable(4)
	_, all, err := p.Run(ctx, password)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	tenant := ""
	for _, s := range all {
		if s.Tenant != tenant {
			tenant = s.Tenant
			fmt.Fprintf(&text, "\n  %s\n", tenant)
		}
		fmt.Fprintf(&text, "    %-16s %s · %s\n", s.Login, s.Role, s.Name)
	}
	fmt.Fprintf(&text, "\n  密码（都一样） password: %s\n", password)
	draft := path + ".new"
	if err := os.WriteFile(draft, []byte(text.String()), 0o600); err != nil {
		return "", err
	}
	return text.String(), os.Rename(draft, path)
}

// readable makes a random text without characters that people confuse.
func readable(n int) string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789x" // 32: no remainder to favour any
	b := make([]byte, n)
	rand.Read(b)
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}
