// Package blob keeps the bytes of files in a directory, named by their SHA-256:
// the same content is kept once, and what was kept never changes.
//
// Main types: [Store] and [Info]. It owns a directory and no tables: which case
// a file belongs to, its name and who may read it is the business of the package
// that put it there. It deliberately deletes nothing by itself but its own
// temporary files.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "embed"

	"shangliang/internal/document"
	"shangliang/internal/errs"
)

// Words is the English of the package's messages, for package lang.
//
//go:embed en.tsv
var Words []byte

// Store is a directory of files. It is safe for concurrent use, also by several
// processes on the same directory.
type Store struct{ dir string }

// Info is what a store knows of a file.
type Info struct {
	SHA256 string // in lower-case hex
	Size   int64
}

const (
	temporary = "put-*.tmp"
	// A temporary file this old was left by a process that was killed.
	abandoned = 24 * time.Hour
)

// Open opens the store in a directory, makes it if need be, and removes what
// processes that were killed left behind.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, temporary))
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	for _, name := range left {
		if st, err := os.Stat(name); err == nil && time.Since(st.ModTime()) > abandoned {
			os.Remove(name) // somebody else may have been faster
		}
	}
	return &Store{dir}, nil
}

// Put keeps all of r and returns its name and size; when it returns without
// error the file survives a power failure. More than max bytes (0: no limit) is
// a TooLarge error and nothing is kept. What is there already is kept once.
func (s *Store) Put(ctx context.Context, r io.Reader, max int64) (info Info, err error) {
	f, err := os.CreateTemp(s.dir, temporary)
	if err != nil {
		return Info{}, fmt.Errorf("blob: %w", err)
	}
	defer func() {
		f.Close()
		os.Remove(f.Name()) // gone already if it was renamed
	}()
	if max > 0 {
		r = io.LimitReader(r, max+1)
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), reader{ctx, r})
	if err != nil {
		return Info{}, fmt.Errorf("blob: %w", err)
	}
	if max > 0 && n > max {
		return Info{}, errs.New(errs.TooLarge, "文件超过了 %s 的上限", document.Bytes(max))
	}
	info = Info{hex.EncodeToString(h.Sum(nil)), n}
	if err := errors.Join(f.Sync(), f.Chmod(0o600), f.Close()); err != nil {
		return Info{}, fmt.Errorf("blob: %w", err)
	}
	to := s.path(info.SHA256)
	folder := filepath.Dir(to)
	err = os.Mkdir(folder, 0o700)
	if err == nil {
		err = syncDir(s.dir)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return Info{}, fmt.Errorf("blob: %w", err)
	}
	// Renaming over the same content mends a file that was damaged meanwhile.
	if err := errors.Join(os.Rename(f.Name(), to), syncDir(folder)); err != nil {
		return Info{}, fmt.Errorf("blob: %w", err)
	}
	return info, nil
}

// reader stops when the context ends.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// path of a file: two letters make the folder, the rest the name.
func (s *Store) path(sha string) string { return filepath.Join(s.dir, sha[:2], sha[2:]) }

// valid reports whether sha may be the name of a file, and no path.
func valid(sha string) bool {
	return len(sha) == 2*sha256.Size && strings.Trim(sha, "0123456789abcdef") == ""
}

// Get opens a file for reading; the caller closes it. What is not there is a
// NotFound error.
func (s *Store) Get(sha string) (*os.File, error) {
	if !valid(sha) {
		return nil, errs.Missing()
	}
	f, err := os.Open(s.path(sha))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.Because(err, errs.NotFound, "没有找到这个文件")
	}
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return f, nil
}

// Has reports whether a file is there.
func (s *Store) Has(sha string) bool {
	if !valid(sha) {
		return false
	}
	st, err := os.Stat(s.path(sha))
	return err == nil && st.Mode().IsRegular()
}

// Remove throws a file away; one that is not there is no error. It is for stores
// whose owner keeps things for a while and knows that nobody refers to it.
func (s *Store) Remove(sha string) error {
	if !valid(sha) {
		return nil
	}
	if err := os.Remove(s.path(sha)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("blob: %w", err)
	}
	return nil
}

// List yields every file, in the order of their names. Files that are put
// meanwhile may be missed.
func (s *Store) List() iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		folders, err := os.ReadDir(s.dir)
		if err != nil {
			yield(Info{}, fmt.Errorf("blob: %w", err))
			return
		}
		for _, folder := range folders {
			if !folder.IsDir() {
				continue
			}
			files, err := os.ReadDir(filepath.Join(s.dir, folder.Name()))
			if err != nil {
				yield(Info{}, fmt.Errorf("blob: %w", err))
				return
			}
			for _, f := range files {
				sha := folder.Name() + f.Name()
				if !valid(sha) {
					continue
				}
				st, err := f.Info()
				if err != nil {
					err = fmt.Errorf("blob: %w", err)
				}
				info := Info{SHA256: sha}
				if err == nil {
					info.Size = st.Size()
				}
				if !yield(info, err) {
					return
				}
			}
		}
	}
}

// Verify reads every file again and calls bad for each whose content is no
// longer what its name says, or that cannot be read. It returns how many it
// read.
func (s *Store) Verify(ctx context.Context, bad func(sha string, err error)) (n int, err error) {
	for info, err := range s.List() {
		if err != nil && info.SHA256 == "" {
			return n, err
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
		if err == nil {
			err = s.check(ctx, info.SHA256)
		}
		if err != nil {
			bad(info.SHA256, err)
		}
		n++
	}
	return n, nil
}

func (s *Store) check(ctx context.Context, sha string) error {
	f, err := s.Get(sha)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, reader{ctx, f}); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sha {
		return fmt.Errorf("blob: content has SHA-256 %s", got)
	}
	return nil
}
