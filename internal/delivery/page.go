package delivery

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// pageRows is how many deliveries are claimed in one commit.
const pageRows = 256

// loadPages claims due deliveries for lanes that have room, some lanes at a time,
// so that what the first brought is counted before the next ask.
func (w *Worker) loadPages(ctx context.Context, now time.Time, lanes []*lane) {
	for len(lanes) > 0 {
		pages, seen := w.memory.pages(lanes)
		asking := lanes[:len(pages)]
		lanes = lanes[len(pages):]
		claims, err := w.Queue.ClaimPages(ctx, now, w.Lease().Node, pages)
		if err != nil {
			w.complain(ctx, "claim deliveries", err)
		}
		for i, l := range asking {
			if err != nil {
				w.memory.doubted(l)
				continue
			}
			w.memory.answered(l, func() { w.memory.take(l, &claims[i], seen[i], now) })
		}
	}
}

// pages asks for the pages of the first lanes, up to pageRows, with the refusals
// that each had seen before.
func (m *memory) pages(lanes []*lane) (pages []taskhook.LanePage, seen []int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for rows := 0; len(pages) < len(lanes) && rows < pageRows; {
		l := lanes[len(pages)]
		limit := min(l.room(m.full()), pageRows-rows)
		rows += limit
		pages = append(pages, taskhook.LanePage{Lane: l.id, Epoch: l.epoch, Limit: limit})
		seen = append(seen, l.refusals)
		l.asked = l.pushes
		l.nextLoad = time.Time{} // what falls due from here on is told again
	}
	return pages, seen
}

// take adds a page to the lane.
func (m *memory) take(l *lane, claim *taskhook.LaneClaim, refusals int, now time.Time) {
	if claim.Lost {
		l.stopped = true
		return
	}
	if l.held == 0 {
		l.since = now
	}
	before := l.bytes
	for _, d := range claim.Deliveries {
		m.hold(l, len(d.Body))
	}
	if n := len(claim.Deliveries); n > 0 {
		l.typical = max((l.bytes-before)/n, 1)
		l.settled = false
	}
	for i := range claim.Deliveries {
		d := &claim.Deliveries[i]
		if passes(d) && l.pushes != l.asked {
			l.freeing = true // what was pushed meanwhile may be newer
		}
		if !m.overtake(l, d) {
			l.queue = append(l.queue, *d)
		}
	}
	if !claim.Next.IsZero() {
		l.owe(claim.Next)
	}
	allDue := claim.Next.IsZero() || claim.Next.After(now)
	if allDue {
		l.throttle.caughtUp()
	}
	l.direct = (allDue || l.throttle.catchingUp()) && !l.probing()
	if !allDue && len(claim.Deliveries) == 0 {
		l.pause = now.Add(missedPause) // due, yet not to be had: this should not be
	}
	if l.refusals != refusals {
		l.refuse(now) // one came while we asked
	}
}

// doubted is for a lane whose claim failed: it may have been committed.
func (m *memory) doubted(l *lane) {
	m.conclude(l, func() {
		l.freeing = true
		l.failed(m.now())
	})
}
