package crash

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// clocks returns by how much what a server went by was off, at any time; several
// servers go by the database, whose clock is right.
func (l life) clocks() []time.Duration {
	return append([]time.Duration{0}, l.Clocks...)
}

// What a server may still do when others may have taken what it had.
const (
	recordTime = 10 * time.Second // a record of an answer before that takes so long at most
	thawTime   = time.Second      // what it had begun before it was stopped, when it goes on
)

// excuses reports whether a server need not have recorded a request: it was killed
// afterwards, or it was under way or not yet recorded when the server may have lost
// what it had to others, or the server had no way to know of that yet.
func (l *life) excuses(r *receipt) bool {
	unaware := func(fault time.Time) bool {
		return r.At.After(fault.Add(-recordTime)) && r.At.Before(fault.Add(taskhook.LeaseLife))
	}
	return !l.Open && !l.Stopped || slices.ContainsFunc(l.Lapses, unaware) ||
		len(l.Lapses) > 0 && slices.ContainsFunc(l.Frozen, func(s span) bool { return r.At.After(s.from) && r.At.Before(s.to.Add(thawTime)) })
}

// judgeLapses bounds what a server sends that can't record it: it has no more under
// way than slots.
func (f *facts) judgeLapses(v *Verdict) {
	type lapse struct{ life, n int }
	late := map[lapse]int{}
	for _, r := range f.receipts {
		l := &f.lives[r.life]
		if r.recorded || r.excused || !l.Open && !l.Stopped {
			continue
		}
		for n, fault := range l.Lapses {
			if r.At.After(fault.Add(underWay)) && r.At.Before(fault.Add(taskhook.LeaseLife)) {
				late[lapse{r.life, n}]++
			}
		}
	}
	for at, n := range late {
		if n > slots {
			v.violate("L4", "%d requests of life %d, which are not listed, came more than %s after the fault at %s; %d can be under way",
				n, at.life, underWay, f.lives[at.life].Lapses[at.n], slots)
		}
	}
}

// String lists what happened to a server, for whoever looks into a violation.
func (l *life) String() string {
	var b strings.Builder
	for _, at := range l.Lapses {
		fmt.Fprintf(&b, "\n  a fault at %s", at.Format(time.RFC3339Nano))
	}
	for _, s := range l.Frozen {
		fmt.Fprintf(&b, "\n  stopped from %s to %s", s.from.Format(time.RFC3339Nano), s.to.Format(time.RFC3339Nano))
	}
	return b.String()
}
