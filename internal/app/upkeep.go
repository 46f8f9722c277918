package app

import (
	"context"
	"time"
)

// How often the store is tidied, and how much at a time.
const (
	upkeepEvery = 5 * time.Second
	upkeepBite  = 1000
)

// upkeep removes what has expired, in small bites, until ctx ends.
func (a *App) upkeep(ctx context.Context) error {
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := time.Now()
		for _, chore := range []struct {
			name string
			bite func() (int64, error)
		}{
			{"forget idempotency keys", func() (int64, error) { return a.store.ForgetIdempotency(ctx, now, upkeepBite) }},
			{"collect lanes", func() (int64, error) { return a.store.CollectLanes(ctx, upkeepBite) }},
			{"cancel deliveries of deleted webhooks", func() (int64, error) { return a.store.CancelOrphans(ctx, now) }},
		} {
			a.chore(ctx, chore.name, chore.bite)
		}
	}
}

// chore takes bites until nothing is left.
func (a *App) chore(ctx context.Context, name string, bite func() (int64, error)) {
	for ctx.Err() == nil {
		n, err := bite()
		if err != nil {
			if ctx.Err() == nil {
				a.Logger.Warn(name, "error", err)
			}
			return
		}
		if n == 0 {
			return
		}
	}
}
