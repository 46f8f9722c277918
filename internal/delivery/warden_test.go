package delivery

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
)

// guarded is a house with a Warden and an account that wants to be told.
type guarded struct {
	*house
	warden  *Warden
	alerts  []string
	watcher taskhook.Endpoint
}

func inGuardedHouse(t *testing.T, test func(h *guarded), set ...func(*WardenOptions)) {
	var warden *Warden
	inHouse(t, func(h *house) {
		g := &guarded{house: h}
		o := WardenOptions{Endpoints: h.store, Schedule: primarySchedule(), Logger: h.options.Logger, After: 5 * 24 * time.Hour, Every: 15 * time.Minute,
			Body: func(n *taskhook.EndpointNotice) []byte {
				return []byte(n.EventType + " " + n.ID + " " + n.Reason())
			},
			Alert: func(_ context.Context, body []byte) error {
				g.alerts = append(g.alerts, string(body))
				return nil
			}}
		for _, change := range set {
			change(&o)
		}
		g.warden = NewWarden(o)
		warden = g.warden
		var err error
		if g.watcher, err = h.service.CreateEndpoint(h.Context(), account, taskhook.NewEndpoint{URL: "https://example.com/watcher",
			Events: []string{"endpoint.*"}}); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(h.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			g.warden.Run(ctx)
		}()
		test(g)
		stop()
		<-done
	}, func(o *WorkerOptions) {
		o.Gone = func() { warden.Gone() }
		o.SweepEvery = time.Hour // days go by
	})
}

// told returns the notices that the watcher got.
func (g *guarded) told() (bodies []string) {
	for _, p := range g.to(g.watcher.URL) {
		bodies = append(bodies, p.body)
	}
	return bodies
}

func (g *guarded) state(e taskhook.Endpoint) taskhook.Endpoint {
	g.Helper()
	got, err := g.service.Endpoint(g.Context(), account, e.ID)
	if err != nil {
		g.Fatal(err)
	}
	return got
}

// TestFailingEndpointIsDisabled holds the days, who is told, and that what is owed is
// held until somebody sends or drops it.
func TestFailingEndpointIsDisabled(t *testing.T) {
	inGuardedHouse(t, func(h *guarded) {
		e := h.endpoint()
		h.receiver.set(func(_ context.Context, p post) egress.Result {
			if p.url == e.URL {
				return status(500)
			}
			return ok()
		})
		day := func() {
			for range 4 {
				h.publish()
				pass(6 * time.Hour)
			}
		}
		for range 4 {
			day()
			if told := h.told(); len(told) > 0 {
				t.Fatalf("told too early: %q", told)
			}
		}
		h.publish()
		pass(20 * time.Minute)
		if told := h.told(); len(told) != 1 || !strings.HasPrefix(told[0], "endpoint.disabling "+e.ID) || h.state(e).State != taskhook.EndpointActive {
			t.Fatalf("after four days told %q", told)
		}
		day()
		h.publish()
		pass(20 * time.Minute)
		if told := h.told(); len(told) != 2 || !strings.HasPrefix(told[1], "endpoint.disabled "+e.ID) || len(h.alerts) != 2 {
			t.Fatalf("after five days told %q, the operator %q", told, h.alerts)
		}
		if got := h.state(e); got.State != taskhook.EndpointDisabled || !strings.HasPrefix(got.Reason, "It has accepted nothing since ") {
			t.Errorf("it is %s: %s", got.State, got.Reason)
		}

		_, d := h.publish()
		pass(24 * time.Hour)
		if got := h.delivery(d.ID); got.State != taskhook.DeliveryPending || !got.Held {
			t.Errorf("what it is owed is %+v", got)
		}
		n, err := h.service.DropHeld(h.Context(), account, e.ID)
		if got := h.delivery(d.ID); err != nil || n == 0 || got.State != taskhook.DeliveryCancelled || got.LastError != "Dropped on request." {
			t.Errorf("dropped %d, %v: %+v", n, err, got)
		}
		active := taskhook.EndpointActive
		h.update(e.ID, taskhook.EndpointChange{State: &active})
		if _, err := h.service.DropHeld(h.Context(), account, e.ID); taskhook.ErrorCode(err) != taskhook.CodeConflict {
			t.Errorf("dropping what an active one is owed: %v", err)
		}
	})
}

// TestSuccessEndsTheCount holds that one success in five days is enough.
func TestSuccessEndsTheCount(t *testing.T) {
	inGuardedHouse(t, func(h *guarded) {
		e := h.endpoint()
		for i := range 34 {
			h.receiver.set(func(_ context.Context, p post) egress.Result {
				if p.url == e.URL && i != 15 {
					return status(500)
				}
				return ok()
			})
			h.publish()
			pass(6 * time.Hour)
		}
		if told := h.told(); len(told) != 1 || h.state(e).State != taskhook.EndpointActive {
			t.Errorf("told %q", told)
		}
	})
}

// TestGoneDisables holds that a receiver that says that it is no more is believed.
func TestGoneDisables(t *testing.T) {
	inGuardedHouse(t, func(h *guarded) {
		e := h.endpoint()
		h.receiver.set(func(_ context.Context, p post) egress.Result {
			if p.url == e.URL {
				return egress.Result{Status: 410, Class: taskhook.ClassGone, Error: "gone"}
			}
			return ok()
		})
		h.publishMany(10, 1)
		pass(time.Second)
		if got := h.state(e); got.State != taskhook.EndpointDisabled || !strings.Contains(got.Reason, "410") {
			t.Errorf("it is %s: %s", got.State, got.Reason)
		}
		if told := h.told(); len(told) != 1 || len(h.to(e.URL)) > startSends {
			t.Errorf("told %q after %d posts", told, len(h.to(e.URL)))
		}
	})
}

// TestWardenCanBeOff holds that neither age nor 410 disables then.
func TestWardenCanBeOff(t *testing.T) {
	inGuardedHouse(t, func(h *guarded) {
		e := h.endpoint()
		h.receiver.set(func(context.Context, post) egress.Result {
			return egress.Result{Status: 410, Class: taskhook.ClassGone, Error: "gone"}
		})
		for range 10 {
			h.publish()
			pass(24 * time.Hour)
		}
		if got := h.state(e); got.State != taskhook.EndpointActive {
			t.Errorf("it is %s: %s", got.State, got.Reason)
		}
	}, func(o *WardenOptions) { o.After, o.KeepGone = 0, true })
}
