package modelhunter

import (
	"net/http"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// anyFailure asks for deliveries whose last attempt failed, whatever it met.
const anyFailure taskhook.Class = "any"

// listDeliveries answers GET /deliveries.
func (f *Face) listDeliveries(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	q := queryOf(r)
	return f.writeDeliveries(w, r, q, taskhook.DeliveryFilter{
		AccountID:  who.AccountID,
		EndpointID: q.id("webhookId", taskhook.PrefixEndpoint),
		EventID:    q.id("eventId", taskhook.PrefixEvent),
		Subject:    q.id("taskId", taskhook.PrefixTask),
		ReplayID:   q.id("replayId", taskhook.PrefixReplay),
	})
}

// webhookDeliveries answers GET /webhooks/{id}/deliveries.
func (f *Face) webhookDeliveries(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := webhookID(r)
	if err != nil {
		return err
	}
	if _, err := f.Endpoints.Endpoint(r.Context(), who.AccountID, id); err != nil {
		return err
	}
	return f.writeDeliveries(w, r, queryOf(r), taskhook.DeliveryFilter{AccountID: who.AccountID, EndpointID: id})
}

// taskDeliveries answers GET /tasks/{id}/deliveries.
func (f *Face) taskDeliveries(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	if _, err := f.Tasks.Task(r.Context(), who.AccountID, id); err != nil {
		return err
	}
	return f.writeDeliveries(w, r, queryOf(r), taskhook.DeliveryFilter{AccountID: who.AccountID, Subject: id})
}

// writeDeliveries answers with the part of the filter's list that q asks for.
func (f *Face) writeDeliveries(w http.ResponseWriter, r *http.Request, q *query, filter taskhook.DeliveryFilter) error {
	q.deliveries(&filter)
	filter.Page = q.page(defaultLimit, taskhook.PrefixDelivery)
	if q.err != nil {
		return q.err
	}
	list, err := f.Deliveries.Deliveries(r.Context(), filter)
	if err != nil {
		return err
	}
	return writeList(f, w, r, list, renderDelivery)
}

// deliveries reads what all lists of deliveries can be filtered by.
func (q *query) deliveries(f *taskhook.DeliveryFilter) {
	f.State = oneOf(q, "state", taskhook.DeliveryStates()...)
	f.LastClass = oneOf(q, "lastClass", append(taskhook.Failures(), anyFailure)...)
	if f.LastClass == anyFailure {
		f.Failing, f.LastClass = true, ""
	}
	f.EventType = q.text("eventType")
	f.From, f.To = q.time("startDate", false), q.time("endDate", true)
}

// delivery answers GET /deliveries/{delivery_id}.
func (f *Face) delivery(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := deliveryID(r)
	if err != nil {
		return err
	}
	d, err := f.Deliveries.Delivery(r.Context(), who.AccountID, id)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, renderDelivery(d))
}

// attempts answers GET /deliveries/{delivery_id}/attempts.
func (f *Face) attempts(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := deliveryID(r)
	if err != nil {
		return err
	}
	attempts, err := f.Deliveries.Attempts(r.Context(), who.AccountID, id)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, rendered(attempts, renderAttempt))
}

// replayDelivery answers POST /deliveries/{delivery_id}/replay, and the same
// below a webhook, whose delivery it must then be.
func (f *Face) replayDelivery(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := deliveryID(r)
	if err != nil {
		return err
	}
	if webhook := r.PathValue(pathID); webhook != "" {
		d, err := f.Deliveries.Delivery(r.Context(), who.AccountID, id)
		if err != nil {
			return err
		}
		if d.EndpointID != webhook {
			return taskhook.Errorf(taskhook.CodeNotFound, "This webhook has no such delivery.")
		}
	}
	d, err := f.Deliveries.Replay(r.Context(), who.AccountID, id)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusAccepted, renderDelivery(d))
}

// renderDelivery shows a delivery.
func renderDelivery(d taskhook.Delivery) client.Delivery {
	out := client.Delivery{
		ID: d.ID, EventID: d.EventID, EventType: d.EventType, Subject: d.Subject, WebhookID: d.EndpointID, URL: d.URL,
		State: string(d.State), Held: d.Held, Attempts: d.Attempts, LastError: d.LastError, LastClass: string(d.LastClass), Test: d.Test, ReplayOf: d.ReplayOf,
		ReplayID:  d.ReplayID,
		CreatedAt: milli(d.CreatedAt), FinishedAt: milli(d.FinishedAt),
	}
	if !d.State.Final() && !d.Held {
		out.NextAttemptAt = milli(d.DueAt)
	}
	return out
}

// renderAttempt shows an attempt. What a receiver answers may be any bytes.
func renderAttempt(a taskhook.Attempt) client.Attempt {
	return client.Attempt{
		Number: a.Number, StartedAt: milli(a.StartedAt), DurationMS: a.Duration.Milliseconds(), Delivered: a.Delivered(),
		StatusCode: a.Status, Class: string(a.Class), Error: a.Error, Response: strings.ToValidUTF8(string(a.Response), "\uFFFD"),
		RetryAfterSeconds: a.RetryAfter.Seconds(),
	}
}
