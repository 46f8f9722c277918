package app

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/delivery"
)

// Pace says how soon the program does what it does without being asked, for tests
// that can't wait so long. What is 0 has the pace of the product.
type Pace struct {
	Upkeep         time.Duration // between two tidyings of the store; 0: 5 s
	Sweep          time.Duration // see delivery.WorkerOptions
	Breaker        delivery.Breaker
	Warden         time.Duration // between two looks at failing endpoints; see delivery.WardenOptions
	IdempotencyKey time.Duration // until it is forgotten; see task.ServiceOptions
	UnfinishedFile time.Duration // until it is removed; see file.Options
	// Clock is the database's, if not the one that it has.
	Clock     func(context.Context) (time.Time, error)
	Retention time.Duration // between two looks for what is old; see retention.Options
	Copies    time.Duration // between two looks for results to copy; see copier.Options
	Posters   time.Duration // between two looks for videos without a poster; see poster.Options
	Limit     time.Duration // of one try to make a poster or a copy; see both
	Quiet     time.Duration // after an account was closed; see retention.EraserOptions
}

const (
	upkeepBite = 1000           // how much is tidied at a time
	countsKept = 48 * time.Hour // what is shown goes back by a day
)

// upkeep removes what has expired, in small bites, at the start and until ctx ends.
func (a *App) upkeep(ctx context.Context) error {
	every := cmp.Or(a.Pace.Upkeep, 5*time.Second)
	tick := time.NewTicker(every)
	defer tick.Stop()
	left := clearing{former: a.bucket == nil}
	for {
		now := a.clock.Now()
		if !now.Before(left.next) && !a.clear(ctx, now, &left) {
			left.next = now.Add(ticksToRetry * every) // for it goes through all files
		}
		a.tidy(ctx, now)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// ticksToRetry is after how many looks the removal of leftovers that failed is tried again.
const ticksToRetry = 12

// clearing is how far the removal of leftovers has come.
type clearing struct {
	former bool      // those of who was here before have not been removed
	looked time.Time // when others were
	next   time.Time // not before this
}

// clear removes leftovers and reports whether it could. Those of nodes that were here
// before go when these are gone; others that nodes may leave are old before they are
// removed, so they are looked for again.
func (a *App) clear(ctx context.Context, now time.Time, c *clearing) (done bool) {
	if c.former && a.formerGone(ctx) {
		if !a.removeLeftovers(ctx, a.opened) {
			return false
		}
		c.former = false
	}
	if old := now.Add(-leftoverAge); a.othersKeep() && !c.looked.After(old) {
		if !a.removeLeftovers(ctx, old) || !a.removeUnfinished(ctx, old) {
			return false
		}
		c.looked = now
	}
	return true
}

// tidy does each chore until nothing of it is left.
func (a *App) tidy(ctx context.Context, now time.Time) {
	for _, chore := range []struct {
		name string
		bite func() (int64, error)
	}{
		{"forget idempotency keys", func() (int64, error) { return a.store.ForgetIdempotency(ctx, now, upkeepBite) }},
		{"forget counters", func() (int64, error) { return a.store.ForgetCounts(ctx, now.Add(-countsKept), upkeepBite) }},
		{"forget usage", func() (int64, error) { return a.forgetUsage(ctx, now) }},
		{"collect lanes", func() (int64, error) { return a.store.CollectLanes(ctx, upkeepBite) }},
		{"remove files that were never completed", func() (int64, error) { return a.uploads.RemoveUnfinished(ctx, now, upkeepBite) }},
		{"cancel deliveries of deleted webhooks", func() (int64, error) { return a.store.CancelOrphans(ctx, now) }},
	} {
		a.chore(ctx, chore.name, chore.bite)
	}
}

func (a *App) forgetUsage(ctx context.Context, now time.Time) (int64, error) {
	age := time.Duration(a.Config.Retention.Usage)
	if age == 0 {
		return 0, nil
	}
	return a.store.ForgetUsage(ctx, now.Add(-age), upkeepBite)
}

// chore takes bites until nothing is left.
func (a *App) chore(ctx context.Context, name string, bite func() (int64, error)) {
	for ctx.Err() == nil {
		n, err := bite()
		if err != nil {
			a.warn(ctx, name, "error", err)
			return
		}
		if n == 0 {
			return
		}
	}
}

// removeLeftovers deletes the files of before whose runs and uploads ended before they
// were stored, and reports whether it could. Else it is to be tried again.
func (a *App) removeLeftovers(ctx context.Context, before time.Time) (done bool) {
	done = true
	for _, kept := range []leftovers{
		{"result file", a.files, a.store.KnownArtifacts},
		{"uploaded file", a.inputs, a.store.KnownContents},
	} {
		if err := a.removeOrphans(ctx, kept, before); err != nil {
			done = false
			a.warn(ctx, "remove leftovers", "what", kept.what, "error", err)
		}
	}
	return done
}

// removeUnfinished deletes what nodes that died were about to store, which nobody wrote
// to since before.
func (a *App) removeUnfinished(ctx context.Context, before time.Time) (done bool) {
	if err := errors.Join(a.files.Sweep(ctx, before), a.inputs.Sweep(ctx, before)); err != nil {
		a.warn(ctx, "remove unfinished files", "error", err)
		return false
	}
	return true
}

// warn logs what did not work, unless it is that we are stopping.
func (a *App) warn(ctx context.Context, what string, args ...any) {
	if ctx.Err() == nil {
		a.Logger.Warn(what, args...)
	}
}

// leftovers is where orphans are looked for, and who knows which are none.
type leftovers struct {
	what  string
	files *artifact.Store
	known func(ctx context.Context, ids []string) (map[string]bool, error)
}

// removeOrphans deletes the files that nobody knows. Those that may be about to become
// known stay: requests and runs go on meanwhile, and may have begun before this did.
func (a *App) removeOrphans(ctx context.Context, from leftovers, before time.Time) error {
	newest := taskhook.FloorID(taskhook.PrefixArtifact, before)
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
		if err := from.files.Remove(ctx, id); err != nil {
			return err
		}
		a.Logger.Info("removed a file that nothing names", "what", from.what, "id", id)
	}
	return nil
}
