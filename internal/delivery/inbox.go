package delivery

import (
	"time"

	"github.com/taskhook/taskhook"
)

// The methods of taskhook.Inbox. The store calls them from within commits, so
// nothing here waits or calls the store.

// Reserve is of taskhook.Inbox.
func (m *memory) Reserve(id string, epoch int64, size int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.lanes[id]
	if l == nil || l.epoch != epoch {
		return false
	}
	if m.stopping || !l.open() || !l.hasFreshRoom(m.full()) {
		l.direct = false // until a page has brought what is refused
		return false
	}
	m.hold(l, size)
	return true
}

// Cancel is of taskhook.Inbox.
func (m *memory) Cancel(id string, epoch int64, size int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.lanes[id]
	if l == nil || l.epoch != epoch {
		m.bytes -= size // reserved in a lane that was given up meanwhile
		return
	}
	m.drop(l, "", size)
	m.plan(l)
}

// Push is of taskhook.Inbox.
func (m *memory) Push(fresh []taskhook.Outgoing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range fresh {
		l := m.lanes[d.LaneID]
		if l == nil || l.epoch != d.Epoch {
			m.bytes -= len(d.Body) // given up meanwhile: its next owner will find it
			continue
		}
		l.settled = false
		l.known[d.ID] = struct{}{}
		l.pushed.add(d.Subject)
		if !m.overtake(l, &d) {
			l.add(d)
		}
		m.list(l)
		m.plan(l)
	}
	m.dispatch()
}

// Wake is of taskhook.Inbox.
func (m *memory) Wake(id string, inDoubt bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if id == "" {
		m.free = true
		m.signal()
		return
	}
	if l := m.lanes[id]; l != nil {
		l.freeing = l.freeing || inDoubt
		l.hear(m.now())
		m.plan(l)
	}
}

// Refresh is of taskhook.Inbox.
func (m *memory) Refresh(id string, gone bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free = true
	if l := m.lanes[id]; l != nil {
		l.target, l.pause = nil, time.Time{}
		l.rest, l.quiet, l.misses = taskhook.Rest{}, time.Time{}, 0 // somebody has seen to it
		l.changes++
		l.freeing = l.freeing || gone
		m.plan(l)
	}
	m.signal()
}
