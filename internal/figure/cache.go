package figure

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"shangliang/internal/db"
	"shangliang/internal/ledger"
)

// cache keeps facts that were loaded for counting, for as long as nothing was
// written in their tenant: the ledger tells, across processes. Facts that people
// read are not kept. The zero value is ready to use.
type cache struct {
	mu    sync.Mutex
	byKey map[string]*kept
	order []string // of keys, the oldest first
	facts int
}

type kept struct {
	mark  ledger.Mark
	facts []Fact
}

// mostFacts bounds what is kept, about 500 bytes each.
const mostFacts = 60_000

// load returns the facts of a source; the slice is shared and must not be
// changed.
func (c *cache) load(tx *db.Tx, src *Source, s Scope) ([]Fact, error) {
	if s.Details {
		return src.Load(tx, s)
	}
	key := fmt.Sprint(src.ID, "\n", s.Tenant, "\n", s.Year, "\n", s.AsOf, "\n", strings.Join(slices.Sorted(maps.Keys(s.Needs)), " "))
	c.mu.Lock()
	k := c.byKey[key]
	c.mu.Unlock()
	if k != nil {
		if holds, err := k.mark.Holds(tx); err != nil || holds {
			return k.facts, err
		}
	}
	mark, err := ledger.MarkOf(tx, s.Tenant)
	if err != nil {
		return nil, err
	}
	facts, err := src.Load(tx, s)
	if err != nil {
		return nil, err
	}
	c.keep(key, &kept{mark, facts})
	return facts, nil
}

func (c *cache) keep(key string, k *kept) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(key)
	for len(c.order) > 0 && c.facts+len(k.facts) > mostFacts || len(c.order) >= 500 {
		c.drop(c.order[0])
	}
	if len(k.facts) > mostFacts {
		return
	}
	if c.byKey == nil {
		c.byKey = map[string]*kept{}
	}
	c.byKey[key] = k
	c.order = append(c.order, key)
	c.facts += len(k.facts)
}

func (c *cache) drop(key string) {
	k := c.byKey[key]
	if k == nil {
		return
	}
	delete(c.byKey, key)
	c.order = slices.DeleteFunc(c.order, func(x string) bool { return x == key })
	c.facts -= len(k.facts)
}
