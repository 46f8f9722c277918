package muapi

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// worldFlows is the world's services of workflows: the owner has one, run once.
type worldFlows struct{ *world }

func ran() taskhook.Execution {
	return taskhook.Execution{ID: "exec_1", AccountID: owner, WorkflowID: "wf_1", State: taskhook.ExecutionCompleted,
		CreatedAt: at(0), StartedAt: at(1), FinishedAt: at(1).Add(2310 * time.Millisecond),
		Steps: []taskhook.ExecutionStep{
			{ID: "draw", State: taskhook.StepSucceeded, TaskID: "task_1", Results: []taskhook.Artifact{{Name: "task_1.png"}, {Name: "gone.png", Removed: true}}},
			{ID: "scale", State: taskhook.StepSucceeded, TaskID: "task_2", Results: []taskhook.Artifact{{Name: "task_2.png"}}}}}
}

func (f worldFlows) flow() taskhook.Workflow {
	return taskhook.Workflow{ID: "wf_1", AccountID: owner, Name: "Poster", Description: "Draws & scales.", CreatedAt: at(0), UpdatedAt: at(1)}
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
		l = taskhook.List[taskhook.Workflow]{Items: []taskhook.Workflow{f.flow()}, More: true, Next: "wf_1"}
	default:
		l.Items = []taskhook.Workflow{{ID: "wf_0", Name: "First", CreatedAt: at(0), UpdatedAt: at(0)}}
	}
	return l, f.err
}

func (f worldFlows) Get(_ context.Context, account, id string) (taskhook.Workflow, error) {
	return f.flow(), f.found(account, id, "wf_1")
}

func (f worldFlows) Outline(taskhook.Source) (taskhook.WorkflowOutline, error) {
	return taskhook.WorkflowOutline{
		Inputs: []taskhook.WorkflowInput{{Name: "anything"},
			{Name: "draw__prompt", Type: "string", Default: []byte(`"a <boat>"`), Step: "draw"}, {Name: "draw__width", Type: "number", Default: []byte("512"), Step: "draw"},
			{Name: "style", Type: "string", Description: "How.", Required: true, Step: "scale"}},
		Steps: []taskhook.WorkflowStep{
			{ID: "draw", Provider: Name, Model: "flux-dev-image", Input: []byte(`{"prompt":"{{ inputs.draw__prompt }}","width":"{{ inputs.draw__width }}"}`)},
			{ID: "scale", Provider: "seedream", Capability: "text-to-image", Model: "seedream-4-0", Needs: []string{"draw"},
				Input: []byte(`{"image":"{{ draw.outputs[0].value }}","prompt":"{{ inputs.style }}"}`)}}}, f.err
}

func (f worldFlows) Create(_ context.Context, _ string, source taskhook.Source) (taskhook.Workflow, error) {
	f.source = source
	return f.flow(), f.err
}

func (f worldFlows) Update(_ context.Context, account, id string, source taskhook.Source) (taskhook.Workflow, error) {
	f.source, f.changed = source, id
	return f.flow(), f.found(account, id, "wf_1")
}

func (f worldFlows) Rename(_ context.Context, account, id, name string) (taskhook.Workflow, error) {
	f.renamed = name
	w := f.flow()
	w.Name = name
	return w, f.found(account, id, "wf_1")
}

func (f worldFlows) Delete(_ context.Context, account, id string) error {
	f.changed = id
	return f.found(account, id, "wf_1")
}

func (f worldFlows) Start(_ context.Context, who taskhook.Identity, n taskhook.NewExecution) (taskhook.Execution, error) {
	f.started = n
	return f.run, cmp.Or(f.startErr, f.found(who.AccountID, n.WorkflowID, "wf_1"))
}

func (f worldFlows) Execution(_ context.Context, account, id string) (taskhook.Execution, error) {
	return f.run, f.found(account, id, "exec_1")
}

func (f worldFlows) Output(x *taskhook.Execution) (json.RawMessage, error) {
	if x.State != taskhook.ExecutionCompleted {
		return nil, nil
	}
	return json.RawMessage(`{"images":["https://x.example/results/task_2.png?signature=s&b"],"note":"done"}`), nil
}

const (
	listedFlow = `"id":"wf_1","workflow_id":"wf_1","name":"Poster","description":"Draws & scales.","is_owner":true,` +
		`"created_at":"2026-03-01T09:30:00Z","updated_at":"2026-03-01T09:30:01Z"`
	runURLs  = `"urls":{"get":"https://x.example/workflow/run/exec_1/api-outputs"}`
	runSince = `"created_at":"2026-03-01T09:30:00Z"`
	runSpent = `"executionTime":2.31,"timings":{"inference":2.31}`
)

// TestWorkflowCalls shows what the calls about workflows answer, byte by byte. The
// official command line names the fields that it reads; where others read further
// ones, these stand beside.
func TestWorkflowCalls(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ request, body, want string }{
		// workflow run, and execute: run_id, else id.
		{"POST /workflow/wf_1/run", `{}`, `{"run_id":"exec_1","id":"exec_1","workflow_id":"wf_1","status":"processing"}`},
		{"POST /workflow/wf_1/api-execute", `{"inputs":{"draw":{"prompt":"x"}}}`, `{"run_id":"exec_1","id":"exec_1","workflow_id":"wf_1","status":"processing"}`},
		// workflow get reads inputs, run-interactive input_data.
		{"GET /workflow/wf_1/api-inputs", "", `{"workflow_id":"wf_1","inputs":{"anything":{"value":{"type":"any","required":false}},` +
			`"draw":{"prompt":{"type":"string","required":false,"default":"a <boat>"},"width":{"type":"number","required":false,"default":512}},` +
			`"style":{"value":{"type":"string","required":true,"description":"How."}}},` +
			`"input_data":{"type":"object","properties":{"anything":{"title":"anything.value","name":"value","type":"any","required":false},` +
			`"draw__prompt":{"title":"draw.prompt","name":"value","type":"string","required":false,"default":"a <boat>","examples":["a <boat>"]},` +
			`"draw__width":{"title":"draw.width","name":"value","type":"number","required":false,"default":512,"examples":[512]},` +
			`"style":{"title":"style.value","name":"value","type":"string","required":true,"description":"How."}},"required":["style"]}}`},
		// workflow status: status, and of nodes id, type, status and outputs.
		{"GET /workflow/run/exec_1/status", "", `{"run_id":"exec_1","workflow_id":"wf_1","status":"completed","nodes":[` +
			`{"id":"draw","type":"flux-dev-image","status":"completed","node_run_id":"task_1","outputs":["https://x.example/results/task_1.png?signature=s"]},` +
			`{"id":"scale","type":"seedream-4-0","status":"completed","node_run_id":"task_2","outputs":["https://x.example/results/task_2.png?signature=s"]}]}`},
		// workflow outputs: a list of URLs; others read status and error too.
		{"GET /workflow/run/exec_1/api-outputs", "", `{"id":"exec_1","outputs":["https://x.example/results/task_2.png?signature=s&b"],` + runURLs +
			`,"has_nsfw_contents":[false],"status":"completed",` + runSince + `,` + runSpent + `,"workflow_id":"wf_1"}`},
		// workflow list: a bare list.
		{"GET /workflow/get-workflow-defs", "", `[{` + listedFlow + `},{"id":"wf_0","workflow_id":"wf_0","name":"First","description":"","is_owner":true,` +
			`"created_at":"2026-03-01T09:30:00Z","updated_at":"2026-03-01T09:30:00Z"}]`},
		// workflow get: nodes with id, type, params and the ids of their inputs.
		{"GET /workflow/get-workflow-def/wf_1", "", `{` + listedFlow + `,"nodes":[` +
			`{"id":"draw","type":"flux-dev-image","params":{"prompt":"a <boat>","width":512},"inputs":[]},` +
			`{"id":"scale","type":"seedream-4-0","provider":"seedream","capability":"text-to-image",` +
			`"params":{"image":"{{ draw.outputs[0].value }}","prompt":"{{ inputs.style }}"},"inputs":["draw"]}],"edges":[{"source":"draw","target":"scale"}]}`},
		{"DELETE /workflow/delete-workflow-def/wf_1", "", `{"workflow_id":"wf_1","deleted":true}`},
		{"POST /workflow/create", `{"name":"Poster","nodes":[{"id":"a","type":"flux-dev-image"}]}`, `{` + listedFlow + `}`},
		{"POST /workflow/update-name/wf_1", `{"name":"New"}`, `{` + strings.Replace(listedFlow, "Poster", "New", 1) + `}`},
	} {
		method, path, _ := strings.Cut(test.request, " ")
		for _, prefix := range []string{"", "/api"} { // the page on workflows has /api
			rec := newWorld().ask(t, method, prefix+path, test.body)
			if rec.Code != 200 || rec.Body.String() != test.want {
				t.Errorf("%s%s: %d\n got %s\nwant %s", prefix, test.request, rec.Code, rec.Body, test.want)
			}
		}
	}
}

// runIn returns a run in a state.
func runIn(state taskhook.ExecutionState) taskhook.Execution {
	x := ran()
	x.State = state
	switch state {
	case taskhook.ExecutionPending:
		x.StartedAt, x.FinishedAt = time.Time{}, time.Time{}
		x.Steps = []taskhook.ExecutionStep{{ID: "draw", State: taskhook.StepWaiting}, {ID: "scale", State: taskhook.StepWaiting}}
	case taskhook.ExecutionRunning:
		x.FinishedAt = time.Time{}
		x.Steps[0].State, x.Steps[0].Results, x.Steps[1] = taskhook.StepRunning, nil, taskhook.ExecutionStep{ID: "scale", State: taskhook.StepWaiting}
	case taskhook.ExecutionFailed:
		x.Error = &taskhook.TaskError{Message: "Step draw failed: No."}
		x.Steps[0].State, x.Steps[0].Results, x.Steps[0].Error = taskhook.StepFailed, nil, &taskhook.TaskError{Message: "No."}
		x.Steps[1] = taskhook.ExecutionStep{ID: "scale", State: taskhook.StepSkipped}
	case taskhook.ExecutionCancelled:
		x.Steps[0].State, x.Steps[0].Results, x.Steps[1] = taskhook.StepCancelled, nil, taskhook.ExecutionStep{ID: "scale", State: taskhook.StepSkipped}
	}
	return x
}

// What is said of a run in each state that is not a success; never null.
func TestRunStates(t *testing.T) {
	t.Parallel()
	nodes := func(first, second string) string {
		return `"nodes":[{"id":"draw","type":"flux-dev-image",` + first + `},{"id":"scale","type":"seedream-4-0","status":"` + second + `","outputs":[]}]}`
	}
	const run, id = `{"run_id":"exec_1","workflow_id":"wf_1","status":`, `"node_run_id":"task_1","outputs":[]`
	for state, want := range map[taskhook.ExecutionState][2]string{
		taskhook.ExecutionPending: {run + `"queued",` + nodes(`"status":"queued","outputs":[]`, "queued"),
			`{"id":"exec_1",` + runURLs + `,"status":"queued",` + runSince + `,"workflow_id":"wf_1"}`},
		taskhook.ExecutionRunning: {run + `"processing",` + nodes(`"status":"processing",`+id, "queued"),
			`{"id":"exec_1",` + runURLs + `,"status":"processing",` + runSince + `,"workflow_id":"wf_1"}`},
		taskhook.ExecutionFailed: {run + `"failed","error":"Step draw failed: No.",` + nodes(`"status":"failed",`+id+`,"error":"No."`, "cancelled"),
			`{"id":"exec_1",` + runURLs + `,"has_nsfw_contents":[],"status":"failed",` + runSince + `,"error":"Step draw failed: No.",` + runSpent + `,"workflow_id":"wf_1"}`},
		taskhook.ExecutionCancelled: {run + `"cancelled",` + nodes(`"status":"cancelled",`+id, "cancelled"),
			`{"id":"exec_1",` + runURLs + `,"has_nsfw_contents":[],"status":"cancelled",` + runSince + `,` + runSpent + `,"workflow_id":"wf_1"}`},
	} {
		w := newWorld()
		w.run = runIn(state)
		for i, call := range []string{"status", "api-outputs"} {
			if rec := w.ask(t, http.MethodGet, "/workflow/run/exec_1/"+call, ""); rec.Code != 200 || rec.Body.String() != want[i] {
				t.Errorf("%s %s: %d\n got %s\nwant %s", state, call, rec.Code, rec.Body, want[i])
			}
		}
	}
}

// The webhook bodies of runs: those of the founding page, "Webhook Payload", with
// workflow_id. They say what api-outputs says.
func TestRunWebhookBodies(t *testing.T) {
	t.Parallel()
	for state, want := range map[taskhook.ExecutionState]string{
		taskhook.ExecutionCompleted: `{"id":"exec_1","outputs":["https://x.example/results/task_2.png?signature=s&b"],` + runURLs +
			`,"has_nsfw_contents":[false],"status":"completed",` + runSince + `,` + runSpent + `,"workflow_id":"wf_1"}`,
		taskhook.ExecutionFailed: `{"id":"exec_1",` + runURLs + `,"has_nsfw_contents":[],"status":"failed",` + runSince + `,"error":"Step draw failed: No.",` +
			runSpent + `,"workflow_id":"wf_1"}`,
	} {
		o := taskhook.WorkflowOutcome{Execution: runIn(state)}
		o.Output, _ = worldFlows{newWorld()}.Output(&o.Execution)
		o.Execution.FinishedAt = o.Execution.FinishedAt.Add(321 * time.Microsecond) // is kept to the millisecond
		if got := string(RunWebhookBody("https://x.example")(o)); got != want {
			t.Errorf("%s:\n got %s\nwant %s", state, got, want)
		}
	}
}

// What is refused, and how.
func TestWorkflowRefusals(t *testing.T) {
	t.Parallel()
	const notFound = `{"detail":"Not Found"}`
	fault := func(loc, msg, kind string) string {
		return `{"detail":[{"loc":[` + loc + `],"msg":"` + msg + `","type":"` + kind + `"}]}`
	}
	for _, test := range []struct {
		request, body string
		err           error // of the services
		status        int
		want          string
	}{
		{"POST /workflow/wf_2/run", `{}`, nil, 404, notFound},
		{"GET /workflow/wf_2/api-inputs", ``, nil, 404, notFound},
		{"GET /workflow/run/exec_2/status", ``, nil, 404, notFound},
		{"GET /workflow/run/exec_2/api-outputs", ``, nil, 404, notFound},
		{"GET /workflow/get-workflow-def/wf_2", ``, nil, 404, notFound},
		{"DELETE /workflow/delete-workflow-def/wf_2", ``, nil, 404, notFound},
		{"POST /workflow/update-name/wf_2", `{"name":"x"}`, nil, 404, notFound},
		{"POST /workflow/create", `{"workflow_id":"wf_2","name":"x","nodes":[{"id":"a","type":"m"}]}`, nil, 404, notFound},
		{"POST /workflow/wf_1/unknown", `{}`, nil, 404, notFound},
		{"GET /workflow/poll-architect/1/result", ``, nil, 404, notFound},
		{"GET /workflow", ``, nil, 404, notFound},
		{"GET /workflow/wf_1/run", ``, nil, 405, `{"detail":"Method Not Allowed"}`},
		{"GET /workflow/delete-workflow-def/wf_1", ``, nil, 405, `{"detail":"Method Not Allowed"}`}, // which the command line tries first
		{"POST /workflow/wf_1/run", `[]`, nil, 422, ""},
		{"POST /workflow/wf_1/run", `{"webhook_url":5}`, nil, 422, fault(`"body","webhook_url"`, "webhook_url must be a text.", "value_error")},
		{"POST /workflow/wf_1/run?webhook=http://a", `{}`, taskhook.FieldErrorf(taskhook.CodeInvalid, "webhookUrl", "webhookUrl can't be used: no"), 422,
			fault(`"query","webhook"`, "webhook can't be used: no", "value_error")},
		{"POST /workflow/wf_1/run", `{"webhook_url":"http://a"}`, taskhook.FieldErrorf(taskhook.CodeInvalid, "webhookUrl", "webhookUrl can't be used: no"), 422,
			fault(`"body","webhook_url"`, "webhook_url can't be used: no", "value_error")},
		{"POST /workflow/wf_1/api-execute", `{"inputs":{}}`, taskhook.FieldErrorf(taskhook.CodeMissing, "inputs.draw__prompt", "It is required."), 422,
			fault(`"body","inputs","draw","prompt"`, "Field required", "missing")},
		{"POST /workflow/wf_1/api-execute", `{"inputs":[]}`, nil, 422, fault(`"body","inputs"`, "This must be an object of parameters by node.", "value_error")},
		{"POST /workflow/wf_1/api-execute", `{"inputs":{"draw":"x"}}`, nil, 422, fault(`"body","inputs","draw"`, "This must be an object of parameters by node.", "value_error")},
		{"POST /workflow/wf_1/api-execute", `{"inputs":{"draw":{"size":1}}}`, nil, 422, fault(`"body","inputs","draw","size"`,
			"The workflow has no such parameter; it has anything.value, draw.prompt, draw.width, style.value.", "value_error")},
		{"POST /workflow/wf_1/run", `{}`, taskhook.Errorf(taskhook.CodeNoBalance, "Pay."), 402, `{"detail":"Insufficient credits"}`},
		{"POST /workflow/create", ``, nil, 422, fault(`"body"`, "Field required", "missing")},
		{"POST /workflow/create", `{"name":"x"}`, nil, 422, fault(`"body","nodes"`, "Field required", "missing")},
		{"POST /workflow/create", `{"nodes":[{"id":"a","type":"m"}]}`, nil, 422, fault(`"body","name"`, "Field required", "missing")},
		{"POST /workflow/create", `{"name":"x","nodes":[{"id":7}]}`, nil, 422, fault(`"body","nodes","id"`, "This can't be a number.", "value_error")},
		{"POST /workflow/create", `{"name":"x","nodes":[{"id":"a","type":"m"}]}`,
			taskhook.FieldErrorf(taskhook.CodeInvalid, "/steps/0/input/image", "/steps/0/input/image: there is no step b"), 422,
			fault(`"body","nodes",0,"params","image"`, "there is no step b", "value_error")},
		{"POST /workflow/update-name/wf_1", `{}`, nil, 422, fault(`"body","name"`, "Field required", "missing")},
		{"POST /workflow/update-name/wf_1", `{"name":7}`, nil, 422, fault(`"body","name"`, "name must be a text.", "value_error")},
		{"POST /workflow/architect", `{"prompt":"x","sync":true}`, nil, 409,
			`{"detail":"This server has no architect that designs workflows. Send nodes to POST /workflow/create, or a definition to taskhook workflow create."}`},
	} {
		method, path, _ := strings.Cut(test.request, " ")
		w := newWorld()
		if w.err = test.err; strings.Contains(path, "wf_1") { // it is of Start alone
			w.err, w.startErr = nil, test.err
		}
		if rec := w.ask(t, method, path, test.body); rec.Code != test.status || test.want != "" && rec.Body.String() != test.want {
			t.Errorf("%s %s: %d %s\nwant %s", test.request, test.body, rec.Code, rec.Body, test.want)
		}
	}
}

// The document has every call about workflows that may go well, and the webhook.
func TestWorkflowDocument(t *testing.T) {
	t.Parallel()
	face := newWorld().face(t)
	doc, err := face.Document()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Paths    map[string]map[string]struct{ OperationID string }
		Webhooks map[string]any
	}
	if err := json.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, route := range face.workflowRoutes() {
		operation, found := spec.Paths[route.Pattern][strings.ToLower(route.Method)]
		if found != (route.Response != nil) || ids[operation.OperationID] && found {
			t.Errorf("%s %s: %+v, %t", route.Method, route.Pattern, operation, found)
		}
		ids[operation.OperationID] = true
	}
	if spec.Webhooks["run"] == nil {
		t.Error("the webhook of runs is not there")
	}
}
