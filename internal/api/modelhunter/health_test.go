package modelhunter

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

func TestWebhookHealth(t *testing.T) {
	t.Parallel()
	rec := newWorld().ask(t, "GET", "/api/v1/webhooks/wh_1/health", "")
	var got client.WebhookHealth
	if err := json.Unmarshal(open(t, rec).Data, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Hours) != 24 || got.Hours[23].Succeeded != 6 || got.Hours[23].Failed != 2 || got.Hours[0].Succeeded != 8 {
		t.Errorf("hours %+v", got.Hours)
	}
	got.Hours = nil
	hour, whole := 0.75, 0.875
	want := client.WebhookHealth{WebhookID: "wh_1", State: "active", LastSuccessAt: milli(day(1)), ConsecutiveFailures: 2, Pending: 3, OldestDueAt: milli(day(9)),
		LastFailure: &client.WebhookFailure{At: milli(day(2)), Class: "timeout", Error: "no answer", Hint: taskhook.Hint(&taskhook.Attempt{Class: taskhook.ClassTimeout})},
		LastHour:    client.Traffic{Succeeded: 6, Failed: 2, SuccessRate: &hour, Failures: map[string]int{"timeout": 2}, Delivered: 6, GivenUp: 1},
		LastDay:     client.Traffic{Succeeded: 14, Failed: 2, SuccessRate: &whole, Failures: map[string]int{"timeout": 2}, Delivered: 14, GivenUp: 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWebhookIsReadWithItsHealth(t *testing.T) {
	t.Parallel()
	var one, changed client.Webhook
	for method, out := range map[string]*client.Webhook{"GET": &one, "PATCH": &changed} {
		rec := newWorld().ask(t, method, "/api/v1/webhooks/wh_1", "{}")
		if err := json.Unmarshal(open(t, rec).Data, out); err != nil {
			t.Fatal(err)
		}
	}
	if one.Health == nil || one.Health.Pending != 3 || one.URL == "" || one.Health.Hours != nil || changed.Health != nil {
		t.Errorf("read %+v, changed %+v", one, changed)
	}
}

// A webhook that was never sent to has no rate.
func TestHealthOfNothing(t *testing.T) {
	t.Parallel()
	if got := renderHealth(&taskhook.EndpointHealth{}); got.LastFailure != nil || got.LastDay.SuccessRate != nil || len(got.Hours) != 24 {
		t.Errorf("shown as %+v", got)
	}
}
