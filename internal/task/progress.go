package task

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/taskhook/taskhook/internal/provider"
)

// progressEvery is how often progress is stored, and with it how soon a run that
// was cancelled on another node stops here.
const progressEvery = time.Second

// ownBite is of how many runs is found out at a time whether they are still ours: of more
// it takes longer.
const ownBite = 2000

// reportProgress stores the progress of all runs that moved and stops those that
// are no longer ours.
func (w *Worker) reportProgress(ctx context.Context) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	var r round
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := w.storeProgress(ctx); err != nil && ctx.Err() == nil {
			w.Logger.Warn("store progress", "error", err)
		}
		if err := r.next(ctx, w); err != nil && ctx.Err() == nil {
			w.Logger.Warn("look which runs are still this node's", "error", err)
		}
	}
}

func (w *Worker) storeProgress(ctx context.Context) error {
	moved := w.going(func(x *execution) bool { return int(x.percent.Load()) > x.stored })
	if len(moved) == 0 {
		return nil
	}
	percent := make(map[string]int, len(moved))
	for _, x := range moved {
		percent[x.claimed.Task.ID] = int(x.percent.Load())
	}
	if err := w.Progress.Progress(ctx, w.Lease().Node, percent); err != nil {
		return err
	}
	for _, x := range moved {
		x.stored = percent[x.claimed.Task.ID]
	}
	return nil
}

// round goes round the runs that go on, in the order of their ids.
type round struct {
	left  []*execution
	after string // the run that was last looked at
}

// next stops some of the runs that are no longer ours, and all that another node had
// which this process was.
func (r *round) next(ctx context.Context, w *Worker) error {
	node := w.Lease().Node
	for _, x := range w.going(func(x *execution) bool { return x.node != node }) {
		x.cancel(errStopped) // it is another's to go on with
	}
	if len(r.left) == 0 {
		r.left, r.after = w.going(func(x *execution) bool { return x.node == node }), ""
		slices.SortFunc(r.left, func(a, b *execution) int { return cmp.Compare(a.claimed.Run.ID, b.claimed.Run.ID) })
	}
	some := r.left[:min(len(r.left), ownBite)]
	if len(some) == 0 {
		return nil
	}
	last := some[len(some)-1].claimed.Run.ID
	ids, err := w.Progress.OwnedRuns(ctx, node, r.after, last)
	if err != nil {
		return err
	}
	r.left, r.after = r.left[len(some):], last
	ours := make(map[string]bool, len(ids))
	for _, id := range ids {
		ours[id] = true
	}
	for _, x := range some {
		if !ours[x.claimed.Run.ID] && !x.ending.Load() {
			x.cancel(provider.ErrCancelled)
		}
	}
	return nil
}
