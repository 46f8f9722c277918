package modelhunter

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/taskhook/taskhook"
)

// worldBatches is the batches of a world: the owner has one.
type worldBatches struct{ *world }

func (f worldBatches) batch() taskhook.Batch {
	return taskhook.Batch{ID: "batch_1", AccountID: owner, Provider: "vidu", Capability: "text-to-video", Model: "viduq3-turbo", Concurrency: 2,
		Total: 3, Open: 1, Succeeded: 1, Failed: 1, CreatedAt: day(0), Tasks: []taskhook.BatchTask{{ID: "task_abc123", State: taskhook.TaskSucceeded},
			{ID: "task_b", State: taskhook.TaskFailed}, {ID: "task_c", State: taskhook.TaskRunning}}}
}

func (f worldBatches) Create(_ context.Context, who taskhook.Identity, n taskhook.NewBatch) (taskhook.Batch, bool, error) {
	f.newBatch = n
	if err := who.Need(taskhook.CreateScope(f.task.Medium)); err != nil {
		return taskhook.Batch{}, false, err
	}
	return f.batch(), f.existed, f.err
}

func (f worldBatches) Batch(_ context.Context, account, id string) (taskhook.Batch, error) {
	return f.batch(), f.found(account, id, "batch_1")
}

func (f worldBatches) Batches(_ context.Context, filter taskhook.BatchFilter) (taskhook.List[taskhook.Batch], error) {
	b := f.batch()
	b.Tasks = nil
	return listOf(filter.AccountID, b, b.ID), f.err
}

func (f worldBatches) Cancel(_ context.Context, account, id string) (taskhook.Batch, error) {
	return f.batch(), f.found(account, id, "batch_1")
}

func TestSubmitBatch(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.existed = true
	rec := w.ask(t, http.MethodPost, "/api/v1/batches", `{"provider":"vidu","capability":"text-to-video","model":"viduq3-turbo","concurrency":2,
		"webhookUrl":"https://example.com","metadata":{"b": 1.0},"inputs":[ {"prompt":"a, [b]"} ,{"prompt":"c"}]}`, "Idempotency-Key", "k")
	n := w.newBatch
	if rec.Code != http.StatusAccepted || rec.Header().Get("Idempotent-Replayed") != "true" {
		t.Errorf("answer %d %v: %s", rec.Code, rec.Header(), rec.Body)
	}
	if n.Provider != "vidu" || n.Model != "viduq3-turbo" || n.Concurrency != 2 || n.WebhookURL != "https://example.com" || string(n.Metadata) != `{"b":1}` ||
		len(n.Inputs) != 2 || string(n.Inputs[0]) != `{"prompt":"a, [b]"}` || n.IdempotencyKey != "k" || n.RequestHash == "" {
		t.Errorf("asked for %+v", n)
	}
	want := `"counts":{"total":3,"open":1,"succeeded":1,"failed":1,"cancelled":0},"tasks":[{"id":"task_abc123","status":"succeeded"},` +
		`{"id":"task_b","status":"failed"},{"id":"task_c","status":"running"}]`
	if !strings.Contains(rec.Body.String(), want) {
		t.Errorf("answer %s", rec.Body)
	}
}

func TestBatchesThatAreRefused(t *testing.T) {
	t.Parallel()
	const head = `{"provider":"vidu","model":"m",`
	for body, want := range map[string]string{
		``:                                        "no body",
		`{"model":"m"}`:                           "provider is required",
		`{"provider":"vidu"}`:                     "model is required",
		head + `"inputs":null}`:                   "inputs is required",
		head + `"inputs":{}}`:                     "inputs must be a list of objects",
		head + `"inputs":[{},"x"]}`:               "inputs[1] must be an object",
		head + `"inputs":[{"a":1,"a":2}]}`:        "inputs[0] can't be used",
		head + `"inputs":[{}],"metadata":1}`:      "metadata must be an object",
		head + `"inputs":[{}],"concurrency":"2"}`: "concurrency must be a whole number",
	} {
		rec := newWorld().ask(t, http.MethodPost, "/api/v1/batches", body)
		if rec.Code != http.StatusBadRequest || !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%s: answer %d %s, want %s", body, rec.Code, rec.Body, want)
		}
	}
}

func TestBatchBody(t *testing.T) {
	t.Parallel()
	b := worldBatches{}.batch()
	b.Open, b.Succeeded, b.FinishedAt, b.Tasks = 0, 2, day(45), b.Tasks[:2]
	got := string(BatchBody(&b, "evt_1"))
	want := `{"id":"evt_1","type":"batch.completed","created_at":"2025-01-15T10:00:45Z","data":{"batch":{"id":"batch_1","status":"completed","provider":"vidu",` +
		`"capability":"text-to-video","model":"viduq3-turbo","counts":{"total":3,"open":0,"succeeded":2,"failed":1,"cancelled":0},` +
		`"tasks":[{"id":"task_abc123","status":"succeeded"},{"id":"task_b","status":"failed"}],"created_at":"2025-01-15T10:00:00Z","completed_at":"2025-01-15T10:00:45Z"}}}`
	if got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	if again := rewrite(t, goja.New(), []byte(got)); again != got {
		t.Errorf("JavaScript writes %s", again)
	}
}
