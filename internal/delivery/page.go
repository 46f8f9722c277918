package delivery

import (
	"context"
	"time"

	"github.com/taskhook/taskhook"
)

// pageRows is how many deliveries are claimed in one commit.
const pageRows = 512

// seen is what a lane had been told when the database was asked.
type seen struct{ refusals, news int }

// loadPages claims due deliveries for lanes that have room, some lanes at a time,
// so that what the first brought is counted before the next ask.
func (w *Worker) loadPages(ctx context.Context, now time.Time, lanes []*lane) {
	for len(lanes) > 0 {
		pages, before := w.memory.pages(lanes)
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
			w.memory.answered(l, func() { w.memory.take(l, &claims[i], before[i], now) })
		}
	}
}

// pages asks for the pages of the first lanes, up to pageRows, with what each
// had been told before.
func (m *memory) pages(lanes []*lane) (pages []taskhook.LanePage, before []seen) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for rows := 0; len(pages) < len(lanes) && rows < pageRows; {
		l := lanes[len(pages)]
		limit := min(l.room(m.full()), pageRows-rows)
		rows += limit
		pages = append(pages, taskhook.LanePage{Lane: l.id, Epoch: l.epoch, Limit: limit})
		before = append(before, seen{l.refusals, l.news})
		l.unread, l.pushed = false, subjects{}
		l.nextLoad = time.Time{} // what falls due from here on is told again
	}
	return pages, before
}

// take adds a page to the lane.
func (m *memory) take(l *lane, claim *taskhook.LaneClaim, told seen, now time.Time) {
	pushed := l.pushed
	l.pushed = nil
	if claim.Lost {
		l.stopped = true
		return
	}
	if l.held == 0 {
		l.since = now
	}
	bytes := l.bytes
	for _, d := range claim.Deliveries {
		m.hold(l, len(d.Body))
	}
	if n := len(claim.Deliveries); n > 0 {
		l.typical = max((l.bytes-bytes)/n, 1)
		l.settled = false
	}
	for i := range claim.Deliveries {
		d := &claim.Deliveries[i]
		if passes(d) && pushed[d.Subject] {
			l.freeing = true // what was pushed meanwhile is newer
		}
		if !m.overtake(l, d) {
			l.queue = append(l.queue, *d)
		}
	}
	if !claim.Next.IsZero() {
		l.owe(claim.Next)
	}
	allDue := claim.Next.IsZero() || claim.Next.After(now)
	l.fit(len(claim.Deliveries), allDue)
	if allDue {
		l.throttle.caughtUp()
	}
	l.direct = (allDue || l.throttle.catchingUp()) && !l.probing()
	if !allDue && len(claim.Deliveries) == 0 {
		l.pause = now.Add(missedPause) // due, yet not to be had: this should not be
	}
	if l.news != told.news { // some came while we asked
		l.owe(now)
	}
	if l.refusals != told.refusals {
		l.refuse(now)
	}
}

// subjects are those that something was about.
type subjects map[string]bool

func (s subjects) add(subject string) {
	if s != nil && subject != "" {
		s[subject] = true
	}
}

// doubted is for a lane whose claim failed: it may have been committed.
func (m *memory) doubted(l *lane) {
	m.conclude(l, func() {
		l.freeing, l.pushed = true, nil
		l.failed(m.now())
	})
}
