package task

import (
	"context"
	"time"
)

// progressEvery is how often progress is stored, and with it how soon a run that
// was cancelled on another node stops here.
const progressEvery = time.Second

// reportProgress stores the progress of all runs that moved and stops those that
// are no longer ours.
func (w *Worker) reportProgress(ctx context.Context) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		going, moved := w.progress()
		if len(going) == 0 {
			continue
		}
		mine, err := w.Progress.Progress(ctx, w.Lease().Node, moved)
		if err != nil {
			if ctx.Err() == nil {
				w.Logger.Warn("store progress", "error", err)
			}
			continue
		}
		for id, x := range going {
			if percent, ok := moved[id]; ok {
				x.stored = percent
			}
			if !mine[id] {
				x.cancel(errCancelled)
			}
		}
	}
}

// progress lists the runs that go on, and how far those are that have moved since
// that was stored.
func (w *Worker) progress() (going map[string]*execution, moved map[string]int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	going, moved = map[string]*execution{}, map[string]int{}
	for id, x := range w.running {
		if x.ending.Load() {
			continue
		}
		going[id] = x
		if p := int(x.percent.Load()); p > x.stored {
			moved[id] = p
		}
	}
	return going, moved
}

// enter notes that a run goes on here.
func (w *Worker) enter(x *execution) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running[x.claimed.Task.ID] = x
}

// leave notes its end. The task may be under way again already: given back, it
// can be claimed before this call.
func (w *Worker) leave(x *execution) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running[x.claimed.Task.ID] == x {
		delete(w.running, x.claimed.Task.ID)
	}
}
