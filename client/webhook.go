package client

import (
	"context"
	"net/http"
	"time"
)

// NewWebhook is the body that registers a receiver.
type NewWebhook struct {
	URL           string    `json:"url"`
	Events        []string  `json:"events"` // "task.completed", "task.failed" or types of your own
	Description   string    `json:"description,omitempty"`
	RetrySchedule []float64 `json:"retrySchedule,omitzero"`  // seconds before each retry; nil: the operator's
	RatePerSecond int       `json:"ratePerSecond,omitempty"` // attempts a second at most; 0: no limit
	MaxInFlight   int       `json:"maxInFlight,omitempty"`   // attempts at a time at most; 0: as many as it bears
}

// WebhookChange changes the fields that are not nil.
type WebhookChange struct {
	URL           *string    `json:"url,omitempty"`
	Events        *[]string  `json:"events,omitempty"`
	Description   *string    `json:"description,omitempty"`
	Active        *bool      `json:"active,omitempty"`        // false pauses: what is owed is held
	State         *string    `json:"state,omitempty"`         // "active" or "paused", the same in words
	RetrySchedule *[]float64 `json:"retrySchedule,omitempty"` // to a nil slice: back to the operator's
	RatePerSecond *int       `json:"ratePerSecond,omitempty"` // 0: no limit
	MaxInFlight   *int       `json:"maxInFlight,omitempty"`   // 0: no limit
}

// Rotation is the body that asks for a new secret.
type Rotation struct {
	// OverlapSeconds is how long the old secret stays valid; nil leaves it to the
	// server.
	OverlapSeconds *int `json:"overlapSeconds,omitempty"`
}

// Webhook is a registered receiver. State is active, paused or disabled.
type Webhook struct {
	ID            string    `json:"id"`
	URL           string    `json:"url"`
	Events        []string  `json:"events"`
	Description   string    `json:"description"`
	Active        bool      `json:"active"`
	State         string    `json:"state"`
	Reason        string    `json:"reason,omitempty"`        // why it is not active
	RetrySchedule []float64 `json:"retry_schedule,omitzero"` // seconds; absent: the operator's
	RatePerSecond int       `json:"rate_per_second,omitempty"`
	MaxInFlight   int       `json:"max_in_flight,omitempty"`
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`

	Health *WebhookHealth `json:"health,omitempty"` // how it fares; only when one webhook is read

	Secret string `json:"secret,omitempty"` // shown only when it is new
	// SecretPromotedAt is when X-Webhook-Signature starts to use a new secret, and
	// PreviousSecretExpiresAt when the one before ends. Only a rotation shows them.
	SecretPromotedAt        time.Time `json:"secret_promoted_at,omitzero"`
	PreviousSecretExpiresAt time.Time `json:"previous_secret_expires_at,omitzero"`
}

// Deleted answers a deletion.
type Deleted struct {
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

// TestResult tells what became of a test event.
type TestResult struct {
	EventID    string `json:"event_id"`
	DeliveryID string `json:"delivery_id"`
	Delivered  bool   `json:"delivered"`
	StatusCode int    `json:"status_code"` // 0 when no answer came
	DurationMS int64  `json:"duration_ms"`
	Error      string `json:"error,omitempty"`
}

// WebhookQuery selects webhooks.
type WebhookQuery struct {
	State string
	PageQuery
}

// CreateWebhook registers a receiver. The answer alone shows its secret.
func (c *Client) CreateWebhook(ctx context.Context, n NewWebhook) (Webhook, error) {
	return answer[Webhook](ctx, c, call{method: http.MethodPost, path: []string{"webhooks"}, body: n})
}

// Webhook returns one webhook.
func (c *Client) Webhook(ctx context.Context, id string) (Webhook, error) {
	return answer[Webhook](ctx, c, call{method: http.MethodGet, path: []string{"webhooks", id}})
}

// Webhooks lists webhooks.
func (c *Client) Webhooks(ctx context.Context, q WebhookQuery) (Page[Webhook], error) {
	v := q.values()
	set(v, "state", q.State)
	return page[Webhook](ctx, c, call{method: http.MethodGet, path: []string{"webhooks"}, query: v})
}

// UpdateWebhook changes a webhook.
func (c *Client) UpdateWebhook(ctx context.Context, id string, change WebhookChange) (Webhook, error) {
	return answer[Webhook](ctx, c, call{method: http.MethodPatch, path: []string{"webhooks", id}, body: change})
}

// DeleteWebhook deletes a webhook. What was still owed to it is cancelled.
func (c *Client) DeleteWebhook(ctx context.Context, id string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: []string{"webhooks", id}})
}

// TestWebhook sends a test event, once, and waits for what becomes of it. A
// receiver that refuses is no error.
func (c *Client) TestWebhook(ctx context.Context, id string) (TestResult, error) {
	return answer[TestResult](ctx, c, call{method: http.MethodPost, path: []string{"webhooks", id, "test"}})
}

// Dropped says how much of what was held for a webhook is cancelled now.
type Dropped struct {
	WebhookID string `json:"webhook_id"`
	Dropped   int64  `json:"dropped"`
}

// DropHeld cancels what is held for a webhook that is paused or disabled.
func (c *Client) DropHeld(ctx context.Context, id string) (Dropped, error) {
	return answer[Dropped](ctx, c, call{method: http.MethodPost, path: []string{"webhooks", id, "drop"}})
}

// RotateSecret gives a webhook a new secret, which the answer alone shows.
func (c *Client) RotateSecret(ctx context.Context, id string, r Rotation) (Webhook, error) {
	return answer[Webhook](ctx, c, call{method: http.MethodPost, path: []string{"webhooks", id, "rotate-secret"}, body: r})
}
