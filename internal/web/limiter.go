package web

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"shangliang/internal/errs"
)

// Limiter allows each key, such as an address, so many acts in a time. It is
// safe for concurrent use.
type Limiter struct {
	every time.Duration
	burst int

	mu   sync.Mutex
	keys map[string]*rate.Limiter
}

// maxKeys bounds the memory that strangers can make the limiter use.
const maxKeys = 100_000

// NewLimiter allows burst acts at once and one more each every.
func NewLimiter(every time.Duration, burst int) *Limiter {
	return &Limiter{every: every, burst: burst, keys: map[string]*rate.Limiter{}}
}

// Allow counts one act of a key at a time and returns a TooMany error if it was
// one too many.
func (l *Limiter) Allow(key string, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.keys[key]
	if k == nil {
		if len(l.keys) >= maxKeys {
			l.forget(now)
		}
		k = rate.NewLimiter(rate.Every(l.every), l.burst)
		l.keys[key] = k
	}
	if !k.AllowN(now, 1) {
		return errs.New(errs.TooMany, "尝试次数过多，请稍后再试")
	}
	return nil
}

// AllowRequest is Allow for the address a request comes from.
func (l *Limiter) AllowRequest(r *http.Request) error {
	now := time.Now()
	if v := visitOf(r.Context()); v != nil {
		now = v.rt.cfg.Now()
	}
	return l.Allow(ClientIP(r), now)
}

// forget drops the keys that have their whole burst again; if an attack keeps
// them all busy, it drops all rather than grow.
func (l *Limiter) forget(now time.Time) {
	for key, k := range l.keys {
		if k.TokensAt(now) >= float64(l.burst) {
			delete(l.keys, key)
		}
	}
	if len(l.keys) >= maxKeys {
		clear(l.keys)
	}
}
