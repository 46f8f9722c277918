package crash

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
)

var flowKills = flag.Int("flowkills", 8, "how often a server that runs workflows is killed")

// fiveSteps is a diamond with a tail, in which each step uses what those before it
// have made.
const fiveSteps = `name: Five
steps:
  - {id: one, provider: seedream, capability: text-to-image, model: seedream-4-0, input: {prompt: one, sandbox: {seconds: 0.05}}}
  - {id: two, provider: seedream, capability: text-to-image, model: seedream-4-0, input: {prompt: two, images: "{{ one.outputs }}", sandbox: {seconds: 0.1}}}
  - {id: three, provider: seedream, capability: text-to-image, model: seedream-4-0, input: {prompt: "like {{ one.outputs[0] }}", sandbox: {seconds: 0.02}}}
  - {id: four, provider: seedream, capability: text-to-image, model: seedream-4-0, input: {prompt: four, images: ["{{ two.outputs[0] }}", "{{ three.outputs[0] }}"], sandbox: {seconds: 0.05}}}
  - {id: five, provider: seedream, capability: text-to-image, model: seedream-4-0, input: {prompt: five, images: "{{ four.outputs }}", sandbox: {seconds: 0.05}}}
`

// flowPoints are the points that a workflow comes to.
func flowPoints() []string {
	points := []string{"run:done", "artifact:stored", "delivery:sent", "commit:before", "commit:after"}
	for _, kind := range []string{"create_workflow", "create_execution", "create_task", "claim_runs", "finish_run", "settle_execution",
		"finish_execution", "finish_deliveries"} {
		points = append(points, kind+":before", kind+":after")
	}
	return points
}

// told counts what the webhooks of executions say.
type told struct {
	mu   sync.Mutex
	ends map[string]map[string]bool // webhook ids by execution
}

func (r *told) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var body struct {
		Event     string
		Execution struct{ ID string }
	}
	text, err := io.ReadAll(req.Body)
	if err != nil || json.Unmarshal(text, &body) != nil || body.Event != "workflow.completed" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ends[body.Execution.ID] == nil {
		r.ends[body.Execution.ID] = map[string]bool{}
	}
	r.ends[body.Execution.ID][req.Header.Get("webhook-id")] = true
}

// TestWorkflowKills kills a server again and again while it runs workflows of five
// steps: every accepted one completes, each of its steps has one task, and its
// webhook arrives, under one id.
func TestWorkflowKills(t *testing.T) {
	ends := &told{ends: map[string]map[string]bool{}}
	receiver := httptest.NewServer(ends)
	defer receiver.Close()
	f := &flows{t: t, role: role{Data: filepath.Join(t.TempDir(), "data"), Listen: "127.0.0.1:0", Key: "river_live_0123456789abcdefghijklmnopqrstuv"}, log: serverLog(t), hook: receiver.URL}
	tour := newTour(flowPoints())
	for f.kills < *flowKills && t.Context().Err() == nil {
		point, visit := tour.next()
		tour.came(point, f.life(point, visit))
	}
	f.finish(ends)
	t.Logf("%d kills, %d executions of five steps", f.kills, len(f.started))
}

// flows is the client of servers that are killed.
type flows struct {
	t        *testing.T
	role     role
	log      io.Writer
	hook     string
	workflow string
	started  []string // executions that were acknowledged
	kills    int
}

// life is one of a server that runs one execution after the other.
func (f *flows) life(point string, visit int) (died bool) {
	f.kills++
	return live(f.t, f.role, f.log, point, visit, f.work)
}

// work starts an execution where none goes on.
func (f *flows) work(ctx context.Context, c *client.Client) {
	if f.workflow == "" {
		w, err := c.CreateWorkflow(ctx, []byte(fiveSteps))
		if err != nil {
			return
		}
		f.workflow = w.ID
	}
	for ctx.Err() == nil {
		x, err := c.RunWorkflow(ctx, f.workflow, client.NewExecution{WebhookURL: f.hook})
		if err != nil {
			return
		}
		f.started = append(f.started, x.ID)
		for x.Status != "completed" && ctx.Err() == nil {
			if x, err = c.Execution(ctx, x.ID); err != nil {
				return
			}
		}
	}
}

// finish lets a server end all, and judges.
func (f *flows) finish(ends *told) {
	s, err := start(f.role, f.log)
	if err != nil || s.addr == "" {
		f.t.Fatalf("the last server does not start: %v", err)
	}
	defer s.kill()
	c := client.New("http://"+s.addr, f.role.Key)
	deadline := time.Now().Add(2 * time.Minute)
	tasks := map[string]bool{}
	for _, id := range f.started {
		x, err := c.Execution(f.t.Context(), id)
		for (x.Status == "pending" || x.Status == "running" || !ends.has(id)) && err == nil && time.Now().Before(deadline) {
			x, err = c.Execution(f.t.Context(), id)
		}
		if err != nil || x.Status != "completed" || len(x.Steps) != 5 {
			f.t.Errorf("the execution %s is %+v, %v", id, x, err)
			continue
		}
		for _, step := range x.Steps {
			if step.Tries != 1 || step.Status != "succeeded" || tasks[step.TaskID] {
				f.t.Errorf("step %s of %s is %+v", step.ID, id, step)
			}
			tasks[step.TaskID] = true
		}
		if n := ends.ids(id); n != 1 {
			f.t.Errorf("the end of %s was told under %d ids", id, n)
		}
	}
	if len(f.started) == 0 {
		f.t.Error("nothing was started, so nothing is proven")
	}
	f.judgeTasks(c)
}

// judgeTasks wants no more tasks than there are steps: also those of executions
// whose acknowledgement was lost.
func (f *flows) judgeTasks(c *client.Client) {
	executions, err := c.Executions(f.t.Context(), client.ExecutionQuery{PageQuery: client.PageQuery{Limit: 100}})
	if err != nil {
		f.t.Fatal(err)
	}
	for _, x := range executions.Items {
		for deadline := time.Now().Add(time.Minute); x.Status != "completed" && time.Now().Before(deadline); {
			if x, err = c.Execution(f.t.Context(), x.ID); err != nil {
				f.t.Fatal(err)
			}
		}
	}
	tasks, err := c.Tasks(f.t.Context(), client.TaskQuery{})
	if err != nil || tasks.Total != 5*executions.Total {
		f.t.Errorf("%d executions of five steps have %d tasks, %v", executions.Total, tasks.Total, err)
	}
}

func (r *told) has(execution string) bool { return r.ids(execution) > 0 }

func (r *told) ids(execution string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.ends[execution])
}
