package delivery

import (
	"time"

	"github.com/taskhook/taskhook"
)

// send is one delivery on its way.
type send struct {
	lane     *lane
	target   *target
	delivery taskhook.Outgoing
	pace     pace          // that it counts under
	counted  time.Duration // as long as it was counted for
	probe    bool          // it finds out whether the receiver works again
	passing  *passing      // nil: its event does not pass
}

// list puts the lane in line if it has something to send.
func (m *memory) list(l *lane) {
	if l.place < 0 && l.sendable() {
		m.turns.list(l)
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
	if m.stopping || m.behind(time.Now()) {
		return s, false
	}
	for l := m.turns.take(); l != nil; l = m.turns.take() {
		if !l.sendable() {
			continue
		}
		now := m.now()
		if l.target.stale(now) {
			l.target = nil
			m.plan(l)
			continue
		}
		if wait := l.throttle.wait(now); wait > 0 {
			l.quiet = now.Add(wait)
			m.plan(l)
			continue
		}
		return m.begin(l), true
	}
	return s, false
}

// begin takes the first delivery of the lane out of its queue.
func (m *memory) begin(l *lane) send {
	s := send{lane: l, target: l.target, delivery: l.pop(), pace: l.pace, probe: l.probing()}
	s.passing = l.depart(m.sends, &s.delivery)
	m.turns.begin(&s)
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
	m.turns.end(&s, a.Duration)
	if a.Class != "" { // else we stopped: nothing was learnt
		m.turns.keep(l, paceOf(a))
		now := a.StartedAt.Add(a.Duration)
		l.bear(&s, a, m.breaker, now)
		if m.heedGone && a.Class == taskhook.ClassGone && l.endpoint != "" {
			l.gone(now)
		}
		if l.freeing || !l.quiet.IsZero() {
			m.plan(l)
		}
	}
	m.arrive(&s)
	m.list(l)
	next, ok = m.next()
	m.dispatch() // the lane may have grown
	if m.stopping {
		m.signal()
	}
	return next, ok
}

func paceOf(a *taskhook.Attempt) pace {
	if a.Duration > slowAfter {
		return paceSlow
	}
	return paceFast
}
