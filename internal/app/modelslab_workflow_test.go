package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// labFlow is an answer or a webhook about workflows of ModelsLab's API.
type labFlow struct {
	Status      string
	Message     string
	Event       string
	Error       string
	RetryAfter  int    `json:"retry_after"`
	ExecutionID string `json:"execution_id"`
	StatusURL   string `json:"status_url"`
	WebhookURL  string `json:"webhook_url"`

	Workflows  []struct{ ID, Name string }
	Workflow   client.Workflow
	Parameters []struct{ Key, Type string }
	Endpoints  struct{ Run, Status string }
	Execution  struct {
		ID, Status string
		OutputData map[string][]string `json:"output_data"`
		Error      string
	}
	Output struct{ Output []string }
	Steps  []struct{ Name, Status string }
}

// labAsk asks with the key in the header, as the documents of ModelsLab have it.
func labAsk(t *testing.T, key, method, url, body string) (int, labFlow) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("key", key)
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s %s: %d %s", method, url, w.StatusCode, text)
	var out labFlow
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%s: %s: %v", url, text, err)
	}
	return w.StatusCode, out
}

// workflowsSoon has the webhooks of workflows tried again at once.
func workflowsSoon(t *testing.T) func(*config.Config) {
	return func(c *config.Config) {
		for _, schedule := range []interface{ UnmarshalText([]byte) error }{&c.WorkflowSchedule, &c.Muapi.Schedule} {
			if err := schedule.UnmarshalText([]byte("0s,0s,0s")); err != nil {
				t.Fatal(err)
			}
		}
		c.ModelsLab.WorkflowRate = 3
	}
}

// TestLabWorkflow goes through all calls: a workflow that is made by the primary
// API is found, described, run, followed and told of, with three retries, and can't
// be run too often.
func TestLabWorkflow(t *testing.T) {
	t.Parallel()
	s := program.Start(t, workflowsSoon(t))
	w, err := s.CreateWorkflow(t.Context(), []byte("webhook: "+program.NewReceiver(t).URL+"\n"+poster))
	if err != nil {
		t.Fatal(err)
	}
	if status, list := labAsk(t, program.Key, "GET", s.URL+"/api/v1/workflows", ""); status != 200 || len(list.Workflows) != 1 || list.Workflows[0].ID != w.ID {
		t.Errorf("list: %d %+v", status, list)
	}
	_, schema := labAsk(t, program.Key, "GET", s.URL+"/modelslab/api/v1/workflows/"+w.ID, "")
	if len(schema.Parameters) != 1 || schema.Parameters[0].Key != "prompt" || schema.Parameters[0].Type != "string" {
		t.Errorf("schema: %+v", schema)
	}
	own := program.NewReceiver(t, 500, 302, 404)
	status, began := labAsk(t, program.Key, "POST", schema.Endpoints.Run, `{"prompt":"a boat","webhook":"`+own.URL+`/hook?s=1"}`)
	if status != http.StatusAccepted || began.StatusURL != strings.Replace(schema.Endpoints.Status, "{id}", began.ExecutionID, 1) || began.WebhookURL != own.URL+"/hook?s=1" {
		t.Fatalf("run: %d %+v", status, began)
	}
	var told labFlow
	got := own.Wait(t, 4)
	for _, attempt := range got {
		if err := jobVerifier(t, s).Verify(attempt.Header, attempt.Body, time.Now()); err != nil || string(attempt.Body) != string(got[0].Body) {
			t.Errorf("the webhook is refused: %v: %s", err, attempt.Body)
		}
	}
	if err := json.Unmarshal(got[0].Body, &told); err != nil {
		t.Fatal(err)
	}
	if told.Event != "workflow.completed" || told.Workflow.ID != w.ID || told.Execution.ID != began.ExecutionID || len(told.Execution.OutputData["images"]) != 2 {
		t.Errorf("the webhook is %s", got[0].Body)
	}
	status, done := labAsk(t, program.Key, "GET", began.StatusURL, "")
	if status != 200 || done.Execution.Status != "completed" || strings.Join(done.Output.Output, " ") != strings.Join(told.Execution.OutputData["images"], " ") ||
		len(done.Steps) != 2 || done.Steps[1].Name != "again" || done.Steps[1].Status != "completed" {
		t.Errorf("followed: %d %+v", status, done)
	}
	for _, link := range done.Output.Output {
		if status, file := fetch(t, "GET", link); status != 200 || len(file) == 0 {
			t.Errorf("%s: %d", link, status)
		}
	}
	if x, err := s.Execution(t.Context(), began.ExecutionID); err != nil || x.Status != "completed" {
		t.Errorf("the primary API shows %+v, %v", x, err)
	}
	if a := mu(t, s, program.Key, "GET", "/workflow/run/"+began.ExecutionID+"/api-outputs", ""); a.Status != "completed" || len(a.Outputs) != 2 {
		t.Errorf("muapi shows %s", a.text)
	}
	if status, got := labAsk(t, foreignKey(t, s), "GET", began.StatusURL, ""); status != 404 || got.Status != "error" {
		t.Errorf("another account is told %d %+v", status, got)
	}
}

// TestLabWorkflowRate: three of a workflow in a minute, which refused ones are not
// part of, nor those of other APIs.
func TestLabWorkflowRate(t *testing.T) {
	t.Parallel()
	s := program.Start(t, workflowsSoon(t))
	w, err := s.CreateWorkflow(t.Context(), []byte(poster))
	if err != nil {
		t.Fatal(err)
	}
	run := s.URL + "/api/v1/workflows/" + w.ID + "/run"
	for body, want := range map[string]string{`{}`: "prompt is required", `{"prompt":7}`: "The input prompt must be of type string.",
		`{"prompt":"x","webhook":"ftp://x"}`: "webhook must be an https URL"} {
		if status, got := labAsk(t, program.Key, "POST", run, body); status != http.StatusUnprocessableEntity || got.Message != want {
			t.Errorf("%s: %d %s", body, status, got.Message)
		}
	}
	if _, err := s.RunWorkflow(t.Context(), w.ID, client.NewExecution{Inputs: json.RawMessage(`{"prompt":"x"}`)}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if status, got := labAsk(t, program.Key, "POST", run, `{"prompt":"x"}`); status != http.StatusAccepted {
			t.Errorf("%d %+v", status, got)
		}
	}
	if status, got := labAsk(t, program.Key, "POST", run, `{"prompt":"x"}`); status != http.StatusTooManyRequests || got.RetryAfter < 1 || got.RetryAfter > 60 {
		t.Errorf("a fourth: %d %+v", status, got)
	}
	if a := mu(t, s, program.Key, "POST", "/workflow/"+w.ID+"/api-execute", `{"inputs":{"prompt":"x"}}`); a.status != http.StatusOK {
		t.Errorf("through another API: %d %s", a.status, a.text)
	}
	if p, err := s.Executions(t.Context(), client.ExecutionQuery{}); err != nil || p.Total != 5 {
		t.Errorf("%d executions, %v", p.Total, err)
	}
}

// TestLabWorkflowEnds fails one execution and cancels another, of which nobody is
// told.
func TestLabWorkflowEnds(t *testing.T) {
	t.Parallel()
	s := program.Start(t, workflowsSoon(t))
	own := program.NewReceiver(t)
	base := s.URL + "/api/v1/workflows/"
	slow := base + flow(t, s, "", "{seconds: 60}", "{seconds: 60}").ID
	_, began := labAsk(t, program.Key, "POST", slow+"/run", `{"webhook":"`+own.URL+`"}`)
	for range 2 {
		status, got := labAsk(t, program.Key, "POST", began.StatusURL+"/cancel", "")
		if status == 200 {
			began.Status = got.Status
		} else if status != http.StatusBadRequest || got.Message != "The execution is already cancelled and can't be cancelled." {
			t.Errorf("cancel again: %d %+v", status, got)
		}
	}
	if _, got := labAsk(t, program.Key, "GET", began.StatusURL, ""); began.Status != "success" || got.Execution.Status != "cancelled" || got.Error != "" {
		t.Errorf("cancelled: %+v", got)
	}
	bad := base + flow(t, s, "", "{seconds: 0, fail: It broke.}", "{seconds: 0}").ID
	_, began = labAsk(t, program.Key, "POST", bad+"/run", `{"webhook":"`+own.URL+`"}`)
	var told labFlow
	body := own.Wait(t, 1)[0].Body
	if err := json.Unmarshal(body, &told); err != nil {
		t.Fatal(err)
	}
	if told.Event != "workflow.failed" || told.Execution.ID != began.ExecutionID || told.Execution.Error != "Step a failed: It broke." {
		t.Errorf("the webhook is %s", body)
	}
	if _, got := labAsk(t, program.Key, "GET", began.StatusURL, ""); got.Execution.Status != "failed" || got.Error != told.Execution.Error || got.Steps[1].Status != "cancelled" {
		t.Errorf("failed: %+v", got)
	}
	if status, _ := labAsk(t, program.Key, "GET", slow+"/runs/"+began.ExecutionID, ""); status != 404 {
		t.Errorf("as one of another workflow: %d", status)
	}
}
