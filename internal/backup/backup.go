// Package backup puts everything that the platform keeps into one zip file,
// while it serves, and brings it back, on either database.
//
// Main types: [Source], [Target], [Manifest]. The file holds tables.jsonl (a
// dump of all tables as they were at one moment), jobs.jsonl (the jobs that were
// still to be done at that moment), the files under blobs/, and manifest.json
// with the SHA-256 of each part. It owns no tables. It deliberately leaves out
// the key that signs the ledger (only the public keys go along), the jobs that
// have ended and the full text index, which is rebuilt.
package backup

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	_ "embed" // for Words
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"shangliang/internal/blob"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/jobs"
	"shangliang/internal/ledger"
)

// Words is this package's English.
//
//go:embed en.tsv
var Words []byte

const (
	format       = "shangliang-backup-1"
	manifestName = "manifest.json"
	tablesName   = "tables.jsonl"
	jobsName     = "jobs.jsonl" // missing in backups from before there was one
	blobPrefix   = "blobs/"
)

// Manifest says what a backup holds.
type Manifest struct {
	Format     string           `json:"format"`
	Version    string           `json:"version"` // of the program that made it
	At         time.Time        `json:"at"`      // the moment whose state it holds
	Migrations []int64          `json:"migrations"`
	Counts     map[string]int64 `json:"counts"` // rows of each table
	Checkpoint string           `json:"checkpoint"`
	Keys       []string         `json:"keys"` // public keys that check the ledger's checkpoints
	Parts      []Part           `json:"parts"`
}

// Part is one file of a backup.
type Part struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Rows adds up the rows of all tables.
func (m *Manifest) Rows() (n int64) {
	for _, c := range m.Counts {
		n += c
	}
	return n
}

// Source is what is backed up.
type Source struct {
	DB      *db.DB
	Blobs   blob.Store // the stored files; none when nil
	Version string
	Keys    []string // the public keys that this installation trusts; at least one
}

// Create writes a backup to w. The platform may serve meanwhile: the tables are
// those of one moment, and the stored files, which never change, are read after
// them.
func Create(ctx context.Context, s Source, w io.Writer) (*Manifest, error) {
	if len(s.Keys) == 0 {
		return nil, errors.New("backup: without public keys its ledger could not be verified")
	}
	z := zip.NewWriter(w)
	m := &Manifest{Format: format, Version: s.Version, Keys: s.Keys}
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		m.At = tx.Now()
		if m.Checkpoint, err = ledger.Newest(tx); err != nil {
			return err
		}
		if m.Migrations, err = db.Migrations(tx); err != nil {
			return err
		}
		if err := m.add(z, tablesName, func(w io.Writer) (err error) {
			m.Counts, err = tx.Dump(w)
			return err
		}); err != nil {
			return err
		}
		return m.add(z, jobsName, func(w io.Writer) error { return jobs.Waiting(tx, w) })
	})
	if err != nil {
		return nil, fmt.Errorf("backup: tables: %w", err)
	}
	if s.Blobs != nil {
		if err := m.addBlobs(ctx, z, s.Blobs); err != nil {
			return nil, fmt.Errorf("backup: stored files: %w", err)
		}
	}
	part, err := z.Create(manifestName)
	if err != nil {
		return nil, err
	}
	out := json.NewEncoder(part)
	out.SetIndent("", "  ")
	if err := out.Encode(m); err != nil {
		return nil, err
	}
	return m, z.Close()
}

// add writes one part and notes its hash.
func (m *Manifest) add(z *zip.Writer, name string, write func(io.Writer) error) error {
	part, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: m.At})
	if err != nil {
		return err
	}
	h, n := sha256.New(), counter(0)
	if err := write(io.MultiWriter(part, h, &n)); err != nil {
		return err
	}
	m.Parts = append(m.Parts, Part{Name: name, Size: int64(n), SHA256: hex.EncodeToString(h.Sum(nil))})
	return nil
}

type counter int64

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }

// addBlobs adds the stored files.
func (m *Manifest) addBlobs(ctx context.Context, z *zip.Writer, s blob.Store) error {
	for info, err := range s.List(ctx) {
		if err == nil {
			err = m.addBlob(ctx, z, s, info.SHA256)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *Manifest) addBlob(ctx context.Context, z *zip.Writer, s blob.Store, sha string) error {
	f, err := s.Get(ctx, sha)
	if errs.Is(err, errs.NotFound) { // removed meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return m.add(z, blobPrefix+blob.Name(sha), func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}

// archive is an open backup whose manifest was read.
type archive struct {
	zip      *zip.ReadCloser
	manifest *Manifest
	files    map[string]*zip.File
}

// open opens a backup and checks every part of it.
func open(ctx context.Context, file string) (*archive, error) {
	z, err := zip.OpenReader(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, invalid(err, "没有找到备份文件 %s", file)
	}
	if err != nil {
		return nil, invalid(err, "备份文件不完整或不是备份文件：%s", file)
	}
	a := &archive{zip: z, files: map[string]*zip.File{}, manifest: &Manifest{}}
	if err := a.check(ctx); err != nil {
		z.Close()
		return nil, err
	}
	return a, nil
}

func (a *archive) check(ctx context.Context) error {
	for _, f := range a.zip.File {
		if a.files[f.Name] != nil {
			return invalid(nil, "备份中的 %s 出现了两次", f.Name)
		}
		a.files[f.Name] = f
	}
	f := a.files[manifestName]
	if f == nil {
		return invalid(nil, "备份中缺少 %s", manifestName)
	}
	r, err := f.Open()
	if err != nil {
		return invalid(err, "备份中的 %s 已损坏", manifestName)
	}
	defer r.Close()
	if err := json.NewDecoder(r).Decode(a.manifest); err != nil {
		return invalid(err, "备份中的 %s 已损坏", manifestName)
	}
	if a.manifest.Format != format {
		return invalid(nil, "不认识的备份格式 %q，请使用制作它的程序版本", a.manifest.Format)
	}
	if len(a.files) != len(a.manifest.Parts)+1 {
		for name := range a.files {
			if name != manifestName && !slices.ContainsFunc(a.manifest.Parts, func(p Part) bool { return p.Name == name }) {
				return invalid(nil, "备份中多出了 %s", name)
			}
		}
	}
	for _, p := range a.manifest.Parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := a.files[p.Name]
		if f == nil {
			return invalid(nil, "备份中缺少 %s", p.Name)
		}
		if err := p.copy(f, io.Discard); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(a.manifest.Parts, func(p Part) bool { return p.Name == tablesName }) {
		return invalid(nil, "备份中缺少 %s", tablesName)
	}
	return nil
}

// copy writes a part to w and compares its hash.
func (p Part) copy(f *zip.File, w io.Writer) error {
	r, err := f.Open()
	if err != nil {
		return invalid(err, "备份中的 %s 已损坏", p.Name)
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(h, w), r)
	if err != nil {
		return invalid(err, "备份中的 %s 已损坏", p.Name)
	}
	if n != p.Size || hex.EncodeToString(h.Sum(nil)) != p.SHA256 {
		return invalid(nil, "备份中的 %s 与清单中的散列不符", p.Name)
	}
	return nil
}

// blobs are the stored files of a backup by name. One whose content is not what
// its name says was damaged before it was backed up.
func (a *archive) blobs() (map[string]Part, error) {
	all := map[string]Part{}
	for _, p := range a.manifest.Parts {
		if name, is := strings.CutPrefix(p.Name, blobPrefix); is {
			sha, ok := blob.Of(name)
			if !ok {
				return nil, invalid(nil, "备份中的 %s 不是文件应有的名称", p.Name)
			}
			all[sha] = p
		}
	}
	return all, nil
}

// extract puts the stored files into a store, which may hold what an attempt
// that was broken off put there, and nothing else. It returns what it put; the
// damaged ones, which have no place in a store, are named.
func (a *archive) extract(ctx context.Context, s blob.Store) (put, damaged []string, err error) {
	all, err := a.blobs()
	if err != nil {
		return nil, nil, err
	}
	for info, err := range s.List(ctx) {
		if err != nil {
			return nil, nil, err
		}
		if _, ours := all[info.SHA256]; !ours {
			return nil, nil, invalid(nil, "文件存储 %s 不是空的，不能恢复到这里", s)
		}
	}
	for _, sha := range slices.Sorted(maps.Keys(all)) {
		p := all[sha]
		if p.SHA256 != sha {
			damaged = append(damaged, sha)
			continue
		}
		there, err := s.Has(ctx, sha)
		if err == nil && !there {
			err = p.put(ctx, a.files[p.Name], s)
		}
		if err != nil {
			return put, nil, err
		}
		if !there {
			put = append(put, sha)
		}
	}
	return put, damaged, nil
}

// put puts a part into a store.
func (p Part) put(ctx context.Context, f *zip.File, s blob.Store) error {
	r, err := f.Open()
	if err != nil {
		return invalid(err, "备份中的 %s 已损坏", p.Name)
	}
	defer r.Close()
	info, err := s.Put(ctx, r, 0)
	if err != nil {
		return err
	}
	if info.SHA256 != p.SHA256 { // it was right when the backup was opened
		return errors.Join(invalid(nil, "备份中的 %s 与清单中的散列不符", p.Name), s.Remove(ctx, info.SHA256))
	}
	return nil
}
