package backup_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/backup"
	"shangliang/internal/blob"
	"shangliang/internal/blob/blobtest"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/errs"
	"shangliang/internal/jobs"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
)

var papers = fstest.MapFS{"2026010101_paper.sql": {Data: []byte(`-- +goose Up
CREATE TABLE paper (tenant TEXT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL, open BOOLEAN NOT NULL, scan BYTEA,
	score DOUBLE PRECISION NOT NULL, PRIMARY KEY (tenant, id));
`)}}

var newer = fstest.MapFS{"2026120101_newer.sql": {Data: []byte(`-- +goose Up
ALTER TABLE paper ADD COLUMN colour TEXT NOT NULL DEFAULT '';
`)}}

var migrations = []fs.FS{papers, ledger.Migrations}

// place is an installation with some papers and stored files.
type place struct {
	d     *db.DB
	ctx   context.Context
	data  string
	blobs blob.Store
	key   *ledger.Key
}

func build(t *testing.T, dialect db.Dialect) *place {
	t.Helper()
	p := &place{d: dbtest.Open(t, dialect, nil), data: t.TempDir(), ctx: actor.With(context.Background(), actor.Actor{Tenant: "t", Account: "a", Name: "林知远"})}
	p.blobs = store(t, dialect)
	if err := p.d.Migrate(p.ctx, migrations...); err != nil {
		t.Fatal(err)
	}
	if err := jobs.Migrate(p.ctx, p.d); err != nil {
		t.Fatal(err)
	}
	var err error
	if p.key, err = ledger.LoadKey(p.data); err != nil {
		t.Fatal(err)
	}
	p.keep(t)
	for i := range 5 {
		p.write(t, fmt.Sprint(i))
	}
	if _, err := ledger.Seal(p.ctx, p.d, p.key); err != nil {
		t.Fatal(err)
	}
	p.write(t, "unsealed")
	return p
}

// stored are the files of a place.
var stored = []string{"第一份附件", strings.Repeat("x", 100000)}

// name is what a stored file is called in a backup.
func name(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "blobs/" + blob.Name(hex.EncodeToString(sum[:]))
}

// store is a folder beside SQLite and a bucket beside PostgreSQL, so that files
// too go from each to the other.
func store(t *testing.T, dialect db.Dialect) blob.Store {
	if dialect == db.Postgres {
		return blobtest.Bucket(t)
	}
	return blobtest.Folder(t)
}

func (p *place) keep(t *testing.T) {
	t.Helper()
	for _, content := range stored {
		if _, err := p.blobs.Put(p.ctx, strings.NewReader(content), 0); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *place) write(t *testing.T, id string) {
	t.Helper()
	if err := p.d.Write(p.ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO paper (tenant, id, title, open, scan, score) VALUES ('t', $1, '题目', $2, $3, 3)`, id, true, []byte{0, 255}); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "paper.create", Kind: "paper", Object: id, Rows: []ledger.Row{ledger.RowOf("paper", "tenant", "t", "id", id)}})
	}); err != nil {
		t.Error(err)
	}
}

// create writes a backup into a file.
func (p *place) create(t *testing.T) (file string, m *backup.Manifest) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "backup.zip")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	keys, err := ledger.Trusted(p.data)
	if err != nil {
		t.Fatal(err)
	}
	m, err = backup.Create(p.ctx, backup.Source{DB: p.d, Blobs: p.blobs, Version: "1.2", Keys: keys}, f)
	if err != nil {
		t.Fatal(err)
	}
	return file, m
}

func TestBackupAndRestore(t *testing.T) {
	for _, from := range []db.Dialect{db.SQLite, db.Postgres} {
		for _, to := range []db.Dialect{db.SQLite, db.Postgres} {
			t.Run(fmt.Sprint(from, " to ", to), func(t *testing.T) {
				p := build(t, from)
				// Others write while the backup is made.
				stop, stopped := make(chan struct{}), make(chan struct{})
				go func() {
					defer close(stopped)
					for i := 0; ; i++ {
						select {
						case <-stop:
							return
						case <-time.After(time.Millisecond):
							p.write(t, fmt.Sprint("w", i))
						}
					}
				}()
				time.Sleep(20 * time.Millisecond)
				file, m := p.create(t)
				close(stop)
				<-stopped
				if m.Counts["paper"] < 6 || m.Counts["paper"] != m.Counts["ledger_entry"] || len(m.Parts) != 4 || m.Checkpoint == "" {
					t.Fatalf("manifest %+v", m)
				}

				ctx := context.Background()
				if _, r, err := backup.Verify(ctx, file, migrations, ledger.Proof{Keys: []string{p.key.Verifier()}}); err != nil || !r.OK() {
					t.Fatalf("verify: %v %v", err, r)
				}

				data := t.TempDir()
				target := backup.Target{URL: "sqlite:" + filepath.Join(data, "db", "restored.db"), Data: data,
					Blobs: store(t, to), Migrations: append(migrations[:2:2], newer)}
				if to == db.Postgres {
					target.URL = dbtest.URL(t, to)
				}
				got, r, err := backup.Restore(ctx, file, target)
				if err != nil {
					t.Fatal(err)
				}
				if !r.OK() || r.Entries != int(m.Counts["paper"]) || got.Rows() != m.Rows() || got.Version != "1.2" {
					t.Errorf("%+v\n%s", got, strings.Join(r.Lines(ctx), "\n"))
				}
				if n, err := blob.Verify(ctx, target.Blobs, func(sha string, err error) { t.Errorf("%s: %v", sha, err) }); n != len(stored) || err != nil {
					t.Errorf("%d stored files: %v", n, err)
				}
				d, err := db.Open(ctx, db.Config{URL: target.URL})
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				var n int
				var title, colour string
				if err := d.Read(ctx, func(tx *db.Tx) error {
					if err := tx.Get(`SELECT COUNT(*) FROM paper`, nil, &n); err != nil {
						return err
					}
					return tx.Get(`SELECT title, colour FROM paper WHERE id = 'unsealed'`, nil, &title, &colour)
				}); err != nil || n != int(m.Counts["paper"]) || title != "题目" || colour != "" {
					t.Errorf("restored %d %q %q: %v", n, title, colour, err)
				}
				// The new machine trusts the old key, and goes on with its own.
				if trusted, err := ledger.Trusted(data); err != nil || len(trusted) != 1 || trusted[0] != p.key.Verifier() {
					t.Errorf("trusts %v %v", trusted, err)
				}
				key, err := ledger.LoadKey(data)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := ledger.Seal(ctx, d, key); err != nil {
					t.Fatal(err)
				}
				trusted, _ := ledger.Trusted(data)
				if r, err := ledger.Verify(ctx, d, ledger.Proof{Keys: trusted, Checkpoints: []string{m.Checkpoint}}); err != nil || !r.OK() {
					t.Errorf("after going on: %v %v", err, r)
				}
				if _, _, err := backup.Restore(ctx, file, target); !errs.Is(err, errs.Invalid) {
					t.Errorf("restored over data: %v", err)
				}
				target.Blobs = store(t, to)
				if _, _, err := backup.Restore(ctx, file, target); !errs.Is(err, errs.Invalid) {
					t.Errorf("restored over a database: %v", err)
				}
			})
		}
	}
}

// rewrite copies a backup, changing its parts; nil leaves one out.
func rewrite(t *testing.T, file string, change func(name string, b []byte) []byte) string {
	t.Helper()
	r, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if b = change(f.Name, b); b == nil {
			continue
		}
		part, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		part.Write(b)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), "changed.zip")
	if err := os.WriteFile(changed, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return changed
}

func TestDamageIsNamed(t *testing.T) {
	ctx := context.Background()
	file, _ := build(t, db.SQLite).create(t)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	save := func(b []byte) string {
		f := filepath.Join(t.TempDir(), "damaged.zip")
		if err := os.WriteFile(f, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return f
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/20] ^= 0x55 // in the middle of the tables
	part := func(name string, to func([]byte) []byte) string {
		return rewrite(t, file, func(n string, b []byte) []byte {
			if n == name {
				return to(b)
			}
			return b
		})
	}
	none := func([]byte) []byte { return nil }
	first := name(stored[0])
	for name, c := range map[string]struct{ file, want string }{
		"missing":          {filepath.Join(t.TempDir(), "none.zip"), "没有找到备份文件"},
		"truncated":        {save(whole[:len(whole)*2/3]), "不完整"},
		"empty":            {save(nil), "不完整"},
		"flipped":          {save(flipped), "tables.jsonl 已损坏"},
		"no manifest":      {part("manifest.json", none), "缺少 manifest.json"},
		"manifest cut":     {part("manifest.json", func(b []byte) []byte { return b[:len(b)/2] }), "manifest.json 已损坏"},
		"no file":          {part(first, none), "缺少 " + first},
		"file changed":     {part(first, func([]byte) []byte { return []byte("另一份附件") }), first + " 与清单中的散列不符"},
		"tables cut":       {part("tables.jsonl", func(b []byte) []byte { return b[:len(b)/2] }), "tables.jsonl 与清单中的散列不符"},
		"no tables at all": {part("tables.jsonl", none), "缺少 tables.jsonl"},
		"another format":   {part("manifest.json", func(b []byte) []byte { return bytes.Replace(b, []byte("backup-1"), []byte("backup-9"), 1) }), "不认识的备份格式"},
		"file smuggled in": {part("manifest.json", func(b []byte) []byte {
			return bytes.Replace(b, []byte(first), []byte("blobs/../../x"), 1)
		}), "备份中多出了 " + first + "|备份中缺少 blobs/../../x"},
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			files := blobtest.Folder(t)
			target := backup.Target{URL: "sqlite:" + filepath.Join(data, "x.db"), Data: data, Blobs: files, Migrations: migrations}
			_, _, err := backup.Restore(ctx, c.file, target)
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("got %v", err)
			}
			a, b, _ := strings.Cut(c.want, "|")
			if s := err.Error(); !strings.Contains(s, a) && (b == "" || !strings.Contains(s, b)) {
				t.Errorf("want %q, got %v", c.want, err)
			}
			if left, _ := os.ReadDir(data); len(left) > 0 {
				t.Errorf("something was left behind: %v", left)
			}
			for info := range files.List(ctx) {
				t.Errorf("a file was left behind: %v", info)
			}
		})
	}
}

// A part whose name leads out of the folder is not written there, even when the
// manifest agrees with it.
func TestRestoreStaysInside(t *testing.T) {
	file, _ := build(t, db.SQLite).create(t)
	r, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	evil := filepath.Join(t.TempDir(), "evil.zip")
	out, err := os.Create(evil)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(out)
	first := name(stored[0])
	for _, f := range r.File {
		in, _ := f.Open()
		b, _ := io.ReadAll(in)
		if f.Name == "manifest.json" {
			b = bytes.Replace(b, []byte(first), []byte("blobs/../../escaped"), 1)
		}
		part, _ := w.Create(strings.Replace(f.Name, first, "blobs/../../escaped", 1))
		part.Write(b)
	}
	if err := errors.Join(w.Close(), out.Close()); err != nil {
		t.Fatal(err)
	}
	data, files := t.TempDir(), blobtest.Folder(t)
	_, _, err = backup.Restore(context.Background(), evil, backup.Target{URL: "sqlite:" + filepath.Join(data, "x.db"), Data: data, Blobs: files, Migrations: migrations})
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("restored: %v", err)
	}
	for info := range files.List(context.Background()) {
		t.Errorf("a file was put: %v", info)
	}
}

// A stored file that was damaged before the backup is named, and the others come
// back; files of somebody else in the store keep a restore out, those of an
// attempt that was broken off do not.
func TestRestoreFiles(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	p := build(t, db.SQLite)
	folder, err := blob.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	p.blobs = folder
	p.keep(t)
	damaged := strings.TrimPrefix(name(stored[0]), "blobs/")
	if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(damaged)), []byte("坏"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, _ := p.create(t)
	bad := func(r *ledger.Report) bool {
		return len(r.Findings) == 1 && blob.Name(r.Findings[0].Key) == damaged
	}
	if _, r, err := backup.Verify(ctx, file, migrations, ledger.Proof{}); err != nil || !bad(r) {
		t.Errorf("verify: %v %+v", err, r)
	}
	data, files := t.TempDir(), blobtest.Bucket(t)
	target := backup.Target{URL: "sqlite:" + filepath.Join(data, "x.db"), Data: data, Blobs: files, Migrations: migrations}
	other, err := files.Put(ctx, strings.NewReader("somebody's"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := backup.Restore(ctx, file, target); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "不是空的") {
		t.Errorf("over somebody's files: %v", err)
	}
	if err := files.Remove(ctx, other.SHA256); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Put(ctx, strings.NewReader(stored[1]), 0); err != nil {
		t.Fatal(err)
	}
	if _, r, err := backup.Restore(ctx, file, target); err != nil || !bad(r) {
		t.Errorf("restore: %v %+v", err, r)
	}
	if n, err := blob.Verify(ctx, files, func(sha string, err error) { t.Errorf("%s: %v", sha, err) }); n != 1 || err != nil {
		t.Errorf("%d files: %v", n, err)
	}
}

// What was changed behind the platform's back before the backup shows when the
// backup is verified.
func TestVerifyFindsWhatWasChangedBefore(t *testing.T) {
	p := build(t, db.SQLite)
	if err := p.d.Write(p.ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE paper SET title = '改过' WHERE id = '3'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	file, _ := p.create(t)
	_, r, err := backup.Verify(p.ctx, file, migrations, ledger.Proof{})
	if err != nil || len(r.Findings) != 1 || r.Findings[0].Table != "paper" || !strings.Contains(r.Findings[0].Key, `"3"`) {
		t.Errorf("%v %+v", err, r)
	}
}

func TestWords(t *testing.T) {
	if _, err := lang.New(nil, backup.Words, ledger.Words); err != nil {
		t.Fatal(err)
	}
}
