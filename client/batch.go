package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// NewBatch is the body that asks for many generations of one model, all or none.
type NewBatch struct {
	Provider    string            `json:"provider"`
	Capability  string            `json:"capability,omitempty"` // empty: the only one of the model
	Model       string            `json:"model"`
	Inputs      []json.RawMessage `json:"inputs"`                // an object for each task, at most 1,000
	Concurrency int               `json:"concurrency,omitempty"` // tasks that go on at a time; 0: no limit
	WebhookURL  string            `json:"webhookUrl,omitempty"`  // told of the outcome of each task
	Metadata    json.RawMessage   `json:"metadata,omitempty"`    // an object, given back with each task

	// IdempotencyKey makes the submission safe to repeat: the same key with the same
	// body is the same batch. At most 255 characters.
	IdempotencyKey string `json:"-"`
}

// Batch is many tasks that were submitted together. Status is one of running,
// completed and cancelled.
type Batch struct {
	ID          string      `json:"id"`
	Status      string      `json:"status"`
	Provider    string      `json:"provider"`
	Capability  string      `json:"capability"`
	Model       string      `json:"model"`
	Concurrency int         `json:"concurrency"` // 0: no limit
	Counts      BatchCounts `json:"counts"`
	Tasks       []BatchTask `json:"tasks,omitempty"` // in the order of the inputs; not in lists
	CreatedAt   time.Time   `json:"created_at"`
	CompletedAt time.Time   `json:"completed_at,omitzero"` // when its last task ended
}

// BatchCounts is how far a batch is.
type BatchCounts struct {
	Total     int `json:"total"`
	Open      int `json:"open"` // that have not ended
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
}

// BatchTask is what a batch shows of a task.
type BatchTask struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

// SubmitBatch asks for many generations. An error about one of them names it by its
// place, "inputs[3]".
func (c *Client) SubmitBatch(ctx context.Context, n NewBatch) (Batch, error) {
	k := call{method: http.MethodPost, path: []string{"batches"}, body: n}
	if n.IdempotencyKey != "" {
		k.header = http.Header{"Idempotency-Key": {n.IdempotencyKey}}
	}
	return answer[Batch](ctx, c, k)
}

// Batch returns one batch with its tasks.
func (c *Client) Batch(ctx context.Context, id string) (Batch, error) {
	return answer[Batch](ctx, c, call{method: http.MethodGet, path: []string{"batches", id}})
}

// Batches lists batches, without their tasks.
func (c *Client) Batches(ctx context.Context, q PageQuery) (Page[Batch], error) {
	return page[Batch](ctx, c, call{method: http.MethodGet, path: []string{"batches"}, query: q.values()})
}

// CancelBatch cancels what of a batch has not ended; if all has, the error has status
// 409.
func (c *Client) CancelBatch(ctx context.Context, id string) (Batch, error) {
	return answer[Batch](ctx, c, call{method: http.MethodPost, path: []string{"batches", id, "cancel"}})
}
