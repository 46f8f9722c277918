package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit"
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
func TestWorkflow(t *testing.T) { onEach(t, testWorkflow) }

func testWorkflow(t *testing.T, on database) {
	s, ctx := program.Start(t, on), t.Context()
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

// flow makes a workflow of steps a, b and c, of which a and c need nothing, b
// needs a, and steer holds what the sandbox is told for a and c.
func flow(t *testing.T, s *program.Server, head, a, c string) client.Workflow {
	t.Helper()
	const step = "provider: seedream, capability: text-to-image, model: seedream-4-0"
	w, err := s.CreateWorkflow(t.Context(), []byte(head+"\nname: Three\nsteps:\n"+
		"  - {id: a, "+step+", retries: 1, input: {prompt: x, sandbox: "+a+"}}\n"+
		"  - {id: b, "+step+", needs: [a], input: {prompt: x, sandbox: {seconds: 0}}}\n"+
		"  - {id: c, "+step+", input: {prompt: x, sandbox: "+c+"}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// states lists the states of steps.
func states(x client.Execution) string {
	var all []string
	for _, step := range x.Steps {
		all = append(all, step.Status)
	}
	return strings.Join(all, " ")
}

// TestWorkflowFails lets a step fail, which is tried again, in both modes.
func TestWorkflowFails(t *testing.T) {
	t.Parallel()
	s, ctx := program.Start(t, nil), t.Context()
	for _, test := range []struct{ head, steps, output string }{
		{"on_failure: fail", "failed skipped cancelled", `"output_data":null`},
		{"on_failure: continue", "failed skipped succeeded", `"output_data":{"c":["http`},
	} {
		own, takes := program.NewReceiver(t), "60"
		if strings.Contains(test.head, "continue") {
			takes = "0.1"
		}
		w := flow(t, s, test.head, "{seconds: 0, fail: It broke.}", "{seconds: "+takes+"}")
		x, err := s.RunWorkflow(ctx, w.ID, client.NewExecution{WebhookURL: own.URL})
		if err != nil {
			t.Fatal(err)
		}
		body := string(own.Wait(t, 1)[0].Body)
		for _, want := range []string{`{"event":"workflow.failed"`, `"status":"failed"`, test.output, `"error":"Step a failed: It broke."`} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %s is not in %s", test.head, want, body)
			}
		}
		x, err = s.Execution(ctx, x.ID)
		if err != nil || x.Status != "failed" || states(x) != test.steps || x.Steps[0].Tries != 2 || x.Error == nil {
			t.Errorf("%s: %+v, %v", test.head, x, err)
		}
	}
}

// TestWorkflowCancelled cancels an execution, whose tasks end with it, and of which
// nobody is told.
func TestWorkflowCancelled(t *testing.T) {
	t.Parallel()
	s, ctx := program.Start(t, nil), t.Context()
	own := program.NewReceiver(t)
	w := flow(t, s, "", "{seconds: 60}", "{seconds: 60}")
	x, err := s.RunWorkflow(ctx, w.ID, client.NewExecution{WebhookURL: own.URL})
	testkit.Until(t, "two steps run", func() bool {
		if err == nil {
			x, err = s.Execution(ctx, x.ID)
		}
		return err != nil || states(x) == "running waiting running"
	})
	if err != nil {
		t.Fatal(err)
	}
	task := x.Steps[0].TaskID
	if k, err := s.Task(ctx, task); err != nil || string(k.Metadata) != `{"execution_id":"`+x.ID+`","step":"a"}` {
		t.Errorf("the task of a step is %+v, %v", k, err)
	}
	x, err = s.CancelExecution(ctx, x.ID)
	if err != nil || x.Status != "cancelled" || states(x) != "cancelled skipped cancelled" {
		t.Errorf("cancelled: %+v, %v", x, err)
	}
	if k, err := s.Task(ctx, task); err != nil || k.Status != "cancelled" {
		t.Errorf("the task is %+v, %v", k, err)
	}
	if _, err := s.CancelExecution(ctx, x.ID); code(err) != "409 CONFLICT" {
		t.Errorf("again: %v", err)
	}
	if p, err := s.Deliveries(ctx, client.DeliveryQuery{}); err != nil || p.Total != 0 {
		t.Errorf("%d deliveries, %v", p.Total, err)
	}
	// A step's task that a person cancels ends the execution.
	x, err = s.RunWorkflow(ctx, w.ID, client.NewExecution{WebhookURL: own.URL})
	testkit.Until(t, "a step has a task", func() bool {
		if err == nil {
			x, err = s.Execution(ctx, x.ID)
		}
		return err != nil || x.Steps[0].TaskID != ""
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.CancelTask(ctx, x.Steps[0].TaskID); err != nil {
		t.Fatal(err)
	}
	if body := string(own.Wait(t, 1)[0].Body); !strings.Contains(body, `"error":"Step a failed: it was cancelled"`) {
		t.Errorf("told %s", body)
	}
}

// TestForeignWorkflow looks for what another account has.
func TestForeignWorkflow(t *testing.T) {
	t.Parallel()
	s, ctx := program.Start(t, nil), t.Context()
	other := s.NewAccount(t, "other", true)
	w := flow(t, s, "", "{seconds: 0}", "{seconds: 0}")
	own := program.NewReceiver(t)
	x, err := s.RunWorkflow(ctx, w.ID, client.NewExecution{WebhookURL: own.URL})
	if err != nil {
		t.Fatal(err)
	}
	own.Wait(t, 1)
	for name, call := range map[string]func() error{
		"read":   func() error { _, err := other.Workflow(ctx, w.ID); return err },
		"change": func() error { _, err := other.UpdateWorkflow(ctx, w.ID, []byte(poster)); return err },
		"delete": func() error { return other.DeleteWorkflow(ctx, w.ID) },
		"run":    func() error { _, err := other.RunWorkflow(ctx, w.ID, client.NewExecution{}); return err },
		"follow": func() error { _, err := other.Execution(ctx, x.ID); return err },
		"cancel": func() error { _, err := other.CancelExecution(ctx, x.ID); return err },
	} {
		if got := code(call()); got != "404 NOT_FOUND" {
			t.Errorf("%s: %s", name, got)
		}
	}
	x, err = s.Execution(ctx, x.ID)
	if err != nil {
		t.Fatal(err)
	}
	ask := submission(quick(`},"picture":{"a":"result:` + x.Steps[0].TaskID + `.png"`))
	if _, err := other.Submit(ctx, "seedream", "text-to-image", ask); code(err) != "400 INVALID_PARAMETER" {
		t.Errorf("a result of another account as an input: %v", err)
	}
	if _, err := s.Submit(ctx, "seedream", "text-to-image", ask); err != nil {
		t.Errorf("a result of one's own: %v", err)
	}
}

// TestWorkflowRefusals offers what can't be run.
func TestWorkflowRefusals(t *testing.T) {
	t.Parallel()
	s, ctx := program.Start(t, nil), t.Context()
	_, err := s.CreateWorkflow(ctx, []byte(strings.Replace(poster, "{{ draw.outputs[0].value }}", "{{ drwa.outputs[0].value }}", 1)))
	if code(err) != "400 INVALID_PARAMETER" || !strings.Contains(err.Error(), `line 14, column 48: {{ drwa.outputs[0].value }}: there is no step "drwa"`) {
		t.Errorf("a bad definition: %v", err)
	}
	if _, err := s.CreateWorkflow(ctx, []byte("webhook: 'ftp://x'\n"+poster)); code(err) != "400 INVALID_PARAMETER" {
		t.Errorf("a bad webhook: %v", err)
	}
	w, err := s.CreateWorkflow(ctx, []byte(poster))
	if err != nil {
		t.Fatal(err)
	}
	for inputs, want := range map[string]string{``: "400 MISSING_PARAMETER", `{"prompt":7}`: "400 INVALID_PARAMETER", `{"prompt":"x","y":1}`: "400 INVALID_PARAMETER"} {
		if _, err := s.RunWorkflow(ctx, w.ID, client.NewExecution{Inputs: json.RawMessage(inputs)}); code(err) != want {
			t.Errorf("inputs %s: %v", inputs, err)
		}
	}
	if _, err := s.RunWorkflow(ctx, w.ID, client.NewExecution{Inputs: json.RawMessage(`{"prompt":"x"}`), WebhookURL: "ftp://x"}); code(err) != "400 INVALID_PARAMETER" {
		t.Errorf("a bad webhook: %v", err)
	}
	k, err := s.CreateKey(ctx, client.NewKey{Name: "video", Permissions: map[string]bool{"video:create": true, "workflows:run": true}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.New(s.URL, k.Key).RunWorkflow(ctx, w.ID, client.NewExecution{Inputs: json.RawMessage(`{"prompt":"x"}`)}); code(err) != "403 KEY_PERMISSION_DENIED" {
		t.Errorf("a key that may not make images: %v", err)
	}
}

// TestWorkflowStartedAgain repeats a start, as a client does that got no answer.
func TestWorkflowStartedAgain(t *testing.T) { onEach(t, testWorkflowStartedAgain) }

func testWorkflowStartedAgain(t *testing.T, on database) {
	s, ctx := program.Start(t, on), t.Context()
	w := flow(t, s, "", "{seconds: 0}", "{seconds: 0}")
	n := client.NewExecution{IdempotencyKey: "order-17"}
	first, err := s.RunWorkflow(ctx, w.ID, n)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.RunWorkflow(ctx, w.ID, n); err != nil || again.ID != first.ID {
		t.Errorf("again it is %+v, %v", again, err)
	}
	n.WebhookURL = "http://127.0.0.1:9/"
	if _, err := s.RunWorkflow(ctx, w.ID, n); code(err) != "409 CONFLICT" {
		t.Errorf("with another body: %v", err)
	}
	n.IdempotencyKey = strings.Repeat("x", 256)
	if _, err := s.RunWorkflow(ctx, w.ID, n); code(err) != "400 INVALID_PARAMETER" {
		t.Errorf("with a long key: %v", err)
	}
	if p, err := s.Executions(ctx, client.ExecutionQuery{}); err != nil || p.Total != 1 {
		t.Errorf("%d executions, %v", p.Total, err)
	}
}
