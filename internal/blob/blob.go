// Package blob keeps the bytes of files, named by their SHA-256: the same content
// is kept once, and what was kept never changes.
//
// Main types: [Store] with its two kinds, [Folder] and [Bucket] (any service that
// speaks S3), and [Info]. It owns a directory or a bucket and no tables: which
// case a file belongs to, its name and who may read it is the business of the
// package that put it there. It deliberately deletes nothing by itself but what
// uploads that were broken off left behind.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
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

// Store keeps files. It is safe for concurrent use, also by several processes on
// the same place.
type Store interface {
	// Put keeps all of r and returns its name and size; when it returns without
	// error the file is there to stay. More than max bytes (0: no limit) is a
	// TooLarge error and nothing is kept. What is there already is kept once.
	Put(ctx context.Context, r io.Reader, max int64) (Info, error)
	// Get opens a file for reading; the caller closes it, and keeps ctx alive
	// until then. What is not there is a NotFound error.
	Get(ctx context.Context, sha string) (io.ReadSeekCloser, error)
	// Has reports whether a file is there.
	Has(ctx context.Context, sha string) (bool, error)
	// Remove throws a file away; one that is not there is no error. It is for
	// owners who keep things for a while and know that nobody refers to them.
	Remove(ctx context.Context, sha string) error
	// List yields every file, in the order of their names. Files that are put
	// meanwhile may be missed.
	List(ctx context.Context) iter.Seq2[Info, error]
	// String says where it is, for messages to the keeper; no secrets.
	String() string
}

// Info is what a store knows of a file.
type Info struct {
	SHA256 string // in lower-case hex
	Size   int64
	At     time.Time // when it was put; [Store.List] knows it
}

const (
	temporary = "put-*.tmp"
	// What is this old and not complete was left by a process that was killed.
	abandoned = 24 * time.Hour
)

// tidy makes the directory of temporary files if need be, and removes what
// processes that were killed left in it.
func tidy(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, temporary))
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	for _, name := range left {
		if st, err := os.Stat(name); err == nil && time.Since(st.ModTime()) > abandoned {
			os.Remove(name) // somebody else may have been faster
		}
	}
	return nil
}

// spool writes all of r to a temporary file, since only its end tells its name.
// The caller closes and removes the file.
func spool(ctx context.Context, dir string, r io.Reader, max int64) (f *os.File, info Info, err error) {
	temp, err := os.CreateTemp(dir, temporary)
	if err != nil {
		return nil, Info{}, fmt.Errorf("blob: %w", err)
	}
	defer func() {
		if err != nil {
			discard(temp)
		}
	}()
	if max > 0 {
		r = io.LimitReader(r, max+1)
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(temp, h), reader{ctx, r})
	if err != nil {
		return nil, Info{}, fmt.Errorf("blob: %w", err)
	}
	if max > 0 && n > max {
		return nil, Info{}, errs.New(errs.TooLarge, "文件超过了 %s 的上限", document.Bytes(max))
	}
	return temp, Info{SHA256: hex.EncodeToString(h.Sum(nil)), Size: n}, nil
}

// discard ends with a temporary file, which is gone already if it was renamed.
func discard(f *os.File) {
	f.Close()
	os.Remove(f.Name())
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

// valid reports whether sha may be the name of a file, and no path.
func valid(sha string) bool {
	return len(sha) == 2*sha256.Size && strings.Trim(sha, "0123456789abcdef") == ""
}

// Name is the path of a file in a store and in a backup: two letters make the
// folder, the rest the name.
func Name(sha string) string { return sha[:2] + "/" + sha[2:] }

// Of is the SHA-256 of the file that [Name] calls so; ok is false for any other
// name.
func Of(name string) (sha string, ok bool) {
	folder, rest, _ := strings.Cut(name, "/")
	return folder + rest, len(folder) == 2 && valid(folder+rest)
}

func notFound(cause error) error {
	return errs.Because(cause, errs.NotFound, "没有找到这个文件")
}

// Read returns all of a file whose content is still what its name says, else an
// error. It is for files known to be small.
func Read(ctx context.Context, s Store, sha string) ([]byte, error) {
	f, err := s.Get(ctx, sha)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("blob: %s: %w", sha, err)
	}
	if got := sha256.Sum256(b); hex.EncodeToString(got[:]) != sha {
		return nil, fmt.Errorf("blob: %s is damaged: its content has SHA-256 %x", sha, got)
	}
	return b, nil
}

// Copy puts every file of one store that another lacks into it, and returns how
// many. A file that is damaged is an error and is not copied.
func Copy(ctx context.Context, to, from Store) (n int, err error) {
	for info, err := range from.List(ctx) {
		if err != nil {
			return n, err
		}
		there, err := to.Has(ctx, info.SHA256)
		if err != nil {
			return n, err
		}
		if there {
			continue
		}
		if err := copyOne(ctx, to, from, info.SHA256); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func copyOne(ctx context.Context, to, from Store, sha string) error {
	f, err := from.Get(ctx, sha)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := to.Put(ctx, f, 0)
	if err == nil && info.SHA256 != sha {
		err = errors.Join(fmt.Errorf("blob: %s is damaged: its content has SHA-256 %s", sha, info.SHA256), to.Remove(ctx, info.SHA256))
	}
	return err
}

// Verify reads every file again and calls bad for each whose content is no
// longer what its name says, or that cannot be read. It returns how many it
// read.
func Verify(ctx context.Context, s Store, bad func(sha string, err error)) (n int, err error) {
	for info, err := range s.List(ctx) {
		if err != nil && info.SHA256 == "" {
			return n, err
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
		if err == nil {
			err = check(ctx, s, info.SHA256)
		}
		if err != nil {
			bad(info.SHA256, err)
		}
		n++
	}
	return n, nil
}

func check(ctx context.Context, s Store, sha string) error {
	f, err := s.Get(ctx, sha)
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
