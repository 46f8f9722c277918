package modelslab

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// worldFlows is the world's services of workflows: the owner has one, run once.
type worldFlows struct{ *world }

// ran is an execution like that of the seed's payload.
func ran() taskhook.Execution {
	return taskhook.Execution{ID: "exec_xyz789", AccountID: owner, AccountNumber: 12345, WorkflowID: "wf_abc123", WorkflowName: "My Image Pipeline",
		Input: []byte(`{"prompt":"A beautiful sunset"}`), WebhookURL: "https://r.example/own", State: taskhook.ExecutionCompleted,
		CreatedAt: moment(0), StartedAt: moment(100), FinishedAt: moment(45_300),
		Steps: []taskhook.ExecutionStep{{ID: "draw", State: taskhook.StepSucceeded, StartedAt: moment(100), FinishedAt: moment(5000)},
			{ID: "upscale", State: taskhook.StepSucceeded, StartedAt: moment(5000), FinishedAt: moment(45_200)}}}
}

func (f worldFlows) flow() taskhook.Workflow {
	return taskhook.Workflow{ID: "wf_abc123", AccountID: owner, Name: "My Image Pipeline", Description: "Draws & scales.", Version: 2, Runs: 7,
		LastRunAt: moment(500), CreatedAt: moment(0), UpdatedAt: moment(1000)}
}

func (f worldFlows) found(account, id, want string) error {
	if account != owner || id != want {
		return taskhook.Errorf(taskhook.CodeNotFound, "There is no %s in this account.", id)
	}
	return f.err
}

func (f worldFlows) List(_ context.Context, filter taskhook.WorkflowFilter) (l taskhook.List[taskhook.Workflow], err error) {
	switch {
	case filter.AccountID != owner:
	case filter.Cursor == "":
		l = taskhook.List[taskhook.Workflow]{Items: []taskhook.Workflow{f.flow()}, More: true, Next: "wf_abc123"}
	default:
		l.Items = []taskhook.Workflow{{ID: "wf_first", Name: "First", CreatedAt: moment(0), UpdatedAt: moment(0)}}
	}
	return l, f.err
}

func (f worldFlows) Get(_ context.Context, account, id string) (taskhook.Workflow, error) {
	return f.flow(), f.found(account, id, "wf_abc123")
}

func (f worldFlows) Outline(taskhook.Source) (taskhook.WorkflowOutline, error) {
	return taskhook.WorkflowOutline{WebhookURL: "https://r.example/own", Inputs: []taskhook.WorkflowInput{
		{Name: "prompt", Type: "string", Required: true, Step: "draw"}, {Name: "unused"}, {Name: "width", Type: "integer", Step: "upscale"}}}, f.err
}

func (f worldFlows) Start(_ context.Context, who taskhook.Identity, n taskhook.NewExecution) (taskhook.Execution, error) {
	f.started = n
	x := f.run
	if n.WebhookURL != "" {
		x.WebhookURL = n.WebhookURL
	}
	return x, f.found(who.AccountID, n.WorkflowID, "wf_abc123")
}

func (f worldFlows) Execution(_ context.Context, account, id string) (taskhook.Execution, error) {
	return f.run, f.found(account, id, "exec_xyz789")
}

func (f worldFlows) Cancel(_ context.Context, account, id string) (taskhook.Execution, error) {
	f.cancelled = id
	if err := f.found(account, id, "exec_xyz789"); err != nil || !f.run.State.Final() {
		return f.run, err
	}
	return f.run, taskhook.Errorf(taskhook.CodeConflict, "The execution is already %s and can't be cancelled.", f.run.State)
}

func (f worldFlows) Output(x *taskhook.Execution) (json.RawMessage, error) {
	if x.State != taskhook.ExecutionCompleted {
		return nil, nil
	}
	return json.RawMessage(`{"caption":"A <sunset>","images":["https://x.example/a.png?s=1&t","https://x.example/b.png"]}`), nil
}

const (
	flowPath = "/api/v1/workflows/wf_abc123"
	runPath  = flowPath + "/runs/exec_xyz789"
)

// TestWorkflows shows the calls about definitions, byte by byte.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		path      string
		perMinute int
		want      string
	}{
		{"/api/v1/workflows", 10, // (ML) list-workflows
			`{"status":"success","workflows":[{"id":"wf_abc123","name":"My Image Pipeline","description":"Draws & scales.","rate_limit":10,"call_count":7,` +
				`"last_called_at":"2026-01-02T10:30:00Z","created_at":"2026-01-02T10:30:00Z","updated_at":"2026-01-02T10:30:01Z"},` +
				`{"id":"wf_first","name":"First","description":"","rate_limit":10,"call_count":0,"last_called_at":null,` +
				`"created_at":"2026-01-02T10:30:00Z","updated_at":"2026-01-02T10:30:00Z"}]}`},
		{flowPath, 0, // (ML) get-workflow-schema
			`{"status":"success","workflow":{"id":"wf_abc123","name":"My Image Pipeline","description":"Draws & scales.","rate_limit":null,` +
				`"webhook_url":"https://r.example/own"},"parameters":[{"key":"prompt","type":"string","required":true,"node_id":"draw","node_name":"draw"},` +
				`{"key":"unused","type":"any","required":false,"node_id":null,"node_name":null},` +
				`{"key":"width","type":"integer","required":false,"node_id":"upscale","node_name":"upscale"}],` +
				`"endpoints":{"run":"https://x.example/api/v1/workflows/wf_abc123/run","status":"https://x.example/api/v1/workflows/wf_abc123/runs/{id}"}}`},
	} {
		w := newWorld(t)
		w.perMinute = tt.perMinute
		if got := w.ask(t, http.MethodGet, tt.path, "", "key", ownerKey); got.Code != http.StatusOK || got.Body.String() != tt.want {
			t.Errorf("%s: %d\n got %s\nwant %s", tt.path, got.Code, got.Body, tt.want)
		}
	}
	if got := newWorld(t).ask(t, http.MethodGet, "/api/v1/workflows", "", "key", foreignKey).Body.String(); got != `{"status":"success","workflows":[]}` {
		t.Errorf("another account has %s", got)
	}
}

// TestRunWorkflow: (ML) run-workflow; that the body may name a webhook is the
// seed's, in Endpoints Supporting Webhooks.
func TestRunWorkflow(t *testing.T) {
	t.Parallel()
	const began = `{"status":"success","message":"Workflow execution started.","execution_id":"exec_xyz789","workflow_id":"wf_abc123",` +
		`"status_url":"https://x.example/api/v1/workflows/wf_abc123/runs/exec_xyz789","webhook_url":`
	for _, tt := range []struct{ body, input, webhook, answer string }{
		{`{"prompt":"A beautiful sunset over mountains","width":1024}`, `{"prompt":"A beautiful sunset over mountains","width":1024}`, "", `"https://r.example/own"}`},
		{`{"prompt":"x","webhook":"https://r.example/hook?s=1&t=2","track_id":7,"key":"` + ownerKey + `"}`, `{"prompt":"x"}`, "https://r.example/hook?s=1&t=2", `"https://r.example/hook?s=1&t=2"}`},
		{`{"webhook":null}`, `{}`, "", `"https://r.example/own"}`},
		{``, `{}`, "", `"https://r.example/own"}`},
	} {
		w := newWorld(t)
		got := w.ask(t, http.MethodPost, flowPath+"/run", tt.body, "key", ownerKey)
		if got.Code != http.StatusAccepted || got.Body.String() != began+tt.answer {
			t.Errorf("%s: %d %s", tt.body, got.Code, got.Body)
		}
		if n := w.started; string(n.Input) != tt.input || n.WebhookURL != tt.webhook || n.Face != Name || n.PerMinute != 10 {
			t.Errorf("%s: started %+v", tt.body, n)
		}
	}
	w := newWorld(t)
	w.run.WebhookURL = ""
	if got := w.ask(t, http.MethodPost, flowPath+"/run", "", "key", ownerKey).Body.String(); got != began+"null}" {
		t.Errorf("no webhook: %s", got)
	}
}

// TestExecution shows executions in all states, byte by byte: (ML)
// get-execution-status.
func TestExecution(t *testing.T) {
	t.Parallel()
	const started, ended = `"2026-01-02T10:30:00Z"`, `"2026-01-02T10:30:45Z"`
	shown := func(state, started, ended, seconds, output, rest, draw, upscale string) string {
		return `{"status":"success","execution":{"id":"exec_xyz789","workflow_id":"wf_abc123","status":"` + state + `","started_at":` + started +
			`,"completed_at":` + ended + `,"execution_time":` + seconds + output + `},` + rest + `"steps":[{"name":"draw",` + draw + `},{"name":"upscale",` + upscale + `}]}`
	}
	const pending, links = `"status":"pending","started_at":null,"completed_at":null`, `["https://x.example/a.png?s=1&t","https://x.example/b.png"]`
	const drawn = `"status":"completed","started_at":` + started + `,"completed_at":"2026-01-02T10:30:05Z"`
	for want, change := range map[string]func(*taskhook.Execution){
		shown("pending", "null", "null", "null", "", "", pending, pending): func(x *taskhook.Execution) {
			x.State, x.StartedAt, x.FinishedAt = taskhook.ExecutionPending, time.Time{}, time.Time{}
			x.Steps[0] = taskhook.ExecutionStep{ID: "draw", State: taskhook.StepWaiting}
			x.Steps[1] = taskhook.ExecutionStep{ID: "upscale", State: taskhook.StepWaiting}
		},
		shown("running", started, "null", "null", "", "", drawn, `"status":"running","started_at":"2026-01-02T10:30:05Z","completed_at":null`): func(x *taskhook.Execution) {
			x.State, x.FinishedAt = taskhook.ExecutionRunning, time.Time{}
			x.Steps[1].State, x.Steps[1].FinishedAt = taskhook.StepRunning, time.Time{}
		},
		shown("completed", started, ended, "45.2", `,"output_data":{"caption":"A <sunset>","images":`+links+`}`,
			`"output":{"output":`+links+`,"proxy_links":`+links+`,"status":"success"},`, drawn, `"status":"completed","started_at":"2026-01-02T10:30:05Z","completed_at":`+ended): func(*taskhook.Execution) {},
		shown("failed", started, ended, "45.2", "", `"error":"Step draw failed: No.",`, `"status":"failed","started_at":`+started+`,"completed_at":"2026-01-02T10:30:05Z"`,
			`"status":"cancelled","started_at":null,"completed_at":null`): func(x *taskhook.Execution) {
			x.State, x.Error = taskhook.ExecutionFailed, &taskhook.TaskError{Message: "Step draw failed: No."}
			x.Steps[0].State = taskhook.StepFailed
			x.Steps[1] = taskhook.ExecutionStep{ID: "upscale", State: taskhook.StepSkipped}
		},
		shown("cancelled", "null", ended, "0", "", "", pending, pending): func(x *taskhook.Execution) {
			x.State, x.StartedAt = taskhook.ExecutionCancelled, time.Time{}
			x.Steps[0] = taskhook.ExecutionStep{ID: "draw", State: taskhook.StepWaiting}
			x.Steps[1] = taskhook.ExecutionStep{ID: "upscale", State: taskhook.StepWaiting}
		},
	} {
		w := newWorld(t)
		change(&w.run)
		if got := w.ask(t, http.MethodGet, runPath, "", "key", ownerKey); got.Code != http.StatusOK || got.Body.String() != want {
			t.Errorf("%d\n got %s\nwant %s", got.Code, got.Body, want)
		}
	}
}

func TestCancelWorkflow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run.State = taskhook.ExecutionRunning
	if got := w.ask(t, http.MethodPost, runPath+"/cancel", "", "key", ownerKey); got.Code != http.StatusOK || w.cancelled != "exec_xyz789" ||
		got.Body.String() != `{"status":"success","message":"Workflow execution cancelled."}` { // (ML) cancel-execution
		t.Errorf("%d %s", got.Code, got.Body)
	}
	w.run.State = taskhook.ExecutionCompleted
	if got := w.ask(t, http.MethodPost, runPath+"/cancel", "", "key", ownerKey); got.Code != http.StatusBadRequest ||
		got.Body.String() != refusal("The execution is already completed and can't be cancelled.") {
		t.Errorf("of an ended one: %d %s", got.Code, got.Body)
	}
}

// TestWorkflowErrors: (ML) run-workflow, Error Responses.
func TestWorkflowErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, path, body string
		err                error // of the services
		status             int
		want               string
	}{
		{"POST", flowPath + "/run", "{", nil, 400, ""},
		{"POST", flowPath + "/run", `{"a":1,"a":2}`, nil, 400, ""},
		{"POST", flowPath + "/run", `{"webhook":5}`, nil, 422, refusal("webhook must be a string")},
		{"POST", flowPath + "/run", "{}", taskhook.FieldErrorf(taskhook.CodeMissing, "inputs.prompt", "The input prompt is required."), 422, refusal("prompt is required")},
		{"POST", flowPath + "/run", "{}", taskhook.FieldErrorf(taskhook.CodeInvalid, "inputs.n", "The input n must be of type integer."), 422, refusal("The input n must be of type integer.")},
		{"POST", flowPath + "/run", `{"webhook":"http://r.example"}`, taskhook.FieldErrorf(taskhook.CodeInvalid, "webhookUrl", "webhookUrl can't be used: no"), 422, refusal("webhook must be an https URL")},
		{"POST", flowPath + "/run", `{"webhook":"https://10.0.0.1"}`, taskhook.FieldErrorf(taskhook.CodeInvalid, "webhookUrl", "webhookUrl can't be used: it is private"), 422, refusal("webhook can't be used: it is private")},
		{"POST", flowPath + "/run", "{}", &taskhook.Error{Code: taskhook.CodeRateLimited, Message: "Wait.", RetryAfter: 41_900 * time.Millisecond}, 429, `{"status":"error","message":"Wait.","retry_after":42}`},
		{"POST", flowPath + "/run", "{}", taskhook.Errorf(taskhook.CodeModelNotFound, "There is no model x."), 400, refusal("There is no model x.")},
		{"POST", flowPath + "/run", "{}", errors.New("broken"), 500, ""},
		{"POST", "/api/v1/workflows/wf_other/run", "{}", nil, 404, refusal("There is no wf_other in this account.")},
		{"GET", "/api/v1/workflows/wf_other", "", nil, 404, refusal("There is no wf_other in this account.")},
		{"GET", "/api/v1/workflows/wf_other/runs/exec_xyz789", "", nil, 404, ""},
		{"POST", "/api/v1/workflows/wf_other/runs/exec_xyz789/cancel", "", nil, 404, ""},
		{"GET", flowPath + "/runs/exec_1", "", nil, 404, refusal("There is no exec_1 in this account.")},
		{"POST", flowPath + "/runs/exec_1/cancel", "", nil, 404, ""},
		{"GET", flowPath + "/run", "", nil, 405, ""},
		{"POST", "/api/v1/workflows", "{}", nil, 405, ""},
		{"DELETE", flowPath, "", nil, 405, ""},
		{"GET", "/api/v1/workflows", "", taskhook.Errorf(taskhook.CodeUnavailable, "Stopping."), 503, ""},
	} {
		w := newWorld(t)
		w.err = tt.err
		got := w.ask(t, tt.method, tt.path, tt.body, "key", ownerKey)
		if got.Code != tt.status || tt.want != "" && got.Body.String() != tt.want || !strings.HasPrefix(got.Body.String(), `{"status":"error","message":"`) {
			t.Errorf("%s %s %s: %d %s", tt.method, tt.path, tt.body, got.Code, got.Body)
		}
		if got.Code >= 404 && w.cancelled != "" {
			t.Errorf("%s %s cancels", tt.method, tt.path)
		}
	}
}

// TestWorkflowsAreGuarded: each call asks for a key that may do it, and shows
// nothing of another account.
func TestWorkflowsAreGuarded(t *testing.T) {
	t.Parallel()
	for _, route := range new(Face).workflowRoutes() {
		path := strings.NewReplacer("{workflow_id}", "wf_abc123", "{execution_id}", "exec_xyz789").Replace(route.Pattern)
		for key, status := range map[string]int{"": 401, "bad": 401, foreignKey: 404} {
			got := newWorld(t).ask(t, route.Method, path, "", "key", key)
			if want := map[bool]int{true: 200, false: status}[key == foreignKey && path == workflowsPath]; got.Code != want {
				t.Errorf("%s %s with the key %q: %d %s", route.Method, path, key, got.Code, got.Body)
			}
		}
		w := newWorld(t)
		w.limits.Permissions = []taskhook.Scope{taskhook.ScopeEventsWrite}
		if got := w.ask(t, route.Method, path, "", "key", ownerKey); got.Code != 403 {
			t.Errorf("%s %s without the permission: %d", route.Method, path, got.Code)
		}
	}
}
