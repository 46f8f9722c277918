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
	shown time.Time // by the clock that is gone by, when the database was looked at; zero: it was not yet
	at    time.Time // when that was, here
	off   bool      // the machine's clock is
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

// Set looks at the database's clock. Where the machine's agrees, that is gone by from
// what it shows now: it is read without delay.
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
	was := c.off
	c.at, c.shown = before.Add(delay/2), shown
	by := shown.Sub(c.at.Round(0))
	if c.off = by.Abs() > closely+delay/2; !c.off {
		c.shown = c.at.Round(0)
	}
	if c.off != was {
		c.log.Warn("set the clock by which this server goes", "machine_is_off_by", -by, "goes_by_database", c.off)
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
