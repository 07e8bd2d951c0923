package org

import (
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"shangliang/internal/errs"
)

// cost is what a hash costs: the memory in KiB and the passes.
type cost struct{ memory, passes uint32 }

var (
	// chosen is for passwords that people make up (OWASP's second choice).
	chosen = cost{19 * 1024, 2}
	// printed is for one-time passwords: nearly 60 random bits that live until
	// the first sign-in need no slow hash, and a roster has two thousand.
	printed = cost{1024, 1}
)

const keyLength = 32

// hash makes the text that is kept of a password, with salt and cost in it.
func (c cost) hash(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, c.passes, c.memory, 1, keyLength)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, c.memory, c.passes, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// nobody is compared with when there is no account, so that this takes as long.
var nobody = func() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, chosen.memory, chosen.passes,
		b64.EncodeToString(make([]byte, 16)), b64.EncodeToString(make([]byte, keyLength)))
}()

// matches reports whether a password is the one that was hashed. It always
// takes the time of one chosen hash.
func (s *Service) matches(hashed, password string) bool {
	s.hashing <- struct{}{}
	defer func() { <-s.hashing }()
	c, ok := compare(hashed, password)
	if c != chosen {
		compare(nobody, password)
	}
	return ok
}

func compare(hashed, password string) (c cost, ok bool) {
	parts := strings.Split(hashed, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return c, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=1", &c.memory, &c.passes); err != nil {
		return c, false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) != keyLength {
		return c, false
	}
	got := argon2.IDKey([]byte(password), salt, c.passes, c.memory, 1, keyLength)
	return c, subtle.ConstantTimeCompare(got, want) == 1
}

// hash makes the text that is kept of a password that a person chose.
func (s *Service) hash(password string) string {
	s.hashing <- struct{}{}
	defer func() { <-s.hashing }()
	return chosen.hash(password)
}

// readable leaves out what people confuse when they read it from paper.
const readable = "abcdefghjkmnpqrstuvwxyz23456789"

// oneTime makes a one-time password in three groups of four, and its hash.
func oneTime() (password, hashed string) {
	b := random(readable, 12)
	password = b[:4] + "-" + b[4:8] + "-" + b[8:]
	return password, printed.hash(password)
}

// random makes a text of n characters of an alphabet, each as likely as any.
func random(alphabet string, n int) string {
	out := make([]byte, 0, n)
	limit := 256 - 256%len(alphabet)
	var b [64]byte
	for len(out) < n {
		rand.Read(b[:])
		for _, v := range b {
			if int(v) < limit && len(out) < n {
				out = append(out, alphabet[int(v)%len(alphabet)])
			}
		}
	}
	return string(out)
}

//go:embed common.txt
var commonList string

// common are the passwords that everybody tries first, without their digits and
// signs at the ends.
var common = func() map[string]bool {
	m := map[string]bool{}
	for _, line := range strings.Fields(commonList) {
		m[line] = true
	}
	return m
}()

// checkPassword says in a field what is wrong with a password that an account
// with this sign-in name wants.
func checkPassword(f *errs.Fields, field, password, login string) {
	n, lower := utf8.RuneCountInString(password), strings.ToLower(password)
	var small, large, digit, sign bool
	distinct := map[rune]bool{}
	for _, r := range password {
		distinct[r] = true
		switch {
		case unicode.IsUpper(r):
			large = true
		case unicode.IsDigit(r):
			digit = true
		case unicode.IsLetter(r):
			small = true
		default:
			sign = true
		}
	}
	classes := 0
	for _, has := range []bool{small, large, digit, sign} {
		if has {
			classes++
		}
	}
	trimmed := strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	switch {
	case !utf8.ValidString(password) || n > 128:
		f.Add(field, "密码太长，最多128个字")
	case n < 8 || n < 10 && classes < 3:
		f.Add(field, "密码至少10位；或者至少8位，并且含有大写字母、小写字母、数字、符号中的三种")
	case login != "" && (lower == login || strings.Contains(lower, login) && n < utf8.RuneCountInString(login)+6):
		f.Add(field, "密码不能和登录名相同或相近")
	case common[lower] || common[trimmed] || trimmed == "" && !sign && digits(password) || len(distinct) < 5:
		f.Add(field, "这个密码太常见，容易被猜到，请换一个")
	}
}

// digits reports whether a number is of the kind that is guessed: a run up or
// down, or one of at most eight digits as in a date.
func digits(s string) bool {
	if len(s) <= 8 || common[s] {
		return true
	}
	up, down := true, true
	for i := 1; i < len(s); i++ {
		up = up && (s[i] == s[i-1]+1 || s[i] == '0' && s[i-1] == '9')
		down = down && (s[i] == s[i-1]-1 || s[i] == '9' && s[i-1] == '0')
	}
	return up || down
}
