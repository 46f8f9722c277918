package app_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestBehindAnother runs tasks at a server of the same kind, by each of the three
// APIs, and is told by its webhooks when to look.
func TestBehindAnother(t *testing.T) {
	t.Parallel()
	far := program.Start(t, nil)
	s := program.Behind(t, far, nil)
	r := program.NewReceiver(t)
	asks := []struct{ provider, capability, model, input string }{
		{"seedream", "text-to-image", "seedream-4-0", `{"prompt":"a cat","width":64,"height":64}`},
		{"vidu", "text-to-video", "viduq3-pro", `{"prompt":"a cat","duration":1}`},
		{"modelslab", "text-to-image", "flux", `{"prompt":"a cat","model_id":"flux","width":"256","height":"256"}`},
		{"modelslab", "text-to-video", "cogvideox", `{"prompt":"a cat","model_id":"cogvideox"}`},
		{"muapi", "text-to-image", "flux-dev-image", `{"prompt":"a cat"}`},
	}
	for _, a := range asks {
		if _, err := s.Submit(t.Context(), a.provider, a.capability, client.Submission{Model: a.model, Input: json.RawMessage(a.input), WebhookURL: r.URL + "/" + a.provider}); err != nil {
			t.Fatalf("%s: %v", a.provider, err)
		}
	}
	for _, got := range r.Wait(t, len(asks)) {
		var told struct {
			Data struct{ Task client.Task }
		}
		if err := json.Unmarshal(got.Body, &told); err != nil {
			t.Fatal(err)
		}
		k := told.Data.Task
		if k.Status != "succeeded" || len(k.Result) != 1 || k.Sandbox {
			t.Errorf("%s ended as %s", k.Provider, got.Body)
			continue
		}
		if status, file := fetch(t, http.MethodGet, k.Result[0].URL); status != http.StatusOK || int64(len(file)) != k.Result[0].SizeBytes {
			t.Errorf("%s: the result answers %d with %d bytes", k.Provider, status, len(file))
		}
	}
	theirs, err := far.Tasks(t.Context(), client.TaskQuery{})
	if err != nil || theirs.Total != len(asks) {
		t.Errorf("the far server was asked for %d tasks, want %d (%v)", theirs.Total, len(asks), err)
	}
	callbacks, err := far.Deliveries(t.Context(), client.DeliveryQuery{})
	if err != nil || callbacks.Total == 0 {
		t.Errorf("the far server called back %d times, %v", callbacks.Total, err)
	}
}

// TestCancelGoesThrough: who cancels a task has it cancelled at its provider.
func TestCancelGoesThrough(t *testing.T) {
	t.Parallel()
	far := program.Start(t, nil)
	s := program.Behind(t, far, nil)
	k, err := s.Submit(t.Context(), "vidu", "text-to-video", client.Submission{Model: "viduq3-pro", Input: json.RawMessage(`{"prompt":"a cat","duration":16}`)})
	if err != nil {
		t.Fatal(err)
	}
	theirs := func() (list []client.Task) {
		p, err := far.Tasks(t.Context(), client.TaskQuery{})
		if err != nil {
			t.Fatal(err)
		}
		return p.Items
	}
	testkit.Until(t, "it is asked for there", func() bool { return len(theirs()) == 1 })
	if _, err := s.CancelTask(t.Context(), k.ID); err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "it is cancelled there, too", func() bool { return theirs()[0].Status == "cancelled" })
}
