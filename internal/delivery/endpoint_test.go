package delivery

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/webhook"
)

// setState returns a change of state.
func setState(s taskhook.EndpointState) taskhook.EndpointChange {
	return taskhook.EndpointChange{State: &s}
}

func TestPauseHoldsAndResumeSends(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(ctx context.Context, _ post) egress.Result { return within(ctx, 5*time.Second, ok()) })
		e := h.endpoint()
		h.publishMany(100, 1)
		pass(time.Second)
		inFlight := len(h.receiver.posts())
		h.update(e.ID, setState(taskhook.EndpointPaused))
		h.publishMany(50, 1)
		pass(10 * time.Minute)
		if got := len(h.receiver.posts()); inFlight == 0 || got != inFlight {
			t.Errorf("%d posts before the pause, %d after", inFlight, got)
		}
		if got := h.total(taskhook.DeliveryDelivered); got != inFlight {
			t.Errorf("of %d in flight %d were recorded", inFlight, got)
		}
		for _, d := range h.deliveries(taskhook.DeliveryFilter{State: taskhook.DeliveryPending}) {
			if !d.Held {
				t.Errorf("%s is pending and not held", d.ID)
			}
		}
		h.update(e.ID, setState(taskhook.EndpointActive))
		pass(10 * time.Minute)
		h.checkOnce(150)
	})
}

// TestPauseAndResumeAtOnce does so while sends are in flight, and again and
// again.
func TestPauseAndResumeAtOnce(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(ctx context.Context, _ post) egress.Result { return within(ctx, 300*time.Millisecond, ok()) })
		e := h.endpoint()
		for range 10 {
			h.publishMany(10, 1)
			h.update(e.ID, setState(taskhook.EndpointPaused))
			<-time.After(20 * time.Millisecond)
			h.publishMany(5, 1)
			h.update(e.ID, setState(taskhook.EndpointActive))
			<-time.After(170 * time.Millisecond)
		}
		pass(time.Minute)
		h.checkOnce(150)
	})
}

func TestDeleteCancels(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(ctx context.Context, _ post) egress.Result { return within(ctx, 5*time.Second, ok()) })
		e, other := h.endpoint(), h.endpoint()
		h.publishMany(30, 1)
		pass(time.Second)
		if err := h.service.DeleteEndpoint(h.Context(), account, e.ID); err != nil {
			t.Fatal(err)
		}
		sent := len(h.to(e.URL))
		pass(10 * time.Minute)
		if got := len(h.to(e.URL)); got != sent {
			t.Errorf("%d posts before it was deleted, %d after", sent, got)
		}
		if got := len(h.to(other.URL)); got != 30 {
			t.Errorf("the other receiver got %d of 30", got)
		}
		if c, d := h.total(taskhook.DeliveryCancelled), h.total(taskhook.DeliveryDelivered); c != 30 || d != 30 {
			t.Errorf("%d cancelled and %d delivered", c, d)
		}
		cancelled := h.deliveries(taskhook.DeliveryFilter{State: taskhook.DeliveryCancelled})[0]
		if _, err := h.service.Replay(h.Context(), account, cancelled.ID); taskhook.ErrorCode(err) != taskhook.CodeConflict {
			t.Errorf("replay to a deleted webhook: %v", err)
		}
		if _, err := h.service.Endpoint(h.Context(), account, e.ID); taskhook.ErrorCode(err) != taskhook.CodeNotFound {
			t.Errorf("the deleted webhook: %v", err)
		}
	})
}

func TestURLChangesWithTheNextAttempt(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(context.Context, post) egress.Result { return status(500) })
		e := h.endpoint()
		h.publish()
		pass(time.Second)
		moved := "https://moved.example/"
		h.update(e.ID, taskhook.EndpointChange{URL: &moved})
		pass(time.Hour)
		posts := h.receiver.posts()
		if len(posts) != 4 {
			t.Fatalf("%d posts", len(posts))
		}
		for i, p := range posts {
			if want := map[bool]string{true: e.URL, false: moved}[i == 0]; p.url != want {
				t.Errorf("attempt %d went to %s", i+1, p.url)
			}
		}
	})
}

// TestRefreshBeforeTheFirstSend changes an endpoint while its first deliveries
// are on their way.
func TestRefreshBeforeTheFirstSend(t *testing.T) {
	inHouse(t, func(h *house) {
		for range 8 {
			e := h.endpoint()
			go h.publishMany(2, 1)
			name := "new"
			h.update(e.ID, taskhook.EndpointChange{Description: &name})
			synctest.Wait()
		}
		pass(time.Minute)
		h.checkOnce(8 * 9)
	})
}

func TestRotatedSecrets(t *testing.T) {
	inHouse(t, func(h *house) {
		e := h.endpoint()
		old := e.Secrets[0].Text
		h.publish()
		pass(time.Second)
		e, err := h.service.RotateSecret(h.Context(), account, e.ID, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		fresh := e.Secrets[0].Text
		for _, step := range []struct {
			wait    time.Duration
			primary string
			valid   []string
			invalid string
		}{
			{0, old, []string{old, fresh}, ""},
			{time.Hour - 2*time.Second, old, []string{old, fresh}, ""},
			{2 * time.Second, fresh, []string{fresh}, old},
		} {
			pass(step.wait)
			h.publish()
			pass(0)
			posts := h.receiver.posts()
			h.checkSecrets(&posts[len(posts)-1], step.primary, step.valid, step.invalid)
		}
		if e, err = h.service.RotateSecret(h.Context(), account, e.ID, 0); err != nil {
			t.Fatal(err)
		}
		h.publish()
		pass(0)
		posts := h.receiver.posts()
		h.checkSecrets(&posts[len(posts)-1], e.Secrets[0].Text, []string{e.Secrets[0].Text}, fresh)
	})
}

// checkSecrets says with which secrets a post must and must not verify.
func (h *house) checkSecrets(p *post, primary string, valid []string, invalid string) {
	h.Helper()
	verify := func(secret string, header string) error {
		v, err := webhook.NewVerifier(secret)
		if err != nil {
			h.Fatal(err)
		}
		only := p.header.Clone()
		only.Del(header)
		return v.Verify(only, []byte(p.body), p.at)
	}
	for _, secret := range valid {
		if err := verify(secret, webhook.HeaderXSignature); err != nil {
			h.Errorf("a valid secret does not verify webhook-signature: %v", err)
		}
		if err := verify(secret, webhook.HeaderSignature); (err == nil) != (secret == primary) {
			h.Errorf("X-Webhook-Signature with a secret that is primary: %t: %v", secret == primary, err)
		}
	}
	if got := strings.Count(p.header.Get(webhook.HeaderSignature), "v1,"); got != len(valid) {
		h.Errorf("%d signatures, want %d", got, len(valid))
	}
	if invalid != "" && verify(invalid, "") == nil {
		h.Error("a secret that has expired verifies")
	}
}

func TestEndpointTest(t *testing.T) {
	tests := []struct {
		name   string
		answer egress.Result
		takes  time.Duration
		want   taskhook.TestResult
	}{
		{"delivered", ok(), time.Second, taskhook.TestResult{Delivered: true, Status: 200, Duration: time.Second}},
		{"refused", status(403), 0, taskhook.TestResult{Status: 403, Error: "the receiver answered 403"}},
		{"silent", ok(), time.Hour, taskhook.TestResult{Duration: 30 * time.Second, Error: "no answer within the time"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inHouse(t, func(h *house) {
				h.receiver.set(func(ctx context.Context, _ post) egress.Result { return within(ctx, tt.takes, tt.answer) })
				e := h.endpoint()
				got, err := h.service.TestEndpoint(h.Context(), account, e.ID)
				if err != nil {
					t.Fatal(err)
				}
				pass(2 * time.Hour)
				d := h.delivery(got.DeliveryID)
				if !d.Test || d.EventID != got.EventID || d.Attempts != 1 || len(h.receiver.posts()) != 1 {
					t.Errorf("the delivery is %+v", d)
				}
				got.EventID, got.DeliveryID = "", ""
				if got != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
			})
		})
	}
}

func TestEndpointTestOfTaskEvents(t *testing.T) {
	inHouse(t, func(h *house) {
		types := []string{taskhook.EventTaskCompleted, taskhook.EventTaskFailed, taskhook.EventTaskProgress}
		for _, eventType := range types {
			e, err := h.service.CreateEndpoint(h.Context(), account, taskhook.NewEndpoint{URL: "https://example.com/", Events: []string{eventType}})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := h.service.TestEndpoint(h.Context(), account, e.ID); err != nil || !got.Delivered {
				t.Errorf("%+v: %v", got, err)
			}
		}
		for i, p := range h.receiver.posts() {
			if want := types[i]; !strings.Contains(p.body, want) {
				t.Errorf("%s was sent for %s", p.body, want)
			}
		}
	})
}

// TestEndpointTestWaitsItsTurn holds that the answer comes although the receiver
// is busy, and that a paused one is not tested.
func TestEndpointTestWaitsItsTurn(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(ctx context.Context, _ post) egress.Result { return within(ctx, 29*time.Second, ok()) })
		e := h.endpoint()
		h.publishMany(10, 1)
		pass(time.Second)
		got, err := h.service.TestEndpoint(h.Context(), account, e.ID)
		if err != nil || got.Delivered || got.Error == "" {
			t.Errorf("%+v: %v", got, err)
		}
		h.update(e.ID, setState(taskhook.EndpointPaused))
		if _, err := h.service.TestEndpoint(h.Context(), account, e.ID); taskhook.ErrorCode(err) != taskhook.CodeConflict {
			t.Errorf("test of a paused webhook: %v", err)
		}
		pass(time.Minute)
	})
}
