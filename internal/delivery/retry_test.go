package delivery

import (
	"context"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/webhook"
)

// offsets are the times of the posts since the first.
func offsets(posts []post) (since []time.Duration) {
	for _, p := range posts {
		since = append(since, p.at.Sub(posts[0].at))
	}
	return since
}

func equal(t *testing.T, what string, got, want []time.Duration) {
	t.Helper()
	same := len(got) == len(want)
	for i := 0; same && i < len(got); i++ {
		same = got[i] == want[i]
	}
	if !same {
		t.Errorf("%s at %v, want %v", what, got, want)
	}
}

func TestFailingReceiverIsTriedFourTimes(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(context.Context, post) egress.Result { return status(500) })
		e := h.endpoint()
		event, d := h.publish()
		pass(20 * time.Minute)
		if _, err := h.service.Replay(h.Context(), account, d.ID); taskhook.ErrorCode(err) != taskhook.CodeConflict {
			t.Errorf("replay of a pending delivery: %v", err)
		}
		pass(40 * time.Minute)

		posts := h.receiver.posts()
		equal(t, "posts", offsets(posts), []time.Duration{0, time.Minute, 6 * time.Minute, 36 * time.Minute})
		h.checkSigned(posts, event, e.Secrets[0].Text)
		d = h.delivery(d.ID)
		if d.State != taskhook.DeliveryFailed || d.Attempts != 4 || d.LastError != "the receiver answered 500" || !d.FinishedAt.Equal(posts[3].at) {
			t.Errorf("delivery ended as %+v", d)
		}
		for i, a := range h.attempts(d.ID) {
			if a.Number != i+1 || a.Status != 500 || a.Class != taskhook.ClassStatus || !a.StartedAt.Equal(posts[i].at) {
				t.Errorf("attempt %d is recorded as %+v", i+1, a)
			}
		}

		h.receiver.set(nil)
		again, err := h.service.Replay(h.Context(), account, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		posts = h.receiver.posts()
		h.checkSigned(posts, event, e.Secrets[0].Text)
		again = h.delivery(again.ID)
		if len(posts) != 5 || again.ID == d.ID || again.ReplayOf != d.ID || again.State != taskhook.DeliveryDelivered || again.Attempts != 1 {
			t.Errorf("%d posts; the replay is %+v", len(posts), again)
		}
		if old := h.delivery(d.ID); old.State != taskhook.DeliveryFailed {
			t.Errorf("the replayed delivery has become %s", old.State)
		}
	})
}

// checkSigned holds that all posts carry the id and bytes of the event under a
// time and a signature of their own.
func (h *house) checkSigned(posts []post, event taskhook.Event, secret string) {
	h.Helper()
	v, err := webhook.NewVerifier(secret)
	if err != nil {
		h.Fatal(err)
	}
	for i, p := range posts {
		if p.id() != event.ID || p.header.Get(webhook.HeaderXID) != event.ID || p.body != string(event.Body) {
			h.Errorf("post %d carries id %s and body %s", i, p.id(), p.body)
		}
		if err := v.Verify(p.header, []byte(p.body), p.at); err != nil {
			h.Errorf("post %d: %v", i, err)
		}
		p.header.Del(webhook.HeaderSignature)
		if err := v.Verify(p.header, []byte(p.body), p.at); err != nil {
			h.Errorf("post %d, X-Webhook-Signature: %v", i, err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		name  string
		asked time.Duration
		want  []time.Duration
	}{
		{"none", 0, []time.Duration{0, time.Minute, 6 * time.Minute, 36 * time.Minute}},
		{"less than planned", time.Second, []time.Duration{0, time.Minute, 6 * time.Minute, 36 * time.Minute}},
		{"more than planned", 10 * time.Minute, []time.Duration{0, 10 * time.Minute, 20 * time.Minute, 50 * time.Minute}},
		{"more than an hour", 9 * time.Hour, []time.Duration{0, time.Hour, 2 * time.Hour, 3 * time.Hour}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inHouse(t, func(h *house) {
				h.receiver.set(func(context.Context, post) egress.Result {
					answer := status(503)
					answer.RetryAfter = tt.asked
					return answer
				})
				h.endpoint()
				h.publish()
				pass(5 * time.Hour)
				equal(t, "posts", offsets(h.receiver.posts()), tt.want)
			})
		})
	}
}

func TestGoneEndsTheDelivery(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(context.Context, post) egress.Result {
			return egress.Result{Status: 410, Class: taskhook.ClassGone, Error: "gone"}
		})
		h.endpoint()
		_, d := h.publish()
		pass(2 * time.Hour)
		if d = h.delivery(d.ID); d.State != taskhook.DeliveryFailed || d.Attempts != 1 {
			t.Errorf("delivery ended as %+v", d)
		}
		h.receiver.set(nil)
		_, d = h.publish()
		pass(time.Second)
		if d = h.delivery(d.ID); d.State != taskhook.DeliveryDelivered {
			t.Errorf("the next delivery ended as %+v", d)
		}
	})
}

func TestConcurrencyFollowsTheReceiver(t *testing.T) {
	inHouse(t, func(h *house) {
		e := h.endpoint()
		sends := func() int {
			h.node.memory.mu.Lock()
			defer h.node.memory.mu.Unlock()
			return h.node.memory.lanes[e.LaneID].sends
		}
		for _, want := range []int{2, 4, 8, 16, 32, 64, 64} {
			h.publish()
			pass(time.Millisecond)
			if got := sends(); got != want {
				t.Errorf("after a success %d sends at a time, want %d", got, want)
			}
		}
		h.receiver.set(func(context.Context, post) egress.Result { return status(500) })
		h.publish()
		pass(time.Millisecond)
		if got := sends(); got != 32 {
			t.Errorf("after a 500 %d sends at a time, want 32", got)
		}
		h.receiver.set(func(ctx context.Context, _ post) egress.Result { return within(ctx, time.Hour, ok()) })
		_, d := h.publish()
		pass(31 * time.Second)
		if got := sends(); got != 1 {
			t.Errorf("after a timeout %d sends at a time, want 1", got)
		}
		if a := h.attempts(d.ID); len(a) != 1 || a[0].Class != taskhook.ClassTimeout || a[0].Duration != 30*time.Second {
			t.Errorf("the timeout is recorded as %+v", a)
		}
	})
}

func TestRetriesSurviveARestart(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(context.Context, post) egress.Result { return status(500) })
		h.endpoint()
		h.publish()
		pass(10 * time.Minute)
		h.stop()
		pass(10 * time.Minute)
		h.start()
		pass(5 * time.Minute)
		h.crash()
		h.start()
		pass(time.Hour)
		equal(t, "posts", offsets(h.receiver.posts()), []time.Duration{0, time.Minute, 6 * time.Minute, 36 * time.Minute})
	})
}
