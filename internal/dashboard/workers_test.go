package dashboard

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// addFleet has a worker of each state, what they have, and what waits.
func (f *world) addFleet(text string) {
	now := time.Now()
	f.workers = []taskhook.Worker{
		{Name: "gpu-1", Pool: "default", Models: []string{"acme/draw", text}, Labels: []string{"gpu=a100", text}, Version: text, Capacity: 4, Leases: 3, StartedAt: noon(), SeenAt: now},
		{Name: "gpu-2", Pool: "big", Capacity: 1, StartedAt: noon(), SeenAt: now.Add(-time.Minute)},
		{Name: "gpu-3", Pool: "default", Capacity: 1, Draining: true, Leases: 1, StartedAt: noon(), SeenAt: now},
		{Name: "aged", Pool: "big", Capacity: 1, Draining: true, StartedAt: noon(), SeenAt: now.Add(-2 * time.Minute)},
	}
	f.leased = []taskhook.Task{
		{ID: "task_06hhgq2g01r016evsnpspzjf44", AccountID: "acc_one", Worker: "gpu-1", Model: text, Progress: 40, State: taskhook.TaskRunning},
		{ID: "task_06hhgq2g01r016evsnpspzjf45", AccountID: "acc_two", Worker: "gpu-1", Model: "draw", Progress: 70, State: taskhook.TaskRunning},
		{ID: "task_06hhgq2g01r016evsnpspzjf46", AccountID: "acc_one", Worker: "gpu-3", Model: "draw", State: taskhook.TaskRunning},
	}
	for i, queue := range []string{"default acme/draw", "big acme/paint", "big acme/paint gpu=h100", text} {
		f.waiting = append(f.waiting, taskhook.ClaimedRun{Run: taskhook.Run{Queue: queue, DueAt: now.Add(time.Duration(i) * -time.Hour)}})
	}
	f.waiting = append(f.waiting, taskhook.ClaimedRun{Run: taskhook.Run{Queue: "default acme/later", DueAt: now.Add(time.Hour)}})
}

// TestWorkersAreShown holds what the operator sees of workers, and that no key does.
func TestWorkersAreShown(t *testing.T) {
	t.Parallel()
	w := fullWorld("plain")
	b := signedIn(t, w, operator)
	page := b.get("/workers")
	b.sees(page, http.StatusOK, `aria-current="page">Workers<`, "gpu-1", "3 of 4", "acme/draw, plain", `<span class="tag">gpu=a100</span>`,
		`href="/tasks/task_06hhgq2g01r016evsnpspzjf44"`, "draw, account second", "and 1 more", "acme/paint", `<span class="tag">gpu=h100</span>`)
	text := page.Body.String()
	for _, state := range []string{"busy", "idle", "draining", "silent"} {
		if n := strings.Count(text, `<span class="state `+state+`">`); n != 2 { // the count, and the worker
			t.Errorf("%d times %s", n, state)
		}
	}
	for _, never := range []string{`href="/tasks/task_06hhgq2g01r016evsnpspzjf45"`, "acme/later"} {
		if strings.Contains(text, never) {
			t.Errorf("it shows %s", never)
		}
	}
	if strings.Index(text, "gpu-3") > strings.Index(text, "aged") {
		t.Error("a worker that is silent stands before others")
	}
	if n := strings.Count(text, "No worker that is here takes it"); n != 2 { // the pin, and the queue of any text
		t.Errorf("%d queues are said to be taken by nobody", n)
	}
	if others := signedIn(t, w, keyOne).get("/"); strings.Contains(others.Body.String(), `href="/workers"`) {
		t.Error("a key is led to the workers")
	}
	b.sees(signedIn(t, w, keyOne).get("/workers"), http.StatusForbidden, "all accounts")
	b.sees(signedIn(t, &world{}, operator).get("/workers"), http.StatusOK, "No worker has asked", "taskhook key create --scope worker")
}

func TestHostileWorkers(t *testing.T) {
	t.Parallel()
	for name, text := range hostileTexts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkInert(t, "/workers", signedIn(t, fullWorld(text), operator).get("/workers").Body.String())
		})
	}
}
