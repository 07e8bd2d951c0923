package notify

import (
	"bufio"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
)

// server is a mail server that keeps what it is given.
type server struct {
	port int

	mu     sync.Mutex
	got    map[string][]*mail.Message // by Message-ID, every time it came
	bodies map[string]string
	rcpt   func(address string) string // the answer to RCPT; "" accepts
	hangUp bool                        // after taking a mail, without a word
}

func serve(t *testing.T) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{port: l.Addr().(*net.TCPAddr).Port, got: map[string][]*mail.Message{}, bodies: map[string]string{}}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { s.talk(c) })
		}
	})
	return s
}

func (s *server) talk(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	say := func(line string) { fmt.Fprintf(c, "%s\r\n", line) }
	say("220 test ready")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			say("250-test")
			say("250-8BITMIME")
			say("250 SMTPUTF8")
		case "RCPT":
			s.mu.Lock()
			answer := ""
			if s.rcpt != nil {
				answer = s.rcpt(rest)
			}
			s.mu.Unlock()
			if answer == "" {
				answer = "250 ok"
			}
			say(answer)
		case "DATA":
			say("354 go on")
			var b strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				b.WriteString(strings.TrimPrefix(line, "."))
			}
			m, err := mail.ReadMessage(strings.NewReader(b.String()))
			if err != nil {
				say("554 what is that")
				continue
			}
			s.mu.Lock()
			id := m.Header.Get("Message-ID")
			s.got[id] = append(s.got[id], m)
			s.bodies[id] = b.String()
			hangUp := s.hangUp
			s.mu.Unlock()
			if hangUp {
				return
			}
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// counts returns how many mails came and how many different ones.
func (s *server) counts() (all, different int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ms := range s.got {
		all += len(ms)
	}
	return all, len(s.got)
}
