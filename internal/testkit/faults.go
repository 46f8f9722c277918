package testkit

import (
	"errors"
	"sync"
)

// ErrDisk is what Faults fail with.
var ErrDisk = errors.New("the disk is on fire")

// Faults fail the store at named points; its At is a store.FaultFunc. The zero
// value fails nothing.
type Faults struct {
	mu   sync.Mutex
	hook func(point string) error
}

// At is called by the store at a point.
func (f *Faults) At(point string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.hook == nil {
		return nil
	}
	return f.hook(point)
}

// Set makes hook decide from now on; nil: nothing fails.
func (f *Faults) Set(hook func(point string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hook = hook
}

// Times fails a point n times.
func (f *Faults) Times(point string, n int) {
	f.Set(func(p string) error {
		if p == point && n > 0 {
			n--
			return ErrDisk
		}
		return nil
	})
}

// InDoubt fails the next n commits that hold a write of the kind after they were
// made.
func (f *Faults) InDoubt(kind string, n int) {
	seen := false
	f.Set(func(p string) error {
		switch {
		case p == kind+":before" && n > 0:
			seen = true
		case p == "commit:after" && seen:
			seen = false
			n--
			return ErrDisk
		}
		return nil
	})
}
