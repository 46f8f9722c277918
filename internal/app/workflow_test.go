package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

const poster = `name: Poster
inputs:
  prompt: {type: string}
steps:
  - id: draw
    provider: seedream
    capability: text-to-image
    model: seedream-4-0
    input: {prompt: "{{ inputs.prompt }}, in oil", sandbox: {seconds: 0}}
  - id: again
    provider: seedream
    capability: text-to-image
    model: seedream-4-0
    input: {prompt: "like the first", images: ["{{ draw.outputs[0].value }}"], sandbox: {seconds: 0}}
outputs:
  images: ["{{ draw.outputs[0].value }}", "{{ again.outputs[0].value }}"]
`

// TestWorkflow runs two steps, one with what the other made, and hears of the end
// in both ways.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	s, ctx := program.Start(t, nil), t.Context()
	own, hook := program.NewReceiver(t), program.NewReceiver(t)
	if _, err := s.CreateWebhook(ctx, client.NewWebhook{URL: hook.URL, Events: []string{"workflow.completed"}}); err != nil {
		t.Fatal(err)
	}
	w, err := s.CreateWorkflow(ctx, []byte(poster))
	if err != nil {
		t.Fatal(err)
	}
	x, err := s.RunWorkflow(ctx, w.ID, client.NewExecution{Inputs: json.RawMessage(`{"prompt":"a boat"}`), WebhookURL: own.URL})
	if err != nil {
		t.Fatal(err)
	}
	got := own.Wait(t, 1)[0]
	t.Logf("%s", got.Body)
	var told struct {
		Event    string
		Workflow struct {
			ID, Name string
			UserID   int `json:"user_id"`
		}
		Execution struct {
			ID, Status string
			Output     struct{ Images []string } `json:"output_data"`
			Input      json.RawMessage           `json:"input_data"`
		}
	}
	if err := json.Unmarshal(got.Body, &told); err != nil {
		t.Fatal(err)
	}
	if told.Event != "workflow.completed" || told.Workflow.ID != w.ID || told.Workflow.UserID != 1 || told.Execution.ID != x.ID ||
		string(told.Execution.Input) != `{"prompt":"a boat"}` || len(told.Execution.Output.Images) != 2 {
		t.Errorf("the webhook is %s", got.Body)
	}
	for _, link := range told.Execution.Output.Images {
		if status, data := fetch(t, "GET", link); status != 200 || len(data) == 0 {
			t.Errorf("%s answers %d", link, status)
		}
	}
	if body := string(hook.Wait(t, 1)[0].Body); !strings.HasPrefix(body, `{"id":"evt_`) || !strings.Contains(body, `"data":{"workflow":{"id":"`+w.ID) {
		t.Errorf("the event is %s", body)
	}
	done, err := s.Execution(ctx, x.ID)
	if err != nil || done.Status != "completed" || done.Progress != 100 || len(done.Steps) != 2 || done.Steps[1].Tries != 1 {
		t.Errorf("the execution is %+v, %v", done, err)
	}
	if k, err := s.Task(ctx, done.Steps[1].TaskID); err != nil || k.Status != "succeeded" {
		t.Errorf("the task of a step is %+v, %v", k, err)
	}
}
