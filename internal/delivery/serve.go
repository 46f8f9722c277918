package delivery

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// serve asks the database what the lanes need to know.
func (w *Worker) serve(ctx context.Context, now time.Time, needs map[need][]*lane) {
	if lanes := needs[needTarget]; len(lanes) > 0 {
		w.loadTargets(ctx, now, lanes)
	}
	if lanes := needs[needPage]; len(lanes) > 0 {
		w.loadPages(ctx, now, lanes)
	}
	for _, l := range needs[needEpoch] {
		w.raiseEpoch(ctx, now, l)
	}
	for _, l := range needs[needSettle] {
		w.settle(ctx, l, false)
	}
	for _, l := range needs[needRelease] {
		w.settle(ctx, l, true)
	}
	for _, l := range needs[needNothing] {
		w.memory.answered(l, func() {})
	}
}

// retryLater leaves lanes for another time when the database does not answer.
func (w *Worker) retryLater(lanes []*lane) {
	for _, l := range lanes {
		w.memory.answered(l, func() {
			again := time.Now().Add(errorPause)
			l.since = again
			if !l.nextLoad.IsZero() {
				l.nextLoad = again
			}
		})
	}
}

// targetBite is how many endpoints are read at a time.
const targetBite = 200

func (w *Worker) loadTargets(ctx context.Context, now time.Time, lanes []*lane) {
	for len(lanes) > 0 {
		bite := lanes[:min(len(lanes), targetBite)]
		lanes = lanes[len(bite):]
		ids, seen := make([]string, len(bite)), make([]int, len(bite))
		w.memory.mu.Lock()
		for i, l := range bite {
			ids[i], seen[i] = l.id, l.changes
		}
		w.memory.mu.Unlock()
		endpoints, err := w.Lanes.LaneEndpoints(ctx, ids)
		if err != nil {
			w.complain(ctx, "read endpoints of lanes", err)
			w.retryLater(bite)
			continue
		}
		byLane := make(map[string]*taskhook.Endpoint, len(endpoints))
		for i := range endpoints {
			byLane[endpoints[i].LaneID] = &endpoints[i]
		}
		for i, l := range bite {
			w.setTarget(ctx, now, l, byLane[l.id], seen[i])
		}
	}
}

// setTarget makes the lane send to its endpoint as it is now; it stops when that
// is paused, disabled or deleted.
func (w *Worker) setTarget(ctx context.Context, now time.Time, l *lane, e *taskhook.Endpoint, seen int) {
	if l.endpoint == "" {
		w.memory.answered(l, func() { l.target = originTarget() })
		return
	}
	var t *target
	if e != nil {
		var err error
		if t, err = newTarget(e, now); err != nil {
			w.complain(ctx, "prepare endpoint "+e.ID, err)
		}
	}
	w.memory.answered(l, func() {
		if l.changes != seen {
			return // it was changed again while we asked
		}
		l.target = t
		l.stopped = t == nil || !t.active
	})
}

func (w *Worker) loadPages(ctx context.Context, now time.Time, lanes []*lane) {
	pages := make([]taskhook.LanePage, len(lanes))
	seen := make([]int, len(lanes))
	w.memory.mu.Lock()
	for i, l := range lanes {
		pages[i] = taskhook.LanePage{Lane: l.id, Epoch: l.epoch, Limit: w.memory.pageSize(l)}
		seen[i] = l.refusals
	}
	w.memory.mu.Unlock()
	claims, err := w.Queue.ClaimPages(ctx, now, w.Node, pages)
	if err != nil {
		w.complain(ctx, "claim deliveries", err)
		w.doubtAll(lanes)
		return
	}
	for i, l := range lanes {
		w.memory.answered(l, func() { w.memory.take(l, &claims[i], seen[i], now) })
	}
}

// doubtAll is for a claim whose outcome is unknown.
func (w *Worker) doubtAll(lanes []*lane) {
	for _, l := range lanes {
		w.memory.answered(l, func() {
			l.doubt = true
			l.since = time.Now().Add(errorPause)
		})
	}
}

// pageSize is how many deliveries the lane has room for; little when many bodies
// are in memory.
func (m *memory) pageSize(l *lane) int {
	if m.bytes > totalBytes {
		return 1
	}
	return laneRoom - l.held
}

// take adds a page to the lane.
func (m *memory) take(l *lane, claim *taskhook.LaneClaim, refusals int, now time.Time) {
	if claim.Lost {
		l.stopped = true
		return
	}
	for _, d := range claim.Deliveries {
		l.held++
		m.bytes += len(d.Body)
	}
	l.queue = append(l.queue, claim.Deliveries...)
	l.settled = l.settled && len(claim.Deliveries) == 0
	l.nextLoad = claim.Next
	l.direct = claim.Next.IsZero() || claim.Next.After(now)
	if l.refusals != refusals {
		l.refuse(now) // one came while we asked
	}
	if l.held == 0 {
		l.since = now
	}
}

func (w *Worker) raiseEpoch(ctx context.Context, now time.Time, l *lane) {
	epoch, ok, err := w.Lanes.RaiseEpoch(ctx, now, w.Node, l.id)
	if err != nil {
		w.complain(ctx, "raise epoch", err)
		w.retryLater([]*lane{l})
		return
	}
	w.memory.answered(l, func() {
		for _, d := range l.queue {
			w.memory.drop(l, len(d.Body))
		}
		l.queue = nil
		l.epoch, l.doubt, l.stopped = epoch, false, l.stopped || !ok
		l.direct, l.nextLoad = false, now
	})
}

// settle marks an empty lane as idle, or gives a lane up.
func (w *Worker) settle(ctx context.Context, l *lane, release bool) {
	next, ok, err := w.Lanes.SettleLane(ctx, w.Node, l.id, l.epoch, release)
	if err != nil {
		w.complain(ctx, "settle lane", err)
		w.retryLater([]*lane{l})
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
