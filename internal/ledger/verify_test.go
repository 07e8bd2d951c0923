package ledger_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"shangliang/internal/db"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
)

func key(t *testing.T, dir string) *ledger.Key {
	t.Helper()
	k, err := ledger.LoadKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func seal(t *testing.T, ctx context.Context, d *db.DB, k *ledger.Key) int {
	t.Helper()
	n, err := ledger.Seal(ctx, d, k)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func verify(t *testing.T, ctx context.Context, d *db.DB, p ledger.Proof) *ledger.Report {
	t.Helper()
	r, err := ledger.Verify(ctx, d, p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func newest(t *testing.T, ctx context.Context, d *db.DB) (c string) {
	t.Helper()
	if err := d.Read(ctx, func(tx *db.Tx) (err error) { c, err = ledger.Newest(tx); return err }); err != nil {
		t.Fatal(err)
	}
	return c
}

func sql(query string, args ...any) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		n, err := tx.Exec(query, args...)
		if err == nil && n == 0 {
			err = fmt.Errorf("nothing was changed by %s", query)
		}
		return err
	}
}

// Twenty people act at once while two processes seal: nothing is lost, nothing
// is sealed twice, and all of it verifies.
func TestSealWhileActing(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		dir := t.TempDir()
		k, other := key(t, dir), key(t, dir)
		if k.Verifier() != other.Verifier() {
			t.Fatal("one data folder, two keys")
		}
		var acting, sealing sync.WaitGroup
		stop := make(chan struct{})
		for _, k := range []*ledger.Key{k, other} {
			sealing.Go(func() {
				for {
					select {
					case <-stop:
						return
					case <-time.After(5 * time.Millisecond):
						if _, err := ledger.Seal(ctx, d, k); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		for i := range 20 {
			acting.Go(func() {
				for j := range 5 {
					id := fmt.Sprintf("%d-%d", i, j)
					if err := d.Write(ctx, func(tx *db.Tx) error { return create(tx, id, "题目") }); err != nil {
						t.Error(err)
					}
					if err := d.Write(ctx, func(tx *db.Tx) error { return rename(tx, id, "新题目") }); err != nil {
						t.Error(err)
					}
				}
			})
		}
		acting.Wait()
		close(stop)
		sealing.Wait()
		seal(t, ctx, d, k)
		r := verify(t, ctx, d, ledger.Proof{Keys: []string{k.Verifier()}, Checkpoints: []string{newest(t, ctx, d)}})
		if !r.OK() || r.Entries != 200 || r.Sealed != 200 || r.Rows != 100 || r.Unsealed != 0 || r.Checkpoints < 2 {
			t.Errorf("%s\n%+v", strings.Join(r.Lines(ctx), "\n"), r)
		}
	})
}

func TestVerifyFindsTampering(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		dir := t.TempDir()
		k := key(t, dir)
		for i := range 7 {
			write(t, ctx, d, func(tx *db.Tx) error { return create(tx, fmt.Sprint(i), "题目") })
		}
		seal(t, ctx, d, k)
		early := newest(t, ctx, d)
		write(t, ctx, d, func(tx *db.Tx) error { return rename(tx, "1", "新题目") })
		write(t, ctx, d, func(tx *db.Tx) error {
			if _, err := tx.Exec(`DELETE FROM paper WHERE id = '6'`); err != nil {
				return err
			}
			return ledger.Append(tx, ledger.Entry{Action: "paper.delete", Kind: "paper", Object: "6", Rows: []ledger.Row{row("6")}})
		})
		if n := seal(t, ctx, d, k); n != 2 {
			t.Fatalf("sealed %d", n)
		}
		var ids []string
		if err := d.Read(ctx, func(tx *db.Tx) (err error) {
			ids, err = db.Column[string](tx, `SELECT id FROM ledger_entry ORDER BY id`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		late := newest(t, ctx, d)
		proof := ledger.Proof{Keys: []string{k.Verifier()}, Checkpoints: []string{early, late}}
		good := verify(t, ctx, d, proof)
		if !good.OK() || good.Entries != 9 || good.Sealed != 9 || good.Rows != 6 || good.Root == "" {
			t.Fatalf("%s", strings.Join(good.Lines(ctx), "\n"))
		}

		type tampering struct {
			name string
			do   []func(tx *db.Tx) error
			want string // part of a finding
			also string // the row or entry that it names
		}
		one := func(name, want, also, query string, args ...any) tampering {
			return tampering{name, []func(tx *db.Tx) error{sql(query, args...)}, want, also}
		}
		cases := []tampering{
			one("row", "数据行被改动", `{"id":"1","tenant":"t-qinghe"}`, `UPDATE paper SET title = '改过' WHERE id = '1'`),
			one("row to zero", "数据行被改动", `"id":"2"`, `UPDATE paper SET score = 0 WHERE id = '2'`),
			one("row flag", "数据行被改动", `"id":"2"`, `UPDATE paper SET open = $1 WHERE id = '2'`, false),
			one("row bytes", "数据行被改动", `"id":"2"`, `UPDATE paper SET scan = $1 WHERE id = '2'`, []byte{9}),
			one("row deleted", "数据行被删除", `"id":"3"`, `DELETE FROM paper WHERE id = '3'`),
			one("row added", "没有任何台账记录", `"id":"x"`, `INSERT INTO paper (tenant, id, title, version) VALUES ('t-qinghe', 'x', '混入', 1)`),
			one("row revived", "已删除的数据行仍然存在", `"id":"6"`, `INSERT INTO paper (tenant, id, title, version) VALUES ('t-qinghe', '6', '复活', 1)`),
			one("row digest", "条目涉及的数据行记录被改动", ids[7], `UPDATE ledger_row SET digest = 'x' WHERE entry = $1`, ids[7]),
			one("row record removed", "条目涉及的数据行记录被改动", ids[7], `DELETE FROM ledger_row WHERE entry = $1`, ids[7]),
			one("row record widened", "条目涉及的数据行记录被改动", ids[7], `UPDATE ledger_row SET without = 'seen_at,title' WHERE entry = $1`, ids[7]),
			one("entry deleted", "台账条目被删除（第 4 号）", ids[4], `DELETE FROM ledger_entry WHERE id = $1`, ids[4]),
			one("last entry deleted", "台账条目被删除（第 8 号）", ids[8], `DELETE FROM ledger_entry WHERE id = $1`, ids[8]),
			one("leaf removed", "缺少第 3 号叶", "", `DELETE FROM ledger_leaf WHERE leaf = 3`),
			one("hash zeroed", "封存时的散列不符（第 0 号）", ids[0], `UPDATE ledger_hash SET hash = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' WHERE n = 0`),
			one("node zeroed", "1 个节点与重新计算的结果不符，第一个是 2 号", "", `UPDATE ledger_hash SET hash = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' WHERE n = 2`),
			one("hash nonsense", "封存时的散列不符（第 0 号）", ids[0], `UPDATE ledger_hash SET hash = '?' WHERE n = 0`),
			one("text erased in silence", "没有清除记录", ids[2], `UPDATE ledger_entry SET name = '', note = '', salt = '' WHERE id = $1`, ids[2]),
			one("name", "姓名或说明被改动", ids[2], `UPDATE ledger_entry SET name = '周行简' WHERE id = $1`, ids[2]),
			one("note", "姓名或说明被改动", ids[2], `UPDATE ledger_entry SET note = '另一个理由' WHERE id = $1`, ids[2]),
			one("checkpoint", "数据库中的检查点签名不正确", "", `UPDATE ledger_checkpoint SET text = replace(text, 'ledger', 'lodger') WHERE size = 7`),
			one("checkpoints removed", "最新的检查点只到第 0 条，封存树有 9 条", "", `DELETE FROM ledger_checkpoint`),
			one("no tree at all", "台账条目没有封存", ids[0], `DELETE FROM ledger_leaf`),
			{"reordered", []func(tx *db.Tx) error{
				sql(`UPDATE ledger_leaf SET leaf = 100 WHERE leaf = 1`), sql(`UPDATE ledger_leaf SET leaf = 1 WHERE leaf = 2`), sql(`UPDATE ledger_leaf SET leaf = 2 WHERE leaf = 100`),
			}, "封存时的散列不符（第 1 号）", ids[2]},
			// Whoever cuts off the end and all traces of it is betrayed only by the
			// checkpoint that was kept elsewhere.
			{"end cut off", []func(tx *db.Tx) error{
				sql(`DELETE FROM ledger_entry WHERE id = $1`, ids[8]), sql(`DELETE FROM ledger_row WHERE entry = $1`, ids[8]), sql(`DELETE FROM ledger_leaf WHERE leaf = 8`),
				sql(`DELETE FROM ledger_checkpoint WHERE size = 9`), sql(`DELETE FROM ledger_hash WHERE n >= 15`),
			}, "外部检查点记有 9 条，现在只有 8 条", ""},
		}
		for _, column := range []string{"tenant", "action", "kind", "object", "from_state", "to_state", "account", "person", "role", "body",
			"channel", "request_key", "request_hash", "data", "text_hash"} {
			cases = append(cases, one("entry's "+column, "封存时的散列不符（第 5 号）", ids[5], `UPDATE ledger_entry SET `+column+` = '"x"' WHERE id = $1`, ids[5]))
		}
		cases = append(cases,
			one("entry's digest", "封存时的散列不符（第 5 号）", ids[5], `UPDATE ledger_entry SET digest = 'x' WHERE id = $1`, ids[5]),
			one("entry's time", "封存时的散列不符（第 5 号）", ids[5], `UPDATE ledger_entry SET at = $2 WHERE id = $1`, ids[5], db.At(time.Unix(0, 0))))

		for _, c := range cases {
			undo := fmt.Errorf("undo")
			err := d.Write(ctx, func(tx *db.Tx) error {
				for _, do := range c.do {
					if err := do(tx); err != nil {
						return err
					}
				}
				r, err := ledger.Verify(tx.Context(), d, proof)
				if err != nil {
					return err
				}
				found := false
				for _, f := range r.Findings {
					s := f.Text(ctx)
					found = found || strings.Contains(s, c.want) && strings.Contains(s, c.also)
				}
				if !found {
					t.Errorf("%s: want %q %q, got\n%s", c.name, c.want, c.also, strings.Join(r.Lines(ctx), "\n"))
				}
				return undo
			})
			if err != undo {
				t.Errorf("%s: %v", c.name, err)
			}
		}

		// A forger who rebuilds the whole tree lacks the key.
		forger := key(t, t.TempDir())
		if err := d.Write(ctx, func(tx *db.Tx) error {
			for _, q := range []string{`UPDATE ledger_entry SET person = 'p-9' WHERE id = '` + ids[3] + `'`, `DELETE FROM ledger_leaf`, `DELETE FROM ledger_hash`,
				`DELETE FROM ledger_checkpoint`, `INSERT INTO ledger_pending (entry) SELECT id FROM ledger_entry`} {
				if _, err := tx.Exec(q); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if n := seal(t, ctx, d, forger); n != 9 {
			t.Fatalf("sealed %d", n)
		}
		text := strings.Join(verify(t, ctx, d, proof).Lines(ctx), "\n")
		for _, want := range []string{"最新的检查点不是由可信密钥签署的", "外部检查点（9 条）与重新计算的树根不符"} {
			if !strings.Contains(text, want) {
				t.Errorf("forged: want %s in\n%s", want, text)
			}
		}
	})
}

func TestEraseKeepsTheTree(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		dir := t.TempDir()
		k := key(t, dir)
		write(t, ctx, d, func(tx *db.Tx) error { return create(tx, "1", "题目") })
		seal(t, ctx, d, k)
		var e *ledger.Entry
		history := func() {
			t.Helper()
			if err := d.Read(ctx, func(tx *db.Tx) error {
				h, err := ledger.History(tx, here, "paper", "1")
				if err == nil {
					e = h[0]
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		history()
		if e.Leaf != 0 || e.Erased() {
			t.Fatalf("got %+v", e)
		}
		write(t, ctx, d, func(tx *db.Tx) error { return ledger.Erase(tx, here, e.ID, "本人申请") })
		if r := verify(t, ctx, d, ledger.Proof{Keys: []string{k.Verifier()}}); !r.OK() || r.Unsealed != 1 {
			t.Errorf("%s", strings.Join(r.Lines(ctx), "\n"))
		}
		if r := verify(t, ctx, d, ledger.Proof{Keys: []string{k.Verifier()}, Now: time.Now().Add(time.Minute)}); r.OK() {
			t.Error("an entry a minute old is not sealed, and nothing was found")
		}
		seal(t, ctx, d, k)
		history()
		if r := verify(t, ctx, d, ledger.Proof{Keys: []string{k.Verifier()}}); !r.OK() || !e.Erased() || e.Name != "" || e.Note != "" {
			t.Errorf("%+v\n%s", e, strings.Join(r.Lines(ctx), "\n"))
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { return ledger.Erase(tx, "t-other", e.ID, "") }); err == nil {
			t.Error("another tenant erased it")
		}
	})
}

func TestKeys(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		dir := t.TempDir()
		k := key(t, dir)
		if info, err := os.Stat(dir + "/ledger.key"); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("key file: %v %v", info.Mode(), err)
		}
		write(t, ctx, d, func(tx *db.Tx) error { return create(tx, "1", "题目") })
		seal(t, ctx, d, k)
		// After a move to another machine there is another key; the old one is
		// trusted because the backup brought it.
		dir2 := t.TempDir()
		k2 := key(t, dir2)
		write(t, ctx, d, func(tx *db.Tx) error { return create(tx, "2", "题目") })
		seal(t, ctx, d, k2)
		if r := verify(t, ctx, d, ledger.Proof{Keys: []string{k2.Verifier()}}); !r.OK() || len(r.Foreign) != 1 {
			t.Errorf("%s", strings.Join(r.Lines(ctx), "\n"))
		}
		if err := ledger.Trust(dir2, k.Verifier()); err != nil {
			t.Fatal(err)
		}
		trusted, err := ledger.Trusted(dir2)
		if err != nil || len(trusted) != 2 {
			t.Fatalf("%v %v", trusted, err)
		}
		if r := verify(t, ctx, d, ledger.Proof{Keys: trusted}); !r.OK() || len(r.Foreign) != 0 {
			t.Errorf("%s", strings.Join(r.Lines(ctx), "\n"))
		}
		for _, dir := range []string{dir, dir2} {
			kept, err := ledger.Checkpoints(dir)
			if err != nil || len(kept) != 1 {
				t.Fatalf("kept %q %v", kept, err)
			}
			if r := verify(t, ctx, d, ledger.Proof{Keys: trusted, Checkpoints: kept}); !r.OK() {
				t.Errorf("%s", strings.Join(r.Lines(ctx), "\n"))
			}
		}
		if _, err := ledger.Verify(ctx, d, ledger.Proof{}); err == nil {
			t.Error("verified without a key")
		}
	})
}

func TestWordsAreTranslated(t *testing.T) {
	if _, err := lang.New(nil, ledger.Words); err != nil {
		t.Fatal(err)
	}
}

// A migration that gives a column another value than zero changes what was
// recorded; after Adopt the new state is what is recorded. One that adds an
// empty column changes nothing.
func TestAdopt(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		k := key(t, t.TempDir())
		write(t, ctx, d, func(tx *db.Tx) error { return create(tx, "1", "题目") })
		write(t, ctx, d, func(tx *db.Tx) error { return create(tx, "2", "题目") })
		write(t, ctx, d, sql(`INSERT INTO paper (tenant, id, title, version) VALUES ('t-old', '3', '早先就有', 1)`))
		findings := func(want int) {
			t.Helper()
			seal(t, ctx, d, k)
			if r := verify(t, ctx, d, ledger.Proof{Keys: []string{k.Verifier()}}); len(r.Findings) != want {
				t.Errorf("want %d findings:\n%s", want, strings.Join(r.Lines(ctx), "\n"))
			}
		}
		migrate := func(query string) {
			t.Helper()
			write(t, ctx, d, func(tx *db.Tx) error { _, err := tx.Exec(query); return err })
		}
		findings(1)
		migrate(`ALTER TABLE paper ADD COLUMN n INTEGER NOT NULL DEFAULT 0`)
		findings(1)
		migrate(`ALTER TABLE paper ADD COLUMN colour TEXT NOT NULL DEFAULT 'white'`)
		findings(3)
		write(t, ctx, d, func(tx *db.Tx) error { return ledger.Adopt(tx, "paper", "升级") })
		findings(1)
		write(t, ctx, d, func(tx *db.Tx) error { return ledger.Adopt(tx, "paper", "纳入台账", "tenant", "id") })
		findings(0)
		write(t, ctx, d, sql(`UPDATE paper SET seen_at = 'y' WHERE tenant = $1`, here)) // still left out of the digest
		findings(0)
		write(t, ctx, d, sql(`UPDATE paper SET title = '改过'`))
		findings(3)
	})
}
