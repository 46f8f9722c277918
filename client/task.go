package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Submission is the body that asks for a generation.
type Submission struct {
	Model      string          `json:"model"`
	Input      json.RawMessage `json:"input"`                // an object, the provider's parameters
	WebhookURL string          `json:"webhookUrl,omitempty"` // told of this task's outcome only
	Metadata   json.RawMessage `json:"metadata,omitempty"`   // an object, given back with the task
	Priority   int             `json:"priority,omitempty"`   // -10 to 10: higher goes first among the tasks of one account that wait for workers
	Pin        string          `json:"pin,omitempty"`        // a label that its worker must have, such as gpu=a100 or worker=NAME

	// IdempotencyKey makes the submission safe to repeat: the same key with the
	// same body is the same task. At most 255 characters.
	IdempotencyKey string `json:"-"`
}

// AcceptedTask answers a submission or a retry.
type AcceptedTask struct {
	ID               string          `json:"id"`
	OriginalTaskID   string          `json:"original_task_id,omitempty"` // of a retry
	Status           string          `json:"status"`
	Type             string          `json:"type"` // the capability after a submission, the medium after a retry
	Provider         string          `json:"provider"`
	Model            string          `json:"model"`
	CreatedAt        time.Time       `json:"created_at"`
	EstimatedSeconds int             `json:"estimated_seconds"`
	Metadata         json.RawMessage `json:"metadata,omitempty"`
}

// Task is a generation. Status is one of pending, queued, running, succeeded,
// failed, cancelled and expired.
type Task struct {
	ID             string          `json:"id"`
	Type           string          `json:"type"` // the medium: "video"
	Status         string          `json:"status"`
	Provider       string          `json:"provider"`
	Model          string          `json:"model"`
	Capability     string          `json:"capability"`
	Adapter        string          `json:"adapter,omitempty"` // who runs it, or has: "http:acme"
	Progress       int             `json:"progress"`          // 0 to 100
	Cost           json.Number     `json:"cost,omitempty"`    // USD, of a succeeded task
	Result         []Result        `json:"result,omitempty"`  // of a succeeded task
	Error          *TaskError      `json:"error,omitempty"`   // of a failed one
	CreatedAt      time.Time       `json:"created_at"`
	StartedAt      time.Time       `json:"started_at,omitzero"`
	CompletedAt    time.Time       `json:"completed_at,omitzero"`
	OriginalTaskID string          `json:"original_task_id,omitempty"` // the one that this task repeats
	Metadata       json.RawMessage `json:"metadata,omitempty"`
	BatchID        string          `json:"batch_id,omitempty"` // that it was submitted with
	Sandbox        bool            `json:"sandbox,omitempty"`  // the results are made up
	KeyID          string          `json:"key_id,omitempty"`   // the key that submitted it, and pays
	Priority       int             `json:"priority,omitempty"`
	Pin            string          `json:"pin,omitempty"`
	Worker         string          `json:"worker,omitempty"` // that has it, or had it last
}

// Result is a file that a task made. The URL is good for 15 minutes; reading the
// task again gives a new one.
type Result struct {
	URL       string  `json:"url"`
	Duration  float64 `json:"duration,omitempty"` // seconds, of audio and video
	Format    string  `json:"format"`             // "mp4"
	SizeBytes int64   `json:"size_bytes"`
}

// Poster is a still picture of a video that a task made. The URL is good for 15
// minutes.
type Poster struct {
	Result    int    `json:"result"` // which of the task's results it shows, from 0
	URL       string `json:"url"`
	Format    string `json:"format"` // "jpg"
	SizeBytes int64  `json:"size_bytes"`
}

// TaskError says why a task failed.
type TaskError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// TaskQuery selects tasks. Empty fields select all.
type TaskQuery struct {
	Status    string
	Provider  string
	Model     string
	From, To  time.Time // creation time, From inclusive, To exclusive
	IDPrefix  string
	BatchID   string
	PageQuery // which part
}

// Submit asks a provider for a generation, such as "vidu" for "text-to-video".
func (c *Client) Submit(ctx context.Context, provider, capability string, s Submission) (AcceptedTask, error) {
	k := call{method: http.MethodPost, path: []string{provider, capability}, body: s}
	if s.IdempotencyKey != "" {
		k.header = http.Header{"Idempotency-Key": {s.IdempotencyKey}}
	}
	return answer[AcceptedTask](ctx, c, k)
}

// Task returns one task with fresh links to its results.
func (c *Client) Task(ctx context.Context, id string) (Task, error) {
	return answer[Task](ctx, c, call{method: http.MethodGet, path: []string{"tasks", id}})
}

// Posters returns the still pictures of a task's videos. They are made after the task
// has ended.
func (c *Client) Posters(ctx context.Context, id string) ([]Poster, error) {
	return answer[[]Poster](ctx, c, call{method: http.MethodGet, path: []string{"tasks", id, "posters"}})
}

// Tasks lists tasks.
func (c *Client) Tasks(ctx context.Context, q TaskQuery) (Page[Task], error) {
	v := q.values()
	set(v, "status", q.Status)
	set(v, "provider", q.Provider)
	set(v, "modelId", q.Model)
	set(v, "search", q.IDPrefix)
	set(v, "batchId", q.BatchID)
	setTime(v, "startDate", q.From)
	setTime(v, "endDate", q.To)
	return page[Task](ctx, c, call{method: http.MethodGet, path: []string{"tasks"}, query: v})
}

// CancelTask cancels a task that is not finished; else the error has status 409.
func (c *Client) CancelTask(ctx context.Context, id string) (Task, error) {
	return answer[Task](ctx, c, call{method: http.MethodPost, path: []string{"tasks", id, "cancel"}})
}

// Retry says how to repeat a task.
type Retry struct {
	// Handle is by what name the provider knows work that it has already taken on;
	// the new task waits for that.
	Handle string `json:"handle,omitempty"`
}

// RetryTask makes a new task like one that failed or expired.
func (c *Client) RetryTask(ctx context.Context, id string) (AcceptedTask, error) {
	return answer[AcceptedTask](ctx, c, call{method: http.MethodPost, path: []string{"tasks", id, "retry"}})
}

// AttachTask makes a new task like one that failed, which waits for the work that
// the provider knows by the handle.
func (c *Client) AttachTask(ctx context.Context, id, handle string) (AcceptedTask, error) {
	return answer[AcceptedTask](ctx, c, call{method: http.MethodPost, path: []string{"tasks", id, "retry"}, body: Retry{Handle: handle}})
}
