package delivery

import (
	"context"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
)

// serve asks the database what the lanes need to know.
func (w *Worker) serve(ctx context.Context, now time.Time, needs map[need][]*lane) {
	for lanes := needs[needTarget]; len(lanes) > 0; {
		bite := lanes[:min(len(lanes), targetBite)]
		lanes = lanes[len(bite):]
		w.loadTargets(ctx, now, bite)
	}
	for _, l := range needs[needSend] {
		w.memory.answered(l, func() { l.quiet = time.Time{} })
	}
	w.loadPages(ctx, now, needs[needPage])
	together(needs[needEpoch], func(l *lane) { w.raiseEpoch(ctx, now, l) })
	together(needs[needSettle], func(l *lane) { w.settle(ctx, l, false) })
	together(needs[needRelease], func(l *lane) { w.settle(ctx, l, true) })
}

// maxTogether is how many lanes ask at a time; what they write shares commits.
const maxTogether = 64

// together calls do for all lanes and returns when all calls have.
func together(lanes []*lane, do func(*lane)) {
	var group sync.WaitGroup
	defer group.Wait()
	places := make(chan struct{}, maxTogether)
	for _, l := range lanes {
		places <- struct{}{}
		group.Go(func() {
			do(l)
			<-places
		})
	}
}

// settle marks an empty lane as idle, or gives a lane up.
func (w *Worker) settle(ctx context.Context, l *lane, release bool) {
	next, ok, err := w.Lanes.SettleLane(ctx, l.node, l.id, l.epoch, release)
	if err != nil {
		w.complain(ctx, "settle lane", err)
		w.memory.unanswered(l)
		return
	}
	w.memory.answered(l, func() {
		switch {
		case release || !ok:
			w.memory.forget(l)
			w.memory.free = true
			w.memory.signal()
		case next.IsZero():
			l.settled = l.held == 0
		default:
			l.owe(next)
		}
	})
}

func (w *Worker) raiseEpoch(ctx context.Context, now time.Time, l *lane) {
	rest := w.memory.restOf(l)
	epoch, ok, err := w.Lanes.RaiseEpoch(ctx, now, l.node, l.id, rest)
	if err != nil {
		w.complain(ctx, "raise epoch", err)
		w.memory.unanswered(l)
		return
	}
	w.memory.answered(l, func() {
		w.memory.clear(l)
		l.epoch, l.stopped = epoch, l.stopped || !ok
		l.freeing = l.rest != rest // it was roused while we asked
		l.direct, l.nextLoad = false, now
	})
}

// targetBite is how many endpoints are read at a time.
const targetBite = 200

// loadTargets reads the endpoints of lanes. When that fails it reads them in
// halves, so that one that can't be read stops no other.
func (w *Worker) loadTargets(ctx context.Context, now time.Time, lanes []*lane) {
	ids, seen := make([]string, len(lanes)), make([]int, len(lanes))
	w.memory.mu.Lock()
	for i, l := range lanes {
		ids[i], seen[i] = l.id, l.changes
	}
	w.memory.mu.Unlock()
	endpoints, err := w.Lanes.LaneEndpoints(ctx, ids)
	if half := len(lanes) / 2; err != nil && half > 0 {
		w.loadTargets(ctx, now, lanes[:half])
		w.loadTargets(ctx, now, lanes[half:])
		return
	}
	if err != nil {
		w.complain(ctx, "read endpoint of lane "+ids[0], err)
		w.memory.unanswered(lanes[0])
		return
	}
	byLane := make(map[string]*taskhook.Endpoint, len(endpoints))
	for i := range endpoints {
		byLane[endpoints[i].LaneID] = &endpoints[i]
	}
	for i, l := range lanes {
		w.setTarget(ctx, now, l, byLane[l.id], seen[i])
	}
}

// setTarget makes the lane send to its endpoint as it is now; it stops when that
// is paused, disabled or deleted (nil). One that can't be prepared is tried again
// after a while: given up, the lane would come back at once.
func (w *Worker) setTarget(ctx context.Context, now time.Time, l *lane, e *taskhook.Endpoint, seen int) {
	t := &target{}
	if e != nil {
		var err error
		if t, err = newTarget(e, now); err != nil {
			w.complain(ctx, "prepare endpoint "+e.ID, err)
			w.memory.unanswered(l)
			return
		}
	}
	w.memory.answered(l, func() {
		if l.changes != seen {
			return // it was changed again while we asked
		}
		l.target, l.stopped = t, !t.active
		l.throttle.limit(t.rate)
		// Nobody told us of what was published while the lane was held.
		l.direct = false
		l.owe(now)
	})
}
