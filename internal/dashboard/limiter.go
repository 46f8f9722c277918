package dashboard

import (
	"sync"
	"time"
)

// How often signing in may fail within a minute, from one address and from all.
// Keys and tokens are too long to be guessed; this keeps the log and the database
// quiet.
const (
	maxFailures    = 10
	maxAllFailures = 300
)

// limiter counts failures minute by minute.
type limiter struct {
	mu     sync.Mutex
	minute time.Time
	all    int
	from   map[string]int // at most maxAllFailures
}

func newLimiter() *limiter { return &limiter{from: map[string]int{}} }

// allow reports whether an address may try.
func (l *limiter) allow(from string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(now)
	return l.from[from] < maxFailures && l.all < maxAllFailures
}

// note counts a failure.
func (l *limiter) note(from string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(now)
	l.from[from]++
	l.all++
}

// turn begins a new minute when the last one is over.
func (l *limiter) turn(now time.Time) {
	if minute := now.Truncate(time.Minute); !minute.Equal(l.minute) {
		l.minute, l.all = minute, 0
		clear(l.from)
	}
}
