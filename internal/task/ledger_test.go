package task

import (
	"context"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// never is what goes on before a provider is asked, and does not end.
func never(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestCrashBeforeAsking kills a server that has claimed a run and waits, for the rate
// of the vendor say: nothing was asked for, so the next one asks, any vendor.
func TestCrashBeforeAsking(t *testing.T) {
	for _, model := range []string{"paid", "sold"} {
		t.Run(model, func(t *testing.T) {
			inHouse(t, func(h *house) {
				h.paid.wait = never
				k := h.create("acc_a", model)
				pass(time.Second)
				h.crash()
				h.paid.wait = nil
				h.paid.set(asked(time.Second))
				h.start()
				pass(time.Minute)
				h.expect(k, taskhook.TaskSucceeded)
				same(t, "calls", h.paid.handles(), []string{""})
			})
		})
	}
}

// TestStopBeforeAsking is the same of a stop.
func TestStopBeforeAsking(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.wait = never
		k := h.create("acc_a", "paid")
		pass(time.Second)
		h.stop()
		same(t, "calls", h.paid.handles(), nil)
		h.paid.wait = nil
		h.start()
		pass(time.Minute)
		h.expect(k, taskhook.TaskSucceeded)
	})
}

// TestNobodyAsksForWhatOthersHave has a process lose its place among the nodes, and join
// as another, when it has claimed a run and not asked yet.
func TestNobodyAsksForWhatOthersHave(t *testing.T) {
	for name, wait := range map[string]func(h *house) func(context.Context) error{
		"before it begins": func(h *house) func(context.Context) error {
			h.claimed = func([]taskhook.ClaimedRun) { h.lost.Store(true) }
			return nil
		},
		"before it asks": func(h *house) func(context.Context) error {
			return func(context.Context) error {
				h.lost.Store(true)
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(h *house) {
				h.stop()
				h.paid.wait = wait(h)
				h.start()
				h.create("acc_a", "paid")
				pass(100 * time.Millisecond)
				same(t, "calls", h.paid.handles(), nil)
			})
		})
	}
}

// TestReleaseInDoubt hands a run on to another vendor by a write that is made, and seems
// to have failed. Its repetition comes when this process has the run again.
func TestReleaseInDoubt(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(ends(refusal()))
		h.other.set(asked(time.Minute))
		h.faults.InDoubt("release_run", 1)
		k := h.create("acc_a", "sold")
		pass(errorPause / 2)
		h.create("acc_a", "cheap") // has the other vendor's queue look
		pass(time.Hour)
		times := 0
		for _, b := range h.other.begun() {
			if b.request.TaskID == k.ID {
				times++
			}
		}
		if times != 1 {
			t.Errorf("it was asked for %d times", times)
		}
		h.expectOnly(k)
	})
}

// TestPatienceBeginsWithTheFirstTry: how long a task has waited for its turn is nothing
// that a busy vendor has to do with.
func TestPatienceBeginsWithTheFirstTry(t *testing.T) {
	for _, model := range []string{"paid", "cheap"} {
		t.Run(model, func(t *testing.T) {
			inHouse(t, func(h *house) {
				h.stop()
				often := inTurn(ends(busy(time.Minute)), ends(busy(time.Minute)), ends(busy(time.Minute)), asked(0))
				h.paid.set(often)
				h.other.set(often)
				k := h.create("acc_a", model)
				pass(patience + time.Hour)
				h.start()
				pass(time.Hour)
				h.expect(k, taskhook.TaskSucceeded)
			})
		})
	}
}

// TestTimeBeginsWhenItIsTakenOn: work that was refused for long has all of its model's
// time when it is taken on, whatever becomes of this process.
func TestTimeBeginsWhenItIsTakenOn(t *testing.T) {
	inHouse(t, func(h *house) {
		h.paid.set(inTurn(ends(busy(30*time.Minute)), asked(5*time.Minute)))
		k := h.create("acc_a", "paid")
		pass(31 * time.Minute)
		h.expect(k, taskhook.TaskRunning)
		h.crash()
		h.start()
		pass(time.Hour)
		h.expect(k, taskhook.TaskSucceeded)
	})
}
