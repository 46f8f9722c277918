package upstream

import (
	"strings"
	"sync"
	"time"
)

// typical knows how long work of each model takes. The zero value knows nothing.
type typical struct {
	mu    sync.Mutex
	times map[string]time.Duration
}

// note takes in how long work took; what was long ago counts less and less.
func (t *typical) note(model string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.times == nil {
		t.times = map[string]time.Duration{}
	}
	if old, ok := t.times[model]; ok {
		took = (3*old + took) / 4
	}
	t.times[model] = took
}

// of returns how long work of a model takes, 0 when that is not known.
func (t *typical) of(model string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.times[model]
}

// waiting has the runs that wait for their next look. The zero value is ready.
type waiting struct {
	mu   sync.Mutex
	runs map[string]chan struct{}
}

func (w *waiting) enter(run string) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.runs == nil {
		w.runs = map[string]chan struct{}{}
	}
	wake := make(chan struct{}, 1)
	w.runs[run] = wake
	return wake
}

func (w *waiting) leave(run string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.runs, run)
}

// Wake has the work of a run looked at now, if this process waits for it: the API
// was heard to say that something has changed.
func (a *Adapter) Wake(run string) {
	a.waiting.mu.Lock()
	defer a.waiting.mu.Unlock()
	select {
	case a.waiting.runs[run] <- struct{}{}:
	default:
	}
}

// redact takes secrets out of a text that others see.
func (a *Adapter) redact(text string) string {
	for _, secret := range a.secrets {
		if value, ok := secret.(string); ok && len(value) >= 4 {
			text = strings.ReplaceAll(text, value, "…")
		}
	}
	return text
}
