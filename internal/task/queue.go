package task

import (
	"context"
	"sync"
	"time"
)

// queue takes on the runs of one adapter, as many at a time as there are slots for.
type queue struct {
	worker *Worker
	name   string // of the adapter
	slots  *slots // of its account; the worker's lock guards it
	wake   chan struct{}
	last   string    // the account that was served last
	missed time.Time // when its adapter was found not to be there; zero: it was there
}

// maxClaim bounds what is claimed by one write.
const maxClaim = 500

// How often a queue looks without being told to.
const (
	lookEvery   = 30 * time.Second
	sharedEvery = time.Second // when other nodes make and give back runs

	errorPause    = 250 * time.Millisecond // before a failing database is asked again
	maxErrorPause = 5 * time.Second        // and after it has failed for long
)

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// run claims runs until ctx ends, then waits for those that go on.
func (q *queue) run(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-q.wake:
		}
		timer.Reset(q.claim(ctx, &group))
	}
}

// claim takes on what there are slots for and says when to look again.
func (q *queue) claim(ctx context.Context, group *sync.WaitGroup) time.Duration {
	w := q.worker
	slots := w.slotsOf(q)
	slots.claiming.Lock()
	defer slots.claiming.Unlock()
	free := min(slots.free(), maxClaim)
	if free <= 0 {
		return lookEvery // a run that ends signals
	}
	now := w.Now()
	adapter, ok := w.Adapters.Adapter(q.name)
	if !ok {
		if wait := absentFor - time.Since(q.missed); wait > 0 {
			return wait
		}
		adapter, now = absent(q.name), now.Add(-absentFor) // another node that has it takes on earlier what is due
	}
	lease := w.Lease()
	if !lease.Allows(time.Now()) {
		return errorPause
	}
	w.beginClaim()
	defer w.endClaim()
	claimed, last, err := w.Runs.ClaimRuns(ctx, now, lease.Node, q.name, q.last, free)
	if err != nil {
		if ctx.Err() == nil {
			w.Logger.Error("claim runs", "adapter", q.name, "error", err)
		}
		return errorPause
	}
	q.last = last
	for _, c := range claimed {
		slots.take()
		group.Add(1)
		x := newExecution(ctx, w, adapter, lease.Node, c, func() {
			slots.release()
			group.Done()
		})
		w.enter(x)
		go x.execute()
	}
	switch {
	case len(claimed) == free:
		return 0 // there may be more, and room for it
	case len(q.wake) > 0, !ok:
		return lookEvery // something has signalled, or nothing is done at once
	}
	return q.next(ctx)
}

// next says how long it is until the next run falls due.
func (q *queue) next(ctx context.Context) time.Duration {
	due, err := q.worker.Runs.NextRun(ctx, q.name)
	switch {
	case err != nil:
		return errorPause
	case due.IsZero():
		return q.lookEvery()
	}
	return min(max(due.Sub(q.worker.Now()), errorPause), q.lookEvery())
}

func (q *queue) lookEvery() time.Duration {
	if q.worker.Shared {
		return sharedEvery
	}
	return lookEvery
}
