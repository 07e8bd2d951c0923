package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
)

// Folder is a [Store] in a directory. What it keeps survives a power failure.
type Folder struct{ dir string }

var _ Store = (*Folder)(nil)

// OpenFolder opens the store in a directory, makes it if need be, and removes
// what processes that were killed left behind.
func OpenFolder(dir string) (*Folder, error) {
	if err := tidy(dir); err != nil {
		return nil, err
	}
	return &Folder{dir}, nil
}

func (s *Folder) String() string { return s.dir }

func (s *Folder) path(sha string) string {
	return filepath.Join(s.dir, filepath.FromSlash(Name(sha)))
}

// Put implements [Store].
func (s *Folder) Put(ctx context.Context, r io.Reader, max int64) (Info, error) {
	f, info, err := spool(ctx, s.dir, r, max)
	if err != nil {
		return Info{}, err
	}
	defer discard(f)
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

func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Get implements [Store].
func (s *Folder) Get(_ context.Context, sha string) (io.ReadSeekCloser, error) {
	if !valid(sha) {
		return nil, notFound(nil)
	}
	f, err := os.Open(s.path(sha))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFound(err)
	}
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return f, nil
}

// Has implements [Store].
func (s *Folder) Has(_ context.Context, sha string) (bool, error) {
	if !valid(sha) {
		return false, nil
	}
	st, err := os.Stat(s.path(sha))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("blob: %w", err)
	}
	return st.Mode().IsRegular(), nil
}

// Remove implements [Store].
func (s *Folder) Remove(_ context.Context, sha string) error {
	if !valid(sha) {
		return nil
	}
	if err := os.Remove(s.path(sha)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("blob: %w", err)
	}
	return nil
}

// List implements [Store].
func (s *Folder) List(context.Context) iter.Seq2[Info, error] {
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
				sha, ok := Of(folder.Name() + "/" + f.Name())
				if !ok {
					continue
				}
				info := Info{SHA256: sha}
				st, err := f.Info()
				if errors.Is(err, fs.ErrNotExist) {
					continue // removed meanwhile
				}
				if err != nil {
					err = fmt.Errorf("blob: %w", err)
				} else {
					info.Size, info.At = st.Size(), st.ModTime()
				}
				if !yield(info, err) {
					return
				}
			}
		}
	}
}
