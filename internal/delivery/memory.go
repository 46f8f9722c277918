package delivery

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/taskhook/taskhook"
)

// totalBytes bounds the bodies of all lanes in memory. Beyond it each lane may
// still hold one.
const totalBytes = 64 << 20

// memory is what this process holds of its lanes.
type memory struct {
	mu     sync.Mutex
	lanes  map[string]*lane
	agenda ranking[*lane] // of those that need the Worker, by when
	bytes  int            // of all bodies held
	limit  int            // of them
	free   bool           // free lanes may be due
	turns  turns

	breaker  Breaker
	heedGone bool                     // somebody disables endpoints that answer 410
	behind   func(now time.Time) bool // results pile up that can't be recorded
	stopping bool
	wake     chan struct{} // the Worker's loop has something to look at
	start    func(send)    // goes on sending, in a goroutine of its own
	now      func() time.Time
	sends    context.Context // of all sends
}

func newMemory(slots, limit int) *memory {
	return &memory{lanes: map[string]*lane{}, limit: limit, turns: newTurns(slots), wake: make(chan struct{}, 1), free: true, now: time.Now, sends: context.Background(),
		behind: func(time.Time) bool { return false },
		agenda: ranking[*lane]{
			less:  func(a, b *lane) bool { return a.at.Before(b.at) },
			place: func(l *lane) *int { return &l.index },
		}}
}

func (m *memory) full() bool { return m.bytes >= m.limit }

func (m *memory) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// takeFree reports whether free lanes may be due, once.
func (m *memory) takeFree() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	free := m.free
	m.free = false
	return free
}

// hold counts one more delivery.
func (m *memory) hold(l *lane, size int) {
	l.held++
	l.bytes += size
	m.bytes += size
}

// drop takes one delivery out of the count, and no longer knows its id, which is empty
// when it was only reserved.
func (m *memory) drop(l *lane, id string, size int) {
	delete(l.known, id)
	l.held--
	l.bytes -= size
	m.bytes -= size
	if l.held == 0 {
		l.since = m.now()
	}
}

// recorded takes a delivery out of memory after its attempt. It is due again at
// due, never when that is zero.
func (m *memory) recorded(l *lane, id string, size int, due time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(l, id, size)
	if !due.IsZero() {
		l.owe(due)
	}
	m.plan(l)
	if m.stopping {
		m.signal()
	}
}

// plan sets the lane's place in the agenda after a change.
func (m *memory) plan(l *lane) {
	what, when := l.wants(m.full())
	if what == needNothing || m.lanes[l.id] != l {
		m.agenda.remove(l)
		return
	}
	l.at = when
	m.agenda.put(l)
	if m.agenda.first() == l {
		m.signal()
	}
}

// due takes the lanes whose time has come out of the agenda, by what they need,
// and says when the next one will need something; zero: none.
func (m *memory) due(now time.Time) (needs map[need][]*lane, next time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for !m.agenda.empty() && !m.agenda.first().at.After(now) {
		l := m.agenda.first()
		what, when := l.wants(m.full())
		if what == needNothing || when.After(now) {
			m.plan(l) // it has changed without a call of plan: the memory got full
			continue
		}
		m.agenda.remove(l)
		l.busy, l.parting = true, what == needRelease
		if needs == nil {
			needs = map[need][]*lane{}
		}
		needs[what] = append(needs[what], l)
	}
	if !m.agenda.empty() {
		next = m.agenda.first().at
	}
	return needs, next
}

// answered ends what due began for a lane, and lets change note the answer.
func (m *memory) answered(l *lane, change func()) {
	m.conclude(l, func() {
		l.failures, l.pause = 0, time.Time{}
		change()
	})
}

// unanswered ends what due began for a lane when the database failed.
func (m *memory) unanswered(l *lane) {
	m.conclude(l, func() { l.failed(m.now()) })
}

func (m *memory) conclude(l *lane, change func()) {
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

// adopt takes in a lane that has just become ours.
func (m *memory) adopt(l *lane) {
	if old := m.lanes[l.id]; old != nil {
		m.forget(old)
	}
	m.lanes[l.id] = l
	m.turns.join(l)
	m.plan(l)
}

// clear lets go of what waits in the lane's queue.
func (m *memory) clear(l *lane) {
	waiting := slices.Concat(l.queue, l.fresh)
	for _, p := range l.passing {
		waiting = append(waiting, p.behind...)
	}
	for _, d := range waiting {
		m.drop(l, d.ID, len(d.Body))
	}
	l.queue, l.fresh, l.passing = nil, nil, nil
}

// forget removes a lane that is no longer ours.
func (m *memory) forget(l *lane) {
	m.clear(l)
	delete(m.lanes, l.id)
	m.turns.leave(l)
	m.agenda.remove(l)
}

// resume sends again what was held back.
func (m *memory) resume() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dispatch()
}

// forgetAll removes all lanes, when this process was taken for dead and they are
// others'. What is under way goes on, and its record may be stale.
func (m *memory) forgetAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.lanes {
		m.forget(l)
	}
	m.free = true
	m.signal()
}

// unsent takes a delivery out of memory that was not sent, because our lease was
// ending: whether it is still ours is uncertain.
func (m *memory) unsent(l *lane, id string, size int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l.freeing = true
	l.failed(m.now())
	m.drop(l, id, size)
	m.plan(l)
}

// part takes the lanes that can be given up.
func (m *memory) part() (lanes []*lane) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	for _, l := range m.lanes {
		if !l.busy && l.drained() && !l.pause.After(now) {
			l.busy, l.parting = true, true
			lanes = append(lanes, l)
		}
	}
	return lanes
}

// restOf returns what the lane's row is to say of its rest.
func (m *memory) restOf(l *lane) taskhook.Rest {
	m.mu.Lock()
	defer m.mu.Unlock()
	return l.rest
}
