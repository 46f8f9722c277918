package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// muFlow is what the tests look at of muapi's answers about workflows.
type muFlow struct {
	muAnswer
	RunID      string `json:"run_id"`
	WorkflowID string `json:"workflow_id"`
	Name       string
	Nodes      []struct {
		ID, Type, Status string
		Params           map[string]any
		Inputs, Outputs  []string
	}
	Inputs map[string]map[string]any
}

func muAsk(t *testing.T, s *program.Server, method, path, body string) (a muFlow) {
	t.Helper()
	a.muAnswer = mu(t, s, program.Key, method, path, body)
	t.Logf("%s %s: %d %s", method, path, a.status, a.text)
	if strings.HasPrefix(a.text, "{") {
		if err := json.Unmarshal([]byte(a.text), &a); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// muGraph is a workflow as clients of muapi.ai send it. Its second node gets what
// the first has made.
const muGraph = `{"name":"Effects","nodes":[{"id":"draw","type":"flux-dev-image","params":{"prompt":"a cat","sandbox":{"seconds":0}}},` +
	`{"id":"move","type":"generate_wan_ai_effects","params":{"image_url":"{{ draw.outputs[0].value }}","name":"Cakeify","sandbox":{"seconds":0}},"inputs":["draw"]}]}`

// TestMuapiWorkflow goes through all calls: a graph is made, shown, run, followed
// and told of, with three retries, renamed and deleted.
func TestMuapiWorkflow(t *testing.T) {
	t.Parallel()
	s := program.Start(t, workflowsSoon(t))
	made := muAsk(t, s, http.MethodPost, "/workflow/create", muGraph)
	if made.status != http.StatusOK || made.ID == "" || made.ID != made.WorkflowID {
		t.Fatalf("create: %d %s", made.status, made.text)
	}
	below := "/workflow/" + made.ID + "/"
	if in := muAsk(t, s, http.MethodGet, below+"api-inputs", ""); in.Inputs["draw"]["prompt"] == nil || in.Inputs["move"]["image_url"] != nil || in.Inputs["move"]["name"] == nil {
		t.Errorf("inputs: %s", in.text)
	}
	shown := muAsk(t, s, http.MethodGet, "/muapi/workflow/get-workflow-def/"+made.ID, "")
	if len(shown.Nodes) != 2 || shown.Nodes[0].Params["prompt"] != "a cat" || len(shown.Nodes[1].Inputs) != 1 {
		t.Errorf("shown: %s", shown.text)
	}
	own := program.NewReceiver(t, 500, 302, 404)
	began := muAsk(t, s, http.MethodPost, below+"api-execute", `{"inputs":{"draw":{"prompt":"a dog"}},"webhook_url":"`+own.URL+`/a%2Fb?token=a%20b"}`)
	if began.status != http.StatusOK || began.RunID == "" || began.Status != "processing" {
		t.Fatalf("run: %d %s", began.status, began.text)
	}
	got := own.Wait(t, 4)
	for _, attempt := range got {
		if err := jobVerifier(t, s).Verify(attempt.Header, attempt.Body, time.Now()); err != nil || string(attempt.Body) != string(got[0].Body) {
			t.Errorf("the webhook is refused: %v: %s", err, attempt.Body)
		}
	}
	outputs := muAsk(t, s, http.MethodGet, "/workflow/run/"+began.RunID+"/api-outputs", "")
	if outputs.text != string(got[0].Body) || outputs.Status != "completed" || len(outputs.Outputs) != 1 || outputs.WorkflowID != made.ID || outputs.ID != began.RunID ||
		outputs.URLs.Get != s.URL+"/workflow/run/"+began.RunID+"/api-outputs" {
		t.Errorf("outputs: %s\nbut told: %s", outputs.text, got[0].Body)
	}
	if status, file := fetch(t, http.MethodGet, outputs.Outputs[0]); status != http.StatusOK || len(file) == 0 {
		t.Errorf("GET %s: %d", outputs.Outputs[0], status)
	}
	done := muAsk(t, s, http.MethodGet, "/api/workflow/run/"+began.RunID+"/status", "")
	if done.Status != "completed" || len(done.Nodes) != 2 || done.Nodes[0].Type != "flux-dev-image" || done.Nodes[1].Outputs[0] != outputs.Outputs[0] {
		t.Errorf("followed: %s", done.text)
	}
	x, err := s.Execution(t.Context(), began.RunID)
	if err != nil || x.Status != "completed" || !strings.Contains(string(x.Inputs), `"draw__prompt":"a dog"`) {
		t.Errorf("the primary API shows %+v, %v", x, err)
	}
	if status, lab := labAsk(t, program.Key, "GET", s.URL+"/api/v1/workflows/"+made.ID+"/runs/"+began.RunID, ""); status != 200 || lab.Output.Output[0] != outputs.Outputs[0] {
		t.Errorf("ModelsLab shows %d %+v", status, lab)
	}
	if a := muAsk(t, s, http.MethodPost, "/workflow/update-name/"+made.ID, `{"name":"Renamed"}`); a.Name != "Renamed" {
		t.Errorf("rename: %s", a.text)
	}
	changed := strings.Replace(muGraph, `{"name":"Effects"`, `{"workflow_id":"`+made.ID+`","name":"Changed"`, 1)
	if a := muAsk(t, s, http.MethodPost, "/workflow/create", changed); a.ID != made.ID || a.Name != "Changed" {
		t.Errorf("change: %s", a.text)
	}
	if a := muAsk(t, s, http.MethodGet, "/workflow/get-workflow-defs", ""); !strings.HasPrefix(a.text, `[{"id":"`+made.ID+`"`) {
		t.Errorf("list: %s", a.text)
	}
	if a := muAsk(t, s, http.MethodDelete, "/workflow/delete-workflow-def/"+made.ID, ""); a.status != http.StatusOK {
		t.Errorf("delete: %s", a.text)
	}
	if a := muAsk(t, s, http.MethodPost, below+"run", ""); a.status != http.StatusNotFound {
		t.Errorf("run a deleted one: %d %s", a.status, a.text)
	}
}

// TestMuapiWorkflowFails runs what is saved, which fails, and what another account
// must not see.
func TestMuapiWorkflowFails(t *testing.T) {
	t.Parallel()
	s := program.Start(t, workflowsSoon(t))
	own := program.NewReceiver(t)
	made := muAsk(t, s, http.MethodPost, "/workflow/create", strings.Replace(muGraph, `"seconds":0`, `"seconds":0,"fail":"the input image could not be read"`, 1))
	began := muAsk(t, s, http.MethodPost, "/workflow/"+made.ID+"/run?webhook="+own.URL, "")
	body := own.Wait(t, 1)[0].Body
	a := muAsk(t, s, http.MethodGet, "/workflow/run/"+began.RunID+"/api-outputs", "")
	if a.text != string(body) || a.Status != "failed" || a.Error == nil || *a.Error != "Step draw failed: the input image could not be read" || strings.Contains(a.text, "outputs\":[") {
		t.Errorf("outputs: %s\nbut told: %s", a.text, body)
	}
	if a := muAsk(t, s, http.MethodGet, "/workflow/run/"+began.RunID+"/status", ""); a.Status != "failed" || a.Nodes[0].Status != "failed" || a.Nodes[1].Status != "cancelled" {
		t.Errorf("followed: %s", a.text)
	}
	other, err := s.NewAccount(t, "other", false).CreateKey(t.Context(), client.NewKey{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for path, method := range map[string]string{"/workflow/" + made.ID + "/run": "POST", "/workflow/run/" + began.RunID + "/status": "GET",
		"/workflow/get-workflow-def/" + made.ID: "GET", "/workflow/delete-workflow-def/" + made.ID: "DELETE"} {
		if a := mu(t, s, other.Key, method, path, ""); a.status != http.StatusNotFound || a.text != `{"detail":"Not Found"}` {
			t.Errorf("another account is told %d %s", a.status, a.text)
		}
	}
	wrong := strings.Replace(muGraph, "{{ draw.", "{{ drwa.", 1)
	if a := muAsk(t, s, http.MethodPost, "/workflow/create", wrong); a.status != http.StatusUnprocessableEntity ||
		!strings.HasPrefix(a.text, `{"detail":[{"loc":["body","nodes",1,"params","image_url"],"msg":"{{ drwa.outputs[0].value }}: there is no step`) {
		t.Errorf("a bad reference: %d %s", a.status, a.text)
	}
	if a := muAsk(t, s, http.MethodPost, "/workflow/create", `{"name":"x","nodes":[{"id":"a","type":"no-such-model"}]}`); a.status != http.StatusUnprocessableEntity ||
		!strings.HasPrefix(a.text, `{"detail":[{"loc":["body","nodes",0,"type"],`) {
		t.Errorf("a bad model: %d %s", a.status, a.text)
	}
}
