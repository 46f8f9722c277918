package delivery

import (
	"time"

	"github.com/taskhook/taskhook"
)

// pace is how soon a lane's receiver answers.
type pace int

const (
	paceNew  pace = iota // it has not answered yet
	paceFast             // within slowAfter, the last time
	paceSlow
	paces int = iota
)

// turns shares out the slots: one send for each lane in turn. Slow lanes hold at
// most half of them, and together with new ones three quarters, so that
// receivers that hang hold up neither those that answer nor those that may.
type turns struct {
	slots  int // sends at a time
	total  int // of them taken
	active [paces]int
	rows   [paces][]*lane
	next   int // the row whose turn it is
}

// admits reports whether a lane of the pace may take one more slot.
func (t *turns) admits(p pace) bool {
	switch {
	case t.total >= t.slots:
		return false
	case p == paceSlow && t.active[paceSlow] >= max(t.slots/2, 1):
		return false
	}
	return p == paceFast || t.active[paceSlow]+t.active[paceNew] < max(t.slots*3/4, 1)
}

// take removes the lane whose turn it is from its row; nil: nobody's.
func (t *turns) take() *lane {
	for i := range paces {
		p := (t.next + i) % paces
		if row := t.rows[p]; len(row) > 0 && t.admits(pace(p)) {
			t.next = (p + 1) % paces
			l := row[0]
			row[0], t.rows[p] = nil, row[1:]
			l.listed = false
			return l
		}
	}
	return nil
}

// send is one delivery on its way.
type send struct {
	lane     *lane
	target   *target
	delivery taskhook.Outgoing
	pace     pace // that it counts under
}

// list puts the lane in the row of those that wait for a turn.
func (m *memory) list(l *lane) {
	if !l.listed && l.sendable() {
		l.listed = true
		m.turns.rows[l.pace] = append(m.turns.rows[l.pace], l)
	}
}

// dispatch starts sends while there are free slots.
func (m *memory) dispatch() {
	for s, ok := m.next(); ok; s, ok = m.next() {
		go m.start(s)
	}
}

// next takes the next delivery to send.
func (m *memory) next() (s send, ok bool) {
	if m.stopping {
		return s, false
	}
	for l := m.turns.take(); l != nil; l = m.turns.take() {
		if m.lanes[l.id] != l || !l.sendable() {
			continue
		}
		if !m.turns.admits(l.pace) {
			m.list(l) // its pace has changed while it waited
			continue
		}
		if l.target.stale(time.Now()) {
			l.target = nil
			m.plan(l)
			continue
		}
		return m.begin(l), true
	}
	return s, false
}

// begin takes the first delivery of the lane out of its queue.
func (m *memory) begin(l *lane) send {
	s := send{lane: l, target: l.target, delivery: l.queue[0], pace: l.pace}
	l.queue[0] = taskhook.Outgoing{}
	l.queue = l.queue[1:]
	l.inFlight++
	m.turns.total++
	m.turns.active[s.pace]++
	m.list(l)
	m.plan(l)
	return s
}

// ended notes how the receiver bore the attempt, frees its slot, and takes what
// has the next turn, so that the goroutine goes on with that.
func (m *memory) ended(s send, a *taskhook.Attempt) (next send, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := s.lane
	l.inFlight--
	m.turns.total--
	m.turns.active[s.pace]--
	if a.Class != "" { // else we stopped: nothing was learnt
		l.pace = paceFast
		if a.Duration > slowAfter {
			l.pace = paceSlow
		}
	}
	switch {
	case a.Class == taskhook.ClassOK:
		l.grow()
	case a.Class == taskhook.ClassTimeout:
		l.sends = 1
	case a.Status >= 500 || a.Status == 429:
		l.shrink()
	}
	m.list(l)
	next, ok = m.next()
	m.dispatch() // the lane may have grown
	if m.stopping {
		m.signal()
	}
	return next, ok
}
