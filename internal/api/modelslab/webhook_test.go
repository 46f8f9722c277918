package modelslab

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

// TestWebhooks compares bodies with the payloads of the sources, byte by byte.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	links := []string{"https://pub-3626.r2.dev/generations/abc123.mp4"}
	const meta = `"meta":{"prompt":"A spaceship flying through an asteroid field","model_id":"cogvideox","width":512,"height":512}`
	fails := func(k *taskhook.Task) {
		k.State, k.Error = taskhook.TaskFailed, &taskhook.TaskError{Code: "PROVIDER_ERROR", Message: "Processing failed: Invalid input dimensions"}
	}
	for name, tt := range map[string]struct {
		change func(*taskhook.Task)
		want   string
	}{
		"success": {func(*taskhook.Task) {}, // (seed) Success Payload
			`{"status":"success","id":"task_abc123","output":["` + links[0] + `"],"generationTime":45.2,"track_id":"video_001",` + meta + `}`},
		"failure": {fails, // (seed) Failure Payload
			`{"status":"failed","id":"task_abc123","message":"Processing failed: Invalid input dimensions","track_id":"video_001"}`},
		"no track_id": {func(k *taskhook.Task) { k.Echo = nil },
			`{"status":"success","id":"task_abc123","output":["` + links[0] + `"],"generationTime":45.2,"track_id":null,` + meta + `}`},
		"training": {func(k *taskhook.Task) { k.Medium = taskhook.MediumTrained }, // (ML) train-model, WebhookPayload
			`{"status":"success","id":"task_abc123","output":["` + links[0] + `"],"generationTime":45.2,"track_id":"video_001",` + meta +
				`,"training_status":"model_ready","logs":"The model is ready.","model_id":"task_abc123"}`},
		"failed training": {func(k *taskhook.Task) { fails(k); k.Medium = taskhook.MediumTrained },
			`{"status":"failed","id":"task_abc123","message":"Processing failed: Invalid input dimensions","track_id":"video_001",` +
				`"training_status":"training_failed","logs":"Processing failed: Invalid input dimensions","model_id":"task_abc123"}`},
		"failure without a reason": {func(k *taskhook.Task) { k.State = taskhook.TaskFailed },
			`{"status":"failed","id":"task_abc123","message":"The request failed.","track_id":"video_001"}`},
	} {
		k := finished()
		tt.change(&k)
		got := WebhookBody(taskhook.Outcome{Task: k, Links: links})
		if string(got) != tt.want || !json.Valid(got) {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tt.want)
		}
	}
}

// TestTrackIDs: whatever the caller gave comes back byte for byte.
func TestTrackIDs(t *testing.T) {
	t.Parallel()
	for _, track := range []string{`17`, `17.0`, `1e3`, `12345678901234567890123`, `"é"`, `"\u00e9\/"`, `null`, `true`, `{"b" : 1,  "a":[1 ,2]}`, `"<&>"`, `""`} {
		w := newWorld(t)
		want := `"track_id":` + track + `,"meta"`
		_, answer := w.post(t, "/api/v6/video/text2video", prompt+`,"track_id": `+track)
		body := string(WebhookBody(taskhook.Outcome{Task: w.task}))
		for _, got := range []string{answer, body} {
			if !strings.Contains(got, want) {
				t.Errorf("%s is not in %s", want, got)
			}
		}
		if string(w.created.Echo) != track {
			t.Errorf("%s is kept as %s", track, w.created.Echo)
		}
	}
}
