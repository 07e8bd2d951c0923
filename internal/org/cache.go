package org

import (
	"sync"
	"time"

	"shangliang/internal/actor"
)

// cacheFor is how long who acts may be answered from memory. Changes made in
// this process show at once, those of another process after this time.
const cacheFor = 3 * time.Second

const cacheSize = 20_000

// cache remembers who is behind a token. The zero value is ready to use.
type cache struct {
	mu         sync.RWMutex
	generation uint64
	known      map[string]*remembered
}

type remembered struct {
	actor  actor.Actor
	signIn SignIn
	until  time.Time

	mu   sync.Mutex
	seen time.Time // when the database was last told that the token is in use
}

// get returns what is known of a token and the generation to give to put.
func (c *cache) get(token string, now time.Time) (*remembered, uint64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	r := c.known[token]
	if r != nil && (now.After(r.until) || now.Before(r.until.Add(-cacheFor))) {
		r = nil
	}
	return r, c.generation
}

// put keeps r unless something was forgotten since generation: r may have been
// read before the change.
func (c *cache) put(token string, r *remembered, generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation != generation {
		return
	}
	if c.known == nil || len(c.known) >= cacheSize {
		c.known = map[string]*remembered{}
	}
	c.known[token] = r
}

// forget drops everything: grants and accounts change seldom, and it is simple.
func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	c.known = nil
}

// due reports, to one caller only, that the database should be told that the
// token is in use.
func (r *remembered) due(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.seen) < seenEvery {
		return false
	}
	r.seen = now
	return true
}
