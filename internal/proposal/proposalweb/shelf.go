package proposalweb

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/document"
	"shangliang/internal/errs"
)

// shelf keeps the tables that people look at before they import them: one for
// each person, for half an hour, without a name on the disk, so that nothing is
// left behind however the process ends. After a restart one uploads again.
type shelf struct {
	mu  sync.Mutex
	all map[string]*shelved
}

type shelved struct {
	owner string
	name  string
	file  *os.File
	size  int64
	until time.Time
	done  bool // imported
	n     int  // how many were
}

const (
	shelfFor = 30 * time.Minute
	maxShelf = 50
)

var notShelved = errs.New(errs.Conflict, "上传的表格已经过期，请重新上传")

func ownerOf(a actor.Actor) string { return a.Tenant + " " + a.Account }

// put keeps a table in place of the person's last one.
func (s *shelf) put(a actor.Actor, name string, r io.Reader, size int64) (token string, err error) {
	f, err := os.CreateTemp("", "shangliang-table-*")
	if err != nil {
		return "", fmt.Errorf("proposalweb: keep a table: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return "", fmt.Errorf("proposalweb: keep a table: %w", err)
	}
	if _, err := io.Copy(f, r); err != nil {
		f.Close()
		return "", fmt.Errorf("proposalweb: keep a table: %w", err)
	}
	now := time.Now()
	k := &shelved{owner: ownerOf(a), name: name, file: f, size: size, until: now.Add(shelfFor)}
	token = rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]*shelved{}
	}
	oldest := ""
	for t, old := range s.all {
		switch {
		case old.owner == k.owner || now.After(old.until):
			s.drop(t)
		case oldest == "" || old.until.Before(s.all[oldest].until):
			oldest = t
		}
	}
	if len(s.all) >= maxShelf {
		s.drop(oldest)
	}
	s.all[token] = k
	return token, nil
}

// drop gives a table's disk space back.
func (s *shelf) drop(token string) {
	s.all[token].file.Close()
	delete(s.all, token)
}

// get returns a table of the actor's own as it is now.
func (s *shelf) get(ctx context.Context, token string) (shelved, error) {
	a, err := actor.Require(ctx, "proposal.import")
	if err != nil {
		return shelved{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.all[token]
	if k == nil || k.owner != ownerOf(a) || time.Now().After(k.until) {
		return shelved{}, notShelved
	}
	return *k, nil
}

// finish notes that a table was imported.
func (s *shelf) finish(token string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.all[token]; k != nil {
		k.done, k.n = true, n
	}
}

// open reads the table.
func (k shelved) open(limits document.Limits) (*document.Table, error) {
	return document.Open(k.name, k.file, k.size, limits)
}
