package task

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// follow makes an endpoint of the account that names the types.
func (h *house) follow(account string, types ...string) {
	h.Helper()
	now := time.Now()
	err := h.store.CreateEndpoint(h.Context(), taskhook.Endpoint{ID: taskhook.NewID(taskhook.PrefixEndpoint, now), AccountID: account,
		URL: "https://example.com", Events: types, State: taskhook.EndpointActive, LaneID: taskhook.NewID(taskhook.PrefixLane, now),
		CreatedAt: now, UpdatedAt: now})
	if err != nil {
		h.Fatal(err)
	}
}

// reports are the transient events that were made of a task, as they were told.
func (h *house) reports(taskID string) (found []taskhook.Outcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range h.told {
		if o.Task.ID == taskID && o.Sequence > 0 {
			found = append(found, o)
		}
	}
	return found
}

// climb reports one percent more every 20 ms.
func climb(to int) func(context.Context, provider.Request, provider.Sink) error {
	return func(ctx context.Context, r provider.Request, sink provider.Sink) error {
		for p := 1; p <= to; p++ {
			sink.Progress(p)
			if !sleep(ctx, 20*time.Millisecond) {
				return ctx.Err()
			}
		}
		return sink.Output(ctx, provider.Output{Name: "x.txt"}, io.LimitReader(strings.NewReader("x"), 1))
	}
}

func TestTellsEveryHalfSecond(t *testing.T) {
	inHouse(t, func(h *house) {
		h.follow("acc_a", taskhook.EventTaskStarted, taskhook.EventTaskProgress)
		h.one.set(climb(90))
		k := h.create("acc_a", "one")
		other := h.create("acc_b", "one")
		pass(10 * time.Second)
		got := h.reports(k.ID)
		if len(got) != 3 { // in 1.8 seconds
			t.Fatalf("%d events tell of its way, want 3", len(got))
		}
		for i, o := range got {
			want := taskhook.EventTaskProgress
			if i == 0 {
				want = taskhook.EventTaskStarted
			}
			if o.EventType != want || o.Sequence != i+1 || o.Task.State != taskhook.TaskRunning || o.Task.StartedAt.IsZero() {
				t.Errorf("event %d is %+v", i, o)
			}
			if i == 0 {
				continue
			}
			if gap := o.CreatedAt.Sub(got[i-1].CreatedAt); gap < TellEvery || o.Task.Progress <= got[i-1].Task.Progress {
				t.Errorf("event %d comes after %s with %d%%", i, gap, o.Task.Progress)
			}
		}
		if n := len(h.reports(other.ID)); n != 0 {
			t.Errorf("%d events tell of a task that nobody follows", n)
		}
		h.expectOnly(k)
		h.expectOnly(other)
	})
}

// expectOnly holds that nothing is left but what tells of the end.
func (h *house) expectOnly(k taskhook.Task) {
	h.Helper()
	if k = h.read(k); k.State != taskhook.TaskSucceeded {
		h.Errorf("task is %s (%+v)", k.State, k.Error)
	}
	if got := h.events(k.ID); len(got) != 1 || taskhook.Transient(got[0].Type) {
		h.Errorf("%d events are left", len(got))
	}
}

func TestTellsOnInAnotherRun(t *testing.T) {
	inHouse(t, func(h *house) {
		h.follow("acc_a", taskhook.EventTaskProgress)
		h.one.set(climb(90))
		k := h.create("acc_a", "one")
		pass(600 * time.Millisecond)
		h.stop()
		h.start()
		pass(10 * time.Second)
		got := h.reports(k.ID)
		for i, o := range got {
			if o.Sequence != i+1 || i > 0 && o.CreatedAt.Sub(got[i-1].CreatedAt) < TellEvery {
				t.Errorf("event %d is the %d. of %s", i, o.Sequence, o.CreatedAt)
			}
		}
		if len(got) < 2 {
			t.Errorf("%d events tell of two runs", len(got))
		}
		h.expectOnly(k)
	})
}

func TestTellingFails(t *testing.T) {
	inHouse(t, func(h *house) {
		h.follow("acc_a", taskhook.EventTaskProgress)
		h.one.set(climb(90))
		k := h.create("acc_a", "one")
		h.faults.Times("tell:before", 1_000)
		pass(2 * time.Second)
		h.expectOnly(k)
		synctest.Wait()
	})
}
