package task

import (
	"maps"
	"slices"

	"github.com/taskhook/taskhook/internal/provider"
)

// going lists the wanted of the runs that go on, and whose outcome is not being stored.
func (w *Worker) going(wanted func(x *execution) bool) (list []*execution) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.running {
		if !x.ending.Load() && wanted(x) {
			list = append(list, x)
		}
	}
	return list
}

// busy lists the accounts that have runs which go on.
func (w *Worker) busy() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.accounts))
}

// beginClaim and endClaim enclose a claim until its runs are entered: a task may be
// cancelled as soon as the claim is stored.
func (w *Worker) beginClaim() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.claiming++
}

func (w *Worker) endClaim() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.claiming--; w.claiming == 0 {
		clear(w.cancelled)
	}
}

// enter notes that a claimed run goes on here.
func (w *Worker) enter(x *execution) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := &x.claimed.Task
	w.running[k.ID] = x
	w.accounts[k.AccountID]++
	if w.cancelled[k.ID] {
		x.cancel(provider.ErrCancelled)
	}
}

// leave notes its end. The task may be under way again already: given back, it
// can be claimed before this call.
func (w *Worker) leave(x *execution) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := &x.claimed.Task
	if w.running[k.ID] == x {
		delete(w.running, k.ID)
	}
	if w.accounts[k.AccountID]--; w.accounts[k.AccountID] == 0 {
		delete(w.accounts, k.AccountID)
	}
}

// Cancelled stops the run of a task, if it goes on here.
func (w *Worker) Cancelled(taskID string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if x := w.running[taskID]; x != nil {
		x.cancel(provider.ErrCancelled)
	} else if w.claiming > 0 {
		w.cancelled[taskID] = true
	}
}
