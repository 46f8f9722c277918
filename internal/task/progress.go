package task

import (
	"context"
	"time"

	"github.com/taskhook/taskhook/internal/provider"
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
		going := w.going()
		if len(going) == 0 {
			continue
		}
		moved := map[string]int{}
		for id, x := range going {
			if p := int(x.percent.Load()); p > x.stored {
				moved[id] = p
			}
		}
		node := w.Lease().Node
		mine, err := w.Progress.Progress(ctx, node, moved)
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
			switch {
			case mine[id]:
			case x.node != node:
				x.cancel(errStopped) // it is another's to go on with
			default:
				x.cancel(provider.ErrCancelled)
			}
		}
	}
}

// going lists the runs that go on, by task.
func (w *Worker) going() map[string]*execution {
	w.mu.Lock()
	defer w.mu.Unlock()
	going := make(map[string]*execution, len(w.running))
	for id, x := range w.running {
		if !x.ending.Load() {
			going[id] = x
		}
	}
	return going
}

// beginClaim and endClaim enclose a claim until its runs are entered: a task may be
// cancelled as soon as the claim is stored.
func (w *Worker) beginClaim() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.claiming++
}

func (w *Worker) endClaim() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.claiming--; w.claiming == 0 {
		clear(w.cancelled)
	}
}

// enter notes that a claimed run goes on here.
func (w *Worker) enter(x *execution) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := x.claimed.Task.ID
	w.running[id] = x
	if w.cancelled[id] {
		x.cancel(provider.ErrCancelled)
	}
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
