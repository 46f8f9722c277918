package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Workers speaks to a server as a worker: a program that fetches tasks. Its key is one
// that `taskhook key create --scope worker` has made. It may be used concurrently.
type Workers struct{ Client }

// NewWorkers returns a Workers of the server at baseURL.
func NewWorkers(baseURL, key string) *Workers {
	return &Workers{Client{base: strings.TrimRight(baseURL, "/") + "/worker/v1", key: key}}
}

// LeaseRequest asks for tasks.
type LeaseRequest struct {
	Worker   string            `json:"worker"`            // what the worker is called
	Session  string            `json:"session,omitempty"` // one start of it: a new one ends a drain
	Pool     string            `json:"pool,omitempty"`    // without it "default"
	Models   []string          `json:"models,omitempty"`  // "NAME" or "PROVIDER/NAME"; none: all
	Labels   map[string]string `json:"labels,omitempty"`  // for tasks with a pin, such as gpu: a100
	Version  string            `json:"version,omitempty"` // of the program, for people; at most 100 bytes
	Capacity int               `json:"capacity"`          // tasks at a time
	Free     *int              `json:"free,omitempty"`    // tasks wanted now; without it capacity
	Wait     int               `json:"wait,omitempty"`    // seconds to wait while there is none; at most 60
}

// Leased answers with tasks, or with none.
type Leased struct {
	Leases   []Lease `json:"leases"`
	Draining bool    `json:"draining,omitempty"` // there will be no more: finish what there is, and end
}

// Lease is a task that a worker has.
type Lease struct {
	ID         string          `json:"lease"` // proves in all other calls that the task is the worker's
	Task       string          `json:"task"`
	Attempt    int             `json:"attempt"` // from 1; more: others failed or were lost
	Provider   string          `json:"provider"`
	Model      string          `json:"model"`
	Capability string          `json:"capability"`
	Type       string          `json:"type"`  // the medium
	Input      json.RawMessage `json:"input"` // an object, as the client sent it
	ExpiresAt  time.Time       `json:"expires_at"`
	Deadline   time.Time       `json:"deadline"`  // when the model's time is over
	Heartbeat  float64         `json:"heartbeat"` // how often to send one, in seconds
}

// The standings of a lease.
const (
	LeaseContinue  = "continue"  // go on
	LeaseCancelled = "cancelled" // stop: nobody wants the task any more
	LeaseEnded     = "ended"     // stop: its outcome is known
	LeaseLost      = "lost"      // stop: it was given to another worker, or is gone
)

// Heartbeat answers to a sign of life.
type Heartbeat struct {
	Status    string    `json:"status"` // one of the standings
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Heartbeat float64   `json:"heartbeat,omitempty"` // how often to send one from now on, in seconds
	Draining  bool      `json:"draining,omitempty"`
}

// Progress says how far a task is.
type Progress struct {
	Progress int `json:"progress"` // 0 to 100
}

// Received says how much of an output has arrived.
type Received struct {
	Offset int64 `json:"offset"` // bytes; where to go on
}

// Output is a result that was sent.
type Output struct {
	Name   string `json:"name,omitempty"` // the file's
	Size   int64  `json:"size"`           // bytes
	SHA256 string `json:"sha256"`         // hex
	NSFW   *bool  `json:"nsfw,omitempty"` // what a safety check has found, if there was one
}

// Completion ends a task well.
type Completion struct {
	Outputs []Output `json:"outputs"` // in order
}

// Failed ends a try badly.
type Failed struct {
	Message   string `json:"message"`             // a sentence for the user
	Permanent bool   `json:"permanent,omitempty"` // no other try could do better
}

// Drain names a worker that is to get no more.
type Drain struct {
	Worker string `json:"worker"`
}

// LeaseStatus answers what ends a lease.
type LeaseStatus struct {
	Status string `json:"status"`
}

// WorkerInfo is a worker that was lately heard of.
type WorkerInfo struct {
	Worker    string            `json:"worker"`
	Pool      string            `json:"pool"`
	Models    []string          `json:"models"`
	Labels    map[string]string `json:"labels"`
	Version   string            `json:"version,omitempty"`
	Capacity  int               `json:"capacity"`
	Leases    int               `json:"leases"` // tasks that it has
	Draining  bool              `json:"draining"`
	StartedAt time.Time         `json:"started_at"`
	SeenAt    time.Time         `json:"seen_at"`
}

// Lease asks for tasks.
func (w *Workers) Lease(ctx context.Context, r LeaseRequest) (Leased, error) {
	return answer[Leased](ctx, &w.Client, call{method: http.MethodPost, path: []string{"lease"}, body: r})
}

func (w *Workers) of(lease, what string, body any) call {
	return call{method: http.MethodPost, path: []string{"leases", lease, what}, body: body}
}

// Heartbeat says that the worker is there.
func (w *Workers) Heartbeat(ctx context.Context, lease string, progress int) (Heartbeat, error) {
	return answer[Heartbeat](ctx, &w.Client, w.of(lease, "heartbeat", Progress{progress}))
}

// Complete ends a task well. It can be repeated.
func (w *Workers) Complete(ctx context.Context, lease string, outputs []Output) error {
	_, err := answer[LeaseStatus](ctx, &w.Client, w.of(lease, "complete", Completion{outputs}))
	return err
}

// Fail ends a try badly. It can be repeated.
func (w *Workers) Fail(ctx context.Context, lease string, f Failed) error {
	_, err := answer[LeaseStatus](ctx, &w.Client, w.of(lease, "fail", f))
	return err
}

// Release gives a task back.
func (w *Workers) Release(ctx context.Context, lease string) error {
	_, err := answer[LeaseStatus](ctx, &w.Client, w.of(lease, "release", nil))
	return err
}

// Received asks how much of an output has arrived.
func (w *Workers) Received(ctx context.Context, lease string, output int) (int64, error) {
	r, err := answer[Received](ctx, &w.Client, call{method: http.MethodGet, path: []string{"leases", lease, "outputs", strconv.Itoa(output)}})
	return r.Offset, err
}

// Send sends the bytes of an output from the offset on, and returns how many have
// arrived then.
func (w *Workers) Send(ctx context.Context, lease string, output int, offset int64, bytes io.Reader) (int64, error) {
	k := call{method: http.MethodPut, path: []string{"leases", lease, "outputs", strconv.Itoa(output)},
		query: url.Values{"offset": {strconv.FormatInt(offset, 10)}}}
	req, err := w.request(ctx, k)
	if err != nil {
		return 0, err
	}
	req.Body = io.NopCloser(bytes)
	req.ContentLength = -1
	req.Header.Set("Content-Type", "application/octet-stream")
	var r Received
	k.data = &r
	err = w.send(req, k)
	return r.Offset, err
}

// Drain has a worker get no more tasks until it starts anew.
func (w *Workers) Drain(ctx context.Context, worker string) error {
	return w.do(ctx, call{method: http.MethodPost, path: []string{"drain"}, body: Drain{worker}})
}

// Workers lists the workers that were lately heard of, by name.
func (w *Workers) Workers(ctx context.Context) ([]WorkerInfo, error) {
	return answer[[]WorkerInfo](ctx, &w.Client, call{method: http.MethodGet, path: []string{"workers"}})
}
