package upstream

import (
	"maps"
	"sync"
	"time"
)

// Memory is what adapters know that outlives them, when definitions are read anew: how
// long work takes, and who waits. It may be used concurrently.
type Memory struct {
	mu    sync.Mutex
	times map[string]time.Duration // by adapter and model
	runs  map[string]*watch        // that wait
}

// NewMemory returns a Memory that knows nothing.
func NewMemory() *Memory {
	return &Memory{times: map[string]time.Duration{}, runs: map[string]*watch{}}
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
