package task

import (
	"context"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// TestAwait holds that who waits for a task gets it at the moment at which it
// ends, or as it stands when they have waited long enough.
func TestAwait(t *testing.T) {
	inHouse(t, func(h *house) {
		await := func(k taskhook.Task, patience time.Duration) (taskhook.TaskState, time.Duration) {
			ctx, cancel := context.WithTimeout(h.Context(), patience)
			defer cancel()
			began := time.Now()
			got, err := h.service.Await(ctx, k.AccountID, k.ID)
			if err != nil {
				h.Fatal(err)
			}
			return got.State, time.Since(began)
		}
		h.one.set(working(1500 * time.Millisecond))
		k := h.create("acc_a", "one")
		if state, took := await(k, time.Minute); state != taskhook.TaskSucceeded || took != 1500*time.Millisecond {
			t.Errorf("after %s the task is %s", took, state)
		}
		if state, took := await(k, time.Minute); state != taskhook.TaskSucceeded || took != 0 {
			t.Errorf("one that has ended is %s after %s", state, took)
		}
		h.one.set(working(time.Hour))
		k = h.create("acc_a", "one")
		if state, took := await(k, 2*time.Second); state != taskhook.TaskRunning || took != 2*time.Second {
			t.Errorf("one that goes on is %s after %s", state, took)
		}
		go func() {
			<-time.After(time.Millisecond)
			if _, err := h.service.Cancel(h.Context(), k.AccountID, k.ID); err != nil {
				t.Error(err)
			}
		}()
		if state, took := await(k, time.Minute); state != taskhook.TaskCancelled || took != time.Millisecond {
			t.Errorf("a cancelled one is %s after %s", state, took)
		}
		if n := len(h.service.Endings.waiting); n != 0 {
			t.Errorf("%d tasks are still waited for", n)
		}
	})
}

// TestStopWaiting holds that nobody waits on while the server stops.
func TestStopWaiting(t *testing.T) {
	inHouse(t, func(h *house) {
		h.one.set(working(time.Hour))
		k := h.create("acc_a", "one")
		time.AfterFunc(time.Second, h.service.Endings.Stop)
		for _, patience := range []time.Duration{time.Second, 0} { // of one that waits, and of one that comes later
			began := time.Now()
			got, err := h.service.Await(h.Context(), k.AccountID, k.ID)
			if err != nil || got.State != taskhook.TaskRunning || time.Since(began) != patience {
				t.Errorf("after %s the task is %s: %v", time.Since(began), got.State, err)
			}
		}
	})
}
