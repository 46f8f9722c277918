package dashboard

import (
	"cmp"
	"sync"
	"time"
)

// memo keeps what was read for a key for a moment, so that many viewers of the
// same cost as much as one. Whoever comes while it is being read waits for it.
// The zero value is empty.
type memo[T any] struct {
	life time.Duration // how long something is kept; 0: memoLife
	mu   sync.Mutex
	kept map[string]*kept[T]
}

type kept[T any] struct {
	mu    sync.Mutex
	value T
	at    time.Time // zero: nothing is kept
}

// memoLife is how long something is kept usually, and maxKept for how many keys; then all
// are dropped, which costs one reading each.
const (
	memoLife = 900 * time.Millisecond // a page that is followed sees something new with every look
	maxKept  = 100
)

// get returns what is kept of the key, or else what load reads.
func (m *memo[T]) get(key string, load func() (T, error)) (T, error) {
	k := m.entry(key)
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.at.IsZero() && time.Since(k.at) < cmp.Or(m.life, memoLife) {
		return k.value, nil
	}
	value, err := load()
	if err == nil {
		k.value, k.at = value, time.Now()
	}
	return value, err
}

func (m *memo[T]) entry(key string) *kept[T] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k := m.kept[key]; k != nil {
		return k
	}
	if m.kept == nil || len(m.kept) >= maxKept {
		m.kept = map[string]*kept[T]{}
	}
	k := &kept[T]{}
	m.kept[key] = k
	return k
}
