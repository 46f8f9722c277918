package modelhunter

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/jsjson"
)

// worldFlows is the world's services of workflows: the owner has one, run once.
type worldFlows struct{ *world }

func (f worldFlows) flow() taskhook.Workflow {
	return taskhook.Workflow{ID: "wf_1", AccountID: owner, Name: "Poster", Version: 2, Runs: 1, LastRunAt: day(2), CreatedAt: day(0), UpdatedAt: day(1),
		Source: taskhook.Source{Format: taskhook.FormatJSON, Text: []byte(`{"name":"Poster"}`)}}
}

func (f worldFlows) run() taskhook.Execution {
	return taskhook.Execution{ID: "exec_1", AccountID: owner, AccountNumber: 7, WorkflowID: "wf_1", WorkflowName: "Poster", Version: 2, Input: json.RawMessage(`{"prompt":"x"}`),
		State: taskhook.ExecutionFailed, Error: &taskhook.TaskError{Code: taskhook.TaskErrorStepFailed, Message: "Step draw failed."},
		CreatedAt: day(0), StartedAt: day(1), FinishedAt: day(45),
		Steps: []taskhook.ExecutionStep{{ID: "draw", State: taskhook.StepSucceeded, Progress: 100, Tries: 1, TaskID: "task_abc123", StartedAt: day(1), FinishedAt: day(2)},
			{ID: "animate", State: taskhook.StepFailed, Error: &taskhook.TaskError{Code: taskhook.TaskErrorProvider, Message: "It broke."}}}}
}

func (f worldFlows) Create(_ context.Context, _ string, s taskhook.Source) (taskhook.Workflow, error) {
	f.source = s
	w := f.flow()
	w.Source = s
	return w, readable(s)
}

func (f worldFlows) Update(_ context.Context, account, id string, s taskhook.Source) (taskhook.Workflow, error) {
	if err := f.found(account, id, "wf_1"); err != nil {
		return taskhook.Workflow{}, err
	}
	return f.flow(), readable(s)
}

// readable refuses JSON that is no object.
func readable(s taskhook.Source) error {
	var object map[string]any
	if s.Format == taskhook.FormatJSON && json.Unmarshal(s.Text, &object) != nil {
		return taskhook.FieldErrorf(taskhook.CodeInvalid, "definition", "The definition can't be read.")
	}
	return nil
}

func tree(s taskhook.Source) (json.RawMessage, error) {
	if s.Format == taskhook.FormatYAML {
		return json.RawMessage(`{"name":"of YAML"}`), nil
	}
	return s.Text, nil
}

func (f worldFlows) Get(_ context.Context, account, id string) (taskhook.Workflow, error) {
	return f.flow(), f.found(account, id, "wf_1")
}

func (f worldFlows) List(_ context.Context, filter taskhook.WorkflowFilter) (taskhook.List[taskhook.Workflow], error) {
	return listOf(filter.AccountID, f.flow(), "wf_1"), f.err
}

func (f worldFlows) Delete(_ context.Context, account, id string) error {
	return f.found(account, id, "wf_1")
}

func (f worldFlows) Start(_ context.Context, who taskhook.Identity, n taskhook.NewExecution) (taskhook.Execution, error) {
	f.started = n
	return f.run(), f.found(who.AccountID, n.WorkflowID, "wf_1")
}

func (f worldFlows) Execution(_ context.Context, account, id string) (taskhook.Execution, error) {
	return f.run(), f.found(account, id, "exec_1")
}

func (f worldFlows) ListExecutions(_ context.Context, filter taskhook.ExecutionFilter) (taskhook.List[taskhook.Execution], error) {
	f.executions = filter
	return listOf(filter.AccountID, f.run(), "exec_1"), f.err
}

func (f worldFlows) Cancel(_ context.Context, account, id string) (taskhook.Execution, error) {
	return f.run(), f.found(account, id, "exec_1")
}

func (f worldFlows) Output(*taskhook.Execution) (json.RawMessage, error) {
	return json.RawMessage(`{"images":["https://x.example/a.png"]}`), nil
}

func TestDefinitionsInBothLanguages(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]taskhook.DefinitionFormat{
		"application/json": taskhook.FormatJSON, "application/yaml; charset=utf-8": taskhook.FormatYAML, "text/x-yaml": taskhook.FormatYAML,
		"text/vnd.yaml": "", "text/plain": ""} {
		w := newWorld()
		rec := w.ask(t, "POST", "/api/v1/workflows", `{"name":"Poster"}`, "Content-Type", header)
		if status := map[bool]int{true: http.StatusCreated, false: http.StatusBadRequest}[want != ""]; rec.Code != status || w.source.Format != want {
			t.Errorf("%s: %d, read as %q: %s", header, rec.Code, w.source.Format, rec.Body)
		}
	}
	w := newWorld()
	rec := w.ask(t, "POST", "/api/v1/workflows", "name: Poster", "Content-Type", "application/yaml")
	if body := rec.Body.String(); !strings.Contains(body, `"definition":{"name":"of YAML"},"source":"name: Poster"`) {
		t.Errorf("answer %d %s", rec.Code, body)
	}
}

func TestRunWorkflow(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int{
		"": 202, "{}": 202, `{"inputs":{"prompt":"x"},"webhookUrl":"https://a.example"}`: 202, "[]": 400, `{"inputs":7}`: 202} {
		if rec := newWorld().ask(t, "POST", "/api/v1/workflows/wf_1/run", body); rec.Code != want {
			t.Errorf("%s: %d %s", body, rec.Code, rec.Body)
		}
	}
	w := newWorld()
	w.ask(t, "POST", "/api/v1/workflows/wf_1/run", `{"inputs":{"prompt":"x"},"webhookUrl":"https://a.example"}`)
	if n := w.started; n.WorkflowID != "wf_1" || string(n.Input) != `{"prompt":"x"}` || n.WebhookURL != "https://a.example" || n.Face != Name {
		t.Errorf("started %+v", n)
	}
	w.ask(t, "GET", "/api/v1/executions?workflowId=wf_1&status=failed", "")
	if f := w.executions; f.WorkflowID != "wf_1" || f.State != taskhook.ExecutionFailed {
		t.Errorf("listed %+v", f)
	}
}

// TestWorkflowBodies holds both bodies to their forms, byte for byte.
func TestWorkflowBodies(t *testing.T) {
	t.Parallel()
	x := worldFlows{newWorld()}.run()
	const inner = `"workflow":{"id":"wf_1","name":"Poster","user_id":7},"execution":{"id":"exec_1","status":"failed",` +
		`"started_at":"2025-01-15T10:00:01Z","completed_at":"2025-01-15T10:00:45Z","execution_time":44,"input_data":{"prompt":"x"},"output_data":null,"error":"Step draw failed."}`
	o := taskhook.WorkflowOutcome{EventID: "evt_1", EventType: "workflow.failed", CreatedAt: day(45), Execution: x}
	if got, want := string(WorkflowBody(o)), `{"event":"workflow.failed",`+inner+`}`; got != want {
		t.Errorf("body\n%s\nwant\n%s", got, want)
	}
	got := WorkflowEventBody(o)
	if want := `{"id":"evt_1","type":"workflow.failed","created_at":"2025-01-15T10:00:45Z","data":{` + inner + `}}`; string(got) != want {
		t.Errorf("event\n%s\nwant\n%s", got, want)
	}
	if normal, err := jsjson.Normalize(nil, got); err != nil || string(normal) != string(got) {
		t.Errorf("the event is not in JavaScript's form: %s, %v", normal, err)
	}
}

// TestSeedWorkflowBody: the payload of ModelsLab's page on webhooks, "Workflow
// Webhook Payload", byte for byte but for the spaces.
func TestSeedWorkflowBody(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 2, 10, 30, 0, 0, time.UTC)
	got := WorkflowBody(taskhook.WorkflowOutcome{EventType: taskhook.EventWorkflowCompleted, Output: json.RawMessage(`{"images":["https://..."]}`),
		Execution: taskhook.Execution{ID: "exec_xyz789", AccountNumber: 12345, WorkflowID: "wf_abc123", WorkflowName: "My Image Pipeline",
			State: taskhook.ExecutionCompleted, Input: json.RawMessage(`{"prompt":"A beautiful sunset"}`),
			StartedAt: began, FinishedAt: began.Add(45_200_900 * time.Microsecond)}})
	const want = `{"event":"workflow.completed","workflow":{"id":"wf_abc123","name":"My Image Pipeline","user_id":12345},` +
		`"execution":{"id":"exec_xyz789","status":"completed","started_at":"2026-01-02T10:30:00Z","completed_at":"2026-01-02T10:30:45Z",` +
		`"execution_time":45.2,"input_data":{"prompt":"A beautiful sunset"},"output_data":{"images":["https://..."]}}}`
	if string(got) != want {
		t.Errorf("body\n%s\nwant\n%s", got, want)
	}
}
