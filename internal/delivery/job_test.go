package delivery

import (
	"context"
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/egress"
	"github.com/taskhook/taskhook/internal/keyring"
	"github.com/taskhook/taskhook/webhook"
)

// publishJob publishes a per-job delivery.
func (h *house) publishJob(to string, schedule taskhook.Schedule) taskhook.Outgoing {
	h.Helper()
	now := time.Now()
	event := taskhook.Event{ID: taskhook.NewID(taskhook.PrefixEvent, now), AccountID: account, Type: taskhook.EventTaskCompleted,
		Subject: taskhook.NewID(taskhook.PrefixTask, now), Body: []byte(`{"primary":true}`), CreatedAt: now}
	d := taskhook.Outgoing{Body: []byte(`{"of":"its own"}`), Delivery: taskhook.Delivery{ID: taskhook.NewID(taskhook.PrefixDelivery, now),
		AccountID: account, EventID: event.ID, EventType: event.Type, Subject: event.Subject, URL: to,
		LaneID: taskhook.OriginLane(account, "https://jobs.example"), State: taskhook.DeliveryPending, Schedule: schedule, DueAt: now, CreatedAt: now}}
	p := &taskhook.Publication{Events: []taskhook.NewEvent{{Event: event}}, Deliveries: []taskhook.Outgoing{d}}
	if err := h.store.Publish(h.Context(), now, p); err != nil {
		h.Fatal(err)
	}
	return d
}

func TestPerJobDelivery(t *testing.T) {
	inHouse(t, func(h *house) {
		h.receiver.set(func(context.Context, post) egress.Result { return status(500) })
		d := h.publishJob("https://jobs.example/a?b=c", taskhook.Schedule{})
		pass(2 * time.Hour)
		posts := h.receiver.posts()
		if len(posts) != 1 {
			t.Fatalf("%d posts, want one", len(posts))
		}
		p := posts[0]
		for name, want := range map[string]string{"X-Webhook-Event": taskhook.EventTaskCompleted, "X-Job-ID": d.Subject,
			"Webhook-Id": d.EventID, "X-Webhook-Id": d.EventID, "Content-Type": "application/json", "X-Webhook-Signature": ""} {
			if got := p.header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if p.url != "https://jobs.example/a?b=c" || p.body != string(d.Body) {
			t.Errorf("%s got %s", p.url, p.body)
		}
		h.checkJobSigned(&p)
		if got := h.delivery(d.ID); got.State != taskhook.DeliveryFailed || got.Attempts != 1 {
			t.Errorf("delivery ended as %+v", got)
		}
		again, err := h.service.Replay(h.Context(), account, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		posts = h.receiver.posts()
		if len(posts) != 2 || posts[1].id() != d.EventID || posts[1].body != p.body || posts[1].url != p.url {
			t.Errorf("the replay %s brought %d posts", again.ID, len(posts))
		}
	})
}

// checkJobSigned verifies as a receiver does, with the published key.
func (h *house) checkJobSigned(p *post) {
	h.Helper()
	keys, err := keyring.New(make([]byte, keyring.KeySize))
	if err != nil {
		h.Fatal(err)
	}
	id, key := keys.JobKey()
	published, err := webhook.ParseJWKS(webhook.EncodeJWKS(webhook.PublicKey{ID: id, Key: key.Public().(ed25519.PublicKey)}))
	if err != nil {
		h.Fatal(err)
	}
	v, err := webhook.NewJobVerifier(published...)
	if err != nil {
		h.Fatal(err)
	}
	if err := v.Verify(p.header, []byte(p.body), p.at); err != nil {
		h.Error(err)
	}
}

// TestOriginLaneIsCollected holds that an idle lane of an origin can be deleted
// and comes back with the next delivery.
func TestOriginLaneIsCollected(t *testing.T) {
	inHouse(t, func(h *house) {
		for range 3 {
			d := h.publishJob("https://jobs.example/", taskhook.Schedule{time.Minute})
			pass(2 * time.Minute)
			if got := h.delivery(d.ID); got.State != taskhook.DeliveryDelivered {
				t.Errorf("delivery ended as %+v", got)
			}
			if n, err := h.store.CollectLanes(h.Context(), 10); err != nil || n != 1 {
				t.Errorf("%d lanes were collected: %v", n, err)
			}
		}
	})
}
