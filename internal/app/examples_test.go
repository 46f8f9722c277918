package app_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestLocalExample runs the models of examples/local.yaml with the real programs.
func TestLocalExample(t *testing.T) {
	t.Parallel()
	if !testkit.Need(t, "espeak-ng") || !testkit.Need(t, "ffmpeg") {
		return
	}
	given := config.Config{Location: config.Location{File: "../../examples/local.yaml"}}
	loaded, err := config.Load(&given, []string{"config"}, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	loaded.Data, loaded.Listen, loaded.Dev, loaded.BootstrapKey = t.TempDir(), "127.0.0.1:0", true, config.NewSecret(program.Key)
	s := program.Run(t, loaded)
	defer s.Stop(t)
	r := program.NewReceiver(t)
	tests := map[string]struct{ capability, model, format string }{
		"speech": {"text-to-speech", "espeak", "wav"},
		"video":  {"text-to-video", "caption", "mp4"},
	}
	for name, tt := range tests {
		_, err := s.Submit(t.Context(), "local", tt.capability, client.Submission{Model: tt.model, WebhookURL: r.URL + "/" + name,
			Input: json.RawMessage(`{"prompt":"It's 100% \"quoted\": -x {{.Input}} %{eif}"}`)})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for _, got := range r.Wait(t, len(tests)) {
		tt := tests[got.Path[1:]]
		var told struct {
			Data struct{ Task client.Task }
		}
		if err := json.Unmarshal(got.Body, &told); err != nil {
			t.Fatal(err)
		}
		k := told.Data.Task
		if k.Status != "succeeded" || len(k.Result) != 1 || k.Result[0].Format != tt.format || k.Result[0].Duration <= 0 || k.Sandbox {
			t.Errorf("%s ended as %s", tt.model, got.Body)
			continue
		}
		if status, file := fetch(t, http.MethodGet, k.Result[0].URL); status != http.StatusOK || int64(len(file)) != k.Result[0].SizeBytes {
			t.Errorf("%s: the result answers %d with %d bytes", tt.model, status, len(file))
		}
		if tt.format == "mp4" {
			checkPoster(t, s, k.ID)
		}
	}
}

// checkPoster waits for the poster of a task's video, which is made after the outcome
// is told.
func checkPoster(t *testing.T, s *program.Server, task string) {
	t.Helper()
	var posters []client.Poster
	testkit.Until(t, "there is a poster", func() bool {
		var err error
		if posters, err = s.Posters(t.Context(), task); err != nil {
			t.Fatal(err)
		}
		return len(posters) > 0
	})
	status, file := fetch(t, http.MethodGet, posters[0].URL)
	if status != http.StatusOK || http.DetectContentType(file) != "image/jpeg" {
		t.Errorf("the poster answers %d with %d bytes", status, len(file))
	}
	if k, err := s.Task(t.Context(), task); err != nil || len(k.Result) != 1 {
		t.Errorf("the task shows its poster as a result: %+v, %v", k, err)
	}
}

// TestCancel cancels a task that would run for an hour; nobody is told of it.
func TestCancel(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	k, err := s.Submit(t.Context(), "seedream", "text-to-image", submission(json.RawMessage(`{"prompt":"x","sandbox":{"seconds":3600}}`)))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := s.CancelTask(t.Context(), k.ID); err != nil || c.Status != "cancelled" {
		t.Fatalf("cancel is %+v, %v", c, err)
	}
	if _, err := s.CancelTask(t.Context(), k.ID); code(err) != "409 CONFLICT" {
		t.Errorf("a second cancel: %v", err)
	}
	if _, err := s.RetryTask(t.Context(), k.ID); code(err) != "409 CONFLICT" {
		t.Errorf("retry of a cancelled task: %v", err)
	}
	if p, err := s.Deliveries(t.Context(), client.DeliveryQuery{TaskID: k.ID}); err != nil || p.Total != 0 {
		t.Errorf("a cancelled task has %d deliveries, %v", p.Total, err)
	}
}
