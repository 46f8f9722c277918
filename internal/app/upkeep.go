package app

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// How often the store is tidied, and how much at a time.
const (
	upkeepEvery = 5 * time.Second
	upkeepBite  = 1000
)

// upkeep removes what has expired, in small bites, until ctx ends.
func (a *App) upkeep(ctx context.Context) error {
	if err := a.removeOrphans(ctx, time.Now()); err != nil && ctx.Err() == nil {
		a.Logger.Warn("remove result files without a task", "error", err)
	}
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

// removeOrphans deletes the result files that runs left which ended before their
// outcome was stored. Files that are younger than this start may be in use.
func (a *App) removeOrphans(ctx context.Context, started time.Time) error {
	newest := taskhook.FloorID(taskhook.PrefixArtifact, started)
	var bite []string
	for id, err := range a.files.IDs(ctx) {
		if err != nil {
			return err
		}
		if id >= newest {
			continue
		}
		if bite = append(bite, id); len(bite) == orphanBite {
			if err := a.removeUnknown(ctx, bite); err != nil {
				return err
			}
			bite = bite[:0]
		}
	}
	return a.removeUnknown(ctx, bite)
}

// orphanBite is how many files are looked up at a time.
const orphanBite = 200

func (a *App) removeUnknown(ctx context.Context, ids []string) error {
	known, err := a.store.KnownArtifacts(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if known[id] {
			continue
		}
		if err := a.files.Remove(id); err != nil {
			return err
		}
		a.Logger.Info("removed a result file whose task never finished with it", "artifact", id)
	}
	return nil
}
