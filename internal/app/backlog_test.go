package app_test

import (
	"net/http"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestBacklog has a paused webhook owe more than the account may: what adds to it
// is refused until the webhook is gone.
func TestBacklog(t *testing.T) {
	t.Parallel()
	s := program.Start(t, func(c *config.Config) { c.MaxBacklog = 2 })
	ctx := t.Context()
	w, err := s.CreateWebhook(ctx, client.NewWebhook{URL: "http://127.0.0.1:9/", Events: []string{"order.paid"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.UpdateWebhook(ctx, w.ID, client.WebhookChange{Active: new(false)}); err != nil {
		t.Fatal(err)
	}
	publish := func() error {
		_, err := s.Publish(ctx, client.NewEvent{Type: "order.paid", Data: []byte(`{}`)})
		return err
	}
	for range 2 {
		if err := publish(); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, "a third event", publish(), http.StatusTooManyRequests, "RATE_LIMIT_EXCEEDED")
	_, err = s.Submit(ctx, "seedream", "text-to-image", submission(quick("")))
	refused(t, "a task", err, http.StatusTooManyRequests, "RATE_LIMIT_EXCEEDED")
	h, err := s.WebhookHealth(ctx, w.ID)
	if err != nil || h.Pending != 2 || h.State != "paused" || h.OldestDueAt.IsZero() {
		t.Errorf("health %+v: %v", h, err)
	}
}
