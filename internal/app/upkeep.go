package app

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
)

// How often the store is tidied, and how much at a time.
const (
	upkeepEvery = 5 * time.Second
	upkeepBite  = 1000
	countsKept  = 48 * time.Hour // what is shown goes back by a day
)

// upkeep removes what has expired, in small bites, until ctx ends.
func (a *App) upkeep(ctx context.Context) error {
	a.removeLeftovers(ctx, time.Now())
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
			{"forget counters", func() (int64, error) { return a.store.ForgetCounts(ctx, now.Add(-countsKept), upkeepBite) }},
			{"collect lanes", func() (int64, error) { return a.store.CollectLanes(ctx, upkeepBite) }},
			{"remove files that were never completed", func() (int64, error) { return a.uploads.RemoveUnfinished(ctx, now, upkeepBite) }},
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

// removeLeftovers deletes the files whose runs and uploads ended before they were
// stored.
func (a *App) removeLeftovers(ctx context.Context, started time.Time) {
	for _, kept := range []leftovers{
		{"result file", a.files, a.store.KnownArtifacts},
		{"uploaded file", a.inputs, a.store.KnownContents},
	} {
		if err := a.removeOrphans(ctx, kept, started); err != nil && ctx.Err() == nil {
			a.Logger.Warn("remove leftovers", "what", kept.what, "error", err)
		}
	}
}

// leftovers is where orphans are looked for, and who knows which are none.
type leftovers struct {
	what  string
	files *artifact.Store
	known func(ctx context.Context, ids []string) (map[string]bool, error)
}

// removeOrphans deletes the files that nobody knows. Those that are younger than
// this start may be in use.
func (a *App) removeOrphans(ctx context.Context, from leftovers, started time.Time) error {
	newest := taskhook.FloorID(taskhook.PrefixArtifact, started)
	var bite []string
	for id, err := range from.files.IDs(ctx) {
		if err != nil {
			return err
		}
		if id >= newest {
			continue
		}
		if bite = append(bite, id); len(bite) == orphanBite {
			if err := a.removeUnknown(ctx, from, bite); err != nil {
				return err
			}
			bite = bite[:0]
		}
	}
	return a.removeUnknown(ctx, from, bite)
}

// orphanBite is how many files are looked up at a time.
const orphanBite = 200

func (a *App) removeUnknown(ctx context.Context, from leftovers, ids []string) error {
	known, err := from.known(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if known[id] {
			continue
		}
		if err := from.files.Remove(id); err != nil {
			return err
		}
		a.Logger.Info("removed a file that nothing names", "what", from.what, "id", id)
	}
	return nil
}
