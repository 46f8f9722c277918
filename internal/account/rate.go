package account

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// rates limits how often each key is used: perSecond times, and twice as often in a
// burst. It remembers a key for as long as its bucket may not be full, so that
// forgetting one lets nothing through, and memory is bounded by the keys in use.
type rates struct {
	perSecond int // 0: no limit

	mu     sync.Mutex
	recent map[string]*rate.Limiter // used since turned
	before map[string]*rate.Limiter // used in the period before it
	turned time.Time
}

// refill is how long an empty bucket takes to be full.
const refill = 2 * time.Second

// allow reports whether the key may be used now, and counts it if so.
func (r *rates) allow(key string, now time.Time) bool {
	if r.perSecond == 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.turned) >= refill {
		r.before, r.recent, r.turned = r.recent, map[string]*rate.Limiter{}, now
	}
	l := r.recent[key]
	if l == nil {
		l = r.before[key]
	}
	if l == nil {
		l = rate.NewLimiter(rate.Limit(r.perSecond), r.perSecond*int(refill/time.Second))
	}
	r.recent[key] = l
	return l.AllowN(now, 1)
}
