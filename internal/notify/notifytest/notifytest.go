// Package notifytest is a mail server for tests: a real one, that speaks SMTP
// with or without TLS and sign-in, and keeps what it is given.
//
// Main types: [Server], [Options]. It owns no tables.
package notifytest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Options say what the server asks of who brings mail.
type Options struct {
	TLS            string // "", "starttls" or "implicit"
	User, Password string // who signs in, if anybody must
}

// Server is a mail server at 127.0.0.1 that ends with the test.
type Server struct {
	Port   int
	CAFile string // the certificate that it shows, to be trusted

	options Options
	mu      sync.Mutex
	refuse  func(to string) error
	hangUp  bool
	signIns int
	got     map[string][]*mail.Message // by Message-ID, every time it came
}

// Serve starts a server.
func Serve(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{options: o, got: map[string][]*mail.Message{}}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		if o.User != "" {
			return &guarded{session{s, c, false}}, nil
		}
		return &session{s, c, true}, nil
	}))
	server.Domain, server.EnableSMTPUTF8 = "test", true
	server.ErrorLog = log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Port = l.Addr().(*net.TCPAddr).Port
	if o.TLS != "" {
		c := s.certify(t)
		if o.TLS == "implicit" {
			l = tls.NewListener(l, c)
		} else {
			server.TLSConfig = c
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { server.Serve(l) }) // ends with an error when it is closed
	t.Cleanup(func() { server.Close(); wg.Wait() })
	return s
}

// certify makes a certificate that nobody else has signed.
func (s *Server) certify(t testing.TB) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.example.cn"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	s.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(s.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// Refuse lets the server answer what f returns to each recipient: an
// *smtp.SMTPError, or nil to accept. nil accepts everybody.
func (s *Server) Refuse(f func(to string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = f
}

// No is a refusal with a code: 4xx for now, 5xx for good.
func No(code int, why string) error { return &smtp.SMTPError{Code: code, Message: why} }

// HangUp lets the server take a mail and then go without a word.
func (s *Server) HangUp(yes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hangUp = yes
}

// Counts returns how many mails came and how many different ones.
func (s *Server) Counts() (all, different int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ms := range s.got {
		all += len(ms)
	}
	return all, len(s.got)
}

// SignIns is how often somebody signed in.
func (s *Server) SignIns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signIns
}

// Mails are the different mails that came, by Message-ID.
func (s *Server) Mails() map[string]*mail.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]*mail.Message{}
	for id, ms := range s.got {
		all[id] = ms[0]
	}
	return all
}

// session is one connection.
type session struct {
	s  *Server
	c  *smtp.Conn
	in bool // may bring mail
}

func (x *session) Reset()        {}
func (x *session) Logout() error { return nil }

func (x *session) Mail(string, *smtp.MailOptions) error {
	if !x.in {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	if x.s.refuse == nil {
		return nil
	}
	return x.s.refuse(to)
}

func (x *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(bytes.NewReader(b))
	if err != nil {
		return No(554, "what is that")
	}
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	id := m.Header.Get("Message-ID")
	x.s.got[id] = append(x.s.got[id], m)
	if x.s.hangUp {
		return x.c.Conn().Close()
	}
	return nil
}

// guarded is a session that wants a sign-in first.
type guarded struct{ session }

func (x *guarded) AuthMechanisms() []string { return []string{sasl.Plain} }

func (x *guarded) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != x.s.options.User || password != x.s.options.Password {
			return smtp.ErrAuthFailed
		}
		x.s.mu.Lock()
		defer x.s.mu.Unlock()
		x.s.signIns++
		x.in = true
		return nil
	}), nil
}
