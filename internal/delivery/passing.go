package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// passing is a delivery of an event that passes: a transient one, of a task on its
// way. While it waits, what comes of the same task takes its place, for its row is
// gone by then; once it is being sent that waits behind it, so that nothing is
// received after what came later. A lane has one at a time of a task.
type passing struct {
	ctx    context.Context // of its attempt; nil: it waits for its turn
	cancel context.CancelCauseFunc
	behind []taskhook.Outgoing
}

// patience is how long the end of a task waits for what is being sent of it before
// that is broken off.
const patience = time.Second

// errOver is why it is.
var errOver = errors.New("the task has ended")

// passes reports whether a delivery is of an event that passes.
func passes(d *taskhook.Outgoing) bool { return taskhook.Transient(d.EventType) && !d.Test }

// overtake makes way for a delivery that has come, and reports whether it has taken
// it in: to the place of an older one, or behind one that is being sent.
func (m *memory) overtake(l *lane, d *taskhook.Outgoing) (taken bool) {
	p, further := l.passing[d.Subject], passes(d)
	switch {
	case p == nil && further:
		if l.passing == nil {
			l.passing = map[string]*passing{}
		}
		l.passing[d.Subject] = &passing{}
		return false
	case p == nil:
		return false
	case p.ctx == nil:
		if !further {
			delete(l.passing, d.Subject)
		}
		return m.replace(l, d, further)
	}
	if n := len(p.behind); n > 0 && passes(&p.behind[n-1]) {
		m.drop(l, p.behind[n-1].ID, len(p.behind[n-1].Body))
		p.behind = p.behind[:n-1]
	}
	p.behind = append(p.behind, *d)
	if !further {
		time.AfterFunc(patience, func() { p.cancel(errOver) })
	}
	return true
}

// replace takes out of the queue what passes and waits of the delivery's task, or
// puts the delivery in its place.
func (m *memory) replace(l *lane, d *taskhook.Outgoing, inPlace bool) bool {
	for _, queue := range []*[]taskhook.Outgoing{&l.queue, &l.fresh} {
		i := slices.IndexFunc(*queue, func(o taskhook.Outgoing) bool { return o.Subject == d.Subject && passes(&o) })
		if i < 0 {
			continue
		}
		m.drop(l, (*queue)[i].ID, len((*queue)[i].Body))
		if inPlace {
			(*queue)[i] = *d
		} else {
			*queue = slices.Delete(*queue, i, i+1)
		}
		return inPlace
	}
	return false
}

// depart notes that a delivery is being sent; nil: it does not pass.
func (l *lane) depart(sends context.Context, d *taskhook.Outgoing) *passing {
	if len(l.passing) == 0 || !passes(d) {
		return nil
	}
	p := l.passing[d.Subject]
	if p != nil {
		p.ctx, p.cancel = context.WithCancelCause(sends)
	}
	return p
}

// arrive notes that the attempt has ended, and lets go what waits behind it.
func (m *memory) arrive(s *send) {
	p, l := s.passing, s.lane
	if p == nil {
		return
	}
	p.cancel(nil)
	if l.passing[s.delivery.Subject] != p {
		return // the lane was cleared
	}
	delete(l.passing, s.delivery.Subject)
	for i := range p.behind {
		if d := &p.behind[i]; !m.overtake(l, d) {
			l.add(*d)
		}
	}
}

// brokenOff reports whether the attempt was ended because the task has.
func (p *passing) brokenOff() bool { return p != nil && context.Cause(p.ctx) == errOver }

// context is that of the attempt.
func (s *send) context(sends context.Context) context.Context {
	if s.passing == nil {
		return sends
	}
	return s.passing.ctx
}
