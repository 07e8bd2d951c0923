package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"shangliang/internal/app"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/ledger"
)

// asProgram makes the test binary be the program itself, so that tests can
// start it as a process of its own and kill it.
const asProgram = "SHANGLIANG_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// freeAddr is an address that nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start runs the platform as a process, with more flags if given, and waits until
// it answers.
func start(t *testing.T, o app.Options, addr string, flags ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"serve", "-data", o.Data, "-addr", addr}, flags...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "SHANGLIANG_DATABASE="+o.Database)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 400 {
		if resp, err := http.Get("http://" + addr + "/readyz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return cmd
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	cmd.Process.Kill()
	t.Fatalf("the platform does not answer: %s", log.String())
	return nil
}

// A platform that is killed again and again under load has everything that it
// said it had, nothing twice, and a ledger that verifies.
func TestKill(t *testing.T) {
	kills := 100
	if testing.Short() {
		kills = 3
	}
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			w := apptest.New(t, dialect)
			w.Wait(time.Since(w.Now())) // the process lives by the real clock
			token := w.Token("余知秋")
			body, err := json.Marshal(w.Text())
			if err != nil {
				t.Fatal(err)
			}
			options := w.Options
			// The world was made by its own clock, long before.
			for n, err := ledger.Seal(t.Context(), w.DB, w.Key); n > 0 || err != nil; n, err = ledger.Seal(t.Context(), w.DB, w.Key) {
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			addr := freeAddr(t)
			acknowledged := map[string]string{} // request key → id
			for n := range kills {
				cmd := start(t, options, addr)
				ctx, cancel := context.WithCancel(t.Context())
				var mu sync.Mutex
				var wg sync.WaitGroup
				lived := len(acknowledged)
				for worker := range 4 {
					wg.Go(func() {
						for i := 0; ctx.Err() == nil; i++ {
							key := fmt.Sprintf("kill-%03d-%d-%05d", n, worker, i)
							id, err := create(ctx, addr, token, key, body)
							if err != nil {
								return // killed in between: nothing was promised
							}
							mu.Lock()
							acknowledged[key] = id
							mu.Unlock()
						}
					})
				}
				// On a busy machine a life may end before it has done anything:
				// most of them are let do something first.
				for end := time.Now().Add(10 * time.Second); n%4 != 3 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
					mu.Lock()
					some := len(acknowledged) > lived
					mu.Unlock()
					if some {
						break
					}
				}
				time.Sleep(time.Duration(rand.IntN(120)) * time.Millisecond)
				cmd.Process.Kill()
				cmd.Wait()
				cancel()
				wg.Wait()
				survived(t, options, acknowledged)
				if t.Failed() {
					t.Fatalf("after %d kills", n+1)
				}
			}
			if len(acknowledged) < kills {
				t.Errorf("only %d proposals in %d lives: no load", len(acknowledged), kills)
			}
			// The client tries its last request again: answered, not done again.
			cmd := start(t, options, addr)
			defer func() { cmd.Process.Kill(); cmd.Wait() }()
			for key, id := range acknowledged {
				again, err := create(t.Context(), addr, token, key, body)
				if err != nil || again != id {
					t.Errorf("the same request again: %s, %v, want %s", again, err, id)
				}
				break
			}
		})
	}
}

// create hands a draft to the REST API and returns its id once acknowledged.
func create(ctx context.Context, addr, token, key string, body []byte) (string, error) {
	req, err := http.NewRequestWithContext(ctx, "POST", "http://"+addr+"/api/v1/proposals", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	req.AddCookie(&http.Cookie{Name: app.SessionCookie, Value: token})
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	var p struct {
		ID string `json:"id"`
	}
	if resp.StatusCode >= 300 {
		return "", fmt.Errorf("%d: %s", resp.StatusCode, b)
	}
	return p.ID, json.Unmarshal(b, &p)
}

// survived opens the database as the killed process left it.
func survived(t *testing.T, o app.Options, acknowledged map[string]string) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: cmp.Or(o.Database, "sqlite:"+filepath.Join(o.Data, "shangliang.db"))})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		rows, err := db.Column[string](tx, `SELECT request_key || ' ' || object FROM ledger_entry WHERE action = 'proposal.create' AND request_key <> ''`)
		if err != nil {
			return err
		}
		there := map[string]bool{}
		for _, r := range rows {
			if there[r] {
				t.Errorf("done twice: %s", r)
			}
			there[r] = true
		}
		for key, id := range acknowledged {
			if !there[key+" "+id] {
				t.Errorf("acknowledged, but lost: %s %s", key, id)
			}
		}
		n, err := db.Column[int](tx, `SELECT COUNT(*) FROM proposal`)
		if err == nil && n[0] != len(rows) {
			t.Errorf("%d proposals, %d entries about making them", n[0], len(rows))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ledger.Trusted(o.Data)
	if err != nil {
		t.Fatal(err)
	}
	checkpoints, err := ledger.Checkpoints(o.Data)
	if err != nil {
		t.Fatal(err)
	}
	report, err := ledger.Verify(t.Context(), d, ledger.Proof{Keys: keys, Checkpoints: checkpoints})
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK() {
		t.Errorf("the ledger does not hold: %v", report.Lines(t.Context()))
	}
}
