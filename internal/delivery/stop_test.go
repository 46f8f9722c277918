package delivery

import (
	"context"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
)

func TestGracefulStop(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(ctx context.Context, _ post) egress.Result { return within(ctx, 5*time.Second, ok()) })
		for range 3 {
			h.endpoint()
		}
		h.publishMany(100, 1)
		pass(time.Second)
		begun := len(h.receiver.posts())
		h.stop()
		if got := len(h.receiver.posts()); begun == 0 || got != begun {
			t.Errorf("%d sends were begun, %d after the stop", begun, got-begun)
		}
		if got := h.total(taskhook.DeliveryDelivered); got != begun {
			t.Errorf("of %d in flight %d are recorded", begun, got)
		}
		h.publishMany(10, 1) // while nobody runs
		start := time.Now()
		h.start()
		pass(time.Second)
		posts := h.receiver.posts()
		if len(posts) == begun || !posts[begun].at.Equal(start) {
			t.Errorf("the new node did not begin at once")
		}
		pass(10 * time.Minute)
		h.checkOnce(330)
	})
}

// TestStopGivesUpOnTheSilent holds that a stop waits no longer than the grace, and
// that what was cut short counts as not tried.
func TestStopGivesUpOnTheSilent(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(ctx context.Context, _ post) egress.Result { return within(ctx, 25*time.Second, ok()) })
		h.endpoint()
		_, d := h.publish()
		pass(time.Second)
		start := time.Now()
		h.stop()
		if took := time.Since(start); took != h.options.Grace {
			t.Errorf("the stop took %s", took)
		}
		if got := h.delivery(d.ID); got.State != taskhook.DeliveryPending || got.Attempts != 0 {
			t.Errorf("cut short it is %+v", got)
		}
		h.start()
		pass(time.Minute)
		if got := h.delivery(d.ID); got.State != taskhook.DeliveryDelivered || got.Attempts != 1 {
			t.Errorf("it ended as %+v", got)
		}
	})
}

// TestStopWithADeadDisk holds that a stop ends although nothing can be recorded.
func TestStopWithADeadDisk(t *testing.T) {
	inHouse(t, func(h *house) {
		h.endpoint()
		h.publish()
		pass(time.Second)
		h.faults.Times("finish_deliveries:before", 1e9)
		h.publish()
		pass(time.Minute)
		start := time.Now()
		h.stop()
		if took := time.Since(start); took > h.options.Grace {
			t.Errorf("the stop took %s", took)
		}
		h.faults.Set(nil)
		h.start()
		pass(time.Minute)
		if got := h.total(taskhook.DeliveryDelivered); got != 2 || len(h.receiver.posts()) != 3 {
			t.Errorf("%d delivered by %d posts", got, len(h.receiver.posts()))
		}
	})
}

// TestCrash holds that all is delivered in the end, and only what was in flight
// twice.
func TestCrash(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(ctx context.Context, _ post) egress.Result { return within(ctx, 2*time.Second, ok()) })
		for range 3 {
			h.endpoint()
		}
		inFlight := 0
		for range 4 {
			h.publishMany(50, 1)
			pass(5 * time.Second)
			inFlight += h.node.turns().total
			h.crash()
			h.start()
		}
		pass(10 * time.Minute)
		sent := h.receiver.byID()
		again := len(h.receiver.posts()) - len(sent)
		if len(sent) != 600 || h.total(taskhook.DeliveryDelivered) != 600 {
			t.Errorf("%d were sent and %d are recorded", len(sent), h.total(taskhook.DeliveryDelivered))
		}
		if inFlight == 0 || again > inFlight {
			t.Errorf("%d were sent again, %d had been in flight", again, inFlight)
		}
	})
}
