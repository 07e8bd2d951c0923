package jobs

import (
	"context"
	"sync"
	"time"
)

// Round is how the last round of an [Every] went in this process.
type Round struct {
	Name     string
	Interval time.Duration
	At       time.Time // when it ended; zero before the first one
	Took     time.Duration
	Err      string // "" if it went well
	Rounds   int    // since the process started
	Failed   int    // of these
}

// Rounds tells of all repeated work, in the order in which it was given to
// Repeat, to whom keeps the installation; to others of none, since it is of no
// tenant. The actor needs [Permission].
func (q *Queue) Rounds(ctx context.Context) ([]Round, error) {
	if r, err := q.reach(ctx); err != nil || !r.keeper {
		return nil, err
	}
	q.mu.Lock()
	every := q.every
	q.mu.Unlock()
	q.rounds.mu.Lock()
	defer q.rounds.mu.Unlock()
	all := make([]Round, len(every))
	for i, e := range every {
		all[i] = q.rounds.last[e.Name]
		all[i].Name, all[i].Interval = e.Name, e.Interval
	}
	return all, nil
}

// rounds has a lock of its own: Stop holds the queue's while it waits for the
// last rounds to end.
type rounds struct {
	mu   sync.Mutex
	last map[string]Round // by name
}

// ended notes a round.
func (l *rounds) ended(name string, at time.Time, took time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		l.last = map[string]Round{}
	}
	r := l.last[name]
	r.At, r.Took, r.Err = at, took, ""
	r.Rounds++
	if err != nil {
		r.Err = err.Error()
		r.Failed++
	}
	l.last[name] = r
}
