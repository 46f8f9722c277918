package delivery

import (
	"cmp"
	"time"

	"github.com/taskhook/taskhook"
)

// Breaker says when a receiver counts as down: its lane then rests, which spends no
// attempts, and after each rest one delivery is tried.
type Breaker struct {
	Off     bool
	Misses  int           // failed attempts in a row that open it
	Over    time.Duration // that they must be spread over; 0: a minute
	Rest    time.Duration // the first; each further one is twice as long; 0: 10 s
	MaxRest time.Duration // 0: 2 min
}

func (b Breaker) withDefaults() Breaker {
	b.Over = cmp.Or(b.Over, time.Minute)
	b.Rest = cmp.Or(b.Rest, 10*time.Second)
	b.MaxRest = cmp.Or(b.MaxRest, 2*time.Minute)
	return b
}

// rest is how long the lane rests after so many trips.
func (b Breaker) rest(trips int) time.Duration {
	d := b.Rest
	for range trips - 1 {
		if d *= 2; d >= b.MaxRest {
			return b.MaxRest
		}
	}
	return d
}

// longRest is from when on a lane frees what it holds in memory while it rests.
const longRest = 5 * time.Second

// goneRest is how long an endpoint that has answered 410 is left alone, for somebody to
// disable it.
const goneRest = longRest

func (l *lane) gone(now time.Time) {
	l.sleep(taskhook.Rest{Until: now.Add(goneRest), Trips: l.rest.Trips}, now)
}

// bear notes what an attempt says about the receiver.
func (l *lane) bear(s *send, a *taskhook.Attempt, b Breaker, now time.Time) {
	switch {
	case a.Delivered():
		l.accepted(now)
	case a.Class == taskhook.ClassBlocked: // by us
	default:
		l.missed(s, a, b, now)
	}
}

// accepted is that the receiver works.
func (l *lane) accepted(now time.Time) {
	l.misses = 0
	l.grow()
	if l.rest.Trips > 0 {
		l.rest, l.quiet, l.freeing = taskhook.Rest{}, time.Time{}, true // which stores it
		l.throttle.catchUp(now)
		return
	}
	l.throttle.faster(now)
}

// missed is that it does not, or not now.
func (l *lane) missed(s *send, a *taskhook.Attempt, b Breaker, now time.Time) {
	switch {
	case a.Class == taskhook.ClassTimeout:
		l.sends = 1
	case a.Status >= 500 || a.Status == 429:
		l.shrink()
	}
	l.throttle.slower()
	if l.misses++; l.misses == 1 {
		l.missing = a.StartedAt
	}
	switch {
	case s.probe && l.rest.Trips > 0,
		l.rest.Trips == 0 && !b.Off && l.misses >= b.Misses && now.Sub(l.missing) >= b.Over:
		trips := l.rest.Trips + 1
		l.sleep(taskhook.Rest{Until: now.Add(max(b.rest(trips), asked(a))), Trips: trips}, now)
	case asked(a) > 0 && now.Add(asked(a)).After(l.rest.Until):
		l.sleep(taskhook.Rest{Until: now.Add(asked(a)), Trips: l.rest.Trips}, now)
	}
}

// asked is for how long the receiver wants to be left alone.
func asked(a *taskhook.Attempt) time.Duration {
	if a.Status != 429 && a.Status != 503 {
		return 0
	}
	return min(a.RetryAfter, taskhook.MaxRetryAfter)
}

// sleep makes the lane rest. A long rest is stored and takes no memory.
func (l *lane) sleep(rest taskhook.Rest, now time.Time) {
	l.rest, l.quiet = rest, rest.Until
	l.freeing = l.freeing || rest.Trips > 0 || rest.Until.Sub(now) >= longRest
}

// probing reports whether only one delivery at a time may find out if the receiver
// works again.
func (l *lane) probing() bool { return l.rest.Trips > 0 }
