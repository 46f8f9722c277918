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
	off   bool      // this machine's clock is, which was logged
}

// NewClock returns a clock that shows what the machine's does until it is set.
// Source is the database's; one that answers with no time leaves it so.
func NewClock(source func(context.Context) (time.Time, error), log *slog.Logger) *Clock {
	return &Clock{source: source, log: log}
}

// The bounds of what is made of an answer.
const (
	maxDelay = time.Second // one that took longer says too little
	maxOff   = time.Second // by which the machine's clock may differ before that is logged
)

// Set looks at the database's clock.
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
	c.at, c.shown = before.Add(delay/2), shown
	off := c.shown.Sub(c.at.Round(0))
	if isOff := off.Abs() > maxOff; isOff != c.off {
		c.off = isOff
		c.log.Warn("the clock of this machine and the database's differ; the database's is gone by", "difference", off, "differ", isOff)
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
