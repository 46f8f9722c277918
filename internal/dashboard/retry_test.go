package dashboard

import (
	"net/http"
	"testing"

	"github.com/taskhook/taskhook"
)

func TestCancelAndRetry(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		who, path, to, says, did string
	}{
		{keyOne, "/tasks/task_a/cancel", "/tasks/task_a", "The task is cancelled.", "cancelled task_a"},
		{keyOne, "/tasks/task_d/cancel", "/tasks/task_d", "already succeeded", ""},
		{keyOne, "/tasks/task_e/retry", "/tasks/task_again", "", "retried task_e, test false"},
		{operator, "/tasks/task_e/retry", "/tasks/task_again", "", "retried task_e, test true"},
		{keySome, "/tasks/task_e/retry", "/tasks/task_e", "lacks the permission video:create", ""},
	} {
		w := fullWorld("x")
		w.scopes = []taskhook.Scope{taskhook.ScopeTasksRead, taskhook.ScopeTasksWrite}
		for i := range w.tasks {
			w.tasks[i].Medium = taskhook.MediumVideo
		}
		b := signedIn(t, w, tt.who)
		b.leadsTo(b.post(tt.path), tt.to)
		if w.did != tt.did {
			t.Errorf("%s %s, want %q", tt.path, w.did, tt.did)
		}
		if tt.says != "" {
			b.sees(b.get(tt.to), http.StatusOK, tt.says)
		}
	}
}
