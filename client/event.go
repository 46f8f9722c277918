package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// MaxEvents is how many events one request may publish.
const MaxEvents = 500

// NewEvent is an event to publish.
type NewEvent struct {
	Type string          `json:"type"` // "order.paid"
	Data json.RawMessage `json:"data"` // an object
}

// EventBatch is the body that publishes several events.
type EventBatch struct {
	Events []NewEvent `json:"events"`
}

// PublishedEvent names an event that is durable and owed to all who want it.
type PublishedEvent struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	CreatedAt time.Time `json:"created_at"`
}

// PublishedEvents answers a batch, in its order.
type PublishedEvents struct {
	Events []PublishedEvent `json:"events"`
}

// Publish publishes one event.
func (c *Client) Publish(ctx context.Context, e NewEvent) (PublishedEvent, error) {
	return answer[PublishedEvent](ctx, c, call{method: http.MethodPost, path: []string{"events"}, body: e})
}

// PublishBatch publishes up to MaxEvents events, all or none.
func (c *Client) PublishBatch(ctx context.Context, events []NewEvent) ([]PublishedEvent, error) {
	out, err := answer[PublishedEvents](ctx, c, call{method: http.MethodPost, path: []string{"events"}, body: EventBatch{Events: events}})
	return out.Events, err
}
