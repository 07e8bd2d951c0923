package proposalweb

import (
	"context"
	"net/url"
	"sync"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
)

// memory keeps for a few seconds what every list shows and what costs much more
// to read than the page itself: the counts of the queues, and what one can
// choose from.
type memory struct {
	mu      sync.Mutex
	counts  map[string]counted // by sign-in
	tenants map[string]known
}

type counted struct {
	until time.Time
	all   []proposal.Counted
}

// known is what forms and filters of a tenant let one choose from.
type known struct {
	until       time.Time
	departments []*org.Body
	proposers   []*org.Body // bodies that may propose
	names       map[string]string
	sessions    []*org.Session
	rules       *rule.Version
}

const (
	countsFor = 5 * time.Second
	knownFor  = 10 * time.Second
	most      = 10_000
)

// counts are the actor's queues. After an act of their own they are counted
// anew: see forget.
func (p *pages) counts(ctx context.Context) ([]proposal.Counted, error) {
	a, _ := actor.From(ctx)
	key := deskOf(a)
	now := time.Now()
	p.memory.mu.Lock()
	c, ok := p.memory.counts[key]
	p.memory.mu.Unlock()
	if ok && a.Session != "" && now.Before(c.until) {
		return c.all, nil
	}
	all, err := p.proposals.Counts(ctx)
	if err != nil || a.Session == "" {
		return all, err
	}
	p.memory.mu.Lock()
	defer p.memory.mu.Unlock()
	if p.memory.counts == nil || len(p.memory.counts) >= most {
		p.memory.counts = map[string]counted{}
	}
	p.memory.counts[key] = counted{now.Add(countsFor), all}
	return all, nil
}

// forget lets the actor's next page count their queues anew.
func (p *pages) forget(ctx context.Context) {
	a, _ := actor.From(ctx)
	p.memory.mu.Lock()
	defer p.memory.mu.Unlock()
	delete(p.memory.counts, deskOf(a))
}

// deskOf is whose queues are whose: a sign-in may act in several roles.
func deskOf(a actor.Actor) string {
	return a.Session + " " + a.Tenant + " " + a.Role + " " + a.Body
}

// known returns what the actor's tenant has to choose from.
func (p *pages) known(ctx context.Context) (known, error) {
	a, _ := actor.From(ctx)
	now := time.Now()
	p.memory.mu.Lock()
	k, ok := p.memory.tenants[a.Tenant]
	p.memory.mu.Unlock()
	if ok && now.Before(k.until) {
		return k, nil
	}
	k = known{until: now.Add(knownFor), names: map[string]string{}}
	bodies, err := p.org.Bodies(ctx, "")
	if err != nil {
		return k, err
	}
	for _, b := range bodies {
		k.names[b.ID] = b.Short()
		switch {
		case !b.Active:
		case b.Kind == "department":
			k.departments = append(k.departments, b)
		case b.Kind == "party" || b.Kind == "sector" || b.Kind == "committee" || b.Kind == "group":
			k.proposers = append(k.proposers, b)
		}
	}
	if k.sessions, err = p.org.Sessions(ctx); err != nil {
		return k, err
	}
	if k.rules, err = p.proposals.RulesNow(ctx); err != nil {
		return k, err
	}
	p.memory.mu.Lock()
	defer p.memory.mu.Unlock()
	if p.memory.tenants == nil || len(p.memory.tenants) >= most {
		p.memory.tenants = map[string]known{}
	}
	p.memory.tenants[a.Tenant] = k
	return k, nil
}

// query writes a path with parameters.
func query(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
