package pull

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/task"
)

// follow makes an endpoint of the account that names the types.
func (h *house) follow(account string, types ...string) {
	h.Helper()
	now := time.Now()
	h.must(h.store.CreateEndpoint(h.Context(), taskhook.Endpoint{ID: taskhook.NewID(taskhook.PrefixEndpoint, now), AccountID: account,
		URL: "https://example.com", Events: types, State: taskhook.EndpointActive, LaneID: taskhook.NewID(taskhook.PrefixLane, now),
		CreatedAt: now, UpdatedAt: now}))
}

// expectTold holds what was told of a task on its way: in percent, numbered from 1, and
// never sooner than it may be. What was found to be stale leaves a gap.
func (h *house) expectTold(k taskhook.Task, percent ...int) {
	h.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	var got []int
	var last taskhook.Outcome
	for _, o := range h.told {
		if o.Task.ID != k.ID || o.Sequence == 0 {
			continue
		}
		if o.Sequence <= last.Sequence || o.CreatedAt.Sub(last.CreatedAt) < task.TellEvery || o.Task.State != taskhook.TaskRunning || o.Task.Worker == "" {
			h.Errorf("after event %d of %s comes %+v", last.Sequence, last.CreatedAt, o)
		}
		last = o
		got = append(got, o.Task.Progress)
	}
	if !slices.Equal(got, percent) {
		h.Errorf("told of %v, want %v", got, percent)
	}
}

// expectEvents holds which types of events there are of a task.
func (h *house) expectEvents(k taskhook.Task, want ...string) {
	h.Helper()
	list, err := h.store.Feed(h.Context(), taskhook.FeedQuery{AccountID: k.AccountID, Limit: 100,
		Types: []string{taskhook.EventTaskStarted, taskhook.EventTaskProgress, taskhook.EventTaskCompleted}})
	h.must(err)
	var got []string // of a start, and the latest after it
	for _, e := range list.Events {
		if e.Subject == k.ID {
			got = append(got, e.Type)
		}
	}
	if !slices.Equal(got, want) {
		h.Errorf("there are the events %v, want %v", got, want)
	}
}

func TestTellsOfWorkers(t *testing.T) {
	inHouse(t, func(h *house) {
		h.follow("acc_a", taskhook.EventTaskStarted, taskhook.EventTaskProgress)
		k, other := h.submit("acc_a", "draw"), h.submit("acc_b", "draw")
		leases := map[string]Job{}
		for range 2 {
			j := h.lease(worker("w1"))
			leases[j.Task.ID] = j
		}
		pass(time.Second)
		h.expectTold(k, 0)
		for percent := 2; percent <= 40; percent += 2 { // faster than is told of
			h.beat(leases[k.ID], percent)
			h.beat(leases[other.ID], percent)
			pass(40 * time.Millisecond)
		}
		pass(time.Second)
		h.beat(leases[k.ID], 40) // nothing new
		pass(time.Second)
		h.expectEvents(k, taskhook.EventTaskStarted, taskhook.EventTaskProgress)
		h.expectTold(k, 0, 26, 40)
		h.expectTold(other)
		j := leases[k.ID]
		h.beat(j, 90)
		h.must(h.service.Complete(h.Context(), j.ID, []Result{h.send(j, 0, "done")}))
		pass(time.Second)
		h.expectEvents(k, taskhook.EventTaskCompleted)
	})
}

// TestTellsOfTheNextWorker holds that numbers rise from one worker to the next, and that
// what a lost one says is not told.
func TestTellsOfTheNextWorker(t *testing.T) {
	inHouse(t, func(h *house) {
		h.follow("acc_a", taskhook.EventTaskProgress)
		k := h.submit("acc_a", "draw")
		old := h.lease(worker("w1"))
		h.beat(old, 70)
		pass(32 * time.Second)
		next := h.lease(worker("w2"))
		h.beat(old, 80)
		pass(time.Second)
		h.expectTold(k, 70)
		h.beat(next, 10)
		pass(time.Second)
		h.expectTold(k, 70, 10)
	})
}

// TestTellsOnTwoNodes holds that a worker whose calls go to two nodes by turns is told
// of no more often, and to the last that it said.
func TestTellsOnTwoNodes(t *testing.T) {
	inHouse(t, func(h *house) {
		h.follow("acc_a", taskhook.EventTaskProgress)
		k := h.submit("acc_a", "draw")
		other := New(h.options)
		ctx, cancel := context.WithCancel(h.Context())
		pass(200 * time.Millisecond) // so that they tell at other times
		ended := make(chan error)
		go func() { ended <- other.Run(ctx) }()
		j := h.lease(worker("w1"))
		for percent := 2; percent <= 60; percent += 4 {
			h.beat(j, percent)
			_, err := other.Heartbeat(h.Context(), j.ID, percent+2)
			h.must(err)
			pass(100 * time.Millisecond)
		}
		pass(2 * time.Second)
		cancel()
		h.must(<-ended)
		published, last := h.read(k).Told, 0
		h.mu.Lock()
		for _, o := range h.told {
			last = max(last, o.Task.Progress)
		}
		h.mu.Unlock()
		if last != 60 || published < 2 || published > 7 {
			t.Errorf("the last that was told is %d, the number of the last event %d", last, published)
		}
		h.expectEvents(k, taskhook.EventTaskProgress)
	})
}
