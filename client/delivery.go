package client

import (
	"context"
	"net/http"
	"time"
)

// Delivery is one event owed to one URL. State is pending, delivered, failed or
// cancelled.
type Delivery struct {
	ID            string    `json:"id"`
	EventID       string    `json:"event_id"`
	EventType     string    `json:"event_type"`
	Subject       string    `json:"subject,omitempty"`    // of the event: the task's id
	WebhookID     string    `json:"webhook_id,omitempty"` // empty: per-job, the URL was given with the task
	URL           string    `json:"url"`
	State         string    `json:"state"`
	Held          bool      `json:"held"`     // pending, but the webhook is paused or disabled
	Attempts      int       `json:"attempts"` // made so far
	LastError     string    `json:"last_error,omitempty"`
	LastClass     string    `json:"last_class,omitempty"` // of the last attempt, where that failed: "timeout", "tls" …
	Test          bool      `json:"test,omitempty"`
	ReplayOf      string    `json:"replay_of,omitempty"` // the delivery that this one repeats
	ReplayID      string    `json:"replay_id,omitempty"` // the replay that has made it
	NextAttemptAt time.Time `json:"next_attempt_at,omitzero"`
	CreatedAt     time.Time `json:"created_at"`
	FinishedAt    time.Time `json:"finished_at,omitzero"`
}

// Attempt is one HTTP try of a delivery.
type Attempt struct {
	Number            int       `json:"number"` // from 1
	StartedAt         time.Time `json:"started_at"`
	DurationMS        int64     `json:"duration_ms"`
	Delivered         bool      `json:"delivered"`
	StatusCode        int       `json:"status_code"`         // 0 when no answer came
	Class             string    `json:"class"`               // "ok", "timeout", "tls" …
	Error             string    `json:"error,omitempty"`     // a sentence
	Response          string    `json:"response"`            // the beginning of the answer's body, as text
	RetryAfterSeconds float64   `json:"retry_after_seconds"` // what the receiver asked for
}

// DeliveryQuery selects deliveries. Empty fields select all.
type DeliveryQuery struct {
	WebhookID string
	EventID   string
	EventType string
	TaskID    string
	State     string
	LastClass string    // "timeout", "tls" …, or "any" failure
	ReplayID  string    // that has made them
	From, To  time.Time // creation time, From inclusive, To exclusive
	PageQuery           // which part
}

// Deliveries lists deliveries.
func (c *Client) Deliveries(ctx context.Context, q DeliveryQuery) (Page[Delivery], error) {
	v := q.values()
	set(v, "webhookId", q.WebhookID)
	set(v, "eventId", q.EventID)
	set(v, "taskId", q.TaskID)
	set(v, "eventType", q.EventType)
	set(v, "state", q.State)
	set(v, "lastClass", q.LastClass)
	set(v, "replayId", q.ReplayID)
	setTime(v, "startDate", q.From)
	setTime(v, "endDate", q.To)
	return page[Delivery](ctx, c, call{method: http.MethodGet, path: []string{"deliveries"}, query: v})
}

// Delivery returns one delivery.
func (c *Client) Delivery(ctx context.Context, id string) (Delivery, error) {
	return answer[Delivery](ctx, c, call{method: http.MethodGet, path: []string{"deliveries", id}})
}

// Attempts returns the attempts of a delivery, in order.
func (c *Client) Attempts(ctx context.Context, deliveryID string) ([]Attempt, error) {
	return answer[[]Attempt](ctx, c, call{method: http.MethodGet, path: []string{"deliveries", deliveryID, "attempts"}})
}

// ReplayDelivery sends a delivery's event again, under its old id, as a new
// delivery.
func (c *Client) ReplayDelivery(ctx context.Context, id string) (Delivery, error) {
	return answer[Delivery](ctx, c, call{method: http.MethodPost, path: []string{"deliveries", id, "replay"}})
}
