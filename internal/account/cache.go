package account

import (
	"sync"
	"time"

	"github.com/taskhook/taskhook"
)

// How long a key is believed without asking the store, which bounds how long a
// key that another process revoked still works, and how many keys are.
const (
	cacheLife = 2 * time.Second
	cacheSize = 4096
)

// cache holds valid keys only, by hash, so that guesses neither fill it nor are
// remembered.
type cache struct {
	mu         sync.RWMutex
	valid      map[string]entry
	generation int // raised by clear
}

type entry struct {
	id    taskhook.Identity
	until time.Time
}

// get returns the key's identity, or the generation to put it with.
func (c *cache) get(hash string, now time.Time) (id taskhook.Identity, generation int, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, ok := c.valid[hash]
	if !ok || !now.Before(e.until) {
		return taskhook.Identity{}, c.generation, false
	}
	return e.id, c.generation, true
}

// put remembers a key that was looked up after now, unless the cache was cleared
// since: the answer may be older than the revocation.
func (c *cache) put(hash string, id taskhook.Identity, now time.Time, generation int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation {
		return
	}
	if _, known := c.valid[hash]; !known && len(c.valid) >= cacheSize {
		clear(c.valid) // rare, and costs each key one look-up
	}
	c.valid[hash] = entry{id, now.Add(cacheLife)}
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	clear(c.valid)
}
