package interop

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/jsjson"
	"github.com/taskhook/taskhook/internal/testkit/datadir"
)

// serve runs the whole program on a free port until the test ends, and returns
// its address with a client that has its first key.
func serve(t *testing.T) (base string, c *client.Client) {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.Listen, cfg.Dev = datadir.Migrated(t), "127.0.0.1:0", true
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return a.BaseURL(), client.New(a.BaseURL(), a.FreshKey)
}

// TestServer submits tasks to a running server, whose webhooks a receiver in
// Node checks as the founding documentation says.
func TestServer(t *testing.T) {
	t.Parallel()
	if !needPackages(t) {
		return
	}
	r, o := newReceiver(t), newOracle(t)
	_, server := serve(t)
	hook, err := server.CreateWebhook(t.Context(), client.NewWebhook{URL: r.url, Events: []string{"task.completed", "task.failed"}})
	if err != nil {
		t.Fatal(err)
	}
	r.use(hook.Secret)

	submitted := map[string]string{} // metadata by task
	for i, m := range metadata {
		input := `{"prompt":"a lighthouse","sandbox":{"seconds":0}}`
		if i%3 == 2 {
			input = `{"prompt":"a lighthouse","sandbox":{"seconds":0,"fail":"Asked to fail – \"<&>\"."}}`
		}
		task, err := server.Submit(t.Context(), "gemini", "text-to-image",
			client.Submission{Model: "nano-banana-2", Input: json.RawMessage(input), Metadata: json.RawMessage(m)})
		if err != nil {
			t.Fatalf("submit with metadata %s: %v", m, err)
		}
		submitted[task.ID] = m
	}
	for range metadata {
		var got receipt
		r.hear(&got)
		checkReceipt(t, o, hook.Secret, submitted, got)
	}
	if len(submitted) > 0 {
		t.Errorf("nothing was told of %v", submitted)
	}
}

// checkReceipt checks a delivery and strikes its task off the list.
func checkReceipt(t *testing.T, o oracle, secret string, submitted map[string]string, got receipt) {
	t.Helper()
	if got.Error != "" {
		t.Errorf("the receiver refuses %s: %s", got.Body, got.Error)
	}
	for _, library := range []string{"standardwebhooks", "svix"} {
		if _, thrown := o.ask(question{Ask: library, Headers: got.Headers, Body: got.Body, Secret: secret}); thrown != "" {
			t.Errorf("%s refuses %s: %s", library, got.Body, thrown)
		}
	}
	var event struct {
		ID   string
		Type string
		Data struct {
			Task struct {
				ID, Status string
				Metadata   json.RawMessage
			}
		}
	}
	if err := json.Unmarshal([]byte(got.Body), &event); err != nil {
		t.Fatal(err)
	}
	if event.ID != got.Headers["x-webhook-id"] || event.ID != got.Headers["webhook-id"] {
		t.Errorf("the body's id is %s, the headers' %s and %s", event.ID, got.Headers["x-webhook-id"], got.Headers["webhook-id"])
	}
	task := event.Data.Task
	given, ok := submitted[task.ID]
	if !ok {
		t.Fatalf("told of %s again, or of a task that is not ours", task.ID)
	}
	delete(submitted, task.ID)
	if !slices.Contains([]string{"task.completed succeeded", "task.failed failed"}, event.Type+" "+task.Status) {
		t.Errorf("%s tells of a task that is %s", event.Type, task.Status)
	}
	if given == "" {
		return
	}
	if want, err := jsjson.NormalizeObject(nil, []byte(given)); err != nil || string(want) != string(task.Metadata) {
		t.Errorf("metadata %s came as %s", given, task.Metadata)
	}
}
