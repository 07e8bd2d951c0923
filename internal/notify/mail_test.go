package notify

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/ledger"
	"shangliang/internal/notify/notifytest"
)

// Mail goes over TLS to a server that wants a sign-in; nothing is said to one
// that is not who it should be, and what was not sent waits for the next try.
func TestTLSAndSignIn(t *testing.T) {
	password := func(s string) string {
		file := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(file, []byte(s+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	right, wrong := password("Shui-Dao-2026"), password("Shui-Dao-2025")
	other := notifytest.Serve(t, notifytest.Options{TLS: "starttls"}) // its certificate is another's
	for _, c := range []struct {
		name   string
		server string // the TLS that the server speaks
		mail   SMTP
		sent   bool
	}{
		{"starttls", "starttls", SMTP{TLS: "starttls", User: "zx", PasswordFile: right}, true},
		{"starttls by default", "starttls", SMTP{User: "zx", PasswordFile: right}, true},
		{"implicit", "implicit", SMTP{TLS: "implicit", User: "zx", PasswordFile: right}, true},
		{"wrong password", "starttls", SMTP{User: "zx", PasswordFile: wrong}, false},
		{"nobody signs in", "starttls", SMTP{}, false},
		{"certificate not known", "starttls", SMTP{User: "zx", PasswordFile: right, CAFile: "-"}, false},
		{"certificate of another", "starttls", SMTP{User: "zx", PasswordFile: right, CAFile: other.CAFile}, false},
		{"server without TLS", "", SMTP{User: "zx", PasswordFile: right}, false},
		{"no certificate in the file", "starttls", SMTP{User: "zx", PasswordFile: right, CAFile: right}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t, dbtest.URL(t, db.SQLite), begin())
			if err := d.Migrate(context.Background(), ledger.Migrations, Migrations); err != nil {
				t.Fatal(err)
			}
			s := notifytest.Serve(t, notifytest.Options{TLS: c.server, User: "zx", Password: "Shui-Dao-2026"})
			n := notifier(t, d, s)
			c.mail.Host, c.mail.Port, c.mail.From, c.mail.Timeout = "127.0.0.1", s.Port, n.smtp.From, 5*time.Second
			switch c.mail.CAFile {
			case "":
				c.mail.CAFile = s.CAFile
			case "-":
				c.mail.CAFile = ""
			}
			n.smtp = c.mail
			send(t, d, n, Notice{To: As(Proposer, "a"), Kind: "case.filed"})
			err := n.Deliver(context.Background())
			all, _ := s.Counts()
			x := deliveries(t, n, Filter{Channel: Mail})[0]
			switch {
			case c.sent && (err != nil || all != 1 || s.SignIns() != 1 || x.State != Sent):
				t.Errorf("%d mails, %d sign-ins, %s, %v", all, s.SignIns(), x.State, err)
			case !c.sent && (all != 0 || s.SignIns() != 0 || x.State != Pending || x.Detail == ""):
				t.Errorf("%d mails, %d sign-ins, %s %q, %v", all, s.SignIns(), x.State, x.Detail, err)
			}
		})
	}
}
