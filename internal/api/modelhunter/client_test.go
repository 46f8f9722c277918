package modelhunter

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
)

// connect serves the world and returns a client with the owner's key.
func connect(t *testing.T, w *world) *client.Client {
	_, handler := w.face(t)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c := client.New(server.URL+"/", ownerKey)
	c.HTTP = server.Client()
	return c
}

// Every method of the client is understood by the face, and the other way round.
func TestClientCalls(t *testing.T) {
	t.Parallel()
	w := newWorld()
	c, ctx := connect(t, w), t.Context()
	text, seconds := "x", 5
	for name, call := range map[string]func() (string, error){
		"task_abc123": func() (string, error) {
			out, err := c.Submit(ctx, "vidu", "text-to-video", client.Submission{Model: "m", Input: []byte(`{}`), IdempotencyKey: "k"})
			return out.ID, err
		},
		"succeeded": func() (string, error) { out, err := c.Task(ctx, "task_abc123"); return out.Status, err },
		"vidu": func() (string, error) {
			out, err := c.Tasks(ctx, client.TaskQuery{Status: "failed", From: time.Now(), PageQuery: client.PageQuery{Limit: 1}})
			return out.Items[0].Provider, err
		},
		"video":    func() (string, error) { out, err := c.CancelTask(ctx, "task_abc123"); return out.Type, err },
		"task_new": func() (string, error) { out, err := c.RetryTask(ctx, "task_abc123"); return out.ID, err },
		"batch_1": func() (string, error) {
			out, err := c.SubmitBatch(ctx, client.NewBatch{Provider: "vidu", Model: "m", Inputs: []json.RawMessage{[]byte(`{}`)}, IdempotencyKey: "k"})
			return out.ID, err
		},
		"running": func() (string, error) { out, err := c.Batch(ctx, "batch_1"); return out.Status, err },
		"viduq3-turbo": func() (string, error) {
			out, err := c.Batches(ctx, client.PageQuery{Limit: 1})
			return out.Items[0].Model, err
		},
		"text-to-video": func() (string, error) { out, err := c.CancelBatch(ctx, "batch_1"); return out.Capability, err },
		"whsec_new": func() (string, error) {
			out, err := c.RotateSecret(ctx, "wh_1", client.Rotation{OverlapSeconds: &seconds})
			return out.Secret, err
		},
		"wh_1": func() (string, error) { out, err := c.Webhook(ctx, "wh_1"); return out.ID, err },
		"active": func() (string, error) {
			out, err := c.UpdateWebhook(ctx, "wh_1", client.WebhookChange{URL: &text, RetrySchedule: new([]float64)})
			return out.State, err
		},
		"timeout": func() (string, error) {
			out, err := c.WebhookHealth(ctx, "wh_1")
			return out.LastFailure.Class, err
		},
		"evt_9":   func() (string, error) { out, err := c.TestWebhook(ctx, "wh_1"); return out.EventID, err },
		"":        func() (string, error) { return "", c.DeleteWebhook(ctx, "wh_1") },
		"pending": func() (string, error) { out, err := c.Delivery(ctx, "dlv_1"); return out.State, err },
		"status":  func() (string, error) { out, err := c.Attempts(ctx, "dlv_1"); return out[0].Class, err },
		"dlv_2":   func() (string, error) { out, err := c.ReplayDelivery(ctx, "dlv_1"); return out.ID, err },
		"evt_x": func() (string, error) {
			out, err := c.Publish(ctx, client.NewEvent{Type: "a", Data: []byte(`{}`)})
			return out.ID, err
		},
		"evt_xx": func() (string, error) {
			out, err := c.PublishBatch(ctx, []client.NewEvent{{Type: "a", Data: []byte(`{}`)}, {Type: "b", Data: []byte(`{}`)}})
			return out[1].ID, err
		},
		"kling-v3": func() (string, error) {
			out, err := c.Models(ctx, client.ModelQuery{Provider: "kling"})
			return out[0].ID, err
		},
		"dlv_1": func() (string, error) {
			out, err := c.Deliveries(ctx, client.DeliveryQuery{WebhookID: "wh_1", State: "failed", EventType: "a.b", LastClass: "tls", From: day(0), To: day(9)})
			return out.Cursor, err
		},
		"https://example.com/hook?a=1&b=2": func() (string, error) {
			out, err := c.CreateWebhook(ctx, client.NewWebhook{URL: "u", Events: []string{"a"}, RetrySchedule: []float64{}})
			return out.URL, err
		},
		"file_new": func() (string, error) {
			out, err := c.AnnounceFile(ctx, client.NewFile{Filename: "a", ContentType: "image/png", SizeBytes: 7})
			return out.FileID, err
		},
		"cat.png":                        func() (string, error) { out, err := c.CompleteFile(ctx, "file_1"); return out.Filename, err },
		"https://x.example/files/file_1": func() (string, error) { out, err := c.File(ctx, "file_1"); return out.URL, err },
		"file_1": func() (string, error) {
			out, err := c.Files(ctx, client.PageQuery{Limit: 2})
			return out.Items[0].ID, errors.Join(err, c.DeleteFile(ctx, "file_1"))
		},
		"task.completed": func() (string, error) {
			out, err := c.Webhooks(ctx, client.WebhookQuery{State: "active"})
			return out.Items[0].Events[0], err
		},
	} {
		if got, err := call(); err != nil || got != name {
			t.Errorf("answer = %q, %v; want %q", got, err, name)
		}
	}
	if w.created.IdempotencyKey != "k" || w.newHook.Schedule == nil || w.change.Schedule == nil || *w.change.Schedule != nil || w.overlap != 5*time.Second {
		t.Errorf("understood %+v, %+v, %+v, %s", w.created, w.newHook, w.change, w.overlap)
	}
}

func TestClientError(t *testing.T) {
	t.Parallel()
	_, err := connect(t, newWorld()).Submit(t.Context(), "vidu", "text-to-video", client.Submission{Model: "m"})
	bad, ok := errors.AsType[*client.Error](err)
	if !ok || bad.Status != http.StatusBadRequest || bad.Code != "MISSING_PARAMETER" || bad.Details.Field != "input" || bad.RequestID == "" {
		t.Errorf("error = %+v", err)
	}
}
