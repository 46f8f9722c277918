package dashboard

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
)

func TestWorkflowPages(t *testing.T) {
	t.Parallel()
	w := fullWorld("draw")
	b := signedIn(t, w, keyOne)
	for path, want := range map[string][]string{
		"/workflows":                   {`<a href="/workflows/wf_a">draw</a>`, `data-label="Version" class="number">3<`, `data-label="Steps" class="number">2<`, "2026-03-01 12:00:00"},
		"/workflows/wf_a":              {"<strong>blend</strong>", `data-label="After">draw<`, "at once", "seedream", "/executions/exec_b", "?workflow=wf_a\">All executions</a> (4)", "As it was written, in yaml", `-d '{"inputs": {&#34;draw&#34;: &#34;…&#34;}}'`},
		"/executions":                  {"/executions/exec_a", "/executions/exec_e", "1 of 3", `<td data-label="Took" class="number">1 min</td>`},
		"/executions/exec_b":           {`<progress max="100" value="46">`, "try 2", `href="/tasks/task_c"`, `value="40"`, `<img src="/results/draw?`, "<strong>draw</strong>", "Cancel</button>", `<rect class="running"`},
		"/executions/exec_c":           {"Output", "the newest is 3", "1 of 3", "after 1 min"},
		"/executions/exec_d":           {"the workflow is deleted", `<span class="why">draw</span>`},
		"/executions?workflow=wf_gone": {"/executions/exec_d"},
	} {
		b.sees(b.get(path), http.StatusOK, want...)
	}
	if page := b.get("/executions?state=failed").Body.String(); strings.Contains(page, "exec_a") {
		t.Error("the filter lets others through")
	}
	b.sees(b.get("/executions?state=lost"), http.StatusUnprocessableEntity, "Executions have no state")
}

func TestCancelExecution(t *testing.T) {
	t.Parallel()
	w := fullWorld("draw")
	b := signedIn(t, w, keyOne)
	b.leadsTo(b.post("/executions/exec_b/cancel"), "/executions/exec_b")
	b.sees(b.get("/executions/exec_b"), http.StatusOK, "is cancelled, and the tasks")
	if w.did != "cancelled exec_b" {
		t.Errorf("it did %q", w.did)
	}
	b.leadsTo(b.post("/executions/exec_c/cancel"), "/executions/exec_c")
	b.sees(b.get("/executions/exec_c"), http.StatusOK, "already completed")
}

// TestExecutionIsFollowed holds that the page of an execution tells by itself how
// that ends, and is sent no more often than it changes.
func TestExecutionIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := fullWorld("draw")
		w.executions[2].State = taskhook.ExecutionRunning
		b := signedIn(t, w, keyOne)
		done := b.follow(t.Context(), "/executions/exec_c")
		<-time.After(5 * time.Second)
		unlock := w.lock()
		w.executions[2].State = taskhook.ExecutionCompleted
		unlock()
		<-time.After(5 * time.Second)
		unlock = w.lock()
		w.executions = nil
		unlock()
		answer := <-done
		if got := events(answer); got != 2 || !strings.Contains(answer.Body.String(), "state completed") {
			t.Errorf("%d events: %s", got, answer.Body)
		}
	})
}

// TestTaskLeadsToItsExecution holds it for tasks of workflows alone: metadata of
// others is the client's.
func TestTaskLeadsToItsExecution(t *testing.T) {
	t.Parallel()
	w := fullWorld("x")
	id := taskhook.NewID(taskhook.PrefixExecution, noon())
	for i, face := range []string{taskhook.FaceWorkflow, "modelhunter"} {
		w.tasks[i].Face, w.tasks[i].Metadata = face, []byte(`{"execution_id":"`+id+`","step":"draw"}`)
	}
	b := signedIn(t, w, keyOne)
	b.sees(b.get("/tasks/task_a"), http.StatusOK, `href="/executions/`+id, "Step of")
	if strings.Contains(b.get("/tasks/task_b").Body.String(), "Step of") {
		t.Error("a client's metadata leads somewhere")
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	start, sec := noon(), func(n int) time.Time { return noon().Add(time.Duration(n) * time.Second) }
	for name, tt := range map[string]struct {
		from, to, start, end time.Time
		want                 span
	}{
		"all of it":        {sec(0), sec(10), start, sec(10), span{0, 1000}},
		"the middle":       {sec(2), sec(4), start, sec(10), span{200, 200}},
		"going on":         {sec(5), time.Time{}, start, sec(10), span{500, 500}},
		"an instant":       {sec(10), sec(10), start, sec(10), span{992, 8}},
		"a clock set back": {sec(-3), sec(12), start, sec(10), span{0, 1000}},
		"not started":      {time.Time{}, time.Time{}, start, sec(10), span{}},
		"no time yet":      {sec(0), time.Time{}, start, sec(0), span{}},
	} {
		if got := newSpan(&taskhook.ExecutionStep{StartedAt: tt.from, FinishedAt: tt.to}, tt.start, tt.end); got != tt.want {
			t.Errorf("%s is %+v, want %+v", name, got, tt.want)
		}
	}
}
