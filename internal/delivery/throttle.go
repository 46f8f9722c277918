package delivery

import (
	"time"

	"golang.org/x/time/rate"
)

// throttle is how many attempts a second a lane may begin: what its endpoint asks
// for, and less while it catches up with what it was owed when it was down.
type throttle struct {
	own     rate.Limit // 0: none
	ramp    rate.Limit // 0: it is not catching up
	stepped time.Time  // when ramp was last raised
	limiter *rate.Limiter
}

// A lane that catches up begins slowly, and goes twice as fast after each step in
// which nothing failed.
const (
	rampStart = 20
	rampEnd   = 10_000
	rampStep  = 5 * time.Second
)

// limit sets what the endpoint asks for, in attempts a second; 0: nothing.
func (t *throttle) limit(perSecond int) {
	t.own = rate.Limit(perSecond)
	t.set()
}

func (t *throttle) catchUp(now time.Time) {
	t.ramp, t.stepped = rampStart, now
	t.set()
}

func (t *throttle) catchingUp() bool { return t.ramp > 0 }

// caughtUp is that nothing old is left.
func (t *throttle) caughtUp() {
	if t.ramp > 0 {
		t.ramp = 0
		t.set()
	}
}

// faster is for a success, slower for a failure.
func (t *throttle) faster(now time.Time) {
	if t.ramp == 0 || now.Sub(t.stepped) < rampStep {
		return
	}
	if t.ramp, t.stepped = 2*t.ramp, now; t.ramp > rampEnd {
		t.ramp = 0
	}
	t.set()
}

func (t *throttle) slower() {
	if t.ramp > rampStart {
		t.ramp /= 2
		t.set()
	}
}

// set brings the limiter in line. It lets through at once what a twentieth of a
// second allows.
func (t *throttle) set() {
	most := t.own
	if t.ramp > 0 && (most == 0 || t.ramp < most) {
		most = t.ramp
	}
	switch burst := max(int(most/20), 1); {
	case most == 0:
		t.limiter = nil
	case t.limiter == nil:
		t.limiter = rate.NewLimiter(most, burst)
	default:
		t.limiter.SetLimit(most)
		t.limiter.SetBurst(burst)
	}
}

// wait returns how long the next attempt has to wait; when that is 0 it is counted.
func (t *throttle) wait(now time.Time) time.Duration {
	if t.limiter == nil {
		return 0
	}
	r := t.limiter.ReserveN(now, 1)
	d := r.DelayFrom(now)
	if d > 0 {
		r.CancelAt(now)
	}
	return d
}
