package dashboard

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

// limited returns a world whose keySome has only these scopes.
func limited(scopes ...taskhook.Scope) *world {
	w := fullWorld("secret-text")
	w.scopes = scopes
	return w
}

// TestScopesAreNeeded asks for everything with a key that may do nothing here.
func TestScopesAreNeeded(t *testing.T) {
	t.Parallel()
	w := limited(taskhook.ScopeFilesRead)
	b := signedIn(t, w, keySome)
	b.sees(b.get("/"), http.StatusOK, "has no permission to see")
	for _, r := range b.d.routes() {
		method, path, ok := strings.Cut(r.pattern, " ")
		if !ok || path == "/{$}" || path == "/account" || strings.HasPrefix(path, "/sign") || strings.HasPrefix(path, "/static/") {
			continue
		}
		id := map[bool]string{true: "wh_a", false: "dlv_c"}[strings.HasPrefix(path, "/endpoints")]
		switch {
		case strings.HasPrefix(path, "/tasks"):
			id = "task_a"
		case strings.HasPrefix(path, "/workflows"):
			id = "wf_a"
		case strings.HasPrefix(path, "/executions"):
			id = "exec_a"
		case strings.HasPrefix(path, "/replays"):
			id = "rpl_a"
		}
		path = strings.ReplaceAll(path, "{id}", id)
		var answer *httptest.ResponseRecorder
		if method == http.MethodPost {
			answer = b.post(path, "overlap_hours", "1", "url", "https://a.example", "events", "a.b")
		} else {
			answer = b.get(path)
			if followed := <-b.follow(t.Context(), path); followed.Code != http.StatusForbidden {
				t.Errorf("%s can be followed: %d", path, followed.Code)
			}
		}
		b.sees(answer, http.StatusForbidden, "lacks the permission")
		if strings.Contains(answer.Body.String(), "secret-text") || w.did != "" {
			t.Errorf("%s shows or does something", r.pattern)
		}
	}
}

// TestScopesShowTheirPart holds that a page shows what the key may see, and the
// buttons of what it may do.
func TestScopesShowTheirPart(t *testing.T) {
	t.Parallel()
	const readTasks, readHooks, readDeliveries = taskhook.ScopeTasksRead, taskhook.ScopeWebhooksRead, taskhook.ScopeDeliveriesRead
	const readFlows, runFlows = taskhook.ScopeWorkflowsRead, taskhook.ScopeWorkflowsRun
	for _, tt := range []struct {
		path       string
		scopes     []taskhook.Scope
		shows      []string
		showsNever []string
	}{
		{"/", []taskhook.Scope{readTasks}, []string{"Recent tasks", `href="/tasks"`}, []string{"have not arrived", "not sent to", `href="/deliveries"`, `href="/endpoints"`, "/dlv_", "wh_"}},
		{"/", []taskhook.Scope{readDeliveries}, []string{"have not arrived", `href="/deliveries"`}, []string{"Recent tasks", "not sent to", `href="/tasks"`}},
		{"/", []taskhook.Scope{readHooks}, []string{"not sent to"}, []string{"Recent tasks", "have not arrived", "Attempts in"}},
		{"/tasks/task_a", []taskhook.Scope{readTasks}, []string{"Timeline"}, []string{"/cancel", "/retry", "/dlv_"}},
		{"/tasks/task_d", []taskhook.Scope{readTasks}, []string{"Timeline"}, []string{"Nobody was to be told", "/dlv_"}},
		{"/tasks/task_a", []taskhook.Scope{readTasks, taskhook.ScopeTasksWrite}, []string{"/cancel"}, []string{"/retry"}},
		{"/tasks/task_e", []taskhook.Scope{readTasks, taskhook.ScopeTasksWrite}, []string{"Timeline"}, []string{"/cancel", "/retry"}},
		{"/tasks/task_e", []taskhook.Scope{readTasks, taskhook.ScopeTasksWrite, taskhook.CreateScope("")}, []string{"/retry"}, []string{"/cancel"}},
		{"/workflows/wf_a", []taskhook.Scope{readFlows}, []string{"Definition", "/executions/exec_a"}, []string{"Run it", `href="/tasks`}},
		{"/workflows/wf_a", []taskhook.Scope{readFlows, runFlows}, []string{"Run it"}, nil},
		{"/executions/exec_b", []taskhook.Scope{readFlows}, []string{"Steps"}, []string{"/cancel", "/tasks/", "/dlv_"}},
		{"/executions/exec_b", []taskhook.Scope{readFlows, runFlows, readTasks, readDeliveries}, []string{"/executions/exec_b/cancel", "/tasks/task_d", "/dlv_x"}, nil},
		{"/executions/exec_c", []taskhook.Scope{readFlows, runFlows}, []string{"Steps"}, []string{"/cancel"}},
		{"/deliveries/dlv_c", []taskhook.Scope{readDeliveries}, []string{"Attempts"}, []string{"/replay"}},
		{"/deliveries/dlv_c", []taskhook.Scope{readDeliveries, taskhook.ScopeDeliveriesWrite}, []string{"/replay"}, nil},
		{"/deliveries?state=failed", []taskhook.Scope{readDeliveries}, []string{"dlv_"}, []string{"Replay all", `type="checkbox"`}},
		{"/replays/rpl_a", []taskhook.Scope{readDeliveries}, []string{"40%"}, []string{"/pause", "/cancel", "/rate"}},
		{"/replays/new?state=failed", []taskhook.Scope{readDeliveries}, []string{"are sent again"}, []string{">Start<"}},
		{"/endpoints", []taskhook.Scope{readHooks}, []string{"wh_a"}, []string{"Register an endpoint"}},
		{"/endpoints/wh_a", []taskhook.Scope{readHooks}, []string{"Health"}, []string{"/test", "/edit", "/rotate", "/delete", "dlv_"}},
		{"/endpoints/wh_a", []taskhook.Scope{readHooks, readDeliveries, taskhook.ScopeWebhooksWrite}, []string{"/test", "/edit", "/rotate", "/delete", "dlv_"}, nil},
	} {
		b := signedIn(t, limited(tt.scopes...), keySome)
		page := b.get(tt.path)
		b.sees(page, http.StatusOK, tt.shows...)
		for _, text := range tt.showsNever {
			if strings.Contains(page.Body.String(), text) {
				t.Errorf("%s shows %q to %v", tt.path, text, tt.scopes)
			}
		}
	}
}

// TestPermissionTakenAway holds that a session has what its key has now.
func TestPermissionTakenAway(t *testing.T) {
	t.Parallel()
	w := limited(taskhook.ScopeTasksRead)
	b := signedIn(t, w, keySome)
	b.sees(b.get("/tasks"), http.StatusOK)
	w.scopes = []taskhook.Scope{taskhook.ScopeFilesRead}
	b.sees(b.get("/tasks"), http.StatusForbidden)
}
