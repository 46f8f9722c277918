package upstream

import (
	"cmp"
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Memory is what adapters know that outlives them, when definitions are read anew: how
// long work takes, who waits, and how often who has an account may call. It may be used
// concurrently.
type Memory struct {
	mu     sync.Mutex
	times  map[string]time.Duration // by adapter and model
	runs   map[string]*watch        // that wait
	paces  map[string]*pace         // by account
	loaded int                      // adapters were made, so far
}

// pace limits the calls of an account, whichever definition they are by.
type pace struct {
	*rate.Limiter
	by int // number of the adapter that has set it: of those that have called, the last that was made
}

// NewMemory returns a Memory that knows nothing.
func NewMemory() *Memory {
	return &Memory{times: map[string]time.Duration{}, runs: map[string]*watch{}, paces: map[string]*pace{}}
}

// count returns the number of an adapter that is made.
func (m *Memory) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loaded++
	return m.loaded
}

// pace returns that of the adapter's account. What is made and never put in force makes
// no calls, so that it sets nothing.
func (m *Memory) pace(a *Adapter) *rate.Limiter {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := cmp.Or(a.account.name, a.Name())
	p := m.paces[key]
	if p == nil {
		p = &pace{Limiter: rate.NewLimiter(a.account.rate, 1)}
		m.paces[key] = p
	}
	if p.by < a.number {
		p.by = a.number
		p.SetLimit(a.account.rate)
	}
	return p.Limiter
}

// note takes in how long work took; what was long ago counts less and less.
func (m *Memory) note(adapter, model string, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kind := adapter + " " + model
	if old, ok := m.times[kind]; ok {
		took = (3*old + took) / 4
	}
	m.times[kind] = took
}

// typical returns how long work takes, 0 when that is not known.
func (m *Memory) typical(adapter, model string) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.times[adapter+" "+model]
}

// Times returns how long work takes, for Recall of another process.
func (m *Memory) Times() map[string]time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.times)
}

// Recall takes in what Times of another process has returned. What is no time of work
// is left out.
func (m *Memory) Recall(times map[string]time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for kind, took := range times {
		if took > 0 && took < 24*time.Hour {
			m.times[kind] = took
		}
	}
}

func (m *Memory) enter(run string, w *watch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.runs[run] = w
}

func (m *Memory) leave(run string, w *watch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.runs[run] == w {
		delete(m.runs, run)
	}
}

// Wake has the work of a run looked at now, if this process waits for it: the API
// was heard to say that something has changed.
func (m *Memory) Wake(run string) {
	m.mu.Lock()
	w := m.runs[run]
	m.mu.Unlock()
	if w != nil {
		w.wake()
	}
}

// Wake implements provider.Waker.
func (a *Adapter) Wake(run string) { a.memory.Wake(run) }
