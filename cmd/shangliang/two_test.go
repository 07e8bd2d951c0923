package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/ledger"
	"shangliang/internal/notify/notifytest"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

// ask sends a request as somebody and reads the answer into out; a status of 300
// or more is an error.
func ask(ctx context.Context, addr, token, key, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+addr+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	req.AddCookie(&http.Cookie{Name: app.SessionCookie, Value: token})
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode >= 300:
		return &refused{resp.StatusCode, string(b)}
	case out == nil:
		return nil
	}
	return json.Unmarshal(b, out)
}

// refused is an answer that says no.
type refused struct {
	status int
	says   string
}

func (r *refused) Error() string { return strconv.Itoa(r.status) + ": " + r.says }

// pair are two processes of one platform.
type pair struct {
	t       *testing.T
	w       *apptest.World
	options app.Options
	mails   *notifytest.Server
	addr    [2]string
	process [2]*exec.Cmd
}

func (p *pair) start(i int) {
	p.t.Helper()
	p.process[i] = start(p.t, p.options, p.addr[i], "-smtp", "127.0.0.1", "-smtp-port", strconv.Itoa(p.mails.Port), "-smtp-tls", "none", "-smtp-from", "zx@example.cn")
}

// newPair is a world on PostgreSQL, in which the co-signers have addresses,
// served by two processes.
func newPair(t *testing.T) *pair {
	w := apptest.New(t, db.Postgres)
	w.Wait(time.Since(w.Now())) // processes live by the real clock
	p := &pair{t: t, w: w, options: w.Options, mails: notifytest.Serve(t, notifytest.Options{}), addr: [2]string{freeAddr(t), freeAddr(t)}}
	for i, name := range []string{"𠮷野川", "凌若谷"} {
		var person *org.Person
		if err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
			person, err = org.PersonOf(tx, w.Tenant, w.People[name])
			return err
		}); err != nil {
			t.Fatal(err)
		}
		person.Email = fmt.Sprintf("p%d@example.cn", i)
		if _, err := w.Org.SavePerson(actor.With(t.Context(), actor.System(w.Tenant)), *person); err != nil {
			t.Fatal(err)
		}
	}
	for n, err := ledger.Seal(t.Context(), w.DB, w.Key); n > 0 || err != nil; n, err = ledger.Seal(t.Context(), w.DB, w.Key) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range p.process {
		p.start(i)
		t.Cleanup(func() { p.process[i].Process.Kill(); p.process[i].Wait() })
	}
	return p
}

// eventually waits until something holds; late says what did not.
func (p *pair) eventually(within time.Duration, holds func() (late string)) {
	p.t.Helper()
	late := ""
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if late = holds(); late == "" {
			return
		}
	}
	p.t.Errorf("not within %v: %s", within, late)
}

// count asks the database for a number.
func (p *pair) count(query string, args ...any) (n int) {
	p.t.Helper()
	if err := p.w.DB.Read(p.t.Context(), func(tx *db.Tx) error { return tx.Get(query, args, &n) }); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// Two processes on one database share the work. One is killed while both are at
// it: nothing that was acknowledged is lost, nothing is there twice, numbers have
// no gaps, the ledger holds, and what waited is delivered by the one that is left.
func TestTwoProcesses(t *testing.T) {
	p := newPair(t)
	w := p.w
	token := w.Token("余知秋")
	single, joint := w.Text(), w.Text()
	joint.Kind = proposal.Joint
	type made struct{ ID, State string }
	acknowledged, invited := map[string]string{}, map[string]bool{}
	submitted := map[string]bool{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	work := func(addr string, n int) {
		for i := 0; ctx.Err() == nil; i++ {
			key := fmt.Sprintf("two-%d-%05d", n, i)
			body, action, done := any(single), "submit", submitted
			if i%2 == 1 {
				body, action, done = struct {
					proposal.Text
					Cosigners []string `json:"cosigners"`
				}{joint, []string{w.People["𠮷野川"], w.People["凌若谷"]}}, "invite", invited
			}
			var x made
			if ask(ctx, addr, token, key, "POST", "/proposals", body, &x) != nil {
				return // killed in between, or over: nothing was promised
			}
			mu.Lock()
			acknowledged[key] = x.ID
			mu.Unlock()
			err := ask(ctx, addr, token, key+"-go", "POST", "/proposals/"+x.ID+"/actions/"+action, map[string]any{"version": 1}, nil)
			if r, ok := err.(*refused); ok {
				t.Errorf("%s: %v", action, r)
				return
			} else if err != nil {
				return
			}
			mu.Lock()
			done[x.ID] = true
			mu.Unlock()
		}
	}
	for n := range 6 {
		wg.Go(func() { work(p.addr[n%2], n) })
	}
	time.Sleep(2 * time.Second)
	p.process[0].Process.Kill()
	p.process[0].Wait()
	time.Sleep(1500 * time.Millisecond)
	stop()
	wg.Wait()
	if len(submitted) < 10 || len(invited) < 10 {
		t.Fatalf("%d submitted, %d invited: no load", len(submitted), len(invited))
	}
	// What the killed process had in its hands is free again when its time is
	// over; that is not waited for here.
	inHand := p.count(`SELECT COUNT(*) FROM delivery WHERE state = 'sending'`)
	if err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE delivery SET next_at = $1 WHERE state = 'sending'`, db.At(time.Now().Add(-time.Second)))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	p.eventually(30*time.Second, func() string {
		if n := p.count(`SELECT COUNT(*) FROM delivery WHERE next_at <> ''`); n > 0 {
			return fmt.Sprintf("%d mails wait", n)
		}
		if n := p.count(`SELECT COUNT(*) FROM ledger_pending`); n > 0 {
			return fmt.Sprintf("%d entries are not sealed", n)
		}
		return ""
	})
	mails := p.count(`SELECT COUNT(*) FROM delivery WHERE channel = 'mail' AND state = 'sent' AND kind = 'proposal.invite'`)
	all, different := p.mails.Counts()
	if different != mails || all > mails+inHand {
		t.Errorf("%d mails of %d invitations, %d different; the killed process had %d in its hands", all, mails, different, inHand)
	}
	for id := range invited {
		if n := p.count(`SELECT COUNT(*) FROM notice WHERE object_id = $1 AND kind = 'proposal.invite'`, id); n != 2 {
			t.Errorf("%d invitations to two people for %s", n, id)
		}
	}
	if numbers, most := p.count(`SELECT COUNT(*) FROM proposal WHERE serial_no > 0`), p.count(`SELECT COALESCE(MAX(serial_no), 0) FROM proposal`); numbers != most || numbers < len(submitted) {
		t.Errorf("%d numbers up to %d for %d submitted", numbers, most, len(submitted))
	}
	for id := range submitted {
		if p.count(`SELECT serial_no FROM proposal WHERE id = $1`, id) == 0 {
			t.Errorf("acknowledged, but not submitted: %s", id)
		}
	}
	survived(t, p.options, acknowledged)

	// The other comes back. What changes in one shows in the other soon: nobody
	// goes on with a role that was taken.
	p.start(0)
	member := w.Token("凌若谷")
	for _, addr := range p.addr {
		if err := ask(t.Context(), addr, member, "", "GET", "/proposals", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	var grant string
	version := 0
	if err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Get(`SELECT id, version FROM grant_role WHERE tenant = $1 AND person = $2`, []any{w.Tenant, w.People["凌若谷"]}, &grant, &version)
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.Org.EndGrant(actor.With(t.Context(), actor.System(w.Tenant)), grant, version, ""); err != nil {
		t.Fatal(err)
	}
	for _, addr := range p.addr {
		p.eventually(5*time.Second, func() string {
			if err := ask(t.Context(), addr, member, "", "GET", "/proposals", nil, nil); err == nil {
				return "who has no role any more is still let in"
			}
			return ""
		})
	}
	admin := w.Token("管一平")
	var rules struct{ N int }
	if err := ask(t.Context(), p.addr[0], admin, "", "PUT", "/rules", map[string]any{"base": 0, "changes": map[string]any{"proposal.alike_least": 77}}, &rules); err != nil {
		t.Fatal(err)
	}
	p.eventually(5*time.Second, func() string {
		var all []struct{ N int }
		if err := ask(t.Context(), p.addr[1], admin, "", "GET", "/rules/versions", nil, &all); err != nil || len(all) == 0 || all[0].N != rules.N {
			return fmt.Sprintf("a new version of the rules is not seen: %v %v", all, err)
		}
		return ""
	})
}
