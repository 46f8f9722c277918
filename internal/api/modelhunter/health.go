package modelhunter

import (
	"net/http"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// webhookHealth answers GET /webhooks/{id}/health.
func (f *Face) webhookHealth(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := webhookID(r)
	if err != nil {
		return err
	}
	h, err := f.EndpointTools.EndpointHealth(r.Context(), who.AccountID, id)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, renderHealth(&h))
}

// renderHealth shows how an endpoint fares.
func renderHealth(h *taskhook.EndpointHealth) client.WebhookHealth {
	hour, day := h.Traffic.LastHour(), h.Traffic.Sum()
	out := client.WebhookHealth{WebhookID: h.Endpoint.ID, State: string(h.Endpoint.State), Reason: h.Endpoint.Reason,
		LastSuccessAt: milli(h.LastSuccess), ConsecutiveFailures: h.Failures, Pending: h.Pending, OldestDueAt: milli(h.OldestDue),
		RestsUntil: milli(h.Rest.Until), BreakerTrips: h.Rest.Trips,
		LastHour: renderTraffic(hour), LastDay: renderTraffic(day), Hours: make([]client.TrafficHour, len(h.Traffic))}
	if last := h.LastFailure; last != nil {
		out.LastFailure = &client.WebhookFailure{At: milli(last.At), Class: string(last.Class), StatusCode: last.Status, Error: last.Error, Hint: last.Hint()}
	}
	for i := range h.Traffic {
		t := &h.Traffic[i]
		out.Hours[i] = client.TrafficHour{Start: wholeSecond(t.Start), Succeeded: t.Succeeded(), Failed: t.Failed()}
	}
	return out
}

func renderTraffic(t *taskhook.Traffic) client.Traffic {
	out := client.Traffic{Succeeded: t.Succeeded(), Failed: t.Failed(), Delivered: t.Delivered, GivenUp: t.GivenUp}
	if rate, ok := t.Rate(); ok {
		out.SuccessRate = &rate
	}
	for class, n := range t.Attempts {
		if class == taskhook.ClassOK {
			continue
		}
		if out.Failures == nil {
			out.Failures = map[string]int{}
		}
		out.Failures[string(class)] = n
	}
	return out
}
