package bench

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// hangs begins the paths of webhooks that are never answered, nor counted.
const hangs = "/hang/"

// receipts is what a receiver tells of what came.
type receipts struct {
	Distinct   int       `json:"distinct"`
	Duplicates int       `json:"duplicates"`
	FirstAt    time.Time `json:"first_at"` // when the first one came, or the first since a mark
	LastAt     time.Time `json:"last_at"`  // when the last one came that had not come before
	quantiles            // from the time for which its publish was planned
}

// counter is a plain receiver: it reads, counts and answers 200.
type counter struct {
	mu   sync.Mutex
	seen map[string]bool // by id and path
	receipts
	times   []time.Duration
	expect  int           // 0: nobody waits
	reached chan struct{} // closed when as many have come
}

// ServeHTTP takes one webhook.
func (c *counter) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if strings.HasPrefix(r.URL.Path, hangs) {
		<-r.Context().Done()
		return
	}
	now := time.Now()
	id := r.Header.Get("webhook-id") + r.URL.Path
	planned, timed := plannedIn(body)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.FirstAt.IsZero() {
		c.FirstAt = now
	}
	if c.seen[id] {
		c.Duplicates++
		return
	}
	c.seen[id] = true
	c.Distinct++
	c.LastAt = now
	if timed {
		c.times = append(c.times, now.Sub(planned))
	}
	if c.Distinct == c.expect {
		close(c.reached)
	}
}

// await returns a channel that is closed when as many different ones have come.
func (c *counter) await(n int) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expect, c.reached = n, make(chan struct{})
	if c.Distinct >= n {
		c.expect = 0
		close(c.reached)
	}
	return c.reached
}

// mark forgets when the first one came.
func (c *counter) mark() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.FirstAt = time.Time{}
}

func (c *counter) state() receipts {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quantiles = quantilesOf(c.times)
	return c.receipts
}
