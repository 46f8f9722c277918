package node

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Clock is the time that all nodes of a database go by: the database's, so that it
// does not matter what those of their machines show. Between two looks it goes by how
// much time has passed here, whatever happens to the machine's clock meanwhile.
type Clock struct {
	source func(context.Context) (time.Time, error)
	log    *slog.Logger

	mu    sync.Mutex
	shown time.Time // by the database when it was looked at; zero: this machine's clock counts
	at    time.Time // when that was, here
}

// NewClock returns a clock that shows what the machine's does until it is set.
// Source is the database's; one that answers with no time leaves it so.
func NewClock(source func(context.Context) (time.Time, error), log *slog.Logger) *Clock {
	return &Clock{source: source, log: log}
}

// The bounds of what is made of an answer.
const (
	maxDelay = time.Second            // one that took longer says too little
	closely  = 100 * time.Millisecond // by which the machine's clock may differ, beside what the delay leaves open, and yet be gone by
)

// Set looks at the database's clock. Where the machine's agrees, that is gone by: it
// is read without delay.
func (c *Clock) Set(ctx context.Context) error {
	before := time.Now()
	shown, err := c.source(ctx)
	delay := time.Since(before)
	switch {
	case err != nil:
		return fmt.Errorf("read the clock of the database: %w", err)
	case shown.IsZero():
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if delay > maxDelay && !c.shown.IsZero() {
		return nil
	}
	was := c.shown
	c.at, c.shown = before.Add(delay/2), shown
	off := shown.Sub(c.at.Round(0))
	if off.Abs() <= closely+delay/2 {
		c.shown = time.Time{}
	}
	if c.shown.IsZero() != was.IsZero() {
		c.log.Warn("set the clock by which this server goes", "machine_is_off_by", -off, "goes_by_database", !c.shown.IsZero())
	}
	return nil
}

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shown.IsZero() {
		return time.Now()
	}
	return c.shown.Add(time.Since(c.at))
}
