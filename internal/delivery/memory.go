package delivery

import (
	"container/heap"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
)

// memory is what this process holds of its lanes. It is the store's Inbox, so
// nothing here waits or calls the store.
type memory struct {
	mu     sync.Mutex
	lanes  map[string]*lane
	ready  []*lane // with something to send, in turn
	agenda agenda
	bytes  int  // of all bodies held
	free   bool // free lanes may be due

	slots    int // sends at a time
	active   int
	stopping bool

	wake  chan struct{} // the Worker's loop has something to look at
	start func(*lane, taskhook.Outgoing)
}

func newMemory(slots int) *memory {
	return &memory{lanes: map[string]*lane{}, slots: slots, wake: make(chan struct{}, 1), free: true}
}

// Reserve is of taskhook.Inbox.
func (m *memory) Reserve(id string, epoch int64, size int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.lanes[id]
	if l == nil || l.epoch != epoch {
		return false
	}
	if m.stopping || m.bytes > totalBytes || !l.admits(epoch) {
		l.refuse(time.Now())
		m.plan(l)
		return false
	}
	l.held++
	m.bytes += size
	return true
}

// Cancel is of taskhook.Inbox.
func (m *memory) Cancel(id string, epoch int64, size int, inDoubt bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.lanes[id]
	if l == nil || l.epoch != epoch {
		return
	}
	l.doubt = l.doubt || inDoubt
	m.drop(l, size)
	m.plan(l)
}

// Push is of taskhook.Inbox.
func (m *memory) Push(claimed []taskhook.Outgoing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range claimed {
		l := m.lanes[d.LaneID]
		if l == nil || l.epoch != d.Epoch {
			continue // given up meanwhile; its next owner will find it
		}
		l.settled = false
		l.queue = append(l.queue, d)
		m.list(l)
		m.plan(l)
	}
	m.dispatch()
}

// Wake is of taskhook.Inbox.
func (m *memory) Wake() {
	m.mu.Lock()
	m.free = true
	m.mu.Unlock()
	m.signal()
}

// Refresh is of taskhook.Inbox.
func (m *memory) Refresh(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free = true
	if l := m.lanes[id]; l != nil {
		l.target = nil
		l.changes++
		m.plan(l)
	}
	m.signal()
}

func (m *memory) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// drop takes one delivery out of the lane's count.
func (m *memory) drop(l *lane, size int) {
	l.held--
	m.bytes -= size
	if l.held == 0 {
		l.since = time.Now()
	}
}

// list puts the lane in the row of those that wait for a turn.
func (m *memory) list(l *lane) {
	if !l.listed && l.sendable() {
		l.listed = true
		m.ready = append(m.ready, l)
	}
}

// plan sets the lane's place in the agenda after a change.
func (m *memory) plan(l *lane) {
	what, when := l.wants()
	if what == needNothing || m.lanes[l.id] != l {
		if l.index >= 0 {
			heap.Remove(&m.agenda, l.index)
		}
		return
	}
	l.at = when
	if l.index >= 0 {
		heap.Fix(&m.agenda, l.index)
	} else {
		heap.Push(&m.agenda, l)
	}
	if m.agenda[0] == l {
		m.signal()
	}
}

// due takes the lanes whose time has come out of the agenda, by what they need,
// and says when the next one will need something; zero: none.
func (m *memory) due(now time.Time) (needs map[need][]*lane, next time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.agenda) > 0 && !m.agenda[0].at.After(now) {
		l := heap.Pop(&m.agenda).(*lane)
		what, _ := l.wants()
		l.busy, l.parting = true, what == needRelease
		if needs == nil {
			needs = map[need][]*lane{}
		}
		needs[what] = append(needs[what], l)
	}
	if len(m.agenda) > 0 {
		next = m.agenda[0].at
	}
	return needs, next
}

// answered ends what due began for a lane, and lets change note the answer.
func (m *memory) answered(l *lane, change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l.busy, l.parting = false, false
	if m.lanes[l.id] != l {
		return
	}
	change()
	m.list(l)
	m.plan(l)
	m.dispatch()
}

// forget removes a lane that is no longer ours.
func (m *memory) forget(l *lane) {
	for _, d := range l.queue {
		m.bytes -= len(d.Body)
	}
	l.queue, l.held = nil, l.held-len(l.queue)
	delete(m.lanes, l.id)
	m.plan(l)
}

// dispatch starts sends while there are free slots, one of each lane in turn.
func (m *memory) dispatch() {
	for m.active < m.slots {
		l, d, ok := m.next()
		if !ok {
			return
		}
		m.active++
		go m.start(l, d)
	}
}

// next takes the next delivery to send.
func (m *memory) next() (l *lane, d taskhook.Outgoing, ok bool) {
	for len(m.ready) > 0 && !m.stopping {
		l := m.ready[0]
		m.ready[0] = nil
		m.ready = m.ready[1:]
		l.listed = false
		if !l.sendable() || m.lanes[l.id] != l {
			continue
		}
		d := l.queue[0]
		l.queue[0] = taskhook.Outgoing{}
		l.queue = l.queue[1:]
		l.inFlight++
		m.list(l)
		m.plan(l)
		return l, d, true
	}
	return nil, d, false
}
