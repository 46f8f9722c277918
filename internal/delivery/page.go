package delivery

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// pageRows is how many deliveries are asked for at a time.
const pageRows = 512

// loadPages reads due deliveries for lanes that have room, some lanes at a time, so
// that what the first brought is counted before the next ask.
func (w *Worker) loadPages(ctx context.Context, now time.Time, lanes []*lane) {
	for len(lanes) > 0 {
		pages, news := w.memory.pages(lanes)
		asking := lanes[:len(pages)]
		lanes = lanes[len(pages):]
		dues, err := w.Queue.DuePages(ctx, now, w.Lease().Node, pages)
		if err != nil {
			w.complain(ctx, "read due deliveries", err)
		}
		for i, l := range asking {
			if err != nil {
				w.memory.missedPage(l)
				continue
			}
			w.memory.answered(l, func() { w.memory.take(l, &dues[i], news[i], now) })
		}
	}
}

// pages asks for the pages of the first lanes, up to pageRows, with how many news each
// had before.
func (m *memory) pages(lanes []*lane) (pages []taskhook.LanePage, news []int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for rows := 0; len(pages) < len(lanes) && rows < pageRows; {
		l := lanes[len(pages)]
		limit := min(l.room(m.full()), pageRows-rows)
		rows += limit
		pages = append(pages, taskhook.LanePage{Lane: l.id, Epoch: l.epoch, Limit: limit, Held: slices.Collect(maps.Keys(l.known))})
		news = append(news, l.news)
		l.unread, l.pushed = false, subjects{}
		l.nextLoad = time.Time{} // what falls due from here on is told again
	}
	return pages, news
}

// take adds a page to the lane, which had so many news when it was asked for.
func (m *memory) take(l *lane, due *taskhook.LaneDue, news int, now time.Time) {
	pushed := l.pushed
	l.pushed = nil
	if due.Lost {
		l.stopped = true
		return
	}
	if l.held == 0 {
		l.since = now
	}
	bytes := l.bytes
	for i := range due.Deliveries {
		m.load(l, &due.Deliveries[i], pushed)
	}
	if n := len(due.Deliveries); n > 0 {
		l.typical = max((l.bytes-bytes)/n, 1)
		l.settled = false
	}
	if !due.Next.IsZero() {
		l.owe(due.Next)
	}
	allDue := due.Next.IsZero() || due.Next.After(now)
	l.fit(len(due.Deliveries), allDue)
	if allDue {
		l.throttle.caughtUp()
	}
	l.direct = (allDue || l.throttle.catchingUp()) && !l.probing()
	if !allDue && len(due.Deliveries) == 0 {
		l.pause = now.Add(missedPause) // due, yet not to be had: this should not be
	}
	if l.news != news { // some came while we asked
		l.owe(now)
	}
}

// load takes in a delivery of a page, unless it came straight here while the page was
// read, has failed, and is about to be noted as recorded.
func (m *memory) load(l *lane, d *taskhook.Outgoing, pushed subjects) {
	if _, known := l.known[d.ID]; known {
		return
	}
	m.hold(l, len(d.Body))
	l.known[d.ID] = struct{}{}
	if passes(d) && pushed[d.Subject] {
		l.freeing = true // what was pushed meanwhile is newer
	}
	if !m.overtake(l, d) {
		l.queue = append(l.queue, *d)
	}
}

// subjects are those that something was about.
type subjects map[string]bool

func (s subjects) add(subject string) {
	if s != nil && subject != "" {
		s[subject] = true
	}
}

// missedPage is for a lane whose page could not be read: it is asked for again.
func (m *memory) missedPage(l *lane) {
	m.conclude(l, func() {
		l.pushed = nil
		l.failed(m.now())
		l.owe(m.now())
	})
}
