package delivery

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/testkit"
)

// TestRecordsAreKept holds that an attempt is neither forgotten nor made again
// while it can't be recorded.
func TestRecordsAreKept(t *testing.T) {
	inHouse(t, func(h *house) {
		e := h.endpoint()
		h.publishMany(5, 1)
		pass(time.Second)
		h.faults.Times("finish_deliveries:before", 40)
		h.publishMany(30, 1)
		pass(5 * time.Second)
		if got := h.total(taskhook.DeliveryDelivered); got != 5 {
			t.Errorf("%d are recorded although that fails", got-5)
		}
		h.update(e.ID, setState(taskhook.EndpointPaused)) // must not give the lane up
		pass(2 * time.Second)
		h.update(e.ID, setState(taskhook.EndpointActive))
		pass(time.Minute)
		h.checkOnce(35)
		if h.logs.Count("record attempts") == 0 {
			t.Error("nothing was logged")
		}
	})
}

// TestPublishInDoubt holds at-least-once when it is unknown whether a commit was
// made: what is there is sent.
func TestPublishInDoubt(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(ctx context.Context, _ post) egress.Result { return within(ctx, time.Second, ok()) })
		e := h.endpoint()
		h.publishMany(5, 1)
		pass(10 * time.Second)
		h.node.memory.mu.Lock()
		epoch := h.node.memory.lanes[e.LaneID].epoch
		h.node.memory.mu.Unlock()
		h.publishMany(3, 1) // in flight and waiting meanwhile
		h.faults.InDoubt("publish", 1)
		_, err := h.service.Publish(h.Context(), account, []taskhook.Publish{{Type: eventType, Data: []byte(`1`)}})
		if err == nil {
			t.Fatal("the doubt is not told")
		}
		pass(time.Minute)
		h.node.memory.mu.Lock()
		raised := h.node.memory.lanes[e.LaneID]
		h.node.memory.mu.Unlock()
		if raised != nil && raised.epoch <= epoch {
			t.Errorf("the epoch is %d after %d", raised.epoch, epoch)
		}
		h.checkOnce(9)
	})
}

// TestRecordInDoubt holds that an attempt which was recorded after all is not
// recorded again, nor made again before it is due.
func TestRecordInDoubt(t *testing.T) {
	inHouse(t, func(h *house) {
		h.endpoint()
		h.receiver.set(func(context.Context, post) egress.Result { return status(500) })
		h.faults.InDoubt("finish_deliveries", 2)
		_, d := h.publish()
		pass(2 * time.Hour)
		equal(t, "posts", offsets(h.receiver.posts()), []time.Duration{0, time.Minute, 6 * time.Minute, 36 * time.Minute})
		if d = h.delivery(d.ID); d.State != taskhook.DeliveryFailed || len(h.attempts(d.ID)) != 4 {
			t.Errorf("delivery ended as %+v", d)
		}
	})
}

// TestEveryPointFails fails each write of the way of a delivery, before, after
// and in doubt, and holds that all is sent in the end and nothing twice.
func TestEveryPointFails(t *testing.T) {
	kinds := []string{"claim_lanes", "settle_lane", "raise_epoch", "sweep_lanes", "finish_deliveries"}
	for _, kind := range kinds {
		for name, set := range map[string]func(f *testkit.Faults){
			"before":   func(f *testkit.Faults) { f.Times(kind+":before", 5) },
			"after":    func(f *testkit.Faults) { f.Times(kind+":after", 5) },
			"in doubt": func(f *testkit.Faults) { f.InDoubt(kind, 3) },
		} {
			t.Run(kind+" "+name, func(t *testing.T) {
				inHouse(t, func(h *house) {
					set(h.faults)
					for i := range 4 {
						// A fault is for the worker's commits, which others must not share.
						pass(0)
						h.endpoint()
						pass(0)
						h.publishMany(2, 1)
						if i == 1 { // calls for a new epoch
							h.node.memory.mu.Lock()
							for _, l := range h.node.memory.lanes {
								l.freeing = true
								h.node.memory.plan(l)
							}
							h.node.memory.mu.Unlock()
						}
						pass(70 * time.Second) // lanes are given up in between
					}
					h.checkOnce(2 + 4 + 6 + 8)
				})
			})
		}
	}
}

// TestFailedPages holds that a page that can't be read is asked for again, with what
// fell due meanwhile.
func TestFailedPages(t *testing.T) {
	inHouse(t, func(h *house) {
		h.endpoint()
		h.node.failing.Store(3)
		h.publishMany(2, 1)
		pass(10 * time.Second)
		h.publishMany(2, 1)
		pass(10 * time.Second)
		h.checkOnce(4)
		if left := h.node.failing.Load(); left >= 0 {
			t.Errorf("%d pages more were to fail", left)
		}
	})
}

// TestUnreadableEndpoint holds that one endpoint whose secrets can't be used stops
// no other, is not asked for all the time, and is sent to when it is mended.
func TestUnreadableEndpoint(t *testing.T) {
	inHouse(t, func(h *house) {
		broken := h.endpoint()
		for range 9 {
			h.endpoint()
		}
		if _, err := h.store.UpdateEndpoint(h.Context(), time.Now(), account, broken.ID, func(e *taskhook.Endpoint) error {
			e.Secrets[0].Text = ""
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		h.publish()
		pass(10 * time.Minute)
		if got := len(h.receiver.posts()); got != 9 {
			t.Errorf("%d of 9 were sent", got)
		}
		calls := h.node.calls.Load()
		pass(10 * time.Minute)
		if calls = h.node.calls.Load() - calls; calls > 100 {
			t.Errorf("the database was asked %d times in 10 minutes", calls)
		}
		if _, err := h.service.RotateSecret(h.Context(), account, broken.ID, 0); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		h.checkOnce(10)
	})
}

// TestSealedByAnotherKey is the same for one that can't even be read.
func TestSealedByAnotherKey(t *testing.T) {
	inHouse(t, func(h *house) {
		broken := h.endpoint()
		h.node.unreadable.Store(&broken.LaneID)
		for range 9 {
			h.endpoint()
		}
		h.publish()
		pass(time.Second)
		if got := len(h.receiver.posts()); got != 9 {
			t.Errorf("%d of 9 were sent", got)
		}
		h.node.unreadable.Store(nil)
		pass(time.Minute)
		h.checkOnce(10)
	})
}

// TestIdleNodeRests holds that a node with nothing to do asks only as often as
// its net is spread.
func TestIdleNodeRests(t *testing.T) {
	inHouse(t, func(h *house) {
		for range 5 {
			h.endpoint()
		}
		h.publish()
		pass(5 * time.Minute)
		calls := h.node.calls.Load()
		pass(time.Hour)
		if calls = h.node.calls.Load() - calls; calls != 0 {
			t.Errorf("an idle node asked %d times in an hour", calls)
		}
		if n := len(h.node.memory.lanes); n != 0 {
			t.Errorf("it holds %d lanes", n)
		}
	})
}

// brokenQueue fails one result for ever.
type brokenQueue struct {
	QueueStore
	bad      string      // the delivery that can't be recorded
	away     atomic.Bool // nothing can
	recorded map[string]int
}

func (b *brokenQueue) FinishDeliveries(_ context.Context, results []*taskhook.AttemptResult) error {
	for _, r := range results {
		if r.Delivery.ID == b.bad || b.away.Load() {
			return fmt.Errorf("record %s: %w", r.Delivery.ID, testkit.ErrDisk)
		}
	}
	for _, r := range results {
		b.recorded[r.Delivery.ID]++
	}
	return nil
}

// TestUnrecordableSendsEnd holds that little is sent which can't be recorded: it would
// come twice if the process died, or others took its work over, as they do when it is
// cut off from the database.
func TestUnrecordableSendsEnd(t *testing.T) {
	inHouse(t, func(h *house) {
		h.endpoint()
		h.publishMany(5, 1) // from here on it sends many at a time
		pass(time.Second)
		h.receiver.set(func(ctx context.Context, _ post) egress.Result { return within(ctx, 300*time.Millisecond, ok()) })
		h.faults.Set(func(point string) error {
			if point == "finish_deliveries:before" {
				return testkit.ErrDisk
			}
			return nil
		})
		began := time.Now()
		h.publishMany(400, 1)
		pass(time.Minute)
		posts := h.receiver.posts()
		if last := posts[len(posts)-1].at.Sub(began); last > 2*behindAfter {
			t.Errorf("%d are sent, the last one when none could be recorded for %s", len(posts)-5, last)
		}
		h.faults.Set(nil)
		pass(time.Minute)
		h.checkOnce(405)
	})
}
