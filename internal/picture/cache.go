package picture

import (
	"container/list"
	"sync"
)

// Cache keeps copies that were made, the last used ones, up to a number of bytes.
// It is safe for concurrent use; two who want the same at once make it once.
type Cache struct {
	most int

	mu     sync.Mutex
	bytes  int
	recent *list.List // of *made, the last used first
	known  map[string]*list.Element
	making map[string]*making
}

type made struct {
	key, kind string
	b         []byte
}

type making struct {
	done chan struct{}
	made *made
	err  error
}

// NewCache makes a cache of at most so many bytes.
func NewCache(most int) *Cache {
	return &Cache{most: most, recent: list.New(), known: map[string]*list.Element{}, making: map[string]*making{}}
}

// Get returns what is kept under a key, else has it produced and keeps it. An empty key is
// never kept.
func (c *Cache) Get(key string, produce func() (b []byte, kind string, err error)) (b []byte, kind string, err error) {
	if key == "" {
		return produce()
	}
	c.mu.Lock()
	if e := c.known[key]; e != nil {
		c.recent.MoveToFront(e)
		m := e.Value.(*made)
		c.mu.Unlock()
		return m.b, m.kind, nil
	}
	if m := c.making[key]; m != nil {
		c.mu.Unlock()
		<-m.done
		if m.err != nil {
			return nil, "", m.err
		}
		return m.made.b, m.made.kind, nil
	}
	m := &making{done: make(chan struct{}), err: ErrDamaged} // if it panics
	c.making[key] = m
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.making, key)
		if m.err == nil && len(m.made.b) <= c.most {
			c.known[key] = c.recent.PushFront(m.made)
			for c.bytes += len(m.made.b); c.bytes > c.most; {
				last := c.recent.Remove(c.recent.Back()).(*made)
				delete(c.known, last.key)
				c.bytes -= len(last.b)
			}
		}
		close(m.done)
	}()
	b, kind, err = produce()
	m.made, m.err = &made{key, kind, b}, err
	return b, kind, err
}
