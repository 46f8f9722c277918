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
	runs map[string]*watch
}

func (l *waiting) enter(run string, w *watch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.runs == nil {
		l.runs = map[string]*watch{}
	}
	l.runs[run] = w
}

func (l *waiting) leave(run string, w *watch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.runs[run] == w {
		delete(l.runs, run)
	}
}

// Wake has the work of a run looked at now, if this process waits for it: the API
// was heard to say that something has changed.
func (a *Adapter) Wake(run string) {
	a.waiting.mu.Lock()
	w := a.waiting.runs[run]
	a.waiting.mu.Unlock()
	if w != nil {
		w.wake()
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
