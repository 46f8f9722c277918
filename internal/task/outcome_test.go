package task

import (
	"context"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// TestOneEventForAllReceivers holds that the per-job delivery and the configured
// one tell of the same event, each in its own form and by its own schedule.
func TestOneEventForAllReceivers(t *testing.T) {
	for _, succeed := range []bool{true, false} {
		check := func(h *house) {
			now := time.Now()
			endpoint := taskhook.Endpoint{ID: "wh_1", AccountID: "acc_a", URL: "https://hooks/", LaneID: "lane_1", State: taskhook.EndpointActive,
				Events: []string{taskhook.EventTaskCompleted, taskhook.EventTaskFailed}, CreatedAt: now, UpdatedAt: now}
			if err := h.store.CreateEndpoint(h.Context(), endpoint); err != nil {
				h.Fatal(err)
			}
			want := taskhook.EventTaskCompleted
			if !succeed {
				want = taskhook.EventTaskFailed
				h.one.set(func(context.Context, provider.Request, provider.Sink) error {
					return provider.Permanent(taskhook.TaskErrorProvider, "No.")
				})
			}
			n := newTask("one")
			n.WebhookURL = "https://jobs.example:8443/here?x=1"
			k, _, err := h.service.Create(h.Context(), taskhook.Identity{AccountID: "acc_a"}, n)
			if err != nil {
				h.Fatal(err)
			}
			pass(time.Second)
			event := h.events(k.ID)[0]
			list, err := h.store.Deliveries(h.Context(), taskhook.DeliveryFilter{AccountID: "acc_a", Subject: k.ID, Page: taskhook.Page{Limit: 10}})
			if err != nil || len(list.Items) != 2 {
				h.Fatalf("%d deliveries: %v", len(list.Items), err)
			}
			for _, d := range list.Items {
				o, err := h.store.Outgoing(h.Context(), "acc_a", d.ID)
				if err != nil {
					h.Fatal(err)
				}
				body, url, schedule, lane := string(event.Body), "https://hooks/", "1m0s", "lane_1"
				if d.PerJob() {
					body, url, schedule = "face "+event.ID, n.WebhookURL, "1h0m0s"
					lane = taskhook.OriginLane("acc_a", "https://jobs.example:8443")
				}
				if d.EventID != event.ID || d.EventType != want || string(o.Body) != body || d.URL != url || d.Schedule.String() != schedule || d.LaneID != lane {
					h.Errorf("delivery %+v with the body %s", d, o.Body)
				}
			}
		}
		t.Run(map[bool]string{true: "success", false: "failure"}[succeed], func(t *testing.T) { inHouse(t, check) })
	}
}

// TestForgottenFace holds that a task of a face that is gone is told of in the
// primary form.
func TestForgottenFace(t *testing.T) {
	t.Parallel()
	o := Outcomes{Primary: func(taskhook.Outcome) []byte { return []byte("primary") }, Links: links{}}
	p := o.Publication(taskhook.Task{ID: "task_1", Face: "gone", State: taskhook.TaskSucceeded, WebhookURL: "https://x/"}, time.Now())
	if len(p.Deliveries) != 1 || string(p.Deliveries[0].Body) != "primary" {
		t.Errorf("deliveries %+v", p.Deliveries)
	}
	if p = o.Publication(taskhook.Task{ID: "task_1"}, time.Now()); len(p.Deliveries) != 0 {
		t.Errorf("a delivery to nowhere: %+v", p.Deliveries)
	}
}
