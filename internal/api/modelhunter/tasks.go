package modelhunter

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/jsjson"
)

const (
	idempotencyHeader = "Idempotency-Key"
	maxIdempotencyKey = 255
)

// submit answers POST /{provider}/{capability}.
func (f *Face) submit(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	n, err := readSubmission(w, r)
	if err != nil {
		return err
	}
	t, existed, err := f.Tasks.Create(r.Context(), who, n)
	if err != nil {
		return err
	}
	if existed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	out := acceptedTask(t)
	out.Type = t.Capability
	return f.writeData(w, r, http.StatusAccepted, out)
}

// readSubmission reads what a task is asked for with.
func readSubmission(w http.ResponseWriter, r *http.Request) (taskhook.NewTask, error) {
	n := taskhook.NewTask{Face: Name, Provider: r.PathValue("provider"), Capability: r.PathValue("capability")}
	body, err := readObject(w, r)
	if err != nil {
		return n, err
	}
	if err := decodeSubmission(body, &n); err != nil {
		return n, err
	}
	n.IdempotencyKey, n.RequestHash, err = idempotency(r, n.Provider, n.Capability, body)
	return n, err
}

// idempotency returns the key that makes a request repeatable, and the hash that
// tells requests under one key apart; both are empty where there is none.
func idempotency(r *http.Request, to, what string, body []byte) (key, hash string, err error) {
	key = r.Header.Get(idempotencyHeader)
	if len(key) > maxIdempotencyKey {
		return "", "", taskhook.FieldErrorf(taskhook.CodeInvalid, idempotencyHeader, "%s must have at most %d characters.", idempotencyHeader, maxIdempotencyKey)
	}
	if key != "" {
		hash = requestHash(to, what, body)
	}
	return key, hash, nil
}

// decodeSubmission reads the body of a submission.
func decodeSubmission(body []byte, n *taskhook.NewTask) error {
	err := decodeObject(body, func(name string) any {
		switch name {
		case "model":
			return &n.Model
		case "input":
			return &n.Input
		case "webhookUrl":
			return &n.WebhookURL
		case "metadata":
			return &n.Metadata
		case "priority":
			return &n.Priority
		case "pin":
			return &n.Pin
		}
		return nil
	})
	if err != nil {
		return err
	}
	switch {
	case n.Model == "":
		return missing("model")
	case n.Input == nil:
		return missing("input")
	}
	if err := checkObject("input", n.Input); err != nil || n.Metadata == nil {
		return err
	}
	// Receivers parse a webhook and write it again to verify it, and must get the
	// bytes that were signed.
	metadata, err := jsjson.NormalizeObject(nil, n.Metadata)
	if err != nil {
		return wrongType("metadata", "an object")
	}
	n.Metadata = metadata
	return nil
}

// requestHash tells submissions apart.
func requestHash(provider, capability string, body []byte) string {
	h := sha256.New()
	for _, part := range []string{provider, capability} {
		h.Write([]byte(part + "\n"))
	}
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// task answers GET /tasks/{id}.
func (f *Face) task(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	t, err := f.Tasks.Task(r.Context(), who.AccountID, id)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, f.renderTask(t, f.Now()))
}

// posters answers GET /tasks/{id}/posters.
func (f *Face) posters(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	t, err := f.Tasks.Task(r.Context(), who.AccountID, id)
	if err != nil {
		return err
	}
	now, list := f.Now(), []client.Poster{}
	for _, a := range t.Results {
		if p := a.Poster; p != nil && !a.Removed {
			list = append(list, client.Poster{Result: a.Index, URL: f.Links.Expiring(*p, now), Format: p.Format, SizeBytes: p.Size})
		}
	}
	return f.writeData(w, r, http.StatusOK, list)
}

// listTasks answers GET /tasks.
func (f *Face) listTasks(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	q := queryOf(r)
	filter := taskhook.TaskFilter{
		AccountID: who.AccountID,
		State:     oneOf(q, "status", append(taskhook.TaskStates(), taskhook.TaskExpired)...),
		Provider:  q.text("provider"),
		Model:     q.text("modelId"),
		From:      q.time("startDate", false),
		To:        q.time("endDate", true),
		BatchID:   q.id("batchId", taskhook.PrefixBatch),
		Prefix:    idPrefix(q.text("search")),
		Page:      q.page(defaultLimit, taskhook.PrefixTask),
	}
	if q.err != nil {
		return q.err
	}
	list, err := f.Tasks.Tasks(r.Context(), filter)
	if err != nil {
		return err
	}
	now := f.Now()
	return writeList(f, w, r, list, func(t taskhook.Task) client.Task { return f.renderTask(t, now) })
}

// idPrefix returns the beginning of a task id that a search means, which may lack
// what all ids begin with.
func idPrefix(search string) string {
	if search == "" || strings.HasPrefix(search, taskhook.PrefixTask) || strings.HasPrefix(taskhook.PrefixTask, search) {
		return search
	}
	return taskhook.PrefixTask + search
}

// cancelTask answers POST /tasks/{id}/cancel and DELETE /tasks/{id}.
func (f *Face) cancelTask(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	t, err := f.Tasks.Cancel(r.Context(), who.AccountID, id)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusOK, f.renderTask(t, f.Now()))
}

// retryTask answers POST /tasks/{id}/retry.
func (f *Face) retryTask(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	handle, err := decodeRetry(body)
	if err != nil {
		return err
	}
	t, err := f.Tasks.Retry(r.Context(), who, id, handle)
	if err != nil {
		return err
	}
	return f.writeData(w, r, http.StatusAccepted, acceptedTask(t))
}

// maxHandle bounds the names that providers give to work, in bytes.
const maxHandle = 500

// decodeRetry reads the body of a retry, which may be missing.
func decodeRetry(body []byte) (handle string, err error) {
	if len(body) == 0 {
		return "", nil
	}
	err = decodeObject(body, func(name string) any {
		if name == "handle" {
			return &handle
		}
		return nil
	})
	if err == nil && len(handle) > maxHandle {
		err = taskhook.FieldErrorf(taskhook.CodeInvalid, "handle", "handle may have at most %d bytes.", maxHandle)
	}
	return handle, err
}
