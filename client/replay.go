package client

import (
	"context"
	"net/http"
	"time"
)

// NewReplay is the body that asks for deliveries to be sent again: the ones of
// DeliveryIDs, all that match the filter, or, with Since, all that the webhook has
// not got since then.
type NewReplay struct {
	DeliveryIDs []string `json:"deliveryIds,omitempty"`

	WebhookID string    `json:"webhookId,omitempty"`
	EventID   string    `json:"eventId,omitempty"`
	TaskID    string    `json:"taskId,omitempty"`
	EventType string    `json:"eventType,omitempty"`
	State     string    `json:"state,omitempty"`     // delivered, failed or cancelled
	LastClass string    `json:"lastClass,omitempty"` // "timeout", "tls" …, or "any" failure
	StartDate time.Time `json:"startDate,omitzero"`  // creation time, inclusive
	EndDate   time.Time `json:"endDate,omitzero"`    // and exclusive

	Since   time.Time `json:"since,omitzero"`
	Missing bool      `json:"missing,omitempty"` // with Since: also what the webhook wants but was never owed

	ToWebhookID   string `json:"toWebhookId,omitempty"`   // gets all; empty: each goes where it went
	RatePerSecond int    `json:"ratePerSecond,omitempty"` // deliveries a second; 0 leaves it to the server
}

// ReplayChange changes the fields that are not nil.
type ReplayChange struct {
	RatePerSecond *int `json:"ratePerSecond,omitempty"`
}

// Replay is a job that sends deliveries again. State is running, paused, completed
// or cancelled.
type Replay struct {
	ID            string         `json:"id"`
	State         string         `json:"state"`
	Reason        string         `json:"reason,omitempty"`  // why the server cancelled it
	Selection     NewReplay      `json:"selection"`         // what was asked for
	RatePerSecond int            `json:"rate_per_second"`   // deliveries a second
	Found         int            `json:"found"`             // deliveries to make or to pass by, counted at the start
	FoundMore     bool           `json:"found_more"`        // there may be more than Found
	Percent       *int           `json:"percent,omitempty"` // done; nil: not known
	Created       int            `json:"created"`           // new deliveries so far
	Skipped       int            `json:"skipped"`           // passed by: owed already, or to nobody any more
	Deliveries    *ReplayOutcome `json:"deliveries,omitempty"`
	CreatedAt     time.Time      `json:"created_at"`
	FinishedAt    time.Time      `json:"finished_at,omitzero"`
}

// ReplayOutcome counts what became of the first 10,000 deliveries of a replay; only
// where one replay is read.
type ReplayOutcome struct {
	Pending   int `json:"pending"`
	Delivered int `json:"delivered"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
}

// ReplayPreview says what a replay would do.
type ReplayPreview struct {
	Count            int          `json:"count"`   // new deliveries, at most 10,000
	More             bool         `json:"more"`    // there may be more: the search ended before
	Skipped          int          `json:"skipped"` // passed by: owed already, or to nobody any more
	PurgedFiles      int          `json:"purged_files"`
	EstimatedSeconds int          `json:"estimated_seconds"` // at the rate, at least
	Warnings         []string     `json:"warnings"`          // sentences
	Sample           []ReplayItem `json:"sample"`            // the first of them
}

// ReplayItem is something that a replay would send.
type ReplayItem struct {
	DeliveryID string    `json:"delivery_id,omitempty"` // that is repeated; empty: the event was never owed to the webhook
	EventID    string    `json:"event_id"`
	EventType  string    `json:"event_type"`
	Subject    string    `json:"subject,omitempty"`
	State      string    `json:"state,omitempty"` // of the delivery
	URL        string    `json:"url"`             // where it goes
	LastError  string    `json:"last_error,omitempty"`
	CreatedAt  time.Time `json:"created_at"` // of the delivery, or of the event without one
}

// ReplayQuery selects replays. Empty fields select all.
type ReplayQuery struct {
	State string
	PageQuery
}

// PreviewReplay says what a replay would do.
func (c *Client) PreviewReplay(ctx context.Context, n NewReplay) (ReplayPreview, error) {
	return answer[ReplayPreview](ctx, c, call{method: http.MethodPost, path: []string{"replays", "preview"}, body: n})
}

// StartReplay begins a replay, which then goes on by itself. IdempotencyKey makes
// it safe to repeat and may be empty.
func (c *Client) StartReplay(ctx context.Context, n NewReplay, idempotencyKey string) (Replay, error) {
	k := call{method: http.MethodPost, path: []string{"replays"}, body: n}
	if idempotencyKey != "" {
		k.header = http.Header{"Idempotency-Key": {idempotencyKey}}
	}
	return answer[Replay](ctx, c, k)
}

// Replays lists replays.
func (c *Client) Replays(ctx context.Context, q ReplayQuery) (Page[Replay], error) {
	v := q.values()
	set(v, "state", q.State)
	return page[Replay](ctx, c, call{method: http.MethodGet, path: []string{"replays"}, query: v})
}

// Replay returns one replay.
func (c *Client) Replay(ctx context.Context, id string) (Replay, error) {
	return answer[Replay](ctx, c, call{method: http.MethodGet, path: []string{"replays", id}})
}

// ChangeReplay changes the rate of a replay.
func (c *Client) ChangeReplay(ctx context.Context, id string, change ReplayChange) (Replay, error) {
	return answer[Replay](ctx, c, call{method: http.MethodPatch, path: []string{"replays", id}, body: change})
}

// PauseReplay stops a replay until it is resumed.
func (c *Client) PauseReplay(ctx context.Context, id string) (Replay, error) {
	return c.tellReplay(ctx, id, "pause")
}

// ResumeReplay lets a paused replay go on.
func (c *Client) ResumeReplay(ctx context.Context, id string) (Replay, error) {
	return c.tellReplay(ctx, id, "resume")
}

// CancelReplay ends a replay. What it has made is still sent.
func (c *Client) CancelReplay(ctx context.Context, id string) (Replay, error) {
	return c.tellReplay(ctx, id, "cancel")
}

func (c *Client) tellReplay(ctx context.Context, id, what string) (Replay, error) {
	return answer[Replay](ctx, c, call{method: http.MethodPost, path: []string{"replays", id, what}})
}
