package taskhook_test

import (
	"slices"
	"testing"

	"github.com/taskhook/taskhook"
)

// TestTaskMoves holds every pair of states.
func TestTaskMoves(t *testing.T) {
	t.Parallel()
	legal := map[taskhook.TaskState][]taskhook.TaskState{
		taskhook.TaskPending: {taskhook.TaskQueued, taskhook.TaskRunning, taskhook.TaskFailed, taskhook.TaskCancelled},
		taskhook.TaskQueued:  {taskhook.TaskPending, taskhook.TaskRunning, taskhook.TaskSucceeded, taskhook.TaskFailed, taskhook.TaskCancelled},
		taskhook.TaskRunning: {taskhook.TaskPending, taskhook.TaskSucceeded, taskhook.TaskFailed, taskhook.TaskCancelled},
	}
	states := append(taskhook.TaskStates(), taskhook.TaskExpired, "", "nonsense")
	for _, from := range states {
		if from.Final() != (len(legal[from]) == 0) {
			t.Errorf("%q is final: %t", from, from.Final())
		}
		for _, to := range states {
			if got, want := from.CanBecome(to), slices.Contains(legal[from], to); got != want {
				t.Errorf("%q can become %q: %t", from, to, got)
			}
		}
	}
	if stored := taskhook.TaskStates(); slices.Contains(stored, taskhook.TaskExpired) || len(stored) != 6 {
		t.Errorf("the stored states are %v", stored)
	}
}
