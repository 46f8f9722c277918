package delivery

import (
	"context"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
)

// down answers that nothing listens there.
func down(context.Context, post) egress.Result {
	return egress.Result{Class: taskhook.ClassRefused, Error: "nothing listens there"}
}

// since returns the posts from n on, as times after start.
func (h *house) since(n int, start time.Time) (at []time.Duration) {
	for _, p := range h.receiver.posts()[n:] {
		at = append(at, p.at.Sub(start))
	}
	return at
}

// TestBreaker holds that a receiver that is down is asked by one delivery after each
// rest, over a restart too, that the others spend nothing, and that all of them
// arrive when it is back.
func TestBreaker(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(down)
		e := h.endpoint()
		start := time.Now()
		h.publishMany(30, 1)
		pass(time.Minute)
		n := len(h.receiver.posts())
		if n < 31 || n > 40 {
			t.Fatalf("%d posts in the first minute", n)
		}
		pass(3 * time.Minute)
		equal(t, "probes", h.since(n, start), []time.Duration{70 * time.Second, 90 * time.Second, 130 * time.Second, 210 * time.Second})
		health, err := h.service.EndpointHealth(h.Context(), account, e.ID)
		if err != nil || health.Rest.Trips != 5 || !health.Rest.Until.Equal(start.Add(330*time.Second)) {
			t.Errorf("it rests as %+v: %v", health.Rest, err)
		}
		if held := h.node.memory.bytes; held != 0 {
			t.Errorf("%d bytes are in memory", held)
		}

		h.crash()
		h.start()
		pass(2 * time.Minute)
		equal(t, "probes after a restart", h.since(n+4, start), []time.Duration{330 * time.Second})

		h.receiver.set(nil)
		pass(40 * time.Minute) // some of them have only the last retry left
		if delivered := h.total(taskhook.DeliveryDelivered); delivered != 30 {
			t.Errorf("%d are delivered", delivered)
		}
		health, err = h.service.EndpointHealth(h.Context(), account, e.ID)
		if err != nil || health.Rest != (taskhook.Rest{}) {
			t.Errorf("it rests as %+v: %v", health.Rest, err)
		}
	})
}

// TestBreakerOff holds that every delivery then keeps to its schedule.
func TestBreakerOff(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(down)
		h.endpoint()
		h.publishMany(30, 1)
		pass(time.Hour)
		if failed := h.total(taskhook.DeliveryFailed); failed != 30 || len(h.receiver.posts()) != 4*30 {
			t.Errorf("%d failed after %d posts", failed, len(h.receiver.posts()))
		}
	}, func(o *WorkerOptions) { o.Breaker.Off = true })
}

// TestRestEndsOnRequest holds that who changes a webhook, tests it or replays a
// delivery need not wait for the end of its rest.
func TestRestEndsOnRequest(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(down)
		e := h.endpoint()
		h.publishMany(30, 1)
		pass(10 * time.Minute)
		n := len(h.receiver.posts())
		h.receiver.set(nil)
		if got, err := h.service.TestEndpoint(h.Context(), account, e.ID); err != nil || !got.Delivered {
			t.Errorf("the test answers %+v: %v", got, err)
		}
		pass(time.Second)
		if got := len(h.receiver.posts()) - n; got < 2 {
			t.Errorf("after the test %d were sent", got)
		}
	})
}

// TestCatchUp holds that a receiver that is back is not overrun, and that what is new
// does not wait behind what is old.
func TestCatchUp(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(down)
		h.endpoint()
		for range 40 {
			h.publishMany(25, 1)
			pass(time.Second)
		}
		pass(5 * time.Minute)
		h.receiver.set(nil)
		n := len(h.receiver.posts())
		for len(h.receiver.posts()) == n {
			pass(time.Second)
		}
		back := h.receiver.posts()[n].at
		pass(4 * time.Second)
		for _, d := range h.since(n, back) {
			if i := int(d / time.Second); i > 4 {
				t.Errorf("a post after %s", d)
			}
		}
		if got := len(h.receiver.posts()) - n; got < 60 || got > 110 {
			t.Errorf("%d posts in the first seconds", got)
		}
		for range 5 {
			event, _ := h.publish()
			published := time.Now()
			pass(time.Second)
			if got := h.deliveries(taskhook.DeliveryFilter{EventID: event.ID})[0]; got.State != taskhook.DeliveryDelivered {
				t.Errorf("what was published at %s is %s a second later", published, got.State)
			}
		}
		pass(40 * time.Minute)
		if delivered := h.total(taskhook.DeliveryDelivered); delivered != 1005 {
			t.Errorf("%d are delivered", delivered)
		}
	})
}

// TestRetryAfterSparesTheReceiver holds that what a receiver asks for goes for all
// that it is owed.
func TestRetryAfterSparesTheReceiver(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(context.Context, post) egress.Result {
			answer := status(429)
			answer.RetryAfter = 10 * time.Minute
			return answer
		})
		h.endpoint()
		start := time.Now()
		h.publish()
		pass(time.Second)
		h.receiver.set(nil)
		h.publish()
		pass(time.Minute)
		h.crash()
		h.start()
		pass(20 * time.Minute)
		at := h.since(0, start)
		if len(at) != 3 || at[0] != 0 || at[1] != 10*time.Minute || at[2] != 10*time.Minute {
			t.Errorf("posts at %v", at)
		}
	})
}

// TestLimitsOfAnEndpoint holds the rate and the number at a time that it asks for.
func TestLimitsOfAnEndpoint(t *testing.T) {
	inHouse(t, func(h *house) {
		e := h.endpoint()
		ten, two := 10, 2
		h.update(e.ID, taskhook.EndpointChange{Rate: &ten})
		start := time.Now()
		h.publishMany(50, 1)
		pass(time.Minute)
		for i, d := range h.since(0, start) {
			if want := time.Duration(i) * 100 * time.Millisecond; d < want-time.Millisecond || d > want+10*time.Millisecond {
				t.Errorf("post %d at %s", i, d)
			}
		}
		none := 0
		h.update(e.ID, taskhook.EndpointChange{Rate: &none, MaxInFlight: &two})
		h.receiver.set(func(ctx context.Context, _ post) egress.Result { return within(ctx, time.Second, ok()) })
		start = time.Now()
		h.publishMany(20, 1)
		pass(time.Minute)
		for i, d := range h.since(50, start) {
			if want := time.Duration(i/2) * time.Second; d != want {
				t.Errorf("post %d at %s, want %s", i, d, want)
			}
		}
	})
}
